/* `waypost certificate`: certificates by their code: which there are, what a list of codes stands
 * for, taking one back. Nothing here says whose they are; each use is on record in
 * ops.certificate_access. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/verbs.h"
#include "core/certificate.h"
#include "core/match/match.h"
#include "port/store/values.h"
#include "wire/csv.h"

#define PAGE 500 /* codes that are asked about at once; a file may have any number */
#define LINE_BYTES 4096
#define CODE_WORDS_BYTES 40

/* ---- a table of values, as CSV ---- */

/* Codes come from strangers, too, as they wrote them. */
static void print_row(const struct str *cells, uint32_t n)
{
    struct buf line CLEANUP(buf_fini);
    buf_init(&line, 1u << 20);
    for (uint32_t i = 0; i < n; i++) {
        struct str cell = cells[i].p != NULL ? cells[i] : STR("");
        csv_add_cell(&line, cell, csv_is_formula(cell));
        buf_add_char(&line, i + 1 < n ? ',' : '\n');
    }
    printf("%.*s", STR_ARG(buf_str(&line)));
}

/* ---- list ---- */

struct listing {
    char last[CERTIFICATE_DIGITS + 1];
    uint32_t n;
};

static void on_listed(void *ctx, const struct str *cells, uint32_t n)
{
    struct listing *l = ctx;
    l->n++;
    if (str_copy(cells[0], l->last, sizeof(l->last)) != ERR_OK)
        l->last[0] = '\0'; /* a code has twelve digits, by the table's check */
    print_row(cells, n);
}

static int certificate_list(const struct cli_args *args, struct desk *desk)
{
    const char *course = cli_get(args, "course", NULL);
    struct listing l = {.last = ""};
    int code = desk_open_database(desk);
    if (code == EX_OK)
        code = desk_know_course(desk, course);
    if (code != EX_OK)
        return code;
    printf("code,course,version,module,language,issued,revoked,reason\n");
    do {
        const struct str params[] = {course != NULL ? str_from(course) : STR_NONE,
                                     str_from(l.last)};
        l.n = 0;
        if (code == EX_OK)
            code = desk_ask(desk, "select * from core.list_certificates($1, $2, 500)", params, 2,
                            on_listed, &l);
    } while (code == EX_OK && l.n == PAGE);
    return code;
}

/* ---- check ---- */

/* Codes as they were given, each with its response once PostgreSQL has said it. */
struct batch {
    struct desk *desk;
    struct arena *arena;
    struct {
        struct str given, digits;
    } list[PAGE];
    uint32_t n, n_responded;
    uint64_t n_valid, n_all;
};

static void print_response(struct batch *b, struct str given, const char *status, const char *note,
                           const struct certificate *c)
{
    char numbers[3][24] = {"", "", ""};
    if (c != NULL && c->module > 0)
        (void)snprintf(numbers[0], sizeof(numbers[0]), "%u", c->module);
    if (c != NULL) {
        (void)snprintf(numbers[1], sizeof(numbers[1]), "%u", c->n_modules);
        (void)snprintf(numbers[2], sizeof(numbers[2]), "%u", c->hours);
    }
    const struct certificate none = {.is_revoked = false};
    const struct certificate *known = c != NULL ? c : &none;
    const struct str cells[] = {given,
                                str_from(status),
                                known->title,
                                known->version,
                                str_from(numbers[0]),
                                str_from(numbers[1]),
                                str_from(numbers[2]),
                                known->month,
                                known->lang,
                                known->org,
                                str_from(note)};
    print_row(cells, ARRAY_LEN(cells));
    b->n_all++;
    b->n_valid += strcmp(status, "VALID") == 0;
}

static void on_checked(void *ctx, const struct str *cells, uint32_t n)
{
    struct batch *b = ctx;
    struct certificate c;
    struct str given = b->list[b->n_responded].given, digits = b->list[b->n_responded].digits;
    uint64_t code;
    (void)n;
    b->n_responded++;
    bool is_found = cells[1].p != NULL && certificate_read(cells[1], &c) == ERR_OK;
    const char *note = digits.len != CERTIFICATE_DIGITS             ? "a code has 12 digits"
                       : certificate_parse(digits, &code) != ERR_OK ? "one digit is mistyped"
                                                                    : "";
    print_response(b, given,
                   !is_found      ? "NOT FOUND"
                   : c.is_revoked ? "REVOKED"
                                  : "VALID",
                   is_found ? "" : note, is_found ? &c : NULL);
}

