/*
 * err.h: the one error idiom, and the compiler attributes that all agree on.
 *
 * Expected failures (bad input, a server away, a ceiling reached) are returned as enum err, which
 * must be checked. What a person needs to know beyond the code goes into an optional last
 * argument, struct errmsg: a fixed array, so reporting an error never allocates. A function either
 * logs or returns an error, never both; libraries return, the edge that decides logs.
 *
 *     struct errmsg msg;
 *     if (front_listen(address, port, false, &fd, &msg) != ERR_OK)
 *         fprintf(stderr, "%s\n", msg.text);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The few compiler attributes the code base agrees on.
 *
 * CLEANUP(fn) runs fn(&variable) when the variable leaves scope; the function takes a pointer to
 * the variable, accepts NULL in it, and is named x_freep. MUST_CHECK makes an ignored result an
 * error at compile time. PRINTF_LIKE checks format strings.
 */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* name, retryable (the same call may succeed later without anyone mending anything), words */
#define ERR_TABLE(X)                                                                               \
    X(OK, false, "ok")                                                                             \
    X(INVALID, false, "invalid")                                                                   \
    X(TOO_LONG, false, "too long")                                                                 \
    X(NOT_FOUND, false, "not found")                                                               \
    X(DENIED, false, "denied")                                                                     \
    X(UNSUPPORTED, false, "unsupported")                                                           \
    X(CONFLICT, true, "conflict")                                                                  \
    X(TIMEOUT, true, "timeout")                                                                    \
    X(UNAVAILABLE, true, "unavailable")                                                            \
    X(FULL, true, "full")                                                                          \
    X(IO, false, "i/o error")                                                                      \
    X(NO_MEMORY, false, "out of memory")

enum err {
#define ERR_ENUM(name, retryable, words) ERR_##name,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

#define ERRMSG_BYTES 512

struct errmsg {
    char text[ERRMSG_BYTES]; /* NUL-terminated; cut, never overflowed */
};

/* "timeout", "unavailable" ...: for logs and metrics labels. */
const char *err_name(enum err e);

bool err_is_retryable(enum err e);

/* Formats into msg, which may be NULL. */
void errmsg_format(struct errmsg *msg, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same, and gives e, so that `return errmsg_set(msg, ERR_X, ...)` reads as one statement. A
 * macro, so that checkers which look at one file see that it is e that comes back. */
#define errmsg_set(msg, e, ...) (errmsg_format((msg), __VA_ARGS__), (enum err)(e))
