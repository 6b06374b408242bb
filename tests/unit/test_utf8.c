/* UTF-8 cut and counted, and a word found in a list: once for the whole program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/utf8.h"

static void test_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        size_t len;
    } cases[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"abc", 2, 2},
        {"abc", 0, 0},
        {"a\u00e9", 3, 3},
        {"a\u00e9", 2, 1},
        {"a\u20ac", 3, 1},
        {"a\u20ac", 2, 1},
        {"\u20ac", 2, 0},
        {"\U0001f44da", 4, 4},
        {"\U0001f44da", 3, 0},
        {"a\U0001f44d", 4, 1},
        /* what is no UTF-8 is cut where it is */
        {"\x80\x80\x80\x80\x80\x80", 5, 5},
        {"a\x80\x80\x80\x80\x80", 5, 5},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str cut = utf8_cut(str_from(cases[i].text), cases[i].max);
        if (cut.len != cases[i].len)
            fail_msg("case %zu: %zu", i, cut.len);
    }
    assert_null(utf8_cut(STR_NONE, 4).p);
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(STR_NONE), 0);
    assert_int_equal(utf8_count(STR("abc")), 3);
    assert_int_equal(utf8_count(STR("a\u00e9\u20ac\U0001f44d")), 4);
    assert_int_equal(utf8_count(STR("a\xff\x80")), 3);
}

static void test_word_in_a_list(void **state)
{
    (void)state;
    assert_int_equal(str_word_index("one two three", ' ', STR("one")), 0);
    assert_int_equal(str_word_index("one two three", ' ', STR("three")), 2);
    assert_int_equal(str_word_index("one two three", ' ', STR("thr")), -1);
    assert_int_equal(str_word_index("one two three", ' ', STR("wo")), -1);
    assert_int_equal(str_word_index("one two three", ' ', STR("threes")), -1);
    assert_int_equal(str_word_index("one two three", ' ', STR("one two")), -1);
    assert_int_equal(str_word_index("one two|three", '|', STR("one two")), 0);
    assert_int_equal(str_word_index("one two three", ' ', STR("")), -1);
    assert_int_equal(str_word_index("one two three", ' ', STR_NONE), -1);
    assert_int_equal(str_word_index("", ' ', STR("one")), -1);
    assert_int_equal(str_word_index("one", ' ', STR("one\0x")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_word_in_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
