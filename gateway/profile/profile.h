/*
 * profile.h: how one provider speaks HTTP, declared in config/profiles/<provider>.yaml and nothing
 * in C (the language is described in config/profiles/README.md).
 *
 * Pure: decoding takes a request and what is remembered of the session, and gives messages;
 * encoding takes a reply, and gives the response; sending takes a message, and gives the request
 * for wire's caller to perform, and reads the answer that came. Everything returned lives in the
 * arena.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "core/number.h"
#include "wire/http/http.h"

struct profile;

enum inbound_kind { INBOUND_SMS, INBOUND_USSD, INBOUND_DLR, INBOUND_POLL };

/* AGGREGATORS.md 1, expect.outcome; names by inbound_outcome_name(). */
enum inbound_outcome {
    INBOUND_ACCEPT,
    INBOUND_REJECT,    /* not a message we can take: answered so that the provider stops */
    INBOUND_IGNORE,    /* answered with success, nothing stored */
    INBOUND_DUPLICATE, /* only known where the caller passed what was received before */
    INBOUND_AUTH_FAIL, /* 401 or 403, nothing stored */
    INBOUND_BUFFER,    /* one part of a longer message; see part_* */
    INBOUND_UNKNOWN_STATUS,
    INBOUND_POLL_REQUEST, /* a phone asks for messages to send */
    INBOUND_STATUS_QUERY,
    INBOUND_SIGNATURE_OK, /* vectors of kind signature */
};

enum inbound_phase {
    INBOUND_PHASE_NONE,
    INBOUND_PHASE_NEW,
    INBOUND_PHASE_CONTINUE,
    INBOUND_PHASE_END,
    INBOUND_PHASE_TIMEOUT
};

enum dlr_status {
    DLR_NONE,
    DLR_QUEUED,
    DLR_SENT,
    DLR_DELIVERED,
    DLR_FAILED,
    DLR_ERRORED,
    DLR_READ
};

struct inbound {
    enum inbound_kind kind;
    enum inbound_outcome outcome;
    struct str reason; /* of a reject, in words */
    struct str from;   /* E.164 with plus; an opaque sender verbatim (is_opaque) */
    char country[3];
    bool is_opaque;
    struct str to;       /* as sent, without tel: */
    struct str text;     /* USSD: only the new input */
    struct str raw_text; /* USSD: as sent (the cumulative path), for the session memory */
    struct str id;       /* provider's message id; absent when it has none */
    struct str session;
    enum inbound_phase phase;
    struct str network;
    enum dlr_status status;
    struct str status_raw;
    struct str error;         /* provider's error code of a report */
    bool is_opt_out;          /* the provider reports or forwards an opt-out: becomes STOP */
    struct wall_ms at;        /* provider's time; 0 = unknown */
    bool is_repeatable_input; /* USSD: the same text again may be a new input (not cumulative) */
    bool is_repeat;           /* USSD cumulative: same path again, a duplicate */
    struct str part_ref;      /* concatenated SMS: INBOUND_BUFFER, text is this part's */
    uint32_t part_n, part_of; /* from 1 */
    struct str link;          /* to be given back with the reply (outgoing.link), absent = none */
    struct str remember;      /* USSD: to be given back as session_memory.remembered */
};

#define INBOUND_MAX_ITEMS 256u

struct inbound_batch {
    const struct inbound *items;
    uint32_t n_items;
    /* What encoders need from the request (echoed ids, path captures, format): opaque. */
    const struct profile_memory *memory;
};

/* Name and value of a channel's settings. Values are borrowed. Names are the profile's own
 * (profile_settings), and for every profile:
 *   default_country  "KE": whose national numbers are meant (config: country)
 *   public_url       "https://learn.example.org": our address as the provider sees it, without a
 *                    path; signatures over the URL and report URLs need it
 *   channel          name of the channel: report URLs are <public_url>/dlr/<channel>
 *   timezone         "Africa/Nairobi" or "+03:00": of times without zone; else the profile's, UTC
 *   send_url         replaces the profile's own send URL
 *   dlr_url          replaces the computed report URL
 *   to_pattern       regular expression of the codes or numbers this channel serves
 *   max_age_s, tolerance_s   window of signed timestamps
 */
struct setting {
    struct str name;
    struct str value;
};
struct settings {
    const struct setting *list;
    uint32_t n;
};
struct str settings_get(const struct settings *settings, struct str name);

