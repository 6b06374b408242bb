#include "role/ports.h"

#include "base/log.h"
#include "base/xalloc.h"

#define WATCH_MS 200

struct store *role_store(const struct role_context *role)
{
    const struct config *c = role->config;
    struct store_settings settings = {
        .socket_path = c->redis_socket.p,
        .host = c->redis_host.p,
        .port = (int)c->redis_port,
        .username = c->redis_username.p,
        .password = c->redis_password.p,
        .deadline_ms = c->redis_deadline_ms,
        .max_in_flight = c->redis_max_in_flight,
    };
    return store_hiredis_new(role->loop, &settings);
}

struct vault *role_vault(const struct role_context *role)
{
    struct vault *vault = NULL;
    struct errmsg msg;
    if (vault_openssl_new(role->config->keys_dir.p, &vault, &msg) != ERR_OK) {
        LOG_ERROR("vault", "keys cannot be read", "%s", msg.text);
        return NULL;
    }
    return vault;
}

struct watch {
    const struct role_context *role;
    struct store *store;
    struct timer *timer;
    timer_fn *fn;
    void *ctx;
};

static void on_watch(void *ctx)
{
    struct watch *w = ctx;
    bool is_up = store_is_up(w->store);
    role_ready(w->role, is_up);
    metrics_set(w->role->metrics, METRIC_redis_up, is_up);
    if (is_up && w->fn != NULL) {
        timer_fn *fn = w->fn;
        w->fn = NULL;
        fn(w->ctx);
    }
    timer_start(w->role->loop, w->timer, WATCH_MS);
}

void role_watch_store(const struct role_context *role, struct store *store, timer_fn *fn, void *ctx)
{
    struct watch *w = xcalloc(1, sizeof(*w)); /* lives as long as the process */
    *w = (struct watch){.role = role, .store = store, .fn = fn, .ctx = ctx};
    w->timer = timer_new(role->loop, on_watch, w);
    timer_start(role->loop, w->timer, 0);
}
