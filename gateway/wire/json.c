/* doc.h from JSON, with jansson. */
#include "wire/doc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "core/utf8.h"

static bool is_digit(struct str s, size_t at)
{
    return at < s.len && s.p[at] >= '0' && s.p[at] <= '9';
}

static size_t skip_digits(struct str s, size_t at)
{
    while (is_digit(s, at))
        at++;
    return at;
}

/* Length of the number (RFC 8259 6) at s[from], or 0. */
static size_t number_len(struct str s, size_t from)
{
    size_t at = from;
    if (s.p[at] == '-')
        at++;
    if (!is_digit(s, at))
        return 0;
    at = s.p[at] == '0' ? at + 1 : skip_digits(s, at);
    if (is_digit(s, at))
        return 0;
    if (at < s.len && s.p[at] == '.') {
        if (!is_digit(s, at + 1))
            return 0;
        at = skip_digits(s, at + 1);
    }
    if (at < s.len && (s.p[at] == 'e' || s.p[at] == 'E')) {
        at++;
        if (at < s.len && (s.p[at] == '+' || s.p[at] == '-'))
            at++;
        if (!is_digit(s, at))
            return 0;
        at = skip_digits(s, at);
    }
    return at - from;
}

/* The four hex digits behind "\\u" at s[at], or -1. */
static int32_t unicode_escape(struct str s, size_t at)
{
    uint8_t bytes[2];
    if (s.len < at + 6 || s.p[at] != '\\' || s.p[at + 1] != 'u' ||
        hex_decode(str_sub(s, at + 2, at + 6), bytes, 2) != ERR_OK)
        return -1;
    return bytes[0] << 8 | bytes[1];
}

static bool is_surrogate(int32_t unit, int32_t first)
{
    return unit >= first && unit < first + 0x400;
}

/* Copies the escape at s[at], what stands for no character as U+FFFD; its length. */
static size_t mend_escape(struct str s, size_t at, struct buf *out)
{
    static const char plain[] = "\"\\/bfnrt";
    size_t n = 2;
    int32_t unit = unicode_escape(s, at);
    bool is_good = at + 1 < s.len && strchr(plain, s.p[at + 1]) != NULL && s.p[at + 1] != '\0';
    if (unit >= 0) {
        bool is_pair =
            is_surrogate(unit, 0xd800) && is_surrogate(unicode_escape(s, at + 6), 0xdc00);
        is_good =
            is_pair || (unit > 0 && !is_surrogate(unit, 0xd800) && !is_surrogate(unit, 0xdc00));
        n = is_pair ? 12 : 6;
    } else if (!is_good) {
        n = 1; /* the backslash alone */
    }
    if (is_good)
        buf_add(out, s.p + at, n);
    else
        buf_add_str(out, STR("\\ufffd"));
    return n;
}

/* Copies the string that begins at s[from], so that jansson takes it: raw line ends and tabs become
 * escapes, what is no character of a text (half a surrogate pair, other raw controls, bytes that
 * are no UTF-8) U+FFFD. Index behind it. */
static size_t mend_string(struct str s, size_t from, struct buf *out)
{
    size_t at = from + 1;
    buf_add_char(out, '"');
    while (at < s.len && s.p[at] != '"') {
        uint8_t c = (uint8_t)s.p[at];
        if (c == '\\') {
            at += mend_escape(s, at, out);
        } else if (c < ' ') {
            bool is_space = c == '\n' || c == '\r' || c == '\t';
            buf_addf(out, "\\u%04x", is_space ? c : UTF8_REPLACEMENT);
            at++;
        } else {
            char bytes[UTF8_MAX_BYTES];
            buf_add(out, bytes, utf8_put(utf8_next(s, &at), bytes));
        }
    }
    if (at < s.len)
        buf_add_char(out, '"');
    return at < s.len ? at + 1 : s.len;
}

/* Index of the first byte from `at` on that is no blank. */
static size_t skip_blanks(struct str s, size_t at)
{
    while (at < s.len && strchr(" \t\r\n", s.p[at]) != NULL && s.p[at] != '\0')
        at++;
    return at;
}

/* Stands before a number in quotes, so that it is known again. */
#define NUMBER_MARK '\x7f'
#define MAX_WHOLE_DIGITS 40u /* of a number with an exponent that is written without */

/* Copies the number at s[from] in quotes, marked. Index behind it; 0: it is none, or a key, which
 * has to be a string. */
static size_t quote_number(struct str s, size_t from, struct buf *out)
{
    size_t n = number_len(s, from);
    size_t next = skip_blanks(s, from + n);
    if (n == 0 || (next < s.len && s.p[next] == ':'))
        return 0;
    buf_add_char(out, '"');
    buf_add_char(out, NUMBER_MARK);
    buf_add(out, s.p + from, n);
    buf_add_char(out, '"');
    return from + n;
}

/* Copies text with every number in quotes and every string mended. ERR_INVALID: nested too deeply,
 * or no JSON. */
