/*
 * hiredis.h: what the parts of the store on Redis share. Nobody else includes it.
 *
 * hiredis.c         the calls of store.h about learners, and what is left
 * hiredis_servers.c what is asked of each server: facts, memory, the fence
 * hiredis_values.c  what is kept by its key: parts of long SMS, sessions, courses, notes
 * hiredis_shares.c  what processes share: limits on what is sent, leases
 * hiredis_read.c    reads of the outbox and of the event log
 * hiredis_outbox.c  the outbox: marks, settling
 * hiredis_log.c     the event log: trimming; what its reader asks for
 * hiredis_words.c   keys, and the words of a commit
 * hiredis_reply.c   replies and error replies to our structs
 * hiredis_nodes.c   which server a command goes to; the fence
 * hiredis_map.c     slots, and who has them
 * hiredis_link.c    circuit breaker, handshake, over one connection after the other
 * hiredis_requests.c  what is under way on it, and until when
 * hiredis_wire.c    one connection: hiredis on libevent
 */
#pragma once

#include "port/store/hiredis_nodes.h"

/* ---- the whole ---- */

/* Reads of a stream: a connection of its own, since a blocking read holds up what comes behind it.
 */
struct reading {
    struct loop *loop;
    struct nodes *nodes;
    struct str stream; /* "events" or "outbox" */
    bool is_busy;
    bool is_waiting;            /* busy, for the link to come up */
    struct store_reader reader; /* its lists lie here */
    struct event_place from[STORE_BUCKETS];
    bool ranges[STORE_LEASE_RANGES];
    struct arena *arena;
    struct timer *poll; /* on a Cluster: of the next turn, until then */
    int64_t until_ms;
    struct store_entry *entries; /* of this turn, so far; with how many servers they came from */
    uint32_t n, n_good, n_missing;
    enum err e; /* of one that did not answer */
    store_on_entries *fn;
    void *ctx;
};

struct sending;
STAILQ_HEAD(sending_queue, sending);

struct hiredis_store {
    struct store base;
    struct loop *loop;
    struct nodes *nodes;
    struct reading outbox, log;
    char lives[LIVES_BYTES]; /* of the servers, when hiredis_fence asked: what may be opened */
    struct sending_queue sendings; /* marks and ends of SMS that have not been asked for */
    uint32_t n_sendings_calls;     /* under way */
    struct timer *sendings_turn;
};

static inline struct hiredis_store *hiredis_store(struct store *s)
{
    return (struct hiredis_store *)s;
}

/* ---- the words of a commit, with caps or without ---- */

/* A bucket's due times are split over 64 sorted sets by the second byte of the number_id, and one
 * that has grown over 16 parts of it by the next four bits (functions.lua), so that each stays in
 * Redis' compact form and is short; member = all bytes but the first. Measured in port/README.md.
 */
enum { DUE_INDEX, DUE_SLOT, DUE_PART, DUE_SECONDS, DUE_MEMBER, DUE_NAME };
struct due_words {
    char index[KEY_BYTES], slot[KEY_BYTES], part[KEY_BYTES], seconds[24], name[5];
    struct str words[6];
};
/* due_at_ms < 0: leave it as it is; 0: none. */
void due_words(struct due_words *due, const struct number_id *id, int64_t due_at_ms);
/* What the words of a commit lie in until it has been sent. */
struct commit_words {
    char state[KEY_BYTES], reply[KEY_BYTES], events[KEY_BYTES], outbox[KEY_BYTES], seen[KEY_BYTES];
    char epoch[KEY_BYTES];
    char ttl[24], seen_ttl[24], expected[STORE_SEQ_BYTES];
    struct due_words due;
};
#define COMMIT_KEYS "9"
#define COMMIT_CAPPED_KEYS "10"
/* As it stands in front of a state. */
struct str put_seq(char dst[STORE_SEQ_BYTES], uint32_t seq);
/* The keys of a commit but the last, DUE_PART; then its arguments. */
void commit_add_keys(struct commit_words *words, const struct store_commit *commit,
                     struct argv *argv);
void commit_add_args(struct commit_words *words, const struct store_commit *commit,
                     struct str epoch, struct argv *argv);

/* ---- of the outbox (hiredis_outbox.c) ---- */

void sendings_init(struct hiredis_store *s);
/* Answers those that have not been asked for, and asks for no more. */
void sendings_fini(struct hiredis_store *s);

/* ---- calls of store.h ---- */

void hiredis_commit_capped(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                           void *ctx);
void hiredis_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
                  void *ctx);
void hiredis_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx);
void hiredis_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn,
                       void *ctx);
void hiredis_part_later(struct store *s, struct str key, int64_t wait_ms, int64_t keep_ms,
                        store_on_done *fn, void *ctx);
void hiredis_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx);
/* For n commands with one response, the first error of all. False: that was given without asking.
 */
bool gather_new(struct nodes *nodes, uint32_t n, store_on_done *fn, void *ctx, struct link_to *ret);
void hiredis_log_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                      void *ctx);
void hiredis_log_delete(struct store *s, uint8_t bucket, const struct event_place *places,
                        uint32_t n, store_on_done *fn, void *ctx);
void hiredis_log_trim(struct store *s, const struct store_log_trim *trims, uint32_t n,
                      store_on_done *fn, void *ctx);
void hiredis_log_sizes(struct store *s, const bool *ranges, store_on_log_sizes *fn, void *ctx);
void hiredis_fence(struct store *s, store_on_fence *fn, void *ctx);
void hiredis_fence_open(struct store *s, uint64_t epoch, store_on_done *fn, void *ctx);
void hiredis_memory(struct store *s, store_on_memory *fn, void *ctx);
void hiredis_facts(struct store *s, enum store_facts what, store_on_value *fn, void *ctx);
void hiredis_may(struct store *s, struct str user, struct str command, store_on_value *fn,
                 void *ctx);
void hiredis_compact(struct store *s, store_on_done *fn, void *ctx);
void hiredis_scan(struct store *s, struct str cursor, store_on_scan *fn, void *ctx);
void hiredis_states(struct store *s, const struct number_id *ids, uint32_t n, store_on_states *fn,
                    void *ctx);
void hiredis_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                  void *ctx);
void hiredis_outbox_look(struct store *s, const uint64_t *fences, store_on_outbox *fn, void *ctx);
void hiredis_settle(struct store *s, const struct store_entry *entry,
                    const struct store_settled *what, store_on_done *fn, void *ctx);
void hiredis_mark_sending(struct store *s, const struct store_entry *entry,
                          const struct number_id *id, store_on_value *fn, void *ctx);
void hiredis_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                           void *ctx);
void hiredis_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                         store_on_done *fn, void *ctx);
void hiredis_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
                  store_on_value *fn, void *ctx);
void hiredis_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx);
void hiredis_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                        store_on_done *fn, void *ctx);
void hiredis_courses_get(struct store *s, store_on_courses *fn, void *ctx);
void hiredis_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                       store_on_done *fn, void *ctx);
void hiredis_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx);
void hiredis_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                             store_on_done *fn, void *ctx);
void hiredis_certificate_new(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                             store_on_done *fn, void *ctx);
void hiredis_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx);
void hiredis_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn,
                        void *ctx);
void hiredis_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                        bool is_leaving, store_on_lease_given *fn, void *ctx);
void readings_init(struct hiredis_store *s, const struct store_settings *settings);
void readings_fini(struct hiredis_store *s);
