/* sheet.h with libxlsxwriter, a row at a time. */
#include "port/sheet.h"

#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "core/utf8.h"

struct sheet {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *heading, *date, *hidden;
    uint32_t row;
    lxw_error error; /* the first one */
};

static void keep_error(struct sheet *sheet, lxw_error error)
{
    if (sheet->error == LXW_NO_ERROR)
        sheet->error = error;
}

enum err sheet_new(const char *path, const char *title, struct sheet **ret, struct errmsg *msg)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    struct sheet *sheet = xcalloc(1, sizeof(*sheet));
    sheet->book = workbook_new_opt(path, &options);
    if (sheet->book != NULL)
        sheet->sheet = workbook_add_worksheet(sheet->book, title);
    if (sheet->sheet == NULL) {
        lxw_workbook_free(sheet->book); /* NULL is fine */
        free(sheet);
        return errmsg_set(msg, ERR_IO, "%s cannot be written", path);
    }
    sheet->heading = workbook_add_format(sheet->book);
    format_set_bold(sheet->heading);
    sheet->date = workbook_add_format(sheet->book);
    format_set_num_format(sheet->date, "yyyy-mm-dd");
    sheet->hidden = workbook_add_format(sheet->book);
    format_set_font_color(sheet->hidden, LXW_COLOR_GRAY);
    format_set_align(sheet->hidden, LXW_ALIGN_RIGHT);
    worksheet_freeze_panes(sheet->sheet, 1, 0);
    *ret = sheet;
    return ERR_OK;
}

/* The library writes what stands there, and XML has no form for these two (its section 2.2): a file
 * with one of them opens in no office program. */
static void drop_what_is_no_xml(char *text, size_t n)
{
    for (size_t i = 0; i + 2 < n; i++) {
        if (memcmp(text + i, "\xef\xbf\xbe", 3) == 0 || memcmp(text + i, "\xef\xbf\xbf", 3) == 0)
            text[i + 2] = '\xbd'; /* U+FFFD */
    }
}

static void put_text(struct sheet *sheet, uint32_t column, struct str text, lxw_format *format)
{
    struct buf copy CLEANUP(buf_fini); /* the library wants an end; its limit is in characters */
    buf_init(&copy, (size_t)SHEET_MAX_CHARACTERS * UTF8_MAX_BYTES);
    size_t at = 0;
    for (uint32_t n = 0; n < SHEET_MAX_CHARACTERS && at < text.len; n++)
        (void)utf8_next(text, &at); /* only how far it goes */
    buf_add_str(&copy, str_sub(text, 0, at));
    drop_what_is_no_xml(copy.p, copy.len);
    keep_error(sheet, worksheet_write_string(sheet->sheet, sheet->row, (lxw_col_t)column,
                                             buf_str(&copy).p, format));
}

void sheet_heading(struct sheet *sheet, uint32_t column, struct str text)
{
    put_text(sheet, column, text, sheet->heading);
}

void sheet_text(struct sheet *sheet, uint32_t column, struct str text)
{
    put_text(sheet, column, text, NULL);
}

void sheet_hidden(struct sheet *sheet, uint32_t column, struct str word)
{
    put_text(sheet, column, word, sheet->hidden);
}

void sheet_number(struct sheet *sheet, uint32_t column, double number)
{
    keep_error(sheet,
               worksheet_write_number(sheet->sheet, sheet->row, (lxw_col_t)column, number, NULL));
}

void sheet_date(struct sheet *sheet, uint32_t column, struct str date)
{
    uint64_t year, month, day;
    if (date.len != 10 || str_to_u64(str_sub(date, 0, 4), 9999, &year) != ERR_OK ||
        str_to_u64(str_sub(date, 5, 7), 12, &month) != ERR_OK ||
        str_to_u64(str_sub(date, 8, 10), 31, &day) != ERR_OK || year < 1900) {
        sheet_text(sheet, column, date);
        return;
    }
    lxw_datetime when = {.year = (int)year, .month = (int)month, .day = (int)day};
    keep_error(sheet, worksheet_write_datetime(sheet->sheet, sheet->row, (lxw_col_t)column, &when,
                                               sheet->date));
}

enum err sheet_next(struct sheet *sheet)
{
    if (sheet->row + 1 >= SHEET_MAX_ROWS)
        return ERR_TOO_LONG;
    sheet->row++;
    return ERR_OK;
}

enum err sheet_save(struct sheet *sheet, struct errmsg *msg)
{
    lxw_error closed = workbook_close(sheet->book);
    keep_error(sheet, closed);
    lxw_error error = sheet->error;
    free(sheet);
    return error == LXW_NO_ERROR ? ERR_OK : errmsg_set(msg, ERR_IO, "%s", lxw_strerror(error));
}
