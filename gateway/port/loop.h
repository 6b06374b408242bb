/*
 * loop.h: the event loop and the one time source of everything that waits.
 *
 * Two implementations: loop_libevent.c (real) and loop_mem.c (a fake clock that jumps to the next
 * timer; transcripts and unit tests run weeks in milliseconds). Ports take a loop; the time is read
 * once a turn and stays the same within it. All callbacks of all ports run from loop_run, never
 * before the call that asked for them has returned.
 */
#pragma once

#include "base/clock.h"

struct loop;
struct timer;
typedef void timer_fn(void *ctx);

struct loop_ops {
    struct mono_ms (*mono)(struct loop *loop);
    struct wall_ms (*wall)(struct loop *loop);
    struct timer *(*timer_new)(struct loop *loop, timer_fn *fn, void *ctx);
    void (*timer_start)(struct timer *timer, int64_t delay_ms);
    void (*timer_stop)(struct timer *timer);
    void (*timer_free)(struct timer *timer);
    void (*run)(struct loop *loop);
    void (*stop)(struct loop *loop);
    void (*free)(struct loop *loop);
};

/* Every implementation begins with this. */
struct loop {
    const struct loop_ops *ops;
};

static inline struct mono_ms loop_mono(struct loop *loop)
{
    return loop->ops->mono(loop);
}

static inline struct wall_ms loop_wall(struct loop *loop)
{
    return loop->ops->wall(loop);
}

/* A one-shot timer, stopped. The owner frees it; allowed inside its own callback. */
static inline struct timer *timer_new(struct loop *loop, timer_fn *fn, void *ctx)
{
    return loop->ops->timer_new(loop, fn, ctx);
}

/* Starts or restarts; 0 = next turn. Never fires early by loop_mono. */
static inline void timer_start(struct loop *loop, struct timer *timer, int64_t delay_ms)
{
    loop->ops->timer_start(timer, delay_ms > 0 ? delay_ms : 0);
}

static inline void timer_stop(struct loop *loop, struct timer *timer)
{
    loop->ops->timer_stop(timer);
}

/* Accepts NULL. */
static inline void timer_free(struct loop *loop, struct timer *timer)
{
    if (timer != NULL)
        loop->ops->timer_free(timer);
}

/* Runs until loop_stop; loop_mem: until no timer is left or loop_stop. */
static inline void loop_run(struct loop *loop)
{
    loop->ops->run(loop);
}

static inline void loop_stop(struct loop *loop)
{
    loop->ops->stop(loop);
}

static inline void loop_free(struct loop *loop)
{
    if (loop != NULL)
        loop->ops->free(loop);
}

/* libevent; aborts when epoll is not to be had. Ignores SIGPIPE for the whole process, since a peer
 * that hangs up must be an error of one write. */
struct loop *loop_libevent_new(void);
/* The event_base behind it, for the other ports that wrap event-driven libraries. */
struct event_base *loop_libevent_base(struct loop *loop);
/* Logs every turn longer than this (docs/reliability.md T10: 50 ms) and counts it. A turn is timed
 * from the first callback in it that is a timer's or asks for the time, so a port asks before it
 * works.
 */
void loop_libevent_watch(struct loop *loop, int64_t max_turn_ms, uint64_t *n_stalls);
/* How long turns of 50 ms and more took in all, up to the last turn: whoever waits for a peer
 * leaves it that much longer, since we did not listen meanwhile. */
int64_t loop_libevent_away_ms(struct loop *loop);
/* Calls fn from loop_run, once for any number of signals that came meanwhile; ends with the loop.
 */
void loop_libevent_on_signal(struct loop *loop, int signo, timer_fn *fn, void *ctx);

/* Fake clock starting at `start`. */
struct loop *loop_mem_new(struct wall_ms start);
/* Moves time forward by ms, firing timers in order at their own times. */
void loop_mem_advance(struct loop *loop, int64_t ms);
/* Fires what is due now (delay 0 chains included) without moving time. */
void loop_mem_settle(struct loop *loop);
/* Moves time forward at once, as when a machine was asleep, and then fires what is due: timers that
 * repeat fire once for all the time that they missed. For weeks with nothing but idle looks. */
void loop_mem_skip(struct loop *loop, int64_t ms);
/* The wall clock is put on, or back where ms is below 0; no time passes. */
void loop_mem_turn(struct loop *loop, int64_t ms);
