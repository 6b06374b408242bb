#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "app/message.h"
#include "callback_world.h"
#include "port/store/stream.h"

#define TOKEN "0123456789abcdef"
#define BODY_MAX_BYTES 65536

#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define CHANNEL(name_, profile_, ...)                                                              \
    {                                                                                              \
        .name = LIT(name_), .profile = LIT(profile_), .country = LIT("KE"), .ussd_septets = 160,   \
        .ussd_ucs2 = 70, .is_unsigned_allowed = true, .new_numbers_hour = 100000, __VA_ARGS__      \
    }

static const struct setting at_settings[] = {{LIT("username"), LIT("u")},
                                             {LIT("apikey"), LIT("k")}};
static const struct setting infobip_settings[] = {{LIT("apikey"), LIT("k")}};
static const struct setting twilio_settings[] = {{LIT("account_sid"), LIT("AC1")},
                                                 {LIT("token"), LIT(TOKEN)},
                                                 {LIT("public_url"), LIT("https://learn.example")}};
static const struct config_channel channel_rows[] = {
    CHANNEL("at", "africastalking", .settings = {at_settings, 2}),
    CHANNEL("at-ussd", "africastalking-ussd", .dial_code = LIT("*384*7#"),
            .sms_channel = LIT("at")),
    CHANNEL("infobip", "infobip", .settings = {infobip_settings, 1}),
    CHANNEL("infobip-ussd", "infobip-ussd", .sms_channel = LIT("at")),
    CHANNEL("twilio", "twilio", .settings = {twilio_settings, 3}),
};

static int open_world(void **state)
{
    *state = world_new(channel_rows, ARRAY_LEN(channel_rows));
    return 0;
}

static int close_world(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(callbacks_n_running(w->callbacks), 0);
    world_free(w);
    return 0;
}

static int call(struct callback_world *w, const char *method, const char *path, const char *type,
                const char *signature, const char *body)
{
    struct http_request r = {.method = str_from(method),
                             .target = str_from(path),
                             .path = str_from(path),
                             .body = str_from(body)};
    r.headers[r.n_headers++] = (struct http_header){STR("Host"), STR("learn.example")};
    r.headers[r.n_headers++] = (struct http_header){STR("Content-Type"), str_from(type)};
    if (signature != NULL)
        r.headers[r.n_headers++] =
            (struct http_header){STR("X-Twilio-Signature"), str_from(signature)};
    w->status = 0;
    callbacks_handle(w->callbacks, (struct front_token){0, 0}, &r, STR("127.0.0.1"));
    loop_mem_settle(w->loop);
    assert_true(w->status != 0);
    return w->status;
}

static int post_form(struct callback_world *w, const char *path, const char *body)
{
    return call(w, "POST", path, "application/x-www-form-urlencoded", NULL, body);
}

static int post_json(struct callback_world *w, const char *path, const char *body)
{
    return call(w, "POST", path, "application/json", NULL, body);
}

static uint64_t n_steps(const struct callback_world *w)
{
    return metrics_get(w->metrics, METRIC_steps_total);
}

static void finds_channels_by_path(void **state)
{
    struct callback_world *w = *state;
    static const struct {
        const char *path;
        int status;
    } rows[] = {
        {"/in/at", 200},   {"/in/at/", 200},    {"/in/at/secret", 200}, {"/dlr/at", 200},
        {"/in/", 404},     {"/in/nobody", 404}, {"/in", 404},           {"/", 404},
        {"/metrics", 404}, {"/in/AT", 404},     {"/in/at%2f", 404},     {"/sim/outbox", 404},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *body = strstr(rows[i].path, "dlr") != NULL
                               ? "id=ATXid_1&status=Success"
                               : "id=1&from=%2B254700000001&to=20880&text=JOIN";
        if (post_form(w, rows[i].path, body) != rows[i].status)
            fail_msg("%s: %d", rows[i].path, w->status);
    }
    assert_int_equal(n_steps(w), 1); /* the same callback each time */
}

