/* What every subcommand does with its arguments: options, the configuration, complaints. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
