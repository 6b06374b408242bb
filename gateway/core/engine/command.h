/*
 * command.h: what commands do (command.c), joining and coming back (join.c), what a text means
 * (understand.c), and what of the door (engine.c) is called from behind it.
 */
#pragma once

#include "core/engine/step.h"

/* ---- engine.c ---- */

/* When the timer must look at this learner again, 0 = not at all. */
int64_t engine_wake_ms(const struct step *s);
/* The learner is another one: the course that he or she is on; fails where that is not loaded. */
void engine_take_course(struct step *s);
/* Somebody new gets a pseudonym. */
void engine_meet(struct step *s);

/* ---- understand.c ---- */

/* A text of the learner. */
void understand_text(struct step *s);
/* Normalises what came in, in all its readings. */
void understand_read(struct step *s);
/* Is one of them a STOP, in this course's words, or of the course by its name? */
bool understand_is_stop(const struct step *s, const struct course *course);

/* Counts a text of which nothing came but the same question once more; false: so many have come in
 * a row that an SMS gets no answer any more. */
bool understand_nothing(struct step *s);
/* It was not understood: which of the three texts about that is due (docs/course-rules.md 1.2
 * rule 10). */
enum course_text understand_excuse(struct step *s);

/* The same, and then the screen once more behind the reason. */
void understand_ask_again(struct step *s, enum course_text why);

/* The question that the learner is asked right now; NULL elsewhere, and in side states. */
const struct question *understand_question(const struct step *s);
/* Is that one that any text answers? */
bool understand_takes_any_text(const struct step *s);
/* Is the text, to the letter, an answer to what is asked? It is no alarm then. */
bool understand_is_typed(const struct step *s);

/* STOPPED or DELETED: nothing that was not meant may bring anybody back. */
bool engine_has_left(const struct step *s);

/* ---- mood.c ---- */

/* Kind words are no answer and no wish, and nothing that we should not have understood. A question
 * stands again without a word about it; elsewhere they are answered in kind, and how to go on. */
void mood_thank(struct step *s);
/* The same where the text is nothing but kind words. true: answered. */
bool mood_try_thanks(struct step *s);
/* Who has no time, does not see what to do, or thinks to be through: at a question a word about it
 * (docs/course-rules.md 1.2 rule 10). true: answered. */
bool mood_try(struct step *s);

/* ---- several.c ---- */

/* Two commands in one message; false: it is no such, or none of them matters more. */
bool several_try(struct step *s);

/* ---- safe.c ---- */

/* What whoever disclosed harm is told. */
struct str engine_safe_text(const struct step *s, enum safe_kind about);
void engine_safe(struct step *s, bool is_keyword);
/* The name of a case, by which people speak of it without a word of what it says. */
struct str engine_case_name(const struct step *s);

/* ---- command.c ---- */

/* Is it for whoever this is? After STOP few are. */
bool engine_is_for(const struct step *s, enum command command);
/* Runs a command of core/match/command.h; false when it means nothing in this state. */
bool engine_command(struct step *s, const struct command_match *match);
/* The same of a command that JOIN alone could follow: an SMS stays without an answer, a screen says
 * what can be done. */
bool engine_stays_away(struct step *s);
bool engine_menu_answer(struct step *s);
void engine_stop(struct step *s);
/* Of an erased number: STOP, and what comes behind it. False: whoever writes begins anew. */
bool tombstone_take(struct step *s);
/* A command's word of a language chooses it, where no other was chosen and the course is offered in
 * it (docs/course-rules.md 6.1). of_word: as in struct command_match. */
void engine_take_language(struct step *s, const char *of_word);
void engine_erase(struct step *s);
/* The same, and says so. */
void engine_erase_all(struct step *s);
/* Says what DELETE 1 would do. */
void engine_ask_erase(struct step *s);
/* The same on the screen after STOP. */
void engine_ask_erase_left(struct step *s);
/* Enters a side state and shows it. */
void engine_open_side(struct step *s, enum learner_state side);
/* Adds what follows an answer to HELP or SCORE: the open question again; for a lesson, which is
 * long and still on the phone, only how to go on. */
void step_say_interrupted(struct step *s);
/* The same. By SMS HELP and a long question would be three SMS: then it is the question's keys
 * again, where all of it was shown before (docs/course-rules.md 1.2 rule 1). */
void step_say_asked_again(struct step *s);

/* ---- join.c ---- */

/* Without a consent the number is forgotten after so long (docs/course-rules.md 1.6). */
#define ENGINE_CONSENT_KEPT_MS (7 * DAY_MS)
/* A call is no word: it brings a number our question once in so many days, so we remember as long.
 */
#define ENGINE_CALL_KEPT_MS (30 * DAY_MS)

void join_course(struct step *s);
void join_again(struct step *s);
void join_ask_consent(struct step *s);

/* The first question behind consent and language. */
void join_begin_role(struct step *s);

struct str join_consent_screen(const struct step *s);
bool join_consent_answer(struct step *s);
void join_consent_unknown(struct step *s);
void join_new_unknown(struct step *s);
struct str join_language_screen(const struct step *s);
bool join_language_answer(struct step *s);
bool join_switch_language_answer(struct step *s);
/* Goes on in the language of this name, in its own script, or code: "francais", "fr". said is
 * normalised, or absent. False: the course has none such. */
bool join_named_language(struct step *s, struct str said);
struct str join_role_screen(const struct step *s);
