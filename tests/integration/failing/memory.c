/*
 * memory.c: an allocator for LD_PRELOAD that fails now and then in the processes that the first
 * one has forked: malloc, calloc and realloc answer "no memory" after a random number of calls,
 * some while it starts, most when it is at work. Each failure is a line, the name of its process,
 * in the file FAILING_LOG, and each crash the places that led to it, in FAILING_LOG.crashes.
 * tests/integration/memory.sh builds it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "chance.h"

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);

#define START_CALLS 200000 /* that a process makes until it is at work, more or less */

static uint32_t countdown;

static int log_open(const char *suffix)
{
    char path[512];
    const char *name = getenv("FAILING_LOG");
    int n = snprintf(path, sizeof(path), "%s%s", name != NULL ? name : "", suffix);
    if (name == NULL || n >= (int)sizeof(path))
        abort();
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
}

static void on_crash(int sig)
{
    void *places[40];
    int fd = log_open(".crashes");
    backtrace_symbols_fd(places, backtrace(places, 40), fd);
    (void)close(fd);
    (void)signal(sig, SIG_DFL);
    (void)raise(sig);
}

/* Cores are off in the program itself. */
__attribute__((constructor)) static void begin(void)
{
    void *place;
    first = getpid();
    (void)backtrace(&place, 1); /* loads what it needs, now that there is memory */
    (void)signal(SIGSEGV, on_crash);
    (void)signal(SIGBUS, on_crash);
}

/* As often after few calls as after many. */
static void draw_next(void)
{
    uint32_t most = 4u << draw() % 10;
    countdown = 1 + draw() % most;
}

/* One of four fails while it starts. */
static void begin_process(pid_t pid)
{
    chance_begin(pid);
    if (draw() % 4 == 0) {
        countdown = 1 + draw() % START_CALLS;
    } else {
        from += START_S;
        draw_next();
    }
}

static void tell(void)
{
    char line[17] = "";
    int fd = log_open("");
    if (fd < 0 || prctl(PR_GET_NAME, line) != 0)
        abort();
    size_t n = strlen(line);
    line[n++] = '\n';
    if (write(fd, line, n) != (ssize_t)n)
        abort();
    (void)close(fd);
}

/* The supervisor and what it asks at its start bear the program's name; a process of a role its
 * own. The admin listener is the provider here. */
static bool is_of_role(void)
{
    char name[17] = "";
    return prctl(PR_GET_NAME, name) == 0 && strcmp(name, "waypost") != 0 &&
           strncmp(name, "admin", 5) != 0;
}

static bool fails(void)
{
    pid_t pid = getpid();
    if (pid == first || (pid != ours && !is_of_role()))
        return false;
    if (pid != ours)
        begin_process(pid);
    if (now_s() < from || --countdown > 0)
        return false;
    draw_next();
    tell();
    errno = ENOMEM;
    return true;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    return fails() ? NULL : __libc_calloc(n, bytes);
}

void *realloc(void *p, size_t bytes)
{
    return fails() ? NULL : __libc_realloc(p, bytes);
}
