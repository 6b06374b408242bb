#include "app/outbox/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/outbox/gate.h"
#include "app/outbox/machine.h"
#include "base/log.h"
#include "base/xalloc.h"

#define ARENA_BYTES 65536u
#define READ_MAX 256u
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
    store_settle(o->ports.store, &refused, 1, STR_NONE, on_refused, o);
}

static void read_more(struct outbox *o);

static void on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct outbox *o = ctx;
    o->is_reading = false;
    if (e != ERR_OK) {
        o->is_recovering = true; /* the answer that was lost may have held entries */
        timer_start(o->ports.loop, o->read_timer, OUTBOX_RETRY_STORE_MS);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t range = store_lease_range(entries[i].bucket);
        if (o->is_draining || o->fences[range] != o->read_fences[range])
            continue; /* it stays unfinished, for who has its bucket next */
        e = outbox_job_take(o, &entries[i]);
        if (e != ERR_OK && e != ERR_CONFLICT) /* after an error of a read all come again */
            refuse_entry(o, &entries[i], err_name(e));
    }
    o->is_recovering = memcmp(o->fences, o->read_fences, sizeof(o->fences)) != 0;
    if (n > 0 && n < READ_MAX)
        timer_start(o->ports.loop, o->read_timer, READ_GATHER_MS);
    else
        read_more(o);
    outbox_look(o); /* draining may have waited for this */
}

static void read_more(struct outbox *o)
{
    if (o->is_reading || o->is_draining || o->n_jobs >= OUTBOX_MAX_JOBS || o->n_ranges == 0)
        return;
    o->is_reading = true;
    memcpy(o->read_fences, o->fences, sizeof(o->fences));
    /* One read takes all that an earlier life left: what it had in hand, and what the store had
     * taken for it, once for the last answer and once for one that was lost. */
    uint32_t all = OUTBOX_MAX_JOBS + 2 * STORE_MAX_AHEAD(READ_MAX);
    struct store_reader reader = {.consumer = str_from(o->consumer),
                                  .first = o->first,
                                  .last = o->last,
                                  .fences = o->is_leased ? o->read_fences : NULL,
                                  .is_recovering = o->is_recovering,
                                  .max = o->is_recovering ? all : READ_MAX,
                                  .block_ms = o->is_recovering ? 0 : READ_BLOCK_MS};
    store_read(o->ports.store, &reader, on_entries, o);
}

static void on_read_timer(void *ctx)
{
    read_more(ctx);
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
    /* What a read still brings would be lost to the next owner of its bucket. */
    if (o->n_begun > 0 || (o->is_leased && o->is_reading) || o->on_idle == NULL)
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

struct outbox *outbox_new(const struct outbox_ports *ports, const char *consumer, uint8_t first,
                          uint8_t last)
{
    struct outbox *o = xcalloc(1, sizeof(*o));
    o->ports = *ports;
    o->first = first;
    o->last = last;
    o->is_recovering = true;
    enum err e = str_copy(str_from(consumer), o->consumer, sizeof(o->consumer));
    assert(e == ERR_OK); /* consumer names are made by the program */
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

void outbox_start(struct outbox *o)
{
    o->n_ranges = STORE_LEASE_RANGES;
    read_more(o);
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
    o->is_leased = true;
    o->n_ranges = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        /* What the last owner had in hand comes first. */
        o->is_recovering |= fences[i] != 0 && fences[i] != o->fences[i];
        o->fences[i] = fences[i];
        o->n_ranges += fences[i] != 0;
    }
    outbox_let_go(o);
    read_more(o);
}

bool outbox_is_idle(const struct outbox *o, uint32_t range)
{
    return o->n_begun_of[range] == 0 && !(o->is_reading && o->read_fences[range] != 0);
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
