#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/persist.h"

#define START ((struct wall_ms){1795505860000})
#define KEEP_MS (2 * 60 * 1000)

/* Counts what persist asks of the sink. */
struct counting_sink {
    struct sink sink;
    struct sink *inner;
    uint32_t n_ingest, n_places;
    struct world *stopping; /* is told to stop while an ingest is under way */
    struct world *watched;  /* is asked then whether anything is in hand */
    bool is_slow;           /* the response waits for answer_ingest */
    sink_on_done *fn;
    void *ctx;
};

struct world {
    struct loop *loop;
    struct store *store;
    struct counting_sink sink;
    struct counting_sink beside; /* the same database; used where it has ops */
    struct metrics *metrics;
    struct persist *persist;
    uint32_t n_put;
    uint32_t n_stopped;
};

static void on_stopped(void *ctx)
{
    ((struct world *)ctx)->n_stopped++;
}

static struct counting_sink *counting(struct sink *s)
{
    return (struct counting_sink *)s;
}

static void counted_places(struct sink *s, uint64_t epoch, sink_on_places *fn, void *ctx)
{
    counting(s)->n_places++;
    sink_places(counting(s)->inner, epoch, fn, ctx);
}

static void forget_response(void *ctx, enum err e, const char *message)
{
    (void)ctx, (void)message;
    assert_int_equal(e, ERR_OK);
}

static void counted_ingest(struct sink *s, const struct sink_batch *batch, sink_on_done *fn,
                           void *ctx)
{
    struct world *stopping = counting(s)->stopping, *watched = counting(s)->watched;
    counting(s)->n_ingest++;
    if (stopping != NULL && stopping->n_stopped == 0)
        persist_stop(stopping->persist, on_stopped, stopping);
    for (uint32_t i = 0; watched != NULL && i < batch->n; i++)
        assert_false(
            persist_is_range_idle(watched->persist, store_lease_range(batch->records[i].bucket)));
    if (!counting(s)->is_slow) {
        sink_ingest(counting(s)->inner, batch, fn, ctx);
        return;
    }
    assert_null(counting(s)->fn); /* one after the other */
    counting(s)->fn = fn;
    counting(s)->ctx = ctx;
    sink_ingest(counting(s)->inner, batch, forget_response, NULL);
}

static void response_ingest(struct counting_sink *s)
{
    sink_on_done *fn = s->fn;
    s->fn = NULL;
    fn(s->ctx, ERR_OK, "");
}

static void counted_dead_letter(struct sink *s, const struct sink_batch *batch, struct str reason,
                                sink_on_done *fn, void *ctx)
{
    sink_dead_letter(counting(s)->inner, batch, reason, fn, ctx);
}

static bool counted_is_up(struct sink *s)
{
    (void)s;
    return true;
}

static const struct sink_ops counting_ops = {
    .places = counted_places,
    .ingest = counted_ingest,
    .dead_letter = counted_dead_letter,
    .is_up = counted_is_up,
};

static void make(struct world *w)
{
    struct persist_settings settings = {.max_each = PERSIST_MAX_EACH,
                                        .beside =
                                            w->beside.sink.ops != NULL ? &w->beside.sink : NULL,
                                        .gather_ms = PERSIST_GATHER_MS,
                                        .block_ms = PERSIST_BLOCK_MS,
                                        .keep_ms = KEEP_MS,
                                        .trim_ms = PERSIST_TRIM_MS};
    w->persist = persist_new(w->loop, w->store, &w->sink.sink, w->metrics, &settings);
}

static void start(struct world *w)
{
    make(w);
    persist_start(w->persist);
}

static void up(struct world *w)
{
    *w = (struct world){.loop = loop_mem_new(START)};
    w->store = store_mem_new(w->loop);
    w->sink.sink.ops = &counting_ops;
    w->sink.inner = sink_mem_new(w->loop);
    w->metrics = metrics_new();
}

static void add_beside(struct world *w)
{
    w->beside = w->sink;
}

static void down(struct world *w)
{
    store_free(w->store);
    sink_free(w->sink.inner);
    persist_free(w->persist);
    metrics_free(w->metrics);
    loop_free(w->loop);
}

static void on_committed(void *ctx, enum err e, const struct store_record *rec)
{
    (void)ctx; /* nothing to remember */
    (void)rec;
    assert_int_equal(e, ERR_OK);
}

