/*
 * joiner.h: puts the parts of a long SMS together, where the provider does not. Parts come in any
 * order, to any front, more than once, or not at all:
 *
 *     what comes                        what happens
 *     a part, others are missing        kept in the store, sealed; then answered with success
 *     the last missing part             one message of all texts in order, handled as any other
 *     a part again                      nothing, or the whole message again, which is found to be a
 *                                       repeat
 *     not all within JOINER_WAIT_MS     one message of what there is, with "..." for each gap; what
 *                                       comes later is waited with in the same way
 *     another message's part under      a message of its own; after the first one is complete it
 *     the same number                   begins a new one
 *     more parts than the store holds   each a message of its own, and so is what comes while
 *     (STORE_MAX_PARTS)                 STORE_MAX_INCOMPLETE wait
 *     overdue, and it cannot be handled again after JOINER_LATER_MS, for as long as repeats are
 *     (channel gone, state unreadable)  known; others do not wait for it
 *     the store is away                 into the spool as a part, to be joined when it is read back
 *
 * A whole message waits behind older ones in the spool, as any other does.
 */
#pragma once

#include "app/dialog/dialog.h"

#define JOINER_WAIT_MS (5 * 60 * 1000)
#define JOINER_KEEP_MS (30 * 60 * 1000)
#define JOINER_SWEEP_MS 5000
#define JOINER_LATER_MS 60000
#define JOINER_GIVE_UP_MS (72 * HOUR_MS) /* since it came; docs/reliability.md T3 */
#define JOINER_GAP " ... "

struct joiner;

/* All outlive it; metrics may be NULL. */
struct joiner_ports {
    struct loop *loop;
    struct store *store;
    const struct vault *vault;
    struct metrics *metrics;
    const struct config *config;
    struct dialogs *dialogs;
};

struct joiner *joiner_new(const struct joiner_ports *ports);
/* As dialogs_submit, for an inbound with part_of > 0. A part that waits for others is answered
 * STEPPED without words. */
enum err joiner_take(struct joiner *j, const struct dialog_request *request) MUST_CHECK;
/* Looks for messages that have waited long enough, again and again: one process is enough. */
void joiner_start(struct joiner *j);
void joiner_stop(struct joiner *j);
/* Parts and overdue messages under way. */
uint32_t joiner_n_running(const struct joiner *j);
/* When none is, or after the store was freed. Accepts NULL. */
void joiner_free(struct joiner *j);
