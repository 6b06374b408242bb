/*
 * Subcommands of coordinators and operators from end to end, on a Redis and a PostgreSQL of their
 * own (tests/unit/with_postgres.sh): each with what it shows, and with what it says to a wrong
 * call. Rows go one after the other: what one makes, the next ones find.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "cli_site.h"
#include "port/database/database.h"
#include "port/erasures.h"

#define MAX_LINE 512

/* What later rows say by $NAME. */
static struct {
    const char *name;
    char value[160];
} vars[] = {{"$DIR", ""},  {"$GROUP", ""}, {"$ID", ""},
            {"$CERT", ""}, {"$OWNER", ""}, {"$READER", ""}};
enum { DIR, GROUP, ID, CERT, OWNER, READER };

struct row {
    const char *line; /* words, blanks between; 'several words' are one */
    int code;
    const char *says; /* NULL: nothing is asked */
};

/* The line with each $NAME filled in. */
static void fill(const char *line, char dst[MAX_LINE])
{
    size_t at = 0;
    while (*line != '\0') {
        const char *value = NULL;
        for (size_t i = 0; i < ARRAY_LEN(vars) && value == NULL; i++) {
            if (strncmp(line, vars[i].name, strlen(vars[i].name)) == 0) {
                value = vars[i].value;
                line += strlen(vars[i].name);
            }
        }
        at += (size_t)snprintf(dst + at, MAX_LINE - at, "%.*s", value != NULL ? MAX_LINE : 1,
                               value != NULL ? value : line);
        line += value == NULL;
    }
}

static void run_row(const struct row *row)
{
    const char *words[32] = {NULL};
    char line[MAX_LINE];
    int n = 0;
    fill(row->line, line);
    for (char *p = line; *p != '\0';) {
        bool is_quoted = *p == '\'';
        words[n++] = p += is_quoted;
        p += strcspn(p, is_quoted ? "'" : " ");
        if (*p != '\0')
            *p++ = '\0';
        p += strspn(p, " ");
    }
    int code = run_with("", words);
    static const char *const words_of_sql[] = {"constraint",  "syntax for type", "relation \"",
                                               "lower bound", "datestyle",       "violates",
                                               "out of range"};
    for (size_t i = 0; i < ARRAY_LEN(words_of_sql); i++) {
        if (strstr(err_out, words_of_sql[i]) != NULL)
            fail_msg("%s: says '%s', words of SQL: %s", row->line, words_of_sql[i], err_out);
    }
    bool is_said =
        row->says == NULL || strstr(out, row->says) != NULL || strstr(err_out, row->says) != NULL;
    if (code != row->code || !is_said)
        fail_msg("%s: exit code %d, expected %d and '%s':\n%.2000s%.2000s", row->line, code,
                 row->code, row->says, out, err_out);
}

#define RUN_ROWS(...)                                                                              \
    do {                                                                                           \
        static const struct row rows_[] = {__VA_ARGS__};                                           \
        for (size_t i_ = 0; i_ < ARRAY_LEN(rows_); i_++)                                           \
            run_row(&rows_[i_]);                                                                   \
    } while (0)

/* What was printed last, up to the first blank, comma or line end behind `mark`. */
static void keep(int var, const char *mark)
{
    const char *at = strstr(out, mark);
    assert_non_null(at);
    at += strlen(mark);
    (void)snprintf(vars[var].value, sizeof(vars[var].value), "%.*s", (int)strcspn(at, " ,\"\n"),
                   at);
}

static void on_cell(void *ctx, const struct str *cells, uint32_t n)
{
    char *value = ctx;
    (void)n; /* one column */
    (void)snprintf(value, sizeof(vars[0].value), "%.*s", STR_ARG(cells[0]));
}

