/*
 * cases.h: what `waypost safe` and `waypost learner inbox` share: the arguments, the database, the
 * list and the text.
 */
#pragma once

#include "cli/cli.h"
#include "port/cases.h"
#include "port/vault/vault.h"

#define CASES_DATABASE 1u
#define CASES_REF 2u     /* a number of a case follows the verb */
#define CASES_OUTCOME 4u /* --outcome must be given */
#define CASES_FILE 8u    /* a file follows the verb */
#define CASES_CONNINFO_OPTION(setting)                                                             \
    {                                                                                              \
        .name = "conninfo", .value_name = "CONNINFO",                                              \
        .help = "libpq's words for your login; " setting " of the configuration when left out"     \
    }

/* One run. */
struct cases {
    const struct cli_args *args;
    struct arena *arena;
    struct config config;
    bool has_config;
    struct database *db; /* of verbs that need it */
    struct str ref, outcome;
    const char *file;
};

struct cases_verb {
    const char *name;
    unsigned needs;
    int (*run)(struct cases *c); /* an exit code */
};

/* Finds the verb at words[first], gets what it needs, runs it. */
int cases_run(const struct cli_args *args, const char *queue, const struct cases_verb *verbs,
              size_t n, int first);
/* Loads the configuration, once. */
int cases_config(struct cases *c);
int cases_show(struct cases *c, const char *queue);
int cases_show_text(struct cases *c, const char *queue);
int cases_make_key(struct cases *c, enum vault_reader reader);
/* Words on stderr; an exit code. */
int cases_complain(const char *queue, enum err e, const struct errmsg *msg);
