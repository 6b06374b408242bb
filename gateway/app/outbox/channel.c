#include <assert.h>
#include <string.h>

#include "app/outbox/internal.h"
#include "app/route.h"
#include "base/log.h"

#define RATE_UNKNOWN_PER_S 10 /* when neither configuration nor profile says */
#define IN_FLIGHT_UNKNOWN 16u

/* ---- queues ---- */

void outbox_queue_push(struct queue *q, struct job *job)
{
    job->queue_next = NULL;
    if (q->tail != NULL)
        q->tail->queue_next = job;
    else
        q->head = job;
    q->tail = job;
}

struct job *outbox_queue_pop(struct queue *q)
{
    struct job *job = q->head;
    if (job != NULL) {
        q->head = job->queue_next;
        if (q->head == NULL)
            q->tail = NULL;
    }
    return job;
}

void outbox_assign(struct job *job, struct outbox_channel *channel)
{
    if (job->channel != NULL)
        job->channel->n_jobs--;
    job->channel = channel;
    if (channel != NULL)
        channel->n_jobs++;
}

void outbox_enqueue(struct job *job)
{
    bool is_push = job->message.class == MESSAGE_CLASS_PUSH;
    outbox_queue_push(&job->channel->ready[is_push], job);
}

static bool has_ready(const struct outbox_channel *c)
{
    return c->ready[0].head != NULL || c->ready[1].head != NULL;
}

/* ---- rates ---- */

/* Messages per second: the configured ones, else what the provider documents. */
static double rate_of(const struct channel *channel)
{
    uint32_t rate = channel->config->tps;
    if (rate == 0)
        rate = profile_rate_per_s(channel->profile);
    return rate > 0 ? rate : RATE_UNKNOWN_PER_S;
}

static void refill(struct outbox_rate *rate, int64_t now)
{
    rate->tokens += rate->per_s * (double)(now - rate->refilled_ms) / 1000.0;
    if (rate->tokens > rate->per_s)
        rate->tokens = rate->per_s;
    rate->refilled_ms = now;
}

static bool has_token(const struct outbox_rate *rate)
{
    return rate == NULL || rate->per_s <= 0 || rate->tokens >= 1;
}

static void take_token(struct outbox_rate *rate)
{
    if (rate != NULL)
        rate->tokens -= 1;
}

/* When there is one; now, if there is. */
static int64_t next_token_ms(const struct outbox_rate *rate, int64_t now)
{
    return has_token(rate) ? now : now + 1 + (int64_t)((1 - rate->tokens) * 1000.0 / rate->per_s);
}

/* ---- circuits ---- */

static void count_open(const struct outbox_channel *c, int change)
{
    struct metrics *m = c->owner->ports.metrics;
    uint64_t n = metrics_get(m, METRIC_circuits_open);
    metrics_set(m, METRIC_circuits_open, change < 0 ? n - 1 : n + 1);
}

static void tell_open(const struct outbox_channel *c, struct str why)
{
    LOG_WARN("outbox", "circuit open: nothing is sent by this channel",
             "channel=%.*s failures=%u pause_ms=%lld why=\"%.*s\"",
             STR_ARG(c->channel->config->name), c->n_failures, (long long)c->open_ms, STR_ARG(why));
}

void outbox_circuit_good(struct outbox_channel *c)
{
    if (c->circuit != OUTBOX_CIRCUIT_CLOSED)
        count_open(c, -1);
    c->circuit = OUTBOX_CIRCUIT_CLOSED;
    c->n_failures = 0;
    c->open_ms = 0;
}

void outbox_circuit_bad(struct outbox_channel *c, struct str why)
{
    c->n_failures++;
    bool is_probe = c->circuit == OUTBOX_CIRCUIT_PROBING;
    if (c->circuit == OUTBOX_CIRCUIT_OPEN || (!is_probe && c->n_failures < OUTBOX_CIRCUIT_FAILURES))
        return; /* what was on its way when it opened tells nothing new */
    c->open_ms = is_probe && c->open_ms > 0 ? 2 * c->open_ms : OUTBOX_CIRCUIT_FIRST_MS;
    if (c->open_ms > OUTBOX_CIRCUIT_MAX_MS)
        c->open_ms = OUTBOX_CIRCUIT_MAX_MS;
    if (!is_probe) {
        tell_open(c, why);
        count_open(c, 1);
    }
    c->circuit = OUTBOX_CIRCUIT_OPEN;
    c->open_until_ms = outbox_now_ms(c->owner) + c->open_ms;
}

/* A probe that ended without a word of the provider, as one that had expired, has shown nothing. */
void outbox_left(struct outbox_channel *c)
{
    c->n_in_flight--;
    if (c->circuit == OUTBOX_CIRCUIT_PROBING && c->n_in_flight == 0)
        c->circuit = OUTBOX_CIRCUIT_OPEN;
}

