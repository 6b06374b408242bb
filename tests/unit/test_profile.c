/* The profile language: what is refused and where, and what its rules promise. What providers do is
 * held by tests/vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "profile_yaml.h"

/* refused ------------------------------------------------------------------------------------ */

static void test_mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"title: T\n", "t.yaml:1:1: profile is missing; add a line such as"},
        {"- a\n", "t.yaml:1:1: the profile is a list; begin with profile:"},
        {HEAD "messges: []\n", "t.yaml:4:1: no key 'messges' here, did you mean 'messages'?"},
        {HEAD "a: [\n", "t.yaml:5:1:"},
        {HEAD "messages: x\n", "t.yaml:4:11: messages is a scalar; write one"},
        {HEAD "messages:\n  - kind: fax\n",
         "t.yaml:5:11: kind is 'fax'; it must be one of: sms ussd dlr poll call"},
        {HEAD "messages:\n  - kind: sms\n    form: x\n",
         "t.yaml:6:5: no key 'form' here, did you mean 'from'?"},
        {HEAD "messages:\n  - kind: sms\n    from: fom x\n",
         "t.yaml:6:11: 'fom' is no place to look"},
        {HEAD "messages:\n  - kind: sms\n    from: form\n", "t.yaml:6:11: 'form' needs a name"},
        {HEAD "messages:\n  - kind: sms\n    from: method x\n", "takes no name behind it"},
        {HEAD "messages:\n  - kind: sms\n    from: json x\n", "t.yaml:6:11: a JSON path begins"},
        {HEAD "messages:\n  - kind: sms\n    from: xml a[b\n",
         "t.yaml:6:11: a step of an XML path"},
        {HEAD "messages:\n  - kind: sms\n    from: form a | uper\n",
         "t.yaml:6:11: there is no filter 'uper'"},
        {HEAD "messages:\n  - kind: sms\n    from: form a | before\n", "before needs an argument"},
        {HEAD "messages:\n  - kind: sms\n    from: form a | trim:x\n", "trim takes no argument"},
        {HEAD "messages:\n  - kind: sms\n    from: \"{form a\"\n", "a '{' without '}'"},
        {HEAD "messages:\n  - kind: sms\n    from: setting pin\n",
         "t.yaml:6:11: the setting 'pin' is not declared"},
        {HEAD "messages:\n  - kind: sms\n    from: {number: plus}\n    when: {form a: {like: x}}\n",
         "t.yaml:7:21: no key 'like' here; remove or mend it; known here: not"},
        {HEAD "messages:\n  - kind: sms\n    when: {form a: {not: x, starts: y}}\n",
         "t.yaml:6:20: a test with 2 parts; write one of not:, starts:, matches:"},
        {HEAD "messages:\n  - kind: sms\n    when: {form a: {}}\n",
         "t.yaml:6:20: a test with 0 parts"},
        {HEAD "messages:\n  - kind: sms\n    when: {}\n",
         "t.yaml:6:11: conditions are empty; write what to look at"},
        {HEAD "messages:\n  - kind: sms\n    when: {form a: [[x]]}\n",
         "t.yaml:6:21: a value to compare with is a list"},
        {HEAD "messages:\n  - kind: sms\n    when: {form a: {matches: '['}}\n",
         "t.yaml:6:30: not a regular expression"},
        {HEAD "messages:\n  - kind: sms\n    from: form a\n",
         "t.yaml:6:11: from needs 'number:'; say how the provider writes senders"},
        {HEAD "messages:\n  - kind: sms\n    from: {in: form a, required: true}\n",
         "t.yaml:6:11: from needs 'number:'"},
        {HEAD "fields: {from: form a}\nmessages:\n  - kind: sms\n",
         "t.yaml:4:16: from needs 'number:'"},
        {HEAD "messages:\n  - kind: sms\n    from: {in: form a, number: roman}\n",
         "t.yaml:6:32: 'roman' is no form of a number"},
        {HEAD "messages:\n  - kind: sms\n    time: {in: form a, zone: Moon}\n",
         "t.yaml:6:30: this is no zone; write hours and minutes"},
        {HEAD
         "messages:\n  - kind: sms\n    time: {in: form a, zone: ['+01:00', '+02:00', '+03:00']}\n",
         "t.yaml:6:30: this is no zone; write hours and minutes"},
        {HEAD "messages:\n  - kind: sms\n    time: {in: form a, format: '%Q'}\n",
         "t.yaml:6:32: '%Q' has another letter; a time pattern knows"},
        {HEAD "messages:\n  - kind: ussd\n    phase: begin\n",
         "t.yaml:6:12: 'begin' is no word of ours; it must be one of: new"},
        {HEAD "messages:\n  - kind: ussd\n    phase: {in: form a, map: {start: x}}\n",
         "t.yaml:6:38: 'start' is no word of ours; it must be one of: new"},
        {HEAD "messages:\n  - kind: dlr\n    id: form id\n    status: form s\n",
         "a delivery report needs 'status:' with its map"},
        {HEAD "messages:\n  - kind: ussd\n    path: events\n",
         "t.yaml:6:11: 'events' is no path; write what follows"},
        {HEAD "messages:\n  - kind: sms\n    each: list\n",
         "t.yaml:6:11: 'list' is no list; write json /PATH"},
        {HEAD "fields: x\n", "t.yaml:4:9: fields is a scalar; write fields as in messages:"},
        {HEAD "auth: none\n", "t.yaml:4:7: auth is a scalar; write a list"},
        {HEAD "auth:\n  - signature: {in: header X}\n", "t.yaml:5:16: algorithm is missing"},
        {HEAD "auth:\n  - basic: [user]\n", "basic is the names of two settings"},
        {HEAD "auth:\n  - secrets: {query a: secret}\n    basic: [a, b]\n", "one scheme for each"},
        {HEAD "settings: {key: {secret: true}}\n", "t.yaml:4:17: help is missing"},
        {HEAD "settings: {key: {help: k, sort: x}}\n", "t.yaml:4:27: no key 'sort' here"},
        {HEAD "answers: {ok: {json: {}, text: x}}\n", "t.yaml:4:32: text is a second body"},
        {HEAD "answers: {ok: {status: 700}}\n",
         "t.yaml:4:24: status is '700'; it must be a whole number from 100"},
        {HEAD "answers: {ok: {text: '{dlr_url}'}}\n", "'dlr_url' is not known in this place"},
        {HEAD "send: {url: '{dlr_url}'}\n", "send asks for delivery reports, and nothing reads"},
        {HEAD "send: {url: 'https://x/{form a}'}\n", "'form' is not known in this place"},
        {HEAD "send: {method: PATCH}\n", "method is 'PATCH'; it must be one of: GET POST"},
        {HEAD "send:\n  let: {a: '{let b}', b: x}\n", "'let b' has no line under let:"},
        {HEAD "send: {token: {url: x}}\n",
         "a token request lacks url: or value:; write url:, and value:"},
        {HEAD "body: yaml\n",
         "t.yaml:4:7: body is 'yaml'; write one or more of: form json xml text"},
        {HEAD "methods: PATCH\n", "methods is 'PATCH'; write one or more of: GET POST PUT"},
        {HEAD "notes: &x a\n", "t.yaml:4:8: anchors"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct profile *p = NULL;
        buf_reset(&errors);
        enum err e = profile_parse(str_from(cases[i].yaml), STR("t.yaml"), &p, &errors);
        struct str said = buf_str(&errors);
        if (e != ERR_INVALID || str_find(said, str_from(cases[i].message)) == SIZE_MAX)
            fail_msg("%s\n  said: %.*s\n  not:  %s", cases[i].yaml, STR_ARG(said),
                     cases[i].message);
    }
}

