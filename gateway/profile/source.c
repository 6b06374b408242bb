/* Places where a value may be found, a row each. A source that is to be added is one row and one
 * function. */
#include "core/gsm/gsm.h"
#include "profile/load.h"

/* form, query and header look-ups ---------------------------------------------------------- */

static struct str get(const struct eval *eval, const struct form *form, struct str key)
{
    return eval->profile->is_key_case_free ? form_get_nocase(form, key) : form_get(form, key);
}

static struct str read_form(struct eval *eval, const struct expr_part *part)
{
    return get(eval, &eval->form, part->literal);
}

static struct str read_query(struct eval *eval, const struct expr_part *part)
{
    return part->literal.p != NULL ? get(eval, &eval->query, part->literal) : eval->query_text;
}

static struct str read_param(struct eval *eval, const struct expr_part *part)
{
    struct str value = read_form(eval, part);
    return value.p != NULL ? value : get(eval, &eval->query, part->literal);
}

static struct str header(const struct eval *eval, struct str name)
{
    return http_header_get(eval->headers, eval->n_headers, name);
}

static struct str read_header(struct eval *eval, const struct expr_part *part)
{
    return header(eval, part->literal);
}

/* Segments of text from the end: pattern "/a/{x}" and "/cb/a/7" give 7 for x. */
static struct str path_capture(const struct eval *eval, struct str name)
{
    struct str rest = eval->rest;
    for (uint32_t i = eval->path != NULL ? eval->path->n : 0; i > 0; i--) {
        struct str segment = eval->path->segments[i - 1];
        size_t slash = rest.len;
        while (slash > 0 && rest.p[slash - 1] != '/')
            slash--;
        bool is_it = segment.len > 2 && segment.p[0] == '{' &&
                     str_eq(str_sub(segment, 1, segment.len - 1), name);
        if (is_it)
            return form_decode(str_sub(rest, slash, rest.len), false, eval->arena);
        rest = str_sub(rest, 0, slash > 0 ? slash - 1 : 0);
    }
    return STR_NONE;
}

static struct str read_path(struct eval *eval, const struct expr_part *part)
{
    return part->literal.p != NULL ? path_capture(eval, part->literal) : eval->rest;
}

bool path_matches(const struct path_pattern *pattern, struct str rest)
{
    for (uint32_t i = pattern->n; i > 0; i--) {
        struct str segment = pattern->segments[i - 1];
        size_t slash = rest.len;
        while (slash > 0 && rest.p[slash - 1] != '/')
            slash--;
        struct str there = str_sub(rest, slash, rest.len);
        bool is_capture = segment.len > 2 && segment.p[0] == '{';
        if (slash == 0 || there.len == 0 || (!is_capture && !str_eq(segment, there)))
            return false;
        rest = str_sub(rest, 0, slash - 1);
    }
    return true;
}

/* our own URLs ------------------------------------------------------------------------------ */

/* public_url and what was asked for below it. A public_url with a path of its own is the callback's
 * whole address (a proxy has changed the path); one with a query is complete. */
static struct str read_url(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    struct str base = eval_setting(eval, STR("public_url"));
    if (base.p == NULL || eval->request == NULL)
        return STR_NONE;
    size_t scheme = str_find(base, STR("://"));
    struct str host = str_sub(base, scheme == SIZE_MAX ? 0 : scheme + 3, base.len);
    size_t slash = str_find_char(host, '/');
    if (slash == SIZE_MAX || slash + 1 == host.len) {
        struct str root = slash == SIZE_MAX ? base : str_sub(base, 0, base.len - 1);
        return arena_printf(eval->arena, "%.*s%.*s", STR_ARG(root), STR_ARG(eval->request->target));
    }
    if (str_is_empty(eval->request->query) || str_find_char(base, '?') != SIZE_MAX)
        return base;
    return arena_printf(eval->arena, "%.*s?%.*s", STR_ARG(base), STR_ARG(eval->request->query));
}

/* The same with the port of its scheme written where there is none, and without where there is one:
 * providers sign it either way. */
static struct str read_port_url(struct eval *eval, const struct expr_part *part)
{
    struct str url = read_url(eval, part);
    size_t scheme = str_find(url, STR("://"));
    if (url.p == NULL || scheme == SIZE_MAX)
        return STR_NONE;
    struct str rest = str_sub(url, scheme + 3, url.len);
    struct str path = str_sub(rest, str_find_char(rest, '/'), rest.len);
    struct str host = str_sub(rest, 0, rest.len - path.len);
    size_t colon = str_find_char(host, ':');
    const char *port = str_starts(url, STR("https:")) ? ":443" : ":80";
    return arena_printf(eval->arena, "%.*s%.*s%s%.*s", STR_ARG(str_sub(url, 0, scheme + 3)),
                        STR_ARG(str_sub(host, 0, colon)), colon == SIZE_MAX ? port : "",
                        STR_ARG(path));
}

