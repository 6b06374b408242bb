/*
 * event.h: what happened to a learner, as facts for PostgreSQL. Made by the engine, carried by the
 * events stream, taken in by core.ingest(jsonb), which is idempotent by (learner_id, seq, n).
 *
 * One committed step makes one envelope; its JSON is the contract between this file and sql/:
 *
 *   {"type":"step","number_id":"<32 hex>","learner_id":"<uuid>","seq":7,
 *    "at":"2026-11-24T07:37:40.123Z","channel":"at","via":"sms","network":"63902",
 *    "course":"children-on-the-move","version":"1.0.0","lang":"en","country":"KE",
 *    "state":"<hex of the learner value>","due":"2026-11-26T07:37:40.123Z",
 *    "vault":{"key_id":1,"nonce":"<24 hex>","ciphertext":"<hex>"},       only when `consented`
 *    "events":[{"n":0,"kind":"answered","unit":"m1q1","phase":"quiz","choice":3,
 *               "correct":true,"attempt":1}]}
 *
 * Members that do not apply are left out, empty texts too. The sender writes a second type, see
 * app/outbox/outbox.h, and fronts a third, what providers report of deliveries, see app/report.h:
 *   {"type":"message", ...}
 *   {"type":"report", ...}
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

/* One step makes at most this many. */
#define EVENTS_MAX 8u

/*
 * name as in JSON and SQL, is it a learning action (COURSE.md 3.1), members used beyond n and kind.
 *   contact            first inbound message of a number
 *   consent_asked      the consent text was sent
 *   consented          1: purpose course; the enrolment starts
 *   language_set       text = language code
 *   role_set           choice (0 = skipped)
 *   lesson_read        unit, value = screen: the learner went on past it (lesson_next)
 *   answered           unit, phase, choice or text or value, correct (quiz and test), attempt;
 *                      text is "1,3" where several options may be chosen
 *   module_completed   unit = module id, value = right, attempt = scored questions
 *   course_completed   all required modules and the post-test
 *   certified          code (12 digits), value = score in percent
 *   survey_started / survey_declined / survey_completed
 *   followup_sent / followup_completed
 *   session_opened / session_resumed / session_dropped    USSD
 *   stopped / rejoined / erased
 *   safe_raised        text = sealed message (hex), never plain; value 1 = keyword, 2 = word list
 *   unknown_input      text, masked: digit runs of 6 and more become #
 *   helped / menu_opened / scored                         commands, for T3 and usability
 */
#define EVENT_KINDS(X)                                                                             \
    X(contact, false)                                                                              \
    X(consent_asked, false)                                                                        \
    X(consented, false)                                                                            \
    X(language_set, false)                                                                         \
    X(role_set, false)                                                                             \
    X(lesson_read, true)                                                                           \
    X(answered, true)                                                                              \
    X(module_completed, false)                                                                     \
    X(course_completed, false)                                                                     \
    X(certified, false)                                                                            \
    X(survey_started, false)                                                                       \
    X(survey_declined, false)                                                                      \
    X(survey_completed, false)                                                                     \
    X(followup_sent, false)                                                                        \
    X(followup_completed, false)                                                                   \
    X(session_opened, false)                                                                       \
    X(session_resumed, false)                                                                      \
    X(session_dropped, false)                                                                      \
    X(stopped, false)                                                                              \
    X(rejoined, false)                                                                             \
    X(erased, false)                                                                               \
    X(safe_raised, false)                                                                          \
    X(unknown_input, false)                                                                        \
    X(helped, false)                                                                               \
    X(menu_opened, false)                                                                          \
    X(scored, false)

enum event_kind {
#define EVENT_ENUM(name, is_learning_action) EVENT_##name,
    EVENT_KINDS(EVENT_ENUM)
#undef EVENT_ENUM
        N_EVENT_KINDS
};

/* Which questions an answer belongs to: "quiz", "pretest", "posttest", "survey", "followup". */
enum event_phase {
    EVENT_PHASE_NONE,
    EVENT_PHASE_QUIZ,
    EVENT_PHASE_PRETEST,
    EVENT_PHASE_POSTTEST,
    EVENT_PHASE_SURVEY,
    EVENT_PHASE_FOLLOWUP,
};

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

struct event_envelope {
    const uint8_t *number_id;  /* 16 bytes */
    const uint8_t *learner_id; /* 16 bytes */
    uint32_t seq;
    struct wall_ms at;
    struct str channel, via, network, course, version, lang, country;
    struct str state;                         /* encoded learner; absent when erased */
    struct wall_ms due_at;                    /* next timer, as in store_commit; ms 0 = none */
    uint16_t vault_key_id;                    /* 0 = no vault member */
    struct str vault_nonce, vault_ciphertext; /* raw bytes */
    const struct event *events;
    uint32_t n_events;
};

/* An event with every optional member absent. */
struct event event_make(enum event_kind kind);
const char *event_kind_name(enum event_kind kind);
bool event_is_learning_action(enum event_kind kind);
const char *event_phase_name(enum event_phase phase);
/* Appends the JSON above, one line. */
void event_envelope_json(const struct event_envelope *envelope, struct buf *out);
/* One event as `kind member=value ...` in the order unit phase choice correct attempt value code
 * text: the form that .talk files use. */
void event_line(const struct event *event, struct buf *out);
/* "0123abcd-..." form of 16 bytes; dst has 37 bytes. */
void event_uuid(const uint8_t bytes[16], char dst[37]);
