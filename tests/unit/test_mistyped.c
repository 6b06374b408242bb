/*
 * Every command's words as people mistype them, in every state, in every language: what comes is
 * the command's own answer, a kind question, or the state's own; nothing is recorded as an answer,
 * no other command is run (docs/course-rules.md 1.3). And two commands in one message: the one that
 * matters more is obeyed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/match/match.h"
#include "core/match/words.h"
#include "core/utf8.h"
#include "course_tongues.h"

#define MAX_FORMS 40u

/* Where learners are; the place behind a side state, and whether he or she is in the course. */
static const struct spot {
    struct place place;
    enum learner_state back;
    bool is_member;
} spots[] = {
    {{LEARNER_STATE_NEW, ""}, LEARNER_STATE_NEW, false},
    {{LEARNER_STATE_CONSENT, ""}, LEARNER_STATE_NEW, false},
    {{LEARNER_STATE_ROLE, "role"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_PRETEST, "p1"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_PLAN, ""}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_LESSON, "m1l1"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_QUIZ, "m1q1"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_QUIZ, "m5q3"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_MODULE_DONE, "m1q4"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_POSTTEST, "p2"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_RETAKE, ""}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_CERTIFIED, ""}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_SURVEY, ""}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_SURVEY, "y2"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_SURVEY, "y6"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_SURVEY, "y8"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_DONE, ""}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_FOLLOWUP, "w1"}, LEARNER_STATE_NEW, true},
    {{LEARNER_STATE_MENU, "m1l1"}, LEARNER_STATE_LESSON, true},
    {{LEARNER_STATE_SWITCH_LANGUAGE, "m1q1"}, LEARNER_STATE_QUIZ, true},
    {{LEARNER_STATE_STOPPED, ""}, LEARNER_STATE_NEW, false},
    {{LEARNER_STATE_STOPPED, "m1q1"}, LEARNER_STATE_QUIZ, false},
    {{LEARNER_STATE_DELETED, ""}, LEARNER_STATE_NEW, false},
    {{LEARNER_STATE_DELETED, ""}, LEARNER_STATE_STOPPED, false},
};

static uint32_t n_wrong, n_tried, n_alarms;

/* ---- what came of it ---- */

struct effect {
    uint64_t events; /* one bit for each kind; contacts and the language of a word aside */
    enum learner_state state;
    char unit[COURSE_ID_BYTES];
    bool is_said;
};

static struct effect play(const struct spot *spot, const char *lang, struct str text)
{
    struct learner l = learner_at(&spot->place, str_from(lang));
    struct effect effect = {0};
    bool has_agreed = spot->is_member || (spot->place.state == LEARNER_STATE_STOPPED &&
                                          spot->back != LEARNER_STATE_NEW);
    if (!has_agreed)
        l.consent_ms = l.course_key = 0;
    if (spot->place.state == LEARNER_STATE_DELETED)
        learner_init(&l); /* of whom nothing is known, not even a language */
    l.state = spot->place.state;
    l.back = spot->back;
    say(&l, text);
    for (uint32_t i = 0; i < out.n_events; i++) {
        if (out.events[i].kind != EVENT_contact && out.events[i].kind != EVENT_language_set)
            effect.events |= UINT64_C(1) << out.events[i].kind;
    }
    effect.state = out.next.state;
    memcpy(effect.unit, out.next.unit, sizeof(effect.unit));
    effect.is_said = out.reply.len > 0;
    return effect;
}

static bool has_kind(const struct effect *effect, enum event_kind kind)
{
    return (effect->events >> kind & 1) != 0;
}

static bool is_same(const struct effect *a, const struct effect *b)
{
    return a->events == b->events && a->state == b->state && a->is_said == b->is_said &&
           memcmp(a->unit, b->unit, sizeof(a->unit)) == 0;
}

/* Asked again, told how, or heard as a possible disclosure (which costs one SMS): nothing was
 * recorded, nobody moved; an erased number is a new contact. */