/* An address that the channel does not name changes nothing, whatever it says. */
static void hears_only_the_callers_that_a_channel_names(void **state)
{
    struct callback_world *w = *state;
    const char *join = "id=1&from=%2B254700000001&to=20880&text=JOIN";
    w->list[0].callers = STR("196.201.0.0/16 ::1");
    assert_int_equal(post_form(w, "/in/at", join), 403);
    assert_int_equal(n_steps(w), 0);
    assert_int_equal(metrics_get(w->metrics, METRIC_auth_failures_total), 1);
    w->list[0].callers = STR("196.201.0.0/16 127.0.0.0/8");
    assert_int_equal(post_form(w, "/in/at", join), 200);
    assert_int_equal(n_steps(w), 1);
}

static void wants_the_secret_of_the_path_where_there_is_one(void **state)
{
    struct callback_world *w = *state;
    const char *join = "id=1&from=%2B254700000001&to=20880&text=JOIN";
    w->list[0].path_secret = STR("b1946ac92492d234");
    assert_int_equal(post_form(w, "/in/at", join), 403);
    assert_int_equal(post_form(w, "/in/at/b1946ac92492d23", join), 403);
    assert_int_equal(post_form(w, "/in/at/b1946ac92492d2345", join), 403);
    assert_int_equal(post_form(w, "/dlr/at", "id=ATXid_1&status=Success"), 403);
    assert_int_equal(n_steps(w), 0);
    assert_int_equal(post_form(w, "/in/at/b1946ac92492d234", join), 200);
    assert_int_equal(n_steps(w), 1);
    assert_int_equal(post_form(w, "/dlr/at/b1946ac92492d234", "id=ATXid_1&status=Success"), 200);
}

struct texts {
    struct event_place *from;
    uint32_t n, longest;
    char joined[WORLD_TEXT_BYTES];
};

static void on_messages(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct texts *texts = ctx;
    assert_int_equal(e, ERR_OK);
    for (uint32_t i = 0; i < n; i++) {
        struct message m;
        size_t len = strlen(texts->joined);
        assert_int_equal(message_decode(entries[i].payload, &m), ERR_OK);
        (void)snprintf(texts->joined + len, sizeof(texts->joined) - len, "%s%.*s",
                       len > 0 ? " " : "", STR_ARG(m.text));
        texts->n++;
        texts->from[entries[i].bucket] = entries[i].place;
        texts->longest = m.text.len > texts->longest ? (uint32_t)m.text.len : texts->longest;
    }
}

/* The reply to JOIN, as it lies in the outbox, with line ends as blanks. */
static struct texts join_texts(struct callback_world *w, const char *number)
{
    struct texts texts = {.from = w->outbox_from};
    struct store_reader reader = {.from = w->outbox_from, .max_each = 100};
    char body[200];
    (void)snprintf(body, sizeof(body), "id=%s&from=%%2B%s&to=20880&text=JOIN", number, number);
    assert_int_equal(post_form(w, "/in/at", body), 200);
    store_read(w->store, &reader, on_messages, &texts);
    loop_mem_settle(w->loop);
    for (char *p = texts.joined; *p != '\0'; p++)
        *p = *p == '\n' ? ' ' : *p;
    return texts;
}

/* No word is lost, not even beyond four messages. */
static void a_text_that_is_too_long_for_a_request_goes_in_several(void **state)
{
    struct callback_world *w = *state;
    static const struct {
        uint32_t text_chars, n;
    } rows[] = {{0, 1}, {1000, 1}, {100, 2}, {60, 3}, {20, 4}};
    struct texts whole = {.from = NULL};
    for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) {
        char number[20];
        (void)snprintf(number, sizeof(number), "2547000001%02u", i);
        w->list[0].text_chars = rows[i].text_chars;
        struct texts texts = join_texts(w, number);
        if (i == 0)
            whole = texts;
        if (texts.n != rows[i].n)
            fail_msg("%u: %u of %zu", rows[i].text_chars, texts.n, strlen(whole.joined));
        assert_string_equal(texts.joined, whole.joined);
        if (texts.n < STORE_MAX_OUTBOX && texts.n > 1)
            assert_in_range(texts.longest, 1, rows[i].text_chars);
    }
}

