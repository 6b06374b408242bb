#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "port/loop.h"

/* What fired, in order, with the time of it. */
struct trace {
    struct loop *loop;
    char fired[32];
    int64_t at_ms[32];
    size_t n;
};

struct probe {
    struct trace *trace;
    char name;
    struct timer *timer;
    struct timer *starts; /* started by the callback, with delay_ms */
    int64_t delay_ms;
    bool frees_itself;
    bool stops_loop;
};

static void on_probe(void *ctx)
{
    struct probe *p = ctx;
    p->trace->fired[p->trace->n] = p->name;
    p->trace->at_ms[p->trace->n++] = loop_mono(p->trace->loop).ms;
    if (p->starts != NULL && p->trace->n < 16)
        timer_start(p->trace->loop, p->starts, p->delay_ms);
    if (p->frees_itself) {
        timer_free(p->trace->loop, p->timer);
        p->timer = NULL;
    }
    if (p->stops_loop)
        loop_stop(p->trace->loop);
}

static struct probe probe_new(struct trace *trace, char name)
{
    return (struct probe){.trace = trace, .name = name};
}

static void probe_arm(struct probe *p, int64_t delay_ms)
{
    if (p->timer == NULL)
        p->timer = timer_new(p->trace->loop, on_probe, p);
    timer_start(p->trace->loop, p->timer, delay_ms);
}

static struct loop *new_mem(void)
{
    return loop_mem_new((struct wall_ms){1700000000000});
}

/* Both implementations keep these promises. */
static void check_order_stop_and_free(struct loop *loop)
{
    struct trace trace = {.loop = loop};
    struct probe a = probe_new(&trace, 'a'), b = probe_new(&trace, 'b'), c = probe_new(&trace, 'c'),
                 d = probe_new(&trace, 'd'), e = probe_new(&trace, 'e');
    b.frees_itself = true;
    e.stops_loop = true;
    int64_t start = loop_mono(loop).ms;
    probe_arm(&a, 30);
    probe_arm(&b, 10);
    probe_arm(&c, 20);
    probe_arm(&d, 5);
    probe_arm(&e, 40);
    timer_stop(loop, c.timer);
    probe_arm(&d, 20); /* restarted: only once, at the new time */
    assert_int_equal(trace.n, 0);
    loop_run(loop);
    assert_string_equal(trace.fired, "bdae");
    const int64_t due[] = {10, 20, 30, 40};
    for (size_t i = 0; i < 4; i++)
        assert_true(trace.at_ms[i] >= start + due[i]);
    timer_free(loop, a.timer);
    timer_free(loop, b.timer);
    timer_free(loop, c.timer);
    timer_free(loop, d.timer);
    timer_free(loop, e.timer);
    loop_free(loop);
}

static void test_order_stop_and_free(void **state)
{
    (void)state;
    check_order_stop_and_free(new_mem());
    check_order_stop_and_free(loop_libevent_new());
}

static void check_zero_delay_is_a_later_turn(struct loop *loop)
{
    struct trace trace = {.loop = loop};
    struct probe a = probe_new(&trace, 'a'), b = probe_new(&trace, 'b');
    b.stops_loop = true;
    probe_arm(&b, 0);
    timer_stop(loop, b.timer);
    a.starts = b.timer;
    probe_arm(&a, 0);
    assert_int_equal(trace.n, 0);
    loop_run(loop);
    assert_string_equal(trace.fired, "ab");
    timer_free(loop, a.timer);
    timer_free(loop, b.timer);
    loop_free(loop);
}

static void test_zero_delay_is_a_later_turn(void **state)
{
    (void)state;
    check_zero_delay_is_a_later_turn(new_mem());
    check_zero_delay_is_a_later_turn(loop_libevent_new());
}

static void test_mem_run_ends_without_timers_and_jumps_weeks(void **state)
{
    (void)state;
    struct loop *loop = new_mem();
    struct trace trace = {.loop = loop};
    struct probe a = probe_new(&trace, 'a');
    const int64_t weeks_ms = 6LL * 7 * 24 * 3600 * 1000;
    int64_t start = loop_mono(loop).ms;
    assert_true(start > 0);
    probe_arm(&a, weeks_ms);
    loop_run(loop);
    assert_int_equal(loop_mono(loop).ms, start + weeks_ms);
    assert_int_equal(loop_wall(loop).ms, 1700000000000 + weeks_ms);
    timer_free(loop, a.timer);
    loop_free(loop);
}

