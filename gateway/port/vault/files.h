/*
 * files.h: the files of the keys folder (vault.h says which), for openssl.c and letter.c.
 *
 * Keys come and go as bytes that the caller wipes. Synchronous; whatever is made is on disk when it
 * is answered, whole or not at all.
 */
#pragma once

#include <limits.h>

#include "port/vault/vault.h"

#define NUMBER_ID_KEY "number_id.key"
#define NEW_NUMBER_ID_KEY NUMBER_ID_KEY ".new"
#define FIRST_SEAL_KEY "seal_1.key"
#define SEAL_KEY_FORMAT "seal_%u.key"

/* The path of a file in the folder, also where dir is the beginning of names. ERR_TOO_LONG. */
enum err vault_file_path(char dst[PATH_MAX], const char *dir, const char *name,
                         struct errmsg *msg) MUST_CHECK;
/* ERR_NOT_FOUND, ERR_DENIED (others may read it), ERR_INVALID (no key), ERR_IO; msg has the remedy.
 */
enum err vault_file_read(const char *dir, const char *name, uint8_t ret_key[VAULT_KEY_BYTES],
                         struct errmsg *msg) MUST_CHECK;
/* key is wiped after the call; an error ends the walk and is what it returns. */
typedef enum err vault_file_fn(void *ctx, uint16_t id, const uint8_t key[VAULT_KEY_BYTES],
                               struct errmsg *msg);
enum err vault_file_each_seal_key(const char *dir, vault_file_fn *fn, void *ctx,
                                  struct errmsg *msg) MUST_CHECK;
/* All of the bytes; ERR_IO, and errno says why. */
enum err vault_file_write(int fd, const char *bytes, size_t n) MUST_CHECK;
/* A new key of random bytes. One of this name that is there stays. */
enum err vault_file_make(const char *dir, const char *name, struct errmsg *msg) MUST_CHECK;
