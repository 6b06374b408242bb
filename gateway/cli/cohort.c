/* `waypost cohort`: groups that learn together. PostgreSQL owns them; each change is put into Redis
 * at once, where the gateways find it within seconds (app/cohort_set.h): cohort_step.c.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verbs.h"
#include "core/cohort.h"
#include "core/signs.h"
#include "port/store/values.h"
#include "port/vault/vault.h"

#define MAX_TRIES 20 /* for a code that no group has: at most one in a hundred is taken */
#define MAX_DAYS 16  /* of --date */
#define CODE_BYTES 8

/* ---- create ---- */

static void add_option(json_t *root, const struct cli_args *args, const char *name)
{
    const char *value = cli_get(args, name, NULL);
    if (value != NULL)
        json_object_set_new(root, name, json_string(value));
}

static void add_list(json_t *root, const struct cli_args *args, const char *option, const char *key)
{
    json_t *list = json_array();
    const char *value;
    for (int i = 0; i < MAX_DAYS && (value = cli_get_nth(args, option, i)) != NULL; i++)
        json_array_append_new(list, json_string(value));
    json_object_set_new(root, key, list);
}

/* "20:00-08:00", as the option's row says. */
static void add_quiet(json_t *root, const char *quiet)
{
    struct str to = str_from(quiet), from = str_split(&to, '-');
    if (quiet == NULL)
        return;
    json_object_set_new(root, "quiet_from", json_stringn(from.p, from.len));
    json_object_set_new(root, "quiet_to", json_stringn(to.p, to.len));
}

static int create_with(struct desk *desk, json_t *root)
{
    struct str line = STR_NONE;
    char digits[CODE_BYTES];
    int code = cohort_make_room(desk, STR_NONE);
    for (int i = 0; code == EX_OK && line.p == NULL && i < MAX_TRIES; i++) {
        uint8_t random[4];
        vault_random(random, sizeof(random));
        (void)snprintf(digits, sizeof(digits), "%u", cohort_code_make(random)); /* six digits */
        json_object_set_new(root, "code", json_string(digits));
        char *json = json_dumps(root, JSON_COMPACT);
        struct str param = str_from(json);
        code = cohort_ask(desk, "select core.create_cohort($1::jsonb)", &param, 1, &line);
        free(json);
    }
    if (code != EX_OK)
        return code;
    if (line.p == NULL) {
        cli_complain("cohort create: no free code was found; try again");
        return EX_TEMPFAIL;
    }
    code = cohort_mirror(desk, str_from(digits), line);
    printf("%s\n", digits);
    if (code == EX_OK)
        (void)fprintf(stderr,
                      "Members send JOIN %s. `waypost cohort sheet %s` makes a page for the "
                      "facilitator.\n",
                      digits, digits);
    return code;
}

static int cohort_create(const struct cli_args *args)
{
    static const char *const options[] = {"organisation", "course", "lang",
                                          "pace",         "start",  "zone"};
    struct desk desk;
    if (args->n_words != 2) {
        cli_complain("cohort create: one name, in quotes if it has blanks: `waypost cohort create "
                     "\"Nairobi A\"`");
        return EX_USAGE;
    }
    if (!signs_is_name(str_from(args->words[1]))) {
        cli_complain("cohort create: no group is called so: a name is one line, without invisible "
                     "signs or a blank at an end");
        return EX_DATAERR;
    }
    json_t *root = json_object();
    json_object_set_new(root, "name", json_string(args->words[1]));
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        add_option(root, args, options[i]);
    add_list(root, args, "date", "dates");
    add_list(root, args, "off", "days_off");
    add_quiet(root, cli_get(args, "quiet", NULL));
    const char *course = cli_get(args, "course", NULL);
    int code = cohort_open_both(args, &desk);
    if (code == EX_OK)
        code = desk_know_course(&desk, course);
    if (code == EX_OK)
        code = desk_know_language(&desk, course, cli_get(args, "lang", NULL));
    if (code == EX_OK)
        code = create_with(&desk, root);
    json_decref(root);
    desk_close(&desk);
    return code;
}

/* ---- list and show ---- */

enum {
    CELL_CODE,
    CELL_LINE,
    CELL_NAME,
    CELL_ORGANISATION,
    CELL_COURSE,
    CELL_LANG,
    CELL_PACE,
    CELL_START,
    CELL_UNTIL,
    CELL_STATE,
    CELL_MEMBERS,
    CELL_ACTIVE
};

static const char rows_sql[] =
    "select code, line, name, organisation, course, lang, pace, start_on, join_until, state, "
    "members, active from core.cohorts($1::integer)";

