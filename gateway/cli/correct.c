/* `waypost lessons correct`: a mistake in a published course (docs/course-rules.md 6.4.4). What is
 * counted is put right in PostgreSQL at once; then each learner who is concerned, by a step of the
 * engine, whose event says in PostgreSQL that it was done. So the command may be killed anywhere
 * and run again: it goes on. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/desk.h"
#include "port/store/values.h"
#include "role/look_after.h"

#define MAX_AT_ONCE 100u  /* as core.next_of_correction gives */
#define KNOWN_AFTER_S 31u /* role/front.c looks every half a minute */
#define MAX_IDLE_PASSES 3u

struct correction {
    struct desk *desk;
    struct str course, unit, key; /* as PostgreSQL takes it: "{1,3}"; absent: a lesson */
    struct str id;
    bool is_in_force;
    struct dialog_desk orders[MAX_AT_ONCE];
    uint32_t n;
    struct str last; /* learner */
    uint32_t n_told, n_listed;
    int code;
};

static void print_count(void *ctx, const struct str *cells, uint32_t n)
{
    (void)ctx, (void)n;
    printf("%8.*s  %.*s\n", STR_ARG(cells[1]), STR_ARG(cells[0]));
}

static void keep_id(void *ctx, const struct str *cells, uint32_t n)
{
    struct correction *c = ctx;
    (void)n;
    c->id = arena_str(c->desk->arena, cells[0]);
    c->is_in_force = str_eq(cells[1], STR("t"));
}

static void put_key(void *ctx, const struct str *cells, uint32_t n)
{
    struct correction *c = ctx;
    (void)n;
    if (c->code == EX_OK)
        c->code = desk_put(c->desk, STORE_BOARD_CORRECTIONS, cells[0], cells[1]);
}

/* ---- each learner ---- */

static uint16_t options_of(struct str key)
{
    unsigned options = 0;
    for (size_t i = 0; i < key.len; i++) {
        if (key.p[i] >= '1' && key.p[i] <= '9')
            options |= 1u << (key.p[i] - '0');
    }
    return (uint16_t)options;
}

static uint8_t count_of(struct str cell)
{
    uint64_t n = 0;
    return str_to_u64(cell, UINT8_MAX, &n) == ERR_OK ? (uint8_t)n : 0;
}

enum { CELL_LEARNER, CELL_ID, CELL_NUMBER, CELL_SEQ, CELL_RIGHT, CELL_PRE, CELL_FIRST, CELL_BEST };
#define CELL_RUNNING (CELL_BEST + 1)

static void keep_person(void *ctx, const struct str *cells, uint32_t n)
{
    struct correction *c = ctx;
    struct dialog_desk *order = &c->orders[c->n];
    char hex[33] = "";
    uint64_t seq = 0;
    (void)n;
    c->last = arena_str(c->desk->arena, cells[CELL_LEARNER]);
    for (size_t i = 0, k = 0; i < cells[CELL_ID].len && k < 32; i++) {
        if (cells[CELL_ID].p[i] != '-')
            hex[k++] = cells[CELL_ID].p[i];
    }
    *order = (struct dialog_desk){.order = {.act = DESK_CORRECT,
                                            .course = c->course,
                                            .text = c->unit,
                                            .options = options_of(c->key),
                                            .is_right = count_of(cells[CELL_RIGHT]) != 0,
                                            .pre_right = count_of(cells[CELL_PRE]),
                                            .post_first = count_of(cells[CELL_FIRST]),
                                            .post_best = count_of(cells[CELL_BEST]),
                                            .running_right = count_of(cells[CELL_RUNNING])}};
    if (c->n == MAX_AT_ONCE || str_to_u64(cells[CELL_SEQ], UINT32_MAX, &seq) != ERR_OK ||
        hex_decode(str_from(hex), order->order.learner_id, sizeof(order->order.learner_id)) !=
            ERR_OK ||
        hex_decode(cells[CELL_NUMBER], order->id.bytes, sizeof(order->id.bytes)) != ERR_OK)
        return;
    order->order.seq = (uint32_t)seq;
    c->n++;
}

static void on_done(void *ctx, uint32_t i, bool has_moved, uint32_t n_sms)
{
    struct correction *c = ctx;
    (void)i, (void)has_moved;
    c->n_told += n_sms > 0;
}

