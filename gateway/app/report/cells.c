#include "app/report/cells.h"

#include "wire/csv.h"

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

static void add_csv(struct buf *line, struct str cell, bool is_text)
{
    csv_add_cell(line, cell, is_text && csv_is_formula(cell));
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
