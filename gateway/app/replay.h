/*
 * replay.h: brings spooled SMS back: when the store answers again, the oldest ones get dialogs of
 * their own, their replies go out through the outbox, and they are dropped from the spool once
 * their steps are on disk; then the next. A batch holds one message of each number at most and ends
 * at the first number that comes again, so the order of each number is kept, and a spool that fills
 * while it is replayed runs empty all the same. Of all fronts of a host the one that holds the
 * spool does it.
 *
 *     what became of the dialog         what happens to the record
 *     stepped, or a repeat              dropped, with all before it
 *     store still away                  stays, with all behind it; again after REPLAY_PAUSE_MS (the
 *                                       store knows those behind it that were done)
 *     broken, channel not configured    put behind all others, so that it blocks nobody
 *     record unreadable                 the same
 */
#pragma once

#include "app/channels.h"
#include "app/dialog/dialog.h"
#include "app/joiner.h"

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
    struct joiner *joiner;
};

struct replay *replay_new(const struct replay_parts *parts);
/* Not while dialogs of it are under way (replay_is_busy). Accepts NULL. */
void replay_free(struct replay *r);
bool replay_is_busy(const struct replay *r);
/* Takes no new records up; what is under way may end. */
void replay_stop(struct replay *r);
