#include "app/callback/callback.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/callback/internal.h"
#include "base/log.h"
#include "base/record.h"
#include "base/xalloc.h"
#include "core/match/match.h"
#include "core/utf8.h"
#include "port/store/values.h"
#include "profile/signature.h"
#include "wire/address.h"

#define NOWHERE_BYTES 32u /* of a name that no channel has, in the log */
#define ARENA_MAX_BYTES (1024u * 1024)
#define FREE_LIST_MAX 256u
#define SESSION_KEY_HEX_BYTES (2 * NUMBER_ID_BYTES)

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

/* --- sessions whose later requests do not name the number --- */

static const struct record_field session_fields[] = {
    RECORD(1, struct session_memory, from, record_str),
    RECORD(1, struct session_memory, to, record_str),
    RECORD(1, struct session_memory, network, record_str),
};
static const struct record_format session_format = RECORD_FORMAT(1, session_fields);

static struct str session_name(const struct callback *c, struct str session)
{
    char hex[SESSION_KEY_HEX_BYTES + 1];
    struct str name =
        arena_printf(c->arena, "%.*s %.*s", STR_ARG(c->channel->config->name), STR_ARG(session));
    struct number_id id = vault_number_id(c->all->parts.vault, name);
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    return arena_str(c->arena, str_from(hex));
}

static void on_session_put(void *ctx, enum err e)
{
    (void)ctx; /* of all callbacks: the one that asked may be answered already */
    if (e != ERR_OK)
        LOG_WARN("callback", "session not kept", "err=%s", err_name(e));
}

static void session_put(struct callback *c, const struct inbound *item)
{
    struct session_memory memory = {.from = item->from, .to = item->to, .network = item->network};
    struct buf plain CLEANUP(buf_fini), box CLEANUP(buf_fini);
    buf_init(&plain, STORE_SESSION_BYTES);
    buf_init(&box, STORE_SESSION_BYTES);
    record_encode(&session_format, &memory, &plain);
    if (buf_error(&plain) != ERR_OK ||
        vault_box_seal(c->all->parts.vault, c->session_key, buf_str(&plain), &box) != ERR_OK) {
        on_session_put(c->all, ERR_TOO_LONG);
        return;
    }
    store_session_put(c->all->parts.store, c->session_key, buf_str(&box), CALLBACK_SESSION_TTL_MS,
                      on_session_put, c->all);
}

static bool session_open(struct callback *c, struct str value)
{
    struct buf plain CLEANUP(buf_fini);
    buf_init(&plain, STORE_SESSION_BYTES);
    if (vault_box_open(c->all->parts.vault, c->session_key, value, &plain) != ERR_OK)
        return false;
    c->stored = (struct session_memory){.is_known = true};
    return record_decode(&session_format, arena_str(c->arena, buf_str(&plain)), &c->stored) ==
           ERR_OK;
}

/* --- the messages of a callback --- */

static void start_items(struct callback *c);

void callback_finish_item(struct callback *c, bool has_failed)
{
    c->n_responded++;
    c->has_failed |= has_failed;
    if (!c->is_starting)
        start_items(c);
}

static void take_response(struct callback *c, const struct dialog_response *response)
{
    c->has_failed |= response->outcome == DIALOG_OUTCOME_FAILED;
    if (c->batch.n_items > 1 || response->text.p == NULL)
        return;
    c->reply =
        (struct reply){.text = arena_str(c->arena, response->text), .is_open = response->is_open};
    c->has_reply = true;
}

static void on_response(void *ctx, const struct dialog_response *response)
{
    struct callback_item *item = ctx;
    take_response(item->callback, response);
    callback_finish_item(item->callback, false);
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
    return profile_resume(&c->batch, item->index, &merged, ret);
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
        .can_say_sms = inbound->kind == INBOUND_SMS && c->batch.n_items == 1 &&
                       profile_replies_in_response(profile),
        .say_max_chars = profile_response_max_chars(profile),
        .refine = is_ussd ? refine : NULL,
        .fn = on_response,
        .ctx = &c->items[i],
    };
    if (is_ussd && c->session_key.p != NULL && inbound->phase == INBOUND_PHASE_NEW)
        session_put(c, inbound);
    enum err e = inbound->outcome == INBOUND_BUFFER
                     ? joiner_take(c->all->parts.joiner, &request)
                     : dialogs_submit(c->all->parts.dialogs, &request);
    if (e == ERR_OK)
        return;
    LOG_WARN("callback", "too many at once", "channel=%.*s err=%s",
             STR_ARG(c->channel->config->name), err_name(e));
    struct dialog_response busy =
        dialogs_busy(c->all->parts.dialogs, c->channel->config,
                     is_ussd ? DIALOG_KIND_USSD : DIALOG_KIND_SMS, c->arena);
    take_response(c, &busy);
    callback_finish_item(c, false);
}

