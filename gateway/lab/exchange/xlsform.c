/*
 * XLSForm, the sheets of ODK, Kobo and SurveyCTO: `survey`, `choices`, `settings`. Modules and
 * lessons are groups, screens are notes. Keys, feedback and sources stand in columns of our own,
 * which those tools pass over.
 */
#include <string.h>

#include "lab/exchange/book.h"
#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"
#include "lab/exchange/xlsform.h"

/* ---- writing ---- */

struct xlsform {
    struct exchange *x;
    struct book_sheet *survey, *choices;
};

static void add(struct xlsform *f, const struct str row[N_COLUMNS])
{
    (void)book_add_row(f->survey, row, N_COLUMNS, f->x->arena); /* a course has fewer rows */
}

static void write_choices(struct xlsform *f, const struct exchange_item *item)
{
    for (uint32_t i = 0; i < item->n_options; i++) {
        const struct exchange_option *option = &item->options[i];
        const struct str row[N_CHOICES] = {[CHOICE_LIST] = item->id,
                                           [CHOICE_NAME] = arena_printf(f->x->arena, "%u", i + 1),
                                           [CHOICE_LABEL] = option->text,
                                           [CHOICE_RIGHT] = exchange_mark(option->mark),
                                           [CHOICE_FEEDBACK] = option->feedback};
        (void)book_add_row(f->choices, row, N_CHOICES, f->x->arena); /* as above */
    }
}

/* "w1 = 2 3" as "selected(${w1}, '2') or selected(${w1}, '3')" */
static struct str relevant(struct exchange *x, struct str condition)
{
    struct str rest = condition, all = STR_NONE;
    struct str id = str_trim(str_split(&rest, '='));
    for (rest = str_trim(rest); rest.p != NULL;) {
        struct str option = str_split(&rest, ' ');
        all = arena_printf(x->arena, "%.*s%sselected(${%.*s}, '%.*s')", STR_ARG(all),
                           all.p != NULL ? " or " : "", STR_ARG(id), STR_ARG(option));
    }
    return condition.p != NULL ? all : STR_NONE;
}

static void write_question(struct xlsform *f, const struct exchange_item *item)
{
    struct arena *arena = f->x->arena;
    enum exchange_answer answer = exchange_answer_of(item);
    struct str type = STR("text"), constraint = STR_NONE;
    if (item->n_options > 0) {
        bool is_several = answer == EXCHANGE_ANSWER_SEVERAL || answer == EXCHANGE_ANSWER_OPINIONS;
        type = arena_printf(arena, "%s %.*s", is_several ? "select_multiple" : "select_one",
                            STR_ARG(item->id));
        write_choices(f, item);
    } else if (answer == EXCHANGE_ANSWER_NUMBER) {
        size_t dots = str_find(item->answer, STR(".."));
        type = STR("integer");
        constraint = arena_printf(
            arena, ". >= %.*s and . <= %.*s", STR_ARG(str_trim(str_sub(item->answer, 0, dots))),
            STR_ARG(str_trim(str_sub(item->answer, dots + 2, item->answer.len))));
    } else if (answer == EXCHANGE_ANSWER_OPEN) {
        constraint = arena_printf(arena, "string-length(.) <= %.*s",
                                  STR_ARG(str_trim(str_sub(item->answer, 4, item->answer.len))));
    }
    add(f, (const struct str[N_COLUMNS]){[COLUMN_TYPE] = type,
                                         [COLUMN_NAME] = item->id,
                                         [COLUMN_LABEL] = item->title,
                                         [COLUMN_RELEVANT] = relevant(f->x, item->condition),
                                         [COLUMN_CONSTRAINT] = constraint,
                                         [COLUMN_ANSWER] = item->answer,
                                         [COLUMN_FEEDBACK] = item->feedback,
                                         [COLUMN_FEEDBACK_RIGHT] = item->right,
                                         [COLUMN_FEEDBACK_WRONG] = item->wrong,
                                         [COLUMN_IF] = item->condition,
                                         [COLUMN_SOURCE] = item->source});
}

static void write_group(struct xlsform *f, const struct exchange_item *item)
{
    bool is_module = item->kind == EXCHANGE_MODULE;
    add(f,
        (const struct str[N_COLUMNS]){
            [COLUMN_TYPE] = STR("begin_group"),
            [COLUMN_NAME] = item->id,
            [COLUMN_LABEL] = item->title,
            [COLUMN_KIND] = is_module        ? item->module_kind
                            : item->is_story ? STR("story")
                                             : STR_NONE,
            [COLUMN_SUMMARY] = item->summary,
            [COLUMN_KEY_MESSAGE] = item->key_message,
            [COLUMN_GUIDE] = item->guide,
            [COLUMN_FORMS] = item->forms,
            [COLUMN_REQUIRED] = is_module ? (item->is_required ? STR("yes") : STR("no")) : STR_NONE,
            [COLUMN_SOURCE] = item->source});
    for (uint32_t i = 0; i < item->n_screens; i++)
        add(f, (const struct str[N_COLUMNS]){
                   [COLUMN_TYPE] = STR("note"),
                   [COLUMN_NAME] = arena_printf(f->x->arena, "%.*s_s%u", STR_ARG(item->id), i + 1),
                   [COLUMN_LABEL] = item->screens[i]});
}

static void write_xlsform(struct exchange *x, struct buf *out)
{
    static const char *const settings_headings[] = {"form_title", "form_id", "version", NULL};
    struct book book = {.n = 0};
    struct xlsform f = {.x = x};
    uint32_t depth = 0;
    f.survey = book_add_sheet(&book, STR("survey"), xlsform_headings, x->arena);
    f.choices = book_add_sheet(&book, STR("choices"), xlsform_choice_headings, x->arena);
    struct book_sheet *settings =
        book_add_sheet(&book, STR("settings"), settings_headings, x->arena);
    const struct str row[] = {STR("Course"), STR("course"), STR("1")};
    if (f.survey == NULL || f.choices == NULL || settings == NULL ||
        !book_add_row(settings, row, ARRAY_LEN(row), x->arena))
        return;
    const struct str end[] = {STR("end_group")};
    for (uint32_t i = 0; i < x->n; i++) {
        const struct exchange_item *item = &x->items[i];
        uint32_t level = (uint32_t)item->kind; /* module 0, heading 1, question 2 */
        for (; depth > level && item->kind != EXCHANGE_QUESTION; depth--)
            (void)book_add_row(f.survey, end, 1, x->arena); /* as above */
        if (item->kind == EXCHANGE_QUESTION)
            write_question(&f, item);
        else
            write_group(&f, item), depth++;
    }
    for (; depth > 0; depth--)
        (void)book_add_row(f.survey, end, 1, x->arena); /* as above */
    if (arena_error(x->arena) != ERR_OK || book_write_xlsx(&book, out) != ERR_OK)
        buf_reset(out); /* empty is no file: who writes it says so */
}

const struct exchange_format exchange_xlsform = {.name = "xlsform",
                                                 .suffix = ".xlsx",
                                                 .is_binary = true,
                                                 .write = write_xlsform,
                                                 .read = xlsform_read};
