/*
 * The canonical form and the preview, over the course that ships and over signs that Markdown
 * would take for something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/lesson/lesson.h"
#include "port/lesson_files.h"

#define BASE "tests/lessons/base"
#define SHIPPED "lessons/children-on-the-move"

struct desk {
    struct arena *arena, *scratch;
    struct lesson_file *files;
    uint32_t n;
    struct lesson_findings *findings;
    struct lesson_source *source;
};

static void desk_open(struct desk *d, const char *dir)
{
    struct errmsg msg = {""};
    *d = (struct desk){.arena = arena_new(16 * LESSON_ARENA_BYTES),
                       .scratch = arena_new(LESSON_ARENA_BYTES)};
    if (lesson_files_read(dir, d->arena, &d->files, &d->n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
}

static void desk_fini(struct desk *d)
{
    arena_free(d->arena);
    arena_free(d->scratch);
}

static void desk_parse(struct desk *d)
{
    d->findings = lesson_findings_new(d->arena);
    d->source = arena_new_array(d->arena, struct lesson_source, 1);
    if (lesson_parse(d->files, d->n, d->arena, d->findings, d->source) != ERR_OK)
        fail_msg("%.*s:%u: %.*s", STR_ARG(d->findings->list[0].pos.file),
                 d->findings->list[0].pos.line, STR_ARG(d->findings->list[0].what));
}

/* All files in canonical form, in place. */
static void desk_format(struct desk *d)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 4u << 20);
    for (uint32_t i = 0; i < d->n; i++) {
        buf_reset(&out);
        lesson_format(d->source, i, d->scratch, &out);
        assert_int_equal(buf_error(&out), ERR_OK);
        d->files[i].text = arena_str(d->arena, buf_str(&out));
    }
}

static void set_lesson(struct desk *d, struct str text)
{
    for (uint32_t i = 0; i < d->n; i++) {
        if (str_eq(d->files[i].name, STR("m1.md")))
            d->files[i].text = arena_printf(
                d->arena, "---\nmodule: m1\ntitle: T\nkind: lessons\nrequired: true\n---\n\n%.*s",
                STR_ARG(text));
    }
}

static void test_shipped_course_is_canonical(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    for (uint32_t i = 0; i < d.source->n_files; i++) { /* PO files are gettext's to format */
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, 1u << 20);
        struct str name = d.source->files[i].file, text = STR_NONE;
        if (str_ends(name, STR(".po")))
            continue;
        for (uint32_t j = 0; j < d.n; j++)
            text = str_eq(d.files[j].name, name) ? d.files[j].text : text;
        lesson_format(d.source, i, d.scratch, &out);
        if (!str_eq(buf_str(&out), text))
            fail_msg("run `waypost lessons fmt` on " SHIPPED "/%.*s", STR_ARG(name));
    }
}

static void test_shipped_course_has_no_findings(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    lesson_check(d.source, d.arena, d.scratch, d.findings);
    for (uint32_t i = 0; i < d.findings->n; i++) {
        const struct lesson_finding *found = &d.findings->list[i];
        if (strcmp(found->rule, "po-fuzzy") != 0) /* the English has gone on, nothing is wrong */
            fail_msg("%.*s:%u: %.*s", STR_ARG(found->pos.file), found->pos.line,
                     STR_ARG(found->what));
    }
}

/* Every one of these stays the same text, however often it is formatted. */
static void test_formatting_keeps_the_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\\# no heading",
        "\\- no list",
        "\\-- no line",
        "\\+ no list",
        "\\* no list",
        "\\> no note",
        "\\= no answer",
        "\\@ no order",
        "1\\. no list",
        "123\\) no list",
        "1234567890. none",
        "1.5 litres",
        "B) of two",
        "c. of three",
        "\\~~~ no code",

        "a\\_b\\_ c_d _",
        "\\*384\\*7#",
        "5 \\* 3",
        "\\[x\\] no box",
        "\\[a\\](b)",
        "\\<b>",
        "\\&amp; R&D & co",
        "back\\\\slash",
        "ends with \\\\",
        "\\\\",
        "one\\\n\\- two",
        "one\\\n2\\. two",
        "one\\\n\\=",
        "-5 degrees",
        "+254 700",
        "#hash# tag#",
        "right: or left",
        "{org} {x}",
        "a ! b \\![c\\](d)",
        "\xc3\xa9\xc3\xa8",
        "\\_under\\_",
        "x\\\ny\\\nz",
        "tilde ~ and ^ or |",
        "quote \" and '",
        "100% \\\\* sure",
        "\\-",
    };
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, BASE);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        set_lesson(&d,
                   arena_printf(d.arena, "# a: A\n\n%s\n\n## b: B?\n\n- [x] y\n- [ ] n\n\n> %s\n",
                                texts[i], strchr(texts[i], '\n') == NULL ? texts[i] : "f"));
        desk_parse(&d);
        struct str screen = course_unit(&d.source->course, STR("a"))->screens[0];
        struct str m1 = STR_NONE;
        for (int round = 0; round < 3; round++) {
            desk_format(&d);
            desk_parse(&d);
            const struct unit *unit = course_unit(&d.source->course, STR("a"));
            assert_int_equal(unit->n_screens, 1);
            if (!str_eq(unit->screens[0], screen))
                fail_msg("%s became %.*s", texts[i], STR_ARG(unit->screens[0]));
            struct str now = d.files[1].text;
            if (m1.p != NULL && !str_eq(m1, now))
                fail_msg("%s: formatting twice changes it", texts[i]);
            m1 = now;
        }
    }
}

