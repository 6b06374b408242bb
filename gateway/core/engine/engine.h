/*
 * engine.h: the one door of the course. Pure, total, deterministic: same arguments, same bytes out;
 * time and chance are data; any byte string from a phone has an answer.
 *
 *     struct outcome out;
 *     enum err e = engine_step(&courses, &context, &learner, &input, arena, &out);
 *
 * Only what was shown counts (docs/course-rules.md 1.2 rule 11): an answer, a consent, a skip,
 * NEXT, by SMS also BACK, are taken for what input.is_shown says, else the present screen is said
 * again and nothing is recorded. The order in which an input is understood is
 * docs/course-rules.md 1.3.4: STOP, SAFE (the word, or a disclosure in other words), HELP, DELETE
 * 1, answer valid in this state, command, near miss, unknown. HELP, SCORE, SAFE answer and leave
 * the place alone; MENU, LANG and a redial are side states that return to it.
 *
 * A reply is one text. A form feed in it is a good place to turn the page: core/gsm/gsm.h makes it
 * a line end in an SMS and a preferred cut in USSD. What stands before a vertical tab is left out
 * on a USSD screen that cannot hold it and the rest. Splitting, folding and sending are not done
 * here.
 */
#pragma once

#include "base/arena.h"
#include "core/cohort.h"
#include "core/courses.h"
#include "core/engine/input.h"
#include "core/event.h"
#include "core/schedule.h"

/* Is that person of this number (NULL: any of them) on the way to another number (move.c)? What is
 * ordered about him or her now would be lost there, or undone. */
bool engine_is_moving(const struct learner *learner, const uint8_t *learner_id);

/* What surrounds a course: from configuration, per channel and country. */
struct engine_context {
    struct str course;    /* id of the one that a bare JOIN starts here; absent: the first */
    struct str org;       /* who runs the course */
    struct str url;       /* details and certificate check */
    struct str code;      /* USSD dial string, or the SMS number where there is none */
    struct str voice;     /* number where a missed call is NEXT; absent: there is none */
    struct str claim_url; /* a badge is had behind it, and a token; absent: people send it */
    struct str cost;      /* what an SMS costs the learner, a sentence; absent: nothing is said */
    struct str contact;   /* a person who helps, and how to reach him or her; absent: nobody is */
    struct str emergency; /* absent: text_emergency_none */
    struct str helpline;  /* absent: the contact, without it the organisation (org) */
    struct str crisis;    /* line for who may take his or her life; absent: none is known */
    struct str psea; /* who takes complaints about aid staff, apart from them; absent: nobody */
    struct str
        staffed; /* "Mon-Fri 18:00" when a trained person reads SAFE; absent: nobody is promised */
    const uint8_t *number_id; /* pseudonym of the number, 16 bytes; NULL: nobody leads a group */
    const struct cohorts *cohorts; /* NULL: there are no groups */
    uint32_t quiet_days; /* a number that was quiet for so long may be somebody else's; 0 = never */
    bool has_operator;   /* whose it is can be asked there (docs/course-rules.md 5) */
    /* Of a PIN of four digits, salted; slow on purpose, but bounded. NULL: there are no PINs. */
    void (*hash_pin)(const uint8_t salt[LEARNER_PIN_SALT_BYTES], struct str pin,
                     uint8_t ret[LEARNER_PIN_HASH_BYTES]);
    /* Pushes: what is sent without being asked for, docs/course-rules.md 1.2 rule 3. */
    const struct zone *zone;   /* of the learner's country; NULL = UTC */
    uint8_t days_off;          /* bit 0 = Sunday ... */
    uint32_t reminder_holdout; /* one in so many reminders is withheld; 0 = none */
};

/* What stands on the phone once the reply is there. */
enum outcome_shows {
    OUTCOME_SHOWS_OTHER,  /* nothing that takes an answer */
    OUTCOME_SHOWS_KEYS,   /* the keys of what was there before: an answer to that is taken */
    OUTCOME_SHOWS_SCREEN, /* the present screen, at the end of the reply */
};

