/* One try to send a message: marked, posted, settled, or put back. */
#include <assert.h>
#include <string.h>

#include "app/message.h"
#include "app/outbox/gate.h"
#include "app/outbox/machine.h"
#include "app/shown.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/learner.h"
#include "core/number.h"
#include "core/utf8.h"
#include "port/store/stream.h"
#include "profile/outgoing.h"

/* One line when a channel begins to fail and one when it works again, however many messages. */
static void tell_trouble(struct outbox_job *job, bool is_troubled, struct str why)
{
    struct outbox_channel *c = job->channel;
    if (c == NULL || c->is_troubled == is_troubled)
        return;
    assert(c->channel->config != NULL);
    c->is_troubled = is_troubled;
    if (is_troubled)
        LOG_WARN("outbox", "channel is in trouble; its messages wait", "channel=%.*s why=\"%.*s\"",
                 STR_ARG(c->channel->config->name), STR_ARG(why));
    else
        LOG_INFO("outbox", "channel sends again", "channel=%.*s",
                 STR_ARG(c->channel->config->name));
}

/* As the metrics and `waypost channel list` show it. A limit has metrics of its own. */
static void count(struct outbox_job *job, const struct config_channel *channel,
                  enum message_status status)
{
    struct outbox_channel *c = job->channel;
    static const struct {
        enum metric metric;
        enum metric_channel of_channel;
        size_t counter; /* of the channel */
    } rows[N_MESSAGE_STATUSES] = {
        [MESSAGE_STATUS_sent] = {METRIC_sends_total, METRIC_CHANNEL_sent_total,
                                 offsetof(struct outbox_channel, n_sent)},
        [MESSAGE_STATUS_unknown] = {METRIC_sends_unknown_total, METRIC_CHANNEL_unknown_total,
                                    offsetof(struct outbox_channel, n_unknown)},
        [MESSAGE_STATUS_failed] = {METRIC_sends_failed_total, METRIC_CHANNEL_failed_total,
                                   offsetof(struct outbox_channel, n_failed)},
    };
    struct metrics *metrics = job->owner->ports.metrics;
    if (rows[status].counter == 0)
        return;
    metrics_add(metrics, rows[status].metric, 1);
    if (c == NULL || channel == NULL)
        return;
    ++*(uint64_t *)((char *)c + rows[status].counter);
    metrics_add_channel(metrics, channel->name, rows[status].of_channel, 1);
}

void outbox_conclude(struct outbox_job *job, enum message_status status, struct str provider_id,
                     struct str error)
{
    struct outbox *o = job->owner;
    const struct config_channel *channel =
        job->channel != NULL ? job->channel->channel->config : NULL;
    bool is_sent = status == MESSAGE_STATUS_sent;
    bool may_cost = channel != NULL && (is_sent || status == MESSAGE_STATUS_unknown);
    struct number number = {.country = ""};
    if (number_parse(buf_str(&job->number), NUMBER_FORM_PLUS, STR_NONE, &number) != ERR_OK)
        number.country[0] = '\0'; /* a token, or not unsealed */
    struct message_result result = {.status = status,
                                    .channel = channel != NULL ? channel->name : STR_NONE,
                                    .country = str_from(number.country),
                                    .provider_id = provider_id,
                                    .error = error,
                                    .attempt = job->n_attempts,
                                    .price = may_cost ? channel->price : 0,
                                    .currency = o->ports.config->currency,
                                    .alphabets = channel != NULL ? channel->alphabets : 0};
    if (!job->message.is_question) { /* which is no SMS: what comes of it is the learner's fact */
        message_event(&job->message, &job->entry, &result, loop_wall(o->ports.loop), o->arena,
                      &job->event);
        count(job, channel, status);
    }
    if (may_cost && !job->message.is_question)
        metrics_add_cost(o->ports.metrics, channel->name,
                         channel->price *
                             gsm_measure_in(job->message.text, channel->alphabets).segments);
    job->is_sent = is_sent;
    char id[LOG_ID_BYTES];
    if (is_sent)
        tell_trouble(job, false, STR_NONE);
    else
        LOG_WARN("outbox", "not sent", "learner=%s channel=%.*s status=%s attempt=%u",
                 log_id(job->message.number_id.bytes, id),
                 STR_ARG(channel != NULL ? channel->name : job->message.channel),
                 message_status_name(status), job->n_attempts);
}

