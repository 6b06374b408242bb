/* The JSON is read back with a JSON library of its own, as PostgreSQL will. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "core/event_record.h"

static const uint8_t number_id[16] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                                      0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0xff};
static const uint8_t learner_id[16] = {0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x42, 0xd3,
                                       0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00};

static struct buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, 1 << 16);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

static struct event_record small_record(const struct event *events, uint32_t n)
{
    struct event_record record = {
        .kind = EVENT_RECORD_STEP,
        .seq = 7,
        .at = {1795505860123},
        .channel = STR("at"),
        .via = STR("sms"),
        .n_events = n,
    };
    memcpy(record.number_id, number_id, sizeof(number_id));
    memcpy(record.learner_id, learner_id, sizeof(learner_id));
    memcpy(record.events, events, n * sizeof(*events));
    return record;
}

static json_t *parse(const struct event_record *record, struct str learner)
{
    buf_reset(&out);
    event_record_json(record, learner, &out);
    assert_int_equal(buf_error(&out), ERR_OK);
    assert_null(memchr(out.p, '\n', out.len)); /* one line */
    json_error_t error;
    json_t *json = json_loadb(out.p, out.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s in %s", error.text, out.p);
    return json;
}

static void expect_text(const json_t *object, const char *name, const char *expected)
{
    const char *found = json_string_value(json_object_get(object, name));
    if (found == NULL || strcmp(found, expected) != 0)
        fail_msg("%s: found %s, expected %s", name, found != NULL ? found : "(none)", expected);
}

static void expect_number(const json_t *object, const char *name, json_int_t expected)
{
    assert_true(json_is_integer(json_object_get(object, name)));
    assert_true(json_integer_value(json_object_get(object, name)) == expected);
}

