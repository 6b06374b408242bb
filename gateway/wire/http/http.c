#include "wire/http/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "wire/http/framing.h"

/* A feed is taken in pieces of this size, so that the ceiling of the buffer is a matter of limits
 * and pipelining only, not of how much the caller reads at once. */
#define PIECE_BYTES 16384u
/* What may wait behind a complete request. */
#define MAX_PIPELINED_BYTES 65536u

enum phase {
    PHASE_REQUEST_LINE,
    PHASE_FIELDS,
    PHASE_BODY,
    PHASE_CHUNKS,
    PHASE_DONE,
    PHASE_ERROR,
};

/* Bytes at..at+len of the buffer, which may move while the request is read. */
struct span {
    uint32_t at, len;
};

struct header_span {
    struct span name, value;
};

/* Everything about the request being read. Only there from its first byte to the last, so that an
 * idle connection costs little. */
struct work {
    struct span method, target, path, query;
    bool has_query;
    bool is_http_1_0;
    uint32_t n_fields;
    struct header_span fields[HTTP_MAX_HEADERS];
    uint32_t n_hosts;
    bool has_length, has_coding;
    bool asks_close, asks_keep_alive, expects_continue;
    uint32_t length_bytes;
    size_t body_at, body_end;
    struct http_chunk chunk;
    struct http_request request; /* filled when all is there */
};

struct http_reader {
    struct http_limits limits;
    struct buf bytes;
    struct work *work; /* NULL while nothing of a request has come */
    struct http_cursor cursor;
    enum phase phase;
    int status;
    const char *why;
};

static bool refuse(struct http_reader *r, int status, const char *why)
{
    r->phase = PHASE_ERROR;
    r->status = status;
    r->why = why;
    return false;
}

static struct span span_of(const struct http_reader *r, struct str s)
{
    return (struct span){(uint32_t)(s.p - r->bytes.p), (uint32_t)s.len};
}

static struct str str_of(const struct http_reader *r, struct span s)
{
    return (struct str){r->bytes.p + s.at, s.len};
}

/* ---- request line ---- */

static bool take_method(struct http_reader *r, struct str method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "OPTIONS"};
    if (!http_is_token(method))
        return refuse(r, 400, "malformed method");
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (str_eq(method, str_from(known[i]))) {
            r->work->method = span_of(r, method);
            return true;
        }
    }
    return refuse(r, 501, "unknown method");
}

/* Index of the first byte behind the authority of an absolute target, 0 for an origin-form one,
 * SIZE_MAX for neither. */
static size_t path_index(struct str target)
{
    if (str_starts(target, STR("/")) || str_eq(target, STR("*")))
        return 0;
    size_t at = 0;
    if (str_eq_nocase(str_sub(target, 0, 7), STR("http://")))
        at = 7;
    else if (str_eq_nocase(str_sub(target, 0, 8), STR("https://")))
        at = 8;
    size_t authority = at;
    while (at > 0 && at < target.len && target.p[at] != '/' && target.p[at] != '?')
        at++;
    return at > authority ? at : SIZE_MAX;
}