/* The profile of this provider documents 182 septets; a channel may say less, and not more. */
static void a_screen_keeps_to_the_smaller_limit(void **state)
{
    struct callback_world *w = *state;
    const struct config_channel *ussd = &w->list[1];
    assert_int_equal(channels_room(&w->channels, ussd).ussd_septets, 160);
    assert_int_equal(channels_room(&w->channels, ussd).ussd_ucs2, 70);
    w->list[1].ussd_septets = 255;
    w->list[1].ussd_ucs2 = 255;
    assert_int_equal(channels_room(&w->channels, ussd).ussd_septets, 182);
    assert_int_equal(channels_room(&w->channels, ussd).ussd_ucs2, 80);
    assert_int_equal(channels_room(NULL, ussd).ussd_septets, 255);
    assert_int_equal(channels_room(&w->channels, &w->list[0]).text_chars, 0);
    w->list[0].text_chars = 50;
    assert_int_equal(channels_room(&w->channels, &w->list[0]).text_chars, 50);
    assert_int_equal(channels_room(&w->channels, &w->list[4]).text_chars, 1600);
    w->list[4].text_chars = 1700;
    assert_int_equal(channels_room(&w->channels, &w->list[4]).text_chars, 1600);
    w->list[4].text_chars = 160;
    assert_int_equal(channels_room(&w->channels, &w->list[4]).text_chars, 160);
}

static void takes_only_the_methods_of_the_profile(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(call(w, "GET", "/in/infobip", "", NULL, ""), 405);
    assert_string_equal(w->allow, "HEAD, POST");
    assert_int_equal(n_steps(w), 0);
}

/* Whoever asks without a callback does not find out which channels there are. */
static void probes_find_out_no_channel(void **state)
{
    struct callback_world *w = *state;
    static const char *const paths[] = {"/in/infobip", "/in/nobody", "/in/at", "/dlr/nobody"};
    w->list[0].path_secret = STR("b1946ac92492d234");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_int_equal(call(w, "HEAD", paths[i], "", NULL, ""), 200);
        assert_int_equal(call(w, "OPTIONS", paths[i], "", NULL, ""), 405);
        assert_string_equal(w->allow, "GET, HEAD, POST, PUT");
    }
    assert_int_equal(call(w, "HEAD", "/elsewhere", "", NULL, ""), 404);
    assert_int_equal(n_steps(w), 0);
}

static void takes_several_messages_in_one_body(void **state)
{
    struct callback_world *w = *state;
    struct buf body;
    buf_init(&body, BODY_MAX_BYTES);
    buf_addf(&body, "{\"results\":[");
    for (int i = 0; i < 60; i++) /* more than are started at once */
        buf_addf(&body,
                 "{\"messageId\":\"m%d\",\"from\":\"2547000000%02d\",\"to\":\"20880\","
                 "\"text\":\"JOIN\"},",
                 i, i);
    buf_addf(&body, "{\"messageId\":\"bad\",\"from\":\"not a number!\",\"text\":\"JOIN\"},"
                    "{\"messageId\":\"last\",\"from\":\"254700000099\",\"text\":\"JOIN\"}]}");
    assert_int_equal(post_json(w, "/in/infobip", body.p), 200);
    assert_int_equal(n_steps(w), 61); /* all but the bad one */
    assert_int_equal(post_json(w, "/in/infobip", body.p), 200);
    assert_int_equal(n_steps(w), 61);
    buf_fini(&body);
}

static void asks_for_all_again_when_one_could_not_be_taken(void **state)
{
    struct callback_world *w = *state;
    static const char body[] =
        "{\"results\":[{\"messageId\":\"a\",\"from\":\"254700000001\",\"text\":\"JOIN\"},"
        "{\"messageId\":\"b\",\"from\":\"254700000002\",\"text\":\"JOIN\"}]}";
    store_mem_fail(w->store, "load", ERR_UNAVAILABLE, false, 1);
    spool_mem_fail(w->spool, "append", ERR_IO, 1);
    assert_int_equal(post_json(w, "/in/infobip", body), 503);
    assert_int_equal(n_steps(w), 1);
    assert_int_equal(post_json(w, "/in/infobip", body), 200);
    assert_int_equal(n_steps(w), 2);
    assert_int_equal(metrics_get(w->metrics, METRIC_callbacks_failed_total), 1);
    assert_int_equal(metrics_get(w->metrics, METRIC_callbacks_total), 1);
}

