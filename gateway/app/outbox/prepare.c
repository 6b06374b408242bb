#include <string.h>

#include "app/limits.h"
#include "app/outbox/internal.h"
#include "app/route.h"
#include "base/log.h"
#include "core/number.h"

#define VAULT_AWAY_MS 8000 /* pushes can wait for PostgreSQL */

struct outbox_channel *outbox_sending_channel(struct outbox *o, struct str name)
{
    const struct channel *channel = channels_get(o->ports.channels, name);
    if (channel == NULL || !profile_has_send(channel->profile))
        return NULL;
    return &o->channels[channel - o->ports.channels->list];
}

/* ---- the number ---- */

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
    if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT) {
        outbox_delay(job, VAULT_AWAY_MS);
        return;
    }
    if (e == ERR_OK)
        e = unseal(job, key_id, nonce, ciphertext);
    if (e == ERR_OK)
        job->then(job);
    else
        outbox_finish(job, "failed",
                      e == ERR_NOT_FOUND ? STR("number erased") : STR("number cannot be unsealed"));
}

/* Calls then(job) once the number is known. */
static void need_number(struct job *job, job_fn *then)
{
    const struct message *m = &job->message;
    job->then = then;
    if (job->number.len > 0) {
        then(job);
    } else if (m->vault_key_id == 0) {
        outbox_set_active(job, true);
        sink_vault_get(job->owner->ports.sink, m->number_id.bytes, on_vault, job);
    } else {
        struct str nonce = {(const char *)m->vault_nonce, sizeof(m->vault_nonce)};
        on_vault(job, ERR_OK, m->vault_key_id, nonce, m->vault_ciphertext);
    }
}

/* ---- which channel ---- */

static void choose(struct job *job)
{
    struct outbox *o = job->owner;
    const struct config_channel *route = route_find(o->ports.config, buf_str(&job->number));
    struct outbox_channel *c = route != NULL ? outbox_sending_channel(o, route->name) : NULL;
    if (c == NULL)
        c = outbox_sending_channel(o, job->message.channel);
    if (c == NULL) {
        outbox_finish(job, "failed", STR("no channel can send this"));
        return;
    }
    outbox_set_active(job, false); /* it waits for its turn */
    outbox_assign(job, c);
    outbox_enqueue(job);
}

/* After the number came from PostgreSQL: nobody else is about to look. */
static void choose_and_pump(struct job *job)
{
    struct outbox *o = job->owner;
    choose(job);
    outbox_pump(o);
}

void outbox_prepare(struct job *job)
{
    struct outbox *o = job->owner;
    struct outbox_channel *named = outbox_sending_channel(o, job->message.channel);
    bool is_kept = job->message.is_answer || o->ports.config->n_routes == 0;
    if (job->channel == NULL && named != NULL && is_kept)
        outbox_assign(job, named);
    if (job->channel != NULL)
        outbox_enqueue(job);
    else
        need_number(job, job->message.vault_key_id == 0 ? choose_and_pump : choose);
}

/* ---- whether at all ---- */

static void on_taken(void *ctx, enum err e)
{
    struct job *job = ctx;
    if (e == ERR_OK) {
        job->is_capped = true;
        outbox_token_need(job, outbox_attempt);
    } else if (e == ERR_DENIED) {
        limits_count(job->owner->ports.metrics, "prefix");
        outbox_finish(job, "capped", STR("cap prefix"));
    } else {
        outbox_delay(job, OUTBOX_RETRY_STORE_MS);
    }
}

/* Who enqueued a push did not know its number. */
static void check_limits(struct job *job)
{
    struct outbox *o = job->owner;
    struct number number;
    struct store_cap cap;
    bool is_number =
        number_parse(buf_str(&job->number), NUMBER_FORM_PLUS, STR_NONE, &number) == ERR_OK;
    if (is_number && number.country[0] != '\0' &&
        !config_is_served(o->ports.config, str_from(number.country))) {
        limits_count(o->ports.metrics, "country");
        outbox_finish(job, "capped", STR("cap country"));
        return;
    }
    arena_reset(o->arena);
    if (job->message.vault_key_id == 0 && !job->is_capped &&
        limits_prefix(o->ports.config, o->ports.vault, buf_str(&job->number), o->arena, &cap))
        store_take(o->ports.store, &cap, 1, on_taken, job);
    else
        outbox_token_need(job, outbox_attempt);
}

void outbox_begin(struct job *job)
{
    const struct message *m = &job->message;
    if (m->expires_at.ms != 0 && m->expires_at.ms < loop_wall(job->owner->ports.loop).ms)
        outbox_finish(job, "failed", STR("expired"));
    else
        need_number(job, check_limits);
}
