#include "wire/form.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes s to dst, which has s.len bytes; returns how many were written. */
static size_t decode(struct str s, bool is_plus_blank, char *dst)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        int high = s.p[i] == '%' && i + 2 < s.len ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
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
