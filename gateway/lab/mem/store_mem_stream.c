/*
 * store_mem_stream.c: the two streams of store_mem: the event log, and the outbox. All buckets of a
 * stream lie in one list.
 */
#include "lab/mem/store_mem_ops.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct response_to {
    const char *verb;
    store_on_entries *fn;
    void *ctx;
};

static void deliver_entries(struct mem_response *a)
{
    a->fn.entries(a->ctx, a->e, a->entries, a->e == ERR_OK ? a->n : 0);
}

static void give_entry(struct mem_response *a, const struct mem_entry *entry)
{
    a->entries[a->n++] = (struct store_entry){
        .bucket = entry->bucket,
        .id = arena_str(a->arena, str_from(entry->id)),
        .place = entry->place,
        .payload = arena_str(a->arena, buf_str(&entry->payload)),
    };
}

static uint32_t count_entries(const struct mem_store *m, enum store_stream stream)
{
    const struct mem_entry *entry;
    uint32_t n = 0;
    TAILQ_FOREACH(entry, &m->streams[stream], list)
    {
        n++;
    }
    return n;
}

uint32_t store_mem_n_events(struct store *s)
{
    return count_entries(mem(s), STORE_STREAM_EVENTS);
}

static int entry_cmp(const void *a, const void *b)
{
    const struct store_entry *left = a, *right = b;
    if (left->bucket != right->bucket)
        return left->bucket < right->bucket ? -1 : 1;
    return event_place_cmp(left->place, right->place);
}

/* Fills the response with what there is for the reader. */
static void read_what_waits(struct mem_store *m, enum store_stream stream, struct mem_response *a)
{
    const struct mem_waiting *waiting = &m->waiting[stream];
    struct mem_entry *entry;
    uint32_t n[STORE_BUCKETS] = {0};
    a->entries = arena_new_array(a->arena, struct store_entry, count_entries(m, stream) + 1);
    TAILQ_FOREACH(entry, &m->streams[stream], list)
    {
        if (!store_reader_has(&waiting->reader, entry->bucket) ||
            n[entry->bucket] == waiting->reader.max_each ||
            event_place_cmp(entry->place, waiting->from[entry->bucket]) <= 0)
            continue;
        give_entry(a, entry);
        n[entry->bucket]++;
    }
    qsort(a->entries, a->n, sizeof(*a->entries), entry_cmp);
}

static void waiting_end(struct mem_waiting *waiting)
{
    struct mem_response *a = waiting->response;
    waiting->response = NULL;
    timer_stop(waiting->store->loop, waiting->timer);
    mem_response_post(waiting->store, a);
}

static void on_waited(void *ctx)
{
    struct mem_waiting *waiting = ctx;
    waiting_end(waiting);
}

void mem_stream_add(struct mem_store *m, enum store_stream stream, uint8_t bucket,
                    struct str payload)
{
    struct mem_entry *entry = xcalloc(1, sizeof(*entry));
    entry->bucket = bucket;
    mem_value_init(&entry->payload, payload);
    entry->place = (struct event_place){(uint64_t)loop_wall(m->loop).ms, m->last_entry++};
    /* As a server does when its clock goes back. */
    if (entry->place.ms < m->last_ms)
        entry->place.ms = m->last_ms;
    m->last_ms = entry->place.ms;
    event_place_write(entry->place, entry->id);
    if (stream == STORE_STREAM_EVENTS) {
        m->log_ends[bucket] = entry->place;
        m->log_added[bucket]++;
    }
    TAILQ_INSERT_TAIL(&m->streams[stream], entry, list);
    struct mem_waiting *waiting = &m->waiting[stream];
    if (waiting->response != NULL && store_reader_has(&waiting->reader, bucket)) {
        read_what_waits(m, stream, waiting->response);
        waiting_end(waiting);
    }
}

struct event_place mem_stream_end(const struct mem_store *m, uint8_t bucket)
{
    return m->log_ends[bucket];
}

