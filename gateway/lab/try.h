/*
 * try.h: is the provider for once. A sample of what it sends, out of a file or out of the vectors
 * of its profile, goes to a running gateway, with the channel's own keys, and what comes back is
 * shown.
 */
#pragma once

#include "app/channels.h"

struct try_ask {
    const struct config *config;
    const struct channel *channel;
    const char *base;         /* "http://127.0.0.1:8080" */
    const char *from;         /* who writes; NULL = as in the sample */
    const char *request_file; /* a raw request; NULL = a vector that comes with the program */
    bool is_dlr;
};

/* Prints the request, how we read it, the answer, and the SMS that comes of it where there is a
 * simulator. ERR_NOT_FOUND, ERR_INVALID, ERR_TOO_LONG: no sample; ERR_UNAVAILABLE: no answer;
 * ERR_DENIED: none of success. */
enum err try_channel(const struct try_ask *ask, struct errmsg *msg) MUST_CHECK;
