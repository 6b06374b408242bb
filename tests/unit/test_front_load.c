/*
 * The front in a process of its own under hostile load, with short deadlines so that it takes
 * seconds: slow heads beside good traffic, more slow connections than there is room for, idle
 * connections and their memory, unfinished bodies and their memory, restarts (docs/reliability.md
 * T11, T13 to T15).
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/front/front.h"

#if defined(__SANITIZE_ADDRESS__)
#define IS_MEMORY_OURS false /* the sanitizer's own memory would be measured */
#else
#define IS_MEMORY_OURS true
#endif

#define MAX_CONNECTIONS 4000
#define PATIENCE_S 30 /* only a failure waits so long */
#define REQUEST "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

struct server {
    pid_t pid;
    int port;
    int listen_fd; /* as the supervisor keeps it */
    struct front_limits limits;
};

/* In the server. */
static struct front *front;
static struct loop *loop;
static struct timer *drain_poll;

static long resident_bytes(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        (void)fclose(file);
    const char *second = strchr(line, ' '); /* pages: total, resident, ... */
    return second != NULL ? strtol(second, NULL, 10) * sysconf(_SC_PAGESIZE) : -1;
}

/* "/": resident bytes, connections and evictions, as text. */
static void on_request(void *ctx, struct front_token token, const struct http_request *request,
                       struct str peer)
{
    (void)ctx, (void)request, (void)peer;
    char body[96];
    int n =
        snprintf(body, sizeof(body), "%ld %u %llu\n", resident_bytes(), front_n_connections(front),
                 (unsigned long long)front_counters_get(front)->n_evicted);
    const struct http_response response = {.status = 200, .body = {body, (size_t)n}};
    front_reply(front, token, &response);
}

static void on_drain_poll(void *ctx)
{
    (void)ctx;
    if (front_n_connections(front) == 0)
        loop_stop(loop);
    else
        timer_start(loop, drain_poll, 1);
}

static void on_term(void *ctx)
{
    (void)ctx;
    front_drain(front);
    timer_start(loop, drain_poll, 0);
}

static void server_fork(struct server *server)
{
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid > 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct errmsg msg;
    loop = loop_libevent_new();
    drain_poll = timer_new(loop, on_drain_poll, NULL);
    loop_libevent_on_signal(loop, SIGTERM, on_term, NULL);
    const struct front_setup setup = {
        .listen_fd = server->listen_fd, .limits = server->limits, .fn = on_request};
    if (front_libevent_new(loop, &setup, &front, &msg) == ERR_OK)
        loop_run(loop);
    _exit(front_n_connections(front) == 0 ? 0 : 1);
}

static struct server server_start(const struct front_limits *limits)
{
    struct server server = {.limits = *limits};
    struct errmsg msg;
    struct sockaddr_in own = {.sin_port = 0};
    socklen_t len = sizeof(own);
    assert_int_equal(front_listen("127.0.0.1", 0, false, &server.listen_fd, &msg), ERR_OK);
    assert_int_equal(getsockname(server.listen_fd, (struct sockaddr *)&own, &len), 0);
    server.port = ntohs(own.sin_port);
    server_fork(&server);
    return server;
}

static void server_stop(const struct server *server)
{
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    (void)close(server->listen_fd);
}

static int dial(const struct server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

struct response {
    bool is_last; /* the connection closes */
    long resident_bytes;
    unsigned long n_connections, n_evicted;
    int64_t took_ms;
};

static struct response ask(int fd)
{
    char reply[1024];
    struct response response;
    int64_t start_ms = clock_mono().ms;
    assert_int_equal(send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL), strlen(REQUEST));
    ssize_t n = recv(fd, reply, sizeof(reply) - 1, 0);
    assert_true(n > 0);
    reply[n] = '\0';
    assert_true(str_starts(str_from(reply), STR("HTTP/1.1 200 OK\r\n")));
    response.is_last = strstr(reply, "Connection: close\r\n") != NULL;
    char *rest = strstr(reply, "\r\n\r\n");
    assert_non_null(rest);
    response.resident_bytes = strtol(rest, &rest, 10);
    response.n_connections = strtoul(rest, &rest, 10);
    response.n_evicted = strtoul(rest, &rest, 10);
    assert_string_equal(rest, "\n");
    response.took_ms = clock_mono().ms - start_ms;
    return response;
}

static struct response ask_anew(const struct server *server)
{
    int64_t start_ms = clock_mono().ms;
    int fd = dial(server);
    struct response response = ask(fd);
    response.took_ms = clock_mono().ms - start_ms;
    (void)close(fd);
    return response;
}

/* After the last word, if there was one. */
static bool is_closed(int fd)
{
    char bytes[512];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        continue;
    return n == 0 || errno != EAGAIN;
}

