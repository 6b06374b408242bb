/* Each format that a report can be written in, from the same rows: what a spreadsheet, a script and
 * a person get to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "cli/report_out.h"
#include "lab/exchange/book.h"
#include "port/file.h"
#include "port/sheet.h"

static char path[] = "/tmp/waypost-report-XXXXXX";

static const struct database_column columns[] = {
    {{"group", 5}, DATABASE_TEXT}, {{"asked", 5}, DATABASE_COUNT}, {{"rate", 4}, DATABASE_NUMBER},
    {{"day", 3}, DATABASE_DATE},   {{"open", 4}, DATABASE_TRUTH},  {{"more", 4}, DATABASE_JSON}};

/* The second row has a count that may not be seen, and nothing else but its name. */
static const struct str rows[][ARRAY_LEN(columns)] = {
    {{"=1+1", 4}, {"12", 2}, {"-0.5", 4}, {"2026-12-01", 10}, {"t", 1}, {"[1]", 3}},
    {{"Säo, \"B\"", 9}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}},
    {{"x ", 2}, {"7", 1}, {"NaN", 3}, {"1899-12-31", 10}, {"f", 1}, {"{}", 2}},
};

/* Writes the first n_columns of all rows; false where it is refused. */
static bool write_all(const char *format, const char *to, bool has_bom, uint32_t n_columns,
                      struct report_out *ret)
{
    *ret = (struct report_out){.format = report_format_find(str_from(format)),
                               .path = to,
                               .title = "people",
                               .has_bom = has_bom,
                               .is_quiet = true};
    struct database_rows taker = report_out_rows(ret);
    enum err e = taker.on_columns(taker.ctx, columns, n_columns);
    for (size_t i = 0; e == ERR_OK && i < ARRAY_LEN(rows); i++)
        e = taker.on_row(taker.ctx, rows[i], n_columns);
    return report_out_end(ret, e) == ERR_OK;
}

static void each_format_says_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        bool has_bom;
        uint32_t n_columns;
        const char *text;
    } cases[] = {
        {"csv", false, 6,
         "group,asked,rate,day,open,more\r\n"
         "\"'=1+1\",12,-0.5,2026-12-01,yes,[1]\r\n"
         "\"Säo, \"\"B\"\"\",hidden,,,,\r\n"
         "\"x \",7,NaN,1899-12-31,no,{}\r\n"},
        {"csv", true, 1, "\xef\xbb\xbfgroup\r\n\"'=1+1\"\r\n\"Säo, \"\"B\"\"\"\r\n\"x \"\r\n"},
        {"ndjson", false, 6,
         "{\"group\":\"=1+1\",\"asked\":12,\"rate\":-0.5,\"day\":\"2026-12-01\",\"open\":true,"
         "\"more\":[1]}\n"
         "{\"group\":\"Säo, \\\"B\\\"\",\"asked\":null,\"rate\":null,\"day\":null,\"open\":null,"
         "\"more\":null}\n"
         "{\"group\":\"x \",\"asked\":7,\"rate\":\"NaN\",\"day\":\"1899-12-31\",\"open\":false,"
         "\"more\":{}}\n"},
        {"dhis2", false, 2,
         "{\"dataValues\":[\n{\"group\":\"=1+1\",\"asked\":12},\n"
         "{\"group\":\"Säo, \\\"B\\\"\",\"asked\":null},\n{\"group\":\"x \",\"asked\":7}\n]}\n"},
        {"table", false, 4,
         "group      asked  rate  day\n"
         "=1+1          12  -0.5  2026-12-01\n"
         "Säo, \"B\"  hidden     -  -\n"
         "x              7   NaN  1899-12-31\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct report_out out;
        struct buf bytes CLEANUP(buf_fini);
        struct errmsg msg;
        assert_true(write_all(cases[i].format, path, cases[i].has_bom, cases[i].n_columns, &out));
        assert_int_equal(out.n_rows, ARRAY_LEN(rows));
        assert_int_equal(file_read(path, 4096, &bytes, &msg), ERR_OK);
        assert_string_equal(buf_str(&bytes).p, cases[i].text);
    }
}

/* Text is text, numbers are numbers, days the numbers that spreadsheets count them by. */
static void a_sheet_holds_the_same(void **state)
{
    (void)state;
    static const char *const cells[][ARRAY_LEN(columns)] = {
        {"group", "asked", "rate", "day", "open", "more"},
        {"=1+1", "12", "-0.5", "46357", "yes", "[1]"},
        {"Säo, \"B\"", "hidden", "", "", "", ""},
        {"x", "7", "", "1899-12-31", "no", "{}"}, /* the reader trims; no number is none there */
    };
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    struct report_out out;
    struct buf bytes CLEANUP(buf_fini);
    struct book book = {.n = 0};
    struct errmsg msg = {""};
    assert_true(write_all("xlsx", path, false, ARRAY_LEN(columns), &out));
    assert_int_equal(file_read(path, 1u << 20, &bytes, &msg), ERR_OK);
    assert_int_equal(book_read_xlsx(STR("people.xlsx"), buf_str(&bytes), arena, &book, &msg),
                     ERR_OK);
    const struct book_sheet *sheet = book_find(&book, "people");
    assert_non_null(sheet);
    assert_int_equal(sheet->n, ARRAY_LEN(cells));
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        for (uint32_t k = 0; k < ARRAY_LEN(columns); k++) {
            struct str cell = book_cell(&sheet->rows[i], k);
            if (!str_eq(cell, str_from(cells[i][k])) && !(i == 3 && k == 2))
                fail_msg("row %zu column %u: %.*s", i, k, STR_ARG(cell));
        }
    }
}

