/* fast.h: what a transcript asks of the world in memory. */
#include "lab/talk/fast.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/certificate.h"
#include "lab/talk/internal.h"
#include "port/store/learners.h"
#include "port/store/values.h"

#define REST_STEP_MS 20
#define REST_STEPS 60000         /* 20 minutes of fake time: more than any deadline and back-off */
#define SKIP_MS (10 * 60 * 1000) /* of long waits, at once */
#define QUIET_STEPS (2 * FAST_GATHER_MS / REST_STEP_MS)

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

/* ---- coming to rest ---- */

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
/* Status and body of the bytes that a provider would read. */
static struct talk_response parse_response(const struct buf *raw)
{
    struct str bytes = buf_str(raw);
    size_t head = str_find(bytes, STR("\r\n\r\n"));
    uint64_t status = 0;
    bool is_http = str_starts(bytes, STR("HTTP/1.1 ")) && head != SIZE_MAX &&
                   str_to_u64(str_sub(bytes, 9, 12), 999, &status) == ERR_OK;
    assert(is_http); /* http_response_write wrote it */
    return (struct talk_response){(int)status, str_sub(bytes, head + 4, bytes.len)};
}

static enum err submit(struct talk_fast *f, const char *path, struct str body, uint32_t slot)
{
    struct buf raw CLEANUP(buf_fini);
    buf_init(&raw, FAST_MAX_BYTES);
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
                          struct talk_response *ret)
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

/* ---- what came back ---- */

void fast_delivered_free(struct fast_delivered *d)
{
    buf_fini(&d->text);
    free(d);
}

static enum err fast_next_sms(struct talk_world *world, const char *number, bool may_wait,
                              struct buf *out)
{
    struct talk_fast *f = fast(world);
    (void)may_wait; /* this world is at rest: what is not there does not come */
    struct fast_delivered **at = &f->delivered;
    while (*at != NULL && strcmp((*at)->number, number) != 0)
        at = &(*at)->next;
    struct fast_delivered *d = *at;
    if (d == NULL)
        return ERR_NOT_FOUND;
    struct fast_read *read = &f->read[f->n_read++ % TALK_HISTORY];
    memcpy(read->number, d->number, sizeof(read->number));
    memcpy(read->id, d->id, sizeof(read->id));
    buf_add_str(out, buf_str(&d->text));
    *at = d->next;
    fast_delivered_free(d);
    return ERR_OK;
}

static enum err fast_sms_id(struct talk_world *world, const char *number, uint32_t back,
                            struct buf *out)
{
    const struct talk_fast *f = fast(world);
    for (uint32_t i = 1; i <= f->n_read && i <= TALK_HISTORY; i++) {
        const struct fast_read *read = &f->read[(f->n_read - i) % TALK_HISTORY];
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

/* ---- time and faults ---- */

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

static void fast_turn(struct talk_world *world, int64_t ms)
{
    loop_mem_turn(fast(world)->loop, ms);
}

/* What a provider may do to a request, in the words of the ports. */
static void fail_sender(struct talk_fast *f, enum err e, uint32_t n)
{
    enum sender_reached reached = e == ERR_UNAVAILABLE ? SENDER_REACHED_NOT
                                  : e == ERR_TIMEOUT   ? SENDER_REACHED_MAYBE
                                                       : SENDER_REACHED_RESPONSE;
    sender_mem_response(f->sender, reached, e == ERR_FULL ? 429 : 500, "{}", n);
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
    struct arena *arena CLEANUP(arena_freep) = arena_new(FAST_MAX_BYTES);
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

/* ---- what people of the organisation do ---- */

static void on_looked_after(void *ctx, const struct dialog_response *response)
{
    enum err *e = ctx;
    *e = response->outcome == DIALOG_OUTCOME_STEPPED ? ERR_OK : ERR_IO;
}

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

/* Who is on that number, as the store has it. */
static void look_who(struct talk_fast *f, const char *number, struct told *ret)
{
    *ret = (struct told){.id = vault_number_id(f->vault, str_from(number))};
    store_scan(f->store, STR_NONE, on_told, ret);
    loop_mem_settle(f->loop);
}

static enum err fast_look_after(struct talk_world *world, const char *number,
                                const struct talk_line *line)
{
    struct talk_fast *f = fast(world);
    struct told told;
    enum err done = ERR_TIMEOUT, e;
    look_who(f, number, &told);
    struct dialog_desk erasure = {.id = told.id, .order = {.act = DESK_ERASE}};
    memcpy(erasure.order.learner_id, told.learner.learner_id, sizeof(erasure.order.learner_id));
    if (strcmp(line->verb->name, "erase>") == 0)
        e = dialogs_desk(f->dialogs, &erasure, on_looked_after, &done);
    else
        e = dialogs_release(f->dialogs, &told.id, loop_wall(f->loop), on_looked_after, &done);
    if (e == ERR_OK && !come_to_rest(f))
        e = ERR_TIMEOUT;
    if (e != ERR_OK || !line->is_quiet)
        return e == ERR_OK ? done : e;
    return done == ERR_IO ? ERR_OK : ERR_INVALID;
}

/* "2", or "2 right": the learner's response is right by it. */
static enum err fast_correct(struct talk_world *world, const char *number,
                             const struct talk_line *line)
{
    struct talk_fast *f = fast(world);
    const struct course *course = courses_current(course_set_courses(f->courses));
    struct told told;
    struct str how = line->text, key = str_split(&how, ' ');
    char name[2 * COURSE_ID_BYTES];
    int n = snprintf(name, sizeof(name), "%.*s/%.*s", STR_ARG(course->id), STR_ARG(line->action));
    const struct str names[] = {{name, (size_t)n}};
    course_set_corrections(f->courses, names, &key, 1);
    if (n >= (int)sizeof(name) || course_set_courses(f->courses)->n_corrections == 0)
        return ERR_INVALID;
    look_who(f, number, &told);
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

const struct talk_world_ops fast_ops = {
    .post = fast_post,
    .next_sms = fast_next_sms,
    .sms_id = fast_sms_id,
    .next_event = fast_next_event,
    .wait = fast_wait,
    .turn = fast_turn,
    .fail = fast_fail,
    .group = fast_group,
    .certificate = fast_certificate,
    .look_after = fast_look_after,
    .correct = fast_correct,
    .now = fast_now,
};
