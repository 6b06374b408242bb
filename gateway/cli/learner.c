/* `waypost learner`: one person, or many at once from a list. PostgreSQL and Redis are changed by
 * the ways that the gateway itself goes (role/look_after.h), so that it may run meanwhile. */
#include "cli/verbs.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cases.h"
#include "core/certificate.h"
#include "core/cohort.h"
#include "core/number.h"
#include "role/look_after.h"

#define UUID_CHARS 36u
#define MAX_CARDS 16u

enum {
    CARD_ID,
    CARD_NUMBER,
    CARD_ORGANISATION,
    CARD_GROUP,
    CARD_COURSE,
    CARD_VERSION,
    CARD_LANG,
    CARD_ROLE,
    CARD_CONSENT,
    CARD_STARTED,
    CARD_LAST,
    CARD_MODULES,
    CARD_COMPLETED,
    CARD_CERTIFIED,
    CARD_STOPPED,
    CARD_CONSENTS,
    N_CARD
};

static const char *const card_names[N_CARD] = {
    "learner_id",   NULL,        "organisation", "group",      "course",  "version",
    "lang",         "role",      "consent_on",   "started_on", "last_on", "modules_completed",
    "completed_on", "certified", "stopped_on",   "agreed_to"};

struct cards {
    struct arena *arena;
    struct str cells[MAX_CARDS][N_CARD];
    uint32_t n;
};

static void keep_card(void *ctx, const struct str *cells, uint32_t n)
{
    struct cards *cards = ctx;
    if (cards->n == MAX_CARDS || n != N_CARD)
        return;
    for (uint32_t i = 0; i < N_CARD; i++)
        cards->cells[cards->n][i] =
            cells[i].p != NULL ? arena_str(cards->arena, cells[i]) : STR_NONE;
    cards->n++;
}

static bool is_id(const char *word)
{
    return strlen(word) == UUID_CHARS && strspn(word, "0123456789abcdefABCDEF-") == UUID_CHARS &&
           strchr(word, '-') != NULL;
}

/* A number becomes its pseudonym in hex; an id stays one. */
static int who_of(struct desk *desk, const char *word, struct str *ret_number, struct str *ret_id)
{
    struct vault *vault = NULL;
    struct number number;
    char hex[2 * NUMBER_ID_BYTES + 1];
    *ret_number = STR_NONE;
    *ret_id = STR_NONE;
    if (is_id(word)) {
        *ret_id = str_from(word);
        return EX_OK;
    }
    if (number_parse(str_from(word), NUMBER_FORM_PLUS, STR_NONE, &number) != ERR_OK)
        return EX_USAGE; /* which open_desk has told */
    int code = desk_vault(desk, &vault);
    if (code != EX_OK)
        return code;
    struct number_id id = vault_number_id(vault, str_from(number.e164));
    vault_free(vault);
    hex_encode(id.bytes, sizeof(id.bytes), hex);
    *ret_number = arena_str(desk->arena, str_from(hex));
    return EX_OK;
}

static struct str user_name(void)
{
    const struct passwd *user = getpwuid(getuid());
    return str_from(user != NULL ? user->pw_name : "unknown");
}

/* Each call is on record. */
static int find(struct desk *desk, const char *word, const char *what, struct cards *cards)
{
    struct str params[4] = {STR_NONE, STR_NONE, str_from(what), user_name()};
    int code = who_of(desk, word, &params[0], &params[1]);
    *cards = (struct cards){.arena = desk->arena};
    if (code == EX_OK)
        code = desk_ask(desk,
                        "select learner_id, number_id, organisation, cohort, course, version, "
                        "lang, role, consent_on, started_on, last_on, modules, completed_on, "
                        "certified, stopped_on, consents "
                        "from core.learner_cards($1, $2::uuid, $3, $4)",
                        params, 4, keep_card, cards);
    if (code == EX_OK && cards->n == 0) {
        cli_complain("learner: nobody is known by %s", word);
        code = EX_DATAERR;
    }
    return code;
}

/* The one whom an order is about. */
static int find_one(struct desk *desk, const char *word, const char *what, struct cards *cards)
{
    int code = find(desk, word, what, cards);
    if (code != EX_OK || cards->n == 1)
        return code;
    cli_complain("learner: %u people share that number; name one by the id:", cards->n);
    for (uint32_t i = 0; i < cards->n; i++)
        cli_complain("  %.*s", STR_ARG(cards->cells[i][CARD_ID]));
    return EX_DATAERR;
}

/* The word that says who is judged before anything is opened. */
static int open_desk(const struct cli_args *args, struct desk *desk)
{
    struct number number;
    const char *who = args->words[1];
    *desk = (struct desk){.arena = NULL};
    if (!is_id(who) && number_parse(str_from(who), NUMBER_FORM_PLUS, STR_NONE, &number) != ERR_OK) {
        cli_complain("learner: %s is neither a number like +254700000001 nor a learner's id; "
                     "write the number with + and the country code",
                     who);
        return EX_USAGE;
    }
    int code = desk_open(args, desk);
    return code == EX_OK ? desk_open_database(desk) : code;
}

/* ---- show ---- */

