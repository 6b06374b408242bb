#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "wire/doc.h"

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

struct path_case {
    const char *path;
    const char *value; /* NULL: absent */
};

static void expect(const struct doc *root, struct doc_path *path, const struct path_case *c,
                   bool is_nocase)
{
    struct str got = doc_get(root, path, is_nocase);
    if (c->value == NULL ? got.p != NULL : !str_eq(got, str_from(c->value)))
        fail_msg("%s: got \"%.*s\", expected %s", c->path, STR_ARG(got),
                 c->value != NULL ? c->value : "nothing");
}

static void test_json_paths(void **state)
{
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf{\"a\":1,\"big\":123456789012345678901234567890,\"f\":-1.50e+2,\"t\":true,"
        "\"n\":null,\"s\":\"\\u0633\\ud83d\\ude00\",\"o\":{\"x\":\"y\"},\"l\":[{\"v\":\"0\"},{"
        "\"w\":\"1\"}],"
        "\"one\":[\"y\"],\"two\":[1,2],"
        "\"num\":[254700000101.0,2.54700000101e+11,2.547e11,2.5,0.0,1e2,254700000101.0e-1,2.5e99],"
        "\"a/"
        "b\":\"slash\",\"m~n\":\"tilde\",\"7\":\"seven\",\"d\":\"x\",\"d\":\"last\",\"\":\"none\"}";
    static const struct path_case cases[] = {
        {"/a", "1"},
        {"/big", "123456789012345678901234567890"},
        {"/f", "-1.50e+2"},
        {"/t", "true"},
        {"/n", NULL},
        {"/s", "\xd8\xb3\xf0\x9f\x98\x80"},
        {"/o", NULL},
        {"/o/x", "y"},
        {"/o/x/z", NULL},
        {"/l", NULL},
        {"/l/0/v", "0"},
        {"/l/1/w", "1"},
        {"/l/2", NULL},
        {"/l/*/w", "1"},
        {"/a~1b", "slash"},
        {"/m~0n", "tilde"},
        {"/7", "seven"},
        {"/d", "last"},
        {"/", "none"},
        {"/A", NULL},
        {"/one", "y"},
        {"/two", NULL},
        {"/num/0", "254700000101"},
        {"/num/1", "254700000101"},
        {"/num/2", "2.547e11"},
        {"/num/3", "2.5"},
        {"/num/4", "0"},
        {"/num/5", "1e2"},
        {"/num/6", "254700000101.0e-1"},
        {"/num/7", "2.5e99"},
    };
    const struct doc *root;
    struct doc_path path;
    struct errmsg msg;
    assert_int_equal(json_read(STR(text), arena, &root), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(doc_path_json(str_from(cases[i].path), arena, &path, &msg), ERR_OK);
        expect(root, &path, &cases[i], false);
    }
    assert_int_equal(doc_path_json(STR("/A"), arena, &path, &msg), ERR_OK);
    expect(root, &path, &(struct path_case){"/A", "1"}, true);
    assert_int_equal(doc_path_json(STR("a"), arena, &path, &msg), ERR_INVALID);
}

static void test_json_that_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",          "{",          "{\"a\":1",   "{\"a\":01}", "{\"a\":1.}",
        "{\"a\":-}", "[1,]",       "{\"a\":1}x", "{a:1}",      "'a'",
        "nul",       "{\"a\":+1}", "[1 2]",      "{1:1}",      "{\"a\":{-2.5e3\n :1}}",
        "\"abc",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct doc *root;
        if (json_read(str_from(texts[i]), arena, &root) != ERR_INVALID)
            fail_msg("taken: %s", texts[i]);
    }
}

/* What a provider writes into a string that is no text costs this character, and nothing else. */
static void test_json_strings_are_mended(void **state)
{
    (void)state;
#define FFFD "\xef\xbf\xbd"
    static const struct {
        struct str written;
        const char *text;
    } cases[] = {
        {STR("\\ud83d\\ude00"), "\xf0\x9f\x98\x80"},
        {STR("Hi \\ud83d"), "Hi " FFFD},
        {STR("\\ud83d!"), FFFD "!"},
        {STR("\\ud83d\\n"), FFFD "\n"},
        {STR("\\ud83d\\ud83d\\ude00"), FFFD "\xf0\x9f\x98\x80"},
        {STR("\\ude00\\ud83d"), FFFD FFFD},
        {STR("a\\u0000b"), "a" FFFD "b"},
        {STR("a\0b"), "a" FFFD "b"},
        {STR("JOIN\nplease\r\t\x01"), "JOIN\nplease\r\t" FFFD},
        {STR("\\u0001"), "\x01"},
        {STR("caf\xe9!"), "caf" FFFD "!"},
        {STR("\xc3"), FFFD},
        {STR("\xed\xa0\xbd"), FFFD FFFD FFFD}, /* half a pair in UTF-8 */
        {STR("C:\\x"), "C:" FFFD "x"},
        {STR("\\u12"), FFFD "u12"},
        {STR("\\\"\\\\\\/\\b"), "\"\\/\b"},
    };
    struct doc_path path;
    struct errmsg msg;
    assert_int_equal(doc_path_json(STR("/a"), arena, &path, &msg), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct doc *root;
        struct buf body CLEANUP(buf_fini);
        buf_init(&body, 256);
        buf_add_str(&body, STR("{\"a\":\""));
        buf_add_str(&body, cases[i].written);
        buf_add_str(&body, STR("\",\"b\":1}"));
        assert_int_equal(json_read(buf_str(&body), arena, &root), ERR_OK);
        expect(root, &path, &(struct path_case){"/a", cases[i].text}, false);
    }
    const struct doc *root; /* a backslash at the very end */
    assert_int_equal(json_read(STR("{\"a\":\"\\"), arena, &root), ERR_INVALID);
    assert_int_equal(json_read(STR("{\"a\":\"\\u"), arena, &root), ERR_INVALID);
}

static void test_json_depth(void **state)
{
    (void)state;
    char text[2 * DOC_MAX_DEPTH + 3];
    const struct doc *root;
    memset(text, '[', DOC_MAX_DEPTH);
    memset(text + DOC_MAX_DEPTH, ']', DOC_MAX_DEPTH);
    assert_int_equal(json_read((struct str){text, 2 * DOC_MAX_DEPTH}, arena, &root), ERR_OK);
    memset(text, '[', DOC_MAX_DEPTH + 1);
    memset(text + DOC_MAX_DEPTH + 1, ']', DOC_MAX_DEPTH + 1);
    assert_int_equal(json_read((struct str){text, 2 * DOC_MAX_DEPTH + 2}, arena, &root),
                     ERR_INVALID);
}

static void test_xml_paths(void **state)
{
    (void)state;
    static const char text[] =
        "<?xml version='1.0'?><!DOCTYPE r><r xmlns:n='u'><n:a x='1' n:y='two'>A&amp;B</n:a>"
        "<f name='Remote'>+27</f><f name='Text'>hi</f><e/>"
        "<m><name>MSISDN</name><value><string>250</string></value></m>"
        "<m><name>Code</name><value>543</value></m><deep><deeper><z>1</z></deeper></deep></r>";
    static const struct path_case cases[] = {
        {"/r/a", "A&B"},
        {"r/a", "A&B"},
        {"//a", "A&B"},
        {"/a", NULL},
        {"/r/a@x", "1"},
        {"//a@y", "two"},
        {"//a@z", NULL},
        {"//f[@name=Text]", "hi"},
        {"//f[@name=Remote]", "+27"},
        {"//f[@name=None]", NULL},
        {"//e", ""},
        {"//m[name=MSISDN]/value/string", "250"},
        {"//m[name=Code]/value", "543"},
        {"//z", "1"},
        {"/r/deep//z", "1"},
        {"/r/*/z", NULL},
        {"/r/*/deeper/z", "1"},
        {"/r/*/name()", "a"},
    };
    const struct doc *root;
    struct doc_path path;
    struct errmsg msg;
    assert_int_equal(xml_read(STR(text), arena, &root), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(doc_path_xml(str_from(cases[i].path), &path, &msg), ERR_OK);
        expect(root, &path, &cases[i], false);
    }
    static const struct path_case of_element = {"@x", "1"}; /* of the present one */
    assert_int_equal(doc_path_xml(STR("//a"), &path, &msg), ERR_OK);
    const struct doc *element = doc_find(root, &path, false);
    assert_int_equal(doc_path_xml(str_from(of_element.path), &path, &msg), ERR_OK);
    expect(element, &path, &of_element, false);
}

static void test_xml_that_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "<a>",
        "<a></b>",
        "<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><m>&x;</m>",
        "<!DOCTYPE m [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><m>&b;</m>",
        "<!DOCTYPE m SYSTEM 'http://example.com/m.dtd'><m/>",
        "<!DOCTYPE m PUBLIC '-//x' 'm.dtd'><m/>",
        "<!DOCTYPE m []><m/>",
        "<a/><b/>",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct doc *root;
        if (xml_read(str_from(texts[i]), arena, &root) != ERR_INVALID)
            fail_msg("taken: %s", texts[i]);
    }
}

