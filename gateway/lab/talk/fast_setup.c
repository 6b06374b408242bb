/* fast.h: the ports, the app on them, its configuration, and the provider at the other end. */
#include "lab/talk/fast.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "profile/outgoing.h"
#include "wire/form.h"

/* A struct str in a static initialiser. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define DIAL_CODE "*384*7#"
#define SEND_URL "http://127.0.0.1:1/sim/send/at"
#define OPERATOR_URL "https://operator.example/"
#define RESPONSE_MAX_BYTES 65536u

static const struct setting sms_settings[] = {
    {LIT("username"), LIT("sandbox")},
    {LIT("apikey"), LIT("none")},
    {LIT("send_url"), LIT(SEND_URL)},
};

static const struct setting operator_settings[] = {
    {LIT("send_url"), LIT(OPERATOR_URL "number-recycling/v0.2/check")},
    {LIT("token_url"), LIT(OPERATOR_URL "token")},
    {LIT("client_id"), LIT("waypost")},
    {LIT("client_secret"), LIT("none")},
};

static const struct config_channel channel_rows[] = {
    {.name = LIT("at"),
     .profile = LIT("africastalking"),
     .country = LIT("KE"),
     .from = LIT("20880"),
     .settings = {sms_settings, ARRAY_LEN(sms_settings)},
     .ussd_septets = GSM_USSD_SEPTETS,
     .ussd_ucs2 = GSM_USSD_UCS2,
     .fold = GSM_FOLD_LATIN,
     .tps = 1000,
     .max_in_flight = 100,
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000,
     .is_private_allowed = true,
     .is_insecure_allowed = true},
    {.name = LIT("at-ussd"),
     .profile = LIT("africastalking-ussd"),
     .country = LIT("KE"),
     .dial_code = LIT(DIAL_CODE),
     .sms_channel = LIT("at"),
     .ussd_septets = GSM_USSD_SEPTETS,
     .ussd_ucs2 = GSM_USSD_UCS2,
     .fold = GSM_FOLD_LATIN,
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
    {.name = LIT("at-voice"),
     .profile = LIT("africastalking-voice"),
     .country = LIT("KE"),
     .sms_channel = LIT("at"),
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
    {.name = LIT("operator"),
     .profile = LIT("number-recycling"),
     .country = LIT("UG"),
     .settings = {operator_settings, ARRAY_LEN(operator_settings)},
     .tps = 1000},
};

static const struct config_country country_rows[] = {
    {.code = LIT("KE"),
     .cost = LIT("Each SMS costs you your normal rate."),
     .contact = LIT("Example Organisation (0800 7000)"),
     .emergency = LIT("999"),
     .helpline = LIT("116"),
     .crisis = LIT("0800 116 123"),
     .psea = LIT("0800 7322"),
     .focal_points = LIT("+254733000001 +254733000002"),
     .psea_points = LIT("+254733000003 +254733000004"),
     .day_off = 1},
    {.code = LIT("UG"), .recycling_channel = LIT("operator")},
};

static struct config make_config(const struct talk_fast_settings *settings,
                                 const struct config_zone *zone)
{
    return (struct config){
        .org = STR("Example Organisation"),
        .url = STR("example.org/course"),
        .unavailable_text =
            STR("This service is away for a moment. Please dial again in a minute."),
        .alert_text = STR("Waypost: a message for the safeguarding team waits, number {case}."),
        .profiles_dir = str_from(settings->profiles_dir),
        .n_channels = ARRAY_LEN(channel_rows),
        .channels = channel_rows,
        .n_countries = ARRAY_LEN(country_rows),
        .countries = country_rows,
        .n_zones = 1,
        .zones = zone,
        .cap_number_day = 300,
        .loop_exchanges = 5,
        .loop_minutes = 60,
        .quiet_days = 90,
        .reminder_holdout = settings->reminder_holdout,
    };
}

/* ---- the provider: what the sender posts reaches a phone ---- */

/* "...\"messageId\":\"ATXid_mem1\"..." */
static struct str id_of(struct str response)
{
    struct str mark = STR("messageId\":\"");
    size_t at = str_find(response, mark);
    struct str id = at != SIZE_MAX ? str_sub(response, at + mark.len, response.len) : STR_NONE;
    return str_split(&id, '"');
}

