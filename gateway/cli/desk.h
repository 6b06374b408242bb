/*
 * desk.h: what a command of a coordinator or operator works with, at a gateway that runs or does
 * not: configuration, Redis, PostgreSQL. Each call waits for its answer. What fails is complained
 * of in words, and the exit code says the rest.
 */
#pragma once

#include "cli/cli.h"
#include "port/database.h"
#include "port/store/store.h"

struct desk {
    const struct cli_args *args;
    struct config config;
    struct arena *arena; /* of the configuration, and what the command needs */
    struct loop *loop;
    struct store *store;
    struct database *db;
    enum err e; /* of the store's last answer */
};

/* The configuration alone; Redis; PostgreSQL as the writer. EX_OK, or the exit code. */
int desk_open(const struct cli_args *args, struct desk *desk);
int desk_open_store(struct desk *desk);
int desk_open_database(struct desk *desk);
/* Also after any of them failed. */
void desk_close(struct desk *desk);
/* database_ask. */
int desk_ask(struct desk *desk, const char *sql, const struct str *params, uint32_t n,
             database_on_row *fn, void *ctx);
/* Ends the wait for the store; ctx is the desk. */
void desk_on_done(void *ctx, enum err e);
/* Puts a value on a board of the store, or takes it away. */
int desk_put(struct desk *desk, enum store_board board, struct str name, struct str value);
