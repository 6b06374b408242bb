/*
 * engine_internal.h: what the engine's own files share; nobody else includes it.
 *
 *   engine.c         the door: what an input means, sessions, timers
 *   engine_command.c HELP, STOP, SAFE, JOIN, MENU ...: what each does
 *   engine_state.c   the state table: one answer function and one screen function per state
 *   engine_course.c  moving along a course: units and modules, forward and back
 *   engine_quiz.c    answers, and what follows a quiz, a test, the survey
 *   pace.c           what is sent without being asked for, and when
 *   recall.c         old questions again
 *   catch.c          missed modules in short
 *   courses.c        several courses, one after the other
 *   engine_text.c    filling in texts
 *   group.c          group codes
 *   check.c          what a certificate's code stands for
 *   shared.c         several people on one number
 *   lead.c           a facilitator and the group
 *   self.c           what learners decide of themselves: MY DATA, consents, LEAVE, ASK
 *   hands.c          the quiz by show of hands, and people without a phone
 *   desk.c           what a coordinator orders by a command
 *   correct.c        mistakes in a published course
 *
 * One engine_step is one struct step. `learner` points at outcome.next, which starts as a copy; the
 * only way to change its state is step_enter.
 */
#pragma once

#include "core/engine/engine.h"
#include "core/question.h"

struct step {
    const struct courses *courses;
    const struct course *course; /* in the language in which all of this step is said */
    const struct course *base;   /* the same in its own language */
    const struct engine_context *context;
    const struct input *input;
    struct arena *arena;
    struct outcome *out;
    struct learner *learner; /* &out->next */
    struct str readings[2];  /* the input, normalised: whole, and its first line (or absent) */
    struct str norm;         /* the reading that is looked at */
    char lang[LEARNER_LANG_BYTES]; /* whose keywords count; "" = all */
    struct command_match match;    /* the command that the reading is, if any */
    struct str argument;           /* what stands behind the command that runs */
    bool is_left_out_first;        /* see step_say_if_room() */
    bool is_known;                 /* it was answered that the number is the same person's */
    bool is_who_unknown;           /* shared phone: it is asked who is learning */
    enum err error;
};

/* engine_text.c */

struct var {
    const char *name;
    struct str value;
};

#define VARS(...)                                                                                  \
    (const struct var[])                                                                           \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, STR_NONE                                                                         \
        }                                                                                          \
    }
#define NO_VARS                                                                                    \
    (const struct var[])                                                                           \
    {                                                                                              \
        {                                                                                          \
            NULL, STR_NONE                                                                         \
        }                                                                                          \
    }

/* A system text of the course with its placeholders filled in; vars ends with name NULL. What the
 * context knows (org, url, code, voice, cost, contact) needs no var; one of that name goes before.
 */
struct str step_text(const struct step *s, enum course_text text, const struct var *vars);
struct str step_number(const struct step *s, int64_t value);
/* Whom to ask: the contact, or the organisation's name. */
struct str step_contact(const struct step *s);
/* Two lines; one where the other is empty. */
struct str step_lines(const struct step *s, struct str first, struct str second);
/* Adds to the reply, behind a form feed when there is one already; step_say_screen what step_screen
 * makes, which comes last. */
void step_say(struct step *s, struct str text);
void step_say_screen(struct step *s);
/* Does it fit behind what is said already, by SMS: two parts, three in UCS-2? */
bool step_has_room(const struct step *s, struct str screen);
/* As step_say; on a USSD screen that has no room for it and what follows it is left out. */
void step_say_if_room(struct step *s, struct str text);
/* A question as it goes to the phone: numbered stem, options, and by SMS the keys to press. */
struct str step_question(const struct step *s, const struct unit *unit);
/* The same of a module that is nobody's place, as its n-th; it ends with the key for BACK. */
struct str step_question_alone(const struct step *s, const struct unit *unit, uint32_t n);
/* The numbered options of a question, one a line. */
struct str step_options(const struct step *s, const struct question *question);
struct str step_lesson(const struct step *s, const struct unit *unit, uint8_t screen);
/* "M3, lesson 2" of the place behind any side state. */
struct str step_place(const struct step *s);

/* engine_state.c */

/* What must stand in learner.unit. */
enum state_unit { STATE_UNIT_NONE, STATE_UNIT_ANY, STATE_UNIT_LESSON, STATE_UNIT_QUESTION };

/* Where along the course a state lies: before it, at the unit, behind the unit's module, after. */
enum state_progress { PROGRESS_BEFORE, PROGRESS_AT_UNIT, PROGRESS_MODULE_DONE, PROGRESS_AFTER };

