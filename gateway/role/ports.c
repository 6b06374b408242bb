#include "role/ports.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "core/learner.h"
#include "port/store/server.h"
#include "port/store/values.h"
#include "role/health.h"
#include "wire/address.h"

#define WATCH_MS 200
_Static_assert(LEARNER_RECORD == 5, "as ROLE_VERSION says");

/* n_wait: replicas that must have what is written. */
static struct store *store_of(const struct config *c, struct loop *loop, bool must_be_fenced,
                              uint32_t n_wait, uint32_t deadline_ms)
{
    struct store_settings settings = {
        .socket_path = c->redis_socket.p,
        .host = c->redis_host.p,
        .port = (int)c->redis_port,
        .username = c->redis_username.p,
        .password = c->redis_password.p,
        .cluster = c->redis_cluster.p,
        .sentinels = c->redis_sentinels.p,
        .primary = c->redis_primary.p,
        .wait_replicas = n_wait,
        .tls = {.ca = c->redis_tls_ca.p,
                .cert = c->redis_tls_cert.p,
                .key = c->redis_tls_key.p,
                .name = c->redis_tls_name.p},
        .deadline_ms = deadline_ms,
        .max_in_flight = c->redis_max_in_flight,
        .must_be_fenced = must_be_fenced,
    };
    return store_hiredis_new(loop, &settings);
}

struct store *role_store(const struct role_context *role, bool must_be_fenced)
{
    return store_of(role->config, role->loop, must_be_fenced, role->config->redis_wait_replicas,
                    role->config->redis_deadline_ms);
}

struct store *role_store_look(const struct role_context *role)
{
    return store_of(role->config, role->loop, false, 0, role->config->redis_deadline_ms);
}

/* ---- of a command ---- */

#define WAIT_MS 10000
/* At least: no phone waits for it, and a slow disk must not leave half of a command undone. */
#define COMMAND_DEADLINE_MS 5000u
#define POLL_MS 20

struct wait {
    struct loop *loop;
    struct store *store;
    struct timer *timer;
    int64_t waited_ms;
};

static void on_wait(void *ctx)
{
    struct wait *w = ctx;
    bool is_whole = store_is_up(w->store) && store_n_away(w->store) == 0;
    if (is_whole || w->waited_ms >= WAIT_MS) {
        loop_stop(w->loop);
        return;
    }
    w->waited_ms += POLL_MS;
    timer_start(w->loop, w->timer, POLL_MS);
}

static struct store *store_wait(const struct config *config, struct loop *loop, uint32_t n_wait,
                                uint32_t deadline_ms)
{
    struct wait w = {.loop = loop, .store = store_of(config, loop, false, n_wait, deadline_ms)};
    w.timer = timer_new(loop, on_wait, &w);
    timer_start(loop, w.timer, 0);
    loop_run(loop);
    timer_free(loop, w.timer);
    return w.store;
}

static uint32_t command_deadline_ms(const struct config *config)
{
    return config->redis_deadline_ms > COMMAND_DEADLINE_MS ? config->redis_deadline_ms
                                                           : COMMAND_DEADLINE_MS;
}

struct store *role_store_wait(const struct config *config, struct loop *loop)
{
    return store_wait(config, loop, config->redis_wait_replicas, command_deadline_ms(config));
}

struct store *role_store_see(const struct config *config, struct loop *loop)
{
    return store_wait(config, loop, 0, command_deadline_ms(config));
}