static void test_headings_and_options_keep_their_signs(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, BASE);
    set_lesson(&d, STR("# a: C \\# and D\\#\n\nText.\n\n## b: Dial \\*7\\#?\n\n- [x] \\[ \\] box\n"
                       "- [ ] 1. first\n\n## c: C?\n\n- \\[x\\] y\n- \\- n\n"));
    desk_parse(&d);
    for (int round = 0; round < 2; round++) {
        desk_format(&d);
        desk_parse(&d);
        const struct course *c = &d.source->course;
        assert_true(str_eq(course_unit(c, STR("a"))->title, STR("C # and D#")));
        assert_true(str_eq(course_unit(c, STR("b"))->title, STR("Dial *7#?")));
        assert_true(str_eq(course_unit(c, STR("b"))->question->choices[0].text, STR("[ ] box")));
        assert_true(str_eq(course_unit(c, STR("c"))->question->choices[0].text, STR("[x] y")));
        assert_true(str_eq(course_unit(c, STR("c"))->question->choices[1].text, STR("- n")));
    }
}

static void test_typography_becomes_plain_in_gsm7_only(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    struct str curly = STR("# a: A\n\n\xe2\x80\x93 \xe2\x80\x9cyes\xe2\x80\x9d\xe2\x80\xa6\n");
    desk_open(&d, BASE);
    set_lesson(&d, curly);
    desk_parse(&d);
    desk_format(&d);
    assert_int_not_equal(str_find(d.files[1].text, STR("\n\\- \"yes\"...\n")), SIZE_MAX);
    set_lesson(&d, curly);
    d.source->is_ucs2 = true;
    desk_parse(&d);
    d.source->is_ucs2 = true;
    desk_format(&d);
    assert_true(str_ends(d.files[1].text, curly));
}

static void test_preview_shows_every_screen(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LESSON_PREVIEW_MAX_BYTES);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    lesson_preview(d.source, d.scratch, &out);
    assert_int_equal(buf_error(&out), ERR_OK);
    struct str page = buf_str(&out);
    for (uint16_t i = 0; i < d.source->course.n_units; i++) {
        const struct unit *unit = &d.source->course.units[i];
        struct str heading = arena_printf(d.arena, "<h3>%.*s: ", STR_ARG(unit->id));
        if (str_find(page, heading) == SIZE_MAX)
            fail_msg("%.*s is missing", STR_ARG(unit->id));
    }
    assert_int_not_equal(str_find(page, STR("GSM-7, ")), SIZE_MAX);
    assert_int_not_equal(str_find(page, STR("<p>Feedback: ")), SIZE_MAX);
    assert_int_equal(str_find(page, STR(": </p>")), SIZE_MAX); /* nothing of what is not there */
    assert_int_equal(str_find(page, STR("class=\"count over\"")), SIZE_MAX);
    assert_int_equal(str_find(page, STR("<script")), SIZE_MAX);
    assert_true(str_ends(page, STR("</html>\n")));
}

static void test_preview_escapes_and_marks_what_is_too_long(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LESSON_PREVIEW_MAX_BYTES);
    desk_open(&d, BASE);
    char *long_text = arena_alloc(d.arena, 301);
    memset(long_text, 'x', 300);
    set_lesson(&d,
               arena_printf(d.arena, "# a: A \\<b>\n\n1 \\< 2 & \"3\" %s\n\nEnd.\n", long_text));
    desk_parse(&d);
    lesson_preview(d.source, d.scratch, &out);
    struct str page = buf_str(&out);
    assert_int_not_equal(str_find(page, STR("A &lt;b&gt;</h3>")), SIZE_MAX);
    assert_int_not_equal(str_find(page, STR("1 &lt; 2 &amp; &quot;3&quot; xxx")), SIZE_MAX);
    assert_int_not_equal(str_find(page, STR("too long, at most 306")), SIZE_MAX);
    assert_int_not_equal(str_find(page, STR("<h3>a, screen 1 of 2: A ")), SIZE_MAX);
    assert_int_not_equal(str_find(page, STR("<h3>a, screen 2 of 2: A ")), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_course_is_canonical),
        cmocka_unit_test(test_shipped_course_has_no_findings),
        cmocka_unit_test(test_formatting_keeps_the_text),
        cmocka_unit_test(test_headings_and_options_keep_their_signs),
        cmocka_unit_test(test_typography_becomes_plain_in_gsm7_only),
        cmocka_unit_test(test_preview_shows_every_screen),
        cmocka_unit_test(test_preview_escapes_and_marks_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
