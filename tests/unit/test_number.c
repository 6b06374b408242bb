#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/number.h"
#include "core/number_table.h"

#define PLUS NUMBER_FORM_PLUS
#define DIGITS NUMBER_FORM_DIGITS
#define ZEROS NUMBER_FORM_00
#define NATIONAL NUMBER_FORM_NATIONAL
#define ANY NUMBER_FORM_ANY
#define OPAQUE NUMBER_FORM_OPAQUE

struct parse_case {
    const char *text;
    enum number_form form;
    const char *home;
    const char *e164; /* NULL: ERR_INVALID */
    const char *country;
};

static void expect_parsed(const struct parse_case *c)
{
    struct number untouched;
    memset(&untouched, 0x5a, sizeof(untouched));
    struct number number = untouched;
    enum err e = number_parse(str_from(c->text), c->form, str_from(c->home), &number);
    if (c->e164 == NULL) {
        if (e != ERR_INVALID)
            fail_msg("\"%s\" from %s: taken for %s", c->text, c->home, number.e164);
        assert_memory_equal(&number, &untouched, sizeof(number));
        return;
    }
    if (e != ERR_OK)
        fail_msg("\"%s\" from %s: refused", c->text, c->home);
    if (strcmp(number.e164, c->e164) != 0 || strcmp(number.country, c->country) != 0)
        fail_msg("\"%s\" from %s: found %s %s", c->text, c->home, number.e164, number.country);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        /* one person, however the number is written */
        {"+254700000101", PLUS, "", "+254700000101", "KE"},
        {"254700000101", DIGITS, "", "+254700000101", "KE"},
        {"00254700000101", ZEROS, "", "+254700000101", "KE"},
        {"0700000101", NATIONAL, "KE", "+254700000101", "KE"},
        {"700000101", NATIONAL, "KE", "+254700000101", "KE"},
        {"tel:+254700000101", PLUS, "", "+254700000101", "KE"},
        {"TEL:254700000101", DIGITS, "", "+254700000101", "KE"},
        {"tel:+254700000101;phone-context=x", PLUS, "", "+254700000101", "KE"},
        {"tel:+254-70-0000101;ext=1;x=2", PLUS, "", "+254700000101", "KE"},
        {" 254700000101", PLUS, "", "+254700000101", "KE"}, /* + decoded to a blank */
        {"254 700 000101", PLUS, "", "+254700000101", "KE"},
        {" 254 700 000101", ANY, "UG", "+254700000101", "KE"},
        {"+254 (0)700 000-101", PLUS, "", "+254700000101", "KE"},
        {"+254.700.000.101", PLUS, "", "+254700000101", "KE"},
        {"(0700) 000/101", NATIONAL, "KE", "+254700000101", "KE"},
        {"+2540700000101", PLUS, "", "+254700000101", "KE"},
        {"\t+254700000101\r\n", PLUS, "", "+254700000101", "KE"},
        /* a channel that promises one form and sends another */
        {"254700000101", PLUS, "", "+254700000101", "KE"},
        {"+254700000101", DIGITS, "", "+254700000101", "KE"},
        {"00254700000101", DIGITS, "", "+254700000101", "KE"},
        {"0700000101", DIGITS, "KE", "+254700000101", "KE"},
        {"+254700000101", NATIONAL, "TZ", "+254700000101", "KE"},
        {"00254700000101", NATIONAL, "TZ", "+254700000101", "KE"},
        {"254700000101", NATIONAL, "KE", "+254700000101", "KE"},
        {"0700000101", ANY, "KE", "+254700000101", "KE"},
        {"700000101", ANY, "KE", "+254700000101", "KE"},
        {"254700000101", ANY, "KE", "+254700000101", "KE"},
        {"254700000101", ANY, "", "+254700000101", "KE"},
        {"447700900101", ANY, "KE", "+447700900101", "GB"},
        {"2065550177", ANY, "US", "+12065550177", "US"}, /* not Egypt */
        /* no country, no national number */
        {"0700000101", NATIONAL, "", NULL, NULL},
        {"0700000101", NATIONAL, "XX", NULL, NULL},
        {"0700000101", DIGITS, "", NULL, NULL},
        {"700000101", DIGITS, "KE", NULL, NULL}, /* digits without a 0 promise a calling code */
        /* numbers from providers' examples */
        {"+447700900101", PLUS, "", "+447700900101", "GB"},
        {"+385950000101", PLUS, "", "+385950000101", "HR"},
        {"+2349060000101", PLUS, "", "+2349060000101", "NG"},
        {"+254700000001", PLUS, "", "+254700000001", "KE"},
        {"+68670000228", PLUS, "", "+68670000228", "KI"}, /* short, but whole */
        {"68670000228", DIGITS, "", "+68670000228", "KI"},
        {"+2250500000101", PLUS, "", "+2250500000101", "CI"},
        {"+242066000101", PLUS, "", "+242066000101", "CG"},
        {"+12065550177", PLUS, "", "+12065550177", "US"},
        {"+61491570101", PLUS, "", "+61491570101", "AU"},
        {"+9779800000101", PLUS, "", "+9779800000101", "NP"},
        {"+5562988000101", PLUS, "", "+5562988000101", "BR"},
        {"+881612345678", PLUS, "", "+881612345678", ""}, /* satellite phone */
        /* +1 and +7 */
        {"+18760000101", PLUS, "", "+18760000101", "JM"},
        {"+14165550100", PLUS, "", "+14165550100", "CA"},
        {"+18005550100", PLUS, "", "+18005550100", "US"},
        {"(206) 555-0177", NATIONAL, "US", "+12065550177", "US"},
        {"1 206 555 0177", NATIONAL, "US", "+12065550177", "US"},
        {"8765550100", NATIONAL, "JM", "+18765550100", "JM"},
        {"+11165550100", PLUS, "", NULL, NULL}, /* no area code begins with 1 */
        {"+1206555017", PLUS, "", NULL, NULL},
        {"+79270000101", PLUS, "", "+79270000101", "RU"},
        {"8 927 000-01-01", NATIONAL, "RU", "+79270000101", "RU"},
        {"9270000101", NATIONAL, "RU", "+79270000101", "RU"},
        {"8000000101", NATIONAL, "RU", "+78000000101", "RU"}, /* 8 is part of this one */
        {"+77010000101", PLUS, "", "+77010000101", "KZ"},
        {"87010000101", NATIONAL, "KZ", "+77010000101", "KZ"},
        /* other trunk prefixes, and countries where the 0 belongs to the number */
        {"06201234567", NATIONAL, "HU", "+36201234567", "HU"},
        {"8029 491-19-11", NATIONAL, "BY", "+375294911911", "BY"},
        {"0500000101", NATIONAL, "CI", "+2250500000101", "CI"},
        {"066000101", NATIONAL, "CG", "+242066000101", "CG"},
        {"+390612345678", PLUS, "", "+390612345678", "IT"},
        {"0612345678", NATIONAL, "IT", "+390612345678", "IT"},
        {"0639000101", NATIONAL, "YT", "+262639000101", "YT"},
        {"0692000101", NATIONAL, "YT", "+262692000101", "RE"},
        {"07781123456", NATIONAL, "gg", "+447781123456", "GB"},
        /* short codes, words, nonsense */
        {"2020", ANY, "", NULL, NULL},
        {"2020", ANY, "KE", NULL, NULL},
        {"+2020", PLUS, "", NULL, NULL},
        {"40404", DIGITS, "", NULL, NULL},
        {"123456", DIGITS, "IN", NULL, NULL},
        {"MASOMO", ANY, "KE", NULL, NULL},
        {"254700000101x", ANY, "KE", NULL, NULL},
        {"5C74B588F97", ANY, "LK", NULL, NULL},
        {"", ANY, "KE", NULL, NULL},
        {" ", ANY, "KE", NULL, NULL},
        {"+", PLUS, "KE", NULL, NULL},
        {"++254700000101", PLUS, "", NULL, NULL},
        {"254+700000101", PLUS, "", NULL, NULL},
        {"tel:", PLUS, "", NULL, NULL},
        {"tel:;x", PLUS, "", NULL, NULL},
        {"0", NATIONAL, "KE", NULL, NULL},
        {"00", ANY, "KE", NULL, NULL},
        {"000", ANY, "KE", NULL, NULL},
        {"+0700000101", PLUS, "KE", NULL, NULL},
        {"68600700228", DIGITS, "", NULL, NULL}, /* two zeros behind the calling code */
        {"000700000101", ANY, "KE", NULL, NULL},
        {"+999000000000", PLUS, "", NULL, NULL},
        {"\xd9\xa0\xd9\xa7", ANY, "KE", NULL, NULL},
        /* the ceilings: 15 digits in all, 18 as written */
        {"+4915112345678901", PLUS, "", NULL, NULL},
        {"+491511234567890", PLUS, "", "+491511234567890", "DE"},
        {"+490001511234567890", PLUS, "", NULL, NULL},
        {"0049 0151 1234567890", ANY, "", "+491511234567890", "DE"},
        {"0049 0151 12345678901", ANY, "", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_parsed(&cases[i]);
}

static void test_tokens_are_kept_verbatim(void **state)
{
    (void)state;
    struct number number;
    assert_int_equal(number_parse(STR("5C74B588F97"), OPAQUE, STR("LK"), &number), ERR_OK);
    assert_string_equal(number.e164, "5C74B588F97");
    assert_string_equal(number.country, "");
    assert_int_equal(number_parse(STR("1234567890123456"), OPAQUE, STR(""), &number), ERR_OK);
    assert_int_equal(number_parse(STR("12345678901234567"), OPAQUE, STR(""), &number),
                     ERR_TOO_LONG);
    assert_string_equal(number.e164, "1234567890123456");
    assert_int_equal(number_parse(STR(""), OPAQUE, STR(""), &number), ERR_INVALID);
    assert_int_equal(number_parse(STR("a b"), OPAQUE, STR(""), &number), ERR_INVALID);
    assert_int_equal(number_parse(STR("a\n"), OPAQUE, STR(""), &number), ERR_INVALID);
    assert_int_equal(number_parse(STR("\u00e9"), OPAQUE, STR(""), &number), ERR_INVALID);
    char dst[24];
    assert_int_equal(number_format(&number, NATIONAL, dst), ERR_OK);
    assert_string_equal(dst, "1234567890123456");
}

static void test_format(void **state)
{
    (void)state;
    struct number number;
    assert_int_equal(number_parse(STR("0700000101"), NATIONAL, STR("KE"), &number), ERR_OK);
    static const struct {
        enum number_form form;
        const char *expected;
    } cases[] = {
        {PLUS, "+254700000101"},  {ANY, "+254700000101"},    {OPAQUE, "+254700000101"},
        {DIGITS, "254700000101"}, {ZEROS, "00254700000101"}, {NATIONAL, "700000101"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char dst[24];
        assert_int_equal(number_format(&number, cases[i].form, dst), ERR_OK);
        assert_string_equal(dst, cases[i].expected);
    }
    char dst[24];
    struct number longest = {.e164 = "+491511234567890"};
    assert_int_equal(number_format(&longest, ZEROS, dst), ERR_OK);
    assert_string_equal(dst, "00491511234567890");
    struct number none = {0};
    assert_int_equal(number_format(&none, PLUS, dst), ERR_INVALID);
}

static void test_calling_code(void **state)
{
    (void)state;
    static const struct {
        const char *country;
        const char *code; /* NULL: absent */
    } cases[] = {
        {"KE", "254"}, {"ke", "254"}, {"US", "1"},  {"CA", "1"},  {"JM", "1"},   {"RU", "7"},
        {"KZ", "7"},   {"GB", "44"},  {"GG", "44"}, {"VA", "39"}, {"YT", "262"}, {"KI", "686"},
        {"XK", "383"}, {"XX", NULL},  {"", NULL},   {"K", NULL},  {"KEN", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str code = number_calling_code(str_from(cases[i].country));
        if (cases[i].code == NULL)
            assert_null(code.p);
        else
            assert_true(str_eq(code, str_from(cases[i].code)));
    }
}

/* Every country's shortest and longest number passes in all forms; one digit less or more does not.
 * Walks the codes by their digits, so an entry out of order is found too. */
static void test_every_calling_code(void **state)
{
    (void)state;
    unsigned n_codes = 0;
    for (unsigned value = 1; value <= 999; value++) {
        char digits[4];
        (void)snprintf(digits, sizeof(digits), "%u", value);
        const struct calling_code *code = number_find_code(str_from(digits));
        if (code == NULL || strcmp(code->code, digits) != 0)
            continue;
        n_codes++;
        assert_in_range(code->min_digits, 4, code->max_digits);
        assert_true(strlen(code->code) + code->max_digits <= 15);
        if (code->country[0] != '\0')
            assert_ptr_equal(number_find_country(str_from(code->country)), code);
        for (size_t n = code->min_digits - 1u; n <= code->max_digits + 1u; n++) {
            char e164[32];
            (void)snprintf(e164, sizeof(e164), "+%s%.*s", digits, (int)n, "57000000000000000");
            bool is_possible =
                n >= code->min_digits && n <= code->max_digits && strlen(digits) + n >= 7;
            struct number number;
            enum err e = number_parse(str_from(e164), PLUS, STR(""), &number);
            if ((e == ERR_OK) != is_possible)
                fail_msg("%s: %s", e164, err_name(e));
            if (!is_possible)
                continue;
            assert_string_equal(number.e164, e164);
            char text[32];
            struct number again;
            char national[24];
            assert_int_equal(number_format(&number, NATIONAL, national), ERR_OK);
            (void)snprintf(text, sizeof(text), "%s%s", code->trunk, national);
            if (code->country[0] == '\0')
                continue;
            assert_int_equal(
                number_parse(str_from(text), NATIONAL, str_from(code->country), &again), ERR_OK);
            assert_string_equal(again.e164, e164);
        }
    }
    assert_int_equal(n_codes, 210);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_tokens_are_kept_verbatim),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_calling_code),
        cmocka_unit_test(test_every_calling_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
