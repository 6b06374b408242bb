/* The front over real loopback sockets: clients, front and handler live in one process and one
 * loop. */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "port/front/conn.h"
#include "port/front/front.h"

#define MAX_CLIENTS 8
#define HOST "Host: h\r\n"

struct client {
    int fd; /* -1 = none */
    struct buf in;
    bool is_closed, is_reset;
    bool is_deaf;        /* takes nothing from its socket */
    const char *trickle; /* sends one byte of it a tick */
};

#define GIVE_UP_MS 30000 /* only a failure waits so long */

struct bench {
    struct loop *loop;
    struct front *front;
    struct client clients[MAX_CLIENTS];
    struct timer *tick;
    bool (*is_done)(struct bench *b);
    int64_t give_up_ms;
    struct front_token held[16]; /* requests for /hold, in order */
    size_t n_held;
    struct buf seen; /* "METHOD path body\n" of each request */
    const char *big; /* body of /big */
};

static void reply_text(struct bench *b, struct front_token token, const char *text)
{
    const struct http_response response = {
        .status = 200, .content_type = STR("text/plain"), .body = str_from(text)};
    front_reply(b->front, token, &response);
}

static void on_request(void *ctx, struct front_token token, const struct http_request *request,
                       struct str peer)
{
    struct bench *b = ctx;
    assert_true(str_starts(peer, STR("127.0.0.")));
    buf_addf(&b->seen, "%.*s %.*s %.*s\n", STR_ARG(request->method), STR_ARG(request->path),
             STR_ARG(request->body));
    if (str_eq(request->path, STR("/hold")))
        b->held[b->n_held++] = token;
    else if (str_eq(request->path, STR("/big")))
        reply_text(b, token, b->big);
    else
        reply_text(b, token, "hello");
    /* Still there after the reply was sent. */
    assert_true(str_starts(request->path, STR("/")));
}

static struct front_limits short_limits(void)
{
    struct front_limits limits = front_default_limits();
    limits.header_ms = 100;
    limits.body_ms = 150;
    limits.idle_ms = 200;
    limits.reply_ms = 100;
    limits.http = (struct http_limits){.max_head_bytes = 512, .max_body_bytes = 1024};
    return limits;
}

static struct bench *bench_with(const struct front_limits *limits, front_on_request *fn)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    b->loop = loop_libevent_new();
    struct errmsg msg;
    int fd;
    assert_int_equal(front_listen("127.0.0.1", 0, false, &fd, &msg), ERR_OK);
    assert_int_equal(
        front_libevent_new(b->loop, &(struct front_setup){fd, *limits, fn, b}, &b->front, &msg),
        ERR_OK);
    for (int i = 0; i < MAX_CLIENTS; i++) {
        b->clients[i].fd = -1;
        buf_init(&b->clients[i].in, 1 << 24);
    }
    buf_init(&b->seen, 1 << 16);
    return b;
}

static struct bench *bench_new(const struct front_limits *limits)
{
    return bench_with(limits, on_request);
}

static void bench_free(struct bench *b)
{
    for (int i = 0; i < MAX_CLIENTS; i++) {
        if (b->clients[i].fd >= 0)
            (void)close(b->clients[i].fd);
        buf_fini(&b->clients[i].in);
    }
    front_free(b->front);
    loop_free(b->loop);
    buf_fini(&b->seen);
    free(b);
}

