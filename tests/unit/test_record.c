#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/message.h"
#include "base/record.h"
#include "core/learner.h"

#define MAX_BYTES 4096

/* A record of every kind. */
struct all {
    uint8_t one;
    uint16_t two;
    uint32_t four;
    int64_t eight;
    uint32_t small;
    bool is_set;
    uint8_t var8;
    uint16_t var16;
    uint64_t var64;
    uint8_t bytes[3];
    struct str text, absent, empty;
    char chars[4];
    char name[4];
    uint16_t later; /* since version 2 */
};

static const struct record_field fields[] = {
    RECORD(1, struct all, one, record_number),   RECORD(1, struct all, two, record_number),
    RECORD(1, struct all, four, record_number),  RECORD(1, struct all, eight, record_number),
    RECORD(1, struct all, small, record_byte),   RECORD(1, struct all, is_set, record_bool),
    RECORD(1, struct all, var8, record_varint),  RECORD(1, struct all, var16, record_varint),
    RECORD(1, struct all, var64, record_varint), RECORD(1, struct all, bytes, record_bytes),
    RECORD(1, struct all, text, record_str),     RECORD(1, struct all, absent, record_str),
    RECORD(1, struct all, empty, record_str),    RECORD(1, struct all, chars, record_chars),
    RECORD(1, struct all, name, record_name),    RECORD(2, struct all, later, record_number),
};
static const struct record_format format = RECORD_FORMAT(2, fields);

static struct all largest(void)
{
    struct all a;
    memset(&a, 0, sizeof(a));
    a.one = UINT8_MAX;
    a.two = UINT16_MAX;
    a.four = UINT32_MAX;
    a.eight = INT64_MIN;
    a.small = 255;
    a.is_set = true;
    a.var8 = UINT8_MAX;
    a.var16 = UINT16_MAX;
    a.var64 = UINT64_MAX;
    memcpy(a.bytes, "\0\xff\1", 3);
    a.text = (struct str){"a\0b", 3};
    a.empty = STR("");
    memcpy(a.chars, "abc", 4);
    memcpy(a.name, "xyz", 4);
    a.later = 0x0102;
    return a;
}

static void every_kind_comes_back(void **state)
{
    (void)state;
    struct all in = largest(), out;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, MAX_BYTES);
    record_encode(&format, &in, &bytes);
    memset(&out, 0, sizeof(out));
    assert_int_equal(record_decode(&format, buf_str(&bytes), &out), ERR_OK);
    assert_true(str_eq(out.text, in.text));
    assert_null(out.absent.p);
    assert_non_null(out.empty.p);
    assert_in_range((uintptr_t)out.text.p, (uintptr_t)bytes.p, (uintptr_t)bytes.p + bytes.len);
    out.text = in.text;
    out.empty = in.empty;
    assert_memory_equal(&out, &in, sizeof(in));
}

static void every_cut_and_any_rest_is_refused(void **state)
{
    (void)state;
    struct all in = largest(), out;
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, MAX_BYTES);
    record_encode(&format, &in, &bytes);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_equal(record_decode(&format, str_sub(buf_str(&bytes), 0, n), &out), ERR_INVALID);
    buf_add_char(&bytes, 'x');
    assert_int_equal(record_decode(&format, buf_str(&bytes), &out), ERR_INVALID);
}

static void an_earlier_version_leaves_later_members_alone(void **state)
{
    (void)state;
    struct all in = largest(), out = {.later = 77};
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, MAX_BYTES);
    record_encode(&format, &in, &bytes);
    bytes.p[0] = 1;
    assert_int_equal(record_decode(&format, str_sub(buf_str(&bytes), 0, bytes.len - 2), &out),
                     ERR_OK);
    assert_int_equal(out.later, 77);
    bytes.p[0] = 0;
    assert_int_equal(record_decode(&format, buf_str(&bytes), &out), ERR_UNSUPPORTED);
    bytes.p[0] = 3;
    assert_int_equal(record_decode(&format, buf_str(&bytes), &out), ERR_UNSUPPORTED);
}

