/* `waypost keys`: makes the secret keys that are missing, and new ones in their place. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "port/database/database.h"
#include "port/front/front.h"
#include "port/vault/vault.h"

/* ---- make ---- */

static int keys_make(const struct config *config, const char *conninfo)
{
    struct errmsg msg;
    (void)conninfo;
    if (vault_make_keys(config->keys_dir.p, &msg) == ERR_OK)
        return EX_OK;
    cli_complain("keys: %s", msg.text);
    return EX_CANTCREAT;
}

/* ---- rotate ---- */

static enum err reseal(void *ctx, struct str number_id, struct str box, struct buf *ret_id,
                       struct buf *ret_box)
{
    const struct vault *vault = ctx;
    struct buf plain CLEANUP(buf_fini);
    buf_init(&plain, box.len);
    (void)ret_id; /* the number keeps its id */
    enum err e = vault_box_open(vault, number_id, box, &plain);
    return e == ERR_OK ? vault_box_seal(vault, number_id, buf_str(&plain), ret_box) : e;
}

static int complain_database(enum err e, const struct errmsg *msg)
{
    return cli_complain_postgres("keys", e, msg->text, "--conninfo");
}

static int reseal_all(struct vault *vault, struct database *db)
{
    struct database_sealed done;
    struct errmsg msg;
    enum err e = database_reseal(db, vault_seal_key_id(vault), reseal, vault, &done, &msg);
    if (e != ERR_OK)
        return complain_database(e, &msg);
    printf("key %u\nnumbers %" PRIu64 "\ndisclosures %" PRIu64 "\nfailed %" PRIu64 "\n",
           vault_seal_key_id(vault), done.n_numbers, done.n_disclosures, done.n_failed);
    (void)fprintf(stderr,
                  "Copy the folder to a safe place. Reload the gateway (SIGHUP), so that it seals "
                  "with the new key;\nkeep the old ones as long as the spool, waiting SMS and "
                  "backups may need them.\n");
    if (done.n_failed == 0)
        return EX_OK;
    cli_complain("keys: %" PRIu64 " values could not be opened: their key is missing or is another",
                 done.n_failed);
    return EX_DATAERR;
}

static int keys_rotate(const struct config *config, const char *conninfo)
{
    struct database *db CLEANUP(database_closep) = NULL;
    struct errmsg msg;
    uint16_t id;
    struct vault *vault = NULL;
    enum err e = database_open(conninfo, &db, &msg);
    if (e != ERR_OK)
        return complain_database(e, &msg);
    if (vault_make_seal_key(config->keys_dir.p, &id, &msg) != ERR_OK ||
        vault_openssl_new(config->keys_dir.p, &vault, &msg) != ERR_OK) {
        cli_complain("keys: %s", msg.text);
        return EX_CANTCREAT;
    }
    int code = reseal_all(vault, db);
    vault_free(vault);
    return code;
}

/* ---- rekey ---- */

struct rekey {
    struct vault *old, *fresh;
};

/* The number in a box gives its new id; a disclosure comes with both ids, old and new. */
static enum err rekey_one(void *ctx, struct str number_id, struct str box, struct buf *ret_id,
                          struct buf *ret_box)
{
    const struct rekey *r = ctx;
    struct str old = str_sub(number_id, 0, NUMBER_ID_BYTES);
    struct str fresh = str_sub(number_id, NUMBER_ID_BYTES, number_id.len);
    struct number_id id;
    struct buf plain CLEANUP(buf_fini);
    buf_init(&plain, box.len);
    enum err e = vault_box_open(r->old, old, box, &plain);
    if (e != ERR_OK)
        return e;
    if (fresh.len == 0) {
        id = vault_number_id(r->fresh, buf_str(&plain));
        fresh = (struct str){(const char *)id.bytes, NUMBER_ID_BYTES};
    }
    buf_add_str(ret_id, fresh);
    return vault_box_seal(r->fresh, fresh, buf_str(&plain), ret_box);
}

/* A gateway that runs here would go on with the old key. */
static bool is_gateway_gone(const struct config *config)
{
    struct errmsg msg;
    int fd = -1;
    if (front_listen(config->listen_address.p, (int)config->port, false, &fd, &msg) != ERR_OK) {
        cli_complain("keys rekey: stop the gateway first, on every host: port %u is in use",
                     config->port);
        return false;
    }
    (void)close(fd); /* only to see whether it is free */
    return true;
}

