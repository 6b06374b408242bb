#include "app/last_reply.h"

#include "app/pack.h"
#include "core/gsm/gsm.h"

#define LAST_REPLY_VERSION 1u

void last_reply_encode(const struct last_reply *reply, struct buf *out)
{
    pack_u8(out, LAST_REPLY_VERSION);
    pack_u64(out, reply->mark);
    pack_u32(out, reply->session);
    pack_i64(out, reply->received_ms);
    pack_i64(out, reply->ready_ms);
    pack_str(out, reply->text);
    pack_str(out, reply->more_key);
    pack_str(out, reply->remember);
    pack_u16(out, reply->page);
    pack_u8(out, reply->is_open);
    pack_u8(out, reply->is_shown_open);
}

enum err last_reply_decode(struct str bytes, struct last_reply *ret)
{
    struct unpack in = {.left = bytes};
    if (str_is_empty(bytes))
        return ERR_INVALID;
    if (unpack_u8(&in) != LAST_REPLY_VERSION)
        return ERR_UNSUPPORTED;
    struct last_reply reply = {0};
    reply.mark = unpack_u64(&in);
    reply.session = unpack_u32(&in);
    reply.received_ms = unpack_i64(&in);
    reply.ready_ms = unpack_i64(&in);
    reply.text = unpack_str(&in);
    reply.more_key = unpack_str(&in);
    reply.remember = unpack_str(&in);
    reply.page = unpack_u16(&in);
    reply.is_open = unpack_u8(&in) != 0;
    reply.is_shown_open = unpack_u8(&in) != 0;
    if (!unpack_is_done(&in))
        return ERR_INVALID;
    *ret = reply;
    return ERR_OK;
}

enum err last_reply_show(struct last_reply *reply, const struct last_reply_limits *limits,
                         struct arena *arena, struct str *ret)
{
    bool is_last = true;
    enum err e = gsm_ussd_page(reply->text, reply->more_key, limits->septets, limits->ucs2,
                               reply->page, arena, ret, &is_last);
    if (e == ERR_OK)
        reply->is_shown_open = !is_last || reply->is_open;
    return e;
}

bool last_reply_has_more(const struct last_reply *reply, const struct last_reply_limits *limits,
                         struct arena *arena)
{
    struct str shown;
    bool is_last = true;
    enum err e = gsm_ussd_page(reply->text, reply->more_key, limits->septets, limits->ucs2,
                               reply->page, arena, &shown, &is_last);
    return e == ERR_OK && !is_last;
}
