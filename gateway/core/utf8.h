/*
 * utf8.h: UTF-8 one code point at a time, for the text modules of core. Invalid bytes (overlong
 * forms, lone surrogates, cut sequences) are U+FFFD, one per byte, and never stop a reader.
 */
#pragma once

#include "base/str.h"

#define UTF8_REPLACEMENT 0xfffd
#define UTF8_MAX_BYTES 4

/* Code point at text.p[*at], *at < text.len, and moves *at behind it. */
int32_t utf8_next_wide(struct str text, size_t *at);
/* Writes 1 to 4 bytes of a valid code point, returns how many. */
size_t utf8_put(int32_t code, char dst[UTF8_MAX_BYTES]);

/* The same as utf8_next_wide(), which it spares for ASCII. */
static inline int32_t utf8_next(struct str text, size_t *at)
{
    return (uint8_t)text.p[*at] < 0x80 ? text.p[(*at)++] : utf8_next_wide(text, at);
}

/* Code points; an invalid byte counts as one. */
static inline size_t utf8_count(struct str text)
{
    size_t n = 0;
    for (size_t at = 0; at < text.len; n++)
        (void)utf8_next(text, &at);
    return n;
}
/* The text, or its beginning of at most max bytes without half a character at the end. */
struct str utf8_cut(struct str text, size_t max);