static enum err make_plain(struct str text, struct buf *out)
{
    uint32_t depth = 0;
    for (size_t i = 0; i < text.len;) {
        char c = text.p[i];
        if (c == '"') {
            i = mend_string(text, i, out);
            continue;
        }
        if (c == '-' || is_digit(text, i)) {
            i = quote_number(text, i, out);
            if (i == 0)
                return ERR_INVALID;
            continue;
        }
        if (c == '{' || c == '[') {
            if (++depth > DOC_MAX_DEPTH)
                return ERR_INVALID;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
        buf_add_char(out, c);
        i++;
    }
    return buf_error(out);
}

/* Digits of a number in pieces: "2.547e3" has whole "2", fraction "547", shift 3. */
struct decimal {
    struct str whole, fraction;
    uint64_t shift;
};

/* False: it has no point and no exponent, or one that makes it smaller. */
static bool read_decimal(struct str number, struct decimal *ret)
{
    size_t end = skip_digits(number, 0);
    *ret = (struct decimal){.whole = str_sub(number, 0, end)};
    if (end == 0 || end == number.len)
        return false;
    if (number.p[end] == '.') {
        size_t first = end + 1;
        end = skip_digits(number, first);
        ret->fraction = str_sub(number, first, end);
    }
    struct str exponent = str_sub(number, end + 1, number.len);
    if (str_starts(exponent, STR("+")))
        exponent = str_sub(exponent, 1, exponent.len);
    return end == number.len || str_to_u64(exponent, MAX_WHOLE_DIGITS, &ret->shift) == ERR_OK;
}

/* 254700000101.0 and 2.54700000101e11 as 254700000101: some languages write whole numbers so. Only
 * where every digit is told; 2.547e11 was rounded, so it stays as it is and is nobody's number. */
static struct str as_whole(struct str number, struct arena *arena)
{
    struct decimal d;
    if (!read_decimal(number, &d))
        return number;
    struct str fraction = d.fraction;
    while (fraction.len > d.shift && fraction.p[fraction.len - 1] == '0')
        fraction.len--;
    if (fraction.len != d.shift)
        return number;
    struct str digits = arena_printf(arena, "%.*s%.*s", STR_ARG(d.whole), STR_ARG(fraction));
    return d.shift > 0 && str_starts(digits, STR("0")) ? number : digits;
}

/* A string, or a number behind its mark. */
static void convert_text(struct str text, struct doc *node, struct arena *arena)
{
    struct str behind = str_sub(text, 1, text.len);
    node->kind = DOC_TEXT;
    node->is_bare = text.len > 1 && text.p[0] == NUMBER_MARK && number_len(behind, 0) == behind.len;
    node->text = arena_str(arena, node->is_bare ? as_whole(behind, arena) : text);
}

static struct doc *convert(const json_t *value, struct arena *arena);

static bool append(const json_t *value, const char *key, const struct doc ***link,
                   struct arena *arena)
{
    struct doc *child = convert(value, arena);
    if (child == NULL)
        return false;
    if (key != NULL)
        child->name = arena_str(arena, str_from(key));
    **link = child;
    *link = &child->next;
    return true;
}

static bool convert_members(const json_t *value, struct doc *node, struct arena *arena)
{
    const struct doc **link = &node->first;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (!append(json_array_get(value, i), NULL, &link, arena))
                return false;
        }
        return true;
    }
    /* jansson's iterators take a non-const object, but change nothing */
    json_t *object = (json_t *)(uintptr_t)value;
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        if (!append(json_object_iter_value(it), json_object_iter_key(it), &link, arena))
            return false;
    }
    return true;
}

/* NULL when the arena is full. Depth was limited by make_plain. */
static struct doc *convert(const json_t *value, struct arena *arena)
{
    struct doc *node = arena_alloc(arena, sizeof(*node));
    if (node == NULL)
        return NULL;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        node->kind = json_is_object(value) ? DOC_MAP : DOC_LIST;
        if (!convert_members(value, node, arena))
            return NULL;
        break;
    case JSON_STRING:
        convert_text((struct str){json_string_value(value), json_string_length(value)}, node,
                     arena);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        node->kind = DOC_TEXT;
        node->is_bare = true;
        node->text = json_is_true(value) ? STR("true") : STR("false");
        break;
    case JSON_NULL:
    case JSON_INTEGER: /* numbers arrive as strings */
    case JSON_REAL:
        node->kind = DOC_NULL;
        break;
    }
    return node;
}

enum err json_read(struct str text, struct arena *arena, const struct doc **ret)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, text.len);
    struct buf plain CLEANUP(buf_fini);
    buf_init(&plain, 6 * text.len + 1); /* an escape for each byte */
    enum err e = make_plain(text, &plain);
    if (e != ERR_OK)
        return e;
    json_error_t error;
    json_set_alloc_funcs(xmalloc, free); /* or what there is no memory for would be bad JSON */
    json_t *value = json_loadb(buf_str(&plain).p, plain.len, JSON_DECODE_ANY, &error);
    if (value == NULL)
        return ERR_INVALID;
    const struct doc *root = convert(value, arena);
    json_decref(value);
    if (root == NULL || arena_error(arena) != ERR_OK)
        return ERR_TOO_LONG;
    *ret = root;
    return ERR_OK;
}
