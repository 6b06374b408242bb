/*
 * An XLSForm that comes back, or that somebody made for ODK, Kobo or SurveyCTO. What it says and a
 * phone cannot is told with its cell: kinds of questions, columns, languages, conditions.
 */
#include <inttypes.h>
#include <string.h>

#include "lab/exchange/book.h"
#include "lab/exchange/format.h"
#include "lab/exchange/xlsform.h"

const char *const xlsform_headings[N_COLUMNS + 1] = {
    "type",     "name",       "label", "required",
    "relevant", "constraint", "kind",  EXCHANGE_COLUMNS(EXCHANGE_HEADING_OF) NULL};

const char *const xlsform_choice_headings[N_CHOICES + 1] = {"list_name", "name",     "label",
                                                            "right",     "feedback", NULL};

struct reader {
    struct exchange *x;
    const struct book *book;
    const struct book_sheet *survey, *choices;
    const struct book_row *row;
    struct str language; /* the form's own, as its columns name it; empty: not said */
    uint32_t columns[N_COLUMNS], choice_columns[N_CHOICES];
    uint32_t depth;
    bool has_keys; /* it has our column */
    bool is_required_told;
    struct str *names; /* of each item, as the form has it: ids may be others */
};

static struct str cell(struct reader *r, enum xlsform_column column)
{
    return exchange_text(r->x, book_cell(r->row, r->columns[column]));
}

static struct str cell_or_none(struct reader *r, enum xlsform_column column)
{
    struct str text = cell(r, column);
    return text.len > 0 ? text : STR_NONE;
}

static struct source_pos place(struct reader *r, enum xlsform_column column)
{
    uint32_t at = r->columns[column] != UINT32_MAX ? r->columns[column] : r->columns[COLUMN_TYPE];
    return book_place(r->book, r->survey, r->row, at == UINT32_MAX ? 0 : at, r->x->arena);
}

/* A column that has one heading, or one for each language: "label::English (en)"; then that of the
 * form's own language, or the first. */
static uint32_t find_column(const struct reader *r, const struct book_sheet *sheet,
                            const char *heading)
{
    uint32_t column = book_column(sheet, heading), first = UINT32_MAX;
    for (uint32_t i = 0; sheet->n > 0 && column == UINT32_MAX && i < sheet->rows[0].n; i++) {
        struct str name = sheet->rows[0].cells[i];
        struct str lang = str_sub(name, strlen(heading), name.len);
        if (!str_starts(name, str_from(heading)) || !str_starts(lang, STR(":")))
            continue;
        while (str_starts(lang, STR(":")))
            lang = str_sub(lang, 1, lang.len);
        first = first == UINT32_MAX ? i : first;
        if (str_eq(str_trim(lang), r->language))
            column = i;
    }
    return column == UINT32_MAX ? first : column;
}

/* A column of a sheet that nothing was read from, but has something to say. */
static void lose_column(struct reader *r, const struct book_sheet *sheet, uint32_t column)
{
    uint32_t n = 0;
    const struct book_row *first = NULL;
    for (uint32_t i = 1; i < sheet->n; i++) {
        if (book_cell(&sheet->rows[i], column).len > 0 && n++ == 0)
            first = &sheet->rows[i];
    }
    if (n > 0)
        exchange_lose(
            r->x, book_place(r->book, sheet, first, column, r->x->arena), book_cell(first, column),
            arena_printf(r->x->arena,
                         "the column `%.*s` is left out, here and in the others of its %u cells",
                         STR_ARG(book_cell(&sheet->rows[0], column)), n)
                .p,
            "translations go into po/, see lessons/README.md; hints belong into the question");
}

