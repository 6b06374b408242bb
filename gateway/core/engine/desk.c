/*
 * What a coordinator orders about a number by a command (`waypost learner`): nobody has written.
 * What does not fit any more when its turn comes does nothing; the command has looked before.
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/self.h"
#include "core/engine/step.h"

/* ---- an invitation: the consent text, to a number that nobody knows ---- */

static bool is_offered(const struct step *s, struct str lang)
{
    for (uint16_t i = 0; i < s->base->n_languages; i++) {
        if (str_eq(s->base->languages[i], lang))
            return true;
    }
    return false;
}

static void invite(struct step *s)
{
    const struct desk_order *order = &s->input->desk;
    struct learner *l = s->learner;
    const struct cohort *cohort =
        order->cohort != 0 ? cohorts_find(s->context->cohorts, order->cohort) : NULL;
    bool may_join =
        order->cohort == 0 || (cohort != NULL && cohort_may_join(cohort, s->input->now));
    if (l->seq != 0 || l->state != LEARNER_STATE_NEW || !may_join)
        return;
    engine_meet(s);
    if (is_offered(s, order->lang) && str_copy(order->lang, l->lang, sizeof(l->lang)) == ERR_OK) {
        step_event(s, EVENT_language_set)->text = order->lang;
        step_use_module(s, -1);
    }
    l->role = order->role;
    if (cohort != NULL)
        engine_join_group(s, step_number(s, cohort->code));
    else
        join_course(s);
}

/* ---- of somebody who is there: one of those on the number ---- */

/* PostgreSQL was told by the command, which knows the organisation as well. */
static void move(struct step *s)
{
    const struct desk_order *order = &s->input->desk;
    struct learner *l = s->learner, other;
    if (memcmp(l->learner_id, order->learner_id, sizeof(l->learner_id)) == 0)
        l->cohort = order->cohort;
    for (uint32_t i = 0; i < learner_n_others(l); i++) {
        if (learner_other(l, i, &other) != ERR_OK ||
            memcmp(other.learner_id, order->learner_id, sizeof(other.learner_id)) != 0)
            continue;
        other.cohort = order->cohort;
        if (learner_set_other(l, i, &other) != ERR_OK)
            step_fail(s);
    }
}

static void erase(struct step *s)
{
    if (people_become(s, s->input->desk.learner_id))
        engine_erase(s);
}

/* Another one on the number than who learns there now is told by name, as by any push; where it
 * does not go now nobody's turn has changed. Nor does it go to one of several while it is not known
 * who has the number now: what says so is kept of who learns. */
static void tell(struct step *s)
{
    const struct learner before = *s->learner;
    const uint8_t *whom = s->input->desk.learner_id;
    bool is_other = memcmp(before.learner_id, whom, sizeof(before.learner_id)) != 0;
    if (is_other && s->learner->state == LEARNER_STATE_WHO)
        step_enter(s, s->learner->back);
    s->is_who_unknown = is_other;
    if (!is_other || (!before.is_doubted && people_become(s, whom)))
        pace_tell(s, s->input->desk.text);
    if (!is_other || s->out->reply.p != NULL)
        return;
    *s->learner = before;
    engine_take_course(s);
}

static void code(struct step *s)
{
    const struct desk_order *order = &s->input->desk;
    s->out->made_code = order->code;
    memcpy(s->out->made_for, order->learner_id, sizeof(s->out->made_for));
}

void engine_desk(struct step *s)
{
    static void (*const acts[])(struct step * s) = {[DESK_INVITE] = invite,
                                                    [DESK_MOVE] = move,
                                                    [DESK_ERASE] = erase,
                                                    [DESK_TELL] = tell,
                                                    [DESK_CODE] = code,
                                                    [DESK_GIVE] = move_give,
                                                    [DESK_CORRECT] = correct_desk,
                                                    [DESK_OWNER] = owner_told};
    acts[s->input->desk.act](s);
}
