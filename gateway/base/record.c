#include "base/record.h"

#include <assert.h>
#include <string.h>

#define ABSENT_LEN UINT32_MAX
#define VARINT_BYTES 10u

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
    char bytes[VARINT_BYTES];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (char)(value | 0x80);
    bytes[n++] = (char)value;
    buf_add(out, bytes, n);
}

void record_put_text(struct buf *out, struct str text)
{
    record_put_varint(out, text.len);
    if (text.len > 0)
        buf_add_str(out, text);
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
    for (size_t i = 0; in->error == ERR_OK && i < VARINT_BYTES && i < in->left.len; i++) {
        uint8_t byte = (uint8_t)in->left.p[i];
        if (i == VARINT_BYTES - 1 && byte > 1)
            break; /* past 64 bits */
        value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if ((byte & 0x80) == 0 && value <= max) {
            in->left = str_sub(in->left, i + 1, in->left.len);
            return value;
        }
        if ((byte & 0x80) == 0)
            break;
    }
    fail(in);
    return 0;
}

struct str record_take_text(struct record_reader *in)
{
    uint64_t n = record_take_varint(in, SIZE_MAX);
    return take(in, (size_t)n);
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

const struct record_kind record_number = {put_number, take_number, NULL};

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

const struct record_kind record_byte = {put_byte, take_byte, NULL};

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

const struct record_kind record_bool = {put_bool, take_bool, NULL};

static void put_varint(struct buf *out, const struct record_field *field, const void *member)
{
    record_put_varint(out, load(field, member));
}

static void take_varint(struct record_reader *in, const struct record_field *field, void *member)
{
    store(field, member, record_take_varint(in, UINT64_MAX >> (64 - 8 * field->size)));
}

const struct record_kind record_varint = {put_varint, take_varint, NULL};

static void put_bytes(struct buf *out, const struct record_field *field, const void *member)
{
    buf_add(out, member, field->size);
}

static void take_bytes(struct record_reader *in, const struct record_field *field, void *member)
{
    record_take_bytes(in, member, field->size);
}

const struct record_kind record_bytes = {put_bytes, take_bytes, NULL};

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

const struct record_kind record_str = {put_str, take_str, NULL};

static void put_borrowed(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* all texts are alike */
    record_put_text(out, *(const struct str *)member);
}

static void take_borrowed(struct record_reader *in, const struct record_field *field, void *member)
{
    (void)field;
    *(struct str *)member = record_take_text(in);
}

static bool is_said(const struct record_field *field, const void *member)
{
    (void)field;
    return !str_is_empty(*(const struct str *)member);
}

const struct record_kind record_text = {put_borrowed, take_borrowed, is_said};

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

const struct record_kind record_chars = {put_chars, take_chars, NULL};

static void put_name(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* it ends at its NUL */
    record_put_text(out, str_from(member));
}

static void take_name(struct record_reader *in, const struct record_field *field, void *member)
{
    size_t n = (size_t)record_take_varint(in, field->size - 1);
    copy_chars(in, take(in, n), member, field->size);
}

/* What stands behind the NUL is nothing. */
static bool is_named(const struct record_field *field, const void *member)
{
    (void)field; /* its first byte says it */
    return *(const char *)member != '\0';
}

const struct record_kind record_name = {put_name, take_name, is_named};

#define LAST_BYTE 0x80u
#define WORD_MAX ((size_t)' ') /* below a space it is a length, of what is not plain */

static void put_word(struct buf *out, const struct record_field *field, const void *member)
{
    struct str s = str_from(member);
    bool is_plain = s.len > 0 && (uint8_t)s.p[0] >= ' ';
    assert(field->size <= WORD_MAX);
    for (size_t i = 0; i < s.len; i++)
        is_plain &= ((uint8_t)s.p[i] & LAST_BYTE) == 0;
    if (!is_plain) {
        record_put_text(out, s);
        return;
    }
    buf_add(out, s.p, s.len - 1);
    buf_add_char(out, (char)((uint8_t)s.p[s.len - 1] | LAST_BYTE));
}

static void take_word(struct record_reader *in, const struct record_field *field, void *member)
{
    size_t n = 0;
    if (in->left.len == 0 || (uint8_t)in->left.p[0] < ' ') {
        take_name(in, field, member);
        return;
    }
    while (n + 1 < field->size && n < in->left.len && ((uint8_t)in->left.p[n] & LAST_BYTE) == 0)
        n++;
    struct str s = take(in, n + 1);
    copy_chars(in, s, member, field->size);
    char *last = (char *)member + n;
    if (((uint8_t)*last & ~LAST_BYTE) == 0 || ((uint8_t)*last & LAST_BYTE) == 0)
        fail(in); /* cut short, or longer than it may be */
    else
        *last = (char)((uint8_t)*last & ~LAST_BYTE);
}

const struct record_kind record_word = {put_word, take_word, is_named};

static bool is_there(const struct record_field *field, const char *member)
{
    if (field->kind->is_there != NULL)
        return field->kind->is_there(field, member);
    /* all are zero: the first is, and each is as the one before it */
    if (field->size <= 1)
        return field->size == 1 && member[0] != 0;
    return member[0] != 0 || memcmp(member, member + 1, field->size - 1) != 0;
}

void record_put_masked(struct buf *out, const struct record_field *fields, uint32_t n,
                       const void *value)
{
    const char *base = value;
    uint64_t mask = 0;
    for (uint32_t i = 0; i < n; i++)
        mask |= (uint64_t)is_there(&fields[i], base + fields[i].offset) << i;
    record_put_varint(out, mask);
    for (uint32_t i = 0; i < n; i++) {
        if (mask >> i & 1)
            fields[i].kind->put(out, &fields[i], base + fields[i].offset);
    }
}

void record_take_masked(struct record_reader *in, const struct record_field *fields, uint32_t n,
                        void *ret)
{
    uint64_t mask = record_take_varint(in, UINT64_MAX);
    if (in->error == ERR_OK && mask >> n != 0)
        in->error = ERR_UNSUPPORTED; /* a member of a later program */
    for (uint32_t i = 0; i < n && in->error == ERR_OK; i++) {
        if (mask >> i & 1)
            fields[i].kind->take(in, &fields[i], (char *)ret + fields[i].offset);
    }
}

/* ---- by use ---- */

#define GROUP 8u /* members behind one byte */
#define MAX_GROUPS (RECORD_MAX_BY_USE / GROUP)

static uint8_t mask_of(const struct record_field *fields, uint32_t n, const char *value)
{
    unsigned mask = 0;
    for (uint32_t i = 0; i < n && i < GROUP; i++)
        mask |= (unsigned)is_there(&fields[i], value + fields[i].offset) << i;
    return (uint8_t)mask;
}

static void put_group(struct buf *out, const struct record_field *field, unsigned mask,
                      const char *value)
{
    if (mask != 0)
        record_put_number(out, mask, 1);
    for (; mask != 0; mask >>= 1, field++) {
        if (mask & 1)
            field->kind->put(out, field, value + field->offset);
    }
}

void record_put_group(const struct record_format *format, uint32_t group, const void *value,
                      struct buf *out)
{
    const struct record_field *fields = format->by_use + group * GROUP;
    put_group(out, fields, mask_of(fields, format->n_by_use - group * GROUP, value), value);
}

static void put_grouped(struct buf *out, const struct record_field *fields, uint32_t n,
                        const char *value)
{
    uint8_t masks[MAX_GROUPS];
    uint32_t groups = 0;
    for (uint32_t group = 0; group * GROUP < n; group++) {
        masks[group] = mask_of(&fields[group * GROUP], n - group * GROUP, value);
        groups |= (uint32_t)(masks[group] != 0) << group;
    }
    record_put_varint(out, groups);
    for (uint32_t group = 0; groups >> group != 0; group++)
        put_group(out, &fields[group * GROUP], masks[group], value);
}

static void take_group(struct record_reader *in, const struct record_field *field, uint32_t n,
                       char *ret)
{
    unsigned mask = (unsigned)record_take_number(in, 1);
    if (mask == 0)
        fail(in); /* nobody writes it */
    if (in->error == ERR_OK && n < GROUP && mask >> n != 0)
        in->error = ERR_UNSUPPORTED;
    for (; mask != 0 && in->error == ERR_OK; mask >>= 1, field++) {
        if (mask & 1)
            field->kind->take(in, field, ret + field->offset);
    }
}

static void take_grouped(struct record_reader *in, const struct record_field *fields, uint32_t n,
                         char *ret)
{
    uint64_t groups = record_take_varint(in, UINT64_MAX);
    if (in->error == ERR_OK && groups >> (n + GROUP - 1) / GROUP != 0)
        in->error = ERR_UNSUPPORTED; /* members of a later program */
    for (uint32_t i = 0; i < n && in->error == ERR_OK; i += GROUP) {
        if (groups >> i / GROUP & 1)
            take_group(in, &fields[i], n - i, ret);
    }
}

/* ---- whole records ---- */

void record_encode_as(const struct record_format *format, uint8_t version, const void *value,
                      struct buf *out)
{
    bool is_grouped = format->grouped != 0 && version >= format->grouped;
    uint32_t n = format->packed != 0 && version >= format->packed ? format->n_fixed : format->n;
    for (uint32_t i = 0; i <= n; i++) {
        if (i == format->n_before && i < format->n)
            record_put_number(out, version, 1);
        if (i < n)
            format->fields[i].kind->put(out, &format->fields[i],
                                        (const char *)value + format->fields[i].offset);
    }
    if (is_grouped)
        put_grouped(out, format->by_use, format->n_by_use, value);
    if (!is_grouped && n < format->n)
        record_put_masked(out, format->fields + n, format->n - n, value);
    if (!is_grouped && format->n_rare > 0)
        record_put_masked(out, format->rare, format->n_rare, value);
}

void record_encode(const struct record_format *format, const void *value, struct buf *out)
{
    record_encode_as(format, format->version, value, out);
}

/* From the i-th field on, which the version stands before. */
static void take_fields(struct record_reader *in, const struct record_format *format, uint32_t i,
                        uint64_t version, char *ret)
{
    bool is_grouped = format->grouped != 0 && version >= format->grouped;
    uint32_t n = format->packed != 0 && version >= format->packed ? format->n_fixed : format->n;
    for (; i < n && in->error == ERR_OK; i++) {
        const struct record_field *field = &format->fields[i];
        if (field->since <= version)
            field->kind->take(in, field, ret + field->offset);
    }
    if (is_grouped)
        take_grouped(in, format->by_use, format->n_by_use, ret);
    if (!is_grouped && n < format->n)
        record_take_masked(in, format->fields + n, format->n - n, ret);
    if (!is_grouped && format->n_rare > 0 && version >= format->rare[0].since)
        record_take_masked(in, format->rare, format->n_rare, ret);
}

enum err record_decode(const struct record_format *format, struct str bytes, void *ret)
{
    struct record_reader in = {.left = bytes};
    uint64_t version = 0;
    for (uint32_t i = 0; i < format->n_before && in.error == ERR_OK; i++)
        format->fields[i].kind->take(&in, &format->fields[i],
                                     (char *)ret + format->fields[i].offset);
    if (format->n_before < format->n) {
        version = record_take_number(&in, 1);
        if (in.error == ERR_OK && (version == 0 || version > format->version))
            return ERR_UNSUPPORTED;
    }
    take_fields(&in, format, format->n_before, version, ret);
    if (in.error == ERR_OK && in.left.len > 0)
        return ERR_INVALID;
    return in.error;
}
