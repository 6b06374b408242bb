/*
 * Translations: PO files read and written, what a language needs to be offered, and what is said
 * about it. The course is tests/lessons/base, its translation made from the template.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lesson/lesson.h"
#include "core/lesson/translate.h"
#include "port/lesson_files.h"

#define BASE "tests/lessons/base"

struct fixture {
    struct arena *arena, *scratch;
    struct lesson_file files[LESSON_MAX_FILES];
    uint32_t n;
    struct lesson_findings *findings;
    struct lesson_source *source;
    struct buf out;
};

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

/* Replaces the first `from` behind the first `behind` of a file. */
static void edit(struct fixture *f, const char *name, const char *behind, const char *from,
                 const char *to)
{
    struct str text = get_file(f, name);
    size_t start = str_find(text, str_from(behind));
    assert_int_not_equal(start, SIZE_MAX);
    size_t at = str_find(str_sub(text, start, text.len), str_from(from));
    assert_int_not_equal(at, SIZE_MAX);
    at += start;
    set_file(f, name,
             arena_printf(f->arena, "%.*s%s%.*s", STR_ARG(str_sub(text, 0, at)), to,
                          STR_ARG(str_sub(text, at + strlen(from), text.len))));
}

static void parse(struct fixture *f)
{
    f->findings = lesson_findings_new(f->arena);
    f->source = arena_new_array(f->arena, struct lesson_source, 1);
    enum err e = lesson_parse(f->files, f->n, f->arena, f->findings, f->source);
    if (e != ERR_OK)
        fail_msg("%s: %.*s: %.*s", err_name(e), STR_ARG(f->findings->list[0].what),
                 STR_ARG(f->findings->list[0].offending));
}

/* What is found in a language, as "rule rule ". */
static struct str check(struct fixture *f, const char *lang)
{
    struct str rules = STR("");
    parse(f);
    lesson_check_language(f->source, str_from(lang), f->arena, f->scratch, f->findings);
    for (uint32_t i = 0; i < f->findings->n; i++)
        rules = arena_printf(f->arena, "%.*s%s ", STR_ARG(rules), f->findings->list[i].rule);
    return rules;
}

#define assert_rules(f, lang, expected) assert_string_equal(check(f, lang).p, expected)

/* Every string with a prefix: a translation that is no language and has every word. */
static void translate(struct fixture *f, const char *lang, const char *prefix)
{
    struct lesson_strings strings;
    struct str name = arena_printf(f->arena, "po/%s.po", lang);
    parse(f);
    assert_int_equal(lesson_strings_collect(f->source, f->arena, &strings), ERR_OK);
    buf_reset(&f->out);
    for (uint32_t i = 0; i < strings.n; i++) {
        const struct lesson_string *string = &strings.list[i];
        struct str id = lesson_text_to_po(*string->text, f->arena);
        po_write(&(struct po_entry){.context = string->context,
                                    .id = id,
                                    .state = PO_STATE_TRANSLATED,
                                    .text = arena_printf(f->arena, "%s%.*s", prefix, STR_ARG(id))},
                 &f->out);
    }
    set_file(f, name.p, buf_str(&f->out));
}

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct lesson_file *base;
    struct errmsg msg = {""};
    f->arena = arena_new(4 * LESSON_ARENA_BYTES);
    f->scratch = arena_new(LESSON_ARENA_BYTES);
    buf_init(&f->out, 8u << 20);
    if (lesson_files_read(BASE, f->arena, &base, &f->n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    memcpy(f->files, base, f->n * sizeof(*base));
    edit(f, "course.md", "---", "language: en", "trial_languages: [fr, ru]\nlanguage: en");
    edit(f, "course.md", "languages:", "  en: English\n",
         "  en: English\n  fr: Fran\xc3\xa7"
         "ais\n  ru: \xd0\xa0\xd1\x83\xd1\x81\xd1\x81\xd0\xba\xd0\xb8\xd0\xb9\n");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buf_fini(&f->out);
    arena_free(f->arena);
    arena_free(f->scratch);
    test_free(f);
    return 0;
}

/* A page break is an empty line there; what comes back has no more of them than that, and no blanks
 * around it. */
static void page_breaks_are_empty_lines_in_po(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *po, *back; /* back: absent = text */
    } rows[] = {
        {"a", "a", NULL},
        {"a\nb", "a\nb", NULL},
        {"a\fb\nc\fd", "a\n\nb\nc\n\nd", NULL},
        {NULL, "a\n\n\n\nb", "a\fb"},
        {NULL, "  a\n\n", "a"},
        {NULL, "\n\na\n", "a"},
        {"", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].text != NULL) {
            struct str po = lesson_text_to_po(str_from(rows[i].text), f->arena);
            assert_true(str_eq(po, str_from(rows[i].po)));
        }
        struct str back = lesson_text_from_po(str_from(rows[i].po), f->arena);
        assert_true(str_eq(back, str_from(rows[i].back != NULL ? rows[i].back : rows[i].text)));
    }
}

