/*
 * signs.h: signs that nobody writes on purpose: they show nothing, or change what stands around
 * them. What a person, a group or an organisation is called, and what a course says, holds none:
 * the name of somebody else stands in the middle of an SMS, of a list and of a page to print.
 *
 * Odd are controls, what turns the direction of all that follows, separators of lines, blanks
 * without width, fillers, tags, private and no characters, bytes that are no UTF-8; and more than
 * SIGNS_MAX_MARKS marks upon one letter. What scripts need is not odd: the joiners of Persian and
 * Hindi, the marks of direction that have an effect on their neighbours alone (U+200E, U+200F),
 * selectors. The same stands in PostgreSQL, for names that come in there (core.is_name).
 */
#pragma once

#include "base/str.h"

#define SIGNS_MAX_MARKS 5u

/* The first odd sign of a text, line feeds, form feeds and tabs aside: its code, and where it
 * begins; -1: there is none. */
int32_t signs_find_odd(struct str text, size_t *ret_at);
/* May somebody or something be called so? Not empty, no odd sign, one line, no blank at an end, and
 * no mark at the beginning, where it would stand upon what is written before. */
bool signs_is_name(struct str name);
