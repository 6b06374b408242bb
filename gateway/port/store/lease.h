/*
 * lease.h: how several processes of a kind (senders, on one host or many) share the buckets. Part
 * of store.h.
 *
 * The buckets lie in STORE_LEASE_RANGES ranges. Whoever calls store_lease_keep often enough counts
 * as alive and gets an equal share of what nobody alive has; what one has beyond its share it
 * should give back, when nothing of it is under way any more. Each taking has a number of its own,
 * the fence, higher than all before it. It is written into the buckets before the range is told of,
 * and from then on whatever an earlier owner asks of them is refused: one that was asleep and does
 * not know that its time is over does no harm. All times are the server's.
 *
 * An owner keeps its name over its lives; a new life takes over at once what the last one had,
 * since whoever starts it knows that the last one is dead.
 */
#pragma once

#include "base/buf.h"

#define STORE_LEASE_RANGES 16u
#define STORE_LEASE_BUCKETS (256u / STORE_LEASE_RANGES) /* of one range */

struct store;

struct store_lease {
    struct str kind;  /* "sender" */
    struct str owner; /* of no other process that is alive */
    uint64_t life;    /* of no other life of this owner */
    int64_t ttl_ms;   /* alive for so long after a call */
    /* What the caller knows to have, by range; 0 = not. */
    uint64_t fences[STORE_LEASE_RANGES];
};

static inline uint32_t store_lease_range(uint8_t bucket)
{
    return bucket / STORE_LEASE_BUCKETS;
}

/* fences: by range, 0 = the caller does not have it; NULL unless e is ERR_OK. */
typedef void store_on_lease(void *ctx, enum err e, const uint64_t *fences, uint32_t n_alive);
typedef void store_on_lease_given(void *ctx, enum err e);

/* Copied. */
void store_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn,
                      void *ctx);
/* Gives back the ranges that are true in `ranges`, and with is_leaving the share in the rest. */
void store_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                      bool is_leaving, store_on_lease_given *fn, void *ctx);
