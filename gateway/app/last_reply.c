#include "app/last_reply.h"

#include <string.h>

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
    RECORD(2, struct last_reply, first_key, record_str),
};
static const struct record_format format = RECORD_FORMAT(2, fields);

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

/* ---- made again ---- */

#define FLAG_OPEN 1u
#define FLAG_SHOWN_OPEN 2u
#define FLAG_DIAL 4u
#define FLAG_SHOWN 8u
#define FLAG_ERASE_ASKED 16u
#define FLAG_READY 32u /* the answer was ready some time after the inbound came in */
#define FLAG_MORE 64u  /* there is a page, a later inbound, or something to remember */
#define FLAG_PAGES 128u

bool last_reply_is_to(const struct last_reply *reply, uint64_t mark)
{
    return (uint32_t)reply->mark == (uint32_t)mark;
}

uint32_t last_reply_hash(const struct last_reply *reply)
{
    uint64_t hash = str_hash(reply->text) * 31 + str_hash(reply->more_key);
    hash = hash * 31 + str_hash(reply->first_key);
    return (uint32_t)(hash ^ hash >> 32);
}

static unsigned flags_of(const struct last_reply *reply, const struct learner_link *link)
{
    const struct last_step *step = &reply->step;
    bool has_more = reply->page > 0 || reply->remember.len > 0 ||
                    link->last_ms != reply->received_ms || step->now_ms != reply->received_ms;
    return (reply->is_open ? FLAG_OPEN : 0) | (reply->is_shown_open ? FLAG_SHOWN_OPEN : 0) |
           (step->is_dial ? FLAG_DIAL : 0) | (step->is_shown ? FLAG_SHOWN : 0) |
           (step->is_erase_asked ? FLAG_ERASE_ASKED : 0) | (reply->has_more ? FLAG_PAGES : 0) |
           (reply->ready_ms != reply->received_ms ? FLAG_READY : 0) | (has_more ? FLAG_MORE : 0);
}

static void put_short(struct buf *out, struct str s)
{
    record_put_varint(out, s.len);
    buf_add_str(out, s);
}

static struct str take_short(struct record_reader *in)
{
    size_t n = (size_t)record_take_varint(in, in->left.len);
    struct str s = str_sub(in->left, 0, n);
    in->left = str_sub(in->left, n, in->left.len);
    return s;
}

/* Between two times that may be any bytes. */
static void put_difference(struct buf *out, int64_t later, int64_t earlier)
{
    record_put_varint(out, (uint64_t)later - (uint64_t)earlier);
}

static int64_t take_earlier(struct record_reader *in, int64_t later)
{
    return (int64_t)((uint64_t)later - record_take_varint(in, UINT64_MAX));
}

void last_reply_put_beside(struct learner *learner)
{
    learner->link.last = (struct learner_last){.n = 0};
}

/* Too short to be one. */
void last_reply_drop(struct learner *learner)
{
    learner->link.last = (struct learner_last){.n = 1, .bytes = {0}};
}

/* Times are differences: 0, mostly, and then not there. */
bool last_reply_put(const struct last_reply *reply, const struct learner *before,
                    struct learner *learner, struct buf *scratch)
{
    const struct last_step *step = &reply->step;
    struct learner_link *link = &learner->link;
    unsigned flags = flags_of(reply, link);
    record_put_number(scratch, flags, 1);
    record_put_number(scratch, (uint32_t)reply->mark, 4);
    record_put_number(scratch, step->hash, 4);
    if ((flags & FLAG_READY) != 0)
        put_difference(scratch, reply->ready_ms, reply->received_ms);
    if ((flags & FLAG_MORE) != 0) {
        put_difference(scratch, link->last_ms, reply->received_ms);
        put_difference(scratch, reply->received_ms, step->now_ms);
        record_put_varint(scratch, reply->page);
        put_short(scratch, reply->remember);
    }
    put_short(scratch, step->text);
    learner_put_change(before, learner, scratch);
    struct str all = buf_str(scratch);
    bool is_whole = buf_error(scratch) == ERR_OK && all.len <= LEARNER_LAST_BYTES;
    last_reply_put_beside(learner);
    if (is_whole) {
        memcpy(link->last.bytes, all.p, all.len);
        link->last.n = (uint8_t)all.len;
    }
    buf_reset(scratch);
    return is_whole;
}

static enum err take_small(const struct learner *learner, struct last_reply *ret)
{
    const struct learner_link *link = &learner->link;
    struct record_reader in = {.left = {link->last.bytes, link->last.n}};
    struct last_reply reply = {.session = link->session, .is_made_again = true};
    struct last_step *step = &reply.step;
    unsigned flags = (unsigned)record_take_number(&in, 1);
    reply.mark = record_take_number(&in, 4);
    step->hash = (uint32_t)record_take_number(&in, 4);
    uint64_t ready_ms = (flags & FLAG_READY) != 0 ? record_take_varint(&in, UINT64_MAX) : 0;
    reply.received_ms = step->now_ms = link->last_ms;
    if ((flags & FLAG_MORE) != 0) {
        reply.received_ms = take_earlier(&in, link->last_ms);
        step->now_ms = take_earlier(&in, reply.received_ms);
        reply.page = (uint16_t)record_take_varint(&in, UINT16_MAX);
        reply.remember = take_short(&in);
    }
    reply.ready_ms = (int64_t)((uint64_t)reply.received_ms + ready_ms);
    step->text = take_short(&in);
    step->change = in.left;
    reply.is_open = (flags & FLAG_OPEN) != 0;
    reply.is_shown_open = (flags & FLAG_SHOWN_OPEN) != 0;
    step->is_dial = (flags & FLAG_DIAL) != 0;
    step->is_shown = (flags & FLAG_SHOWN) != 0;
    step->is_erase_asked = (flags & FLAG_ERASE_ASKED) != 0;
    reply.has_more = (flags & FLAG_PAGES) != 0;
    if (in.error == ERR_OK)
        *ret = reply;
    return in.error;
}

enum err last_reply_take(const struct learner *learner, struct str beside, struct wall_ms now,
                         struct last_reply *ret)
{
    enum err e = ERR_NOT_FOUND;
    if (learner->link.last.n > 0)
        e = take_small(learner, ret);
    else if (beside.p != NULL)
        e = last_reply_decode(beside, ret);
    if (e == ERR_OK && now.ms >= LAST_REPLY_TTL_MS &&
        ret->received_ms <= now.ms - LAST_REPLY_TTL_MS)
        e = ERR_NOT_FOUND;
    return e;
}

enum err last_reply_before(const struct last_reply *reply, const struct learner *learner,
                           struct learner *ret)
{
    *ret = *learner;
    return learner_undo_change(reply->step.change, ret);
}

/* ---- pages ---- */

static enum err page_of(const struct last_reply *reply, const struct last_reply_limits *limits,
                        struct arena *arena, struct str *ret, bool *ret_is_last)
{
    const struct gsm_ussd ussd = {reply->text, reply->more_key, reply->first_key, limits->septets,
                                  limits->ucs2};
    return gsm_ussd_page(&ussd, reply->page, arena, ret, ret_is_last);
}

enum err last_reply_show(struct last_reply *reply, const struct last_reply_limits *limits,
                         struct arena *arena, struct str *ret)
{
    bool is_last = true;
    enum err e = page_of(reply, limits, arena, ret, &is_last);
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
    return page_of(reply, limits, arena, &shown, &is_last) == ERR_OK && !is_last;
}
