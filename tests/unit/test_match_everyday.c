/*
 * Everyday words of a language are what they are there: no number, yes or no, nor command of
 * another one ("dort" is no Turkish four to who learns in German, "tres" no Spanish three in
 * French).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/course.h"
#include "core/lesson/parse.h"
#include "core/match/match.h"
#include "core/match/safe.h"
#include "core/match/words.h"
#include "port/lesson_files.h"

#define FOLDER "lessons/children-on-the-move"
#define WORDS "tests/words/everyday.txt"

static struct arena *arena, *scratch;
static const struct course *course;

/* All languages are tried, as course.md of an author who tries them says it. */
static int load(void **state)
{
    (void)state;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    struct errmsg msg = {""};
    arena = arena_new(2 * LESSON_ARENA_BYTES);
    scratch = arena_new(1 << 16);
    if (lesson_files_read(FOLDER, arena, &files, &n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, STR("course.md")))
            files[i].text =
                arena_printf(arena, "---\ntrial_languages: [fr, es, ar, tr, de, ru]\n%.*s",
                             STR_ARG(str_sub(files[i].text, strlen("---\n"), files[i].text.len)));
    }
    if (lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_free(arena);
    arena_free(scratch);
    return 0;
}

/* Does a row of this language say that the word is this? */
static bool is_own(const struct vocabulary *words, uint32_t langs, struct str word,
                   enum word_kind kind, uint8_t which)
{
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        if (row->kind == kind && row->which == which && (langs >> row->lang & 1) != 0 &&
            str_eq(row->text, word))
            return true;
    }
    return false;
}

static bool is_own_agreement(const struct vocabulary *words, uint32_t langs, struct str word)
{
    return is_own(words, langs, word, WORD_KEYWORD, COMMAND_YES) ||
           is_own(words, langs, word, WORD_KEYWORD, COMMAND_NO) ||
           is_own(words, langs, word, WORD_LIST, WORDS_YES) ||
           is_own(words, langs, word, WORD_LIST, WORDS_NO) ||
           is_own(words, langs, word, WORD_LIST, WORDS_NOT) ||
           is_own(words, langs, word, WORD_NUMBER, 1) || is_own(words, langs, word, WORD_NUMBER, 2);
}

/* What works in every language, whatever the word is in it. */
static bool is_of_all(enum command command)
{
    return command == COMMAND_JOIN || command_row(command)->is_everywhere;
}

/* What of another language the word is taken for; NULL: nothing. */
static const char *taken_for(const struct course *c, struct str word, const char *lang)
{
    const struct vocabulary *words = c->words;
    uint32_t langs = match_languages(words, lang);
    int32_t number = match_find_number_word(words, word);
    if (number >= 0 && !is_own(words, langs, word, WORD_NUMBER, (uint8_t)number))
        return "a number";
    if (match_agreement(words, word) != AGREEMENT_NONE && !is_own_agreement(words, langs, word))
        return "a yes or no";
    enum command command = match_command(words, word, lang).command;
    if (command != COMMAND_NONE && !is_of_all(command) &&
        !is_own(words, langs, word, WORD_KEYWORD, (uint8_t)command))
        return command_row(command)->name;
    return NULL;
}

static uint32_t try_line(struct str lang, struct str line, uint32_t *n_wrong)
{
    char code[WORDS_LANG_BYTES];
    const struct course *c = course_in(course, lang, -1);
    uint32_t n = 0;
    assert_int_equal(str_copy(lang, code, sizeof(code)), ERR_OK);
    for (struct str word; (word = match_next_word(&line)).p != NULL; n++) {
        arena_reset(scratch);
        struct str normal = match_normalise(word, scratch);
        const char *wrong = taken_for(c, normal, code);
        if (wrong == NULL)
            continue;
        print_error("%s: %.*s is %s\n", code, STR_ARG(word), wrong);
        (*n_wrong)++;
    }
    return n;
}

