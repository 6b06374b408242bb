/*
 * writer.c: app/persist and port/sink_libpq on a real PostgreSQL, with the event log in memory.
 *
 *   bench_writer CONNINFO EVENTS [LEARNERS [PER_SECOND [POISON_EVERY]]]
 *
 * Without PER_SECOND all events wait in the stream before the clock starts: how fast it drains.
 * With it they come evenly: tests/integration/writer.sh takes PostgreSQL away meanwhile. Prints one
 * line of JSON when the stream is empty.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/persist.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "core/event.h"

#define SQL_TIMEOUT_MS 5000
#define TICK_MS 10
#define STATE_BYTES 120 /* of a learner in mid-course */

#define MAX_BATCHES 65536u

/* Hands on to the real one, and measures each batch. */
struct timed_sink {
    struct sink sink;
    struct sink *inner;
    sink_on_done *fn; /* of the batch under way; persist stores one at a time */
    void *ctx;
    int64_t start_us;
    int64_t us[MAX_BATCHES];
    uint32_t n;
};

struct bench {
    struct timed_sink timed;
    struct loop *loop;
    struct store *store;
    struct sink *sink;
    struct metrics *metrics;
    struct persist *persist;
    struct timer *timer;
    uint64_t n_events, n_put, n_committed;
    uint32_t n_learners, per_second, poison_every;
    uint32_t *seqs; /* per learner */
    struct mono_ms start;
};

