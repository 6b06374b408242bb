/*
 * http_chunk.h: the chunked transfer coding (RFC 9112 7.1), decoded in place. Inside of wire only.
 *
 * Data is moved down to where the body ends, so that it becomes one piece; extensions and trailers
 * are checked and dropped.
 */
#pragma once

#include "wire/http/line.h"

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
