/*
 * outbox_event.h: what became of one message, as JSON for core.ingest (see outbox.h).
 */
#pragma once

#include "app/message.h"

struct outbox_result {
    const char *status;     /* "sent" "failed" "unknown" */
    struct str provider_id; /* absent when there is none */
    struct str error;       /* provider's words; digit runs are masked on the way out */
    uint32_t attempt;
};

void outbox_event_json(const struct message *message, const struct store_entry *entry,
                       const struct outbox_result *result, struct wall_ms at, struct arena *arena,
                       struct buf *out);