static bool take_target(struct http_reader *r, struct str target)
{
    for (size_t i = 0; i < target.len; i++) {
        if (target.p[i] <= ' ' || target.p[i] >= 0x7f || target.p[i] == '#')
            return refuse(r, 400, "target with a byte that must be escaped");
    }
    size_t at = path_index(target);
    bool is_options = str_eq(str_of(r, r->work->method), STR("OPTIONS"));
    if (at == SIZE_MAX || (str_eq(target, STR("*")) && !is_options))
        return refuse(r, 400, "target without a path");
    struct str path = str_sub(target, at, target.len);
    size_t mark = str_find_char(path, '?');
    struct work *w = r->work;
    w->target = span_of(r, target);
    w->has_query = mark != SIZE_MAX;
    if (w->has_query)
        w->query = span_of(r, str_sub(path, mark + 1, path.len));
    w->path = span_of(r, str_sub(path, 0, mark));
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_version(struct http_reader *r, struct str version)
{
    if (version.len != 8 || !str_starts(version, STR("HTTP/")) || !is_digit(version.p[5]) ||
        version.p[6] != '.' || !is_digit(version.p[7]))
        return refuse(r, 400, "malformed protocol version");
    if (version.p[5] != '1' || version.p[7] > '1')
        return refuse(r, 505, "protocol version other than 1.0 and 1.1");
    r->work->is_http_1_0 = version.p[7] == '0';
    return true;
}

static bool take_request_line(struct http_reader *r, struct str line)
{
    /* A server should bear an empty line before a request (RFC 9112 2.2); it counts as head. */
    if (line.len == 0)
        return true;
    struct str rest = line;
    struct str method = str_split(&rest, ' ');
    struct str target = rest.p != NULL ? str_split(&rest, ' ') : STR_NONE;
    if (rest.p == NULL)
        return refuse(r, 400, "request line without its three parts");
    if (!take_method(r, method) || !take_target(r, target) || !take_version(r, rest))
        return false;
    r->phase = PHASE_FIELDS;
    return true;
}

/* ---- fields that the framing depends on ---- */

static bool on_host(struct http_reader *r, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.p[i];
        if (c <= ' ' || c >= 0x7f || strchr("/?#@\\\",<>^`{|}", c) != NULL)
            return refuse(r, 400, "malformed Host");
    }
    return ++r->work->n_hosts == 1 || refuse(r, 400, "more than one Host");
}

static bool on_content_length(struct http_reader *r, struct str value)
{
    if (r->work->has_length)
        return refuse(r, 400, "more than one Content-Length");
    r->work->has_length = true;
    uint64_t length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.p[i]))
            return refuse(r, 400, "malformed Content-Length");
        /* Stays above any limit instead of overflowing. */
        length = length > UINT32_MAX ? length : length * 10 + (uint64_t)(value.p[i] - '0');
    }
    if (value.len == 0)
        return refuse(r, 400, "malformed Content-Length");
    if (length > r->limits.max_body_bytes)
        return refuse(r, 413, "body too large");
    r->work->length_bytes = (uint32_t)length;
    return true;
}

static bool on_transfer_encoding(struct http_reader *r, struct str value)
{
    if (r->work->has_coding || !str_eq_nocase(value, STR("chunked")))
        return refuse(r, 400, "Transfer-Encoding other than chunked");
    r->work->has_coding = true;
    return true;
}

static bool on_content_encoding(struct http_reader *r, struct str value)
{
    /* None is taken: a small compressed body may become a huge one. */
    return value.len == 0 || str_eq_nocase(value, STR("identity")) ||
           refuse(r, 415, "Content-Encoding");
}

static bool on_connection(struct http_reader *r, struct str value)
{
    struct str rest = value;
    while (rest.p != NULL) {
        struct str option = str_trim(str_split(&rest, ','));
        r->work->asks_close |= str_eq_nocase(option, STR("close"));
        r->work->asks_keep_alive |= str_eq_nocase(option, STR("keep-alive"));
    }
    return true;
}

static bool on_expect(struct http_reader *r, struct str value)
{
    bool is_continue = str_eq_nocase(value, STR("100-continue"));
    r->work->expects_continue |= is_continue;
    return is_continue || value.len == 0 || refuse(r, 417, "Expect other than 100-continue");
}

static const struct {
    struct str name;
    bool (*take)(struct http_reader *r, struct str value);
} known_fields[] = {
    {{"Host", 4}, on_host},
    {{"Content-Length", 14}, on_content_length},
    {{"Transfer-Encoding", 17}, on_transfer_encoding},
    {{"Content-Encoding", 16}, on_content_encoding},
    {{"Connection", 10}, on_connection},
    {{"Expect", 6}, on_expect},
};

