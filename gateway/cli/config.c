#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "port/config.h"

#define CONFIG_FILE "waypost.yaml"
#define CONFIG_ARENA_BYTES (8u << 20)
#define CONFIG_TEXT_BYTES (1u << 20)

static int check_or_print(const char *path, bool is_print)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CONFIG_ARENA_BYTES);
    struct buf text CLEANUP(buf_fini);
    struct config config;
    buf_init(&text, CONFIG_TEXT_BYTES);
    if (config_load(path, arena, &config, &text) != ERR_OK) {
        (void)fputs(text.p, stderr);
        return EX_CONFIG;
    }
    if (is_print)
        config_print(&config, &text);
    (void)fputs(is_print ? text.p : "", stdout);
    if (!is_print)
        (void)fprintf(stderr, "%s is good; channels: %u\n", path, config.n_channels);
    return EX_OK;
}

static int config_run(const struct cli_args *args)
{
    const char *verb = args->n_words > 0 ? args->words[0] : "";
    const char *path = args->n_words > 1 ? args->words[1] : CONFIG_FILE;
    if (args->n_words > 2 || (args->n_words == 2 && strcmp(verb, "example") == 0)) {
        cli_complain("config: one file at a time; `waypost config --help` shows how");
        return EX_USAGE;
    }
    if (strcmp(verb, "check") == 0 || strcmp(verb, "print") == 0)
        return check_or_print(path, strcmp(verb, "print") == 0);
    if (strcmp(verb, "example") == 0) {
        struct buf text CLEANUP(buf_fini);
        buf_init(&text, CONFIG_TEXT_BYTES);
        config_example(&text);
        (void)fputs(text.p, stdout);
        return EX_OK;
    }
    cli_complain("config: check, print or example? `waypost config --help` shows how");
    return EX_USAGE;
}

const struct cli_command cli_config = {
    .name = "config",
    .summary = "check or show a configuration file",
    .usage = "config check [FILE]     says all that is wrong with it, with line and remedy\n"
             "config print [FILE]     the effective settings, secrets hidden\n"
             "config example          a commented file with every setting\n"
             "FILE is waypost.yaml when it is left out.",
    .run = config_run,
};
