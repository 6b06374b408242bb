#include "app/outbox/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/stream.h"

#define EVENT_MAX_BYTES 4096u

static void queue(struct outbox_job *job);
static void delay(struct outbox_job *job);
static void hold(struct outbox_job *job);
static void end(struct outbox_job *job);
static void unqueue(struct outbox_job *job);

static const struct {
    const char *name;
    bool is_begun, is_out;
} states[N_OUTBOX_STATES] = {
#define STATE_ROW(name, is_begun, is_out) [OUTBOX_STATE_##name] = {#name, is_begun, is_out},
    OUTBOX_STATES(STATE_ROW)
#undef STATE_ROW
};
static const char *const event_names[N_OUTBOX_EVENTS] = {
#define EVENT_NAME(name) [OUTBOX_EVENT_##name] = #name,
    OUTBOX_EVENTS(EVENT_NAME)
#undef EVENT_NAME
};

#define ROW(state, event, to, act)                                                                 \
    {                                                                                              \
        OUTBOX_STATE_##state, OUTBOX_EVENT_##event, OUTBOX_STATE_##to, act                         \
    }

static const struct outbox_row {
    enum outbox_state state;
    enum outbox_event event;
    enum outbox_state to;
    void (*act)(struct outbox_job *job);
} rows[] = {
    /*  in         what happened  then       and there */
    ROW(WAITING, TURN, CHOOSING, outbox_choose),
    ROW(WAITING, LOST, DONE, end),
    ROW(CHOOSING, CHANNEL, QUEUED, queue),
    ROW(CHOOSING, AWAY, DELAYED, delay),
    ROW(CHOOSING, OVER, SETTLING, outbox_settle),
    ROW(QUEUED, GO, NUMBERING, outbox_need_number),
    ROW(QUEUED, LOST, DONE, unqueue),
    ROW(DELAYED, DUE, CHOOSING, outbox_choose),
    ROW(DELAYED, LOST, DONE, end),
    ROW(NUMBERING, NUMBER, TOKEN, outbox_need_token),
    ROW(NUMBERING, LOST, DONE, end),
    ROW(NUMBERING, AWAY, DELAYED, delay),
    ROW(NUMBERING, OVER, SETTLING, outbox_settle),
    ROW(TOKEN, TOKEN, CAPPING, outbox_need_cap),
    ROW(TOKEN, AWAY, DELAYED, delay),
    ROW(CAPPING, CAP, MARKING, outbox_mark),
    ROW(CAPPING, AWAY, DELAYED, delay),
    ROW(CAPPING, OVER, SETTLING, outbox_settle),
    ROW(MARKING, MARK, SENDING, outbox_post),
    ROW(MARKING, AWAY, DELAYED, delay),
    ROW(MARKING, OVER, SETTLING, outbox_settle),
    ROW(MARKING, GONE, DONE, end),
    ROW(SENDING, AGAIN, CLEARING, outbox_clear),
    ROW(SENDING, OPTED_OUT, STOPPING, outbox_stop),
    ROW(SENDING, OVER, SETTLING, outbox_settle),
    ROW(CLEARING, CLEARED, DELAYED, delay),
    ROW(STOPPING, STOPPED, SETTLING, outbox_settle),
    ROW(SETTLING, SETTLED, DONE, end),
    ROW(SETTLING, GONE, DONE, end),
    ROW(SETTLING, AWAY, HOLDING, hold),
    ROW(HOLDING, DUE, SETTLING, outbox_settle),
    ROW(BROKEN, RETURNED, SETTLING, outbox_settle),
};

static const struct outbox_row *find(enum outbox_state state, enum outbox_event event)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].state == state && rows[i].event == event)
            return &rows[i];
    }
    return NULL;
}

enum outbox_state outbox_move(enum outbox_state state, enum outbox_event event)
{
    const struct outbox_row *row = find(state, event);
    return row != NULL ? row->to : N_OUTBOX_STATES;
}

const char *outbox_state_name(enum outbox_state state)
{
    return states[state].name;
}

const char *outbox_event_name(enum outbox_event event)
{
    return event_names[event];
}

void outbox_diagram(struct buf *out)
{
    buf_addf(out, "stateDiagram-v2\n    [*] --> %s\n", states[OUTBOX_STATE_WAITING].name);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        buf_addf(out, "    %s --> %s: %s\n", states[rows[i].state].name, states[rows[i].to].name,
                 event_names[rows[i].event]);
    buf_addf(out, "    %s --> [*]\n", states[OUTBOX_STATE_DONE].name);
}