static void test_a_full_step(void **state)
{
    (void)state;
    struct event events[2] = {event_make(EVENT_answered), event_make(EVENT_certified)};
    events[0].unit = STR("m1q1");
    events[0].phase = EVENT_PHASE_QUIZ;
    events[0].choice = 3;
    events[0].correct = 1;
    events[0].attempt = 1;
    events[1].code = STR("482109375526");
    events[1].value = 86;
    events[1].text = STR("a \"quoted\"\n\\ text \u00e9");
    struct event_record record = small_record(events, 2);
    record.network = STR("63902");
    record.course = STR("children-on-the-move");
    record.version = STR("1.0.0");
    record.lang = STR("en");
    record.country = STR("KE");
    record.due_at = (struct wall_ms){1795678660123};
    record.vault_key_id = 1;
    record.vault_nonce = (struct str){"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 12};
    record.vault_ciphertext = (struct str){"\xde\xad\x00", 3};
    json_t *json = parse(&record, (struct str){"\x00\x00\x00\x07\xff", 5});
    assert_int_equal(json_object_size(json), 16);
    expect_text(json, "type", "step");
    expect_text(json, "number_id", "000102030405060708090a0b0c0d0eff");
    expect_text(json, "learner_id", "123e4567-e89b-42d3-a456-426614174000");
    expect_number(json, "seq", 7);
    expect_text(json, "at", "2026-11-24T07:37:40.123Z");
    expect_text(json, "due", "2026-11-26T07:37:40.123Z");
    expect_text(json, "channel", "at");
    expect_text(json, "via", "sms");
    expect_text(json, "network", "63902");
    expect_text(json, "course", "children-on-the-move");
    expect_text(json, "version", "1.0.0");
    expect_text(json, "lang", "en");
    expect_text(json, "country", "KE");
    expect_text(json, "state", "00000007ff");
    const json_t *vault = json_object_get(json, "vault");
    assert_int_equal(json_object_size(vault), 3);
    expect_number(vault, "key_id", 1);
    expect_text(vault, "nonce", "0102030405060708090a0b0c");
    expect_text(vault, "ciphertext", "dead00");
    const json_t *list = json_object_get(json, "events");
    assert_int_equal(json_array_size(list), 2);
    const json_t *answered = json_array_get(list, 0);
    assert_int_equal(json_object_size(answered), 7);
    expect_number(answered, "n", 0);
    expect_text(answered, "kind", "answered");
    expect_text(answered, "unit", "m1q1");
    expect_text(answered, "phase", "quiz");
    expect_number(answered, "choice", 3);
    assert_true(json_is_true(json_object_get(answered, "correct")));
    expect_number(answered, "attempt", 1);
    const json_t *certified = json_array_get(list, 1);
    assert_int_equal(json_object_size(certified), 5);
    expect_number(certified, "n", 1);
    expect_text(certified, "code", "482109375526");
    expect_number(certified, "value", 86);
    expect_text(certified, "text", "a \"quoted\"\n\\ text \u00e9");
    json_decref(json);
}

static void test_what_does_not_apply_is_left_out(void **state)
{
    (void)state;
    struct event events[1] = {event_make(EVENT_stopped)};
    struct event_record record = small_record(events, 1);
    record.country = STR(""); /* unknown */
    json_t *json = parse(&record, STR_NONE);
    assert_int_equal(json_object_size(json), 8);
    const json_t *event = json_array_get(json_object_get(json, "events"), 0);
    assert_int_equal(json_object_size(event), 2);
    expect_text(event, "kind", "stopped");
    json_decref(json);

    record.n_events = 0;
    json = parse(&record, STR_NONE);
    assert_int_equal(json_array_size(json_object_get(json, "events")), 0);
    json_decref(json);
}

static void test_numbers_at_their_edges(void **state)
{
    (void)state;
    static const int32_t values[] = {0, 1, -1, 9, 10, INT32_MAX, INT32_MIN + 1};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct event event = event_make(EVENT_answered);
        event.value = values[i];
        event.choice = 0;
        event.correct = 0;
        struct event_record record = small_record(&event, 1);
        record.seq = UINT32_MAX;
        json_t *json = parse(&record, STR_NONE);
        expect_number(json, "seq", UINT32_MAX);
        const json_t *found = json_array_get(json_object_get(json, "events"), 0);
        expect_number(found, "value", values[i]);
        expect_number(found, "choice", 0);
        assert_true(json_is_false(json_object_get(found, "correct")));
        json_decref(json);
    }
}

/* Bytes that a phone can send must not make an record that jsonb refuses. */
static void test_hostile_texts(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *expected;
    } cases[] = {
        {{"a\0b", 3},
         "a\ufffd"
         "b"},
        {{"a\xff"
          "b",
          3},
         "a\ufffd"
         "b"},
        {{"\xed\xa0\x80", 3}, "\ufffd\ufffd\ufffd"},
        {{"\x01\x1f\x7f", 3}, "\x01\x1f\x7f"},
        {{"\"}]}", 4}, "\"}]}"},
        {{"\U0001f44d", 4}, "\U0001f44d"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct event event = event_make(EVENT_unknown_input);
        event.text = cases[i].text;
        struct event_record record = small_record(&event, 1);
        json_t *json = parse(&record, STR_NONE);
        expect_text(json_array_get(json_object_get(json, "events"), 0), "text", cases[i].expected);
        json_decref(json);
    }
}

static void test_a_full_buffer_is_reported(void **state)
{
    (void)state;
    struct event event = event_make(EVENT_contact);
    struct event_record record = small_record(&event, 1);
    struct buf small CLEANUP(buf_fini);
    buf_init(&small, 100);
    event_record_json(&record, STR_NONE, &small);
    assert_int_equal(buf_error(&small), ERR_TOO_LONG);
}

