/*
 * One table of cases against store_mem and against store_hiredis with a real redis-server (where
 * one is installed), then faults on demand, which only store_mem can show. A server in trouble:
 * test_store_trouble.c.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS DEADLINE_MS
#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/store/stream.h"
#include "port/store/values.h"
#include "store_fixture.h"

/* ---- learners ---- */

static void nobody_is_known_at_first(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_load(t, id_of(0, 0)), ERR_OK);
    assert_true(t->got.has_record);
    assert_false(t->got.has_state);
    assert_false(t->got.has_reply);
}

static void commit_is_loaded_again(void **state)
{
    struct subject *t = subject(state);
    char bytes[64];
    struct number_id id = id_of(255, 1);
    struct store_commit commit = {
        .id = id,
        .state = state_of(bytes, 1, "hello\r\n$3"),
        .reply = STR("answer\0with\r\nall"),
        .reply_ttl_ms = 60000,
        .due_at_ms = -1,
    };
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    assert_false(t->got.has_record);
    assert_int_equal(do_load(t, id), ERR_OK);
    assert_int_equal(t->got.state_len, commit.state.len);
    assert_memory_equal(t->got.state, bytes, commit.state.len);
    assert_memory_equal(t->got.reply, commit.reply.p, commit.reply.len);
    assert_int_equal(do_load(t, id_of(255, 2)), ERR_OK); /* the neighbour in the bucket */
    assert_false(t->got.has_state);
}

static void got_seen(void *ctx, enum err e, const struct store_record *record)
{
    struct got *got = ctx;
    got_str(record != NULL ? record->seen : STR_NONE, got->value, sizeof(got->value));
    got_load(ctx, e, record);
}

/* What most steps have, the state and an event, goes a shorter way; one thing more must not. */
static void each_thing_that_a_commit_may_have_is_written_alone(void **state)
{
    struct subject *t = subject(state);
    char bytes[64];
    const struct store_commit parts[] = {
        {.reply = STR("reply"), .reply_ttl_ms = 60000, .due_at_ms = -1},
        {.seen = STR("seen"), .is_seen_whole = true, .due_at_ms = -1},
        {.outbox = {STR("sms")}, .n_outbox = 1, .due_at_ms = -1},
        {.due_at_ms = 0},
        {.due_at_ms = 1764000000000},
    };
    for (uint8_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct store_commit commit = parts[i];
        commit.id = id_of(7, i);
        commit.expected_seq = 1;
        commit.state = state_of(bytes, 2, "b");
        commit.event = STR("event");
        assert_int_equal(do_step(t, commit.id, 0, "a"), ERR_OK);
        assert_int_equal(do_commit(t, &commit), ERR_OK);
        store_load(t->store, &commit.id, got_seen, begin(t));
        assert_int_equal(end(t), ERR_OK);
        assert_string_equal(t->got.state + 4, "b");
        assert_string_equal(t->got.reply, parts[i].reply.len > 0 ? "reply" : "");
        assert_string_equal(t->got.value, parts[i].seen.len > 0 ? "seen" : "");
    }
    assert_int_equal(do_read_all(t), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_int_equal(do_due(t, 1764000000000, 10), ERR_OK);
    assert_int_equal(t->got.n, 1); /* 0 takes it away */
    assert_memory_equal(t->got.ids[0].bytes, id_of(7, 4).bytes, NUMBER_ID_BYTES);
}

static void moved_seq_is_a_conflict_with_the_present_record(void **state)
{
    static const struct {
        uint32_t present, expected;
        enum err e;
    } rows[] = {
        {0, 0, ERR_OK},
        {0, 1, ERR_CONFLICT},
        {1, 0, ERR_CONFLICT},
        {1, 1, ERR_OK},
        {1, 2, ERR_CONFLICT},
        {2, 1, ERR_CONFLICT},
        {256, 256, ERR_OK},
        {256, 1, ERR_CONFLICT},
        {0x0d0a0001, 0x0d0a0001, ERR_OK},
        {0x80000000u, 0x80000000u, ERR_OK},
        {0x80000000u, 0, ERR_CONFLICT},
    };
    struct subject *t = subject(state);
    for (uint8_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct number_id id = id_of(3, i);
        if (rows[i].present > 0)
            assert_int_equal(do_restore(t, id, rows[i].present, "present", -1), ERR_OK);
        assert_int_equal(do_step(t, id, rows[i].expected, "next"), rows[i].e);
        assert_int_equal(t->got.has_record, rows[i].e == ERR_CONFLICT);
        if (rows[i].e == ERR_CONFLICT && rows[i].present > 0)
            assert_int_equal(store_seq((struct str){t->got.state, t->got.state_len}),
                             rows[i].present);
        else
            assert_false(t->got.has_state);
    }
}

static void conflict_writes_nothing(void **state)
{
    struct subject *t = subject(state);
    char bytes[64];
    assert_int_equal(do_step(t, id_of(1, 1), 0, "first"), ERR_OK);
    struct store_commit late = {
        .id = id_of(1, 1),
        .state = state_of(bytes, 1, "second"),
        .reply = STR("reply"),
        .reply_ttl_ms = 1000,
        .event = STR("event"),
        .outbox = {STR("sms")},
        .n_outbox = 1,
        .due_at_ms = 1000,
    };
    assert_int_equal(do_commit(t, &late), ERR_CONFLICT);
    assert_string_equal(t->got.state + 4, "first");
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
    assert_string_equal(t->got.state + 4, "first");
    assert_false(t->got.has_reply);
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 1); /* the first one's */
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(do_due(t, 2000, 10), ERR_OK);
    assert_int_equal(t->got.n, 0);
}

