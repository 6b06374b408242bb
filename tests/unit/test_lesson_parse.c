/*
 * The parser by itself: what a well-formed file means, where things were written, and every ceiling
 * of core/course.h at it and one past it. Mistakes are in tests/lessons/invalid/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/courses.h"
#include "core/lesson/parse.h"
#include "port/lesson_files.h"

#define BASE "tests/lessons/base"
#define LESSONS_HEAD "---\nmodule: m1\ntitle: T\nkind: lessons\nrequired: true\n---\n"
#define TEST_HEAD "---\nmodule: test\ntitle: T\nkind: test\nrequired: true\n---\n# items: Test\n"

struct fixture {
    struct arena *arena;
    struct lesson_file files[LESSON_MAX_FILES + 1];
    uint32_t n;
    struct lesson_findings *findings;
    struct lesson_source *source;
    struct buf text;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct lesson_file *base;
    struct errmsg msg = {""};
    f->arena = arena_new(2 * LESSON_ARENA_BYTES);
    buf_init(&f->text, 8u << 20);
    if (lesson_files_read(BASE, f->arena, &base, &f->n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    memcpy(f->files, base, f->n * sizeof(*base));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buf_fini(&f->text);
    arena_free(f->arena);
    test_free(f);
    return 0;
}

static void set_file(struct fixture *f, const char *name, struct str text)
{
    uint32_t i = 0;
    while (i < f->n && !str_eq(f->files[i].name, str_from(name)))
        i++;
    f->n = i == f->n ? f->n + 1 : f->n;
    f->files[i] = (struct lesson_file){str_from(name), arena_str(f->arena, text)};
}

static struct str get_file(const struct fixture *f, const char *name)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (str_eq(f->files[i].name, str_from(name)))
            return f->files[i].text;
    }
    fail_msg("no file %s", name);
    return STR_NONE;
}

/* Replaces the first `from` of a file. */
static void edit_file(struct fixture *f, const char *name, const char *from, struct str to)
{
    struct str text = get_file(f, name);
    size_t at = str_find(text, str_from(from));
    assert_int_not_equal(at, SIZE_MAX);
    set_file(f, name,
             arena_printf(f->arena, "%.*s%.*s%.*s", STR_ARG(str_sub(text, 0, at)), STR_ARG(to),
                          STR_ARG(str_sub(text, at + strlen(from), text.len))));
}

static enum err parse(struct fixture *f)
{
    f->findings = lesson_findings_new(f->arena);
    f->source = arena_new_array(f->arena, struct lesson_source, 1);
    return lesson_parse(f->files, f->n, f->arena, f->findings, f->source);
}

/* No finding, or the first one has this rule. */
static void expect_rule(struct fixture *f, const char *rule)
{
    enum err e = parse(f);
    if (rule == NULL && e == ERR_OK)
        return;
    if (f->findings->n == 0)
        fail_msg("%s, no finding, expected %s", err_name(e), rule);
    if (rule == NULL || strcmp(f->findings->list[0].rule, rule) != 0)
        fail_msg("%s: %.*s, expected %s", f->findings->list[0].rule,
                 STR_ARG(f->findings->list[0].what), rule != NULL ? rule : "nothing");
}

/* ---- packs ---- */

#define PACK_HEAD                                                                                  \
    "---\npack: p\nlanguage: en\nlanguages: {en: English, fr: Francais}\nsafe_words: "             \
    "[safe-en.md]\n---\n"

/* The base course's texts as a pack, and a course.md with front matter only. */
static void move_to_pack(struct fixture *f)
{
    struct str all = get_file(f, "course.md");
    size_t end = str_find(str_sub(all, 4, all.len), STR("---\n")) + 8;
    set_file(f, "packs/p/texts.md",
             arena_printf(f->arena, PACK_HEAD "%.*s", STR_ARG(str_sub(all, end, all.len))));
    set_file(f, "packs/p/safe-en.md", STR("# safe_words: more\n\n- of the pack\n"));
    set_file(f, "course.md", str_sub(all, 0, end));
    edit_file(f, "course.md", "language: en\n", STR("language: en\npack: p\n"));
    edit_file(f, "course.md", "languages:\n  en: English\n", STR(""));
}

