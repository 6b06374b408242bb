#include "core/learner.h"

#include <string.h>

#include "base/record.h"
#include "core/certificate.h"

static const struct {
    const char *name;
    uint8_t stored;
    bool is_side;
} state_rows[N_LEARNER_STATES] = {
#define LEARNER_STATE_ROW(name, stored, text, is_side)                                             \
    [LEARNER_STATE_##name] = {text, stored, is_side},
    LEARNER_STATES(LEARNER_STATE_ROW)
#undef LEARNER_STATE_ROW
};

void learner_init(struct learner *learner)
{
    memset(learner, 0, sizeof(*learner));
}

const char *learner_state_name(enum learner_state state)
{
    return state_rows[state].name;
}

bool learner_state_is_side(enum learner_state state)
{
    return state_rows[state].is_side;
}

bool learner_is_nobody(const struct learner *learner)
{
    static const uint8_t nobody[sizeof(learner->learner_id)];
    return memcmp(learner->learner_id, nobody, sizeof(nobody)) == 0 &&
           learner_n_others(learner) == 0 &&
           (learner->state == LEARNER_STATE_NEW || learner->state == LEARNER_STATE_DELETED);
}

bool learner_has_stopped(const struct learner *learner)
{
    return learner->state == LEARNER_STATE_STOPPED ||
           (learner_state_is_side(learner->state) && learner->back == LEARNER_STATE_STOPPED);
}

bool learner_is_enrolled(const struct learner *learner)
{
    return learner->consent_ms != 0 && !learner_has_stopped(learner) &&
           learner->state != LEARNER_STATE_DELETED;
}

/* ---- kinds of its own ---- */

/* A state by its byte; earlier versions wrote its name, shorter than this. ERR_UNSUPPORTED for one
 * of a newer program. */
#define STATE_BYTE 0x80u
_Static_assert(LEARNER_STATE_NEW == 0, "as a member that is not there");

static void put_state(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field;
    record_put_number(out, STATE_BYTE | state_rows[*(const enum learner_state *)member].stored, 1);
}

static void take_state(struct record_reader *in, const struct record_field *field, void *member)
{
    char name[32] = "";
    uint64_t byte = record_take_number(in, 1);
    (void)field;
    if ((byte & STATE_BYTE) == 0)
        record_take_bytes(in, name, byte < sizeof(name) ? (size_t)byte : 0);
    for (int i = 0; i < N_LEARNER_STATES && in->error == ERR_OK; i++) {
        if (byte == (STATE_BYTE | state_rows[i].stored) || strcmp(state_rows[i].name, name) == 0) {
            *(enum learner_state *)member = (enum learner_state)i;
            return;
        }
    }
    if (in->error == ERR_OK)
        in->error = ERR_UNSUPPORTED;
}

static const struct record_kind state_kind = {put_state, take_state, NULL};

/* A bitmap without its trailing zero bytes. */
static void put_bitmap(struct buf *out, const struct record_field *field, const void *member)
{
    const uint8_t *bits = member;
    size_t n = field->size;
    while (n > 0 && bits[n - 1] == 0)
        n--;
    record_put_varint(out, n);
    buf_add(out, bits, n);
}

static void take_bitmap(struct record_reader *in, const struct record_field *field, void *member)
{
    memset(member, 0, field->size);
    record_take_bytes(in, member, (size_t)record_take_varint(in, field->size));
}

static const struct record_kind bitmap_kind = {put_bitmap, take_bitmap, NULL};

/* What earlier versions kept in the value, and this one beside it. */
static void put_seen(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field, (void)member;
    record_put_varint(out, 0);
}

static void take_seen(struct record_reader *in, const struct record_field *field, void *member)
{
    uint8_t hashes[8 * sizeof(uint32_t)];
    (void)field, (void)member;
    record_take_bytes(in, hashes, (size_t)record_take_varint(in, 8) * sizeof(uint32_t));
}

static const struct record_kind seen_kind = {put_seen, take_seen, NULL};

/* What begins with how many there are; behind them stands nothing. */
static bool has_any(const struct record_field *field, const void *member)
{
    (void)field;
    return *(const uint8_t *)member != 0;
}

/* Bytes that mean nothing here. */
static void put_last(struct buf *out, const struct record_field *field, const void *member)
{
    const struct learner_last *last = member;
    (void)field;
    record_put_number(out, last->n, 1);
    buf_add(out, last->bytes, last->n);
}

static void take_last(struct record_reader *in, const struct record_field *field, void *member)
{
    struct learner_last *last = member;
    (void)field;
    last->n = (uint8_t)record_take_varint(in, LEARNER_LAST_BYTES);
    record_take_bytes(in, last->bytes, last->n);
}

static const struct record_kind last_kind = {put_last, take_last, has_any};

static void put_others(struct buf *out, const struct record_field *field, const void *member)
{
    const struct learner_others *others = member;
    (void)field;
    record_put_varint(out, others->n_bytes);
    buf_add(out, others->bytes, others->n_bytes);
}

static void take_others(struct record_reader *in, const struct record_field *field, void *member)
{
    struct learner_others *others = member;
    (void)field;
    memset(others, 0, sizeof(*others));
    others->n_bytes = (uint16_t)record_take_varint(in, sizeof(others->bytes));
    record_take_bytes(in, others->bytes, others->n_bytes);
}

static const struct record_kind others_kind = {put_others, take_others, NULL};

static void put_past(struct buf *out, const struct record_field *field, const void *member)
{
    const struct learner_past *past = member;
    (void)field;
    record_put_varint(out, past->n);
    for (uint8_t i = 0; i < past->n; i++) {
        record_put_varint(out, past->list[i].course_key);
        record_put_varint(out, past->list[i].certificate);
    }
}

static void take_past(struct record_reader *in, const struct record_field *field, void *member)
{
    struct learner_past *past = member;
    (void)field;
    past->n = (uint8_t)record_take_varint(in, LEARNER_MAX_PAST);
    for (uint8_t i = 0; i < past->n; i++) {
        past->list[i].course_key = (uint32_t)record_take_varint(in, UINT32_MAX);
        past->list[i].certificate = record_take_varint(in, CERTIFICATE_MAX);
    }
}

static const struct record_kind past_kind = {put_past, take_past, has_any};

static void put_modules(struct buf *out, const struct record_field *field, const void *member)
{
    const struct learner_modules *modules = member;
    (void)field;
    record_put_varint(out, modules->n);
    for (uint8_t i = 0; i < modules->n; i++) {
        record_put_varint(out, modules->list[i].number);
        record_put_varint(out, modules->list[i].certificate);
    }
}

static void take_modules(struct record_reader *in, const struct record_field *field, void *member)
{
    struct learner_modules *modules = member;
    (void)field;
    memset(modules, 0, sizeof(*modules));
    modules->n = (uint8_t)record_take_varint(in, LEARNER_MAX_MODULES);
    for (uint8_t i = 0; i < modules->n; i++) {
        modules->list[i].number = (uint8_t)record_take_varint(in, UINT8_MAX);
        modules->list[i].certificate = record_take_varint(in, CERTIFICATE_MAX);
    }
}

static const struct record_kind modules_kind = {put_modules, take_modules, has_any};

/* ---- the record ---- */

static const struct record_field fields[] = {
    RECORD(0, struct learner, seq, record_number),      /* first, for the store */
    RECORD(2, struct learner, link.said, record_bytes), /* at LEARNER_SAID_AT, for the sender */
    {&seen_kind, offsetof(struct learner, link), 0, 1}, /* nothing, by now */
    RECORD(1, struct learner, link.session, record_varint),
    RECORD(1, struct learner, link.path_bytes, record_varint),
    RECORD(1, struct learner, link.path_hash, record_varint),
    RECORD(1, struct learner, link.step, record_varint), /* before: of a text, 0 for USSD */
    RECORD(1, struct learner, link.last_ms, record_varint),
    RECORD(1, struct learner, link.channel, record_name),
    RECORD(1, struct learner, learner_id, record_bytes),
    RECORD(1, struct learner, state, state_kind),
    RECORD(1, struct learner, back, state_kind),
    RECORD(1, struct learner, lang, record_name),
    RECORD(1, struct learner, unit, record_name),
    RECORD(1, struct learner, course_key, record_varint),
    RECORD(1, struct learner, answered, bitmap_kind),
    RECORD(1, struct learner, right, bitmap_kind),
    RECORD(1, struct learner, role, record_number),
    RECORD(1, struct learner, screen, record_number),
    RECORD(1, struct learner, n_unknown, record_number),
    RECORD(1, struct learner, test_n, record_number),
    RECORD(1, struct learner, test_right, record_number),
    RECORD(1, struct learner, pre_right, record_number),
    RECORD(1, struct learner, post_first, record_number),
    RECORD(1, struct learner, post_best, record_number),
    RECORD(1, struct learner, post_tries, record_number),
    RECORD(1, struct learner, last_choice, record_number),
    RECORD(1, struct learner, certificate, record_varint),
    RECORD(1, struct learner, consent_ms, record_varint),
    RECORD(1, struct learner, asked_ms, record_varint),
    RECORD(1, struct learner, ended_ms, record_varint),
    RECORD(1, struct learner, closed_ms, record_varint),
    RECORD(2, struct learner, link.shown, record_number),
    RECORD(2, struct learner, side_via, record_number),
    RECORD(2, struct learner, held_ms, record_varint),
    RECORD(2, struct learner, completed_ms, record_varint),
};

/* Nothing while they are zero; a new one is a row at the end. */
static const struct record_field rare[] = {
    RECORD(3, struct learner, link.country, record_name),
    RECORD(3, struct learner, cohort, record_varint),
    RECORD(3, struct learner, link.last, last_kind),
    RECORD(3, struct learner, link.number, record_bytes),
    RECORD(3, struct learner, plan, record_number),
    RECORD(3, struct learner, reminded, record_number),
    RECORD(3, struct learner, n_pauses, record_number),
    RECORD(3, struct learner, sent, record_number),
    RECORD(3, struct learner, recall_module, record_number),
    RECORD(3, struct learner, recall_left, record_number),
    RECORD(3, struct learner, recalled, bitmap_kind),
    RECORD(3, struct learner, module_ms, record_varint),
    RECORD(3, struct learner, pushed_ms, record_varint),
    RECORD(3, struct learner, paused_ms, record_varint),
    RECORD(3, struct learner, nickname, record_name),
    RECORD(3, struct learner, slot, record_number),
    RECORD(3, struct learner, pin_salt, record_bytes),
    RECORD(3, struct learner, pin_hash, record_bytes),
    RECORD(3, struct learner, is_locked, record_bool),
    RECORD(3, struct learner, n_pin_wrong, record_number),
    RECORD(3, struct learner, pin_until_ms, record_varint),
    RECORD(3, struct learner, others, others_kind),
    RECORD(3, struct learner, is_doubted, record_bool),
    RECORD(3, struct learner, led, record_varint),
    RECORD(3, struct learner, led_until_ms, record_varint),
    RECORD(3, struct learner, past, past_kind),
    RECORD(3, struct learner, void_before, record_varint),
    RECORD(3, struct learner, catch_to, record_number),
    RECORD(3, struct learner, agreed, record_number),
    RECORD(3, struct learner, wrote_ms, record_varint),
    RECORD(3, struct learner, n_wrote, record_number),
    RECORD(3, struct learner, led_nudge_ms, record_varint),
    RECORD(3, struct learner, hands_module, record_number),
    RECORD(3, struct learner, hands_n, record_number),
    RECORD(3, struct learner, hands_right, record_number),
    RECORD(3, struct learner, nudged_ms, record_varint),
    RECORD(3, struct learner, n_screens, record_number),
    RECORD(3, struct learner, due_sms, record_number),
    RECORD(3, struct learner, link.has_reports, record_bool),
    RECORD(3, struct learner, move_code, record_varint),
    RECORD(3, struct learner, has_move_pin, record_bool),
    RECORD(3, struct learner, moving_to, record_bytes),
    RECORD(3, struct learner, moving_ms, record_varint),
    RECORD(3, struct learner, modules, modules_kind),
    RECORD(3, struct learner, is_child, record_bool),
    RECORD(3, struct learner, stopped_at, state_kind),
    RECORD(3, struct learner, is_psea, record_bool),
    RECORD(3, struct learner, link.same_ms, record_varint),
    RECORD(3, struct learner, n_idle, record_number),
    RECORD(3, struct learner, n_answers, record_varint),
};
/* From version 4 on a member that is zero costs nothing, and a state one byte. */
#define FIXED 2u /* seq, and what the sender looks for */
static const struct record_format format = {fields, ARRAY_LEN(fields), 1, 4,
                                            rare,   ARRAY_LEN(rare),   4, FIXED};
/* Of another one on the number, likewise without seq, link and what belongs to them. */
static const struct record_format person_format = {fields + FIXED, ARRAY_LEN(fields) - FIXED, 0, 4,
                                                   rare,           ARRAY_LEN(rare),           4, 0};

enum err learner_encode(const struct learner *learner, struct buf *out)
{
    record_encode(&format, learner, out);
    return buf_error(out);
}

static enum err decode(const struct record_format *how, struct str bytes, struct learner *ret)
{
    struct learner l;
    learner_init(&l);
    l.link.shown = UINT8_MAX; /* a version that did not know counted everything */
    enum err e = record_decode(how, bytes, &l);
    if (e == ERR_OK && l.certificate > CERTIFICATE_MAX)
        e = ERR_INVALID;
    if (e == ERR_OK)
        *ret = l;
    return e;
}

enum err learner_decode(struct str bytes, struct learner *ret)
{
    return decode(&format, bytes, ret);
}

/* ---- changes ---- */

#define RARE 64u /* the rows of `rare` are numbered from here */

static void put_changes(const struct record_field *rows, size_t n, uint64_t number,
                        const struct learner *before, const struct learner *after, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const char *was = (const char *)before + rows[i].offset;
        const char *is = (const char *)after + rows[i].offset;
        if (rows[i].offset >= offsetof(struct learner, learner_id) &&
            memcmp(was, is, rows[i].size) != 0) {
            record_put_varint(out, number + i);
            rows[i].kind->put(out, &rows[i], was);
        }
    }
}