static void test_all_mistakes_are_told_at_once(void **state)
{
    (void)state;
    struct profile *p = NULL;
    enum err e = profile_parse(
        STR(HEAD "body: yaml\nfields: {from: form a}\nmessages:\n  - kind: sms\n    text: fom t\n"
                 "  - kind: ussd\n    phase: begin\nanswers: {ok: {status: 7}}\nsend: {url: 1, id: "
                 "'x'}\n"),
        STR("t.yaml"), &p, &errors);
    assert_int_equal(e, ERR_INVALID);
    static const char *const places[] = {"t.yaml:4:7: ",   "t.yaml:5:16: ",  "t.yaml:8:11: ",
                                         "t.yaml:10:12: ", "t.yaml:11:24: ", "t.yaml:12:20: "};
    struct str rest = buf_str(&errors);
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct str line = str_split(&rest, '\n');
        if (!str_starts(line, str_from(places[i])) || str_find(line, STR("; ")) == SIZE_MAX)
            fail_msg("%s: %.*s", places[i], STR_ARG(line));
    }
    assert_int_equal(rest.len, 0);
}

static void test_sizes_have_ceilings(void **state)
{
    (void)state;
    static char yaml[PROFILE_MAX_BYTES + 2];
    size_t n = (size_t)snprintf(yaml, sizeof(yaml), HEAD "notes: ");
    memset(yaml + n, 'x', sizeof(yaml) - n);
    assert_int_equal(
        profile_parse((struct str){yaml, PROFILE_MAX_BYTES}, STR("t"), &profile, &errors), ERR_OK);
    profile_free(profile);
    profile = NULL;
    assert_int_equal(
        profile_parse((struct str){yaml, PROFILE_MAX_BYTES + 1}, STR("t"), &profile, &errors),
        ERR_INVALID);
    for (int rules = 24; rules <= 25; rules++) {
        n = (size_t)snprintf(yaml, sizeof(yaml), HEAD "messages:\n");
        for (int i = 0; i < rules; i++)
            n += (size_t)snprintf(
                yaml + n, sizeof(yaml) - n,
                "  - {kind: sms, from: {in: form a, number: digits}, text: form b}\n");
        struct profile *p = NULL;
        enum err e = profile_parse((struct str){yaml, n}, STR("t"), &p, &errors);
        assert_int_equal(e, rules == 24 ? ERR_OK : ERR_INVALID);
        profile_free(p);
    }
    load(HEAD "messages:\n  - {kind: ussd, path: /1/2/3/4/5/6/7/8, from: {in: query a, number: "
              "digits}, session: query b}\n");
    assert_int_equal(
        profile_parse(STR(HEAD "messages:\n  - {kind: ussd, path: /1/2/3/4/5/6/7/8/9}\n"), STR("t"),
                      &(struct profile *){NULL}, &errors),
        ERR_INVALID);
}

