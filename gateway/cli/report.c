/* `waypost report`: what coordinators read, with the rights of their own login. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/report/month.h"
#include "cli/cli.h"
#include "cli/report_out.h"
#include "cli/report_send.h"

/* Options that are an argument of a report, or choose among its rows; report.query() knows which
 * report takes which. A '-' in the option is a '_' there. */
#define ASK_OPTIONS                                                                                \
    {"grain", "day|week|month|quarter|all", "period of a row", false},                             \
        {"by", "WORD", "a row for each language, cohort, country, role, channel or via", false},   \
        {"from", "DATE", "rows from this day on", false},                                          \
        {"to", "DATE", "rows up to this day", false},                                              \
        {"as-of", "DATE", "count as it stood on that day", false},                                 \
        {"course", "ID", "rows of this course", false},                                            \
        {"organisation", "CODE", "rows of this organisation", false},                              \
    {                                                                                              \
        "set", "NAME=VALUE", "any other argument of the report", true                              \
    }
static const struct cli_option ask_options[] = {ASK_OPTIONS};

struct report_run {
    const struct cli_args *args;
    struct database *db;
    struct buf sql, json;
};

static int complain(enum err e, const char *words)
{
    int code =
        cli_complain_postgres("report", e, words, "--conninfo (or PGHOST, PGDATABASE and PGUSER)");
    return e == ERR_UNAVAILABLE || e == ERR_DENIED || e == ERR_INVALID ? code : EX_IOERR;
}

/* ---- the query ---- */

static void add_member(struct buf *json, struct str name, struct str value)
{
    struct buf key CLEANUP(buf_fini);
    buf_init(&key, 64); /* longer than any; cut, it is refused all the same */
    for (size_t i = 0; i < name.len; i++)
        buf_add_char(&key, (char)(name.p[i] == '-' ? '_' : name.p[i]));
    buf_add_char(json, json->len == 0 ? '{' : ',');
    buf_add_json(json, buf_str(&key));
    buf_add_char(json, ':');
    buf_add_json(json, value);
}

static int read_arguments(struct report_run *run)
{
    for (size_t i = 0; i < ARRAY_LEN(ask_options); i++) {
        const char *value = cli_get(run->args, ask_options[i].name, NULL);
        if (value != NULL && !ask_options[i].is_repeatable)
            add_member(&run->json, str_from(ask_options[i].name), str_from(value));
    }
    const char *set;
    for (int i = 0; (set = cli_get_nth(run->args, "set", i)) != NULL; i++) {
        struct str value = str_from(set);
        struct str name = str_split(&value, '=');
        if (value.p == NULL) {
            cli_complain("report: --set needs NAME=VALUE, as in --set days=7, not %s", set);
            return EX_USAGE;
        }
        add_member(&run->json, name, value);
    }
    if (run->json.len == 0)
        buf_add_char(&run->json, '{');
    buf_add_char(&run->json, '}');
    return buf_error(&run->json) == ERR_OK ? EX_OK : EX_USAGE;
}

static void keep_sql(void *ctx, const struct str *cells, uint32_t n)
{
    struct report_run *run = ctx;
    (void)n;
    buf_add_str(&run->sql, cells[0]);
}

static int open_database(struct report_run *run)
{
    struct errmsg msg;
    enum err e = database_open(cli_get(run->args, "conninfo", ""), &run->db, &msg);
    return e == ERR_OK ? EX_OK : complain(e, msg.text);
}

static int build_query(struct report_run *run, const char *name)
{
    struct errmsg msg;
    int code = read_arguments(run);
    if (code != EX_OK || (code = open_database(run)) != EX_OK)
        return code;
    struct str params[] = {str_from(name), buf_str(&run->json)};
    enum err e =
        database_ask(run->db, &(struct sql){"select report.query($1, $2::jsonb)", params, 2},
                     keep_sql, run, &msg);
    return e == ERR_OK ? EX_OK : complain(e, msg.text);
}

static int write_answer(struct report_run *run, struct report_out *out)
{
    struct database_rows rows = report_out_rows(out);
    enum err e = database_stream(run->db, buf_str(&run->sql), &rows, &out->msg);
    e = report_out_end(out, e);
    return e == ERR_OK ? EX_OK : complain(e, out->msg.text);
}

static bool has_name(const struct report_run *run, const char *verb)
{
    if (run->args->n_words == 2)
        return true;
    cli_complain("report %s: which one? `waypost report list` names them", verb);
    return false;
}

/* ---- verbs ---- */

static void print_words(void *ctx, const struct str *cells, uint32_t n)
{
    (void)ctx;
    (void)n;
    (void)fprintf(stderr, "\n%.*s\n", STR_ARG(cells[0]));
}

