/*
 * database.h: what commands ask of PostgreSQL, one after the other and waiting for each response.
 * The service's processes use port/sink/sink.h, which never waits. libpq.c wraps libpq.
 *
 * Every function that fails says in msg what PostgreSQL said. ERR_UNAVAILABLE: no connection or it
 * was lost. ERR_INVALID: PostgreSQL refuses the content. ERR_DENIED: the login may not do this.
 * ERR_IO: anything else.
 */
#pragma once

#include "base/buf.h"

struct database;

/* Also ERR_UNSUPPORTED: PostgreSQL is older than 15. */
enum err database_open(const char *conninfo, struct database **ret, struct errmsg *msg) MUST_CHECK;
/* Accepts NULL. */
void database_close(struct database *db);
void database_closep(struct database **db);

/* Makes a course version immutable: core.publish. ERR_INVALID: this version is published with other
 * content, or the JSON is not what sql/README.md describes. */
enum err database_publish(struct database *db, struct str json, struct errmsg *msg) MUST_CHECK;

/* Called per row; arguments are borrowed until it returns. */
typedef void database_on_state(void *ctx, const uint8_t number_id[16], struct str state,
                               int64_t due_ms);
typedef void database_on_course(void *ctx, struct str course, struct str version,
                                struct str bundle);

/* The newest state of up to limit numbers behind `after` (all zero: from the beginning), in order.
 */
enum err database_states(struct database *db, const uint8_t after[16], uint32_t limit,
                         database_on_state *fn, void *ctx, struct errmsg *msg) MUST_CHECK;
/* core.reconcile with a JSON array; says how many learners were new. */
enum err database_reconcile(struct database *db, struct str json, uint64_t *ret_new,
                            struct errmsg *msg) MUST_CHECK;
/* How many numbers have a state. */
enum err database_count_states(struct database *db, uint64_t *ret, struct errmsg *msg) MUST_CHECK;
/* Published versions, oldest first; the last one is what new learners start. */
enum err database_courses(struct database *db, database_on_course *fn, void *ctx,
                          struct errmsg *msg) MUST_CHECK;

/* One row of a response, its columns as texts, absent where they are null; borrowed until it
 * returns.
 */
typedef void database_on_row(void *ctx, const struct str *cells, uint32_t n);

#define DATABASE_MAX_CELLS 24u
#define DATABASE_MAX_ASK 8u

/* One statement; all borrowed until it was asked. */
struct sql {
    const char *text;
    const struct str *params; /* texts all of them; absent: null */
    uint32_t n_params;        /* up to DATABASE_MAX_ASK */
};

/* One whose columns are texts, up to DATABASE_MAX_CELLS. fn may be NULL. */
enum err database_ask(struct database *db, const struct sql *sql, database_on_row *fn, void *ctx,
                      struct errmsg *msg) MUST_CHECK;

/* ---- responses of any size, for people's eyes ---- */

enum database_type {
    DATABASE_TEXT,
    DATABASE_COUNT,
    DATABASE_NUMBER,
    DATABASE_DATE,
    DATABASE_TRUTH,
    DATABASE_JSON,
};

struct database_column {
    struct str name;
    enum database_type type; /* COUNT: bigint, which reports leave empty where it may not be seen */
};

/* Who takes the response: its columns once, then each row as it arrives, cells absent where they
 * are null; all of it borrowed until the call returns. An error ends the response and is returned,
 * and msg is left to who gave it. */
struct database_rows {
    enum err (*on_columns)(void *ctx, const struct database_column *columns, uint32_t n);
    enum err (*on_row)(void *ctx, const struct str *cells, uint32_t n);
    void *ctx;
};

/* One query in a read-only transaction of its own, dates as 2026-12-01 and times in UTC. No more
 * than a row of the response is in memory at once. */
enum err database_stream(struct database *db, struct str sql, const struct database_rows *rows,
                         struct errmsg *msg) MUST_CHECK;

/* ---- the fence (port/store/server.h) ---- */

/* The epoch that Redis must show; 0 before the first one. */
enum err database_epoch(struct database *db, uint64_t *ret, struct errmsg *msg) MUST_CHECK;
/* Begins a new one, after the known one (0 = none). ERR_CONFLICT: somebody else did. */
enum err database_begin_epoch(struct database *db, uint64_t after, uint64_t epoch,
                              struct errmsg *msg) MUST_CHECK;
/* How far the log of an epoch was read, "ms-n" by bucket; arguments are borrowed. */
typedef void database_on_place(void *ctx, uint8_t bucket, struct str place);
enum err database_places(struct database *db, uint64_t epoch, database_on_place *fn, void *ctx,
                         struct errmsg *msg) MUST_CHECK;

/* ---- sealed values: numbers and disclosures ---- */

/* One sealed box (port/vault/vault.h) of a number: number_id is its id (16 bytes), or for a
 * disclosure that goes with a new id the old and the new one. Texts are borrowed until it returns.
 * It appends the box that is to stand there to ret_box, and, where numbers get new ids, the new id
 * (16 bytes) to ret_id. Any error leaves the row as it is and counts it. */
typedef enum err database_seal_fn(void *ctx, struct str number_id, struct str box,
                                  struct buf *ret_id, struct buf *ret_box);

struct database_sealed {
    uint64_t n_numbers, n_disclosures; /* sealed anew */
    uint64_t n_failed;                 /* left as they were: no key of ours opens them */
    uint64_t n_lost;                   /* numbers without a row in the vault: they are forgotten */
};

/* All that is not sealed by key_id, in transactions of some hundred. Needs the login that owns the
 * tables. What was done before an error stays, so it may be repeated. */
enum err database_reseal(struct database *db, uint16_t key_id, database_seal_fn *fn, void *ctx,
                         struct database_sealed *ret, struct errmsg *msg) MUST_CHECK;
/* New ids for all numbers, in one transaction: all or nothing. Disclosures are sealed under the new
 * id, too. ERR_NOT_FOUND when no key of ours opens one of them. Nothing else may be at work on the
 * database. */
enum err database_rekey(struct database *db, database_seal_fn *fn, void *ctx,
                        struct database_sealed *ret, struct errmsg *msg) MUST_CHECK;

/* ---- migrations ---- */

#define DATABASE_MAX_MIGRATIONS 1000u
#define DATABASE_NAME_BYTES 80
#define DATABASE_SHA256_BYTES 65 /* hex and NUL */

/* One file sql/NNNN_name.sql, or one row of ops.schema_migration. */
struct migration {
    uint32_t version;               /* NNNN; 0 = none */
    char name[DATABASE_NAME_BYTES]; /* "0001_core" */
    char sha256[DATABASE_SHA256_BYTES];
};

/* Waits until no other migration runs here; until database_close. */
enum err database_migration_lock(struct database *db, struct errmsg *msg) MUST_CHECK;
/* What was applied, by version; *ret_n = 0 in an empty database. ERR_TOO_LONG past the maximum. */
enum err database_migrations(struct database *db, struct migration ret[DATABASE_MAX_MIGRATIONS],
                             uint32_t *ret_n, struct errmsg *msg) MUST_CHECK;
enum err database_sha256(struct database *db, struct str bytes, char ret[DATABASE_SHA256_BYTES],
                         struct errmsg *msg) MUST_CHECK;
/* Runs sql and records it, in one transaction: all or nothing. msg names the line of an error. */
enum err database_migrate(struct database *db, const struct migration *migration, struct str sql,
                          struct errmsg *msg) MUST_CHECK;
