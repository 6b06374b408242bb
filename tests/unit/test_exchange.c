/*
 * Other tools' forms: what is written and read back is the same, for the course that ships and for
 * questions made at random of signs that those forms take for their own; what they cannot carry is
 * told; what other tools write is read; ceilings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lab/exchange/book.h"
#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"
#include "port/lesson_files.h"

struct desk {
    struct arena *arena, *other;
    struct lesson_findings *findings, *read_findings;
    struct exchange x, back;
    struct buf out;
};

static void desk_open(struct desk *d)
{
    *d = (struct desk){.arena = arena_new(EXCHANGE_ARENA_BYTES),
                       .other = arena_new(EXCHANGE_ARENA_BYTES)};
    d->findings = lesson_findings_new(d->arena);
    d->read_findings = lesson_findings_new(d->other);
    assert_int_equal(exchange_init(&d->x, d->arena, d->findings), ERR_OK);
    assert_int_equal(exchange_init(&d->back, d->other, d->read_findings), ERR_OK);
    buf_init(&d->out, 16u << 20);
}

static void desk_fini(struct desk *d)
{
    arena_free(d->arena);
    arena_free(d->other);
    buf_fini(&d->out);
}

static void collect(struct desk *d, const char *dir)
{
    struct errmsg msg = {""};
    struct lesson_file *files;
    uint32_t n;
    struct lesson_source *source = arena_new_array(d->arena, struct lesson_source, 1);
    struct lesson_findings *findings = lesson_findings_new(d->arena);
    if (lesson_files_read(dir, d->arena, &files, &n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    enum err e = lesson_parse(files, n, d->arena, findings, source);
    if (e != ERR_OK)
        fail_msg("%s: %s, %u errors: %.*s", dir, err_name(e), findings->n_errors,
                 STR_ARG(findings->list[0].what));
    assert_int_equal(exchange_collect(&d->x, source, STR_NONE), ERR_OK);
}

static void tell_first(const struct lesson_findings *findings)
{
    if (findings->n > 0)
        fail_msg("%.*s:%u: %.*s (%.*s)", STR_ARG(findings->list[0].pos.file),
                 findings->list[0].pos.line, STR_ARG(findings->list[0].what),
                 STR_ARG(findings->list[0].offending));
}

static void write_and_read(struct desk *d, const struct exchange_format *format)
{
    buf_reset(&d->out);
    d->back.n = 0;
    format->write(&d->x, &d->out);
    assert_int_equal(buf_error(&d->out), ERR_OK);
    format->read(&d->back, STR("file"), buf_str(&d->out));
    assert_int_equal(arena_error(d->other), ERR_OK);
}

static bool is_carried(const struct exchange_format *format, const struct exchange_item *item)
{
    enum exchange_answer answer = exchange_answer_of(item);
    bool is_opinion = answer == EXCHANGE_ANSWER_OPINION || answer == EXCHANGE_ANSWER_OPINIONS;
    bool is_question = item->kind == EXCHANGE_QUESTION;
    if (format == &exchange_gift || format == &exchange_moodle)
        return !is_question || !is_opinion;
    return format != &exchange_aiken || (is_question && answer == EXCHANGE_ANSWER_CHOICE);
}

/* Takes away what the format has told that it cannot carry. */
static uint32_t reduce(struct exchange *x, const struct exchange_format *format)
{
    uint32_t n = 0, n_lost = 0;
    for (uint32_t i = 0; i < x->n; i++) {
        if (is_carried(format, &x->items[i]))
            x->items[n++] = x->items[i];
        else
            n_lost++;
    }
    x->n = n;
    return n_lost;
}

static bool is_same_text(struct str a, struct str b)
{
    return (a.p == NULL) == (b.p == NULL) && str_eq(a, b);
}

static bool is_same_item(const struct exchange_item *a, const struct exchange_item *b)
{
    static const size_t texts[] = {
#define AT(member) offsetof(struct exchange_item, member)
        AT(id),      AT(title),       AT(module_kind), AT(answer), AT(condition),
        AT(summary), AT(key_message), AT(guide),       AT(forms),  AT(feedback),
        AT(right),   AT(wrong),       AT(source)
#undef AT
    };
    bool is_same = a->kind == b->kind && a->is_required == b->is_required &&
                   a->is_story == b->is_story && a->n_screens == b->n_screens &&
                   a->n_options == b->n_options;
    for (size_t i = 0; is_same && i < ARRAY_LEN(texts); i++)
        is_same = is_same_text(*(const struct str *)((const char *)a + texts[i]),
                               *(const struct str *)((const char *)b + texts[i]));
    for (uint32_t i = 0; is_same && i < a->n_screens; i++)
        is_same = str_eq(a->screens[i], b->screens[i]);
    for (uint32_t i = 0; is_same && i < a->n_options; i++)
        is_same = a->options[i].mark == b->options[i].mark &&
                  str_eq(a->options[i].text, b->options[i].text) &&
                  is_same_text(a->options[i].feedback, b->options[i].feedback);
    return is_same;
}

/* Do two lists say the same? Where they differ, *ret_at is the first that does. */
static bool is_same(const struct exchange *a, const struct exchange *b, uint32_t *ret_at)
{
    uint32_t at = 0;
    while (at < a->n && at < b->n && is_same_item(&a->items[at], &b->items[at]))
        at++;
    *ret_at = at;
    return at == a->n && at == b->n;
}

