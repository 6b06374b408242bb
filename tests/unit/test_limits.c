#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/dedup.h"
#include "app/limits.h"
#include "app/shown.h"
#include "callback_world.h"

/* A struct str in a static initialiser. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct setting at_settings[] = {{LIT("username"), LIT("u")},
                                             {LIT("apikey"), LIT("k")}};
static const struct setting twilio_settings[] = {{LIT("account_sid"), LIT("AC0")},
                                                 {LIT("token"), LIT("")},
                                                 {LIT("public_url"), LIT("http://h")}};
static const struct config_channel channels[] = {
    {.name = LIT("at"),
     .profile = LIT("africastalking"),
     .country = LIT("KE"),
     .from = LIT("20880"),
     .settings = {at_settings, 2},
     .price = 800000,
     .fallback = LIT("second"),
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
    {.name = LIT("second"),
     .profile = LIT("africastalking"),
     .country = LIT("KE"),
     .settings = {at_settings, 2},
     .price = 1000000,
     .fallback = LIT("at"), /* a circle */
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
    {.name = LIT("twilio"),
     .profile = LIT("twilio"),
     .country = LIT("KE"),
     .settings = {twilio_settings, 3},
     .price = 40000000,
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
    {.name = LIT("voice"),
     .profile = LIT("africastalking-voice"),
     .country = LIT("KE"),
     .sms_channel = LIT("at"),
     .is_unsigned_allowed = true,
     .new_numbers_hour = 100000},
};
static const struct config_country countries[] = {{.code = LIT("UG")}};

static int set_up(void **state)
{
    struct callback_world *w = world_new(channels, ARRAY_LEN(channels));
    w->config.countries = countries;
    w->config.n_countries = 1;
    w->config.currency = STR("KES");
    w->config.cap_prefix_digits = 8;
    w->config.loop_minutes = 60;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static uint32_t n_sent; /* ids of inbound messages differ */

/* One SMS comes in; the status of the response. */
static int text(struct callback_world *w, const char *number, const char *words)
{
    char body[400];
    loop_mem_advance(w->loop, DEDUP_TEXT_WINDOW_MS); /* the same text sooner is a repeat */
    (void)snprintf(body, sizeof(body), "id=m%u&from=%%2B%s&to=20880&text=%s&networkCode=63902",
                   ++n_sent, number, words);
    return world_post(w, "/in/at", body);
}

static uint64_t refused(struct callback_world *w, enum metric metric)
{
    return metrics_get(w->metrics, metric);
}

/* The step counts, nothing is enqueued, and an event says which cap it was. */
static void a_capped_message_is_not_sent_but_told(void **state)
{
    struct callback_world *w = *state;
    w->config.cap_number_day = 2;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(text(w, "254700000101", "JOIN"), 200);
        assert_int_equal(world_take_outbox(w).n, 1);
    }
    (void)world_take_events(w);
    assert_int_equal(text(w, "254700000101", "HELP"), 200);
    assert_int_equal(world_take_outbox(w).n, 0);
    struct world_taken t = world_take_events(w);
    assert_int_equal(t.n, 2);
    assert_non_null(strstr(t.text, "{\"type\":\"step\""));
    assert_non_null(strstr(t.text, "{\"type\":\"message\",\"message_id\":\""));
    assert_non_null(strstr(t.text, "\"channel\":\"at\",\"class\":\"reply\",\"status\":\"capped\""));
    assert_non_null(
        strstr(t.text, "\"country\":\"KE\",\"network\":\"63902\",\"error\":\"cap number\"}"));
    assert_null(strstr(t.text, "254700"));
    assert_int_equal(refused(w, METRIC_cap_rejections_total_number), 1);
    assert_int_equal(text(w, "254700000102", "JOIN"), 200); /* another number */
    assert_int_equal(world_take_outbox(w).n, 1);
}

