/*
 * upgrade.h: what may be written while hosts of two versions work side by side. Each reads what
 * both write (core/learner.h); the newer one writes as the one before does, until the operator says
 * that no host of that is left and none comes back (`waypost migrate --finish`). Redis has the
 * answer on a board, and each process that writes learners looks there every few seconds, never on
 * a callback's path. What nobody has said, yet or any more, is no: what is written then is read by
 * all, whatever is there already.
 *
 *   learner   "5"    the newest version of a learner's record that may be written
 */
#pragma once

#include "core/learner.h"
#include "port/loop.h"
#include "port/store/store.h"

#define UPGRADE_LOOK_MS 2000
#define UPGRADE_LEARNER "learner" /* on STORE_BOARD_FORMATS */

struct upgrade;

/* Looks from now on. */
struct upgrade *upgrade_new(struct loop *loop, struct store *store);
/* After the store was freed. Accepts NULL. */
void upgrade_free(struct upgrade *u);
/* For learner_encode: what was read last; NULL: LEARNER_RECORD, where nobody else writes. */
uint8_t upgrade_learner_record(const struct upgrade *u);
/* Has the store answered once? */
bool upgrade_is_known(const struct upgrade *u);
/* Of what stands on the board; at least LEARNER_RECORD_BEFORE, and maybe more than this program
 * knows. */
uint8_t upgrade_read(const struct str *names, const struct str *values, uint32_t n);
