/* `waypost channel check [NAME]` and `waypost channel try NAME`: what a channel takes, sends and
 * needs, in words, and one sample of it. */
#include <stdio.h>

#include "app/channels.h"
#include "app/limits.h"
#include "cli/verbs.h"
#include "lab/try.h"
#include "lab/vector/vector.h"
#include "port/file.h"
#include "profile/outgoing.h"

#define SAMPLE_ARENA_BYTES (1u << 20)

struct profile *channel_load_profile(const char *path)
{
    struct profile *profile = NULL;
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, VECTOR_MAX_BYTES);
    if (profile_load(path, &profile, &errors) != ERR_OK)
        cli_complain_lines(&errors);
    return profile;
}

/* One channel under the lamp. */
struct lamp {
    const struct config *config;
    const struct config_channel *channel;
    const struct profile *profile;
    struct settings settings; /* with what the configuration says elsewhere */
    struct arena *arena;
};

static void line(const char *name, struct str words)
{
    printf("  %-10s %.*s\n", name, STR_ARG(words));
}

/* A long text under one name: its own lines, and each of them a line of the terminal at a time. */
static void paragraph(const char *name, struct str words)
{
    size_t width = 84;
    while (words.p != NULL) {
        struct str rest = str_split(&words, '\n');
        while (rest.len > width) {
            size_t n = width;
            while (n > 0 && rest.p[n] != ' ')
                n--;
            if (n == 0)
                break; /* one long word */
            line(name, str_sub(rest, 0, n));
            rest = str_sub(rest, n + 1, rest.len);
            name = "";
        }
        if (rest.len > 0)
            line(name, rest);
        name = "";
    }
}

/* ---- what comes in ---- */

static void show_inbound(const struct lamp *l)
{
    const struct profile *p = l->profile;
    const char *name = "takes";
    struct str channel = l->channel->name;
    if (profile_takes(p, INBOUND_SMS)) {
        line(name, arena_printf(l->arena, "SMS at /in/%.*s", STR_ARG(channel)));
        name = "";
    }
    if (profile_takes(p, INBOUND_USSD)) {
        struct channel_room room = channel_room(p, l->channel);
        line(name, arena_printf(l->arena, "USSD at /in/%.*s, screens of %u letters (%u in others)",
                                STR_ARG(channel), room.ussd_septets, room.ussd_ucs2));
        name = "";
    }
    if (profile_takes(p, INBOUND_CALL)) {
        line(name, arena_printf(l->arena, "calls at /in/%.*s: hung up, answered by SMS on %.*s",
                                STR_ARG(channel), STR_ARG(l->channel->sms_channel)));
        name = "";
    }
    if (profile_takes(p, INBOUND_DLR)) {
        line(name, arena_printf(l->arena, "delivery reports at /dlr/%.*s", STR_ARG(channel)));
        name = "";
    }
    if (*name != '\0')
        line(name, STR("nothing: it only sends"));
}

static void show_protection(const struct lamp *l)
{
    struct str scheme = profile_signature_scheme(l->profile);
    if (!profile_takes_any(l->profile))
        return; /* there are no callbacks */
    if (profile_is_protected(l->profile, &l->settings))
        line("checks", arena_printf(l->arena, "%.*s of each callback", STR_ARG(scheme)));
    else if (str_eq(scheme, STR("none")))
        line("checks", STR("nothing: this provider signs nothing; guard the address otherwise"));
    else
        line("checks", arena_printf(l->arena, "nothing: it could check %.*s, if its key were set",
                                    STR_ARG(scheme)));
}

static void show_answers(const struct lamp *l)
{
    const struct profile *p = l->profile;
    uint32_t max = profile_response_max_chars(p);
    if (!profile_replies_in_response(p) || !profile_takes(p, INBOUND_SMS))
        return;
    line("answers",
         max > 0 ? arena_printf(l->arena, "in the answer to the callback, up to %u characters", max)
                 : STR("in the answer to the callback"));
}

