/* `waypost safe`: what learners disclosed, for the person who looks after it. */
#include <stdio.h>

#include "cli/cases.h"
#include "cli/cli.h"
#include "role/look_after.h"

/* ---- verbs ---- */

static int safe_list(struct cases *c)
{
    return cases_show(c, "safe");
}

static int safe_read(struct cases *c)
{
    return cases_show_text(c, "safe");
}

static int safe_acknowledge(struct cases *c)
{
    struct errmsg msg;
    enum err e = cases_acknowledge(c->db, "safe", c->ref, &msg);
    if (e != ERR_OK)
        return cases_complain("safe", e, &msg);
    printf("%.*s acknowledged\n", STR_ARG(c->ref));
    return EX_OK;
}

static int safe_release(struct cases *c)
{
    struct errmsg msg;
    struct number_id id;
    struct wall_ms until;
    int code = cases_config(c);
    if (code != EX_OK)
        return code;
    enum err e = cases_release(c->db, c->ref, c->outcome, &id, &until, &msg);
    if (e != ERR_OK)
        return cases_complain("safe", e, &msg);
    if (until.ms == 0) {
        printf("%.*s released; messages stay held: something else of this learner waits, or the "
               "learner is not here any more\n",
               STR_ARG(c->ref));
        return EX_OK;
    }
    if (look_after_release(&c->config, &id, until, &msg) != ERR_OK) {
        cli_complain("safe: it is on record, but messages are still held: %s", msg.text);
        return EX_UNAVAILABLE;
    }
    printf("%.*s released; messages go on\n", STR_ARG(c->ref));
    return EX_OK;
}

static int safe_transfer(struct cases *c)
{
    struct errmsg msg;
    struct buf until CLEANUP(buf_fini);
    buf_init(&until, 64);
    enum err e = cases_transfer(c->db, c->ref, c->outcome, &until, &msg);
    if (e != ERR_OK)
        return cases_complain("safe", e, &msg);
    printf("%.*s transferred; its text is deleted on %.*s\n", STR_ARG(c->ref),
           STR_ARG(buf_str(&until)));
    return EX_OK;
}

/* Makes the pair of keys: one for the person, one for the gateway. */
static int safe_key(struct cases *c)
{
    return cases_make_key(c, VAULT_READER_SAFE);
}

static const struct cases_verb verbs[] = {
    {"list", CASES_DATABASE, safe_list},
    {"read", CASES_DATABASE | CASES_REF, safe_read},
    {"acknowledge", CASES_DATABASE | CASES_REF, safe_acknowledge},
    {"release", CASES_DATABASE | CASES_REF, safe_release},
    {"transfer", CASES_DATABASE | CASES_REF | CASES_OUTCOME, safe_transfer},
    {"key", CASES_FILE, safe_key},
};

static int safe_run(const struct cli_args *args)
{
    return cases_run(args, "safe", verbs, ARRAY_LEN(verbs), 0);
}

const struct cli_command cli_safe = {
    .name = "safe",
    .summary = "look after what learners disclosed",
    .usage =
        "safe list [--all] [--json]\n"
        "What waits, oldest first, and what it seems to be about: harm, suicide, or psea, a "
        "complaint\n"
        "about aid staff; child: whoever wrote it seems to be one. --all: also what was "
        "transferred.\n"
        "safe read NUMBER [--key FILE]\n"
        "The text. Only the private key opens it, and each reading is on record.\n"
        "safe acknowledge NUMBER\n"
        "A person has it in hand: within 4 working hours, 24 hours at most.\n"
        "safe release NUMBER [--outcome CODE]\n"
        "Messages to this learner go on, once nothing else of the same learner waits.\n"
        "safe transfer NUMBER --outcome CODE\n"
        "It is in the case system. The text is deleted 30 days later, the code stays.\n"
        "safe key FILE\n"
        "Makes the private key FILE for the person who reads, and its public half in keys_dir of\n"
        "the gateway. Move FILE to that person and reload the gateway (SIGHUP).",
    .options = {CLI_CONFIG_OPTION,
                CASES_CONNINFO_OPTION("safe_conninfo"),
                {.name = "key", .value_name = "FILE", .help = "read: the private key"},
                {.name = "outcome",
                 .value_name = "CODE",
                 .help = "supported referred psea unreachable none other"},
                {.name = "all", .help = "list: also what is done"},
                {.name = "json", .help = "list: one JSON object a line"}},
    .run = safe_run,
};
