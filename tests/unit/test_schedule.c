#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "port/zone.h"

static struct zone zone_of(const char *name)
{
    struct zone zone;
    if (zone_load(str_from(name), &zone) != ERR_OK)
        fail_msg("tzdata has no %s", name);
    return zone;
}

/* "2025-03-30 18:00" of the zone; the date only by counting days from the first. */
static int64_t at(const struct zone *zone, int year, int month, int day, int hour, int minute)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t days = (year - 1970) * 365 + (year - 1969) / 4 + before[month - 1] + day - 1;
    if (year % 4 == 0 && month > 2)
        days++;
    return zone_utc_ms(zone, days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS);
}

/* What tzdata says, checked against what everybody knows. */
static void zones_are_those_of_tzdata(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t utc_s;
        int32_t offset_min;
    } rows[] = {
        {"Africa/Nairobi", 1736143200, 180},    {"UTC", 1736143200, 0},
        {"Europe/Berlin", 1743296399, 60},      {"Europe/Berlin", 1743296400, 120},
        {"Europe/Berlin", 1761440399, 120},     {"Europe/Berlin", 1761440400, 60},
        {"America/New_York", 1762063200, -300}, {"Asia/Kathmandu", 1736143200, 345},
        {"Europe/Berlin", 2537395200, 120}, /* in 2050, by the rule */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct zone zone = zone_of(rows[i].zone);
        int64_t ms = rows[i].utc_s * 1000;
        if (zone_local_ms(&zone, ms) - ms != rows[i].offset_min * MINUTE_MS)
            fail_msg("row %zu: %lld", i, (long long)(zone_local_ms(&zone, ms) - ms) / MINUTE_MS);
    }
    struct zone zone, nairobi = zone_of("Africa/Nairobi");
    assert_int_equal(zone_load(STR("Africa/Atlantis"), &zone), ERR_NOT_FOUND);
    assert_int_equal(zone_load(STR("../passwd"), &zone), ERR_NOT_FOUND);
    assert_int_equal(zone_load(STR(""), &zone), ERR_NOT_FOUND);
    assert_int_equal(zone_load_country(STR("KE"), &zone), ERR_OK);
    assert_memory_equal(&zone, &nairobi, sizeof(zone));
    assert_int_equal(zone_load_country(STR("XX"), &zone), ERR_NOT_FOUND);
}

static void a_local_time_that_is_twice_or_not_at_all_is_found(void **state)
{
    (void)state;
    struct zone berlin = zone_of("Europe/Berlin");
    /* 02:30 on the day that begins summer time is as late as 03:30; in autumn it is the first. */
    assert_int_equal(at(&berlin, 2025, 3, 30, 2, 30), INT64_C(1743298200000));
    assert_int_equal(at(&berlin, 2025, 10, 26, 2, 30), INT64_C(1761438600000));
    assert_int_equal(at(&berlin, 2025, 3, 30, 3, 30), INT64_C(1743298200000));
    assert_int_equal(at(&berlin, 2025, 3, 30, 1, 30), INT64_C(1743294600000));
    assert_int_equal(at(&berlin, 2025, 10, 26, 3, 30), INT64_C(1761445800000));
}

static void a_slot_keeps_its_local_time_over_both_changes(void **state)
{
    (void)state;
    struct zone berlin = zone_of("Europe/Berlin");
    static const struct {
        int month, day;
    } saturdays[] = {{3, 29}, {10, 25}};
    for (size_t i = 0; i < 2; i++) {
        struct schedule s = {
            .zone = &berlin, .slot = SCHEDULE_EVENING, .quiet_from_min = -1, .quiet_to_min = -1};
        int64_t from = at(&berlin, 2025, saturdays[i].month, saturdays[i].day, 19, 0);
        int64_t next = schedule_next_ms(&s, from);
        assert_int_equal(next, at(&berlin, 2025, saturdays[i].month, saturdays[i].day + 1, 18, 0));
        assert_int_equal(next - from, i == 0 ? 22 * HOUR_MS : 24 * HOUR_MS);
    }
}

