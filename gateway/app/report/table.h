/*
 * table.h: a report on a page: which of its columns are shown under which words, and the rows as a
 * table. Which reports there are on which page is told in panels.c.
 */
#pragma once

#include "base/arena.h"
#include "port/database/database.h"

#define REPORT_MAX_ROWS 1000u /* of one table on a page; the CSV has all of them */
#define REPORT_MAX_CHOICES 64u

/* What a page is asked for; absent or "all" where it is not said. */
struct report_ask {
    struct str grain, by, value, organisation, course, from, to;
};

struct report_table;

struct report_column {
    const char *name; /* in the report */
    const char *heading;
    bool is_plotted;
    /* How a cell is written; NULL: as it is. first and second are columns of the report. */
    void (*add)(const struct report_table *t, const struct report_column *column,
                const struct str *cells, struct buf *out);
    const char *first, *second, *rate;
};

enum report_takes { REPORT_GRAIN = 1, REPORT_BY = 2, REPORT_DAYS = 4 };

struct report_panel {
    const char *report; /* schema report */
    const char *id;     /* on the page, and of its CSV */
    const char *title, *words;
    unsigned takes;         /* of enum report_takes */
    const char *by_instead; /* of "all", where the report needs a property */
    const char *chart;      /* report.js: time, bars or steps; NULL: none */
    const char *unit;       /* of what is plotted */
    const char *top;        /* only the five rows with the most of this column ... */
    const char *only;       /* ... of those where this one is true */
    const struct report_column *columns;
    uint32_t n_columns;
};

struct report_row {
    struct report_row *next;
    struct str *cells;
};

/* Values of a column that a page may be limited to. */
struct report_choices {
    struct str list[REPORT_MAX_CHOICES];
    uint32_t n;
};

struct report_table {
    const struct report_panel *panel;
    const struct report_ask *ask;
    struct arena *arena;
    struct report_choices *values, *organisations, *courses; /* of a whole page */
    /* below: table.c's own; all zero at first */
    struct database_column *columns;
    uint32_t n_columns;
    struct report_row *first, *last;
    uint32_t n_rows, n_hidden;
    bool is_cut; /* there are more rows */
};

/* Takes a response of the database, as far as it is asked for. ERR_TOO_LONG: past the arena. */
struct database_rows report_table_rows(struct report_table *t);
/* The arguments of report.query(): a JSON object. */
void report_add_arguments(const struct report_panel *panel, const struct report_ask *ask,
                          struct buf *out);
/* Whether a row is one that is asked for, by its columns of what it is about. */
bool report_is_asked(const struct report_ask *ask, const struct database_column *columns,
                     const struct str *cells, uint32_t n);
/* A figure with the chart's place, the table, and what hidden cells mean. */
void report_table_add(const struct report_table *t, struct buf *out);

/* ---- for struct report_column ---- */

/* "37.8 to 70.8", of two columns. */
void report_add_between(const struct report_table *t, const struct report_column *column,
                        const struct str *cells, struct buf *out);
/* The same around a figure: first is the figure, second its plus or minus. */
void report_add_around(const struct report_table *t, const struct report_column *column,
                       const struct str *cells, struct buf *out);
/* The same of a share in percent, by Wilson, where the report has none: first of second, beside the
 * column of the rate, without which there is none. */
void report_add_wilson(const struct report_table *t, const struct report_column *column,
                       const struct str *cells, struct buf *out);
