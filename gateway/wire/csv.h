/*
 * csv.h: sheets as text, RFC 4180 with any separator and any line end that office programs write.
 */
#pragma once

#include "base/buf.h"

/* Of the first line: the one of , ; and tab that stands there most, outside of quotes. */
char csv_separator(struct str bytes);
/* One cell from bytes[*at] on, its quotes undone, into out (which it empties first); and what ended
 * it: the separator, '\n', or 0 at the end of the bytes. */
char csv_next_cell(struct str bytes, size_t *at, char separator, struct buf *out);
/* What a spreadsheet may take for a formula, which can fetch and send. */
bool csv_is_formula(struct str cell);
/* One cell. is_marked: a ' before it, with which it is no formula. */
void csv_add_cell(struct buf *out, struct str cell, bool is_marked);