/* Members of their own list cost a bit each until somebody has them. */
static void a_rare_member_costs_nothing_while_it_is_zero(void **state)
{
    (void)state;
    static const struct record_field rare[] = {
        RECORD(3, struct all, eight, record_varint),
        RECORD(3, struct all, name, record_name),
    };
    static const struct record_format old = RECORD_FORMAT(2, fields);
    static const struct record_format with = {
        .fields = fields, .n = 1, .version = 3, .rare = rare, .n_rare = 2};
    struct record_format without = {
        .fields = fields, .n = 1, .version = 3, .rare = rare, .n_rare = 1};
    struct all in = {.one = 7}, out = {.one = 0};
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, MAX_BYTES);
    record_encode(&with, &in, &bytes);
    assert_true(str_eq(buf_str(&bytes), ((struct str){"\3\7\0", 3})));
    buf_reset(&bytes);
    memcpy(in.name, "ab", 3);
    record_encode(&with, &in, &bytes);
    assert_true(str_eq(buf_str(&bytes), ((struct str){"\3\7\2\2ab", 6})));
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_equal(record_decode(&with, str_sub(buf_str(&bytes), 0, n), &out), ERR_INVALID);
    assert_int_equal(record_decode(&with, buf_str(&bytes), &out), ERR_OK);
    assert_memory_equal(&in, &out, sizeof(in));
    assert_int_equal(record_decode(&without, buf_str(&bytes), &out), ERR_UNSUPPORTED);
    assert_int_equal(record_decode(&old, buf_str(&bytes), &out), ERR_UNSUPPORTED);
    assert_int_equal(record_decode(&with, (struct str){"\2\7", 2}, &out), ERR_OK); /* had none */
}

/* From some version on a zero costs nothing, and what is not there stays as it was. */
static void a_packed_record_has_what_is_not_zero(void **state)
{
    (void)state;
    static const struct record_field some[] = {
        RECORD(1, struct all, one, record_number),
        RECORD(1, struct all, eight, record_varint),
        RECORD(1, struct all, name, record_name),
    };
    static const struct record_format plain = RECORD_FORMAT(1, some);
    static const struct record_format with = {
        .fields = some, .n = 3, .version = 2, .packed = 2, .n_fixed = 1};
    struct all in = {.one = 7}, out = {.one = 1};
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, MAX_BYTES);
    record_encode(&with, &in, &bytes);
    assert_true(str_eq(buf_str(&bytes), ((struct str){"\2\7\0", 3})));
    assert_int_equal(record_decode(&with, buf_str(&bytes), &out), ERR_OK);
    assert_memory_equal(&in, &out, sizeof(in));
    buf_reset(&bytes);
    memcpy(in.name, "ab", 3);
    record_encode(&with, &in, &bytes);
    assert_true(str_eq(buf_str(&bytes), ((struct str){"\2\7\2\2ab", 6})));
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_equal(record_decode(&with, str_sub(buf_str(&bytes), 0, n), &out), ERR_INVALID);
    assert_int_equal(record_decode(&with, buf_str(&bytes), &out), ERR_OK);
    assert_memory_equal(&in, &out, sizeof(in));
    assert_int_equal(record_decode(&with, (struct str){"\2\7\4", 3}, &out), ERR_UNSUPPORTED);
    buf_reset(&bytes);
    record_encode(&plain, &in, &bytes);
    assert_int_equal(record_decode(&with, buf_str(&bytes), &out), ERR_OK);
    assert_memory_equal(&in, &out, sizeof(in));
}

/* Eight behind each mask, in an order of their own, and another kind; the versions before are
 * written and read as they were. */
