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

/* What is being checked, and who is told. */
struct channels_loading {
    const struct config *config;
    struct yaml_report *report;
};

static uint32_t index_of(const struct channels_loading *loading, const struct config_channel *c)
{
    return (uint32_t)(c - loading->config->channels);
}

#define COMPLAIN(loading, c, key, fix, ...)                                                        \
    config_complain((loading)->config, (loading)->report,                                          \
                    (struct config_at){"channels", index_of(loading, c), key}, fix, __VA_ARGS__)

/* The profile of an earlier channel, or a new one from its file; NULL: it was told what is wrong.
 */
static struct profile *get_profile(const struct channels_loading *loading,
                                   const struct channels *loaded, const struct config_channel *c)
{
    for (uint32_t i = 0; i < loaded->n; i++) {
        if (str_eq(loaded->list[i].config->profile, c->profile))
            return loaded->list[i].profile;
    }
    char path[PATH_MAX];
    struct profile *profile = NULL;
    int n = snprintf(path, sizeof(path), "%.*s/%.*s.yaml", STR_ARG(loading->config->profiles_dir),
                     STR_ARG(c->profile));
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, ERRORS_MAX_BYTES);
    enum err e =
        n < 0 || (size_t)n >= sizeof(path) ? ERR_TOO_LONG : profile_load(path, &profile, &errors);
    if (e == ERR_OK)
        return profile;
    COMPLAIN(loading, c, "profile",
             e == ERR_NOT_FOUND ? "name one that is in profiles_dir, without .yaml"
                                : "mend the profile, or name another one",
             "channel %.*s: its profile cannot be used: %.*s", STR_ARG(c->name),
             STR_ARG(str_trim(buf_str(&errors)))); /* the first ones fit */
    return NULL;
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

static void check_settings(const struct channels_loading *loading, const struct channel *channel)
{
    struct errmsg why;
    if (profile_check_settings(channel->profile, &channel->settings, &why) != ERR_OK)
        COMPLAIN(loading, channel->config, "settings",
                 "see settings of the channel; `waypost channel check` shows what the profile asks "
                 "for",
                 "channel %.*s: %.400s", STR_ARG(channel->config->name), why.text);
}

static void check_addresses(const struct channels_loading *loading, struct str list,
                            struct str owner, struct config_at at)
{
    struct str bad;
    if (address_list_check(list, &bad) != ERR_OK)
        config_complain(loading->config, loading->report, at,
                        "write 192.0.2.7 or 192.0.2.0/24, separated by blanks",
                        "%.*s: '%.*s' is no address and no network", STR_ARG(owner), STR_ARG(bad));
}