static void start_item(struct callback *c, uint32_t i)
{
    const struct inbound *inbound = &c->batch.items[i];
    bool is_message = inbound->kind == INBOUND_SMS || inbound->kind == INBOUND_USSD ||
                      inbound->kind == INBOUND_CALL;
    bool is_taken = inbound->outcome == INBOUND_ACCEPT || inbound->outcome == INBOUND_BUFFER;
    if (inbound->outcome == INBOUND_AUTH_FAIL)
        metrics_add(c->all->parts.metrics, METRIC_auth_failures_total, 1);
    if (!is_taken && inbound->outcome != INBOUND_IGNORE)
        LOG_INFO("callback", "not taken", "channel=%.*s outcome=%s reason=\"%.*s\"",
                 STR_ARG(c->channel->config->name), inbound_outcome_name(inbound->outcome),
                 STR_ARG(inbound->reason));
    metrics_add(c->all->parts.metrics, METRIC_numbers_unplanned_total, inbound->is_unplanned);
    metrics_add(c->all->parts.metrics, METRIC_no_senders_total, inbound->is_no_sender);
    c->items[i] = (struct callback_item){c, i};
    if (is_taken && is_message) {
        metrics_add_channel(c->all->parts.metrics, c->channel->config->name,
                            METRIC_CHANNEL_received_total, 1);
        submit(c, i);
    } else if (is_taken && inbound->kind == INBOUND_DLR) {
        callback_report(&c->items[i]);
    } else {
        callback_finish_item(c, false);
    }
}

