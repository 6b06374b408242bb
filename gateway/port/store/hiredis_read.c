/*
 * hiredis_read.c: consuming the outbox.
 *
 * One XREADGROUP names all buckets of the reader, at about 0.2 us of Redis' time per bucket, so a
 * busy consumer waits between reads rather than asking again at once. COUNT counts per stream: what
 * comes beyond the caller's max is held here (it is on this consumer's list of pending entries by
 * then) and given by the next reads without asking.
 */
#include "port/store/hiredis.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

#define HELD_MAX_BYTES (64u << 20)
#define SETTLE_MAX 256u /* ids of one command */

static const struct str group = {"sender", 6};

/* ---- settling ---- */

static void settle_run(struct link *link, const struct link_to *to,
                       const struct store_entry *entries, uint32_t n, struct str event)
{
    char outbox[KEY_BYTES], sending[KEY_BYTES], events[KEY_BYTES], fences[KEY_BYTES], fence[24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, entries->fence > 0 ? STR("waypost_settle_fenced") : STR("waypost_settle"));
    argv_add(&argv, entries->fence > 0 ? STR("4") : STR("3"));
    argv_add(&argv, bucket_key(outbox, entries->bucket, STR("outbox")));
    argv_add(&argv, bucket_key(sending, entries->bucket, STR("sending")));
    argv_add(&argv, bucket_key(events, entries->bucket, STR("events")));
    if (entries->fence > 0) {
        argv_add(&argv, bucket_key(fences, entries->bucket, STR("fence")));
        argv_add(&argv, decimal(fence, (int64_t)entries->fence));
    }
    argv_add(&argv, group);
    argv_add(&argv, event);
    for (uint32_t i = 0; i < n; i++)
        argv_add(&argv, entries[i].id);
    link_send(link, &argv, to, 0);
}

/* Entries from the start that lie in one bucket, as many as one command takes. */
static uint32_t run_length(const struct store_entry *entries, uint32_t n)
{
    uint32_t i = 1;
    while (i < n && i < SETTLE_MAX && entries[i].bucket == entries[0].bucket)
        i++;
    return i;
}

void hiredis_settle(struct store *s, const struct store_entry *entries, uint32_t n,
                    struct str event, store_on_done *fn, void *ctx)
{
    struct link *link = hiredis_store(s)->link;
    struct link_to to;
    uint32_t n_runs = 0;
    for (uint32_t i = 0; i < n; i += run_length(entries + i, n - i))
        n_runs++;
    if (!gather_new(link, n_runs, fn, ctx, &to))
        return;
    for (uint32_t i = 0, run; i < n; i += run) {
        run = run_length(entries + i, n - i);
        settle_run(link, &to, entries + i, run, event);
    }
}

/* ---- what waits ---- */

/* Of each bucket its length, then its first entry. */
struct outbox_look {
    store_on_outbox *fn;
    void *ctx;
    uint32_t n_missing;
    enum err e;
    uint64_t n;
    int64_t oldest_ms;
};

static void outbox_look_end(struct outbox_look *look)
{
    look->fn(look->ctx, look->e, look->n, look->oldest_ms);
    free(look);
}

static enum err take_first(struct outbox_look *look, const redisReply *entries)
{
    const redisReply *entry = entries->elements > 0 ? entries->element[0] : NULL;
    struct event_place place;
    if (entry == NULL)
        return ERR_OK;
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements == 0 ||
        entry->element[0]->type != REDIS_REPLY_STRING ||
        event_place_read((struct str){entry->element[0]->str, entry->element[0]->len}, &place) !=
            ERR_OK)
        return ERR_IO;
    if (look->oldest_ms == 0 || (int64_t)place.ms < look->oldest_ms)
        look->oldest_ms = (int64_t)place.ms;
    return ERR_OK;
}

static void parse_outbox_look(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct outbox_look *look = to->ctx;
    if (e == ERR_OK && reply == NULL) /* nothing is ours */
        look->n = 0;
    else if (e == ERR_OK && reply->type == REDIS_REPLY_INTEGER)
        look->n += (uint64_t)reply->integer;
    else if (e == ERR_OK && reply->type == REDIS_REPLY_ARRAY)
        e = take_first(look, reply);
    else if (e == ERR_OK)
        e = ERR_IO;
    if (look->e == ERR_OK)
        look->e = e;
    if (--look->n_missing == 0)
        outbox_look_end(look);
}

static void look_at_bucket(struct link *link, uint8_t bucket, const struct link_to *to)
{
    char key[KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("XLEN"));
    argv_add(&argv, bucket_key(key, bucket, STR("outbox")));
    link_send(link, &argv, to, 0);
    argv.n = 0;
    argv_add(&argv, STR("XRANGE"));
    argv_add(&argv, bucket_key(key, bucket, STR("outbox")));
    argv_add(&argv, STR("-"));
    argv_add(&argv, STR("+"));
    argv_add(&argv, STR("COUNT"));
    argv_add(&argv, STR("1"));
    link_send(link, &argv, to, 0);
}

