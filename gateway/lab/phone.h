/*
 * phone.h: a basic phone in a terminal: lines that are typed, or read from a script, become SMS and
 * USSD with a running gateway, through the very callbacks that an aggregator uses.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define PHONE_DIAL_CODE "*384*7#"

struct phone_ask {
    const char *number;  /* phone_is_number */
    const char *url;     /* "http://127.0.0.1:8080" */
    const char *admin;   /* its admin listener; NULL = the next port */
    bool is_ussd;        /* begins by dialling */
    bool is_interactive; /* shows a prompt and no lines of its own */
    int64_t wait_ms;     /* for an SMS that answers one, at most */
};

extern const char phone_help[];
bool phone_is_number(const char *text);
/* Until /quit or the end of `in`; prints what the phone shows. ERR_INVALID: of the addresses;
 * else what the gateway or its simulator did not answer. */
enum err phone_talk(const struct phone_ask *ask, FILE *in, struct errmsg *msg) MUST_CHECK;
