/*
 * A course as one table, for spreadsheets and scripts: a row for each module, lesson, screen,
 * question and option. It carries all that a module has but its comments.
 */
#include <string.h>

#include "lab/exchange/book.h"
#include "lab/exchange/exchange.h"
#include "lab/exchange/format.h"

enum column {
    COLUMN_KIND,
    COLUMN_ID,
    COLUMN_TEXT,
    COLUMN_RIGHT,
    EXCHANGE_COLUMNS(EXCHANGE_COLUMN) N_COLUMNS
};

static const char *const headings[N_COLUMNS + 1] = {"kind", "id", "text", "right",
                                                    EXCHANGE_COLUMNS(EXCHANGE_HEADING_OF) NULL};

/* ---- writing ---- */

static void write_parts(const struct exchange_item *item, struct book_sheet *sheet,
                        struct arena *arena)
{
    for (uint32_t i = 0; i < item->n_screens; i++) {
        struct str row[N_COLUMNS] = {
            [COLUMN_KIND] = STR("screen"), [COLUMN_TEXT] = item->screens[i]};
        (void)book_add_row(sheet, row, N_COLUMNS, arena); /* a course has fewer rows than a book */
    }
    for (uint32_t i = 0; i < item->n_options; i++) {
        const struct exchange_option *option = &item->options[i];
        struct str row[N_COLUMNS] = {[COLUMN_KIND] = STR("option"),
                                     [COLUMN_TEXT] = option->text,
                                     [COLUMN_RIGHT] = exchange_mark(option->mark),
                                     [COLUMN_FEEDBACK] = option->feedback};
        (void)book_add_row(sheet, row, N_COLUMNS, arena); /* as above */
    }
}

static struct str kind_of(const struct exchange_item *item)
{
    if (item->kind == EXCHANGE_HEADING)
        return item->is_story ? STR("story") : item->n_screens > 0 ? STR("lesson") : STR("group");
    return item->kind == EXCHANGE_MODULE ? STR("module") : STR("question");
}

static void fill(struct exchange *x, struct book *book)
{
    *book = (struct book){.n = 0};
    struct book_sheet *sheet = book_add_sheet(book, STR("course"), headings, x->arena);
    for (uint32_t i = 0; i < x->n && sheet != NULL; i++) {
        const struct exchange_item *item = &x->items[i];
        bool is_module = item->kind == EXCHANGE_MODULE;
        struct str row[N_COLUMNS] = {
            [COLUMN_KIND] = kind_of(item),
            [COLUMN_ID] = item->id,
            [COLUMN_TEXT] = item->title,
            [COLUMN_RIGHT] = is_module && !item->is_required ? STR("optional") : STR_NONE,
            [COLUMN_FEEDBACK] = item->feedback,
            [COLUMN_FEEDBACK_RIGHT] = item->right,
            [COLUMN_FEEDBACK_WRONG] = item->wrong,
            [COLUMN_ANSWER] = is_module ? item->module_kind : item->answer,
            [COLUMN_IF] = item->condition,
            [COLUMN_SOURCE] = item->source,
            [COLUMN_SUMMARY] = item->summary,
            [COLUMN_KEY_MESSAGE] = item->key_message,
            [COLUMN_GUIDE] = item->guide,
            [COLUMN_FORMS] = item->forms};
        (void)book_add_row(sheet, row, N_COLUMNS, x->arena); /* as above */
        write_parts(item, sheet, x->arena);
    }
}

static void write_csv(struct exchange *x, struct buf *out)
{
    struct book book;
    fill(x, &book);
    if (arena_error(x->arena) == ERR_OK)
        book_write_csv(&book, out);
}

static void write_xlsx(struct exchange *x, struct buf *out)
{
    struct book book;
    fill(x, &book);
    if (arena_error(x->arena) != ERR_OK || book_write_xlsx(&book, out) != ERR_OK)
        buf_reset(out); /* empty is no file: who writes it says so */
}

/* ---- reading ---- */

