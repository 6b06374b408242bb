/*
 * pace.h: what is sent without being asked for (pace.c), when the learner wants that
 * (plan.c), what goes by SMS for who learns by USSD (copy.c).
 */
#pragma once

#include "core/engine/step.h"

/* ---- pace.c ---- */

/* A module is begun; is behind the learner: when the next one opens follows. */
void pace_begin_module(struct step *s);
void pace_end_module(struct step *s);
/* The next module has a date, which is still to come: NEXT waits for it. */
bool pace_is_closed(const struct step *s);
/* Number of the module in which the group is today, or by the weeks since the learner began; 0:
 * each goes at a pace of his or her own. */
uint16_t pace_module_now(const struct step *s);
/* "Tue 18:00": when the next module comes by itself; absent: it does not. */
struct str pace_opening(const struct step *s);
/* Of a slot, "Tue 18:00" (with the date where it is not near); else of a day, "Tue 8 Dec". */
struct str pace_when(const struct step *s, int64_t ms, bool is_slot);
/* Wall time at which something is due to be sent, 0 = never. */
int64_t pace_wake_ms(const struct step *s);
/* Sends it, where it is due now. */
void pace_push(struct step *s);
/* Says this, where a push may go now and none went today. */
void pace_tell(struct step *s, struct str text);
/* What everybody in the course must know, agreed to reminders or not. False: no message may go now.
 */
bool pace_notify(struct step *s, struct str text, const char *purpose);
/* Whatever keeps anybody on this number waiting is no further ahead than it can be by this clock.
 */
void pace_mend_times(struct step *s);
/* The learner has done something: whoever is quiet from now on is so anew. */
void pace_heard(struct step *s);
bool pace_is_agreed(const struct step *s);

/* ---- plan.c ---- */

/* "When will you learn?", once; then the course begins. */
void plan_ask(struct step *s);
struct str plan_screen(const struct step *s);
bool plan_answer(struct step *s);
void plan_skip(struct step *s);
/* A push may come to who names no time any more, or does so again. */
void plan_agree(struct step *s, bool is_given);
#define PLAN_PAUSE_MS (7 * DAY_MS)
#define PLAN_PAUSES 2
#define PLAN_LONGEST_PAUSE_MS (PLAN_PAUSES * PLAN_PAUSE_MS)
/* A week without pushes, twice. */
void plan_pause(struct step *s);
/* No push before. */
int64_t plan_paused_until_ms(const struct step *s);

/* ---- copy.c ---- */

/* Behind a module on USSD: its key message by SMS? Absent: it is not asked (again). */
struct str copy_question(const struct step *s);
bool copy_answer(struct step *s);
/* A module is behind the learner: its key message is due where that was agreed to. */
void copy_end_module(struct step *s);
/* Counts the screens of a USSD session; the line that offers to go on by SMS, absent before there
 * were many; the key of it. */
void copy_count_screen(struct step *s);
struct str copy_sms_key(const struct step *s);
bool copy_sms_answer(struct step *s);
/* Sends the SMS that is due; false: none is. */
bool copy_send_due(struct step *s);
