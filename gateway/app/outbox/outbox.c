#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/outbox/internal.h"
#include "base/log.h"
#include "base/xalloc.h"

#define READ_MAX 256u
#define READ_BLOCK_MS 1000
#define READ_GATHER_MS 10 /* between reads while messages come: see store_read */
#define LANES 65536u      /* by two bytes of the number_id: one phone's messages share a lane */
#define ARENA_BYTES 65536u
#define EVENT_MAX_BYTES 4096u

static void read_more(struct outbox *o);

int64_t outbox_now_ms(struct outbox *o)
{
    return loop_mono(o->ports.loop).ms;
}

/* ---- lanes ---- */

static struct lane *lane_of(struct outbox *o, const struct job *job)
{
    const uint8_t *id = job->message.number_id.bytes;
    return &o->lanes[(unsigned)id[1] << 8 | id[2]];
}

static void lane_add(struct outbox *o, struct job *job)
{
    struct lane *lane = lane_of(o, job);
    if (lane->tail != NULL) {
        lane->tail->lane_next = job;
        lane->tail = job;
        return;
    }
    lane->head = lane->tail = job;
    outbox_prepare(job);
}

static void job_free(struct job *job)
{
    if (job->number.p != NULL)
        explicit_bzero(job->number.p, job->number.cap);
    buf_fini(&job->number);
    buf_fini(&job->payload);
    buf_fini(&job->event);
    timer_free(job->owner->ports.loop, job->timer);
    free(job);
}

static void update_gauge(struct outbox *o)
{
    metrics_set(o->ports.metrics, METRIC_outbox_pending, o->n_jobs);
}

void outbox_set_active(struct job *job, bool is_active)
{
    if (job->is_active == is_active)
        return;
    job->is_active = is_active;
    job->owner->n_active += is_active ? 1u : -1u;
}

/* Gives back the job's place among those under way. */
static void release(struct job *job)
{
    if (job->is_in_flight)
        outbox_left(job->channel);
    job->is_in_flight = false;
    outbox_set_active(job, false);
}

void outbox_job_done(struct job *job)
{
    struct outbox *o = job->owner;
    struct lane *lane = lane_of(o, job);
    assert(lane->head == job);
    lane->head = job->lane_next;
    if (lane->head == NULL)
        lane->tail = NULL;
    release(job);
    outbox_assign(job, NULL);
    job_free(job);
    o->n_jobs--;
    update_gauge(o);
    if (lane->head != NULL)
        outbox_prepare(lane->head);
    read_more(o);
    outbox_pump(o);
}

void outbox_delay(struct job *job, int64_t delay_ms)
{
    struct outbox *o = job->owner;
    release(job);
    job->not_before_ms = outbox_now_ms(o) + delay_ms;
    job->queue_next = o->delayed;
    o->delayed = job;
    outbox_pump(o);
}

/* ---- reading ---- */

static void on_refused(void *ctx, enum err e)
{
    (void)ctx;
    if (e != ERR_OK)
        LOG_WARN("outbox", "broken entry not removed", "err=%s", err_name(e));
}

/* An entry that nothing can be done with is settled at once, so that it does not come back. */
static void refuse_entry(struct outbox *o, const struct store_entry *entry, const char *why)
{
    LOG_ERROR("outbox", "entry cannot be sent", "entry=%03u-%.*s why=\"%s\"", entry->bucket,
              STR_ARG(entry->id), why);
    metrics_add(o->ports.metrics, METRIC_sends_failed_total, 1);
    store_settle(o->ports.store, STORE_STREAM_OUTBOX, entry, 1, STR_NONE, on_refused, o);
}

/* After an error of a read all unsettled entries come again, those in hand too. */
static bool is_in_hand(struct outbox *o, const struct job *wanted)
{
    for (const struct job *job = lane_of(o, wanted)->head; job != NULL; job = job->lane_next) {
        if (job->entry.bucket == wanted->entry.bucket &&
            strcmp(job->entry_id, wanted->entry_id) == 0)
            return true;
    }
    return false;
}

