/*
 * persist.h: the writer's policy: facts go from the events stream to PostgreSQL, each once, none
 * lost.
 *
 * Entries are read in batches, given to the sink in one transaction, and settled (acknowledged and
 * deleted) only after its COMMIT. While one batch is being stored, the next is read. What then goes
 * wrong, and what happens:
 *
 *   PostgreSQL away, slow, full     the same batch again, with back-off; nothing is dropped, the
 *                                   stream grows. core.ingest is idempotent, so an unknown outcome
 *                                   is no harm
 *   PostgreSQL refuses a batch      halved until the refused envelope stands alone; that one goes
 *                                   to the dead letters, all others are stored
 *   Redis away, a read timed out    after it is back, first what was delivered and never settled
 *   this process dies               the same, at the next start, under the same consumer name
 *
 * Batches by time: entries are gathered for gather_ms before they are read, unless a full batch is
 * waiting, so that Redis and PostgreSQL are not asked for each event on its own.
 */
#pragma once

#include "port/metrics.h"
#include "port/sink.h"
#include "port/store/store.h"

struct persist_settings {
    struct str consumer; /* stable over restarts; outlives the persist */
    uint8_t first, last; /* bucket range, inclusive */
    uint32_t max_batch;  /* entries, at most PERSIST_MAX_BATCH */
    int64_t gather_ms;   /* above 0 */
    int64_t block_ms;    /* wait of a read when nothing is there; 0 = ask each gather_ms */
};

#define PERSIST_MAX_BATCH 1000u
#define PERSIST_GATHER_MS 50
#define PERSIST_BLOCK_MS 400

struct persist;

/* Borrows all; metrics may be NULL. Does nothing before persist_start. */
struct persist *persist_new(struct loop *loop, struct store *store, struct sink *sink,
                            struct metrics *metrics, const struct persist_settings *settings);
void persist_start(struct persist *p);
/* Reads no more, finishes what PostgreSQL is storing, then calls fn once, from the loop. A batch
 * that waits for PostgreSQL to come back is left to the next start. */
void persist_stop(struct persist *p, timer_fn *fn, void *ctx);
/* True when nothing is under way and the last read found nothing. */
bool persist_is_idle(const struct persist *p);
/* Call it after the store and the sink were freed, or when persist_stop has called back: their
 * callbacks must not come any more. Accepts NULL. */
void persist_free(struct persist *p);
