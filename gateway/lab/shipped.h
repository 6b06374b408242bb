/*
 * shipped.h: where the folders lie that come with the program (lessons, config/profiles, sql), for
 * commands that work without a configuration.
 */
#pragma once

#include <limits.h>

#include "base/err.h"
#include "profile/profile.h"

/* The first that exists: ./NAME, NAME beside the build folder of this program, NAME in the share
 * folder of its installation (where "config/profiles" is "profiles"). ERR_NOT_FOUND: none. */
enum err shipped_find(const char *name, char dst[PATH_MAX]) MUST_CHECK;
/* "africastalking" of the folder (NULL: the one that comes with the program), or a path that ends
 * in .yaml. Errors of profile_load. */
enum err shipped_profile(const char *folder, struct str name, struct profile **ret,
                         struct buf *errors) MUST_CHECK;
