#include "wire/form.h"

#include <string.h>

/* Decodes s to dst, which has s.len bytes; returns how many were written. */
static size_t decode(struct str s, bool is_plus_blank, char *dst)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        int high = s.p[i] == '%' && i + 2 < s.len ? hex_value(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
        if (low >= 0) {
            dst[n++] = (char)(high << 4 | low);
            i += 2;
        } else {
            dst[n++] = s.p[i] == '+' && is_plus_blank ? ' ' : s.p[i];
        }
    }
    return n;
}

struct str form_decode(struct str value, bool is_plus_blank, struct arena *arena)
{
    char *p = arena_alloc(arena, value.len + 1);
    if (p == NULL)
        return STR_NONE;
    return (struct str){p, decode(value, is_plus_blank, p)};
}

static uint32_t count_pairs(struct str text)
{
    uint32_t n = 1;
    for (size_t i = 0; i < text.len && n <= FORM_MAX_PAIRS; i++)
        n += text.p[i] == '&';
    return n;
}

enum err form_parse(struct str text, struct arena *arena, struct form *ret)
{
    *ret = (struct form){0};
    if (text.len == 0)
        return ERR_OK;
    uint32_t n = count_pairs(text);
    if (n > FORM_MAX_PAIRS)
        return ERR_TOO_LONG;
    struct form_pair *pairs = arena_new_array(arena, struct form_pair, n);
    char *bytes = arena_alloc(arena, text.len + 1);
    if (pairs == NULL || bytes == NULL)
        return ERR_TOO_LONG;
    uint32_t n_pairs = 0;
    struct str rest = text;
    while (rest.p != NULL) {
        struct str value = str_split(&rest, '&');
        if (value.len == 0)
            continue;
        struct str key = str_split(&value, '=');
        struct form_pair *pair = &pairs[n_pairs++];
        pair->key = (struct str){bytes, decode(key, true, bytes)};
        bytes += pair->key.len;
        pair->value = (struct str){bytes, decode(value, true, bytes)};
        bytes += pair->value.len;
    }
    *ret = (struct form){pairs, n_pairs};
    return ERR_OK;
}

struct str form_get(const struct form *form, struct str key)
{
    for (uint32_t i = 0; i < form->n_pairs; i++) {
        if (str_eq(form->pairs[i].key, key))
            return form->pairs[i].value;
    }
    return STR_NONE;
}

struct str form_get_nocase(const struct form *form, struct str key)
{
    for (uint32_t i = 0; i < form->n_pairs; i++) {
        if (str_eq_nocase(form->pairs[i].key, key))
            return form->pairs[i].value;
    }
    return STR_NONE;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void encode(struct str value, const char *blank, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (is_unreserved((char)c))
            buf_add_char(out, (char)c);
        else if (c == ' ')
            buf_add_str(out, str_from(blank));
        else
            buf_add(out, escaped, sizeof(escaped));
    }
}

void form_encode(struct str value, struct buf *out)
{
    encode(value, "+", out);
}

void form_encode_path(struct str value, struct buf *out)
{
    encode(value, "%20", out);
}

/* Value of name="..." (or name=token) in a header's parameters. */
static struct str parameter(struct str header, struct str name)
{
    struct str rest = header;
    (void)str_split(&rest, ';'); /* the value before the parameters */
    while (rest.p != NULL) {
        struct str value = str_trim(str_split(&rest, ';'));
        struct str key = str_trim(str_split(&value, '='));
        if (!str_eq_nocase(key, name))
            continue;
        value = str_trim(value);
        if (value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"')
            value = str_sub(value, 1, value.len - 1);
        return value;
    }
    return STR_NONE;
}

/* name= of a part's Content-Disposition; headers end with the blank line. */
static struct str part_name(struct str headers)
{
    struct str rest = headers;
    while (rest.p != NULL) {
        struct str value = str_trim(str_split(&rest, '\n'));
        struct str key = str_split(&value, ':');
        if (str_eq_nocase(key, STR("Content-Disposition")))
            return parameter(value, STR("name"));
    }
    return STR_NONE;
}

enum err form_parse_multipart(struct str body, struct str content_type, struct arena *arena,
                              struct form *ret)
{
    struct str boundary = parameter(content_type, STR("boundary"));
    struct str delimiter = arena_printf(arena, "--%.*s", STR_ARG(boundary));
    struct form_pair *pairs = arena_new_array(arena, struct form_pair, FORM_MAX_PAIRS);
    if (str_is_empty(boundary))
        return ERR_INVALID;
    if (delimiter.p == NULL || pairs == NULL)
        return ERR_TOO_LONG;
    uint32_t n = 0;
    size_t at = str_find(body, delimiter);
    while (at != SIZE_MAX) {
        struct str part = str_sub(body, at + delimiter.len, body.len);
        if (str_starts(part, STR("--"))) {
            *ret = (struct form){pairs, n};
            return ERR_OK;
        }
        size_t blank = str_find(part, STR("\r\n\r\n"));
        size_t end = str_find(part, delimiter);
        if (blank == SIZE_MAX || end == SIZE_MAX || end < blank + 6)
            return ERR_INVALID;
        if (n == FORM_MAX_PAIRS)
            return ERR_TOO_LONG;
        pairs[n].key = part_name(str_sub(part, 0, blank));
        pairs[n].value = str_sub(part, blank + 4, end - 2);
        if (pairs[n].key.p == NULL)
            return ERR_INVALID;
        n++;
        at += delimiter.len + end;
    }
    return ERR_INVALID;
}