struct outcome {
    struct learner next; /* seq and link are copied from the input learner: app/dialog sets them */
    struct str reply;    /* in the arena; absent = say nothing */
    enum outcome_shows shows;
    bool has_moved; /* to another unit, screen of a lesson, or state; side states are no move */
    bool is_open;   /* USSD: the session goes on after the reply */
    bool is_erase_asked; /* says what DELETE 1 would do; kept for the inputs that follow */
    uint8_t gone[16];    /* is_gone: who that is */
    bool is_gone;   /* the events are of somebody who is forgotten, has left, or was due and is told
                       nothing; next is another person */
    bool is_erased; /* state and vault row must go; next is a DELETED tombstone */
    bool is_passing;      /* CHECK from a number that we do not know: it gets its answer and is not
                             known afterwards either */
    uint64_t check_code;  /* somebody must look what it stands for, and do the step again with
                             input.check; 0 = no. Stays set in that second outcome */
    bool has_check_pin;   /* a PIN is tried with it: of one code, not often */
    struct move_ask move; /* the other number must be asked; as check_code */
    struct str claim;     /* token of a link to the badge of claim_code; absent: none was given */
    uint64_t claim_code;
    uint64_t made_code; /* with it the place of made_for can be brought to another number; 0 = none
                           was made */
    uint8_t made_for[16];
    struct str
        sealed_text; /* a disclosure, or a message for a person, to be sealed; absent: none */
    struct event events[EVENTS_MAX];
    uint32_t n_events;
    /* others on the number who left by the same STOP, or by somebody new who has it now */
    uint8_t also[LEARNER_MAX_PROFILES][16];
    uint32_t n_also;
    int64_t wake_at_ms;    /* wall time of the next INPUT_TIMER; 0 = none */
    bool is_wake_kept;     /* it is what it was before */
    bool asks_operator;    /* a push would be due, but for who has the number: DESK_OWNER answers */
    const char *purpose;   /* of a push: "reminder", "course", "recall", "followup",
                              "nudge", "broadcast"; NULL = none */
    int64_t push_until_ms; /* INPUT_TIMER: the reply must not leave later */
};

/* ERR_OK; ERR_NOT_FOUND when the learner's course version is not loaded; ERR_INVALID when the value
 * names a place that this version does not have, or a move that the table of states does not allow
 * was tried: one learner's error, never everybody's crash; ERR_TOO_LONG when the arena is too
 * small. STOP is obeyed without version and place, where any course is loaded. On error *ret is
 * undefined and the learner stays where he or she was. */
enum err engine_step(const struct courses *courses, const struct engine_context *context,
                     const struct learner *learner, const struct input *input, struct arena *arena,
                     struct outcome *ret) MUST_CHECK;

/* The learner's course, or the one that new learners of this channel start, in the language in
 * which the learner reads it where he or she is. NULL: that version is not loaded. */
const struct course *engine_course(const struct courses *courses, struct str of_channel,
                                   const struct learner *learner);

/* For a page: what is said of a code as its digits were typed, and of what somebody found. */
struct str engine_check_words(const struct course *course, const struct engine_context *context,
                              struct str digits, const struct code_check *check,
                              struct arena *arena);

/* Would engine_step take this text for a STOP, wherever somebody is? */
bool engine_is_stop(const struct course *course, struct str text, struct arena *arena);

struct engine_screen {
    struct str text; /* in the arena */
    bool is_open;    /* the session may go on */
};

/* The screen that the learner is at, without moving anything: for an old duplicate. Errors as of
 * engine_step, except that no state is refused. */
enum err engine_screen(const struct courses *courses, const struct engine_context *context,
                       const struct learner *learner, enum via via, struct arena *arena,
                       struct engine_screen *ret) MUST_CHECK;

/* Does BACK lead anywhere from where the learner is? Where not, no key for it is shown. */
bool engine_has_back(const struct course *course, const struct learner *learner);

/* The state table as a Mermaid diagram, for gateway/core/README.md and its test. */
void engine_diagram(struct buf *out);