/* ---- PO ---- */

static struct po_file read_po(struct fixture *f, const char *text)
{
    struct po_file file;
    f->findings = lesson_findings_new(f->arena);
    assert_int_equal(po_read(STR("po/fr.po"), str_from(text), f->arena, f->findings, &file),
                     ERR_OK);
    return file;
}

static void test_entries_are_read(void **state)
{
    struct fixture *f = *state;
    struct po_file file = read_po(f, "# kept\n"
                                     "msgid \"\"\nmsgstr \"\"\n\"Language: fr\\n\"\n\n"
                                     "# a note\n# state: approved\n#. lesson\n#: m1.md:3\n"
                                     "msgctxt \"a.1\"\nmsgid \"One \\\"1\\\"\"\n"
                                     "msgstr \"\"\n\"Un\\n\"\n\"\\\\ deux\"\n"
                                     "#, fuzzy\n#| msgid \"Old\"\n"
                                     "msgctxt \"b\"\nmsgid \"B\"\nmsgstr \"\"\n"
                                     "#~ msgid \"gone\"\n#~ msgstr \"parti\"\n");
    assert_int_equal(f->findings->n, 0);
    assert_int_equal(file.n, 3);
    assert_true(str_eq(file.entries[0].text, STR("Language: fr\n")));
    const struct po_entry *a = po_find(&file, STR("a.1"));
    assert_true(str_eq(a->id, STR("One \"1\"")));
    assert_true(str_eq(a->text, STR("Un\n\\ deux")));
    assert_true(str_eq(a->comments, STR("# a note\n")));
    assert_int_equal(a->state, PO_STATE_APPROVED);
    assert_int_equal(a->pos.line, 12);
    assert_false(a->is_fuzzy);
    assert_true(po_find(&file, STR("b"))->is_fuzzy);
    assert_null(po_find(&file, STR("c")));
}

static void test_mistakes_in_po_are_named(void **state)
{
    static const struct {
        const char *text, *rule;
        uint32_t line;
    } rows[] = {
        {"", "po-empty", 1},
        {"# nothing\n\n", "po-empty", 1},
        {"msgid \"a\"\n", "po-form", 3},
        {"msgid \"a\nmsgstr \"\"\n", "po-form", 1},
        {"msgid \"a\\q\"\nmsgstr \"\"\n", "po-form", 1},
        {"msgid \"a\"b\"\nmsgstr \"\"\n", "po-form", 1},
        {"\"lost\"\n", "po-form", 1},
        {"msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[0] \"\"\n", "po-form", 2},
        {"# state: good\nmsgid \"a\"\nmsgstr \"\"\n", "po-state", 1},
        {"msgctxt \"x\"\nmsgid \"a\"\nmsgstr \"\"\n\nmsgctxt \"x\"\nmsgid \"b\"\nmsgstr \"\"\n",
         "po-form", 7},
        {"msgid \"\xff\"\nmsgstr \"\"\n", "po-form", 1},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)read_po(f, rows[i].text);
        assert_true(f->findings->n > 0);
        assert_string_equal(f->findings->list[0].rule, rows[i].rule);
        assert_int_equal(f->findings->list[0].pos.line, rows[i].line);
    }
}

static void test_what_is_written_is_read_again(void **state)
{
    struct fixture *f = *state;
    parse(f);
    lesson_pot(f->source, false, STR("fr"), NULL, f->arena, &f->out);
    struct str once = arena_str(f->arena, buf_str(&f->out));
    struct po_file file = read_po(f, once.p);
    assert_int_equal(f->findings->n, 0);
    buf_reset(&f->out);
    lesson_pot(f->source, false, STR("fr"), &file, f->arena, &f->out);
    assert_true(str_eq(buf_str(&f->out), once));
}

