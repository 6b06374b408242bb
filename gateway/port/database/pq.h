/*
 * pq.h: what the files on libpq have in common. Inside of port only.
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

/* ---- of commands, which wait for each response ---- */

#define PQ_OID_BYTEA 17
#define PQ_OID_INT4 23
#define PQ_OID_TEXT 25
#define PQ_OID_JSONB 3802
#define PQ_MAX_PARAMS ((int)DATABASE_MAX_ASK)

struct database {
    PGconn *conn;
};

struct pq_param {
    Oid type;
    struct str text; /* text form, NUL-terminated, or bytes when is_binary */
    bool is_binary;
};

/* One statement; the response in binary. ERR_OK leaves a result to PQclear; else as database.h
 * says.
 */
enum err pq_run(struct database *db, const char *sql, const struct pq_param *params, int n,
                PGresult **ret, struct errmsg *msg) MUST_CHECK;
/* Any number of statements without parameters; errors name a line of sql. */
enum err pq_run_script(struct database *db, struct str sql, struct errmsg *msg) MUST_CHECK;
/* After an error, which msg keeps. */
void pq_roll_back(struct database *db);
/* What PostgreSQL says of a result that is none; sql (or absent) gives the line. */
enum err pq_result_error(struct database *db, const PGresult *result, struct str sql,
                         struct errmsg *msg);
struct str pq_cell(const PGresult *result, int row, int column); /* borrowed from the result */
/* A binary integer or truth value of any size. */
int64_t pq_cell_int64(const PGresult *result, int row, int column);
