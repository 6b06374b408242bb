/* Kinds of question: what each takes for an answer, and which of it is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/question.h"
#include "course_words.h"

static struct arena *arena;

static const struct choice wash_with[] = {
    {.text = {"Soap", 4}, .is_right = true},
    {.text = {"Mud", 3}},
    {.text = {"Ash", 3}, .is_right = true},
    {.text = {"Leaves", 6}},
};
static const struct question several = {
    .kind = QUESTION_SEVERAL, .n_choices = 4, .choices = wash_with};

static void takes_any_number_of_options(void **state)
{
    (void)state;
    static const struct {
        const char *text, *taken; /* NULL: no answer */
        bool is_right;
    } cases[] = {
        {"1 3", "1,3", true},
        {"1,3", "1,3", true},
        {"3, 1", "1,3", true},
        {"1 and 3", "1,3", true},
        {"1 et 3.", "1,3", true},
        {"13", "1,3", true},
        {"31", "1,3", true},
        {"01 03", "1,3", true},
        {"a c", "1,3", true},
        {"A and C please", "1,3", true},
        {"one and three", "1,3", true},
        {"\u0661 \u0663", "1,3", true},
        {"1 3 3", "1,3", true},
        {"1", "1", false},
        {"ac", "1,3", true},
        {"acd", "1,3,4", false},
        {"soap and ash", "1,3", true},
        {"Soap, ash", "1,3", true},
        {"ash + soap", "1,3", true},
        {"savon", NULL, false},
        {"1 soap, 3 ash", "1,3", true},
        {"1 soap", "1", false},
        {"both soap and ash", "1,3", true},
        {"both 1 and 3", "1,3", true},
        {"all", "1,2,3,4", false},
        {"All of them", "1,2,3,4", false},
        {"all 4", "1,2,3,4", false},
        {"todos", "1,2,3,4", false},
        {"all 2", NULL, false},
        {"both", NULL, false},
        {"both one", NULL, false},
        {"zero", NULL, false},
        {"1 zero", NULL, false},
        {"\u0432 one", NULL, false}, /* a Cyrillic VE: third letter, or a B */
        {"1 \u0432", NULL, false},
        {"not all", NULL, false},
        {"no soap", NULL, false},
        {"soap or ash", NULL, false},
        {"I like soap", NULL, false},
        {"soaps and ash", NULL, false},
        {"bad", NULL, false},
        {"ae", NULL, false},
        {"soap", "1", false},
        {"1234", "1,2,3,4", false},
        {"123", "1,2,3", false},
        {"5", NULL, false},
        {"15", NULL, false},
        {"0", NULL, false},
        {"1 0", NULL, false},
        {"00", NULL, false},
        {"1 or a bit of 3 maybe", NULL, false},
        {"soap and water", NULL, false},
        {"", NULL, false},
    };
    const struct question_row *row = question_row(QUESTION_SEVERAL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str text = str_from(cases[i].text);
        struct event event = event_make(EVENT_answered);
        struct answer_match match =
            match_answer(course_words(), &several, text, match_normalise(text, arena), arena);
        if ((match.result == ANSWER_ONE) != (cases[i].taken != NULL))
            fail_msg("\"%s\": result %d", cases[i].text, match.result);
        if (cases[i].taken == NULL)
            continue;
        row->record(&match, &event);
        if (!str_eq(event.text, str_from(cases[i].taken)))
            fail_msg("\"%s\": %.*s, expected %s", cases[i].text, STR_ARG(event.text),
                     cases[i].taken);
        assert_int_equal(row->is_right(&several, &match), cases[i].is_right);
        assert_int_equal(event.choice, EVENT_ABSENT);
    }
    assert_true(str_eq(row->key(&several, arena), STR("1,3")));
}

/* "both", "all" and "none of them" where all that apply may be chosen, in the languages of the
 * course. Of three or four options both are not all. */
