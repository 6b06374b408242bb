#include "cli/config_file.h"

#include <stdio.h>

int config_file_load_path(const char *path, struct arena *arena, struct config *ret)
{
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 1u << 20);
    if (config_load(path, arena, ret, &errors) == ERR_OK)
        return EX_OK;
    (void)fputs(buf_str(&errors).p, stderr);
    return EX_CONFIG;
}

int config_file_load(const struct cli_args *args, struct arena *arena, struct config *ret)
{
    return config_file_load_path(cli_get(args, "config", CONFIG_FILE_DEFAULT), arena, ret);
}
