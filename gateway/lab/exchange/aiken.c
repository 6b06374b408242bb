/*
 * Aiken: the simplest form there is, and so it carries questions with options and one right answer,
 * no ids, no feedback, no lessons.
 *
 *     Sami travels with his aunt. He is...
 *     A. unaccompanied
 *     B) separated
 *     ANSWER: B
 */
#include <stdio.h>

#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

static void lose_rest(struct exchange *x, const struct exchange_item *item)
{
    bool has_more = item->feedback.p != NULL || item->right.p != NULL || item->wrong.p != NULL ||
                    item->source.p != NULL || item->condition.p != NULL;
    for (uint32_t i = 0; i < item->n_options; i++)
        has_more |= item->options[i].feedback.p != NULL;
    exchange_lose(x, item->pos, item->title,
                  has_more
                      ? "Aiken has no ids, no feedback, no sources and no conditions: those of "
                        "this question are left out"
                      : "Aiken has no ids: that of this question is left out",
                  "use gift or moodle-xml to keep them");
}

static void write_aiken(struct exchange *x, struct buf *out)
{
    for (uint32_t i = 0; i < x->n && arena_error(x->arena) == ERR_OK; i++) {
        const struct exchange_item *item = &x->items[i];
        bool is_good =
            item->kind == EXCHANGE_QUESTION && exchange_answer_of(item) == EXCHANGE_ANSWER_CHOICE;
        if (!is_good && item->kind != EXCHANGE_MODULE)
            exchange_lose(x, item->pos, item->title,
                          "Aiken has only questions with one right option: this is left out",
                          "use gift or moodle-xml to keep it");
        if (item->kind == EXCHANGE_MODULE)
            exchange_lose(x, item->pos, item->title,
                          "Aiken has no modules: what is said of this one is left out",
                          "use gift or moodle-xml to keep it");
        if (!is_good)
            continue;
        lose_rest(x, item);
        char right = 'A';
        buf_addf(out, "%.*s\n", STR_ARG(exchange_line(x, item->title)));
        for (uint32_t o = 0; o < item->n_options; o++) {
            if (item->options[o].mark == LESSON_MARK_RIGHT)
                right = (char)('A' + (char)o);
            buf_addf(out, "%c. %.*s\n", 'A' + (int)o,
                     STR_ARG(exchange_line(x, item->options[o].text)));
        }
        buf_addf(out, "ANSWER: %c\n\n", right);
    }
}

/* "A. text" or "A) text": its letter; 0: none. */
static char option_letter(struct str line, struct str *ret)
{
    bool is_option = line.len > 2 && line.p[0] >= 'A' && line.p[0] <= 'Z' &&
                     (line.p[1] == '.' || line.p[1] == ')') &&
                     (line.p[2] == ' ' || line.p[2] == '\t');
    if (!is_option)
        return 0;
    *ret = str_trim(str_sub(line, 2, line.len));
    return line.p[0];
}

/* Ends the question that is being read. */
static void take_answer(struct exchange *x, struct exchange_item **item, struct str word,
                        struct source_pos pos)
{
    char letter = word.len == 1 ? word.p[0] : 0;
    if (*item == NULL || letter < 'A' || (uint32_t)(letter - 'A') >= (*item)->n_options) {
        exchange_refuse(
            x, pos, word, "an answer that is none of the options above it",
            "write `ANSWER: B`, the letter of an option; options are lines `A. text`, in order");
    } else {
        (*item)->options[letter - 'A'].mark = LESSON_MARK_RIGHT;
    }
    *item = NULL;
}

/* A blank line: the words of a question and its options stand without one between them. */
static void take_blank(struct exchange *x, struct exchange_item **item)
{
    if (*item == NULL || (*item)->n_options > 0)
        return;
    exchange_refuse(x, (*item)->pos, (*item)->title, "a text without options",
                    "write its options below it, `A. text`, without a blank line before");
    x->n--;
    *item = NULL;
}

/* One more line of a question's words; not of what is longer than any text may be, so that a file
 * of nothing but lines takes no more time than its length. */
static void add_to_title(struct exchange *x, struct exchange_item *item, struct str line,
                         struct source_pos pos)
{
    if (item->title.len > COURSE_MAX_TEXT_BYTES)
        return;
    item->title =
        exchange_line(x, arena_printf(x->arena, "%.*s %.*s", STR_ARG(item->title), STR_ARG(line)));
    if (item->title.len > COURSE_MAX_TEXT_BYTES)
        exchange_refuse(x, pos, line, "a question of more words than a text may have",
                        "write its options below it, `A. text`, and a blank line behind it");
}

/* A line of a question, or of one of its options. False: it belongs to none that has begun. */
static bool take_line(struct exchange *x, struct exchange_item *item, struct str line,
                      struct source_pos pos)
{
    struct str option = STR_NONE;
    if (item == NULL)
        return false;
    if (option_letter(line, &option) == (char)('A' + (char)item->n_options)) {
        (void)exchange_add_option(x, item, exchange_text(x, option), LESSON_MARK_OPEN);
    } else if (item->n_options > 0) {
        exchange_refuse(x, pos, line, "a question without ANSWER before this line",
                        "write `ANSWER: B` below its options, and an option as `A. text`");
        return false;
    } else {
        add_to_title(x, item, line, pos);
    }
    return true;
}

static void read_aiken(struct exchange *x, struct str name, struct str text)
{
    const struct str answer = STR("ANSWER:");
    struct exchange_item *item = NULL;
    struct source_pos pos = {name, 0, 1};
    if (!exchange_is_text(x, name, text))
        return;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, text.len);
    for (struct str rest = text; rest.p != NULL && arena_error(x->arena) == ERR_OK;) {
        struct str line = str_trim(str_split(&rest, '\n'));
        pos.line++;
        if (line.len == 0) {
            take_blank(x, &item);
        } else if (str_starts(line, answer)) {
            take_answer(x, &item, str_trim(str_sub(line, answer.len, line.len)), pos);
        } else if (!take_line(x, item, line, pos)) {
            exchange_need_heading(x, name, pos);
            item = exchange_add(x, EXCHANGE_QUESTION, pos);
            if (item == NULL)
                return;
            item->title = exchange_line(x, line);
            item->id = exchange_id(x, arena_printf(x->arena, "q%u", x->n), pos);
        }
    }
    if (item != NULL)
        exchange_refuse(x, item->pos, item->title, "a question without an answer",
                        "write `ANSWER: B` below its options");
}

const struct exchange_format exchange_aiken = {
    .name = "aiken", .suffix = ".aiken", .write = write_aiken, .read = read_aiken};
