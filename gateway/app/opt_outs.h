/*
 * opt_outs.h: the sender's way to say STOP for a number that its provider refuses to write to, and
 * what an operator says of who has a number now: each becomes a dialog, again until its step is on
 * disk. Nothing is answered to the person, who has told the provider and hears of it from there.
 */
#pragma once

#include "app/channels.h"
#include "app/dialog/dialog.h"

#define OPT_OUTS_PAUSE_MS 1000

/* The STOP that a provider's opt-out stands for; id names what told of it, so that a repeat is
 * found to be one. Borrows from number; the rest lies in the arena. */
struct inbound report_opt_out(const struct number *number, struct str id, struct arena *arena);

struct opt_outs;

/* Both outlive it. The dialogs need no spool: what cannot be done now is done again. */
struct opt_outs *opt_outs_new(struct loop *loop, struct dialogs *dialogs);
/* An outbox_on_opt_out, ctx being the opt_outs. A number that is none of E.164 is done at once. */
void opt_outs_take(void *ctx, const struct channel *channel, struct str number, struct str id,
                   timer_fn *done, void *done_ctx);
/* An outbox_on_owner, likewise. */
void opt_outs_owner(void *ctx, const struct number_id *id, uint32_t seq, bool is_same,
                    timer_fn *done, void *done_ctx);
/* After the store was freed, so that no dialog answers any more. What is not done is forgotten: the
 * outbox still holds its messages. Accepts NULL. */
void opt_outs_free(struct opt_outs *all);
