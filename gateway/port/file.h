/*
 * file.h: whole small files, read with a ceiling. Before the loop runs or on SIGHUP only: disks
 * block.
 */
#pragma once

#include "base/buf.h"
#include "profile/profile.h"

/* The bytes of a file, at most max, appended to out, which is initialised here. ERR_NOT_FOUND (or
 * no right to read it), ERR_TOO_LONG, ERR_IO: msg says what, with the path in front, and out is to
 * be freed all the same. "-" is the standard input. */
enum err file_read(const char *path, size_t max, struct buf *out, struct errmsg *msg) MUST_CHECK;

/* A profile from its file. ERR_INVALID with a line for each mistake, as profile_parse;
 * ERR_NOT_FOUND, ERR_IO with the path.
 */
enum err profile_load(const char *path, struct profile **ret, struct buf *errors) MUST_CHECK;
