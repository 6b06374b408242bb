/* The admin listener in a process of its own, beside pretended processes in the shared memory. */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "port/front/front.h"
#include "port/store/ops.h"
#include "role/health.h"
#include "role/ports.h"

enum { FRONT_0, FRONT_1, WRITER, ADMIN, N_SLOTS };

struct admin {
    struct role_slot *slots;
    struct metrics *metrics;
    pid_t pid;
    int port;
    struct buf response;
};

static void set_slot(struct admin *a, int i, const char *name, unsigned index)
{
    (void)snprintf(a->slots[i].name, sizeof(a->slots[i].name), "%s", name);
    a->slots[i].index = index;
    role_slot_begin(&a->slots[i]);
    a->slots[i].state = ROLE_STATE_READY;
}

static int start(void **state)
{
    static struct admin admin;
    struct admin *a = *state = &admin;
    struct errmsg msg;
    struct sockaddr_in own = {.sin_port = 0};
    socklen_t len = sizeof(own);
    int fd = -1;
    a->slots = role_slots_new(N_SLOTS);
    a->metrics = metrics_new();
    set_slot(a, FRONT_0, "front", 0);
    set_slot(a, FRONT_1, "front", 1);
    set_slot(a, WRITER, "writer", 0);
    set_slot(a, ADMIN, "admin", 0);
    buf_init(&a->response, 64u << 20);
    if (front_listen("127.0.0.1", 0, false, &fd, &msg) != ERR_OK ||
        getsockname(fd, (struct sockaddr *)&own, &len) != 0)
        return -1;
    a->port = ntohs(own.sin_port);
    a->pid = fork();
    if (a->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const struct config config = {.lessons_dir = STR("lessons"),
                                      .report_conninfo = STR("host=/nowhere dbname=x")};
        const struct role_context role = {.config = &config,
                                          .metrics = a->metrics,
                                          .loop = loop_libevent_new(),
                                          .listen_fd = fd,
                                          .slot = &a->slots[ADMIN],
                                          .all_slots = a->slots,
                                          .n_slots = N_SLOTS,
                                          .pages = pages,
                                          .n_pages = PAGES_WITHOUT_SIMULATOR};
        int code = role_admin(&role);
        loop_free(role.loop);
        _exit(code);
    }
    (void)close(fd);
    return a->pid > 0 ? 0 : -1;
}

static int stop(void **state)
{
    struct admin *a = *state;
    int status = -1;
    if (kill(a->pid, SIGTERM) != 0 || waitpid(a->pid, &status, 0) != a->pid)
        return -1;
    buf_fini(&a->response);
    metrics_free(a->metrics);
    return WIFEXITED(status) && WEXITSTATUS(status) == EX_OK ? 0 : -1;
}

/* The whole response to one request, as text. */
static const char *ask(struct admin *a, const char *method, const char *path)
{
    char request[256], bytes[65536];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)a->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    int n = snprintf(request, sizeof(request), "%s %s HTTP/1.0\r\n\r\n", method, path);
    assert_int_equal(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
    buf_reset(&a->response);
    for (ssize_t got; (got = recv(fd, bytes, sizeof(bytes), 0)) > 0;)
        buf_add(&a->response, bytes, (size_t)got);
    (void)close(fd);
    return buf_str(&a->response).p;
}

static void assert_response(const char *response, int status, const char *part)
{
    char line[32];
    (void)snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
    if (strncmp(response, line, strlen(line)) != 0 || strstr(response, part) == NULL)
        fail_msg("expected %d and '%s', got:\n%.1000s", status, part, response);
}

static void test_ready_when_all_fronts_are(void **state)
{
    struct admin *a = *state;
    assert_response(ask(a, "GET", "/readyz"), 200,
                    "{\"ready\":true,\"reasons\":[],\"warnings\":[],\"processes\":[{\"role\":"
                    "\"front\",\"index\":0,\"state\":\"ready\",\"pid\":");
    a->slots[FRONT_1].state = ROLE_STATE_STARTING;
    assert_response(ask(a, "GET", "/readyz"), 503,
                    "{\"ready\":false,\"reasons\":[\"front 1 is starting\"],\"warnings\":[],");
    a->slots[FRONT_0].state = ROLE_STATE_NOT_READY;
    assert_response(ask(a, "GET", "/readyz"), 503,
                    "\"reasons\":[\"front 0 is not ready\",\"front 1 is starting\"],");
    a->slots[FRONT_0].state = a->slots[FRONT_1].state = ROLE_STATE_READY;
    a->slots[WRITER].state = ROLE_STATE_NOT_READY; /* learners do not notice */
    assert_response(ask(a, "GET", "/readyz"), 200,
                    "{\"ready\":true,\"reasons\":[],\"warnings\":[\"writer 0 is not ready\"],");
    a->slots[WRITER].state = ROLE_STATE_READY;
}

