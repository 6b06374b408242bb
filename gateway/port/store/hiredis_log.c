/*
 * hiredis_log.c: the event log once it was read (hiredis_read.c): trimming, and how long it is; and
 * the states that its reader asks for.
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
    struct nodes *nodes = hiredis_store(s)->nodes;
    struct link_to to;
    if (!gather_new(nodes, n, fn, ctx, &to))
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
        nodes_send(nodes, &argv, &to, 0);
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
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

/* ---- how long it is ---- */

struct log_look {
    store_on_log_sizes *fn;
    void *ctx;
    uint32_t n_missing; /* replies */
    enum err e;
    struct store_log_size sizes[STORE_BUCKETS];
};

static enum err take_size(struct store_log_size *size, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 4 ||
        reply->element[0]->type != REDIS_REPLY_INTEGER ||
        reply->element[1]->type != REDIS_REPLY_INTEGER ||
        reply->element[2]->type != REDIS_REPLY_STRING ||
        reply->element[3]->type != REDIS_REPLY_STRING)
        return ERR_IO;
    size->n_added = (uint64_t)reply->element[0]->integer;
    size->n_kept = (uint64_t)reply->element[1]->integer;
    enum err e = event_place_read((struct str){reply->element[2]->str, reply->element[2]->len},
                                  &size->first);
    if (e == ERR_OK)
        e = event_place_read((struct str){reply->element[3]->str, reply->element[3]->len},
                             &size->last);
    return e;
}

static void parse_size(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct log_look *look = to->ctx;
    if (e == ERR_OK && reply != NULL) /* NULL: nothing was asked for */
        e = take_size(&look->sizes[to->n], reply);
    if (look->e == ERR_OK)
        look->e = e;
    if (--look->n_missing > 0)
        return;
    look->fn(look->ctx, look->e, look->sizes);
    free(look);
}

void hiredis_log_sizes(struct store *s, const bool *ranges, store_on_log_sizes *fn, void *ctx)
{
    struct nodes *nodes = hiredis_store(s)->nodes;
    struct log_look *look = xcalloc(1, sizeof(*look));
    struct link_to to = {parse_size, NULL, look, 0};
    bool buckets[STORE_BUCKETS];
    look->fn = fn;
    look->ctx = ctx;
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        buckets[i] = ranges[store_lease_range((uint8_t)i)];
        look->n_missing += buckets[i];
    }
    look->e = nodes_admit(nodes);
    if (look->e != ERR_OK || look->n_missing == 0) {
        look->n_missing = 1;
        nodes_respond_later(nodes, &to, look->e);
        return;
    }
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        char key[KEY_BYTES];
        struct argv argv = {.n = 0};
        if (!buckets[i])
            continue;
        argv_add(&argv, STR("FCALL"));
        argv_add(&argv, STR("waypost_log_size"));
        argv_add(&argv, STR("1"));
        argv_add(&argv, bucket_key(key, (uint8_t)i, STR("events")));
        to.n = i;
        nodes_send(nodes, &argv, &to, 0);
    }
}

/* ---- all learners ---- */

/* One page: SCAN on one server, then state and due time of each number that it found. */
struct scanning {
    struct nodes *nodes;
    uint32_t node;
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

/* State (even) or due time (odd) of one of them; who is gone since the SCAN has no state. */
static void parse_learner(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct scanning *scan = to->ctx;
    struct store_learner *learner = &scan->found[to->n / 2];
    bool is_there = e == ERR_OK && reply->type == REDIS_REPLY_STRING;
    if (is_there && to->n % 2 == 0)
        learner->state = arena_str(scan->arena, (struct str){reply->str, reply->len});
    else if (is_there)
        learner->due_at_ms = (int64_t)strtod(reply->str, NULL) * 1000;
    if (scan->e == ERR_OK)
        scan->e = e == ERR_OK ? arena_error(scan->arena) : e;
    if (++scan->n_replies == 2 * scan->n)
        scanning_end(scan);
}

static void ask_learner(struct scanning *scan, uint32_t i)
{
    const struct number_id *id = &scan->found[i].id;
    char key[KEY_BYTES];
    struct due_words due;
    struct link_to to = {parse_learner, NULL, scan, 2 * i};
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("GET"));
    argv_add(&argv, number_key(key, id, 's'));
    nodes_send(scan->nodes, &argv, &to, 0);
    due_words(&due, id, 0);
    argv.n = 0;
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_due_at"));
    argv_add(&argv, STR("2"));
    argv_add(&argv, due.words[DUE_SLOT]);
    argv_add(&argv, due.words[DUE_PART]);
    argv_add(&argv, due.words[DUE_MEMBER]);
    to.n++;
    nodes_send(scan->nodes, &argv, &to, 0);
}

/* "VERSION NODE CURSOR": with another version of the map slots have moved, and numbers may have
 * been passed over. */
static struct str cursor_put(struct arena *arena, const struct nodes *nodes, uint32_t node,
                             struct str cursor)
{
    return arena_printf(arena, "%u %u %.*s", nodes_version(nodes), node, STR_ARG(cursor));
}

