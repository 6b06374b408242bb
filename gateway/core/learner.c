#include "core/learner.h"

#include <string.h>

/*
 * The encoded value, version 1: seq (4 bytes, big-endian), version (1 byte), then numbers as LEB128
 * varints and names as length and bytes, in the order of learner_encode. Bitmaps lose their
 * trailing zero bytes. Nothing in it depends on the order of an enum.
 */
#define LEARNER_VERSION 1u

static const struct {
    const char *name;
    bool is_side;
} state_rows[N_LEARNER_STATES] = {
#define LEARNER_STATE_ROW(name, stored, is_side) [LEARNER_STATE_##name] = {stored, is_side},
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

bool learner_is_enrolled(const struct learner *learner)
{
    return learner->consent_ms != 0 && learner->state != LEARNER_STATE_STOPPED &&
           learner->state != LEARNER_STATE_DELETED;
}

static void put_number(struct buf *out, uint64_t value)
{
    while (value >= 0x80) {
        buf_add_char(out, (char)(value | 0x80));
        value >>= 7;
    }
    buf_add_char(out, (char)value);
}

static void put_name(struct buf *out, const char *name)
{
    size_t len = strlen(name);
    put_number(out, len);
    buf_add(out, name, len);
}

static void put_bitmap(struct buf *out, const uint8_t bits[LEARNER_BITMAP_BYTES])
{
    size_t n = LEARNER_BITMAP_BYTES;
    while (n > 0 && bits[n - 1] == 0)
        n--;
    put_number(out, n);
    buf_add(out, bits, n);
}

static void put_link(struct buf *out, const struct learner_link *link)
{
    size_t n_seen = LEARNER_SEEN_IDS;
    while (n_seen > 0 && link->seen[n_seen - 1] == 0)
        n_seen--;
    put_number(out, n_seen);
    for (size_t i = 0; i < n_seen; i++)
        buf_add(out, &link->seen[i], sizeof(link->seen[i]));
    put_number(out, link->session);
    put_number(out, link->path_bytes);
    put_number(out, link->path_hash);
    put_number(out, link->text_hash);
    put_number(out, (uint64_t)link->last_ms);
    put_name(out, link->channel);
}

enum err learner_encode(const struct learner *learner, struct buf *out)
{
    uint32_t seq = learner->seq;
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_char(out, (char)(seq >> shift));
    buf_add_char(out, (char)LEARNER_VERSION);
    put_link(out, &learner->link);
    buf_add(out, learner->learner_id, sizeof(learner->learner_id));
    put_name(out, state_rows[learner->state].name);
    put_name(out, state_rows[learner->back].name);
    put_name(out, learner->lang);
    put_name(out, learner->unit);
    put_number(out, learner->course_key);
    put_bitmap(out, learner->answered);
    put_bitmap(out, learner->right);
    const uint8_t small[] = {learner->role,       learner->screen,     learner->n_unknown,
                             learner->test_n,     learner->test_right, learner->pre_right,
                             learner->post_first, learner->post_best,  learner->post_tries,
                             learner->last_choice};
    buf_add(out, small, sizeof(small));
    put_number(out, learner->certificate);
    put_number(out, (uint64_t)learner->consent_ms);
    put_number(out, (uint64_t)learner->asked_ms);
    put_number(out, (uint64_t)learner->ended_ms);
    put_number(out, (uint64_t)learner->closed_ms);
    return buf_error(out);
}

/* Bytes that are left, with a sticky failure. */
struct reader {
    struct str left;
    bool has_failed;
};

static void take_bytes(struct reader *r, void *dst, size_t n)
{
    if (r->left.len < n)
        r->has_failed = true;
    if (r->has_failed)
        return;
    memcpy(dst, r->left.p, n);
    r->left = str_sub(r->left, n, r->left.len);
}

static uint64_t take_number(struct reader *r, uint64_t max)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = 0;
        take_bytes(r, &byte, 1);
        if (r->has_failed)
            return 0;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            r->has_failed |= value > max;
            return r->has_failed ? 0 : value;
        }
    }
    r->has_failed = true;
    return 0;
}

