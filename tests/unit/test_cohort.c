#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/cohort_set.h"
#include "core/cohort.h"
#include "port/store/values.h"

#define DAY(y, m, d) clock_days_from_civil(y, m, d)

static void a_code_checks_itself(void **state)
{
    (void)state;
    uint32_t code;
    assert_int_equal(cohort_code_parse(STR("482156"), &code), ERR_OK);
    assert_int_equal(code, 482156);
    assert_int_equal(cohort_code_parse(STR("999999"), &code), ERR_OK); /* the greatest */
    assert_int_equal(code, 999999);
    static const char *const wrong[] = {"",       "48215",   "4821560", "082156",
                                        "48215a", " 482156", "482 56",  "000000"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(cohort_code_parse(str_from(wrong[i]), &code), ERR_INVALID);
}

/* Every single wrong digit, and every swap of neighbours. */
static void no_slip_of_a_finger_is_another_code(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        uint8_t random[4] = {(uint8_t)(i * 7), (uint8_t)(i * 13), (uint8_t)(i >> 3), (uint8_t)i};
        char digits[8], slip[8];
        uint32_t code = cohort_code_make(random), other;
        assert_in_range(code, 100000, 999999);
        (void)snprintf(digits, sizeof(digits), "%u", code);
        assert_int_equal(cohort_code_parse(str_from(digits), &other), ERR_OK);
        for (unsigned at = 0; at < 6; at++) {
            for (char c = '0'; c <= '9'; c++) {
                memcpy(slip, digits, sizeof(slip));
                slip[at] = c;
                if (c != digits[at])
                    assert_int_equal(cohort_code_parse(str_from(slip), &other), ERR_INVALID);
            }
            memcpy(slip, digits, sizeof(slip));
            slip[at] = digits[at + 1];
            slip[at + 1] = digits[at];
            if (at < 5 && slip[at] != digits[at])
                assert_int_equal(cohort_code_parse(str_from(slip), &other), ERR_INVALID);
        }
    }
}

static void a_description_is_read(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(65536);
    struct cohort c;
    struct errmsg msg;
    assert_int_equal(
        cohort_read(STR("482156"),
                    STR("name=Nairobi A; org=Red Cross;lang=fr;course=care;zone=Africa/Nairobi;"
                        "pace=dates;start=2025-01-06;dates=2025-01-06 2025-01-20;later=unknown;"
                        "pauses=2025-03-01..2025-03-30 2025-12-24..2026-01-02;quiet=19:30-07:00;"
                        "off=fri sun;state=closed;until=2025-01-27T06:00:00Z;silent=ANA BO;"
                        "nudge=4:2025-01-14T06:00:00Z"),
                    arena, &c, &msg),
        ERR_OK);
    assert_int_equal(c.code, 482156);
    assert_true(str_eq(c.name, STR("Nairobi A")) && str_eq(c.organisation, STR("Red Cross")));
    assert_true(str_eq(c.lang, STR("fr")) && str_eq(c.course, STR("care")));
    assert_true(str_eq(c.zone, STR("Africa/Nairobi")));
    assert_int_equal(c.pace, COHORT_PACE_DATES);
    assert_int_equal(c.start_day, DAY(2025, 1, 6));
    assert_int_equal(c.n_dates, 2);
    assert_int_equal(c.dates[1], DAY(2025, 1, 20));
    assert_int_equal(c.n_pauses, 2);
    assert_true(str_eq(c.silent, STR("ANA BO")) && c.nudge == COHORT_NUDGES);
    assert_int_equal(c.nudge_ms, DAY(2025, 1, 14) * DAY_MS + 6 * HOUR_MS);
    assert_int_equal(c.pauses[1].to_day, DAY(2026, 1, 2));
    assert_int_equal(c.quiet_from_min, 19 * 60 + 30);
    assert_int_equal(c.quiet_to_min, 7 * 60);
    assert_int_equal(c.days_off, 1 << 5 | 1 << 0);
    assert_true(c.is_closed && !cohort_may_join(&c, (struct wall_ms){0}));

    assert_int_equal(cohort_read(STR("482156"), STR("name=A"), arena, &c, &msg), ERR_OK);
    assert_int_equal(c.pace, COHORT_PACE_WEEKLY);
    assert_int_equal(c.quiet_from_min, -1);
    assert_true(cohort_may_join(&c, (struct wall_ms){INT64_MAX - 1}));
}