/* For each row that is another now its number, and the value that it had. */
void learner_put_change(const struct learner *before, const struct learner *after, struct buf *out)
{
    put_changes(fields, ARRAY_LEN(fields), 0, before, after, out);
    put_changes(rare, ARRAY_LEN(rare), RARE, before, after, out);
}

enum err learner_undo_change(struct str change, struct learner *learner)
{
    struct record_reader in = {.left = change};
    while (in.left.len > 0 && in.error == ERR_OK) {
        uint64_t row = record_take_varint(&in, UINT64_MAX);
        const struct record_field *field = row < ARRAY_LEN(fields)        ? &fields[row]
                                           : row - RARE < ARRAY_LEN(rare) ? &rare[row - RARE]
                                                                          : NULL;
        if (in.error == ERR_OK && field == NULL)
            return ERR_UNSUPPORTED; /* a later program has more rows */
        if (in.error == ERR_OK && field->offset < offsetof(struct learner, learner_id))
            return ERR_INVALID;
        if (in.error == ERR_OK)
            field->kind->take(&in, field, (char *)learner + field->offset);
    }
    return in.error;
}

/* ---- several on one number ---- */

/* Cuts the next record off: two bytes of length, and the record. Absent at the end. */
static struct str next_other(struct str *rest)
{
    const uint8_t *p = (const uint8_t *)rest->p;
    size_t n = rest->len >= 2 ? (size_t)(p[0] << 8 | p[1]) : 0;
    if (n == 0 || n > rest->len - 2)
        return STR_NONE;
    struct str record = str_sub(*rest, 2, 2 + n);
    *rest = str_sub(*rest, 2 + n, rest->len);
    return record;
}

