/* learner.h: what the files of `waypost learner` share. */
#pragma once

#include "cli/cli.h"

/* `waypost learner import`, `waypost learner inbox` */
int learner_import(const struct cli_args *args);
int learner_inbox(const struct cli_args *args);
