/*
 * dialog_world.h: dialogs on memory ports, for tests: messages and dials go in, responses come out;
 * a store that takes its time, if need be.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/course_set.h"
#include "app/dialog/internal.h"
#include "base/xalloc.h"
#include "course_folder.h"
#include "dialog_channels.h"
#include "port/store/ops.h"

#define MAX_RESPONSES (DIALOG_MAX_RUNNING + 64u)

/* A store that is slow: each load and commit begins only after a while. */
struct slow {
    struct store base;
    struct store_ops ops;
    struct store *inner;
    struct loop *loop;
    int64_t load_ms, commit_ms;
    struct number_id failing; /* no load of this one succeeds */
};

struct slow_call {
    struct slow *slow;
    struct timer *timer;
    struct number_id id;
    const struct store_commit *commit; /* NULL = a load */
    store_on_load *on_load;
    store_on_commit *on_commit;
    void *ctx;
};

struct response {
    enum dialog_outcome outcome;
    char text[2048];
    bool has_text, is_open;
    uint32_t n_calls;
    int64_t at_ms;
};

struct world {
    struct loop *loop;
    struct store *mem;
    struct slow slow;
    struct spool *spool;
    struct vault *vault;
    struct metrics *metrics;
    struct config config;
    struct course_set *courses;
    struct dialogs *dialogs;
    struct response responses[MAX_RESPONSES];
    uint32_t n_asked;
};

static struct world *the_world; /* answers need its clock */

/* --- the slow store --- */

static inline void on_slow(void *ctx)
{
    struct slow_call *c = ctx;
    if (c->commit == NULL && memcmp(&c->id, &c->slow->failing, sizeof(c->id)) == 0)
        c->on_load(c->ctx, ERR_UNAVAILABLE, NULL);
    else if (c->commit == NULL)
        store_load(c->slow->inner, &c->id, c->on_load, c->ctx);
    else
        store_commit(c->slow->inner, c->commit, c->on_commit, c->ctx);
    timer_free(c->slow->loop, c->timer);
    free(c);
}

static inline void slow_start(struct slow *s, struct slow_call call, int64_t ms)
{
    struct slow_call *c = xcalloc(1, sizeof(*c));
    *c = call;
    c->slow = s;
    c->timer = timer_new(s->loop, on_slow, c);
    timer_start(s->loop, c->timer, ms);
}

static inline void slow_load(struct store *s, const struct number_id *id, store_on_load *fn,
                             void *ctx)
{
    struct slow *slow = (struct slow *)s;
    slow_start(slow, (struct slow_call){.id = *id, .on_load = fn, .ctx = ctx}, slow->load_ms);
}

static inline void slow_commit(struct store *s, const struct store_commit *commit,
                               store_on_commit *fn, void *ctx)
{
    struct slow *slow = (struct slow *)s;
    slow_start(slow, (struct slow_call){.commit = commit, .on_commit = fn, .ctx = ctx},
               slow->commit_ms);
}

static inline bool slow_is_up(struct store *s)
{
    (void)s; /* it does answer */
    return true;
}

/* --- the world --- */

static inline struct dialogs *new_dialogs(struct world *w, struct store *store)
{
    return dialogs_new(&(struct dialog_parts){.loop = w->loop,
                                              .store = store,
                                              .spool = w->spool,
                                              .vault = w->vault,
                                              .metrics = w->metrics,
                                              .config = &w->config,
                                              .courses = w->courses});
}

static inline int open_world(void **state)
{
    struct world *w = xcalloc(1, sizeof(*w));
    w->loop = loop_mem_new((struct wall_ms){START});
    w->mem = store_mem_new(w->loop);
    w->slow = (struct slow){.inner = w->mem, .loop = w->loop};
    w->slow.ops.load = slow_load;
    w->slow.ops.commit = slow_commit;
    w->slow.ops.is_up = slow_is_up;
    w->slow.base.ops = &w->slow.ops;
    w->spool = spool_mem_new(w->loop);
    w->vault = vault_openssl_new_for_tests(1);
    w->metrics = metrics_new();
    w->config = (struct config){.org = STR("Org"),
                                .url = STR("example.org"),
                                .unavailable_text = STR("Away. Dial again."),
                                .n_channels = ARRAY_LEN(channels),
                                .channels = channels};
    w->courses = course_set_new(w->loop, NULL);
    course_folder_load(w->courses, "lessons/children-on-the-move", "children-on-the-move@1.0.0");
    w->dialogs = new_dialogs(w, w->mem);
    the_world = w;
    *state = w;
    return 0;
}

