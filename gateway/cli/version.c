/* `waypost version`. */
#include <stdio.h>

#include "cli/cli.h"

static int version_run(const struct cli_args *args)
{
    (void)args; /* takes none */
    printf("waypost %s\n", WAYPOST_VERSION);
    return EX_OK;
}

const struct cli_command cli_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "version",
    .run = version_run,
};
