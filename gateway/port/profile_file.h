/*
 * profile_file.h: reads a profile from its file.
 */
#pragma once

#include "profile/profile.h"

/* ERR_INVALID with a line for each mistake, as profile_parse; ERR_NOT_FOUND, ERR_IO with the path.
 */
enum err profile_load(const char *path, struct profile **ret, struct buf *errors) MUST_CHECK;