/* One step of a new number, or these bytes. */
static void put(struct world *w, const char *text)
{
    struct buf bytes CLEANUP(buf_fini);
    uint32_t i = w->n_put++;
    struct event_record step = {.kind = EVENT_RECORD_STEP, .seq = 1};
    struct store_commit commit = {.state = STR("\0\0\0\1state")};
    buf_init(&bytes, 1000);
    memcpy(step.number_id, &i, sizeof(i));
    for (size_t b = 0; b < sizeof(i); b++) /* in the order of their uuids */
        step.learner_id[b] = (uint8_t)(i >> 8 * (sizeof(i) - 1 - b));
    memcpy(commit.id.bytes, &i, sizeof(i));
    event_encode(&step, &bytes);
    commit.event = text != NULL ? str_from(text) : buf_str(&bytes);
    store_commit(w->store, &commit, on_committed, NULL);
}

static void put_n(struct world *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        put(w, NULL);
}

static void stop(struct world *w)
{
    persist_stop(w->persist, on_stopped, w);
    loop_mem_advance(w->loop, 1000);
}

/* Each once, with the state of its learner. */
static void assert_all_stored(struct world *w, uint32_t n)
{
    bool *seen = calloc(n, sizeof(*seen));
    assert_non_null(seen);
    assert_int_equal(sink_mem_count(w->sink.inner), n);
    for (uint32_t i = 0; i < n; i++) {
        struct str json = sink_mem_envelope(w->sink.inner, i);
        size_t at = str_find(json, STR("\"learner_id\":\"")) + 14;
        uint8_t id[4];
        assert_int_equal(hex_decode(str_sub(json, at, at + 8), id, sizeof(id)), ERR_OK);
        uint32_t which =
            (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
        assert_true(which < n && !seen[which]);
        seen[which] = true;
        assert_true(str_find(json, STR("\"state\":\"000000017374617465\"")) != SIZE_MAX);
    }
    free(seen);
}

static void stores_in_batches_and_keeps_the_log(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, 2 * PERSIST_MAX_BATCH + 1);
    start(&w);
    loop_mem_advance(w.loop, 1000);
    assert_all_stored(&w, 2 * PERSIST_MAX_BATCH + 1);
    assert_int_equal(w.sink.n_ingest, 3); /* PERSIST_MAX_EACH of each bucket, then all parts */
    assert_int_equal(metrics_get(w.metrics, METRIC_events_written_total),
                     2 * PERSIST_MAX_BATCH + 1);
    assert_int_equal(metrics_get(w.metrics, METRIC_postgres_up), 1);
    assert_int_equal(store_mem_n_events(w.store), 2 * PERSIST_MAX_BATCH + 1);
    loop_mem_advance(w.loop, KEEP_MS - 2000);
    assert_int_equal(store_mem_n_events(w.store), 2 * PERSIST_MAX_BATCH + 1);
    put(&w, NULL);
    loop_mem_advance(w.loop, 20000);
    assert_int_equal(store_mem_n_events(w.store), 1); /* the others are older than we keep them */
    stop(&w);
    down(&w);
}

/* However old: only what PostgreSQL has goes. */
static void trims_nothing_that_is_not_stored(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, 10);
    start(&w);
    loop_mem_advance(w.loop, 1000);
    sink_mem_fail(w.sink.inner, "ingest", ERR_UNAVAILABLE, UINT32_MAX);
    put_n(&w, 7);
    store_mem_set_memory(w.store, 1000);
    loop_mem_advance(w.loop, 2 * KEEP_MS);
    assert_int_equal(store_mem_n_events(w.store), 7);
    down(&w);
}

/* As memory runs short, less is kept. */
static void keeps_less_when_memory_is_short(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        uint32_t used;
        int64_t kept_ms;
    } rows[] = {{0, KEEP_MS},
                {PERSIST_MEMORY_SHORT, KEEP_MS},
                {(PERSIST_MEMORY_SHORT + PERSIST_MEMORY_NONE) / 2, KEEP_MS / 2},
                {PERSIST_MEMORY_NONE, 0},
                {1000, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        up(&w);
        put_n(&w, 10);
        store_mem_set_memory(w.store, rows[i].used);
        start(&w);
        if (rows[i].kept_ms > 0) {
            loop_mem_advance(w.loop, rows[i].kept_ms - 1000);
            assert_int_equal(store_mem_n_events(w.store), 10);
        }
        loop_mem_advance(w.loop, 2 * PERSIST_TRIM_MS);
        assert_int_equal(store_mem_n_events(w.store), 0);
        down(&w);
    }
}

