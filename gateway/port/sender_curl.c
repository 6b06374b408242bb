/* sender.h: requests to providers, with libcurl. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "port/sender.h"

#define MAX_RESPONSE_HEADERS 64u
#define CONNECT_TIMEOUT_MS 10000L
#define IDLE_CONNECTION_S 60L

/* One request under way. */
struct transfer {
    struct curl_sender *owner;
    LIST_ENTRY(transfer) entry;
    CURL *easy;
    struct curl_slist *request_headers;
    sender_on_response *fn;
    void *ctx;
    struct buf body;
    struct buf header_lines;
    struct http_header headers[MAX_RESPONSE_HEADERS];
    uint32_t n_headers;
    uint32_t n_sent; /* times that curl began to send it */
    bool is_private_allowed;
    bool is_private_refused; /* an address was refused by us */
    bool is_cut;             /* the response was longer than the ceiling */
};

/* A socket that curl wants watched. */
struct watch {
    struct event *event;
};

struct curl_sender {
    struct sender base;
    struct loop *loop;
    CURLM *multi;
    LIST_HEAD(, transfer) transfers;
    struct event *timer;
};

static struct curl_sender *curl_of(struct sender *s)
{
    return (struct curl_sender *)s;
}

/* ---- what may be called: docs/reliability.md recommendation 8 ---- */

static bool is_private_v4(uint32_t address)
{
    static const struct {
        uint32_t net;
        int bits;
    } nets[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
        {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0a80000, 16},
        {0xc6120000, 15}, {0xe0000000, 3}, /* multicast, reserved, broadcast */
    };
    for (size_t i = 0; i < ARRAY_LEN(nets); i++) {
        if ((address ^ nets[i].net) >> (32 - nets[i].bits) == 0)
            return true;
    }
    return false;
}

static bool is_private_v6(const struct in6_addr *address)
{
    const uint8_t *b = address->s6_addr;
    static const uint8_t zeros[12];
    if (IN6_IS_ADDR_V4MAPPED(address) || memcmp(b, zeros, sizeof(zeros)) == 0)
        return is_private_v4((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 |
                             b[15]);
    return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || b[0] == 0xff;
}

static bool is_private_name(const char *ip)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, ip, &v4) == 1)
        return is_private_v4(ntohl(v4.s_addr));
    return inet_pton(AF_INET6, ip, &v6) != 1 || is_private_v6(&v6);
}

static bool is_private(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return is_private_v4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return is_private_v6(&in6.sin6_addr);
    }
    return true; /* anything that is no IP address */
}

/* Checked on the address that is really connected to, so that DNS cannot rebind behind us. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = ctx;
    (void)purpose;
    if (!t->is_private_allowed && is_private(&address->addr)) {
        t->is_private_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A kept connection may have been opened for a channel that may call private addresses.
 * curl repeats a request by itself when a kept connection dies; the first one may have been taken,
 * so a second start is refused and the outcome is unknown. */
static int on_begin_sending(void *ctx, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    struct transfer *t = ctx;
    (void)own_ip;
    (void)peer_port;
    (void)own_port;
    if (!t->is_private_allowed && is_private_name(peer_ip)) {
        t->is_private_refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    t->n_sent++;
    return t->n_sent > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- the response ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * n;
    size_t room = t->body.max - t->body.len;
    buf_add(&t->body, bytes, len < room ? len : room);
    t->is_cut |= len > room;
    return t->is_cut ? 0 : len; /* 0 stops a body that does not end */
}

static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    struct str line = {bytes, size * n};
    if (str_starts(line, STR("HTTP/"))) { /* a new head, after 100 Continue */
        buf_reset(&t->header_lines);
        return line.len;
    }
    buf_add_str(&t->header_lines, line);
    return line.len; /* past its ceiling lines are dropped, not the response */
}

static void split_headers(struct transfer *t)
{
    struct str rest = buf_str(&t->header_lines);
    t->n_headers = 0;
    while (rest.p != NULL && t->n_headers < MAX_RESPONSE_HEADERS) {
        struct str value = str_split(&rest, '\n');
        struct str name = str_split(&value, ':');
        if (value.p != NULL)
            t->headers[t->n_headers++] = (struct http_header){str_trim(name), str_trim(value)};
    }
}

