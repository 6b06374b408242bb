#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "profile/eval.h"
#include "profile/profile.h"
#include "profile/time.h"

struct time_case {
    const char *text, *pattern;
    struct time_zone zone;
    const char *utc; /* NULL: ERR_INVALID */
};

static void expect(const struct time_case *c)
{
    struct time_zone zone = c->zone;
    struct wall_ms at = {77};
    char got[RFC3339_BYTES];
    enum err e = c->pattern == NULL
                     ? time_parse_auto(str_from(c->text), zone, &at)
                     : time_parse(str_from(c->text), str_from(c->pattern), zone, &at);
    clock_format_rfc3339(at, got);
    if (c->utc == NULL ? e == ERR_OK : e != ERR_OK || strcmp(got, c->utc) != 0)
        fail_msg("\"%s\" as %s: got %s", c->text, c->pattern != NULL ? c->pattern : "any",
                 e == ERR_OK ? got : "an error");
}

static void test_any_form(void **state)
{
    (void)state;
    static const struct time_case cases[] = {
        {"2024-05-03T06:04:45Z", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03T06:04:45.123456+00:00", NULL, {0, 0}, "2024-05-03T06:04:45.123Z"},
        {"2024-10-06T09:28:39.220+0000", NULL, {0, 0}, "2024-10-06T09:28:39.220Z"},
        {"2024-05-03T12:04:45.000+06:00", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 06:04:45", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 09:04:45", NULL, {180, 180}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 11:34:45", NULL, {330, 330}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 11:34:45", NULL, {330, 330}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 06:04:45 +0300", NULL, {0, 0}, "2024-05-03T03:04:45.000Z"},
        {"2024-05-03T14:04:45 08:00", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03T14:04:45 8", NULL, {0, 0}, NULL},
        {"20240503T060445", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"20240503060445", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03 06:04", NULL, {0, 0}, "2024-05-03T06:04:00.000Z"},
        {"1714716285", NULL, {180, 180}, "2024-05-03T06:04:45.000Z"},
        {"1716794364855", NULL, {0, 0}, "2024-05-27T07:19:24.855Z"},
        {" 1714716285 ", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"2024-06-29T03:21:19.524331882Z", NULL, {0, 0}, "2024-06-29T03:21:19.524Z"},
        {"2024-02-29T23:59:60Z", NULL, {0, 0}, "2024-03-01T00:00:00.000Z"},
        {"2024-10-26", NULL, {0, 0}, NULL},
        {"20240418", NULL, {0, 0}, NULL},
        {"2024-05-03T20:04:45+14:00", NULL, {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"2024-05-03T06:04:45+15:00", NULL, {0, 0}, NULL},
        {"2024-05-03T06:04:45+02:60", NULL, {0, 0}, NULL},
        {"2024-05-03T06:04:45+", NULL, {0, 0}, NULL},
        {"2024-13-01T00:00:00Z", NULL, {0, 0}, NULL},
        {"2024-00-01T00:00:00Z", NULL, {0, 0}, NULL},
        {"2024-01-32T00:00:00Z", NULL, {0, 0}, NULL},
        {"2024-01-01T25:00:00Z", NULL, {0, 0}, NULL},
        {"2024-01-01T00:00:00Zx", NULL, {0, 0}, NULL},
        {"2024-01-01T00:00:00+3", NULL, {0, 0}, NULL},
        {"2024-05-03T06:04:+03:00", NULL, {0, 0}, NULL},
        {"20240503T0604+0300", NULL, {0, 0}, "2024-05-03T03:04:00.000Z"},
        {"20240503T0604Z", NULL, {0, 0}, "2024-05-03T06:04:00.000Z"},
        {"20240503T06045", NULL, {0, 0}, NULL},
        {"", NULL, {0, 0}, NULL},
        {"now", NULL, {0, 0}, NULL},
        {"99999999999", NULL, {0, 0}, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i]);
}

static void test_patterns(void **state)
{
    (void)state;
    static const char js[] = "%a %b %d %Y %H:%M:%S GMT%z*";
    static const struct time_case cases[] = {
        {"2024.05.03 06:04:45", "%Y.%m.%d %H:%M:%S", {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"Fri Nov 22 2024 12:12:13 GMT+0000 (UTC)", js, {0, 0}, "2024-11-22T12:12:13.000Z"},
        {"Fri Nov 22 2024 12:12:13 GMT+0800 (PST)", js, {0, 0}, "2024-11-22T04:12:13.000Z"},
        {"2024-05-0314:04:45", "%Y-%m-%d%H:%M:%S", {480, 480}, "2024-05-03T06:04:45.000Z"},
        {"03/05/24 06:04", "%d/%m/%y %H:%M", {0, 0}, "2024-05-03T06:04:00.000Z"},
        {"at 1714716285", "at %s", {0, 0}, "2024-05-03T06:04:45.000Z"},
        {"100% 2024-05-03", "100%% %Y-%m-%d", {0, 0}, "2024-05-03T00:00:00.000Z"},
        {"2024.05.03", "%Y.%m.%d %H:%M:%S", {0, 0}, NULL},
        {"2024/05/03 06:04:45", "%Y.%m.%d %H:%M:%S", {0, 0}, NULL},
        {"20240503 06:04:45", "%Y.%m.%d %H:%M:%S", {0, 0}, NULL},
        {"2024.05.03 06:04:45 x", "%Y.%m.%d %H:%M:%S", {0, 0}, NULL},
        {"Fri Foo 22 2024 12:12:13 GMT+0000", js, {0, 0}, NULL},
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
        {"2024-03-31 00:59:59", NULL, {0, 60}, "2024-03-31T00:59:59.000Z"},
        {"2024-03-31 02:00:00", NULL, {0, 60}, "2024-03-31T01:00:00.000Z"},
        {"2024-07-01 12:00:00", NULL, {120, 180}, "2024-07-01T09:00:00.000Z"},
        {"2024-12-01 12:00:00", NULL, {120, 180}, "2024-12-01T10:00:00.000Z"},
        {"2024-10-27 02:59:59", NULL, {60, 120}, "2024-10-27T01:59:59.000Z"},
        {"2024-10-27 01:59:59", NULL, {60, 120}, "2024-10-26T23:59:59.000Z"},
        {"2025-03-30 03:00:00", NULL, {60, 120}, "2025-03-30T01:00:00.000Z"},
        {"2025-10-26 04:00:00", NULL, {60, 120}, "2025-10-26T03:00:00.000Z"},
        {"2026-03-29 01:59:59", NULL, {60, 120}, "2026-03-29T00:59:59.000Z"},
        {"2023-12-31 23:59:59", NULL, {60, 120}, "2023-12-31T22:59:59.000Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i]);
}

static void test_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t minutes; /* 1: ERR_INVALID */
    } cases[] = {
        {"+03:00", 180}, {"-0430", -270}, {"+14:00", 840}, {"+15:00", 1},         {"+03:60", 1},
        {"03:00", 1},    {"+3:00", 1},    {"", 1},         {"Africa/Nairobi", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int32_t minutes = 1;
        enum err e = zone_parse_offset(str_from(cases[i].text), &minutes);
        if (minutes != cases[i].minutes || e != (minutes != 1 ? ERR_OK : ERR_INVALID))
            fail_msg("%s: %d", cases[i].text, minutes);
    }
}

static void test_format(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *pattern;
        struct time_zone zone;
        const char *text;
    } cases[] = {
        {1523471070000, "%Y%m%d%H%M%S", {0, 0}, "20180411182430"},
        {1523471070000, "%d/%m/%Y", {0, 0}, "11/04/2018"},
        {1714716285000, "%Y-%m-%dT%H:%M:%S%z", {180, 180}, "2024-05-03T09:04:45+03:00"},
        {1714716285000, "%s 100%%", {0, 0}, "1714716285 100%"},
        {1714716285000, "100%", {0, 0}, "100%"},
        {1714716285000, "%y%%%Q", {0, 0}, "y%Q"},
        {1709251199000, "%d.%m.%Y", {0, 0}, "29.02.2024"},
        {951782400000, "%Y-%m-%d", {0, 0}, "2000-02-29"},
        {4107542400000, "%Y-%m-%d", {0, 0}, "2100-03-01"},
        {0, "%Y-%m-%d %H", {-60, -60}, "1969-12-31 23"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out;
        buf_init(&out, 128);
        time_format((struct wall_ms){cases[i].ms}, str_from(cases[i].pattern), cases[i].zone, &out);
        assert_string_equal(out.p, cases[i].text);
        buf_fini(&out);
    }
}

/* In a profile, the first pattern that fits says the time: those behind it do not undo it.
 * `present` asks whether something is there; 'present' is what a provider writes. */
static void test_in_a_profile(void **state)
{
    (void)state;
    static const char rules[] = "profile: t\ntitle: T\nsource: s\nmessages:\n  - kind: sms\n    "
                                "when: {query w: 'present'}\n"
                                "    from: {in: query n, number: digits}\n    text: query t\n"
                                "    time: {in: query d, zone: '+00:00', bad: reject,\n"
                                "           format: ['%Y-%m-%d %H:%M', '%d.%m.%Y %H:%M']}\n";
    static const struct {
        const char *query;
        bool is_taken;
    } cases[] = {
        {"w=present&n=254700000101&t=x&d=2025-01-06+06:00", true},
        {"w=present&n=254700000101&t=x&d=06.01.2025+06:00", true},
        {"w=present&n=254700000101&t=x&d=6+Jan", false},
        {"w=other&n=254700000101&t=x&d=2025-01-06+06:00", false},
    };
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    struct profile *profile = NULL;
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 4096);
    if (profile_parse(str_from(rules), STR("t"), &profile, &errors) != ERR_OK)
        fail_msg("%s", buf_str(&errors).p);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct inbound_batch batch;
        struct decode_context context = {.rest = STR(""), .peer = STR("::1")};
        struct http_request request = {.method = STR("GET"),
                                       .target = STR("/in/t"),
                                       .path = STR("/in/t"),
                                       .query = str_from(cases[i].query),
                                       .body = STR("")};
        assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
        bool is_taken = batch.n_items == 1 && batch.items[0].outcome == INBOUND_ACCEPT &&
                        batch.items[0].at.ms == 1736143200000;
        if (is_taken != cases[i].is_taken)
            fail_msg("%s: at %lld", cases[i].query, (long long)batch.items[0].at.ms);
    }
    profile_free(profile);
}

/* Regular expressions, T21: what takes too long to find out is no match, although the last letter
 * would be one. */
static void test_expressions_have_limits(void **state)
{
    (void)state;
    assert_true(pattern_match_text(STR("(a+)+$"), STR("aaaa!a")));
    assert_false(pattern_match_text(STR("(a+)+$"), STR("aaaaaaaaaaaaaaaaaaaa!a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_form),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_summer_time),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_in_a_profile),
        cmocka_unit_test(test_expressions_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
