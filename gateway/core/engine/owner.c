/*
 * People and numbers part: a number that may be somebody else's by now, and a person who comes from
 * another one (docs/course-rules.md 5; what both numbers have to know of each other is move.c).
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/people.h"
#include "core/engine/step.h"

/* So long after its last word a place that nobody may see is kept. */
#define AWAY_MS (365 * DAY_MS)

/* ---- a number that changed hands ---- */

bool owner_is_doubtful(const struct step *s)
{
    const struct learner *l = s->learner;
    bool has_place = l->consent_ms != 0 && l->state != LEARNER_STATE_DELETED;
    int64_t known_ms = l->link.same_ms > l->link.last_ms ? l->link.same_ms : l->link.last_ms;
    return has_place && s->context->quiet_days > 0 && l->link.last_ms != 0 &&
           s->input->now.ms - known_ms > s->context->quiet_days * DAY_MS;
}

bool owner_doubt(struct step *s)
{
    if (s->is_known || !(s->learner->is_doubted || owner_is_doubtful(s)))
        return false;
    s->learner->is_doubted = true;
    s->is_who_unknown = true;
    step_say_screen(s);
    return true;
}

/* ---- an operator that can tell ---- */

/* Where it did not answer, it is asked again after a while: nothing goes to the number before. */
#define OPERATOR_AGAIN_MS (7 * DAY_MS)

int64_t owner_asked_ms(const struct step *s, int64_t from_ms)
{
    int64_t again_ms = s->input->now.ms + OPERATOR_AGAIN_MS;
    if (!s->context->has_operator || from_ms == 0)
        return 0;
    return s->out->asks_operator && from_ms < again_ms ? again_ms : from_ms;
}

/* Whoever of the number it is due to: nobody of them becomes the one who is learning by it. */
bool owner_ask(struct step *s)
{
    struct learner person;
    uint32_t whose;
    int64_t due_ms = people_wake_ms(s, &whose);
    if (learner_other(s->learner, whose, &person) != ERR_OK)
        person = *s->learner;
    struct step other = *s;
    other.learner = &person;
    bool is_due = due_ms != 0 && due_ms <= s->input->now.ms && !people_is_away(&person) &&
                  person.moving_ms == 0 && owner_is_doubtful(&other);
    s->out->asks_operator |= is_due;
    return is_due;
}

/* Whoever has the number now is asked who it is, once he or she writes. What was written meanwhile
 * says more than the operator could. */
void owner_told(struct step *s)
{
    struct learner *l = s->learner;
    if (l->seq != s->input->desk.seq)
        return;
    if (s->input->desk.is_same)
        l->link.same_ms = s->input->now.ms;
    else
        l->is_doubted = true;
    step_event(s, EVENT_number_checked)->choice = s->input->desk.is_same ? 1 : 0;
}

/* ---- whoever has it says so ---- */

/* Nobody sees it again, nothing is sent to it, and after a year it is forgotten. Others are told
 * that whoever it was has left: nobody waits to be written to. */
static struct learner put_away(struct step *s, const struct learner *person)
{
    struct outcome *out = s->out;
    struct learner away = *person;
    bool was_here =
        !people_is_away(person) && person->consent_ms != 0 && !learner_has_stopped(person);
    if (was_here && out->n_also < ARRAY_LEN(out->also))
        memcpy(out->also[out->n_also++], person->learner_id, sizeof(person->learner_id));
    away.slot = LEARNER_SLOT_AWAY;
    away.is_doubted = false;
    away.ended_ms = s->learner->link.last_ms + AWAY_MS;
    return away;
}

/* All who were here before go; the oldest of those who went before them makes room. */
static void begin_anew(struct step *s)
{
    struct learner *l = s->learner, person;
    for (uint32_t i = 0; i < learner_n_others(l); i++) {
        if (learner_other(l, i, &person) != ERR_OK)
            continue;
        person = put_away(s, &person);
        people_put(s, i, &person);
    }
    if (learner_n_others(l) == LEARNER_MAX_PROFILES - 1)
        learner_remove_other(l, 0);
    person = put_away(s, l);
    people_put(s, learner_n_others(l), &person);
    learner_init(&person);
    person.seq = l->seq;
    person.link = l->link;
    person.others = l->others;
    *l = person;
    engine_take_course(s);
    engine_meet(s);
    join_course(s);
}

bool owner_may_erase(const struct step *s)
{
    return s->learner->is_doubted && s->learner->state == LEARNER_STATE_STOPPED &&
           !people_is_shared(s);
}

void owner_answer(struct step *s)
{
    struct learner *l = s->learner;
    bool is_silent = l->state == LEARNER_STATE_STOPPED && s->input->via == VIA_SMS;
    bool is_join = s->match.command == COMMAND_JOIN;
    bool is_delete =
        is_silent && owner_may_erase(s) && match_is_delete(s->course->words, &s->match);
    int32_t key = s->is_who_unknown || !s->input->is_shown
                      ? 0
                      : step_menu_key(s, step_text(s, COURSE_TEXT_doubt, NO_VARS), 2);
    if (key == 1) {
        l->is_doubted = false;
        s->is_known = true;
        step_leave_any_side(s);
        if (l->state == LEARNER_STATE_STOPPED)
            join_again(s);
        else if (people_is_shared(s))
            who_ask(s);
        else
            who_show_place(s);
    } else if (key == 2) {
        begin_anew(s);
    } else if (is_delete) {
        engine_ask_erase(s);
    } else if ((!is_silent || is_join) &&
               who_say_again(s, !s->is_who_unknown && s->input->is_shown)) {
        step_say_screen(s);
    }
}

/* ---- from another number ---- */

bool owner_has_room(const struct step *s)
{
    bool stays = s->learner->consent_ms != 0;
    return !stays || learner_n_others(s->learner) < LEARNER_MAX_PROFILES - 1;
}

bool owner_take_in(struct step *s, const struct learner *from)
{
    struct learner *l = s->learner, person = *from;
    bool stays = l->consent_ms != 0;
    step_leave_any_side(s);
    struct learner before = l->is_doubted ? put_away(s, l) : *l;
    if (stays && !people_is_away(&before) && before.nickname[0] == '\0') {
        who_give_name(s, &before);
        before.slot = people_free_slot(s);
    }
    if (stays)
        people_put(s, learner_n_others(l), &before);
    person.seq = l->seq;
    person.link = l->link;
    person.others = l->others;
    person.slot = 0;
    if (learner_state_is_side(person.state))
        person.state = person.back;
    person.is_locked = person.is_doubted = person.has_move_pin = false;
    person.n_pin_wrong = 0;
    person.pin_until_ms = person.moving_ms = 0;
    person.move_code = 0;
    memset(person.moving_to, 0, sizeof(person.moving_to));
    people_share_push(&person, &before);
    l->slot = LEARNER_SLOT_AWAY; /* neither counts nor has a name any more */
    if (people_is_shared(s))
        who_give_name(s, &person);
    if (person.nickname[0] != '\0')
        person.slot = people_free_slot(s);
    *l = person;
    engine_take_course(s);
    return !stays;
}
