#include "port/loop.h"

struct timer *timer_new(struct loop *loop, timer_fn *fn, void *ctx)
{
    return loop->ops->timer_new(loop, fn, ctx);
}

void timer_start(struct loop *loop, struct timer *timer, int64_t delay_ms)
{
    loop->ops->timer_start(timer, delay_ms > 0 ? delay_ms : 0);
}

void timer_stop(struct loop *loop, struct timer *timer)
{
    loop->ops->timer_stop(timer);
}

void timer_free(struct loop *loop, struct timer *timer)
{
    if (timer != NULL)
        loop->ops->timer_free(timer);
}

void loop_run(struct loop *loop)
{
    loop->ops->run(loop);
}

void loop_stop(struct loop *loop)
{
    loop->ops->stop(loop);
}

void loop_free(struct loop *loop)
{
    if (loop != NULL)
        loop->ops->free(loop);
}
