#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/replay.h"
#include "callback_world.h"
#include "port/store/learners.h"
#include "port/store/values.h"

/* A struct str in a static initialiser. */
#define LIT(literal)                                                                               \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct setting settings[] = {{LIT("api_key"), LIT("k")},
                                          {LIT("api_secret"), LIT("s")}};
static const struct setting mtarget_settings[] = {
    {LIT("username"), LIT("u")}, {LIT("password"), LIT("p")}, {LIT("service_id"), LIT("1")}};
static const struct config_channel channels[] = {{.name = LIT("vonage"),
                                                  .profile = LIT("vonage"),
                                                  .country = LIT("KE"),
                                                  .settings = {settings, 2},
                                                  .is_unsigned_allowed = true,
                                                  .new_numbers_hour = 100000},
                                                 {.name = LIT("mtarget"),
                                                  .profile = LIT("mtarget"),
                                                  .country = LIT("KE"),
                                                  .settings = {mtarget_settings, 3},
                                                  .is_unsigned_allowed = true,
                                                  .new_numbers_hour = 100000}};

static int set_up(void **state)
{
    *state = world_new(channels, ARRAY_LEN(channels));
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static uint32_t n_ids;

/* Part n of `of` with a text; the status of the response. */
static int part_from(struct callback_world *w, const char *number, const char *ref, uint32_t n,
                     uint32_t of, const char *text)
{
    char body[4096];
    (void)snprintf(body, sizeof(body),
                   "msisdn=%s&to=20880&messageId=p%u&text=%s&type=text&concat=true&"
                   "concat-ref=%s&concat-total=%u&concat-part=%u",
                   number, ++n_ids, text, ref, of, n);
    return world_post(w, "/in/vonage", body);
}

static int part(struct callback_world *w, const char *ref, uint32_t n, uint32_t of,
                const char *text)
{
    return part_from(w, "254700000101", ref, n, of, text);
}

/* What the engine got: an input that it does not understand comes back as an event, spaces kept. */
static void expect_input(struct callback_world *w, const char *text)
{
    char wanted[2048];
    struct world_taken t = world_take_events(w);
    (void)snprintf(wanted, sizeof(wanted), "\"kind\":\"unknown_input\",\"text\":\"%s\"", text);
    if (t.n != 1 || strstr(t.text, wanted) == NULL)
        fail_msg("%u events, no %s in:\n%s", t.n, wanted, t.text);
}

static void expect_nothing(struct callback_world *w)
{
    assert_int_equal(world_take_events(w).n, 0);
}

/* In a state in which every word that fits no command is an unknown input. */
static void join_course(struct callback_world *w)
{
    assert_int_equal(world_post(w, "/in/vonage",
                                "msisdn=254700000101&to=20880&messageId=j1&text=hello&type=text"),
                     200);
    (void)world_take_events(w);
}

static void parts_become_one_message_in_any_order(void **state)
{
    static const uint32_t orders[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                         {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    struct callback_world *w = *state;
    join_course(w);
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        char ref[16], texts[3][32], whole[96];
        (void)snprintf(ref, sizeof(ref), "%zu", i);
        for (uint32_t k = 0; k < 3; k++)
            (void)snprintf(texts[k], sizeof(texts[k]), "word%zu%c", i, 'a' + (int)k);
        (void)snprintf(whole, sizeof(whole), "%s%s%s", texts[0], texts[1], texts[2]);
        for (uint32_t k = 0; k < 3; k++) {
            expect_nothing(w);
            assert_int_equal(part(w, ref, orders[i][k], 3, texts[orders[i][k] - 1]), 200);
        }
        expect_input(w, whole);
    }
    assert_int_equal(metrics_get(w->metrics, METRIC_sms_joined_total), ARRAY_LEN(orders));
}

/* ---- each way in which a provider sends parts ---- */

struct sent_part {
    uint32_t n, of;
    const char *text;
    uint32_t ref;
};

#define PART_ARGS ++n_ids, p->text, p->ref, p->n, p->of

static void write_vonage_form(const struct sent_part *p, char body[512])
{
    (void)snprintf(body, 512,
                   "msisdn=254700000111&to=20880&messageId=w%u&text=%s&type=text&concat=true&"
                   "concat-ref=%u&concat-part=%u&concat-total=%u",
                   PART_ARGS);
}

static void write_vonage_json(const struct sent_part *p, char body[512])
{
    (void)snprintf(body, 512,
                   "{\"msisdn\":\"254700000112\",\"to\":\"20880\",\"messageId\":\"w%u\","
                   "\"text\":\"%s\",\"type\":\"text\",\"concat\":\"true\",\"concat-ref\":\"%u\","
                   "\"concat-part\":\"%u\",\"concat-total\":\"%u\"}",
                   PART_ARGS);
}

static void write_mtarget(const struct sent_part *p, char body[512])
{
    (void)snprintf(body, 512,
                   "Msisdn=%%2B254700000113&MsgId=w%u&Content=%s&msglong.id=%u&"
                   "msglong.msgref=%u&msglong.msgcount=%u",
                   PART_ARGS);
}

/* In the wrong order, one of them twice, one never. */
static void parts_of_every_profile_are_joined(void **state)
{
    static const struct {
        const char *path;
        void (*write)(const struct sent_part *p, char body[512]);
    } ways[] = {{"/in/vonage", write_vonage_form},
                {"/in/vonage", write_vonage_json},
                {"/in/mtarget", write_mtarget}};
    static const struct sent_part hello = {1, 1, "hello", 9};
    static const struct sent_part parts[] = {{3, 3, "three", 1}, {1, 3, "one", 1},
                                             {1, 3, "one", 1},   {2, 3, "two", 1},
                                             {2, 3, "deux", 2},  {1, 3, "un", 2}};
    struct callback_world *w = *state;
    char body[512];
    joiner_start(w->joiner);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        ways[i].write(&hello, body);
        assert_int_equal(world_post(w, ways[i].path, body), 200);
        assert_in_range(world_take_events(w).n, 1, 10);
        for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
            ways[i].write(&parts[k], body);
            assert_int_equal(world_post(w, ways[i].path, body), 200);
            if (parts[k].n == 2 && parts[k].ref == 1)
                expect_input(w, "onetwothree");
            expect_nothing(w);
        }
        loop_mem_advance(w->loop, JOINER_WAIT_MS + 2 * JOINER_SWEEP_MS);
        expect_input(w, "undeux ... ");
    }
    joiner_stop(w->joiner);
}

