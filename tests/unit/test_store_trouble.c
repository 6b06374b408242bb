/*
 * store_hiredis alone, with a real redis-server (where one is installed): a server that stops,
 * dies, fills up, forgets, or keeps somebody out.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS DEADLINE_MS
#include "port/store/learners.h"
#include "port/store/server.h"
#include "port/store/stream.h"
#include "port/store/values.h"
#include "store_fixture.h"

/* What a commit may have, each in a key of its own. */
static struct store_commit commit_of_all(struct number_id id, char bytes[64])
{
    return (struct store_commit){
        .id = id,
        .state = state_of(bytes, 1, "a"),
        .reply = STR("reply"),
        .reply_ttl_ms = 60000,
        .event = STR("event"),
        .outbox = {STR("sms")},
        .n_outbox = 1,
        .due_at_ms = 1000,
    };
}

static void wrong_type_writes_nothing(void **state)
{
    static const char *const keys[] = {"wp:{b001}:s:WgAKWlpaWlpaWlpaWlpa", "wp:{b001}:events",
                                       "wp:{b001}:outbox", "wp:{b001}:due", "wp:{b001}:due:16"};
    struct subject *t = subject(state);
    char bytes[64];
    struct number_id id = id_of(1, 0x5a);
    struct store_commit commit = commit_of_all(id, bytes);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_int_not_equal(redis_server_do(&server, "DEL %s", keys[i]), -1);
        long long n_before = redis_server_do(&server, "DBSIZE");
        assert_int_equal(redis_server_do(&server, "HSET %s field value", keys[i]), 1);
        assert_int_equal(do_commit(t, &commit), ERR_INVALID);
        if (i == 0 || i > 2) /* of the streams it asks nothing */
            assert_int_equal(do_restore(t, id, 1, "a", 1000), ERR_INVALID);
        assert_int_equal(redis_server_do(&server, "DBSIZE"), n_before + 1);
        assert_int_equal(redis_server_do(&server, "XLEN wp:{b001}:events"), i == 1 ? -1 : 0);
        assert_int_equal(redis_server_do(&server, "XLEN wp:{b001}:outbox"), i == 2 ? -1 : 0);
        assert_int_equal(redis_server_do(&server, "DEL %s", keys[i]), 1);
        assert_true(store_is_up(t->store));
    }
    assert_int_equal(do_commit(t, &commit), ERR_OK);
}

static void stopped_server_times_out_then_fails_fast_then_returns(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "before"), ERR_OK);
    assert_int_equal(kill(server.pid, SIGSTOP), 0);
    int64_t start_ms = loop_mono(t->loop).ms;
    assert_int_equal(do_step(t, id_of(1, 1), 1, "unknown"), ERR_TIMEOUT);
    int64_t took_ms = loop_mono(t->loop).ms - start_ms;
    assert_true(took_ms >= DEADLINE_MS && took_ms < DEADLINE_MS + 5000);
    assert_false(store_is_up(t->store));
    start_ms = loop_mono(t->loop).ms;
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_UNAVAILABLE);
    assert_true(loop_mono(t->loop).ms - start_ms < DEADLINE_MS); /* it was not asked */
    run_for(t, 3000);                                            /* back-off at its longest */
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    start_ms = loop_mono(t->loop).ms;
    wait_up(t, true);
    assert_true(loop_mono(t->loop).ms - start_ms < 2000 + 5000);
    /* The commit that timed out has arrived all the same, or never will. */
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
    assert_true(t->got.has_state);
}

