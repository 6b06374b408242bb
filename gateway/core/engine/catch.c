/*
 * Catching up (docs/course-rules.md 5): who is more than one module behind gets each missed module
 * in short and its quiz; three of four right and it is done, else its lessons come one at a time.
 */
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/quiz.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

#define MIN_BEHIND 2u /* modules */

static bool is_here(const struct step *s)
{
    return state_row(s->learner->state)->phase == EVENT_PHASE_CATCHUP;
}

/* An old question behind a quiz belongs to that module, whose questions are all answered. */
static bool is_along(const struct step *s)
{
    const struct state_row *row = state_row_of_place(s->learner);
    return row->progress == PROGRESS_AT_UNIT || row->progress == PROGRESS_MODULE_DONE ||
           (row->is_alone && s->learner->recall_module != 0);
}

/* Number of modules that are behind the learner, the one that only an old question ends included.
 */
static uint16_t count_done(const struct step *s)
{
    uint16_t now, n_done = course_modules_done(s, &now);
    return (uint16_t)(n_done + state_row_of_place(s->learner)->is_alone);
}

/* Can this one be read in short? Not once its questions were answered. */
static bool has_short(const struct step *s, const struct module *m)
{
    return m != NULL && !str_is_empty(m->summary) &&
           (m->n_scored == 0 || course_due_question(s, m, m->first_unit) != NULL);
}

static bool is_behind(const struct step *s)
{
    if (str_is_empty(s->course->texts[COURSE_TEXT_catch]) || !is_along(s))
        return false;
    uint16_t n_done = count_done(s);
    return pace_module_now(s) >= n_done + 1u + MIN_BEHIND &&
           has_short(s, course_module_numbered(s, (uint16_t)(n_done + 1)));
}

bool catch_is_offered(const struct step *s)
{
    return step_cohort(s) != NULL && is_behind(s);
}

static void begin(struct step *s, const struct module *module)
{
    step_set_unit(s, &s->course->units[module->first_unit]);
    step_enter(s, LEARNER_STATE_CATCH);
    pace_begin_module(s);
    step_say_screen(s);
}

bool catch_next(struct step *s, const struct module *module)
{
    struct learner *l = s->learner;
    if (module->number >= l->catch_to)
        l->catch_to = 0;
    if (l->catch_to == 0 || !has_short(s, module))
        return false;
    begin(s, module);
    return true;
}

void engine_catch(struct step *s)
{
    step_leave_side(s);
    if (is_here(s)) {
        step_say_screen(s);
        return;
    }
    if (!is_behind(s)) {
        step_say(s, step_text(s, COURSE_TEXT_catch_none, NO_VARS));
        step_say_interrupted(s);
        return;
    }
    if (state_row(s->learner->state)->is_alone)
        course_end_module(s);
    s->learner->catch_to = (uint8_t)pace_module_now(s);
    begin(s, course_module_numbered(s, (uint16_t)(count_done(s) + 1)));
}

/* ---- the module in short ---- */

static const struct module *module_here(const struct step *s)
{
    return &s->course->modules[step_unit(s)->module];
}

struct str catch_screen(const struct step *s)
{
    const struct module *m = module_here(s);
    uint32_t right, answered;
    course_tally(s, m, &right, &answered);
    if (!has_short(s, m))
        return step_text(s, COURSE_TEXT_catch_lessons,
                         VARS({"n", step_number(s, m->number)}, {"right", step_number(s, right)},
                              {"total", step_number(s, m->n_scored)}));
    return step_text(s, COURSE_TEXT_catch,
                     VARS({"n", step_number(s, m->number)}, {"summary", m->summary},
                          {"total", step_number(s, m->n_scored - answered)}));
}

void catch_go_on(struct step *s)
{
    const struct module *m = module_here(s);
    const struct unit *question = course_due_question(s, m, m->first_unit);
    if (question != NULL) {
        step_enter(s, LEARNER_STATE_CATCH_QUIZ);
        step_set_unit(s, question);
        step_say_screen(s);
    } else if (m->n_scored == 0) {
        course_complete_module(s);
    } else {
        course_begin_module(s, m);
    }
}

/* ---- its quiz ---- */

void catch_back(struct step *s)
{
    begin(s, module_here(s));
}

void catch_finish(struct step *s)
{
    const struct module *m = module_here(s);
    uint32_t right, answered;
    course_tally(s, m, &right, &answered);
    if (4 * right >= 3u * m->n_scored)
        course_complete_module(s);
    else
        begin(s, m);
}
