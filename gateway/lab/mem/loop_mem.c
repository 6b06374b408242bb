/* A loop whose clock moves only when a test moves it (port/loop.h). */
#include <assert.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/xalloc.h"
#include "port/loop.h"

struct timer {
    TAILQ_ENTRY(timer) links; /* in `armed` while is_armed */
    struct loop_mem *loop;
    timer_fn *fn;
    void *ctx;
    int64_t due_ms;
    bool is_armed;
};

struct loop_mem {
    struct loop loop;
    TAILQ_HEAD(timer_list, timer) armed; /* by due time; equal times in the order of starting */
    int64_t now_ms;
    int64_t wall_minus_mono_ms;
    bool is_stopped;
    bool is_firing;
};

/* The monotonic clock starts above 0, so that 0 may mean "none" in a caller. */
#define MEM_START_MS 1000

static struct loop_mem *from_loop(struct loop *loop)
{
    return (struct loop_mem *)loop;
}

static struct mono_ms mem_mono(struct loop *loop)
{
    return (struct mono_ms){from_loop(loop)->now_ms};
}

static struct wall_ms mem_wall(struct loop *loop)
{
    return (struct wall_ms){from_loop(loop)->now_ms + from_loop(loop)->wall_minus_mono_ms};
}

static struct timer *mem_timer_new(struct loop *loop, timer_fn *fn, void *ctx)
{
    struct timer *timer = xcalloc(1, sizeof(*timer));
    timer->loop = from_loop(loop);
    timer->fn = fn;
    timer->ctx = ctx;
    return timer;
}

static void mem_timer_stop(struct timer *timer)
{
    if (timer->is_armed)
        TAILQ_REMOVE(&timer->loop->armed, timer, links);
    timer->is_armed = false;
}

static void mem_timer_start(struct timer *timer, int64_t delay_ms)
{
    mem_timer_stop(timer);
    struct loop_mem *l = timer->loop;
    timer->due_ms = l->now_ms + delay_ms;
    timer->is_armed = true;
    struct timer *before = TAILQ_LAST(&l->armed, timer_list);
    while (before != NULL && before->due_ms > timer->due_ms)
        before = TAILQ_PREV(before, timer_list, links);
    if (before != NULL)
        TAILQ_INSERT_AFTER(&l->armed, before, timer, links);
    else
        TAILQ_INSERT_HEAD(&l->armed, timer, links);
}

static void mem_timer_free(struct timer *timer)
{
    mem_timer_stop(timer);
    free(timer);
}

/* Fires the earliest timer when it is due by until_ms; false when none is. */
static bool fire_next(struct loop_mem *l, int64_t until_ms)
{
    struct timer *timer = TAILQ_FIRST(&l->armed);
    if (timer == NULL || timer->due_ms > until_ms)
        return false;
    mem_timer_stop(timer);
    if (timer->due_ms > l->now_ms)
        l->now_ms = timer->due_ms;
    timer->fn(timer->ctx); /* may free the timer */
    return true;
}

static void mem_run(struct loop *loop)
{
    struct loop_mem *l = from_loop(loop);
    assert(!l->is_firing);
    l->is_firing = true;
    l->is_stopped = false;
    while (!l->is_stopped && fire_next(l, INT64_MAX))
        continue;
    l->is_firing = false;
}

static void mem_stop(struct loop *loop)
{
    from_loop(loop)->is_stopped = true;
}

static void mem_free(struct loop *loop)
{
    free(loop);
}

static const struct loop_ops mem_ops = {
    .mono = mem_mono,
    .wall = mem_wall,
    .timer_new = mem_timer_new,
    .timer_start = mem_timer_start,
    .timer_stop = mem_timer_stop,
    .timer_free = mem_timer_free,
    .run = mem_run,
    .stop = mem_stop,
    .free = mem_free,
};

struct loop *loop_mem_new(struct wall_ms start)
{
    struct loop_mem *l = xcalloc(1, sizeof(*l));
    l->loop.ops = &mem_ops;
    TAILQ_INIT(&l->armed);
    l->now_ms = MEM_START_MS;
    l->wall_minus_mono_ms = start.ms - MEM_START_MS;
    return &l->loop;
}

void loop_mem_advance(struct loop *loop, int64_t ms)
{
    assert(loop->ops == &mem_ops && ms >= 0);
    struct loop_mem *l = from_loop(loop);
    assert(!l->is_firing);
    l->is_firing = true;
    int64_t until_ms = l->now_ms + ms;
    while (fire_next(l, until_ms))
        continue;
    l->now_ms = until_ms;
    l->is_firing = false;
}

void loop_mem_settle(struct loop *loop)
{
    loop_mem_advance(loop, 0);
}

void loop_mem_skip(struct loop *loop, int64_t ms)
{
    assert(loop->ops == &mem_ops && ms >= 0 && !from_loop(loop)->is_firing);
    from_loop(loop)->now_ms += ms;
    loop_mem_settle(loop);
}

void loop_mem_turn(struct loop *loop, int64_t ms)
{
    assert(loop->ops == &mem_ops);
    from_loop(loop)->wall_minus_mono_ms += ms;
}
