#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "profile/time.h"

struct time_case {
    const char *text, *pattern, *zone;
    const char *utc; /* NULL: ERR_INVALID */
};

static void expect(const struct time_case *c)
{
    struct zone zone;
    struct wall_ms at = {77};
    char got[RFC3339_BYTES];
    assert_int_equal(zone_parse(str_from(c->zone), &zone), ERR_OK);
    enum err e = c->pattern == NULL
                     ? time_parse_auto(str_from(c->text), zone, &at)
                     : time_parse(str_from(c->text), str_from(c->pattern), zone, &at);
    clock_format_rfc3339(at, got);
    if (c->utc == NULL ? e == ERR_OK : e != ERR_OK || strcmp(got, c->utc) != 0)
        fail_msg("\"%s\" as %s in %s: got %s", c->text, c->pattern != NULL ? c->pattern : "any",
                 c->zone, e == ERR_OK ? got : "an error");
}

static void test_any_form(void **state)
{
    (void)state;
    static const struct time_case cases[] = {
        {"2024-05-03T06:04:45Z", NULL, "UTC", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03T06:04:45.123456+00:00", NULL, "UTC", "2024-05-03T06:04:45.123Z"},
        {"2024-10-06T09:28:39.220+0000", NULL, "UTC", "2024-10-06T09:28:39.220Z"},
        {"2024-05-03T12:04:45.000+06:00", NULL, "UTC", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 06:04:45", NULL, "UTC", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 09:04:45", NULL, "Africa/Nairobi", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 11:34:45", NULL, "Asia/Kolkata", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 11:34:45", NULL, "+05:30", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 06:04:45 +0300", NULL, "UTC", "2024-05-03T03:04:45.000Z"},
        {"2024-05-03T14:04:45 08:00", NULL, "UTC", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03T14:04:45 8", NULL, "UTC", NULL},
        {"20240503T060445", NULL, "UTC", "2024-05-03T06:04:45.000Z"},
        {"20240503060445", NULL, "UTC", "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 06:04", NULL, "UTC", "2024-05-03T06:04:00.000Z"},
        {"1714716285", NULL, "Africa/Nairobi", "2024-05-03T06:04:45.000Z"},
        {"1716794364855", NULL, "UTC", "2024-05-27T07:19:24.855Z"},
        {" 1714716285 ", NULL, "UTC", "2024-05-03T06:04:45.000Z"},
        {"2024-06-29T03:21:19.524331882Z", NULL, "UTC", "2024-06-29T03:21:19.524Z"},
        {"2024-02-29T23:59:60Z", NULL, "UTC", "2024-03-01T00:00:00.000Z"},
        {"2024-10-26", NULL, "UTC", NULL},
        {"20240418", NULL, "UTC", NULL},
        {"2024-13-01T00:00:00Z", NULL, "UTC", NULL},
        {"2024-00-01T00:00:00Z", NULL, "UTC", NULL},
        {"2024-01-32T00:00:00Z", NULL, "UTC", NULL},
        {"2024-01-01T25:00:00Z", NULL, "UTC", NULL},
        {"2024-01-01T00:00:00Zx", NULL, "UTC", NULL},
        {"2024-01-01T00:00:00+3", NULL, "UTC", NULL},
        {"", NULL, "UTC", NULL},
        {"now", NULL, "UTC", NULL},
        {"99999999999", NULL, "UTC", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i]);
}

static void test_patterns(void **state)
{
    (void)state;
    static const char js[] = "%a %b %d %Y %H:%M:%S GMT%z*";
    static const struct time_case cases[] = {
        {"2024.05.03 06:04:45", "%Y.%m.%d %H:%M:%S", "UTC", "2024-05-03T06:04:45.000Z"},
        {"Fri Nov 22 2024 12:12:13 GMT+0000 (UTC)", js, "UTC", "2024-11-22T12:12:13.000Z"},
        {"Fri Nov 22 2024 12:12:13 GMT+0800 (PST)", js, "UTC", "2024-11-22T04:12:13.000Z"},
        {"2024-05-0314:04:45", "%Y-%m-%d%H:%M:%S", "Asia/Kuala_Lumpur", "2024-05-03T06:04:45.000Z"},
        {"03/05/24 06:04", "%d/%m/%y %H:%M", "UTC", "2024-05-03T06:04:00.000Z"},
        {"at 1714716285", "at %s", "UTC", "2024-05-03T06:04:45.000Z"},
        {"100% 2024-05-03", "100%% %Y-%m-%d", "UTC", "2024-05-03T00:00:00.000Z"},
        {"2024.05.03", "%Y.%m.%d %H:%M:%S", "UTC", NULL},
        {"2024.05.03 06:04:45 x", "%Y.%m.%d %H:%M:%S", "UTC", NULL},
        {"Fri Foo 22 2024 12:12:13 GMT+0000", js, "UTC", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i]);
    assert_int_equal(time_check_pattern(STR("%Y-%m-%d %H:%M:%S%z%%")), ERR_OK);
    assert_int_equal(time_check_pattern(STR("%Q")), ERR_INVALID);
    assert_int_equal(time_check_pattern(STR("%")), ERR_INVALID);
}

static void test_summer_time(void **state)
{
    (void)state;
    static const struct time_case cases[] = {
        {"2024-03-31 00:59:59", NULL, "Europe/London", "2024-03-31T00:59:59.000Z"},
        {"2024-03-31 02:00:00", NULL, "Europe/London", "2024-03-31T01:00:00.000Z"},
        {"2024-07-01 12:00:00", NULL, "Europe/Athens", "2024-07-01T09:00:00.000Z"},
        {"2024-12-01 12:00:00", NULL, "Europe/Athens", "2024-12-01T10:00:00.000Z"},
        {"2024-10-27 04:00:00", NULL, "Europe/Athens", "2024-10-27T02:00:00.000Z"},
        {"2024-03-10 03:00:00", NULL, "America/New_York", "2024-03-10T07:00:00.000Z"},
        {"2024-03-10 01:59:59", NULL, "America/New_York", "2024-03-10T06:59:59.000Z"},
        {"2024-11-03 12:00:00", NULL, "America/New_York", "2024-11-03T17:00:00.000Z"},
        {"2024-07-01 12:00:00", NULL, "Europe/Istanbul", "2024-07-01T09:00:00.000Z"},
    };
    struct zone zone;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i]);
    assert_int_equal(zone_parse(STR("Mars/Olympus"), &zone), ERR_NOT_FOUND);
    assert_int_equal(zone_parse(STR("+15:00"), &zone), ERR_NOT_FOUND);
    assert_int_equal(zone_parse(STR(""), &zone), ERR_NOT_FOUND);
}

static void test_format(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *pattern, *zone, *text;
    } cases[] = {
        {1523471070000, "%Y%m%d%H%M%S", "UTC", "20180411182430"},
        {1523471070000, "%d/%m/%Y", "UTC", "11/04/2018"},
        {1714716285000, "%Y-%m-%dT%H:%M:%S%z", "Africa/Nairobi", "2024-05-03T09:04:45+03:00"},
        {1714716285000, "%s 100%%", "UTC", "1714716285 100%"},
        {1709251199000, "%d.%m.%Y", "UTC", "29.02.2024"},
        {951782400000, "%Y-%m-%d", "UTC", "2000-02-29"},
        {4107542400000, "%Y-%m-%d", "UTC", "2100-03-01"},
        {0, "%Y-%m-%d %H", "-01:00", "1969-12-31 23"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct zone zone;
        struct buf out;
        buf_init(&out, 128);
        assert_int_equal(zone_parse(str_from(cases[i].zone), &zone), ERR_OK);
        time_format((struct wall_ms){cases[i].ms}, str_from(cases[i].pattern), zone, &out);
        assert_string_equal(out.p, cases[i].text);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_form),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_summer_time),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
