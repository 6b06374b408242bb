/*
 * port/sink_libpq against a real PostgreSQL, which tests/unit/with_postgres.sh provides:
 * WAYPOST_TEST_PG is a conninfo without user. Without it only what needs no server is tested.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>

#include "port/database/database.h"
#include "port/sink/sink.h"
#include "port/store/store.h"

#define TIMEOUT_MS 60000 /* only a failure waits so long */
#define WRITER "waypost_writer"
#define SENDER "waypost_sender"

struct world {
    struct loop *loop;
    struct sink *sink;
    struct timer *timer;
    uint32_t n_responses, n_wanted, n_polls;
    enum err e;
    char message[ERRMSG_BYTES];
    uint16_t key_id;
    char nonce[13], ciphertext[32];
    uint32_t n_due;
    struct event_place places[SINK_BUCKETS];
};

static void on_poll(void *ctx)
{
    struct world *w = ctx;
    assert_true(w->n_polls++ < 2000); /* 10 s: nobody waits for ever */
    if (w->n_wanted == 0 && sink_is_up(w->sink))
        loop_stop(w->loop);
    else
        timer_start(w->loop, w->timer, 5);
}

static void begin(struct world *w, const char *conninfo, int64_t timeout_ms)
{
    *w = (struct world){.loop = loop_libevent_new()};
    w->timer = timer_new(w->loop, on_poll, w);
    w->sink = sink_libpq_new(w->loop, conninfo, timeout_ms);
}

static void up(struct world *w, const char *conninfo)
{
    begin(w, conninfo, TIMEOUT_MS);
}

static void wait_up(struct world *w)
{
    w->n_polls = 0;
    timer_start(w->loop, w->timer, 0);
    loop_run(w->loop);
}

static void up_within(struct world *w, const char *conninfo, int64_t timeout_ms)
{
    begin(w, conninfo, timeout_ms);
    wait_up(w);
}

/* Connected as this role. */
static void up_as(struct world *w, const char *role)
{
    char conninfo[500];
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=%s", getenv("WAYPOST_TEST_PG"), role);
    up_within(w, conninfo, TIMEOUT_MS);
}

static void down(struct world *w)
{
    sink_free(w->sink);
    timer_free(w->loop, w->timer);
    loop_free(w->loop);
}

static void answered(struct world *w, enum err e)
{
    w->e = e;
    if (++w->n_responses == w->n_wanted)
        loop_stop(w->loop);
}

static void on_done(void *ctx, enum err e, const char *message)
{
    struct world *w = ctx;
    (void)snprintf(w->message, sizeof(w->message), "%s", message);
    answered(w, e);
}

static void on_places(void *ctx, enum err e, const struct event_place *places)
{
    struct world *w = ctx;
    if (e == ERR_OK)
        memcpy(w->places, places, sizeof(w->places));
    answered(w, e);
}

static void on_vault(void *ctx, enum err e, uint16_t key_id, struct str nonce,
                     struct str ciphertext)
{
    struct world *w = ctx;
    w->key_id = key_id;
    assert_int_equal(str_copy(nonce, w->nonce, sizeof(w->nonce)), ERR_OK);
    assert_int_equal(str_copy(ciphertext, w->ciphertext, sizeof(w->ciphertext)), ERR_OK);
    answered(w, e);
}

/* Nothing was answered yet when this begins: never before the call has returned. */
static void await(struct world *w, uint32_t n)
{
    assert_int_equal(w->n_responses, 0);
    w->n_wanted = n;
    loop_run(w->loop);
    assert_int_equal(w->n_responses, n);
    w->n_responses = w->n_wanted = 0;
}

static uint32_t seq = 1; /* of the next step: one that the database has is no news */

/* A step of one learner; without a time, which the database refuses. */
static void step_bytes(bool has_time, struct buf *out)
{
    struct event_record step = {
        .kind = EVENT_RECORD_STEP,
        .number_id = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        .learner_id = {0x5b, 0x75, 0x86, 0x66, 0x8e, 0x33, 0x47, 0xdc, 0xad, 0xf7, 0xde, 0x58, 0xfd,
                       0x14, 0xe2, 0x43},
        .seq = seq,
        .at = {has_time ? 1695505860123 : 0}, /* long ago: see says_whom_to_forget_and_forgets */
        .vault_key_id = 258,
        .vault_nonce = STR("0123456789AB"),
        .vault_ciphertext = STR("abcdefghijklmnopq"),
        .events = {event_make(EVENT_contact)},
        .n_events = 1,
    };
    buf_init(out, 4096);
    event_encode(&step, out);
}

