/*
 * rebuild.h: what Redis has, what PostgreSQL knows of it, and putting it back.
 */
#include "role/rebuild.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/upgrade.h"
#include "base/arena.h"
#include "base/log.h"
#include "core/certificate.h"
#include "core/courses.h"
#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/store/stream.h"
#include "port/store/values.h"
#include "port/vault/vault.h"
#include "role/again.h"
#include "role/ports.h"

#define PAGE 500u /* numbers on their way to Redis at once */
#define COURSES_MAX_BYTES (256u << 20)
#define RETRY_MS 500
#define MAX_TRIES 20u
#define PROGRESS_MS 2000

struct published {
    struct str name; /* "id@version" */
    struct str bundle;
};

struct rebuild {
    struct database *db;
    struct store *store;
    struct loop *loop;
    struct timer *timer; /* the next thing to do; see on_timer */
    struct arena *arena;
    struct published courses[COURSES_MAX];
    uint32_t n_courses, n_courses_put;
    char certificate_after[CERTIFICATE_DIGITS + 1]; /* the last one of the pages in Redis */
    char certificate_last[CERTIFICATE_DIGITS + 1];  /* and of the page under way */
    bool has_certificates;                          /* all of them are there */
    uint64_t n_numbers, n_restored;
    uint8_t after[NUMBER_ID_BYTES];     /* the last number of the pages that are in Redis */
    uint8_t page_last[NUMBER_ID_BYTES]; /* and of the page under way */
    uint32_t page_n, n_pending, n_tries;
    enum err page_error; /* of any of its numbers */
    struct mono_ms shown_at;
    struct event_place places[STORE_BUCKETS]; /* how far PostgreSQL has read the log */
    struct store_fence fence;                 /* as Redis shows it */
    uint64_t epoch;                           /* PostgreSQL's */
    bool has_lost_tail;                       /* the log ends before a place */
    bool has_newer; /* than LEARNER_RECORD_BEFORE: records that were put back */
    enum err e;
    struct errmsg *msg;
};

static void finish(struct rebuild *r, enum err e)
{
    r->e = e;
    loop_stop(r->loop);
}

/* Says in the message that it was PostgreSQL that said so. */
static enum err of_database(enum err e, struct errmsg *msg)
{
    const struct errmsg words = *msg;
    return e == ERR_OK
               ? e
               : errmsg_set(msg, e, "PostgreSQL: %s%s", words.text,
                            e == ERR_UNAVAILABLE ? "\nIs it running, and is writer_conninfo right? "
                                                   "`waypost doctor` tries it"
                                                 : "");
}

/* ---- numbers ---- */

/* After the first page, so that nobody wonders, and every while from then on. */
static void show_progress(struct rebuild *r)
{
    struct mono_ms now = loop_mono(r->loop);
    if (now.ms - r->shown_at.ms < PROGRESS_MS)
        return;
    r->shown_at = now;
    LOG_INFO("rebuild", "numbers", "%" PRIu64 " of %" PRIu64 " numbers", r->n_restored,
             r->n_numbers);
}

/* Goes on to the next page, or repeats this one: states that are there already are left alone. */
static void page_end(struct rebuild *r)
{
    if (r->page_error == ERR_OK && !r->has_certificates) {
        r->n_tries = 0;
        memcpy(r->certificate_after, r->certificate_last, sizeof(r->certificate_after));
        timer_start(r->loop, r->timer, 0);
    } else if (r->page_error == ERR_OK) {
        r->n_restored += r->page_n;
        r->n_tries = 0;
        memcpy(r->after, r->page_last, sizeof(r->after));
        show_progress(r);
        timer_start(r->loop, r->timer, 0);
    } else if (++r->n_tries < MAX_TRIES) {
        timer_start(r->loop, r->timer, RETRY_MS);
    } else {
        finish(r, errmsg_set(r->msg, r->page_error,
                             "Redis: %s; stopped after %" PRIu64 " numbers. Run it again: what is "
                             "restored already does no harm",
                             err_name(r->page_error), r->n_restored));
    }
}

static void on_restored(void *ctx, enum err e)
{
    struct rebuild *r = ctx;
    if (e != ERR_OK)
        r->page_error = e;
    if (--r->n_pending == 0)
        page_end(r);
}

