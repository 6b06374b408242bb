/*
 * The end of the course: what follows the last question of the tests, the survey and the follow-up,
 * and what is seen then.
 */
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/pace.h"
#include "core/engine/quiz.h"
#include "core/engine/self.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

/* Survey invitation, or the end when the course has no survey. */
void end_offer_survey(struct step *s, enum learner_state state)
{
    step_set_unit(s, NULL);
    if (s->course->survey_module < 0) {
        step_enter(s, LEARNER_STATE_DONE);
        if (s->input->via == VIA_USSD)
            step_say(s, step_text(s, COURSE_TEXT_zero_keys, NO_VARS));
        return;
    }
    step_enter(s, state);
    step_say_screen(s);
}

void end_pretest(struct step *s)
{
    s->learner->pre_right = s->learner->test_right;
    /* Who has a plan from an earlier course is not asked again: the line that begins the first
     * module stands alone there, or that SMS would be longer than any that was measured. */
    if (s->learner->plan == 0)
        step_say(s, step_text(s, COURSE_TEXT_course_start, NO_VARS));
    plan_ask(s);
}

void end_posttest(struct step *s)
{
    struct learner *l = s->learner;
    const struct course *course = s->course;
    uint32_t total = course->modules[course->test_module].n_asked;
    if (l->post_tries == 0) {
        l->post_first = l->test_right;
        (void)step_event(s, EVENT_course_completed);
        l->completed_ms = s->input->now.ms;
    }
    l->post_tries++;
    l->ended_ms = 0; /* the wait of an earlier try is over */
    if (l->test_right > l->post_best)
        l->post_best = l->test_right;
    struct course_var vars[] = {{"right", step_number(s, l->test_right)},
                                {"total", step_number(s, total)},
                                {"need", step_number(s, course->pass_right)},
                                {"hours", step_number(s, course->retake_hours)},
                                {NULL, STR_NONE}};
    if (l->post_best >= course->pass_right) {
        certify_passed(s);
    } else if (l->post_tries < course->max_tries) {
        l->ended_ms = s->input->now.ms + course->retake_hours * HOUR_MS;
        step_set_unit(s, NULL);
        step_enter(s, LEARNER_STATE_RETAKE);
        step_say(s, step_text(s, COURSE_TEXT_retake, vars));
        s->out->shows = OUTCOME_SHOWS_SCREEN; /* it says more than that, and the same */
    } else {
        step_say(s, step_text(s, COURSE_TEXT_retake_over, vars));
        end_offer_survey(s, LEARNER_STATE_SURVEY);
    }
}

void end_survey(struct step *s)
{
    (void)step_event(s, EVENT_survey_completed);
    step_set_unit(s, NULL);
    step_enter(s, LEARNER_STATE_DONE);
    step_say(s, step_text(s, COURSE_TEXT_survey_thanks, NO_VARS));
}

void end_followup(struct step *s)
{
    (void)step_event(s, EVENT_followup_completed);
    step_set_unit(s, NULL);
    step_enter(s, LEARNER_STATE_DONE);
    step_say(s, step_text(s, COURSE_TEXT_followup_thanks, NO_VARS));
}

/* ---- what is seen then ---- */

struct str end_invite_screen(const struct step *s)
{
    const struct module *survey = &s->course->modules[s->course->survey_module];
    return step_text(s, COURSE_TEXT_survey_invite, VARS({"n", step_number(s, survey->n_units)}));
}

bool end_invite_answer(struct step *s)
{
    enum agreement agreement = step_agreement(s);
    if (agreement != AGREEMENT_NONE)
        self_agree(s, LEARNER_AGREED_SURVEY, agreement == AGREEMENT_YES);
    if (agreement == AGREEMENT_YES) {
        (void)step_event(s, EVENT_survey_started);
        course_begin_questions(s, LEARNER_STATE_SURVEY, s->course->survey_module);
        return true;
    }
    if (agreement != AGREEMENT_NO)
        return false;
    (void)step_event(s, EVENT_survey_declined);
    step_enter(s, LEARNER_STATE_DONE);
    step_say_screen(s);
    return true;
}

/* An empty unit is the invitation of a learner who ran out of post-test tries. */
struct str end_survey_screen(const struct step *s)
{
    return s->learner->unit[0] == '\0' ? end_invite_screen(s) : step_unit_screen(s);
}

bool end_survey_answer(struct step *s)
{
    return s->learner->unit[0] == '\0' ? end_invite_answer(s) : course_answer(s);
}

void end_survey_skip(struct step *s)
{
    if (s->learner->unit[0] == '\0')
        step_say_screen(s);
    else
        course_skip(s);
}

static struct str how_it_ended(const struct step *s)
{
    const struct learner *l = s->learner;
    if (l->certificate != 0 || l->post_tries == 0)
        return step_text(s, COURSE_TEXT_done, NO_VARS);
    uint32_t total = s->course->modules[s->course->test_module].n_asked;
    return step_text(
        s, COURSE_TEXT_done_failed,
        VARS({"right", step_number(s, l->post_best)}, {"total", step_number(s, total)}));
}

struct str end_done_screen(const struct step *s)
{
    struct str more =
        courses_has_more(s) ? step_text(s, COURSE_TEXT_courses_more, NO_VARS) : STR_NONE;
    return step_lines(s, how_it_ended(s), more);
}

/* On USSD a command has a number. */
bool end_done_answer(struct step *s)
{
    bool is_refresh = s->input->via == VIA_USSD && str_eq(s->norm, STR("1"));
    bool is_more = str_eq(s->norm, STR("2")) && courses_has_more(s);
    if (is_refresh)
        recall_refresh(s);
    else if (is_more)
        engine_open_side(s, LEARNER_STATE_COURSES);
    return is_refresh || is_more;
}
