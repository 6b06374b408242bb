/*
 * Leases: one table of cases against store_mem and against store_hiredis with a real redis-server.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "port/store/server.h"
#include "port/store/stream.h"
#include "redis_server.h"
#include "store_subject.h"

#define TTL_MS 1000 /* a busy machine needs some of it for a single call */

static struct redis_server server;
static bool has_server;

static struct subject *subject_new(const char *name, struct loop *loop, struct store *store)
{
    struct subject *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    *t = (struct subject){.name = name, .loop = loop, .store = store};
    t->watchdog = timer_new(loop, on_watchdog, t);
    t->pause = timer_new(loop, on_watchdog, t);
    return t;
}

static int setup_mem(void **state)
{
    struct loop *loop = loop_mem_new((struct wall_ms){1764000000000});
    *state = subject_new("mem", loop, store_mem_new(loop));
    return 0;
}

static int setup_redis(void **state)
{
    if (!has_server)
        return 0; /* the case skips itself */
    assert_int_not_equal(redis_server_do(&server, "FLUSHALL"), -1);
    struct loop *loop = loop_libevent_new();
    struct store_settings settings = {
        .socket_path = server.socket, .deadline_ms = 20000, .max_in_flight = 1000};
    struct subject *t = subject_new("redis", loop, store_hiredis_new(loop, &settings));
    *state = t;
    wait_up(t, true);
    return 0;
}

static int teardown(void **state)
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

static struct subject *subject(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

/* ---- owners ---- */

struct owner {
    struct store_lease lease;
    uint32_t n_held, n_alive;
};

static struct owner owner_of(const char *name, uint64_t life)
{
    return (struct owner){
        .lease = {.kind = STR("sender"), .owner = str_from(name), .life = life, .ttl_ms = TTL_MS}};
}

struct kept {
    struct got *got;
    struct owner *owner;
};

static void on_kept(void *ctx, enum err e, const uint64_t *fences, uint32_t n_alive)
{
    struct kept *kept = ctx;
    kept->owner->n_alive = n_alive;
    kept->owner->n_held = 0;
    for (uint32_t i = 0; e == ERR_OK && i < STORE_LEASE_RANGES; i++) {
        kept->owner->lease.fences[i] = fences[i];
        kept->owner->n_held += fences[i] != 0;
    }
    got_done(kept->got, e);
}

static void keep(struct subject *t, struct owner *owner)
{
    struct kept kept = {begin(t), owner};
    store_lease_keep(t->store, &owner->lease, on_kept, &kept);
    assert_int_equal(end(t), ERR_OK);
}

/* Ranges from first on. */
static void give(struct subject *t, struct owner *owner, uint32_t first, bool is_leaving)
{
    bool ranges[STORE_LEASE_RANGES];
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        ranges[i] = i >= first;
    store_lease_give(t->store, &owner->lease, ranges, is_leaving, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
}

static void expect_apart(const struct owner *a, const struct owner *b)
{
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        assert_true(a->lease.fences[i] == 0 || b->lease.fences[i] == 0);
}

/* ---- messages ---- */

static struct store_entry enqueue(struct subject *t, uint8_t bucket)
{
    static char id[48];
    char state[64];
    struct store_commit commit = {.id = id_of(bucket, 1),
                                  .state = state_of(state, 1, "x"),
                                  .outbox = {STR("an SMS")},
                                  .n_outbox = 1,
                                  .due_at_ms = -1};
    store_commit(t->store, &commit, got_load, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_read(t, 9, 0), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_int_equal(str_copy(str_from(t->got.entries[0].id), id, sizeof(id)), ERR_OK);
    return (struct store_entry){.bucket = bucket, .id = str_from(id)};
}

static enum err mark(struct subject *t, struct store_entry entry, uint64_t fence)
{
    entry.fence = fence;
    struct number_id id = id_of(entry.bucket, 1);
    store_mark_sending(t->store, &entry, &id, got_value, begin(t));
    return end(t);
}

static enum err settle(struct subject *t, struct store_entry entry, uint64_t fence)
{
    entry.fence = fence;
    store_settle(t->store, &entry, &(struct store_settled){.event = STR("{}")}, got_plain,
                 begin(t));
    return end(t);
}

/* ---- cases ---- */

static void one_alone_has_all_and_keeps_it(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1);
    assert_int_equal(do_probe(t), ERR_OK);
    assert_int_equal(t->got.n, 0); /* nobody sends */
    keep(t, &a);
    assert_int_equal(do_probe(t), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_int_equal(a.n_held, STORE_LEASE_RANGES);
    assert_int_equal(a.n_alive, 1);
    struct store_lease before = a.lease;
    keep(t, &a);
    assert_memory_equal(before.fences, a.lease.fences, sizeof(before.fences));
}

static void a_second_one_gets_its_share_when_it_is_given(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), b = owner_of("b", 2), c = owner_of("c", 3);
    keep(t, &a);
    keep(t, &b);
    assert_int_equal(b.n_held, 0);
    assert_int_equal(b.n_alive, 2);
    give(t, &a, STORE_LEASE_RANGES / 2, false);
    keep(t, &a); /* takes none of it back */
    assert_int_equal(a.n_held, STORE_LEASE_RANGES / 2);
    keep(t, &b);
    assert_int_equal(b.n_held, STORE_LEASE_RANGES / 2);
    expect_apart(&a, &b);
    keep(t, &c);
    assert_int_equal(c.n_held, 0);
    assert_int_equal(c.n_alive, 3);
    give(t, &a, 6, false);
    give(t, &b, 14, false);
    keep(t, &a);
    keep(t, &b);
    keep(t, &c);
    assert_int_equal(c.n_held, 4);
    expect_apart(&a, &c);
    expect_apart(&b, &c);
}

static void who_leaves_gives_all_at_once(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), b = owner_of("b", 2);
    keep(t, &a);
    keep(t, &b);
    uint64_t highest = a.lease.fences[STORE_LEASE_RANGES - 1];
    give(t, &a, 0, true);
    keep(t, &b);
    assert_int_equal(b.n_held, STORE_LEASE_RANGES);
    assert_int_equal(b.n_alive, 1);
    assert_true(b.lease.fences[0] > highest); /* each taking has a number of its own */
}

static void a_dead_ones_share_is_taken_after_its_time(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), b = owner_of("b", 2);
    keep(t, &a);
    keep(t, &b);
    for (int i = 0; i < 20 && b.n_held == 0; i++) {
        assert_int_equal(b.n_alive, 2);
        run_for(t, TTL_MS / 8);
        keep(t, &b);
    }
    assert_int_equal(b.n_held, STORE_LEASE_RANGES);
    assert_int_equal(b.n_alive, 1);
}