static void send(struct world *w, struct str bytes, const struct sink_move *move)
{
    struct sink_record record = {.bytes = bytes, .state = STR("\0\0\0\1")};
    struct sink_batch batch = {
        .epoch = 7, .records = &record, .n = 1, .moves = move, .n_moves = move != NULL ? 1 : 0};
    sink_ingest(w->sink, &batch, on_done, w);
}

static void ingest(struct world *w, bool is_good)
{
    struct buf bytes CLEANUP(buf_fini);
    step_bytes(is_good, &bytes);
    send(w, buf_str(&bytes), NULL);
}

static void takes_in_and_refuses(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    ingest(&w, true);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    ingest(&w, false);
    await(&w, 1);
    assert_int_equal(w.e, ERR_INVALID);
    assert_non_null(strstr(w.message, "23502: one of the members"));
    static const struct str broken[] = {STR(""), STR("\1"), STR("{}"), STR("\2\1\0")};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        send(&w, broken[i], NULL);
        await(&w, 1);
        assert_int_equal(w.e, ERR_INVALID);
    }
    down(&w);
}

static struct event_place place_of(struct world *w, uint64_t epoch, uint8_t bucket)
{
    sink_places(w->sink, epoch, on_places, w);
    await(w, 1);
    assert_int_equal(w->e, ERR_OK);
    return w->places[bucket];
}

/* Records and place go together, and only from where the database is. */
static void places_move_with_what_they_are_of(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    struct buf good, bad;
    step_bytes(true, &good);
    step_bytes(false, &bad);
    up_as(&w, WRITER);
    struct event_place now = place_of(&w, 7, 200);
    struct sink_move move = {.bucket = 200, .from = now, .to = {now.ms + UINT32_MAX, 5}};
    send(&w, buf_str(&bad), &move);
    await(&w, 1);
    assert_int_equal(w.e, ERR_INVALID);
    assert_int_equal(event_place_cmp(place_of(&w, 7, 200), now), 0);
    send(&w, buf_str(&good), &move);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    assert_int_equal(event_place_cmp(place_of(&w, 7, 200), move.to), 0);
    send(&w, buf_str(&good), &move); /* somebody else was there before */
    await(&w, 1);
    assert_int_equal(w.e, ERR_CONFLICT);
    struct event_place none = {0, 0};
    assert_int_equal(event_place_cmp(place_of(&w, 7, 201), none), 0);
    assert_int_equal(event_place_cmp(place_of(&w, 8, 200), none), 0); /* another log */
    buf_fini(&good);
    buf_fini(&bad);
    down(&w);
}

static void responses_in_order(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    for (int i = 0; i < 100; i++)
        ingest(&w, true);
    ingest(&w, false);
    await(&w, 101);
    assert_int_equal(w.e, ERR_INVALID);
    down(&w);
}

static void puts_any_bytes_aside(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    struct buf bad;
    step_bytes(false, &bad);
    up_as(&w, WRITER);
    const struct str payloads[] = {STR("\0\xff"), STR(""), buf_str(&bad)};
    static const struct str reasons[] = {STR("why"), STR("cut in half: \xc3"), STR("")};
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        struct event_place now = place_of(&w, 7, 210);
        struct sink_move move = {.bucket = 210, .from = now, .to = {now.ms + 1, 0}};
        struct sink_record record = {.bytes = payloads[i]};
        struct sink_batch batch = {
            .epoch = 7, .records = &record, .n = 1, .moves = &move, .n_moves = 1};
        sink_dead_letter(w.sink, &batch, reasons[i], on_done, &w);
        await(&w, 1);
        assert_int_equal(w.e, ERR_OK);
        assert_int_equal(event_place_cmp(place_of(&w, 7, 210), move.to), 0);
    }
    buf_fini(&bad);
    down(&w);
}

