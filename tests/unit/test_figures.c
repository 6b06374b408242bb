/*
 * app/figures: what PostgreSQL says of the groups stands on the board with the nicknames of those
 * who are quiet and agreed to be named; who is to be woken is due when all fronts know why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/figures.h"
#include "core/learner.h"
#include "port/store/learners.h"
#include "port/store/values.h"

#define START INT64_C(1795505860000)
#define GROUP 482156
#define ID_HEX "01020300000000000000000000000000"

/* A PostgreSQL that says this of the groups. */
struct world {
    struct sink sink;
    struct loop *loop;
    struct store *store;
    struct figures *figures;
    const char *text;
    enum err e;
    uint32_t n_asked;
    char board[512];
    int64_t due_ms;
};

static void say_cohorts(struct sink *s, sink_on_text *fn, void *ctx)
{
    struct world *w = (struct world *)s;
    w->n_asked++;
    fn(ctx, w->e, str_from(w->text));
}

static const struct sink_ops ops = {.cohorts = say_cohorts};

static int set_up(void **state)
{
    struct world *w = test_calloc(1, sizeof(*w));
    w->sink.ops = &ops;
    w->loop = loop_mem_new((struct wall_ms){START});
    w->store = store_mem_new(w->loop);
    w->figures = figures_new(w->loop, w->store, &w->sink);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    store_free(w->store);
    figures_free(w->figures);
    loop_free(w->loop);
    test_free(w);
    return 0;
}

static void on_done(void *ctx, enum err e)
{
    (void)ctx; /* nothing waits for it */
    assert_int_equal(e, ERR_OK);
}

static struct learner person(const char *nickname)
{
    struct learner l;
    learner_init(&l);
    l.seq = 1;
    l.learner_id[0] = 1;
    l.state = LEARNER_STATE_LESSON;
    l.consent_ms = START;
    l.cohort = GROUP;
    l.agreed = LEARNER_AGREED_SHARING;
    assert_int_equal(str_copy(str_from(nickname), l.nickname, sizeof(l.nickname)), ERR_OK);
    return l;
}

/* The number ID_HEX. */
static void put(struct world *w, const struct learner *learner)
{
    const struct number_id id = {.bytes = {1, 2, 3}};
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(learner, LEARNER_RECORD, &bytes), ERR_OK);
    store_restore(w->store, &id, buf_str(&bytes), 0, on_done, NULL);
    loop_mem_settle(w->loop);
}

static void on_board(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct world *w = ctx;
    size_t at = 0;
    assert_int_equal(e, ERR_OK);
    w->board[0] = '\0';
    for (uint32_t i = 0; i < n; i++)
        at += (size_t)snprintf(w->board + at, sizeof(w->board) - at, "%.*s %.*s|",
                               STR_ARG(names[i]), STR_ARG(values[i]));
}

static const char *board(struct world *w)
{
    store_board_get(w->store, STORE_BOARD_COHORTS, on_board, w);
    loop_mem_settle(w->loop);
    return w->board;
}

static const char *first_round(struct world *w, const char *text)
{
    w->text = text;
    loop_mem_advance(w->loop, FIGURES_FIRST_MS);
    return board(w);
}

static void groups_stand_on_the_board_as_postgresql_says(void **state)
{
    struct world *w = *state;
    w->text = "482156 name=A;members=3\n482157 no code\nwhat is this\n";
    loop_mem_advance(w->loop, FIGURES_FIRST_MS - 1);
    assert_int_equal(w->n_asked, 0);
    loop_mem_advance(w->loop, 1);
    assert_string_equal(board(w), "482156 name=A;members=3|");
    w->text = "482156 name=A;members=4";
    loop_mem_advance(w->loop, FIGURES_EACH_MS - 1);
    assert_int_equal(w->n_asked, 1);
    loop_mem_advance(w->loop, 1);
    assert_int_equal(w->n_asked, 2);
    assert_string_equal(board(w), "482156 name=A;members=4|");
}

