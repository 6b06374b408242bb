#include "app/replay.h"

#include <assert.h>
#include <stdlib.h>

#include "app/course_set.h"
#include "app/message.h"
#include "base/log.h"
#include "base/xalloc.h"

/* Records of the log that are known at once: those that fail, and others that need not wait. */
#define WINDOW SPOOL_MAX_SHOWN
/* Dialogs at once, and how many of them may be of records that failed before. */
#define MAX_BUSY 64u
#define MAX_RETRYING 8u
/* To put one aside takes two syncs of the disk, and others wait: a turn has not more of them. */
#define MAX_HOPELESS 8u

enum slot_state { SLOT_STATE_WAITING, SLOT_STATE_BUSY, SLOT_STATE_DONE };

struct replay_slot {
    struct replay *replay;
    enum slot_state state;
    struct buf record;
    struct spooled sms; /* borrows from record */
    bool is_readable;
    bool is_aside;
    struct spool_aside aside; /* of one that lies aside */
    /* of the log: */
    bool has_failed;
    struct mono_ms failing; /* since when */
    struct mono_ms due;     /* of the next try */
    uint64_t n_handled;     /* of all records, before the first try */
};

struct replay {
    struct replay_parts parts;
    bool is_stopped;
    uint32_t n_busy; /* slots of both kinds whose dialogs are under way */

    /* the log: a window of its oldest records, in their order, as a ring */
    struct timer *timer;
    struct replay_slot slots[WINDOW];
    uint32_t first, n_slots, n_retrying;
    bool must_restart; /* what is shown is not what we know: from the head again */
    bool has_found;    /* until the spool is empty again: said once in the log */
    struct mono_ms found;
    uint64_t n_handled;

    /* those that lie aside: in batches */
    struct timer *aside_timer;
    struct replay_slot batch[MAX_BUSY];
    uint32_t n_batch, n_batch_busy;
    bool has_begun; /* going through all of them, up to: */
    struct spool_aside last;
    uint32_t n_aside;
    struct mono_ms aside_due; /* to go through them again */
    int64_t aside_wait_ms;    /* between that and the next time */
};

static struct replay_slot *slot_at(struct replay *r, uint32_t i)
{
    return &r->slots[(r->first + i) % WINDOW];
}

static bool is_same_number(const struct replay_slot *a, const struct replay_slot *b)
{
    return a->is_readable && b->is_readable && str_eq(a->sms.inbound.from, b->sms.inbound.from);
}

static void schedule(struct replay *r, struct timer *timer, int64_t delay_ms)
{
    if (!r->is_stopped)
        timer_start(r->parts.loop, timer, delay_ms);
}

static bool can_handle(const struct replay *r)
{
    const struct replay_parts *parts = &r->parts;
    return store_is_up(parts->store) &&
           (parts->courses == NULL || course_set_is_ready(parts->courses));
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
    if (!r->has_begun)
        schedule(r, r->aside_timer, r->aside_wait_ms);
    return ERR_OK;
}

