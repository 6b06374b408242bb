/*
 * What a group does on its facilitator's phone (docs/course-rules.md 5): the quiz by show of hands,
 * and the answers of people without a phone. Both are facts of the group (core/event.h), of
 * nobody's course: no score and no figure of a question counts them.
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/people.h"
#include "core/engine/quiz.h"
#include "core/engine/self.h"
#include "core/engine/step.h"
#include "core/match/words.h"
#include "core/utf8.h"

#define MAX_ROWS 6u /* of one message, of the EVENTS_MAX that a step has room for */
#define MAX_ANSWERS 9u
#define MAX_ECHO_BYTES (LEARNER_NICKNAME_BYTES - 1u)

/* ---- by show of hands ---- */

/* The question that the group is asked; NULL: none (any more). */
static const struct unit *hands_unit(const struct step *s)
{
    const struct learner *l = s->learner;
    const struct module *m = course_module_numbered(s, l->hands_module);
    uint32_t n = 0;
    for (uint16_t i = 0; m != NULL && i < m->n_units; i++) {
        const struct unit *unit = &s->course->units[m->first_unit + i];
        bool is_scored = unit->question != NULL && unit->question->is_scored;
        if (is_scored && n++ == l->hands_n)
            return unit;
    }
    return NULL;
}

void hands_begin(struct step *s, const struct module *module)
{
    struct learner *l = s->learner;
    l->hands_module = module != NULL ? (uint8_t)module->number : 0;
    l->hands_n = l->hands_right = 0;
    if (hands_unit(s) == NULL) {
        step_say(s, step_text(s, COURSE_TEXT_lead_no_quiz, NO_VARS));
        step_say_screen(s);
        return;
    }
    step_enter_side(s, LEARNER_STATE_LEAD_QUIZ);
    step_say_screen(s);
}

struct str hands_screen(const struct step *s)
{
    const struct unit *unit = hands_unit(s);
    return unit != NULL ? step_question_alone(s, unit, s->learner->hands_n + 1u)
                        : step_text(s, COURSE_TEXT_lead_over, NO_VARS);
}

static void note_hands(struct step *s, const struct unit *unit, const struct answer_match *answer,
                       bool is_right)
{
    struct event *event = step_event(s, EVENT_group_answered);
    event->unit = unit->id;
    event->code = step_number(s, s->learner->led);
    event->correct = is_right;
    if (answer->choice > 0)
        event->choice = answer->choice;
}

/* The one that most hands were up for. */
bool hands_answer(struct step *s)
{
    struct learner *l = s->learner;
    const struct unit *unit = hands_unit(s);
    struct answer_match answer = {.result = ANSWER_NONE};
    if (str_eq(s->norm, STR("0")) || unit == NULL) {
        lead_show(s);
        return true;
    }
    answer = match_answer(s->course->words, unit->question, s->input->text, s->norm, s->arena);
    if (answer.result != ANSWER_ONE)
        return false;
    const struct question *q = correct_question(s, unit);
    bool is_right = course_is_right(q, &answer);
    note_hands(s, unit, &answer, is_right);
    course_say_feedback(s, q, &answer, is_right);
    l->hands_n++;
    l->hands_right = (uint8_t)(l->hands_right + is_right);
    if (hands_unit(s) != NULL) {
        step_say_screen(s);
        return true;
    }
    struct course_var vars[] = {{"right", step_number(s, l->hands_right)},
                                {"total", step_number(s, l->hands_n)},
                                {NULL, STR_NONE}};
    step_say(s, step_text(s, COURSE_TEXT_lead_quiz_done, vars));
    lead_end_turn(s);
    return true;
}

/* ---- people without a phone: "B 482156 ANA 2 3 1 2", a line for each ---- */

struct row {
    struct str typed, name; /* in capitals */
    struct str answers[MAX_ANSWERS + 1];
    uint32_t n;
};

/* A word that may be anything, as it is said again: no phone number goes through Redis. */
static struct str echo(const struct step *s, struct str word)
{
    return utf8_cut(match_mask_numbers(word, s->arena), MAX_ECHO_BYTES);
}

static struct row read_row(const struct step *s, struct str line)
{
    struct row row = {.typed = match_next_word(&line)};
    row.name = who_shown_nickname(s, echo(s, row.typed));
    for (struct str word; (word = match_next_word(&line)).len > 0;) {
        if (row.n <= MAX_ANSWERS)
            row.answers[row.n] = word;
        row.n++;
    }
    return row;
}

/* "2312" are four answers where four are asked for, and so are "2,3,1,2". */
static void part_digits(const struct step *s, struct row *row, uint32_t n)
{
    struct str all = row->n == 1 ? row->answers[0] : STR_NONE;
    for (size_t i = 0; i < all.len; i++) {
        if (strchr("0123456789,;.:/-+", all.p[i]) == NULL)
            return;
    }
    all = arena_digits(s->arena, all);
    if (n < 2 || n > MAX_ANSWERS || all.len != n)
        return;
    for (row->n = 0; row->n < n; row->n++)
        row->answers[row->n] = str_sub(all, row->n, row->n + 1);
}

/* What is wrong with a row, in words; absent: nothing, and its answers are numbers then.
 * *ret_right: right answers. */