static void test_a_course_inherits_the_texts_of_its_pack(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f), ERR_OK);
    struct str hello = f->source->course.texts[COURSE_TEXT_hello];
    uint16_t n_safe = f->source->course.safe.n;
    move_to_pack(f);
    expect_rule(f, NULL);
    const struct course *c = &f->source->course;
    assert_true(str_eq(c->texts[COURSE_TEXT_hello], hello));
    assert_int_equal(c->safe.n, n_safe + 1);
    assert_int_equal(c->n_languages, 1); /* no translation is there */
    assert_true(str_eq(c->language_names[0], STR("English")));
    assert_true(str_eq(f->source->texts[COURSE_TEXT_hello].pos.file, STR("packs/p/texts.md")));
}

static void test_a_course_overrides_its_pack(void **state)
{
    struct fixture *f = *state;
    move_to_pack(f);
    struct str front = get_file(f, "course.md");
    set_file(f, "course.md",
             arena_printf(f->arena, "%.*s\n# text_done: d\n\nThis is {course}.\n", STR_ARG(front)));
    expect_rule(f, NULL);
    const struct course *c = &f->source->course;
    assert_true(str_eq(c->texts[COURSE_TEXT_done], STR("This is {course}.")));
    assert_true(str_eq(c->name, c->title));
    set_file(f, "course.md",
             arena_printf(f->arena, "%.*s\n# text_done: d\n\nA.\n\n# text_done: d\n\nB.\n",
                          STR_ARG(front)));
    expect_rule(f, "id-double");
}

static void test_packs_that_are_not_there_are_named(void **state)
{
    struct fixture *f = *state;
    move_to_pack(f);
    edit_file(f, "course.md", "pack: p", STR("pack: q"));
    (void)parse(f);
    lesson_findings_sort(f->findings);
    bool is_told = false;
    for (uint32_t i = 0; i < f->findings->n; i++)
        is_told |= str_eq(f->findings->list[i].what, STR("there is no such pack"));
    assert_true(is_told);
    struct lesson_links links = lesson_links_read(get_file(f, "course.md"), f->arena);
    assert_true(str_eq(links.pack, STR("q")));
    assert_null(lesson_links_read(STR("---\n[\n---\n"), f->arena).pack.p);
    assert_null(lesson_links_read(STR("no front"), f->arena).pack.p);
}

/* ---- meaning ---- */

static void test_reads_all_kinds_of_answers(void **state)
{
    struct fixture *f = *state;
    set_file(f, "m1.md",
             STR(LESSONS_HEAD "# a: A\n@ story\n\nOne.\n\nTwo\nlines.\n\n"
                              "## b: Words?\n= The soap | Ash \n> right: R\n> wrong: W\n\n"
                              "## c: Number?\n= -5..30\n\n## d: Open?\n= open 80\n"));
    assert_int_equal(parse(f), ERR_OK);
    const struct course *c = &f->source->course;
    const struct unit *a = course_unit(c, STR("a"));
    assert_int_equal(a->kind, UNIT_STORY);
    assert_int_equal(a->n_screens, 2);
    assert_true(str_eq(a->screens[1], STR("Two lines.")));
    const struct question *q = course_unit(c, STR("b"))->question;
    assert_int_equal(q->kind, QUESTION_WORD);
    assert_int_equal(q->n_accepted, 2);
    assert_true(str_eq(q->accepted[1], STR("ash")));
    assert_true(str_eq(q->feedback_right, STR("R")));
    assert_true(str_eq(q->feedback_wrong, STR("W")));
    assert_true(q->is_scored);
    q = course_unit(c, STR("c"))->question;
    assert_int_equal(q->kind, QUESTION_NUMBER);
    assert_int_equal(q->low, -5);
    assert_int_equal(q->high, 30);
    assert_false(q->is_scored);
    q = course_unit(c, STR("d"))->question;
    assert_int_equal(q->kind, QUESTION_OPEN);
    assert_int_equal(q->max_chars, 80);
    assert_int_equal(q->if_unit, UINT16_MAX);
}

