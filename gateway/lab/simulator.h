/*
 * simulator.h: the fake aggregator of the demo and of tests, on the admin listener. It takes what
 * the sender sends, answers with the provider's documented success, and shows it to whoever plays
 * the phone. Nothing leaves the machine. Off unless the configuration says `simulator: true`.
 *
 *   ANY /sim/send/<channel>[/...]   a send request of ours: what it says is in its headers too
 *                                   (profile/outgoing.h), so that no form must be read back
 *   GET /sim/outbox?to=NUMBER       [{"from","to","text","at"}], oldest first; without `to` all
 *
 * It holds the last SIMULATOR_MAX_MESSAGES in memory: they are the phones of this little world.
 */
#pragma once

#include "app/channels.h"

#define SIMULATOR_MAX_MESSAGES 100000u

struct simulator;

struct simulator *simulator_new(const struct channels *channels);
/* Accepts NULL. */
void simulator_free(struct simulator *sim);
/* False when the path is not below /sim/; otherwise *ret is filled, in the arena. */
bool simulator_handle(struct simulator *sim, const struct http_request *request, struct wall_ms now,
                      struct arena *arena, struct http_response *ret);
