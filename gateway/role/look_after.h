/*
 * look_after.h: what a person of the organisation does about a learner by a command, beside the
 * running gateway: one step as app/dialog makes them, so that a step at the same time cannot undo
 * it. Blocks, with a loop of its own.
 */
#pragma once

#include "port/config/config.h"
#include "port/store/store.h"

/* Messages that nobody asked for go on, unless something was disclosed after until. ERR_OK also
 * when the learner is not there (any more). Any error: nothing was changed, or it may have been;
 * do it again. */
enum err look_after_release(const struct config *config, const struct number_id *id,
                            struct wall_ms until, struct errmsg *msg) MUST_CHECK;
/* One SMS with that text. ERR_OK and *ret_is_sent false: the learner has left, or is not there (any
 * more), or has had enough SMS today. As above. */
enum err look_after_answer(const struct config *config, const struct number_id *id, struct str text,
                           bool *ret_is_sent, struct errmsg *msg) MUST_CHECK;
