/*
 * store_subject.h: one store under test with its loop, and its calls made to look synchronous: each
 * runs the loop until its response has come, and keeps a copy of it in `got`.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/store/stream.h"
#include "port/store/values.h"

#define GOT_ENTRIES 64
#define GOT_BYTES 4096
#define DEADLINE_MS 2000

struct got_entry {
    struct event_place place;
    uint8_t bucket;
    char id[48];
    char payload[128];
};

struct got {
    struct loop *loop;
    bool is_done;
    enum err e;
    bool has_record, has_state, has_reply;
    char state[GOT_BYTES], reply[GOT_BYTES]; /* NUL behind them */
    size_t state_len;
    uint32_t n;
    struct got_entry entries[GOT_ENTRIES];
    struct number_id ids[GOT_ENTRIES];
    char value[GOT_BYTES];
    char names[GOT_ENTRIES][64], current[64];
    struct wall_ms server;
};

struct subject {
    struct event_place from[STORE_BUCKETS];        /* of do_log */
    struct event_place outbox_from[STORE_BUCKETS]; /* of do_read */
    const char *name;
    struct loop *loop;
    struct store *store;
    struct timer *watchdog;
    struct timer *pause;
    bool is_time_up;
    struct got got;
};

static inline void got_str(struct str s, char *dst, size_t room)
{
    size_t n = s.len < room - 1 ? s.len : room - 1;
    if (n > 0)
        memcpy(dst, s.p, n);
    dst[n] = '\0';
}

static inline void got_done(struct got *got, enum err e)
{
    assert_false(got->is_done); /* exactly once */
    got->is_done = true;
    got->e = e;
    loop_stop(got->loop);
}

static inline void got_record(struct got *got, const struct store_record *rec)
{
    got->has_record = rec != NULL;
    got->has_state = rec != NULL && rec->state.p != NULL;
    got->has_reply = rec != NULL && rec->reply.p != NULL;
    got_str(got->has_state ? rec->state : STR_NONE, got->state, sizeof(got->state));
    got->state_len = got->has_state ? rec->state.len : 0;
    got_str(got->has_reply ? rec->reply : STR_NONE, got->reply, sizeof(got->reply));
}

static inline void got_load(void *ctx, enum err e, const struct store_record *rec)
{
    got_record(ctx, rec);
    got_done(ctx, e);
}

static inline void got_plain(void *ctx, enum err e)
{
    got_done(ctx, e);
}

static inline void got_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct got *got = ctx;
    assert_true(n <= GOT_ENTRIES);
    got->n = n;
    for (uint32_t i = 0; i < n; i++) {
        got->entries[i].bucket = entries[i].bucket;
        got->entries[i].place = entries[i].place;
        got_str(entries[i].id, got->entries[i].id, sizeof(got->entries[i].id));
        got_str(entries[i].payload, got->entries[i].payload, sizeof(got->entries[i].payload));
    }
    got_done(got, e);
}

static inline void got_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n)
{
    struct got *got = ctx;
    assert_true(n <= GOT_ENTRIES);
    got->n = n;
    for (uint32_t i = 0; i < n; i++)
        got->ids[i] = ids[i];
    got_done(got, e);
}

static inline void got_value(void *ctx, enum err e, struct str value)
{
    struct got *got = ctx;
    got_str(value, got->value, sizeof(got->value));
    got_done(got, e);
}

static inline void got_courses(void *ctx, enum err e, const struct str *names,
                               const struct str *bundles, uint32_t n, struct str current)
{
    struct got *got = ctx;
    assert_true(n <= GOT_ENTRIES);
    got->n = n;
    for (uint32_t i = 0; i < n; i++) {
        got_str(names[i], got->names[i], sizeof(got->names[i]));
        assert_true(bundles[i].len > 0);
    }
    got_str(current, got->current, sizeof(got->current));
    got_done(got, e);
}

static inline void got_board(void *ctx, enum err e, const struct str *names,
                             const struct str *values, uint32_t n)
{
    struct got *got = ctx;
    assert_true(n <= GOT_ENTRIES);
    got->n = n;
    for (uint32_t i = 0; i < n; i++) {
        got_str(names[i], got->names[i], sizeof(got->names[i]));
        got_str(values[i], got->entries[i].payload, sizeof(got->entries[i].payload));
    }
    got_done(got, e);
}

