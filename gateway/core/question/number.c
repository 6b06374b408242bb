/* A number from a range. It has no key. */
#include "core/question/question.h"

static bool is_form(struct str line)
{
    return str_find(line, STR("..")) != SIZE_MAX;
}

static bool to_i32(struct str s, int32_t *ret)
{
    bool is_negative = str_starts(s, STR("-"));
    uint64_t number;
    if (str_to_u64(str_sub(s, is_negative, s.len), INT32_MAX, &number) != ERR_OK)
        return false;
    *ret = is_negative ? -(int32_t)number : (int32_t)number;
    return true;
}

static const char *parse(struct question *q, struct str line, struct arena *arena)
{
    (void)arena; /* numbers are no texts */
    size_t dots = str_find(line, STR(".."));
    bool is_range = to_i32(str_trim(str_sub(line, 0, dots)), &q->low) &&
                    to_i32(str_trim(str_sub(line, dots + 2, line.len)), &q->high) &&
                    q->low < q->high;
    return is_range ? NULL : "no range from a low to a high number";
}

static struct str key(const struct question *q, struct arena *arena)
{
    (void)q, (void)arena; /* no number is right or wrong */
    return STR("");
}

static void record(const struct answer_match *answer, struct event *event)
{
    event->value = answer->number;
}

static struct str sample(const struct question *q, uint8_t option, struct arena *arena)
{
    return arena_printf(arena, "%d", option == 0 ? q->high : q->low);
}

const struct question_row question_number = {
    .name = "number",
    .form = "`= 0..10` for a number",
    .is_form = is_form,
    .parse = parse,
    .match = match_number,
    .key = key,
    .record = record,
    .sample = sample,
    .screen = COURSE_TEXT_question_open,
    .reply = COURSE_TEXT_reply_range,
    .is_reply_on_ussd = true,
};
