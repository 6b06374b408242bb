/*
 * chance.h: for memory.c and calls.c, which are built one at a time: whose turn it is to fail.
 */
#pragma once

#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define START_S 3 /* a process is at work by then */

static pid_t first, ours; /* ours: whose chance this is */
static uint64_t seed;
static time_t from; /* counts from this time on */

static uint32_t draw(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33);
}

static time_t now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Each process has chances of its own. */
static void chance_begin(pid_t pid)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    ours = pid;
    seed = (uint64_t)now.tv_nsec * 1000003u + (uint64_t)pid;
    (void)draw();
    from = now_s();
}