static void test_text_is_what_a_reader_sees(void **state)
{
    static const struct {
        const char *markdown, *text;
    } rows[] = {
        {"One line.", "One line."},
        {"Two\nlines.", "Two lines."},
        {"Two\\\nlines.", "Two\nlines."},
        {"Two  \nlines.", "Two\nlines."},
        {"Two \\\\\nlines.", "Two \\ lines."},
        {"  Much   room\t here  ", "Much room here"},
        {"A \\*star\\* and a\\_b", "A *star* and a_b"},
        {"5 * 3 < 20 & more", "5 * 3 < 20 & more"},
        {"18\\. No list", "18. No list"},
        {"\\- no list", "- no list"},
        {"\\@ no order", "@ no order"},
        {"A backslash \\a stays", "A backslash \\a stays"},
        {"Last one \\", "Last one \\"},
        {"{org} stays", "{org} stays"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        set_file(f, "m1.md",
                 arena_printf(f->arena, LESSONS_HEAD "# a: A\n\n%s\n", rows[i].markdown));
        if (parse(f) != ERR_OK)
            fail_msg("row %zu: %.*s", i, STR_ARG(f->findings->list[0].what));
        struct str got = course_unit(&f->source->course, STR("a"))->screens[0];
        if (!str_eq(got, str_from(rows[i].text)))
            fail_msg("row %zu: %.*s", i, STR_ARG(got));
    }
}

static void test_system_text_keeps_its_pages(void **state)
{
    struct fixture *f = *state;
    edit_file(f, "course.md", "This is HANDWASHING", STR("This is\n\nHANDWASHING"));
    assert_int_equal(parse(f), ERR_OK);
    assert_true(
        str_starts(f->source->course.texts[COURSE_TEXT_hello], STR("This is\fHANDWASHING, a")));
}

static void test_word_processor_files_are_read(void **state)
{
    struct fixture *f = *state;
    set_file(f, "m1.md",
             STR("\xef\xbb\xbf---\r\nmodule: m1\r\ntitle: T\r\nkind: lessons\r\nrequired: true\r\n"
                 "---\r\n# a: A\r\n\r\nOne.\r\n\r\n## b: B?\r\n* [X] yes\r\n* [ ] no\r\n> F\r\n"));
    assert_int_equal(parse(f), ERR_OK);
    const struct question *q = course_unit(&f->source->course, STR("b"))->question;
    assert_int_equal(q->n_choices, 2);
    assert_true(q->choices[0].is_right);
    assert_true(str_eq(q->choices[1].text, STR("no")));
    assert_true(str_eq(q->feedback, STR("F")));
}

/* ---- places ---- */

static void expect_pos(const struct fixture *f, const char *p, uint32_t line, uint32_t column)
{
    struct source_pos pos = lesson_source_pos(f->source, p, (struct source_pos){STR("?"), 0, 0});
    assert_int_equal(pos.line, line);
    assert_int_equal(pos.column, column);
}

static void test_every_character_has_its_place(void **state)
{
    struct fixture *f = *state;
    set_file(f, "m1.md",
             STR(LESSONS_HEAD
                 "# a: A\n\n  \\*\xc3\xa9  x\ny\\\nz\n\n## b: B?\n- [x]  yes\n- [ ] no\n"
                 "  > well\n> f\n"));
    assert_int_equal(parse(f), ERR_OK);
    const struct unit *a = course_unit(&f->source->course, STR("a"));
    const struct question *q = course_unit(&f->source->course, STR("b"))->question;
    const char *s = a->screens[0].p; /* "*e' x y\nz" */
    expect_pos(f, a->title.p, 7, 6);
    expect_pos(f, s, 9, 3);
    expect_pos(f, s + 1, 9, 5);
    expect_pos(f, s + 3, 9, 6);
    expect_pos(f, s + 4, 9, 8);
    expect_pos(f, s + 6, 10, 1);
    expect_pos(f, s + 8, 11, 1);
    expect_pos(f, q->stem.p, 13, 7);
    expect_pos(f, q->choices[0].text.p, 14, 8);
    expect_pos(f, q->choices[1].text.p + 1, 15, 8);
    expect_pos(f, q->choices[1].feedback.p, 16, 5);
    expect_pos(f, q->feedback.p, 17, 3);
    assert_int_equal(a->pos.line, 7);
    expect_pos(f, "elsewhere", 0, 0);
}

/* ---- ceilings ---- */

static void add_repeated(struct buf *out, const char *text, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        buf_add_str(out, str_from(text));
}

static void test_ceiling_of_screens(void **state)
{
    struct fixture *f = *state;
    for (uint32_t n = COURSE_MAX_SCREENS; n <= COURSE_MAX_SCREENS + 1; n++) {
        buf_reset(&f->text);
        buf_add_str(&f->text, STR(LESSONS_HEAD "# a: A\n"));
        add_repeated(&f->text, "\nscreen\n", n);
        set_file(f, "m1.md", buf_str(&f->text));
        expect_rule(f, n > COURSE_MAX_SCREENS ? "too-many" : NULL);
    }
}

static void test_ceiling_of_choices(void **state)
{
    struct fixture *f = *state;
    for (uint32_t n = COURSE_MAX_CHOICES; n <= COURSE_MAX_CHOICES + 1; n++) {
        buf_reset(&f->text);
        buf_add_str(&f->text, STR(LESSONS_HEAD "# a: A\n\nText.\n\n## b: B?\n"));
        for (uint32_t i = 0; i < n; i++)
            buf_addf(&f->text, "- [%c] option %u\n", i == 0 ? 'x' : ' ', i);
        set_file(f, "m1.md", buf_str(&f->text));
        expect_rule(f, n > COURSE_MAX_CHOICES ? "too-many" : NULL);
    }
}

static void test_ceiling_of_accepted_words(void **state)
{
    struct fixture *f = *state;
    for (uint32_t n = COURSE_MAX_ACCEPTED; n <= COURSE_MAX_ACCEPTED + 1; n++) {
        buf_reset(&f->text);
        buf_add_str(&f->text, STR(LESSONS_HEAD "# a: A\n\nText.\n\n## b: B?\n= word"));
        add_repeated(&f->text, " | word", n - 1);
        buf_add_char(&f->text, '\n');
        set_file(f, "m1.md", buf_str(&f->text));
        expect_rule(f, n > COURSE_MAX_ACCEPTED ? "answer-form" : NULL);
    }
}

static void test_ceiling_of_text_bytes(void **state)
{
    static const char *const frames[] = {
        LESSONS_HEAD "# a: A\n\n%s\n",
        LESSONS_HEAD "# a: A\n\nText.\n\n## b: %s\n- [x] y\n- [ ] n\n",
        LESSONS_HEAD "# a: A\n\nText.\n\n## b: B?\n- [x] y\n- [ ] %s\n",
        LESSONS_HEAD "# a: A\n\nText.\n\n## b: B?\n- [x] y\n- [ ] n\n\n> %s\n",
        LESSONS_HEAD "# a: A\n\nText.\n\n## b: B?\n- [x] y\n  > %s\n- [ ] n\n",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        for (uint32_t n = COURSE_MAX_TEXT_BYTES; n <= COURSE_MAX_TEXT_BYTES + 1; n++) {
            struct str frame = str_from(frames[i]);
            size_t at = str_find(frame, STR("%s"));
            buf_reset(&f->text);
            buf_add_str(&f->text, str_sub(frame, 0, at));
            add_repeated(&f->text, "x", n);
            buf_add_str(&f->text, str_sub(frame, at + 2, frame.len));
            set_file(f, "m1.md", buf_str(&f->text));
            expect_rule(f, n > COURSE_MAX_TEXT_BYTES ? "too-long" : NULL);
        }
    }
}

static void test_ceiling_of_scored_questions(void **state)
{
    struct fixture *f = *state;
    for (uint32_t n = COURSE_MAX_SCORED; n <= COURSE_MAX_SCORED + 1; n++) {
        buf_reset(&f->text);
        buf_add_str(&f->text, STR(LESSONS_HEAD "# a: A\n\nText.\n"));
        for (uint32_t i = 0; i < n; i++)
            buf_addf(&f->text, "\n## q%u: Q?\n- [x] y\n- [ ] n\n", i);
        set_file(f, "m1.md", buf_str(&f->text));
        expect_rule(f, n > COURSE_MAX_SCORED ? "too-many" : NULL);
    }
}

static void test_ceiling_of_test_questions(void **state)
{
    struct fixture *f = *state;
    for (uint32_t n = COURSE_MAX_TEST; n <= COURSE_MAX_TEST + 1; n++) {
        buf_reset(&f->text);
        buf_add_str(&f->text, STR(TEST_HEAD));
        for (uint32_t i = 0; i < n; i++)
            buf_addf(&f->text, "\n## q%u: Q?\n- [x] y\n- [ ] n\n", i);
        set_file(f, "test.md", buf_str(&f->text));
        expect_rule(f, n > COURSE_MAX_TEST ? "too-many" : NULL);
    }
}

static void test_ceiling_of_units(void **state)
{
    struct fixture *f = *state;
    /* The base course has one question in role.md and one in test.md. */
    for (uint32_t n = COURSE_MAX_UNITS - 2; n <= COURSE_MAX_UNITS - 1; n++) {
        buf_reset(&f->text);
        buf_add_str(&f->text, STR(LESSONS_HEAD));
        for (uint32_t i = 0; i < n; i++)
            buf_addf(&f->text, "# l%u: L\n\nText.\n\n", i);
        set_file(f, "m1.md", buf_str(&f->text));
        expect_rule(f, n > COURSE_MAX_UNITS - 2 ? "too-many" : NULL);
    }
}

static void test_ceiling_of_modules(void **state)
{
    struct fixture *f = *state;
    struct str list = STR("role.md, test.md, m1.md");
    for (uint32_t n = 4; n <= COURSE_MAX_MODULES; n++) {
        struct str name = arena_printf(f->arena, "x%u.md", n);
        set_file(f, name.p,
                 arena_printf(f->arena,
                              "---\nmodule: x%u\ntitle: T\nkind: lessons\nrequired: true\n---\n"
                              "# y%u: L\n\nText.\n",
                              n, n));
        list = arena_printf(f->arena, "%.*s, %s", STR_ARG(list), name.p);
    }
    edit_file(f, "course.md", "role.md, m1.md, test.md", list);
    expect_rule(f, NULL);
    assert_int_equal(f->source->course.n_modules, COURSE_MAX_MODULES);
    struct str first = STR("safe_words: [s0.md");
    for (uint32_t n = 0; f->n < LESSON_MAX_FILES; n++) {
        struct str name = arena_printf(f->arena, "s%u.md", n);
        set_file(f, name.p, STR("# safe_words: words\n\n- word\n"));
        first = n > 0 ? arena_printf(f->arena, "%.*s, %s", STR_ARG(first), name.p) : first;
    }
    edit_file(f, "course.md", "modules:", arena_printf(f->arena, "%s]\nmodules:", first.p));
    expect_rule(f, NULL);
    set_file(f, "one-more.md", STR(LESSONS_HEAD));
    assert_int_equal(parse(f), ERR_TOO_LONG);
}

static void test_ceiling_of_languages(void **state)
{
    struct fixture *f = *state;
    buf_add_str(&f->text, STR("  en: English\n"));
    for (uint32_t i = 2; i <= COURSE_MAX_LANGUAGES; i++)
        buf_addf(&f->text, "  l%c: Language %u\n", 'a' + (char)i, i);
    edit_file(f, "course.md", "  en: English\n", buf_str(&f->text));
    expect_rule(f, NULL);
    assert_int_equal(f->source->course.n_languages, COURSE_MAX_LANGUAGES);
    edit_file(f, "course.md", "  en: English\n", STR("  en: English\n  zz: One more\n"));
    expect_rule(f, "front-value");
}

static void test_ceiling_of_safe_words(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 3; i <= COURSE_MAX_SAFE_PATTERNS; i++)
        buf_addf(&f->text, "- word%u\n", i);
    struct str text = get_file(f, "course.md");
    set_file(f, "course.md", arena_printf(f->arena, "%.*s%s", STR_ARG(text), buf_str(&f->text).p));
    expect_rule(f, NULL);
    assert_int_equal(f->source->course.safe.n, COURSE_MAX_SAFE_PATTERNS);
    text = get_file(f, "course.md");
    set_file(f, "course.md", arena_printf(f->arena, "%.*s- one more\n", STR_ARG(text)));
    expect_rule(f, "too-many");
}

