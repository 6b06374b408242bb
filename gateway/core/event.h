/*
 * event.h: what happened to a learner, as facts for PostgreSQL: made by the engine, carried by the
 * event log (event_record.h), taken in by sink_ingest, which is idempotent by (learner, seq, n).
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

/* One step makes at most this many. */
#define EVENTS_MAX 8u

/*
 * name as in JSON and SQL; below, the members that it uses beyond n and kind. (Which of them are
 * learning actions, docs/course-rules.md 3.1, core.is_learning_action says in SQL.)
 *
 *   contact            first inbound message of a number
 *   consent_asked      the consent text was sent
 *   consented          to the course; the enrolment starts
 *   language_set       text = language code
 *   role_set           choice (0 = skipped)
 *   lesson_read        unit, value = screen: the learner went on past it
 *   answered           unit, phase, choice or text or value, correct (quiz and test), attempt;
 *                      text is "1,3" where several options may be chosen
 *   module_completed   unit = module id, value = right, attempt = scored questions; phase catchup
 *                      where the module was caught up on
 *   course_completed   all required modules and the post-test
 *   certified          code (12 digits), value = score in percent, text = what anybody is told
 *                      who has the code (core/certificate.h)
 *   certificate_pinned the holder chose a PIN for it: code and text as of certified
 *   module_certified   the same of one module: unit = its id, value = right answers in percent
 *   survey_started / survey_declined / survey_completed
 *   followup_sent / followup_completed
 *   session_opened / session_resumed / session_dropped    USSD
 *   stopped            value 1 = LEAVE: others on the number go on; choice = EVENT_STOPPED_*:
 *                      it was no STOP, and no opt-out (docs/course-rules.md 3.2, H1)
 *   rejoined / erased
 *   safe_raised        text = sealed message (hex), never plain; value 1 = keyword, 2 = word list;
 *                      code = the name under which people look after it (10 digits), and behind
 *                      commas what it seems to be about: ",psea" or ",suicide", ",child"
 *   asked              text = a message to the organisation, sealed (hex); code likewise
 *   safe_released      somebody has: messages that nobody asked for go on
 *   agreed             a consent beside that to the course: text = purpose, choice = 1 given, 0 not
 *   planned            choice = 1 morning, 2 midday, 3 evening, 0 = skipped
 *   paused             a week without messages
 *   reminded / reminder_withheld   unit = where the learner is, value = quiet days (2, 5, 12): a
 *                      reminder went, or was drawn not to (docs/course-rules.md 3.2 R1), now
 *   unknown_input      text, masked: digit runs of 6 and more become #
 *   group_joined / group_left      code = that of the group
 *   nudged / group_paced / group_paused    by its facilitator: code = the group, choice = which
 *                      message; 1 weekly 2 open 3 dates; value = days of rest from today, 0 = none
 *   group_answered     the group's answer by show of hands: code, unit, choice, correct
 *   group_entered      of somebody without a phone: code, unit = module, text = "ANA 2 3 1 2",
 *                      value = right, attempt = questions
 *   moved              from another number, whose pseudonym is code (hex); text = whoever had begun
 *                      here without agreeing to anything, whose place it takes
 *   corrected          unit, text = its course: a question that had a wrong key, or a lesson with
 *                      an error; choice 1 = the learner was told, 0 = has left, and was not
 *   number_checked     its operator was asked before a push: choice 1 = it is still the same
 *                      person's, 0 = somebody else has it now
 *   helped / menu_opened / scored                         commands, for T3 and usability
 */
#define EVENT_KINDS(X)                                                                             \
    X(contact)                                                                                     \
    X(consent_asked)                                                                               \
    X(consented)                                                                                   \
    X(agreed)                                                                                      \
    X(language_set)                                                                                \
    X(role_set)                                                                                    \
    X(lesson_read)                                                                                 \
    X(answered)                                                                                    \
    X(module_completed)                                                                            \
    X(course_completed)                                                                            \
    X(certified)                                                                                   \
    X(survey_started)                                                                              \
    X(survey_declined)                                                                             \
    X(survey_completed)                                                                            \
    X(followup_sent)                                                                               \
    X(followup_completed)                                                                          \
    X(session_opened)                                                                              \
    X(session_resumed)                                                                             \
    X(session_dropped)                                                                             \
    X(stopped)                                                                                     \
    X(rejoined)                                                                                    \
    X(erased)                                                                                      \
    X(safe_raised)                                                                                 \
    X(safe_released)                                                                               \
    X(asked)                                                                                       \
    X(planned)                                                                                     \
    X(paused)                                                                                      \
    X(reminded)                                                                                    \
    X(reminder_withheld)                                                                           \
    X(unknown_input)                                                                               \
    X(helped)                                                                                      \
    X(menu_opened)                                                                                 \
    X(scored)                                                                                      \
    X(group_joined)                                                                                \
    X(group_left)                                                                                  \
    X(nudged)                                                                                      \
    X(group_paced)                                                                                 \
    X(group_paused)                                                                                \
    X(group_answered)                                                                              \
    X(group_entered)                                                                               \
    X(moved)                                                                                       \
    X(module_certified)                                                                            \
    X(certificate_pinned)                                                                          \
    X(corrected)                                                                                   \
    X(number_checked)

enum event_kind {
#define EVENT_ENUM(name) EVENT_##name,
    EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
        N_EVENT_KINDS
};

/* Which questions an answer belongs to: "quiz", "pretest", "posttest", "survey", "followup",
 * "recall", "catchup". */
enum event_phase {
    EVENT_PHASE_NONE,
    EVENT_PHASE_QUIZ,
    EVENT_PHASE_PRETEST,
    EVENT_PHASE_POSTTEST,
    EVENT_PHASE_SURVEY,
    EVENT_PHASE_FOLLOWUP,
    EVENT_PHASE_RECALL,  /* old questions again, of any module */
    EVENT_PHASE_CATCHUP, /* of a module that was read in short only */
};

#define EVENT_PHASE_LAST EVENT_PHASE_CATCHUP

#define EVENT_STOPPED_PASSED_ON 1 /* the number is somebody else's now */
#define EVENT_STOPPED_DECLINED 2  /* "No, thanks" to the course */

#define EVENT_ABSENT INT32_MIN /* for choice, value, attempt, correct */

struct event {
    enum event_kind kind;
    enum event_phase phase;
    struct str unit; /* absent when it does not apply; so are the members below */
    struct str text;
    struct str code;
    int32_t choice; /* 1.. */
    int32_t value;
    int32_t attempt;
    int32_t correct; /* 0, 1 or EVENT_ABSENT */
};

/* An event with every optional member absent. */
struct event event_make(enum event_kind kind);
const char *event_kind_name(enum event_kind kind);
const char *event_phase_name(enum event_phase phase);
/* "0123abcd-..." form of 16 bytes; dst has 37 bytes. */
void event_uuid(const uint8_t bytes[16], char dst[37]);
