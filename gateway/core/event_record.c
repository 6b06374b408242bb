#include "core/event_record.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/record.h"

#define VERSION 1u

/*
 * A record is version, kind, and the members that are there, behind a mask (base/record.h). A row
 * is a bit for ever: new ones go to the end, old ones stay as they are.
 */
static void put_time(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field; /* all times are alike */
    record_put_varint(out, (uint64_t)((const struct wall_ms *)member)->ms);
}

static void take_time(struct record_reader *in, const struct record_field *field, void *member)
{
    (void)field;
    ((struct wall_ms *)member)->ms = (int64_t)record_take_varint(in, INT64_MAX);
}

static bool is_time_there(const struct record_field *field, const void *member)
{
    (void)field;
    return ((const struct wall_ms *)member)->ms > 0;
}

static const struct record_kind record_time = {put_time, take_time, is_time_there};

/* Small ones are short, those below zero too. */
static void put_integer(struct buf *out, const struct record_field *field, const void *member)
{
    int32_t value = *(const int32_t *)member;
    (void)field;
    record_put_varint(out, (uint32_t)value << 1 ^ (value < 0 ? UINT32_MAX : 0));
}

static void take_integer(struct record_reader *in, const struct record_field *field, void *member)
{
    uint32_t value = (uint32_t)record_take_varint(in, UINT32_MAX);
    (void)field;
    *(int32_t *)member = (int32_t)(value >> 1 ^ (0 - (value & 1)));
}

static bool is_integer_there(const struct record_field *field, const void *member)
{
    (void)field;
    return *(const int32_t *)member != EVENT_ABSENT;
}

static const struct record_kind record_integer = {put_integer, take_integer, is_integer_there};

#define FIELD(member, kind) RECORD(VERSION, struct event_record, member, kind)
static const struct record_field step_fields[] = {
    FIELD(number_id, record_bytes),
    FIELD(learner_id, record_bytes),
    FIELD(seq, record_varint),
    FIELD(at, record_time),
    FIELD(channel, record_text),
    FIELD(via, record_text),
    FIELD(network, record_text),
    FIELD(country, record_text),
    FIELD(course, record_text),
    FIELD(version, record_text),
    FIELD(lang, record_text),
    FIELD(cohort, record_text),
    FIELD(mode, record_text),
    FIELD(session, record_varint),
    FIELD(due_at, record_time),
    FIELD(is_erased, record_bool),
    FIELD(vault_key_id, record_varint),
    FIELD(vault_nonce, record_text),
    FIELD(vault_ciphertext, record_text),
    FIELD(also, record_text),
};
static const struct record_field message_fields[] = {
    FIELD(number_id, record_bytes), FIELD(learner_id, record_bytes),
    FIELD(seq, record_varint),      FIELD(at, record_time),
    FIELD(channel, record_text),    FIELD(network, record_text),
    FIELD(country, record_text),    FIELD(unit, record_text),
    FIELD(bucket, record_varint),   FIELD(class, record_text),
    FIELD(status, record_text),     FIELD(purpose, record_text),
    FIELD(encoding, record_text),   FIELD(currency, record_text),
    FIELD(segments, record_varint), FIELD(attempt, record_varint),
    FIELD(price, record_varint),    FIELD(provider_id, record_text),
    FIELD(error, record_text),
};
static const struct record_field report_fields[] = {
    FIELD(at, record_time),     FIELD(channel, record_text), FIELD(provider_id, record_text),
    FIELD(status, record_text), FIELD(error, record_text),
};
#undef FIELD
#define FIELD(member, kind) RECORD(VERSION, struct event, member, kind)
static const struct record_field event_fields[] = {
    FIELD(unit, record_text),       FIELD(text, record_text),     FIELD(code, record_text),
    FIELD(choice, record_integer),  FIELD(value, record_integer), FIELD(attempt, record_integer),
    FIELD(correct, record_integer),
};
#undef FIELD