/* ---- fail-over ---- */

static bool is_usable(const struct outbox_channel *c)
{
    return c->circuit == OUTBOX_CIRCUIT_CLOSED && !c->is_held;
}

/* The first that can send in its place; NULL when there is none. */
static struct outbox_channel *way_round(const struct outbox_channel *c)
{
    struct outbox_channel *next = c->fallback;
    for (uint32_t i = 0; next != NULL && i < CONFIG_MAX_CHANNELS; i++, next = next->fallback) {
        if (next != c && is_usable(next))
            return next;
    }
    return NULL;
}

/* Gives what no provider has seen to the other channel. With keeps_one the first that stays or
 * could go is left here, to find out whether the provider is back. */
static void divert_queue(struct queue *q, struct outbox_channel *other, bool *keeps_one)
{
    struct queue kept = {NULL, NULL};
    for (struct job *job = outbox_queue_pop(q); job != NULL; job = outbox_queue_pop(q)) {
        if (job->is_pinned || *keeps_one) {
            *keeps_one = false;
            outbox_queue_push(&kept, job);
            continue;
        }
        metrics_add(job->owner->ports.metrics, METRIC_sends_diverted_total, 1);
        outbox_assign(job, other);
        outbox_enqueue(job);
    }
    *q = kept;
}

static void divert(struct outbox_channel *c, int64_t now)
{
    struct outbox_channel *other = way_round(c);
    if (c->circuit == OUTBOX_CIRCUIT_CLOSED || other == NULL)
        return;
    bool keeps_one = c->circuit == OUTBOX_CIRCUIT_OPEN && c->open_until_ms <= now;
    divert_queue(&c->ready[0], other, &keeps_one);
    divert_queue(&c->ready[1], other, &keeps_one);
}

/* ---- what may start ---- */

static uint32_t max_in_flight(const struct outbox_channel *c)
{
    uint32_t max = c->channel->config->max_in_flight;
    return max > 0 ? max : IN_FLIGHT_UNKNOWN;
}

static bool may_start(const struct outbox_channel *c, int64_t now)
{
    bool is_open = c->circuit == OUTBOX_CIRCUIT_PROBING ||
                   (c->circuit == OUTBOX_CIRCUIT_OPEN && c->open_until_ms > now);
    return has_ready(c) && !c->is_held && !is_open && c->paused_until_ms <= now &&
           c->n_in_flight < max_in_flight(c) && has_token(&c->own) && has_token(c->account);
}

/* Replies first, but a push after so many of them. NULL: only pushes wait, and it is not their
 * turn. */
static struct job *pick(struct outbox_channel *c, bool is_push_turn)
{
    bool has_push = c->ready[1].head != NULL;
    bool is_push = has_push && (c->ready[0].head == NULL ? is_push_turn
                                                         : c->n_replies >= OUTBOX_REPLIES_PER_PUSH);
    struct job *job = outbox_queue_pop(&c->ready[is_push]);
    if (job != NULL)
        c->n_replies = is_push || !has_push ? 0 : c->n_replies + 1;
    return job;
}

static bool start_one(struct outbox_channel *c, int64_t now, bool is_push_turn)
{
    if (!may_start(c, now))
        return false;
    struct job *job = pick(c, is_push_turn);
    if (job == NULL)
        return false;
    take_token(&c->own);
    take_token(c->account);
    if (c->circuit == OUTBOX_CIRCUIT_OPEN)
        c->circuit = OUTBOX_CIRCUIT_PROBING;
    c->n_in_flight++;
    job->is_in_flight = true;
    outbox_set_active(job, true);
    outbox_begin(job);
    return true;
}

/* One of each channel in turn, so that those of one account share its rate; all replies before the
 * first push. */