static void days_off_and_rests_are_passed_over(void **state)
{
    (void)state;
    struct zone cairo = zone_of("Africa/Cairo");
    struct schedule s = {.zone = &cairo,
                         .slot = SCHEDULE_MORNING,
                         .days_off = 1 << 5,
                         .quiet_from_min = -1,
                         .quiet_to_min = -1};
    /* Thursday 6 March 2025, 10:00: tomorrow is off. */
    assert_int_equal(schedule_next_ms(&s, at(&cairo, 2025, 3, 6, 10, 0)),
                     at(&cairo, 2025, 3, 8, 9, 0));
    struct schedule_rest ramadan = {20148, 20177}; /* 1 to 30 March */
    s.rests = &ramadan;
    s.n_rests = 1;
    assert_ptr_equal(schedule_rest_at(&s, at(&cairo, 2025, 3, 1, 0, 0)), &ramadan);
    assert_ptr_equal(schedule_rest_at(&s, at(&cairo, 2025, 3, 30, 23, 59)), &ramadan);
    assert_null(schedule_rest_at(&s, at(&cairo, 2025, 2, 28, 23, 59)));
    assert_int_equal(schedule_next_ms(&s, at(&cairo, 2025, 3, 6, 10, 0)),
                     at(&cairo, 2025, 3, 31, 9, 0));
    assert_false(schedule_is_now(&s, at(&cairo, 2025, 3, 30, 9, 10)));
    assert_true(schedule_is_now(&s, at(&cairo, 2025, 3, 31, 9, 10)));
    assert_int_equal(schedule_next_ms(&s, at(&cairo, 2025, 2, 27, 9, 0)),
                     at(&cairo, 2025, 2, 27, 9, 0));
    ramadan.to_day = INT64_MAX;
    assert_int_equal(schedule_next_ms(&s, at(&cairo, 2025, 3, 6, 10, 0)), INT64_MAX);
    s.n_rests = 0;
    s.days_off = 0x7f; /* nobody means never */
    assert_int_equal(schedule_next_ms(&s, at(&cairo, 2025, 3, 6, 10, 0)),
                     at(&cairo, 2025, 3, 7, 9, 0));
}

/* All zones, slots and spreads: a slot never touches the night, and is over when it was missed. */
static void no_slot_is_at_night(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Africa/Nairobi", "Europe/Berlin", "America/Santiago",  "Australia/Lord_Howe",
        "Asia/Kathmandu", "Pacific/Apia",  "Africa/Casablanca", "UTC"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct zone zone = zone_of(names[i]);
        struct schedule s = {
            .zone = &zone, .days_off = 1, .quiet_from_min = -1, .quiet_to_min = -1};
        int64_t ms = INT64_C(1735700000000);
        for (uint32_t k = 0; k < 3000; k++) {
            s.slot = (enum schedule_slot)(k % N_SCHEDULE_SLOTS);
            s.spread = k * 2654435761u;
            int64_t slot = schedule_next_ms(&s, ms), last = slot + SCHEDULE_LATE_MS - 1;
            int64_t of_day = zone_local_ms(&zone, slot) % DAY_MS;
            int64_t end_of_day = zone_local_ms(&zone, last) % DAY_MS;
            assert_true(of_day >= schedule_slot_minute(&s) * MINUTE_MS &&
                        end_of_day < 20 * HOUR_MS);
            assert_true(schedule_is_now(&s, slot) && schedule_is_now(&s, last));
            assert_false(schedule_is_now(&s, slot - 1) || schedule_is_now(&s, last + 1));
            assert_true(schedule_evening_ms(&s, slot) > last);
            assert_int_not_equal(schedule_date(&s, slot).weekday, 0);
            ms += 7 * HOUR_MS + k;
        }
    }
}