/* Nobody could call while the server was away: nobody's time is over because of that. */
static void an_outage_of_the_server_costs_nobody_its_share(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), b = owner_of("b", 2);
    keep(t, &a);
    keep(t, &b);
    run_for(t, 3 * TTL_MS);
    keep(t, &b);
    assert_int_equal(b.n_held, 0);
    struct store_lease before = a.lease;
    keep(t, &a);
    assert_memory_equal(before.fences, a.lease.fences, sizeof(before.fences));
}

static void a_new_life_takes_over_at_once(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), again = owner_of("a", 2);
    keep(t, &a);
    keep(t, &again);
    assert_int_equal(again.n_held, STORE_LEASE_RANGES);
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++)
        assert_true(again.lease.fences[i] > a.lease.fences[STORE_LEASE_RANGES - 1]);
    give(t, &a, 0, false); /* the dead one's words come late, and are too late */
    struct owner b = owner_of("b", 3);
    keep(t, &b);
    assert_int_equal(b.n_held, 0);
}

static void one_that_was_asleep_is_refused_when_it_wakes(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), again = owner_of("a", 2);
    struct store_entry entry = enqueue(t, 255);
    keep(t, &a);
    uint64_t old = a.lease.fences[STORE_LEASE_RANGES - 1];
    keep(t, &again);
    uint64_t new = again.lease.fences[STORE_LEASE_RANGES - 1];
    assert_int_equal(mark(t, entry, old), ERR_DENIED);
    assert_int_equal(settle(t, entry, old), ERR_DENIED);
    assert_int_equal(mark(t, entry, new), ERR_OK);
    assert_int_equal(mark(t, entry, new), ERR_OK); /* its own */
    assert_int_equal(mark(t, entry, old), ERR_DENIED);
    assert_int_equal(settle(t, entry, old), ERR_DENIED);
    assert_int_equal(settle(t, entry, new), ERR_OK);
    assert_int_equal(mark(t, entry, new), ERR_NOT_FOUND);
    assert_int_equal(settle(t, entry, new), ERR_OK); /* as often as one likes */
}

/* Nobody knows what became of it: whoever has the bucket now does not send it. */
static void a_mark_of_an_earlier_owner_is_found(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), again = owner_of("a", 2);
    struct store_entry entry = enqueue(t, 255);
    keep(t, &a);
    assert_int_equal(mark(t, entry, a.lease.fences[STORE_LEASE_RANGES - 1]), ERR_OK);
    keep(t, &again);
    assert_int_equal(mark(t, entry, again.lease.fences[STORE_LEASE_RANGES - 1]), ERR_CONFLICT);
}

/* Other kinds of process share the buckets by leases of their own. */
static void kinds_do_not_meet(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), b = owner_of("b", 2);
    b.lease.kind = STR("timer");
    keep(t, &a);
    keep(t, &b);
    assert_int_equal(a.n_held, STORE_LEASE_RANGES);
    assert_int_equal(b.n_held, STORE_LEASE_RANGES);
    assert_int_equal(b.n_alive, 1);
}

