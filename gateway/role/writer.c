/* A writer: takes the event log to PostgreSQL. */
#include <signal.h>
#include <stdio.h>

#include "app/figures.h"
#include "app/forget.h"
#include "app/lease.h"
#include "app/persist.h"
#include "base/log.h"
#include "role/again.h"
#include "role/fence.h"
#include "role/health.h"
#include "role/ports.h"

#define SQL_TIMEOUT_MS 5000
#define LOOK_MS 1000
#define BEHIND_MS 60000
#define REPORTS_TIMEOUT_MS (4 * HOUR_MS)
#define REPORTS_EACH_MS (10 * MINUTE_MS)

struct writer_role {
    const struct role_context *role;
    struct persist *persist;
    struct store *store;
    struct fence *fence;
    struct lease *lease;
    bool is_started;
    struct timer *look;
    struct sink *reports; /* what it does takes long */
    struct timer *report;
};

/* A minute of PostgreSQL being restarted is nothing to speak of. */
static void on_look(void *ctx)
{
    struct writer_role *r = ctx;
    int64_t behind_ms = persist_behind_ms(r->persist);
    metrics_set(r->role->metrics, METRIC_events_behind_seconds, (uint64_t)(behind_ms / 1000));
    health_set(r->role, HEALTH_backlog, behind_ms > BEHIND_MS);
    timer_start(r->role->loop, r->look, LOOK_MS);
}

static void on_counted(void *ctx, enum err e, struct str organisation)
{
    struct writer_role *r = ctx;
    if (e != ERR_OK && e != ERR_UNAVAILABLE)
        LOG_WARN("writer", "reports could not be counted", "err=%s", err_name(e));
    else if (organisation.len > 0)
        LOG_INFO("writer", "reports were counted", "organisation=%.*s", STR_ARG(organisation));
    timer_start(r->role->loop, r->report, organisation.len > 0 ? 0 : REPORTS_EACH_MS);
}

/* Of who has very many learners (core.keep_answers); one organisation after the other. */
static void on_report(void *ctx)
{
    struct writer_role *r = ctx;
    sink_reports(r->reports, on_counted, r);
}

static void on_lease(void *ctx, const uint64_t *fences, uint32_t n_held)
{
    struct writer_role *r = ctx;
    (void)n_held;
    persist_own(r->persist, fences);
}

static bool is_idle(void *ctx, uint32_t range)
{
    struct writer_role *r = ctx;
    return persist_is_range_idle(r->persist, range);
}

static void on_left(void *ctx)
{
    struct writer_role *r = ctx;
    loop_stop(r->role->loop);
}

static void on_stopped(void *ctx)
{
    struct writer_role *r = ctx;
    lease_leave(r->lease, on_left, r);
}

static void on_term(void *ctx)
{
    struct writer_role *r = ctx;
    persist_stop(r->persist, on_stopped, r);
}

/* A log of another epoch is read by the process that comes after this one. */
static void on_open(void *ctx, uint64_t epoch)
{
    struct writer_role *r = ctx;
    if (r->is_started) {
        LOG_INFO("writer", "a new epoch of Redis has begun", "remedy=\"start anew\"");
        persist_stop(r->persist, on_stopped, r);
        return;
    }
    r->is_started = true;
    persist_set_epoch(r->persist, epoch);
    lease_start(r->lease);
}

static void on_store_up(void *ctx)
{
    struct writer_role *r = ctx;
    r->fence = fence_new(r->role, on_open, r);
}

/* PostgreSQL may be away for a day: then events wait in Redis, and this role is ready all the same.
 */
int role_writer(const struct role_context *role)
{
    struct writer_role r = {.role = role};
    struct errmsg msg;
    const char *conninfo = role->config->writer_conninfo.p;
    if (sink_libpq_check(conninfo, &msg) != ERR_OK) {
        LOG_ERROR("writer", "writer_conninfo cannot be used", "%s", msg.text);
        return EX_CONFIG;
    }
    struct store *store = r.store = role_store(role, false);
    struct sink *sink = sink_libpq_new(role->loop, conninfo, SQL_TIMEOUT_MS);
    struct sink *beside = sink_libpq_new(role->loop, conninfo, SQL_TIMEOUT_MS);
    struct persist_settings settings = {.max_each = PERSIST_MAX_EACH,
                                        .beside = beside,
                                        .gather_ms = PERSIST_GATHER_MS,
                                        .block_ms = PERSIST_BLOCK_MS,
                                        .keep_ms = role->config->keep_events_hours * HOUR_MS,
                                        .trim_ms = PERSIST_TRIM_MS};
    r.persist = persist_new(role->loop, store, sink, role->metrics, &settings);
    r.lease = role_lease(role, (struct lease_ports){.store = store,
                                                    .kind = STR("writer"),
                                                    .n_ranges = METRIC_writer_ranges,
                                                    .on_change = on_lease,
                                                    .is_idle = is_idle,
                                                    .ctx = &r});
    struct store *log = role_store(role, false); /* the other one is always reading */
    struct forget *forget = forget_new(role->loop, log, sink);
    struct figures *figures = figures_new(role->loop, store, sink);
    struct again *again = again_new(role);
    loop_libevent_on_signal(role->loop, SIGTERM, on_term, &r);
    role_watch_store(role, store, on_store_up, &r);
    r.look = timer_new(role->loop, on_look, &r);
    timer_start(role->loop, r.look, 0);
    r.reports = sink_libpq_new(role->loop, conninfo, REPORTS_TIMEOUT_MS);
    r.report = timer_new(role->loop, on_report, &r);
    timer_start(role->loop, r.report, MINUTE_MS);
    loop_run(role->loop);
    store_free(store);
    store_free(log);
    sink_free(sink);
    sink_free(beside);
    sink_free(r.reports);
    lease_free(r.lease);
    persist_free(r.persist);
    if (r.fence != NULL)
        fence_free(r.fence);
    forget_free(forget);
    figures_free(figures);
    again_free(again);
    timer_free(role->loop, r.look);
    timer_free(role->loop, r.report);
    return EX_OK;
}
