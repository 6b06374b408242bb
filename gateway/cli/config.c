/* `waypost config`: checks a configuration, shows the effective one, prints the example. */
#include <stdio.h>
#include <string.h>

#include "cli/check.h"

/* Well written; and what would stop or hurt serve all the same, as far as this host knows it? */
static int check(const char *path, const struct check_needs *needs, bool is_json)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct check_list list;
    struct config config;
    struct channels channels;
    struct yaml_report *stops = &list.reports[CHECK_STOPS];
    check_list_init(&list, path, is_json);
    bool is_read = config_read(path, arena, &config, stops) == ERR_OK;
    if (is_read && channels_check(&config, &channels, stops) == ERR_OK)
        channels_fini(&channels);
    if (is_read)
        check_host(&config, needs, &list);
    int code = check_list_print(&list, is_json ? stdout : stderr);
    if (code == EX_OK)
        (void)fprintf(stderr, "%s is good; channels: %u\n", path, config.n_channels);
    check_list_fini(&list);
    return code;
}

static int print(const char *path)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    int code = cli_config_load_path(path, arena, &config);
    if (code != EX_OK)
        return code;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 1u << 20);
    config_print(&config, &text);
    (void)fputs(buf_str(&text).p, stdout);
    return EX_OK;
}

static int config_run(const struct cli_args *args)
{
    const char *verb = args->n_words > 0 ? args->words[0] : "";
    const char *path = args->n_words > 1 ? args->words[1] : CLI_CONFIG_DEFAULT;
    const struct check_needs needs = check_needs_of(cli_get(args, "role", NULL));
    bool is_example = strcmp(verb, "example") == 0;
    if (args->n_words > (is_example ? 1 : 2)) {
        cli_complain("config: one file at a time; `waypost config --help` shows how");
        return EX_USAGE;
    }
    if (strcmp(verb, "check") == 0 || strcmp(verb, "print") == 0)
        return verb[0] == 'c' ? check(path, &needs, cli_has(args, "json")) : print(path);
    if (is_example) {
        struct buf text CLEANUP(buf_fini);
        buf_init(&text, 1u << 20);
        config_example(&text);
        (void)fputs(buf_str(&text).p, stdout);
        return EX_OK;
    }
    cli_complain("config: check, print or example? `waypost config --help` shows how");
    return EX_USAGE;
}

const struct cli_command cli_config = {
    .name = "config",
    .summary = "check or show a configuration file",
    .usage =
        "config check [FILE]     says all that is wrong with it and with its profiles, keys and\n"
        "                        disks, with line and remedy; `waypost doctor` asks the servers, "
        "too\n"
        "config print [FILE]     the effective settings, secrets hidden\n"
        "config example          a commented file with every setting\n"
        "FILE is " CLI_CONFIG_DEFAULT " when it is left out.",
    .options = {CHECK_ROLE_OPTION,
                {.name = "json", .help = "check: what was found as one JSON object"}},
    .run = config_run,
};