static void a_server_tells_what_it_is(void **state)
{
    struct subject *t = subject(state);
    bool is_cluster = strcmp(t->name, "cluster") == 0;
    store_facts(t->store, STORE_FACTS_STATE, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_non_null(strstr(t->got.value, "redis_version:7."));
    bool has_address = strncmp(t->got.value, STORE_FACTS_SERVER ":127.0.0.1:", 25) == 0;
    assert_int_equal(has_address, is_cluster);
    store_facts(t->store, STORE_FACTS_SETTINGS, got_value, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_true(str_eq(store_fact(str_from(t->got.value), STR("appendfsync")), STR("always")));
}

/* Nobody asks for anything: only the link's own ping can find out. */
static void a_dead_server_is_noticed_while_nothing_is_asked(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_probe(t), ERR_OK);
    assert_int_equal(kill(server.pid, SIGSTOP), 0);
    wait_up(t, false);
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    wait_up(t, true);
    assert_int_equal(do_probe(t), ERR_OK);
}

static void all_that_is_in_flight_is_answered(void **state)
{
    struct subject *t = subject(state);
    enum { N = 50 };
    static struct got gots[N]; /* large */
    memset(gots, 0, sizeof(gots));
    assert_int_equal(kill(server.pid, SIGSTOP), 0);
    for (uint8_t i = 0; i < N; i++) {
        struct number_id id = id_of(i, i);
        gots[i].loop = t->loop;
        store_load(t->store, &id, got_load, &gots[i]);
    }
    for (size_t i = 0; i < N; i++) {
        while (!gots[i].is_done)
            run_for(t, 5);
        assert_int_equal(gots[i].e, ERR_TIMEOUT);
    }
    assert_int_equal(kill(server.pid, SIGCONT), 0);
    wait_up(t, true);
}

static void in_flight_is_bounded(void **state)
{
    struct subject *t = subject(state);
    enum { N = 1001 };
    struct got *gots = calloc(N, sizeof(*gots));
    assert_non_null(gots);
    for (size_t i = 0; i < N; i++) {
        struct number_id id = id_of((uint8_t)i, 0);
        gots[i].loop = t->loop;
        store_load(t->store, &id, got_load, &gots[i]);
    }
    struct got due = {.loop = t->loop}; /* what asks many buckets at once is no exception */
    store_due(t->store, &(struct store_due_by){0, 0, 1, 1000}, got_due, &due);
    for (size_t i = 0; i < N; i++) {
        while (!gots[i].is_done)
            run_for(t, 5);
        assert_int_equal(gots[i].e, i < 1000 ? ERR_OK : ERR_FULL);
    }
    while (!due.is_done)
        run_for(t, 5);
    assert_int_equal(due.e, ERR_FULL);
    free(gots);
    assert_int_equal(do_probe(t), ERR_OK);
}

static void killed_server_has_lost_nothing_acknowledged(void **state)
{
    struct subject *t = subject(state);
    for (uint8_t i = 0; i < 20; i++)
        assert_int_equal(do_step(t, id_of(i, 3), 0, "kept"), ERR_OK);
    assert_int_equal(do_due_at(t, id_of(90, 1), 0, 1000), ERR_OK);
    redis_server_kill(&server);
    assert_int_not_equal(do_load(t, id_of(1, 3)), ERR_OK);
    redis_server_start(&server);
    wait_up(t, true);
    for (uint8_t i = 0; i < 20; i++) {
        assert_int_equal(do_load(t, id_of(i, 3)), ERR_OK);
        assert_string_equal(t->got.state + 4, "kept");
    }
    assert_int_equal(do_log(t, 30, 0), ERR_OK);
    assert_int_equal(t->got.n, 20);
    assert_int_equal(do_due(t, 1000, 10), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_int_equal(do_step(t, id_of(1, 3), 1, "on"), ERR_OK); /* functions persist */
}

static void lost_function_library_is_loaded_again(void **state)
{
    struct subject *t = subject(state);
    assert_int_not_equal(redis_server_do(&server, "FUNCTION FLUSH"), -1);
    assert_int_not_equal(redis_server_do(&server, "CONFIG RESETSTAT"), -1);
    enum { N = 10 };
    static struct got gots[N]; /* large */
    char bytes[N][64];
    memset(gots, 0, sizeof(gots));
    for (uint8_t i = 0; i < N; i++) {
        struct store_commit commit = {
            .id = id_of(1, i), .state = state_of(bytes[i], 1, "a"), .due_at_ms = -1};
        gots[i].loop = t->loop;
        store_commit(t->store, &commit, got_load, &gots[i]);
    }
    for (size_t i = 0; i < N; i++) {
        while (!gots[i].is_done)
            run_for(t, 5);
        assert_int_equal(gots[i].e, ERR_OK);
    }
    assert_true(store_is_up(t->store));
    /* Once, however many commands met none. */
    redisReply *said = redisCommand(server.redis, "INFO commandstats");
    assert_non_null(said);
    assert_non_null(strstr(said->str, "cmdstat_function|load:calls=1,"));
    freeReplyObject(said);
}

static void library_of_a_newer_gateway_stays(void **state)
{
    struct subject *t = subject(state);
    static const char newer[] =
        "#!lua name=waypost\n-- version 4000000\n"
        "redis.register_function('waypost_mark', function() return 1 end)\n";
    static const char older[] =
        "#!lua name=waypost\n-- version 0\n"
        "redis.register_function('waypost_mark', function() return 1 end)\n";
    assert_int_not_equal(redis_server_do(&server, "FUNCTION LOAD REPLACE %s", newer), -1);
    assert_int_not_equal(redis_server_do(&server, "CLIENT KILL TYPE normal SKIPME yes"), -1);
    wait_up(t, false);
    wait_up(t, true);
    assert_int_equal(redis_server_do(&server, "FCALL waypost_commit 0"), -1); /* not ours */
    assert_int_not_equal(redis_server_do(&server, "FUNCTION LOAD REPLACE %s", older), -1);
    assert_int_not_equal(redis_server_do(&server, "CLIENT KILL TYPE normal SKIPME yes"), -1);
    wait_up(t, false);
    wait_up(t, true);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "ours"), ERR_OK);
}

