#include "app/replay.h"

#include <assert.h>
#include <stdlib.h>

#include "app/spooled.h"
#include "base/log.h"
#include "base/xalloc.h"

/* A record that cannot be handled is tried again this much later, however short the line is. */
#define ROTATE_PAUSE_MS 5000

struct replay {
    struct replay_parts parts;
    struct timer *timer;
    struct buf record; /* the one that is under way */
    bool is_busy;
    bool is_stopped;
    bool has_found; /* until the spool is empty again: said once in the log */
};

static void schedule(struct replay *r, int64_t delay_ms)
{
    r->is_busy = false;
    if (!r->is_stopped)
        timer_start(r->parts.loop, r->timer, delay_ms);
}

static void drop(struct replay *r, int64_t pause_ms)
{
    enum err e = spool_drop(r->parts.spool);
    if (e != ERR_OK)
        LOG_ERROR("replay", "record not dropped", "err=%s", err_name(e));
    schedule(r, e == ERR_OK ? pause_ms : REPLAY_PAUSE_MS);
}

static void on_rotated(void *ctx, enum err e)
{
    if (e == ERR_OK)
        drop(ctx, ROTATE_PAUSE_MS);
    else
        schedule(ctx, ROTATE_PAUSE_MS);
}

static void rotate(struct replay *r, const char *why)
{
    LOG_ERROR("replay", "record cannot be handled now", "reason=\"%s\"", why);
    spool_append(r->parts.spool, buf_str(&r->record), on_rotated, r);
}

static void on_answer(void *ctx, const struct dialog_answer *answer)
{
    struct replay *r = ctx;
    switch (answer->outcome) {
    case DIALOG_OUTCOME_STEPPED:
    case DIALOG_OUTCOME_REPEAT:
        metrics_add(r->parts.metrics, METRIC_replayed_total, 1);
        drop(r, 0);
        return;
    case DIALOG_OUTCOME_BROKEN:
        rotate(r, "the learner's state or course cannot be read");
        return;
    case DIALOG_OUTCOME_FAILED:
        schedule(r, REPLAY_PAUSE_MS);
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

static void submit(struct replay *r)
{
    struct spooled sms;
    r->is_busy = true;
    if (spooled_decode(buf_str(&r->record), &sms) != ERR_OK) {
        rotate(r, "unknown format");
        return;
    }
    const struct channel *channel = channels_get(r->parts.channels, sms.channel);
    if (channel == NULL) {
        rotate(r, "its channel is not configured any more");
        return;
    }
    struct dialog_request request = {
        .channel = channel->config,
        .inbound = &sms.inbound,
        .is_replay = true,
        .received = sms.received,
        .fn = on_answer,
        .ctx = r,
    };
    if (dialogs_submit(r->parts.dialogs, &request) != ERR_OK)
        schedule(r, REPLAY_PAUSE_MS);
}

static void note_state(struct replay *r, bool is_empty)
{
    metrics_set(r->parts.metrics, METRIC_spool_bytes, spool_bytes(r->parts.spool));
    if (is_empty && r->has_found)
        LOG_INFO("replay", "spool is empty again", "bytes=0");
    if (!is_empty && !r->has_found)
        LOG_WARN("replay", "messages wait in the spool", "bytes=%llu",
                 (unsigned long long)spool_bytes(r->parts.spool));
    r->has_found = !is_empty;
}

static void on_timer(void *ctx)
{
    struct replay *r = ctx;
    bool is_empty = spool_is_empty(r->parts.spool);
    note_state(r, is_empty);
    if (is_empty || !store_is_up(r->parts.store)) {
        schedule(r, is_empty ? REPLAY_IDLE_MS : REPLAY_PAUSE_MS);
        return;
    }
    buf_reset(&r->record);
    enum err e = spool_peek(r->parts.spool, &r->record);
    if (e != ERR_OK) { /* empty meanwhile, or another front has it */
        if (e != ERR_NOT_FOUND && e != ERR_CONFLICT)
            LOG_ERROR("replay", "spool cannot be read", "err=%s", err_name(e));
        schedule(r, REPLAY_PAUSE_MS);
        return;
    }
    submit(r);
}

struct replay *replay_new(const struct replay_parts *parts)
{
    struct replay *r = xcalloc(1, sizeof(*r));
    r->parts = *parts;
    buf_init(&r->record, SPOOL_MAX_RECORD_BYTES);
    r->timer = timer_new(parts->loop, on_timer, r);
    timer_start(parts->loop, r->timer, 0);
    return r;
}

bool replay_is_busy(const struct replay *r)
{
    return r->is_busy;
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
    assert(!r->is_busy);
    timer_free(r->parts.loop, r->timer);
    buf_fini(&r->record);
    free(r);
}