/* Who translates a pack gets its texts and none of the lessons'. */
static void test_texts_of_a_pack(void **state)
{
    struct fixture *f = *state;
    parse(f);
    struct lesson_source of_pack = *f->source;
    of_pack.pack_texts[0].text = STR("Stopped.");
    of_pack.pack_texts[N_COURSE_TEXTS - 1].text = STR("Bye.");
    lesson_pot(&of_pack, true, STR("fr"), NULL, f->arena, &f->out);
    struct po_file file = read_po(f, arena_str(f->arena, buf_str(&f->out)).p);
    assert_int_equal(f->findings->n, 0);
    assert_int_equal(file.n, 3); /* and the header */
    static const struct {
        enum course_text text;
        const char *words;
    } rows[] = {{(enum course_text)0, "Stopped."},
                {(enum course_text)(N_COURSE_TEXTS - 1), "Bye."}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str context = arena_printf(f->arena, "text_%s", course_text_name(rows[i].text));
        const struct po_entry *entry = po_find(&file, context);
        assert_non_null(entry);
        assert_true(str_eq(entry->id, str_from(rows[i].words)));
    }
}

/* ---- what is offered ---- */

static void test_a_whole_translation_is_offered(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "\xc3\xaa ");
    assert_rules(f, "fr", "");
    const struct course *c = &f->source->course;
    assert_int_equal(c->n_languages, 3); /* ru has no file: listed as before there were any */
    const struct course *fr = course_in(c, STR("fr"), -1);
    assert_ptr_not_equal(fr, c);
    assert_true(str_eq(fr->language, STR("fr")));
    assert_int_equal(fr->n_units, c->n_units);
    for (uint16_t i = 0; i < c->n_units; i++) {
        assert_true(str_eq(fr->units[i].id, c->units[i].id));
        for (uint16_t j = 0; j < c->units[i].n_screens; j++)
            assert_true(str_starts(fr->units[i].screens[j], STR("\xc3\xaa ")));
    }
    for (size_t i = 0; i < N_COURSE_TEXTS; i++)
        assert_true(str_is_empty(c->texts[i]) || str_starts(fr->texts[i], STR("\xc3\xaa ")));
    assert_ptr_equal(course_in(c, STR("de"), -1), c);
    assert_ptr_equal(course_in(c, STR("en"), 0), c);
}

static void test_what_is_not_whole_is_not_offered(void **state)
{
    static const char *const needed[] = {"\"text_safe\"", "\"m1.title\"", "\"course:title\""};
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    struct str whole = get_file(f, "po/fr.po");
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        set_file(f, "po/fr.po", whole);
        edit(f, "po/fr.po", needed[i], "msgid", "msgid"); /* it is there */
        edit(f, "po/fr.po", "", "msgctxt", "msgctxt");
        size_t at = str_find(whole, str_from(needed[i]));
        struct str before = str_sub(whole, 0, at - strlen("# state: translated\nmsgctxt "));
        struct str rest = str_sub(whole, at, whole.len);
        size_t end = str_find(rest, STR("\n\n"));
        set_file(f, "po/fr.po",
                 arena_printf(f->arena, "%.*s%.*s", STR_ARG(before),
                              STR_ARG(str_sub(rest, end + 2, rest.len))));
        parse(f);
        assert_ptr_equal(course_in(&f->source->course, STR("fr"), -1), &f->source->course);
    }
}

/* Before somebody approved it, a language is for those who read and try it. */
static void test_what_is_not_approved_is_not_offered(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    edit(f, "course.md", "---", "[fr, ru]", "[ru]");
    parse(f);
    assert_ptr_equal(course_in(&f->source->course, STR("fr"), -1), &f->source->course);
    buf_reset(&f->out);
    lesson_tell_progress(f->source, STR_NONE, f->scratch, &f->out);
    assert_true(str_starts(buf_str(&f->out), STR("fr: complete, but not offered")));
    while (str_find(get_file(f, "po/fr.po"), STR("# state: translated")) != SIZE_MAX)
        edit(f, "po/fr.po", "", "# state: translated", "# state: approved");
    parse(f);
    assert_ptr_not_equal(course_in(&f->source->course, STR("fr"), -1), &f->source->course);
    buf_reset(&f->out);
    lesson_tell_progress(f->source, STR_NONE, f->scratch, &f->out);
    assert_true(str_starts(buf_str(&f->out), STR("fr: offered to learners")));
}

