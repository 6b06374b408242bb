/* `waypost rebuild`: puts into Redis what PostgreSQL knows, page by page. */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "role/rebuild.h"

static int rebuild_run(const struct cli_args *args)
{
    if (!cli_has_no_words(args))
        return EX_USAGE;
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    struct rebuilt rebuilt;
    struct errmsg msg;
    enum err e = rebuild_redis(&config, true, &rebuilt, &msg);
    if (e != ERR_OK) {
        cli_complain("%s", msg.text);
        return e == ERR_DENIED ? EX_NOPERM : EX_UNAVAILABLE;
    }
    printf("courses %u\nnumbers %" PRIu64 "\n", rebuilt.n_courses, rebuilt.n_numbers);
    (void)fprintf(stderr, "Redis holds what PostgreSQL knew; nothing newer was touched\n");
    return EX_OK;
}

const struct cli_command cli_rebuild = {
    .name = "rebuild",
    .summary = "fill an empty Redis from PostgreSQL",
    .usage =
        "rebuild\n"
        "Puts back the published courses and each learner's place, as PostgreSQL knows them.\n"
        "For a Redis that lost its data. A running gateway does it by itself, and answers nobody\n"
        "until it is done. What is newer in Redis stays as it is, so it may be repeated.",
    .options = {CLI_CONFIG_OPTION},
    .run = rebuild_run,
};
