/* `waypost migrate`: brings the schema of a database up to the files of sql/. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/verbs.h"
#include "port/file.h"

#define SQL_DIR_DEFAULT "/usr/share/waypost/sql"
#define FILE_MAX_BYTES (4u << 20)
#define VERSION_DIGITS 4

struct migrate {
    const char *dir;
    struct database *db;
    struct migration *files, *applied; /* DATABASE_MAX_MIGRATIONS each */
    uint32_t n_files, n_applied;
};

static int exit_code(enum err e)
{
    if (e == ERR_UNAVAILABLE)
        return EX_UNAVAILABLE;
    return e == ERR_DENIED ? EX_NOPERM : EX_DATAERR;
}

/* "0001_core.sql" into version and name; false for any other file. */
static bool migration_from_file(const char *file, struct migration *ret)
{
    struct str name = str_from(file);
    uint64_t version;
    if (!str_ends(name, STR(".sql")) || name.len <= VERSION_DIGITS || name.p[VERSION_DIGITS] != '_')
        return false;
    name.len -= STR(".sql").len;
    if (str_to_u64(str_sub(name, 0, VERSION_DIGITS), UINT32_MAX, &version) != ERR_OK ||
        version == 0 || str_copy(name, ret->name, sizeof(ret->name)) != ERR_OK)
        return false;
    ret->version = (uint32_t)version;
    return true;
}

static int compare_versions(const void *a, const void *b)
{
    uint32_t x = ((const struct migration *)a)->version, y = ((const struct migration *)b)->version;
    return x < y ? -1 : x > y;
}

/* The numbered files of the folder, in order, without a gap. */
static int find_files(struct migrate *m)
{
    DIR *dir = opendir(m->dir);
    if (dir == NULL) {
        cli_complain("cannot read the folder %s: %s; name the one with 0001_core.sql; of the "
                     "package that is " SQL_DIR_DEFAULT,
                     m->dir, strerror(errno));
        return EX_NOINPUT;
    }
    for (const struct dirent *d;
         (d = readdir(dir)) != NULL && m->n_files < DATABASE_MAX_MIGRATIONS;)
        m->n_files += migration_from_file(d->d_name, &m->files[m->n_files]) ? 1 : 0;
    (void)closedir(dir); /* nothing was written */
    qsort(m->files, m->n_files, sizeof(m->files[0]), compare_versions);
    for (uint32_t i = 0; i < m->n_files; i++) {
        if (m->files[i].version == i + 1)
            continue;
        cli_complain("%s: the files must be numbered without gaps and doubles; number %u is %s",
                     m->dir, i + 1, m->files[i].version > i + 1 ? "missing" : "there twice");
        return EX_DATAERR;
    }
    if (m->n_files > 0)
        return EX_OK;
    cli_complain("%s holds no file like 0001_name.sql", m->dir);
    return EX_NOINPUT;
}

static int read_file(const struct migrate *m, const struct migration *file, struct buf *sql)
{
    char path[4096];
    struct errmsg msg;
    (void)snprintf(path, sizeof(path), "%s/%s.sql", m->dir,
                   file->name); /* a cut one is not there */
    buf_fini(sql);
    if (file_read(path, FILE_MAX_BYTES, sql, &msg) == ERR_OK)
        return EX_OK;
    cli_complain("cannot read %s", msg.text);
    return EX_NOINPUT;
}

/* What was applied must still be there, unchanged. */
static int check_applied(const struct migrate *m, const struct migration *file)
{
    const struct migration *applied = &m->applied[file->version - 1];
    if (applied->version == file->version && strcmp(file->sha256, applied->sha256) == 0)
        return EX_OK;
    cli_complain("%s/%s.sql is not the file that was applied here as %s.\n"
                 "A migration never changes once it was applied: put the old file back, and write "
                 "what is new into\n%s/%04u_<name>.sql. Nothing was changed.",
                 m->dir, file->name, applied->name, m->dir, m->n_files + 1);
    return EX_DATAERR;
}