static void gives_the_sealed_number_to_the_sender_only(void **state)
{
    (void)state; /* no fixture */
    static const uint8_t known[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t unknown[16] = {9};
    struct world w;
    up_as(&w, SENDER);
    sink_vault_get(w.sink, known, on_vault, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    assert_int_equal(w.key_id, 258);
    assert_string_equal(w.nonce, "0123456789AB");
    assert_string_equal(w.ciphertext, "abcdefghijklmnopq");
    sink_vault_get(w.sink, unknown, on_vault, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_NOT_FOUND);
    ingest(&w, true);
    await(&w, 1);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
    down(&w);
    up_as(&w, WRITER);
    sink_vault_get(w.sink, known, on_vault, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
    down(&w);
}

static void on_due(void *ctx, enum err e, const struct sink_due *due, uint32_t n)
{
    struct world *w = ctx;
    if (n == 1)
        memcpy(w->nonce, due[0].number_id, sizeof(w->nonce) - 1);
    w->n_due = n;
    answered(w, e);
}

static void says_whom_to_forget_and_forgets(void **state)
{
    (void)state; /* no fixture */
    static const uint8_t known[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct world w;
    up_as(&w, WRITER);
    sink_tidy(w.sink, on_due, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    assert_int_equal(w.n_due, 1);
    assert_memory_equal(w.nonce, known, sizeof(w.nonce) - 1);
    sink_forget(w.sink, known, on_done, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    sink_tidy(w.sink, on_due, &w);
    await(&w, 1);
    assert_int_equal(w.n_due, 0);
    down(&w);
}

static void on_counted(void *ctx, enum err e, struct str organisation)
{
    struct world *w = ctx;
    w->n_due = (uint32_t)organisation.len;
    answered(w, e);
}

static void counts_reports_of_nobody_who_is_small(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    w.n_due = 1;
    sink_reports(w.sink, on_counted, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    assert_int_equal(w.n_due, 0);
    down(&w);
}

static void answers_what_is_pending_when_freed(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    for (int i = 0; i < 3; i++)
        ingest(&w, true);
    down(&w);
    assert_int_equal(w.n_responses, 3);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
}

/* ---- troubles ---- */

static struct database *owner; /* of the tables */

static void run(const char *sql)
{
    struct errmsg msg;
    if (database_ask(owner, &(struct sql){.text = sql}, NULL, NULL, &msg) != ERR_OK)
        fail_msg("%s: %s", sql, msg.text);
}

static void on_pid(void *ctx, const struct str *cells, uint32_t n)
{
    (void)ctx; /* none */
    uint64_t pid;
    assert_int_equal(n, 1);
    assert_int_equal(str_to_u64(cells[0], INT32_MAX, &pid), ERR_OK);
    assert_int_equal(kill((pid_t)pid, SIGCONT), 0);
}

/* A server that stood still goes on, and ends that session. */
static void go_on(void)
{
    struct errmsg msg;
    const char *sql = "select pid::text from pg_stat_activity where usename = '" WRITER "'";
    assert_int_equal(database_ask(owner, &(struct sql){.text = sql}, on_pid, NULL, &msg), ERR_OK);
}

/* What happens to the server in the middle of a statement, and what is said of it. */
static const struct {
    const char *what, *words;
    enum err e;
    int64_t timeout_ms; /* where that is what ends it */
} troubles[] = {
    {"perform pg_sleep(600)", "57014: ", ERR_TIMEOUT, 300},
    /* It ends by our own deadline, or on a slow machine by that of the server. */
    {"copy (select 1) to program 'kill -STOP $PPID'; perform pg_sleep(600)", "", ERR_TIMEOUT, 300},
    {"perform pg_terminate_backend(pg_backend_pid()), pg_sleep(600)", "lost", ERR_UNAVAILABLE, 0},
    {"raise 'x' using errcode = '53100'", "53100: x", ERR_UNAVAILABLE, 0},
    {"raise 'x' using errcode = '42501'", "42501: x", ERR_UNAVAILABLE, 0},
    {"raise 'x' using errcode = '42P01'", "42P01: x", ERR_UNAVAILABLE, 0},
    {"raise 'x' using errcode = '25006'", "25006: x", ERR_UNAVAILABLE, 0},
    {"raise 'x' using errcode = 'XX000'", "XX000: x", ERR_UNAVAILABLE, 0},
    {"raise 'x' using errcode = 'WP001'", "WP001: x", ERR_CONFLICT, 0},
    {"raise 'x' using errcode = '22003'", "22003: x", ERR_INVALID, 0},
    {"raise 'x' using errcode = '54000'", "54000: x", ERR_INVALID, 0},
    {"raise 'x' using errcode = '23514', table = 't', constraint = 'c'", "23514: x", ERR_INVALID,
     0},
    {"raise 'x' using errcode = '23514', table = 't'", "23514: x", ERR_UNAVAILABLE, 0},
};

static void set_trouble(const char *what)
{
    char sql[500];
    (void)snprintf(sql, sizeof(sql),
                   "create or replace function public.trouble() returns trigger language plpgsql"
                   " security definer as $$ begin %s; return null; end $$",
                   what);
    run(sql);
}

/* Each is answered once, with the error that says whether to try again, and the next batch goes in,
 * be it by another connection. */
static void comes_out_of_every_trouble(void **state)
{
    (void)state; /* no fixture */
    char conninfo[500];
    struct errmsg msg;
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=postgres", getenv("WAYPOST_TEST_PG"));
    assert_int_equal(database_open(conninfo, &owner, &msg), ERR_OK);
    set_trouble("null");
    run("create trigger trouble before insert on core.event for each statement"
        " execute function public.trouble()");
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=" WRITER, getenv("WAYPOST_TEST_PG"));
    for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
        struct world w;
        seq++;
        set_trouble(troubles[i].what);
        up_within(&w, conninfo, troubles[i].timeout_ms > 0 ? troubles[i].timeout_ms : TIMEOUT_MS);
        ingest(&w, true);
        await(&w, 1);
        if (w.e != troubles[i].e || strstr(w.message, troubles[i].words) == NULL)
            fail_msg("%s: %d %s", troubles[i].what, (int)w.e, w.message);
        go_on();
        set_trouble("null");
        do { /* on a slow machine a short time may be too short more than once */
            wait_up(&w);
            ingest(&w, true);
            await(&w, 1);
        } while (w.e == ERR_TIMEOUT);
        if (w.e != ERR_OK)
            fail_msg("after %s: %d %s", troubles[i].what, (int)w.e, w.message);
        down(&w);
    }
    run("drop trigger trouble on core.event");
    database_close(owner);
}

/* Another program's tables are not written to, whatever they take. */
static void writes_only_to_the_schema_it_knows(void **state)
{
    (void)state; /* no fixture */
    char conninfo[500];
    struct errmsg msg;
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=postgres", getenv("WAYPOST_TEST_PG"));
    assert_int_equal(database_open(conninfo, &owner, &msg), ERR_OK);
    struct world w;
    seq++;
    up_as(&w, WRITER);
    run("insert into ops.schema_migration (version, name, sha256)"
        " select 999, '0999_next', min(sha256) from ops.schema_migration");
    set_trouble("raise 'x' using errcode = '42703'"); /* whose columns are others */
    run("create trigger trouble before insert on core.event for each statement"
        " execute function public.trouble()");
    ingest(&w, true);
    await(&w, 1);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
    run("drop trigger trouble on core.event");
    ingest(&w, true);
    await(&w, 1);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
    assert_false(sink_is_up(w.sink));
    down(&w);
    run("delete from ops.schema_migration where version = 999");
    database_close(owner);
    up_as(&w, WRITER);
    ingest(&w, true);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    down(&w);
}

static void fails_at_once_without_a_server(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w, "host=/nonexistent user=" WRITER);
    for (int i = 0; i < 3; i++) {
        ingest(&w, true);
        await(&w, 1);
        assert_int_equal(w.e, ERR_UNAVAILABLE);
        assert_false(sink_is_up(w.sink));
    }
    down(&w);
}

static void refuses_a_conninfo_that_would_block(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *conninfo;
        enum err e;
    } rows[] = {
        {"host=/run/postgresql dbname=waypost", ERR_OK},
        {"hostaddr=10.0.0.6 dbname=waypost", ERR_OK},
        {"host=db.example hostaddr=10.0.0.6", ERR_OK},
        {"dbname=waypost", ERR_OK},
        {"host=db.example dbname=waypost", ERR_INVALID},
        {"host=10.0.0.6", ERR_OK},
        {"host=::1", ERR_OK},
        {"postgresql://db.example/waypost", ERR_INVALID},
        {"color=blue", ERR_INVALID},
        {"host", ERR_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct errmsg msg = {""};
        assert_int_equal(sink_libpq_check(rows[i].conninfo, &msg), rows[i].e);
        assert_int_equal(msg.text[0] != '\0', rows[i].e != ERR_OK);
    }
}

/* Those of a server only where tests/unit/with_postgres.sh has started one, as in ctest. */
int main(void)
{
    const struct CMUnitTest without_server[] = {
        cmocka_unit_test(fails_at_once_without_a_server),
        cmocka_unit_test(refuses_a_conninfo_that_would_block),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_in_and_refuses),
        cmocka_unit_test(places_move_with_what_they_are_of),
        cmocka_unit_test(responses_in_order),
        cmocka_unit_test(puts_any_bytes_aside),
        cmocka_unit_test(gives_the_sealed_number_to_the_sender_only),
        cmocka_unit_test(counts_reports_of_nobody_who_is_small),
        cmocka_unit_test(says_whom_to_forget_and_forgets),
        cmocka_unit_test(comes_out_of_every_trouble),
        cmocka_unit_test(writes_only_to_the_schema_it_knows),
        cmocka_unit_test(answers_what_is_pending_when_freed),
    };
    int n_failed = cmocka_run_group_tests(without_server, NULL, NULL);
    return getenv("WAYPOST_TEST_PG") == NULL ? n_failed
                                             : n_failed + cmocka_run_group_tests(tests, NULL, NULL);
}