/* All of the batch in one question, so that each code is on record before its response is seen. */
static int ask(struct batch *b)
{
    struct buf list CLEANUP(buf_fini);
    buf_init(&list, PAGE * CODE_WORDS_BYTES + 8);
    buf_add_char(&list, '{');
    for (uint32_t i = 0; i < b->n; i++)
        buf_addf(&list, "%s\"%.*s\"", i > 0 ? "," : "", STR_ARG(b->list[i].digits));
    buf_add_char(&list, '}');
    struct str param = buf_str(&list);
    b->n_responded = 0;
    int code = b->n == 0 ? EX_OK
                         : desk_ask(b->desk, "select * from core.check_certificates($1::text[])",
                                    &param, 1, on_checked, b);
    b->n = 0;
    arena_reset(b->arena);
    return code;
}

/* Digits of any script, at most as many as could be a mistyped code. */
static struct str digits_of(struct str given, struct arena *arena)
{
    return str_sub(arena_digits(arena, match_normalise(given, arena)), 0, CODE_WORDS_BYTES / 2);
}

static int add(struct batch *b, struct str given)
{
    given = arena_str(b->arena, given);
    b->list[b->n].given = given;
    b->list[b->n++].digits = digits_of(given, b->arena);
    return b->n == PAGE ? ask(b) : EX_OK;
}

/* The first column, whatever stands between columns. */
static struct str first_column(struct str line)
{
    size_t n = 0;
    while (n < line.len && strchr(",;\t", line.p[n]) == NULL)
        n++;
    struct str cell = str_trim(str_sub(line, 0, n));
    bool is_quoted = str_starts(cell, STR("\"")) && str_ends(cell, STR("\"")) && cell.len > 1;
    return is_quoted ? str_sub(cell, 1, cell.len - 1) : cell;
}

/* A first row without a digit is the names of columns. */
static int check_file(struct batch *b, const char *path)
{
    char line[LINE_BYTES];
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "r");
    int code = EX_OK;
    if (file == NULL) {
        cli_complain("certificate check: %s: %s", path, strerror(errno));
        return EX_NOINPUT;
    }
    for (bool is_first = true; code == EX_OK && fgets(line, sizeof(line), file) != NULL;
         is_first = false) {
        struct str cell = first_column(str_from(line));
        bool has_digit = strpbrk(line, "0123456789") != NULL;
        if (!str_is_empty(cell) && (!is_first || has_digit))
            code = add(b, cell);
    }
    if (ferror(file)) {
        cli_complain("certificate check: %s: %s", path, strerror(errno));
        code = EX_IOERR;
    }
    if (!is_stdin)
        (void)fclose(file); /* it was only read */
    return code;
}

static int certificate_check(const struct cli_args *args, struct desk *desk)
{
    const char *path = cli_get(args, "file", NULL);
    if (args->n_words < 2 && path == NULL) {
        cli_complain("certificate check: which? `waypost certificate check \"4821 0937 5523\"`, or "
                     "--file codes.csv");
        return EX_USAGE;
    }
    int code = desk_open_database(desk);
    if (code != EX_OK)
        return code;
    struct batch *b = xcalloc(1, sizeof(*b));
    b->desk = desk;
    b->arena = arena_new(PAGE * (2 * LINE_BYTES));
    printf("code,status,course,version,module,modules,hours,finished,language,issuer,note\n");
    for (int i = 1; code == EX_OK && i < args->n_words; i++)
        code = add(b, str_from(args->words[i]));
    if (code == EX_OK && path != NULL)
        code = check_file(b, path);
    if (code == EX_OK)
        code = ask(b);
    (void)fprintf(stderr, "waypost: %llu of %llu are valid\n", (unsigned long long)b->n_valid,
                  (unsigned long long)b->n_all);
    arena_free(b->arena);
    free(b);
    return code;
}

/* ---- revoke ---- */

struct revoked {
    struct arena *arena;
    struct str line;
    int64_t until_ms;
};

static void on_revoked(void *ctx, const struct str *cells, uint32_t n)
{
    struct revoked *r = ctx;
    uint64_t until_ms = 0;
    (void)n;
    r->line = arena_str(r->arena, cells[0]);
    if (str_to_u64(cells[1], INT64_MAX, &until_ms) == ERR_OK)
        r->until_ms = (int64_t)until_ms;
}

