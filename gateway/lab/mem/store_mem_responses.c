/*
 * store_mem.h: answers are handed out in the next turn of the loop, and faults that a test asked
 * for.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lab/mem/store_mem.h"

#define RESPONSE_MAX_BYTES (256u << 20)

/* The verb's own fault before that of "*"; counts it down. */
static const struct mem_fault *fault_take(struct mem_store *m, const char *verb)
{
    const char *wanted[] = {verb, "*"};
    for (size_t w = 0; w < ARRAY_LEN(wanted); w++) {
        for (size_t i = 0; i < STORE_MEM_FAULTS; i++) {
            struct mem_fault *fault = &m->faults[i];
            if (fault->n == 0 || strcmp(fault->verb, wanted[w]) != 0)
                continue;
            if (fault->n != UINT32_MAX)
                fault->n--;
            return fault;
        }
    }
    return NULL;
}

void store_mem_fail(struct store *s, const char *verb, enum err e, bool late, uint32_t n)
{
    struct mem_store *m = mem(s);
    struct mem_fault *free_slot = NULL;
    for (size_t i = 0; i < STORE_MEM_FAULTS; i++) {
        struct mem_fault *fault = &m->faults[i];
        if (fault->n > 0 && strcmp(fault->verb, verb) == 0)
            fault->n = 0; /* the new one takes its place */
        if (fault->n == 0)
            free_slot = fault;
    }
    assert(free_slot != NULL);
    *free_slot = (struct mem_fault){.e = e, .is_late = late, .n = n};
    enum err copied = str_copy(str_from(verb), free_slot->verb, sizeof(free_slot->verb));
    assert(copied == ERR_OK);
}

struct mem_response *mem_response_new(struct mem_store *m, const char *verb,
                                      void (*deliver)(struct mem_response *), void *ctx)
{
    struct mem_response *a = xcalloc(1, sizeof(*a));
    a->deliver = deliver;
    a->ctx = ctx;
    a->arena = arena_new(RESPONSE_MAX_BYTES);
    const struct mem_fault *fault = fault_take(m, verb);
    a->forced = fault != NULL ? fault->e : ERR_OK;
    a->has_effect = fault == NULL || fault->is_late;
    return a;
}

void mem_response_post(struct mem_store *m, struct mem_response *a)
{
    if (a->forced != ERR_OK)
        a->e = a->forced;
    assert(arena_error(a->arena) == ERR_OK);
    TAILQ_INSERT_TAIL(&m->responses, a, list);
    timer_start(m->loop, m->timer, 0);
}

void mem_response_give(struct mem_response *a)
{
    a->deliver(a);
    arena_free(a->arena);
    free(a);
}

void mem_on_responses(void *ctx)
{
    struct mem_store *m = ctx;
    struct mem_responses turn; /* what the callbacks ask for comes in the next turn */
    TAILQ_INIT(&turn);
    TAILQ_CONCAT(&turn, &m->responses, list);
    for (struct mem_response *a; (a = TAILQ_FIRST(&turn)) != NULL;) {
        TAILQ_REMOVE(&turn, a, list);
        mem_response_give(a);
    }
}

void mem_deliver_done(struct mem_response *a)
{
    a->fn.done(a->ctx, a->e);
}

void mem_deliver_value(struct mem_response *a)
{
    a->fn.value(a->ctx, a->e, a->e == ERR_OK ? a->value : STR_NONE);
}
