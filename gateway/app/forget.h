/*
 * forget.h: the end of what is kept for a time only (docs/course-rules.md 3.4), and of what was
 * erased. Soon after its start, and every few minutes from then on, it asks PostgreSQL, which
 * deletes once a day what was kept long enough, and says of two kinds of number what is left to do:
 *
 *     its time is over    the state goes from the store and `erased` into the event log in one
 *                         commit, so that PostgreSQL does the rest as after DELETE. Whoever writes
 *                         meanwhile stays. A number that the store does not know (any more) is
 *                         left to PostgreSQL
 *     it was erased       what the event log still holds of it is taken away, but for `erased`
 *                         itself, which a database restored from a dump must find again, and goes
 *                         with its age. Then PostgreSQL gives what stays as counts a new pseudonym,
 *                         and Redis is told to write its files anew, once an hour at most
 *
 * Several of these at once do each other no harm.
 */
#pragma once

#include "port/sink/sink.h"
#include "port/store/store.h"

#define FORGET_FIRST_MS 20000
#define FORGET_EACH_MS (10 * MINUTE_MS)

struct forget;

/* Borrows all; the store is its own, since it reads the log. Begins by itself. */
struct forget *forget_new(struct loop *loop, struct store *store, struct sink *sink);
/* Call it after the store and the sink were freed: their callbacks must not come any more. */
void forget_free(struct forget *f);