struct table {
    struct exchange *x;
    const struct book *book;
    const struct book_sheet *sheet;
    const struct book_row *row;
    uint32_t columns[N_COLUMNS];
};

static struct str cell(struct table *t, enum column column)
{
    return exchange_text(t->x, book_cell(t->row, t->columns[column]));
}

static struct str cell_or_none(struct table *t, enum column column)
{
    struct str text = cell(t, column);
    return text.len > 0 ? text : STR_NONE;
}

static struct source_pos place(struct table *t, enum column column)
{
    return book_place(t->book, t->sheet, t->row, t->columns[column], t->x->arena);
}

static struct exchange_item *last(struct table *t, enum exchange_kind kind)
{
    struct exchange_item *item = t->x->n > 0 ? &t->x->items[t->x->n - 1] : NULL;
    return item != NULL && item->kind == kind ? item : NULL;
}

static void read_option(struct table *t)
{
    struct exchange_item *question = last(t, EXCHANGE_QUESTION);
    struct str right = cell(t, COLUMN_RIGHT);
    int word = right.len == 0 ? 0 : str_word_index("|no|yes|x|1|0", '|', right);
    static const enum lesson_mark marks[] = {LESSON_MARK_NONE,  LESSON_MARK_OPEN,
                                             LESSON_MARK_RIGHT, LESSON_MARK_RIGHT,
                                             LESSON_MARK_RIGHT, LESSON_MARK_OPEN};
    if (question == NULL) {
        exchange_refuse(t->x, place(t, COLUMN_KIND), cell(t, COLUMN_TEXT),
                        "an option that stands under no question", "put it below its question");
        return;
    }
    if (word < 0) {
        exchange_refuse(t->x, place(t, COLUMN_RIGHT), right, "neither right nor not",
                        "write yes, no, or nothing where no option is right");
        return;
    }
    struct exchange_option *option =
        exchange_add_option(t->x, question, cell(t, COLUMN_TEXT), marks[word]);
    if (option != NULL)
        option->feedback = cell_or_none(t, COLUMN_FEEDBACK);
}

static void read_screen(struct table *t)
{
    struct exchange_item *lesson = last(t, EXCHANGE_HEADING);
    if (lesson != NULL)
        exchange_add_screen(t->x, lesson, cell(t, COLUMN_TEXT));
    else
        exchange_refuse(t->x, place(t, COLUMN_KIND), cell(t, COLUMN_TEXT),
                        "a screen that stands under no lesson", "put it below its lesson");
}

static void read_item(struct table *t, enum exchange_kind kind, bool is_story)
{
    if (kind == EXCHANGE_HEADING)
        exchange_need_module(t->x, t->book->file, place(t, COLUMN_KIND));
    if (kind == EXCHANGE_QUESTION)
        exchange_need_heading(t->x, t->book->file, place(t, COLUMN_KIND));
    struct exchange_item *item = exchange_add(t->x, kind, place(t, COLUMN_ID));
    if (item == NULL)
        return;
    item->title = exchange_line(t->x, cell(t, COLUMN_TEXT));
    struct str id = cell(t, COLUMN_ID);
    item->id = exchange_id(t->x, id.len > 0 ? id : item->title, item->pos);
    item->is_story = is_story;
    item->source = cell_or_none(t, COLUMN_SOURCE);
    if (kind == EXCHANGE_MODULE) {
        item->summary = cell_or_none(t, COLUMN_SUMMARY);
        item->key_message = cell_or_none(t, COLUMN_KEY_MESSAGE);
        item->guide = cell_or_none(t, COLUMN_GUIDE);
        item->forms = cell_or_none(t, COLUMN_FORMS);
        item->is_required = !str_eq(cell(t, COLUMN_RIGHT), STR("optional"));
        struct str module_kind = cell(t, COLUMN_ANSWER);
        item->module_kind = module_kind.len > 0 ? module_kind : STR("lessons");
        return;
    }
    item->answer = cell_or_none(t, COLUMN_ANSWER);
    item->condition = cell_or_none(t, COLUMN_IF);
    item->feedback = cell_or_none(t, COLUMN_FEEDBACK);
    item->right = cell_or_none(t, COLUMN_FEEDBACK_RIGHT);
    item->wrong = cell_or_none(t, COLUMN_FEEDBACK_WRONG);
}

