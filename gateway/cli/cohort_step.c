/* `waypost cohort`: what its verbs share: the code of a group, and how Redis is kept in step with
 * PostgreSQL.
 */
#include "app/cohort_set.h"
#include "cli/verbs.h"
#include "core/cohort.h"

int cohort_code_of(const struct cli_args *args, int i, struct str *ret)
{
    uint32_t code;
    *ret = i < args->n_words ? str_from(args->words[i]) : STR("");
    if (cohort_code_parse(*ret, &code) == ERR_OK)
        return EX_OK;
    if (ret->len == 0)
        cli_complain("cohort %s: which group? Its code, as `waypost cohort list` shows it",
                     args->words[0]);
    else
        cli_complain("cohort %s: %.*s is no group code: it has six digits, the last one checks the "
                     "others; `waypost cohort list` shows them",
                     args->words[0], STR_ARG(*ret));
    return EX_USAGE;
}

int cohort_open_both(const struct cli_args *args, struct desk *desk)
{
    int result = desk_open(args, desk);
    if (result == EX_OK)
        result = desk_open_database(desk);
    return result == EX_OK ? desk_open_store(desk) : result;
}

/* ---- one change ---- */

struct cell {
    struct arena *arena;
    struct str text;
};

static void keep_cell(void *ctx, const struct str *cells, uint32_t n)
{
    struct cell *cell = ctx;
    (void)n;
    cell->text = cells[0].p != NULL ? arena_str(cell->arena, cells[0]) : STR_NONE;
}

int cohort_ask(struct desk *desk, const char *sql, const struct str *params, uint32_t n,
               struct str *ret)
{
    struct cell cell = {.arena = desk->arena};
    int result = desk_ask(desk, sql, params, n, keep_cell, &cell);
    *ret = cell.text;
    return result;
}

int cohort_mirror(struct desk *desk, struct str code, struct str line)
{
    int result = desk_put(desk, STORE_BOARD_COHORTS, code, line);
    if (result != EX_OK)
        cli_complain("cohort: PostgreSQL has it; run `waypost cohort sync` when Redis is back");
    return result;
}

int cohort_make_room(struct desk *desk, struct str code)
{
    struct str other, none;
    int result = cohort_ask(desk, "select core.cohort_in_the_way($1::integer)", &code, 1, &other);
    if (result != EX_OK || other.p == NULL)
        return result;
    if (str_eq(other, STR("none"))) {
        cli_complain("cohort: there are %u groups, and gateways know no more; `waypost cohort "
                     "close` those that are over: a place is free when nobody of one learned for "
                     "60 days",
                     COHORTS_MAX);
        return EX_DATAERR;
    }
    result = cohort_mirror(desk, other, STR_NONE); /* first, so that there is never one too many */
    return result == EX_OK
               ? cohort_ask(desk, "select core.put_away_cohort($1::integer)", &other, 1, &none)
               : result;
}

int cohort_change(struct desk *desk, const char *sql, const struct str *params, uint32_t n)
{
    struct str line = STR_NONE;
    int result = cohort_make_room(desk, params[0]);
    if (result == EX_OK)
        result = cohort_ask(desk, sql, params, n, &line);
    return result == EX_OK ? cohort_mirror(desk, params[0], line) : result;
}