static const struct {
    const char *name;
    int cell;
} shown[] = {{"code", CELL_CODE},
             {"name", CELL_NAME},
             {"organisation", CELL_ORGANISATION},
             {"course", CELL_COURSE},
             {"lang", CELL_LANG},
             {"pace", CELL_PACE},
             {"start", CELL_START},
             {"join_until", CELL_UNTIL},
             {"state", CELL_STATE},
             {"members", CELL_MEMBERS},
             {"active_this_week", CELL_ACTIVE}};

struct listing {
    bool is_json;
    uint32_t n;
};

static void print_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct listing *listing = ctx;
    (void)n;
    if (!listing->is_json && listing->n == 0)
        printf("%-6s  %-24s  %-16s  %-6s  %-10s  %-16s  %7s  %s\n", "CODE", "NAME", "ORGANISATION",
               "STATE", "START", "JOIN UNTIL", "MEMBERS", "ACTIVE THIS WEEK");
    if (!listing->is_json) {
        printf("%-6.*s  %-24.*s  %-16.*s  %-6.*s  %-10.*s  %-16.*s  %7.*s  %.*s\n",
               STR_ARG(cells[CELL_CODE]), STR_ARG(cells[CELL_NAME]),
               STR_ARG(cells[CELL_ORGANISATION]), STR_ARG(cells[CELL_STATE]),
               STR_ARG(cells[CELL_START]), STR_ARG(cells[CELL_UNTIL]), STR_ARG(cells[CELL_MEMBERS]),
               STR_ARG(cells[CELL_ACTIVE]));
    } else {
        struct buf out CLEANUP(buf_fini);
        buf_init(&out, 65536);
        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
            buf_addf(&out, "%s\"%s\":", i == 0 ? "{" : ",", shown[i].name);
            if (cells[shown[i].cell].p != NULL)
                buf_add_json(&out, cells[shown[i].cell]);
            else
                buf_add_str(&out, STR("null"));
        }
        printf("%s%.*s}", listing->n == 0 ? "[" : ",\n ", STR_ARG(buf_str(&out)));
    }
    listing->n++;
}

static int list_these(const struct cli_args *args, struct str code)
{
    struct desk desk;
    struct listing listing = {.is_json = cli_has(args, "json")};
    int result = desk_open(args, &desk);
    if (result == EX_OK)
        result = desk_open_database(&desk);
    if (result == EX_OK)
        result = desk_ask(&desk, rows_sql, &code, 1, print_row, &listing);
    if (result == EX_OK && listing.is_json)
        printf("%s]\n", listing.n == 0 ? "[" : "");
    if (result == EX_OK && listing.n == 0 && code.p != NULL) {
        cli_complain("cohort: there is no group %.*s; `waypost cohort list` shows all",
                     STR_ARG(code));
        result = EX_DATAERR;
    }
    desk_close(&desk);
    return result;
}

static int cohort_list(const struct cli_args *args)
{
    return list_these(args, STR_NONE);
}

static int cohort_show(const struct cli_args *args)
{
    struct str code;
    int result = cohort_code_of(args, 1, &code);
    return result == EX_OK ? list_these(args, code) : result;
}

/* ---- close, open, renew, pause, resume ---- */

static int change(const struct cli_args *args, const char *json, const char *done)
{
    struct desk desk;
    struct str params[2] = {STR_NONE, str_from(json)};
    int result = cohort_code_of(args, 1, &params[0]);
    if (result != EX_OK)
        return result;
    result = cohort_open_both(args, &desk);
    if (result == EX_OK)
        result =
            cohort_change(&desk, "select core.change_cohort($1::integer, $2::jsonb)", params, 2);
    if (result == EX_OK)
        (void)fprintf(stderr, "Group %.*s %s.\n", STR_ARG(params[0]), done);
    desk_close(&desk);
    return result;
}

static int cohort_close(const struct cli_args *args)
{
    return change(args, "{\"closed\":true}",
                  "is closed: nobody joins it any more, members go on learning");
}

static int cohort_open(const struct cli_args *args)
{
    return change(args, "{\"closed\":false}", "is open again, as long as its code is good");
}

static int cohort_renew(const struct cli_args *args)
{
    return change(args, "{\"renew\":true}", "may be joined for another thirty days");
}

static int cohort_resume(const struct cli_args *args)
{
    return change(args, "{\"resume\":true}", "goes on from today");
}