/* Of organisations that are counted in the background: how old the counts are. Rows of people are
 * of now. */
static int say_age(struct report_run *run)
{
    static const char sql[] =
        "select format('Counts of %s were made in the background, %s hours ago.', o.organisation, "
        "o.counted_hours_ago) from report.organisations o where o.counted_hours_ago is not null "
        "order by 1";
    struct errmsg msg;
    enum err e = database_ask(run->db, &(struct sql){.text = sql}, print_words, NULL, &msg);
    return e == ERR_OK ? EX_OK : complain(e, msg.text);
}

static int report_show(struct report_run *run)
{
    struct errmsg msg;
    struct report_out out = {
        .format = report_format_find(cli_has(run->args, "json") ? STR("ndjson") : STR_NONE),
        .is_quiet = true};
    int code = has_name(run, "show") ? build_query(run, run->args->words[1]) : EX_USAGE;
    if (code != EX_OK || (code = write_answer(run, &out)) != EX_OK)
        return code;
    struct str name = str_from(run->args->words[1]);
    enum err e = database_ask(
        run->db, &(struct sql){"select about from report.catalogue where name = $1", &name, 1},
        out.format->row != NULL ? print_words : NULL, NULL, &msg);
    return e == ERR_OK ? say_age(run) : complain(e, msg.text);
}

/* csv, unless --format or the file's name says something else. */
static const struct report_format *format_of(const struct cli_args *args, const char *path)
{
    const char *ending = path != NULL ? strrchr(path, '.') : NULL;
    const char *said = cli_get(args, "format", NULL);
    const struct report_format *format =
        said == NULL && ending != NULL ? report_format_find(str_from(ending + 1)) : NULL;
    if (format == NULL)
        format = report_format_find(str_from(said != NULL ? said : "csv"));
    if (!format->needs_file || path != NULL)
        return format;
    cli_complain("report export: %s needs a file: --out FILE.%s", format->name, format->name);
    return NULL;
}

/* ---- an export is on record before a row leaves ---- */

struct export_mark {
    char text[40]; /* what report.begin_export gave */
    enum err err;
};

static void keep_mark(void *ctx, const struct str *cells, uint32_t n)
{
    struct export_mark *mark = ctx;
    (void)n;
    mark->err = str_copy(cells[0], mark->text, sizeof(mark->text));
}

/* Logins that read change nothing unless they say so; the export itself may not. */
static int note(struct report_run *run, const char *sql, const struct str *params, uint32_t n,
                struct export_mark *mark)
{
    struct errmsg msg;
    enum err e =
        database_ask(run->db, &(struct sql){.text = "set default_transaction_read_only = off"},
                     NULL, NULL, &msg);
    if (e == ERR_OK)
        e = database_ask(run->db, &(struct sql){sql, params, n}, mark != NULL ? keep_mark : NULL,
                         mark, &msg);
    if (e == ERR_OK)
        e = database_ask(run->db, &(struct sql){.text = "reset default_transaction_read_only"},
                         NULL, NULL, &msg);
    return e == ERR_OK ? EX_OK : complain(e, msg.text);
}

static int begin_export(struct report_run *run, const char *name, struct export_mark *mark)
{
    struct str params[] = {str_from(name)};
    int code = note(run, "select report.begin_export($1)::text", params, 1, mark);
    return code != EX_OK || mark->err == ERR_OK ? code : complain(mark->err, "its mark");
}

static int end_export(struct report_run *run, const struct export_mark *mark, uint64_t n_rows)
{
    char n[24];
    (void)snprintf(n, sizeof(n), "%llu", (unsigned long long)n_rows);
    struct str params[] = {str_from(mark->text), str_from(n)};
    return note(run, "select report.end_export($1::uuid, $2::bigint)", params, 2, NULL);
}

/* Rows go out, and that they did is on record. */
static int write_export(struct report_run *run, struct report_out *out)
{
    struct export_mark mark = {"", ERR_OK};
    int code = build_query(run, run->args->words[1]);
    if (code == EX_OK)
        code = begin_export(run, run->args->words[1], &mark);
    if (code == EX_OK)
        code = write_answer(run, out);
    if (code == EX_OK)
        code = end_export(run, &mark, out->n_rows);
    return code == EX_OK ? say_age(run) : code;
}

static int exit_of(enum err e)
{
    return e == ERR_OK            ? EX_OK
           : e == ERR_UNAVAILABLE ? EX_TEMPFAIL
           : e == ERR_DENIED      ? EX_NOPERM
           : e == ERR_INVALID     ? EX_DATAERR
                                  : EX_IOERR;
}

