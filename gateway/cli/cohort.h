/* cohort.h: what the files of `waypost cohort` share. */
#pragma once

#include "cli/cli.h"

/* A text out of the database, kept in the arena. */
struct cohort_text {
    struct arena *arena;
    struct str text;
};

/* The i-th word as a group code, or words of complaint and EX_USAGE. */
int cohort_code_of(const struct cli_args *args, int i, struct str *ret);
/* `waypost cohort sheet` */
int cohort_sheet(const struct cli_args *args);
