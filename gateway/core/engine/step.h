/*
 * step.h: one step of one learner, as the engine's own files pass it on; nobody else includes this,
 * nor the headers beside it but engine.h.
 *
 * One engine_step is one struct step. `learner` points at outcome.next, which starts as a copy; the
 * only way to change its state is step_enter.
 */
#pragma once

#include "core/engine/engine.h"
#include "core/match/match.h"
#include "core/question.h"

#define STEP_READINGS 3

struct step {
    const struct courses *courses;
    const struct course *course; /* in the language in which all of this step is said */
    const struct course *base;   /* the same in its own language */
    const struct engine_context *context;
    const struct input *input;
    struct arena *arena;
    struct outcome *out;
    struct learner *learner; /* &out->next */
    /* The input, normalised: whole, its first line, words apart; absent where that is the same. */
    struct str readings[STEP_READINGS];
    struct str norm;               /* the reading that is looked at */
    char lang[LEARNER_LANG_BYTES]; /* whose keywords count; "" = all */
    struct command_match match;    /* the command that the reading is, if any */
    bool is_everyday;              /* see match_is_everyday() */
    struct str argument;           /* what stands behind the command that runs */
    bool is_left_out_first;        /* see step_say_if_room() */
    bool is_known;                 /* it was answered that the number is the same person's */
    bool is_who_unknown;           /* shared phone: it is asked who is learning */
    bool is_for_nothing;           /* see understand_nothing() */
    bool is_excused;               /* see understand_excuse() */
    enum err error;
};

/* ---- texts (text.c) ---- */

#define VARS(...)                                                                                  \
    (const struct course_var[])                                                                    \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, STR_NONE                                                                         \
        }                                                                                          \
    }
#define NO_VARS                                                                                    \
    (const struct course_var[])                                                                    \
    {                                                                                              \
        {                                                                                          \
            NULL, STR_NONE                                                                         \
        }                                                                                          \
    }

/* What an SMS costs: the country's sentence; where the course has the same one, in the language of
 * this message. */
struct str step_cost(const struct step *s);
/* A system text of the course with its placeholders filled in; vars ends with name NULL. What the
 * context knows (org, url, code, voice, cost, contact) needs no var; one of that name goes before.
 */
struct str step_text(const struct step *s, enum course_text text, const struct course_var *vars);
struct str step_number(const struct step *s, int64_t value);
/* The number, at most max, of the option that says what was typed, of "2 Midday" or, several in a
 * line, "1 Go on 2 I am new here": its words, alone or with courtesy behind them; -1 for none. */
int32_t step_option_typed(const struct step *s, struct str lines, int32_t max);
/* The same, or the key itself as menus take it. */
int32_t step_menu_key(const struct step *s, struct str lines, int32_t max);
/* Whom to ask: the contact, or the organisation's name. */
struct str step_contact(const struct step *s);
/* Two lines; one where the other is empty. */
struct str step_lines(const struct step *s, struct str first, struct str second);
/* Adds to the reply, behind a form feed when there is one already; step_say_screen what step_screen
 * makes, which comes last. */
void step_say(struct step *s, struct str text);
void step_say_screen(struct step *s);
/* Does it fit behind what is said already, by SMS: two parts, three in UCS-2? */
/* Its number, and of how many: "3/7". */
void step_count(const struct step *s, const struct unit *unit, uint32_t *ret_n, uint32_t *ret_of);
/* The last line of the question that the learner is at, by SMS: "Reply 1, 2 or 3"; else absent. */
struct str step_question_keys(const struct step *s);
bool step_has_room(const struct step *s, struct str screen);
/* As step_say; on a USSD screen that has no room for it and what follows it is left out. */
void step_say_if_room(struct step *s, struct str text);
/* As step_say, by SMS; not where the screen that follows would be a part longer with it. */
void step_say_if_free(struct step *s, struct str text);

/* A question of a module that is nobody's place, as it goes to the phone: as its n-th, with its
 * options, and with the key for BACK at the end. */
struct str step_question_alone(const struct step *s, const struct unit *unit, uint32_t n);
/* The numbered options of a question, one a line. */
struct str step_options(const struct step *s, const struct question *question);
/* The unit that the learner is at, as it goes to the phone; absent: there is none. */
struct str step_unit_screen(const struct step *s);
/* "M3, lesson 2" of the place behind any side state. */
struct str step_place(const struct step *s);

/* ---- what was said (mood.c) ---- */

/* Is one of its words spelt with marks that make it another one: no thanks, no yes? */
bool step_is_marked(const struct step *s);
/* A yes or a no; NONE where it is, and for a yes that asks or doubts (match_is_unsure). */
enum agreement step_agreement(const struct step *s);

/* ---- the state (state.c) ---- */

/* The learner's value and the table, or the course and the value, do not fit together: the step
 * ends with ERR_INVALID, and so does this one dialog. */
void step_fail(struct step *s);
/* The one setter. A move that the table does not allow fails the step. */
void step_enter(struct step *s, enum learner_state state);
/* The present screen; sets the time of asking where a question is open. */
struct str step_screen(struct step *s);
/* Enters a side state, which remembers where it came from. */
void step_enter_side(struct step *s, enum learner_state side);
/* Leaves a side state for where it came from; elsewhere does nothing. */
void step_leave_side(struct step *s);
/* The same, and "Who is learning?" as well, which else only its answer ends. */
void step_leave_any_side(struct step *s);
/* Leaves a side state and says the place again. */
void step_return(struct step *s);
/* Adds an event; fails the step when there is no room, which no row of the table can bring about.
 */
struct event *step_event(struct step *s, enum event_kind kind);

/* ---- the place in the course (course.c) ---- */

/* The learner's language from here on, where this module (-1: none) is there in it: what stands
 * around a module is said in the language of the module. */
void step_use_module(struct step *s, int module);
const struct unit *step_unit(const struct step *s);
void step_set_unit(struct step *s, const struct unit *unit);
