/*
 * learner.h: everything the gateway remembers of one phone number between two messages, as one
 * small value: copied, compared, encoded to the bytes that Redis holds, never shared.
 *
 * Two parts. `link` belongs to the conversation (duplicates, USSD session), is written by
 * app/dialog only. The rest belongs to the course and is written by core/engine only. The codec is
 * versioned: a state is stored by a byte of its own, a unit by its name, so that the enums may be
 * reordered and old bytes stay readable; an unknown version or state is ERR_UNSUPPORTED, never a
 * guess.
 *
 * A member costs nothing while it is zero (base/record.h): a new one is a row at the end of ROWS
 * in learner_record.c.
 *
 * Budget: an encoded learner is at most LEARNER_MAX_BYTES and, where one person has the number,
 * typically below 110 bytes, and some 30 more once there is a last USSD reply. The first four bytes
 * are seq, big-endian, so that the store can compare it without knowing the rest.
 *
 * Longer than a header should be: one value, of which each member says what it means.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "core/course.h"
#include "core/learner_link.h"
#include "core/learner_state.h"

/* The version of the record that is written, and the one before, which hosts that were not upgraded
 * yet write and read: app/upgrade.h says which of them may be written. All up to the first are
 * read. */
#define LEARNER_RECORD 5u
#define LEARNER_RECORD_BEFORE 4u
#define LEARNER_MAX_BYTES 3456u
/* Up to five people may share a number, each with a record of his or her own. The one who is
 * learning now is the learner; the records of the others ride along in `others`, so that all of a
 * number is loaded and committed at once, and a number with one person pays nothing. */
#define LEARNER_MAX_PROFILES 5u
#define LEARNER_PROFILE_BYTES 592u  /* one record without link and others, and its length */
#define LEARNER_NICKNAME_BYTES 32   /* with NUL: ten letters of any script */
#define LEARNER_SLOT_AWAY UINT8_MAX /* of the number's owner before: never shown again */
#define LEARNER_PIN_SALT_BYTES 8
#define LEARNER_PIN_HASH_BYTES 16
#define LEARNER_LANG_BYTES 8 /* with NUL */
#define LEARNER_BITMAP_BYTES (COURSE_MAX_SCORED / 8)

/* Records of the others on this number, one behind the other. */
struct learner_others {
    uint16_t n_bytes;
    uint8_t bytes[(LEARNER_MAX_PROFILES - 1) * LEARNER_PROFILE_BYTES];
};

/* Courses that were finished before the present one, the oldest first. */
#define LEARNER_MAX_PAST 4u /* the oldest go; PostgreSQL has all */
struct learner_past {
    uint8_t n;
    struct learner_past_course {
        uint32_t course_key;
        uint64_t certificate; /* 0 = none */
    } list[LEARNER_MAX_PAST];
};

/* Certificates of modules of the present course that were asked for, in the order of asking. */
#define LEARNER_MAX_MODULES 8u
struct learner_modules {
    uint8_t n;
    struct learner_module {
        uint8_t number;
        uint64_t certificate;
    } list[LEARNER_MAX_MODULES];
};