/* ---- moves ---- */

static void enter(struct outbox_job *job, enum outbox_state to)
{
    bool was_begun = states[job->state].is_begun, is_begun = states[to].is_begun;
    bool was_out = states[job->state].is_out, is_out = states[to].is_out;
    job->state = to;
    if (was_begun != is_begun) {
        job->owner->n_begun += is_begun ? 1u : -1u;
        job->owner->n_begun_of[store_lease_range(job->entry.bucket)] += is_begun ? 1u : -1u;
        if (job->channel != NULL)
            job->channel->n_in_flight += is_begun ? 1u : -1u;
    }
    if (was_out != is_out)
        (is_out ? outbox_gate_enter : outbox_gate_leave)(job->channel);
    if (was_begun != is_begun || was_out != is_out)
        outbox_look(job->owner);
}

/* What cannot be ends the message, not the process. The ports that it waits for are waited for. */
static void end_by_mistake(struct outbox_job *job, enum outbox_event event)
{
    LOG_ERROR("outbox", "a move that cannot be", "state=%s event=%s entry=%03u-%s",
              states[job->state].name, event_names[event], job->entry.bucket, job->entry_id);
    metrics_add(job->owner->ports.metrics, METRIC_illegal_moves_total, 1);
    if (job->event.len > 0)
        return; /* it is ending, and its outcome stays */
    if (job->state == OUTBOX_STATE_QUEUED)
        outbox_gate_unqueue(job);
    else if (job->state == OUTBOX_STATE_TOKEN)
        TAILQ_REMOVE(&job->channel->token.waiting, job, queue);
    if (job->timer != NULL)
        timer_stop(job->owner->ports.loop, job->timer);
    outbox_conclude(
        job, job->state == OUTBOX_STATE_SENDING ? MESSAGE_STATUS_unknown : MESSAGE_STATUS_failed,
        STR_NONE, STR("a mistake of the gateway's"));
    enter(job, OUTBOX_STATE_BROKEN);
    if (job->n_calls == 0)
        outbox_happen(job, OUTBOX_EVENT_RETURNED);
}

void outbox_happen(struct outbox_job *job, enum outbox_event event)
{
    const struct outbox_row *row = find(job->state, event);
    if (row == NULL) {
        end_by_mistake(job, event);
        return;
    }
    enter(job, row->to);
    row->act(job);
}

void outbox_away(struct outbox_job *job, int64_t delay_ms)
{
    job->not_before_ms = outbox_now_ms(job->owner) + delay_ms;
    outbox_happen(job, OUTBOX_EVENT_AWAY);
}

bool outbox_is_late(struct outbox_job *job)
{
    if (job->n_calls > 0)
        job->n_calls--;
    if (job->state != OUTBOX_STATE_BROKEN)
        return false;
    if (job->n_calls == 0)
        outbox_happen(job, OUTBOX_EVENT_RETURNED);
    return true;
}

/* ---- what the moves do that is the machine's own ---- */

static void queue(struct outbox_job *job)
{
    outbox_gate_queue(job);
    outbox_look(job->owner);
}

static void on_due(void *ctx)
{
    outbox_happen(ctx, OUTBOX_EVENT_DUE);
}

static void wait_for(struct outbox_job *job, int64_t ms)
{
    struct loop *loop = job->owner->ports.loop;
    if (job->timer == NULL)
        job->timer = timer_new(loop, on_due, job);
    timer_start(loop, job->timer, ms);
}

/* It stays the first of its phone, so that order is kept. */
static void delay(struct outbox_job *job)
{
    wait_for(job, job->not_before_ms - outbox_now_ms(job->owner));
}

/* The outcome must not be lost, and nothing is sent again. */
static void hold(struct outbox_job *job)
{
    wait_for(job, OUTBOX_RETRY_STORE_MS);
}

/* ---- lanes ---- */

static struct outbox_queue *lane_of(struct outbox *o, const struct outbox_job *job)
{
    const uint8_t *id = job->message.number_id.bytes;
    return &o->lanes[(unsigned)id[1] << 8 | id[2]];
}

/* From this one on, the first in its lane that goes to the phone; NULL: none. Other phones of the
 * lane may be held up by a provider that is none of ours. */
