/*
 * buf.h: bytes that grow up to a ceiling given at init, with a sticky error.
 *
 * Appending past the ceiling adds nothing, sets the error, and every later
 * append is a no-op, so a writer checks once at the end. The contents stay what they were before
 * the append that failed.
 *
 *     struct buf out CLEANUP(buf_fini);
 *     buf_init(&out, 4096);
 *     buf_addf(&out, "%u screens", n);
 *     if (buf_error(&out) != ERR_OK) ...
 */
#pragma once

#include "base/str.h"

struct buf {
    char *p; /* owned; NUL is kept behind the last byte */
    size_t len;
    size_t cap;
    size_t max; /* bytes, without the NUL */
    enum err error;
};

/* Allocates nothing yet. */
void buf_init(struct buf *b, size_t max_bytes);
/* Frees the bytes; the buf may be initialised again. Safe on a zeroed struct. */
void buf_fini(struct buf *b);
/* Forgets contents and error, keeps the memory. */
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As a JSON string with its quotes (RFC 8259 7): escapes ", \ and everything below 0x20; NUL, which
 * PostgreSQL's jsonb refuses, and bytes that are no valid UTF-8 become U+FFFD. */
void buf_add_json(struct buf *b, struct str s);
/* With & < > and " as a page needs them. */
void buf_add_html(struct buf *b, struct str s);
void buf_add_hex(struct buf *b, const void *bytes, size_t n);
/* Drops the first n bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);
/* ERR_OK or ERR_TOO_LONG (ceiling). */
enum err buf_error(const struct buf *b);
/* Borrowed until the next change of the buf. Never absent: p is non-NULL. */
struct str buf_str(const struct buf *b);