/* Answers at once, or when there is something. */
static void read_start(struct mem_store *m, enum store_stream stream,
                       const struct store_reader *reader, const struct response_to *to)
{
    struct mem_waiting *waiting = &m->waiting[stream];
    struct mem_response *a = mem_response_new(m, to->verb, deliver_entries, to->ctx);
    a->fn.entries = to->fn;
    if (waiting->response != NULL) {
        a->e = ERR_FULL;
    } else {
        waiting->reader = *reader;
        memcpy(waiting->from, reader->from, sizeof(waiting->from));
        for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
            waiting->ranges[i] = reader->ranges == NULL || reader->ranges[i];
        waiting->reader.from = waiting->from;
        waiting->reader.ranges = waiting->ranges;
        if (a->has_effect)
            read_what_waits(m, stream, a);
    }
    if (a->e != ERR_OK || a->forced != ERR_OK || a->n > 0 || reader->block_ms == 0) {
        mem_response_post(m, a);
        return;
    }
    waiting->response = a;
    timer_start(m->loop, waiting->timer, reader->block_ms);
}

void mem_read(struct store *s, const struct store_reader *reader, store_on_entries *fn, void *ctx)
{
    read_start(mem(s), STORE_STREAM_OUTBOX, reader, &(struct response_to){"read", fn, ctx});
}

void mem_log_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                  void *ctx)
{
    read_start(mem(s), STORE_STREAM_EVENTS, reader, &(struct response_to){"log_read", fn, ctx});
}

static struct mem_entry *entry_find(struct mem_store *m, const struct store_entry *wanted)
{
    struct mem_entry *entry;
    TAILQ_FOREACH(entry, &m->streams[STORE_STREAM_OUTBOX], list)
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

void mem_log_trim(struct store *s, const struct store_log_trim *trims, uint32_t n,
                  store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "log_trim", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct event_place last[STORE_BUCKETS] = {{0, 0}};
    for (uint32_t i = 0; a->has_effect && i < n; i++)
        last[trims[i].bucket] = trims[i].last;
    for (struct mem_entry *entry = TAILQ_FIRST(&m->streams[STORE_STREAM_EVENTS]), *next;
         entry != NULL; entry = next) {
        next = TAILQ_NEXT(entry, list);
        if (event_place_cmp(entry->place, last[entry->bucket]) > 0)
            continue;
        TAILQ_REMOVE(&m->streams[STORE_STREAM_EVENTS], entry, list);
        entry_free(entry);
    }
    mem_response_post(m, a);
}

void mem_log_delete(struct store *s, uint8_t bucket, const struct event_place *places, uint32_t n,
                    store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "log_delete", mem_deliver_done, ctx);
    a->fn.done = fn;
    for (struct mem_entry *entry = TAILQ_FIRST(&m->streams[STORE_STREAM_EVENTS]), *next;
         entry != NULL; entry = next) {
        next = TAILQ_NEXT(entry, list);
        uint32_t i = 0;
        while (i < n && event_place_cmp(places[i], entry->place) != 0)
            i++;
        if (!a->has_effect || i == n || entry->bucket != bucket)
            continue;
        TAILQ_REMOVE(&m->streams[STORE_STREAM_EVENTS], entry, list);
        entry_free(entry);
    }
    mem_response_post(m, a);
}

/* There are no files. */
void mem_compact(struct store *s, store_on_done *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "compact", mem_deliver_done, ctx);
    a->fn.done = fn;
    mem_response_post(mem(s), a);
}

static void deliver_log_sizes(struct mem_response *a)
{
    a->fn.sizes(a->ctx, a->e, a->sizes);
}

