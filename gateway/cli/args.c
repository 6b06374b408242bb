/* What every subcommand does with its arguments: options, the configuration, complaints. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "port/config/live.h"

void cli_complain_lines(const struct buf *errors)
{
    for (struct str rest = str_trim(buf_str(errors)); rest.p != NULL;) {
        struct str line = str_split(&rest, '\n');
        cli_complain("%.*s", STR_ARG(line));
    }
}

void cli_complain(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)fputs("waypost: ", stderr);
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
}

int cli_complain_postgres(const char *command, enum err e, const char *why, const char *where)
{
    if (e != ERR_UNAVAILABLE) {
        cli_complain("%s: %s", command, why);
        return e == ERR_DENIED ? EX_NOPERM : EX_DATAERR;
    }
    struct str words = str_trim(str_from(why)); /* libpq ends its lines */
    cli_complain("%s: PostgreSQL does not answer: %.*s\nIs it running, and is %s right?", command,
                 STR_ARG(words), where);
    return EX_UNAVAILABLE;
}

const char *cli_get_nth(const struct cli_args *args, const char *name, int i)
{
    for (int g = 0; g < args->n_given; g++) {
        if (strcmp(args->given[g].option->name, name) == 0 && i-- == 0)
            return args->given[g].value;
    }
    return NULL;
}

const char *cli_get(const struct cli_args *args, const char *name, const char *fallback)
{
    const char *value = fallback;
    for (int i = 0; cli_get_nth(args, name, i) != NULL; i++)
        value = cli_get_nth(args, name, i);
    return value;
}

bool cli_has(const struct cli_args *args, const char *name)
{
    return cli_get_nth(args, name, 0) != NULL;
}

bool cli_has_no_words(const struct cli_args *args)
{
    if (args->n_words > 0)
        cli_complain("%s: takes options only; `waypost %s --help` lists them", args->command->name,
                     args->command->name);
    return args->n_words == 0;
}

int cli_config_load_path(const char *path, struct arena *arena, struct config *ret)
{
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 1u << 20);
    if (config_load(path, arena, ret, &errors) == ERR_OK)
        return EX_OK;
    (void)fputs(buf_str(&errors).p, stderr);
    return EX_CONFIG;
}

int cli_config_go_live(const struct config *config, const char *command)
{
    struct buf problems CLEANUP(buf_fini);
    struct yaml_report report = {.text = &problems, .file = STR("waypost.yaml")};
    buf_init(&problems, 1u << 16);
    if (config_is_live(config, clock_wall(), &report) || config->is_simulator_on)
        return EX_OK;
    cli_complain("%s: people who are in danger will write to these channels. Fill in the "
                 "configuration first:\n%.*sdocs/course-rules.md 1.7 says why",
                 command, STR_ARG(buf_str(&problems)));
    return EX_CONFIG;
}

int cli_config_load(const struct cli_args *args, struct arena *arena, struct config *ret)
{
    return cli_config_load_path(cli_get(args, "config", CLI_CONFIG_DEFAULT), arena, ret);
}

/* ---- values whose form the option's row tells ---- */

/* So many digits, a number from low to high; 0 = it is none. */
static unsigned number_of(struct str text, size_t n_digits, unsigned low, unsigned high)
{
    uint64_t n;
    bool is_good = text.len == n_digits && str_to_u64(text, high, &n) == ERR_OK && n >= low;
    return is_good ? (unsigned)n : 0;
}

bool cli_is_date(struct str text)
{
    struct str day = text, year = str_split(&day, '-'), month = str_split(&day, '-');
    unsigned y = number_of(year, 4, 1, 9999), m = number_of(month, 2, 1, 12);
    if (y == 0 || m == 0)
        return false;
    int64_t n_days =
        m == 12 ? 31 : clock_days_from_civil(y, m + 1, 1) - clock_days_from_civil(y, m, 1);
    return number_of(day, 2, 1, (unsigned)n_days) > 0;
}

/* One of "day|week". */
static bool is_one_of(struct str words, struct str text)
{
    while (words.p != NULL) {
        if (str_eq(str_split(&words, '|'), text))
            return true;
    }
    return false;
}

static bool is_week_day(struct str text)
{
    return is_one_of(STR("mon|tue|wed|thu|fri|sat|sun"), text);
}

static bool is_time(struct str text)
{
    struct str minute = text, hour = str_split(&minute, ':');
    uint64_t n;
    return hour.len == 2 && str_to_u64(hour, 23, &n) == ERR_OK && minute.len == 2 &&
           str_to_u64(minute, 59, &n) == ERR_OK;
}

static bool is_hours(struct str text)
{
    struct str to = text, from = str_split(&to, '-');
    return is_time(from) && is_time(to);
}

/* "Z", "+03", "-05:30" */
static bool is_offset(struct str text)
{
    struct str minute = str_sub(text, 1, text.len), hour = str_split(&minute, ':');
    uint64_t n;
    if (str_eq(text, STR("Z")))
        return true;
    bool is_signed = text.len > 0 && (text.p[0] == '+' || text.p[0] == '-');
    bool is_minute = minute.p == NULL || (minute.len == 2 && str_to_u64(minute, 59, &n) == ERR_OK);
    return is_signed && is_minute && hour.len == 2 && str_to_u64(hour, 14, &n) == ERR_OK;
}

/* "2026-12-01 08:00+03", "2026-12-01T08:00:00Z": with how far it is from UTC, since a day of which
 * an hour comes twice, and a database of another zone, would read it in another way. */
static bool is_moment(struct str text)
{
    struct str rest = str_sub(text, 16, text.len), second = str_sub(rest, 1, 3);
    uint64_t n;
    bool has_second = rest.len > 3 && rest.p[0] == ':' && str_to_u64(second, 59, &n) == ERR_OK;
    return text.len > 16 && cli_is_date(str_sub(text, 0, 10)) &&
           (text.p[10] == ' ' || text.p[10] == 'T') && is_time(str_sub(text, 11, 16)) &&
           is_offset(str_sub(rest, has_second ? 3 : 0, rest.len));
}

bool cli_is_of_form(const struct cli_option *option, const char *value, const char **ret_how)
{
    static const struct {
        const char *value_name;
        bool (*is_good)(struct str text);
        const char *how;
    } forms[] = {
        {"DATE", cli_is_date, "a date like 2027-01-18"},
        {"TIME", is_moment, "a time with its distance from UTC, like '2026-12-01 08:00+03'"},
        {"DAY", is_week_day, "one of mon|tue|wed|thu|fri|sat|sun"},
        {"FROM-TO", is_hours, "hours like 20:00-08:00"}};
    *ret_how = option->value_name;
    if (strchr(option->value_name, '|') != NULL)
        return is_one_of(str_from(option->value_name), str_from(value));
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        *ret_how = forms[i].how;
        if (strcmp(forms[i].value_name, option->value_name) == 0)
            return forms[i].is_good(str_from(value));
    }
    return true;
}
