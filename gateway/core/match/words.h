/*
 * words.h: the words that people type, of all languages of a course at once, for the matchers of
 * match.h.
 *
 * They are data: the files words-<lang>.md of a pack and of a course (core/lesson/parse_words.c),
 * written as lessons/README.md says and compiled here into one table, in which a word is found by
 * its hash. Everything is in the normal form of match_normalise(). Keywords are
 * docs/course-rules.md 6.1.
 */
#pragma once

#include "core/match/match.h"

/* Ceilings of what a course and its pack may have together. */
#define WORDS_MAX_ROWS 16000u
#define WORDS_MAX_BYTES 800u    /* of one word or phrase */
#define WORDS_MAX_LANGUAGES 32u /* one bit each */
#define WORDS_LANG_BYTES 8u     /* of a language's code, with NUL */

/* Lists of words, and of phrases: name, its section in a file, what it is for. */
#define WORD_LISTS(X)                                                                              \
    X(WORDS_FILLER, words_filler, "around an answer, change nothing: my answer is, I think")       \
    X(WORDS_COURTESY, words_courtesy, "around a command or answer, change nothing: please")        \
    X(WORDS_YES, words_yes, "agree, beside command_yes")                                           \
    X(WORDS_NO, words_no, "refuse, beside command_no")                                             \
    X(WORDS_CONSENT, words_consent, "what somebody agrees to: to join the course")                 \
    X(WORDS_ASK, words_ask, "around a command: can I see my score")                                \
    X(WORDS_NOT, words_not, "turn a yes into a no")                                                \
    X(WORDS_GO_ON, words_go_on, "ok, more: the next lesson, where they can only mean that")        \
    X(WORDS_ORDINAL, words_ordinal, "before words_one: the third one")                             \
    X(WORDS_ONE, words_one, "behind an ordinal, no number there: the third one")                   \
    X(WORDS_SUFFIX, words_suffix, "behind a digit, with which it is an ordinal: 2nd")              \
    X(WORDS_LAST, words_last, "the last option")                                                   \
    X(WORDS_MIDDLE, words_middle, "the middle one of an odd number of options")                    \
    X(WORDS_NONE, words_none, "the option that says none, or nothing")                             \
    X(WORDS_ALL, words_all, "every option of those that apply")                                    \
    X(WORDS_BOTH, words_both, "the same, of two")                                                  \
    X(WORDS_PLURAL, words_plural, "before a two, with which they are both: les deux")              \
    X(WORDS_BECAUSE, words_because, "begin a remark behind an answer: 2 because")                  \
    X(WORDS_BUT, words_but, "in a remark, with which a yes is not clear: but, only if, free")      \
    X(WORDS_AND, words_and, "between the texts of options; never \"or\"")                          \
    X(WORDS_REPLY, words_reply, "before a colon, by programs that reply: Re: 2")                   \
    X(WORDS_THANKS, words_thanks, "no answer to an open question: ok, thank you")                  \
    X(WORDS_DELETE_ABOUT, words_delete_about, "what is to be erased: my data")                     \
    X(WORDS_STOP_STRONG, words_stop_strong, "STOP also among words_stop_about")                    \
    X(WORDS_STOP_ABOUT, words_stop_about, "what a STOP is about: messages; never violence")        \
    X(WORDS_CHECK_ABOUT, words_check_about, "around a certificate: code, valid")                   \
    X(WORDS_COMMON, words_common, "everyday words that are no mistyped command: shop, text")       \
    X(WORDS_EVERYDAY, words_everyday, "mean in this language what another one has them for: dort") \
    X(WORDS_UNMARKED, words_unmarked, "without marks yes, ten, thanks; with them another word")    \
    X(WORDS_WORK, words_work, "before one's work: I am a, working as")                             \
    X(WORDS_UNSURE, letters_unsure, "a letter that may be two options: the number is asked for")   \
    X(PHRASES_STOP, phrases_stop, "no more messages, wherever it stands in a text")                \
    X(PHRASES_STOP_WHOLE, phrases_stop_whole, "the same, with nothing but courtesy around it")     \
    X(PHRASES_STOP_MAYBE, phrases_stop_maybe, "it may mean so, or the opposite")                   \
    X(PHRASES_HELP, phrases_help, "questions to which HELP is the answer: how do I start")         \
    X(PHRASES_COST, phrases_cost, "asks what it costs")                                            \
    X(PHRASES_JOIN, phrases_join, "JOIN in a sentence: enrol me")                                  \
    X(PHRASES_PERSON, phrases_person, "somebody wants to speak with a person: call me")            \
    X(PHRASES_FOR_NOW, phrases_for_now, "a STOP for now only: stop for today, I stop here")        \
    X(PHRASES_LATER, phrases_later, "somebody has no time now: not now, I am busy")                \
    X(PHRASES_UNCLEAR, phrases_unclear, "somebody sees not what to do: too hard, which one?")      \
    X(PHRASES_FINISHED, phrases_finished, "somebody thinks to be through: I finished")             \
    X(PHRASES_WHEN, phrases_when, "asks what comes when, or whether it is over: is it finished")   \
    X(PHRASES_COURSES, phrases_courses, "COURSES in a sentence: is there another course")          \
    X(PHRASES_DELETE, phrases_delete, "DELETE in a sentence: can you erase my data")               \
    X(PHRASES_MYDATA, phrases_mydata, "MY DATA in a sentence: who sees my number")                 \
    X(PHRASES_MOVE, phrases_move, "another number or phone: I have a new number")                  \
    X(PHRASES_NEXT, phrases_next, "NEXT in a sentence: the next module")                           \
    X(PHRASES_MENU, phrases_menu, "MENU in a sentence: main menu, module 2, start over")           \
    X(PHRASES_LANG, phrases_lang, "LANG in a sentence: I do not speak English")                    \
    X(PHRASES_CERT, phrases_cert, "CERT in a sentence: when do I get my certificate")              \
    X(PHRASES_PAUSE, phrases_pause, "PAUSE in a sentence: stop for a week")                        \
    X(PHRASES_SWITCH, phrases_switch, "SWITCH in a sentence: my sister wants to learn, too")       \
    X(PHRASES_SCORE, phrases_score, "SCORE in a sentence: how many were right")                    \
    X(PHRASES_REPEAT, phrases_repeat, "REPEAT in a sentence: what was the question")               \
    X(PHRASES_THANKS, phrases_thanks, "kind words in a sentence: how are you")                     \
    X(PHRASES_MORNING, phrases_morning, "when somebody will learn, the first choice of three")     \
    X(PHRASES_MIDDAY, phrases_midday, "the same, the second")                                      \
    X(PHRASES_EVENING, phrases_evening, "the same, the third")                                     \
    X(PHRASES_ANY_TIME, phrases_any_time, "the same, none of them or several: afternoon, any day") \
    X(PHRASES_WORK_1, phrases_work_1, "one's work, the first option of the role question")         \
    X(PHRASES_WORK_2, phrases_work_2, "the same, the second")                                      \
    X(PHRASES_WORK_3, phrases_work_3, "the same, the third")                                       \
    X(PHRASES_WORK_4, phrases_work_4, "the same, the fourth")                                      \
    X(PHRASES_WORK_5, phrases_work_5, "the same, the fifth")                                       \
    X(PHRASES_WORK_6, phrases_work_6, "the same, the sixth")                                       \
    X(PHRASES_WORK_7, phrases_work_7, "the same, the seventh")                                     \
    X(PHRASES_WORK_8, phrases_work_8, "the same, the eighth")                                      \
    X(PHRASES_WORK_9, phrases_work_9, "the same, the ninth")

