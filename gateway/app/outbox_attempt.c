#include <stdio.h>
#include <string.h>

#include "app/outbox_event.h"
#include "app/outbox_internal.h"
#include "base/log.h"
#include "core/number.h"

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
    struct lane_channel *c = job->channel;
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

/* The outcome is known: writes the event, counts, logs. */
static void conclude(struct job *job, const char *status, struct str provider_id, struct str error)
{
    struct outbox *o = job->owner;
    const struct config_channel *channel = job->channel->channel->config;
    bool is_sent = strcmp(status, "sent") == 0, is_unknown = strcmp(status, "unknown") == 0;
    struct number number = {.country = ""};
    if (number_parse(buf_str(&job->number), NUMBER_FORM_PLUS, STR_NONE, &number) != ERR_OK)
        number.country[0] = '\0'; /* a token, or not unsealed */
    struct outbox_result result = {.status = status,
                                   .channel = channel->name,
                                   .country = str_from(number.country),
                                   .provider_id = provider_id,
                                   .error = error,
                                   .attempt = job->n_attempts,
                                   .price = is_sent || is_unknown ? channel->price : 0,
                                   .currency = o->ports.config->currency};
    outbox_event_json(&job->message, &job->entry, &result, loop_wall(o->ports.loop), o->arena,
                      &job->event);
    metrics_add(o->ports.metrics,
                is_sent      ? METRIC_sends_total
                : is_unknown ? METRIC_sends_unknown_total
                             : METRIC_sends_failed_total,
                1);
    char id[LOG_ID_BYTES];
    if (is_sent)
        tell_trouble(job, false, STR_NONE);
    else
        LOG_WARN("outbox", "not sent", "learner=%s channel=%.*s status=%s attempt=%u",
                 log_id(job->message.number_id.bytes, id), STR_ARG(job->message.channel), status,
                 job->n_attempts);
}

static void finish(struct job *job, const char *status, struct str provider_id, struct str error)
{
    conclude(job, status, provider_id, error);
    settle(job);
}

/* Full jitter over a doubling ceiling (RELIABILITY.md recommendation 8). */
static int64_t backoff_ms(uint32_t n_attempts)
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
    if (e != ERR_OK)
        LOG_WARN("outbox", "sending mark not cleared", "err=%s", err_name(e));
    outbox_delay(job); /* in this life we know that nothing was sent, whatever the mark says */
}

static void try_again(struct job *job, int64_t delay_ms, struct str why)
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

static void on_provider_answer(struct job *job, const struct sender_answer *answer)
{
    struct outbox *o = job->owner;
    const struct channel *c = job->channel->channel;
    struct send_result result = {.outcome = SEND_FAILED};
    arena_reset(o->arena);
    enum err e = profile_read_answer(c->profile, answer->status, answer->headers, answer->n_headers,
                                     answer->body, &c->settings, loop_wall(o->ports.loop), o->arena,
                                     &result);
    if (e != ERR_OK) { /* a 2xx that nobody can read may well have been taken */
        finish(job, "unknown", STR_NONE, STR("answer not understood"));
        return;
    }
    if (result.outcome != SEND_SENT && str_is_empty(result.error))
        result.error = arena_printf(o->arena, "HTTP status %d", answer->status);
    int64_t wait_ms = backoff_ms(job->n_attempts);
    if (result.retry_after_ms > wait_ms)
        wait_ms = result.retry_after_ms < OUTBOX_MAX_DELAY_MS ? result.retry_after_ms
                                                              : OUTBOX_MAX_DELAY_MS;
    switch (result.outcome) {
    case SEND_SENT:
        finish(job, "sent", result.id, STR_NONE);
        return;
    case SEND_OPTED_OUT:
        opt_out(job, &result);
        return;
    case SEND_FAILED:
        finish(job, "failed", result.id, result.error);
        return;
    case SEND_THROTTLED: /* not the message's fault: the channel waits, the attempt does not count
                          */
        job->channel->paused_until_ms = outbox_now_ms(o) + wait_ms;
        job->n_attempts--;
        try_again(job, wait_ms, result.error);
        return;
    case SEND_TEMPORARY:
        try_again(job, wait_ms, result.error);
        return;
    }
}