/* As the sender does when the provider has taken the SMS of a step of the first number. */
static void note_taken(struct callback_world *w, uint32_t seq)
{
    struct number_id id = vault_number_id(w->vault, STR("+254700000101"));
    struct shown_note note;
    shown_taken(seq, loop_wall(w->loop), &note);
    shown_put(w->store, &id, &note);
}

/* Invented numbers cost no more than the cap (T40), whatever they send and however often, and who
 * has joined is not held back by them. */
static void new_numbers_have_a_cap_of_an_hour(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    note_taken(w, 1);
    assert_int_equal(text(w, "254700000101", "1"),
                     200); /* joined; its response counts as a last one */
    (void)world_take_outbox(w);
    w->list[0].new_numbers_hour = 5;
    for (int i = 0; i < 12; i++) {
        char number[24];
        (void)snprintf(number, sizeof(number), "2547000002%02d", i / 2);
        assert_int_equal(text(w, number, i % 4 == 3 ? "STOP" : "JOIN"), 200);
    }
    uint32_t n = world_take_outbox(w).n;
    assert_int_equal(n + 2, 5);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_new), 12 - n);
    assert_int_equal(text(w, "254700000101", "MENU"), 200);
    assert_int_equal(world_take_outbox(w).n, 1);
}

static void stop_and_safe_are_answered_over_the_cap(void **state)
{
    struct callback_world *w = *state;
    w->config.cap_number_day = 1;
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    assert_int_equal(text(w, "254700000101", "SAFE"), 200);
    assert_int_equal(text(w, "254700000101", "HELP"), 200);
    assert_int_equal(text(w, "254700000101", "STOP"), 200);
    assert_int_equal(world_take_outbox(w).n, 3);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_number), 1);
}

static void only_configured_countries_are_written_to(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(text(w, "4915112345678", "JOIN"), 200); /* nowhere */
    assert_int_equal(world_take_outbox(w).n, 0);
    assert_non_null(strstr(world_take_events(w).text, "\"error\":\"cap country\"}"));
    assert_int_equal(refused(w, METRIC_cap_rejections_total_country), 1);
    assert_int_equal(text(w, "256772000101", "JOIN"), 200); /* in countries */
    assert_int_equal(text(w, "254700000101", "JOIN"), 200); /* a channel's own */
    assert_int_equal(world_take_outbox(w).n, 2);
}

static void numbers_that_begin_alike_share_a_cap_of_an_hour(void **state)
{
    struct callback_world *w = *state;
    w->config.cap_prefix_hour = 2;
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    assert_int_equal(text(w, "254700000999", "JOIN"), 200);
    assert_int_equal(text(w, "254700009999", "JOIN"), 200); /* the same eight digits */
    assert_int_equal(text(w, "254700100101", "JOIN"), 200); /* others */
    assert_int_equal(world_take_outbox(w).n, 3);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_prefix), 1);
    loop_mem_advance(w->loop, 3600 * 1000);
    assert_int_equal(text(w, "254700009999", "JOIN"), 200);
    assert_int_equal(world_take_outbox(w).n, 1);
}

static void the_day_is_capped_for_all_and_for_an_organisation(void **state)
{
    struct callback_world *w = *state;
    w->config.cap_day = 3;
    w->config.cap_organisation_day = 2;
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    assert_int_equal(text(w, "254700000102", "JOIN"), 200);
    assert_int_equal(text(w, "254700000103", "JOIN"), 200);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_organisation), 1);
    w->config.org = STR("Another");
    assert_int_equal(text(w, "254700000104", "JOIN"), 200);
    assert_int_equal(text(w, "254700000105", "JOIN"), 200);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_day), 1);
    assert_int_equal(world_take_outbox(w).n, 3);
}