static int cohort_pause(const struct cli_args *args)
{
    char json[96];
    if (args->n_words != 4 || !cli_is_date(str_from(args->words[2])) ||
        !cli_is_date(str_from(args->words[3]))) {
        cli_complain("cohort pause: a code, the first and the last day: `waypost cohort pause "
                     "482156 2027-02-08 2027-03-09`");
        return EX_USAGE;
    }
    if (strcmp(args->words[2], args->words[3]) > 0) {
        cli_complain("cohort pause: the last day, %s, is before the first", args->words[3]);
        return EX_USAGE;
    }
    (void)snprintf(json, sizeof(json), "{\"pause\":[\"%s\",\"%s\"]}", args->words[2],
                   args->words[3]); /* two dates */
    return change(args, json, "rests on these days: nothing is sent to it by itself");
}

/* ---- sync ---- */

struct sync {
    struct desk *desk;
    uint32_t n;
    int code;
};

static void put_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct sync *sync = ctx;
    (void)n;
    if (sync->code == EX_OK)
        sync->code = desk_put(sync->desk, STORE_BOARD_COHORTS, cells[CELL_CODE], cells[CELL_LINE]);
    sync->n += sync->code == EX_OK && cells[CELL_LINE].p != NULL;
}

static int cohort_sync(const struct cli_args *args)
{
    struct desk desk;
    struct str all = STR_NONE;
    struct sync sync = {.desk = &desk};
    int code = cohort_open_both(args, &desk);
    if (code == EX_OK)
        code = desk_ask(&desk, rows_sql, &all, 1, put_row, &sync);
    if (code == EX_OK)
        code = sync.code;
    if (code == EX_OK)
        (void)fprintf(stderr, "Groups in Redis as PostgreSQL has them: %u.\n", sync.n);
    desk_close(&desk);
    return code;
}

/* ---- which ---- */

static const struct {
    const char *name;
    int (*run)(const struct cli_args *args);
} verbs[] = {{"create", cohort_create}, {"list", cohort_list},
             {"show", cohort_show},     {"close", cohort_close},
             {"open", cohort_open},     {"renew", cohort_renew},
             {"pause", cohort_pause},   {"resume", cohort_resume},
             {"sheet", cohort_sheet},   {"facilitator", cohort_facilitator},
             {"sync", cohort_sync}};

static int cohort_run(const struct cli_args *args)
{
    for (size_t i = 0; args->n_words > 0 && i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].name, args->words[0]) == 0)
            return verbs[i].run(args);
    }
    cli_complain("cohort: say create, list, show, facilitator, close, open, renew, pause, "
                 "resume, sheet or sync; "
                 "`waypost cohort --help` says what each does");
    return EX_USAGE;
}

const struct cli_command cli_cohort = {
    .name = "cohort",
    .summary = "make and look after groups of learners",
    .usage =
        "cohort create NAME [--start DATE] [--pace weekly|open|dates] [--date DATE]...\n"
        "Makes a group and prints its code, which members send behind JOIN or dial. It can be\n"
        "joined for thirty days, and until the third week after its start.\n"
        "cohort list [--json]\n"
        "cohort show CODE [--json]\n"
        "cohort sheet CODE > FILE.html\n"
        "A page to print for the facilitator: code, dial string, first steps, dates.\n"
        "cohort facilitator add CODE NUMBER [--pin PIN]\n"
        "cohort facilitator remove CODE NUMBER\n"
        "Who may send GROUP from that number; prints the PIN of six digits, which nobody can read\n"
        "again.\n"
        "cohort close CODE\n"
        "cohort open CODE\n"
        "cohort renew CODE\n"
        "Nobody joins it any more; may join again; for another thirty days. A closed one whose\n"
        "people have been quiet for 60 days gives its place to a new one when all 4096 are taken.\n"
        "cohort pause CODE FIRST_DAY LAST_DAY\n"
        "cohort resume CODE\n"
        "The whole group rests, for holidays, Ramadan or an emergency; who writes is answered.\n"
        "cohort sync\n"
        "Puts all groups into Redis again, after it was away while one was changed.",
    .options = {CLI_CONFIG_OPTION,
                {"organisation", "CODE", "whose group it is; the default one when left out", false},
                {"course", "ID", "what it learns; the current course when left out", false},
                {"lang", "CODE", "language that members begin with", false},
                {"pace", "weekly|open|dates", "weekly when left out", false},
                {"start", "DATE", "first day, 2027-01-18; today when left out", false},
                {"date", "DATE", "of a module, with --pace dates; once for each, in order", true},
                {"zone", "ZONE", "Africa/Nairobi; the organisation's when left out", false},
                {"quiet", "FROM-TO", "20:00-08:00: no message by itself in between", false},
                {"off", "DAY", "mon to sun: no message by itself on that day", true},
                {"pin", "PIN", "facilitator add: six digits; chosen at random when left out",
                 false},
                {"json", NULL, "list, show: for programs", false}},
    .run = cohort_run,
};