static void assert_same(struct desk *d, const struct exchange_format *format)
{
    uint32_t at;
    if (is_same(&d->x, &d->back, &at))
        return;
    struct str a = at < d->x.n ? d->x.items[at].title : STR("(nothing)");
    struct str b = at < d->back.n ? d->back.items[at].title : STR("(nothing)");
    for (int side = 0; side < 2; side++) {
        const struct exchange *x = side == 0 ? &d->x : &d->back;
        const struct exchange_item *item = at < x->n ? &x->items[at] : NULL;
        if (item == NULL)
            continue;
        print_error(
            "%.*s: answer <%.*s> if <%.*s> feedback <%.*s> right <%.*s> wrong <%.*s> source "
            "<%.*s>\n",
            STR_ARG(item->id), STR_ARG(item->answer), STR_ARG(item->condition),
            STR_ARG(item->feedback), STR_ARG(item->right), STR_ARG(item->wrong),
            STR_ARG(item->source));
        for (uint32_t i = 0; i < item->n_options; i++)
            print_error("    %d <%.*s> <%.*s>\n", (int)item->options[i].mark,
                        STR_ARG(item->options[i].text), STR_ARG(item->options[i].feedback));
    }
    fail_msg("%s: item %u of %u was <%.*s> and is <%.*s>", format->name, at, d->x.n, STR_ARG(a),
             STR_ARG(b));
}

/* ---- there and back ---- */

static void test_the_shipped_course_goes_there_and_back(void **state)
{
    (void)state;
    static const char *const dirs[] = {"lessons/children-on-the-move", "tests/lessons/handwashing",
                                       "tests/lessons/tongues"};
    const struct exchange_format *format;
    for (size_t i = 0; (format = exchange_format_nth(i)) != NULL; i++) {
        for (size_t dir = 0; dir < ARRAY_LEN(dirs) && format != &exchange_aiken; dir++) {
            struct desk d CLEANUP(desk_fini);
            desk_open(&d);
            collect(&d, dirs[dir]);
            uint32_t n = d.findings->n_warnings; /* comments */
            write_and_read(&d, format);
            assert_int_equal(d.findings->n_errors, 0);
            assert_int_equal(d.findings->n_warnings - n, reduce(&d.x, format));
            tell_first(d.read_findings);
            assert_same(&d, format);
        }
    }
}

/* Aiken has no ids: questions are compared by their words. */
static void test_aiken_carries_questions_with_one_right_option(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d);
    collect(&d, "lessons/children-on-the-move");
    write_and_read(&d, &exchange_aiken);
    tell_first(d.read_findings);
    (void)reduce(&d.x, &exchange_aiken);
    assert_int_equal(d.x.n, 35);
    assert_int_equal(d.back.n, d.x.n + 2); /* its module and heading */
    for (uint32_t i = 0; i < d.x.n; i++) {
        const struct exchange_item *a = &d.x.items[i], *b = &d.back.items[i + 2];
        assert_true(str_eq(a->title, b->title));
        assert_int_equal(a->n_options, b->n_options);
        for (uint32_t o = 0; o < a->n_options; o++) {
            assert_true(str_eq(a->options[o].text, b->options[o].text));
            assert_int_equal(a->options[o].mark, b->options[o].mark);
        }
    }
}

static uint32_t chance(uint64_t *seed, uint32_t n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % n;
}

/* A text of signs that some form takes for its own. */
static struct str some_text(uint64_t *seed, bool may_break, struct arena *arena)
{
    static const char *const parts[] = {
        "a",    "Is it",   "=",   "~",    "#",    "{",      "}", ":",       "::", "\\", "\\n",
        "<b>",  "&amp;",   "&",   "%50%", "->",   "[html]", "]", "//",      "\"", "'",  ",",
        ";",    "é",       "ч",   "أ",    "|x",   "$",      "*", "ANSWER:", "A.", "1",  "_x000D_",
        "____", "</text>", "]]>", "<!--", "-- >", "\t",     " ", "${w1}",   "+1", "-1", "@x"};
    struct str text = STR("");
    uint32_t n = 1 + chance(seed, 6);
    for (uint32_t i = 0; i < n; i++)
        text = arena_printf(arena, "%.*s%s%s", STR_ARG(text),
                            i == 0                              ? ""
                            : may_break && chance(seed, 9) == 0 ? "\n"
                                                                : " ",
                            parts[chance(seed, ARRAY_LEN(parts))]);
    return text;
}

static struct str maybe_text(uint64_t *seed, struct exchange *x)
{
    struct str text =
        chance(seed, 2) == 0 ? exchange_text(x, some_text(seed, true, x->arena)) : STR("");
    return text.len > 0 ? text : STR_NONE;
}

static struct str sure_text(uint64_t *seed, struct exchange *x, bool may_break)
{
    struct str text = exchange_text(x, some_text(seed, may_break, x->arena));
    return text.len > 0 ? text : STR("x");
}

static void make_options(struct exchange *x, struct exchange_item *item, uint64_t *seed)
{
    uint32_t n = 2 + chance(seed, 8), right = chance(seed, n);
    bool is_several = chance(seed, 3) == 0;
    for (uint32_t i = 0; i < n; i++) {
        bool is_right = i == right || (is_several && chance(seed, 2) == 0);
        struct exchange_option *option = exchange_add_option(
            x, item, sure_text(seed, x, true), is_right ? LESSON_MARK_RIGHT : LESSON_MARK_OPEN);
        option->feedback = is_several ? STR_NONE : maybe_text(seed, x);
        struct str shared = is_right ? item->right : item->wrong;
        if (shared.p != NULL && str_eq(option->feedback, shared))
            option->feedback = STR_NONE; /* says nothing of its own */
    }
    if (is_several)
        item->answer = STR("all");
}

