/*
 * Yes and no, in all the forms in which people agree or refuse, and words that only mean "go on".
 */
#include <string.h>

#include "core/match/phrase.h"
#include "core/match/token.h"
#include "core/utf8.h"

/* What the words of a text say. */
struct votes {
    bool has_yes;
    bool has_no;
    bool has_not;  /* "not", "don't": turns a yes into a no */
    bool has_key;  /* 1 or 2 */
    bool is_other; /* a word that belongs to no answer */
};

/* "2nd", "second" */
static bool is_ordinal(const struct vocabulary *words, struct str word)
{
    struct token t = token_next(words, word);
    return match_has_word(words, WORDS_ORDINAL, word) || (t.is_ordinal && t.text.len == 1);
}

static int32_t key_of(const struct vocabulary *words, struct str word)
{
    if (str_eq(word, STR("1")) || str_eq(word, STR("01")))
        return 1;
    if (str_eq(word, STR("2")) || str_eq(word, STR("02")))
        return 2;
    int32_t value = is_ordinal(words, word) && token_is_digit(word.p[0])
                        ? word.p[0] - '0'
                        : match_find_number_word(words, word);
    return value == 1 || value == 2 ? value : 0;
}

/* Changes nothing: "please", "I think", "to join the course". */
static bool is_around(const struct vocabulary *words, struct str word, enum command command)
{
    return command == COMMAND_JOIN || match_has_word(words, WORDS_CONSENT, word) ||
           match_has_word(words, WORDS_FILLER, word) || match_has_word(words, WORDS_COURTESY, word);
}

static void vote(const struct vocabulary *words, struct votes *votes, struct str word)
{
    int32_t key = key_of(words, word);
    enum command command = match_find_keyword(words, word).command;
    bool is_yes = key == 1 || command == COMMAND_YES || match_has_word(words, WORDS_YES, word);
    bool is_no = key == 2 || command == COMMAND_NO || match_has_word(words, WORDS_NO, word);
    bool is_not = match_has_word(words, WORDS_NOT, word);
    votes->has_key |= key != 0;
    votes->has_yes |= is_yes;
    votes->has_no |= is_no;
    votes->has_not |= is_not;
    votes->is_other |= !(is_yes || is_no || is_not || is_around(words, word, command));
}

/* "Lesson 2": behind what is agreed to a number is none of the two keys. */
static bool is_counted(const struct vocabulary *words, struct str word)
{
    return match_has_word(words, WORDS_CONSENT, word) && !match_is_filler(words, word) &&
           match_find_keyword(words, word).command == COMMAND_NONE;
}

/* Where the first word ends: "1,yes" are two. */
static size_t word_end(struct str text)
{
    size_t end = 0;
    while (end < text.len && strchr(" ,./:;!+&()", text.p[end]) == NULL)
        end++;
    return end;
}

/* Reads all words; a number that is counted is a word of its own. */
static void count_votes(const struct vocabulary *words, struct str text, struct votes *votes)
{
    bool is_behind_ordinal = false, is_count = false;
    for (size_t at = 0; at < text.len;) {
        struct str rest = str_sub(text, at, text.len);
        struct str word = str_sub(rest, 0, word_end(rest));
        bool is_one = is_behind_ordinal && match_has_word(words, WORDS_ONE, word);
        if (!str_is_empty(word) && !is_one) /* "the second one" */
            vote(words, votes, word);
        votes->is_other |= is_count && !str_is_empty(word) && token_is_digit(word.p[0]);
        is_count = is_counted(words, word);
        is_behind_ordinal = is_ordinal(words, word);
        at += word.len + 1;
    }
}

enum agreement match_agreement(const struct vocabulary *words, struct str normalised)
{
    struct votes votes = {0};
    if (phrase_is_whole(words, PHRASES_UNCLEAR, normalised)) /* "not sure" is no refusal */
        return AGREEMENT_NONE;
    count_votes(words, normalised, &votes);
    if (votes.is_other)
        return AGREEMENT_NONE;
    if (votes.has_not)
        return votes.has_key ? AGREEMENT_NONE : AGREEMENT_NO;
    if (votes.has_yes && votes.has_no)
        return AGREEMENT_NONE;
    return votes.has_yes ? AGREEMENT_YES : votes.has_no ? AGREEMENT_NO : AGREEMENT_NONE;
}

/* An accent or another mark of a Latin letter, in one character or behind it; no emoji. */
static bool has_mark(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((uint8_t)word.p[i] >= 0xc3 && (uint8_t)word.p[i] <= 0xcd)
            return true;
    }
    return false;
}

bool match_is_marked(const struct vocabulary *words, struct str original, struct arena *arena)
{
    for (struct str word; (word = match_next_word(&original)).p != NULL;) {
        if (has_mark(word) && match_has_word(words, WORDS_UNMARKED, match_normalise(word, arena)))
            return true;
    }
    return false;
}

bool match_is_go_on(const struct vocabulary *words, struct str normalised)
{
    struct str rest = normalised;
    struct str word = match_next_word(&rest);
    return match_has_word(words, WORDS_GO_ON, word) &&
           match_has_words(words, WORDS_GO_ON, WORDS_COURTESY, rest) &&
           !phrase_is_whole(words, PHRASES_REPEAT, normalised); /* "read again" */
}

/* Signs that agree, thank or smile, and what colours or joins them. */
static bool is_kind_sign(int32_t code)
{
    static const struct {
        int32_t from, to;
    } signs[] = {{0x200d, 0x200d},   {0x263a, 0x263a},   {0x2705, 0x2705},   {0x270c, 0x270c},
                 {0x2714, 0x2714},   {0x2764, 0x2764},   {0xfe0f, 0xfe0f},   {0x1f389, 0x1f389},
                 {0x1f3fb, 0x1f3ff}, {0x1f44b, 0x1f44d}, {0x1f44f, 0x1f44f}, {0x1f495, 0x1f49c},
                 {0x1f4aa, 0x1f4aa}, {0x1f4af, 0x1f4af}, {0x1f600, 0x1f60a}, {0x1f60d, 0x1f60e},
                 {0x1f642, 0x1f642}, {0x1f64c, 0x1f64c}, {0x1f64f, 0x1f64f}, {0x1f91d, 0x1f91d},
                 {0x1f970, 0x1f970}};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (code >= signs[i].from && code <= signs[i].to)
            return true;
    }
    return false;
}

static bool is_kind_signs(struct str text)
{
    text = str_trim(text);
    for (size_t at = 0; at < text.len;) {
        int32_t code = utf8_next(text, &at);
        if (code != ' ' && !is_kind_sign(code))
            return false;
    }
    return text.len > 0;
}

bool match_is_greeting(const struct vocabulary *words, struct str normalised)
{
    return phrase_is_whole(words, PHRASES_THANKS, normalised);
}

bool match_is_thanks(const struct vocabulary *words, struct str original, struct str normalised)
{
    bool is_kind = false;
    if (normalised.len == 0)
        return is_kind_signs(original);
    if (match_is_greeting(words, normalised))
        return true;
    for (struct str word; (word = match_next_word(&normalised)).p != NULL;) {
        bool is_it = match_has_word(words, WORDS_THANKS, word);
        if (!is_it && !match_has_word(words, WORDS_COURTESY, word) &&
            !match_has_word(words, WORDS_GO_ON, word) && !match_is_filler(words, word))
            return false;
        is_kind |= is_it;
    }
    return is_kind;
}
