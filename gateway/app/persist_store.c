/*
 * Putting the log into PostgreSQL: a batch goes range by range; one that is refused is halved until
 * the record that cannot be stored is alone, and put aside.
 */
#include <assert.h>

#include "app/persist_internal.h"
#include "base/log.h"

/* The topmost range is done. */
static void range_done(struct persist_batch *b)
{
    struct persist *p = b->persist;
    const struct persist_range done = b->todo[b->n_todo - 1];
    for (uint32_t i = 0; i < b->n_moves; i++)
        p->stored[b->moves[i].bucket] = b->moves[i].to;
    for (uint32_t i = 0; i < done.n; i++)
        backlog_stored(&p->backlog, b->records[done.first + i].bucket);
    b->n_todo--;
    if (b->n_todo == 0)
        b->state = BATCH_STATE_EMPTY;
    persist_store_next(p);
    if (b->n_todo == 0 && !p->is_gathering)
        persist_read_more(p);
}

static void on_dead_letter(void *ctx, enum err e, const char *message)
{
    (void)message; /* of the connection, or none: the sink has logged it */
    struct persist_batch *b = ctx;
    struct persist *p = b->persist;
    const struct sink_record *record = &b->records[b->todo[b->n_todo - 1].first];
    p->n_calls--;
    p->is_storing = false;
    if (e == ERR_OK) {
        char place[EVENT_PLACE_BYTES];
        event_place_write(record->place, place);
        LOG_ERROR("persist", "PostgreSQL refused an event; see ops.dead_letters", "entry=%u-%s",
                  record->bucket, place);
        metrics_add(p->metrics, METRIC_dead_letters_total, 1);
        range_done(b);
    } else {
        persist_places_again(p, e);
    }
    persist_call_ended(p);
}

/* The first n of the topmost range are stored first, in the order of the log. */
static void range_split(struct persist_batch *b, uint32_t n)
{
    struct persist_range *top = &b->todo[b->n_todo - 1];
    struct persist_range first = {top->first, n};
    assert(b->n_todo < PERSIST_MAX_RANGES);
    *top = (struct persist_range){top->first + n, top->n - n};
    b->todo[b->n_todo++] = first;
}

/* Where the topmost range begins and ends in each bucket. */
static struct sink_batch range_batch(struct persist_batch *b)
{
    const struct persist_range top = b->todo[b->n_todo - 1];
    const struct sink_record *records = b->records + top.first;
    b->n_moves = 0;
    for (uint32_t i = 0; i < top.n; i++) {
        bool is_new = i == 0 || records[i].bucket != records[i - 1].bucket;
        if (is_new)
            b->moves[b->n_moves++] = (struct sink_move){
                .bucket = records[i].bucket, .from = b->persist->stored[records[i].bucket]};
        b->moves[b->n_moves - 1].to = records[i].place;
    }
    return (struct sink_batch){.epoch = b->persist->epoch,
                               .records = records,
                               .n = top.n,
                               .moves = b->moves,
                               .n_moves = b->n_moves};
}

/* Something in the topmost range cannot be stored: look in each half, or put it aside. */
static void range_refused(struct persist_batch *b, const char *reason)
{
    struct persist *p = b->persist;
    uint32_t n = b->todo[b->n_todo - 1].n;
    if (n > 1) {
        range_split(b, n / 2);
        persist_store_next(p);
        return;
    }
    struct sink_batch batch = range_batch(b);
    p->n_calls++;
    p->is_storing = true;
    sink_dead_letter(p->sink, &batch, str_from(reason), on_dead_letter, b);
}

static void on_ingested(void *ctx, enum err e, const char *message)
{
    struct persist_batch *b = ctx;
    struct persist *p = b->persist;
    uint32_t n = b->todo[b->n_todo - 1].n;
    p->n_calls--;
    p->is_storing = false;
    if (e == ERR_OK) {
        persist_went_well(p);
        metrics_add(p->metrics, METRIC_events_written_total, n);
        p->range_max = 2 * p->range_max < PERSIST_MAX_BATCH ? 2 * p->range_max : PERSIST_MAX_BATCH;
        range_done(b);
    } else if (e == ERR_INVALID) {
        persist_went_well(p);
        range_refused(b, message);
    } else {
        if (e == ERR_TIMEOUT)
            p->range_max = n > 1 ? n / 2 : 1;
        persist_places_again(p, e);
    }
    persist_call_ended(p);
}

/* The next range of the batch that is being stored, or of the one behind it: answers about states
 * come in the order of the batches. */
void persist_store_next(struct persist *p)
{
    struct persist_batch *b = persist_batch_in(p, BATCH_STATE_STORING);
    if (b == NULL)
        b = persist_batch_in(p, BATCH_STATE_READY);
    if (b == NULL || p->is_storing || persist_is_halted(p))
        return;
    b->state = BATCH_STATE_STORING;
    while (b->todo[b->n_todo - 1].n > p->range_max)
        range_split(b, b->todo[b->n_todo - 1].n / 2);
    struct sink_batch batch = range_batch(b);
    p->n_calls++;
    p->is_storing = true;
    sink_ingest(p->sink, &batch, on_ingested, b);
}

void persist_on_states(void *ctx, enum err e, const struct str *states, uint32_t n)
{
    struct persist_batch *b = ctx;
    struct persist *p = b->persist;
    p->n_calls--;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        struct str copy = states[i].p != NULL ? arena_str(b->arena, states[i]) : STR_NONE;
        b->records[b->id_records[i]].state = copy;
        e = arena_error(b->arena);
    }
    if (e != ERR_OK) {
        LOG_WARN("persist", "reading the states of learners failed", "err=%s", err_name(e));
        p->n_places_failures++;
        p->must_restart = true;
    } else {
        b->state = BATCH_STATE_READY;
        b->todo[0] = (struct persist_range){0, b->n};
        b->n_todo = 1;
        persist_store_next(p);
    }
    persist_call_ended(p);
}