/* What the caller remembers of a USSD session, for providers that send less later on. The last
 * cumulative path is given as length and hash (core/learner.h) or as text (vectors): text wins. */
struct session_memory {
    bool is_known;
    struct str from, to, network;
    struct str last;
    uint16_t last_bytes;
    uint32_t last_hash;
    bool has_last;
    struct str remembered; /* inbound.remember of the session's last request */
};

#define PROFILE_MAX_BYTES 65536u /* of one file: it bounds all that is made of it */

/* ERR_INVALID with file:line:column, what is wrong and how to mend it. The text is copied.
 * port/profile_file.h reads files. */
enum err profile_parse(struct str yaml, struct str file, struct profile **ret,
                       struct errmsg *msg) MUST_CHECK;
void profile_free(struct profile *p);
struct str profile_name(const struct profile *p);
/* Whom it is for, in words; and what an operator should know, absent = nothing. */
struct str profile_title(const struct profile *p);
struct str profile_notes(const struct profile *p);
/* Has it a rule for this kind of callback? */
bool profile_takes(const struct profile *p, enum inbound_kind kind);
/* Where the messages are sent, without the query (it may hold keys); in the arena. ERR_NOT_FOUND:
 * not known without further settings. */
enum err profile_send_address(const struct profile *p, const struct settings *settings,
                              struct arena *arena, struct str *ret) MUST_CHECK;
/* "GET", "POST" or "PUT", and the profile's callbacks come by it. */
bool profile_takes_method(const struct profile *p, struct str method);
bool profile_has_ussd(const struct profile *p);
bool profile_has_send(const struct profile *p);
/* False where every customer has an address of its own: the channel must set send_url. */
bool profile_has_send_url(const struct profile *p);
/* True when some later requests of a session lack the number: the caller keeps sessions in the
 * store and calls profile_session_key first. */
bool profile_needs_session(const struct profile *p);
/* True when a USSD screen is not the answer to the callback but a request of its own
 * (profile_send with outgoing.phase). */
bool profile_sends_screens(const struct profile *p);
/* Messages per second that the provider documents; 0 = none documented. */
uint32_t profile_rate_per_s(const struct profile *p);

struct profile_setting {
    struct str name;
    struct str help;
    struct str fallback; /* used when the channel has none; absent = none */
    bool is_required;    /* for sending or receiving to work at all */
    bool is_secret;
};
/* What a channel of this profile may set beyond the names above; lives as long as the profile. */
const struct profile_setting *profile_settings(const struct profile *p, uint32_t *ret_n);
/* ERR_NOT_FOUND: a required setting is missing; ERR_INVALID: a name the profile does not know. */
enum err profile_check_settings(const struct profile *p, const struct settings *settings,
                                struct errmsg *msg) MUST_CHECK;
/* "none", or what protects callbacks in words: "hmac-sha1 signature", "secret". */
struct str profile_signature_scheme(const struct profile *p);
/* True when these settings hold what the scheme needs. A channel that is not protected is refused
 * at start unless its config says so: a check whose secret is not set is not made. */
bool profile_is_protected(const struct profile *p, const struct settings *settings);
/* The session id of a request, before decoding; absent when there is none. */
struct str profile_session_key(const struct profile *p, const struct http_request *request,
                               struct str rest, struct arena *arena);

/*
 * Decodes one callback. rest is what follows /in/<channel> or /dlr/<channel> in the path ("" or
 * "/..."); is_dlr says which. peer is the client's address. Signature first: when it fails there is
 * one item with INBOUND_AUTH_FAIL. Never fails but for ERR_TOO_LONG (arena).
 */
struct decode_context {
    const struct settings *settings;
    const struct session_memory *session; /* NULL = nothing remembered */
    struct str rest;
    struct str peer;
    bool is_dlr;
    struct wall_ms now; /* 0 = unknown: age of signed timestamps is not checked */
};
enum err profile_decode(const struct profile *p, const struct http_request *request,
                        const struct decode_context *context, struct arena *arena,
                        struct inbound_batch *ret) MUST_CHECK;
/* Appends the signature that the provider would give this request, as profile_decode wants to see
 * it: to be the provider in a test. Where the request holds one already, it is not looked at.
 * ERR_UNSUPPORTED: the scheme is no digest with a shared key. ERR_NOT_FOUND: no key is set, or what
 * is signed is not there. ERR_INVALID, ERR_TOO_LONG: the body or query cannot be read. */
