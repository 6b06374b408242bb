/*
 * store.h: what Redis holds: one learner (load, commit) here, many in learners.h, the event log and
 * the outbox in stream.h, sessions, parts, courses, boards and certificates in values.h, the server
 * itself in server.h. Layout of the keys: docs/design.md 5 and port/README.md.
 *
 * hiredis.c wraps hiredis; lab/mem/store_mem.c is a full implementation in memory for transcripts.
 * Both answer every call exactly once through its callback, from the loop, never before the call
 * returned, also on timeout (ERR_TIMEOUT), when the server is away (ERR_UNAVAILABLE: at once while
 * the circuit is open) and at store_free (ERR_UNAVAILABLE). A call that timed out may have taken
 * effect: callers repeat it and rely on seq and ids. Responses and entries are borrowed until the
 * callback returns.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "core/event_record.h"
#include "port/loop.h"
#include "port/store/lease.h"

#define NUMBER_ID_BYTES 16
#define STORE_BUCKETS 256u
#define STORE_MAX_OUTBOX 4u /* messages of one commit to its number */
#define STORE_MAX_ALERTS 3u /* and to people of ours */
#define STORE_SEEN_TTL_MS (144 * HOUR_MS)
#define STORE_SEQ_BYTES 4u /* a state begins with its seq, big-endian */
#define STORE_MAX_CAPS 6u  /* counters of one commit */
#define STORE_CAP_KEY_BYTES 48u

struct number_id {
    uint8_t bytes[NUMBER_ID_BYTES]; /* HMAC-SHA-256 of the E.164 number, cut; bucket = bytes[0] */
};

struct store_record {
    struct str state; /* encoded learner; absent = nobody known */
    struct str reply; /* last reply that does not lie in the state (app/last_reply.h); absent =
                         expired, or none */
    struct str seen;  /* what came from this number (app/dedup.h); absent = nothing lately */
    const char *refused_by; /* of a commit that went through without its messages: who refused
                               them (store_caps); NULL = nobody */
};

/* A counter over all numbers: of a prefix, an organisation, all money. Counted in windows by the
 * server's clock, so that a gateway whose clock jumps opens no cap. */
struct store_cap {
    const char *name; /* a constant, "money": told when it refuses */
    struct str key;   /* names the counter: "org:0a1b2c"; no plain number in it */
    uint64_t units;   /* what the messages of this commit take */
    uint64_t limit;   /* of one window */
    uint32_t window_s;
};

/* What may keep back the messages of a commit (all of them or none): its outbox entries, or a reply
 * that is said in the response to a callback. When something does, the state and the event are
 * stored all the same, the reply record is not, and another event tells of it: refused_event,
 * completed as by event_message_end with the id of a message that no other one has and the name of
 * who refused.
 */
struct store_caps {
    const char *refused_by;  /* the caller refuses them, nothing is counted; NULL = it does not */
    uint32_t number_units;   /* messages to this number ... */
    uint32_t number_limit;   /* ... of at most so many a day: "number" */
    uint32_t exchange;       /* hash of what was said by both; 0 = none */
    uint32_t exchange_limit; /* it may come so often ... */
    uint32_t exchange_s;     /* ... within this time: "loop" */
    struct store_cap list[STORE_MAX_CAPS];
    uint32_t n;
    struct str refused_event;
    struct str said_event; /* completed likewise when nothing is refused; absent = no such event */
};

struct store_commit {
    struct number_id id;
    uint32_t expected_seq; /* 0 = must not exist */
    struct str state; /* absent = delete the state, its due time, the old reply and what was seen */
    struct str reply; /* absent or empty = leave the old one */
    int64_t reply_ttl_ms;
    struct str seen;    /* to be kept with what was seen before; absent or empty = nothing new */
    bool is_seen_whole; /* it takes the place of that, and lives STORE_SEEN_TTL_MS from now */
    struct str event;   /* one record for the event log; absent or empty = none */
    struct str outbox[STORE_MAX_OUTBOX + STORE_MAX_ALERTS];
    uint32_t n_outbox;
    int64_t due_at_ms;             /* > 0 set, 0 remove, -1 leave as it is */
    const struct store_caps *caps; /* NULL = none */
};

/* Bytes of a state that are replaced where they stand, as long as these. */
struct store_patch {
    uint32_t at;
    struct str before, after; /* of one length */
};

struct store;
/* rec is NULL unless e is ERR_OK. */
typedef void store_on_load(void *ctx, enum err e, const struct store_record *rec);
/* ERR_CONFLICT: seq had moved; rec is then the present record, so no second load is needed. ERR_OK:
 * rec is NULL unless a cap kept the messages back; only refused_by is set then. */
typedef void store_on_commit(void *ctx, enum err e, const struct store_record *rec);
typedef void store_on_done(void *ctx, enum err e);
typedef void store_on_value(void *ctx, enum err e, struct str value);

/* State and last reply of one number, in one round trip. */
void store_load(struct store *s, const struct number_id *id, store_on_load *fn, void *ctx);
/* All or nothing, on disk when the callback says ERR_OK (appendfsync always). ERR_FULL: the server
 * is out of memory or disk; nothing was written. With caps, of all commits that any process makes
 * at any time never one unit more is enqueued than a cap allows; what a process holds when it dies
 * in the middle of a commit is lost to the window. A commit with caps, and all it points to, stays
 * in place until fn is called. */
void store_commit(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                  void *ctx);
/* Where the number's state has the bytes `before` at that place, puts `after` there; elsewhere does
 * nothing. The seq stays, so whoever has loaded the state commits over it: only for a note that a
 * commit may lose. Works while the server is out of memory. */
void store_patch(struct store *s, const struct number_id *id, const struct store_patch *patch,
                 store_on_done *fn, void *ctx);
/* Takes units of counters, of all or of none (n > 0). ERR_DENIED: one has no room. */
void store_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
                void *ctx);
/* False while the circuit is open: calls fail at once. On a Cluster: of all masters. */
bool store_is_up(struct store *s);
/* Masters of a Cluster that cannot be asked: calls about what they have fail at once. */
uint32_t store_n_away(struct store *s);
/* Accepts NULL. Answers what is pending first; these callbacks ask the store nothing more. Not from
 * inside a callback of this store. */
void store_free(struct store *s);
/* seq of an encoded state; 0 for fewer bytes. */
uint32_t store_seq(struct str state);

struct store *store_mem_new(struct loop *loop);
/* Entries that are in the event log. */
uint32_t store_mem_n_events(struct store *s);
/* What store_memory answers from now on. */
void store_mem_set_memory(struct store *s, uint32_t used);
/* The next n calls of a verb ("load", "commit", "read", "settle", ... or "*") answer e; with `late`
 * they take effect all the same (a timeout whose command arrived). n = 0 clears, UINT32_MAX = until
 * cleared. */
void store_mem_fail(struct store *s, const char *verb, enum err e, bool late, uint32_t n);