static void test_every_kind_and_phase_has_its_name(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < N_EVENT_KINDS; kind++)
        assert_true(strlen(event_kind_name((enum event_kind)kind)) > 0);
    assert_string_equal(event_kind_name(EVENT_contact), "contact");
    assert_string_equal(event_kind_name(EVENT_scored), "scored");
    static const char *const phases[] = {"", "quiz", "pretest", "posttest", "survey", "followup"};
    for (unsigned phase = 0; phase < ARRAY_LEN(phases); phase++)
        assert_string_equal(event_phase_name((enum event_phase)phase), phases[phase]);
}

/* ---- the binary form ---- */

static struct event_record full_step(void)
{
    struct event events[EVENTS_MAX];
    for (uint32_t i = 0; i < EVENTS_MAX; i++) {
        events[i] = event_make((enum event_kind)(i + 3));
        events[i].phase = (enum event_phase)(i % 6);
        events[i].unit = STR("m1q1");
        events[i].value = (int32_t)i - 4;
        events[i].text = (struct str){"a\0b", 3};
    }
    events[1].choice = INT32_MAX;
    events[1].attempt = INT32_MIN + 1;
    events[1].correct = 0;
    events[2].code = STR("482109375526");
    struct event_record record = small_record(events, EVENTS_MAX);
    record.seq = UINT32_MAX;
    record.network = STR("63902");
    record.course = STR("children-on-the-move");
    record.version = STR("1.0.0");
    record.lang = STR("en");
    record.country = STR("KE");
    record.cohort = STR("nairobi-3");
    record.mode = STR("group");
    record.session = 0xfffefdfc;
    record.due_at = (struct wall_ms){1795678660123};
    record.is_erased = true;
    record.vault_key_id = UINT16_MAX;
    record.vault_nonce = (struct str){"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 12};
    record.vault_ciphertext = (struct str){"\xde\xad\x00", 3};
    return record;
}

static struct event_record full_message(void)
{
    struct event_record record = {
        .kind = EVENT_RECORD_MESSAGE,
        .seq = 7,
        .at = {1795505860123},
        .bucket = 255,
        .place = {1732433860123, 4},
        .channel = STR("at"),
        .network = STR("63902"),
        .country = STR("KE"),
        .unit = STR("m1q1"),
        .class = STR("push"),
        .status = STR("capped"),
        .purpose = STR("reminder"),
        .encoding = STR("gsm7"),
        .currency = STR("KES"),
        .refused_by = STR("money"),
        .segments = 3,
        .attempt = 2,
        .price = 1234567,
        .provider_id = STR("ATXid_1"),
        .error = STR("why"),
    };
    memcpy(record.number_id, number_id, sizeof(number_id));
    memcpy(record.learner_id, learner_id, sizeof(learner_id));
    return record;
}

static struct event_record full_report(void)
{
    return (struct event_record){.kind = EVENT_RECORD_REPORT,
                                 .at = {1},
                                 .channel = STR("at"),
                                 .provider_id = STR("ATXid_1"),
                                 .status = STR("delivered"),
                                 .error = STR("late")};
}

/* What comes back says the same, member by member, in its JSON and when it is written again. */
static void expect_same(const struct event_record *record)
{
    struct buf bytes CLEANUP(buf_fini), again CLEANUP(buf_fini), json CLEANUP(buf_fini);
    struct event_record back;
    buf_init(&bytes, EVENT_RECORD_MAX_BYTES);
    buf_init(&again, EVENT_RECORD_MAX_BYTES);
    buf_init(&json, EVENT_RECORD_MAX_BYTES);
    event_encode(record, &bytes);
    assert_int_equal(event_decode(buf_str(&bytes), &back), ERR_OK);
    event_encode(&back, &again);
    assert_true(str_eq(buf_str(&bytes), buf_str(&again)));
    buf_reset(&out);
    event_record_json(record, STR_NONE, &out);
    event_record_json(&back, STR_NONE, &json);
    assert_string_equal(buf_str(&out).p, buf_str(&json).p);
    assert_int_equal(back.session, record->session);
    assert_int_equal(back.is_erased, record->is_erased);
    assert_int_equal(back.n_events, record->n_events);
}

static void test_records_come_back_as_they_were(void **state)
{
    (void)state;
    struct event event = event_make(EVENT_stopped);
    struct event_record records[] = {full_step(), full_message(), full_report(),
                                     small_record(&event, 1), small_record(&event, 0)};
    for (size_t i = 0; i < ARRAY_LEN(records); i++)
        expect_same(&records[i]);
}

/* PostgreSQL gets whole units and millionths. */
static void test_a_price_is_written_exactly(void **state)
{
    (void)state;
    static const struct {
        uint64_t price;
        const char *json; /* NULL: none */
    } cases[] = {{0, NULL},
                 {1, "0.000001,"},
                 {999999, "0.999999,"},
                 {1000000, "1.000000,"},
                 {25000001, "25.000001,"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct event_record record = full_message();
        record.price = cases[i].price;
        buf_reset(&out);
        event_record_json(&record, STR_NONE, &out);
        size_t at = str_find(buf_str(&out), STR("\"price\":"));
        assert_int_equal(at != SIZE_MAX, cases[i].json != NULL);
        if (cases[i].json != NULL)
            assert_true(str_starts(str_sub(buf_str(&out), at + strlen("\"price\":"), out.len),
                                   str_from(cases[i].json)));
    }
}

/* A quiz answer, which is most of what the log holds (tests/bench/README.md). */
static void test_an_answer_is_small(void **state)
{
    (void)state;
    struct event event = event_make(EVENT_answered);
    event.unit = STR("m1q1");
    event.phase = EVENT_PHASE_QUIZ;
    event.choice = event.correct = event.attempt = 1;
    struct event_record record = small_record(&event, 1);
    record.course = STR("children-on-the-move");
    record.version = STR("1.0.0");
    record.lang = STR("en");
    record.country = STR("KE");
    record.due_at = (struct wall_ms){1795678660123};
    event_encode(&record, &out);
    assert_true(out.len <= 130);
}

/* Of a record that is cut anywhere nothing is made, nor of one with a byte too many. */
static void test_cut_records_are_refused(void **state)
{
    (void)state;
    struct event_record records[] = {full_message(), full_report()}, back;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, EVENT_RECORD_MAX_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        buf_reset(&bytes);
        event_encode(&records[i], &bytes);
        for (size_t n = 0; n < bytes.len; n++)
            assert_int_equal(event_decode(str_sub(buf_str(&bytes), 0, n), &back), ERR_INVALID);
        buf_add_char(&bytes, 'x');
        assert_int_equal(event_decode(buf_str(&bytes), &back), ERR_INVALID);
    }
}

static void test_too_many_events_are_refused(void **state)
{
    (void)state;
    struct event_record record = full_step(), back;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, EVENT_RECORD_MAX_BYTES);
    event_encode(&record, &bytes);
    assert_int_equal(event_decode(buf_str(&bytes), &back), ERR_OK);
    buf_add(&bytes, "\7stopped\0\0", 10);
    assert_int_equal(event_decode(buf_str(&bytes), &back), ERR_INVALID);
}

