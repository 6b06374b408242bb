/* `waypost doctor`: everything that would stop or hurt serve, in one run. */
#include <stdio.h>

#include "base/log.h"
#include "cli/check.h"

static void examine(const char *path, const struct check_needs *needs, struct check_list *list)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    static struct config config;
    struct yaml_report *stops = &list->reports[CHECK_STOPS];
    struct channels channels;
    if (config_read(path, arena, &config, stops) != ERR_OK)
        return; /* nothing more is known */
    if (channels_check(&config, &channels, stops) == ERR_OK)
        channels_fini(&channels);
    check_host(&config, needs, list);
    if (needs->keys)
        check_aside(&config, list);
    check_ports(&config, list);
    struct check_site site = check_redis(&config, list);
    check_postgres(&config, needs, &site, list);
}

/* DIR/waypost.yaml, and what lies in the servers that it names. */
static int drill(const struct cli_args *args, const char *dir, struct check_list *list)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    static struct config config;
    struct str path = arena_printf(arena, "%s/waypost.yaml", dir);
    check_list_init(list, path.p, cli_has(args, "json"));
    if (config_read(path.p, arena, &config, &list->reports[CHECK_STOPS]) == ERR_OK)
        check_restored(&config, list);
    return check_list_print(list, stdout);
}

static int doctor_run(const struct cli_args *args)
{
    struct check_list list;
    if (!cli_has_no_words(args))
        return EX_USAGE;
    log_init(LOG_LEVEL_ERROR, "doctor");
    const char *dir = cli_get(args, "drill", NULL);
    if (dir != NULL) {
        int drilled = drill(args, dir, &list);
        check_list_fini(&list);
        return drilled;
    }
    const char *path = cli_get(args, "config", CLI_CONFIG_DEFAULT);
    check_list_init(&list, path, cli_has(args, "json"));
    const struct check_needs needs = check_needs_of(cli_get(args, "role", NULL));
    examine(path, &needs, &list);
    int code = check_list_print(&list, stdout);
    check_list_fini(&list);
    return code;
}

const struct cli_command cli_doctor = {
    .name = "doctor",
    .summary = "find everything that would stop or hurt the gateway",
    .usage =
        "doctor [--config FILE] [--role ROLE] [--json]\n"
        "doctor --drill DIR [--json]\n"
        "Looks at the configuration, profiles, keys, disks and ports of this host, at Redis and\n"
        "PostgreSQL, and at the courses there. A line for each thing that was found: `stops:` or\n"
        "`hurts:`, the place, what is wrong, and what to do. It changes nothing but a note that\n"
        "shows whether Redis takes writes. Run it as root, or as the user of the service.\n"
        "With --drill: could the site that was restored into DIR (/usr/share/waypost/drill.sh "
        "does\n"
        "it) go on? Are its numbers readable with its keys, is each learner in its Redis?\n"
        "Exit code 0: nothing would stop `waypost serve`; 78: something would.",
    .options = {CLI_CONFIG_OPTION,
                CHECK_ROLE_OPTION,
                {.name = "drill",
                 .value_name = "DIR",
                 .help = "a restored site, with its waypost.yaml"},
                {.name = "json",
                 .help = "one JSON object: findings, each with level, file, line, what and fix"}},
    .run = doctor_run,
};
