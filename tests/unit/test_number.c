#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/number.h"
#include "core/number_plan.h"

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
        {"+11165550100", PLUS, "", NULL, NULL},         /* no area code begins with 1 */
        {"+1206555017", PLUS, "", "+1206555017", "US"}, /* a length that the plan does not know */
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
        /* digits are international, whatever the channel's country */
        {"254700000101", DIGITS, "DE", "+254700000101", "KE"},
        {"221770000101", DIGITS, "IT", "+221770000101", "SN"},
        {"254700000101", ANY, "DE", "+254700000101", "KE"},
        {"393923000101", DIGITS, "IT", "+393923000101", "IT"}, /* not read twice */
        {"48481234567", DIGITS, "PL", "+48481234567", "PL"},
        {"4848123456", DIGITS, "PL", "+4848123456", "PL"},
        {"392 300 0101", ANY, "IT", "+393923000101", "IT"}, /* no line in Italy begins with 2 */
        {"392 300 0101", NATIONAL, "IT", "+393923000101", "IT"},
        {"481234567", NATIONAL, "PL", "+48481234567", "PL"},
        {"00481234567", NATIONAL, "PL", "+481234567", "PL"},
        /* both plans take it equally well: nobody's */
        {"13123456789", ANY, "CN", NULL, NULL},
        {"13123456789", NATIONAL, "CN", "+8613123456789", "CN"},
        {"13123456789", DIGITS, "CN", "+13123456789", "US"},
        {"8613123456789", ANY, "CN", "+8613123456789", "CN"},
        {"12065550177", ANY, "US", "+12065550177", "US"}, /* both readings are one */
        /* renumbered countries: the old form is the new one */
        {"+22996000101", PLUS, "", "+2290196000101", "BJ"},
        {"22996000101", DIGITS, "DE", "+2290196000101", "BJ"},
        {"96000101", NATIONAL, "BJ", "+2290196000101", "BJ"},
        {"+2290196000101", PLUS, "", "+2290196000101", "BJ"},
        {"+22901960001", PLUS, "", "+22901960001", "BJ"}, /* 01 is no old beginning */
        {"+22507000101", PLUS, "", "+2250707000101", "CI"},
        {"+22545000101", PLUS, "", "+2250545000101", "CI"},
        {"+22502000101", PLUS, "", "+2250102000101", "CI"},
        {"07000101", NATIONAL, "CI", "+2250707000101", "CI"},
        {"+551181234567", PLUS, "", "+5511981234567", "BR"},
        {"+5511981234567", PLUS, "", "+5511981234567", "BR"},
        {"+551131234567", PLUS, "", "+551131234567", "BR"}, /* a fixed line keeps ten digits */
        {"+551171234567", PLUS, "", "+551171234567", "BR"}, /* and so does trunked radio */
        {"+5215500000101", PLUS, "", "+525500000101", "MX"},
        {"5215500000101", DIGITS, "MX", "+525500000101", "MX"},
        {"044 55 0000 0101", NATIONAL, "MX", "+525500000101", "MX"},
        {"01 55 0000 0101", NATIONAL, "MX", "+525500000101", "MX"},
        {"011 15 2300-0101", NATIONAL, "AR", "+5491123000101", "AR"},
        {"11 15 2300-0101", ANY, "AR", "+5491123000101", "AR"},
        {"+54 221 15 512-3456", PLUS, "", "+5492215123456", "AR"},
        {"+54 9 2966 15 12-3456", PLUS, "", "+5492966123456", "AR"},
        {"+541123000101", PLUS, "", "+541123000101", "AR"}, /* may be a fixed line */
        {"077 16 05 64", NATIONAL, "GA", "+24177160564", "GA"},
        /* an international number may have a length that no plan knows, a national one not */
        {"+25470000010", PLUS, "", "+25470000010", "KE"},
        {"2547000001012", DIGITS, "", "+2547000001012", "KE"},
        {"07000001012", NATIONAL, "KE", NULL, NULL},
        {"+2547000", PLUS, "", NULL, NULL},
        {"+25470000", PLUS, "", "+25470000", "KE"},
        {"254700000", DIGITS, "", NULL, NULL}, /* without plus it may be a short code */
        {"2547000001", DIGITS, "", "+2547000001", "KE"},
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
        /* a number of one's own that begins with one's own calling code */
        {"358437899", NATIONAL, "FI", "+358358437899", "FI"},
        {"358437899", ANY, "FI", NULL, NULL},
        {"358401234567", NATIONAL, "FI", "+358401234567", "FI"},
        {"358401234567", ANY, "FI", "+358401234567", "FI"},
        /* a whole number with decimals, which are no digits of it */
        {"254700000101.0", DIGITS, "DE", "+254700000101", "KE"},
        {"4915112345678.00", DIGITS, "", "+4915112345678", "DE"},
        {"+254.700.000.101", PLUS, "", "+254700000101", "KE"},
        {"+254700000.000", PLUS, "", "+254700000000", "KE"},
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

/* Every country's numbers of every length of its plan pass in all forms. Walks the codes by their
 * digits: those of one plan stand beside each other, since none is the beginning of another one. */