/* A database that was restored from an older dump reads on from where it was then. */
static void reads_again_what_a_restored_database_has_lost(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, 100);
    start(&w);
    loop_mem_advance(w.loop, 1000);
    assert_all_stored(&w, 100);
    sink_mem_restore_old(w.sink.inner);
    put_n(&w, 3); /* in other buckets than those that it has to read again */
    loop_mem_advance(w.loop, 2 * PERSIST_TRIM_MS);
    assert_all_stored(&w, 103);
    down(&w);
}

/* Places that are as we know them are looked at each time something is trimmed, and no more. */
static void a_database_that_has_all_is_not_read_for_again(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, 100);
    start(&w);
    loop_mem_advance(w.loop, 5 * PERSIST_TRIM_MS + 1000);
    assert_int_equal(w.sink.n_places, 1 + 5);
    assert_int_equal(w.sink.n_ingest, 1);
    down(&w);
}

/* While PostgreSQL stores, the next batch is made ready, and no more than that. */
static void reads_on_while_a_batch_is_stored(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    w.sink.is_slow = true;
    const uint32_t n = PERSIST_MAX_EACH * STORE_BUCKETS + 2 * PERSIST_MAX_BATCH;
    put_n(&w, n); /* of the first read nobody knew that more waits */
    start(&w);
    for (uint32_t i = 1; i <= 3; i++) {
        loop_mem_advance(w.loop, 10000);
        assert_int_equal(w.sink.n_ingest, i);
        response_ingest(&w.sink);
        assert_int_equal(w.sink.n_ingest, i < 3 ? i + 1 : 3); /* the next one was waiting */
    }
    loop_mem_advance(w.loop, 1000);
    assert_all_stored(&w, n);
    stop(&w);
    down(&w);
}

/* Half of a long batch goes another way at the same time; the next one waits for both. */
static void stores_a_long_batch_in_two_lanes(void **state)
{
    (void)state; /* no fixture */
    for (int is_late = 0; is_late < 2; is_late++) {
        struct world w;
        up(&w);
        w.sink.is_slow = true;
        add_beside(&w);
        struct counting_sink *lanes[] = {&w.sink, &w.beside};
        const uint32_t n = 2 * PERSIST_MAX_EACH * STORE_BUCKETS;
        put_n(&w, n);
        start(&w);
        for (uint32_t i = 1; i <= 2; i++) {
            loop_mem_advance(w.loop, 10000);
            assert_int_equal(w.sink.n_ingest, i);
            assert_int_equal(w.beside.n_ingest, i);
            response_ingest(lanes[is_late]);
            loop_mem_advance(w.loop, 10000);
            assert_int_equal(lanes[is_late]->n_ingest, i);
            response_ingest(lanes[1 - is_late]);
        }
        loop_mem_advance(w.loop, 1000);
        put_n(&w, 100); /* too few for two */
        loop_mem_advance(w.loop, 1000);
        response_ingest(&w.sink);
        assert_int_equal(w.beside.n_ingest, 2);
        assert_all_stored(&w, n + 100);
        stop(&w);
        down(&w);
    }
}

/* A lone event is stored at once; a steady trickle costs one transaction per gather time. */
static void gathers_by_time(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    start(&w);
    loop_mem_advance(w.loop, 10000);
    put(&w, NULL);
    loop_mem_settle(w.loop);
    assert_int_equal(sink_mem_count(w.sink.inner), 1);
    for (int i = 0; i < 500; i++) {
        put(&w, NULL);
        loop_mem_advance(w.loop, 2);
    }
    loop_mem_advance(w.loop, PERSIST_GATHER_MS);
    assert_int_equal(sink_mem_count(w.sink.inner), 501);
    assert_true(w.sink.n_ingest <= 2 + 1000 / PERSIST_GATHER_MS + 1);
    down(&w);
}

