#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/yaml_map.h"

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
    {"? [a, b]\n: 1\n", "f.yaml:1:3: a key must be a plain word; write `key: value`\n"},
    {"a: \"x\\0y\"\n", "f.yaml:1:4: a zero byte is not allowed; remove the \\0\n"},
    {"a: [1, 2\nb: 3\n", "f.yaml:1:4: did not find expected ',' or ']' while parsing a flow "
                         "sequence; put commas between the parts of a list, ] at its end\n"},
    {"a: {b: 1\nc: 3\n", "f.yaml:1:4: did not find expected ',' or '}' while parsing a flow "
                         "mapping; put a value that begins with { in quotes\n"},
    {"a: 1\n b: 2\n", "f.yaml:2:3: mapping values are not allowed in this context; put a value "
                      "that holds a colon and a blank in quotes, `key: \"one: two\"`; begin keys "
                      "that belong together in the same column\n"},
    {"a: Hands: twice\n", "f.yaml:1:9: mapping values are not allowed in this context; put a value "
                          "that holds a colon and a blank in quotes, `key: \"one: two\"`; begin "
                          "keys that belong together in the same column\n"},
    {"a: \"Hands\" twice\n",
     "f.yaml:1:12: did not find expected key while parsing a block mapping; put the whole value in "
     "quotes, with \\\" for one within; begin keys that belong together in the same column, and "
     "each "
     "entry of a list with a dash and a blank\n"},
    {"a:\n  -name: b\n    # more\n    c: 1\n",
     "f.yaml:4:5: did not find expected key while parsing a block mapping; put the whole value in "
     "quotes, with \\\" for one within; begin keys that belong together in the same column, and "
     "each "
     "entry of a list with a dash and a blank\n"},
    {"b: 1\na: \"Hands\nc: 1\n", "f.yaml:2:4: found unexpected end of stream while scanning a "
                                 "quoted scalar; close the quote that begins here\n"},
    {"b: 1\na\nc: 1\n", "f.yaml:2:1: could not find expected ':' while scanning a simple key; "
                        "write `key: value`, with a blank behind the colon\n"},
    {"a: \"b\\d\"\n", "f.yaml:1:6: found unknown escape character while parsing a quoted scalar; "
                      "write \\\\ for a backslash within quotes\n"},
    {"a: @b\n", "f.yaml:1:4: found character that cannot start any token while scanning for the "
                "next token; put a value that begins with -, ?, |, >, *, @, % or ` in quotes; "
                "indent with blanks, no tabs\n"},
    {"a: - b\n",
     "f.yaml:1:4: block sequence entries are not allowed in this context; put a value that begins "
     "with -, ?, |, >, *, @, % or ` in quotes; indent with blanks, no tabs\n"},
    {"a: ? b\n", "f.yaml:1:4: mapping keys are not allowed in this context; put a value that "
                 "begins with -, ?, |, >, *, @, % or ` in quotes; indent with blanks, no tabs\n"},
    {"a: |b\n",
     "f.yaml:1:5: did not find expected comment or line break while scanning a block scalar; put a "
     "value that begins with -, ?, |, >, *, @, % or ` in quotes; indent with blanks, no tabs\n"},
    {"a: * b\n", "f.yaml:1:5: did not find expected alphabetic or numeric character while scanning "
                 "an alias; put a value that begins with -, ?, |, >, *, @, % or ` in quotes; "
                 "indent with blanks, no tabs\n"},
    {"a: 1\n\tb: 2\n",
     "f.yaml:2:1: found a tab character that violates indentation while scanning a plain scalar; "
     "check indentation (blanks, no tabs), colons and quotes here\n"},
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
    struct yaml_report report = {.file = STR("f.yaml"), .text = errors};
    return yaml_read(text, arena, &report, ret);
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

/* ---- core/yaml_map.h ---- */

struct member {
    struct str name;
    uint16_t weight;
};

struct whole {
    uint8_t small;
    uint16_t half;
    uint32_t word;
    uint64_t big;
    uint32_t colour;
    bool is_on;
    struct str text, must, choice, secret;
    uint32_t n_members;
    const struct member *members;
    const struct yaml_node *node;
};

#define WHOLE(field) YAML_AT(struct whole, field)
static const struct yaml_row member_rows[] = {
    {.name = "name",
     YAML_AT(struct member, name),
     .is_required = true,
     .is_key = true,
     .example = "a"},
    {.name = "weight", YAML_AT(struct member, weight), .type = &yaml_type_number, .max = 65535},
};
static const struct yaml_table member_table = {member_rows, ARRAY_LEN(member_rows),
                                               sizeof(struct member)};
static const struct yaml_row rows[] = {
    {.name = "small", WHOLE(small), .type = &yaml_type_number, .min = 1, .max = 255},
    {.name = "half", WHOLE(half), .type = &yaml_type_number, .max = 65535, .fallback = "500"},
    {.name = "word", WHOLE(word), .type = &yaml_type_number, .max = UINT32_MAX},
    {.name = "big", WHOLE(big), .type = &yaml_type_number, .max = UINT32_MAX},
    {.name = "colour", WHOLE(colour), .type = &yaml_type_word, .words = "red green blue"},
    {.name = "on", WHOLE(is_on), .type = &yaml_type_flag, .words = "no yes"},
    {.name = "text", WHOLE(text), .max = 5},
    {.name = "must", WHOLE(must), .is_required = true, .example = "be"},
    {.name = "choice", WHOLE(choice), .type = &yaml_type_choice, .words = "in out"},
    {.name = "secret", WHOLE(secret), .is_secret = true, .max = 3},
    {.name = "members",
     WHOLE(members),
     .n_offset = offsetof(struct whole, n_members),
     .type = &yaml_type_list,
     .table = &member_table,
     .max = 2},
    {.name = "node", WHOLE(node), .type = &yaml_type_node},
};
static const struct yaml_table table = {rows, ARRAY_LEN(rows), 0};

