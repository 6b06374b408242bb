/*
 * XLSForm, the sheets of ODK, Kobo and SurveyCTO: `survey`, `choices`, `settings`. Modules and
 * lessons are groups, screens are notes. Keys, feedback and sources stand in columns of our own,
 * which those tools pass over.
 */
#include <string.h>

#include "lab/exchange/book.h"
#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

enum column {
    COLUMN_TYPE,
    COLUMN_NAME,
    COLUMN_LABEL,
    COLUMN_REQUIRED,
    COLUMN_RELEVANT,
    COLUMN_CONSTRAINT,
    COLUMN_KIND, /* from here on ours */
    COLUMN_ANSWER,
    COLUMN_FEEDBACK,
    COLUMN_FEEDBACK_RIGHT,
    COLUMN_FEEDBACK_WRONG,
    COLUMN_IF,
    COLUMN_SOURCE,
    COLUMN_SUMMARY,
    COLUMN_KEY_MESSAGE,
    COLUMN_GUIDE,
    COLUMN_FORMS,
    N_COLUMNS
};

static const char *const headings[N_COLUMNS + 1] = {
    "type",   "name",    "label",       "required",       "relevant",       "constraint",
    "kind",   "answer",  "feedback",    "feedback_right", "feedback_wrong", "if",
    "source", "summary", "key_message", "guide",          "forms",          NULL};

enum choice_column {
    CHOICE_LIST,
    CHOICE_NAME,
    CHOICE_LABEL,
    CHOICE_RIGHT,
    CHOICE_FEEDBACK,
    N_CHOICES
};

static const char *const choice_headings[N_CHOICES + 1] = {"list_name", "name",     "label",
                                                           "right",     "feedback", NULL};

/* ---- writing ---- */

struct form {
    struct exchange *x;
    struct book_sheet *survey, *choices;
};

static void add(struct form *f, const struct str row[N_COLUMNS])
{
    (void)book_add_row(f->survey, row, N_COLUMNS, f->x->arena); /* a course has fewer rows */
}

