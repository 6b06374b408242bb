#include "app/replay.h"

#include <assert.h>
#include <stdlib.h>

#include "app/course_set.h"
#include "app/message.h"
#include "base/log.h"
#include "base/xalloc.h"

/* To put one aside takes two syncs of the disk, and others wait: a batch has not more of them. */
#define MAX_HOPELESS 8u

enum slot_state { SLOT_STATE_BUSY, SLOT_STATE_DONE, SLOT_STATE_AGAIN };

/* One record of the batch. */
struct replay_slot {
    struct replay *replay;
    enum slot_state state;
    struct buf record;
    struct spooled sms; /* borrows from record */
    bool is_readable;
    struct spool_aside aside; /* of a batch of these */
};

struct replay {
    struct replay_parts parts;
    struct timer *timer;
    struct replay_slot slots[SPOOL_MAX_SHOWN];
    uint32_t n_slots;
    uint32_t n_busy; /* slots that have no end yet */
    bool is_stopped;
    bool has_found;       /* until the spool is empty again: said once in the log */
    struct mono_ms found; /* since when */
    bool is_stuck;        /* batch after batch had some that failed while others were handled */
    struct mono_ms stuck; /* since when */
    bool is_aside;        /* this batch is of those */
    bool has_begun;       /* going through all of them, up to: */
    struct spool_aside last;
    uint32_t n_aside;
    struct mono_ms aside_due; /* to go through them again */
    int64_t aside_wait_ms;    /* between that and the next time */
};

static void schedule(struct replay *r, int64_t delay_ms)
{
    if (!r->is_stopped)
        timer_start(r->parts.loop, r->timer, delay_ms);
}

static void count_aside(struct replay *r, uint32_t n)
{
    r->n_aside = n;
    metrics_set(r->parts.metrics, METRIC_spool_aside, n);
}

/* ERR_OK: it may leave the log. */
static enum err put_aside(struct replay_slot *slot, const char *why)
{
    struct replay *r = slot->replay;
    enum err e = spool_put_aside(r->parts.spool, buf_str(&slot->record));
    LOG_ERROR("replay", "a message of the spool cannot be handled now and is put aside",
              "why=\"%s\" err=%s", why, err_name(e));
    if (e != ERR_OK)
        return e;
    count_aside(r, r->n_aside + 1);
    r->aside_wait_ms = REPLAY_ASIDE_FIRST_MS;
    r->aside_due.ms = loop_mono(r->parts.loop).ms + r->aside_wait_ms;
    return ERR_OK;
}

/* Some fail again and again, while others are handled: these are not to wait for them. */
static void end_stuck(struct replay *r)
{
    uint32_t n_done = 0;
    for (uint32_t i = 0; i < r->n_slots; i++)
        n_done += r->slots[i].state == SLOT_STATE_DONE;
    bool is_stuck = n_done > 0 && n_done < r->n_slots;
    int64_t now = loop_mono(r->parts.loop).ms;
    if (is_stuck && !r->is_stuck)
        r->stuck.ms = now;
    r->is_stuck = is_stuck;
    for (uint32_t i = 0; is_stuck && now - r->stuck.ms >= REPLAY_PATIENCE_MS && i < r->n_slots;
         i++) {
        if (r->slots[i].state == SLOT_STATE_AGAIN &&
            put_aside(&r->slots[i], "it failed again and again") == ERR_OK)
            r->slots[i].state = SLOT_STATE_DONE;
    }
}

/* The batch is over: forgets what was done, up to the first record that was not. */
static void end_batch(struct replay *r)
{
    uint32_t n_done = 0;
    if (r->is_aside) {
        schedule(r, 0);
        return;
    }
    end_stuck(r);
    while (n_done < r->n_slots && r->slots[n_done].state == SLOT_STATE_DONE)
        n_done++;
    enum err e = spool_drop(r->parts.spool, n_done);
    if (e != ERR_OK)
        LOG_ERROR("replay", "records not dropped", "err=%s", err_name(e));
    schedule(r, e == ERR_OK && n_done == r->n_slots ? 0 : REPLAY_PAUSE_MS);
}

/* One of those that lie aside needs to lie there no longer. */
static void end_aside(struct replay_slot *slot, bool is_refused)
{
    struct replay *r = slot->replay;
    enum err e = spool_aside_end(r->parts.spool, &slot->aside, is_refused);
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        count_aside(r, r->n_aside > 0 ? r->n_aside - 1 : 0);
    else
        LOG_ERROR("replay", "a message stays aside", "err=%s", err_name(e));
}

static void end_slot(struct replay_slot *slot, enum slot_state state)
{
    struct replay *r = slot->replay;
    assert(slot->state == SLOT_STATE_BUSY);
    slot->state = state;
    if (r->is_aside && state == SLOT_STATE_DONE)
        end_aside(slot, false);
    if (--r->n_busy == 0)
        end_batch(r);
}