void hiredis_outbox_look(struct store *s, const uint64_t *fences, store_on_outbox *fn, void *ctx)
{
    struct link *link = hiredis_store(s)->link;
    struct outbox_look *look = xcalloc(1, sizeof(*look));
    struct link_to to = {parse_outbox_look, NULL, look};
    bool buckets[STORE_BUCKETS];
    *look = (struct outbox_look){.fn = fn, .ctx = ctx};
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        buckets[i] = fences[store_lease_range((uint8_t)i)] != 0;
        look->n_missing += buckets[i] ? 2 : 0;
    }
    look->e = link_admit(link);
    if (look->e != ERR_OK || look->n_missing == 0) {
        look->n_missing = 1;
        link_answer_later(link, &to, look->e);
        return;
    }
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        if (buckets[i])
            look_at_bucket(link, (uint8_t)i, &to);
    }
}

/* ---- marks ---- */

static bool is_mark_reply(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_INTEGER &&
           reply->element[1]->type == REDIS_REPLY_STRING;
}

static void parse_mark(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct str state = STR_NONE;
    if (e == ERR_OK && !is_mark_reply(reply))
        e = ERR_IO;
    if (e == ERR_OK) {
        long long answer = reply->element[0]->integer;
        e = answer == 1    ? ERR_OK
            : answer == 0  ? ERR_CONFLICT
            : answer == -1 ? ERR_NOT_FOUND
                           : ERR_DENIED;
        if (reply->element[1]->len > 0)
            state = (struct str){reply->element[1]->str, reply->element[1]->len};
    }
    ((store_on_value *)to->fn)(to->ctx, e, state);
}

void hiredis_mark_sending(struct store *s, const struct store_entry *entry,
                          const struct number_id *of, store_on_value *fn, void *ctx)
{
    char outbox[KEY_BYTES], sending[KEY_BYTES], fences[KEY_BYTES], state[KEY_BYTES], fence[24];
    struct argv argv = {.n = 0};
    bool is_of_bucket = of->bytes[0] == entry->bucket; /* elsewhere lies another server's */
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_mark_state"));
    argv_add(&argv, is_of_bucket ? STR("4") : STR("3"));
    argv_add(&argv, bucket_key(outbox, entry->bucket, STR("outbox")));
    argv_add(&argv, bucket_key(sending, entry->bucket, STR("sending")));
    argv_add(&argv, bucket_key(fences, entry->bucket, STR("fence")));
    if (is_of_bucket)
        argv_add(&argv, number_key(state, of, 's'));
    argv_add(&argv, entry->id);
    argv_add(&argv, decimal(fence, (int64_t)entry->fence));
    link_ask(hiredis_store(s)->link, &argv, &(struct link_to){parse_mark, (void (*)(void))fn, ctx});
}

void hiredis_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                           void *ctx)
{
    char sending[KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("SREM"));
    argv_add(&argv, bucket_key(sending, entry->bucket, STR("sending")));
    argv_add(&argv, entry->id);
    link_ask(hiredis_store(s)->link, &argv, &(struct link_to){reply_done, (void (*)(void))fn, ctx});
}

/* ---- reading ---- */

static void outbox_ask(struct reading *reading);

/* Not while a callback may still look at entries. */
static void held_forget(struct reading *reading)
{
    arena_reset(reading->held_arena);
    reading->held = NULL;
    reading->n_held = reading->held_from = 0;
}

void reading_answer(struct reading *reading, enum err e, const struct store_entry *entries,
                    uint32_t n)
{
    struct store_on_entries_to to = reading->to;
    reading->is_busy = reading->is_waiting = false;
    to.fn(to.ctx, e, entries, n);
}

/* Gives the next of the held entries. They stay in the arena until a read asks the server. */
static void reading_give(struct reading *reading)
{
    uint32_t left = reading->n_held - reading->held_from;
    uint32_t n = left < reading->reader.max ? left : reading->reader.max;
    const struct store_entry *entries = reading->held + reading->held_from;
    reading->held_from += n;
    reading_answer(reading, ERR_OK, entries, n);
}

static void parse_held(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* nothing was asked */
    struct reading *reading = to->ctx;
    if (e == ERR_OK)
        reading_give(reading);
    else
        reading_answer(reading, e, NULL, 0);
}

static void parse_gone(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)to, (void)e, (void)reply; /* if it failed, the entry is found gone once more */
}

/* Pending entries that somebody deleted: nothing is left to do but to acknowledge them. */
static void gone_settle(struct reading *reading, const struct store_entry *gone, uint32_t n)
{
    for (uint32_t i = 0; gone != NULL && i < n; i++) {
        char key[KEY_BYTES];
        struct argv argv = {.n = 0};
        argv_add(&argv, STR("XACK"));
        argv_add(&argv, bucket_key(key, gone[i].bucket, STR("outbox")));
        argv_add(&argv, group);
        argv_add(&argv, gone[i].id);
        link_send(reading->link, &argv, &(struct link_to){parse_gone, NULL, NULL}, 0);
    }
}

