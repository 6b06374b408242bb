#include "app/spooled.h"

#include "base/record.h"

static const struct record_field fields[] = {
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
static const struct record_format format = RECORD_FORMAT(3, fields);

void spooled_encode(const struct spooled *sms, struct buf *out)
{
    struct spooled whole = *sms;
    whole.is_call = sms->inbound.kind == INBOUND_CALL;
    record_encode(&format, &whole, out);
}

enum err spooled_decode(struct str bytes, struct spooled *ret)
{
    struct spooled sms = {.inbound = {.kind = INBOUND_SMS, .outcome = INBOUND_ACCEPT}};
    enum err e = record_decode(&format, bytes, &sms);
    if (sms.is_call)
        sms.inbound.kind = INBOUND_CALL;
    if (e == ERR_OK)
        *ret = sms;
    return e;
}
