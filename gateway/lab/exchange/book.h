/*
 * book.h: sheets of cells, as CSV or XLSX files hold them, read and written in memory.
 *
 * Written by libxlsxwriter, whose files every office program opens. Debian packages no reader for C
 * (xlsxio is not in Debian 12), so one stands here: libzip takes the parts out of the file,
 * wire/doc.h (expat) reads their XML, and only text, numbers and truth values are understood, which
 * is all that a sheet of words has. Formulas give the value that was saved with them.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "core/course.h"

#define BOOK_MAX_SHEETS 16u
#define BOOK_MAX_ROWS 20000u
#define BOOK_MAX_COLUMNS 64u
#define BOOK_MAX_PART_BYTES (8u << 20) /* one XML file inside of an XLSX file, unpacked */

struct book_row {
    uint32_t number; /* as office programs count, from 1 */
    uint32_t n;
    struct str *cells; /* empty, never absent */
};

struct book_sheet {
    struct str name;
    uint32_t n;
    struct book_row *rows;
    const char *const
        *choices; /* written only: what the cells of choice_column may hold, up to NULL */
    uint32_t choice_column;
};

struct book {
    struct str file; /* for places */
    uint32_t n;
    struct book_sheet sheets[BOOK_MAX_SHEETS];
};

/* Adds a sheet with its row of headings (up to NULL); NULL past a ceiling. */
struct book_sheet *book_add_sheet(struct book *book, struct str name, const char *const *headings,
                                  struct arena *arena);
/* Adds a row of n cells, absent ones empty. False past a ceiling. */
bool book_add_row(struct book_sheet *sheet, const struct str *cells, uint32_t n,
                  struct arena *arena);

/* NULL when there is none of this name; case does not matter. */
const struct book_sheet *book_find(const struct book *book, const char *name);
/* Where the first row has this heading; UINT32_MAX: nowhere. Case does not matter. */
uint32_t book_column(const struct book_sheet *sheet, const char *heading);
/* Trimmed; empty where the row has no such cell, or the column is UINT32_MAX. */
struct str book_cell(const struct book_row *row, uint32_t column);
/* "words.xlsx!survey!B7" */
struct source_pos book_place(const struct book *book, const struct book_sheet *sheet,
                             const struct book_row *row, uint32_t column, struct arena *arena);

/* Texts are borrowed or live in the arena. Errors with what is wrong in msg. ERR_INVALID: no such
 * file; ERR_TOO_LONG: past a ceiling. */
enum err book_read_csv(struct str file, struct str bytes, struct arena *arena, struct book *ret,
                       struct errmsg *msg) MUST_CHECK;
enum err book_read_xlsx(struct str file, struct str bytes, struct arena *arena, struct book *ret,
                        struct errmsg *msg) MUST_CHECK;
/* The first sheet; all sheets. What begins like a formula gets a ' in front, which reading takes
 * away. Check buf_error(out). ERR_IO: no room for the file on the way. */
void book_write_csv(const struct book *book, struct buf *out);
enum err book_write_xlsx(const struct book *book, struct buf *out) MUST_CHECK;