struct store *role_store_mend(const struct config *config, struct loop *loop)
{
    return store_wait(config, loop, 0, config->redis_deadline_ms);
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

/* ---- looking at the store ---- */

#define PROBE_MS 2000
#define MAX_REPLICAS 16u     /* that are looked at */
#define PROBE_WORRIED_MS 500 /* while something is wrong */
#define ALONE_MS 10000
#define CLOCK_APART_MS (5 * 60 * 1000)
#define HOST_NOTE_MS 60000
#define HOST_GONE_MS (7 * 24 * 3600 * INT64_C(1000))
#define FACTS_MS 10000

struct role_look {
    const struct role_context *role;
    struct store *store;
    struct timer *timer;
    struct mono_ms probed, noted, asked;
    bool is_probing, is_known, is_full, is_refused, is_clock_off, has_tidied;
    int64_t alone_ms;      /* for about so long nobody sends */
    timer_fn *on_first_up; /* NULL = called, or nobody asked */
    void *ctx;
    bool decides_ready;
};

static void on_probe(void *ctx, enum err e, struct wall_ms server, uint32_t n_senders)
{
    struct role_look *look = ctx;
    int64_t apart_ms = server.ms - loop_wall(look->role->loop).ms;
    look->is_probing = false;
    look->is_full = e == ERR_FULL;
    health_set(look->role, HEALTH_redis_full, look->is_full);
    look->is_refused = e != ERR_OK && !look->is_full;
    if (e != ERR_OK)
        return;
    bool is_off = apart_ms > CLOCK_APART_MS || apart_ms < -CLOCK_APART_MS;
    if (is_off && !look->is_clock_off)
        LOG_ERROR("clock", "not that of Redis", "apart_s=%lld", (long long)(apart_ms / 1000));
    /* One that restarts is not worth a word. */
    look->alone_ms = n_senders > 0 ? 0 : look->alone_ms + (look->is_known ? PROBE_MS : 0);
    health_set(look->role, HEALTH_no_sender, look->alone_ms >= ALONE_MS);
    look->is_known = true;
    look->is_clock_off = is_off;
    health_set(look->role, HEALTH_clock, is_off);
}

static void probe(struct role_look *look)
{
    struct mono_ms now = loop_mono(look->role->loop);
    bool is_worried = !look->is_known || look->is_full || look->is_refused || look->is_clock_off;
    if (look->is_probing || now.ms - look->probed.ms < (is_worried ? PROBE_WORRIED_MS : PROBE_MS))
        return;
    look->is_probing = true;
    look->probed = now;
    store_probe(look->store, on_probe, look);
}

static uint64_t fact(struct str facts, const char *name)
{
    uint64_t value = 0;
    return str_to_u64(store_fact(facts, str_from(name)), UINT64_MAX, &value) == ERR_OK ? value : 0;
}

/* "slave0:ip=10.0.0.2,port=6379,state=online,offset=1234,lag=0", of the one that is furthest
 * behind. */
static uint64_t behind(struct str facts)
{
    uint64_t here = fact(facts, "master_repl_offset"), most = 0;
    for (unsigned i = 0; i < MAX_REPLICAS; i++) {
        char name[16];
        uint64_t there = 0;
        (void)snprintf(name, sizeof(name), "slave%u", i); /* has room */
        struct str rest = store_fact(facts, str_from(name));
        size_t at = str_find(rest, STR("offset="));
        struct str left = at != SIZE_MAX ? str_sub(rest, at + 7, rest.len) : STR_NONE;
        if (str_to_u64(str_split(&left, ','), here, &there) == ERR_OK && here - there > most)
            most = here - there;
    }
    return most;
}

/* Of a Cluster's masters: the fullest, all files together, the fewest replicas, the one that is
 * furthest behind. */
struct facts {
    uint64_t used, most, aof, replicas, behind;
    bool is_file_good;
};

static void facts_add(struct facts *all, struct str facts)
{
    uint64_t used = fact(facts, "used_memory"), most = fact(facts, "maxmemory");
    uint64_t replicas = fact(facts, "connected_slaves"), missing = behind(facts);
    if ((double)used / (double)(most + 1) >= (double)all->used / (double)(all->most + 1)) {
        all->used = used;
        all->most = most;
    }
    all->aof += fact(facts, "aof_current_size");
    all->replicas = replicas < all->replicas ? replicas : all->replicas;
    all->behind = missing > all->behind ? missing : all->behind;
    all->is_file_good &= str_eq(store_fact(facts, STR("aof_last_write_status")), STR("ok")) &&
                         str_eq(store_fact(facts, STR("aof_last_bgrewrite_status")), STR("ok"));
}

static void on_facts(void *ctx, enum err e, struct str facts)
{
    struct metrics *m = ((struct role_look *)ctx)->role->metrics;
    struct facts all = {.replicas = UINT32_MAX, .is_file_good = true};
    if (e != ERR_OK)
        return;
    while (facts.p != NULL)
        facts_add(&all, str_split(&facts, STORE_FACTS_END));
    metrics_set(m, METRIC_redis_memory_bytes, all.used);
    metrics_set(m, METRIC_redis_memory_max_bytes, all.most);
    metrics_set(m, METRIC_redis_aof_bytes, all.aof);
    metrics_set(m, METRIC_redis_aof_ok, all.is_file_good);
    metrics_set(m, METRIC_redis_replicas, all.replicas);
    metrics_set(m, METRIC_redis_replica_behind_bytes, all.behind);
}

static void ask_facts(struct role_look *look)
{
    struct mono_ms now = loop_mono(look->role->loop);
    if (now.ms - look->asked.ms < FACTS_MS)
        return;
    look->asked = now;
    store_facts(look->store, STORE_FACTS_STATE, on_facts, look);
}

static void on_noted(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* in a minute comes the next one */
}

bool role_host_read(struct str note, struct role_host *ret)
{
    uint64_t seen_ms = 0, record = LEARNER_RECORD_BEFORE;
    struct str version = str_split(&note, ' ');
    *ret = (struct role_host){.version = version};
    if (note.p == NULL || str_to_u64(note, INT64_MAX, &seen_ms) != ERR_OK)
        return false;
    (void)str_split(&version, '/');
    if (version.p != NULL && str_to_u64(version, UINT8_MAX, &record) != ERR_OK)
        return false;
    ret->seen.ms = (int64_t)seen_ms;
    ret->record = (uint8_t)record;
    return true;
}

/* A container has a new name each time it starts. */
static void on_hosts(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct role_look *look = ctx;
    int64_t now_ms = loop_wall(look->role->loop).ms;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        struct role_host host;
        if (!role_host_read(values[i], &host) || now_ms - host.seen.ms > HOST_GONE_MS)
            store_board_put(look->store, STORE_BOARD_HOSTS, names[i], STR_NONE, on_noted, look);
    }
}

