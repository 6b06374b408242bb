/*
 * framing.h: what http.c cuts requests with: lines, fields, and the chunked transfer coding (RFC
 * 9112 7.1), decoded in place. Inside of wire only.
 *
 * A line ends with CRLF. What is looked at twice is only its characters, once for the line feed and
 * once for the grammar, however small the pieces are in which it comes.
 */
#pragma once

#include "base/str.h"

enum http_line {
    HTTP_LINE_MORE, /* no line feed yet, and there may still come one */
    HTTP_LINE_OK,
    HTTP_LINE_TOO_LONG, /* longer than it may be, or already so without its end */
    HTTP_LINE_BARE_LF,
};

struct http_cursor {
    size_t at;      /* first byte not yet understood */
    size_t scanned; /* from at to here there is no line feed */
};

/* The line at the cursor, without CRLF, at most max_bytes with it; moves the cursor behind it. A
 * carriage return inside is left to the grammar of the line, none of which allows it. */
enum http_line http_line_take(struct str bytes, struct http_cursor *cursor, size_t max_bytes,
                              struct str *ret_line);
/* One or more tchar (RFC 9110 5.6.2). */
bool http_is_token(struct str s);
/* "name: value" (RFC 9112 5) with its optional white space removed; false when it is not. */
bool http_field_parse(struct str line, struct str *ret_name, struct str *ret_value);
/* Field value characters: HTAB, SP, VCHAR and obs-text (RFC 9110 5.5). */
bool http_is_field_text(struct str s);

/* Data is moved down to where the body ends, so that it becomes one piece; extensions and trailers
 * are checked and dropped. */
enum http_chunk_phase {
    HTTP_CHUNK_PHASE_SIZE,
    HTTP_CHUNK_PHASE_DATA,
    HTTP_CHUNK_PHASE_DATA_END,
    HTTP_CHUNK_PHASE_TRAILER,
};

/* Zeroed but for the limits = at the first chunk's size. */
struct http_chunk {
    enum http_chunk_phase phase;
    uint32_t max_body_bytes, max_trailer_bytes;
    uint32_t n_left;        /* bytes of the present chunk still to come */
    uint32_t body_bytes;    /* of all chunks announced so far */
    uint32_t trailer_bytes; /* read so far */
    int status;             /* when refused: 400, 413 or 431, and why */
    const char *why;
};

enum http_chunk_result { HTTP_CHUNK_MORE, HTTP_CHUNK_DONE, HTTP_CHUNK_REFUSED };

/* Reads bytes[cursor->at..len), appends data at bytes[*body_end], which is never behind the cursor,
 * and moves both. */
enum http_chunk_result http_chunk_decode(struct http_chunk *c, char *bytes, size_t len,
                                         struct http_cursor *cursor, size_t *body_end);
