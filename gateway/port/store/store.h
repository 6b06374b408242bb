/*
 * store.h: what Redis holds, by role: learners (load, commit), the event log, the outbox,
 * due times, USSD sessions, published courses, certificates. Layout of the keys: docs/design.md 5
 * and port/README.md.
 *
 * store_hiredis.c wraps hiredis; store_mem.c is a full implementation in memory for transcripts.
 * Both answer every call exactly once through its callback, from the loop, never before the call
 * returned, also on timeout (ERR_TIMEOUT), when the server is away (ERR_UNAVAILABLE: at once while
 * the circuit is open) and at store_free (ERR_UNAVAILABLE). A call that timed out may have taken
 * effect: callers repeat it and rely on seq and ids. Answers and entries are borrowed until the
 * callback returns.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "core/event_record.h"
#include "port/loop.h"
#include "port/store/lease.h"
#include "port/store/tls.h"

#define NUMBER_ID_BYTES 16
#define STORE_BUCKETS 256u
#define STORE_MAX_OUTBOX 4u /* messages of one commit to its number */
#define STORE_MAX_ALERTS 3u /* and to people of ours */
#define STORE_SEEN_TTL_MS (144 * 3600 * (int64_t)1000)
#define STORE_SEQ_BYTES 4u /* a state begins with its seq, big-endian */
#define STORE_MAX_CAPS 6u  /* counters of one commit */
#define STORE_CAP_KEY_BYTES 48u
#define STORE_SESSION_BYTES 512u /* a stored USSD session */
#define STORE_SESSION_KEY_BYTES 128u
#define STORE_MAX_PARTS 32u    /* of one long SMS */
#define STORE_PART_BYTES 8192u /* a stored part */
#define STORE_PART_MARK_BYTES 16u
#define STORE_MAX_INCOMPLETE 20000u /* long SMS that wait for parts */

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
 * that is said in the answer to a callback. When something does, the state and the event are stored
 * all the same, the reply record is not, and another event tells of it: refused_event, completed as
 * by event_message_end with the id of a message that no other one has and the name of who refused.
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

struct store_learner {
    struct number_id id;
    struct str state;  /* absent = gone since the page was read */
    int64_t due_at_ms; /* to the second; 0 = not due */
};

/* Bytes of a state that are replaced where they stand, as long as these. */
struct store_patch {
    uint32_t at;
    struct str before, after; /* of one length */
};

/* What is written where an outbox entry was. */
struct store_settled {
    struct str event;           /* for the event log; absent or empty = none */
    const struct number_id *id; /* of this bucket: whose state is patched; NULL = none is */
    struct store_patch patch;   /* as by store_patch */
};

/* May this server be answered from? It may when its data are those of the epoch, and somebody who
 * can tell has looked at them since it started: store_fence_open. */
struct store_fence {
    uint64_t epoch; /* of the data; 0 = it knows none: empty, or new */
    bool is_open;
    bool is_split; /* not all of them: a master of a Cluster was emptied */
};

struct store;
/* rec is NULL unless e is ERR_OK. */
typedef void store_on_load(void *ctx, enum err e, const struct store_record *rec);
/* ERR_CONFLICT: seq had moved; rec is then the present record, so no second load is needed. ERR_OK:
 * rec is NULL unless a cap kept the messages back; only refused_by is set then. */
typedef void store_on_commit(void *ctx, enum err e, const struct store_record *rec);
typedef void store_on_done(void *ctx, enum err e);
typedef void store_on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n);
/* What waits in the outbox, in hand or not: how many, and when the oldest came in; 0 = none waits.
 */
typedef void store_on_outbox(void *ctx, enum err e, uint64_t n, int64_t oldest_ms);
/* STORE_BUCKETS of them; zeros where it was not asked for. */
typedef void store_on_log_sizes(void *ctx, enum err e, const struct store_log_size *sizes);
/* used: of maxmemory, in thousandths; 0 = there is no such limit. */
typedef void store_on_memory(void *ctx, enum err e, uint32_t used);
typedef void store_on_fence(void *ctx, enum err e, const struct store_fence *fence);
/* One for each id that was asked for; absent = nobody known. */
typedef void store_on_states(void *ctx, enum err e, const struct str *states, uint32_t n);
/* next: for the page behind this one; empty = through. n may be 0 before that. */
typedef void store_on_scan(void *ctx, enum err e, struct str next,
                           const struct store_learner *learners, uint32_t n);
typedef void store_on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n);
typedef void store_on_value(void *ctx, enum err e, struct str value);
/* n_senders: processes alive that send (lease.h). */
typedef void store_on_probe(void *ctx, enum err e, struct wall_ms server, uint32_t n_senders);
/* One published course version: "id@version" and its bundle. */
typedef void store_on_courses(void *ctx, enum err e, const struct str *names,
                              const struct str *bundles, uint32_t n, struct str current);