static void test_everyday_words_are_their_own(void **state)
{
    (void)state;
    static char line[16384];
    uint32_t n = 0, n_wrong = 0, n_langs = 0;
    FILE *file = fopen(WORDS, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        struct str rest = str_trim(str_from(line));
        struct str lang = str_split(&rest, ':');
        if (rest.p == NULL || line[0] == '#')
            continue;
        n += try_line(lang, str_trim(rest), &n_wrong);
        n_langs++;
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(n_langs, 7);
    assert_in_range(n, 2000, UINT32_MAX);
    assert_int_equal(n_wrong, 0);
}

/* What was wrong, and what must stay: numbers of other languages where they can mean nothing else,
 * STOP and its like in every language. */
static void test_words_of_other_languages(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *word;
        int32_t number;
        enum agreement agreement;
    } cases[] = {{"de", "dort", -1, AGREEMENT_NONE}, {"tr", "dort", 4, AGREEMENT_NONE},
                 {"en", "dort", 4, AGREEMENT_NONE},  {"fr", "tres", -1, AGREEMENT_NONE},
                 {"es", "tres", 3, AGREEMENT_NONE},  {"de", "tres", 3, AGREEMENT_NONE},
                 {"tr", "sure", -1, AGREEMENT_NONE}, {"en", "sure", -1, AGREEMENT_YES},
                 {"de", "sure", -1, AGREEMENT_YES},  {"tr", "on", 10, AGREEMENT_NONE},
                 {"en", "on", -1, AGREEMENT_NONE},   {"fr", "si", -1, AGREEMENT_NONE},
                 {"es", "si", -1, AGREEMENT_YES},    {"en", "si", -1, AGREEMENT_YES},
                 {"en", "un", -1, AGREEMENT_NONE},   {"fr", "un", 1, AGREEMENT_YES},
                 {"es", "un", 1, AGREEMENT_YES},     {"es", "y", -1, AGREEMENT_NONE},
                 {"en", "y", -1, AGREEMENT_YES},     {"de", "deux", 2, AGREEMENT_NO},
                 {"de", "nah", -1, AGREEMENT_NONE},  {"ru", "да", -1, AGREEMENT_YES},
                 {"fr", "четыре", 4, AGREEMENT_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct vocabulary *words = course_in(course, str_from(cases[i].lang), -1)->words;
        struct str word = str_from(cases[i].word);
        if (match_find_number_word(words, word) != cases[i].number ||
            match_agreement(words, word) != cases[i].agreement)
            fail_msg("%s: %s", cases[i].lang, cases[i].word);
    }
    /* "please" in French, and one letter from STOP everywhere else */
    const struct vocabulary *french = course_in(course, STR("fr"), -1)->words;
    assert_int_equal(match_command_fuzzy(french, STR("stp"), "fr").command, COMMAND_NONE);
    assert_int_equal(match_command_fuzzy(course->words, STR("stp"), "en").command, COMMAND_STOP);
    for (uint16_t i = 0; i < course->n_languages; i++) {
        const struct course *c = course_in(course, course->languages[i], -1);
        for (uint16_t k = 0; k < c->words->n_keywords; k++) {
            const struct keyword *keyword = &c->words->keywords[k];
            enum command found = match_find_keyword(c->words, keyword->word).command;
            if (is_of_all(keyword->command) && found != keyword->command)
                fail_msg("%.*s: %.*s", STR_ARG(c->language), STR_ARG(keyword->word));
        }
    }
}

/* One sentence of a phrase: its first words, without those that may be missing or with them. */
static struct str sentence_of(struct str phrase, bool is_full)
{
    struct str sentence = STR_NONE;
    for (struct str slot; (slot = match_next_word(&phrase)).p != NULL;) {
        struct str word = str_split(&slot, '/');
        bool may_miss = str_eq(word, STR("-"));
        if (may_miss && is_full)
            word = str_split(&slot, '/');
        if (!may_miss || is_full)
            sentence = arena_printf(scratch, "%.*s%s%.*s", STR_ARG(sentence),
                                    str_is_empty(sentence) ? "" : " ", STR_ARG(word));
    }
    return sentence;
}

/* What a whole text must come to that a list of phrases has; of the last ones a number. */
static const struct {
    enum word_list list;
    enum command command;
    int32_t daytime;
} meanings[] = {{PHRASES_HELP, COMMAND_HELP, 0},     {PHRASES_COST, COMMAND_HELP, 0},
                {PHRASES_JOIN, COMMAND_JOIN, 0},     {PHRASES_PERSON, COMMAND_ASK, 0},
                {PHRASES_MYDATA, COMMAND_MYDATA, 0}, {PHRASES_MOVE, COMMAND_MOVE, 0},
                {PHRASES_NEXT, COMMAND_NEXT, 0},     {PHRASES_SWITCH, COMMAND_SWITCH, 0},
                {PHRASES_SCORE, COMMAND_SCORE, 0},   {PHRASES_REPEAT, COMMAND_REPEAT, 0},
                {PHRASES_MORNING, COMMAND_NONE, 1},  {PHRASES_MIDDAY, COMMAND_NONE, 2},
                {PHRASES_EVENING, COMMAND_NONE, 3},  {PHRASES_THANKS, COMMAND_NONE, 0}};

/* NULL: the sentence is heard as what its list is for, and as nothing else. Words of harm come
 * before all that, so that a false alarm among these is counted, and no fault of the list. */
static const char *misheard(struct str sentence, enum command command, int32_t daytime)
{
    bool is_kind = command == COMMAND_NONE && daytime == 0;
    if (match_is_stop(course->words, sentence))
        return "a STOP";
    if (match_sentence(course->words, sentence) != command)
        return "another command";
    if (match_daytime(course->words, sentence) != daytime)
        return "another time";
    return match_is_greeting(course->words, sentence) == is_kind ? NULL : "kind words, or none";
}

static void test_a_sentence_means_what_its_list_says(void **state)
{
    (void)state;
    uint32_t n = 0, n_wrong = 0, n_alarms = 0;
    for (uint32_t i = 0; i < course->words->n_rows * ARRAY_LEN(meanings) * 2; i++) {
        const struct word_row *row = &course->words->rows[i / 2 / ARRAY_LEN(meanings)];
        size_t k = i / 2 % ARRAY_LEN(meanings);
        if (row->kind != WORD_LIST || row->which != meanings[k].list)
            continue;
        arena_reset(scratch);
        struct str sentence = sentence_of(row->text, i % 2 != 0);
        const char *wrong = misheard(sentence, meanings[k].command, meanings[k].daytime);
        if (wrong != NULL)
            print_error("%s: \"%.*s\" of \"%.*s\" is %s\n", word_list_section(meanings[k].list),
                        STR_ARG(sentence), STR_ARG(row->text), wrong);
        n_wrong += wrong != NULL;
        n_alarms += match_find_safe(sentence, &course->safe, scratch) != NULL;
        n++;
    }
    assert_in_range(n_alarms, 0, 12);
    assert_in_range(n, 600, UINT32_MAX);
    assert_int_equal(n_wrong, 0);
}

/* For who learns in Turkish "on" is ten, and "ön" (front) is not. */
static void test_a_marked_word_is_no_number(void **state)
{
    (void)state;
    const struct vocabulary *turkish = course_in(course, STR("tr"), -1)->words;
    const struct question question = {.kind = QUESTION_NUMBER, .low = 0, .high = 10};
    static const struct {
        const char *text;
        int32_t number; /* -1: none */
    } cases[] = {{"on", 10}, {"On", 10}, {"ön", -1}, {"ÖN", -1}, {"beş", 5}, {"bes", 5}, {"üç", 3}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        arena_reset(scratch);
        struct str text = str_from(cases[i].text);
        struct answer_match match =
            match_answer(turkish, &question, text, match_normalise(text, scratch), scratch);
        int32_t number = match.result == ANSWER_ONE ? match.number : -1;
        if (number != cases[i].number)
            fail_msg("%s is %d", cases[i].text, (int)number);
    }
}

/* Each sentence of the lists is "no time now", and none of them a STOP; with a bare STOP behind it,
 * it is one. */
static void test_a_stop_for_now_keeps_the_place(void **state)
{
    (void)state;
    uint32_t n = 0, n_wrong = 0;
    for (uint32_t i = 0; i < course->words->n_rows * 2; i++) {
        const struct word_row *row = &course->words->rows[i / 2];
        if (row->kind != WORD_LIST ||
            (row->which != PHRASES_FOR_NOW && row->which != PHRASES_LATER))
            continue;
        arena_reset(scratch);
        struct str sentence = sentence_of(row->text, i % 2 != 0);
        struct str left = arena_printf(scratch, "%.*s stop", STR_ARG(sentence));
        bool is_good = match_mood(course->words, sentence) == MOOD_BUSY &&
                       !match_is_stop(course->words, sentence) &&
                       match_is_stop(course->words, left);
        if (!is_good)
            print_error("%s: \"%.*s\"\n", word_list_section(row->which), STR_ARG(sentence));
        n_wrong += !is_good;
        n++;
    }
    assert_in_range(n, 200, UINT32_MAX);
    assert_int_equal(n_wrong, 0);
}

/* The key line as it stands on the phone, typed off: "9 Next" is NEXT in every language. */
static void test_a_key_line_typed_off_is_its_key(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < course->n_languages; i++) {
        const struct course *c = course_in(course, course->languages[i], -1);
        arena_reset(scratch);
        struct str typed = match_normalise(c->texts[COURSE_TEXT_next_key], scratch);
        if (match_key_among(c->words, typed) != COMMAND_NEXT)
            fail_msg("%.*s: %.*s", STR_ARG(c->language), STR_ARG(typed));
    }
    assert_int_equal(course->n_languages, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everyday_words_are_their_own),
        cmocka_unit_test(test_words_of_other_languages),
        cmocka_unit_test(test_a_sentence_means_what_its_list_says),
        cmocka_unit_test(test_a_marked_word_is_no_number),
        cmocka_unit_test(test_a_stop_for_now_keeps_the_place),
        cmocka_unit_test(test_a_key_line_typed_off_is_its_key),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
