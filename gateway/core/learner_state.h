/*
 * learner_state.h: where a learner may be. What is seen and done there is the table of
 * core/engine/state.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The learner's states (docs/course-rules.md 1.2). Columns: byte as stored, which stays what it is;
 * name, as earlier versions stored it; side state (returns to `back`).
 */
#define LEARNER_STATES(X)                                                                          \
    X(NEW, 1, "new", false)           /* never joined */                                           \
    X(CONSENT, 2, "consent", false)   /* JOIN seen, 1 awaited; erased after 7 days */              \
    X(LANGUAGE, 3, "language", false) /* only where the course has several languages */            \
    X(ROLE, 4, "role", false)                                                                      \
    X(PRETEST, 5, "pretest", false)                                                                \
    X(PLAN, 6, "plan", false) /* when will you learn? */                                           \
    X(LESSON, 7, "lesson", false)                                                                  \
    X(QUIZ, 8, "quiz", false)                                                                      \
    X(MODULE_DONE, 9, "module_done", false)                                                        \
    X(POSTTEST, 10, "posttest", false)                                                             \
    X(RETAKE, 11, "retake", false)       /* below the pass mark, tries left */                     \
    X(CERTIFIED, 12, "certified", false) /* code shown, survey offered */                          \
    X(SURVEY, 13, "survey", false)                                                                 \
    X(DONE, 14, "done", false)                                                                     \
    X(FOLLOWUP, 15, "followup", false)                                                             \
    X(RECALL, 16, "recall", false) /* old questions again */                                       \
    X(CATCH, 17, "catch", false)   /* a missed module in short */                                  \
    X(CATCH_QUIZ, 18, "catch_quiz", false)                                                         \
    X(MENU, 19, "menu", true)                                                                      \
    X(MODULES, 20, "modules", true)                                                                \
    X(COURSES, 21, "courses", true)                                                                \
    X(SWITCH_LANGUAGE, 22, "switch_language", true)                                                \
    X(RESUME, 23, "resume", true) /* redial: 1 Continue 2 Menu */                                  \
    X(WHO, 24, "who", true)       /* shared phone: who is learning? */                             \
    X(NICKNAME, 25, "nickname", true)                                                              \
    X(SET_PIN, 26, "set_pin", true)                                                                \
    X(LEAD_PIN, 27, "lead_pin", true) /* a facilitator and the group */                            \
    X(CHECK, 28, "check", true)       /* a certificate's code is asked for */                      \
    X(MOVE, 29, "move", true)         /* shall a place come to this number? */                     \
    X(LEAD, 30, "lead", true)                                                                      \
    X(CHOICES, 31, "choices", true) /* what learners decide of themselves */                       \
    X(MY_DATA, 32, "my_data", true)                                                                \
    X(CONSENTS, 33, "consents", true)                                                              \
    X(LEAVING, 34, "leaving", true) /* the group, or the course? */                                \
    X(ASK, 35, "ask", true)         /* what is the message for a person? */                        \
    X(LEAD_NUDGE, 36, "lead_nudge", true)                                                          \
    X(LEAD_QUIZ, 37, "lead_quiz", true)                                                            \
    X(LEAD_PACE, 38, "lead_pace", true)                                                            \
    X(LEAD_PAUSE, 39, "lead_pause", true)                                                          \
    X(CERTIFICATE, 42, "certificate", true) /* on USSD: its PIN, its badge */                      \
    X(SHARE, 43, "share", true)             /* may the group's facilitator see the nickname? */    \
    X(STOPPED, 40, "stopped", false)                                                               \
    X(DELETED, 41, "deleted", false)

enum learner_state {
#define LEARNER_STATE_ENUM(name, stored, text, is_side) LEARNER_STATE_##name,
    LEARNER_STATES(LEARNER_STATE_ENUM)
#undef LEARNER_STATE_ENUM
        N_LEARNER_STATES
};

const char *learner_state_name(enum learner_state state);
bool learner_state_is_side(enum learner_state state);
/* As which it is stored. */
uint8_t learner_state_byte(enum learner_state state);
