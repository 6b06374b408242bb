/*
 * cells.h: how the cells of a report are written, wherever they are (`waypost report`, the pages
 * under /report/), so that all say the same.
 */
#pragma once

#include "port/database/database.h"

/* What stands for a count that must not be seen. */
#define REPORT_HIDDEN "hidden"

bool report_is_number(const struct database_column *column);
/* An empty count of a report is one that may not be seen (sql/README.md). */
bool report_is_hidden(const struct database_column *column, struct str cell);
/* For people's eyes; absent for a cell that is empty. */
struct str report_shown(const struct database_column *column, struct str cell);
/* A line of RFC 4180; cells NULL: the columns' names. A text that a spreadsheet would take for a
 * formula gets an apostrophe in front. */
void report_add_csv(struct buf *line, const struct database_column *columns, uint32_t n,
                    const struct str *cells);