/* decoding ----------------------------------------------------------------------------------- */

static struct inbound_batch decode_with(const char *query, const struct session_memory *session,
                                        const struct settings *settings)
{
    struct inbound_batch batch;
    struct decode_context context = {
        .settings = settings, .session = session, .rest = STR(""), .peer = STR("::1")};
    request = (struct http_request){.method = STR("GET"),
                                    .target = STR("/in/t"),
                                    .path = STR("/in/t"),
                                    .query = str_from(query),
                                    .body = STR("")};
    assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
    return batch;
}

static const struct inbound *decode(const char *query, const struct session_memory *session)
{
    static struct inbound_batch batch;
    batch = decode_with(query, session, NULL);
    return &batch.items[0];
}

static const char cumulative[] =
    HEAD "messages:\n  - kind: ussd\n    from: {in: query n, number: digits}\n    to: query c\n    "
         "session: query s\n"
         "    text: {in: query t, default: ''}\n    phase: session\n    input: cumulative\n"
         "    first: keep\n"
         "answers:\n  open: {text: 'CON {text}'}\n  close: {text: 'END {text}'}\n";

/* The number's state holds length and hash of the last path, never the path. */
static void test_cumulative_input_by_hash(void **state)
{
    (void)state;
    static const struct {
        const char *last, *now, *text;
        bool is_repeat;
    } cases[] = {
        {"", "1", "1", false},
        {"1", "1*2", "2", false},
        {"1", "1*2*3", "2*3", false},
        {"1", "1*", "", false},
        {"1*2", "1*2", "", true},
        {"", "", "", true},
        {"7*a*b", "7*a*b*****", "****", false},
        {"1", "2", "2", false}, /* not what was remembered: all of it is new */
        {"1*2", "1", "1", false},
        {"1", "12", "12", false},
    };
    load(cumulative);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str last = str_from(cases[i].last);
        struct session_memory memory = {.is_known = true,
                                        .has_last = true,
                                        .last_bytes = (uint16_t)last.len,
                                        .last_hash = (uint32_t)str_hash(last)};
        struct str query = arena_printf(arena, "n=254700000101&c=*1%%23&s=9&t=%s", cases[i].now);
        const struct inbound *in = decode(query.p, &memory);
        assert_str(in->text, cases[i].text);
        assert_str(in->raw_text, cases[i].now);
        assert_int_equal(in->is_repeat, cases[i].is_repeat);
        assert_int_equal(in->outcome, cases[i].is_repeat ? INBOUND_DUPLICATE : INBOUND_ACCEPT);
        assert_int_equal(in->phase, INBOUND_PHASE_CONTINUE);
        assert_false(in->is_repeatable_input);
    }
}

/* Decoded first without memory, then again when the number's state has been loaded and the request
 * is gone. */
static void test_resume_needs_no_request(void **state)
{
    (void)state;
    char query[] = "n=254700000101&c=*1%23&s=9&t=1*Juma%20Ali";
    struct session_memory memory = {.is_known = true, .last = STR("1"), .has_last = true};
    struct inbound again;
    load(cumulative);
    struct inbound_batch batch = decode_with(query, NULL, NULL);
    assert_int_equal(batch.items[0].phase, INBOUND_PHASE_NEW);
    assert_str(batch.items[0].text, "1*Juma Ali");
    memset(query, '?', sizeof(query));
    memset(&request, '?', sizeof(request));
    assert_int_equal(profile_resume(&batch, 0, &memory, &again), ERR_OK);
    assert_int_equal(again.phase, INBOUND_PHASE_CONTINUE);
    assert_str(again.text, "Juma Ali");
    assert_str(again.from, "+254700000101");
    assert_str(again.session, "9");
    assert_str(again.step, NULL);
}

