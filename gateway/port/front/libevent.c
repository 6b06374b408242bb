/* The front itself: accepting, deadlines, draining. One connection is conn.c. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/front/conn.h"

#define MAX_REPLY_BYTES (65u << 20)
#define ACCEPTS_PER_TURN 64
#define ACCEPT_PAUSE_MS 100
#define DESCRIPTORS_KEPT 64u /* for servers and files of this process */

struct front_limits front_default_limits(void)
{
    return (struct front_limits){
        .max_connections = 8192,
        .max_connections_per_peer = 1024,
        .max_memory_bytes = 64u << 20,
        .header_ms = 5000,
        .body_ms = 10000,
        .idle_ms = 30000,
        .reply_ms = 1500,
        .http = {.max_head_bytes = 16384, .max_body_bytes = 65536},
    };
}

/* ---- deadlines ---- */

static void on_deadline(void *ctx)
{
    struct front *f = ctx;
    int64_t now_ms = loop_mono(f->loop).ms, next_ms = INT64_MAX;
    f->deadline_due_ms = INT64_MAX;
    for (size_t i = 0; i < N_WAITS; i++) {
        struct conn *c;
        while ((c = TAILQ_FIRST(&f->waiting[i])) != NULL && c->deadline_ms <= now_ms)
            conn_expire(c);
        if (c != NULL && c->deadline_ms < next_ms)
            next_ms = c->deadline_ms;
    }
    if (next_ms != INT64_MAX)
        front_arm(f, next_ms);
}

/* ---- accepting ---- */

/* Closes the connection that has dawdled longest; false when all are at work. */
static bool evict(struct front *f)
{
    struct conn *c = TAILQ_FIRST(&f->waiting[WAIT_IDLE]);
    if (c == NULL)
        c = TAILQ_FIRST(&f->waiting[WAIT_HEAD]);
    if (c == NULL)
        return false;
    f->counters.n_evicted++;
    conn_free(c);
    return true;
}

/* One over a cap: a word and the end. Its request is not waited for. */
static void turn_away(struct front *f, int fd)
{
    static const char response[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                                   "Retry-After: 1\r\nConnection: close\r\n\r\n";
    f->counters.n_refused++;
    (void)send(fd, response, sizeof(response) - 1,
               MSG_NOSIGNAL); /* a courtesy, nothing hangs on it */
    (void)shutdown(fd, SHUT_WR);
    (void)recv(fd, f->scratch, sizeof(f->scratch), 0); /* what is unread would reset the response */
    (void)close(fd);
}

static void admit(struct front *f, int fd, const struct sockaddr_storage *address)
{
    char name[INET6_ADDRSTRLEN] = "";
    const void *bytes = address->ss_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    (void)inet_ntop(address->ss_family, bytes, name, sizeof(name)); /* "" for other families */
    struct front_peer *peer = front_peers_enter(f->peers, (const struct sockaddr *)address,
                                                f->limits.max_connections_per_peer);
    if (peer == NULL) {
        turn_away(f, fd);
        return;
    }
    if (f->n_connections == f->limits.max_connections && !evict(f)) {
        front_peers_leave(peer);
        turn_away(f, fd);
        return;
    }
    f->counters.n_accepted++;
    conn_new(f, fd, peer, name);
}

static void on_accept_again(void *ctx)
{
    struct front *f = ctx;
    if (f->acceptable != NULL && event_add(f->acceptable, NULL) != 0)
        abort(); /* only without memory */
}

/* No descriptor or memory left: the queue stays readable, so trying at once would spin. */
static void pause_accepting(struct front *f, int error)
{
    LOG_WARN("front", "cannot accept for now", "err=\"%s\" open=%u pause_ms=%d", strerror(error),
             f->n_connections, ACCEPT_PAUSE_MS);
    (void)evict(f); /* helps if there is one */
    (void)event_del(f->acceptable);
    timer_start(f->loop, f->accept_again, ACCEPT_PAUSE_MS);
}

/* Accepts up to `most`; false when there is no more to be had now. */
static bool accept_some(struct front *f, int most)
{
    for (int i = 0; i < most; i++) {
        struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
        socklen_t len = sizeof(address);
        int fd =
            accept4(f->listen_fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(f, fd, &address);
        } else if (errno == EAGAIN) {
            return false;
        } else if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO) {
            pause_accepting(f, errno);
            return false;
        }
    }
    return true;
}

static void on_acceptable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* there is one listener */
    struct front *f = ctx;
    (void)loop_mono(f->loop); /* begins the turn for the stall watch */
    (void)accept_some(f, ACCEPTS_PER_TURN);
}

/* ---- the front ---- */

