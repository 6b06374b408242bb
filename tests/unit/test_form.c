#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "wire/form.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void assert_str(struct str got, const char *expected)
{
    if (expected == NULL) {
        assert_null(got.p);
        return;
    }
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.p, expected, got.len);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key, *value;
    } cases[] = {
        {"a=1&b=2", "b", "2"},
        {"a=Hapo+sawa", "a", "Hapo sawa"},
        {"a=%2B254", "a", "+254"},
        {"a=%d8%b3", "a", "\xd8\xb3"},
        {"a=1%", "a", "1%"}, /* broken escapes stay as they are */
        {"a=1%2", "a", "1%2"},
        {"a=%zz", "a", "%zz"},
        {"a=x=y", "a", "x=y"},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"b=1", "a", NULL},
        {"A=1", "a", NULL},
        {"a=1&a=2", "a", "1"},
        {"x=1&&a=2&", "a", "2"}, /* empty pairs are skipped */
        {"=1&a=2", "a", "2"},
        {"", "a", NULL},
        {"price%5Bamount%5D=3", "price[amount]", "3"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct form form;
        assert_int_equal(form_parse(str_from(cases[i].text), arena, &form), ERR_OK);
        assert_str(form_get(&form, str_from(cases[i].key)), cases[i].value);
    }
}

static void test_nul_is_a_byte_like_others(void **state)
{
    (void)state;
    struct form form;
    assert_int_equal(form_parse(STR("a=x%00y"), arena, &form), ERR_OK);
    assert_int_equal(form_get(&form, STR("a")).len, 3);
}

static void test_keys_of_any_case(void **state)
{
    (void)state;
    struct form form;
    assert_int_equal(form_parse(STR("MSISDN=1"), arena, &form), ERR_OK);
    assert_str(form_get_nocase(&form, STR("msisdn")), "1");
    assert_str(form_get(&form, STR("msisdn")), NULL);
}

static void test_pairs_have_a_ceiling(void **state)
{
    (void)state;
    char text[4 * FORM_MAX_PAIRS + 8];
    size_t n = 0;
    struct form form;
    for (uint32_t i = 0; i < FORM_MAX_PAIRS; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%sa=1", i > 0 ? "&" : "");
    assert_int_equal(form_parse((struct str){text, n}, arena, &form), ERR_OK);
    assert_int_equal(form.n_pairs, FORM_MAX_PAIRS);
    n += (size_t)snprintf(text + n, sizeof(text) - n, "&b=1");
    assert_int_equal(form_parse((struct str){text, n}, arena, &form), ERR_TOO_LONG);
}

static void test_arena_is_the_other_ceiling(void **state)
{
    (void)state;
    struct arena *small = arena_new(64);
    struct form form;
    assert_int_equal(form_parse(STR("a=1&b=2&c=3&d=4&e=5"), small, &form), ERR_TOO_LONG);
    arena_free(small);
}

static void test_encode(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    form_encode(STR("a b&c=\xc3\xa9-._~*"), &out);
    assert_string_equal(out.p, "a+b%26c%3D%C3%A9-._~%2A");
    buf_reset(&out);
    form_encode_path(STR("tel:+1 2/3"), &out);
    assert_string_equal(out.p, "tel%3A%2B1%202%2F3");
    buf_fini(&out);
}

static const char two_parts[] =
    "--B\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\n+254\r\n"
    "--B\r\ncontent-disposition: form-data; filename=\"x\"; name=text\r\n"
    "Content-Type: text/plain\r\n\r\nhi + bye\r\nnext\r\n--B--\r\n";

static void test_multipart(void **state)
{
    (void)state;
    struct form form;
    assert_int_equal(form_parse_multipart(STR(two_parts),
                                          STR("multipart/form-data; boundary=\"B\""), arena, &form),
                     ERR_OK);
    assert_int_equal(form.n_pairs, 2);
    assert_str(form_get(&form, STR("from")), "+254");
    assert_str(form_get(&form, STR("text")), "hi + bye\r\nnext");
}

static void test_parts_have_a_ceiling(void **state)
{
    (void)state;
    struct form form;
    struct str type = STR("multipart/form-data; boundary=B");
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 128u * FORM_MAX_PAIRS);
    for (uint32_t i = 0; i < FORM_MAX_PAIRS; i++)
        buf_add_str(&text, STR("--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"));
    size_t len = text.len;
    buf_add_str(&text, STR("--B--\r\n"));
    assert_int_equal(form_parse_multipart(buf_str(&text), type, arena, &form), ERR_OK);
    assert_int_equal(form.n_pairs, FORM_MAX_PAIRS);
    text.len = len;
    buf_add_str(&text, STR("--B\r\nContent-Disposition: form-data; name=b\r\n\r\n1\r\n--B--\r\n"));
    assert_int_equal(form_parse_multipart(buf_str(&text), type, arena, &form), ERR_TOO_LONG);
}

static void test_multipart_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *body, *type;
    } cases[] = {
        {two_parts, "multipart/form-data"},
        {two_parts, "multipart/form-data; boundary="},
        {two_parts, "multipart/form-data; boundary=C"},
        {"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n", "x; boundary=B"}, /* cut */
        {"--B\r\nX: y\r\n\r\n1\r\n--B--", "x; boundary=B"}, /* no name */
        {"--B\r\nContent-Disposition: form-data; name=a\r\n--B--", "x; boundary=B"},
        {"", "x; boundary=B"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct form form;
        assert_int_equal(
            form_parse_multipart(str_from(cases[i].body), str_from(cases[i].type), arena, &form),
            ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nul_is_a_byte_like_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys_of_any_case, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pairs_have_a_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_is_the_other_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_encode, setup, teardown),
        cmocka_unit_test_setup_teardown(test_multipart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts_have_a_ceiling, setup, teardown),
        cmocka_unit_test_setup_teardown(test_multipart_that_is_none, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