/* The provider gets its success, so that it does not send the same for a day. */
static void test_who_is_no_sender_is_let_go(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        enum inbound_outcome outcome;
        bool is_no_sender, is_unplanned;
    } cases[] = {
        {"n=254700000101&c=20880&t=x", INBOUND_ACCEPT, false, false},
        {"n=2547000001012&c=20880&t=x", INBOUND_ACCEPT, false, true},
        {"n=MPESA&c=20880&t=x", INBOUND_IGNORE, true, false},
        {"n=40404&c=20880&t=x", INBOUND_IGNORE, true, false},
        {"n=254700000101&c=254700000101&t=x", INBOUND_IGNORE, true, false},
        {"n=254700000101&c=%2B254700000101&t=x", INBOUND_IGNORE, true, false},
        {"n=&c=20880&t=x", INBOUND_REJECT, false, false},
        {"c=20880&t=x", INBOUND_REJECT, false, false},
    };
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, to: query c, text: "
              "query t}\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct inbound *in = decode(cases[i].query, NULL);
        if (in->outcome != cases[i].outcome || in->is_no_sender != cases[i].is_no_sender ||
            in->is_unplanned != cases[i].is_unplanned)
            fail_msg("%s: %s", cases[i].query, inbound_outcome_name(in->outcome));
    }
    load(HEAD "messages:\n  - {kind: ussd, from: {in: query n, number: digits}, to: query c, "
              "session: query s, text: query t}\n");
    assert_int_equal(decode("n=MPESA&c=*1%23&s=9&t=x", NULL)->outcome, INBOUND_REJECT);
}

/* Steps of a provider that numbers them, as a number or as text. */
static void test_steps(void **state)
{
    (void)state;
    struct inbound_batch batch;
    struct decode_context context = {.rest = STR("")};
    load(HEAD "body: json\nmessages:\n  - kind: ussd\n    from: {in: json /n, number: digits}\n"
              "    session: json /s\n    step: json /step\n    phase: continue\n");
    request = (struct http_request){
        .method = STR("POST"), .body = STR("{\"n\":\"254700000101\",\"s\":\"9\",\"step\":12}")};
    assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
    assert_str(batch.items[0].step, "12");
    request.body = STR("{\"n\":\"254700000101\",\"s\":\"9\",\"step\":\"\"}");
    assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
    assert_str(batch.items[0].step, NULL);
}

