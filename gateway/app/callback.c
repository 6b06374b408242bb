#include "app/callback.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/pack.h"
#include "base/log.h"
#include "base/xalloc.h"

#define ARENA_MAX_BYTES (1024u * 1024)
#define FREE_LIST_MAX 256u
#define SESSION_KEY_HEX_BYTES (2 * NUMBER_ID_BYTES)

struct callback;

struct callbacks {
    struct callback_parts parts;
    struct callback *free_list;
    uint32_t n_free;
    uint32_t n_running;
};

/* One message of a callback. */
struct callback_item {
    struct callback *callback;
    uint32_t index;
};

struct callback {
    struct callbacks *all;
    struct callback *next_free;
    struct arena *arena;
    struct front_token token;
    const struct channel *channel;
    struct http_request *request; /* copied, while a session is being looked up */
    struct str rest, peer;
    bool is_dlr;
    struct str session_key; /* under which the session lies in the store; absent = nowhere */
    struct session_memory stored;
    struct mono_ms begun;
    struct wall_ms received;
    struct inbound_batch batch;
    struct callback_item *items;
    uint32_t n_started, n_answered;
    bool is_starting;
    bool has_failed;
    struct reply reply;
    bool has_reply;
};

/* --- callbacks come from a free list with their arena --- */

static struct callback *callback_take(struct callbacks *all)
{
    struct callback *c = all->free_list;
    struct arena *arena;
    if (c != NULL) {
        all->free_list = c->next_free;
        all->n_free--;
        arena = c->arena;
    } else {
        c = xcalloc(1, sizeof(*c));
        arena = arena_new(ARENA_MAX_BYTES);
    }
    *c = (struct callback){.all = all, .arena = arena};
    all->n_running++;
    return c;
}

static void callback_release(struct callback *c)
{
    struct callbacks *all = c->all;
    all->n_running--;
    if (all->n_free == FREE_LIST_MAX) {
        arena_free(c->arena);
        free(c);
        return;
    }
    arena_reset(c->arena);
    c->next_free = all->free_list;
    all->free_list = c;
    all->n_free++;
}

/* --- the response --- */

static void respond(struct callback *c, const struct http_response *response)
{
    const struct callback_parts *parts = &c->all->parts;
    enum metric metric = response->status < 300   ? METRIC_callbacks_total
                         : response->status < 500 ? METRIC_callbacks_refused_total
                                                  : METRIC_callbacks_failed_total;
    metrics_add(parts->metrics, metric, 1);
    metrics_observe_ms(parts->metrics, loop_mono(parts->loop).ms - c->begun.ms);
    parts->fn(parts->ctx, c->token, response);
    callback_release(c);
}

static void respond_plainly(struct callback *c, int status, struct str words)
{
    struct http_response response = {
        .status = status, .content_type = STR("text/plain; charset=utf-8"), .body = words};
    respond(c, &response);
}

/* The response that the profile makes of the batch and its reply. */
static void respond_by_profile(struct callback *c)
{
    struct http_response response;
    struct reply failure = {.text = STR_NONE, .is_error = true};
    const struct reply *reply = c->has_failed ? &failure : c->has_reply ? &c->reply : NULL;
    enum err e = profile_encode(c->channel->profile, &c->batch, reply, &c->channel->settings,
                                c->arena, &response);
    if (e == ERR_OK) {
        respond(c, &response);
        return;
    }
    LOG_ERROR("callback", "response cannot be written", "channel=%.*s err=%s",
              STR_ARG(c->channel->config->name), err_name(e));
    respond_plainly(c, 500, STR("The answer could not be written.\n"));
}

/* --- sessions whose requests do not all name the number --- */

static void on_session_put(void *ctx, enum err e)
{
    (void)ctx; /* of all callbacks: the one that asked may be answered already */
    if (e != ERR_OK)
        LOG_WARN("callback", "session not kept", "err=%s", err_name(e));
}

static void put_session(struct callback *c, const struct inbound *item)
{
    struct buf plain CLEANUP(buf_fini), sealed CLEANUP(buf_fini), value CLEANUP(buf_fini);
    struct vault_sealed box;
    buf_init(&plain, STORE_SESSION_BYTES);
    buf_init(&sealed, STORE_SESSION_BYTES);
    buf_init(&value, STORE_SESSION_BYTES);
    pack_str(&plain, item->from);
    pack_str(&plain, item->to);
    pack_str(&plain, item->network);
    if (buf_error(&plain) != ERR_OK ||
        vault_seal(c->all->parts.vault, c->session_key, buf_str(&plain), &sealed, &box) != ERR_OK) {
        on_session_put(c->all, ERR_TOO_LONG);
        return;
    }
    pack_u16(&value, box.key_id);
    buf_add(&value, box.nonce, sizeof(box.nonce));
    pack_str(&value, box.ciphertext);
    if (buf_error(&value) != ERR_OK) {
        on_session_put(c->all, ERR_TOO_LONG);
        return;
    }
    store_session_put(c->all->parts.store, c->session_key, buf_str(&value), CALLBACK_SESSION_TTL_MS,
                      on_session_put, c->all);
}