static void deliver(struct talk_fast *f, struct str to, struct str text, struct str id)
{
    struct fast_delivered *d = xcalloc(1, sizeof(*d));
    struct fast_delivered **at = &f->delivered;
    enum err e = str_copy(to, d->number, sizeof(d->number));
    if (e == ERR_OK)
        e = str_copy(id, d->id, sizeof(d->id));
    assert(e == ERR_OK); /* E.164, as the outbox has it; a short id, as the port makes it */
    buf_init(&d->text, FAST_MAX_BYTES);
    buf_add_str(&d->text, text);
    while (*at != NULL)
        at = &(*at)->next;
    *at = d;
}

/* The operator of +256: of numbers that end in 7 it knows nothing; those that end in 9 have gone to
 * somebody else. */
static bool on_operator(void *ctx, const struct sender_request *request,
                        struct sender_response *ret)
{
    (void)ctx;
    if (!str_starts(request->url, STR(OPERATOR_URL)))
        return false;
    ret->reached = SENDER_REACHED_RESPONSE;
    ret->status = 200;
    if (str_ends(request->url, STR("/token"))) {
        ret->body = STR("{\"access_token\":\"t-1\",\"expires_in\":3600}");
    } else if (str_find(request->body, STR("7\",\"specifiedDate")) != SIZE_MAX) {
        ret->status = 404;
        ret->body = STR("{\"status\":404,\"code\":\"IDENTIFIER_NOT_FOUND\"}");
    } else {
        bool is_another = str_find(request->body, STR("9\",\"specifiedDate")) != SIZE_MAX;
        ret->body = is_another ? STR("{\"phoneNumberRecycled\":true}")
                               : STR("{\"phoneNumberRecycled\":false}");
    }
    return true;
}

static void on_send(void *ctx, const struct sender_request *request, struct str response)
{
    struct talk_fast *f = ctx;
    if (str_starts(request->url, STR(OPERATOR_URL)))
        return; /* no SMS */
    struct arena *arena CLEANUP(arena_freep) = arena_new(FAST_MAX_BYTES);
    struct str to = http_header_get(request->headers, request->n_headers, STR(SIMULATOR_HEADER_TO));
    struct str text =
        http_header_get(request->headers, request->n_headers, STR(SIMULATOR_HEADER_TEXT));
    assert(to.p != NULL && text.p != NULL); /* SEND_URL has the simulator's form */
    deliver(f, form_decode(to, false, arena), form_decode(text, false, arena), id_of(response));
}

static void on_response(void *ctx, struct front_token token, const struct http_response *response)
{
    struct talk_fast *f = ctx;
    buf_reset(&f->responses[token.slot]);
    http_response_write(response, true, false, STR("Mon, 06 Jan 2025 06:00:00 GMT"),
                        &f->responses[token.slot]);
}

/* ---- putting it together ---- */

static void open_ports(struct talk_fast *f)
{
    f->loop = loop_mem_new(f->settings->start);
    f->store = store_mem_new(f->loop);
    f->spool = spool_mem_new(f->loop);
    f->sink = sink_mem_new(f->loop);
    f->sender = sender_mem_new(f->loop);
    f->vault = vault_openssl_new_for_tests(f->settings->seed);
    f->metrics = metrics_new();
    metrics_name_channel(f->metrics, channel_rows[0].name);
    f->reader = http_reader_new(&(struct http_limits){16384, 65536});
    sender_mem_watch(f->sender, on_send, f);
    sender_mem_on_post(f->sender, on_operator, f);
}

