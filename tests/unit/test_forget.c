/*
 * app/forget: numbers whose twelve months are over go from the store and into the event log as
 * erased; who writes meanwhile stays; who is not in the store is left to PostgreSQL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/forget.h"
#include "core/learner.h"
#include "port/store/learners.h"
#include "port/store/stream.h"

#define START INT64_C(1795505860000)

struct world {
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct forget *forget;
    uint32_t n_records;
    struct event_record record;
    bool has_state;
};

static struct number_id id_of(uint8_t i)
{
    struct number_id id = {.bytes = {i, 1, 2, 3}};
    return id;
}

static void on_done(void *ctx, enum err e)
{
    (void)ctx; /* nothing waits for it */
    assert_int_equal(e, ERR_OK);
}

static void put(struct world *w, uint8_t i, uint32_t seq)
{
    struct number_id id = id_of(i);
    struct learner learner;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, LEARNER_MAX_BYTES);
    learner_init(&learner);
    learner.seq = seq;
    learner.learner_id[0] = i;
    assert_int_equal(learner_encode(&learner, LEARNER_RECORD, &bytes), ERR_OK);
    store_restore(w->store, &id, buf_str(&bytes), 0, on_done, NULL);
    loop_mem_settle(w->loop);
}

static void up(struct world *w, uint8_t n)
{
    struct sink_due due[SINK_MAX_DUE] = {{{0}, false}};
    *w = (struct world){.loop = loop_mem_new((struct wall_ms){START})};
    w->store = store_mem_new(w->loop);
    w->sink = sink_mem_new(w->loop);
    for (uint8_t i = 0; i < n; i++)
        memcpy(due[i].number_id, id_of(i).bytes, sizeof(due[i].number_id));
    sink_mem_set_due(w->sink, due, n);
    w->forget = forget_new(w->loop, w->store, w->sink);
}

static void down(struct world *w)
{
    store_free(w->store);
    sink_free(w->sink);
    forget_free(w->forget);
    loop_free(w->loop);
}

static void on_loaded(void *ctx, enum err e, const struct store_record *rec)
{
    struct world *w = ctx;
    assert_int_equal(e, ERR_OK);
    w->has_state = !str_is_empty(rec->state);
}

static bool has_state(struct world *w, uint8_t i)
{
    struct number_id id = id_of(i);
    store_load(w->store, &id, on_loaded, w);
    loop_mem_settle(w->loop);
    return w->has_state;
}

static void on_records(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct world *w = ctx;
    assert_int_equal(e, ERR_OK);
    w->n_records = n;
    if (n > 0)
        assert_int_equal(event_decode(entries[n - 1].payload, &w->record), ERR_OK);
}

static uint32_t n_records(struct world *w)
{
    static const struct event_place start[STORE_BUCKETS];
    struct store_reader reader = {.from = start, .max_each = 100};
    store_log_read(w->store, &reader, on_records, w);
    loop_mem_settle(w->loop);
    return w->n_records;
}

static void erases_as_delete_does(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w, 1);
    put(&w, 0, 7);
    loop_mem_advance(w.loop, FORGET_FIRST_MS - 1);
    assert_true(has_state(&w, 0));
    loop_mem_advance(w.loop, 1);
    assert_false(has_state(&w, 0));
    assert_int_equal(n_records(&w), 1);
    assert_int_equal(w.record.seq, 8);
    assert_true(w.record.is_erased);
    assert_int_equal(w.record.events[0].kind, EVENT_erased);
    assert_memory_equal(w.record.number_id, id_of(0).bytes, 16);
    down(&w);
}

static void leaves_to_postgresql_whom_the_store_does_not_know(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w, 2);
    loop_mem_advance(w.loop, FORGET_FIRST_MS);
    assert_int_equal(n_records(&w), 0);
    assert_int_equal(sink_mem_n_due(w.sink), 0);
    down(&w);
}

static void lets_stay_who_writes_meanwhile(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w, 1);
    put(&w, 0, 7);
    store_mem_fail(w.store, "commit", ERR_CONFLICT, false, 1);
    loop_mem_advance(w.loop, FORGET_FIRST_MS);
    assert_true(has_state(&w, 0));
    loop_mem_advance(w.loop, FORGET_EACH_MS - 1);
    assert_true(has_state(&w, 0));
    loop_mem_advance(w.loop, 1); /* PostgreSQL says so again */
    assert_false(has_state(&w, 0));
    down(&w);
}

static void tries_again_soon_what_could_not_be_done(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *port, *verb;
    } faults[] = {{"sink", "tidy"}, {"store", "load"}, {"store", "commit"}};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct world w;
        up(&w, 1);
        put(&w, 0, 7);
        if (strcmp(faults[i].port, "sink") == 0)
            sink_mem_fail(w.sink, faults[i].verb, ERR_UNAVAILABLE, 1);
        else
            store_mem_fail(w.store, faults[i].verb, ERR_UNAVAILABLE, false, 1);
        loop_mem_advance(w.loop, FORGET_FIRST_MS);
        assert_true(has_state(&w, 0));
        loop_mem_advance(w.loop, FORGET_EACH_MS);
        assert_false(has_state(&w, 0));
        down(&w);
    }
}