static void on_answer(void *ctx, const struct sender_answer *answer)
{
    struct job *job = ctx;
    switch (answer->reached) {
    case SENDER_REACHED_ANSWER:
        on_provider_answer(job, answer);
        return;
    case SENDER_REACHED_MAYBE:
        finish(job, "unknown", STR_NONE, str_from(answer->message));
        return;
    case SENDER_REACHED_NOT:
        try_again(job, backoff_ms(job->n_attempts), str_from(answer->message));
        return;
    }
}

static void post(struct job *job)
{
    struct outbox *o = job->owner;
    const struct channel *c = job->channel->channel;
    char id[64];
    int n = snprintf(id, sizeof(id), "%03u-%s", job->entry.bucket, job->entry_id);
    struct outgoing outgoing = {.from = c->config->from,
                                .to = buf_str(&job->number),
                                .text = job->message.text,
                                .id = {id, n > 0 ? (size_t)n : 0},
                                .session = job->message.link};
    struct send_request request;
    struct errmsg msg;
    arena_reset(o->arena);
    enum err e = profile_send(c->profile, &outgoing, &c->settings, loop_wall(o->ports.loop),
                              o->arena, &request, &msg);
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

static void on_marked(void *ctx, enum err e)
{
    struct job *job = ctx;
    if (e == ERR_OK) {
        post(job);
    } else if (e == ERR_CONFLICT && job->n_attempts == 1) {
        finish(job, "unknown", STR_NONE, STR("the sender stopped in the middle of this message"));
    } else if (e == ERR_CONFLICT) {
        post(job); /* our own mark, which could not be cleared */
    } else {
        job->n_attempts--;
        job->not_before_ms = outbox_now_ms(job->owner) + OUTBOX_RETRY_STORE_MS;
        outbox_delay(job);
    }
}

static void mark(struct job *job)
{
    job->n_attempts++;
    store_mark_sending(job->owner->ports.store, &job->entry, on_marked, job);
}

static enum err unseal(struct job *job, uint16_t key_id, struct str nonce, struct str ciphertext)
{
    buf_reset(&job->number);
    struct str aad = {(const char *)job->message.number_id.bytes, NUMBER_ID_BYTES};
    return vault_open(job->owner->ports.vault, aad, key_id, nonce, ciphertext, &job->number);
}

static void on_vault(void *ctx, enum err e, uint16_t key_id, struct str nonce,
                     struct str ciphertext)
{
    struct job *job = ctx;
    if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT) { /* PostgreSQL is away: pushes wait */
        job->not_before_ms = outbox_now_ms(job->owner) + backoff_ms(4);
        outbox_delay(job);
        return;
    }
    if (e == ERR_OK)
        e = unseal(job, key_id, nonce, ciphertext);
    if (e == ERR_OK)
        mark(job);
    else
        finish(job, "failed", STR_NONE,
               e == ERR_NOT_FOUND ? STR("number erased") : STR("number cannot be unsealed"));
}

void outbox_begin(struct job *job)
{
    struct outbox *o = job->owner;
    const struct message *m = &job->message;
    job->channel->n_in_flight++;
    o->n_active++;
    if (m->expires_at.ms != 0 && m->expires_at.ms < loop_wall(o->ports.loop).ms) {
        finish(job, "failed", STR_NONE, STR("expired"));
    } else if (job->number.len > 0) {
        mark(job);
    } else if (m->vault_key_id == 0) {
        sink_vault_get(o->ports.sink, m->number_id.bytes, on_vault, job);
    } else if (unseal(job, m->vault_key_id, (struct str){(const char *)m->vault_nonce, 12},
                      m->vault_ciphertext) == ERR_OK) {
        mark(job);
    } else {
        finish(job, "failed", STR_NONE, STR("number cannot be unsealed"));
    }
}
