/*
 * figures.h: what a facilitator is told of the group, and what he or she has ordered: asked of
 * PostgreSQL by the writer now and then, and put into the store, where the fronts find it with the
 * group itself (cohort_set.h). Nicknames of who is quiet and agreed to be named come from the
 * store: PostgreSQL has none. Who shall get an ordered message is made due, so that a timer looks.
 */
#pragma once

#include "port/loop.h"
#include "port/sink/sink.h"
#include "port/store/store.h"

#define FIGURES_FIRST_MS (20 * 1000)
#define FIGURES_EACH_MS (10 * 60 * 1000)

struct figures;

/* Begins by itself. What fails is tried again the next time. */
struct figures *figures_new(struct loop *loop, struct store *store, struct sink *sink);
/* After store and sink were freed. */
void figures_free(struct figures *f);
