#include "app/outbox/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "app/outbox/machine.h"
#include "app/outbox/token.h"
#include "base/log.h"
#include "base/xalloc.h"

#define ARENA_BYTES 65536u

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
    outbox_read_more(o);
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
    o->read_timer = outbox_read_timer_new(o);
    outbox_gate_init(o);
    for (uint32_t i = 0; i < ports->channels->n; i++)
        outbox_token_init(&o->channels[i]);
    return o;
}

void outbox_start(struct outbox *o)
{
    o->n_ranges = STORE_LEASE_RANGES;
    outbox_read_more(o);
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
    outbox_read_more(o);
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
