#include "cli/open_store.h"

#define WAIT_MS 10000
#define POLL_MS 20

struct wait {
    struct loop *loop;
    struct store *store;
    struct timer *timer;
    int64_t waited_ms;
};

static void on_timer(void *ctx)
{
    struct wait *w = ctx;
    if (store_is_up(w->store) || w->waited_ms >= WAIT_MS) {
        loop_stop(w->loop);
        return;
    }
    w->waited_ms += POLL_MS;
    timer_start(w->loop, w->timer, POLL_MS);
}

struct store *open_store_and_wait(const struct config *config, struct loop *loop)
{
    struct store_settings settings = {
        .socket_path = config->redis_socket.p,
        .host = config->redis_host.p,
        .port = (int)config->redis_port,
        .username = config->redis_username.p,
        .password = config->redis_password.p,
        .deadline_ms = config->redis_deadline_ms,
        .max_in_flight = config->redis_max_in_flight,
    };
    struct wait w = {.loop = loop, .store = store_hiredis_new(loop, &settings)};
    w.timer = timer_new(loop, on_timer, &w);
    timer_start(loop, w.timer, 0);
    loop_run(loop);
    timer_free(loop, w.timer);
    return w.store;
}
