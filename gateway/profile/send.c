/* The request that sends a message, the one that asks for a token, and what their responses mean.
 */
#include "base/clock.h"
#include "core/match/match.h"
#include "core/utf8.h"
#include "profile/load.h"

#define MAX_REQUEST_BYTES 65536u
#define MAX_ERROR_BYTES 120u
#define MAX_RETRY_AFTER_MS DAY_MS

/* Names the first required setting that a channel lacks. */
static enum err check_required(const struct profile *p, const struct settings *settings,
                               struct errmsg *msg)
{
    for (uint32_t i = 0; i < p->n_settings; i++) {
        const struct profile_setting *s = &p->settings[i];
        if (s->is_required && s->fallback.p == NULL && settings_get(settings, s->name).p == NULL)
            return errmsg_set(msg, ERR_NOT_FOUND, "profile %.*s needs the setting '%.*s': %.*s",
                              STR_ARG(p->name), STR_ARG(s->name), STR_ARG(s->help));
    }
    return ERR_OK;
}

static bool is_setting(const struct profile *p, struct str name)
{
    bool is_known = setting_is_common(name);
    for (uint32_t k = 0; k < p->n_settings && !is_known; k++) {
        struct str known = p->settings[k].name;
        bool is_table = name.len > known.len && str_starts(name, known) && name.p[known.len] == '.';
        is_known = str_eq(known, name) || is_table;
    }
    return is_known;
}

/* Settings that every profile knows, where this one needs them or they can be wrong. */
static enum err check_common(const struct profile *p, const struct settings *settings,
                             struct errmsg *msg)
{
    int32_t minutes;
    struct str zone = settings_get(settings, STR("timezone"));
    if (zone.p != NULL && zone_parse_offset(zone, &minutes) != ERR_OK)
        return errmsg_set(msg, ERR_INVALID,
                          "timezone is hours and minutes east of UTC, as in +03:00, and no name");
    if (p->needs_country && settings_get(settings, STR("default_country")).p == NULL)
        return errmsg_set(
            msg, ERR_NOT_FOUND,
            "profile %.*s writes numbers as they are dialled in their own country: set "
            "country, as in country: KE",
            STR_ARG(p->name));
    if (p->signs_url && profile_is_protected(p, settings) &&
        settings_get(settings, STR("public_url")).p == NULL)
        return errmsg_set(msg, ERR_NOT_FOUND,
                          "profile %.*s signs over the address that the provider calls: set "
                          "public_url to ours as seen from outside, https://...",
                          STR_ARG(p->name));
    return ERR_OK;
}

enum err profile_check_settings(const struct profile *p, const struct settings *settings,
                                struct errmsg *msg)
{
    for (uint32_t i = 0; settings != NULL && i < settings->n; i++) {
        if (!is_setting(p, settings->list[i].name))
            return errmsg_set(msg, ERR_INVALID, "profile %.*s knows no setting '%.*s'",
                              STR_ARG(p->name), STR_ARG(settings->list[i].name));
    }
    enum err e = check_common(p, settings, msg);
    return e == ERR_OK ? check_required(p, settings, msg) : e;
}

/* URL and query. The channel's send_url stands for the profile's own URL, not for its query. */
static enum err render_url(struct eval *eval, const struct request_template *t, bool is_send,
                           struct str *ret, struct errmsg *msg)
{
    struct str override = is_send ? eval_setting(eval, STR("send_url")) : STR_NONE;
    struct buf out CLEANUP(buf_fini), query CLEANUP(buf_fini);
    buf_init(&out, MAX_REQUEST_BYTES);
    buf_init(&query, MAX_REQUEST_BYTES);
    if (override.p != NULL)
        buf_add_str(&out, override);
    else if (t->url.alternatives == NULL || !value_render(eval, &t->url, ESCAPE_PATH, &out))
        return errmsg_set(msg, ERR_NOT_FOUND,
                          "the address to send to is not known; set send_url, or the settings "
                          "that it is made of");
    if (!members_render(eval, t->query, &query))
        return ERR_TOO_LONG;
    if (query.len > 0) {
        buf_add_char(&out, str_find_char(buf_str(&out), '?') == SIZE_MAX ? '?' : '&');
        buf_add_str(&out, buf_str(&query));
    }
    *ret = arena_str(eval->arena, buf_str(&out));
    return ret->p != NULL && buf_error(&out) == ERR_OK ? ERR_OK : ERR_TOO_LONG;
}

/* Is it the fake aggregator of our own admin listener? Nobody else is told anything twice. */
static bool is_simulator(struct str url)
{
    struct str rest = str_sub(url, STR("http://127.0.0.1:").len, url.len);
    return str_starts(url, STR("http://127.0.0.1:")) &&
           str_starts(str_sub(rest, str_find_char(rest, '/'), rest.len), STR("/sim/send/"));
}