static void print_card(const struct str *cells, bool is_json, bool is_first)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 65536);
    for (uint32_t i = 0, n = 0; i < N_CARD; i++) {
        if (card_names[i] == NULL)
            continue;
        if (!is_json && cells[i].p != NULL)
            buf_addf(&out, "%-18s %.*s\n", card_names[i], STR_ARG(cells[i]));
        if (!is_json)
            continue;
        buf_addf(&out, "%s\"%s\":", n++ == 0 ? "{" : ",", card_names[i]);
        if (cells[i].p != NULL)
            buf_add_json(&out, cells[i]);
        else
            buf_add_str(&out, STR("null"));
    }
    const char *before = is_json ? (is_first ? "[" : ",\n ") : (is_first ? "" : "\n");
    printf("%s%.*s%s", before, STR_ARG(buf_str(&out)), is_json ? "}" : "");
}

static int learner_show(const struct cli_args *args)
{
    struct desk desk;
    struct cards cards = {.n = 0};
    bool is_json = cli_has(args, "json");
    int code = open_desk(args, &desk);
    if (code == EX_OK)
        code = find(&desk, args->words[1], "show", &cards);
    for (uint32_t i = 0; code == EX_OK && i < cards.n; i++)
        print_card(cards.cells[i], is_json, i == 0);
    if (code == EX_OK && is_json)
        printf("]\n");
    desk_close(&desk);
    return code;
}

/* ---- move and erase ---- */

static void on_done(void *ctx, uint32_t i, bool has_moved, uint32_t n_sms)
{
    (void)n_sms;
    (void)i;
    *(bool *)ctx = has_moved;
}

/* Also what Redis knows of the person. */
static int order(struct desk *desk, const struct str *card, struct desk_order what)
{
    struct errmsg msg;
    bool has_moved = false;
    struct dialog_desk orders = {.order = what};
    struct str uuid = card[CARD_ID];
    char hex[33] = "";
    for (size_t i = 0, n = 0; i < uuid.len && n < 32; i++) {
        if (uuid.p[i] != '-')
            hex[n++] = uuid.p[i];
    }
    if (hex_decode(str_from(hex), orders.order.learner_id, sizeof(orders.order.learner_id)) !=
            ERR_OK ||
        hex_decode(card[CARD_NUMBER], orders.id.bytes, sizeof(orders.id.bytes)) != ERR_OK)
        return EX_SOFTWARE;
    const struct look_after_desk work = {
        .config = &desk->config, .orders = &orders, .n = 1, .fn = on_done, .ctx = &has_moved};
    if (look_after_desk(&work, &msg) != ERR_OK) {
        cli_complain("learner: %s", msg.text);
        return EX_UNAVAILABLE;
    }
    if (has_moved)
        return EX_OK;
    cli_complain("learner: not done in Redis: it knows nobody of that id on that number, or the "
                 "place is just on its way to another number; run this again in ten minutes, then "
                 "`waypost doctor`");
    return EX_TEMPFAIL;
}

static int move_with(struct desk *desk, const struct cli_args *args)
{
    struct cards cards;
    uint32_t cohort = 0;
    struct str group = args->n_words == 3 ? str_from(args->words[2]) : STR_NONE;
    struct str organisation = str_from(cli_get(args, "organisation", NULL));
    if (group.p != NULL && cohort_code_parse(group, &cohort) != ERR_OK) {
        cli_complain("learner move: %s is no group code: five digits and their check digit",
                     args->words[2]);
        return EX_USAGE;
    }
    if ((group.p == NULL) == (organisation.p == NULL)) {
        cli_complain("learner move: name a group's code, or --organisation CODE to leave it for");
        return EX_USAGE;
    }
    int code = find_one(desk, args->words[1], "move", &cards);
    if (code != EX_OK)
        return code;
    struct str params[] = {cards.cells[0][CARD_ID], group, organisation};
    code = desk_ask(desk, "select core.move_learner($1::uuid, $2::integer, $3)", params, 3, NULL,
                    NULL);
    if (code == EX_OK)
        code = order(desk, cards.cells[0], (struct desk_order){.act = DESK_MOVE, .cohort = cohort});
    if (code == EX_OK)
        (void)fprintf(stderr, "Moved, with all that was recorded. Nothing was sent.\n");
    return code;
}

static int erase_with(struct desk *desk, const struct cli_args *args)
{
    struct cards cards;
    int code = find_one(desk, args->words[1], "erase", &cards);
    if (code == EX_OK && !cli_has(args, "yes")) {
        cli_complain("learner erase: this erases number, answers and progress of %.*s for ever; "
                     "say --yes",
                     STR_ARG(cards.cells[0][CARD_ID]));
        return EX_USAGE;
    }
    if (code == EX_OK)
        code = order(desk, cards.cells[0], (struct desk_order){.act = DESK_ERASE});
    if (code == EX_OK)
        (void)fprintf(stderr, "Erased. Nothing was sent; copies are gone within the hour.\n");
    return code;
}

