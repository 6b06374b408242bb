/*
 * sink.h: where facts end up: PostgreSQL. libpq.c wraps libpq (async, one connection,
 * reconnecting); sink_mem.c keeps what it was given, for transcripts.
 *
 * The database also keeps how far it has read in each bucket's event log, and moves these places in
 * the transaction that stores the records: so nothing is taken twice or passed over, whatever dies,
 * and a database restored from an older dump reads on from where it was then.
 *
 * Every call is answered exactly once through its callback, from the loop. ERR_UNAVAILABLE and
 * ERR_TIMEOUT: try again later, nothing or everything was stored; ask for the places again.
 * ERR_CONFLICT: the database is at other places than the batch starts from; nothing was stored.
 * ERR_INVALID: the database refused the content; message says why.
 */
#pragma once

#include "base/buf.h"
#include "core/event_record.h"
#include "port/loop.h"

#define SINK_BUCKETS 256u

/* An entry of the event log. */
struct sink_record {
    uint8_t bucket;
    struct event_place place;
    struct str bytes; /* core/event_record.h */
    struct str state; /* of a step: the learner of its number, encoded, as Redis had it after the
                         record was read, so perhaps some steps further; absent = none there */
};

/* From where to where one bucket is read by a batch. */
struct sink_move {
    uint8_t bucket;
    struct event_place from, to;
};

struct sink_batch {
    uint64_t epoch; /* of the log: a place of another epoch counts as its beginning */
    const struct sink_record *records; /* by bucket, each in its order */
    uint32_t n;
    const struct sink_move *moves; /* one for each bucket that records lie in */
    uint32_t n_moves;
};

struct sink;
/* places: SINK_BUCKETS of them, 0-0 where nothing was read yet; NULL unless e is ERR_OK. */
typedef void sink_on_places(void *ctx, enum err e, const struct event_place *places);
typedef void sink_on_done(void *ctx, enum err e, const char *message);
/* The sealed number of a number_id, for pushes; borrowed. ERR_NOT_FOUND: erased. */
typedef void sink_on_vault(void *ctx, enum err e, uint16_t key_id, struct str nonce,
                           struct str ciphertext);

/* One text, or what is wrong; borrowed. */
typedef void sink_on_text(void *ctx, enum err e, struct str text);

/* A number that is to be forgotten, or whose erasure is to be ended. */
struct sink_due {
    uint8_t number_id[16];
    bool is_erased;
};
/* due is borrowed. */
typedef void sink_on_due(void *ctx, enum err e, const struct sink_due *due, uint32_t n);

struct sink_ops {
    void (*places)(struct sink *, uint64_t epoch, sink_on_places *, void *ctx);
    void (*ingest)(struct sink *, const struct sink_batch *, sink_on_done *, void *ctx);
    void (*dead_letter)(struct sink *, const struct sink_batch *, struct str reason, sink_on_done *,
                        void *ctx);
    void (*vault_get)(struct sink *, const uint8_t number_id[16], sink_on_vault *, void *ctx);
    void (*tidy)(struct sink *, sink_on_due *, void *ctx);
    void (*forget)(struct sink *, const uint8_t number_id[16], sink_on_done *, void *ctx);
    void (*cohorts)(struct sink *, sink_on_text *, void *ctx);
    void (*reports)(struct sink *, sink_on_text *, void *ctx);
    bool (*is_up)(struct sink *);
    void (*free)(struct sink *);
};

struct sink {
    const struct sink_ops *ops;
};

/* How far the database has read in the log of this epoch. */
void sink_places(struct sink *s, uint64_t epoch, sink_on_places *fn, void *ctx);
/* Records and moves in one transaction; ERR_OK after its COMMIT. The batch is copied. */
void sink_ingest(struct sink *s, const struct sink_batch *batch, sink_on_done *fn, void *ctx);
/* Puts the one record of a batch aside, with the reason why it is refused, and moves on. */
void sink_dead_letter(struct sink *s, const struct sink_batch *batch, struct str reason,
                      sink_on_done *fn, void *ctx);
void sink_vault_get(struct sink *s, const uint8_t number_id[16], sink_on_vault *fn, void *ctx);
/* Once a day deletes what has been kept long enough (sql/README.md), and says of up to SINK_MAX_DUE
 * numbers that their time is over (docs/course-rules.md 3.4); each time, of which DELETE or this
 * has left something in the event log. */
#define SINK_MAX_DUE 500u
void sink_tidy(struct sink *s, sink_on_due *fn, void *ctx);
/* Erases such a number, if it still is one; for those that the store does not know any more. And
 * ends its erasures: nothing of them is in the event log any more. */
void sink_forget(struct sink *s, const uint8_t number_id[16], sink_on_done *fn, void *ctx);
/* A line "code description" (core/cohort.h) for each group that may be learning, with its figures
 * of now; and "wake code NUMBER_ID" and "quiet code NUMBER_ID" for members to look at, as
 * core.group_calls() says. */
void sink_cohorts(struct sink *s, sink_on_text *fn, void *ctx);
/* Counts the reports of one organisation with very many learners, if it is time, and says its code
 * (absent: none). Takes from milliseconds to hours: with a sink of its own. */
void sink_reports(struct sink *s, sink_on_text *fn, void *ctx);
bool sink_is_up(struct sink *s);
void sink_free(struct sink *s);

/* The schema that this program knows: the number of the last file in sql/ (quiet). */
#define SINK_SCHEMA_VERSION 67

/* conninfo as libpq reads it. ERR_INVALID: no conninfo, or a host name without hostaddr (names are
 * never looked up here: that would block); msg says which. */
enum err sink_libpq_check(const char *conninfo, struct errmsg *msg) MUST_CHECK;
/* A checked conninfo. Connects in the background, again with back-off whenever the connection is
 * lost; while it is away calls fail at once. timeout_ms per statement and for connecting. Refuses a
 * schema that is not SINK_SCHEMA_VERSION: is_up stays false, the reason is logged, and it looks
 * again from time to time, so that `waypost migrate` mends it without a restart. */
struct sink *sink_libpq_new(struct loop *loop, const char *conninfo, int64_t timeout_ms);

/* Refuses (ERR_INVALID) a batch with bytes that are no record. */
struct sink *sink_mem_new(struct loop *loop);
/* As store_mem_fail; verbs "places", "ingest", "dead_letter", "vault_get", "tidy",
 * "forget", "cohorts", "reports". */
void sink_mem_fail(struct sink *s, const char *verb, enum err e, uint32_t n);
/* Records taken in so far, in order, as JSON, each once by (learner_id, seq). */
uint32_t sink_mem_count(const struct sink *s);
struct str sink_mem_envelope(const struct sink *s, uint32_t i);
/* What sink_tidy says from now on; a number goes when it is forgotten. */
void sink_mem_set_due(struct sink *s, const struct sink_due *due, uint32_t n);
uint32_t sink_mem_n_due(const struct sink *s);
/* Payloads put aside. */
uint32_t sink_mem_n_dead(const struct sink *s);
/* Forgets how far it has read and what it took, as a database restored from an old dump. */
void sink_mem_restore_old(struct sink *s);