static void many_commits_at_once_let_one_win(void **state)
{
    struct subject *t = subject(state);
    enum { N = 16 };
    static struct got gots[N]; /* large */
    char bytes[64];
    struct store_commit commit = {
        .id = id_of(9, 9), .state = state_of(bytes, 1, "race"), .event = STR("e"), .due_at_ms = -1};
    memset(gots, 0, sizeof(gots));
    for (size_t i = 0; i < N; i++) {
        gots[i].loop = t->loop;
        store_commit(t->store, &commit, got_load, &gots[i]);
    }
    size_t n_ok = 0;
    for (size_t i = 0; i < N; i++) {
        while (!gots[i].is_done)
            run_for(t, 5);
        n_ok += gots[i].e == ERR_OK;
        assert_true(gots[i].e == ERR_OK || gots[i].e == ERR_CONFLICT);
    }
    assert_int_equal(n_ok, 1);
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 1);
}

static void reply_stays_until_it_expires_or_is_replaced(void **state)
{
    struct subject *t = subject(state);
    char bytes[64];
    struct store_commit commit = {
        .id = id_of(2, 2),
        .state = state_of(bytes, 1, "a"),
        .reply = STR("first"),
        .reply_ttl_ms = 60000,
        .due_at_ms = -1,
    };
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    assert_int_equal(do_step(t, commit.id, 1, "b"), ERR_OK); /* says nothing of the reply */
    assert_int_equal(do_load(t, commit.id), ERR_OK);
    assert_string_equal(t->got.reply, "first");
    commit.expected_seq = 2;
    commit.state = state_of(bytes, 3, "c");
    commit.reply_ttl_ms = 1;
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    while (do_load(t, commit.id) == ERR_OK && t->got.has_reply) /* ctest ends what never comes */
        run_for(t, 5);
    assert_int_equal(t->got.e, ERR_OK);
    assert_true(t->got.has_state);
}

static void absent_state_deletes_all_of_the_number(void **state)
{
    struct subject *t = subject(state);
    char bytes[64];
    struct store_commit commit = {
        .id = id_of(4, 4),
        .state = state_of(bytes, 1, "a"),
        .reply = STR("old"),
        .reply_ttl_ms = 60000,
        .due_at_ms = 1000,
    };
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    struct store_commit erase = {.id = commit.id, .expected_seq = 1, .due_at_ms = -1};
    assert_int_equal(do_commit(t, &erase), ERR_OK);
    assert_int_equal(do_load(t, commit.id), ERR_OK);
    assert_false(t->got.has_state);
    assert_false(t->got.has_reply);
    assert_int_equal(do_due(t, 2000, 10), ERR_OK);
    assert_int_equal(t->got.n, 0);
    /* With its own response, for the callback that comes again. */
    assert_int_equal(do_step(t, commit.id, 0, "back"), ERR_OK);
    erase.reply = STR("deleted");
    erase.reply_ttl_ms = 60000;
    assert_int_equal(do_commit(t, &erase), ERR_OK);
    assert_int_equal(do_load(t, commit.id), ERR_OK);
    assert_false(t->got.has_state);
    assert_string_equal(t->got.reply, "deleted");
}

/* A note is put where the bytes are that it is for; seq and all else stay. */
static void patch_replaces_what_is_there(void **state)
{
    struct subject *t = subject(state);
    static const struct {
        const char *present, *before, *after, *then;
    } rows[] = {
        {"waiting for it", "waiting", "arrived", "arrived for it"},
        {"waiting for it", "Waiting", "arrived", "waiting for it"},
        {"wait", "waiting", "arrived", "wait"},
        {NULL, "waiting", "arrived", NULL},
    };
    for (uint8_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct number_id id = id_of(6, (uint8_t)(100 + i));
        if (rows[i].present != NULL)
            assert_int_equal(do_restore(t, id, 7, rows[i].present, 0), ERR_OK);
        store_patch(t->store, &id,
                    &(struct store_patch){4, str_from(rows[i].before), str_from(rows[i].after)},
                    got_plain, begin(t));
        assert_int_equal(end(t), ERR_OK);
        assert_int_equal(do_load(t, id), ERR_OK);
        if (rows[i].then != NULL)
            assert_string_equal(t->got.state + 4, rows[i].then);
        else
            assert_false(t->got.has_state);
    }
}

