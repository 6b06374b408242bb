/*
 * columns.h: the steps of a batch as core.put_steps (sql/0008_ingest.sql) takes them: one
 * array for each member of a step, then one for each member of an event, in PostgreSQL's binary
 * form.
 */
#pragma once

#include "base/buf.h"
#include "core/event_record.h"

#define SINK_N_COLUMNS 29

/* A decoded record of kind EVENT_RECORD_STEP, with the learner's state of now (absent = not known).
 */
struct sink_step {
    struct event_record record;
    struct str state;
};

/* Appends the arrays, in the order of the function's parameters. */
void sink_columns(const struct sink_step *steps, uint32_t n, struct buf columns[SINK_N_COLUMNS]);
