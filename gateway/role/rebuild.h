/*
 * rebuild.h: Redis as PostgreSQL knows it: looks whether it still has the data of PostgreSQL's
 * epoch and all that PostgreSQL has read of its log; if not, puts courses and learners back (what
 * is newer there stays), begins a new epoch, and opens the fence (port/store/server.h).
 *
 * That blocks, with a loop of its own: for `waypost rebuild` and for a child process of the writer.
 */
#pragma once

#include "port/config/config.h"
#include "port/store/store.h"
#include "role/role.h"

struct rebuilt {
    uint32_t n_courses;
    uint64_t n_numbers;
    uint64_t epoch;
};

/* must_put: puts all back in any case. Any error leaves the fence as it was; msg says what to do.
 */
enum err rebuild_redis(const struct config *config, bool must_put, struct rebuilt *ret,
                       struct errmsg *msg) MUST_CHECK;

/* ---- the other way round: `waypost reconcile` ---- */

struct reconciled {
    uint64_t n_numbers;        /* that Redis has */
    uint64_t n_new;            /* learners of whom PostgreSQL did not know */
    uint64_t n_without_number; /* whose number no state has; it comes with the next message */
    uint64_t n_unreadable;     /* states of another version of waypost */
    uint64_t n_letters;        /* dead letters of another version that are taken in (letters.h) */
    uint64_t n_letters_left;   /* and those that are not */
};

/* PostgreSQL learns what Redis knows of each learner: core.reconcile. Blocks, beside a running
 * gateway too. *ret is filled on errors as well, except before it has begun. */
enum err reconcile_postgres(const struct config *config, struct reconciled *ret,
                            struct errmsg *msg) MUST_CHECK;
