/*
 * Limits on what is sent: one table of cases against store_mem and against store_hiredis with a
 * real redis-server, then 64 processes at once against one cap.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS 20000
#include "store_fixture.h"

#define HOUR_S 3600
#define DAY_S 86400
#define N_PROCESSES 64
#define CAP 1000

/* ---- one commit with a message ---- */

static struct store_caps no_caps(void)
{
    return (struct store_caps){.number_units = 1,
                               .number_limit = UINT32_MAX,
                               .exchange_limit = 3,
                               .exchange_s = 60,
                               .refused_event = STR("refused ")};
}

static struct store_cap cap(const char *name, uint64_t units, uint64_t limit)
{
    return (struct store_cap){name, str_from(name), units, limit, DAY_S};
}

static const char *refused_by;

static void on_commit(void *ctx, enum err e, const struct store_record *rec)
{
    refused_by = e == ERR_OK && rec != NULL ? rec->refused_by : NULL;
    got_load(ctx, e, rec);
}

/* Who refused the message, "" = nobody. */
static const char *send_to(struct subject *t, struct number_id id, uint32_t seq,
                           const struct store_caps *caps)
{
    char state[64];
    struct store_commit commit = {.id = id,
                                  .expected_seq = seq,
                                  .state = state_of(state, seq + 1, "s"),
                                  .reply = STR("reply"),
                                  .reply_ttl_ms = 60000,
                                  .event = STR("step"),
                                  .outbox = {STR("sms")},
                                  .n_outbox = 1,
                                  .due_at_ms = -1,
                                  .caps = caps};
    store_commit(t->store, &commit, on_commit, begin(t));
    assert_int_equal(end(t), ERR_OK);
    return refused_by != NULL ? refused_by : "";
}

static uint32_t count_outbox(struct subject *t)
{
    assert_int_equal(do_read(t, GOT_ENTRIES, 0), ERR_OK);
    return t->got.n;
}

static uint32_t count_events(struct subject *t)
{
    assert_int_equal(do_log(t, GOT_ENTRIES, 0), ERR_OK);
    return t->got.n;
}

/* "head <id> <refused by>", where id and name are texts of a record. */
static void expect_told(const char *told, const char *head, const char *by)
{
    size_t len = strlen(head), id_len = (size_t)told[len];
    assert_memory_equal(told, head, len);
    assert_true(strspn(told + len + 1, "0123456789-") >= id_len);
    assert_int_equal(told[len + 1 + id_len], strlen(by));
    assert_string_equal(told + len + 1 + id_len + 1, by);
}

static void the_number_cap_is_hit_exactly(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    struct number_id id = id_of(7, 1);
    caps.number_limit = 3;
    assert_string_equal(send_to(t, id, 0, &caps), "");
    assert_string_equal(send_to(t, id, 1, &caps), "");
    assert_string_equal(send_to(t, id, 2, &caps), "");
    assert_string_equal(send_to(t, id, 3, &caps), "number");
    assert_string_equal(send_to(t, id_of(7, 2), 0, &caps), ""); /* another number */
    assert_int_equal(count_outbox(t), 4);
}

/* The step took place, its reply is not kept, and the events say why. */
static void a_refused_message_leaves_the_rest_of_the_commit(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    struct number_id id = id_of(7, 1);
    caps.number_limit = 0;
    assert_string_equal(send_to(t, id, 0, &caps), "number");
    assert_int_equal(count_outbox(t), 0);
    assert_int_equal(count_events(t), 2);
    assert_string_equal(t->got.entries[0].payload, "step");
    expect_told(t->got.entries[1].payload, "refused ", "number");
    assert_int_equal(do_load(t, id), ERR_OK);
    assert_int_equal(t->got.state_len, 5);
    assert_false(t->got.has_reply);
}

/* A reply that was said in the response to the callback is no outbox entry, and told all the same.
 */
static void a_reply_in_the_answer_is_counted_and_told(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    char bytes[64];
    caps.number_limit = 1;
    caps.said_event = STR("said ");
    struct store_commit commit = {.id = id_of(7, 1),
                                  .state = state_of(bytes, 1, "s"),
                                  .reply = STR("reply"),
                                  .reply_ttl_ms = 60000,
                                  .due_at_ms = -1,
                                  .caps = &caps};
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    assert_int_equal(count_outbox(t), 0);
    assert_int_equal(count_events(t), 1);
    expect_told(t->got.entries[0].payload, "said ", "");
    assert_int_equal(do_load(t, id_of(7, 1)), ERR_OK);
    assert_true(t->got.has_reply);
    assert_string_equal(send_to(t, id_of(7, 1), 1, &caps), "number");
}

