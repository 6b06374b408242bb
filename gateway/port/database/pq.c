#include "port/database/pq.h"

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
