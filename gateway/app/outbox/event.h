/*
 * outbox_event.h: what became of one message, as a record of the event log.
 */
#pragma once

#include "app/message.h"

struct outbox_result {
    enum message_status status;
    struct str channel;     /* that sent it; absent = the message's own */
    struct str country;     /* of the number; empty = not known */
    struct str provider_id; /* absent when there is none */
    struct str error;       /* provider's words; digit runs are masked on the way out */
    uint32_t attempt;
    uint64_t price; /* of one segment, in millionths (CONFIG_AMOUNT); 0 = not known */
    struct str currency;
};

/* Appends the record. */
void outbox_event(const struct message *message, const struct store_entry *entry,
                  const struct outbox_result *result, struct wall_ms at, struct arena *arena,
                  struct buf *out);
/* The same up to the id of a message that the store will give it (store_caps): for the case that a
 * cap keeps it back, and that it is said in the answer to a callback. */
void outbox_event_pieces(const struct message *message, struct str country, uint64_t price,
                         struct str currency, struct wall_ms at, struct buf *refused,
                         struct buf *said);
