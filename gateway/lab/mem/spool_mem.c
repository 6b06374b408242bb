/*
 * spool_mem.c: records in this process, for transcripts and unit tests.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/xalloc.h"
#include "port/spool/spool.h"

#define N_FAULTS 4
#define VERB_BYTES 16

struct spool_record {
    TAILQ_ENTRY(spool_record) list;
    struct buf bytes;
    struct spool_aside aside; /* of one that was put aside */
};

struct spool_response {
    TAILQ_ENTRY(spool_response) list;
    spool_on_done *fn;
    void *ctx;
    enum err e;
};

struct spool_fault {
    char verb[VERB_BYTES];
    enum err e;
    uint32_t n;
};

struct mem_spool {
    struct spool base;
    struct loop *loop;
    struct timer *timer;
    TAILQ_HEAD(spool_records, spool_record) records, aside, refused;
    struct spool_record *shown; /* last; NULL = none since the last drop */
    uint32_t n_shown;
    TAILQ_HEAD(spool_responses, spool_response) responses;
    uint64_t bytes;
    struct spool_fault faults[N_FAULTS];
};

static struct mem_spool *mem(struct spool *s)
{
    return (struct mem_spool *)s;
}

static enum err fault_take(struct mem_spool *m, const char *verb)
{
    for (size_t i = 0; i < N_FAULTS; i++) {
        struct spool_fault *fault = &m->faults[i];
        if (fault->n == 0 || strcmp(fault->verb, verb) != 0)
            continue;
        if (fault->n != UINT32_MAX)
            fault->n--;
        return fault->e;
    }
    return ERR_OK;
}

static void responses_give(struct mem_spool *m)
{
    struct spool_responses turn;
    TAILQ_INIT(&turn);
    TAILQ_CONCAT(&turn, &m->responses, list);
    for (struct spool_response *a; (a = TAILQ_FIRST(&turn)) != NULL;) {
        TAILQ_REMOVE(&turn, a, list);
        a->fn(a->ctx, a->e);
        free(a);
    }
}

static void on_turn(void *ctx)
{
    responses_give(ctx);
}

static struct spool_record *record_new(struct str record)
{
    struct spool_record *kept = xcalloc(1, sizeof(*kept));
    buf_init(&kept->bytes, SPOOL_MAX_RECORD_BYTES);
    buf_add_str(&kept->bytes, record);
    assert(buf_error(&kept->bytes) == ERR_OK);
    return kept;
}

static void mem_append(struct spool *s, struct str record, spool_on_done *fn, void *ctx)
{
    struct mem_spool *m = mem(s);
    struct spool_response *a = xcalloc(1, sizeof(*a));
    *a = (struct spool_response){.fn = fn, .ctx = ctx, .e = fault_take(m, "append")};
    if (record.len > SPOOL_MAX_RECORD_BYTES)
        a->e = ERR_TOO_LONG;
    if (a->e == ERR_OK) {
        struct spool_record *kept = record_new(record);
        TAILQ_INSERT_TAIL(&m->records, kept, list);
        m->bytes += record.len;
    }
    TAILQ_INSERT_TAIL(&m->responses, a, list);
    timer_start(m->loop, m->timer, 0);
}

static enum err show(struct mem_spool *m, struct spool_record *next, struct buf *record)
{
    enum err e = fault_take(m, "peek");
    if (e != ERR_OK)
        return e;
    if (next == NULL || m->n_shown == SPOOL_MAX_SHOWN)
        return ERR_NOT_FOUND;
    m->shown = next;
    m->n_shown++;
    buf_reset(record);
    buf_add_str(record, buf_str(&next->bytes));
    return buf_error(record);
}

static enum err mem_peek(struct spool *s, struct buf *record)
{
    struct mem_spool *m = mem(s);
    m->n_shown = 0;
    m->shown = NULL;
    return show(m, TAILQ_FIRST(&m->records), record);
}

static enum err mem_peek_next(struct spool *s, struct buf *record)
{
    struct mem_spool *m = mem(s);
    return show(m, m->shown != NULL ? TAILQ_NEXT(m->shown, list) : NULL, record);
}

static void record_remove(struct spool_records *records, struct spool_record *record)
{
    TAILQ_REMOVE(records, record, list);
    buf_fini(&record->bytes);
    free(record);
}

static enum err mem_drop(struct spool *s, uint32_t n)
{
    struct mem_spool *m = mem(s);
    uint32_t n_shown = m->n_shown;
    struct spool_record *shown = m->shown;
    m->n_shown = 0;
    m->shown = NULL;
    enum err e = fault_take(m, "drop");
    if (e != ERR_OK)
        return e;
    if (n > n_shown)
        return ERR_NOT_FOUND;
    m->n_shown = n_shown - n;
    m->shown = m->n_shown > 0 ? shown : NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct spool_record *first = TAILQ_FIRST(&m->records);
        m->bytes -= first->bytes.len;
        record_remove(&m->records, first);
    }
    return ERR_OK;
}

