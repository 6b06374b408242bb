/*
 * backlog.h: how many entries of the event log PostgreSQL does not have. Redis keeps them for hours
 * after it has them, and counts only how many there ever were, so we count along: what was added,
 * and what we have stored, since nothing or all of it waited. It is exact from then on; before, in
 * a process that began while some waited, the entries count as evenly spread over their time.
 */
#pragma once

#include "port/store/stream.h"

struct backlog {
    struct {
        bool is_known;
        uint64_t n_before; /* added, but for those that we have stored and those that wait */
        uint64_t n_stored;
    } buckets[STORE_BUCKETS];
};

/* One more of this bucket was stored by us. */
void backlog_stored(struct backlog *b, uint8_t bucket);
/* PostgreSQL's place in this bucket is another one, and not by us. */
void backlog_unsure(struct backlog *b, uint8_t bucket);
/* Entries behind PostgreSQL's place. */
uint64_t backlog_waiting(struct backlog *b, uint8_t bucket, const struct store_log_size *size,
                         struct event_place stored);
