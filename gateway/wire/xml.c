/* doc.h from XML, with expat. */
#include "wire/doc.h"

#include <assert.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "core/utf8.h"

struct reader {
    XML_Parser parser;
    struct arena *arena;
    struct doc *open[DOC_MAX_DEPTH]; /* elements that have begun; [0] is the document */
    struct doc *last[DOC_MAX_DEPTH]; /* last child of each, to append the next one to */
    uint32_t depth;
    struct buf text[DOC_MAX_DEPTH]; /* character data of each so far */
    enum err error;
    const char *why; /* with error */
};

static void fail(struct reader *r, enum err e, const char *why)
{
    if (r->error == ERR_OK)
        r->error = e, r->why = why;
    (void)XML_StopParser(r->parser, XML_FALSE); /* fails only when it has stopped already */
}

static struct str local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return str_from(colon != NULL ? colon + 1 : name);
}

static struct doc *new_node(struct reader *r, enum doc_kind kind, const char *name)
{
    struct doc *node = arena_alloc(r->arena, sizeof(*node));
    if (node == NULL) {
        fail(r, ERR_TOO_LONG, "the file is too big");
        return NULL;
    }
    node->kind = kind;
    node->name = arena_str(r->arena, local_name(name));
    node->text = STR("");
    node->line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
    return node;
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = ctx;
    if (r->depth == DOC_MAX_DEPTH) {
        fail(r, ERR_INVALID, "elements lie too deep in one another");
        return;
    }
    struct doc *node = new_node(r, DOC_MAP, name);
    const struct doc **link = node != NULL ? &node->attribute : NULL;
    for (; link != NULL && attributes[0] != NULL; attributes += 2) {
        struct doc *attribute = new_node(r, DOC_TEXT, attributes[0]);
        if (attribute == NULL)
            return;
        attribute->text = arena_str(r->arena, str_from(attributes[1]));
        *link = attribute;
        link = &attribute->next;
    }
    if (node == NULL)
        return;
    struct doc *parent = r->open[r->depth - 1];
    if (r->last[r->depth - 1] == NULL)
        parent->first = node;
    else
        r->last[r->depth - 1]->next = node;
    r->last[r->depth - 1] = node;
    r->open[r->depth] = node;
    r->last[r->depth] = NULL;
    buf_reset(&r->text[r->depth]);
    r->depth++;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    struct reader *r = ctx;
    (void)name; /* expat has checked that it is the one that is open */
    r->depth--;
    r->open[r->depth]->text = arena_str(r->arena, buf_str(&r->text[r->depth]));
    if (arena_error(r->arena) != ERR_OK || buf_error(&r->text[r->depth]) != ERR_OK)
        fail(r, ERR_TOO_LONG, "the file is too big");
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int n)
{
    struct reader *r = ctx;
    buf_add(&r->text[r->depth - 1], text, (size_t)n);
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name; /* a document type that is only a name declares nothing */
    if (system_id != NULL || public_id != NULL || has_internal_subset)
        fail(ctx, ERR_INVALID, "a document type with content is not read");
}

/* Another encoding than UTF-8 is declared, or shown by a byte order mark. */
static bool is_declared(struct str text)
{
    struct str head = str_sub(text, 0, str_find(text, STR("?>")));
    return str_starts(text, STR("\xff\xfe")) || str_starts(text, STR("\xfe\xff")) ||
           (str_starts(head, STR("<?xml")) && str_find(head, STR("encoding")) != SIZE_MAX &&
            str_find(head, STR("UTF-8")) == SIZE_MAX && str_find(head, STR("utf-8")) == SIZE_MAX);
}

/* Relatives of Latin-1 that expat does not know by name. */
static bool names_latin1(struct str text)
{
    struct str head = str_sub(text, 0, str_find(text, STR("?>")));
    return str_find(head, STR("1252")) != SIZE_MAX || str_find(head, STR("8859-15")) != SIZE_MAX ||
           str_find(head, STR("atin")) != SIZE_MAX;
}

/* XML 1.0, 2.2 */
static bool is_character(int32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
           (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/* The value of "#65" or "#x41"; -1 when it is neither. */
static int32_t numeric_reference(struct str name)
{
    bool is_hex = str_starts(name, STR("#x"));
    struct str digits = str_sub(name, is_hex ? 2 : 1, name.len);
    int32_t code = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const char *found = memchr("0123456789abcdefABCDEF", digits.p[i], is_hex ? 22 : 10);
        if (found == NULL)
            return -1;
        int value = digits.p[i] <= '9' ? digits.p[i] - '0' : (digits.p[i] | 0x20) - 'a' + 10;
        code = code > 0x10ffff ? code : code * (is_hex ? 16 : 10) + value;
    }
    return digits.len > 0 ? code : -1;
}

/* Length of the reference that s begins with and the character it names; 0 when it is none that XML
 * has without a document type: a bare &, "&eacute;". */
static size_t reference_len(struct str s, int32_t *ret_code)
{
    static const struct str names[] = {STR("amp"), STR("lt"), STR("gt"), STR("quot"), STR("apos")};
    struct str name = str_sub(s, 1, str_find_char(str_sub(s, 0, 24), ';'));
    if (name.len + 1 >= s.len || s.p[name.len + 1] != ';')
        return 0;
    *ret_code = str_starts(name, STR("#")) ? numeric_reference(name) : -1;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_eq(name, names[i]))
            *ret_code = '&'; /* any that is one */
    }
    return *ret_code >= 0 ? name.len + 2 : 0;
}

