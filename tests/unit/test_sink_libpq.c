/*
 * port/sink_libpq against a real PostgreSQL, which tests/integration/writer.sh provides:
 * WAYPOST_TEST_PG is a conninfo without user. Without it only what needs no server is tested.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port/sink.h"
#include "port/store/store.h"

#define TIMEOUT_MS 2000
#define WRITER "waypost_writer"
#define SENDER "waypost_sender"

struct world {
    struct loop *loop;
    struct sink *sink;
    struct timer *timer;
    uint32_t n_answers, n_wanted;
    enum err e;
    char message[ERRMSG_BYTES];
    uint16_t key_id;
    char nonce[13], ciphertext[32];
};

static void on_poll(void *ctx)
{
    struct world *w = ctx;
    if (w->n_wanted == 0 && sink_is_up(w->sink))
        loop_stop(w->loop);
    else
        timer_start(w->loop, w->timer, 5);
}

static void up(struct world *w, const char *conninfo)
{
    *w = (struct world){.loop = loop_libevent_new()};
    w->timer = timer_new(w->loop, on_poll, w);
    w->sink = sink_libpq_new(w->loop, conninfo, TIMEOUT_MS);
}

/* Connected as this role; skips the test without a server. */
static void up_as(struct world *w, const char *role)
{
    char conninfo[500];
    const char *server = getenv("WAYPOST_TEST_PG");
    if (server == NULL)
        skip();
    (void)snprintf(conninfo, sizeof(conninfo), "%s user=%s", server, role);
    up(w, conninfo);
    timer_start(w->loop, w->timer, 0);
    loop_run(w->loop);
}

static void down(struct world *w)
{
    sink_free(w->sink);
    timer_free(w->loop, w->timer);
    loop_free(w->loop);
}

static void answered(struct world *w, enum err e)
{
    w->e = e;
    if (++w->n_answers == w->n_wanted)
        loop_stop(w->loop);
}

static void on_done(void *ctx, enum err e, const char *message)
{
    struct world *w = ctx;
    (void)snprintf(w->message, sizeof(w->message), "%s", message);
    answered(w, e);
}

static void on_vault(void *ctx, enum err e, uint16_t key_id, struct str nonce,
                     struct str ciphertext)
{
    struct world *w = ctx;
    w->key_id = key_id;
    assert_int_equal(str_copy(nonce, w->nonce, sizeof(w->nonce)), ERR_OK);
    assert_int_equal(str_copy(ciphertext, w->ciphertext, sizeof(w->ciphertext)), ERR_OK);
    answered(w, e);
}

/* Nothing was answered yet when this begins: never before the call has returned. */
static void await(struct world *w, uint32_t n)
{
    assert_int_equal(w->n_answers, 0);
    w->n_wanted = n;
    loop_run(w->loop);
    assert_int_equal(w->n_answers, n);
    w->n_answers = w->n_wanted = 0;
}

#define STEP                                                                                       \
    "[{\"type\":\"step\",\"number_id\":\"000102030405060708090a0b0c0d0e0f\",\"learner_id\":"       \
    "\"5b758666-8e33-47dc-adf7-de58fd14e243\",\"seq\":1,\"at\":\"2026-11-24T07:37:40.123Z\","      \
    "\"state\":\"00000001\",\"vault\":{\"key_id\":258,\"nonce\":\"303132333435363738394142\","     \
    "\"ciphertext\":\"6162636465666768696a6b6c6d6e6f7071\"},\"events\":[{\"n\":0,\"kind\":\"%s\"}" \
    "]}]"

static void ingest(struct world *w, const char *kind)
{
    char json[600];
    (void)snprintf(json, sizeof(json), STEP, kind);
    sink_ingest(w->sink, str_from(json), on_done, w);
}

