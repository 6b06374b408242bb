#include "app/last_reply.h"

#include "base/record.h"
#include "core/gsm/gsm.h"

static const struct record_field fields[] = {
    RECORD(1, struct last_reply, mark, record_number),
    RECORD(1, struct last_reply, session, record_number),
    RECORD(1, struct last_reply, received_ms, record_number),
    RECORD(1, struct last_reply, ready_ms, record_number),
    RECORD(1, struct last_reply, text, record_str),
    RECORD(1, struct last_reply, more_key, record_str),
    RECORD(1, struct last_reply, remember, record_str),
    RECORD(1, struct last_reply, page, record_number),
    RECORD(1, struct last_reply, is_open, record_bool),
    RECORD(1, struct last_reply, is_shown_open, record_bool),
};
static const struct record_format format = RECORD_FORMAT(1, fields);

void last_reply_encode(const struct last_reply *reply, struct buf *out)
{
    record_encode(&format, reply, out);
}

enum err last_reply_decode(struct str bytes, struct last_reply *ret)
{
    struct last_reply reply = {0};
    enum err e = record_decode(&format, bytes, &reply);
    if (e == ERR_OK)
        *ret = reply;
    return e;
}

enum err last_reply_show(struct last_reply *reply, const struct last_reply_limits *limits,
                         struct arena *arena, struct str *ret)
{
    bool is_last = true;
    enum err e = gsm_ussd_page(reply->text, reply->more_key, limits->septets, limits->ucs2,
                               reply->page, arena, ret, &is_last);
    if (e == ERR_OK)
        reply->is_shown_open = !is_last || reply->is_open;
    reply->has_more = !is_last;
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
