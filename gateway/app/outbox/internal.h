/*
 * outbox_internal.h: what the files of the sender's policy share.
 *
 * outbox.c           reads entries, keeps each phone's messages in order, begins and ends
 * outbox_prepare.c   number, channel, caps: what must be known before a message may go
 * outbox_channel.c   rates, queues, circuit breakers, fail-over: when and by whom it goes
 * outbox_token.c     access tokens of providers that want one
 * outbox_attempt.c   one attempt, from the mark to the outcome
 */
#pragma once

#include "app/outbox/outbox.h"

#define OUTBOX_RETRY_STORE_MS 500
#define OUTBOX_REPLIES_PER_PUSH 9u /* so that pushes go on while replies never end */

struct job;
typedef void job_fn(struct job *job);

/* One message in hand. */
struct job {
    struct outbox *owner;
    struct job *lane_next;  /* behind it on the same lane */
    struct job *queue_next; /* in a ready queue, the delayed list or one that waits for a token */
    struct buf payload;     /* message borrows from it */
    struct message message;
    struct store_entry entry; /* id lies in entry_id */
    char entry_id[48];
    struct outbox_channel *channel; /* NULL until it is chosen */
    struct timer *timer;            /* repeats a settle that the store did not take */
    job_fn *then;                   /* what follows once the number is known */
    uint32_t n_attempts;
    uint32_t n_marks;      /* times that the store was asked to mark it in this life */
    bool has_marked;       /* and it did */
    bool is_active;        /* counted in n_active of the outbox */
    bool is_in_flight;     /* and in n_in_flight of its channel */
    bool is_pinned;        /* its provider has answered an attempt: no other may send it */
    bool is_capped;        /* its unit of the prefix's cap is taken */
    int64_t not_before_ms; /* monotonic */
    struct buf number;     /* E.164, wiped with the job */
    struct buf event;      /* set once the outcome is known */
};

struct queue {
    struct job *head, *tail;
};

void outbox_queue_push(struct queue *q, struct job *job);
struct job *outbox_queue_pop(struct queue *q);

/* Messages per second, a burst of at most one second. */
struct outbox_rate {
    double per_s; /* 0 = no limit */
    double tokens;
    int64_t refilled_ms;
};

/*
 * The circuit of a channel:
 *
 *   CLOSED   messages go. OUTBOX_CIRCUIT_FAILURES in a row open it
 *   OPEN     none goes until the pause is over; those that have a way round take it
 *   PROBING  one is on its way: its outcome closes the circuit, or opens it for twice as long
 */
enum outbox_circuit { OUTBOX_CIRCUIT_CLOSED, OUTBOX_CIRCUIT_OPEN, OUTBOX_CIRCUIT_PROBING };

#define OUTBOX_CIRCUIT_FAILURES 5u
#define OUTBOX_CIRCUIT_FIRST_MS 2000
#define OUTBOX_CIRCUIT_MAX_MS 60000
#define OUTBOX_TOKEN_MAX_BYTES 8192u

struct outbox_token {
    struct buf text; /* empty = none; wiped */
    int64_t until_ms;
    bool is_asked;
    struct queue waiting;
};

/* What the sender keeps of one channel. */
struct outbox_channel {
    struct outbox *owner;
    const struct channel *channel;
    struct outbox_channel *fallback; /* NULL = none */
    struct queue ready[2];           /* replies and notices; pushes behind them */
    uint32_t n_jobs;                 /* in hand that are this channel's */
    uint32_t n_in_flight;
    uint32_t n_replies; /* in a row, while pushes wait */
    struct outbox_rate own;
    struct outbox_rate *account; /* shared with the other channels of the account; NULL = none */
    int64_t paused_until_ms;     /* monotonic; the provider asked for it */
    bool is_held;                /* an operator's pause */
    bool is_troubled;            /* the last attempt has to be repeated; said once in the log */
    enum outbox_circuit circuit;
    uint32_t n_failures; /* in a row */
    int64_t open_until_ms, open_ms;
    struct outbox_token token;
    uint64_t n_sent, n_failed, n_unknown;
};

struct lane {
    struct job *head, *tail;
};

struct outbox {
    struct outbox_ports ports;
    char consumer[64];
    uint8_t first, last;
    struct lane *lanes;
    struct outbox_channel channels[CONFIG_MAX_CHANNELS];
    struct outbox_rate accounts[CONFIG_MAX_CHANNELS];
    uint32_t turn; /* channel that goes first in this round */
    struct job *delayed;
    struct arena *arena;
    struct timer *timer; /* next token, pause end or delayed job */
    struct timer *read_timer;
    uint32_t n_jobs, n_active;
    bool is_recovering, is_reading, is_draining;
    bool is_pumping, is_pump_wanted; /* again, once the present one is through */
    outbox_on_idle *on_idle;
    void *idle_ctx;
};

/* ---- outbox.c ---- */

/* Monotonic. */
int64_t outbox_now_ms(struct outbox *o);
/* A port will call back about this job: draining waits for it. */
void outbox_set_active(struct job *job, bool is_active);
/* Back to its queue at job->not_before_ms; it stays the head of its lane, so order is kept. */
void outbox_delay(struct job *job, int64_t delay_ms);
/* Settled: frees the job, lets the next message of its phone go. */
void outbox_job_done(struct job *job);

/* ---- outbox_prepare.c ---- */

/* The head of a lane: chooses its channel and puts it into that one's queue; at once, or when the
 * number is known. */
void outbox_prepare(struct job *job);
/* The message may go now, in outbox_channel.c's opinion. Ends in outbox_job_done or outbox_delay.
 */
void outbox_begin(struct job *job);
/* NULL when there is none of that name, or it cannot send. */
struct outbox_channel *outbox_sending_channel(struct outbox *o, struct str name);

/* ---- outbox_channel.c ---- */

void outbox_channels_init(struct outbox *o);
/* The job is the channel's from now on; NULL = nobody's. */
void outbox_assign(struct job *job, struct outbox_channel *channel);
void outbox_enqueue(struct job *job);
/* Starts what may start now; sets the timer for the rest. */
void outbox_pump(struct outbox *o);
/* One of those in flight is so no more. */
void outbox_left(struct outbox_channel *c);
/* The provider answered, or did not. */
void outbox_circuit_good(struct outbox_channel *c);
void outbox_circuit_bad(struct outbox_channel *c, struct str why);

/* ---- outbox_token.c ---- */

/* Calls then(job) once there is a token: at once, or later. When none is to be had the job is
 * delayed: nothing was sent. */
void outbox_token_need(struct job *job, job_fn *then);
/* The channel's settings with its token, in the arena. */
struct settings outbox_token_settings(const struct outbox_channel *c, struct arena *arena);
/* The provider refused it. */
void outbox_token_drop(struct outbox_channel *c);
void outbox_token_fini(struct outbox_channel *c);

/* ---- outbox_attempt.c ---- */

/* The number is known, nothing is against it: marks, sends, settles. */
void outbox_attempt(struct job *job);
/* The outcome is known without an attempt: "failed" or "capped". */
void outbox_finish(struct job *job, const char *status, struct str error);
/* Full jitter over a doubling ceiling (RELIABILITY.md recommendation 8). */
int64_t outbox_backoff_ms(uint32_t n_attempts);
/* After an attempt that certainly did not reach the provider, or failed for a time: again after a
 * while, unless it has been tried often enough or expires before. */
void outbox_try_again(struct job *job, int64_t delay_ms, struct str why);
