#include "app/outbox/event.h"

#include <string.h>

#include "core/event_record.h"
#include "core/gsm/gsm.h"
#include "core/match/match.h"

static struct event_record record_of(const struct message *message,
                                     const struct outbox_result *result, struct wall_ms at)
{
    struct gsm_size size = gsm_measure(message->text);
    struct event_record record = {
        .kind = EVENT_RECORD_MESSAGE,
        .seq = message->seq,
        .at = at,
        .bucket = message->number_id.bytes[0],
        .channel = result->channel.p != NULL ? result->channel : message->channel,
        .network = message->network,
        .country = result->country,
        .class = str_from(message_class_name(message->class)),
        .status = str_from(message_status_name(result->status)),
        .encoding = str_from(gsm_encoding_name(size.encoding)),
        .segments = size.segments,
        .attempt = result->attempt,
        .provider_id = result->provider_id,
        .price = result->price * size.segments,
    };
    if (record.price > 0)
        record.currency = result->currency;
    memcpy(record.number_id, message->number_id.bytes, sizeof(record.number_id));
    memcpy(record.learner_id, message->learner_id, sizeof(record.learner_id));
    return record;
}

void outbox_event(const struct message *message, const struct store_entry *entry,
                  const struct outbox_result *result, struct wall_ms at, struct arena *arena,
                  struct buf *out)
{
    struct event_record record = record_of(message, result, at);
    record.bucket = entry->bucket;
    if (!str_is_empty(result->error))
        record.error = match_mask_numbers(result->error, arena);
    event_encode_message(&record, out);
    event_message_end(entry->id, STR_NONE, out);
}

void outbox_event_pieces(const struct message *message, struct str country, uint64_t price,
                         struct str currency, struct wall_ms at, struct buf *refused,
                         struct buf *said)
{
    struct outbox_result result = {.status = MESSAGE_STATUS_capped, .country = country};
    struct event_record record = record_of(message, &result, at);
    event_encode_message(&record, refused);
    result.status = MESSAGE_STATUS_sent;
    result.price = price;
    result.currency = currency;
    record = record_of(message, &result, at);
    event_encode_message(&record, said);
}
