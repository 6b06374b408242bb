/*
 * A group's facilitator (docs/course-rules.md 5): GROUP, the PIN, and what may be asked for then.
 * The figures come with the group itself (core/cohort.h), as PostgreSQL last counted them.
 */
#include <string.h>

#include "core/engine/internal.h"

#define PIN_DIGITS 6u
#define TRUSTED_MS (30 * 60 * (int64_t)1000)

/* Of this number and group; NULL: it leads none of that code (0 = any that is open). */
static const struct cohort_lead *find_lead(const struct step *s, uint32_t code,
                                           const struct cohort **ret)
{
    const struct cohorts *cohorts = s->context->cohorts;
    const uint8_t *number = s->context->number_id;
    for (uint32_t i = 0; number != NULL && cohorts != NULL && i < cohorts->n; i++) {
        const struct cohort *c = &cohorts->list[i];
        for (uint32_t k = 0; k < c->n_leads && (code == 0 || c->code == code); k++) {
            if (memcmp(c->leads[k].number_id, number, sizeof(c->leads[k].number_id)) == 0) {
                *ret = c;
                return &c->leads[k];
            }
        }
    }
    return NULL;
}

static const struct cohort *led(const struct step *s)
{
    const struct cohort *cohort = NULL;
    (void)find_lead(s, s->learner->led, &cohort); /* NULL: no more */
    return cohort;
}

/* ---- the figures ---- */

struct str lead_screen(const struct step *s)
{
    const struct cohort *c = led(s);
    if (c == NULL || s->input->now.ms >= s->learner->led_until_ms)
        return step_text(s, COURSE_TEXT_lead_over, NO_VARS);
    enum course_text text = str_is_empty(c->finished)  ? COURSE_TEXT_lead_begun
                            : str_is_empty(c->hardest) ? COURSE_TEXT_lead_finished
                                                       : COURSE_TEXT_lead;
    struct str figures =
        step_text(s, text,
                  VARS({"number", step_number(s, c->code)}, {"joined", step_number(s, c->n_joined)},
                       {"active", step_number(s, c->n_active)},
                       {"done", step_number(s, c->n_finished)}, {"module", c->finished},
                       {"unit", c->hardest}, {"percent", step_number(s, c->hardest_percent)}));
    struct str keys = step_text(s, COURSE_TEXT_lead_keys, NO_VARS);
    return arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(figures),
                        s->input->via == VIA_USSD ? "\n" : " ", STR_ARG(keys));
}

/* ---- the guide of the next meeting ---- */

/* Of the week that the group is in, by its start; where it has none, behind what was finished. */
static const struct module *next_topic(const struct step *s, const struct cohort *c)
{
    const int64_t week_ms = 7 * 24 * 3600 * (int64_t)1000;
    int64_t begun_ms = c->start_day * 24 * 3600 * 1000;
    int64_t week = c->start_day > 0 && s->input->now.ms > begun_ms
                       ? (s->input->now.ms - begun_ms) / week_ms
                       : 0;
    const struct module *found = NULL;
    for (uint16_t i = 0; i < s->course->n_modules; i++) {
        const struct module *m = &s->course->modules[i];
        bool is_it = m->kind == MODULE_LESSONS && (found == NULL || m->number <= week + 1);
        found = is_it ? m : found;
    }
    return found;
}

static void say_guide(struct step *s, const struct cohort *c)
{
    const struct module *m = next_topic(s, c);
    step_leave_side(s);
    struct str guide = m != NULL ? m->guide : STR_NONE;
    bool has_topic =
        !str_is_empty(guide) && !str_is_empty(s->course->texts[COURSE_TEXT_lead_topic]);
    step_say(s, step_text(s, has_topic ? COURSE_TEXT_lead_topic : COURSE_TEXT_lead_guide,
                          VARS({"n", step_number(s, m != NULL ? m->number : 1)},
                               {"title", m != NULL ? m->title : STR("")}, {"guide", guide})));
    if (s->input->via == VIA_USSD)
        step_say_screen(s);
}

bool lead_answer(struct step *s)
{
    const struct cohort *c = led(s);
    bool is_trusted = c != NULL && s->input->now.ms < s->learner->led_until_ms;
    bool is_guide = str_eq(s->norm, STR("1"));
    if (!is_guide && !str_eq(s->norm, STR("0")))
        return false;
    if (is_guide && is_trusted) {
        say_guide(s, c);
        return true;
    }
    step_leave_side(s);
    step_say_screen(s);
    return true;
}

/* ---- the PIN ---- */

struct str lead_pin_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_lead_pin, VARS({"number", step_number(s, s->learner->led)}));
}

static void show_figures(struct step *s)
{
    s->learner->led_until_ms = s->input->now.ms + TRUSTED_MS;
    step_enter_side(s, LEARNER_STATE_LEAD);
    step_say_screen(s);
}

bool lead_pin_answer(struct step *s)
{
    struct learner *l = s->learner;
    const struct cohort *c = NULL;
    const struct cohort_lead *lead = find_lead(s, l->led, &c);
    uint64_t value;
    bool is_pin = s->norm.len == PIN_DIGITS && str_to_u64(s->norm, 999999, &value) == ERR_OK;
    if (!is_pin || lead == NULL || s->context->hash_pin == NULL)
        return false;
    if (!shared_may_try(s))
        return true;
    if (shared_is_pin(s, lead->pin_salt, lead->pin_hash)) {
        show_figures(s);
        return true;
    }
    step_say(s, step_text(s, COURSE_TEXT_pin_wrong, NO_VARS));
    step_say_screen(s);
    return true;
}

/* GROUP, from a number that leads one; from another JOIN's own words: "group 482156". */
void engine_group(struct step *s)
{
    const struct cohort *cohort = NULL;
    uint32_t code = engine_group_argument(s);
    if (find_lead(s, code, &cohort) == NULL) {
        if (!engine_join_argument(s) && step_cohort(s) != NULL)
            step_say(s,
                     step_text(s, COURSE_TEXT_group_joined, VARS({"group", step_cohort(s)->name})));
        if (s->out->reply.p == NULL || learner_is_enrolled(s->learner))
            step_say_interrupted(s);
        return;
    }
    bool is_trusted =
        s->learner->led == cohort->code && s->input->now.ms < s->learner->led_until_ms;
    s->learner->led = cohort->code;
    if (is_trusted) {
        show_figures(s);
        return;
    }
    step_enter_side(s, LEARNER_STATE_LEAD_PIN);
    step_say_screen(s);
}