/* The next page on this server, or the first one on the next, or none. */
static struct str cursor_next(struct scanning *scan, struct str cursor)
{
    if (!str_eq(cursor, STR("0")))
        return cursor_put(scan->arena, scan->nodes, scan->node, cursor);
    for (uint32_t i = scan->node + 1; i < nodes_end(scan->nodes); i++) {
        if (nodes_has(scan->nodes, i))
            return cursor_put(scan->arena, scan->nodes, i, STR("0"));
    }
    return STR("");
}

static enum err cursor_read(const struct nodes *nodes, struct str cursor, uint32_t *ret_node,
                            struct str *ret)
{
    uint64_t version = 0, node = 0;
    *ret = STR("0");
    *ret_node = 0;
    if (str_is_empty(cursor)) {
        while (*ret_node + 1 < nodes_end(nodes) && !nodes_has(nodes, *ret_node))
            (*ret_node)++;
        return nodes_n_away(nodes) == 0 ? ERR_OK : ERR_UNAVAILABLE;
    }
    if (str_to_u64(str_split(&cursor, ' '), UINT32_MAX, &version) != ERR_OK ||
        str_to_u64(str_split(&cursor, ' '), NODES_MAX - 1, &node) != ERR_OK)
        return ERR_INVALID;
    *ret = cursor;
    *ret_node = (uint32_t)node;
    return version == nodes_version(nodes) && node < nodes_end(nodes) ? ERR_OK : ERR_CONFLICT;
}

static enum err take_page(struct scanning *scan, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_ARRAY)
        return ERR_IO;
    const redisReply *keys = reply->element[1];
    struct str cursor = {reply->element[0]->str, reply->element[0]->len};
    scan->next = cursor_next(scan, cursor);
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
        ask_learner(scan, i);
}

void hiredis_scan(struct store *s, struct str cursor, store_on_scan *fn, void *ctx)
{
    struct scanning *scan = xcalloc(1, sizeof(*scan));
    *scan = (struct scanning){
        .nodes = hiredis_store(s)->nodes, .fn = fn, .ctx = ctx, .arena = arena_new(SCAN_MAX_BYTES)};
    struct link_to to = {parse_scan, NULL, scan, 0};
    struct str at;
    enum err e = cursor_read(scan->nodes, cursor, &scan->node, &at);
    if (e == ERR_OK)
        e = nodes_admit(scan->nodes);
    if (e != ERR_OK) {
        nodes_respond_later(scan->nodes, &to, e);
        return;
    }
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("SCAN"));
    argv_add(&argv, at);
    argv_add(&argv, STR("MATCH"));
    argv_add(&argv, STR("wp:{b*}:s:*"));
    argv_add(&argv, STR("COUNT"));
    argv_add(&argv, STR(SCAN_COUNT));
    nodes_send_at(scan->nodes, scan->node, &argv, &to, 0);
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

/* The run that begins at to->n. */
static enum err take_states(struct states *states, uint32_t at, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements > (size_t)(states->n - at))
        return ERR_IO;
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *value = reply->element[i];
        struct str state = {value->str, value->len};
        bool is_there = value->type == REDIS_REPLY_STRING;
        states->found[at + i] = is_there ? arena_str(states->arena, state) : STR_NONE;
    }
    states->n_found += (uint32_t)reply->elements;
    return arena_error(states->arena);
}

static void parse_states(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct states *states = to->ctx;
    if (e == ERR_OK && reply != NULL)
        e = take_states(states, to->n, reply);
    if (states->e == ERR_OK)
        states->e = e;
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

static void send_run(struct nodes *nodes, const struct number_id *ids, uint32_t n,
                     const struct link_to *to)
{
    char keys[STATES_RUN][KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("MGET"));
    for (uint32_t i = 0; i < n; i++)
        argv_add(&argv, number_key(keys[i], &ids[i], 's'));
    nodes_send(nodes, &argv, to, 0);
}

void hiredis_states(struct store *s, const struct number_id *ids, uint32_t n, store_on_states *fn,
                    void *ctx)
{
    struct nodes *nodes = hiredis_store(s)->nodes;
    struct states *states = xcalloc(1, sizeof(*states));
    struct link_to to = {parse_states, NULL, states, 0};
    *states = (struct states){
        .fn = fn, .ctx = ctx, .n = n, .arena = arena_new(STATES_MAX_BYTES), .n_missing = 1};
    states->found = arena_new_array(states->arena, struct str, n + 1);
    assert(states->found != NULL); /* n is bounded */
    enum err e = nodes_admit(nodes);
    if (e != ERR_OK || n == 0) {
        states->n = 0;
        nodes_respond_later(nodes, &to, e); /* ERR_OK without a reply: nothing was asked for */
        return;
    }
    states->n_missing = 0;
    for (uint32_t i = 0; i < n; i += run_length(ids + i, n - i))
        states->n_missing++;
    for (uint32_t i = 0, run; i < n; i += run) {
        run = run_length(ids + i, n - i);
        to.n = i;
        send_run(nodes, ids + i, run, &to);
    }
}
