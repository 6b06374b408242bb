#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/channels.h"

/* A struct str in a static initialiser. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct setting settings[] = {{LIT("username"), LIT("u")}, {LIT("apikey"), LIT("k")}};

/* Two channels that can send, one that only listens. */
static void make(struct config *config, struct config_channel list[3])
{
    static const struct config_channel row = {.profile = LIT("africastalking"),
                                              .country = LIT("KE"),
                                              .settings = {settings, 2},
                                              .is_unsigned_allowed = true,
                                              .new_numbers_hour = 100000};
    list[0] = list[1] = list[2] = row;
    list[0].name = STR("a");
    list[1].name = STR("b");
    list[2].name = STR("ussd");
    list[2].profile = STR("africastalking-ussd");
    list[2].settings = (struct settings){NULL, 0};
    *config =
        (struct config){.profiles_dir = STR("config/profiles"), .channels = list, .n_channels = 3};
}

static void takes_channels_that_stand_in_for_each_other(void **state)
{
    (void)state; /* no fixture */
    static const struct config_route routes[] = {{LIT("+256"), LIT("b")}};
    struct config config;
    struct config_channel list[3];
    struct channels channels;
    struct errmsg msg = {""};
    make(&config, list);
    list[0].fallback = STR("b");
    list[1].fallback = STR("a");
    config.routes = routes;
    config.n_routes = 1;
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_OK);
    assert_int_equal(channels.n, 3);
    assert_ptr_equal(channels.list[0].profile, channels.list[1].profile);
    assert_null(channels_get(&channels, STR("c")));
    channels_fini(&channels);
}

static void says_what_is_wrong_with_a_way_round(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *fallback, *country_of_b, *route, *message;
    } rows[] = {
        {"c", "KE", NULL,
         "channel a: its fallback c is not configured; name another channel of its country that "
         "can send SMS"},
        {"a", "KE", NULL,
         "channel a: its fallback a is the channel itself; name another channel of its "
         "country that can send SMS"},
        {"ussd", "KE", NULL,
         "channel a: its fallback ussd cannot send; name another channel of its country that can "
         "send SMS"},
        {"b", "UG", NULL,
         "channel a: its fallback b is of another country; name another channel of its "
         "country that can send SMS"},
        {NULL, "KE", "ussd", "the route of +256: channel ussd cannot send; name one that can"},
        {NULL, "KE", "c", "the route of +256: channel c cannot send; name one that can"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config config;
        struct config_channel list[3];
        struct channels channels;
        struct errmsg msg = {""};
        make(&config, list);
        if (rows[i].fallback != NULL)
            list[0].fallback = str_from(rows[i].fallback);
        list[1].country = str_from(rows[i].country_of_b);
        struct config_route route = {STR("+256"), str_from(rows[i].route)};
        config.routes = &route;
        config.n_routes = rows[i].route != NULL;
        assert_int_equal(channels_load(&config, &channels, &msg), ERR_INVALID);
        assert_string_equal(msg.text, rows[i].message);
        assert_int_equal(channels.n, 0);
    }
}

/* T40: who signs nothing has a limit for invented numbers, or does not start. */
static void unsigned_channels_need_a_cap(void **state)
{
    (void)state; /* no fixture */
    struct config config;
    struct config_channel list[3];
    struct channels channels;
    struct errmsg msg = {""};
    make(&config, list);
    list[1].new_numbers_hour = 0;
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_INVALID);
    assert_non_null(strstr(msg.text, "channel b: "));
    assert_non_null(strstr(msg.text, "set new_numbers_hour"));
    list[1].path_secret = STR("0123456789abcDEF"); /* nobody guesses where to send */
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_OK);
    channels_fini(&channels);
}

static void takes_secrets_in_the_path_that_nobody_guesses(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *secret;
        bool is_good;
    } rows[] = {
        {"0123456789abcDEF", true},
        {"0123456789abcDE", false},
        {"", false},
        {"0123456789abc/EF", false},
        {"0123456789abc-EF", false},
        {"0123456789abcDE\xc3\xa9", false},
        {"zzzzzzzzZZZZZZZZ9", true},
        {"0123456789abcD F", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config config;
        struct config_channel list[3];
        struct channels channels;
        struct errmsg msg = {""};
        make(&config, list);
        list[1].path_secret = str_from(rows[i].secret);
        list[1].is_unsigned_allowed = false;
        enum err e = channels_load(&config, &channels, &msg);
        assert_int_equal(e, rows[i].is_good ? ERR_OK : ERR_INVALID);
        if (rows[i].is_good) {
            struct str path = settings_get(&channels.list[1].settings, STR("channel"));
            assert_true(str_starts(path, STR("b/")) && str_ends(path, str_from(rows[i].secret)));
            channels_fini(&channels);
        } else {
            assert_string_equal(msg.text, "channel b: path_secret needs at least 16 letters and "
                                          "digits, and nothing else; `openssl rand -hex 16` makes "
                                          "one");
        }
    }
}

static void calls_need_a_channel_for_their_sms(void **state)
{
    (void)state; /* no fixture */
    struct config config;
    struct config_channel list[3];
    struct channels channels;
    struct errmsg msg = {""};
    make(&config, list);
    list[2].profile = STR("africastalking-voice");
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_INVALID);
    assert_string_equal(msg.text, "channel ussd takes calls, which are answered by SMS; name the "
                                  "channel that sends them, as in sms_channel: at");
    list[2].sms_channel = STR("a");
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_OK);
    channels_fini(&channels);
}

/* Else the day in question would go to the learner, as an SMS. */
static void only_an_operator_is_asked_whose_a_number_is(void **state)
{
    (void)state; /* no fixture */
    static const struct setting operator_settings[] = {
        {LIT("send_url"), LIT("https://o.example/")},
        {LIT("token_url"), LIT("https://o.example/")},
        {LIT("client_id"), LIT("c")},
        {LIT("client_secret"), LIT("s")}};
    struct config config;
    struct config_channel list[3];
    struct config_country country = {.code = STR("UG"), .recycling_channel = STR("ussd")};
    struct channels channels;
    struct errmsg msg = {""};
    make(&config, list);
    config.countries = &country;
    config.n_countries = 1;
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_INVALID);
    country.recycling_channel = STR("a");
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_INVALID);
    assert_string_equal(msg.text,
                        "country UG: channel a asks no operator whose a number is; name a "
                        "channel with the profile number-recycling");
    list[0].profile = STR("number-recycling");
    list[0].is_unsigned_allowed = false; /* it takes nothing that could be forged */
    list[0].new_numbers_hour = 0;
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_INVALID); /* no credentials */
    list[0].settings = (struct settings){operator_settings, 4};
    assert_int_equal(channels_load(&config, &channels, &msg), ERR_OK);
    channels_fini(&channels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_channels_that_stand_in_for_each_other),
        cmocka_unit_test(unsigned_channels_need_a_cap),
        cmocka_unit_test(takes_secrets_in_the_path_that_nobody_guesses),
        cmocka_unit_test(calls_need_a_channel_for_their_sms),
        cmocka_unit_test(says_what_is_wrong_with_a_way_round),
        cmocka_unit_test(only_an_operator_is_asked_whose_a_number_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
