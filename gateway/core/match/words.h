/*
 * match_words.h: the word lists behind match.h, each word in the normal form of match_normalise()
 * (a test holds them to it). Keywords are COURSE.md 6.1; a word stands once, under "en" when
 * several languages have it.
 */
#pragma once

#include "core/match/match.h"

struct keyword {
    enum command command;
    const char *lang; /* "en" also for words of several languages and of providers */
    struct str word;
};

struct number_word {
    int32_t value; /* 0 to 9 */
    struct str word;
};

extern const struct keyword match_keywords[];
extern const size_t match_n_keywords;
/* zero to nine in every language */
extern const struct number_word match_number_words[];
extern const size_t match_n_number_words;
/* "answer", "no", "or": words around an answer that change nothing */
extern const struct str match_filler_words[];
extern const size_t match_n_filler_words;
/* "please", "thank", "you": words around a command that change nothing */
extern const struct str match_courtesy_words[];
extern const size_t match_n_courtesy_words;
/* Mean opt-out wherever they stand in a short text; the other STOP words only next to courtesy. */
extern const struct str match_strong_stop_words[];
extern const size_t match_n_strong_stop_words;
/* Opt-out in a sentence: "do not send me any" */
extern const struct str match_stop_phrases[];
extern const size_t match_n_stop_phrases;

/* NULL when the word is no keyword of any language. */
const struct keyword *match_find_keyword(struct str word);
/* 0 to 9, or -1. */
int32_t match_find_number_word(struct str word);
bool match_has_word(const struct str *words, size_t n, struct str word);
/* Cuts the next word off a normalised text; absent at the end. */
struct str match_next_word(struct str *rest);
