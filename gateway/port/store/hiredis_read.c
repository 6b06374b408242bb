/*
 * hiredis_read.c: reading the outbox and the event log, from places that the reader keeps. Nothing
 * is acknowledged: XREAD leaves no trace in the server, and what is read stays until it is taken
 * away. One XREAD names all buckets of the reader, at about 0.2 us of Redis' time per bucket, so a
 * busy reader waits between reads rather than asking again at once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/store/hiredis.h"

#define READ_MAX_BYTES (64u << 20)

static void reading_answer(struct reading *reading, enum err e, const struct store_entry *entries,
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
    reading_answer(reading, e, entries, e == ERR_OK ? n : 0);
}

static void ask(struct reading *reading)
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
    link_send(reading->link, &argv, &(struct link_to){parse_read, NULL, reading}, reader->block_ms);
}

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
        reading_answer(reading, ERR_UNAVAILABLE, NULL, 0);
}

static void parse_away(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* nothing was asked */
    reading_answer(to->ctx, e, NULL, 0);
}

static void parse_second_read(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* nothing was asked */
    ((store_on_entries *)to->fn)(to->ctx, e, NULL, 0);
}

static void read_start(struct reading *reading, const struct store_reader *reader,
                       store_on_entries *fn, void *ctx)
{
    struct link *link = reading->link;
    if (reading->is_busy) {
        link_answer_later(link, &(struct link_to){parse_second_read, (void (*)(void))fn, ctx},
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
    link_open(link, on_reading_link, reading);
    if (link_is_up(link))
        ask(reading);
    else if (link_is_connecting(link))
        reading->is_waiting = true;
    else
        link_answer_later(link, &(struct link_to){parse_away, NULL, reading}, ERR_UNAVAILABLE);
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
    reading->link = link_new(s->loop, &set, name);
    reading->stream = stream;
    reading->arena = arena_new(READ_MAX_BYTES);
}

static void reading_fini(struct reading *reading)
{
    link_free(reading->link);
    if (reading->is_waiting)
        reading_answer(reading, ERR_UNAVAILABLE, NULL, 0);
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

/* ---- several commands, one answer ---- */

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

bool gather_new(struct link *link, uint32_t n, store_on_done *fn, void *ctx, struct link_to *ret)
{
    enum err e = link_admit(link);
    if (e != ERR_OK || n == 0) {
        link_answer_later(link, &(struct link_to){reply_done, (void (*)(void))fn, ctx}, e);
        return false;
    }
    struct gather *gather = xcalloc(1, sizeof(*gather));
    *gather = (struct gather){.fn = fn, .ctx = ctx, .n_missing = n};
    *ret = (struct link_to){parse_gather, NULL, gather};
    return true;
}
