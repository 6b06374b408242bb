/* run.h: the world of fast transcripts. */
#include "lab/talk/run.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "app/callback/callback.h"
#include "app/cohort_set.h"
#include "app/course_set.h"
#include "app/opt_outs.h"
#include "app/outbox/outbox.h"
#include "app/persist.h"
#include "app/replay.h"
#include "app/timers.h"
#include "base/xalloc.h"
#include "core/certificate.h"
#include "port/sink/sink.h"
#include "port/store/learners.h"
#include "port/store/values.h"
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
#define ID_BYTES 32
#define RESPONSE_MAX_BYTES 65536u
#define QUEUE_MAX_BYTES (1u << 20)
#define REST_STEP_MS 20
#define REST_STEPS 60000         /* 20 minutes of fake time: more than any deadline and back-off */
#define SKIP_MS (10 * 60 * 1000) /* of long waits, at once */
#define QUIET_STEPS (2 * PERSIST_GATHER_MS / REST_STEP_MS)

/* An SMS that has reached its phone. */
struct delivered {
    struct delivered *next;
    char number[TALK_NUMBER_BYTES];
    char id[ID_BYTES];
    struct buf text;
};

/* One that was looked at. */
struct read {
    char number[TALK_NUMBER_BYTES];
    char id[ID_BYTES];
};

struct talk_fast {
    struct talk_world world;
    const struct talk_fast_settings *settings;
    struct config config;
    struct config_zone zone;
    struct loop *loop;
    struct store *store;
    struct spool *spool;
    struct sink *sink;
    struct sender *sender;
    struct vault *vault;
    struct metrics *metrics; /* tell the sender on which channel reports come */
    struct channels channels;
    struct course_set *courses;
    struct cohort_set *cohorts;
    struct dialogs *dialogs;
    struct joiner *joiner;
    struct callbacks *callbacks;
    struct opt_outs *opt_outs;
    struct outbox *outbox;
    struct replay *replay;
    struct timers *timers;
    struct persist *persist;
    struct http_reader *reader;
    struct buf responses[TALK_MAX_REPEATS]; /* by the slot of the token */
    struct delivered *delivered;            /* oldest first */
    struct read read[TALK_HISTORY];         /* a ring */
    uint32_t n_read;
    uint32_t n_envelopes; /* that were read from the sink */
    struct buf events;    /* their lines that nobody has asked for */
};

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
     .contact = LIT("Example Organisation, 0800 7000,"),
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

/* --- the provider: what the sender posts reaches a phone --- */

/* "...\"messageId\":\"ATXid_mem1\"..." */
static struct str id_of(struct str answer)
{
    struct str mark = STR("messageId\":\"");
    size_t at = str_find(answer, mark);
    struct str id = at != SIZE_MAX ? str_sub(answer, at + mark.len, answer.len) : STR_NONE;
    return str_split(&id, '"');
}

static void deliver(struct talk_fast *f, struct str to, struct str text, struct str id)
{
    struct delivered *d = xcalloc(1, sizeof(*d));
    struct delivered **at = &f->delivered;
    enum err e = str_copy(to, d->number, sizeof(d->number));
    if (e == ERR_OK)
        e = str_copy(id, d->id, sizeof(d->id));
    assert(e == ERR_OK); /* E.164, as the outbox has it; a short id, as the port makes it */
    buf_init(&d->text, QUEUE_MAX_BYTES);
    buf_add_str(&d->text, text);
    while (*at != NULL)
        at = &(*at)->next;
    *at = d;
}

/* The operator of +256: of numbers that end in 7 it knows nothing; those that end in 9 have gone to
 * somebody else. */
