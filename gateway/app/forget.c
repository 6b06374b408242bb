#include "app/forget.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "core/learner.h"
#include "port/store/stream.h"

#define RECORD_MAX_BYTES 1024u
#define PAGE STORE_MAX_DELETE /* entries of the log at once */
#define MAX_ERASED 16u        /* people of one number who are looked for at once */
#define COMPACT_EACH_MS HOUR_MS

/* What the log of one bucket holds of a number that was erased: in a first pass, who that was; in
 * a second one, the entries. Whoever was too many for one turn has both passes in the next. */
struct scrub {
    struct event_place from[STORE_BUCKETS]; /* in all but one bucket past any entry */
    struct event_place first_from;          /* where a first pass begins */
    bool has_more;                          /* it found too many, from there on */
    bool ranges[STORE_LEASE_RANGES];
    uint8_t learners[MAX_ERASED][16];
    uint32_t n_learners;
    struct event_place gone[PAGE];
    uint32_t n_gone;
    bool is_second;
};

struct forget {
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct timer *timer;
    struct sink_due due[SINK_MAX_DUE];
    uint32_t n_due, i, n_forgotten, n_failed;
    struct scrub scrub;
    bool must_compact;
    int64_t compacted_ms; /* monotonic; 0 = never */
    struct buf record;    /* of the commit under way */
};

static struct number_id id_of(const struct forget *f)
{
    struct number_id id;
    memcpy(id.bytes, f->due[f->i].number_id, sizeof(id.bytes));
    return id;
}

static void next(struct forget *f)
{
    f->i++;
    timer_start(f->loop, f->timer, 0);
}

static void fail(struct forget *f)
{
    f->n_failed++;
    next(f);
}

static void on_forgotten(void *ctx, enum err e, const char *message)
{
    struct forget *f = ctx;
    (void)message; /* counted below */
    f->n_forgotten += e == ERR_OK ? 1 : 0;
    f->n_failed += e == ERR_OK ? 0 : 1;
    next(f);
}

static void leave_to_database(struct forget *f)
{
    sink_forget(f->sink, f->due[f->i].number_id, on_forgotten, f);
}

/* ---- its time is over ---- */

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
    struct number_id id = id_of(f);
    struct event_record record = {.kind = EVENT_RECORD_STEP,
                                  .seq = learner->seq + 1,
                                  .at = loop_wall(f->loop),
                                  .lang = str_from(learner->lang),
                                  .is_erased = true,
                                  .events = {event_make(EVENT_erased)},
                                  .n_events = 1};
    memcpy(record.number_id, id.bytes, sizeof(record.number_id));
    memcpy(record.learner_id, learner->learner_id, sizeof(record.learner_id));
    buf_reset(&f->record);
    event_encode(&record, &f->record);
    struct store_commit commit = {
        .id = id, .expected_seq = learner->seq, .event = buf_str(&f->record)};
    store_commit(f->store, &commit, on_committed, f);
}

static void on_loaded(void *ctx, enum err e, const struct store_record *rec)
{
    struct forget *f = ctx;
    struct learner learner;
    if (e == ERR_OK && str_is_empty(rec->state)) {
        leave_to_database(f);
        return;
    }
    if (e == ERR_OK)
        e = learner_decode(rec->state, &learner);
    if (e == ERR_OK)
        erase(f, &learner);
    else
        on_committed(f, e, NULL);
}

/* ---- it was erased ---- */

static void scrub_read(struct forget *f);

static bool has_learner(const struct scrub *s, const uint8_t learner_id[16])
{
    for (uint32_t i = 0; i < s->n_learners; i++) {
        if (memcmp(s->learners[i], learner_id, sizeof(s->learners[i])) == 0)
            return true;
    }
    return false;
}

/* Of the number, or of one of several people on it. */
static bool is_erasure(const struct event_record *record)
{
    bool is_one = record->is_erased;
    for (uint32_t i = 0; i < record->n_events; i++)
        is_one |= record->events[i].kind == EVENT_erased;
    return is_one;
}

/* What it says is judged by its record; bytes that are none belong to the dead letters. */
static void scrub_look(struct forget *f, const struct store_entry *entry)
{
    struct scrub *s = &f->scrub;
    struct event_record record;
    if (event_decode(entry->payload, &record) != ERR_OK ||
        memcmp(record.number_id, f->due[f->i].number_id, sizeof(record.number_id)) != 0)
        return;
    if (s->is_second && !is_erasure(&record) && has_learner(s, record.learner_id))
        s->gone[s->n_gone++] = entry->place;
    bool is_new = !s->is_second && is_erasure(&record) && !has_learner(s, record.learner_id);
    if (is_new && s->n_learners < MAX_ERASED) {
        memcpy(s->learners[s->n_learners++], record.learner_id, sizeof(record.learner_id));
    } else if (is_new && !s->has_more) {
        s->has_more = true;
        s->first_from = s->from[f->due[f->i].number_id[0]];
    }
}