/* The statements into a file without a name first: a store may take longer than a query may. */
static int report_push(struct report_run *run, const char *to)
{
    struct report_send send = {.url = to,
                               .credentials = cli_get(run->args, "credentials", NULL),
                               .sent = cli_get(run->args, "sent", NULL)};
    struct errmsg msg;
    char path[32];
    FILE *file = tmpfile();
    if (file == NULL)
        return complain(ERR_IO, "the folder for passing files takes none");
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
    struct report_out out = {
        .format = report_format_find(STR("ndjson")), .path = path, .is_quiet = true};
    int code = write_export(run, &out);
    if (code == EX_OK) {
        enum err e = report_send_run(&send, file, &msg);
        (void)fprintf(stderr, "%llu statements taken, %llu before.\n",
                      (unsigned long long)send.n_taken, (unsigned long long)send.n_before);
        if (e != ERR_OK)
            cli_complain("report: %s", msg.text);
        code = exit_of(e);
    }
    (void)fclose(file); /* gone with it */
    return code;
}

static int report_export(struct report_run *run)
{
    const char *path = cli_get(run->args, "out", NULL);
    const char *to = cli_get(run->args, "send-to", NULL);
    struct report_out out = {.path = path, .has_bom = cli_has(run->args, "bom")};
    if (!has_name(run, "export"))
        return EX_USAGE;
    if (to != NULL)
        return report_push(run, to);
    if ((out.format = format_of(run->args, path)) == NULL)
        return EX_USAGE;
    out.title = run->args->words[1];
    int code = write_export(run, &out);
    if (code == EX_OK)
        (void)fprintf(stderr, "%llu row%s.\n", (unsigned long long)out.n_rows, str_s(out.n_rows));
    return code;
}

static void print_report(void *ctx, const struct str *cells, uint32_t n)
{
    (void)ctx;
    (void)n;
    printf("%.*s\n", STR_ARG(cells[0]));
    if (cells[1].len > 0)
        printf("    options: %.*s\n", STR_ARG(cells[1]));
    printf("    %.*s\n\n", STR_ARG(cells[2]));
}

static int report_list(struct report_run *run)
{
    static const char sql[] =
        "select name, concat_ws(', ', nullif(arguments, ''), nullif(filters, '')), about"
        " from report.catalogue order by 1";
    struct errmsg msg;
    int code = open_database(run);
    if (code != EX_OK)
        return code;
    if (cli_has(run->args, "json")) {
        struct report_out out = {.format = report_format_find(STR("ndjson")), .is_quiet = true};
        buf_add_str(&run->sql, STR("select name, kind, arguments, filters, about"
                                   " from report.catalogue order by 1"));
        return write_answer(run, &out);
    }
    enum err e = database_ask(run->db, &(struct sql){.text = sql}, print_report, NULL, &msg);
    return e == ERR_OK ? EX_OK : complain(e, msg.text);
}

/* ---- the month as a page ---- */

struct month {
    struct arena *arena;
    struct report_month_row rows[REPORT_MONTH_MAX_ROWS];
    uint32_t n;
    struct str organisation; /* of the first row */
    bool has_others;
};

static void keep_month(void *ctx, const struct str *cells, uint32_t n)
{
    struct month *month = ctx;
    (void)n;
    if (month->n == 0)
        month->organisation = arena_str(month->arena, cells[0]);
    month->has_others |= !str_eq(month->organisation, cells[0]);
    if (month->n < REPORT_MONTH_MAX_ROWS)
        month->rows[month->n++] = (struct report_month_row){arena_str(month->arena, cells[1]),
                                                            arena_str(month->arena, cells[2]),
                                                            arena_str(month->arena, cells[3])};
}

static int write_page(struct report_run *run, const struct month *month)
{
    const char *path = cli_get(run->args, "out", NULL);
    struct errmsg msg;
    struct buf html CLEANUP(buf_fini);
    buf_init(&html, 1u << 20);
    enum err e = report_month_write(month->rows, month->n, false, &html);
    FILE *file = path != NULL ? fopen(path, "we") : stdout;
    bool is_written = e == ERR_OK && file != NULL && fwrite(html.p, 1, html.len, file) == html.len;
    if (path == NULL)
        is_written &= fflush(stdout) == 0;
    else if (file != NULL)
        is_written &= fclose(file) == 0;
    if (is_written)
        return EX_OK;
    (void)errmsg_set(&msg, ERR_IO, "%s: %s", path != NULL ? path : "the page", strerror(errno));
    return complain(ERR_IO, msg.text);
}

static bool is_month(const char *text)
{
    char day[16];
    return snprintf(day, sizeof(day), "%s-01", text) == 10 && cli_is_date(str_from(day));
}

