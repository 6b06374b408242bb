/*
 * Moving along a course: units and modules, forward and back, and how far somebody is.
 */
#include <assert.h>
#include <string.h>

#include "core/engine/course.h"
#include "core/engine/pace.h"
#include "core/engine/quiz.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

const struct unit *step_unit(const struct step *s)
{
    return s->learner->unit[0] != '\0' ? course_unit(s->course, str_from(s->learner->unit)) : NULL;
}

void step_use_module(struct step *s, int module)
{
    s->course = course_in(s->base, str_from(s->learner->lang), module);
}

void step_set_unit(struct step *s, const struct unit *unit)
{
    struct str id = unit != NULL ? unit->id : STR("");
    step_use_module(s, unit != NULL ? unit->module : -1);
    enum err e = str_copy(id, s->learner->unit, sizeof(s->learner->unit));
    assert(e == ERR_OK); /* the parser bounds ids by COURSE_ID_BYTES */
    s->learner->screen = 0;
}

/* Of a place that has one: engine_step refused the learner where the course does not know it. */
static const struct unit *known_unit(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    assert(unit != NULL);
    return unit;
}

static const struct module *unit_module(const struct step *s, const struct unit *unit)
{
    return &s->course->modules[unit->module];
}

static bool is_answered(const struct step *s, const struct unit *unit)
{
    return unit->question->is_scored &&
           bits_get(s->learner->answered, unit->question->scored_index);
}

/* Of questions that stand in for each other a learner is asked one, and in the next try the next:
 * what comes before the course and behind it are two forms that ask the same of different words.
 * Which one is first, is drawn from the pseudonym. */
static bool is_drawn(const struct step *s, const struct unit *unit)
{
    const struct learner *l = s->learner;
    char key[sizeof(l->learner_id) + COURSE_ID_BYTES];
    if (unit->n_variants < 2)
        return true;
    struct str set = (unit - unit->variant)->id;
    bool is_before = state_row_of_place(l)->progress == PROGRESS_BEFORE;
    uint32_t n_before = is_before ? 0 : l->post_tries + 1u;
    memcpy(key, l->learner_id, sizeof(l->learner_id));
    memcpy(key + sizeof(l->learner_id), set.p, set.len);
    uint64_t drawn = str_hash((struct str){key, sizeof(l->learner_id) + set.len}) >> 32;
    return (drawn + n_before) % unit->n_variants == unit->variant;
}

/* Is the unit to be shown to this learner? Answered quiz questions and questions whose condition
 * does not hold are passed over. last_choice holds the answer to the question that conditions name.
 */
static bool is_due(const struct step *s, const struct unit *unit)
{
    const struct question *q = unit->question;
    if (q == NULL)
        return true;
    if (!is_drawn(s, unit))
        return false;
    if (q->if_unit != UINT16_MAX && (q->if_choices >> s->learner->last_choice & 1) == 0)
        return false;
    return !is_answered(s, unit);
}

/* First due unit at or behind index i in the module; NULL at its end. */
static const struct unit *due_from(const struct step *s, const struct module *module, uint16_t i)
{
    for (; i < module->first_unit + module->n_units; i++) {
        if (is_due(s, &s->course->units[i]))
            return &s->course->units[i];
    }
    return NULL;
}

const struct unit *course_due_question(const struct step *s, const struct module *module,
                                       uint16_t i)
{
    const struct unit *unit = due_from(s, module, i);
    while (unit != NULL && unit->question == NULL)
        unit = due_from(s, module, (uint16_t)(course_unit_index(s->course, unit) + 1));
    return unit;
}

void course_count(const struct course *course, const struct unit *unit, uint32_t *ret_n,
                  uint32_t *ret_of)
{
    const struct module *module = &course->modules[unit->module];
    *ret_n = 0;
    *ret_of = 0;
    for (uint16_t i = module->first_unit; i < module->first_unit + module->n_units; i++) {
        const struct unit *other = &course->units[i];
        bool is_alike =
            (other->question != NULL) == (unit->question != NULL) && other->variant == 0;
        *ret_of += is_alike;
        *ret_n += is_alike && other <= unit;
    }
}

void course_tally(const struct step *s, const struct module *module, uint32_t *ret_right,
                  uint32_t *ret_answered)
{
    uint16_t first = module != NULL ? module->first_unit : 0;
    uint16_t end = module != NULL ? (uint16_t)(first + module->n_units) : s->course->n_units;
    *ret_right = 0;
    *ret_answered = 0;
    for (uint16_t i = first; i < end; i++) {
        const struct question *q = s->course->units[i].question;
        if (q == NULL || !q->is_scored)
            continue;
        *ret_answered += bits_get(s->learner->answered, q->scored_index);
        *ret_right += bits_get(s->learner->right, q->scored_index);
    }
}

