/*
 * check.h: what would stop or hurt `serve`, each with the place and the remedy. One code for all
 * who ask: serve itself (what stops it), `waypost config check` (all that can be known without
 * servers), `waypost doctor` (everything).
 */
#pragma once

#include <stdio.h>

#include "cli/cli.h"

struct database;
struct loop;
struct store;
struct vault;

enum check_level { CHECK_STOPS, CHECK_HURTS, N_CHECK_LEVELS };

/* What was found. Problems of the configuration come through the reports, one for each level; all
 * others by check_add. */
struct check_list {
    struct yaml_report reports[N_CHECK_LEVELS];
    bool is_json;
    struct buf text; /* lines "stops: FILE:LINE:COLUMN: what; fix", or members of a JSON list */
};

/* path of the configuration, borrowed. */
void check_list_init(struct check_list *list, const char *path, bool is_json);
void check_list_fini(struct check_list *list);
/* Something that is in no line of the configuration; where: "Redis", "PostgreSQL", a path. */
void check_add(struct check_list *list, enum check_level level, const char *where, const char *fix,
               const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Everything on out, and how many there were in words on stderr. EX_OK, or EX_CONFIG where
 * something would stop serve. */
int check_list_print(const struct check_list *list, FILE *out);

/* What the processes that are to run begin with. */
struct check_needs {
    bool keys, writer, sender;
};
/* Of `--role ROLE`; NULL: of all of them. */
struct check_needs check_needs_of(const char *role);

/* The configuration with its channels: ERR_OK, or what stops serve is in the report and nothing is
 * to be used. The arena owns the configuration; the channels go with channels_fini. */
enum err check_load(const char *path, struct arena *arena, struct config *ret,
                    struct channels *ret_channels, struct yaml_report *report) MUST_CHECK;
/* Can each process begin with its keys and its login to PostgreSQL? */
bool check_parts(const struct config *config, const struct check_needs *needs,
                 struct yaml_report *report);
#define CHECK_ROLE_OPTION                                                                          \
    {                                                                                              \
        .name = "role", .value_name = "ROLE",                                                      \
        .help = "what a host needs that runs this role alone"                                      \
    }
/* Caps, prices, zones, referral tables, keys, the spool and its disk: what is well written and
 * hurts all the same, or stops. */
void check_host(const struct config *config, const struct check_needs *needs,
                struct check_list *list);
/* spool.c: messages of the spool that nobody can handle now. */
void check_aside(const struct config *config, struct check_list *list);
/* The ports, unless a gateway of ours has them. */
void check_ports(const struct config *config, struct check_list *list);
/* How many numbers of the database were looked at, and could be read. */
struct check_opened {
    uint64_t n, n_readable;
};
/* drill.c: do the keys open so many numbers ("20"), and are these the ones of their ids? db: a
 * login that may read the vault. */
struct check_opened check_numbers(struct vault *vault, struct database *db, const char *most,
                                  struct check_list *list);
/* drill.c: a site that was restored into a folder: keys and numbers, learners, the newest event. */
void check_restored(const struct config *config, struct check_list *list);
/* Does this host's clock agree with theirs? */
void check_clock(struct check_list *list, const char *whose, struct wall_ms theirs);
/* Which data Redis says that it has (port/store/server.h). */
struct check_site {
    uint64_t epoch;
    bool is_known;
};
/* Redis, the courses and the other hosts that it tells of. */
struct check_site check_redis(const struct config *config, struct check_list *list);
/* What the users of Redis lack to do the work of their roles. store: up. */
void check_redis_users(const struct config *config, struct loop *loop, struct store *store,
                       struct check_list *list);
/* PostgreSQL, and whether it is the one of that Redis. */
void check_postgres(const struct config *config, const struct check_needs *needs,
                    const struct check_site *site, struct check_list *list);