void outbox_finish(struct outbox_job *job, enum message_status status, struct str error)
{
    outbox_conclude(job, status, STR_NONE, error);
    outbox_happen(job, OUTBOX_EVENT_OVER);
}

/* ---- the end ---- */

static void on_told(void *ctx, enum err e)
{
    struct outbox_job *job = ctx;
    if (outbox_is_late(job))
        return;
    if (e != ERR_OK)
        LOG_WARN("outbox", "an outcome is not told yet", "err=%s", err_name(e));
    outbox_happen(job, e == ERR_OK ? OUTBOX_EVENT_GONE : OUTBOX_EVENT_AWAY);
}

/* Whoever has its bucket now has found our mark and told that nobody knows. We do: what is told of
 * a message only moves it on (sql/README.md). The job waits until that is on disk: a sender that
 * ends by and by has nothing in hand then. */
static void tell_too_late(struct outbox_job *job)
{
    if (!job->is_sent) {
        outbox_happen(job, OUTBOX_EVENT_GONE);
        return;
    }
    if (job->is_shown)
        shown_put(job->owner->ports.store, &job->message.number_id, &job->shown);
    job->n_calls++;
    store_append(job->owner->ports.store, job->entry.bucket, buf_str(&job->event), on_told, job);
}

static void on_settled(void *ctx, enum err e)
{
    struct outbox_job *job = ctx;
    if (outbox_is_late(job))
        return;
    if (e == ERR_DENIED) {
        tell_too_late(job);
        return;
    }
    if (e == ERR_OK && job->report.len > 0)
        shown_expect_report(job->owner->ports.store, job->channel->channel->config->name,
                            buf_str(&job->report), &job->message.number_id, job->shown.after);
    outbox_happen(job, e == ERR_OK ? OUTBOX_EVENT_SETTLED : OUTBOX_EVENT_AWAY);
}

void outbox_settle(struct outbox_job *job)
{
    struct store_settled what = {.event = buf_str(&job->event)};
    if (job->is_shown) {
        what.id = &job->message.number_id;
        what.patch = shown_note_patch(&job->shown);
    }
    job->n_calls++;
    store_settle(job->owner->ports.store, &job->entry, &what, on_settled, job);
}

static void on_stopped(void *ctx)
{
    struct outbox_job *job = ctx;
    if (!outbox_is_late(job))
        outbox_happen(job, OUTBOX_EVENT_STOPPED);
}

/* The message stays in the outbox until the STOP is on disk, or whose number it is, so that a crash
 * cannot lose it. */
void outbox_stop(struct outbox_job *job)
{
    struct outbox_ports *ports = &job->owner->ports;
    job->n_calls++;
    if (ports->on_opt_out == NULL)
        on_stopped(job);
    else if (job->message.is_question)
        ports->on_owner(ports->ctx, &job->message.number_id, job->message.seq, job->is_same,
                        on_stopped, job);
    else
        ports->on_opt_out(ports->ctx, job->channel->channel, buf_str(&job->number), job->entry.id,
                          on_stopped, job);
}

/* ---- not sent ---- */

static void on_cleared(void *ctx, enum err e)
{
    struct outbox_job *job = ctx;
    if (outbox_is_late(job))
        return;
    metrics_add(job->owner->ports.metrics, METRIC_sends_retried_total, 1);
    if (e != ERR_OK)
        LOG_WARN("outbox", "sending mark not cleared", "err=%s", err_name(e));
    /* in this life we know that nothing was sent, whatever the mark says */
    outbox_happen(job, OUTBOX_EVENT_CLEARED);
}

void outbox_clear(struct outbox_job *job)
{
    job->n_calls++;
    store_clear_sending(job->owner->ports.store, &job->entry, on_cleared, job);
}

