#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "callback_world.h"

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

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_report_becomes_an_event),
        WORLD_TEST(what_the_provider_says_is_kept_without_numbers),
        WORLD_TEST(several_reports_in_one_body_are_all_kept),
        WORLD_TEST(a_report_that_cannot_be_kept_is_asked_for_again),
        WORLD_TEST(an_opt_out_in_a_report_is_a_stop),
        WORLD_TEST(an_opt_out_that_is_not_on_disk_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
