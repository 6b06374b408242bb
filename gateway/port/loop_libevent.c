/* loop.h with libevent: timers, signals, and the watch over long turns. */
#include <assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/loop.h"

#define AWAY_MIN_MS 50 /* shorter turns are what a busy process is made of */
/* A timer that is so late fires behind what came meanwhile, see on_timer. */
#define LATE_MS 250

struct timer {
    struct loop_libevent *loop;
    struct event *event;
    timer_fn *fn;
    void *ctx;
    int64_t due_ms;
    bool is_behind; /* fires in this turn, however late it is */
};

struct signal_watch {
    LIST_ENTRY(signal_watch) links;
    struct event *event;
    timer_fn *fn;
    void *ctx;
};

struct loop_libevent {
    struct loop loop;
    struct event_base *base;
    LIST_HEAD(, signal_watch) signals;
    struct timeval turn; /* libevent's own time of the turn that mono and wall belong to */
    bool is_turn_timed;
    bool is_stopped;
    struct mono_ms mono;
    struct wall_ms wall;
    int64_t away_ms;
    int64_t max_turn_ms; /* 0 = not watched */
    uint64_t *n_stalls;
};

static struct loop_libevent *from_loop(struct loop *loop)
{
    return (struct loop_libevent *)loop;
}

/* Reads the clocks once a turn. libevent takes its own time right after epoll_wait; when that
 * moves, a new turn has begun even within one event_base_loop(EVLOOP_ONCE). */
static void read_clocks(struct loop_libevent *l)
{
    struct timeval turn;
    (void)event_base_gettimeofday_cached(l->base, &turn); /* fails only without any clock */
    if (l->is_turn_timed && turn.tv_sec == l->turn.tv_sec && turn.tv_usec == l->turn.tv_usec)
        return;
    l->turn = turn;
    l->is_turn_timed = true;
    l->mono = clock_mono();
    l->wall = clock_wall();
}

static struct mono_ms libevent_mono(struct loop *loop)
{
    read_clocks(from_loop(loop));
    return from_loop(loop)->mono;
}

static struct wall_ms libevent_wall(struct loop *loop)
{
    read_clocks(from_loop(loop));
    return from_loop(loop)->wall;
}

static void libevent_timer_start(struct timer *timer, int64_t delay_ms)
{
    read_clocks(timer->loop);
    timer->due_ms = timer->loop->mono.ms + delay_ms;
    timer->is_behind = false;
    struct timeval delay = {.tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000};
    if (event_add(timer->event, &delay) != 0)
        abort(); /* only without memory for the heap of timers */
}

/* When this process, or its machine, stood still, every deadline is over at once, and libevent does
 * not look for what came: a stop ends its wait by EINTR. An answer that lies there is no late one,
 * so a turn that looks comes first. */
static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    static const struct timeval at_once;
    (void)fd, (void)what; /* a timer has neither */
    struct timer *timer = ctx;
    read_clocks(timer->loop);
    int64_t early_ms = timer->due_ms - timer->loop->mono.ms;
    if (early_ms > 0) { /* libevent waits by the coarse clock, which is up to 4 ms behind ours */
        libevent_timer_start(timer, early_ms);
    } else if (early_ms < -LATE_MS && !timer->is_behind) {
        timer->is_behind = true;
        if (event_add(timer->event, &at_once) != 0)
            abort();
    } else {
        timer->fn(timer->ctx);
    }
}

static struct timer *libevent_timer_new(struct loop *loop, timer_fn *fn, void *ctx)
{
    struct timer *timer = xcalloc(1, sizeof(*timer));
    *timer = (struct timer){.loop = from_loop(loop), .fn = fn, .ctx = ctx};
    timer->event = event_new(timer->loop->base, -1, 0, on_timer, timer);
    if (timer->event == NULL)
        abort();
    return timer;
}

static void libevent_timer_stop(struct timer *timer)
{
    (void)event_del(timer->event); /* also fine when it is not pending */
}

