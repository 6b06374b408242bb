#include "core/event_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSION 1u
#define VARINT_BYTES 10u

/*
 * A record is version, kind, a mask and what the mask says is there, in the order of the rows. A
 * row is a bit for ever: new ones go to the end, old ones stay as they are.
 */
enum field_type { TEXT, ID, U8, U16, U32, U64, TIME, FLAG, INT };

struct field {
    enum field_type type;
    size_t at; /* in the struct */
};

#define FIELD(type, member)                                                                        \
    {                                                                                              \
        type, offsetof(struct event_record, member)                                                \
    }
static const struct field step_fields[] = {
    FIELD(ID, number_id),
    FIELD(ID, learner_id),
    FIELD(U32, seq),
    FIELD(TIME, at),
    FIELD(TEXT, channel),
    FIELD(TEXT, via),
    FIELD(TEXT, network),
    FIELD(TEXT, country),
    FIELD(TEXT, course),
    FIELD(TEXT, version),
    FIELD(TEXT, lang),
    FIELD(TEXT, cohort),
    FIELD(TEXT, mode),
    FIELD(U32, session),
    FIELD(TIME, due_at),
    FIELD(FLAG, is_erased),
    FIELD(U16, vault_key_id),
    FIELD(TEXT, vault_nonce),
    FIELD(TEXT, vault_ciphertext),
    FIELD(TEXT, also),
};
static const struct field message_fields[] = {
    FIELD(ID, number_id),  FIELD(ID, learner_id),    FIELD(U32, seq),      FIELD(TIME, at),
    FIELD(TEXT, channel),  FIELD(TEXT, network),     FIELD(TEXT, country), FIELD(TEXT, unit),
    FIELD(U8, bucket),     FIELD(TEXT, class),       FIELD(TEXT, status),  FIELD(TEXT, purpose),
    FIELD(TEXT, encoding), FIELD(TEXT, currency),    FIELD(U32, segments), FIELD(U32, attempt),
    FIELD(U64, price),     FIELD(TEXT, provider_id), FIELD(TEXT, error),
};
static const struct field report_fields[] = {
    FIELD(TIME, at),     FIELD(TEXT, channel), FIELD(TEXT, provider_id),
    FIELD(TEXT, status), FIELD(TEXT, error),
};
#undef FIELD
#define FIELD(type, member)                                                                        \
    {                                                                                              \
        type, offsetof(struct event, member)                                                       \
    }
static const struct field event_fields[] = {
    FIELD(TEXT, unit), FIELD(TEXT, text),   FIELD(TEXT, code),   FIELD(INT, choice),
    FIELD(INT, value), FIELD(INT, attempt), FIELD(INT, correct),
};
#undef FIELD

static const struct {
    const struct field *fields;
    size_t n;
} kinds[] = {
    [EVENT_RECORD_STEP] = {step_fields, ARRAY_LEN(step_fields)},
    [EVENT_RECORD_MESSAGE] = {message_fields, ARRAY_LEN(message_fields)},
    [EVENT_RECORD_REPORT] = {report_fields, ARRAY_LEN(report_fields)},
};

/* ---- writing ---- */

static void add_varint(struct buf *out, uint64_t value)
{
    char bytes[VARINT_BYTES];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (char)(value | 0x80);
    bytes[n++] = (char)value;
    buf_add(out, bytes, n);
}

static void add_text(struct buf *out, struct str text)
{
    add_varint(out, text.len);
    if (text.len > 0)
        buf_add_str(out, text);
}

/* The number that a field holds, in a form that is small for small ones; ret_is_there. */
static uint64_t field_number(const struct field *field, const void *base, bool *ret_is_there)
{
    const char *at = (const char *)base + field->at;
    uint64_t value = 0;
    int64_t time;
    int32_t integer;
    switch (field->type) {
    case U8:
    case FLAG:
        value = *(const uint8_t *)at;
        break;
    case U16:
        value = *(const uint16_t *)(const void *)at;
        break;
    case U32:
        value = *(const uint32_t *)(const void *)at;
        break;
    case U64:
        value = *(const uint64_t *)(const void *)at;
        break;
    case TIME:
        time = ((const struct wall_ms *)(const void *)at)->ms;
        value = time > 0 ? (uint64_t)time : 0;
        break;
    case INT:
        integer = *(const int32_t *)(const void *)at;
        *ret_is_there = integer != EVENT_ABSENT;
        return (uint32_t)integer << 1 ^ (integer < 0 ? UINT32_MAX : 0);
    case TEXT:
    case ID:
        break;
    }
    *ret_is_there = value != 0;
    return value;
}

