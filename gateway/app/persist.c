#include "app/persist.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/xalloc.h"

#define N_BATCHES 2   /* one is stored while the next is read */
#define MAX_RANGES 16 /* halving 1000 entries keeps at most 11 ranges waiting */
#define BATCH_BYTES (64u << 20)
#define JSON_BYTES (16u << 20)
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000

enum batch_state {
    BATCH_STATE_EMPTY,
    BATCH_STATE_READ,     /* waits for the batch before it */
    BATCH_STATE_STORING,  /* range by range */
    BATCH_STATE_SETTLING, /* committed */
};

struct range {
    uint32_t first, n;
};

struct batch {
    struct persist *persist;
    enum batch_state state;
    struct arena *arena; /* ids and payloads */
    struct store_entry entries[PERSIST_MAX_BATCH];
    uint32_t n;
    struct range todo[MAX_RANGES]; /* what is neither committed nor put aside; a stack */
    uint32_t n_todo;
    struct timer *settle_timer;
    int64_t settle_backoff_ms;
};

struct persist {
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct metrics *metrics;
    struct persist_settings settings;
    struct batch batches[N_BATCHES];
    struct buf json;
    struct timer *read_timer;  /* gathering, or Redis is away */
    struct timer *store_timer; /* PostgreSQL is away */
    struct timer *stop_timer;
    int64_t read_backoff_ms, store_backoff_ms; /* 0 = the last call went well */
    struct batch *reading;
    uint32_t n_calls; /* of store and sink, unanswered */
    bool is_started, is_stopping, is_recovering, is_drained;
    bool is_gathering; /* read_timer will read */
    bool is_blocking;  /* the read under way waits for entries */
    timer_fn *on_stopped;
    void *on_stopped_ctx;
};

static void read_more(struct persist *p);
static void store_next(struct persist *p);
static void store_range(struct batch *b);

static int64_t backoff_next(int64_t ms)
{
    if (ms == 0)
        return BACKOFF_FIRST_MS;
    return 2 * ms < BACKOFF_MAX_MS ? 2 * ms : BACKOFF_MAX_MS;
}

/* Every answer ends here, so that stopping is noticed wherever it came. */
static void call_ended(struct persist *p)
{
    if (p->is_stopping && p->n_calls == 0)
        timer_start(p->loop, p->stop_timer, 0);
}

static struct batch *batch_in(struct persist *p, enum batch_state state)
{
    for (size_t i = 0; i < N_BATCHES; i++) {
        if (p->batches[i].state == state && &p->batches[i] != p->reading)
            return &p->batches[i];
    }
    return NULL;
}

static bool is_all_empty(const struct persist *p)
{
    for (size_t i = 0; i < N_BATCHES; i++) {
        if (p->batches[i].state != BATCH_STATE_EMPTY)
            return false;
    }
    return true;
}

/* ---- settle ---- */

static void settle(struct batch *b);

static void on_settled(void *ctx, enum err e)
{
    struct batch *b = ctx;
    struct persist *p = b->persist;
    p->n_calls--;
    if (e == ERR_OK) {
        b->settle_backoff_ms = 0;
        b->state = BATCH_STATE_EMPTY;
        if (!p->is_gathering)
            read_more(p);
    } else if (!p->is_stopping) {
        b->settle_backoff_ms = backoff_next(b->settle_backoff_ms);
        LOG_WARN("persist", "settle failed", "err=%s entries=%u", err_name(e), b->n);
        timer_start(p->loop, b->settle_timer, b->settle_backoff_ms);
    }
    call_ended(p);
}

static void settle(struct batch *b)
{
    struct persist *p = b->persist;
    b->state = BATCH_STATE_SETTLING;
    p->n_calls++;
    store_settle(p->store, STORE_STREAM_EVENTS, b->entries, b->n, STR_NONE, on_settled, b);
}

static void on_settle_timer(void *ctx)
{
    settle(ctx);
}

/* ---- store ---- */

static void store_retry(struct persist *p, enum err e)
{
    if (p->store_backoff_ms == 0)
        LOG_WARN("persist", "PostgreSQL takes nothing, events wait in the stream", "err=%s",
                 err_name(e));
    metrics_set(p->metrics, METRIC_postgres_up, 0);
    p->store_backoff_ms = backoff_next(p->store_backoff_ms);
    if (!p->is_stopping)
        timer_start(p->loop, p->store_timer, p->store_backoff_ms);
}

