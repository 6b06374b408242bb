/*
 * board.h: what operators tell the senders, and what the senders tell them: two kinds of notes on
 * the store's board, one of each for a channel.
 *
 *   pause:at    "2026-11-24T07:37:40.123Z"      since when it is paused; no note: it is not
 *   status:at   {"at":"...","state":"open","waiting":3,"in_flight":1,"sent":12,"failed":0,
 *               "unknown":0}                    by its sender; state: sending, paused, open
 *
 * A pause is durable, and holds for every sender within BOARD_LOOK_MS. While the store is away the
 * last one known holds.
 */
#pragma once

#include "app/outbox/outbox.h"

#define BOARD_LOOK_MS 1000
#define BOARD_PAUSE "pause:"
#define BOARD_STATUS "status:"

struct board;

/* All outlive it. */
struct board *board_new(struct loop *loop, struct store *store, struct outbox *outbox,
                        const struct channels *channels);
/* on_known runs once, when it is known which channels are paused: begin to send then. */
void board_start(struct board *b, timer_fn *on_known, void *ctx);
/* After the store was freed. Accepts NULL. */
void board_free(struct board *b);