static inline void got_part(void *ctx, enum err e, enum store_part_state state,
                            const struct str *values, uint32_t n)
{
    struct got *got = ctx;
    assert_true(n <= GOT_ENTRIES);
    got->n = n;
    got->state_len = (size_t)state;
    for (uint32_t i = 0; i < n; i++)
        got_str(values[i].p != NULL ? values[i] : STR("-"), got->names[i], sizeof(got->names[i]));
    got_done(got, e);
}

static inline void got_overdue(void *ctx, enum err e, struct str key, const struct str *values,
                               uint32_t n)
{
    struct got *got = ctx;
    got_str(key, got->value, sizeof(got->value));
    got_part(got, e, STORE_PART_KEPT, values, n);
}

static inline void on_watchdog(void *ctx)
{
    struct subject *t = ctx;
    t->is_time_up = true;
    loop_stop(t->loop);
}

static inline struct got *begin(struct subject *t)
{
    memset(&t->got, 0, sizeof(t->got));
    t->got.loop = t->loop;
    return &t->got;
}

/* Runs the loop until the response has come; 30 s are more than any call may take. */
static inline enum err end(struct subject *t)
{
    assert_false(t->got.is_done); /* never before the call has returned */
    t->is_time_up = false;
    timer_start(t->loop, t->watchdog, 30000);
    while (!t->got.is_done && !t->is_time_up)
        loop_run(t->loop);
    timer_stop(t->loop, t->watchdog);
    assert_true(t->got.is_done);
    return t->got.e;
}

/* Lets the loop run for a while. */
static inline void run_for(struct subject *t, int64_t ms)
{
    t->is_time_up = false;
    timer_start(t->loop, t->pause, ms);
    while (!t->is_time_up)
        loop_run(t->loop);
}

static inline void wait_up(struct subject *t, bool is_up)
{
    for (int i = 0; i < 6000 && store_is_up(t->store) != is_up; i++)
        run_for(t, 5);
    assert_int_equal(store_is_up(t->store), is_up);
}

/* ---- values ---- */

/* Number i of a bucket. */
static inline struct number_id id_of(uint8_t bucket, uint8_t i)
{
    struct number_id id;
    memset(id.bytes, 0x5a, sizeof(id.bytes));
    id.bytes[0] = bucket;
    id.bytes[1] = i;
    id.bytes[2] = '\0'; /* nothing may treat it as text */
    id.bytes[3] = '\n';
    return id;
}

/* A state: seq and words. dst has 64 bytes. */
static inline struct str state_of(char *dst, uint32_t seq, const char *words)
{
    dst[0] = (char)(seq >> 24);
    dst[1] = (char)(seq >> 16);
    dst[2] = (char)(seq >> 8);
    dst[3] = (char)seq;
    size_t n = strlen(words);
    memcpy(dst + 4, words, n);
    return (struct str){dst, 4 + n};
}

/* ---- calls ---- */

static inline enum err do_load(struct subject *t, struct number_id id)
{
    store_load(t->store, &id, got_load, begin(t));
    return end(t);
}

static inline enum err do_commit(struct subject *t, const struct store_commit *commit)
{
    store_commit(t->store, commit, got_load, begin(t));
    return end(t);
}

/* The usual commit: state seq+1 with words, an event, due left as it is. */
static inline enum err do_step(struct subject *t, struct number_id id, uint32_t seq,
                               const char *words)
{
    char state[64];
    struct store_commit commit = {
        .id = id,
        .expected_seq = seq,
        .state = state_of(state, seq + 1, words),
        .event = str_from(words),
        .due_at_ms = -1,
    };
    return do_commit(t, &commit);
}

static inline enum err do_due_at(struct subject *t, struct number_id id, uint32_t seq,
                                 int64_t due_at_ms)
{
    char state[64];
    struct store_commit commit = {
        .id = id,
        .expected_seq = seq,
        .state = state_of(state, seq + 1, "due"),
        .due_at_ms = due_at_ms,
    };
    return do_commit(t, &commit);
}

static inline enum err do_send(struct subject *t, struct number_id id, uint32_t seq,
                               const char *text)
{
    char state[64];
    struct store_commit commit = {
        .id = id,
        .expected_seq = seq,
        .state = state_of(state, seq + 1, "send"),
        .outbox = {str_from(text)},
        .n_outbox = 1,
        .due_at_ms = -1,
    };
    return do_commit(t, &commit);
}

