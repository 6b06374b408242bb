/*
 * The server that is asked for a Cluster's map, where that is of no use: it tells none, or one of
 * servers that are not there. It is a pretended one, a process of its own; behind it is a real
 * Cluster of one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/mman.h>

#define FIXTURE_DEADLINE_MS 20000
#include "port/store/hiredis_link.h"
#include "port/store/learners.h"
#include "store_fixture.h"

static pid_t scout;
static int scout_port;
static char *map; /* what it says of CLUSTER SHARDS, in memory that both processes have */
#define MAP_BYTES 1024

/* ---- the pretended server ---- */

static bool is_map(const redisReply *command)
{
    return command->elements == 2 && strcmp(command->element[1]->str, "SHARDS") == 0;
}

static void serve(int fd)
{
    static char bytes[4096];
    redisReader *reader = redisReaderCreate(); /* commands look as replies do */
    for (ssize_t n; (n = read(fd, bytes, sizeof(bytes))) > 0;) {
        void *command = NULL;
        (void)redisReaderFeed(reader, bytes, (size_t)n);
        while (redisReaderGetReply(reader, &command) == REDIS_OK && command != NULL) {
            const char *reply = is_map(command) ? map : "+OK\r\n";
            freeReplyObject(command);
            if (write(fd, reply, strlen(reply)) < 0)
                return; /* the next read ends it */
        }
    }
}

static void serve_all(int listener)
{
    (void)signal(SIGPIPE, SIG_IGN); /* these fail on bad numbers only */
    (void)signal(SIGCHLD, SIG_IGN);
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; (void)close(fd)) {
        if (fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(fd);
            _exit(0);
        }
    }
}

static int open_scout(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    if (group_setup(state) != 0 || !has_server)
        return 0; /* the cases skip themselves */
    redis_server_init_cluster(&cluster);
    map = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (map == MAP_FAILED || bind(listener, (struct sockaddr *)&at, size) != 0 ||
        listen(listener, 8) != 0 || getsockname(listener, (struct sockaddr *)&at, &size) != 0)
        return -1;
    scout_port = ntohs(at.sin_port);
    scout = fork();
    if (scout == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve_all(listener);
        _exit(0);
    }
    return close(listener);
}

static int close_scout(void **state)
{
    if (scout > 0)
        (void)(kill(scout, SIGKILL), waitpid(scout, NULL, 0));
    return group_teardown(state);
}

/* ---- the store ---- */

static int open_store(void **state, const char *servers)
{
    struct store_settings set = settings();
    struct loop *loop = loop_libevent_new();
    set.socket_path = NULL;
    set.cluster = servers;
    *state = subject_new("scout", loop, store_hiredis_new(loop, &set));
    return 0;
}

static int setup_no_map(void **state)
{
    char servers[64];
    if (!has_server)
        return 0;
    (void)snprintf(map, MAP_BYTES, ":0\r\n");
    (void)snprintf(servers, sizeof(servers), "127.0.0.1:%d 127.0.0.1:%d", scout_port, cluster.port);
    return open_store(state, servers);
}

/* Its greeting is in order: only after many looks in vain it is known to be of no use. */
static void who_tells_no_map_is_left_for_another_server(void **state)
{
    struct subject *t = subject(state);
    wait_up(t, true);
    assert_int_equal(do_step(t, id_of(1, 1), 0, "a"), ERR_OK);
}

/* ---- a map with a server that is away ---- */

static int put_shard(char *p, size_t room, int from, int to, int port)
{
    return snprintf(p, room,
                    "*4\r\n$5\r\nslots\r\n*2\r\n:%d\r\n:%d\r\n$5\r\nnodes\r\n*1\r\n*12\r\n"
                    "$4\r\nport\r\n:%d\r\n$8\r\ntls-port\r\n:0\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n"
                    "$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
                    "$6\r\nhealth\r\n$6\r\nonline\r\n",
                    from, to, port);
}

#define HALF (SLOTS / 2)

static int setup_half(void **state)
{
    char servers[32];
    if (!has_server)
        return 0;
    int n = snprintf(map, MAP_BYTES, "*2\r\n");
    n += put_shard(map + n, MAP_BYTES - (size_t)n, 0, HALF - 1, cluster.port);
    (void)put_shard(map + n, MAP_BYTES - (size_t)n, HALF, SLOTS - 1, free_port());
    (void)snprintf(servers, sizeof(servers), "127.0.0.1:%d", scout_port);
    return open_store(state, servers);
}

/* A bucket of the lower or the upper half of the slots. */
static uint8_t bucket_in(bool is_upper)
{
    char key[KEY_BYTES];
    for (uint8_t bucket = 0;; bucket++) {
        if ((slot_of(bucket_key(key, bucket, STR(""))) >= HALF) == is_upper)
            return bucket;
    }
}

struct states {
    struct got *got;
    uint32_t n;
};

static void got_states(void *ctx, enum err e, const struct str *states, uint32_t n)
{
    struct states *s = ctx;
    (void)states; /* nobody has one */
    s->n = n;
    got_done(s->got, e);
}

/* What lies on the one that is there is served, also where many buckets are asked for at once. */
static void who_is_away_keeps_nobody_from_the_others(void **state)
{
    struct subject *t = subject(state);
    struct number_id here = id_of(bucket_in(false), 1), away = id_of(bucket_in(true), 1);
    struct states s = {.n = 0};
    wait_up(t, true);
    assert_int_equal(do_step(t, here, 0, "a"), ERR_OK);
    assert_int_equal(do_load(t, away), ERR_UNAVAILABLE);
    s.got = begin(t);
    store_states(t->store, &here, 1, got_states, &s);
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(s.n, 1);
    s.got = begin(t);
    store_states(t->store, &away, 1, got_states, &s);
    assert_int_equal(end(t), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_tells_no_map_is_left_for_another_server, setup_no_map,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_is_away_keeps_nobody_from_the_others, setup_half,
                                        teardown)};
    return cmocka_run_group_tests(tests, open_scout, close_scout);
}
