/*
 * sender.h: one HTTP request to a provider, and what came back. sender_curl.c wraps libcurl's multi
 * interface (keep-alive, no redirects, QUICK_EXIT, body ceiling, private addresses refused unless
 * allowed); sender_mem.c records requests and responses as told.
 *
 * Each sender_post is answered exactly once, from the loop. What happened is said by `reached`: a
 * request that may have been taken by the provider although no response came is never safe to
 * repeat.
 */
#pragma once

#include "base/buf.h"
#include "port/loop.h"
#include "wire/http/http.h"

#define SENDER_MAX_RESPONSE_BYTES 65536u

struct sender_request {
    const char *method; /* "GET" or "POST" */
    struct str url;     /* absolute, with its query */
    const struct http_header *headers;
    uint32_t n_headers;
    struct str body;
    int64_t timeout_ms;
    bool is_private_allowed;  /* loopback and private addresses may be called (config) */
    bool is_insecure_allowed; /* http:// and unverified TLS, for the simulator and a local Kannel */
};

enum sender_reached {
    SENDER_REACHED_NOT,      /* no connection, or refused before a byte left: safe to repeat */
    SENDER_REACHED_MAYBE,    /* sent, no complete response: outcome unknown */
    SENDER_REACHED_RESPONSE, /* a complete HTTP response, or an error whose body was cut */
};

struct sender_response {
    enum sender_reached reached;
    int status;                        /* HTTP, 0 without answer */
    struct str body;                   /* borrowed until the callback returns; of an error cut at
                                          the ceiling; a success with more is MAYBE */
    const struct http_header *headers; /* the response's */
    uint32_t n_headers;
    const char *message; /* for the log: no number, no secret */
};

struct sender;
typedef void sender_on_response(void *ctx, const struct sender_response *response);

struct sender_ops {
    void (*post)(struct sender *, const struct sender_request *, sender_on_response *, void *ctx);
    void (*free)(struct sender *);
};

struct sender {
    const struct sender_ops *ops;
};

/* Copies what it needs of the request. */
static inline void sender_post(struct sender *s, const struct sender_request *request,
                               sender_on_response *fn, void *ctx)
{
    s->ops->post(s, request, fn, ctx);
}

static inline void sender_free(struct sender *s)
{
    if (s != NULL)
        s->ops->free(s);
}

struct sender *sender_curl_new(struct loop *loop, uint32_t max_connections);

struct sender *sender_mem_new(struct loop *loop);
/* The next n requests get this response instead of 200 with `body` (NULL body keeps the default).
 */
void sender_mem_response(struct sender *s, enum sender_reached reached, int status,
                         const char *body, uint32_t n);
/* Asked about every request before any other answer: true when *ret is what it gets; the body is
 * copied, up to 16 KiB of it. */
typedef bool sender_mem_decide(void *ctx, const struct sender_request *request,
                               struct sender_response *ret);
void sender_mem_on_post(struct sender *s, sender_mem_decide *fn, void *ctx);
/* Called for every request that will be answered with 2xx, with that response's body: transcripts
 * read the message from it. */
typedef void sender_mem_on_request(void *ctx, const struct sender_request *request,
                                   struct str response);
void sender_mem_watch(struct sender *s, sender_mem_on_request *fn, void *ctx);
