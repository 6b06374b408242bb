#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/timers.h"
#include "callback_world.h"
#include "port/store/ops.h"

/* A store that only says what is due, when it is told to. */
struct world {
    struct store store;
    struct loop *loop;
    struct timers *timers;
    store_on_due *fn;
    void *ctx;
    char asked[1024]; /* "0-15 " of each look */
};

static struct world *w; /* the store has nowhere to keep it */

static void on_ask(struct store *s, const struct store_due_by *by, store_on_due *fn, void *ctx)
{
    size_t n = strlen(w->asked);
    (void)s;
    assert_int_equal(by->max, TIMERS_OF_BUCKET);
    (void)snprintf(w->asked + n, sizeof(w->asked) - n, "%u-%u ", by->first, by->last);
    w->fn = fn;
    w->ctx = ctx;
}

static const struct store_ops ops = {.due = on_ask};

static int open_world(void **state)
{
    *state = w = calloc(1, sizeof(*w));
    w->store.ops = &ops;
    w->loop = loop_mem_new((struct wall_ms){1764000000000});
    w->timers = timers_new(&(struct timers_parts){.loop = w->loop, .store = &w->store});
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    timers_free(w->timers);
    loop_free(w->loop);
    free(w);
    return 0;
}

/* Nothing is due. Lets the time go on, answering each look. */
static void advance(int64_t ms, enum err e)
{
    for (int64_t i = 0; i <= ms; i += 10) {
        for (loop_mem_settle(w->loop); w->fn != NULL; loop_mem_settle(w->loop)) {
            store_on_due *fn = w->fn;
            w->fn = NULL;
            fn(w->ctx, e, NULL, 0);
        }
        if (i < ms)
            loop_mem_advance(w->loop, 10);
    }
}

static void own(const char *ranges)
{
    uint64_t fences[STORE_LEASE_RANGES];
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        fences[i] = ranges[i] == 'x' ? i + 1 : 0;
    timers_own(w->timers, fences);
}

#define ROUND                                                                                      \
    "0-15 16-31 32-47 48-63 64-79 80-95 96-111 112-127 128-143 144-159 160-175 176-191 192-207 "   \
    "208-223 224-239 240-255 "

static void alone_it_looks_at_all_each_second(void **state)
{
    (void)state;
    timers_start(w->timers);
    advance(2500, ERR_OK);
    assert_string_equal(w->asked, ROUND ROUND ROUND);
}

static void with_others_it_looks_at_its_own_ranges(void **state)
{
    (void)state;
    advance(2000, ERR_OK);
    assert_string_equal(w->asked, ""); /* nothing is its own yet */
    own("xx...x.........x");
    advance(1500, ERR_OK);
    assert_string_equal(w->asked, "0-15 16-31 80-95 240-255 0-15 16-31 80-95 240-255 ");
    w->asked[0] = '\0';
    own("................");
    advance(3000, ERR_OK);
    assert_string_equal(w->asked, "");
    own("..............xx");
    advance(500, ERR_OK);
    assert_string_equal(w->asked, "224-239 240-255 ");
}

static void a_look_that_failed_is_repeated_in_a_second(void **state)
{
    (void)state;
    own("x..............x");
    advance(900, ERR_UNAVAILABLE);
    assert_string_equal(w->asked, "0-15 240-255 ");
    advance(1000, ERR_OK);
    assert_string_equal(w->asked, "0-15 240-255 0-15 240-255 ");
}

static void stopped_it_looks_no_more(void **state)
{
    (void)state;
    timers_start(w->timers);
    loop_mem_settle(w->loop);
    assert_true(timers_is_busy(w->timers));
    timers_stop(w->timers);
    own("xxxxxxxxxxxxxxxx");
    advance(5000, ERR_OK);
    assert_false(timers_is_busy(w->timers));
    assert_string_equal(w->asked, "0-15 ");
}

static void on_all_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n)
{
    uint32_t *ret_n = ctx;
    (void)ids;
    assert_int_equal(e, ERR_OK);
    *ret_n = n;
}

static uint32_t count_due(struct callback_world *real)
{
    uint32_t n = UINT32_MAX;
    store_due(real->store,
              &(struct store_due_by){0, STORE_BUCKETS - 1, 100, loop_wall(real->loop).ms},
              on_all_due, &n);
    loop_mem_settle(real->loop);
    return n;
}

enum { N_DUE = 20 };