static void make_question(struct exchange *x, uint32_t number, uint64_t *seed)
{
    static const char *const answers[] = {"0..10", "-5..5", "open 160", "soap | ash", "x"};
    struct exchange_item *item = exchange_add(x, EXCHANGE_QUESTION, (struct source_pos){.line = 1});
    item->id = arena_printf(x->arena, "q%u", number);
    item->title = sure_text(seed, x, false);
    item->feedback = maybe_text(seed, x);
    item->source = chance(seed, 2) == 0 ? sure_text(seed, x, false) : STR_NONE;
    if (chance(seed, 3) > 0) {
        item->right = maybe_text(seed, x);
        item->wrong = maybe_text(seed, x);
        make_options(x, item, seed);
        return;
    }
    item->answer = str_from(answers[chance(seed, ARRAY_LEN(answers))]);
    if (exchange_answer_of(item) != EXCHANGE_ANSWER_WORD)
        return;
    item->right = maybe_text(seed, x);
    item->wrong = maybe_text(seed, x);
}

static void test_questions_of_any_signs_go_there_and_back(void **state)
{
    (void)state;
    const struct exchange_format *format;
    for (size_t i = 0; (format = exchange_format_nth(i)) != NULL; i++) {
        for (uint64_t round = 0; round < 40 && format != &exchange_aiken; round++) {
            struct desk d CLEANUP(desk_fini);
            uint64_t seed = round * 1000003 + 17;
            desk_open(&d);
            exchange_need_heading(&d.x, STR("m1"), (struct source_pos){.line = 1});
            for (uint32_t q = 0; q < 10; q++)
                make_question(&d.x, q, &seed);
            struct exchange_item *lesson =
                exchange_add(&d.x, EXCHANGE_HEADING, (struct source_pos){.line = 1});
            lesson->id = STR("l1");
            lesson->title = sure_text(&seed, &d.x, false);
            lesson->is_story = chance(&seed, 2) == 0;
            exchange_add_screen(&d.x, lesson, sure_text(&seed, &d.x, true));
            exchange_add_screen(&d.x, lesson, sure_text(&seed, &d.x, true));
            write_and_read(&d, format);
            tell_first(d.findings);
            tell_first(d.read_findings);
            assert_same(&d, format);
        }
    }
}

/* What becomes Markdown is read by the parser as it was meant. */
static void test_markdown_says_the_same(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    uint64_t seed = 4711;
    desk_open(&d);
    struct exchange_item *module =
        exchange_add(&d.x, EXCHANGE_MODULE, (struct source_pos){.line = 1});
    module->id = STR("m1");
    module->title = STR("Water: \"clean\" # yes");
    module->module_kind = STR("lessons");
    exchange_need_heading(&d.x, STR("m1"), module->pos);
    for (uint32_t q = 0; q < 100; q++)
        make_question(&d.x, q, &seed);
    exchange_markdown(&d.x, 0, &d.out);
    struct lesson_file *files;
    uint32_t n;
    struct lesson_source *source = arena_new_array(d.other, struct lesson_source, 1);
    assert_int_equal(lesson_files_read("tests/lessons/base", d.other, &files, &n, NULL), ERR_OK);
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, STR("m1.md")))
            files[i].text = arena_str(d.other, buf_str(&d.out));
    }
    enum err e = lesson_parse(files, n, d.other, d.read_findings, source);
    for (uint32_t i = 0; i < d.read_findings->n; i++) { /* signs that are no plain text are told */
        const char *rule = d.read_findings->list[i].rule;
        assert_true(strcmp(rule, "markup") == 0 || strcmp(rule, "answer-form") == 0);
    }
    assert_true(e == ERR_OK || e == ERR_INVALID);
    assert_int_equal(exchange_collect(&d.back, source, STR("m1")), ERR_OK);
    assert_same(&d, &exchange_gift);
}

/* ---- whole courses ---- */

static struct source_pos place_of(const struct exchange *x)
{
    return (struct source_pos){.file = STR("course"), .line = x->n, .column = 1};
}

/* Options without a right one: of opinions and surveys. */
static void make_opinion(struct exchange *x, struct exchange_item *item, uint64_t *seed)
{
    uint32_t n = 2 + chance(seed, 8);
    for (uint32_t i = 0; i < n; i++)
        (void)exchange_add_option(x, item, sure_text(seed, x, true), LESSON_MARK_NONE);
    if (chance(seed, 2) == 0)
        item->answer = STR("all");
}

static void make_any_question(struct exchange *x, uint64_t *seed)
{
    uint32_t n_before = x->n, other = chance(seed, x->n);
    struct exchange_item *item;
    if (chance(seed, 4) > 0) {
        make_question(x, n_before, seed);
        item = &x->items[n_before];
    } else {
        item = exchange_add(x, EXCHANGE_QUESTION, (struct source_pos){.line = 1});
        item->id = arena_printf(x->arena, "q%u", n_before);
        item->title = sure_text(seed, x, false);
        item->feedback = maybe_text(seed, x);
        make_opinion(x, item, seed);
    }
    item->pos = place_of(x);
    if (x->items[other].kind == EXCHANGE_QUESTION && x->items[other].n_options > 1)
        item->condition = arena_printf(x->arena, "%.*s = %s", STR_ARG(x->items[other].id),
                                       chance(seed, 2) == 0 ? "1" : "1 2");
}

static void make_heading(struct exchange *x, uint64_t *seed)
{
    bool is_lesson = chance(seed, 2) == 0;
    uint32_t n_screens = is_lesson ? 1 + chance(seed, 4) : 0;
    uint32_t n_questions = chance(seed, 4) + !is_lesson;
    struct exchange_item *item = exchange_add(x, EXCHANGE_HEADING, (struct source_pos){.line = 1});
    item->id = arena_printf(x->arena, "h%u", x->n);
    item->title = sure_text(seed, x, false);
    item->is_story = is_lesson && chance(seed, 3) == 0;
    item->source = chance(seed, 2) == 0 ? sure_text(seed, x, false) : STR_NONE;
    item->pos = place_of(x);
    for (uint32_t i = 0; i < n_screens; i++)
        exchange_add_screen(x, item, sure_text(seed, x, true));
    for (uint32_t i = 0; i < n_questions; i++)
        make_any_question(x, seed);
}