static const struct {
    const struct record_field *fields;
    uint32_t n;
} kinds[] = {
    [EVENT_RECORD_STEP] = {step_fields, ARRAY_LEN(step_fields)},
    [EVENT_RECORD_MESSAGE] = {message_fields, ARRAY_LEN(message_fields)},
    [EVENT_RECORD_REPORT] = {report_fields, ARRAY_LEN(report_fields)},
};

/* ---- writing ---- */

static void put_head(const struct event_record *record, struct buf *out)
{
    buf_add_char(out, VERSION);
    buf_add_char(out, (char)record->kind);
    record_put_masked(out, kinds[record->kind].fields, kinds[record->kind].n, record);
}

void event_encode_message(const struct event_record *record, struct buf *out)
{
    put_head(record, out);
}

void event_message_end(struct str id, struct str refused_by, struct buf *out)
{
    record_put_text(out, id);
    record_put_text(out, refused_by);
}

void event_encode(const struct event_record *record, struct buf *out)
{
    char id[EVENT_PLACE_BYTES];
    put_head(record, out);
    if (record->kind == EVENT_RECORD_MESSAGE) {
        event_place_write(record->place, id);
        event_message_end(str_from(id), record->refused_by, out);
    }
    for (uint32_t i = 0; record->kind == EVENT_RECORD_STEP && i < record->n_events; i++) {
        const struct event *event = &record->events[i];
        record_put_text(out, str_from(event_kind_name(event->kind)));
        record_put_text(out, str_from(event_phase_name(event->phase)));
        record_put_masked(out, event_fields, ARRAY_LEN(event_fields), event);
    }
}

/* ---- reading ---- */

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

static void read_events(struct record_reader *in, struct event_record *record)
{
    while (in->error == ERR_OK && in->left.len > 0) {
        if (record->n_events == EVENTS_MAX) {
            in->error = ERR_INVALID;
            return;
        }
        struct event *event = &record->events[record->n_events++];
        *event = event_make(EVENT_contact);
        struct str kind = record_take_text(in), phase = record_take_text(in);
        if (in->error == ERR_OK &&
            (!kind_find(kind, &event->kind) || !phase_find(phase, &event->phase)))
            in->error = ERR_UNSUPPORTED;
        record_take_masked(in, event_fields, ARRAY_LEN(event_fields), event);
    }
}

static void read_message_end(struct record_reader *in, struct event_record *record)
{
    struct str id = record_take_text(in);
    record->refused_by = record_take_text(in);
    if (in->error == ERR_OK && (in->left.len > 0 || event_place_read(id, &record->place) != ERR_OK))
        in->error = ERR_INVALID;
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
    struct record_reader in = {.left = str_sub(bytes, 2, bytes.len)};
    record_take_masked(&in, kinds[kind].fields, kinds[kind].n, ret);
    if (kind == EVENT_RECORD_STEP)
        read_events(&in, ret);
    else if (kind == EVENT_RECORD_MESSAGE)
        read_message_end(&in, ret);
    else if (in.error == ERR_OK && in.left.len > 0)
        in.error = ERR_INVALID;
    return in.error;
}

bool event_learner(struct str bytes, uint8_t ret[16])
{
    struct event_record head;
    if (bytes.len < 2 || bytes.p[0] != (char)VERSION ||
        (bytes.p[1] != EVENT_RECORD_STEP && bytes.p[1] != EVENT_RECORD_MESSAGE))
        return false;
    struct record_reader in = {.left = str_sub(bytes, 2, bytes.len)};
    uint64_t mask = record_take_varint(&in, UINT64_MAX);
    if (mask & 1) /* the number_id, of both kinds */
        record_take_bytes(&in, head.number_id, sizeof(head.number_id));
    record_take_bytes(&in, ret, sizeof(head.learner_id));
    return in.error == ERR_OK && (mask & 2) != 0;
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