static int rekey_all(const struct config *config, struct rekey *r, const char *conninfo)
{
    struct database *db CLEANUP(database_closep) = NULL;
    struct database_sealed done;
    struct errmsg msg;
    enum err e = database_open(conninfo, &db, &msg);
    if (e == ERR_OK)
        e = database_rekey(db, rekey_one, r, &done, &msg);
    if (e != ERR_OK)
        return complain_database(e, &msg);
    if (vault_take_number_key(config->keys_dir.p, &msg) != ERR_OK) {
        cli_complain("keys: %s; run it again", msg.text);
        return EX_CANTCREAT;
    }
    printf("numbers %" PRIu64 "\ndisclosures %" PRIu64 "\nforgotten %" PRIu64 "\n", done.n_numbers,
           done.n_disclosures, done.n_lost);
    (void)fprintf(stderr, "Copy the folder to every host and to a safe place. Then empty Redis "
                          "(FLUSHDB), and run\n`waypost rebuild`: it holds the learners under "
                          "their old ids.\n");
    return EX_OK;
}

static int keys_rekey(const struct config *config, const char *conninfo)
{
    struct rekey r = {NULL, NULL};
    struct errmsg msg;
    uint16_t id;
    if (!is_gateway_gone(config))
        return EX_UNAVAILABLE;
    int code = EX_CONFIG;
    /* A learner's state holds the number packed, which no key opens under another id. With a new
     * key to seal by, it is packed again when the learner comes next (vault_is_packed). */
    if (vault_make_seal_key(config->keys_dir.p, &id, &msg) == ERR_OK &&
        vault_openssl_new(config->keys_dir.p, &r.old, &msg) == ERR_OK &&
        vault_openssl_new_number_key(config->keys_dir.p, &r.fresh, &msg) == ERR_OK)
        code = rekey_all(config, &r, conninfo);
    else
        cli_complain("keys: %s", msg.text);
    vault_free(r.old);
    vault_free(r.fresh);
    return code;
}

/* ---- which ---- */

static const struct {
    const char *name;
    bool needs_database;
    int (*run)(const struct config *config, const char *conninfo);
} verbs[] = {
    {"make", false, keys_make}, {"rotate", true, keys_rotate}, {"rekey", true, keys_rekey}};

static int keys_run(const struct cli_args *args)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct config config;
    const char *word = args->n_words > 0 ? args->words[0] : "make";
    const char *conninfo = cli_get(args, "conninfo", NULL);
    size_t i = 0;
    while (i < ARRAY_LEN(verbs) && strcmp(verbs[i].name, word) != 0)
        i++;
    if (i == ARRAY_LEN(verbs) || args->n_words > 1) {
        cli_complain("keys: say nothing, `rotate` or `rekey`; the folder is keys_dir of the "
                     "configuration");
        return EX_USAGE;
    }
    if (verbs[i].needs_database && conninfo == NULL) {
        cli_complain("keys %s: --conninfo is missing; `waypost keys --help` shows how", word);
        return EX_USAGE;
    }
    int code = cli_config_load(args, arena, &config);
    return code == EX_OK ? verbs[i].run(&config, conninfo) : code;
}

const struct cli_command cli_keys = {
    .name = "keys",
    .summary = "make the secret keys that are missing, or new ones",
    .usage =
        "keys\n"
        "Existing keys are never changed. Copy the folder to a safe place that is not the\n"
        "database's: whoever has both can read the learners' numbers, and without the keys\n"
        "nobody can.\n"
        "keys rotate --conninfo CONNINFO\n"
        "Makes another seal key, and seals with it what the database holds: numbers and what\n"
        "people disclosed. The gateway may run; reload it (SIGHUP) afterwards. With several\n"
        "hosts, copy the new key to all of them first.\n"
        "keys rekey --conninfo CONNINFO\n"
        "Makes another key for the numbers' ids, and gives each number of the database its new\n"
        "one, and another seal key. With the gateway stopped on every host, after the writer and "
        "the sender have\n"
        "nothing left to do (`waypost status`); Redis is to be rebuilt afterwards. Numbers that\n"
        "have not joined are forgotten.",
    .options = {CLI_CONFIG_OPTION,
                {.name = "conninfo",
                 .value_name = "CONNINFO",
                 .help = "rotate, rekey: libpq's words for a login that owns the database"}},
    .run = keys_run,
};
