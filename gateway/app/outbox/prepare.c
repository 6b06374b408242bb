/* What a message needs before it may leave: its number, a token, room under the caps. */
#include <string.h>

#include "app/limits.h"
#include "app/outbox/gate.h"
#include "app/outbox/machine.h"
#include "core/number.h"

#define VAULT_AWAY_MS 8000 /* pushes can wait for PostgreSQL */

/* ---- the number ---- */

/* What became of it: ERR_OK, or the job is on its way elsewhere. */
static enum err unseal(struct outbox_job *job, enum err e, uint16_t key_id, struct str nonce,
                       struct str ciphertext)
{
    struct str aad = {(const char *)job->message.number_id.bytes, NUMBER_ID_BYTES};
    buf_reset(&job->number);
    if (e == ERR_OK)
        e = vault_open(job->owner->ports.vault, aad, key_id, nonce, ciphertext, &job->number);
    if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT)
        outbox_away(job, VAULT_AWAY_MS);
    else if (e != ERR_OK)
        outbox_finish(job, MESSAGE_STATUS_failed,
                      e == ERR_NOT_FOUND ? STR("number erased") : STR("number cannot be unsealed"));
    return e;
}

/* Calls then(job) once the number is known; who enqueued a push did not know it. */
static void need_number(struct outbox_job *job, void (*then)(struct outbox_job *job),
                        sink_on_vault *ask)
{
    const struct message *m = &job->message;
    if (job->number.len > 0) {
        then(job);
    } else if (m->vault_key_id == 0) {
        job->n_calls++;
        sink_vault_get(job->owner->ports.sink, m->number_id.bytes, ask, job);
    } else {
        struct str nonce = {(const char *)m->vault_nonce, sizeof(m->vault_nonce)};
        if (unseal(job, ERR_OK, m->vault_key_id, nonce, m->vault_ciphertext) == ERR_OK)
            then(job);
    }
}

/* ---- CHOOSING: which channel ---- */

static void choose_by_number(struct outbox_job *job)
{
    struct outbox *o = job->owner;
    const struct config_channel *route = route_find(o->ports.config, buf_str(&job->number));
    struct outbox_channel *c = route != NULL ? outbox_gate_channel(o, route->name) : NULL;
    if (c == NULL)
        c = outbox_gate_channel(o, job->message.channel);
    if (c == NULL) {
        outbox_finish(job, MESSAGE_STATUS_failed, STR("no channel can send this"));
        return;
    }
    outbox_gate_assign(job, c);
    outbox_happen(job, OUTBOX_EVENT_CHANNEL);
}

static void on_number_to_choose(void *ctx, enum err e, uint16_t key_id, struct str nonce,
                                struct str ciphertext)
{
    struct outbox_job *job = ctx;
    if (!outbox_is_late(job) && unseal(job, e, key_id, nonce, ciphertext) == ERR_OK)
        choose_by_number(job);
}

void outbox_choose(struct outbox_job *job)
{
    struct outbox *o = job->owner;
    struct outbox_channel *named = outbox_gate_channel(o, job->message.channel);
    bool is_kept = job->message.is_answer || o->ports.config->n_routes == 0;
    if (job->message.is_question && named == NULL) { /* and is no SMS for any other channel */
        outbox_finish(job, MESSAGE_STATUS_failed, STR("the operator's channel is gone"));
        return;
    }
    if (job->channel == NULL && named != NULL && is_kept)
        outbox_gate_assign(job, named);
    if (job->channel != NULL)
        outbox_happen(job, OUTBOX_EVENT_CHANNEL);
    else
        need_number(job, choose_by_number, on_number_to_choose);
}

/* ---- NUMBERING: to whom, and whether at all ---- */

static void check_country(struct outbox_job *job)
{
    struct outbox *o = job->owner;
    struct number number;
    bool is_number =
        number_parse(buf_str(&job->number), NUMBER_FORM_PLUS, STR_NONE, &number) == ERR_OK;
    if (!is_number || number.country[0] == '\0' ||
        config_is_served(o->ports.config, str_from(number.country))) {
        outbox_happen(job, OUTBOX_EVENT_NUMBER);
        return;
    }
    limits_count(o->ports.metrics, "country");
    outbox_finish(job, MESSAGE_STATUS_capped, STR("cap country"));
}

static void on_number(void *ctx, enum err e, uint16_t key_id, struct str nonce,
                      struct str ciphertext)
{
    struct outbox_job *job = ctx;
    if (!outbox_is_late(job) && unseal(job, e, key_id, nonce, ciphertext) == ERR_OK)
        check_country(job);
}

void outbox_need_number(struct outbox_job *job)
{
    int64_t expires_ms = job->message.expires_at.ms;
    if (job->entry.fence != outbox_fence(job->owner, job->entry.bucket))
        outbox_happen(job, OUTBOX_EVENT_LOST);
    else if (expires_ms != 0 && expires_ms < loop_wall(job->owner->ports.loop).ms)
        outbox_finish(job, MESSAGE_STATUS_failed, STR("expired"));
    else
        need_number(job, check_country, on_number);
}

/* ---- TOKEN ---- */

void outbox_need_token(struct outbox_job *job)
{
    if (outbox_token_is_ready(job->channel))
        outbox_happen(job, OUTBOX_EVENT_TOKEN);
    else
        outbox_token_wait(job->channel, job);
}

/* ---- CAPPING: room under the limit of its prefix ---- */

static void on_taken(void *ctx, enum err e)
{
    struct outbox_job *job = ctx;
    if (outbox_is_late(job))
        return;
    job->is_counted = e == ERR_OK;
    if (e == ERR_OK) {
        outbox_happen(job, OUTBOX_EVENT_CAP);
    } else if (e == ERR_DENIED) {
        limits_count(job->owner->ports.metrics, "prefix");
        outbox_finish(job, MESSAGE_STATUS_capped, STR("cap prefix"));
    } else {
        outbox_away(job, OUTBOX_RETRY_STORE_MS);
    }
}

/* Once for each message. */
void outbox_need_cap(struct outbox_job *job)
{
    struct outbox *o = job->owner;
    struct store_cap cap;
    arena_reset(o->arena);
    if (job->message.vault_key_id != 0 || job->is_counted || job->message.is_question ||
        !limits_prefix(o->ports.config, o->ports.vault, buf_str(&job->number), o->arena, &cap)) {
        outbox_happen(job, OUTBOX_EVENT_CAP);
        return;
    }
    job->n_calls++;
    store_take(o->ports.store, &cap, 1, on_taken, job);
}
