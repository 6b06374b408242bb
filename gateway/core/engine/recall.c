/*
 * Old questions again (docs/course-rules.md 2, spaced recall): one behind each quiz from the second
 * module on, three a month after the end, a round whenever somebody who has finished asks. First
 * what this learner had wrong, then what is hardest. Nothing of it is scored: the answers are facts
 * of a phase of their own.
 */
#include <string.h>

#include "core/engine/course.h"
#include "core/engine/quiz.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

#define REFRESH_QUESTIONS 7

/* One that has not come again yet: first a wrong one, in the order of the course. Only of modules
 * before this number. */
static const struct unit *find(const struct step *s, uint16_t before, bool only_wrong)
{
    const struct learner *l = s->learner;
    for (uint16_t i = 0; i < s->course->n_units; i++) {
        const struct unit *unit = &s->course->units[s->course->hardest[i]];
        const struct question *q = unit->question;
        bool is_old = q != NULL && q->is_scored && bits_get(l->answered, q->scored_index) &&
                      s->course->modules[unit->module].number < before;
        if (is_old && !bits_get(l->recalled, q->scored_index) &&
            !(only_wrong && bits_get(l->right, q->scored_index)))
            return unit;
    }
    return NULL;
}

static const struct unit *choose(const struct step *s, uint16_t before)
{
    const struct unit *unit = find(s, before, true);
    return unit != NULL ? unit : find(s, before, false);
}

/* The question, behind a text in its module's language. */
static bool ask(struct step *s, uint16_t before, enum course_text intro)
{
    const struct unit *unit = choose(s, before);
    struct learner *l = s->learner;
    if (unit == NULL)
        return false;
    bits_set(l->recalled, unit->question->scored_index);
    step_set_unit(s, unit);
    if (l->state != LEARNER_STATE_RECALL)
        step_enter(s, LEARNER_STATE_RECALL);
    if (intro != COURSE_TEXT_nothing)
        step_say(s, step_text(s, intro, VARS({"n", step_number(s, l->recall_left)})));
    step_say_screen(s);
    return true;
}

bool recall_begin(struct step *s, const struct module *module)
{
    if (module->number < 2 || module->n_scored == 0 ||
        str_is_empty(s->course->texts[COURSE_TEXT_recall]) || choose(s, module->number) == NULL)
        return false;
    bool has_room = s->input->via != VIA_USSD; /* beside the question */
    s->learner->recall_module = (uint8_t)module->number;
    return ask(s, module->number, has_room ? COURSE_TEXT_recall : COURSE_TEXT_nothing);
}

bool recall_has_any(const struct step *s)
{
    for (size_t i = 0; i < sizeof(s->learner->answered); i++) {
        if (s->learner->answered[i] != 0)
            return true;
    }
    return false;
}

/* All of them have come again: then all may once more. */
void recall_begin_round(struct step *s, uint8_t n, enum course_text invite)
{
    struct learner *l = s->learner;
    if (choose(s, UINT16_MAX) == NULL)
        memset(l->recalled, 0, sizeof(l->recalled));
    if (choose(s, UINT16_MAX) == NULL)
        return; /* nothing was ever answered */
    l->recall_module = 0;
    l->recall_left = n;
    l->test_n = l->test_right = 0;
    (void)ask(s, UINT16_MAX, invite); /* there is one */
}

void recall_count(const struct step *s, uint32_t *ret_n, uint32_t *ret_of)
{
    const struct learner *l = s->learner;
    bool is_round = l->recall_module == 0;
    *ret_n = is_round ? l->test_n + 1u : 1;
    *ret_of = is_round ? (uint32_t)l->test_n + l->recall_left : 1;
}

bool recall_is_round(const struct step *s)
{
    return state_row_of_place(s->learner) == state_row(LEARNER_STATE_RECALL) &&
           s->learner->recall_module == 0;
}

static void end_round(struct step *s)
{
    struct learner *l = s->learner;
    l->recall_left = 0;
    step_set_unit(s, NULL);
    step_enter(s, LEARNER_STATE_DONE);
    if (l->test_n == 0)
        step_say_screen(s);
    else
        step_say(s, step_text(s, COURSE_TEXT_recall_done,
                              VARS({"right", step_number(s, l->test_right)},
                                   {"total", step_number(s, l->test_n)})));
}

void recall_leave(struct step *s)
{
    if (recall_is_round(s))
        end_round(s);
    else
        step_say_screen(s); /* one question more, and the quiz is over */
}

void recall_finish(struct step *s)
{
    struct learner *l = s->learner;
    if (l->recall_module != 0) {
        course_complete_module(s);
        return;
    }
    if (l->recall_left > 1 && choose(s, UINT16_MAX) != NULL) {
        l->recall_left--;
        (void)ask(s, UINT16_MAX, COURSE_TEXT_nothing); /* the same */
        return;
    }
    end_round(s);
}

void recall_refresh(struct step *s)
{
    step_leave_side(s);
    if (s->learner->state == LEARNER_STATE_DONE &&
        !str_is_empty(s->course->texts[COURSE_TEXT_refresh_start]))
        recall_begin_round(s, REFRESH_QUESTIONS, COURSE_TEXT_refresh_start);
    if (str_is_empty(s->out->reply))
        step_say_screen(s);
}
