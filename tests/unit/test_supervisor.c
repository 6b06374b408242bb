/* The supervisor with real processes: one is forked to supervise, this one watches and kills. */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "role/supervisor.h"

enum behaviour {
    OBEYS,       /* waits for SIGTERM */
    IGNORES,     /* SIGTERM does nothing to it */
    DIES,        /* returns EX_SOFTWARE at once */
    IS_HOPELESS, /* returns EX_CONFIG once the others run */
    HANGS,       /* the first time; then obeys */
};

#define N 2

/* Shared by the test, the supervisor and its children. */
struct stage {
    enum behaviour behaviour[N];
    _Atomic int pid[N];
    _Atomic int n_starts[N];
    _Atomic int n_ends[N];
    _Atomic int n_hups, is_refused;
    _Atomic int is_unready; /* whoever is there */
    _Atomic int64_t beat[N];
    _Atomic int n_hangs[N];
    _Atomic int n_looks;
    _Atomic int n_settled, n_stops;
};

static struct stage *stage;

static const char *on_name(void *ctx, uint32_t i)
{
    (void)ctx;
    return i == 0 ? "first" : "second";
}

static volatile sig_atomic_t is_told_to_end;

static void on_signal(int signo)
{
    (void)signo;
    is_told_to_end = 1;
}

static int on_run(void *ctx, uint32_t i)
{
    (void)ctx;
    (void)signal(SIGTERM, stage->behaviour[i] == IGNORES ? SIG_IGN : on_signal);
    atomic_fetch_add(&stage->n_starts[i], 1);
    atomic_store(&stage->pid[i], getpid());
    if (stage->behaviour[i] == DIES)
        return EX_SOFTWARE;
    while (stage->behaviour[i] == IS_HOPELESS && atomic_load(&stage->n_starts[1 - i]) == 0)
        (void)usleep(1000);
    if (stage->behaviour[i] == IS_HOPELESS)
        return EX_CONFIG;
    while (!is_told_to_end) {
        bool is_hanging = stage->behaviour[i] == HANGS && atomic_load(&stage->n_starts[i]) == 1;
        if (!is_hanging || atomic_load(&stage->beat[i]) == 0)
            atomic_fetch_add(&stage->beat[i], 1);
        (void)usleep(1000);
    }
    return EX_OK;
}

static void on_end(void *ctx, uint32_t i)
{
    (void)ctx;
    atomic_store(&stage->pid[i], 0);
    atomic_fetch_add(&stage->n_ends[i], 1);
}

static int64_t beat(void *ctx, uint32_t i)
{
    (void)ctx;
    return atomic_load(&stage->beat[i]);
}

static void on_hang(void *ctx, uint32_t i)
{
    (void)ctx;
    atomic_fetch_add(&stage->n_hangs[i], 1);
}

static void on_look(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&stage->n_looks, 1);
}

static bool on_hangup(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&stage->n_hups, 1);
    return atomic_load(&stage->is_refused) == 0;
}

static enum supervisor_way way(void *ctx, uint32_t i)
{
    (void)ctx;
    return i == 0 ? SUPERVISOR_BESIDE : SUPERVISOR_AFTER;
}

static bool is_ready(void *ctx, uint32_t i, pid_t pid)
{
    (void)ctx;
    return atomic_load(&stage->pid[i]) == pid && atomic_load(&stage->is_unready) == 0;
}

static bool is_settled(void *ctx)
{
    (void)ctx;
    return stage->n_starts[0] > 0 && stage->n_starts[1] > 0;
}

static void on_settled(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&stage->n_settled, 1);
}

static void on_stop(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&stage->n_stops, 1);
}

static pid_t start_supervisor(enum behaviour first, enum behaviour second, int64_t drain_ms)
{
    *stage = (struct stage){.behaviour = {first, second}};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    const struct supervisor_plan plan = {.n_processes = N,
                                         .drain_ms = drain_ms,
                                         .name = on_name,
                                         .run = on_run,
                                         .on_end = on_end,
                                         .hang_ms = 3 * SUPERVISOR_LOOK_MS,
                                         .beat = beat,
                                         .on_hang = on_hang,
                                         .on_look = on_look,
                                         .is_settled = is_settled,
                                         .on_settled = on_settled,
                                         .on_stop = on_stop,
                                         .on_hangup = on_hangup,
                                         .way = way,
                                         .is_ready = is_ready};
    _exit(supervisor_run(&plan));
}

