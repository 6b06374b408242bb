#include "core/match/match.h"
#include "core/match/words.h"

#define MAX_STOP_WORDS 4

/* The phrase occurs in the text as whole words. */
static bool has_phrase(struct str text, struct str phrase)
{
    for (size_t from = 0; from + phrase.len <= text.len;) {
        size_t at = str_find(str_sub(text, from, text.len), phrase);
        if (at == SIZE_MAX)
            return false;
        size_t start = from + at;
        size_t end = start + phrase.len;
        if ((start == 0 || text.p[start - 1] == ' ') && (end == text.len || text.p[end] == ' '))
            return true;
        from = start + 1;
    }
    return false;
}

static size_t count_words(struct str text)
{
    size_t n = str_is_empty(text) ? 0 : 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == ' ';
    return n;
}

static bool is_negation(struct str word)
{
    return str_eq(word, STR("not")) || str_eq(word, STR("don't")) || str_eq(word, STR("dont")) ||
           str_eq(word, STR("never"));
}

/* A strong word anywhere, or any STOP word among words of courtesy only. */
static bool is_short_stop(struct str normalised)
{
    bool has_strong = false;
    bool has_weak = false;
    bool is_courteous = true;
    bool is_negated = false;
    struct str rest = normalised;
    for (struct str word; (word = match_next_word(&rest)).p != NULL;) {
        const struct keyword *keyword = match_find_keyword(word);
        bool is_stop = keyword != NULL && keyword->command == COMMAND_STOP;
        is_negated = is_negated || is_negation(word);
        if (match_has_word(match_strong_stop_words, match_n_strong_stop_words, word) && !is_negated)
            has_strong = true;
        else if (is_stop && !is_negated)
            has_weak = true;
        else if (!match_has_word(match_courtesy_words, match_n_courtesy_words, word))
            is_courteous = false;
    }
    return has_strong || (has_weak && is_courteous);
}

bool match_is_stop(struct str normalised)
{
    size_t n_words = count_words(normalised);
    if (n_words == 0)
        return false;
    if (n_words <= MAX_STOP_WORDS && is_short_stop(normalised))
        return true;
    for (size_t i = 0; n_words > 1 && i < match_n_stop_phrases; i++) {
        if (has_phrase(normalised, match_stop_phrases[i]))
            return true;
    }
    return false;
}
