#include "app/report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/report/cells.h"

#define N_TOP 5u
#define LONG_TEXT 24u /* bytes; such a column is not to be squeezed */
#define Z_95 1.959964

/* ---- rows ---- */

static int index_of(const struct database_column *columns, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++) {
        if (str_eq(columns[i].name, str_from(name)))
            return (int)i;
    }
    return -1;
}

static struct str cell_of(const struct report_table *t, const struct str *cells, const char *name)
{
    int i = name != NULL ? index_of(t->columns, t->n_columns, name) : -1;
    return i >= 0 ? cells[i] : STR_NONE;
}

static bool is_wanted(struct str wanted, const struct database_column *columns,
                      const struct str *cells, uint32_t n, const char *name)
{
    int i = index_of(columns, n, name);
    return str_is_empty(wanted) || i < 0 || str_eq(wanted, cells[i]);
}

bool report_is_asked(const struct report_ask *ask, const struct database_column *columns,
                     const struct str *cells, uint32_t n)
{
    return is_wanted(ask->organisation, columns, cells, n, "organisation") &&
           is_wanted(ask->course, columns, cells, n, "course") &&
           is_wanted(ask->value, columns, cells, n, "value");
}

static enum err on_columns(void *ctx, const struct database_column *columns, uint32_t n)
{
    struct report_table *t = ctx;
    t->columns = arena_new_array(t->arena, struct database_column, n + 1);
    t->n_columns = n;
    for (uint32_t i = 0; t->columns != NULL && i < n; i++)
        t->columns[i] =
            (struct database_column){arena_str(t->arena, columns[i].name), columns[i].type};
    return arena_error(t->arena);
}

static void choose(struct report_table *t, struct report_choices *choices, struct str value)
{
    for (uint32_t i = 0; i < choices->n; i++) {
        if (str_eq(choices->list[i], value))
            return;
    }
    if (choices->n < REPORT_MAX_CHOICES && !str_is_empty(value))
        choices->list[choices->n++] = arena_str(t->arena, value);
}

static enum err on_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct report_table *t = ctx;
    choose(t, t->organisations, cell_of(t, cells, "organisation"));
    choose(t, t->courses, cell_of(t, cells, "course"));
    if ((t->panel->takes & REPORT_BY) != 0 && t->panel->by_instead == NULL)
        choose(t, t->values, cell_of(t, cells, "value"));
    if (!report_is_asked(t->ask, t->columns, cells, n) ||
        (t->panel->only != NULL && !str_eq(cell_of(t, cells, t->panel->only), STR("t"))))
        return arena_error(t->arena);
    if (t->n_rows == REPORT_MAX_ROWS) {
        t->is_cut = true;
        return arena_error(t->arena);
    }
    struct report_row *row = arena_new_array(t->arena, struct report_row, 1);
    struct str *copies = arena_new_array(t->arena, struct str, n + 1);
    for (uint32_t i = 0; row != NULL && copies != NULL && i < n; i++)
        copies[i] = cells[i].p != NULL ? arena_str(t->arena, cells[i]) : STR_NONE;
    if (arena_error(t->arena) != ERR_OK)
        return arena_error(t->arena);
    row->cells = copies;
    if (t->last != NULL)
        t->last->next = row;
    else
        t->first = row;
    t->last = row;
    t->n_rows++;
    return ERR_OK;
}

struct database_rows report_table_rows(struct report_table *t)
{
    return (struct database_rows){.on_columns = on_columns, .on_row = on_row, .ctx = t};
}

/* ---- what is asked ---- */

static void add_member(struct buf *out, bool *is_next, const char *name, struct str value)
{
    if (str_is_empty(value))
        return;
    buf_add_str(out, *is_next ? STR(",") : STR(""));
    buf_add_json(out, str_from(name));
    buf_add_char(out, ':');
    buf_add_json(out, value);
    *is_next = true;
}

static struct str by_of(const struct report_panel *panel, const struct report_ask *ask)
{
    bool is_said = !str_is_empty(ask->by) && !str_eq(ask->by, STR("all"));
    return panel->by_instead != NULL && !is_said ? str_from(panel->by_instead) : ask->by;
}

void report_add_arguments(const struct report_panel *panel, const struct report_ask *ask,
                          struct buf *out)
{
    bool is_next = false;
    struct str by = by_of(panel, ask);
    buf_add_char(out, '{');
    if ((panel->takes & REPORT_GRAIN) != 0)
        add_member(out, &is_next, "grain", ask->grain);
    if ((panel->takes & REPORT_BY) != 0)
        add_member(out, &is_next, "by", by);
    if ((panel->takes & REPORT_DAYS) != 0) {
        add_member(out, &is_next, "from", ask->from);
        add_member(out, &is_next, "to", ask->to);
    }
    buf_add_char(out, '}');
}