uint16_t course_modules_done(const struct step *s, uint16_t *ret_now)
{
    const struct unit *unit = step_unit(s);
    uint16_t number = unit != NULL ? unit_module(s, unit)->number : 0;
    enum state_progress progress = state_row_of_place(s->learner)->progress;
    if (state_row_of_place(s->learner)->is_alone && s->learner->recall_module != 0) {
        number = s->learner->recall_module; /* and an old question is on the screen */
        progress = PROGRESS_AT_UNIT;
    }
    *ret_now = progress == PROGRESS_AT_UNIT ? number : 0;
    if (progress == PROGRESS_AFTER)
        return s->course->n_course_modules;
    if (progress == PROGRESS_BEFORE || number == 0)
        return 0;
    return (uint16_t)(progress == PROGRESS_MODULE_DONE ? number : number - 1);
}

struct str course_module_lines(const struct step *s)
{
    uint16_t now;
    uint16_t n_done = course_modules_done(s, &now);
    struct str lines = STR_NONE;
    for (uint16_t i = 0; i < s->course->n_modules; i++) {
        const struct module *module = &s->course->modules[i];
        if (module->number == 0)
            continue;
        uint32_t right, answered;
        course_tally(s, module, &right, &answered);
        enum course_text text = module->number <= n_done ? COURSE_TEXT_module_line_done
                                : module->number == now  ? COURSE_TEXT_module_line_now
                                                         : COURSE_TEXT_module_line_later;
        struct str line = step_text(s, text,
                                    VARS({"n", step_number(s, module->number)},
                                         {"title", module->title}, {"right", step_number(s, right)},
                                         {"total", step_number(s, module->n_scored)}));
        lines = lines.p == NULL
                    ? line
                    : arena_printf(s->arena, "%.*s\n%.*s", STR_ARG(lines), STR_ARG(line));
    }
    return lines;
}

static bool is_catching(const struct step *s)
{
    const struct state_row *row = state_row(s->learner->state);
    return row->is_question && row->phase == EVENT_PHASE_CATCHUP;
}

/* In a module of lessons the state follows the unit; a test, a survey, catching up has its own. */
static void enter_unit(struct step *s, const struct unit *unit)
{
    bool is_kept = unit->question != NULL && is_catching(s);
    step_set_unit(s, unit);
    enum learner_state state = unit->question != NULL ? LEARNER_STATE_QUIZ : LEARNER_STATE_LESSON;
    if (unit_module(s, unit)->kind == MODULE_LESSONS && !is_kept && s->learner->state != state)
        step_enter(s, state);
    step_say_screen(s);
}

void course_begin_module(struct step *s, const struct module *module)
{
    uint16_t index = (uint16_t)(module - s->course->modules);
    step_use_module(s, index);
    module = &s->course->modules[index];
    step_say(s, step_text(s, COURSE_TEXT_module_start,
                          VARS({"n", step_number(s, module->number)},
                               {"of", step_number(s, s->course->n_course_modules)},
                               {"title", module->title})));
    const struct unit *unit = due_from(s, module, module->first_unit);
    pace_begin_module(s);
    if (unit == NULL) /* lesson_check refuses an empty module; a new learner answered nothing */
        step_fail(s);
    else
        enter_unit(s, unit);
}

/* The first course module at or behind index i; NULL behind the last. */
static const struct module *module_from(const struct step *s, uint16_t i)
{
    for (; i < s->course->n_modules; i++) {
        if (s->course->modules[i].number > 0)
            return &s->course->modules[i];
    }
    return NULL;
}

void course_begin(struct step *s)
{
    const struct module *first = module_from(s, 0);
    if (first == NULL) /* lesson_check: a course has at least one module */
        step_fail(s);
    else
        course_begin_module(s, first);
}

void course_finish_module(struct step *s)
{
    if (!recall_begin(s, unit_module(s, known_unit(s))))
        course_complete_module(s);
}

static const struct module *present_module(const struct step *s)
{
    uint8_t recalled_in = s->learner->recall_module;
    const struct module *module = recalled_in != 0 ? course_module_numbered(s, recalled_in) : NULL;
    return module != NULL ? module : unit_module(s, known_unit(s));
}

const struct module *course_module_numbered(const struct step *s, uint16_t number)
{
    for (uint16_t i = 0; i < s->course->n_modules; i++) {
        if (s->course->modules[i].number == number)
            return &s->course->modules[i];
    }
    return NULL;
}

void course_end_module(struct step *s)
{
    const struct module *module = present_module(s);
    uint32_t right, answered;
    s->learner->recall_module = 0;
    step_set_unit(s, &s->course->units[module->first_unit + module->n_units - 1]);
    course_tally(s, module, &right, &answered);
    struct event *event = step_event(s, EVENT_module_completed);
    event->unit = module->id;
    event->value = (int32_t)right;
    event->attempt = (int32_t)module->n_scored;
    if (state_row(s->learner->state)->phase == EVENT_PHASE_CATCHUP)
        event->phase = EVENT_PHASE_CATCHUP;
    pace_end_module(s);
    copy_end_module(s);
    step_enter(s, LEARNER_STATE_MODULE_DONE);
}

