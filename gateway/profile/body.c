#include "profile/model.h"
#include "wire/json.h"
#include "wire/xml.h"

/* reading --------------------------------------------------------------------------------- */

static enum err parse_document(struct eval *eval, struct str text)
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
    struct str type = http_header_get(eval->headers, eval->n_headers, STR("Content-Type"));
    if (eval->body.len == 0)
        return ERR_OK;
    if (p->takes_form && str_eq_nocase(str_sub(type, 0, 19), STR("multipart/form-data"))) {
        eval->body = arena_str(eval->arena, eval->body);
        return form_parse_multipart(eval->body, type, eval->arena, &eval->form);
    }
    bool has_documents = p->takes_json || p->takes_xml;
    if (has_documents && (!p->takes_form || is_document(p, eval->body)))
        return parse_document(eval, eval->body);
    if (!p->takes_form)
        return ERR_OK;
    enum err e = form_parse(eval->body, eval->arena, &eval->form);
    if (e != ERR_OK || !p->is_body_inside)
        return e;
    struct str inside = template_eval(eval, &p->inside);
    return inside.p != NULL ? parse_document(eval, inside) : ERR_OK;
}

void body_read_any(struct eval *eval)
{
    struct profile reader = *eval->profile;
    reader.takes_form = reader.takes_json = reader.takes_xml = true;
    reader.is_body_inside = false;
    const struct profile *own = eval->profile;
    eval->profile = &reader;
    if (body_read(eval) != ERR_OK)
        eval->doc = NULL; /* conditions on its contents fail then */
    eval->profile = own;
}

/* writing --------------------------------------------------------------------------------- */

bool members_render(struct eval *eval, const struct member *members, struct buf *out)
{
    bool is_first = true;
    for (const struct member *m = members; m != NULL; m = m->next) {
        struct str value = value_eval(eval, &m->value);
        if (value.p == NULL)
            continue;
        if (!is_first)
            buf_add_char(out, '&');
        is_first = false;
        form_encode(m->key, out);
        buf_add_char(out, '=');
        form_encode(value, out);
    }
    return buf_error(out) == ERR_OK;
}

/* One expression that is to stand in JSON without quotes. */
static bool is_bare(const struct member *m)
{
    const struct alternative *c = m->value.alternatives;
    const struct part *part = c != NULL ? c->value.parts : NULL;
    return m->is_raw || (part != NULL && part->next == NULL && part->is_escaped);
}

/* False, and nothing is added, for a leaf without a value: its member is left out. Depth is that
 * of the profile's file. */
static bool json_render(struct eval *eval, const struct member *m, struct buf *out)
{
    if (m->kind == MEMBER_LEAF) {
        struct str value = value_eval(eval, &m->value);
        if (value.p == NULL)
            return false;
        if (is_bare(m))
            buf_add_str(out, value);
        else
            buf_add_json(out, value);
        return true;
    }
    bool is_first = true;
    buf_add_char(out, m->kind == MEMBER_MAP ? '{' : '[');
    for (const struct member *child = m->first; child != NULL; child = child->next) {
        size_t begin = out->len;
        if (!is_first)
            buf_add_char(out, ',');
        if (m->kind == MEMBER_MAP) {
            buf_add_json(out, child->key);
            buf_add_char(out, ':');
        }
        if (json_render(eval, child, out))
            is_first = false;
        else
            out->len = begin;
    }
    buf_add_char(out, m->kind == MEMBER_MAP ? '}' : ']');
    return true;
}

bool body_render(struct eval *eval, const struct body *body, struct buf *out)
{
    bool is_good = true;
    switch (body->kind) {
    case BODY_NONE:
        break;
    case BODY_FORM:
        is_good = members_render(eval, body->members, out);
        break;
    case BODY_JSON:
        is_good = json_render(eval, body->members, out);
        break;
    case BODY_TEXT:
        is_good = value_render(eval, &body->text, ESCAPE_NONE, out);
        break;
    case BODY_XML:
        is_good = value_render(eval, &body->text, ESCAPE_XML, out);
        break;
    }
    return is_good && buf_error(out) == ERR_OK;
}

/* A value that would begin a new header line is somebody's trick. */
static bool is_header_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
            return false;
    }
    return true;
}

struct http_header *headers_render(struct eval *eval, const struct body *body, uint32_t *ret_n)
{
    struct http_header *headers =
        arena_new_array(eval->arena, struct http_header, body->n_headers + BODY_SPARE_HEADERS);
    uint32_t n = 0;
    for (const struct named_value *v = body->headers; headers != NULL && v != NULL; v = v->next) {
        struct str value = value_eval(eval, &v->value);
        if (value.p == NULL)
            continue;
        if (!is_header_value(value))
            return NULL;
        headers[n++] = (struct http_header){v->name, arena_str(eval->arena, value)};
    }
    *ret_n = n;
    return headers;
}
