/* How a learner is written and read, in each version. */
#include "core/learner_record.h"

#include <string.h>

#include "base/record.h"
#include "core/certificate.h"

/* ---- others on the number ---- */

static bool is_as(struct str list, uint8_t version)
{
    struct str record = learner_next_other(&list);
    while (record.p != NULL && (uint8_t)record.p[0] == version)
        record = learner_next_other(&list);
    return record.p == NULL;
}

/* Their records as this version has them: as they are, mostly, or written anew in *written. One
 * that cannot be read stays as it is. */
static const struct learner_others *others_as(const struct learner_others *others, uint8_t version,
                                              struct learner_others *written)
{
    struct str rest = {(const char *)others->bytes, others->n_bytes};
    if (is_as(rest, version))
        return others;
    written->n_bytes = 0;
    for (struct str record = learner_next_other(&rest); record.p != NULL;
         record = learner_next_other(&rest)) {
        struct learner person;
        struct buf anew CLEANUP(buf_fini);
        buf_init(&anew, LEARNER_PROFILE_BYTES - 2);
        if (learner_person_decode(record, &person) == ERR_OK)
            learner_person_encode(&person, version, &anew);
        bool is_anew = anew.len > 0 && buf_error(&anew) == ERR_OK;
        learner_others_add(written, is_anew ? buf_str(&anew) : record);
    }
    return written;
}

/* ---- kinds of its own ---- */

/* A state by its byte; earlier versions wrote its name, shorter than this. ERR_UNSUPPORTED for one
 * of a newer program. */
#define STATE_BYTE 0x80u
_Static_assert(LEARNER_STATE_NEW == 0, "as a member that is not there");

static void put_state(struct buf *out, const struct record_field *field, const void *member)
{
    (void)field;
    record_put_number(out, STATE_BYTE | learner_state_byte(*(const enum learner_state *)member), 1);
}