/* The dearest channel that may send counts: 1.00 a segment; a JOIN answer has two of them. */
static void money_is_reckoned_by_the_dearest_way(void **state)
{
    struct callback_world *w = *state;
    w->config.cap_money_day = 3999999;
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    struct world_taken t = world_take_outbox(w);
    assert_int_equal(t.n, 1);
    assert_int_equal(text(w, "254700000102", "JOIN"), 200);
    assert_int_equal(world_take_outbox(w).n, 0);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_money), 1);
    w->config.cap_money_day = 4000000;
    assert_int_equal(text(w, "254700000103", "JOIN"), 200);
    assert_int_equal(world_take_outbox(w).n, 1);
}

/* A machine says the same for ever; whoever takes a quiz answers 1 and 1 and 1 to other texts. */
static void a_machine_is_not_answered_for_ever(void **state)
{
    struct callback_world *w = *state;
    w->config.loop_exchanges = 3;
    for (int i = 0; i < 5; i++)
        assert_int_equal(text(w, "254700000101", "I+am+driving+and+will+answer+later"), 200);
    assert_int_equal(world_take_outbox(w).n, 3);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_loop), 2);
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    assert_int_equal(world_take_outbox(w).n, 1);
    w->config.loop_exchanges = 0;
    for (int i = 0; i < 5; i++)
        assert_int_equal(text(w, "254700000101", "HELP"), 200);
    assert_int_equal(world_take_outbox(w).n, 5);
}

static void the_same_short_word_may_come_to_different_texts(void **state)
{
    struct callback_world *w = *state;
    w->config.loop_exchanges = 1;
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    for (uint32_t i = 0; i < 3; i++) {
        note_taken(w, i + 1);
        assert_int_equal(text(w, "254700000101", "1"), 200); /* consent, role, test ... */
    }
    assert_int_equal(refused(w, METRIC_cap_rejections_total_loop), 0);
    assert_int_equal(world_take_outbox(w).n, 4);
}

/* 15 bytes are short, 16 are what a machine says. */
static void a_word_is_short_up_to_15_bytes(void **state)
{
    struct callback_world *w = *state;
    w->config.loop_exchanges = 1;
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    for (uint32_t i = 0; i < 2; i++) {
        note_taken(w, i + 1);
        assert_int_equal(text(w, "254700000101", "1.............."), 200);
    }
    assert_int_equal(refused(w, METRIC_cap_rejections_total_loop), 0);
    assert_int_equal(text(w, "254700000102", "JOIN"), 200);
    for (uint32_t i = 0; i < 2; i++) {
        note_taken(w, i + 1);
        assert_int_equal(text(w, "254700000102", "1..............."), 200);
    }
    assert_int_equal(refused(w, METRIC_cap_rejections_total_loop), 1);
}

/* What is said in the response to a callback costs as much: it is capped and told, too. */
static void replies_in_the_answer_are_capped_and_told(void **state)
{
    struct callback_world *w = *state;
    w->config.cap_number_day = 1;
    const char *first = "MessageSid=S1&From=%2B254700000101&To=%2B1&Body=JOIN";
    const char *second = "MessageSid=S2&From=%2B254700000101&To=%2B1&Body=HELP";
    assert_int_equal(world_post(w, "/in/twilio", first), 200);
    assert_non_null(strstr(w->body, "<Message>"));
    struct world_taken t = world_take_events(w);
    assert_int_equal(t.n, 2);
    assert_non_null(
        strstr(t.text, "\"channel\":\"twilio\",\"class\":\"reply\",\"status\":\"sent\""));
    assert_non_null(strstr(t.text, "\"price\":80.000000,\"currency\":\"KES\"}"));
    assert_int_equal(world_post(w, "/in/twilio", second), 200);
    assert_null(strstr(w->body, "<Message>"));
    assert_int_equal(world_take_events(w).n, 2);
    assert_int_equal(world_post(w, "/in/twilio", second), 200); /* and a repeat says nothing */
    assert_null(strstr(w->body, "<Message>"));
    assert_int_equal(world_take_events(w).n, 0);
    assert_int_equal(world_take_outbox(w).n, 0);
}

