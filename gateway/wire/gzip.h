/*
 * gzip.h: bytes in the form of RFC 1952, for those who take nothing else.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

/* Appends them as they are, in one stored block (RFC 1951 3.2.4). */
void gzip_store(const uint8_t *bytes, uint16_t n, struct buf *out);
