/*
 * What authors and facilitators get of a course: how two versions differ, its picture, how hard it
 * is to read, what is printed, and the sheet of a reviewer that comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/lesson/compare.h"
#include "core/lesson/lesson.h"
#include "lab/exchange/book.h"
#include "lab/exchange/exchange.h"
#include "lab/exchange/review.h"
#include "port/lesson_files.h"

#define BASE "tests/lessons/base"
#define SHIPPED "lessons/children-on-the-move"

struct desk {
    struct arena *arena;
    struct lesson_file *files;
    uint32_t n;
    struct lesson_source *source;
    struct buf out;
};

static void desk_open(struct desk *d, const char *dir)
{
    struct errmsg msg = {""};
    *d = (struct desk){.arena = arena_new(EXCHANGE_ARENA_BYTES)};
    buf_init(&d->out, 16u << 20);
    if (lesson_files_read(dir, d->arena, &d->files, &d->n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
}

static void desk_parse(struct desk *d)
{
    struct lesson_findings *findings = lesson_findings_new(d->arena);
    d->source = arena_new_array(d->arena, struct lesson_source, 1);
    if (lesson_parse(d->files, d->n, d->arena, findings, d->source) != ERR_OK)
        fail_msg("%.*s:%u: %.*s", STR_ARG(findings->list[0].pos.file), findings->list[0].pos.line,
                 STR_ARG(findings->list[0].what));
}

static void desk_fini(struct desk *d)
{
    arena_free(d->arena);
    buf_fini(&d->out);
}

/* Replaces the first `from` of a file. */
static void edit(struct desk *d, const char *name, const char *from, const char *to)
{
    for (uint32_t i = 0; i < d->n; i++) {
        struct str text = d->files[i].text;
        size_t at = str_find(text, str_from(from));
        if (!str_eq(d->files[i].name, str_from(name)))
            continue;
        assert_int_not_equal(at, SIZE_MAX);
        d->files[i].text = arena_printf(d->arena, "%.*s%s%.*s", STR_ARG(str_sub(text, 0, at)), to,
                                        STR_ARG(str_sub(text, at + strlen(from), text.len)));
    }
}

/* ---- versions ---- */

struct edition {
    const char *file, *from, *to;
    enum lesson_level level;
    const char *what; /* of the first change */
};

static const struct edition editions[] = {
    {"m1.md", "A child is a person", "A child is a person", LESSON_LEVEL_NONE, NULL},
    {"m1.md", "their rights do not depend", "their rights don't depend", LESSON_LEVEL_PATCH,
     "m1l1: a screen has other words"},
    {"m1.md", "Some are with family, some are alone.",
     "Many travel with people whom they hardly know.", LESSON_LEVEL_MINOR,
     "m1l1: a screen has other words"},
    {"m1.md", "# m1l6: Needs", "# m1l7: More\n<!-- source: x [D] -->\n\nText.\n\n# m1l6: Needs",
     LESSON_LEVEL_MINOR, "m1l7: is new"},
    {"m1.md", "- [ ] 16\n- [x] 18", "- [x] 16\n- [ ] 18", LESSON_LEVEL_MAJOR,
     "m1q1: the right option is another one"},
    {"m1.md", "- [ ] 15\n- [ ] 16", "- [ ] 16\n- [ ] 15", LESSON_LEVEL_MAJOR,
     "m1q1: the options stand in another order"},
    {"m1.md", "- [ ] 15\n", "", LESSON_LEVEL_MAJOR, "m1q1: options were added or taken away"},
    {"m1.md", "# m1l1: Children first", "# m1l9: Children first", LESSON_LEVEL_MAJOR,
     "m1l9: is new"},
    {"course.md", "pass_right: 5", "pass_right: 6", LESSON_LEVEL_MAJOR,
     "course: the certificate needs another number of right answers, or has another number of "
     "tries"},
    {"course.md", "m2.md, m3.md", "m3.md, m2.md", LESSON_LEVEL_MAJOR,
     "module m2: comes later than before"},
    {"m7.md", "required: false", "required: true", LESSON_LEVEL_MAJOR,
     "module m7: is required now"},
    {"course.md", "pass_right: 5", "pass_right: 5\nhardest: [m1q2, m3q1]", LESSON_LEVEL_PATCH,
     "course: `hardest` is m1q2, m3q1; it was nothing"},
    {"course.md", "pass_right: 5", "pass_right: 5\nmoves: {m1: m1, m2: m3}", LESSON_LEVEL_PATCH,
     "course: `moves` is m1 to m1, m2 to m3; it was nothing"},
    {"packs/standard/guide-en.md", "- You are not alone", "- You are never alone",
     LESSON_LEVEL_PATCH, "guide-en, card: has other words"},
    {"packs/standard/guide-ar.md", "# card:", "# cards:", LESSON_LEVEL_PATCH,
     "guide-ar, cards: is new"},
    {"packs/standard/guide-en.md", "# booklet:", "<!-- mine -->\n\n# booklet:", LESSON_LEVEL_NONE,
     NULL},
};