/* False: nobody could have written this. */
static bool open_session(struct callback *c, struct str value)
{
    struct unpack box = {.left = value};
    struct buf plain CLEANUP(buf_fini);
    uint8_t nonce[VAULT_NONCE_BYTES];
    buf_init(&plain, STORE_SESSION_BYTES);
    uint16_t key_id = unpack_u16(&box);
    unpack_bytes(&box, nonce, sizeof(nonce));
    struct str ciphertext = unpack_str(&box);
    if (!unpack_is_done(&box) ||
        vault_open(c->all->parts.vault, c->session_key, key_id,
                   (struct str){(const char *)nonce, sizeof(nonce)}, ciphertext, &plain) != ERR_OK)
        return false;
    struct unpack in = {.left = arena_str(c->arena, buf_str(&plain))};
    c->stored = (struct session_memory){.is_known = true};
    c->stored.from = unpack_str(&in);
    c->stored.to = unpack_str(&in);
    c->stored.network = unpack_str(&in);
    return unpack_is_done(&in);
}

/* --- the messages of a callback --- */

static void start_items(struct callback *c);

static void finish_item(struct callback *c)
{
    c->n_answered++;
    if (c->is_starting)
        return;
    start_items(c);
}

static void take_answer(struct callback *c, const struct dialog_answer *answer)
{
    c->has_failed |= answer->outcome == DIALOG_OUTCOME_FAILED;
    if (c->batch.n_items > 1 || answer->text.p == NULL)
        return;
    c->reply =
        (struct reply){.text = arena_str(c->arena, answer->text), .is_open = answer->is_open};
    c->has_reply = true;
}

static void on_answer(void *ctx, const struct dialog_answer *answer)
{
    struct callback_item *item = ctx;
    take_answer(item->callback, answer);
    finish_item(item->callback);
}

static enum err refine(void *ctx, const struct session_memory *memory, struct arena *arena,
                       struct inbound *ret)
{
    struct callback_item *item = ctx;
    struct callback *c = item->callback;
    struct session_memory merged = *memory;
    if (c->stored.is_known) {
        merged.is_known = true;
        merged.from = c->stored.from;
        merged.to = c->stored.to;
        merged.network = c->stored.network;
    }
    (void)arena; /* the decoded item lives in the callback's arena, which outlives the dialog */
    return profile_resume(c->channel->profile, &c->batch, item->index, &merged,
                          &c->channel->settings, c->arena, ret);
}

static void submit(struct callback *c, uint32_t i)
{
    const struct inbound *inbound = &c->batch.items[i];
    const struct profile *profile = c->channel->profile;
    bool is_ussd = inbound->kind == INBOUND_USSD;
    struct dialog_request request = {
        .channel = c->channel->config,
        .inbound = inbound,
        .received = c->received,
        .can_say_sms = c->batch.n_items == 1 && profile_replies_in_answer(profile),
        .say_max_chars = profile_answer_max_chars(profile),
        .refine = is_ussd ? refine : NULL,
        .fn = on_answer,
        .ctx = &c->items[i],
    };
    if (is_ussd && c->session_key.p != NULL && inbound->phase == INBOUND_PHASE_NEW)
        put_session(c, inbound);
    enum err e = dialogs_submit(c->all->parts.dialogs, &request);
    if (e == ERR_OK)
        return;
    LOG_WARN("callback", "too many at once", "channel=%.*s err=%s",
             STR_ARG(c->channel->config->name), err_name(e));
    struct dialog_answer busy =
        dialogs_busy(c->all->parts.dialogs, c->channel->config,
                     is_ussd ? DIALOG_KIND_USSD : DIALOG_KIND_SMS, c->arena);
    take_answer(c, &busy);
    finish_item(c);
}

static void start_item(struct callback *c, uint32_t i)
{
    const struct inbound *inbound = &c->batch.items[i];
    bool is_message = inbound->kind == INBOUND_SMS || inbound->kind == INBOUND_USSD;
    bool is_taken = inbound->outcome == INBOUND_ACCEPT || inbound->outcome == INBOUND_BUFFER;
    if (inbound->outcome == INBOUND_AUTH_FAIL)
        metrics_add(c->all->parts.metrics, METRIC_auth_failures_total, 1);
    if (!is_taken && inbound->outcome != INBOUND_IGNORE)
        LOG_INFO("callback", "not taken", "channel=%.*s outcome=%s reason=\"%.*s\"",
                 STR_ARG(c->channel->config->name), inbound_outcome_name(inbound->outcome),
                 STR_ARG(inbound->reason));
    c->items[i] = (struct callback_item){c, i};
    if (is_taken && is_message)
        submit(c, i);
    else
        finish_item(c);
}

/* Starts what the window allows; responds when nothing is left. */
static void start_items(struct callback *c)
{
    c->is_starting = true;
    while (c->n_started < c->batch.n_items && c->n_started - c->n_answered < CALLBACK_WINDOW)
        start_item(c, c->n_started++);
    c->is_starting = false;
    if (c->n_answered == c->batch.n_items)
        respond_by_profile(c);
}

