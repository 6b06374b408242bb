/* check.h: PostgreSQL, its schema, its logins, and whether it belongs to this Redis. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/check.h"
#include "port/database/database.h"
#include "port/sink/sink.h"
#include "port/vault/vault.h"

/* What one login must see there. */
struct login_rule {
    const char *sql; /* one row with one text, 't' when it is well */
    enum check_level level;
    const char *problem, *fix;
};

#define SETTING_ON(name, hurt)                                                                     \
    {                                                                                              \
        "select current_setting('" name "') <> 'off'", CHECK_STOPS, name " is off: " hurt,         \
            "set " name " = on in postgresql.conf"                                                 \
    }

static const struct login_rule all_rules[] = {
    {"select not rolsuper from pg_roles where rolname = current_user", CHECK_HURTS,
     "the login is a superuser, who may read every number", "use the login of the role alone"},
    SETTING_ON("fsync", "a crash destroys the database"),
    SETTING_ON("full_page_writes", "a crash may destroy the database"),
    SETTING_ON("synchronous_commit", "a crash loses what was counted as stored"),
    {"select current_setting('default_transaction_read_only') = 'off' or pg_is_in_recovery()",
     CHECK_STOPS, "default_transaction_read_only is on: it takes no rows",
     "reset it: alter database waypost reset default_transaction_read_only; or of the role, or in "
     "postgresql.conf"},
    {"select not pg_is_in_recovery()", CHECK_STOPS, "this is a replica, which takes no rows",
     "name the primary"},
    {"select current_setting('log_error_verbosity') = 'terse' and "
     "current_setting('log_parameter_max_length') = '0' and "
     "current_setting('log_parameter_max_length_on_error') = '0'",
     CHECK_HURTS, "PostgreSQL may write into its log what people say",
     "as a superuser, for this login: alter role LOGIN set log_error_verbosity = terse; the same "
     "with log_parameter_max_length = 0 and log_parameter_max_length_on_error = 0"},
    {"select pg_encoding_to_char(encoding) = 'UTF8' from pg_database where datname = "
     "current_database()",
     CHECK_STOPS, "the database's encoding is not UTF8", "make it with ENCODING 'UTF8'"},
};

static const struct login_rule writer_rules[] = {
    {"select pg_has_role(current_user, 'waypost_writer', 'usage')", CHECK_STOPS,
     "the login is not in role waypost_writer", "grant waypost_writer to it, or name another"},
    {"select not has_table_privilege(current_user, 'core.vault', 'select')", CHECK_HURTS,
     "the writer may read the vault of numbers, which is the sender's alone",
     "use two logins: waypost_writer and waypost_sender"},
};

static const struct login_rule sender_rules[] = {
    {"select pg_has_role(current_user, 'waypost_sender', 'usage')", CHECK_STOPS,
     "the login is not in role waypost_sender", "grant waypost_sender to it, or name another"},
    {"select has_table_privilege(current_user, 'core.vault', 'select')", CHECK_STOPS,
     "the sender may not read the vault of numbers: nothing can be pushed",
     "run waypost migrate as the owner of the database"},
};

struct login {
    const struct config *config;
    struct check_list *list;
    struct database *db;
    const char *key; /* of the configuration */
    char response[64];
};

static void on_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct login *login = ctx;
    if (n == 0 || str_copy(cells[0], login->response, sizeof(login->response)) != ERR_OK)
        login->response[0] = '\0'; /* no response that we know */
}

/* ERR_OK with "" where there is no row. */
static enum err ask(struct login *login, const char *sql, struct errmsg *msg)
{
    char query[512];
    login->response[0] = '\0';
    (void)snprintf(query, sizeof(query), "select (%s)::text", sql); /* our own */
    return database_ask(login->db, &(struct sql){.text = query}, on_row, login, msg);
}

static void complain(const struct login *login, enum check_level level, const char *fix,
                     const char *what)
{
    config_complain(login->config, &login->list->reports[level],
                    (struct config_at){.key = login->key}, fix, "%s: %s", login->key, what);
}

/* False: some could not be asked. */
static bool check_login(struct login *login, const struct login_rule *rules, size_t n)
{
    struct errmsg msg;
    bool is_asked = true;
    for (size_t i = 0; i < n; i++) {
        enum err e = ask(login, rules[i].sql, &msg);
        is_asked &= e == ERR_OK;
        if (e != ERR_OK)
            complain(login, rules[i].level, rules[i].fix, msg.text);
        else if (strcmp(login->response, "true") != 0)
            complain(login, rules[i].level, rules[i].fix, rules[i].problem);
    }
    return is_asked;
}

