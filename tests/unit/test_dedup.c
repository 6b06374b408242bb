#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/dedup.h"

#define NOW 1767603600000

static struct inbound sms(const char *id, const char *text)
{
    return (struct inbound){.kind = INBOUND_SMS,
                            .from = STR("+254700000001"),
                            .id = str_from(id),
                            .text = str_from(text)};
}

static struct inbound ussd(const char *session, enum inbound_phase phase, const char *path)
{
    return (struct inbound){.kind = INBOUND_USSD,
                            .from = STR("+254700000001"),
                            .session = str_from(session),
                            .phase = phase,
                            .raw_text = str_from(path),
                            .text = str_from(path)};
}

static struct dedup_key key_at(const struct inbound *in, int64_t ms)
{
    return dedup_key_make(STR("at"), in, (struct wall_ms){ms});
}

/* Handles an inbound as a dialog would, and gives the reply that was stored with it. */
static struct last_reply handle(struct learner_link *link, const struct inbound *in, int64_t ms,
                                bool is_open)
{
    struct dedup_key key = key_at(in, ms);
    dedup_remember(&key, in, link);
    return (struct last_reply){.mark = key.mark,
                               .session = key.session,
                               .received_ms = ms,
                               .ready_ms = ms + 20,
                               .text = STR("screen"),
                               .is_open = is_open,
                               .is_shown_open = is_open};
}

static enum dedup_verdict judge(const struct learner_link *link, const struct inbound *in,
                                int64_t ms, const struct last_reply *last)
{
    struct dedup_key key = key_at(in, ms);
    return dedup_judge(&key, in, link, last);
}

static void knows_the_last_eight_sms_ids(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    char ids[10][4];
    for (int i = 0; i < 9; i++) {
        ids[i][0] = 'i', ids[i][1] = (char)('0' + i), ids[i][2] = '\0';
        struct inbound in = sms(ids[i], "1");
        assert_int_equal(judge(&link, &in, NOW + i, NULL), DEDUP_NEW);
        (void)handle(&link, &in, NOW + i, false);
    }
    for (int i = 1; i < 9; i++) {
        struct inbound in = sms(ids[i], "1");
        assert_int_equal(judge(&link, &in, NOW + 86400000, NULL), DEDUP_REPEAT_OLD);
    }
    struct inbound forgotten = sms(ids[0], "1");
    assert_int_equal(judge(&link, &forgotten, NOW + 100, NULL), DEDUP_NEW);
}

static void tells_the_last_sms_from_older_ones(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound first = sms("a", "1"), second = sms("b", "2");
    (void)handle(&link, &first, NOW, false);
    struct last_reply last = handle(&link, &second, NOW + 1000, false);
    assert_int_equal(judge(&link, &second, NOW + 9000, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&link, &first, NOW + 9000, &last), DEDUP_REPEAT_OLD);
}

static void knows_requests_of_sessions_that_were_followed_by_others(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound dial = ussd("s1", INBOUND_PHASE_NEW, ""),
                   answer = ussd("s1", INBOUND_PHASE_CONTINUE, "1"),
                   end = ussd("s1", INBOUND_PHASE_END, "1"),
                   redial = ussd("s2", INBOUND_PHASE_NEW, ""),
                   other = ussd("s3", INBOUND_PHASE_CONTINUE, "1");
    (void)handle(&link, &dial, NOW, true);
    (void)handle(&link, &answer, NOW + 1000, true);
    struct last_reply last = handle(&link, &redial, NOW + 2000, true);
    assert_int_equal(judge(&link, &dial, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&link, &answer, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&link, &end, NOW + 3000, &last), DEDUP_OVER);
    assert_int_equal(judge(&link, &other, NOW + 3000, &last), DEDUP_NEW);
    assert_int_equal(judge(&link, &redial, NOW + 3000, &last), DEDUP_REPEAT_LAST);
}

static void a_session_named_by_the_number_may_come_back(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound own = ussd("254700000001", INBOUND_PHASE_NEW, ""),
                   other = ussd("s1", INBOUND_PHASE_NEW, "");
    (void)handle(&link, &own, NOW, true);
    struct last_reply last = handle(&link, &other, NOW + 1000, true);
    assert_int_equal(judge(&link, &own, NOW + 2000, &last), DEDUP_NEW);
}

static void a_copy_that_lost_the_race_is_one(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound in = ussd("s1", INBOUND_PHASE_CONTINUE, "9");
    in.is_repeatable_input = true;
    struct last_reply last = handle(&link, &in, NOW, true);
    struct dedup_key key = key_at(&in, NOW + 30); /* the answer was ready by then */
    assert_int_equal(dedup_judge(&key, &in, &link, &last), DEDUP_NEW);
    key.is_overtaken = true;
    assert_int_equal(dedup_judge(&key, &in, &link, &last), DEDUP_REPEAT_LAST);
}

