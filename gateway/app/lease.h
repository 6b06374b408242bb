/*
 * lease.h: keeps a process' share of the buckets (port/store/lease.h): takes what is free, gives
 * back what is beyond an equal share once nothing of it is under way, and tells its user at each
 * change.
 *
 *     what happens                what follows
 *     another process joins       on_change without the upper part of the ranges; each is given
 *                                 back when is_idle says so of it
 *     another one leaves          its ranges are ours within LEASE_HURRY_MS
 *     another one dies, or hangs  likewise after LEASE_TTL_MS
 *     this one hangs              others have its ranges by then; the store refuses what it asks
 *                                 when it wakes (ERR_DENIED)
 *     the store cannot be asked   after half of LEASE_TTL_MS on_change without any range: others
 *                                 may have them soon
 *     this one is to end          lease_leave: all is given back at once
 */
#pragma once

#include "port/loop.h"
#include "port/metrics.h"
#include "port/store/store.h"

#define LEASE_TTL_MS 6000
#define LEASE_KEEP_MS 1500
#define LEASE_HURRY_MS 300 /* while it has less than its share, or gives some back */

/* fences by range, 0 = not ours (any more); n_held of them are. Borrowed until the next call. */
typedef void lease_on_change(void *ctx, const uint64_t *fences, uint32_t n_held);
/* Nothing of this range, which on_change has said not to be ours, is under way. */
typedef bool lease_is_idle(void *ctx, uint32_t range);

/* All outlive it. */
struct lease_ports {
    struct loop *loop;
    struct store *store;
    struct metrics *metrics;
    enum metric n_ranges; /* tells how many it has */
    struct str kind;      /* "sender": a constant */
    char owner[40];       /* of this place, over its lives (port/store/lease.h) */
    uint64_t life;        /* random */
    lease_on_change *on_change;
    lease_is_idle *is_idle;
    void *ctx;
};

struct lease;

struct lease *lease_new(const struct lease_ports *ports);
void lease_start(struct lease *l);
/* Nothing is under way: gives everything back; fn once, when that is done or cannot be. */
void lease_leave(struct lease *l, timer_fn *fn, void *ctx);
/* After the store was freed. Accepts NULL. */
void lease_free(struct lease *l);
