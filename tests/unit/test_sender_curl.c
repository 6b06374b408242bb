/* Requests to a provider that runs in a process of its own: what was reached whatever it does, and
 * who is never called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/sender.h"

#define LONG_TIMEOUT_MS 60000 /* only a failure waits so long */
#define SHORT_TIMEOUT_MS 50

/* ---- the provider ---- */

/* In memory that both processes have. */
static struct {
    _Atomic int n_requests;
    char request[4096]; /* the last one */
} * seen;

static int port, port_of_six;
static pid_t provider, provider_of_six; /* at [::1], where there is one; else 0 */

static void say(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, text, n);
        if (written <= 0)
            _exit(0);
        text += written;
        n -= (size_t)written;
    }
}

static void say_long(int fd, int status, size_t n)
{
    char line[128], *body = malloc(n);
    memset(body, 'x', n);
    int len =
        snprintf(line, sizeof(line), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", status, n);
    say(fd, line, (size_t)len);
    say(fd, body, n);
    free(body);
}

/* False: this connection is over. */
static bool response(int fd, const char *path)
{
    static const struct {
        const char *path, *text;
        bool is_over;
    } texts[] = {
        {"/ok", "HTTP/1.1 200 OK\r\nX-Id:  7 \r\nContent-Length: 5\r\n\r\nhello", false},
        {"/moved", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", false},
        {"/gone", "HTTP/1.1 410 Gone\r\nContent-Length: 2\r\n\r\nno", false},
        {"/continue",
         "HTTP/1.1 100 Continue\r\nX-Id: 1\r\n\r\n"
         "HTTP/1.1 200 OK\r\nX-Other: 2\r\nContent-Length: 0\r\n\r\n",
         false},
        {"/half", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true},
        {"/nothing", "", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strcmp(path, texts[i].path) != 0)
            continue;
        say(fd, texts[i].text, strlen(texts[i].text));
        return !texts[i].is_over;
    }
    if (strcmp(path, "/silent") == 0)
        (void)pause();
    say_long(fd, strcmp(path, "/long-error") == 0 ? 500 : 200,
             SENDER_MAX_RESPONSE_BYTES + (strcmp(path, "/longest") == 0 ? 0 : 1));
    return true;
}

static void serve_connection(int fd)
{
    static char bytes[4096];
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, bytes + n, sizeof(bytes) - 1 - n);
        if (got <= 0)
            _exit(0);
        n += (size_t)got;
        bytes[n] = '\0';
        const char *end = strstr(bytes, "\r\n\r\n"), *length = strstr(bytes, "Content-Length: ");
        if (end == NULL || (length != NULL && strlen(end + 4) < strtoul(length + 16, NULL, 10)))
            continue;
        char path[64] = "";
        (void)sscanf(bytes, "%*s %63s", path);
        memcpy(seen->request, bytes, n + 1);
        atomic_fetch_add(&seen->n_requests, 1);
        if (!response(fd, path))
            _exit(0);
        n = 0;
    }
}

/* A provider on this address; 0: it cannot be had. */
static pid_t provide(const struct sockaddr *at, socklen_t size, int *ret_port)
{
    struct sockaddr_in6 own = {.sin6_family = AF_UNSPEC}; /* the longer one; both begin alike */
    socklen_t own_size = sizeof(own);
    int fd = socket(at->sa_family, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, at, size) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &own_size) != 0) {
        (void)close(fd); /* nothing was written */
        return 0;
    }
    *ret_port = ntohs(own.sin6_port);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGCHLD, SIG_IGN);
        for (int near; (near = accept(fd, NULL, NULL)) >= 0; (void)close(near)) {
            if (fork() == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                serve_connection(near);
            }
        }
        _exit(0);
    }
    (void)close(fd); /* it is the provider's */
    return pid;
}

static int start(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 at_six = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    (void)state;
    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    provider = provide((struct sockaddr *)&at, sizeof(at), &port);
    provider_of_six = provide((struct sockaddr *)&at_six, sizeof(at_six), &port_of_six);
    return provider > 0 ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    if (provider_of_six > 0 && (kill(provider_of_six, SIGKILL) != 0 ||
                                waitpid(provider_of_six, NULL, 0) != provider_of_six))
        return -1;
    return kill(provider, SIGKILL) == 0 && waitpid(provider, NULL, 0) == provider ? 0 : -1;
}

/* ---- who asks it ---- */