static void lose_columns(struct reader *r, const struct book_sheet *sheet, const uint32_t *read,
                         uint32_t n_read)
{
    for (uint32_t i = 0; sheet != NULL && sheet->n > 0 && i < sheet->rows[0].n; i++) {
        bool is_read = false;
        for (uint32_t k = 0; k < n_read; k++)
            is_read |= read[k] == i;
        if (!is_read)
            lose_column(r, sheet, i);
    }
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
        if (mark == LESSON_MARK_NONE && right.len > 0)
            exchange_refuse(
                r->x,
                book_place(r->book, r->choices, row, r->choice_columns[CHOICE_RIGHT], r->x->arena),
                right, "neither right nor not", "write yes, no or nothing");
        struct exchange_option *option = exchange_add_option(
            r->x, item, exchange_text(r->x, book_cell(row, r->choice_columns[CHOICE_LABEL])), mark);
        if (option != NULL && feedback.len > 0)
            option->feedback = feedback;
    }
    if (item->n_options == 0)
        exchange_refuse(r->x, place(r, COLUMN_TYPE), list, "no options of this name in `choices`",
                        "add them there, with this word as list_name");
}

/* Cuts the sign off, and blanks before and behind it. False: it does not begin so. */
static bool cut_sign(struct str *text, const char *sign)
{
    bool is_there = str_starts(str_trim(*text), str_from(sign));
    if (is_there)
        *text = str_trim(str_sub(str_trim(*text), strlen(sign), text->len));
    return is_there;
}

/* "selected(${w1}, 'yes')" or "${w1} = 'yes'": its name and value; false: something else. */
static bool read_comparison(struct str part, struct str *ret_name, struct str *ret_value)
{
    bool is_call = cut_sign(&part, "selected") && cut_sign(&part, "(");
    if (!cut_sign(&part, "${"))
        return false;
    *ret_name = str_trim(str_split(&part, '}'));
    if (!cut_sign(&part, is_call ? "," : "="))
        return false;
    char quote = part.len > 1 ? part.p[0] : '\0';
    bool is_quoted = quote == '\'' || quote == '"';
    part = str_sub(part, is_quoted, part.len);
    *ret_value = is_quoted ? str_split(&part, quote) : str_split(&part, is_call ? ')' : '\0');
    if (is_call && is_quoted && !cut_sign(&part, ")"))
        return false;
    *ret_value = str_trim(*ret_value);
    return str_is_empty(str_trim(part));
}

/* The list of options of a question. */
static struct str list_of(const struct reader *r, struct str name)
{
    struct str list = STR_NONE;
    for (uint32_t i = 1; i < r->survey->n; i++) {
        struct str type = book_cell(&r->survey->rows[i], r->columns[COLUMN_TYPE]);
        if (!str_eq(book_cell(&r->survey->rows[i], r->columns[COLUMN_NAME]), name))
            continue;
        (void)str_split(&type, ' ');
        type = str_trim(type);
        list = str_split(&type, ' ');
    }
    return list;
}

/* The id of the question above that the form names so; absent: there is none. */
static struct str id_of_name(const struct reader *r, struct str name)
{
    for (uint32_t i = r->x->n; i > 0; i--) {
        if (str_eq(r->names[i - 1], name))
            return r->x->items[i - 1].id;
    }
    return STR_NONE;
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
    id = id_of_name(r, id);
    return id.p == NULL ? STR_NONE
                        : arena_printf(r->x->arena, "%.*s =%.*s", STR_ARG(id), STR_ARG(options));
}

/* One of ". >= 0", ". < 11": the lowest and the highest number that it leaves. */
static bool read_bound(struct str text, int64_t *low, int64_t *high)
{
    static const struct {
        const char *sign;
        bool is_low;
        int64_t step;
    } rows[] = {{">=", true, 0}, {"<=", false, 0}, {">", true, 1}, {"<", false, -1}};
    double number;
    if (!cut_sign(&text, "."))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!cut_sign(&text, rows[i].sign))
            continue;
        if (!exchange_number(text, &number) || str_find_char(text, '.') != SIZE_MAX)
            return false;
        *(rows[i].is_low ? low : high) = (int64_t)number + rows[i].step;
        return true;
    }
    return false;
}

