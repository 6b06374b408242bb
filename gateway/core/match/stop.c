/*
 * The STOP family (docs/course-rules.md 1.3.7): who wants no more messages, in whatever words.
 * A sentence that only has STOP in it ("stop the violence") is none: every word must belong to it.
 */
#include <string.h>

#include "core/match/match.h"
#include "core/match/phrase.h"
#include "core/match/words.h"

#define SPELLED_BYTES 16 /* "s t o p", "stooop": longer ones are no spelling of one word */

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* One word in two or three pieces: "st op", "un subscribe". */
static bool is_torn_stop(const struct vocabulary *words, struct str text)
{
    char word[SPELLED_BYTES];
    size_t n = 0;
    unsigned n_pieces = 0;
    for (struct str piece; (piece = match_next_word(&text)).p != NULL; n_pieces++) {
        if (piece.len > SPELLED_BYTES - n)
            return false;
        memcpy(word + n, piece.p, piece.len);
        n += piece.len;
    }
    return n_pieces <= 3 && match_has_word(words, WORDS_STOP_STRONG, (struct str){word, n});
}

/* One word, spelled out or drawn out: "s.t.o.p", "stooop", "stopppp". */
static bool is_spelled_stop(const struct vocabulary *words, struct str text)
{
    char word[SPELLED_BYTES];
    size_t n = 0;
    bool is_spelled = text.len >= 2 && !is_letter(text.p[1]);
    for (size_t i = 0; i < text.len; i++) {
        bool is_drawl = n > 0 && word[n - 1] == text.p[i];
        if (!is_letter(text.p[i]) ? !is_spelled : n == SPELLED_BYTES)
            return false;
        if (is_letter(text.p[i]) && !is_drawl)
            word[n++] = text.p[i];
    }
    bool is_long_drawl = text.len >= n + 2; /* "stoop" is a word of its own */
    return is_long_drawl && match_has_word(words, WORDS_STOP_STRONG, (struct str){word, n});
}

/* "1" beside a STOP: a key of the screen, the day, a signature. */
static bool is_number(struct str word)
{
    uint64_t number;
    return str_to_u64(word, UINT32_MAX, &number) == ERR_OK;
}

/* Another command beside a strong STOP: leaving wins in "STOP HELP" and "HELP STOP". Not so SAFE,
 * and "next stop" is on a road. */
static bool is_other_command(enum command command, bool is_behind_stop)
{
    return command != COMMAND_NONE && command != COMMAND_SAFE &&
           (command != COMMAND_NEXT || is_behind_stop);
}

/* STOP words among words of courtesy, the strong ones also among what a STOP is about, and among
 * other commands. */
static bool is_stop_of_words(const struct vocabulary *words, struct str normalised)
{
    bool has_strong = false;
    bool has_weak = false;
    bool has_about = false;
    for (struct str word; (word = match_next_word(&normalised)).p != NULL;) {
        enum command command = match_find_keyword(words, word).command;
        if (match_has_word(words, WORDS_STOP_STRONG, word))
            has_strong = true;
        else if (command == COMMAND_STOP)
            has_weak = true;
        else if (match_has_word(words, WORDS_COURTESY, word) ||
                 match_has_word(words, WORDS_THANKS, word))
            continue;
        else if (match_has_word(words, WORDS_STOP_ABOUT, word) || is_number(word) ||
                 is_other_command(command, has_strong))
            has_about = true;
        else
            return false;
    }
    return has_strong || (has_weak && !has_about);
}

/* "Stop for today", as a lesson's last line offers it, or "stop for a week", which is PAUSE: who
 * says that wants to go on another day. With a bare STOP beside it, it is one. */
static bool is_for_now(const struct vocabulary *words, struct str text)
{
    return phrase_is_beside(words, PHRASES_FOR_NOW, WORDS_COURTESY, text) ||
           phrase_is_beside(words, PHRASES_PAUSE, WORDS_COURTESY, text);
}

/* Where a phrase that may stand anywhere begins: behind "not" or "never" it says the opposite,
 * unless it says no itself ("do not send me any"). */
enum phrase_found { PHRASE_NONE, PHRASE_NEGATED, PHRASE_FOUND };

static enum phrase_found find_phrase(const struct vocabulary *words, struct str text)
{
    enum phrase_found found = PHRASE_NONE;
    bool is_negated = false;
    for (struct str rest = text, first; (first = match_next_word(&rest)).p != NULL; text = rest) {
        struct str phrase, behind;
        for (uint32_t at = 0; match_next_phrase(words, PHRASES_STOP, first, &at, &phrase);) {
            if (!phrase_begins(text, phrase, &behind))
                continue;
            if (!is_negated)
                return PHRASE_FOUND;
            found = PHRASE_NEGATED;
        }
        is_negated = match_has_word(words, WORDS_NOT, first);
    }
    return found;
}

/* "I'm busy, stop" */
static bool is_mood_and_stop(const struct vocabulary *words, struct str text)
{
    bool has_strong = false;
    for (struct str rest = text, word; (word = match_next_word(&rest)).p != NULL;)
        has_strong |= match_has_word(words, WORDS_STOP_STRONG, word);
    return has_strong && match_mood(words, text) != MOOD_NONE;
}

bool match_is_stop(const struct vocabulary *words, struct str normalised)
{
    if (phrase_is_key(normalised) || match_may_be_stop(words, normalised) ||
        is_for_now(words, normalised) || phrase_is_whole(words, PHRASES_DELETE, normalised))
        return false; /* the last wants more than that */
    return is_stop_of_words(words, normalised) || is_spelled_stop(words, normalised) ||
           is_torn_stop(words, normalised) || is_mood_and_stop(words, normalised) ||
           find_phrase(words, normalised) == PHRASE_FOUND ||
           phrase_is_whole(words, PHRASES_STOP_WHOLE, normalised);
}

bool match_is_everyday(const struct vocabulary *words, struct str normalised, const char *lang)
{
    uint32_t langs = match_languages(words, lang);
    if (langs == 0 || match_find_keyword(words, normalised).command != COMMAND_NONE ||
        !match_has_word(words, WORDS_COMMON, normalised))
        return false;
    for (uint32_t i = 0; i < words->n_rows; i++) {
        const struct word_row *row = &words->rows[i];
        bool is_own = row->kind == WORD_LIST && row->which == WORDS_COMMON &&
                      (langs & UINT32_C(1) << row->lang) != 0;
        if (is_own && str_eq(row->text, normalised))
            return true;
    }
    return false;
}

bool match_may_be_stop(const struct vocabulary *words, struct str normalised)
{
    return !phrase_is_key(normalised) && (phrase_is_whole(words, PHRASES_STOP_MAYBE, normalised) ||
                                          find_phrase(words, normalised) == PHRASE_NEGATED);
}
