#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/learner.h"

static void set_text(char *dst, size_t bytes, const char *text)
{
    assert_int_equal(str_copy(str_from(text), dst, bytes), ERR_OK);
}

/* A learner in the middle of module 3 by USSD, as thousands of them are. */
static struct learner typical(void)
{
    struct learner l;
    learner_init(&l);
    l.seq = 77;
    l.link.session = 0xdeadbeef;
    l.link.path_bytes = 12;
    l.link.path_hash = 0x12345678;
    l.link.step = 0x87654321;
    l.link.last_ms = 1732433860123;
    set_text(l.link.channel, sizeof(l.link.channel), "at");
    memset(l.learner_id, 0xab, sizeof(l.learner_id));
    l.state = LEARNER_STATE_QUIZ;
    memset(l.link.number, 0xcd, sizeof(l.link.number));
    set_text(l.lang, sizeof(l.lang), "en");
    set_text(l.unit, sizeof(l.unit), "m3q2");
    l.course_key = 0x11223344;
    memset(l.answered, 0xff, 2);
    memset(l.right, 0x5a, 2);
    l.pre_right = 3;
    l.consent_ms = 1732400000000;
    l.asked_ms = 1732433860123;
    return l;
}

static void expect_round_trip(const struct learner *l)
{
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(l, LEARNER_RECORD, &out), ERR_OK);
    struct learner back;
    assert_int_equal(learner_decode(buf_str(&out), &back), ERR_OK);
    assert_memory_equal(&back, l, sizeof(back));
}

static void what_was_said_has_a_time_and_may_have_arrived(void **state)
{
    (void)state;
    uint8_t said[LEARNER_SAID_BYTES] = {0};
    assert_int_equal(learner_said_ms(said), 0);
    assert_false(learner_said_has_arrived(said));
    learner_said_by(UINT32_MAX, said); /* odd, and not taken */
    assert_int_equal(learner_said_ms(said), INT64_MAX);
    assert_false(learner_said_has_arrived(said));
    learner_said_at(1732433860123, said); /* never later than it was */
    assert_int_equal(learner_said_ms(said), 1732433860122);
    assert_false(learner_said_has_arrived(said));
    learner_said_arrived(said);
    assert_int_equal(learner_said_ms(said), 1732433860122);
    assert_true(learner_said_has_arrived(said));
}

static void what_was_encoded_is_decoded(void **state)
{
    (void)state;
    struct learner l;
    learner_init(&l);
    expect_round_trip(&l);
    l = typical();
    expect_round_trip(&l);
    for (int i = 0; i < N_LEARNER_STATES; i++) {
        l.state = (enum learner_state)i;
        l.back = (enum learner_state)(N_LEARNER_STATES - 1 - i);
        expect_round_trip(&l);
    }
}

/* All members at their widest, four others of the same size among them. */
static void the_largest_learner_fits(void **state)
{
    (void)state;
    struct learner l, person;
    memset(&l, 0xff, sizeof(l));
    l.state = l.back = l.stopped_at = LEARNER_STATE_SWITCH_LANGUAGE;
    memset(l.link.channel, 'c', sizeof(l.link.channel));
    memset(l.lang, 'l', sizeof(l.lang));
    memset(l.unit, 'u', sizeof(l.unit));
    l.link.channel[LEARNER_CHANNEL_BYTES - 1] = l.lang[LEARNER_LANG_BYTES - 1] = '\0';
    l.unit[COURSE_ID_BYTES - 1] = '\0';
    set_text(l.link.country, sizeof(l.link.country), "KE");
    l.certificate = l.move_code = 999999999999;
    l.past.n = LEARNER_MAX_PAST;
    for (uint8_t i = 0; i < LEARNER_MAX_PAST; i++)
        l.past.list[i] = (struct learner_past_course){UINT32_MAX, 999999999999};
    l.modules.n = LEARNER_MAX_MODULES;
    for (uint8_t i = 0; i < LEARNER_MAX_MODULES; i++)
        l.modules.list[i] = (struct learner_module){UINT8_MAX, 999999999999};
    l.link.last.n = LEARNER_LAST_BYTES;
    l.is_locked = l.is_doubted = l.has_move_pin = l.is_child = l.is_psea = l.link.has_reports =
        true;
    memset(l.nickname, 'n', sizeof(l.nickname));
    l.nickname[LEARNER_NICKNAME_BYTES - 1] = '\0';
    memset(&l.others, 0, sizeof(l.others));
    l.consent_ms = l.asked_ms = l.ended_ms = l.closed_ms = l.link.last_ms = INT64_MAX;
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_OK);
    person = l;
    for (uint32_t i = 0; i < LEARNER_MAX_PROFILES - 1; i++) {
        person.slot = (uint8_t)i;
        assert_int_equal(learner_set_other(&l, i, &person), ERR_OK);
    }
    assert_int_equal(learner_set_other(&l, LEARNER_MAX_PROFILES - 1, &person), ERR_FULL);
    buf_reset(&out);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_OK);
    struct learner back;
    assert_int_equal(learner_decode(buf_str(&out), &back), ERR_OK);
    assert_int_equal(learner_n_others(&back), LEARNER_MAX_PROFILES - 1);
    assert_int_equal(learner_other(&back, 3, &person), ERR_OK);
    assert_int_equal(person.slot, 3);
    assert_int_equal(person.certificate, l.certificate);
    assert_int_equal(learner_other(&back, 4, &person), ERR_INVALID);
}