static void read_row(struct table *t)
{
    struct str kind = cell(t, COLUMN_KIND);
    switch (str_word_index("module|lesson|story|group|question|option|screen", '|', kind)) {
    case 0:
        read_item(t, EXCHANGE_MODULE, false);
        break;
    case 1:
    case 3:
        read_item(t, EXCHANGE_HEADING, false);
        break;
    case 2:
        read_item(t, EXCHANGE_HEADING, true);
        break;
    case 4:
        read_item(t, EXCHANGE_QUESTION, false);
        break;
    case 5:
        read_option(t);
        break;
    case 6:
        read_screen(t);
        break;
    default:
        exchange_refuse(t->x, place(t, COLUMN_KIND), kind, "an unknown kind of row",
                        "write module, lesson, story, group, screen, question or option");
    }
}

static void read_book(struct exchange *x, const struct book *book)
{
    struct table t = {.x = x, .book = book, .sheet = &book->sheets[0]};
    if (book->n == 0 || t.sheet->n == 0)
        return exchange_refuse(x, (struct source_pos){.file = book->file}, STR_NONE,
                               "a table without rows", "`waypost lessons export` shows the form");
    for (int i = 0; i < N_COLUMNS; i++)
        t.columns[i] = book_column(t.sheet, headings[i]);
    t.row = &t.sheet->rows[0];
    if (t.columns[COLUMN_KIND] == UINT32_MAX || t.columns[COLUMN_TEXT] == UINT32_MAX)
        return exchange_refuse(x, place(&t, COLUMN_KIND), STR_NONE,
                               "the first row does not name the columns `kind` and `text`",
                               "`waypost lessons export` shows the form");
    for (uint32_t i = 0; i < t.row->n; i++) {
        bool is_known = str_trim(t.row->cells[i]).len == 0;
        for (int c = 0; c < N_COLUMNS; c++)
            is_known |= t.columns[c] == i;
        if (!is_known)
            exchange_lose(x, book_place(book, t.sheet, t.row, i, x->arena), t.row->cells[i],
                          "an unknown column is left out", "rename it, or keep it elsewhere");
    }
    for (uint32_t i = 1; i < t.sheet->n && arena_error(x->arena) == ERR_OK; i++) {
        t.row = &t.sheet->rows[i];
        bool is_empty = true;
        for (uint32_t c = 0; c < t.row->n; c++)
            is_empty &= str_trim(t.row->cells[c]).len == 0;
        if (!is_empty)
            read_row(&t);
    }
}

static void read_csv(struct exchange *x, struct str name, struct str text)
{
    struct book book;
    struct errmsg msg = {""};
    if (!exchange_is_text(x, name, text))
        return;
    if (book_read_csv(name, text, x->arena, &book, &msg) == ERR_OK)
        read_book(x, &book);
    else
        exchange_refuse(x, (struct source_pos){.file = name}, STR_NONE, msg.text, "split the file");
}

static void read_xlsx(struct exchange *x, struct str name, struct str text)
{
    struct book book;
    struct errmsg msg = {""};
    uint32_t first = x->n;
    if (book_read_xlsx(name, text, x->arena, &book, &msg) == ERR_OK)
        read_book(x, &book);
    else
        exchange_refuse(x, (struct source_pos){.file = name}, STR_NONE, msg.text,
                        "save it as .xlsx with an office program");
    exchange_refuse_unread(x, first);
}

const struct exchange_format exchange_csv = {
    .name = "csv", .suffix = ".csv", .write = write_csv, .read = read_csv};
const struct exchange_format exchange_xlsx = {
    .name = "xlsx", .suffix = ".xlsx", .is_binary = true, .write = write_xlsx, .read = read_xlsx};
