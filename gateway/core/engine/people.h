/*
 * people.h: several people on one number: their records (people.c), who of them learns
 * (who.c), their PINs (pin.c); people who change numbers (owner.c, move.c).
 */
#pragma once

#include "core/engine/step.h"

/* ---- people.c ---- */

/* Where a person is, beside the index of one of the others. */
#define PEOPLE_NOBODY UINT32_MAX
#define PEOPLE_MYSELF (UINT32_MAX - 1)

/* The person of this slot, and where he or she is. */
uint32_t people_find_slot(const struct step *s, uint8_t slot, struct learner *ret);
/* 0: all are taken. */
uint8_t people_free_slot(const struct step *s);
/* Of the number's owner before: never shown again. */
bool people_is_away(const struct learner *learner);
/* Is anybody else here? */
bool people_is_shared(const struct step *s);
/* One push a day goes to all on a number together: another person's is this one's as well. */
void people_share_push(struct learner *person, const struct learner *other);
void people_put(struct step *s, uint32_t i, const struct learner *person);
void people_become_at(struct step *s, uint32_t i);
/* Who has left keeps the place where that was: who learns is asked of somebody who is there. */
void people_step_aside(struct step *s);

/* The one of this id is who is learning; false: there is none on this number. */
bool people_become(struct step *s, const uint8_t learner_id[16]);
/* Is somebody beside this one in the course? */
bool people_has_other(const struct step *s);
/* Somebody on the number is in the course. */
bool people_has_anybody(const struct step *s);
/* STOP is for the number: the others leave as well. */
void people_stop(struct step *s);
/* Nor are the others held any more, for what was disclosed until then. */
void people_release(struct step *s);
/* Who is learning is forgotten; false: there is nobody else, whose place that were. */
bool people_forget(struct step *s);
/* When something is due to anybody of this number, and to whom. */
int64_t people_wake_ms(const struct step *s, uint32_t *ret_whose);
/* Makes who is due the one who is learning; false: nobody is. */
bool people_take_due(struct step *s);
/* Where nothing was said to who was due, the one who was learning before still is. */
void people_stay(struct step *s, const struct learner *before);

/* ---- who.c ---- */

/* As it is shown, in capitals; and may it be one? */
struct str who_shown_nickname(const struct step *s, struct str name);
bool who_is_nickname(struct str name);

/* Among several each one has a name and a place in the list. */
void who_give_name(struct step *s, struct learner *person);
void who_ask(struct step *s);
/* The place of whoever learns now, or what there is instead. */
void who_show_place(struct step *s);

/* Of who is learning, for the group's facilitator and for nobody else on this phone; false: there
 * is a nickname. */
bool who_ask_own_nickname(struct step *s);
struct str who_screen(const struct step *s);
bool who_answer(struct step *s);
struct str who_nickname_screen(const struct step *s);
bool who_nickname_answer(struct step *s);

/* Half an hour of silence by SMS: nobody knows who writes. Before anything is understood. */
void who_hear(struct step *s);
/* Counts what is no answer to what must be known first, and says why it comes again where it was
 * asked; false: nothing is to be said. */
bool who_say_again(struct step *s, bool is_asked);
/* Is something asked that must be known before anything of a person is said or done: who learns,
 * the PIN, whose number it is? */
bool who_is_open(const struct step *s);
/* Answers while it is not known who writes, or the PIN is missing; false: it is known. */
bool who_gate(struct step *s);
/* The same where the number dials or calls. */
bool who_dial(struct step *s);
bool who_call(struct step *s);
void who_switch(struct step *s);
/* Who is learning leaves the course alone, and it is asked who of the others goes on. */
void who_leave(struct step *s);
/* What is pushed says to whom. */
void who_name_push(struct step *s);

/* ---- pin.c ---- */

struct str pin_set_screen(const struct step *s);
bool pin_set_answer(struct step *s);
/* What was typed, without the blanks and strokes between digits: "135 790". */
struct str pin_digits(const struct step *s);
struct str pin_screen(const struct step *s);

/* What is typed while it is missing. */
void pin_answer(struct step *s);

/* Has it a PIN? */
bool pin_is_set(const struct learner *learner);
/* Is the PIN missing of who learns? Not where somebody new is asked for a name. */
bool pin_is_missing(const struct step *s);
/* May a PIN be tried now? Says how long to wait where not. */
bool pin_may_try(struct step *s);
/* Is this it? Counts the tries. */
bool pin_is_right(struct step *s, const uint8_t *salt, const uint8_t *hash);

/* ---- owner.c ---- */

/* Nothing came from the number for so long that it may be somebody else's: nothing is pushed to it,
 * and nothing personal said before that was asked. */
bool owner_is_doubtful(const struct step *s);
/* Who left, alone on the number, was told that DELETE erases: whoever has it now may say so. */
bool owner_may_erase(const struct step *s);
/* Asks; false: there is no doubt. */
bool owner_doubt(struct step *s);

/* A push is due to such a number: its operator is asked first (outcome.asks_operator). False: there
 * is no doubt, or nobody to ask. */
bool owner_ask(struct step *s);
/* When that is worth while, for a push that is due at from_ms; 0 = not at all. */
int64_t owner_asked_ms(const struct step *s, int64_t from_ms);
/* DESK_OWNER. */
void owner_told(struct step *s);

/* What is typed while it is asked. */
void owner_answer(struct step *s);

/* Does a person fit onto the number beside those who stay? */
bool owner_has_room(const struct step *s);
/* Who learns is this person from here on, who came from another number. Whoever learned here and
 * agreed to something stays beside him or her; true: nobody is left in that place. */
bool owner_take_in(struct step *s, const struct learner *person);

/* ---- move.c: a place goes to another number ---- */

/* MOVE: a code for that; with a code behind it, as CHECK. */
void move_run(struct step *s);
/* How a place comes to another number, by SMS, where the course says it. */
bool move_can_explain(const struct step *s);
void move_explain(struct step *s);
/* This code brings somebody here: shall it? input.check says whom. */
void move_offer(struct step *s, uint64_t code);
/* The answer of a number that we do not know; false: it is none, and the question is over. */
bool move_pass(struct step *s);
struct str move_screen(const struct step *s);
bool move_answer(struct step *s);
/* DESK_GIVE. */
void move_give(struct step *s);
/* Is who learns here on the way to another number? Says so. */
bool move_is_going(struct step *s);
/* Somebody of this number is on the way: looks whether he or she has arrived; false: nobody is. */
bool move_wake(struct step *s);
/* When that is looked for at the latest. */
#define MOVE_LATE_MS (10 * MINUTE_MS)
