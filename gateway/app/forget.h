/*
 * forget.h: the end of what is kept for a time only (docs/course-rules.md 3.4). Once a day, soon
 * after its start, and every ten minutes while there is more than one page, it has PostgreSQL
 * delete what was kept long enough, and erases the numbers whose twelve months are over: the state
 * goes from the store and `erased` into the event log in one commit, so that PostgreSQL does the
 * rest as after DELETE. Whoever writes meanwhile stays. A number that the store does not know (any
 * more) is left to PostgreSQL. Several of these at once do each other no harm.
 */
#pragma once

#include "port/sink.h"
#include "port/store/store.h"

#define FORGET_FIRST_MS 60000
#define FORGET_EACH_MS (24 * 3600 * (int64_t)1000)
#define FORGET_AGAIN_MS 600000 /* after a full page, or when something could not be done */

struct forget;

/* Borrows all. Begins by itself. */
struct forget *forget_new(struct loop *loop, struct store *store, struct sink *sink);
/* Call it after the store and the sink were freed: their callbacks must not come any more. */
void forget_free(struct forget *f);