static void full_server_refuses_writes_but_can_be_emptied(void **state)
{
    struct subject *t = subject(state);
    assert_int_equal(do_send(t, id_of(6, 1), 0, "sms"), ERR_OK);
    assert_int_equal(do_due_at(t, id_of(6, 2), 0, 1000), ERR_OK);
    assert_int_not_equal(redis_server_do(&server, "CONFIG SET maxmemory 1"), -1);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "no room"), ERR_FULL);
    assert_int_equal(do_session_put(t, STR("k"), STR("v"), 1000), ERR_FULL);
    assert_int_equal(do_probe(t), ERR_FULL);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
    assert_false(t->got.has_state);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    struct got_entry entry = t->got.entries[0];
    assert_int_equal(t->got.n, 1);
    assert_int_equal(do_mark(t, entry, id_of(6, 1), 0), ERR_OK);
    assert_int_equal(do_clear(t, entry), ERR_OK);
    assert_int_equal(do_settle(t, entry, "sent"), ERR_OK);
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, 1);
    assert_int_equal(do_due(t, 1000, 10), ERR_OK);
    assert_int_equal(t->got.n, 1);
    /* Also a gateway that starts now gets in. */
    assert_int_not_equal(redis_server_do(&server, "CLIENT KILL TYPE normal SKIPME yes"), -1);
    wait_up(t, false);
    wait_up(t, true);
    assert_int_not_equal(redis_server_do(&server, "CONFIG SET maxmemory 0"), -1);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "room"), ERR_OK);
}

