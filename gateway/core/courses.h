/*
 * courses.h: the versions of all courses that are loaded, so that a learner stays on the one that
 * he or she started.
 */
#pragma once

#include "core/course.h"

/* A published question whose key was wrong (docs/course-rules.md 6.4.4): in every version it is
 * asked with this one, and without what was said to explain the other. */
struct course_correction {
    struct str course, unit;
    uint16_t options; /* right ones, bit n = option n */
};

#define COURSES_MAX 64u
#define COURSES_MAX_CORRECTIONS 256u
struct courses {
    const struct course *list[COURSES_MAX];
    uint16_t n;
    uint16_t current; /* index of the version that new learners start by a bare JOIN */
    /* Indices of the versions that may be begun, one of each course, in the order of the list that
     * learners get; none: only the current one, and there is no list. */
    uint16_t n_starts;
    uint16_t starts[COURSES_MAX];
    /* By index: when the first version with the same first number went live; 0: not known. */
    int64_t since_ms[COURSES_MAX];
    uint16_t n_corrections;
    const struct course_correction *corrections;
};

/* NULL when that version is not loaded. */
const struct course *courses_find(const struct courses *courses, uint32_t key);
/* The version of a course (by its id) that may be begun; NULL: none. */
const struct course *courses_start(const struct courses *courses, struct str id);
/* NULL when nothing is loaded. */
const struct course *courses_current(const struct courses *courses);