/* As Twilio documents it: URL and sorted form pairs, HMAC-SHA1, base64. */
static void sign(const char *data, char dst[64])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    assert_non_null(HMAC(EVP_sha1(), TOKEN, (int)strlen(TOKEN), (const unsigned char *)data,
                         strlen(data), mac, &n));
    (void)EVP_EncodeBlock((unsigned char *)dst, mac, (int)n);
}

static void changes_nothing_without_the_signature(void **state)
{
    struct callback_world *w = *state;
    static const char form[] = "application/x-www-form-urlencoded";
    static const char body[] = "Body=JOIN&From=%2B254700000001&MessageSid=SM1&To=%2B15550001";
    char signature[64];
    assert_int_equal(call(w, "POST", "/in/twilio", form, NULL, body) / 100, 4);
    assert_int_equal(call(w, "POST", "/in/twilio", form, "AAAA", body) / 100, 4);
    assert_int_equal(n_steps(w), 0);
    assert_int_equal(metrics_get(w->metrics, METRIC_auth_failures_total), 2);
    sign("https://learn.example/in/twilioBodyJOINFrom+254700000001MessageSidSM1To+15550001",
         signature);
    assert_int_equal(call(w, "POST", "/in/twilio", form, signature, body), 200);
    assert_int_equal(n_steps(w), 1);
    assert_non_null(strstr(w->type, "xml"));
    assert_non_null(strstr(w->body, "<Message>")); /* the reply travels in the response */
    assert_non_null(strstr(w->body, "Reply 1 to agree"));
    static char first[WORLD_TEXT_BYTES];
    memcpy(first, w->body, sizeof(first));
    loop_mem_advance(w->loop, 60000);
    assert_int_equal(call(w, "POST", "/in/twilio", form, signature, body), 200);
    assert_string_equal(w->body, first);
    assert_int_equal(n_steps(w), 1);
}

static void keeps_sessions_whose_end_does_not_name_the_number(void **state)
{
    struct callback_world *w = *state;
    assert_int_equal(post_json(w, "/in/infobip-ussd/session/77/response",
                               "{\"msisdn\":\"254700000001\",\"text\":\"1\"}"),
                     200);
    assert_non_null(strstr(w->body, "400")); /* nobody has started it */
    assert_int_equal(n_steps(w), 0);
    assert_int_equal(
        post_json(w, "/in/infobip-ussd/session/1/start",
                  "{\"msisdn\":\"254700000001\",\"shortCode\":\"*384#\",\"text\":\"\"}"),
        200);
    assert_non_null(strstr(w->body, "HANDWASHING"));
    assert_non_null(strstr(w->body, "\"shouldClose\":false"));
    assert_int_equal(post_json(w, "/in/infobip-ussd/session/1/response",
                               "{\"msisdn\":\"254700000001\",\"text\":\"9\"}"),
                     200);
    assert_non_null(strstr(w->body, "Reply 1 to agree"));
    assert_int_equal(post_json(w, "/in/infobip-ussd/session/1/response",
                               "{\"msisdn\":\"254700000001\",\"text\":\"1\"}"),
                     200);
    assert_non_null(strstr(w->body, "What is your work?"));
    assert_int_equal(n_steps(w), 3);
    /* Last-input-only: the same key again, later, is another response. */
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(post_json(w, "/in/infobip-ussd/session/1/response",
                               "{\"msisdn\":\"254700000001\",\"text\":\"1\"}"),
                     200);
    assert_non_null(strstr(w->body, "Welcome!"));
    assert_int_equal(n_steps(w), 4);
    assert_int_equal(call(w, "PUT", "/in/infobip-ussd/session/1/end", "application/json", NULL,
                          "{\"exitCode\":0,\"reason\":\"ok\"}"),
                     200);
    assert_int_equal(n_steps(w), 5);
    assert_int_equal(call(w, "PUT", "/in/infobip-ussd/session/1/end", "application/json", NULL,
                          "{\"exitCode\":0,\"reason\":\"ok\"}"),
                     200);
    assert_int_equal(n_steps(w), 5);
}