/* One part of a long SMS. key names the message (no plain number in it), mark is a hash of what the
 * part says. */
struct store_part {
    struct str key;
    uint32_t n, of; /* from 1 */
    char mark[STORE_PART_MARK_BYTES];
    struct str value;
    int64_t wait_ms; /* for the missing parts, from the first one that came */
    int64_t keep_ms; /* after the last one that came */
};

enum store_part_state {
    STORE_PART_KEPT,     /* others are missing */
    STORE_PART_COMPLETE, /* all are there, also when this one was there before */
    STORE_PART_ALONE,    /* not kept: another message has this key, or too many wait */
};
/* values by part, n of them when complete, absent where one is missing. */
typedef void store_on_part(void *ctx, enum err e, enum store_part_state state,
                           const struct str *values, uint32_t n);
/* One message whose time is over: its key and what came of it, up to its last part that did. n = 0:
 * there is none. */
typedef void store_on_overdue(void *ctx, enum err e, struct str key, const struct str *values,
                              uint32_t n);

/* What lies there for all processes to read, by name. */
enum store_board {
    STORE_BOARD_NOTES,   /* that operators and processes leave for each other */
    STORE_BOARD_COHORTS, /* reference data that PostgreSQL owns (core/cohort.h), by group code */
    STORE_BOARD_HOSTS,   /* "VERSION SEEN_MS" of each host at work (role/ports.h) */
    STORE_BOARD_STARTS,  /* which version of each course is begun (app/course_set.h), by its id */
    STORE_BOARD_CORRECTIONS, /* right options of questions that had a wrong key: "2" or "1,3", by
                                course/unit */
    N_STORE_BOARDS
};
#define STORE_MAX_BOARD 4096u /* names on one */

/* Names and values of a board, in no order. */
typedef void store_on_board(void *ctx, enum err e, const struct str *names,
                            const struct str *values, uint32_t n);

struct store;

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
/* The encoded states of up to STORE_MAX_STATES numbers, as they are now. */
#define STORE_MAX_STATES 4096u
void store_states(struct store *s, const struct number_id *ids, uint32_t n, store_on_states *fn,
                  void *ctx);
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
/* Numbers whose due time has come, oldest first. They stay due until a commit moves them. Due times
 * are kept to the second, rounded up (store_mem: exactly). */
void store_due(struct store *s, uint8_t first, uint8_t last, int64_t now_ms, uint32_t max,
               store_on_due *fn, void *ctx);
/* USSD sessions of providers that name the number only once. key and value carry no plain number.
 * ERR_TOO_LONG: over STORE_SESSION_KEY_BYTES or STORE_SESSION_BYTES. */
void store_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                       store_on_done *fn, void *ctx);
/* ERR_NOT_FOUND when there is none. */
void store_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx);
/* Two that each know half of something meet under a name of theirs: who comes second, within
 * ttl_ms, is told what the first one left. ERR_NOT_FOUND: nobody was here, value lies there now.
 * Names do not meet those of sessions. ERR_TOO_LONG as store_session_put. */
void store_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
                store_on_value *fn, void *ctx);
void store_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                      store_on_done *fn, void *ctx);
void store_courses_get(struct store *s, store_on_courses *fn, void *ctx);
/* Keeps a part until all of its message are there; on disk when fn says ERR_OK. The same part again
 * changes nothing. A part that says something else under the number of one that is there: after a
 * complete message it begins a new one, else it is STORE_PART_ALONE. ERR_TOO_LONG: over
 * STORE_MAX_PARTS or STORE_PART_BYTES. */
void store_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx);
/* The message has been dealt with: it does not become overdue. Its parts are still known for a
 * while, so that repeats of them are; with must_forget they are not, and what comes begins a new
 * message. */
void store_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn,
                     void *ctx);
/* The oldest message that has waited long enough; it stays overdue until store_part_done. */
void store_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx);
/* Puts a value on a board; an absent one takes it away. At most STORE_MAX_BOARD on one: the getter
 * answers ERR_IO past it. */
void store_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                     store_on_done *fn, void *ctx);
void store_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx);
/* What anybody is told who has a certificate's code (core/certificate.h), until then. One that was
 * revoked stays so, whatever comes later. */
void store_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                           store_on_done *fn, void *ctx);
/* ERR_NOT_FOUND: there is none of this code, on a server that has the data of the epoch. */
void store_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx);
/* Writes a state that PostgreSQL remembers, unless a newer one is there (waypost rebuild). */
void store_restore(struct store *s, const struct number_id *id, struct str state, int64_t due_at_ms,
                   store_on_done *fn, void *ctx);