static int64_t now_us(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        abort();
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct timed_sink *timed(struct sink *s)
{
    return (struct timed_sink *)s;
}

static void on_batch(void *ctx, enum err e, const char *message)
{
    struct timed_sink *t = ctx;
    if (e == ERR_OK && t->n < MAX_BATCHES)
        t->us[t->n++] = now_us() - t->start_us;
    t->fn(t->ctx, e, message);
}

static void timed_ingest(struct sink *s, const struct sink_batch *batch, sink_on_done *fn,
                         void *ctx)
{
    struct timed_sink *t = timed(s);
    t->fn = fn;
    t->ctx = ctx;
    t->start_us = now_us();
    sink_ingest(t->inner, batch, on_batch, t);
}

static void timed_places(struct sink *s, uint64_t epoch, sink_on_places *fn, void *ctx)
{
    sink_places(timed(s)->inner, epoch, fn, ctx);
}

static void timed_dead_letter(struct sink *s, const struct sink_batch *batch, struct str reason,
                              sink_on_done *fn, void *ctx)
{
    sink_dead_letter(timed(s)->inner, batch, reason, fn, ctx);
}

static const struct sink_ops timed_ops = {
    .places = timed_places, .ingest = timed_ingest, .dead_letter = timed_dead_letter};

static int compare_us(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double p95_ms(struct timed_sink *t)
{
    qsort(t->us, t->n, sizeof(t->us[0]), compare_us);
    return t->n > 0 ? (double)t->us[(uint64_t)t->n * 95 / 100] / 1000 : 0;
}

/* As the engine makes them: contact, consent, then lessons and responses by turns. */
static struct event event_of(uint32_t seq)
{
    static const struct str lessons[] = {STR("m1l1"), STR("m1l2"), STR("m1l3")};
    static const struct str questions[] = {STR("m1q1"), STR("m1q2"), STR("m1q3"), STR("m1q4")};
    if (seq == 1)
        return event_make(EVENT_contact);
    struct event e = event_make(seq == 2       ? EVENT_consented
                                : seq % 2 == 0 ? EVENT_answered
                                               : EVENT_lesson_read);
    e.value = seq == 2 ? 1 : EVENT_ABSENT;
    if (e.kind == EVENT_lesson_read) {
        e.unit = lessons[seq % ARRAY_LEN(lessons)];
        e.value = 0;
    } else if (e.kind == EVENT_answered) {
        e.unit = questions[seq / 2 % ARRAY_LEN(questions)];
        e.phase = EVENT_PHASE_QUIZ;
        e.choice = (int32_t)(seq % 3) + 1;
        e.correct = seq % 3 == 0;
        e.attempt = 1;
    }
    return e;
}

static struct number_id id_of(uint32_t learner)
{
    struct number_id id;
    for (size_t i = 0; i < sizeof(id.bytes); i++) /* spread, no secret */
        id.bytes[i] = (uint8_t)((learner * 2654435761u >> (i % 4 * 8)) + i * 7);
    return id;
}

static void record_of(struct bench *b, uint32_t learner, uint32_t seq, struct wall_ms at,
                      struct buf *out)
{
    struct number_id id = id_of(learner);
    struct event_record record = {
        .kind = EVENT_RECORD_STEP,
        .seq = seq,
        .at = at,
        .channel = STR("at"),
        .via = STR("ussd"),
        .network = STR("63902"),
        .course = STR("children-on-the-move"),
        .version = STR("1.0.0"),
        .lang = STR("en"),
        .country = STR("KE"),
        .due_at = {loop_wall(b->loop).ms + 48 * 3600000},
        .vault_key_id = seq == 1 ? 1 : 0,
        .vault_nonce = STR("twelve bytes"),
        .vault_ciphertext = STR("as long as a sealed number: 29"),
        .events = {event_of(seq)},
        .n_events = 1,
    };
    memcpy(record.number_id, id.bytes, sizeof(record.number_id));
    memcpy(record.learner_id, id.bytes, sizeof(record.learner_id));
    event_encode(&record, out);
}

static void on_committed(void *ctx, enum err e, const struct store_record *rec)
{
    (void)rec; /* only given on conflict */
    struct bench *b = ctx;
    if (e != ERR_OK)
        abort(); /* the store in memory was not asked to fail */
    if (++b->n_committed == b->n_events && b->persist == NULL)
        loop_stop(b->loop);
}

static void put(struct bench *b)
{
    uint32_t learner = (uint32_t)(b->n_put % b->n_learners);
    uint32_t seq = ++b->seqs[learner];
    char state[STATE_BYTES] = {(char)(seq >> 24), (char)(seq >> 16), (char)(seq >> 8), (char)seq};
    struct buf record CLEANUP(buf_fini);
    buf_init(&record, EVENT_RECORD_MAX_BYTES);
    b->n_put++;
    if (b->poison_every > 0 && b->n_put % b->poison_every == 0)
        record_of(b, learner, seq, (struct wall_ms){0}, &record); /* it must have a time */
    else
        record_of(b, learner, seq, loop_wall(b->loop), &record);
    struct store_commit commit = {.id = id_of(learner),
                                  .expected_seq = seq - 1,
                                  .state = {state, sizeof(state)},
                                  .event = buf_str(&record),
                                  .due_at_ms = -1};
    store_commit(b->store, &commit, on_committed, b);
}

static void report(struct bench *b)
{
    int64_t ms = loop_mono(b->loop).ms - b->start.ms;
    uint64_t n = metrics_get(b->metrics, METRIC_events_written_total);
    printf("{\"events\":%" PRIu64 ",\"dead_letters\":%" PRIu64 ",\"ms\":%" PRId64
           ",\"writer_events_per_s\":%" PRId64 ",\"batch_p95_ms\":%.2f}\n",
           n, metrics_get(b->metrics, METRIC_dead_letters_total), ms,
           ms > 0 ? (int64_t)n * 1000 / ms : 0, p95_ms(&b->timed));
}

static void on_tick(void *ctx)
{
    struct bench *b = ctx;
    uint64_t due = b->n_events;
    if (b->per_second > 0)
        due = (uint64_t)(loop_mono(b->loop).ms - b->start.ms) * b->per_second / 1000;
    while (b->n_put < b->n_events && b->n_put < due)
        put(b);
    uint64_t n_stored = metrics_get(b->metrics, METRIC_events_written_total) +
                        metrics_get(b->metrics, METRIC_dead_letters_total);
    if (n_stored == b->n_events) {
        report(b);
        loop_stop(b->loop);
    } else {
        timer_start(b->loop, b->timer, TICK_MS);
    }
}

static uint64_t argument(int argc, char **argv, int i, uint64_t fallback)
{
    uint64_t value = fallback;
    if (i < argc && str_to_u64(str_from(argv[i]), 100000000, &value) != ERR_OK) {
        (void)fprintf(stderr, "bench_writer: not a number: %s\n", argv[i]);
        exit(64);
    }
    return value;
}

static void start_writer(struct bench *b)
{
    struct persist_settings settings = {.max_each = PERSIST_MAX_EACH,
                                        .gather_ms = PERSIST_GATHER_MS,
                                        .keep_ms = 3600 * 1000,
                                        .trim_ms = PERSIST_TRIM_MS};
    b->timed.sink.ops = &timed_ops;
    b->timed.inner = b->sink;
    b->persist = persist_new(b->loop, b->store, &b->timed.sink, b->metrics, &settings);
    b->start = loop_mono(b->loop);
    persist_start(b->persist);
}

int main(int argc, char **argv)
{
    struct errmsg msg;
    if (argc < 3 || sink_libpq_check(argv[1], &msg) != ERR_OK) {
        (void)fprintf(stderr, "bench_writer: %s\n",
                      argc < 3 ? "CONNINFO EVENTS [LEARNERS [PER_SECOND [POISON_EVERY]]]"
                               : msg.text);
        return 64;
    }
    static struct bench b;
    b = (struct bench){.n_events = argument(argc, argv, 2, 0),
                       .n_learners = (uint32_t)argument(argc, argv, 3, 1000),
                       .per_second = (uint32_t)argument(argc, argv, 4, 0),
                       .poison_every = (uint32_t)argument(argc, argv, 5, 0)};
    log_init(LOG_LEVEL_INFO, "bench-writer");
    b.seqs = xcalloc(b.n_learners, sizeof(*b.seqs));
    b.loop = loop_libevent_new();
    b.metrics = metrics_new();
    b.store = store_mem_new(b.loop);
    b.timer = timer_new(b.loop, on_tick, &b);
    b.start = loop_mono(b.loop);
    if (b.per_second == 0) { /* all is in the stream before the writer starts */
        while (b.n_put < b.n_events)
            put(&b);
        loop_run(b.loop);
    }
    b.sink = sink_libpq_new(b.loop, argv[1], SQL_TIMEOUT_MS);
    start_writer(&b);
    timer_start(b.loop, b.timer, 0);
    loop_run(b.loop);
    store_free(b.store);
    sink_free(b.sink);
    persist_free(b.persist);
    timer_free(b.loop, b.timer);
    metrics_free(b.metrics);
    loop_free(b.loop);
    free(b.seqs);
    return 0;
}
