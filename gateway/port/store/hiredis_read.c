/*
 * hiredis_read.c: reading the outbox and the event log, from places that the reader keeps. Nothing
 * is acknowledged: XREAD leaves no trace in the server, and what is read stays until it is taken
 * away. One XREAD names all buckets of the reader, at about 0.2 us of Redis' time per bucket, so a
 * busy reader waits between reads rather than asking again at once.
 *
 * On a Cluster one command may name keys of one slot only. There a function reads all buckets of a
 * server, and cannot wait: a reader that would is asked for again every POLL_MS.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/store/hiredis.h"

#define READ_MAX_BYTES (64u << 20)
#define POLL_MS 25

static void reading_respond(struct reading *reading, enum err e, const struct store_entry *entries,
                            uint32_t n)
{
    reading->is_busy = reading->is_waiting = false;
    reading->fn(reading->ctx, e, entries, n);
}

static void parse_read(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct reading *reading = to->ctx;
    struct store_entry *entries = NULL;
    uint32_t n = 0;
    arena_reset(reading->arena);
    if (e == ERR_OK)
        e = reply_entries(reply, reading->arena, &entries, &n);
    reading_respond(reading, e, entries, e == ERR_OK ? n : 0);
}

/* One server. */
static void ask_stream(struct reading *reading)
{
    const struct store_reader *reader = &reading->reader;
    char count[24], block[24], keys[STORE_BUCKETS][KEY_BYTES];
    char places[STORE_BUCKETS][EVENT_PLACE_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("XREAD"));
    argv_add(&argv, STR("COUNT"));
    argv_add(&argv, decimal(count, reader->max_each));
    if (reader->block_ms > 0) {
        argv_add(&argv, STR("BLOCK"));
        argv_add(&argv, decimal(block, reader->block_ms));
    }
    argv_add(&argv, STR("STREAMS"));
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        if (store_reader_has(reader, (uint8_t)i))
            argv_add(&argv, bucket_key(keys[i], (uint8_t)i, reading->stream));
    }
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        event_place_write(reading->from[i], places[i]);
        if (store_reader_has(reader, (uint8_t)i))
            argv_add(&argv, str_from(places[i]));
    }
    nodes_send(reading->nodes, &argv, &(struct link_to){parse_read, NULL, reading, 0},
               reader->block_ms);
}

/* ---- the servers of a Cluster ---- */

static int entry_cmp(const void *a, const void *b)
{
    const struct store_entry *left = a, *right = b;
    if (left->bucket != right->bucket)
        return left->bucket < right->bucket ? -1 : 1;
    return event_place_cmp(left->place, right->place);
}

/* Ends it, or begins it again in a while. What one server has is not held up by another that is
 * away; when none answers, that is the response. */
static void read_end(struct reading *reading)
{
    bool is_over = loop_mono(reading->loop).ms >= reading->until_ms;
    if (reading->n > 0)
        qsort(reading->entries, reading->n, sizeof(*reading->entries), entry_cmp);
    if (reading->n > 0 || is_over || reading->n_good == 0)
        reading_respond(reading, reading->n_good > 0 ? ERR_OK : reading->e, reading->entries,
                        reading->n_good > 0 ? reading->n : 0);
    else
        timer_start(reading->loop, reading->poll, POLL_MS);
}

/* [buckets that lie elsewhere, streams as of XREAD] */
static enum err take_servers(struct reading *reading, const redisReply *reply)
{
    struct store_entry *found = NULL;
    uint32_t n = 0;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_INTEGER)
        return ERR_IO;
    if (reply->element[0]->integer > 0)
        nodes_look(reading->nodes);
    enum err e = reply_entries(reply->element[1], reading->arena, &found, &n);
    if (e != ERR_OK || n == 0)
        return e;
    struct store_entry *all =
        arena_new_array(reading->arena, struct store_entry, (size_t)reading->n + n);
    if (all == NULL)
        return arena_error(reading->arena);
    if (reading->n > 0)
        memcpy(all, reading->entries, reading->n * sizeof(*all));
    memcpy(all + reading->n, found, n * sizeof(*all));
    reading->entries = all;
    reading->n += n;
    return ERR_OK;
}

static void parse_servers(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct reading *reading = to->ctx;
    if (e == ERR_OK)
        e = take_servers(reading, reply);
    reading->n_good += e == ERR_OK;
    if (e != ERR_OK)
        reading->e = e;
    if (--reading->n_missing == 0)
        read_end(reading);
}

static void ask_server(struct reading *reading, uint32_t node)
{
    const struct store_reader *reader = &reading->reader;
    char count[24], places[STORE_BUCKETS][EVENT_PLACE_BYTES], keys[STORE_BUCKETS][KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_read"));
    argv_add(&argv, STR("0"));
    argv_add(&argv, decimal(count, reader->max_each));
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        if (!store_reader_has(reader, (uint8_t)i) ||
            nodes_of_bucket(reading->nodes, (uint8_t)i) != node)
            continue;
        event_place_write(reading->from[i], places[i]);
        argv_add(&argv, bucket_key(keys[i], (uint8_t)i, reading->stream));
        argv_add(&argv, str_from(places[i]));
    }
    nodes_send_at(reading->nodes, node, &argv, &(struct link_to){parse_servers, NULL, reading, 0},
                  0);
}

