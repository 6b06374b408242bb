/*
 * Answers: what one is, whether it is right, what is said to it and recorded of it.
 */
#include "core/engine/quiz.h"
#include "core/certificate.h"
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/pace.h"
#include "core/engine/self.h"
#include "core/engine/state.h"
#include "core/engine/step.h"
#include "core/match/option.h"

bool bits_get(const uint8_t *bits, uint16_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

void bits_set(uint8_t *bits, uint16_t i)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
}

void course_finish_role(struct step *s)
{
    struct event *event = step_event(s, EVENT_role_set);
    event->choice = s->learner->role;
    if (s->course->test_module < 0) {
        plan_ask(s);
        return;
    }
    const struct module *test = &s->course->modules[s->course->test_module];
    step_say(s, step_text(s, COURSE_TEXT_welcome, VARS({"n", step_number(s, test->n_asked)})));
    course_begin_questions(s, LEARNER_STATE_PRETEST, s->course->test_module);
}

/* Does the question have a right answer at all? Survey and role questions do not. */
static bool has_key(const struct question *q)
{
    return question_right_option(q) > 0 || q->n_accepted > 0;
}

bool course_is_right(const struct question *q, const struct answer_match *answer)
{
    const struct question_row *row = question_row(q->kind);
    return has_key(q) && (row->is_right == NULL || row->is_right(q, answer));
}

void course_say_feedback(struct step *s, const struct question *q,
                         const struct answer_match *answer, bool is_right)
{
    struct str feedback = is_right ? q->feedback_right : q->feedback_wrong;
    if (answer->choice > 0 && q->choices[answer->choice - 1].feedback.p != NULL)
        feedback = q->choices[answer->choice - 1].feedback;
    if (feedback.p == NULL)
        feedback = q->feedback;
    step_say(s, step_text(s, is_right ? COURSE_TEXT_right : COURSE_TEXT_wrong,
                          VARS({"key", question_row(q->kind)->key(q, s->arena)},
                               {"feedback", feedback.p != NULL ? feedback : STR("")})));
}

static void record_answer(struct step *s, const struct unit *unit,
                          const struct answer_match *answer, bool is_right)
{
    struct learner *l = s->learner;
    const struct question *q = unit->question;
    enum event_phase phase = state_row(l->state)->phase;
    struct event *event = step_event(s, EVENT_answered);
    event->unit = unit->id;
    event->phase = phase;
    event->attempt = phase == EVENT_PHASE_POSTTEST ? l->post_tries + 1 : 1;
    if (has_key(q))
        event->correct = is_right;
    question_row(q->kind)->record(answer, event);
    event->text = match_mask_numbers(event->text, s->arena);
    l->n_answers++;
    l->test_n++;
    l->test_right = (uint8_t)(l->test_right + is_right);
    if (q->is_scored && phase != EVENT_PHASE_RECALL) {
        bits_set(l->answered, q->scored_index);
        if (is_right)
            bits_set(l->right, q->scored_index);
    }
}

/* Does a later question depend on this one? */
static bool is_condition(const struct course *course, const struct unit *unit)
{
    uint16_t index = course_unit_index(course, unit);
    for (uint16_t i = (uint16_t)(index + 1); i < course->n_units; i++) {
        if (course->units[i].question != NULL && course->units[i].question->if_unit == index)
            return true;
    }
    return false;
}

static void take_answer(struct step *s, const struct unit *unit, const struct answer_match *answer,
                        bool is_right)
{
    if (is_condition(s->course, unit))
        s->learner->last_choice = (uint8_t)(answer->choice & 15);
    record_answer(s, unit, answer, is_right);
    enum event_phase phase = state_row(s->learner->state)->phase;
    bool is_told =
        phase == EVENT_PHASE_QUIZ || phase == EVENT_PHASE_RECALL || phase == EVENT_PHASE_CATCHUP;
    if (is_told && has_key(unit->question))
        course_say_feedback(s, correct_question(s, unit), answer, is_right);
    course_advance(s);
}

/* The answer to the question on the screen. Two at once are asked about. */
static enum answer_result read_answer(struct step *s, const struct question *q,
                                      struct answer_match *ret)
{
    *ret = match_answer(s->course->words, q, s->input->text, s->norm, s->arena);
    if (ret->result == ANSWER_AMBIGUOUS)
        understand_ask_again(s, COURSE_TEXT_one_answer);
    return ret->result;
}

bool course_answer(struct step *s)
{
    const struct unit *unit = step_unit(s);
    const struct question *q = correct_question(s, unit);
    struct answer_match answer;
    enum answer_result result = read_answer(s, q, &answer);
    if (result == ANSWER_ONE)
        take_answer(s, unit, &answer, course_is_right(q, &answer));
    return result != ANSWER_NONE;
}

bool course_answer_other(struct step *s)
{
    const struct unit *unit = step_unit(s);
    const struct question *q = unit != NULL ? unit->question : NULL;
    if (q == NULL || !question_row(q->kind)->is_wrong_when_unmatched ||
        !state_row(s->learner->state)->is_question)
        return false;
    struct answer_match answer = {.result = ANSWER_ONE, .text = str_trim(s->input->text)};
    take_answer(s, unit, &answer, false);
    return true;
}

void course_skip(struct step *s)
{
    if (is_condition(s->course, step_unit(s)))
        s->learner->last_choice = 0;
    course_advance(s);
}

/* ---- the role, which is kept and not judged ---- */

void course_role_skip(struct step *s)
{
    s->learner->role = 0;
    course_finish_role(s);
}

static void take_role(struct step *s, int32_t role)
{
    s->learner->role = (uint8_t)role;
    course_finish_role(s);
}

bool course_role_answer(struct step *s)
{
    struct answer_match answer;
    if (str_eq(s->norm, STR("0"))) {
        course_role_skip(s);
        return true;
    }
    enum answer_result result = read_answer(s, step_unit(s)->question, &answer);
    if (result == ANSWER_ONE)
        take_role(s, answer.choice);
    return result != ANSWER_NONE;
}

bool course_role_in_words(struct step *s)
{
    const struct unit *unit = step_unit(s);
    bool is_asked = s->learner->state == LEARNER_STATE_ROLE && unit != NULL;
    int32_t role =
        is_asked ? match_work(s->course->words, unit->question, s->norm, false, s->arena) : 0;
    if (role > 0)
        take_role(s, role);
    else if (role < 0)
        understand_ask_again(s, COURSE_TEXT_one_answer);
    return role != 0;
}