static void puts_poison_aside_and_stores_the_rest(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        uint32_t n, poison[5], n_poison;
    } rows[] = {
        {1, {0}, 1},
        {2, {1}, 1},
        {3, {0, 1, 2}, 3},
        {100, {0, 57, 58, 99}, 4},
        {500, {499}, 1},
        {1000, {999}, 1},
        {PERSIST_MAX_BATCH, {0, PERSIST_MAX_BATCH - 1}, 2},
        {500, {0, 1, 250, 251, 499}, 5},
    };
    for (size_t turn = 0; turn < 2 * ARRAY_LEN(rows); turn++) {
        size_t r = turn / 2;
        struct world w;
        up(&w);
        if (turn % 2 == 1)
            add_beside(&w);
        uint32_t k = 0;
        for (uint32_t i = 0; i < rows[r].n; i++) {
            bool is_poison = k < rows[r].n_poison && rows[r].poison[k] == i;
            char poison[32];
            (void)snprintf(poison, sizeof(poison), "{\"type\":\"x\",\"n\":%u}", i);
            k += is_poison ? 1 : 0;
            put(&w, is_poison ? poison : NULL);
        }
        start(&w);
        loop_mem_advance(w.loop, 1000);
        assert_int_equal(sink_mem_count(w.sink.inner), rows[r].n - rows[r].n_poison);
        assert_int_equal(sink_mem_n_dead(w.sink.inner), rows[r].n_poison);
        assert_int_equal(metrics_get(w.metrics, METRIC_dead_letters_total), rows[r].n_poison);
        assert_int_equal(metrics_get(w.metrics, METRIC_events_written_total),
                         rows[r].n - rows[r].n_poison);
        stop(&w);
        down(&w);
    }
}

static void waits_while_postgres_is_away(void **state)
{
    (void)state; /* no fixture */
    static const enum err errors[] = {ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_FULL};
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        struct world w;
        up(&w);
        sink_mem_fail(w.sink.inner, "ingest", errors[i], UINT32_MAX);
        start(&w);
        for (int minute = 0; minute < 60; minute++) {
            put_n(&w, 30);
            loop_mem_advance(w.loop, HOUR_MS / 60);
        }
        assert_int_equal(sink_mem_count(w.sink.inner), 0);
        assert_int_equal(metrics_get(w.metrics, METRIC_postgres_up), 0);
        assert_true(w.sink.n_ingest < HOUR_MS / 4000); /* it backs off */
        assert_in_range(persist_behind_ms(w.persist), HOUR_MS - 60000, HOUR_MS + 60000);
        sink_mem_fail(w.sink.inner, "ingest", ERR_OK, 0);
        uint32_t n_before = w.sink.n_ingest;
        loop_mem_advance(w.loop, 10000);
        assert_int_equal(persist_behind_ms(w.persist), 0);
        assert_all_stored(&w, 1800);
        assert_true(w.sink.n_ingest - n_before <
                    60); /* what was too much is tried again, doubled */
        assert_int_equal(sink_mem_n_dead(w.sink.inner), 0);
        assert_int_equal(metrics_get(w.metrics, METRIC_postgres_up), 1);
        stop(&w);
        down(&w);
    }
}

static void own(struct world *w, uint32_t first, uint32_t last)
{
    uint64_t fences[STORE_LEASE_RANGES] = {0};
    for (uint32_t i = first; i <= last; i++)
        fences[i] = 7;
    persist_own(w->persist, fences);
}

static uint64_t waiting(struct world *w)
{
    loop_mem_advance(w->loop, PERSIST_TRIM_MS);
    return metrics_get(w->metrics, METRIC_events_waiting);
}

