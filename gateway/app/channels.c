#include "app/channels.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "port/file.h"
#include "wire/address.h"

#define RATE_UNKNOWN_PER_S 10 /* when neither configuration nor profile says */

#define PATH_SECRET_MIN 16u
#define ERRORS_MAX_BYTES 65536u

const struct channel *channels_get(const struct channels *channels, struct str name)
{
    for (uint32_t i = 0; i < channels->n; i++) {
        if (str_eq(channels->list[i].config->name, name))
            return &channels->list[i];
    }
    return NULL;
}

static uint32_t smaller(uint32_t own, uint32_t documented)
{
    return own == 0 || (documented != 0 && documented < own) ? documented : own;
}

struct channel_room channel_room(const struct profile *profile, const struct config_channel *c)
{
    uint32_t septets = profile_ussd_chars(profile);
    return (struct channel_room){
        .ussd_septets = smaller(c->ussd_septets, septets),
        .ussd_ucs2 = smaller(c->ussd_ucs2, (septets * 7 + 15) / 16), /* the same octets */
        .text_chars = smaller(c->text_chars, profile_text_chars(profile)),
    };
}

struct channel_room channels_room(const struct channels *channels, const struct config_channel *c)
{
    const struct channel *channel = channels != NULL ? channels_get(channels, c->name) : NULL;
    return channel != NULL ? channel_room(channel->profile, c)
                           : (struct channel_room){c->ussd_septets, c->ussd_ucs2, c->text_chars};
}

void channels_fini(struct channels *channels)
{
    for (uint32_t i = 0; i < channels->n; i++) {
        bool is_shared = false;
        for (uint32_t k = 0; k < i; k++)
            is_shared |= channels->list[k].profile == channels->list[i].profile;
        if (!is_shared)
            profile_free(channels->list[i].profile);
        free(channels->list[i].owned);
        free(channels->list[i].owned_path);
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
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, ERRORS_MAX_BYTES);
    enum err e = profile_load(path, ret, &errors);
    if (e == ERR_OK)
        return e;
    return errmsg_set(msg, e, "%.*s", STR_ARG(str_trim(buf_str(&errors)))); /* the first ones fit */
}

/* Settings that every profile may use come from the configuration; the channel's own go first. */
static void collect_settings(struct channel *channel)
{
    const struct config_channel *c = channel->config;
    struct str path = c->name; /* behind /in/ and /dlr/ */
    if (c->path_secret.p != NULL) {
        size_t bytes = c->name.len + c->path_secret.len + 2;
        channel->owned_path = xcalloc(1, bytes);
        int n_path = snprintf(channel->owned_path, bytes, "%.*s/%.*s", STR_ARG(c->name),
                              STR_ARG(c->path_secret));
        path = (struct str){channel->owned_path, n_path > 0 ? (size_t)n_path : 0};
    }
    const struct setting common[] = {{STR("channel"), path}, {STR("default_country"), c->country}};
    uint32_t n = c->settings.n;
    channel->owned = xcalloc(n + ARRAY_LEN(common), sizeof(*channel->owned));
    for (uint32_t i = 0; i < n; i++)
        channel->owned[i] = c->settings.list[i];
    for (size_t i = 0; i < ARRAY_LEN(common); i++) {
        if (common[i].value.len > 0)
            channel->owned[n++] = common[i];
    }
    channel->settings = (struct settings){channel->owned, n};
}

static enum err check_settings(const struct channel *channel, struct errmsg *msg)
{
    struct errmsg why;
    enum err e = profile_check_settings(channel->profile, &channel->settings, &why);
    if (e == ERR_OK)
        return e;
    return errmsg_set(msg, e, "channel %.*s: %.400s; see settings of the channel",
                      STR_ARG(channel->config->name), why.text);
}

static enum err check_addresses(struct str list, struct str owner, struct errmsg *msg)
{
    struct str bad;
    if (address_list_check(list, &bad) == ERR_OK)
        return ERR_OK;
    return errmsg_set(msg, ERR_INVALID,
                      "%.*s: '%.*s' is no address and no network; write 192.0.2.7 or 192.0.2.0/24,"
                      " separated by blanks",
                      STR_ARG(owner), STR_ARG(bad));
}

