/* `waypost channel try NAME`: see lab/try.h. */
#include <stdio.h>

#include "cli/channel.h"
#include "lab/try.h"

static int exit_code(enum err e)
{
    return e == ERR_OK            ? EX_OK
           : e == ERR_UNAVAILABLE ? EX_UNAVAILABLE
           : e == ERR_DENIED      ? EX_PROTOCOL
           : e == ERR_NOT_FOUND   ? EX_NOINPUT
                                  : EX_DATAERR;
}

static int try_one(const struct cli_args *args, const struct config *config,
                   const struct channels *channels)
{
    char base[64];
    struct errmsg msg;
    const struct channel *channel = channels_get(channels, str_from(args->words[1]));
    if (channel == NULL) {
        cli_complain("channel try: there is no channel '%s' in the configuration", args->words[1]);
        return EX_USAGE;
    }
    (void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", (unsigned)config->port);
    const struct try_ask ask = {.config = config,
                                .channel = channel,
                                .base = cli_get(args, "url", base),
                                .from = cli_get(args, "from", NULL),
                                .request_file = cli_get(args, "request", NULL),
                                .is_dlr = cli_has(args, "dlr")};
    enum err e = try_channel(&ask, &msg);
    if (e != ERR_OK)
        cli_complain("channel try: %s", msg.text);
    return exit_code(e);
}

int channel_try(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    static struct channels channels;
    struct config config;
    struct errmsg msg;
    if (args->n_words != 2) {
        cli_complain("channel try: name one channel of the configuration");
        return EX_USAGE;
    }
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    if (channels_load(&config, &channels, &msg) != ERR_OK) {
        cli_complain("%s", msg.text);
        return EX_CONFIG;
    }
    code = try_one(args, &config, &channels);
    channels_fini(&channels);
    return code;
}
