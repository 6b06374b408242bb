/* `waypost spool`: messages of the spool that cannot be handled now (app/replay.h): lists them,
 * gives them up, has them tried again. The gateway may run. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/message.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "port/spool/aside.h"

struct spool_desk {
    struct config config;
    int dir_fd;
    struct vault *vault;
};

/* ---- list ---- */

static void show(const struct spool_desk *d, const char *folder, const struct spool_aside *id,
                 struct buf *record)
{
    char name[ASIDE_NAME_BYTES], since[RFC3339_BYTES];
    struct spooled sms = {.channel = STR("-")};
    const char *why = "its learner's state or course cannot be read here";
    if (aside_read(d->dir_fd, folder, id, d->vault, record) != ERR_OK)
        why = "its seal key is not in keys_dir";
    else if (spooled_decode(buf_str(record), &sms) != ERR_OK)
        why = "it is of another version";
    else if (config_channel_get(&d->config, sms.channel) == NULL)
        why = "its channel is not configured";
    aside_name(id, name);
    clock_format_rfc3339(id->since, since);
    printf("%s\t%s\t%s\t%.*s\t%s\n", name, folder, since, STR_ARG(sms.channel), why);
}

static enum err list_folder(const struct spool_desk *d, const char *folder)
{
    struct aside_list list;
    struct buf record CLEANUP(buf_fini);
    buf_init(&record, SPOOL_MAX_RECORD_BYTES);
    enum err e = aside_scan(d->dir_fd, folder, &list);
    for (uint32_t i = 0; e == ERR_OK && i < list.n; i++)
        show(d, folder, &list.ids[i], &record);
    if (record.p != NULL)
        explicit_bzero(record.p, record.cap);
    aside_list_free(&list);
    return e;
}

static int complain(enum err e)
{
    if (e == ERR_OK)
        return EX_OK;
    cli_complain("spool: spool_dir cannot be used (%s): be root, or the user of the service",
                 strerror(errno));
    return EX_NOPERM;
}

static int spool_list(const struct cli_args *args, const struct spool_desk *d)
{
    (void)args; /* all of them */
    enum err e = list_folder(d, ASIDE_FOLDER);
    return complain(e == ERR_OK ? list_folder(d, ASIDE_REFUSED) : e);
}

/* ---- refuse, retry ---- */

struct moving {
    const char *from, *to, *done;
};

static enum err move_one(const struct spool_desk *d, const struct moving *m,
                         const struct spool_aside *id)
{
    char name[ASIDE_NAME_BYTES];
    struct spool_aside as = *id;
    if (strcmp(m->to, ASIDE_FOLDER) == 0) /* it begins anew */
        as = (struct spool_aside){.since = clock_wall()};
    enum err e = aside_move(d->dir_fd, m->from, m->to, id, as);
    aside_name(id, name);
    if (e == ERR_OK)
        printf("%s %s\n", name, m->done);
    return e;
}

static int move_all(const struct spool_desk *d, const struct moving *m)
{
    struct aside_list list;
    enum err e = aside_scan(d->dir_fd, m->from, &list);
    for (uint32_t i = 0; e == ERR_OK && i < list.n; i++) {
        e = move_one(d, m, &list.ids[i]);
        if (e == ERR_NOT_FOUND)
            e = ERR_OK; /* it was handled meanwhile */
    }
    aside_list_free(&list);
    return complain(e);
}

static int move_named(const struct cli_args *args, const struct spool_desk *d,
                      const struct moving *m)
{
    for (int i = 1; i < args->n_words; i++) {
        struct spool_aside id;
        enum err e =
            aside_name_parse(str_from(args->words[i]), &id) ? move_one(d, m, &id) : ERR_NOT_FOUND;
        if (e == ERR_NOT_FOUND) {
            cli_complain("spool: there is no %s in %s; `waypost spool list` has the names",
                         args->words[i], m->from);
            return EX_DATAERR;
        }
        if (e != ERR_OK)
            return complain(e);
    }
    return EX_OK;
}

static int move_what_is_said(const struct cli_args *args, const struct spool_desk *d,
                             const struct moving *m)
{
    if (args->n_words == 2 && strcmp(args->words[1], "all") == 0)
        return move_all(d, m);
    if (args->n_words > 1)
        return move_named(args, d, m);
    cli_complain("spool %s: say names, or `all`", args->words[0]);
    return EX_USAGE;
}

static int spool_refuse(const struct cli_args *args, const struct spool_desk *d)
{
    return move_what_is_said(args, d, &(struct moving){ASIDE_FOLDER, ASIDE_REFUSED, "refused"});
}

static int spool_retry(const struct cli_args *args, const struct spool_desk *d)
{
    return move_what_is_said(args, d,
                             &(struct moving){ASIDE_REFUSED, ASIDE_FOLDER, "is tried again"});
}

/* ---- for doctor ---- */

void check_aside(const struct config *config, struct check_list *list)
{
    struct aside_list aside = {.n = 0};
    int fd = open(config->spool_dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return; /* nothing was ever put there */
    if (aside_scan(fd, ASIDE_FOLDER, &aside) == ERR_OK && aside.n > 0)
        config_complain(config, &list->reports[CHECK_HURTS], (struct config_at){.key = "spool_dir"},
                        "`waypost spool list` says why; bring back what they need, and reload",
                        "spool_dir: %u SMS lie aside that cannot be handled now", aside.n);
    aside_list_free(&aside);
    (void)close(fd); /* read only */
}

/* ---- which ---- */

static const struct {
    const char *name;
    int (*run)(const struct cli_args *args, const struct spool_desk *d);
} verbs[] = {{"list", spool_list}, {"refuse", spool_refuse}, {"retry", spool_retry}};

static int with_desk(const struct cli_args *args,
                     int (*run)(const struct cli_args *args, const struct spool_desk *d))
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct spool_desk d = {.dir_fd = -1};
    struct errmsg msg;
    int code = cli_config_load(args, arena, &d.config);
    if (code != EX_OK)
        return code;
    if (vault_openssl_new(d.config.keys_dir.p, &d.vault, &msg) != ERR_OK) {
        cli_complain("spool: %s", msg.text);
        return EX_CONFIG;
    }
    d.dir_fd = open(d.config.spool_dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    code = d.dir_fd >= 0 ? run(args, &d) : complain(ERR_IO);
    if (d.dir_fd >= 0)
        (void)close(d.dir_fd); /* read only */
    vault_free(d.vault);
    return code;
}

static int spool_run(const struct cli_args *args)
{
    const char *word = args->n_words > 0 ? args->words[0] : "list";
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (strcmp(verbs[i].name, word) == 0)
            return with_desk(args, verbs[i].run);
    }
    cli_complain("spool: say list, refuse or retry");
    return EX_USAGE;
}

const struct cli_command cli_spool = {
    .name = "spool",
    .summary = "SMS that cannot be handled now: list them, give them up, try them again",
    .usage = "spool [list]\n"
             "A line for each: name, folder, since when, channel, why. In `aside` they are tried\n"
             "again by themselves, within a minute and at each reload; after 72 hours they are\n"
             "`refused`: kept there, sealed, until a person deletes the file or says retry.\n"
             "spool refuse NAME...|all\n"
             "Gives up what lies aside.\n"
             "spool retry NAME...|all\n"
             "Has what was refused tried again. What the gateway handled more than 72 hours ago\n"
             "it may take for new.",
    .options = {CLI_CONFIG_OPTION},
    .run = spool_run,
};