static void answers_ussd_while_the_store_is_away(void **state)
{
    struct callback_world *w = *state;
    store_mem_fail(w->store, "*", ERR_UNAVAILABLE, false, UINT32_MAX);
    assert_int_equal(post_form(w, "/in/at-ussd",
                               "sessionId=s1&phoneNumber=%2B254700000001&serviceCode=*384*7%23"
                               "&text="),
                     200);
    assert_true(strncmp(w->body, "END Sorry, we are busy.", 23) == 0);
    assert_int_equal(
        post_json(w, "/in/infobip-ussd/session/1/start",
                  "{\"msisdn\":\"254700000001\",\"shortCode\":\"*384#\",\"text\":\"\"}"),
        200);
    assert_non_null(strstr(w->body, "\"shouldClose\":true"));
    store_mem_fail(w->store, "*", ERR_OK, false, 0);
    assert_int_equal(
        post_json(w, "/in/infobip-ussd/session/1/start",
                  "{\"msisdn\":\"254700000001\",\"shortCode\":\"*384#\",\"text\":\"\"}"),
        200);
    store_mem_fail(w->store, "session_get", ERR_TIMEOUT, false, 1);
    assert_int_equal(post_json(w, "/in/infobip-ussd/session/1/response",
                               "{\"msisdn\":\"254700000001\",\"text\":\"1\"}"),
                     200);
    assert_non_null(strstr(w->body, "we are busy"));
    assert_non_null(strstr(w->body, "\"shouldClose\":true"));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

/* The class of the last SMS that waits. */
static void on_waiting(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct message m;
    assert_int_equal(e, ERR_OK);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(message_decode(entries[i].payload, &m), ERR_OK);
        *(enum message_class *)ctx = m.class;
    }
}

static void confirmations_go_out_as_notices(void **state)
{
    struct callback_world *w = *state;
    static const struct {
        const char *text;
        enum message_class class;
    } rows[] = {
        {"JOIN", MESSAGE_CLASS_REPLY},   {"1", MESSAGE_CLASS_REPLY},
        {"STOP", MESSAGE_CLASS_NOTICE},  {"JOIN", MESSAGE_CLASS_REPLY},
        {"DELETE", MESSAGE_CLASS_REPLY}, {"HELP", MESSAGE_CLASS_REPLY},
        {"DELETE", MESSAGE_CLASS_REPLY}, {"DELETE 1", MESSAGE_CLASS_NOTICE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char body[128];
        enum message_class got = MESSAGE_CLASS_PUSH;
        struct event_place from[STORE_BUCKETS];
        memcpy(from, w->outbox_from, sizeof(from));
        struct store_reader reader = {.from = from, .max_each = 1000};
        (void)snprintf(body, sizeof(body), "id=%zu&from=%%2B254700000001&to=20880&text=%s", i,
                       rows[i].text);
        assert_int_equal(post_form(w, "/in/at", body), 200);
        loop_mem_advance(w->loop, 1000);
        store_read(w->store, &reader, on_waiting, &got);
        loop_mem_settle(w->loop);
        if (world_take_outbox(w).n == 0 || got != rows[i].class)
            fail_msg("%s: %s", rows[i].text, message_class_name(got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(finds_channels_by_path),
        IN_WORLD(hears_only_the_callers_that_a_channel_names),
        IN_WORLD(wants_the_secret_of_the_path_where_there_is_one),
        IN_WORLD(a_text_that_is_too_long_for_a_request_goes_in_several),
        IN_WORLD(a_screen_keeps_to_the_smaller_limit),
        IN_WORLD(takes_only_the_methods_of_the_profile),
        IN_WORLD(probes_find_out_no_channel),
        IN_WORLD(takes_several_messages_in_one_body),
        IN_WORLD(asks_for_all_again_when_one_could_not_be_taken),
        IN_WORLD(changes_nothing_without_the_signature),
        IN_WORLD(keeps_sessions_whose_end_does_not_name_the_number),
        IN_WORLD(answers_ussd_while_the_store_is_away),
        IN_WORLD(confirmations_go_out_as_notices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
