/* The words of the course that ships, for tests of what is typed. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "core/lesson/parse.h"
#include "core/match/words.h"
#include "port/lesson_files.h"

/* Live as long as the program. */
static inline const struct vocabulary *course_words(void)
{
    static struct arena *course_arena;
    static const struct course *course;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    struct errmsg msg = {""};
    if (course_arena != NULL)
        return course->words;
    course_arena = arena_new(LESSON_ARENA_BYTES);
    if (lesson_files_read("lessons/children-on-the-move", course_arena, &files, &n, &msg) !=
            ERR_OK ||
        lesson_load(files, n, course_arena, &course, &msg) != ERR_OK) {
        (void)fprintf(stderr, "run from the project's root: %s\n", msg.text);
        abort();
    }
    return course->words;
}