static void keys_are_those_of_the_contract(void **state)
{
    struct subject *t = subject(state);
    char bytes[64];
    struct number_id id = id_of(7, 0xab);
    struct store_commit commit = commit_of_all(id, bytes);
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    assert_int_equal(do_session_put(t, STR("key"), STR("v"), 60000), ERR_OK);
    assert_int_equal(do_course_put(t, "c@1", "b", true), ERR_OK);
    static const char *const keys[] = {
        "wp:{b007}:s:qwAKWlpaWlpaWlpaWlpa",
        "wp:{b007}:r:qwAKWlpaWlpaWlpaWlpa",
        "wp:{b007}:events",
        "wp:{b007}:outbox",
        "wp:{b007}:due",
        "wp:{b007}:due:2a",
        "wp:courses",
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_int_equal(redis_server_do(&server, "EXISTS %s", keys[i]), 1);
    long long ttl_ms = redis_server_do(&server, "PTTL %s", keys[1]);
    assert_true(ttl_ms > 50000 && ttl_ms <= 60000);
    assert_int_equal(redis_server_do(&server, "KEYS wp:{u???}:u:key"), 1);
    /* The six of the bucket, session, courses. */
    assert_int_equal(redis_server_do(&server, "DBSIZE"), 6 + 2);
}

static void nothing_is_left_behind(void **state)
{
    struct subject *t = subject(state);
    long long n_empty = redis_server_do(&server, "DBSIZE");
    assert_int_equal(do_due_at(t, id_of(6, 1), 0, 1000), ERR_OK);
    assert_int_equal(do_due_at(t, id_of(6, 1), 1, 0), ERR_OK);
    assert_int_equal(redis_server_do(&server, "ZCARD wp:{b006}:due"), 1); /* a time not too late */
    assert_int_equal(do_due(t, 1000, 10), ERR_OK);
    assert_int_equal(t->got.n, 0);
    assert_int_equal(redis_server_do(&server, "ZCARD wp:{b006}:due"), 0); /* found wrong, tidied */
    assert_int_equal(do_due_at(t, id_of(6, 1), 2, 1000), ERR_OK);
    assert_int_equal(do_due_at(t, id_of(6, 1), 3, 9000), ERR_OK);
    assert_int_equal(do_due(t, 1000, 10), ERR_OK);
    assert_int_equal(redis_server_do(&server, "ZCOUNT wp:{b006}:due 9 9"), 1); /* moved up */
    assert_int_equal(do_send(t, id_of(6, 1), 4, "sms"), ERR_OK);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    struct got_entry entry = t->got.entries[0];
    assert_int_equal(do_mark(t, entry, id_of(6, 1), 0), ERR_OK);
    assert_int_equal(redis_server_do(&server, "HLEN wp:{b006}:marks"), 1);
    assert_int_equal(do_settle(t, entry, NULL), ERR_OK);
    struct store_commit erase = {.id = id_of(6, 1), .expected_seq = 5};
    assert_int_equal(do_commit(t, &erase), ERR_OK);
    assert_int_equal(do_due(t, 9000, 10), ERR_OK);
    assert_int_equal(redis_server_do(&server, "DBSIZE"), n_empty + 1); /* the outbox, empty */
    assert_int_equal(redis_server_do(&server, "XLEN wp:{b006}:outbox"), 0);
}

static void user_without_password_is_not_served(void **state)
{
    struct subject *t = subject(state);
    assert_int_not_equal(redis_server_do(&server, "ACL SETUSER gateway on >secret ~wp:* +@all"),
                         -1);
    static const struct {
        const char *username, *password;
        bool is_up;
    } rows[] = {{"gateway", "secret", true}, {"gateway", "wrong", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct store_settings set = settings();
        set.username = rows[i].username;
        set.password = rows[i].password;
        struct store *store = store_hiredis_new(t->loop, &set), *before = t->store;
        t->store = store;
        if (rows[i].is_up)
            wait_up(t, true);
        else
            run_for(t, 100);
        assert_int_equal(do_probe(t), rows[i].is_up ? ERR_OK : ERR_UNAVAILABLE);
        t->store = before;
        store_free(store);
    }
    assert_int_not_equal(redis_server_do(&server, "ACL DELUSER gateway"), -1);
}

static void no_server_at_all_is_unavailable(void **state)
{
    struct subject *t = subject(state);
    struct store_settings set = settings();
    set.socket_path = "/tmp/no-such-folder/redis.sock";
    struct store *before = t->store;
    t->store = store_hiredis_new(t->loop, &set);
    assert_false(store_is_up(t->store));
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_UNAVAILABLE);
    assert_int_equal(do_log(t, 1, 1000), ERR_UNAVAILABLE);
    assert_int_equal(do_log(t, 1, 1000), ERR_UNAVAILABLE);
    assert_int_equal(do_settle(t, t->got.entries[0], NULL), ERR_UNAVAILABLE);
    assert_int_equal(do_due(t, 1, 1), ERR_UNAVAILABLE);
    store_free(t->store);
    t->store = before;
}

/* A Sentinel that watches what is named so; of_port 0: nothing. */
static pid_t sentinel_start(int port, int of_port)
{
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/sentinel-%d.conf", server.dir, port);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    (void)fprintf(f, "port %d\nbind 127.0.0.1\n", port);
    if (of_port != 0)
        (void)fprintf(f, "sentinel monitor waypost 127.0.0.1 %d 1\n", of_port);
    assert_int_equal(fclose(f), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        (void)execlp("redis-server", "redis-server", path, "--sentinel", (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* One Sentinel is gone and one does not know it; the server that the third one tells of is asked
 * whether it is the primary indeed. */
static void the_primary_is_where_a_sentinel_says(void **state)
{
    struct subject *t = subject(state);
    struct store *before = t->store;
    int port = free_port(), ignorant = free_port(), knowing = free_port();
    char sentinels[96];
    assert_int_not_equal(redis_server_do(&server, "CONFIG SET port %d", port), -1);
    pid_t pids[] = {sentinel_start(ignorant, 0), sentinel_start(knowing, port)};
    (void)snprintf(sentinels, sizeof(sentinels), "127.0.0.1:%d 127.0.0.1:%d  127.0.0.1:%d",
                   free_port(), ignorant, knowing);
    struct store_settings set = settings();
    set.socket_path = NULL;
    set.sentinels = sentinels;
    set.primary = "waypost";
    t->store = store_hiredis_new(t->loop, &set);
    wait_up(t, true);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "here"), ERR_OK);
    assert_int_not_equal(redis_server_do(&server, "REPLICAOF 127.0.0.1 1"), -1);
    assert_int_not_equal(do_step(t, id_of(1, 1), 1, "read only"), ERR_OK);
    wait_up(t, false);
    run_for(t, 300); /* it goes on asking, and believes nobody */
    assert_false(store_is_up(t->store));
    assert_int_not_equal(redis_server_do(&server, "REPLICAOF NO ONE"), -1);
    wait_up(t, true);
    assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
    assert_string_equal(t->got.state + STORE_SEQ_BYTES, "here");
    store_free(t->store);
    t->store = before;
    for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
        (void)kill(pids[i], SIGKILL);
        (void)waitpid(pids[i], NULL, 0);
    }
    assert_int_not_equal(redis_server_do(&server, "CONFIG SET port 0"), -1);
    wait_up(t, true);
}

#define REDIS(f) cmocka_unit_test_setup_teardown(f, setup_redis, teardown)
#define CLUSTER(f) cmocka_unit_test_setup_teardown(f, setup_cluster, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REDIS(a_server_tells_what_it_is),
        CLUSTER(a_server_tells_what_it_is),
        REDIS(wrong_type_writes_nothing),
        REDIS(stopped_server_times_out_then_fails_fast_then_returns),
        REDIS(a_dead_server_is_noticed_while_nothing_is_asked),
        REDIS(all_that_is_in_flight_is_answered),
        REDIS(in_flight_is_bounded),
        REDIS(killed_server_has_lost_nothing_acknowledged),
        REDIS(lost_function_library_is_loaded_again),
        REDIS(library_of_a_newer_gateway_stays),
        REDIS(full_server_refuses_writes_but_can_be_emptied),
        REDIS(keys_are_those_of_the_contract),
        REDIS(nothing_is_left_behind),
        REDIS(user_without_password_is_not_served),
        REDIS(no_server_at_all_is_unavailable),
        REDIS(the_primary_is_where_a_sentinel_says),
    };
    return cmocka_run_group_tests_name("store_trouble", tests, group_setup, group_teardown);
}
