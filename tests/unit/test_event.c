/* The envelope is read back with a JSON library of its own, as PostgreSQL will. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "core/event.h"

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

static struct event_envelope small_envelope(const struct event *events, uint32_t n)
{
    return (struct event_envelope){
        .number_id = number_id,
        .learner_id = learner_id,
        .seq = 7,
        .at = {1795505860123},
        .channel = STR("at"),
        .via = STR("sms"),
        .events = events,
        .n_events = n,
    };
}

static json_t *parse(const struct event_envelope *envelope)
{
    buf_reset(&out);
    event_envelope_json(envelope, &out);
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

static void test_a_full_envelope(void **state)
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
    struct event_envelope envelope = small_envelope(events, 2);
    envelope.network = STR("63902");
    envelope.course = STR("children-on-the-move");
    envelope.version = STR("1.0.0");
    envelope.lang = STR("en");
    envelope.country = STR("KE");
    envelope.state = (struct str){"\x00\x00\x00\x07\xff", 5};
    envelope.due_at = (struct wall_ms){1795678660123};
    envelope.vault_key_id = 1;
    envelope.vault_nonce = (struct str){"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 12};
    envelope.vault_ciphertext = (struct str){"\xde\xad\x00", 3};
    json_t *json = parse(&envelope);
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
    struct event_envelope envelope = small_envelope(events, 1);
    envelope.country = STR(""); /* unknown */
    json_t *json = parse(&envelope);
    assert_int_equal(json_object_size(json), 8);
    const json_t *event = json_array_get(json_object_get(json, "events"), 0);
    assert_int_equal(json_object_size(event), 2);
    expect_text(event, "kind", "stopped");
    json_decref(json);

    envelope.n_events = 0;
    json = parse(&envelope);
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
        struct event_envelope envelope = small_envelope(&event, 1);
        envelope.seq = UINT32_MAX;
        json_t *json = parse(&envelope);
        expect_number(json, "seq", UINT32_MAX);
        const json_t *found = json_array_get(json_object_get(json, "events"), 0);
        expect_number(found, "value", values[i]);
        expect_number(found, "choice", 0);
        assert_true(json_is_false(json_object_get(found, "correct")));
        json_decref(json);
    }
}

/* Bytes that a phone can send must not make an envelope that jsonb refuses. */
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
        struct event_envelope envelope = small_envelope(&event, 1);
        json_t *json = parse(&envelope);
        expect_text(json_array_get(json_object_get(json, "events"), 0), "text", cases[i].expected);
        json_decref(json);
    }
}

static void test_a_full_buffer_is_reported(void **state)
{
    (void)state;
    struct event event = event_make(EVENT_contact);
    struct event_envelope envelope = small_envelope(&event, 1);
    struct buf small CLEANUP(buf_fini);
    buf_init(&small, 100);
    event_envelope_json(&envelope, &small);
    assert_int_equal(buf_error(&small), ERR_TOO_LONG);
}

static void test_every_kind_and_phase_has_its_name(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < N_EVENT_KINDS; kind++) {
        assert_true(strlen(event_kind_name((enum event_kind)kind)) > 0);
        struct event event = event_make((enum event_kind)kind);
        buf_reset(&out);
        event_line(&event, &out);
        assert_string_equal(out.p, event_kind_name((enum event_kind)kind));
    }
    assert_string_equal(event_kind_name(EVENT_contact), "contact");
    assert_string_equal(event_kind_name(EVENT_scored), "scored");
    assert_true(event_is_learning_action(EVENT_answered));
    assert_true(event_is_learning_action(EVENT_lesson_read));
    assert_false(event_is_learning_action(EVENT_stopped));
    static const char *const phases[] = {"", "quiz", "pretest", "posttest", "survey", "followup"};
    for (unsigned phase = 0; phase < ARRAY_LEN(phases); phase++)
        assert_string_equal(event_phase_name((enum event_phase)phase), phases[phase]);
}

static void test_lines_for_transcripts(void **state)
{
    (void)state;
    struct event event = event_make(EVENT_answered);
    event.unit = STR("m1q1");
    event.phase = EVENT_PHASE_QUIZ;
    event.choice = 2;
    event.correct = 0;
    event.attempt = 1;
    event_line(&event, &out);
    assert_string_equal(out.p, "answered unit=m1q1 phase=quiz choice=2 correct=false attempt=1");
    event = event_make(EVENT_answered);
    event.value = -4;
    event.code = STR("482109375526");
    event.text = STR("two words\nand a line");
    buf_reset(&out);
    event_line(&event, &out);
    assert_string_equal(out.p, "answered value=-4 code=482109375526 text=two words\\nand a line");
}

static void test_uuid(void **state)
{
    (void)state;
    char dst[37];
    event_uuid(learner_id, dst);
    assert_string_equal(dst, "123e4567-e89b-42d3-a456-426614174000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_full_envelope, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_apply_is_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers_at_their_edges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_texts, setup, teardown),
        cmocka_unit_test(test_a_full_buffer_is_reported),
        cmocka_unit_test_setup_teardown(test_every_kind_and_phase_has_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_for_transcripts, setup, teardown),
        cmocka_unit_test(test_uuid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