/* For who has lost the old number: as MOVE from there. */
static int transfer_with(struct desk *desk, const struct cli_args *args)
{
    struct cards cards;
    uint8_t random[8];
    char digits[CERTIFICATE_BYTES];
    int code = find_one(desk, args->words[1], "transfer", &cards);
    if (code != EX_OK)
        return code;
    vault_random(random, sizeof(random));
    struct desk_order what = {.act = DESK_CODE, .code = certificate_make(random)};
    certificate_format(what.code, digits);
    code = order(desk, cards.cells[0], what);
    if (code != EX_OK)
        return code;
    puts(digits);
    (void)fprintf(stderr,
                  "Sent from the new number within 7 days, this code brings the place there; "
                  "its PIN, where it has one, is asked for. Nothing was sent.\n");
    return EX_OK;
}

static int with_desk(const struct cli_args *args,
                     int (*run)(struct desk *desk, const struct cli_args *args))
{
    struct desk desk;
    int code = open_desk(args, &desk);
    if (code == EX_OK)
        code = run(&desk, args);
    desk_close(&desk);
    return code;
}

static int learner_move(const struct cli_args *args)
{
    return with_desk(args, move_with);
}

static int learner_erase(const struct cli_args *args)
{
    return with_desk(args, erase_with);
}

static int learner_transfer(const struct cli_args *args)
{
    return with_desk(args, transfer_with);
}

/* ---- which ---- */

static const struct {
    const char *name;
    int n_words, max_words; /* the verb included */
    int (*run)(const struct cli_args *args);
} verbs[] = {{"import", 2, 2, learner_import},     {"inbox", 1, CLI_MAX_WORDS, learner_inbox},
             {"show", 2, 2, learner_show},         {"move", 2, 3, learner_move},
             {"transfer", 2, 2, learner_transfer}, {"erase", 2, 2, learner_erase}};

static int learner_run(const struct cli_args *args)
{
    for (size_t i = 0; args->n_words > 0 && i < ARRAY_LEN(verbs); i++) {
        bool is_it = strcmp(verbs[i].name, args->words[0]) == 0;
        if (is_it && args->n_words >= verbs[i].n_words && args->n_words <= verbs[i].max_words)
            return verbs[i].run(args);
    }
    cli_complain("learner: say `import FILE`, `show WHO`, `move WHO GROUP`, `transfer WHO`, "
                 "`erase WHO` or `inbox`; "
                 "`waypost learner --help` says what each does");
    return EX_USAGE;
}

const struct cli_command cli_learner = {
    .name = "learner",
    .summary = "invite people from a list; show, move or erase one; answer them",
    .usage =
        "learner import FILE.csv [--channel NAME] [--country XX] [--dry-run]\n"
        "Sends the text that asks for consent to each number of the list; nobody gets a part\n"
        "of the course before he or she has agreed. The first row names the columns: number,\n"
        "and if you like language, group, role (a number of the role question). Again it does\n"
        "no harm: who is known gets nothing, who left is left alone.\n"
        "learner show WHO [--json]\n"
        "Dates, group, consents; no answers. Each look is on record.\n"
        "learner move WHO GROUP\n"
        "learner move WHO --organisation CODE\n"
        "Into a group and its organisation, or out of any into an organisation.\n"
        "learner transfer WHO\n"
        "Prints a code for who has lost the old number: sent from the new one within 7 days it\n"
        "brings the place there, and the certificates; both numbers are told. Make sure first\n"
        "who asks. A PIN of the place is asked for.\n"
        "learner erase WHO --yes\n"
        "As DELETE from that phone.\n"
        "WHO is a number like +254700000001, or a learner's id.\n"
        "learner inbox list [--all] [--json]\n"
        "What waits, oldest first; --all: also what was answered.\n"
        "learner inbox read NUMBER [--key FILE]\n"
        "The text. Only the private key opens it, and each reading is on record.\n"
        "learner inbox acknowledge NUMBER\n"
        "Somebody has it in hand.\n"
        "learner inbox answer NUMBER (--choice N | --text TEXT)\n"
        "One SMS to the learner: text N of inbox_answers, or words of your own, at most 300\n"
        "letters; three a day to one question. Which of them is on record, the words are not.\n"
        "The question is deleted 30 days later.\n"
        "learner inbox key FILE\n"
        "Makes the private key FILE for the people who read, and its public half in keys_dir of\n"
        "the gateway. Move FILE to them and reload the gateway (SIGHUP).",
    .options = {CLI_CONFIG_OPTION,
                {"channel", "NAME",
                 "import: by which they are written to; the only one that sends "
                 "SMS when left out",
                 false},
                {"country", "XX", "import: of numbers without +; the channel's when left out",
                 false},
                {"dry-run", NULL, "import: says what would happen", false},
                {"organisation", "CODE", "move: whose they are then", false},
                {"yes", NULL, "erase: really", false},
                CASES_CONNINFO_OPTION("inbox_conninfo"),
                {"key", "FILE", "inbox read: the private key", false},
                {"choice", "N", "inbox answer: which of inbox_answers", false},
                {"text", "TEXT", "inbox answer: words of your own", false},
                {"all", NULL, "inbox list: also what is done", false},
                {"json", NULL, "show, inbox list: for programs", false}},
    .run = learner_run,
};