static void restore_does_not_overwrite_newer(void **state)
{
    static const struct {
        uint32_t present, restored;
        bool is_written;
    } rows[] = {
        {0, 1, true},      {0, 70000, true},
        {1, 1, false},     {1, 2, true},
        {2, 1, false},     {255, 256, true},
        {256, 255, false}, {0x7fffffffu, 0x80000000u, true},
        {10, 9, false},    {0xffu << 24, 1u << 24, false},
    };
    struct subject *t = subject(state);
    for (uint8_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct number_id id = id_of(5, i);
        if (rows[i].present > 0)
            assert_int_equal(do_restore(t, id, rows[i].present, "present", 0), ERR_OK);
        assert_int_equal(do_restore(t, id, rows[i].restored, "restored", (i + 1) * 1000), ERR_OK);
        assert_int_equal(do_load(t, id), ERR_OK);
        assert_string_equal(t->got.state + 4, rows[i].is_written ? "restored" : "present");
        assert_int_equal(do_due(t, 1000000, 10), ERR_OK);
        assert_int_equal(t->got.n, rows[i].is_written);
        assert_int_equal(do_restore(t, id, UINT32_MAX, "end", 0), ERR_OK);
    }
}

/* Who is not known stays so, and what is due before stays so. */
static void a_number_that_is_woken_is_due_then_at_the_latest(void **state)
{
    static const struct {
        int64_t due_ms, woken_ms, before_ms, from_ms; /* not due before, due from */
    } rows[] = {
        {0, 20000, 19000, 20000}, {60000, 20000, 19000, 20000}, {10000, 20000, 9000, 10000}};
    struct subject *t = subject(state);
    struct number_id nobody = id_of(8, 99);
    store_wake(t->store, &nobody, 1000, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_due(t, 1000000, 10), ERR_OK);
    assert_int_equal(t->got.n, 0);
    for (uint8_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct number_id id = id_of(8, i);
        assert_int_equal(do_restore(t, id, 1, "here", rows[i].due_ms), ERR_OK);
        store_wake(t->store, &id, rows[i].woken_ms, got_plain, begin(t));
        assert_int_equal(end(t), ERR_OK);
        assert_int_equal(do_due(t, rows[i].before_ms, 10), ERR_OK);
        assert_int_equal(t->got.n, 0);
        assert_int_equal(do_due(t, rows[i].from_ms, 10), ERR_OK);
        assert_int_equal(t->got.n, 1);
        assert_int_equal(do_restore(t, id, UINT32_MAX, "end", 0), ERR_OK);
    }
}

/* ---- due ---- */

static void due_numbers_come_oldest_first_until_moved(void **state)
{
    struct subject *t = subject(state);
    /* Over buckets and, within bucket 7, over slots and within one. */
    const struct number_id ids[] = {id_of(200, 1), id_of(7, 1), id_of(7, 2), id_of(0, 9)};
    static const int64_t due_ms[] = {30000, 20000, 10000, 40000};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        assert_int_equal(do_due_at(t, ids[i], 0, due_ms[i]), ERR_OK);
    assert_int_equal(do_due(t, 9999, 10), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(do_due(t, 30000, 10), ERR_OK);
    assert_int_equal(t->got.n, 3);
    assert_memory_equal(&t->got.ids[0], &ids[2], sizeof(ids[0]));
    assert_memory_equal(&t->got.ids[1], &ids[1], sizeof(ids[0]));
    assert_memory_equal(&t->got.ids[2], &ids[0], sizeof(ids[0]));
    assert_int_equal(do_due(t, 50000, 1), ERR_OK); /* of each bucket */
    assert_int_equal(t->got.n, 3);
    assert_memory_equal(&t->got.ids[0], &ids[2], sizeof(ids[0]));
    assert_memory_equal(&t->got.ids[1], &ids[0], sizeof(ids[0]));
    assert_memory_equal(&t->got.ids[2], &ids[3], sizeof(ids[0]));
    assert_int_equal(do_due_at(t, ids[2], 1, 60000), ERR_OK); /* later */
    assert_int_equal(do_due_at(t, ids[1], 1, 0), ERR_OK);     /* never */
    assert_int_equal(do_due_at(t, ids[3], 1, -1), ERR_OK);    /* as it was */
    assert_int_equal(do_due(t, 50000, 10), ERR_OK);
    assert_int_equal(t->got.n, 2);
    assert_memory_equal(&t->got.ids[0], &ids[0], sizeof(ids[0]));
    assert_memory_equal(&t->got.ids[1], &ids[3], sizeof(ids[0]));
    assert_int_equal(do_due(t, 60000, 10), ERR_OK); /* found again after the index had moved */
    assert_int_equal(t->got.n, 3);
    assert_int_equal(do_due_at(t, ids[2], 2, 15000), ERR_OK); /* and moved back to earlier */
    assert_int_equal(do_due(t, 20000, 10), ERR_OK);
    assert_int_equal(t->got.n, 1);
}

static void a_later_neighbour_hides_no_earlier_one(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_due_at(t, id_of(7, 1), 0, 10000), ERR_OK);
    assert_int_equal(do_due_at(t, id_of(7, 2), 0, 50000), ERR_OK);
    assert_int_equal(do_due(t, 20000, 10), ERR_OK);
    assert_int_equal(t->got.n, 1);
}

