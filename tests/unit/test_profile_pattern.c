/* profile/pattern: what a pattern of a profile takes, how long it may be, and how long it may work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "profile/eval.h"
#include "profile/model.h"

static void what_is_none_is_said_with_its_place(void **state)
{
    (void)state; /* nothing is shared */
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"(a", "not a regular expression: missing closing parenthesis at byte 2"},
        {"\\C", "not a regular expression: "},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct profile owner = {.patterns = NULL};
        struct errmsg msg = {""};
        assert_null(pattern_new(str_from(rows[i].text), &owner, &msg));
        assert_null(owner.patterns);
        assert_ptr_equal(strstr(msg.text, rows[i].words), msg.text);
        assert_false(pattern_match_text(str_from(rows[i].text), str_from(rows[i].text)));
    }
}

static void a_pattern_has_a_ceiling(void **state)
{
    (void)state; /* nothing is shared */
    char letters[513];
    struct profile owner = {.patterns = NULL};
    struct errmsg msg = {""};
    memset(letters, 'a', sizeof(letters));
    struct str longest = {letters, 512}, past = {letters, 513};
    assert_non_null(pattern_new(longest, &owner, &msg));
    assert_true(pattern_match_text(longest, longest));
    assert_null(pattern_new(past, &owner, &msg));
    assert_string_equal(msg.text, "a pattern has at most 512 bytes");
    assert_false(pattern_match_text(past, past));
    pattern_free_all(owner.patterns);
}

static void the_first_group_is_the_value(void **state)
{
    (void)state; /* nothing is shared */
    static const struct {
        const char *pattern, *text, *value; /* NULL: no match */
    } rows[] = {
        {"^b*", "bba", "bb"},        {"^KEY (.*)$", "KEY a b", "a b"}, {"^(x)?a$", "a", "a"},
        {"^(.)(.)(.)$", "abc", "a"}, {"^KEY (.*)$", "KEX a", NULL},    {"", "", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct profile owner = {.patterns = NULL};
        struct errmsg msg;
        struct str value = STR_NONE;
        struct pattern *pattern = pattern_new(str_from(rows[i].pattern), &owner, &msg);
        assert_non_null(pattern);
        assert_int_equal(pattern_match(pattern, str_from(rows[i].text), &value),
                         rows[i].value != NULL);
        if (rows[i].value != NULL)
            assert_true(str_eq(value, str_from(rows[i].value)));
        pattern_free_all(owner.patterns);
    }
}

/* Tried to its end it would match, after 2^29 steps; what a provider sends cannot make us do them.
 */
static void its_work_has_an_end(void **state)
{
    (void)state; /* nothing is shared */
    struct str pattern = STR("^(?:(?:a+)+b|a+)$");
    assert_true(pattern_match_text(pattern, STR("aaaa")));
    assert_false(pattern_match_text(pattern, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_none_is_said_with_its_place),
        cmocka_unit_test(a_pattern_has_a_ceiling),
        cmocka_unit_test(the_first_group_is_the_value),
        cmocka_unit_test(its_work_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
