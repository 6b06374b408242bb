/*
 * hiredis_log.c: the event log once it was read (hiredis_read.c): trimming; and the states that its
 * reader asks for.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/store/hiredis.h"

/* ---- trimming ---- */

void hiredis_log_trim(struct store *s, const struct store_log_trim *trims, uint32_t n,
                      store_on_done *fn, void *ctx)
{
    struct link *link = hiredis_store(s)->link;
    struct link_to to;
    if (!gather_new(link, n, fn, ctx, &to))
        return;
    for (uint32_t i = 0; i < n; i++) {
        char events[KEY_BYTES], first[EVENT_PLACE_BYTES];
        struct event_place kept = trims[i].last;
        struct argv argv = {.n = 0};
        kept.ms += ++kept.n == 0; /* the place behind it */
        argv_add(&argv, STR("XTRIM"));
        argv_add(&argv, bucket_key(events, trims[i].bucket, STR("events")));
        argv_add(&argv, STR("MINID"));
        event_place_write(kept, first);
        argv_add(&argv, str_from(first));
        link_send(link, &argv, &to, 0);
    }
}

/* Entries of a bucket that are written anew in some ten milliseconds. */
#define DELETE_SMALL "5000"

void hiredis_log_delete(struct store *s, uint8_t bucket, const struct event_place *places,
                        uint32_t n, store_on_done *fn, void *ctx)
{
    static char ids[STORE_MAX_DELETE][EVENT_PLACE_BYTES]; /* this process has one thread */
    char events[KEY_BYTES], beside[KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_log_delete"));
    argv_add(&argv, STR("2"));
    argv_add(&argv, bucket_key(events, bucket, STR("events")));
    argv_add(&argv, bucket_key(beside, bucket, STR("events.new")));
    argv_add(&argv, STR(DELETE_SMALL));
    for (uint32_t i = 0; i < n; i++) {
        event_place_write(places[i], ids[i]);
        argv_add(&argv, str_from(ids[i]));
    }
    link_ask(hiredis_store(s)->link, &argv, &(struct link_to){reply_done, (void (*)(void))fn, ctx});
}

/* One that is being written already will do: what is gone now is not in it either, or in the next.
 */
void hiredis_compact(struct store *s, store_on_done *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("BGREWRITEAOF"));
    link_ask(hiredis_store(s)->link, &argv, &(struct link_to){reply_done, (void (*)(void))fn, ctx});
}

/* ---- all learners ---- */

/* One page: SCAN, then state and due time of each number that it found. */
struct scanning {
    struct link *link;
    store_on_scan *fn;
    void *ctx;
    struct arena *arena;
    struct str next;
    struct store_learner *found;
    uint32_t n, n_replies; /* two for each of them */
    enum err e;
};

#define SCAN_MAX_BYTES (16u << 20)
#define SCAN_COUNT "500" /* about so many; some more may come */

static void scanning_end(struct scanning *scan)
{
    bool is_good = scan->e == ERR_OK;
    scan->fn(scan->ctx, scan->e, is_good ? scan->next : STR_NONE, scan->found,
             is_good ? scan->n : 0);
    arena_free(scan->arena);
    free(scan);
}

/* State and due time by turns; who is gone since the SCAN has no state. */
static void parse_learner(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct scanning *scan = to->ctx;
    struct store_learner *learner = &scan->found[scan->n_replies / 2];
    bool is_there = e == ERR_OK && reply->type == REDIS_REPLY_STRING;
    if (is_there && scan->n_replies % 2 == 0)
        learner->state = arena_str(scan->arena, (struct str){reply->str, reply->len});
    else if (is_there)
        learner->due_at_ms = (int64_t)strtod(reply->str, NULL) * 1000;
    if (scan->e == ERR_OK)
        scan->e = e == ERR_OK ? arena_error(scan->arena) : e;
    if (++scan->n_replies == 2 * scan->n)
        scanning_end(scan);
}

static void ask_learner(struct scanning *scan, const struct number_id *id)
{
    char key[KEY_BYTES];
    struct due_words due;
    struct link_to to = {parse_learner, NULL, scan};
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("GET"));
    argv_add(&argv, number_key(key, id, 's'));
    link_send(scan->link, &argv, &to, 0);
    due_words(&due, id, 0);
    argv.n = 0;
    argv_add(&argv, STR("ZSCORE"));
    argv_add(&argv, due.words[DUE_SLOT]);
    argv_add(&argv, due.words[DUE_MEMBER]);
    link_send(scan->link, &argv, &to, 0);
}