static void start_all(struct outbox *o, int64_t now)
{
    uint32_t n = o->ports.channels->n;
    for (int is_push_turn = 0; is_push_turn < 2; is_push_turn++) {
        uint32_t n_idle = 0;
        while (n_idle < n) {
            bool has_started = start_one(&o->channels[o->turn], now, is_push_turn == 1);
            n_idle = has_started ? 0 : n_idle + 1;
            o->turn = (o->turn + 1) % n;
        }
    }
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When to look at a channel again; INT64_MAX when an answer will come by before. */
static int64_t look_again_ms(const struct outbox_channel *c, int64_t now)
{
    if (!has_ready(c) || c->is_held || c->circuit == OUTBOX_CIRCUIT_PROBING ||
        c->n_in_flight >= max_in_flight(c))
        return INT64_MAX;
    int64_t at =
        later(c->paused_until_ms, c->circuit == OUTBOX_CIRCUIT_OPEN ? c->open_until_ms : now);
    return later(at, later(next_token_ms(&c->own, now), next_token_ms(c->account, now)));
}

/* Moves delayed jobs whose time has come to their queues; returns the next time. */
static int64_t wake_delayed(struct outbox *o, int64_t now)
{
    int64_t next = INT64_MAX;
    struct job *due = NULL;
    for (struct job **link = &o->delayed; *link != NULL;) {
        struct job *job = *link;
        if (job->not_before_ms <= now) {
            *link = job->queue_next;
            job->queue_next = due;
            due = job;
        } else {
            next = job->not_before_ms < next ? job->not_before_ms : next;
            link = &job->queue_next;
        }
    }
    while (due != NULL) {
        struct job *job = due;
        due = job->queue_next;
        outbox_prepare(job);
    }
    return next;
}

static void pump_once(struct outbox *o)
{
    int64_t now = outbox_now_ms(o), next = wake_delayed(o, now);
    for (uint32_t i = 0; i < o->ports.channels->n; i++) {
        struct outbox_channel *c = &o->channels[i];
        c->own.per_s = rate_of(c->channel);
        refill(&c->own, now);
        if (c->account != NULL)
            refill(c->account, now);
        divert(c, now);
    }
    start_all(o, now);
    for (uint32_t i = 0; i < o->ports.channels->n; i++) {
        int64_t at = look_again_ms(&o->channels[i], now);
        next = at < next ? at : next;
    }
    if (next != INT64_MAX)
        timer_start(o->ports.loop, o->timer, next > now ? next - now : 0);
}

static void tell_idle(struct outbox *o)
{
    if (o->n_active > 0 || o->on_idle == NULL)
        return;
    outbox_on_idle *fn = o->on_idle;
    o->on_idle = NULL;
    fn(o->idle_ctx);
}

void outbox_pump(struct outbox *o)
{
    o->is_pump_wanted = true;
    if (o->is_pumping)
        return; /* a message that was started came back at once */
    o->is_pumping = true;
    while (o->is_pump_wanted) {
        o->is_pump_wanted = false;
        if (o->is_draining)
            tell_idle(o);
        else
            pump_once(o);
    }
    o->is_pumping = false;
}

static void on_timer(void *ctx)
{
    outbox_pump(ctx);
}

/* ---- setting up ---- */

static struct outbox_rate full(double per_s, int64_t now)
{
    return (struct outbox_rate){.per_s = per_s, .refilled_ms = now - 1000};
}

/* The rate of the channel's account: of the first channel that names it. */
static struct outbox_rate *account_of(struct outbox *o, uint32_t i)
{
    struct str name = o->channels[i].channel->config->account;
    for (uint32_t k = 0; name.p != NULL && k <= i; k++) {
        const struct config_channel *config = o->channels[k].channel->config;
        if (!str_eq(config->account, name))
            continue;
        double per_s = o->channels[i].channel->config->account_tps;
        if (per_s > o->accounts[k].per_s) /* one of them says it */
            o->accounts[k] = full(per_s, outbox_now_ms(o));
        return &o->accounts[k];
    }
    return NULL;
}

void outbox_channels_init(struct outbox *o)
{
    const struct channels *channels = o->ports.channels;
    o->timer = timer_new(o->ports.loop, on_timer, o);
    for (uint32_t i = 0; i < channels->n; i++) {
        struct outbox_channel *c = &o->channels[i];
        c->owner = o;
        c->channel = &channels->list[i];
        c->own = full(rate_of(c->channel), outbox_now_ms(o));
        c->account = account_of(o, i);
        buf_init(&c->token.text, OUTBOX_TOKEN_MAX_BYTES);
    }
    for (uint32_t i = 0; i < channels->n; i++) {
        const struct config_channel *other =
            route_fallback(o->ports.config, channels->list[i].config);
        if (other != NULL)
            o->channels[i].fallback = outbox_sending_channel(o, other->name);
    }
}

/* ---- for operators ---- */

struct outbox_status outbox_status_of(const struct outbox *o, uint32_t i)
{
    const struct outbox_channel *c = &o->channels[i];
    return (struct outbox_status){.name = c->channel->config->name,
                                  .n_waiting = c->n_jobs - c->n_in_flight,
                                  .n_in_flight = c->n_in_flight,
                                  .n_sent = c->n_sent,
                                  .n_failed = c->n_failed,
                                  .n_unknown = c->n_unknown,
                                  .is_held = c->is_held,
                                  .is_open = c->circuit != OUTBOX_CIRCUIT_CLOSED};
}

bool outbox_hold(struct outbox *o, uint32_t i, bool is_held)
{
    struct outbox_channel *c = &o->channels[i];
    if (c->is_held == is_held)
        return false;
    c->is_held = is_held;
    LOG_INFO("outbox", is_held ? "channel paused" : "channel resumed", "channel=%.*s",
             STR_ARG(c->channel->config->name));
    outbox_pump(o);
    return true;
}
