#include "app/spooled.h"

#include "app/pack.h"

#define SPOOLED_VERSION 2u /* 1 knew no parts of long SMS */

void spooled_encode(const struct spooled *sms, struct buf *out)
{
    const struct inbound *in = &sms->inbound;
    pack_u8(out, SPOOLED_VERSION);
    pack_str(out, sms->channel);
    pack_i64(out, sms->received.ms);
    pack_str(out, in->from);
    pack_str(out, str_from(in->country));
    pack_u8(out, in->is_opaque);
    pack_u8(out, in->is_opt_out);
    pack_str(out, in->to);
    pack_str(out, in->text);
    pack_str(out, in->id);
    pack_str(out, in->link);
    pack_str(out, in->network);
    pack_str(out, in->part_ref);
    pack_u8(out, (uint8_t)in->part_n);
    pack_u8(out, (uint8_t)in->part_of);
}

enum err spooled_decode(struct str bytes, struct spooled *ret)
{
    struct unpack in = {.left = bytes};
    if (str_is_empty(bytes))
        return ERR_INVALID;
    uint8_t version = unpack_u8(&in);
    if (version < 1 || version > SPOOLED_VERSION)
        return ERR_UNSUPPORTED;
    struct spooled sms = {.inbound = {.kind = INBOUND_SMS, .outcome = INBOUND_ACCEPT}};
    sms.channel = unpack_str(&in);
    sms.received.ms = unpack_i64(&in);
    sms.inbound.from = unpack_str(&in);
    struct str country = unpack_str(&in);
    sms.inbound.is_opaque = unpack_u8(&in) != 0;
    sms.inbound.is_opt_out = unpack_u8(&in) != 0;
    sms.inbound.to = unpack_str(&in);
    sms.inbound.text = unpack_str(&in);
    sms.inbound.id = unpack_str(&in);
    sms.inbound.link = unpack_str(&in);
    sms.inbound.network = unpack_str(&in);
    if (version > 1) {
        sms.inbound.part_ref = unpack_str(&in);
        sms.inbound.part_n = unpack_u8(&in);
        sms.inbound.part_of = unpack_u8(&in);
    }
    if (!unpack_is_done(&in) ||
        str_copy(country, sms.inbound.country, sizeof(sms.inbound.country)) != ERR_OK)
        return ERR_INVALID;
    *ret = sms;
    return ERR_OK;
}
