/*
 * handset.h: a basic phone with its network and aggregator, as far as the gateway can tell: it
 * makes the callbacks that Africa's Talking would make for it, and reads the answers. It does no
 * HTTP: transcripts and `waypost phone` carry the requests.
 *
 *     struct handset phone;
 *     handset_init(&phone, "+254700000001", "*384*7#", "run1");
 *     handset_dial(&phone, STR("*384*7#"));
 *     ... POST phone.body to phone.path, and then
 *     handset_read_screen(&phone, 200, answer, &text, &is_open);
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

#define HANDSET_NUMBER_BYTES 17
#define HANDSET_NAME_BYTES 48
#define HANDSET_SMS_PATH "/in/at"
#define HANDSET_REPORT_PATH "/dlr/at"
#define HANDSET_USSD_PATH "/in/at-ussd"
#define HANDSET_CALL_PATH "/in/at-voice"

struct handset {
    char number[HANDSET_NUMBER_BYTES];
    char dial_code[HANDSET_NAME_BYTES]; /* "*384*7#" */
    char run[HANDSET_NAME_BYTES];       /* makes ids of different runs differ */
    uint32_t n_sms, n_sessions, n_calls;
    uint64_t last_hash; /* of the last SMS's text */
    int64_t last_ms;
    uint32_t n_same;
    bool is_in_session;
    struct buf inputs; /* of the session, joined by '*', as the network passes them on */
    /* The last callback. */
    const char *path; /* NULL = none yet */
    struct buf body;
    bool is_ussd;
};

void handset_init(struct handset *h, const char *number, const char *dial_code, const char *run);
void handset_fini(struct handset *h);
/* Each of these makes the callback that is to be posted. */
void handset_send_sms(struct handset *h, struct str text, struct wall_ms now);
/* The network tells what became of an SMS to the phone, by the provider's id of it. */
void handset_report(struct handset *h, struct str id, bool has_arrived);
/* Lets the voice number ring. */
void handset_call(struct handset *h);
/* "*384*7#" opens a session, also when one is open; "*384*7*2#" dials through to 2. */
void handset_dial(struct handset *h, struct str code);
/* An answer to the screen; only in a session. */
void handset_answer(struct handset *h, struct str text);
/* The network closes the session. False: none is open. With is_quiet it does not tell, and there
 * is nothing to post. */
bool handset_drop(struct handset *h, bool is_quiet, struct wall_ms now);
/* Is this something to dial? */
bool handset_is_code(struct str text);
/* What the phone shows; closes the session on END or an error. ERR_INVALID: not an answer that the
 * aggregator would take. *ret is borrowed from body. */
enum err handset_read_screen(struct handset *h, int status, struct str body, struct str *ret,
                             bool *ret_is_open) MUST_CHECK;
