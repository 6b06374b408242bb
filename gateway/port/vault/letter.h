/*
 * letter.h: texts for the eyes of one person, or one team: sealed to a public key that lies in the
 * keys folder (`safe.pub`, `inbox.pub`), opened with the private key file that only they have. The
 * gateway cannot open what it sealed. letter.c wraps OpenSSL: X25519 with a key pair of its own for
 * each letter, HKDF-SHA-256, AES-256-GCM.
 *
 * A letter is a box (port/vault/vault.h) whose key id is 0.
 */
#pragma once

#include "base/buf.h"

#define LETTER_KEY_BYTES 32
/* Key id, public key of the letter, nonce, tag: beside the text. */
#define LETTER_EXTRA_BYTES (2u + LETTER_KEY_BYTES + 12u + 16u)

/* Appends to out; an error (out has no room) leaves it as it was, but for its error mark. */
enum err letter_seal(const uint8_t public_key[LETTER_KEY_BYTES], struct str plain,
                     struct buf *out) MUST_CHECK;
/* With the private key of that file (64 hexadecimal digits, mode 0600). ERR_NOT_FOUND,
 * ERR_DENIED, ERR_IO, ERR_INVALID: the file, as for the gateway's own keys; ERR_DENIED too: not
 * sealed to this key. msg says which. */
enum err letter_open(const char *key_file, struct str letter, struct buf *out,
                     struct errmsg *msg) MUST_CHECK;
/* Makes a pair: the private key in a new file, the public one in the other, which it replaces.
 * ERR_CONFLICT: key_file is there, and stays as it is. */
enum err letter_make_keys(const char *key_file, const char *public_file,
                          struct errmsg *msg) MUST_CHECK;
/* A public key file. ERR_NOT_FOUND: there is none. */
enum err letter_read_public(const char *public_file, uint8_t ret[LETTER_KEY_BYTES],
                            struct errmsg *msg) MUST_CHECK;
