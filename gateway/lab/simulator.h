/*
 * simulator.h: the fake aggregator of the demo and of tests, on the admin listener. It takes what
 * the sender sends, answers with the provider's documented success, and shows it to whoever plays
 * the phone. Nothing leaves the machine. Off unless the configuration says `simulator: true`.
 *
 *   ANY /sim/send/<channel>[/...]   a send request of ours: what it says is in its headers too
 *                                   (profile/outgoing.h), so that no form must be read back
 *   GET /sim/outbox?to=NUMBER       [{"from","to","text","id","at"}], in this order; all without to
 *   GET /sim/, POST /sim/phone      a phone in the browser: lab/desk/web.h
 *
 * It holds the last SIMULATOR_MAX_MESSAGES in memory: they are the phones of this little world.
 */
#pragma once

#include "app/channels.h"
#include "lab/http_call.h"

#define SIMULATOR_MAX_MESSAGES 100000u

struct simulator;

struct simulator *simulator_new(const struct channels *channels);
/* Accepts NULL. */
void simulator_free(struct simulator *sim);
/* False when the path is not below /sim/; otherwise *ret is filled, in the arena. */
bool simulator_handle(struct simulator *sim, const struct http_request *request, struct wall_ms now,
                      struct arena *arena, struct http_response *ret);

/* What the simulator of a running gateway has for a phone, and the addresses of the two listeners.
 */
struct sim_address {
    char base[256];  /* "http://127.0.0.1:8080": callbacks */
    char admin[256]; /* "http://127.0.0.1:8081": the simulator */
};

/* admin NULL: the port after base's. ERR_INVALID with what to write in msg. */
enum err sim_address_parse(const char *base, const char *admin, struct sim_address *ret,
                           struct errmsg *msg) MUST_CHECK;
/* What of the simulator's outbox is asked for. */
struct sim_sent {
    const char *number; /* to this phone */
    uint32_t index;     /* of all that went there, from 0 */
    const char *member; /* "text", or another one by its name */
};
/* Appends it. ERR_NOT_FOUND: not there yet; ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_INVALID: no response
 * or no list, with the reason in msg. */
enum err sim_outbox_get(struct http_caller *caller, const struct sim_address *address,
                        struct sim_sent sent, struct buf *out, struct errmsg *msg) MUST_CHECK;
/* How many there are. Errors as above. */
enum err sim_outbox_count(struct http_caller *caller, const struct sim_address *address,
                          const char *number, uint32_t *ret, struct errmsg *msg) MUST_CHECK;