/* A row acts: to add a state, a name in core/learner.h and a row in state.c. A function that a
 * state does not need is left out; the comment says what happens then. */
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
/* The learner's value and the table, or the course and the value, do not fit together: the step
 * ends with ERR_INVALID, and so does this one dialog. */
void step_fail(struct step *s);
/* The one setter. A move that the table does not allow fails the step. */
void step_enter(struct step *s, enum learner_state state);
/* The first question behind consent and language. */
void step_begin_role(struct step *s);
/* The present screen; sets the time of asking where a question is open. */
struct str step_screen(struct step *s);
/* Enters a side state, which remembers where it came from. */
void step_enter_side(struct step *s, enum learner_state side);
/* Leaves a side state for where it came from; elsewhere does nothing. */
void step_leave_side(struct step *s);
/* Adds an event; fails the step when there is no room, which no row of the table can bring about.
 */
struct event *step_event(struct step *s, enum event_kind kind);

/* engine_course.c */

/* The learner's language from here on, where this module (-1: none) is there in it: what stands
 * around a module is said in the language of the module. */
void step_use_module(struct step *s, int module);

const struct unit *step_unit(const struct step *s);
void step_set_unit(struct step *s, const struct unit *unit);
/* The first module; BACK; a block of questions. Each says its screen. */
void course_begin(struct step *s);
void course_back(struct step *s);
/* Does BACK lead anywhere? */
bool course_has_back(const struct step *s);
void course_begin_questions(struct step *s, enum learner_state state, int16_t module);
/* First unit at or behind index i of the module that this learner is to see: answered quiz
 * questions and questions whose condition does not hold are passed over. NULL at its end. */
const struct unit *course_due_from(const struct step *s, const struct module *module, uint16_t i);
/* The same, questions only. */
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

/* versions.c */

/* The version with the same lessons and better words that is begun now; else the same. */
const struct course *versions_patched(const struct courses *courses, const struct course *course);
/* Between two modules: on to the version that is begun now, unless its first number is another. */
void versions_move(struct step *s);
/* What stands at the end of a module where the next major version is offered; absent: nothing. */
struct str versions_offer(const struct step *s);
/* Takes the offer. */
bool versions_answer(struct step *s);

/* courses.c */

/* The list of courses that this learner may begin; is there one, and texts to say it? */
struct str courses_screen(const struct step *s);
bool courses_answer(struct step *s);
bool courses_has_more(const struct step *s);
/* Begins a course, or says why not now. */
void engine_choose_course(struct step *s, const struct course *course);
/* The keyword of a course, among courtesy; false when it is none. */
bool engine_course_word(struct step *s, struct str word);
/* The certificates of courses before. */
void courses_say_certificates(struct step *s);

/* engine_quiz.c */

bool bits_get(const uint8_t *bits, uint16_t i);
void bits_set(uint8_t *bits, uint16_t i);

/* Is this answer right? What is said to it. */
bool course_is_right(const struct question *q, const struct answer_match *answer);
void course_say_feedback(struct step *s, const struct question *q,
                         const struct answer_match *answer, bool is_right);
/* The answer to the question on the screen: false when the input is none. */
bool course_answer(struct step *s);
bool course_role_answer(struct step *s);
/* The certificate that the learner has. */
void course_say_certificate(struct step *s);
/* CERT and a PIN; false: it is something else. */
bool course_pin_certificate(struct step *s);
/* Those of single modules, at first made where must_make says so; false: there are none. */
bool course_say_module_certificates(struct step *s, bool must_make);
/* What follows the last question of a block. */
void course_finish_role(struct step *s);
void course_finish_pretest(struct step *s);
void course_finish_posttest(struct step *s);
/* Enough was right in some try, and there is no certificate; makes it, and says so. */
bool course_is_certificate_due(const struct step *s);
void course_certify(struct step *s, bool is_said);
void course_finish_survey(struct step *s);
void course_finish_followup(struct step *s);
/* For a question of accepted words: whatever else was typed, and is no command, is a wrong answer.
 */
bool course_answer_other(struct step *s);
/* Skips the question on the screen. */
void course_skip(struct step *s);
void course_role_skip(struct step *s);
/* Position of a question among the questions of its module, from 1, and their number. */
void course_count(const struct course *course, const struct unit *unit, uint32_t *ret_n,
                  uint32_t *ret_of);
/* Right answers and scored questions answered in a module; module NULL = the whole course. */
void course_tally(const struct step *s, const struct module *module, uint32_t *ret_right,
                  uint32_t *ret_answered);
/* Number of course modules that are behind the learner, and the present one (0 = none). */
uint16_t course_modules_done(const struct step *s, uint16_t *ret_now);
/* Module list of menu 2. */
struct str course_module_lines(const struct step *s);

