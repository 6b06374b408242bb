/*
 * letters.h: records of the event log that an earlier program could not read and put aside
 * (ops.dead_letters), because a newer one had written them. This one takes in what it can read.
 */
#pragma once

#include "port/database/database.h"
#include "port/loop.h"
#include "port/store/store.h"

struct letters_done {
    uint64_t n_taken;
    uint64_t n_left; /* of a still newer program, no record at all, or refused by PostgreSQL */
};

/* Each with the state that the store has of its learner now, as the writer would. Runs the loop.
 * What was done before an error stays done, so it may be repeated. */
enum err letters_take_in(struct database *db, struct store *store, struct loop *loop,
                         struct letters_done *ret, struct errmsg *msg) MUST_CHECK;
