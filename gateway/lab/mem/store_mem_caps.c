/*
 * store_mem_caps.c: limits on what is sent, as port/store/functions.lua has them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "lab/mem/store_mem.h"

#define DAY_S 86400

static int64_t now_s(struct mem_store *m)
{
    return loop_wall(m->loop).ms / 1000;
}

static struct mem_counter *counter_need(struct mem_store *m, const struct store_cap *cap)
{
    char key[STORE_CAP_KEY_BYTES + 1];
    struct mem_counter *counter = NULL;
    if (str_copy(cap->key, key, sizeof(key)) != ERR_OK)
        abort(); /* keys are made by the program */
    HASH_FIND_STR(m->counters, key, counter);
    if (counter == NULL) {
        counter = xcalloc(1, sizeof(*counter));
        memcpy(counter->key, key, sizeof(key));
        HASH_ADD_STR(m->counters, key, counter);
    }
    int64_t window = now_s(m) / cap->window_s;
    if (window > counter->window) {
        counter->window = window;
        counter->n = 0;
    }
    return counter;
}

/* All or none; the cap without room, or NULL. */
static const struct store_cap *take(struct mem_store *m, const struct store_cap *caps, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (counter_need(m, &caps[i])->n + caps[i].units > caps[i].limit)
            return &caps[i];
    }
    for (uint32_t i = 0; i < n; i++)
        counter_need(m, &caps[i])->n += caps[i].units;
    return NULL;
}

/* What is counted of the number itself. */
static const char *check_number(struct mem_record *record, const struct store_caps *caps, int64_t s)
{
    if (s / DAY_S > record->day) {
        record->day = s / DAY_S;
        record->n_messages = 0;
    }
    if (record->exchange != caps->exchange || s - record->exchange_since_s >= caps->exchange_s) {
        record->exchange = caps->exchange;
        record->n_exchanges = 0;
        record->exchange_since_s = s;
    }
    uint32_t n_before = record->n_exchanges++;
    if (caps->refused_by != NULL)
        return caps->refused_by;
    if (caps->exchange != 0 && n_before >= caps->exchange_limit)
        return "loop";
    return record->n_messages + caps->number_units > caps->number_limit ? "number" : NULL;
}

const char *mem_caps_check(struct mem_store *m, struct mem_record *record,
                           const struct store_caps *caps)
{
    const char *refused_by = check_number(record, caps, now_s(m));
    const struct store_cap *full = refused_by == NULL ? take(m, caps->list, caps->n) : NULL;
    if (full != NULL)
        refused_by = full->name;
    if (refused_by == NULL)
        record->n_messages += caps->number_units;
    return refused_by;
}

void mem_caps_tell(struct mem_store *m, const struct store_commit *commit, const char *refused_by)
{
    const struct store_caps *caps = commit->caps;
    if (refused_by == NULL && str_is_empty(caps->said_event))
        return;
    char id[EVENT_PLACE_BYTES];
    struct buf event CLEANUP(buf_fini);
    mem_value_init(&event, refused_by != NULL ? caps->refused_event : caps->said_event);
    event_place_write((struct event_place){(uint64_t)loop_wall(m->loop).ms, ++m->last_entry}, id);
    event_message_end(str_from(id), str_from(refused_by), &event);
    mem_stream_add(m, STORE_STREAM_EVENTS, commit->id.bytes[0], buf_str(&event));
}

void mem_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
              void *ctx)
{
    struct answer *a = mem_answer_new(mem(s), "take", mem_deliver_done, ctx);
    a->fn.done = fn;
    if (a->has_effect && take(mem(s), caps, n) != NULL)
        a->e = ERR_DENIED;
    mem_answer_post(mem(s), a);
}

void mem_caps_fini(struct mem_store *m)
{
    struct mem_counter *counter, *next;
    HASH_ITER(hh, m->counters, counter, next)
    {
        HASH_DEL(m->counters, counter);
        free(counter);
    }
}
