/*
 * Deadlines of store_hiredis, against a real redis-server and a Cluster: a long turn of our own (a
 * course is read) is not the server's fault, and nothing else puts one off.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS 1000
#include "store_fixture.h"

/* What is asked for in a turn that takes longer than a request may. */
static void on_first(void *ctx, enum err e, const struct store_record *record)
{
    struct subject *t = ctx;
    struct number_id id = id_of(1, 1);
    (void)record;
    assert_int_equal(e, ERR_OK);
    store_load(t->store, &id, got_load, &t->got);
    int64_t from_ms = clock_mono().ms; /* the loop's own time stands still within a turn */
    while (clock_mono().ms - from_ms < FIXTURE_DEADLINE_MS + 100)
        ;
}

static void a_long_turn_is_no_fault_of_the_server(void **state)
{
    struct subject *t = subject(state);
    struct number_id id = id_of(1, 1);
    (void)begin(t);
    store_load(t->store, &id, on_first, t);
    assert_int_equal(end(t), ERR_OK);
    assert_true(store_is_up(t->store));
}

/* Learners go on writing while the server stands still. */
static void what_is_asked_later_puts_no_deadline_off(void **state)
{
    struct subject *t = subject(state);
    static struct got gots[200]; /* large */
    size_t n = 0;
    memset(gots, 0, sizeof(gots));
    assert_int_equal(kill(server.pid, SIGSTOP), 0);
    int64_t from_ms = loop_mono(t->loop).ms;
    for (; n < ARRAY_LEN(gots) && !gots[0].is_done; n++) {
        struct number_id id = id_of((uint8_t)n, 1);
        gots[n].loop = t->loop;
        store_load(t->store, &id, got_load, &gots[n]);
        run_for(t, FIXTURE_DEADLINE_MS / 20);
    }
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    assert_int_equal(gots[0].e, ERR_TIMEOUT);
    assert_true(gots[0].is_done && loop_mono(t->loop).ms - from_ms < 5 * FIXTURE_DEADLINE_MS);
    for (size_t i = 0; i < n; i++) {
        while (!gots[i].is_done)
            run_for(t, 5);
    }
    wait_up(t, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"redis", a_long_turn_is_no_fault_of_the_server, setup_redis, teardown, NULL},
        {"redis", what_is_asked_later_puts_no_deadline_off, setup_redis, teardown, NULL},
        {"cluster", a_long_turn_is_no_fault_of_the_server, setup_cluster, teardown, NULL},
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