static void test_what_a_new_version_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(editions); i++) {
        const struct edition *edition = &editions[i];
        struct desk old CLEANUP(desk_fini), now CLEANUP(desk_fini);
        struct lesson_changes changes;
        desk_open(&old, SHIPPED);
        desk_open(&now, SHIPPED);
        edit(&now, edition->file, edition->from, edition->to);
        desk_parse(&old);
        desk_parse(&now);
        assert_int_equal(lesson_compare(old.source, now.source, now.arena, &changes), ERR_OK);
        if (changes.level != edition->level)
            fail_msg("row %zu is %s", i, lesson_level_name(changes.level));
        assert_int_equal(changes.n == 0, edition->what == NULL);
        if (edition->what != NULL)
            assert_string_equal(changes.list[0].what.p, edition->what);
    }
}

/* Whoever changes a list reads what that does to learners. */
static void test_what_another_list_does(void **state)
{
    (void)state;
    static const struct {
        const char *section, *learners;
    } rows[] = {
        {"command_stop", "may get no more messages"},
        {"words_stop_about", "may get no more messages"},
        {"phrases_stop", "may get no more messages"},
        {"phrases_stop_maybe", "may get no more messages"},
        {"command_next", "is understood at once"},
        {"phrases_cost", "is understood at once"},
        {"phrases_later", "is understood at once"},
        {"phrases_morning", "is read by the new ones"},
        {"phrases_work_1", "is read by the new ones"},
        {"words_filler", "is read by the new ones"},
        {"safe_words", "gets the safe answer"},
        {"safe_ordinary", "is no alarm any more"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct desk old CLEANUP(desk_fini), now CLEANUP(desk_fini);
        struct lesson_changes changes;
        const char *file = strncmp(rows[i].section, "safe", 4) == 0 ? "packs/standard/safe-en.md"
                                                                    : "packs/standard/words-en.md";
        desk_open(&old, SHIPPED);
        desk_open(&now, SHIPPED);
        for (uint32_t k = 0; k < now.n; k++) {
            struct str *text = &now.files[k].text;
            if (str_eq(now.files[k].name, str_from(file)))
                *text = arena_printf(now.arena, "%.*s\n# %s: x\n\n- zzqx\n", STR_ARG(*text),
                                     rows[i].section);
        }
        desk_parse(&old);
        desk_parse(&now);
        assert_int_equal(lesson_compare(old.source, now.source, now.arena, &changes), ERR_OK);
        assert_int_equal(changes.n, 1);
        if (strstr(changes.list[0].learners, rows[i].learners) == NULL)
            fail_msg("%s: %s", rows[i].section, changes.list[0].learners);
    }
}

static void test_steps_of_versions(void **state)
{
    (void)state;
    static const struct {
        const char *old, *now;
        enum lesson_level step;
    } rows[] = {{"1.0.0", "1.0.1", LESSON_LEVEL_PATCH}, {"1.9.9", "1.10.0", LESSON_LEVEL_MINOR},
                {"1.0.0", "2.0.0", LESSON_LEVEL_MAJOR}, {"1.0.0", "1.0.0", LESSON_LEVEL_NONE},
                {"2.0.0", "1.9.9", LESSON_LEVEL_NONE},  {"1.0", "1.1", LESSON_LEVEL_MINOR},
                {"spring", "autumn", LESSON_LEVEL_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(lesson_version_step(str_from(rows[i].old), str_from(rows[i].now)),
                         rows[i].step);
}

/* ---- pages ---- */

static bool has(const struct desk *d, const char *text)
{
    return str_find(buf_str(&d->out), str_from(text)) != SIZE_MAX;
}

static uint32_t count(const struct desk *d, const char *text)
{
    uint32_t n = 0;
    for (struct str rest = buf_str(&d->out); rest.len > 0; n++) {
        size_t at = str_find(rest, str_from(text));
        if (at == SIZE_MAX)
            break;
        rest = str_sub(rest, at + strlen(text), rest.len);
    }
    return n;
}

static void test_the_picture_has_all_units_and_who_is_asked(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    lesson_graph(&d.source->course, &d.out);
    for (uint16_t i = 0; i < d.source->course.n_units; i++) {
        struct str id = d.source->course.units[i].id;
        assert_true(has(&d, arena_printf(d.arena, "\"%.*s\" [shape=", STR_ARG(id)).p));
    }
    assert_true(has(&d, "\"w1\" -> \"w2\" [style=dashed label=\"1\"]"));
}

static void test_a_meeting_has_its_agenda_in_every_language(void **state)
{
    (void)state;
    static const char *const langs[] = {"en", "fr", "es", "ar", "tr", "de", "ru"};
    for (size_t i = 0; i < ARRAY_LEN(langs); i++) {
        struct desk d CLEANUP(desk_fini);
        desk_open(&d, SHIPPED);
        desk_parse(&d);
        const struct lesson_source *source =
            i == 0 ? d.source : lesson_in_language(d.source, str_from(langs[i]), d.arena);
        assert_non_null(source);
        lesson_booklet(source, LESSON_BOOKLET_MEETINGS, &d.out);
        assert_true(has(&d, arena_printf(d.arena, "<html lang=\"%s\" dir=\"%s\">", langs[i],
                                         strcmp(langs[i], "ar") == 0 ? "rtl" : "ltr")
                                .p));
        uint32_t n_meetings = 0;
        struct str rest = buf_str(&d.out);
        for (size_t at; (at = str_find(rest, STR("class=\"meeting\""))) != SIZE_MAX; n_meetings++)
            rest = str_sub(rest, at + 1, rest.len);
        assert_int_equal(n_meetings, 7);
        rest = buf_str(&d.out);
        n_meetings = 0;
        for (size_t at; (at = str_find(rest, STR("<p class=\"key\">"))) != SIZE_MAX; n_meetings++) {
            rest = str_sub(rest, at + strlen("<p class=\"key\">"), rest.len);
            struct str key = str_sub(rest, 0, str_find(rest, STR("</p>")));
            size_t colon = str_find(key, STR(": "));
            assert_true(colon != SIZE_MAX && colon > 0); /* "Answer: 2." with its word */
            assert_in_range(key.p[colon + 2], '1', '9');
        }
        assert_true(n_meetings > 7); /* the right answers are there for who leads */
        assert_int_equal(has(&d, "minutes: quiz by show of hands"), i == 0); /* its own words */
        static const char *const ids[] = {">rule<", ">recall<", ">story<",
                                          ">case<", ">plan<",   ">card<"};
        for (size_t k = 0; k < ARRAY_LEN(ids); k++)
            assert_false(has(&d, ids[k])); /* a section that is missing shows its id */
        buf_reset(&d.out);
        lesson_booklet(source, LESSON_BOOKLET_COURSE, &d.out);
        assert_false(has(&d, ">answers<"));
        assert_false(has(&d, ">sources<"));
    }
}

/* What a USSD page that goes on ends with is in the language of the page. */
static void test_pages_of_a_translation_end_in_its_language(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"fr", "9 Suite"}, {"es", "9 M"},          {"ar", "9 \u0627\u0644\u062a\u0627\u0644\u064a"},
        {"tr", "9 Ileri"}, {"de", "9 Mehr 0 Zur"}, {"ru", "9 \u0414\u0430\u043b\u0435\u0435 0"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct desk d CLEANUP(desk_fini);
        struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
        desk_open(&d, SHIPPED);
        desk_parse(&d);
        const struct lesson_source *source =
            lesson_in_language(d.source, str_from(rows[i][0]), d.arena);
        assert_non_null(source);
        assert_int_equal(lesson_transcript(source, d.arena, scratch, &d.out), ERR_OK);
        assert_true(has(&d, rows[i][1]));
        assert_false(has(&d, "9 More"));
        /* What stands beside the way is said behind it, once by each via. */
        assert_int_equal(count(&d, "Beside the way, by SMS"), 1);
        assert_int_equal(count(&d, "Beside the way, by USSD"), 1);
    }
}

/* Of a course with any number of old questions, none is asked twice in one meeting. */
static void test_a_meeting_asks_each_question_once(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    lesson_booklet(d.source, LESSON_BOOKLET_MEETINGS, &d.out);
    for (struct str rest = buf_str(&d.out); rest.p != NULL;) {
        size_t end = str_find(rest, STR("</section>"));
        struct str meeting = str_sub(rest, 0, end);
        rest = end != SIZE_MAX ? str_sub(rest, end + 1, rest.len) : STR_NONE;
        for (size_t at; (at = str_find(meeting, STR("<strong>"))) != SIZE_MAX;) {
            meeting = str_sub(meeting, at + 1, meeting.len);
            struct str asked = str_sub(meeting, 0, str_find(meeting, STR("</strong>")));
            if (str_find(str_sub(meeting, 1, meeting.len), asked) != SIZE_MAX)
                fail_msg("twice: %.*s", STR_ARG(asked));
        }
    }
}

/* The edition's own words, whichever file is read first. */
static void test_an_edition_prints_its_own_guide(void **state)
{
    (void)state;
    static const char *const names[] = {"guide-en.md", "children-on-the-move/guide-en.md"};
    for (size_t own = 0; own < 2; own++) {
        struct desk d CLEANUP(desk_fini);
        desk_open(&d, "tests/lessons/children-ke");
        struct lesson_file *files = arena_new_array(d.arena, struct lesson_file, d.n + 2);
        memcpy(files + 1, d.files, d.n * sizeof(*files));
        files[own == 0 ? 0 : d.n + 1] =
            (struct lesson_file){str_from(names[0]), STR("# card: Own\n\nWords of its own.\n")};
        files[own == 0 ? d.n + 1 : 0] =
            (struct lesson_file){str_from(names[1]), STR("# card: Base\n\nWords of the base.\n")};
        d.files = files;
        d.n += 2;
        desk_parse(&d);
        lesson_booklet(d.source, LESSON_BOOKLET_MEETINGS, &d.out);
        assert_true(has(&d, "Words of its own."));
        assert_false(has(&d, "Words of the base."));
    }
}

/* The map of who helps is a table to be filled in by hand. */
static void test_who_helps_here_has_a_row_each(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    lesson_booklet(d.source, LESSON_BOOKLET_MEETINGS, &d.out);
    const char *begins = "<table>\n<tr><th scope=\"row\">Guardian office</th><td></td></tr>\n"
                         "<tr><th scope=\"row\">Child helpline</th><td></td></tr>\n";
    assert_true(has(&d, begins));
    assert_int_equal(count(&d, begins), count(&d, "Our focal point</th><td></td></tr>\n</table>"));
}

static void test_a_first_meeting_has_nothing_old(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    lesson_booklet(d.source, LESSON_BOOKLET_MEETINGS, &d.out);
    struct str all = buf_str(&d.out);
    struct str first =
        str_sub(all, str_find(all, STR("id=\"m1\"")), str_find(all, STR("id=\"m2\"")));
    struct str second =
        str_sub(all, str_find(all, STR("id=\"m2\"")), str_find(all, STR("id=\"m3\"")));
    assert_int_not_equal(str_find(first, STR("Each one says his or her name")), SIZE_MAX);
    assert_int_equal(str_find(second, STR("Each one says his or her name")), SIZE_MAX);
    assert_int_not_equal(str_find(second, STR("Read each question aloud")), SIZE_MAX);
    assert_int_equal(str_find(first, STR("<script")), SIZE_MAX);
}

static void test_hard_words_are_hard(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    edit(
        &d, "m1.md", "A child is a person under 18.",
        "Internationally recognised instrumentalities unequivocally characterise individuals below "
        "majority as beneficiaries of comprehensive interdisciplinary protection considerations.");
    desk_parse(&d);
    lesson_tell_reading(&d.source->course, &d.out);
    assert_true(has(&d, "reading grade "));
    assert_true(has(&d, "hardest: m1l1 "));
    assert_false(has(&d, ", m1l1 ")); /* the others behind it */
}

/* What is hinted at at this text of a translation; NULL: nothing. */
static const struct lesson_finding *hint_at(struct desk *d, const char *file, const char *id)
{
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct lesson_findings *findings = lesson_findings_new(d->arena);
    lesson_check_terms(d->source, STR_NONE, d->arena, scratch, findings);
    assert_int_equal(findings->n_hints, findings->n);
    for (uint32_t i = 0; i < findings->n; i++) {
        const struct lesson_finding *f = &findings->list[i];
        if (str_eq(f->pos.file, str_from(file)) && str_starts(f->what, str_from(id)))
            return f;
    }
    return NULL;
}

/* With the place, and with the forms that the list has: what a translator needs to mend it. */
static void test_terms_that_a_translation_leaves_are_told(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    assert_null(hint_at(&d, "po/fr.po", "m1l2.1: "));
    edit(&d, "po/fr.po", "msgstr \"Non accompagn", "msgstr \"Tout seul");
    desk_parse(&d);
    const struct lesson_finding *f = hint_at(&d, "po/fr.po", "m1l2.1: the term `unaccompanied` ");
    assert_non_null(f);
    assert_true(f->pos.line > 1);
    assert_true(str_starts(f->offending, STR("Tout seul")));
    assert_true(str_starts(f->fix, STR("write non accompagn")));
}

/* One letter is a word as well; what is none stands in every text, and nowhere. */
static void test_a_term_may_be_one_letter(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    edit(&d, "po/fr.po", "# term: guardian", "# term: a = qqq\n# term: ! = qqq\n# term: guardian");
    desk_parse(&d);
    assert_non_null(hint_at(&d, "po/fr.po", "m1l2.1: the term `a` "));
    assert_null(hint_at(&d, "po/fr.po", "m1l2.1: the term `!` "));
}

/* A translation whose list lacks what those of other languages have is told which. */
static void test_terms_that_a_list_lacks_are_told(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    assert_null(hint_at(&d, "po/tr.po", "the list of terms lacks"));
    edit(&d, "po/tr.po", "# term: guardian", "# note: guardian");
    desk_parse(&d);
    const struct lesson_finding *f = hint_at(&d, "po/tr.po", "the list of terms lacks");
    assert_non_null(f);
    assert_true(str_eq(f->offending, STR("guardian")));
    assert_int_equal(f->pos.line, 1);
}

/* A translator is told the file and the line of what is too long, not those of the English. */
static void test_what_is_said_of_a_module_is_measured_in_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *key, *from;
    } rows[] = {{"summary", "Enfant : moins de 18 "},
                {"key_message", "Les enfants en d\xc3\xa9placement sont d'abord"},
                {"guide", "Qui sont les enfants"}};
    char to[400];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct desk d CLEANUP(desk_fini);
        struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
        desk_open(&d, SHIPPED);
        (void)snprintf(to, sizeof(to), "%0200d%s", 0, rows[i].from);
        edit(&d, "po/fr.po", rows[i].from, to);
        desk_parse(&d);
        struct lesson_findings *findings = lesson_findings_new(d.arena);
        lesson_check_language(d.source, STR("fr"), d.arena, scratch, findings);
        const struct lesson_finding *f = NULL;
        for (uint32_t n = 0; n < findings->n; n++)
            f = strcmp(findings->list[n].rule, "too-long") == 0 ? &findings->list[n] : f;
        assert_non_null(f);
        assert_true(str_eq(f->pos.file, STR("po/fr.po")));
        assert_true(f->pos.line > 1);
        assert_true(str_find(f->what, str_from(rows[i].key)) != SIZE_MAX);
    }
}