/* What another version wrote is told apart from what nobody wrote. */
static void test_other_versions_are_told(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        enum err e;
    } cases[] = {
        {STR(""), ERR_INVALID},
        {STR("{\"type\":\"step\"}"), ERR_UNSUPPORTED}, /* before the binary form */
        {STR("\2\1\0"), ERR_UNSUPPORTED},
        {STR("\1\0\0"), ERR_UNSUPPORTED},
        {STR("\1\4\0"), ERR_UNSUPPORTED},
        {STR("\1\1\0"), ERR_OK},
        {STR("\1\1\0\6danced\0\0"), ERR_UNSUPPORTED},                       /* no such kind */
        {STR("\1\1\0\7stopped\4wuiz\0"), ERR_UNSUPPORTED},                  /* no such phase */
        {STR("\1\3\100"), ERR_UNSUPPORTED},                                 /* no such field */
        {STR("\1\3\1\377\377\377\377\377\377\377\377\377\2"), ERR_INVALID}, /* over 64 bits */
        {STR("\1\1\200\200\1\2\1"), ERR_INVALID}, /* a flag that is 2, no text */
    };
    struct event_record back;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(event_decode(cases[i].bytes, &back), cases[i].e);
}

static void test_places(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        enum err e;
    } cases[] = {{STR("0-0"), ERR_OK},
                 {STR("18446744073709551615-18446744073709551615"), ERR_OK},
                 {STR("18446744073709551616-0"), ERR_INVALID},
                 {STR("1"), ERR_INVALID},
                 {STR("1-"), ERR_INVALID},
                 {STR("-1"), ERR_INVALID},
                 {STR("1-2-3"), ERR_INVALID}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct event_place place;
        char text[EVENT_PLACE_BYTES];
        assert_int_equal(event_place_read(cases[i].text, &place), cases[i].e);
        if (cases[i].e != ERR_OK)
            continue;
        event_place_write(place, text);
        assert_true(str_eq(str_from(text), cases[i].text));
    }
    struct event_place a = {1, 2}, b = {1, 3}, c = {2, 0};
    assert_true(event_place_cmp(a, b) < 0 && event_place_cmp(b, c) < 0 &&
                event_place_cmp(c, a) > 0);
    assert_int_equal(event_place_cmp(a, a), 0);
}

