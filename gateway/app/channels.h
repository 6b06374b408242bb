/*
 * channels.h: the channels of the configuration with their profiles loaded: what the front, the
 * sender and the simulator need to speak to a provider. Loaded once at start, const afterwards.
 */
#pragma once

#include "port/config/config.h"
#include "profile/profile.h"

struct channel {
    const struct config_channel *config; /* borrowed from the configuration */
    struct profile *profile;             /* owned by the set; one may serve several channels */
    struct settings settings; /* the channel's own, then channel and default_country as the
                                 configuration has them */
    struct setting *owned;    /* the list of settings; freed with the set */
    char *owned_path;         /* NAME/SECRET, where the channel has a path_secret */
};

struct channels {
    struct channel list[CONFIG_MAX_CHANNELS];
    uint32_t n;
};

/* Loads config->profiles_dir/<profile>.yaml for each channel. Refuses, naming the channel and the
 * remedy: a profile that does not parse (with file:line:column), a USSD channel whose sms_channel
 * is unknown or cannot send, a channel for calls without one, a fallback or a route's channel that
 * cannot send, settings that the profile lacks or does not know, and a channel that checks no
 * signature or secret unless its configuration accepts that in plain words. ERR_INVALID: all that
 * is wrong went to the report, with the place in the configuration; *ret is empty. */
enum err channels_check(const struct config *config, struct channels *ret,
                        struct yaml_report *report) MUST_CHECK;
/* The same, with the first thing that is wrong in msg. */
enum err channels_load(const struct config *config, struct channels *ret,
                       struct errmsg *msg) MUST_CHECK;
void channels_fini(struct channels *channels);
/* What fits into one screen and one SMS request of a channel: its own limits, or its profile's
 * where these are smaller; text_chars 0 = any. NULL channels: the channel's own. */
struct channel_room {
    uint32_t ussd_septets, ussd_ucs2, text_chars;
};
struct channel_room channels_room(const struct channels *channels, const struct config_channel *c);
/* The same where the profile is at hand. */
struct channel_room channel_room(const struct profile *profile, const struct config_channel *c);
/* Messages per second: the configured ones, else what the provider documents, else a guess. */
double channel_rate_per_s(const struct channel *channel);
/* Of all that can send. */
double channels_rate_per_s(const struct channels *channels);
/* NULL when there is none of that name. */
const struct channel *channels_get(const struct channels *channels, struct str name);
