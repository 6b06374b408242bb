#include "app/replay.h"

#include <assert.h>
#include <stdlib.h>

#include "app/message.h"
#include "base/log.h"
#include "base/xalloc.h"

/* A record that cannot be handled is tried again this much later, however short the line is. */
#define ROTATE_PAUSE_MS 5000

enum slot_state { SLOT_STATE_BUSY, SLOT_STATE_DONE, SLOT_STATE_AGAIN };

/* One record of the batch. */
struct replay_slot {
    struct replay *replay;
    enum slot_state state;
    struct buf record;
    struct spooled sms; /* borrows from record */
    bool is_readable;
};

struct replay {
    struct replay_parts parts;
    struct timer *timer;
    struct replay_slot slots[SPOOL_MAX_SHOWN];
    uint32_t n_slots;
    uint32_t n_busy; /* slots that have no end yet */
    bool is_stopped;
    bool has_rotated;     /* in this batch */
    bool has_found;       /* until the spool is empty again: said once in the log */
    struct mono_ms found; /* since when */
};

static void schedule(struct replay *r, int64_t delay_ms)
{
    if (!r->is_stopped)
        timer_start(r->parts.loop, r->timer, delay_ms);
}

/* The batch is over: forgets what was done, up to the first record that was not. */
static void end_batch(struct replay *r)
{
    uint32_t n_done = 0;
    while (n_done < r->n_slots && r->slots[n_done].state == SLOT_STATE_DONE)
        n_done++;
    enum err e = spool_drop(r->parts.spool, n_done);
    if (e != ERR_OK)
        LOG_ERROR("replay", "records not dropped", "err=%s", err_name(e));
    bool is_all = e == ERR_OK && n_done == r->n_slots;
    schedule(r, r->has_rotated ? ROTATE_PAUSE_MS : is_all ? 0 : REPLAY_PAUSE_MS);
}

static void end_slot(struct replay_slot *slot, enum slot_state state)
{
    struct replay *r = slot->replay;
    assert(slot->state == SLOT_STATE_BUSY);
    slot->state = state;
    if (--r->n_busy == 0)
        end_batch(r);
}

static void on_rotated(void *ctx, enum err e)
{
    end_slot(ctx, e == ERR_OK ? SLOT_STATE_DONE : SLOT_STATE_AGAIN);
}

static void rotate(struct replay_slot *slot, const char *why)
{
    LOG_ERROR("replay", "record cannot be handled now", "reason=\"%s\"", why);
    slot->replay->has_rotated = true;
    spool_append(slot->replay->parts.spool, buf_str(&slot->record), on_rotated, slot);
}

static void on_response(void *ctx, const struct dialog_response *response)
{
    struct replay_slot *slot = ctx;
    switch (response->outcome) {
    case DIALOG_OUTCOME_STEPPED:
    case DIALOG_OUTCOME_REPEAT:
        metrics_add(slot->replay->parts.metrics, METRIC_replayed_total, 1);
        end_slot(slot, SLOT_STATE_DONE);
        return;
    case DIALOG_OUTCOME_BROKEN:
        rotate(slot, "the learner's state or course cannot be read");
        return;
    case DIALOG_OUTCOME_FAILED:
        end_slot(slot, SLOT_STATE_AGAIN);
        return;
    case DIALOG_OUTCOME_NONE:
    case DIALOG_OUTCOME_NOTHING:
    case DIALOG_OUTCOME_SPOOLED:
    case DIALOG_OUTCOME_BUSY:
    case N_DIALOG_OUTCOMES:
        break;
    }
    assert(false); /* the machine's table has no such end for a replay */
}

static void submit(struct replay_slot *slot)
{
    const struct replay_parts *parts = &slot->replay->parts;
    if (!slot->is_readable) {
        rotate(slot, "unknown format");
        return;
    }
    const struct channel *channel = channels_get(parts->channels, slot->sms.channel);
    if (channel == NULL) {
        rotate(slot, "its channel is not configured any more");
        return;
    }
    struct dialog_request request = {
        .channel = channel->config,
        .inbound = &slot->sms.inbound,
        .is_replay = true,
        .received = slot->sms.received,
        .fn = on_response,
        .ctx = slot,
    };
    enum err e = slot->sms.inbound.part_of > 0 ? joiner_take(parts->joiner, &request)
                                               : dialogs_submit(parts->dialogs, &request);
    if (e != ERR_OK)
        end_slot(slot, SLOT_STATE_AGAIN);
}

