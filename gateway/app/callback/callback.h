/*
 * callback.h: from an HTTP request of a provider to the HTTP response: path -> channel -> profile
 * -> dialogs -> profile.
 *
 *     /in/<channel>[/...]    messages and USSD steps
 *     /dlr/<channel>[/...]   delivery reports (report.c); providers with one address for all
 *                            send them to /in/ as well. An opt-out in one becomes a STOP
 *     anything else          404
 *
 * A body may hold several messages: each gets its own dialog, at most CALLBACK_WINDOW at once,
 * started in order, and the response goes out when all are answered. One that could not be taken
 * makes the whole response a failure, so that the provider sends all of them again; the others are
 * then found to be repeats.
 *
 * Callers keep a front or anything else that can give requests and take responses. Sessions whose
 * later requests do not name the number (profile_needs_session) are kept in the store, sealed.
 */
#pragma once

#include "app/channels.h"
#include "app/dialog/dialog.h"
#include "app/joiner.h"
#include "port/front/front.h"

#define CALLBACK_WINDOW 16u
#define CALLBACK_SESSION_TTL_MS (15 * 60 * 1000)

struct callbacks;

/* Exactly once per callbacks_handle, within it or later. response is borrowed until it returns. */
typedef void callback_on_response(void *ctx, struct front_token token,
                                  const struct http_response *response);

/* All members outlive the callbacks; metrics may be NULL. */
struct callback_parts {
    struct loop *loop;
    struct store *store;
    const struct vault *vault;
    struct metrics *metrics;
    const struct channels *channels;
    struct dialogs *dialogs;
    struct joiner *joiner;
    struct str trusted_proxies; /* see wire/address.h; absent = none */
    callback_on_response *fn;
    void *ctx;
};

struct callbacks *callbacks_new(const struct callback_parts *parts);
/* Only when none is under way. Accepts NULL. */
void callbacks_free(struct callbacks *all);
/* Requests that are not answered yet. */
uint32_t callbacks_n_running(const struct callbacks *all);
/* request is borrowed until this returns; peer is the provider's address. */
void callbacks_handle(struct callbacks *all, struct front_token token,
                      const struct http_request *request, struct str peer);

/* A provider's delivery report as a record of the event log; PostgreSQL joins it to what was sent.
 * Nothing is looked up on the callback's path: a report is kept as it came, also when it overtakes
 * the response to its own send. id is the provider's message id or ours, whichever the profile's
 * reports carry; it is compared as a text (007 is not 7), within the channel, and cut at
 * REPORT_ID_BYTES. report: INBOUND_DLR with a status and an id. Digit runs in the error are masked.
 */
void report_encode(struct str channel, const struct inbound *report, struct wall_ms received,
                   struct arena *arena, struct buf *out);
/* Whose events stream it goes to: reports about one message keep their order. */
uint8_t report_bucket(struct str channel, struct str id);
