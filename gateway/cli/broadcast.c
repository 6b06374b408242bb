/* `waypost broadcast`: an approved text to many learners. Who gets it is fixed in PostgreSQL; each
 * of them is asked about by a step of the engine (role/look_after.h), which lets it go where any
 * push may go now: by day, one a day, with consent, not held, not paused. The others wait until the
 * command runs again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/desk.h"
#include "core/cohort.h"
#include "core/gsm/gsm.h"
#include "role/look_after.h"

#define TEXT_MAX_CHARS 300u
#define MAX_AT_ONCE 100u /* as core.next_of_broadcast gives */

struct text {
    struct arena *arena;
    struct str text;
};

static void keep_text(void *ctx, const struct str *cells, uint32_t n)
{
    struct text *text = ctx;
    (void)n;
    text->text = cells[0].p != NULL ? arena_str(text->arena, cells[0]) : STR_NONE;
}

static int with_desk(const struct cli_args *args, int (*run)(struct desk *desk))
{
    struct desk desk;
    int code = desk_open(args, &desk);
    if (code == EX_OK)
        code = desk_open_database(&desk);
    if (code == EX_OK)
        code = run(&desk);
    desk_close(&desk);
    return code;
}

/* ---- texts ---- */

static int write_text(struct desk *desk)
{
    const struct cli_args *args = desk->args;
    const char *lang = cli_get(args, "lang", "en");
    struct str text = str_trim(str_from(args->words[2]));
    uint32_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((uint8_t)text.p[i] & 0xc0) != 0x80;
    if (n == 0 || n > TEXT_MAX_CHARS) {
        cli_complain("broadcast text: it has %u letters, 1 to %u are allowed", n, TEXT_MAX_CHARS);
        return EX_DATAERR;
    }
    struct str params[] = {str_from(args->words[1]), str_from(lang), text, desk_whom(args)};
    int code = desk_ask(desk, "select core.write_broadcast($1, $2, $3, $4)", params, 4, NULL, NULL);
    if (code == EX_OK)
        (void)fprintf(stderr,
                      "Kept. Another person than %.*s must approve it: `waypost broadcast "
                      "approve %s`.\n",
                      STR_ARG(params[3]), args->words[1]);
    return code;
}

static int approve(struct desk *desk)
{
    struct str params[] = {str_from(desk->args->words[1]), desk_whom(desk->args)};
    return desk_ask(desk, "select core.approve_broadcast($1, $2)", params, 2, NULL, NULL);
}

/* "12", a broadcast's number; else EX_USAGE after words of complaint. Absent is good. */
static int check_id(const struct cli_args *args, struct str id)
{
    uint64_t number;
    if (id.p == NULL || str_to_u64(id, INT32_MAX, &number) == ERR_OK)
        return EX_OK;
    cli_complain(
        "broadcast %s: %.*s is no number of a broadcast; `waypost broadcast status` shows them",
        args->words[0], STR_ARG(id));
    return EX_USAGE;
}

/* ---- to whom ---- */

static struct str filter_of(const struct desk *desk)
{
    static const char *const names[] = {"group", "organisation", "lang", "reached"};
    json_t *root = json_object();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = cli_get(desk->args, names[i], NULL);
        if (value != NULL)
            json_object_set_new(root, names[i], json_string(value));
    }
    if (cli_has(desk->args, "dormant"))
        json_object_set_new(root, "dormant", json_true());
    char *json = json_dumps(root, JSON_COMPACT);
    struct str filter = arena_str(desk->arena, str_from(json));
    free(json);
    json_decref(root);
    return filter;
}

struct preview {
    const struct config *config;
    struct arena *arena;
    uint64_t n_people, n_parts;
    uint32_t n_missing; /* languages that have no text */
};

/* Parts as they go out, whatever the channel folds. */
static void print_language(void *ctx, const struct str *cells, uint32_t n)
{
    struct preview *p = ctx;
    uint64_t people = 0;
    (void)n;
    if (cells[2].p == NULL) {
        p->n_missing++;
        printf("%-4.*s %8.*s %s  no text: they get none\n", STR_ARG(cells[0]), STR_ARG(cells[1]),
               str_eq(cells[1], STR("1")) ? "person" : "people");
        return;
    }
    struct gsm_size size = gsm_measure(gsm_fold(cells[2], GSM_FOLD_LATIN, p->arena));
    if (str_to_u64(cells[1], UINT32_MAX, &people) != ERR_OK)
        return;
    printf("%-4.*s %8llu %s  %u part%s each  %.*s\n", STR_ARG(cells[0]), (unsigned long long)people,
           people == 1 ? "person" : "people", size.segments, str_s(size.segments),
           STR_ARG(cells[2]));
    p->n_people += people;
    p->n_parts += people * size.segments;
}

