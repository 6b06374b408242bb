/*
 * Group codes: which group a learner is in, and joining one.
 */
#include "core/engine/group.h"
#include "core/engine/command.h"
#include "core/engine/self.h"
#include "core/engine/step.h"
#include "core/match/words.h"

#define MAX_DIGITS 12 /* of what is taken for a group code, right or wrong */

const struct cohort *step_cohort(const struct step *s)
{
    return s->learner->cohort != 0 ? cohorts_find(s->context->cohorts, s->learner->cohort) : NULL;
}

/* The digits of a text, in whatever pieces they were typed: "482156", "482 156", "group 482-156";
 * absent when there are none, or far too many. */
static struct str digits_of(const struct step *s, struct str text)
{
    struct str digits = arena_digits(s->arena, text);
    return digits.len > 0 && digits.len <= MAX_DIGITS ? digits : STR_NONE;
}

/* Who can begin all the same sees how, who learns already goes on. What is too long for a code may
 * be a phone number, which no answer may carry through Redis. */
static void refuse(struct step *s, enum course_text text, struct str digits, struct str name)
{
    bool is_joining = !learner_is_enrolled(s->learner);
    struct str shown =
        digits.len > COHORT_CODE_DIGITS ? match_mask_numbers(digits, s->arena) : digits;
    step_say(s, step_text(s, text, VARS({"number", shown}, {"group", name})));
    if (is_joining && s->input->via == VIA_USSD)
        join_course(s);
    else if (!is_joining)
        step_say_interrupted(s);
}

static void note_joined(struct step *s)
{
    step_event(s, EVENT_group_joined)->code = step_number(s, s->learner->cohort);
}

/* Members begin in the group's language, unless they have chosen one. */
static void enter_group(struct step *s, const struct cohort *cohort)
{
    struct learner *l = s->learner;
    l->cohort = cohort->code;
    for (uint16_t i = 0; l->lang[0] == '\0' && i < s->base->n_languages; i++) {
        if (str_eq(s->base->languages[i], cohort->lang) &&
            str_copy(cohort->lang, l->lang, sizeof(l->lang)) != ERR_OK)
            step_fail(s); /* the parser bounds language codes */
    }
    step_use_module(s, step_unit(s) != NULL ? step_unit(s)->module : -1);
}

void engine_join_group(struct step *s, struct str digits)
{
    struct learner *l = s->learner;
    uint32_t code = 0;
    const struct cohort *cohort =
        cohort_code_parse(digits, &code) == ERR_OK ? cohorts_find(s->context->cohorts, code) : NULL;
    bool is_member = cohort != NULL && l->cohort == code && l->consent_ms != 0;
    step_leave_side(s);
    if (cohort == NULL) {
        refuse(s, COURSE_TEXT_group_unknown, digits, STR_NONE);
        return;
    }
    if (!is_member && !cohort_may_join(cohort, s->input->now)) {
        refuse(s, COURSE_TEXT_group_closed, digits, cohort->name);
        return;
    }
    enter_group(s, cohort);
    step_say(s, step_text(s, COURSE_TEXT_group_joined, VARS({"group", cohort->name})));
    if (l->consent_ms != 0 && !is_member)
        note_joined(s);
    if (!learner_is_enrolled(l))
        join_course(s);
    else if (!is_member && self_share_is_asked(s))
        engine_open_side(s, LEARNER_STATE_SHARE);
    else
        step_say_interrupted(s);
}

/* Whoever agrees belongs to the group from here on. */
void engine_begin_group(struct step *s)
{
    if (step_cohort(s) != NULL)
        note_joined(s);
}

/* Fewer are no code that lost a digit: "start module 2". */
#define MIN_CODE_DIGITS 3u

bool engine_join_argument(struct step *s)
{
    struct str digits = digits_of(s, s->argument);
    if (digits.len < MIN_CODE_DIGITS)
        return false;
    engine_join_group(s, digits);
    return true;
}

uint32_t engine_group_argument(const struct step *s)
{
    uint32_t code = 0;
    return cohort_code_parse(digits_of(s, s->argument), &code) == ERR_OK ? code : 0;
}

/* A code alone: on the first screen, or without the word JOIN. Where somebody learns already, only
 * one that a group has; after STOP none. */
bool engine_group_code(struct step *s)
{
    const struct learner *l = s->learner;
    struct str digits = digits_of(s, s->norm);
    uint32_t code;
    bool is_known = cohort_code_parse(digits, &code) == ERR_OK &&
                    cohorts_find(s->context->cohorts, code) != NULL;
    bool is_beginning = l->state == LEARNER_STATE_NEW || l->state == LEARNER_STATE_CONSENT;
    if (digits.len != COHORT_CODE_DIGITS || !match_is_bare(s->course->words, s->norm) ||
        !(is_known || is_beginning) || l->state == LEARNER_STATE_STOPPED ||
        l->state == LEARNER_STATE_DELETED)
        return false;
    engine_join_group(s, digits);
    return true;
}

bool engine_dial_group(struct step *s)
{
    struct str digits = digits_of(s, s->norm);
    if (digits.len != COHORT_CODE_DIGITS)
        return false;
    engine_join_group(s, digits);
    return true;
}