static void what_cannot_be_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "pace=monthly",
        "start=2025-13-01",
        "start=2025-1-1",
        "dates=2025-01-06,2",
        "pauses=2025-01-06",
        "quiet=20:00",
        "quiet=20.00-08.00",
        "off=sunday",
        "until=tomorrow",
        "nudge=2",
        "nudge=5:2025-01-14T06:00:00Z", /* one past the four */
        "state=maybe",
        "start=2025-00-10",
        "quiet=20:00-08:60",
        "dates=2025-01-01 2025-01-01 2025-01-01 2025-01-01 2025-01-01 2025-01-01 2025-01-01 "
        "2025-01-01 2025-01-01 2025-01-01 2025-01-01 2025-01-01 2025-01-01 2025-01-01 2025-01-01 "
        "2025-01-01 2025-01-01", /* one past the sixteen */
    };
    struct arena *arena CLEANUP(arena_freep) = arena_new(65536);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cohort c = {.code = 7};
        struct errmsg msg;
        assert_int_equal(cohort_read(STR("482156"), str_from(rows[i]), arena, &c, &msg),
                         ERR_INVALID);
        assert_non_null(strstr(msg.text, "482156"));
        assert_int_equal(c.code, 7);
    }
    char line[COHORT_MAX_BYTES + 2] = "name=A;";
    struct cohort c;
    struct errmsg msg;
    memset(line + 7, ';', COHORT_MAX_BYTES - 7);
    struct str at = {line, COHORT_MAX_BYTES}, past = {line, COHORT_MAX_BYTES + 1};
    line[COHORT_MAX_BYTES] = ';';
    assert_int_equal(cohort_read(STR("482156"), at, arena, &c, &msg), ERR_OK);
    assert_int_equal(cohort_read(STR("482156"), past, arena, &c, &msg), ERR_INVALID);
    assert_int_equal(cohort_read(STR("482157"), STR("name=A"), arena, &c, &msg), ERR_INVALID);
}

static void a_group_is_found_by_its_code(void **state)
{
    (void)state;
    struct cohort list[50];
    struct cohorts cohorts = {list, 50};
    for (uint32_t i = 0; i < 50; i++)
        list[i] = (struct cohort){.code = 100000 + i * 10};
    for (uint32_t i = 0; i < 50; i++) {
        assert_ptr_equal(cohorts_find(&cohorts, list[i].code), &list[i]);
        assert_null(cohorts_find(&cohorts, list[i].code + 1));
    }
    assert_null(cohorts_find(NULL, 100000));
    assert_null(cohorts_find(&cohorts, 99999));
}

static void on_put(void *ctx, enum err e)
{
    (void)ctx; /* nobody waits for it */
    assert_int_equal(e, ERR_OK);
}

/* In whatever order the store has them; and what comes later is known at the next look. */
static void groups_of_the_store_are_found(void **state)
{
    (void)state;
    struct loop *loop = loop_mem_new((struct wall_ms){1736143200000});
    struct store *store = store_mem_new(loop);
    struct cohort_set *set = cohort_set_new(loop, store);
    char code[8];
    uint32_t codes[24];
    cohort_set_start(set);
    loop_mem_settle(loop);
    assert_true(cohort_set_is_known(set));
    for (uint32_t i = 0; i < ARRAY_LEN(codes); i++) {
        const uint8_t chance[8] = {(uint8_t)(i * 89 + 7), (uint8_t)(i * 151), (uint8_t)(i * 37), 3};
        codes[i] = cohort_code_make(chance);
        (void)snprintf(code, sizeof(code), "%u", codes[i]);
        store_board_put(store, STORE_BOARD_COHORTS, str_from(code), STR("name=A;zone=UTC"), on_put,
                        NULL);
    }
    loop_mem_settle(loop);
    assert_null(cohorts_find(cohort_set_cohorts(set), codes[0]));
    loop_mem_advance(loop, COHORT_SET_LOOK_MS);
    for (uint32_t i = 0; i < ARRAY_LEN(codes); i++)
        assert_non_null(cohorts_find(cohort_set_cohorts(set), codes[i]));
    store_free(store);
    cohort_set_free(set);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_the_store_are_found),
        cmocka_unit_test(a_code_checks_itself),
        cmocka_unit_test(no_slip_of_a_finger_is_another_code),
        cmocka_unit_test(a_description_is_read),
        cmocka_unit_test(what_cannot_be_is_refused_with_its_place),
        cmocka_unit_test(a_group_is_found_by_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
