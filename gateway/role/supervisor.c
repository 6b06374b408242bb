#include "role/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 5000
#define SETTLING_TICK_MS 20
/* Looks further apart than that: it did not run itself. */
#define AWAY_MS (5 * SUPERVISOR_LOOK_MS)

#define READY_MS 10000 /* how long a replacement may take before the old one goes all the same */

struct process {
    pid_t pid;     /* 0 = not running */
    pid_t leaving; /* its predecessor, told to end or about to be; 0 = none */
    uint32_t n_quick_deaths;
    int64_t started_ms;
    int64_t start_at_ms;         /* when it is not running */
    int64_t beat;                /* as last seen ... */
    int64_t beat_seen_ms;        /* ... first at this time */
    struct supervisor_time then; /* as the kernel counted at that time */
};

enum replacing {
    REPLACING_NOTHING,
    REPLACING_NEXT,  /* the process `replaced` is next */
    REPLACING_READY, /* its replacement runs beside it, and is not ready yet */
    REPLACING_END,   /* it was told to end */
};

struct supervisor {
    const struct supervisor_plan *plan;
    enum replacing replacing;
    bool must_replace_again; /* told to while a replacement was under way */
    uint32_t replaced;
    int64_t replacing_until_ms; /* of READY and END */
    struct process processes[SUPERVISOR_MAX_PROCESSES];
    sigset_t signals; /* blocked here, taken with sigtimedwait */
    bool is_settled, is_stopping;
    int64_t looked_ms;
    int64_t kill_at_ms; /* while stopping */
    int code;
};

int64_t supervisor_pause_ms(uint32_t n_quick_deaths)
{
    return backoff_ceiling_ms(FIRST_PAUSE_MS, MAX_PAUSE_MS, n_quick_deaths);
}

static void run_child(struct supervisor *s, uint32_t i, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* fails only on a bad signal number */
    if (getppid() != parent)
        _exit(EX_SOFTWARE);        /* the parent died before the line above */
    (void)signal(SIGINT, SIG_IGN); /* the terminal sends it to all; the supervisor decides */
    (void)signal(SIGHUP, SIG_IGN);
    (void)sigprocmask(SIG_UNBLOCK, &s->signals, NULL);
    (void)prctl(PR_SET_NAME, s->plan->name(s->plan->ctx, i)); /* for ps and top */
    exit(s->plan->run(s->plan->ctx, i));
}

/* False when there can be no further process now. */
static bool start(struct supervisor *s, uint32_t i)
{
    struct process *p = &s->processes[i];
    (void)fflush(NULL); /* or the child would write it again */
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        run_child(s, i, parent);
    p->started_ms = clock_mono().ms;
    if (pid > 0)
        p->beat = 0;
    if (pid < 0) {
        LOG_ERROR("supervisor", "cannot start a process", "name=%s err=\"%s\"",
                  s->plan->name(s->plan->ctx, i), strerror(errno));
        p->start_at_ms = p->started_ms + MAX_PAUSE_MS;
        return false;
    }
    p->pid = pid;
    return true;
}

static void kill_all(struct supervisor *s, int signo)
{
    for (uint32_t i = 0; i < s->plan->n_processes; i++) {
        /* Not yet waited for, so they are still ours. */
        if (s->processes[i].pid > 0)
            (void)kill(s->processes[i].pid, signo);
        if (s->processes[i].leaving > 0)
            (void)kill(s->processes[i].leaving, signo);
    }
}

static void stop(struct supervisor *s, int code)
{
    if (s->is_stopping)
        return;
    s->is_stopping = true;
    s->code = code;
    s->kill_at_ms = clock_mono().ms + s->plan->drain_ms;
    s->plan->on_stop(s->plan->ctx);
    kill_all(s, SIGTERM);
}

static bool is_hopeless(int status)
{
    return WIFEXITED(status) &&
           (WEXITSTATUS(status) == EX_USAGE || WEXITSTATUS(status) == EX_CONFIG ||
            WEXITSTATUS(status) == EX_NOPERM);
}

static void on_death(struct supervisor *s, uint32_t i, int status)
{
    struct process *p = &s->processes[i];
    int64_t now_ms = clock_mono().ms, lived_ms = now_ms - p->started_ms;
    bool is_told = s->is_stopping || p->pid == p->leaving;
    bool is_expected =
        is_told && (WIFEXITED(status) ? WEXITSTATUS(status) == EX_OK : WTERMSIG(status) == SIGTERM);
    p->leaving = p->pid == p->leaving ? 0 : p->leaving;
    p->pid = 0;
    s->plan->on_end(s->plan->ctx, i);
    log_write_always(is_expected ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "supervisor", "process ended",
                     "name=%s %s=%d lived_ms=%lld", s->plan->name(s->plan->ctx, i),
                     WIFSIGNALED(status) ? "signal" : "code",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                     (long long)lived_ms);
    if (!is_told && s->replacing == REPLACING_NOTHING && is_hopeless(status)) {
        stop(s, WEXITSTATUS(status));
        return;
    }
    bool is_quick = !is_told && lived_ms < SUPERVISOR_QUICK_DEATH_MS;
    p->n_quick_deaths = is_quick ? p->n_quick_deaths + 1 : 0;
    p->start_at_ms = now_ms + supervisor_pause_ms(p->n_quick_deaths);
}

