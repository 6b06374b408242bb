/*
 * plain.h: what others wrote, as a terminal or a log may show it. It is shown and not obeyed:
 * control characters (the C1 ones, too), the marks that turn the direction of what follows or begin
 * a line of their own, and bytes that are no UTF-8 become blanks, one for each byte, so that the
 * length stays.
 */
#pragma once

#include "base/str.h"

/* has_lines: line feeds and tabs stay, and a carriage return before a line feed. */
void plain_make(char *text, size_t n, bool has_lines);
