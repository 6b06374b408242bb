/*
 * route.h: which channel writes to whom, and what that may cost.
 *
 * An SMS is answered by the channel that it came by, when that can send. Everything else (SMS after
 * a USSD session, reminders) goes by the route with the longest prefix that fits the number, or,
 * without one, by the channel that the message names. When that channel's provider is away, its
 * `fallback` sends, and so on; a circle of them ends where it began.
 */
#pragma once

#include "port/config/config.h"

/* The channel of the longest route that fits; NULL when there is none. */
const struct config_channel *route_find(const struct config *config, struct str number);
/* NULL when it has none. */
const struct config_channel *route_fallback(const struct config *config,
                                            const struct config_channel *channel);
/* The most that one segment may cost, whichever of the possible channels sends in the end. number
 * is absent where it is not known: then every route is possible. channel may be NULL. */
uint64_t route_price(const struct config *config, const struct config_channel *channel,
                     struct str number);