static bool one_gone;

/* One entry of the log; learner 0: a message's. */
static void append(struct world *w, uint8_t number, uint8_t learner, bool is_erased,
                   const char *text)
{
    struct event_record record = {
        .kind = EVENT_RECORD_STEP,
        .seq = 1,
        .at = {START},
        .is_erased = is_erased,
        .events = {event_make(is_erased || one_gone ? EVENT_erased : EVENT_answered)},
        .n_events = 1};
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, 4096);
    record.events[0].text = str_from(text);
    memcpy(record.number_id, id_of(number).bytes, sizeof(record.number_id));
    record.number_id[0] = 0; /* all in one bucket */
    record.number_id[1] = number;
    record.learner_id[0] = learner;
    event_encode(&record, &bytes);
    store_append(w->store, 0, buf_str(&bytes), on_done, NULL);
    loop_mem_settle(w->loop);
}

/* DELETE of one of several people: the number is not erased. */
static void append_one_gone(struct world *w, uint8_t number, uint8_t learner)
{
    one_gone = true;
    append(w, number, learner, false, "");
    one_gone = false;
}

/* What was erased leaves `erased` alone in the log; others stay, also who joined anew with the same
 * number. More entries than one page, so that the pages are gone through. */
static void takes_what_was_erased_out_of_the_log(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    struct sink_due due = {{0}, true};
    up(&w, 0);
    due.number_id[1] = 1;
    memcpy(due.number_id + 2, id_of(1).bytes + 2, 14);
    for (uint32_t i = 0; i < STORE_MAX_DELETE + 5; i++) {
        append(&w, 1, 1, false, "secret");
        append(&w, 2, 2, false, "other");
    }
    append(&w, 1, 1, true, "");
    append(&w, 1, 1, false, "late");       /* a message about the erasure */
    append(&w, 1, 3, false, "fresh");      /* joined anew */
    append(&w, 1, 4, false, "secret too"); /* shared the phone */
    append_one_gone(&w, 1, 4);
    append(&w, 2, 1, false, "where the place went"); /* the other number's own */
    sink_mem_set_due(w.sink, &due, 1);
    loop_mem_advance(w.loop, FORGET_FIRST_MS);
    assert_int_equal(sink_mem_n_due(w.sink), 0);
    assert_int_equal(store_mem_n_events(w.store), STORE_MAX_DELETE + 5 + 4);
    assert_int_equal(n_records(&w), 100);
    assert_memory_not_equal(w.record.number_id, due.number_id, 2); /* the last of the first 100 */
    down(&w);
}

/* Who joins and sends DELETE again and again has each of them taken out. */
static void takes_out_all_that_one_number_has_erased(void **state)
{
    (void)state; /* no fixture */
    static const uint8_t counts[] = {16, 17, 40};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct world w;
        struct sink_due due = {{0}, true};
        up(&w, 0);
        due.number_id[1] = 1;
        memcpy(due.number_id + 2, id_of(1).bytes + 2, 14);
        for (uint8_t learner = 1; learner <= counts[i]; learner++) {
            append(&w, 1, learner, false, "secret");
            append(&w, 1, learner, true, "");
        }
        append(&w, 1, 200, false, "here still");
        sink_mem_set_due(w.sink, &due, 1);
        loop_mem_advance(w.loop, FORGET_FIRST_MS);
        assert_int_equal(sink_mem_n_due(w.sink), 0);
        assert_int_equal(store_mem_n_events(w.store), counts[i] + 1);
        down(&w);
    }
}

/* A fault leaves it for the next round. */
static void ends_an_erasure_another_time_when_the_log_cannot_be_read(void **state)
{
    (void)state; /* no fixture */
    static const char *const verbs[] = {"log_read", "log_delete"};
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        struct world w;
        struct sink_due due = {{0}, true};
        up(&w, 0);
        due.number_id[1] = 1;
        memcpy(due.number_id + 2, id_of(1).bytes + 2, 14);
        append(&w, 1, 1, false, "secret");
        append(&w, 1, 1, true, "");
        sink_mem_set_due(w.sink, &due, 1);
        store_mem_fail(w.store, verbs[i], ERR_UNAVAILABLE, false, 1);
        loop_mem_advance(w.loop, FORGET_FIRST_MS);
        assert_int_equal(sink_mem_n_due(w.sink), 1);
        loop_mem_advance(w.loop, FORGET_EACH_MS);
        assert_int_equal(sink_mem_n_due(w.sink), 0);
        assert_int_equal(store_mem_n_events(w.store), 1);
        down(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erases_as_delete_does),
        cmocka_unit_test(leaves_to_postgresql_whom_the_store_does_not_know),
        cmocka_unit_test(lets_stay_who_writes_meanwhile),
        cmocka_unit_test(tries_again_soon_what_could_not_be_done),
        cmocka_unit_test(takes_what_was_erased_out_of_the_log),
        cmocka_unit_test(takes_out_all_that_one_number_has_erased),
        cmocka_unit_test(ends_an_erasure_another_time_when_the_log_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