static void a_part_that_comes_again_changes_nothing(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    assert_int_equal(part(w, "7", 1, 2, "first+"), 200);
    assert_int_equal(part(w, "7", 1, 2, "first+"), 200);
    expect_nothing(w);
    assert_int_equal(part(w, "7", 2, 2, "second"), 200);
    expect_input(w, "first second");
    assert_int_equal(world_take_outbox(w).n, 2); /* to that hello, and to this */
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(part(w, "7", 1 + i % 2, 2, i % 2 == 0 ? "first+" : "second"), 200);
    expect_nothing(w);
    assert_int_equal(world_take_outbox(w).n, 0);
    loop_mem_advance(w->loop, 2 * JOINER_KEEP_MS);
    expect_nothing(w);
}

static void what_there_is_comes_when_a_part_never_does(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    joiner_start(w->joiner); /* the timer's part */
    assert_int_equal(part(w, "7", 2, 4, "two"), 200);
    loop_mem_advance(w->loop, JOINER_WAIT_MS / 2);
    assert_int_equal(part(w, "7", 3, 4, "three"), 200);
    loop_mem_advance(w->loop, JOINER_WAIT_MS / 2 - 1000);
    expect_nothing(w);
    loop_mem_advance(w->loop, 2 * JOINER_SWEEP_MS);
    expect_input(w, " ... twothree ... ");
    assert_int_equal(part(w, "7", 1, 4, "late"), 200); /* not lost, either */
    loop_mem_advance(w->loop, JOINER_WAIT_MS + 2 * JOINER_SWEEP_MS);
    expect_input(w, "late ... ");
    loop_mem_advance(w->loop, 10 * JOINER_WAIT_MS);
    expect_nothing(w);
    joiner_stop(w->joiner);
}