/* ---- what goes out ---- */

static void show_rate(const struct lamp *l)
{
    uint32_t documented = profile_rate_per_s(l->profile), tps = l->channel->tps;
    struct str of = tps > 0          ? STR("as configured")
                    : documented > 0 ? STR("as the provider documents")
                                     : STR("since nobody says more: set tps to what your contract "
                                           "allows");
    line("rate", arena_printf(l->arena, "%u a second, %.*s",
                              tps > 0          ? tps
                              : documented > 0 ? documented
                                               : 10,
                              STR_ARG(of)));
    if (l->channel->account.p != NULL && l->channel->account_tps > 0)
        line("", arena_printf(l->arena, "%u a second for all channels of account %.*s",
                              l->channel->account_tps, STR_ARG(l->channel->account)));
}

static void show_price(const struct lamp *l)
{
    uint64_t price = l->channel->price;
    if (price == 0)
        line("price", STR("not known; set `price` so that it is recorded and can be capped"));
    else
        line("price", arena_printf(l->arena, "%llu.%06llu %.*s a segment",
                                   (unsigned long long)(price / CONFIG_AMOUNT),
                                   (unsigned long long)(price % CONFIG_AMOUNT),
                                   STR_ARG(l->config->currency)));
}

static void show_sending(const struct lamp *l)
{
    struct str address = STR_NONE;
    if (!profile_has_send(l->profile)) {
        struct str via = l->channel->sms_channel;
        line("sends", via.p != NULL ? arena_printf(l->arena, "nothing itself; its SMS go by %.*s",
                                                   STR_ARG(via))
                                    : STR("nothing"));
        return;
    }
    enum err e = profile_send_address(l->profile, &l->settings, l->arena, &address);
    line("sends", e == ERR_OK ? arena_printf(l->arena, "SMS to %.*s", STR_ARG(address))
                              : STR("SMS, to an address that is not known yet: set send_url"));
    if (l->channel->from.p != NULL)
        line("", arena_printf(l->arena, "as %.*s", STR_ARG(l->channel->from)));
    if (profile_needs_token(l->profile, &l->settings))
        line("", STR("with an access token that it asks the provider for"));
    show_rate(l);
    show_price(l);
    if (l->channel->fallback.p != NULL)
        line("else", arena_printf(l->arena, "%.*s sends while this provider is away",
                                  STR_ARG(l->channel->fallback)));
}

static void show_routes(const struct lamp *l)
{
    for (uint32_t i = 0; i < l->config->n_routes; i++) {
        const struct config_route *route = &l->config->routes[i];
        if (str_eq(route->channel, l->channel->name))
            line("route", arena_printf(l->arena, "what goes to %.*s", STR_ARG(route->prefix)));
    }
}

/* ---- what it needs ---- */

/* False when something is missing. */
static bool show_settings(const struct lamp *l)
{
    uint32_t n;
    bool is_complete = true;
    const struct profile_setting *list = profile_settings(l->profile, &n);
    for (uint32_t i = 0; i < n; i++) {
        bool is_set = settings_get(&l->settings, list[i].name).p != NULL;
        bool is_missing = !is_set && list[i].is_required && list[i].fallback.p == NULL;
        const char *state = is_set                       ? "set"
                            : is_missing                 ? "MISSING"
                            : list[i].fallback.p != NULL ? "left at its default"
                                                         : "not set";
        line(i == 0 ? "settings" : "",
             arena_printf(l->arena, "%.*s: %.*s (%s)", STR_ARG(list[i].name), STR_ARG(list[i].help),
                          state));
        is_complete &= !is_missing;
    }
    return is_complete;
}