static bool is_kind(const struct spot *spot, const struct effect *effect)
{
    bool is_menu = spot->place.state == LEARNER_STATE_MENU; /* which comes again */
    const uint64_t harmless = UINT64_C(1) << EVENT_unknown_input | UINT64_C(1) << EVENT_helped |
                              UINT64_C(1) << EVENT_safe_raised |
                              (uint64_t)is_menu << EVENT_menu_opened;
    bool is_erased = spot->place.state == LEARNER_STATE_DELETED;
    bool has_left =
        spot->place.state == LEARNER_STATE_STOPPED || spot->back == LEARNER_STATE_STOPPED;
    bool is_heard = has_kind(effect, EVENT_safe_raised);
    bool is_there =
        effect->state == spot->place.state ||
        (is_heard && learner_state_is_side(spot->place.state) && effect->state == spot->back) ||
        (is_erased && effect->state == LEARNER_STATE_NEW && (is_heard || !has_left));
    n_alarms += is_heard;
    return (effect->events & ~harmless) == 0 && is_there &&
           strcmp(effect->unit, spot->place.unit) == 0 &&
           effect->is_said == (!has_left || is_heard);
}

/* ---- how a word is mistyped ---- */

struct forms {
    struct arena *arena;
    struct str list[MAX_FORMS];
    uint32_t n;
};

static void add_form(struct forms *forms, struct str text)
{
    assert_true(forms->n < MAX_FORMS);
    forms->list[forms->n++] = text;
}

/* Where character i begins, in bytes; the end behind the last. */
static size_t at(struct str word, size_t i)
{
    size_t pos = 0;
    while (pos < word.len && i-- > 0) {
        do
            pos++;
        while (pos < word.len && ((uint8_t)word.p[pos] & 0xc0) == 0x80);
    }
    return pos;
}

/* The characters from..to of the word. */
static struct str piece(struct str word, size_t from, size_t to)
{
    return str_sub(word, at(word, from), at(word, to));
}

static void mistype(struct forms *forms, struct str word)
{
    size_t n = 0;
    while (at(word, n) < word.len)
        n++;
    if (n < 4) /* these match exactly only: anything near is another word */
        return;
    for (size_t i = 0; i < n && forms->n + 4 < MAX_FORMS; i++) {
        struct str before = piece(word, 0, i), here = piece(word, i, i + 1),
                   next = piece(word, i + 1, i + 2), rest = piece(word, i + 1, n),
                   behind = piece(word, i + 2, n);
        if (i > 0) /* people rarely miss the first letter */
            add_form(forms, arena_printf(forms->arena, "%.*s%.*s", STR_ARG(before), STR_ARG(rest)));
        add_form(forms, arena_printf(forms->arena, "%.*s%.*s%.*s%.*s", STR_ARG(before),
                                     STR_ARG(here), STR_ARG(here), STR_ARG(rest)));
        if (i + 1 < n)
            add_form(forms, arena_printf(forms->arena, "%.*s%.*s%.*s%.*s", STR_ARG(before),
                                         STR_ARG(next), STR_ARG(here), STR_ARG(behind)));
        const char *like = str_eq(here, STR("o"))   ? "0"
                           : str_eq(here, STR("i")) ? "1"
                           : str_eq(here, STR("l")) ? "1"
                                                    : NULL;
        if (like != NULL)
            add_form(forms, arena_printf(forms->arena, "%.*s%s%.*s", STR_ARG(before), like,
                                         STR_ARG(rest)));
    }
    add_form(forms, arena_printf(forms->arena, "%.*s %.*s", STR_ARG(word), STR_ARG(word)));
}

/* The same word to everybody but a machine. */
static void dress(struct forms *forms, struct str word)
{
    static const char *const dresses[][2] = {
        {"", "."},    {"\"", "\""},        {"#", ""},
        {"*", "*"},   {"", "!!!"},         {"\u200f", "\u200f"},
        {" ", " \n"}, {"", " \U0001f44d"}, {"\u201c", "\u201d"},
        {"(", ")"}};
    for (size_t i = 0; i < ARRAY_LEN(dresses); i++)
        add_form(forms, arena_printf(forms->arena, "%s%.*s%s", dresses[i][0], STR_ARG(word),
                                     dresses[i][1]));
    char wide[256] = "";
    size_t n = 0;
    for (size_t i = 0; i < word.len && word.p[i] >= 'a' && word.p[i] <= 'z'; i++)
        n += (size_t)snprintf(&wide[n], sizeof(wide) - n, "\xef\xbc%c",
                              (char)((uint8_t)word.p[i] - 'a' + 0xa1)); /* full-width capitals */
    if (n == 3 * word.len)
        add_form(forms, arena_str(forms->arena, str_from(wide)));
}

