/* database.h with libpq, waiting for each response. */
#include "port/database/database.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "port/database/pq.h"

#define OLDEST_SERVER 150000

enum err database_open(const char *conninfo, struct database **ret, struct errmsg *msg)
{
    const char *names[] = {"application_name", "connect_timeout", "client_encoding", "dbname",
                           NULL};
    const char *values[] = {"waypost", "10", "UTF8", conninfo, NULL};
    struct database *db = xcalloc(1, sizeof(*db));
    db->conn = PQconnectdbParams(names, values, 1);
    enum err e = ERR_OK;
    if (PQstatus(db->conn) != CONNECTION_OK)
        e = errmsg_set(msg, ERR_UNAVAILABLE, "%.*s",
                       STR_ARG(str_trim(str_from(PQerrorMessage(db->conn)))));
    else if (PQserverVersion(db->conn) < OLDEST_SERVER)
        e = errmsg_set(msg, ERR_UNSUPPORTED, "PostgreSQL %d is too old, at least 15 is needed",
                       PQserverVersion(db->conn) / 10000);
    if (e != ERR_OK) {
        database_close(db);
        return e;
    }
    (void)PQsetNoticeProcessor(db->conn, pq_ignore_notice, NULL); /* returns the old one */
    *ret = db;
    return ERR_OK;
}

void database_close(struct database *db)
{
    if (db == NULL)
        return;
    PQfinish(db->conn);
    free(db);
}

void database_closep(struct database **db)
{
    database_close(*db);
}

static enum err run_json(struct database *db, const char *sql, struct str json, PGresult **ret,
                         struct errmsg *msg)
{
    struct buf binary CLEANUP(buf_fini);
    buf_init(&binary, json.len + 1);
    buf_add_char(&binary, 1); /* version of jsonb's binary form; the rest is text */
    buf_add_str(&binary, json);
    *ret = NULL;
    if (buf_error(&binary) != ERR_OK)
        return errmsg_set(msg, buf_error(&binary), "no memory for a copy");
    struct pq_param param = {PQ_OID_JSONB, buf_str(&binary), true};
    return pq_run(db, sql, &param, 1, ret, msg);
}

enum err database_publish(struct database *db, struct str json, struct errmsg *msg)
{
    PGresult *result;
    enum err e = run_json(db, "select core.publish($1)", json, &result, msg);
    if (e == ERR_OK)
        PQclear(result);
    return e;
}

enum err database_ask(struct database *db, const struct sql *sql, database_on_row *fn, void *ctx,
                      struct errmsg *msg)
{
    struct pq_param list[DATABASE_MAX_ASK];
    assert(sql->n_params <= DATABASE_MAX_ASK);   /* our own calls */
    for (uint32_t i = 0; i < sql->n_params; i++) /* with their length, which counts */
        list[i] = (struct pq_param){PQ_OID_TEXT, sql->params[i], true};
    PGresult *result;
    enum err e = pq_run(db, sql->text, list, (int)sql->n_params, &result, msg);
    if (e != ERR_OK)
        return e;
    uint32_t n_cells = (uint32_t)PQnfields(result);
    assert(n_cells <= DATABASE_MAX_CELLS);
    for (int row = 0; fn != NULL && row < PQntuples(result); row++) {
        struct str cells[DATABASE_MAX_CELLS];
        for (uint32_t i = 0; i < n_cells; i++)
            cells[i] = PQgetisnull(result, row, (int)i) ? STR_NONE : pq_cell(result, row, (int)i);
        fn(ctx, cells, n_cells);
    }
    PQclear(result);
    return ERR_OK;
}

/* ---- responses of any size ---- */

/* One result of single-row mode: a row, or the end, with the columns of a response without rows. */
static enum err take_result(struct database *db, const PGresult *result, bool *has_columns,
                            const struct database_rows *rows, struct errmsg *msg)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK)
        return pq_result_error(db, result, STR_NONE, msg);
    return pq_give(result, has_columns, rows);
}

enum err database_stream(struct database *db, struct str sql, const struct database_rows *rows,
                         struct errmsg *msg)
{
    bool has_columns = false;
    enum err e = pq_run_script(db,
                               STR("begin read only; set local datestyle to iso, ymd;"
                                   " set local time zone 'UTC'"),
                               msg);
    if (e == ERR_OK && (PQsendQueryParams(db->conn, sql.p, 0, NULL, NULL, NULL, NULL, 0) != 1 ||
                        PQsetSingleRowMode(db->conn) != 1))
        e = errmsg_set(msg, ERR_UNAVAILABLE, "%s", PQerrorMessage(db->conn));
    PGresult *result;
    while ((result = PQgetResult(db->conn)) != NULL) { /* to its end, also after an error */
        if (e == ERR_OK)
            e = take_result(db, result, &has_columns, rows, msg);
        PQclear(result);
    }
    enum err end = pq_run_script(db, STR("rollback"), e == ERR_OK ? msg : NULL);
    return e != ERR_OK ? e : end;
}

