/*
 * cli.h: the subcommands and their shared option table. Help, man page and shell completion are
 * made from these rows; data goes to stdout, words to stderr; exit codes are those of sysexits.h.
 *
 * A subcommand is one file cli/<name>.c that defines `const struct cli_command cli_<name>` and one
 * row in CLI_COMMANDS.
 */
#pragma once

#include <sysexits.h>

#include "core/lesson/parse.h"
#include "port/config/config.h"
#include "role/role.h"

#define CLI_COMMANDS(X)                                                                            \
    X(broadcast)                                                                                   \
    X(certificate)                                                                                 \
    X(channel)                                                                                     \
    X(cohort)                                                                                      \
    X(completion)                                                                                  \
    X(config)                                                                                      \
    X(doctor)                                                                                      \
    X(keys)                                                                                        \
    X(learner)                                                                                     \
    X(lessons)                                                                                     \
    X(man)                                                                                         \
    X(migrate)                                                                                     \
    X(phone)                                                                                       \
    X(rebuild)                                                                                     \
    X(reconcile) X(report) X(safe) X(serve) X(simulate) X(spool) X(status) X(talk) X(version)

#define CLI_MAX_OPTIONS 24
#define CLI_MAX_WORDS 4096

struct cli_option {
    const char *name;       /* "from": --from */
    const char *value_name; /* "NUMBER"; NULL = a flag without value; DATE, DAY, FROM-TO and words
                               with | between are looked at: another value is refused, EX_DATAERR */
    const char *help;
    bool is_repeatable; /* --set a=1 --set b=2 */
};

struct cli_args {
    const struct cli_command *command;
    const char *const *words; /* what is no option */
    int n_words;
    struct {
        const struct cli_option *option;
        const char *value;
    } given[256];
    int n_given;
};

struct cli_command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* "decode PROFILE [--set key=value]... < request" (lines) */
    struct cli_option options[CLI_MAX_OPTIONS]; /* ends with name NULL */
    int (*run)(const struct cli_args *args);    /* returns an exit code */
};

#define CLI_DECLARE(name) extern const struct cli_command cli_##name;
CLI_COMMANDS(CLI_DECLARE)
#undef CLI_DECLARE
#define CLI_COUNT(name) +1
enum { CLI_N_COMMANDS = 0 CLI_COMMANDS(CLI_COUNT) };
#undef CLI_COUNT
/* All of them, as they are listed. */
extern const struct cli_command *const cli_table[CLI_N_COMMANDS];

/* Last value of an option, or fallback. */
const char *cli_get(const struct cli_args *args, const char *name, const char *fallback);
bool cli_has(const struct cli_args *args, const char *name);
/* For a command that takes options only; false after that was said on stderr. */
bool cli_has_no_words(const struct cli_args *args);
/* The i-th value of a repeatable option, NULL past the last. */
const char *cli_get_nth(const struct cli_args *args, const char *name, int i);
/* "2027-01-18", a day that there is. */
bool cli_is_date(struct str text);
/* Is the value as its option's row says? *ret_how: how it is written. */
bool cli_is_of_form(const struct cli_option *option, const char *value, const char **ret_how);
/* Finds the subcommand, parses options (also after words; "--" ends them), runs it. --help and
 * --version are handled here. Unknown command or option: what, the nearest known one, EX_USAGE. */
int cli_main(int argc, char **argv);

/* ---- the configuration, for every command that reads one ---- */

#define CLI_CONFIG_DEFAULT "/etc/waypost/waypost.yaml"
#define CLI_CONFIG_ARENA_BYTES (8u << 20)
#define CLI_CONFIG_OPTION                                                                          \
    {                                                                                              \
        .name = "config", .value_name = "FILE",                                                    \
        .help = "configuration; " CLI_CONFIG_DEFAULT " when left out"                              \
    }
/* EX_OK, or EX_CONFIG after every problem was named on stderr. The arena owns what *ret holds. */
int cli_config_load(const struct cli_args *args, struct arena *arena, struct config *ret);
/* EX_OK, or, where the simulator is off and a channel's country is not ready for people in danger
 * (config_is_live), EX_CONFIG after each thing that is missing was named on stderr. */
int cli_config_go_live(const struct config *config, const char *command);
int cli_config_load_path(const char *path, struct arena *arena, struct config *ret);

/* Each line of a text on stderr, with "waypost: " in front. */
void cli_complain_lines(const struct buf *lines);
/* "waypost: " words on stderr. */
void cli_complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* PostgreSQL said why in place of what the command asked for. Where it let nobody in
 * (ERR_UNAVAILABLE), where is what names the server, such as "--conninfo". Returns the exit code.
 */
int cli_complain_postgres(const char *command, enum err e, const char *why, const char *where);

/* ---- pages.c: what lab adds to the admin listener of a running gateway. The service itself (role)
 * does not know lab; here the two meet ---- */

/* Previews of the author's lessons; behind them the simulator, for configurations that have it on:
 * PAGES_WITHOUT_SIMULATOR is how many rows the others take. */
#define PAGES_WITHOUT_SIMULATOR 1u
#define PAGES_ALL 3u
extern const struct role_page pages[PAGES_ALL];
