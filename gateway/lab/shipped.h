/*
 * shipped.h: where the folders lie that come with the program (lessons, config/profiles, sql), for
 * commands that work without a configuration.
 */
#pragma once

#include <limits.h>

#include "base/err.h"

/* The first that exists: ./NAME, NAME beside the build folder of this program, NAME in the share
 * folder of its installation (where "config/profiles" is "profiles"). ERR_NOT_FOUND: none. */
enum err shipped_find(const char *name, char dst[PATH_MAX]) MUST_CHECK;
