/*
 * store_mem_stream.c: the two streams of store_mem, each with its one consumer group.
 */
#include "lab/mem/store_mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/xalloc.h"

static void deliver_entries(struct answer *a)
{
    a->fn.entries(a->ctx, a->e, a->entries, a->e == ERR_OK ? a->n : 0);
}

static bool reader_wants(const struct store_reader *reader, const struct mem_entry *entry)
{
    return entry->bucket >= reader->first && entry->bucket <= reader->last &&
           entry->is_delivered == reader->is_recovering;
}

/* Fills the answer with what there is for this reader. */
static void read_entries(struct mem_store *m, enum store_stream stream,
                         const struct store_reader *reader, struct answer *a)
{
    struct mem_entry *entry;
    uint32_t n = 0;
    DL_FOREACH(m->streams[stream], entry)
    {
        if (n < reader->max && reader_wants(reader, entry))
            n++;
    }
    a->entries = arena_new_array(a->arena, struct store_entry, n + 1);
    DL_FOREACH(m->streams[stream], entry)
    {
        if (a->n == n || !reader_wants(reader, entry))
            continue;
        a->entries[a->n++] = (struct store_entry){
            .bucket = entry->bucket,
            .id = arena_str(a->arena, str_from(entry->id)),
            .payload = arena_str(a->arena, buf_str(&entry->payload)),
            .deliveries = reader->is_recovering ? 2 : 1,
        };
        entry->is_delivered = true;
    }
}

static void waiting_end(struct waiting *waiting)
{
    struct answer *a = waiting->answer;
    waiting->answer = NULL;
    timer_stop(waiting->store->loop, waiting->timer);
    mem_answer_post(waiting->store, a);
}

static void on_waited(void *ctx)
{
    struct waiting *waiting = ctx;
    waiting_end(waiting);
}

void mem_stream_add(struct mem_store *m, enum store_stream stream, uint8_t bucket,
                    struct str payload)
{
    struct mem_entry *entry = xcalloc(1, sizeof(*entry));
    entry->bucket = bucket;
    mem_value_init(&entry->payload, payload);
    (void)snprintf(entry->id, sizeof(entry->id), "%" PRId64 "-%" PRIu64, loop_wall(m->loop).ms,
                   m->last_entry++); /* 20 digits each at most */
    DL_APPEND(m->streams[stream], entry);
    struct waiting *waiting = &m->waiting[stream];
    if (waiting->answer != NULL && reader_wants(&waiting->reader, entry)) {
        read_entries(m, stream, &waiting->reader, waiting->answer);
        waiting_end(waiting);
    }
}

void mem_read(struct store *s, enum store_stream stream, const struct store_reader *reader,
              store_on_entries *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "read", deliver_entries, ctx);
    a->fn.entries = fn;
    struct waiting *waiting = &m->waiting[stream];
    if (waiting->answer != NULL)
        a->e = ERR_FULL;
    else if (a->has_effect)
        read_entries(m, stream, reader, a);
    bool has_to_wait = a->e == ERR_OK && a->forced == ERR_OK && a->n == 0 && reader->block_ms > 0 &&
                       !reader->is_recovering;
    if (!has_to_wait) {
        mem_answer_post(m, a);
        return;
    }
    a->n = 0;
    waiting->answer = a;
    waiting->reader = *reader;
    timer_start(m->loop, waiting->timer, reader->block_ms);
}

static struct mem_entry *entry_find(struct mem_store *m, enum store_stream stream,
                                    const struct store_entry *wanted)
{
    struct mem_entry *entry;
    DL_FOREACH(m->streams[stream], entry)
    {
        if (entry->bucket == wanted->bucket && str_eq(str_from(entry->id), wanted->id))
            return entry;
    }
    return NULL;
}

static void entry_free(struct mem_entry *entry)
{
    buf_fini(&entry->payload);
    free(entry);
}

void mem_settle(struct store *s, enum store_stream stream, const struct store_entry *entries,
                uint32_t n, struct str event, store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "settle", mem_deliver_done, ctx);
    a->fn.done = fn;
    for (uint32_t i = 0; a->has_effect && i < n; i++) {
        struct mem_entry *entry = entry_find(m, stream, &entries[i]);
        if (entry == NULL)
            continue;
        DL_DELETE(m->streams[stream], entry);
        entry_free(entry);
        if (event.len > 0)
            mem_stream_add(m, STORE_STREAM_EVENTS, entries[i].bucket, event);
    }
    mem_answer_post(m, a);
}

void mem_mark_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                      void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "mark_sending", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_entry *found = entry_find(m, STORE_STREAM_OUTBOX, entry);
    if (found == NULL)
        a->e = ERR_NOT_FOUND;
    else if (found->is_marked)
        a->e = ERR_CONFLICT;
    else if (a->has_effect)
        found->is_marked = true;
    mem_answer_post(m, a);
}

void mem_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                       void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "clear_sending", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_entry *found = entry_find(m, STORE_STREAM_OUTBOX, entry);
    if (found != NULL && a->has_effect)
        found->is_marked = false;
    mem_answer_post(m, a);
}

void mem_streams_init(struct mem_store *m)
{
    for (size_t i = 0; i < STORE_MEM_STREAMS; i++) {
        m->waiting[i].store = m;
        m->waiting[i].timer = timer_new(m->loop, on_waited, &m->waiting[i]);
    }
}

void mem_streams_stop(struct mem_store *m)
{
    for (size_t i = 0; i < STORE_MEM_STREAMS; i++) {
        if (m->waiting[i].answer != NULL)
            waiting_end(&m->waiting[i]);
    }
}

void mem_streams_fini(struct mem_store *m)
{
    for (size_t i = 0; i < STORE_MEM_STREAMS; i++) {
        struct mem_entry *entry, *next;
        DL_FOREACH_SAFE(m->streams[i], entry, next)
        {
            entry_free(entry);
        }
        timer_free(m->loop, m->waiting[i].timer);
    }
}