static void parse_read(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct reading *reading = to->ctx;
    uint32_t n_gone = 0;
    held_forget(reading);
    if (e == ERR_OK)
        e = reply_entries(reply, reading->held_arena, reading->reader.is_recovering ? 2 : 1,
                          &reading->held, &reading->n_held, &n_gone);
    if (e != ERR_OK) {
        held_forget(reading);
        reading_answer(reading, e, NULL, 0);
        return;
    }
    gone_settle(reading, reading->held + reading->n_held, n_gone);
    if (n_gone > 0 && reading->n_held == 0)
        outbox_ask(reading); /* an empty answer would mean that all is recovered */
    else
        reading_give(reading);
}

static void outbox_ask(struct reading *reading)
{
    const struct store_reader *reader = &reading->reader;
    uint32_t n_buckets = (uint32_t)(reader->last - reader->first) + 1;
    /* Some buckets have more than their share; STORE_MAX_AHEAD says how much that may be in all. */
    uint32_t per_bucket = reader->is_recovering ? reader->max : 8 + 4 * reader->max / n_buckets;
    bool is_blocking = reader->block_ms > 0 && !reader->is_recovering;
    char count[24], block[24], keys[STORE_BUCKETS][KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("XREADGROUP"));
    argv_add(&argv, STR("GROUP"));
    argv_add(&argv, group);
    argv_add(&argv, reader->consumer);
    argv_add(&argv, STR("COUNT"));
    argv_add(&argv, decimal(count, per_bucket < reader->max ? per_bucket : reader->max));
    if (is_blocking) {
        argv_add(&argv, STR("BLOCK"));
        argv_add(&argv, decimal(block, reader->block_ms));
    }
    argv_add(&argv, STR("STREAMS"));
    uint32_t n = 0;
    for (uint32_t bucket = reader->first; bucket <= reader->last; bucket++) {
        if (store_reader_has(reader, (uint8_t)bucket))
            argv_add(&argv, bucket_key(keys[n++], (uint8_t)bucket, STR("outbox")));
    }
    for (uint32_t i = 0; i < n; i++)
        argv_add(&argv, reader->is_recovering ? STR("0") : STR(">"));
    link_send(reading->link, &argv, &(struct link_to){parse_read, NULL, reading},
              is_blocking ? reader->block_ms : 0);
}

/* A read that came before its connection was up. */
static void on_reading_link(void *ctx, bool is_up)
{
    struct reading *reading = ctx;
    if (!reading->is_waiting)
        return;
    reading->is_waiting = false;
    if (is_up)
        reading->ask(reading);
    else
        reading_answer(reading, ERR_UNAVAILABLE, NULL, 0);
}

void reading_start(struct reading *reading)
{
    struct link_to to = {parse_held, NULL, reading};
    link_open(reading->link, on_reading_link, reading);
    if (reading->held_from < reading->n_held)
        link_answer_later(reading->link, &to, ERR_OK);
    else if (link_is_up(reading->link))
        reading->ask(reading);
    else if (link_is_connecting(reading->link))
        reading->is_waiting = true;
    else
        link_answer_later(reading->link, &to, ERR_UNAVAILABLE);
}

static void parse_second_read(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* nothing was asked */
    ((store_on_entries *)to->fn)(to->ctx, e, NULL, 0);
}

bool reading_take(struct reading *reading, store_on_entries *fn, void *ctx)
{
    if (reading->is_busy) {
        link_answer_later(reading->link,
                          &(struct link_to){parse_second_read, (void (*)(void))fn, ctx}, ERR_FULL);
        return false;
    }
    reading->to = (struct store_on_entries_to){fn, ctx};
    reading->is_busy = true;
    return true;
}

void hiredis_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                  void *ctx)
{
    struct reading *reading = &hiredis_store(s)->outbox;
    if (!reading_take(reading, fn, ctx))
        return;
    enum err copied = str_copy(reader->consumer, reading->consumer, sizeof(reading->consumer));
    assert(copied == ERR_OK); /* a constant of the program */
    reading->reader = *reader;
    reading->reader.consumer = str_from(reading->consumer);
    if (reader->is_recovering)
        reading->n_held = reading->held_from; /* comes again, once what was given is settled */
    reading_start(reading);
}

/* ---- life ---- */

static void reading_init(struct hiredis_store *s, const struct store_settings *settings,
                         const char *name, struct reading *reading)
{
    reading->link = link_new(s->loop, settings, name);
    reading->held_arena = arena_new(HELD_MAX_BYTES);
}

static void reading_fini(struct reading *reading)
{
    link_free(reading->link);
    if (reading->is_waiting)
        reading_answer(reading, ERR_UNAVAILABLE, NULL, 0);
    arena_free(reading->held_arena);
}

void readings_init(struct hiredis_store *s, const struct store_settings *settings)
{
    s->outbox.ask = outbox_ask;
    reading_init(s, settings, "outbox", &s->outbox);
    reading_init(s, settings, "log", &s->log.reading);
}

void readings_fini(struct hiredis_store *s)
{
    reading_fini(&s->outbox);
    reading_fini(&s->log.reading);
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
    if (e == ERR_OK && reply->type == REDIS_REPLY_INTEGER && reply->integer < 0)
        e = ERR_DENIED; /* fenced; else how many there were does not matter */
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
