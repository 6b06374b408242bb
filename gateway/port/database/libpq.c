/* database.h with libpq, waiting for each answer. */
#include "port/database/database.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/database/pq.h"

#define OLDEST_SERVER 150000
#define OID_BYTEA 17
#define OID_INT4 23
#define OID_TEXT 25
#define OID_JSONB 3802
#define LOCK_KEY "7309453" /* of the advisory lock; only other migrations use it */
#define MAX_PARAMS ((int)DATABASE_MAX_ASK)
#define SEALED_MAX_BYTES 65536u

struct database {
    PGconn *conn;
};

struct param {
    Oid type;
    struct str text; /* text form, NUL-terminated, or bytes when is_binary */
    bool is_binary;
};

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

static enum err result_error(struct database *db, const PGresult *result, struct str sql,
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

/* ERR_OK leaves a result to PQclear. */
static enum err run(struct database *db, const char *sql, const struct param *params, int n,
                    PGresult **ret, struct errmsg *msg)
{
    Oid types[MAX_PARAMS];
    const char *values[MAX_PARAMS];
    int lengths[MAX_PARAMS], formats[MAX_PARAMS];
    *ret = NULL;
    for (int i = 0; i < n; i++) {
        types[i] = params[i].type;
        values[i] = params[i].text.p;
        lengths[i] = (int)params[i].text.len;
        formats[i] = params[i].is_binary ? 1 : 0;
    }
    PGresult *result = PQexecParams(db->conn, sql, n, types, values, lengths, formats, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        enum err e = result_error(db, result, STR_NONE, msg);
        PQclear(result);
        return e;
    }
    *ret = result;
    return ERR_OK;
}

/* Any number of statements without parameters; errors name a line of sql. */
static enum err run_script(struct database *db, struct str sql, struct errmsg *msg)
{
    PGresult *result = PQexec(db->conn, sql.p);
    ExecStatusType status = PQresultStatus(result);
    enum err e = ERR_OK;
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
        e = result_error(db, result, sql, msg);
    PQclear(result);
    return e;
}

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
    struct param param = {OID_JSONB, buf_str(&binary), true};
    return run(db, sql, &param, 1, ret, msg);
}

enum err database_publish(struct database *db, struct str json, struct errmsg *msg)
{
    PGresult *result;
    enum err e = run_json(db, "select core.publish($1)", json, &result, msg);
    if (e == ERR_OK)
        PQclear(result);
    return e;
}

static struct str cell(const PGresult *result, int row, int column)
{
    return (struct str){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

enum err database_ask(struct database *db, const char *sql, const struct str *params, uint32_t n,
                      database_on_row *fn, void *ctx, struct errmsg *msg)
{
    struct param list[DATABASE_MAX_ASK];
    assert(n <= DATABASE_MAX_ASK); /* our own calls */
    for (uint32_t i = 0; i < n; i++)
        list[i] = (struct param){OID_TEXT, params[i], true}; /* so that its length counts */
    PGresult *result;
    enum err e = run(db, sql, list, (int)n, &result, msg);
    if (e != ERR_OK)
        return e;
    uint32_t n_cells = (uint32_t)PQnfields(result);
    assert(n_cells <= DATABASE_MAX_CELLS);
    for (int row = 0; fn != NULL && row < PQntuples(result); row++) {
        struct str cells[DATABASE_MAX_CELLS];
        for (uint32_t i = 0; i < n_cells; i++)
            cells[i] = PQgetisnull(result, row, (int)i) ? STR_NONE : cell(result, row, (int)i);
        fn(ctx, cells, n_cells);
    }
    PQclear(result);
    return ERR_OK;
}

/* ---- answers of any size ---- */

/* One result of single-row mode: a row, or the end, with the columns of an answer without rows. */
static enum err take_result(struct database *db, const PGresult *result, bool *has_columns,
                            const struct database_rows *rows, struct errmsg *msg)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK)
        return result_error(db, result, STR_NONE, msg);
    return pq_give(result, has_columns, rows);
}

