/*
 * report_out.h: how an answer of the database is written: an aligned table for the eyes, or csv,
 * xlsx, ndjson and dhis2 for other programs. A row arrives, is written, and is forgotten; only the
 * aligned table waits for all of them, because it wants to know how wide they are.
 *
 *     struct report_out out = {.format = report_format_find(STR("csv")), .path = NULL};
 *     struct database_rows rows = report_out_rows(&out);
 *     enum err e = report_out_end(&out, database_stream(db, sql, &rows, &out.msg));
 */
#pragma once

#include <stdio.h>

#include "port/database/database.h"
#include "port/sheet.h"

#define REPORT_TABLE_BYTES (8u << 20) /* an aligned table is no longer */

struct report_out;

struct report_format {
    const char *name; /* as --format says it, and how a file's name ends */
    bool needs_file;
    enum err (*begin)(struct report_out *out);
    enum err (*row)(struct report_out *out, const struct str *cells);
    enum err (*end)(struct report_out *out);
};

struct report_out {
    const struct report_format *format;
    const char *path;  /* NULL: standard output */
    const char *title; /* of a sheet */
    bool has_bom;      /* csv: for programs that take a file without one for something else */
    bool is_quiet;     /* no progress on stderr */
    /* below: report_out.c's own; all zero at first */
    FILE *file;
    struct sheet *sheet;
    struct arena *arena; /* of the columns' names and the aligned table */
    struct database_column *columns;
    uint32_t n_columns;
    uint64_t n_rows;
    struct report_line *first, *last; /* of the aligned table */
    struct errmsg msg;                /* what went wrong, if anything */
};

/* NULL for no such format; absent: the aligned table. */
const struct report_format *report_format_find(struct str name);
struct database_rows report_out_rows(struct report_out *out);
/* Writes what is left and closes; e: what database_stream said. Returns it, or what failed here,
 * with words in out->msg. */
enum err report_out_end(struct report_out *out, enum err e) MUST_CHECK;
