/*
 * course.h: moving along a course (course.c), between its versions (versions.c), to the next
 * course (courses.c).
 */
#pragma once

#include "core/engine/step.h"

/* ---- course.c ---- */

/* The first module; BACK; a block of questions. Each says its screen. */
void course_begin(struct step *s);
void course_back(struct step *s);
/* Does BACK lead anywhere? */
bool course_has_back(const struct step *s);
void course_begin_questions(struct step *s, enum learner_state state, int16_t module);
/* First question at or behind index i of the module that this learner is to see: answered quiz
 * questions and questions whose condition does not hold are passed over. NULL at its end. */
const struct unit *course_due_question(const struct step *s, const struct module *module,
                                       uint16_t i);
/* On past the unit on the screen: the next due one of its module, or what finishes its block. */
void course_advance(struct step *s);
void course_finish_module(struct step *s);
/* NEXT in a lesson, behind a module, before another try. */
void course_next_screen(struct step *s);
void course_next_module(struct step *s);
void course_try_retake(struct step *s);

/* The module behind the present one; NULL behind the last. */
const struct module *course_module_after(const struct step *s);
/* The one of this number; NULL: there is none. */
const struct module *course_module_numbered(const struct step *s, uint16_t number);
/* Its first unit. */
void course_begin_module(struct step *s, const struct module *module);
/* The module is behind the learner; the same, and says so. */
void course_end_module(struct step *s);
void course_complete_module(struct step *s);

/* Which of the questions of its module a unit is, or of its lessons (stories are counted, as on the
 * screen), from 1, and how many there are. Of questions that stand in for each other one counts. */
void course_count(const struct course *course, const struct unit *unit, uint32_t *ret_n,
                  uint32_t *ret_of);
/* Right answers and scored questions answered in a module; module NULL = the whole course. */
void course_tally(const struct step *s, const struct module *module, uint32_t *ret_right,
                  uint32_t *ret_answered);
/* Number of course modules that are behind the learner, and the present one (0 = none). */
uint16_t course_modules_done(const struct step *s, uint16_t *ret_now);
/* Module list of menu 2. */
struct str course_module_lines(const struct step *s);

/* ---- versions.c ---- */

/* The version with the same lessons and better words that is begun now; else the same. */
const struct course *versions_patched(const struct courses *courses, const struct course *course);
/* Between two modules: on to the version that is begun now, unless its first number is another. */
void versions_move(struct step *s);
/* What stands at the end of a module where the next major version is offered; absent: nothing. */
struct str versions_offer(const struct step *s);
/* Takes the offer. */
bool versions_answer(struct step *s);

/* ---- courses.c ---- */

/* The list of courses that this learner may begin; is there one, and texts to say it? */
struct str courses_screen(const struct step *s);
bool courses_answer(struct step *s);
bool courses_has_more(const struct step *s);
/* The keyword of a course, among courtesy; false when it is none. */
bool engine_course_word(struct step *s, struct str word);
/* The course that begins with this word; NULL: none. */
const struct course *courses_find_word(const struct step *s, struct str word);
/* The certificates of courses before. */
void courses_say_certificates(struct step *s);
