#include "app/forget.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "core/learner.h"

#define RECORD_MAX_BYTES 1024u

struct forget {
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct timer *timer;
    struct number_id due[SINK_MAX_DUE];
    uint32_t n_due, i, n_forgotten, n_failed;
    struct buf record; /* of the commit under way */
};

static void next(struct forget *f)
{
    f->i++;
    timer_start(f->loop, f->timer, 0);
}

static void on_forgotten(void *ctx, enum err e, const char *message)
{
    struct forget *f = ctx;
    (void)message; /* counted below */
    f->n_forgotten += e == ERR_OK ? 1 : 0;
    f->n_failed += e == ERR_OK ? 0 : 1;
    next(f);
}

static void on_committed(void *ctx, enum err e, const struct store_record *rec)
{
    struct forget *f = ctx;
    (void)rec; /* of somebody who has written just now, and stays */
    f->n_forgotten += e == ERR_OK ? 1 : 0;
    f->n_failed += e == ERR_OK || e == ERR_CONFLICT ? 0 : 1;
    next(f);
}

static void erase(struct forget *f, const struct learner *learner)
{
    struct event_record record = {.kind = EVENT_RECORD_STEP,
                                  .seq = learner->seq + 1,
                                  .at = loop_wall(f->loop),
                                  .lang = str_from(learner->lang),
                                  .is_erased = true,
                                  .events = {event_make(EVENT_erased)},
                                  .n_events = 1};
    memcpy(record.number_id, f->due[f->i].bytes, sizeof(record.number_id));
    memcpy(record.learner_id, learner->learner_id, sizeof(record.learner_id));
    buf_reset(&f->record);
    event_encode(&record, &f->record);
    struct store_commit commit = {
        .id = f->due[f->i], .expected_seq = learner->seq, .event = buf_str(&f->record)};
    store_commit(f->store, &commit, on_committed, f);
}

static void on_loaded(void *ctx, enum err e, const struct store_record *rec)
{
    struct forget *f = ctx;
    struct learner learner;
    if (e == ERR_OK && str_is_empty(rec->state)) {
        sink_forget(f->sink, f->due[f->i].bytes, on_forgotten, f);
        return;
    }
    if (e == ERR_OK)
        e = learner_decode(rec->state, &learner);
    if (e == ERR_OK)
        erase(f, &learner);
    else
        on_committed(f, e, NULL);
}

static void page_end(struct forget *f)
{
    if (f->n_forgotten + f->n_failed > 0)
        LOG_INFO("forget", "numbers whose twelve months are over", "forgotten=%u failed=%u",
                 f->n_forgotten, f->n_failed);
    bool is_over = f->n_due < SINK_MAX_DUE && f->n_failed == 0;
    f->n_due = f->i = f->n_forgotten = f->n_failed = 0;
    timer_start(f->loop, f->timer, is_over ? FORGET_EACH_MS : FORGET_AGAIN_MS);
}

static void on_due(void *ctx, enum err e, const uint8_t (*number_ids)[16], uint32_t n)
{
    struct forget *f = ctx;
    if (e != ERR_OK) {
        LOG_WARN("forget", "PostgreSQL does not say what is to be forgotten", "err=%s",
                 err_name(e));
        f->n_failed++;
    }
    for (uint32_t i = 0; i < n; i++)
        memcpy(f->due[i].bytes, number_ids[i], sizeof(f->due[i].bytes));
    f->n_due = n;
    if (n == 0)
        page_end(f);
    else
        timer_start(f->loop, f->timer, 0);
}

/* One number after the other: there is time. */
static void on_timer(void *ctx)
{
    struct forget *f = ctx;
    if (f->n_due == 0)
        sink_tidy(f->sink, on_due, f);
    else if (f->i < f->n_due)
        store_load(f->store, &f->due[f->i], on_loaded, f);
    else
        page_end(f);
}

struct forget *forget_new(struct loop *loop, struct store *store, struct sink *sink)
{
    struct forget *f = xcalloc(1, sizeof(*f));
    f->loop = loop;
    f->store = store;
    f->sink = sink;
    f->timer = timer_new(loop, on_timer, f);
    buf_init(&f->record, RECORD_MAX_BYTES);
    timer_start(loop, f->timer, FORGET_FIRST_MS);
    return f;
}

void forget_free(struct forget *f)
{
    timer_free(f->loop, f->timer);
    buf_fini(&f->record);
    free(f);
}