static uint32_t reap(struct supervisor *s)
{
    uint32_t n_running = 0;
    for (uint32_t i = 0; i < s->plan->n_processes; i++) {
        int status;
        struct process *p = &s->processes[i];
        if (p->leaving > 0 && p->leaving != p->pid &&
            waitpid(p->leaving, &status, WNOHANG) == p->leaving)
            p->leaving = 0; /* its place has been taken */
        if (p->pid > 0 && waitpid(p->pid, &status, WNOHANG) == p->pid)
            on_death(s, i, status);
        n_running += p->pid > 0 || p->leaving > 0;
    }
    return n_running;
}

/* ---- what hangs ---- */

/* The first line of /proc/PID/NAME, or "". */
static const char *proc_line(pid_t pid, const char *name, char *line, int size_bytes)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    line[0] = '\0';
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return line;
    if (fgets(line, size_bytes, f) == NULL)
        line[0] = '\0';
    (void)fclose(f); /* read only */
    return line;
}

/* proc(5): schedstat is nanoseconds on a processor and waiting for one; in stat the state comes
 * behind the name in brackets. Without the kernel's word nothing is known, and nothing taken off.
 */
static struct supervisor_time time_of(pid_t pid)
{
    char times[128], status[512], *end;
    int64_t ran_ns = strtoll(proc_line(pid, "schedstat", times, sizeof(times)), &end, 10);
    int64_t waited_ns = strtoll(end, NULL, 10);
    const char *name_end = strrchr(proc_line(pid, "stat", status, sizeof(status)), ')');
    bool is_runnable = times[0] != '\0' && name_end != NULL && strncmp(name_end, ") R", 3) == 0;
    return (struct supervisor_time){ran_ns / 1000000, waited_ns / 1000000, is_runnable};
}

int64_t supervisor_still_ms(int64_t ms, const struct supervisor_time *then,
                            const struct supervisor_time *now)
{
    int64_t still_ms = ms - (now->waited_ms - then->waited_ms);
    int64_t ran_ms = now->ran_ms - then->ran_ms;
    /* The wait that goes on is not counted yet: what is sure is that it ran, and told nobody. */
    return now->is_runnable && ran_ms < still_ms ? ran_ms : still_ms;
}

static bool is_hanging(const struct supervisor *s, const struct process *p, int64_t now_ms)
{
    int64_t ms = now_ms - p->beat_seen_ms;
    if (ms < s->plan->hang_ms || ms >= SUPERVISOR_MOST_WAITED * s->plan->hang_ms)
        return ms >= s->plan->hang_ms;
    struct supervisor_time now = time_of(p->pid);
    return supervisor_still_ms(ms, &p->then, &now) >= s->plan->hang_ms;
}

/* Kills what hangs. Looks that are far apart say nothing about the others. */
static void watch(struct supervisor *s, int64_t now_ms)
{
    bool was_away = now_ms - s->looked_ms > AWAY_MS;
    s->looked_ms = now_ms;
    for (uint32_t i = 0; i < s->plan->n_processes; i++) {
        struct process *p = &s->processes[i];
        int64_t beat = p->pid > 0 ? s->plan->beat(s->plan->ctx, i) : 0;
        if (beat == 0 || beat != p->beat || was_away) {
            p->beat = beat;
            p->beat_seen_ms = now_ms;
            p->then = beat != 0 ? time_of(p->pid) : (struct supervisor_time){0};
        } else if (is_hanging(s, p, now_ms)) {
            log_write_always(LOG_LEVEL_ERROR, "supervisor", "killing a process that hangs",
                             "name=%s ms=%lld", s->plan->name(s->plan->ctx, i),
                             (long long)(now_ms - p->beat_seen_ms));
            p->beat_seen_ms = now_ms;
            s->plan->on_hang(s->plan->ctx, i);
            (void)kill(p->pid, SIGKILL); /* not yet waited for, so it is still ours */
        }
    }
    s->plan->on_look(s->plan->ctx);
}

/* ---- replacing ---- */

static void replace_next(struct supervisor *s, uint32_t i)
{
    s->replaced = s->must_replace_again ? 0 : i;
    s->must_replace_again = false;
    s->replacing = s->replaced < s->plan->n_processes ? REPLACING_NEXT : REPLACING_NOTHING;
    if (s->replacing == REPLACING_NOTHING)
        log_write_always(LOG_LEVEL_INFO, "supervisor", "all processes are replaced", "n=%u",
                         s->plan->n_processes);
}

/* The one that is being replaced must go first: nobody else knows of it. */
static void replace_all(struct supervisor *s)
{
    if (s->replacing == REPLACING_READY || s->replacing == REPLACING_END)
        s->must_replace_again = true;
    else
        replace_next(s, 0);
}

