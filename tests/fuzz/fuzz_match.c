/* Any bytes from a phone: normalised, understood as something or nothing, and never a number left
 * in what is stored. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../unit/course_words.h"
#include "core/match/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_normal_form(struct str normal, struct arena *arena)
{
    assert(normal.p != NULL);
    for (size_t i = 0; i < normal.len; i++) {
        unsigned char c = (unsigned char)normal.p[i];
        assert(c >= ' ' && c != 0x7f && !(c >= 'A' && c <= 'Z'));
        assert(c != ' ' || (i > 0 && i + 1 < normal.len && normal.p[i + 1] != ' '));
    }
    /* Twice is once, but for words that begin with two Arabic articles. */
    if (str_find(normal, STR("\u0627\u0644")) == SIZE_MAX && normal.len <= MATCH_MAX_INPUT_BYTES)
        assert(str_eq(match_normalise(normal, arena), normal));
}

static void check_responses(const struct vocabulary *words, struct str text, struct str normal,
                            struct arena *arena)
{
    const struct choice choices[3] = {
        {.text = STR("Yes")}, {.text = STR("No, never")}, {.text = STR("Только с papers")}};
    const struct str accepted[2] = {STR("soap"), STR("1989")};
    const struct question questions[] = {
        {.kind = QUESTION_CHOICE, .n_choices = 3, .choices = choices},
        {.kind = QUESTION_NUMBER, .low = 1, .high = 100},
        {.kind = QUESTION_WORD, .accepted = accepted, .n_accepted = 2},
        {.kind = QUESTION_OPEN, .max_chars = 160},
    };
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        const struct question *question = &questions[i];
        struct answer_match match = match_answer(words, question, text, normal, arena);
        if (match.result != ANSWER_ONE)
            continue;
        if (question->kind == QUESTION_CHOICE)
            assert(match.choice >= 1 && match.choice <= 3);
        if (question->kind == QUESTION_NUMBER)
            assert(match.number >= 1 && match.number <= 100);
        if (question->kind == QUESTION_WORD || question->kind == QUESTION_OPEN)
            assert(match.text.len > 0);
    }
    struct answer_match key = match_menu(words, normal, 6);
    assert(key.result != ANSWER_ONE || (key.choice >= 0 && key.choice <= 6));
}

static void check_commands(const struct vocabulary *words, struct str normal)
{
    static const char *const langs[] = {NULL, "", "en", "ru", "ar", "tr"};
    for (size_t i = 0; i < ARRAY_LEN(langs); i++) {
        struct command_match match = match_command(words, normal, langs[i]);
        assert(match.command < N_COMMANDS && command_row(match.command)->name != NULL);
        assert(match.command != COMMAND_STOP || match_is_stop(words, normal));
        match = match_command_fuzzy(words, normal, langs[i]);
        assert(match.command != COMMAND_DELETE);
    }
    (void)match_agreement(words, normal);
    assert(!match_is_go_on(words, normal) || !match_is_stop(words, normal));
}

static void check_mask(struct str text, struct arena *arena)
{
    struct str masked = match_mask_numbers(text, arena);
    assert(masked.p != NULL && masked.len <= text.len);
    size_t n_digits = 0;
    for (size_t i = 0; i < masked.len; i++) {
        n_digits = masked.p[i] >= '0' && masked.p[i] <= '9' ? n_digits + 1 : 0;
        assert(n_digits < 6);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4 * MATCH_MAX_INPUT_BYTES)
        return 0;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct str text = {(const char *)data, size};
    struct str normal = match_normalise(text, arena);
    check_normal_form(normal, arena);
    check_responses(course_words(), text, normal, arena);
    check_commands(course_words(), normal);
    check_mask(text, arena);
    size_t half = size / 2;
    uint32_t there = match_distance(str_sub(text, 0, half), str_sub(text, half, size), 3);
    uint32_t back = match_distance(str_sub(text, half, size), str_sub(text, 0, half), 3);
    assert(there == back);
    return 0;
}
