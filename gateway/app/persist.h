/*
 * persist.h: carries the event log of Redis to PostgreSQL.
 *
 * PostgreSQL keeps the place up to which it has read each bucket and moves it in the transaction
 * that stores the records, so nothing is told to Redis and nothing is taken twice. While one batch
 * is being stored, the next is read. What then goes wrong, and what happens:
 *
 *   PostgreSQL away, slow, full     its places are asked for, with back-off, and all is read again
 *                                   from there; the log grows meanwhile
 *   PostgreSQL restored from a dump the same: it reads on from where it was then
 *   another writer in a bucket      the same (ERR_CONFLICT): whoever comes second starts again. So
 *                                   one that slept through the end of its lease does no harm
 *   a share of the buckets is ours  the same, for what is known of its places is old
 *   PostgreSQL refuses a batch      halved until the refused record stands alone; that one goes to
 *                                   the dead letters, all others are stored
 *   PostgreSQL is too slow          the next ranges are half as long, until one is in time
 *   Redis away, a read timed out    read again
 *   this process dies               the next one begins at PostgreSQL's places
 *
 * Batches by time: entries are gathered for gather_ms before they are read, unless a bucket has
 * more than one read takes, so that Redis and PostgreSQL are not asked for each event on its own.
 * Behind that, a batch is made of PERSIST_PARTS reads, each of a part of the buckets and as much
 * more of these: a learner's steps then meet in one batch, which is cheaper to store, and no read
 * keeps Redis longer than before.
 *
 * Entries stay in the log for keep_ms after they are in PostgreSQL (a database restored from a dump
 * finds them again), less when the server's memory runs short, never less long than that.
 */
#pragma once

#include "port/metrics.h"
#include "port/sink/sink.h"
#include "port/store/store.h"

struct persist_settings {
    uint32_t max_each;   /* entries of one bucket in a read, at most PERSIST_MAX_EACH */
    struct sink *beside; /* stores half of a long batch at the same time, or NULL; borrowed */
    int64_t gather_ms;   /* above 0 */
    int64_t block_ms;    /* wait of a read when nothing is there; 0 = ask each gather_ms */
    int64_t keep_ms;
    int64_t trim_ms; /* from one look at PostgreSQL's places, and at what may go, to the next */
};

#define PERSIST_MAX_EACH 16u
#define PERSIST_PARTS 4u
#define PERSIST_MAX_BATCH (PERSIST_MAX_EACH * PERSIST_PARTS * STORE_BUCKETS)
/* A batch costs PostgreSQL the same beside what each event costs, and nobody waits for rows: four
 * times a batch of 50 ms is a third less for an event (tests/bench/README.md). */
#define PERSIST_GATHER_MS 200
#define PERSIST_BLOCK_MS 400
#define PERSIST_TRIM_MS 10000
/* Of maxmemory, in thousandths: from the first on entries are kept shorter, at the second no longer
 * than it takes to store them. */
#define PERSIST_MEMORY_SHORT 600
#define PERSIST_MEMORY_NONE 800

struct persist;

/* The log is that of this epoch: places of another one count as its beginning. Before
 * persist_start.
 */
void persist_set_epoch(struct persist *p, uint64_t epoch);
/* Borrows all; metrics may be NULL. Does nothing before persist_start or persist_own. */
struct persist *persist_new(struct loop *loop, struct store *store, struct sink *sink,
                            struct metrics *metrics, const struct persist_settings *settings);
/* Reads all buckets. */
void persist_start(struct persist *p);
/* Instead of persist_start, where writers share the log, at each change: only the ranges with a
 * fence are read from now on (port/store/lease.h). What is in hand of others is still stored, as
 * far as nobody else has read on from the same place. */
void persist_own(struct persist *p, const uint64_t fences[STORE_LEASE_RANGES]);
/* Nothing of this range is in hand, nor being read. */
bool persist_is_range_idle(const struct persist *p, uint32_t range);
/* Reads no more, finishes what PostgreSQL is storing, then calls fn once, from the loop. What waits
 * for PostgreSQL to come back is left to the next start. */
void persist_stop(struct persist *p, timer_fn *fn, void *ctx);
/* About how old the oldest event is that PostgreSQL does not have, or how long PostgreSQL has been
 * away; 0 = nothing waits. */
int64_t persist_behind_ms(const struct persist *p);
/* Call it after the store and the sink were freed, or when persist_stop has called back: their
 * callbacks must not come any more. Accepts NULL. */
void persist_free(struct persist *p);
