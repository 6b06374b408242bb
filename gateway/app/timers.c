#include "app/timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/learners.h"

/* Clocks tick in milliseconds, in which more than one may be earned. */
#define WAKES_SAVED (TIMERS_TOGETHER + 1)

/* How much may be spent, and when. */
struct budget {
    double per_s;  /* of all ranges; 0 = no limit */
    double tokens; /* below 0: spent in advance */
    double most;   /* that are saved */
};

/* One that is being woken. */
struct waking {
    struct timers *timers;
    struct number_id id;
    bool is_busy;
};

struct timers {
    struct timers_parts parts;
    struct timer *timer;
    bool ranges[STORE_LEASE_RANGES]; /* that are looked at */
    uint32_t next;                   /* range of the next look */
    bool is_looking, is_stopped;
    bool was_full, has_more; /* the last look found all that it might; one of this round did */
    struct number_id ids[TIMERS_BATCH]; /* that the present look found */
    uint32_t batch;    /* most of them that are woken: not more than there are tokens for */
    uint32_t n_ids, i; /* found; the next to be woken */
    uint32_t n_waking;
    struct waking waking[TIMERS_AT_ONCE];
    struct budget sms, wakes;
    int64_t refilled_ms; /* monotonic */
};

static void on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n);

static void refill(struct budget *b, double seconds)
{
    double tokens = b->tokens + b->per_s * seconds;
    b->tokens = tokens < b->most ? tokens : b->most;
}

/* For the share of the ranges that are looked at. */
static void refill_all(struct timers *t)
{
    uint32_t n_ranges = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        n_ranges += t->ranges[i];
    int64_t now_ms = loop_mono(t->parts.loop).ms;
    double seconds = (double)(now_ms - t->refilled_ms) / 1000;
    if (n_ranges > 0)
        seconds *= (double)n_ranges / STORE_LEASE_RANGES;
    refill(&t->sms, seconds);
    refill(&t->wakes, seconds);
    t->refilled_ms = now_ms;
}

/* How long to wait for n tokens, in ms; 0: they are there. */
static int64_t wait_for_tokens(const struct budget *b, uint32_t n)
{
    if (b->per_s <= 0 || b->tokens >= n)
        return 0;
    return 1 + (int64_t)((n - b->tokens) * 1000 / b->per_s);
}

/* The next range that is ours; false: a round is through. */
static bool find_range(struct timers *t)
{
    while (t->next < STORE_LEASE_RANGES && !t->ranges[t->next])
        t->next++;
    return t->next < STORE_LEASE_RANGES;
}

/* One range after the other, also where one has more: nobody waits until others are through. */
static void look(struct timers *t)
{
    int64_t wait_ms = wait_for_tokens(&t->sms, 1);
    if (wait_ms > 0) {
        timer_start(t->parts.loop, t->timer, wait_ms);
        return;
    }
    t->has_more |= t->was_full;
    t->was_full = false;
    if (!find_range(t)) {
        timer_start(t->parts.loop, t->timer, t->has_more ? 0 : TIMERS_LOOK_MS);
        t->next = 0;
        t->has_more = false;
        return;
    }
    uint32_t most = TIMERS_BATCH;
    bool is_limited = t->sms.per_s > 0 && t->sms.tokens < most;
    uint8_t first = (uint8_t)(t->next++ * STORE_LEASE_BUCKETS);
    t->batch = is_limited ? (uint32_t)t->sms.tokens : most;
    t->is_looking = true;
    store_due(t->parts.store,
              &(struct store_due_by){.first = first,
                                     .last = (uint8_t)(first + STORE_LEASE_BUCKETS - 1),
                                     .max = TIMERS_OF_BUCKET,
                                     .now_ms = loop_wall(t->parts.loop).ms},
              on_due, t);
}

static void on_woken(void *ctx, const struct dialog_response *response);

/* The next of those that were found, together. */
static void wake(struct timers *t)
{
    uint32_t n_left = t->n_ids - t->i, n = n_left < TIMERS_TOGETHER ? n_left : TIMERS_TOGETHER;
    int64_t wait_ms = wait_for_tokens(&t->wakes, n);
    if (t->n_waking + n > TIMERS_AT_ONCE)
        return; /* who ends goes on */
    if (wait_ms > 0) {
        timer_start(t->parts.loop, t->timer, wait_ms);
        return;
    }
    for (; n > 0; n--) {
        struct waking *waking = t->waking;
        while (waking->is_busy)
            waking++;
        t->wakes.tokens -= 1;
        waking->id = t->ids[t->i++];
        waking->is_busy = dialogs_wake(t->parts.dialogs, &waking->id, on_woken, waking) == ERR_OK;
        t->n_waking += waking->is_busy;
        t->was_full &= waking->is_busy;
    }
    timer_start(t->parts.loop, t->timer, 0);
}

