/*
 * The HTTP reader on any bytes: the first byte says how the rest is cut. Read in those pieces it
 * must give the same requests and the same refusal as read whole, and every request must keep what
 * http.h promises.
 */
#include <stdint.h>
#include <stdlib.h>

#include "wire/http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = {.max_head_bytes = 512, .max_body_bytes = 128};

static void require(bool is_kept)
{
    if (!is_kept)
        abort();
}

static void check_request(const struct http_request *q, struct buf *out)
{
    require(str_eq(q->method, STR("GET")) || str_eq(q->method, STR("HEAD")) ||
            str_eq(q->method, STR("POST")) || str_eq(q->method, STR("PUT")));
    require(q->path.len > 0 && q->path.p[0] == '/');
    require(str_find_char(q->path, '?') == SIZE_MAX);
    require(q->n_headers <= HTTP_MAX_HEADERS && q->body.len <= limits.max_body_bytes);
    require(!(http_header_get(q->headers, q->n_headers, STR("Content-Length")).p != NULL &&
              http_header_get(q->headers, q->n_headers, STR("Transfer-Encoding")).p != NULL));
    size_t head_bytes = q->method.len + q->target.len;
    buf_addf(out, "%.*s|%.*s|%.*s|%d|", STR_ARG(q->method), STR_ARG(q->path), STR_ARG(q->query),
             q->is_keep_alive);
    for (uint32_t i = 0; i < q->n_headers; i++) {
        require(q->headers[i].name.len > 0);
        require(str_find_char(q->headers[i].value, '\n') == SIZE_MAX);
        require(str_find_char(q->headers[i].value, '\r') == SIZE_MAX);
        require(str_find_char(q->headers[i].value, '\0') == SIZE_MAX);
        head_bytes += q->headers[i].name.len + q->headers[i].value.len;
        buf_add_str(out, q->headers[i].name);
        buf_add_char(out, '=');
        buf_add_str(out, q->headers[i].value);
        buf_add_char(out, '|');
    }
    require(head_bytes <= limits.max_head_bytes);
    buf_add_str(out, q->body);
    buf_add_char(out, '\n');
}

static void drive(const char *bytes, size_t n, size_t step, struct buf *out)
{
    struct http_reader *r = http_reader_new(&limits);
    enum http_state state = HTTP_STATE_HEAD;
    for (size_t at = 0; at < n && state != HTTP_STATE_ERROR; at += step) {
        state = http_reader_feed(r, bytes + at, step < n - at ? step : n - at);
        while (state == HTTP_STATE_DONE) {
            check_request(http_reader_request(r), out);
            state = http_reader_next(r);
        }
    }
    const char *why = "";
    if (state == HTTP_STATE_ERROR)
        buf_addf(out, "!%d ", http_reader_status(r, &why));
    buf_addf(out, "%s|%d|%d", why, state, http_reader_has_begun(r));
    http_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Longer inputs may hit the bound on pipelined bytes, which does depend on the cutting. */
    if (size < 2 || size > 65536)
        return 0;
    size_t step = data[0] % 61u + 1;
    const char *bytes = (const char *)data + 1;
    struct buf whole, pieces;
    buf_init(&whole, 1 << 22);
    buf_init(&pieces, 1 << 22);
    drive(bytes, size - 1, size - 1, &whole);
    drive(bytes, size - 1, step, &pieces);
    require(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_fini(&whole);
    buf_fini(&pieces);
    return 0;
}
