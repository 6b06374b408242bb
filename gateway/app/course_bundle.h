/*
 * course_bundle.h: the bundle that carries a version of a course from `waypost lessons publish`
 * through Redis to every front.
 *
 * It is all files of a course's folder, and of its pack's, in one value, in the order in which the
 * parser takes them:
 *
 *     waypost-course 1\n
 *     <name> <bytes>\n<contents>          for each file
 */
#pragma once

#include "base/buf.h"
#include "core/lesson/parse.h"

/* Appends the bundle. ERR_TOO_LONG: out's ceiling or LESSON_MAX_FILES; ERR_INVALID: a name
 * with a blank, a control, an empty or hidden part. */
enum err course_bundle_write(const struct lesson_file *files, uint32_t n,
                             struct buf *out) MUST_CHECK;
/* ret has room for LESSON_MAX_FILES; everything is borrowed from bundle. ERR_INVALID,
 * ERR_UNSUPPORTED (a newer format), ERR_TOO_LONG. */
enum err course_bundle_read(struct str bundle, struct lesson_file *ret, uint32_t *ret_n) MUST_CHECK;