static void test_uuid(void **state)
{
    (void)state;
    char dst[37];
    event_uuid(learner_id, dst);
    assert_string_equal(dst, "123e4567-e89b-42d3-a456-426614174000");
}

/* Whose it is can be told while a newer program has added to it, so that an erasure finds it. */
static void tells_whose_a_record_of_a_newer_program_is(void **state)
{
    (void)state;
    uint8_t found[16];
    struct event_record record = full_step(), read;
    buf_reset(&out);
    event_encode(&record, &out);
    assert_true(event_learner(buf_str(&out), found));
    assert_memory_equal(found, learner_id, sizeof(found));
    char *kind = memmem(out.p, out.len, event_kind_name(record.events[0].kind), 5);
    assert_non_null(kind);
    kind[0] = '?';
    assert_int_equal(event_decode(buf_str(&out), &read), ERR_UNSUPPORTED);
    assert_true(event_learner(buf_str(&out), found));
    static const char newer[] = "\1\1\x83\x80\x80\x80\x80\1" /* a bit that nobody knows */
                                "0123456789abcdef"
                                "fedcba9876543210 and more";
    assert_int_equal(event_decode((struct str){newer, sizeof(newer) - 1}, &read), ERR_UNSUPPORTED);
    assert_true(event_learner((struct str){newer, sizeof(newer) - 1}, found));
    assert_memory_equal(found, "fedcba9876543210", sizeof(found));
    static const char *const nobodys[] = {"",
                                          "\1",
                                          "\1\1",
                                          "\1\3\1",
                                          "\2\1\3",
                                          "\1\1\3"
                                          "0123456789abcdef",
                                          "\1\1\1"
                                          "0123456789abcdef"
                                          "fedcba9876543210"};
    for (size_t i = 0; i < ARRAY_LEN(nobodys); i++)
        assert_false(event_learner(str_from(nobodys[i]), found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_full_step, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_apply_is_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers_at_their_edges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_texts, setup, teardown),
        cmocka_unit_test(test_a_full_buffer_is_reported),
        cmocka_unit_test_setup_teardown(test_every_kind_and_phase_has_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_come_back_as_they_were, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_price_is_written_exactly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_is_small, setup, teardown),
        cmocka_unit_test(test_cut_records_are_refused),
        cmocka_unit_test(test_too_many_events_are_refused),
        cmocka_unit_test(test_other_versions_are_told),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_uuid),
        cmocka_unit_test(tells_whose_a_record_of_a_newer_program_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
