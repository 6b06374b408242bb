/*
 * dedup.h: has this inbound been handled before? Aggregators repeat callbacks after seconds or
 * after a day, at once and sixteen at a time, and few say so (docs/reliability.md T2, T3).
 *
 *   SMS                         the same text came under the same id, or with the same provider's
 *                               time, within 72 hours, or in the SMS before it, under whatever id,
 *                               within 10 seconds. The same id with other words is another message
 *   USSD with numbered steps    the number is not above the last one of this session
 *   USSD, cumulative path       the path of this session is not longer than the last one
 *   USSD, last input only       the same text came again within 1.5 s after the answer to it was
 *                               ready, or another process answered it while this one was at it
 *   USSD, dial                  the session is known already (where its name is unique)
 *   USSD, an earlier session    it was there within 72 hours (likewise)
 *   USSD, end of a session      the session is not the last one, or nothing was left open in it
 *
 * What is seen lies beside the state (store.h, `seen`), 16 bytes for each SMS (another 16 where the
 * provider tells its time) and for each USSD session but the last one, which stands in the link:
 * when, 40 bits of a hash of the text, 39 of one of the id. Nothing else is compared, so these must
 * be enough: what else is told by a hash stands in the last table of docs/reliability.md. Who sends
 * more than DEDUP_MAX_SEEN_BYTES in 72 hours has the oldest forgotten.
 *
 * A repeat changes nothing. It gets the last answer again, byte for byte, when it is a copy of the
 * last inbound; an older one gets the present screen.
 */
#pragma once

#include "app/last_reply.h"
#include "base/clock.h"
#include "core/learner.h"
#include "profile/profile.h"

#define DEDUP_TEXT_WINDOW_MS 10000
#define DEDUP_INPUT_WINDOW_MS 1500
#define DEDUP_KEPT_MS (72 * HOUR_MS)
#define DEDUP_SEEN_BYTES 16u
#define DEDUP_MAX_SEEN_BYTES 4096u

/* What names one inbound among those of its number. */
struct dedup_key {
    uint64_t mark;    /* copies of one callback have the same */
    uint64_t id;      /* SMS: hash of channel and id; without one, of the time of arrival */
    uint64_t at;      /* SMS: hash of channel and the provider's time; 0 = it tells none, or one
                         that is not of these three days */
    uint64_t text;    /* SMS: hash of the text */
    uint32_t session; /* USSD: hash of channel and session; never 0 */
    uint32_t step;    /* USSD: the provider's number of this request; 0 = none */
    struct wall_ms received;
    bool is_overtaken; /* since this one was loaded, one with the same mark has been answered */
};

enum dedup_verdict {
    DEDUP_NEW,
    DEDUP_REPEAT_LAST, /* a copy of the last inbound */
    DEDUP_REPEAT_OLD,  /* an older one */
    DEDUP_OVER,        /* the end of a session in which nothing was open: nothing to do */
};

/* inbound: as decoded without session memory, so that all copies give the same key. */
struct dedup_key dedup_key_make(struct str channel, const struct inbound *inbound,
                                struct wall_ms received);
/* What the profile needs to tell the new input from the path. last: NULL when it has expired;
 * borrowed. */
struct session_memory dedup_session_memory(const struct dedup_key *key,
                                           const struct learner_link *link,
                                           const struct last_reply *last);
/* inbound: as decoded with that memory. last: NULL when it has expired. */
enum dedup_verdict dedup_judge(const struct dedup_key *key, const struct inbound *inbound,
                               const struct learner_link *link, struct str seen,
                               const struct last_reply *last);
/* Did the SMS before it say the same within this time? */
bool dedup_is_said_again(const struct dedup_key *key, struct str seen, int64_t within_ms);
/* Writes a handled inbound into the link, and appends to out what has to be appended to seen; true:
 * out is all of it, without what is too old. */
bool dedup_remember(const struct dedup_key *key, const struct inbound *inbound, struct str seen,
                    struct learner_link *link, struct buf *out);