/* One pattern of n words, and one place with n choices, instead of the word "suicide". */
static void test_ceilings_of_a_safe_pattern(void **state)
{
    struct fixture *f = *state;
    struct str row = STR("- suicide\n");
    edit_file(f, "course.md", "- suicide\n", STR("- a b c d e f g h\n"));
    expect_rule(f, NULL);
    assert_int_equal(f->source->course.safe.patterns[1].n_slots, COURSE_MAX_SAFE_SLOTS);
    edit_file(f, "course.md", "- a b c d e f g h\n", STR("- a b c d e f g h i\n"));
    expect_rule(f, "too-many");
    edit_file(f, "course.md", "- a b c d e f g h i\n", row);
    buf_add_str(&f->text, STR("- w0"));
    for (uint32_t i = 1; i < COURSE_MAX_SAFE_CHOICES; i++)
        buf_addf(&f->text, "/w%u", i);
    struct str full = arena_printf(f->arena, "%s\n", buf_str(&f->text).p);
    edit_file(f, "course.md", "- suicide\n", full);
    expect_rule(f, NULL);
    assert_int_equal(f->source->course.safe.patterns[1].slots[0].n_words, COURSE_MAX_SAFE_CHOICES);
    edit_file(f, "course.md", "- w0/", STR("- one/w0/"));
    expect_rule(f, "too-many");
}

