#include "app/lease.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"

struct lease {
    struct lease_ports ports;
    struct store_lease mine;            /* fences: what the store says */
    uint64_t told[STORE_LEASE_RANGES];  /* what the user has been told */
    bool is_giving[STORE_LEASE_RANGES]; /* beyond our share: the user is to finish with it */
    struct timer *timer;
    int64_t kept_ms; /* monotonic; the last call that went well */
    bool is_asking;
    timer_fn *on_left; /* set: it leaves */
    void *left_ctx;
};

static int64_t now_ms(const struct lease *l)
{
    return loop_mono(l->ports.loop).ms;
}

static void tell(struct lease *l)
{
    uint64_t fences[STORE_LEASE_RANGES];
    uint32_t n = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        fences[i] = l->is_giving[i] ? 0 : l->mine.fences[i];
        n += fences[i] != 0;
    }
    if (memcmp(fences, l->told, sizeof(fences)) == 0)
        return;
    memcpy(l->told, fences, sizeof(fences));
    metrics_set(l->ports.metrics, l->ports.n_ranges, n);
    LOG_INFO("lease", "share of the buckets", "kind=%.*s ranges=%u of=%u", STR_ARG(l->ports.kind),
             n, STORE_LEASE_RANGES);
    l->ports.on_change(l->ports.ctx, l->told, n);
}

static void wait_for(struct lease *l, int64_t ms)
{
    timer_start(l->ports.loop, l->timer, ms);
}

/* The upper ones of those beyond an equal share. */
static void choose_what_to_give(struct lease *l, uint32_t n_alive)
{
    uint32_t share = (STORE_LEASE_RANGES + n_alive - 1) / n_alive, n = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        n += l->mine.fences[i] != 0;
        l->is_giving[i] = l->mine.fences[i] != 0 && n > share;
    }
}

static void on_given(void *ctx, enum err e)
{
    struct lease *l = ctx;
    if (e != ERR_OK)
        LOG_WARN("lease", "not given back", "err=%s", err_name(e)); /* asked again soon */
    l->is_asking = false;
    wait_for(l, LEASE_HURRY_MS);
}

/* False: there is nothing to give back now. */
static bool give_what_is_idle(struct lease *l)
{
    bool ranges[STORE_LEASE_RANGES] = {false}, has_any = false;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        ranges[i] = l->is_giving[i] && l->ports.is_idle(l->ports.ctx, i);
        has_any |= ranges[i];
    }
    if (!has_any)
        return false;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        if (ranges[i]) { /* when the store does not take it, it is ours again, and given again */
            l->is_giving[i] = false;
            l->mine.fences[i] = 0;
        }
    }
    l->is_asking = true;
    store_lease_give(l->ports.store, &l->mine, ranges, false, on_given, l);
    return true;
}

static bool is_in_hurry(const struct lease *l, uint32_t n_alive)
{
    uint32_t n_held = 0;
    bool is_giving = false;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        n_held += l->mine.fences[i] != 0;
        is_giving |= l->is_giving[i];
    }
    return is_giving || n_held < STORE_LEASE_RANGES / n_alive;
}

static void on_kept(void *ctx, enum err e, const uint64_t *fences, uint32_t n_alive)
{
    struct lease *l = ctx;
    l->is_asking = false;
    if (l->on_left != NULL)
        return;
    if (e == ERR_OK) {
        l->kept_ms = now_ms(l);
        memcpy(l->mine.fences, fences, sizeof(l->mine.fences));
        choose_what_to_give(l, n_alive);
    } else if (now_ms(l) - l->kept_ms >= LEASE_TTL_MS / 2) {
        memset(l->mine.fences, 0, sizeof(l->mine.fences));
    }
    tell(l);
    wait_for(l, e != ERR_OK || is_in_hurry(l, n_alive) ? LEASE_HURRY_MS : LEASE_KEEP_MS);
}

static void on_timer(void *ctx)
{
    struct lease *l = ctx;
    if (l->is_asking || give_what_is_idle(l))
        return;
    l->is_asking = true;
    store_lease_keep(l->ports.store, &l->mine, on_kept, l);
}

struct lease *lease_new(const struct lease_ports *ports)
{
    struct lease *l = xcalloc(1, sizeof(*l));
    l->ports = *ports;
    l->mine = (struct store_lease){.kind = ports->kind,
                                   .owner = str_from(l->ports.owner),
                                   .life = ports->life,
                                   .ttl_ms = LEASE_TTL_MS};
    l->timer = timer_new(ports->loop, on_timer, l);
    return l;
}

void lease_start(struct lease *l)
{
    wait_for(l, 0);
}

static void on_left(void *ctx, enum err e)
{
    struct lease *l = ctx;
    if (e != ERR_OK)
        LOG_WARN("lease", "not given back; others wait until its time is over", "err=%s",
                 err_name(e));
    l->on_left(l->left_ctx);
}

void lease_leave(struct lease *l, timer_fn *fn, void *ctx)
{
    bool all[STORE_LEASE_RANGES];
    memset(all, true, sizeof(all));
    timer_stop(l->ports.loop, l->timer);
    l->on_left = fn;
    l->left_ctx = ctx;
    store_lease_give(l->ports.store, &l->mine, all, true, on_left, l);
}

void lease_free(struct lease *l)
{
    if (l == NULL)
        return;
    timer_free(l->ports.loop, l->timer);
    free(l);
}