static void libevent_timer_free(struct timer *timer)
{
    event_free(timer->event);
    free(timer);
}

static void check_stall(struct loop_libevent *l)
{
    if (!l->is_turn_timed)
        return;
    int64_t turn_ms = clock_mono().ms - l->mono.ms;
    if (turn_ms >= AWAY_MIN_MS)
        l->away_ms += turn_ms;
    if (l->max_turn_ms == 0 || turn_ms <= l->max_turn_ms)
        return;
    (*l->n_stalls)++;
    LOG_WARN("loop", "long turn", "ms=%lld max_ms=%lld", (long long)turn_ms,
             (long long)l->max_turn_ms);
}

static void libevent_run(struct loop *loop)
{
    struct loop_libevent *l = from_loop(loop);
    l->is_stopped = false;
    while (!l->is_stopped) {
        l->is_turn_timed = false;
        /* 1 = nothing is left that could ever happen. */
        if (event_base_loop(l->base, EVLOOP_ONCE) != 0)
            break;
        check_stall(l);
    }
    l->is_turn_timed = false;
}

static void libevent_stop(struct loop *loop)
{
    from_loop(loop)->is_stopped = true;
    (void)event_base_loopbreak(from_loop(loop)->base); /* fails only on NULL */
}

static void libevent_free(struct loop *loop)
{
    struct loop_libevent *l = from_loop(loop);
    while (!LIST_EMPTY(&l->signals)) {
        struct signal_watch *watch = LIST_FIRST(&l->signals);
        LIST_REMOVE(watch, links);
        event_free(watch->event);
        free(watch);
    }
    event_base_free(l->base);
    free(l);
}

static const struct loop_ops libevent_ops = {
    .mono = libevent_mono,
    .wall = libevent_wall,
    .timer_new = libevent_timer_new,
    .timer_start = libevent_timer_start,
    .timer_stop = libevent_timer_stop,
    .timer_free = libevent_timer_free,
    .run = libevent_run,
    .stop = libevent_stop,
    .free = libevent_free,
};

struct loop *loop_libevent_new(void)
{
    struct loop_libevent *l = xcalloc(1, sizeof(*l));
    l->loop.ops = &libevent_ops;
    LIST_INIT(&l->signals);
    l->base = event_base_new();
    if (l->base == NULL || strcmp(event_base_get_method(l->base), "epoll") != 0)
        abort();
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that hangs up is an error of its write, not our end */
    return &l->loop;
}

struct event_base *loop_libevent_base(struct loop *loop)
{
    assert(loop->ops == &libevent_ops);
    return from_loop(loop)->base;
}

void loop_libevent_watch(struct loop *loop, int64_t max_turn_ms, uint64_t *n_stalls)
{
    assert(loop->ops == &libevent_ops);
    from_loop(loop)->max_turn_ms = max_turn_ms;
    from_loop(loop)->n_stalls = n_stalls;
}

int64_t loop_libevent_away_ms(struct loop *loop)
{
    assert(loop->ops == &libevent_ops);
    return from_loop(loop)->away_ms;
}

static void on_signal(evutil_socket_t signo, short what, void *ctx)
{
    (void)signo, (void)what; /* each watch is for one signal */
    struct signal_watch *watch = ctx;
    watch->fn(watch->ctx);
}

void loop_libevent_on_signal(struct loop *loop, int signo, timer_fn *fn, void *ctx)
{
    assert(loop->ops == &libevent_ops);
    struct loop_libevent *l = from_loop(loop);
    struct signal_watch *watch = xcalloc(1, sizeof(*watch));
    watch->fn = fn;
    watch->ctx = ctx;
    watch->event = evsignal_new(l->base, signo, on_signal, watch);
    if (watch->event == NULL || event_add(watch->event, NULL) != 0)
        abort();
    LIST_INSERT_HEAD(&l->signals, watch, links);
}