/* Starts what the window allows; responds when nothing is left. */
static void start_items(struct callback *c)
{
    c->is_starting = true;
    while (c->n_started < c->batch.n_items && c->n_started - c->n_responded < CALLBACK_WINDOW)
        start_item(c, c->n_started++);
    c->is_starting = false;
    if (c->n_responded == c->batch.n_items)
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

/* Nobody can say what this request goes on with: "busy", in the form of the profile. */
static void respond_busy(struct callback *c)
{
    const struct inbound step = {
        .kind = INBOUND_USSD, .outcome = INBOUND_ACCEPT, .phase = INBOUND_PHASE_CONTINUE};
    struct dialog_response busy =
        dialogs_busy(c->all->parts.dialogs, c->channel->config, DIALOG_KIND_USSD, c->arena);
    if (profile_make_batch(c->channel->profile, &step, c->arena, &c->batch) != ERR_OK) {
        respond_plainly(c, 503, STR("Away for a moment.\n"));
        return;
    }
    take_response(c, &busy);
    respond_by_profile(c);
}

static void on_session(void *ctx, enum err e, struct str value)
{
    struct callback *c = ctx;
    if (e == ERR_OK && !session_open(c, value))
        LOG_ERROR("callback", "session cannot be read", "channel=%.*s",
                  STR_ARG(c->channel->config->name));
    if (e == ERR_OK || e == ERR_NOT_FOUND) {
        decode(c, c->request);
        return;
    }
    LOG_WARN("callback", "session not loaded", "err=%s", err_name(e));
    respond_busy(c);
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

static void find_session(struct callback *c, const struct http_request *request)
{
    struct str session = profile_session_key(c->channel->profile, request, c->rest, c->arena);
    if (str_is_empty(session)) {
        decode(c, request);
        return;
    }
    c->session_key = session_name(c, session);
    c->request = copy_request(request, c->arena);
    if (arena_error(c->arena) != ERR_OK) {
        respond_plainly(c, 413, STR("The request is too long.\n"));
        return;
    }
    store_session_get(c->all->parts.store, c->session_key, on_session, c);
}

/* What follows "/in/" or "/dlr/"; absent for other paths. */
static struct str callback_path(struct str path, bool *ret_is_dlr)
{
    static const struct str in = {"/in/", 4}, dlr = {"/dlr/", 5};
    *ret_is_dlr = str_starts(path, dlr);
    if (!*ret_is_dlr && !str_starts(path, in))
        return STR_NONE;
    return str_sub(path, *ret_is_dlr ? dlr.len : in.len, path.len);
}

/* "at/x" -> channel "at", rest "/x". False: no such channel. */
static bool find_channel(struct callback *c, struct str name)
{
    size_t slash = str_find_char(name, '/');
    c->rest = slash != SIZE_MAX ? str_sub(name, slash, name.len) : STR("");
    c->channel = channels_get(c->all->parts.channels, str_sub(name, 0, slash));
    return c->channel != NULL;
}

/* A probe has no effect, and its response is the same for all names, so that it finds out none. */
static bool respond_to_probe(struct callback *c, struct str method)
{
    static const struct http_header allow = {{"Allow", 5}, {"GET, HEAD, POST, PUT", 20}};
    if (str_eq(method, STR("HEAD")))
        respond_plainly(c, 200, STR(""));
    else if (str_eq(method, STR("OPTIONS")))
        respond(c, &(struct http_response){.status = 405, .headers = &allow, .n_headers = 1});
    else
        return false;
    return true;
}

/* RFC 9110 15.5.6: with the methods that would have done. */
static void refuse_method(struct callback *c)
{
    static const char *const methods[] = {"GET", "POST", "PUT"};
    struct str allowed = STR("HEAD");
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (profile_takes_method(c->channel->profile, str_from(methods[i])))
            allowed = arena_printf(c->arena, "%.*s, %s", STR_ARG(allowed), methods[i]);
    }
    struct http_header allow = {STR("Allow"), allowed};
    respond(c, &(struct http_response){.status = 405, .headers = &allow, .n_headers = 1});
}

/* Takes the channel's secret out of the path. False: it is not there. */
static bool take_path_secret(struct callback *c)
{
    struct str secret = c->channel->config->path_secret;
    if (secret.p == NULL)
        return true;
    struct str path = c->rest.len > 0 ? str_sub(c->rest, 1, c->rest.len) : STR("");
    size_t slash = str_find_char(path, '/');
    bool is_right = signature_equal(str_sub(path, 0, slash), secret);
    c->rest = slash != SIZE_MAX ? str_sub(path, slash, path.len) : STR("");
    return is_right;
}

/* False: the channel's list of callers does not hold this one, or it does not know the secret. */
static bool take_caller(struct callback *c, const struct http_request *request, struct str peer)
{
    struct str callers = c->channel->config->callers;
    struct str caller = address_of_caller(request, peer, c->all->parts.trusted_proxies);
    c->peer = copy(c->arena, caller);
    bool is_listed = callers.p == NULL || address_is_listed(caller, callers);
    return take_path_secret(c) && is_listed;
}

/* A provider goes on with what was set up there: its SMS and reports are lost for who does not hear
 * of it. A stranger may say anything, a number, too. */
static void tell_nowhere(struct callback *c, struct str name)
{
    struct str shown = str_sub(name, 0, str_find_char(name, '/'));
    LOG_WARN("callback", "for a channel that is not configured", "path=\"%s%.*s\"",
             c->is_dlr ? "/dlr/" : "/in/",
             STR_ARG(match_mask_numbers(utf8_cut(shown, NOWHERE_BYTES), c->arena)));
}

void callbacks_handle(struct callbacks *all, struct front_token token,
                      const struct http_request *request, struct str peer)
{
    struct callback *c = callback_take(all);
    c->token = token;
    c->begun = loop_mono(all->parts.loop);
    c->received = loop_wall(all->parts.loop);
    struct str name = callback_path(request->path, &c->is_dlr);
    if (name.p != NULL && respond_to_probe(c, request->method))
        return;
    bool is_known = name.p != NULL && find_channel(c, name);
    if (name.p != NULL && !is_known)
        tell_nowhere(c, name);
    if (!is_known) {
        respond_plainly(c, 404, STR("There is nothing here.\n"));
        return;
    }
    c->rest = arena_str(c->arena, c->rest);
    if (!take_caller(c, request, peer)) {
        metrics_add(all->parts.metrics, METRIC_auth_failures_total, 1);
        respond_plainly(c, 403, STR("Not for you.\n"));
        return;
    }
    if (!profile_takes_method(c->channel->profile, request->method)) {
        refuse_method(c);
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