/* ". >= 0 and . <= 10" as "0..10"; absent: not understood. */
static struct str read_range(struct reader *r, struct str constraint)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (struct str rest = constraint; rest.p != NULL;) {
        size_t end = str_find(rest, STR(" and "));
        if (!read_bound(str_sub(rest, 0, end), &low, &high))
            return STR_NONE;
        rest = end != SIZE_MAX ? str_sub(rest, end + 5, rest.len) : STR_NONE;
    }
    return low == INT64_MAX || high == INT64_MIN
               ? STR_NONE
               : arena_printf(r->x->arena, "%" PRId64 "..%" PRId64, low, high);
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
    struct str rest = constraint;
    uint64_t max = 160;
    bool is_length = cut_sign(&rest, "string-length(.)") && cut_sign(&rest, "<=") &&
                     str_to_u64(rest, 1000, &max) == ERR_OK;
    item->answer = arena_printf(r->x->arena, "open %u", (unsigned)max);
    if (constraint.len > 0 && !is_length)
        exchange_lose(r->x, place(r, COLUMN_CONSTRAINT), constraint,
                      "a constraint is left out: 160 letters are taken", "write `= open 160`");
}

static void read_question(struct reader *r, struct str type, struct str list)
{
    exchange_need_heading(r->x, r->book->file, place(r, COLUMN_TYPE));
    struct exchange_item *item = exchange_add(r->x, EXCHANGE_QUESTION, place(r, COLUMN_NAME));
    if (item == NULL)
        return;
    r->names[item - r->x->items] = cell(r, COLUMN_NAME);
    item->id = exchange_id(r->x, cell(r, COLUMN_NAME), item->pos);
    item->title = exchange_line(r->x, cell(r, COLUMN_LABEL));
    if (str_is_empty(item->title))
        exchange_refuse(r->x, place(r, COLUMN_LABEL), item->id, "a question without words",
                        "write its label");
    if (cell(r, COLUMN_REQUIRED).len > 0 && !r->is_required_told) {
        exchange_lose(r->x, place(r, COLUMN_REQUIRED), cell(r, COLUMN_REQUIRED),
                      "whether a question must be answered is left out, here and below",
                      "who learns answers each question, but may skip those of a survey");
        r->is_required_told = true;
    }
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

/* Of what is always shown here. */
static void lose_condition(struct reader *r, const char *what)
{
    struct str condition = cell(r, COLUMN_RELEVANT);
    if (condition.len > 0)
        exchange_lose(r->x, place(r, COLUMN_RELEVANT), condition, what,
                      "write it at each question");
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
    lose_condition(r, "the condition of a group is left out");
}

static void read_note(struct reader *r)
{
    exchange_need_module(r->x, r->book->file, place(r, COLUMN_TYPE));
    lose_condition(r, "the condition of a note is left out");
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

/* "list or_other" has an option more, which asks for words. */
static struct str without_other(struct reader *r, struct str list)
{
    struct str rest = list, name = str_split(&rest, ' ');
    if (rest.p != NULL)
        exchange_lose(r->x, place(r, COLUMN_TYPE), str_trim(rest),
                      "what stands behind the name of the list is left out",
                      "add an option `Other` in `choices`");
    return name;
}

/* What a form fills in while it is filled in. */
static void lose_value(struct reader *r)
{
    struct str label = cell(r, COLUMN_LABEL);
    if (!r->has_keys && str_find(label, STR("${")) != SIZE_MAX)
        exchange_lose(r->x, place(r, COLUMN_LABEL), label,
                      "nothing is filled in here: ${...} is shown as it is",
                      "say it without the answer to an earlier question");
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
    lose_value(r);
    if (str_eq(word, STR("note")))
        return read_note(r);
    if (str_word_index("select_one|select_multiple", '|', word) >= 0)
        return read_question(r, word, without_other(r, list));
    if (str_word_index("integer|range|text", '|', word) >= 0)
        return read_question(r, word, STR(""));
    exchange_lose(r->x, place(r, COLUMN_TYPE), type,
                  "a row of a kind that phones do not have is left out",
                  "ask it with options, a number or a text");
}

static void read_survey(struct reader *r)
{
    for (int i = 0; i < N_COLUMNS; i++)
        r->columns[i] = find_column(r, r->survey, xlsform_headings[i]);
    for (int i = 0; i < N_CHOICES; i++)
        r->choice_columns[i] = r->choices != NULL
                                   ? find_column(r, r->choices, xlsform_choice_headings[i])
                                   : UINT32_MAX;
    if (r->choices != NULL && r->choice_columns[CHOICE_LIST] == UINT32_MAX)
        r->choice_columns[CHOICE_LIST] = find_column(r, r->choices, "list name");
    r->has_keys = r->columns[COLUMN_KIND] != UINT32_MAX;
    r->row = &r->survey->rows[0];
    if (r->columns[COLUMN_TYPE] == UINT32_MAX || r->columns[COLUMN_LABEL] == UINT32_MAX) {
        exchange_refuse(r->x, place(r, COLUMN_TYPE), STR_NONE,
                        "the first row of `survey` does not name the columns `type` and `label`",
                        "see xlsform.org");
        return;
    }
    lose_columns(r, r->survey, r->columns, N_COLUMNS);
    lose_columns(r, r->choices, r->choice_columns, N_CHOICES);
    for (uint32_t i = 1; i < r->survey->n && arena_error(r->x->arena) == ERR_OK; i++) {
        r->row = &r->survey->rows[i];
        if (cell(r, COLUMN_TYPE).len > 0)
            read_row(r);
    }
}

/* The form's own language; its other settings, and sheets of other tools, are told. */
static void read_settings(struct reader *r)
{
    static const char *const known[] = {"form_title", "form_id", "version", "default_language"};
    const struct book_sheet *settings = book_find(r->book, "settings");
    uint32_t columns[ARRAY_LEN(known)];
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        columns[i] = settings != NULL ? book_column(settings, known[i]) : UINT32_MAX;
    if (settings != NULL && settings->n > 1)
        r->language = book_cell(&settings->rows[1], columns[ARRAY_LEN(known) - 1]);
    lose_columns(r, settings, columns, ARRAY_LEN(known));
    for (uint32_t i = 0; i < r->book->n; i++) {
        const struct book_sheet *sheet = &r->book->sheets[i];
        if (sheet != settings && sheet != r->survey && sheet != r->choices && sheet->n > 1)
            exchange_lose(r->x, book_place(r->book, sheet, &sheet->rows[0], 0, r->x->arena),
                          sheet->name, "a sheet of another kind is left out",
                          "only `survey` and `choices` are read");
    }
}

void xlsform_read(struct exchange *x, struct str name, struct str text)
{
    struct book book;
    struct errmsg msg = {""};
    uint32_t first = x->n;
    enum err e = book_read_xlsx(name, text, x->arena, &book, &msg);
    struct reader r = {
        .x = x, .book = &book, .names = arena_new_array(x->arena, struct str, EXCHANGE_MAX_ITEMS)};
    if (r.names == NULL)
        return;
    if (e == ERR_OK) {
        r.survey = book_find(&book, "survey");
        r.choices = book_find(&book, "choices");
        read_settings(&r);
    }
    if (e == ERR_OK && r.survey != NULL && r.survey->n > 0)
        read_survey(&r);
    else
        exchange_refuse(x, (struct source_pos){.file = name}, STR_NONE,
                        e != ERR_OK ? msg.text : "no sheet `survey`: this is no XLSForm",
                        "save the form as .xlsx with an office program");
    exchange_refuse_unread(x, first);
}