static void test_every_calling_code(void **state)
{
    (void)state;
    unsigned n_plans = 0;
    const struct number_plan *before = NULL;
    for (unsigned i = 0; i < 1000; i++) {
        char three[4];
        (void)snprintf(three, sizeof(three), "%03u", i);
        const struct number_plan *plan = number_plan_by_code(str_from(three));
        if (plan == NULL || plan == before)
            continue;
        before = plan;
        n_plans++;
        for (size_t n = 1; n <= 15 - plan->code.len; n++) {
            struct number number, again;
            char e164[32], text[32], national[24];
            (void)snprintf(e164, sizeof(e164), "+%s%.*s", plan->code.p, (int)n,
                           "57000000000000000");
            struct str digits = str_from(e164 + 1 + plan->code.len);
            if (!number_plan_has_length(plan, digits) || plan->code.len + n < 7)
                continue;
            assert_int_equal(number_parse(str_from(e164), PLUS, STR(""), &number), ERR_OK);
            assert_string_equal(number.e164, e164);
            assert_false(number.is_unplanned);
            if (plan->country[0] == '\0')
                continue;
            assert_ptr_equal(number_plan_by_country(str_from(plan->country)), plan);
            assert_int_equal(number_format(&number, NATIONAL, national), ERR_OK);
            (void)snprintf(text, sizeof(text), "%s%s", plan->trunk.p, national);
            assert_int_equal(
                number_parse(str_from(text), NATIONAL, str_from(plan->country), &again), ERR_OK);
            assert_string_equal(again.e164, e164);
        }
    }
    assert_int_equal(n_plans, 210);
}

static void test_unplanned_lengths_are_told(void **state)
{
    (void)state;
    struct number number;
    assert_int_equal(number_parse(STR("+2547000001012"), PLUS, STR(""), &number), ERR_OK);
    assert_true(number.is_unplanned);
    assert_int_equal(number_parse(STR("+254700000101"), PLUS, STR(""), &number), ERR_OK);
    assert_false(number.is_unplanned);
}

static void expect_identity(const char *e164, const char *expected)
{
    char dst[NUMBER_BYTES];
    struct str found = number_identity(str_from(e164), dst);
    if (!str_eq(found, str_from(expected)))
        fail_msg("%s: found %.*s", e164, STR_ARG(found));
}

static void test_one_person_with_and_without_a_digit(void **state)
{
    (void)state;
    expect_identity("+5491123000101", "+541123000101");
    expect_identity("+541123000101", "+541123000101");
    expect_identity("+5491123000102", "+541123000102");
    expect_identity("+254700000101", "+254700000101");
    expect_identity("+999", "+999");
    expect_identity("5C74B588F97", "5C74B588F97");
    expect_identity("5C74B588F97-a-token-that-is-longer-than-any-number",
                    "5C74B588F97-a-token-that-is-longer-than-any-number");
    expect_identity("", "");
}

static void expect_words(const char *text, enum number_form form, const char *home,
                         const char *words)
{
    struct number number;
    struct buf found CLEANUP(buf_fini);
    buf_init(&found, 512);
    enum err e = number_explain(str_from(text), form, str_from(home), &number, &found);
    (void)e; /* the words tell it */
    if (!str_eq(buf_str(&found), str_from(words)))
        fail_msg("%s: found \"%.*s\"", text, STR_ARG(buf_str(&found)));
}

static void test_explain(void **state)
{
    (void)state;
    expect_words("0700000101", NATIONAL, "KE",
                 "national number of KE (+254), trunk prefix 0 taken off");
    expect_words("+22996000101", PLUS, "",
                 "international number of BJ (+229), old form of 0196000101");
    expect_words("+2547000001012", PLUS, "",
                 "international number of KE (+254), a length that its plan does not know: "
                 "accepted and counted");
    expect_words("+5491123000101", PLUS, "",
                 "international number of AR (+54); the same person as +541123000101");
    expect_words("2065550177", ANY, "US",
                 "national number of US (+1); less likely +2065550177 of EG");
    expect_words("13123456789", ANY, "CN",
                 "it can be +8613123456789 of CN or +13123456789 of US, so it is nobody's; "
                 "`number:` in the channel's profile says which form is meant");
    expect_words("0700000101", NATIONAL, "", "a national number, and no country says whose");
    expect_words("07000001", NATIONAL, "UG", "no national number of this country has this length");
    expect_words("+999123456789", PLUS, "", "no country has this calling code");
    expect_words("2020", DIGITS, "", "it is too short or too long to be a number");
    expect_words("MASOMO", ANY, "KE",
                 "it is no number: a number has digits, and perhaps + or tel: in front");
}

/* A file of an operator's own ---------------------------------------------------------------- */