struct asked {
    struct loop *loop;
    int n;
    enum sender_reached reached;
    int status;
    size_t len;
    char body[16], header[16], message[160];
};

static void on_response(void *ctx, const struct sender_response *response)
{
    struct asked *a = ctx;
    struct str header = http_header_get(response->headers, response->n_headers, STR("X-Id"));
    a->n++;
    a->reached = response->reached;
    a->status = response->status;
    a->len = response->body.len;
    (void)snprintf(a->body, sizeof(a->body), "%.*s", STR_ARG(str_sub(response->body, 0, 15)));
    (void)snprintf(a->header, sizeof(a->header), "%.*s", STR_ARG(header));
    (void)snprintf(a->message, sizeof(a->message), "%s", response->message);
    loop_stop(a->loop);
}

static struct asked ask(struct loop *loop, struct sender *sender, struct sender_request request)
{
    struct asked a = {.loop = loop};
    sender_post(sender, &request, on_response, &a);
    assert_int_equal(a.n, 0); /* never before it has returned */
    while (a.n == 0)
        loop_run(loop);
    assert_int_equal(a.n, 1);
    return a;
}

static struct sender_request request_of(const char *path)
{
    static char url[128];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
    return (struct sender_request){.method = "GET",
                                   .url = str_from(url),
                                   .timeout_ms = LONG_TIMEOUT_MS,
                                   .is_private_allowed = true,
                                   .is_insecure_allowed = true};
}

static void tells_what_was_reached(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum sender_reached reached;
        int status;
        const char *body, *header;
        size_t len;
    } rows[] = {
        {"/ok", SENDER_REACHED_RESPONSE, 200, "hello", "7", 5},
        {"/moved", SENDER_REACHED_RESPONSE, 302, "", "", 0}, /* is not followed */
        {"/gone", SENDER_REACHED_RESPONSE, 410, "no", "", 2},
        {"/continue", SENDER_REACHED_RESPONSE, 200, "", "", 0}, /* headers of the response alone */
        {"/half", SENDER_REACHED_MAYBE, 0, "half", "", 4},
        {"/nothing", SENDER_REACHED_MAYBE, 0, "", "", 0},
        {"/longest", SENDER_REACHED_RESPONSE, 200, NULL, "", SENDER_MAX_RESPONSE_BYTES},
        {"/long", SENDER_REACHED_MAYBE, 0, NULL, "", SENDER_MAX_RESPONSE_BYTES},
        {"/long-error", SENDER_REACHED_RESPONSE, 500, NULL, "", SENDER_MAX_RESPONSE_BYTES},
    };
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct asked a = ask(loop, sender, request_of(rows[i].path));
        if (a.reached != rows[i].reached || a.status != rows[i].status || a.len != rows[i].len)
            fail_msg("%s: %d %d %zu %s", rows[i].path, (int)a.reached, a.status, a.len, a.message);
        if (rows[i].body != NULL)
            assert_string_equal(a.body, rows[i].body);
        assert_string_equal(a.header, rows[i].header);
    }
    struct sender_request silent = request_of("/silent");
    silent.timeout_ms = SHORT_TIMEOUT_MS;
    assert_int_not_equal(ask(loop, sender, silent).reached, SENDER_REACHED_RESPONSE);
    struct sender_request nobody = request_of("/ok");
    nobody.url = STR("http://127.0.0.1:1/");
    assert_int_equal(ask(loop, sender, nobody).reached, SENDER_REACHED_NOT);
    sender_free(sender);
    loop_free(loop);
}

static void sends_what_it_was_given(void **state)
{
    (void)state;
    static const struct http_header headers[] = {{{"X-Key", 5}, {"k 1", 3}},
                                                 {{"Content-Type", 12}, {"text/x", 6}}};
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    struct sender_request request = request_of("/ok?a=1");
    request.method = "POST";
    request.url = request_of("/ok").url;
    request.headers = headers;
    request.n_headers = 2;
    request.body = STR("from=1&text=%20");
    assert_int_equal(ask(loop, sender, request).status, 200);
    assert_non_null(strstr(seen->request, "POST /ok HTTP/1.1\r\n"));
    assert_non_null(strstr(seen->request, "\r\nX-Key: k 1\r\n"));
    assert_non_null(strstr(seen->request, "\r\nContent-Type: text/x\r\n"));
    assert_non_null(strstr(seen->request, "\r\nContent-Length: 15\r\n"));
    assert_null(strstr(seen->request, "Expect:"));
    assert_non_null(strstr(seen->request, "\r\n\r\nfrom=1&text=%20"));
    request.body = STR_NONE;
    assert_int_equal(ask(loop, sender, request).status, 200);
    assert_non_null(strstr(seen->request, "\r\nContent-Length: 0\r\n"));
    assert_int_equal(ask(loop, sender, request_of("/ok")).status, 200);
    assert_non_null(strstr(seen->request, "GET /ok HTTP/1.1\r\n"));
    assert_null(strstr(seen->request, "X-Key"));
    sender_free(sender);
    loop_free(loop);
}

