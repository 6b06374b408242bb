/*
 * timers.h: looks for learners whose due time has come and lets a dialog do what is due. One
 * process of a bucket range does this; two would only find each other's work done.
 *
 * A number stays due in the store until its dialog has committed, so nothing is lost when this
 * process dies; a failure is tried again with the next look. The engine decides what is due, this
 * only wakes.
 */
#pragma once

#include "app/dialog/dialog.h"

#define TIMERS_LOOK_MS 1000 /* between looks */
#define TIMERS_BATCH 100u   /* numbers of one look; the next follows at once when it was full */

struct timers;

struct timers *timers_new(struct loop *loop, struct store *store, struct dialogs *dialogs,
                          uint8_t first, uint8_t last);
void timers_start(struct timers *t);
/* No look is begun any more. */
void timers_stop(struct timers *t);
bool timers_is_busy(const struct timers *t);
/* Accepts NULL; only when not busy, or after the store was freed. */
void timers_free(struct timers *t);