/* The blank line: what the fields mean together, and where the body is. */
static bool finish_head(struct http_reader *r)
{
    struct work *w = r->work;
    if (!w->is_http_1_0 && w->n_hosts == 0)
        return refuse(r, 400, "no Host");
    if (w->has_coding && w->has_length)
        return refuse(r, 400, "Content-Length beside Transfer-Encoding");
    if (w->has_coding && w->is_http_1_0)
        return refuse(r, 400, "Transfer-Encoding in HTTP/1.0");
    w->body_at = w->body_end = r->cursor.at;
    w->chunk = (struct http_chunk){.max_body_bytes = r->limits.max_body_bytes,
                                   .max_trailer_bytes = r->limits.max_head_bytes};
    r->phase = w->has_coding ? PHASE_CHUNKS : PHASE_BODY;
    return true;
}

static bool take_field(struct http_reader *r, struct str line)
{
    struct work *w = r->work;
    struct str name, value;
    if (line.len == 0)
        return finish_head(r);
    if (!http_field_parse(line, &name, &value))
        return refuse(r, 400, "malformed header");
    if (w->n_fields == HTTP_MAX_HEADERS)
        return refuse(r, 431, "too many headers");
    w->fields[w->n_fields++] = (struct header_span){span_of(r, name), span_of(r, value)};
    for (size_t i = 0; i < ARRAY_LEN(known_fields); i++) {
        if (str_eq_nocase(name, known_fields[i].name))
            return known_fields[i].take(r, value);
    }
    return true;
}

/* ---- moving on ---- */

/* One line of the head; false when there is none yet or the request is refused. */
static bool advance_head(struct http_reader *r)
{
    bool is_first = r->phase == PHASE_REQUEST_LINE;
    size_t left = r->limits.max_head_bytes - r->cursor.at;
    struct str line;
    switch (http_line_take(buf_str(&r->bytes), &r->cursor, left, &line)) {
    case HTTP_LINE_MORE:
        return false;
    case HTTP_LINE_TOO_LONG:
        return is_first ? refuse(r, 414, "request line too long")
                        : refuse(r, 431, "head too large");
    case HTTP_LINE_BARE_LF:
        return refuse(r, 400, "bare line feed");
    case HTTP_LINE_OK:
        break;
    }
    return is_first ? take_request_line(r, line) : take_field(r, line);
}

/* Gives the caller's view its pointers; the buffer does not move any more until the next feed. */
static void finish_request(struct http_reader *r)
{
    struct work *w = r->work;
    struct http_request *q = &w->request;
    q->method = str_of(r, w->method);
    q->target = str_of(r, w->target);
    q->path = w->path.len > 0 ? str_of(r, w->path) : STR("/"); /* "http://host?query" */
    q->query = w->has_query ? str_of(r, w->query) : STR_NONE;
    q->n_headers = w->n_fields;
    for (uint32_t i = 0; i < w->n_fields; i++)
        q->headers[i] =
            (struct http_header){str_of(r, w->fields[i].name), str_of(r, w->fields[i].value)};
    q->body = (struct str){r->bytes.p + w->body_at, w->body_end - w->body_at};
    q->is_keep_alive = !w->asks_close && (!w->is_http_1_0 || w->asks_keep_alive);
    r->phase = PHASE_DONE;
}

static void advance_body(struct http_reader *r)
{
    struct work *w = r->work;
    if (r->bytes.len - r->cursor.at < w->length_bytes)
        return;
    w->body_end = w->body_at + w->length_bytes;
    r->cursor.at = r->cursor.scanned = w->body_end;
    finish_request(r);
}

