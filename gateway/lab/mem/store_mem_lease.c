/*
 * store_mem_lease.c: leases, as functions.lua keeps them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/xalloc.h"
#include "lab/mem/store_mem.h"

struct mem_member {
    char owner[64]; /* "" = none */
    int64_t until_ms;
};

struct mem_lease {
    SLIST_ENTRY(mem_lease) entry;
    char kind[16];
    struct mem_member members[8];
    struct {
        const struct mem_member *member; /* NULL = nobody's */
        uint64_t fence, life;
    } ranges[STORE_LEASE_RANGES];
    uint64_t last_fence;
    int64_t last_ms;
    uint64_t fences[STORE_LEASE_RANGES]; /* that the buckets know */
};

static void deliver_lease(struct answer *a)
{
    a->fn.lease(a->ctx, a->e, a->e == ERR_OK ? a->fences : NULL, a->n);
}

static struct mem_lease *lease_of(struct mem_store *m, struct str kind)
{
    struct mem_lease *l;
    SLIST_FOREACH(l, &m->leases, entry)
    {
        if (str_eq(str_from(l->kind), kind))
            return l;
    }
    l = xcalloc(1, sizeof(*l));
    enum err e = str_copy(kind, l->kind, sizeof(l->kind));
    assert(e == ERR_OK); /* a constant of the program */
    SLIST_INSERT_HEAD(&m->leases, l, entry);
    return l;
}

uint32_t store_mem_n_alive(struct mem_store *m, struct str kind)
{
    const struct mem_lease *l = lease_of(m, kind);
    uint32_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(l->members); i++)
        n += l->members[i].owner[0] != '\0' && l->members[i].until_ms > loop_wall(m->loop).ms;
    return n;
}

static struct mem_member *member_of(struct mem_lease *l, struct str owner)
{
    struct mem_member *free_one = NULL;
    for (size_t i = 0; i < ARRAY_LEN(l->members); i++) {
        struct mem_member *member = &l->members[i];
        if (str_eq(str_from(member->owner), owner))
            return member;
        if (member->owner[0] == '\0')
            free_one = member;
    }
    assert(free_one != NULL);
    enum err e = str_copy(owner, free_one->owner, sizeof(free_one->owner));
    assert(e == ERR_OK);
    return free_one;
}

static void member_end(struct mem_lease *l, struct mem_member *member)
{
    member->owner[0] = '\0';
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        if (l->ranges[i].member == member)
            l->ranges[i].member = NULL;
    }
}

static uint32_t end_the_dead(struct mem_lease *l, int64_t now, int64_t ttl_ms)
{
    uint32_t n_alive = 0;
    bool was_away = now - l->last_ms > ttl_ms / 2;
    for (size_t i = 0; i < ARRAY_LEN(l->members); i++) {
        struct mem_member *member = &l->members[i];
        if (member->owner[0] == '\0')
            continue;
        if (was_away && member->until_ms < now + ttl_ms)
            member->until_ms = now + ttl_ms;
        else if (member->until_ms <= now)
            member_end(l, member);
        n_alive += member->owner[0] != '\0';
    }
    return n_alive;
}

static void range_take(struct mem_lease *l, uint32_t i, const struct mem_member *member,
                       uint64_t life)
{
    l->ranges[i].member = member;
    l->ranges[i].life = life;
    l->ranges[i].fence = l->fences[i] = ++l->last_fence;
}

static void own(struct mem_store *m, const struct store_lease *lease, struct answer *a)
{
    struct mem_lease *l = lease_of(m, lease->kind);
    struct mem_member *me = member_of(l, lease->owner);
    int64_t now = loop_wall(m->loop).ms;
    me->until_ms = now + lease->ttl_ms;
    a->n = end_the_dead(l, now, lease->ttl_ms);
    l->last_ms = now;
    uint32_t share = (STORE_LEASE_RANGES + a->n - 1) / a->n, n_mine = 0;
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        if (l->ranges[i].member == me && l->ranges[i].life != lease->life)
            range_take(l, i, me, lease->life);
        n_mine += l->ranges[i].member == me;
    }
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        if (l->ranges[i].member == NULL && n_mine < share) {
            range_take(l, i, me, lease->life);
            n_mine++;
        }
        a->fences[i] = l->ranges[i].member == me ? l->ranges[i].fence : 0;
    }
}

void mem_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "lease_keep", deliver_lease, ctx);
    a->fn.lease = fn;
    if (a->has_effect)
        own(m, lease, a);
    mem_answer_post(m, a);
}

void mem_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                    bool is_leaving, store_on_lease_given *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "lease_give", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_lease *l = lease_of(m, lease->kind);
    struct mem_member *me = member_of(l, lease->owner);
    for (uint32_t i = 0; a->has_effect && i < STORE_LEASE_RANGES; i++) {
        if (ranges[i] && l->ranges[i].member == me && l->ranges[i].life == lease->life)
            l->ranges[i].member = NULL;
    }
    if (a->has_effect && is_leaving)
        member_end(l, me);
    mem_answer_post(m, a);
}

bool mem_is_fenced(struct mem_store *m, const struct store_entry *entry)
{
    uint64_t last = lease_of(m, STR("sender"))->fences[store_lease_range(entry->bucket)];
    return entry->fence > 0 && last > entry->fence;
}

void mem_leases_fini(struct mem_store *m)
{
    while (!SLIST_EMPTY(&m->leases)) {
        struct mem_lease *l = SLIST_FIRST(&m->leases);
        SLIST_REMOVE_HEAD(&m->leases, entry);
        free(l);
    }
}