static int apply(const struct migrate *m, struct migration *file, struct buf *sql, bool is_dry)
{
    struct errmsg msg;
    int code = read_file(m, file, sql);
    if (code != EX_OK)
        return code;
    enum err e = database_sha256(m->db, buf_str(sql), file->sha256, &msg);
    if (e == ERR_OK && file->version <= m->n_applied)
        return check_applied(m, file);
    if (e == ERR_OK && !is_dry)
        e = database_migrate(m->db, file, buf_str(sql), &msg);
    if (e != ERR_OK) {
        cli_complain("%s/%s.sql: %s\nThe schema stays at version %u.", m->dir, file->name, msg.text,
                     file->version - 1);
        return exit_code(e);
    }
    printf("%s %s\n", is_dry ? "pending" : "applied", file->name);
    (void)fflush(stdout); /* one line per file, as it happens */
    return EX_OK;
}

static int migrate_all(struct migrate *m, bool is_dry)
{
    struct errmsg msg;
    enum err e = database_migration_lock(m->db, &msg);
    if (e == ERR_OK)
        e = database_migrations(m->db, m->applied, &m->n_applied, &msg);
    if (e != ERR_OK) {
        cli_complain("%s", msg.text);
        return exit_code(e);
    }
    if (m->n_applied > m->n_files) {
        cli_complain("the database has schema version %u, the newest file of %s is %u: install "
                     "the waypost that this database belongs to",
                     m->n_applied, m->dir, m->n_files);
        return EX_DATAERR;
    }
    struct buf sql CLEANUP(buf_fini);
    buf_init(&sql, FILE_MAX_BYTES);
    int code = EX_OK;
    for (uint32_t i = 0; i < m->n_files && code == EX_OK; i++)
        code = apply(m, &m->files[i], &sql, is_dry);
    if (code == EX_OK)
        (void)fprintf(stderr, "schema version %u, %u of it %s\n", m->n_files,
                      m->n_files - m->n_applied, is_dry ? "pending" : "new");
    return code;
}

static int migrate_run(const struct cli_args *args)
{
    const char *conninfo = cli_get(args, "conninfo", NULL);
    if (cli_has(args, "finish"))
        return migrate_finish(args);
    if (args->n_words > 1 || conninfo == NULL) {
        cli_complain("migrate: %s; `waypost migrate --help` shows how",
                     conninfo == NULL ? "--conninfo is missing" : "one folder at a time");
        return EX_USAGE;
    }
    struct migrate m = {.dir = args->n_words == 1 ? args->words[0] : SQL_DIR_DEFAULT};
    m.files = xcalloc(DATABASE_MAX_MIGRATIONS, sizeof(*m.files));
    m.applied = xcalloc(DATABASE_MAX_MIGRATIONS, sizeof(*m.applied));
    struct errmsg msg;
    int code = find_files(&m);
    if (code == EX_OK && database_open(conninfo, &m.db, &msg) != ERR_OK) {
        code = cli_complain_postgres("migrate", ERR_UNAVAILABLE, msg.text, "--conninfo");
    }
    if (code == EX_OK)
        code = migrate_all(&m, cli_has(args, "dry-run"));
    database_close(m.db);
    free(m.files);
    free(m.applied);
    return code;
}

const struct cli_command cli_migrate = {
    .name = "migrate",
    .summary = "make or update the database schema, and finish an upgrade",
    .usage =
        "migrate --conninfo CONNINFO [--dry-run] [FOLDER]\n"
        "migrate --finish [--dry-run] [--config FILE]\n"
        "Applies the files NNNN_name.sql of FOLDER (" SQL_DIR_DEFAULT ")\n"
        "that the database does not have yet, each in one transaction, and prints their names.\n"
        "A file that was applied and then changed is refused. Safe to repeat.\n"
        "With --finish: no host of the version before is left, and none comes back. From then on,\n"
        "within seconds and on all hosts, learners are written to Redis so that only this version\n"
        "reads them, in less memory. Refused while a host of the version before was at work "
        "within\n"
        "ten minutes. Safe to repeat.",
    .options = {{.name = "conninfo",
                 .value_name = "CONNINFO",
                 .help = "libpq's words for a login that owns the database and may create roles,\n"
                         "      for example \"host=/run/postgresql dbname=waypost user=postgres\""},
                {.name = "finish", .help = "end the upgrade of all hosts, and the way back"},
                CLI_CONFIG_OPTION,
                {.name = "dry-run", .help = "only print what is pending"}},
    .run = migrate_run,
};