static void on_state(void *ctx, const uint8_t number_id[16], struct str state, int64_t due_ms)
{
    struct rebuild *r = ctx;
    struct number_id id;
    memcpy(id.bytes, number_id, sizeof(id.bytes));
    memcpy(r->page_last, number_id, sizeof(r->page_last));
    r->has_newer |= learner_record_of(state) > LEARNER_RECORD_BEFORE;
    r->page_n++;
    r->n_pending++;
    store_restore(r->store, &id, state, due_ms, on_restored, r);
}

static void restore_page(struct rebuild *r)
{
    r->page_n = 0;
    r->page_error = ERR_OK;
    enum err e = of_database(database_states(r->db, r->after, PAGE, on_state, r, r->msg), r->msg);
    if (e != ERR_OK || r->page_n == 0)
        finish(r, e);
}

/* ---- certificates ---- */

static void on_certificate(void *ctx, const struct str *cells, uint32_t n)
{
    struct rebuild *r = ctx;
    uint64_t until_ms, code;
    (void)n;
    if (str_copy(cells[0], r->certificate_last, sizeof(r->certificate_last)) != ERR_OK ||
        str_to_u64(cells[0], UINT64_MAX, &code) != ERR_OK ||
        str_to_u64(cells[2], INT64_MAX, &until_ms) != ERR_OK) {
        r->page_error = ERR_IO; /* twelve digits and a time, by the table's check */
        return;
    }
    r->page_n++;
    r->n_pending++;
    store_certificate_put(r->store, code, cells[1], (int64_t)until_ms, on_restored, r);
}

/* The next page; the last one has none. */
static void restore_certificates(struct rebuild *r)
{
    struct str after = str_from(r->certificate_after);
    r->page_n = 0;
    r->page_error = ERR_OK;
    enum err e =
        database_ask(r->db, &(struct sql){"select * from core.certificates($1, 500)", &after, 1},
                     on_certificate, r, r->msg);
    if (e != ERR_OK) {
        finish(r, of_database(e, r->msg));
    } else if (r->page_n == 0) {
        r->has_certificates = true;
        timer_start(r->loop, r->timer, 0);
    }
}

/* ---- courses ---- */

static void on_course(void *ctx, struct str course, struct str version, struct str bundle)
{
    struct rebuild *r = ctx;
    if (r->n_courses == COURSES_MAX) { /* the oldest ones go: they are the first to be unused */
        memmove(r->courses, r->courses + 1, sizeof(r->courses) - sizeof(r->courses[0]));
        r->n_courses--;
    }
    struct published *p = &r->courses[r->n_courses++];
    p->name = arena_printf(r->arena, "%.*s@%.*s", STR_ARG(course), STR_ARG(version));
    p->bundle = arena_str(r->arena, bundle);
}

static void on_course_put(void *ctx, enum err e)
{
    struct rebuild *r = ctx;
    if (e == ERR_OK) {
        r->n_courses_put++;
        r->n_tries = 0;
        timer_start(r->loop, r->timer, 0);
    } else if (err_is_retryable(e) && ++r->n_tries < MAX_TRIES) {
        timer_start(r->loop, r->timer, RETRY_MS);
    } else {
        finish(r, errmsg_set(r->msg, e, "Redis: %s while putting a course; run it again",
                             err_name(e)));
    }
}

static void put_course(struct rebuild *r)
{
    const struct published *p = &r->courses[r->n_courses_put];
    store_course_put(r->store, p->name, p->bundle, r->n_courses_put == r->n_courses - 1,
                     on_course_put, r);
}

static void on_timer(void *ctx)
{
    struct rebuild *r = ctx;
    if (r->n_courses_put < r->n_courses)
        put_course(r);
    else if (!r->has_certificates)
        restore_certificates(r);
    else
        restore_page(r);
}

/* Courses, then certificates, then numbers. */
static enum err put_all(struct rebuild *r)
{
    enum err e = database_count_states(r->db, &r->n_numbers, r->msg);
    if (e == ERR_OK)
        e = database_courses(r->db, on_course, r, r->msg);
    if (e == ERR_OK && arena_error(r->arena) != ERR_OK)
        e = errmsg_set(r->msg, arena_error(r->arena), "the published courses are too large");
    if (e != ERR_OK)
        return of_database(e, r->msg);
    timer_start(r->loop, r->timer, 0);
    loop_run(r->loop);
    return r->e;
}

