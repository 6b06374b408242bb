/*
 * lesson_format.h: the canonical form of a lesson file, as `waypost lessons fmt` writes it.
 *
 * One paragraph is one line; headings are "# id: title"; bullets are -, boxes [ ] and [x]; a
 * backslash stands only where Markdown would read a sign otherwise; in a GSM-7 course curly quotes,
 * long dashes, ellipses and no-break blanks become plain ones. The front matter keeps its lines,
 * comments their words. What the file means stays the same, and formatting twice changes nothing.
 */
#pragma once

#include "core/lesson/parse.h"

/* Appends file number `file` of a course that lesson_parse took without an error. scratch is
 * reset. */
void lesson_format(const struct lesson_source *source, uint32_t file, struct arena *scratch,
                   struct buf *out);