static struct str percent(struct eval *eval, struct str value)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, MAX_REQUEST_BYTES);
    form_encode_path(value, &out);
    return arena_str(eval->arena, buf_str(&out));
}

/* What the request says in the provider's form, plainly, so that the simulator need not know every
 * provider's. headers_render leaves room for it. */
static void add_simulator_headers(struct eval *eval, struct send_request *ret)
{
    const struct outgoing *message = eval->outgoing;
    struct http_header *to = &ret->headers[ret->n_headers];
    to[0] = (struct http_header){STR(SIMULATOR_HEADER_FROM), percent(eval, message->from)};
    to[1] = (struct http_header){STR(SIMULATOR_HEADER_TO), percent(eval, message->to)};
    to[2] = (struct http_header){STR(SIMULATOR_HEADER_TEXT), percent(eval, message->text)};
    ret->n_headers += 3;
}

static enum err render_request(struct eval *eval, const struct request_template *t, bool is_send,
                               struct send_request *ret, struct errmsg *msg)
{
    struct buf body CLEANUP(buf_fini);
    buf_init(&body, MAX_REQUEST_BYTES);
    enum err e = render_url(eval, t, is_send, &ret->url, msg);
    if (e != ERR_OK)
        return e;
    ret->method = t->method.p;
    ret->headers = headers_render(eval, &t->body, &ret->n_headers);
    if (ret->headers == NULL)
        return errmsg_set(msg, ERR_INVALID, "a header would hold a line end");
    if (t->body.type.p != NULL)
        ret->headers[ret->n_headers++] = (struct http_header){STR("Content-Type"), t->body.type};
    if (is_send && is_simulator(ret->url))
        add_simulator_headers(eval, ret);
    if (!body_render(eval, &t->body, &body))
        return errmsg_set(msg, ERR_INVALID, "the body lacks a value: is every setting there?");
    ret->body = arena_str(eval->arena, buf_str(&body));
    return ret->body.p != NULL ? ERR_OK : ERR_TOO_LONG;
}

enum err profile_send(const struct profile *p, const struct outgoing *message,
                      const struct settings *settings, struct arena *arena,
                      struct send_request *ret, struct errmsg *msg)
{
    struct eval eval = {
        .profile = p,
        .arena = arena,
        .settings = settings,
        .outgoing = message,
        .now = message->now,
        .let = p->send.let,
    };
    if (!p->send.is_declared)
        return errmsg_set(msg, ERR_UNSUPPORTED, "profile %.*s cannot send", STR_ARG(p->name));
    enum err e = check_required(p, settings, msg);
    if (e == ERR_OK && p->send.has_token && settings_get(settings, STR("token")).p == NULL)
        e = errmsg_set(msg, ERR_NOT_FOUND, "an access token is needed first");
    return e == ERR_OK ? render_request(&eval, &p->send.request, true, ret, msg) : e;
}

enum err profile_send_address(const struct profile *p, const struct settings *settings,
                              struct arena *arena, struct str *ret)
{
    static const struct outgoing nobody = {.to = {"+10000000000", 12}};
    struct eval eval = {.profile = p,
                        .arena = arena,
                        .settings = settings,
                        .outgoing = &nobody,
                        .let = p->send.let};
    if (!p->send.is_declared)
        return ERR_NOT_FOUND;
    struct request_template bare = p->send.request;
    bare.query = NULL;
    enum err e = render_url(&eval, &bare, true, ret, NULL);
    if (e == ERR_OK)
        *ret = str_sub(*ret, 0, str_find_char(*ret, '?'));
    return e;
}

/* access tokens ----------------------------------------------------------------------------- */

bool profile_needs_token(const struct profile *p, const struct settings *settings)
{
    return p->send.has_token && settings_get(settings, STR("token")).p == NULL;
}

enum err profile_token_request(const struct profile *p, const struct settings *settings,
                               struct wall_ms now, struct arena *arena, struct send_request *ret,
                               struct errmsg *msg)
{
    struct eval eval = {.profile = p, .arena = arena, .settings = settings, .now = now};
    struct outgoing nobody = {.phase = INBOUND_PHASE_NONE};
    eval.outgoing = &nobody;
    if (!p->send.has_token)
        return errmsg_set(msg, ERR_UNSUPPORTED, "profile %.*s uses no token", STR_ARG(p->name));
    enum err e = check_required(p, settings, msg);
    return e == ERR_OK ? render_request(&eval, &p->send.token, false, ret, msg) : e;
}

