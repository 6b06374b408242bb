#include "app/timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/learners.h"

struct timers {
    struct loop *loop;
    struct store *store;
    struct dialogs *dialogs;
    struct timer *timer;
    bool ranges[STORE_LEASE_RANGES]; /* that are looked at */
    uint32_t next, end;              /* ranges of the present look; of the next one */
    bool is_looking, is_stopped, was_full;
    uint32_t batch; /* numbers of the present look: not more than there are tokens for */
    uint32_t n_waking;
    double sms_per_s, tokens; /* of the ranges that are looked at; below 0: spent in advance */
    int64_t refilled_ms;      /* monotonic */
};

static void on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n);

/* The next run of ranges that are ours, from t->next on; *ret_end is the range behind it. False:
 * there is none up to the end. */
static bool find_run(const struct timers *t, uint32_t *ret_first, uint32_t *ret_end)
{
    uint32_t first = t->next, end;
    while (first < STORE_LEASE_RANGES && !t->ranges[first])
        first++;
    for (end = first; end < STORE_LEASE_RANGES && t->ranges[end]; end++)
        ;
    *ret_first = first;
    *ret_end = end;
    return first < end;
}

/* A second's worth at most is saved. How long to wait for one, in ms; 0: there is one. */
static int64_t wait_for_token(struct timers *t)
{
    uint32_t n_ranges = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        n_ranges += t->ranges[i];
    double per_ms = t->sms_per_s * n_ranges / STORE_LEASE_RANGES / 1000;
    int64_t now_ms = loop_mono(t->loop).ms;
    double tokens = t->tokens + per_ms * (double)(now_ms - t->refilled_ms);
    double most = per_ms * 1000 > 1 ? per_ms * 1000 : 1;
    t->tokens = tokens < most ? tokens : most;
    t->refilled_ms = now_ms;
    return t->tokens >= 1 || per_ms <= 0 ? 0 : 1 + (int64_t)((1 - t->tokens) / per_ms);
}

static void look(void *ctx)
{
    struct timers *t = ctx;
    uint32_t first, end;
    if (t->is_looking || t->n_waking > 0 || t->is_stopped)
        return;
    int64_t wait_ms = wait_for_token(t);
    if (wait_ms > 0) {
        timer_start(t->loop, t->timer, wait_ms);
        return;
    }
    if (!find_run(t, &first, &end)) {
        t->next = 0; /* a round is through */
        timer_start(t->loop, t->timer, TIMERS_LOOK_MS);
        return;
    }
    bool is_limited = t->sms_per_s > 0 && t->tokens < TIMERS_BATCH;
    t->batch = is_limited ? (uint32_t)t->tokens : TIMERS_BATCH;
    t->is_looking = true;
    t->next = first;
    t->end = end;
    store_due(t->store, (uint8_t)(first * STORE_LEASE_BUCKETS),
              (uint8_t)(end * STORE_LEASE_BUCKETS - 1), loop_wall(t->loop).ms, t->batch, on_due, t);
}

/* At the same run when its batch was full, else at the next. */
static void look_again(struct timers *t)
{
    if (!t->was_full)
        t->next = t->end;
    if (!t->is_stopped)
        timer_start(t->loop, t->timer, 0);
}

/* A batch in which something failed is not followed at once: the same numbers would come again. */
static void on_woken(void *ctx, const struct dialog_answer *answer)
{
    struct timers *t = ctx;
    t->was_full &= answer->outcome == DIALOG_OUTCOME_STEPPED;
    t->tokens -= answer->n_sms;
    t->n_waking--;
    if (t->n_waking == 0)
        look_again(t);
}

static void on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n)
{
    struct timers *t = ctx;
    t->is_looking = false;
    t->was_full = e == ERR_OK && n >= t->batch;
    if (e != ERR_OK)
        LOG_WARN("timers", "due learners cannot be read", "err=%s", err_name(e));
    for (uint32_t i = 0; e == ERR_OK && i < n && !t->is_stopped; i++) {
        if (dialogs_wake(t->dialogs, &ids[i], on_woken, t) == ERR_OK)
            t->n_waking++;
        else
            t->was_full = false;
    }
    if (t->n_waking == 0)
        look_again(t);
}

struct timers *timers_new(struct loop *loop, struct store *store, struct dialogs *dialogs,
                          double sms_per_s)
{
    struct timers *t = xcalloc(1, sizeof(*t));
    *t = (struct timers){
        .loop = loop, .store = store, .dialogs = dialogs, .sms_per_s = sms_per_s, .tokens = 1};
    t->refilled_ms = loop_mono(loop).ms;
    t->timer = timer_new(loop, look, t);
    return t;
}

void timers_start(struct timers *t)
{
    memset(t->ranges, true, sizeof(t->ranges));
    timer_start(t->loop, t->timer, 0);
}

void timers_own(struct timers *t, const uint64_t fences[STORE_LEASE_RANGES])
{
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        t->ranges[i] = fences[i] != 0;
    if (!t->is_stopped && !timers_is_busy(t))
        timer_start(t->loop, t->timer, 0);
}

void timers_stop(struct timers *t)
{
    t->is_stopped = true;
    timer_stop(t->loop, t->timer);
}

bool timers_is_busy(const struct timers *t)
{
    return t->is_looking || t->n_waking > 0;
}

void timers_free(struct timers *t)
{
    if (t == NULL)
        return;
    timer_free(t->loop, t->timer);
    free(t);
}