static void tell_to_end(struct supervisor *s, pid_t pid, int64_t now_ms)
{
    (void)kill(pid, SIGTERM); /* not yet waited for, so it is still ours */
    s->replacing = REPLACING_END;
    s->replacing_until_ms = now_ms + s->plan->drain_ms;
}

static void begin_to_replace(struct supervisor *s, struct process *p, int64_t now_ms)
{
    enum supervisor_way way = s->plan->way(s->plan->ctx, s->replaced);
    if (p->pid == 0 || way == SUPERVISOR_STAY) { /* what is not there begins with the new things */
        replace_next(s, s->replaced + 1);
        return;
    }
    p->leaving = p->pid;
    if (way == SUPERVISOR_AFTER) {
        tell_to_end(s, p->pid, now_ms);
    } else if (start(s, s->replaced)) {
        s->replacing = REPLACING_READY;
        s->replacing_until_ms = now_ms + READY_MS;
    } else {
        p->leaving = 0; /* no process to be had now: at the next look */
    }
}

static void replace(struct supervisor *s, int64_t now_ms)
{
    struct process *p = &s->processes[s->replaced];
    bool is_late = now_ms >= s->replacing_until_ms;
    switch (s->replacing) {
    case REPLACING_NOTHING:
        break;
    case REPLACING_NEXT:
        begin_to_replace(s, p, now_ms);
        break;
    case REPLACING_READY:
        if (p->leaving == 0)
            replace_next(s, s->replaced + 1);
        else if (is_late || s->plan->is_ready(s->plan->ctx, s->replaced, p->pid))
            tell_to_end(s, p->leaving, now_ms);
        break;
    case REPLACING_END:
        if (p->leaving == 0)
            replace_next(s, s->replaced + 1);
        else if (is_late)
            (void)kill(p->leaving, SIGKILL); /* not yet waited for, so it is still ours */
        break;
    }
}

/* Starts what is due; returns the time of the next start or kill. */
static int64_t look_after(struct supervisor *s)
{
    int64_t now_ms = clock_mono().ms, next_ms = now_ms + SUPERVISOR_LOOK_MS;
    if (s->is_stopping) {
        if (now_ms >= s->kill_at_ms) {
            LOG_WARN("supervisor", "killing what did not stop in time", "drain_ms=%lld",
                     (long long)s->plan->drain_ms);
            kill_all(s, SIGKILL);
            return next_ms;
        }
        return s->kill_at_ms;
    }
    watch(s, now_ms);
    replace(s, now_ms);
    for (uint32_t i = 0; i < s->plan->n_processes; i++) {
        struct process *p = &s->processes[i];
        if (p->pid == 0 && p->start_at_ms <= now_ms)
            (void)start(s, i); /* when it fails, start_at_ms has moved */
        if (p->pid == 0 && p->start_at_ms < next_ms)
            next_ms = p->start_at_ms;
    }
    if (!s->is_settled && s->plan->is_settled(s->plan->ctx)) {
        s->is_settled = true;
        s->plan->on_settled(s->plan->ctx);
    }
    bool is_in_hurry = !s->is_settled || s->replacing != REPLACING_NOTHING;
    return is_in_hurry ? now_ms + SETTLING_TICK_MS : next_ms;
}

static void on_signal(struct supervisor *s, int signo)
{
    if (signo == SIGHUP) {
        if (!s->is_stopping && s->plan->on_hangup(s->plan->ctx))
            replace_all(s);
    } else if (signo == SIGTERM || signo == SIGINT) {
        if (s->is_stopping)
            kill_all(s, SIGKILL);
        else
            LOG_INFO("supervisor", "stopping", "drain_ms=%lld", (long long)s->plan->drain_ms);
        stop(s, EX_OK);
    }
}

static void wait_for_signal(struct supervisor *s, int64_t until_ms)
{
    int64_t wait_ms = until_ms - clock_mono().ms;
    wait_ms = wait_ms > 0 ? wait_ms : 0;
    struct timespec timeout = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    on_signal(s, sigtimedwait(&s->signals, NULL, &timeout));
}

int supervisor_run(const struct supervisor_plan *plan)
{
    assert(plan->n_processes <= SUPERVISOR_MAX_PROCESSES);
    struct supervisor s = {.plan = plan, .code = EX_OK};
    sigset_t old;
    (void)sigemptyset(&s.signals); /* these fail on bad signal numbers only */
    static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        (void)sigaddset(&s.signals, taken[i]);
    (void)sigprocmask(SIG_BLOCK, &s.signals, &old);
    for (uint32_t i = 0; i < plan->n_processes && !s.is_stopping; i++) {
        if (!start(&s, i))
            stop(&s, EX_OSERR);
    }
    while (reap(&s) > 0 || !s.is_stopping)
        wait_for_signal(&s, look_after(&s));
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    return s.code;
}