static void test_faults_are_reasons_or_warnings(void **state)
{
    struct admin *a = *state;
    const struct role_context front = {.slot = &a->slots[FRONT_1]};
    const struct role_context writer = {.slot = &a->slots[WRITER]};
    health_set(&front, HEALTH_redis_away, true);
    assert_response(ask(a, "GET", "/readyz"), 200, "\"warnings\":[\"front 1: Redis is away");
    health_set(&front, HEALTH_no_place, true);
    health_set(&front, HEALTH_clock, true);
    const char *response = ask(a, "GET", "/readyz");
    assert_response(response, 503, "\"reasons\":[\"front 1: neither Redis nor the spool");
    assert_response(response, 503, ",\"front 1: the clock is more than 5 minutes");
    health_set(&front, HEALTH_no_place, false);
    health_set(&front, HEALTH_redis_away, false);
    assert_response(ask(a, "GET", "/readyz"), 503, "\"reasons\":[\"front 1: the clock");
    health_set(&front, HEALTH_clock, false);
    health_set(&writer, HEALTH_clock, true); /* the writer's clock answers nobody */
    assert_response(ask(a, "GET", "/readyz"), 200, "\"warnings\":[\"writer 0: the clock");
    health_set(&writer, HEALTH_clock, false);
}

/* A store that tells the time, so much ahead of ours. */
struct clock_store {
    struct store store;
    struct loop *loop;
    int64_t ahead_ms;
    uint32_t n_probes;
    enum err e; /* its answer */
    bool is_down;
};

static void clock_probe(struct store *s, store_on_probe *fn, void *ctx)
{
    struct clock_store *c = (struct clock_store *)s;
    c->n_probes++;
    fn(ctx, c->e, (struct wall_ms){loop_wall(c->loop).ms + c->ahead_ms}, 1);
}

static void clock_facts(struct store *s, enum store_facts what, store_on_value *fn, void *ctx)
{
    (void)s, (void)what;
    fn(ctx, ERR_UNAVAILABLE, STR_NONE);
}

static void clock_board_put(struct store *s, enum store_board board, struct str name,
                            struct str value, store_on_done *fn, void *ctx)
{
    (void)s, (void)board, (void)name, (void)value;
    fn(ctx, ERR_OK);
}

static void clock_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx)
{
    (void)s, (void)board;
    fn(ctx, ERR_OK, NULL, NULL, 0);
}

static bool clock_is_up(struct store *s)
{
    return !((struct clock_store *)s)->is_down;
}

static const struct store_ops clock_ops = {.probe = clock_probe,
                                           .facts = clock_facts,
                                           .board_put = clock_board_put,
                                           .board_get = clock_board_get,
                                           .is_up = clock_is_up};

/* A ready front that is about to look at this store. */
static struct role_context front_before(struct clock_store *store)
{
    *store = (struct clock_store){.store = {&clock_ops},
                                  .loop = loop_mem_new((struct wall_ms){1795505860000})};
    struct role_slot *slots = role_slots_new(1);
    struct role_context role = {.loop = store->loop,
                                .metrics = metrics_new(),
                                .slot = slots,
                                .all_slots = slots,
                                .n_slots = 1};
    (void)snprintf(slots[0].name, sizeof(slots[0].name), "front");
    role_slot_begin(&slots[0]);
    role_ready(&role, true);
    return role;
}

/* One that is there and does nothing (NOPERM, BUSY) is no place for a message, and says so. */
static void test_a_redis_that_refuses_is_told(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        enum err e;
        bool is_down, can_write;
        const char *words; /* what is told, "" = nothing */
    } rows[] = {{ERR_OK, false, true, ""},
                {ERR_UNAVAILABLE, false, false, "Redis is there and refuses its work"},
                {ERR_UNAVAILABLE, true, false, "Redis is away"},
                {ERR_OK, false, true, ""},
                {ERR_IO, false, false, "Redis is there and refuses its work"},
                {ERR_FULL, false, false, "Redis is full or cannot write"},
                {ERR_OK, false, true, ""}};
    static struct clock_store store; /* like what looks: as long as the process */
    static struct role_look *look;
    struct role_context role = front_before(&store);
    look = role_look_new(&role, &store.store);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf told CLEANUP(buf_fini);
        store.e = rows[i].e;
        store.is_down = rows[i].is_down;
        loop_mem_advance(role.loop, 60000);
        buf_init(&told, 4096);
        health_list(&role, loop_mono(role.loop), false, &told);
        assert_int_equal(role_look_can_write(look), rows[i].can_write);
        assert_int_equal(metrics_get(role.metrics, METRIC_redis_up),
                         rows[i].can_write || rows[i].e == ERR_FULL);
        assert_true(rows[i].words[0] == '\0'
                        ? told.len == 0
                        : str_find(buf_str(&told), str_from(rows[i].words)) != SIZE_MAX);
        assert_true(health_is_ready(&role, loop_mono(role.loop)));
    }
}

