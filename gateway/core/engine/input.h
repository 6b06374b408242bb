/*
 * input.h: what comes in at the engine's door (engine.h), time and chance included.
 */
#pragma once

#include "base/clock.h"
#include "core/certificate.h"
#include "core/learner.h"

enum via { VIA_SMS, VIA_USSD, VIA_CALL };

enum input_kind {
    INPUT_TEXT,        /* an SMS, or the answer to a USSD screen */
    INPUT_DIAL,        /* a new USSD session; text = what was dialled behind the code, mostly "" */
    INPUT_SESSION_END, /* the network closed a session that we had left open */
    INPUT_TIMER,       /* the outcome.wake_at_ms of a step has come */
    INPUT_CALL,        /* a missed call: joins, or goes on; what it brings is said by SMS */
    INPUT_RELEASE,     /* somebody has looked after what was disclosed up to held_until */
    INPUT_ANSWER,      /* a person answers what was asked: text */
    INPUT_DESK,        /* a coordinator's command is about this number: desk */
};

enum desk_act {
    DESK_INVITE,  /* the consent text, where nobody knows the number; else nothing */
    DESK_MOVE,    /* into a group, 0: into none; says nothing */
    DESK_ERASE,   /* as DELETE 1; says nothing */
    DESK_TELL,    /* a message to many, as any push: only where one may go now; else nothing */
    DESK_CODE,    /* a code with which the place can be brought to another number */
    DESK_GIVE,    /* the place is brought to the number `to`: it holds still until it is there */
    DESK_CORRECT, /* a unit had an error: the scores at once, the message where one may go now */
    DESK_OWNER,   /* an operator says whose the number is, as outcome.asks_operator asked */
};

struct desk_order {
    enum desk_act act;
    uint8_t learner_id[16]; /* whom of the number it is about; DESK_INVITE: nobody yet */
    uint32_t cohort;
    struct str lang; /* DESK_INVITE: that the texts come in, where they are offered in it */
    struct str text; /* DESK_TELL; DESK_CORRECT: id of the unit */
    uint64_t code;   /* DESK_CODE */
    uint8_t to[16];  /* DESK_GIVE: pseudonym of that number */
    /* DESK_CORRECT: its course, its right options (bit n = option n), and by these: the first
     * answer in the quiz was right; right answers in the pre-test, in the first and in the best
     * post-test that came to its end, in the one that is running. All as of the step seq: later
     * nothing. */
    struct str course;
    uint32_t seq; /* DESK_OWNER, too */
    bool is_same; /* DESK_OWNER: nobody else got the number since its last word */
    uint16_t options;
    bool is_right;
    uint8_t pre_right, post_first, post_best, running_right;
    uint8_t role; /* DESK_INVITE: and the answer to the role question, which is not asked then; 0 =
                     it is */
};

/* Of a badge's link: nothing in it is mistaken for another letter. */
#define ENGINE_CLAIM_ALPHABET "abcdefghijkmnpqrstuvwxyz23456789"
#define ENGINE_CLAIM_LETTERS 16u

/* What a code stands for, once somebody has looked (outcome.check_code). */
enum check_result {
    CHECK_UNASKED,
    CHECK_FOUND,
    CHECK_NOT_FOUND,
    CHECK_LATER, /* too many were asked for */
    CHECK_MOVE,  /* it is no certificate: with it somebody comes to this number */
};

struct code_check {
    uint64_t code; /* that was looked for */
    enum check_result result;
    struct certificate found;     /* CHECK_FOUND */
    const struct learner *moving; /* CHECK_MOVE: who, as he or she is on the number `from` */
    uint8_t from[16];             /* its pseudonym */
};

/* A place goes from one number to another (core/engine/move.c). What the old number and the new one
 * have to know of each other is asked and answered like a code: the step is done again. */
enum move_act {
    MOVE_NOTHING,
    MOVE_GIVE, /* the old number shall hold the place still for this one */
    MOVE_LOOK, /* has the place arrived on that number? */
};

struct move_ask {
    enum move_act act;
    uint8_t number_id[16]; /* of the other number */
    uint8_t learner_id[16];
};

enum move_answer { MOVE_UNASKED, MOVE_YES, MOVE_NO };

struct input {
    enum input_kind kind;
    enum via via;
    struct str text; /* UTF-8 as decoded by the profile; invalid bytes are tolerated */
    struct wall_ms now;
    /* All of what the learner is at, the side screen that was opened by this via, else the place,
     * stood on the phone before this came (app/shown.h). */
    bool is_shown;
    /* DELETE was said, and the learner is where it was said: DELETE 1 answers it (app/shown.h). */
    bool is_erase_asked;
    struct wall_ms held_until; /* INPUT_RELEASE */
    struct desk_order desk;    /* INPUT_DESK */
    struct code_check check;   /* of a step that is done again, as its outcome asked for */
    enum move_answer moved;    /* likewise */
    uint8_t seed[32]; /* from a CSPRNG: learner id, then certificate code or the name of a case */
};