static void test_plans_are_read(void **state)
{
    (void)state;
    struct number_plans *plans;
    struct number number;
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 4096);
    assert_int_equal(
        number_plans_parse(STR("XX: {code: 999, trunk: 0, lengths: 8 10-11,\n"
                               "     mobile: {2-3 x7: 8}, old: {'5(\\d{8})': '12$1'}}\n"
                               "YY: {with: XX, areas: 30 31}\n"
                               "ZZ: {code: 998, lengths: 9, mobile: {07-08 640-641: 7}}\n"),
                           STR("n.yaml"), &plans, &errors),
        ERR_OK);
    number_plans_use(plans);
    static const struct parse_case cases[] = {
        {"+99920000001", PLUS, "", "+99920000001", "XX"},
        {"020000001", NATIONAL, "XX", "+99920000001", "XX"},
        {"031000001", NATIONAL, "YY", "+99931000001", "YY"},
        {"47000001", ANY, "XX", "+99947000001", "XX"},
        {"+999512345678", PLUS, "", "+9991212345678", "XX"},
        {"020000001", NATIONAL, "KE", NULL, NULL},
        {"+254700000101", PLUS, "", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_parsed(&cases[i]);
    static const struct {
        const char *national;
        bool is_mobile;
    } ranges[] = {
        {"0612345", false}, {"0712345", true},   {"0812345", true}, {"0912345", false},
        {"7123456", false}, {"6391234", false},  {"6401234", true}, {"6411234", true},
        {"6421234", false}, {"07123456", false},
    };
    const struct number_plan *plan = number_plan_by_code(STR("998"));
    assert_non_null(plan);
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        if (number_plan_is_mobile(plan, str_from(ranges[i].national)) != ranges[i].is_mobile)
            fail_msg("%s", ranges[i].national);
    }
    number_plans_use(NULL);
    assert_int_equal(number_parse(STR("+254700000101"), PLUS, STR(""), &number), ERR_OK);
}

static void test_mistakes_in_plans_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        const char *words; /* that the error must hold */
    } cases[] = {
        {"- a", "n.yaml:1:1: this is no map of countries"},
        {"KE: {lengths: 9}", "a plan has a `code`"},
        {"KE: {code: 0, lengths: 9}", "a plan has a `code`"},
        {"KE: {code: 2540, lengths: 9}", "a plan has a `code`"},
        {"KE: {code: 254}", "a plan has a `code`"},
        {"KE: {code: 254, trunk: x, lengths: 9}", "a plan has a `code`"},
        {"KE: {code: 254, lengths: 9-7}", "n.yaml:1:26: lengths are numbers"},
        {"KE: {code: 254, lengths: 2}", "lengths are numbers"},
        {"KE: {code: 254, lengths: 16}", "lengths are numbers"},
        {"KE: {code: 254, lengths: [9]}", "lengths are numbers"},
        {"KE: {code: 254, lengths: ''}", "lengths are numbers"},
        {"KE: {code: 254, lengths: 9, mobile: {7: x}}", "lengths are numbers"},
        {"KE: {code: 254, lengths: 9, mobile: {7777: 9}}", "mobile beginnings have up to three"},
        {"KE: {code: 254, lengths: 9, mobile: {1000-1002: 9}}",
         "mobile beginnings have up to three"},
        {"KE: {code: 254, lengths: 9, mobile: {1-1000: 9}}", "mobile beginnings have up to three"},
        {"KE: {code: 254, lengths: 9, mobile: {7-a: 9}}", "mobile beginnings have up to three"},
        {"KE: {code: 254, lengths: 9, old: {'(': a}}", "n.yaml:1:40: this is no other form"},
        {"KE: {code: 254, lengths: 9, same: {a: ''}}", "this is no other form"},
        {"KE: {code: 254, lengths: 9, lenghts: 9}",
         "n.yaml:1:38: no row has this key; a row has code"},
        {"KE: {code: 254, lengths: 9}\nUG: {code: 25, lengths: 9}", "n.yaml:2:5: another plan"},
        {"KE: {code: 254, lengths: 9}\nUG: {code: 254, lengths: 9}", "n.yaml:2:5: another plan"},
        {"KZ: {with: RU}", "`with` names no country"},
        {"US: {code: 1, lengths: 10}\nCanada: {with: US}", "named by the two letters"},
        {"US: {code: 1, lengths: 10}\nCA: {with: US, areas: 2044}", "areas are beginnings"},
        {"US: {code: 1, lengths: 10}\nCA: {with: US, areas: ''}", "areas are beginnings"},
        {"KE: {code", "n.yaml:1:5: did not find"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number_plans *plans = NULL;
        struct buf errors CLEANUP(buf_fini);
        buf_init(&errors, 4096);
        enum err e = number_plans_parse(str_from(cases[i].yaml), STR("n.yaml"), &plans, &errors);
        if (e != ERR_INVALID || plans != NULL ||
            str_find(buf_str(&errors), str_from(cases[i].words)) == SIZE_MAX)
            fail_msg("%s: %s, %.*s", cases[i].yaml, err_name(e), STR_ARG(buf_str(&errors)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_tokens_are_kept_verbatim),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_calling_code),
        cmocka_unit_test(test_every_calling_code),
        cmocka_unit_test(test_unplanned_lengths_are_told),
        cmocka_unit_test(test_one_person_with_and_without_a_digit),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_plans_are_read),
        cmocka_unit_test(test_mistakes_in_plans_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