static struct outbox_job *next_of_phone(struct outbox_job *from, const struct number_id *phone)
{
    while (from != NULL && memcmp(&from->message.number_id, phone, sizeof(*phone)) != 0)
        from = TAILQ_NEXT(from, lane);
    return from;
}

static void count_jobs(struct outbox *o, uint32_t change)
{
    o->n_jobs += change;
    metrics_set(o->ports.metrics, METRIC_outbox_pending, o->n_jobs);
}

void outbox_job_free(struct outbox_job *job)
{
    if (job->number.p != NULL)
        explicit_bzero(job->number.p, job->number.cap);
    buf_fini(&job->number);
    buf_fini(&job->payload);
    buf_fini(&job->event);
    buf_fini(&job->report);
    timer_free(job->owner->ports.loop, job->timer);
    free(job);
}

/* The next message of its phone may go. */
static void end(struct outbox_job *job)
{
    struct outbox *o = job->owner;
    struct outbox_queue *lane = lane_of(o, job);
    const struct number_id *phone = &job->message.number_id;
    bool was_first = next_of_phone(TAILQ_FIRST(lane), phone) == job;
    struct outbox_job *next = was_first ? next_of_phone(TAILQ_NEXT(job, lane), phone) : NULL;
    TAILQ_REMOVE(lane, job, lane);
    outbox_gate_assign(job, NULL);
    outbox_job_free(job);
    count_jobs(o, -1u);
    if (next != NULL)
        outbox_happen(next, OUTBOX_EVENT_TURN);
}

static void unqueue(struct outbox_job *job)
{
    outbox_gate_unqueue(job);
    end(job);
}

static bool is_lost(const struct outbox_job *job)
{
    return job->entry.fence != outbox_fence(job->owner, job->entry.bucket);
}

void outbox_let_go(struct outbox *o)
{
    for (uint32_t i = 0; i < OUTBOX_LANES; i++) {
        struct outbox_job *next;
        /* From the end, so that none gets its turn only to be let go of. */
        for (struct outbox_job *job = TAILQ_LAST(&o->lanes[i], outbox_queue); job != NULL;
             job = next) {
            next = TAILQ_PREV(job, outbox_queue, lane);
            if (is_lost(job) && find(job->state, OUTBOX_EVENT_LOST) != NULL &&
                !states[job->state].is_begun)
                outbox_happen(job, OUTBOX_EVENT_LOST);
        }
    }
}

static bool is_in_hand(const struct outbox_queue *lane, const struct outbox_job *wanted)
{
    const struct outbox_job *job;
    TAILQ_FOREACH(job, lane, lane)
    {
        if (job->entry.bucket == wanted->entry.bucket &&
            strcmp(job->entry_id, wanted->entry_id) == 0 && !is_lost(job))
            return true;
    }
    return false;
}

static enum err read_entry(struct outbox_job *job, const struct store_entry *entry)
{
    buf_init(&job->payload, entry->payload.len);
    buf_init(&job->number, 64);
    buf_init(&job->event, EVENT_MAX_BYTES);
    buf_init(&job->report, REPORT_ID_BYTES);
    buf_add_str(&job->payload, entry->payload);
    job->entry = *entry;
    job->entry.payload = STR_NONE;
    job->entry.fence = outbox_fence(job->owner, entry->bucket);
    enum err e = str_copy(entry->id, job->entry_id, sizeof(job->entry_id));
    job->entry.id = str_from(job->entry_id);
    return e == ERR_OK ? message_decode(buf_str(&job->payload), &job->message) : e;
}

enum err outbox_job_take(struct outbox *o, const struct store_entry *entry)
{
    struct outbox_job *job = xcalloc(1, sizeof(*job));
    job->owner = o;
    enum err e = read_entry(job, entry);
    struct outbox_queue *lane = lane_of(o, job);
    if (e == ERR_OK && is_in_hand(lane, job))
        e = ERR_CONFLICT;
    if (e != ERR_OK) {
        outbox_job_free(job);
        return e;
    }
    count_jobs(o, 1);
    bool is_first = next_of_phone(TAILQ_FIRST(lane), &job->message.number_id) == NULL;
    TAILQ_INSERT_TAIL(lane, job, lane);
    if (is_first)
        outbox_happen(job, OUTBOX_EVENT_TURN);
    return ERR_OK;
}