static inline int close_world(void **state)
{
    struct world *w = *state;
    loop_mem_settle(w->loop);
    store_free(w->mem);
    spool_free(w->spool);
    dialogs_free(w->dialogs);
    course_set_free(w->courses);
    vault_free(w->vault);
    metrics_free(w->metrics);
    loop_free(w->loop);
    free(w);
    return 0;
}

static inline void on_response(void *ctx, const struct dialog_response *response)
{
    struct response *a = ctx;
    a->outcome = response->outcome;
    a->has_text = response->text.p != NULL;
    a->is_open = response->is_open;
    (void)snprintf(a->text, sizeof(a->text), "%.*s", STR_ARG(response->text));
    a->at_ms = loop_wall(the_world->loop).ms;
    a->n_calls++;
}

/* What follows the remembered path is new; the same path is a repeat. */
static inline enum err refine(void *ctx, const struct session_memory *memory, struct arena *arena,
                              struct inbound *ret)
{
    (void)ctx, (void)arena; /* slices of the path will do */
    struct str path = ret->raw_text;
    if (!memory->is_known || ret->phase != INBOUND_PHASE_CONTINUE ||
        path.len < memory->last_bytes ||
        (uint32_t)str_hash(str_sub(path, 0, memory->last_bytes)) != memory->last_hash)
        return ERR_OK;
    ret->is_repeat = path.len == memory->last_bytes;
    size_t skip = memory->last_bytes + (memory->last_bytes > 0 ? 1u : 0u);
    ret->text = str_sub(path, skip, path.len);
    return ERR_OK;
}

static inline struct inbound sms(const char *from, const char *id, const char *text)
{
    return (struct inbound){.kind = INBOUND_SMS,
                            .outcome = INBOUND_ACCEPT,
                            .from = str_from(from),
                            .country = "KE",
                            .id = str_from(id),
                            .text = str_from(text)};
}

static inline struct inbound ussd(const char *from, const char *session, const char *path)
{
    return (struct inbound){.kind = INBOUND_USSD,
                            .outcome = INBOUND_ACCEPT,
                            .from = str_from(from),
                            .country = "KE",
                            .session = str_from(session),
                            .phase = path[0] == '\0' ? INBOUND_PHASE_NEW : INBOUND_PHASE_CONTINUE,
                            .text = str_from(path),
                            .raw_text = str_from(path)};
}

static inline enum err submit_to(struct world *w, struct dialogs *dialogs, const struct inbound *in,
                                 bool can_say_sms, struct response **ret)
{
    assert_true(w->n_asked < MAX_RESPONSES);
    struct response *a = &w->responses[w->n_asked++];
    struct dialog_request request = {.channel = in->kind == INBOUND_USSD ? USSD : SMS,
                                     .inbound = in,
                                     .received = loop_wall(w->loop),
                                     .can_say_sms = can_say_sms,
                                     .say_max_chars = 1000,
                                     .refine = in->kind == INBOUND_USSD ? refine : NULL,
                                     .fn = on_response,
                                     .ctx = a};
    *a = (struct response){.outcome = DIALOG_OUTCOME_NONE};
    if (ret != NULL)
        *ret = a;
    return dialogs_submit(dialogs, &request);
}

static inline struct response *submit(struct world *w, struct inbound in)
{
    struct response *a;
    assert_int_equal(submit_to(w, w->dialogs, &in, false, &a), ERR_OK);
    assert_int_equal(a->n_calls, 0); /* never before the call has returned */
    return a;
}

static inline struct response *ask(struct world *w, struct inbound in)
{
    struct response *a = submit(w, in);
    loop_mem_settle(w->loop);
    assert_int_equal(a->n_calls, 1);
    return a;
}

static inline uint64_t n_steps(const struct world *w)
{
    return metrics_get(w->metrics, METRIC_steps_total);
}

/* Only who left gets no response to an SMS that nobody understands. */
static inline void expect_stopped(struct world *w, const char *number)
{
    const struct inbound hello = sms(number, "z", "hello");
    struct response *a;
    assert_int_equal(submit_to(w, w->dialogs, &hello, true, &a), ERR_OK);
    loop_mem_settle(w->loop);
    assert_int_equal(a->outcome, DIALOG_OUTCOME_STEPPED);
    assert_false(a->has_text);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
