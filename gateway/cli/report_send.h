/*
 * report_send.h: xAPI statements, one a line, to a Learning Record Store (xAPI 1.0.3, POST
 * .../statements): in batches, again with back-off where it does not answer or asks to wait, and
 * never twice over: the ids of what was taken are kept in a file and passed over the next time.
 *
 * A statement's id makes a repeat harmless, so a batch whose response was lost is sent again. A
 * store that refuses a batch because it has one of its ids (409), or because it is too long (413),
 * gets it in halves; a single statement whose id it has is taken.
 */
#pragma once

#include <stdio.h>

#include "base/str.h"

#define REPORT_SEND_BATCH 50u
#define REPORT_SEND_TRIES 9u       /* in a row without a response that says more than "later" */
#define REPORT_SEND_FIRST_TRIES 3u /* while there is nobody at that address */

struct report_send {
    const char *url;            /* https://..., or http:// to this machine; /statements is added */
    const char *credentials;    /* a file with one line, key:secret, that nobody else can read */
    const char *sent;           /* a file with ids, made when it is not there; NULL: none is kept */
    uint64_t n_taken, n_before; /* set: taken now, and those of `sent` that were passed over */
};

/* lines: from its beginning. ERR_INVALID: a line that is no statement, an address or credentials
 * that cannot be used, or the store refuses. ERR_DENIED: 401, 403. ERR_UNAVAILABLE: it does not
 * take anything for now; the same call goes on from there. ERR_IO: a file. msg says which. */
enum err report_send_run(struct report_send *send, FILE *lines, struct errmsg *msg) MUST_CHECK;