static void take_entry(struct outbox *o, const struct store_entry *entry)
{
    struct job *job = xcalloc(1, sizeof(*job));
    job->owner = o;
    buf_init(&job->payload, entry->payload.len + 1);
    buf_init(&job->number, 64);
    buf_init(&job->event, EVENT_MAX_BYTES);
    buf_add_str(&job->payload, entry->payload);
    enum err e = str_copy(entry->id, job->entry_id, sizeof(job->entry_id));
    if (e == ERR_OK)
        e = buf_error(&job->payload);
    if (e == ERR_OK)
        e = message_decode(buf_str(&job->payload), &job->message);
    if (e != ERR_OK) {
        refuse_entry(o, entry, err_name(e));
        job_free(job);
        return;
    }
    job->entry = *entry;
    job->entry.id = str_from(job->entry_id);
    job->entry.payload = STR_NONE;
    if (is_in_hand(o, job)) {
        job_free(job);
        return;
    }
    o->n_jobs++;
    lane_add(o, job);
}

static void on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct outbox *o = ctx;
    o->is_reading = false;
    if (e != ERR_OK) {
        o->is_recovering = true; /* the answer that was lost may have held entries */
        timer_start(o->ports.loop, o->read_timer, OUTBOX_RETRY_STORE_MS);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        take_entry(o, &entries[i]);
    o->is_recovering = false;
    update_gauge(o);
    if (n > 0 && n < READ_MAX)
        timer_start(o->ports.loop, o->read_timer, READ_GATHER_MS);
    else
        read_more(o);
    outbox_pump(o);
}

static void read_more(struct outbox *o)
{
    if (o->is_reading || o->is_draining || o->n_jobs >= OUTBOX_MAX_JOBS)
        return;
    o->is_reading = true;
    /* One read takes all that an earlier life left: what it had in hand, and what the store had
     * taken for it, once for the last answer and once for one that was lost. */
    uint32_t all = OUTBOX_MAX_JOBS + 2 * STORE_MAX_AHEAD(READ_MAX);
    struct store_reader reader = {.consumer = str_from(o->consumer),
                                  .first = o->first,
                                  .last = o->last,
                                  .is_recovering = o->is_recovering,
                                  .max = o->is_recovering ? all : READ_MAX,
                                  .block_ms = o->is_recovering ? 0 : READ_BLOCK_MS};
    store_read(o->ports.store, STORE_STREAM_OUTBOX, &reader, on_entries, o);
}

static void on_read_timer(void *ctx)
{
    read_more(ctx);
}

/* ---- life ---- */

struct outbox *outbox_new(const struct outbox_ports *ports, const char *consumer, uint8_t first,
                          uint8_t last)
{
    struct outbox *o = xcalloc(1, sizeof(*o));
    o->ports = *ports;
    o->first = first;
    o->last = last;
    o->is_recovering = true;
    enum err e = str_copy(str_from(consumer), o->consumer, sizeof(o->consumer));
    assert(e == ERR_OK); /* consumer names are made by the program */
    o->lanes = xcalloc(LANES, sizeof(*o->lanes));
    o->arena = arena_new(ARENA_BYTES);
    o->read_timer = timer_new(ports->loop, on_read_timer, o);
    outbox_channels_init(o);
    return o;
}

void outbox_start(struct outbox *o)
{
    read_more(o);
}

void outbox_drain(struct outbox *o, outbox_on_idle *fn, void *ctx)
{
    o->is_draining = true;
    o->on_idle = fn;
    o->idle_ctx = ctx;
    timer_start(o->ports.loop, o->timer, 0);
}

uint32_t outbox_n_jobs(const struct outbox *o)
{
    return o->n_jobs;
}

void outbox_free(struct outbox *o)
{
    if (o == NULL)
        return;
    for (uint32_t i = 0; i < LANES; i++) {
        while (o->lanes[i].head != NULL) {
            struct job *job = o->lanes[i].head;
            o->lanes[i].head = job->lane_next;
            job_free(job);
        }
    }
    for (uint32_t i = 0; i < o->ports.channels->n; i++)
        outbox_token_fini(&o->channels[i]);
    timer_free(o->ports.loop, o->timer);
    timer_free(o->ports.loop, o->read_timer);
    arena_free(o->arena);
    free(o->lanes);
    free(o);
}