static void due_asks_only_its_buckets(void **state)
{
    struct subject *t = subject(state);
    for (uint8_t bucket = 10; bucket < 14; bucket++)
        assert_int_equal(do_due_at(t, id_of(bucket, 1), 0, 1000), ERR_OK);
    store_due(t->store, &(struct store_due_by){11, 12, 10, 1000}, got_due, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 2);
    assert_int_equal(t->got.ids[0].bytes[0] + t->got.ids[1].bytes[0], 23);
}

static void due_is_never_early(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_due_at(t, id_of(1, 1), 0, 10001), ERR_OK);
    assert_int_equal(do_due(t, 10000, 10), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(do_due(t, 11000, 10), ERR_OK);
    assert_int_equal(t->got.n, 1);
}

/* ---- streams ---- */

static void entries_come_once_in_order_and_go_when_settled(void **state)
{
    struct subject *t = subject(state);
    char words[8];
    for (uint32_t i = 0; i < 5; i++) {
        (void)snprintf(words, sizeof(words), "e%u", i);
        assert_int_equal(do_send(t, id_of(8, 8), i, words), ERR_OK);
    }
    assert_int_equal(do_read(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 3);
    for (uint32_t i = 0; i < 3; i++) {
        (void)snprintf(words, sizeof(words), "e%u", i);
        assert_string_equal(t->got.entries[i].payload, words);
        assert_int_equal(t->got.entries[i].bucket, 8);
    }
    settle_all(t);
    assert_int_equal(do_read(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 2);
    assert_string_equal(t->got.entries[0].payload, "e3");
    settle_all(t);
    assert_int_equal(do_read(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(do_read_all(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
}

/* The ceiling is that of a bucket: none keeps the others from being read. */
static void a_read_gives_some_of_every_bucket_and_loses_none(void **state)
{
    struct subject *t = subject(state);
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(do_send(t, id_of(3, 1), i, "full"), ERR_OK);
    assert_int_equal(do_send(t, id_of(200, 1), 0, "other"), ERR_OK);
    assert_int_equal(do_read(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 4);
    assert_string_equal(t->got.entries[2].payload, "full");
    assert_string_equal(t->got.entries[3].payload, "other");
    for (uint32_t left = 4; left > 0; left -= t->got.n) {
        assert_int_equal(do_read(t, 3, 0), ERR_OK);
        assert_int_equal(t->got.n, left < 3 ? left : 3);
    }
    assert_int_equal(do_read(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 0);
}

static void what_a_dead_reader_had_is_read_again(void **state)
{
    struct subject *t = subject(state);
    for (uint8_t i = 0; i < 6; i++)
        assert_int_equal(do_send(t, id_of(i % 3, i), 0, "x"), ERR_OK);
    assert_int_equal(do_read(t, 1, 0), ERR_OK);
    assert_int_equal(t->got.n, 3); /* and the reader dies with them */
    assert_int_equal(do_settle(t, t->got.entries[0], NULL), ERR_OK); /* all but one */
    assert_int_equal(do_read_all(t), ERR_OK);
    assert_int_equal(t->got.n, 5);
}

static void readers_of_ranges_share_a_stream(void **state)
{
    struct subject *t = subject(state);
    bool ranges[STORE_LEASE_RANGES] = {[130 / STORE_LEASE_BUCKETS] = true};
    assert_int_equal(do_send(t, id_of(10, 1), 0, "low"), ERR_OK);
    assert_int_equal(do_send(t, id_of(130, 1), 0, "high"), ERR_OK);
    struct store_reader high = {.from = t->outbox_from, .ranges = ranges, .max_each = 10};
    store_read(t->store, &high, got_entries, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_string_equal(t->got.entries[0].payload, "high");
    /* One process fewer: the other one finds what was left unfinished. */
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 2);
}

static void blocked_read_ends_with_an_entry_or_empty(void **state)
{
    struct subject *t = subject(state);
    struct store_reader reader = {.from = t->outbox_from, .max_each = 10, .block_ms = 5000};
    struct got *waiting = calloc(1, sizeof(*waiting));
    assert_non_null(waiting);
    waiting->loop = t->loop;
    store_read(t->store, &reader, got_entries, waiting);
    run_for(t, 30);
    assert_false(waiting->is_done);
    assert_int_equal(do_read(t, 10, 0), ERR_FULL); /* a second one */
    assert_int_equal(do_send(t, id_of(1, 1), 0, "wake"), ERR_OK);
    while (!waiting->is_done)
        run_for(t, 5);
    assert_int_equal(waiting->e, ERR_OK);
    assert_int_equal(waiting->n, 1);
    assert_string_equal(waiting->entries[0].payload, "wake");
    t->outbox_from[1] = waiting->entries[0].place;
    free(waiting);
    int64_t start_ms = loop_mono(t->loop).ms;
    assert_int_equal(do_read(t, 10, 150), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_true(loop_mono(t->loop).ms - start_ms >= 150);
}

static void outbox_keeps_the_order_of_one_commit(void **state)
{
    struct subject *t = subject(state);
    char bytes[64];
    struct store_commit commit = {
        .id = id_of(6, 6),
        .state = state_of(bytes, 1, "a"),
        .outbox = {STR("one"), STR("two"), STR("three"), STR("four")},
        .n_outbox = STORE_MAX_OUTBOX,
        .due_at_ms = -1,
    };
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 4);
    assert_string_equal(t->got.entries[0].payload, "one");
    assert_string_equal(t->got.entries[3].payload, "four");
}

static void settling_with_an_event_adds_it_once(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_send(t, id_of(6, 1), 0, "sms"), ERR_OK);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    struct got_entry entry = t->got.entries[0];
    assert_int_equal(do_settle(t, entry, "sent"), ERR_OK);
    assert_int_equal(do_settle(t, entry, "sent"), ERR_OK); /* repeated */
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_string_equal(t->got.entries[0].payload, "sent");
    assert_int_equal(t->got.entries[0].bucket, 6);
    assert_int_equal(do_read_all(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
}

/* What is to be told of an entry is written by the one call that takes it away. */
static void settling_patches_the_state_once(void **state)
{
    struct subject *t = subject(state);
    struct number_id id = id_of(6, 1);
    assert_int_equal(do_send(t, id, 0, "sms"), ERR_OK); /* the state says "send" */
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    struct store_entry entry = {.bucket = 6, .id = str_from(t->got.entries[0].id)};
    char entry_id[48];
    assert_int_equal(str_copy(entry.id, entry_id, sizeof(entry_id)), ERR_OK);
    entry.id = str_from(entry_id);
    struct store_settled what = {.id = &id, .patch = {STORE_SEQ_BYTES, STR("se"), STR("me")}};
    store_settle(t->store, &entry, &what, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_load(t, id), ERR_OK);
    assert_string_equal(t->got.state + STORE_SEQ_BYTES, "mend");
    what.patch = (struct store_patch){STORE_SEQ_BYTES, STR("me"), STR("se")};
    store_settle(t->store, &entry, &what, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_load(t, id), ERR_OK);
    assert_string_equal(t->got.state + STORE_SEQ_BYTES, "mend");
    assert_int_equal(do_send(t, id, 1, "sms"), ERR_OK);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    assert_int_equal(str_copy(str_from(t->got.entries[0].id), entry_id, sizeof(entry_id)), ERR_OK);
    entry.id = str_from(entry_id);
    store_settle(t->store, &entry, &what, got_plain, begin(t)); /* other bytes are there */
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_load(t, id), ERR_OK);
    assert_string_equal(t->got.state + STORE_SEQ_BYTES, "send");
}

static void notes_on_the_board_stay_until_taken_away(void **state)
{
    struct subject *t = subject(state);
    store_board_get(t->store, STORE_BOARD_NOTES, got_board, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
    const char *const values[] = {"one", "two"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        store_board_put(t->store, STORE_BOARD_NOTES, STR("pause:at"), str_from(values[i]),
                        got_plain, begin(t));
        assert_int_equal(end(t), ERR_OK);
        store_board_get(t->store, STORE_BOARD_NOTES, got_board, begin(t));
        assert_int_equal(end(t), ERR_OK);
        assert_int_equal(t->got.n, 1);
        assert_string_equal(t->got.names[0], "pause:at");
        assert_string_equal(t->got.entries[0].payload, values[i]);
    }
    store_board_put(t->store, STORE_BOARD_NOTES, STR("pause:at"), STR_NONE, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    store_board_get(t->store, STORE_BOARD_NOTES, got_board, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
}

/* One part, its mark made of its value. */
static enum err put_part(struct subject *t, const char *key, uint32_t n, uint32_t of,
                         const char *value, int64_t wait_ms)
{
    struct store_part part = {.key = str_from(key),
                              .n = n,
                              .of = of,
                              .value = str_from(value),
                              .wait_ms = wait_ms,
                              .keep_ms = 60000};
    (void)snprintf(part.mark, sizeof(part.mark), "%s", value);
    store_part_put(t->store, &part, got_part, begin(t));
    return end(t);
}

static enum err overdue(struct subject *t)
{
    store_parts_overdue(t->store, got_overdue, begin(t));
    return end(t);
}

static enum err part_done(struct subject *t, const char *key, bool must_forget)
{
    store_part_done(t->store, str_from(key), must_forget, got_plain, begin(t));
    return end(t);
}

static void parts_are_kept_until_all_are_there(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(put_part(t, "k", 3, 3, "c", 60000), ERR_OK);
    assert_int_equal(t->got.state_len, STORE_PART_KEPT);
    assert_int_equal(put_part(t, "k", 3, 3, "c", 60000), ERR_OK); /* again */
    assert_int_equal(t->got.state_len, STORE_PART_KEPT);
    assert_int_equal(put_part(t, "other", 2, 3, "x", 60000), ERR_OK);
    assert_int_equal(put_part(t, "k", 1, 3, "a", 60000), ERR_OK);
    assert_int_equal(t->got.state_len, STORE_PART_KEPT);
    assert_int_equal(put_part(t, "k", 1, 3, "another", 60000), ERR_OK);
    assert_int_equal(t->got.state_len, STORE_PART_ALONE);
    for (int i = 0; i < 2; i++) { /* and once more, when it is complete */
        assert_int_equal(put_part(t, "k", 2, 3, "b", 60000), ERR_OK);
        assert_int_equal(t->got.state_len, STORE_PART_COMPLETE);
        assert_int_equal(t->got.n, 3);
        assert_string_equal(t->got.names[0], "a");
        assert_string_equal(t->got.names[1], "b");
        assert_string_equal(t->got.names[2], "c");
    }
    assert_int_equal(put_part(t, "k", 1, 3, "new", 60000), ERR_OK); /* another message */
    assert_int_equal(t->got.state_len, STORE_PART_KEPT);
    assert_int_equal(put_part(t, "k", 2, 3, "b", 60000), ERR_OK);
    assert_int_equal(t->got.state_len, STORE_PART_KEPT);
}

static void parts_have_ceilings(void **state)
{
    struct subject *t = subject(state);
    static char value[STORE_PART_BYTES + 2];
    memset(value, 'x', STORE_PART_BYTES);
    value[STORE_PART_BYTES] = '\0';
    assert_int_equal(put_part(t, "k", 1, STORE_MAX_PARTS, value, 60000), ERR_OK);
    assert_int_equal(put_part(t, "k", 1, STORE_MAX_PARTS + 1, "x", 60000), ERR_TOO_LONG);
    value[STORE_PART_BYTES] = 'x';
    assert_int_equal(put_part(t, "k", 2, 3, value, 60000), ERR_TOO_LONG);
}

static void messages_that_wait_too_long_are_found(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(overdue(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(put_part(t, "late", 2, 4, "b", 1000), ERR_OK);
    assert_int_equal(put_part(t, "done", 1, 2, "a", 1000), ERR_OK);
    assert_int_equal(put_part(t, "done", 2, 2, "b", 1000), ERR_OK);
    assert_int_equal(put_part(t, "waits", 1, 2, "a", 60000), ERR_OK);
    assert_int_equal(part_done(t, "done", false), ERR_OK);
    for (int i = 0; i < 400; i++) { /* the server's clock is to the second */
        assert_int_equal(overdue(t), ERR_OK);
        if (t->got.n > 0)
            break;
        run_for(t, 20);
    }
    assert_string_equal(t->got.value, "late");
    assert_int_equal(t->got.n, 2);
    assert_string_equal(t->got.names[0], "-");
    assert_string_equal(t->got.names[1], "b");
    store_part_later(t->store, STR("late"), 60000, 120000, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(overdue(t), ERR_OK); /* nobody waits behind it */
    assert_int_equal(t->got.n, 0);
    store_part_later(t->store, STR("done"), 0, 120000, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(overdue(t), ERR_OK); /* what was dealt with stays so */
    assert_int_equal(t->got.n, 0);
    assert_int_equal(part_done(t, "late", true), ERR_OK);
    assert_int_equal(overdue(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(put_part(t, "late", 1, 4, "a", 60000), ERR_OK); /* forgotten */
    assert_int_equal(t->got.state_len, STORE_PART_KEPT);
}

static void an_entry_is_marked_once(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_send(t, id_of(6, 1), 0, "sms"), ERR_OK);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    struct got_entry entry = t->got.entries[0];
    struct number_id id = id_of(6, 1);
    assert_int_equal(do_mark(t, entry, id, 0), ERR_OK);
    assert_int_equal(do_mark(t, entry, id, 0), ERR_OK);       /* its own */
    assert_int_equal(do_mark(t, entry, id, 1), ERR_CONFLICT); /* another's */
    assert_int_equal(do_clear(t, entry), ERR_OK);
    assert_int_equal(do_clear(t, entry), ERR_OK);
    assert_int_equal(do_mark(t, entry, id, 1), ERR_OK);
    assert_string_equal(t->got.value + STORE_SEQ_BYTES, "send"); /* how the number stands */
    assert_int_equal(do_mark(t, entry, id_of(6, 2), 1), ERR_OK);
    assert_string_equal(t->got.value, "");
    struct store_entry settled = {.bucket = 6, .id = str_from(entry.id), .fence = 1};
    store_settle(t->store, &settled, &(struct store_settled){.event = STR_NONE}, got_plain,
                 begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_mark(t, entry, id, 1), ERR_NOT_FOUND);
}

/* ---- sessions and courses ---- */

static void sessions_last_their_time(void **state)
{
    struct subject *t = subject(state);
    struct str key = STR("at:abc\0def\r\n"), value = STR("value\0\r\n!");
    assert_int_equal(do_session_get(t, key), ERR_NOT_FOUND);
    assert_int_equal(do_session_put(t, key, value, 60000), ERR_OK);
    assert_int_equal(do_session_get(t, key), ERR_OK);
    assert_memory_equal(t->got.value, value.p, value.len);
    assert_int_equal(do_session_put(t, key, STR("new"), 60000), ERR_OK);
    assert_int_equal(do_session_get(t, key), ERR_OK);
    assert_string_equal(t->got.value, "new");
    assert_int_equal(do_session_put(t, key, STR("short"), 1), ERR_OK);
    while (do_session_get(t, key) == ERR_OK)
        run_for(t, 5);
    assert_int_equal(t->got.e, ERR_NOT_FOUND);
}

static void who_comes_second_is_told_what_the_first_one_left(void **state)
{
    struct subject *t = subject(state);
    struct str name = STR("report:1"), value = STR("of\0the sender\r\n");
    assert_int_equal(do_meet(t, name, value, 60000), ERR_NOT_FOUND);
    assert_int_equal(do_meet(t, name, STR("arrived"), 60000), ERR_OK);
    assert_memory_equal(t->got.value, value.p, value.len);
    assert_int_equal(do_meet(t, name, STR("arrived"), 60000), ERR_OK); /* and again: the same */
    assert_memory_equal(t->got.value, value.p, value.len);
    assert_int_equal(do_meet(t, STR("report:2"), value, 1), ERR_NOT_FOUND);
    while (do_meet(t, STR("report:2"), STR("late"), 60000) == ERR_OK)
        run_for(t, 5);
    assert_int_equal(t->got.e, ERR_NOT_FOUND);
}

static void certificates_are_found_by_their_code(void **state)
{
    struct subject *t = subject(state);
    const uint64_t code = 482109375523;
    int64_t until_ms = clock_wall().ms + 3600000;
    store_certificate_get(t->store, code, got_value, begin(t));
    assert_int_equal(end(t), ERR_NOT_FOUND);
    store_certificate_put(t->store, code, STR("V\tone"), until_ms, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    store_certificate_get(t->store, code, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_string_equal(t->got.value, "V\tone");
    store_certificate_put(t->store, code, STR("R\ttwo"), until_ms, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    store_certificate_put(t->store, code, STR("V\tone"), until_ms, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK); /* revoked is revoked, whatever comes late */
    store_certificate_get(t->store, code, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_string_equal(t->got.value, "R\ttwo");
    store_certificate_get(t->store, code + 10, got_value, begin(t));
    assert_int_equal(end(t), ERR_NOT_FOUND);
    store_certificate_new(t->store, code + 10, STR("V\tthree"), until_ms, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    store_certificate_new(t->store, code + 10, STR("V\tfour"), until_ms, got_plain, begin(t));
    assert_int_equal(end(t), ERR_CONFLICT); /* somebody has it */
    store_certificate_get(t->store, code + 10, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_string_equal(t->got.value, "V\tthree");
}

static void sessions_have_a_ceiling(void **state)
{
    struct subject *t = subject(state);
    static const char bytes[STORE_SESSION_BYTES + 1];
    struct str key = {bytes, STORE_SESSION_KEY_BYTES}, value = {bytes, STORE_SESSION_BYTES};
    struct str long_key = {bytes, key.len + 1}, long_value = {bytes, value.len + 1};
    assert_int_equal(do_session_put(t, key, value, 1000), ERR_OK);
    assert_int_equal(do_session_get(t, key), ERR_OK);
    assert_int_equal(do_session_put(t, long_key, value, 1000), ERR_TOO_LONG);
    assert_int_equal(do_session_put(t, key, long_value, 1000), ERR_TOO_LONG);
    assert_int_equal(do_session_get(t, long_key), ERR_NOT_FOUND);
    assert_int_equal(do_meet(t, long_key, value, 1000), ERR_TOO_LONG);
    assert_int_equal(do_meet(t, key, long_value, 1000), ERR_TOO_LONG);
}

static void courses_are_kept_by_name(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_courses_get(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_string_equal(t->got.current, "");
    assert_int_equal(do_course_put(t, "c@1.0.0", "one", true), ERR_OK);
    assert_int_equal(do_course_put(t, "c@1.1.0", "two", false), ERR_OK);
    assert_int_equal(do_courses_get(t), ERR_OK);
    assert_int_equal(t->got.n, 2);
    assert_string_equal(t->got.current, "c@1.0.0");
    assert_int_equal(do_course_put(t, "c@1.1.0", "two", true), ERR_OK);
    assert_int_equal(do_courses_get(t), ERR_OK);
    assert_int_equal(t->got.n, 2);
    assert_string_equal(t->got.current, "c@1.1.0");
}

/* ---- the end ---- */

static void free_answers_what_is_pending(void **state)
{
    struct subject *t = subject(state);
    struct number_id id = id_of(1, 1);
    struct store_reader reader = {.from = t->outbox_from, .max_each = 10, .block_ms = 60000};
    struct got *reading = calloc(1, sizeof(*reading));
    assert_non_null(reading);
    reading->loop = t->loop;
    store_read(t->store, &reader, got_entries, reading);
    run_for(t, 30);
    store_load(t->store, &id, got_load, begin(t));
    struct got *settling = calloc(1, sizeof(*settling));
    assert_non_null(settling);
    settling->loop = t->loop;
    store_settle(t->store, &(struct store_entry){.bucket = 1, .id = STR("1-1")},
                 &(struct store_settled){.event = STR_NONE}, got_plain, settling);
    store_free(t->store);
    t->store = NULL;
    assert_true(t->got.is_done);
    assert_int_equal(t->got.e, ERR_UNAVAILABLE);
    assert_true(settling->is_done);
    assert_int_equal(settling->e, ERR_UNAVAILABLE);
    free(settling);
    assert_true(reading->is_done);
    assert_int_equal(reading->e, ERR_UNAVAILABLE);
    free(reading);
}

/* ---- store_mem alone: faults on demand ---- */

static void faults_hit_their_verb_and_end(void **state)
{
    struct subject *t = subject(state);
    store_mem_fail(t->store, "load", ERR_TIMEOUT, false, 2);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_TIMEOUT);
    assert_false(t->got.has_record);
    assert_int_equal(do_probe(t), ERR_OK);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_TIMEOUT);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
    store_mem_fail(t->store, "*", ERR_UNAVAILABLE, false, UINT32_MAX);
    assert_false(store_is_up(t->store));
    assert_int_equal(do_probe(t), ERR_UNAVAILABLE);
    assert_int_equal(do_session_get(t, STR("k")), ERR_UNAVAILABLE);
    assert_int_equal(do_due(t, 1, 1), ERR_UNAVAILABLE);
    store_mem_fail(t->store, "*", ERR_UNAVAILABLE, false, 0);
    assert_true(store_is_up(t->store));
    assert_int_equal(do_probe(t), ERR_OK);
}

static void late_faults_have_had_their_effect(void **state)
{
    struct subject *t = subject(state);
    store_mem_fail(t->store, "commit", ERR_TIMEOUT, false, 1);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "lost"), ERR_TIMEOUT);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
    assert_false(t->got.has_state);
    store_mem_fail(t->store, "commit", ERR_TIMEOUT, true, 1);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "kept"), ERR_TIMEOUT);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
    assert_string_equal(t->got.state + 4, "kept");
    assert_int_equal(do_send(t, id_of(2, 1), 0, "sms"), ERR_OK);
    store_mem_fail(t->store, "read", ERR_TIMEOUT, true, 1);
    assert_int_equal(do_read(t, 10, 0), ERR_TIMEOUT);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 1);
    store_mem_fail(t->store, "commit", ERR_CONFLICT, false, 1);
    assert_int_equal(do_step(t, id_of(1, 1), 1, "again"), ERR_CONFLICT);
    assert_true(t->got.has_record);
}

/* What a command asks of a server has its answer in memory as well. */
static void a_store_in_memory_tells_of_itself(void **state)
{
    struct subject *t = subject(state);
    store_facts(t->store, STORE_FACTS_STATE, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_true(str_eq(store_fact(str_from(t->got.value), STR("role")), STR("master")));
    store_facts(t->store, STORE_FACTS_SETTINGS, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_true(str_eq(store_fact(str_from(t->got.value), STR("appendfsync")), STR("always")));
    store_may(t->store, STR("default"), STR("GET"), got_value, begin(t));
    assert_int_equal(end(t), ERR_NOT_FOUND); /* it has no users */
}

#define MEM(f) cmocka_unit_test_setup_teardown(f, setup_mem, teardown)
#define EACH(f)                                                                                    \
    {"mem: " #f, f, setup_mem, teardown, NULL}, {"redis: " #f, f, setup_redis, teardown, NULL},    \
    {                                                                                              \
        "cluster: " #f, f, setup_cluster, teardown, NULL                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(nobody_is_known_at_first),
        EACH(commit_is_loaded_again),
        EACH(each_thing_that_a_commit_may_have_is_written_alone),
        EACH(moved_seq_is_a_conflict_with_the_present_record),
        EACH(conflict_writes_nothing),
        EACH(many_commits_at_once_let_one_win),
        EACH(reply_stays_until_it_expires_or_is_replaced),
        EACH(absent_state_deletes_all_of_the_number),
        EACH(patch_replaces_what_is_there),
        EACH(restore_does_not_overwrite_newer),
        EACH(a_number_that_is_woken_is_due_then_at_the_latest),
        EACH(due_numbers_come_oldest_first_until_moved),
        EACH(a_later_neighbour_hides_no_earlier_one),
        EACH(due_asks_only_its_buckets),
        EACH(due_is_never_early),
        EACH(entries_come_once_in_order_and_go_when_settled),
        EACH(a_read_gives_some_of_every_bucket_and_loses_none),
        EACH(what_a_dead_reader_had_is_read_again),
        EACH(readers_of_ranges_share_a_stream),
        EACH(blocked_read_ends_with_an_entry_or_empty),
        EACH(outbox_keeps_the_order_of_one_commit),
        EACH(settling_with_an_event_adds_it_once),
        EACH(settling_patches_the_state_once),
        EACH(notes_on_the_board_stay_until_taken_away),
        EACH(parts_are_kept_until_all_are_there),
        EACH(parts_have_ceilings),
        EACH(messages_that_wait_too_long_are_found),
        EACH(an_entry_is_marked_once),
        EACH(sessions_last_their_time),
        EACH(who_comes_second_is_told_what_the_first_one_left),
        EACH(sessions_have_a_ceiling),
        EACH(certificates_are_found_by_their_code),
        EACH(courses_are_kept_by_name),
        EACH(free_answers_what_is_pending),
        MEM(faults_hit_their_verb_and_end),
        MEM(late_faults_have_had_their_effect),
        MEM(a_store_in_memory_tells_of_itself),
    };
    return cmocka_run_group_tests_name("store", tests, group_setup, group_teardown);
}
