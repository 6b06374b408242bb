/* A provider in memory: what is sent reaches a function of the test (port/sender.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/xalloc.h"
#include "port/sender.h"

#define BODY_BYTES 16384u

/* A request that waits for its turn of the loop. */
struct mem_request {
    struct mem_sender *owner;
    LIST_ENTRY(mem_request) entry;
    struct timer *timer;
    sender_on_response *fn;
    void *ctx;
    enum sender_reached reached;
    int status;
    char body[BODY_BYTES];
};

struct mem_sender {
    struct sender base;
    struct loop *loop;
    LIST_HEAD(, mem_request) pending;
    enum sender_reached reached;
    int status;
    char body[BODY_BYTES];
    bool has_body;
    uint32_t n_posts;
    uint32_t n_special; /* requests that still get the response above */
    sender_mem_on_request *watch;
    void *watch_ctx;
    sender_mem_decide *decide;
    void *decide_ctx;
};

/* Success in the words of Africa's Talking, which transcripts use; each message has an id. */
#define DEFAULT_BODY                                                                               \
    "{\"SMSMessageData\":{\"Recipients\":[{\"status\":\"Success\",\"statusCode\":101,"             \
    "\"messageId\":\"ATXid_mem%u\"}]}}"

static struct mem_sender *mem(struct sender *s)
{
    return (struct mem_sender *)s;
}

static void on_turn(void *ctx)
{
    struct mem_request *r = ctx;
    struct sender_response response = {.reached = r->reached,
                                       .status =
                                           r->reached == SENDER_REACHED_RESPONSE ? r->status : 0,
                                       .body = str_from(r->body),
                                       .message = "from the memory port"};
    LIST_REMOVE(r, entry);
    timer_free(r->owner->loop, r->timer);
    r->fn(r->ctx, &response);
    free(r);
}

static void set_body(char dst[BODY_BYTES], struct str body)
{
    if (str_copy(body, dst, BODY_BYTES) != ERR_OK)
        dst[0] = '\0'; /* a test asked for more than fits: an empty body is the nearest */
}

static void mem_post(struct sender *s, const struct sender_request *request, sender_on_response *fn,
                     void *ctx)
{
    struct mem_sender *m = mem(s);
    struct mem_request *r = xcalloc(1, sizeof(*r));
    *r = (struct mem_request){
        .owner = m, .fn = fn, .ctx = ctx, .reached = SENDER_REACHED_RESPONSE, .status = 200};
    (void)snprintf(r->body, sizeof(r->body), DEFAULT_BODY, ++m->n_posts); /* has room */
    struct sender_response decided = {.body = STR("")};
    if (m->decide != NULL && m->decide(m->decide_ctx, request, &decided)) {
        r->reached = decided.reached;
        r->status = decided.status;
        set_body(r->body, decided.body);
    } else if (m->n_special > 0) {
        m->n_special -= m->n_special != UINT32_MAX;
        r->reached = m->reached;
        r->status = m->status;
        if (m->has_body)
            memcpy(r->body, m->body, sizeof(r->body));
    }
    LIST_INSERT_HEAD(&m->pending, r, entry);
    if (m->watch != NULL && r->reached == SENDER_REACHED_RESPONSE && r->status / 100 == 2)
        m->watch(m->watch_ctx, request, str_from(r->body));
    r->timer = timer_new(m->loop, on_turn, r);
    timer_start(m->loop, r->timer, 0);
}

static void mem_free(struct sender *s)
{
    struct mem_sender *m = mem(s);
    static const struct sender_response gone = {.reached = SENDER_REACHED_MAYBE,
                                                .message = "the port was closed"};
    while (!LIST_EMPTY(&m->pending)) {
        struct mem_request *r = LIST_FIRST(&m->pending);
        LIST_REMOVE(r, entry);
        timer_free(m->loop, r->timer);
        r->fn(r->ctx, &gone);
        free(r);
    }
    free(m);
}

struct sender *sender_mem_new(struct loop *loop)
{
    static const struct sender_ops ops = {.post = mem_post, .free = mem_free};
    struct mem_sender *m = xcalloc(1, sizeof(*m));
    m->base.ops = &ops;
    m->loop = loop;
    return &m->base;
}

void sender_mem_response(struct sender *s, enum sender_reached reached, int status,
                         const char *body, uint32_t n)
{
    struct mem_sender *m = mem(s);
    m->reached = reached;
    m->status = status;
    m->n_special = n;
    m->has_body = body != NULL;
    set_body(m->body, str_from(body != NULL ? body : ""));
}

void sender_mem_on_post(struct sender *s, sender_mem_decide *fn, void *ctx)
{
    mem(s)->decide = fn;
    mem(s)->decide_ctx = ctx;
}

void sender_mem_watch(struct sender *s, sender_mem_on_request *fn, void *ctx)
{
    mem(s)->watch = fn;
    mem(s)->watch_ctx = ctx;
}