/* One cell of text in a format. */
static void expect_cell(const char *format, const char *cell, const char *wanted)
{
    struct report_out out = {
        .format = report_format_find(str_from(format)), .path = path, .is_quiet = true};
    struct database_rows taker = report_out_rows(&out);
    struct str row = str_from(cell);
    enum err e = taker.on_columns(taker.ctx, columns, 1);
    if (e == ERR_OK)
        e = taker.on_row(taker.ctx, &row, 1);
    assert_int_equal(report_out_end(&out, e), ERR_OK);
    char found[200] = "";
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(found, 1, sizeof(found) - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    const char *line = strchr(found, '\n');
    assert_non_null(line);
    assert_string_equal(line + 1, wanted);
}

static void no_cell_is_a_formula_or_an_order_to_a_terminal(void **state)
{
    (void)state;
    static const char *const formulas[] = {
        "=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20a"};
    for (size_t i = 0; i < ARRAY_LEN(formulas); i++) {
        char wanted[40];
        (void)snprintf(wanted, sizeof(wanted), "\"'%s\"\r\n", formulas[i]);
        expect_cell("csv", formulas[i], wanted);
    }
    expect_cell("csv", "1=1", "1=1\r\n");
    expect_cell("table",
                "a\x1b]0;b\x07\nc\x7f\xc2\x9b"
                "d",
                "a ]0;b  c   d\n");
    expect_cell("table", "\xc2\x85\u00a0\u00e9\u0627", "  \u00a0\u00e9\u0627\n");
}

static void what_cannot_be_written_is_told(void **state)
{
    (void)state;
    static const char *const formats[] = {"csv", "xlsx"};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct report_out out;
        assert_false(write_all(formats[i], "/nowhere/people", false, 2, &out));
        assert_non_null(strstr(out.msg.text, "/nowhere/people"));
    }
    struct report_out out;
    assert_false(write_all("csv", "/dev/full", false, 2, &out));
    assert_string_equal(out.msg.text, "/dev/full: No space left on device");
}

/* An aligned table has to wait for its last row, and so has a ceiling; a file has none. */
static void only_the_aligned_table_has_a_ceiling(void **state)
{
    (void)state;
    static const char *const formats[] = {"table", "csv"};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        static char large[1u << 16];
        memset(large, 'x', sizeof(large));
        struct report_out out = {
            .format = report_format_find(str_from(formats[i])), .path = path, .is_quiet = true};
        struct database_rows taker = report_out_rows(&out);
        enum err e = taker.on_columns(taker.ctx, columns, 1);
        uint32_t n = 0;
        for (; e == ERR_OK && n <= REPORT_TABLE_BYTES / sizeof(large); n++)
            e = taker.on_row(taker.ctx, &(struct str){large, sizeof(large)}, 1);
        assert_int_equal(e, i == 0 ? ERR_TOO_LONG : ERR_OK);
        assert_int_equal(report_out_end(&out, e), e);
        assert_int_equal(strstr(out.msg.text, "waypost report export") != NULL, i == 0);
    }
}

/* More rows than this, and the file is one that no spreadsheet opens. */
static void a_sheet_has_as_many_rows_as_spreadsheets_take(void **state)
{
    (void)state;
    struct errmsg msg;
    struct sheet *sheet;
    assert_int_equal(sheet_new(path, "rows", &sheet, &msg), ERR_OK);
    for (uint32_t n = 1; n < SHEET_MAX_ROWS; n++)
        assert_int_equal(sheet_next(sheet), ERR_OK);
    sheet_text(sheet, 0, STR("the last one"));
    assert_int_equal(sheet_next(sheet), ERR_TOO_LONG);
    assert_int_equal(sheet_save(sheet, &msg), ERR_OK);
}

/* A sheet that nobody can open must not be taken for one: the first thing that went wrong is told.
 */
static void a_sheet_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    struct errmsg msg = {""};
    struct sheet *sheet;
    assert_int_equal(sheet_new("/nonexistent/rows.xlsx", "rows", &sheet, &msg), ERR_OK);
    sheet_text(sheet, 0, STR("a"));
    assert_int_equal(sheet_save(sheet, &msg), ERR_IO); /* it is opened at the end */
    assert_true(strlen(msg.text) > 0);
    assert_int_equal(sheet_new(path, "rows", &sheet, &msg), ERR_OK);
    sheet_text(sheet, 1u << 14, STR("one column too many"));
    sheet_text(sheet, 0, STR("a"));
    assert_int_equal(sheet_save(sheet, &msg), ERR_IO);
    assert_int_equal(sheet_new(path, "a name [that no sheet has]", &sheet, &msg), ERR_IO);
}

static void formats_are_found_by_name(void **state)
{
    (void)state;
    assert_string_equal(report_format_find(STR_NONE)->name, "table");
    assert_true(report_format_find(STR("xlsx"))->needs_file);
    assert_null(report_format_find(STR("xls")));
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_says_the_same),
        cmocka_unit_test(a_sheet_holds_the_same),
        cmocka_unit_test(no_cell_is_a_formula_or_an_order_to_a_terminal),
        cmocka_unit_test(what_cannot_be_written_is_told),
        cmocka_unit_test(only_the_aligned_table_has_a_ceiling),
        cmocka_unit_test(a_sheet_has_as_many_rows_as_spreadsheets_take),
        cmocka_unit_test(a_sheet_that_cannot_be_written_is_told),
        cmocka_unit_test(formats_are_found_by_name)};
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
