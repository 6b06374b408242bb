/*
 * last_reply.h: what was answered to a number last, as it lies beside the state for a day (
 * store.h, `reply`). It serves two things: the same callback again gets the same bytes again,
 * and a USSD text that is longer than a screen is turned page by page without asking the engine.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define LAST_REPLY_TTL_MS (24 * 3600 * 1000)
/* A reply, a key line and the numbers around them. */
#define LAST_REPLY_MAX_BYTES 16384u

struct last_reply {
    uint64_t mark;       /* of the inbound that it answered (dedup.h) */
    uint32_t session;    /* hash of the USSD session; 0 = an SMS */
    int64_t received_ms; /* wall time: that inbound came in */
    int64_t ready_ms;    /* wall time: the answer was ready to go out */
    struct str text; /* whole and folded; form feeds are still in it; absent = nothing was said */
    struct str more_key; /* key line of a page that goes on */
    struct str remember; /* USSD: what the profile wants back in this session (profile/profile.h) */
    uint16_t page;       /* which page was shown, from 0 */
    bool is_open;        /* the session goes on after the last page */
    bool is_shown_open;  /* the session goes on after the page that was shown */
    bool has_more;       /* pages remain behind it; set by last_reply_show, not stored */
};

/* Screen limits of the channel. */
struct last_reply_limits {
    uint32_t septets;
    uint32_t ucs2;
};

void last_reply_encode(const struct last_reply *reply, struct buf *out);
/* Borrows from bytes. ERR_INVALID or ERR_UNSUPPORTED: treat it as expired. */
enum err last_reply_decode(struct str bytes, struct last_reply *ret) MUST_CHECK;

/* The page as it is shown on a phone; sets is_shown_open and has_more. ERR_NOT_FOUND: there is no
 * such page. */
enum err last_reply_show(struct last_reply *reply, const struct last_reply_limits *limits,
                         struct arena *arena, struct str *ret) MUST_CHECK;
/* True when pages remain behind the one that was shown. */
bool last_reply_has_more(const struct last_reply *reply, const struct last_reply_limits *limits,
                         struct arena *arena);