static void collect_settings(struct lamp *l)
{
    const struct settings *own = &l->channel->settings;
    struct setting *list = arena_new_array(l->arena, struct setting, own->n + 2);
    if (list == NULL)
        return;
    for (uint32_t i = 0; i < own->n; i++)
        list[i] = own->list[i];
    list[own->n] = (struct setting){STR("channel"), l->channel->name};
    list[own->n + 1] = (struct setting){STR("default_country"), l->channel->country};
    l->settings = (struct settings){list, own->n + 2};
}

static bool show(const struct config *config, const struct config_channel *channel)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(SAMPLE_ARENA_BYTES);
    struct lamp l = {.config = config, .channel = channel, .arena = arena};
    struct str path = arena_printf(arena, "%.*s/%.*s.yaml", STR_ARG(config->profiles_dir),
                                   STR_ARG(channel->profile));
    printf("%.*s\n", STR_ARG(channel->name));
    struct profile *profile = channel_load_profile(path.p);
    if (profile == NULL)
        return false;
    l.profile = profile;
    collect_settings(&l);
    line("profile", arena_printf(arena, "%.*s: %.*s", STR_ARG(channel->profile),
                                 STR_ARG(profile_title(profile))));
    show_inbound(&l);
    show_protection(&l);
    show_answers(&l);
    show_sending(&l);
    show_routes(&l);
    bool is_complete = show_settings(&l);
    paragraph("note", profile_notes(profile));
    profile_free(profile);
    return is_complete;
}

int channel_check(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    struct channels channels;
    struct errmsg msg;
    struct str name = args->n_words > 1 ? str_from(args->words[1]) : STR_NONE;
    bool is_good = true;
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    if (args->n_words > 2 || (name.p != NULL && config_channel_get(&config, name) == NULL)) {
        cli_complain("channel check: name one channel of the configuration, or none for all");
        return EX_USAGE;
    }
    for (uint32_t i = 0; i < config.n_channels; i++) {
        if (name.p == NULL || str_eq(config.channels[i].name, name))
            is_good &= show(&config, &config.channels[i]);
    }
    if (channels_load(&config, &channels, &msg) != ERR_OK) {
        cli_complain("%s", msg.text); /* what the service would say when it starts */
        return EX_CONFIG;
    }
    channels_fini(&channels);
    return is_good ? EX_OK : EX_CONFIG;
}

/* ---- try: see lab/try.h ---- */

static int exit_code(enum err e)
{
    return e == ERR_OK            ? EX_OK
           : e == ERR_UNAVAILABLE ? EX_UNAVAILABLE
           : e == ERR_DENIED      ? EX_PROTOCOL
           : e == ERR_NOT_FOUND   ? EX_NOINPUT
                                  : EX_DATAERR;
}

static int try_one(const struct cli_args *args, const struct config *config,
                   const struct channels *channels)
{
    char base[64];
    struct errmsg msg;
    const struct channel *channel = channels_get(channels, str_from(args->words[1]));
    if (channel == NULL) {
        cli_complain("channel try: there is no channel '%s' in the configuration", args->words[1]);
        return EX_USAGE;
    }
    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", (unsigned)config->port);
    const struct try_ask ask = {.config = config,
                                .channel = channel,
                                .base = cli_get(args, "url", base),
                                .from = cli_get(args, "from", NULL),
                                .request_file = cli_get(args, "request", NULL),
                                .is_dlr = cli_has(args, "dlr")};
    enum err e = try_channel(&ask, &msg);
    if (e != ERR_OK)
        cli_complain("channel try: %s", msg.text);
    return exit_code(e);
}

int channel_try(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    static struct channels channels;
    struct config config;
    struct errmsg msg;
    if (args->n_words != 2) {
        cli_complain("channel try: name one channel of the configuration");
        return EX_USAGE;
    }
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    if (channels_load(&config, &channels, &msg) != ERR_OK) {
        cli_complain("%s", msg.text);
        return EX_CONFIG;
    }
    code = try_one(args, &config, &channels);
    channels_fini(&channels);
    return code;
}
