/*
 * callback_world.h: everything behind /in/ and /dlr/ on memory ports, for tests: requests go in,
 * responses, events and outgoing messages come out.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/callback/callback.h"
#include "app/course_set.h"
#include "course_folder.h"
#include "log_reader.h"
#include "port/store/stream.h"

#define WORLD_MAX_CHANNELS 8u
#define WORLD_TEXT_BYTES 16384u

struct callback_world {
    struct log_reader log;
    struct event_place outbox_from[STORE_BUCKETS]; /* of world_take_outbox */
    struct loop *loop;
    struct store *store;
    struct spool *spool;
    struct vault *vault;
    struct metrics *metrics;
    struct config config;
    struct config_channel list[WORLD_MAX_CHANNELS];
    struct channels channels;
    struct course_set *courses;
    struct dialogs *dialogs;
    struct joiner *joiner;
    struct callbacks *callbacks;
    int status; /* of the last response; 0 = none yet */
    char body[WORLD_TEXT_BYTES];
    char type[64], allow[64]; /* its Content-Type and Allow */
};

static const struct wall_ms world_start = {1732433860000}; /* 2024-11-24T07:37:40Z */

static inline void world_on_response(void *ctx, struct front_token token,
                                     const struct http_response *response)
{
    struct callback_world *w = ctx;
    (void)token; /* there is one at a time */
    w->status = response->status;
    struct str allow = http_header_get(response->headers, response->n_headers, STR("Allow"));
    (void)snprintf(w->body, sizeof(w->body), "%.*s", STR_ARG(response->body));
    (void)snprintf(w->type, sizeof(w->type), "%.*s", STR_ARG(response->content_type));
    (void)snprintf(w->allow, sizeof(w->allow), "%.*s", STR_ARG(allow));
}

/* list is copied; texts in it are literals. */
static inline struct callback_world *world_new(const struct config_channel *list, uint32_t n)
{
    struct callback_world *w = calloc(1, sizeof(*w));
    struct errmsg msg;
    assert_non_null(w);
    w->loop = loop_mem_new(world_start);
    w->store = store_mem_new(w->loop);
    w->spool = spool_mem_new(w->loop);
    w->vault = vault_openssl_new_for_tests(1);
    w->metrics = metrics_new();
    memcpy(w->list, list, n * sizeof(*list));
    w->config = (struct config){.org = STR("Example"),
                                .url = STR("example.org"),
                                .unavailable_text = STR("Away."),
                                .profiles_dir = STR("config/profiles"),
                                .n_channels = n,
                                .channels = w->list};
    if (channels_load(&w->config, &w->channels, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    w->courses = course_set_new(w->loop, w->store);
    course_folder_load(w->courses, "tests/lessons/base", "handwashing@1.0.0");
    w->dialogs = dialogs_new(&(struct dialog_parts){.loop = w->loop,
                                                    .store = w->store,
                                                    .spool = w->spool,
                                                    .vault = w->vault,
                                                    .metrics = w->metrics,
                                                    .config = &w->config,
                                                    .channels = &w->channels,
                                                    .courses = w->courses});
    w->joiner = joiner_new(&(struct joiner_ports){.loop = w->loop,
                                                  .store = w->store,
                                                  .vault = w->vault,
                                                  .metrics = w->metrics,
                                                  .config = &w->config,
                                                  .dialogs = w->dialogs});
    w->callbacks = callbacks_new(&(struct callback_parts){.loop = w->loop,
                                                          .store = w->store,
                                                          .vault = w->vault,
                                                          .metrics = w->metrics,
                                                          .channels = &w->channels,
                                                          .dialogs = w->dialogs,
                                                          .joiner = w->joiner,
                                                          .fn = world_on_response,
                                                          .ctx = w});
    return w;
}

static inline void world_free(struct callback_world *w)
{
    store_free(w->store);
    spool_free(w->spool);
    callbacks_free(w->callbacks);
    joiner_free(w->joiner);
    dialogs_free(w->dialogs);
    course_set_free(w->courses);
    channels_fini(&w->channels);
    metrics_free(w->metrics);
    vault_free(w->vault);
    loop_free(w->loop);
    free(w);
}

/* Hands a request in; the response comes with the loop. */
static inline void world_begin(struct callback_world *w, const char *path, const char *body,
                               bool is_json)
{
    struct http_request request = {.method = STR("POST"), .is_keep_alive = true, .n_headers = 1};
    struct str query = str_from(path);
    request.target = query;
    request.path = str_split(&query, '?');
    request.query = query;
    request.headers[0] = (struct http_header){STR("Content-Type"),
                                              is_json ? STR("application/json")
                                                      : STR("application/x-www-form-urlencoded")};
    request.body = str_from(body);
    w->status = 0;
    callbacks_handle(w->callbacks, (struct front_token){0, 0}, &request, STR("127.0.0.1"));
}

/* The status of the response. */
static inline int world_post(struct callback_world *w, const char *path, const char *body)
{
    world_begin(w, path, body, body[0] == '{' || body[0] == '[');
    for (int i = 0; i < 400 && w->status == 0; i++)
        loop_mem_advance(w->loop, 10);
    return w->status;
}

struct world_taken {
    uint32_t n;
    char text[WORLD_TEXT_BYTES];
    struct event_place *from; /* NULL = nobody asks */
};

static inline void world_on_entries(void *ctx, enum err e, const struct store_entry *entries,
                                    uint32_t n)
{
    struct world_taken *taken = ctx;
    assert_int_equal(e, ERR_OK);
    for (uint32_t i = 0; i < n; i++) {
        size_t len = strlen(taken->text);
        (void)snprintf(taken->text + len, sizeof(taken->text) - len, "%.*s\n",
                       STR_ARG(entries[i].payload));
        if (taken->from != NULL)
            taken->from[entries[i].bucket] = entries[i].place;
    }
    taken->n += n;
}

/* What was added to the outbox since the last time. */
static inline struct world_taken world_take_outbox(struct callback_world *w)
{
    struct world_taken taken = {.from = w->outbox_from};
    struct store_reader reader = {.from = w->outbox_from, .max_each = 1000};
    store_read(w->store, &reader, world_on_entries, &taken);
    loop_mem_settle(w->loop);
    return taken;
}

/* What was added to the event log since the last time, as JSON. */
static inline struct world_taken world_take_events(struct callback_world *w)
{
    struct world_taken taken = {.n = 0};
    log_reader_ask(&w->log, w->store);
    loop_mem_settle(w->loop);
    (void)snprintf(taken.text, sizeof(taken.text), "%s", w->log.text);
    taken.n = w->log.n;
    return taken;
}
