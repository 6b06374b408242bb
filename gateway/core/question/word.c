/* One of a list of words. What is no command and none of them is a wrong answer. */
#include "core/question/question.h"

/* Any line that no other kind takes. */
static bool is_form(struct str line)
{
    return line.p != NULL;
}

static const char *parse(struct question *q, struct str line, struct arena *arena)
{
    struct str *words = arena_new_array(arena, struct str, COURSE_MAX_ACCEPTED);
    q->accepted = words;
    for (struct str rest = line; rest.p != NULL && words != NULL;) {
        struct str word = match_normalise(str_split(&rest, '|'), arena);
        if (str_is_empty(word))
            return "an empty word among the accepted ones";
        if (q->n_accepted == COURSE_MAX_ACCEPTED)
            return "too many accepted words: keep the most common ones, at most 32";
        words[q->n_accepted++] = word;
    }
    return NULL;
}

static struct str key(const struct question *q, struct arena *arena)
{
    (void)arena;
    return q->n_accepted > 0 ? q->accepted[0] : STR("");
}

static void record(const struct answer_match *answer, struct event *event)
{
    event->text = answer->text;
}

static struct str sample(const struct question *q, uint8_t option, struct arena *arena)
{
    (void)option, (void)arena; /* wrong ones lead nowhere else */
    return key(q, arena);
}

const struct question_row question_word = {
    .name = "word",
    .form = "`= soap | ash` for words",
    .is_form = is_form,
    .parse = parse,
    .match = match_word,
    .key = key,
    .record = record,
    .sample = sample,
    .screen = COURSE_TEXT_question_open,
    .reply = COURSE_TEXT_reply_word,
    .is_reply_on_ussd = true,
    .is_wrong_when_unmatched = true,
};