static struct str others_of(const struct learner *learner)
{
    return (struct str){(const char *)learner->others.bytes, learner->others.n_bytes};
}

uint32_t learner_n_others(const struct learner *learner)
{
    uint32_t n = 0;
    for (struct str rest = others_of(learner); next_other(&rest).p != NULL;)
        n++;
    return n;
}

enum err learner_other(const struct learner *learner, uint32_t i, struct learner *ret)
{
    struct str rest = others_of(learner), record = next_other(&rest);
    for (uint32_t at = 0; at < i && record.p != NULL; at++)
        record = next_other(&rest);
    if (record.p == NULL)
        return ERR_INVALID;
    /* Before version 4 it began with seq, which was zero. */
    enum err e = decode(record.p[0] == '\0' ? &format : &person_format, record, ret);
    ret->seq = learner->seq;
    ret->link = learner->link;
    return e;
}

static struct learner_others put_in(const struct learner_others *others, uint32_t i,
                                    struct str record)
{
    struct learner_others put = {.n_bytes = 0};
    struct str rest = {(const char *)others->bytes, others->n_bytes};
    uint32_t at = 0;
    bool is_last = false;
    while (!is_last) {
        struct str next = next_other(&rest);
        is_last = next.p == NULL;
        next = at++ == i ? record : next;
        if (next.p == NULL)
            continue;
        put.bytes[put.n_bytes++] = (uint8_t)(next.len >> 8);
        put.bytes[put.n_bytes++] = (uint8_t)next.len;
        memcpy(put.bytes + put.n_bytes, next.p, next.len);
        put.n_bytes = (uint16_t)(put.n_bytes + next.len);
    }
    return put;
}

enum err learner_set_other(struct learner *learner, uint32_t i, const struct learner *person)
{
    struct learner alone = *person;
    struct buf record CLEANUP(buf_fini);
    uint32_t n = learner_n_others(learner);
    i = i < n ? i : n;
    if (i == LEARNER_MAX_PROFILES - 1)
        return ERR_FULL;
    buf_init(&record, LEARNER_PROFILE_BYTES - 2);
    alone.seq = 0;
    memset(&alone.link, 0, sizeof(alone.link));
    alone.others.n_bytes = 0;
    memset(alone.others.bytes, 0, sizeof(alone.others.bytes));
    record_encode(&person_format, &alone, &record);
    enum err e = buf_error(&record);
    if (e == ERR_OK)
        learner->others = put_in(&learner->others, i, buf_str(&record));
    return e;
}

void learner_remove_other(struct learner *learner, uint32_t i)
{
    learner->others = put_in(&learner->others, i, STR_NONE);
}