enum err database_stream(struct database *db, struct str sql, const struct database_rows *rows,
                         struct errmsg *msg)
{
    bool has_columns = false;
    enum err e = run_script(db,
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
    enum err end = run_script(db, STR("rollback"), e == ERR_OK ? msg : NULL);
    return e != ERR_OK ? e : end;
}

/* A bigint in binary form. */
static int64_t cell_int64(const PGresult *result, int row, int column)
{
    uint64_t value = 0;
    struct str bytes = cell(result, row, column);
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | (uint8_t)bytes.p[i];
    return (int64_t)value;
}

enum err database_states(struct database *db, const uint8_t after[16], uint32_t limit,
                         database_on_state *fn, void *ctx, struct errmsg *msg)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", limit); /* 10 digits */
    struct param params[] = {{OID_BYTEA, {(const char *)after, 16}, true},
                             {OID_INT4, str_from(number), false}};
    PGresult *result;
    enum err e = run(db, "select number_id, state, due_ms from core.states_page($1, $2)", params,
                     ARRAY_LEN(params), &result, msg);
    if (e != ERR_OK)
        return e;
    for (int i = 0; i < PQntuples(result); i++)
        fn(ctx, (const uint8_t *)PQgetvalue(result, i, 0), cell(result, i, 1),
           cell_int64(result, i, 2));
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
    *ret_new = (uint64_t)cell_int64(result, 0, 0);
    PQclear(result);
    return ERR_OK;
}

