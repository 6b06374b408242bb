/*
 * signature.h: digests, message authentication and the base64 they travel in (OpenSSL underneath).
 * What is signed, and where the signature stands, is the profile's business (auth.c).
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define DIGEST_MAX_BYTES 64u

enum digest { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512 };

/* Returns the digest's length in bytes. */
size_t digest_hash(enum digest digest, struct str bytes, uint8_t dst[DIGEST_MAX_BYTES]);
/* HMAC (RFC 2104). */
size_t digest_hmac(enum digest digest, struct str key, struct str bytes,
                   uint8_t dst[DIGEST_MAX_BYTES]);

/* Same length and bytes, in a time that does not depend on where they differ. Nothing equals an
 * empty one: that is a setting left blank. */
bool signature_equal(struct str a, struct str b);
/* Ed25519 (RFC 8032); 32 bytes of key and 64 of signature, else false. */
bool signature_ed25519(struct str public_key, struct str bytes, struct str signature);

/* RFC 4648 4 with padding, or 5 (URL alphabet) without. */
void base64_encode(struct str bytes, bool is_url, struct buf *out);
/* Either alphabet, padding optional, blanks refused. In the arena. ERR_INVALID. */
enum err base64_decode(struct str text, struct arena *arena, struct str *ret) MUST_CHECK;