static void others_come_and_go(void **state)
{
    (void)state;
    struct learner l = typical(), person;
    for (uint8_t i = 0; i < 3; i++) {
        learner_init(&person);
        person.slot = (uint8_t)(i + 2);
        set_text(person.nickname, sizeof(person.nickname), i == 0 ? "ANA" : "BO");
        assert_int_equal(learner_set_other(&l, UINT32_MAX, &person), ERR_OK);
    }
    assert_int_equal(learner_n_others(&l), 3);
    assert_int_equal(learner_other(&l, 1, &person), ERR_OK);
    assert_int_equal(person.slot, 3);
    assert_int_equal(person.seq, l.seq); /* number and conversation are the same */
    assert_memory_equal(&person.link, &l.link, sizeof(l.link));
    assert_int_equal(person.others.n_bytes, 0);
    set_text(person.unit, sizeof(person.unit), "m1q1");
    assert_int_equal(learner_set_other(&l, 1, &person), ERR_OK);
    learner_remove_other(&l, 0);
    assert_int_equal(learner_n_others(&l), 2);
    assert_int_equal(learner_other(&l, 0, &person), ERR_OK);
    assert_string_equal(person.unit, "m1q1");
    learner_remove_other(&l, 0);
    learner_remove_other(&l, 0);
    struct learner alone = typical();
    assert_memory_equal(&l, &alone, sizeof(l)); /* and nothing of them is left */
}

/* What Redis holds: the next size of its memory is that of 157 to 188 bytes. */
static void two_on_a_number_are_small(void **state)
{
    (void)state;
    struct learner l = typical(), person = typical();
    l.cohort = person.cohort = 482156;
    set_text(l.nickname, sizeof(l.nickname), "ANA");
    set_text(person.nickname, sizeof(person.nickname), "BO");
    l.slot = 1;
    person.slot = 2;
    l.consent_ms = person.consent_ms = 1730433860123; /* weeks before */
    person.asked_ms -= 200000000;
    assert_int_equal(learner_set_other(&l, 0, &person), ERR_OK);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_OK);
    assert_true(out.len <= 156);
}

static void a_typical_learner_is_small(void **state)
{
    (void)state;
    struct learner l = typical();
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_OK);
    assert_true(buf_str(&out).len <= 90);
}

static void seq_comes_first_and_big_endian(void **state)
{
    (void)state;
    struct learner l = typical();
    l.seq = 0x01020304;
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_OK);
    assert_memory_equal(buf_str(&out).p, "\1\2\3\4", 4);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct learner l = typical(), back;
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_OK);
    struct str bytes = buf_str(&out);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_not_equal(learner_decode(str_sub(bytes, 0, n), &back), ERR_OK);
    buf_add_char(&out, 'x'); /* one too many */
    assert_int_equal(learner_decode(buf_str(&out), &back), ERR_INVALID);
}

static void a_newer_version_or_state_is_unsupported(void **state)
{
    (void)state;
    struct learner l = typical(), back;
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_OK);
    char *place = memmem(out.p, out.len, "\xab\xab\x88", 3); /* a quiz, behind the learner's id */
    assert_non_null(place);
    place[2] = (char)0xff;
    assert_int_equal(learner_decode(buf_str(&out), &back), ERR_UNSUPPORTED);
    place[2] = (char)0x88;
    assert_int_equal(learner_decode(buf_str(&out), &back), ERR_OK);
    /* The byte behind seq is the version, and nothing else makes these bytes unsupported. */
    assert_int_equal(out.p[4], LEARNER_RECORD);
    for (int version = LEARNER_RECORD + 1; version < 256; version += 12) {
        out.p[4] = (char)version;
        assert_int_equal(learner_decode(buf_str(&out), &back), ERR_UNSUPPORTED);
    }
    out.p[4] = LEARNER_RECORD;
    assert_int_equal(learner_decode(buf_str(&out), &back), ERR_OK);
    assert_int_equal(back.seq, l.seq);
}

