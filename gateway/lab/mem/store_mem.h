/*
 * store_mem.h: what store_mem.c (learners, answers, faults), store_mem_values.c (parts, sessions,
 * courses, notes), store_mem_shares.c (limits on what is sent, leases) and store_mem_stream.c (the
 * two streams) share. Nobody else includes it.
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

struct mem_session {
    UT_hash_handle hh;
    struct buf key, value;
    int64_t until_ms; /* mono */
};

struct mem_course {
    struct mem_course *next;
    struct buf name, bundle;
};

struct mem_part {
    bool is_there;
    char mark[STORE_PART_MARK_BYTES];
    struct buf value;
};

struct mem_message {
    struct mem_message *next;
    struct buf key;
    struct mem_part parts[STORE_MAX_PARTS];
    uint32_t n;
    int64_t due_ms, until_ms; /* mono; due 0 = dealt with */
};

struct mem_note {
    struct mem_note *next;
    struct buf name, value;
};

struct mem_entry {
    struct mem_entry *prev, *next;
    struct buf payload;
    struct event_place place;
    char id[EVENT_PLACE_BYTES]; /* the same as text */
    uint8_t bucket;
    bool is_marked;
    uint64_t mark; /* the fence under which it is */
};

/* What a callback will be given; data lives in the arena. */
struct answer {
    struct answer *prev, *next;
    void (*deliver)(struct answer *);
    union {
        store_on_load *load;
        store_on_commit *commit;
        store_on_done *done;
        store_on_entries *entries;
        store_on_states *states;
        store_on_scan *scan;
        store_on_memory *memory;
        store_on_outbox *outbox;
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
    struct str *names, *bundles;
    struct str value; /* also: name of the current course */
    struct wall_ms server;
    enum store_part_state part_state;
    uint64_t fences[STORE_LEASE_RANGES];
    uint32_t n;
};

/* A read that waits for entries. */
struct waiting {
    struct mem_store *store;
    struct answer *answer;      /* NULL = nobody waits */
    struct store_reader reader; /* both of its lists lie here */
    struct event_place from[STORE_BUCKETS];
    bool ranges[STORE_LEASE_RANGES];
    struct timer *timer;
};

struct fault {
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
    struct mem_course *courses;
    struct mem_counter *counters;
    struct mem_note *boards[N_STORE_BOARDS];
    struct mem_message *messages;
    SLIST_HEAD(, mem_lease) leases;
    struct buf current;
    struct mem_entry *streams[STORE_MEM_STREAMS];
    uint64_t last_entry, last_ms;
    struct event_place log_ends[STORE_BUCKETS];
    uint32_t used_memory;
    struct waiting waiting[STORE_MEM_STREAMS];
    struct answer *answers;
    struct timer *timer;
    struct fault faults[STORE_MEM_FAULTS];
};

static inline struct mem_store *mem(struct store *s)
{
    return (struct mem_store *)s;
}

/* A new answer, its fault (if one waits for this verb) taken. Take effect only if has_effect. */
struct answer *mem_answer_new(struct mem_store *m, const char *verb,
                              void (*deliver)(struct answer *), void *ctx);
/* To be given in the next turn. */
void mem_answer_post(struct mem_store *m, struct answer *a);
void mem_deliver_done(struct answer *a);
void mem_deliver_value(struct answer *a);

/* The state of a number; absent: nobody. */
struct str mem_state(struct mem_store *m, const struct number_id *id, struct arena *arena);
void mem_value_init(struct buf *value, struct str bytes);
void mem_value_set(struct buf *value, struct str bytes);

/* Who refuses the messages of a commit (a constant), or NULL: then they have been counted. */
const char *mem_caps_check(struct mem_store *m, struct mem_record *record,
                           const struct store_caps *caps);
/* Adds the event about the messages, if there is one. */
void mem_caps_tell(struct mem_store *m, const struct store_commit *commit, const char *refused_by);
void mem_caps_fini(struct mem_store *m);
void mem_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
              void *ctx);

void mem_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                     store_on_done *fn, void *ctx);
void mem_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
              store_on_value *fn, void *ctx);
void mem_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx);
void mem_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                    store_on_done *fn, void *ctx);
void mem_courses_get(struct store *s, store_on_courses *fn, void *ctx);
void mem_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                   store_on_done *fn, void *ctx);
void mem_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx);
void mem_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx);
void mem_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn, void *ctx);
void mem_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx);
void mem_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                         store_on_done *fn, void *ctx);
void mem_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx);
void mem_values_fini(struct mem_store *m);

void mem_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn,
                    void *ctx);
void mem_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                    bool is_leaving, store_on_lease_given *fn, void *ctx);
/* A later owner has the entry's bucket. */
bool mem_is_fenced(struct mem_store *m, const struct store_entry *entry);
void mem_leases_fini(struct mem_store *m);

/* As store_patch does. */
void mem_state_patch(struct mem_store *m, const struct number_id *id,
                     const struct store_patch *patch);

void mem_stream_add(struct mem_store *m, enum store_stream stream, uint8_t bucket,
                    struct str payload);
/* Of the last entry that a bucket's log ever had. */
struct event_place mem_stream_end(const struct mem_store *m, uint8_t bucket);
void mem_streams_init(struct mem_store *m);
/* Ends what waits; its answer is posted. */
void mem_streams_stop(struct mem_store *m);
void mem_streams_fini(struct mem_store *m);
void mem_read(struct store *s, const struct store_reader *reader, store_on_entries *fn, void *ctx);
void mem_log_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                  void *ctx);
void mem_log_delete(struct store *s, uint8_t bucket, const struct event_place *places, uint32_t n,
                    store_on_done *fn, void *ctx);
void mem_compact(struct store *s, store_on_done *fn, void *ctx);
void mem_log_trim(struct store *s, const struct store_log_trim *trims, uint32_t n,
                  store_on_done *fn, void *ctx);
void mem_outbox_look(struct store *s, const uint64_t *fences, store_on_outbox *fn, void *ctx);
void mem_settle(struct store *s, const struct store_entry *wanted, const struct store_settled *what,
                store_on_done *fn, void *ctx);
void mem_mark_sending(struct store *s, const struct store_entry *entry, const struct number_id *id,
                      store_on_value *fn, void *ctx);
void mem_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                       void *ctx);
/* Owners of leases of a kind that are alive. */
uint32_t store_mem_n_alive(struct mem_store *m, struct str kind);