/* Each language may have a set of its own of the same name: the nearest above counts. */
static void test_the_last_safe_set_counts(void **state)
{
    struct fixture *f = *state;
    edit_file(f, "course.md", "- suicide\n",
              STR("- suicide\n\n# safe_set_x: words\n\n- first\n\n# safe_set_x: words\n\n- later\n"
                  "\n# safe_words: words\n\n- {x}\n"));
    expect_rule(f, NULL);
    const struct safe_pattern *pattern = &f->source->course.safe.patterns[2];
    assert_true(str_eq(pattern->slots[0].words[0].text, STR("later")));
}

static void test_ceiling_of_safe_sets(void **state)
{
    struct fixture *f = *state;
    buf_add_str(&f->text, get_file(f, "course.md"));
    for (uint32_t i = 1; i <= 512; i++)
        buf_addf(&f->text, "\n# safe_set_s%u: words\n\n- word\n", i);
    set_file(f, "course.md", arena_str(f->arena, buf_str(&f->text)));
    expect_rule(f, NULL);
    buf_add_str(&f->text, STR("\n# safe_set_more: words\n\n- word\n"));
    set_file(f, "course.md", arena_str(f->arena, buf_str(&f->text)));
    expect_rule(f, "safe-pattern");
}

static void test_ceiling_of_lines(void **state)
{
    struct fixture *f = *state;
    for (uint32_t n = LESSON_MAX_LINES; n <= LESSON_MAX_LINES + 1; n++) {
        buf_reset(&f->text);
        buf_add_str(&f->text, STR(LESSONS_HEAD "# a: A\n\nText."));
        add_repeated(&f->text, "\n", n - 9); /* the last line has no end */
        set_file(f, "m1.md", buf_str(&f->text));
        expect_rule(f, n > LESSON_MAX_LINES ? "too-many" : NULL);
    }
}