/* The front that had the last part dies before the message is handled: the parts are there. */
static void a_message_whose_front_died_is_found_by_the_timer(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    assert_int_equal(part(w, "7", 1, 2, "one"), 200);
    store_mem_fail(w->store, "load", ERR_UNAVAILABLE, false, 1);
    spool_mem_fail(w->spool, "append", ERR_FULL, 1);
    assert_int_equal(part(w, "7", 2, 2, "two") / 100, 5); /* asked for again, but never comes */
    expect_nothing(w);
    joiner_start(w->joiner);
    loop_mem_advance(w->loop, JOINER_WAIT_MS + 2 * JOINER_SWEEP_MS);
    expect_input(w, "onetwo");
    loop_mem_advance(w->loop, JOINER_WAIT_MS);
    expect_nothing(w);
    joiner_stop(w->joiner);
}

static void parts_of_other_messages_are_not_mixed(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    assert_int_equal(part(w, "7", 1, 2, "old1"), 200);
    assert_int_equal(part(w, "8", 1, 2, "new1"), 200);   /* another reference */
    assert_int_equal(part(w, "7", 1, 3, "three1"), 200); /* another number of parts */
    expect_nothing(w);
    assert_int_equal(part(w, "7", 1, 2, "other"), 200); /* says something else: on its own */
    expect_input(w, "other");
    assert_int_equal(part(w, "7", 2, 2, "old2"), 200);
    expect_input(w, "old1old2");
    assert_int_equal(part(w, "7", 1, 2, "again1"), 200); /* the reference is used again */
    expect_nothing(w);
    assert_int_equal(part(w, "7", 2, 2, "again2"), 200);
    expect_input(w, "again1again2");
    assert_int_equal(part(w, "8", 2, 2, "new2"), 200);
    expect_input(w, "new1new2");
}