/* Would two messages of one number be under way? When the first failed, the second would overtake
 * it. */
static bool is_number_taken(const struct replay *r, const struct replay_slot *slot)
{
    for (const struct replay_slot *other = r->slots; other < slot; other++) {
        if (other->is_readable && str_eq(other->sms.inbound.from, slot->sms.inbound.from))
            return true;
    }
    return false;
}

/* Gathers the oldest records, one of each number. ERR_OK: the batch has at least one. */
static enum err begin_batch(struct replay *r)
{
    enum err e = spool_peek(r->parts.spool, &r->slots[0].record);
    r->n_slots = 0;
    while (e == ERR_OK) {
        struct replay_slot *slot = &r->slots[r->n_slots];
        slot->is_readable = spooled_decode(buf_str(&slot->record), &slot->sms) == ERR_OK;
        if (slot->is_readable && is_number_taken(r, slot))
            break;
        slot->state = SLOT_STATE_BUSY;
        if (++r->n_slots == SPOOL_MAX_SHOWN)
            break;
        e = spool_peek_next(r->parts.spool, &r->slots[r->n_slots].record);
    }
    return r->n_slots > 0 ? ERR_OK : e;
}

static void note_state(struct replay *r, bool is_empty)
{
    metrics_set(r->parts.metrics, METRIC_spool_bytes, spool_bytes(r->parts.spool));
    if (is_empty && r->has_found)
        LOG_INFO("replay", "spool is empty again", "bytes=0");
    if (!is_empty && !r->has_found)
        LOG_WARN("replay", "messages wait in the spool", "bytes=%llu",
                 (unsigned long long)spool_bytes(r->parts.spool));
    if (!is_empty && !r->has_found)
        r->found = loop_mono(r->parts.loop);
    r->has_found = !is_empty;
    int64_t waiting_ms = is_empty ? 0 : loop_mono(r->parts.loop).ms - r->found.ms;
    metrics_set(r->parts.metrics, METRIC_spool_waiting_seconds, (uint64_t)(waiting_ms / 1000));
}

static void on_timer(void *ctx)
{
    struct replay *r = ctx;
    bool is_empty = spool_is_empty(r->parts.spool);
    note_state(r, is_empty);
    enum err e = is_empty || store_is_up(r->parts.store) ? begin_batch(r) : ERR_CONFLICT;
    if (e != ERR_OK) { /* empty, or another front has it */
        if (e != ERR_NOT_FOUND && e != ERR_CONFLICT)
            LOG_ERROR("replay", "spool cannot be read", "err=%s", err_name(e));
        schedule(r, is_empty ? REPLAY_IDLE_MS : REPLAY_PAUSE_MS);
        return;
    }
    r->has_rotated = false;
    r->n_busy = r->n_slots + 1; /* the batch does not end before all of it has begun */
    for (uint32_t i = 0; i < r->n_slots; i++)
        submit(&r->slots[i]);
    if (--r->n_busy == 0)
        end_batch(r);
}

struct replay *replay_new(const struct replay_parts *parts)
{
    struct replay *r = xcalloc(1, sizeof(*r));
    r->parts = *parts;
    for (uint32_t i = 0; i < SPOOL_MAX_SHOWN; i++) {
        r->slots[i].replay = r;
        buf_init(&r->slots[i].record, SPOOL_MAX_RECORD_BYTES);
    }
    r->timer = timer_new(parts->loop, on_timer, r);
    timer_start(parts->loop, r->timer, 0);
    return r;
}

bool replay_is_busy(const struct replay *r)
{
    return r->n_busy > 0;
}

void replay_stop(struct replay *r)
{
    r->is_stopped = true;
    timer_stop(r->parts.loop, r->timer);
}

void replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    assert(r->n_busy == 0);
    timer_free(r->parts.loop, r->timer);
    for (uint32_t i = 0; i < SPOOL_MAX_SHOWN; i++)
        buf_fini(&r->slots[i].record);
    free(r);
}
