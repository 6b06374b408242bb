#include "app/outbox/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "app/outbox/gate.h"
#include "app/outbox/machine.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/stream.h"

#define ARENA_BYTES 65536u
#define READ_MAX_EACH 32u /* of one bucket: all together a third of OUTBOX_MAX_JOBS and some */
#define READ_BLOCK_MS 1000
#define READ_GATHER_MS 10 /* between reads while messages come: see store_read */

/* ---- entries of the stream become jobs ---- */

static void on_refused(void *ctx, enum err e)
{
    (void)ctx;
    if (e != ERR_OK)
        LOG_WARN("outbox", "broken entry not removed", "err=%s", err_name(e));
}

/* An entry that nothing can be done with is settled at once, so that it does not come back. */
static void refuse_entry(struct outbox *o, const struct store_entry *entry, const char *why)
{
    LOG_ERROR("outbox", "entry cannot be sent", "entry=%03u-%.*s why=\"%s\"", entry->bucket,
              STR_ARG(entry->id), why);
    metrics_add(o->ports.metrics, METRIC_sends_failed_total, 1);
    struct store_entry refused = *entry;
    refused.fence = outbox_fence(o, entry->bucket);
    store_settle(o->ports.store, &refused, &(struct store_settled){.event = STR_NONE}, on_refused,
                 o);
}

/* One that a newer version wrote is for a sender that knows it, which has this bucket soon where
 * hosts are upgraded. Read on behind it, it comes again to whoever has the bucket next. */
static bool is_for_another(const struct outbox *o, const struct store_entry *entry, enum err e)
{
    return e == ERR_UNSUPPORTED &&
           loop_wall(o->ports.loop).ms - (int64_t)entry->place.ms < OUTBOX_NEWER_MS;
}

static void read_more(struct outbox *o);

static void take_entry(struct outbox *o, const struct store_entry *entry)
{
    uint32_t range = store_lease_range(entry->bucket);
    if (o->is_draining || o->fences[range] != o->read_fences[range])
        return; /* it stays there, for who has its bucket next */
    o->from[entry->bucket] = entry->place;
    enum err e = outbox_job_take(o, entry);
    if (is_for_another(o, entry, e))
        LOG_WARN("outbox", "an SMS of a newer version waits for its sender", "entry=%03u-%.*s",
                 entry->bucket, STR_ARG(entry->id));
    else if (e != ERR_OK && e != ERR_CONFLICT) /* after an error of a read all come again */
        refuse_entry(o, entry, err_name(e));
}

/* A bucket may have more than one read gives. */
static bool is_cut(const struct store_entry *entries, uint32_t n)
{
    return n >= READ_MAX_EACH && entries[n - 1].bucket == entries[n - READ_MAX_EACH].bucket;
}

static void on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct outbox *o = ctx;
    bool has_more = false;
    o->is_reading = false;
    /* A server that comes back may have lost its newest entries, and give ids that lie before what
     * was read: from the beginning, then. */
    if (e != ERR_OK)
        memset(o->from, 0, sizeof(o->from));
    for (uint32_t i = 0; i < n; i++) {
        take_entry(o, &entries[i]);
        has_more |= is_cut(entries, i + 1);
    }
    has_more |= memcmp(o->fences, o->read_fences, sizeof(o->fences)) != 0;
    o->is_gathering = e != ERR_OK || (n > 0 && !has_more);
    if (o->is_gathering)
        timer_start(o->ports.loop, o->read_timer,
                    e == ERR_OK ? READ_GATHER_MS : OUTBOX_RETRY_STORE_MS);
    else
        read_more(o);
}

static void read_more(struct outbox *o)
{
    bool ranges[STORE_LEASE_RANGES];
    if (o->is_reading || o->is_gathering || o->is_draining || o->n_jobs >= OUTBOX_MAX_JOBS ||
        o->n_ranges == 0)
        return;
    o->is_reading = true;
    memcpy(o->read_fences, o->fences, sizeof(o->fences));
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        ranges[i] = o->fences[i] != 0;
    struct store_reader reader = {
        .from = o->from, .ranges = ranges, .max_each = READ_MAX_EACH, .block_ms = READ_BLOCK_MS};
    store_read(o->ports.store, &reader, on_entries, o);
}

static void on_read_timer(void *ctx)
{
    struct outbox *o = ctx;
    o->is_gathering = false;
    read_more(o);
}

/* ---- the look ---- */

/* Those who waited for an access token go on, or come again: nothing of theirs was sent. */
static void give_tokens(struct outbox *o)
{
    for (uint32_t i = 0; i < o->ports.channels->n; i++) {
        struct outbox_channel *c = &o->channels[i];
        for (struct outbox_job *job = outbox_token_next(c); job != NULL;
             job = outbox_token_next(c)) {
            if (outbox_token_is_ready(c))
                outbox_happen(job, OUTBOX_EVENT_TOKEN);
            else
                outbox_away(job, OUTBOX_BASE_DELAY_MS); /* the circuit lets few ask */
        }
    }
}

