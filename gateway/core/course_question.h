/*
 * course_question.h: one question of a course, as its author wrote it. What a kind of question does
 * is a row of core/question.h.
 */
#pragma once

#include "base/str.h"

#define COURSE_MAX_CHOICES 9u   /* one key each */
#define COURSE_MAX_ACCEPTED 32u /* accepted texts of one question */

/* Kinds of question, each with a row in core/question.c; the last one takes any answer
 * line that no other has taken. */
#define QUESTION_KINDS(X)                                                                          \
    X(CHOICE, choice)   /* one of the numbered options */                                          \
    X(SEVERAL, several) /* all of the numbered options that apply */                               \
    X(NUMBER, number)   /* low..high */                                                            \
    X(OPEN, open)       /* any text up to max_chars */                                             \
    X(WORD, word)       /* one of a list of accepted texts */

enum question_kind {
#define QUESTION_KIND_ENUM(NAME, name) QUESTION_##NAME,
    QUESTION_KINDS(QUESTION_KIND_ENUM)
#undef QUESTION_KIND_ENUM
        N_QUESTION_KINDS
};

struct choice {
    struct str text;
    struct str feedback; /* absent: the question's own */
    bool is_right;
};

struct question {
    struct str stem;
    enum question_kind kind;
    bool is_scored; /* has a right answer and lies in a MODULE_LESSONS */
    uint8_t n_choices;
    const struct choice *choices;
    const struct str *accepted; /* QUESTION_WORD, normalised as core/match/match.h does */
    uint8_t n_accepted;
    int32_t low, high;   /* QUESTION_NUMBER, inclusive */
    uint16_t max_chars;  /* QUESTION_OPEN */
    struct str feedback; /* shown for right and wrong unless the two below are set */
    struct str feedback_right, feedback_wrong;
    /* `@ if q1 = 2 3`: asked only when that earlier answer was one of the choices (bit n = choice
     * n); if_unit is UINT16_MAX when there is no condition. */
    uint16_t if_unit;
    uint16_t if_choices;
    uint16_t scored_index; /* bit in the learner's bitmaps; UINT16_MAX when not scored */
};
