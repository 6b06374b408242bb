#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max = max_bytes};
}

void buf_fini(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->error = ERR_OK;
    if (b->p != NULL)
        b->p[0] = '\0';
}

/* Makes room for n more bytes and the NUL; false sets the error. */
static bool buf_reserve(struct buf *b, size_t n)
{
    if (b->error != ERR_OK)
        return false;
    if (n > b->max - b->len) {
        b->error = ERR_TOO_LONG;
        return false;
    }
    if (b->len + n < b->cap)
        return true;
    size_t cap = b->cap > 0 ? b->cap : 64;
    while (cap <= b->len + n)
        cap *= 2;
    b->p = xrealloc(b->p, cap);
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    if (n > 0)
        memcpy(b->p + b->len, bytes, n);
    b->len += n;
    b->p[b->len] = '\0';
}

void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.len);
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        b->error = ERR_INVALID;
    if (n >= 0 && buf_reserve(b, (size_t)n)) {
        (void)vsnprintf(b->p + b->len, (size_t)n + 1, fmt, again); /* room was just made */
        b->len += (size_t)n;
    }
    va_end(again);
}

/* ASCII from `from` on that a JSON string holds as it is: nearly all of every text. */
static size_t plain_len(struct str s, size_t from)
{
    size_t at = from;
    while (at < s.len && s.p[at] >= ' ' && s.p[at] != '"' && s.p[at] != '\\' && s.p[at] < 0x7f)
        at++;
    return at - from;
}

void buf_add_html(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.p[i]) {
        case '&':
            buf_add_str(b, STR("&amp;"));
            break;
        case '<':
            buf_add_str(b, STR("&lt;"));
            break;
        case '>':
            buf_add_str(b, STR("&gt;"));
            break;
        case '"':
            buf_add_str(b, STR("&quot;"));
            break;
        default:
            buf_add_char(b, s.p[i]);
        }
    }
}

void buf_add_json(struct buf *b, struct str s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len;) {
        size_t n_plain = plain_len(s, i);
        if (n_plain > 0) {
            buf_add(b, s.p + i, n_plain);
            i += n_plain;
            continue;
        }
        unsigned char c = (unsigned char)s.p[i];
        size_t n = str_utf8_len(s, i);
        if (c == '"' || c == '\\')
            buf_addf(b, "\\%c", c);
        else if (c == '\n')
            buf_add_str(b, STR("\\n"));
        else if (n == 0 || c == 0)
            buf_add_str(b, STR("\xef\xbf\xbd"));
        else if (c < 0x20)
            buf_addf(b, "\\u%04x", c);
        else
            buf_add(b, s.p + i, n);
        i += n > 0 ? n : 1;
    }
    buf_add_char(b, '"');
}

void buf_add_hex(struct buf *b, const void *bytes, size_t n)
{
    if (!buf_reserve(b, 2 * n))
        return;
    hex_encode(bytes, n, b->p + b->len);
    b->len += 2 * n;
}

void buf_consume(struct buf *b, size_t n)
{
    memmove(b->p, b->p + n, b->len - n);
    b->len -= n;
    b->p[b->len] = '\0';
}

enum err buf_error(const struct buf *b)
{
    return b->error;
}

struct str buf_str(const struct buf *b)
{
    return (struct str){b->p != NULL ? b->p : "", b->len};
}
