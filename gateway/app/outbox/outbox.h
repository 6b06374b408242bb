/*
 * outbox.h: the sender's policy: reads messages from the outbox stream, sends each through its
 * channel's provider, and says what became of it. Ports only; the HTTP is the profile's and the
 * sender port's.
 *
 * The life of one message: read -> (its phone's earlier messages first) -> its channel, by the
 * route of the number (app/limits.h) -> a token of the channel's rate and of its account's, replies
 * before pushes -> country -> the provider's access token -> its prefix's limit (app/limits.h) ->
 * marked "sending" in the store -> request -> response -> settled, which writes the event below and
 * removes the entry in one step. As a table: app/outbox/machine.h.
 *
 * A channel whose provider fails OUTBOX_CIRCUIT_FAILURES times in a row gets nothing but a probe
 * now and then. Meanwhile its fallback sends what no provider has seen, and only that.
 *
 *   what happened                          what follows
 *   provider took it                       sent
 *   provider refused it                    failed
 *   refused before a byte left, 5xx        mark cleared, again after a back-off with jitter, at
 *                                          most OUTBOX_MAX_ATTEMPTS times and not past expires_at
 *   throttled (429 or inside a 200)        mark cleared, the whole channel waits (Retry-After, or
 *                                          longer each time; at most OUTBOX_MAX_DELAY_MS)
 *   request left, no complete response     unknown: never sent again, one row and one metric
 *   entry found marked after a crash       unknown, for the same reason
 *   somebody else has the bucket           let go: they send it, or know what became of it. That a
 *                                          provider took it is told all the same
 *   number erased since                    failed
 *   store away at the end                  settling is repeated until it is back; never re-sent
 *   provider says the person opted out     failed, once the STOP that this stands for is on disk
 *   a question (message.h): the operator   is told to the learner's record; no event of its own.
 *   says yes or no                         Without a response it is asked again, and at last let go
 *
 * The event is a record of the event log (docs/events.md). With the status "capped", and the name
 * of a cap, it says that a limit kept the message back (app/limits.h); the price is there once the
 * message was sent or may have been.
 */
#pragma once

#include "app/channels.h"
#include "app/message.h"
#include "port/metrics.h"
#include "port/sender.h"
#include "port/sink/sink.h"
#include "port/vault/vault.h"

#define OUTBOX_MAX_JOBS 20000u /* messages in hand; the rest waits in the stream */
#define OUTBOX_MAX_ATTEMPTS 12u
#define OUTBOX_TIMEOUT_MS 15000
#define OUTBOX_NEWER_MS (72 * HOUR_MS) /* how long an SMS of a newer version waits for a sender */
#define OUTBOX_BASE_DELAY_MS 1000
#define OUTBOX_MAX_DELAY_MS (15 * 60 * 1000)

/* Makes the STOP that a provider's opt-out stands for; calls done(done_ctx) once, from the loop,
 * when it is on disk. number (E.164) and id are borrowed until then. app/opt_outs.h does this. */
typedef void outbox_on_opt_out(void *ctx, const struct channel *channel, struct str number,
                               struct str id, timer_fn *done, void *done_ctx);
/* Likewise what an operator answered to a question of step seq: is the number still the same
 * person's? */
typedef void outbox_on_owner(void *ctx, const struct number_id *id, uint32_t seq, bool is_same,
                             timer_fn *done, void *done_ctx);
typedef void outbox_on_idle(void *ctx);

struct outbox_ports {
    struct loop *loop;
    struct store *store;
    struct sink *sink; /* for numbers that are not sealed in the message */
    struct sender *sender;
    const struct vault *vault;
    const struct config *config;
    const struct channels *channels;
    struct metrics *metrics;       /* may be NULL */
    outbox_on_opt_out *on_opt_out; /* may be NULL, and on_owner with it: then nothing but the
                                      outcome is told */
    outbox_on_owner *on_owner;
    void *ctx;
};

struct outbox;

/* It reads nothing before outbox_own. */
struct outbox *outbox_new(const struct outbox_ports *ports);
/* At each change: only the ranges with a fence are this sender's from now on (port/store/lease.h),
 * all that is unsettled in them. Of the others nothing is begun any more; what is begun ends,
 * unless somebody else has its bucket before. */
void outbox_own(struct outbox *o, const uint64_t fences[STORE_LEASE_RANGES]);
/* All ranges, under a fence that no sender had before: where there is no other. */
void outbox_own_all(struct outbox *o, uint64_t fence);
/* Nothing of this range is under way. */
bool outbox_is_idle(const struct outbox *o, uint32_t range);
/* Takes no new message; on_idle runs once nothing is under way any more. Messages that were not
 * begun stay in the stream. */
void outbox_drain(struct outbox *o, outbox_on_idle *fn, void *ctx);
uint32_t outbox_n_jobs(const struct outbox *o);

/* One channel, as an operator wants to see it; counts are of this process' life. */
struct outbox_status {
    struct str name;
    uint32_t n_waiting, n_in_flight;
    uint64_t n_sent, n_failed, n_unknown;
    bool is_held, is_open; /* paused by an operator; its circuit is open */
};

/* i below channels->n. */
struct outbox_status outbox_status_of(const struct outbox *o, uint32_t i);
/* While held a channel begins no message; what is on its way ends. False: it was so before. */
bool outbox_hold(struct outbox *o, uint32_t i, bool is_held);
/* After the ports it uses were freed, so that none calls back. Accepts NULL. */
void outbox_free(struct outbox *o);