static void test_first_text_of_a_session(void **state)
{
    (void)state;
    static const struct {
        const char *first, *code, *text, *input;
    } cases[] = {
        {"code", "*384*7%23", "*384*7%23", ""},   {"code", "*384*7%23", "*384*7*22*5%23", "22*5"},
        {"code", "*384*7%23", "22*5", "22*5"},    {"code", "1234*356", "*1234*356%23", ""},
        {"code", "GUID", "*711*23%23", ""}, /* the service has a name instead of a code */
        {"code", "*38%23", "*384%23", ""},  /* another code that only begins alike */
        {"code", "384*7%23", "*384*7*2%23", "2"}, {"code", "384*7", "384*7*2%23", "2"},
        {"code", "*384%23", "hello", "hello"},    {"drop", "*384%23", "*384*1%23", ""},
        {"keep", "*384%23", "*384%23", "*384#"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str yaml = arena_printf(arena,
                                       HEAD "messages:\n  - {kind: ussd, from: {in: query n, "
                                            "number: digits}, to: query c, session: query s, "
                                            "text: query t, phase: session, first: %s}\n",
                                       cases[i].first);
        load(yaml.p);
        struct str query =
            arena_printf(arena, "n=254700000101&s=1&c=%s&t=%s", cases[i].code, cases[i].text);
        const struct inbound *in = decode(query.p, NULL);
        if (!str_eq(in->text, str_from(cases[i].input)))
            fail_msg("%s %s %s: %.*s", cases[i].first, cases[i].code, cases[i].text,
                     STR_ARG(in->text));
    }
}

static const char remembering[] = HEAD
    "fields:\n  from: {in: [query n, remembered from], number: digits}\n  session: query s\n"
    "messages:\n  - kind: ussd\n    when: {query end: present}\n    phase: end\n    lost: ignore\n"
    "  - kind: ussd\n    text: query t\n    phase: session\n"
    "    remember: {ref: [query ref, remembered ref]}\n"
    "answers:\n  open: {text: '{remembered ref}|{text}'}\n";

static void test_sessions_that_are_remembered(void **state)
{
    (void)state;
    struct session_memory memory = {
        .is_known = true, .from = STR("+254700000101"), .remembered = STR("ref=a%26b")};
    struct reply reply = {.text = STR("Hi"), .is_open = true};
    struct http_response response;
    load(remembering);
    assert_true(profile_needs_session(profile));
    request = (struct http_request){.method = STR("GET"), .query = STR("s=7&end=1")};
    assert_str(profile_session_key(profile, &request, STR(""), arena), "7");
    assert_int_equal(decode("s=7&end=1", NULL)->outcome, INBOUND_IGNORE); /* nobody knows whose */
    const struct inbound *in = decode("s=7&end=1", &memory);
    assert_int_equal(in->outcome, INBOUND_ACCEPT);
    assert_int_equal(in->phase, INBOUND_PHASE_END);
    assert_str(in->from, "+254700000101");
    assert_str(decode("s=7&n=254700000101&t=1&ref=x", NULL)->remember, "ref=x");
    struct inbound_batch batch = decode_with("s=7&t=1", &memory, NULL);
    assert_str(batch.items[0].remember, "ref=a%26b"); /* carried on */
    assert_int_equal(profile_encode(profile, &batch, &reply, NULL, arena, &response), ERR_OK);
    assert_str(response.body, "a&b|Hi");
}

static void test_texts_are_clean(void **state)
{
    (void)state;
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, text: query t}\n");
    assert_str(decode("n=254700000101&t=a%00b", NULL)->text, "a\xef\xbf\xbd"
                                                             "b");
    assert_str(decode("n=254700000101&t=%C0%AF", NULL)->text, "\xef\xbf\xbd\xef\xbf\xbd");
    assert_str(decode("n=254700000101&t=%EF%BF%BD", NULL)->text, "\xef\xbf\xbd");
    assert_str(decode("n=254700000101&t=%00S%00T%00O%00P", NULL)->text, "STOP");
    assert_str(decode("n=254700000101&t=caf%E9", NULL)->text, "caf\xc3\xa9");
    assert_str(decode("n=254700000101&t=", NULL)->text, "");
    assert_str(decode("n=254700000101", NULL)->text, ""); /* an empty SMS */
    assert_str(decode("t=x", NULL)->reason, "missing from (query n)");
    load(HEAD "charset: latin1\nmessages:\n  - {kind: sms, from: {in: query n, number: digits}, "
              "text: query t}\n");
    assert_str(decode("n=254700000101&t=caf%E9", NULL)->text, "caf\xc3\xa9");
    load(HEAD "bad_text: reject\nmessages:\n  - {kind: sms, from: {in: query n, number: digits}, "
              "text: query t}\n");
    assert_int_equal(decode("n=254700000101&t=caf%E9", NULL)->outcome, INBOUND_REJECT);
}

static void test_maps_and_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum dlr_status is;
        enum inbound_outcome outcome;
    } cases[] = {
        {"10", DLR_DELIVERED, INBOUND_ACCEPT},
        {"12", DLR_DELIVERED, INBOUND_ACCEPT},
        {"13", DLR_NONE, INBOUND_UNKNOWN_STATUS},
        {"9", DLR_NONE, INBOUND_UNKNOWN_STATUS},
        {"21", DLR_FAILED, INBOUND_ACCEPT},
        {"-1", DLR_ERRORED, INBOUND_ACCEPT},
        {"-99", DLR_ERRORED, INBOUND_ACCEPT},
        {"dELIVRD", DLR_DELIVERED, INBOUND_ACCEPT},
        {"10x", DLR_NONE, INBOUND_UNKNOWN_STATUS},
        {"wait", DLR_NONE, INBOUND_IGNORE},
        {"10..12", DLR_NONE, INBOUND_UNKNOWN_STATUS},
        {"99999999999999999999", DLR_NONE, INBOUND_UNKNOWN_STATUS},
    };
    load(HEAD
         "messages:\n  - kind: dlr\n    at: any\n    id: query id\n    status:\n      in: query s\n"
         "      map: {delivered: [10..12, DELIVRD], failed: 21.., errored: ..-1, ignore: wait}\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str query = arena_printf(arena, "id=7&s=%s", cases[i].status);
        const struct inbound *in = decode(query.p, NULL);
        if (in->status != cases[i].is || in->outcome != cases[i].outcome)
            fail_msg("%s: %d %s", cases[i].status, in->status, inbound_outcome_name(in->outcome));
        assert_str(in->status_raw, cases[i].status);
    }
}

