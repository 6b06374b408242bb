#include "app/timers.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"

struct timers {
    struct loop *loop;
    struct store *store;
    struct dialogs *dialogs;
    struct timer *timer;
    uint8_t first, last;
    bool is_looking, is_stopped, was_full;
    uint32_t n_waking;
};

static void on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n);

static void look(void *ctx)
{
    struct timers *t = ctx;
    if (t->is_looking || t->n_waking > 0 || t->is_stopped)
        return;
    t->is_looking = true;
    int64_t now_ms = loop_wall(t->loop).ms;
    store_due(t->store, t->first, t->last, now_ms, TIMERS_BATCH, on_due, t);
}

static void look_again(struct timers *t)
{
    if (!t->is_stopped)
        timer_start(t->loop, t->timer, t->was_full ? 0 : TIMERS_LOOK_MS);
}

/* A batch in which something failed is not followed at once: the same numbers would come again. */
static void on_woken(void *ctx, const struct dialog_answer *answer)
{
    struct timers *t = ctx;
    t->was_full &= answer->outcome == DIALOG_OUTCOME_STEPPED;
    t->n_waking--;
    if (t->n_waking == 0)
        look_again(t);
}

static void on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n)
{
    struct timers *t = ctx;
    t->is_looking = false;
    t->was_full = e == ERR_OK && n >= TIMERS_BATCH;
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
                          uint8_t first, uint8_t last)
{
    struct timers *t = xcalloc(1, sizeof(*t));
    *t = (struct timers){
        .loop = loop, .store = store, .dialogs = dialogs, .first = first, .last = last};
    t->timer = timer_new(loop, look, t);
    return t;
}

void timers_start(struct timers *t)
{
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
