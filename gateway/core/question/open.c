/* Free text. It has no key. */
#include <string.h>

#include "core/question/question.h"

#define MAX_LETTERS 480 /* three SMS */

static bool is_form(struct str line)
{
    return str_eq(line, STR("open")) || str_starts(line, STR("open "));
}

static const char *parse(struct question *q, struct str line, struct arena *arena)
{
    (void)arena; /* a number is no text */
    uint64_t max = 0;
    struct str number = str_trim(str_sub(line, strlen("open"), line.len));
    if (str_to_u64(number, MAX_LETTERS, &max) != ERR_OK || max == 0)
        return "`open` needs a number of letters from 1 to 480";
    q->max_chars = (uint16_t)max;
    return NULL;
}

static struct str key(const struct question *q, struct arena *arena)
{
    (void)q, (void)arena; /* no text is right or wrong */
    return STR("");
}

static void record(const struct answer_match *answer, struct event *event)
{
    event->text = answer->text;
}

static struct str sample(const struct question *q, uint8_t option, struct arena *arena)
{
    (void)q, (void)option, (void)arena;
    return STR("more stories");
}

const struct question_row question_open = {
    .name = "open",
    .form = "`= open 160` for free text",
    .is_form = is_form,
    .parse = parse,
    .match = match_open,
    .key = key,
    .record = record,
    .sample = sample,
    .screen = COURSE_TEXT_question_open,
    .reply = COURSE_TEXT_reply_text,
    .is_reply_on_ussd = true,
    .is_any_text = true,
};
