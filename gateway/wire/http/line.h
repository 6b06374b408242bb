/*
 * http_line.h: lines and fields as http.c and http_chunk.c read them. Inside of wire only.
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
