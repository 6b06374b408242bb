/*
 * load.c: many phones at once. Sends USSD callbacks in the shape of Africa's Talking over
 * keep-alive connections, each learner walking through the same inputs, and measures the responses.
 *
 *   load --port N [--path /in/at-ussd] [--connections 64] [--learners 1000] [--first 0]
 *        [--rate PER_SECOND] [--skip 0] [--show] [--sms SINK_PORT [--kannel]] INPUT...
 *
 * Each INPUT is a new screen of one session; "" is the dial itself. --skip says how many of them an
 * earlier run has sent already. A connection carries its own
 * learners, so one learner's callbacks never overtake each other. With --rate the n-th callback is
 * due at n/rate and its time counts from then, sent late or not: a stall is not hidden. Without it
 * every connection sends as soon as it has its response. --show prints the first learner's screens.
 * With --sms the INPUTs are SMS, and we are the provider's send API as well, on SINK_PORT: a step
 * is over when the callback was answered and an SMS to the learner has come. Each connection then
 * has two learners or more, who take turns: one alone would answer before the sender has noted
 * that the provider took the SMS. Such an answer counts for nothing (docs/course-rules.md 1.2 rule
 * 11), the next INPUT meets the question before it, and a 2 for the consent leaves: then no SMS
 * comes any more. With --kannel we are an operator as Kannel knows it instead: its HTTP SMSC takes
 * an SMS as a GET, and sends by GET.
 * The result is one line of JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_RESPONSE_BYTES 16384

/* What epoll tells of. */
enum kind { KIND_CONNECTION, KIND_LISTENER, KIND_SINK };

struct connection {
    enum kind kind;
    int fd;
    unsigned next_learner; /* in steps of n_connections */
    unsigned step;
    bool is_busy, is_done;
    bool is_answered, is_told; /* of a step by SMS */
    uint64_t due_ns;
    size_t len;
    char in[MAX_RESPONSE_BYTES];
};

static struct {
    int port;
    const char *path;
    unsigned n_connections, n_learners, first, rate, skip;
    int sink_port; /* 0 = USSD */
    bool is_shown, is_kannel;
    char **inputs;
    unsigned n_inputs;
} options = {.path = "/in/at-ussd", .n_connections = 64, .n_learners = 1000};

static struct {
    uint32_t *micros;
    uint64_t n_sent, n_responded, n_failed, n_told;
    uint64_t start_ns;
    int epoll;
} totals;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        die("clock");
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        die("connect");
    return fd;
}

/* "1*2*1": everything typed in the session so far, as the provider sends it. */
static void join_inputs(unsigned step, char *dst, size_t bytes)
{
    size_t len = 0;
    dst[0] = '\0';
    for (unsigned i = 1; i <= step; i++) {
        int n = snprintf(dst + len, bytes - len, "%s%s", i > 1 ? "*" : "", options.inputs[i]);
        if (n < 0 || (size_t)n >= bytes - len)
            die("the inputs are too long");
        len += (size_t)n;
    }
}

static int make_body(const struct connection *c, char *dst, size_t bytes)
{
    char typed[4096];
    unsigned learner = options.first + c->next_learner;
    if (options.sink_port != 0)
        return snprintf(
            dst, bytes,
            "from=%%2B2547%08u&to=20880&id=ATXid_%08x_%u&linkId=&networkCode=63902&text=%s",
            learner, learner, c->step, options.inputs[c->step]);
    join_inputs(c->step, typed, sizeof(typed));
    return snprintf(dst, bytes,
                    "sessionId=ATUid_%08x&phoneNumber=%%2B2547%08u&networkCode=63902"
                    "&serviceCode=%%2A384%%2A7%%23&text=%s",
                    learner, learner, typed);
}

static void send_request(struct connection *c, uint64_t due_ns)
{
    char body[8192], request[12288];
    int n_body = make_body(c, body, sizeof(body));
    int n =
        options.is_kannel
            ? snprintf(request, sizeof(request),
                       "GET %s?username=bench&password=bench&%s HTTP/1.1\r\n"
                       "Host: 127.0.0.1:%d\r\n\r\n",
                       options.path, body, options.port)
            : snprintf(
                  request, sizeof(request),
                  "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: at-ussd-api/1.0.0\r\n"
                  "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
                  "%s",
                  options.path, options.port, n_body, body);
    c->due_ns = due_ns;
    c->is_busy = true;
    c->is_answered = c->is_told = false;
    c->len = 0;
    totals.n_sent++;
    if (n < 0 || (size_t)n >= sizeof(request) || write(c->fd, request, (size_t)n) != n)
        die("write"); /* a request is far smaller than a socket's buffer */
}

/* Length of head and body once all of it has come, else 0. */
static size_t response_length(const struct connection *c)
{
    const char *end = strstr(c->in, "\r\n\r\n");
    const char *length = end != NULL ? strcasestr(c->in, "\r\nContent-Length:") : NULL;
    if (end == NULL)
        return 0;
    size_t body = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
    size_t all = (size_t)(end + 4 - c->in) + body;
    return c->len >= all ? all : 0;
}