/* With dialogs, and N_DUE numbers that are due at once. */
static struct callback_world *open_real(void)
{
    struct setting settings[] = {{STR("username"), STR("u")}, {STR("apikey"), STR("k")}};
    const struct config_channel at = {.name = STR("at"),
                                      .profile = STR("africastalking"),
                                      .country = STR("KE"),
                                      .settings = {settings, 2},
                                      .is_unsigned_allowed = true,
                                      .new_numbers_hour = 1000};
    struct callback_world *real = world_new(&at, 1);
    char body[128];
    for (int i = 0; i < N_DUE; i++) {
        (void)snprintf(body, sizeof(body), "from=%%2B2547000000%02d&to=20880&text=JOIN&id=%d", i,
                       i);
        assert_int_equal(world_post(real, "/in/at", body), 200);
    }
    loop_mem_advance(real->loop, INT64_C(60) * 24 * 3600 * 1000);
    assert_int_equal(count_due(real), N_DUE);
    return real;
}

static struct timers *real_timers(struct callback_world *real, double wakes_per_s)
{
    return timers_new(&(struct timers_parts){.loop = real->loop,
                                             .store = real->store,
                                             .dialogs = real->dialogs,
                                             .metrics = real->metrics,
                                             .wakes_per_s = wakes_per_s});
}

/* Not the first one only, which would leave a million for days. */
static void all_that_are_due_are_woken_by_one_look(void **state)
{
    (void)state;
    struct callback_world *real = open_real();
    struct timers *timers = real_timers(real, 0);
    timers_start(timers);
    loop_mem_settle(real->loop); /* the clock stands still */
    assert_int_equal(count_due(real), 0);
    assert_int_equal(metrics_get(real->metrics, METRIC_timers_woken_total), N_DUE);
    timers_free(timers);
    world_free(real);
}

static void no_more_are_woken_than_may_be_in_a_second(void **state)
{
    (void)state;
    struct callback_world *real = open_real();
    struct timers *timers = real_timers(real, 10);
    timers_start(timers);
    loop_mem_settle(real->loop);
    for (uint32_t at = 1; at <= 9; at++) {
        uint32_t woken = (uint32_t)metrics_get(real->metrics, METRIC_timers_woken_total);
        assert_int_equal(woken, N_DUE - count_due(real));
        assert_in_range(woken, at > 2 ? 2 * at - 4 : 0, 2 * at); /* some together */
        for (int i = 0; i < 20; i++)
            loop_mem_advance(real->loop, 10);
    }
    timers_free(timers);
    world_free(real);
}

static void on_put(void *ctx, enum err e)
{
    (void)ctx; /* nothing waits for it */
    assert_int_equal(e, ERR_OK);
}

/* More than a look finds have a state of a newer version: the others are woken all the same, and
 * these again later. */
static void what_cannot_be_read_holds_nobody_back(void **state)
{
    enum { N_BROKEN = 40 };
    (void)state;
    struct callback_world *real = open_real();
    for (uint8_t i = 0; i < N_BROKEN; i++) {
        struct number_id id = {.bytes = {0, i}}; /* before most others, in one range */
        store_restore(real->store, &id, (struct str){"\0\0\0\x09\xff newer", 11}, 1000, on_put,
                      NULL);
    }
    loop_mem_settle(real->loop);
    assert_int_equal(count_due(real), N_DUE + N_BROKEN);
    struct timers *timers = real_timers(real, 0);
    timers_start(timers);
    loop_mem_advance(real->loop, 5000);
    assert_int_equal(count_due(real), 0);
    assert_int_equal(metrics_get(real->metrics, METRIC_timers_woken_total), N_DUE + N_BROKEN);
    loop_mem_advance(real->loop, TIMERS_BROKEN_MS);
    assert_int_equal(metrics_get(real->metrics, METRIC_timers_woken_total), N_DUE + 2 * N_BROKEN);
    timers_free(timers);
    world_free(real);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(alone_it_looks_at_all_each_second),
        IN_WORLD(with_others_it_looks_at_its_own_ranges),
        IN_WORLD(a_look_that_failed_is_repeated_in_a_second),
        IN_WORLD(stopped_it_looks_no_more),
        cmocka_unit_test(all_that_are_due_are_woken_by_one_look),
        cmocka_unit_test(no_more_are_woken_than_may_be_in_a_second),
        cmocka_unit_test(what_cannot_be_read_holds_nobody_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
