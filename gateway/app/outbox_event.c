#include "app/outbox_event.h"

#include "core/event.h"
#include "core/gsm.h"
#include "core/match.h"

void outbox_event_json(const struct message *message, const struct store_entry *entry,
                       const struct outbox_result *result, struct wall_ms at, struct arena *arena,
                       struct buf *out)
{
    char time[RFC3339_BYTES], uuid[37];
    clock_format_rfc3339(at, time);
    event_uuid(message->learner_id, uuid);
    struct gsm_size size = gsm_measure(message->text);
    buf_addf(out, "{\"type\":\"message\",\"message_id\":\"%03u-%.*s\",\"number_id\":\"",
             entry->bucket, STR_ARG(entry->id));
    buf_add_hex(out, message->number_id.bytes, sizeof(message->number_id.bytes));
    buf_addf(out, "\",\"learner_id\":\"%s\",\"seq\":%u,\"at\":\"%s\",\"channel\":", uuid,
             message->seq, time);
    buf_add_json(out, message->channel);
    buf_addf(out,
             ",\"class\":\"%s\",\"status\":\"%s\",\"segments\":%u,\"encoding\":\"%s\","
             "\"attempt\":%u",
             message_class_name(message->class), result->status, size.segments,
             gsm_encoding_name(size.encoding), result->attempt);
    if (!str_is_empty(result->provider_id)) {
        buf_add_str(out, STR(",\"provider_id\":"));
        buf_add_json(out, result->provider_id);
    }
    if (!str_is_empty(result->error)) {
        buf_add_str(out, STR(",\"error\":"));
        buf_add_json(out, match_mask_numbers(result->error, arena));
    }
    buf_add_char(out, '}');
}