/* Which version is at work here, for `waypost doctor` on all hosts. */
static void note_host(struct role_look *look)
{
    struct mono_ms now = loop_mono(look->role->loop);
    char name[HOST_NAME_MAX + 1], note[64];
    if (now.ms - look->noted.ms < HOST_NOTE_MS || gethostname(name, sizeof(name)) != 0)
        return;
    look->noted = now;
    name[HOST_NAME_MAX] = '\0';
    int n = snprintf(note, sizeof(note), ROLE_VERSION " %lld",
                     (long long)loop_wall(look->role->loop).ms);
    store_board_put(look->store, STORE_BOARD_HOSTS, str_from(name), (struct str){note, (size_t)n},
                    on_noted, look);
    if (!look->has_tidied)
        store_board_get(look->store, STORE_BOARD_HOSTS, on_hosts, look);
    look->has_tidied = true;
}

static void on_look(void *ctx)
{
    struct role_look *look = ctx;
    bool is_up = store_is_up(look->store);
    health_set(look->role, HEALTH_redis_away, !is_up);
    look->is_refused &= is_up; /* one that is away says nothing */
    health_set(look->role, HEALTH_redis_refuses, look->is_refused);
    health_set(look->role, HEALTH_redis_part_away, is_up && store_n_away(look->store) > 0);
    metrics_set(look->role->metrics, METRIC_redis_up,
                is_up && store_n_away(look->store) == 0 && !look->is_refused);
    if (is_up) {
        probe(look);
        note_host(look);
        ask_facts(look);
    }
    if (look->decides_ready)
        role_ready(look->role, is_up);
    if (is_up && look->on_first_up != NULL) {
        timer_fn *fn = look->on_first_up;
        look->on_first_up = NULL;
        fn(look->ctx);
    }
    timer_start(look->role->loop, look->timer, WATCH_MS);
}

struct role_look *role_look_new(const struct role_context *role, struct store *store)
{
    struct role_look *look = xcalloc(1, sizeof(*look));
    *look = (struct role_look){.role = role,
                               .store = store,
                               .probed = {INT64_MIN / 2},
                               .noted = {INT64_MIN / 2},
                               .asked = {INT64_MIN / 2}};
    look->timer = timer_new(role->loop, on_look, look);
    timer_start(role->loop, look->timer, 0);
    return look;
}

bool role_look_is_known(const struct role_look *look)
{
    return look->is_known;
}

bool role_look_can_write(const struct role_look *look)
{
    return store_is_up(look->store) && !look->is_full && !look->is_refused;
}

void role_watch_store(const struct role_context *role, struct store *store, timer_fn *fn, void *ctx)
{
    struct role_look *look = role_look_new(role, store);
    look->on_first_up = fn;
    look->ctx = ctx;
    look->decides_ready = true;
}

struct lease *role_lease(const struct role_context *role, struct lease_ports ports)
{
    ports.loop = role->loop;
    ports.metrics = role->metrics;
    (void)snprintf(ports.owner, sizeof(ports.owner), "%016llx-%u",
                   (unsigned long long)role->instance, role->index);
    vault_random((uint8_t *)&ports.life, sizeof(ports.life));
    return lease_new(&ports);
}

void role_look_at_proxy(const struct role_context *role, const struct http_request *request,
                        struct str peer)
{
    if (address_is_unnamed_proxy(request, peer, role->config->trusted_proxies))
        LOG_WARN("role",
                 "a proxy in front is not in trusted_proxies, so all people have its address",
                 "remedy=\"trusted_proxies: %.*s\"", STR_ARG(peer));
}