static struct str judge_row(const struct step *s, const struct module *m, struct row *row,
                            uint32_t *ret_right)
{
    const struct course_var vars[] = {{"name", row->name},
                                      {"n", step_number(s, m->number)},
                                      {"answers", step_number(s, row->n)},
                                      {"total", step_number(s, m->n_scored)},
                                      {NULL, STR_NONE}};
    uint32_t n = 0;
    *ret_right = 0;
    part_digits(s, row, m->n_scored);
    if (!who_is_nickname(row->typed))
        return step_text(s, COURSE_TEXT_batch_name, vars);
    if (row->n != m->n_scored)
        return step_text(s, COURSE_TEXT_batch_count, vars);
    for (uint16_t i = 0; i < m->n_units; i++) {
        const struct question *q = s->course->units[m->first_unit + i].question;
        if (q == NULL || !q->is_scored)
            continue;
        struct str word = row->answers[n++];
        struct answer_match answer = match_answer(s->course->words, q, word, word, s->arena);
        if (answer.result != ANSWER_ONE)
            return step_text(s, COURSE_TEXT_batch_answer,
                             VARS({"name", row->name}, {"n", step_number(s, n)},
                                  {"answer", echo(s, word)},
                                  {"high", step_number(s, q->n_choices)}));
        if (answer.choice > 0)
            row->answers[n - 1] = step_number(s, answer.choice);
        *ret_right +=
            course_is_right(correct_question(s, &s->course->units[m->first_unit + i]), &answer);
    }
    return STR_NONE;
}

static void note_row(struct step *s, const struct module *m, const struct row *row, uint32_t right)
{
    struct event *event = step_event(s, EVENT_group_entered);
    struct str answers = row->name;
    for (uint32_t i = 0; i < row->n; i++)
        answers = arena_printf(s->arena, "%.*s %.*s", STR_ARG(answers), STR_ARG(row->answers[i]));
    event->unit = m->id;
    event->code = step_number(s, s->learner->led);
    event->text = answers;
    event->value = (int32_t)right;
    event->attempt = (int32_t)m->n_scored;
}

/* What came of a row, in words. */
static struct str take_row(struct step *s, const struct module *m, struct row *row)
{
    uint32_t right;
    struct str fault = judge_row(s, m, row, &right);
    if (fault.p != NULL)
        return fault;
    note_row(s, m, row, right);
    return step_text(s, COURSE_TEXT_batch_row,
                     VARS({"name", row->name}, {"right", step_number(s, right)},
                          {"total", step_number(s, m->n_scored)}));
}

/* Behind MAX_ROWS as many are named, no more: a long message of faults brings no long answer. */
static void take_rows(struct step *s, struct str rest, const struct cohort *cohort)
{
    const struct module *m = lead_topic(s, cohort);
    struct str said = STR_NONE, late = STR_NONE;
    uint32_t n_rows = 0;
    while (m != NULL && rest.len > 0) {
        struct str line = match_normalise(str_split(&rest, '\n'), s->arena);
        struct row row = read_row(s, line);
        if (row.name.len == 0)
            continue;
        if (n_rows < MAX_ROWS)
            said = step_lines(s, said, take_row(s, m, &row));
        else if (n_rows < 2 * MAX_ROWS)
            late = arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(late), late.len > 0 ? ", " : "",
                                STR_ARG(row.name));
        n_rows++;
    }
    if (n_rows > 2 * MAX_ROWS)
        late = arena_printf(s->arena, "%.*s ...", STR_ARG(late));
    if (late.len > 0)
        said = step_lines(s, said, step_text(s, COURSE_TEXT_batch_later, VARS({"name", late})));
    if (str_is_empty(said))
        said = step_text(s, COURSE_TEXT_batch_how, VARS({"number", step_number(s, cohort->code)}));
    else
        said = step_lines(
            s, step_text(s, COURSE_TEXT_batch, VARS({"n", step_number(s, m->number)})), said);
    step_say(s, said);
    if (s->input->via == VIA_USSD)
        step_say_screen(s);
    else
        s->out->shows = OUTCOME_SHOWS_KEYS; /* whatever was asked before still stands */
}

/* Without the group's number, or with another one's, beside the figures: how it is written. */
static bool say_how(struct step *s)
{
    if (s->learner->state != LEARNER_STATE_LEAD || !lead_is_here(s) || !understand_nothing(s))
        return false;
    step_say(
        s, step_text(s, COURSE_TEXT_batch_how, VARS({"number", step_number(s, s->learner->led)})));
    s->out->shows = OUTCOME_SHOWS_KEYS;
    return true;
}

bool engine_batch(struct step *s)
{
    struct str rest = s->norm, letter = match_next_word(&rest), digits = match_next_word(&rest);
    uint32_t code;
    if (s->input->kind != INPUT_TEXT || !str_eq(letter, STR("b")))
        return false;
    if (cohort_code_parse(digits, &code) != ERR_OK || !lead_may_lead(s, code))
        return !str_is_empty(rest) && s->input->via == VIA_SMS && say_how(s);
    s->learner->led = s->learner->led == code ? code : 0;
    const struct cohort *cohort = lead_trusted(s, code);
    if (cohort == NULL) {
        step_say(s, step_text(s, COURSE_TEXT_batch_pin, NO_VARS));
        lead_ask_pin(s, code);
        return true;
    }
    /* The rows as they were typed: in s->norm they are one line. */
    struct str text = str_trim(s->input->text);
    size_t at = str_find(text, digits);
    take_rows(s, at != SIZE_MAX ? str_sub(text, at + digits.len, text.len) : rest, cohort);
    return true;
}
