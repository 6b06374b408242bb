#include "app/channels.h"

#include <limits.h>
#include <stdio.h>

#include "port/profile_file.h"

const struct channel *channels_get(const struct channels *channels, struct str name)
{
    for (uint32_t i = 0; i < channels->n; i++) {
        if (str_eq(channels->list[i].config->name, name))
            return &channels->list[i];
    }
    return NULL;
}

void channels_fini(struct channels *channels)
{
    for (uint32_t i = 0; i < channels->n; i++) {
        bool is_shared = false;
        for (uint32_t k = 0; k < i; k++)
            is_shared |= channels->list[k].profile == channels->list[i].profile;
        if (!is_shared)
            profile_free(channels->list[i].profile);
    }
    channels->n = 0;
}

/* The profile of an earlier channel, or a new one from its file. */
static enum err get_profile(const struct config *config, const struct channels *loaded,
                            struct str name, struct profile **ret, struct errmsg *msg)
{
    for (uint32_t i = 0; i < loaded->n; i++) {
        if (str_eq(loaded->list[i].config->profile, name)) {
            *ret = loaded->list[i].profile;
            return ERR_OK;
        }
    }
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%.*s/%.*s.yaml", STR_ARG(config->profiles_dir),
                     STR_ARG(name));
    if (n < 0 || (size_t)n >= sizeof(path))
        return errmsg_set(msg, ERR_TOO_LONG, "the path of profile %.*s is too long", STR_ARG(name));
    return profile_load(path, ret, msg);
}

static enum err check_channel(const struct channels *channels, const struct channel *channel,
                              struct errmsg *msg)
{
    const struct config_channel *c = channel->config;
    if (!profile_is_protected(channel->profile, &c->settings) && !c->is_unsigned_allowed)
        return errmsg_set(msg, ERR_INVALID,
                          "channel %.*s: with these settings profile %.*s checks no signature or"
                          " secret, so anybody who finds the address could write for a learner;"
                          " set its secret, or write `unsigned_callbacks: accepted`",
                          STR_ARG(c->name), STR_ARG(c->profile));
    struct errmsg why;
    enum err e = profile_check_settings(channel->profile, &c->settings, &why);
    if (e != ERR_OK)
        return errmsg_set(msg, e, "channel %.*s: %.300s", STR_ARG(c->name), why.text);
    if (c->sms_channel.p == NULL)
        return ERR_OK;
    const struct channel *sms = channels_get(channels, c->sms_channel);
    if (sms == NULL || !profile_has_send(sms->profile))
        return errmsg_set(msg, ERR_INVALID,
                          "channel %.*s: sms_channel %.*s is %s; name a channel that can send SMS",
                          STR_ARG(c->name), STR_ARG(c->sms_channel),
                          sms == NULL ? "not configured" : "of a profile that cannot send");
    return ERR_OK;
}

enum err channels_load(const struct config *config, struct channels *ret, struct errmsg *msg)
{
    enum err e = ERR_OK;
    ret->n = 0;
    for (uint32_t i = 0; e == ERR_OK && i < config->n_channels; i++) {
        struct channel channel = {.config = &config->channels[i]};
        e = get_profile(config, ret, channel.config->profile, &channel.profile, msg);
        if (e == ERR_OK)
            ret->list[ret->n++] = channel;
    }
    for (uint32_t i = 0; e == ERR_OK && i < ret->n; i++)
        e = check_channel(ret, &ret->list[i], msg);
    if (e != ERR_OK)
        channels_fini(ret);
    return e;
}
