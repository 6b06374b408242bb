/* All options that apply: `1 3`, `1,3`, `1 and 3`, `13`. Right when all right ones and no other are
 * named; the recorded text is "1,3". */
#include "core/question/question.h"

static bool is_form(struct str line)
{
    return str_eq(line, STR("all"));
}

static bool is_right(const struct question *q, const struct answer_match *answer)
{
    return answer->choices == question_right_options(q);
}

static struct str key(const struct question *q, struct arena *arena)
{
    return question_list(question_right_options(q), arena);
}

static struct answer_match match(const struct question *q, struct str original,
                                 struct str normalised, struct arena *arena)
{
    struct answer_match answer = match_several(q, original, normalised, arena);
    if (answer.result == ANSWER_ONE)
        answer.text = question_list(answer.choices, arena);
    return answer;
}

static void record(const struct answer_match *answer, struct event *event)
{
    event->text = answer->text;
}

static struct str sample(const struct question *q, uint8_t option, struct arena *arena)
{
    uint16_t right = question_right_options(q);
    if (option == 0 && right != 0)
        return question_list(right, arena);
    return arena_printf(arena, "%u",
                        option == 0             ? 1
                        : option < q->n_choices ? option
                                                : q->n_choices);
}

const struct question_row question_several = {
    .name = "several",
    .form = "`= all` below the options for all that apply",
    .options = QUESTION_OPTIONS_ANY,
    .is_form = is_form,
    .match = match,
    .is_right = is_right,
    .key = key,
    .record = record,
    .sample = sample,
    .screen = COURSE_TEXT_question,
    .reply = COURSE_TEXT_reply_several,
    .is_reply_on_ussd = true,
};