static struct str maybe_line(uint64_t *seed, struct exchange *x)
{
    return chance(seed, 2) == 0 ? sure_text(seed, x, false) : STR_NONE;
}

static void make_course(struct exchange *x, uint64_t *seed)
{
    static const char *const kinds[] = {"role", "lessons", "lessons", "lessons",
                                        "test", "survey",  "followup"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct exchange_item *item =
            exchange_add(x, EXCHANGE_MODULE, (struct source_pos){.line = 1});
        uint32_t n = 1 + chance(seed, 4);
        item->id = arena_printf(x->arena, "m%zu", i);
        item->title = sure_text(seed, x, false);
        item->module_kind = str_from(kinds[i]);
        item->is_required = chance(seed, 3) > 0;
        item->summary = maybe_line(seed, x);
        item->key_message = maybe_line(seed, x);
        item->guide = maybe_line(seed, x);
        item->forms = strcmp(kinds[i], "test") == 0 && chance(seed, 2) == 0 ? STR("2") : STR_NONE;
        item->pos = place_of(x);
        for (uint32_t k = 0; k < n; k++)
            make_heading(x, seed);
    }
}

/* Each item that the format does not carry is told at its place, and nothing else is told. */
static void expect_told(struct desk *d, const struct exchange_format *format)
{
    for (uint32_t i = 0; i < d->x.n; i++) {
        uint32_t n_told = 0;
        for (uint32_t k = 0; k < d->findings->n; k++)
            n_told += d->findings->list[k].pos.line == d->x.items[i].pos.line;
        bool is_lost = !is_carried(format, &d->x.items[i]);
        if (is_lost ? n_told == 0 : n_told > 0 && format != &exchange_aiken)
            fail_msg("%s: %.*s was %s and told %u times", format->name, STR_ARG(d->x.items[i].id),
                     is_lost ? "lost" : "carried", n_told);
    }
}

/* All modules as files. */
static struct str all_markdown(struct exchange *x, struct buf *out)
{
    buf_reset(out);
    for (uint32_t i = 0; i < x->n; i++) {
        if (x->items[i].kind == EXCHANGE_MODULE)
            exchange_markdown(x, i, out);
    }
    return buf_str(out);
}

static void test_whole_courses_go_there_and_back(void **state)
{
    (void)state;
    const struct exchange_format *format;
    for (size_t i = 0; (format = exchange_format_nth(i)) != NULL; i++) {
        for (uint64_t round = 0; round < 60; round++) {
            struct desk d CLEANUP(desk_fini);
            struct buf again CLEANUP(buf_fini);
            uint64_t seed = round * 7919 + 3;
            desk_open(&d);
            buf_init(&again, 16u << 20);
            make_course(&d.x, &seed);
            assert_int_equal(arena_error(d.arena), ERR_OK);
            write_and_read(&d, format);
            assert_int_equal(d.findings->n_errors, 0);
            expect_told(&d, format);
            (void)reduce(&d.x, format);
            if (format ==
                &exchange_aiken) /* it has no ids: that its questions come back, see above */
                continue;
            tell_first(d.read_findings);
            assert_same(&d, format);
            struct str before = arena_str(d.arena, all_markdown(&d.x, &again));
            assert_true(str_eq(before, all_markdown(&d.back, &again)));
        }
    }
}

static uint32_t find_test(const struct exchange *x)
{
    uint32_t at = 0;
    while (at < x->n && !str_eq(x->items[at].module_kind, STR("test")))
        at++;
    assert_in_range(at, 0, x->n - 1);
    return at;
}

/* Which questions of a test stand in for each other is said of its module. */
static void test_equal_forms_of_a_test_are_carried(void **state)
{
    (void)state;
    const struct exchange_format *format;
    for (size_t i = 0; (format = exchange_format_nth(i)) != NULL; i++) {
        struct desk d CLEANUP(desk_fini);
        desk_open(&d);
        collect(&d, "lessons/children-on-the-move");
        uint32_t n = d.findings->n_warnings;
        d.x.items[find_test(&d.x)].forms = STR("3");
        write_and_read(&d, format);
        if (format == &exchange_aiken) { /* it has no modules, and says so of each */
            assert_in_range(d.findings->n_warnings - n, d.x.n / 2, 2 * d.x.n);
            continue;
        }
        (void)reduce(&d.x, format);
        assert_same(&d, format);
        buf_reset(&d.out);
        exchange_markdown(&d.x, find_test(&d.x), &d.out);
        assert_true(str_find(buf_str(&d.out), STR("\nforms: 3\n")) != SIZE_MAX);
    }
}

/* ---- what others write ---- */

struct foreign {
    const struct exchange_format *format;
    const char *text;
    const char *title, *options; /* of its last question; right ones with a star, | between them */
    const char *answer, *told;   /* what it says that is lost or wrong; NULL: nothing */
};

