/*
 * compare.h: what a new version of a course changes, for learners and for statistics, and how big
 * that is (docs/course-rules.md 6.4.3 and 6.4.4):
 *
 *   patch  spelling, an address, texts around lessons, a new language: live at once for all
 *   minor  new wording, feedback, a unit more: learners move at the next module
 *   major  order, modules, what the test asks for: for those who begin anew
 *
 * A question with other options or another right answer is another question, in any version.
 *
 * Whether other words mean another thing only a reader can tell: a text of which little changed
 * counts as a patch, any other as minor.
 */
#pragma once

#include "core/lesson/parse.h"

#define LESSON_CHANGES_MAX 2048u

enum lesson_level { LESSON_LEVEL_NONE, LESSON_LEVEL_PATCH, LESSON_LEVEL_MINOR, LESSON_LEVEL_MAJOR };

struct lesson_change {
    enum lesson_level level;
    struct str what;        /* "m1q2: the right option is another one" */
    const char *learners;   /* what follows for learners; literal or in the arena */
    const char *statistics; /* for figures; NULL: nothing */
    struct source_pos pos;  /* in the new version; of what is gone in the old one */
    bool is_other_item;     /* another question under an id that has answers */
};

struct lesson_changes {
    uint32_t n;
    struct lesson_change
        *list;               /* in the arena; what is past the ceiling is counted in `level` only */
    enum lesson_level level; /* the highest of them */
    bool has_other_items;    /* no version may be published with such a change */
};

/* Two versions of one course, each of which lesson_parse took without an error. The arena's error.
 */
enum err lesson_compare(const struct lesson_source *old, const struct lesson_source *now,
                        struct arena *arena, struct lesson_changes *ret) MUST_CHECK;
/* "patch" */
const char *lesson_level_name(enum lesson_level level);
/* How far the number of a version goes beyond another: "1.2.0" to "1.3.0" is minor. NONE where it
 * does not, or where they are no three numbers. */
enum lesson_level lesson_version_step(struct str old, struct str now);
