/* One of several options. */
#include "core/question/question.h"

static bool is_right(const struct question *q, const struct answer_match *answer)
{
    return q->choices[answer->choice - 1].is_right;
}

static struct str key(const struct question *q, struct arena *arena)
{
    return arena_printf(arena, "%u", question_right_option(q));
}

static void record(const struct answer_match *answer, struct event *event)
{
    event->choice = answer->choice;
}

static struct str sample(const struct question *q, uint8_t option, struct arena *arena)
{
    uint8_t right = question_right_option(q);
    if (option == 0)
        option = right > 0 ? right : 1;
    return arena_printf(arena, "%u", option < q->n_choices ? option : q->n_choices);
}

const struct question_row question_choice = {
    .name = "choice",
    .form = "options with one `[x]`",
    .options = QUESTION_OPTIONS_ONE,
    .is_form = question_has_no_line,
    .match = match_choice,
    .is_right = is_right,
    .key = key,
    .record = record,
    .sample = sample,
    .screen = COURSE_TEXT_question,
    .reply = COURSE_TEXT_reply_keys,
};
