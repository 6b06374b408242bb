#include "core/match/phrase.h"

/* One of the words of "send/text/-"; "-" says that it may be missing. */
static bool is_in_slot(struct str slot, struct str word)
{
    for (struct str one; (one = str_split(&slot, '/')).p != NULL;) {
        if (str_eq(one, word))
            return true;
    }
    return false;
}

bool phrase_begins(struct str text, struct str phrase, struct str *ret_rest)
{
    for (struct str slot; (slot = match_next_word(&phrase)).p != NULL;) {
        struct str rest = text;
        struct str word = match_next_word(&rest);
        if (word.p != NULL && is_in_slot(slot, word))
            text = rest;
        else if (!is_in_slot(slot, STR("-")))
            return false;
    }
    *ret_rest = text;
    return true;
}

/* Is the text one of the list's phrases, with nothing behind it but courtesy or words of beside? */
static bool is_phrase_and_courtesy(const struct vocabulary *words, enum word_list list,
                                   enum word_list beside, struct str text)
{
    struct str phrase, rest = text;
    struct str first = match_next_word(&rest);
    for (uint32_t at = 0; match_next_phrase(words, list, first, &at, &phrase);) {
        if (phrase_begins(text, phrase, &rest) &&
            match_has_words(words, WORDS_COURTESY, beside, rest))
            return true;
    }
    return false;
}

bool phrase_is_beside(const struct vocabulary *words, enum word_list list, enum word_list beside,
                      struct str text)
{
    for (struct str word;;) {
        if (is_phrase_and_courtesy(words, list, beside, text))
            return true;
        word = match_next_word(&text);
        if (word.p == NULL || !match_has_words(words, WORDS_COURTESY, beside, word))
            return false;
    }
}

bool phrase_is_whole(const struct vocabulary *words, enum word_list list, struct str text)
{
    return phrase_is_beside(words, list, WORDS_STOP_STRONG, text);
}

bool phrase_is_key(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.p[i] < '0' || text.p[i] > '9') && text.p[i] != ' ')
            return false;
    }
    return true;
}