static void test_ceiling_of_bytes(void **state)
{
    struct fixture *f = *state;
    size_t others = 0;
    for (uint32_t i = 0; i < f->n; i++)
        others += f->files[i].text.len;
    struct str m1 = get_file(f, "m1.md");
    for (size_t extra = 0; extra <= 1; extra++) {
        size_t n = COURSE_MAX_BYTES - others + extra;
        char *bytes = arena_alloc(f->arena, m1.len + n);
        memcpy(bytes, m1.p, m1.len);
        memset(bytes + m1.len, ' ', n);
        f->files[1].text = (struct str){bytes, m1.len + n};
        assert_true(str_eq(f->files[1].name, STR("m1.md")));
        assert_int_equal(parse(f), extra > 0 ? ERR_TOO_LONG : ERR_OK);
    }
}

/* ---- around the parser ---- */

static void test_findings_are_bounded_and_counted(void **state)
{
    struct fixture *f = *state;
    buf_add_str(&f->text, STR(LESSONS_HEAD));
    for (uint32_t i = 0; i < LESSON_FINDINGS_MAX + 50; i++)
        buf_addf(&f->text, "\n# Heading without id %u\n", i);
    set_file(f, "m1.md", buf_str(&f->text));
    assert_int_equal(parse(f), ERR_INVALID);
    assert_int_equal(f->findings->n, LESSON_FINDINGS_MAX);
    assert_true(f->findings->n_errors >= LESSON_FINDINGS_MAX + 50);
    buf_reset(&f->text);
    lesson_findings_print(f->findings, STR(""), LESSON_OUTPUT_TEXT, &f->text);
    assert_true(str_ends(buf_str(&f->text), STR(" more; mend these first\n")));
}