static void who_is_quiet_is_named_where_he_or_she_agreed(void **state)
{
    enum { AS_IS, NO_NICKNAME, OTHER_GROUP, NOT_AGREED, AWAY, STOPPED, NO_CONSENT };
    static const char *const shown[] = {[AS_IS] = "482156 name=A;silent=ANA|",
                                        [NO_NICKNAME] = "482156 name=A|",
                                        [OTHER_GROUP] = "482156 name=A|",
                                        [NOT_AGREED] = "482156 name=A|",
                                        [AWAY] = "482156 name=A|",
                                        [STOPPED] = "482156 name=A|",
                                        [NO_CONSENT] = "482156 name=A|"};
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        struct world *w = *state;
        struct learner l = person(i == NO_NICKNAME ? "" : "ANA");
        l.cohort = i == OTHER_GROUP ? GROUP + 1 : GROUP;
        l.agreed = i == NOT_AGREED ? LEARNER_AGREED_KEYS : LEARNER_AGREED_SHARING;
        l.slot = i == AWAY ? LEARNER_SLOT_AWAY : 0;
        l.state = i == STOPPED ? LEARNER_STATE_STOPPED : LEARNER_STATE_LESSON;
        l.consent_ms = i == NO_CONSENT ? 0 : START;
        put(w, &l);
        assert_string_equal(first_round(w, "482156 name=A\nquiet 482156 " ID_HEX "\n"), shown[i]);
        tear_down(state);
        set_up(state);
    }
}

static void all_who_share_the_phone_are_looked_at(void **state)
{
    struct world *w = *state;
    struct learner l = person("ANA"), other = person("BO"), elsewhere = person("CI");
    struct learner last = person("DIDA");
    elsewhere.cohort = 0;
    l.slot = 1;
    other.slot = 2;
    elsewhere.slot = 3;
    last.slot = 4;
    assert_int_equal(learner_set_other(&l, 0, &other), ERR_OK);
    assert_int_equal(learner_set_other(&l, 1, &elsewhere), ERR_OK);
    assert_int_equal(learner_set_other(&l, 2, &last), ERR_OK);
    put(w, &l);
    assert_string_equal(first_round(w, "482156 name=A\nquiet 482156 " ID_HEX),
                        "482156 name=A;silent=ANA BO DIDA|");
}

static void who_cannot_be_found_costs_the_group_nothing(void **state)
{
    struct world *w = *state;
    put(w, &(struct learner){.seq = 0});
    assert_string_equal(first_round(w, "482156 name=A\n"
                                       "quiet 482156 ffffffffffffffffffffffffffffffff\n"
                                       "quiet 999999 " ID_HEX "\nquiet 482156 01\n"),
                        "482156 name=A|");
}

static void without_the_store_groups_come_without_names(void **state)
{
    struct world *w = *state;
    struct learner l = person("ANA");
    put(w, &l);
    store_mem_fail(w->store, "states", ERR_UNAVAILABLE, false, 1);
    assert_string_equal(first_round(w, "482156 name=A\nquiet 482156 " ID_HEX), "482156 name=A|");
    loop_mem_advance(w->loop, FIGURES_EACH_MS);
    assert_string_equal(board(w), "482156 name=A;silent=ANA|");
}

static void without_postgresql_the_board_stays(void **state)
{
    struct world *w = *state;
    (void)first_round(w, "482156 name=A");
    w->e = ERR_UNAVAILABLE;
    w->text = "";
    loop_mem_advance(w->loop, FIGURES_EACH_MS);
    assert_int_equal(w->n_asked, 2);
    assert_string_equal(board(w), "482156 name=A|");
    w->e = ERR_OK;
    w->text = "482156 name=B";
    loop_mem_advance(w->loop, FIGURES_EACH_MS);
    assert_string_equal(board(w), "482156 name=B|");
}

static void on_scan(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                    uint32_t n)
{
    struct world *w = ctx;
    (void)next; /* there is one */
    assert_int_equal(e, ERR_OK);
    for (uint32_t i = 0; i < n; i++)
        w->due_ms = learners[i].due_at_ms;
}

/* Fronts look at the board every 5 seconds: not before all of them have. */
static void who_is_woken_is_due_once_all_fronts_know_why(void **state)
{
    struct world *w = *state;
    struct learner l = person("ANA");
    put(w, &l);
    assert_string_equal(first_round(w, "482156 name=A\nwake 482156 " ID_HEX "\n"),
                        "482156 name=A|");
    store_scan(w->store, STR_NONE, on_scan, w);
    loop_mem_settle(w->loop);
    assert_int_equal(w->due_ms, START + FIGURES_FIRST_MS + 2 * 5000);
}

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(groups_stand_on_the_board_as_postgresql_says),
        WORLD_TEST(who_is_quiet_is_named_where_he_or_she_agreed),
        WORLD_TEST(all_who_share_the_phone_are_looked_at),
        WORLD_TEST(who_cannot_be_found_costs_the_group_nothing),
        WORLD_TEST(without_the_store_groups_come_without_names),
        WORLD_TEST(without_postgresql_the_board_stays),
        WORLD_TEST(who_is_woken_is_due_once_all_fronts_know_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
