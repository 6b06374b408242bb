/*
 * question.h: the kinds of question, a row each.
 *
 * A row carries all that differs between kinds: how an author writes one, what a learner may
 * answer, which of it is right, what stands on the screen, and what is recorded. Who parses, asks,
 * plays and draws questions calls the row and names no kind.
 *
 * To add a kind: a name in QUESTION_KINDS (core/course_question.h), its row in question.c, its
 * section in lessons/README.md, a transcript in tests/talk/ and a lesson in tests/lessons/valid/.
 */
#pragma once

#include "core/event.h"
#include "core/match/match.h"

/* What options a question of a kind has. */
enum question_options {
    QUESTION_OPTIONS_NONE,
    QUESTION_OPTIONS_ONE, /* one is the answer; where there is a key, one is right */
    QUESTION_OPTIONS_ANY, /* any number of them may be the answer, and right */
};

struct question_row {
    const char *name;
    const char *form; /* how an author writes it, for an error that lists the forms */
    enum question_options options;
    /* Is this the form of its answer line (what stands behind "="; absent: there is none)? Of the
     * rows whose options fit, the first that says yes takes the question. */
    bool (*is_form)(struct str line);
    /* Reads the line. NULL, or what is wrong with it: a literal or in the arena. Left out: there is
     * nothing to read. */
    const char *(*parse)(struct question *q, struct str line, struct arena *arena);
    /* As match_answer(). */
    struct answer_match (*match)(const struct vocabulary *words, const struct question *q,
                                 struct str original, struct str normalised, struct arena *arena);
    /* Of an answer to a question that has a key. Left out: what matches is right. */
    bool (*is_right)(const struct question *q, const struct answer_match *answer);
    /* {key} of the feedback; in the arena. */
    struct str (*key)(const struct question *q, struct arena *arena);
    /* Sets the members of the event that hold the answer; the text is masked later. */
    void (*record)(const struct answer_match *answer, struct event *event);
    /* What an imaginary learner answers: option 0 a right answer, where there is one, option n
     * another for each n, as far as there are some. In the arena. */
    struct str (*sample)(const struct question *q, uint8_t option, struct arena *arena);
    enum course_text screen;      /* stem and options */
    enum course_text reply;       /* how to answer, the last line of an SMS */
    bool is_reply_on_ussd;        /* there too: the options do not say it themselves */
    bool is_any_text;             /* whatever is typed is an answer, so command words come first */
    bool is_wrong_when_unmatched; /* what is no command and matches nothing is a wrong answer */
};

const struct question_row *question_row(enum question_kind kind);
/* The row that takes a question with n options and this answer line. NULL: none does. */
const struct question_row *question_row_find(uint8_t n_options, struct str line,
                                             enum question_kind *ret);
/* The right option, 1.. (0 = none); the first where there are several. */
uint8_t question_right_option(const struct question *q);
/* The same question with other right options, bit n = option n, whose words are its feedback in the
 * place of what explained the old ones; in the arena. Itself where it has no options. */
const struct question *question_with_key(const struct question *q, uint16_t options,
                                         struct arena *arena);
/* "`= 0..10` for ..., `= soap | ash` for ...": the forms of all rows with an answer line. */
struct str question_forms(struct arena *arena);