/* ---- cells ---- */

static bool to_number(struct str cell, double *ret)
{
    if (cell.p == NULL)
        return false;
    *ret = strtod(cell.p, NULL);
    return true;
}

/* A dash is for a figure that there is not: nothing to count, or a rate of what is hidden. */
static void add_nothing(struct buf *out)
{
    buf_add_str(out, STR("<span title=\"no figure\">-</span>"));
}

static void add_range(struct buf *out, bool is_there, double low, double high, int digits)
{
    if (is_there)
        buf_addf(out, "%.*f to %.*f", digits, low, digits, high);
    else
        add_nothing(out);
}

void report_add_between(const struct report_table *t, const struct report_column *column,
                        const struct str *cells, struct buf *out)
{
    struct str low = cell_of(t, cells, column->first), high = cell_of(t, cells, column->second);
    if (low.p == NULL || high.p == NULL) {
        add_nothing(out);
        return;
    }
    buf_add_html(out, low);
    buf_add_str(out, STR(" to "));
    buf_add_html(out, high);
}

void report_add_around(const struct report_table *t, const struct report_column *column,
                       const struct str *cells, struct buf *out)
{
    double middle = 0, more = 0;
    bool is_there = to_number(cell_of(t, cells, column->first), &middle) &&
                    to_number(cell_of(t, cells, column->second), &more);
    add_range(out, is_there, middle - more, middle + more, 2);
}

void report_add_wilson(const struct report_table *t, const struct report_column *column,
                       const struct str *cells, struct buf *out)
{
    double part = 0, all = 0;
    bool is_there = to_number(cell_of(t, cells, column->first), &part) &&
                    to_number(cell_of(t, cells, column->second), &all) && all > 0 && part <= all &&
                    cell_of(t, cells, column->rate).p != NULL;
    double p = is_there ? part / all : 0, n = is_there ? all : 1, z2 = Z_95 * Z_95;
    double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
    add_range(out, is_there, 100 * fmax(0, middle - half), 100 * fmin(1, middle + half), 1);
}

/* ---- the table ---- */

/* What rows are about stands in the table where they differ in it, or where it was asked for. */
static bool has_several(const struct report_table *t, int column)
{
    for (const struct report_row *row = t->first; row != NULL; row = row->next) {
        if (!str_eq(row->cells[column], t->first->cells[column]))
            return true;
    }
    return false;
}

/* The report's column behind a column of the table; -1: it is made of others; -2: not shown. */
static int place_of(const struct report_table *t, const struct report_column *column)
{
    static const char *const about[] = {"organisation", "course", "version", "value",
                                        "period_start"};
    if (column->name == NULL)
        return -1;
    int i = index_of(t->columns, t->n_columns, column->name);
    for (size_t k = 0; i >= 0 && k < ARRAY_LEN(about); k++) {
        if (strcmp(about[k], column->name) == 0)
            return has_several(t, i) ||
                           (k >= 3 && t->first != NULL && !str_eq(t->first->cells[i], STR("all")) &&
                            t->first->cells[i].p != NULL)
                       ? i
                       : -2;
    }
    return i >= 0 ? i : -2;
}

static void add_heading(const struct report_table *t, const struct report_column *column, int place,
                        struct buf *out)
{
    bool is_number = place < 0 || report_is_number(&t->columns[place]);
    buf_addf(out, "<th scope=\"col\"%s%s", is_number ? " class=\"n\"" : "",
             column->is_plotted ? " data-plot" : "");
    if (column->name != NULL)
        buf_addf(out, " data-column=\"%s\"", column->name);
    buf_add_char(out, '>');
    buf_add_html(out, str_from(column->heading));
    buf_add_str(out, STR("</th>"));
}

static void add_cell(struct report_table *t, const struct report_column *column, int place,
                     const struct str *cells, bool is_first, struct buf *out)
{
    bool is_number = place < 0 || report_is_number(&t->columns[place]);
    bool is_hidden = place >= 0 && report_is_hidden(&t->columns[place], cells[place]);
    const char *end = is_first ? "</th>" : "</td>";
    struct str text = place >= 0 ? report_shown(&t->columns[place], cells[place]) : STR_NONE;
    buf_addf(out, "%s%s>", is_first ? "<th scope=\"row\"" : "<td",
             is_hidden              ? " class=\"n hidden-cell\""
             : is_number            ? " class=\"n\""
             : text.len > LONG_TEXT ? " class=\"long\" dir=\"auto\""
                                    : "");
    t->n_hidden += is_hidden ? 1 : 0;
    if (column->add != NULL)
        column->add(t, column, cells, out);
    else if (text.p != NULL)
        buf_add_html(out, text);
    else
        add_nothing(out);
    buf_add_str(out, str_from(end));
}

