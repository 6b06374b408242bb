/* The profile language where it sends: requests, tokens, and what responses mean. What providers do
 * is held by tests/vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>

#include "port/file.h"
#include "profile_yaml.h"

#define RESPONSE(code, text) (&(struct http_response){.status = (code), .body = (text)})

static const char sending[] =
    HEAD "settings:\n  user: {help: u, required: true}\n  pass: {help: p, required: true, secret: "
         "true}\n"
         "  mode: {help: m, default: fast}\n  table: {help: t}\n"
         "messages:\n  - {kind: dlr, id: query id, status: {in: query s, map: {sent: s}}}\n"
         "send:\n  method: GET\n  url: 'https://x.example/{from}/send'\n"
         "  headers: {Authorization: 'Basic {basic user pass}'}\n"
         "  query:\n    to: '{to | digits}'\n    text: '{text}'\n    mode: '{setting mode}'\n"
         "    link: '{link}'\n    unicode: '{alphabet - yes}'\n    dlr: '{dlr_url}?id={id}'\n"
         "  success: {json /ok: 'true'}\n  id: {in: json /id, not: ['null', '0']}\n"
         "  error: json /why\n  opted_out: {json /why: {starts: [1..2, STOP]}}\n  throttled: {json "
         "/why: SLOW}\n  temporary: {json /why: LATER}\n  sample: {json: {ok: true, id: '{id}'}}\n";

static void test_send(void **state)
{
    (void)state;
    struct setting values[] = {{STR("user"), STR("AC1")},
                               {STR("pass"), STR("12345")},
                               {STR("public_url"), STR("https://us.example/")},
                               {STR("channel"), STR("x")},
                               {STR("send_url"), STR("http://127.0.0.1:1/sim?k=1")}};
    struct settings settings = {values, 1};
    struct outgoing message = {
        .from = STR("My Org"), .to = STR("+254700000101"), .text = STR("a&b"), .id = STR("m1")};
    struct send_request sent;
    struct errmsg msg;
    load(sending);
    assert_true(profile_has_send(profile));
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_NOT_FOUND);
    assert_non_null(strstr(msg.text, "'pass'"));
    settings.n = 2;
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
    assert_string_equal(sent.method, "GET");
    assert_str(sent.url, "https://x.example/My%20Org/send?to=254700000101&text=a%26b&mode=fast");
    assert_str(sent.headers[0].value, "Basic QUMxOjEyMzQ1");
    assert_int_equal(sent.n_headers, 1);
    settings.n = 4;
    message.link = STR("L");
    message.text = STR("\xe2\x98\xba");
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
    assert_str(sent.url, "https://x.example/My%20Org/send?to=254700000101&text=%E2%98%BA&mode=fast&"
                         "link=L&unicode=yes&dlr=https%3A%2F%2Fus.example%2Fdlr%2Fx%3Fid%3Dm1");
    settings.n = 5;
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
    assert_true(str_starts(sent.url, STR("http://127.0.0.1:1/sim?k=1&to=254700000101&")));
}

static void test_settings_are_checked(void **state)
{
    (void)state;
    struct setting values[] = {{STR("user"), STR("a")},
                               {STR("pass"), STR("b")},
                               {STR("table.x"), STR("1")},
                               {STR("public_url"), STR("u")},
                               {STR("pasword"), STR("c")}};
    struct settings settings = {values, 4};
    struct errmsg msg;
    uint32_t n;
    load(sending);
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_OK);
    settings.n = 5;
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_INVALID);
    assert_non_null(strstr(msg.text, "pasword"));
    settings.n = 1;
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_NOT_FOUND);
    const struct profile_setting *declared = profile_settings(profile, &n);
    assert_int_equal(n, 4);
    assert_true(declared[1].is_secret && declared[1].is_required);
    assert_str(declared[2].fallback, "fast");
}

static void test_an_address_must_be_known(void **state)
{
    (void)state;
    struct setting values[] = {{STR("send_url"), STR("https://x/s")}};
    struct settings settings = {values, 0};
    struct outgoing message = {.to = STR("+254700000101"), .text = STR("x")};
    struct send_request sent = {.method = NULL};
    struct errmsg msg = {""};
    struct str address;
    load(HEAD "send: {form: {to: '{to}', text: '{text}'}}\n");
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_NOT_FOUND);
    assert_non_null(strstr(msg.text, "the address to send to is not known; set send_url"));
    assert_null(sent.method);
    assert_int_equal(profile_send_address(profile, &settings, arena, &address), ERR_NOT_FOUND);
    settings.n = 1;
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
    assert_str(sent.url, "https://x/s");
    assert_string_equal(sent.method, "POST");
}

static void test_only_sms_are_replied_to_in_the_answer(void **state)
{
    (void)state;
    load(HEAD "messages:\n  - {kind: ussd, from: {in: query n, number: digits}, session: query s, "
              "answers: {reply: {text: '{text}', max_chars: 70}}}\n"
              "  - {kind: sms, from: {in: query n, number: digits}, text: query t}\n");
    assert_false(profile_replies_in_response(profile));
    assert_int_equal(profile_response_max_chars(profile), 0);
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, text: query t, "
              "answers: {reply: {text: '{text}', max_chars: 70}}}\n");
    assert_true(profile_replies_in_response(profile));
    assert_int_equal(profile_response_max_chars(profile), 70);
}

static void test_sender_forms_are_those_of_messages(void **state)
{
    (void)state;
    const enum number_form *forms = NULL;
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: [plus, 00]}, text: query t}\n"
              "  - {kind: ussd, from: {in: query n, number: digits}, session: query s}\n");
    assert_int_equal(profile_sender_forms(profile, &forms), 2);
    assert_int_equal(forms[0], NUMBER_FORM_PLUS);
    assert_int_equal(forms[1], NUMBER_FORM_00);
    load(HEAD "messages:\n"
              "  - {kind: dlr, id: query i, status: delivered}\n"
              "  - {kind: sms, outcome: ignore, from: {in: query n, number: plus}, text: query t}\n"
              "  - {kind: ussd, from: {in: query n, number: digits}, session: query s}\n");
    assert_int_equal(profile_sender_forms(profile, &forms), 1);
    assert_int_equal(forms[0], NUMBER_FORM_DIGITS);
    load(HEAD "send: {url: 'https://x'}\n");
    assert_int_equal(profile_sender_forms(profile, &forms), 0);
}

/* Headers, captures of the path and raw values, when the request is gone. */
static void test_answers_may_echo(void **state)
{
    (void)state;
    struct inbound_batch batch;
    struct decode_context context = {.rest = STR("/in/t/session/a%20b/start")};
    struct http_response response;
    struct reply reply = {.text = STR("1,2"), .is_open = true};
    load(HEAD "methods: GET\nmessages:\n"
              "  - {kind: ussd, path: '/session/{id}/start', from: {in: query n, number: digits}, "
              "session: path id, phase: new}\n"
              "answers:\n  open:\n    headers: {X-Ref: '{header X-Ref}'}\n"
              "    json: {id: '{path id}', bare: '{text | raw}', quoted: 'x{text | raw}', "
              "list: [0, -1, 01, 1234567890123456, true, '2', '-', -0, -01, 123456789012345, 1a, "
              "nothing], object: {in: a, b: c}, gone: "
              "'{header X-No}', "
              "query: '{query}'}\n");
    request = (struct http_request){.method = STR("GET"), .query = STR("n=254700000101")};
    request.headers[request.n_headers++] = (struct http_header){STR("X-Ref"), STR("r1")};
    request.headers[request.n_headers++] = (struct http_header){STR("X-Other"), STR("r2")};
    assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
    assert_str(batch.items[0].session, "a b");
    memset(&request, '?', sizeof(request));
    assert_int_equal(profile_encode(profile, &batch, &reply, NULL, arena, &response), ERR_OK);
    assert_int_equal(response.n_headers, 1);
    assert_str(response.headers[0].value, "r1");
    assert_str(response.body, "{\"id\":\"a "
                              "b\",\"bare\":1,2,\"quoted\":\"x1,2\",\"list\":[0,-1,\"01\","
                              "\"1234567890123456\",true,\"2\",\"-\",-0,\"-01\",123456789012345,"
                              "\"1a\",\"nothing\"],"
                              "\"object\":{\"in\":\"a\",\"b\":\"c\"}}");
}

