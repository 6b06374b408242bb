#include "base/record.h"

#include <assert.h>
#include <string.h>

#define ABSENT_LEN UINT32_MAX

static void fail(struct record_reader *in)
{
    if (in->error == ERR_OK)
        in->error = ERR_INVALID;
}

/* ---- pieces ---- */

void record_put_number(struct buf *out, uint64_t value, size_t n_bytes)
{
    char bytes[8];
    for (size_t i = n_bytes; i > 0; i--) {
        bytes[i - 1] = (char)(value & 0xff);
        value >>= 8;
    }
    buf_add(out, bytes, n_bytes);
}

void record_put_varint(struct buf *out, uint64_t value)
{
    while (value >= 0x80) {
        buf_add_char(out, (char)(value | 0x80));
        value >>= 7;
    }
    buf_add_char(out, (char)value);
}

static void put_text(struct buf *out, struct str s)
{
    record_put_number(out, s.p == NULL ? ABSENT_LEN : s.len, 4);
    if (s.p != NULL)
        buf_add(out, s.p, s.len);
}

static struct str take(struct record_reader *in, size_t n)
{
    if (n > in->left.len)
        fail(in);
    if (in->error != ERR_OK)
        return STR_NONE;
    struct str s = str_sub(in->left, 0, n);
    in->left = str_sub(in->left, n, in->left.len);
    return s;
}

void record_take_bytes(struct record_reader *in, void *dst, size_t n)
{
    struct str s = take(in, n);
    memset(dst, 0, n);
    if (s.p != NULL)
        memcpy(dst, s.p, s.len);
}

uint64_t record_take_number(struct record_reader *in, size_t n_bytes)
{
    uint8_t bytes[8];
    uint64_t value = 0;
    record_take_bytes(in, bytes, n_bytes);
    for (size_t i = 0; i < n_bytes; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint64_t record_take_varint(struct record_reader *in, uint64_t max)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = 0;
        record_take_bytes(in, &byte, 1);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            if (value > max)
                fail(in);
            return in->error == ERR_OK ? value : 0;
        }
    }
    fail(in);
    return 0;
}

static struct str take_text(struct record_reader *in)
{
    size_t len = (size_t)record_take_number(in, 4);
    return len == ABSENT_LEN ? STR_NONE : take(in, len);
}

/* ---- kinds ---- */

static uint64_t load(const struct record_field *field, const void *member)
{
    switch (field->size) {
    case 1:
        return *(const uint8_t *)member;
    case 2:
        return *(const uint16_t *)member;
    case 4:
        return *(const uint32_t *)member;
    default:
        assert(field->size == 8);
        return *(const uint64_t *)member;
    }
}

static void store(const struct record_field *field, void *member, uint64_t value)
{
    switch (field->size) {
    case 1:
        *(uint8_t *)member = (uint8_t)value;
        return;
    case 2:
        *(uint16_t *)member = (uint16_t)value;
        return;
    case 4:
        *(uint32_t *)member = (uint32_t)value;
        return;
    default:
        assert(field->size == 8);
        *(uint64_t *)member = value;
    }
}

static void put_number(struct buf *out, const struct record_field *field, const void *member)
{
    record_put_number(out, load(field, member), field->size);
}

static void take_number(struct record_reader *in, const struct record_field *field, void *member)
{
    store(field, member, record_take_number(in, field->size));
}

const struct record_kind record_number = {put_number, take_number};

static void put_byte(struct buf *out, const struct record_field *field, const void *member)
{
    uint64_t value = load(field, member);
    if (value > UINT8_MAX && out->error == ERR_OK)
        out->error = ERR_TOO_LONG;
    record_put_number(out, value, 1);
}

static void take_byte(struct record_reader *in, const struct record_field *field, void *member)
{
    store(field, member, record_take_number(in, 1));
}

const struct record_kind record_byte = {put_byte, take_byte};

static void put_bool(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* all bools are alike */
    record_put_number(out, *(const bool *)member, 1);
}

static void take_bool(struct record_reader *in, const struct record_field *field, void *member)
{
    (void)field;
    uint64_t value = record_take_number(in, 1);
    if (value > 1)
        fail(in);
    *(bool *)member = value == 1;
}

const struct record_kind record_bool = {put_bool, take_bool};

static void put_varint(struct buf *out, const struct record_field *field, const void *member)
{
    record_put_varint(out, load(field, member));
}

