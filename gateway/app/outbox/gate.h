/*
 * gate.h: when and by whom a message goes: the rates of channel and account, replies before pushes,
 * pauses, the circuit of a provider that fails, and the way round it; and with which access token.
 */
#pragma once

#include "app/outbox/internal.h"

void outbox_gate_init(struct outbox *o);
/* NULL when there is none of that name, or it cannot send. */
struct outbox_channel *outbox_gate_channel(struct outbox *o, struct str name);
/* The job is the channel's from now on; NULL = nobody's. */
void outbox_gate_assign(struct outbox_job *job, struct outbox_channel *channel);
/* Behind the others that wait for the job's channel. */
void outbox_gate_queue(struct outbox_job *job);
/* Out of the middle of them. */
void outbox_gate_unqueue(struct outbox_job *job);
/* One more is on the way to the provider, or one less. */
void outbox_gate_enter(struct outbox_channel *c);
void outbox_gate_leave(struct outbox_channel *c);
/* The provider answered, or did not. */
void outbox_gate_good(struct outbox_channel *c);
void outbox_gate_bad(struct outbox_channel *c, struct str why);
/* The provider asked for it: the channel begins nothing meanwhile. */
void outbox_gate_pause(struct outbox_channel *c, int64_t ms);

/* Counts what came since: tokens of the rates, messages that take the way round. */
void outbox_gate_refresh(struct outbox *o, int64_t now);
/* Takes the next that may go out of its queue; NULL: none. One of each channel in turn, so that
 * those of one account share its rate. Without is_push_turn a push goes only when replies of its
 * channel have had theirs. */
struct outbox_job *outbox_gate_next(struct outbox *o, int64_t now, bool is_push_turn);
/* When to look again; INT64_MAX when a response will come by before. */
int64_t outbox_gate_next_ms(const struct outbox *o, int64_t now);

/* ---- access tokens of providers that want one (profile/profile.h, profile_needs_token) ---- */

void outbox_token_init(struct outbox_channel *c);
void outbox_token_fini(struct outbox_channel *c);
/* One is there, or none is needed. */
bool outbox_token_is_ready(const struct outbox_channel *c);
/* The job waits; asks for a token unless one is asked for. */
void outbox_token_wait(struct outbox_channel *c, struct outbox_job *job);
/* Takes the next whose waiting is over out of those who wait; NULL: none. Whether a token came says
 * outbox_token_is_ready. */
struct outbox_job *outbox_token_next(struct outbox_channel *c);
/* The channel's settings with its token, in the arena. */
struct settings outbox_token_settings(const struct outbox_channel *c, struct arena *arena);
/* The provider took the n-th, whatever it said of the message. */
void outbox_token_prove(struct outbox_channel *c, uint32_t n);
/* The provider refused the n-th. Another may have come meanwhile. One that it took before has
 * expired; one that it never took is a failure of the channel, as the next one may be, too. */
void outbox_token_refuse(struct outbox_channel *c, uint32_t n, struct str why);
