/*
 * course_set.h: the published course versions in memory.
 *
 * Versions are immutable: one that is loaded is never read again. Loading is the only slow thing
 * here (some 40 ms for 1.8 MB), so it happens at start and when a version is missing, never for a
 * message, and in many turns of the loop: one file in each, or what follows of all of them.
 */
#pragma once

#include "core/courses.h"
#include "port/loop.h"
#include "port/store/store.h"

struct course_set;

/* Empty. store may be NULL: then courses come by course_set_add only. */
struct course_set *course_set_new(struct loop *loop, struct store *store);
void course_set_free(struct course_set *set);
/* For the engine. The pointer stays valid; what it holds changes between turns only, and a course
 * that is loaded stays. */
const struct courses *course_set_courses(const struct course_set *set);
/* Parses and adds one version ("id@version"); one that is there is only made current. ERR_INVALID
 * with file:line:column in msg; ERR_FULL: COURSES_MAX versions; ERR_CONFLICT: two versions have the
 * same key. The set is unchanged then. */
enum err course_set_add(struct course_set *set, struct str name, struct str bundle, bool is_current,
                        struct errmsg *msg) MUST_CHECK;
/* The course that a bare JOIN starts, by its id, which is borrowed; else the first of the list. */
void course_set_prefer(struct course_set *set, struct str course);
/* Which versions are begun, as the board STORE_BOARD_STARTS has it: by the id of the course
 * "1.0.0@1767225600000" (behind @ the wall time at which the first version of this first number
 * went live; may be left out), "1.0.0@1767225600000 1.1.0 1798761600000" (another one from then
 * on), "-" (none). Of one that could not be loaded the last version before it. */
void course_set_starts(struct course_set *set, const struct str *ids, const struct str *values,
                       uint32_t n, struct wall_ms now);
/* Whose keys were wrong, as the board STORE_BOARD_CORRECTIONS has it: by "course/unit" "2" or
 * "1,3". What was known before is forgotten; what cannot be read, or is more than
 * COURSES_MAX_CORRECTIONS, is left out. */
void course_set_corrections(struct course_set *set, const struct str *names,
                            const struct str *values, uint32_t n);
/* Asks the store for versions that are missing, unless it is being asked or was asked within the
 * last second. What cannot be loaded is logged, each bundle once. */
void course_set_refresh(struct course_set *set);
/* The same for who looks now and then: bundles, which are long, are only asked for when a version
 * is begun, or will be, that is not loaded. */
void course_set_watch(struct course_set *set);
/* How many bundles could not be loaded; the same one counts once. */
uint32_t course_set_n_refused(const struct course_set *set);
/* True once the store has answered and a current version is loaded. */
bool course_set_is_ready(const struct course_set *set);