static void test_xml_is_mended(void **state)
{
    (void)state;
    static const struct {
        struct str written;
        const char *text;
    } cases[] = {
        {STR("a\0b"), "a" FFFD "b"},
        {STR("a\x01\nb"), "a" FFFD "\nb"},
        {STR("caf\xe9!"), "caf" FFFD "!"},
        {STR("Hi &#xd83d;"), "Hi " FFFD},
        {STR("&#xD83D;&#56832;"), FFFD FFFD},
        {STR("&#0;&#x0;&#x110000;&#99999999;"), FFFD FFFD FFFD FFFD},
        {STR("&#xd7ff;&#xd800;&#xdfff;&#xe000;"), "\xed\x9f\xbf" FFFD FFFD "\xee\x80\x80"},
        {STR("a & b&&amp;<![CDATA[&amp;&]]>&"), "a & b&&&amp;&&"},
        {STR("caf&eacute;&x;&#xg;&#;&;"), "caf&eacute;&x;&#xg;&#;&;"},
        {STR("&#000000000000000000065;&lt;&gt;&quot;&apos;"), "A<>\"'"},
        {STR("&#x1f600;&#128512;&#10;&amp;"), "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\n&"},
    };
    struct doc_path path;
    struct errmsg msg;
    assert_int_equal(doc_path_xml(STR("/a"), &path, &msg), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct doc *root;
        struct buf body CLEANUP(buf_fini);
        buf_init(&body, 256);
        buf_add_str(&body, STR("<?xml version='1.0' encoding='UTF-8'?><a>"));
        buf_add_str(&body, cases[i].written);
        buf_add_str(&body, STR("</a>"));
        assert_int_equal(xml_read(buf_str(&body), arena, &root), ERR_OK);
        expect(root, &path, &(struct path_case){"/a", cases[i].text}, false);
    }
}