/* ---- groups, and which courses are begun ---- */

static void on_board_put(void *ctx, enum err e)
{
    struct rebuild *r = ctx;
    if (e != ERR_OK)
        r->page_error = e;
    if (--r->n_pending == 0)
        finish(r, r->page_error);
}

static void put_on_board(struct rebuild *r, enum store_board board, const struct str *cells)
{
    r->n_pending++;
    store_board_put(r->store, board, cells[0], cells[1], on_board_put, r);
}

static void on_cohort(void *ctx, const struct str *cells, uint32_t n)
{
    (void)n;
    put_on_board(ctx, STORE_BOARD_COHORTS, cells);
}

static void on_start(void *ctx, const struct str *cells, uint32_t n)
{
    (void)n;
    put_on_board(ctx, STORE_BOARD_STARTS, cells);
}

static void on_correction(void *ctx, const struct str *cells, uint32_t n)
{
    (void)n;
    put_on_board(ctx, STORE_BOARD_CORRECTIONS, cells);
}

/* Which records may be written (app/upgrade.h): the newest, where neither Redis nor PostgreSQL has
 * ever had a learner; and again where it was written before Redis lost its data. */
static void put_formats(struct rebuild *r)
{
    bool is_new = r->epoch == 0 && r->fence.epoch == 0 && r->n_numbers == 0;
    char digits[8];
    int n = snprintf(digits, sizeof(digits), "%u", LEARNER_RECORD);
    if (is_new || r->has_newer)
        put_on_board(r, STORE_BOARD_FORMATS,
                     (struct str[]){STR(UPGRADE_LEARNER), {digits, (size_t)n}});
}

static enum err put_boards(struct rebuild *r)
{
    r->page_error = ERR_OK;
    r->n_pending = 0;
    put_formats(r);
    enum err e = database_ask(r->db, &(struct sql){.text = "select code, line from core.cohorts()"},
                              on_cohort, r, r->msg);
    if (e == ERR_OK)
        e = database_ask(r->db,
                         &(struct sql){.text = "select course, value from core.course_starts()"},
                         on_start, r, r->msg);
    if (e == ERR_OK)
        e = database_ask(r->db, &(struct sql){.text = "select name, value from core.corrections()"},
                         on_correction, r, r->msg);
    if (e != ERR_OK)
        return of_database(e, r->msg);
    if (r->n_pending > 0)
        loop_run(r->loop);
    else
        r->e = ERR_OK;
    return r->e;
}

/* ---- the fence ---- */

static void on_fence(void *ctx, enum err e, const struct store_fence *fence)
{
    struct rebuild *r = ctx;
    if (e == ERR_OK)
        r->fence = *fence;
    finish(r, e);
}

static void on_place(void *ctx, uint8_t bucket, struct str place)
{
    struct rebuild *r = ctx;
    if (event_place_read(place, &r->places[bucket]) != ERR_OK)
        r->places[bucket] = (struct event_place){0, 0}; /* numbers, by the table's check */
}

/* Place of one bucket, whose response may come at any time. */
struct comparing {
    struct rebuild *r;
    const struct event_place *place;
};

static void on_log_end(void *ctx, enum err e, struct str id)
{
    const struct comparing *comparing = ctx;
    struct rebuild *r = comparing->r;
    struct event_place end = {0, 0};
    if (e == ERR_OK)
        e = event_place_read(id, &end);
    if (e != ERR_OK)
        r->page_error = e;
    else
        r->has_lost_tail |= event_place_cmp(*comparing->place, end) > 0;
    if (--r->n_pending == 0)
        finish(r, r->page_error);
}

/* Has the server lost entries that PostgreSQL has read? */
static enum err compare_log(struct rebuild *r)
{
    enum err e = database_places(r->db, r->epoch, on_place, r, r->msg);
    if (e != ERR_OK)
        return of_database(e, r->msg);
    struct comparing comparing[STORE_BUCKETS];
    r->page_error = ERR_OK;
    r->n_pending = STORE_BUCKETS;
    for (uint32_t bucket = 0; bucket < STORE_BUCKETS; bucket++) {
        comparing[bucket] = (struct comparing){r, &r->places[bucket]};
        store_log_end(r->store, (uint8_t)bucket, on_log_end, &comparing[bucket]);
    }
    loop_run(r->loop);
    return r->e;
}