static void test_mem_advance_fires_each_at_its_own_time(void **state)
{
    (void)state;
    struct loop *loop = new_mem();
    struct trace trace = {.loop = loop};
    struct probe tick = probe_new(&trace, 't'), last = probe_new(&trace, 'l');
    int64_t start = loop_mono(loop).ms;
    probe_arm(&tick, 10);
    tick.starts = tick.timer;
    tick.delay_ms = 10;
    probe_arm(&last, 35);
    loop_mem_advance(loop, 35);
    assert_string_equal(trace.fired, "tttl");
    for (int i = 0; i < 3; i++)
        assert_int_equal(trace.at_ms[i], start + 10 * (i + 1));
    assert_int_equal(trace.at_ms[3], start + 35);
    loop_mem_advance(loop, 4);
    assert_int_equal(trace.n, 4);
    loop_mem_advance(loop, 1);
    assert_int_equal(trace.n, 5);
    timer_free(loop, tick.timer);
    timer_free(loop, last.timer);
    loop_free(loop);
}

static void test_mem_skip_fires_what_was_missed_once(void **state)
{
    (void)state;
    struct loop *loop = new_mem();
    struct trace trace = {.loop = loop};
    struct probe tick = probe_new(&trace, 't');
    int64_t start = loop_mono(loop).ms;
    probe_arm(&tick, 10);
    tick.starts = tick.timer;
    tick.delay_ms = 10;
    loop_mem_skip(loop, 35);
    assert_string_equal(trace.fired, "t");
    assert_int_equal(trace.at_ms[0], start + 35);
    loop_mem_advance(loop, 10);
    assert_string_equal(trace.fired, "tt");
    timer_free(loop, tick.timer);
    loop_free(loop);
}

static void test_mem_settle_fires_chains_but_moves_no_time(void **state)
{
    (void)state;
    struct loop *loop = new_mem();
    struct trace trace = {.loop = loop};
    struct probe a = probe_new(&trace, 'a'), b = probe_new(&trace, 'b'),
                 later = probe_new(&trace, 'l');
    probe_arm(&b, 0);
    timer_stop(loop, b.timer);
    a.starts = b.timer;
    probe_arm(&a, 0);
    probe_arm(&later, 1);
    int64_t start = loop_mono(loop).ms;
    loop_mem_settle(loop);
    assert_string_equal(trace.fired, "ab");
    assert_int_equal(loop_mono(loop).ms, start);
    timer_free(loop, a.timer);
    timer_free(loop, b.timer);
    timer_free(loop, later.timer);
    loop_free(loop);
}

static void spend_60_ms(void *ctx)
{
    struct loop *loop = ctx;
    struct mono_ms start = clock_mono(), seen = loop_mono(loop);
    while (clock_mono().ms < start.ms + 60)
        continue;
    assert_int_equal(loop_mono(loop).ms, seen.ms); /* the time stays within a turn */
    loop_stop(loop);
}

static void test_libevent_counts_long_turns_and_freezes_time(void **state)
{
    (void)state;
    struct loop *loop = loop_libevent_new();
    uint64_t n_stalls = 0;
    loop_libevent_watch(loop, 50, &n_stalls);
    struct timer *timer = timer_new(loop, spend_60_ms, loop);
    timer_start(loop, timer, 60); /* waiting is no stall */
    loop_run(loop);
    assert_int_equal(n_stalls, 1);
    timer_free(loop, timer);
    loop_free(loop);
}

static void stop_loop(void *ctx)
{
    loop_stop(ctx);
}

/* A turn in which nobody reads the clock is not measured from the last one that did. */
static void test_libevent_takes_no_waiting_for_a_long_turn(void **state)
{
    (void)state;
    struct loop *loop = loop_libevent_new();
    struct trace trace = {.loop = loop};
    struct probe a = probe_new(&trace, 'a');
    uint64_t n_stalls = 0;
    loop_libevent_watch(loop, 300, &n_stalls);
    loop_libevent_on_signal(loop, SIGALRM, stop_loop, loop);
    probe_arm(&a, 0);
    struct itimerval in = {.it_value = {.tv_usec = 400 * 1000}};
    assert_int_equal(setitimer(ITIMER_REAL, &in, NULL), 0);
    loop_run(loop);
    assert_string_equal(trace.fired, "a");
    assert_int_equal(n_stalls, 0);
    timer_free(loop, a.timer);
    loop_free(loop);
}

