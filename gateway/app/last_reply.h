/*
 * last_reply.h: what was answered to a number last. It serves two things: for a day the same
 * callback again gets the same bytes again, and a USSD text that is longer than a screen is turned
 * page by page.
 *
 * Two forms. Of a USSD screen the text is not kept but made again: from the input, and from what
 * the step has changed in the learner (learner_put_change), by the same engine_step on the same
 * course version. Some 40 bytes in the learner's own value (learner.link.last), where they need no
 * key and no expiry. What cannot be made again that way lies beside the state with its text for a
 * day (store.h, `reply`): an SMS said in the answer to a callback, which a cap may keep back; a
 * certificate, whose code is random; a disclosure, which may lie nowhere in clear; an erasure,
 * which leaves nothing to begin from; and whatever LEARNER_LAST_BYTES do not hold. Of an SMS that
 * lies in the outbox no reply is kept: its callback had none.
 *
 * A hash tells whether the text that was made again is the one that was said. It is not when the
 * configuration, the program or, for who has not joined, the current course has changed meanwhile:
 * then the reply counts as expired, and a repeat gets the present screen.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "core/learner.h"

/* Longer inputs are not kept to make a reply again: not even a phone number fits. */
#define LAST_STEP_TEXT_BYTES 8u
#define LAST_REPLY_TTL_MS DAY_MS

/* What an engine_step needs to say the same again. */
struct last_step {
    bool is_dial;        /* input.kind is INPUT_DIAL, else INPUT_TEXT */
    bool is_shown;       /* input.is_shown */
    bool is_erase_asked; /* input.is_erase_asked */
    int64_t now_ms;      /* input.now */
    struct str text;     /* input.text */
    struct str change;   /* from before the step to the learner that it was taken from */
    uint32_t hash;       /* of the text that was said, and its key line */
};

struct last_reply {
    uint64_t mark;       /* of the inbound that it answered (dedup.h); the lower half may be all */
    uint32_t session;    /* hash of the USSD session; 0 = an SMS */
    int64_t received_ms; /* wall time: that inbound came in */
    int64_t ready_ms;    /* wall time: the answer was ready to go out */
    struct str text; /* whole and folded; form feeds are still in it; absent = to be made again */
    struct str more_key;  /* key line of a page that goes on */
    struct str first_key; /* of the first of them; absent: the same */
    struct str remember; /* USSD: what the profile wants back in this session (profile/profile.h) */
    uint16_t page;       /* which page was shown, from 0 */
    bool is_open;        /* the session goes on after the last page */
    bool is_shown_open;  /* the session goes on after the page that was shown */
    bool has_more;       /* pages remain behind it; set by last_reply_show, not kept with a text */
    bool is_made_again;  /* from step, in the learner's value; else the text is kept */
    struct last_step step;
};

/* Screen limits of the channel. */
struct last_reply_limits {
    uint32_t septets;
    uint32_t ucs2;
};

/* Is it the answer to an inbound with this mark? */
bool last_reply_is_to(const struct last_reply *reply, uint64_t mark);
/* Of text and key line: last_step.hash. */
uint32_t last_reply_hash(const struct last_reply *reply);
/* From now on it lies beside the state, if anywhere. */
void last_reply_put_beside(struct learner *learner);
/* There is none, whatever lies beside. */
void last_reply_drop(struct learner *learner);
/* Into learner->link, once last_ms stands there; before: the learner before its step (of which
 * change is not looked at). scratch is empty, before and after. False: it does not fit. */
bool last_reply_put(const struct last_reply *reply, const struct learner *before,
                    struct learner *learner, struct buf *scratch);
/* Borrows from the learner, or from what lies beside. ERR_NOT_FOUND: there is none, or it is a day
 * old; ERR_INVALID, ERR_UNSUPPORTED: treat it as expired. */
enum err last_reply_take(const struct learner *learner, struct str beside, struct wall_ms now,
                         struct last_reply *ret) MUST_CHECK;
/* That learner before the reply's step; link is the present one. Errors as in learner_undo_change.
 */
enum err last_reply_before(const struct last_reply *reply, const struct learner *learner,
                           struct learner *ret) MUST_CHECK;

/* With its text, to lie beside the state. */
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
