#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/opt_outs.h"
#include "callback_world.h"
#include "core/event_record.h"

static const struct setting settings[] = {{{"username", 8}, {"u", 1}}, {{"apikey", 6}, {"k", 1}}};
static const struct config_channel channels[] = {{.name = {"at", 2},
                                                  .profile = {"africastalking", 14},
                                                  .country = {"KE", 2},
                                                  .settings = {settings, 2},
                                                  .is_unsigned_allowed = true,
                                                  .new_numbers_hour = 100000}};

struct world {
    struct callback_world *base;
    struct opt_outs *opt_outs;
    uint32_t n_done;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->base = world_new(channels, 1);
    w->opt_outs = opt_outs_new(w->base->loop, w->base->dialogs);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    store_free(w->base->store);
    w->base->store = store_mem_new(w->base->loop);
    opt_outs_free(w->opt_outs);
    world_free(w->base);
    free(w);
    return 0;
}

static void on_done(void *ctx)
{
    struct world *w = ctx;
    w->n_done++;
}

static void take(struct world *w, const char *number)
{
    opt_outs_take(w->opt_outs, &w->base->channels.list[0], str_from(number), STR("017-1-0"),
                  on_done, w);
    loop_mem_advance(w->base->loop, 100);
}

static void becomes_a_stop_without_an_answer(void **state)
{
    struct world *w = *state;
    take(w, "+254700000101");
    assert_int_equal(w->n_done, 1);
    assert_non_null(strstr(world_take_events(w->base).text, "\"kind\":\"stopped\""));
    assert_int_equal(world_take_outbox(w->base).n, 0);
}

static void is_done_only_when_it_is_on_disk(void **state)
{
    struct world *w = *state;
    store_mem_fail(w->base->store, "commit", ERR_UNAVAILABLE, false, 3);
    take(w, "+254700000101");
    assert_int_equal(w->n_done, 0);
    loop_mem_advance(w->base->loop, 5 * OPT_OUTS_PAUSE_MS);
    assert_int_equal(w->n_done, 1);
    assert_int_equal(world_take_events(w->base).n, 1);
}

static void what_is_no_number_is_done_at_once(void **state)
{
    struct world *w = *state;
    take(w, "opaque-token-of-a-provider");
    assert_int_equal(w->n_done, 1);
    assert_int_equal(world_take_events(w->base).n, 0);
}

/* An id at the ceiling is kept as it is, one past it is cut, without half a character. */
static void an_id_is_cut_at_its_ceiling(void **state)
{
    (void)state; /* needs no world */
    static const struct {
        size_t n;
        const char *end;
        size_t kept;
    } rows[] = {{255, "", 255}, {256, "", 255}, {254, "\xc3\xa9", 254}, {253, "\xc3\xa9", 255}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char id[300];
        memset(id, 'x', rows[i].n);
        (void)snprintf(id + rows[i].n, sizeof(id) - rows[i].n, "%s", rows[i].end);
        struct arena *arena = arena_new(4096);
        struct buf out;
        buf_init(&out, 4096);
        struct inbound report = {.kind = INBOUND_DLR, .status = DLR_SENT, .id = str_from(id)};
        report_encode(STR("at"), &report, world_start, arena, &out);
        struct event_record record;
        assert_int_equal(event_decode(buf_str(&out), &record), ERR_OK);
        assert_int_equal(record.provider_id.len, rows[i].kept);
        assert_int_equal(report_bucket(STR("at"), str_from(id)),
                         report_bucket(STR("at"), str_sub(str_from(id), 0, rows[i].kept)));
        buf_fini(&out);
        arena_free(arena);
    }
}

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(becomes_a_stop_without_an_answer),
        WORLD_TEST(is_done_only_when_it_is_on_disk),
        WORLD_TEST(what_is_no_number_is_done_at_once),
        WORLD_TEST(an_id_is_cut_at_its_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
