/*
 * sheet.h: one sheet of a workbook (.xlsx), row by row; no more than a row is in memory.
 * sheet_xlsxwriter.c wraps libxlsxwriter.
 *
 *     struct sheet *sheet;
 *     enum err e = sheet_new("funnel.xlsx", "funnel", &sheet, &msg);
 *     sheet_heading(sheet, 0, STR("enrolled"));
 *     sheet_next(sheet);
 *     sheet_number(sheet, 0, 12.0);
 *     e = sheet_save(sheet, &msg);
 */
#pragma once

#include "base/str.h"

struct sheet;

#define SHEET_MAX_ROWS 1048576u     /* the first one is the headings */
#define SHEET_MAX_CHARACTERS 32767u /* in a cell; what is behind them is cut */

/* ERR_IO: the file cannot be made. */
enum err sheet_new(const char *path, const char *title, struct sheet **ret,
                   struct errmsg *msg) MUST_CHECK;
/* Cells of the present row, columns from 0. A text is never a formula. */
void sheet_heading(struct sheet *sheet, uint32_t column, struct str text);
void sheet_text(struct sheet *sheet, uint32_t column, struct str text);
void sheet_number(struct sheet *sheet, uint32_t column, double number);
/* "2026-12-01"; anything else stays a text. */
void sheet_date(struct sheet *sheet, uint32_t column, struct str date);
/* In grey: something is there, but not to be seen. */
void sheet_hidden(struct sheet *sheet, uint32_t column, struct str word);
/* The next row; ERR_TOO_LONG past SHEET_MAX_ROWS. */
enum err sheet_next(struct sheet *sheet) MUST_CHECK;
/* Writes and frees it. ERR_IO: the file is not whole. */
enum err sheet_save(struct sheet *sheet, struct errmsg *msg) MUST_CHECK;
