#include "cli/cases.h"

#include <stdio.h>
#include <string.h>

#define PATH_BYTES 4096
#define TEXT_MAX_BYTES 65536u

int cases_complain(const char *queue, enum err e, const struct errmsg *msg)
{
    cli_complain("%s: %s", queue, msg->text);
    return e == ERR_NOT_FOUND     ? EX_NOINPUT
           : e == ERR_DENIED      ? EX_NOPERM
           : e == ERR_UNAVAILABLE ? EX_UNAVAILABLE
                                  : EX_DATAERR;
}

int cases_config(struct cases *c)
{
    if (c->has_config)
        return EX_OK;
    int code = cli_config_load(c->args, c->arena, &c->config);
    c->has_config = code == EX_OK;
    return code;
}

/* ---- list ---- */

static void print_member(const char *name, struct str value, bool is_first)
{
    struct buf quoted CLEANUP(buf_fini);
    buf_init(&quoted, TEXT_MAX_BYTES);
    buf_add_json(&quoted, value);
    if (is_first || value.len > 0)
        printf("%s\"%s\":%.*s", is_first ? "{" : ",", name, STR_ARG(buf_str(&quoted)));
}

/* What the detector made of a disclosure; nothing of a question. */
static struct str about_of(const struct case_row *row)
{
    return str_eq(row->source, STR("ask")) ? STR("") : row->about;
}

static void print_json(void *ctx, const struct case_row *row)
{
    (void)ctx;
    print_member("case", row->ref, true);
    print_member("raised_at", row->raised_at, false);
    print_member("source", row->source, false);
    print_member("lang", row->lang, false);
    print_member("country", row->country, false);
    print_member("acknowledged_at", row->acknowledged_at, false);
    print_member("acknowledged_by", row->acknowledged_by, false);
    print_member("released_at", row->released_at, false);
    print_member("transferred_at", row->transferred_at, false);
    print_member("answered_at", row->answered_at, false);
    print_member("outcome", row->outcome, false);
    print_member("about", about_of(row), false);
    if (row->is_child)
        printf(",\"child\":true");
    printf(",\"hours\":%.*s,\"has_text\":%s}\n", STR_ARG(row->hours),
           row->has_text ? "true" : "false");
}

static const char *state_of(const struct case_row *row)
{
    return row->answered_at.len > 0       ? "answered"
           : row->transferred_at.len > 0  ? "transferred"
           : row->released_at.len > 0     ? "released"
           : row->acknowledged_at.len > 0 ? "acknowledged"
                                          : "waits";
}

static void print_line(void *ctx, const struct case_row *row)
{
    (void)ctx;
    printf("%-10.*s  %-22.*s  %-9.*s  %-5.*s  %-2.*s  %6.*s h  %-12.*s %-5s  %-12s  %.*s\n",
           STR_ARG(row->ref), STR_ARG(row->raised_at), STR_ARG(row->source), STR_ARG(row->lang),
           STR_ARG(row->country), STR_ARG(row->hours), STR_ARG(about_of(row)),
           row->is_child ? "child" : "", state_of(row), STR_ARG(row->outcome));
}

int cases_show(struct cases *c, const char *queue)
{
    struct errmsg msg;
    bool is_json = cli_has(c->args, "json");
    enum err e = cases_list(c->db, queue, cli_has(c->args, "all"),
                            is_json ? print_json : print_line, NULL, &msg);
    return e == ERR_OK ? EX_OK : cases_complain(queue, e, &msg);
}

/* ---- the text ---- */

/* What was sealed while the gateway had no public key of the reader. */
static int open_by_gateway(struct cases *c, const char *queue, struct str box,
                           const struct number_id *id, struct buf *text)
{
    struct vault *vault = NULL;
    struct errmsg msg;
    int code = cases_config(c);
    if (code != EX_OK)
        return code;
    enum err e = vault_openssl_new(c->config.keys_dir.p, &vault, &msg);
    if (e != ERR_OK)
        return cases_complain(queue, e, &msg);
    e = vault_box_open(vault, (struct str){(const char *)id->bytes, sizeof(id->bytes)}, box, text);
    vault_free(vault);
    if (e == ERR_OK)
        return EX_OK;
    cli_complain("%s: the gateway's own key sealed this text, and does not open it", queue);
    return EX_DATAERR;
}