/* Kannel lets ten connections wait to be accepted, and forgets what more send for seconds: so each
 * has a response, which says that it may not send SMS without a name, before the next one comes. */
static void greet_kannel(struct connection *c)
{
    static const char hello[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    if (write(c->fd, hello, sizeof(hello) - 1) != (ssize_t)sizeof(hello) - 1)
        die("write");
    do {
        ssize_t n = read(c->fd, c->in + c->len, sizeof(c->in) - 1 - c->len);
        if (n <= 0)
            die("Kannel closed the connection");
        c->len += (size_t)n;
        c->in[c->len] = '\0';
    } while (response_length(c) == 0);
}

/* The learner's next screen, or the next learner of this connection. */
static void advance(struct connection *c)
{
    c->is_busy = false;
    c->next_learner += options.n_connections;
    if (c->next_learner < options.n_learners)
        return;
    c->next_learner %= options.n_connections;
    c->is_done = ++c->step == options.n_inputs;
}

static void end_step(struct connection *c)
{
    uint64_t micros = (now_ns() - c->due_ns) / 1000;
    totals.micros[totals.n_responded++] = micros < UINT32_MAX ? (uint32_t)micros : UINT32_MAX;
    bool is_good = strncmp(c->in, "HTTP/1.1 20", 11) == 0;
    totals.n_failed += !is_good;
    if (options.is_shown && c->next_learner == 0)
        printf("--- %u '%s'\n%s\n", c->step, options.inputs[c->step],
               is_good ? strstr(c->in, "\r\n\r\n") + 4 : c->in);
    advance(c);
}

static void read_response(struct connection *c)
{
    ssize_t n = read(c->fd, c->in + c->len, sizeof(c->in) - 1 - c->len);
    if (n <= 0) {
        fprintf(stderr, "load: the connection was closed; learner %u said '%s' and waits for %s\n",
                options.first + c->next_learner, options.inputs[c->step],
                c->is_answered ? "an SMS" : "the answer to the callback");
        exit(1);
    }
    c->len += (size_t)n;
    c->in[c->len] = '\0';
    if (response_length(c) > 0) {
        c->is_answered = true;
        if (options.sink_port == 0 || c->is_told)
            end_step(c);
    } else if (c->len == sizeof(c->in) - 1)
        die("an answer is too long");
}

/* ---- the provider's send API ---- */

static void watch(int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    if (epoll_ctl(totals.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll");
}

static void listen_for_sms(struct connection *listener)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)options.sink_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    *listener = (struct connection){.kind = KIND_LISTENER,
                                    .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (listener->fd < 0 ||
        setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(listener->fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(listener->fd, 64) != 0)
        die("listen");
    watch(listener->fd, listener);
}

static void accept_sink(const struct connection *listener)
{
    struct connection *sink = calloc(1, sizeof(*sink)); /* until the end of the process */
    if (sink == NULL)
        die("memory");
    sink->kind = KIND_SINK;
    sink->fd = accept(listener->fd, NULL, NULL);
    if (sink->fd < 0)
        die("accept");
    watch(sink->fd, sink);
}

/* The SMS is for the learner whose number its request holds. */
static void tell(struct connection *all, const char *request)
{
    const char *to = strstr(request, "to=%2B2547");
    unsigned learner =
        to != NULL ? (unsigned)strtoul(to + 10, NULL, 10) - options.first : UINT32_MAX;
    if (learner >= options.n_learners) {
        fprintf(stderr, "load: an SMS to nobody: %s\n", request);
        exit(1);
    }
    struct connection *c = &all[learner % options.n_connections];
    totals.n_told++;
    if (!c->is_busy || c->next_learner != learner || c->is_told)
        return; /* the second SMS of a step */
    c->is_told = true;
    if (c->is_answered)
        end_step(c);
}

static void response_sink(struct connection *sink)
{
    char body[256], response[512];
    int n_body =
        options.is_kannel
            ? snprintf(body, sizeof(body), "0: Accepted for delivery")
            : snprintf(
                  body, sizeof(body),
                  "{\"SMSMessageData\":{\"Message\":\"Sent\",\"Recipients\":[{\"statusCode\":101,"
                  "\"status\":\"Success\",\"messageId\":\"ATXid_%" PRIu64 "\"}]}}",
                  totals.n_told);
    int n = snprintf(response, sizeof(response), "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s",
                     options.is_kannel ? "202 Accepted\r\nContent-Type: text/plain"
                                       : "201 Created\r\nContent-Type: application/json",
                     n_body, body);
    if (write(sink->fd, response, (size_t)n) != n)
        die("write to the sender");
}

static void read_sink(struct connection *all, struct connection *sink)
{
    ssize_t n = read(sink->fd, sink->in + sink->len, sizeof(sink->in) - 1 - sink->len);
    if (n <= 0) { /* the sender has closed it */
        (void)close(sink->fd);
        return;
    }
    sink->len += (size_t)n;
    sink->in[sink->len] = '\0';
    if (response_length(sink) == 0)
        return;
    tell(all, sink->in);
    response_sink(sink);
    sink->len = 0;
}

/* Sends on free connections what is due. False: nothing more before ret_wait has passed. */
static bool send_due(struct connection *all, struct timespec *ret_wait)
{
    static unsigned at;
    for (unsigned i = 0; i < options.n_connections; i++) {
        struct connection *c = &all[(at + i) % options.n_connections];
        uint64_t now = now_ns(), due = now;
        if (c->is_busy || c->is_done)
            continue;
        if (options.rate > 0)
            due = totals.start_ns + totals.n_sent * 1000000000u / options.rate;
        if (due > now) {
            at = (at + i) % options.n_connections;
            *ret_wait = (struct timespec){.tv_sec = (time_t)((due - now) / 1000000000u),
                                          .tv_nsec = (long)((due - now) % 1000000000u)};
            return false;
        }
        send_request(c, due);
    }
    return true;
}

static void handle(struct connection *all, struct connection *c)
{
    switch (c->kind) {
    case KIND_CONNECTION:
        read_response(c);
        return;
    case KIND_LISTENER:
        accept_sink(c);
        return;
    case KIND_SINK:
        read_sink(all, c);
        return;
    }
}

static void run_all(struct connection *all, uint64_t n_total)
{
    struct connection listener;
    totals.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (totals.epoll < 0)
        die("epoll");
    for (unsigned i = 0; i < options.n_connections; i++)
        watch(all[i].fd, &all[i]);
    if (options.sink_port != 0)
        listen_for_sms(&listener);
    totals.start_ns = now_ns();
    while (totals.n_responded < n_total) {
        struct epoll_event events[256];
        struct timespec wait;
        bool is_all_sent = send_due(all, &wait);
        int n = epoll_pwait2(totals.epoll, events, 256, is_all_sent ? NULL : &wait, NULL);
        for (int i = 0; i < n; i++)
            handle(all, events[i].data.ptr);
    }
    (void)close(totals.epoll); /* nothing was written to it */
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_ms(uint64_t n, double share)
{
    return totals.micros[(uint64_t)((double)(n - 1) * share)] / 1000.0;
}

static void print_result(uint64_t n, double seconds)
{
    qsort(totals.micros, n, sizeof(totals.micros[0]), compare);
    printf("{\"callbacks\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"seconds\": %.3f, "
           "\"per_second\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, "
           "\"max_ms\": %.3f}\n",
           n, totals.n_failed, seconds, (double)n / seconds, percentile_ms(n, 0.5),
           percentile_ms(n, 0.99), percentile_ms(n, 0.999), percentile_ms(n, 1));
}

static unsigned to_number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value > 100000000) {
        fprintf(stderr, "load: '%s' is no number\n", text);
        exit(64);
    }
    return (unsigned)value;
}

static void parse(int argc, char **argv)
{
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        const char *name = argv[i] + 2;
        if (strcmp(name, "show") == 0 || strcmp(name, "kannel") == 0) {
            *(name[0] == 's' ? &options.is_shown : &options.is_kannel) = true;
            continue;
        }
        const char *value = argv[++i];
        if (strcmp(name, "port") == 0)
            options.port = (int)to_number(value);
        else if (strcmp(name, "path") == 0)
            options.path = value;
        else if (strcmp(name, "connections") == 0)
            options.n_connections = to_number(value);
        else if (strcmp(name, "learners") == 0)
            options.n_learners = to_number(value);
        else if (strcmp(name, "first") == 0)
            options.first = to_number(value);
        else if (strcmp(name, "rate") == 0)
            options.rate = to_number(value);
        else if (strcmp(name, "sms") == 0)
            options.sink_port = (int)to_number(value);
        else if (strcmp(name, "skip") == 0)
            options.skip = to_number(value);
        else
            i = argc;
    }
    options.inputs = argv + i;
    options.n_inputs = i < argc ? (unsigned)(argc - i) : 0;
    if (options.n_inputs <= options.skip || options.port == 0 || options.n_connections == 0 ||
        options.n_learners / (options.sink_port != 0 ? 2 : 1) < options.n_connections) {
        fprintf(stderr, "load: see the head of tests/bench/load.c\n");
        exit(64);
    }
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    uint64_t n_total = (uint64_t)options.n_learners * (options.n_inputs - options.skip);
    struct connection *all = calloc(options.n_connections, sizeof(*all));
    totals.micros = calloc(n_total, sizeof(totals.micros[0]));
    if (all == NULL || totals.micros == NULL)
        die("memory");
    for (unsigned i = 0; i < options.n_connections; i++) {
        all[i].fd = connect_to(options.port);
        all[i].next_learner = i;
        all[i].step = options.skip;
        if (options.is_kannel)
            greet_kannel(&all[i]);
    }
    run_all(all, n_total);
    print_result(n_total, (double)(now_ns() - totals.start_ns) / 1e9);
    for (unsigned i = 0; i < options.n_connections; i++)
        (void)close(all[i].fd); /* everything was answered */
    free(all);
    free(totals.micros);
    return totals.n_failed == 0 ? 0 : 1;
}
