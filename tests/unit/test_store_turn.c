/*
 * A long turn of our own (a course is read) while store_hiredis waits for a reply: the server
 * is not to blame, against a real redis-server and a Cluster.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"redis", a_long_turn_is_no_fault_of_the_server, setup_redis, teardown, NULL},
        {"cluster", a_long_turn_is_no_fault_of_the_server, setup_cluster, teardown, NULL},
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
