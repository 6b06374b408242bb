#include "app/pack.h"

#include <string.h>

#define ABSENT_LEN UINT32_MAX

static void pack_number(struct buf *out, uint64_t value, int n_bytes)
{
    char bytes[8];
    for (int i = n_bytes - 1; i >= 0; i--) {
        bytes[i] = (char)(value & 0xff);
        value >>= 8;
    }
    buf_add(out, bytes, (size_t)n_bytes);
}

void pack_u8(struct buf *out, uint8_t value)
{
    pack_number(out, value, 1);
}

void pack_u16(struct buf *out, uint16_t value)
{
    pack_number(out, value, 2);
}

void pack_u32(struct buf *out, uint32_t value)
{
    pack_number(out, value, 4);
}

void pack_u64(struct buf *out, uint64_t value)
{
    pack_number(out, value, 8);
}

void pack_i64(struct buf *out, int64_t value)
{
    pack_number(out, (uint64_t)value, 8);
}

void pack_str(struct buf *out, struct str s)
{
    if (s.p == NULL) {
        pack_u32(out, ABSENT_LEN);
        return;
    }
    pack_u32(out, (uint32_t)s.len);
    buf_add(out, s.p, s.len);
}

void unpack_bytes(struct unpack *in, void *dst, size_t n)
{
    memset(dst, 0, n);
    if (in->left.len < n)
        in->has_failed = true;
    if (in->has_failed)
        return;
    memcpy(dst, in->left.p, n);
    in->left = str_sub(in->left, n, in->left.len);
}

static uint64_t unpack_number(struct unpack *in, size_t n_bytes)
{
    uint8_t bytes[8];
    uint64_t value = 0;
    unpack_bytes(in, bytes, n_bytes);
    for (size_t i = 0; i < n_bytes; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t unpack_u8(struct unpack *in)
{
    return (uint8_t)unpack_number(in, 1);
}

uint16_t unpack_u16(struct unpack *in)
{
    return (uint16_t)unpack_number(in, 2);
}

uint32_t unpack_u32(struct unpack *in)
{
    return (uint32_t)unpack_number(in, 4);
}

uint64_t unpack_u64(struct unpack *in)
{
    return unpack_number(in, 8);
}

int64_t unpack_i64(struct unpack *in)
{
    return (int64_t)unpack_number(in, 8);
}

struct str unpack_str(struct unpack *in)
{
    uint32_t len = unpack_u32(in);
    if (in->has_failed || len == ABSENT_LEN)
        return STR_NONE;
    if (len > in->left.len) {
        in->has_failed = true;
        return STR_NONE;
    }
    struct str s = str_sub(in->left, 0, len);
    in->left = str_sub(in->left, len, in->left.len);
    return s;
}

bool unpack_is_done(const struct unpack *in)
{
    return !in->has_failed && in->left.len == 0;
}
