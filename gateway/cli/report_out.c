#include "cli/report_out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/report/cells.h"
#include "base/arena.h"
#include "base/plain.h"
#include "core/utf8.h"

#define PROGRESS_ROWS 5000u

static enum err keep_written(struct report_out *out, const struct buf *bytes)
{
    struct str s = buf_str(bytes);
    if (buf_error(bytes) == ERR_OK && fwrite(s.p, 1, s.len, out->file) == s.len)
        return ERR_OK;
    return errmsg_set(&out->msg, ERR_IO, "%s: %s", out->path != NULL ? out->path : "output",
                      strerror(errno));
}

#define LINE_MAX_BYTES (4u << 20)

/* ---- csv: RFC 4180 ---- */

static enum err csv_line(struct report_out *out, const struct str *cells)
{
    struct buf line CLEANUP(buf_fini);
    buf_init(&line, LINE_MAX_BYTES);
    if (cells == NULL && out->has_bom)
        buf_add_str(&line, STR("\xef\xbb\xbf"));
    report_add_csv(&line, out->columns, out->n_columns, cells);
    return keep_written(out, &line);
}

static enum err csv_begin(struct report_out *out)
{
    return csv_line(out, NULL);
}

/* ---- ndjson: an object a line; what may not be seen is null ---- */

static void add_json_cell(struct buf *line, const struct database_column *column, struct str cell)
{
    if (cell.p == NULL)
        buf_add_str(line, STR("null"));
    else if (column->type == DATABASE_TRUTH)
        buf_add_str(line, str_eq(cell, STR("t")) ? STR("true") : STR("false"));
    else if (column->type == DATABASE_JSON)
        buf_add_str(line, cell);
    else if (report_is_number(column) && strspn(cell.p, "-0123456789.e+") == cell.len)
        buf_add_str(line, cell);
    else
        buf_add_json(line, cell);
}

static void add_json_object(struct buf *line, const struct report_out *out, const struct str *cells)
{
    for (uint32_t i = 0; i < out->n_columns; i++) {
        buf_add_char(line, i == 0 ? '{' : ',');
        buf_add_json(line, out->columns[i].name);
        buf_add_char(line, ':');
        add_json_cell(line, &out->columns[i], cells[i]);
    }
    buf_add_char(line, '}');
}

/* A column of JSON that stands alone is the line. */
static enum err ndjson_row(struct report_out *out, const struct str *cells)
{
    struct buf line CLEANUP(buf_fini);
    buf_init(&line, LINE_MAX_BYTES);
    if (out->n_columns == 1 && out->columns[0].type == DATABASE_JSON)
        add_json_cell(&line, &out->columns[0], cells[0]);
    else
        add_json_object(&line, out, cells);
    buf_add_char(&line, '\n');
    return keep_written(out, &line);
}

/* ---- dhis2: one object, as its dataValueSets takes it ---- */

static enum err write_text(struct report_out *out, const char *text)
{
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, 64);
    buf_add_str(&bytes, str_from(text));
    return keep_written(out, &bytes);
}

static enum err dhis2_begin(struct report_out *out)
{
    return write_text(out, "{\"dataValues\":[");
}

static enum err dhis2_row(struct report_out *out, const struct str *cells)
{
    struct buf line CLEANUP(buf_fini);
    buf_init(&line, LINE_MAX_BYTES);
    buf_add_str(&line, out->n_rows == 1 ? STR("\n") : STR(",\n"));
    add_json_object(&line, out, cells);
    return keep_written(out, &line);
}

static enum err dhis2_end(struct report_out *out)
{
    return write_text(out, "\n]}\n");
}

static enum err nothing(struct report_out *out)
{
    (void)out;
    return ERR_OK;
}

/* ---- xlsx ---- */

static enum err xlsx_begin(struct report_out *out)
{
    enum err e = sheet_new(out->path, out->title, &out->sheet, &out->msg);
    for (uint32_t i = 0; e == ERR_OK && i < out->n_columns; i++)
        sheet_heading(out->sheet, i, out->columns[i].name);
    return e;
}

static void xlsx_cell(struct sheet *sheet, uint32_t i, const struct database_column *column,
                      struct str cell)
{
    if (report_is_hidden(column, cell))
        sheet_hidden(sheet, i, STR(REPORT_HIDDEN));
    else if (cell.p == NULL)
        return;
    else if (report_is_number(column))
        sheet_number(sheet, i, strtod(cell.p, NULL));
    else if (column->type == DATABASE_DATE)
        sheet_date(sheet, i, cell);
    else
        sheet_text(sheet, i, report_shown(column, cell));
}

static enum err xlsx_row(struct report_out *out, const struct str *cells)
{
    if (sheet_next(out->sheet) != ERR_OK)
        return errmsg_set(&out->msg, ERR_TOO_LONG,
                          "a sheet holds %u rows; take fewer (--from, --to) or --format csv",
                          SHEET_MAX_ROWS - 1);
    for (uint32_t i = 0; i < out->n_columns; i++)
        xlsx_cell(out->sheet, i, &out->columns[i], cells[i]);
    return ERR_OK;
}

static enum err xlsx_end(struct report_out *out)
{
    struct sheet *sheet = out->sheet;
    struct errmsg words = {""};
    out->sheet = NULL;
    enum err e = sheet != NULL ? sheet_save(sheet, &words) : ERR_OK;
    return e == ERR_OK ? e : errmsg_set(&out->msg, e, "%s: %s", out->path, words.text);
}

/* ---- the aligned table ---- */

struct report_line {
    struct report_line *next;
    struct str *cells;
};

