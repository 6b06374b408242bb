#include <stdlib.h>

#include "core/gsm/gsm.h"
#include "profile/internal.h"
#include "wire/json.h"
#include "wire/xml.h"

/* form, query and header look-ups ---------------------------------------------------------- */

static struct str get(const struct eval *eval, const struct form *form, struct str key)
{
    return eval->profile->is_key_case_free ? form_get_nocase(form, key) : form_get(form, key);
}

static struct str header(const struct eval *eval, struct str name)
{
    return http_header_get(eval->headers, eval->n_headers, name);
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
static struct str request_url(const struct eval *eval)
{
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

static struct str report_url(const struct eval *eval)
{
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

static struct str basic(struct eval *eval, const struct part *part)
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

static struct str alphabet(const struct eval *eval, const struct part *part)
{
    struct str text = eval->outgoing != NULL ? eval->outgoing->text : eval->reply_text;
    enum gsm_encoding encoding = gsm_measure(text).encoding;
    if (str_is_empty(part->literal))
        return str_from(gsm_encoding_name(encoding));
    struct str word = encoding == GSM_ENCODING_GSM7 ? part->literal : part->second;
    return str_eq(word, STR("-")) ? STR_NONE : word;
}

static struct str now(struct eval *eval, const struct part *part)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES);
    time_format(eval->now, part->literal, eval_zone(eval, NULL), &out);
    return arena_str(eval->arena, buf_str(&out));
}

static int compare_pairs(const void *a, const void *b)
{
    const struct form_pair *left = a, *right = b;
    int order = str_cmp(left->key, right->key);
    return order != 0 ? order : str_cmp(left->value, right->value);
}

static bool is_left_out(const struct pairs *pairs, struct str key)
{
    for (const struct template_list *w = pairs->without; w != NULL; w = w->next) {
        if (str_eq(w->text, key))
            return true;
    }
    return false;
}

static struct str replace_characters(struct eval *eval, const struct pairs *pairs, struct str value)
{
    if (pairs->replaced.p == NULL)
        return value;
    char *p = arena_alloc(eval->arena, value.len + 1);
    for (size_t i = 0; p != NULL && i < value.len; i++)
        p[i] = str_find_char(pairs->replaced, value.p[i]) != SIZE_MAX ? pairs->replacement.p[0]
                                                                      : value.p[i];
    return p != NULL ? (struct str){p, value.len} : STR_NONE;
}

/* All pairs of a form or query, by the template of one. */
static struct str signed_pairs(struct eval *eval)
{
    const struct pairs *pairs = eval->pairs;
    const struct form *form = pairs->of == SOURCE_FORM ? &eval->form : &eval->query;
    if (pairs->of == SOURCE_PARAM && eval->form.n_pairs > 0)
        form = &eval->form;
    struct form_pair *sorted = arena_new_array(eval->arena, struct form_pair, form->n_pairs + 1);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, PROFILE_MAX_TEXT_BYTES * 16);
    if (sorted == NULL)
        return STR_NONE;
    for (uint32_t i = 0; i < form->n_pairs; i++)
        sorted[i] = form->pairs[i];
    if (pairs->is_sorted)
        qsort(sorted, form->n_pairs, sizeof(*sorted), compare_pairs);
    for (uint32_t i = 0; i < form->n_pairs; i++) {
        bool is_again = i > 0 && pairs->is_unique && compare_pairs(&sorted[i], &sorted[i - 1]) == 0;
        if (is_again || is_left_out(pairs, sorted[i].key))
            continue;
        eval->key = sorted[i].key;
        eval->value = replace_characters(eval, pairs, sorted[i].value);
        if (!template_render(eval, &pairs->each, ESCAPE_NONE, &out))
            return STR_NONE;
    }
    return buf_error(&out) == ERR_OK ? arena_str(eval->arena, buf_str(&out)) : STR_NONE;
}

