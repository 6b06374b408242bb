/* A front: takes callbacks, answers load balancers and who checks a certificate, and brings in what
 * waits in the spool. */
#include <signal.h>

#include "app/callback/callback.h"
#include "app/check_page.h"
#include "app/cohort_set.h"
#include "app/course_set.h"
#include "app/replay.h"
#include "app/upgrade.h"
#include "base/log.h"
#include "role/health.h"
#include "role/ports.h"

#define TICK_MS 100
/* How often a front looks for versions that were published meanwhile. */
#define COURSES_MS 30000
/* Nobody is let in before the courses are there, but for so long: then SMS go to the spool. What
 * comes meanwhile waits in the listener's queue, or is taken by another process that listens. */
#define CLOSED_MS 1000

struct front_role {
    const struct role_context *role;
    struct vault *vault;
    struct store *store;
    struct role_look *look;
    struct spool *spool;
    struct course_set *courses;
    struct cohort_set *cohorts;
    struct upgrade *upgrade;
    struct dialogs *dialogs;
    struct joiner *joiner;
    struct callbacks *callbacks;
    struct check_pages *check_pages;
    struct replay *replay;
    struct front *front;
    struct timer *tick;
    struct mono_ms begun, courses_asked;
    struct front_counters counted; /* what the metrics know already */
    bool is_draining;
    int code; /* what the process returns */
};

/* --- /check: the truth of /readyz in a word, for a load balancer --- */

static void respond_to_check(struct front_role *r, struct front_token token,
                             const struct http_request *request)
{
    static const struct http_header allow = {{"Allow", 5}, {"GET, HEAD", 9}};
    struct http_response response = {.content_type = STR("text/plain; charset=utf-8")};
    if (!str_eq(request->method, STR("GET")) && !str_eq(request->method, STR("HEAD"))) {
        response.status = 405;
        response.headers = &allow;
        response.n_headers = 1;
    } else if (health_is_ready(r->role, loop_mono(r->role->loop))) {
        response.status = 200;
        response.body = STR("ready\n");
    } else {
        response.status = 503;
        response.body = STR("not ready\n");
    }
    front_reply(r->front, token, &response);
}

/* --- callbacks --- */

static void on_request(void *ctx, struct front_token token, const struct http_request *request,
                       struct str peer)
{
    struct front_role *r = ctx;
    role_look_at_proxy(r->role, request, peer);
    if (str_eq(request->path, STR("/check")))
        respond_to_check(r, token, request);
    else if (!check_pages_handle(r->check_pages, token, request, peer))
        callbacks_handle(r->callbacks, token, request, peer);
}

static void on_response(void *ctx, struct front_token token, const struct http_response *response)
{
    struct front_role *r = ctx;
    front_reply(r->front, token, response);
}

/* --- every tick --- */

static void watch_courses(struct front_role *r)
{
    struct mono_ms now = loop_mono(r->role->loop);
    bool is_due = !course_set_is_ready(r->courses) || now.ms - r->courses_asked.ms >= COURSES_MS;
    if (!is_due || !store_is_up(r->store))
        return;
    r->courses_asked = now;
    course_set_watch(r->courses);
}

/* The metrics are sums over the fronts, so each adds what changed. */
static void count(struct front_role *r)
{
    struct metrics *m = r->role->metrics;
    const struct front_counters *now = front_counters_get(r->front);
    role_connections(r->role, front_n_connections(r->front));
    metrics_add(m, METRIC_http_malformed_total, now->n_malformed - r->counted.n_malformed);
    metrics_add(m, METRIC_http_timeouts_total, now->n_timeouts - r->counted.n_timeouts);
    metrics_add(m, METRIC_http_turned_away_total,
                now->n_refused + now->n_evicted - r->counted.n_refused - r->counted.n_evicted);
    metrics_add(m, METRIC_late_replies_total, now->n_late_replies - r->counted.n_late_replies);
    r->counted = *now;
}

/* With the store away the spool is a durable place, so SMS can still be taken. */
static void look_for_a_place(struct front_role *r)
{
    bool is_spool_full = !spool_has_room(r->spool);
    health_set(r->role, HEALTH_spool_full, is_spool_full);
    health_set(r->role, HEALTH_no_place, is_spool_full && !role_look_can_write(r->look));
    health_set(r->role, HEALTH_spool_aside, replay_n_aside(r->replay) > 0);
    health_set(r->role, HEALTH_no_course, !course_set_is_ready(r->courses));
    health_set(r->role, HEALTH_course_refused, course_set_n_refused(r->courses) > 0);
}

static bool is_idle(const struct front_role *r)
{
    return front_n_connections(r->front) == 0 && callbacks_n_running(r->callbacks) == 0 &&
           dialogs_n_running(r->dialogs) == 0 && check_pages_n_running(r->check_pages) == 0 &&
           joiner_n_running(r->joiner) == 0 && !replay_is_busy(r->replay);
}

static void let_in(struct front_role *r)
{
    struct front_setup setup = {.listen_fd = r->role->listen_fd,
                                .limits = front_default_limits(),
                                .fn = on_request,
                                .ctx = r};
    struct errmsg msg;
    setup.limits.max_connections = r->role->config->max_connections;
    setup.limits.max_connections_per_peer = r->role->config->max_connections_per_peer;
    if (front_libevent_new(r->role->loop, &setup, &r->front, &msg) == ERR_OK)
        return;
    LOG_ERROR("front", "cannot listen", "%s", msg.text);
    r->code = EX_UNAVAILABLE;
    loop_stop(r->role->loop);
}

