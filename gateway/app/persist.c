/*
 * persist.h: reading the log, where PostgreSQL is, beginning and end.
 */
#include "app/persist.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/persist_internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

#define BATCH_BYTES (64u << 20)
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
#define CONFLICT_TOLD_MS 60000

static void read_later(struct persist *p, int64_t delay_ms);

static int64_t pause_ms(uint32_t n_failures)
{
    return backoff_ceiling_ms(BACKOFF_FIRST_MS, BACKOFF_MAX_MS, n_failures);
}

static void restart(struct persist *p)
{
    p->must_restart = false;
    p->is_gathering = false;
    timer_stop(p->loop, p->read_timer);
    for (size_t i = 0; i < PERSIST_BATCHES; i++)
        p->batches[i].state = BATCH_STATE_EMPTY;
    p->is_behind = false;
    p->part = PERSIST_PARTS - 1;
    timer_start(p->loop, p->places_timer, pause_ms(p->n_places_failures));
}

/* Every response ends here, so that the last one is noticed wherever it came. */
void persist_call_ended(struct persist *p)
{
    if (p->n_calls > 0)
        return;
    if (p->is_stopping)
        timer_start(p->loop, p->stop_timer, 0);
    else if (p->must_restart)
        restart(p);
}

bool persist_is_halted(const struct persist *p)
{
    return p->is_stopping || p->must_restart;
}

struct persist_batch *persist_batch_in(struct persist *p, enum persist_batch_state state)
{
    for (size_t i = 0; i < PERSIST_BATCHES; i++) {
        if (p->batches[i].state == state)
            return &p->batches[i];
    }
    return NULL;
}

static bool is_all_empty(const struct persist *p)
{
    for (size_t i = 0; i < PERSIST_BATCHES; i++) {
        if (p->batches[i].state > BATCH_STATE_READING)
            return false;
    }
    return true;
}

/* ---- places ---- */

/* Two that share a bucket without knowing of each other would tell of it with each batch. */
static void tell_conflict(struct persist *p)
{
    struct mono_ms now = loop_mono(p->loop);
    if (now.ms - p->conflict_told.ms < CONFLICT_TOLD_MS)
        return;
    p->conflict_told = now;
    LOG_INFO("persist", "PostgreSQL is at another place of the log: it is read from there",
             "ranges=%u", p->n_ranges);
}

/* PostgreSQL did not do what it was asked to: it is asked where it is. */
void persist_places_again(struct persist *p, enum err e)
{
    if (e == ERR_CONFLICT)
        tell_conflict(p);
    else if (!p->is_away)
        LOG_WARN("persist", "PostgreSQL takes nothing, events wait in the log", "err=%s",
                 err_name(e));
    p->is_away = e != ERR_CONFLICT;
    metrics_set(p->metrics, METRIC_postgres_up, !p->is_away);
    if (p->n_places_failures == 0)
        p->away_since = loop_mono(p->loop);
    p->n_places_failures++;
    p->must_restart = true;
}

void persist_went_well(struct persist *p)
{
    if (p->is_away)
        LOG_INFO("persist", "PostgreSQL takes events", "ranges=%u", p->n_ranges);
    p->is_away = false;
    metrics_set(p->metrics, METRIC_postgres_up, 1);
    p->n_places_failures = 0;
}

static void on_places(void *ctx, enum err e, const struct event_place *places)
{
    struct persist *p = ctx;
    p->n_calls--;
    if (e != ERR_OK) {
        persist_places_again(p, e);
    } else {
        for (uint32_t bucket = 0; bucket < STORE_BUCKETS; bucket++) {
            if (event_place_cmp(places[bucket], p->stored[bucket]) != 0)
                backlog_unsure(&p->backlog, (uint8_t)bucket);
        }
        memcpy(p->stored, places, sizeof(p->stored));
        memcpy(p->read, places, sizeof(p->read));
        metrics_set(p->metrics, METRIC_postgres_up, 1); /* also while nothing happens */
        read_later(p, 0);
    }
    persist_call_ended(p);
}

static void on_places_timer(void *ctx)
{
    struct persist *p = ctx;
    p->n_calls++;
    sink_places(p->sink, p->epoch, on_places, p);
}

/* ---- read ---- */

