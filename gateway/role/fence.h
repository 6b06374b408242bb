/*
 * fence.h: watches whether Redis may be answered from (port/store/server.h), in the writer. When it
 * may not, because it was started anew, emptied or rolled back, a child process compares it with
 * PostgreSQL and mends it with rebuild_redis(), as often as it takes. All other roles find Redis
 * away meanwhile: an SMS goes to the spool, a USSD session hears "dial again in a minute".
 */
#pragma once

#include "role/role.h"

struct fence;
/* The fence is open, under an epoch that was not told before. */
typedef void fence_on_open(void *ctx, uint64_t epoch);

/* With a store of its own (role_store_look). */
struct fence *fence_new(const struct role_context *role, fence_on_open *fn, void *ctx);
void fence_free(struct fence *f);
