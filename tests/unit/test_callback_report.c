#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/callback/callback.h"
#include "app/shown.h"
#include "callback_world.h"
#include "core/event_record.h"

/* A struct str in a static initialiser. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct setting at_settings[] = {{LIT("username"), LIT("u")},
                                             {LIT("apikey"), LIT("k")}};
static const struct setting info_settings[] = {{LIT("apikey"), LIT("k")}};
static const struct config_channel channels[] = {
    {.name = LIT("at"),
     .profile = LIT("africastalking"),
     .country = LIT("KE"),
     .from = LIT("20880"),
     .settings = {at_settings, 2},
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
    {.name = LIT("info"),
     .profile = LIT("infobip"),
     .country = LIT("KE"),
     .settings = {info_settings, 1},
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
};

static int set_up(void **state)
{
    *state = world_new(channels, 2);
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static void a_report_becomes_an_event(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(
        world_post(w, "/dlr/at", "id=ATXid_007&status=Success&phoneNumber=%2B254700000101"), 200);
    struct world_taken t = world_take_events(w);
    assert_string_equal(t.text, "{\"type\":\"report\",\"channel\":\"at\",\"id\":\"ATXid_007\","
                                "\"status\":\"delivered\",\"at\":\"2024-11-24T07:37:40.000Z\"}\n");
    assert_int_equal(metrics_get(w->metrics, METRIC_reports_total), 1);
}

static void what_the_provider_says_is_kept_without_numbers(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(
        world_post(w, "/dlr/at", "id=a&status=Failed&failureReason=no+254700000101+here"), 200);
    struct world_taken t = world_take_events(w);
    assert_non_null(strstr(t.text, "\"status\":\"failed\""));
    assert_non_null(strstr(t.text, "\"error\":\"no # here\""));
    assert_null(strstr(t.text, "254700"));
}

static void several_reports_in_one_body_are_all_kept(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(
        world_post(w, "/dlr/info",
                   "{\"results\":[{\"messageId\":\"a\",\"status\":{\"groupName\":\"DELIVERED\"}},"
                   "{\"messageId\":\"b\",\"status\":{\"groupName\":\"EXPIRED\"}},"
                   "{\"messageId\":\"c\",\"status\":{\"groupName\":\"WHATEVER\"}},"
                   "{\"status\":{\"groupName\":\"DELIVERED\"}}]}"),
        200);
    struct world_taken t = world_take_events(w);
    assert_int_equal(t.n, 2); /* no status that we know, no id: answered, not kept */
    assert_non_null(strstr(t.text, "\"id\":\"a\",\"status\":\"delivered\""));
    assert_non_null(strstr(t.text, "\"id\":\"b\",\"status\":\"failed\""));
}

static void a_report_that_cannot_be_kept_is_asked_for_again(void **state)
{
    struct callback_world *w = *state;
    store_mem_fail(w->store, "append", ERR_UNAVAILABLE, false, 1);
    assert_int_equal(world_post(w, "/dlr/at", "id=a&status=Success") / 100, 5);
    assert_int_equal(world_take_events(w).n, 0);
    assert_int_equal(world_post(w, "/dlr/at", "id=a&status=Success"), 200);
    assert_int_equal(world_take_events(w).n, 1);
}

/* The learner is stopped and nothing is sent: the provider would refuse it. */
static void an_opt_out_in_a_report_is_a_stop(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(world_post(w, "/in/at", "id=1&from=%2B254700000101&to=20880&text=JOIN"), 200);
    assert_int_equal(world_take_outbox(w).n, 1);
    assert_int_equal(world_take_events(w).n, 1);
    const char *report = "id=a&status=Failed&failureReason=UserInBlackList&"
                         "phoneNumber=%2B254700000101";
    assert_int_equal(world_post(w, "/dlr/at", report), 200);
    struct world_taken t = world_take_events(w);
    assert_int_equal(t.n, 2);
    assert_non_null(strstr(t.text, "\"type\":\"report\""));
    assert_non_null(strstr(t.text, "\"kind\":\"stopped\""));
    assert_int_equal(world_take_outbox(w).n, 0);

    assert_int_equal(world_post(w, "/dlr/at", report), 200); /* the provider repeats it */
    t = world_take_events(w);
    assert_int_equal(t.n, 1); /* the report, which PostgreSQL finds to be known */
    assert_null(strstr(t.text, "stopped"));

    /* and can come back */
    assert_int_equal(world_post(w, "/in/at", "id=2&from=%2B254700000101&to=20880&text=JOIN"), 200);
    assert_int_equal(world_take_outbox(w).n, 1);
}

/* Asked for again it would be no better: the provider hears that it is taken. */
static void a_report_that_names_nobody_stops_nobody(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(world_post(w, "/dlr/at", "id=a&status=Failed&failureReason=UserInBlackList"),
                     200);
    assert_int_equal(
        world_post(w, "/dlr/at",
                   "id=b&status=Failed&failureReason=UserInBlackList&phoneNumber=nobody"),
        200);
    struct world_taken t = world_take_events(w);
    assert_int_equal(t.n, 2); /* the reports */
    assert_null(strstr(t.text, "stopped"));
    assert_int_equal(world_post(w, "/dlr/at", "id=&status=Success"), 400);
    assert_int_equal(world_take_events(w).n, 0);
    assert_int_equal(metrics_get(w->metrics, METRIC_reports_total), 2);
}