/* Were each of them looked through for its end, this would take a quarter of a minute. */
static void test_xml_is_read_in_linear_time(void **state)
{
    (void)state;
    const struct doc *root;
    struct buf body CLEANUP(buf_fini);
    buf_init(&body, XML_MAX_BYTES);
    while (body.len + 9 <= XML_MAX_BYTES)
        buf_add_str(&body, STR("<![CDATA["));
    clock_t begin = clock();
    assert_int_equal(xml_read(buf_str(&body), arena, &root), ERR_INVALID);
    assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

static void test_xml_encodings_and_depth(void **state)
{
    (void)state;
    struct buf text;
    const struct doc *root;
    assert_int_equal(
        xml_read(STR("<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>"), arena, &root),
        ERR_OK);
    assert_true(str_eq(root->first->text, STR("caf\xc3\xa9")));
    static const struct {
        const char *encoding, *text;
    } declared[] = {
        {"windows-1252", "caf\xc3\xa9"},
        {"latin1", "caf\xc3\xa9"},
        {"iso-8859-15", "caf\xc3\xa9"},
        {"utf8", "caf" FFFD},
        {"Utf-8", "caf" FFFD},
        {"UTF-16", "caf" FFFD},
        {"GBK", "caf" FFFD},
    };
    for (size_t i = 0; i < ARRAY_LEN(declared); i++) {
        buf_init(&text, 256);
        buf_addf(&text, "<?xml version='1.0' encoding='%s'?><a>caf\xe9</a>", declared[i].encoding);
        assert_int_equal(xml_read(buf_str(&text), arena, &root), ERR_OK);
        assert_true(str_eq(root->first->text, str_from(declared[i].text)));
        buf_fini(&text);
    }
    for (uint32_t depth = DOC_MAX_DEPTH - 1; depth <= DOC_MAX_DEPTH; depth++) {
        buf_init(&text, 4096);
        for (uint32_t i = 0; i < depth; i++)
            buf_add_str(&text, STR("<a>"));
        for (uint32_t i = 0; i < depth; i++)
            buf_add_str(&text, STR("</a>"));
        assert_int_equal(xml_read(buf_str(&text), arena, &root),
                         depth < DOC_MAX_DEPTH ? ERR_OK : ERR_INVALID);
        buf_fini(&text);
    }
}

static void test_xml_escape(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    xml_escape(STR("a<b>&\"c'\n\x01"), &out);
    assert_string_equal(out.p, "a&lt;b&gt;&amp;\"c'\n\xef\xbf\xbd");
    buf_reset(&out);
    xml_escape_attribute(STR("a\"b\nc"), &out);
    assert_string_equal(out.p, "a&#34;b&#10;c");
    buf_fini(&out);
}

static void test_paths_that_are_none(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "/a/", "a[b", "a[b]", "a[=x]", "@", "a//@x"};
    struct doc_path path;
    struct errmsg msg;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (doc_path_xml(str_from(paths[i]), &path, &msg) != ERR_INVALID)
            fail_msg("taken: %s", paths[i]);
    }
    assert_int_equal(doc_path_json(STR("/1/2/3/4/5/6/7/8/9/10/11/12"), arena, &path, &msg), ERR_OK);
    assert_int_equal(doc_path_json(STR("/1/2/3/4/5/6/7/8/9/10/11/12/13"), arena, &path, &msg),
                     ERR_INVALID);
}

