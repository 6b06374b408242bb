/*
 * store_mem_part.c: parts of long SMS, as port/store/functions.lua has them.
 */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/xalloc.h"
#include "lab/mem/store_mem.h"

static void deliver_part(struct answer *a)
{
    a->fn.part(a->ctx, a->e, a->part_state, a->names, a->e == ERR_OK ? a->n : 0);
}

static void deliver_overdue(struct answer *a)
{
    a->fn.overdue(a->ctx, a->e, a->value, a->names, a->e == ERR_OK ? a->n : 0);
}

static void message_free(struct mem_store *m, struct mem_message *message)
{
    LL_DELETE(m->messages, message);
    buf_fini(&message->key);
    for (uint32_t i = 0; i < STORE_MAX_PARTS; i++)
        buf_fini(&message->parts[i].value);
    free(message);
}

static struct mem_message *message_find(struct mem_store *m, struct str key)
{
    struct mem_message *message, *next;
    int64_t now = loop_mono(m->loop).ms;
    LL_FOREACH_SAFE(m->messages, message, next)
    {
        if (message->until_ms <= now)
            message_free(m, message);
        else if (str_eq(buf_str(&message->key), key))
            return message;
    }
    return NULL;
}

static struct mem_message *message_new(struct mem_store *m, const struct store_part *part)
{
    struct mem_message *message;
    uint32_t n_waiting = 0;
    LL_FOREACH(m->messages, message)
    {
        n_waiting += message->due_ms != 0;
    }
    if (n_waiting >= STORE_MAX_INCOMPLETE)
        return NULL;
    message = xcalloc(1, sizeof(*message));
    mem_value_init(&message->key, part->key);
    for (uint32_t i = 0; i < STORE_MAX_PARTS; i++)
        mem_value_init(&message->parts[i].value, STR_NONE);
    message->due_ms = loop_mono(m->loop).ms + part->wait_ms;
    LL_APPEND(m->messages, message);
    return message;
}

/* Values of the parts, absent where one is missing, up to the last that is there. */
static void copy_parts(const struct mem_message *message, struct answer *a)
{
    a->names = arena_new_array(a->arena, struct str, STORE_MAX_PARTS);
    for (uint32_t i = 0; i < STORE_MAX_PARTS; i++) {
        a->names[i] = message->parts[i].is_there
                          ? arena_str(a->arena, buf_str(&message->parts[i].value))
                          : STR_NONE;
        a->n = message->parts[i].is_there ? i + 1 : a->n;
    }
}

static enum store_part_state keep(struct mem_store *m, const struct store_part *part,
                                  struct answer *a)
{
    struct mem_message *message = message_find(m, part->key);
    struct mem_part *place = message != NULL ? &message->parts[part->n - 1] : NULL;
    bool is_other = place != NULL && place->is_there &&
                    memcmp(place->mark, part->mark, sizeof(part->mark)) != 0;
    if (is_other && message->n < part->of)
        return STORE_PART_ALONE;
    if (is_other)
        message_free(m, message);
    if (message == NULL || is_other)
        message = message_new(m, part);
    if (message == NULL)
        return STORE_PART_ALONE;
    place = &message->parts[part->n - 1];
    if (!place->is_there) {
        place->is_there = true;
        memcpy(place->mark, part->mark, sizeof(part->mark));
        buf_add_str(&place->value, part->value);
        message->n++;
    }
    message->until_ms = loop_mono(m->loop).ms + part->keep_ms;
    if (message->n < part->of)
        return STORE_PART_KEPT;
    copy_parts(message, a);
    return STORE_PART_COMPLETE;
}

void mem_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "part_put", deliver_part, ctx);
    a->fn.part = fn;
    if (!store_part_fits(part))
        a->e = ERR_TOO_LONG;
    else if (a->has_effect)
        a->part_state = keep(m, part, a);
    mem_answer_post(m, a);
}

void mem_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "part_done", mem_deliver_done, ctx);
    struct mem_message *message = message_find(m, key);
    a->fn.done = fn;
    if (a->has_effect && message != NULL && must_forget)
        message_free(m, message);
    else if (a->has_effect && message != NULL)
        message->due_ms = 0;
    mem_answer_post(m, a);
}

void mem_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "parts_overdue", deliver_overdue, ctx);
    const struct mem_message *message, *first = NULL;
    a->fn.overdue = fn;
    (void)message_find(m, STR_NONE); /* forgets what is too old */
    LL_FOREACH(m->messages, message)
    {
        bool is_due = message->due_ms != 0 && message->due_ms <= loop_mono(m->loop).ms;
        if (is_due && (first == NULL || message->due_ms < first->due_ms))
            first = message;
    }
    if (first != NULL) {
        a->value = arena_str(a->arena, buf_str(&first->key));
        copy_parts(first, a);
    }
    mem_answer_post(m, a);
}

void mem_parts_fini(struct mem_store *m)
{
    while (m->messages != NULL)
        message_free(m, m->messages);
}
