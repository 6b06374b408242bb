/*
 * front.h: an HTTP/1.1 listener: accepts, feeds wire/http.h, hands over complete requests, writes
 * replies. front_bufferevent.c wraps libevent's bufferevents. It knows no paths and no policy.
 *
 * Each request is answered exactly once with front_reply, within the same or a later turn; the
 * token names connection and request, so a late answer to a connection that is gone finds nothing
 * and is counted. Requests of one connection are handed over one at a time.
 */
#pragma once

#include "base/buf.h"
#include "port/loop.h"
#include "wire/http.h"

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
    uint32_t max_connections_per_peer;
    int64_t header_ms; /* absolute, from the first byte (or accept) to the blank line */
    int64_t body_ms;   /* absolute, from the blank line to the last body byte */
    int64_t idle_ms;   /* between requests */
    int64_t reply_ms;  /* from request to reply written; then 503 and close */
    struct http_limits http;
};

struct front_counters {
    uint64_t n_accepted, n_refused, n_requests, n_malformed, n_timeouts, n_late_replies;
};

/* Defaults of RELIABILITY.md T13 and T15. */
struct front_limits front_default_limits(void);
/* Binds address:port with SO_REUSEPORT, or takes over fd when it is >= 0. ERR_UNAVAILABLE: in use,
 * message says by what address and how to change it. */
enum err front_bufferevent_new(struct loop *loop, const char *address, int port, int fd,
                               const struct front_limits *limits, front_on_request *fn, void *ctx,
                               struct front **ret, struct errmsg *msg) MUST_CHECK;
/* status, content type, extra headers and body; adds Date, Content-Length, Connection. */
void front_reply(struct front *f, struct front_token token, const struct http_response *response);
int front_port(const struct front *f);
const struct front_counters *front_counters_get(const struct front *f);
uint32_t front_n_connections(const struct front *f);
/* Stops accepting; connections in the middle of a request may finish. */
void front_drain(struct front *f);
void front_free(struct front *f);