static void on_opened(void *ctx, enum err e)
{
    finish(ctx, e);
}

static enum err open_fence(struct rebuild *r)
{
    store_fence_open(r->store, r->epoch, on_opened, r);
    loop_run(r->loop);
    return r->e;
}

static enum err begin_epoch(struct rebuild *r)
{
    uint64_t epoch;
    do {
        vault_random((uint8_t *)&epoch, sizeof(epoch));
    } while (epoch == 0 || epoch == r->epoch);
    enum err e = database_begin_epoch(r->db, r->epoch, epoch, r->msg);
    if (e == ERR_OK)
        r->epoch = epoch;
    return of_database(e, r->msg);
}

/* All of Redis is of PostgreSQL's epoch. */
static bool has_epoch(const struct rebuild *r)
{
    return r->epoch != 0 && r->fence.epoch == r->epoch && !r->fence.is_split;
}

/* Looks at what Redis has, and at what PostgreSQL knows of it. */
static enum err look(struct rebuild *r)
{
    enum err e = database_epoch(r->db, &r->epoch, r->msg);
    if (e != ERR_OK)
        return of_database(e, r->msg);
    store_fence(r->store, on_fence, r);
    loop_run(r->loop);
    if (r->e != ERR_OK)
        return r->e;
    return has_epoch(r) ? compare_log(r) : ERR_OK;
}

static enum err mend(struct rebuild *r, bool must_put)
{
    enum err e = look(r);
    if (e != ERR_OK)
        return e;
    bool is_same = has_epoch(r) && !r->has_lost_tail;
    if (is_same && !must_put)
        return open_fence(r);
    if (r->epoch == 0)
        LOG_INFO("rebuild", "the first epoch begins", "numbers=0");
    else if (!is_same)
        LOG_WARN("rebuild",
                 r->has_lost_tail ? "Redis has lost its newest entries"
                                  : "Redis has not the data of PostgreSQL's epoch",
                 "remedy=\"it is filled from PostgreSQL, and a new epoch begins\"");
    e = put_all(r);
    if (e == ERR_OK)
        e = put_boards(r);
    if (e == ERR_OK && !is_same)
        e = begin_epoch(r);
    return e == ERR_OK ? open_fence(r) : e;
}

/* ---- all of it ---- */

enum err rebuild_with(const struct rebuild_ports *ports, bool must_put, struct rebuilt *ret,
                      struct errmsg *msg)
{
    struct rebuild r = {.db = ports->db, .store = ports->store, .loop = ports->loop, .msg = msg};
    enum err e;
    r.arena = arena_new(COURSES_MAX_BYTES);
    r.timer = timer_new(r.loop, on_timer, &r);
    msg->text[0] = '\0';
    if (store_is_up(r.store))
        e = mend(&r, must_put);
    else
        e = errmsg_set(msg, ERR_UNAVAILABLE,
                       "Redis does not answer; see redis_* in the configuration");
    if (e != ERR_OK && msg->text[0] == '\0')
        (void)errmsg_set(msg, e, "Redis: %s", err_name(e)); /* e is returned */
    *ret = (struct rebuilt){r.n_courses_put, r.n_restored, r.epoch};
    store_free(r.store); /* what it still has to answer comes here */
    timer_free(r.loop, r.timer);
    arena_free(r.arena);
    return e;
}

enum err rebuild_redis(const struct config *config, bool must_put, struct rebuilt *ret,
                       struct errmsg *msg)
{
    struct rebuild_ports ports = {.loop = loop_libevent_new()};
    enum err e = of_database(database_open(config->writer_conninfo.p, &ports.db, msg), msg);
    if (e == ERR_OK)
        e = erase_again(ports.db, config->spool_dir.p, msg); /* nobody of them goes to Redis */
    if (e == ERR_OK) {
        /* Without replicas nobody is answered anyway, and the fence is looked at again when a
         * server is replaced: then its buckets do not show the epoch that began here. */
        ports.store =
            must_put ? role_store_wait(config, ports.loop) : role_store_mend(config, ports.loop);
        e = rebuild_with(&ports, must_put, ret, msg);
    }
    loop_free(ports.loop);
    database_close(ports.db);
    return e;
}