static void takes_in_and_refuses(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    ingest(&w, "contact");
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    ingest(&w, "danced");
    await(&w, 1);
    assert_int_equal(w.e, ERR_INVALID);
    assert_non_null(strstr(w.message, "envelope 0 (5b758666-8e33-47dc-adf7-de58fd14e243 seq 1)"));
    static const struct str broken[] = {STR("[{]"), STR("[\"\xff\"]"), STR("[{}]\0[]"),
                                        STR("[\"\\u0000\"]"), STR("{}")};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        sink_ingest(w.sink, broken[i], on_done, &w);
        await(&w, 1);
        assert_int_equal(w.e, ERR_INVALID);
    }
    down(&w);
}

static void answers_in_order(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    for (int i = 0; i < 100; i++)
        ingest(&w, "contact");
    ingest(&w, "danced");
    await(&w, 101);
    assert_int_equal(w.e, ERR_INVALID);
    down(&w);
}

static void puts_any_bytes_aside(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    static const struct str payloads[] = {STR("\0\xff"), STR(""), STR("{\"learner_id\":\"x\"}")};
    static const struct str reasons[] = {STR("why"), STR("cut in half: \xc3"), STR("")};
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        sink_dead_letter(w.sink, payloads[i], reasons[i], on_done, &w);
        await(&w, 1);
        assert_int_equal(w.e, ERR_OK);
    }
    down(&w);
}

static void gives_the_sealed_number_to_the_sender_only(void **state)
{
    (void)state; /* no fixture */
    static const uint8_t known[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t unknown[16] = {9};
    struct world w;
    up_as(&w, SENDER);
    sink_vault_get(w.sink, known, on_vault, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_OK);
    assert_int_equal(w.key_id, 258);
    assert_string_equal(w.nonce, "0123456789AB");
    assert_string_equal(w.ciphertext, "abcdefghijklmnopq");
    sink_vault_get(w.sink, unknown, on_vault, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_NOT_FOUND);
    ingest(&w, "contact");
    await(&w, 1);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
    down(&w);
    up_as(&w, WRITER);
    sink_vault_get(w.sink, known, on_vault, &w);
    await(&w, 1);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
    down(&w);
}

static void answers_what_is_pending_when_freed(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up_as(&w, WRITER);
    for (int i = 0; i < 3; i++)
        ingest(&w, "contact");
    down(&w);
    assert_int_equal(w.n_answers, 3);
    assert_int_equal(w.e, ERR_UNAVAILABLE);
}

static void fails_at_once_without_a_server(void **state)
{
    (void)state; /* no fixture */
    struct world w;
    up(&w, "host=/nonexistent user=" WRITER);
    for (int i = 0; i < 3; i++) {
        ingest(&w, "contact");
        await(&w, 1);
        assert_int_equal(w.e, ERR_UNAVAILABLE);
        assert_false(sink_is_up(w.sink));
    }
    down(&w);
}

static void refuses_a_conninfo_that_would_block(void **state)
{
    (void)state; /* no fixture */
    static const struct {
        const char *conninfo;
        enum err e;
    } rows[] = {
        {"host=/run/postgresql dbname=waypost", ERR_OK},
        {"hostaddr=10.0.0.6 dbname=waypost", ERR_OK},
        {"host=db.example hostaddr=10.0.0.6", ERR_OK},
        {"dbname=waypost", ERR_OK},
        {"host=db.example dbname=waypost", ERR_INVALID},
        {"host=10.0.0.6", ERR_OK},
        {"host=::1", ERR_OK},
        {"postgresql://db.example/waypost", ERR_INVALID},
        {"color=blue", ERR_INVALID},
        {"host", ERR_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct errmsg msg = {""};
        assert_int_equal(sink_libpq_check(rows[i].conninfo, &msg), rows[i].e);
        assert_int_equal(msg.text[0] != '\0', rows[i].e != ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_in_and_refuses),
        cmocka_unit_test(answers_in_order),
        cmocka_unit_test(puts_any_bytes_aside),
        cmocka_unit_test(gives_the_sealed_number_to_the_sender_only),
        cmocka_unit_test(answers_what_is_pending_when_freed),
        cmocka_unit_test(fails_at_once_without_a_server),
        cmocka_unit_test(refuses_a_conninfo_that_would_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
