#include "wire/http/framing.h"

#include <assert.h>
#include <string.h>

/* Size and extensions; nobody we know sends extensions at all. */
#define MAX_SIZE_LINE_BYTES 256u
#define MAX_SIZE_DIGITS 8u

static enum http_chunk_result refuse(struct http_chunk *c, int status, const char *why)
{
    c->status = status;
    c->why = why;
    return HTTP_CHUNK_REFUSED;
}

static void skip_blanks(struct str *s)
{
    while (s->len > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = str_sub(*s, 1, s->len);
}

static bool skip_token(struct str *s)
{
    size_t n = 0;
    while (n < s->len && http_is_token(str_sub(*s, n, n + 1)))
        n++;
    *s = str_sub(*s, n, s->len);
    return n > 0;
}

static bool skip_quoted(struct str *s)
{
    for (size_t i = 1; i < s->len; i++) {
        if (s->p[i] == '"') {
            *s = str_sub(*s, i + 1, s->len);
            return true;
        }
        if (s->p[i] == '\\')
            i++;
    }
    return false;
}

/* *( ";" name [ "=" ( token | quoted-string ) ] ), with blanks where RFC 9112 7.1.1 has to bear
 * them, but none before the first ";": there it would be a blank behind the size. */
static bool is_extensions(struct str s)
{
    if (!http_is_field_text(s))
        return false;
    while (s.len > 0) {
        if (s.p[0] != ';')
            return false;
        s = str_sub(s, 1, s.len);
        skip_blanks(&s);
        if (!skip_token(&s))
            return false;
        skip_blanks(&s);
        if (s.len == 0 || s.p[0] != '=')
            continue;
        s = str_sub(s, 1, s.len);
        skip_blanks(&s);
        if (s.len > 0 && s.p[0] == '"' ? !skip_quoted(&s) : !skip_token(&s))
            return false;
        skip_blanks(&s);
    }
    return true;
}

static bool parse_size_line(struct str line, uint32_t *ret_size)
{
    uint32_t size = 0;
    size_t n = 0;
    for (; n < line.len && hex_value(line.p[n]) >= 0; n++) {
        if (n == MAX_SIZE_DIGITS)
            return false;
        size = size << 4 | (uint32_t)hex_value(line.p[n]);
    }
    *ret_size = size;
    return n > 0 && is_extensions(str_sub(line, n, line.len));
}

/* Moves what has come of the present chunk down to the body. */
static void take_data(struct http_chunk *c, char *bytes, size_t len, struct http_cursor *cursor,
                      size_t *body_end)
{
    size_t n = len - cursor->at < c->n_left ? len - cursor->at : c->n_left;
    memmove(bytes + *body_end, bytes + cursor->at, n);
    *body_end += n;
    c->n_left -= (uint32_t)n;
    cursor->at += n;
    cursor->scanned = cursor->at;
}

static enum http_chunk_result take_size(struct http_chunk *c, struct str line)
{
    if (!parse_size_line(line, &c->n_left))
        return refuse(c, 400, "malformed chunk size");
    if (c->n_left > c->max_body_bytes - c->body_bytes)
        return refuse(c, 413, "chunked body too large");
    c->body_bytes += c->n_left;
    c->phase = c->n_left > 0 ? HTTP_CHUNK_PHASE_DATA : HTTP_CHUNK_PHASE_TRAILER;
    return HTTP_CHUNK_MORE;
}

static enum http_chunk_result take_trailer(struct http_chunk *c, struct str line)
{
    struct str name, value;
    if (line.len == 0)
        return HTTP_CHUNK_DONE;
    if (!http_field_parse(line, &name, &value))
        return refuse(c, 400, "malformed trailer");
    c->trailer_bytes += (uint32_t)line.len + 2;
    return HTTP_CHUNK_MORE;
}

/* A line of the framing: a size, the end of a chunk's data, or a trailer. */
static enum http_chunk_result take_line(struct http_chunk *c, struct str line)
{
    switch (c->phase) {
    case HTTP_CHUNK_PHASE_SIZE:
        return take_size(c, line);
    case HTTP_CHUNK_PHASE_DATA_END:
        c->phase = HTTP_CHUNK_PHASE_SIZE; /* max_line_bytes has left room for an empty line only */
        return HTTP_CHUNK_MORE;
    case HTTP_CHUNK_PHASE_TRAILER:
        return take_trailer(c, line);
    case HTTP_CHUNK_PHASE_DATA:
        break;
    }
    assert(false); /* data is not read by lines */
    return HTTP_CHUNK_REFUSED;
}

static size_t max_line_bytes(const struct http_chunk *c)
{
    switch (c->phase) {
    case HTTP_CHUNK_PHASE_SIZE:
        return MAX_SIZE_LINE_BYTES;
    case HTTP_CHUNK_PHASE_DATA_END:
        return 2;
    case HTTP_CHUNK_PHASE_TRAILER:
        return c->max_trailer_bytes - c->trailer_bytes;
    case HTTP_CHUNK_PHASE_DATA:
        break;
    }
    return 0;
}

enum http_chunk_result http_chunk_decode(struct http_chunk *c, char *bytes, size_t len,
                                         struct http_cursor *cursor, size_t *body_end)
{
    for (;;) {
        if (c->phase == HTTP_CHUNK_PHASE_DATA) {
            take_data(c, bytes, len, cursor, body_end);
            if (c->n_left > 0)
                return HTTP_CHUNK_MORE;
            c->phase = HTTP_CHUNK_PHASE_DATA_END;
        }
        struct str line;
        switch (http_line_take((struct str){bytes, len}, cursor, max_line_bytes(c), &line)) {
        case HTTP_LINE_MORE:
            return HTTP_CHUNK_MORE;
        case HTTP_LINE_TOO_LONG:
            return c->phase == HTTP_CHUNK_PHASE_TRAILER ? refuse(c, 431, "trailers too large")
                                                        : refuse(c, 400, "chunk framing too long");
        case HTTP_LINE_BARE_LF:
            return refuse(c, 400, "bare line feed in the chunk framing");
        case HTTP_LINE_OK:
            break;
        }
        enum http_chunk_result result = take_line(c, line);
        if (result != HTTP_CHUNK_MORE)
            return result;
    }
}

enum { IS_TCHAR = 1, IS_TEXT = 2 };

static const uint8_t classes[256] = {
    ['\t'] = IS_TEXT,
    [' '] = IS_TEXT,
    ['!'] = IS_TEXT | IS_TCHAR,
    ['"'] = IS_TEXT,
    ['#' ... '\''] = IS_TEXT | IS_TCHAR,
    ['(' ... ')'] = IS_TEXT,
    ['*' ... '+'] = IS_TEXT | IS_TCHAR,
    [','] = IS_TEXT,
    ['-' ... '.'] = IS_TEXT | IS_TCHAR,
    ['/'] = IS_TEXT,
    ['0' ... '9'] = IS_TEXT | IS_TCHAR,
    [':' ... '@'] = IS_TEXT,
    ['A' ... 'Z'] = IS_TEXT | IS_TCHAR,
    ['[' ... ']'] = IS_TEXT,
    ['^' ... 'z'] = IS_TEXT | IS_TCHAR,
    ['{'] = IS_TEXT,
    ['|'] = IS_TEXT | IS_TCHAR,
    ['}'] = IS_TEXT,
    ['~'] = IS_TEXT | IS_TCHAR,
    [0x80 ... 0xff] = IS_TEXT,
};

static bool is_all(struct str s, uint8_t class)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((classes[(unsigned char)s.p[i]] & class) == 0)
            return false;
    }
    return true;
}

