#include "app/outbox/event.h"

#include <inttypes.h>

#include "core/event.h"
#include "core/gsm/gsm.h"
#include "core/match/match.h"
#include "port/config/config.h"

static void add_head(uint8_t bucket, struct buf *out)
{
    buf_addf(out, "{\"type\":\"message\",\"message_id\":\"%03u-", bucket);
}

static void add_text(struct buf *out, const char *name, struct str value)
{
    if (str_is_empty(value))
        return;
    buf_addf(out, ",\"%s\":", name);
    buf_add_json(out, value);
}

/* What follows the id, up to the error. */
static void add_members(const struct message *message, const struct outbox_result *result,
                        struct wall_ms at, struct buf *out)
{
    char time[RFC3339_BYTES], uuid[37];
    clock_format_rfc3339(at, time);
    event_uuid(message->learner_id, uuid);
    struct gsm_size size = gsm_measure(message->text);
    buf_add_str(out, STR("\",\"number_id\":\""));
    buf_add_hex(out, message->number_id.bytes, sizeof(message->number_id.bytes));
    buf_addf(out, "\",\"learner_id\":\"%s\",\"seq\":%u,\"at\":\"%s\"", uuid, message->seq, time);
    add_text(out, "channel", result->channel.p != NULL ? result->channel : message->channel);
    buf_addf(out,
             ",\"class\":\"%s\",\"status\":\"%s\",\"segments\":%u,\"encoding\":\"%s\","
             "\"attempt\":%u",
             message_class_name(message->class), message_status_name(result->status), size.segments,
             gsm_encoding_name(size.encoding), result->attempt);
    add_text(out, "country", result->country);
    add_text(out, "network", message->network);
    add_text(out, "provider_id", result->provider_id);
    uint64_t price = result->price * size.segments;
    if (price > 0) {
        buf_addf(out, ",\"price\":%" PRIu64 ".%06u", price / CONFIG_AMOUNT,
                 (unsigned)(price % CONFIG_AMOUNT));
        add_text(out, "currency", result->currency);
    }
}

void outbox_event_json(const struct message *message, const struct store_entry *entry,
                       const struct outbox_result *result, struct wall_ms at, struct arena *arena,
                       struct buf *out)
{
    add_head(entry->bucket, out);
    buf_add_str(out, entry->id);
    add_members(message, result, at, out);
    if (!str_is_empty(result->error))
        add_text(out, "error", match_mask_numbers(result->error, arena));
    buf_add_char(out, '}');
}

void outbox_event_pieces(const struct message *message, struct str country, uint64_t price,
                         struct str currency, struct wall_ms at, struct buf *head,
                         struct buf *refused_tail, struct buf *said_tail)
{
    struct outbox_result result = {.status = MESSAGE_STATUS_capped, .country = country};
    add_head(message->number_id.bytes[0], head);
    add_members(message, &result, at, refused_tail);
    buf_add_str(refused_tail, STR(",\"error\":\"cap "));
    result.status = MESSAGE_STATUS_sent;
    result.price = price;
    result.currency = currency;
    add_members(message, &result, at, said_tail);
    buf_add_char(said_tail, '}');
}