/* The cheapest and the dearest channel that sends. */
static void print_cost(const struct preview *p)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (uint32_t i = 0; i < p->config->n_channels; i++) {
        uint64_t price = p->config->channels[i].price;
        low = price > 0 && price < low ? price : low;
        high = price > high ? price : high;
    }
    printf("all  %8llu %s  %llu part%s\n", (unsigned long long)p->n_people,
           p->n_people == 1 ? "person" : "people", (unsigned long long)p->n_parts,
           str_s(p->n_parts));
    if (high > 0)
        printf("cost %.2f to %.2f %.*s, by the channels' prices\n",
               (double)(p->n_parts * low) / 1e6, (double)(p->n_parts * high) / 1e6,
               STR_ARG(p->config->currency));
    else
        printf("cost not known: no channel has a price\n");
}

/* The group that is named, if any. */
static void on_group(void *ctx, const struct str *cells, uint32_t n)
{
    (void)cells, (void)n;
    *(bool *)ctx = true;
}

static int know_group(struct desk *desk)
{
    struct str group = str_from(cli_get(desk->args, "group", NULL));
    uint32_t number;
    bool is_there = false;
    if (group.p == NULL)
        return EX_OK;
    int code = EX_OK;
    if (cohort_code_parse(group, &number) == ERR_OK)
        code = desk_ask(desk, "select code from core.cohorts($1::integer)", &group, 1, on_group,
                        &is_there);
    if (code != EX_OK || is_there)
        return code;
    cli_complain("broadcast: there is no group %.*s; `waypost cohort list` shows all",
                 STR_ARG(group));
    return EX_DATAERR;
}

/* Where names were given that nobody has, one of them is wrong, mostly. */
static int complain_of_nobody(const struct desk *desk)
{
    static const char *const names[] = {"group", "organisation", "lang", "reached"};
    struct str given = STR_NONE;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = cli_get(desk->args, names[i], NULL);
        if (value != NULL)
            given = arena_printf(desk->arena, "%.*s --%s %s", STR_ARG(given), names[i], value);
    }
    if (given.p == NULL)
        return EX_OK;
    cli_complain("broadcast: nobody who may get it is meant by%.*s; is each written as `waypost "
                 "learner show`, `waypost cohort list` and `waypost lessons list` show it?",
                 STR_ARG(given));
    return EX_DATAERR;
}

static int preview(struct desk *desk)
{
    struct preview p = {.config = &desk->config, .arena = desk->arena};
    struct str params[] = {str_from(desk->args->words[1]), filter_of(desk)};
    int code = know_group(desk);
    if (code == EX_OK)
        code =
            desk_ask(desk, "select lang, people, text from core.preview_broadcast($1, $2::jsonb)",
                     params, 2, print_language, &p);
    if (code == EX_OK && p.n_people == 0 && p.n_missing == 0)
        code = complain_of_nobody(desk);
    if (code == EX_OK)
        print_cost(&p);
    if (code == EX_OK && p.n_missing > 0)
        (void)fprintf(stderr,
                      "Nothing is sent while a language is missing. Write it by `waypost broadcast "
                      "text %s TEXT --lang CODE`, or send one language at a time by --lang CODE.\n",
                      desk->args->words[1]);
    return code;
}

/* ---- sending ---- */

struct batch {
    struct desk *desk;
    struct str id;
    struct dialog_desk orders[MAX_AT_ONCE];
    struct str learners[MAX_AT_ONCE];
    uint32_t n, n_sent, n_waiting;
    struct buf sent; /* learners of this batch who got it */
};

static void keep_person(void *ctx, const struct str *cells, uint32_t n)
{
    struct batch *b = ctx;
    struct dialog_desk *order = &b->orders[b->n];
    char hex[33] = "";
    (void)n;
    for (size_t i = 0, k = 0; i < cells[1].len && k < 32; i++) {
        if (cells[1].p[i] != '-')
            hex[k++] = cells[1].p[i];
    }
    *order = (struct dialog_desk){
        .order = {.act = DESK_TELL, .text = arena_str(b->desk->arena, cells[3])}};
    if (b->n == MAX_AT_ONCE ||
        hex_decode(str_from(hex), order->order.learner_id, sizeof(order->order.learner_id)) !=
            ERR_OK ||
        hex_decode(cells[2], order->id.bytes, sizeof(order->id.bytes)) != ERR_OK)
        return;
    b->learners[b->n++] = arena_str(b->desk->arena, cells[0]);
}