/* What is said where no request brought the message: by the rule that takes such ones. */
static void test_a_message_of_nobody(void **state)
{
    (void)state;
    struct inbound message = {.kind = INBOUND_USSD, .phase = INBOUND_PHASE_CONTINUE};
    struct reply reply = {.text = STR("Hi"), .is_open = true};
    struct inbound_batch batch;
    struct http_response response;
    load(HEAD "messages:\n"
              "  - {kind: ussd, outcome: ignore, answers: {open: {text: 'no {text}'}}}\n"
              "  - {kind: ussd, from: {in: query n, number: digits}, session: query s, phase: end, "
              "answers: {open: {text: 'end {text}'}}}\n"
              "  - {kind: ussd, from: {in: query n, number: digits}, session: query s, "
              "phase: continue, answers: {open: {text: 'CON {text}'}}}\n");
    assert_int_equal(profile_make_batch(profile, &message, arena, &batch), ERR_OK);
    assert_int_equal(profile_encode(profile, &batch, &reply, NULL, arena, &response), ERR_OK);
    assert_str(response.body, "CON Hi");
    message.kind = INBOUND_SMS;
    assert_int_equal(profile_make_batch(profile, &message, arena, &batch), ERR_UNSUPPORTED);
}

static void test_national_numbers_need_a_country(void **state)
{
    (void)state;
    struct setting values[] = {{STR("default_country"), STR("IN")},
                               {STR("timezone"), STR("+5:30")}};
    struct settings settings = {values, 0};
    struct errmsg msg = {""};
    load(HEAD "messages:\n"
              "  - {kind: sms, from: {in: query n, number: [national, plus]}, text: query t}\n");
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_NOT_FOUND);
    assert_non_null(strstr(msg.text, "set country, as in country: KE"));
    settings.n = 1;
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_OK);
    settings.n = 2;
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_INVALID);
    assert_non_null(strstr(msg.text, "timezone is hours and minutes"));
    values[1].value = STR("+05:30");
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_OK);
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, text: query t}\n");
    settings.n = 0;
    assert_int_equal(profile_check_settings(profile, &settings, &msg), ERR_OK);
}

