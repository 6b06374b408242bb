/*
 * front.h: the front matter of a lesson file, read by rows (core/yaml_map.h); what is wrong with it
 * becomes findings.
 */
#pragma once

#include "core/lesson/blocks.h"
#include "core/yaml_map.h"

struct lesson_front {
    struct str file;
    const struct yaml_node *root; /* never NULL after lesson_front_read */
    struct lesson_findings *findings;
};

/* Fills a struct by the rows of the table. A missing or broken front matter is a finding, and so is
 * each mistake in it; fields with a mistake keep what they had. */
void lesson_front_read(const struct lesson_blocks *blocks, const struct yaml_table *table,
                       void *filled, struct lesson_findings *findings, struct lesson_front *ret);
/* Place of a key's value; line 1 when there is none. */
struct source_pos lesson_front_pos(const struct lesson_front *front, const char *key);
/* One more finding about the value of a key, which no single row can see. */
void lesson_front_complain(const struct lesson_front *front, struct source_pos pos,
                           struct str offending, struct str what, struct str fix);
