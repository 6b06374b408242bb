/*
 * pin.h: Argon2id of a PIN of four digits (libargon2). Four digits are soon tried: what protects
 * them is that each try waits longer (core/engine/pin.c); the hash keeps them out of Redis and
 * PostgreSQL in the clear.
 */
#pragma once

#include "base/str.h"

#define PIN_SALT_BYTES 8
#define PIN_HASH_BYTES 16

/* Some two milliseconds and one MiB, on a callback's path: small enough for that, and only the few
 * who have a PIN cost them. All zero when there is no memory: such a hash is never one of a PIN. */
void pin_hash(const uint8_t salt[PIN_SALT_BYTES], struct str pin, uint8_t ret[PIN_HASH_BYTES]);
