/*
 * publish.h: makes a course version immutable: its content hash, titles and texts go to PostgreSQL,
 * its bundle to PostgreSQL and Redis, where fronts find it. New learners start it from then on; the
 * others stay on theirs. The same content again does no harm.
 */
#pragma once

#include "core/lesson/parse.h"
#include "port/config/config.h"

/* An exit code; what is wrong was said on stderr. */
int publish_course(const struct config *config, const struct course *course,
                   const struct lesson_file *files, uint32_t n_files);