static enum sender_reached reached_of(const struct transfer *t, CURLcode code, int status)
{
    /* Of an error page the first part is enough; a success may be denied in the part that was cut.
     */
    if (code == CURLE_OK || (t->is_cut && status / 100 != 2))
        return SENDER_REACHED_RESPONSE;
    return t->n_sent > 0 ? SENDER_REACHED_MAYBE : SENDER_REACHED_NOT;
}

static void transfer_free(struct transfer *t)
{
    LIST_REMOVE(t, entry);
    curl_multi_remove_handle(t->owner->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->request_headers);
    buf_fini(&t->body);
    buf_fini(&t->header_lines);
    free(t);
}

static void finish(struct transfer *t, CURLcode code)
{
    long status = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status); /* stays 0 on failure */
    struct sender_response response = {.reached = reached_of(t, code, (int)status)};
    if (response.reached == SENDER_REACHED_RESPONSE) {
        split_headers(t);
        response.status = (int)status;
    }
    response.body = buf_str(&t->body);
    response.headers = t->headers;
    response.n_headers = t->n_headers;
    response.message = t->is_private_refused ? "private address refused; allow it in the channel "
                                               "(private_addresses: allowed) if it is meant"
                                             : curl_easy_strerror(code);
    t->fn(t->ctx, &response);
    transfer_free(t);
}

static void finish_done(struct curl_sender *s)
{
    int n_left;
    for (CURLMsg *msg; (msg = curl_multi_info_read(s->multi, &n_left)) != NULL;) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        char *private = NULL;
        CURLcode code = msg->data.result;
        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private); /* set by us */
        finish((struct transfer *)(void *)private, code);
    }
}

/* ---- memory ---- */

/* Without memory curl goes on without what it was told: a request without its key, a POST without
 * its text. base/xalloc.h says what happens then. */
static void must(bool is_done)
{
    if (!is_done)
        abort();
}

/* Every option is one that this curl knows, with a value that it takes: nothing else can fail. */
#define SET(easy, option, value) must(curl_easy_setopt(easy, option, value) == CURLE_OK)

/* ---- curl's multi socket interface on the loop ---- */

/* Results come as messages. Where it could not note a socket, a request would wait for ever. */
static void act(struct curl_sender *s, curl_socket_t fd, int flags)
{
    int n_running;
    must(curl_multi_socket_action(s->multi, fd, flags, &n_running) == CURLM_OK);
    finish_done(s);
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
    struct curl_sender *s = ctx;
    int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    act(s, fd, flags);
}