/* A number that is known is due then, unless it is before: something may have to be said to it that
 * was not known when it was stored. */
void store_wake(struct store *s, const struct number_id *id, int64_t due_at_ms, store_on_done *fn,
                void *ctx);
/* All learners, page by page, in no order, some perhaps twice; cursor is empty for the first page.
 * ERR_CONFLICT: slots of a Cluster have moved since that one: begin again. */
void store_scan(struct store *s, struct str cursor, store_on_scan *fn, void *ctx);
/* Writes a note that nobody reads and tells the server's clock and who sends: can a commit be taken
 * now, do two hosts mean the same time, will an SMS leave? Errors as of store_commit. */
void store_probe(struct store *s, store_on_probe *fn, void *ctx);
void store_fence(struct store *s, store_on_fence *fn, void *ctx);
/* The server has the data of this epoch: those whose settings say must_be_fenced may come. */
void store_fence_open(struct store *s, uint64_t epoch, store_on_done *fn, void *ctx);
/* The id of the last entry that a bucket's log ever had, "0-0" for none, trimmed or not. A place
 * behind it means that the server has lost its newest entries. */
void store_log_end(struct store *s, uint8_t bucket, store_on_value *fn, void *ctx);
/* Of the buckets in these ranges (port/store/lease.h), read at once. It costs the same however long
 * they are. */
void store_log_sizes(struct store *s, const bool ranges[STORE_LEASE_RANGES], store_on_log_sizes *fn,
                     void *ctx);
/* How full the server is; on a Cluster, the fullest. */
void store_memory(struct store *s, store_on_memory *fn, void *ctx);
/* What the server says of itself, as lines "name:value": its state (INFO), or the settings that
 * keep what it has taken. ERR_UNAVAILABLE also where the login may not ask for them. store_fact
 * reads it. On a Cluster each master's facts end in STORE_FACTS_END, but the last one's, and begin
 * with its address, STORE_FACTS_SERVER; str_split takes them apart. */
#define STORE_FACTS_END '\f'
#define STORE_FACTS_SERVER "waypost_server"
enum store_facts { STORE_FACTS_STATE, STORE_FACTS_SETTINGS };
void store_facts(struct store *s, enum store_facts what, store_on_value *fn, void *ctx);
/* The value behind a name; absent when it is not there. */
struct str store_fact(struct str facts, struct str name);
/* Of the ranges with a fence (port/store/lease.h), which are read at once. */
void store_outbox_look(struct store *s, const uint64_t fences[STORE_LEASE_RANGES],
                       store_on_outbox *fn, void *ctx);
/* False while the circuit is open: calls fail at once. On a Cluster: of all masters. */
bool store_is_up(struct store *s);
/* Masters of a Cluster that cannot be asked: calls about what they have fail at once. */
uint32_t store_n_away(struct store *s);
/* Accepts NULL. Answers what is pending first; these callbacks ask the store nothing more. Not from
 * inside a callback of this store. */
void store_free(struct store *s);
/* seq of an encoded state; 0 for fewer bytes. */
uint32_t store_seq(struct str state);

struct store_settings {
    const char *socket_path; /* unix socket; or host (an address, never a name) and port */
    const char *host;
    int port;
    const char *username, *password; /* NULL = none */
    struct tls_settings tls;         /* not over a unix socket */
    const char
        *cluster; /* in place of host and port: "address:port" of some servers of a Cluster */
    const char *sentinels;  /* in place of host and port: "address:port" of each, blanks between */
    const char *primary;    /* what Sentinels call the server */
    uint32_t wait_replicas; /* that must have a command before it is answered ERR_OK; else, after
                               half the deadline, ERR_TIMEOUT: it may have taken effect */
    int64_t deadline_ms;    /* per command, e.g. 700 */
    uint32_t max_in_flight; /* over it: ERR_FULL at once */
    bool must_be_fenced;    /* away until the fence is open (store_fence_open) */
};

/* Connects in the background, loads the function library. */
struct store *store_hiredis_new(struct loop *loop, const struct store_settings *settings);

struct store *store_mem_new(struct loop *loop);
/* Entries that are in the event log. */
uint32_t store_mem_n_events(struct store *s);
/* What store_memory answers from now on. */
void store_mem_set_memory(struct store *s, uint32_t used);
/* The next n calls of a verb ("load", "commit", "read", "settle", ... or "*") answer e; with `late`
 * they take effect all the same (a timeout whose command arrived). n = 0 clears, UINT32_MAX = until
 * cleared. */
void store_mem_fail(struct store *s, const char *verb, enum err e, bool late, uint32_t n);
