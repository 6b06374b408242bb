#include "app/report/cells.h"

#include <string.h>

bool report_is_number(const struct database_column *column)
{
    return column->type == DATABASE_COUNT || column->type == DATABASE_NUMBER;
}

bool report_is_hidden(const struct database_column *column, struct str cell)
{
    return column->type == DATABASE_COUNT && cell.p == NULL;
}

struct str report_shown(const struct database_column *column, struct str cell)
{
    if (report_is_hidden(column, cell))
        return STR(REPORT_HIDDEN);
    if (column->type == DATABASE_TRUTH && cell.p != NULL)
        return str_eq(cell, STR("t")) ? STR("yes") : STR("no");
    return cell;
}

/* What a spreadsheet may take for a formula: by OWASP's list, which has the wide forms of East
 * Asian scripts, too. */
static bool is_formula(struct str cell)
{
    static const char *const begins[] = {"=",  "+",      "-",      "@",      "\t",    "\r",
                                         "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        if (str_starts(cell, str_from(begins[i])))
            return true;
    }
    return false;
}

static void add_csv(struct buf *line, struct str cell, bool is_text)
{
    bool is_defused = is_text && is_formula(cell);
    bool is_quoted = is_defused;
    for (size_t i = 0; i < cell.len && !is_quoted; i++)
        is_quoted = strchr(",\"\r\n", cell.p[i]) != NULL && cell.p[i] != '\0';
    is_quoted = is_quoted || (cell.len > 0 && (cell.p[0] == ' ' || cell.p[cell.len - 1] == ' '));
    if (is_quoted)
        buf_add_char(line, '"');
    if (is_defused)
        buf_add_char(line, '\'');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.p[i] == '"')
            buf_add_char(line, '"');
        buf_add_char(line, cell.p[i]);
    }
    if (is_quoted)
        buf_add_char(line, '"');
}

void report_add_csv(struct buf *line, const struct database_column *columns, uint32_t n,
                    const struct str *cells)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            buf_add_char(line, ',');
        if (cells == NULL)
            add_csv(line, columns[i].name, true);
        else
            add_csv(line, report_shown(&columns[i], cells[i]), columns[i].type == DATABASE_TEXT);
    }
    buf_add_str(line, STR("\r\n"));
}
