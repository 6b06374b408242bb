/* Bodies of requests read, and bodies and headers written, as a profile says. */
#include "core/gsm/gsm.h"
#include "profile/load.h"
#include "wire/doc.h"

#include <string.h>

/* reading --------------------------------------------------------------------------------- */

/* The body of a document that is written in UTF-16, with a mark or without, in UTF-8; else absent.
 */
static struct str from_utf16(struct str body, struct arena *arena)
{
    static const char firsts[] = "{[<";
    if (body.len < 4)
        return STR_NONE;
    bool is_big = str_starts(body, STR("\xfe\xff")) ||
                  (body.p[0] == '\0' && memchr(firsts, body.p[1], 3) != NULL);
    bool is_little = str_starts(body, STR("\xff\xfe")) ||
                     (body.p[1] == '\0' && memchr(firsts, body.p[0], 3) != NULL);
    size_t len = body.len & ~(size_t)1;
    char *big = is_big || is_little ? arena_alloc(arena, len) : NULL;
    if (big == NULL)
        return STR_NONE;
    for (size_t i = 0; i < len; i++)
        big[i] = body.p[i ^ (is_big ? 0u : 1u)];
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 2 * len);
    return gsm_from_utf16be((struct str){big, len}, &out) == ERR_OK
               ? arena_str(arena, buf_str(&out))
               : STR_NONE;
}

/* The body of a document in UTF-8, as far as can be known. Latin-1 has to be named, by the header;
 * what an XML declaration names, XML's reader knows. */
static struct str document_text(struct eval *eval, struct str type)
{
    struct str text = from_utf16(eval->body, eval->arena);
    if (text.p != NULL)
        return text;
    struct str charset = text_lower(eval->arena, type);
    bool is_latin1 = str_find(charset, STR("8859-1")) != SIZE_MAX ||
                     str_find(charset, STR("latin1")) != SIZE_MAX ||
                     str_find(charset, STR("windows-1252")) != SIZE_MAX;
    return is_latin1 && !str_starts(eval->body, STR("<?xml")) && !text_is_clean(eval->body)
               ? text_from_latin1(eval->arena, eval->body)
               : eval->body;
}

static enum err parse_document(struct eval *eval, struct str text)
{
    struct str trimmed = str_trim(text);
    if (str_starts(trimmed, STR("\xef\xbb\xbf")))
        trimmed = str_trim(str_sub(trimmed, 3, trimmed.len));
    if (eval->profile->takes_xml && (str_starts(trimmed, STR("<")) || !eval->profile->takes_json))
        return xml_read(trimmed, eval->arena, &eval->doc); /* nothing may stand before <?xml */
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
    struct str document = has_documents ? document_text(eval, type) : STR_NONE;
    if (has_documents && (!p->takes_form || is_document(p, document)))
        return parse_document(eval, document);
    if (!p->takes_form)
        return ERR_OK;
    struct str pairs = eval->body;
    while (str_ends(pairs, STR("\n")) || str_ends(pairs, STR("\r")))
        pairs.len--; /* in a value a line end is escaped: this one is of who wrote the body */
    enum err e = form_parse(pairs, eval->arena, &eval->form);
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
    const struct expr_part *part = c != NULL ? c->value.parts : NULL;
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
    uint32_t n = BODY_SPARE_HEADERS;
    for (const struct named_value *v = body->headers; v != NULL; v = v->next)
        n++;
    struct http_header *headers = arena_new_array(eval->arena, struct http_header, n);
    n = 0;
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

/* from YAML -------------------------------------------------------------------------------- */

/* Is it JSON as it stands: a number, true, false or null? */
static bool is_json_word(const struct yaml_node *node)
{
    struct str s = node->text;
    if (node->is_quoted || s.len == 0)
        return false;
    if (str_word_index("true false null", ' ', s) >= 0)
        return true;
    size_t from = s.p[0] == '-' ? 1 : 0;
    bool is_number = s.len > from && s.len < 16 && (s.p[from] != '0' || s.len == from + 1);
    for (size_t i = from; i < s.len; i++)
        is_number = is_number && s.p[i] >= '0' && s.p[i] <= '9';
    return is_number;
}

/* A map that is a value with alternatives, and no JSON object: it has `in` and nothing unknown. */
static bool is_value_map(const struct yaml_node *node)
{
    if (node->kind != YAML_KIND_MAP || yaml_get(node, STR("in")) == NULL)
        return false;
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next) {
        if (str_word_index("in when then match not default", ' ', n->key) < 0)
            return false;
    }
    return true;
}