static void a_group_has_quiet_hours_of_its_own(void **state)
{
    (void)state;
    static const struct {
        enum schedule_slot slot;
        int32_t from, to, minute;
    } rows[] = {
        {SCHEDULE_MORNING, -1, -1, 540},    {SCHEDULE_MORNING, 1200, 480, 540},
        {SCHEDULE_MORNING, 1200, 600, 600}, {SCHEDULE_EVENING, 1080, 480, 960},
        {SCHEDULE_MIDDAY, 720, 840, 840},   {SCHEDULE_EVENING, 1000, 1200, 885},
        {SCHEDULE_EVENING, 0, 1439, 1080}, /* no room at all */
        {SCHEDULE_MIDDAY, 720, 720, 750},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct schedule s = {
            .slot = rows[i].slot, .quiet_from_min = rows[i].from, .quiet_to_min = rows[i].to};
        if (schedule_slot_minute(&s) != rows[i].minute)
            fail_msg("row %zu: %d", i, schedule_slot_minute(&s));
    }
}

static void dates_are_those_of_the_calendar(void **state)
{
    (void)state;
    static const struct {
        int64_t day;
        struct schedule_date date;
    } rows[] = {{0, {4, 1, 1, 1970}},      {-1, {3, 31, 12, 1969}},  {20089, {3, 1, 1, 2025}},
                {19782, {4, 29, 2, 2024}}, {19783, {5, 1, 3, 2024}}, {20453, {3, 31, 12, 2025}}};
    struct schedule s = {.zone = NULL, .quiet_from_min = -1, .quiet_to_min = -1};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct schedule_date date = schedule_date(&s, rows[i].day * DAY_MS + 5);
        const struct schedule_date *want = &rows[i].date;
        if (date.weekday != want->weekday || date.day != want->day || date.month != want->month ||
            date.year != want->year)
            fail_msg("row %zu: %u %u %u", i, date.weekday, date.day, date.month);
    }
}

/* Beside the slots: by day, on no day off and in no rest, outside the hours that a group wants
 * quiet. */
static void what_is_no_slot_keeps_to_the_day_as_well(void **state)
{
    (void)state;
    static const struct {
        int day, hour, minute;
        int32_t from, to;
        bool is_free;
    } rows[] = {
        {6, 7, 59, -1, -1, false},
        {6, 8, 0, -1, -1, true},
        {6, 19, 59, -1, -1, true},
        {6, 20, 0, -1, -1, false},
        {6, 2, 0, -1, -1, false},
        {5, 12, 0, -1, -1, false}, /* Sunday */
        {7, 12, 0, -1, -1, false}, /* rest */
        {6, 12, 59, 12 * 60, 13 * 60, false},
        {6, 13, 0, 12 * 60, 13 * 60, true},
        {6, 8, 30, 19 * 60, 9 * 60, false},
        {6, 9, 0, 19 * 60, 9 * 60, true},
        {6, 19, 0, 19 * 60, 9 * 60, false},
    };
    struct zone nairobi = zone_of("Africa/Nairobi");
    struct schedule s = {.zone = &nairobi, .days_off = 1};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = at(&nairobi, 2025, 1, rows[i].day, rows[i].hour, rows[i].minute);
        struct schedule_rest rest = {schedule_day(&s, at(&nairobi, 2025, 1, 7, 0, 0)),
                                     schedule_day(&s, at(&nairobi, 2025, 1, 7, 0, 0))};
        s.rests = &rest;
        s.n_rests = 1;
        s.quiet_from_min = rows[i].from;
        s.quiet_to_min = rows[i].to;
        if (schedule_is_free(&s, ms) != rows[i].is_free)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_those_of_tzdata),
        cmocka_unit_test(a_local_time_that_is_twice_or_not_at_all_is_found),
        cmocka_unit_test(a_slot_keeps_its_local_time_over_both_changes),
        cmocka_unit_test(days_off_and_rests_are_passed_over),
        cmocka_unit_test(what_is_no_slot_keeps_to_the_day_as_well),
        cmocka_unit_test(no_slot_is_at_night),
        cmocka_unit_test(a_group_has_quiet_hours_of_its_own),
        cmocka_unit_test(dates_are_those_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
