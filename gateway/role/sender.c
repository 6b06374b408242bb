/* A sender: takes the outbox to the providers. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/board.h"
#include "app/course_set.h"
#include "app/lease.h"
#include "app/opt_outs.h"
#include "app/outbox/outbox.h"
#include "app/upgrade.h"
#include "base/log.h"
#include "port/store/stream.h"
#include "role/health.h"
#include "role/ports.h"

#define MAX_CONNECTIONS 512u
#define SQL_TIMEOUT_MS 5000

struct sender_role {
    const struct role_context *role;
    struct vault *vault;
    struct store *store;
    struct sink *sink;
    struct sender *sender;
    struct course_set *courses; /* for the few STOPs that providers tell of; loaded when needed */
    struct upgrade *upgrade;
    struct dialogs *dialogs;
    struct opt_outs *opt_outs;
    struct outbox *outbox;
    struct board *board;
    struct lease *lease;
    uint64_t fences[STORE_LEASE_RANGES]; /* of our share */
    struct timer *look;
};

/* ---- what waits ---- */

#define LOOK_MS 2000
#define OLD_MS 60000

static void on_outbox(void *ctx, enum err e, uint64_t n, int64_t oldest_ms)
{
    struct sender_role *r = ctx;
    timer_start(r->role->loop, r->look, LOOK_MS);
    if (e != ERR_OK)
        return; /* that Redis is away is told elsewhere */
    int64_t age_ms = oldest_ms > 0 ? loop_wall(r->role->loop).ms - oldest_ms : 0;
    metrics_set(r->role->metrics, METRIC_outbox_waiting, n);
    metrics_set(r->role->metrics, METRIC_outbox_oldest_seconds,
                age_ms > 0 ? (uint64_t)(age_ms / 1000) : 0);
    health_set(r->role, HEALTH_outbox_old, age_ms > OLD_MS);
}

static void on_look(void *ctx)
{
    struct sender_role *r = ctx;
    store_outbox_look(r->store, r->fences, on_outbox, r);
}

/* ---- its share ---- */

/* Nothing is read before the first lease. */
static void on_pauses_known(void *ctx)
{
    struct sender_role *r = ctx;
    lease_start(r->lease);
}

static void on_lease(void *ctx, const uint64_t *fences, uint32_t n_held)
{
    struct sender_role *r = ctx;
    (void)n_held;
    memcpy(r->fences, fences, sizeof(r->fences));
    outbox_own(r->outbox, fences);
}

static bool is_idle(void *ctx, uint32_t range)
{
    struct sender_role *r = ctx;
    return outbox_is_idle(r->outbox, range);
}

static void on_store_up(void *ctx)
{
    struct sender_role *r = ctx;
    board_start(r->board, on_pauses_known, r);
}

static void on_left(void *ctx)
{
    struct sender_role *r = ctx;
    loop_stop(r->role->loop);
}

static void on_idle(void *ctx)
{
    struct sender_role *r = ctx;
    lease_leave(r->lease, on_left, r);
}

static void on_term(void *ctx)
{
    struct sender_role *r = ctx;
    LOG_INFO("sender", "draining", "in_hand=%u", outbox_n_jobs(r->outbox));
    outbox_drain(r->outbox, on_idle, r);
}

static void build_app(struct sender_role *r)
{
    const struct role_context *role = r->role;
    r->courses = course_set_new(role->loop, r->store);
    course_set_prefer(r->courses, role->config->course);
    r->upgrade = upgrade_new(role->loop, r->store);
    r->dialogs = dialogs_new(&(struct dialog_parts){.loop = role->loop,
                                                    .store = r->store,
                                                    .vault = r->vault,
                                                    .metrics = role->metrics,
                                                    .config = role->config,
                                                    .channels = role->channels,
                                                    .courses = r->courses,
                                                    .upgrade = r->upgrade});
    r->opt_outs = opt_outs_new(role->loop, r->dialogs);
    struct outbox_ports ports = {.loop = role->loop,
                                 .store = r->store,
                                 .sink = r->sink,
                                 .sender = r->sender,
                                 .vault = r->vault,
                                 .config = role->config,
                                 .channels = role->channels,
                                 .metrics = role->metrics,
                                 .on_opt_out = opt_outs_take,
                                 .on_owner = opt_outs_owner,
                                 .ctx = r->opt_outs};
    r->outbox = outbox_new(&ports);
    r->board = board_new(role->loop, r->store, r->outbox, role->channels);
}

int role_sender(const struct role_context *role)
{
    struct sender_role r = {.role = role};
    struct errmsg msg;
    if (sink_libpq_check(role->config->sender_conninfo.p, &msg) != ERR_OK) {
        LOG_ERROR("sender", "sender_conninfo cannot be used", "%s", msg.text);
        return EX_CONFIG;
    }
    r.vault = role_vault(role);
    if (r.vault == NULL)
        return EX_CONFIG;
    r.store = role_store(role, true);
    r.sink = sink_libpq_new(role->loop, role->config->sender_conninfo.p, SQL_TIMEOUT_MS);
    r.sender = sender_curl_new(role->loop, MAX_CONNECTIONS);
    build_app(&r);
    r.lease = role_lease(role, (struct lease_ports){.store = r.store,
                                                    .kind = STR("sender"),
                                                    .n_ranges = METRIC_sender_ranges,
                                                    .on_change = on_lease,
                                                    .is_idle = is_idle,
                                                    .ctx = &r});
    r.look = timer_new(role->loop, on_look, &r);
    timer_start(role->loop, r.look, 0);
    loop_libevent_on_signal(role->loop, SIGTERM, on_term, &r);
    role_watch_store(role, r.store, on_store_up, &r);
    loop_run(role->loop);
    sender_free(r.sender);
    store_free(r.store);
    sink_free(r.sink);
    lease_free(r.lease);
    timer_free(role->loop, r.look);
    board_free(r.board);
    opt_outs_free(r.opt_outs);
    outbox_free(r.outbox);
    dialogs_free(r.dialogs);
    course_set_free(r.courses);
    upgrade_free(r.upgrade);
    vault_free(r.vault);
    return EX_OK;
}