static int64_t backoff_of(const struct outbox_job *job)
{
    uint32_t chance;
    vault_draw(job->owner->ports.vault, (uint8_t *)&chance, sizeof(chance));
    return backoff_ms(OUTBOX_BASE_DELAY_MS, OUTBOX_MAX_DELAY_MS, job->n_attempts, chance);
}

/* After an attempt that certainly did not reach the provider, or failed for a time: again after a
 * while, unless it has been tried often enough or expires before. */
static void try_again(struct outbox_job *job, int64_t delay_ms, struct str why)
{
    struct outbox *o = job->owner;
    int64_t at_ms = loop_wall(o->ports.loop).ms + delay_ms;
    int64_t expires_ms = job->message.expires_at.ms;
    if (job->n_attempts >= OUTBOX_MAX_ATTEMPTS || (expires_ms != 0 && at_ms > expires_ms)) {
        outbox_finish(job, MESSAGE_STATUS_failed, why);
        return;
    }
    job->not_before_ms = outbox_now_ms(o) + delay_ms;
    tell_trouble(job, true, why);
    outbox_happen(job, OUTBOX_EVENT_AGAIN);
}

/* How long to wait: what the provider asks for, within reason, and no less than a back-off. */
static int64_t wait_of(const struct outbox_job *job, const struct send_result *result)
{
    int64_t asked_ms =
        result->retry_after_ms < OUTBOX_MAX_DELAY_MS ? result->retry_after_ms : OUTBOX_MAX_DELAY_MS;
    int64_t wait_ms = result->outcome == SEND_THROTTLED
                          ? backoff_ceiling_ms(OUTBOX_BASE_DELAY_MS, OUTBOX_MAX_DELAY_MS,
                                               job->channel->n_throttled)
                          : backoff_of(job);
    return asked_ms > wait_ms ? asked_ms : wait_ms;
}

/* What is no outcome yet. */
static void handle_no(struct outbox_job *job, const struct send_result *result, int status)
{
    struct outbox_channel *c = job->channel;
    bool is_first = c->paused_until_ms <= outbox_now_ms(job->owner); /* of those under way */
    if (result->outcome == SEND_THROTTLED)
        c->n_throttled += is_first;
    else
        c->n_throttled = 0;
    int64_t wait_ms = wait_of(job, result);
    if (result->outcome == SEND_THROTTLED || result->retry_after_ms > 0)
        outbox_gate_pause(c, wait_ms);
    if (result->outcome == SEND_THROTTLED) { /* not the message's fault: it does not count */
        outbox_gate_good(c);
        job->n_attempts--;
    } else if (status == 401) { /* only an access token that has expired is not final */
        outbox_token_refuse(c, job->token_n, result->error);
    } else {
        outbox_gate_bad(c, result->error);
        job->is_pinned = true;
    }
    try_again(job, wait_ms, result->error);
}

/* The provider took it: that is noted in the learner's state, and what its report will be about.
 * Only where reports come at all: of a channel that none has come of this costs nothing. */
static void note_shown(struct outbox_job *job, const struct send_result *result)
{
    struct outbox *o = job->owner;
    const struct message *m = &job->message;
    struct str name = job->channel->channel->config->name;
    shown_taken(m->seq, loop_wall(o->ports.loop), &job->shown);
    if (m->again.len == LEARNER_SAID_BYTES) {
        memcpy(job->shown.before, m->again.p, LEARNER_SAID_BYTES);
        memcpy(job->shown.after, m->again.p, LEARNER_SAID_BYTES);
    }
    if (metrics_get_channel(o->ports.metrics, name, METRIC_CHANNEL_delivered_total) == 0)
        return;
    if (result->is_own_id)
        buf_addf(&job->report, "%03u-%s", job->entry.bucket, job->entry_id);
    else
        buf_add_str(&job->report, utf8_cut(result->id, REPORT_ID_BYTES));
}

