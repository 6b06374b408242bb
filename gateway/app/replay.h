/*
 * replay.h: brings spooled SMS back: when the store answers again, the oldest ones get dialogs of
 * their own, their replies go out through the outbox, and they are dropped from the spool once
 * their steps are on disk and all before them are done. Of each number one message is under way at
 * a time, so its order is kept; nobody else waits for a number that fails, as where one server of
 * several is away. Of all fronts of a host the one that holds the spool does it.
 *
 *     what became of the dialog         what happens to the record
 *     stepped, or a repeat              dropped, once all before it are
 *     store still away                  stays, with all behind it of its number; again after
 *                                       REPLAY_PAUSE_MS
 *     the same for REPLAY_PATIENCE_MS,  put aside
 *     while others are handled
 *     broken, channel not configured    put aside
 *     record unreadable, of a newer     put aside
 *     version
 *
 * What was put aside holds nobody back, and newer messages of its number go before it. It is tried
 * again whenever this process begins (so after a reload), after REPLAY_ASIDE_FIRST_MS, and at ever
 * longer intervals up to REPLAY_ASIDE_MOST_MS. After REPLAY_ASIDE_KEEP_MS it is refused: kept, but
 * not tried any more. That is how long the store knows repeats (docs/reliability.md T3), so that
 * none counts twice. `waypost spool` shows, gives up and brings back what lies there.
 */
#pragma once

#include "app/channels.h"
#include "app/dialog/dialog.h"
#include "app/joiner.h"

#define REPLAY_PAUSE_MS 250 /* while messages wait */
#define REPLAY_IDLE_MS 1000 /* while none do */
#define REPLAY_PATIENCE_MS 30000
#define REPLAY_ASIDE_FIRST_MS 5000
#define REPLAY_ASIDE_MOST_MS 60000
#define REPLAY_ASIDE_KEEP_MS (72 * HOUR_MS)

struct course_set;
struct replay;

/* All outlive the replay; metrics and joiner may be NULL; courses, too: then nothing waits for them
 * to be loaded. */
struct replay_parts {
    struct loop *loop;
    struct store *store;
    struct spool *spool;
    struct metrics *metrics;
    const struct channels *channels;
    const struct course_set *courses;
    struct dialogs *dialogs;
    struct joiner *joiner;
};

struct replay *replay_new(const struct replay_parts *parts);
/* Not while dialogs of it are under way (replay_is_busy). Accepts NULL. */
void replay_free(struct replay *r);
bool replay_is_busy(const struct replay *r);
/* How many lie aside, as far as this process is the one that replays. */
uint32_t replay_n_aside(const struct replay *r);
/* Takes no new records up; what is under way may end. */
void replay_stop(struct replay *r);
