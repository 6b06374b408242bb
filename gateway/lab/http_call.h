/*
 * http_call.h: HTTP requests of a command that waits for the response: over port/sender.h and a
 * loop of its own, to loopback and private addresses too.
 */
#pragma once

#include "base/buf.h"
#include "port/loop.h"

#define HTTP_CALL_TIMEOUT_MS 15000
#define HTTP_CALL_MAX_COPIES 64u

struct http_caller;

struct http_call_response {
    int status;
    struct buf body;
};

struct http_caller *http_caller_new(void);
/* How long the next calls wait, where that is not HTTP_CALL_TIMEOUT_MS. */
void http_caller_limit(struct http_caller *caller, int64_t timeout_ms);
/* Accepts NULL. */
void http_caller_free(struct http_caller *caller);
/* GET without a body, or POST of a form, n copies at once; returns when all are answered. ret has n
 * elements with initialised bodies. ERR_UNAVAILABLE or ERR_TIMEOUT, with the reason in msg. */
enum err http_call(struct http_caller *caller, struct str url, struct str form_body, uint32_t n,
                   struct http_call_response *ret, struct errmsg *msg) MUST_CHECK;
/* Lets real time pass. */
void http_caller_sleep(struct http_caller *caller, int64_t ms);
