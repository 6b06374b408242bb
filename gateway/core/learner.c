#include "core/learner.h"

#include <string.h>

#include "core/learner_record.h"

void learner_init(struct learner *learner)
{
    memset(learner, 0, sizeof(*learner));
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

/* ---- several on one number ---- */

static struct str others_of(const struct learner *learner)
{
    return (struct str){(const char *)learner->others.bytes, learner->others.n_bytes};
}

uint32_t learner_n_others(const struct learner *learner)
{
    return learner_count_others(others_of(learner));
}

enum err learner_other(const struct learner *learner, uint32_t i, struct learner *ret)
{
    struct str rest = others_of(learner), record = learner_next_other(&rest);
    for (uint32_t at = 0; at < i && record.p != NULL; at++)
        record = learner_next_other(&rest);
    if (record.p == NULL)
        return ERR_INVALID;
    enum err e = learner_person_decode(record, ret);
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
        struct str next = learner_next_other(&rest);
        is_last = next.p == NULL;
        next = at++ == i ? record : next;
        if (next.p != NULL)
            learner_others_add(&put, next);
    }
    return put;
}

enum err learner_set_other(struct learner *learner, uint32_t i, const struct learner *person)
{
    struct buf record CLEANUP(buf_fini);
    uint32_t n = learner_n_others(learner);
    i = i < n ? i : n;
    if (i == LEARNER_MAX_PROFILES - 1)
        return ERR_FULL;
    buf_init(&record, LEARNER_PROFILE_BYTES - 2);
    learner_person_encode(person, LEARNER_RECORD, &record);
    enum err e = buf_error(&record);
    if (e == ERR_OK)
        learner->others = put_in(&learner->others, i, buf_str(&record));
    return e;
}

void learner_remove_other(struct learner *learner, uint32_t i)
{
    learner->others = put_in(&learner->others, i, STR_NONE);
}