static bool on_operator(void *ctx, const struct sender_request *request, struct sender_answer *ret)
{
    (void)ctx;
    if (!str_starts(request->url, STR(OPERATOR_URL)))
        return false;
    ret->reached = SENDER_REACHED_ANSWER;
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

static void on_send(void *ctx, const struct sender_request *request, struct str answer)
{
    struct talk_fast *f = ctx;
    if (str_starts(request->url, STR(OPERATOR_URL)))
        return; /* no SMS */
    struct arena *arena CLEANUP(arena_freep) = arena_new(QUEUE_MAX_BYTES);
    struct str to = http_header_get(request->headers, request->n_headers, STR(SIMULATOR_HEADER_TO));
    struct str text =
        http_header_get(request->headers, request->n_headers, STR(SIMULATOR_HEADER_TEXT));
    assert(to.p != NULL && text.p != NULL); /* SEND_URL has the simulator's form */
    deliver(f, form_decode(to, false, arena), form_decode(text, false, arena), id_of(answer));
}

/* --- coming to rest --- */

/* ---- events ---- */

/* The members of an event line, in its order (core/event.h). */
static const char *const event_members[] = {"unit",    "phase", "choice", "correct",
                                            "attempt", "value", "code",   "text"};

/* A .talk line ends at a line end, so one inside a text is written as \n. */
static void add_event_text(const char *name, struct str text, struct buf *lines)
{
    buf_addf(lines, " %s=", name);
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n')
            buf_add_str(lines, STR("\\n"));
        else
            buf_add_char(lines, text.p[i]);
    }
}

