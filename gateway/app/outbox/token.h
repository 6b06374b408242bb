/*
 * token.h: access tokens of providers that want one (profile/profile.h, profile_needs_token).
 */
#pragma once

#include "app/outbox/internal.h"

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
/* The provider refused it. */
void outbox_token_drop(struct outbox_channel *c);