static void raise_usr1(void *ctx)
{
    (void)ctx;
    (void)raise(SIGUSR1);
}

static void test_libevent_delivers_signals_in_the_loop(void **state)
{
    (void)state;
    struct loop *loop = loop_libevent_new();
    struct trace trace = {.loop = loop};
    struct probe on_usr1 = probe_new(&trace, 's');
    on_usr1.stops_loop = true;
    loop_libevent_on_signal(loop, SIGUSR1, on_probe, &on_usr1);
    struct timer *timer = timer_new(loop, raise_usr1, NULL);
    timer_start(loop, timer, 0);
    loop_run(loop);
    assert_string_equal(trace.fired, "s");
    timer_free(loop, timer);
    loop_free(loop);
}

/* ---- a process that stood still ---- */

#define FROZEN_DUE_MS 200
#define FROZEN_MS 600 /* longer than any lateness of a machine that only is busy */

struct frozen {
    struct loop *loop;
    struct timer *deadline;
    int fd;
    bool has_read, was_overtaken;
};

static void on_answer(evutil_socket_t fd, short what, void *ctx)
{
    struct frozen *f = ctx;
    (void)fd, (void)what; /* ours, to be read */
    f->has_read = true;
    loop_stop(f->loop);
}

/* Over before anything came: that proves nothing, on. */
static void on_deadline(void *ctx)
{
    struct frozen *f = ctx;
    struct pollfd answer = {.fd = f->fd, .events = POLLIN};
    if (poll(&answer, 1, 0) == 1) {
        f->was_overtaken = !f->has_read;
        loop_stop(f->loop);
    } else {
        timer_start(f->loop, f->deadline, FROZEN_DUE_MS);
    }
}

static bool is_stopped(pid_t pid)
{
    char name[64], state = 0;
    (void)snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(name, "r");
    if (file != NULL && fscanf(file, "%*d %*s %c", &state) != 1)
        state = 0;
    if (file != NULL)
        (void)fclose(file); /* read only */
    return state == 'T';
}

/* Stops its parent, whose answer comes meanwhile, and wakes it when its time is over. */
static void freeze_parent(int fd)
{
    struct timespec pause = {.tv_nsec = FROZEN_MS * 1000000L};
    (void)kill(getppid(), SIGSTOP);
    while (!is_stopped(getppid()))
        (void)sched_yield();
    ssize_t n = write(fd, "x", 1);
    (void)nanosleep(&pause, NULL); /* what a clock that jumps cannot show: time of the real one */
    (void)kill(getppid(), SIGCONT);
    _exit(n == 1 ? 0 : 1);
}

/* All its deadlines are over at once then, and what came in time is no late answer. */
static void test_libevent_reads_before_late_timers(void **state)
{
    (void)state;
    int ends[2], status = 0;
    struct frozen f = {.loop = loop_libevent_new()};
    assert_int_equal(pipe(ends), 0);
    f.fd = ends[0];
    f.deadline = timer_new(f.loop, on_deadline, &f);
    struct event *answer = event_new(loop_libevent_base(f.loop), f.fd, EV_READ, on_answer, &f);
    assert_int_equal(event_add(answer, NULL), 0);
    timer_start(f.loop, f.deadline, FROZEN_DUE_MS);
    pid_t pid = fork();
    if (pid == 0)
        freeze_parent(ends[1]);
    loop_run(f.loop);
    assert_false(f.was_overtaken);
    assert_true(f.has_read);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    event_free(answer);
    timer_free(f.loop, f.deadline);
    loop_free(f.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_stop_and_free),
        cmocka_unit_test(test_zero_delay_is_a_later_turn),
        cmocka_unit_test(test_mem_run_ends_without_timers_and_jumps_weeks),
        cmocka_unit_test(test_mem_advance_fires_each_at_its_own_time),
        cmocka_unit_test(test_mem_skip_fires_what_was_missed_once),
        cmocka_unit_test(test_mem_settle_fires_chains_but_moves_no_time),
        cmocka_unit_test(test_libevent_counts_long_turns_and_freezes_time),
        cmocka_unit_test(test_libevent_takes_no_waiting_for_a_long_turn),
        cmocka_unit_test(test_libevent_delivers_signals_in_the_loop),
        cmocka_unit_test(test_libevent_reads_before_late_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