/* A cell is one line of a terminal at most. */
static struct str plain(struct arena *arena, struct str cell)
{
    char *copy = arena_new_array(arena, char, cell.len + 1);
    if (copy == NULL)
        return STR_NONE;
    memcpy(copy, cell.p, cell.len);
    plain_make(copy, cell.len, false);
    return (struct str){copy, cell.len};
}

static enum err table_keep(struct report_out *out, const struct str *cells)
{
    struct report_line *line = arena_new_array(out->arena, struct report_line, 1);
    struct str *copies = arena_new_array(out->arena, struct str, out->n_columns + 1);
    for (uint32_t i = 0; line != NULL && copies != NULL && i < out->n_columns; i++) {
        struct str cell =
            cells != NULL ? report_shown(&out->columns[i], cells[i]) : out->columns[i].name;
        copies[i] = cell.p != NULL ? plain(out->arena, cell) : STR("-");
    }
    if (arena_error(out->arena) != ERR_OK)
        return errmsg_set(&out->msg, ERR_TOO_LONG,
                          "more than %" PRIu64 " rows are too many to show; `waypost report "
                          "export` writes them into a file",
                          out->n_rows);
    line->cells = copies;
    if (out->last != NULL)
        out->last->next = line;
    else
        out->first = line;
    out->last = line;
    return ERR_OK;
}

static enum err table_begin(struct report_out *out)
{
    return table_keep(out, NULL);
}

static void add_spaces(struct buf *line, size_t n)
{
    while (n-- > 0)
        buf_add_char(line, ' ');
}

static void add_aligned(struct buf *line, struct str cell, size_t width, bool is_right)
{
    size_t missing = width - utf8_count(cell);
    if (is_right)
        add_spaces(line, missing);
    buf_add_str(line, cell);
    if (!is_right)
        add_spaces(line, missing);
}

static enum err table_end(struct report_out *out)
{
    size_t *widths = arena_new_array(out->arena, size_t, out->n_columns + 1);
    enum err e = widths != NULL ? ERR_OK : errmsg_set(&out->msg, ERR_NO_MEMORY, "out of memory");
    for (struct report_line *l = out->first; e == ERR_OK && l != NULL; l = l->next) {
        for (uint32_t i = 0; i < out->n_columns; i++) {
            size_t width = utf8_count(l->cells[i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    for (struct report_line *l = out->first; e == ERR_OK && l != NULL; l = l->next) {
        struct buf line CLEANUP(buf_fini);
        buf_init(&line, LINE_MAX_BYTES);
        for (uint32_t i = 0; i < out->n_columns; i++) {
            if (i > 0)
                add_spaces(&line, 2);
            add_aligned(&line, l->cells[i], widths[i], report_is_number(&out->columns[i]));
        }
        while (line.len > 0 && line.p[line.len - 1] == ' ')
            line.p[--line.len] = '\0';
        buf_add_char(&line, '\n');
        e = keep_written(out, &line);
    }
    return e;
}

/* ---- all of them ---- */

static const struct report_format formats[] = {
    {"table", false, table_begin, table_keep, table_end},
    {"csv", false, csv_begin, csv_line, nothing},
    {"xlsx", true, xlsx_begin, xlsx_row, xlsx_end},
    {"ndjson", false, nothing, ndjson_row, nothing},
    {"dhis2", false, dhis2_begin, dhis2_row, dhis2_end},
};

const struct report_format *report_format_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (name.p == NULL || str_eq(name, str_from(formats[i].name)))
            return &formats[i];
    }
    return NULL;
}

static enum err open_file(struct report_out *out)
{
    out->file = stdout;
    if (out->path == NULL || out->format->needs_file)
        return ERR_OK;
    out->file = fopen(out->path, "we");
    return out->file != NULL ? ERR_OK
                             : errmsg_set(&out->msg, ERR_IO, "%s: %s", out->path, strerror(errno));
}

static enum err on_columns(void *ctx, const struct database_column *columns, uint32_t n)
{
    struct report_out *out = ctx;
    out->arena = arena_new(REPORT_TABLE_BYTES);
    out->columns = arena_new_array(out->arena, struct database_column, n + 1);
    out->n_columns = n;
    for (uint32_t i = 0; out->columns != NULL && i < n; i++)
        out->columns[i] =
            (struct database_column){arena_str(out->arena, columns[i].name), columns[i].type};
    if (arena_error(out->arena) != ERR_OK)
        return errmsg_set(&out->msg, ERR_TOO_LONG, "too many columns");
    enum err e = open_file(out);
    return e == ERR_OK ? out->format->begin(out) : e;
}

static enum err on_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct report_out *out = ctx;
    (void)n;
    out->n_rows++;
    if (!out->is_quiet && out->n_rows % PROGRESS_ROWS == 0 && isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%" PRIu64 " row%s", out->n_rows, str_s(out->n_rows));
    return out->format->row(out, cells);
}

struct database_rows report_out_rows(struct report_out *out)
{
    return (struct database_rows){.on_columns = on_columns, .on_row = on_row, .ctx = out};
}

enum err report_out_end(struct report_out *out, enum err e)
{
    if (e == ERR_OK || out->sheet != NULL) { /* a sheet is closed in any case */
        enum err end = out->format->end(out);
        e = e == ERR_OK ? end : e;
    }
    if (out->file != NULL && (out->file == stdout ? fflush(out->file) : fclose(out->file)) != 0 &&
        e == ERR_OK)
        e = errmsg_set(&out->msg, ERR_IO, "%s: %s", out->path != NULL ? out->path : "output",
                       strerror(errno));
    arena_free(out->arena);
    if (!out->is_quiet && out->n_rows >= PROGRESS_ROWS && isatty(STDERR_FILENO))
        (void)fputs("\r", stderr);
    return e;
}