static void a_store_that_goes_away_in_between_counts_nothing_twice(void **state)
{
    struct callback_world *w = *state;
    w->config.cap_number_day = 1;
    store_mem_fail(w->store, "commit", ERR_CONFLICT, false, 2);
    assert_int_equal(text(w, "254700000101", "JOIN"), 200);
    assert_int_equal(world_take_outbox(w).n, 1);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_number), 0);
}

static void the_longest_route_wins_and_prices_follow_it(void **state)
{
    struct callback_world *w = *state;
    static const struct config_route routes[] = {
        {LIT("+25"), LIT("second")}, {LIT("+2567"), LIT("twilio")}, {LIT("+256"), LIT("at")}};
    const struct config *config = &w->config;
    assert_null(route_find(config, STR("+254700000101")));
    assert_int_equal(route_price(config, &w->list[0], STR("+254700000101")), 1000000);
    w->config.routes = routes;
    w->config.n_routes = 3;
    assert_ptr_equal(route_find(config, STR("+254700000101")), &w->list[1]);
    assert_ptr_equal(route_find(config, STR("+256772000101")), &w->list[2]);
    assert_ptr_equal(route_find(config, STR("+256312000101")), &w->list[0]);
    assert_null(route_find(config, STR("+4915112345678")));
    assert_int_equal(route_price(config, NULL, STR("+4915112345678")), 0);
    assert_int_equal(route_price(config, &w->list[0], STR("+254700000101")), 1000000);
    assert_int_equal(route_price(config, &w->list[0], STR("+256772000101")), 40000000);
    assert_int_equal(route_price(config, &w->list[0], STR_NONE), 40000000);
}

/* A call is free for whoever calls, and not for who answers it. */
static void a_number_is_not_written_to_without_end_because_it_calls(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(text(w, "254700000001", "JOIN"), 200);
    struct number_id id = vault_number_id(w->vault, STR("+254700000001"));
    struct shown_note note;
    shown_taken(1, loop_wall(w->loop), &note); /* the provider took the question */
    shown_put(w->store, &id, &note);
    loop_mem_advance(w->loop, 1000);
    assert_int_equal(text(w, "254700000001", "1"), 200);
    assert_int_equal(world_take_outbox(w).n, 2);
    for (uint32_t i = 0; i < 35; i++) {
        char body[200];
        (void)snprintf(body, sizeof(body),
                       "isActive=1&sessionId=c%u&direction=Inbound&callerNumber=%%2B254700000001",
                       i);
        assert_int_equal(world_post(w, "/in/voice", body), 200);
        assert_string_equal(w->body, "<Response><Reject/></Response>");
    }
    assert_int_equal(world_take_outbox(w).n, 30);
    assert_int_equal(refused(w, METRIC_cap_rejections_total_call), 5);
}

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_capped_message_is_not_sent_but_told),
        WORLD_TEST(new_numbers_have_a_cap_of_an_hour),
        WORLD_TEST(stop_and_safe_are_answered_over_the_cap),
        WORLD_TEST(only_configured_countries_are_written_to),
        WORLD_TEST(numbers_that_begin_alike_share_a_cap_of_an_hour),
        WORLD_TEST(the_day_is_capped_for_all_and_for_an_organisation),
        WORLD_TEST(money_is_reckoned_by_the_dearest_way),
        WORLD_TEST(a_number_is_not_written_to_without_end_because_it_calls),
        WORLD_TEST(a_machine_is_not_answered_for_ever),
        WORLD_TEST(the_same_short_word_may_come_to_different_texts),
        WORLD_TEST(a_word_is_short_up_to_15_bytes),
        WORLD_TEST(replies_in_the_answer_are_capped_and_told),
        WORLD_TEST(a_store_that_goes_away_in_between_counts_nothing_twice),
        WORLD_TEST(the_longest_route_wins_and_prices_follow_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
