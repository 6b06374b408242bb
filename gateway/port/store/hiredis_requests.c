#include "port/store/hiredis_requests.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

/* ---- one ---- */

static struct link_request *make(struct requests *r, const struct link_to *to)
{
    struct link_request *request = STAILQ_FIRST(&r->unused);
    if (request != NULL)
        STAILQ_REMOVE_HEAD(&r->unused, entry);
    else
        request = xcalloc(1, sizeof(*request));
    *request = (struct link_request){.to = *to};
    return request;
}

struct link_request *requests_new(struct requests *r, const struct argv *argv,
                                  const struct link_to *to)
{
    assert(argv->n <= ARGV_MAX);
    struct link_request *request = make(r, to);
    request->slot = argv->slot;
    request->text = argv_text(argv, &request->bytes);
    return request;
}

void requests_set_deadline(struct requests *r, struct link_request *request, int64_t ms)
{
    request->deadline_ms = loop_mono(r->loop).ms + ms;
    request->away_ms = loop_libevent_away_ms(r->loop);
}

int64_t link_request_left_ms(const struct link_request *request, struct loop *loop)
{
    int64_t away_ms = loop_libevent_away_ms(loop) - request->away_ms;
    return request->deadline_ms + away_ms - loop_mono(loop).ms;
}

void requests_forget(struct requests *r, struct link_request *request)
{
    free(request->text);
    request->text = NULL;
    STAILQ_INSERT_HEAD(&r->unused, request, entry);
}

void requests_respond(struct requests *r, struct link_request *request, enum err e,
                      const redisReply *reply)
{
    struct link_to to = request->to;
    requests_forget(r, request);
    to.parse(&to, e, e == ERR_OK ? reply : NULL);
}

void requests_answer(struct requests *r, struct link_queue *queue, enum err e)
{
    struct link_queue taken = STAILQ_HEAD_INITIALIZER(taken);
    STAILQ_CONCAT(&taken, queue);
    struct link_request *request;
    while ((request = STAILQ_FIRST(&taken)) != NULL) {
        STAILQ_REMOVE_HEAD(&taken, entry);
        requests_respond(r, request, e != ERR_OK ? e : request->e, NULL);
    }
}

/* ---- answered without asking ---- */

static void on_turn(void *ctx)
{
    struct requests *r = ctx;
    requests_answer(r, &r->unasked, ERR_OK);
}

void requests_answer_later(struct requests *r, const struct link_to *to, enum err e)
{
    struct link_request *request = make(r, to);
    request->e = e;
    STAILQ_INSERT_TAIL(&r->unasked, request, entry);
    timer_start(r->loop, r->turn_timer, 0);
}

/* ---- in flight ---- */

static void start_deadline(struct requests *r, int64_t ms)
{
    timer_start(r->loop, r->deadline_timer, ms);
    r->is_deadline_running = true;
}

static void on_deadline(void *ctx)
{
    struct requests *r = ctx;
    r->is_deadline_running = false;
    const struct link_request *first = STAILQ_FIRST(&r->in_flight);
    if (first == NULL)
        return;
    int64_t left_ms = link_request_left_ms(first, r->loop);
    if (left_ms > 0)
        start_deadline(r, left_ms);
    else
        r->on_late(r->ctx);
}

void requests_sent(struct requests *r, struct link_request *request, int64_t ms)
{
    requests_set_deadline(r, request, ms);
    STAILQ_INSERT_TAIL(&r->in_flight, request, entry);
    r->n_in_flight++;
    if (!r->is_deadline_running)
        start_deadline(r, ms);
}

struct link_request *requests_take(struct requests *r)
{
    struct link_request *request = STAILQ_FIRST(&r->in_flight);
    assert(request != NULL);
    STAILQ_REMOVE_HEAD(&r->in_flight, entry);
    r->n_in_flight--;
    return request;
}

void requests_lose(struct requests *r, struct link_queue *ret)
{
    timer_stop(r->loop, r->deadline_timer);
    r->is_deadline_running = false;
    r->n_in_flight = 0;
    STAILQ_CONCAT(ret, &r->in_flight);
}

/* ---- all of them ---- */

void requests_init(struct requests *r, struct loop *loop, timer_fn *on_late, void *ctx)
{
    *r = (struct requests){.loop = loop, .on_late = on_late, .ctx = ctx};
    STAILQ_INIT(&r->in_flight);
    STAILQ_INIT(&r->unasked);
    STAILQ_INIT(&r->unused);
    r->deadline_timer = timer_new(loop, on_deadline, r);
    r->turn_timer = timer_new(loop, on_turn, r);
}

void requests_fini(struct requests *r)
{
    requests_answer(r, &r->in_flight, ERR_UNAVAILABLE);
    requests_answer(r, &r->unasked, ERR_UNAVAILABLE);
    struct link_request *request;
    while ((request = STAILQ_FIRST(&r->unused)) != NULL) {
        STAILQ_REMOVE_HEAD(&r->unused, entry);
        free(request);
    }
    timer_free(r->loop, r->deadline_timer);
    timer_free(r->loop, r->turn_timer);
}