static void test_a_changed_text_takes_its_module_back(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    /* A third module, so that it is none of those that a language needs. */
    set_file(f, "m2.md",
             STR("---\nmodule: m2\ntitle: T2\nkind: lessons\nrequired: true\n---\n\n# m2l1: L\n"
                 "<!-- source: [D] -->\n\nTwo.\n"));
    set_file(f, "m3.md",
             STR("---\nmodule: m3\ntitle: T3\nkind: lessons\nrequired: true\n---\n\n# m3l1: L\n"
                 "<!-- source: [D] -->\n\nThree.\n\nMore.\n"));
    edit(f, "course.md", "modules:", "m1.md", "m1.md, m2.md, m3.md");
    translate(f, "fr", "x ");
    parse(f);
    const struct course *c = &f->source->course;
    uint16_t m3 = course_unit(c, STR("m3l1"))->module;
    assert_ptr_not_equal(course_in(c, STR("fr"), m3), c);
    edit(f, "m3.md", "", "More.", "More of it.");
    assert_rules(f, "fr", "po-fuzzy ");
    c = &f->source->course;
    assert_ptr_equal(course_in(c, STR("fr"), m3), c);
    const struct course *fr = course_in(c, STR("fr"), -1);
    assert_ptr_not_equal(fr, c);
    const struct unit *unit = course_unit(fr, STR("m3l1"));
    assert_true(str_eq(unit->screens[0], STR("Three."))); /* whole, not in two languages */
    assert_true(str_eq(unit->screens[1], STR("More of it.")));
    assert_true(str_eq(course_unit(fr, STR("m2l1"))->screens[0], STR("x Two.")));
}

/* A module that is not translated as a whole is in the original, with all that stands around it. */
static void test_a_preview_never_mixes_languages(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    edit(f, "po/fr.po", "msgctxt \"m1l1.1\"", "msgctxt", "#, fuzzy\nmsgctxt");
    struct buf out CLEANUP(buf_fini);
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_source *source = arena_new_array(f->arena, struct lesson_source, 1);
    assert_int_equal(lesson_parse(f->files, f->n, f->arena, lesson_findings_new(f->arena), source),
                     ERR_OK);
    const struct lesson_source *french = lesson_in_language(source, STR("fr"), f->arena);
    assert_non_null(french);
    buf_init(&out, 1u << 22);
    assert_int_equal(lesson_transcript(french, f->arena, scratch, &out), ERR_OK);
    uint32_t n_seen = 0;
    struct str screen =
        str_sub(source->course.units[source->course.modules[1].first_unit].screens[0], 0, 40);
    for (struct str rest = buf_str(&out); rest.p != NULL;) {
        size_t end = str_find(rest, STR("\n-- "));
        struct str said = str_sub(rest, 0, end);
        rest = end != SIZE_MAX ? str_sub(rest, end + 4, rest.len) : STR_NONE;
        /* The line before the first module belongs to none: a language without that is not offered.
         */
        if (str_find(said, screen) == SIZE_MAX || str_find(said, STR("x The course")) != SIZE_MAX)
            continue;
        n_seen++;
        said = str_sub(said, 0, str_find(said, STR("\n>")));
        if (str_find(said, STR("\nx ")) != SIZE_MAX)
            fail_msg("%.*s", STR_ARG(said));
    }
    assert_in_range(n_seen, 1, 99);
}

/* ---- what is found ---- */

