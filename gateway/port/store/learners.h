/*
 * learners.h: many learners of the store (store.h) at once: whose time has come, who there is, what
 * is put back. Errors and callbacks as there.
 */
#pragma once

#include "port/store/store.h"

struct store_learner {
    struct number_id id;
    struct str state;  /* absent = gone since the page was read */
    int64_t due_at_ms; /* to the second; 0 = not due */
};

/* One for each id that was asked for; absent = nobody known. */
typedef void store_on_states(void *ctx, enum err e, const struct str *states, uint32_t n);
/* next: for the page behind this one; empty = through. n may be 0 before that. */
typedef void store_on_scan(void *ctx, enum err e, struct str next,
                           const struct store_learner *learners, uint32_t n);
typedef void store_on_due(void *ctx, enum err e, const struct number_id *ids, uint32_t n);

/* The encoded states of up to STORE_MAX_STATES numbers, as they are now. */
#define STORE_MAX_STATES 16384u
void store_states(struct store *s, const struct number_id *ids, uint32_t n, store_on_states *fn,
                  void *ctx);
/* Who is looked for: in which buckets, first and last included, due by when, how many of each
 * bucket at most. */
struct store_due_by {
    uint8_t first, last;
    uint32_t max;
    int64_t now_ms;
};
/* Numbers whose due time has come, oldest first. They stay due until a commit moves them. Due times
 * are kept to the second, rounded up (store_mem: exactly). */
void store_due(struct store *s, const struct store_due_by *by, store_on_due *fn, void *ctx);
/* Writes a state that PostgreSQL remembers, unless a newer one is there (waypost rebuild). */
void store_restore(struct store *s, const struct number_id *id, struct str state, int64_t due_at_ms,
                   store_on_done *fn, void *ctx);
/* A number that is known is due then, unless it is before: something may have to be said to it that
 * was not known when it was stored. */
void store_wake(struct store *s, const struct number_id *id, int64_t due_at_ms, store_on_done *fn,
                void *ctx);
/* A number that is due before that is due then: what is due cannot be done now, and is not to stand
 * in the way of others. */
void store_put_off(struct store *s, const struct number_id *id, int64_t due_at_ms,
                   store_on_done *fn, void *ctx);
/* All learners, page by page, in no order, some perhaps twice; cursor is empty for the first page.
 * ERR_CONFLICT: slots of a Cluster have moved since that one: begin again. */
void store_scan(struct store *s, struct str cursor, store_on_scan *fn, void *ctx);
