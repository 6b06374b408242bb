/*
 * rebuild.h: Redis as PostgreSQL knows it: looks whether it still has the data of PostgreSQL's
 * epoch and all that PostgreSQL has read of its log; if not, puts courses and learners back (what
 * is newer there stays), begins a new epoch, and opens the fence (port/store/store.h).
 *
 * Blocks, with a loop of its own: for `waypost rebuild` and for a child process of the writer.
 */
#pragma once

#include "port/config/config.h"

struct rebuilt {
    uint32_t n_courses;
    uint64_t n_numbers;
    uint64_t epoch;
};

/* must_put: puts all back in any case. Any error leaves the fence as it was; msg says what to do.
 */
enum err rebuild_redis(const struct config *config, bool must_put, struct rebuilt *ret,
                       struct errmsg *msg) MUST_CHECK;