static void take_state(struct record_reader *in, const struct record_field *field, void *member)
{
    char name[32] = "";
    uint64_t byte = record_take_number(in, 1);
    (void)field;
    if ((byte & STATE_BYTE) == 0)
        record_take_bytes(in, name, byte < sizeof(name) ? (size_t)byte : 0);
    for (enum learner_state i = 0; i < N_LEARNER_STATES && in->error == ERR_OK; i++) {
        bool is_it = (byte & STATE_BYTE) != 0 ? byte == (STATE_BYTE | learner_state_byte(i))
                                              : strcmp(learner_state_name(i), name) == 0;
        if (is_it) {
            *(enum learner_state *)member = i;
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

/* A time by what is between it and the last word from the number, or, of another person, the
 * consent, which therefore is the first one: one to five bytes, where six would be. */
static int64_t base_of(const struct record_field *field, const void *member)
{
    const void *start = (const char *)member - field->offset;
    const struct learner *l = start;
    if (l->link.last_ms != 0)
        return l->link.last_ms;
    return field->offset == offsetof(struct learner, consent_ms) ? 0 : l->consent_ms;
}

static void put_time(struct buf *out, const struct record_field *field, const void *member)
{
    uint64_t apart = (uint64_t) * (const int64_t *)member - (uint64_t)base_of(field, member);
    record_put_varint(out, apart << 1 ^ (0 - (apart >> 63))); /* before it, too */
}

static void take_time(struct record_reader *in, const struct record_field *field, void *member)
{
    uint64_t folded = record_take_varint(in, UINT64_MAX);
    uint64_t apart = folded >> 1 ^ (0 - (folded & 1));
    *(int64_t *)member = (int64_t)((uint64_t)base_of(field, member) + apart);
}

static const struct record_kind time_kind = {put_time, take_time, NULL};

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

/* Until version 4 with the bytes of all, each behind two of length. */
static void put_others(struct buf *out, const struct record_field *field, const void *member)
{
    struct learner_others written;
    const struct learner_others *others = others_as(member, LEARNER_RECORD_BEFORE, &written);
    (void)field;
    record_put_varint(out, others->n_bytes);
    buf_add(out, others->bytes, others->n_bytes);
}

static void take_others(struct record_reader *in, const struct record_field *field, void *member)
{
    struct learner_others *others = member;
    (void)field;
    memset(others, 0, sizeof(*others)); /* of a change, where others stood */
    others->n_bytes = (uint16_t)record_take_varint(in, sizeof(others->bytes));
    record_take_bytes(in, others->bytes, others->n_bytes);
    if (!learner_others_are_whole((struct str){(const char *)others->bytes, others->n_bytes}) &&
        in->error == ERR_OK)
        in->error = ERR_INVALID;
}

static bool has_others(const struct record_field *field, const void *member)
{
    (void)field;
    return ((const struct learner_others *)member)->n_bytes != 0;
}

static const struct record_kind others_kind = {put_others, take_others, has_others};

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

/* Stands below, since what one person has in common with another is a part of the record. */
static const struct record_kind counted_kind;

/*
 * Members by use: those that go together stand together, what nearly everybody has before what few
 * have. Columns: number, the version that first had it, member, kind, and kind from version 5 on.
 * A number is for ever: versions before 5 and changes have the members in that order. A new one is
 * a row at the end with the next number. `consent_ms` stands before all other times (base_of). The
 * second eight (COMMON) are what people on a number mostly have in common: they stand once.
 */
#define ROWS(X)                                                                                    \
    X(3, 1, link.session, record_varint, record_number)                                            \
    X(4, 1, link.path_bytes, record_varint, record_varint)                                         \
    X(5, 1, link.path_hash, record_varint, record_number)                                          \
    X(7, 1, link.last_ms, record_varint, record_varint)                                            \
    X(8, 1, link.channel, record_name, record_word)                                                \
    X(36, 3, link.country, record_name, record_word)                                               \
    X(39, 3, link.number, record_bytes, record_bytes)                                              \
    X(32, 2, link.shown, record_number, record_number)                                             \
    X(14, 1, course_key, record_varint, record_number)                                             \
    X(12, 1, lang, record_name, record_word)                                                       \
    X(37, 3, cohort, record_varint, record_varint)                                                 \
    X(63, 3, catch_to, record_number, record_number)                                               \
    X(42, 3, n_pauses, record_number, record_number)                                               \
    X(81, 3, stopped_at, state_kind, state_kind)                                                   \
    X(80, 3, is_child, record_bool, record_bool)                                                   \
    X(82, 3, is_psea, record_bool, record_bool)                                                    \
    X(9, 1, learner_id, record_bytes, record_bytes)                                                \
    X(10, 1, state, state_kind, state_kind)                                                        \
    X(13, 1, unit, record_name, record_word)                                                       \
    X(15, 1, answered, bitmap_kind, bitmap_kind)                                                   \
    X(16, 1, right, bitmap_kind, bitmap_kind)                                                      \
    X(85, 3, n_answers, record_varint, record_varint)                                              \
    X(11, 1, back, state_kind, state_kind)                                                         \
    X(72, 3, n_screens, record_number, record_number)                                              \
    X(28, 1, consent_ms, record_varint, time_kind)                                                 \
    X(29, 1, asked_ms, record_varint, time_kind)                                                   \
    X(47, 3, module_ms, record_varint, time_kind)                                                  \
    X(22, 1, pre_right, record_number, record_number)                                              \
    X(17, 1, role, record_number, record_number)                                                   \
    X(40, 3, plan, record_number, record_number)                                                   \
    X(20, 1, test_n, record_number, record_number)                                                 \
    X(21, 1, test_right, record_number, record_number)                                             \
    X(51, 3, slot, record_number, record_number)                                                   \
    X(50, 3, nickname, record_name, record_word)                                                   \
    X(57, 3, others, others_kind, counted_kind)                                                    \
    X(46, 3, recalled, bitmap_kind, bitmap_kind)                                                   \
    X(48, 3, pushed_ms, record_varint, time_kind)                                                  \
    X(31, 1, closed_ms, record_varint, time_kind)                                                  \
    X(33, 2, side_via, record_number, record_number)                                               \
    X(64, 3, agreed, record_number, record_number)                                                 \
    X(27, 1, certificate, record_varint, record_varint)                                            \
    X(35, 2, completed_ms, record_varint, time_kind)                                               \
    X(23, 1, post_first, record_number, record_number)                                             \
    X(24, 1, post_best, record_number, record_number)                                              \
    X(25, 1, post_tries, record_number, record_number)                                             \
    X(43, 3, sent, record_number, record_number)                                                   \
    X(45, 3, recall_left, record_number, record_number)                                            \
    X(41, 3, reminded, record_number, record_number)                                               \
    X(38, 3, link.last, last_kind, last_kind)                                                      \
    X(74, 3, link.has_reports, record_bool, record_bool)                                           \
    X(18, 1, screen, record_number, record_number)                                                 \
    X(6, 1, link.step, record_varint, record_varint)                                               \
    X(62, 3, void_before, record_varint, record_varint)                                            \
    X(44, 3, recall_module, record_number, record_number)                                          \
    X(26, 1, last_choice, record_number, record_number)                                            \
    X(30, 1, ended_ms, record_varint, time_kind)                                                   \
    X(19, 1, n_unknown, record_number, record_number)                                              \
    X(84, 3, n_idle, record_number, record_number)                                                 \
    X(73, 3, due_sms, record_number, record_number)                                                \
    X(58, 3, is_doubted, record_bool, record_bool)                                                 \
    X(79, 3, modules, modules_kind, modules_kind)                                                  \
    X(61, 3, past, past_kind, past_kind)                                                           \
    X(49, 3, paused_ms, record_varint, time_kind)                                                  \
    X(34, 2, held_ms, record_varint, time_kind)                                                    \
    X(52, 3, pin_salt, record_bytes, record_bytes)                                                 \
    X(53, 3, pin_hash, record_bytes, record_bytes)                                                 \
    X(54, 3, is_locked, record_bool, record_bool)                                                  \
    X(55, 3, n_pin_wrong, record_number, record_number)                                            \
    X(56, 3, pin_until_ms, record_varint, time_kind)                                               \
    X(71, 3, nudged_ms, record_varint, time_kind)                                                  \
    X(83, 3, link.same_ms, record_varint, time_kind)                                               \
    X(65, 3, wrote_ms, record_varint, time_kind)                                                   \
    X(66, 3, n_wrote, record_number, record_number)                                                \
    X(59, 3, led, record_varint, record_varint)                                                    \
    X(60, 3, led_until_ms, record_varint, time_kind)                                               \
    X(67, 3, led_nudge_ms, record_varint, time_kind)                                               \
    X(68, 3, hands_module, record_number, record_number)                                           \
    X(69, 3, hands_n, record_number, record_number)                                                \
    X(70, 3, hands_right, record_number, record_number)                                            \
    X(75, 3, move_code, record_varint, record_varint)                                              \
    X(76, 3, has_move_pin, record_bool, record_bool)                                               \
    X(77, 3, moving_to, record_bytes, record_bytes)                                                \
    X(78, 3, moving_ms, record_varint, time_kind)

#define BY_NUMBER(number, since, member, before, now)                                              \
    [number] = RECORD(since, struct learner, member, before),
#define BY_USE(number, since, member, before, now) RECORD(5, struct learner, member, now),

static const struct record_field by_use[] = {ROWS(BY_USE)};
static const struct record_field fields[] = {
    RECORD(1, struct learner, seq, record_number),      /* first, for the store */
    RECORD(2, struct learner, link.said, record_bytes), /* at LEARNER_SAID_AT, for the sender */
    {&seen_kind, offsetof(struct learner, link), 0, 1}, /* nothing, by now */
    ROWS(BY_NUMBER)};

/* By number. In each version seq, and what the sender looks for, stand as they are. From FREQUENT
 * on a member costs nothing while it is zero; from version 4 on no other one does, either. */
#define FIXED 2u
#define FREQUENT 36u
#define FORMAT(first)                                                                              \
    {                                                                                              \
        .fields = fields + (first), .n = FREQUENT - (first), .n_before = (first) == 0,             \
        .version = LEARNER_RECORD, .rare = fields + FREQUENT,                                      \
        .n_rare = ARRAY_LEN(fields) - FREQUENT, .packed = 4, .n_fixed = FIXED - (first),           \
        .by_use = by_use, .n_by_use = ARRAY_LEN(by_use), .grouped = 5                              \
    }
static const struct record_format format = FORMAT(0);
/* Of another one on the number, likewise without seq, link and what belongs to them. */
static const struct record_format person_format = FORMAT(FIXED);
_Static_assert(ARRAY_LEN(by_use) <= RECORD_MAX_BY_USE, "or the masks need more room");
_Static_assert(ARRAY_LEN(by_use) == ARRAY_LEN(fields) - 3, "each row has a number of its own");

/* ---- others, from version 5 on ---- */

/* How many, and each behind its length, as learner_others.c has them in such a record. */
#define COMMON_BYTES 64u /* at most */

static void put_common(struct buf *out, const void *others)
{
    const void *learner = (const char *)others - offsetof(struct learner, others);
    record_put_group(&person_format, LEARNER_COMMON, learner, out);
}

static void put_counted(struct buf *out, const struct record_field *field, const void *member)
{
    struct learner_others written;
    struct buf common CLEANUP(buf_fini);
    const struct learner_others *others = others_as(member, LEARNER_RECORD, &written);
    struct str rest = {(const char *)others->bytes, others->n_bytes};
    (void)field;
    buf_init(&common, COMMON_BYTES);
    put_common(&common, member);
    record_put_varint(out, learner_count_others(rest));
    for (struct str next = learner_next_other(&rest); next.p != NULL;
         next = learner_next_other(&rest))
        learner_other_put(out, next, buf_str(&common));
}

static void take_counted(struct record_reader *in, const struct record_field *field, void *member)
{
    struct learner_others *others = member;
    struct buf common CLEANUP(buf_fini);
    (void)field;
    uint64_t n = record_take_varint(in, LEARNER_MAX_PROFILES - 1);
    buf_init(&common, COMMON_BYTES);
    put_common(&common, member);
    for (others->n_bytes = 0; n > 0 && in->error == ERR_OK; n--) {
        struct str record = record_take_text(in);
        if (in->error == ERR_OK && !learner_other_take(record, buf_str(&common), others))
            in->error = ERR_INVALID;
    }
}

static const struct record_kind counted_kind = {put_counted, take_counted, has_others};

enum err learner_encode(const struct learner *learner, uint8_t version, struct buf *out)
{
    record_encode_as(&format, version, learner, out);
    return buf_error(out);
}

static enum err decode(const struct record_format *how, struct str bytes, struct learner *ret)
{
    struct learner l;
    memset(&l, 0, sizeof(l));
    enum err e = record_decode(how, bytes, &l);
    if (e == ERR_OK && l.certificate > CERTIFICATE_MAX)
        e = ERR_INVALID;
    if (e == ERR_OK)
        *ret = l;
    return e;
}

uint8_t learner_record_of(struct str bytes)
{
    return bytes.len >= LEARNER_SAID_AT ? (uint8_t)bytes.p[LEARNER_SAID_AT - 1] : 0;
}

enum err learner_decode(struct str bytes, struct learner *ret)
{
    enum err e = decode(&format, bytes, ret);
    if (e == ERR_OK && learner_record_of(bytes) == 1)
        ret->link.shown = UINT8_MAX; /* a version that did not know counted everything */
    return e;
}

void learner_person_encode(const struct learner *person, uint8_t version, struct buf *out)
{
    struct learner alone = *person;
    memset(&alone.link, 0, sizeof(alone.link));
    memset(&alone.others, 0, sizeof(alone.others));
    record_encode_as(&person_format, version, &alone, out);
}

enum err learner_person_decode(struct str bytes, struct learner *ret)
{
    /* Before version 4 it began with seq, which was zero. */
    return decode(bytes.p[0] == '\0' ? &format : &person_format, bytes, ret);
}

/* ---- changes ---- */

#define RARE 64u /* the numbers from FREQUENT on are told from here, in a change */

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
    put_changes(fields, FREQUENT, 0, before, after, out);
    put_changes(fields + FREQUENT, ARRAY_LEN(fields) - FREQUENT, RARE, before, after, out);
}

enum err learner_undo_change(struct str change, struct learner *learner)
{
    struct record_reader in = {.left = change};
    while (in.left.len > 0 && in.error == ERR_OK) {
        uint64_t row = record_take_varint(&in, UINT64_MAX);
        uint64_t number = row < RARE ? row : row - RARE + FREQUENT;
        bool is_known = row < FREQUENT || (row >= RARE && number < ARRAY_LEN(fields));
        const struct record_field *field = is_known ? &fields[number] : NULL;
        if (in.error == ERR_OK && field == NULL)
            return ERR_UNSUPPORTED; /* a later program has more rows */
        if (in.error == ERR_OK && field->offset < offsetof(struct learner, learner_id))
            return ERR_INVALID;
        if (in.error == ERR_OK)
            field->kind->take(&in, field, (char *)learner + field->offset);
    }
    return in.error;
}