static void check_path_secret(const struct channels_loading *loading,
                              const struct config_channel *c)
{
    struct str secret = c->path_secret;
    if (secret.p == NULL)
        return;
    bool is_good = secret.len >= PATH_SECRET_MIN;
    for (size_t i = 0; i < secret.len; i++) {
        char ch = secret.p[i];
        is_good &= (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
    }
    if (!is_good)
        COMPLAIN(loading, c, "path_secret", "`openssl rand -hex 16` makes one",
                 "channel %.*s: path_secret needs at least %u letters and digits, and nothing else",
                 STR_ARG(c->name), PATH_SECRET_MIN);
}

/* Another country's provider would not reach these numbers, or at another price. */
static void check_fallback(const struct channels_loading *loading, const struct channels *channels,
                           const struct config_channel *c)
{
    if (c->fallback.p == NULL)
        return;
    const struct channel *other = channels_get(channels, c->fallback);
    const char *problem = other == NULL                                 ? "is not configured"
                          : other->config == c                          ? "is the channel itself"
                          : !profile_has_send(other->profile)           ? "cannot send"
                          : !str_eq(other->config->country, c->country) ? "is of another country"
                                                                        : NULL;
    if (problem != NULL)
        COMPLAIN(loading, c, "fallback", "name another channel of its country that can send SMS",
                 "channel %.*s: its fallback %.*s %s", STR_ARG(c->name), STR_ARG(c->fallback),
                 problem);
}

static void check_routes(const struct channels_loading *loading, const struct channels *channels)
{
    for (uint32_t i = 0; i < loading->config->n_routes; i++) {
        const struct config_route *route = &loading->config->routes[i];
        const struct channel *channel = channels_get(channels, route->channel);
        if (channel == NULL || !profile_has_send(channel->profile))
            config_complain(loading->config, loading->report,
                            (struct config_at){"routes", i, "channel"}, "name one that can",
                            "the route of %.*s: channel %.*s cannot send", STR_ARG(route->prefix),
                            STR_ARG(route->channel));
    }
}

static void check_sms_channel(const struct channels_loading *loading,
                              const struct channels *channels, const struct channel *channel)
{
    const struct config_channel *c = channel->config;
    if (c->sms_channel.p == NULL && profile_takes(channel->profile, INBOUND_CALL))
        COMPLAIN(loading, c, "sms_channel",
                 "name the channel that sends them, as in sms_channel: at",
                 "channel %.*s takes calls, which are answered by SMS", STR_ARG(c->name));
    if (c->sms_channel.p == NULL)
        return;
    const struct channel *sms = channels_get(channels, c->sms_channel);
    if (sms == NULL || !profile_has_send(sms->profile))
        COMPLAIN(loading, c, "sms_channel", "name a channel that can send SMS",
                 "channel %.*s: sms_channel %.*s is %s", STR_ARG(c->name), STR_ARG(c->sms_channel),
                 sms == NULL ? "not configured" : "of a profile that cannot send");
}

/* Any other would send the day in question to the learner, as an SMS. */
static void check_operators(const struct channels_loading *loading, const struct channels *channels)
{
    for (uint32_t i = 0; i < loading->config->n_countries; i++) {
        const struct config_country *row = &loading->config->countries[i];
        const struct channel *channel = channels_get(channels, row->recycling_channel);
        if (channel != NULL &&
            (!profile_has_send(channel->profile) || profile_takes_any(channel->profile)))
            config_complain(loading->config, loading->report,
                            (struct config_at){"countries", i, "recycling_channel"},
                            "name a channel with the profile number-recycling",
                            "country %.*s: channel %.*s asks no operator whose a number is",
                            STR_ARG(row->code), STR_ARG(row->recycling_channel));
    }
}

static void check_channel(const struct channels_loading *loading, const struct channels *channels,
                          const struct channel *channel)
{
    const struct config_channel *c = channel->config;
    bool is_open = profile_takes_any(channel->profile) && c->callers.p == NULL &&
                   c->path_secret.p == NULL &&
                   !profile_is_protected(channel->profile, &c->settings);
    if (is_open && !c->is_unsigned_allowed)
        COMPLAIN(loading, c, "unsigned_callbacks",
                 "set its secret, path_secret or callers, or write `unsigned_callbacks: accepted`",
                 "channel %.*s: with these settings profile %.*s checks no signature or secret, so "
                 "anybody who finds the address could write for a learner",
                 STR_ARG(c->name), STR_ARG(c->profile));
    if (is_open && c->new_numbers_hour == 0)
        COMPLAIN(loading, c, "new_numbers_hour", "set new_numbers_hour",
                 "channel %.*s: it takes callbacks of anybody and has no limit for new numbers, so "
                 "anybody could have messages sent to invented numbers at your cost",
                 STR_ARG(c->name));
    check_settings(loading, channel);
    check_addresses(loading, c->callers, c->name,
                    (struct config_at){"channels", index_of(loading, c), "callers"});
    check_path_secret(loading, c);
    check_fallback(loading, channels, c);
    check_sms_channel(loading, channels, channel);
}

enum err channels_check(const struct config *config, struct channels *ret,
                        struct yaml_report *report)
{
    const struct channels_loading loading = {.config = config, .report = report};
    uint32_t n_before = report->n;
    bool is_whole = true;
    check_addresses(&loading, config->trusted_proxies, STR("trusted_proxies"),
                    (struct config_at){NULL, 0, "trusted_proxies"});
    ret->n = 0;
    for (uint32_t i = 0; i < config->n_channels; i++) {
        struct channel channel = {.config = &config->channels[i]};
        channel.profile = get_profile(&loading, ret, channel.config);
        is_whole &= channel.profile != NULL;
        if (channel.profile == NULL)
            continue;
        collect_settings(&channel);
        ret->list[ret->n++] = channel;
    }
    /* Who names a channel whose profile is missing is not to blame. */
    for (uint32_t i = 0; is_whole && i < ret->n; i++)
        check_channel(&loading, ret, &ret->list[i]);
    for (uint32_t i = 0; !is_whole && i < ret->n; i++)
        check_settings(&loading, &ret->list[i]);
    if (is_whole) {
        check_routes(&loading, ret);
        check_operators(&loading, ret);
    }
    if (report->n == n_before)
        return ERR_OK;
    channels_fini(ret);
    return ERR_INVALID;
}

/* The first one is enough for a log line. */
static void on_problem(void *user, const struct yaml_problem *problem)
{
    struct errmsg *msg = user;
    if (msg->text[0] == '\0')
        (void)errmsg_set(msg, ERR_INVALID, "%.*s; %.*s", STR_ARG(problem->what),
                         STR_ARG(problem->fix));
}

enum err channels_load(const struct config *config, struct channels *ret, struct errmsg *msg)
{
    struct yaml_report report = {.add = on_problem, .user = msg};
    msg->text[0] = '\0';
    return channels_check(config, ret, &report);
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
