/*
 * gzip.h: bytes packed as RFC 1952 says.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* In the arena; absent when it is full, or the memory. */
struct str gzip_pack(uint8_t *bytes, unsigned n_bytes, struct arena *arena);
