/*
 * config_file.h: the --config option, the same for every command that reads the configuration.
 *
 *     .options = {CONFIG_FILE_OPTION, ...},
 *     ...
 *     struct arena *arena CLEANUP(arena_freep) = arena_new(CONFIG_FILE_ARENA_BYTES);
 *     struct config config;
 *     int code = config_file_load(args, arena, &config);
 *     if (code != EX_OK)
 *         return code;
 */
#pragma once

#include "cli/cli.h"
#include "port/config/config.h"

#define CONFIG_FILE_DEFAULT "/etc/waypost/waypost.yaml"
#define CONFIG_FILE_ARENA_BYTES (8u << 20)
#define CONFIG_FILE_OPTION                                                                         \
    {                                                                                              \
        .name = "config", .value_name = "FILE",                                                    \
        .help = "configuration; " CONFIG_FILE_DEFAULT " when left out"                             \
    }

/* EX_OK, or EX_CONFIG after every problem was named on stderr. The arena owns what *ret holds. */
int config_file_load(const struct cli_args *args, struct arena *arena, struct config *ret);
int config_file_load_path(const char *path, struct arena *arena, struct config *ret);