static void test_parts_of_long_messages(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        enum inbound_outcome outcome;
    } cases[] = {
        {"r=1&p=1&of=2", INBOUND_BUFFER},     {"r=1&p=2&of=2", INBOUND_BUFFER},
        {"r=1&p=255&of=255", INBOUND_BUFFER}, {"r=1&p=1&of=1", INBOUND_ACCEPT},
        {"r=1&p=3&of=2", INBOUND_ACCEPT},     {"r=1&p=0&of=2", INBOUND_ACCEPT},
        {"r=1&p=1&of=256", INBOUND_ACCEPT},   {"p=1&of=2", INBOUND_ACCEPT},
    };
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, text: query t, "
              "part_ref: query r, "
              "part: query p, parts: query of}\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str query = arena_printf(arena, "n=254700000101&t=x&%s", cases[i].query);
        assert_int_equal(decode(query.p, NULL)->outcome, cases[i].outcome);
    }
}

static struct inbound_batch post(struct str body, const char *type)
{
    struct inbound_batch batch;
    struct decode_context context = {.rest = STR("")};
    request = (struct http_request){
        .method = STR("POST"), .target = STR("/in/t"), .path = STR("/in/t"), .body = body};
    request.headers[0] = (struct http_header){STR("content-type"), str_from(type)};
    request.n_headers = 1;
    assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
    return batch;
}

static void test_encodings_of_documents(void **state)
{
    (void)state;
    static const struct str cases[][2] = {
        {STR("\0<\0n\0>\0z\0<\0/\0n\0>"), STR("text/xml")},
        {STR("\xff\xfe<\0n\0>\0z\0<\0/\0n\0>\0\n"), STR("half a unit at the end")},
        {STR("<n>\xe9</n>"), STR("text/xml; charset=Windows-1252")},
        {STR("<n>\xc3\xa9</n>"), STR("text/xml; charset=iso-8859-1, which is not true")},
        {STR("<n>\xe9</n>"), STR("text/xml")},
    };
    static const char *const texts[] = {"z", "z", "\xc3\xa9", "\xc3\xa9", "\xef\xbf\xbd"};
    load(HEAD "body: xml\nmessages:\n  - {kind: sms, network: xml /n}\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_str(post(cases[i][0], cases[i][1].p).items[0].network, texts[i]);
}

static const char list[] =
    HEAD "body: json\nmessages:\n"
         "  - {kind: sms, each: json /l, when: {item /t: mo}, from: {in: item /n, number: digits}, "
         "text: item /x, "
         "id: '{json /id}-{index}'}\n"
         "  - {kind: dlr, at: any, each: json /l, when: {item /t: dlr}, id: item /i, "
         "status: {in: item /s, map: {sent: s}}}\n";
static void test_one_bad_item_loses_no_other(void **state)
{
    (void)state;
    load(list);
    struct inbound_batch batch = post(
        STR("{\"id\":\"b\",\"l\":[{\"t\":\"mo\",\"n\":\"254700000101\",\"x\":\"1\"},{\"t\":\"mo\"},"
            "{\"t\":\"?\"},7,{\"t\":\"dlr\",\"i\":\"9\",\"s\":\"s\"},"
            "{\"t\":\"mo\",\"n\":\"254700000102\",\"x\":\"2\"}]}"),
        "text/plain");
    static const enum inbound_outcome outcomes[] = {INBOUND_ACCEPT, INBOUND_REJECT, INBOUND_IGNORE,
                                                    INBOUND_IGNORE, INBOUND_ACCEPT, INBOUND_ACCEPT};
    struct http_response response;
    assert_int_equal(batch.n_items, ARRAY_LEN(outcomes));
    for (uint32_t i = 0; i < batch.n_items; i++)
        assert_int_equal(batch.items[i].outcome, outcomes[i]);
    assert_str(batch.items[0].id, "b-0");
    assert_str(batch.items[5].id, "b-5");
    assert_int_equal(batch.items[4].kind, INBOUND_DLR);
    assert_int_equal(profile_encode(profile, &batch, NULL, NULL, arena, &response), ERR_OK);
    assert_int_equal(response.status, 200);
}

static void test_lists_have_a_ceiling(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1u << 20);
    for (uint32_t n = INBOUND_MAX_ITEMS; n <= INBOUND_MAX_ITEMS + 1; n++) {
        buf_reset(&body);
        buf_add_str(&body, STR("{\"l\":[7"));
        for (uint32_t i = 1; i < n; i++)
            buf_add_str(&body, STR(",7"));
        buf_add_str(&body, STR("]}"));
        load(list);
        struct inbound_batch batch = post(buf_str(&body), "");
        assert_int_equal(batch.n_items, n == INBOUND_MAX_ITEMS ? n : 1);
        assert_int_equal(batch.items[0].outcome,
                         n == INBOUND_MAX_ITEMS ? INBOUND_IGNORE : INBOUND_REJECT);
    }
    assert_int_equal(post(STR("{\"l\":[]}"), "").items[0].outcome, INBOUND_IGNORE);
    assert_int_equal(post(STR("{\"m\":[]}"), "").items[0].outcome, INBOUND_REJECT);
    assert_int_equal(post(STR("{\"l\":"), "").items[0].outcome, INBOUND_REJECT);
    buf_fini(&body);
}

