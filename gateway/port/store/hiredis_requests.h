/*
 * hiredis_requests.h: commands of one link that have no reply yet: sent, in the order of replies
 * and of deadlines, and such as are answered without asking the server. Of hiredis_link.c only.
 *
 * hiredis 0.14 has no async timeouts: here one timer watches over the first deadline. Time that our
 * own long turns took is not the server's fault and does not count: else a course that is read
 * would cut the connection of a server that is well.
 */
#pragma once

#include "port/store/hiredis_link.h"

struct requests {
    struct loop *loop;
    timer_fn *on_late;
    void *ctx;
    struct link_queue in_flight;
    struct link_queue unasked; /* answered in the next turn */
    struct link_queue unused;
    uint32_t n_in_flight;
    struct timer *deadline_timer, *turn_timer;
    bool is_deadline_running;
};

/* on_late: the first one had no reply in time. */
void requests_init(struct requests *r, struct loop *loop, timer_fn *on_late, void *ctx);
/* Answers everything ERR_UNAVAILABLE. */
void requests_fini(struct requests *r);

/* One that is not sent yet, with no deadline; ends by requests_respond or requests_forget. */
struct link_request *requests_new(struct requests *r, const struct argv *argv,
                                  const struct link_to *to);
void requests_set_deadline(struct requests *r, struct link_request *request, int64_t ms);
/* It is the last one in flight now; its deadline in ms. */
void requests_sent(struct requests *r, struct link_request *request, int64_t ms);
/* The first one, no longer in flight; there is one. */
struct link_request *requests_take(struct requests *r);
/* It is gone before its callback runs, which may ask anew. */
void requests_respond(struct requests *r, struct link_request *request, enum err e,
                      const redisReply *reply);
/* Without an answer. */
void requests_forget(struct requests *r, struct link_request *request);
/* Answers e in the next turn. */
void requests_answer_later(struct requests *r, const struct link_to *to, enum err e);

/* The connection is gone: *ret, which is empty, takes all that was in flight. */
void requests_lose(struct requests *r, struct link_queue *ret);
/* Answers all of them e, or what each has of its own where e is ERR_OK. */
void requests_answer(struct requests *r, struct link_queue *queue, enum err e);