/* False: the schema is another one, and questions about it make no sense. */
static bool check_schema(struct login *login)
{
    struct errmsg msg;
    enum err e = ask(login, "select coalesce(max(version), 0) from ops.schema_migration", &msg);
    uint64_t version = 0;
    if (e == ERR_OK && str_to_u64(str_from(login->response), UINT32_MAX, &version) == ERR_OK &&
        version == SINK_SCHEMA_VERSION)
        return true;
    char what[ERRMSG_BYTES + 64];
    if (e == ERR_OK)
        (void)snprintf(what, sizeof(what), "the schema is version %s, this program needs %d",
                       login->response, SINK_SCHEMA_VERSION);
    else
        (void)snprintf(what, sizeof(what), "the schema cannot be read: %s", msg.text);
    complain(login, CHECK_STOPS,
             version > SINK_SCHEMA_VERSION
                 ? "install the newer waypost"
                 : "run waypost migrate --conninfo with the owner of the database",
             what);
    return false;
}

static void check_epoch(struct login *login, const struct check_site *site)
{
    struct errmsg msg;
    uint64_t epoch = 0;
    if (!site->is_known)
        return;
    if (database_epoch(login->db, &epoch, &msg) != ERR_OK)
        complain(login, CHECK_STOPS, "run waypost migrate as the owner of the database", msg.text);
    else if (epoch == site->epoch)
        return;
    else if (site->epoch == 0 && epoch != 0)
        check_add(login->list, CHECK_STOPS, "epoch",
                  "waypost rebuild; a running gateway does it by itself",
                  "Redis is empty or new, PostgreSQL knows its learners");
    else
        check_add(login->list, CHECK_STOPS, "epoch",
                  "see that redis_* and writer_conninfo name one site; then waypost rebuild",
                  "Redis and PostgreSQL are not of one site, or one was restored");
}

static void check_postgres_clock(struct login *login)
{
    struct errmsg msg;
    uint64_t ms = 0;
    if (ask(login, "select (extract(epoch from clock_timestamp()) * 1000)::bigint", &msg) ==
            ERR_OK &&
        str_to_u64(str_from(login->response), INT64_MAX, &ms) == ERR_OK)
        check_clock(login->list, "PostgreSQL", (struct wall_ms){(int64_t)ms});
}

/* Keys of another site, or of before the last rotation. That they cannot be read was told. */
static void check_keys_fit(const struct login *login)
{
    struct vault *vault = NULL;
    struct errmsg msg;
    if (vault_openssl_new(login->config->keys_dir.p, &vault, &msg) == ERR_OK)
        (void)check_numbers(vault, login->db, "20", login->list);
    vault_free(vault);
}

static void check_writer(struct login *login, const struct check_site *site)
{
    (void)check_login(login, writer_rules, ARRAY_LEN(writer_rules)); /* which was told */
    check_epoch(login, site);
    check_postgres_clock(login);
}

static void check_sender(struct login *login, const struct check_site *site)
{
    (void)site; /* the writer has compared it */
    if (check_login(login, sender_rules, ARRAY_LEN(sender_rules)))
        check_keys_fit(login); /* else it would say that the keys are to blame */
}

static void check_database(struct login login, struct str conninfo,
                           void (*check)(struct login *login, const struct check_site *site),
                           const struct check_site *site)
{
    struct errmsg msg;
    if (sink_libpq_check(conninfo.p, &msg) != ERR_OK)
        return; /* which was told */
    if (database_open(conninfo.p, &login.db, &msg) != ERR_OK) {
        char what[ERRMSG_BYTES + 64];
        (void)snprintf(what, sizeof(what), "PostgreSQL does not let it in: %s", msg.text);
        complain(&login, CHECK_STOPS,
                 "start PostgreSQL, or make the database and the login, and grant its role", what);
        return;
    }
    (void)check_login(&login, all_rules, ARRAY_LEN(all_rules)); /* which was told */
    if (check_schema(&login))
        check(&login, site);
    database_close(login.db);
}

void check_postgres(const struct config *config, const struct check_needs *needs,
                    const struct check_site *site, struct check_list *list)
{
    if (needs->writer)
        check_database((struct login){.config = config, .list = list, .key = "writer_conninfo"},
                       config->writer_conninfo, check_writer, site);
    if (needs->sender)
        check_database((struct login){.config = config, .list = list, .key = "sender_conninfo"},
                       config->sender_conninfo, check_sender, site);
}