/* What some providers sign: our address as they know it, whatever a proxy makes of it. */
static void test_our_address_as_the_provider_knows_it(void **state)
{
    (void)state;
    static const struct {
        const char *public_url, *url;
    } cases[] = {
        {"https://us.example", "https://us.example/in/t?n=254700000101"},
        {"https://us.example/", "https://us.example/in/t?n=254700000101"},
        {"us.example", "us.example/in/t?n=254700000101"},
        {"https://us.example/cb", "https://us.example/cb?n=254700000101"},
        {"https://us.example/cb?k=1", "https://us.example/cb?k=1"},
    };
    load(HEAD "methods: GET\nmessages:\n"
              "  - {kind: sms, from: {in: query n, number: digits}, text: url}\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct setting values[] = {{STR("public_url"), str_from(cases[i].public_url)}};
        struct settings settings = {values, 1};
        struct decode_context context = {.settings = &settings};
        struct inbound_batch batch;
        request = (struct http_request){.method = STR("GET"),
                                        .target = STR("/in/t?n=254700000101"),
                                        .query = STR("n=254700000101")};
        assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
        assert_str(batch.items[0].text, cases[i].url);
    }
}

static void test_methods(void **state)
{
    (void)state;
    load(HEAD "methods: POST\nbody: form\nmessages:\n  - {kind: sms, from: {in: form n, number: "
              "digits}, text: form t}\n");
    assert_int_equal(post(STR("n=254700000101&t=x"), "").items[0].outcome, INBOUND_ACCEPT);
    assert_int_equal(decode("n=254700000101&t=x", NULL)->outcome, INBOUND_REJECT);
    struct decode_context context = {.rest = STR("")};
    struct inbound_batch batch;
    request.method = STR("HEAD");
    assert_int_equal(profile_decode(profile, &request, &context, arena, &batch), ERR_OK);
    assert_int_equal(batch.items[0].outcome, INBOUND_IGNORE);
}

static void test_served_codes(void **state)
{
    (void)state;
    struct setting one[] = {{STR("to_pattern"), STR("^\\*121#$")}};
    struct settings settings = {one, 1};
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, to: query c, text: "
              "query t}\n");
    assert_int_equal(decode_with("n=254700000101&t=x&c=*121%23", NULL, &settings).items[0].outcome,
                     INBOUND_ACCEPT);
    assert_int_equal(decode_with("n=254700000101&t=x&c=*1210%23", NULL, &settings).items[0].outcome,
                     INBOUND_REJECT);
    one[0].value = STR("[");
    assert_int_equal(decode_with("n=254700000101&t=x&c=*121%23", NULL, &settings).items[0].outcome,
                     INBOUND_REJECT);
}

/* answering ---------------------------------------------------------------------------------- */

static void test_responses(void **state)
{
    (void)state;
    static const char yaml[] =
        HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, text: query t, id: "
             "query i}\n"
             "answers:\n  ok: {json: {got: '{id}', n: 1, empty: '', link: '{link}'}}\n"
             "  reply: {xml: '<r to=\"{from | attribute}\">{text}</r>', max_chars: 160}\n"
             "  busy: {status: 503, headers: {Retry-After: '5'}}\n";
    struct http_response response;
    struct reply reply = {.text = STR("1 < 2 & \"3\"")}, busy = {.is_error = true};
    load(yaml);
    assert_true(profile_replies_in_response(profile));
    assert_int_equal(profile_response_max_chars(profile), 160);
    struct inbound_batch batch = decode_with("n=254700000101&t=x&i=a%22b", NULL, NULL);
    assert_int_equal(profile_encode(profile, &batch, NULL, NULL, arena, &response), ERR_OK);
    assert_str(response.body,
               "{\"got\":\"a\\\"b\",\"n\":1,\"empty\":\"\"}"); /* no link: left out */
    assert_str(response.content_type, "application/json");
    assert_int_equal(profile_encode(profile, &batch, &reply, NULL, arena, &response), ERR_OK);
    assert_str(response.body, "<r to=\"+254700000101\">1 &lt; 2 &amp; \"3\"</r>");
    assert_int_equal(profile_encode(profile, &batch, &busy, NULL, arena, &response), ERR_OK);
    assert_int_equal(response.status, 503);
    assert_str(response.headers[0].value, "5");
    batch = decode_with("t=x", NULL, NULL);
    assert_int_equal(profile_encode(profile, &batch, &reply, NULL, arena, &response), ERR_OK);
    assert_int_equal(response.status, 400);
}