struct learner {
    uint32_t seq; /* 0 = not stored yet; +1 with each commit */
    struct learner_link link;
    uint8_t
        learner_id[16]; /* random, the pseudonym in PostgreSQL; all zero before the first step */
    enum learner_state state;
    enum learner_state back;       /* where a side state or STOPPED returns to; of DELETED: STOPPED
                                      once STOP was confirmed */
    enum learner_state stopped_at; /* back of STOPPED, while a side state is open from there */
    uint8_t side_via;              /* enum via by which the side state was opened */
    char lang[LEARNER_LANG_BYTES];
    uint8_t role;               /* choice of the role question, 0 = skipped or not asked */
    uint32_t course_key;        /* pinned version, 0 before consent */
    char unit[COURSE_ID_BYTES]; /* unit that is on the screen, "" where the state has none */
    uint8_t screen;             /* of a lesson, from 0 */
    uint8_t n_unknown;          /* inputs in a row that were not understood */
    uint8_t n_idle;             /* inputs in a row that brought the same once more */
    uint8_t answered[LEARNER_BITMAP_BYTES]; /* scored questions answered, bit scored_index */
    uint8_t right[LEARNER_BITMAP_BYTES];    /* of these, right at the first attempt */
    uint8_t test_n;     /* questions answered in the running test, survey or follow-up */
    uint8_t test_right; /* of these right */
    uint8_t pre_right;  /* pre-test result */
    uint8_t post_first; /* first post-test result, for statistics */
    uint8_t post_best;  /* for the certificate */
    uint8_t post_tries;
    uint32_t n_answers;   /* all that were recorded, of tests and survey too: MY DATA */
    uint8_t last_choice;  /* answer to the last question with a successor condition (survey) */
    uint32_t cohort;      /* group code, 0 = in none */
    uint32_t led;         /* the group that is looked after from here, last; 0 = none */
    int64_t led_until_ms; /* its PIN was given; asked for again from then on */
    int64_t led_nudge_ms; /* when a message to it was ordered from here */
    uint8_t hands_module; /* number of the module whose quiz it plays by show of hands */
    uint8_t hands_n, hands_right; /* questions of it so far; right ones */
    int64_t nudged_ms;    /* the last message from the group's facilitator, as it was ordered */
    uint64_t certificate; /* 12 digits, 0 = none */
    struct learner_past past;
    struct learner_modules modules;
    int64_t consent_ms;   /* wall time, 0 = no consent */
    int64_t asked_ms;     /* when the present question was last sent (48 h rule) */
    int64_t completed_ms; /* the course was completed; 0 = not yet, or before this was kept */
    int64_t ended_ms;  /* end of the present wait: retake, follow-up, consent erasure; 0 = none */
    int64_t closed_ms; /* last SMS about a dropped USSD session: one a day at most */
    uint32_t void_before; /* what earlier steps said and still waits is not sent: STOP, LEAVE, a
                             disclosure; 0 = none */
    int64_t held_ms;      /* a disclosure that nobody has looked after yet: no push; 0 = none */
    bool is_child;        /* who disclosed it seems to be a child: no lesson before that either */
    bool is_psea;         /* it was a complaint about aid staff: others were told of it */
    uint8_t plan;         /* LEARNER_PLAN_: time of day for pushes, from 1; 0 = not asked */
    uint8_t reminded;     /* reminders of this quiet time, those withheld included */
    uint8_t n_pauses;
    uint8_t sent;          /* LEARNER_SENT_ */
    uint8_t agreed;        /* LEARNER_AGREED_, beside the course and the plan for reminders */
    uint8_t n_screens;     /* of this USSD session, and the one before */
    uint8_t due_sms;       /* module whose key message is to go, LEARNER_SMS_; 0 = none */
    uint8_t recall_module; /* number of the module that an old question ends; 0 = behind the end */
    uint8_t recall_left;   /* old questions left in a round, the present one included */
    uint8_t recalled[LEARNER_BITMAP_BYTES]; /* scored questions that came again */
    uint8_t catch_to;  /* number of the module that catching up leads to; 0 = nobody catches up */
    int64_t module_ms; /* when the present module was begun; behind it, when the next one opens */
    int64_t pushed_ms; /* the last message that nobody asked for */
    int64_t paused_ms; /* none until then */
    int64_t wrote_ms;  /* the first of n_wrote messages for a person, within a day */
    uint8_t n_wrote;
    char nickname[LEARNER_NICKNAME_BYTES]; /* of one of several on this number; "" = none */
    uint8_t slot; /* among them, 1..; 0 = the only one; LEARNER_SLOT_AWAY */
    uint8_t pin_salt[LEARNER_PIN_SALT_BYTES], pin_hash[LEARNER_PIN_HASH_BYTES]; /* zero = none */
    bool is_locked;                                                             /* PIN awaited */
    bool is_doubted;              /* quiet for so long that the number may be somebody else's */
    uint8_t n_pin_wrong;          /* in a row */
    int64_t pin_until_ms;         /* no PIN is taken before; 0 = any time */
    uint64_t move_code;           /* with which a place may come to this number; 0 = none */
    bool has_move_pin;            /* its PIN is asked for */
    uint8_t moving_to[16];        /* number that the place goes to, by its pseudonym */
    int64_t moving_ms;            /* since; 0 = it goes nowhere */
    struct learner_others others; /* of the same number */
};

