/*
 * sim_outbox.h: what the simulator of a running gateway has for a phone: GET /sim/outbox?to=NUMBER,
 * and the addresses of the two listeners.
 */
#pragma once

#include "lab/http_call.h"

struct sim_address {
    char base[256];  /* "http://127.0.0.1:8080": callbacks */
    char admin[256]; /* "http://127.0.0.1:8081": the simulator */
};

/* admin NULL: the port after base's. ERR_INVALID with what to write in msg. */
enum err sim_address_parse(const char *base, const char *admin, struct sim_address *ret,
                           struct errmsg *msg) MUST_CHECK;
/* Appends the text of message number `index` (from 0) to that phone. ERR_NOT_FOUND: not there yet;
 * ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_INVALID: no answer or no list, with the reason in msg. */
enum err sim_outbox_get(struct http_caller *caller, const struct sim_address *address,
                        const char *number, uint32_t index, struct buf *out,
                        struct errmsg *msg) MUST_CHECK;
/* How many there are. Errors as above. */
enum err sim_outbox_count(struct http_caller *caller, const struct sim_address *address,
                          const char *number, uint32_t *ret, struct errmsg *msg) MUST_CHECK;
