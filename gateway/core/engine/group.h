/*
 * group.h: learning in groups: codes (group.c), facilitators (lead.c), the quiz by show of
 * hands and people without a phone (hands.c).
 */
#pragma once

#include "core/engine/step.h"

/* ---- group.c ---- */

/* The group that the learner is in; NULL: in none, or one that is not known (any more). */
const struct cohort *step_cohort(const struct step *s);
/* JOIN with a group code, right or wrong, and what follows for who has not joined. */
void engine_join_group(struct step *s, struct str digits);
/* The same for JOIN's argument, for a code alone, for one that was dialled; false: there is none.
 */
bool engine_join_argument(struct step *s);
bool engine_group_code(struct step *s);
bool engine_dial_group(struct step *s);
/* The group code in the argument of GROUP; 0: there is none. */
uint32_t engine_group_argument(const struct step *s);
/* The consent was given. */
void engine_begin_group(struct step *s);

/* ---- lead.c ---- */

struct str lead_screen(const struct step *s);
struct str lead_pin_screen(const struct step *s);
struct str lead_nudge_screen(const struct step *s);
struct str lead_pace_screen(const struct step *s);
struct str lead_pause_screen(const struct step *s);
bool lead_answer(struct step *s);
/* A facilitator is in the middle of something, with the PIN given. */
bool lead_is_here(const struct step *s);
bool lead_pin_answer(struct step *s);
bool lead_nudge_answer(struct step *s);
bool lead_pace_answer(struct step *s);
bool lead_pause_answer(struct step *s);
void engine_group(struct step *s);
/* Does this number lead the group of that code? */
bool lead_may_lead(const struct step *s, uint32_t code);
/* The group, where its PIN was given lately; else NULL, and the PIN can be asked for. */
const struct cohort *lead_trusted(const struct step *s, uint32_t code);
void lead_ask_pin(struct step *s, uint32_t code);
/* Back to the figures; to their keys only, behind something else. */
void lead_show(struct step *s);
void lead_end_turn(struct step *s);
/* The module that the group's next meeting is about. */
const struct module *lead_topic(const struct step *s, const struct cohort *cohort);

/* ---- hands.c ---- */

/* The quiz of a module, which the whole group answers. */
void hands_begin(struct step *s, const struct module *module);
struct str hands_screen(const struct step *s);
bool hands_answer(struct step *s);
/* The answers of people without a phone, from their facilitator; false: it is no such message. */
bool engine_batch(struct step *s);