static void write_choices(struct form *f, const struct exchange_item *item)
{
    static const char *const boxes[] = {
        [LESSON_MARK_NONE] = "", [LESSON_MARK_OPEN] = "no", [LESSON_MARK_RIGHT] = "yes"};
    for (uint32_t i = 0; i < item->n_options; i++) {
        const struct exchange_option *option = &item->options[i];
        const struct str row[N_CHOICES] = {[CHOICE_LIST] = item->id,
                                           [CHOICE_NAME] = arena_printf(f->x->arena, "%u", i + 1),
                                           [CHOICE_LABEL] = option->text,
                                           [CHOICE_RIGHT] = str_from(boxes[option->mark]),
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

static void write_question(struct form *f, const struct exchange_item *item)
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

static void write_group(struct form *f, const struct exchange_item *item)
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
    struct form f = {.x = x};
    uint32_t depth = 0;
    f.survey = book_add_sheet(&book, STR("survey"), headings, x->arena);
    f.choices = book_add_sheet(&book, STR("choices"), choice_headings, x->arena);
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

/* ---- reading ---- */

struct reader {
    struct exchange *x;
    const struct book *book;
    const struct book_sheet *survey, *choices;
    const struct book_row *row;
    uint32_t columns[N_COLUMNS], choice_columns[N_CHOICES];
    uint32_t depth;
    bool has_keys; /* it has our column */
};

static struct str cell(struct reader *r, enum column column)
{
    return exchange_text(r->x, book_cell(r->row, r->columns[column]));
}

static struct str cell_or_none(struct reader *r, enum column column)
{
    struct str text = cell(r, column);
    return text.len > 0 ? text : STR_NONE;
}

static struct source_pos place(struct reader *r, enum column column)
{
    return book_place(r->book, r->survey, r->row, r->columns[column], r->x->arena);
}

/* A column that has one heading, or one for each language: "label::English (en)". */
static uint32_t find_column(const struct book_sheet *sheet, const char *heading)
{
    uint32_t column = book_column(sheet, heading);
    for (uint32_t i = 0; sheet->n > 0 && column == UINT32_MAX && i < sheet->rows[0].n; i++) {
        struct str name = sheet->rows[0].cells[i];
        if (str_starts(name, str_from(heading)) &&
            str_starts(str_sub(name, strlen(heading), name.len), STR("::")))
            column = i;
    }
    return column;
}

/* Names of options may be words: which one it is, from 1; 0: none. */
static uint32_t option_number(struct reader *r, struct str list, struct str name)
{
    uint32_t n = 0;
    for (uint32_t i = 1; r->choices != NULL && i < r->choices->n; i++) {
        const struct book_row *row = &r->choices->rows[i];
        if (!str_eq(book_cell(row, r->choice_columns[CHOICE_LIST]), list))
            continue;
        n++;
        if (str_eq(book_cell(row, r->choice_columns[CHOICE_NAME]), name))
            return n;
    }
    return 0;
}

static void read_choices(struct reader *r, struct exchange_item *item, struct str list)
{
    for (uint32_t i = 1; r->choices != NULL && i < r->choices->n; i++) {
        const struct book_row *row = &r->choices->rows[i];
        if (!str_eq(book_cell(row, r->choice_columns[CHOICE_LIST]), list))
            continue;
        struct str right = book_cell(row, r->choice_columns[CHOICE_RIGHT]);
        struct str feedback =
            exchange_text(r->x, book_cell(row, r->choice_columns[CHOICE_FEEDBACK]));
        enum lesson_mark mark = str_eq(right, STR("yes"))  ? LESSON_MARK_RIGHT
                                : str_eq(right, STR("no")) ? LESSON_MARK_OPEN
                                                           : LESSON_MARK_NONE;
        struct exchange_option *option = exchange_add_option(
            r->x, item, exchange_text(r->x, book_cell(row, r->choice_columns[CHOICE_LABEL])), mark);
        if (option != NULL && feedback.len > 0)
            option->feedback = feedback;
    }
    if (item->n_options == 0)
        exchange_refuse(r->x, place(r, COLUMN_TYPE), list, "no options of this name in `choices`",
                        "add them there, with this word as list_name");
}

/* "selected(${w1}, 'yes')" or "${w1} = 'yes'": its name and value; false: something else. */
static bool read_comparison(struct str part, struct str *ret_name, struct str *ret_value)
{
    static const char *const others[] = {" and ", "not(", "!="};
    size_t from = str_find(part, STR("${")), to = str_find_char(part, '}');
    size_t quote = str_find_char(part, '\'');
    bool is_form =
        from != SIZE_MAX && to != SIZE_MAX && to > from && quote != SIZE_MAX && quote > to;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        is_form &= str_find(part, str_from(others[i])) == SIZE_MAX;
    if (!is_form)
        return false;
    struct str rest = str_sub(part, quote + 1, part.len);
    *ret_name = str_sub(part, from + 2, to);
    *ret_value = str_split(&rest, '\'');
    return true;
}

/* The list of options of a question. */
static struct str list_of(const struct reader *r, struct str name)
{
    struct str list = STR_NONE;
    for (uint32_t i = 1; i < r->survey->n; i++) {
        struct str type = book_cell(&r->survey->rows[i], r->columns[COLUMN_TYPE]);
        if (str_eq(book_cell(&r->survey->rows[i], r->columns[COLUMN_NAME]), name))
            list = str_trim(str_sub(type, str_find_char(type, ' '), type.len));
    }
    return list;
}

/* "selected(${w1}, 'yes') or ${w1} = 'no'" as "w1 = 1 2"; absent: not understood. */
static struct str read_relevant(struct reader *r, struct str text)
{
    struct str id = STR_NONE, options = STR(""), name, value;
    for (struct str rest = text; rest.p != NULL;) {
        size_t end = str_find(rest, STR(" or "));
        struct str part = str_trim(str_sub(rest, 0, end));
        rest = end != SIZE_MAX ? str_sub(rest, end + 4, rest.len) : STR_NONE;
        if (!read_comparison(part, &name, &value))
            return STR_NONE;
        uint32_t number = option_number(r, list_of(r, name), value);
        if (number == 0 || (id.p != NULL && !str_eq(id, name)))
            return STR_NONE;
        id = name;
        options = arena_printf(r->x->arena, "%.*s %u", STR_ARG(options), number);
    }
    return arena_printf(r->x->arena, "%.*s =%.*s", STR_ARG(id), STR_ARG(options));
}

/* The numbers of ". >= 0 and . <= 10" and the like, as "0..10"; absent: not understood. */
static struct str read_range(struct reader *r, struct str constraint)
{
    size_t low = str_find_char(constraint, '>'), high = str_find_char(constraint, '<');
    struct str numbers[2] = {str_sub(constraint, low, constraint.len),
                             str_sub(constraint, high, constraint.len)};
    if (low == SIZE_MAX || high == SIZE_MAX)
        return STR_NONE;
    for (int i = 0; i < 2; i++) {
        size_t from = 1, to;
        while (from < numbers[i].len && strchr("= ", numbers[i].p[from]) != NULL)
            from++;
        for (to = from; to < numbers[i].len && strchr("-0123456789", numbers[i].p[to]) != NULL;)
            to++;
        numbers[i] = str_sub(numbers[i], from, to);
    }
    return arena_printf(r->x->arena, "%.*s..%.*s", STR_ARG(numbers[0]), STR_ARG(numbers[1]));
}

static void read_answer(struct reader *r, struct exchange_item *item, struct str type)
{
    struct str constraint = cell(r, COLUMN_CONSTRAINT);
    if (str_eq(type, STR("integer")) || str_eq(type, STR("range"))) {
        item->answer = read_range(r, constraint);
        if (item->answer.p == NULL) {
            item->answer = STR("0..999");
            exchange_lose(r->x, place(r, COLUMN_CONSTRAINT), constraint,
                          "a number without `. >= 0 and . <= 10`: 0 to 999 is taken",
                          "write the range that is meant");
        }
        return;
    }
    item->answer = STR("open 160");
    if (constraint.len > 0)
        exchange_lose(r->x, place(r, COLUMN_CONSTRAINT), constraint,
                      "a constraint is left out: 160 letters are taken", "write `= open 160`");
}

static void read_question(struct reader *r, struct str type, struct str list)
{
    exchange_need_heading(r->x, r->book->file, place(r, COLUMN_TYPE));
    struct exchange_item *item = exchange_add(r->x, EXCHANGE_QUESTION, place(r, COLUMN_NAME));
    if (item == NULL)
        return;
    item->id = exchange_id(r->x, cell(r, COLUMN_NAME), item->pos);
    item->title = exchange_line(r->x, cell(r, COLUMN_LABEL));
    item->source = cell_or_none(r, COLUMN_SOURCE);
    item->feedback = cell_or_none(r, COLUMN_FEEDBACK);
    item->right = cell_or_none(r, COLUMN_FEEDBACK_RIGHT);
    item->wrong = cell_or_none(r, COLUMN_FEEDBACK_WRONG);
    item->answer = cell_or_none(r, COLUMN_ANSWER);
    item->condition = cell_or_none(r, COLUMN_IF);
    struct str condition = cell(r, COLUMN_RELEVANT);
    if (item->condition.p == NULL && condition.len > 0) {
        item->condition = read_relevant(r, condition);
        if (item->condition.p == NULL)
            exchange_lose(r->x, place(r, COLUMN_RELEVANT), condition,
                          "a condition that is more than `selected(${id}, 'option')` is left out",
                          "write `@ if id = 1 2`");
    }
    if (list.len > 0)
        read_choices(r, item, list);
    if (str_eq(type, STR("select_multiple")))
        item->answer = STR("all");
    else if (list.len == 0 && item->answer.p == NULL)
        read_answer(r, item, type);
}

static void read_group(struct reader *r)
{
    bool is_module = r->depth++ == 0;
    struct exchange_item *item =
        exchange_add(r->x, is_module ? EXCHANGE_MODULE : EXCHANGE_HEADING, place(r, COLUMN_NAME));
    if (item == NULL)
        return;
    item->title = exchange_line(r->x, cell(r, COLUMN_LABEL));
    item->id = exchange_id(r->x, cell(r, COLUMN_NAME), item->pos);
    item->source = cell_or_none(r, COLUMN_SOURCE);
    struct str kind = cell(r, COLUMN_KIND);
    item->is_story = !is_module && str_eq(kind, STR("story"));
    if (is_module) {
        item->summary = cell_or_none(r, COLUMN_SUMMARY);
        item->key_message = cell_or_none(r, COLUMN_KEY_MESSAGE);
        item->guide = cell_or_none(r, COLUMN_GUIDE);
        item->forms = cell_or_none(r, COLUMN_FORMS);
        item->module_kind = kind.len > 0 ? kind : r->has_keys ? STR("lessons") : STR("survey");
        item->is_required = !str_eq(cell(r, COLUMN_REQUIRED), STR("no"));
    }
    if (r->depth > 2 && cell(r, COLUMN_RELEVANT).len > 0)
        exchange_lose(r->x, place(r, COLUMN_RELEVANT), cell(r, COLUMN_RELEVANT),
                      "the condition of a group is left out", "write it at each question");
}

static void read_note(struct reader *r)
{
    exchange_need_module(r->x, r->book->file, place(r, COLUMN_TYPE));
    struct exchange_item *item = r->x->n > 0 ? &r->x->items[r->x->n - 1] : NULL;
    if (item != NULL && item->kind != EXCHANGE_HEADING) { /* a text of its own: a lesson */
        item = exchange_add(r->x, EXCHANGE_HEADING, place(r, COLUMN_NAME));
        if (item != NULL) {
            item->id = exchange_id(r->x, cell(r, COLUMN_NAME), item->pos);
            item->title = STR("Text");
        }
    }
    if (item != NULL)
        exchange_add_screen(r->x, item, cell(r, COLUMN_LABEL));
}

static void read_row(struct reader *r)
{
    struct str type = cell(r, COLUMN_TYPE), list = type;
    struct str word = str_split(&list, ' ');
    list = str_trim(list);
    if (str_eq(type, STR("begin group")) || str_eq(type, STR("begin_group")))
        return read_group(r);
    if (str_eq(type, STR("end group")) || str_eq(type, STR("end_group"))) {
        r->depth -= r->depth > 0;
        return;
    }
    if (str_eq(word, STR("note")))
        return read_note(r);
    if (str_word_index("select_one|select_multiple", '|', word) >= 0)
        return read_question(r, word, list);
    if (str_word_index("integer|range|text", '|', word) >= 0)
        return read_question(r, word, STR(""));
    exchange_lose(r->x, place(r, COLUMN_TYPE), type,
                  "a row of a kind that phones do not have is left out",
                  "ask it with options, a number or a text");
}

static void read_survey(struct reader *r)
{
    for (int i = 0; i < N_COLUMNS; i++)
        r->columns[i] = find_column(r->survey, headings[i]);
    for (int i = 0; i < N_CHOICES; i++)
        r->choice_columns[i] =
            r->choices != NULL ? find_column(r->choices, choice_headings[i]) : UINT32_MAX;
    if (r->choices != NULL && r->choice_columns[CHOICE_LIST] == UINT32_MAX)
        r->choice_columns[CHOICE_LIST] = find_column(r->choices, "list name");
    r->has_keys = r->columns[COLUMN_KIND] != UINT32_MAX;
    r->row = &r->survey->rows[0];
    if (r->columns[COLUMN_TYPE] == UINT32_MAX || r->columns[COLUMN_LABEL] == UINT32_MAX) {
        exchange_refuse(r->x, place(r, COLUMN_TYPE), STR_NONE,
                        "the first row of `survey` does not name the columns `type` and `label`",
                        "see xlsform.org");
        return;
    }
    for (uint32_t i = 1; i < r->survey->n && arena_error(r->x->arena) == ERR_OK; i++) {
        r->row = &r->survey->rows[i];
        if (cell(r, COLUMN_TYPE).len > 0)
            read_row(r);
    }
}

static void read_xlsform(struct exchange *x, struct str name, struct str text)
{
    struct book book;
    struct errmsg msg = {""};
    enum err e = book_read_xlsx(name, text, x->arena, &book, &msg);
    struct reader r = {.x = x, .book = &book};
    if (e == ERR_OK) {
        r.survey = book_find(&book, "survey");
        r.choices = book_find(&book, "choices");
    }
    if (e == ERR_OK && r.survey != NULL && r.survey->n > 0)
        read_survey(&r);
    else
        exchange_refuse(x, (struct source_pos){.file = name}, STR_NONE,
                        e != ERR_OK ? msg.text : "no sheet `survey`: this is no XLSForm",
                        "save the form as .xlsx with an office program");
}

const struct exchange_format exchange_xlsform = {.name = "xlsform",
                                                 .suffix = ".xlsx",
                                                 .is_binary = true,
                                                 .write = write_xlsform,
                                                 .read = read_xlsform};
