#include "app/message.h"

#include <string.h>

#include "base/record.h"
#include "core/event_record.h"
#include "core/gsm/gsm.h"
#include "core/match/match.h"
#include "port/store/stream.h"

/* Stored by these letters, so that the enum may be reordered. */
static const struct {
    const char *name;
    uint8_t stored;
} class_rows[] = {
    [MESSAGE_CLASS_REPLY] = {"reply", 'r'},
    [MESSAGE_CLASS_NOTICE] = {"notice", 'n'},
    [MESSAGE_CLASS_PUSH] = {"push", 'p'},
};

static const char *const status_names[N_MESSAGE_STATUSES] = {
#define STATUS_NAME(name) [MESSAGE_STATUS_##name] = #name,
    MESSAGE_STATUSES(STATUS_NAME)
#undef STATUS_NAME
};

const char *message_status_name(enum message_status status)
{
    return status_names[status];
}

const char *message_class_name(enum message_class class)
{
    return class_rows[class].name;
}

static void put_class(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* there is one */
    record_put_number(out, class_rows[*(const enum message_class *)member].stored, 1);
}

static void take_class(struct record_reader *in, const struct record_field *field, void *member)
{
    (void)field;
    uint64_t stored = record_take_number(in, 1);
    for (size_t i = 0; i < ARRAY_LEN(class_rows); i++) {
        if (class_rows[i].stored == stored) {
            *(enum message_class *)member = (enum message_class)i;
            return;
        }
    }
    if (in->error == ERR_OK)
        in->error = ERR_UNSUPPORTED;
}

static const struct record_kind class_kind = {put_class, take_class, NULL};

static const struct record_field fields[] = {
    RECORD(1, struct message, class, class_kind),
    RECORD(1, struct message, channel, record_str),
    RECORD(1, struct message, number_id, record_bytes),
    RECORD(1, struct message, learner_id, record_bytes),
    RECORD(1, struct message, seq, record_number),
    RECORD(1, struct message, vault_key_id, record_number),
    RECORD(1, struct message, vault_nonce, record_bytes),
    RECORD(1, struct message, vault_ciphertext, record_str),
    RECORD(1, struct message, text, record_str),
    RECORD(1, struct message, link, record_str),
    RECORD(1, struct message, created_at.ms, record_number),
    RECORD(1, struct message, expires_at.ms, record_number),
    RECORD(2, struct message, network, record_str),
    RECORD(2, struct message, is_answer, record_bool),
    RECORD(3, struct message, has_more, record_bool),
};
static const struct record_field rare[] = {
    RECORD(4, struct message, purpose, record_name),
    RECORD(4, struct message, is_parting, record_bool),
    RECORD(4, struct message, again, record_str),
    RECORD(4, struct message, is_question, record_bool),
};
static const struct record_format format = {.fields = fields,
                                            .n = ARRAY_LEN(fields),
                                            .version = 4,
                                            .rare = rare,
                                            .n_rare = ARRAY_LEN(rare)};

void message_encode(const struct message *message, struct buf *out)
{
    record_encode(&format, message, out);
}

enum err message_decode(struct str bytes, struct message *ret)
{
    struct message m = {0};
    enum err e = record_decode(&format, bytes, &m);
    if (e == ERR_OK)
        *ret = m;
    return e;
}

/* ---- what became of it ---- */

static struct event_record record_of(const struct message *message,
                                     const struct message_result *result, struct wall_ms at)
{
    struct gsm_size size = gsm_measure_in(message->text, result->alphabets);
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
        .purpose = str_from(message->purpose),
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

void message_event(const struct message *message, const struct store_entry *entry,
                   const struct message_result *result, struct wall_ms at, struct arena *arena,
                   struct buf *out)
{
    struct event_record record = record_of(message, result, at);
    record.bucket = entry->bucket;
    if (!str_is_empty(result->error))
        record.error = match_mask_numbers(result->error, arena);
    event_encode_message(&record, out);
    event_message_end(entry->id, STR_NONE, out);
}

void message_event_pieces(const struct message *message, const struct message_result *said_so,
                          struct wall_ms at, struct buf *refused, struct buf *said)
{
    struct message_result result = {.status = MESSAGE_STATUS_capped,
                                    .country = said_so->country,
                                    .alphabets = said_so->alphabets};
    struct event_record record = record_of(message, &result, at);
    event_encode_message(&record, refused);
    result = *said_so;
    result.status = MESSAGE_STATUS_sent;
    record = record_of(message, &result, at);
    event_encode_message(&record, said);
}

/* ---- in the spool ---- */

static const struct record_field spooled_fields[] = {
    RECORD(1, struct spooled, channel, record_str),
    RECORD(1, struct spooled, received.ms, record_number),
    RECORD(1, struct spooled, inbound.from, record_str),
    RECORD(1, struct spooled, inbound.country, record_chars),
    RECORD(1, struct spooled, inbound.is_opaque, record_bool),
    RECORD(1, struct spooled, inbound.is_opt_out, record_bool),
    RECORD(1, struct spooled, inbound.to, record_str),
    RECORD(1, struct spooled, inbound.text, record_str),
    RECORD(1, struct spooled, inbound.id, record_str),
    RECORD(1, struct spooled, inbound.link, record_str),
    RECORD(1, struct spooled, inbound.network, record_str),
    RECORD(2, struct spooled, inbound.part_ref, record_str),
    RECORD(2, struct spooled, inbound.part_n, record_byte),
    RECORD(2, struct spooled, inbound.part_of, record_byte),
    RECORD(3, struct spooled, is_call, record_bool),
};
static const struct record_format spooled_format = RECORD_FORMAT(3, spooled_fields);

void spooled_encode(const struct spooled *sms, struct buf *out)
{
    struct spooled whole = *sms;
    whole.is_call = sms->inbound.kind == INBOUND_CALL;
    record_encode(&spooled_format, &whole, out);
}

enum err spooled_decode(struct str bytes, struct spooled *ret)
{
    struct spooled sms = {.inbound = {.kind = INBOUND_SMS, .outcome = INBOUND_ACCEPT}};
    enum err e = record_decode(&spooled_format, bytes, &sms);
    if (sms.is_call)
        sms.inbound.kind = INBOUND_CALL;
    if (e == ERR_OK)
        *ret = sms;
    return e;
}