/* The first one may have been taken: curl would send it again over another connection. */
static void is_never_sent_twice(void **state)
{
    (void)state;
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    assert_int_equal(ask(loop, sender, request_of("/ok")).status, 200); /* and is kept open */
    int n_before = atomic_load(&seen->n_requests);
    struct sender_request request = request_of("/nothing");
    request.method = "POST";
    request.body = STR("x");
    assert_int_equal(ask(loop, sender, request).reached, SENDER_REACHED_MAYBE);
    assert_int_equal(atomic_load(&seen->n_requests), n_before + 1);
    sender_free(sender);
    loop_free(loop);
}

static void private_addresses_are_not_called(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.255.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.255",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[fc00::1]",
        "[fdff:ffff::1]",
        "[fe80::1]",
        "[febf::1]",
        "[ff02::1]",
    };
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        char url[128];
        struct sender_request request = request_of("/ok");
        (void)snprintf(url, sizeof(url), "http://%s:%d/ok", hosts[i], port);
        request.url = str_from(url);
        request.is_private_allowed = false;
        struct asked a = ask(loop, sender, request);
        if (a.reached != SENDER_REACHED_NOT || strstr(a.message, "private address refused") == NULL)
            fail_msg("%s: %d %s", hosts[i], (int)a.reached, a.message);
    }
    /* Nor over a connection that was opened for somebody who may. */
    for (int i = 0; i < (provider_of_six > 0 ? 2 : 1); i++) {
        int n_before = atomic_load(&seen->n_requests);
        char url[64];
        struct sender_request request = request_of("/ok");
        if (i == 1) {
            (void)snprintf(url, sizeof(url), "http://[::1]:%d/ok", port_of_six);
            request.url = str_from(url);
        }
        assert_int_equal(ask(loop, sender, request).status, 200);
        request.is_private_allowed = false;
        struct asked a = ask(loop, sender, request);
        assert_int_equal(a.reached, SENDER_REACHED_NOT);
        assert_non_null(strstr(a.message, "private address refused"));
        assert_int_equal(atomic_load(&seen->n_requests), n_before + 1);
    }
    sender_free(sender);
    loop_free(loop);
}

/* Blocks for documents count as public. Whatever becomes of it, it is not we who refuse. */
static void public_addresses_are_tried(void **state)
{
    (void)state;
    static const char *const hosts[] = {"192.0.2.1", "198.51.100.1", "203.0.113.1",
                                        "[2001:db8::1]"};
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        char url[128];
        struct sender_request request = request_of("/ok");
        (void)snprintf(url, sizeof(url), "http://%s:9/ok", hosts[i]);
        request.url = str_from(url);
        request.is_private_allowed = false;
        request.timeout_ms = SHORT_TIMEOUT_MS;
        struct asked a = ask(loop, sender, request);
        assert_null(strstr(a.message, "private address refused"));
    }
    sender_free(sender);
    loop_free(loop);
}

static void only_tls_unless_it_is_allowed(void **state)
{
    (void)state;
    static const char *const schemes[] = {"http", "ftp", "file"};
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    int n_before = atomic_load(&seen->n_requests);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        char url[128];
        struct sender_request request = request_of("/ok");
        (void)snprintf(url, sizeof(url), "%s://127.0.0.1:%d/ok", schemes[i], port);
        request.url = str_from(url);
        request.is_insecure_allowed = schemes[i][0] == 'f'; /* then http and https, nothing else */
        assert_int_equal(ask(loop, sender, request).reached, SENDER_REACHED_NOT);
    }
    assert_int_equal(atomic_load(&seen->n_requests), n_before);
    sender_free(sender);
    loop_free(loop);
}