static int64_t take_time(struct reader *r)
{
    return (int64_t)take_number(r, INT64_MAX);
}

/* A name of less than dst_bytes bytes, NUL-terminated. */
static void take_name(struct reader *r, char *dst, size_t dst_bytes)
{
    size_t n = (size_t)take_number(r, dst_bytes - 1);
    take_bytes(r, dst, n);
    dst[r->has_failed ? 0 : n] = '\0';
    r->has_failed |= memchr(dst, '\0', n) != NULL;
}

static void take_bitmap(struct reader *r, uint8_t bits[LEARNER_BITMAP_BYTES])
{
    size_t n = (size_t)take_number(r, LEARNER_BITMAP_BYTES);
    take_bytes(r, bits, n);
}

static void take_link(struct reader *r, struct learner_link *link)
{
    size_t n_seen = (size_t)take_number(r, LEARNER_SEEN_IDS);
    for (size_t i = 0; i < n_seen; i++)
        take_bytes(r, &link->seen[i], sizeof(link->seen[i]));
    link->session = (uint32_t)take_number(r, UINT32_MAX);
    link->path_bytes = (uint16_t)take_number(r, UINT16_MAX);
    link->path_hash = (uint32_t)take_number(r, UINT32_MAX);
    link->text_hash = (uint32_t)take_number(r, UINT32_MAX);
    link->last_ms = take_time(r);
    take_name(r, link->channel, sizeof(link->channel));
}

/* ERR_UNSUPPORTED for a name of a newer program. */
static enum err take_state(struct reader *r, enum learner_state *ret)
{
    char name[32];
    take_name(r, name, sizeof(name));
    for (int i = 0; i < N_LEARNER_STATES; i++) {
        if (strcmp(state_rows[i].name, name) == 0) {
            *ret = (enum learner_state)i;
            return ERR_OK;
        }
    }
    return r->has_failed ? ERR_INVALID : ERR_UNSUPPORTED;
}

static void take_small(struct reader *r, struct learner *l)
{
    uint8_t *const small[] = {&l->role,       &l->screen,     &l->n_unknown,  &l->test_n,
                              &l->test_right, &l->pre_right,  &l->post_first, &l->post_best,
                              &l->post_tries, &l->last_choice};
    for (size_t i = 0; i < ARRAY_LEN(small); i++)
        take_bytes(r, small[i], 1);
}

enum err learner_decode(struct str bytes, struct learner *ret)
{
    struct reader r = {.left = bytes};
    struct learner l;
    learner_init(&l);
    uint8_t seq[4] = {0};
    uint8_t version = 0;
    take_bytes(&r, seq, sizeof(seq));
    take_bytes(&r, &version, 1);
    if (r.has_failed)
        return ERR_INVALID;
    if (version != LEARNER_VERSION)
        return ERR_UNSUPPORTED;
    l.seq = (uint32_t)seq[0] << 24 | (uint32_t)seq[1] << 16 | (uint32_t)seq[2] << 8 | seq[3];
    take_link(&r, &l.link);
    take_bytes(&r, l.learner_id, sizeof(l.learner_id));
    enum err e = take_state(&r, &l.state);
    if (e == ERR_OK)
        e = take_state(&r, &l.back);
    if (e != ERR_OK)
        return e;
    take_name(&r, l.lang, sizeof(l.lang));
    take_name(&r, l.unit, sizeof(l.unit));
    l.course_key = (uint32_t)take_number(&r, UINT32_MAX);
    take_bitmap(&r, l.answered);
    take_bitmap(&r, l.right);
    take_small(&r, &l);
    l.certificate = take_number(&r, 999999999999u);
    l.consent_ms = take_time(&r);
    l.asked_ms = take_time(&r);
    l.ended_ms = take_time(&r);
    l.closed_ms = take_time(&r);
    if (r.has_failed || r.left.len > 0)
        return ERR_INVALID;
    *ret = l;
    return ERR_OK;
}
