/*
 * pack.h: how app writes its own small records (outbox messages, last replies, spooled messages)
 * into bytes and reads them back: big-endian numbers, and strings as a 32-bit length and bytes.
 * The first byte of every record is its version.
 *
 *     struct unpack in = {.left = bytes};
 *     uint8_t version = unpack_u8(&in);
 *     struct str text = unpack_str(&in);
 *     if (!unpack_is_done(&in)) ...
 */
#pragma once

#include "base/buf.h"

void pack_u8(struct buf *out, uint8_t value);
void pack_u16(struct buf *out, uint16_t value);
void pack_u32(struct buf *out, uint32_t value);
void pack_u64(struct buf *out, uint64_t value);
void pack_i64(struct buf *out, int64_t value);
/* An absent string comes back absent. */
void pack_str(struct buf *out, struct str s);

/* Reads from the front of `left`; past the end everything is zero, absent, and has_failed. */
struct unpack {
    struct str left;
    bool has_failed;
};

uint8_t unpack_u8(struct unpack *in);
uint16_t unpack_u16(struct unpack *in);
uint32_t unpack_u32(struct unpack *in);
uint64_t unpack_u64(struct unpack *in);
int64_t unpack_i64(struct unpack *in);
/* Borrows from the bytes that are read. */
struct str unpack_str(struct unpack *in);
/* Copies n bytes to dst, or zeroes it. */
void unpack_bytes(struct unpack *in, void *dst, size_t n);
/* True when everything was there and nothing is left over. */
bool unpack_is_done(const struct unpack *in);
