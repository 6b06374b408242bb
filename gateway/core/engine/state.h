/*
 * state.h: the table of the learner's states (state.c): what is seen in each, what its answer does,
 * what may follow.
 */
#pragma once

#include "core/engine/step.h"

/* What must stand in learner.unit. */
enum state_unit { STATE_UNIT_NONE, STATE_UNIT_ANY, STATE_UNIT_LESSON, STATE_UNIT_QUESTION };

/* Where along the course a state lies: before it, at the unit, behind the unit's module, after. */
enum state_progress { PROGRESS_BEFORE, PROGRESS_AT_UNIT, PROGRESS_MODULE_DONE, PROGRESS_AFTER };

/* A row acts: to add a state, a name in core/learner_state.h and a row in state.c. A function that
 * a state does not need is left out; the comment says what happens then. */
struct state_row {
    uint64_t moves; /* states that may follow, one bit each; more may from everywhere */
    /* What the learner sees here. */
    struct str (*screen)(const struct step *s);
    /* Takes the input when it is an answer in this state; false = not one. Left out: none is. */
    bool (*answer)(struct step *s);
    void (*next)(struct step *s);    /* 9 and NEXT. Left out: the screen again */
    void (*back)(struct step *s);    /* 0 and BACK. Left out: the page or lesson before */
    void (*join)(struct step *s);    /* JOIN, or dialling. Left out: the screen again */
    void (*unknown)(struct step *s); /* nobody could understand. Left out: says so */
    void (*finish)(struct step *s);  /* the last unit of the running block is behind the learner */
    void (*wake)(struct step *s);    /* ended_ms has come. Left out: nothing waits for it */
    enum event_phase phase;          /* of the answers that are given here */
    enum state_unit unit;
    enum module_kind home; /* of the module in which that unit lies, where there is one */
    enum state_progress progress;
    bool is_resumed;  /* may a redial offer "1 Continue 2 Menu" here? */
    bool is_question; /* is a question open? */
    bool is_consent;  /* a yes or no is asked for, where no question is open */
    bool is_timed;    /* an answer counts for 48 h only: what has a score */
    bool is_reminded; /* who is quiet here is reminded of the next step */
    bool is_followed; /* the course is over: a follow-up may come here */
    bool is_alone;    /* each question is a block of its own */
};

const struct state_row *state_row(enum learner_state state);
/* All states that may follow, one bit each. */
uint64_t state_moves(enum learner_state state);
/* The row of the place that a side state or STOPPED returns to, elsewhere of the state itself. */
const struct state_row *state_row_of_place(const struct learner *learner);
