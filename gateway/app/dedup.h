/*
 * dedup.h: has this inbound been handled before? Aggregators repeat callbacks after seconds or
 * after a day, at once and sixteen at a time, and few say so (RELIABILITY.md T2, T3).
 *
 *   SMS with a provider's id    its hash is one of the last eight in the learner's link
 *   SMS without one             the same text came less than ten seconds before
 *   USSD, cumulative path       the path of this session is not longer than the last one
 *   USSD, last input only       the same text came again before the answer to it was ready, or
 *                               another process answered it while this one was at it
 *   USSD, dial                  the session is known already (where its name is unique)
 *   USSD, an earlier session    it is one of the last eight in the learner's link (likewise)
 *   USSD, end of a session      the session is not the last one, or nothing was left open in it
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

/* What names one inbound among those of its number. */
struct dedup_key {
    uint64_t mark;      /* copies of one callback have the same */
    uint32_t seen;      /* SMS: for link.seen; never 0 */
    uint32_t session;   /* USSD: hash of channel and session; never 0 */
    uint32_t text_hash; /* SMS without an id: of channel and text; else 0 */
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
                               const struct learner_link *link, const struct last_reply *last);
/* Writes a handled inbound into the link. */
void dedup_remember(const struct dedup_key *key, const struct inbound *inbound,
                    struct learner_link *link);