/* Two on a number, as version 3 wrote them. */
static void what_version_3_wrote_is_read(void **state)
{
    (void)state;
    static const char hex[] =
        "0000004d0300000000000000effdb6f50d0cf8acd19101a18695bb089bacebe8b532026174ab"
        "ababababababababababababababab046d656e75066c6573736f6e02656e046d337132c4e688"
        "890102ffff025a5a000000000003000000000080d8d8d8b5329bacebe8b5320000000000008a"
        "908301ecb61dcdcdcdcdcdcdcdcdcd9bacebe8b53203414e410170006e000000000300000000"
        "000000000000000000abababababababababababababababab047175697a036e657702656e04"
        "6d337132c4e688890102ffff025a5a000000000003000000000080d8d8d8b5329bacebe8b532"
        "00000000000082808380808008ecb61d02424f0204646f6e65";
    static uint8_t bytes[sizeof(hex) / 2];
    struct learner l = typical(), person = typical(), back, other;
    assert_int_equal(hex_decode(str_from(hex), bytes, sizeof(bytes)), ERR_OK);
    l.cohort = person.cohort = 482156;
    set_text(l.nickname, sizeof(l.nickname), "ANA");
    set_text(person.nickname, sizeof(person.nickname), "BO");
    l.slot = 1;
    person.slot = 2;
    l.state = LEARNER_STATE_MENU;
    l.back = LEARNER_STATE_LESSON;
    l.module_ms = 1732433860123;
    person.stopped_at = LEARNER_STATE_DONE;
    person.seq = l.seq;
    assert_int_equal(learner_decode((struct str){(const char *)bytes, sizeof(bytes)}, &back),
                     ERR_OK);
    assert_int_equal(learner_other(&back, 0, &other), ERR_OK);
    assert_memory_equal(&other, &person, sizeof(other));
    assert_int_equal(learner_set_other(&back, 0, &other), ERR_OK); /* written anew */
    assert_int_equal(learner_set_other(&l, 0, &person), ERR_OK);
    assert_memory_equal(&back, &l, sizeof(back));
    expect_round_trip(&back);
}

static void a_change_is_undone(void **state)
{
    (void)state;
    struct learner before = typical(), after = typical(), back;
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, LEARNER_MAX_BYTES);
    learner_put_change(&before, &after, &out);
    assert_int_equal(out.len, 0);
    after.seq++;
    after.link.last_ms++;
    set_text(after.unit, sizeof(after.unit), "m3q3");
    after.answered[2] = 1;
    before.test_n = 4;
    before.asked_ms = 0;
    learner_put_change(&before, &after, &out);
    assert_true(out.len < 20);
    back = after;
    assert_int_equal(learner_undo_change(buf_str(&out), &back), ERR_OK);
    before.seq = after.seq;
    before.link = after.link;
    assert_memory_equal(&back, &before, sizeof(back));
    for (size_t n = 1; n < out.len; n++) /* a cut may fall between two members */
        (void)!learner_undo_change(str_sub(buf_str(&out), 0, n), &back);
    assert_int_equal(learner_undo_change(STR("\0\1\1\1\1"), &back), ERR_INVALID); /* seq */
    assert_int_equal(learner_undo_change(STR("\x7f"), &back), ERR_UNSUPPORTED);
}

static void an_encoder_without_room_says_so(void **state)
{
    (void)state;
    struct learner l = typical();
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 20);
    assert_int_equal(learner_encode(&l, LEARNER_RECORD, &out), ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_has_a_time_and_may_have_arrived),
        cmocka_unit_test(what_was_encoded_is_decoded),
        cmocka_unit_test(the_largest_learner_fits),
        cmocka_unit_test(others_come_and_go),
        cmocka_unit_test(two_on_a_number_are_small),
        cmocka_unit_test(a_typical_learner_is_small),
        cmocka_unit_test(seq_comes_first_and_big_endian),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(a_newer_version_or_state_is_unsupported),
        cmocka_unit_test(what_version_3_wrote_is_read),
        cmocka_unit_test(a_change_is_undone),
        cmocka_unit_test(an_encoder_without_room_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