/* ---- all of them ---- */

static void complain(const char *what, const struct spot *spot, const char *lang, struct str text,
                     enum command command)
{
    if (n_wrong++ < 30000)
        print_error("%s: \"%.*s\" (%s, %s) in %s %s brings %.*s\n", what, STR_ARG(text),
                    command_row(command)->name, lang, learner_state_name(spot->place.state),
                    spot->place.unit, (int)(out.reply.len < 60 ? out.reply.len : 60),
                    out.reply.p != NULL ? out.reply.p : "");
}

/* It is a word of its own, which means what it says. */
static bool is_another_word(const struct vocabulary *words, struct str text, struct arena *a)
{
    struct str norm = match_normalise(text, a);
    return match_find_keyword(words, norm).command != COMMAND_NONE ||
           match_command(words, norm, NULL).command != COMMAND_NONE ||
           match_command_key(norm) != COMMAND_NONE || match_is_stop(words, norm) ||
           match_has_word(words, WORDS_NOT, norm);
}

/* A question that takes any text takes what is near no command by the rules for near misses; one
 * of options what is as near to an option: "basa" is BASLA and Baska. */
static bool is_near_answer(const struct spot *spot, const char *lang, struct str text)
{
    const struct unit *unit = course_unit(courses.list[0], str_from(spot->place.unit));
    if (unit == NULL || unit->question == NULL)
        return false;
    const struct course *course = course_in(courses.list[0], str_from(lang), unit->module);
    struct str norm = match_normalise(text, arena);
    const struct question *question = course_unit(course, str_from(spot->place.unit))->question;
    if (question->kind != QUESTION_OPEN)
        return match_near_key(course->words, question, text, norm, arena).p != NULL;
    return match_command_fuzzy(course->words, norm, lang).command == COMMAND_NONE;
}

static void try_forms(const struct forms *forms, bool is_exact, const struct keyword *keyword,
                      const char *lang)
{
    const struct vocabulary *words = courses.list[0]->words;
    for (size_t s = 0; s < ARRAY_LEN(spots); s++) {
        struct effect own = play(&spots[s], lang, keyword->word);
        for (uint32_t i = 0; i < forms->n; i++) {
            if (!is_exact && is_another_word(words, forms->list[i], forms->arena))
                continue;
            struct effect effect = play(&spots[s], lang, forms->list[i]);
            n_tried++;
            if (is_same(&effect, &own) || (!is_exact && is_kind(&spots[s], &effect)) ||
                (!is_exact && is_near_answer(&spots[s], lang, forms->list[i])))
                continue;
            complain(is_exact                            ? "not as the word itself"
                     : has_kind(&effect, EVENT_answered) ? "an answer"
                                                         : "something else",
                     &spots[s], lang, forms->list[i], keyword->command);
        }
    }
}

/* In its own language, and where it is known everywhere in another one. */
static void try_keyword(const struct keyword *keyword, bool is_exact)
{
    const struct course *course = courses.list[0];
    for (uint16_t k = 0; k < N_LANGUAGES; k++) {
        char lang[LEARNER_LANG_BYTES];
        assert_int_equal(str_copy(lang_at(k), lang, sizeof(lang)), ERR_OK);
        bool is_own = (match_languages(course->words, lang) & keyword->langs) != 0;
        bool is_english = (course->words->english & keyword->langs) != 0;
        if (!is_own && !(is_english && k == 1u + n_tried % (N_LANGUAGES - 1)))
            continue;
        struct forms forms = {.arena = arena_new(1 << 16)};
        if (is_exact)
            dress(&forms, keyword->word);
        else
            mistype(&forms, keyword->word);
        try_forms(&forms, is_exact, keyword, lang);
        arena_free(forms.arena);
    }
}

static void try_all(bool is_exact)
{
    const struct vocabulary *words = courses.list[0]->words;
    n_wrong = n_tried = n_alarms = 0;
    for (uint16_t i = 0; i < words->n_keywords; i++)
        try_keyword(&words->keywords[i], is_exact);
    print_message("%u tried, %u heard as a disclosure\n", n_tried, n_alarms);
    assert_int_equal(n_wrong, 0);
}