static void refusals_have_different_ids(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    caps.refused_by = "country";
    assert_string_equal(send_to(t, id_of(7, 1), 0, &caps), "country");
    assert_string_equal(send_to(t, id_of(7, 1), 1, &caps), "country");
    assert_int_equal(count_events(t), 4);
    assert_string_not_equal(t->got.entries[1].payload, t->got.entries[3].payload);
}

static void what_the_caller_refuses_takes_nothing(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    caps.n = 1;
    caps.list[0] = cap("total", 1, 1);
    caps.number_limit = 1;
    caps.refused_by = "country";
    assert_string_equal(send_to(t, id_of(7, 1), 0, &caps), "country");
    caps.refused_by = NULL;
    assert_string_equal(send_to(t, id_of(7, 1), 1, &caps), "");
    assert_string_equal(send_to(t, id_of(7, 2), 0, &caps), "total");
}

static void an_exchange_that_goes_in_circles_is_broken(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    struct number_id id = id_of(7, 1);
    caps.exchange = 4294967295u;
    for (uint32_t seq = 0; seq < 3; seq++)
        assert_string_equal(send_to(t, id, seq, &caps), "");
    assert_string_equal(send_to(t, id, 3, &caps), "loop");
    assert_string_equal(send_to(t, id, 4, &caps), "loop");
    caps.exchange = 5; /* something else was said */
    assert_string_equal(send_to(t, id, 5, &caps), "");
    caps.exchange = 4294967295u;
    assert_string_equal(send_to(t, id, 6, &caps), "");
    caps.exchange = 0; /* no exchange: never a loop */
    for (uint32_t seq = 7; seq < 17; seq++)
        assert_string_equal(send_to(t, id, seq, &caps), "");
}

static void counters_take_all_or_nothing(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    caps.n = 3;
    caps.list[0] = cap("total", 1, 100);
    caps.list[1] = cap("money", 400, 1000);
    caps.list[2] = cap("organisation", 1, 100);
    for (uint8_t i = 0; i < 2; i++)
        assert_string_equal(send_to(t, id_of(i, 1), 0, &caps), "");
    assert_string_equal(send_to(t, id_of(2, 1), 0, &caps), "money");
    caps.list[1].units = 200;
    assert_string_equal(send_to(t, id_of(3, 1), 0, &caps), "");
    caps.list[0].limit = 4; /* three are used */
    caps.list[1].units = 0;
    assert_string_equal(send_to(t, id_of(4, 1), 0, &caps), "");
    assert_string_equal(send_to(t, id_of(5, 1), 0, &caps), "total");
    caps.list[0].limit = 5; /* the operator allows more */
    assert_string_equal(send_to(t, id_of(6, 1), 0, &caps), "");
}

/* What a commit took and did not use is there for the next one. */
static void units_of_a_conflict_are_given_back(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    char bytes[64];
    struct number_id id = id_of(7, 1);
    caps.n = 1;
    caps.list[0] = cap("total", 1, 2);
    assert_string_equal(send_to(t, id, 0, &caps), "");
    struct store_commit late = {.id = id,
                                .expected_seq = 0,
                                .state = state_of(bytes, 1, "s"),
                                .outbox = {STR("sms")},
                                .n_outbox = 1,
                                .due_at_ms = -1,
                                .caps = &caps};
    for (int i = 0; i < 5; i++)
        assert_int_equal(do_commit(t, &late), ERR_CONFLICT);
    caps.number_limit = 1;
    assert_string_equal(send_to(t, id, 1, &caps), "number");
    assert_string_equal(send_to(t, id_of(8, 1), 0, &caps), "");
    assert_string_equal(send_to(t, id_of(9, 1), 0, &caps), "total");
}

static enum err do_take(struct subject *t, const struct store_cap *caps, uint32_t n)
{
    store_take(t->store, caps, n, got_plain, begin(t));
    return end(t);
}

