/*
 * How much of the log is kept, and how much of it waits for PostgreSQL.
 */
#include "app/persist_internal.h"
#include "base/log.h"

static bool is_ours(const struct persist *p, uint32_t bucket)
{
    return p->ranges[store_lease_range((uint8_t)bucket)];
}

static int64_t keep_ms(const struct persist *p, uint32_t memory)
{
    if (memory <= PERSIST_MEMORY_SHORT)
        return p->settings.keep_ms;
    if (memory >= PERSIST_MEMORY_NONE)
        return 0;
    return p->settings.keep_ms * (PERSIST_MEMORY_NONE - memory) /
           (PERSIST_MEMORY_NONE - PERSIST_MEMORY_SHORT);
}

static void on_trimmed(void *ctx, enum err e)
{
    struct persist *p = ctx;
    p->n_calls--;
    if (e != ERR_OK)
        LOG_WARN("persist", "trimming the event log failed", "err=%s", err_name(e));
    persist_call_ended(p);
}

/* What is older than we keep it, and in PostgreSQL. */
static void on_memory(void *ctx, enum err e, uint32_t thousandths)
{
    struct persist *p = ctx;
    int64_t kept_from_ms = loop_wall(p->loop).ms - keep_ms(p, e == ERR_OK ? thousandths : 0);
    uint32_t n = 0;
    p->n_calls--;
    for (uint32_t bucket = 0; bucket < STORE_BUCKETS; bucket++) {
        struct event_place last = {(uint64_t)kept_from_ms, 0};
        if (event_place_cmp(p->stored[bucket], last) < 0)
            last = p->stored[bucket];
        if (is_ours(p, bucket) && last.ms > 0)
            p->trims[n++] = (struct store_log_trim){(uint8_t)bucket, last};
    }
    if (e == ERR_OK && n > 0 && !persist_is_halted(p)) {
        p->n_calls++;
        store_log_trim(p->store, p->trims, n, on_trimmed, p);
    }
    persist_call_ended(p);
}

static bool is_behind_us(const struct persist *p, const struct event_place *places)
{
    for (uint32_t bucket = 0; bucket < STORE_BUCKETS; bucket++) {
        if (is_ours(p, bucket) && event_place_cmp(places[bucket], p->stored[bucket]) < 0)
            return true;
    }
    return false;
}

/* A bucket in which nothing happens says by no conflict that the database was restored. */
static void on_places_looked_at(void *ctx, enum err e, const struct event_place *places)
{
    struct persist *p = ctx;
    p->n_calls--;
    if (e == ERR_OK && is_behind_us(p, places)) {
        persist_places_again(p, ERR_CONFLICT);
    } else if (e == ERR_OK && !persist_is_halted(p)) {
        p->n_calls++;
        store_memory(p->store, on_memory, p);
    }
    persist_call_ended(p);
}

/* What waits, in all and in the fullest share; also while PostgreSQL is away. */
static void on_sizes(void *ctx, enum err e, const struct store_log_size *sizes)
{
    struct persist *p = ctx;
    uint64_t n_in[STORE_LEASE_RANGES] = {0}, n = 0, n_most = 0;
    p->n_calls--;
    for (uint32_t bucket = 0; e == ERR_OK && bucket < STORE_BUCKETS; bucket++) {
        uint32_t range = store_lease_range((uint8_t)bucket);
        if (!is_ours(p, bucket)) { /* others store there, and we do not count along */
            backlog_unsure(&p->backlog, (uint8_t)bucket);
            continue;
        }
        n_in[range] +=
            backlog_waiting(&p->backlog, (uint8_t)bucket, &sizes[bucket], p->stored[bucket]);
    }
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        n += n_in[i];
        n_most = n_in[i] > n_most ? n_in[i] : n_most;
    }
    if (e == ERR_OK) {
        metrics_set(p->metrics, METRIC_events_waiting, n);
        metrics_set(p->metrics, METRIC_events_waiting_most, n_most);
    }
    persist_call_ended(p);
}

void persist_on_trim_timer(void *ctx)
{
    struct persist *p = ctx;
    timer_start(p->loop, p->trim_timer, p->settings.trim_ms);
    if (persist_is_halted(p))
        return;
    p->n_calls++;
    store_log_sizes(p->store, p->ranges, on_sizes, p);
    if (p->n_ranges == 0)
        return;
    p->n_calls++;
    sink_places(p->sink, p->epoch, on_places_looked_at, p);
}
