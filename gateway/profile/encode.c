/* The response to a callback, as a profile says it: the reply in it, or success alone. */
#include "profile/model.h"

#define MAX_RESPONSE_BYTES 65536u

static const struct body *declared(const struct profile *p, const struct rule *rule,
                                   enum response_name name)
{
    if (rule != NULL && rule->responses[name].is_declared)
        return &rule->responses[name];
    return p->responses[name].is_declared ? &p->responses[name] : NULL;
}

/* What is answered where the profile says nothing. */
static const struct body *fallback(enum response_name name)
{
    static const struct body success = {.status = 200};
    static const struct body others[N_RESPONSES] = {
        [RESPONSE_REJECTED] = {.status = 400},
        [RESPONSE_REFUSED] = {.status = 401},
        [RESPONSE_BUSY] = {.status = 503},
    };
    return others[name].status != 0 ? &others[name] : &success;
}

static const struct body *find_response(const struct profile *p, const struct rule *rule,
                                        enum response_name name)
{
    const struct body *body = declared(p, rule, name);
    bool is_success = fallback(name)->status == 200;
    if (body == NULL && is_success)
        body = declared(p, rule, RESPONSE_OK);
    return body != NULL ? body : fallback(name);
}

/* Which item decides what is said about all of them: the first that was taken, else the first. */
static uint32_t deciding_item(const struct inbound_batch *batch)
{
    for (uint32_t i = 0; i < batch->n_items; i++) {
        if (batch->items[i].outcome != INBOUND_REJECT)
            return i;
    }
    return 0;
}

static enum response_name name_of(const struct inbound *in, const struct reply *reply)
{
    static const enum response_name of_outcome[] = {
        [INBOUND_AUTH_FAIL] = RESPONSE_REFUSED,
        [INBOUND_REJECT] = RESPONSE_REJECTED,
        [INBOUND_IGNORE] = RESPONSE_IGNORED,
        [INBOUND_POLL_REQUEST] = RESPONSE_POLL,
        [INBOUND_STATUS_QUERY] = RESPONSE_QUERY,
        [INBOUND_SIGNATURE_OK] = RESPONSE_OK, /* the last */
    };
    bool is_over = in->phase == INBOUND_PHASE_END || in->phase == INBOUND_PHASE_TIMEOUT;
    if (reply != NULL && reply->is_error && in->kind != INBOUND_CALL) /* that would be a talking */
        return RESPONSE_BUSY;
    if (of_outcome[in->outcome] != RESPONSE_OK)
        return of_outcome[in->outcome];
    if (in->kind == INBOUND_USSD && is_over)
        return RESPONSE_ENDED;
    if (reply == NULL || reply->text.p == NULL || in->kind == INBOUND_CALL)
        return RESPONSE_OK;
    if (in->kind == INBOUND_USSD)
        return reply->is_open ? RESPONSE_OPEN : RESPONSE_CLOSE;
    return RESPONSE_REPLY;
}

enum err profile_encode(const struct profile *p, const struct inbound_batch *batch,
                        const struct reply *reply, const struct settings *settings,
                        struct arena *arena, struct http_response *ret)
{
    struct eval eval = batch->memory->eval;
    uint32_t i = deciding_item(batch);
    const struct rule *rule = batch->memory->rules[i];
    enum response_name name = name_of(&batch->items[i], reply);
    const struct body *body = find_response(p, rule, name);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, MAX_RESPONSE_BYTES);
    eval.profile = p;
    eval.arena = arena;
    eval.settings = settings;
    eval.inbound = &batch->items[i];
    eval.item = batch->memory->nodes[i];
    eval.path = rule != NULL && rule->has_path ? &rule->path : NULL;
    eval.reply_id = reply != NULL ? reply->id : STR_NONE;
    eval.reply_text = reply != NULL && reply->text.p != NULL ? reply->text : STR_NONE;
    uint32_t n = 0;
    struct http_header *headers = headers_render(&eval, body, &n);
    if (!body_render(&eval, body, &out) && buf_error(&out) == ERR_OK)
        buf_reset(&out); /* what it echoes was not in the request: nothing is said about it */
    struct str bytes = arena_str(arena, buf_str(&out));
    if (headers == NULL || bytes.p == NULL || buf_error(&out) != ERR_OK)
        return ERR_TOO_LONG;
    *ret = (struct http_response){
        .status = body->status,
        .content_type = body->type,
        .headers = headers,
        .n_headers = n,
        .body = bytes,
    };
    return ERR_OK;
}

static const struct body *reply_response(const struct profile *p)
{
    for (uint32_t i = 0; i < p->n_rules; i++) {
        const struct body *body = declared(p, &p->rules[i], RESPONSE_REPLY);
        if (body != NULL && p->rules[i].kind == INBOUND_SMS)
            return body;
    }
    return NULL;
}

bool profile_replies_in_response(const struct profile *p)
{
    return reply_response(p) != NULL;
}

uint32_t profile_response_max_chars(const struct profile *p)
{
    const struct body *body = reply_response(p);
    return body != NULL ? body->max_chars : 0;
}