static void keeps_channels_apart(void **state)
{
    (void)state; /* no fixture */
    struct inbound in = sms("a", "1");
    struct dedup_key at = dedup_key_make(STR("at"), &in, (struct wall_ms){NOW});
    struct dedup_key kannel = dedup_key_make(STR("kannel"), &in, (struct wall_ms){NOW});
    assert_true(at.mark != kannel.mark);
    assert_true(at.seen != kannel.seen);
}

static void takes_the_same_text_without_id_once_in_ten_seconds(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *text;
        int64_t after_ms;
        enum dedup_verdict verdict;
    } rows[] = {
        {"next", 0, DEDUP_REPEAT_OLD},
        {"next", 9999, DEDUP_REPEAT_OLD},
        {"next", 10000, DEDUP_NEW},
        {"next", 86400000, DEDUP_NEW},
        {"2", 1, DEDUP_NEW},
        {"next", -5000, DEDUP_REPEAT_OLD},
        {"next", -86400000, DEDUP_NEW},
    };
    struct learner_link link = {0};
    struct inbound in = sms(NULL, "next");
    (void)handle(&link, &in, NOW, false);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct inbound again = sms(NULL, rows[i].text);
        assert_int_equal(judge(&link, &again, NOW + rows[i].after_ms, NULL), rows[i].verdict);
    }
}

/* The replay from the spool knows the time of arrival, so the very message is recognised however
 * much later it comes. */
static void knows_a_spooled_sms_without_id_again(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound in = sms(NULL, "next"), other = sms(NULL, "2");
    (void)handle(&link, &in, NOW, false);
    (void)handle(&link, &other, NOW + 60000, false);
    assert_int_equal(judge(&link, &in, NOW, NULL), DEDUP_REPEAT_OLD);
}

static void answers_the_same_ussd_path_again(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound dial = ussd("s1", INBOUND_PHASE_NEW, "");
    struct inbound one = ussd("s1", INBOUND_PHASE_CONTINUE, "1");
    struct inbound two = ussd("s1", INBOUND_PHASE_CONTINUE, "1*2");
    struct inbound other = ussd("s1", INBOUND_PHASE_CONTINUE, "1*3");
    (void)handle(&link, &dial, NOW, true);
    (void)handle(&link, &one, NOW + 1000, true);
    struct last_reply last = handle(&link, &two, NOW + 2000, true);
    two.is_repeat = true; /* as the profile says with this memory */
    assert_int_equal(judge(&link, &two, NOW + 3000, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&link, &two, NOW + 3000, NULL), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&link, &one, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&link, &dial, NOW + 3000, &last), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&link, &other, NOW + 3000, &last), DEDUP_NEW);
}

static void remembers_the_path_for_the_profile(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound in = ussd("s1", INBOUND_PHASE_CONTINUE, "1*2");
    struct inbound elsewhere = ussd("s2", INBOUND_PHASE_CONTINUE, "1*2");
    struct last_reply last = handle(&link, &in, NOW, true);
    last.remember = STR("invoke-7");
    struct dedup_key key = key_at(&in, NOW), other = key_at(&elsewhere, NOW);
    struct session_memory memory = dedup_session_memory(&key, &link, &last);
    assert_true(memory.is_known && memory.has_last);
    assert_int_equal(memory.last_bytes, 3);
    assert_int_equal(memory.last_hash, (uint32_t)str_hash(STR("1*2")));
    assert_true(str_eq(memory.remembered, STR("invoke-7")));
    assert_false(dedup_session_memory(&other, &link, &last).is_known);
}

static void keeps_a_path_longer_than_the_state_can_say(void **state)
{
    (void)state; /* no fixture */
    static char path[UINT16_MAX + 10];
    for (size_t i = 0; i < sizeof(path); i++)
        path[i] = '1';
    struct learner_link link = {0};
    struct inbound in = ussd("s1", INBOUND_PHASE_CONTINUE, "");
    in.raw_text = (struct str){path, sizeof(path)};
    (void)handle(&link, &in, NOW, true);
    assert_int_equal(link.path_bytes, UINT16_MAX - 1); /* the greatest value means "ended" */
}

/* Providers that send the last input only: 9 and 9 again are two pages, unless the second came
 * before the first could be read. */