/* Of another country it would be somebody else's number there: the next form is taken. */
static void test_national_is_of_the_own_country(void **state)
{
    (void)state;
    struct setting country = {STR("default_country"), STR("KE")};
    struct settings settings = {&country, 1};
    struct send_request sent;
    struct errmsg msg;
    static const struct {
        const char *to, *body;
    } cases[] = {
        {"+254700000101", "to=700000101"},
        {"+256700000101", "to=256700000101"},
        {"20880", "to=20880"},
    };
    load(HEAD
         "send:\n  url: 'https://x/s'\n  form: {to: {in: ['{to | national}', '{to | digits}']}}\n"
         "  success: {status: 200}\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outgoing message = {.to = str_from(cases[i].to)};
        assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
        assert_str(sent.body, cases[i].body);
    }
    settings.n = 0; /* no country: nobody can say */
    struct outgoing abroad = {.to = STR("+256700000101")};
    assert_int_equal(send_now(&abroad, &settings, &sent, &msg), ERR_OK);
    assert_str(sent.body, "to=700000101");
}

/* Only what is accepted: a rule that lets messages go takes none. */
static void test_what_is_let_go_is_not_taken(void **state)
{
    (void)state;
    load(HEAD "messages:\n  - {kind: call, when: {query t: x}, outcome: ignore}\n"
              "  - {kind: sms, from: {in: query n, number: digits}, text: query t}\n");
    assert_true(profile_takes(profile, INBOUND_SMS));
    assert_false(profile_takes(profile, INBOUND_CALL));
    assert_false(profile_takes(profile, INBOUND_DLR));
}

