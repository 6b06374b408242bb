#include "base/str.h"

#include <string.h>

struct str str_from(const char *cstr)
{
    return cstr != NULL ? (struct str){cstr, strlen(cstr)} : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static unsigned char ascii_lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    }
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq((struct str){s.p, prefix.len}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           str_eq((struct str){s.p + (s.len - suffix.len), suffix.len}, suffix);
}

size_t str_find_char(struct str s, char c)
{
    const char *at = s.len > 0 ? memchr(s.p, c, s.len) : NULL;
    return at != NULL ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.len == 0)
        return 0;
    const char *at = s.len >= needle.len ? memmem(s.p, s.len, needle.p, needle.len) : NULL;
    return at != NULL ? (size_t)(at - s.p) : SIZE_MAX;
}

struct str str_sub(struct str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    /* The absent string stays absent; even NULL + 0 is undefined in C. */
    return s.p != NULL ? (struct str){s.p + from, to - from} : s;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

struct str str_split(struct str *rest, char sep)
{
    struct str all = *rest;
    size_t at = str_find_char(all, sep);
    if (at == SIZE_MAX) {
        *rest = STR_NONE;
        return all;
    }
    *rest = (struct str){all.p + at + 1, all.len - at - 1};
    return (struct str){all.p, at};
}

int str_word_index(const char *words, char sep, struct str word)
{
    const char *end = words;
    if (word.len == 0)
        return -1;
    for (int i = 0;; i++, words = end + 1) {
        end = strchrnul(words, sep);
        if ((size_t)(end - words) == word.len && memcmp(words, word.p, word.len) == 0)
            return i;
        if (*end == '\0')
            return -1;
    }
}

enum err str_to_u64(struct str s, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.len == 0)
        return ERR_INVALID;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return ERR_INVALID;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return ERR_INVALID;
        value = value * 10 + digit;
        if (value > max)
            return ERR_INVALID;
    }
    *ret = value;
    return ERR_OK;
}

int str_cmp(struct str a, struct str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared > 0 ? memcmp(a.p, b.p, shared) : 0;
    if (order != 0)
        return order;
    return a.len == b.len ? 0 : (a.len < b.len ? -1 : 1);
}

enum err str_copy(struct str s, char *dst, size_t dst_bytes)
{
    dst[0] = '\0';
    if (s.len >= dst_bytes)
        return ERR_TOO_LONG;
    if (s.len > 0)
        memcpy(dst, s.p, s.len);
    dst[s.len] = '\0';
    return ERR_OK;
}

uint64_t str_hash(struct str s)
{
    uint64_t hash = 14695981039346656037ULL;
    for (size_t i = 0; i < s.len; i++) {
        hash ^= (unsigned char)s.p[i];
        hash *= 1099511628211ULL;
    }
    return hash;
}

void hex_encode(const void *bytes, size_t n, char *dst)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < n; i++) {
        dst[2 * i] = digits[in[i] >> 4];
        dst[2 * i + 1] = digits[in[i] & 15];
    }
    dst[2 * n] = '\0';
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum err hex_decode(struct str hex, void *dst, size_t n)
{
    unsigned char *out = dst;
    if (hex.len != 2 * n)
        return ERR_INVALID;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(hex.p[2 * i]);
        int low = hex_value(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return ERR_INVALID;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return ERR_OK;
}

/* Well-formed UTF-8 by its first two bytes (Unicode, table 3-7: no surrogates, no overlong forms,
 * nothing past U+10FFFF); every byte after the second is 80..bf. */
static const struct {
    unsigned char first_min, first_max, second_min, second_max, len;
} sequences[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t str_utf8_len(struct str text, size_t from)
{
    const unsigned char *s = (const unsigned char *)text.p + from;
    if (s[0] < 0x80)
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
        size_t n = sequences[i].len;
        if (s[0] < sequences[i].first_min || s[0] > sequences[i].first_max)
            continue;
        if (n > text.len - from || s[1] < sequences[i].second_min || s[1] > sequences[i].second_max)
            return 0;
        for (size_t at = 2; at < n; at++) {
            if ((s[at] & 0xc0) != 0x80)
                return 0;
        }
        return n;
    }
    return 0;
}