/* Depth is that of the YAML file, which has a ceiling. */
static struct member *read_json(struct yaml_map *m, const struct yaml_node *at)
{
    struct member *member = load_alloc(m, sizeof(*member), at);
    if (member == NULL)
        return NULL;
    member->key = at->key;
    if (at->kind == YAML_KIND_SCALAR || is_value_map(at)) {
        member->is_raw = at->kind == YAML_KIND_SCALAR && is_json_word(at);
        load_value(m, at, VALUE_TEXT, NULL, NULL, &member->value);
        return member;
    }
    member->kind = at->kind == YAML_KIND_MAP ? MEMBER_MAP : MEMBER_LIST;
    struct member **link = &member->first;
    for (const struct yaml_node *n = at->first; n != NULL; n = n->next) {
        *link = read_json(m, n);
        if (*link == NULL)
            break;
        link = &(*link)->next;
    }
    return member;
}

static void read_members(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    struct member **link = field;
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write lines of `name: value`"))
        return;
    for (const struct yaml_node *n = at->first; n != NULL; n = n->next) {
        struct member *member = load_alloc(m, sizeof(*member), n);
        if (member == NULL)
            return;
        member->key = n->key;
        load_value(m, n, VALUE_TEXT, NULL, NULL, &member->value);
        *link = member;
        link = &member->next;
    }
}

const struct yaml_type load_members = {.read = read_members, .is_any_kind = true};

/* The body that a content row fills, which may be one only. */
static void begin_content(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at, struct body *body, enum body_kind kind,
                          const char *type)
{
    if (body->kind != BODY_NONE)
        yaml_complain(m->report, at, "keep one of form, json, text and xml", "%s is a second body",
                      row->name);
    body->kind = kind;
    body->type = str_from(type);
}

#define BODY_AROUND(field, member)                                                                 \
    ((struct body *)(void *)((char *)(field)-offsetof(struct body, member)))

static void read_form(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    begin_content(m, row, at, BODY_AROUND(field, members), BODY_FORM,
                  "application/x-www-form-urlencoded");
    read_members(m, row, at, field);
}

static void read_json_body(struct yaml_map *m, const struct yaml_row *row,
                           const struct yaml_node *at, void *field)
{
    begin_content(m, row, at, BODY_AROUND(field, members), BODY_JSON, "application/json");
    *(struct member **)field = read_json(m, at);
}

/* text: and xml: */
static void read_text(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    bool is_xml = str_eq(str_from(row->name), STR("xml"));
    begin_content(m, row, at, BODY_AROUND(field, text), is_xml ? BODY_XML : BODY_TEXT,
                  is_xml ? "text/xml" : "text/plain");
    load_value(m, at, VALUE_TEXT, NULL, NULL, field);
}

const struct yaml_type load_form = {.read = read_form, .is_any_kind = true};
const struct yaml_type load_json = {.read = read_json_body, .is_any_kind = true};
const struct yaml_type load_text = {.read = read_text, .is_any_kind = true};

static void read_body(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    static const struct yaml_row rows[] = {LOAD_BODY_ROWS(struct body, )};
    static const struct yaml_table table = {rows, ARRAY_LEN(rows), 0};
    struct body *body = field;
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX,
                         "write status, type, headers, and one of form, json, text, xml"))
        return;
    *body = (struct body){.is_declared = true};
    yaml_map_fill(m, &table, at, body);
}

const struct yaml_type load_body = {.read = read_body, .is_any_kind = true};

static void read_responses(struct yaml_map *m, const struct yaml_row *row,
                           const struct yaml_node *at, void *field)
{
#define RESPONSE_ROW(name_, index)                                                                 \
    {                                                                                              \
        .name = (name_), .type = &load_body, .offset = (index) * sizeof(struct body)               \
    }
    static const struct yaml_row rows[] = {
        RESPONSE_ROW("ok", RESPONSE_OK),
        RESPONSE_ROW("reply", RESPONSE_REPLY),
        RESPONSE_ROW("open", RESPONSE_OPEN),
        RESPONSE_ROW("close", RESPONSE_CLOSE),
        RESPONSE_ROW("ended", RESPONSE_ENDED),
        RESPONSE_ROW("ignored", RESPONSE_IGNORED),
        RESPONSE_ROW("rejected", RESPONSE_REJECTED),
        RESPONSE_ROW("refused", RESPONSE_REFUSED),
        RESPONSE_ROW("busy", RESPONSE_BUSY),
        RESPONSE_ROW("poll", RESPONSE_POLL),
        RESPONSE_ROW("query", RESPONSE_QUERY),
    };
    static const struct yaml_table table = {rows, ARRAY_LEN(rows), 0};
    struct loader *l = loader_of(m);
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write ok:, open:, close: ..."))
        return;
    unsigned before = l->scope.contexts;
    l->scope.contexts = CONTEXT_RESPONSE;
    yaml_map_fill(m, &table, at, field);
    l->scope.contexts = before;
}

const struct yaml_type load_responses = {.read = read_responses, .is_any_kind = true};
