/*
 * front.h: an HTTP/1.1 listener: accepts, feeds wire/http/http.h, hands over complete requests,
 * writes replies. It knows no paths and no policy. libevent.c wraps libevent's plain events:
 * one request costs epoll_wait, recv and send; a bufferevent would add an ioctl, a second
 * epoll_wait and two epoll_ctl.
 *
 * Each request is answered exactly once with front_reply, within the callback or later; the token
 * names connection and request, so a second response, or one to a connection that is gone, finds
 * nothing and is counted. Requests of one connection are handed over one at a time, in order, and
 * at most FRONT_REQUESTS_PER_TURN of them in one turn of the loop (docs/reliability.md T36); the
 * callback runs from loop_run only, never inside front_reply.
 *
 * What is malformed, too slow or too much is answered here (400.. of wire/http/http.h, 408, 503),
 * and the connection closed. Above max_connections the connection that has dawdled longest, idle or
 * in the middle of its head, makes room; only when all are at work is a new one refused with 503.
 */
#pragma once

#include "base/buf.h"
#include "port/loop.h"
#include "wire/http/http.h"

#define FRONT_REQUESTS_PER_TURN 8

struct front;

struct front_token {
    uint32_t slot;
    uint32_t generation;
};

/* request is borrowed until the callback returns. peer is the address without port. */
typedef void front_on_request(void *ctx, struct front_token token,
                              const struct http_request *request, struct str peer);

struct front_limits {
    uint32_t max_connections;
    uint32_t max_connections_per_peer; /* an IPv4 address or an IPv6 /64; 0 = no such cap */
    size_t max_memory_bytes;           /* of all unfinished requests and replies together */
    int64_t header_ms; /* absolute, from the first byte (or accept) to the blank line */
    int64_t body_ms;   /* absolute, from the blank line to the last body byte; as long for a reply
                          that the peer is slow to take */
    int64_t idle_ms;   /* between requests */
    int64_t reply_ms;  /* from request to front_reply; then 503 and close */
    struct http_limits http;
};

struct front_counters {
    uint64_t n_accepted;
    uint64_t n_refused; /* by a cap */
    uint64_t n_evicted; /* made room for another */
    uint64_t n_requests;
    uint64_t n_malformed;
    uint64_t n_timeouts; /* of head, body, reply or taking the reply; idle ones do not count */
    uint64_t n_late_replies;
};

/* Defaults of docs/reliability.md T13 and T15. */
struct front_limits front_default_limits(void);
/* Opens a listening socket on a numeric address; port 0 = any free one. The first one owns the
 * port: it fails where anybody else listens. Further ones of the same process stand beside it
 * (SO_REUSEPORT), and the kernel deals the connections out. ERR_INVALID: no numeric address;
 * ERR_UNAVAILABLE: in use or not ours. The message says by what address and how to change it. */
enum err front_listen(const char *address, int port, bool is_beside, int *ret_fd,
                      struct errmsg *msg) MUST_CHECK;
struct front_setup {
    int listen_fd;              /* taken over, also when that fails */
    struct front_limits limits; /* max_connections: one and more */
    front_on_request *fn;
    void *ctx;
};
/* ERR_UNAVAILABLE: it is no listening socket. */
enum err front_libevent_new(struct loop *loop, const struct front_setup *setup, struct front **ret,
                            struct errmsg *msg) MUST_CHECK;
/* status, content type, extra headers and body; adds Date, Content-Length, Connection. Everything
 * in response is copied. */
void front_reply(struct front *f, struct front_token token, const struct http_response *response);
int front_port(const struct front *f);
/* Nobody but this host reaches it. */
bool front_is_on_loopback(const struct front *f);
const struct front_counters *front_counters_get(const struct front *f);
uint32_t front_n_connections(const struct front *f);
/* Takes what waits in the accept queue, closes the listening socket, and from now on ends each
 * connection with its next reply, or after one idle second. Done when front_n_connections is 0. */
void front_drain(struct front *f);
/* Closes everything at once; unanswered requests get no response. Accepts NULL. */
void front_free(struct front *f);