/* check.c */

/* CHECK: asks for the code, or says what it stands for. */
void check_ask(struct step *s);
/* CHECK and a code, wherever somebody is; a code alone. False: neither. */
bool check_try(struct step *s);
bool check_try_alone(struct step *s);
/* From a number that we do not know: answered without getting to know it. */
bool check_pass(struct step *s);
struct str check_screen(const struct step *s);
bool check_answer(struct step *s);

/* move.c: a place goes to another number */

/* MOVE: a code for that; with a code behind it, as CHECK. */
void move_run(struct step *s);
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
#define MOVE_LATE_MS (10 * 60 * (int64_t)1000)

/* group.c */

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
/* pace.c */

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
/* The learner has done something: whoever is quiet from now on is so anew. */
void pace_heard(struct step *s);
/* "When will you learn?", once; then the course begins. */
void pace_ask_plan(struct step *s);
struct str pace_plan_screen(const struct step *s);
bool pace_plan_answer(struct step *s);
void pace_skip_plan(struct step *s);
/* A week without pushes, twice. */
void pace_pause(struct step *s);
/* A push may come to who names no time any more, or does so again. */
void pace_agree(struct step *s, bool is_given);
bool pace_is_agreed(const struct step *s);

/* recall.c */

/* An old question behind the quiz of a module; false: there is none to ask. */
bool recall_begin(struct step *s, const struct module *module);
/* A round of n questions behind the end, after the text `invite`. */
void recall_begin_round(struct step *s, uint8_t n, enum course_text invite);
/* Was any scored question ever answered? */
bool recall_has_any(const struct step *s);
void recall_finish(struct step *s);
/* A round that was asked for; elsewhere than behind the end the present screen. */
void recall_refresh(struct step *s);
/* Which of how many the present question is. */
void recall_count(const struct step *s, uint32_t *ret_n, uint32_t *ret_of);

/* catch.c */

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

/* lead.c */

struct str lead_screen(const struct step *s);
struct str lead_pin_screen(const struct step *s);
struct str lead_nudge_screen(const struct step *s);
struct str lead_pace_screen(const struct step *s);
struct str lead_pause_screen(const struct step *s);
bool lead_answer(struct step *s);
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

/* hands.c */

/* The quiz of a module, which the whole group answers. */
void hands_begin(struct step *s, const struct module *module);
struct str hands_screen(const struct step *s);
bool hands_answer(struct step *s);
/* The answers of people without a phone, from their facilitator; false: it is no such message. */
bool engine_batch(struct step *s);

/* shared.c */

/* As it is shown, in capitals; and may it be one? */
struct str shared_shown_nickname(const struct step *s, struct str name);
bool shared_is_nickname(struct str name);
/* The one of this id is who is learning; false: there is none on this number. */
bool shared_become(struct step *s, const uint8_t learner_id[16]);
/* May a PIN be tried now? Says how long to wait where not. */
bool shared_may_try(struct step *s);
/* Is this it? Counts the tries. */
bool shared_is_pin(struct step *s, const uint8_t *salt, const uint8_t *hash);

struct str shared_who_screen(const struct step *s);
struct str shared_nickname_screen(const struct step *s);
struct str shared_pin_screen(const struct step *s);
struct str shared_locked_screen(const struct step *s);
bool shared_who_answer(struct step *s);
bool shared_nickname_answer(struct step *s);
bool shared_pin_answer(struct step *s);
/* Half an hour of silence by SMS: nobody knows who writes. Before anything is understood. */
void shared_hear(struct step *s);
/* Answers while it is not known who writes, or the PIN is missing; false: it is known. */
bool shared_gate(struct step *s);
/* The same where the number dials or calls. */
bool shared_dial(struct step *s);
bool shared_call(struct step *s);
void shared_switch(struct step *s);
/* Nothing came from the number for so long that it may be somebody else's: nothing is pushed to it,
 * and nothing personal said before that was asked. */
bool shared_is_doubtful(const struct step *s);
/* Asks; false: there is no doubt. */
bool shared_doubt(struct step *s);
/* Is the PIN missing of who learns? Not where somebody new is asked for a name. */
bool shared_is_locked(const struct step *s);
/* Has it a PIN? */
bool shared_has_pin(const struct learner *learner);
/* Does a person fit onto the number beside those who stay? */
bool shared_has_room(const struct step *s);
/* Who learns is this person from here on, who came from another number. Whoever learned here and
 * agreed to something stays beside him or her; true: nobody is left in that place. */
