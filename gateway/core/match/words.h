/*
 * words.h: the words behind match.h, in all languages at once and in the normal form of
 * match_normalise() (a test holds them to it).
 *
 * They are tables of C and no files of a course, because they are the protocol and not its content:
 * STOP, HELP and JOIN must be understood before any course is chosen, and no course may lose them.
 * A row is one language's words, blank-separated; phrases are separated by |. Keywords are
 * docs/course-rules.md 6.1; a word stands once, under "en" when several languages have it.
 */
#pragma once

#include "core/match/match.h"

struct keyword {
    enum command command; /* COMMAND_NONE: none */
    const char *lang;     /* "en" also for words of several languages and of providers */
    struct str word;
};

enum word_list {
    WORDS_FILLER,       /* around an answer, change nothing: "my answer is", "I think" */
    WORDS_COURTESY,     /* around a command or an answer, change nothing: "please", "thanks" */
    WORDS_YES,          /* agree, beside the keyword YES */
    WORDS_NO,           /* refuse, beside the keyword NO */
    WORDS_CONSENT,      /* what somebody agrees to: "to join the course" */
    WORDS_ASK,          /* around a command: "can I see my score" */
    WORDS_NOT,          /* turn a yes into a no */
    WORDS_GO_ON,        /* "ok", "more": NEXT, where they can only mean that */
    WORDS_ORDINAL,      /* before "one": "the third one" */
    WORDS_ALL,          /* every option of those that apply */
    WORDS_BOTH,         /* the same, of two */
    WORDS_AND,          /* between the texts of options; never "or" */
    WORDS_THANKS,       /* "ok", "thank you": no answer to an open question */
    WORDS_DELETE_ABOUT, /* "my data": what DELETE is about */
    WORDS_STOP_STRONG,  /* STOP words that mean opt-out also among what it is about */
    WORDS_STOP_ABOUT,   /* what a STOP is about: "sending", "messages"; never "violence" */
    WORDS_CHECK_ABOUT,  /* what a CHECK is about: "certificate", "code", "valid" */
    WORDS_COMMON,       /* everyday words that are no near miss of a keyword: "shop", "text" */
    PHRASES_STOP,       /* opt-out wherever it stands in a text */
    PHRASES_STOP_WHOLE, /* opt-out when nothing but courtesy stands around it; a/b is one of the
                         * words, with - it may be missing: "no -/more messages/sms" */
    PHRASES_STOP_MAYBE, /* as whole, but it may mean the opposite as well */
    N_WORD_LISTS
};

/* The words of one list in one language; NULL behind the last row. */
struct word_row {
    enum word_list list;
    const char *lang;
    const char *words;
};

struct keyword_row {
    enum command command;
    const char *lang;
    const char *words;
};

struct number_row {
    int32_t value;
    const char *words; /* of all languages */
};

extern const struct keyword_row match_keyword_rows[];
extern const size_t match_n_keyword_rows;
extern const struct number_row match_number_rows[];
extern const size_t match_n_number_rows;
extern const struct word_row match_word_rows[];
extern const size_t match_n_word_rows;

/* COMMAND_NONE when the word is no keyword of any language. */
struct keyword match_find_keyword(struct str word);
/* 0 to 10, or -1. */
int32_t match_find_number_word(struct str word);
bool match_has_word(enum word_list list, struct str word);
/* Changes nothing around an answer. */
bool match_is_filler(struct str word);
/* All words of the text are in one of the two lists. */
bool match_has_words(enum word_list list, enum word_list other, struct str text);
/* Cuts the next word off a normalised text; absent at the end. */
struct str match_next_word(struct str *rest);
