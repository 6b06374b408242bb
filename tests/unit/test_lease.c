#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/lease.h"

#define N_PROCESSES 3

/* Processes of one kind on one store; each says at any time which ranges it works on. */
struct process {
    struct lease *lease;
    uint64_t fences[STORE_LEASE_RANGES];
    uint32_t n_held;
    uint32_t n_changes;
    bool is_busy; /* with all that it had */
    bool has_left;
};

struct world {
    struct loop *loop;
    struct store *store;
    struct metrics *metrics;
    struct process processes[N_PROCESSES];
};

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->loop = loop_mem_new((struct wall_ms){1764000000000});
    w->store = store_mem_new(w->loop);
    w->metrics = metrics_new();
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    store_free(w->store);
    for (size_t i = 0; i < N_PROCESSES; i++)
        lease_free(w->processes[i].lease);
    metrics_free(w->metrics);
    loop_free(w->loop);
    free(w);
    return 0;
}

static void on_change(void *ctx, const uint64_t *fences, uint32_t n_held)
{
    struct process *p = ctx;
    memcpy(p->fences, fences, sizeof(p->fences));
    p->n_held = n_held;
    p->n_changes++;
}

static bool is_idle(void *ctx, uint32_t range)
{
    const struct process *p = ctx;
    assert_int_equal(p->fences[range], 0); /* asked only of what it has been told to let go */
    return !p->is_busy;
}

static struct process *start(struct world *w, uint32_t i)
{
    struct process *p = &w->processes[i];
    p->lease = lease_new(&(struct lease_ports){.loop = w->loop,
                                               .store = w->store,
                                               .metrics = w->metrics,
                                               .n_ranges = METRIC_sender_ranges,
                                               .kind = STR("sender"),
                                               .owner = {(char)('a' + (int)i)},
                                               .life = i + 1,
                                               .on_change = on_change,
                                               .is_idle = is_idle,
                                               .ctx = p});
    lease_start(p->lease);
    loop_mem_advance(w->loop, 50);
    return p;
}

static void on_left(void *ctx)
{
    struct process *p = ctx;
    p->has_left = true;
}

/* No range is worked on by two. */
static void expect_apart(const struct world *w)
{
    for (uint32_t range = 0; range < STORE_LEASE_RANGES; range++) {
        uint32_t n = 0;
        for (size_t i = 0; i < N_PROCESSES; i++)
            n += w->processes[i].fences[range] != 0;
        assert_true(n <= 1);
    }
}

static void advance(struct world *w, int64_t ms)
{
    for (int64_t i = 0; i < ms; i += 50) {
        loop_mem_advance(w->loop, 50);
        expect_apart(w);
    }
}

static void one_alone_has_all_at_once(void **state)
{
    struct world *w = *state;
    struct process *a = start(w, 0);
    assert_int_equal(a->n_held, STORE_LEASE_RANGES);
    advance(w, 60000);
    assert_int_equal(a->n_changes, 1); /* nothing moves when nobody does */
    assert_int_equal(metrics_get(w->metrics, METRIC_sender_ranges), STORE_LEASE_RANGES);
}

static void those_who_come_get_an_equal_share(void **state)
{
    struct world *w = *state;
    struct process *a = start(w, 0), *b = start(w, 1);
    advance(w, LEASE_KEEP_MS + 4 * LEASE_HURRY_MS);
    assert_int_equal(a->n_held, 8);
    assert_int_equal(b->n_held, 8);
    struct process *c = start(w, 2);
    advance(w, 2 * LEASE_KEEP_MS + 4 * LEASE_HURRY_MS);
    assert_true(a->n_held <= 6 && b->n_held <= 6 && c->n_held >= 4);
    assert_int_equal(a->n_held + b->n_held + c->n_held, STORE_LEASE_RANGES);
}

static void what_is_under_way_is_waited_for(void **state)
{
    struct world *w = *state;
    struct process *a = start(w, 0), *b = start(w, 1);
    a->is_busy = true;
    advance(w, 10000);
    assert_int_equal(a->n_held, 8); /* it begins nothing more there */
    assert_int_equal(b->n_held, 0);
    a->is_busy = false;
    advance(w, 3 * LEASE_HURRY_MS);
    assert_int_equal(b->n_held, 8);
}

static void who_leaves_is_followed_at_once(void **state)
{
    struct world *w = *state;
    struct process *a = start(w, 0), *b = start(w, 1);
    advance(w, 5000);
    lease_leave(a->lease, on_left, a);
    loop_mem_settle(w->loop);
    assert_true(a->has_left);
    memset(a->fences, 0, sizeof(a->fences));
    advance(w, LEASE_KEEP_MS + LEASE_HURRY_MS);
    assert_int_equal(b->n_held, STORE_LEASE_RANGES);
    assert_int_equal(a->n_changes, 2); /* and asks for nothing any more */
}

static void leaving_needs_no_store(void **state)
{
    struct world *w = *state;
    struct process *a = start(w, 0);
    store_mem_fail(w->store, "*", ERR_UNAVAILABLE, false, UINT32_MAX);
    lease_leave(a->lease, on_left, a);
    loop_mem_settle(w->loop);
    assert_true(a->has_left);
}

static void who_cannot_ask_lets_go_before_others_take(void **state)
{
    struct world *w = *state;
    struct process *a = start(w, 0);
    advance(w, 1000);
    store_mem_fail(w->store, "*", ERR_TIMEOUT, false, UINT32_MAX);
    advance(w, LEASE_TTL_MS / 2 - LEASE_KEEP_MS);
    assert_int_equal(a->n_held, STORE_LEASE_RANGES); /* a moment is no reason */
    advance(w, LEASE_KEEP_MS + LEASE_HURRY_MS);
    assert_int_equal(a->n_held, 0);
    uint64_t fence = a->fences[0];
    store_mem_fail(w->store, "*", ERR_OK, false, 0);
    advance(w, 2 * LEASE_HURRY_MS);
    assert_int_equal(a->n_held, STORE_LEASE_RANGES);
    assert_int_equal(fence, 0);
}

/* What the store did not hear is given back again. */
static void a_range_that_could_not_be_given_is_given_later(void **state)
{
    struct world *w = *state;
    struct process *a = start(w, 0);
    store_mem_fail(w->store, "lease_give", ERR_TIMEOUT, false, 1);
    struct process *b = start(w, 1);
    advance(w, 2 * LEASE_KEEP_MS + 6 * LEASE_HURRY_MS);
    assert_int_equal(a->n_held, 8);
    assert_int_equal(b->n_held, 8);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(one_alone_has_all_at_once),
        IN_WORLD(those_who_come_get_an_equal_share),
        IN_WORLD(what_is_under_way_is_waited_for),
        IN_WORLD(who_leaves_is_followed_at_once),
        IN_WORLD(leaving_needs_no_store),
        IN_WORLD(who_cannot_ask_lets_go_before_others_take),
        IN_WORLD(a_range_that_could_not_be_given_is_given_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
