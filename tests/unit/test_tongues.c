/*
 * The shipped course in all of its languages: each word that must work everywhere in every one of
 * them, and the place is kept when the language is changed (docs/course-rules.md 6.1, 6.4.6). All
 * pairs are generated from the keywords and the languages that there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/gsm/gsm.h"
#include "core/match/match.h"
#include "core/match/words.h"
#include "core/utf8.h"
#include "course_tongues.h"

/* A place of each kind that has words of its own on the screen. */
static const struct place places[] = {
    {LEARNER_STATE_ROLE, "role"},   {LEARNER_STATE_PRETEST, "p3"},
    {LEARNER_STATE_LESSON, "m1l3"}, {LEARNER_STATE_QUIZ, "m3q2"},
    {LEARNER_STATE_LESSON, "m7s"},  {LEARNER_STATE_MODULE_DONE, "m2q4"},
    {LEARNER_STATE_POSTTEST, "p5"}, {LEARNER_STATE_SURVEY, "y2"},
    {LEARNER_STATE_SURVEY, "y8"},   {LEARNER_STATE_FOLLOWUP, "w1"},
};

/* ---- words that must work everywhere ---- */

static void expect(enum command command, const struct place *place, struct str lang,
                   struct str text)
{
    struct learner l = learner_at(place, lang);
    say(&l, text);
    bool is_stopped = has_event(EVENT_stopped) && out.next.state == LEARNER_STATE_STOPPED;
    bool is_kept = out.next.state == place->state && strcmp(out.next.unit, place->unit) == 0 &&
                   !has_event(EVENT_answered);
    /* "Yardim, lutfen" may be a cry for help, and is heard as one. */
    bool is_heard = has_event(EVENT_safe_raised);
    bool is_plea = command == COMMAND_HELP && is_heard && str_find_char(text, ',') != SIZE_MAX;
    bool is_right = command == COMMAND_STOP   ? is_stopped
                    : command == COMMAND_HELP ? (has_event(EVENT_helped) || is_plea) && is_kept
                                              : is_heard && is_kept;
    if (!is_right)
        fail_msg("%s is not obeyed in %.*s, %s: \"%.*s\"", command_row(command)->name,
                 STR_ARG(lang), place->unit, STR_ARG(text));
}

/* A word of courtesy in the language of this bit. */
static struct str courtesy(uint32_t langs)
{
    const struct vocabulary *words = courses.list[0]->words;
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        if (row->kind == WORD_LIST && row->which == WORDS_COURTESY && (langs >> row->lang & 1) != 0)
            return row->text;
    }
    return STR("please");
}

static struct str upper(struct str word, struct arena *a)
{
    char *p = arena_alloc(a, word.len + 1);
    for (size_t i = 0; i < word.len; i++)
        p[i] = word.p[i] >= 'a' && word.p[i] <= 'z' ? (char)(word.p[i] - 32) : word.p[i];
    return (struct str){p, word.len};
}

static void try_word(const struct keyword *keyword)
{
    struct str word = keyword->word;
    struct arena *own = arena_new(1 << 14);
    struct str please = courtesy(keyword->langs);
    const struct str forms[] = {
        word,
        upper(word, own),
        arena_printf(own, "%.*s!!", STR_ARG(word)),
        arena_printf(own, " (%.*s) ", STR_ARG(word)),
        arena_printf(own, "\"%.*s\".", STR_ARG(word)),
        arena_printf(own, "%.*s\u060c", STR_ARG(word)),
        arena_printf(own, "\u200f%.*s\u061f", STR_ARG(word)),
        arena_printf(own, "%.*s, %.*s", STR_ARG(word), STR_ARG(please)),
        arena_printf(own, "%.*s %.*s", STR_ARG(please), STR_ARG(word)),
        arena_printf(own, "%.*s\n-- \nAnna", STR_ARG(word)),
    };
    /* A word in front is read for STOP; HELP and SAFE begin a message. */
    size_t in_front = 8;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        for (uint16_t k = 0; k < N_LANGUAGES; k++) {
            for (size_t p = 0; p < ARRAY_LEN(places); p++) {
                if (i != in_front || keyword->command == COMMAND_STOP)
                    expect(keyword->command, &places[p], lang_at(k), forms[i]);
            }
        }
    }
    arena_free(own);
}

static void test_stop_help_and_safe_of_every_language_in_every_language(void **state)
{
    (void)state;
    const struct vocabulary *words = courses.list[0]->words;
    size_t n = 0;
    for (uint16_t i = 0; i < words->n_keywords; i++) {
        enum command command = words->keywords[i].command;
        if (command != COMMAND_STOP && command != COMMAND_HELP && command != COMMAND_SAFE)
            continue;
        try_word(&words->keywords[i]);
        n++;
    }
    assert_in_range(n, 50, SIZE_MAX); /* as docs/course-rules.md 6.1 has them */
}

