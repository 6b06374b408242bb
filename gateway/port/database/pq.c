#include "port/database/pq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void pq_ignore_notice(void *ctx, const char *message)
{
    (void)ctx; /* notices say what was skipped; errors come as results */
    (void)message;
}

enum err pq_state_err(const char *state)
{
    if (state == NULL || strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0)
        return ERR_UNAVAILABLE;
    if (strcmp(state, "57014") == 0 || strcmp(state, "55P03") == 0)
        return ERR_TIMEOUT; /* statement_timeout, lock_timeout */
    if (strcmp(state, "42501") == 0 || strncmp(state, "28", 2) == 0)
        return ERR_DENIED;
    if (strcmp(state, "P0002") == 0)
        return ERR_NOT_FOUND;
    if (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0)
        return ERR_INVALID;
    return ERR_IO;
}

static enum database_type type_of(Oid oid)
{
    static const struct {
        Oid oid;
        enum database_type type;
    } types[] = {{16, DATABASE_TRUTH},  {20, DATABASE_COUNT},   {21, DATABASE_NUMBER},
                 {23, DATABASE_NUMBER}, {700, DATABASE_NUMBER}, {701, DATABASE_NUMBER},
                 {1082, DATABASE_DATE}, {114, DATABASE_JSON},   {1700, DATABASE_NUMBER}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (types[i].oid == oid)
            return types[i].type;
    }
    return DATABASE_TEXT;
}

static enum err give_columns(const PGresult *result, const struct database_rows *rows)
{
    uint32_t n = (uint32_t)PQnfields(result);
    struct database_column *columns = xcalloc(n + 1, sizeof(*columns));
    for (uint32_t i = 0; i < n; i++)
        columns[i] = (struct database_column){str_from(PQfname(result, (int)i)),
                                              type_of(PQftype(result, (int)i))};
    enum err e = rows->on_columns(rows->ctx, columns, n);
    free(columns);
    return e;
}

static enum err give_row(const PGresult *result, const struct database_rows *rows)
{
    uint32_t n = (uint32_t)PQnfields(result);
    struct str *cells = xcalloc(n + 1, sizeof(*cells));
    for (uint32_t i = 0; i < n; i++)
        cells[i] = PQgetisnull(result, 0, (int)i)
                       ? STR_NONE
                       : (struct str){PQgetvalue(result, 0, (int)i),
                                      (size_t)PQgetlength(result, 0, (int)i)};
    enum err e = rows->on_row(rows->ctx, cells, n);
    free(cells);
    return e;
}

enum err pq_give(const PGresult *result, bool *has_columns, const struct database_rows *rows)
{
    enum err e = *has_columns ? ERR_OK : give_columns(result, rows);
    *has_columns = true;
    if (e == ERR_OK && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
        e = give_row(result, rows);
    return e;
}

/* ---- of commands, which wait ---- */

/* Line of a position that PostgreSQL counts in characters from 1. */
static unsigned line_at(struct str sql, const char *position)
{
    uint64_t characters = 0;
    if (position == NULL || str_to_u64(str_from(position), UINT32_MAX, &characters) != ERR_OK)
        return 0;
    unsigned line = 1;
    for (size_t i = 0; i < sql.len && characters > 1; i++) {
        line += sql.p[i] == '\n' ? 1 : 0;
        if (((unsigned char)sql.p[i] & 0xc0) != 0x80)
            characters--;
    }
    return line;
}

static const char *or_empty(const char *s)
{
    return s != NULL ? s : "";
}

enum err pq_result_error(struct database *db, const PGresult *result, struct str sql,
                         struct errmsg *msg)
{
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (words == NULL) /* of libpq itself, with a line end */
        return errmsg_set(msg, ERR_UNAVAILABLE, "%.*s",
                          STR_ARG(str_trim(str_from(PQerrorMessage(db->conn)))));
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    unsigned line = line_at(sql, PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION));
    char place[32] = "";
    if (line > 0)
        (void)snprintf(place, sizeof(place), "line %u: ", line); /* bounded */
    return errmsg_set(msg, pq_state_err(PQresultErrorField(result, PG_DIAG_SQLSTATE)), "%s%s%s%s",
                      place, words, hint != NULL ? ". " : "", or_empty(hint));
}

enum err pq_run(struct database *db, const char *sql, const struct pq_param *params, int n,
                PGresult **ret, struct errmsg *msg)
{
    Oid types[PQ_MAX_PARAMS];
    const char *values[PQ_MAX_PARAMS];
    int lengths[PQ_MAX_PARAMS], formats[PQ_MAX_PARAMS];
    *ret = NULL;
    for (int i = 0; i < n; i++) {
        types[i] = params[i].type;
        values[i] = params[i].text.p;
        lengths[i] = (int)params[i].text.len;
        formats[i] = params[i].is_binary ? 1 : 0;
    }
    PGresult *result = PQexecParams(db->conn, sql, n, types, values, lengths, formats, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        enum err e = pq_result_error(db, result, STR_NONE, msg);
        PQclear(result);
        return e;
    }
    *ret = result;
    return ERR_OK;
}

enum err pq_run_script(struct database *db, struct str sql, struct errmsg *msg)
{
    PGresult *result = PQexec(db->conn, sql.p);
    ExecStatusType status = PQresultStatus(result);
    enum err e = ERR_OK;
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
        e = pq_result_error(db, result, sql, msg);
    PQclear(result);
    return e;
}

struct str pq_cell(const PGresult *result, int row, int column)
{
    return (struct str){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

int64_t pq_cell_int64(const PGresult *result, int row, int column)
{
    uint64_t value = 0;
    struct str bytes = pq_cell(result, row, column);
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | (uint8_t)bytes.p[i];
    return (int64_t)value;
}

void pq_roll_back(struct database *db)
{
    PQclear(PQexec(db->conn, "rollback")); /* where it fails, there is no transaction any more */
}