static enum err check_path_secret(const struct config_channel *c, struct errmsg *msg)
{
    struct str secret = c->path_secret;
    if (secret.p == NULL)
        return ERR_OK;
    bool is_good = secret.len >= PATH_SECRET_MIN;
    for (size_t i = 0; i < secret.len; i++) {
        char ch = secret.p[i];
        is_good &= (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
    }
    if (is_good)
        return ERR_OK;
    return errmsg_set(msg, ERR_INVALID,
                      "channel %.*s: path_secret needs at least %u letters and digits, and nothing"
                      " else; `openssl rand -hex 16` makes one",
                      STR_ARG(c->name), PATH_SECRET_MIN);
}

/* Another country's provider would not reach these numbers, or at another price. */
static enum err check_fallback(const struct channels *channels, const struct config_channel *c,
                               struct errmsg *msg)
{
    if (c->fallback.p == NULL)
        return ERR_OK;
    const struct channel *other = channels_get(channels, c->fallback);
    const char *problem = other == NULL                                 ? "is not configured"
                          : other->config == c                          ? "is the channel itself"
                          : !profile_has_send(other->profile)           ? "cannot send"
                          : !str_eq(other->config->country, c->country) ? "is of another country"
                                                                        : NULL;
    if (problem == NULL)
        return ERR_OK;
    return errmsg_set(msg, ERR_INVALID,
                      "channel %.*s: its fallback %.*s %s; name another channel of %.*s that can "
                      "send SMS",
                      STR_ARG(c->name), STR_ARG(c->fallback), problem, STR_ARG(c->country));
}

static enum err check_routes(const struct config *config, const struct channels *channels,
                             struct errmsg *msg)
{
    for (uint32_t i = 0; i < config->n_routes; i++) {
        const struct config_route *route = &config->routes[i];
        const struct channel *channel = channels_get(channels, route->channel);
        if (channel == NULL || !profile_has_send(channel->profile))
            return errmsg_set(msg, ERR_INVALID,
                              "the route of %.*s: channel %.*s cannot send; name one that can",
                              STR_ARG(route->prefix), STR_ARG(route->channel));
    }
    return ERR_OK;
}

static enum err check_sms_channel(const struct channels *channels, const struct channel *channel,
                                  struct errmsg *msg)
{
    const struct config_channel *c = channel->config;
    if (c->sms_channel.p == NULL && profile_takes(channel->profile, INBOUND_CALL))
        return errmsg_set(msg, ERR_INVALID,
                          "channel %.*s takes calls, which are answered by SMS: name the channel "
                          "that sends them, as in sms_channel: at",
                          STR_ARG(c->name));
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

static enum err check_channel(const struct channels *channels, const struct channel *channel,
                              struct errmsg *msg)
{
    const struct config_channel *c = channel->config;
    bool is_open = c->callers.p == NULL && c->path_secret.p == NULL &&
                   !profile_is_protected(channel->profile, &c->settings);
    if (is_open && !c->is_unsigned_allowed)
        return errmsg_set(
            msg, ERR_INVALID,
            "channel %.*s: with these settings profile %.*s checks no signature or"
            " secret, so anybody who finds the address could write for a learner;"
            " set its secret, path_secret or callers, or write `unsigned_callbacks: accepted`",
            STR_ARG(c->name), STR_ARG(c->profile));
    if (is_open && c->new_numbers_hour == 0)
        return errmsg_set(
            msg, ERR_INVALID,
            "channel %.*s: it takes callbacks of anybody and has no limit for new numbers, so"
            " anybody could have messages sent to invented numbers at your cost; set"
            " new_numbers_hour",
            STR_ARG(c->name));
    enum err e = check_addresses(c->callers, c->name, msg);
    if (e == ERR_OK)
        e = check_path_secret(c, msg);
    if (e != ERR_OK)
        return e;
    e = check_fallback(channels, c, msg);
    return e == ERR_OK ? check_sms_channel(channels, channel, msg) : e;
}

enum err channels_load(const struct config *config, struct channels *ret, struct errmsg *msg)
{
    enum err e = check_addresses(config->trusted_proxies, STR("trusted_proxies"), msg);
    ret->n = 0;
    for (uint32_t i = 0; e == ERR_OK && i < config->n_channels; i++) {
        struct channel channel = {.config = &config->channels[i]};
        e = get_profile(config, ret, channel.config->profile, &channel.profile, msg);
        if (e != ERR_OK)
            break;
        collect_settings(&channel);
        ret->list[ret->n++] = channel;
        e = check_settings(&channel, msg);
    }
    for (uint32_t i = 0; e == ERR_OK && i < ret->n; i++)
        e = check_channel(ret, &ret->list[i], msg);
    if (e == ERR_OK)
        e = check_routes(config, ret, msg);
    if (e != ERR_OK)
        channels_fini(ret);
    return e;
}

double channel_rate_per_s(const struct channel *channel)
{
    uint32_t rate = channel->config->tps;
    if (rate == 0)
        rate = profile_rate_per_s(channel->profile);
    return rate > 0 ? rate : RATE_UNKNOWN_PER_S;
}

double channels_rate_per_s(const struct channels *channels)
{
    double sum = 0;
    for (uint32_t i = 0; i < channels->n; i++) {
        if (profile_has_send(channels->list[i].profile))
            sum += channel_rate_per_s(&channels->list[i]);
    }
    return sum;
}