static void advance_chunks(struct http_reader *r)
{
    struct work *w = r->work;
    switch (http_chunk_decode(&w->chunk, r->bytes.p, r->bytes.len, &r->cursor, &w->body_end)) {
    case HTTP_CHUNK_REFUSED:
        (void)refuse(r, w->chunk.status, w->chunk.why);
        return;
    case HTTP_CHUNK_DONE:
        finish_request(r);
        return;
    case HTTP_CHUNK_MORE:
        break;
    }
    /* Close the gap that the framing has left, so that the buffer holds the body and at most one
     * unfinished line. */
    size_t gap = r->cursor.at - w->body_end;
    memmove(r->bytes.p + w->body_end, r->bytes.p + r->cursor.at, r->bytes.len - r->cursor.at);
    r->bytes.len -= gap;
    r->cursor.at -= gap;
    r->cursor.scanned -= gap;
}

static enum http_state state_of(const struct http_reader *r)
{
    switch (r->phase) {
    case PHASE_REQUEST_LINE:
    case PHASE_FIELDS:
        return HTTP_STATE_HEAD;
    case PHASE_BODY:
    case PHASE_CHUNKS:
        return HTTP_STATE_BODY;
    case PHASE_DONE:
        return HTTP_STATE_DONE;
    case PHASE_ERROR:
        break;
    }
    return HTTP_STATE_ERROR;
}

static void advance(struct http_reader *r)
{
    if (r->bytes.len > 0 && r->work == NULL)
        r->work = xcalloc(1, sizeof(*r->work));
    while (r->phase <= PHASE_FIELDS && r->work != NULL && advance_head(r))
        continue;
    if (r->phase == PHASE_BODY)
        advance_body(r);
    else if (r->phase == PHASE_CHUNKS)
        advance_chunks(r);
}

struct http_reader *http_reader_new(const struct http_limits *limits)
{
    struct http_reader *r = xcalloc(1, sizeof(*r));
    r->limits = *limits;
    buf_init(&r->bytes,
             (size_t)limits->max_head_bytes + limits->max_body_bytes + MAX_PIPELINED_BYTES);
    return r;
}

void http_reader_free(struct http_reader *r)
{
    if (r == NULL)
        return;
    buf_fini(&r->bytes);
    free(r->work);
    free(r);
}

enum http_state http_reader_feed(struct http_reader *r, const char *bytes, size_t n)
{
    while (n > 0 && r->phase != PHASE_ERROR) {
        size_t piece = n < PIECE_BYTES ? n : PIECE_BYTES;
        buf_add(&r->bytes, bytes, piece);
        if (buf_error(&r->bytes) != ERR_OK)
            (void)refuse(r, 413, "too much behind a request");
        else if (r->phase == PHASE_DONE)
            finish_request(r); /* the buffer may have moved */
        else
            advance(r);
        bytes += piece;
        n -= piece;
    }
    return state_of(r);
}

enum http_state http_reader_next(struct http_reader *r)
{
    assert(r->phase == PHASE_DONE);
    buf_consume(&r->bytes, r->cursor.at);
    r->cursor = (struct http_cursor){0};
    r->phase = PHASE_REQUEST_LINE;
    free(r->work);
    r->work = NULL;
    if (r->bytes.len == 0)
        buf_fini(&r->bytes);
    advance(r);
    return state_of(r);
}

const struct http_request *http_reader_request(const struct http_reader *r)
{
    assert(r->phase == PHASE_DONE);
    return &r->work->request;
}

int http_reader_status(const struct http_reader *r, const char **ret_why)
{
    assert(r->phase == PHASE_ERROR);
    *ret_why = r->why;
    return r->status;
}

bool http_reader_wants_continue(struct http_reader *r)
{
    bool is_wanted = (r->phase == PHASE_BODY || r->phase == PHASE_CHUNKS) &&
                     r->work->expects_continue && !r->work->is_http_1_0 &&
                     r->bytes.len == r->work->body_at;
    if (is_wanted)
        r->work->expects_continue = false;
    return is_wanted;
}

size_t http_reader_memory_bytes(const struct http_reader *r)
{
    return sizeof(*r) + r->bytes.cap + (r->work != NULL ? sizeof(*r->work) : 0);
}

bool http_reader_has_begun(const struct http_reader *r)
{
    return r->work != NULL;
}
