/*
 * quiz.h: questions, and what follows a block of them: answers (quiz.c), the end of the course
 * (end.c), certificates (certify.c), old questions again (recall.c), missed modules in short
 * (catch.c).
 */
#pragma once

#include "core/engine/step.h"

/* ---- quiz.c ---- */

bool bits_get(const uint8_t *bits, uint16_t i);
void bits_set(uint8_t *bits, uint16_t i);

/* Is this answer right? What is said to it. */
bool course_is_right(const struct question *q, const struct answer_match *answer);
void course_say_feedback(struct step *s, const struct question *q,
                         const struct answer_match *answer, bool is_right);
/* The answer to the question on the screen: false when the input is none. */
bool course_answer(struct step *s);
/* For a question of accepted words: whatever else was typed, and is no command, is a wrong answer.
 */
bool course_answer_other(struct step *s);
bool course_role_answer(struct step *s);
/* The same in a sentence that begins with it, "teacher in a camp"; nothing else may be meant. */
bool course_role_in_words(struct step *s);
/* Skips the question on the screen. */
void course_skip(struct step *s);
void course_role_skip(struct step *s);

/* What follows the last question of a block. */
void course_finish_role(struct step *s);

/* ---- end.c ---- */

/* What follows the last question. */
void end_pretest(struct step *s);
void end_posttest(struct step *s);
void end_survey(struct step *s);
void end_followup(struct step *s);
/* The invitation to the survey, in this state; or the end where the course has none. */
void end_offer_survey(struct step *s, enum learner_state state);
struct str end_invite_screen(const struct step *s);
bool end_invite_answer(struct step *s);
struct str end_survey_screen(const struct step *s);
bool end_survey_answer(struct step *s);
void end_survey_skip(struct step *s);
struct str end_done_screen(const struct step *s);
bool end_done_answer(struct step *s);

/* ---- certify.c ---- */

/* The certificate that the learner has. */
void certify_say(struct step *s);
/* On USSD: it, and what can be done with it. */
struct str certify_screen(const struct step *s);
bool certify_answer(struct step *s);
/* CERT and a PIN; false: it is something else. */
bool certify_pin(struct step *s);
/* Those of single modules, at first made where must_make says so; false: there are none. */
bool certify_say_modules(struct step *s, bool must_make);
/* Enough was right in some try, and there is no certificate; makes it, and says so. */
bool certify_is_due(const struct step *s);
void certify_course(struct step *s, bool is_said);

/* Passed just now: says so, and goes on. */
void certify_passed(struct step *s);

/* ---- recall.c ---- */

/* An old question behind the quiz of a module; false: there is none to ask. */
bool recall_begin(struct step *s, const struct module *module);
/* A round of n questions behind the end, after the text `invite`. */
void recall_begin_round(struct step *s, uint8_t n, enum course_text invite);
/* Was any scored question ever answered? */
bool recall_has_any(const struct step *s);
void recall_finish(struct step *s);
/* NEXT at an old question: of a round behind the end the rest is left out. */
void recall_leave(struct step *s);
/* Is the learner's place in such a round? */
bool recall_is_round(const struct step *s);
/* A round that was asked for; elsewhere than behind the end the present screen. */
void recall_refresh(struct step *s);
/* Which of how many the present question is. */
void recall_count(const struct step *s, uint32_t *ret_n, uint32_t *ret_of);

/* ---- catch.c ---- */

/* Is the learner so far behind the group that a short way is offered? Alone it is there for who
 * asks. */
bool catch_is_offered(const struct step *s);
/* Begins the module in short, where the learner is catching up; false: its lessons come. */
bool catch_next(struct step *s, const struct module *module);
struct str catch_screen(const struct step *s);
void catch_go_on(struct step *s);
void catch_back(struct step *s);
void catch_finish(struct step *s);
void engine_catch(struct step *s);
