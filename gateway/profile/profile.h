/*
 * profile.h: how one provider speaks HTTP, declared in config/profiles/<provider>.yaml and nothing
 * in C (the language is described in config/profiles/README.md).
 *
 * Pure: decoding takes a request and what is remembered of the session, and gives messages;
 * encoding takes a reply, and gives the response; sending takes a message, and gives the request
 * for wire's caller to perform, and reads the response that came. Everything returned lives in the
 * arena.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "core/number.h"
#include "profile/inbound.h"
#include "wire/http/http.h"

struct profile;

/* Name and value of a channel's settings. Values are borrowed. Names are the profile's own
 * (profile_settings), and for every profile:
 *   default_country  "KE": whose national numbers are meant (config: country)
 *   public_url       "https://learn.example.org": our address as the provider sees it, without a
 *                    path; signatures over the URL and report URLs need it
 *   channel          name of the channel: report URLs are <public_url>/dlr/<channel>
 *   timezone         "+03:00": of times without a zone; else what the profile says, else UTC
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

#define PROFILE_MAX_BYTES 65536u /* of one file: it bounds all that is made of it */

/* ERR_INVALID: errors got a line for every mistake: "file:line:column: what is wrong; how to mend
 * it". The text is copied. port/file.h reads files. */
enum err profile_parse(struct str yaml, struct str file, struct profile **ret,
                       struct buf *errors) MUST_CHECK;
void profile_free(struct profile *p);
struct str profile_name(const struct profile *p);
/* Whom it is for, in words; and what an operator should know, absent = nothing. */
struct str profile_title(const struct profile *p);
struct str profile_notes(const struct profile *p);
/* Has it a rule for this kind of callback? */
bool profile_takes(const struct profile *p, enum inbound_kind kind);
/* False: it has no `messages`, it only asks (config/profiles/number-recycling.yaml). */
bool profile_takes_any(const struct profile *p);
/* How its messages' senders are written (`number:`), tried in order; 0: it takes no messages. */
uint32_t profile_sender_forms(const struct profile *p, const enum number_form **ret);
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
/* Messages per second that the provider documents; 0 = none documented. */
uint32_t profile_rate_per_s(const struct profile *p);
/* Longest text of one send request, in characters, and of one USSD screen, in characters of the GSM
 * alphabet; 0 = none documented. */
uint32_t profile_text_chars(const struct profile *p);
uint32_t profile_ussd_chars(const struct profile *p);

struct profile_setting {
    struct str name;
    struct str help;
    struct str fallback; /* used when the channel has none; absent = none */
    bool is_required;    /* for sending or receiving to work at all */
    bool is_secret;
};
/* What a channel of this profile may set beyond the names above; lives as long as the profile. */
const struct profile_setting *profile_settings(const struct profile *p, uint32_t *ret_n);
/* ERR_NOT_FOUND: a required setting is missing; ERR_INVALID: a name the profile does not know, or a
 * timezone that is none. msg names it. */
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
 * from, to and is_repeat may differ. Needs no request; profile, settings and arena of
 * profile_decode are still there. ERR_TOO_LONG: arena. */
enum err profile_resume(const struct inbound_batch *batch, uint32_t i,
                        const struct session_memory *session, struct inbound *ret) MUST_CHECK;

struct reply {
    struct str text; /* absent = nothing to say in the response */
    struct str id;   /* ours, for responses that may carry one; absent = none */
    bool is_open;    /* USSD: the session goes on */
    bool is_error;   /* could not be taken now: the provider should try again (5xx) */
};

/* The HTTP response to a batch; reply belongs to item i (USSD and reply-in-answer providers) or is
 * NULL for plain acknowledgements. Same arguments, same bytes. *ret lives in the arena, or is the
 * profile's. ERR_TOO_LONG: arena, more than a response may hold, or a header with a line end. */
enum err profile_encode(const struct profile *p, const struct inbound_batch *batch,
                        const struct reply *reply, const struct settings *settings,
                        struct arena *arena, struct http_response *ret) MUST_CHECK;
/* A batch of one message that no request brought, to see how a profile would answer it; what a
 * template echoes of the request is absent. ERR_UNSUPPORTED: the profile takes no such kind. */
enum err profile_make_batch(const struct profile *p, const struct inbound *message,
                            struct arena *arena, struct inbound_batch *ret) MUST_CHECK;
/* True when an SMS reply may travel in the response to the callback (TwiML and the like). */
bool profile_replies_in_response(const struct profile *p);
/* Longest text that fits there, in characters; 0 = no limit. */
uint32_t profile_response_max_chars(const struct profile *p);