static void scrub_begin(struct forget *f, bool is_second)
{
    struct scrub *s = &f->scrub;
    uint8_t bucket = f->due[f->i].number_id[0];
    memset(s->from, 0xff, sizeof(s->from));
    memset(s->ranges, 0, sizeof(s->ranges));
    s->from[bucket] = is_second ? (struct event_place){0, 0} : s->first_from;
    s->ranges[store_lease_range(bucket)] = true;
    s->is_second = is_second;
    if (!is_second) {
        s->n_learners = 0;
        s->has_more = false;
    }
    scrub_read(f);
}

static void scrub_end(struct forget *f)
{
    struct scrub *s = &f->scrub;
    if (!s->is_second && s->n_learners > 0)
        scrub_begin(f, true);
    else if (s->has_more)
        scrub_begin(f, false);
    else
        leave_to_database(f);
}

static void on_deleted(void *ctx, enum err e)
{
    struct forget *f = ctx;
    f->must_compact |= e == ERR_OK;
    if (e == ERR_OK)
        scrub_read(f);
    else
        fail(f);
}

static void on_page(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct forget *f = ctx;
    struct scrub *s = &f->scrub;
    uint8_t bucket = f->due[f->i].number_id[0];
    s->n_gone = 0;
    for (uint32_t i = 0; e == ERR_OK && i < n && i < PAGE; i++) {
        scrub_look(f, &entries[i]);
        s->from[bucket] = entries[i].place;
    }
    if (e != ERR_OK)
        fail(f);
    else if (n == 0)
        scrub_end(f);
    else if (s->n_gone > 0)
        store_log_delete(f->store, bucket, s->gone, s->n_gone, on_deleted, f);
    else
        scrub_read(f);
}

static void scrub_read(struct forget *f)
{
    struct store_reader reader = {
        .from = f->scrub.from, .ranges = f->scrub.ranges, .max_each = PAGE};
    store_log_read(f->store, &reader, on_page, f);
}

/* ---- rounds ---- */

static void on_compacted(void *ctx, enum err e)
{
    struct forget *f = ctx;
    f->must_compact = false;
    if (e != ERR_OK)
        LOG_WARN("forget", "Redis does not write its files anew: what was erased stays in them",
                 "err=%s remedy=\"BGREWRITEAOF\"", err_name(e));
    timer_start(f->loop, f->timer, FORGET_EACH_MS);
}

static void round_end(struct forget *f)
{
    int64_t now_ms = loop_mono(f->loop).ms;
    if (f->n_forgotten + f->n_failed > 0)
        LOG_INFO("forget", "numbers whose time is over", "forgotten=%u failed=%u", f->n_forgotten,
                 f->n_failed);
    f->n_due = f->i = f->n_forgotten = f->n_failed = 0;
    bool is_time = f->compacted_ms == 0 || now_ms - f->compacted_ms >= COMPACT_EACH_MS;
    if (!f->must_compact || !is_time) {
        timer_start(f->loop, f->timer, FORGET_EACH_MS);
        return;
    }
    f->compacted_ms = now_ms;
    store_compact(f->store, on_compacted, f);
}

static void on_due(void *ctx, enum err e, const struct sink_due *due, uint32_t n)
{
    struct forget *f = ctx;
    if (e != ERR_OK) {
        LOG_WARN("forget", "PostgreSQL does not say what is to be forgotten", "err=%s",
                 err_name(e));
        f->n_failed++;
    }
    memcpy(f->due, due, n * sizeof(f->due[0]));
    f->n_due = n;
    if (n == 0)
        round_end(f);
    else
        timer_start(f->loop, f->timer, 0);
}

/* One number after the other: there is time. */
static void on_timer(void *ctx)
{
    struct forget *f = ctx;
    struct number_id id;
    if (f->n_due == 0) {
        sink_tidy(f->sink, on_due, f);
    } else if (f->i == f->n_due) {
        round_end(f);
    } else if (f->due[f->i].is_erased) {
        f->scrub.first_from = (struct event_place){0, 0};
        scrub_begin(f, false);
    } else {
        id = id_of(f);
        store_load(f->store, &id, on_loaded, f);
    }
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