static enum err adopt_listener(struct front *f, struct errmsg *msg)
{
    int fd = f->listen_fd;
    int is_listening = 0;
    socklen_t len = sizeof(is_listening);
    struct sockaddr_in6 own = {.sin6_port = 0}; /* the port is at the same place for IPv4 */
    socklen_t own_len = sizeof(own);
    int flags = fcntl(fd, F_GETFL);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) != 0 || !is_listening ||
        getsockname(fd, (struct sockaddr *)&own, &own_len) != 0 || flags < 0 ||
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return errmsg_set(msg, ERR_UNAVAILABLE, "descriptor %d is not a listening socket", fd);
    const int on = 1;
    /* Accepted sockets inherit it. Not there on a unix socket, where it is not needed either. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    f->port = ntohs(own.sin6_port);
    const struct sockaddr_in *own4 = (const struct sockaddr_in *)&own;
    f->is_on_loopback = own.sin6_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&own.sin6_addr) != 0
                        : own.sin6_family == AF_INET
                            ? ntohl(own4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET
                            : true; /* a unix socket */
    return ERR_OK;
}

/* As many as there are descriptors for: the last one must not go to a stranger who connects, while
 * the store or the spool wants it. */
static uint32_t affordable(uint32_t n_wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= n_wanted + DESCRIPTORS_KEPT)
        return n_wanted;
    uint32_t n = limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? (uint32_t)limit.rlim_cur - DESCRIPTORS_KEPT
                                                       : DESCRIPTORS_KEPT;
    n = n < n_wanted ? n : n_wanted;
    LOG_WARN("front", "fewer connections than configured", "max=%u wanted=%u open_files=%llu", n,
             n_wanted, (unsigned long long)limit.rlim_cur);
    return n;
}

enum err front_libevent_new(struct loop *loop, const struct front_setup *setup, struct front **ret,
                            struct errmsg *msg)
{
    assert(setup->limits.max_connections > 0);
    struct front *f = xcalloc(1, sizeof(*f));
    *f = (struct front){.loop = loop,
                        .limits = setup->limits,
                        .fn = setup->fn,
                        .ctx = setup->ctx,
                        .listen_fd = setup->listen_fd,
                        .deadline_due_ms = INT64_MAX,
                        .date_s = -1};
    f->limits.max_connections = affordable(setup->limits.max_connections);
    for (size_t i = 0; i < N_WAITS; i++)
        TAILQ_INIT(&f->waiting[i]);
    buf_init(&f->out, MAX_REPLY_BYTES);
    f->peers = front_peers_new();
    f->slots = xcalloc(f->limits.max_connections, sizeof(*f->slots));
    for (uint32_t i = 0; i < f->limits.max_connections; i++)
        f->slots[i].next_free = i + 1;
    f->deadline = timer_new(loop, on_deadline, f);
    f->accept_again = timer_new(loop, on_accept_again, f);
    f->next_turn = timer_new(loop, conn_take_turns, f);
    enum err e = adopt_listener(f, msg);
    if (e != ERR_OK) {
        front_free(f);
        return e;
    }
    f->acceptable =
        event_new(loop_libevent_base(loop), f->listen_fd, EV_READ | EV_PERSIST, on_acceptable, f);
    if (f->acceptable == NULL || event_add(f->acceptable, NULL) != 0)
        abort(); /* only without memory */
    *ret = f;
    return ERR_OK;
}

int front_port(const struct front *f)
{
    return f->port;
}

bool front_is_on_loopback(const struct front *f)
{
    return f->is_on_loopback;
}

const struct front_counters *front_counters_get(const struct front *f)
{
    return &f->counters;
}

uint32_t front_n_connections(const struct front *f)
{
    return f->n_connections;
}

static void stop_listening(struct front *f)
{
    if (f->acceptable != NULL)
        event_free(f->acceptable);
    f->acceptable = NULL;
    if (f->listen_fd >= 0)
        (void)close(f->listen_fd); /* nothing to be done about a failed close */
    f->listen_fd = -1;
}

void front_drain(struct front *f)
{
    if (f->is_draining)
        return;
    while (accept_some(f, ACCEPTS_PER_TURN))
        continue;
    stop_listening(f);
    f->is_draining = true;
    /* All of them anew and in order, so that the list stays sorted. */
    size_t n_idle = 0;
    struct conn *c;
    TAILQ_FOREACH(c, &f->waiting[WAIT_IDLE], links)
    n_idle++;
    for (; n_idle > 0; n_idle--)
        front_enter(TAILQ_FIRST(&f->waiting[WAIT_IDLE]), WAIT_IDLE);
}

void front_free(struct front *f)
{
    if (f == NULL)
        return;
    stop_listening(f);
    for (size_t i = 0; i < N_WAITS; i++) {
        while (!TAILQ_EMPTY(&f->waiting[i]))
            conn_free(TAILQ_FIRST(&f->waiting[i]));
    }
    timer_free(f->loop, f->deadline);
    timer_free(f->loop, f->accept_again);
    timer_free(f->loop, f->next_turn);
    front_peers_free(f->peers);
    buf_fini(&f->out);
    free(f->slots);
    free(f);
}
