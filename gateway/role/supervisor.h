/*
 * supervisor.h: runs a fixed set of processes until it is told to stop: forks them, starts again
 * what died, stops them in order. It knows nothing of what they do. libc only, no event loop: the
 * parent holds nothing that a child would have to undo.
 *
 * A process that lived for a second is started again at once, one that did not after a growing
 * pause. One that returns EX_USAGE, EX_CONFIG or EX_NOPERM ends them all, unless it is a
 * replacement: starting again would not help.
 *
 * One whose beat stands still for hang_ms is killed, and so started again at once
 * (docs/reliability.md T35): it may hold connections that nobody answers. Time in which the
 * supervisor itself did not run, because the machine slept or was short of everything, does not
 * count; nor does, for a while, what the process waited for a processor: where others take them
 * all, to start again would only cost more.
 *
 * SIGTERM and SIGINT: on_stop, SIGTERM to all, SIGKILL to what is left after drain_ms; a second
 * one: SIGKILL now. SIGHUP: on_hangup, and when that says so the processes are replaced one after
 * the other by new ones, which begin with what on_hangup has read. When the supervisor itself dies,
 * the kernel kills the children.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define SUPERVISOR_MAX_PROCESSES 128u
#define SUPERVISOR_QUICK_DEATH_MS 1000
#define SUPERVISOR_LOOK_MS 200 /* how often it looks after all of them */
/* Times hang_ms: then waiting for a processor is no excuse any more. */
#define SUPERVISOR_MOST_WAITED 15

/* What the kernel has counted of a process. */
struct supervisor_time {
    int64_t ran_ms, waited_ms; /* on a processor, and for one */
    bool is_runnable;          /* at this moment: it runs, or waits */
};
/* How long it has stood still of the ms since its last beat, when the kernel counted `then`. */
int64_t supervisor_still_ms(int64_t ms, const struct supervisor_time *then,
                            const struct supervisor_time *now);

/* How a process is replaced. */
enum supervisor_way {
    SUPERVISOR_STAY,   /* not at all */
    SUPERVISOR_AFTER,  /* the new one is started when the old one has ended */
    SUPERVISOR_BESIDE, /* the old one is told to end when the new one is ready */
};

struct supervisor_plan {
    uint32_t n_processes;
    int64_t drain_ms;
    void *ctx;
    const char *(*name)(void *ctx, uint32_t i); /* for the log; unique */
    /* In the child: does the work and returns its exit code. SIGINT and SIGHUP are ignored, SIGTERM
     * ends it. */
    int (*run)(void *ctx, uint32_t i);
    void (*on_end)(void *ctx, uint32_t i);
    int64_t hang_ms;
    /* A number that changes while the process turns; 0 = it does not turn yet, and is not watched.
     */
    int64_t (*beat)(void *ctx, uint32_t i);
    void (*on_hang)(void *ctx, uint32_t i); /* it is being killed; on_end follows */
    void (*on_look)(void *ctx);             /* every SUPERVISOR_LOOK_MS */
    /* Asked every now and then until it is true; on_settled follows. */
    bool (*is_settled)(void *ctx);
    void (*on_settled)(void *ctx);
    void (*on_stop)(void *ctx);
    bool (*on_hangup)(void *ctx); /* true: replace the processes */
    enum supervisor_way (*way)(void *ctx, uint32_t i);
    bool (*is_ready)(void *ctx, uint32_t i, pid_t pid); /* that process can do its work */
};

/* Returns an exit code of sysexits.h when all are gone: EX_OK when asked to stop, else that of the
 * process that ended the others; EX_OSERR when the first fork fails. */
int supervisor_run(const struct supervisor_plan *plan);
/* How long to wait before the next start after so many quick deaths in a row. */
int64_t supervisor_pause_ms(uint32_t n_quick_deaths);
