/*
 * cohort_set.h: the groups, in the memory of each process that steps learners: read from the store,
 * where the command that changes one puts it (`waypost cohort`), so that no callback waits for
 * PostgreSQL (docs/design.md 8).
 */
#pragma once

#include "core/cohort.h"
#include "port/loop.h"
#include "port/store/store.h"

#define COHORT_SET_LOOK_MS 5000

struct cohort_set;

struct cohort_set *cohort_set_new(struct loop *loop, struct store *store);
/* After the store was freed. Accepts NULL. */
void cohort_set_free(struct cohort_set *set);
/* Looks now and then every COHORT_SET_LOOK_MS; what it has stays while the store is away. */
void cohort_set_start(struct cohort_set *set);
/* As known now; the pointer holds for the life of the set, what it points to until the loop turns.
 */
const struct cohorts *cohort_set_cohorts(const struct cohort_set *set);
/* Has the store answered once? */
bool cohort_set_is_known(const struct cohort_set *set);