/* ---- another language in the middle ---- */

/* The first letters of what stands at the place, as this language says it. */
static struct str shown_text(const struct place *place, struct str lang)
{
    const struct course *course = courses.list[0];
    const struct unit *unit = course_unit(course, str_from(place->unit));
    assert_non_null(unit);
    course = course_in(course, lang, unit->module);
    unit = course_unit(course, str_from(place->unit));
    struct str text = unit->question != NULL ? unit->question->stem : unit->screens[0];
    size_t end = str_find_char(text, '\f');
    return end != SIZE_MAX ? str_sub(text, 0, end) : text;
}

static struct str word_for_language(struct str lang)
{
    const struct vocabulary *words = courses.list[0]->words;
    char code[LEARNER_LANG_BYTES];
    assert_int_equal(str_copy(lang, code, sizeof(code)), ERR_OK);
    for (uint16_t i = 0; i < words->n_keywords; i++) {
        if (words->keywords[i].command == COMMAND_LANG &&
            (words->keywords[i].langs & match_languages(words, code)) != 0)
            return words->keywords[i].word;
    }
    return STR_NONE;
}

static void change(const struct place *place, struct str from, uint16_t to)
{
    char key[8];
    struct learner l = learner_at(place, from);
    struct str word = word_for_language(from);
    if (word.p == NULL)
        fail_msg("no word for LANG in %.*s", STR_ARG(from));
    say(&l, word);
    for (uint16_t i = 0; i < N_LANGUAGES; i++)
        assert_int_not_equal(str_find(out.reply, courses.list[0]->language_names[i]), SIZE_MAX);
    l = out.next;
    (void)snprintf(key, sizeof(key), "%u", to + 1u);
    say(&l, str_from(key));
    bool is_done = place->state == LEARNER_STATE_MODULE_DONE;
    bool is_there = is_done || str_find(out.reply, shown_text(place, lang_at(to))) != SIZE_MAX;
    if (!str_eq(str_from(out.next.lang), lang_at(to)) || out.next.state != place->state ||
        strcmp(out.next.unit, place->unit) != 0 || !is_there || has_event(EVENT_answered))
        fail_msg("%s from %.*s to %.*s: %.*s", place->unit, STR_ARG(from), STR_ARG(lang_at(to)),
                 STR_ARG(out.reply));
}

static void test_another_language_keeps_the_place(void **state)
{
    (void)state;
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        for (uint16_t from = 0; from < N_LANGUAGES; from++) {
            for (uint16_t to = 0; to < N_LANGUAGES; to++)
                change(&places[p], lang_at(from), to);
        }
    }
}

/* ---- kind words, and what stands before a question ---- */

static const struct course *course_of(const char *lang)
{
    return course_in(courses.list[0], str_from(lang), -1);
}

/* Thanks move nobody and are nothing that was not understood: a lesson's reader is told how to go
 * on, in one SMS, and a question stands again. */
static void thanks_are_answered_in_kind(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *text;
    } cases[] = {
        {"en", "thanks"},
        {"en", "Thank you very much!"},
        {"en", "\U0001f44d"},
        {"en", "\U0001f64f\U0001f3fd \u2764\ufe0f"},
        {"en", "very good, thanks"},
        {"fr", "merci"},
        {"fr", "Merci beaucoup"},
        {"fr", "je vous remercie"},
        {"fr", "\U0001f44d"},
        {"es", "gracias"},
        {"es", "¡Muchas gracias!"},
        {"es", "mil gracias"},
        {"es", "\U0001f64f"},
        {"ar", "شكرا"},
        {"ar", "شكرا جزيلا"},
        {"ar", "شكرا لكم"},
        {"ar", "\U0001f44d"},
        {"tr", "teşekkürler"},
        {"tr", "çok teşekkür ederim"},
        {"tr", "sağ olun"},
        {"tr", "\U0001f44c"},
        {"de", "danke"},
        {"de", "Vielen Dank"},
        {"de", "danke sehr"},
        {"de", "danke schön"},
        {"de", "\U0001f44d\U0001f44d"},
        {"ru", "спасибо"},
        {"ru", "Большое спасибо!"},
        {"ru", "спасибо вам"},
        {"ru", "\U0001f44d"},
    };
    static const struct place lesson = {LEARNER_STATE_LESSON, "m1l3"};
    static const struct place quiz = {LEARNER_STATE_QUIZ, "m3q2"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str lang = str_from(cases[i].lang), text = str_from(cases[i].text);
        struct str kind = course_of(cases[i].lang)->texts[COURSE_TEXT_thanks];
        struct learner l = learner_at(&lesson, lang);
        say(&l, text);
        if (out.n_events > 0 || out.has_moved || !str_starts(out.reply, kind))
            fail_msg("%s, \"%s\" at a lesson brings %.*s", cases[i].lang, cases[i].text,
                     STR_ARG(out.reply));
        struct gsm_size size = gsm_measure(gsm_fold(out.reply, GSM_FOLD_LATIN, arena));
        if (size.segments > (size.encoding == GSM_ENCODING_GSM7 ? 1 : 2))
            fail_msg("%s: %u SMS for thanks", cases[i].lang, size.segments);
        l = learner_at(&quiz, lang);
        say(&l, text);
        if (out.n_events > 0 || out.has_moved || str_is_empty(out.reply))
            fail_msg("%s, \"%s\" at a question brings %.*s", cases[i].lang, cases[i].text,
                     STR_ARG(out.reply));
    }
}

