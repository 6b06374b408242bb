/* `waypost reconcile`: tells PostgreSQL what only Redis knows. */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "role/rebuild.h"

static int reconcile_run(const struct cli_args *args)
{
    if (!cli_has_no_words(args))
        return EX_USAGE;
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    int code = cli_config_load(args, arena, &config);
    if (code != EX_OK)
        return code;
    struct reconciled done;
    struct errmsg msg;
    enum err e = reconcile_postgres(&config, &done, &msg);
    if (e != ERR_OK) {
        cli_complain("%s", msg.text);
        return e == ERR_DENIED ? EX_NOPERM : EX_UNAVAILABLE;
    }
    printf("numbers %" PRIu64 "\nnew %" PRIu64 "\nwithout_number %" PRIu64 "\nunreadable %" PRIu64
           "\nletters %" PRIu64 "\nletters_left %" PRIu64 "\n",
           done.n_numbers, done.n_new, done.n_without_number, done.n_unreadable, done.n_letters,
           done.n_letters_left);
    (void)fprintf(stderr, "PostgreSQL knows whom Redis knows. Single answers that are older than "
                          "the event log are not in Redis and stay missing\n");
    if (done.n_without_number > 0)
        (void)fprintf(stderr,
                      "%" PRIu64 " number%s can be written to only after the next message from "
                      "there\n",
                      done.n_without_number, str_s(done.n_without_number));
    return EX_OK;
}

const struct cli_command cli_reconcile = {
    .name = "reconcile",
    .summary = "tell PostgreSQL what only Redis knows",
    .usage =
        "reconcile\n"
        "For a PostgreSQL that was restored from a dump older than the event log reaches back\n"
        "(keep_events_hours). What the log still has comes back by itself; this brings the rest "
        "as\n"
        "far as Redis knows it: who there is (all who share a phone), the sealed number,\n"
        "consent, language, role, the milestones of the course, certificates. Times that Redis\n"
        "does not keep are set to the last contact. Nothing that PostgreSQL knows is\n"
        "overwritten, so it may be repeated, and run beside the gateway. Prints how many\n"
        "numbers Redis has, how many people were new to PostgreSQL, how many numbers cannot be\n"
        "sealed (they come with the next message), and how many states another version of\n"
        "waypost has written. Before that it takes in the dead letters that a newer program\n"
        "had written and an earlier one could not read (ops.dead_letters), now that this one\n"
        "can: it prints how many, and how many are left.",
    .options = {CLI_CONFIG_OPTION},
    .run = reconcile_run,
};