static void test_translations_are_checked(void **state)
{
    static const struct {
        const char *at, *from, *to, *rules;
    } rows[] = {
        {"\"text_consent\"", "x ", "x {nix} ", "po-placeholder placeholder-unknown "},
        {"\"text_menu\"", "\"x Handwashing\\n\"\n\"1 ", "\"x Handwashing\\n\"\n\"7 ", "po-number "},
        {"\"m1l1.1\"", "x ", "x \xc2\xb7 ", "po-sign not-gsm7 "},
        {"\"m1l1.1\"", "x ", "x \xd1\x8f ", "not-gsm7 "},
        {"\"m1l1.1\"", "x ", "x \xe2\x80\x8b ", "po-sign "},
        {"\"text_stop\"",
         "x You left HANDWASHING. No more messages. Your progress is kept 12 months. Send JOIN",
         "x You left HANDWASHING. No more messages. Your progress is kept 12 months. Send BEGIN",
         "po-command "},
        {"\"m1l1.1\"", "x ", "x si s\xc3\xad ", "po-pair "},
        {"\"m1l1.1\"", "x ", "x \xe2\x80\x9c\xc5\x93\xe2\x80\x9d ", ""},
        {"# state: translated\nmsgctxt \"m1l1.1\"", "translated", "draft", "po-draft "},
        {"# state: translated\nmsgctxt \"m1l1.1\"", "# state: translated", "#, fuzzy", "po-fuzzy "},
        {"\"m1l1.1\"", "\n\n", "\n\nmsgctxt \"zz\"\nmsgid \"z\"\nmsgstr \"z\"\n\n", "po-unknown "},
    };
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    struct str whole = get_file(f, "po/fr.po");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        set_file(f, "po/fr.po", whole);
        edit(f, "po/fr.po", rows[i].at, rows[i].from, rows[i].to);
        struct str rules = check(f, "fr");
        if (!str_eq(rules, str_from(rows[i].rules)))
            fail_msg("%zu: %s, expected %s", i, rules.p, rows[i].rules);
        if (f->findings->n > 0)
            assert_true(str_eq(f->findings->list[0].pos.file, STR("po/fr.po")));
    }
}

/* As editors on other systems save them: the mark of UTF-8, two signs at the end of a line. */
static void test_files_of_other_systems_say_the_same(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    edit(f, "po/fr.po", "\"m1l1.1\"", "x ", "x si s\xc3\xad ");
    set_file(f, "po/fr.po",
             arena_printf(f->arena, "# pair: si\nmsgid \"\"\nmsgstr \"\"\n\n%.*s",
                          STR_ARG(get_file(f, "po/fr.po"))));
    assert_rules(f, "fr", "");
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 4u << 20);
    buf_add_str(&out, STR("\xef\xbb\xbf"));
    for (struct str rest = get_file(f, "po/fr.po"); rest.p != NULL;) {
        struct str line = str_split(&rest, '\n');
        buf_addf(&out, "%.*s\r\n", STR_ARG(line));
    }
    set_file(f, "po/fr.po", buf_str(&out));
    assert_rules(f, "fr", "");
}

/* A translation that nobody can ever choose, and an entry that is of no text. */
static void test_what_is_for_nobody_is_told(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    set_file(f, "po/zz.po", get_file(f, "po/fr.po"));
    parse(f);
    lesson_check(f->source, f->arena, f->scratch, f->findings);
    assert_int_equal(f->findings->n, 1);
    assert_string_equal(f->findings->list[0].rule, "po-language");
    assert_true(str_eq(f->findings->list[0].pos.file, STR("po/zz.po")));
    struct po_file file;
    f->findings = lesson_findings_new(f->arena);
    assert_int_equal(
        po_read(STR("po/fr.po"), STR("msgid \"a\"\nmsgstr \"b\"\n"), f->arena, f->findings, &file),
        ERR_OK);
    assert_int_equal(f->findings->n_errors, 1);
    assert_true(str_eq(f->findings->list[0].offending, STR("a")));
}

