/*
 * Putting the log into PostgreSQL: a batch goes range by range; one that is refused is halved until
 * the record that cannot be stored is alone, and put aside.
 */
#include <assert.h>

#include "app/persist_internal.h"
#include "base/log.h"

static void store_next(struct persist *p);

static bool is_all_done(const struct persist *p)
{
    bool is_done = true;
    for (size_t i = 0; i < PERSIST_LANES; i++)
        is_done &= p->lanes[i].n_todo == 0;
    return is_done;
}

/* The topmost range is done. */
static void range_done(struct persist_lane *lane)
{
    struct persist *p = lane->persist;
    struct persist_batch *b = persist_batch_in(p, BATCH_STATE_STORING);
    const struct persist_range done = lane->todo[lane->n_todo - 1];
    for (uint32_t i = 0; i < lane->n_moves; i++)
        p->stored[lane->moves[i].bucket] = lane->moves[i].to;
    for (uint32_t i = 0; i < done.n; i++)
        backlog_stored(&p->backlog, b->records[done.first + i].bucket);
    lane->n_todo--;
    bool is_done = is_all_done(p);
    if (is_done)
        b->state = BATCH_STATE_EMPTY;
    store_next(p);
    if (is_done && !p->is_gathering)
        persist_read_more(p);
}

static void on_dead_letter(void *ctx, enum err e, const char *message)
{
    (void)message; /* of the connection, or none: the sink has logged it */
    struct persist_lane *lane = ctx;
    struct persist *p = lane->persist;
    const struct persist_batch *b = persist_batch_in(p, BATCH_STATE_STORING);
    const struct sink_record *record = &b->records[lane->todo[lane->n_todo - 1].first];
    p->n_calls--;
    lane->is_storing = false;
    if (e == ERR_OK) {
        char place[EVENT_PLACE_BYTES];
        event_place_write(record->place, place);
        LOG_ERROR("persist", "PostgreSQL refused an event; see ops.dead_letters", "entry=%u-%s",
                  record->bucket, place);
        metrics_add(p->metrics, METRIC_dead_letters_total, 1);
        range_done(lane);
    } else {
        persist_places_again(p, e);
    }
    persist_call_ended(p);
}

/* The first n of the topmost range are stored first, in the order of the log. */
static void range_split(struct persist_lane *lane, uint32_t n)
{
    struct persist_range *top = &lane->todo[lane->n_todo - 1];
    struct persist_range first = {top->first, n};
    assert(lane->n_todo < PERSIST_MAX_RANGES);
    *top = (struct persist_range){top->first + n, top->n - n};
    lane->todo[lane->n_todo++] = first;
}

/* Where the topmost range begins and ends in each bucket. */
static struct sink_batch range_batch(struct persist_lane *lane)
{
    struct persist *p = lane->persist;
    const struct persist_range top = lane->todo[lane->n_todo - 1];
    const struct sink_record *records =
        persist_batch_in(p, BATCH_STATE_STORING)->records + top.first;
    lane->n_moves = 0;
    for (uint32_t i = 0; i < top.n; i++) {
        bool is_new = i == 0 || records[i].bucket != records[i - 1].bucket;
        if (is_new)
            lane->moves[lane->n_moves++] = (struct sink_move){.bucket = records[i].bucket,
                                                              .from = p->stored[records[i].bucket]};
        lane->moves[lane->n_moves - 1].to = records[i].place;
    }
    return (struct sink_batch){.epoch = p->epoch,
                               .records = records,
                               .n = top.n,
                               .moves = lane->moves,
                               .n_moves = lane->n_moves};
}

/* Something in the topmost range cannot be stored: look in each half, or put it aside. */
static void range_refused(struct persist_lane *lane, const char *reason)
{
    struct persist *p = lane->persist;
    uint32_t n = lane->todo[lane->n_todo - 1].n;
    if (n > 1) {
        range_split(lane, n / 2);
        store_next(p);
        return;
    }
    struct sink_batch batch = range_batch(lane);
    p->n_calls++;
    lane->is_storing = true;
    sink_dead_letter(lane->sink, &batch, str_from(reason), on_dead_letter, lane);
}

static void on_ingested(void *ctx, enum err e, const char *message)
{
    struct persist_lane *lane = ctx;
    struct persist *p = lane->persist;
    uint32_t n = lane->todo[lane->n_todo - 1].n;
    p->n_calls--;
    lane->is_storing = false;
    if (e == ERR_OK) {
        persist_went_well(p);
        metrics_add(p->metrics, METRIC_events_written_total, n);
        p->range_max = 2 * p->range_max < PERSIST_MAX_BATCH ? 2 * p->range_max : PERSIST_MAX_BATCH;
        range_done(lane);
    } else if (e == ERR_INVALID) {
        persist_went_well(p);
        range_refused(lane, message);
    } else {
        if (e == ERR_TIMEOUT)
            p->range_max = n > 1 ? n / 2 : 1;
        persist_places_again(p, e);
    }
    persist_call_ended(p);
}

/* Cuts a long batch in two between buckets; their records lie together. */
static void batch_share(struct persist *p, struct persist_batch *b)
{
    struct sink *beside = p->lanes[1].sink;
    uint32_t n = b->n;
    if (n >= PERSIST_LONG && beside != NULL && sink_is_up(beside)) {
        n /= 2;
        while (n < b->n && b->records[n].bucket == b->records[n - 1].bucket)
            n++;
    }
    b->state = BATCH_STATE_STORING;
    p->lanes[0].todo[0] = (struct persist_range){0, n};
    p->lanes[0].n_todo = 1;
    p->lanes[1].todo[0] = (struct persist_range){n, b->n - n};
    p->lanes[1].n_todo = n < b->n;
}

static void lane_next(struct persist_lane *lane)
{
    struct persist *p = lane->persist;
    if (lane->n_todo == 0 || lane->is_storing || persist_is_halted(p))
        return;
    while (lane->todo[lane->n_todo - 1].n > p->range_max)
        range_split(lane, lane->todo[lane->n_todo - 1].n / 2);
    struct sink_batch batch = range_batch(lane);
    p->n_calls++;
    lane->is_storing = true;
    sink_ingest(lane->sink, &batch, on_ingested, lane);
}

/* What is next in each lane, of the batch that is being stored or of the one behind it. A batch
 * begins when the one before it is stored in all lanes: both may have the same buckets. Responses
 * about states come in the order of the batches. */
static void store_next(struct persist *p)
{
    if (persist_is_halted(p))
        return;
    if (persist_batch_in(p, BATCH_STATE_STORING) == NULL) {
        struct persist_batch *b = persist_batch_in(p, BATCH_STATE_READY);
        if (b == NULL)
            return;
        batch_share(p, b);
    }
    for (size_t i = 0; i < PERSIST_LANES; i++)
        lane_next(&p->lanes[i]);
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
        store_next(p);
    }
    persist_call_ended(p);
}