/* `month [2026-11]`: the last one when it is not said. */
static int report_month(struct report_run *run)
{
    static const char sql[] =
        "select m.organisation, m.kind, m.label, m.value from report.month("
        "($1 || '-01')::date, $2) m"
        " where $3::text is null or m.organisation = $3 order by m.organisation, m.place, m.label";
    struct errmsg msg;
    if (run->args->n_words > 2 || (run->args->n_words == 2 && !is_month(run->args->words[1]))) {
        cli_complain("report month: one month, like 2026-11");
        return EX_USAGE;
    }
    struct str params[] = {run->args->n_words == 2 ? str_from(run->args->words[1]) : STR_NONE,
                           str_from(cli_get(run->args, "lang", NULL)),
                           str_from(cli_get(run->args, "organisation", NULL))};
    int code = open_database(run);
    if (code != EX_OK)
        return code;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1u << 20);
    struct month *month = arena_new_array(arena, struct month, 1);
    month->arena = arena;
    enum err e = database_ask(run->db, &(struct sql){sql, params, 3}, keep_month, month, &msg);
    if (e != ERR_OK)
        return complain(e, msg.text);
    if (month->n == 0 || month->has_others) {
        cli_complain("report month: %s", month->n == 0
                                             ? "your login has no such organisation"
                                             : "your login has several organisations: say which "
                                               "one with --organisation CODE");
        return EX_USAGE;
    }
    return write_page(run, month);
}

static const struct {
    const char *name;
    int (*run)(struct report_run *run);
} verbs[] = {{"list", report_list},
             {"show", report_show},
             {"export", report_export},
             {"month", report_month}};

static int report_run(const struct cli_args *args)
{
    struct report_run run = {.args = args};
    buf_init(&run.sql, 1u << 20);
    buf_init(&run.json, 1u << 16);
    int code = EX_USAGE;
    size_t i = 0;
    while (i < ARRAY_LEN(verbs) &&
           (args->n_words == 0 || strcmp(verbs[i].name, args->words[0]) != 0))
        i++;
    if (i < ARRAY_LEN(verbs))
        code = verbs[i].run(&run);
    else
        cli_complain(
            "report: say list, show, export or month; `waypost report --help` says what each "
            "does");
    database_close(run.db);
    buf_fini(&run.sql);
    buf_fini(&run.json);
    return code;
}

const struct cli_command cli_report = {
    .name = "report",
    .summary = "what coordinators read: figures, tables, sheets",
    .usage =
        "report list [--json]\n"
        "What there is to read, and what each report counts.\n"
        "report show NAME [--grain WORD] [--by WORD] [--from DATE] [--to DATE] [--json]\n"
        "A report as a table. `hidden` stands for a count that could point at a few people, or\n"
        "from which such a count could be found.\n"
        "report export NAME [--format csv|xlsx|ndjson|dhis2|table] [--out FILE] [--bom]\n"
        "The same into a file. Rows of people get a new pseudonym in each export and days in "
        "place\n"
        "of times; what people wrote stays behind. NAME `wide`: one row for each learner of a\n"
        "course and one column for each question; `statements` as ndjson: xAPI, for an LRS;\n"
        "`data_values` as dhis2: for its dataValueSets.\n"
        "report export statements --send-to URL --credentials FILE [--sent FILE] [--set home=URL]\n"
        "xAPI statements straight to a Learning Record Store, in batches, by HTTPS; again with\n"
        "longer and longer pauses when it does not answer. FILE of --credentials has key:secret.\n"
        "What was taken is written to the file of --sent and passed over the next time, also\n"
        "after a break in the middle.\n"
        "report month [2026-11] [--organisation CODE] [--lang CODE] [--out FILE]\n"
        "The month, or the last one, as one HTML page to print, in the language of the\n"
        "organisation: what each figure means, and what not to conclude from it.\n"
        "The same as pages with charts, in a browser: /report/ of the admin listener, where\n"
        "report_conninfo is set; people sign in with the same login.\n"
        "You see what your login of PostgreSQL may see: say it with --conninfo, or with PGHOST,\n"
        "PGUSER, PGDATABASE or PGSERVICE.",
    .options = {{"conninfo", "CONNINFO",
                 "libpq's words for your login, \"host=db dbname=waypost user=amina\"", false},
                ASK_OPTIONS,
                {"format", "csv|xlsx|ndjson|dhis2|table",
                 "export: how; when left out the file's name says it, or csv", false},
                {"out", "FILE", "export: where to; standard output when left out", false},
                {"send-to", "URL", "export statements: a Learning Record Store, https://host/xapi",
                 false},
                {"credentials", "FILE", "its key:secret, in a file that only you can read", false},
                {"sent", "FILE", "ids of the statements that it has", false},
                {"lang", "CODE", "month: its language; the organisation's when left out", false},
                {"bom", NULL, "export as csv: marked as UTF-8, which Excel wants to see", false},
                {"json", NULL, "list, show: one JSON object a line", false}},
    .run = report_run,
};
