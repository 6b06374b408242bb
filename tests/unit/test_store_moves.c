/*
 * A Cluster of two whose slots move under the store: what it asks for meanwhile is answered once,
 * by whoever has the slot, and nothing is written twice or on the wrong server.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS 20000
#include "store_fixture.h"

enum { BUCKET = 7, SLOT = 12862 }; /* {b007} */

static struct redis_server second;
static char ids[2][64]; /* of both nodes */

static bool says(struct redis_server *node, const char *command, const char *words)
{
    redisReply *reply = redisCommand(node->redis, command);
    assert_non_null(reply);
    bool is_said = reply->str != NULL && strstr(reply->str, words) != NULL;
    freeReplyObject(reply);
    return is_said;
}

static void wait_to_say(struct redis_server *node, const char *command, const char *words)
{
    while (!says(node, command, words))
        (void)poll(NULL, 0, 5); /* gossip: nothing announces it */
}

static void id_get(struct redis_server *node, char *id)
{
    redisReply *reply = redisCommand(node->redis, "CLUSTER MYID");
    assert_true(reply != NULL && reply->str != NULL);
    (void)snprintf(id, sizeof(ids[0]), "%s", reply->str);
    freeReplyObject(reply);
}

static int bus_of(struct redis_server *node)
{
    redisReply *reply = redisCommand(node->redis, "CONFIG GET cluster-port");
    assert_true(reply != NULL && reply->elements == 2);
    uint64_t port = 0;
    assert_int_equal(str_to_u64(str_from(reply->element[1]->str), 65535, &port), ERR_OK);
    freeReplyObject(reply);
    return (int)port;
}

static int setup_two(void **state)
{
    if (has_server && second.port == 0) {
        redis_server_init_cluster(&cluster);
        second = (struct redis_server){.dir = "/tmp/waypost-redis.XXXXXX", .port = free_port()};
        assert_non_null(mkdtemp(second.dir));
        (void)snprintf(second.socket, sizeof(second.socket), "%s/s", second.dir);
        redis_server_start(&second);
        assert_int_not_equal(
            redis_server_do(&cluster, "CLUSTER MEET 127.0.0.1 %d %d", second.port, bus_of(&second)),
            -1);
        /* Without its last slot it would become a replica of who took it. */
        assert_int_not_equal(
            redis_server_do(&second, "CONFIG SET cluster-allow-replica-migration no"), -1);
        wait_to_say(&cluster, "CLUSTER INFO", "cluster_known_nodes:2");
        wait_to_say(&second, "CLUSTER INFO", "cluster_state:ok");
        id_get(&cluster, ids[0]);
        id_get(&second, ids[1]);
    }
    return setup_cluster(state);
}

static void set_slot(struct redis_server *node, const char *what, int of)
{
    assert_int_not_equal(redis_server_do(node, "CLUSTER SETSLOT %d %s %s", SLOT, what, ids[of]),
                         -1);
}

/* The slot is on its way, empty, from a node to the other one. */
static void begin_move(int from)
{
    struct redis_server *nodes[] = {&cluster, &second};
    set_slot(nodes[1 - from], "IMPORTING", from);
    set_slot(nodes[from], "MIGRATING", 1 - from);
}

static void end_move(int to)
{
    set_slot(to == 1 ? &second : &cluster, "NODE", to);
    set_slot(to == 1 ? &cluster : &second, "NODE", to);
}

static long long n_keys(struct redis_server *node)
{
    return redis_server_do(node, "CLUSTER COUNTKEYSINSLOT %d", SLOT);
}

static void what_has_moved_is_found(void **state)
{
    struct subject *t = subject(state);
    for (int to = 1; to >= 0; to--) { /* there, to a server that had nothing, and back */
        struct number_id id = id_of(BUCKET, (uint8_t)to);
        end_move(to);
        assert_int_equal(do_step(t, id, 0, "moved"), ERR_OK);
        assert_int_equal(do_load(t, id), ERR_OK);
        assert_string_equal(t->got.state + STORE_SEQ_BYTES, "moved");
        assert_int_equal(do_step(t, id, 0, "again"), ERR_CONFLICT); /* it was written once */
        assert_true(n_keys(to == 1 ? &second : &cluster) > 0);
        assert_int_equal(n_keys(to == 1 ? &cluster : &second), 0);
        assert_int_not_equal(redis_server_do(&second, "FLUSHALL"), -1);
        assert_int_not_equal(redis_server_do(&cluster, "FLUSHALL"), -1);
    }
    assert_true(store_is_up(t->store));
}

static void what_is_on_its_way_is_waited_for(void **state)
{
    struct subject *t = subject(state);
    struct number_id id = id_of(BUCKET, 9);
    char words[64];
    begin_move(0);
    /* What is of one key only is asked of where it goes. */
    assert_int_equal(do_trim(t, BUCKET, (struct event_place){1, 1}), ERR_OK);
    struct store_commit commit = {
        .id = id, .state = state_of(words, 1, "late"), .event = STR("late"), .due_at_ms = -1};
    store_commit(t->store, &commit, got_load, begin(t));
    run_for(t, 100);
    assert_false(t->got.is_done);
    end_move(1);
    while (!t->got.is_done)
        run_for(t, 5);
    assert_int_equal(t->got.e, ERR_OK);
    assert_int_equal(n_keys(&cluster), 0);
    assert_int_equal(do_load(t, id), ERR_OK);
    assert_string_equal(t->got.state + STORE_SEQ_BYTES, "late");
    assert_int_not_equal(redis_server_do(&second, "FLUSHALL"), -1);
    end_move(0);
}

static int end_two(void **state)
{
    if (second.port != 0)
        redis_server_fini(&second);
    return group_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_has_moved_is_found, setup_two, teardown),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_is_waited_for, setup_two, teardown),
    };
    return cmocka_run_group_tests(tests, group_setup, end_two);
}
