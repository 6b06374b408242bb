/*
 * internal.h: what the files of the callbacks share. Nobody else includes it.
 *
 * callback.c   from request to response, the messages of a body, and USSD sessions whose later
 *              requests do not name the number
 * report.c     delivery reports
 */
#pragma once

#include "app/callback/callback.h"

struct callback;

struct callbacks {
    struct callback_parts parts;
    struct callback *free_list;
    uint32_t n_free;
    uint32_t n_running;
};

/* One message of a callback. */
struct callback_item {
    struct callback *callback;
    uint32_t index;
};

struct callback {
    struct callbacks *all;
    struct callback *next_free;
    struct arena *arena;
    struct front_token token;
    const struct channel *channel;
    struct http_request *request; /* copied, while a session is being looked up */
    struct str rest, peer;
    bool is_dlr;
    struct str session_key; /* under which the session lies in the store; absent = nowhere */
    struct session_memory stored;
    struct mono_ms begun;
    struct wall_ms received;
    struct inbound_batch batch;
    struct callback_item *items;
    uint32_t n_started, n_responded;
    bool is_starting;
    bool has_failed;
    struct reply reply;
    bool has_reply;
};

/* One message more is dealt with; with has_failed the provider must send all of them again. */
void callback_finish_item(struct callback *c, bool has_failed);

/* Ends in callback_finish_item. */
void callback_report(struct callback_item *item);
