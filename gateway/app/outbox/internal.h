/*
 * internal.h: what the sender's policy keeps in memory. Calls go down this list only; the machine's
 * three files are one:
 *
 *   outbox.c     life; the look: what may start now, or is over; entries of the stream become jobs
 *   machine.c, prepare.c, attempt.c   one job: the table, and what each of its moves does
 *   gate.c       when and by whom: rates, queues, circuits, fail-over
 *   token.c      access tokens (gate.h)
 */
#pragma once

#include <sys/queue.h>

#include "app/outbox/outbox.h"
#include "profile/outgoing.h"

#define OUTBOX_LANES                                                                               \
    65536u /* by two bytes of the number_id, so that one phone's messages are found */
#define OUTBOX_RETRY_STORE_MS 500
#define OUTBOX_REPLIES_PER_PUSH 9u /* so that pushes go on while replies never end */
#define OUTBOX_CIRCUIT_FAILURES 5u
#define OUTBOX_CIRCUIT_FIRST_MS 2000
#define OUTBOX_CIRCUIT_MAX_MS 60000
#define OUTBOX_TOKEN_MAX_BYTES 8192u

struct outbox_job;
TAILQ_HEAD(outbox_queue, outbox_job);

/* Messages per second, a burst of at most one second. */
struct outbox_rate {
    double per_s;      /* 0 = no limit */
    double mine_per_s; /* of it, by the ranges that are ours */
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

struct outbox_token {
    struct buf text; /* empty = none; wiped */
    uint32_t n;      /* that have come so far: it is the n-th */
    int64_t until_ms;
    bool is_asked;
    bool is_proven;              /* the provider has taken it at least once */
    struct outbox_queue waiting; /* in TOKEN */
};

/* What the sender keeps of one channel. */
struct outbox_channel {
    struct outbox *owner;
    const struct channel *channel;
    struct outbox_channel *fallback; /* NULL = none */
    struct outbox_queue ready[2];    /* in QUEUED: replies and notices; pushes behind them */
    uint32_t n_jobs;                 /* in hand that are this channel's */
    uint32_t n_in_flight;            /* of them begun */
    uint32_t n_out;                  /* of these on the way to the provider */
    uint32_t in_flight;              /* that responses have shown to be needed */
    bool is_short;                   /* more of them would be under way */
    int64_t responded_ms;            /* monotonic; the last of them */
    uint32_t n_replies;              /* in a row, while pushes wait */
    struct outbox_rate own;
    struct outbox_rate *account; /* shared with the other channels of the account; NULL = none */
    int64_t paused_until_ms;     /* monotonic; the provider asked for it */
    bool is_held;                /* an operator's pause */
    bool is_troubled;            /* the last attempt has to be repeated; said once in the log */
    enum outbox_circuit circuit;
    uint32_t n_failures;  /* in a row */
    uint32_t n_throttled; /* likewise */
    uint32_t n_opened;    /* and opened again, without success between */
    int64_t open_until_ms;
    struct outbox_token token;
    uint64_t n_sent, n_failed, n_unknown;
};

struct outbox {
    struct outbox_ports ports;
    struct outbox_queue
        *lanes; /* each phone's messages in their order, and those of a few others */
    struct outbox_channel channels[CONFIG_MAX_CHANNELS];
    struct outbox_rate accounts[CONFIG_MAX_CHANNELS];
    uint32_t turn; /* channel that goes first in this round */
    struct arena *arena;
    struct timer *soon;  /* a look in the next turn of the loop */
    struct timer *later; /* a look when there is a token again, or a pause is over */
    struct timer *read_timer;
    uint32_t n_jobs, n_begun;
    uint32_t n_begun_of[STORE_LEASE_RANGES];
    uint64_t fences[STORE_LEASE_RANGES];      /* of the ranges that are ours; 0 = not */
    uint32_t n_ranges;                        /* that are */
    struct event_place from[STORE_BUCKETS];   /* what was read last, under the present fence */
    uint64_t read_fences[STORE_LEASE_RANGES]; /* of the read that is under way */
    bool is_reading, is_gathering, is_draining;
    outbox_on_idle *on_idle;
    void *idle_ctx;
};

/* Monotonic. */
static inline int64_t outbox_now_ms(struct outbox *o)
{
    return loop_mono(o->ports.loop).ms;
}

/* Something has changed: what may start now will, in the next turn of the loop. */
static inline void outbox_look(struct outbox *o)
{
    timer_start(o->ports.loop, o->soon, 0);
}

/* What a profile has put together, to a channel's provider. */
static inline void outbox_send(struct outbox *o, const struct config_channel *config,
                               const struct send_request *request, sender_on_response *fn,
                               void *ctx)
{
    sender_post(o->ports.sender,
                &(struct sender_request){.method = request->method,
                                         .url = request->url,
                                         .headers = request->headers,
                                         .n_headers = request->n_headers,
                                         .body = request->body,
                                         .timeout_ms = OUTBOX_TIMEOUT_MS,
                                         .is_private_allowed = config->is_private_allowed,
                                         .is_insecure_allowed = config->is_insecure_allowed},
                fn, ctx);
}

/* As for mark and settle; 0 = somebody else's. */
static inline uint64_t outbox_fence(const struct outbox *o, uint8_t bucket)
{
    return o->fences[store_lease_range(bucket)];
}
