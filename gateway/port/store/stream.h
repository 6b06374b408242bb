/*
 * stream.h: the two streams of the store (store.h): the event log, which the writer reads, and the
 * outbox, which the sender reads. Errors and callbacks as there.
 */
#pragma once

#include "port/store/store.h"

struct store_entry {
    uint8_t bucket;
    uint64_t fence; /* under which it is settled and marked (port/store/lease.h); 0 = none */
    struct str id;  /* "1732433860123-0" */
    struct event_place place; /* the same as numbers */
    struct str payload;
};

/* A reader of the event log or of the outbox, which is told nothing of what has been read: entries
 * stay until store_log_trim, or store_settle, takes them away. */
struct store_reader {
    const struct event_place
        *from;          /* by bucket, STORE_BUCKETS of them: what was read last; copied */
    const bool *ranges; /* of port/store/lease.h, those that are read; NULL = all; copied */
    uint32_t max_each;  /* entries of one bucket */
    int64_t block_ms;   /* wait for new ones at most this long; 0 = do not wait */
};

static inline bool store_reader_has(const struct store_reader *reader, uint8_t bucket)
{
    return reader->ranges == NULL || reader->ranges[store_lease_range(bucket)];
}

struct store_log_trim {
    uint8_t bucket;
    struct event_place last; /* the last one that goes, there or not */
};

/* What the event log of a bucket holds: it is counted how many entries it ever had, and how many it
 * has still, from the first to the last. */
struct store_log_size {
    uint64_t n_added, n_kept;
    struct event_place first, last; /* last: that ever was there; 0-0 = none */
};

/* What is written where an outbox entry was. */
struct store_settled {
    struct str event;           /* for the event log; absent or empty = none */
    const struct number_id *id; /* of this bucket: whose state is patched; NULL = none is */
    struct store_patch patch;   /* as by store_patch */
};

typedef void store_on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n);
/* What waits in the outbox, in hand or not: how many, and when the oldest came in; 0 = none waits.
 */
typedef void store_on_outbox(void *ctx, enum err e, uint64_t n, int64_t oldest_ms);
/* STORE_BUCKETS of them; zeros where it was not asked for. */
typedef void store_on_log_sizes(void *ctx, enum err e, const struct store_log_size *sizes);

/* Adds a record that belongs to no learner's step, as a provider's delivery report. */
void store_append(struct store *s, uint8_t bucket, struct str event, store_on_done *fn, void *ctx);
/* What lies behind the reader's places, in the order of the buckets and within each in its own;
 * ERR_OK with n = 0: nothing. One read of each stream at a time, a second one is ERR_FULL. A read
 * over all buckets costs Redis 0.1 ms, one that has to wake up twice that: do not read for every
 * single entry. */
void store_log_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                    void *ctx);
/* The same of the outbox. */
void store_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                void *ctx);
/* Takes entries away, up to one in each bucket: only what is in PostgreSQL. Works while the server
 * is out of memory. */
void store_log_trim(struct store *s, const struct store_log_trim *trims, uint32_t n,
                    store_on_done *fn, void *ctx);
/* Takes single entries away: of who was erased (app/forget.h). n is 1 to STORE_MAX_DELETE. Where a
 * bucket has more than 5000, their bytes go with its other entries of that age. */
#define STORE_MAX_DELETE 256u
void store_log_delete(struct store *s, uint8_t bucket, const struct event_place *places, uint32_t n,
                      store_on_done *fn, void *ctx);
/* Has the server write its files anew, without what is not there any more. It begins now and ends
 * later. */
void store_compact(struct store *s, store_on_done *fn, void *ctx);
/* Takes an outbox entry and its mark away, and writes what is to be told of it, in one atomic step.
 * An entry that is settled already is passed over, with all of that, so the call may be repeated.
 * ERR_DENIED: somebody else has the bucket now, nothing was done. Works while the server is out of
 * memory. */
void store_settle(struct store *s, const struct store_entry *entry,
                  const struct store_settled *what, store_on_done *fn, void *ctx);
/* Durable note that the POST of this outbox entry, to this number, is about to leave: after a crash
 * such an entry is unknown, one without the mark is safe to send. A mark that was made under the
 * same fence is the caller's own, and all is well, so a call that timed out may be repeated. Tells
 * the number's state as it is at this moment; absent: nobody is known, or the number is of another
 * bucket. ERR_CONFLICT: somebody else has marked it. ERR_NOT_FOUND: it is settled.
 * ERR_DENIED: somebody else has the bucket now. Works while the server is out of memory. */
void store_mark_sending(struct store *s, const struct store_entry *entry,
                        const struct number_id *id, store_on_value *fn, void *ctx);
/* Takes the mark away: the request certainly did not reach the provider and will be repeated. Works
 * while the server is out of memory. */
void store_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                         void *ctx);
/* The id of the last entry that a bucket's log ever had, "0-0" for none, trimmed or not. A place
 * behind it means that the server has lost its newest entries. */
void store_log_end(struct store *s, uint8_t bucket, store_on_value *fn, void *ctx);
/* Of the buckets in these ranges (port/store/lease.h), read at once. It costs the same however long
 * they are. */
void store_log_sizes(struct store *s, const bool ranges[STORE_LEASE_RANGES], store_on_log_sizes *fn,
                     void *ctx);
/* Of the ranges with a fence (port/store/lease.h), which are read at once. */
void store_outbox_look(struct store *s, const uint64_t fences[STORE_LEASE_RANGES],
                       store_on_outbox *fn, void *ctx);