static void on_done(void *ctx, uint32_t i, bool has_moved, uint32_t n_sms)
{
    struct batch *b = ctx;
    (void)has_moved;
    if (n_sms == 0) {
        b->n_waiting++;
        return;
    }
    b->n_sent++;
    buf_addf(&b->sent, "%s%.*s", buf_str(&b->sent).len > 0 ? " " : "", STR_ARG(b->learners[i]));
}

/* What went is on record before the next ones go. */
static int send_batch(struct batch *b)
{
    struct errmsg msg;
    const struct look_after_desk work = {
        .config = &b->desk->config, .orders = b->orders, .n = b->n, .fn = on_done, .ctx = b};
    buf_reset(&b->sent);
    enum err e = look_after_desk(&work, &msg);
    struct str params[] = {b->id, buf_str(&b->sent)};
    int code = params[1].len == 0
                   ? EX_OK
                   : desk_ask(b->desk, "select core.mark_broadcast($1::integer, $2, 'sent')",
                              params, 2, NULL, NULL);
    if (e == ERR_OK)
        return code;
    cli_complain("broadcast send: %s", msg.text);
    return EX_UNAVAILABLE;
}

/* No faster than the channels send. */
static void pace(const struct batch *b, double per_s)
{
    if (per_s > 0 && b->n > 0)
        (void)usleep((useconds_t)(1e6 * b->n / per_s));
}

static int send_all(struct batch *b)
{
    double per_s = desk_rate_per_s(b->desk);
    struct str after = STR("0");
    int code = EX_OK;
    do {
        struct str params[] = {b->id, after};
        b->n = 0;
        code = desk_ask(b->desk,
                        "select learner, learner_id, number_id, text from "
                        "core.next_of_broadcast($1::integer, $2::bigint)",
                        params, 2, keep_person, b);
        if (code == EX_OK && b->n > 0)
            code = send_batch(b);
        if (b->n > 0)
            after = b->learners[b->n - 1];
        (void)fprintf(stderr, "%u sent, %u wait\n", b->n_sent, b->n_waiting);
        pace(b, per_s);
    } while (code == EX_OK && b->n > 0);
    return code;
}

static void count_language(void *ctx, const struct str *cells, uint32_t n)
{
    uint64_t people = 0;
    (void)n;
    if (str_to_u64(cells[0], UINT32_MAX, &people) == ERR_OK)
        *(uint64_t *)ctx += people;
}

/* Fixes who gets it. */
static int begin_text(struct desk *desk, struct str *params, struct text *ret_id)
{
    uint64_t n_people = 0;
    int code = know_group(desk);
    if (code == EX_OK)
        code = desk_ask(desk, "select people from core.preview_broadcast($1, $2::jsonb)", params, 2,
                        count_language, &n_people);
    if (code == EX_OK && n_people == 0)
        code = complain_of_nobody(desk);
    return code != EX_OK ? code
                         : desk_ask(desk, "select core.start_broadcast($1, $2::jsonb, $3)", params,
                                    3, keep_text, ret_id);
}

static int send_text(struct desk *desk)
{
    struct text id = {.arena = desk->arena};
    const char *again = cli_get(desk->args, "again", NULL);
    struct str params[] = {desk->args->n_words == 2 ? str_from(desk->args->words[1]) : STR_NONE,
                           filter_of(desk), desk_whom(desk->args)};
    if ((again == NULL) == (params[0].p == NULL)) {
        cli_complain("broadcast send: a text's name, or --again ID to go on with one");
        return EX_USAGE;
    }
    int code = check_id(desk->args, str_from(again));
    id.text = str_from(again);
    if (again == NULL)
        code = begin_text(desk, params, &id);
    struct batch b = {.desk = desk, .id = id.text};
    buf_init(&b.sent, 65536);
    if (code == EX_OK)
        code = send_all(&b);
    if (code == EX_OK)
        printf("%.*s\n", STR_ARG(id.text));
    if (code == EX_OK && b.n_waiting > 0)
        (void)fprintf(stderr,
                      "Who waits may get no message now (night, day off, pause, one a day): run "
                      "`waypost broadcast send --again %.*s` later.\n",
                      STR_ARG(id.text));
    buf_fini(&b.sent);
    return code;
}

