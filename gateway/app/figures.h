/*
 * figures.h: what a facilitator is told of the group: asked of PostgreSQL by the writer now and
 * then, and put into the store, where the fronts find it with the group itself (cohort_set.h).
 */
#pragma once

#include "port/loop.h"
#include "port/sink.h"
#include "port/store/store.h"

#define FIGURES_FIRST_MS (20 * 1000)
#define FIGURES_EACH_MS (10 * 60 * 1000)

struct figures;

/* Begins by itself. What fails is tried again the next time. */
struct figures *figures_new(struct loop *loop, struct store *store, struct sink *sink);
/* After store and sink were freed. */
void figures_free(struct figures *f);
