/*
 * reader.h: one person's connection to PostgreSQL, with his or her own login, that reads and never
 * waits. reader_libpq.c wraps libpq. (Commands wait: port/database/database.h; the writer:
 * port/sink/sink.h.)
 *
 * Each open and each ask is answered exactly once through its callback, from the loop, never before
 * the call has returned; a reader that is closed answers no more. Within a callback the reader may
 * be closed or asked again. After ERR_UNAVAILABLE it is down for good: close it. words: what
 * PostgreSQL said, borrowed; "" with ERR_OK.
 */
#pragma once

#include "port/database/database.h"
#include "port/loop.h"

struct reader;
typedef void reader_on_end(void *ctx, enum err e, const char *words);

#define READER_NAME_BYTES 64 /* of a role, NUL included */
#define READER_PASSWORD_BYTES 256

struct reader_login {
    const char *conninfo;      /* where (sink_libpq_check) */
    struct str name, password; /* who, whatever conninfo says of these */
    int64_t timeout_ms;        /* of each statement */
};

/*
 * Copies what it needs; the password is not kept. ERR_DENIED: not this name with this password, or
 * it may not come in. ERR_UNSUPPORTED: PostgreSQL did not ask for the password, so anybody could be
 * anybody. ERR_INVALID: name or password empty, too long, or with a NUL. ERR_UNAVAILABLE: no
 * response.
 *
 * Everything it asks is read-only, ends at timeout_ms (ERR_TIMEOUT), and gives dates as 2026-12-01
 * and times in UTC.
 */
struct reader *reader_libpq_open(struct loop *loop, const struct reader_login *login,
                                 reader_on_end *fn, void *ctx);
/* One statement (its parameters NUL-terminated), only while nothing else is asked. rows is copied
 * and may be NULL; its functions get rows as they come, a limited number in one turn of the loop,
 * and must not close the reader; an error of theirs ends the rows and is what fn gets, with words
 * "". Else errors as in port/database/database.h. */
void reader_ask(struct reader *r, const struct sql *sql, const struct database_rows *rows,
                reader_on_end *fn, void *ctx);
/* At once; what is asked runs on in PostgreSQL until its timeout. Accepts NULL. */
void reader_close(struct reader *r);