static void test_results(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum send_outcome outcome;
        const char *id, *error;
    } cases[] = {
        {200, "{\"ok\":true,\"id\":7}", SEND_SENT, "7", NULL},
        {201, "{\"ok\":true,\"id\":\"null\"}", SEND_SENT, NULL, NULL},
        {200, "{\"ok\":true}", SEND_SENT, NULL, NULL},
        {200, "{\"ok\":false,\"why\":\"BAD\"}", SEND_FAILED, NULL, "BAD"},
        {200, "", SEND_FAILED, NULL, NULL},
        {200, "{\"ok\":", SEND_FAILED, NULL, NULL},
        {200, "<html>hello</html>", SEND_FAILED, NULL, NULL},
        {400, "{\"ok\":true}", SEND_FAILED, NULL, NULL},
        {400, "{\"why\":\"\"}", SEND_FAILED, NULL, NULL},
        {400, "{\"why\":\"STOPPED\"}", SEND_OPTED_OUT, NULL, "STOPPED"},
        {429, "", SEND_THROTTLED, NULL, NULL},
        {200, "{\"why\":\"SLOW\"}", SEND_THROTTLED, NULL, "SLOW"},
        {200, "{\"why\":\"LATER\"}", SEND_TEMPORARY, NULL, "LATER"},
        {500, "", SEND_TEMPORARY, NULL, NULL},
        {503, "oops", SEND_TEMPORARY, NULL, NULL},
        {408, "", SEND_TEMPORARY, NULL, NULL},
        {302, "", SEND_FAILED, NULL, NULL},
        {400, "{\"why\":\"no +254 700-000.101 here\"}", SEND_FAILED, NULL, "no +# here"},
    };
    load(sending);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct send_result result;
        assert_int_equal(profile_read_response(profile,
                                               RESPONSE(cases[i].status, str_from(cases[i].body)),
                                               NULL, (struct wall_ms){1}, arena, &result),
                         ERR_OK);
        if (result.outcome != cases[i].outcome)
            fail_msg("%d %s: %s", cases[i].status, cases[i].body,
                     send_outcome_name(result.outcome));
        assert_str(result.id, cases[i].id);
        assert_str(result.error, cases[i].error);
    }
}

static void test_retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t ms;
    } cases[] = {
        {"5", 5000},
        {"0", 0},
        {"86400", 86400000},
        {"86401", 86400000},
        {"99999999999999999999999", 86400000},
        {"-5", 0},
        {"5 ", 5000},
        {"5s", 0},
        {"soon", 0},
        {"", 0},
        {"Fri, 03 May 2024 06:05:45 GMT", 60000},
        {"Fri, 03 May 2024 06:03:45 GMT", 0},
        {"Fri, 03 May 2030 06:03:45 GMT", 86400000},
    };
    load(sending);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_header header = {STR("retry-after"), str_from(cases[i].value)};
        struct send_result result;
        assert_int_equal(
            profile_read_response(
                profile, &(struct http_response){.status = 429, .headers = &header, .n_headers = 1},
                NULL, (struct wall_ms){1714716285000}, arena, &result),
            ERR_OK);
        if (result.retry_after_ms != cases[i].ms)
            fail_msg("%s: %lld", cases[i].value, (long long)result.retry_after_ms);
    }
}