/* How many wait is counted, among those that are only kept, and also while PostgreSQL is away. */
static void counts_what_waits(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    start(&w);
    for (int i = 0; i < 3; i++) { /* in each bucket three, one behind the other */
        put_n(&w, STORE_BUCKETS);
        assert_int_equal(waiting(&w), 0);
    }
    sink_mem_fail(w.sink.inner, "ingest", ERR_UNAVAILABLE, UINT32_MAX);
    put_n(&w, STORE_BUCKETS + 5);
    assert_int_equal(waiting(&w), STORE_BUCKETS + 5);
    assert_int_equal(metrics_get(w.metrics, METRIC_events_waiting_most), STORE_LEASE_BUCKETS + 5);
    put_n(&w, 7);
    assert_int_equal(waiting(&w), STORE_BUCKETS + 12);
    own(&w, 5, 5); /* the others are somebody else's to tell of */
    assert_int_equal(waiting(&w), STORE_LEASE_BUCKETS);
    stop(&w);
    persist_free(w.persist);
    start(&w); /* a process that was not there when the kept ones were stored */
    assert_in_range(waiting(&w), STORE_BUCKETS, STORE_BUCKETS + 24);
    sink_mem_fail(w.sink.inner, "ingest", ERR_OK, 0);
    assert_int_equal(waiting(&w), 0);
    sink_mem_fail(w.sink.inner, "ingest", ERR_UNAVAILABLE, UINT32_MAX);
    put_n(&w, 9);
    assert_int_equal(waiting(&w), 9); /* exact again */
    sink_mem_fail(w.sink.inner, "ingest", ERR_OK, 0);
    loop_mem_advance(w.loop, 2 * KEEP_MS);
    assert_int_equal(store_mem_n_events(w.store), 0);
    sink_mem_fail(w.sink.inner, "ingest", ERR_UNAVAILABLE, UINT32_MAX);
    put_n(&w, 2);
    assert_int_equal(waiting(&w), 2);
    down(&w);
}

/* Each call of a port fails once or twice, also after it took effect. */
static void survives_any_failing_call(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *verb;
        bool is_store, is_late;
    } rows[] = {
        {"log_read", true, false}, {"log_read", true, true},      {"states", true, false},
        {"log_trim", true, false}, {"ingest", false, false},      {"places", false, false},
        {"memory", true, false},   {"dead_letter", false, false},
    };
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct world w;
        up(&w);
        add_beside(&w);
        put_n(&w, 700);
        put(&w, "{\"type\":\"x\"}");
        start(&w);
        if (rows[r].is_store)
            store_mem_fail(w.store, rows[r].verb, ERR_TIMEOUT, rows[r].is_late, 2);
        else
            sink_mem_fail(w.sink.inner, rows[r].verb, ERR_TIMEOUT, 2);
        loop_mem_advance(w.loop, 20000);
        assert_all_stored(&w, 700);
        assert_int_equal(sink_mem_n_dead(w.sink.inner), 1);
        put(&w, NULL);
        loop_mem_advance(w.loop, 1000);
        assert_int_equal(sink_mem_count(w.sink.inner), 701);
        stop(&w);
        down(&w);
    }
}

/* The process dies with a batch that is read and not stored. */
static void goes_on_after_a_restart(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, 600);
    sink_mem_fail(w.sink.inner, "ingest", ERR_UNAVAILABLE, UINT32_MAX);
    start(&w);
    loop_mem_advance(w.loop, 3000);
    stop(&w);
    assert_int_equal(w.n_stopped, 1);
    persist_free(w.persist);
    sink_mem_fail(w.sink.inner, "ingest", ERR_OK, 0);
    start(&w);
    loop_mem_advance(w.loop, 3000);
    assert_all_stored(&w, 600);
    stop(&w);
    down(&w);
}

static void stops_once_what_is_under_way_is_stored(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, 10);
    start(&w);
    loop_mem_settle(w.loop); /* places, read, states, ingest: each a turn */
    put_n(&w, 5);
    stop(&w);
    assert_int_equal(w.n_stopped, 1);
    uint32_t n = sink_mem_count(w.sink.inner);
    loop_mem_advance(w.loop, HOUR_MS);
    assert_int_equal(sink_mem_count(w.sink.inner), n);
    assert_int_equal(w.n_stopped, 1);
    down(&w);
}

/* Once it has called back nothing comes any more: the owner frees it then. */
static void asks_nothing_after_it_stopped(void **state)
{
    (void)state; /* no fixture */
    for (int is_away = 0; is_away < 2; is_away++) {
        struct world w;
        up(&w);
        put_n(&w, 10);
        sink_mem_fail(w.sink.inner, "ingest", ERR_UNAVAILABLE, is_away == 1 ? UINT32_MAX : 0);
        w.sink.stopping = &w;
        start(&w);
        loop_mem_advance(w.loop, HOUR_MS);
        assert_int_equal(w.n_stopped, 1);
        assert_int_equal(w.sink.n_ingest, 1);
        down(&w);
    }
}

