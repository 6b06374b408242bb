/*
 * Marks and ends of many messages at once, which store_hiredis asks for in one call: against
 * store_mem, a real redis-server, and a Cluster.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS DEADLINE_MS
#include "port/store/stream.h"
#include "store_fixture.h"

enum { MANY = 60 };

/* Each in a bucket of its own but every third, and more than one command of Redis holds. */
static void send_to_many(struct subject *t, struct got_entry entries[MANY])
{
    for (uint8_t i = 0; i < MANY; i++)
        assert_int_equal(do_send(t, id_of(i % 40, i), 0, "sms"), ERR_OK);
    assert_int_equal(do_read(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, MANY);
    memcpy(entries, t->got.entries, MANY * sizeof(entries[0]));
}

static void wait_many(struct subject *t, struct got gots[MANY])
{
    for (size_t i = 0; i < MANY; i++) {
        while (!gots[i].is_done) /* the watchdog ends what never comes */
            run_for(t, 5);
    }
}

static void mark_many(struct subject *t, const struct got_entry entries[MANY], uint64_t fence,
                      struct got gots[MANY])
{
    memset(gots, 0, MANY * sizeof(gots[0]));
    for (uint8_t i = 0; i < MANY; i++) {
        struct store_entry e = {
            .bucket = entries[i].bucket, .id = str_from(entries[i].id), .fence = fence};
        struct number_id id = id_of(entries[i].bucket, entries[i].bucket);
        gots[i].loop = t->loop;
        store_mark_sending(t->store, &e, &id, got_value, &gots[i]);
    }
    wait_many(t, gots);
}

static void settle_many(struct subject *t, const struct got_entry entries[MANY],
                        struct got gots[MANY])
{
    memset(gots, 0, MANY * sizeof(gots[0]));
    for (uint8_t i = 0; i < MANY; i++) {
        struct number_id id = id_of(entries[i].bucket, entries[i].bucket);
        struct store_entry e = {
            .bucket = entries[i].bucket, .id = str_from(entries[i].id), .fence = 2};
        struct store_settled what = {
            .event = STR("told"), .id = &id, .patch = {STORE_SEQ_BYTES, STR("se"), STR("me")}};
        gots[i].loop = t->loop;
        store_settle(t->store, &e, &what, got_plain, &gots[i]);
    }
    wait_many(t, gots);
}

static void many_at_once_are_each_answered(void **state)
{
    struct subject *t = subject(state);
    static struct got gots[MANY]; /* large */
    struct got_entry entries[MANY];
    send_to_many(t, entries);
    mark_many(t, entries, 1, gots);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(gots[i].e, ERR_OK);
        assert_string_equal(gots[i].value + STORE_SEQ_BYTES, "send");
    }
    mark_many(t, entries, 2, gots);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(gots[i].e, ERR_CONFLICT);
    for (int again = 0; again < 2; again++) { /* the second time changes nothing */
        settle_many(t, entries, gots);
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(gots[i].e, ERR_OK);
    }
    assert_int_equal(do_load(t, id_of(3, 3)), ERR_OK);
    assert_string_equal(t->got.state + STORE_SEQ_BYTES, "mend");
    assert_int_equal(do_log(t, 10, 0), ERR_OK);
    assert_int_equal(t->got.n, MANY);
    mark_many(t, entries, 2, gots);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(gots[i].e, ERR_NOT_FOUND);
}

/* An SMS may lie in another bucket than its number, and so on another server: its state is not
 * told, all the rest is as ever. */
static void of_a_number_elsewhere_no_state_is_told(void **state)
{
    struct subject *t = subject(state);
    static struct got gots[MANY]; /* large */
    struct got_entry entries[MANY];
    send_to_many(t, entries);
    for (uint8_t again = 0; again < 2; again++) {
        memset(gots, 0, sizeof(gots));
        for (uint8_t i = 0; i < MANY; i++) {
            struct store_entry e = {
                .bucket = entries[i].bucket, .id = str_from(entries[i].id), .fence = again + 1};
            struct number_id id = id_of((uint8_t)(entries[i].bucket + 1), 0);
            gots[i].loop = t->loop;
            store_mark_sending(t->store, &e, &id, got_value, &gots[i]);
        }
        wait_many(t, gots);
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(gots[i].e, again == 0 ? ERR_OK : ERR_CONFLICT);
    }
}

static void what_is_wrong_with_one_keeps_no_other(void **state)
{
    struct subject *t = subject(state);
    static struct got gots[MANY]; /* large */
    struct got_entry entries[MANY];
    send_to_many(t, entries);
    assert_int_equal(redis_server_do(&server, "RPUSH wp:{b007}:marks x"), 1);
    mark_many(t, entries, 1, gots);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(gots[i].e, entries[i].bucket == 7 ? ERR_INVALID : ERR_OK);
    settle_many(t, entries, gots);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(gots[i].e, entries[i].bucket == 7 ? ERR_INVALID : ERR_OK);
    assert_int_equal(do_read_all(t), ERR_OK);
    assert_int_equal(t->got.n, 2); /* of that bucket; they wait for somebody to look */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"mem", many_at_once_are_each_answered, setup_mem, teardown, NULL},
        {"redis", many_at_once_are_each_answered, setup_redis, teardown, NULL},
        {"cluster", many_at_once_are_each_answered, setup_cluster, teardown, NULL},
        {"redis elsewhere", of_a_number_elsewhere_no_state_is_told, setup_redis, teardown, NULL},
        {"wrong", what_is_wrong_with_one_keeps_no_other, setup_redis, teardown, NULL},
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
