/*
 * machine.h: the states of a dialog and what may happen in each, as one table. What they mean
 * stands in dialog.h.
 */
#pragma once

#include <stddef.h>

/* It waits in QUEUED, LOADING, CHECKING, SAVING and SPOOLING, each with a deadline. */
#define DIALOG_STATES(X)                                                                           \
    X(NONE) X(QUEUED) X(LOADING) X(STEPPING) X(CHECKING) X(SAVING) X(SPOOLING) X(DONE)

enum dialog_state {
#define DIALOG_STATE_ENUM(name) DIALOG_STATE_##name,
    DIALOG_STATES(DIALOG_STATE_ENUM)
#undef DIALOG_STATE_ENUM
        N_DIALOG_STATES
};

/* What may happen to a dialog. */
#define DIALOG_EVENTS(X)                                                                           \
    X(TURN)     /* it is this dialog's turn */                                                     \
    X(BEHIND)   /* it is its turn, but older messages lie in the spool */                          \
    X(LOADED)   /* state and last reply are there */                                               \
    X(STEPPED)  /* a commit is ready */                                                            \
    X(ASKED)    /* somebody must look what a code stands for */                                    \
    X(CHECKED)  /* somebody has */                                                                 \
    X(STALE)    /* what this process remembered does not do for this one */                        \
    X(REPEAT)   /* handled before */                                                               \
    X(NOTHING)  /* there is nothing to do */                                                       \
    X(BROKEN)   /* state unreadable, too long */                                                   \
    X(MISSING)  /* the learner's course version is not loaded (yet) */                             \
    X(SAVED)    /* on disk */                                                                      \
    X(CONFLICT) /* the state had moved */                                                          \
    X(AWAY)     /* store or spool cannot, or not in time, or the state moved too often */          \
    X(SPOOLED)  /* on disk in the spool */                                                         \
    X(DEADLINE) /* the time is over */

enum dialog_event {
#define DIALOG_EVENT_ENUM(name) DIALOG_EVENT_##name,
    DIALOG_EVENTS(DIALOG_EVENT_ENUM)
#undef DIALOG_EVENT_ENUM
        N_DIALOG_EVENTS
};

/* How it ended; names as in the log. */
#define DIALOG_OUTCOMES(X)                                                                         \
    X(NONE, "none")                                                                                \
    X(STEPPED, "stepped")                                                                          \
    X(REPEAT, "repeat")   /* answered, nothing moved */                                            \
    X(NOTHING, "nothing") /* nothing to do, nothing to say */                                      \
    X(SPOOLED, "spooled") /* an SMS that waits for the store */                                    \
    X(BUSY, "busy")       /* USSD: dial again in a minute */                                       \
    X(FAILED, "failed")   /* not taken: the provider must try again */                             \
    X(BROKEN, "broken")   /* an SMS from the spool that cannot be handled now, while others can */

enum dialog_outcome {
#define DIALOG_OUTCOME_ENUM(name, words) DIALOG_OUTCOME_##name,
    DIALOG_OUTCOMES(DIALOG_OUTCOME_ENUM)
#undef DIALOG_OUTCOME_ENUM
        N_DIALOG_OUTCOMES
};

/* The table differs by what came in: an SMS, a USSD request, something of our own (an SMS from the
 * spool, a due time). */
enum dialog_kind { DIALOG_KIND_SMS, DIALOG_KIND_USSD, DIALOG_KIND_REPLAY, N_DIALOG_KINDS };

struct dialog_row {
    enum dialog_state state;
    enum dialog_event event;
    struct {
        enum dialog_state state;     /* NONE: cannot happen to this kind */
        enum dialog_outcome outcome; /* when that is DONE */
    } to[N_DIALOG_KINDS];
};

const struct dialog_row *dialog_rows(size_t *ret_n);
const char *dialog_state_name(enum dialog_state state);
const char *dialog_event_name(enum dialog_event event);