/* Copies the & at s[at] and what belongs to it; the length of what was read. A reference stays, one
 * to no character is U+FFFD, and what is no reference is text. */
static size_t mend_ampersand(struct str s, size_t at, struct buf *out)
{
    int32_t code = 0;
    struct str rest = str_sub(s, at, s.len);
    size_t n = reference_len(rest, &code);
    if (n == 0)
        buf_add_str(out, STR("&amp;"));
    else if (is_character(code))
        buf_add(out, rest.p, n);
    else
        buf_add_str(out, STR("\xef\xbf\xbd"));
    return n == 0 ? 1 : n;
}

/* Copies the text; what is no character in XML is U+FFFD, a bare & is text. */
static void mend(struct str text, bool is_latin1, struct buf *out)
{
    size_t literal_end = 0; /* of a CDATA section, where neither & nor < is a sign */
    for (size_t at = 0; at < text.len;) {
        if (at >= literal_end && str_starts(str_sub(text, at, at + 9), STR("<![CDATA["))) {
            size_t n = str_find(str_sub(text, at, text.len), STR("]]>"));
            literal_end = n == SIZE_MAX ? text.len : at + n;
        }
        if (text.p[at] == '&' && at >= literal_end) {
            at += mend_ampersand(text, at, out);
            continue;
        }
        int32_t c = is_latin1 ? (uint8_t)text.p[at++] : utf8_next(text, &at);
        char bytes[UTF8_MAX_BYTES];
        buf_add(out, bytes, utf8_put(is_character(c) ? c : UTF8_REPLACEMENT, bytes));
    }
}

/* encoding: NULL for the declared one. */
static enum err parse(struct str text, const char *encoding, struct arena *arena,
                      const struct doc **ret, struct xml_fault *fault)
{
    struct doc *document = arena_alloc(arena, sizeof(*document));
    if (document == NULL)
        return ERR_TOO_LONG;
    *document = (struct doc){.kind = DOC_MAP, .text = STR("")};
    struct reader r = {.arena = arena, .open = {document}, .depth = 1};
    static const XML_Memory_Handling_Suite memory = {xmalloc, xrealloc, free};
    r.parser = XML_ParserCreate_MM(encoding, &memory, NULL);
    assert(r.parser != NULL); /* it fails for want of memory only */
    for (uint32_t i = 0; i < DOC_MAX_DEPTH; i++)
        buf_init(&r.text[i], text.len * 2 + 1); /* ISO-8859-1 grows to two bytes */
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    enum XML_Status status =
        XML_Parse(r.parser, text.p != NULL ? text.p : "", (int)text.len, XML_TRUE);
    *fault =
        (struct xml_fault){(uint32_t)XML_GetCurrentLineNumber(r.parser),
                           (uint32_t)XML_GetCurrentColumnNumber(r.parser) + 1,
                           r.why != NULL ? r.why : XML_ErrorString(XML_GetErrorCode(r.parser))};
    XML_ParserFree(r.parser);
    for (uint32_t i = 0; i < DOC_MAX_DEPTH; i++)
        buf_fini(&r.text[i]);
    if (r.error != ERR_OK)
        return r.error;
    if (status != XML_STATUS_OK)
        return ERR_INVALID;
    *ret = document;
    return ERR_OK;
}

enum err xml_read(struct str text, struct arena *arena, const struct doc **ret)
{
    return xml_read_file(text, XML_MAX_BYTES, arena, ret, NULL);
}

enum err xml_read_file(struct str text, size_t max, struct arena *arena, const struct doc **ret,
                       struct xml_fault *fault)
{
    struct xml_fault unused = {.what = NULL};
    fault = fault != NULL ? fault : &unused;
    *fault = (struct xml_fault){1, 1, "the file is too big"};
    if (text.len > max)
        return ERR_TOO_LONG;
    bool has_encoding = is_declared(text);
    if (has_encoding) {
        enum err e = parse(text, NULL, arena, ret, fault);
        if (e != ERR_INVALID)
            return e;
    } /* what is declared is unknown here, or not true */
    struct buf mended CLEANUP(buf_fini);
    buf_init(&mended, 5 * text.len + 1); /* each byte an &amp; */
    mend(text, has_encoding && names_latin1(text), &mended);
    return parse(buf_str(&mended), "UTF-8", arena, ret, fault);
}

/* Quotes and white space matter only inside attributes, where a parser would fold them. */
static void escape(struct str value, bool is_attribute, struct buf *out)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool is_space = c == '\n' || c == '\t' || c == '\r';
        if (c == '&')
            buf_add_str(out, STR("&amp;"));
        else if (c == '<')
            buf_add_str(out, STR("&lt;"));
        else if (c == '>')
            buf_add_str(out, STR("&gt;"));
        else if (is_attribute && (is_space || c == '"' || c == '\''))
            buf_addf(out, "&#%u;", c);
        else if (c < 0x20 && !is_space)
            buf_add_str(out, STR("\xef\xbf\xbd"));
        else
            buf_add_char(out, (char)c);
    }
}

void xml_escape(struct str value, struct buf *out)
{
    escape(value, false, out);
}

void xml_escape_attribute(struct str value, struct buf *out)
{
    escape(value, true, out);
}
