/*
 * store_mem_board.c: notes between operators and processes.
 */
#include <stdlib.h>
#include <utlist.h>

#include "base/xalloc.h"
#include "lab/mem/store_mem.h"

static void deliver_board(struct answer *a)
{
    a->fn.board(a->ctx, a->e, a->names, a->bundles, a->e == ERR_OK ? a->n : 0);
}

static void note_remove(struct mem_store *m, struct mem_note *note)
{
    LL_DELETE(m->board, note);
    buf_fini(&note->name);
    buf_fini(&note->value);
    free(note);
}

void mem_board_put(struct store *s, struct str name, struct str value, store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "board_put", mem_deliver_done, ctx);
    struct mem_note *note = m->board;
    a->fn.done = fn;
    while (note != NULL && !str_eq(buf_str(&note->name), name))
        note = note->next;
    if (a->has_effect && note != NULL)
        note_remove(m, note);
    if (a->has_effect && value.p != NULL) {
        note = xcalloc(1, sizeof(*note));
        mem_value_init(&note->name, name);
        mem_value_init(&note->value, value);
        LL_PREPEND(m->board, note);
    }
    mem_answer_post(m, a);
}

void mem_board_get(struct store *s, store_on_board *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct answer *a = mem_answer_new(m, "board_get", deliver_board, ctx);
    a->fn.board = fn;
    const struct mem_note *note;
    uint32_t n = 0;
    LL_COUNT(m->board, note, n);
    a->names = arena_new_array(a->arena, struct str, n + 1);
    a->bundles = arena_new_array(a->arena, struct str, n + 1);
    LL_FOREACH(m->board, note)
    {
        a->names[a->n] = arena_str(a->arena, buf_str(&note->name));
        a->bundles[a->n++] = arena_str(a->arena, buf_str(&note->value));
    }
    mem_answer_post(m, a);
}

void mem_board_fini(struct mem_store *m)
{
    while (m->board != NULL)
        note_remove(m, m->board);
}