static const struct foreign foreigners[] = {
    {&exchange_gift, "Who's buried in Grant's tomb?{~Grant ~Jefferson =no one}",
     "Who's buried in Grant's tomb?", "Grant|Jefferson|*no one", NULL, NULL},
    {&exchange_gift, "Grant is {~buried =entombed ~living} in his tomb.",
     "Grant is ... in his tomb.", "buried|*entombed|living", NULL, NULL},
    {&exchange_gift, "::Q7::The sun rises in the east.{T#no#yes}", "The sun rises in the east.",
     "*True|False", NULL, NULL},
    {&exchange_gift, "::7. Sun::The sun rises.{true}", "The sun rises.", "*True|False", NULL,
     "a name that is no new id becomes `q7_sun`"},
    {&exchange_gift, "::q7::One{=a ~b}\n::q8::Two{=a ~b}", NULL, "", NULL,
     "two questions, or a brace too many, in one paragraph"},
    {&exchange_gift, "::q7::When?{#=1822:0#yes =%50%1822:2}", "When?", "", "1822",
     "an answer that is right in part is left out"},
    {&exchange_gift, "::q7::When?{#1822:5#yes}", "When?", "", "1822",
     "numbers near it are right there, here only this one is"},
    {&exchange_gift, "::q7::When?{#soon}", NULL, "", NULL, "this is no number: it is left out"},
    {&exchange_gift, "::q7::When?{#3..1}", NULL, "", NULL, "this is no number: it is left out"},
    {&exchange_gift, "::q7::Which?{~a ~b}", "Which?", "a|b", NULL, "no option is right there"},
    {&exchange_gift, "::q7::Which?{~%70%a ~%30%b ~c}", "Which?", "*a|*b|c", "all",
     "options have marks of their own there: here all of them together are right"},
    {&exchange_gift, "::q7::Caf\xe9?{=a ~b}", NULL, "", NULL, "a letter that is not in UTF-8"},
    {&exchange_gift, "::q7::When was Grant born?{#1822:0}", "When was Grant born?", "", "1822",
     NULL},
    {&exchange_gift, "::q7::When was Grant born?{#1820..1825}", "When was Grant born?", "",
     "1820..1825", "a range that is right becomes one that may be answered"},
    {&exchange_gift, "::q7::Two plus two?{=four =4 =%50%quatro}", "Two plus two?", "", "four | 4",
     "an answer that is right in part is left out"},
    {&exchange_gift, "::q7::Write.{}", "Write.", "", "open 160", NULL},
    {&exchange_gift, "::q7::Both?{~%50%a ~%50%b ~%-100%c}", "Both?", "*a|*b|c", "all", NULL},
    {&exchange_gift, "::q7::[html]<p>Is 2&lt;3<br>?</p>{=<b>yes</b> ~no}", "Is 2<3 ?", "*yes|no",
     NULL, NULL},
    {&exchange_gift, "::q7::Open {=a ~b", NULL, "", NULL, "a question whose braces do not close"},
    {&exchange_gift, "::q7::Pairs{=a -> b =c -> d}", NULL, "", NULL,
     "a matching question is left out"},
    {&exchange_aiken, "What is 2+2?\r\nA) 3\r\nB) 4\r\nANSWER: B\r\n", "What is 2+2?", "3|*4", NULL,
     NULL},
    {&exchange_aiken, "What is 2+2?\nA. 3\nB. 4\nANSWER: C\n", "What is 2+2?", "3|4", NULL,
     "an answer that is none of the options above it"},
    {&exchange_aiken, "What is 2+2?\nA. 3\nB. 4\nANSWER: B\nFEEDBACK: so\n\n", "What is 2+2?",
     "3|*4", NULL, "a text without options"},
    {&exchange_aiken, "What is 2+2?\nA. 3\nB. 4\n", "What is 2+2?", "3|4", NULL,
     "a question without an answer"},
    {&exchange_moodle,
     "<quiz><question type=\"truefalse\"><name><text>q7</text></name><questiontext "
     "format=\"html\"><text><![CDATA[<p>Fire is <i>hot</i>.</p>]]></text></questiontext><answer "
     "fraction=\"100\"><text>true</text></answer><answer fraction=\"0\"><text>false</text>"
     "</answer></question></quiz>",
     "Fire is hot.", "*True|False", NULL, NULL},
    {&exchange_moodle,
     "<quiz><question type=\"matching\"><name><text>q</text></name></question></quiz>", NULL, "",
     NULL, "a question of a kind that phones do not have is left out"},
    {&exchange_moodle, "<quiz>", NULL, "", NULL, "no element found"},
    {&exchange_moodle, "<quiz>\n<a></b></quiz>", NULL, "", NULL, "mismatched tag"},
    {&exchange_moodle, "<!DOCTYPE q [<!ENTITY a \"b\">]><quiz>&a;</quiz>", NULL, "", NULL,
     "a document type with content is not read"},
    {&exchange_moodle,
     "<quiz><question type=\"shortanswer\"><name><text>q7</text></name><questiontext "
     "format=\"html\"><text><![CDATA[<p>&Eacute;t&eacute;, d&rsquo;o&ugrave;&nbsp;?</p>]]></text>"
     "</questiontext><defaultgrade>1</defaultgrade><usecase>0</usecase><answer "
     "fraction=\"100\"><text>a</text></answer></question></quiz>",
     "\u00c9t\u00e9, d'o\u00f9 ?", "", "a", NULL},
    {&exchange_moodle,
     "<quiz><question type=\"essay\"><name><text>q7</text></name><questiontext><text>Say"
     "</text></questiontext><tags><tag><text>x</text></tag></tags></question></quiz>",
     "Say", "", "open 160", "this part of a question is left out"},
    {&exchange_moodle,
     "<quiz><question type=\"multichoice\"><name><text>q7</text></name><questiontext><text>Say"
     "</text></questiontext></question></quiz>",
     NULL, "", NULL, "a question whose answers are none"},
    {&exchange_moodle,
     "<quiz><question type=\"essay\"><name><text>q7</text></name><questiontext><text>Caf\xe9?"
     "</text></questiontext></question></quiz>",
     "Caf\ufffd?", "", "open 160", "a letter that cannot be read"},
    {&exchange_moodle,
     "<quiz><question type=\"essay\"><name><text>q7</text></name><questiontext "
     "format=\"html\"><text><![CDATA[Caf&#233;, t&#xE9;? &#xd800; &#0; &nix; &#xzz;]]></text>"
     "</questiontext></question></quiz>",
     "Caf\u00e9, t\u00e9? &#xd800; &#0; &nix; &#xzz;", "", "open 160", NULL},
    {&exchange_moodle,
     "<quiz><question type=\"multichoice\"><name><text>q7</text></name><questiontext><text>Say"
     "</text></questiontext><single>true</single><answer fraction=\"100\"><text>a</text></answer>"
     "<answer><text>b</text></answer></question></quiz>",
     "Say", "*a|b", NULL, "an answer without a fraction counts as wrong"},
    {&exchange_moodle,
     "<quiz><question type=\"multichoice\"><name><text>q7</text></name><questiontext><text>Say"
     "</text></questiontext><partiallycorrectfeedback><text>Nearly</text>"
     "</partiallycorrectfeedback><answer fraction=\"100\"><text>a</text></answer>"
     "<answer fraction=\"0\"><text>b</text></answer></question></quiz>",
     "Say", "*a|b", NULL, "feedback to partly right answers is left out"},
    {&exchange_moodle,
     "<quiz><question type=\"essay\"><name><text>q7</text></name><questiontext><text>Say"
     "</text></questiontext><waypost>sing aloud</waypost></question></quiz>",
     "Say", "", "open 160", "an unknown note is left out"},
    {&exchange_csv, "kind;id;text;right\nsong;q7;Hot?;\n", NULL, "", NULL,
     "an unknown kind of row"},
    {&exchange_csv, "kind;id;text;right\nscreen;;Soap\n", NULL, "", NULL,
     "a screen that stands under no lesson"},
    {&exchange_csv, "kind;id;text;right;colour\nquestion;q7;Hot?;;red\noption;;yes;yes\n", "Hot?",
     "*yes", NULL, "an unknown column is left out"},
    {&exchange_csv, "kind;id;text;right\nquestion;q7;Hot?;\noption;;yes;yes\noption;;no;no\n",
     "Hot?", "*yes|no", NULL, NULL},
    {&exchange_csv, "kind;id;text;right\rquestion;q7;Hot?;\roption;;yes;yes\roption;;no;no\r",
     "Hot?", "*yes|no", NULL, NULL},
    {&exchange_csv, "kind;id;text;right\r\nquestion;q7;Hot?;\r\noption;;yes;yes\r\n", "Hot?",
     "*yes", NULL, NULL},
    {&exchange_csv, "kind,id,text,right\nquestion,q7,Hot?,\noption,,yes,perhaps\n", "Hot?", "",
     NULL, "neither right nor not"},
    {&exchange_csv, "name,label\na,b\n", NULL, "", NULL,
     "the first row does not name the columns `kind` and `text`"},
    {&exchange_xlsx, "PK no zip", NULL, "", NULL, "it is no XLSX file; save it as .xlsx"},
    {&exchange_xlsform, "", NULL, "", NULL, "it has no sheets; save it as .xlsx"},
};