/* Yes and no alike are for the learner's record; an operator that does not know says nothing. */
static void take_owner(struct outbox_job *job, const struct send_result *result)
{
    bool is_known = result->outcome == SEND_SENT || result->outcome == SEND_OPTED_OUT;
    job->is_same = result->outcome == SEND_SENT;
    outbox_gate_good(job->channel);
    outbox_conclude(job, is_known ? MESSAGE_STATUS_sent : MESSAGE_STATUS_failed, STR_NONE,
                    result->error);
    outbox_happen(job, is_known ? OUTBOX_EVENT_OPTED_OUT : OUTBOX_EVENT_OVER);
}

static void take_result(struct outbox_job *job, const struct send_result *result, int status)
{
    if (result->outcome == SEND_THROTTLED || result->outcome == SEND_TEMPORARY) {
        handle_no(job, result, status);
        return;
    }
    if (job->message.is_question) {
        take_owner(job, result);
        return;
    }
    bool is_sent = result->outcome == SEND_SENT;
    /* What goes to people of ours lies in the bucket of whom it is about. */
    job->is_shown =
        is_sent && !job->message.has_more && job->message.number_id.bytes[0] == job->entry.bucket;
    if (job->is_shown)
        note_shown(job, result);
    job->channel->n_throttled = 0;
    outbox_gate_good(job->channel);
    outbox_conclude(job, is_sent ? MESSAGE_STATUS_sent : MESSAGE_STATUS_failed, result->id,
                    is_sent ? STR_NONE : result->error);
    outbox_happen(job,
                  result->outcome == SEND_OPTED_OUT ? OUTBOX_EVENT_OPTED_OUT : OUTBOX_EVENT_OVER);
}

static void on_provider_response(struct outbox_job *job, const struct sender_response *response)
{
    struct outbox *o = job->owner;
    struct outbox_channel *c = job->channel;
    struct send_result result = {.outcome = SEND_FAILED};
    struct http_response http = {.status = response->status,
                                 .headers = response->headers,
                                 .n_headers = response->n_headers,
                                 .body = response->body};
    arena_reset(o->arena);
    enum err e = profile_read_response(c->channel->profile, &http, &c->channel->settings,
                                       loop_wall(o->ports.loop), o->arena, &result);
    if (e != ERR_OK) { /* a 2xx that nobody can read may well have been taken */
        outbox_gate_bad(c, STR("answer not understood"));
        outbox_finish(job, MESSAGE_STATUS_unknown, STR("answer not understood"));
        return;
    }
    if (response->status != 401)
        outbox_token_prove(c, job->token_n);
    if (result.outcome != SEND_SENT && str_is_empty(result.error))
        result.error = arena_printf(o->arena, "HTTP status %d", response->status);
    take_result(job, &result, response->status);
}

static void on_response(void *ctx, const struct sender_response *response)
{
    struct outbox_job *job = ctx;
    struct str why = str_from(response->message);
    if (outbox_is_late(job))
        return;
    metrics_observe_request_ms(job->owner->ports.metrics, job->channel->channel->config->name,
                               outbox_now_ms(job->owner) - job->posted_ms);
    enum sender_reached reached = response->reached;
    if (reached == SENDER_REACHED_MAYBE && job->message.is_question)
        reached = SENDER_REACHED_NOT; /* to ask twice does no harm */
    switch (reached) {
    case SENDER_REACHED_RESPONSE:
        on_provider_response(job, response);
        return;
    case SENDER_REACHED_MAYBE:
        outbox_gate_bad(job->channel, why);
        outbox_finish(job, MESSAGE_STATUS_unknown, why);
        return;
    case SENDER_REACHED_NOT:
        outbox_gate_bad(job->channel, why);
        try_again(job, backoff_of(job), why);
        return;
    }
}

/* While the store was asked, another message's response may have shown that the token is no good.
 */
static bool has_lost_its_token(struct outbox_job *job)
{
    job->token_n = job->channel->token.n;
    if (outbox_token_is_ready(job->channel))
        return false;
    job->not_before_ms = outbox_now_ms(job->owner);
    return true;
}

