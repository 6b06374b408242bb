/*
 * course_json.h: a course version as core.publish of PostgreSQL takes it (sql/README.md): its
 * bundle, and of each unit what a report names.
 */
#pragma once

#include "base/buf.h"
#include "core/course.h"

/* Room for all bytes of a course as base64, and its texts beside them. */
#define COURSE_JSON_MAX_BYTES (4 * COURSE_MAX_BYTES)

/* Appends. hash: of the bundle, as hex. Check buf_error(out). */
void course_json(const struct course *course, struct str bundle, struct str hash, struct buf *out);
