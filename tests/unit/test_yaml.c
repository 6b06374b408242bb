#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/yaml.h"

static const struct {
    const char *text;
    const char *error; /* whole text of the errors */
} bad_files[] = {
    {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: this key stands here twice; keep one of them\n"},
    {"a: &x 1\n", "f.yaml:1:4: anchors (&) and tags (!) are not used here; write the value itself, "
                  "in quotes if it begins with one of them\n"},
    {"a: &x [1]\n",
     "f.yaml:1:4: anchors (&) and tags (!) are not used here; write out the value\n"},
    {"a: 1\nb: *a\n", "f.yaml:2:4: aliases (*) are not used here; write the value itself, in "
                      "quotes if it begins with a star\n"},
    {"a: !int 1\n", "f.yaml:1:4: anchors (&) and tags (!) are not used here; write the value "
                    "itself, in quotes if it begins with one of them\n"},
    {"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document (---) begins here; remove it\n"},
    {"? [a, b]\n: 1\n", "f.yaml:1:3: a key must be a plain word\n"},
    {"a: \"x\\0y\"\n", "f.yaml:1:4: a zero byte is not allowed; remove the \\0\n"},
    {"a: [1, 2\nb: 3\n", "f.yaml:2:2: did not find expected ',' or ']' while parsing a flow "
                         "sequence; check indentation, colons and quotes here\n"},
    {"a: 1\n b: 2\n", "f.yaml:2:3: mapping values are not allowed in this context; check "
                      "indentation, colons and quotes here\n"},
    {"a: \xff\n", "f.yaml:1:1: byte 3: invalid leading UTF-8 octet; save the file as UTF-8\n"},
    {"a: 1\na: 2\nb: *z\n",
     "f.yaml:2:1: this key stands here twice; keep one of them\n"
     "f.yaml:3:4: aliases (*) are not used here; write the value itself, in quotes if it begins "
     "with a star\n"},
};

static enum err read_text(struct str text, struct arena *arena, const struct yaml_node **ret,
                          struct buf *errors)
{
    buf_init(errors, 65536);
    return yaml_read(text, STR("f.yaml"), arena, ret, errors);
}

static void mistakes_are_named_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_files); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
        struct buf errors CLEANUP(buf_fini);
        const struct yaml_node *root = NULL;
        assert_int_equal(read_text(str_from(bad_files[i].text), arena, &root, &errors),
                         ERR_INVALID);
        assert_string_equal(errors.p, bad_files[i].error);
        assert_null(root);
    }
}

static void tree_keeps_order_places_and_plain_text(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini);
    const struct yaml_node *root = NULL;
    struct str text =
        STR("# hello\nport: 0x10\nname: \"no\"\nlist:\n  - é: x\n    b:\n  - [1, 2]\n");
    assert_int_equal(read_text(text, arena, &root, &errors), ERR_OK);
    assert_int_equal(root->kind, YAML_KIND_MAP);
    assert_int_equal(root->n, 3);
    const struct yaml_node *port = yaml_get(root, STR("port"));
    assert_string_equal(port->text.p, "0x10");
    assert_false(port->is_quoted);
    assert_int_equal(port->key_line, 2);
    assert_int_equal(port->column, 7);
    assert_true(yaml_get(root, STR("name"))->is_quoted);
    const struct yaml_node *list = yaml_get(root, STR("list"));
    assert_int_equal(list->kind, YAML_KIND_LIST);
    assert_int_equal(list->first->first->column, 8); /* characters, not bytes */
    assert_string_equal(list->first->first->next->text.p, "");
    assert_int_equal(list->first->next->n, 2);
    assert_true(str_eq(yaml_text(root, STR("name"), STR_NONE), STR("no")));
    assert_true(str_eq(yaml_text(root, STR("list"), STR("none")), STR("none")));
    assert_null(yaml_get(port, STR("x")));
    assert_null(yaml_get(NULL, STR("x")));
}

static void empty_file_is_an_empty_map(void **state)
{
    (void)state;
    static const char *const files[] = {"", "# only a comment\n", "---\n", "---\n...\n"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
        struct buf errors CLEANUP(buf_fini);
        const struct yaml_node *root = NULL;
        assert_int_equal(read_text(str_from(files[i]), arena, &root, &errors), ERR_OK);
        assert_int_equal(root->kind, YAML_KIND_MAP);
        assert_int_equal(root->n, 0);
    }
}

static enum err read_repeated(const char *before, const char *member, unsigned n, const char *after)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(4 << 20);
    struct buf errors CLEANUP(buf_fini);
    struct buf text CLEANUP(buf_fini);
    const struct yaml_node *root = NULL;
    buf_init(&text, 4 << 20);
    buf_add_str(&text, str_from(before));
    for (unsigned i = 0; i < n; i++)
        buf_add_str(&text, str_from(member));
    for (unsigned i = 0; i < n && after[0] != '\0'; i++)
        buf_add_str(&text, str_from(after));
    return read_text(buf_str(&text), arena, &root, &errors);
}

static void depth_members_and_bytes_have_ceilings(void **state)
{
    (void)state;
    assert_int_equal(read_repeated("", "[", YAML_MAX_DEPTH, "]"), ERR_OK);
    assert_int_equal(read_repeated("", "[", YAML_MAX_DEPTH + 1, "]"), ERR_INVALID);
    assert_int_equal(read_repeated("", "- x\n", YAML_MAX_MEMBERS, ""), ERR_OK);
    assert_int_equal(read_repeated("", "- x\n", YAML_MAX_MEMBERS + 1, ""), ERR_INVALID);
    assert_int_equal(read_repeated("#", "x", YAML_MAX_BYTES - 1, ""), ERR_OK);
    assert_int_equal(read_repeated("#", "x", YAML_MAX_BYTES, ""), ERR_TOO_LONG);
}

static void arena_too_small_is_an_error_not_a_crash(void **state)
{
    (void)state;
    struct str text = STR("a: 1\nb: [1, 2, {c: d}]\ne: \"f\"\n");
    for (size_t bytes = 0; bytes < 2048; bytes += 16) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(bytes);
        struct buf errors CLEANUP(buf_fini);
        const struct yaml_node *root = NULL;
        enum err e = read_text(text, arena, &root, &errors);
        assert_int_equal(e, arena_error(arena) == ERR_OK ? ERR_OK : ERR_TOO_LONG);
        assert_true(e == ERR_OK || errors.len > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_named_with_their_place),
        cmocka_unit_test(tree_keeps_order_places_and_plain_text),
        cmocka_unit_test(empty_file_is_an_empty_map),
        cmocka_unit_test(depth_members_and_bytes_have_ceilings),
        cmocka_unit_test(arena_too_small_is_an_error_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