static int open_by_person(struct cases *c, const char *queue, struct str box, struct buf *text)
{
    struct errmsg msg;
    const char *key = cli_get(c->args, "key", NULL);
    if (key == NULL) {
        cli_complain("%s read: --key is missing: the file that opens the texts", queue);
        return EX_USAGE;
    }
    enum err e = letter_open(key, box, text, &msg);
    return e == ERR_OK ? EX_OK : cases_complain(queue, e, &msg);
}

int cases_show_text(struct cases *c, const char *queue)
{
    struct buf box CLEANUP(buf_fini), text CLEANUP(buf_fini);
    struct number_id id;
    struct errmsg msg;
    buf_init(&box, TEXT_MAX_BYTES);
    buf_init(&text, TEXT_MAX_BYTES);
    enum err e = cases_read(c->db, queue, c->ref, &box, &id, &msg);
    if (e != ERR_OK)
        return cases_complain(queue, e, &msg);
    if (box.len < VAULT_BOX_EXTRA_BYTES) {
        cli_complain("%s: the text of %.*s is deleted; the outcome stays", queue, STR_ARG(c->ref));
        return EX_NOINPUT;
    }
    int code = vault_box_key_id(buf_str(&box)) == 0
                   ? open_by_person(c, queue, buf_str(&box), &text)
                   : open_by_gateway(c, queue, buf_str(&box), &id, &text);
    if (code == EX_OK)
        printf("%.*s\n", STR_ARG(buf_str(&text)));
    return code;
}

/* ---- keys ---- */

int cases_make_key(struct cases *c, enum vault_reader reader)
{
    char path[PATH_BYTES];
    struct errmsg msg;
    int code = cases_config(c);
    if (code != EX_OK)
        return code;
    int n =
        snprintf(path, sizeof(path), "%s/%s.pub", c->config.keys_dir.p, vault_reader_name(reader));
    if (n < 0 || n >= (int)sizeof(path))
        return EX_CONFIG;
    enum err e = letter_make_keys(c->file, path, &msg);
    if (e != ERR_OK)
        return cases_complain(vault_reader_name(reader), e, &msg);
    printf("%s\n%s\n", c->file, path);
    (void)fprintf(
        stderr, "Give the first file to the person who reads, keep a copy in a safe place and "
                "none here.\nReload the gateway (SIGHUP): from then on it seals to the second.\n");
    return EX_OK;
}

/* ---- a run ---- */

static int open_database(struct cases *c, const char *queue)
{
    struct errmsg msg;
    const char *conninfo = cli_get(c->args, "conninfo", NULL);
    int code = conninfo != NULL ? EX_OK : cases_config(c);
    if (code != EX_OK)
        return code;
    if (conninfo == NULL)
        conninfo =
            strcmp(queue, "safe") == 0 ? c->config.safe_conninfo.p : c->config.inbox_conninfo.p;
    if (conninfo == NULL) {
        cli_complain("%s: write --conninfo, or %s_conninfo into the configuration", queue, queue);
        return EX_USAGE;
    }
    enum err e = database_open(conninfo, &c->db, &msg);
    return e == ERR_OK ? EX_OK : cases_complain(queue, e, &msg);
}

/* What stands behind the verb. */
static bool take_words(struct cases *c, const struct cases_verb *verb, int first)
{
    const struct cli_args *args = c->args;
    bool has_word = (verb->needs & (CASES_REF | CASES_FILE)) != 0;
    const char *outcome = cli_get(args, "outcome", NULL);
    if (args->n_words != first + 1 + has_word)
        return false;
    if (has_word)
        c->file = args->words[first + 1];
    if ((verb->needs & CASES_REF) != 0)
        c->ref = str_from(c->file);
    c->outcome = outcome != NULL ? str_from(outcome) : STR_NONE;
    return outcome != NULL || (verb->needs & CASES_OUTCOME) == 0;
}

int cases_run(const struct cli_args *args, const char *queue, const struct cases_verb *verbs,
              size_t n, int first)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(CLI_CONFIG_ARENA_BYTES);
    struct cases c = {.args = args, .arena = arena};
    const char *word = args->n_words > first ? args->words[first] : "";
    size_t i = 0;
    while (i < n && strcmp(verbs[i].name, word) != 0)
        i++;
    if (i == n || !take_words(&c, &verbs[i], first)) {
        cli_complain("%s: this is not how it is written; `waypost %s --help` shows it", queue,
                     args->command->name);
        return EX_USAGE;
    }
    int code = (verbs[i].needs & CASES_DATABASE) != 0 ? open_database(&c, queue) : EX_OK;
    if (code == EX_OK)
        code = verbs[i].run(&c);
    database_close(c.db);
    return code;
}
