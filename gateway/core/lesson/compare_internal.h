/*
 * compare_internal.h: what the files of lesson_compare() share.
 */
#pragma once

#include "core/lesson/compare.h"

struct compare {
    const struct course *old, *now;
    struct arena *arena;
    struct lesson_changes *ret;
};

void compare_add(struct compare *c, struct lesson_change change);
/* `hardest`, `moves`, and what facilitators print. */
void compare_around(struct compare *c, const struct lesson_source *old,
                    const struct lesson_source *now);
/* The words that learners type, and the safe words: one change for each list that is another. */
void compare_lists(struct compare *c, const struct lesson_source *old,
                   const struct lesson_source *now);