static void takes_equal_inputs_of_a_session_as_new(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound nine = ussd("s1", INBOUND_PHASE_CONTINUE, "9");
    nine.is_repeatable_input = true;
    struct last_reply last = handle(&link, &nine, NOW, true);
    assert_int_equal(judge(&link, &nine, NOW, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&link, &nine, NOW + 19, &last), DEDUP_REPEAT_LAST);
    assert_int_equal(judge(&link, &nine, NOW + 20, &last), DEDUP_NEW);
    assert_int_equal(judge(&link, &nine, NOW + 5000, NULL), DEDUP_NEW);
}

static void ends_a_session_once_and_only_when_open(void **state)
{
    (void)state; /* no fixture */
    struct learner_link link = {0};
    struct inbound dial = ussd("s1", INBOUND_PHASE_NEW, "");
    struct inbound end = ussd("s1", INBOUND_PHASE_END, "");
    struct inbound timeout = ussd("s1", INBOUND_PHASE_TIMEOUT, "");
    struct inbound other = ussd("s2", INBOUND_PHASE_END, "");
    struct inbound late = ussd("s1", INBOUND_PHASE_CONTINUE, "1*2*3*4");
    struct last_reply closed = handle(&link, &dial, NOW, false);
    assert_int_equal(judge(&link, &end, NOW + 1000, &closed), DEDUP_OVER);
    link = (struct learner_link){0};
    struct last_reply open = handle(&link, &dial, NOW, true);
    assert_int_equal(judge(&link, &other, NOW + 1000, &open), DEDUP_OVER);
    assert_int_equal(judge(&link, &end, NOW + 1000, NULL), DEDUP_OVER);
    assert_int_equal(judge(&link, &timeout, NOW + 1000, &open), DEDUP_NEW);
    assert_int_equal(judge(&link, &end, NOW + 1000, &open), DEDUP_NEW);
    struct dedup_key key = key_at(&end, NOW + 1000);
    dedup_remember(&key, &end, &link);
    assert_int_equal(judge(&link, &end, NOW + 2000, &open), DEDUP_OVER);
    assert_int_equal(judge(&link, &late, NOW + 2000, &open), DEDUP_REPEAT_OLD);
    assert_int_equal(judge(&link, &dial, NOW + 2000, &open), DEDUP_REPEAT_LAST);
}

/* Where the session is only the number, the same name is a new dial. */
static void tells_a_redial_by_sessions_named_by_the_number(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *session;
        enum dedup_verdict verdict;
    } rows[] = {
        {"s1", DEDUP_REPEAT_LAST},   {"254700000001:17", DEDUP_REPEAT_LAST},
        {"254700000001", DEDUP_NEW}, {"+254700000001", DEDUP_NEW},
        {"0700000001", DEDUP_NEW},   {"", DEDUP_NEW},
        {NULL, DEDUP_NEW},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct learner_link link = {0};
        struct inbound dial = ussd(rows[i].session, INBOUND_PHASE_NEW, "");
        struct last_reply last = handle(&link, &dial, NOW, true);
        assert_int_equal(judge(&link, &dial, NOW + 60000, &last), rows[i].verdict);
        assert_int_equal(judge(&link, &dial, NOW + 5, &last), DEDUP_REPEAT_LAST);
    }
}

/* Some networks end a session in the same second, under the same id, as the last input. */
static void tells_the_end_from_the_last_input(void **state)
{
    (void)state; /* no fixture */
    struct inbound input = ussd("s1", INBOUND_PHASE_CONTINUE, "1");
    struct inbound end = ussd("s1", INBOUND_PHASE_END, "1");
    assert_true(key_at(&input, NOW).mark != key_at(&end, NOW).mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_last_eight_sms_ids),
        cmocka_unit_test(tells_the_last_sms_from_older_ones),
        cmocka_unit_test(knows_requests_of_sessions_that_were_followed_by_others),
        cmocka_unit_test(a_session_named_by_the_number_may_come_back),
        cmocka_unit_test(a_copy_that_lost_the_race_is_one),
        cmocka_unit_test(keeps_channels_apart),
        cmocka_unit_test(takes_the_same_text_without_id_once_in_ten_seconds),
        cmocka_unit_test(knows_a_spooled_sms_without_id_again),
        cmocka_unit_test(answers_the_same_ussd_path_again),
        cmocka_unit_test(remembers_the_path_for_the_profile),
        cmocka_unit_test(keeps_a_path_longer_than_the_state_can_say),
        cmocka_unit_test(takes_equal_inputs_of_a_session_as_new),
        cmocka_unit_test(ends_a_session_once_and_only_when_open),
        cmocka_unit_test(tells_a_redial_by_sessions_named_by_the_number),
        cmocka_unit_test(tells_the_end_from_the_last_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