static void test_a_header_has_one_line(void **state)
{
    (void)state;
    struct http_response response;
    load(HEAD "messages:\n  - {kind: sms, from: {in: query n, number: digits}, text: query t}\n"
              "answers: {ok: {headers: {X-Text: '{text}'}}}\n");
    struct inbound_batch batch = decode_with("n=254700000101&t=a%0d%0aX:1", NULL, NULL);
    assert_int_not_equal(profile_encode(profile, &batch, NULL, NULL, arena, &response), ERR_OK);
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *text, *found; /* NULL: refused for its missing text */
    } cases[] = {
        {"KEY a", "a"},   {"KEY%20b", "b"}, {"KEY", NULL},
        {"xKEY c", NULL}, {"KEY ", ""},     {"MENU", "MENU"},
    };
    load(HEAD "messages:\n  - kind: sms\n    from: {in: query n, number: digits}\n"
              "    text: {in: query t, match: '^(?:KEY (.*)|MENU)$', required: true}\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str query = arena_printf(arena, "n=254700000101&t=%s", cases[i].text);
        const struct inbound *in = decode(query.p, NULL);
        assert_str(in->text, cases[i].found);
        assert_int_equal(in->outcome, cases[i].found != NULL ? INBOUND_ACCEPT : INBOUND_REJECT);
    }
}

/* What looks like a range and is none is a word. */
static void test_words_with_dots(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum inbound_outcome outcome;
    } cases[] = {
        {"1..x", INBOUND_ACCEPT}, {"x..2", INBOUND_ACCEPT}, {"..", INBOUND_ACCEPT},
        {"1", INBOUND_IGNORE},    {"2", INBOUND_IGNORE},    {"0", INBOUND_IGNORE},
        {"8", INBOUND_IGNORE},    {"9", INBOUND_ACCEPT},    {"9..9", INBOUND_IGNORE},
        {"4", INBOUND_ACCEPT},    {"5", INBOUND_IGNORE}, /* a lone number is no range either */
    };
    load(HEAD "messages:\n  - kind: sms\n    when: {query k: [1..x, x..2, .., 9..9, 4]}\n"
              "    from: {in: query n, number: digits}\n    text: query t\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str query = arena_printf(arena, "n=254700000101&t=x&k=%s", cases[i].value);
        if (decode(query.p, NULL)->outcome != cases[i].outcome)
            fail_msg("%s", cases[i].value);
    }
}

/* A token of any length comes back as it was; what is signed without a key is not sent. */
static void test_tokens_and_keys(void **state)
{
    (void)state;
    struct setting values[] = {{STR("key"), STR("k")}};
    struct settings settings = {values, 0};
    struct outgoing message = {.to = STR("+254700000101"), .text = STR("x")};
    struct send_request sent;
    struct errmsg msg = {""};
    load(HEAD "settings: {key: {help: k}}\nmessages:\n"
              "  - {kind: sms, from: {in: query n, number: [plus, opaque]}, text: query t}\n"
              "send: {url: 'https://x', form: {to: '{to}', sign: '{text | hmac-sha256:key | "
              "to-hex}'}}\n");
    const struct inbound *in = decode("n=token-of-more-than-sixteen-characters&t=x", NULL);
    assert_true(in->is_opaque);
    assert_str(in->from, "token-of-more-than-sixteen-characters");
    assert_false(decode("n=%2B254700000101&t=x", NULL)->is_opaque);
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
    assert_str(sent.body, "to=%2B254700000101");
    settings.n = 1;
    assert_int_equal(send_now(&message, &settings, &sent, &msg), ERR_OK);
    assert_true(str_starts(sent.body, STR("to=%2B254700000101&sign=")));
    assert_int_equal(sent.body.len, strlen("to=%2B254700000101&sign=") + 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mistakes_are_told_with_their_place),
        TEST(test_all_mistakes_are_told_at_once),
        TEST(test_sizes_have_ceilings),
        TEST(test_cumulative_input_by_hash),
        TEST(test_resume_needs_no_request),
        TEST(test_who_is_no_sender_is_let_go),
        TEST(test_steps),
        TEST(test_first_text_of_a_session),
        TEST(test_sessions_that_are_remembered),
        TEST(test_texts_are_clean),
        TEST(test_maps_and_ranges),
        TEST(test_parts_of_long_messages),
        TEST(test_encodings_of_documents),
        TEST(test_one_bad_item_loses_no_other),
        TEST(test_lists_have_a_ceiling),
        TEST(test_our_address_as_the_provider_knows_it),
        TEST(test_methods),
        TEST(test_served_codes),
        TEST(test_responses),
        TEST(test_a_header_has_one_line),
        TEST(test_patterns),
        TEST(test_words_with_dots),
        TEST(test_tokens_and_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