/* Forgets what was done, up to the first record that was not. */
static void drop_done(struct replay *r)
{
    uint32_t n = 0;
    while (n < r->n_slots && slot_at(r, n)->state == SLOT_STATE_DONE)
        n++;
    if (n == 0)
        return;
    enum err e = spool_drop(r->parts.spool, n);
    if (e != ERR_OK) {
        LOG_ERROR("replay", "records not dropped", "err=%s", err_name(e));
        r->must_restart = true;
        return;
    }
    r->first = (r->first + n) % WINDOW;
    r->n_slots -= n;
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

/* The next one of a number whose oldest was put aside has waited as long as that one. */
static void pass_on_failure(struct replay *r, const struct replay_slot *from)
{
    for (uint32_t i = 0; i < r->n_slots; i++) {
        struct replay_slot *next = slot_at(r, i);
        if (next->state != SLOT_STATE_WAITING || next == from || !is_same_number(next, from))
            continue;
        next->has_failed = true;
        next->failing = from->failing;
        next->n_handled = from->n_handled;
        return;
    }
}

/* A record of the log failed. One that goes on failing while others are handled is put aside: the
 * log is to get shorter. */
static void note_failure(struct replay_slot *slot)
{
    struct replay *r = slot->replay;
    struct mono_ms now = loop_mono(r->parts.loop);
    slot->due.ms = now.ms + REPLAY_PAUSE_MS;
    if (!slot->has_failed)
        slot->failing = now;
    slot->has_failed = true;
    bool is_alone = r->n_handled == slot->n_handled && r->n_slots < WINDOW;
    if (is_alone || now.ms - slot->failing.ms < REPLAY_PATIENCE_MS ||
        put_aside(slot, "it failed again and again") != ERR_OK)
        return;
    slot->state = SLOT_STATE_DONE;
    pass_on_failure(r, slot);
}

static void end_slot(struct replay_slot *slot, bool is_done)
{
    struct replay *r = slot->replay;
    assert(slot->state == SLOT_STATE_BUSY);
    slot->state = is_done ? SLOT_STATE_DONE : SLOT_STATE_WAITING;
    r->n_busy--;
    if (slot->is_aside) {
        if (is_done)
            end_aside(slot, false);
        if (--r->n_batch_busy == 0)
            schedule(r, r->aside_timer, 0);
        return;
    }
    r->n_retrying -= slot->has_failed;
    r->n_handled += is_done;
    if (!is_done)
        note_failure(slot);
    schedule(r, r->timer, 0);
    if (r->is_stopped && r->n_busy == 0)
        drop_done(r);
}

/* It cannot be handled now, and perhaps never. */
static void give_up(struct replay_slot *slot, const char *why)
{
    struct replay *r = slot->replay;
    if (!slot->is_aside) {
        end_slot(slot, put_aside(slot, why) == ERR_OK);
        return;
    }
    if (loop_wall(r->parts.loop).ms - slot->aside.since.ms >= REPLAY_ASIDE_KEEP_MS) {
        LOG_ERROR("replay", "a message is refused: nobody could handle it", "why=\"%s\"", why);
        metrics_add(r->parts.metrics, METRIC_spool_refused_total, 1);
        end_aside(slot, true);
    }
    end_slot(slot, false);
}

static void on_response(void *ctx, const struct dialog_response *response)
{
    struct replay_slot *slot = ctx;
    switch (response->outcome) {
    case DIALOG_OUTCOME_STEPPED:
    case DIALOG_OUTCOME_REPEAT:
        metrics_add(slot->replay->parts.metrics, METRIC_replayed_total, 1);
        end_slot(slot, true);
        return;
    case DIALOG_OUTCOME_BROKEN:
        give_up(slot, "the learner's state or course cannot be read");
        return;
    case DIALOG_OUTCOME_FAILED:
        end_slot(slot, false);
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
    struct replay *r = slot->replay;
    const struct replay_parts *parts = &r->parts;
    const char *why = why_not(slot);
    slot->state = SLOT_STATE_BUSY;
    r->n_busy++;
    r->n_batch_busy += slot->is_aside;
    r->n_retrying += slot->has_failed && !slot->is_aside;
    if (!slot->has_failed)
        slot->n_handled = r->n_handled;
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
        end_slot(slot, false);
    else if (e != ERR_OK)
        give_up(slot, "it is too long");
}

static void read_slot(struct replay_slot *slot, enum err e)
{
    slot->is_readable = e == ERR_OK && spooled_decode(buf_str(&slot->record), &slot->sms) == ERR_OK;
    slot->state = SLOT_STATE_WAITING;
    slot->has_failed = false;
    slot->due = (struct mono_ms){0};
}

/* ---- the log ---- */

/* Fills the window. */
static enum err read_on(struct replay *r)
{
    while (r->n_slots < WINDOW) {
        struct replay_slot *slot = slot_at(r, r->n_slots);
        enum err e = r->n_slots == 0 ? spool_peek(r->parts.spool, &slot->record)
                                     : spool_peek_next(r->parts.spool, &slot->record);
        if (e != ERR_OK)
            return e;
        read_slot(slot, e);
        r->n_slots++;
    }
    return ERR_OK;
}

/* Two messages of one number are not under way at once: when the first failed, the second would
 * overtake it. */
static bool must_wait(struct replay *r, uint32_t i, struct mono_ms now)
{
    const struct replay_slot *slot = slot_at(r, i);
    if (slot->state != SLOT_STATE_WAITING || slot->due.ms > now.ms || r->n_busy >= MAX_BUSY ||
        (slot->has_failed && r->n_retrying >= MAX_RETRYING))
        return true;
    for (uint32_t k = 0; k < i; k++) {
        if (slot_at(r, k)->state != SLOT_STATE_DONE && is_same_number(slot_at(r, k), slot))
            return true;
    }
    return false;
}

static void begin_due(struct replay *r)
{
    struct mono_ms now = loop_mono(r->parts.loop);
    uint32_t n_hopeless = 0;
    for (uint32_t i = 0; i < r->n_slots && n_hopeless < MAX_HOPELESS; i++) {
        if (must_wait(r, i, now))
            continue;
        n_hopeless += why_not(slot_at(r, i)) != NULL;
        submit(slot_at(r, i));
    }
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

/* While the store is away nothing is tried, and nobody's patience ends. */
static void wait_for_store(struct replay *r)
{
    for (uint32_t i = 0; i < r->n_slots; i++)
        slot_at(r, i)->has_failed &= slot_at(r, i)->state == SLOT_STATE_BUSY;
}

static void on_timer(void *ctx)
{
    struct replay *r = ctx;
    bool is_empty = spool_is_empty(r->parts.spool);
    note_state(r, is_empty);
    drop_done(r);
    if (r->must_restart && r->n_busy == r->n_batch_busy) {
        r->n_slots = 0;
        r->must_restart = false;
    }
    if (!is_empty && !can_handle(r)) {
        wait_for_store(r);
    } else if (!r->must_restart) {
        enum err e = read_on(r);
        if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_CONFLICT) { /* empty, or another's */
            LOG_ERROR("replay", "spool cannot be read", "err=%s", err_name(e));
            r->must_restart = true;
        }
        begin_due(r);
    }
    schedule(r, r->timer, is_empty ? REPLAY_IDLE_MS : REPLAY_PAUSE_MS);
}

/* ---- those that lie aside ---- */

/* The next of them, one of each number. */
static enum err gather(struct replay *r)
{
    enum err e = ERR_OK;
    r->n_batch = 0;
    while (r->n_batch < MAX_BUSY) {
        struct replay_slot *slot = &r->batch[r->n_batch];
        e = spool_aside_next(r->parts.spool, &r->last, &slot->aside, &slot->record);
        if (e != ERR_OK && e != ERR_INVALID)
            break;
        read_slot(slot, e);
        for (uint32_t i = 0; i < r->n_batch; i++) {
            if (is_same_number(&r->batch[i], slot))
                return ERR_OK;
        }
        r->last = slot->aside;
        r->n_batch++;
    }
    return r->n_batch > 0 ? ERR_OK : e;
}

static enum err gather_aside(struct replay *r)
{
    uint32_t n;
    enum err e = ERR_OK;
    if (!r->has_begun) {
        r->last = (struct spool_aside){.n = 0};
        e = spool_aside_begin(r->parts.spool, &n);
        if (e == ERR_OK)
            count_aside(r, n);
    }
    return e == ERR_OK ? gather(r) : e;
}

/* All of them, once it is time. */
static void on_aside_timer(void *ctx)
{
    struct replay *r = ctx;
    struct mono_ms now = loop_mono(r->parts.loop);
    if (!can_handle(r) || (!r->has_begun && now.ms < r->aside_due.ms)) {
        schedule(r, r->aside_timer, REPLAY_IDLE_MS);
        return;
    }
    enum err e = gather_aside(r);
    r->has_begun = e == ERR_OK;
    if (r->has_begun) {
        r->n_batch_busy = 1; /* the batch does not end before all of it has begun */
        for (uint32_t i = 0; i < r->n_batch; i++)
            submit(&r->batch[i]);
        if (--r->n_batch_busy == 0)
            schedule(r, r->aside_timer, 0);
        return;
    }
    if (e != ERR_NOT_FOUND && e != ERR_CONFLICT) /* none, or another front has them */
        LOG_ERROR("replay", "what lies aside cannot be read", "err=%s", err_name(e));
    r->aside_due.ms = now.ms + r->aside_wait_ms;
    r->aside_wait_ms =
        2 * r->aside_wait_ms < REPLAY_ASIDE_MOST_MS ? 2 * r->aside_wait_ms : REPLAY_ASIDE_MOST_MS;
    schedule(r, r->aside_timer, r->aside_due.ms - now.ms);
}

/* ---- life ---- */

static void slots_init(struct replay *r, struct replay_slot *slots, uint32_t n, bool is_aside)
{
    for (uint32_t i = 0; i < n; i++) {
        slots[i].replay = r;
        slots[i].is_aside = is_aside;
        buf_init(&slots[i].record, SPOOL_MAX_RECORD_BYTES);
    }
}

static void slots_fini(struct replay_slot *slots, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        buf_fini(&slots[i].record);
}

struct replay *replay_new(const struct replay_parts *parts)
{
    struct replay *r = xcalloc(1, sizeof(*r));
    r->parts = *parts;
    r->aside_wait_ms = REPLAY_ASIDE_FIRST_MS;
    slots_init(r, r->slots, WINDOW, false);
    slots_init(r, r->batch, MAX_BUSY, true);
    r->timer = timer_new(parts->loop, on_timer, r);
    r->aside_timer = timer_new(parts->loop, on_aside_timer, r);
    timer_start(parts->loop, r->timer, 0);
    timer_start(parts->loop, r->aside_timer, 0);
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
    timer_stop(r->parts.loop, r->aside_timer);
}

void replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    assert(r->n_busy == 0);
    timer_free(r->parts.loop, r->timer);
    timer_free(r->parts.loop, r->aside_timer);
    slots_fini(r->slots, WINDOW);
    slots_fini(r->batch, MAX_BUSY);
    free(r);
}
