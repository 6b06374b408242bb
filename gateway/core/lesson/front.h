/*
 * lesson_front.h: the front matter of a lesson file: known keys with their places, everything else
 * a finding. The values stay text; numbers and words are checked where they are asked for.
 */
#pragma once

#include "core/lesson/blocks.h"
#include "core/yaml.h"

struct lesson_front {
    struct str file;
    const struct yaml_node *root; /* never NULL after lesson_front_read */
    struct lesson_findings *findings;
};

/* keys: blank-separated list of what is allowed. A missing or broken front matter is a finding and
 * reads as empty. */
void lesson_front_read(const struct lesson_blocks *blocks, const char *keys, struct arena *arena,
                       struct lesson_findings *findings, struct lesson_front *ret);
/* The text of a key that must be there and not empty; absent (with a finding) otherwise. fix says
 * what to write. */
struct str lesson_front_text(const struct lesson_front *front, const char *key, const char *fix);
/* A number in low..high; low (with a finding) otherwise. */
uint32_t lesson_front_number(const struct lesson_front *front, const char *key, uint32_t low,
                             uint32_t high);
/* Index of the value in a blank-separated list of words; fallback (with a finding) otherwise. */
uint32_t lesson_front_word(const struct lesson_front *front, const char *key, const char *words,
                           uint32_t fallback);
/* A list (or, where is_map, a map) that must be there; NULL (with a finding) otherwise. */
const struct yaml_node *lesson_front_members(const struct lesson_front *front, const char *key,
                                             bool is_map, const char *fix);
/* Place of a key's value; line 1 when there is none. */
struct source_pos lesson_front_pos(const struct lesson_front *front, const char *key);
/* One more finding about the value of a key. */
void lesson_front_complain(const struct lesson_front *front, struct source_pos pos,
                           struct str offending, struct str what, struct str fix);
