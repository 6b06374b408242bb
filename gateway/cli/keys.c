#include "cli/config_file.h"
#include "port/vault.h"

static int keys_run(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CONFIG_FILE_ARENA_BYTES);
    struct config config;
    struct errmsg msg;
    if (args->n_words > 0) {
        cli_complain("keys: takes no arguments; the folder is keys_dir of the configuration");
        return EX_USAGE;
    }
    int code = config_file_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    if (vault_make_keys(config.keys_dir.p, &msg) != ERR_OK) {
        cli_complain("keys: %s", msg.text);
        return EX_CANTCREAT;
    }
    return EX_OK;
}

const struct cli_command cli_keys = {
    .name = "keys",
    .summary = "make the secret keys that are missing",
    .usage = "keys\n"
             "Existing keys are never changed. Copy the folder to a safe place that is not the\n"
             "database's: whoever has both can read the learners' numbers, and without the keys\n"
             "nobody can.",
    .options = {CONFIG_FILE_OPTION},
    .run = keys_run,
};