static void test_only_the_simulator_is_told_twice(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool is_simulator;
    } cases[] = {
        {"http://127.0.0.1:8081/sim/send/at", true},
        {"http://127.0.0.1:8081/sim/send/at/7", true},
        {"http://127.0.0.1:8081/send", false},
        {"http://127.0.0.1:8081", false},
        {"https://127.0.0.1:8081/sim/send/at", false},
        {"http://127.0.0.1.example.com/sim/send/at", false},
        {"http://example.com/?http://127.0.0.1:1/sim/send/", false},
        {"http://example.com/sim/send/at", false},
    };
    load(sending);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct setting values[] = {{STR("user"), STR("a")},
                                   {STR("pass"), STR("b")},
                                   {STR("send_url"), str_from(cases[i].url)}};
        struct settings settings = {values, 3};
        struct outgoing message = {
            .from = STR("20"), .to = STR("+254700000101"), .text = STR("a\nb \xe2\x98\xba")};
        struct send_request sent;
        struct errmsg msg;
        assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
        struct str from = http_header_get(sent.headers, sent.n_headers, STR(SIMULATOR_HEADER_FROM));
        struct str to = http_header_get(sent.headers, sent.n_headers, STR(SIMULATOR_HEADER_TO));
        struct str text = http_header_get(sent.headers, sent.n_headers, STR(SIMULATOR_HEADER_TEXT));
        assert_str(from, cases[i].is_simulator ? "20" : NULL);
        assert_str(to, cases[i].is_simulator ? "%2B254700000101" : NULL);
        assert_str(text, cases[i].is_simulator ? "a%0Ab%20%E2%98%BA" : NULL);
    }
}

static void test_tokens(void **state)
{
    (void)state;
    struct setting values[] = {{STR("key"), STR("k")}, {STR("token"), STR("T")}};
    struct settings settings = {values, 1};
    struct send_request sent;
    struct outgoing message = {.to = STR("+254700000101"), .text = STR("x")};
    struct str token;
    int64_t lifetime_ms;
    struct errmsg msg;
    load(HEAD "settings: {key: {help: k}}\nsend:\n"
              "  token: {url: 'https://x/t', form: {id: '{setting key}'}, value: json /t, "
              "seconds: json /s}\n"
              "  url: https://x/s\n  headers: {Authorization: 'Bearer {setting token}'}\n"
              "  json: {to: '{to}', text: '{text}'}\n");
    assert_true(profile_needs_token(profile, &settings));
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_NOT_FOUND);
    assert_int_equal(
        profile_token_request(profile, &settings, (struct wall_ms){1}, arena, &sent, &msg), ERR_OK);
    assert_str(sent.body, "id=k");
    assert_int_equal(profile_read_token(profile, RESPONSE(200, STR("{\"t\":\"T\",\"s\":\"3599\"}")),
                                        &settings, arena, &token, &lifetime_ms),
                     ERR_OK);
    assert_str(token, "T");
    assert_int_equal(lifetime_ms, 3599000);
    assert_int_equal(profile_read_token(profile, RESPONSE(200, STR("{\"t\":\"T\",\"s\":1}")),
                                        &settings, arena, &token, &lifetime_ms),
                     ERR_OK);
    assert_int_equal(lifetime_ms, 60000);
    assert_int_equal(profile_read_token(profile, RESPONSE(200, STR("{\"t\":\"T\",\"s\":59}")),
                                        &settings, arena, &token, &lifetime_ms),
                     ERR_OK);
    assert_int_equal(lifetime_ms, 60000);
    assert_int_equal(profile_read_token(profile, RESPONSE(200, STR("{\"t\":\"T\",\"s\":86401}")),
                                        &settings, arena, &token, &lifetime_ms),
                     ERR_OK);
    assert_int_equal(lifetime_ms, 86400000);
    assert_int_equal(profile_read_token(profile, RESPONSE(200, STR("{\"t\":\"T\",\"s\":\"soon\"}")),
                                        &settings, arena, &token, &lifetime_ms),
                     ERR_OK);
    assert_int_equal(lifetime_ms, 3600000);
    assert_int_equal(profile_read_token(profile, RESPONSE(401, STR("{\"t\":\"T\"}")), &settings,
                                        arena, &token, &lifetime_ms),
                     ERR_INVALID);
    assert_int_equal(profile_read_token(profile, RESPONSE(200, STR("{}")), &settings, arena, &token,
                                        &lifetime_ms),
                     ERR_INVALID);
    settings.n = 2;
    assert_false(profile_needs_token(profile, &settings));
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
    assert_str(sent.headers[0].value, "Bearer T");
    struct send_result result; /* a token that died before its time */
    assert_int_equal(profile_read_response(profile, RESPONSE(401, STR("")), &settings,
                                           (struct wall_ms){1}, arena, &result),
                     ERR_OK);
    assert_int_equal(result.outcome, SEND_TEMPORARY);
}