/* However little memory there is, the answer is one of two, and nothing is read past its end. */
static void test_what_does_not_fit_is_too_long(void **state)
{
    (void)state;
    const struct str json = STR("{\"a\":[\"one\",{\"b\":\"two\"}],\"c\":3}");
    const struct str xml = STR("<a x='1'><b>one</b><b y='2'>two</b></a>");
    uint32_t n_small = 0, n_read = 0;
    for (size_t bytes = 1; bytes < 8192; bytes += 7) {
        struct arena *small CLEANUP(arena_freep) = arena_new(bytes);
        const struct doc *root;
        enum err of_json = json_read(json, small, &root);
        arena_reset(small);
        enum err of_xml = xml_read(xml, small, &root);
        assert_true(of_json == ERR_OK || of_json == ERR_TOO_LONG);
        assert_true(of_xml == ERR_OK || of_xml == ERR_TOO_LONG);
        n_small += of_json != ERR_OK && of_xml != ERR_OK;
        n_read += of_json == ERR_OK && of_xml == ERR_OK;
    }
    assert_true(n_small > 0 && n_read > 0);
    struct arena *full CLEANUP(arena_freep) = arena_new(1);
    struct doc_path path;
    struct errmsg msg;
    assert_int_equal(doc_path_json(STR("/a~1b"), full, &path, &msg), ERR_TOO_LONG);
}

static void test_members_that_are_texts(void **state)
{
    (void)state;
    static const struct path_case cases[] = {
        {"s", "x"}, {"n", NULL}, {"m", NULL}, {"l", NULL}, {"e", ""}, {"S", NULL}, {"none", NULL},
    };
    const struct doc *root;
    assert_int_equal(json_read(STR("{\"s\":\"x\",\"n\":null,\"m\":{\"a\":\"b\"},\"l\":[\"y\"],"
                                   "\"e\":\"\"}"),
                               arena, &root),
                     ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str got = doc_text(root, cases[i].path);
        if (cases[i].value == NULL ? got.p != NULL : !str_eq(got, str_from(cases[i].value)))
            fail_msg("%s: got \"%.*s\"", cases[i].path, STR_ARG(got));
    }
    assert_null(doc_text(NULL, "s").p);
    assert_null(doc_text(doc_member(root, "l"), "s").p); /* a list has no members */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json_that_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json_strings_are_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xml_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xml_that_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xml_is_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xml_is_read_in_linear_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xml_encodings_and_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xml_escape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_members_that_are_texts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
