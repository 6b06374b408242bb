#include <stdio.h>
#include <string.h>

#include "app/outbox/event.h"
#include "app/outbox/internal.h"
#include "base/log.h"
#include "core/number.h"
#include "profile/outgoing.h"

static void on_settled(void *ctx, enum err e);

static void settle(void *ctx)
{
    struct job *job = ctx;
    store_settle(job->owner->ports.store, STORE_STREAM_OUTBOX, &job->entry, 1, buf_str(&job->event),
                 on_settled, job);
}

static void on_settled(void *ctx, enum err e)
{
    struct job *job = ctx;
    struct outbox *o = job->owner;
    if (e != ERR_OK) { /* the outcome is known and must not be lost: nothing is sent again */
        if (job->timer == NULL)
            job->timer = timer_new(o->ports.loop, settle, job);
        timer_start(o->ports.loop, job->timer, OUTBOX_RETRY_STORE_MS);
        return;
    }
    outbox_job_done(job);
}

/* One line when a channel begins to fail and one when it works again, however many messages. */
static void tell_trouble(struct job *job, bool is_troubled, struct str why)
{
    struct outbox_channel *c = job->channel;
    if (c->is_troubled == is_troubled)
        return;
    c->is_troubled = is_troubled;
    if (is_troubled)
        LOG_WARN("outbox", "channel is in trouble; its messages wait", "channel=%.*s why=\"%.*s\"",
                 STR_ARG(c->channel->config->name), STR_ARG(why));
    else
        LOG_INFO("outbox", "channel sends again", "channel=%.*s",
                 STR_ARG(c->channel->config->name));
}

/* As the metrics and `waypost channel list` show it. */
static void count(struct job *job, const char *status)
{
    struct outbox *o = job->owner;
    struct outbox_channel *c = job->channel;
    bool is_sent = strcmp(status, "sent") == 0, is_unknown = strcmp(status, "unknown") == 0;
    if (strcmp(status, "capped") == 0)
        return; /* has a metric of its own */
    metrics_add(o->ports.metrics,
                is_sent      ? METRIC_sends_total
                : is_unknown ? METRIC_sends_unknown_total
                             : METRIC_sends_failed_total,
                1);
    if (c == NULL)
        return;
    c->n_sent += is_sent;
    c->n_unknown += is_unknown;
    c->n_failed += !is_sent && !is_unknown;
}

/* The outcome is known: writes the event, counts, logs. */
static void conclude(struct job *job, const char *status, struct str provider_id, struct str error)
{
    struct outbox *o = job->owner;
    const struct config_channel *channel =
        job->channel != NULL ? job->channel->channel->config : NULL;
    bool is_sent = strcmp(status, "sent") == 0;
    bool may_cost = channel != NULL && (is_sent || strcmp(status, "unknown") == 0);
    struct number number = {.country = ""};
    if (number_parse(buf_str(&job->number), NUMBER_FORM_PLUS, STR_NONE, &number) != ERR_OK)
        number.country[0] = '\0'; /* a token, or not unsealed */
    struct outbox_result result = {.status = status,
                                   .channel = channel != NULL ? channel->name : STR_NONE,
                                   .country = str_from(number.country),
                                   .provider_id = provider_id,
                                   .error = error,
                                   .attempt = job->n_attempts,
                                   .price = may_cost ? channel->price : 0,
                                   .currency = o->ports.config->currency};
    outbox_event_json(&job->message, &job->entry, &result, loop_wall(o->ports.loop), o->arena,
                      &job->event);
    count(job, status);
    char id[LOG_ID_BYTES];
    if (is_sent)
        tell_trouble(job, false, STR_NONE);
    else
        LOG_WARN("outbox", "not sent", "learner=%s channel=%.*s status=%s attempt=%u",
                 log_id(job->message.number_id.bytes, id),
                 STR_ARG(channel != NULL ? channel->name : job->message.channel), status,
                 job->n_attempts);
}

static void finish(struct job *job, const char *status, struct str provider_id, struct str error)
{
    conclude(job, status, provider_id, error);
    outbox_set_active(job, true);
    settle(job);
}

void outbox_finish(struct job *job, const char *status, struct str error)
{
    finish(job, status, STR_NONE, error);
}