static struct str options_of(const struct exchange_item *item, struct arena *arena)
{
    struct str all = STR("");
    for (uint32_t i = 0; i < item->n_options; i++)
        all = arena_printf(arena, "%.*s%s%s%.*s", STR_ARG(all), i > 0 ? "|" : "",
                           item->options[i].mark == LESSON_MARK_RIGHT ? "*" : "",
                           STR_ARG(item->options[i].text));
    return all;
}

static void test_what_others_write_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(foreigners); i++) {
        const struct foreign *f = &foreigners[i];
        struct desk d CLEANUP(desk_fini);
        desk_open(&d);
        f->format->read(&d.back, STR("quiz one.txt"), str_from(f->text));
        const struct exchange_item *item = NULL;
        for (uint32_t k = 0; k < d.back.n; k++) {
            if (d.back.items[k].kind == EXCHANGE_QUESTION)
                item = &d.back.items[k];
        }
        bool is_told = f->told == NULL;
        for (uint32_t k = 0; k < d.read_findings->n && f->told != NULL; k++)
            is_told |= str_eq(d.read_findings->list[k].what, str_from(f->told));
        if (!is_told)
            fail_msg("row %zu: nobody said: %s", i, f->told);
        if (f->told == NULL && d.read_findings->n > 0)
            fail_msg("row %zu: said: %s", i, d.read_findings->list[0].what.p);
        if ((item != NULL) != (f->title != NULL))
            fail_msg("row %zu: %s question", i, item != NULL ? "a" : "no");
        if (item == NULL)
            continue;
        struct str options = options_of(item, d.other);
        assert_string_equal(item->title.p, f->title);
        assert_string_equal(options.p, f->options);
        assert_true(f->answer == NULL || str_eq(item->answer, str_from(f->answer)));
    }
}

/* A disk or a line has changed some bits: whatever the XML says then, it is not believed. */
static void test_a_broken_package_is_refused(void **state)
{
    (void)state;
    static const char *const headings[] = {"kind", "text", NULL};
    const struct str row[] = {STR("question"), STR("Hot?")};
    struct desk d CLEANUP(desk_fini);
    struct book book = {.n = 0}, back;
    struct errmsg msg = {""};
    desk_open(&d);
    struct book_sheet *sheet = book_add_sheet(&book, STR("course"), headings, d.arena);
    assert_true(sheet != NULL && book_add_row(sheet, row, 2, d.arena));
    assert_int_equal(book_write_xlsx(&book, &d.out), ERR_OK);
    struct str file = buf_str(&d.out);
    assert_int_equal(book_read_xlsx(STR("a.xlsx"), file, d.other, &back, &msg), ERR_OK);
    for (size_t at = 0; at + 20 < d.out.len; at++) { /* the sum of each part in the directory */
        if (memcmp(d.out.p + at, "PK\1\2", 4) == 0)
            d.out.p[at + 16] ^= 1;
    }
    assert_int_equal(book_read_xlsx(STR("a.xlsx"), file, d.other, &back, &msg), ERR_INVALID);
    assert_non_null(strstr(msg.text, "cannot be unpacked"));
}

/* ---- a form of another tool ---- */

static const char *const survey_headings[] = {"type",       "name",     "label::English (en)",
                                              "label::Fr",  "required", "relevant",
                                              "constraint", "hint",     NULL};
