/*
 * month.h: the month as one printable HTML page, made from the rows of report.month(): what
 * is said, and in which language, is all there (sql/README.md); here is only how it looks.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define REPORT_MONTH_MAX_ROWS 400u

struct report_month_row {
    struct str kind, label, value;
};

/* Rows of one organisation, in their order. is_served: by /report/month, which has the style beside
 * it; else it is inside. The buf's error when the page is too long for it. */
enum err report_month_write(const struct report_month_row *rows, uint32_t n, bool is_served,
                            struct buf *out) MUST_CHECK;
