/*
 * replay.h: brings spooled SMS back: when the store answers again, the oldest one gets a dialog of
 * its own, its reply goes out through the outbox, and it is dropped from the spool once its step is
 * on disk; then the next. One after another, so the order of each number is kept. Of all fronts of
 * a host the one that holds the spool does it.
 *
 *     what became of the dialog         what happens to the record
 *     stepped, or a repeat              dropped
 *     store still away                  stays; again after REPLAY_PAUSE_MS
 *     broken, channel not configured    put behind all others, so that it blocks nobody
 *     record unreadable                 the same
 */
#pragma once

#include "app/channels.h"
#include "app/dialog.h"

#define REPLAY_PAUSE_MS 250 /* while messages wait */
#define REPLAY_IDLE_MS 1000 /* while none do */

struct replay;

/* All outlive the replay; metrics may be NULL. */
struct replay_parts {
    struct loop *loop;
    struct store *store;
    struct spool *spool;
    struct metrics *metrics;
    const struct channels *channels;
    struct dialogs *dialogs;
};

struct replay *replay_new(const struct replay_parts *parts);
/* Not while a dialog of it is under way (replay_is_busy). Accepts NULL. */
void replay_free(struct replay *r);
bool replay_is_busy(const struct replay *r);
/* Takes no new record up; what is under way may end. */
void replay_stop(struct replay *r);
