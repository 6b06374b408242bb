#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/message.h"

#define MAX_BYTES 4096

static struct message sample(enum message_class class)
{
    struct message m = {.channel = STR("at"),
                        .class = class,
                        .number_id = {{0xa1, 0xb2}},
                        .learner_id = {9, 8, 7},
                        .seq = 0xfffffffe,
                        .vault_key_id = 3,
                        .vault_nonce = {1, 2, 3, 0, 5},
                        .vault_ciphertext = {"a\0b", 3},
                        .text = STR("Right! @1\n9 Next"),
                        .link = STR_NONE,
                        .created_at = {1767603600000},
                        .expires_at = {-5},
                        .network = STR("63902"),
                        .is_parting = class == MESSAGE_CLASS_NOTICE,
                        .is_answer = class == MESSAGE_CLASS_REPLY};
    return m;
}

static void decodes_what_it_encoded(void **state)
{
    (void)state; /* no fixture */
    for (int c = MESSAGE_CLASS_REPLY; c <= MESSAGE_CLASS_PUSH; c++) {
        struct message in = sample((enum message_class)c);
        struct message out;
        struct buf bytes;
        buf_init(&bytes, MAX_BYTES);
        message_encode(&in, &bytes);
        assert_int_equal(message_decode(buf_str(&bytes), &out), ERR_OK);
        assert_true(str_eq(out.channel, in.channel));
        assert_int_equal(out.class, in.class);
        assert_memory_equal(out.number_id.bytes, in.number_id.bytes, sizeof(in.number_id.bytes));
        assert_memory_equal(out.learner_id, in.learner_id, sizeof(in.learner_id));
        assert_int_equal(out.seq, in.seq);
        assert_int_equal(out.vault_key_id, in.vault_key_id);
        assert_memory_equal(out.vault_nonce, in.vault_nonce, sizeof(in.vault_nonce));
        assert_true(str_eq(out.vault_ciphertext, in.vault_ciphertext));
        assert_true(str_eq(out.text, in.text));
        assert_null(out.link.p);
        assert_int_equal(out.created_at.ms, in.created_at.ms);
        assert_int_equal(out.expires_at.ms, in.expires_at.ms);
        assert_true(str_eq(out.network, in.network));
        assert_int_equal(out.is_answer, in.is_answer);
        assert_int_equal(out.is_parting, in.is_parting);
        buf_fini(&bytes);
    }
}

static void keeps_empty_and_absent_apart(void **state)
{
    (void)state; /* no fixture */
    struct message in = sample(MESSAGE_CLASS_REPLY);
    struct message out;
    struct buf bytes;
    in.link = STR("");
    buf_init(&bytes, MAX_BYTES);
    message_encode(&in, &bytes);
    assert_int_equal(message_decode(buf_str(&bytes), &out), ERR_OK);
    assert_non_null(out.link.p);
    assert_int_equal(out.link.len, 0);
    buf_fini(&bytes);
}

static void refuses_every_cut_and_any_rest(void **state)
{
    (void)state; /* no fixture */
    struct message in = sample(MESSAGE_CLASS_NOTICE);
    struct message out;
    struct buf bytes;
    buf_init(&bytes, MAX_BYTES);
    message_encode(&in, &bytes);
    for (size_t n = 0; n < bytes.len; n++)
        assert_int_equal(message_decode(str_sub(buf_str(&bytes), 0, n), &out), ERR_INVALID);
    buf_add_char(&bytes, 'x');
    assert_int_equal(message_decode(buf_str(&bytes), &out), ERR_INVALID);
    buf_fini(&bytes);
}

/* What an earlier gateway left in the outbox is still sent. */
static void reads_version_1(void **state)
{
    (void)state; /* no fixture */
    struct message in = sample(MESSAGE_CLASS_REPLY);
    struct message out;
    struct buf bytes;
    buf_init(&bytes, MAX_BYTES);
    message_encode(&in, &bytes);
    bytes.p[0] = 1;
    bytes.len -= 4 + in.network.len + 1 + 1 + 1;
    assert_int_equal(message_decode(buf_str(&bytes), &out), ERR_OK);
    assert_true(str_eq(out.text, in.text));
    assert_null(out.network.p);
    assert_false(out.is_answer);
    assert_false(out.has_more);
    buf_fini(&bytes);
}

static void refuses_what_another_version_wrote(void **state)
{
    (void)state; /* no fixture */
    struct message in = sample(MESSAGE_CLASS_PUSH);
    struct message out;
    struct buf bytes;
    buf_init(&bytes, MAX_BYTES);
    message_encode(&in, &bytes);
    bytes.p[1] = 'z'; /* a class that nobody knows */
    assert_int_equal(message_decode(buf_str(&bytes), &out), ERR_UNSUPPORTED);
    bytes.p[0] = 3;
    assert_int_equal(message_decode(buf_str(&bytes), &out), ERR_UNSUPPORTED);
    buf_fini(&bytes);
}

static void names_its_classes(void **state)
{
    (void)state; /* no fixture */
    assert_string_equal(message_class_name(MESSAGE_CLASS_REPLY), "reply");
    assert_string_equal(message_class_name(MESSAGE_CLASS_NOTICE), "notice");
    assert_string_equal(message_class_name(MESSAGE_CLASS_PUSH), "push");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_it_encoded),
        cmocka_unit_test(keeps_empty_and_absent_apart),
        cmocka_unit_test(refuses_every_cut_and_any_rest),
        cmocka_unit_test(reads_version_1),
        cmocka_unit_test(refuses_what_another_version_wrote),
        cmocka_unit_test(names_its_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