/* A word about a question stands before it in the same SMS: too long, and it costs another one. */
static void what_stands_before_a_question_is_short(void **state)
{
    (void)state;
    static const enum course_text before[] = {
        COURSE_TEXT_unknown_2,    COURSE_TEXT_courses_none,  COURSE_TEXT_catch_none,
        COURSE_TEXT_score_none,   COURSE_TEXT_refresh_start, COURSE_TEXT_go_on,
        COURSE_TEXT_module_offer, COURSE_TEXT_thanks,        COURSE_TEXT_language_only};
    for (uint16_t i = 0; i < courses.list[0]->n_languages; i++) {
        const struct course *course = course_in(courses.list[0], lang_at(i), -1);
        for (size_t k = 0; k < ARRAY_LEN(before); k++) {
            arena_reset(arena);
            struct str text = course->texts[before[k]];
            struct gsm_size size = gsm_measure(gsm_fold(text, GSM_FOLD_LATIN, arena));
            bool is_gsm7 = size.encoding == GSM_ENCODING_GSM7;
            if (str_is_empty(text) || size.units > (is_gsm7 ? 75 : 70))
                fail_msg("%.*s, text_%s: %u units", STR_ARG(lang_at(i)),
                         course_text_name(before[k]), size.units);
        }
    }
}

/* ---- the words that texts name ---- */

static bool is_capital(int32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || c == 0x11e ||
           c == 0x130 || c == 0x15e || (c >= 0x410 && c <= 0x42f) || c == 0x401;
}

static bool is_other_letter(int32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xdf && !is_capital(c) && c < 0x2000);
}

/* The next word of two capital letters or more, from *at on, which moves behind it; absent: there
 * is none. Neither what stands in braces nor the course's name is one. */
static struct str next_capitals(const struct course *course, struct str text, size_t *at)
{
    while (*at < text.len) {
        size_t from = *at, end = from, n = 0;
        bool is_one = true;
        if (str_starts(str_sub(text, from, text.len), course->name)) {
            *at += course->name.len;
            continue;
        }
        if (text.p[from] == '{') {
            *at += str_find_char(str_sub(text, from, text.len), '}') + 1;
            continue;
        }
        while (end < text.len) {
            size_t behind = end;
            int32_t c = utf8_next(text, &behind);
            if (!is_capital(c) && !is_other_letter(c))
                break;
            is_one &= is_capital(c);
            n++;
            end = behind;
        }
        *at = end > from ? end : from + 1;
        if (is_one && n >= 2)
            return str_sub(text, from, end);
    }
    return STR_NONE;
}

static enum command command_of(struct str word, struct str lang)
{
    char code[LEARNER_LANG_BYTES];
    assert_int_equal(str_copy(lang, code, sizeof(code)), ERR_OK);
    return match_command(courses.list[0]->words, match_normalise(word, arena), code).command;
}

/* Capitals that are no commands: what CHECK found, nicknames, the course's name. */
static bool has_other_capitals(enum course_text text)
{
    return text == COURSE_TEXT_nicknames || text == COURSE_TEXT_check_valid ||
           text == COURSE_TEXT_check_module || text == COURSE_TEXT_check_none ||
           text == COURSE_TEXT_check_revoked || text == COURSE_TEXT_check_mistyped;
}

static bool is_name(struct str word)
{
    static const char *const names[] = {"SMS", "PIN", "ANA", "SOS"};
    bool is_one = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        is_one |= str_eq(word, str_from(names[i]));
    return is_one;
}

static bool is_ussd(enum course_text text)
{
    return str_starts(str_from(course_text_name(text)), STR("ussd_"));
}

/* A word in capitals is one to type: it is understood in the language of its text. On USSD nobody
 * types one; only who asks for a badge there writes an SMS, for an address needs letters. */
