/* Access tokens of providers that want one: asked for once for all who wait, kept until they
 * expire. */
#include <string.h>

#include "app/outbox/gate.h"
#include "app/outbox/machine.h"
#include "base/log.h"
#include "profile/outgoing.h"

#define EARLY_MS 30000 /* asked for again before it expires under our hands */

static bool is_token_needed(const struct outbox_channel *c)
{
    return profile_needs_token(c->channel->profile, &c->channel->settings);
}

static bool is_token_there(const struct outbox_channel *c)
{
    return c->token.text.len > 0 && outbox_now_ms(c->owner) < c->token.until_ms;
}

static void forget_token(struct outbox_channel *c)
{
    if (c->token.text.p != NULL)
        explicit_bzero(c->token.text.p, c->token.text.cap);
    buf_reset(&c->token.text);
}

void outbox_token_prove(struct outbox_channel *c, uint32_t n)
{
    c->token.is_proven |= c->token.n == n;
}

void outbox_token_refuse(struct outbox_channel *c, uint32_t n, struct str why)
{
    bool is_present = c->token.n == n;
    if (is_present)
        forget_token(c);
    if (is_present && !c->token.is_proven)
        outbox_gate_bad(c, why);
    else
        outbox_gate_good(c);
}

void outbox_token_init(struct outbox_channel *c)
{
    buf_init(&c->token.text, OUTBOX_TOKEN_MAX_BYTES);
    TAILQ_INIT(&c->token.waiting);
}

void outbox_token_fini(struct outbox_channel *c)
{
    forget_token(c);
    buf_fini(&c->token.text);
}

struct settings outbox_token_settings(const struct outbox_channel *c, struct arena *arena)
{
    const struct settings *own = &c->channel->settings;
    if (!is_token_needed(c) || !is_token_there(c))
        return *own;
    struct setting *list = arena_new_array(arena, struct setting, own->n + 1);
    if (list == NULL)
        return *own;
    for (uint32_t i = 0; i < own->n; i++)
        list[i] = own->list[i];
    list[own->n] = (struct setting){STR("token"), buf_str(&c->token.text)};
    return (struct settings){list, own->n + 1};
}

static void take_access_token(struct outbox_channel *c, const struct sender_response *response)
{
    struct outbox *o = c->owner;
    struct str token = STR_NONE;
    int64_t lifetime_ms = 0;
    struct http_response http = {.status = response->status, .body = response->body};
    arena_reset(o->arena);
    enum err e = response->reached != SENDER_REACHED_RESPONSE
                     ? ERR_UNAVAILABLE
                     : profile_read_token(c->channel->profile, &http, &c->channel->settings,
                                          o->arena, &token, &lifetime_ms);
    if (e == ERR_OK) {
        forget_token(c);
        c->token.n++;
        c->token.is_proven = false;
        buf_add_str(&c->token.text, token);
        e = buf_error(&c->token.text);
        c->token.until_ms = outbox_now_ms(o) + lifetime_ms -
                            (lifetime_ms > 2 * EARLY_MS ? EARLY_MS : lifetime_ms / 2);
    }
    if (e == ERR_OK)
        return;
    forget_token(c);
    LOG_WARN("outbox", "no access token", "channel=%.*s err=%s status=%d why=\"%s\"",
             STR_ARG(c->channel->config->name), err_name(e), response->status, response->message);
    outbox_gate_bad(c, STR("no access token"));
}

static void on_response(void *ctx, const struct sender_response *response)
{
    struct outbox_channel *c = ctx;
    c->token.is_asked = false;
    take_access_token(c, response);
    outbox_look(c->owner);
}

static void ask(struct outbox_channel *c)
{
    struct outbox *o = c->owner;
    const struct config_channel *config = c->channel->config;
    struct send_request request;
    struct errmsg msg;
    arena_reset(o->arena);
    enum err e = profile_token_request(c->channel->profile, &c->channel->settings,
                                       loop_wall(o->ports.loop), o->arena, &request, &msg);
    if (e != ERR_OK) {
        static const struct sender_response nothing = {.reached = SENDER_REACHED_NOT,
                                                       .message = "the request cannot be made"};
        LOG_ERROR("outbox", "access token cannot be asked for", "channel=%.*s %s",
                  STR_ARG(config->name), msg.text);
        on_response(c, &nothing);
        return;
    }
    c->token.is_asked = true;
    outbox_send(o, config, &request, on_response, c);
}

bool outbox_token_is_ready(const struct outbox_channel *c)
{
    return !is_token_needed(c) || is_token_there(c);
}

void outbox_token_wait(struct outbox_channel *c, struct outbox_job *job)
{
    TAILQ_INSERT_TAIL(&c->token.waiting, job, queue);
    if (!c->token.is_asked)
        ask(c);
}

struct outbox_job *outbox_token_next(struct outbox_channel *c)
{
    struct outbox_job *job = c->token.is_asked ? NULL : TAILQ_FIRST(&c->token.waiting);
    if (job != NULL)
        TAILQ_REMOVE(&c->token.waiting, job, queue);
    return job;
}