static int certificate_revoke(const struct cli_args *args, struct desk *desk)
{
    const char *reason = cli_get(args, "reason", NULL);
    uint64_t number;
    char digits[CERTIFICATE_DIGITS + 1];
    if (args->n_words != 2 || reason == NULL) {
        cli_complain("certificate revoke: one code, in quotes if it has blanks, and --reason "
                     "fraud, wrong-profile or course-withdrawn");
        return EX_USAGE;
    }
    if (certificate_parse(str_from(args->words[1]), &number) != ERR_OK) {
        cli_complain("certificate revoke: '%s' is no code: 12 digits, the last one a check digit",
                     args->words[1]);
        return EX_USAGE;
    }
    (void)snprintf(digits, sizeof(digits), "%012llu", (unsigned long long)number);
    int code = desk_open_database(desk);
    if (code == EX_OK)
        code = desk_open_store(desk);
    if (code != EX_OK)
        return code;
    struct revoked r = {.arena = desk->arena, .line = STR_NONE};
    const struct str params[] = {str_from(digits), str_from(reason)};
    code =
        desk_ask(desk, "select * from core.revoke_certificate($1, $2)", params, 2, on_revoked, &r);
    if (code != EX_OK || r.line.p == NULL)
        return code;
    store_certificate_put(desk->store, number, r.line, r.until_ms, desk_on_done, desk);
    loop_run(desk->loop);
    if (desk->e != ERR_OK) {
        cli_complain("certificate revoke: it is on record, but gateways still say VALID: Redis: "
                     "%s; run it again",
                     err_name(desk->e));
        return EX_TEMPFAIL;
    }
    printf("%s revoked: %s\n", digits, reason);
    return EX_OK;
}

/* ---- the command ---- */

static int certificate_run(const struct cli_args *args)
{
    static const struct {
        const char *name;
        int (*run)(const struct cli_args *, struct desk *);
    } verbs[] = {{"list", certificate_list},     {"check", certificate_check},
                 {"revoke", certificate_revoke}, {"key", badge_key},
                 {"issuer", badge_issuer},       {"issue", badge_issue},
                 {"sign", badge_sign},           {"status", badge_status}};
    for (size_t i = 0; args->n_words > 0 && i < ARRAY_LEN(verbs); i++) {
        if (strcmp(args->words[0], verbs[i].name) != 0)
            continue;
        struct desk desk;
        int code = desk_open(args, &desk);
        if (code == EX_OK)
            code = verbs[i].run(args, &desk);
        desk_close(&desk);
        return code;
    }
    cli_complain("certificate: write list, check, revoke, key, issuer, issue, sign or status");
    return EX_USAGE;
}

const struct cli_command cli_certificate = {
    .name = "certificate",
    .summary = "list, check and revoke certificates",
    .usage =
        "certificate list [--course COURSE]\n"
        "As CSV: codes, courses, months; never whose they are.\n"
        "certificate check CODE...\n"
        "certificate check --file codes.csv\n"
        "As CSV, row by row: VALID, NOT FOUND or REVOKED. The file's first column has the\n"
        "codes, with or without blanks; - is standard input; any number of rows.\n"
        "certificate revoke CODE --reason fraud|wrong-profile|course-withdrawn\n"
        "For good, at once, wherever it is checked.\n"
        "Each use is on record in ops.certificate_access.\n"
        "certificate key FILE\n"
        "Makes a key that signs Open Badges. It belongs to a person: keep it away from gateways.\n"
        "certificate issuer --key FILE --issuer URL\n"
        "The issuer's profile with the public key, to be published at URL.\n"
        "certificate issue CODE --key FILE --issuer URL --criteria TEXT [--email ADDRESS]\n"
        "An Open Badges 3.0 credential for the holder, as JWT. The address is hashed with salt,\n"
        "and kept nowhere.\n"
        "certificate sign --key FILE --issuer URL --criteria TEXT\n"
        "All badges that holders have asked for by the link of CLAIM: once a day. Each can then "
        "be\n"
        "fetched behind its link, once.\n"
        "certificate status --key FILE --issuer URL\n"
        "Which badges are revoked, as JWT, to be published at URL/status: once a day.",
    .options = {CLI_CONFIG_OPTION,
                {.name = "course", .value_name = "COURSE", .help = "list: of this course only"},
                {.name = "file", .value_name = "FILE", .help = "check: a CSV file of codes"},
                {.name = "key", .value_name = "FILE", .help = "the key that signs Open Badges"},
                {.name = "issuer", .value_name = "URL", .help = "the issuer's https address"},
                {.name = "criteria",
                 .value_name = "TEXT",
                 .help = "issue and sign: what the holder did for it, in a sentence"},
                {.name = "email",
                 .value_name = "ADDRESS",
                 .help = "issue: the holder's, for who wants to prove to be it"},
                {.name = "reason",
                 .value_name = "fraud|wrong-profile|course-withdrawn",
                 .help = "revoke: why"}},
    .run = certificate_run,
};
