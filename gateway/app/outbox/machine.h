/*
 * machine.h: the life of one message in the sender's hands, as a table like the dialog's: what
 * happened, in which state, leads where, and what is done there (machine.c; the picture is in
 * gateway/app/README.md).
 *
 * A move that is not in the table is a mistake of ours. It is counted and logged, and ends this
 * one message: "failed", or "unknown" when its request was on its way; never the process.
 */
#pragma once

#include "app/outbox/gate.h"
#include "app/outbox/internal.h"
#include "app/shown.h"
#include "port/store/stream.h"

/* name; whether it is begun: draining waits for it; whether it is on its way out: it has a place
 * among those in flight to the provider. */
#define OUTBOX_STATES(X)                                                                           \
    X(WAITING, false, false)  /* behind an earlier message of its phone */                         \
    X(CHOOSING, false, false) /* its channel; asks for the number where routes decide */           \
    X(QUEUED, false, false)   /* the gate of its channel says when */                              \
    X(DELAYED, false, false)  /* comes again after a while */                                      \
    X(NUMBERING, true, true)  /* the number is asked for */                                        \
    X(TOKEN, true, true)      /* the provider's access token is asked for */                       \
    X(CAPPING, true, true)    /* a unit of its prefix's limit is asked for */                      \
    X(MARKING, true, true)    /* the store notes that the request is about to leave */             \
    X(SENDING, true, true)    /* the request is out */                                             \
    X(CLEARING, true, false)  /* nothing was sent: the mark is taken back */                       \
    X(STOPPING, true, false)  /* who opted out, or whose number it is, is being put on disk */     \
    X(SETTLING, true, false)  /* the outcome is known, the store is told */                        \
    X(HOLDING, true, false)   /* and will be told again */                                         \
    X(BROKEN, true, false)    /* a move that cannot be: ends when the ports have answered */       \
    X(DONE, false, false)

enum outbox_state {
#define OUTBOX_STATE_ENUM(name, is_begun, is_out) OUTBOX_STATE_##name,
    OUTBOX_STATES(OUTBOX_STATE_ENUM)
#undef OUTBOX_STATE_ENUM
        N_OUTBOX_STATES
};

#define OUTBOX_EVENTS(X)                                                                           \
    X(TURN)      /* no earlier message of its phone is left */                                     \
    X(CHANNEL)   /* it has a channel */                                                            \
    X(GO)        /* the gate lets it go */                                                         \
    X(NUMBER)    /* its number is known, and its country served */                                 \
    X(TOKEN)     /* there is one, or none is needed */                                             \
    X(CAP)       /* there was room */                                                              \
    X(MARK)      /* it is marked, by us */                                                         \
    X(AGAIN)     /* certainly not sent, and may be tried again */                                  \
    X(CLEARED)   /* the mark is gone, or we know better than it */                                 \
    X(OPTED_OUT) /* says the provider; or the operator whose number it is */                       \
    X(STOPPED)   /* that is on disk */                                                             \
    X(OVER)      /* the outcome is known */                                                        \
    X(AWAY)      /* a port could not; nothing has happened */                                      \
    X(SETTLED)   /* the store knows */                                                             \
    X(GONE)      /* it was settled before, or somebody else has its bucket */                      \
    X(LOST)      /* its bucket is not ours any more, and it is not begun */                        \
    X(DUE)       /* the time is over */                                                            \
    X(RETURNED)  /* no port has anything of it any more */

enum outbox_event {
#define OUTBOX_EVENT_ENUM(name) OUTBOX_EVENT_##name,
    OUTBOX_EVENTS(OUTBOX_EVENT_ENUM)
#undef OUTBOX_EVENT_ENUM
        N_OUTBOX_EVENTS
};

/* One message in hand. */
struct outbox_job {
    struct outbox *owner;
    TAILQ_ENTRY(outbox_job) lane;
    TAILQ_ENTRY(outbox_job) queue; /* in QUEUED and TOKEN */
    enum outbox_state state;
    struct buf payload; /* message borrows from it */
    struct message message;
    struct store_entry entry; /* id lies in entry_id */
    char entry_id[48];
    struct outbox_channel *channel; /* NULL until it is chosen */
    struct timer *timer;            /* made when it is first needed */
    int64_t not_before_ms;          /* monotonic; of DELAYED */
    uint32_t n_calls;               /* ports that have yet to call back */
    int64_t posted_ms;              /* monotonic, of the last request */
    uint32_t token_n;               /* the access token that it had */
    uint32_t n_attempts;            /* requests made, those that were throttled not counted */
    bool is_counted;                /* under the limit of its prefix */
    bool is_sent;                   /* a provider took it */
    bool is_same;                   /* of a question: the number is the same person's */
    bool is_shown;                  /* all of a text: shown tells of it */
    struct shown_note shown;
    struct buf report; /* the id that its reports will have; empty: none are expected */
    bool is_pinned;    /* its provider has answered an attempt: no other may send it */
    struct buf number; /* E.164, wiped with the job */
    struct buf event;  /* set once the outcome is known */
};

/* ---- machine.c ---- */

/* In the end of what a function does: the job may be gone afterwards. */
void outbox_happen(struct outbox_job *job, enum outbox_event event);
/* Nothing has happened; again after a while. */
void outbox_away(struct outbox_job *job, int64_t delay_ms);
/* First in every callback of a port. True: nobody waits for this response any more, return. */
bool outbox_is_late(struct outbox_job *job);
/* Lets go of what is not begun and of a bucket that is not ours any more. */
void outbox_let_go(struct outbox *o);
/* Copies the entry. ERR_CONFLICT: it is in hand already; else as message_decode. */
enum err outbox_job_take(struct outbox *o, const struct store_entry *entry) MUST_CHECK;
void outbox_job_free(struct outbox_job *job);

const char *outbox_state_name(enum outbox_state state);
const char *outbox_event_name(enum outbox_event event);
/* Where it leads; N_OUTBOX_STATES: it cannot happen. */
enum outbox_state outbox_move(enum outbox_state state, enum outbox_event event);
/* The table as a Mermaid diagram. */
void outbox_diagram(struct buf *out);

/* ---- prepare.c: what the machine's moves do before the mark ---- */

void outbox_choose(struct outbox_job *job);
void outbox_need_number(struct outbox_job *job);
void outbox_need_token(struct outbox_job *job);
void outbox_need_cap(struct outbox_job *job);

/* ---- attempt.c: and from the mark on ---- */

void outbox_mark(struct outbox_job *job);
void outbox_post(struct outbox_job *job);
void outbox_clear(struct outbox_job *job);
void outbox_stop(struct outbox_job *job);
void outbox_settle(struct outbox_job *job);
/* The outcome is known: makes the event, counts, logs. provider_id and error may be absent. */
void outbox_conclude(struct outbox_job *job, enum message_status status, struct str provider_id,
                     struct str error);
/* The same, and OVER. */
void outbox_finish(struct outbox_job *job, enum message_status status, struct str error);
