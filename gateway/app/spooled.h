/*
 * spooled.h: an SMS, or a call, as it lies in the spool while the store is away: everything that
 * its dialog will need. The spool seals it, since it holds the number and the text.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "profile/profile.h"

struct spooled {
    struct str channel;
    struct wall_ms received;
    struct inbound inbound; /* members of an SMS only */
    bool is_call;           /* set by spooled_encode: kind is INBOUND_CALL */
};

/* Leaves an error in out when it is longer than SPOOL_MAX_RECORD_BYTES allows out to be. */
void spooled_encode(const struct spooled *sms, struct buf *out);
/* Borrows from bytes. ERR_INVALID or ERR_UNSUPPORTED. */
enum err spooled_decode(struct str bytes, struct spooled *ret) MUST_CHECK;