static struct str read_dlr_url(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    struct str url = eval_setting(eval, STR("dlr_url"));
    if (url.p != NULL)
        return url;
    struct str base = eval_setting(eval, STR("public_url"));
    struct str channel = eval_setting(eval, STR("channel"));
    if (str_is_empty(base) || str_is_empty(channel))
        return STR_NONE;
    if (str_ends(base, STR("/")))
        base.len--;
    return arena_printf(eval->arena, "%.*s/dlr/%.*s", STR_ARG(base), STR_ARG(channel));
}

/* computed ---------------------------------------------------------------------------------- */

static struct str read_basic(struct eval *eval, const struct expr_part *part)
{
    struct str user = eval_setting(eval, part->literal);
    struct str password = eval_setting(eval, part->second);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES);
    if (user.p == NULL || password.p == NULL)
        return STR_NONE;
    struct str pair = arena_printf(eval->arena, "%.*s:%.*s", STR_ARG(user), STR_ARG(password));
    base64_encode(pair, false, &out);
    return arena_str(eval->arena, buf_str(&out));
}

static struct str read_alphabet(struct eval *eval, const struct expr_part *part)
{
    struct str text = eval->outgoing != NULL ? eval->outgoing->text : eval->reply_text;
    enum gsm_encoding encoding = gsm_measure(text).encoding;
    if (str_is_empty(part->literal))
        return str_from(gsm_encoding_name(encoding));
    struct str word = encoding == GSM_ENCODING_GSM7 ? part->literal : part->second;
    return str_eq(word, STR("-")) ? STR_NONE : word;
}

static struct str read_now(struct eval *eval, const struct expr_part *part)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES);
    time_format(eval->now, part->literal, eval_zone(eval, TIME_UTC), &out);
    return arena_str(eval->arena, buf_str(&out));
}

static struct str read_pairs(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return pairs_eval(eval);
}

/* Names of what a session's memory holds; all others were put into `remember`. */
static struct str read_remembered(struct eval *eval, const struct expr_part *part)
{
    struct str name = part->literal;
    const struct session_memory *session = eval->session;
    struct session_memory of_response = {.is_known = true};
    if (session == NULL && eval->request == NULL && eval->inbound != NULL) {
        of_response.remembered = eval->inbound->remember; /* a response: what will be remembered */
        session = &of_response;
    }
    if (session == NULL || !session->is_known)
        return STR_NONE;
    if (str_eq(name, STR("from")))
        return session->from;
    if (str_eq(name, STR("to")))
        return session->to;
    if (str_eq(name, STR("network")))
        return session->network;
    struct form form;
    if (form_parse(session->remembered, eval->arena, &form) != ERR_OK)
        return STR_NONE;
    return form_get(&form, name);
}

/* the message's own fields ------------------------------------------------------------------ */

/* Of what is being sent, else of what came: conditions are looked at before any field is read. */
#define MESSAGE_FIELD(name)                                                                        \
    static struct str read_##name(struct eval *eval, const struct expr_part *part)                 \
    {                                                                                              \
        (void)part;                                                                                \
        return eval->outgoing != NULL  ? eval->outgoing->name                                      \
               : eval->inbound != NULL ? eval->inbound->name                                       \
                                       : STR_NONE;                                                 \
    }
MESSAGE_FIELD(from)
MESSAGE_FIELD(to)
MESSAGE_FIELD(session)
MESSAGE_FIELD(network)
MESSAGE_FIELD(text)
MESSAGE_FIELD(id)
MESSAGE_FIELD(link)
#undef MESSAGE_FIELD

static struct str read_reply_or_text(struct eval *eval, const struct expr_part *part)
{
    return eval->reply_text.p != NULL ? eval->reply_text : read_text(eval, part);
}

static struct str read_reply_id(struct eval *eval, const struct expr_part *part)
{
    return eval->reply_id.p != NULL ? eval->reply_id : read_id(eval, part);
}

/* Where the provider gave nothing to be given back, its session is. */
static struct str read_link_or_session(struct eval *eval, const struct expr_part *part)
{
    struct str link = read_link(eval, part);
    return link.p == NULL && eval->outgoing != NULL ? eval->outgoing->session : link;
}

static struct str read_phase(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    if (eval->outgoing != NULL)
        return str_from(inbound_phase_name(eval->outgoing->phase));
    return eval->inbound != NULL ? str_from(inbound_phase_name(eval->inbound->phase)) : STR_NONE;
}

static struct str read_reason(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return eval->inbound != NULL ? eval->inbound->reason : STR_NONE;
}

/* as they stand ----------------------------------------------------------------------------- */