static bool field_is_there(const struct field *field, const void *base)
{
    static const char nobody[16];
    const char *at = (const char *)base + field->at;
    bool is_there;
    if (field->type == TEXT)
        return !str_is_empty(*(const struct str *)(const void *)at);
    if (field->type == ID)
        return memcmp(at, nobody, sizeof(nobody)) != 0;
    (void)field_number(field, base, &is_there);
    return is_there;
}

static void add_fields(const struct field *fields, size_t n, const void *base, struct buf *out)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < n; i++)
        mask |= (uint64_t)field_is_there(&fields[i], base) << i;
    add_varint(out, mask);
    for (size_t i = 0; i < n; i++) {
        const char *at = (const char *)base + fields[i].at;
        bool is_there;
        if ((mask >> i & 1) == 0)
            continue;
        if (fields[i].type == TEXT)
            add_text(out, *(const struct str *)(const void *)at);
        else if (fields[i].type == ID)
            buf_add(out, at, 16);
        else
            add_varint(out, field_number(&fields[i], base, &is_there));
    }
}

static void add_head(const struct event_record *record, struct buf *out)
{
    buf_add_char(out, VERSION);
    buf_add_char(out, (char)record->kind);
    add_fields(kinds[record->kind].fields, kinds[record->kind].n, record, out);
}

void event_encode_message(const struct event_record *record, struct buf *out)
{
    add_head(record, out);
}

void event_message_end(struct str id, struct str refused_by, struct buf *out)
{
    add_text(out, id);
    add_text(out, refused_by);
}

void event_encode(const struct event_record *record, struct buf *out)
{
    char id[EVENT_PLACE_BYTES];
    add_head(record, out);
    if (record->kind == EVENT_RECORD_MESSAGE) {
        event_place_write(record->place, id);
        event_message_end(str_from(id), record->refused_by, out);
    }
    for (uint32_t i = 0; record->kind == EVENT_RECORD_STEP && i < record->n_events; i++) {
        const struct event *event = &record->events[i];
        add_text(out, str_from(event_kind_name(event->kind)));
        add_text(out, str_from(event_phase_name(event->phase)));
        add_fields(event_fields, ARRAY_LEN(event_fields), event, out);
    }
}

/* ---- reading ---- */

struct reader {
    struct str left;
    enum err e; /* the first thing that was wrong */
};

static uint64_t read_varint(struct reader *in)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES && i < in->left.len; i++) {
        uint8_t byte = (uint8_t)in->left.p[i];
        if (i == VARINT_BYTES - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if ((byte & 0x80) == 0) {
            in->left = str_sub(in->left, i + 1, in->left.len);
            return value;
        }
    }
    in->e = in->e == ERR_OK ? ERR_INVALID : in->e;
    return 0;
}

static struct str read_bytes(struct reader *in, uint64_t n)
{
    if (n > in->left.len) {
        in->e = in->e == ERR_OK ? ERR_INVALID : in->e;
        return STR_NONE;
    }
    struct str bytes = str_sub(in->left, 0, (size_t)n);
    in->left = str_sub(in->left, (size_t)n, in->left.len);
    return bytes;
}

static struct str read_text(struct reader *in)
{
    return read_bytes(in, read_varint(in));
}

/* False: more than the field holds. */
static bool field_set_number(const struct field *field, uint64_t value, void *base)
{
    char *at = (char *)base + field->at;
    static const uint64_t most[] = {
        [U8] = UINT8_MAX,   [U16] = UINT16_MAX, [U32] = UINT32_MAX, [U64] = UINT64_MAX,
        [TIME] = INT64_MAX, [FLAG] = 1,         [INT] = UINT32_MAX};
    if (value > most[field->type])
        return false;
    switch (field->type) {
    case U8:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case FLAG:
        *(bool *)at = value != 0;
        break;
    case U16:
        *(uint16_t *)(void *)at = (uint16_t)value;
        break;
    case U32:
        *(uint32_t *)(void *)at = (uint32_t)value;
        break;
    case U64:
        *(uint64_t *)(void *)at = value;
        break;
    case TIME:
        ((struct wall_ms *)(void *)at)->ms = (int64_t)value;
        break;
    case INT:
        *(int32_t *)(void *)at = (int32_t)((uint32_t)value >> 1 ^ (0 - ((uint32_t)value & 1)));
        break;
    case TEXT:
    case ID:
        break;
    }
    return true;
}