/* It cannot be handled now, and perhaps never. */
static void give_up(struct replay_slot *slot, const char *why)
{
    struct replay *r = slot->replay;
    if (!r->is_aside) {
        end_slot(slot, put_aside(slot, why) == ERR_OK ? SLOT_STATE_DONE : SLOT_STATE_AGAIN);
        return;
    }
    if (loop_wall(r->parts.loop).ms - slot->aside.since.ms >= REPLAY_ASIDE_KEEP_MS) {
        LOG_ERROR("replay", "a message is refused: nobody could handle it", "why=\"%s\"", why);
        metrics_add(r->parts.metrics, METRIC_spool_refused_total, 1);
        end_aside(slot, true);
    }
    end_slot(slot, SLOT_STATE_AGAIN);
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
        give_up(slot, "the learner's state or course cannot be read");
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

/* NULL: it has a channel, by which it can be handled. */
static const char *why_not(const struct replay_slot *slot)
{
    return !slot->is_readable ? "of another version, or its seal key is not in keys_dir"
           : channels_get(slot->replay->parts.channels, slot->sms.channel) == NULL
               ? "its channel is not configured any more"
               : NULL;
}

static void submit(struct replay_slot *slot)
{
    const struct replay_parts *parts = &slot->replay->parts;
    const char *why = why_not(slot);
    if (why != NULL) {
        give_up(slot, why);
        return;
    }
    struct dialog_request request = {
        .channel = channels_get(parts->channels, slot->sms.channel)->config,
        .inbound = &slot->sms.inbound,
        .is_replay = true,
        .received = slot->sms.received,
        .fn = on_response,
        .ctx = slot,
    };
    enum err e = slot->sms.inbound.part_of > 0 ? joiner_take(parts->joiner, &request)
                                               : dialogs_submit(parts->dialogs, &request);
    if (e == ERR_FULL)
        end_slot(slot, SLOT_STATE_AGAIN);
    else if (e != ERR_OK)
        give_up(slot, "it is too long");
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

/* The next record of the log, or of those that lie aside. */
static enum err next_record(struct replay *r, struct replay_slot *slot)
{
    if (!r->is_aside)
        return r->n_slots == 0 ? spool_peek(r->parts.spool, &slot->record)
                               : spool_peek_next(r->parts.spool, &slot->record);
    return spool_aside_next(r->parts.spool, &r->last, &slot->aside, &slot->record);
}

/* Gathers the oldest records, one of each number. ERR_OK: the batch has at least one. */
static enum err gather(struct replay *r)
{
    enum err e = ERR_OK;
    uint32_t n_hopeless = 0;
    r->n_slots = 0;
    while (r->n_slots < SPOOL_MAX_SHOWN && (r->is_aside || n_hopeless < MAX_HOPELESS)) {
        struct replay_slot *slot = &r->slots[r->n_slots];
        e = next_record(r, slot);
        if (e != ERR_OK && (e != ERR_INVALID || !r->is_aside))
            break;
        slot->is_readable =
            e == ERR_OK && spooled_decode(buf_str(&slot->record), &slot->sms) == ERR_OK;
        if (slot->is_readable && is_number_taken(r, slot))
            break;
        slot->state = SLOT_STATE_BUSY;
        r->last = slot->aside;
        r->n_slots++;
        n_hopeless += why_not(slot) != NULL;
    }
    return r->n_slots > 0 ? ERR_OK : e;
}

/* Those that lie aside, all of them, once it is time. */
static enum err gather_aside(struct replay *r)
{
    uint32_t n;
    if (!r->has_begun && loop_mono(r->parts.loop).ms < r->aside_due.ms)
        return ERR_NOT_FOUND;
    r->is_aside = true;
    enum err e = ERR_OK;
    if (!r->has_begun) {
        r->last = (struct spool_aside){.n = 0};
        e = spool_aside_begin(r->parts.spool, &n);
        if (e == ERR_OK)
            count_aside(r, n);
    }
    if (e == ERR_OK)
        e = gather(r);
    r->has_begun = e == ERR_OK;
    if (r->has_begun)
        return ERR_OK;
    r->aside_due.ms = loop_mono(r->parts.loop).ms + r->aside_wait_ms;
    r->aside_wait_ms =
        2 * r->aside_wait_ms < REPLAY_ASIDE_MOST_MS ? 2 * r->aside_wait_ms : REPLAY_ASIDE_MOST_MS;
    return e;
}

static enum err gather_any(struct replay *r, bool is_empty)
{
    const struct replay_parts *parts = &r->parts;
    bool can_handle = store_is_up(parts->store) &&
                      (parts->courses == NULL || course_set_is_ready(parts->courses));
    r->is_aside = false;
    if (!is_empty && !can_handle)
        return ERR_CONFLICT;
    enum err e = gather(r);
    return e == ERR_NOT_FOUND && can_handle ? gather_aside(r) : e;
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
    enum err e = gather_any(r, is_empty);
    if (e != ERR_OK) { /* empty, or another front has it */
        if (e != ERR_NOT_FOUND && e != ERR_CONFLICT)
            LOG_ERROR("replay", "spool cannot be read", "err=%s", err_name(e));
        schedule(r, is_empty ? REPLAY_IDLE_MS : REPLAY_PAUSE_MS);
        return;
    }
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
    r->aside_wait_ms = REPLAY_ASIDE_FIRST_MS;
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

uint32_t replay_n_aside(const struct replay *r)
{
    return r->n_aside;
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