/* Waits until *value reaches at_least. */
static void wait_for(_Atomic int *value, int at_least, const char *what)
{
    int64_t give_up_ms = clock_mono().ms + 60000; /* only a failure waits so long */
    while (atomic_load(value) < at_least) {
        if (clock_mono().ms > give_up_ms)
            fail_msg("no %s", what);
        (void)usleep(1000);
    }
}

static int exit_code_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

static void test_stops_in_order_when_asked(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(OBEYS, OBEYS, 10000);
    wait_for(&stage->n_settled, 1, "settling");
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
    assert_int_equal(stage->n_stops, 1);
    assert_int_equal(stage->n_ends[0] + stage->n_ends[1], 2);
    assert_int_equal(stage->n_starts[0] + stage->n_starts[1], 2);
}

static void test_starts_again_what_was_killed(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(OBEYS, OBEYS, 10000);
    wait_for(&stage->n_settled, 1, "settling");
    pid_t other = atomic_load(&stage->pid[1]);
    for (int i = 1; i <= 3; i++) {
        wait_for(&stage->pid[0], 1, "process to kill");
        assert_int_equal(kill(atomic_load(&stage->pid[0]), SIGKILL), 0);
        wait_for(&stage->n_starts[0], i + 1, "new start");
    }
    assert_int_equal(stage->pid[1], other);
    assert_int_equal(stage->n_settled, 1);
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
}

/* T35: it holds connections that nobody answers. A stopped one (SIGSTOP) is the same. */
static void test_replaces_what_hangs(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(HANGS, OBEYS, 10000);
    wait_for(&stage->n_hangs[0], 1, "hang seen");
    wait_for(&stage->n_starts[0], 2, "new start");
    wait_for(&stage->n_looks, 3, "looks");
    pid_t second = atomic_load(&stage->pid[1]);
    assert_int_equal(kill(second, SIGSTOP), 0);
    wait_for(&stage->n_starts[1], 2, "start in place of the stopped one");
    assert_int_equal(stage->n_starts[0], 2);
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
}