enum err profile_sign(const struct profile *p, const struct http_request *request,
                      const struct decode_context *context, struct arena *arena,
                      struct buf *out) MUST_CHECK;
/* Item i again, with what is remembered of its session, once the caller has loaded it: phase, text,
 * from, to and is_repeat may differ. Needs no request: batch and arena are those of
 * profile_decode. */
enum err profile_resume(const struct profile *p, const struct inbound_batch *batch, uint32_t i,
                        const struct session_memory *session, const struct settings *settings,
                        struct arena *arena, struct inbound *ret) MUST_CHECK;

struct reply {
    struct str text; /* absent = nothing to say in the answer */
    struct str id;   /* ours, for answers that may carry one; absent = none */
    bool is_open;    /* USSD: the session goes on */
    bool is_error;   /* could not be taken now: the provider should try again (5xx) */
};

/* The HTTP response to a batch; reply belongs to item i (USSD and reply-in-answer providers) or is
 * NULL for plain acknowledgements. Same arguments, same bytes. */
enum err profile_encode(const struct profile *p, const struct inbound_batch *batch,
                        const struct reply *reply, const struct settings *settings,
                        struct arena *arena, struct http_response *ret) MUST_CHECK;
/* A batch of one message that no request brought, to see how a profile would answer it; what a
 * template echoes of the request is absent. ERR_UNSUPPORTED: the profile takes no such kind. */
enum err profile_make_batch(const struct profile *p, const struct inbound *message,
                            struct arena *arena, struct inbound_batch *ret) MUST_CHECK;
/* The reply in a sample of a provider's documentation: what profile_encode would have been given to
 * make this body. False: no answer of the profile has that form. */
bool profile_read_reply(const struct profile *p, const struct inbound_batch *batch, struct str body,
                        struct arena *arena, struct reply *ret);
/* True when an SMS reply may travel in the answer to the callback (TwiML and the like). */
bool profile_replies_in_answer(const struct profile *p);
/* Longest text that fits there, in characters; 0 = no limit. */
uint32_t profile_answer_max_chars(const struct profile *p);

struct outgoing {
    struct str from, to; /* to: E.164 */
    struct str text;
    struct str id;            /* ours: reference, and for delivery report URLs */
    struct str session;       /* USSD screens: the provider's session */
    struct str link;          /* inbound.link, for providers that want it back */
    struct str network;       /* inbound.network, likewise */
    enum inbound_phase phase; /* USSD screens: NEW = push, CONTINUE = goes on, END = last; else
                                 NONE */
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

const char *inbound_kind_name(enum inbound_kind kind); /* "sms-mo" "ussd" "dlr" "poll" */
const char *inbound_outcome_name(enum inbound_outcome outcome);
const char *inbound_phase_name(enum inbound_phase phase); /* NULL for none */
const char *dlr_status_name(enum dlr_status status);      /* NULL for none */
const char *send_outcome_name(enum send_outcome outcome);

/* Providers that want an access token first: ask, keep it until it expires, and hand it over as
 * the setting "token" of profile_send. A 401 to a send means: ask again. */
bool profile_needs_token(const struct profile *p, const struct settings *settings);
enum err profile_token_request(const struct profile *p, const struct settings *settings,
                               struct wall_ms now, struct arena *arena, struct send_request *ret,
                               struct errmsg *msg) MUST_CHECK;
/* ERR_INVALID: the answer holds no token. *ret_lifetime_ms: at least a minute, at most a day. */
enum err profile_read_token(const struct profile *p, int status, struct str body,
                            const struct settings *settings, struct arena *arena,
                            struct str *ret_token, int64_t *ret_lifetime_ms) MUST_CHECK;

enum err profile_send(const struct profile *p, const struct outgoing *message,
                      const struct settings *settings, struct wall_ms now, struct arena *arena,
                      struct send_request *ret, struct errmsg *msg) MUST_CHECK;
enum err profile_read_answer(const struct profile *p, int status, const struct http_header *headers,
                             uint32_t n_headers, struct str body, const struct settings *settings,
                             struct wall_ms now, struct arena *arena,
                             struct send_result *ret) MUST_CHECK;
/* The built-in simulator's half: reads from, to and text back out of a request that profile_send
 * made, and gives the provider's documented success answer. ERR_INVALID when it is not one. */
enum err profile_simulate(const struct profile *p, const struct http_request *request,
                          struct str new_id, struct arena *arena, struct outgoing *ret,
                          struct http_response *ret_answer) MUST_CHECK;
