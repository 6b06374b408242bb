/* The event log, and what a server must have to be used: one table of cases against store_mem and
 * store_hiredis. */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS 20000
#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/store/stream.h"
#include "store_fixture.h"

static void the_log_is_read_from_a_place_and_stays(void **state)
{
    struct subject *t = subject(state);
    char words[8];
    for (uint32_t i = 0; i < 5; i++) {
        (void)snprintf(words, sizeof(words), "e%u", i);
        assert_int_equal(do_step(t, id_of(8, 8), i, words), ERR_OK);
    }
    assert_int_equal(do_step(t, id_of(3, 1), 0, "low"), ERR_OK);
    assert_int_equal(do_log(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 4); /* by bucket */
    assert_string_equal(t->got.entries[0].payload, "low");
    for (uint32_t i = 0; i < 3; i++) {
        (void)snprintf(words, sizeof(words), "e%u", i);
        assert_string_equal(t->got.entries[1 + i].payload, words);
        assert_int_equal(t->got.entries[1 + i].bucket, 8);
    }
    struct event_place third = t->from[8];
    assert_int_equal(do_log(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 2);
    assert_string_equal(t->got.entries[1].payload, "e4");
    assert_int_equal(do_log(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 0);
    t->from[8] = third; /* nothing was acknowledged */
    assert_int_equal(do_log(t, 3, 0), ERR_OK);
    assert_int_equal(t->got.n, 2);
}

static void only_ranges_that_are_asked_for_are_read(void **state)
{
    struct subject *t = subject(state);
    bool ranges[STORE_LEASE_RANGES] = {false};
    struct store_reader reader = {.from = t->from, .ranges = ranges, .max_each = 10};
    for (uint32_t bucket = 0; bucket < STORE_BUCKETS; bucket += STORE_LEASE_BUCKETS / 2)
        assert_int_equal(do_step(t, id_of((uint8_t)bucket, 1), 0, "e"), ERR_OK);
    ranges[3] = ranges[15] = true;
    store_log_read(t->store, &reader, got_entries, begin(t));
    memset(ranges, true, sizeof(ranges)); /* they were copied */
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(store_lease_range(t->got.entries[i].bucket), i < 2 ? 3 : 15);
}

static struct store_log_size sizes_of[STORE_BUCKETS];

static void got_sizes(void *ctx, enum err e, const struct store_log_size *sizes)
{
    memcpy(sizes_of, sizes, sizeof(sizes_of));
    got_done(ctx, e);
}

/* How many there were, and are, from the first to the last; of other ranges nothing is said. */
static void its_length_is_told(void **state)
{
    struct subject *t = subject(state);
    bool ranges[STORE_LEASE_RANGES] = {false};
    ranges[0] = true;
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(do_step(t, id_of(8, 8), i, "e"), ERR_OK);
    assert_int_equal(do_step(t, id_of(200, 1), 0, "elsewhere"), ERR_OK);
    store_log_sizes(t->store, ranges, got_sizes, begin(t));
    assert_int_equal(end(t), ERR_OK);
    struct store_log_size whole = sizes_of[8];
    assert_int_equal(whole.n_added, 3);
    assert_int_equal(whole.n_kept, 3);
    assert_true(event_place_cmp(whole.first, whole.last) < 0);
    assert_int_equal(sizes_of[9].n_added, 0);
    assert_int_equal(sizes_of[9].last.ms, 0);
    assert_int_equal(sizes_of[200].n_added, 0);
    struct store_log_trim trim = {.bucket = 8, .last = whole.first};
    store_log_trim(t->store, &trim, 1, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    store_log_sizes(t->store, ranges, got_sizes, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(sizes_of[8].n_added, 3);
    assert_int_equal(sizes_of[8].n_kept, 2);
    assert_true(event_place_cmp(sizes_of[8].first, whole.first) > 0);
    assert_int_equal(event_place_cmp(sizes_of[8].last, whole.last), 0);
}

static void trimming_takes_away_up_to_a_place(void **state)
{
    struct subject *t = subject(state);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(do_step(t, id_of(8, 8), i, "e"), ERR_OK);
    assert_int_equal(do_step(t, id_of(9, 8), 0, "other"), ERR_OK);
    assert_int_equal(do_log(t, 2, 0), ERR_OK);
    struct event_place second = t->from[8];
    assert_int_equal(do_trim(t, 8, second), ERR_OK);
    assert_int_equal(do_trim(t, 8, second), ERR_OK); /* again: nothing */
    memset(t->from, 0, sizeof(t->from));
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 3);
    assert_int_equal(t->got.entries[0].bucket, 8);
    assert_true(event_place_cmp(t->got.entries[0].place, second) > 0);
    assert_int_equal(do_trim(t, 77, second), ERR_OK); /* where nothing is */
}

static void got_states(void *ctx, enum err e, const struct str *states, uint32_t n)
{
    struct got *got = ctx;
    got->n = n;
    for (uint32_t i = 0; i < n; i++)
        got_str(states[i].p != NULL ? str_sub(states[i], 4, states[i].len) : STR("-"),
                got->names[i], sizeof(got->names[i]));
    got_done(got, e);
}

struct scanned {
    struct got got;
    char next[32];
    uint32_t n, n_due;
    bool has_state;
};

static void got_page(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                     uint32_t n)
{
    struct scanned *s = ctx;
    got_str(next, s->next, sizeof(s->next));
    s->has_state = true;
    s->n += n;
    for (uint32_t i = 0; i < n; i++) {
        s->n_due += learners[i].due_at_ms == 7000000;
        s->has_state &= learners[i].id.bytes[0] == learners[i].id.bytes[15] &&
                        str_ends(learners[i].state, STR("here"));
    }
    got_done(&s->got, e);
}

static void all_learners_are_found_page_by_page(void **state)
{
    struct subject *t = subject(state);
    struct scanned *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    for (uint32_t i = 0; i < 700; i++) {
        struct number_id id = id_of((uint8_t)i, (uint8_t)(i >> 8));
        id.bytes[15] = id.bytes[0];
        store_restore(t->store, &id, STR("\0\0\0\1here"), i % 7 == 0 ? 7000000 : 0, got_plain,
                      begin(t));
        assert_int_equal(end(t), ERR_OK);
    }
    do {
        s->got.loop = t->loop;
        s->got.is_done = false;
        store_scan(t->store, str_from(s->next), got_page, s);
        while (!s->got.is_done)
            run_for(t, 5);
        assert_int_equal(s->got.e, ERR_OK);
        assert_true(s->has_state);
    } while (s->next[0] != '\0');
    assert_int_equal(s->n, 700); /* twice only where the table grows meanwhile */
    assert_int_equal(s->n_due, 100);
    free(s);
}

static void states_come_in_the_order_of_the_numbers(void **state)
{
    struct subject *t = subject(state);
    struct number_id ids[] = {id_of(9, 1), id_of(3, 1), id_of(3, 2), id_of(3, 1)};
    assert_int_equal(do_step(t, ids[0], 0, "nine"), ERR_OK);
    assert_int_equal(do_step(t, ids[1], 0, "three"), ERR_OK);
    store_states(t->store, ids, ARRAY_LEN(ids), got_states, begin(t));
    assert_int_equal(end(t), ERR_OK);
    static const char *const expected[] = {"nine", "three", "-", "three"};
    assert_int_equal(t->got.n, ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_string_equal(t->got.names[i], expected[i]);
    /* Asking for nothing is no error: a batch of delivery reports has no learner in it. */
    store_states(t->store, ids, 0, got_states, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, 0);
}

static void blocked_log_read_ends_with_an_entry(void **state)
{
    struct subject *t = subject(state);
    struct store_reader reader = {.from = t->from, .max_each = 10, .block_ms = 5000};
    struct got *waiting = calloc(1, sizeof(*waiting));
    assert_non_null(waiting);
    waiting->loop = t->loop;
    store_log_read(t->store, &reader, got_entries, waiting);
    run_for(t, 30);
    assert_false(waiting->is_done);
    assert_int_equal(do_log(t, 10, 0), ERR_FULL); /* a second one */
    assert_int_equal(do_step(t, id_of(1, 1), 0, "wake"), ERR_OK);
    while (!waiting->is_done)
        run_for(t, 5);
    assert_int_equal(waiting->e, ERR_OK);
    assert_int_equal(waiting->n, 1);
    assert_string_equal(waiting->entries[0].payload, "wake");
    free(waiting);
}

/* Whoever is erased may have been the only one in the bucket. */
static void a_bucket_may_lose_all_its_entries(void **state)
{
    struct subject *t = subject(state);
    struct event_place places[2];
    for (int i = 0; i < 2; i++) {
        store_append(t->store, 200, STR("a report"), got_plain, begin(t));
        assert_int_equal(end(t), ERR_OK);
    }
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 2);
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        places[i] = t->got.entries[i].place;
    for (uint32_t n = 1; n <= 2; n++) { /* one, and the other: of the first nothing is left */
        store_log_delete(t->store, 200, places, n, got_plain, begin(t));
        assert_int_equal(end(t), ERR_OK);
    }
    memset(t->from, 0, sizeof(t->from));
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 0);
    store_append(t->store, 200, STR("the next"), got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_string_equal(t->got.entries[0].payload, "the next");
}

static void an_appended_event_is_read_like_any_other(void **state)
{
    struct subject *t = subject(state);
    store_append(t->store, 200, STR("a report"), got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_int_equal(t->got.entries[0].bucket, 200);
    assert_string_equal(t->got.entries[0].payload, "a report");
}

/* ---- the fence, on a server ---- */

static void got_fence(void *ctx, enum err e, const struct store_fence *fence)
{
    struct got *got = ctx;
    got->n = fence != NULL && fence->is_open;
    (void)snprintf(got->value, sizeof(got->value), "%llu",
                   fence != NULL ? (unsigned long long)fence->epoch : 0);
    got_done(got, e);
}

static void expect_fence(struct subject *t, const char *epoch, bool is_open)
{
    store_fence(t->store, got_fence, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_string_equal(t->got.value, epoch);
    assert_int_equal(t->got.n, is_open);
}

static void open_fence(struct subject *t, uint64_t epoch)
{
    store_fence_open(t->store, epoch, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
}

/* The same server as a front sees it. */
static struct store *fenced_store(struct subject *t)
{
    struct store_settings set = settings();
    set.must_be_fenced = true;
    return store_hiredis_new(t->loop, &set);
}

static void a_fenced_store_is_away_until_it_is_open(void **state)
{
    struct subject *t = subject(state);
    struct store *plain = t->store;
    expect_fence(t, "0", false);
    t->store = fenced_store(t);
    run_for(t, 300);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_UNAVAILABLE);
    struct store *fenced = t->store;
    t->store = plain;
    open_fence(t, UINT64_MAX);
    expect_fence(t, "18446744073709551615", true);
    t->store = fenced;
    wait_up(t, true);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "known"), ERR_OK);
    assert_int_equal(do_step(t, id_of(1, 1), 1, "moves"), ERR_OK);
    t->store = plain;
    store_free(fenced);
}

/* Nobody becomes a stranger to a server that was emptied a moment ago. */
static void an_emptied_server_takes_nobody_for_new(void **state)
{
    struct subject *t = subject(state);
    struct store *plain = t->store;
    open_fence(t, 7);
    t->store = fenced_store(t);
    wait_up(t, true);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "known"), ERR_OK);
    assert_int_not_equal(redis_server_do(&server, "FLUSHALL"), -1);
    assert_int_equal(do_step(t, id_of(1, 1), 1, "who?"), ERR_UNAVAILABLE);
    assert_int_equal(redis_server_do(&server, "EXISTS wp:{b001}:events"),
                     0); /* nothing was written */
    run_for(t, 300);
    assert_int_equal(do_step(t, id_of(1, 2), 0, "new?"), ERR_UNAVAILABLE);
    struct store *fenced = t->store;
    t->store = plain;
    open_fence(t, 8);
    t->store = fenced;
    wait_up(t, true);
    assert_int_equal(do_step(t, id_of(1, 2), 0, "new"), ERR_OK);
    t->store = plain;
    store_free(fenced);
}

/* What it has after a start may be older than what it had. */
static void a_server_that_was_started_anew_is_closed(void **state)
{
    struct subject *t = subject(state);
    open_fence(t, 9);
    redis_server_kill(&server);
    assert_int_not_equal(do_load(t, id_of(1, 1)), ERR_OK);
    redis_server_start(&server);
    wait_up(t, true);
    expect_fence(t, "9", false);
    open_fence(t, 9);
    expect_fence(t, "9", true);
}

/* ---- a server without its replica ---- */

/* How many connections the server has had; one of them is this one's. */
static long long n_connections(void)
{
    redisContext *redis = redisConnectUnix(server.socket);
    redisReply *reply = redisCommand(redis, "CLIENT ID");
    assert_non_null(reply);
    long long n = reply->integer;
    freeReplyObject(reply);
    redisFree(redis);
    return n;
}

/* One that cannot be sure says so: what a lone server was told may be lost with it. Once its
 * replica is there it is of use: it is asked again and again, without longer and longer pauses. */
static void server_without_enough_replicas_is_away(void **state)
{
    struct subject *t = subject(state);
    struct store_settings set = settings();
    set.wait_replicas = 1;
    set.deadline_ms = 200;
    struct store *before = t->store;
    t->store = store_hiredis_new(t->loop, &set);
    run_for(t, 2000);
    assert_false(store_is_up(t->store));
    long long n = n_connections();
    run_for(t, 2000);
    assert_true(n_connections() - n > 5);
    store_free(t->store);
    t->store = before;
}

/* Several commands with one response: where none can be sent, and where there is none. */
static void what_asks_for_many_things_is_refused_at_once(void **state)
{
    struct subject *t = subject(state);
    struct store_settings set = settings();
    struct store *before = t->store;
    store_log_trim(t->store, NULL, 0, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    set.socket_path = "/tmp/no-such-folder/redis.sock";
    t->store = store_hiredis_new(t->loop, &set);
    assert_int_equal(do_trim(t, 7, (struct event_place){1, 1}), ERR_UNAVAILABLE);
    store_fence_open(t->store, 9, got_plain, begin(t));
    assert_int_equal(end(t), ERR_UNAVAILABLE);
    store_free(t->store);
    t->store = before;
}

/* While a slot has no server, what asks for it waits, as long as it may. */
static void a_slot_that_nobody_has_is_waited_for(void **state)
{
    struct subject *t = subject(state);
    struct store_settings set = settings();
    struct store *patient = t->store;
    char address[32];
    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", cluster.port);
    set.socket_path = NULL;
    set.cluster = address;
    set.deadline_ms = 300;
    t->store = store_hiredis_new(t->loop, &set);
    wait_up(t, true);
    assert_int_not_equal(redis_server_do(&cluster, "CONFIG SET cluster-node-timeout 500"), -1);
    assert_int_not_equal(redis_server_do(&cluster, "CLUSTER DELSLOTS 12862"), -1); /* {b007} */
    assert_int_equal(do_load(t, id_of(7, 1)), ERR_UNAVAILABLE);
    store_free(t->store);
    t->store = patient;
    store_load(t->store, &(struct number_id){{7}}, got_load, begin(t));
    run_for(t, 100);
    assert_false(t->got.is_done);
    assert_int_not_equal(redis_server_do(&cluster, "CLUSTER ADDSLOTS 12862"), -1);
    while (!t->got.is_done)
        run_for(t, 5);
    assert_int_equal(t->got.e, ERR_OK);
}

/* What the server says against a command of a user. */
static enum err may(struct subject *t, const char *user, const char *command)
{
    store_may(t->store, str_from(user), str_from(command), got_value, begin(t));
    return end(t);
}

static void what_a_user_lacks_is_told(void **state)
{
    struct subject *t = subject(state);
    assert_int_not_equal(
        redis_server_do(&server, "ACL SETUSER reader on ~wp:* resetchannels -@all +get +subscribe"),
        -1);
    assert_int_equal(may(t, "reader", "get wp:x"), ERR_OK);
    assert_string_equal(t->got.value, "");
    assert_int_equal(may(t, "reader", "set wp:x 1"), ERR_OK);
    assert_non_null(strstr(t->got.value, "'set'"));
    assert_int_equal(may(t, "reader", "get other"), ERR_OK);
    assert_non_null(strstr(t->got.value, "'other' key"));
    assert_int_equal(may(t, "reader", "subscribe news"), ERR_OK);
    assert_non_null(strstr(t->got.value, "channel"));
    assert_int_equal(may(t, "writer", "get wp:x"), ERR_NOT_FOUND);
    assert_int_not_equal(redis_server_do(&server, "ACL DELUSER reader"), -1);
}

static void the_end_of_a_log_stays_when_it_is_trimmed(void **state)
{
    struct subject *t = subject(state);
    struct event_place last;
    store_log_end(t->store, 8, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_string_equal(t->got.value, "0-0");
    assert_int_equal(do_step(t, id_of(8, 8), 0, "e"), ERR_OK);
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(do_trim(t, 8, t->from[8]), ERR_OK);
    store_log_end(t->store, 8, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(event_place_read(str_from(t->got.value), &last), ERR_OK);
    assert_int_equal(event_place_cmp(last, t->from[8]), 0);
}

#define REDIS(f) cmocka_unit_test_setup_teardown(f, setup_redis, teardown)
#define CLUSTER(f) cmocka_unit_test_setup_teardown(f, setup_cluster, teardown)
#define EACH(f)                                                                                    \
    cmocka_unit_test_setup_teardown(f, setup_mem, teardown),                                       \
        cmocka_unit_test_setup_teardown(f, setup_redis, teardown),                                 \
        cmocka_unit_test_setup_teardown(f, setup_cluster, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_log_is_read_from_a_place_and_stays),
        EACH(only_ranges_that_are_asked_for_are_read),
        EACH(its_length_is_told),
        EACH(trimming_takes_away_up_to_a_place),
        EACH(all_learners_are_found_page_by_page),
        EACH(states_come_in_the_order_of_the_numbers),
        EACH(blocked_log_read_ends_with_an_entry),
        EACH(a_bucket_may_lose_all_its_entries),
        EACH(an_appended_event_is_read_like_any_other),
        EACH(the_end_of_a_log_stays_when_it_is_trimmed),
        REDIS(a_fenced_store_is_away_until_it_is_open),
        REDIS(an_emptied_server_takes_nobody_for_new),
        REDIS(a_server_that_was_started_anew_is_closed),
        REDIS(server_without_enough_replicas_is_away),
        REDIS(what_a_user_lacks_is_told),
        REDIS(what_asks_for_many_things_is_refused_at_once),
        CLUSTER(a_slot_that_nobody_has_is_waited_for),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
