/*
 * lesson_files.h: reads and writes the files of a course folder, libc only: its *.md, the
 * translations in its po/, and the same of the pack that its course.md names, which lies in packs/
 * beside the folder, or comes with the program. The parser (core/lesson/parse.h) takes what this
 * returns.
 *
 * README.md is for people and is left out; so are hidden files, other subfolders and anything that
 * is no regular file. Nothing is read past the ceilings of core/course.h.
 */
#pragma once

#include "core/lesson/parse.h"

/* Files in the order of their names, the pack's last; *ret lives in the arena. ERR_NOT_FOUND: no
 * such folder; ERR_DENIED; ERR_TOO_LONG: too many or too big (msg says which); ERR_IO. msg may be
 * NULL. */
enum err lesson_files_read(const char *dir, struct arena *arena, struct lesson_file **ret,
                           uint32_t *ret_n, struct errmsg *msg) MUST_CHECK;
/* Is it the folder of a pack, packs/NAME? */
bool lesson_files_is_pack(const char *dir);
/* A pack's folder, as a course of it that says nothing itself: the skeleton of a new one. What is
 * of the pack is named packs/NAME/... As above. */
enum err lesson_files_read_pack(const char *dir, struct arena *arena, struct lesson_file **ret,
                                uint32_t *ret_n, struct errmsg *msg) MUST_CHECK;
/* Of the folder itself, not of its pack or of the course that it is an edition of. */
bool lesson_files_is_own(struct str name);
/* The files of a new course, from the standard pack: beside dir, which need not be there, or that
 * of the program. Errors as above; ERR_NOT_FOUND: no such pack. */
enum err lesson_files_skeleton(const char *dir, struct arena *arena, struct lesson_file **ret,
                               uint32_t *ret_n, struct errmsg *msg) MUST_CHECK;
/* Makes the folder of a course, and those above it. ERR_CONFLICT: it is there already. */
enum err lesson_files_make_folder(const char *dir, struct errmsg *msg) MUST_CHECK;
/* Replaces one file (a name that lesson_files_read gave) as a whole: a new file is written, flushed
 * to disk and renamed over the old one. On error the old one is as it was. */
enum err lesson_files_write(const char *dir, struct str name, struct str text,
                            struct errmsg *msg) MUST_CHECK;
