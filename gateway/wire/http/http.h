/*
 * http.h: a strict HTTP/1.1 request reader as a pure push parser (RFC 9112), and the few types that
 * requests and responses share. No sockets, no time: port/front/conn.c feeds it.
 *
 * What it refuses, always with one status and close (docs/reliability.md finding 1, T12): anything
 * but methods GET, HEAD, POST, PUT, OPTIONS; more than one Content-Length, or one that is not
 * 1*DIGIT; Transfer-Encoding other than exactly "chunked", or beside a Content-Length, or in
 * HTTP/1.0; space before a header's colon; folded lines; a bare CR or LF; NUL or other controls; an
 * empty or invalid header name; no Host or two in HTTP/1.1; chunk sizes with sign, prefix, blank or
 * more than 8 hex digits; trailers that are not fields (trailers and chunk extensions are read and
 * dropped); a version other than HTTP/1.0 or HTTP/1.1 (505); a target that is neither a path nor an
 * http URL, or has a control, a blank, a '#' or a byte past ASCII in it; heads, header counts and
 * bodies over the limits (414, 431, 413); other methods (501); Content-Encoding other than identity
 * (415); Expect other than 100-continue (417). Everything without a number here is a 400. Upgrade
 * is not heeded: clients offer h2c with a request that is good as it is (RFC 9110 7.8).
 *
 * How a request is cut into feeds changes nothing about what is read or refused.
 */
#pragma once

#include "base/buf.h"

#define HTTP_MAX_HEADERS 64u

struct http_header {
    struct str name;
    struct str value;
};

struct http_limits {
    uint32_t max_head_bytes; /* request line and headers */
    uint32_t max_body_bytes;
};

struct http_request {
    struct str method;
    struct str target; /* as received; "http://host/path?query" is taken too (RFC 9112 3.2.2) */
    struct str path;   /* from its '/' to before '?', percent-encoding untouched */
    struct str query;  /* behind '?', absent without one */
    struct http_header headers[HTTP_MAX_HEADERS];
    uint32_t n_headers;
    struct str body;
    bool is_keep_alive;
};

struct http_response {
    int status;
    struct str content_type; /* absent = none */
    const struct http_header *headers;
    uint32_t n_headers;
    struct str body;
    bool must_close;
};

/* First value of a header, name compared without case; absent when there is none. */
struct str http_header_get(const struct http_header *headers, uint32_t n, struct str name);
/* "OK", "Bad Request" ... */
const char *http_status_words(int status);

enum http_state {
    HTTP_STATE_HEAD,  /* more bytes of the head are needed */
    HTTP_STATE_BODY,  /* more bytes of the body are needed */
    HTTP_STATE_DONE,  /* a request is complete; http_reader_next for the one behind it */
    HTTP_STATE_ERROR, /* refuse with http_reader_status and close */
};

struct http_reader;
struct http_reader *http_reader_new(const struct http_limits *limits);
void http_reader_free(struct http_reader *r);
/* Takes all n bytes; up to 64 KiB behind a complete request are kept for the next ones. */
enum http_state http_reader_feed(struct http_reader *r, const char *bytes, size_t n);
/* Forgets the finished request and reads on in what is left. */
enum http_state http_reader_next(struct http_reader *r);
/* Valid in HTTP_STATE_DONE until the next feed or next; borrowed from the reader. */
const struct http_request *http_reader_request(const struct http_reader *r);
/* 400, 413, 414, 415, 417, 431, 501 or 505, and why, for the log. */
int http_reader_status(const struct http_reader *r, const char **ret_why);
/* True when the head asked for "100 Continue" and the body has not begun; asked once. */
bool http_reader_wants_continue(struct http_reader *r);
/* True when a byte of the next request has been seen (header timer instead of idle timer). */
bool http_reader_has_begun(const struct http_reader *r);
/* Bytes of memory that the reader holds now; about 200 between requests. */
size_t http_reader_memory_bytes(const struct http_reader *r);
/* Appends the response. A header whose name or value would break the head apart is left out; 1xx,
 * 204 and 304 have no body. Date is given, since wire has no clock. */
void http_response_write(const struct http_response *response, bool keep_alive, bool is_head,
                         struct str date, struct buf *out);