/* What a provider's words about its response are evaluated with. */
static struct eval eval_of_response(const struct profile *p, const struct http_response *response,
                                    const struct settings *settings, struct arena *arena)
{
    struct eval eval = {
        .profile = p,
        .arena = arena,
        .settings = settings,
        .headers = response->headers,
        .n_headers = response->n_headers,
        .status = response->status,
        .body = response->body,
    };
    body_read_any(&eval);
    return eval;
}

enum err profile_read_token(const struct profile *p, const struct http_response *response,
                            const struct settings *settings, struct arena *arena,
                            struct str *ret_token, int64_t *ret_lifetime_ms)
{
    struct eval eval = eval_of_response(p, response, settings, arena);
    uint64_t seconds = 3600;
    struct str token = value_eval(&eval, &p->send.token_value);
    struct str lifetime = value_eval(&eval, &p->send.token_seconds);
    if (response->status / 100 != 2 || str_is_empty(token))
        return arena_error(arena) == ERR_OK ? ERR_INVALID : ERR_TOO_LONG;
    if (lifetime.p != NULL && str_to_u64(lifetime, INT32_MAX, &seconds) != ERR_OK)
        seconds = 3600;
    seconds = seconds < 60 ? 60 : seconds > 86400 ? 86400 : seconds;
    *ret_token = arena_str(arena, token);
    *ret_lifetime_ms = (int64_t)seconds * 1000;
    return ERR_OK;
}

/* what came back ---------------------------------------------------------------------------- */

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return s.len > 0;
}

/* Seconds, or a date (RFC 9110 10.2.3); 0 when it is neither, or past. What is more than we wait,
 * or than a number holds, is our ceiling. */
static int64_t retry_after_ms(const struct eval *eval)
{
    struct str text = str_trim(http_header_get(eval->headers, eval->n_headers, STR("Retry-After")));
    uint64_t seconds;
    struct wall_ms at;
    int64_t ms = 0;
    if (is_digits(text))
        ms = str_to_u64(text, MAX_RETRY_AFTER_MS / 1000, &seconds) == ERR_OK
                 ? (int64_t)seconds * 1000
                 : MAX_RETRY_AFTER_MS;
    else if (eval->now.ms > 0 &&
             time_parse(text, STR("%a, %d %b %Y %H:%M:%S GMT"), TIME_UTC, &at) == ERR_OK)
        ms = at.ms - eval->now.ms;
    return ms < 0 ? 0 : ms > MAX_RETRY_AFTER_MS ? MAX_RETRY_AFTER_MS : ms;
}

static enum send_outcome classify(struct eval *eval, const struct send *send)
{
    int status = eval->status;
    bool is_ok = status / 100 == 2;
    if (send->opted_out.all != NULL && conditions_hold(eval, &send->opted_out))
        return SEND_OPTED_OUT;
    if (status == 429 || (send->throttled.all != NULL && conditions_hold(eval, &send->throttled)))
        return SEND_THROTTLED;
    if (send->temporary.all != NULL && conditions_hold(eval, &send->temporary))
        return SEND_TEMPORARY;
    if (is_ok && conditions_hold(eval, &send->success))
        return SEND_SENT;
    /* 401 with an access token: it has expired before its time. */
    bool is_stale = status == 401 && send->has_token;
    return status / 100 == 5 || status == 408 || is_stale ? SEND_TEMPORARY : SEND_FAILED;
}

/* Words of the provider for the log, with nothing in them that could be a phone number. */
static struct str error_words(struct eval *eval, struct str text)
{
    return text.p != NULL ? utf8_cut(match_mask_numbers(text, eval->arena), MAX_ERROR_BYTES)
                          : STR_NONE;
}

enum err profile_read_response(const struct profile *p, const struct http_response *response,
                               const struct settings *settings, struct wall_ms now,
                               struct arena *arena, struct send_result *ret)
{
    struct eval eval = eval_of_response(p, response, settings, arena);
    eval.now = now;
    *ret =
        (struct send_result){.outcome = classify(&eval, &p->send), .is_own_id = p->send.is_own_id};
    if (ret->outcome == SEND_SENT)
        ret->id = arena_str(arena, text_clean(value_eval(&eval, &p->send.id), arena));
    else
        ret->error = error_words(&eval, value_eval(&eval, &p->send.error));
    if (ret->outcome == SEND_SENT && ret->id.len == 0)
        ret->id = STR_NONE;
    if (ret->outcome == SEND_THROTTLED || ret->outcome == SEND_TEMPORARY)
        ret->retry_after_ms = retry_after_ms(&eval);
    return arena_error(arena) == ERR_OK ? ERR_OK : ERR_TOO_LONG;
}