/* Of 3 s without a beat. */
static void test_to_wait_for_a_processor_is_not_to_hang(void **state)
{
    (void)state;
    static const struct supervisor_time then = {.ran_ms = 100, .waited_ms = 50};
    static const struct {
        struct supervisor_time now;
        int64_t still_ms;
    } rows[] = {
        {{100, 50, false}, 3000}, /* stopped, or waits for somebody who does not answer */
        {{100, 1050, false}, 2000},
        {{3100, 50, true}, 3000},   /* turns in a circle */
        {{1600, 1550, true}, 1500}, /* the same, where another takes the half */
        {{110, 50, true}, 10},      /* waits for a processor since its beat */
        {{110, 2950, true}, 10},
        {{110, 2950, false}, 100}, /* got one now and then, and waits for a disk */
        {{0, 0, false}, 3050},     /* the kernel does not tell any more */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(supervisor_still_ms(3000, &then, &rows[i].now), rows[i].still_ms);
}

static void test_does_not_spin_on_what_dies_at_once(void **state)
{
    (void)state;
    int64_t start_ms = clock_mono().ms;
    pid_t supervisor = start_supervisor(DIES, OBEYS, 10000);
    wait_for(&stage->n_starts[0], 4, "fourth start");
    assert_true(clock_mono().ms - start_ms >= 100 + 200 + 400);
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
    assert_int_equal(supervisor_pause_ms(0), 0);
    assert_int_equal(supervisor_pause_ms(1), 100);
    assert_int_equal(supervisor_pause_ms(6), 3200);
    assert_int_equal(supervisor_pause_ms(7), 5000);
    assert_int_equal(supervisor_pause_ms(UINT32_MAX), 5000);
}

static void test_a_hopeless_process_ends_all_with_its_code(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(OBEYS, IS_HOPELESS, 10000);
    assert_int_equal(exit_code_of(supervisor), EX_CONFIG);
    assert_int_equal(stage->n_ends[0], 1);
    assert_int_equal(stage->n_starts[1], 1);
}

static void test_kills_what_does_not_stop_in_time(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(IGNORES, OBEYS, 100);
    wait_for(&stage->n_settled, 1, "settling");
    int64_t start_ms = clock_mono().ms;
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
    assert_true(clock_mono().ms - start_ms >= 100);
    assert_int_equal(stage->n_ends[0], 1);
}

static void test_a_second_signal_means_now(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(IGNORES, OBEYS, 60000);
    wait_for(&stage->n_settled, 1, "settling");
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    wait_for(&stage->n_ends[1], 1, "end of the obedient one");
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
    assert_int_equal(stage->n_ends[0], 1);
}

/* SIGHUP: each in its turn, the first one beside its replacement, the second one after it ended. */
static void test_replaces_one_after_the_other(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(OBEYS, OBEYS, 10000);
    wait_for(&stage->n_settled, 1, "settling");
    pid_t old[N] = {stage->pid[0], stage->pid[1]};
    atomic_store(&stage->is_refused, 1);
    assert_int_equal(kill(supervisor, SIGHUP), 0);
    wait_for(&stage->n_hups, 1, "hangup");
    wait_for(&stage->n_looks, stage->n_looks + 3, "looks");
    assert_int_equal(stage->pid[0], old[0]); /* what was read is no good */
    atomic_store(&stage->is_refused, 0);
    assert_int_equal(kill(supervisor, SIGHUP), 0);
    wait_for(&stage->n_starts[0], 2, "replacement of the first");
    wait_for(&stage->n_starts[1], 2, "replacement of the second");
    assert_int_equal(stage->n_ends[0], 0); /* its place was never empty */
    assert_int_equal(stage->n_ends[1], 1);
    assert_int_not_equal(stage->pid[0], old[0]);
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
    assert_false(is_alive(old[0]));
    assert_int_equal(stage->n_starts[0] + stage->n_starts[1], 4);
}

/* One that is told to go and does not is killed; the service goes on. */
static void test_replaces_also_who_does_not_go(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(IGNORES, IGNORES, 100);
    wait_for(&stage->n_settled, 1, "settling");
    assert_int_equal(kill(supervisor, SIGHUP), 0);
    wait_for(&stage->n_starts[0], 2, "replacement of the first");
    wait_for(&stage->n_starts[1], 2, "replacement of the second");
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
}

/* SIGHUP while a replacement is not ready yet: it goes itself, and so does whom it was to replace.
 */
static void test_told_again_it_forgets_nobody(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(OBEYS, OBEYS, 10000);
    wait_for(&stage->n_settled, 1, "settling");
    pid_t oldest = stage->pid[0];
    atomic_store(&stage->is_unready, 1);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(kill(supervisor, SIGHUP), 0);
        wait_for(&stage->n_hups, i, "hangup");
        wait_for(&stage->n_looks, stage->n_looks + 3, "looks");
    }
    pid_t middle = stage->pid[0];
    assert_int_not_equal(middle, oldest);
    assert_int_equal(stage->n_starts[0], 2); /* one beside the other, no third one */
    atomic_store(&stage->is_unready, 0);
    wait_for(&stage->n_starts[0], 3, "one that begins with what was read last");
    wait_for(&stage->n_starts[1], 2, "replacement of the second");
    assert_false(is_alive(oldest));
    assert_false(is_alive(middle));
    assert_int_equal(kill(supervisor, SIGTERM), 0);
    assert_int_equal(exit_code_of(supervisor), EX_OK);
}

static void test_no_orphan_outlives_it(void **state)
{
    (void)state;
    pid_t supervisor = start_supervisor(IGNORES, OBEYS, 10000);
    wait_for(&stage->n_settled, 1, "settling");
    pid_t children[N] = {stage->pid[0], stage->pid[1]};
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
    /* Adopted by this process (see main), so they can be waited for. */
    for (int i = 0; i < N; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFSIGNALED(status));
        assert_false(is_alive(children[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops_in_order_when_asked),
        cmocka_unit_test(test_starts_again_what_was_killed),
        cmocka_unit_test(test_replaces_what_hangs),
        cmocka_unit_test(test_to_wait_for_a_processor_is_not_to_hang),
        cmocka_unit_test(test_does_not_spin_on_what_dies_at_once),
        cmocka_unit_test(test_a_hopeless_process_ends_all_with_its_code),
        cmocka_unit_test(test_kills_what_does_not_stop_in_time),
        cmocka_unit_test(test_a_second_signal_means_now),
        cmocka_unit_test(test_replaces_one_after_the_other),
        cmocka_unit_test(test_replaces_also_who_does_not_go),
        cmocka_unit_test(test_told_again_it_forgets_nobody),
        cmocka_unit_test(test_no_orphan_outlives_it),
    };
    stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
