/*
 * When the learner wants to learn: the planning question, which is also the consent to reminders,
 * and PAUSE.
 */
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/pace.h"
#include "core/engine/step.h"

/* ---- the planning question ---- */

void plan_ask(struct step *s)
{
    if (s->learner->plan != 0 || str_is_empty(s->course->texts[COURSE_TEXT_plan])) {
        course_begin(s);
        return;
    }
    step_set_unit(s, NULL);
    step_enter(s, LEARNER_STATE_PLAN);
    step_say_screen(s);
}

struct str plan_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_plan, NO_VARS);
}

/* Who names a time agrees to reminders; they are a purpose of their own (docs/course-rules.md 1.6).
 */
static void set_plan(struct step *s, uint8_t choice)
{
    bool is_agreed = choice <= N_SCHEDULE_SLOTS;
    s->learner->plan = choice;
    step_event(s, EVENT_planned)->choice = is_agreed ? choice : 0;
    struct event *event = step_event(s, EVENT_agreed);
    event->text = STR("reminders");
    event->choice = is_agreed;
}

static void take_plan(struct step *s, uint8_t choice)
{
    set_plan(s, choice);
    course_begin(s);
}

void plan_agree(struct step *s, bool is_given)
{
    set_plan(s, is_given ? (uint8_t)(SCHEDULE_EVENING + 1) : LEARNER_PLAN_SKIPPED);
}

void plan_skip(struct step *s)
{
    take_plan(s, LEARNER_PLAN_SKIPPED);
}

/* "ok" agrees to reminders and does not say when, "any time" and "6" not which of the three: asked
 * again, never taken for a refusal. */
static bool is_no_time(const struct step *s, enum answer_result result, int32_t daytime)
{
    return result == ANSWER_AMBIGUOUS || daytime < 0 || step_agreement(s) == AGREEMENT_YES;
}

bool plan_answer(struct step *s)
{
    struct answer_match answer = match_menu(s->course->words, s->norm, N_SCHEDULE_SLOTS);
    int32_t choice = answer.result == ANSWER_ONE
                         ? answer.choice
                         : step_option_typed(s, plan_screen(s), N_SCHEDULE_SLOTS);
    int32_t daytime = match_daytime(s->course->words, s->norm);
    if (choice < 0 && daytime > 0)
        choice = daytime;
    if (choice < 0 && is_no_time(s, answer.result, daytime)) {
        understand_ask_again(s, COURSE_TEXT_one_answer);
        return true;
    }
    if (choice < 0 && step_agreement(s) == AGREEMENT_NO)
        choice = 0;
    if (choice >= 0)
        take_plan(s, choice == 0 ? LEARNER_PLAN_SKIPPED : (uint8_t)choice);
    return choice >= 0;
}

/* ---- PAUSE ---- */

int64_t plan_paused_until_ms(const struct step *s)
{
    /* A clock that was ahead and is not any more must keep nobody waiting. */
    int64_t limit_ms = s->input->now.ms + PLAN_LONGEST_PAUSE_MS;
    return s->learner->paused_ms > limit_ms ? limit_ms : s->learner->paused_ms;
}

void plan_pause(struct step *s)
{
    struct learner *l = s->learner;
    int64_t until_ms = plan_paused_until_ms(s);
    step_leave_side(s);
    bool is_left = l->n_pauses < PLAN_PAUSES;
    if (is_left) {
        l->n_pauses++;
        l->paused_ms = (until_ms > s->input->now.ms ? until_ms : s->input->now.ms) + PLAN_PAUSE_MS;
        (void)step_event(s, EVENT_paused);
    }
    step_say(s, step_text(s, is_left ? COURSE_TEXT_paused : COURSE_TEXT_pauses_over,
                          VARS({"until", pace_when(s, l->paused_ms, false)})));
    s->out->shows = OUTCOME_SHOWS_KEYS;
    if (s->input->via == VIA_USSD)
        step_say_interrupted(s); /* a screen ends with its keys */
}