static void on_timeout(evutil_socket_t fd, short what, void *ctx)
{
    struct curl_sender *s = ctx;
    (void)fd;
    (void)what;
    act(s, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_change(CURLM *multi, long timeout_ms, void *ctx)
{
    struct curl_sender *s = ctx;
    (void)multi;
    struct timeval delay = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    must((timeout_ms < 0 ? evtimer_del(s->timer) : evtimer_add(s->timer, &delay)) == 0);
    return 0;
}

static int on_watch_change(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct curl_sender *s = ctx;
    struct watch *w = socket_ctx;
    (void)easy;
    if (w == NULL) {
        w = xcalloc(1, sizeof(*w));
        must(curl_multi_assign(s->multi, fd, w) == CURLM_OK);
    }
    if (w->event != NULL)
        event_free(w->event);
    w->event = NULL;
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(s->multi, fd, NULL);
        free(w);
        return 0;
    }
    short events = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                           (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
    w->event = event_new(loop_libevent_base(s->loop), fd, events, on_socket, s);
    must(w->event != NULL &&
         event_add(w->event, NULL) == 0); /* else curl fails them all, for good */
    return 0;
}

/* ---- a request ---- */

static void add_header(struct transfer *t, const char *line)
{
    struct curl_slist *grown = curl_slist_append(t->request_headers, line);
    must(grown != NULL);
    t->request_headers = grown;
}

static void add_headers(struct transfer *t, const struct sender_request *request)
{
    for (uint32_t i = 0; i < request->n_headers; i++) {
        struct buf line;
        buf_init(&line, 8192);
        buf_addf(&line, "%.*s: %.*s", STR_ARG(request->headers[i].name),
                 STR_ARG(request->headers[i].value));
        if (buf_error(&line) == ERR_OK)
            add_header(t, line.p);
        buf_fini(&line);
    }
    /* No wait for 100 Continue: it would cost a round trip for each SMS. */
    add_header(t, "Expect:");
}

static void set_safety(struct transfer *t, const struct sender_request *request)
{
    CURL *easy = t->easy;
    bool is_insecure = request->is_insecure_allowed;
    SET(easy, CURLOPT_PROTOCOLS_STR, is_insecure ? "http,https" : "https");
    SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(easy, CURLOPT_SSL_VERIFYPEER, is_insecure ? 0L : 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, is_insecure ? 0L : 2L);
    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_QUICK_EXIT, 1L); /* docs/reliability.md finding 11 */
    SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(easy, CURLOPT_PROXY, "");
    SET(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    SET(easy, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(easy, CURLOPT_OPENSOCKETDATA, t);
    SET(easy, CURLOPT_PREREQFUNCTION, on_begin_sending);
    SET(easy, CURLOPT_PREREQDATA, t);
}

static void set_request(struct transfer *t, const struct sender_request *request)
{
    CURL *easy = t->easy;
    struct buf url;
    buf_init(&url, 16384);
    buf_add_str(&url, request->url);
    SET(easy, CURLOPT_URL, url.p != NULL ? url.p : ""); /* copied by curl */
    buf_fini(&url);
    SET(easy, CURLOPT_HTTPHEADER, t->request_headers);
    if (strcmp(request->method, "GET") != 0) {
        SET(easy, CURLOPT_POST, 1L);
        SET(easy, CURLOPT_CUSTOMREQUEST, request->method);
        SET(easy, CURLOPT_POSTFIELDSIZE, (long)request->body.len);
        SET(easy, CURLOPT_COPYPOSTFIELDS, request->body.p != NULL ? request->body.p : "");
    }
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, t);
    SET(easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, CURLOPT_HEADERDATA, t);
    SET(easy, CURLOPT_PRIVATE, t);
}

static void sender_curl_post(struct sender *base, const struct sender_request *request,
                             sender_on_response *fn, void *ctx)
{
    struct curl_sender *s = curl_of(base);
    struct transfer *t = xcalloc(1, sizeof(*t));
    *t = (struct transfer){.owner = s,
                           .easy = curl_easy_init(),
                           .fn = fn,
                           .ctx = ctx,
                           .is_private_allowed = request->is_private_allowed};
    must(t->easy != NULL);
    LIST_INSERT_HEAD(&s->transfers, t, entry);
    buf_init(&t->body, SENDER_MAX_RESPONSE_BYTES);
    buf_init(&t->header_lines, 16384);
    add_headers(t, request);
    set_safety(t, request);
    set_request(t, request);
    /* Starts from the loop: curl asks for a timer of 0 ms. */
    must(curl_multi_add_handle(s->multi, t->easy) == CURLM_OK); /* else it would never end */
}

static void sender_curl_free(struct sender *base)
{
    struct curl_sender *s = curl_of(base);
    while (!LIST_EMPTY(&s->transfers)) {
        struct transfer *t = LIST_FIRST(&s->transfers);
        struct sender_response response = {.reached = t->n_sent > 0 ? SENDER_REACHED_MAYBE
                                                                    : SENDER_REACHED_NOT,
                                           .message = "the sender was closed"};
        t->fn(t->ctx, &response);
        transfer_free(t);
    }
    curl_multi_cleanup(s->multi);
    event_free(s->timer);
    free(s);
    curl_global_cleanup();
}

struct sender *sender_curl_new(struct loop *loop, uint32_t max_connections)
{
    static const struct sender_ops ops = {.post = sender_curl_post, .free = sender_curl_free};
    struct curl_sender *s = xcalloc(1, sizeof(*s));
    s->base.ops = &ops;
    s->loop = loop;
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    s->multi = curl_multi_init();
    s->timer = evtimer_new(loop_libevent_base(loop), on_timeout, s);
    must(s->multi != NULL && s->timer != NULL);
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_watch_change);
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
    curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)max_connections);
    curl_multi_setopt(s->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)max_connections);
    return &s->base;
}
