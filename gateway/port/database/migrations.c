/* Migrations: what was done, and one more. */
#include <stdio.h>
#include <string.h>

#include "port/database/pq.h"

#define LOCK_KEY "7309453" /* of the advisory lock; only other migrations use it */

enum err database_migration_lock(struct database *db, struct errmsg *msg)
{
    return pq_run_script(db, STR("select pg_advisory_lock(" LOCK_KEY ")"), msg);
}

static enum err migration_from_row(const PGresult *result, int row, struct migration *ret)
{
    ret->version = (uint32_t)pq_cell_int64(result, row, 0);
    if (str_copy(pq_cell(result, row, 1), ret->name, sizeof(ret->name)) != ERR_OK)
        return ERR_TOO_LONG;
    return str_copy(pq_cell(result, row, 2), ret->sha256, sizeof(ret->sha256));
}

enum err database_migrations(struct database *db, struct migration ret[DATABASE_MAX_MIGRATIONS],
                             uint32_t *ret_n, struct errmsg *msg)
{
    PGresult *result;
    *ret_n = 0;
    enum err e =
        pq_run(db, "select to_regclass('ops.schema_migration') is not null", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    bool is_there = pq_cell_int64(result, 0, 0) != 0;
    PQclear(result);
    if (!is_there)
        return ERR_OK;
    e = pq_run(db, "select version, name, sha256 from ops.schema_migration order by version", NULL,
               0, &result, msg);
    if (e != ERR_OK)
        return e;
    uint32_t n = (uint32_t)PQntuples(result);
    if (n > DATABASE_MAX_MIGRATIONS)
        e = ERR_TOO_LONG;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++)
        e = migration_from_row(result, (int)i, &ret[i]);
    PQclear(result);
    if (e != ERR_OK)
        return errmsg_set(msg, e, "ops.schema_migration holds what no waypost wrote");
    *ret_n = n;
    return ERR_OK;
}

enum err database_sha256(struct database *db, struct str bytes, char ret[DATABASE_SHA256_BYTES],
                         struct errmsg *msg)
{
    struct pq_param param = {PQ_OID_BYTEA, bytes, true};
    PGresult *result;
    enum err e = pq_run(db, "select encode(sha256($1), 'hex')", &param, 1, &result, msg);
    if (e != ERR_OK)
        return e;
    e = str_copy(pq_cell(result, 0, 0), ret, DATABASE_SHA256_BYTES);
    PQclear(result);
    return e;
}

static enum err migration_record(struct database *db, const struct migration *migration,
                                 struct errmsg *msg)
{
    char version[16];
    (void)snprintf(version, sizeof(version), "%u", migration->version); /* 10 digits */
    struct pq_param params[] = {{PQ_OID_INT4, str_from(version), false},
                                {PQ_OID_TEXT, str_from(migration->name), false},
                                {PQ_OID_TEXT, str_from(migration->sha256), false}};
    PGresult *result;
    enum err e = pq_run(db,
                        "insert into ops.schema_migration (version, name, sha256) "
                        "values ($1, $2, $3)",
                        params, ARRAY_LEN(params), &result, msg);
    if (e == ERR_OK)
        PQclear(result);
    return e;
}

enum err database_migrate(struct database *db, const struct migration *migration, struct str sql,
                          struct errmsg *msg)
{
    if (memchr(sql.p, '\0', sql.len) != NULL)
        return errmsg_set(msg, ERR_INVALID, "the file holds a NUL byte");
    enum err e = pq_run_script(db, STR("begin"), msg);
    if (e == ERR_OK)
        e = pq_run_script(db, sql, msg);
    if (e == ERR_OK && PQtransactionStatus(db->conn) != PQTRANS_INTRANS)
        return errmsg_set(
            msg, ERR_INVALID,
            "the file ended its transaction itself, and what it did before that may have been "
            "kept: a migration must not say commit or rollback");
    if (e == ERR_OK)
        e = pq_run_script(db, STR("reset role; reset search_path"), msg);
    if (e == ERR_OK)
        e = migration_record(db, migration, msg);
    if (e == ERR_OK)
        e = pq_run_script(db, STR("commit"), msg);
    if (e != ERR_OK)
        pq_roll_back(db);
    return e;
}