enum word_list {
#define WORD_LIST_ENUM(name, section, purpose) name,
    WORD_LISTS(WORD_LIST_ENUM)
#undef WORD_LIST_ENUM
        N_WORD_LISTS
};

enum word_kind {
    WORD_KEYWORD, /* which: enum command */
    WORD_NUMBER,  /* which: 0 to 10 */
    WORD_LETTER,  /* which: the option, 1 to 9 */
    WORD_LIST,    /* which: enum word_list */
};

/* One word or phrase as a file has it. In a phrase a/b is one of the words, and with - it may be
 * missing: "no -/more messages/sms". */
struct word_row {
    enum word_kind kind;
    uint8_t which;
    uint8_t lang; /* index in the languages */
    bool is_pair; /* keyword of two words, here without the blank: "my data" */
    struct str text;
    struct source_pos pos;
};

struct keyword {
    enum command command; /* COMMAND_NONE: none */
    uint32_t langs;       /* one bit for each language that has it */
    bool is_pair;
    struct str word;
};

/* Compiled; owned by the arena of the course, never changed. */
struct vocabulary {
    uint16_t n_langs;
    const struct str *langs;
    uint32_t english; /* its bit: English words work in every language */
    uint16_t n_keywords;
    const struct keyword
        *keywords;   /* each word once, English first, else in the order of the rows */
    uint32_t n_rows; /* what it was made of, for checks */
    const struct word_row *rows;
    const struct vocabulary_table *table; /* words.c */
    const struct vocabulary_table *own;   /* words_everyday of the learner's language, or NULL */
};

/* rows and langs must live as long as the arena. Of a word that stands for two commands the first
 * counts, of two languages the English. NULL: the arena is full, or a ceiling is passed. */
const struct vocabulary *vocabulary_new(const struct word_row *rows, uint32_t n_rows,
                                        const struct str *langs, uint16_t n_langs,
                                        struct arena *arena);
/* The same for a learner of this language: of the words_everyday of it only their meanings in it
 * count, and the commands that every language knows. The arena is full: as it was. */
const struct vocabulary *vocabulary_in(const struct vocabulary *words, struct str lang,
                                       struct arena *arena);
/* "words_filler" ... "phrases_stop_maybe". */
const char *word_list_section(enum word_list list);
/* Is it a list of phrases? */
bool word_list_is_phrases(enum word_list list);

/* Bits of the languages that this one is: "es" of "es-419"; NULL and "" are none. */
uint32_t match_languages(const struct vocabulary *words, const char *lang);
/* COMMAND_NONE when the word is no keyword of any language. */
struct keyword match_find_keyword(const struct vocabulary *words, struct str word);
/* 0 to 10, or -1. */
int32_t match_find_number_word(const struct vocabulary *words, struct str word);
/* 1 to 9 for a Latin letter a to i and for those of other scripts that a file names; 0: none. */
int32_t match_find_letter(const struct vocabulary *words, struct str word);
bool match_has_word(const struct vocabulary *words, enum word_list list, struct str word);
/* Changes nothing around an answer. */
bool match_is_filler(const struct vocabulary *words, struct str word);
/* All words of the text are in one of the two lists. */
bool match_has_words(const struct vocabulary *words, enum word_list list, enum word_list other,
                     struct str text);
/* The next phrase of the list that may begin with this word; at is 0 before the first. False: no
 * more. */
bool match_next_phrase(const struct vocabulary *words, enum word_list list, struct str word,
                       uint32_t *at, struct str *ret);
/* Cuts the next word off a normalised text; absent at the end. */
struct str match_next_word(struct str *rest);