/* Of each learner's last step in the batch; a run of one learner's steps needs one state. */
static void need_state(struct persist_batch *b, const struct sink_record *record, uint32_t index)
{
    struct event_record step;
    if (event_decode(record->bytes, &step) != ERR_OK || step.kind != EVENT_RECORD_STEP ||
        step.is_erased)
        return;
    struct number_id *last = b->n_ids > 0 ? &b->ids[b->n_ids - 1] : NULL;
    if (last == NULL || memcmp(last->bytes, step.number_id, NUMBER_ID_BYTES) != 0)
        last = &b->ids[b->n_ids++];
    memcpy(last->bytes, step.number_id, NUMBER_ID_BYTES);
    b->id_records[b->n_ids - 1] = index;
}

static void batch_add(struct persist_batch *b, const struct store_entry *entries, uint32_t n)
{
    for (uint32_t i = 0; i < n && b->n < PERSIST_MAX_BATCH; i++) {
        struct sink_record *record = &b->records[b->n];
        *record = (struct sink_record){.bucket = entries[i].bucket,
                                       .place = entries[i].place,
                                       .bytes = arena_str(b->arena, entries[i].payload)};
        if (arena_error(b->arena) != ERR_OK)
            break; /* the rest is read again: our place is before it */
        need_state(b, record, b->n++);
        b->persist->read[record->bucket] = record->place;
        if ((int64_t)record->place.ms < b->persist->oldest_ms)
            b->persist->oldest_ms = (int64_t)record->place.ms;
    }
}

static void read_later(struct persist *p, int64_t delay_ms)
{
    p->is_gathering = !persist_is_halted(p);
    if (p->is_gathering)
        timer_start(p->loop, p->read_timer, delay_ms);
}

/* A bucket gave as many as it may: there are more. */
static bool has_full_bucket(const struct persist *p, const struct store_entry *entries, uint32_t n)
{
    for (uint32_t i = 0, run = 0; i < n; i++) {
        run = i > 0 && entries[i].bucket == entries[i - 1].bucket ? run + 1 : 1;
        if (run == p->read_max)
            return true;
    }
    return false;
}

/* All parts of the batch were read. */
static void batch_end(struct persist *p, struct persist_batch *b)
{
    int64_t pause = p->has_more ? 0 : p->settings.gather_ms;
    p->is_behind = p->has_more;
    p->part = p->is_behind ? 0 : PERSIST_PARTS - 1;
    if (b->n == 0) {
        b->state = BATCH_STATE_EMPTY;
        p->oldest_ms = 0;
        pause = p->is_blocking ? 0 : pause;
    } else {
        b->state = BATCH_STATE_ASKING;
        p->n_calls++;
        store_states(p->store, b->ids, b->n_ids, persist_on_states, b);
    }
    read_later(p, pause);
}

static void on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct persist_batch *b = ctx;
    struct persist *p = b->persist;
    p->is_reading = false;
    p->n_calls--;
    if (e != ERR_OK) {
        if (p->n_read_failures == 0)
            LOG_WARN("persist", "reading the event log failed", "err=%s", err_name(e));
        p->n_read_failures++;
        read_later(p, pause_ms(p->n_read_failures));
    } else if (!persist_is_halted(p)) {
        p->n_read_failures = 0;
        p->has_more |= has_full_bucket(p, entries, n);
        batch_add(b, entries, n);
        if (++p->part < PERSIST_PARTS)
            persist_read_more(p);
        else
            batch_end(p, b);
    }
    persist_call_ended(p);
}

/* While nothing waits longer than for the next read, all that is ours; else a part of it. */
static void choose_ranges(struct persist *p)
{
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        p->read_ranges[i] = p->ranges[i] && (!p->is_behind || i % PERSIST_PARTS == p->part);
    p->read_max = p->settings.max_each * (p->is_behind ? PERSIST_PARTS : 1);
}

static struct persist_batch *batch_to_read(struct persist *p)
{
    struct persist_batch *b = persist_batch_in(p, BATCH_STATE_READING);
    if (b != NULL)
        return b;
    b = persist_batch_in(p, BATCH_STATE_EMPTY);
    if (b != NULL) {
        b->state = BATCH_STATE_READING;
        b->n = b->n_ids = 0;
        arena_reset(b->arena);
        p->has_more = false;
        p->oldest_ms = INT64_MAX;
    }
    return b;
}