/* At the ceiling and one past it, as it is sent: folded, in the units of the script. */
static void test_lengths_are_those_of_the_script(void **state)
{
    static const struct {
        const char *lang, *letter;
        int n;
    } rows[] = {{"fr", "\xc3\xaa", 153}, {"ru", "\xd1\x8f", 67}};
    struct fixture *f = *state;
    edit(f, "m1.md", "", "> ", "> F "); /* there is a feedback */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int over = 0; over < 2; over++) {
            translate(f, rows[i].lang, "");
            struct str name = arena_printf(f->arena, "po/%s.po", rows[i].lang);
            struct str letters = STR("");
            for (int n = 0; n < rows[i].n + over; n++)
                letters = arena_printf(f->arena, "%.*s%s", STR_ARG(letters), rows[i].letter);
            struct str whole = get_file(f, name.p);
            size_t at = str_find(whole, STR(".feedback\""));
            struct str rest = str_sub(whole, at, whole.len);
            size_t from = at + str_find(rest, STR("msgstr \"")) + strlen("msgstr \"");
            size_t to = from + str_find(str_sub(whole, from, whole.len), STR("\"\n"));
            set_file(f, name.p,
                     arena_printf(f->arena, "%.*s%.*s%.*s", STR_ARG(str_sub(whole, 0, from)),
                                  STR_ARG(letters), STR_ARG(str_sub(whole, to, whole.len))));
            struct str rules = check(f, rows[i].lang);
            bool is_told = str_find(rules, STR("too-long")) != SIZE_MAX;
            if (is_told != (over == 1))
                fail_msg("%s, %d over: %s", rows[i].lang, over, rules.p);
        }
    }
}

/* gettext's own tools take what we write. */
static void test_gettext_agrees(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/waypost-po-XXXXXX", command[256];
    if (system("msgfmt --version >/dev/null 2>&1") != 0)
        skip();
    translate(f, "fr", "x ");
    parse(f);
    buf_reset(&f->out);
    lesson_pot(f->source, false, STR("fr"), &f->source->pos[0], f->arena, &f->out);
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(f->out.p, 1, f->out.len, file), f->out.len);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(command, sizeof(command), "msgfmt --check -o /dev/null %s 2>&1",
                   path); /* fits */
    int code = system(command);
    (void)remove(path); /* it was only for the tool */
    assert_int_equal(code, 0);
}

static void test_merging_marks_what_changed(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    edit(f, "po/fr.po", "# state: translated\nmsgctxt \"m1l1.1\"", "# state", "# said so\n# state");
    edit(f, "m1.md", "# m1l1", "\n\n", "\n\nNew: ");
    parse(f);
    buf_reset(&f->out);
    lesson_pot(f->source, false, STR("fr"), &f->source->pos[0], f->arena, &f->out);
    struct po_file file = read_po(f, arena_str(f->arena, buf_str(&f->out)).p);
    const struct po_entry *entry = po_find(&file, STR("m1l1.1"));
    assert_true(entry->is_fuzzy);
    assert_true(str_starts(entry->text, STR("x ")));
    assert_true(str_starts(entry->id, STR("New: ")));
    assert_true(str_eq(entry->comments, STR("# said so\n")));
    assert_int_not_equal(str_find(buf_str(&f->out), STR("#| msgid ")), SIZE_MAX);
    uint32_t n_fuzzy = 0;
    for (uint32_t i = 0; i < file.n; i++)
        n_fuzzy += file.entries[i].is_fuzzy;
    assert_int_equal(n_fuzzy, 1);
}

static void test_progress_says_the_state(void **state)
{
    struct fixture *f = *state;
    translate(f, "fr", "x ");
    edit(f, "po/fr.po", "", "# state: translated", "# state: approved");
    parse(f);
    buf_reset(&f->out);
    lesson_tell_progress(f->source, STR_NONE, f->scratch, &f->out);
    struct str told = buf_str(&f->out);
    assert_true(str_starts(told, STR("fr: on trial: offered to learners")));
    assert_int_not_equal(str_find(told, STR(" translated, 1 approved")), SIZE_MAX);
    assert_int_equal(str_find(told, STR("ru:")), SIZE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(page_breaks_are_empty_lines_in_po),
        TEST(test_files_of_other_systems_say_the_same),
        TEST(test_what_is_for_nobody_is_told),
        TEST(test_entries_are_read),
        TEST(test_mistakes_in_po_are_named),
        TEST(test_what_is_written_is_read_again),
        TEST(test_texts_of_a_pack),
        TEST(test_a_whole_translation_is_offered),
        TEST(test_what_is_not_whole_is_not_offered),
        TEST(test_what_is_not_approved_is_not_offered),
        TEST(test_a_changed_text_takes_its_module_back),
        TEST(test_a_preview_never_mixes_languages),
        TEST(test_translations_are_checked),
        TEST(test_lengths_are_those_of_the_script),
        TEST(test_gettext_agrees),
        TEST(test_merging_marks_what_changed),
        TEST(test_progress_says_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