/* T39: compared with Redis' clock at the start and again and again. */
static void test_a_clock_that_is_off_is_a_reason(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        int64_t ahead_ms;
        bool is_ready;
    } rows[] = {{400 * 24 * 3600000LL, false},
                {0, true},
                {300001, false},
                {300000, true},
                {-300001, false},
                {-300000, true}};
    static struct clock_store store; /* like what looks: as long as the process */
    static struct role_look *look;
    struct role_context role = front_before(&store);
    store.ahead_ms = rows[0].ahead_ms;
    look = role_look_new(&role, &store.store);
    assert_false(role_look_is_known(look)); /* nobody is answered before */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t n_before = store.n_probes;
        store.ahead_ms = rows[i].ahead_ms;
        loop_mem_advance(role.loop, 60000);
        assert_true(store.n_probes > n_before);
        assert_int_equal(health_is_ready(&role, loop_mono(role.loop)), rows[i].is_ready);
    }
}

/* Coordinators' pages: of this listener, with answers that come when PostgreSQL has spoken. */
static void test_reports_are_served_here(void **state)
{
    struct admin *a = *state;
    assert_response(ask(a, "GET", "/nothing"), 404, "there are /livez /readyz /metrics /report/");
    assert_response(ask(a, "GET", "/report/login"), 200, "<form");
    assert_response(ask(a, "POST",
                        "/report/login HTTP/1.1\r\nHost: localhost\r\n"
                        "Origin: http://localhost\r\nConnection: close\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\n"
                        "Content-Length: 28\r\n\r\nname=amina&password=sunflower"),
                    503, "<form");
}

/* A browser on this host must not be led here by a name of somebody else's. */
static void test_foreign_hosts_are_refused(void **state)
{
    struct admin *a = *state;
    static const struct {
        const char *host;
        int status;
    } rows[] = {{"localhost:8081", 200},
                {"127.0.0.1", 200},
                {"127.0.0.1:1", 200},
                {"[::1]:8081", 200},
                {"LOCALHOST", 200},
                {"evil.example", 403},
                {"127.0.0.1.evil", 403},
                {"localhost.evil", 403},
                {"10.0.0.1", 403},
                {"[::2]", 403},
                {"", 403}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char target[128];
        (void)snprintf(target, sizeof(target),
                       "/livez HTTP/1.1\r\nConnection: close\r\nHost: %s\r\nX: ", rows[i].host);
        assert_response(ask(a, "GET", target), rows[i].status, "");
    }
}

static void test_a_hanging_process_is_named(void **state)
{
    struct admin *a = *state;
    assert_response(ask(a, "GET", "/livez"), 200, "\r\n\r\nok\n");
    role_slot_beat(&a->slots[WRITER], (struct mono_ms){clock_mono().ms - ROLE_HANG_MS - 1});
    assert_response(ask(a, "GET", "/livez"), 503, "writer 0 has not moved for 2");
    assert_response(ask(a, "GET", "/readyz"), 200, "\"warnings\":[\"writer 0 has not moved for 2");
    role_slot_hang(&a->slots[WRITER], clock_mono());
    role_slot_end(&a->slots[WRITER]); /* one that is gone does not hang */
    assert_response(ask(a, "GET", "/livez"), 200, "ok");
    assert_response(ask(a, "GET", "/readyz"), 200, "\"writer 0 hung and was replaced 0 s ago\"");
    a->slots[WRITER].hung_ms = 0;
    role_slot_beat(&a->slots[FRONT_1], (struct mono_ms){clock_mono().ms - ROLE_HANG_MS - 1});
    assert_response(ask(a, "GET", "/readyz"), 503, "\"reasons\":[\"front 1 has not moved for 2");
    a->slots[FRONT_1].beat_ms = 0;
    role_slot_begin(&a->slots[WRITER]);
    a->slots[WRITER].state = ROLE_STATE_READY;
}