static void a_message_of_too_many_parts_is_taken_part_by_part(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    for (uint32_t n = 1; n < STORE_MAX_PARTS; n++)
        assert_int_equal(part(w, "7", n, STORE_MAX_PARTS, "x"), 200);
    expect_nothing(w);
    assert_int_equal(part(w, "7", STORE_MAX_PARTS, STORE_MAX_PARTS, "y"), 200);
    expect_input(w, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy");
    assert_int_equal(part(w, "8", 1, STORE_MAX_PARTS + 1, "alone"), 200);
    expect_input(w, "alone");
}

/* No part is lost while the store is away: they wait in the spool, and are joined behind it. */
static void parts_that_were_spooled_are_joined_later(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    assert_int_equal(part(w, "7", 2, 3, "two"), 200);
    assert_int_equal(part(w, "8", 1, 2, "late"), 200);
    store_mem_fail(w->store, "*", ERR_UNAVAILABLE, false, UINT32_MAX);
    assert_int_equal(world_post(w, "/in/vonage",
                                "msisdn=254700000101&to=20880&messageId=o&text=older&type=text"),
                     200);
    assert_int_equal(part(w, "7", 1, 3, "one"), 200);
    assert_false(spool_is_empty(w->spool));
    store_mem_fail(w->store, "*", ERR_OK, false, 0);
    assert_int_equal(part(w, "7", 3, 3, "three"), 200); /* behind what is in the spool */
    assert_int_equal(part(w, "8", 2, 2, "comer"), 200); /* complete, and still behind it */
    expect_nothing(w);
    struct replay *replay = replay_new(&(struct replay_parts){.loop = w->loop,
                                                              .store = w->store,
                                                              .spool = w->spool,
                                                              .channels = &w->channels,
                                                              .dialogs = w->dialogs,
                                                              .joiner = w->joiner});
    loop_mem_advance(w->loop, 5000);
    assert_true(spool_is_empty(w->spool));
    struct world_taken t = world_take_events(w);
    const char *older = strstr(t.text, "\"text\":\"older\"");
    assert_int_equal(t.n, 3);
    assert_non_null(older);
    const char *joined = strstr(older, "\"text\":\"onetwothree\"");
    assert_non_null(joined);
    assert_non_null(strstr(joined, "\"text\":\"latecomer\""));
    replay_stop(replay);
    loop_mem_advance(w->loop, 5000);
    replay_free(replay);
}

/* A call that timed out may have kept the part: then it is there twice, and joined once. */
static void a_part_whose_keeping_timed_out_is_joined_once(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    store_mem_fail(w->store, "part_put", ERR_TIMEOUT, true, 1);
    assert_int_equal(part(w, "7", 1, 2, "one"), 200);
    struct replay *replay = replay_new(&(struct replay_parts){.loop = w->loop,
                                                              .store = w->store,
                                                              .spool = w->spool,
                                                              .channels = &w->channels,
                                                              .dialogs = w->dialogs,
                                                              .joiner = w->joiner});
    loop_mem_advance(w->loop, 5000);
    assert_int_equal(part(w, "7", 2, 2, "two"), 200);
    expect_input(w, "onetwo");
    replay_stop(replay);
    loop_mem_advance(w->loop, 5000);
    replay_free(replay);
}

/* The provider sends a part again, under its old id, that has been handled with a gap behind it:
 * the whole message is another one. */
static void a_part_that_comes_again_after_its_time_is_joined(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    joiner_start(w->joiner);
    assert_int_equal(part(w, "7", 1, 2, "one"), 200);
    loop_mem_advance(w->loop, JOINER_WAIT_MS + 2 * JOINER_SWEEP_MS);
    expect_input(w, "one ... ");
    n_ids--;
    assert_int_equal(part(w, "7", 1, 2, "one"), 200);
    assert_int_equal(part(w, "7", 2, 2, "two"), 200);
    expect_input(w, "onetwo");
    joiner_stop(w->joiner);
}

/* One byte more than the spool could hold is refused at the door, not cut. */
static void a_part_that_cannot_be_spooled_is_refused(void **state)
{
    struct callback_world *w = *state;
    char words[8192 + 1];
    join_course(w);
    memset(words, 'a', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    struct inbound in = {.kind = INBOUND_SMS,
                         .outcome = INBOUND_ACCEPT,
                         .from = STR("+254700000101"),
                         .part_ref = STR("7"),
                         .part_n = 1,
                         .part_of = 2};
    struct dialog_request request = {
        .channel = &channels[0], .inbound = &in, .received = loop_wall(w->loop)};
    in.text = str_from(words);
    assert_int_equal(joiner_take(w->joiner, &request), ERR_TOO_LONG);
    assert_int_equal(joiner_n_running(w->joiner), 0);
}

static void on_overdue(void *ctx, enum err e, struct str key, const struct str *values, uint32_t n)
{
    uint32_t *ret_n = ctx;
    (void)key, (void)values;
    assert_int_equal(e, ERR_OK);
    *ret_n = n;
}

/* Nothing is overdue, and the joiner is not stuck: the next message is joined. */
static void expect_given_up(struct callback_world *w)
{
    uint32_t n_overdue = 99;
    expect_nothing(w);
    assert_int_equal(joiner_n_running(w->joiner), 0);
    store_parts_overdue(w->store, on_overdue, &n_overdue);
    loop_mem_settle(w->loop);
    assert_int_equal(n_overdue, 0);
    assert_int_equal(part(w, "8", 1, 3, "later"), 200);
    loop_mem_advance(w->loop, JOINER_WAIT_MS + 2 * JOINER_SWEEP_MS);
    expect_input(w, "later ... ");
    joiner_stop(w->joiner);
}

static void on_restored(void *ctx, enum err e)
{
    (void)ctx; /* nothing waits for it */
    assert_int_equal(e, ERR_OK);
}

/* Others do not wait for it, and it does not wait for ever: but for as long as somebody may put the
 * configuration right. */
static void a_message_whose_channel_is_gone_waits_for_it(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    joiner_start(w->joiner);
    assert_int_equal(part(w, "7", 1, 2, "one"), 200);
    w->config.n_channels = 0;
    loop_mem_advance(w->loop, DAY_MS);
    expect_nothing(w);
    w->config.n_channels = 1;
    loop_mem_advance(w->loop, JOINER_LATER_MS + JOINER_SWEEP_MS);
    expect_input(w, "one ... ");
    assert_int_equal(part(w, "8", 1, 2, "two"), 200);
    w->config.n_channels = 0;
    loop_mem_advance(w->loop, JOINER_GIVE_UP_MS + JOINER_WAIT_MS);
    w->config.n_channels = 1;
    loop_mem_advance(w->loop, JOINER_LATER_MS + JOINER_SWEEP_MS);
    expect_given_up(w);
}

/* A learner whose state this version cannot read is the first who is overdue, again and again. */
static void nobody_waits_for_a_message_that_cannot_be_handled(void **state)
{
    struct callback_world *w = *state;
    struct number_id id = vault_number_id(w->vault, STR("+254700000009"));
    join_course(w);
    joiner_start(w->joiner);
    store_restore(w->store, &id, (struct str){"\0\0\0\x09\xff newer", 11}, 0, on_restored, NULL);
    assert_int_equal(part_from(w, "254700000009", "7", 1, 2, "broken"), 200);
    loop_mem_advance(w->loop, 1000);
    assert_int_equal(part(w, "8", 1, 2, "whole"), 200);
    loop_mem_advance(w->loop, JOINER_WAIT_MS + 2 * JOINER_SWEEP_MS);
    expect_input(w, "whole ... ");
    joiner_stop(w->joiner);
    loop_mem_advance(w->loop, JOINER_SWEEP_MS);
}

static void on_kept(void *ctx, enum err e, enum store_part_state part_state,
                    const struct str *values, uint32_t n)
{
    (void)ctx, (void)values, (void)n;
    assert_int_equal(e, ERR_OK);
    assert_int_equal(part_state, STORE_PART_KEPT);
}

/* Sealed with a key that is gone, or by nobody. */
static void a_message_that_nobody_can_open_is_given_up(void **state)
{
    struct callback_world *w = *state;
    join_course(w);
    joiner_start(w->joiner);
    struct store_part broken = {.key = STR("0123456789abcdef0123456789abcdef"),
                                .n = 1,
                                .of = 2,
                                .mark = "0123456789abcde",
                                .value = STR("no box"),
                                .wait_ms = JOINER_WAIT_MS,
                                .keep_ms = JOINER_KEEP_MS};
    store_part_put(w->store, &broken, on_kept, NULL);
    loop_mem_advance(w->loop, JOINER_WAIT_MS + 2 * JOINER_SWEEP_MS);
    expect_given_up(w);
}

int main(void)
{
#define WORLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WORLD_TEST(parts_become_one_message_in_any_order),
        WORLD_TEST(parts_of_every_profile_are_joined),
        WORLD_TEST(a_part_that_comes_again_changes_nothing),
        WORLD_TEST(what_there_is_comes_when_a_part_never_does),
        WORLD_TEST(a_message_whose_front_died_is_found_by_the_timer),
        WORLD_TEST(parts_of_other_messages_are_not_mixed),
        WORLD_TEST(a_message_of_too_many_parts_is_taken_part_by_part),
        WORLD_TEST(parts_that_were_spooled_are_joined_later),
        WORLD_TEST(a_part_whose_keeping_timed_out_is_joined_once),
        WORLD_TEST(a_part_that_comes_again_after_its_time_is_joined),
        WORLD_TEST(a_part_that_cannot_be_spooled_is_refused),
        WORLD_TEST(a_message_whose_channel_is_gone_waits_for_it),
        WORLD_TEST(nobody_waits_for_a_message_that_cannot_be_handled),
        WORLD_TEST(a_message_that_nobody_can_open_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