static void stores_what_lies_in_its_share(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, STORE_BUCKETS); /* one in each bucket */
    make(&w);
    loop_mem_advance(w.loop, HOUR_MS);
    assert_int_equal(w.sink.n_ingest, 0); /* before it has a share */
    own(&w, 3, 4);
    loop_mem_advance(w.loop, 1000);
    assert_int_equal(sink_mem_count(w.sink.inner), 2 * STORE_LEASE_BUCKETS);
    assert_true(persist_is_range_idle(w.persist, 0));
    own(&w, 1, 0);
    loop_mem_advance(w.loop, PERSIST_BLOCK_MS); /* of the read that is under way */
    put_n(&w, STORE_BUCKETS);
    loop_mem_advance(w.loop, HOUR_MS);
    assert_int_equal(sink_mem_count(w.sink.inner), 2 * STORE_LEASE_BUCKETS);
    assert_true(persist_is_range_idle(w.persist, 3));
    assert_int_equal(persist_behind_ms(w.persist), 0);
    own(&w, 0, STORE_LEASE_RANGES - 1);
    loop_mem_advance(w.loop, 1000);
    assert_all_stored(&w, 2 * STORE_BUCKETS);
    stop(&w);
    down(&w);
}

/* A range is given back only when what was read of it is stored. */
static void says_what_it_has_in_hand(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w);
    put_n(&w, 2 * STORE_BUCKETS);
    w.sink.watched = &w;
    make(&w);
    own(&w, 5, 9);
    loop_mem_advance(w.loop, 2 * PERSIST_BLOCK_MS);
    assert_true(w.sink.n_ingest > 0); /* and each asked whether its range is idle */
    own(&w, 1, 0);
    loop_mem_advance(w.loop, 2 * PERSIST_BLOCK_MS);
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        assert_true(persist_is_range_idle(w.persist, i));
    own(&w, 5, 9);
    sink_mem_fail(w.sink.inner, "ingest", ERR_UNAVAILABLE, UINT32_MAX);
    put_n(&w, STORE_BUCKETS);
    loop_mem_advance(w.loop, 2 * PERSIST_BLOCK_MS);
    own(&w, 9, 9);
    loop_mem_advance(w.loop, HOUR_MS);
    assert_true(
        persist_is_range_idle(w.persist, 5)); /* nothing is in hand while PostgreSQL is away */
    down(&w);
}

/* Two that both believe that all is theirs: one was frozen, and wakes. PostgreSQL takes each record
 * from one of them, and neither keeps asking. */
static void two_at_once_store_each_record_once(void **state)
{
    (void)state; /* no fixture */
    struct world w, other;
    up(&w);
    other = w;
    other.store = store_mem_new(w.loop); /* the same log, since a store has one reader */
    start(&w);
    start(&other);
    uint32_t n = 0;
    for (int second = 0; second < 60; second++, n += 40) {
        put_n(&w, 40);
        put_n(&other, 40);
        loop_mem_advance(w.loop, 1000);
    }
    loop_mem_advance(w.loop, 10000);
    assert_all_stored(&w, n);
    assert_int_equal(metrics_get(w.metrics, METRIC_events_written_total), n);
    assert_true(w.sink.n_ingest + other.sink.n_ingest <= 60 * 4);
    stop(&other);
    stop(&w);
    store_free(other.store);
    persist_free(other.persist);
    down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_in_batches_and_keeps_the_log),
        cmocka_unit_test(trims_nothing_that_is_not_stored),
        cmocka_unit_test(keeps_less_when_memory_is_short),
        cmocka_unit_test(reads_again_what_a_restored_database_has_lost),
        cmocka_unit_test(a_database_that_has_all_is_not_read_for_again),
        cmocka_unit_test(reads_on_while_a_batch_is_stored),
        cmocka_unit_test(stores_a_long_batch_in_two_lanes),
        cmocka_unit_test(gathers_by_time),
        cmocka_unit_test(puts_poison_aside_and_stores_the_rest),
        cmocka_unit_test(waits_while_postgres_is_away),
        cmocka_unit_test(counts_what_waits),
        cmocka_unit_test(survives_any_failing_call),
        cmocka_unit_test(goes_on_after_a_restart),
        cmocka_unit_test(asks_nothing_after_it_stopped),
        cmocka_unit_test(stops_once_what_is_under_way_is_stored),
        cmocka_unit_test(stores_what_lies_in_its_share),
        cmocka_unit_test(says_what_it_has_in_hand),
        cmocka_unit_test(two_at_once_store_each_record_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
