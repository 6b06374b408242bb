/*
 * persist_internal.h: what persist.c (reading the log, the places), persist_store.c (putting it
 * into PostgreSQL) and persist_trim.c (how much of it stays) share. Nobody else includes it.
 */
#pragma once

#include "app/backlog.h"
#include "app/persist.h"
#include "base/arena.h"
#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/store/stream.h"

#define PERSIST_BATCHES 2 /* one is stored while the next is read */
#define PERSIST_LANES 2
#define PERSIST_LONG 512u     /* records of a batch that is worth a transaction in each lane */
#define PERSIST_MAX_RANGES 16 /* halving PERSIST_MAX_BATCH keeps at most 15 ranges waiting */

_Static_assert(PERSIST_MAX_BATCH <= STORE_MAX_STATES, "asked for at once");

enum persist_batch_state {
    BATCH_STATE_EMPTY,
    BATCH_STATE_READING, /* part by part */
    BATCH_STATE_ASKING,  /* for the states of its learners */
    BATCH_STATE_READY,   /* waits for the batch before it */
    BATCH_STATE_STORING, /* range by range */
};

struct persist_range {
    uint32_t first, n;
};

struct persist_batch {
    struct persist *persist;
    enum persist_batch_state state;
    struct arena *arena; /* what the records borrow */
    struct sink_record records[PERSIST_MAX_BATCH];
    uint32_t n;
    struct number_id ids[PERSIST_MAX_BATCH]; /* whose states are asked for */
    uint32_t id_records[PERSIST_MAX_BATCH];  /* the record that gets each */
    uint32_t n_ids;
};

/* A connection to PostgreSQL and what it has to do of the batch that is being stored: whole
 * buckets, in transactions of its own. */
struct persist_lane {
    struct persist *persist;
    struct sink *sink;
    bool is_storing; /* the sink has a range */
    struct persist_range
        todo[PERSIST_MAX_RANGES]; /* what is neither committed nor put aside; a stack */
    uint32_t n_todo;
    struct sink_move moves[STORE_BUCKETS]; /* of the topmost range */
    uint32_t n_moves;
};

struct persist {
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct metrics *metrics;
    struct persist_settings settings;
    uint64_t epoch; /* of the log */
    struct persist_batch batches[PERSIST_BATCHES];
    struct persist_lane
        lanes[PERSIST_LANES]; /* the second one without a sink when it is not given */
    struct event_place stored[STORE_BUCKETS]; /* PostgreSQL's places */
    struct event_place read[STORE_BUCKETS];   /* how far we have read */
    struct store_log_trim trims[STORE_BUCKETS];
    struct backlog backlog;
    bool ranges[STORE_LEASE_RANGES]; /* that are ours */
    uint32_t n_ranges;
    bool read_ranges[STORE_LEASE_RANGES]; /* of the read that is under way */
    struct timer *read_timer;             /* gathering, or Redis is away */
    struct timer *places_timer; /* PostgreSQL is away, or somewhere else than we thought */
    struct timer *trim_timer;
    struct timer *stop_timer;
    uint32_t n_read_failures, n_places_failures; /* in a row */
    int64_t oldest_ms;                           /* of the last read; 0 = it found nothing */
    struct mono_ms away_since;                   /* while n_places_failures is not 0 */
    struct mono_ms conflict_told;
    uint32_t range_max; /* records that PostgreSQL stores in time */
    bool is_reading;
    bool is_behind;    /* a bucket had more than a read takes: batches are made of all parts */
    bool has_more;     /* one of this batch has */
    uint32_t part;     /* that is read next; the last one ends the batch */
    uint32_t read_max; /* of each bucket by the read that is under way */
    uint32_t n_calls;  /* of store and sink, unanswered */
    bool is_started, is_stopping, is_away;
    bool must_restart; /* at PostgreSQL's places, once nothing is under way */
    bool is_gathering; /* read_timer will read */
    bool is_blocking;  /* the read under way waits for entries */
    timer_fn *on_stopped;
    void *on_stopped_ctx;
};

/* ---- persist.c ---- */

struct persist_batch *persist_batch_in(struct persist *p, enum persist_batch_state state);
/* It stops, or begins again: nothing new is asked for. */
bool persist_is_halted(const struct persist *p);
/* PostgreSQL did not do what it was asked to: it is asked where it is. */
void persist_places_again(struct persist *p, enum err e);
void persist_went_well(struct persist *p);
/* Every response ends here, so that the last one is noticed wherever it came. */
void persist_call_ended(struct persist *p);
void persist_read_more(struct persist *p);

/* ---- persist_trim.c ---- */

/* Each trim_ms; starts its timer again. */
void persist_on_trim_timer(void *ctx);

/* ---- persist_store.c ---- */

/* store_on_states of a batch. */
void persist_on_states(void *ctx, enum err e, const struct str *states, uint32_t n);