static void test_findings_print_for_programs(void **state)
{
    struct fixture *f = *state;
    edit_file(f, "m1.md", "m1q1: How", STR("m1q1! 50%\n\nHow"));
    assert_int_equal(parse(f), ERR_INVALID);
    f->findings->n = 1;
    f->findings->n_errors = 1;
    lesson_findings_print(f->findings, STR("a:b"), LESSON_OUTPUT_GITHUB, &f->text);
    assert_true(str_starts(buf_str(&f->text),
                           STR("::error file=a%3Ab/m1.md,line=15,col=1,title=heading-form::")));
    buf_reset(&f->text);
    lesson_findings_print(f->findings, STR("d"), LESSON_OUTPUT_JSON, &f->text);
    assert_true(str_starts(
        buf_str(&f->text),
        STR("{\"errors\":1,\"warnings\":0,\"hints\":0,\"findings\":[\n{\"file\":\"d/"
            "m1.md\",\"line\":15,"
            "\"column\":1,\"severity\":\"error\",\"rule\":\"heading-form\",\"what\":\"")));
    assert_true(str_ends(buf_str(&f->text), STR("\"}]}\n")));
}

static void test_load_names_the_first_error(void **state)
{
    struct fixture *f = *state;
    const struct course *course = NULL;
    struct errmsg msg = {""};
    assert_int_equal(lesson_load(f->files, f->n, f->arena, &course, &msg), ERR_OK);
    assert_true(str_eq(course->id, STR("handwashing")));
    assert_int_equal(course->key, course_key(STR("handwashing"), STR("1.0.0")));
    edit_file(f, "m1.md", "# m1l1:", STR("# 1:"));
    assert_int_equal(lesson_load(f->files, f->n, f->arena, &course, &msg), ERR_INVALID);
    assert_string_equal(
        msg.text, "m1.md:8:3: an id of a wrong form; an id begins with a small letter a-z and "
                  "has at most 31 of a-z, 0-9 and _");
    assert_int_equal(lesson_load(NULL, 0, f->arena, &course, &msg), ERR_INVALID);
    struct arena *small CLEANUP(arena_freep) = arena_new(30000);
    assert_int_not_equal(lesson_load(f->files, f->n, small, &course, &msg), ERR_OK);
}

