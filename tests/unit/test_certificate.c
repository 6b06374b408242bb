#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/certificate.h"

/* A code as 12 digits without blanks. */
static void digits_of(uint64_t code, char dst[13])
{
    (void)snprintf(dst, 13, "%012llu", (unsigned long long)code);
}

/* Different bytes for each i; the same in every run. */
static uint64_t make(unsigned i)
{
    uint8_t bytes[8];
    uint64_t x = i * 0x9e3779b97f4a7c15u + 1;
    for (unsigned k = 0; k < 8; k++) {
        x ^= x >> 29;
        x *= 0xbf58476d1ce4e5b9u;
        bytes[k] = (uint8_t)(x >> 56);
    }
    return certificate_make(bytes);
}

static void test_codes_have_12_digits_and_parse(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t code = make(i);
        assert_in_range(code, 1, 999999999999u);
        char text[CERTIFICATE_BYTES];
        certificate_format(code, text);
        assert_int_equal(strlen(text), 14);
        assert_int_equal(text[4], ' ');
        assert_int_equal(text[9], ' ');
        uint64_t parsed = 0;
        assert_int_equal(certificate_parse(str_from(text), &parsed), ERR_OK);
        assert_true(parsed == code);
    }
}

static void test_known_codes(void **state)
{
    (void)state;
    static const uint8_t zeros[8];
    uint64_t code = certificate_make(zeros);
    char text[CERTIFICATE_BYTES];
    certificate_format(code, text); /* payload 00000000001, Damm digit 3 */
    assert_string_equal(text, "0000 0000 0013");
    /* The example of Damm's thesis: 572 has the check digit 4. */
    uint64_t parsed = 0;
    assert_int_equal(certificate_parse(STR("000000005724"), &parsed), ERR_OK);
    /* The largest remainder wraps to payload 1 + (2^64 - 1) mod (10^11 - 1), below 10^11. */
    static const uint8_t ones[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    assert_in_range(certificate_make(ones), 1, 999999999999u);
    /* 99999999998 as random number is the largest payload, ... and one more wraps to the smallest
     */
    static const uint8_t top[8] = {0, 0, 0, 0x17, 0x48, 0x76, 0xe7, 0xfe};
    static const uint8_t past[8] = {0, 0, 0, 0x17, 0x48, 0x76, 0xe7, 0xff};
    assert_true(certificate_make(top) / 10 == 99999999999u);
    assert_true(certificate_make(past) == code);
}

static void test_written_forms(void **state)
{
    (void)state;
    uint64_t code = make(7);
    char plain[13];
    digits_of(code, plain);
    char text[64];
    static const char *const forms[] = {"%.4s %.4s %.4s", "%.4s-%.4s-%.4s", "%.4s%.4s%.4s",
                                        "  %.4s  %.4s -%.4s "};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the forms are right above */
        (void)snprintf(text, sizeof(text), forms[i], plain, plain + 4, plain + 8);
#pragma GCC diagnostic pop
        uint64_t parsed = 0;
        assert_int_equal(certificate_parse(str_from(text), &parsed), ERR_OK);
        assert_true(parsed == code);
    }
}

static void expect_invalid(const char *text)
{
    uint64_t untouched = 42;
    if (certificate_parse(str_from(text), &untouched) != ERR_INVALID)
        fail_msg("taken: %s", text);
    assert_true(untouched == 42);
}

static void test_every_wrong_digit_is_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        char text[13];
        digits_of(make(i), text);
        for (unsigned at = 0; at < 12; at++) {
            char right = text[at];
            for (char digit = '0'; digit <= '9'; digit++) {
                text[at] = digit;
                if (digit != right)
                    expect_invalid(text);
            }
            text[at] = right;
        }
    }
}

static void test_every_swap_of_neighbours_is_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        char text[13];
        digits_of(make(i), text);
        for (unsigned at = 0; at < 11; at++) {
            if (text[at] == text[at + 1])
                continue;
            char first = text[at];
            text[at] = text[at + 1];
            text[at + 1] = first;
            expect_invalid(text);
            text[at + 1] = text[at];
            text[at] = first;
        }
    }
}

static void test_other_texts_are_no_codes(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "0000 0000 0000",
                                        "0000 0000 001",
                                        "0000 0000 00013",
                                        "0000 0000 0013 0",
                                        "0000 0000 001a",
                                        "0000.0000.0013",
                                        "+000000000013",
                                        "\xd9\xa0\xd9\xa0\xd9\xa0\xd9\xa0",
                                        "00000000001300000000000000000000"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_invalid(texts[i]);
    uint64_t parsed = 0;
    assert_int_equal(certificate_parse(STR_NONE, &parsed), ERR_INVALID);
}

static void test_what_is_said_of_one(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    struct certificate c = {.n_modules = 7,
                            .hours = 6,
                            .month = STR("03/2026"),
                            .version = STR("1.2"),
                            .lang = STR("en"),
                            .title = STR("Children\ton the Move"),
                            .org = STR("")};
    char name[3 * CERTIFICATE_NAME_BYTES];
    struct str line = certificate_line(&c, arena);
    assert_true(str_eq(line, STR("V\t0\t7\t6\t03/2026\t1.2\ten\tChildren\t")));
    assert_int_equal(certificate_read(line, &c), ERR_OK);
    assert_int_equal(c.n_modules, 7);
    assert_true(str_eq(c.title, STR("Children")) && c.org.len == 0 && !c.is_revoked);
    c.has_pin = true;
    memset(c.pin, 0xa5, sizeof(c.pin));
    line = certificate_line(&c, arena);
    struct str org = c.org;
    assert_int_equal(certificate_read(line, &c), ERR_OK);
    assert_true(c.has_pin && c.pin[CERTIFICATE_PIN_BYTES - 1] == 0xa5 && str_eq(c.org, org));
    assert_int_equal(certificate_read(str_sub(line, 0, line.len - 1), &c), ERR_INVALID);
    c.has_pin = false;
    memset(name, 'x', sizeof(name));
    c.is_revoked = true;
    c.title = c.org = (struct str){name, sizeof(name)};
    line = certificate_line(&c, arena);
    assert_true(line.len < CERTIFICATE_LINE_BYTES);
    assert_int_equal(certificate_read(line, &c), ERR_OK);
    assert_true(c.is_revoked && c.org.len == CERTIFICATE_NAME_BYTES);
    static const char *const none[] = {"", "V", "X\t0\t7\t6\t03/2026\t1.2\ten\tA\tB",
                                       "V\tx\t7\t6\t03/2026\t1.2\ten\tA\tB"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_int_equal(certificate_read(str_from(none[i]), &c), ERR_INVALID);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_have_12_digits_and_parse),
        cmocka_unit_test(test_known_codes),
        cmocka_unit_test(test_written_forms),
        cmocka_unit_test(test_every_wrong_digit_is_found),
        cmocka_unit_test(test_every_swap_of_neighbours_is_found),
        cmocka_unit_test(test_other_texts_are_no_codes),
        cmocka_unit_test(test_what_is_said_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