static struct str read_document(struct eval *eval, const struct expr_part *part)
{
    return doc_get(eval->doc, &part->path, eval->profile->is_key_case_free);
}

/* As it stood in the body: a number stays a number. */
static struct str read_json_value(struct eval *eval, const struct expr_part *part)
{
    const struct doc *node = doc_find(eval->doc, &part->path, eval->profile->is_key_case_free);
    if (node == NULL || node->kind != DOC_TEXT || node->is_bare)
        return node != NULL && node->kind == DOC_TEXT ? node->text : STR_NONE;
    struct buf quoted CLEANUP(buf_fini);
    buf_init(&quoted, 6 * node->text.len + 3);
    buf_add_json(&quoted, node->text);
    return arena_str(eval->arena, buf_str(&quoted));
}

static struct str read_item(struct eval *eval, const struct expr_part *part)
{
    return doc_get(eval->item, &part->path, eval->profile->is_key_case_free);
}

static struct str read_body(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return eval->body;
}

static struct str read_method(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return eval->method;
}

static struct str read_secret(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return eval->secret;
}

static struct str read_key(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return eval->key;
}

static struct str read_value(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return eval->value;
}

static struct str read_setting(struct eval *eval, const struct expr_part *part)
{
    return eval_setting(eval, part->literal);
}

static struct str read_status(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return arena_printf(eval->arena, "%d", eval->status);
}

static struct str read_index(struct eval *eval, const struct expr_part *part)
{
    (void)part;
    return arena_printf(eval->arena, "%u", eval->index);
}

static struct str read_let(struct eval *eval, const struct expr_part *part)
{
    for (const struct named_value *v = eval->let; v != NULL; v = v->next) {
        if (str_eq(v->name, part->literal))
            return value_eval(eval, &v->value);
    }
    return STR_NONE;
}

/* what an argument must be ------------------------------------------------------------------ */

/* Names that every channel may set (profile.h); the last three belong to the schemes of auth. */
static const char *const common_settings[] = {
    "default_country", "public_url",  "channel", "timezone", "send_url", "dlr_url", "to_pattern",
    "max_age_s",       "tolerance_s", "now",     "secret",   "secret_2", "token",
};

bool setting_is_common(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(common_settings); i++) {
        if (str_eq(name, str_from(common_settings[i])))
            return true;
    }
    return false;
}

static enum err check_json(struct expr_part *part, const struct expr_scope *scope,
                           struct errmsg *msg)
{
    return doc_path_json(part->literal, scope->profile->arena, &part->path, msg);
}

static enum err check_xml(struct expr_part *part, const struct expr_scope *scope,
                          struct errmsg *msg)
{
    (void)scope;
    return doc_path_xml(part->literal, &part->path, msg);
}

static enum err check_item(struct expr_part *part, const struct expr_scope *scope,
                           struct errmsg *msg)
{
    bool is_json = part->literal.len == 0 || part->literal.p[0] == '/';
    return is_json ? check_json(part, scope, msg) : check_xml(part, scope, msg);
}

static enum err check_name(struct str name, const struct profile *p, struct errmsg *msg)
{
    for (uint32_t i = 0; i < p->n_settings; i++) {
        if (str_eq(p->settings[i].name, name))
            return ERR_OK;
    }
    if (setting_is_common(name))
        return ERR_OK;
    return errmsg_set(msg, ERR_INVALID,
                      "the setting '%.*s' is not declared under settings:", STR_ARG(name));
}

static enum err check_setting(struct expr_part *part, const struct expr_scope *scope,
                              struct errmsg *msg)
{
    return check_name(part->literal, scope->profile, msg);
}

static enum err check_let(struct expr_part *part, const struct expr_scope *scope,
                          struct errmsg *msg)
{
    for (const struct named_value *v = scope->let; v != NULL; v = v->next) {
        if (str_eq(v->name, part->literal))
            return ERR_OK;
    }
    return errmsg_set(msg, ERR_INVALID, "'let %.*s' has no line under let: before this one",
                      STR_ARG(part->literal));
}

static enum err note_reports(struct expr_part *part, const struct expr_scope *scope,
                             struct errmsg *msg)
{
    (void)part, (void)msg;
    scope->profile->asks_reports = true;
    return ERR_OK;
}

static enum err check_basic(struct expr_part *part, const struct expr_scope *scope,
                            struct errmsg *msg)
{
    part->second = part->literal;
    part->literal = str_split(&part->second, ' ');
    enum err e = check_name(part->literal, scope->profile, msg);
    return e == ERR_OK ? check_name(part->second, scope->profile, msg) : e;
}