/* All who wait, once. */
static int tell_all(struct correction *c, double per_s)
{
    struct errmsg msg;
    c->last = STR("0");
    c->n_listed = 0;
    do {
        struct str params[] = {c->id, c->last};
        c->n = 0;
        int code =
            desk_ask(c->desk,
                     "select learner, learner_id, number_id, seq, is_right, pre, post_first, "
                     "post_best, running from core.next_of_correction($1::integer, $2::bigint)",
                     params, 2, keep_person, c);
        const struct look_after_desk work = {
            .config = &c->desk->config, .orders = c->orders, .n = c->n, .fn = on_done, .ctx = c};
        if (code != EX_OK)
            return code;
        if (c->n > 0 && look_after_desk(&work, &msg) != ERR_OK) {
            cli_complain("lessons correct: %s", msg.text);
            return EX_UNAVAILABLE;
        }
        c->n_listed += c->n;
        if (per_s > 0 && c->n > 0)
            (void)usleep((useconds_t)(1e6 * c->n / per_s)); /* no faster than the channels send */
    } while (c->n > 0);
    return EX_OK;
}

/* What was said is known once the writer has taken it in; and who did something meanwhile is looked
 * at again. */
static int tell(struct correction *c)
{
    double per_s = desk_rate_per_s(c->desk);
    uint32_t n_idle = 0;
    int code = EX_OK;
    do {
        uint32_t n_before = c->n_told;
        code = desk_ask(c->desk, "select core.correction_in_force($1::integer)", &c->id, 1, NULL,
                        NULL);
        if (code == EX_OK)
            code = tell_all(c, per_s);
        n_idle = c->n_told > n_before ? 0 : n_idle + 1;
        (void)fprintf(stderr, "%u told, %u listed\n", c->n_told, c->n_listed);
        if (code == EX_OK && c->n_listed > 0 && n_idle < MAX_IDLE_PASSES)
            (void)sleep(1);
    } while (code == EX_OK && c->n_listed > 0 && n_idle < MAX_IDLE_PASSES);
    return code;
}

/* ---- the command ---- */

static int preview(struct correction *c)
{
    const struct str params[] = {c->course, c->unit, c->key};
    return desk_ask(c->desk, "select what, n from core.preview_correction($1, $2, $3::smallint[])",
                    params, 3, print_count, NULL);
}

static int put_right(struct correction *c, struct str why, struct str decided_by)
{
    const struct str params[] = {c->course, c->unit, c->key, why, desk_whom(c->desk->args),
                                 decided_by};
    int code = desk_open_store(c->desk);
    if (code == EX_OK)
        code = desk_ask(c->desk,
                        "select id, core.is_in_force(id::integer) from "
                        "core.correct($1, $2, $3::smallint[], $4, $5, $6) id",
                        params, 6, keep_id, c);
    if (code == EX_OK)
        code = desk_ask(c->desk, "select name, value from core.corrections()", NULL, 0, put_key, c);
    if (code == EX_OK)
        code = c->code;
    if (code == EX_OK && !c->is_in_force && c->key.p != NULL) {
        (void)fprintf(stderr, "On record; in half a minute all gateways judge by it.\n");
        (void)sleep(KNOWN_AFTER_S);
    }
    return code;
}

/* "{1,3}"; false: it is no list of numbers. */
static bool read_key(struct correction *c, const char *key)
{
    for (const char *p = key; p != NULL && *p != '\0'; p++) {
        if (!((*p >= '1' && *p <= '9' && (p[1] == ',' || p[1] == '\0')) ||
              (*p == ',' && p > key && p[1] != '\0')))
            return false;
    }
    c->key = key != NULL ? arena_printf(c->desk->arena, "{%s}", key) : STR_NONE;
    return true;
}

int correct_unit(struct desk *desk, struct str course, struct str unit)
{
    struct correction c = {.desk = desk, .course = course, .unit = unit};
    struct str why = str_from(cli_get(desk->args, "why", NULL));
    struct str decided_by = str_from(cli_get(desk->args, "approved-by", NULL));
    if (!read_key(&c, cli_get(desk->args, "key", NULL))) {
        cli_complain("--key: the numbers of the right options, such as 2 or 1,3");
        return EX_USAGE;
    }
    int code = desk_open_database(desk);
    if (code == EX_OK)
        code = preview(&c);
    if (code == EX_OK && (str_is_empty(why) || str_is_empty(decided_by))) {
        (void)fprintf(stderr, "Nothing was changed. To do it, say why, and who decided it: "
                              "--why \"...\" --approved-by \"Name, role\"\n");
        return EX_OK;
    }
    if (code == EX_OK)
        code = put_right(&c, why, decided_by);
    if (code == EX_OK)
        code = tell(&c);
    if (code == EX_OK && c.n_listed > 0)
        (void)fprintf(stderr,
                      "%u wait: no message may go to them now (night, day off, pause, one a day, "
                      "somebody else on the phone). Run the same command again later.\n",
                      c.n_listed);
    return code;
}