static void open_client_from(struct bench *b, int i, const char *from)
{
    struct client *c = &b->clients[i];
    if (c->fd >= 0)
        (void)close(c->fd);
    buf_reset(&c->in);
    c->is_closed = c->is_reset = c->is_deaf = false;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in own = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (from[0] != '\0' ? 1u : 0u));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)front_port(b->front));
    assert_int_equal(bind(c->fd, (struct sockaddr *)&own, sizeof(own)), 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

static void open_client(struct bench *b, int i)
{
    open_client_from(b, i, "");
}

static void say(struct bench *b, int i, const char *text)
{
    size_t len = strlen(text);
    assert_int_equal(send(b->clients[i].fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void client_poll(struct client *c)
{
    char bytes[65536];
    if (c->trickle != NULL && *c->trickle != '\0' && !c->is_closed)
        (void)send(c->fd, c->trickle++, 1, MSG_NOSIGNAL); /* the other side may have closed */
    while (c->fd >= 0 && !c->is_closed && !c->is_deaf) {
        ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        c->is_closed = n <= 0;
        c->is_reset = n < 0;
        if (n > 0)
            buf_add(&c->in, bytes, (size_t)n);
    }
}

static void on_tick(void *ctx)
{
    struct bench *b = ctx;
    for (int i = 0; i < MAX_CLIENTS; i++)
        client_poll(&b->clients[i]);
    if (b->is_done(b) || loop_mono(b->loop).ms > b->give_up_ms)
        loop_stop(b->loop);
    else
        timer_start(b->loop, b->tick, 1);
}

/* Runs the loop until the condition holds; returns the milliseconds that took. */
static int64_t run_until(struct bench *b, bool (*is_done)(struct bench *b))
{
    int64_t start_ms = clock_mono().ms;
    b->is_done = is_done;
    b->give_up_ms = start_ms + GIVE_UP_MS;
    b->tick = timer_new(b->loop, on_tick, b);
    timer_start(b->loop, b->tick, 0);
    loop_run(b->loop);
    timer_free(b->loop, b->tick);
    if (!is_done(b))
        fail_msg("gave up; the first client has got '%s'", buf_str(&b->clients[0].in).p);
    return clock_mono().ms - start_ms;
}

static size_t count(struct buf *in, const char *needle)
{
    size_t n = 0;
    for (const char *p = buf_str(in).p; (p = strstr(p, needle)) != NULL; p++)
        n++;
    return n;
}

static bool has_hello(struct bench *b)
{
    return count(&b->clients[0].in, "hello") == 1;
}
static bool has_two_hellos(struct bench *b)
{
    return count(&b->clients[0].in, "hello") == 2;
}
static bool is_closed(struct bench *b)
{
    return b->clients[0].is_closed;
}
static bool holds_one(struct bench *b)
{
    return b->n_held == 1;
}
static bool holds_two(struct bench *b)
{
    return b->n_held == 2;
}
static bool is_empty(struct bench *b)
{
    return front_n_connections(b->front) == 0;
}
static bool is_malformed(struct bench *b)
{
    return front_counters_get(b->front)->n_malformed == 1;
}

static void assert_begins(struct bench *b, int i, const char *begin)
{
    if (!str_starts(buf_str(&b->clients[i].in), str_from(begin)))
        fail_msg("expected '%s...', got '%s'", begin, buf_str(&b->clients[i].in).p);
}

static struct bench *bench_with_client(void)
{
    struct front_limits limits = short_limits();
    struct bench *b = bench_new(&limits);
    open_client(b, 0);
    return b;
}

static void test_answers_and_keeps_the_connection(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "POST /a HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
    run_until(b, has_hello);
    assert_begins(b, 0, "HTTP/1.1 200 OK\r\nDate: ");
    assert_int_equal(count(&b->clients[0].in, " GMT\r\n"), 1);
    assert_int_equal(count(&b->clients[0].in, "Connection: keep-alive\r\n"), 1);
    say(b, 0, "GET /b HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    run_until(b, is_closed);
    assert_int_equal(count(&b->clients[0].in, "hello"), 2);
    assert_int_equal(count(&b->clients[0].in, "Connection: close\r\n"), 1);
    assert_string_equal(buf_str(&b->seen).p, "POST /a hi\nGET /b \n");
    assert_int_equal(front_counters_get(b->front)->n_requests, 2);
    assert_int_equal(front_counters_get(b->front)->n_accepted, 1);
    bench_free(b);
}

static void test_head_has_length_but_no_body(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "HEAD / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    run_until(b, is_closed);
    assert_int_equal(count(&b->clients[0].in, "Content-Length: 5\r\n"), 1);
    assert_int_equal(count(&b->clients[0].in, "hello"), 0);
    bench_free(b);
}

static void test_pipelined_requests_come_one_at_a_time_in_order(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0,
        "GET /hold HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n"
        "GET /hold HTTP/1.1\r\n" HOST "\r\nGET /4 HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_one);
    assert_string_equal(buf_str(&b->seen).p, "GET /hold \n");
    reply_text(b, b->held[0], "one");
    assert_string_equal(buf_str(&b->seen).p, "GET /hold \n"); /* not from inside front_reply */
    run_until(b, holds_two);
    assert_string_equal(buf_str(&b->seen).p, "GET /hold \nGET /2 \nGET /hold \n");
    reply_text(b, b->held[1], "three");
    run_until(b, has_two_hellos);
    const char *in = buf_str(&b->clients[0].in).p;
    const char *one = strstr(in, "one"), *two = strstr(in, "hello"), *three = strstr(in, "three");
    assert_true(one < two && two < three && three < strstr(two + 1, "hello"));
    bench_free(b);
}

#define N_PIPELINED 300

static uint32_t turn, turn_counted, n_in_turn, most_in_turn, n_fair;
static struct timer *turn_timer;

static void on_turn(void *ctx)
{
    struct bench *b = ctx;
    turn++;
    timer_start(b->loop, turn_timer, 0);
}

static void on_fair_request(void *ctx, struct front_token token, const struct http_request *request,
                            struct str peer)
{
    struct bench *b = ctx;
    (void)request;
    (void)peer;
    n_in_turn = turn == turn_counted ? n_in_turn + 1 : 1;
    turn_counted = turn;
    most_in_turn = n_in_turn > most_in_turn ? n_in_turn : most_in_turn;
    n_fair++;
    reply_text(b, token, "hello");
}

static bool is_all_fair(struct bench *b)
{
    return count(&b->clients[0].in, "hello") == N_PIPELINED &&
           count(&b->clients[1].in, "hello") == N_PIPELINED;
}

/* Whatever a peer has sent at once, a turn of the loop hands over a few of it (T36). */
static void test_long_pipelines_take_turns(void **state)
{
    (void)state;
    struct front_limits limits = front_default_limits();
    struct bench *b = bench_with(&limits, on_fair_request);
    struct buf requests CLEANUP(buf_fini);
    buf_init(&requests, 1 << 20);
    for (int i = 0; i < N_PIPELINED; i++)
        buf_addf(&requests, "GET /%d HTTP/1.1\r\n" HOST "\r\n", i);
    n_fair = most_in_turn = 0;
    turn_timer = timer_new(b->loop, on_turn, b);
    timer_start(b->loop, turn_timer, 0);
    for (int i = 0; i < 2; i++) {
        open_client(b, i);
        say(b, i, requests.p);
    }
    run_until(b, is_all_fair);
    timer_free(b->loop, turn_timer);
    assert_int_equal(n_fair, 2 * N_PIPELINED);
    assert_true(most_in_turn <= 2 * FRONT_REQUESTS_PER_TURN);
    bench_free(b);
}

static void test_half_closed_peer_gets_all_its_answers(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "GET /hold HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\nGET /");
    (void)shutdown(b->clients[0].fd, SHUT_WR);
    run_until(b, holds_one);
    reply_text(b, b->held[0], "held");
    run_until(b, is_closed);
    assert_false(b->clients[0].is_reset);
    assert_int_equal(count(&b->clients[0].in, "held"), 1);
    assert_int_equal(count(&b->clients[0].in, "hello"), 1);
    bench_free(b);
}

static void test_peer_gone_makes_the_reply_late(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_one);
    const struct linger reset = {.l_onoff = 1};
    (void)setsockopt(b->clients[0].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    (void)close(b->clients[0].fd);
    b->clients[0].fd = -1;
    run_until(b, is_empty);
    open_client(b, 0); /* takes the same slot */
    say(b, 0, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_two);
    assert_int_equal(b->held[0].slot, b->held[1].slot);
    reply_text(b, b->held[0], "for nobody");
    assert_int_equal(front_counters_get(b->front)->n_late_replies, 1);
    reply_text(b, b->held[1], "hello");
    run_until(b, has_hello);
    assert_int_equal(count(&b->clients[0].in, "nobody"), 0);
    bench_free(b);
}

static void test_second_reply_is_late(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_one);
    reply_text(b, b->held[0], "hello");
    reply_text(b, b->held[0], "hello");
    reply_text(b, (struct front_token){UINT32_MAX, 0}, "hello");
    run_until(b, has_hello);
    assert_int_equal(front_counters_get(b->front)->n_late_replies, 2);
    bench_free(b);
}

static void test_no_reply_in_time_is_503(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_one);
    int64_t took_ms = run_until(b, is_closed);
    assert_in_range(took_ms, 80, 30000); /* a busy machine is slow, and no less right */
    assert_begins(b, 0, "HTTP/1.1 503 Service Unavailable\r\n");
    assert_int_equal(count(&b->clients[0].in, "Connection: close\r\n"), 1);
    reply_text(b, b->held[0], "hello");
    assert_int_equal(front_counters_get(b->front)->n_late_replies, 1);
    assert_int_equal(front_counters_get(b->front)->n_timeouts, 1);
    bench_free(b);
}

static void test_deadlines_are_absolute(void **state)
{
    (void)state;
    static const struct {
        const char *at_once, *trickle, *response;
        int64_t min_ms;
    } rows[] = {
        {"", "", "", 100},
        {"",
         "\r\n\r\nGET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "HTTP/1.1 408 Request Timeout\r\n", 100},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "HTTP/1.1 408 Request Timeout\r\n", 150},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench *b = bench_with_client();
        say(b, 0, rows[i].at_once);
        b->clients[0].trickle = rows[i].trickle;
        int64_t took_ms = run_until(b, is_closed);
        assert_in_range(took_ms, rows[i].min_ms, rows[i].min_ms + 30000);
        assert_begins(b, 0, rows[i].response);
        /* It went on sending to the end, which did not help. */
        assert_true(rows[i].trickle[0] == '\0' || b->clients[0].trickle[0] != '\0');
        assert_int_equal(front_counters_get(b->front)->n_timeouts, 1);
        assert_int_equal(front_counters_get(b->front)->n_requests, 0);
        bench_free(b);
    }
}

static void test_idle_connection_ends_without_a_word(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "GET / HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, has_hello);
    size_t n = b->clients[0].in.len;
    assert_in_range(run_until(b, is_closed), 150, 2200);
    assert_int_equal(b->clients[0].in.len, n);
    assert_int_equal(front_counters_get(b->front)->n_timeouts, 0);
    bench_free(b);
}

static void test_refusals_arrive_although_the_peer_goes_on_sending(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        const char *response;
    } rows[] = {
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1025\r\n\r\n", "HTTP/1.1 413 "},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\n" HOST "\n", "HTTP/1.1 400 "},
        {"BREW / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 501 "},
        {"GET / HTTP/1.1\r\n" HOST "X: ", "HTTP/1.1 431 "},
    };
    char filler[40001]; /* more than the front reads at once */
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench *b = bench_with_client();
        say(b, 0, rows[i].request);
        say(b, 0, filler);
        run_until(b, is_malformed);
        for (int n = 0; n < 20; n++) /* whatever becomes of it */
            (void)send(b->clients[0].fd, filler, 4096, MSG_NOSIGNAL | MSG_DONTWAIT);
        run_until(b, is_closed);
        assert_false(b->clients[0].is_reset);
        assert_begins(b, 0, rows[i].response);
        assert_int_equal(count(&b->clients[0].in, "HTTP/1.1"), 1);
        assert_int_equal(count(&b->clients[0].in, "Connection: close"), 1);
        assert_int_equal(b->seen.len, 0);
        (void)shutdown(b->clients[0].fd, SHUT_WR);
        run_until(b, is_empty);
        bench_free(b);
    }
}