static enum err take_page(struct scanning *scan, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_ARRAY)
        return ERR_IO;
    const redisReply *keys = reply->element[1];
    struct str cursor = {reply->element[0]->str, reply->element[0]->len};
    scan->next = str_eq(cursor, STR("0")) ? STR("") : arena_str(scan->arena, cursor);
    scan->found = arena_new_array(scan->arena, struct store_learner, keys->elements + 1);
    for (size_t i = 0; scan->found != NULL && i < keys->elements; i++) {
        struct str key = {keys->element[i]->str, keys->element[i]->len};
        scan->found[scan->n] = (struct store_learner){.state = STR_NONE};
        if (number_key_read(key, 's', &scan->found[scan->n].id))
            scan->n++;
    }
    return arena_error(scan->arena);
}

static void parse_scan(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct scanning *scan = to->ctx;
    scan->e = e == ERR_OK ? take_page(scan, reply) : e;
    if (scan->e != ERR_OK || scan->n == 0) {
        scanning_end(scan);
        return;
    }
    for (uint32_t i = 0; i < scan->n; i++)
        ask_learner(scan, &scan->found[i].id);
}

void hiredis_scan(struct store *s, struct str cursor, store_on_scan *fn, void *ctx)
{
    struct scanning *scan = xcalloc(1, sizeof(*scan));
    *scan = (struct scanning){
        .link = hiredis_store(s)->link, .fn = fn, .ctx = ctx, .arena = arena_new(SCAN_MAX_BYTES)};
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("SCAN"));
    argv_add(&argv, str_is_empty(cursor) ? STR("0") : cursor);
    argv_add(&argv, STR("MATCH"));
    argv_add(&argv, STR("wp:{b*}:s:*"));
    argv_add(&argv, STR("COUNT"));
    argv_add(&argv, STR(SCAN_COUNT));
    link_ask(scan->link, &argv, &(struct link_to){parse_scan, NULL, scan});
}

/* ---- states ---- */

/* One MGET for each run of ids in one bucket, so that it works on a Cluster. */
struct states {
    store_on_states *fn;
    void *ctx;
    struct arena *arena;
    struct str *found;
    uint32_t n, n_found;
    uint32_t n_missing; /* replies */
    enum err e;
};

#define STATES_MAX_BYTES (8u << 20)
#define STATES_RUN 256u

static void parse_states(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct states *states = to->ctx;
    if (reply != NULL && e == ERR_OK &&
        (reply->type != REDIS_REPLY_ARRAY ||
         reply->elements > (size_t)(states->n - states->n_found)))
        e = ERR_IO;
    for (size_t i = 0; reply != NULL && e == ERR_OK && i < reply->elements; i++) {
        const redisReply *value = reply->element[i];
        struct str state = {value->str, value->len};
        bool is_there = value->type == REDIS_REPLY_STRING;
        states->found[states->n_found++] = is_there ? arena_str(states->arena, state) : STR_NONE;
    }
    if (states->e == ERR_OK)
        states->e = e == ERR_OK ? arena_error(states->arena) : e;
    if (--states->n_missing > 0)
        return;
    if (states->e == ERR_OK && states->n_found != states->n)
        states->e = ERR_IO;
    states->fn(states->ctx, states->e, states->found, states->e == ERR_OK ? states->n : 0);
    arena_free(states->arena);
    free(states);
}

static uint32_t run_length(const struct number_id *ids, uint32_t n)
{
    uint32_t i = 1;
    while (i < n && i < STATES_RUN && ids[i].bytes[0] == ids[0].bytes[0])
        i++;
    return i;
}

static void send_run(struct link *link, const struct number_id *ids, uint32_t n,
                     const struct link_to *to)
{
    char keys[STATES_RUN][KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("MGET"));
    for (uint32_t i = 0; i < n; i++)
        argv_add(&argv, number_key(keys[i], &ids[i], 's'));
    link_send(link, &argv, to, 0);
}

void hiredis_states(struct store *s, const struct number_id *ids, uint32_t n, store_on_states *fn,
                    void *ctx)
{
    struct link *link = hiredis_store(s)->link;
    struct states *states = xcalloc(1, sizeof(*states));
    struct link_to to = {parse_states, NULL, states};
    *states = (struct states){
        .fn = fn, .ctx = ctx, .n = n, .arena = arena_new(STATES_MAX_BYTES), .n_missing = 1};
    states->found = arena_new_array(states->arena, struct str, n + 1);
    assert(states->found != NULL); /* n is bounded */
    enum err e = link_admit(link);
    if (e != ERR_OK || n == 0) {
        states->n = 0;
        link_answer_later(link, &to, e); /* ERR_OK without a reply: nothing was asked for */
        return;
    }
    states->n_missing = 0;
    for (uint32_t i = 0; i < n; i += run_length(ids + i, n - i))
        states->n_missing++;
    for (uint32_t i = 0, run; i < n; i += run) {
        run = run_length(ids + i, n - i);
        send_run(link, ids + i, run, &to);
    }
}