void persist_read_more(struct persist *p)
{
    if (p->is_reading || p->n_ranges == 0 || persist_is_halted(p))
        return;
    struct persist_batch *b = batch_to_read(p);
    if (b == NULL)
        return;
    choose_ranges(p);
    p->is_reading = true;
    p->is_blocking = is_all_empty(p) && !p->is_behind && p->settings.block_ms > 0;
    p->n_calls++;
    struct store_reader reader = {
        .from = p->read,
        .ranges = p->read_ranges,
        .max_each = p->read_max,
        .block_ms = p->is_blocking ? p->settings.block_ms : 0,
    };
    store_log_read(p->store, &reader, on_entries, b);
}

static void on_read_timer(void *ctx)
{
    struct persist *p = ctx;
    p->is_gathering = false;
    persist_read_more(p);
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
    assert(settings->max_each > 0 && settings->max_each <= PERSIST_MAX_EACH);
    assert(settings->gather_ms > 0 && settings->trim_ms > 0);
    struct persist *p = xcalloc(1, sizeof(*p));
    p->loop = loop;
    p->store = store;
    p->sink = sink;
    p->metrics = metrics;
    p->settings = *settings;
    p->conflict_told = (struct mono_ms){-CONFLICT_TOLD_MS};
    p->range_max = PERSIST_MAX_BATCH;
    p->part = PERSIST_PARTS - 1;
    for (size_t i = 0; i < PERSIST_LANES; i++) {
        p->lanes[i].persist = p;
        p->lanes[i].sink = i == 0 ? sink : settings->beside;
    }
    p->read_timer = timer_new(loop, on_read_timer, p);
    p->places_timer = timer_new(loop, on_places_timer, p);
    p->trim_timer = timer_new(loop, persist_on_trim_timer, p);
    p->stop_timer = timer_new(loop, on_stop_timer, p);
    for (size_t i = 0; i < PERSIST_BATCHES; i++) {
        p->batches[i].persist = p;
        p->batches[i].arena = arena_new(BATCH_BYTES);
    }
    return p;
}

void persist_set_epoch(struct persist *p, uint64_t epoch)
{
    p->epoch = epoch;
}

/* What we know of the places of a range that was somebody else's is old. */
void persist_own(struct persist *p, const uint64_t fences[STORE_LEASE_RANGES])
{
    bool has_more = false;
    p->n_ranges = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        has_more |= fences[i] != 0 && !p->ranges[i];
        p->ranges[i] = fences[i] != 0;
        p->n_ranges += p->ranges[i];
    }
    if (p->n_ranges == 0)
        p->oldest_ms = 0; /* what waits there is for others to tell of */
    if (!has_more || p->is_stopping)
        return;
    if (!p->is_started)
        timer_start(p->loop, p->trim_timer, p->settings.trim_ms);
    p->is_started = true;
    p->must_restart = true;
    persist_call_ended(p);
}

void persist_start(struct persist *p)
{
    uint64_t fences[STORE_LEASE_RANGES];
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        fences[i] = 1;
    assert(!p->is_started);
    persist_own(p, fences);
}

static bool has_range(const struct persist_batch *b, uint32_t range)
{
    for (uint32_t i = 0; b->state != BATCH_STATE_EMPTY && i < b->n; i++) {
        if (store_lease_range(b->records[i].bucket) == range)
            return true;
    }
    return false;
}

bool persist_is_range_idle(const struct persist *p, uint32_t range)
{
    bool is_idle = !p->is_reading || !p->read_ranges[range];
    for (size_t i = 0; i < PERSIST_BATCHES; i++)
        is_idle &= !has_range(&p->batches[i], range);
    return is_idle;
}

void persist_stop(struct persist *p, timer_fn *fn, void *ctx)
{
    p->is_stopping = true;
    p->on_stopped = fn;
    p->on_stopped_ctx = ctx;
    timer_stop(p->loop, p->read_timer);
    timer_stop(p->loop, p->places_timer);
    timer_stop(p->loop, p->trim_timer);
    persist_call_ended(p);
}

int64_t persist_behind_ms(const struct persist *p)
{
    int64_t behind_ms = p->oldest_ms > 0 ? loop_wall(p->loop).ms - p->oldest_ms : 0;
    int64_t away_ms = p->n_places_failures > 0 ? loop_mono(p->loop).ms - p->away_since.ms : 0;
    return behind_ms > away_ms ? behind_ms : away_ms;
}

void persist_free(struct persist *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < PERSIST_BATCHES; i++)
        arena_free(p->batches[i].arena);
    timer_free(p->loop, p->read_timer);
    timer_free(p->loop, p->places_timer);
    timer_free(p->loop, p->trim_timer);
    timer_free(p->loop, p->stop_timer);
    free(p);
}
