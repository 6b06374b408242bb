/* Signs that nobody writes on purpose: which they are, in names and in texts, and that PostgreSQL
 * means the same ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/signs.h"
#include "core/utf8.h"

#define N_CODES 0x110000

static void test_names(void **state)
{
    (void)state;
    static const char *const good[] = {
        "A",
        "Nairobi A",
        "O'Brien & Sons (2)",
        "\u0634\u0628\u0627\u0628 5",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", /* Persian, with a joiner */
        "\u0915\u094d\u200d\u0937\u0947\u0924\u094d\u0930", /* Hindi */
        "\u1000\u103c\u103d\u1032\u1037",                   /* Burmese, four marks */
        "Vi\u1ec7t Nam",
        "Vie\u0323\u0302t", /* marks apart */
        "\u5c71\u7530",
        "\U0001f33b",
        "1\ufe0f\u20e3",
        "a\u200e",                                    /* pictures, a mark of direction */
        "\U0001f468\u200d\U0001f469\u200d\U0001f467", /* a family */
        "e\u0301\u0301\u0301\u0301\u0301",            /* as many as there may be */
    };
    static const char *const bad[] = {
        "",
        " ",
        " a",
        "a ",
        "a\nb",
        "a\tb",
        "a\rb",
        "a\fb",
        "a\x1b[2J",
        "a\x7f",
        "\xc2\x85",
        "a\u00adb",
        "a\u202eb",
        "a\u202a",
        "\u2066a\u2069",
        "a\u2028b",
        "a\u200bb",
        "\ufeffa",
        "a\ue000",
        "\U000f0000",
        "a\U000e0041",
        "\u3164",
        "\u2800",
        "a\ufffd",
        "a\xff",
        "a\xed\xa0\x80",
        "a\xc0\xaf",
        "a\uffff",
        "\u0301a",                               /* a mark upon what stands before */
        "e\u0301\u0301\u0301\u0301\u0301\u0301", /* one more */
        "\u0e01\u0e48\u0e48\u0e48\u0e48\u0e48\u0e48",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (!signs_is_name(str_from(good[i])))
            fail_msg("no name: '%s'", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (signs_is_name(str_from(bad[i])))
            fail_msg("a name: %zu '%s'", i, bad[i]);
    }
    assert_false(signs_is_name((struct str){"a\0b", 3}));
}

static void test_first_odd_sign(void **state)
{
    (void)state;
    size_t at = 99;
    assert_int_equal(signs_find_odd(STR("one\n\ttwo"), &at), -1);
    assert_int_equal(at, 99);
    assert_int_equal(signs_find_odd(STR("\u0634 a\u202eb\u200b"), &at), 0x202e);
    assert_int_equal(at, 4);
}

/* The codes of a class of PostgreSQL, "\u0001-\u001f\u00ad...", up to its end. */
static void read_class(const char *class, bool *is_in)
{
    int32_t last = -1;
    bool is_range = false;
    for (const char *p = class; *p != ']'; p++) {
        if (*p == '-') {
            is_range = true;
            continue;
        }
        char digits[9] = "";
        size_t n = p[1] == 'U' ? 8 : 4;
        assert_true(p[0] == '\\' && (p[1] == 'u' || p[1] == 'U'));
        memcpy(digits, p + 2, n);
        int32_t code = (int32_t)strtol(digits, NULL, 16);
        for (int32_t c = is_range ? last : code; c <= code; c++)
            is_in[c] = true;
        last = code;
        is_range = false;
        p += n + 1;
    }
}

/* Text of the migration that defines core.is_name(), behind what is looked for. */
static const char *find_sql(const char *what)
{
    static char text[65536];
    glob_t files;
    assert_int_equal(glob("sql/*_signs.sql", 0, NULL, &files), 0);
    FILE *file = fopen(files.gl_pathv[files.gl_pathc - 1], "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    globfree(&files);
    const char *found = strstr(text, what);
    assert_non_null(found);
    return found + strlen(what);
}

static void test_postgres_means_the_same(void **state)
{
    (void)state;
    static bool is_odd[N_CODES], is_mark[N_CODES];
    read_class(find_sql("and p_name !~ '["), is_odd);
    read_class(find_sql("and p_name !~ '^["), is_mark);
    for (int32_t code = 1; code < N_CODES; code++) {
        char text[64] = "a";
        size_t n = 1, at;
        if (code >= 0xd800 && code < 0xe000) /* no UTF-8 has them */
            continue;
        n += utf8_put(code, text + n);
        bool is_layout = code == '\n' || code == '\t' || code == '\f';
        if (!is_layout && (signs_find_odd((struct str){text, n}, &at) >= 0) != is_odd[code])
            fail_msg("U+%04X: PostgreSQL %s", (unsigned)code, is_odd[code] ? "refuses" : "takes");
        for (unsigned i = 1; i <= SIGNS_MAX_MARKS; i++)
            n += utf8_put(code, text + n);
        if (is_mark[code] && signs_find_odd((struct str){text, n}, &at) != code)
            fail_msg("U+%04X is a mark for PostgreSQL alone", (unsigned)code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_first_odd_sign),
        cmocka_unit_test(test_postgres_means_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
