#include "app/outbox/gate.h"

#include <string.h>

#include "app/limits.h"
#include "app/outbox/machine.h"
#include "base/clock.h"
#include "base/log.h"
#include "profile/outgoing.h"

/* Without a number of its own a channel may have as much in flight as its rate needs when responses
 * take a fifth of a second. */
#define IN_FLIGHT_MIN 8u
#define IN_FLIGHT_MAX 256u
#define RESPONSES_PER_S 5
/* What is marked and not answered is unknown once this process dies. So a provider that has not
 * answered for so long gets few at once, and more only as responses come while that many are under
 * way: as many as its rate and its responses take, no more. Each failure halves them. */
#define IN_FLIGHT_FIRST 4u
#define IN_FLIGHT_WARM_MS 60000

/* ---- queues ---- */

void outbox_gate_assign(struct outbox_job *job, struct outbox_channel *channel)
{
    if (job->channel != NULL)
        job->channel->n_jobs--;
    job->channel = channel;
    if (channel != NULL)
        channel->n_jobs++;
}

static struct outbox_queue *queue_of(const struct outbox_job *job)
{
    return &job->channel->ready[job->message.class == MESSAGE_CLASS_PUSH];
}

void outbox_gate_queue(struct outbox_job *job)
{
    TAILQ_INSERT_TAIL(queue_of(job), job, queue);
}

void outbox_gate_unqueue(struct outbox_job *job)
{
    TAILQ_REMOVE(queue_of(job), job, queue);
}

static bool has_ready(const struct outbox_channel *c)
{
    return !TAILQ_EMPTY(&c->ready[0]) || !TAILQ_EMPTY(&c->ready[1]);
}

/* ---- rates ---- */

/* Senders that share the outbox share what a provider allows. */
static void refill(struct outbox_rate *rate, uint32_t n_ranges, int64_t now)
{
    rate->mine_per_s = rate->per_s * n_ranges / STORE_LEASE_RANGES;
    double most = rate->mine_per_s > 1 ? rate->mine_per_s : 1;
    rate->tokens += rate->mine_per_s * (double)(now - rate->refilled_ms) / 1000.0;
    if (rate->tokens > most)
        rate->tokens = most;
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
    if (has_token(rate))
        return now;
    return rate->mine_per_s > 0
               ? now + 1 + (int64_t)((1 - rate->tokens) * 1000.0 / rate->mine_per_s)
               : INT64_MAX;
}

/* ---- circuits ---- */

static void count_open(const struct outbox_channel *c, int change)
{
    struct metrics *m = c->owner->ports.metrics;
    uint64_t n = metrics_get(m, METRIC_circuits_open);
    metrics_set(m, METRIC_circuits_open, change < 0 ? n - 1 : n + 1);
}

static void tell_open(const struct outbox_channel *c, int64_t open_ms, struct str why)
{
    LOG_WARN("outbox", "circuit open: nothing is sent by this channel",
             "channel=%.*s failures=%u pause_ms=%lld why=\"%.*s\"",
             STR_ARG(c->channel->config->name), c->n_failures, (long long)open_ms, STR_ARG(why));
}

static bool is_warm(const struct outbox_channel *c, int64_t now)
{
    return c->in_flight > IN_FLIGHT_FIRST && now - c->responded_ms < IN_FLIGHT_WARM_MS;
}

/* At once; the ceiling of the configuration is apart. */
static uint32_t in_flight_now(const struct outbox_channel *c, int64_t now)
{
    return is_warm(c, now) ? c->in_flight : IN_FLIGHT_FIRST;
}

void outbox_gate_good(struct outbox_channel *c)
{
    int64_t now = outbox_now_ms(c->owner);
    uint32_t in_flight = in_flight_now(c, now);
    c->in_flight = c->is_short ? in_flight + 1 : in_flight;
    c->responded_ms = now;
    if (c->circuit != OUTBOX_CIRCUIT_CLOSED)
        count_open(c, -1);
    c->circuit = OUTBOX_CIRCUIT_CLOSED;
    c->n_failures = 0;
    c->n_opened = 0;
}

void outbox_gate_bad(struct outbox_channel *c, struct str why)
{
    c->n_failures++;
    c->in_flight /= 2; /* never below IN_FLIGHT_FIRST: is_warm */
    bool is_probe = c->circuit == OUTBOX_CIRCUIT_PROBING;
    if (c->circuit == OUTBOX_CIRCUIT_OPEN || (!is_probe && c->n_failures < OUTBOX_CIRCUIT_FAILURES))
        return; /* what was on its way when it opened tells nothing new */
    c->n_opened++;
    int64_t open_ms =
        backoff_ceiling_ms(OUTBOX_CIRCUIT_FIRST_MS, OUTBOX_CIRCUIT_MAX_MS, c->n_opened);
    if (!is_probe) {
        tell_open(c, open_ms, why);
        count_open(c, 1);
    }
    c->circuit = OUTBOX_CIRCUIT_OPEN;
    c->open_until_ms = outbox_now_ms(c->owner) + open_ms;
}

void outbox_gate_pause(struct outbox_channel *c, int64_t ms)
{
    int64_t until_ms = outbox_now_ms(c->owner) + ms;
    if (until_ms > c->paused_until_ms)
        c->paused_until_ms = until_ms;
}

void outbox_gate_enter(struct outbox_channel *c)
{
    c->n_out++;
}