enum http_line http_line_take(struct str bytes, struct http_cursor *cursor, size_t max_bytes,
                              struct str *ret_line)
{
    size_t left = bytes.len - cursor->at;
    const char *scan = bytes.p + cursor->scanned;
    const char *lf = memchr(scan, '\n', bytes.len - cursor->scanned);
    if (lf == NULL) {
        cursor->scanned = bytes.len;
        return left > max_bytes ? HTTP_LINE_TOO_LONG : HTTP_LINE_MORE;
    }
    const char *start = bytes.p + cursor->at;
    size_t len = (size_t)(lf - start) + 1;
    if (len > max_bytes)
        return HTTP_LINE_TOO_LONG;
    if (len < 2 || lf[-1] != '\r')
        return HTTP_LINE_BARE_LF;
    *ret_line = (struct str){start, len - 2};
    cursor->at += len;
    cursor->scanned = cursor->at;
    return HTTP_LINE_OK;
}

bool http_is_token(struct str s)
{
    return s.len > 0 && is_all(s, IS_TCHAR);
}

bool http_is_field_text(struct str s)
{
    return is_all(s, IS_TEXT);
}

bool http_field_parse(struct str line, struct str *ret_name, struct str *ret_value)
{
    size_t colon = str_find_char(line, ':');
    if (colon == SIZE_MAX)
        return false;
    *ret_name = str_sub(line, 0, colon);
    struct str value = str_sub(line, colon + 1, line.len);
    while (value.len > 0 && (value.p[0] == ' ' || value.p[0] == '\t')) {
        value.p++;
        value.len--;
    }
    while (value.len > 0 && (value.p[value.len - 1] == ' ' || value.p[value.len - 1] == '\t'))
        value.len--;
    *ret_value = value;
    return http_is_token(*ret_name) && http_is_field_text(value);
}
