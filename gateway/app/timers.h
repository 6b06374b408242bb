/*
 * timers.h: looks for learners whose due time has come and lets a dialog do what is due. Several
 * processes share the buckets by leases (app/lease.h); two that look at one bucket for a moment
 * only find each other's work done, so no fence is needed.
 *
 * Not more is woken than the channels can carry: an SMS that they send costs a token, and without
 * tokens nobody looks. So a million who are due in one hour wait here, where a slot that is over is
 * seen to be over, and not in the outbox.
 *
 * A number stays due in the store until its dialog has committed, so nothing is lost when this
 * process dies; a failure is tried again with the next look. The engine decides what is due, this
 * only wakes.
 */
#pragma once

#include "app/dialog/dialog.h"

#define TIMERS_LOOK_MS 1000 /* between looks */
#define TIMERS_BATCH 100u   /* numbers of one look at most; after a full one the next at once */

struct timers;

/* sms_per_s: what all senders together can send; 0 = no limit. */
struct timers *timers_new(struct loop *loop, struct store *store, struct dialogs *dialogs,
                          double sms_per_s);
/* Looks at all buckets from now on. */
void timers_start(struct timers *t);
/* Instead of timers_start, at each change: only at the ranges with a fence. */
void timers_own(struct timers *t, const uint64_t fences[STORE_LEASE_RANGES]);
/* No look is begun any more. */
void timers_stop(struct timers *t);
bool timers_is_busy(const struct timers *t);
/* Accepts NULL; only when not busy, or after the store was freed. */
void timers_free(struct timers *t);
