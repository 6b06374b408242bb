#include <string.h>

#include "base/record.h"
#include "core/learner_record.h"

struct str learner_next_other(struct str *rest)
{
    const uint8_t *p = (const uint8_t *)rest->p;
    size_t n = rest->len >= 2 ? (size_t)(p[0] << 8 | p[1]) : 0;
    if (n == 0 || n > rest->len - 2)
        return STR_NONE;
    struct str record = str_sub(*rest, 2, 2 + n);
    *rest = str_sub(*rest, 2 + n, rest->len);
    return record;
}

void learner_others_add(struct learner_others *others, struct str record)
{
    uint8_t *end = others->bytes + others->n_bytes;
    end[0] = (uint8_t)(record.len >> 8);
    end[1] = (uint8_t)record.len;
    memcpy(end + 2, record.p, record.len);
    others->n_bytes = (uint16_t)(others->n_bytes + 2 + record.len);
}

uint32_t learner_count_others(struct str list)
{
    uint32_t n = 0;
    while (learner_next_other(&list).p != NULL)
        n++;
    return n;
}

bool learner_others_are_whole(struct str list)
{
    bool are_short = learner_count_others(list) < LEARNER_MAX_PROFILES;
    for (struct str record = learner_next_other(&list); record.p != NULL;
         record = learner_next_other(&list))
        are_short &= record.len <= LEARNER_PROFILE_BYTES - 2;
    return are_short && list.len == 0;
}

/* ---- in a record of version 5 ---- */

#define IN_COMMON 0x80u /* in the version's byte: it is without what it has in common */

/* Where a person's eights begin: behind the version and what says which there are. */
static size_t eights_of(struct str record)
{
    return record.len > 1 && ((uint8_t)record.p[1] & 0x80) != 0 ? 3 : 2;
}

void learner_other_put(struct buf *out, struct str record, struct str common)
{
    size_t at = eights_of(record);
    bool is_common = common.len > 0 && (uint8_t)record.p[0] == LEARNER_RECORD &&
                     record.len >= at + common.len && (record.p[1] & 3) == 1 << LEARNER_COMMON &&
                     memcmp(record.p + at, common.p, common.len) == 0;
    if (!is_common) {
        record_put_text(out, record);
        return;
    }
    record_put_varint(out, record.len - common.len);
    record_put_number(out, LEARNER_RECORD | IN_COMMON, 1);
    buf_add_char(out, (char)(record.p[1] & ~(1 << LEARNER_COMMON)));
    buf_add_str(out, str_sub(record, 2, at));
    buf_add_str(out, str_sub(record, at + common.len, record.len));
}

bool learner_other_take(struct str record, struct str common, struct learner_others *others)
{
    bool is_cut = record.len > 0 && (uint8_t)record.p[0] == (LEARNER_RECORD | IN_COMMON);
    size_t at = is_cut ? eights_of(record) : record.len;
    size_t n = record.len + (is_cut ? common.len : 0);
    if (n == 0 || n > LEARNER_PROFILE_BYTES - 2 || at > record.len ||
        (is_cut && (common.len == 0 || (record.p[1] & 3) != 0)))
        return false;
    uint8_t whole[LEARNER_PROFILE_BYTES];
    memcpy(whole, record.p, at);
    if (is_cut) {
        whole[0] = LEARNER_RECORD;
        whole[1] |= 1 << LEARNER_COMMON;
        memcpy(whole + at, common.p, common.len);
        memcpy(whole + at + common.len, record.p + at, record.len - at);
    }
    learner_others_add(others, (struct str){(const char *)whole, n});
    return true;
}