static bool has_continue(struct bench *b)
{
    return count(&b->clients[0].in, "HTTP/1.1 100 Continue\r\n\r\n") == 1;
}

static void test_continue_is_said_before_the_body(void **state)
{
    (void)state;
    struct bench *b = bench_with_client();
    say(b, 0, "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    run_until(b, has_continue);
    assert_int_equal(b->seen.len, 0);
    say(b, 0, "hi");
    run_until(b, has_hello);
    assert_int_equal(count(&b->clients[0].in, "100 Continue"), 1);
    bench_free(b);
}

static bool has_big(struct bench *b)
{
    return b->clients[0].in.len > strlen(b->big) && has_hello(b);
}

static bool is_timed_out(struct bench *b)
{
    return front_counters_get(b->front)->n_timeouts == 1 && front_n_connections(b->front) == 0;
}

static void test_large_reply_reaches_a_slow_reader_within_the_deadline(void **state)
{
    (void)state;
    const size_t n = 8u << 20; /* more than both socket buffers */
    char *big = malloc(n + 1);
    assert_non_null(big);
    memset(big, 'b', n);
    big[n] = '\0';
    struct front_limits limits = front_default_limits();
    limits.reply_ms = 20000; /* a machine that does much else reads slowly */
    struct bench *b = bench_new(&limits);
    open_client(b, 0);
    b->big = big;
    say(b, 0, "GET /big HTTP/1.1\r\n" HOST "\r\nGET /then HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, has_big);
    bench_free(b);
    b = bench_with_client();
    b->big = big;
    b->clients[0].is_deaf = true;
    say(b, 0, "GET /big HTTP/1.1\r\n" HOST "\r\nGET /then HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, is_timed_out);
    assert_string_equal(buf_str(&b->seen).p, "GET /big \n");
    bench_free(b);
    free(big);
}

static bool second_is_closed(struct bench *b)
{
    return b->clients[1].is_closed;
}
static bool second_has_hello(struct bench *b)
{
    return count(&b->clients[1].in, "hello") == 1;
}
static bool third_is_closed(struct bench *b)
{
    return b->clients[2].is_closed;
}

static void test_the_longest_dawdler_makes_room(void **state)
{
    (void)state;
    struct front_limits limits = front_default_limits();
    limits.max_connections = 2;
    struct bench *b = bench_new(&limits);
    open_client(b, 0);
    say(b, 0, "GET / HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, has_hello);
    open_client(b, 1);
    say(b, 1, "GET / HTTP/1.1\r\n");
    open_client(b, 2); /* the idle one goes before the one in its head */
    run_until(b, is_closed);
    open_client(b, 3); /* then the one longest in its head */
    run_until(b, second_is_closed);
    say(b, 2, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    say(b, 3, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_two);
    open_client(b, 1); /* all are at work */
    run_until(b, second_is_closed);
    assert_begins(b, 1, "HTTP/1.1 503 ");
    assert_int_equal(front_counters_get(b->front)->n_evicted, 2);
    assert_int_equal(front_counters_get(b->front)->n_refused, 1);
    assert_int_equal(front_n_connections(b->front), 2);
    bench_free(b);
}

static void test_cap_per_peer(void **state)
{
    (void)state;
    struct front_limits limits = front_default_limits();
    limits.max_connections_per_peer = 2;
    struct bench *b = bench_new(&limits);
    open_client(b, 0);
    open_client(b, 1);
    open_client(b, 2);
    run_until(b, third_is_closed);
    assert_string_equal(buf_str(&b->clients[2].in).p,
                        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                        "Retry-After: 1\r\nConnection: close\r\n\r\n");
    assert_int_equal(b->clients[2].in.len, strlen(b->clients[2].in.p));
    open_client_from(b, 3, "another address");
    say(b, 3, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_one);
    say(b, 0, "GET / HTTP/1.0\r\n\r\n");
    run_until(b, is_closed);
    open_client(b, 1); /* there is room again after one has left */
    say(b, 1, "GET / HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, second_has_hello);
    bench_free(b);
}

/* One customer of an IPv6 network owns a /64; IPv4 inside IPv6 is that IPv4 address. */
static void test_peers_by_address(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"2001:db8:1:2::1", "a"},    {"2001:db8:1:2:ffff::2", "a"},
        {"2001:db8:1:3::1", "b"},    {"::ffff:192.0.2.1", "c"},
        {"192.0.2.1", "c"},          {"192.0.2.2", "d"},
        {"2001:db8:1:2::3", "over"}, {"::ffff:192.0.2.1", "over"},
    };
    struct front_peers *peers = front_peers_new();
    struct front_peer *found[ARRAY_LEN(rows)];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sockaddr_in6 six = {.sin6_family = AF_INET6};
        struct sockaddr_in four = {.sin_family = AF_INET};
        bool is_six = inet_pton(AF_INET6, rows[i][0], &six.sin6_addr) == 1;
        if (!is_six)
            assert_int_equal(inet_pton(AF_INET, rows[i][0], &four.sin_addr), 1);
        found[i] = front_peers_enter(
            peers, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four, 2);
        assert_int_equal(found[i] == NULL, strcmp(rows[i][1], "over") == 0);
        for (size_t j = 0; j < i && found[i] != NULL; j++)
            assert_int_equal(found[i] == found[j], strcmp(rows[i][1], rows[j][1]) == 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (found[i] != NULL)
            front_peers_leave(found[i]);
    }
    front_peers_free(peers);
}

static void test_cap_on_memory(void **state)
{
    (void)state;
    struct front_limits limits = front_default_limits();
    limits.max_memory_bytes = 60000;
    struct bench *b = bench_new(&limits);
    open_client(b, 0);
    open_client(b, 1);
    for (int i = 0; i < 2; i++) {
        say(b, i, "POST / HTTP/1.1\r\n" HOST "Content-Length: 65000\r\n\r\n");
        for (int n = 0; n < 8; n++)
            say(b, i,
                "0123456789012345678901234567890123456789012345678901234567890123456789"
                "0123456789012345678901234567890123456789012345678901234567890123456789");
    }
    char filler[20001];
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    say(b, 1, filler);
    say(b, 1, filler);
    run_until(b, second_is_closed);
    assert_begins(b, 1, "HTTP/1.1 503 ");
    assert_int_equal(front_counters_get(b->front)->n_refused, 1);
    say(b, 0, "x");
    assert_false(b->clients[0].is_closed);
    bench_free(b);
}

static bool has_asked_for_big(struct bench *b)
{
    return str_eq(buf_str(&b->seen), STR("GET /big \n"));
}

static void test_what_waits_to_be_sent_is_memory(void **state)
{
    (void)state;
    const size_t n = 8u << 20; /* more than both socket buffers */
    char *big = malloc(n + 1);
    assert_non_null(big);
    memset(big, 'b', n);
    big[n] = '\0';
    struct front_limits limits = front_default_limits();
    limits.max_memory_bytes = 1u << 20;
    struct bench *b = bench_new(&limits);
    b->big = big;
    open_client(b, 0);
    open_client(b, 1);
    b->clients[0].is_deaf = true;
    say(b, 0, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, has_asked_for_big);
    say(b, 1, "POST / HTTP/1.1\r\n" HOST "Content-Length: 65000\r\n\r\n0123456789");
    run_until(b, second_is_closed);
    assert_begins(b, 1, "HTTP/1.1 503 ");
    bench_free(b);
    free(big);
}

static void test_drain_finishes_what_is_under_way(void **state)
{
    (void)state;
    struct front_limits limits = front_default_limits();
    limits.idle_ms = 2 * GIVE_UP_MS; /* but for the drain it would outlast the test */
    struct bench *b = bench_new(&limits);
    open_client(b, 0);
    say(b, 0, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_one);
    open_client(b, 1);
    say(b, 1, "GET / HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, second_has_hello);
    open_client(b, 2); /* waits in the accept queue */
    say(b, 2, "GET / HTTP/1.1\r\n" HOST "\r\n");
    front_drain(b->front);
    run_until(b, third_is_closed);
    assert_int_equal(count(&b->clients[2].in, "hello"), 1);
    assert_int_equal(count(&b->clients[2].in, "Connection: close\r\n"), 1);
    run_until(b, second_is_closed); /* idle, after a second for what may be on its way */
    reply_text(b, b->held[0], "hello");
    run_until(b, is_closed);
    assert_int_equal(count(&b->clients[0].in, "Connection: close\r\n"), 1);
    assert_true(is_empty(b));
    bench_free(b);
}

static bool is_hundred_ms_later(struct bench *b)
{
    return clock_mono().ms > b->give_up_ms - GIVE_UP_MS + 100;
}

static void test_no_descriptor_left_pauses_accepting(void **state)
{
    (void)state;
    struct front_limits limits = front_default_limits();
    struct bench *b = bench_new(&limits);
    open_client(b, 0);
    say(b, 0, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    run_until(b, holds_one);
    open_client(b, 1); /* in the queue before the descriptors end */
    say(b, 1, "GET / HTTP/1.1\r\n" HOST "\r\n");
    struct rlimit old, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int next_fd = dup(0);
    (void)close(next_fd);
    none = (struct rlimit){.rlim_cur = (rlim_t)next_fd, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    clock_t cpu = clock();
    int64_t elapsed_ms = run_until(b, is_hundred_ms_later);
    int64_t cpu_ms = (clock() - cpu) * 1000 / CLOCKS_PER_SEC;
    assert_true(2 * cpu_ms < elapsed_ms + 40); /* the queue does not make it spin */
    assert_false(second_has_hello(b));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    run_until(b, second_has_hello);
    bench_free(b);
}

static void test_listen_says_what_is_wrong(void **state)
{
    (void)state;
    struct errmsg msg;
    int fd;
    assert_int_equal(front_listen("localhost", 0, false, &fd, &msg), ERR_INVALID);
    assert_non_null(strstr(msg.text, "localhost"));
    assert_int_equal(front_listen("127.0.0.1", 65536, false, &fd, &msg), ERR_INVALID);
    int other = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in own = {.sin_family = AF_INET};
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(own);
    assert_int_equal(bind(other, (struct sockaddr *)&own, sizeof(own)), 0);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(getsockname(other, (struct sockaddr *)&own, &len), 0);
    assert_int_equal(front_listen("127.0.0.1", ntohs(own.sin_port), false, &fd, &msg),
                     ERR_UNAVAILABLE);
    assert_non_null(strstr(msg.text, "another port"));
    (void)close(other);
    /* Ours: the owner alone, then others of its own beside it; a second owner is another gateway
     * (T33), also on all addresses at once. */
    int owner, beside, second;
    assert_int_equal(front_listen("127.0.0.1", 0, false, &owner, &msg), ERR_OK);
    assert_int_equal(getsockname(owner, (struct sockaddr *)&own, &len), 0);
    int port = ntohs(own.sin_port);
    assert_int_equal(front_listen("127.0.0.1", port, true, &beside, &msg), ERR_OK);
    assert_int_equal(front_listen("127.0.0.1", port, false, &second, &msg), ERR_UNAVAILABLE);
    assert_non_null(strstr(msg.text, "another gateway"));
    assert_int_equal(front_listen("0.0.0.0", port, false, &second, &msg), ERR_UNAVAILABLE);
    (void)close(owner);
    assert_int_equal(front_listen("127.0.0.1", port, false, &second, &msg), ERR_UNAVAILABLE);
    (void)close(beside);
    assert_int_equal(front_listen("127.0.0.1", port, false, &second, &msg), ERR_OK);
    (void)close(second);
    struct loop *loop = loop_libevent_new();
    struct front_limits limits = front_default_limits();
    struct front *front;
    assert_int_equal(front_libevent_new(loop,
                                        &(struct front_setup){dup(0), limits, on_request, NULL},
                                        &front, &msg),
                     ERR_UNAVAILABLE);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_and_keeps_the_connection),
        cmocka_unit_test(test_head_has_length_but_no_body),
        cmocka_unit_test(test_pipelined_requests_come_one_at_a_time_in_order),
        cmocka_unit_test(test_long_pipelines_take_turns),
        cmocka_unit_test(test_half_closed_peer_gets_all_its_answers),
        cmocka_unit_test(test_peer_gone_makes_the_reply_late),
        cmocka_unit_test(test_second_reply_is_late),
        cmocka_unit_test(test_no_reply_in_time_is_503),
        cmocka_unit_test(test_deadlines_are_absolute),
        cmocka_unit_test(test_idle_connection_ends_without_a_word),
        cmocka_unit_test(test_refusals_arrive_although_the_peer_goes_on_sending),
        cmocka_unit_test(test_continue_is_said_before_the_body),
        cmocka_unit_test(test_large_reply_reaches_a_slow_reader_within_the_deadline),
        cmocka_unit_test(test_the_longest_dawdler_makes_room),
        cmocka_unit_test(test_cap_per_peer),
        cmocka_unit_test(test_peers_by_address),
        cmocka_unit_test(test_cap_on_memory),
        cmocka_unit_test(test_what_waits_to_be_sent_is_memory),
        cmocka_unit_test(test_drain_finishes_what_is_under_way),
        cmocka_unit_test(test_no_descriptor_left_pauses_accepting),
        cmocka_unit_test(test_listen_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