/* A bigint in binary form. */
enum err database_states(struct database *db, const uint8_t after[16], uint32_t limit,
                         database_on_state *fn, void *ctx, struct errmsg *msg)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", limit); /* 10 digits */
    struct pq_param params[] = {{PQ_OID_BYTEA, {(const char *)after, 16}, true},
                                {PQ_OID_INT4, str_from(number), false}};
    PGresult *result;
    enum err e = pq_run(db, "select number_id, state, due_ms from core.states_page($1, $2)", params,
                        ARRAY_LEN(params), &result, msg);
    if (e != ERR_OK)
        return e;
    for (int i = 0; i < PQntuples(result); i++)
        fn(ctx, (const uint8_t *)PQgetvalue(result, i, 0), pq_cell(result, i, 1),
           pq_cell_int64(result, i, 2));
    PQclear(result);
    return ERR_OK;
}

enum err database_reconcile(struct database *db, struct str json, uint64_t *ret_new,
                            struct errmsg *msg)
{
    PGresult *result;
    enum err e = run_json(db, "select core.reconcile($1)", json, &result, msg);
    if (e != ERR_OK)
        return e;
    *ret_new = (uint64_t)pq_cell_int64(result, 0, 0);
    PQclear(result);
    return ERR_OK;
}

enum err database_count_states(struct database *db, uint64_t *ret, struct errmsg *msg)
{
    PGresult *result;
    enum err e = pq_run(db, "select core.count_states()", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    *ret = (uint64_t)pq_cell_int64(result, 0, 0);
    PQclear(result);
    return ERR_OK;
}

/* ---- the fence ---- */

static struct pq_param epoch_param(char number[24], uint64_t epoch)
{
    (void)snprintf(number, 24, "%" PRIu64, epoch); /* 20 digits */
    return (struct pq_param){PQ_OID_TEXT, epoch != 0 ? str_from(number) : STR_NONE, false};
}

enum err database_epoch(struct database *db, uint64_t *ret, struct errmsg *msg)
{
    PGresult *result;
    enum err e = pq_run(db, "select coalesce(core.epoch(), 0)::text", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    if (str_to_u64(pq_cell(result, 0, 0), UINT64_MAX, ret) != ERR_OK)
        e = errmsg_set(msg, ERR_IO, "core.epoch() is no epoch");
    PQclear(result);
    return e;
}

enum err database_begin_epoch(struct database *db, uint64_t after, uint64_t epoch,
                              struct errmsg *msg)
{
    char numbers[2][24];
    struct pq_param params[] = {epoch_param(numbers[0], after), epoch_param(numbers[1], epoch)};
    PGresult *result;
    enum err e = pq_run(db, "select core.begin_epoch($1::numeric, $2::numeric)::text", params, 2,
                        &result, msg);
    if (e != ERR_OK)
        return e;
    if (!str_eq(pq_cell(result, 0, 0), STR("true")))
        e = errmsg_set(msg, ERR_CONFLICT, "somebody else began a new epoch");
    PQclear(result);
    return e;
}

enum err database_places(struct database *db, uint64_t epoch, database_on_place *fn, void *ctx,
                         struct errmsg *msg)
{
    char number[24];
    struct pq_param param = epoch_param(number, epoch);
    PGresult *result;
    enum err e = pq_run(db, "select bucket::text, ms || '-' || n from core.log_places($1::numeric)",
                        &param, 1, &result, msg);
    if (e != ERR_OK)
        return e;
    for (int i = 0; e == ERR_OK && i < PQntuples(result); i++) {
        uint64_t bucket;
        e = str_to_u64(pq_cell(result, i, 0), UINT8_MAX, &bucket);
        if (e == ERR_OK)
            fn(ctx, (uint8_t)bucket, pq_cell(result, i, 1));
    }
    PQclear(result);
    return e;
}

enum err database_courses(struct database *db, database_on_course *fn, void *ctx,
                          struct errmsg *msg)
{
    PGresult *result;
    enum err e =
        pq_run(db, "select course, version, bundle from core.published()", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    for (int i = 0; i < PQntuples(result); i++)
        fn(ctx, pq_cell(result, i, 0), pq_cell(result, i, 1), pq_cell(result, i, 2));
    PQclear(result);
    return ERR_OK;
}
