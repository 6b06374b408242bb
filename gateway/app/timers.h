/*
 * timers.h: looks for learners whose due time has come and lets a dialog do what is due. Several
 * processes share the buckets by leases (app/lease.h); two that look at one bucket for a moment
 * only find each other's work done, so no fence is needed.
 *
 * Callbacks come first: they share Redis with what is woken, which nobody waits for. So learners
 * are woken a few together, whose commits share a write to the disk, evenly over each second and
 * never more in it than the configuration says; and a Redis that is slow has a few of them in hand
 * at most.
 *
 * Nor is more woken than the channels can carry: an SMS that they send costs a token, and without
 * tokens nobody looks. So a million who are due in one hour wait here, where a slot that is over is
 * seen to be over, and not in the outbox.
 *
 * A number stays due in the store until its dialog has committed, so nothing is lost when this
 * process dies. What fails is put off: a look finds so many and not more, and numbers whose state
 * or course this version cannot read must not be all that it ever finds. The engine decides what is
 * due, this only wakes.
 */
#pragma once

#include "app/dialog/dialog.h"

#define TIMERS_LOOK_MS 1000 /* between rounds of looks, unless one of them was full */
#define TIMERS_OF_BUCKET 2u /* numbers of one look at most: who is due is everywhere, or rare */
#define TIMERS_BATCH (TIMERS_OF_BUCKET * STORE_LEASE_BUCKETS)
#define TIMERS_TOGETHER 4u
/* Of them in Redis' hands: 278 a second even where a commit takes 20 ms. */
#define TIMERS_AT_ONCE 8u

#define TIMERS_BROKEN_MS (10 * MINUTE_MS) /* put off: another version, a course may come */
#define TIMERS_FAILED_MS MINUTE_MS        /* likewise, the store did not do what was asked */

struct timers;

/* All members outlive the timers. */
struct timers_parts {
    struct loop *loop;
    struct store *store;
    struct dialogs *dialogs;
    struct metrics *metrics; /* NULL: nobody counts */
    double sms_per_s;        /* what all senders together can send; 0 = no limit */
    double wakes_per_s;      /* learners that all timers together may wake; 0 = no limit */
};

struct timers *timers_new(const struct timers_parts *parts);
/* Looks at all buckets from now on. */
void timers_start(struct timers *t);
/* Instead of timers_start, at each change: only at the ranges with a fence. */
void timers_own(struct timers *t, const uint64_t fences[STORE_LEASE_RANGES]);
/* No look is begun any more. */
void timers_stop(struct timers *t);
bool timers_is_busy(const struct timers *t);
/* Accepts NULL; after the store was freed, or when not busy and nothing is still being put off. */
void timers_free(struct timers *t);
