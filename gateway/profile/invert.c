/*
 * From a rendered text back to the values in it, for the built-in simulator and for `channel test`,
 * which read our own requests and the providers' sample answers. A template is literals and
 * expressions in turn: each expression is what stands between the literals around it.
 */
#include "core/gsm/gsm.h"
#include "profile/internal.h"
#include "wire/json.h"

static struct str newlines_back(struct str value, struct str newline, struct arena *arena)
{
    char *p = arena_alloc(arena, value.len + 1);
    size_t n = 0;
    newline = str_eq(newline, STR("crlf")) ? STR("\r\n") : newline;
    for (size_t i = 0; p != NULL && i < value.len;) {
        bool is_newline = newline.len > 0 && str_starts(str_sub(value, i, value.len), newline);
        p[n++] = is_newline ? '\n' : value.p[i];
        i += is_newline ? newline.len : 1;
    }
    return p != NULL ? (struct str){p, n} : STR_NONE;
}

/* The five entities and numbers that xml_escape writes. */
static struct str xml_unescape(struct str value, struct arena *arena)
{
    static const struct {
        const char *escaped;
        char plain;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&#10;", '\n'}, {"&#34;", '"'}};
    char *p = arena_alloc(arena, value.len + 1);
    size_t n = 0;
    for (size_t i = 0; p != NULL && i < value.len;) {
        size_t k = 0;
        while (k < ARRAY_LEN(entities) &&
               !str_starts(str_sub(value, i, value.len), str_from(entities[k].escaped)))
            k++;
        p[n++] = k < ARRAY_LEN(entities) ? entities[k].plain : value.p[i];
        i += k < ARRAY_LEN(entities) ? str_from(entities[k].escaped).len : 1;
    }
    return p != NULL ? (struct str){p, n} : STR_NONE;
}

/* Undoes one filter where that is possible; the rest changes nothing that could be known again. */
static struct str undo(const struct filter *f, struct str value, struct arena *arena)
{
    static const struct {
        enum filter_kind kind, back;
    } inverses[] = {
        {FILTER_TO_HEX, FILTER_FROM_HEX},      {FILTER_TO_BASE64, FILTER_FROM_BASE64},
        {FILTER_TO_GSM, FILTER_FROM_GSM},      {FILTER_TO_BASE64URL, FILTER_FROM_BASE64},
        {FILTER_PERCENT, FILTER_FROM_PERCENT}, {FILTER_TO_UTF16BE, FILTER_FROM_UTF16BE},
    };
    struct profile nobody = {.arena = arena};
    struct eval eval = {.profile = &nobody, .arena = arena};
    if (f->kind == FILTER_DIGITS)
        return value.len > 6 && value.p[0] >= '1' && value.p[0] <= '9'
                   ? arena_printf(arena, "+%.*s", STR_ARG(value))
                   : value;
    if (f->kind == FILTER_ATTRIBUTE)
        return xml_unescape(value, arena);
    if (f->kind == FILTER_NEWLINE)
        return newlines_back(value, f->argument, arena);
    for (size_t i = 0; i < ARRAY_LEN(inverses); i++) {
        struct filter back = {.kind = inverses[i].back};
        struct str undone = STR_NONE;
        if (inverses[i].kind == f->kind)
            undone = filter_apply(&eval, &back, value);
        if (undone.p != NULL)
            return undone;
    }
    return value;
}

static struct str undo_all(const struct filter *filters, struct str value, struct arena *arena)
{
    if (filters == NULL)
        return value;
    return undo(filters, undo_all(filters->next, value, arena), arena);
}

/* Where the next literal begins at or behind `from`; the end of the text behind the last one. */
static size_t next_literal(const struct part *part, struct str text, size_t from)
{
    while (part != NULL && !part->is_literal)
        part = part->next;
    if (part == NULL)
        return text.len;
    if (part->next == NULL && str_ends(text, part->literal))
        return text.len - part->literal.len >= from ? text.len - part->literal.len : SIZE_MAX;
    size_t at = str_find(str_sub(text, from, text.len), part->literal);
    return at == SIZE_MAX ? SIZE_MAX : from + at;
}

static bool value_invert(const struct value *value, struct str text,
                         struct str (*unescape)(struct str, struct arena *), struct arena *arena,
                         struct inverted *ret);

/* A computed value holds the message's fields in its turn. */
static void take_let(struct str name, struct str value, struct arena *arena, struct inverted *ret)
{
    const struct named_value *all = ret->let;
    for (const struct named_value *v = all; v != NULL; v = v->next) {
        if (!str_eq(v->name, name))
            continue;
        ret->let = NULL;                                        /* one level is enough, and ends */
        (void)value_invert(&v->value, value, NULL, arena, ret); /* what fits is taken */
        ret->let = all;
    }
}

static void take(const struct part *part, struct str value, struct arena *arena,
                 struct inverted *ret)
{
    if (part->source == SOURCE_LET)
        take_let(part->literal, value, arena, ret);
    struct str *place = part->source == SOURCE_FROM   ? &ret->from
                        : part->source == SOURCE_TO   ? &ret->to
                        : part->source == SOURCE_TEXT ? &ret->text
                        : part->source == SOURCE_ID   ? &ret->id
                                                      : NULL;
    if (place != NULL && place->p == NULL)
        *place = value;
}

/* unescape may be NULL. False when the literals do not fit; *ret may be partly filled then. */
static bool invert(const struct template *t, struct str text,
                   struct str (*unescape)(struct str, struct arena *), struct arena *arena,
                   struct inverted *ret)
{
    size_t at = 0;
    for (const struct part *part = t->parts; part != NULL; part = part->next) {
        if (part->is_literal) {
            if (!str_starts(str_sub(text, at, text.len), part->literal))
                return false;
            at += part->literal.len;
            continue;
        }
        size_t end = next_literal(part->next, text, at);
        if (end == SIZE_MAX)
            return false;
        struct str value = str_sub(text, at, end);
        if (unescape != NULL && !part->is_escaped)
            value = unescape(value, arena);
        take(part, undo_all(part->filters, value, arena), arena, ret);
        at = end;
    }
    return at == text.len;
}

/* "coding: {alphabet - 2}": is there in one alphabet, and not in the other. */
static const struct part *alphabet_part(const struct value *value)
{
    const struct choice *c = value->choices;
    const struct part *part = c != NULL && c->next == NULL ? c->value.parts : NULL;
    bool is_alone = part != NULL && !part->is_literal && part->next == NULL;
    return is_alone && part->source == SOURCE_ALPHABET && part->second.p != NULL ? part : NULL;
}

/* Which alphabet a form says that its text is in. */
static void find_alphabet(const struct member *members, const struct form *form,
                          struct inverted *ret)
{
    for (const struct member *m = members; m != NULL; m = m->next) {
        const struct part *part = alphabet_part(&m->value);
        struct str value = form_get(form, m->key);
        if (part == NULL)
            continue;
        if (value.p == NULL)
            value = STR("-");
        if (str_eq(value, part->literal))
            ret->alphabet = STR("gsm7");
        else if (str_eq(value, part->second))
            ret->alphabet = STR("ucs2");
    }
}

/* False for an alternative of the other alphabet; of other conditions nothing can be known. */
static bool may_hold(const struct conditions *when, const struct inverted *ret)
{
    for (const struct condition *c = when->all; c != NULL && ret->alphabet.p != NULL; c = c->next) {
        const struct part *part = c->left.parts;
        bool is_alphabet = part != NULL && !part->is_literal && part->source == SOURCE_ALPHABET;
        if (is_alphabet && c->kind == CONDITION_IS && c->values != NULL &&
            !str_eq(c->values->text, ret->alphabet))
            return false;
    }
    return true;
}

/* The first alternative that fits. */
static bool value_invert(const struct value *value, struct str text,
                         struct str (*unescape)(struct str, struct arena *), struct arena *arena,
                         struct inverted *ret)
{
    for (const struct choice *c = value->choices; c != NULL; c = c->next) {
        struct inverted tried = *ret;
        if (!may_hold(&c->when, ret) ||
            !invert(&c->value, undo_all(value->filters, text, arena), unescape, arena, &tried))
            continue;
        *ret = tried;
        return true;
    }
    return false;
}

static void form_invert(const struct member *members, struct str text, struct arena *arena,
                        struct inverted *ret)
{
    struct form form;
    if (form_parse(text, arena, &form) != ERR_OK)
        return;
    find_alphabet(members, &form, ret);
    for (const struct member *m = members; m != NULL; m = m->next) {
        struct str value = form_get(&form, m->key);
        if (value.p != NULL)
            (void)value_invert(&m->value, value, NULL, arena, ret); /* what fits is taken */
    }
}

static const struct doc *find_child(const struct doc *node, struct str key)
{
    const struct doc *child = node->first;
    while (child != NULL && !str_eq(child->name, key))
        child = child->next;
    return child;
}

static void json_invert(const struct member *m, const struct doc *node, struct arena *arena,
                        struct inverted *ret)
{
    if (m->kind == MEMBER_LEAF) {
        (void)value_invert(&m->value, node->text, NULL, arena, ret); /* what fits is taken */
        return;
    }
    const struct doc *child = node->first;
    for (const struct member *k = m->first; k != NULL; k = k->next) {
        if (m->kind == MEMBER_MAP)
            child = find_child(node, k->key);
        if (child != NULL)
            json_invert(k, child, arena, ret);
        if (m->kind == MEMBER_LIST && child != NULL)
            child = child->next;
    }
}

static struct str path_unescape(struct str value, struct arena *arena)
{
    return form_decode(value, false, arena);
}

void body_invert(const struct body *body, struct str text, struct arena *arena,
                 struct inverted *ret)
{
    const struct doc *doc;
    switch (body->kind) {
    case BODY_NONE:
        break;
    case BODY_FORM:
        form_invert(body->members, text, arena, ret);
        break;
    case BODY_JSON:
        if (json_read(text, arena, &doc) == ERR_OK)
            json_invert(body->members, doc, arena, ret);
        break;
    case BODY_TEXT:
        (void)value_invert(&body->text, text, NULL, arena, ret); /* what fits is taken */
        break;
    case BODY_XML:
        (void)value_invert(&body->text, text, xml_unescape, arena, ret);
        break;
    }
}

/* One of the leaf's alternatives is this constant, or has expressions, which fit anything. */
static bool leaf_fits(const struct member *m, const struct doc *node)
{
    for (const struct choice *c = m->value.choices; c != NULL; c = c->next) {
        const struct part *part = c->value.parts;
        bool is_constant = part == NULL || (part->is_literal && part->next == NULL);
        if (!is_constant || str_eq(part != NULL ? part->literal : STR(""), node->text))
            return true;
    }
    return m->value.choices == NULL;
}

static bool json_fits(const struct member *m, const struct doc *node)
{
    const struct doc *child = node->first;
    if (m->kind == MEMBER_LEAF)
        return leaf_fits(m, node);
    for (const struct member *k = m->first; k != NULL; k = k->next) {
        if (m->kind == MEMBER_MAP)
            child = find_child(node, k->key);
        if (child != NULL && !json_fits(k, child))
            return false;
        if (m->kind == MEMBER_LIST && child != NULL)
            child = child->next;
    }
    return true;
}

bool body_fits(const struct body *body, struct str text, struct arena *arena)
{
    const struct doc *doc;
    struct inverted ignored = {.text = STR_NONE};
    switch (body->kind) {
    case BODY_NONE:
    case BODY_FORM:
        return false;
    case BODY_JSON:
        return json_read(text, arena, &doc) == ERR_OK && json_fits(body->members, doc);
    case BODY_TEXT:
    case BODY_XML:
        return value_invert(&body->text, text, NULL, arena, &ignored);
    }
    return false;
}

enum err profile_simulate(const struct profile *p, const struct http_request *request,
                          struct str new_id, struct arena *arena, struct outgoing *ret,
                          struct http_response *ret_answer)
{
    const struct send *send = &p->send;
    struct inverted found = {.let = send->let};
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 8192);
    form_invert(send->request.query, request->query, arena, &found);
    body_invert(&send->request.body, request->body, arena, &found);
    if (found.to.p == NULL)
        (void)value_invert(&send->request.url, request->target, path_unescape, arena, &found);
    if (!send->is_declared || found.to.p == NULL || found.text.p == NULL)
        return ERR_INVALID;
    *ret =
        (struct outgoing){.from = found.from, .to = found.to, .text = found.text, .id = found.id};
    struct outgoing answered = {.id = new_id, .to = found.to, .from = found.from};
    struct eval eval = {.profile = p, .arena = arena, .outgoing = &answered};
    if (!body_render(&eval, &send->sample, &out))
        return arena_error(arena) == ERR_OK ? ERR_INVALID : ERR_TOO_LONG;
    uint32_t n = 0;
    const struct http_header *headers = headers_render(&eval, &send->sample, &n);
    *ret_answer = (struct http_response){
        .status = send->sample.is_declared ? send->sample.status : 200,
        .content_type = send->sample.type,
        .headers = headers,
        .n_headers = headers != NULL ? n : 0,
        .body = arena_str(arena, buf_str(&out)),
    };
    return arena_error(arena) == ERR_OK ? ERR_OK : ERR_TOO_LONG;
}