static void go_on(void *ctx)
{
    struct timers *t = ctx;
    if (t->is_stopped || t->is_looking)
        return;
    refill_all(t);
    if (t->i < t->n_ids)
        wake(t);
    else if (t->n_waking == 0)
        look(t);
}

/* Else it is due as before, and must not be all that looks without a pause find. */
static void on_put_off(void *ctx, enum err e)
{
    struct timers *t = ctx;
    t->was_full &= e == ERR_OK;
}

static void put_off(struct timers *t, const struct number_id *id, enum dialog_outcome outcome)
{
    int64_t ms = outcome == DIALOG_OUTCOME_BROKEN   ? TIMERS_BROKEN_MS
                 : outcome == DIALOG_OUTCOME_FAILED ? TIMERS_FAILED_MS
                                                    : 0;
    if (ms > 0)
        store_put_off(t->parts.store, id, loop_wall(t->parts.loop).ms + ms, on_put_off, t);
}

/* A batch in which the store did not do what was asked is not followed at once: the same numbers
 * may come again. */
static void on_woken(void *ctx, const struct dialog_response *response)
{
    struct waking *waking = ctx;
    struct timers *t = waking->timers;
    waking->is_busy = false;
    put_off(t, &waking->id, response->outcome);
    t->was_full &= response->outcome == DIALOG_OUTCOME_STEPPED ||
                   response->outcome == DIALOG_OUTCOME_BROKEN; /* put off */
    t->sms.tokens -= response->n_sms;
    metrics_add(t->parts.metrics, METRIC_timers_woken_total, 1);
    t->n_waking--;
    if (!t->is_stopped)
        timer_start(t->parts.loop, t->timer, 0);
}

/* May there be more than were found? */
static bool has_full_bucket(const struct number_id *ids, uint32_t n)
{
    uint32_t n_of[STORE_BUCKETS] = {0};
    bool is_full = false;
    for (uint32_t i = 0; i < n; i++)
        is_full |= ++n_of[ids[i].bytes[0]] >= TIMERS_OF_BUCKET;
    return is_full;
}

static void on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n)
{
    struct timers *t = ctx;
    t->is_looking = false;
    if (e != ERR_OK)
        LOG_WARN("timers", "due learners cannot be read", "err=%s", err_name(e));
    n = e != ERR_OK ? 0 : n;
    t->was_full = n > t->batch || has_full_bucket(ids, n);
    t->i = 0;
    t->n_ids = n < t->batch ? n : t->batch;
    for (uint32_t i = 0; i < t->n_ids; i++)
        t->ids[i] = ids[i];
    if (!t->is_stopped)
        timer_start(t->parts.loop, t->timer, 0);
}

struct timers *timers_new(const struct timers_parts *parts)
{
    struct timers *t = xcalloc(1, sizeof(*t));
    *t = (struct timers){.parts = *parts,
                         .sms = {.per_s = parts->sms_per_s, .tokens = 1},
                         .wakes = {.per_s = parts->wakes_per_s, .tokens = 1, .most = WAKES_SAVED}};
    t->sms.most = parts->sms_per_s > 1 ? parts->sms_per_s : 1;
    t->refilled_ms = loop_mono(parts->loop).ms;
    for (uint32_t i = 0; i < TIMERS_AT_ONCE; i++)
        t->waking[i].timers = t;
    t->timer = timer_new(parts->loop, go_on, t);
    return t;
}

void timers_start(struct timers *t)
{
    memset(t->ranges, true, sizeof(t->ranges));
    timer_start(t->parts.loop, t->timer, 0);
}

void timers_own(struct timers *t, const uint64_t fences[STORE_LEASE_RANGES])
{
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        t->ranges[i] = fences[i] != 0;
    t->n_ids = t->i; /* the rest may be somebody else's now */
    if (!t->is_stopped && !timers_is_busy(t))
        timer_start(t->parts.loop, t->timer, 0);
}

void timers_stop(struct timers *t)
{
    t->is_stopped = true;
    timer_stop(t->parts.loop, t->timer);
}

bool timers_is_busy(const struct timers *t)
{
    return t->is_looking || t->n_waking > 0;
}

void timers_free(struct timers *t)
{
    if (t == NULL)
        return;
    timer_free(t->parts.loop, t->timer);
    free(t);
}