static void an_opt_out_that_is_not_on_disk_is_asked_for_again(void **state)
{
    struct callback_world *w = *state;
    const char *report = "id=a&status=Failed&failureReason=UserInBlackList&"
                         "phoneNumber=%2B254700000101";
    store_mem_fail(w->store, "load", ERR_UNAVAILABLE, false, 1);
    spool_mem_fail(w->spool, "append", ERR_FULL, 1);
    assert_int_equal(world_post(w, "/dlr/at", report) / 100, 5);
    assert_int_equal(world_post(w, "/dlr/at", report), 200);
    assert_non_null(strstr(world_take_events(w).text, "stopped"));
}

/* Only what is good has no error; what may pass is not the sender's own "errored". */
static void each_status_has_its_name_in_the_database(void **state)
{
    static const struct {
        enum dlr_status status;
        const char *name;
        bool has_error;
    } rows[] = {
        {DLR_QUEUED, "queued", true},        {DLR_SENT, "sent", true},
        {DLR_DELIVERED, "delivered", false}, {DLR_READ, "read", false},
        {DLR_FAILED, "failed", true},        {DLR_ERRORED, "undelivered", true},
    };
    (void)state;
    struct arena *arena = arena_new(65536);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out CLEANUP(buf_fini);
        struct inbound report = {
            .id = STR("ATXid_1"), .status = rows[i].status, .error = STR("why 254700000101")};
        struct event_record record;
        buf_init(&out, 4096);
        report_encode(STR("at"), &report, (struct wall_ms){1732433860123}, arena, &out);
        assert_int_equal(event_decode(buf_str(&out), &record), ERR_OK);
        assert_true(str_eq(record.status, str_from(rows[i].name)));
        assert_int_equal(!str_is_empty(record.error), rows[i].has_error);
        assert_int_equal(str_find(record.error, STR("254700")), SIZE_MAX);
    }
    arena_free(arena);
}

/* ---- what an SMS that has arrived is told to its learner ---- */

static const struct number_id phone = {.bytes = {7, 8, 9}};

static void on_commit(void *ctx, enum err e, const struct store_record *rec)
{
    (void)ctx, (void)rec;
    assert_int_equal(e, ERR_OK);
}

/* A learner whose last SMS a provider took at that time. */
static void put_learner(struct callback_world *w, int64_t said_ms)
{
    struct learner l;
    struct buf state CLEANUP(buf_fini);
    learner_init(&l);
    l.seq = 1;
    learner_said_at(said_ms, l.link.said);
    buf_init(&state, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &state), ERR_OK);
    struct store_commit commit = {.id = phone, .state = buf_str(&state), .due_at_ms = -1};
    store_commit(w->store, &commit, on_commit, NULL);
    loop_mem_settle(w->loop);
}

static void on_load(void *ctx, enum err e, const struct store_record *rec)
{
    assert_int_equal(e, ERR_OK);
    assert_int_equal(learner_decode(rec->state, ctx), ERR_OK);
}

static bool has_arrived(struct callback_world *w)
{
    struct learner l;
    store_load(w->store, &phone, on_load, &l);
    loop_mem_settle(w->loop);
    return learner_said_has_arrived(l.link.said);
}

static void expect_report(struct callback_world *w, const char *id, int64_t said_ms)
{
    uint8_t said[LEARNER_SAID_BYTES];
    learner_said_at(said_ms, said);
    shown_expect_report(w->store, STR("at"), str_from(id), &phone, said);
    loop_mem_settle(w->loop);
}

static void a_report_reaches_the_learner_whoever_comes_first(void **state)
{
    struct callback_world *w = *state;
    put_learner(w, 1000);
    expect_report(w, "one", 1000);
    assert_false(has_arrived(w));
    assert_int_equal(world_post(w, "/dlr/at", "id=one&status=Failed"), 200);
    assert_int_equal(world_post(w, "/dlr/at", "id=two&status=Success"), 200);
    assert_false(has_arrived(w)); /* not there; another's */
    assert_int_equal(world_post(w, "/dlr/at", "id=one&status=Success"), 200);
    assert_true(has_arrived(w));
}

static void a_report_may_come_before_the_answer_that_names_its_id(void **state)
{
    struct callback_world *w = *state;
    put_learner(w, 2000);
    assert_int_equal(world_post(w, "/dlr/at", "id=one&status=Success"), 200);
    assert_false(has_arrived(w));
    expect_report(w, "one", 2000);
    assert_true(has_arrived(w));
}

static void a_report_of_what_was_said_before_says_nothing_of_the_last(void **state)
{
    struct callback_world *w = *state;
    put_learner(w, 5000);
    expect_report(w, "old", 2000);
    assert_int_equal(world_post(w, "/dlr/at", "id=old&status=Success"), 200);
    assert_false(has_arrived(w));
}

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_name_in_the_database),
        WORLD_TEST(a_report_becomes_an_event),
        WORLD_TEST(what_the_provider_says_is_kept_without_numbers),
        WORLD_TEST(several_reports_in_one_body_are_all_kept),
        WORLD_TEST(a_report_reaches_the_learner_whoever_comes_first),
        WORLD_TEST(a_report_may_come_before_the_answer_that_names_its_id),
        WORLD_TEST(a_report_of_what_was_said_before_says_nothing_of_the_last),
        WORLD_TEST(a_report_that_cannot_be_kept_is_asked_for_again),
        WORLD_TEST(an_opt_out_in_a_report_is_a_stop),
        WORLD_TEST(a_report_that_names_nobody_stops_nobody),
        WORLD_TEST(an_opt_out_that_is_not_on_disk_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
