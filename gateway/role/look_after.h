/*
 * look_after.h: what a person of the organisation does about learners by a command, beside the
 * running gateway: steps as app/dialog makes them, so that a step at the same time cannot undo
 * them. Blocks, with a loop of its own.
 */
#pragma once

#include "app/dialog/dialog.h"
#include "port/config/config.h"
#include "port/store/store.h"

/* Messages that nobody asked for go on, unless something was disclosed after until. ERR_OK also
 * when the learner is not there (any more). Any error: nothing was changed, or it may have been;
 * do it again. */
enum err look_after_release(const struct config *config, const struct number_id *id,
                            struct wall_ms until, struct errmsg *msg) MUST_CHECK;
/* One SMS with that text. ERR_OK and *ret_is_sent false: the learner has left, was quiet for so
 * long that the number may be somebody else's, or is not there (any more), or has had enough SMS
 * today. As above. */
enum err look_after_answer(const struct config *config, const struct number_id *id, struct str text,
                           bool *ret_is_sent, struct errmsg *msg) MUST_CHECK;

/* The i-th order was done; has_moved: it meant something; n_sms: that were sent. */
typedef void look_after_on_done(void *ctx, uint32_t i, bool has_moved, uint32_t n_sms);

/* Orders one after the other; vault may be NULL where nobody is invited. Any error: those that fn
 * was not called for are not done, or may be; do them again. */
struct look_after_desk {
    const struct config *config;
    const struct vault *vault;
    const struct dialog_desk *orders;
    uint32_t n;
    look_after_on_done *fn; /* may be NULL */
    void *ctx;
};
enum err look_after_desk(const struct look_after_desk *work, struct errmsg *msg) MUST_CHECK;
