/* `waypost rebuild`: puts into Redis what PostgreSQL knows, page by page. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "port/database.h"
#include "port/loop.h"
#include "port/store/store.h"
#include "role/ports.h"

#define PAGE 500u /* numbers on their way to Redis at once */
#define COURSES_MAX_BYTES (256u << 20)
#define COURSES_MAX 64u
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
    uint64_t n_numbers, n_restored;
    uint8_t after[NUMBER_ID_BYTES];     /* the last number of the pages that are in Redis */
    uint8_t page_last[NUMBER_ID_BYTES]; /* and of the page under way */
    uint32_t page_n, n_unanswered, n_tries;
    enum err page_error; /* of any of its numbers */
    struct mono_ms shown_at;
    int code;
};

static void finish(struct rebuild *r, int code)
{
    r->code = code;
    loop_stop(r->loop);
}

static void complain_database(struct rebuild *r, const struct errmsg *msg)
{
    cli_complain("PostgreSQL: %s", msg->text);
    finish(r, EX_UNAVAILABLE);
}

/* ---- numbers ---- */

static void show_progress(struct rebuild *r)
{
    struct mono_ms now = loop_mono(r->loop);
    if (now.ms - r->shown_at.ms < PROGRESS_MS)
        return;
    r->shown_at = now;
    (void)fprintf(stderr, "%" PRIu64 " of %" PRIu64 " numbers\n", r->n_restored, r->n_numbers);
}

/* Goes on to the next page, or repeats this one: states that are there already are left alone. */
static void page_end(struct rebuild *r)
{
    if (r->page_error == ERR_OK) {
        r->n_restored += r->page_n;
        r->n_tries = 0;
        memcpy(r->after, r->page_last, sizeof(r->after));
        show_progress(r);
        timer_start(r->loop, r->timer, 0);
    } else if (++r->n_tries < MAX_TRIES) {
        timer_start(r->loop, r->timer, RETRY_MS);
    } else {
        cli_complain("Redis: %s; stopped after %" PRIu64 " numbers. Run it again: what is restored "
                     "already does no harm",
                     err_name(r->page_error), r->n_restored);
        finish(r, EX_UNAVAILABLE);
    }
}

static void on_restored(void *ctx, enum err e)
{
    struct rebuild *r = ctx;
    if (e != ERR_OK)
        r->page_error = e;
    if (--r->n_unanswered == 0)
        page_end(r);
}

static void on_state(void *ctx, const uint8_t number_id[16], struct str state, int64_t due_ms)
{
    struct rebuild *r = ctx;
    struct number_id id;
    memcpy(id.bytes, number_id, sizeof(id.bytes));
    memcpy(r->page_last, number_id, sizeof(r->page_last));
    r->page_n++;
    r->n_unanswered++;
    store_restore(r->store, &id, state, due_ms, on_restored, r);
}

static void restore_page(struct rebuild *r)
{
    struct errmsg msg;
    r->page_n = 0;
    r->page_error = ERR_OK;
    if (database_states(r->db, r->after, PAGE, on_state, r, &msg) != ERR_OK)
        complain_database(r, &msg);
    else if (r->page_n == 0)
        finish(r, EX_OK);
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
        cli_complain("Redis: %s while putting a course; run it again", err_name(e));
        finish(r, EX_UNAVAILABLE);
    }
}

static void put_course(struct rebuild *r)
{
    const struct published *p = &r->courses[r->n_courses_put];
    store_course_put(r->store, p->name, p->bundle, r->n_courses_put == r->n_courses - 1,
                     on_course_put, r);
}

/* ---- all of it ---- */

static void on_timer(void *ctx)
{
    struct rebuild *r = ctx;
    if (r->n_courses_put < r->n_courses)
        put_course(r);
    else
        restore_page(r);
}

static int rebuild(const struct config *config, struct database *db)
{
    struct rebuild r = {.db = db, .arena = arena_new(COURSES_MAX_BYTES)};
    struct errmsg msg;
    enum err e = database_count_states(db, &r.n_numbers, &msg);
    if (e == ERR_OK)
        e = database_courses(db, on_course, &r, &msg);
    if (e == ERR_OK && arena_error(r.arena) != ERR_OK)
        e = errmsg_set(&msg, arena_error(r.arena), "the published courses are too large");
    if (e != ERR_OK) {
        cli_complain("PostgreSQL: %s", msg.text);
        arena_free(r.arena);
        return e == ERR_DENIED ? EX_NOPERM : EX_UNAVAILABLE;
    }
    r.loop = loop_libevent_new();
    r.timer = timer_new(r.loop, on_timer, &r);
    r.store = role_store_wait(config, r.loop);
    if (store_is_up(r.store)) {
        timer_start(r.loop, r.timer, 0);
        loop_run(r.loop);
    } else {
        cli_complain("Redis does not answer; see redis_* in the configuration");
        r.code = EX_UNAVAILABLE;
    }
    store_free(r.store);
    timer_free(r.loop, r.timer);
    loop_free(r.loop);
    arena_free(r.arena);
    if (r.code == EX_OK) {
        printf("courses %u\nnumbers %" PRIu64 "\n", r.n_courses_put, r.n_restored);
        (void)fprintf(stderr, "Redis holds what PostgreSQL knew; nothing newer was touched\n");
    }
    return r.code;
}

static int rebuild_run(const struct cli_args *args)
{
    if (args->n_words > 0) {
        cli_complain("rebuild takes no words; `waypost rebuild --help` shows how");
        return EX_USAGE;
    }
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    struct database *db CLEANUP(database_closep) = NULL;
    struct errmsg msg;
    if (database_open(config.writer_conninfo.p, &db, &msg) != ERR_OK) {
        cli_complain("PostgreSQL: %s", msg.text);
        return EX_UNAVAILABLE;
    }
    return rebuild(&config, db);
}

const struct cli_command cli_rebuild = {
    .name = "rebuild",
    .summary = "fill an empty Redis from PostgreSQL",
    .usage = "rebuild\n"
             "Puts back the published courses and each learner's place, as PostgreSQL knows them.\n"
             "For a Redis that lost its data; run it before the gateway starts. What is newer in\n"
             "Redis stays as it is, so it may be repeated.",
    .options = {CLI_CONFIG_OPTION},
    .run = rebuild_run,
};