static void test_metrics_of_all_processes(void **state)
{
    struct admin *a = *state;
    metrics_add(a->metrics, METRIC_callbacks_total, 3);
    a->slots[FRONT_0].n_stalls = 2;
    a->slots[WRITER].n_stalls = 1;
    a->slots[FRONT_0].n_connections = 4;
    a->slots[FRONT_1].n_connections = 5;
    const char *response = ask(a, "GET", "/metrics");
    assert_response(response, 200, "Content-Type: text/plain; version=0.0.4\r\n");
    assert_response(response, 200, "\nwaypost_callbacks_total 3\n");
    assert_response(response, 200, "\nwaypost_loop_stalls_total 3\n");
    assert_response(response, 200, "\nwaypost_connections 9\n");
    role_slot_end(&a->slots[FRONT_1]); /* its connections are gone with it */
    assert_response(ask(a, "GET", "/metrics"), 200, "\nwaypost_connections 4\n");
    set_slot(a, FRONT_1, "front", 1);
    response = ask(a, "GET", "/metrics");
    assert_response(response, 200, "\nwaypost_process_ready{role=\"front\",index=\"1\"} 1\n");
    assert_response(response, 200,
                    "\nwaypost_process_restarts_total{role=\"admin\",index=\"0\"} 0\n");
}

static void test_preview_shows_the_lessons_folder_only(void **state)
{
    struct admin *a = *state;
    assert_response(ask(a, "GET", "/preview/"), 200, "/preview/children-on-the-move");
    const char *response = ask(a, "GET", "/preview/children-on-the-move");
    assert_response(response, 200, "Content-Type: text/html; charset=utf-8\r\n");
    assert_response(response, 200, "<html");
    static const char *const others[] = {"/preview/..", "/preview/../sql", "/preview/%2e%2e",
                                         "/preview/no-such-course", "/preview/README.md"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_response(ask(a, "GET", others[i]), 404, "");
}

static void test_nothing_else(void **state)
{
    struct admin *a = *state;
    assert_response(ask(a, "GET", "/"), 404, "/readyz");
    assert_response(ask(a, "GET", "/sim/outbox"), 404, ""); /* not configured */
    assert_response(ask(a, "POST", "/readyz"), 405, "Allow: GET, HEAD\r\n");
    assert_response(ask(a, "OPTIONS", "/readyz"), 405, "Allow: GET, HEAD\r\n");
    assert_response(ask(a, "GET", "/in/at"), 404, "");
    assert_response(ask(a, "HEAD", "/livez"), 200, "Content-Length: 3\r\n");
}

/* Whatever is asked for, and whether it is given or not: no other page may frame, run or keep it.
 */
static void test_every_response_is_guarded(void **state)
{
    static const char *const paths[] = {
        "/",           "/livez",      "/readyz",
        "/metrics",    "/preview/",   "/preview/children-on-the-move",
        "/preview/..", "/sim/outbox", "/report/"};
    static const char *const methods[] = {"GET", "HEAD", "POST", "OPTIONS"};
    static const char *const headers[] = {
        "\r\nContent-Security-Policy: default-src 'none'; ", "frame-ancestors 'none'",
        "\r\nX-Content-Type-Options: nosniff\r\n", "\r\nX-Frame-Options: DENY\r\n",
        "\r\nCache-Control: no-store\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(paths) * ARRAY_LEN(methods); i++) {
        const char *path = paths[i / ARRAY_LEN(methods)], *method = methods[i % ARRAY_LEN(methods)];
        const char *response = ask(*state, method, path);
        for (size_t k = 0; k < ARRAY_LEN(headers); k++) {
            const char *found = strstr(response, headers[k]);
            if (found == NULL || found > strstr(response, "\r\n\r\n") + 2 ||
                (k != 1 && strstr(found + 1, headers[k]) != NULL))
                fail_msg("%s %s: not once '%s': %.600s", method, path, headers[k], response);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_when_all_fronts_are),
        cmocka_unit_test(test_faults_are_reasons_or_warnings),
        cmocka_unit_test(test_a_clock_that_is_off_is_a_reason),
        cmocka_unit_test(test_a_redis_that_refuses_is_told),
        cmocka_unit_test(test_reports_are_served_here),
        cmocka_unit_test(test_foreign_hosts_are_refused),
        cmocka_unit_test(test_a_hanging_process_is_named),
        cmocka_unit_test(test_metrics_of_all_processes),
        cmocka_unit_test(test_preview_shows_the_lessons_folder_only),
        cmocka_unit_test(test_every_response_is_guarded),
        cmocka_unit_test(test_nothing_else),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
