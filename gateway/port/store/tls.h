/*
 * tls.h: TLS over a connected socket that does not block; OpenSSL. Redis speaks it on its
 * tls-port; hiredis 0.14 does not.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct tls_settings {
    const char *ca;         /* file of the authorities that are believed; NULL = no TLS */
    const char *cert, *key; /* files that show who we are; NULL = none */
    const char *name;       /* that the server's certificate must have; NULL: its address */
};

struct tls;

/* Over fd, which stays the caller's and may still be connecting. NULL and why when a file cannot be
 * read. The handshake is made by the first reads and writes. */
struct tls *tls_new(const struct tls_settings *settings, const char *address, int fd, char *ret_why,
                    size_t why_bytes);
/* Accepts NULL. */
void tls_free(struct tls *tls);

#define TLS_AGAIN (-1) /* when the socket is readable, or writable after a write */
#define TLS_GONE (-2)  /* closed, or refused: see tls_why */

/* Bytes read or written (> 0), TLS_AGAIN, or TLS_GONE. */
ssize_t tls_read(struct tls *tls, void *dst, size_t n);
ssize_t tls_write(struct tls *tls, const void *bytes, size_t n);
/* Of the last TLS_GONE, until the next call. */
const char *tls_why(const struct tls *tls);
