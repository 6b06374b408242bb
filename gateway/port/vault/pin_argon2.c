/* pin.h, with argon2. */
#include <argon2.h>
#include <string.h>

#include "port/vault/pin.h"

#define PASSES 2
#define KIB 1024
#define LANES 1

void pin_hash(const uint8_t salt[PIN_SALT_BYTES], struct str pin, uint8_t ret[PIN_HASH_BYTES])
{
    if (argon2id_hash_raw(PASSES, KIB, LANES, pin.p, pin.len, salt, PIN_SALT_BYTES, ret,
                          PIN_HASH_BYTES) != ARGON2_OK)
        memset(ret, 0, PIN_HASH_BYTES);
}
