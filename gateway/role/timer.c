/* A timer: wakes learners whose time has come, and long SMS that wait for parts. */
#include <signal.h>

#include "app/cohort_set.h"
#include "app/course_set.h"
#include "app/joiner.h"
#include "app/lease.h"
#include "app/timers.h"
#include "app/upgrade.h"
#include "base/log.h"
#include "port/store/learners.h"
#include "role/ports.h"

#define TICK_MS 200
#define LATE_MS (5 * 60 * 1000)
#define LATE_LOOK_MS 2000 /* at one range after the other */
#define LATE_MAX 8u       /* of each */

struct timer_role {
    const struct role_context *role;
    struct vault *vault;
    struct store *store;
    struct course_set *courses;
    struct cohort_set *cohorts;
    struct upgrade *upgrade;
    struct dialogs *dialogs;
    struct timers *timers;
    struct joiner *joiner;
    struct lease *lease;
    struct timer *tick;
    bool is_started, is_draining;
    struct mono_ms looked; /* for who is due too long */
    uint32_t late_range, n_late;
};

static void on_lease(void *ctx, const uint64_t *fences, uint32_t n_held)
{
    struct timer_role *r = ctx;
    (void)n_held;
    timers_own(r->timers, fences);
}

/* What is woken commits by its seq: nobody has to wait for it. */
static bool is_idle(void *ctx, uint32_t range)
{
    (void)ctx, (void)range;
    return true;
}

static void on_late(void *ctx, enum err e, const struct number_id *ids, uint32_t n)
{
    struct timer_role *r = ctx;
    (void)ids;
    if (e != ERR_OK)
        return;
    r->n_late += n < LATE_MAX ? n : LATE_MAX;
    if (++r->late_range < STORE_LEASE_RANGES)
        return;
    metrics_set(r->role->metrics, METRIC_timers_late, r->n_late);
    r->late_range = r->n_late = 0;
}

/* Is anybody waiting that the timers should have reached? */
static void look_for_late(struct timer_role *r)
{
    struct mono_ms now = loop_mono(r->role->loop);
    if (now.ms - r->looked.ms < LATE_LOOK_MS)
        return;
    r->looked = now;
    uint8_t first = (uint8_t)(r->late_range * STORE_LEASE_BUCKETS);
    store_due(r->store,
              &(struct store_due_by){.first = first,
                                     .last = (uint8_t)(first + STORE_LEASE_BUCKETS - 1),
                                     .max = LATE_MAX,
                                     .now_ms = loop_wall(r->role->loop).ms - LATE_MS},
              on_late, r);
}

static void on_left(void *ctx)
{
    struct timer_role *r = ctx;
    loop_stop(r->role->loop);
}

/* Begins once the store is up and the courses are there; ends once nothing is under way. */
static void on_tick(void *ctx)
{
    struct timer_role *r = ctx;
    bool is_up = store_is_up(r->store);
    if (is_up && !course_set_is_ready(r->courses))
        course_set_refresh(r->courses);
    bool is_ready = is_up && course_set_is_ready(r->courses) && cohort_set_is_known(r->cohorts) &&
                    upgrade_is_known(r->upgrade);
    role_ready(r->role, is_ready && !r->is_draining);
    if (is_ready && !r->is_started) {
        r->is_started = true;
        lease_start(r->lease);
        joiner_start(r->joiner);
    }
    if (r->is_started && is_up && !r->is_draining)
        look_for_late(r);
    if (r->is_draining && !timers_is_busy(r->timers) && joiner_n_running(r->joiner) == 0)
        lease_leave(r->lease, on_left, r);
    else
        timer_start(r->role->loop, r->tick, TICK_MS);
}

static void on_term(void *ctx)
{
    struct timer_role *r = ctx;
    LOG_INFO("timer", "draining", "waking=%u", dialogs_n_running(r->dialogs));
    r->is_draining = true;
    timers_stop(r->timers);
    joiner_stop(r->joiner);
    timer_start(r->role->loop, r->tick, 0);
}

int role_timer(const struct role_context *role)
{
    struct timer_role r = {.role = role, .vault = role_vault(role)};
    if (r.vault == NULL)
        return EX_CONFIG;
    r.store = role_store(role, true);
    (void)role_look_new(role, r.store); /* which speaks for itself */
    r.courses = course_set_new(role->loop, r.store);
    course_set_prefer(r.courses, role->config->course);
    r.cohorts = cohort_set_new(role->loop, r.store);
    cohort_set_start(r.cohorts);
    r.upgrade = upgrade_new(role->loop, r.store);
    /* Waking never spools: what could not be committed stays due. */
    r.dialogs = dialogs_new(&(struct dialog_parts){.loop = role->loop,
                                                   .store = r.store,
                                                   .vault = r.vault,
                                                   .metrics = role->metrics,
                                                   .config = role->config,
                                                   .channels = role->channels,
                                                   .courses = r.courses,
                                                   .cohorts = r.cohorts,
                                                   .upgrade = r.upgrade});
    r.timers = timers_new(&(struct timers_parts){.loop = role->loop,
                                                 .store = r.store,
                                                 .dialogs = r.dialogs,
                                                 .metrics = role->metrics,
                                                 .sms_per_s = channels_rate_per_s(role->channels),
                                                 .wakes_per_s = role->config->wakes_s});
    r.lease = role_lease(role, (struct lease_ports){.store = r.store,
                                                    .kind = STR("timer"),
                                                    .n_ranges = METRIC_timer_ranges,
                                                    .on_change = on_lease,
                                                    .is_idle = is_idle,
                                                    .ctx = &r});
    r.joiner = joiner_new(&(struct joiner_ports){.loop = role->loop,
                                                 .store = r.store,
                                                 .vault = r.vault,
                                                 .metrics = role->metrics,
                                                 .config = role->config,
                                                 .dialogs = r.dialogs});
    r.tick = timer_new(role->loop, on_tick, &r);
    timer_start(role->loop, r.tick, 0);
    loop_libevent_on_signal(role->loop, SIGTERM, on_term, &r);
    loop_run(role->loop);
    store_free(r.store);
    lease_free(r.lease);
    timers_free(r.timers);
    joiner_free(r.joiner);
    dialogs_free(r.dialogs);
    course_set_free(r.courses);
    cohort_set_free(r.cohorts);
    upgrade_free(r.upgrade);
    timer_free(role->loop, r.tick);
    vault_free(r.vault);
    return EX_OK;
}