bool shared_take_in(struct step *s, const struct learner *person);
/* STOP is for the number: the others leave as well. */
void shared_stop(struct step *s);
/* Nor are the others held any more, for what was disclosed until then. */
void shared_release(struct step *s);
/* Who is learning is forgotten; false: there is nobody else, whose place that were. */
bool shared_forget(struct step *s);
/* When something is due to anybody of this number, and to whom. */
int64_t shared_wake_ms(const struct step *s, uint32_t *ret_whose);
/* Makes who is due the one who is learning; false: nobody is. */
bool shared_take_due(struct step *s);
/* What is pushed says to whom. */
void shared_name_push(struct step *s);

/* Is somebody beside this one in the course? */
bool shared_has_other(const struct step *s);
/* Who is learning leaves the course alone, and it is asked who of the others goes on. */
void shared_leave(struct step *s);
/* Somebody on the number is in the course. */
bool shared_has_anybody(const struct step *s);

/* self.c */

struct str self_choices_screen(const struct step *s);
bool self_choices_answer(struct step *s);
struct str self_data_screen(const struct step *s);
bool self_data_answer(struct step *s);
void self_data_unknown(struct step *s);
struct str self_consents_screen(const struct step *s);
bool self_consents_answer(struct step *s);
struct str self_leaving_screen(const struct step *s);
bool self_leaving_answer(struct step *s);
void self_my_data(struct step *s);
void self_leave(struct step *s);
struct str self_ask_screen(const struct step *s);
bool self_ask_answer(struct step *s);
void self_ask(struct step *s);
/* CLAIM: the credential of the certificate, which people of the organisation sign, to an address.
 */
void self_claim(struct step *s);
/* Behind a module on USSD: its key message by SMS? Absent: it is not asked (again). */
struct str self_key_question(const struct step *s);
bool self_key_answer(struct step *s);
/* A module is behind the learner: its key message is due where that was agreed to. */
void self_end_module(struct step *s);
/* Counts the screens of a USSD session; the line that offers to go on by SMS, absent before there
 * were many; the key of it. */
void self_count_screen(struct step *s);
struct str self_sms_key(const struct step *s);
bool self_sms_answer(struct step *s);
/* Sends the SMS that is due; false: none is. */
bool self_send_due(struct step *s);
/* A person answers; who has left gets nothing. */
void self_answered(struct step *s);
/* Of a purpose, LEARNER_AGREED_: given, or refused and taken back. */
void self_agree(struct step *s, uint8_t purpose, bool is_given);
/* desk.c */

void engine_desk(struct step *s);

/* correct.c */

/* The question of a unit with the key that is in force. */
const struct question *correct_question(const struct step *s, const struct unit *unit);
void correct_desk(struct step *s);

/* engine.c */

/* When the timer must look at this learner again, 0 = not at all. */
int64_t engine_wake_ms(const struct step *s);
/* The learner is another one: the course that he or she is on; fails where that is not loaded. */
void engine_take_course(struct step *s);
/* Somebody new gets a pseudonym. */
void engine_meet(struct step *s);

/* engine_command.c */

/* Without a consent the number is forgotten after so long (docs/course-rules.md 1.6). */
#define ENGINE_CONSENT_KEPT_MS (7 * 24 * 3600 * (int64_t)1000)
/* A call is no word: it brings a number our question once in so many days, so we remember as long.
 */
#define ENGINE_CALL_KEPT_MS (30 * 24 * 3600 * (int64_t)1000)

/* Runs a command of core/match/command.h; false when it means nothing in this state. */
bool engine_command(struct step *s, const struct command_match *match);
/* What whoever disclosed harm is told. */
struct str engine_safe_text(const struct step *s);
/* STOPPED or DELETED: nothing that was not meant may bring anybody back. */
bool engine_has_left(const struct step *s);
/* The same of a command that JOIN alone could follow: an SMS stays without an answer, a screen says
 * what can be done. */
bool engine_stays_away(struct step *s);
bool engine_menu_answer(struct step *s);
void engine_join(struct step *s);
void engine_rejoin(struct step *s);
void engine_ask_consent(struct step *s);
void engine_stop(struct step *s);
void engine_safe(struct step *s, bool is_keyword);
/* The name of a case, by which people speak of it without a word of what it says. */
struct str engine_case_name(const struct step *s);
void engine_erase(struct step *s);
/* The same, and says so. */
void engine_erase_all(struct step *s);
/* Says what DELETE 1 would do. */
void engine_ask_erase(struct step *s);
/* Enters a side state and shows it. */
void engine_open_side(struct step *s, enum learner_state side);
/* Adds what follows an answer to HELP or SCORE: the open question again; for a lesson, which is
 * long and still on the phone, only how to go on. */
void step_say_interrupted(struct step *s);