void mem_log_sizes(struct store *s, const bool *ranges, store_on_log_sizes *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "log_sizes", deliver_log_sizes, ctx);
    struct store_log_size *sizes = arena_new_array(a->arena, struct store_log_size, STORE_BUCKETS);
    const struct mem_entry *entry;
    a->fn.sizes = fn;
    a->sizes = sizes;
    for (uint32_t i = 0; i < STORE_BUCKETS; i++) {
        if (ranges[store_lease_range((uint8_t)i)])
            sizes[i] = (struct store_log_size){.n_added = m->log_added[i], .last = m->log_ends[i]};
    }
    TAILQ_FOREACH(entry, &m->streams[STORE_STREAM_EVENTS], list)
    {
        struct store_log_size *size = &sizes[entry->bucket];
        if (ranges[store_lease_range(entry->bucket)] && size->n_kept++ == 0)
            size->first = entry->place;
    }
    mem_response_post(m, a);
}

static void deliver_outbox_look(struct mem_response *a)
{
    a->fn.outbox(a->ctx, a->e, a->n, a->server.ms);
}

void mem_outbox_look(struct store *s, const uint64_t *fences, store_on_outbox *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "outbox_look", deliver_outbox_look, ctx);
    const struct mem_entry *entry;
    a->fn.outbox = fn;
    TAILQ_FOREACH(entry, &m->streams[STORE_STREAM_OUTBOX], list)
    {
        if (fences[store_lease_range(entry->bucket)] == 0)
            continue;
        if (a->n++ == 0) /* all came in in this order */
            a->server.ms = (int64_t)entry->place.ms;
    }
    mem_response_post(m, a);
}

void mem_settle(struct store *s, const struct store_entry *wanted, const struct store_settled *what,
                store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "settle", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_entry *entry = entry_find(m, wanted);
    if (a->has_effect && mem_is_fenced(m, wanted)) {
        a->e = ERR_DENIED;
    } else if (a->has_effect && entry != NULL) {
        TAILQ_REMOVE(&m->streams[STORE_STREAM_OUTBOX], entry, list);
        entry_free(entry);
        if (what->event.len > 0)
            mem_stream_add(m, STORE_STREAM_EVENTS, wanted->bucket, what->event);
        if (what->id != NULL)
            mem_state_patch(m, what->id, &what->patch);
    }
    mem_response_post(m, a);
}

void mem_mark_sending(struct store *s, const struct store_entry *entry, const struct number_id *id,
                      store_on_value *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "mark_sending", mem_deliver_value, ctx);
    a->fn.value = fn;
    struct mem_entry *found = entry_find(m, entry);
    if (mem_is_fenced(m, entry)) {
        a->e = ERR_DENIED;
    } else if (found == NULL) {
        a->e = ERR_NOT_FOUND;
    } else if (found->is_marked && found->mark != entry->fence) {
        a->e = ERR_CONFLICT;
    } else if (a->has_effect) {
        found->is_marked = true;
        found->mark = entry->fence;
        if (id->bytes[0] == entry->bucket)
            a->value = mem_state(m, id, a->arena);
    }
    mem_response_post(m, a);
}

void mem_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                       void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "clear_sending", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_entry *found = entry_find(m, entry);
    if (found != NULL && a->has_effect)
        found->is_marked = false;
    mem_response_post(m, a);
}

void mem_streams_init(struct mem_store *m)
{
    for (size_t i = 0; i < STORE_MEM_STREAMS; i++) {
        TAILQ_INIT(&m->streams[i]);
        m->waiting[i].store = m;
        m->waiting[i].timer = timer_new(m->loop, on_waited, &m->waiting[i]);
    }
}

void mem_streams_stop(struct mem_store *m)
{
    for (size_t i = 0; i < STORE_MEM_STREAMS; i++) {
        if (m->waiting[i].response != NULL)
            waiting_end(&m->waiting[i]);
    }
}

void mem_streams_fini(struct mem_store *m)
{
    for (size_t i = 0; i < STORE_MEM_STREAMS; i++) {
        for (struct mem_entry *entry; (entry = TAILQ_FIRST(&m->streams[i])) != NULL;) {
            TAILQ_REMOVE(&m->streams[i], entry, list);
            entry_free(entry);
        }
        timer_free(m->loop, m->waiting[i].timer);
    }
}