static void build_app(struct talk_fast *f)
{
    f->dialogs = dialogs_new(&(struct dialog_parts){.loop = f->loop,
                                                    .store = f->store,
                                                    .spool = f->spool,
                                                    .vault = f->vault,
                                                    .config = &f->config,
                                                    .channels = &f->channels,
                                                    .courses = f->courses,
                                                    .cohorts = f->cohorts});
    f->joiner = joiner_new(&(struct joiner_ports){.loop = f->loop,
                                                  .store = f->store,
                                                  .vault = f->vault,
                                                  .config = &f->config,
                                                  .dialogs = f->dialogs});
    f->callbacks = callbacks_new(&(struct callback_parts){.loop = f->loop,
                                                          .store = f->store,
                                                          .vault = f->vault,
                                                          .metrics = f->metrics,
                                                          .channels = &f->channels,
                                                          .dialogs = f->dialogs,
                                                          .joiner = f->joiner,
                                                          .fn = on_response,
                                                          .ctx = f});
    f->replay = replay_new(&(struct replay_parts){.loop = f->loop,
                                                  .store = f->store,
                                                  .spool = f->spool,
                                                  .channels = &f->channels,
                                                  .dialogs = f->dialogs,
                                                  .joiner = f->joiner});
    f->opt_outs = opt_outs_new(f->loop, f->dialogs);
    f->outbox = outbox_new(&(struct outbox_ports){.loop = f->loop,
                                                  .store = f->store,
                                                  .sink = f->sink,
                                                  .sender = f->sender,
                                                  .vault = f->vault,
                                                  .config = &f->config,
                                                  .channels = &f->channels,
                                                  .metrics = f->metrics,
                                                  .on_opt_out = opt_outs_take,
                                                  .on_owner = opt_outs_owner,
                                                  .ctx = f->opt_outs});
    double sms_per_s = f->settings->sms_per_s;
    sms_per_s = sms_per_s > 0 ? sms_per_s : channels_rate_per_s(&f->channels);
    f->timers = timers_new(&(struct timers_parts){.loop = f->loop,
                                                  .store = f->store,
                                                  .dialogs = f->dialogs,
                                                  .metrics = f->metrics,
                                                  .sms_per_s = sms_per_s,
                                                  .wakes_per_s = f->config.wakes_s});
    f->persist = persist_new(f->loop, f->store, f->sink, NULL,
                             &(struct persist_settings){.max_each = PERSIST_MAX_EACH,
                                                        .gather_ms = FAST_GATHER_MS,
                                                        .block_ms = 60000,
                                                        .keep_ms = 6 * 3600000,
                                                        .trim_ms = 3600000});
    outbox_own_all(f->outbox, 1);
    timers_start(f->timers);
    persist_start(f->persist);
}

enum err talk_fast_new(const struct talk_fast_settings *settings, struct talk_fast **ret,
                       struct errmsg *msg)
{
    struct talk_fast *f = xcalloc(1, sizeof(*f));
    f->world = (struct talk_world){.ops = &fast_ops, .dial_code = DIAL_CODE, .run = "talk"};
    f->settings = settings;
    f->zone = (struct config_zone){channel_rows[0].country, settings->zone};
    f->config = make_config(settings, &f->zone);
    buf_init(&f->events, FAST_MAX_BYTES);
    for (uint32_t i = 0; i < TALK_MAX_REPEATS; i++)
        buf_init(&f->responses[i], RESPONSE_MAX_BYTES);
    open_ports(f);
    f->courses = course_set_new(f->loop, f->store);
    f->cohorts = cohort_set_new(f->loop, f->store);
    enum err e = channels_load(&f->config, &f->channels, msg);
    for (uint32_t i = 0; e == ERR_OK && i < settings->n_others; i++)
        e = course_set_add(f->courses, settings->other_names[i], settings->other_bundles[i], true,
                           msg);
    if (e == ERR_OK)
        e = course_set_add(f->courses, settings->course_name, settings->bundle, true, msg);
    if (e != ERR_OK) {
        talk_fast_free(f);
        return e;
    }
    build_app(f);
    *ret = f;
    return ERR_OK;
}

void talk_fast_free(struct talk_fast *f)
{
    if (f == NULL)
        return;
    if (f->replay != NULL) {
        replay_stop(f->replay);
        timers_stop(f->timers);
    }
    store_free(f->store); /* answers what is under way, so that the app comes to an end */
    spool_free(f->spool);
    sender_free(f->sender);
    sink_free(f->sink);
    outbox_free(f->outbox);
    opt_outs_free(f->opt_outs);
    persist_free(f->persist);
    replay_free(f->replay);
    timers_free(f->timers);
    callbacks_free(f->callbacks);
    joiner_free(f->joiner);
    dialogs_free(f->dialogs);
    course_set_free(f->courses);
    cohort_set_free(f->cohorts);
    channels_fini(&f->channels);
    vault_free(f->vault);
    metrics_free(f->metrics);
    http_reader_free(f->reader);
    loop_free(f->loop);
    while (f->delivered != NULL) {
        struct fast_delivered *d = f->delivered;
        f->delivered = d->next;
        fast_delivered_free(d);
    }
    for (uint32_t i = 0; i < TALK_MAX_REPEATS; i++)
        buf_fini(&f->responses[i]);
    buf_fini(&f->events);
    free(f);
}

struct talk_world *talk_fast_world(struct talk_fast *f)
{
    return &f->world;
}

uint32_t talk_fast_n_records(const struct talk_fast *f)
{
    return sink_mem_count(f->sink);
}

struct str talk_fast_record(const struct talk_fast *f, uint32_t i)
{
    return sink_mem_envelope(f->sink, i);
}
