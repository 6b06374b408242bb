#include "lab/http_call.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "port/sender.h"

struct http_caller {
    struct loop *loop;
    struct sender *sender;
    struct timer *timer;
    uint32_t n_waiting;
    int64_t timeout_ms;
};

struct copy {
    struct http_caller *caller;
    struct http_call_response *response;
    enum err e;
    struct errmsg msg;
};

static void on_timer(void *ctx)
{
    struct http_caller *caller = ctx;
    loop_stop(caller->loop);
}

struct http_caller *http_caller_new(void)
{
    struct http_caller *caller = xcalloc(1, sizeof(*caller));
    caller->loop = loop_libevent_new();
    caller->sender = sender_curl_new(caller->loop, HTTP_CALL_MAX_COPIES);
    caller->timer = timer_new(caller->loop, on_timer, caller);
    caller->timeout_ms = HTTP_CALL_TIMEOUT_MS;
    return caller;
}

void http_caller_limit(struct http_caller *caller, int64_t timeout_ms)
{
    caller->timeout_ms = timeout_ms;
}

void http_caller_free(struct http_caller *caller)
{
    if (caller == NULL)
        return;
    sender_free(caller->sender);
    timer_free(caller->loop, caller->timer);
    loop_free(caller->loop);
    free(caller);
}

static void on_response(void *ctx, const struct sender_response *response)
{
    struct copy *copy = ctx;
    if (response->reached == SENDER_REACHED_RESPONSE) {
        copy->response->status = response->status;
        buf_reset(&copy->response->body);
        buf_add_str(&copy->response->body, response->body);
    } else {
        bool is_maybe = response->reached == SENDER_REACHED_MAYBE;
        copy->e = errmsg_set(&copy->msg, is_maybe ? ERR_TIMEOUT : ERR_UNAVAILABLE, "%s",
                             response->message);
    }
    if (--copy->caller->n_waiting == 0)
        loop_stop(copy->caller->loop);
}

enum err http_call(struct http_caller *caller, struct str url, struct str form_body, uint32_t n,
                   struct http_call_response *ret, struct errmsg *msg)
{
    static const struct http_header form_headers[] = {
        {{"Content-Type", 12}, {"application/x-www-form-urlencoded", 33}},
    };
    struct copy copies[HTTP_CALL_MAX_COPIES] = {0};
    bool is_post = form_body.p != NULL;
    struct sender_request request = {
        .method = is_post ? "POST" : "GET",
        .url = url,
        .headers = form_headers,
        .n_headers = is_post ? 1 : 0,
        .body = form_body,
        .timeout_ms = caller->timeout_ms,
        .is_private_allowed = true,
        .is_insecure_allowed = true,
    };
    caller->n_waiting = n;
    for (uint32_t i = 0; i < n; i++) {
        copies[i] = (struct copy){.caller = caller, .response = &ret[i]};
        sender_post(caller->sender, &request, on_response, &copies[i]);
    }
    while (caller->n_waiting > 0)
        loop_run(caller->loop);
    for (uint32_t i = 0; i < n; i++) {
        if (copies[i].e != ERR_OK)
            return errmsg_set(msg, copies[i].e, "%.*s: %s", STR_ARG(url), copies[i].msg.text);
    }
    return ERR_OK;
}

void http_caller_sleep(struct http_caller *caller, int64_t ms)
{
    timer_start(caller->loop, caller->timer, ms);
    loop_run(caller->loop);
}