static void on_tick(void *ctx)
{
    struct front_role *r = ctx;
    int64_t waited_ms = loop_mono(r->role->loop).ms - r->begun.ms;
    watch_courses(r);
    if (r->front == NULL && (course_set_is_ready(r->courses) || waited_ms >= CLOSED_MS))
        let_in(r);
    if (r->front == NULL) {
        timer_start(r->role->loop, r->tick, TICK_MS);
        return;
    }
    count(r);
    look_for_a_place(r);
    role_ready(r->role, !r->is_draining && course_set_is_ready(r->courses) &&
                            upgrade_is_known(r->upgrade) && role_look_is_known(r->look));
    if (r->is_draining && is_idle(r))
        loop_stop(r->role->loop);
    else
        timer_start(r->role->loop, r->tick, TICK_MS);
}

static void on_term(void *ctx)
{
    struct front_role *r = ctx;
    if (r->front == NULL)
        let_in(r); /* what waits in the queue came to us */
    if (r->front == NULL)
        return;
    LOG_INFO("front", "draining", "connections=%u", front_n_connections(r->front));
    r->is_draining = true;
    front_drain(r->front);
    replay_stop(r->replay);
    timer_start(r->role->loop, r->tick, 0);
}

/* --- opening and closing --- */

/* EX_OK, or the reason was logged. */
static int open_ports(struct front_role *r)
{
    const struct config *config = r->role->config;
    struct errmsg msg;
    r->vault = role_vault(r->role);
    if (r->vault == NULL)
        return EX_CONFIG;
    enum err e = spool_file_new(r->role->loop, r->vault, config->spool_dir.p,
                                (uint64_t)config->spool_quota_mb << 20, &r->spool, &msg);
    if (e != ERR_OK) {
        LOG_ERROR("front", "spool cannot be used", "%s", msg.text);
        return EX_CONFIG;
    }
    r->store = role_store(r->role, true);
    r->look = role_look_new(r->role, r->store);
    return EX_OK;
}

static void build_app(struct front_role *r)
{
    const struct role_context *role = r->role;
    r->courses = course_set_new(role->loop, r->store);
    course_set_prefer(r->courses, role->config->course);
    r->cohorts = cohort_set_new(role->loop, r->store);
    cohort_set_start(r->cohorts);
    r->upgrade = upgrade_new(role->loop, r->store);
    r->dialogs = dialogs_new(&(struct dialog_parts){.loop = role->loop,
                                                    .store = r->store,
                                                    .spool = r->spool,
                                                    .vault = r->vault,
                                                    .metrics = role->metrics,
                                                    .config = role->config,
                                                    .channels = role->channels,
                                                    .courses = r->courses,
                                                    .cohorts = r->cohorts,
                                                    .upgrade = r->upgrade});
    r->joiner = joiner_new(&(struct joiner_ports){.loop = role->loop,
                                                  .store = r->store,
                                                  .vault = r->vault,
                                                  .metrics = role->metrics,
                                                  .config = role->config,
                                                  .dialogs = r->dialogs});
    r->callbacks =
        callbacks_new(&(struct callback_parts){.loop = role->loop,
                                               .store = r->store,
                                               .vault = r->vault,
                                               .metrics = role->metrics,
                                               .channels = role->channels,
                                               .dialogs = r->dialogs,
                                               .joiner = r->joiner,
                                               .trusted_proxies = role->config->trusted_proxies,
                                               .fn = on_response,
                                               .ctx = r});
    r->check_pages = check_pages_new(&(struct check_page_parts){.store = r->store,
                                                                .vault = r->vault,
                                                                .config = role->config,
                                                                .courses = r->courses,
                                                                .fn = on_response,
                                                                .ctx = r});
    r->replay = replay_new(&(struct replay_parts){.loop = role->loop,
                                                  .store = r->store,
                                                  .spool = r->spool,
                                                  .metrics = role->metrics,
                                                  .channels = role->channels,
                                                  .courses = r->courses,
                                                  .dialogs = r->dialogs,
                                                  .joiner = r->joiner});
}

static int run(struct front_role *r)
{
    r->begun = loop_mono(r->role->loop);
    r->tick = timer_new(r->role->loop, on_tick, r);
    timer_start(r->role->loop, r->tick, 0);
    loop_libevent_on_signal(r->role->loop, SIGTERM, on_term, r);
    loop_run(r->role->loop);
    if (r->front != NULL)
        count(r);
    timer_free(r->role->loop, r->tick);
    return r->code;
}

int role_front(const struct role_context *role)
{
    struct front_role r = {.role = role};
    int code = open_ports(&r);
    if (code != EX_OK)
        return code; /* the process ends, and with it what it has opened */
    build_app(&r);
    code = run(&r);
    store_free(r.store); /* answers what is under way, so that the app comes to an end */
    spool_free(r.spool);
    replay_free(r.replay);
    callbacks_free(r.callbacks);
    check_pages_free(r.check_pages);
    joiner_free(r.joiner);
    dialogs_free(r.dialogs);
    course_set_free(r.courses);
    cohort_set_free(r.cohorts);
    upgrade_free(r.upgrade);
    front_free(r.front);
    vault_free(r.vault);
    return code;
}