/* The last row's only cell. */
static void keep_sql(int var, const char *sql)
{
    struct database *db;
    struct errmsg msg;
    if (database_open(vars[OWNER].value, &db, &msg) != ERR_OK ||
        database_ask(db, &(struct sql){.text = sql}, on_cell, vars[var].value, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    database_close(db);
}

/* The text with /nowhere in place of the path behind `mark`. */
static const char *spoiled(const char *text, const char *mark)
{
    static char ret[4096];
    const char *at = strstr(text, mark);
    assert_non_null(at);
    at += strlen(mark);
    (void)snprintf(ret, sizeof(ret), "%.*s/nowhere%s", (int)(at - text), text,
                   at + strcspn(at, " \n")); /* as long, or cut where the test fails */
    return ret;
}

static int set_up(void **state)
{
    char text[4096], here[512];
    const char *pg = getenv("WAYPOST_TEST_PG");
    (void)state; /* the servers are the program's */
    if (pg == NULL || mkdtemp(dir) == NULL || getcwd(here, sizeof(here)) == NULL)
        return -1;
    redis_server_init(&server);
    (void)snprintf(vars[DIR].value, sizeof(vars[DIR].value), "%s", dir);
    (void)snprintf(vars[OWNER].value, sizeof(vars[OWNER].value), "%s user=postgres", pg);
    (void)snprintf(
        text, sizeof(text),
        "org: Org\nurl: example.org\nport: 1\nadmin_port: 2\nsimulator: on\n"
        "keys_dir: %s/keys\nspool_dir: %s/spool\nredis_socket: %s\n"
        "writer_conninfo: \"%s user=postgres\"\n"
        "sender_conninfo: \"%s user=postgres\"\nprofiles_dir: %s/config/profiles\n"
        "safe_conninfo: \"%s user=postgres\"\ninbox_conninfo: \"%s user=postgres\"\n"
        "lessons_dir: %s/lessons\n"
        "channels:\n"
        "  - {name: at, profile: africastalking, country: KE, from: \"20880\",\n"
        "     unsigned_callbacks: accepted, settings: {username: u, apikey: k,\n"
        "     send_url: \"http://127.0.0.1:2/sim/send/at\"}}\n"
        "  - {name: at-ussd, profile: africastalking-ussd, country: KE,\n"
        "     dial_code: \"*384*7#\", sms_channel: at, unsigned_callbacks: accepted}\n"
        "countries:\n"
        "  - {code: KE, utc_offset: \"+03:00\", emergency: \"999\", helpline: \"116\",\n"
        "     cost: \"Each SMS costs you your normal rate.\", contact: \"Org, 0800 7000,\"}\n",
        dir, dir, server.socket, pg, pg, here, pg, pg, here);
    write_file("waypost.yaml", text);
    write_file("no-database.yaml", spoiled(text, "writer_conninfo: \"host="));
    write_file("no-keys.yaml", spoiled(text, "keys_dir: "));
    (void)setenv("PGOPTIONS", "-c client_min_messages=warning", 1);
    return 0;
}

#define CONFIG " --config $DIR/waypost.yaml"

static void a_site_is_made(void **state)
{
    (void)state; /* the servers are the program's */
    RUN_ROWS({"keys" CONFIG, EX_OK, NULL},
             {"migrate --conninfo '$OWNER' --dry-run sql", EX_OK, NULL},
             {"migrate --conninfo '$OWNER' nowhere", EX_NOINPUT, "nowhere"},
             {"lessons publish tests/lessons/base --approved-by 'A, reviewer'" CONFIG, EX_OK, NULL},
             {"lessons publish tests/lessons/base" CONFIG, EX_OK, NULL},
             {"lessons list" CONFIG, EX_OK, "handwashing"},
             {"simulate --learners 12 --days 40 --seed 3 --course ../tests/lessons/base" CONFIG,
              EX_OK, NULL},
             {"rebuild" CONFIG, EX_OK, "numbers"}, {"reconcile" CONFIG, EX_OK, NULL},
             {"status" CONFIG, EX_UNAVAILABLE, NULL},
             {"doctor --json" CONFIG, EX_CONFIG, "\"findings\""});
}

static void groups_are_made_and_looked_after(void **state)
{
    (void)state; /* the servers are the program's */
    RUN_ROWS({"cohort create 'Group B' --organisation nowhere" CONFIG, EX_DATAERR, "nowhere"},
             {"cohort create 'Group B' --pace slow" CONFIG, EX_DATAERR, "weekly|open|dates"},
             {"cohort create" CONFIG, EX_USAGE, NULL},
             {"cohort create B --start tomorrow?" CONFIG, EX_DATAERR, "tomorrow?"},
             {"cohort create B --pace dates --date 2030-02-30" CONFIG, EX_DATAERR, "2030-02-30"},
             {"cohort create B --zone Mars/Base" CONFIG, EX_DATAERR, "Mars/Base"},
             {"cohort create B --quiet 20-07" CONFIG, EX_DATAERR, "20-07"},
             {"cohort create B --quiet 25:00-07:00" CONFIG, EX_DATAERR, "25:00"},
             {"cohort create B --off someday" CONFIG, EX_DATAERR, "someday"},
             {"cohort create B --lang xx" CONFIG, EX_DATAERR, "there is no course in the language"},
             {"cohort create B --course none" CONFIG, EX_DATAERR, "there is no course none"},
             {"cohort create 'Group A' --pace open --quiet 20:00-07:00 --off fri --lang en" CONFIG,
              EX_OK, NULL});
    keep(GROUP, "");
    RUN_ROWS({"cohort list" CONFIG, EX_OK, "Group A"},
             {"cohort list --json" CONFIG, EX_OK, "\"Group A\""},
             {"cohort show $GROUP" CONFIG, EX_OK, "Group A"},
             {"cohort show 123456" CONFIG, EX_USAGE, "123456"},
             {"cohort sheet $GROUP" CONFIG, EX_OK, "<title>"},
             {"cohort facilitator add $GROUP +254733000001 --pin 135790" CONFIG, EX_OK, "135790"},
             {"cohort facilitator add $GROUP 0733 --pin 135790" CONFIG, EX_USAGE, NULL},
             {"cohort facilitator remove $GROUP +254733000001" CONFIG, EX_OK, NULL},
             {"cohort pause $GROUP 2030-01-10 2030-01-01" CONFIG, EX_USAGE, "is before the first"},
             {"cohort pause $GROUP 2030-01-01 2030-02-29" CONFIG, EX_USAGE,
              "the first and the last day"},
             {"cohort pause $GROUP 2030-01-01 2030-01-10" CONFIG, EX_OK, NULL},
             {"cohort resume $GROUP" CONFIG, EX_OK, NULL},
             {"cohort close $GROUP" CONFIG, EX_OK, NULL},
             {"cohort open $GROUP" CONFIG, EX_OK, NULL},
             {"cohort renew $GROUP" CONFIG, EX_OK, NULL}, {"cohort sync" CONFIG, EX_OK, NULL},
             {"cohort fly $GROUP" CONFIG, EX_USAGE, "say create, list"});
}

static void learners_are_invited_moved_and_erased(void **state)
{
    (void)state; /* the servers are the program's */
    write_file("people.csv", "number,language,group\n+254711000001,en,\n0711000002,en,\n12,en,\n");
    RUN_ROWS({"learner import $DIR/people.csv --dry-run" CONFIG, EX_DATAERR, "12"},
             {"learner import $DIR/none.csv" CONFIG, EX_NOINPUT, "none.csv"},
             {"learner import $DIR/people.csv" CONFIG, EX_DATAERR, NULL},
             {"learner show +254711000001" CONFIG, EX_DATAERR, "nobody is known"},
             {"learner show someone" CONFIG, EX_USAGE, "someone"},
             {"certificate list --course none" CONFIG, EX_DATAERR, "there is no course none"},
             {"certificate list --course handwashing" CONFIG, EX_OK, "code"});
    keep_sql(ID,
             "select l.learner_id::text from core.learner l join core.enrolment e using (learner) "
             "where e.stopped_at is null order by 1 limit 1");
    RUN_ROWS({"learner show $ID --json" CONFIG, EX_OK, "{"},
             {"learner show $ID" CONFIG, EX_OK, NULL},
             {"learner show +254799999999" CONFIG, EX_DATAERR, NULL},
             {"learner move $ID $GROUP" CONFIG, EX_OK, NULL},
             {"learner move $ID 123456" CONFIG, EX_USAGE, "123456"},
             {"learner move $ID --organisation nowhere" CONFIG, EX_DATAERR, "nowhere"},
             {"learner transfer $ID" CONFIG, EX_OK, NULL},
             {"learner erase $ID" CONFIG, EX_USAGE, "--yes"},
             {"learner erase $ID --yes" CONFIG, EX_OK, NULL},
             {"learner fly" CONFIG, EX_USAGE, "say `import FILE`"});
}

static void certificates_are_listed_checked_and_revoked(void **state)
{
    (void)state; /* the servers are the program's */
    RUN_ROWS({"certificate list" CONFIG, EX_OK, "code"});
    keep(CERT, "\n");
    RUN_ROWS(
        {"certificate check $CERT" CONFIG, EX_OK, "VALID"},
        {"certificate check '1234 5678 9012'" CONFIG, EX_OK, "NOT FOUND"},
        {"certificate key $DIR/badge" CONFIG, EX_OK, NULL},
        {"certificate key $DIR/badge" CONFIG, EX_CANTCREAT, NULL},
        {"certificate issuer --key $DIR/badge --issuer https://example.org" CONFIG, EX_OK,
         "example.org"},
        {"certificate issue '$CERT' --key $DIR/badge --issuer https://example.org "
         "--criteria 'All modules' --email a@example.org" CONFIG,
         EX_OK, "."},
        {"certificate sign --key $DIR/badge --issuer https://example.org --criteria x" CONFIG,
         EX_OK, NULL},
        {"certificate revoke '$CERT' --reason bored" CONFIG, EX_DATAERR, "fraud|wrong-profile"},
        {"certificate revoke '$CERT' --reason fraud" CONFIG, EX_OK, NULL},
        {"certificate check '$CERT'" CONFIG, EX_OK, "REVOKED"},
        {"certificate status --key $DIR/badge --issuer https://example.org" CONFIG, EX_OK, "."},
        {"certificate status --key $DIR/none --issuer https://example.org" CONFIG, EX_USAGE,
         "none"});
}

static void broadcasts_take_two_people(void **state)
{
    (void)state; /* the servers are the program's */
    RUN_ROWS({"broadcast text hello 'Hello to all.' --by ana" CONFIG, EX_OK, NULL},
             {"broadcast send hello --by ana" CONFIG, EX_DATAERR, NULL},
             {"broadcast approve hello --by ana" CONFIG, EX_DATAERR, NULL},
             {"broadcast approve hello --by bo" CONFIG, EX_OK, NULL},
             {"broadcast preview hello" CONFIG, EX_OK, "0 people"},
             {"broadcast preview none" CONFIG, EX_DATAERR, "none"},
             {"broadcast preview hello --group 123456" CONFIG, EX_DATAERR, "no group 123456"},
             {"broadcast preview hello --group red" CONFIG, EX_DATAERR, "no group red"},
             {"broadcast preview hello --organisation none" CONFIG, EX_DATAERR, "none"},
             {"broadcast send hello --by ana --lang xx" CONFIG, EX_DATAERR, "--lang xx"},
             {"broadcast send hello --by ana --reached m99" CONFIG, EX_DATAERR, "m99"},
             {"broadcast send hello --by ana --dormant" CONFIG, EX_OK, NULL},
             {"broadcast status" CONFIG, EX_OK, "hello"}, {"broadcast stop 1" CONFIG, EX_OK, NULL},
             {"broadcast status 1" CONFIG, EX_OK, NULL},
             {"broadcast status 99" CONFIG, EX_DATAERR, "99"},
             {"broadcast status x" CONFIG, EX_USAGE, "x is no number"},
             {"broadcast stop 99" CONFIG, EX_DATAERR, "99"},
             {"broadcast stop x" CONFIG, EX_USAGE, "x is no number"},
             {"broadcast send --again x" CONFIG, EX_USAGE, "x is no number"},
             {"broadcast preview hello --dormant" CONFIG, EX_OK, "0 people"});
}

static void reports_are_shown_and_exported(void **state)
{
    (void)state; /* the servers are the program's */
    keep_sql(READER, "insert into core.member select 'postgres', org_id from core.organisation "
                     "where is_default returning login");
    RUN_ROWS(
        {"report list --conninfo '$OWNER'", EX_OK, "funnel"},
        {"report list --json --conninfo '$OWNER'", EX_OK, "\"funnel\""},
        {"report show funnel --conninfo '$OWNER'", EX_OK, NULL},
        {"report show funnel --grain month --by language --json --conninfo '$OWNER'", EX_OK, NULL},
        {"report show nothing --conninfo '$OWNER'", EX_DATAERR, "nothing"},
        {"report show funnel --grain minute --conninfo '$OWNER'", EX_DATAERR,
         "day|week|month|quarter|all"},
        {"report export items --out $DIR/items.xlsx --conninfo '$OWNER'", EX_OK, NULL},
        {"report export items --format ndjson --conninfo '$OWNER'", EX_OK, " row"},
        {"report export items --bom --conninfo '$OWNER'", EX_OK, "unit"},
        {"report export wide --out $DIR/wide.csv --conninfo '$OWNER'", EX_OK, NULL},
        {"report export statements --format ndjson --conninfo '$OWNER'", EX_OK, NULL},
        {"report export data_values --format dhis2 --conninfo '$OWNER'", EX_OK, "dataValues"},
        {"report export items --out /nowhere/x.csv --conninfo '$OWNER'", EX_IOERR,
         "/nowhere/x.csv"},
        {"report month --out $DIR/month.html --conninfo '$OWNER'", EX_OK, NULL},
        {"report month 2026-13 --conninfo '$OWNER'", EX_USAGE, "like 2026-11"},
        {"report show items --from someday --conninfo '$OWNER'", EX_DATAERR, "someday"},
        {"report show funnel --as-of someday --conninfo '$OWNER'", EX_DATAERR, "someday"},
        {"report show items --course none --conninfo '$OWNER'", EX_DATAERR, "none"},
        {"report show items --set colour=red --conninfo '$OWNER'", EX_DATAERR, "colour"});
}

static void disclosures_and_questions_are_looked_after(void **state)
{
    (void)state; /* the servers are the program's */
    RUN_ROWS({"safe key $DIR/safe.key" CONFIG, EX_OK, NULL},
             {"learner inbox key $DIR/inbox.key" CONFIG, EX_OK, NULL},
             {"safe list" CONFIG, EX_OK, NULL}, {"safe list --all --json" CONFIG, EX_OK, NULL},
             {"safe read 99" CONFIG, EX_NOINPUT, "99"},
             {"safe acknowledge x" CONFIG, EX_NOINPUT, "x"},
             {"safe transfer 99 --outcome happy" CONFIG, EX_NOINPUT, "99"},
             {"learner inbox list --all --json" CONFIG, EX_OK, NULL},
             {"learner inbox read 99" CONFIG, EX_NOINPUT, "99"},
             {"learner inbox answer 99 --choice 1" CONFIG, EX_DATAERR, "inbox_answers"},
             {"learner inbox answer 99 --text Yes" CONFIG, EX_NOINPUT, "99"});
}

/* A backup knows nobody who was erased since. What is erased anew is said in the file, and what the
 * file says is erased anew. */
#define LINE_BYTES (2 * (long)ERASURES_HASH_BYTES + 1)

static void a_restored_database_forgets_again(void **state)
{
    (void)state; /* the servers are the program's */
    static const char count[] = "select count(*)::text from core.erasure";
    char file[128];
    struct stat info;
    (void)snprintf(file, sizeof(file), "%s/spool/" ERASURES_FILE, dir); /* is short */
    keep_sql(ID, "insert into core.erasure (hash) select sha256(x::text::bytea) "
                 "from generate_series(1, 3) x returning 'x'");
    RUN_ROWS({"rebuild" CONFIG, EX_OK, NULL});
    assert_int_equal(stat(file, &info), 0);
    assert_int_equal(info.st_size, 3 * LINE_BYTES);
    keep_sql(ID, "delete from core.erasure where hash <> sha256('1') returning 'x'");
    RUN_ROWS({"rebuild" CONFIG, EX_OK, NULL});
    keep_sql(ID, count);
    assert_string_equal(vars[ID].value, "3");
    assert_int_equal(unlink(file), 0); /* another host has none of them */
    RUN_ROWS({"rebuild" CONFIG, EX_OK, NULL});
    assert_int_equal(stat(file, &info), 0);
    assert_int_equal(info.st_size, 3 * LINE_BYTES);
    keep_sql(ID, count);
    assert_string_equal(vars[ID].value, "3");
}

static void what_is_away_or_unreadable_is_said(void **state)
{
    (void)state; /* the servers are the program's */
    RUN_ROWS({"rebuild --config $DIR/no-database.yaml", EX_UNAVAILABLE, "writer_conninfo"},
             {"reconcile --config $DIR/no-database.yaml", EX_UNAVAILABLE, NULL},
             {"reconcile --config $DIR/no-keys.yaml", EX_UNAVAILABLE, "/nowhere"},
             {"reconcile" CONFIG, EX_OK, "unreadable 0"});
    assert_int_equal(redis_server_do(&server, "SET wp:{b001}:s:WgAKWlpaWlpaWlpaWlpa nonsense"), 0);
    RUN_ROWS({"reconcile" CONFIG, EX_OK, "unreadable 1"});
}

static void courses_are_corrected_and_withdrawn(void **state)
{
    (void)state; /* the servers are the program's */
    RUN_ROWS({"lessons correct handwashing m1q1" CONFIG, EX_DATAERR, "3 options"},
             {"lessons correct handwashing m1q1 --key 9" CONFIG, EX_DATAERR, "3 options"},
             {"lessons correct handwashing m1q1 --key 1" CONFIG, EX_OK, NULL},
             {"lessons correct handwashing none" CONFIG, EX_DATAERR, "none"},
             {"lessons withdraw handwashing" CONFIG, EX_OK, NULL},
             {"lessons withdraw nothing" CONFIG, EX_DATAERR, "nothing"},
             {"status events" CONFIG, EX_OK, NULL},
             {"keys rotate --conninfo '$OWNER'" CONFIG, EX_DATAERR, "could not be opened"},
             {"channel list" CONFIG, EX_OK, "at-ussd"},
             {"channel pause at" CONFIG, EX_OK, "paused"},
             {"channel list --json" CONFIG, EX_OK, "paused_since"},
             {"channel resume at" CONFIG, EX_OK, NULL}, {"rebuild" CONFIG, EX_OK, "numbers"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_is_made),
        cmocka_unit_test(groups_are_made_and_looked_after),
        cmocka_unit_test(learners_are_invited_moved_and_erased),
        cmocka_unit_test(certificates_are_listed_checked_and_revoked),
        cmocka_unit_test(broadcasts_take_two_people),
        cmocka_unit_test(reports_are_shown_and_exported),
        cmocka_unit_test(disclosures_and_questions_are_looked_after),
        cmocka_unit_test(a_restored_database_forgets_again),
        cmocka_unit_test(what_is_away_or_unreadable_is_said),
        cmocka_unit_test(courses_are_corrected_and_withdrawn),
    };
    if (!redis_server_is_installed()) {
        printf("skipped: no redis-server\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