static void take_varint(struct record_reader *in, const struct record_field *field, void *member)
{
    store(field, member, record_take_varint(in, UINT64_MAX >> (64 - 8 * field->size)));
}

const struct record_kind record_varint = {put_varint, take_varint};

static void put_bytes(struct buf *out, const struct record_field *field, const void *member)
{
    buf_add(out, member, field->size);
}

static void take_bytes(struct record_reader *in, const struct record_field *field, void *member)
{
    record_take_bytes(in, member, field->size);
}

const struct record_kind record_bytes = {put_bytes, take_bytes};

static void put_str(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* all strings are alike */
    put_text(out, *(const struct str *)member);
}

static void take_str(struct record_reader *in, const struct record_field *field, void *member)
{
    (void)field;
    *(struct str *)member = take_text(in);
}

const struct record_kind record_str = {put_str, take_str};

/* A NUL inside would cut it when it is written again. */
static void copy_chars(struct record_reader *in, struct str s, char *dst, size_t dst_bytes)
{
    memset(dst, 0, dst_bytes);
    if (s.len >= dst_bytes || (s.len > 0 && memchr(s.p, '\0', s.len) != NULL))
        fail(in);
    else if (s.len > 0)
        memcpy(dst, s.p, s.len);
}

static void put_chars(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* it ends at its NUL */
    put_text(out, str_from(member));
}

static void take_chars(struct record_reader *in, const struct record_field *field, void *member)
{
    copy_chars(in, take_text(in), member, field->size);
}

const struct record_kind record_chars = {put_chars, take_chars};

static void put_name(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* it ends at its NUL */
    struct str s = str_from(member);
    record_put_varint(out, s.len);
    buf_add(out, s.p, s.len);
}

static void take_name(struct record_reader *in, const struct record_field *field, void *member)
{
    size_t n = (size_t)record_take_varint(in, field->size - 1);
    copy_chars(in, take(in, n), member, field->size);
}

const struct record_kind record_name = {put_name, take_name};

/* ---- whole records ---- */

static bool is_zero(const struct record_field *field, const char *value)
{
    for (size_t i = 0; i < field->size; i++) {
        if (value[field->offset + i] != 0)
            return false;
    }
    return true;
}

static void put_rare(struct buf *out, const struct record_format *format, const char *value)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < format->n_rare; i++)
        mask |= is_zero(&format->rare[i], value) ? 0 : UINT64_C(1) << i;
    record_put_varint(out, mask);
    for (uint32_t i = 0; i < format->n_rare; i++) {
        if (mask >> i & 1)
            format->rare[i].kind->put(out, &format->rare[i], value + format->rare[i].offset);
    }
}

static void take_rare(struct record_reader *in, const struct record_format *format, char *ret)
{
    uint64_t mask = record_take_varint(in, UINT64_MAX);
    if (in->error == ERR_OK && mask >> format->n_rare != 0)
        in->error = ERR_UNSUPPORTED; /* a member of a later program */
    for (uint32_t i = 0; i < format->n_rare && in->error == ERR_OK; i++) {
        if (mask >> i & 1)
            format->rare[i].kind->take(in, &format->rare[i], ret + format->rare[i].offset);
    }
}

void record_encode(const struct record_format *format, const void *value, struct buf *out)
{
    for (uint32_t i = 0; i < format->n; i++) {
        const struct record_field *field = &format->fields[i];
        if (i == format->n_before)
            record_put_number(out, format->version, 1);
        field->kind->put(out, field, (const char *)value + field->offset);
    }
    if (format->n_rare > 0)
        put_rare(out, format, value);
}

enum err record_decode(const struct record_format *format, struct str bytes, void *ret)
{
    struct record_reader in = {.left = bytes};
    uint64_t version = 0;
    for (uint32_t i = 0; i < format->n && in.error == ERR_OK; i++) {
        const struct record_field *field = &format->fields[i];
        if (i == format->n_before) {
            version = record_take_number(&in, 1);
            if (in.error == ERR_OK && (version == 0 || version > format->version))
                return ERR_UNSUPPORTED;
        }
        if (i < format->n_before || field->since <= version)
            field->kind->take(&in, field, (char *)ret + field->offset);
    }
    if (format->n_rare > 0 && in.error == ERR_OK && version >= format->rare[0].since)
        take_rare(&in, format, ret);
    if (in.error == ERR_OK && in.left.len > 0)
        return ERR_INVALID;
    return in.error;
}