static void test_a_word_in_any_dress(void **state)
{
    (void)state;
    try_all(true);
}

static void test_a_mistyped_word(void **state)
{
    (void)state;
    try_all(false);
}

/* ---- two commands in one message ---- */

/* The word of this language for it, or the English one. Of STOP one that is no other thing as well,
 * as END is. */
static struct str word_of(enum command command, const char *lang)
{
    const struct vocabulary *words = courses.list[0]->words;
    for (int is_own = 1; is_own >= 0; is_own--) {
        uint32_t langs = is_own ? match_languages(words, lang) : words->english;
        for (uint16_t i = 0; i < words->n_keywords; i++) {
            const struct keyword *keyword = &words->keywords[i];
            bool is_clear =
                command != COMMAND_STOP || match_has_word(words, WORDS_STOP_STRONG, keyword->word);
            if (keyword->command == command && (keyword->langs & langs) != 0 && is_clear)
                return keyword->word;
        }
    }
    return STR_NONE;
}

/* What matters more is obeyed; of two others neither is taken for an answer. */
static void expect_first(const struct spot *spot, const char *lang, enum command a, enum command b,
                         struct str text)
{
    const uint64_t records = UINT64_C(1) << EVENT_answered | UINT64_C(1) << EVENT_consented |
                             UINT64_C(1) << EVENT_role_set | UINT64_C(1) << EVENT_erased;
    struct effect effect = play(spot, lang, text);
    bool is_stop = a == COMMAND_STOP || b == COMMAND_STOP;
    bool is_safe = a == COMMAND_SAFE || b == COMMAND_SAFE;
    bool is_help = a == COMMAND_HELP || b == COMMAND_HELP;
    bool is_delete = a == COMMAND_DELETE || b == COMMAND_DELETE;
    bool is_right = (effect.events & records) == 0 && has_kind(&effect, EVENT_stopped) == is_stop &&
                    (has_kind(&effect, EVENT_safe_raised) || !is_safe) && effect.is_said;
    if (!is_stop && !is_safe && is_help)
        is_right = is_right && has_kind(&effect, EVENT_helped);
    else if (!is_stop && !is_safe && is_delete)
        is_right = is_right && out.is_erase_asked;
    n_tried++;
    if (!is_right)
        complain("not by what matters more", spot, lang, text, a);
}

static void try_pair(const char *lang, enum command a, enum command b)
{
    struct arena *own = arena_new(1 << 12);
    struct str text =
        arena_printf(own, "%.*s %.*s", STR_ARG(word_of(a, lang)), STR_ARG(word_of(b, lang)));
    for (size_t s = 0; s < ARRAY_LEN(spots); s++) {
        if (spots[s].is_member)
            expect_first(&spots[s], lang, a, b, text);
    }
    arena_free(own);
}

/* YES and NO are answers; behind ASK, CLAIM and LEAVE stands what they are about. */
static bool is_tried(enum command command)
{
    return command != COMMAND_YES && command != COMMAND_NO && command != COMMAND_ASK &&
           command != COMMAND_CLAIM && command != COMMAND_LEAVE;
}

static void test_of_two_commands_the_one_that_matters_more(void **state)
{
    (void)state;
    n_wrong = n_tried = 0;
    for (uint16_t k = 0; k < N_LANGUAGES; k++) {
        char lang[LEARNER_LANG_BYTES];
        assert_int_equal(str_copy(lang_at(k), lang, sizeof(lang)), ERR_OK);
        for (enum command a = COMMAND_NONE + 1; a < N_COMMANDS; a++) {
            for (enum command b = COMMAND_NONE + 1; b < N_COMMANDS; b++) {
                bool is_road = a == COMMAND_NEXT && b == COMMAND_STOP;
                if (a != b && is_tried(a) && is_tried(b) && !is_road)
                    try_pair(lang, a, b);
            }
        }
    }
    print_message("%u tried\n", n_tried);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_in_any_dress),
        cmocka_unit_test(test_a_mistyped_word),
        cmocka_unit_test(test_of_two_commands_the_one_that_matters_more),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