/* What a new taking gets is known to the buckets, and to no lower number. */
static void expect_all(struct subject *t, struct owner *a)
{
    for (int i = 0; i < 40 && (i == 0 || a->n_held < STORE_LEASE_RANGES); i++) {
        if (i > 0)
            run_for(t, TTL_MS / 8);
        keep(t, a);
    }
    assert_int_equal(a->n_held, STORE_LEASE_RANGES);
}

/* On a Cluster the table lies on one master, the fences on all: that one alone is emptied, or comes
 * back from an older copy, or its clock goes behind that of the one before. */
static void who_has_what_is_lost_and_the_buckets_know_later_fences(void **state)
{
    struct subject *t = subject(state);
    struct owner a = owner_of("a", 1), again = owner_of("a", 2);
    struct store_entry entry = enqueue(t, 255);
    keep(t, &a);
    keep(t, &again);
    uint64_t lost = again.lease.fences[STORE_LEASE_RANGES - 1];
    while ((uint64_t)loop_wall(t->loop).ms < lost) /* all ranges twice: some ms ahead of time */
        run_for(t, 1);
    assert_int_equal(redis_server_do(&server, "DEL wp:{leases}:sender"), 1);
    expect_all(t, &again);
    assert_true(again.lease.fences[STORE_LEASE_RANGES - 1] > lost);
    assert_int_equal(mark(t, entry, lost), ERR_DENIED);
    assert_int_equal(redis_server_do(&server, "HSET wp:{leases}:sender fence 1"), 0);
    struct owner third = owner_of("a", 3);
    keep(t, &third);
    assert_int_equal(third.n_held, STORE_LEASE_RANGES);
    char ahead[24];
    (void)snprintf(ahead, sizeof(ahead), "%llu",
                   (unsigned long long)third.lease.fences[STORE_LEASE_RANGES - 1] + 2000);
    assert_int_equal(redis_server_do(&server, "HSET wp:{b255}:fence sender %s", ahead), 0);
    assert_int_equal(redis_server_do(&server, "DEL wp:{leases}:sender"), 1);
    expect_all(t, &third);
    assert_int_equal(mark(t, entry, third.lease.fences[STORE_LEASE_RANGES - 1]), ERR_OK);
}

#define BOTH(f)                                                                                    \
    {"mem: " #f, f, setup_mem, teardown, NULL},                                                    \
    {                                                                                              \
        "redis: " #f, f, setup_redis, teardown, NULL                                               \
    }

static void got_outbox(void *ctx, enum err e, uint64_t n, int64_t oldest_ms)
{
    struct got *got = ctx;
    got->n = (uint32_t)n;
    (void)snprintf(got->value, sizeof(got->value), "%lld", (long long)oldest_ms);
    got_done(got, e);
}

static void what_waits_in_the_outbox_is_told(void **state)
{
    struct subject *t = subject(state);
    uint64_t fences[STORE_LEASE_RANGES] = {[0] = 1, [15] = 1};
    store_outbox_look(t->store, fences, got_outbox, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_string_equal(t->got.value, "0");
    assert_int_equal(do_send(t, id_of(240, 1), 0, "a"), ERR_OK);
    assert_int_equal(do_send(t, id_of(100, 1), 0, "of somebody else's share"), ERR_OK);
    assert_int_equal(do_send(t, id_of(15, 1), 0, "b"), ERR_OK);
    assert_int_equal(do_read(t, 10, 0), ERR_OK); /* in hand, and waits still */
    store_outbox_look(t->store, fences, got_outbox, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 2);
    assert_true(t->got.value[0] != '0');
    memset(fences, 0, sizeof(fences));
    store_outbox_look(t->store, fences, got_outbox, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(one_alone_has_all_and_keeps_it),
        BOTH(a_second_one_gets_its_share_when_it_is_given),
        BOTH(who_leaves_gives_all_at_once),
        BOTH(a_dead_ones_share_is_taken_after_its_time),
        BOTH(an_outage_of_the_server_costs_nobody_its_share),
        BOTH(a_new_life_takes_over_at_once),
        BOTH(one_that_was_asleep_is_refused_when_it_wakes),
        BOTH(a_mark_of_an_earlier_owner_is_found),
        BOTH(kinds_do_not_meet),
        BOTH(what_waits_in_the_outbox_is_told),
        {"redis: who_has_what_is_lost_and_the_buckets_know_later_fences",
         who_has_what_is_lost_and_the_buckets_know_later_fences, setup_redis, teardown, NULL},
    };
    has_server = redis_server_is_installed();
    if (has_server)
        redis_server_init(&server);
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (has_server)
        redis_server_fini(&server);
    return n_failed;
}