int64_t outbox_backoff_ms(uint32_t n_attempts)
{
    int64_t ceiling = OUTBOX_BASE_DELAY_MS;
    for (uint32_t i = 1; i < n_attempts && ceiling < OUTBOX_MAX_DELAY_MS; i++)
        ceiling *= 2;
    if (ceiling > OUTBOX_MAX_DELAY_MS)
        ceiling = OUTBOX_MAX_DELAY_MS;
    uint32_t chance;
    vault_random((uint8_t *)&chance, sizeof(chance));
    return ceiling / 2 + (int64_t)(chance % (uint32_t)(ceiling / 2 + 1));
}

static void on_cleared(void *ctx, enum err e)
{
    struct job *job = ctx;
    int64_t delay_ms = job->not_before_ms - outbox_now_ms(job->owner);
    metrics_add(job->owner->ports.metrics, METRIC_sends_retried_total, 1);
    if (e != ERR_OK)
        LOG_WARN("outbox", "sending mark not cleared", "err=%s", err_name(e));
    /* in this life we know that nothing was sent, whatever the mark says */
    outbox_delay(job, delay_ms > 0 ? delay_ms : 0);
}

void outbox_try_again(struct job *job, int64_t delay_ms, struct str why)
{
    struct outbox *o = job->owner;
    job->not_before_ms = outbox_now_ms(o) + delay_ms;
    int64_t at_ms = loop_wall(o->ports.loop).ms + delay_ms;
    int64_t expires_ms = job->message.expires_at.ms;
    if (job->n_attempts >= OUTBOX_MAX_ATTEMPTS || (expires_ms != 0 && at_ms > expires_ms)) {
        finish(job, "failed", STR_NONE, why);
        return;
    }
    tell_trouble(job, true, why);
    store_clear_sending(o->ports.store, &job->entry, on_cleared, job);
}

/* The message stays in the outbox until the STOP is on disk, so that a crash cannot lose it. */
static void opt_out(struct job *job, const struct send_result *result)
{
    struct outbox *o = job->owner;
    conclude(job, "failed", result->id, result->error);
    if (o->ports.on_opt_out == NULL)
        settle(job);
    else
        o->ports.on_opt_out(o->ports.ctx, job->channel->channel, buf_str(&job->number),
                            job->entry.id, settle, job);
}

/* How long to wait: what the provider asks for, within reason, and no less than a back-off. */
static int64_t wait_of(const struct job *job, const struct send_result *result)
{
    int64_t asked_ms =
        result->retry_after_ms < OUTBOX_MAX_DELAY_MS ? result->retry_after_ms : OUTBOX_MAX_DELAY_MS;
    int64_t wait_ms = outbox_backoff_ms(job->n_attempts);
    return asked_ms > wait_ms ? asked_ms : wait_ms;
}

/* What is no outcome yet. */
static void handle_no(struct job *job, const struct send_result *result, int status)
{
    struct outbox *o = job->owner;
    struct outbox_channel *c = job->channel;
    int64_t wait_ms = wait_of(job, result);
    if (result->outcome == SEND_THROTTLED || result->retry_after_ms > 0)
        c->paused_until_ms = outbox_now_ms(o) + wait_ms;
    if (result->outcome == SEND_THROTTLED) { /* not the message's fault: it does not count */
        outbox_circuit_good(c);
        job->n_attempts--;
    } else if (status == 401) { /* only an access token that has expired is not final */
        outbox_circuit_good(c);
        outbox_token_drop(c);
    } else {
        outbox_circuit_bad(c, result->error);
        job->is_pinned = true;
    }
    outbox_try_again(job, wait_ms, result->error);
}