static void units_can_be_taken_alone(void **state)
{
    struct subject *t = subject(state);
    struct store_cap caps[] = {cap("p:1", 1, 2), cap("p:2", 3, 8)};
    assert_int_equal(do_take(t, caps, 2), ERR_OK);
    assert_int_equal(do_take(t, caps, 2), ERR_OK);
    assert_int_equal(do_take(t, caps, 2), ERR_DENIED);
    assert_int_equal(do_take(t, &caps[1], 1), ERR_DENIED);
    caps[1].units = 2; /* nothing was taken by what was refused */
    assert_int_equal(do_take(t, &caps[1], 1), ERR_OK);
    assert_int_equal(do_take(t, caps, 1), ERR_DENIED);
}

/* ---- only in memory: time ---- */

static void a_new_day_opens_the_caps(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    struct number_id id = id_of(7, 1);
    caps.number_limit = 1;
    caps.exchange = 5;
    caps.n = 1;
    caps.list[0] = cap("total", 1, 2);
    assert_string_equal(send_to(t, id, 0, &caps), "");
    assert_string_equal(send_to(t, id, 1, &caps), "number");
    loop_mem_advance(t->loop, (int64_t)DAY_S * 1000);
    assert_string_equal(send_to(t, id, 2, &caps), "");
    assert_string_equal(send_to(t, id_of(8, 1), 0, &caps), "");
    assert_string_equal(send_to(t, id_of(9, 1), 0, &caps), "total");
}

/* ---- only on a real server ---- */

static void the_clock_of_the_server_going_back_opens_nothing(void **state)
{
    struct subject *t = subject(state);
    struct store_caps caps = no_caps();
    caps.n = 1;
    caps.list[0] = cap("total", 1, 1);
    /* as if today were the day 99999 */
    assert_int_not_equal(redis_server_do(&server, "SET wp:{caps}:total %s", "99999 1"), -1);
    assert_string_equal(send_to(t, id_of(7, 1), 0, &caps), "total");
}

/* Sends to numbers of its own until it has been refused or `n` are out. Ends the process. */
static void child(uint8_t process, uint32_t n, const struct store_caps *caps)
{
    struct subject *t = connect_redis();
    wait_up(t, true);
    for (uint32_t i = 0; i < n; i++) {
        struct number_id id = id_of((uint8_t)(process * 4 + i), (uint8_t)i);
        id.bytes[4] = process;
        id.bytes[5] = (uint8_t)(i >> 8);
        (void)send_to(t, id, 0, caps);
    }
    _exit(0);
}

static long long total_of(const char *stream)
{
    long long n = 0;
    for (int bucket = 0; bucket < 256; bucket++)
        n += redis_server_do(&server, "XLEN wp:{b%03d}:%s", bucket, stream);
    return n;
}

