/* `waypost config`: checks a configuration, shows the effective one, prints the example. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* Well written; and is all there that channels need before people in danger write to them? */
static void say_good(const char *path, const struct config *config)
{
    struct buf problems CLEANUP(buf_fini);
    buf_init(&problems, 1u << 16);
    (void)fprintf(stderr, "%s is good; channels: %u\n", path, config->n_channels);
    if (!config_is_live(config, clock_wall(), &problems))
        (void)fprintf(stderr, "Before these channels go live (docs/course-rules.md 1.7):\n%.*s",
                      STR_ARG(buf_str(&problems)));
    if (config->alert_channel.p != NULL &&
        config_channel_get(config, config->alert_channel) == NULL)
        (void)fprintf(stderr, "alert_channel names no channel: nothing is told to a hook\n");
}

static int check_or_print(const char *path, bool is_print)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    int code = cli_config_load_path(path, arena, &config);
    if (code != EX_OK)
        return code;
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, 1u << 20);
    if (is_print)
        config_print(&config, &text);
    else
        say_good(path, &config);
    (void)fputs(buf_str(&text).p, stdout);
    return EX_OK;
}

static int config_run(const struct cli_args *args)
{
    const char *verb = args->n_words > 0 ? args->words[0] : "";
    const char *path = args->n_words > 1 ? args->words[1] : CLI_CONFIG_DEFAULT;
    bool is_example = strcmp(verb, "example") == 0;
    if (args->n_words > (is_example ? 1 : 2)) {
        cli_complain("config: one file at a time; `waypost config --help` shows how");
        return EX_USAGE;
    }
    if (strcmp(verb, "check") == 0 || strcmp(verb, "print") == 0)
        return check_or_print(path, strcmp(verb, "print") == 0);
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
    .usage = "config check [FILE]     says all that is wrong with it, with line and remedy\n"
             "config print [FILE]     the effective settings, secrets hidden\n"
             "config example          a commented file with every setting\n"
             "FILE is " CLI_CONFIG_DEFAULT " when it is left out.",
    .run = config_run,
};
