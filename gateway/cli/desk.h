/*
 * desk.h: what a command of a coordinator or operator works with, at a gateway that runs or does
 * not: configuration, Redis, PostgreSQL. Each call waits for its response. What fails is complained
 * of in words, and the exit code says the rest.
 */
#pragma once

#include "cli/cli.h"
#include "core/lesson/parse.h"
#include "port/database/database.h"
#include "port/store/values.h"
#include "port/vault/vault.h"

struct desk {
    const struct cli_args *args;
    struct config config;
    struct arena *arena; /* of the configuration, and what the command needs */
    struct loop *loop;
    struct store *store;
    struct database *db;
    struct course_set *courses; /* once desk_courses() was called */
    enum err e;                 /* of the store's last response */
};

/* The configuration alone; Redis; PostgreSQL as the writer. EX_OK, or the exit code. */
int desk_open(const struct cli_args *args, struct desk *desk);
int desk_open_store(struct desk *desk);
int desk_open_database(struct desk *desk);
/* The published versions; nothing is in it where Redis does not bring them within seconds. The
 * store is open. */
const struct courses *desk_courses(struct desk *desk);
/* Is there such a course, and is it offered in that language (of whichever may be begun here)? What
 * is NULL is not looked at. Else EX_DATAERR, and the words name those that there are. */
int desk_know_course(struct desk *desk, const char *course);
int desk_know_language(struct desk *desk, const char *course, const char *lang);
/* The keys of numbers; freed by the caller. */
int desk_vault(const struct desk *desk, struct vault **ret);
/* Also after any of them failed. */
void desk_close(struct desk *desk);
/* database_ask. */
int desk_ask(struct desk *desk, const char *sql, const struct str *params, uint32_t n,
             database_on_row *fn, void *ctx);
/* Ends the wait for the store; ctx is the desk. */
void desk_on_done(void *ctx, enum err e);
/* Puts a value on a board of the store, or takes it away. */
int desk_put(struct desk *desk, enum store_board board, struct str name, struct str value);

/* Who runs this: --by, else the user of the machine. */
struct str desk_whom(const struct cli_args *args);
/* How many SMS all channels together send in a second. */
double desk_rate_per_s(const struct desk *desk);

/* correct.c: `waypost lessons correct`: prints what it would do; with why and approved-by does it,
 * or goes on with it. */
int correct_unit(struct desk *desk, struct str course, struct str unit);

/* ---- publish.c: published versions. The desk is open, without store and database; all return an
 * exit code, and what is wrong was said on stderr ---- */

/* Makes a course version immutable: its content hash, titles and texts go to PostgreSQL, its bundle
 * to PostgreSQL and Redis, where fronts find it. New learners of this course start it from then on,
 * or from `at` on ("2026-12-01 08:00+03"; absent: now); the others as its number says
 * (docs/course-rules.md 6.4.3). Refused: a number that says less than what changed since the last
 * version, the keyword of another course, and all while a channel's country has no `cost`. The same
 * content again does no harm. approved_by: who approved the text; absent: nobody. */
int publish_course(struct desk *desk, const struct lesson_source *source,
                   const struct lesson_file *files, uint32_t n_files, struct str at,
                   struct str approved_by);
/* Nobody begins the course any more. */
int publish_withdraw(struct desk *desk, struct str course);
/* All published versions on stdout. */
int publish_list(struct desk *desk);