/* --- coming in --- */

static void decode(struct callback *c, const struct http_request *request)
{
    struct decode_context context = {
        .settings = &c->channel->settings,
        .session = c->stored.is_known ? &c->stored : NULL,
        .rest = c->rest,
        .peer = c->peer,
        .is_dlr = c->is_dlr,
        .now = c->received,
    };
    enum err e = profile_decode(c->channel->profile, request, &context, c->arena, &c->batch);
    if (e == ERR_OK)
        c->items = arena_new_array(c->arena, struct callback_item, c->batch.n_items + 1);
    if (e != ERR_OK || c->items == NULL) {
        respond_plainly(c, 413, STR("The request is too long.\n"));
        return;
    }
    start_items(c);
}

static void on_session(void *ctx, enum err e, struct str value)
{
    struct callback *c = ctx;
    if (e == ERR_OK && !open_session(c, value))
        LOG_ERROR("callback", "session cannot be read", "channel=%.*s",
                  STR_ARG(c->channel->config->name));
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        LOG_WARN("callback", "session not loaded", "err=%s", err_name(e));
    decode(c, c->request);
}

static struct str copy(struct arena *arena, struct str s)
{
    return s.p != NULL ? arena_str(arena, s) : STR_NONE;
}

static struct http_request *copy_request(const struct http_request *request, struct arena *arena)
{
    struct http_request *r = arena_alloc(arena, sizeof(*r));
    if (r == NULL)
        return NULL;
    *r = *request;
    r->method = copy(arena, request->method);
    r->target = copy(arena, request->target);
    r->path = copy(arena, request->path);
    r->query = copy(arena, request->query);
    r->body = copy(arena, request->body);
    for (uint32_t i = 0; i < r->n_headers; i++) {
        r->headers[i].name = copy(arena, request->headers[i].name);
        r->headers[i].value = copy(arena, request->headers[i].value);
    }
    return r;
}

/* A name for the session that tells nothing to who reads the store. */
static struct str hide_session(const struct callback *c, struct str session)
{
    char hex[SESSION_KEY_HEX_BYTES + 1];
    struct str name =
        arena_printf(c->arena, "%.*s %.*s", STR_ARG(c->channel->config->name), STR_ARG(session));
    struct number_id id = vault_number_id(c->all->parts.vault, name);
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    return arena_str(c->arena, str_from(hex));
}

static void find_session(struct callback *c, const struct http_request *request)
{
    struct str session = profile_session_key(c->channel->profile, request, c->rest, c->arena);
    if (str_is_empty(session)) {
        decode(c, request);
        return;
    }
    c->session_key = hide_session(c, session);
    c->request = copy_request(request, c->arena);
    if (arena_error(c->arena) != ERR_OK) {
        respond_plainly(c, 413, STR("The request is too long.\n"));
        return;
    }
    store_session_get(c->all->parts.store, c->session_key, on_session, c);
}

/* "/in/at/x" -> channel "at", rest "/x". False: no such path. */
static bool find_channel(struct callback *c, struct str path)
{
    static const struct str in = {"/in/", 4}, dlr = {"/dlr/", 5};
    c->is_dlr = str_starts(path, dlr);
    if (!c->is_dlr && !str_starts(path, in))
        return false;
    struct str name = str_sub(path, c->is_dlr ? dlr.len : in.len, path.len);
    size_t slash = str_find_char(name, '/');
    c->rest = slash != SIZE_MAX ? str_sub(name, slash, name.len) : STR("");
    c->channel = channels_get(c->all->parts.channels, str_sub(name, 0, slash));
    return c->channel != NULL;
}

void callbacks_handle(struct callbacks *all, struct front_token token,
                      const struct http_request *request, struct str peer)
{
    struct callback *c = callback_take(all);
    c->token = token;
    c->begun = loop_mono(all->parts.loop);
    c->received = loop_wall(all->parts.loop);
    if (!find_channel(c, request->path)) {
        respond_plainly(c, 404, STR("There is nothing here.\n"));
        return;
    }
    c->rest = arena_str(c->arena, c->rest);
    c->peer = copy(c->arena, peer);
    if (str_eq(request->method, STR("HEAD"))) { /* a probe, without effect */
        respond_plainly(c, 200, STR(""));
        return;
    }
    if (profile_needs_session(c->channel->profile))
        find_session(c, request);
    else
        decode(c, request);
}

struct callbacks *callbacks_new(const struct callback_parts *parts)
{
    struct callbacks *all = xcalloc(1, sizeof(*all));
    all->parts = *parts;
    return all;
}

void callbacks_free(struct callbacks *all)
{
    if (all == NULL)
        return;
    assert(all->n_running == 0);
    while (all->free_list != NULL) {
        struct callback *c = all->free_list;
        all->free_list = c->next_free;
        arena_free(c->arena);
        free(c);
    }
    free(all);
}

uint32_t callbacks_n_running(const struct callbacks *all)
{
    return all->n_running;
}
