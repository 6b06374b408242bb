/*
 * store_mem.h: what store_mem.c (learners), store_mem_responses.c (responses, faults) and the files
 * of store_mem_ops.h share. Nobody else includes it.
 */
#pragma once

#include <sys/queue.h>
#include <uthash.h>

#include "base/arena.h"
#include "port/store/ops.h"

enum store_stream { STORE_STREAM_EVENTS, STORE_STREAM_OUTBOX };
#define STORE_MEM_STREAMS 2
#define STORE_MEM_FAULTS 16
#define STORE_MEM_VERB_BYTES 16

struct mem_record {
    UT_hash_handle hh;
    struct number_id id;
    struct buf state; /* empty = none */
    struct buf reply;
    int64_t reply_until_ms; /* mono */
    struct buf seen;
    int64_t seen_until_ms; /* mono */
    int64_t due_at_ms;     /* 0 = none */
    int64_t day;           /* of the messages counted here */
    uint32_t n_messages;
    uint32_t exchange, n_exchanges;
    int64_t exchange_since_s;
};

struct mem_counter {
    UT_hash_handle hh;
    char key[STORE_CAP_KEY_BYTES + 1];
    int64_t window;
    uint64_t n;
};

struct mem_entry {
    TAILQ_ENTRY(mem_entry) list;
    struct buf payload;
    struct event_place place;
    char id[EVENT_PLACE_BYTES]; /* the same as text */
    uint8_t bucket;
    bool is_marked;
    uint64_t mark; /* the fence under which it is */
};

/* What a callback will be given; data lives in the arena. */
struct mem_response {
    TAILQ_ENTRY(mem_response) list;
    void (*deliver)(struct mem_response *);
    union {
        store_on_load *load;
        store_on_commit *commit;
        store_on_done *done;
        store_on_entries *entries;
        store_on_states *states;
        store_on_scan *scan;
        store_on_memory *memory;
        store_on_outbox *outbox;
        store_on_log_sizes *sizes;
        store_on_fence *fence;
        store_on_due *due;
        store_on_value *value;
        store_on_courses *courses;
        store_on_board *board;
        store_on_part *part;
        store_on_overdue *overdue;
        store_on_probe *probe;
        store_on_lease *lease;
    } fn;
    void *ctx;
    enum err e;
    enum err forced; /* by store_mem_fail; ERR_OK = no fault */
    bool has_effect;
    struct arena *arena;
    struct store_record record;
    struct store_entry *entries;
    struct number_id *ids;
    struct store_learner *learners;
    const struct store_log_size *sizes;
    struct str *names, *bundles;
    struct str value; /* also: name of the current course */
    struct wall_ms server;
    enum store_part_state part_state;
    uint64_t fences[STORE_LEASE_RANGES];
    uint32_t n;
};

TAILQ_HEAD(mem_entries, mem_entry);
TAILQ_HEAD(mem_responses, mem_response);

/* A read that waits for entries. */
struct mem_waiting {
    struct mem_store *store;
    struct mem_response *response; /* NULL = nobody waits */
    struct store_reader reader;    /* both of its lists lie here */
    struct event_place from[STORE_BUCKETS];
    bool ranges[STORE_LEASE_RANGES];
    struct timer *timer;
};

struct mem_fault {
    char verb[STORE_MEM_VERB_BYTES];
    enum err e;
    bool is_late;
    uint32_t n;
};

struct mem_store {
    struct store base;
    struct loop *loop;
    struct mem_record *records;
    struct mem_session *sessions;
    TAILQ_HEAD(, mem_course) courses;
    struct mem_counter *counters;
    TAILQ_HEAD(mem_notes, mem_note) boards[N_STORE_BOARDS];
    TAILQ_HEAD(, mem_message) messages;
    SLIST_HEAD(, mem_lease) leases;
    struct buf current;
    struct mem_entries streams[STORE_MEM_STREAMS];
    uint64_t last_entry, last_ms;
    struct event_place log_ends[STORE_BUCKETS];
    uint64_t log_added[STORE_BUCKETS];
    uint32_t used_memory;
    struct mem_waiting waiting[STORE_MEM_STREAMS];
    struct mem_responses responses;
    struct timer *timer;
    struct mem_fault faults[STORE_MEM_FAULTS];
};

static inline struct mem_store *mem(struct store *s)
{
    return (struct mem_store *)s;
}

/* A new answer, its fault (if one waits for this verb) taken. Take effect only if has_effect. */
struct mem_response *mem_response_new(struct mem_store *m, const char *verb,
                                      void (*deliver)(struct mem_response *), void *ctx);
/* To be given in the next turn. */
void mem_response_post(struct mem_store *m, struct mem_response *a);
/* At once; the response is gone then. */
void mem_response_give(struct mem_response *a);
/* timer_fn of the store. */
void mem_on_responses(void *ctx);
void mem_deliver_done(struct mem_response *a);
void mem_deliver_value(struct mem_response *a);

/* The state of a number; absent: nobody. */
struct str mem_state(struct mem_store *m, const struct number_id *id, struct arena *arena);
void mem_value_init(struct buf *value, struct str bytes);
void mem_value_set(struct buf *value, struct str bytes);