/* ---- status and stop ---- */

static void print_row(void *ctx, const struct str *cells, uint32_t n)
{
    uint32_t *n_rows = ctx;
    (void)n;
    ++*n_rows;
    printf("%-4.*s %-20.*s %-8.*s people %6.*s sent %6.*s wait %6.*s  %.*s  by %.*s\n",
           STR_ARG(cells[0]), STR_ARG(cells[1]), STR_ARG(cells[2]), STR_ARG(cells[3]),
           STR_ARG(cells[4]), STR_ARG(cells[5]), STR_ARG(cells[6]), STR_ARG(cells[7]));
}

static int status(struct desk *desk)
{
    struct str id = desk->args->n_words == 2 ? str_from(desk->args->words[1]) : STR_NONE;
    uint32_t n_rows = 0;
    int code = check_id(desk->args, id);
    if (code == EX_OK)
        code = desk_ask(desk,
                        "select id, name, state, people, sent, waiting, started, sent_by "
                        "from core.broadcasts($1::integer)",
                        &id, 1, print_row, &n_rows);
    if (code != EX_OK || id.p == NULL || n_rows > 0)
        return code;
    cli_complain("broadcast: there is no broadcast %.*s", STR_ARG(id));
    return EX_DATAERR;
}

static int stop(struct desk *desk)
{
    struct str id = str_from(desk->args->words[1]);
    int code = check_id(desk->args, id);
    return code != EX_OK
               ? code
               : desk_ask(desk, "select core.stop_broadcast($1::integer)", &id, 1, NULL, NULL);
}

/* ---- which ---- */

static const struct {
    const char *name;
    int n_words, max_words; /* the verb included */
    int (*run)(struct desk *desk);
} verbs[] = {{"text", 3, 3, write_text}, {"approve", 2, 2, approve}, {"preview", 2, 2, preview},
             {"send", 1, 2, send_text},  {"status", 1, 2, status},   {"stop", 2, 2, stop}};

static int broadcast_run(const struct cli_args *args)
{
    for (size_t i = 0; args->n_words > 0 && i < ARRAY_LEN(verbs); i++) {
        bool is_it = strcmp(verbs[i].name, args->words[0]) == 0;
        if (is_it && args->n_words >= verbs[i].n_words && args->n_words <= verbs[i].max_words)
            return with_desk(args, verbs[i].run);
    }
    cli_complain("broadcast: say text, approve, preview, send, status or stop; `waypost broadcast "
                 "--help` says how each is written");
    return EX_USAGE;
}

const struct cli_command cli_broadcast = {
    .name = "broadcast",
    .summary = "send an approved text to many learners",
    .usage =
        "broadcast text NAME TEXT [--lang CODE] [--by WHO]\n"
        "Keeps a text of at most 300 letters, once for each language. Who changes it has it\n"
        "approved anew.\n"
        "broadcast approve NAME [--by WHO]\n"
        "By another person than who wrote it.\n"
        "broadcast preview NAME [FILTER]...\n"
        "How many people get it, in which language, in how many parts, at what cost.\n"
        "broadcast send NAME [FILTER]... [--by WHO]\n"
        "broadcast send --again ID\n"
        "To those who agreed to reminders, as any message that nobody asked for: by day, one a\n"
        "day, at the channels' pace. Who may get none now waits; --again goes on. Each gets the\n"
        "text in his or her language: while one of them has none, nothing is sent.\n"
        "broadcast status [ID]\n"
        "broadcast stop ID\n"
        "How far it is; nobody gets it any more.\n"
        "FILTER is --group CODE, --organisation CODE, --lang CODE, --reached MODULE or\n"
        "--dormant; with several all must hold.",
    .options = {CLI_CONFIG_OPTION,
                {"by", "WHO",
                 "who writes, approves or sends; the user of the machine when left out", false},
                {"lang", "CODE", "text: its language, en when left out; FILTER: of the learner",
                 false},
                {"group", "CODE", "FILTER: members of the group", false},
                {"organisation", "CODE", "FILTER: learners of the organisation", false},
                {"reached", "MODULE", "FILTER: who learned something in it, like m3", false},
                {"dormant", NULL, "FILTER: who learned nothing for two weeks", false},
                {"again", "ID", "send: goes on with one", false}},
    .run = broadcast_run,
};
