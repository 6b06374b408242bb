/*
 * Mistakes in a published course (docs/course-rules.md 6.4.4): a question whose key was wrong is
 * judged by the right one from then on, in whatever version it is asked; who answered it before is
 * counted anew and told, and so is who read a lesson with an error. What was shown of a score never
 * goes down. What a learner answered is known in PostgreSQL, so the order brings the figures.
 */
#include <string.h>

#include "core/engine/pace.h"
#include "core/engine/quiz.h"
#include "core/engine/self.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

const struct question *correct_question(const struct step *s, const struct unit *unit)
{
    const struct courses *courses = s->courses;
    for (uint16_t i = 0; courses != NULL && i < courses->n_corrections; i++) {
        const struct course_correction *c = &courses->corrections[i];
        if (str_eq(c->unit, unit->id) && str_eq(c->course, s->base->id))
            return question_with_key(unit->question, c->options, s->arena);
    }
    return unit->question;
}

/* ---- counting anew ---- */

static uint8_t raised(uint8_t shown, uint8_t counted)
{
    return counted > shown ? counted : shown;
}

/* As much as the order says, never less than there was. */
static void raise_scores(struct step *s, struct learner *l, const struct unit *unit)
{
    const struct desk_order *order = &s->input->desk;
    const struct question *q = unit->question;
    const struct state_row *place = state_row_of_place(l);
    if (q == NULL)
        return;
    if (q->is_scored && order->is_right && bits_get(l->answered, q->scored_index))
        bits_set(l->right, q->scored_index);
    if (q->is_scored)
        return;
    if (place == state_row(LEARNER_STATE_PRETEST))
        l->test_right = raised(l->test_right, order->pre_right);
    else
        l->pre_right = raised(l->pre_right, order->pre_right);
    if (place == state_row(LEARNER_STATE_POSTTEST))
        l->test_right = raised(l->test_right, order->running_right);
    if (l->post_tries == 0)
        return;
    l->post_first = raised(l->post_first, order->post_first);
    l->post_best = raised(l->post_best, order->post_best);
}

/* ---- telling ---- */

/* The newest version of the course, that may have words which the learner's own does not have, in
 * the learner's language; NULL: none is loaded. */
static const struct course *words_of(const struct step *s, struct str id)
{
    const struct course *course = courses_start(s->courses, id);
    for (uint16_t i = 0; course == NULL && i < s->courses->n; i++)
        course = str_eq(s->courses->list[i]->id, id) ? s->courses->list[i] : NULL;
    return course != NULL ? course_in(course, str_from(s->learner->lang), -1) : NULL;
}

/* The unit in the learner's language: in the version that he or she is on, else in any other. */
static const struct unit *unit_of(const struct step *s, struct str id, struct str name)
{
    const struct unit *unit = str_eq(s->base->id, id) ? course_unit(s->base, name) : NULL;
    const struct course *course = unit != NULL ? s->base : NULL;
    for (uint16_t i = 0; unit == NULL && i < s->courses->n; i++) {
        course = s->courses->list[i];
        unit = str_eq(course->id, id) ? course_unit(course, name) : NULL;
    }
    return unit != NULL
               ? course_unit(course_in(course, str_from(s->learner->lang), unit->module), name)
               : NULL;
}

/* The whole lesson, as it stands in the version that is begun now. */
static struct str lesson_words(const struct step *s, struct str id, struct str name)
{
    const struct course *course = courses_start(s->courses, id);
    const struct unit *unit = course != NULL ? course_unit(course, name) : NULL;
    struct str words = STR_NONE;
    if (unit == NULL)
        return STR_NONE;
    unit = course_unit(course_in(course, str_from(s->learner->lang), unit->module), name);
    for (uint16_t i = 0; i < unit->n_screens; i++)
        words = step_lines(s, words, unit->screens[i]);
    return words;
}

/* No answer to the test: it is still to come for some, and again for others. */
static struct str message(const struct step *s, const struct unit *unit)
{
    const struct desk_order *order = &s->input->desk;
    struct step there = *s;
    there.course = words_of(s, order->course);
    if (there.course == NULL)
        return STR_NONE;
    if (unit->question == NULL)
        return step_text(&there, COURSE_TEXT_corrected_lesson,
                         VARS({"text", lesson_words(s, order->course, order->text)}));
    if (!unit->question->is_scored)
        return step_text(&there, COURSE_TEXT_corrected_test, NO_VARS);
    const struct question *q = question_with_key(unit->question, order->options, s->arena);
    return step_text(&there, COURSE_TEXT_corrected, VARS({"stem", q->stem}, {"key", q->feedback}));
}

static void note(struct step *s, bool is_told)
{
    struct event *event = step_event(s, EVENT_corrected);
    event->unit = s->input->desk.text;
    event->text = s->input->desk.course;
    event->choice = is_told;
}

/* Of another person on the number only the scores: that one is told once it is his or her turn. */
static void correct_other(struct step *s, const struct unit *unit)
{
    const struct desk_order *order = &s->input->desk;
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        bool is_it = learner_other(s->learner, i, &other) == ERR_OK &&
                     memcmp(other.learner_id, order->learner_id, sizeof(other.learner_id)) == 0;
        if (!is_it || other.course_key != s->learner->course_key)
            continue;
        raise_scores(s, &other, unit);
        if (learner_set_other(s->learner, i, &other) != ERR_OK)
            step_fail(s);
    }
}

void correct_desk(struct step *s)
{
    const struct desk_order *order = &s->input->desk;
    struct learner *l = s->learner;
    const struct unit *unit = unit_of(s, order->course, order->text);
    if (unit == NULL || l->seq != order->seq)
        return; /* the learner has gone on since the figures were taken: they are taken again */
    if (memcmp(l->learner_id, order->learner_id, sizeof(l->learner_id)) != 0) {
        correct_other(s, unit);
        return;
    }
    bool is_here = str_eq(s->base->id, order->course) && course_unit(s->base, order->text) != NULL;
    if (is_here)
        raise_scores(s, l, course_unit(s->base, order->text));
    bool is_due = is_here && certify_is_due(s);
    if (!learner_is_enrolled(l)) {
        if (is_due)
            certify_course(s, false);
        note(s, false);
    } else if (pace_notify(s, message(s, unit), "correction")) {
        note(s, true);
        if (is_due)
            certify_course(s, true);
    }
}