static void on_provider_answer(struct job *job, const struct sender_answer *answer)
{
    struct outbox *o = job->owner;
    struct outbox_channel *c = job->channel;
    struct send_result result = {.outcome = SEND_FAILED};
    arena_reset(o->arena);
    enum err e = profile_read_answer(c->channel->profile, answer->status, answer->headers,
                                     answer->n_headers, answer->body, &c->channel->settings,
                                     loop_wall(o->ports.loop), o->arena, &result);
    if (e != ERR_OK) { /* a 2xx that nobody can read may well have been taken */
        outbox_circuit_bad(c, STR("answer not understood"));
        finish(job, "unknown", STR_NONE, STR("answer not understood"));
        return;
    }
    if (result.outcome != SEND_SENT && str_is_empty(result.error))
        result.error = arena_printf(o->arena, "HTTP status %d", answer->status);
    switch (result.outcome) {
    case SEND_SENT:
        outbox_circuit_good(c);
        finish(job, "sent", result.id, STR_NONE);
        return;
    case SEND_OPTED_OUT:
        outbox_circuit_good(c);
        opt_out(job, &result);
        return;
    case SEND_FAILED:
        outbox_circuit_good(c);
        finish(job, "failed", result.id, result.error);
        return;
    case SEND_THROTTLED:
    case SEND_TEMPORARY:
        handle_no(job, &result, answer->status);
        return;
    }
}

static void on_answer(void *ctx, const struct sender_answer *answer)
{
    struct job *job = ctx;
    struct str why = str_from(answer->message);
    switch (answer->reached) {
    case SENDER_REACHED_ANSWER:
        on_provider_answer(job, answer);
        return;
    case SENDER_REACHED_MAYBE:
        outbox_circuit_bad(job->channel, why);
        finish(job, "unknown", STR_NONE, why);
        return;
    case SENDER_REACHED_NOT:
        outbox_circuit_bad(job->channel, why);
        outbox_try_again(job, outbox_backoff_ms(job->n_attempts), why);
        return;
    }
}

static void post(struct job *job)
{
    struct outbox *o = job->owner;
    const struct channel *c = job->channel->channel;
    char id[64];
    int n = snprintf(id, sizeof(id), "%03u-%s", job->entry.bucket, job->entry_id);
    /* A link means something to the provider that gave it, and to no other. */
    bool is_own = str_eq(job->message.channel, c->config->name);
    struct outgoing outgoing = {.from = c->config->from,
                                .to = buf_str(&job->number),
                                .text = job->message.text,
                                .id = {id, n > 0 ? (size_t)n : 0},
                                .link = is_own ? job->message.link : STR_NONE,
                                .network = is_own ? job->message.network : STR_NONE};
    struct send_request request;
    struct errmsg msg;
    arena_reset(o->arena);
    struct settings settings = outbox_token_settings(job->channel, o->arena);
    enum err e = profile_send(c->profile, &outgoing, &settings, loop_wall(o->ports.loop), o->arena,
                              &request, &msg);
    if (e != ERR_OK) {
        LOG_ERROR("outbox", "message cannot be put into the provider's form", "channel=%.*s %s",
                  STR_ARG(c->config->name), msg.text);
        finish(job, "failed", STR_NONE, STR("not sendable by this profile"));
        return;
    }
    sender_post(o->ports.sender,
                &(struct sender_request){.method = request.method,
                                         .url = request.url,
                                         .headers = request.headers,
                                         .n_headers = request.n_headers,
                                         .body = request.body,
                                         .timeout_ms = OUTBOX_TIMEOUT_MS,
                                         .is_private_allowed = c->config->is_private_allowed,
                                         .is_insecure_allowed = c->config->is_insecure_allowed},
                on_answer, job);
}

/* Marked by this life, and not sent: a call that timed out had its effect, or a mark could not be
 * cleared. An entry that somebody had before may have been marked, and sent, by them. */
static bool is_own_mark(const struct job *job)
{
    return job->has_marked || (job->n_marks > 1 && job->entry.deliveries == 1);
}

static void on_marked(void *ctx, enum err e)
{
    struct job *job = ctx;
    if (e == ERR_OK || (e == ERR_CONFLICT && is_own_mark(job))) {
        job->has_marked = true;
        post(job);
    } else if (e == ERR_CONFLICT) {
        finish(job, "unknown", STR_NONE, STR("the sender stopped in the middle of this message"));
    } else if (e == ERR_NOT_FOUND) {
        outbox_job_done(job); /* settled by a call of ours that seemed to fail */
    } else {
        job->n_attempts--;
        outbox_delay(job, OUTBOX_RETRY_STORE_MS);
    }
}

void outbox_attempt(struct job *job)
{
    job->n_attempts++;
    job->n_marks++;
    store_mark_sending(job->owner->ports.store, &job->entry, on_marked, job);
}