static enum err check_alphabet(struct expr_part *part, const struct expr_scope *scope,
                               struct errmsg *msg)
{
    (void)scope;
    if (part->literal.p == NULL)
        return ERR_OK;
    part->second = part->literal;
    part->literal = str_split(&part->second, ' ');
    if (str_is_empty(part->second))
        return errmsg_set(msg, ERR_INVALID,
                          "alphabet takes two words: for GSM-7 and for UCS-2 ('-' = nothing)");
    return ERR_OK;
}

/* the table --------------------------------------------------------------------------------- */

#define REQUEST (CONTEXT_CALLBACK | CONTEXT_RESPONSE)
#define MESSAGE (CONTEXT_CALLBACK | CONTEXT_RESPONSE | CONTEXT_SEND)
#define BODIES (CONTEXT_CALLBACK | CONTEXT_RESPONSE | CONTEXT_RESULT)
#define ANYWHERE                                                                                   \
    (CONTEXT_CALLBACK | CONTEXT_PAIR | CONTEXT_RESPONSE | CONTEXT_SEND | CONTEXT_RESULT)

static const struct source sources[] = {
    {"form", ARGUMENT_MUST, BODIES, 0, NULL, read_form},
    {"query", ARGUMENT_MAY, REQUEST, 0, NULL, read_query},
    {"param", ARGUMENT_MUST, REQUEST, 0, NULL, read_param},
    {"header", ARGUMENT_MUST, BODIES, NEED_HEADERS, NULL, read_header},
    {"path", ARGUMENT_MAY, REQUEST, 0, NULL, read_path},
    {"json", ARGUMENT_MAY, BODIES, 0, check_json, read_document},
    {"json_value", ARGUMENT_MUST, BODIES, 0, check_json, read_json_value},
    {"xml", ARGUMENT_MUST, BODIES, 0, check_xml, read_document},
    {"item", ARGUMENT_MAY, CONTEXT_CALLBACK, 0, check_item, read_item},
    {"body", ARGUMENT_NONE, BODIES, NEED_BODY, NULL, read_body},
    {"method", ARGUMENT_NONE, CONTEXT_CALLBACK, 0, NULL, read_method},
    {"url", ARGUMENT_NONE, CONTEXT_CALLBACK, NEED_URL, NULL, read_url},
    {"port_url", ARGUMENT_NONE, CONTEXT_CALLBACK, NEED_URL, NULL, read_port_url},
    {"pairs", ARGUMENT_NONE, CONTEXT_CALLBACK, 0, NULL, read_pairs},
    {"secret", ARGUMENT_NONE, CONTEXT_AUTH, 0, NULL, read_secret},
    {"key", ARGUMENT_NONE, CONTEXT_PAIR, 0, NULL, read_key},
    {"value", ARGUMENT_NONE, CONTEXT_PAIR, 0, NULL, read_value},
    {"remembered", ARGUMENT_MUST, REQUEST, NEED_SESSION, NULL, read_remembered},
    {"setting", ARGUMENT_MUST, ANYWHERE, 0, check_setting, read_setting},
    {"let", ARGUMENT_MUST, CONTEXT_SEND, 0, check_let, read_let},
    {"basic", ARGUMENT_MUST, CONTEXT_CALLBACK | CONTEXT_SEND, 0, check_basic, read_basic},
    {"now", ARGUMENT_MUST, CONTEXT_RESPONSE | CONTEXT_SEND, 0, NULL, read_now},
    {"alphabet", ARGUMENT_MAY, CONTEXT_RESPONSE | CONTEXT_SEND, 0, check_alphabet, read_alphabet},
    {"dlr_url", ARGUMENT_NONE, CONTEXT_SEND, 0, note_reports, read_dlr_url},
    {"status", ARGUMENT_NONE, CONTEXT_RESULT, 0, NULL, read_status},
    {"index", ARGUMENT_NONE, CONTEXT_CALLBACK, 0, NULL, read_index},
    {"reason", ARGUMENT_NONE, CONTEXT_RESPONSE, 0, NULL, read_reason},
    {"from", ARGUMENT_NONE, MESSAGE, 0, NULL, read_from},
    {"to", ARGUMENT_NONE, MESSAGE, 0, NULL, read_to},
    {"text", ARGUMENT_NONE, MESSAGE, 0, NULL, read_reply_or_text},
    {"id", ARGUMENT_NONE, MESSAGE, 0, NULL, read_reply_id},
    {"session", ARGUMENT_NONE, MESSAGE, 0, NULL, read_session},
    {"network", ARGUMENT_NONE, MESSAGE, 0, NULL, read_network},
    {"link", ARGUMENT_NONE, MESSAGE, 0, NULL, read_link_or_session},
    {"phase", ARGUMENT_NONE, MESSAGE, 0, NULL, read_phase},
};

const struct source *source_find(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        if (str_eq(word, str_from(sources[i].word)))
            return &sources[i];
    }
    return NULL;
}
