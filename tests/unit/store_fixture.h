/* The subjects of the store tests: store_mem, and store_hiredis with a real redis-server, and with
 * a Cluster of one (where Redis is installed; else its cases skip themselves). */
#pragma once

#include "port/store/server.h"
#include "redis_server.h"
#include "store_subject.h"

static struct redis_server server, cluster; /* the second one is started when it is needed */
static bool has_server;

static inline struct subject *subject_new(const char *name, struct loop *loop, struct store *store)
{
    struct subject *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    *t = (struct subject){.name = name, .loop = loop, .store = store};
    t->watchdog = timer_new(loop, on_watchdog, t);
    t->pause = timer_new(loop, on_watchdog, t);
    return t;
}

static inline int setup_mem(void **state)
{
    struct loop *loop = loop_mem_new((struct wall_ms){1764000000000});
    *state = subject_new("mem", loop, store_mem_new(loop));
    return 0;
}

static inline struct store_settings settings(void)
{
    return (struct store_settings){
        .socket_path = server.socket, .deadline_ms = FIXTURE_DEADLINE_MS, .max_in_flight = 1000};
}

static inline struct subject *connect_redis(void)
{
    struct loop *loop = loop_libevent_new();
    struct store_settings set = settings();
    return subject_new("redis", loop, store_hiredis_new(loop, &set));
}

static inline int setup_redis(void **state)
{
    if (!has_server)
        return 0; /* the case skips itself */
    assert_int_not_equal(redis_server_do(&server, "CONFIG SET maxmemory 0"), -1);
    assert_int_not_equal(redis_server_do(&server, "FLUSHALL"), -1);
    struct subject *t = connect_redis();
    *state = t;
    wait_up(t, true);
    return 0;
}

static inline int setup_cluster(void **state)
{
    static char address[32];
    if (!has_server)
        return 0; /* the case skips itself */
    if (cluster.port == 0)
        redis_server_init_cluster(&cluster);
    assert_int_not_equal(redis_server_do(&cluster, "FLUSHALL"), -1);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", cluster.port);
    struct store_settings set = settings();
    set.socket_path = NULL;
    set.cluster = address;
    struct loop *loop = loop_libevent_new();
    struct subject *t = subject_new("cluster", loop, store_hiredis_new(loop, &set));
    *state = t;
    wait_up(t, true);
    return 0;
}

static inline int teardown(void **state)
{
    struct subject *t = *state;
    if (t == NULL)
        return 0;
    store_free(t->store);
    timer_free(t->loop, t->watchdog);
    timer_free(t->loop, t->pause);
    loop_free(t->loop);
    free(t);
    return 0;
}

static inline struct subject *subject(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

static inline int group_setup(void **state)
{
    (void)state;
    has_server = redis_server_is_installed();
    if (has_server)
        redis_server_init(&server);
    return 0;
}

static inline int group_teardown(void **state)
{
    (void)state; /* all of the group */
    if (has_server)
        redis_server_fini(&server);
    if (cluster.port != 0)
        redis_server_fini(&cluster);
    return 0;
}