static void store_recovered(struct persist *p)
{
    if (p->store_backoff_ms != 0)
        LOG_INFO("persist", "PostgreSQL takes events again", "consumer=%.*s",
                 STR_ARG(p->settings.consumer));
    metrics_set(p->metrics, METRIC_postgres_up, 1);
    p->store_backoff_ms = 0;
}

/* The topmost range is done. */
static void range_done(struct batch *b)
{
    b->n_todo--;
    if (b->n_todo > 0) {
        store_range(b);
        return;
    }
    settle(b);
    store_next(b->persist);
}

static void on_dead_letter(void *ctx, enum err e, const char *message)
{
    (void)message; /* of the connection, or none: the sink has logged it */
    struct batch *b = ctx;
    struct persist *p = b->persist;
    const struct store_entry *entry = &b->entries[b->todo[b->n_todo - 1].first];
    p->n_calls--;
    if (e == ERR_OK) {
        LOG_ERROR("persist", "PostgreSQL refused an event; see ops.dead_letters", "entry=%u-%.*s",
                  entry->bucket, STR_ARG(entry->id));
        metrics_add(p->metrics, METRIC_dead_letters_total, 1);
        range_done(b);
    } else {
        store_retry(p, e);
    }
    call_ended(p);
}

/* Halves the topmost range; the first half is stored first, in the order of the stream. */
static void range_split(struct batch *b)
{
    struct range *top = &b->todo[b->n_todo - 1];
    uint32_t half = top->n / 2;
    struct range first = {top->first, half};
    assert(b->n_todo < MAX_RANGES);
    *top = (struct range){top->first + half, top->n - half};
    b->todo[b->n_todo++] = first;
}

/* Something in the topmost range cannot be stored: look in each half, or put it aside. */
static void range_refused(struct batch *b, const char *reason)
{
    struct persist *p = b->persist;
    const struct range *top = &b->todo[b->n_todo - 1];
    if (top->n > 1) {
        range_split(b);
        store_range(b);
        return;
    }
    p->n_calls++;
    sink_dead_letter(p->sink, b->entries[top->first].payload, str_from(reason), on_dead_letter, b);
}

static void on_ingested(void *ctx, enum err e, const char *message)
{
    struct batch *b = ctx;
    struct persist *p = b->persist;
    p->n_calls--;
    if (e == ERR_OK) {
        store_recovered(p);
        metrics_add(p->metrics, METRIC_events_written_total, b->todo[b->n_todo - 1].n);
        range_done(b);
    } else if (e == ERR_INVALID) {
        store_recovered(p);
        range_refused(b, message);
    } else {
        if (e == ERR_TIMEOUT && b->todo[b->n_todo - 1].n > 1)
            range_split(b);
        store_retry(p, e);
    }
    call_ended(p);
}

static void store_range(struct batch *b)
{
    struct persist *p = b->persist;
    struct range top = b->todo[b->n_todo - 1];
    buf_reset(&p->json);
    buf_add_char(&p->json, '[');
    for (uint32_t i = top.first; i < top.first + top.n; i++) {
        if (i > top.first)
            buf_add_char(&p->json, ',');
        buf_add_str(&p->json, b->entries[i].payload);
    }
    buf_add_char(&p->json, ']');
    if (buf_error(&p->json) != ERR_OK) {
        range_refused(b, "the envelope is too long");
        return;
    }
    p->n_calls++;
    sink_ingest(p->sink, buf_str(&p->json), on_ingested, b);
}

static void on_store_timer(void *ctx)
{
    struct batch *b = batch_in(ctx, BATCH_STATE_STORING);
    assert(b != NULL); /* it waits for this timer in that state */
    store_range(b);
}

/* Starts on a batch that was read, when none is being stored. */
static void store_next(struct persist *p)
{
    struct batch *b = batch_in(p, BATCH_STATE_READ);
    if (b == NULL || p->is_stopping || batch_in(p, BATCH_STATE_STORING) != NULL)
        return;
    b->state = BATCH_STATE_STORING;
    b->todo[0] = (struct range){0, b->n};
    b->n_todo = 1;
    store_range(b);
}

/* ---- read ---- */

static void batch_fill(struct batch *b, const struct store_entry *entries, uint32_t n)
{
    arena_reset(b->arena);
    b->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct store_entry *copy = &b->entries[b->n];
        *copy = entries[i];
        copy->id = arena_str(b->arena, entries[i].id);
        copy->payload = arena_str(b->arena, entries[i].payload);
        if (arena_error(b->arena) != ERR_OK)
            break; /* the rest is found again by recovering */
        b->n++;
    }
    b->persist->is_recovering |= b->n < n;
    b->state = BATCH_STATE_READ;
}