/* A probe that ended without a word of the provider, as one that had expired, has shown nothing. */
void outbox_gate_leave(struct outbox_channel *c)
{
    c->n_out--;
    if (c->circuit == OUTBOX_CIRCUIT_PROBING && c->n_out == 0)
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
static void divert_queue(struct outbox_queue *q, struct outbox_channel *other, bool *keeps_one)
{
    struct outbox_job *next;
    for (struct outbox_job *job = TAILQ_FIRST(q); job != NULL; job = next) {
        next = TAILQ_NEXT(job, queue);
        if (job->is_pinned || job->message.is_question || *keeps_one) {
            *keeps_one = false;
            continue;
        }
        metrics_add(job->owner->ports.metrics, METRIC_sends_diverted_total, 1);
        TAILQ_REMOVE(q, job, queue);
        outbox_gate_assign(job, other);
        outbox_gate_queue(job);
    }
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

static uint32_t most_in_flight(const struct outbox_channel *c)
{
    uint32_t max = c->channel->config->max_in_flight;
    double needed = c->own.per_s / RESPONSES_PER_S;
    if (max > 0)
        return max;
    if (needed < IN_FLIGHT_MIN)
        return IN_FLIGHT_MIN;
    return needed < IN_FLIGHT_MAX ? (uint32_t)needed : IN_FLIGHT_MAX;
}

static uint32_t max_in_flight(const struct outbox_channel *c, int64_t now)
{
    uint32_t most = most_in_flight(c), lately = in_flight_now(c, now);
    return lately < most ? lately : most;
}

static bool may_start(const struct outbox_channel *c, int64_t now)
{
    bool is_open = c->circuit == OUTBOX_CIRCUIT_PROBING ||
                   (c->circuit == OUTBOX_CIRCUIT_OPEN && c->open_until_ms > now);
    return has_ready(c) && !c->is_held && !is_open && c->paused_until_ms <= now &&
           c->n_out < max_in_flight(c, now) && has_token(&c->own) && has_token(c->account);
}

/* Replies first, but a push after so many of them. NULL: only pushes wait, and it is not their
 * turn. */
static struct outbox_job *pick(struct outbox_channel *c, bool is_push_turn)
{
    bool has_push = !TAILQ_EMPTY(&c->ready[1]);
    bool is_push =
        has_push &&
        (TAILQ_EMPTY(&c->ready[0]) ? is_push_turn : c->n_replies >= OUTBOX_REPLIES_PER_PUSH);
    struct outbox_job *job = TAILQ_FIRST(&c->ready[is_push]);
    if (job == NULL)
        return NULL;
    TAILQ_REMOVE(&c->ready[is_push], job, queue);
    c->n_replies = is_push || !has_push ? 0 : c->n_replies + 1;
    return job;
}

static struct outbox_job *next_of(struct outbox_channel *c, int64_t now, bool is_push_turn)
{
    c->is_short = has_ready(c) && c->n_out >= max_in_flight(c, now);
    struct outbox_job *job = may_start(c, now) ? pick(c, is_push_turn) : NULL;
    if (job == NULL)
        return NULL;
    take_token(&c->own);
    take_token(c->account);
    if (c->circuit == OUTBOX_CIRCUIT_OPEN)
        c->circuit = OUTBOX_CIRCUIT_PROBING;
    return job;
}

struct outbox_job *outbox_gate_next(struct outbox *o, int64_t now, bool is_push_turn)
{
    uint32_t n = o->ports.channels->n;
    for (uint32_t i = 0; i < n; i++) {
        struct outbox_job *job = next_of(&o->channels[o->turn], now, is_push_turn);
        o->turn = (o->turn + 1) % n;
        if (job != NULL)
            return job;
    }
    return NULL;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When to look at a channel again; INT64_MAX when a response will come by before. */
static int64_t look_again_ms(const struct outbox_channel *c, int64_t now)
{
    if (!has_ready(c) || c->is_held || c->circuit == OUTBOX_CIRCUIT_PROBING ||
        c->n_out >= max_in_flight(c, now))
        return INT64_MAX;
    int64_t at =
        later(c->paused_until_ms, c->circuit == OUTBOX_CIRCUIT_OPEN ? c->open_until_ms : now);
    return later(at, later(next_token_ms(&c->own, now), next_token_ms(c->account, now)));
}

int64_t outbox_gate_next_ms(const struct outbox *o, int64_t now)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < o->ports.channels->n; i++) {
        int64_t at = look_again_ms(&o->channels[i], now);
        next = at < next ? at : next;
    }
    return next;
}

void outbox_gate_refresh(struct outbox *o, int64_t now)
{
    for (uint32_t i = 0; i < o->ports.channels->n; i++) {
        struct outbox_channel *c = &o->channels[i];
        c->own.per_s = channel_rate_per_s(c->channel);
        refill(&c->own, o->n_ranges, now);
        if (c->account != NULL)
            refill(c->account, o->n_ranges, now);
        divert(c, now);
    }
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

struct outbox_channel *outbox_gate_channel(struct outbox *o, struct str name)
{
    const struct channel *channel = channels_get(o->ports.channels, name);
    if (channel == NULL || !profile_has_send(channel->profile))
        return NULL;
    return &o->channels[channel - o->ports.channels->list];
}

void outbox_gate_init(struct outbox *o)
{
    const struct channels *channels = o->ports.channels;
    for (uint32_t i = 0; i < channels->n; i++) {
        struct outbox_channel *c = &o->channels[i];
        c->owner = o;
        c->channel = &channels->list[i];
        c->own = full(channel_rate_per_s(c->channel), outbox_now_ms(o));
        c->account = account_of(o, i);
        TAILQ_INIT(&c->ready[0]);
        TAILQ_INIT(&c->ready[1]);
    }
    for (uint32_t i = 0; i < channels->n; i++) {
        const struct config_channel *other =
            route_fallback(o->ports.config, channels->list[i].config);
        if (other != NULL)
            o->channels[i].fallback = outbox_gate_channel(o, other->name);
    }
}
