/*
 * channel.h: the verbs of `waypost channel` that are about configured channels, and not about
 * profiles: a file each, but for list, pause and resume (channel_board.c).
 */
#pragma once

#include "cli/cli.h"
#include "profile/profile.h"

/* A profile by its path. NULL: every mistake was said on stderr. */
struct profile *channel_load_profile(const char *path);

struct channel_verb {
    const char *name;
    int (*run)(const struct cli_args *args); /* an exit code */
};
/* Ends with name NULL. */
extern const struct channel_verb channel_verbs[];
int channel_list(const struct cli_args *args);
int channel_pause(const struct cli_args *args);
int channel_resume(const struct cli_args *args);
int channel_check(const struct cli_args *args);
int channel_try(const struct cli_args *args);
int channel_number(const struct cli_args *args);