/* ---- the sheet of a reviewer ---- */

/* A row that is in the sheet and may be changed: its text, state and note become others. */
static void rewrite(struct book *book, const char *id, const char *text, const char *state,
                    const char *note)
{
    for (uint32_t s = 0; s < book->n; s++) {
        const struct book_sheet *sheet = &book->sheets[s];
        uint32_t at = book_column(sheet, "id");
        for (uint32_t i = 1; at != UINT32_MAX && i < sheet->n; i++) {
            struct book_row *row = &sheet->rows[i];
            if (!str_eq(book_cell(row, at), str_from(id)) || row->n <= book_column(sheet, "check"))
                continue;
            row->cells[book_column(sheet, "translation")] = str_from(text);
            row->cells[book_column(sheet, "state")] = str_from(state);
            row->cells[book_column(sheet, "note")] = str_from(note);
            return;
        }
    }
    fail_msg("%s is not in the sheet", id);
}

/* What comes back with these changes and this signature: files as they become, in *ret_n. */
static struct review give_back(struct desk *d, struct lesson_findings *findings, const char *text,
                               const char *state, const char *const signature[3],
                               struct lesson_file *ret, uint32_t *ret_n)
{
    struct review r;
    struct book book;
    struct errmsg msg = {""};
    struct buf sent CLEANUP(buf_fini), back CLEANUP(buf_fini);
    buf_init(&sent, EXCHANGE_MAX_BYTES);
    buf_init(&back, EXCHANGE_MAX_BYTES);
    assert_int_equal(review_write(d->source, STR("fr"), d->arena, &sent), ERR_OK);
    assert_int_equal(book_read_xlsx(STR("fr.xlsx"), buf_str(&sent), d->arena, &book, &msg), ERR_OK);
    rewrite(&book, "m1l1.1", text, state, "please look");
    struct book_sheet *sign = &book.sheets[book.n - 1];
    struct str cells[3];
    for (size_t i = 0; i < 3; i++)
        cells[i] = str_from(signature[i]);
    assert_true(book_add_row(sign, cells, 3, d->arena));
    assert_int_equal(book_write_xlsx(&book, &back), ERR_OK);
    r = (struct review){
        .source = d->source, .lang = STR("fr"), .arena = d->arena, .findings = findings};
    assert_int_equal(review_read(&r, STR("fr.xlsx"), buf_str(&back), &msg), ERR_OK);
    assert_int_equal(review_apply(&r, d->files, d->n, ret, ret_n), ERR_OK);
    return r;
}