static void both_all_and_none_are_understood_in_each_language(void **state)
{
    (void)state;
    static const char *const both[] = {
        "both",         "both of them",    "Both answers",    "les deux", "tous les deux",
        "Les 2",        "toutes les deux", "los dos",         "las dos",  "ambos",
        "beide",        "alle beide",      "beide Antworten", "оба",      "обе",
        "оба варианта", "ikisi de",        "her ikisi de",    "ikiside",  "كلاهما",
        "كليهما"};
    static const char *const all[] = {
        "all", "all of them", "all of the above", "tous", "toutes", "todos", "todas", "alle",
        "все", "hepsi",       "hepsi de",         "كلها", "جميعها", "الكل"};
    static const char *const none[] = {"none of them", "none",    "aucun", "aucune",
                                       "ninguno",      "ninguna", "keine", "keines davon",
                                       "ничего",       "hiçbiri"};
    struct question q = several;
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        struct str text = str_from(both[i]), norm = match_normalise(text, arena);
        q.n_choices = 2;
        if (match_answer(course_words(), &q, text, norm, arena).choices != 6)
            fail_msg("\"%s\" is not both", both[i]);
        q.n_choices = 3;
        if (match_answer(course_words(), &q, text, norm, arena).choices != 0)
            fail_msg("\"%s\" of three is taken", both[i]);
        q.kind = QUESTION_CHOICE;
        if (match_answer(course_words(), &q, text, norm, arena).result == ANSWER_ONE)
            fail_msg("\"%s\" is one option", both[i]);
        q.kind = several.kind;
    }
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct str text = str_from(all[i]), norm = match_normalise(text, arena);
        q.n_choices = 3;
        if (match_answer(course_words(), &q, text, norm, arena).choices != 14)
            fail_msg("\"%s\" is not all", all[i]);
    }
    struct choice choices[3] = {several.choices[0], several.choices[1], {.text = STR("None")}};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        struct str text = str_from(none[i]), norm = match_normalise(text, arena);
        q.choices = several.choices;
        q.n_choices = 3;
        if (match_answer(course_words(), &q, text, norm, arena).choices != 0)
            fail_msg("\"%s\" is an option", none[i]);
        q.choices = choices;
        if (match_answer(course_words(), &q, text, norm, arena).choices != 8)
            fail_msg("\"%s\" is not the option that says none", none[i]);
    }
}

/* The forms of an answer line, and who takes them. */
static void every_answer_line_has_one_kind(void **state)
{
    (void)state;
    static const struct {
        uint8_t n_options;
        const char *line; /* NULL: there is none */
        int kind;         /* -1: nobody's */
    } cases[] = {
        {3, NULL, QUESTION_CHOICE},
        {3, "all", QUESTION_SEVERAL},
        {3, "soap", -1},
        {3, "0..3", -1},
        {0, NULL, -1},
        {0, "all", QUESTION_WORD},
        {0, "0..3", QUESTION_NUMBER},
        {0, "open 9", QUESTION_OPEN},
        {0, "open", QUESTION_OPEN},
        {0, "opening", QUESTION_WORD},
        {0, "a | b", QUESTION_WORD},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str line = cases[i].line != NULL ? str_from(cases[i].line) : STR_NONE;
        enum question_kind kind = N_QUESTION_KINDS;
        const struct question_row *row = question_row_find(cases[i].n_options, line, &kind);
        assert_int_equal(row != NULL, cases[i].kind >= 0);
        if (row != NULL)
            assert_int_equal(kind, cases[i].kind);
    }
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < N_QUESTION_KINDS; i++) {
        const struct question_row *row = question_row((enum question_kind)i);
        assert_true(strlen(row->name) > 0 && strlen(row->form) > 0);
        assert_non_null(row->is_form);
        assert_non_null(row->match);
        assert_non_null(row->key);
        assert_non_null(row->record);
        assert_non_null(row->sample);
    }
}

static int make_arena(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    return 0;
}

static int free_arena(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_any_number_of_options),
        cmocka_unit_test(both_all_and_none_are_understood_in_each_language),
        cmocka_unit_test(every_answer_line_has_one_kind),
        cmocka_unit_test(every_row_is_whole),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