/* Every shipped profile that sends: it can, and the documented answer is read as sent. */
static void check_sample(const char *name)
{
    struct setting values[40] = {{STR("send_url"), STR("http://127.0.0.1/sim")},
                                 {STR("dlr_url"), STR("http://127.0.0.1/dlr")},
                                 {STR("token"), STR("t")}};
    struct settings settings = {values, 3};
    struct outgoing message = {.from = STR("2020"),
                               .to = STR("+254700000101"),
                               .text = STR("Somo 1: a & b < c"),
                               .id = STR("m1"),
                               .session = STR("s1"),
                               .network = STR("n"),
                               .phase = INBOUND_PHASE_CONTINUE};
    struct outgoing answered = {.from = message.from, .to = message.to, .id = STR("id-1")};
    struct send_request sent;
    struct http_response response;
    struct send_result result;
    struct errmsg msg = {""};
    uint32_t n;
    const struct profile_setting *declared = profile_settings(profile, &n);
    for (uint32_t i = 0; i < n && settings.n < ARRAY_LEN(values); i++)
        values[settings.n++] = (struct setting){declared[i].name, STR("x")};
    if (send_now(&message, &settings, &sent, &msg) != ERR_OK)
        fail_msg("%s: %s", name, msg.text);
    assert_int_equal(profile_sample(profile, &answered, arena, &response), ERR_OK);
    assert_int_equal(
        profile_read_response(profile, &response, &settings, (struct wall_ms){1}, arena, &result),
        ERR_OK);
    if (result.outcome != SEND_SENT || (result.id.p != NULL && !str_eq(result.id, STR("id-1"))))
        fail_msg("%s: sample is %s %.*s", name, send_outcome_name(result.outcome),
                 STR_ARG(result.id));
}

static void test_shipped_profiles(void **state)
{
    (void)state;
    DIR *folder = opendir("config/profiles");
    uint32_t n = 0, n_sending = 0;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[512];
        struct str name = str_from(entry->d_name);
        if (!str_ends(name, STR(".yaml")))
            continue;
        (void)snprintf(path, sizeof(path), "config/profiles/%s", entry->d_name);
        if (profile_load(path, &profile, &errors) != ERR_OK)
            fail_msg("%.*s", STR_ARG(buf_str(&errors)));
        assert_true(str_eq(profile_name(profile), str_sub(name, 0, name.len - 5)));
        n++;
        n_sending += profile_has_send(profile);
        if (profile_has_send(profile))
            check_sample(entry->d_name);
        profile_free(profile);
        profile = NULL;
        arena_reset(arena);
    }
    (void)closedir(folder); /* only read */
    assert_true(n >= 88 && n_sending >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_send),
        TEST(test_settings_are_checked),
        TEST(test_an_address_must_be_known),
        TEST(test_only_sms_are_replied_to_in_the_answer),
        TEST(test_sender_forms_are_those_of_messages),
        TEST(test_answers_may_echo),
        TEST(test_a_message_of_nobody),
        TEST(test_national_numbers_need_a_country),
        TEST(test_national_is_of_the_own_country),
        TEST(test_what_is_let_go_is_not_taken),
        TEST(test_results),
        TEST(test_retry_after),
        TEST(test_only_the_simulator_is_told_twice),
        TEST(test_tokens),
        TEST(test_shipped_profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
