/*
 * store_mem_shares.c: what several processes share, as port/store/functions.lua has it: limits on
 * what is sent, and leases.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/xalloc.h"
#include "lab/mem/store_mem_ops.h"

#define DAY_S 86400

static int64_t now_s(struct mem_store *m)
{
    return loop_wall(m->loop).ms / 1000;
}

static struct mem_counter *counter_need(struct mem_store *m, const struct store_cap *cap)
{
    char key[STORE_CAP_KEY_BYTES + 1];
    struct mem_counter *counter = NULL;
    if (str_copy(cap->key, key, sizeof(key)) != ERR_OK)
        abort(); /* keys are made by the program */
    HASH_FIND_STR(m->counters, key, counter);
    if (counter == NULL) {
        counter = xcalloc(1, sizeof(*counter));
        memcpy(counter->key, key, sizeof(key));
        HASH_ADD_STR(m->counters, key, counter);
    }
    int64_t window = now_s(m) / cap->window_s;
    if (window > counter->window) {
        counter->window = window;
        counter->n = 0;
    }
    return counter;
}

/* All or none; the cap without room, or NULL. */
static const struct store_cap *take(struct mem_store *m, const struct store_cap *caps, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (counter_need(m, &caps[i])->n + caps[i].units > caps[i].limit)
            return &caps[i];
    }
    for (uint32_t i = 0; i < n; i++)
        counter_need(m, &caps[i])->n += caps[i].units;
    return NULL;
}

/* What is counted of the number itself. */
static const char *check_number(struct mem_record *record, const struct store_caps *caps, int64_t s)
{
    if (s / DAY_S > record->day) {
        record->day = s / DAY_S;
        record->n_messages = 0;
    }
    if (record->exchange != caps->exchange || s - record->exchange_since_s >= caps->exchange_s) {
        record->exchange = caps->exchange;
        record->n_exchanges = 0;
        record->exchange_since_s = s;
    }
    uint32_t n_before = record->n_exchanges++;
    if (caps->refused_by != NULL)
        return caps->refused_by;
    if (caps->exchange != 0 && n_before >= caps->exchange_limit)
        return "loop";
    return record->n_messages + caps->number_units > caps->number_limit ? "number" : NULL;
}

const char *mem_caps_check(struct mem_store *m, struct mem_record *record,
                           const struct store_caps *caps)
{
    const char *refused_by = check_number(record, caps, now_s(m));
    const struct store_cap *full = refused_by == NULL ? take(m, caps->list, caps->n) : NULL;
    if (full != NULL)
        refused_by = full->name;
    if (refused_by == NULL)
        record->n_messages += caps->number_units;
    return refused_by;
}

void mem_caps_tell(struct mem_store *m, const struct store_commit *commit, const char *refused_by)
{
    const struct store_caps *caps = commit->caps;
    if (refused_by == NULL && str_is_empty(caps->said_event))
        return;
    char id[EVENT_PLACE_BYTES];
    struct buf event CLEANUP(buf_fini);
    mem_value_init(&event, refused_by != NULL ? caps->refused_event : caps->said_event);
    event_place_write((struct event_place){(uint64_t)loop_wall(m->loop).ms, ++m->last_entry}, id);
    event_message_end(str_from(id), str_from(refused_by), &event);
    mem_stream_add(m, STORE_STREAM_EVENTS, commit->id.bytes[0], buf_str(&event));
}

void mem_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
              void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "take", mem_deliver_done, ctx);
    a->fn.done = fn;
    if (a->has_effect && take(mem(s), caps, n) != NULL)
        a->e = ERR_DENIED;
    mem_response_post(mem(s), a);
}

void mem_caps_fini(struct mem_store *m)
{
    struct mem_counter *counter, *next;
    HASH_ITER(hh, m->counters, counter, next)
    {
        HASH_DEL(m->counters, counter);
        free(counter);
    }
}

/* ---- leases ---- */

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

static void deliver_lease(struct mem_response *a)
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

static void own(struct mem_store *m, const struct store_lease *lease, struct mem_response *a)
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
    struct mem_response *a = mem_response_new(m, "lease_keep", deliver_lease, ctx);
    a->fn.lease = fn;
    if (a->has_effect)
        own(m, lease, a);
    mem_response_post(m, a);
}

void mem_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                    bool is_leaving, store_on_lease_given *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "lease_give", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_lease *l = lease_of(m, lease->kind);
    struct mem_member *me = member_of(l, lease->owner);
    for (uint32_t i = 0; a->has_effect && i < STORE_LEASE_RANGES; i++) {
        if (ranges[i] && l->ranges[i].member == me && l->ranges[i].life == lease->life)
            l->ranges[i].member = NULL;
    }
    if (a->has_effect && is_leaving)
        member_end(l, me);
    mem_response_post(m, a);
}

bool mem_is_fenced(struct mem_store *m, const struct store_entry *entry)
{
    uint64_t last = lease_of(m, STR("sender"))->fences[store_lease_range(entry->bucket)];
    return last > entry->fence;
}

void mem_leases_fini(struct mem_store *m)
{
    while (!SLIST_EMPTY(&m->leases)) {
        struct mem_lease *l = SLIST_FIRST(&m->leases);
        SLIST_REMOVE_HEAD(&m->leases, entry);
        free(l);
    }
}