static void run_children(uint32_t n_each, const struct store_caps *caps, uint32_t n_killed)
{
    pid_t pids[N_PROCESSES];
    for (uint32_t i = 0; i < N_PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            child((uint8_t)i, n_each, caps);
    }
    while (n_killed > 0 && total_of("outbox") < CAP / 4)
        (void)poll(NULL, 0, 1); /* they are in the middle of it then */
    for (uint32_t i = 0; i < n_killed; i++)
        (void)kill(pids[i], SIGKILL);
    for (uint32_t i = 0; i < N_PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(i < n_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
}

/* What was used up in a window that is over, is over, though its counter is still there. */
static void a_new_window_begins_with_nothing_used(void **state)
{
    struct subject *t = subject(state);
    struct store_cap narrow = cap("narrow", 1, 1);
    assert_int_equal(do_take(t, &narrow, 1), ERR_OK);
    assert_int_equal(do_take(t, &narrow, 1), ERR_DENIED);
    assert_int_equal(
        redis_server_do(&server, "EVAL %s 0",
                        "local keys = redis.call('KEYS', '*narrow*')"
                        " for _, key in ipairs(keys) do redis.call('SET', key, '1 1') end"
                        " return #keys"),
        1);
    assert_int_equal(do_take(t, &narrow, 1), ERR_OK);
    assert_int_equal(do_take(t, &narrow, 1), ERR_DENIED);
}

static void processes_together_send_exactly_the_cap(void **state)
{
    (void)subject(state);
    struct store_caps caps = no_caps();
    caps.n = 4;
    caps.list[0] = cap("total", 1, CAP);
    caps.list[1] = cap("organisation", 1, CAP + 1);
    caps.list[2] = cap("money", 800000, 1000000000);
    caps.list[3] = (struct store_cap){"prefix", STR("p:ab"), 1, CAP + 2, HOUR_S};
    run_children(40, &caps, 0);
    assert_int_equal(total_of("outbox"), CAP);
    assert_int_equal(total_of("events"), 2 * N_PROCESSES * 40 - CAP); /* steps and refusals */
}

static void money_is_not_overspent_by_one(void **state)
{
    (void)subject(state);
    struct store_caps caps = no_caps();
    caps.n = 1;
    caps.list[0] = cap("money", 3, CAP);
    run_children(10, &caps, 0);
    assert_int_equal(total_of("outbox"), CAP / 3);
}

static void processes_that_are_killed_exceed_nothing(void **state)
{
    (void)subject(state);
    struct store_caps caps = no_caps();
    caps.n = 1;
    caps.list[0] = cap("total", 1, CAP);
    run_children(40, &caps, N_PROCESSES / 2);
    long long n = total_of("outbox");
    assert_true(n <= CAP && n >= CAP - N_PROCESSES / 2); /* each held at most one */
}

/* All processes write for one number, whose state moves under them. */
static void child_on_one_number(const struct store_caps *caps)
{
    struct subject *t = connect_redis();
    char bytes[64];
    wait_up(t, true);
    for (int i = 0; i < 20;) {
        assert_int_equal(do_load(t, id_of(1, 1)), ERR_OK);
        uint32_t seq = store_seq((struct str){t->got.state, t->got.state_len});
        struct store_commit commit = {.id = id_of(1, 1),
                                      .expected_seq = seq,
                                      .state = state_of(bytes, seq + 1, "s"),
                                      .outbox = {STR("sms")},
                                      .n_outbox = 1,
                                      .due_at_ms = -1,
                                      .caps = caps};
        enum err e = do_commit(t, &commit);
        assert_true(e == ERR_OK || e == ERR_CONFLICT);
        i += e == ERR_OK;
    }
    assert_int_equal(do_probe(t), ERR_OK); /* behind what the last commit gave back */
    _exit(0);
}

static void one_number_gets_exactly_its_cap(void **state)
{
    (void)subject(state);
    struct store_caps caps = no_caps();
    caps.number_limit = 100;
    caps.n = 1;
    caps.list[0] = cap("total", 1, 1000); /* conflicts must not eat it up */
    pid_t pids[8];
    for (int i = 0; i < 8; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            child_on_one_number(&caps);
    }
    for (int i = 0; i < 8; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(total_of("outbox"), 100);
    struct subject *t = *state;
    caps.number_limit = UINT32_MAX;
    caps.list[0].limit = 101;
    assert_string_equal(send_to(t, id_of(2, 1), 0, &caps), "");
    assert_string_equal(send_to(t, id_of(3, 1), 0, &caps), "total");
}

#define MEM(f) cmocka_unit_test_setup_teardown(f, setup_mem, teardown)
#define REDIS(f) cmocka_unit_test_setup_teardown(f, setup_redis, teardown)
#define EACH(f)                                                                                    \
    {"mem: " #f, f, setup_mem, teardown, NULL}, {"redis: " #f, f, setup_redis, teardown, NULL},    \
    {                                                                                              \
        "cluster: " #f, f, setup_cluster, teardown, NULL                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_number_cap_is_hit_exactly),
        EACH(a_refused_message_leaves_the_rest_of_the_commit),
        EACH(a_reply_in_the_answer_is_counted_and_told),
        EACH(refusals_have_different_ids),
        EACH(what_the_caller_refuses_takes_nothing),
        EACH(an_exchange_that_goes_in_circles_is_broken),
        EACH(counters_take_all_or_nothing),
        EACH(units_of_a_conflict_are_given_back),
        EACH(units_can_be_taken_alone),
        MEM(a_new_day_opens_the_caps),
        REDIS(the_clock_of_the_server_going_back_opens_nothing),
        REDIS(a_new_window_begins_with_nothing_used),
        REDIS(processes_together_send_exactly_the_cap),
        REDIS(money_is_not_overspent_by_one),
        REDIS(processes_that_are_killed_exceed_nothing),
        REDIS(one_number_gets_exactly_its_cap),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