static void read_later(struct persist *p, int64_t delay_ms)
{
    p->is_gathering = !p->is_stopping;
    if (p->is_gathering)
        timer_start(p->loop, p->read_timer, delay_ms);
}

static void on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct persist *p = ctx;
    struct batch *b = p->reading;
    p->reading = NULL;
    p->n_calls--;
    if (e != ERR_OK) {
        /* What this read was about to bring may have been delivered to us already. */
        if (p->read_backoff_ms == 0)
            LOG_WARN("persist", "reading the events stream failed", "err=%s", err_name(e));
        p->is_recovering = true;
        p->read_backoff_ms = backoff_next(p->read_backoff_ms);
        read_later(p, p->read_backoff_ms);
    } else if (n == 0) {
        p->read_backoff_ms = 0;
        p->is_drained = !p->is_recovering;
        p->is_recovering = false;
        read_later(p, p->is_drained && !p->is_blocking ? p->settings.gather_ms : 0);
    } else {
        p->read_backoff_ms = 0;
        p->is_drained = false;
        batch_fill(b, entries, n);
        store_next(p);
        read_later(p, n < p->settings.max_batch && !p->is_recovering ? p->settings.gather_ms : 0);
    }
    call_ended(p);
}

/* Recovering finds all that was delivered and not settled, so nothing may be under way then. It
 * goes on until it finds nothing. */
static void read_more(struct persist *p)
{
    struct batch *b = batch_in(p, BATCH_STATE_EMPTY);
    if (b == NULL || p->reading != NULL || p->is_stopping || (p->is_recovering && !is_all_empty(p)))
        return;
    p->reading = b;
    p->is_blocking = is_all_empty(p) && p->settings.block_ms > 0;
    p->n_calls++;
    struct store_reader reader = {
        .consumer = p->settings.consumer,
        .first = p->settings.first,
        .last = p->settings.last,
        .is_recovering = p->is_recovering,
        .max = p->settings.max_batch,
        .block_ms = p->is_blocking ? p->settings.block_ms : 0,
    };
    store_read(p->store, STORE_STREAM_EVENTS, &reader, on_entries, p);
}

static void on_read_timer(void *ctx)
{
    struct persist *p = ctx;
    p->is_gathering = false;
    read_more(p);
}

/* ---- life ---- */

static void on_stop_timer(void *ctx)
{
    struct persist *p = ctx;
    p->on_stopped(p->on_stopped_ctx);
}

struct persist *persist_new(struct loop *loop, struct store *store, struct sink *sink,
                            struct metrics *metrics, const struct persist_settings *settings)
{
    assert(settings->max_batch > 0 && settings->max_batch <= PERSIST_MAX_BATCH);
    assert(settings->gather_ms > 0);
    struct persist *p = xcalloc(1, sizeof(*p));
    p->loop = loop;
    p->store = store;
    p->sink = sink;
    p->metrics = metrics;
    p->settings = *settings;
    buf_init(&p->json, JSON_BYTES);
    p->read_timer = timer_new(loop, on_read_timer, p);
    p->store_timer = timer_new(loop, on_store_timer, p);
    p->stop_timer = timer_new(loop, on_stop_timer, p);
    for (size_t i = 0; i < N_BATCHES; i++) {
        p->batches[i].persist = p;
        p->batches[i].arena = arena_new(BATCH_BYTES);
        p->batches[i].settle_timer = timer_new(loop, on_settle_timer, &p->batches[i]);
    }
    return p;
}

void persist_start(struct persist *p)
{
    assert(!p->is_started);
    p->is_started = true;
    p->is_recovering = true;
    read_more(p);
}

void persist_stop(struct persist *p, timer_fn *fn, void *ctx)
{
    p->is_stopping = true;
    p->on_stopped = fn;
    p->on_stopped_ctx = ctx;
    timer_stop(p->loop, p->read_timer);
    timer_stop(p->loop, p->store_timer);
    for (size_t i = 0; i < N_BATCHES; i++)
        timer_stop(p->loop, p->batches[i].settle_timer);
    call_ended(p);
}

bool persist_is_idle(const struct persist *p)
{
    return p->is_drained && is_all_empty(p);
}

void persist_free(struct persist *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < N_BATCHES; i++) {
        arena_free(p->batches[i].arena);
        timer_free(p->loop, p->batches[i].settle_timer);
    }
    timer_free(p->loop, p->read_timer);
    timer_free(p->loop, p->store_timer);
    timer_free(p->loop, p->stop_timer);
    buf_fini(&p->json);
    free(p);
}
