/* A course of a folder, in the set that dialogs take theirs from. */
#pragma once

#include "app/course_bundle.h"
#include "app/course_set.h"
#include "port/lesson_files.h"

/* name: "id@version"; it is what new learners begin. */
static inline void course_folder_load(struct course_set *set, const char *dir, const char *name)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct buf bundle CLEANUP(buf_fini);
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    if (lesson_files_read(dir, arena, &files, &n, &msg) != ERR_OK ||
        course_bundle_write(files, n, &bundle) != ERR_OK ||
        course_set_add(set, str_from(name), buf_str(&bundle), true, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
}