static void test_course_finds_texts_and_versions(void **state)
{
    struct fixture *f = *state;
    enum course_text text;
    assert_int_equal(course_text_find(STR("busy"), &text), ERR_OK);
    assert_int_equal(text, COURSE_TEXT_busy);
    assert_string_equal(course_text_name(text), "busy");
    assert_int_equal(course_text_find(STR("bus"), &text), ERR_NOT_FOUND);
    assert_string_equal(course_text_placeholders(COURSE_TEXT_question), "n of stem options");
    assert_int_equal(parse(f), ERR_OK);
    const struct course *c = &f->source->course;
    const struct courses none = {.n = 0}, one = {.list = {c}, .n = 1};
    assert_null(courses_current(&none));
    assert_ptr_equal(courses_current(&one), c);
    assert_ptr_equal(courses_find(&one, c->key), c);
    assert_null(courses_find(&one, c->key + 1));
    assert_int_not_equal(course_key(STR("a"), STR("1.0.0")), course_key(STR("a"), STR("1.0.1")));
    assert_null(course_unit(c, STR("m1")));
    assert_int_equal(course_unit_index(c, course_unit(c, STR("m1l1"))), 1);
}

static void test_folder_is_read_with_its_ceilings(void **state)
{
    struct fixture *f = *state;
    struct lesson_file *files;
    uint32_t n = 0;
    struct errmsg msg = {""};
    assert_int_equal(lesson_files_read("lessons/nowhere", f->arena, &files, &n, &msg),
                     ERR_NOT_FOUND);
    assert_true(str_starts(str_from(msg.text), STR("cannot read the folder lessons/nowhere")));
    /* lessons/ itself has README.md and folders only. */
    assert_int_equal(lesson_files_read("lessons", f->arena, &files, &n, &msg), ERR_OK);
    assert_int_equal(n, 0);
    struct arena *small CLEANUP(arena_freep) = arena_new(4096);
    assert_int_equal(lesson_files_read(BASE, small, &files, &n, &msg), ERR_TOO_LONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reads_all_kinds_of_answers),
        TEST(test_text_is_what_a_reader_sees),
        TEST(test_system_text_keeps_its_pages),
        TEST(test_word_processor_files_are_read),
        TEST(test_every_character_has_its_place),
        TEST(test_ceiling_of_screens),
        TEST(test_ceiling_of_choices),
        TEST(test_ceiling_of_accepted_words),
        TEST(test_ceiling_of_text_bytes),
        TEST(test_ceiling_of_scored_questions),
        TEST(test_ceiling_of_test_questions),
        TEST(test_ceiling_of_units),
        TEST(test_ceiling_of_modules),
        TEST(test_a_course_inherits_the_texts_of_its_pack),
        TEST(test_a_course_overrides_its_pack),
        TEST(test_packs_that_are_not_there_are_named),
        TEST(test_ceiling_of_languages),
        TEST(test_ceiling_of_safe_words),
        TEST(test_ceilings_of_a_safe_pattern),
        TEST(test_the_last_safe_set_counts),
        TEST(test_ceiling_of_safe_sets),
        TEST(test_ceiling_of_lines),
        TEST(test_ceiling_of_bytes),
        TEST(test_findings_are_bounded_and_counted),
        TEST(test_findings_print_for_programs),
        TEST(test_load_names_the_first_error),
        TEST(test_course_finds_texts_and_versions),
        TEST(test_folder_is_read_with_its_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
