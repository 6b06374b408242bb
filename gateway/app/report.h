/*
 * report.h: a provider's delivery report as a record of the event log; PostgreSQL joins it to what
 * was sent. Nothing is looked up on the callback's path: a report is kept as it came, also when it
 * overtakes the answer to its own send.
 *
 * id is the provider's message id or ours, whichever the profile's reports carry; it is compared as
 * a text (007 is not 7), within the channel, and cut at REPORT_ID_BYTES.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "core/number.h"
#include "profile/profile.h"

#define REPORT_ID_BYTES 255u

/* report: INBOUND_DLR with a status and an id. Digit runs in the error are masked. */
void report_encode(struct str channel, const struct inbound *report, struct wall_ms received,
                   struct arena *arena, struct buf *out);
/* Whose events stream it goes to: reports about one message keep their order. */
uint8_t report_bucket(struct str channel, struct str id);
/* The STOP that a provider's opt-out stands for; id names what told of it, so that a repeat is
 * found to be one. Borrows from number; the rest lies in the arena. */
struct inbound report_opt_out(const struct number *number, struct str id, struct arena *arena);