static void a_record_by_use_has_what_is_not_zero(void **state)
{
    (void)state;
    static const struct record_field some[] = {
        RECORD(1, struct all, one, record_number),
        RECORD(1, struct all, eight, record_varint),
        RECORD(1, struct all, name, record_name),
    };
    static const struct record_field by_use[] = {
        RECORD(3, struct all, name, record_word),    RECORD(3, struct all, two, record_number),
        RECORD(3, struct all, var8, record_varint),  RECORD(3, struct all, var16, record_varint),
        RECORD(3, struct all, chars, record_word),   RECORD(3, struct all, is_set, record_bool),
        RECORD(3, struct all, var64, record_varint), RECORD(3, struct all, small, record_byte),
        RECORD(3, struct all, eight, record_varint), RECORD(3, struct all, four, record_number),
    };
    static const struct record_format with = {.fields = some,
                                              .n = 3,
                                              .version = 3,
                                              .packed = 2,
                                              .n_fixed = 1,
                                              .by_use = by_use,
                                              .n_by_use = ARRAY_LEN(by_use),
                                              .grouped = 3};
    static const struct {
        struct all all;
        struct str bytes, before;
    } rows[] = {
        {{.one = 7}, {"\3\7\0", 3}, {"\2\7\0", 3}},
        {{.one = 7, .name = "ab"}, {"\3\7\1\1a\xe2", 6}, {"\2\7\2\2ab", 6}},
        {{.one = 7, .name = "\xc3\xa9"}, {"\3\7\1\1\2\xc3\xa9", 7}, {"\2\7\2\2\xc3\xa9", 6}},
        {{.eight = 300, .four = 5}, {"\3\0\2\3\xac\2\0\0\0\5", 10}, {"\2\0\1\xac\2", 5}},
        {{.name = "a", .eight = 1}, {"\3\0\3\1\xe1\1\1", 7}, {"\2\0\3\1\1a", 6}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf bytes CLEANUP(buf_fini), before CLEANUP(buf_fini);
        struct all out = {.one = 0};
        buf_init(&bytes, MAX_BYTES);
        buf_init(&before, MAX_BYTES);
        record_encode(&with, &rows[i].all, &bytes);
        if (!str_eq(buf_str(&bytes), rows[i].bytes))
            fail_msg("row %zu", i);
        assert_int_equal(record_decode(&with, buf_str(&bytes), &out), ERR_OK);
        assert_memory_equal(&rows[i].all, &out, sizeof(out));
        for (size_t n = 0; n < bytes.len; n++)
            assert_int_equal(record_decode(&with, str_sub(buf_str(&bytes), 0, n), &out),
                             ERR_INVALID);
        record_encode_as(&with, 2, &rows[i].all, &before);
        assert_true(str_eq(buf_str(&before), rows[i].before));
        assert_int_equal(record_decode(&with, buf_str(&before), &out), ERR_OK);
    }
    struct all out;
    assert_int_equal(record_decode(&with, (struct str){"\3\0\2\4\0", 5}, &out), ERR_UNSUPPORTED);
    assert_int_equal(record_decode(&with, (struct str){"\3\0\4\1\0", 5}, &out), ERR_UNSUPPORTED);
    assert_int_equal(record_decode(&with, (struct str){"\3\0\1\0", 4}, &out), ERR_INVALID);
}

/* One member, what is read for it. */
static void each_kind_has_its_bounds(void **state)
{
    (void)state;
    static const struct {
        struct record_field field;
        struct str bytes;
        enum err e;
    } rows[] = {
        {RECORD(1, struct all, is_set, record_bool), {"\1\1", 2}, ERR_OK},
        {RECORD(1, struct all, is_set, record_bool), {"\1\2", 2}, ERR_INVALID},
        {RECORD(1, struct all, var8, record_varint), {"\1\xff\1", 3}, ERR_OK},
        {RECORD(1, struct all, var8, record_varint), {"\1\x80\2", 3}, ERR_INVALID},
        {RECORD(1, struct all, var16, record_varint), {"\1\xff\xff\3", 4}, ERR_OK},
        {RECORD(1, struct all, var16, record_varint), {"\1\x80\x80\4", 4}, ERR_INVALID},
        /* ten bytes are the longest; an eleventh is not looked at */
        {RECORD(1, struct all, var64, record_varint),
         {"\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11},
         ERR_OK},
        {RECORD(1, struct all, var64, record_varint),
         {"\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 12},
         ERR_INVALID},
        {RECORD(1, struct all, text, record_str), {"\1\0\0\0\1a", 6}, ERR_OK},
        {RECORD(1, struct all, text, record_str), {"\1\0\0\0\2a", 6}, ERR_INVALID},
        {RECORD(1, struct all, text, record_str), {"\1\xff\xff\xff\xfe", 5}, ERR_INVALID},
        {RECORD(1, struct all, chars, record_chars), {"\1\0\0\0\3abc", 8}, ERR_OK},
        {RECORD(1, struct all, chars, record_chars), {"\1\0\0\0\4abcd", 9}, ERR_INVALID},
        {RECORD(1, struct all, chars, record_chars), {"\1\0\0\0\3a\0c", 8}, ERR_INVALID},
        {RECORD(1, struct all, name, record_name), {"\1\3abc", 5}, ERR_OK},
        {RECORD(1, struct all, name, record_name), {"\1\4abcd", 6}, ERR_INVALID},
        {RECORD(1, struct all, name, record_name), {"\1\3a\0c", 5}, ERR_INVALID},
        {RECORD(1, struct all, name, record_word), {"\1ab\xe3", 4}, ERR_OK},
        {RECORD(1, struct all, name, record_word), {"\1abc\xe4", 5}, ERR_INVALID},
        {RECORD(1, struct all, name, record_word), {"\1abc", 4}, ERR_INVALID},
        {RECORD(1, struct all, name, record_word), {"\1ab\x80", 4}, ERR_INVALID},
        {RECORD(1, struct all, name, record_word), {"\1\xe1", 2}, ERR_OK},
        {RECORD(1, struct all, name, record_word), {"\1", 1}, ERR_INVALID},
        {RECORD(1, struct all, name, record_word), {"\1\3\1\2\3", 5}, ERR_OK},
        {RECORD(1, struct all, name, record_word), {"\1\4abcd", 6}, ERR_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct record_format one = {.fields = &rows[i].field, .n = 1, .version = 1};
        struct all out;
        enum err e = record_decode(&one, rows[i].bytes, &out);
        if (e != rows[i].e)
            fail_msg("row %zu: %s", i, err_name(e));
    }
}

static void what_does_not_fit_shows_in_the_buffer(void **state)
{
    (void)state;
    struct all in = largest();
    struct buf bytes CLEANUP(buf_fini);
    buf_init(&bytes, 20);
    record_encode(&format, &in, &bytes);
    assert_int_equal(buf_error(&bytes), ERR_TOO_LONG);
    buf_fini(&bytes);
    buf_init(&bytes, MAX_BYTES);
    in.small = 256;
    record_encode(&format, &in, &bytes);
    assert_int_equal(buf_error(&bytes), ERR_TOO_LONG);
}

/* ---- what gateways in the field have written ---- */

static void unhex(const char *hex, struct buf *out)
{
    for (size_t i = 0; hex[i] != '\0'; i += 2) {
        unsigned byte;
        assert_int_equal(sscanf(hex + i, "%2x", &byte), 1);
        buf_add_char(out, (char)byte);
    }
}

static bool rewrite_message(struct str bytes, struct buf *out)
{
    struct message m;
    if (message_decode(bytes, &m) != ERR_OK)
        return false;
    assert_int_equal(m.class, MESSAGE_CLASS_NOTICE);
    assert_true(str_eq(m.text, STR("Hi")));
    message_encode(&m, out);
    return true;
}

static bool rewrite_spooled(struct str bytes, struct buf *out)
{
    struct spooled s;
    if (spooled_decode(bytes, &s) != ERR_OK)
        return false;
    assert_true(s.inbound.is_opt_out && !s.inbound.is_opaque);
    assert_int_equal(s.inbound.part_n, 2);
    assert_int_equal(s.inbound.kind, INBOUND_SMS);
    spooled_encode(&s, out);
    /* Version 3 says whether it was a call. */
    bool is_third = out->p[0] == 3 && out->p[out->len - 1] == 0;
    out->p[0] = 2;
    out->len--;
    s.inbound.kind = INBOUND_CALL;
    struct buf call CLEANUP(buf_fini);
    struct spooled again;
    buf_init(&call, MAX_BYTES);
    spooled_encode(&s, &call);
    return is_third && spooled_decode(buf_str(&call), &again) == ERR_OK &&
           again.inbound.kind == INBOUND_CALL && str_eq(again.inbound.from, s.inbound.from);
}

static bool rewrite_learner(struct str bytes, struct buf *out)
{
    struct learner l;
    if (learner_decode(bytes, &l) != ERR_OK)
        return false;
    assert_int_equal(l.seq, 77);
    assert_int_equal(l.state, LEARNER_STATE_QUIZ);
    assert_int_equal(l.last_choice, 10);
    assert_int_equal(l.closed_ms, 5);
    return learner_encode(&l, LEARNER_RECORD_BEFORE, out) == ERR_OK;
}

static void released_records_are_still_read(void **state)
{
    (void)state;
    static const struct {
        bool (*rewrite)(struct str bytes, struct buf *out);
        const char *hex, *now; /* now: as the present version writes it; NULL: as it was */
    } rows[] = {
        {rewrite_message,
         "026e000000026174a1b20000000000000000000000000000090807000000000000000000"
         "00000000fffffffe000301020300050000000000000000000003610062000000024869ff"
         "ffffff0000019b8d627a80fffffffffffffffb00000005363339303201",
         "046e000000026174a1b20000000000000000000000000000090807000000000000000000"
         "00000000fffffffe000301020300050000000000000000000003610062000000024869ff"
         "ffffff0000019b8d627a80fffffffffffffffb000000053633393032010000"},
        {rewrite_spooled,
         "020000000261740000019b8d627a800000000d2b32353437303030303030303100000002"
         "4b450001ffffffff000000044a4f494e000000026931ffffffffffffffff000000013902"
         "03",
         NULL},
        {rewrite_learner,
         "0000004d01020101010102020202effdb6f50d0cf8acd19101a18695bb089bacebe8b532"
         "026174abababababababababababababababab047175697a066c6573736f6e02656e046d"
         "337132c4e688890102ffff025a5a0102030405060708090aa688d5ff830e80d8d8d8b532"
         "9bacebe8b532ac0205",
         "0000004d04000000000000feffffff07effdb6f50d0cf8acd19101a18695bb089bacebe8"
         "b532026174abababababababababababababababab888702656e046d337132c4e6888901"
         "02ffff025a5a0102030405060708090aa688d5ff830e80d8d8d8b5329bacebe8b532ac02"
         "05ff00"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf bytes CLEANUP(buf_fini), now CLEANUP(buf_fini), again CLEANUP(buf_fini);
        buf_init(&bytes, MAX_BYTES);
        buf_init(&now, MAX_BYTES);
        buf_init(&again, MAX_BYTES);
        unhex(rows[i].hex, &bytes);
        unhex(rows[i].now != NULL ? rows[i].now : rows[i].hex, &now);
        bool is_read = rows[i].rewrite(buf_str(&bytes), &again);
        struct buf hex CLEANUP(buf_fini);
        buf_init(&hex, 4 * MAX_BYTES);
        buf_add_hex(&hex, again.p, again.len);
        if (!is_read || !str_eq(buf_str(&again), buf_str(&now)))
            fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&hex)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(every_cut_and_any_rest_is_refused),
        cmocka_unit_test(an_earlier_version_leaves_later_members_alone),
        cmocka_unit_test(a_rare_member_costs_nothing_while_it_is_zero),
        cmocka_unit_test(a_packed_record_has_what_is_not_zero),
        cmocka_unit_test(a_record_by_use_has_what_is_not_zero),
        cmocka_unit_test(each_kind_has_its_bounds),
        cmocka_unit_test(what_does_not_fit_shows_in_the_buffer),
        cmocka_unit_test(released_records_are_still_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