/* Names of what a session's memory holds; all others were put into `remember`. */
static struct str remembered(const struct eval *eval, struct str name)
{
    const struct session_memory *session = eval->session;
    struct session_memory of_answer = {.is_known = true};
    if (session == NULL && eval->request == NULL && eval->inbound != NULL) {
        of_answer.remembered = eval->inbound->remember; /* an answer: what will be remembered */
        session = &of_answer;
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

static struct str inbound_field(const struct eval *eval, enum source source)
{
    const struct inbound *in = eval->inbound;
    if (in == NULL)
        return STR_NONE; /* conditions are looked at before any field is read */
    const struct str fields[] = {
        in->from,
        in->to,
        eval->reply_text.p != NULL ? eval->reply_text : in->text,
        eval->reply_id.p != NULL ? eval->reply_id : in->id,
        in->session,
        in->network,
        in->link,
        str_from(inbound_phase_name(in->phase)),
    };
    return fields[source - SOURCE_FROM];
}

static struct str outgoing_field(const struct eval *eval, enum source source)
{
    const struct outgoing *out = eval->outgoing;
    const struct str fields[] = {
        out->from,
        out->to,
        out->text,
        out->id,
        out->session,
        out->network,
        out->link.p != NULL ? out->link : out->session,
        str_from(inbound_phase_name(out->phase)),
    };
    return fields[source - SOURCE_FROM];
}

_Static_assert(SOURCE_PHASE - SOURCE_FROM == 7 && SOURCE_TEXT - SOURCE_FROM == 2 &&
                   SOURCE_LINK - SOURCE_FROM == 6,
               "the tables above are in the order of PROFILE_SOURCES");

static struct str param(const struct eval *eval, struct str key)
{
    struct str value = get(eval, &eval->form, key);
    return value.p != NULL ? value : get(eval, &eval->query, key);
}

static struct str let(struct eval *eval, struct str name)
{
    for (const struct named_value *v = eval->let; v != NULL; v = v->next) {
        if (str_eq(v->name, name))
            return value_eval(eval, &v->value);
    }
    return STR_NONE;
}

struct str source_eval(struct eval *eval, const struct part *part)
{
    bool is_nocase = eval->profile->is_key_case_free;
    switch (part->source) {
    case SOURCE_FORM:
        return get(eval, &eval->form, part->literal);
    case SOURCE_QUERY:
        return part->literal.p != NULL ? get(eval, &eval->query, part->literal) : eval->query_text;
    case SOURCE_PARAM:
        return param(eval, part->literal);
    case SOURCE_HEADER:
        return header(eval, part->literal);
    case SOURCE_PATH:
        return part->literal.p != NULL ? path_capture(eval, part->literal) : eval->rest;
    case SOURCE_JSON:
    case SOURCE_XML:
        return doc_get(eval->doc, &part->path, is_nocase);
    case SOURCE_ITEM:
        return doc_get(eval->item, &part->path, is_nocase);
    case SOURCE_BODY:
        return eval->body;
    case SOURCE_METHOD:
        return eval->method;
    case SOURCE_URL:
        return request_url(eval);
    case SOURCE_PAIRS:
        return eval->pairs != NULL ? signed_pairs(eval) : STR_NONE;
    case SOURCE_SECRET:
        return eval->secret;
    case SOURCE_KEY:
        return eval->key;
    case SOURCE_VALUE:
        return eval->value;
    case SOURCE_REMEMBERED:
        return remembered(eval, part->literal);
    case SOURCE_SETTING:
        return eval_setting(eval, part->literal);
    case SOURCE_LET:
        return let(eval, part->literal);
    case SOURCE_BASIC:
        return basic(eval, part);
    case SOURCE_NOW:
        return now(eval, part);
    case SOURCE_ALPHABET:
        return alphabet(eval, part);
    case SOURCE_DLR_URL:
        return report_url(eval);
    case SOURCE_STATUS:
        return arena_printf(eval->arena, "%d", eval->status);
    case SOURCE_INDEX:
        return arena_printf(eval->arena, "%u", eval->index);
    case SOURCE_REASON:
        return eval->inbound != NULL ? eval->inbound->reason : STR_NONE;
    case SOURCE_FROM:
    case SOURCE_TO:
    case SOURCE_TEXT:
    case SOURCE_ID:
    case SOURCE_SESSION:
    case SOURCE_NETWORK:
    case SOURCE_LINK:
    case SOURCE_PHASE:
        return eval->outgoing != NULL ? outgoing_field(eval, part->source)
                                      : inbound_field(eval, part->source);
    case N_SOURCES:
        break;
    }
    return STR_NONE;
}

/* bodies ------------------------------------------------------------------------------------ */

static enum err read_document(struct eval *eval, struct str text)
{
    struct str trimmed = str_trim(text);
    if (str_starts(trimmed, STR("\xef\xbb\xbf")))
        trimmed = str_trim(str_sub(trimmed, 3, trimmed.len));
    if (eval->profile->takes_xml && (str_starts(trimmed, STR("<")) || !eval->profile->takes_json))
        return xml_read(text, eval->arena, &eval->doc);
    return json_read(text, eval->arena, &eval->doc);
}

/* Does the text look like the documents that this profile takes? */
static bool is_document(const struct profile *p, struct str text)
{
    text = str_trim(text);
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_trim(str_sub(text, 3, text.len));
    char first = text.len > 0 ? text.p[0] : ' ';
    return (p->takes_json && (first == '{' || first == '[')) || (p->takes_xml && first == '<');
}

enum err body_read(struct eval *eval)
{
    const struct profile *p = eval->profile;
    struct str type = header(eval, STR("Content-Type"));
    if (eval->body.len == 0)
        return ERR_OK;
    if (p->takes_form && str_eq_nocase(str_sub(type, 0, 19), STR("multipart/form-data"))) {
        eval->body = arena_str(eval->arena, eval->body);
        return form_parse_multipart(eval->body, type, eval->arena, &eval->form);
    }
    bool has_documents = p->takes_json || p->takes_xml;
    if (has_documents && (!p->takes_form || is_document(p, eval->body)))
        return read_document(eval, eval->body);
    if (!p->takes_form)
        return ERR_OK;
    enum err e = form_parse(eval->body, eval->arena, &eval->form);
    if (e != ERR_OK || !p->is_body_inside)
        return e;
    struct str inside = template_eval(eval, &p->inside);
    return inside.p != NULL ? read_document(eval, inside) : ERR_OK;
}