#define SURVEY_COLUMNS 8u

/* As Kobo or ODK write it: options with names of their own, labels in two languages, conditions and
 * constraints as expressions. */
static const char *const survey[][SURVEY_COLUMNS] = {
    {"start", "start", "", "", "", "", "", ""}, /* filled in by the phone */
    {"begin_group", "m_one", "One", "Un", "", "", "", ""},
    {"note", "n1", "Read this.", "Lisez.", "", "", "", ""},
    {"select_one yn", "agree", "Do you agree?", "D'accord ?", "yes", "", "", ""},
    {"select_one yn or_other", "again", "Again?", "Encore ?", "yes", "${agree} = 'no'", "",
     "Think"},
    {"select_multiple fruit", "eat", "What do you eat?", "Quoi ?", "",
     "selected(${agree}, 'yes') or ${agree} = \"no\"", "", ""},
    {"integer", "age", "How old?", "Age ?", "", "selected(${eat}, apple)", ". >= 5 and . < 18", ""},
    {"range", "years", "How long?", "Combien ?", "", "${age} > 5", ".>0 and .<=7", ""},
    {"integer", "any", "How many?", "Combien ?", "", "", "", ""},
    {"text", "why", "Why, ${age}?", "Pourquoi ?", "", "selected(${again}, 'yes'",
     "string-length(.) <= 80", ""},
    {"text", "more", "More?", "Plus ?", "", "${agree} = 'yes' or ${again} = 'yes'", "regex(., 'a')",
     ""},
    {"geopoint", "here", "Where?", "", "", "", "", ""},
    {"end_group", "", "", "", "", "", "", ""},
    {"note", "bye", "Thank you.", "Merci.", "", "${agree} = 'yes'", "", ""},
};
static const char *const choice_headings[] = {"list name", "name", "label::English (en)",
                                              "label::Fr", NULL};
static const char *const choices[][4] = {
    {"yn", "yes", "Yes", "Oui"},
    {"yn", "no", "No", "Non"},
    {"fruit", "pear", "Pear", "Poire"},
    {"fruit", "apple", "Apple", "Pomme"},
};

static void add_rows(struct book_sheet *sheet, const char *const *cells, size_t n_rows,
                     uint32_t n_columns, struct arena *arena)
{
    for (size_t i = 0; i < n_rows; i++) {
        struct str row[SURVEY_COLUMNS];
        for (uint32_t k = 0; k < n_columns; k++)
            row[k] = str_from(cells[i * n_columns + k]);
        assert_true(book_add_row(sheet, row, n_columns, arena));
    }
}

/* language: what `settings` says is the form's own; NULL: it says nothing. */
static void read_form(struct desk *d, const char *language)
{
    static const char *const setting_headings[] = {"form_title", "default_language", "style", NULL};
    struct book book = {.file = STR("form.xlsx")};
    struct book_sheet *sheet = book_add_sheet(&book, STR("survey"), survey_headings, d->arena);
    add_rows(sheet, survey[0], ARRAY_LEN(survey), SURVEY_COLUMNS, d->arena);
    sheet = book_add_sheet(&book, STR("choices"), choice_headings, d->arena);
    add_rows(sheet, choices[0], ARRAY_LEN(choices), 4, d->arena);
    if (language != NULL) {
        const char *const row[] = {"Form", language, "pages"};
        sheet = book_add_sheet(&book, STR("settings"), setting_headings, d->arena);
        add_rows(sheet, row, 1, 3, d->arena);
        (void)book_add_sheet(&book, STR("entities"), setting_headings, d->arena);
    }
    buf_reset(&d->out);
    assert_int_equal(book_write_xlsx(&book, &d->out), ERR_OK);
    exchange_xlsform.read(&d->back, STR("form.xlsx"), buf_str(&d->out));
}

static bool is_told(const struct desk *d, const char *what, const char *where)
{
    for (uint32_t i = 0; i < d->read_findings->n; i++) {
        const struct lesson_finding *finding = &d->read_findings->list[i];
        if (str_find(finding->what, str_from(what)) != SIZE_MAX &&
            str_eq(finding->pos.file, str_from(where)))
            return true;
    }
    return false;
}

static const struct exchange_item *item_of(const struct desk *d, const char *id)
{
    for (uint32_t i = 0; i < d->back.n; i++) {
        if (str_eq(d->back.items[i].id, str_from(id)))
            return &d->back.items[i];
    }
    fail_msg("no item %s", id);
    return NULL;
}

