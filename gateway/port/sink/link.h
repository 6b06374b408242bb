/*
 * link.h: one connection to PostgreSQL, one statement at a time, never blocking, for
 * libpq.c.
 *
 *   DOWN -> CONNECTING -> CHECKING -> READY        any failure: all requests fail, back to DOWN
 *
 * Requests are accepted while it is not DOWN and wait their turn. A statement is a transaction; its
 * COMMIT is known only with the end of all results (ReadyForQuery), not with the first one.
 */
#pragma once

#include <libpq-fe.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "port/loop.h"
#include "port/sink/columns.h"

#define SINK_N_MOVE_PARAMS 6
#define SINK_MAX_PARAMS (SINK_N_MOVE_PARAMS + SINK_N_COLUMNS + 1)

struct sink_link;
struct sink_request;

/* A kind of request: what is asked, and what becomes of the response. */
struct sink_row {
    const char *sql;
    int first_binary, end_binary; /* these params are in binary, all others are texts */
    bool is_binary;               /* so the columns of the response are */
    /* Each result with rows; NULL = there are none to read. An r->e that it sets is the outcome. */
    void (*take)(struct sink_request *r, const PGresult *result);
    /* Once, with r->e and r->message set, never from within a call of this header but
     * sink_link_free; r is the response's to free. May ask for more. */
    void (*response)(struct sink_request *r);
};

/* Begins what libpq.c allocates for a request. */
struct sink_request {
    TAILQ_ENTRY(sink_request) list; /* the link's */
    const struct sink_row *row;
    struct buf params[SINK_MAX_PARAMS];
    int n_params;
    enum err e; /* of the results so far */
    struct errmsg message;
};

/* Connects at once, and again whenever it is lost. conninfo is copied. */
struct sink_link *sink_link_new(struct loop *loop, const char *conninfo, int64_t timeout_ms);
/* Answers what waits with ERR_UNAVAILABLE. */
void sink_link_free(struct sink_link *s);
/* Connected, and the schema is the one of this program. */
bool sink_link_is_up(const struct sink_link *s);
/* Takes r over until its response: ERR_INVALID for params that are too large or that the content is
 * to blame for, ERR_CONFLICT from core.move_log, ERR_TIMEOUT, ERR_UNAVAILABLE: later is worth a
 * try. */
void sink_request_add(struct sink_link *s, struct sink_request *r);
/* Is answered in the next turn with e and these words. */
void sink_request_fail(struct sink_link *s, struct sink_request *r, enum err e, const char *why);
