/*
 * What a code stands for, and how slowly: many who guess find nothing, and the more of them there
 * are the less they are told (docs/course-rules.md 4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/checks.h"
#include "port/store/values.h"

#define LINE "V\t0\t7\t6\t03/2026\t1.2\ten\tChildren on the Move\tRed Cross"
#define CODE UINT64_C(482109375523)
#define TRIES 100000u

struct world {
    struct loop *loop;
    struct store *store;
    uint32_t n_answered, n_found, n_missing, n_later;
    enum err e;
};

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->loop = loop_mem_new((struct wall_ms){1764000000000});
    w->store = store_mem_new(w->loop);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    store_free(w->store);
    loop_free(w->loop);
    free(w);
    return 0;
}

static void on_check(void *ctx, enum err e, const struct code_check *check)
{
    struct world *w = ctx;
    w->n_answered++;
    w->e = e;
    if (e != ERR_OK)
        return;
    w->n_found += check->result == CHECK_FOUND && str_eq(check->found.org, STR("Red Cross"));
    w->n_missing += check->result == CHECK_NOT_FOUND;
    w->n_later += check->result == CHECK_LATER;
}

static void look(struct world *w, uint32_t who, uint64_t code, const char *by)
{
    struct checks_ask ask = {.code = code, .by = by};
    memcpy(ask.who.bytes, &who, sizeof(who));
    checks_look(w->store, &ask, on_check, w);
    loop_mem_settle(w->loop);
}

static void on_put(void *ctx, enum err e)
{
    *(enum err *)ctx = e;
}

static void have_one(struct world *w)
{
    enum err e = ERR_IO;
    store_certificate_put(w->store, CODE, STR(LINE), loop_wall(w->loop).ms + CERTIFICATE_KEPT_MS,
                          on_put, &e);
    loop_mem_settle(w->loop);
    assert_int_equal(e, ERR_OK);
}

static void five_an_hour_from_one(void **state)
{
    struct world *w = *state;
    have_one(w);
    for (uint32_t i = 0; i < CHECKS_AN_HOUR; i++)
        look(w, 1, CODE, "phone");
    assert_int_equal(w->n_found, CHECKS_AN_HOUR);
    look(w, 1, CODE, "phone");
    assert_int_equal(w->n_later, 1);
    look(w, 2, CODE, "phone");
    assert_int_equal(w->n_found, CHECKS_AN_HOUR + 1);
    loop_mem_advance(w->loop, 3600000);
    look(w, 1, CODE, "phone");
    assert_int_equal(w->n_found, CHECKS_AN_HOUR + 2);
}

/* From 20,000 numbers, all at once: a hundred of them learn that a code is wrong, nobody anything
 * else, not even that one is right. The page has a budget of its own. */
static void guesses_find_nothing_and_are_slowed(void **state)
{
    struct world *w = *state;
    have_one(w);
    for (uint32_t i = 0; i < TRIES; i++)
        look(w, i / CHECKS_AN_HOUR, 100 + UINT64_C(7919) * i, "phone");
    assert_int_equal(w->n_answered, TRIES);
    assert_int_equal(w->n_found, 0);
    assert_int_equal(w->n_missing, CHECKS_MISSES);
    assert_int_equal(w->n_later, TRIES - CHECKS_MISSES);
    look(w, TRIES, CODE, "phone");
    assert_int_equal(w->n_found, 0);
    look(w, TRIES, CODE, "page");
    assert_int_equal(w->n_found, 1);
    loop_mem_advance(w->loop, CHECKS_MISS_S * 1000);
    look(w, TRIES, CODE, "phone");
    assert_int_equal(w->n_found, 2);
}

static void a_store_that_is_away_is_no_missing_certificate(void **state)
{
    static const char *const verbs[] = {"take", "certificate_get"};
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        store_mem_fail(w->store, verbs[i], ERR_UNAVAILABLE, false, 1);
        look(w, 1, CODE, "phone");
        assert_int_equal(w->e, ERR_UNAVAILABLE);
    }
    assert_int_equal(w->n_answered, 2);
    assert_int_equal(w->n_missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(five_an_hour_from_one, open_world, close_world),
        cmocka_unit_test_setup_teardown(guesses_find_nothing_and_are_slowed, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(a_store_that_is_away_is_no_missing_certificate, open_world,
                                        close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