static void texts_name_words_that_are_understood(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < courses.list[0]->n_languages; i++) {
        const struct course *course = course_in(courses.list[0], lang_at(i), -1);
        for (enum course_text k = 0; k < N_COURSE_TEXTS; k++) {
            struct str text = course->texts[k], word;
            arena_reset(arena);
            for (size_t at = 0; (word = next_capitals(course, text, &at)).p != NULL;) {
                bool is_command = !is_name(word) && command_of(word, lang_at(i)) != COMMAND_NONE;
                if (!is_command && !is_name(word) && !has_other_capitals(k))
                    fail_msg("%.*s, text_%s: %.*s is no command", STR_ARG(lang_at(i)),
                             course_text_name(k), STR_ARG(word));
                if (is_command && is_ussd(k) && k != COURSE_TEXT_ussd_claim)
                    fail_msg("%.*s, text_%s: %.*s is a typed word", STR_ARG(lang_at(i)),
                             course_text_name(k), STR_ARG(word));
            }
        }
    }
}

/* Is one of the command's words, of this language or English, in the text? */
static bool names_command(struct str normalised, enum command command, struct str lang)
{
    const struct vocabulary *words = courses.list[0]->words;
    char code[LEARNER_LANG_BYTES];
    struct str padded = arena_printf(arena, " %.*s ", STR_ARG(normalised));
    assert_int_equal(str_copy(lang, code, sizeof(code)), ERR_OK);
    uint32_t langs = match_languages(words, code) | words->english;
    for (uint16_t i = 0; i < words->n_keywords; i++) {
        const struct keyword *keyword = &words->keywords[i];
        struct str word = arena_printf(arena, " %.*s ", STR_ARG(keyword->word));
        if (keyword->command == command && (keyword->langs & langs) != 0 &&
            str_find(padded, word) != SIZE_MAX)
            return true;
    }
    return false;
}

/* A translation offers what the English does, by the words of its language; a screen of USSD that
 * takes the place of a text that names words has keys of its own. */
static void no_translation_leaves_a_word_out(void **state)
{
    (void)state;
    const struct course *english = course_of("en");
    for (uint16_t i = 0; i < courses.list[0]->n_languages; i++) {
        const struct course *course = course_in(courses.list[0], lang_at(i), -1);
        for (enum course_text k = 0; k < N_COURSE_TEXTS; k++) {
            struct str word;
            arena_reset(arena);
            struct str text = match_normalise(course->texts[k], arena);
            for (size_t at = 0;
                 (word = next_capitals(english, english->texts[k], &at)).p != NULL;) {
                enum command command = command_of(word, STR("en"));
                if (command != COMMAND_NONE && !names_command(text, command, lang_at(i)))
                    fail_msg("%.*s, text_%s lacks %.*s", STR_ARG(lang_at(i)), course_text_name(k),
                             STR_ARG(word));
            }
        }
    }
}

/* Who reads a text on USSD is asked for no typed word: what names one has a companion there, but
 * for what is never said there: pushes, and what is offered by SMS only. */
static void texts_that_name_words_have_a_companion_on_ussd(void **state)
{
    (void)state;
    static const enum course_text by_sms[] = {
        COURSE_TEXT_hello,           COURSE_TEXT_consent_again,
        COURSE_TEXT_pin_offer,       COURSE_TEXT_move_how,
        COURSE_TEXT_consent_later,   COURSE_TEXT_module_offer,
        COURSE_TEXT_page_claim_gone, COURSE_TEXT_module_done_behind,
        COURSE_TEXT_reminder,        COURSE_TEXT_followup_invite,
        COURSE_TEXT_help_consent,    COURSE_TEXT_who_left,
        COURSE_TEXT_session_closed,  COURSE_TEXT_unknown_here,
        COURSE_TEXT_nudge_1,         COURSE_TEXT_nudge_2,
        COURSE_TEXT_nudge_3,         COURSE_TEXT_nudge_4};
    const struct course *english = course_of("en");
    for (enum course_text k = 0; k < N_COURSE_TEXTS; k++) {
        bool is_known = is_ussd(k) || course_text_on_ussd(k) != k;
        struct str word;
        for (size_t i = 0; i < ARRAY_LEN(by_sms); i++)
            is_known |= by_sms[i] == k;
        arena_reset(arena);
        for (size_t at = 0; (word = next_capitals(english, english->texts[k], &at)).p != NULL;) {
            if (command_of(word, STR("en")) != COMMAND_NONE && !is_known)
                fail_msg("text_%s names %.*s, on USSD as well", course_text_name(k), STR_ARG(word));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_name_words_that_are_understood),
        cmocka_unit_test(no_translation_leaves_a_word_out),
        cmocka_unit_test(texts_that_name_words_have_a_companion_on_ussd),
        cmocka_unit_test(thanks_are_answered_in_kind),
        cmocka_unit_test(what_stands_before_a_question_is_short),
        cmocka_unit_test(test_stop_help_and_safe_of_every_language_in_every_language),
        cmocka_unit_test(test_another_language_keeps_the_place),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