static void test_a_reviewer_s_sheet_comes_back(void **state)
{
    (void)state;
    static const char *const nobody[] = {"", "", ""},
                             *const lina[] = {"Lina", "nurse", "2026-11-28"},
                             *const undated[] = {"Lina", "nurse", "soon"};
    static const struct {
        const char *text, *state;
        const char *const *signature;
        uint32_t n_refused;
        const char *what; /* part of the file as it becomes, or of why not */
    } rows[] = {
        {"Un texte.", "translated", nobody, 0, "msgstr \"Un texte.\""},
        {"Un texte.", "language_reviewed", lina, 0,
         "# reviewed: language_reviewed by Lina, nurse, 2026-11-28"},
        {"Un texte.", "language_reviewed", nobody, 1, "a review without the name"},
        {"Un texte.", "language_reviewed", undated, 1, "a review without the name"},
        {"", "translated", lina, 1, "the translation is empty"},
        {"Un texte.", "finished", lina, 1, "an unknown state"},
        {"Un texte.", "published", lina, 1, "a text is published by"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct desk d CLEANUP(desk_fini);
        struct lesson_file files[LESSON_MAX_FILES];
        uint32_t n = 0;
        desk_open(&d, SHIPPED);
        desk_parse(&d);
        struct lesson_findings *findings = lesson_findings_new(d.arena);
        struct review r =
            give_back(&d, findings, rows[i].text, rows[i].state, rows[i].signature, files, &n);
        assert_int_equal(r.n_refused, rows[i].n_refused);
        assert_int_equal(n, 1 - rows[i].n_refused);
        struct str said = n > 0 ? files[0].text : findings->list[0].what;
        if (str_find(said, str_from(rows[i].what)) == SIZE_MAX)
            fail_msg("row %zu: %.*s", i, STR_ARG(str_sub(said, 0, 300)));
    }
    struct desk d CLEANUP(desk_fini);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    assert_int_equal(review_write(d.source, STR("xx"), d.arena, &d.out), ERR_NOT_FOUND);
}

/* Rows that were copied, put into another order or taken away are no reason for a guess. */
static void test_a_sheet_with_two_rows_of_one_text_is_not_guessed_at(void **state)
{
    (void)state;
    static const struct {
        const char *second;
        uint32_t n_files, n_refused;
    } rows[] = {{"Un texte.", 1, 0}, {"Un autre.", 0, 2}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct desk d CLEANUP(desk_fini);
        struct lesson_file files[LESSON_MAX_FILES];
        struct review r;
        struct book book;
        struct errmsg msg = {""};
        uint32_t n = 0;
        struct buf back CLEANUP(buf_fini);
        buf_init(&back, EXCHANGE_MAX_BYTES);
        desk_open(&d, SHIPPED);
        desk_parse(&d);
        struct lesson_findings *findings = lesson_findings_new(d.arena);
        assert_int_equal(review_write(d.source, STR("fr"), d.arena, &d.out), ERR_OK);
        assert_int_equal(book_read_xlsx(STR("fr.xlsx"), buf_str(&d.out), d.arena, &book, &msg),
                         ERR_OK);
        rewrite(&book, "m1l1.1", "Un texte.", "translated", "");
        struct book_sheet *sheet = &book.sheets[0];
        uint32_t at = 1, id = book_column(sheet, "id");
        while (!str_eq(book_cell(&sheet->rows[at], id), STR("m1l1.1")))
            at++;
        struct str copy[8];
        uint32_t n_cells = sheet->rows[at].n;
        memcpy(copy, sheet->rows[at].cells, n_cells * sizeof(copy[0]));
        copy[book_column(sheet, "translation")] = str_from(rows[i].second);
        struct str gone = book_cell(&sheet->rows[at - 1], id);
        sheet->rows[at - 1] = sheet->rows[--sheet->n]; /* one row is gone, one stands elsewhere */
        assert_true(book_add_row(sheet, copy, n_cells, d.arena));
        assert_int_equal(book_write_xlsx(&book, &back), ERR_OK);
        r = (struct review){
            .source = d.source, .lang = STR("fr"), .arena = d.arena, .findings = findings};
        assert_int_equal(review_read(&r, STR("fr.xlsx"), buf_str(&back), &msg), ERR_OK);
        assert_int_equal(review_apply(&r, d.files, d.n, files, &n), ERR_OK);
        assert_int_equal(r.n_refused, rows[i].n_refused);
        assert_int_equal(r.n_missing, 1);
        assert_int_equal(findings->n, rows[i].n_refused + 1);
        assert_string_equal(findings->list[rows[i].n_refused].rule, "review-row");
        assert_true(str_eq(findings->list[rows[i].n_refused].offending, gone));
        assert_int_equal(n, rows[i].n_files);
    }
}

/* Each text whose row was taken away is told, by its place, and stays as it is. */
static void test_texts_whose_rows_are_gone_are_told(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    struct lesson_file files[LESSON_MAX_FILES];
    struct review r;
    struct book book;
    struct errmsg msg = {""};
    uint32_t n = 0, n_kept = 0;
    struct buf back CLEANUP(buf_fini);
    buf_init(&back, EXCHANGE_MAX_BYTES);
    desk_open(&d, SHIPPED);
    desk_parse(&d);
    struct lesson_findings *findings = lesson_findings_new(d.arena);
    assert_int_equal(review_write(d.source, STR("fr"), d.arena, &d.out), ERR_OK);
    assert_int_equal(book_read_xlsx(STR("fr.xlsx"), buf_str(&d.out), d.arena, &book, &msg), ERR_OK);
    rewrite(&book, "m1l1.1", "Un texte.", "translated", "");
    struct book_sheet *sheet = &book.sheets[0];
    uint32_t id = book_column(sheet, "id");
    for (uint32_t i = 0; i < sheet->n; i++) { /* all of a question's, and another text */
        struct str name = book_cell(&sheet->rows[i], id);
        if (!str_starts(name, STR("m2q3")) && !str_eq(name, STR("m5l6.1")))
            sheet->rows[n_kept++] = sheet->rows[i];
    }
    sheet->n = n_kept;
    const struct str blank[8] = {STR(" ")};
    assert_true(book_add_row(sheet, blank, 8, d.arena)); /* nobody's */
    assert_int_equal(book_write_xlsx(&book, &back), ERR_OK);
    r = (struct review){
        .source = d.source, .lang = STR("fr"), .arena = d.arena, .findings = findings};
    assert_int_equal(review_read(&r, STR("fr.xlsx"), buf_str(&back), &msg), ERR_OK);
    assert_int_equal(review_apply(&r, d.files, d.n, files, &n), ERR_OK);
    assert_int_equal(r.n_refused, 0);
    assert_int_equal(r.n_missing, 6);
    assert_int_equal(findings->n, 2);
    assert_true(str_eq(findings->list[0].offending, STR("m2q3 to m2q3.feedback")));
    assert_true(str_eq(findings->list[1].offending, STR("m5l6.1")));
    assert_true(str_eq(findings->list[1].pos.file, STR("po/fr.po")));
    assert_true(findings->list[1].pos.line > findings->list[0].pos.line);
    /* The file has the one change and all else. */
    assert_int_equal(n, 1);
    struct lesson_file *fr = NULL;
    for (uint32_t i = 0; i < d.n; i++)
        fr = str_eq(d.files[i].name, STR("po/fr.po")) ? &d.files[i] : fr;
    assert_non_null(fr);
    const struct str next = STR("msgctxt \"m1l2.1\"");
    size_t at = str_find(fr->text, next), behind = str_find(files[0].text, next);
    assert_true(str_eq(str_sub(fr->text, at, fr->text.len),
                       str_sub(files[0].text, behind, files[0].text.len)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_new_version_changes),
        cmocka_unit_test(test_what_another_list_does),
        cmocka_unit_test(test_steps_of_versions),
        cmocka_unit_test(test_the_picture_has_all_units_and_who_is_asked),
        cmocka_unit_test(test_a_meeting_has_its_agenda_in_every_language),
        cmocka_unit_test(test_pages_of_a_translation_end_in_its_language),
        cmocka_unit_test(test_a_meeting_asks_each_question_once),
        cmocka_unit_test(test_an_edition_prints_its_own_guide),
        cmocka_unit_test(test_who_helps_here_has_a_row_each),
        cmocka_unit_test(test_a_first_meeting_has_nothing_old),
        cmocka_unit_test(test_hard_words_are_hard),
        cmocka_unit_test(test_terms_that_a_translation_leaves_are_told),
        cmocka_unit_test(test_a_term_may_be_one_letter),
        cmocka_unit_test(test_terms_that_a_list_lacks_are_told),
        cmocka_unit_test(test_what_is_said_of_a_module_is_measured_in_its_place),
        cmocka_unit_test(test_a_reviewer_s_sheet_comes_back),
        cmocka_unit_test(test_a_sheet_with_two_rows_of_one_text_is_not_guessed_at),
        cmocka_unit_test(test_texts_whose_rows_are_gone_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
