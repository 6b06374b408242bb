/*
 * learner_state.h: where a learner may be. What is seen and done there is the table of
 * core/engine/state.h.
 */
#pragma once

#include <stdbool.h>

/*
 * The learner's states (docs/course-rules.md 1.2). Columns: name as stored, side state (returns to
 * `back`).
 */
#define LEARNER_STATES(X)                                                                          \
    X(NEW, "new", false)           /* never joined */                                              \
    X(CONSENT, "consent", false)   /* JOIN seen, 1 awaited; erased after 7 days */                 \
    X(LANGUAGE, "language", false) /* only where the course has several languages */               \
    X(ROLE, "role", false)                                                                         \
    X(PRETEST, "pretest", false)                                                                   \
    X(PLAN, "plan", false) /* when will you learn? */                                              \
    X(LESSON, "lesson", false)                                                                     \
    X(QUIZ, "quiz", false)                                                                         \
    X(MODULE_DONE, "module_done", false)                                                           \
    X(POSTTEST, "posttest", false)                                                                 \
    X(RETAKE, "retake", false)       /* below the pass mark, tries left */                         \
    X(CERTIFIED, "certified", false) /* code shown, survey offered */                              \
    X(SURVEY, "survey", false)                                                                     \
    X(DONE, "done", false)                                                                         \
    X(FOLLOWUP, "followup", false)                                                                 \
    X(RECALL, "recall", false) /* old questions again */                                           \
    X(CATCH, "catch", false)   /* a missed module in short */                                      \
    X(CATCH_QUIZ, "catch_quiz", false)                                                             \
    X(MENU, "menu", true)                                                                          \
    X(MODULES, "modules", true)                                                                    \
    X(COURSES, "courses", true)                                                                    \
    X(SWITCH_LANGUAGE, "switch_language", true)                                                    \
    X(RESUME, "resume", true) /* redial: 1 Continue 2 Menu */                                      \
    X(WHO, "who", true)       /* shared phone: who is learning? */                                 \
    X(NICKNAME, "nickname", true)                                                                  \
    X(SET_PIN, "set_pin", true)                                                                    \
    X(LEAD_PIN, "lead_pin", true) /* a facilitator and the group */                                \
    X(CHECK, "check", true)       /* a certificate's code is asked for */                          \
    X(MOVE, "move", true)         /* shall a place come to this number? */                         \
    X(LEAD, "lead", true)                                                                          \
    X(CHOICES, "choices", true) /* what learners decide of themselves */                           \
    X(MY_DATA, "my_data", true)                                                                    \
    X(CONSENTS, "consents", true)                                                                  \
    X(LEAVING, "leaving", true) /* the group, or the course? */                                    \
    X(ASK, "ask", true)         /* what is the message for a person? */                            \
    X(LEAD_NUDGE, "lead_nudge", true)                                                              \
    X(LEAD_QUIZ, "lead_quiz", true)                                                                \
    X(LEAD_PACE, "lead_pace", true)                                                                \
    X(LEAD_PAUSE, "lead_pause", true)                                                              \
    X(STOPPED, "stopped", false)                                                                   \
    X(DELETED, "deleted", false)

enum learner_state {
#define LEARNER_STATE_ENUM(name, stored, is_side) LEARNER_STATE_##name,
    LEARNER_STATES(LEARNER_STATE_ENUM)
#undef LEARNER_STATE_ENUM
        N_LEARNER_STATES
};

const char *learner_state_name(enum learner_state state);
bool learner_state_is_side(enum learner_state state);