enum err database_count_states(struct database *db, uint64_t *ret, struct errmsg *msg)
{
    PGresult *result;
    enum err e = run(db, "select core.count_states()", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    *ret = (uint64_t)cell_int64(result, 0, 0);
    PQclear(result);
    return ERR_OK;
}

/* ---- the fence ---- */

static struct param epoch_param(char number[24], uint64_t epoch)
{
    (void)snprintf(number, 24, "%" PRIu64, epoch); /* 20 digits */
    return (struct param){OID_TEXT, epoch != 0 ? str_from(number) : STR_NONE, false};
}

enum err database_epoch(struct database *db, uint64_t *ret, struct errmsg *msg)
{
    PGresult *result;
    enum err e = run(db, "select coalesce(core.epoch(), 0)::text", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    if (str_to_u64(cell(result, 0, 0), UINT64_MAX, ret) != ERR_OK)
        e = errmsg_set(msg, ERR_IO, "core.epoch() is no epoch");
    PQclear(result);
    return e;
}

enum err database_begin_epoch(struct database *db, uint64_t after, uint64_t epoch,
                              struct errmsg *msg)
{
    char numbers[2][24];
    struct param params[] = {epoch_param(numbers[0], after), epoch_param(numbers[1], epoch)};
    PGresult *result;
    enum err e =
        run(db, "select core.begin_epoch($1::numeric, $2::numeric)::text", params, 2, &result, msg);
    if (e != ERR_OK)
        return e;
    if (!str_eq(cell(result, 0, 0), STR("true")))
        e = errmsg_set(msg, ERR_CONFLICT, "somebody else began a new epoch");
    PQclear(result);
    return e;
}

enum err database_places(struct database *db, uint64_t epoch, database_on_place *fn, void *ctx,
                         struct errmsg *msg)
{
    char number[24];
    struct param param = epoch_param(number, epoch);
    PGresult *result;
    enum err e = run(db, "select bucket::text, ms || '-' || n from core.log_places($1::numeric)",
                     &param, 1, &result, msg);
    if (e != ERR_OK)
        return e;
    for (int i = 0; e == ERR_OK && i < PQntuples(result); i++) {
        uint64_t bucket;
        e = str_to_u64(cell(result, i, 0), UINT8_MAX, &bucket);
        if (e == ERR_OK)
            fn(ctx, (uint8_t)bucket, cell(result, i, 1));
    }
    PQclear(result);
    return e;
}

enum err database_courses(struct database *db, database_on_course *fn, void *ctx,
                          struct errmsg *msg)
{
    PGresult *result;
    enum err e =
        run(db, "select course, version, bundle from core.published()", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    for (int i = 0; i < PQntuples(result); i++)
        fn(ctx, cell(result, i, 0), cell(result, i, 1), cell(result, i, 2));
    PQclear(result);
    return ERR_OK;
}

/* ---- sealed values ---- */

/* A kind of sealed value. page: $1 = a key id (4 bytes), $2 = the last row's name; gives name,
 * number id and box, in the order of the names. store: $1 = name, $2 = new id (rekey), $3 = box. */
struct sealed_kind {
    const char *page, *store;
};

#define BOX_OF_VAULT "decode(lpad(to_hex(key_id), 4, '0'), 'hex') || nonce || ciphertext"
#define KEY_OF_BOX "get_byte(s.sealed, 0) * 256 + get_byte(s.sealed, 1)"
/* learner, seq and n as a text that sorts in their order. */
#define NAME_OF_CASE                                                                               \
    "convert_to(format('%s,%s,%s', lpad(s.learner::text, 20, '0'),\
 lpad(s.seq::text, 10, '0'), lpad(s.n::text, 5, '0')), 'UTF8')"
#define CASE_OF_NAME                                                                               \
    "(split_part(convert_from($1, 'UTF8'), ',', 1)::bigint,\
 split_part(convert_from($1, 'UTF8'), ',', 2)::integer,\
 split_part(convert_from($1, 'UTF8'), ',', 3)::smallint)"
#define PAGE_ROWS "500"

static const struct sealed_kind reseal_numbers = {
    .page = "select number_id, number_id, " BOX_OF_VAULT " from core.vault where key_id <> $1 and"
            " number_id > $2 order by number_id limit " PAGE_ROWS " for update",
    .store = "update core.vault set key_id = get_byte($3, 0) * 256 + get_byte($3, 1),"
             " nonce = substr($3, 3, 12), ciphertext = substr($3, 15)"
             " where number_id = $1 and length($2) = 0",
};
static const struct sealed_kind reseal_cases = {
    .page =
        "select " NAME_OF_CASE ", i.number_id, s.sealed from core.safe_case s cross join lateral"
        " (select n.number_id from core.number_state n where n.learner = s.learner limit 1) i"
        " where s.sealed is not null and " KEY_OF_BOX " not in ($1, 0) and " NAME_OF_CASE " > $2"
        " order by 1 limit " PAGE_ROWS " for update of s",
    .store = "update core.safe_case s set sealed = $3"
             " where (s.learner, s.seq, s.n) = " CASE_OF_NAME " and length($2) = 0",
};
static const struct sealed_kind rekey_numbers = {
    .page = "select number_id, number_id, " BOX_OF_VAULT " from core.vault where $1 = 0 and"
            " number_id > $2 order by number_id limit " PAGE_ROWS,
    .store = "insert into waypost_rekey values ($1, $2, $3)",
};
static const struct sealed_kind rekey_cases = {
    .page =
        "select " NAME_OF_CASE ", i.ids, s.sealed from core.safe_case s cross join lateral"
        " (select k.old || k.new as ids from core.number_state n join waypost_rekey k on"
        " k.old = n.number_id where n.learner = s.learner limit 1) i"
        " where s.sealed is not null and " KEY_OF_BOX " <> 0 and $1 = 0 and " NAME_OF_CASE " > $2"
        " order by 1 limit " PAGE_ROWS,
    .store = "update core.safe_case s set sealed = $3"
             " where (s.learner, s.seq, s.n) = " CASE_OF_NAME " and length($2) = 16",
};

struct sealing {
    struct database *db;
    const struct sealed_kind *kind;
    uint16_t key_id;
    database_seal_fn *fn;
    void *ctx;
    struct buf last; /* name of the last row seen */
    uint64_t n_done, *n_failed;
    struct errmsg *msg;
};

static enum err seal_row(struct sealing *s, const PGresult *page, int row)
{
    struct buf id CLEANUP(buf_fini), box CLEANUP(buf_fini);
    PGresult *result = NULL;
    buf_init(&id, 16);
    buf_init(&box, SEALED_MAX_BYTES);
    buf_reset(&s->last);
    buf_add_str(&s->last, cell(page, row, 0));
    if (s->fn(s->ctx, cell(page, row, 1), cell(page, row, 2), &id, &box) != ERR_OK) {
        ++*s->n_failed;
        return ERR_OK;
    }
    struct param params[] = {{OID_BYTEA, cell(page, row, 0), true},
                             {OID_BYTEA, buf_str(&id), true},
                             {OID_BYTEA, buf_str(&box), true}};
    enum err e = run(s->db, s->kind->store, params, ARRAY_LEN(params), &result, s->msg);
    if (e != ERR_OK)
        return e;
    PQclear(result);
    s->n_done++;
    return ERR_OK;
}

/* One page; *ret_n rows were in it. */
static enum err seal_page(struct sealing *s, int *ret_n)
{
    const char key_id[4] = {0, 0, (char)(s->key_id >> 8), (char)s->key_id};
    struct param params[] = {{OID_INT4, {key_id, sizeof(key_id)}, true},
                             {OID_BYTEA, buf_str(&s->last), true}};
    PGresult *page = NULL;
    enum err e = run(s->db, s->kind->page, params, ARRAY_LEN(params), &page, s->msg);
    if (e != ERR_OK)
        return e;
    *ret_n = PQntuples(page);
    for (int i = 0; e == ERR_OK && i < *ret_n; i++)
        e = seal_row(s, page, i);
    PQclear(page);
    return e;
}

/* All rows of a kind; each page in a transaction of its own unless one is open. */
static enum err seal_all(struct sealing *s, bool is_one_transaction, uint64_t *ret_n)
{
    enum err e = ERR_OK;
    buf_init(&s->last, 64);
    for (int n = 1; e == ERR_OK && n > 0;) {
        if (!is_one_transaction)
            e = run_script(s->db, STR("begin"), s->msg);
        if (e == ERR_OK)
            e = seal_page(s, &n);
        if (!is_one_transaction && e == ERR_OK)
            e = run_script(s->db, STR("commit"), s->msg);
    }
    buf_fini(&s->last);
    *ret_n = s->n_done;
    return e;
}

enum err database_reseal(struct database *db, uint16_t key_id, database_seal_fn *fn, void *ctx,
                         struct database_sealed *ret, struct errmsg *msg)
{
    *ret = (struct database_sealed){0};
    struct sealing numbers = {
        db, &reseal_numbers, key_id, fn, ctx, .n_failed = &ret->n_failed, .msg = msg};
    struct sealing cases = numbers;
    cases.kind = &reseal_cases;
    enum err e = seal_all(&numbers, false, &ret->n_numbers);
    if (e == ERR_OK)
        e = seal_all(&cases, false, &ret->n_disclosures);
    if (e != ERR_OK)
        (void)run_script(db, STR("rollback"), NULL); /* msg keeps the first error */
    return e;
}

/* The numbers' rows, once the new ids and boxes are in the table beside them. */
static enum err rekey_rows(struct database *db, struct database_sealed *ret, struct errmsg *msg)
{
    PGresult *result;
    enum err e = run(db,
                     "with gone as (delete from core.number_state n where not exists"
                     " (select from waypost_rekey k where k.old = n.number_id) returning 1)"
                     " select count(*) from gone",
                     NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    ret->n_lost = (uint64_t)cell_int64(result, 0, 0);
    PQclear(result);
    return run_script(
        db,
        STR("update core.number_state n set number_id = k.new from waypost_rekey k"
            " where k.old = n.number_id;"
            " create temp table waypost_sealed on commit drop as select k.new, k.box, v.sealed_at"
            " from waypost_rekey k join core.vault v on v.number_id = k.old;"
            " delete from core.vault;"
            " insert into core.vault (number_id, nonce, ciphertext, key_id, sealed_at)"
            " select new, substr(box, 3, 12), substr(box, 15),"
            " get_byte(box, 0) * 256 + get_byte(box, 1), sealed_at from waypost_sealed"),
        msg);
}

enum err database_rekey(struct database *db, database_seal_fn *fn, void *ctx,
                        struct database_sealed *ret, struct errmsg *msg)
{
    *ret = (struct database_sealed){0};
    struct sealing numbers = {db,        &rekey_numbers, 0, fn, ctx, .n_failed = &ret->n_failed,
                              .msg = msg};
    struct sealing cases = numbers;
    cases.kind = &rekey_cases;
    enum err e =
        run_script(db,
                   STR("begin; lock table core.vault, core.number_state, core.safe_case in"
                       " exclusive mode; create temp table waypost_rekey (old bytea primary"
                       " key, new bytea not null, box bytea not null) on commit drop"),
                   msg);
    if (e == ERR_OK)
        e = seal_all(&numbers, true, &ret->n_numbers);
    if (e == ERR_OK && ret->n_failed > 0)
        e = errmsg_set(msg, ERR_NOT_FOUND,
                       "%llu numbers cannot be opened; put the seal keys back that are missing",
                       (unsigned long long)ret->n_failed);
    if (e == ERR_OK)
        e = seal_all(&cases, true, &ret->n_disclosures);
    if (e == ERR_OK)
        e = rekey_rows(db, ret, msg);
    if (e == ERR_OK)
        e = run_script(db, STR("commit"), msg);
    if (e != ERR_OK)
        (void)run_script(db, STR("rollback"), NULL); /* msg keeps the first error */
    return e;
}

/* ---- migrations ---- */

enum err database_migration_lock(struct database *db, struct errmsg *msg)
{
    return run_script(db, STR("select pg_advisory_lock(" LOCK_KEY ")"), msg);
}

static enum err migration_from_row(const PGresult *result, int row, struct migration *ret)
{
    ret->version = (uint32_t)cell_int64(result, row, 0);
    if (str_copy(cell(result, row, 1), ret->name, sizeof(ret->name)) != ERR_OK)
        return ERR_TOO_LONG;
    return str_copy(cell(result, row, 2), ret->sha256, sizeof(ret->sha256));
}

enum err database_migrations(struct database *db, struct migration ret[DATABASE_MAX_MIGRATIONS],
                             uint32_t *ret_n, struct errmsg *msg)
{
    PGresult *result;
    *ret_n = 0;
    enum err e =
        run(db, "select to_regclass('ops.schema_migration') is not null", NULL, 0, &result, msg);
    if (e != ERR_OK)
        return e;
    bool is_there = cell_int64(result, 0, 0) != 0;
    PQclear(result);
    if (!is_there)
        return ERR_OK;
    e = run(db, "select version, name, sha256 from ops.schema_migration order by version", NULL, 0,
            &result, msg);
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
    struct param param = {OID_BYTEA, bytes, true};
    PGresult *result;
    enum err e = run(db, "select encode(sha256($1), 'hex')", &param, 1, &result, msg);
    if (e != ERR_OK)
        return e;
    e = str_copy(cell(result, 0, 0), ret, DATABASE_SHA256_BYTES);
    PQclear(result);
    return e;
}

static enum err migration_record(struct database *db, const struct migration *migration,
                                 struct errmsg *msg)
{
    char version[16];
    (void)snprintf(version, sizeof(version), "%u", migration->version); /* 10 digits */
    struct param params[] = {{OID_INT4, str_from(version), false},
                             {OID_TEXT, str_from(migration->name), false},
                             {OID_TEXT, str_from(migration->sha256), false}};
    PGresult *result;
    enum err e = run(db,
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
    enum err e = run_script(db, STR("begin"), msg);
    if (e == ERR_OK)
        e = run_script(db, sql, msg);
    if (e == ERR_OK && PQtransactionStatus(db->conn) != PQTRANS_INTRANS)
        return errmsg_set(
            msg, ERR_INVALID,
            "the file ended its transaction itself, and what it did before that may have been "
            "kept: a migration must not say commit or rollback");
    if (e == ERR_OK)
        e = run_script(db, STR("reset role; reset search_path"), msg);
    if (e == ERR_OK)
        e = migration_record(db, migration, msg);
    if (e == ERR_OK)
        e = run_script(db, STR("commit"), msg);
    if (e != ERR_OK)
        (void)run_script(db, STR("rollback"), NULL); /* msg keeps the first error */
    return e;
}
