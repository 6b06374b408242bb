/*
 * markup.h: what Markdown has in the lines of a text and no phone can show, as findings: emphasis,
 * links, code, tags, entities, and what looks like a part of a list, a table or a heading and is
 * none. Of blocks.c only.
 */
#pragma once

#include <cmark.h>

#include "core/lesson/blocks.h"

struct markup {
    struct str file;
    struct lesson_findings *findings;
};

void markup_check_entity(const struct markup *m, const struct lesson_segment *s);
/* node: the paragraph or heading whose n > 0 lines these are. Tells of the first one. */
void markup_check_inlines(const struct markup *m, cmark_node *node,
                          const struct lesson_segment *segments, uint32_t n);
/* is_item: of an option, whose first line has lost its box. */
void markup_check_lines(const struct markup *m, const struct lesson_segment *segments, uint32_t n,
                        bool is_item);
