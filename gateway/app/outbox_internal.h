/*
 * outbox_internal.h: what the two files of the sender's policy share: outbox.c reads, orders and
 * paces; outbox_attempt.c takes one message from "may go now" to "settled".
 */
#pragma once

#include "app/outbox.h"

#define OUTBOX_RETRY_STORE_MS 500

/* One message in hand. */
struct job {
    struct outbox *owner;
    struct job *lane_next;  /* behind it on the same lane */
    struct job *queue_next; /* in a ready queue or the delayed list */
    struct buf payload;     /* message borrows from it */
    struct message message;
    struct store_entry entry; /* id lies in entry_id */
    char entry_id[48];
    struct lane_channel *channel;
    struct timer *timer; /* repeats a settle that the store did not take */
    uint32_t n_attempts;
    int64_t not_before_ms; /* monotonic */
    struct buf number;     /* E.164, wiped with the job */
    struct buf event;      /* set once the outcome is known */
};

struct queue {
    struct job *head, *tail;
};

/* What the sender keeps of one channel. */
struct lane_channel {
    const struct channel *channel;
    struct queue ready[2]; /* replies and notices; pushes behind them */
    uint32_t n_in_flight;
    double tokens;
    int64_t refilled_ms, paused_until_ms; /* monotonic */
    bool is_troubled; /* the last attempt has to be repeated; said once in the log */
};

struct lane {
    struct job *head, *tail;
};

struct outbox {
    struct outbox_ports ports;
    char consumer[64];
    uint8_t first, last;
    struct lane *lanes;
    struct lane_channel channels[CONFIG_MAX_CHANNELS];
    struct job *delayed;
    struct arena *arena;
    struct timer *timer; /* next token, pause end or delayed job */
    struct timer *read_timer;
    uint32_t n_jobs, n_active;
    bool is_recovering, is_reading, is_draining;
    outbox_on_idle *on_idle;
    void *idle_ctx;
};

/* outbox_attempt.c: the message may go now. Ends in outbox_job_done or outbox_delay. */
void outbox_begin(struct job *job);

/* outbox.c */

/* Monotonic. */
int64_t outbox_now_ms(struct outbox *o);
/* Back to its queue at job->not_before_ms; it stays the head of its lane, so order is kept. */
void outbox_delay(struct job *job);
/* Settled: frees the job, lets the next message of its phone go. */
void outbox_job_done(struct job *job);