/* All replies before the first push. */
static void start_all(struct outbox *o, int64_t now)
{
    for (int is_push_turn = 0; is_push_turn < 2; is_push_turn++) {
        for (struct outbox_job *job = outbox_gate_next(o, now, is_push_turn); job != NULL;
             job = outbox_gate_next(o, now, is_push_turn))
            outbox_happen(job, OUTBOX_EVENT_GO);
    }
}

static void tell_idle(struct outbox *o)
{
    if (o->n_begun > 0 || o->on_idle == NULL)
        return;
    outbox_on_idle *fn = o->on_idle;
    o->on_idle = NULL;
    fn(o->idle_ctx);
}

static void on_look(void *ctx)
{
    struct outbox *o = ctx;
    int64_t now = outbox_now_ms(o);
    give_tokens(o);
    if (o->is_draining) {
        tell_idle(o);
        return;
    }
    read_more(o);
    outbox_gate_refresh(o, now);
    start_all(o, now);
    int64_t next = outbox_gate_next_ms(o, now);
    if (next != INT64_MAX)
        timer_start(o->ports.loop, o->later, next - now);
}

/* ---- life ---- */

struct outbox *outbox_new(const struct outbox_ports *ports)
{
    struct outbox *o = xcalloc(1, sizeof(*o));
    o->ports = *ports;
    o->lanes = xcalloc(OUTBOX_LANES, sizeof(*o->lanes));
    for (uint32_t i = 0; i < OUTBOX_LANES; i++)
        TAILQ_INIT(&o->lanes[i]);
    o->arena = arena_new(ARENA_BYTES);
    o->soon = timer_new(ports->loop, on_look, o);
    o->later = timer_new(ports->loop, on_look, o);
    o->read_timer = timer_new(ports->loop, on_read_timer, o);
    outbox_gate_init(o);
    for (uint32_t i = 0; i < ports->channels->n; i++)
        outbox_token_init(&o->channels[i]);
    return o;
}

void outbox_drain(struct outbox *o, outbox_on_idle *fn, void *ctx)
{
    o->is_draining = true;
    o->on_idle = fn;
    o->idle_ctx = ctx;
    outbox_look(o);
}

void outbox_own(struct outbox *o, const uint64_t fences[STORE_LEASE_RANGES])
{
    o->n_ranges = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        /* From the beginning: what the last owner had in hand lies there, too. */
        if (fences[i] != o->fences[i])
            memset(&o->from[(size_t)i * STORE_LEASE_BUCKETS], 0,
                   STORE_LEASE_BUCKETS * sizeof(o->from[0]));
        o->fences[i] = fences[i];
        o->n_ranges += fences[i] != 0;
    }
    outbox_let_go(o);
    read_more(o);
}

void outbox_own_all(struct outbox *o, uint64_t fence)
{
    uint64_t fences[STORE_LEASE_RANGES];
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        fences[i] = fence;
    outbox_own(o, fences);
}

bool outbox_is_idle(const struct outbox *o, uint32_t range)
{
    return o->n_begun_of[range] == 0;
}

uint32_t outbox_n_jobs(const struct outbox *o)
{
    return o->n_jobs;
}

void outbox_free(struct outbox *o)
{
    if (o == NULL)
        return;
    for (uint32_t i = 0; i < OUTBOX_LANES; i++) {
        while (!TAILQ_EMPTY(&o->lanes[i])) {
            struct outbox_job *job = TAILQ_FIRST(&o->lanes[i]);
            TAILQ_REMOVE(&o->lanes[i], job, lane);
            outbox_job_free(job);
        }
    }
    for (uint32_t i = 0; i < o->ports.channels->n; i++)
        outbox_token_fini(&o->channels[i]);
    timer_free(o->ports.loop, o->soon);
    timer_free(o->ports.loop, o->later);
    timer_free(o->ports.loop, o->read_timer);
    arena_free(o->arena);
    free(o->lanes);
    free(o);
}

/* ---- for operators ---- */

struct outbox_status outbox_status_of(const struct outbox *o, uint32_t i)
{
    const struct outbox_channel *c = &o->channels[i];
    return (struct outbox_status){.name = c->channel->config->name,
                                  .n_waiting = c->n_jobs - c->n_in_flight,
                                  .n_in_flight = c->n_in_flight,
                                  .n_sent = c->n_sent,
                                  .n_failed = c->n_failed,
                                  .n_unknown = c->n_unknown,
                                  .is_held = c->is_held,
                                  .is_open = c->circuit != OUTBOX_CIRCUIT_CLOSED};
}

bool outbox_hold(struct outbox *o, uint32_t i, bool is_held)
{
    struct outbox_channel *c = &o->channels[i];
    if (c->is_held == is_held)
        return false;
    c->is_held = is_held;
    LOG_INFO("outbox", is_held ? "channel paused" : "channel resumed", "channel=%.*s",
             STR_ARG(c->channel->config->name));
    outbox_look(o);
    return true;
}
