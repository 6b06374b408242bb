/*
 * option.h: which option of a question a text names by its words.
 */
#pragma once

#include "core/match/match.h"

/* Both in the normal form; with ae, oe, ue for the German umlauts. */
bool option_is_same(struct str a, struct str b);

/* 1 for the first option; 0: none, or several. */
typedef int32_t option_finder(const struct question *question, struct str text,
                              struct arena *arena);
/* The option whose whole text this is. */
option_finder option_find;
/* The same with letters mistyped: as far off as match_tolerance() says, the whole or each word. */
option_finder option_find_near;
/* May the word stand around the text of an option ("I think it is separated")? Never "no". */
bool option_is_around(const struct vocabulary *words, struct str word);
/* As find says, with words around it that change nothing ("I think it is separated"), never "no".
 */
int32_t option_among(const struct vocabulary *words, const struct question *question,
                     struct str text, option_finder *find, struct arena *arena);
/* "None of them": the one option that says so ("none", "nothing new"); 0: there is no such, or more
 * stands in the text. */
int32_t option_none(const struct vocabulary *words, const struct question *question,
                    struct str text, struct arena *arena);