static void ask_servers(struct reading *reading)
{
    uint32_t end = nodes_end(reading->nodes);
    arena_reset(reading->arena);
    reading->entries = NULL;
    reading->n = reading->n_good = reading->n_missing = 0;
    reading->e = ERR_UNAVAILABLE;
    for (uint32_t i = 0; i < end; i++)
        reading->n_missing += nodes_has(reading->nodes, i);
    for (uint32_t i = 0; i < end; i++) {
        if (nodes_has(reading->nodes, i))
            ask_server(reading, i);
    }
}

static void on_poll(void *ctx)
{
    struct reading *reading = ctx;
    if (nodes_is_up(reading->nodes))
        ask_servers(reading);
    else
        reading_respond(reading, ERR_UNAVAILABLE, NULL, 0);
}

static void ask(struct reading *reading)
{
    if (!nodes_is_cluster(reading->nodes)) {
        ask_stream(reading);
        return;
    }
    reading->until_ms = loop_mono(reading->loop).ms + reading->reader.block_ms;
    ask_servers(reading);
}

/* ---- */

/* A read that came before its connection was up. */
static void on_reading_link(void *ctx, bool is_up)
{
    struct reading *reading = ctx;
    if (!reading->is_waiting)
        return;
    reading->is_waiting = false;
    if (is_up)
        ask(reading);
    else
        reading_respond(reading, ERR_UNAVAILABLE, NULL, 0);
}

static void parse_away(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* nothing was asked */
    reading_respond(to->ctx, e, NULL, 0);
}

static void parse_second_read(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* nothing was asked */
    ((store_on_entries *)to->fn)(to->ctx, e, NULL, 0);
}

static void read_start(struct reading *reading, const struct store_reader *reader,
                       store_on_entries *fn, void *ctx)
{
    struct nodes *nodes = reading->nodes;
    if (reading->is_busy) {
        nodes_respond_later(nodes, &(struct link_to){parse_second_read, (void (*)(void))fn, ctx, 0},
                            ERR_FULL);
        return;
    }
    reading->is_busy = true;
    reading->fn = fn;
    reading->ctx = ctx;
    reading->reader = *reader;
    memcpy(reading->from, reader->from, sizeof(reading->from));
    if (reader->ranges != NULL) {
        memcpy(reading->ranges, reader->ranges, sizeof(reading->ranges));
        reading->reader.ranges = reading->ranges;
    }
    nodes_open(nodes, on_reading_link, reading);
    if (nodes_is_up(nodes))
        ask(reading);
    else if (nodes_is_connecting(nodes))
        reading->is_waiting = true;
    else
        nodes_respond_later(nodes, &(struct link_to){parse_away, NULL, reading, 0},
                            ERR_UNAVAILABLE);
}

void hiredis_log_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                      void *ctx)
{
    read_start(&hiredis_store(s)->log, reader, fn, ctx);
}

void hiredis_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                  void *ctx)
{
    read_start(&hiredis_store(s)->outbox, reader, fn, ctx);
}

/* ---- life ---- */

static void reading_init(struct hiredis_store *s, const struct store_settings *settings,
                         const char *name, struct str stream, struct reading *reading)
{
    struct store_settings set = *settings;
    set.wait_replicas = 0; /* a read that blocks has nothing to be sure of */
    reading->loop = s->loop;
    reading->poll = timer_new(s->loop, on_poll, reading);
    reading->nodes = nodes_new(s->loop, &set, name);
    reading->stream = stream;
    reading->arena = arena_new(READ_MAX_BYTES);
}

/* What it waits for is a connection, or its next turn. */
static void reading_fini(struct reading *reading)
{
    reading->reader.block_ms = 0;
    reading->until_ms = 0;
    nodes_free(reading->nodes);
    if (reading->is_busy)
        reading_respond(reading, ERR_UNAVAILABLE, NULL, 0);
    timer_free(reading->loop, reading->poll);
    arena_free(reading->arena);
}

void readings_init(struct hiredis_store *s, const struct store_settings *settings)
{
    reading_init(s, settings, "outbox", STR("outbox"), &s->outbox);
    reading_init(s, settings, "log", STR("events"), &s->log);
}

void readings_fini(struct hiredis_store *s)
{
    reading_fini(&s->outbox);
    reading_fini(&s->log);
}

/* ---- several commands, one response ---- */

/* The first error of all; entered as ctx of their link_to. */
struct gather {
    store_on_done *fn;
    void *ctx;
    uint32_t n_missing;
    enum err e;
};

static void parse_gather(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct gather *gather = to->ctx;
    (void)reply; /* how many there were does not matter */
    if (gather->e == ERR_OK)
        gather->e = e;
    if (--gather->n_missing > 0)
        return;
    gather->fn(gather->ctx, gather->e);
    free(gather);
}

bool gather_new(struct nodes *nodes, uint32_t n, store_on_done *fn, void *ctx, struct link_to *ret)
{
    enum err e = nodes_admit(nodes);
    if (e != ERR_OK || n == 0) {
        nodes_respond_later(nodes, &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0}, e);
        return false;
    }
    struct gather *gather = xcalloc(1, sizeof(*gather));
    *gather = (struct gather){.fn = fn, .ctx = ctx, .n_missing = n};
    *ret = (struct link_to){parse_gather, NULL, gather, 0};
    return true;
}