static void fill_text(const char *text, struct arena *arena, struct whole *whole,
                      struct buf *errors)
{
    const struct yaml_node *root = NULL;
    struct yaml_report report = {.file = STR("f"), .text = errors};
    struct yaml_map m = {.report = &report, .arena = arena};
    buf_init(errors, 65536);
    assert_int_equal(yaml_read(str_from(text), arena, &report, &root), ERR_OK);
    yaml_map_fill(&m, &table, root, whole);
}

static void map_fills_fields_of_every_type(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini);
    struct whole w = {.text = STR("kept")};
    char scratch[YAML_SCRATCH_BYTES];
    fill_text("small: 255\nword: 4294967295\nbig: 7\ncolour: blue\non: yes\nmust: x\n"
              "choice: out\nsecret_file: s\ntext:\nmembers:\n  - {name: a, weight: 65535}\n"
              "  - name: b\nnode: {k: v}\n",
              arena, &w, &errors);
    assert_int_equal(errors.len, 0);
    assert_int_equal(w.small, 255);
    assert_int_equal(w.half, 500); /* the fallback, and no neighbour was touched */
    assert_int_equal(w.word, UINT32_MAX);
    assert_int_equal(w.big, 7);
    assert_int_equal(w.colour, 2);
    assert_true(w.is_on);
    assert_string_equal(w.text.p, "kept"); /* a key without a value is absent */
    assert_string_equal(w.must.p, "x");
    assert_string_equal(w.choice.p, "out");
    assert_int_equal(w.n_members, 2);
    assert_string_equal(w.members[1].name.p, "b");
    assert_int_equal(w.members[0].weight, 65535);
    assert_string_equal(yaml_get(w.node, STR("k"))->text.p, "v");
    static const char *const written[] = {"255",  "500", "4294967295", "7",  "blue", "yes",
                                          "kept", "x",   "out",        NULL, NULL,   NULL};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str value = yaml_row_value(&rows[i], &w, scratch);
        assert_true(str_eq(value, str_from(written[i])));
        assert_int_equal(value.p == NULL, written[i] == NULL);
    }
}

static const struct {
    const char *text, *errors;
} bad_maps[] = {
    {"small: 0\nmust: x\n", "f:1:8: small is '0'; it must be a whole number from 1 to 255\n"},
    {"small: 256\nmust: x\n", "f:1:8: small is '256'; it must be a whole number from 1 to 255\n"},
    {"must: \"  \"\n", "f:1:7: must is missing; add a line such as `must: be`\n"},
    {"must: x\ntext: 12345\n", ""},
    {"must: x\ntext: 123456\n", "f:2:7: text has 6 bytes; at most 5 fit\n"},
    {"must: x\nsecret: \"a\\tb\"\n",
     "f:2:9: secret is '(hidden)'; it must be one line without control characters\n"},
    {"must: x\nmembers: [{name: a}, {name: b}, {name: c}]\n",
     "f:2:10: members has 3 members; it must be a list (\"  - key: value\") of at most 2\n"},
    {"must: x\nmembers: [{name: a}, {name: a}]\n", "f:2:22: a second name 'a'; keep one of them\n"},
    {"must: x\nmembers: [a, {}]\n",
     "f:2:11: an entry of members is a scalar, not a map; write \"  - key: value\"\n"
     "f:2:14: name is missing; add a line such as `name: a`\n"},
    {"must: x\nmembers: [{nam: a, name: b}]\n",
     "f:2:12: no key 'nam' here, did you mean 'name'?; remove or mend it; known here: name "
     "weight\n"},
    /* all of them, not only the first */
    {"colour: pink\non: maybe\nchoice: [in]\nxyz: 1\n",
     "f:4:1: no key 'xyz' here; remove or mend it; known here: small half word big colour on text "
     "must choice secret members node\n"
     "f:1:9: colour is 'pink'; it must be one of: red green blue\n"
     "f:2:5: on is 'maybe'; it must be one of: no yes\n"
     "f:1:1: must is missing; add a line such as `must: be`\n"
     "f:3:9: choice is a list; it must be one value\n"},
};

static void map_reports_every_mistake_and_leaves_the_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_maps); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
        struct buf errors CLEANUP(buf_fini);
        struct whole w = {.small = 9, .colour = 1, .is_on = true};
        fill_text(bad_maps[i].text, arena, &w, &errors);
        assert_string_equal(buf_str(&errors).p, bad_maps[i].errors);
        assert_int_equal(w.small, 9);
        assert_int_equal(w.colour, 1);
        assert_true(w.is_on);
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
        cmocka_unit_test(map_fills_fields_of_every_type),
        cmocka_unit_test(map_reports_every_mistake_and_leaves_the_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