static void add_event_member(const json_t *event, const char *name, struct buf *lines)
{
    const json_t *value = json_object_get(event, name);
    if (json_is_string(value))
        add_event_text(name, str_from(json_string_value(value)), lines);
    else if (json_is_integer(value))
        buf_addf(lines, " %s=%lld", name, (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        buf_addf(lines, " %s=%s", name, json_is_true(value) ? "true" : "false");
}

/* Appends the events of one envelope (core/event.h), one line each as `kind member=value ...`.
 */
static void read_events(struct str envelope, struct buf *lines)
{
    json_t *root = json_loadb(envelope.p, envelope.len, 0, NULL);
    const json_t *events = json_object_get(root, "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        buf_addf(lines, "%s", json_string_value(json_object_get(event, "kind")));
        for (size_t m = 0; m < ARRAY_LEN(event_members); m++)
            add_event_member(event, event_members[m], lines);
        buf_add_char(lines, '\n');
    }
    json_decref(root);
}

/* Events as PostgreSQL got them. */
static void take_events(struct talk_fast *f)
{
    while (f->n_envelopes < sink_mem_count(f->sink))
        read_events(sink_mem_envelope(f->sink, f->n_envelopes++), &f->events);
}

/* Until nothing is under way for a while; the clock moves a little, as it does in life. What waits
 * for PostgreSQL may wait on. */
static bool come_to_rest(struct talk_fast *f)
{
    uint32_t n_quiet = 0;
    for (uint32_t i = 0; i < REST_STEPS && n_quiet < QUIET_STEPS; i++) {
        loop_mem_settle(f->loop);
        bool is_quiet = callbacks_n_running(f->callbacks) == 0 &&
                        dialogs_n_running(f->dialogs) == 0 && outbox_n_jobs(f->outbox) == 0;
        n_quiet = is_quiet ? n_quiet + 1 : 0;
        loop_mem_advance(f->loop, REST_STEP_MS);
    }
    take_events(f);
    return n_quiet >= QUIET_STEPS;
}

/* --- callbacks --- */

static void on_response(void *ctx, struct front_token token, const struct http_response *response)
{
    struct talk_fast *f = ctx;
    buf_reset(&f->responses[token.slot]);
    http_response_write(response, true, false, STR("Mon, 06 Jan 2025 06:00:00 GMT"),
                        &f->responses[token.slot]);
}

/* Status and body of the bytes that a provider would read. */
static struct talk_answer parse_response(const struct buf *raw)
{
    struct str bytes = buf_str(raw);
    size_t head = str_find(bytes, STR("\r\n\r\n"));
    uint64_t status = 0;
    bool is_http = str_starts(bytes, STR("HTTP/1.1 ")) && head != SIZE_MAX &&
                   str_to_u64(str_sub(bytes, 9, 12), 999, &status) == ERR_OK;
    assert(is_http); /* http_response_write wrote it */
    return (struct talk_answer){(int)status, str_sub(bytes, head + 4, bytes.len)};
}

static enum err submit(struct talk_fast *f, const char *path, struct str body, uint32_t slot)
{
    struct buf raw CLEANUP(buf_fini);
    buf_init(&raw, QUEUE_MAX_BYTES);
    buf_addf(&raw,
             "POST %s HTTP/1.1\r\nHost: learn.example\r\n"
             "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n",
             path, body.len);
    buf_add_str(&raw, body);
    if (http_reader_feed(f->reader, raw.p, raw.len) != HTTP_STATE_DONE)
        return ERR_INVALID;
    callbacks_handle(f->callbacks, (struct front_token){slot, 0}, http_reader_request(f->reader),
                     STR("127.0.0.1"));
    return http_reader_next(f->reader) == HTTP_STATE_HEAD ? ERR_OK : ERR_INVALID;
}

static struct talk_fast *fast(struct talk_world *world)
{
    return (struct talk_fast *)world;
}

static enum err fast_post(struct talk_world *world, const char *path, struct str body, uint32_t n,
                          struct talk_answer *ret)
{
    struct talk_fast *f = fast(world);
    for (uint32_t i = 0; i < n; i++) {
        buf_reset(&f->responses[i]);
        enum err e = submit(f, path, body, i);
        if (e != ERR_OK)
            return e;
    }
    if (!come_to_rest(f))
        return ERR_TIMEOUT;
    for (uint32_t i = 0; i < n; i++)
        ret[i] = parse_response(&f->responses[i]);
    return ERR_OK;
}

/* --- what came back --- */

static void delivered_free(struct delivered *d)
{
    buf_fini(&d->text);
    free(d);
}

static enum err fast_next_sms(struct talk_world *world, const char *number, bool may_wait,
                              struct buf *out)
{
    struct talk_fast *f = fast(world);
    (void)may_wait; /* this world is at rest: what is not there does not come */
    struct delivered **at = &f->delivered;
    while (*at != NULL && strcmp((*at)->number, number) != 0)
        at = &(*at)->next;
    struct delivered *d = *at;
    if (d == NULL)
        return ERR_NOT_FOUND;
    struct read *read = &f->read[f->n_read++ % TALK_HISTORY];
    memcpy(read->number, d->number, sizeof(read->number));
    memcpy(read->id, d->id, sizeof(read->id));
    buf_add_str(out, buf_str(&d->text));
    *at = d->next;
    delivered_free(d);
    return ERR_OK;
}

static enum err fast_sms_id(struct talk_world *world, const char *number, uint32_t back,
                            struct buf *out)
{
    const struct talk_fast *f = fast(world);
    for (uint32_t i = 1; i <= f->n_read && i <= TALK_HISTORY; i++) {
        const struct read *read = &f->read[(f->n_read - i) % TALK_HISTORY];
        if (strcmp(read->number, number) == 0 && back-- == 0) {
            buf_add_str(out, str_from(read->id));
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err fast_next_event(struct talk_world *world, struct buf *out)
{
    struct talk_fast *f = fast(world);
    size_t end = str_find_char(buf_str(&f->events), '\n');
    if (end == SIZE_MAX)
        return ERR_NOT_FOUND;
    buf_add(out, f->events.p, end);
    buf_consume(&f->events, end + 1);
    return ERR_OK;
}

/* --- time and faults --- */

static enum err fast_wait(struct talk_world *world, int64_t ms)
{
    struct talk_fast *f = fast(world);
    while (ms > 2 * SKIP_MS) { /* what is due gets time to happen before the next stretch */
        if (!come_to_rest(f))
            return ERR_TIMEOUT;
        loop_mem_skip(f->loop, SKIP_MS);
        ms -= SKIP_MS;
    }
    loop_mem_advance(f->loop, ms);
    return come_to_rest(f) ? ERR_OK : ERR_TIMEOUT;
}

/* What a provider may do to a request, in the words of the ports. */
static void fail_sender(struct talk_fast *f, enum err e, uint32_t n)
{
    enum sender_reached reached = e == ERR_UNAVAILABLE ? SENDER_REACHED_NOT
                                  : e == ERR_TIMEOUT   ? SENDER_REACHED_MAYBE
                                                       : SENDER_REACHED_ANSWER;
    sender_mem_answer(f->sender, reached, e == ERR_FULL ? 429 : 500, "{}", n);
}

static enum err fast_fail(struct talk_world *world, const struct talk_line *line)
{
    struct talk_fast *f = fast(world);
    char verb[16];
    bool is_save = str_eq(line->action, STR("save"));
    if (str_copy(is_save ? STR("commit") : line->action, verb, sizeof(verb)) != ERR_OK)
        return ERR_UNSUPPORTED;
    uint32_t n = line->fail == ERR_OK ? 0 : line->n;
    if (str_eq(line->port, STR("spool")))
        spool_mem_fail(f->spool, verb, line->fail, n);
    else if (str_eq(line->port, STR("sink")))
        sink_mem_fail(f->sink, verb, line->fail, n);
    else if (str_eq(line->port, STR("sender")))
        fail_sender(f, line->fail, n);
    else
        store_mem_fail(f->store, verb, line->fail, line->is_late, n);
    return ERR_OK;
}

static void on_put(void *ctx, enum err e)
{
    *(enum err *)ctx = e;
}

static void on_scan(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                    uint32_t n)
{
    struct talk_fast *f = ctx;
    static enum err ignored;
    (void)next; /* a transcript has few phones */
    for (uint32_t i = 0; e == ERR_OK && i < n; i++)
        store_wake(f->store, &learners[i].id, loop_wall(f->loop).ms, on_put, &ignored);
}

/* As the writer does it: the group is told to all processes, and its members are looked at. */
static enum err fast_group(struct talk_world *world, const struct talk_line *line)
{
    struct talk_fast *f = fast(world);
    struct cohort cohort;
    struct errmsg msg;
    struct arena *arena CLEANUP(arena_freep) = arena_new(QUEUE_MAX_BYTES);
    enum err e = cohort_read(line->action, line->text, arena, &cohort, &msg);
    if (e != ERR_OK)
        return e;
    store_board_put(f->store, STORE_BOARD_COHORTS, line->action, line->text, on_put, &e);
    loop_mem_settle(f->loop);
    cohort_set_start(f->cohorts);
    loop_mem_settle(f->loop);
    store_scan(f->store, STR_NONE, on_scan, f);
    loop_mem_settle(f->loop);
    return e;
}

static enum err fast_certificate(struct talk_world *world, const char *code,
                                 const struct talk_line *line)
{
    struct talk_fast *f = fast(world);
    uint64_t number;
    struct buf text CLEANUP(buf_fini);
    enum err e = certificate_parse(
        str_eq(line->action, STR("$CODE")) ? str_from(code) : line->action, &number);
    buf_init(&text, CERTIFICATE_LINE_BYTES);
    for (size_t i = 0; i < line->text.len; i++)
        buf_add_char(&text, line->text.p[i] == ';' ? '\t' : line->text.p[i]);
    if (e != ERR_OK || buf_error(&text) != ERR_OK)
        return ERR_INVALID;
    store_certificate_put(f->store, number, buf_str(&text),
                          loop_wall(f->loop).ms + CERTIFICATE_KEPT_MS, on_put, &e);
    loop_mem_settle(f->loop);
    return e;
}

static void on_looked_after(void *ctx, const struct dialog_answer *answer)
{
    enum err *e = ctx;
    *e = answer->outcome == DIALOG_OUTCOME_STEPPED ? ERR_OK : ERR_IO;
}

static enum err fast_look_after(struct talk_world *world, const char *number,
                                const struct talk_line *line)
{
    struct talk_fast *f = fast(world);
    struct number_id id = vault_number_id(f->vault, str_from(number));
    enum err done = ERR_TIMEOUT;
    (void)line; /* there is one thing to do */
    enum err e = dialogs_release(f->dialogs, &id, loop_wall(f->loop), on_looked_after, &done);
    if (e == ERR_OK && !come_to_rest(f))
        e = ERR_TIMEOUT;
    return e == ERR_OK ? done : e;
}

/* ---- a wrong key ---- */

struct told {
    struct number_id id;
    struct learner learner; /* seq 0: nobody is there */
};

static void on_told(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                    uint32_t n)
{
    struct told *told = ctx;
    (void)next; /* a transcript has few phones */
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        if (memcmp(&learners[i].id, &told->id, sizeof(told->id)) == 0 &&
            learner_decode(learners[i].state, &told->learner) != ERR_OK)
            told->learner.seq = 0;
    }
}

/* "2", or "2 right": the learner's answer is right by it. */
static enum err fast_correct(struct talk_world *world, const char *number,
                             const struct talk_line *line)
{
    struct talk_fast *f = fast(world);
    const struct course *course = courses_current(course_set_courses(f->courses));
    struct told told = {.id = vault_number_id(f->vault, str_from(number))};
    struct str how = line->text, key = str_split(&how, ' ');
    char name[2 * COURSE_ID_BYTES];
    int n = snprintf(name, sizeof(name), "%.*s/%.*s", STR_ARG(course->id), STR_ARG(line->action));
    const struct str names[] = {{name, (size_t)n}};
    course_set_corrections(f->courses, names, &key, 1);
    if (n >= (int)sizeof(name) || course_set_courses(f->courses)->n_corrections == 0)
        return ERR_INVALID;
    store_scan(f->store, STR_NONE, on_told, &told);
    loop_mem_settle(f->loop);
    struct dialog_desk desk = {
        .id = told.id,
        .order = {.act = DESK_CORRECT,
                  .course = course->id,
                  .text = line->action,
                  .options = course_set_courses(f->courses)->corrections[0].options,
                  .is_right = str_eq(how, STR("right")),
                  .seq = told.learner.seq}};
    memcpy(desk.order.learner_id, told.learner.learner_id, sizeof(desk.order.learner_id));
    enum err done = ERR_TIMEOUT;
    enum err e = dialogs_desk(f->dialogs, &desk, on_looked_after, &done);
    if (e == ERR_OK && !come_to_rest(f))
        e = ERR_TIMEOUT;
    return e == ERR_OK ? done : e;
}

static struct wall_ms fast_now(struct talk_world *world)
{
    return loop_wall(fast(world)->loop);
}

static const struct talk_world_ops fast_ops = {
    .post = fast_post,
    .next_sms = fast_next_sms,
    .sms_id = fast_sms_id,
    .next_event = fast_next_event,
    .wait = fast_wait,
    .fail = fast_fail,
    .group = fast_group,
    .certificate = fast_certificate,
    .look_after = fast_look_after,
    .correct = fast_correct,
    .now = fast_now,
};

/* --- putting it together --- */

static void open_ports(struct talk_fast *f)
{
    f->loop = loop_mem_new(f->settings->start);
    f->store = store_mem_new(f->loop);
    f->spool = spool_mem_new(f->loop);
    f->sink = sink_mem_new(f->loop);
    f->sender = sender_mem_new(f->loop);
    f->vault = vault_openssl_new_for_tests();
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
    f->timers = timers_new(f->loop, f->store, f->dialogs,
                           f->settings->sms_per_s > 0 ? f->settings->sms_per_s
                                                      : channels_rate_per_s(&f->channels));
    f->persist = persist_new(f->loop, f->store, f->sink, NULL,
                             &(struct persist_settings){.max_each = PERSIST_MAX_EACH,
                                                        .gather_ms = PERSIST_GATHER_MS,
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
    buf_init(&f->events, QUEUE_MAX_BYTES);
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
        struct delivered *d = f->delivered;
        f->delivered = d->next;
        delivered_free(d);
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