static bool mem_is_empty(struct spool *s)
{
    return TAILQ_EMPTY(&mem(s)->records);
}

static uint64_t mem_bytes(struct spool *s)
{
    return mem(s)->bytes;
}

static bool mem_has_room(struct spool *s)
{
    (void)s;
    return true;
}

static enum err mem_put_aside(struct spool *s, struct str record)
{
    struct mem_spool *m = mem(s);
    enum err e = fault_take(m, "put_aside");
    if (e != ERR_OK)
        return e;
    struct spool_record *kept = record_new(record);
    const struct spool_record *last = TAILQ_LAST(&m->aside, spool_records);
    kept->aside.since = loop_wall(m->loop);
    if (last != NULL && last->aside.since.ms == kept->aside.since.ms)
        kept->aside.n = last->aside.n + 1;
    TAILQ_INSERT_TAIL(&m->aside, kept, list);
    return ERR_OK;
}

static enum err mem_aside_begin(struct spool *s, uint32_t *ret_n)
{
    const struct spool_record *record;
    *ret_n = 0;
    TAILQ_FOREACH(record, &mem(s)->aside, list)
    {
        ++*ret_n;
    }
    return ERR_OK;
}

static enum err mem_aside_next(struct spool *s, const struct spool_aside *after,
                               struct spool_aside *ret, struct buf *record)
{
    const struct spool_record *at = TAILQ_FIRST(&mem(s)->aside);
    while (at != NULL && spool_aside_cmp(&at->aside, after) <= 0)
        at = TAILQ_NEXT(at, list);
    if (at == NULL)
        return ERR_NOT_FOUND;
    *ret = at->aside;
    buf_reset(record);
    buf_add_str(record, buf_str(&at->bytes));
    return buf_error(record);
}

static enum err mem_aside_end(struct spool *s, const struct spool_aside *id, bool is_refused)
{
    struct mem_spool *m = mem(s);
    struct spool_record *record;
    TAILQ_FOREACH(record, &m->aside, list)
    {
        if (spool_aside_cmp(&record->aside, id) == 0)
            break;
    }
    if (record == NULL)
        return ERR_NOT_FOUND;
    if (is_refused) {
        TAILQ_REMOVE(&m->aside, record, list);
        TAILQ_INSERT_TAIL(&m->refused, record, list);
    } else {
        record_remove(&m->aside, record);
    }
    return ERR_OK;
}

static void mem_free(struct spool *s)
{
    struct mem_spool *m = mem(s);
    struct spool_records *all[] = {&m->records, &m->aside, &m->refused};
    responses_give(m);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        while (!TAILQ_EMPTY(all[i]))
            record_remove(all[i], TAILQ_FIRST(all[i]));
    }
    timer_free(m->loop, m->timer);
    free(m);
}

static const struct spool_ops mem_ops = {
    .append = mem_append,
    .peek = mem_peek,
    .peek_next = mem_peek_next,
    .drop = mem_drop,
    .is_empty = mem_is_empty,
    .bytes = mem_bytes,
    .has_room = mem_has_room,
    .put_aside = mem_put_aside,
    .aside_begin = mem_aside_begin,
    .aside_next = mem_aside_next,
    .aside_end = mem_aside_end,
    .free = mem_free,
};

struct spool *spool_mem_new(struct loop *loop)
{
    struct mem_spool *m = xcalloc(1, sizeof(*m));
    m->base.ops = &mem_ops;
    m->loop = loop;
    TAILQ_INIT(&m->records);
    TAILQ_INIT(&m->aside);
    TAILQ_INIT(&m->refused);
    TAILQ_INIT(&m->responses);
    m->timer = timer_new(loop, on_turn, m);
    return &m->base;
}

void spool_mem_fail(struct spool *s, const char *verb, enum err e, uint32_t n)
{
    struct spool_fault *slot = NULL;
    for (size_t i = 0; i < N_FAULTS; i++) {
        struct spool_fault *fault = &mem(s)->faults[i];
        if (fault->n > 0 && strcmp(fault->verb, verb) == 0)
            fault->n = 0; /* the new one takes its place */
        if (fault->n == 0)
            slot = fault;
    }
    assert(slot != NULL);
    *slot = (struct spool_fault){.e = e, .n = n};
    enum err copied = str_copy(str_from(verb), slot->verb, sizeof(slot->verb));
    assert(copied == ERR_OK);
}