#define LEARNER_PLAN_SKIPPED 9u
#define LEARNER_AGREED_SURVEY 1u    /* and research */
#define LEARNER_AGREED_SHARING 2u   /* the nickname, with the group's facilitator */
#define LEARNER_SMS_PLACE UINT8_MAX /* where the learner is: he or she goes on by SMS */
#define LEARNER_SMS_CLAIM 254u      /* the link to a badge */
#define LEARNER_REFUSED_SURVEY 4u   /* asked, and not wanted (any more) */
#define LEARNER_AGREED_KEYS 8u      /* key messages by SMS */
#define LEARNER_REFUSED_KEYS 16u
#define LEARNER_ASKED_KEYS 32u     /* on the screen behind this module */
#define LEARNER_AGREED_RESULTS 64u /* the organisation gets one's own results, not only counts */
#define LEARNER_NAMED_ALONE 128u   /* the nickname is asked for, and nobody else */
#define LEARNER_SENT_RETENTION 1u  /* the questions a month after the end */
#define LEARNER_SENT_FOLLOWUP 2u

/* A number nobody has written from. */
void learner_init(struct learner *learner);
/* Appends the value as LEARNER_RECORD or LEARNER_RECORD_BEFORE has it. ERR_TOO_LONG when out's
 * ceiling is below it. */
enum err learner_encode(const struct learner *learner, uint8_t version, struct buf *out) MUST_CHECK;
/* ERR_INVALID for bytes that no version wrote, ERR_UNSUPPORTED for a version or state name that
 * this program does not know; *ret is untouched then. */
enum err learner_decode(struct str bytes, struct learner *ret) MUST_CHECK;

/* The version of encoded bytes; 0: of none. */
uint8_t learner_record_of(struct str bytes);

/* Appends what of `before` is different in `after`, without seq and link. */
void learner_put_change(const struct learner *before, const struct learner *after, struct buf *out);
/* Makes the learner what he or she was before. ERR_INVALID, ERR_UNSUPPORTED as in decode; *learner
 * is then half changed. */
enum err learner_undo_change(struct str change, struct learner *learner) MUST_CHECK;

/* How many others share the number. */
uint32_t learner_n_others(const struct learner *learner);
/* The i-th of them, with seq and link of the number and no others of its own. ERR_INVALID: there is
 * none, or its record cannot be read. */
enum err learner_other(const struct learner *learner, uint32_t i, struct learner *ret) MUST_CHECK;
/* Puts a person there instead (i below learner_n_others), or behind the last. ERR_FULL: five are
 * enough; ERR_TOO_LONG: the record is too long; nothing has changed then. */
enum err learner_set_other(struct learner *learner, uint32_t i,
                           const struct learner *person) MUST_CHECK;
void learner_remove_other(struct learner *learner, uint32_t i);

/* Nobody has met this number, or everything of it was erased. */
bool learner_is_nobody(const struct learner *learner);
/* After STOP, or in a side state that was opened from there. */
bool learner_has_stopped(const struct learner *learner);
/* True once consent was given and neither STOP nor DELETE followed. */
bool learner_is_enrolled(const struct learner *learner);
