/* `waypost migrate --finish`: what all hosts can read may be written from now on (app/upgrade.h).
 */
#include <stdio.h>

#include "app/upgrade.h"
#include "cli/verbs.h"
#include "port/store/server.h"
#include "role/ports.h"

struct finish {
    struct desk desk;
    struct wall_ms now; /* by the clock of Redis, as hosts tell when they were seen */
    uint32_t n_before;  /* hosts at work that read less */
    uint8_t written;    /* what may be written already */
};

static void on_probe(void *ctx, enum err e, struct wall_ms server, uint32_t n_senders)
{
    struct finish *f = ctx;
    (void)n_senders;
    f->now = server;
    desk_on_done(&f->desk, e);
}

static void on_hosts(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct finish *f = ctx;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        struct role_host host;
        char seen[RFC3339_BYTES];
        if (!role_host_read(values[i], &host) || host.record >= LEARNER_RECORD)
            continue;
        clock_format_rfc3339(host.seen, seen);
        bool is_at_work = f->now.ms - host.seen.ms < ROLE_HOST_SEEN_MS;
        f->n_before += is_at_work;
        cli_complain("host %.*s ran waypost %.*s at %s: %s", STR_ARG(names[i]),
                     STR_ARG(host.version), seen,
                     is_at_work ? "upgrade it, or stop it and wait ten minutes"
                                : "upgrade it before it starts again");
    }
    desk_on_done(&f->desk, e);
}

static void on_formats(void *ctx, enum err e, const struct str *names, const struct str *values,
                       uint32_t n)
{
    struct finish *f = ctx;
    f->written = upgrade_read(names, values, e == ERR_OK ? n : 0);
    desk_on_done(&f->desk, e);
}

static int look(struct finish *f)
{
    store_probe(f->desk.store, on_probe, f);
    loop_run(f->desk.loop);
    if (f->desk.e == ERR_OK) {
        store_board_get(f->desk.store, STORE_BOARD_FORMATS, on_formats, f);
        loop_run(f->desk.loop);
    }
    if (f->desk.e == ERR_OK) {
        store_board_get(f->desk.store, STORE_BOARD_HOSTS, on_hosts, f);
        loop_run(f->desk.loop);
    }
    if (f->desk.e == ERR_OK)
        return EX_OK;
    cli_complain("migrate: Redis: %s", err_name(f->desk.e));
    return EX_UNAVAILABLE;
}

static int finish(struct finish *f, bool is_dry)
{
    char digits[8];
    if (f->written >= LEARNER_RECORD) {
        printf("finished before: learners are written as record %u\n", f->written);
        return EX_OK;
    }
    if (f->n_before > 0) {
        cli_complain("migrate: the upgrade is not finished, and nothing was changed");
        return EX_TEMPFAIL;
    }
    if (is_dry) {
        printf("pending record %u\n", LEARNER_RECORD);
        return EX_OK;
    }
    int n = snprintf(digits, sizeof(digits), "%u", LEARNER_RECORD);
    int code = desk_put(&f->desk, STORE_BOARD_FORMATS, STR(UPGRADE_LEARNER),
                        (struct str){digits, (size_t)n});
    if (code == EX_OK)
        printf("finished: learners are written as record %u, by all hosts within seconds.\n"
               "A version before this one cannot read them: there is no way back to it.\n",
               LEARNER_RECORD);
    return code;
}

int migrate_finish(const struct cli_args *args)
{
    struct finish f = {.written = LEARNER_RECORD_BEFORE};
    if (args->n_words > 0 || cli_has(args, "conninfo")) {
        cli_complain("migrate: --finish takes no FOLDER and no --conninfo; it is about Redis");
        return EX_USAGE;
    }
    int code = desk_open(args, &f.desk);
    if (code == EX_OK)
        code = desk_open_store(&f.desk);
    if (code == EX_OK)
        code = look(&f);
    if (code == EX_OK)
        code = finish(&f, cli_has(args, "dry-run"));
    desk_close(&f.desk);
    return code;
}
