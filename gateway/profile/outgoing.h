/*
 * outgoing.h: sending: one message into the request that a provider wants, and its response read.
 */
#pragma once

#include "profile/profile.h"

/* Beside the provider's own form, and only where the channel's send_url is the simulator of our
 * admin listener: what the message says, percent-encoded. */
#define SIMULATOR_HEADER_FROM "X-Waypost-From"
#define SIMULATOR_HEADER_TO "X-Waypost-To"
#define SIMULATOR_HEADER_TEXT "X-Waypost-Text"

struct outgoing {
    struct str from, to; /* to: E.164 */
    struct str text;
    struct str id;            /* ours: reference, and for delivery report URLs */
    struct str session;       /* USSD screens: the provider's session */
    struct str link;          /* inbound.link, for providers that want it back */
    struct str network;       /* inbound.network, likewise */
    enum inbound_phase phase; /* USSD screens: NEW = push, CONTINUE = goes on, END = last; else
                                 NONE */
    struct wall_ms now;       /* some requests say when they were made */
};

struct send_request {
    const char *method;
    struct str url; /* with its query */
    struct http_header *headers;
    uint32_t n_headers;
    struct str body;
};

enum send_outcome { SEND_SENT, SEND_FAILED, SEND_THROTTLED, SEND_TEMPORARY, SEND_OPTED_OUT };

struct send_result {
    enum send_outcome outcome;
    struct str id;          /* provider's, absent when it gives none */
    bool is_own_id;         /* reports carry outgoing.id, not this one */
    struct str error;       /* provider's code or words, no number in it */
    int64_t retry_after_ms; /* from Retry-After, capped; 0 = not given */
};

const char *send_outcome_name(enum send_outcome outcome);

/* Providers that want an access token first: ask, keep it until it expires, and hand it over as
 * the setting "token" of profile_send. A 401 to a send means: ask again. */
bool profile_needs_token(const struct profile *p, const struct settings *settings);
/* Errors as of profile_send; ERR_UNSUPPORTED: the profile uses no token. */
enum err profile_token_request(const struct profile *p, const struct settings *settings,
                               struct wall_ms now, struct arena *arena, struct send_request *ret,
                               struct errmsg *msg) MUST_CHECK;
/* ERR_INVALID: the response holds no token; ERR_TOO_LONG: arena. *ret_token lives in the arena.
 * *ret_lifetime_ms: at least a minute, at most a day. */
enum err profile_read_token(const struct profile *p, const struct http_response *response,
                            const struct settings *settings, struct arena *arena,
                            struct str *ret_token, int64_t *ret_lifetime_ms) MUST_CHECK;

/* The request that sends the message; *ret lives in the arena, or is borrowed of settings and
 * message. ERR_UNSUPPORTED: the profile cannot send; ERR_NOT_FOUND: a setting, the address or the
 * token is missing; ERR_INVALID: a header would hold a line end, or the body lacks a value (all of
 * these name it in msg); ERR_TOO_LONG: arena, or more than a request may hold. */
enum err profile_send(const struct profile *p, const struct outgoing *message,
                      const struct settings *settings, struct arena *arena,
                      struct send_request *ret, struct errmsg *msg) MUST_CHECK;
/* What status, headers and body of a response mean; now is for a Retry-After that is a date. What
 * *ret points at lives in the arena or in the response's body. ERR_TOO_LONG: arena; then *ret says
 * nothing, though the provider may well have taken the message. */
enum err profile_read_response(const struct profile *p, const struct http_response *response,
                               const struct settings *settings, struct wall_ms now,
                               struct arena *arena, struct send_result *ret) MUST_CHECK;
/* What the provider documents as its response to a message that it took, for simulators;
 * message->id is the id that the provider gives. ERR_INVALID: the sample cannot be made;
 * ERR_TOO_LONG: arena.
 */
enum err profile_sample(const struct profile *p, const struct outgoing *message,
                        struct arena *arena, struct http_response *ret) MUST_CHECK;