static void what_is_under_way_is_answered_when_it_closes(void **state)
{
    (void)state;
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    struct asked begun = {.loop = loop}, waiting = {.loop = loop};
    struct sender_request request = request_of("/silent");
    int n_before = atomic_load(&seen->n_requests);
    sender_post(sender, &request, on_response, &begun);
    while (atomic_load(&seen->n_requests) == n_before) {
        struct asked other = ask(loop, sender, request_of("/ok")); /* turns the loop */
        assert_int_equal(other.status, 200);
        n_before++;
    }
    sender_post(sender, &request, on_response, &waiting);
    sender_free(sender);
    assert_int_equal(begun.n, 1);
    assert_int_equal(begun.reached, SENDER_REACHED_MAYBE);
    assert_int_equal(waiting.n, 1);
    assert_int_equal(waiting.reached, SENDER_REACHED_NOT);
    assert_string_equal(waiting.message, "the sender was closed");
    loop_free(loop);
}

/* ---- no memory ---- */

static unsigned n_until_failure; /* calls of curl's that are answered still */

static bool has_memory(void)
{
    return n_until_failure == 0 || --n_until_failure > 0;
}

static void *failing_malloc(size_t n)
{
    return has_memory() ? malloc(n) : NULL;
}

static void *failing_calloc(size_t n, size_t bytes)
{
    return has_memory() ? calloc(n, bytes) : NULL;
}

static void *failing_realloc(void *p, size_t n)
{
    return has_memory() ? realloc(p, n) : NULL;
}

static char *failing_strdup(const char *text)
{
    return has_memory() ? strdup(text) : NULL;
}

/* How a child ends that did not end itself. */
enum { ENDS_TOLD, ENDS_WRONG, ENDS_WITHOUT_FAILURE };

static int ask_without_memory(unsigned at)
{
    static const struct http_header key = {{"X-Key", 5}, {"k 1", 3}};
    const struct rlimit no_core = {0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)alarm(10);
    (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, failing_malloc, free, failing_realloc,
                               failing_strdup, failing_calloc);
    n_until_failure = at;
    struct loop *loop = loop_libevent_new();
    struct sender *sender = sender_curl_new(loop, 4);
    for (int i = 0; i < 2; i++) { /* the second one over a connection that was kept */
        struct sender_request request = request_of("/ok");
        struct asked a = {.loop = loop};
        int n_before = atomic_load(&seen->n_requests);
        request.method = "POST";
        request.headers = &key;
        request.n_headers = 1;
        request.body = STR("text=1");
        request.timeout_ms = 2000;
        sender_post(sender, &request, on_response, &a);
        while (a.n == 0)
            loop_run(loop);
        bool has_left = atomic_load(&seen->n_requests) != n_before;
        bool is_good = a.reached == SENDER_REACHED_RESPONSE && a.status == 200 && a.len == 5;
        bool is_whole = strstr(seen->request, "\r\nX-Key: k 1\r\n") != NULL &&
                        strstr(seen->request, "\r\n\r\ntext=1") != NULL;
        if (a.n != 1 || (has_left && (a.reached == SENDER_REACHED_NOT || !is_whole)) ||
            (a.reached == SENDER_REACHED_RESPONSE && !is_good))
            return ENDS_WRONG;
    }
    sender_free(sender);
    loop_free(loop);
    return n_until_failure > 0 ? ENDS_WITHOUT_FAILURE : ENDS_TOLD;
}

/* A process may end itself, which is a kill. It sends nothing cut short, and says nothing wrong. */
static void without_memory_nothing_is_cut_short(void **state)
{
    unsigned n_ended = 0, n_told = 0;
    bool is_over = false;
    (void)state;
    for (unsigned at = 1; !is_over; at++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(ask_without_memory(at));
        assert_int_equal(waitpid(child, &status, 0), child);
        bool is_ended = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
        if (!is_ended && (!WIFEXITED(status) || WEXITSTATUS(status) == ENDS_WRONG))
            fail_msg("allocation %u: status %x", at, (unsigned)status);
        is_over = !is_ended && WEXITSTATUS(status) == ENDS_WITHOUT_FAILURE;
        n_ended += is_ended;
        n_told += !is_ended && !is_over;
    }
    assert_true(n_ended > 20 && n_told > 20); /* the loop went through all of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_was_reached),
        cmocka_unit_test(sends_what_it_was_given),
        cmocka_unit_test(is_never_sent_twice),
        cmocka_unit_test(private_addresses_are_not_called),
        cmocka_unit_test(public_addresses_are_tried),
        cmocka_unit_test(only_tls_unless_it_is_allowed),
        cmocka_unit_test(what_is_under_way_is_answered_when_it_closes),
        cmocka_unit_test(without_memory_nothing_is_cut_short),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