static void read_fields(struct reader *in, const struct field *fields, size_t n, void *base)
{
    uint64_t mask = read_varint(in);
    if (mask >> n != 0)
        in->e = in->e == ERR_OK ? ERR_UNSUPPORTED : in->e; /* written by a newer program */
    for (size_t i = 0; i < n && in->e == ERR_OK; i++) {
        char *at = (char *)base + fields[i].at;
        if ((mask >> i & 1) == 0)
            continue;
        if (fields[i].type == TEXT) {
            *(struct str *)(void *)at = read_text(in);
        } else if (fields[i].type == ID) {
            struct str id = read_bytes(in, 16);
            if (id.p != NULL)
                memcpy(at, id.p, 16);
        } else if (!field_set_number(&fields[i], read_varint(in), base)) {
            in->e = ERR_INVALID;
        }
    }
}

static bool kind_find(struct str name, enum event_kind *ret)
{
    for (int kind = 0; kind < N_EVENT_KINDS; kind++) {
        *ret = (enum event_kind)kind;
        if (str_eq(name, str_from(event_kind_name(*ret))))
            return true;
    }
    return false;
}

static bool phase_find(struct str name, enum event_phase *ret)
{
    for (int phase = 0; phase <= EVENT_PHASE_LAST; phase++) {
        *ret = (enum event_phase)phase;
        if (str_eq(name, str_from(event_phase_name(*ret))))
            return true;
    }
    return false;
}

static void read_events(struct reader *in, struct event_record *record)
{
    while (in->e == ERR_OK && in->left.len > 0) {
        if (record->n_events == EVENTS_MAX) {
            in->e = ERR_INVALID;
            return;
        }
        struct event *event = &record->events[record->n_events++];
        *event = event_make(EVENT_contact);
        struct str kind = read_text(in), phase = read_text(in);
        if (in->e == ERR_OK &&
            (!kind_find(kind, &event->kind) || !phase_find(phase, &event->phase)))
            in->e = ERR_UNSUPPORTED;
        read_fields(in, event_fields, ARRAY_LEN(event_fields), event);
    }
}

static void read_message_end(struct reader *in, struct event_record *record)
{
    struct str id = read_text(in);
    record->refused_by = read_text(in);
    if (in->e == ERR_OK && (in->left.len > 0 || event_place_read(id, &record->place) != ERR_OK))
        in->e = ERR_INVALID;
}

enum err event_decode(struct str bytes, struct event_record *ret)
{
    if (bytes.len < 2)
        return ERR_INVALID;
    if (bytes.p[0] != (char)VERSION)
        return ERR_UNSUPPORTED;
    size_t kind = (uint8_t)bytes.p[1];
    if (kind == 0 || kind >= ARRAY_LEN(kinds))
        return ERR_UNSUPPORTED;
    *ret = (struct event_record){.kind = (enum event_record_kind)kind};
    struct reader in = {.left = str_sub(bytes, 2, bytes.len)};
    read_fields(&in, kinds[kind].fields, kinds[kind].n, ret);
    if (kind == EVENT_RECORD_STEP)
        read_events(&in, ret);
    else if (kind == EVENT_RECORD_MESSAGE)
        read_message_end(&in, ret);
    else if (in.e == ERR_OK && in.left.len > 0)
        in.e = ERR_INVALID;
    return in.e;
}

/* ---- places ---- */

enum err event_place_read(struct str id, struct event_place *ret)
{
    size_t dash = str_find_char(id, '-');
    if (dash == SIZE_MAX || str_to_u64(str_sub(id, 0, dash), UINT64_MAX, &ret->ms) != ERR_OK ||
        str_to_u64(str_sub(id, dash + 1, id.len), UINT64_MAX, &ret->n) != ERR_OK)
        return ERR_INVALID;
    return ERR_OK;
}

void event_place_write(struct event_place place, char dst[EVENT_PLACE_BYTES])
{
    (void)snprintf(dst, EVENT_PLACE_BYTES, "%" PRIu64 "-%" PRIu64, place.ms, place.n);
}

int event_place_cmp(struct event_place a, struct event_place b)
{
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return a.n < b.n ? -1 : a.n > b.n;
}
