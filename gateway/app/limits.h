/*
 * limits.h: by whom a message goes, and what may keep it back, as the store checks it in the step
 * that enqueues it.
 *
 *   cap            counted in               of
 *   number         a day                    one number; STOP and SAFE are answered over it
 *   new            an hour                  numbers that have not joined, by a channel; also STOP
 *   call           a day                    SMS to one number that calls brought about
 *   loop           loop_minutes             the same text in and out, with one number
 *   prefix         an hour                  numbers that begin alike
 *   organisation   a day                    config `org`
 *   day            a day                    everything on this Redis
 *   money          a day                    price of all segments, by the dearest channel possible
 *   country        -                        numbers of countries that the configuration names not
 *
 * The learner's step is committed all the same; core.message gets a row "capped" with the cap's
 * name, and waypost_cap_rejections_total counts it. Reminders go to numbers that the process which
 * enqueues them does not know: for them prefix and country are checked by the sender.
 */
#pragma once

#include "app/message.h"
#include "port/config/config.h"
#include "port/metrics.h"
#include "port/vault/vault.h"

struct limits_ask {
    const struct config *config;
    const struct vault *vault;
    const struct message *message; /* as it would be enqueued */
    struct str number;             /* E.164 or a provider's token; absent = not known here */
    struct str country;            /* of the number; empty = not known */
    struct str said;               /* what came in; absent = nobody wrote */
    bool is_call;                  /* it answers a call */
    bool is_exempt;                /* STOP, SAFE: the number's own caps do not hold */
    bool is_new;                   /* the number has not joined: anybody may have invented it */
    bool is_said;                  /* in the answer to a callback, and not enqueued */
    struct wall_ms now;
};

/* Texts lie in the arena. */
void limits_make(const struct limits_ask *ask, struct arena *arena, struct store_caps *ret);
/* True when the number's prefix has a cap; *ret takes one unit of it. */
bool limits_prefix(const struct config *config, const struct vault *vault, struct str number,
                   struct arena *arena, struct store_cap *ret);
/* Counts a refusal by the name of the cap. */
void limits_count(struct metrics *metrics, const char *refused_by);

/* ---- routes: which channel writes to whom, and what that may cost ----
 *
 * An SMS is answered by the channel that it came by, when that can send. Everything else (SMS after
 * a USSD session, reminders) goes by the route with the longest prefix that fits the number, or,
 * without one, by the channel that the message names. When that channel's provider is away, its
 * `fallback` sends, and so on; a circle of them ends where it began.
 */

/* The channel of the longest route that fits; NULL when there is none. */
const struct config_channel *route_find(const struct config *config, struct str number);
/* NULL when it has none. */
const struct config_channel *route_fallback(const struct config *config,
                                            const struct config_channel *channel);
/* The most that one segment may cost, whichever of the possible channels sends in the end. number
 * is absent where it is not known: then every route is possible. channel may be NULL. */
uint64_t route_price(const struct config *config, const struct config_channel *channel,
                     struct str number);
