/*
 * The people on one number (docs/course-rules.md 5): who they are, who of them learns now, when
 * something is due to whom. Each has a record of his or her own (core/learner.h); the step is
 * always about the one who is learning now.
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/people.h"
#include "core/engine/step.h"

/* Where the person of this slot is: PEOPLE_MYSELF, a place among the others, or PEOPLE_NOBODY. */
uint32_t people_find_slot(const struct step *s, uint8_t slot, struct learner *ret)
{
    uint32_t n = learner_n_others(s->learner);
    if (s->learner->slot == slot) {
        *ret = *s->learner;
        return PEOPLE_MYSELF;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (learner_other(s->learner, i, ret) == ERR_OK && ret->slot == slot)
            return i;
    }
    return PEOPLE_NOBODY;
}

bool people_is_away(const struct learner *l)
{
    return l->slot == LEARNER_SLOT_AWAY;
}

bool people_is_shared(const struct step *s)
{
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &other) == ERR_OK && !people_is_away(&other))
            return true;
    }
    return false;
}

/* Of those beside the one who is learning the first who is in the course; PEOPLE_NOBODY: none is.
 */
static uint32_t find_enrolled(const struct step *s)
{
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &other) == ERR_OK && learner_is_enrolled(&other) &&
            !people_is_away(&other))
            return i;
    }
    return PEOPLE_NOBODY;
}

bool people_has_other(const struct step *s)
{
    return find_enrolled(s) != PEOPLE_NOBODY;
}

/* After STOP there is nobody left whom a question could be for. */
bool people_has_anybody(const struct step *s)
{
    return learner_is_enrolled(s->learner) || people_has_other(s);
}

uint8_t people_free_slot(const struct step *s)
{
    struct learner person;
    for (uint8_t slot = 1; slot <= LEARNER_MAX_PROFILES; slot++) {
        if (people_find_slot(s, slot, &person) == PEOPLE_NOBODY)
            return slot;
    }
    return 0;
}

void people_put(struct step *s, uint32_t i, const struct learner *person)
{
    if (learner_set_other(s->learner, i, person) != ERR_OK)
        step_fail(s);
}

void people_share_push(struct learner *person, const struct learner *other)
{
    if (person->pushed_ms < other->pushed_ms)
        person->pushed_ms = other->pushed_ms;
}

/* The i-th of the others learns from here on, on the version of the course that he or she began. */
void people_become_at(struct step *s, uint32_t i)
{
    struct learner *l = s->learner, person;
    const struct learner before = *l;
    if (learner_other(l, i, &person) != ERR_OK) {
        step_fail(s);
        return;
    }
    people_put(s, i, &before);
    person.others = l->others;
    people_share_push(&person, &before);
    *l = person;
    engine_take_course(s);
}

bool people_become(struct step *s, const uint8_t learner_id[16])
{
    struct learner person;
    if (memcmp(s->learner->learner_id, learner_id, sizeof(person.learner_id)) == 0)
        return true;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &person) != ERR_OK ||
            memcmp(person.learner_id, learner_id, sizeof(person.learner_id)) != 0)
            continue;
        people_become_at(s, i);
        return s->error == ERR_OK;
    }
    return false;
}

/* Who has left keeps the place where that was: who learns is asked of somebody who is there. */
void people_step_aside(struct step *s)
{
    bool has_left = s->learner->state == LEARNER_STATE_STOPPED;
    if (has_left && people_has_other(s))
        people_become_at(s, find_enrolled(s));
}

/* ---- what is done to all, and to one of them ---- */

void people_stop(struct step *s)
{
    struct learner *l = s->learner, other;
    if (l->state == LEARNER_STATE_WHO)
        step_enter(s, l->back);
    for (uint32_t i = 0; i < learner_n_others(l); i++) {
        if (learner_other(l, i, &other) != ERR_OK || other.state == LEARNER_STATE_STOPPED)
            continue;
        if (learner_state_is_side(other.state))
            other.state = other.back;
        other.back = other.state;
        other.state = LEARNER_STATE_STOPPED;
        other.void_before = l->seq + 1;
        people_put(s, i, &other);
        memcpy(s->out->also[s->out->n_also++], other.learner_id, sizeof(other.learner_id));
    }
}

void people_release(struct step *s)
{
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &other) != ERR_OK || other.held_ms == 0 ||
            other.held_ms > s->input->held_until.ms)
            continue;
        other.held_ms = 0;
        other.is_child = other.is_psea = false;
        people_put(s, i, &other);
    }
}

bool people_forget(struct step *s)
{
    struct learner *l = s->learner, person;
    uint32_t i = 0, n = learner_n_others(l);
    while (i < n && (learner_other(l, i, &person) != ERR_OK || people_is_away(&person)))
        i++;
    if (i == n)
        return false; /* nobody whom this number is for */
    memcpy(s->out->gone, l->learner_id, sizeof(l->learner_id));
    person.others = l->others;
    learner_remove_other(&person, i);
    people_share_push(&person, l);
    *l = person;
    l->is_locked = pin_is_set(l);
    engine_take_course(s);
    s->out->is_gone = true;
    return true;
}

/* ---- time ---- */

int64_t people_wake_ms(const struct step *s, uint32_t *ret_whose)
{
    int64_t earliest_ms = engine_wake_ms(s);
    struct learner person;
    *ret_whose = PEOPLE_MYSELF;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &person) != ERR_OK ||
            (s->learner->is_doubted && !people_is_away(&person)))
            continue; /* who has the number now is none of them, perhaps */
        struct step other = *s;
        other.learner = &person;
        engine_take_course(&other);
        int64_t ms = other.error == ERR_OK ? engine_wake_ms(&other) : 0;
        if (ms != 0 && (earliest_ms == 0 || ms < earliest_ms)) {
            earliest_ms = ms;
            *ret_whose = i;
        }
    }
    return earliest_ms;
}

void people_stay(struct step *s, const struct learner *before)
{
    struct learner *l = s->learner;
    uint8_t whose[sizeof(l->learner_id)];
    bool is_other = memcmp(l->learner_id, before->learner_id, sizeof(whose)) != 0;
    memcpy(whose, l->learner_id, sizeof(whose));
    if (s->out->reply.p != NULL || !people_become(s, before->learner_id))
        return;
    if (is_other && !s->out->is_gone && s->out->n_events > 0) {
        memcpy(s->out->gone, whose, sizeof(whose));
        s->out->is_gone = true;
    }
    if (before->state == LEARNER_STATE_WHO && l->state == before->back) { /* it is asked still */
        l->state = before->state;
        l->back = before->back;
        l->stopped_at = before->stopped_at;
        l->side_via = before->side_via;
    }
}

bool people_take_due(struct step *s)
{
    uint32_t whose;
    int64_t due_ms = people_wake_ms(s, &whose);
    if (due_ms == 0 || s->input->now.ms < due_ms)
        return false;
    if (s->learner->state == LEARNER_STATE_WHO)
        step_enter(s, s->learner->back);
    s->is_who_unknown = whose != PEOPLE_MYSELF;
    if (whose != PEOPLE_MYSELF)
        people_become_at(s, whose);
    return true;
}
