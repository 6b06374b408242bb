#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/spool.h"

struct mem_record {
    struct mem_record *next;
    struct buf bytes;
};

/* An append whose callback waits for its turn of the loop. */
struct mem_done {
    struct mem_done *next;
    struct mem_spool *owner;
    struct timer *timer;
    spool_on_done *fn;
    void *ctx;
    enum err e;
};

struct mem_spool {
    struct spool base;
    struct loop *loop;
    struct mem_record *head, *tail;
    struct mem_done *pending;
    char fail_verb[16];
    enum err fail;
    uint32_t n_fail;
};

static struct mem_spool *mem(struct spool *s)
{
    return (struct mem_spool *)s;
}

/* The error that was asked for this verb, or ERR_OK. */
static enum err injected(struct mem_spool *m, const char *verb)
{
    bool is_meant = strcmp(m->fail_verb, verb) == 0 || strcmp(m->fail_verb, "*") == 0;
    if (m->n_fail == 0 || !is_meant)
        return ERR_OK;
    m->n_fail -= m->n_fail != UINT32_MAX;
    return m->fail;
}

static void on_turn(void *ctx)
{
    struct mem_done *d = ctx;
    struct mem_done **link = &d->owner->pending;
    while (*link != d)
        link = &(*link)->next;
    *link = d->next;
    timer_free(d->owner->loop, d->timer);
    d->fn(d->ctx, d->e);
    free(d);
}

static void mem_append(struct spool *s, struct str record, spool_on_done *fn, void *ctx)
{
    struct mem_spool *m = mem(s);
    enum err e = injected(m, "append");
    if (e == ERR_OK && record.len > SPOOL_MAX_RECORD_BYTES)
        e = ERR_TOO_LONG;
    if (e == ERR_OK) {
        struct mem_record *r = xcalloc(1, sizeof(*r));
        buf_init(&r->bytes, SPOOL_MAX_RECORD_BYTES);
        buf_add_str(&r->bytes, record);
        if (m->tail != NULL)
            m->tail->next = r;
        else
            m->head = r;
        m->tail = r;
    }
    struct mem_done *d = xcalloc(1, sizeof(*d));
    *d = (struct mem_done){.next = m->pending, .owner = m, .fn = fn, .ctx = ctx, .e = e};
    m->pending = d;
    d->timer = timer_new(m->loop, on_turn, d);
    timer_start(m->loop, d->timer, 0);
}

static enum err mem_peek(struct spool *s, struct buf *record)
{
    struct mem_spool *m = mem(s);
    enum err e = injected(m, "peek");
    if (e != ERR_OK)
        return e;
    if (m->head == NULL)
        return ERR_NOT_FOUND;
    buf_reset(record);
    buf_add_str(record, buf_str(&m->head->bytes));
    return buf_error(record);
}

static enum err mem_drop(struct spool *s)
{
    struct mem_spool *m = mem(s);
    enum err e = injected(m, "drop");
    if (e != ERR_OK)
        return e;
    struct mem_record *r = m->head;
    if (r == NULL)
        return ERR_NOT_FOUND;
    m->head = r->next;
    if (m->head == NULL)
        m->tail = NULL;
    buf_fini(&r->bytes);
    free(r);
    return ERR_OK;
}

static bool mem_is_empty(struct spool *s)
{
    return mem(s)->head == NULL;
}

static uint64_t mem_bytes(struct spool *s)
{
    uint64_t n = 0;
    for (const struct mem_record *r = mem(s)->head; r != NULL; r = r->next)
        n += r->bytes.len;
    return n;
}

static void mem_free(struct spool *s)
{
    struct mem_spool *m = mem(s);
    while (m->pending != NULL) {
        struct mem_done *d = m->pending;
        m->pending = d->next;
        timer_free(m->loop, d->timer);
        d->fn(d->ctx, ERR_UNAVAILABLE);
        free(d);
    }
    m->n_fail = 0;
    while (mem_drop(s) == ERR_OK)
        continue;
    free(m);
}

struct spool *spool_mem_new(struct loop *loop)
{
    static const struct spool_ops ops = {.append = mem_append,
                                         .peek = mem_peek,
                                         .drop = mem_drop,
                                         .is_empty = mem_is_empty,
                                         .bytes = mem_bytes,
                                         .free = mem_free};
    struct mem_spool *m = xcalloc(1, sizeof(*m));
    m->base.ops = &ops;
    m->loop = loop;
    return &m->base;
}

void spool_mem_fail(struct spool *s, const char *verb, enum err e, uint32_t n)
{
    struct mem_spool *m = mem(s);
    enum err copied = str_copy(str_from(verb), m->fail_verb, sizeof(m->fail_verb));
    m->n_fail = copied == ERR_OK ? n : 0; /* a verb that long does not exist */
    m->fail = e;
}