/* Of the outbox, from where the last one ended. */
static inline enum err do_read(struct subject *t, uint32_t max_each, int64_t block_ms)
{
    struct store_reader reader = {
        .from = t->outbox_from, .max_each = max_each, .block_ms = block_ms};
    store_read(t->store, &reader, got_entries, begin(t));
    enum err e = end(t);
    for (uint32_t i = 0; e == ERR_OK && i < t->got.n; i++)
        t->outbox_from[t->got.entries[i].bucket] = t->got.entries[i].place;
    return e;
}

/* The same as somebody who has read nothing. */
static inline enum err do_read_all(struct subject *t)
{
    memset(t->outbox_from, 0, sizeof(t->outbox_from));
    return do_read(t, GOT_ENTRIES, 0);
}

/* From where the last one ended. */
static inline enum err do_log(struct subject *t, uint32_t max_each, int64_t block_ms)
{
    struct store_reader reader = {.from = t->from, .max_each = max_each, .block_ms = block_ms};
    store_log_read(t->store, &reader, got_entries, begin(t));
    enum err e = end(t);
    for (uint32_t i = 0; i < t->got.n; i++)
        t->from[t->got.entries[i].bucket] = t->got.entries[i].place;
    return e;
}

static inline enum err do_trim(struct subject *t, uint8_t bucket, struct event_place last)
{
    struct store_log_trim trim = {bucket, last};
    store_log_trim(t->store, &trim, 1, got_plain, begin(t));
    return end(t);
}

static inline enum err do_settle(struct subject *t, struct got_entry entry, const char *event)
{
    struct store_entry e = {.bucket = entry.bucket, .id = str_from(entry.id)};
    store_settle(t->store, &e, &(struct store_settled){.event = str_from(event)}, got_plain,
                 begin(t));
    return end(t);
}

/* All that was read last. */
static inline void settle_all(struct subject *t)
{
    struct got_entry entries[GOT_ENTRIES];
    uint32_t n = t->got.n;
    memcpy(entries, t->got.entries, sizeof(entries));
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(do_settle(t, entries[i], NULL), ERR_OK);
}

static inline enum err do_mark(struct subject *t, struct got_entry entry, struct number_id id,
                               uint64_t fence)
{
    struct store_entry e = {.bucket = entry.bucket, .id = str_from(entry.id), .fence = fence};
    store_mark_sending(t->store, &e, &id, got_value, begin(t));
    return end(t);
}

static inline enum err do_clear(struct subject *t, struct got_entry entry)
{
    struct store_entry e = {.bucket = entry.bucket, .id = str_from(entry.id)};
    store_clear_sending(t->store, &e, got_plain, begin(t));
    return end(t);
}

static inline enum err do_due(struct subject *t, int64_t now_ms, uint32_t max)
{
    store_due(t->store, &(struct store_due_by){0, 255, max, now_ms}, got_due, begin(t));
    return end(t);
}

static inline enum err do_restore(struct subject *t, struct number_id id, uint32_t seq,
                                  const char *words, int64_t due_at_ms)
{
    char state[64];
    store_restore(t->store, &id, state_of(state, seq, words), due_at_ms, got_plain, begin(t));
    return end(t);
}

static inline void got_probe(void *ctx, enum err e, struct wall_ms server, uint32_t n_senders)
{
    struct got *got = ctx;
    got->server = server;
    got->n = n_senders;
    got_done(got, e);
}

static inline enum err do_probe(struct subject *t)
{
    store_probe(t->store, got_probe, begin(t));
    return end(t);
}

static inline enum err do_session_put(struct subject *t, struct str key, struct str value,
                                      int64_t ttl_ms)
{
    store_session_put(t->store, key, value, ttl_ms, got_plain, begin(t));
    return end(t);
}

static inline enum err do_session_get(struct subject *t, struct str key)
{
    store_session_get(t->store, key, got_value, begin(t));
    return end(t);
}

static inline enum err do_meet(struct subject *t, struct str name, struct str value, int64_t ttl_ms)
{
    store_meet(t->store, name, value, ttl_ms, got_value, begin(t));
    return end(t);
}

static inline enum err do_course_put(struct subject *t, const char *name, const char *bundle,
                                     bool is_current)
{
    store_course_put(t->store, str_from(name), str_from(bundle), is_current, got_plain, begin(t));
    return end(t);
}

static inline enum err do_courses_get(struct subject *t)
{
    store_courses_get(t->store, got_courses, begin(t));
    return end(t);
}
