/*
 * pq.h: what the ports on libpq have in common (libpq.c, reader_libpq.c). Inside of port
 * only.
 */
#pragma once

#include <libpq-fe.h>

#include "port/database/database.h"

/* What an SQLSTATE means: ERR_UNAVAILABLE (also NULL: libpq's own), ERR_TIMEOUT, ERR_DENIED,
 * ERR_NOT_FOUND, ERR_INVALID, or else ERR_IO. */
enum err pq_state_err(const char *state);
/* For PQsetNoticeProcessor: notices say what was skipped, and may quote data. */
void pq_ignore_notice(void *ctx, const char *message);
/* One result of single-row mode to who takes the rows: a row, or the end, with the columns once.
 * Only PGRES_SINGLE_TUPLE and PGRES_TUPLES_OK. The taker's own error. */
enum err pq_give(const PGresult *result, bool *has_columns,
                 const struct database_rows *rows) MUST_CHECK;