enum err profile_sample(const struct profile *p, const struct outgoing *message,
                        struct arena *arena, struct http_response *ret)
{
    const struct body *sample = &p->send.sample;
    struct eval eval = {.profile = p, .arena = arena, .outgoing = message};
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, MAX_REQUEST_BYTES);
    uint32_t n = 0;
    const struct http_header *headers = headers_render(&eval, sample, &n);
    if (!body_render(&eval, sample, &out))
        return arena_error(arena) == ERR_OK ? ERR_INVALID : ERR_TOO_LONG;
    *ret = (struct http_response){
        .status = sample->is_declared ? sample->status : 200,
        .content_type = sample->type,
        .headers = headers,
        .n_headers = headers != NULL ? n : 0,
        .body = arena_str(arena, buf_str(&out)),
    };
    return arena_error(arena) == ERR_OK ? ERR_OK : ERR_TOO_LONG;
}

/* from YAML --------------------------------------------------------------------------------- */

/* Values that later lines use as {let NAME}. */
static void read_let(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                     void *field)
{
    load_named(m, row, at, VALUE_TEXT, field, &loader_of(m)->scope.let);
}

/* How the provider's response is read: its own places are known there. */
static void read_result(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *field, const struct yaml_type *type)
{
    struct loader *l = loader_of(m);
    unsigned before = l->scope.contexts;
    l->scope.contexts = CONTEXT_RESULT;
    type->read(m, row, at, field);
    l->scope.contexts = before;
}

static void read_result_value(struct yaml_map *m, const struct yaml_row *row,
                              const struct yaml_node *at, void *field)
{
    read_result(m, row, at, field, &load_source_value);
    ((struct value *)field)->is_empty_missing = true;
}

static void read_result_conditions(struct yaml_map *m, const struct yaml_row *row,
                                   const struct yaml_node *at, void *field)
{
    read_result(m, row, at, field, &load_conditions);
}

static const struct yaml_type let_type = {.read = read_let, .is_any_kind = true};
static const struct yaml_type result_value = {.read = read_result_value, .is_any_kind = true};
static const struct yaml_type result_conditions = {.read = read_result_conditions,
                                                   .is_any_kind = true};

static void read_token(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    static const struct yaml_row rows[] = {
        LOAD_REQUEST_ROWS(struct send, token.),
        {.name = "value", .type = &result_value, YAML_AT(struct send, token_value)},
        {.name = "seconds", .type = &result_value, YAML_AT(struct send, token_seconds)},
    };
    static const struct yaml_table table = {rows, ARRAY_LEN(rows), 0};
    struct send *send = LOAD_OWNER(row, field);
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write url:, form:, value: ..."))
        return;
    send->has_token = true;
    yaml_map_fill(m, &table, at, send);
    if (send->token_value.alternatives == NULL || send->token.url.alternatives == NULL)
        yaml_complain(m->report, at, "write url:, and value:, where the token stands in the answer",
                      "a token request lacks url: or value:");
}

static const struct yaml_type token_type = {.read = read_token, .is_any_kind = true};

static const struct yaml_row send_rows[] = {
    {.name = "screens",
     .type = &yaml_type_flag,
     YAML_AT(struct send, sends_screens),
     .words = "false true"},
    {.name = "let", .type = &let_type, YAML_AT(struct send, let)},
    {.name = "token", .type = &token_type, YAML_AT(struct send, has_token)},
    LOAD_REQUEST_ROWS(struct send, request.),
    {.name = "sample", .type = &load_body, YAML_AT(struct send, sample)},
    {.name = "success", .type = &result_conditions, YAML_AT(struct send, success)},
    {.name = "opted_out", .type = &result_conditions, YAML_AT(struct send, opted_out)},
    {.name = "throttled", .type = &result_conditions, YAML_AT(struct send, throttled)},
    {.name = "temporary", .type = &result_conditions, YAML_AT(struct send, temporary)},
    {.name = "id", .type = &result_value, YAML_AT(struct send, id)},
    {.name = "error", .type = &result_value, YAML_AT(struct send, error)},
    {.name = "report_id",
     .type = &yaml_type_flag,
     YAML_AT(struct send, is_own_id),
     .words = "theirs ours"},
};

static void read_send(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    static const struct yaml_table table = {send_rows, ARRAY_LEN(send_rows), 0};
    struct send *send = field;
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX,
                         "write method, url, headers, form, success ..."))
        return;
    send->is_declared = true;
    loader_of(m)->scope.contexts = CONTEXT_SEND;
    yaml_map_fill(m, &table, at, send);
    loader_of(m)->scope.contexts = CONTEXT_CALLBACK;
}

const struct yaml_type load_send = {.read = read_send, .is_any_kind = true};