static void test_a_form_of_another_tool_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *id, *title, *options, *answer, *condition;
    } rows[] = {
        {"agree", "Do you agree?", "Yes|No", NULL, NULL},
        {"again", "Again?", "Yes|No", NULL, "agree = 2"},
        {"eat", "What do you eat?", "Pear|Apple", "all", "agree = 1 2"},
        {"age", "How old?", "", "5..17", "eat = 2"},
        {"years", "How long?", "", "1..7", NULL},
        {"any", "How many?", "", "0..999", NULL},
        {"why", "Why, ${age}?", "", "open 80", NULL},
        {"more", "More?", "", "open 160", NULL},
    };
    static const struct {
        const char *what, *where;
    } told[] = {
        {"a row of a kind that phones do not have", "form.xlsx!survey!A2"},
        {"whether a question must be answered", "form.xlsx!survey!E5"},
        {"what stands behind the name of the list", "form.xlsx!survey!A6"},
        {"the column `hint` is left out, here and in the others of its 1 cells",
         "form.xlsx!survey!H6"},
        {"the column `label::Fr` is left out", "form.xlsx!survey!D3"},
        {"the column `label::Fr` is left out", "form.xlsx!choices!D2"},
        {"a condition that is more than", "form.xlsx!survey!F9"},
        {"a number without", "form.xlsx!survey!G10"},
        {"a condition that is more than", "form.xlsx!survey!F11"},
        {"nothing is filled in here", "form.xlsx!survey!C11"},
        {"a condition that is more than", "form.xlsx!survey!F12"},
        {"a constraint is left out: 160", "form.xlsx!survey!G12"},
        {"a row of a kind that phones do not have", "form.xlsx!survey!A13"},
        {"the condition of a note is left out", "form.xlsx!survey!F15"},
    };
    struct desk d CLEANUP(desk_fini);
    desk_open(&d);
    read_form(&d, NULL);
    assert_string_equal(item_of(&d, "m_one")->module_kind.p, "survey"); /* nothing has a key */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct exchange_item *item = item_of(&d, rows[i].id);
        assert_string_equal(item->title.p, rows[i].title);
        assert_string_equal(options_of(item, d.other).p, rows[i].options);
        bool is_same = rows[i].answer == NULL || str_eq(item->answer, str_from(rows[i].answer));
        bool is_asked = rows[i].condition == NULL
                            ? item->condition.p == NULL
                            : str_eq(item->condition, str_from(rows[i].condition));
        if (!is_same || !is_asked)
            fail_msg("%s: %.*s, if %.*s", rows[i].id, STR_ARG(item->answer),
                     STR_ARG(item->condition));
    }
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        if (!is_told(&d, told[i].what, told[i].where))
            fail_msg("nobody said at %s: %s", told[i].where, told[i].what);
    }
    assert_int_equal(d.read_findings->n_errors, 0);
}

static void test_a_form_is_read_in_its_own_language(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d);
    read_form(&d, "Fr");
    assert_string_equal(item_of(&d, "agree")->title.p, "D'accord ?");
    assert_string_equal(options_of(item_of(&d, "agree"), d.other).p, "Oui|Non");
    assert_true(is_told(&d, "the column `style` is left out", "form.xlsx!settings!C2"));
    assert_true(is_told(&d, "the column `label::English (en)`", "form.xlsx!survey!C3"));
}

/* Every place is one that an author can go to. */
static void test_places(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    desk_open(&d);
    exchange_gift.read(&d.back, STR("a.gift"),
                       STR("// mine\n\n::q1::x{=a}\n\n::q2::y{=a ->b =c->d}\n"));
    assert_int_equal(d.read_findings->n, 2);
    assert_int_equal(d.read_findings->list[0].pos.line, 1);
    assert_int_equal(d.read_findings->list[1].pos.line, 5);
    exchange_csv.read(&d.back, STR("a.csv"), STR("kind,text,right\nquestion,x,\noption,y,so\n"));
    assert_string_equal(d.read_findings->list[d.read_findings->n - 1].pos.file.p, "a.csv!csv!C3");
}

/* ---- ceilings ---- */

static void test_ceilings(void **state)
{
    (void)state;
    struct desk d CLEANUP(desk_fini);
    struct buf text CLEANUP(buf_fini);
    desk_open(&d);
    buf_init(&text, 16u << 20);
    buf_add_str(&text, STR("::q::ten{=1 ~2 ~3 ~4 ~5 ~6 ~7 ~8 ~9"));
    struct str nine = arena_printf(d.arena, "%.*s}", STR_ARG(buf_str(&text)));
    exchange_gift.read(&d.back, STR("a"), nine);
    assert_int_equal(d.back.items[2].n_options, 9);
    tell_first(d.read_findings);
    exchange_gift.read(&d.back, STR("a"),
                       arena_printf(d.arena, "%.*s ~10}", STR_ARG(buf_str(&text))));
    assert_int_equal(d.back.items[3].n_options, 9);
    assert_int_equal(d.read_findings->n_warnings, 2); /* the option, the id that was taken */
    struct book book;
    struct errmsg msg;
    buf_reset(&text);
    for (uint32_t i = 0; i < BOOK_MAX_COLUMNS - 1; i++)
        buf_add_char(&text, ',');
    assert_int_equal(book_read_csv(STR("a"), buf_str(&text), d.arena, &book, &msg), ERR_OK);
    buf_add_char(&text, ',');
    assert_int_equal(book_read_csv(STR("a"), buf_str(&text), d.arena, &book, &msg), ERR_TOO_LONG);
    buf_reset(&text);
    for (uint32_t i = 0; i < BOOK_MAX_ROWS - 1; i++)
        buf_add_char(&text, '\n');
    assert_int_equal(book_read_csv(STR("a"), buf_str(&text), d.arena, &book, &msg), ERR_OK);
    buf_add_char(&text, '\n');
    assert_int_equal(book_read_csv(STR("a"), buf_str(&text), d.arena, &book, &msg), ERR_TOO_LONG);
    buf_reset(&text);
    for (uint32_t i = 0; i <= EXCHANGE_MAX_ITEMS; i++)
        buf_addf(&text, "::q%u::x{=a}\n\n", i);
    d.back.n = 0;
    d.read_findings->n = 0;
    exchange_gift.read(&d.back, STR("a"), buf_str(&text));
    assert_int_equal(d.back.n, EXCHANGE_MAX_ITEMS);
    assert_int_equal(d.read_findings->n_errors, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shipped_course_goes_there_and_back),
        cmocka_unit_test(test_aiken_carries_questions_with_one_right_option),
        cmocka_unit_test(test_questions_of_any_signs_go_there_and_back),
        cmocka_unit_test(test_markdown_says_the_same),
        cmocka_unit_test(test_whole_courses_go_there_and_back),
        cmocka_unit_test(test_equal_forms_of_a_test_are_carried),
        cmocka_unit_test(test_what_others_write_is_read),
        cmocka_unit_test(test_a_broken_package_is_refused),
        cmocka_unit_test(test_a_form_of_another_tool_is_read),
        cmocka_unit_test(test_a_form_is_read_in_its_own_language),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