void course_complete_module(struct step *s)
{
    const struct module *module = present_module(s);
    course_end_module(s);
    if (s->input->via == VIA_SMS && module->n_scored > 0)
        step_say_if_free(
            s, step_text(s, COURSE_TEXT_module_offer, VARS({"n", step_number(s, module->number)})));
    step_say_screen(s);
}

void course_advance(struct step *s)
{
    const struct unit *unit = known_unit(s);
    uint16_t behind = (uint16_t)(course_unit_index(s->course, unit) + 1);
    const struct state_row *row = state_row(s->learner->state);
    const struct module *module = unit_module(s, unit);
    const struct unit *next = row->is_alone    ? NULL
                              : is_catching(s) ? course_due_question(s, module, behind)
                                               : due_from(s, module, behind);
    if (next != NULL)
        enter_unit(s, next);
    else
        row->finish(s);
}

void course_next_screen(struct step *s)
{
    const struct unit *unit = known_unit(s);
    if (s->learner->screen + 1 < unit->n_screens) {
        s->learner->screen++;
        step_say_screen(s);
        return;
    }
    struct event *event = step_event(s, EVENT_lesson_read);
    event->unit = unit->id;
    event->value = s->learner->screen + 1;
    course_advance(s);
}

const struct module *course_module_after(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    return unit != NULL ? module_from(s, (uint16_t)(unit->module + 1)) : NULL;
}

void course_next_module(struct step *s)
{
    if (pace_is_closed(s)) {
        step_say_screen(s);
        return;
    }
    versions_move(s);
    const struct module *module = course_module_after(s);
    if (module != NULL && catch_next(s, module))
        return; /* in short */
    if (module != NULL)
        course_begin_module(s, module);
    else
        course_begin_questions(s, LEARNER_STATE_POSTTEST, s->course->test_module);
}

void course_try_retake(struct step *s)
{
    if (s->learner->ended_ms <= s->input->now.ms)
        course_begin_questions(s, LEARNER_STATE_POSTTEST, s->course->test_module);
    else
        step_say_screen(s);
}

/* The lesson before a unit of the same module; NULL before its first. */
static const struct unit *lesson_before(const struct step *s, const struct unit *unit)
{
    const struct module *module = unit_module(s, unit);
    for (uint16_t i = course_unit_index(s->course, unit); i > module->first_unit; i--) {
        if (s->course->units[i - 1].question == NULL)
            return &s->course->units[i - 1];
    }
    return NULL;
}

static bool is_in_module(const struct step *s, const struct unit *unit)
{
    return unit != NULL && state_row(s->learner->state)->progress == PROGRESS_AT_UNIT;
}

bool course_has_back(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    return state_row(s->learner->state)->back != NULL ||
           (is_in_module(s, unit) &&
            ((unit->question == NULL && s->learner->screen > 0) || lesson_before(s, unit) != NULL));
}

void course_back(struct step *s)
{
    const struct unit *unit = step_unit(s);
    if (state_row(s->learner->state)->back != NULL) {
        state_row(s->learner->state)->back(s);
        return;
    }
    if (is_in_module(s, unit) && unit->question == NULL && s->learner->screen > 0) {
        s->learner->screen--;
    } else if (is_in_module(s, unit)) {
        const struct unit *before = lesson_before(s, unit);
        if (before != NULL) {
            step_set_unit(s, before);
            s->learner->screen = (uint8_t)(before->n_screens - 1);
            if (s->learner->state != LEARNER_STATE_LESSON)
                step_enter(s, LEARNER_STATE_LESSON);
        } else {
            step_say_if_room(s, step_text(s, COURSE_TEXT_first_page, NO_VARS));
        }
    }
    step_say_screen(s);
}

void course_begin_questions(struct step *s, enum learner_state state, int16_t module_index)
{
    struct learner *l = s->learner;
    const struct module *module = module_index >= 0 ? &s->course->modules[module_index] : NULL;
    const struct unit *first = module != NULL ? due_from(s, module, module->first_unit) : NULL;
    if (first == NULL) { /* lesson_check: the first question has no condition */
        step_fail(s);
        return;
    }
    l->test_n = 0;
    l->test_right = 0;
    l->last_choice = 0;
    step_set_unit(s, first);
    if (state == LEARNER_STATE_POSTTEST)
        step_say(s, step_text(s, COURSE_TEXT_posttest_start,
                              VARS({"n", step_number(s, module->n_asked)})));
    step_enter(s, state);
    step_say_screen(s);
}