static void add_row(struct report_table *t, const int *places, const struct report_row *row,
                    struct buf *out)
{
    bool is_first = true;
    buf_add_str(out, STR("<tr>"));
    for (uint32_t i = 0; i < t->panel->n_columns; i++) {
        if (places[i] == -2)
            continue;
        add_cell(t, &t->panel->columns[i], places[i], row->cells, is_first, out);
        is_first = false;
    }
    buf_add_str(out, STR("</tr>\n"));
}

/* The row with the most of the column behind what was taken before, or NULL. */
static const struct report_row *next_top(const struct report_table *t,
                                         const struct report_row *before)
{
    const struct report_row *best = NULL;
    double limit = 0, most = 0, value = 0;
    bool is_behind = before == NULL; /* of those that are equal, the later one in the list */
    if (before != NULL)
        (void)to_number(cell_of(t, before->cells, t->panel->top), &limit); /* it had one */
    for (const struct report_row *row = t->first; row != NULL; row = row->next) {
        if (row == before) {
            is_behind = true;
            continue;
        }
        if (!to_number(cell_of(t, row->cells, t->panel->top), &value) || value <= 0 ||
            (before != NULL && (value > limit || (value >= limit && !is_behind))))
            continue;
        if (best == NULL || value > most) {
            best = row;
            most = value;
        }
    }
    return best;
}

static void add_rows(struct report_table *t, const int *places, struct buf *out)
{
    if (t->panel->top == NULL) {
        for (const struct report_row *row = t->first; row != NULL; row = row->next)
            add_row(t, places, row, out);
        return;
    }
    const struct report_row *row = NULL;
    for (uint32_t i = 0; i < N_TOP && (row = next_top(t, row)) != NULL; i++)
        add_row(t, places, row, out);
}

static void add_notes(const struct report_table *t, struct buf *out)
{
    struct str by = by_of(t->panel, t->ask);
    if ((t->panel->takes & REPORT_BY) != 0 && !str_is_empty(by) && !str_eq(by, STR("all")))
        buf_add_str(out, STR("<p class=\"note\">A group that is not in the table has fewer than 5 "
                             "people, or would give such a number away: that is no zero.</p>\n"));
    if (t->n_hidden > 0)
        buf_add_str(out, STR("<p class=\"note\"><strong>" REPORT_HIDDEN
                             "</strong>: fewer than 5 people, or a figure from which such a number "
                             "could be found. Do not add up what is left.</p>\n"));
    if (t->is_cut)
        buf_addf(out, "<p class=\"note\">The first %u rows; the CSV has all of them.</p>\n",
                 REPORT_MAX_ROWS);
}

void report_table_add(const struct report_table *table, struct buf *out)
{
    struct report_table copy = *table, *t = &copy;
    int *places = arena_new_array(t->arena, int, t->panel->n_columns + 1);
    if (places == NULL || t->first == NULL ||
        (t->panel->top != NULL && next_top(t, NULL) == NULL)) {
        buf_add_str(out,
                    STR("<p>Nothing to show: there are no such people yet, or groups so small that "
                        "their figures are hidden. That does not say that there is nobody.</p>\n"));
        return;
    }
    for (uint32_t i = 0; i < t->panel->n_columns; i++)
        places[i] = place_of(t, &t->panel->columns[i]);
    if (t->panel->chart != NULL)
        buf_addf(out, "<div class=\"chart\" data-chart=\"%s\" data-unit=\"%s\"></div>\n",
                 t->panel->chart, t->panel->unit);
    buf_addf(out,
             "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"%s\">\n<table "
             "data-report=\"%s\">\n<thead><tr>",
             t->panel->id, t->panel->report);
    for (uint32_t i = 0; i < t->panel->n_columns; i++) {
        if (places[i] != -2)
            add_heading(t, &t->panel->columns[i], places[i], out);
    }
    buf_add_str(out, STR("</tr></thead>\n<tbody>\n"));
    add_rows(t, places, out);
    buf_add_str(out, STR("</tbody>\n</table>\n</div>\n"));
    add_notes(t, out);
}