void outbox_post(struct outbox_job *job)
{
    struct outbox *o = job->owner;
    const struct channel *c = job->channel->channel;
    if (has_lost_its_token(job)) {
        outbox_happen(job, OUTBOX_EVENT_AGAIN);
        return;
    }
    job->n_attempts++;
    arena_reset(o->arena);
    /* A link means something to the provider that gave it, and to no other. */
    bool is_own = str_eq(job->message.channel, c->config->name);
    struct outgoing outgoing = {
        .from = c->config->from,
        .to = buf_str(&job->number),
        .text = job->message.text,
        .id = arena_printf(o->arena, "%03u-%s", job->entry.bucket, job->entry_id),
        .link = is_own ? job->message.link : STR_NONE,
        .network = is_own ? job->message.network : STR_NONE,
        .now = loop_wall(o->ports.loop)};
    struct send_request request;
    struct errmsg msg;
    struct settings settings = outbox_token_settings(job->channel, o->arena);
    enum err e = profile_send(c->profile, &outgoing, &settings, o->arena, &request, &msg);
    if (e != ERR_OK) {
        LOG_ERROR("outbox", "message cannot be put into the provider's form", "channel=%.*s %s",
                  STR_ARG(c->config->name), msg.text);
        outbox_finish(job, MESSAGE_STATUS_failed, STR("not sendable by this profile"));
        return;
    }
    job->n_calls++;
    job->posted_ms = outbox_now_ms(o);
    outbox_send(o, c->config, &request, on_response, job);
}

/* Whom the message is about among the people of the number; NULL: nobody (any more). */
static const struct learner *person_of(const struct message *m, const struct learner *first,
                                       struct learner *other)
{
    if (memcmp(first->learner_id, m->learner_id, sizeof(m->learner_id)) == 0)
        return first;
    for (uint32_t i = 0; i < learner_n_others(first); i++) {
        if (learner_other(first, i, other) == ERR_OK &&
            memcmp(other->learner_id, m->learner_id, sizeof(m->learner_id)) == 0)
            return other;
    }
    return NULL;
}

/* May it still be sent? What nobody asked for only while nothing has happened since it was written:
 * STOP, a disclosure, a pause, or the very step of which it would remind; what was asked for unless
 * the person has left since, or disclosed harm (docs/course-rules.md 1.6, 1.7). The confirmation of
 * that goes, and what goes to people of ours. */
static bool is_overtaken(const struct message *m, struct str state)
{
    struct learner first, other;
    if (m->class == MESSAGE_CLASS_PUSH)
        return store_seq(state) != m->seq;
    if (m->is_parting || m->seq == 0 || store_seq(state) == m->seq)
        return false;
    if (state.p == NULL)
        return true;
    if (learner_decode(state, &first) != ERR_OK)
        return false; /* of a later program, which will tell */
    const struct learner *person = person_of(m, &first, &other);
    return person == NULL || m->seq < person->void_before;
}

static void on_marked(void *ctx, enum err e, struct str state)
{
    struct outbox_job *job = ctx;
    if (outbox_is_late(job))
        return;
    if (e == ERR_OK && is_overtaken(&job->message, state)) {
        outbox_finish(job, MESSAGE_STATUS_capped, STR("overtaken"));
    } else if (e == ERR_OK) {
        outbox_happen(job, OUTBOX_EVENT_MARK);
    } else if (e == ERR_CONFLICT) { /* a sender before us; nobody knows what became of it */
        job->n_attempts++;
        outbox_finish(job, MESSAGE_STATUS_unknown,
                      STR("the sender stopped in the middle of this message"));
    } else if (e == ERR_NOT_FOUND || e == ERR_DENIED) {
        /* settled by a call of ours that seemed to fail; or its bucket is somebody else's */
        outbox_happen(job, OUTBOX_EVENT_GONE);
    } else {
        outbox_away(job, OUTBOX_RETRY_STORE_MS);
    }
}

/* From here on, if this process dies, nobody knows whether it was sent: so it is the last thing
 * before the request, and tells how the learner stands at this moment. */
void outbox_mark(struct outbox_job *job)
{
    job->n_calls++;
    store_mark_sending(job->owner->ports.store, &job->entry, &job->message.number_id, on_marked,
                       job);
}