static int order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void test_slow_heads_do_not_slow_good_traffic(void **state)
{
    (void)state;
    enum { N_SLOW = 400, N_GOOD = 4000 };
    struct front_limits limits = front_default_limits();
    limits.header_ms = 700;
    struct server server = server_start(&limits);
    int slow[N_SLOW];
    for (int i = 0; i < N_SLOW; i++)
        slow[i] = dial(&server);
    static int64_t took_ms[N_GOOD];
    int n = 0, kept = dial(&server);
    int64_t start_ms = clock_mono().ms;
    while (clock_mono().ms - start_ms < 1500 && n < N_GOOD) {
        if (n % 10 == 0)
            (void)send(slow[n / 10 % N_SLOW], "X", 1, MSG_NOSIGNAL); /* they are slow, not silent */
        took_ms[n] = n % 4 == 0 ? ask_anew(&server).took_ms : ask(kept).took_ms;
        n++;
    }
    for (int i = 0; i < N_SLOW; i++) {
        while (!is_closed(slow[i])) /* ctest ends what never comes */
            (void)ask(kept);
        (void)close(slow[i]);
    }
    qsort(took_ms, (size_t)n, sizeof(*took_ms), order);
    print_message("%d good requests beside %d slow connections: p99 %lld ms\n", n, N_SLOW,
                  (long long)took_ms[n * 99 / 100]);
    /* How long they take is for ./run bench: here they are answered, and before the slow ones. */
    (void)close(kept);
    server_stop(&server);
}

static void test_slow_connections_beyond_the_cap_do_not_shut_others_out(void **state)
{
    (void)state;
    enum { N_SLOW = 300 };
    struct front_limits limits = front_default_limits();
    limits.max_connections = 100;
    limits.header_ms = 10 * PATIENCE_S * 1000;
    struct server server = server_start(&limits);
    int slow[N_SLOW];
    for (int i = 0; i < N_SLOW; i++) {
        slow[i] = dial(&server);
        (void)send(slow[i], "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL); /* it may be gone again */
    }
    /* Who is shut out waits for a slow one's deadline, longer than a client's patience. */
    for (int i = 0; i < 50; i++)
        (void)ask_anew(&server);
    struct response response = ask_anew(&server);
    assert_true(response.n_connections <= limits.max_connections);
    assert_true(response.n_evicted >= N_SLOW - limits.max_connections);
    for (int i = 0; i < N_SLOW; i++)
        (void)close(slow[i]);
    server_stop(&server);
}

static void test_idle_connections_cost_little(void **state)
{
    (void)state;
    struct front_limits limits = front_default_limits();
    limits.max_connections_per_peer = 0;
    struct server server = server_start(&limits);
    long before = ask_anew(&server).resident_bytes;
    static int idle[MAX_CONNECTIONS];
    for (int i = 0; i < MAX_CONNECTIONS; i++) {
        idle[i] = dial(&server);
        (void)ask(idle[i]);
    }
    struct response response = ask_anew(&server);
    assert_int_equal(response.n_connections, MAX_CONNECTIONS + 1);
    long each = (response.resident_bytes - before) / MAX_CONNECTIONS;
    print_message("an idle connection costs %ld bytes; a new request beside %d takes %lld ms\n",
                  each, MAX_CONNECTIONS, (long long)response.took_ms);
    assert_true(!IS_MEMORY_OURS || each <= 2048);
    for (int i = 0; i < MAX_CONNECTIONS; i++)
        (void)close(idle[i]);
    server_stop(&server);
}

static void test_unfinished_requests_have_a_common_ceiling(void **state)
{
    (void)state;
    enum { N_HUGE = 500 };
    struct front_limits limits = front_default_limits();
    limits.max_memory_bytes = 8u << 20;
    struct server server = server_start(&limits);
    long before = ask_anew(&server).resident_bytes;
    static char body[60000];
    int huge[N_HUGE];
    memset(body, 'x', sizeof(body));
    const char *heads[] = {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n",
                           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "ffff\r\n",
                           "GET /"};
    for (int i = 0; i < N_HUGE; i++) {
        const char *head = heads[i % 3];
        huge[i] = dial(&server);
        (void)send(huge[i], head, strlen(head), MSG_NOSIGNAL);
        /* More than is taken, or less: what is refused must not cost either. */
        (void)send(huge[i], body, i % 3 == 2 ? 15000 : sizeof(body), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    struct response response = ask_anew(&server);
    print_message("%d unfinished requests cost %ld KiB\n", N_HUGE,
                  (response.resident_bytes - before) / 1024);
    assert_true(!IS_MEMORY_OURS || response.resident_bytes - before <= 16 << 20);
    for (int i = 0; i < N_HUGE; i++)
        (void)close(huge[i]);
    server_stop(&server);
}

static void test_restarts_lose_nothing(void **state)
{
    (void)state;
    enum { N_RESTARTS = 20, N_BETWEEN = 100 };
    struct front_limits limits = front_default_limits();
    struct server server = server_start(&limits);
    int kept = dial(&server);
    unsigned n_redials = 0;
    (void)ask(kept); /* the first one is up */
    for (int i = 0; i < N_RESTARTS; i++) {
        pid_t old = server.pid;
        server_fork(&server);
        assert_int_equal(kill(old, SIGTERM), 0);
        for (int n = 0; n < N_BETWEEN; n++) { /* each asserts that it is answered */
            (void)ask_anew(&server);
            if (!ask(kept).is_last)
                continue;
            (void)close(kept);
            kept = dial(&server);
            n_redials++;
        }
        int status;
        assert_int_equal(waitpid(old, &status, 0), old);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_in_range(n_redials, 1, N_RESTARTS * N_BETWEEN);
    (void)close(kept);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_heads_do_not_slow_good_traffic),
        cmocka_unit_test(test_slow_connections_beyond_the_cap_do_not_shut_others_out),
        cmocka_unit_test(test_idle_connections_cost_little),
        cmocka_unit_test(test_unfinished_requests_have_a_common_ceiling),
        cmocka_unit_test(test_restarts_lose_nothing),
    };
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 1;
    files.rlim_cur = files.rlim_max; /* both ends of each connection may be in one process */
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
