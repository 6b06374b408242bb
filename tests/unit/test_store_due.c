/* Due times where many lie side by side: against a model, in store_mem and in store_hiredis; then
 * what Redis has of it, and what a gateway of before finds. */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#define FIXTURE_DEADLINE_MS 20000
#include "store_fixture.h"

enum { N = 400, SLOT_MOST = 128 };

/* What must be so: seq and due time of each number, 0 = none. */
struct model {
    uint32_t seq[N];
    int64_t due_ms[N];
};

/* All of one slot: six bits of the second byte. What follows is spread as in real ones. */
static struct number_id neighbour(uint32_t i)
{
    struct number_id id = id_of(7, (uint8_t)(0x14 << 2 | (i & 3)));
    id.bytes[2] = (uint8_t)(i * 37);
    id.bytes[14] = (uint8_t)(i >> 8);
    id.bytes[15] = (uint8_t)i;
    return id;
}

static uint32_t number_of(const struct number_id *id)
{
    return (uint32_t)id->bytes[14] << 8 | id->bytes[15];
}

static void move(struct subject *t, struct model *model, uint32_t i, int64_t due_ms)
{
    assert_int_equal(do_due_at(t, neighbour(i), model->seq[i], due_ms), ERR_OK);
    model->seq[i]++;
    model->due_ms[i] = due_ms;
}

static void erase(struct subject *t, struct model *model, uint32_t i)
{
    struct store_commit commit = {.id = neighbour(i), .expected_seq = model->seq[i]};
    assert_int_equal(do_commit(t, &commit), ERR_OK);
    model->seq[i] = 0;
    model->due_ms[i] = 0;
}

static void wake(struct subject *t, struct model *model, uint32_t i, int64_t due_ms)
{
    struct number_id id = neighbour(i);
    store_wake(t->store, &id, due_ms, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    if (model->seq[i] > 0 && (model->due_ms[i] == 0 || model->due_ms[i] > due_ms))
        model->due_ms[i] = due_ms;
}

static void put_off(struct subject *t, struct model *model, uint32_t i, int64_t due_ms)
{
    struct number_id id = neighbour(i);
    store_put_off(t->store, &id, due_ms, got_plain, begin(t));
    assert_int_equal(end(t), ERR_OK);
    if (model->due_ms[i] != 0 && model->due_ms[i] < due_ms)
        model->due_ms[i] = due_ms;
}

static void restore(struct subject *t, struct model *model, uint32_t i, int64_t due_ms)
{
    char bytes[64];
    struct number_id id = neighbour(i);
    model->seq[i]++;
    model->due_ms[i] = due_ms;
    store_restore(t->store, &id, state_of(bytes, model->seq[i], "due"), due_ms, got_plain,
                  begin(t));
    assert_int_equal(end(t), ERR_OK);
}

/* Who is due is found, in order, and nobody else; when there are more than are asked for, some of
 * them. */
static void expect_due(struct subject *t, const struct model *model, int64_t now_ms)
{
    uint32_t n_due = 0;
    store_due(t->store, &(struct store_due_by){7, 7, GOT_ENTRIES, now_ms}, got_due, begin(t));
    assert_int_equal(end(t), ERR_OK);
    int64_t last_ms = 0;
    for (uint32_t i = 0; i < t->got.n; i++) {
        int64_t due_ms = model->due_ms[number_of(&t->got.ids[i])];
        assert_true(due_ms >= last_ms && due_ms > 0 && due_ms <= now_ms);
        last_ms = due_ms;
    }
    for (uint32_t i = 0; i < N; i++)
        n_due += model->due_ms[i] != 0 && model->due_ms[i] <= now_ms;
    assert_int_equal(t->got.n, n_due < GOT_ENTRIES ? n_due : GOT_ENTRIES);
}

struct page {
    struct got got;
    const struct model *model;
    char next[32];
    uint32_t n;
};

static void got_page(void *ctx, enum err e, struct str next, const struct store_learner *learners,
                     uint32_t n)
{
    struct page *page = ctx;
    got_str(next, page->next, sizeof(page->next));
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(learners[i].due_at_ms, page->model->due_ms[number_of(&learners[i].id)]);
    page->n += n;
    got_done(&page->got, e);
}

static void expect_scanned(struct subject *t, const struct model *model)
{
    uint32_t n_known = 0;
    struct page *page = calloc(1, sizeof(*page));
    assert_non_null(page);
    page->model = model;
    do {
        page->got.loop = t->loop;
        page->got.is_done = false;
        store_scan(t->store, str_from(page->next), got_page, page);
        while (!page->got.is_done)
            run_for(t, 5);
        assert_int_equal(page->got.e, ERR_OK);
    } while (page->next[0] != '\0');
    for (uint32_t i = 0; i < N; i++)
        n_known += model->seq[i] > 0;
    assert_true(page->n >= n_known); /* twice only where the table grows meanwhile */
    free(page);
}

static void each_of_many_neighbours_is_found_at_its_time(void **state)
{
    static void (*const acts[])(struct subject *, struct model *, uint32_t,
                                int64_t) = {move, move, move, wake, put_off, restore};
    struct subject *t = subject(state);
    struct model model = {.seq = {0}};
    uint32_t chance = 1;
    for (uint32_t i = 0; i < 3 * N; i++) {
        chance = chance * 1664525 + 1013904223; /* a linear congruence is chance enough */
        uint32_t who = i < N ? i : (chance >> 8) % N;
        int64_t due_ms = (chance >> 20) % 50 == 0 ? 0 : 1000 * (1 + (chance >> 16) % 900);
        if (i >= N && (chance >> 4) % 10 == 0 && model.seq[who] > 0)
            erase(t, &model, who);
        else
            acts[i < N || due_ms == 0 ? 0 : (chance >> 12) % ARRAY_LEN(acts)](t, &model, who,
                                                                              due_ms);
        if (i % 50 == 0) {
            expect_due(t, &model, 1000 * (int64_t)((chance >> 16) % 100));
            expect_due(t, &model, 1000000);
        }
    }
    expect_scanned(t, &model);
    for (uint32_t i = 0; i < N; i++) {
        if (model.seq[i] > 0)
            erase(t, &model, i);
    }
    expect_due(t, &model, 1000000);
}

/* ---- what Redis has ---- */

static void a_slot_that_has_grown_is_split(void **state)
{
    struct subject *t = subject(state);
    struct model model = {.seq = {0}};
    for (uint32_t i = 0; i < SLOT_MOST; i++)
        move(t, &model, i, 1000 * (1 + (int64_t)i));
    assert_int_equal(redis_server_do(&server, "ZCARD wp:{b007}:due:14"), SLOT_MOST);
    assert_int_equal(redis_server_do(&server, "ZCARD wp:{b007}:due"), 1);
    move(t, &model, SLOT_MOST, 9000);
    assert_int_equal(redis_server_do(&server, "STRLEN wp:{b007}:due:14"), 5);
    assert_int_equal(redis_server_do(&server, "ZCARD wp:{b007}:due"), 16);
    long long n = 0;
    for (unsigned part = 0; part < 16; part++) {
        long long n_here = redis_server_do(&server, "ZCARD wp:{b007}:due:14%x", part);
        assert_true(n_here > 0 && n_here <= 16);
        n += n_here;
    }
    assert_int_equal(n, SLOT_MOST + 1);
    expect_due(t, &model, 1000000);
}

static long long n_reads(void)
{
    return redis_server_do(&server, "EVAL %s 0",
                           "return tonumber(string.match(redis.call('INFO', 'commandstats'), "
                           "'cmdstat_zrange:calls=(%d+)'))");
}

/* A whole morning may be due at once: callbacks wait for as long as a look takes. */
static void a_look_costs_what_it_may_find(void **state)
{
    enum { MOST = 2 };
    struct subject *t = subject(state);
    for (uint32_t i = 0; i < N; i++) {
        struct number_id id = id_of(7, (uint8_t)i);
        id.bytes[2] = (uint8_t)(i >> 8);
        assert_int_equal(do_due_at(t, id, 0, 1000), ERR_OK);
    }
    assert_int_equal(redis_server_do(&server, "ZCARD wp:{b007}:due"), 64);
    long long n_before = n_reads();
    store_due(t->store, &(struct store_due_by){7, 7, MOST, 60000}, got_due, begin(t));
    assert_int_equal(end(t), ERR_OK);
    assert_int_equal(t->got.n, MOST);
    assert_in_range(n_reads() - n_before, 1, 1 + MOST);
}

/* A slot may have grown past the limit before there was one. */
static void an_old_slot_is_split_when_it_is_touched(void **state)
{
    struct subject *t = subject(state);
    struct model model = {.seq = {0}};
    for (uint32_t i = 0; i < SLOT_MOST; i++)
        move(t, &model, i, 60000);
    for (uint32_t i = SLOT_MOST; i < N; i++) {
        struct number_id id = neighbour(i);
        assert_int_equal(redis_server_do(&server, "ZADD wp:{b007}:due:14 70 %b", &id.bytes[1],
                                         (size_t)NUMBER_ID_BYTES - 1),
                         1);
        model.due_ms[i] = 70000;
    }
    expect_due(t, &model, 65000);
    move(t, &model, 3, 90000);
    assert_int_equal(redis_server_do(&server, "ZCARD wp:{b007}:due"), 16);
    expect_due(t, &model, 75000);
}

/* A gateway of before names a slot, and no part of it. */
static void an_older_gateway_moves_due_times_in_parts(void **state)
{
    struct subject *t = subject(state);
    struct model model = {.seq = {0}};
    char before[8], after[8];
    for (uint32_t i = 0; i <= SLOT_MOST; i++)
        move(t, &model, i, 60000);
    struct number_id id = neighbour(9);
    (void)state_of(before, model.seq[9], "");
    (void)state_of(after, ++model.seq[9], "");
    long long response = redis_server_do(
        &server,
        "FCALL waypost_commit 8 wp:{b007}:s:%s %s %s %s wp:{b007}:due wp:{b007}:due:14 %s %s %b %b "
        "%s %s %s 20 %b 14 %s %s %s",
        "UU0KWlpaWlpaWlpaWgAJ", "wp:{b007}:r", "wp:{b007}:events", "wp:{b007}:outbox",
        "wp:{b007}:d", "wp:{b007}:epoch", before, (size_t)4, after, (size_t)4, "", "0", "",
        &id.bytes[1], (size_t)NUMBER_ID_BYTES - 1, "", "", "");
    assert_int_equal(response, 1);
    model.due_ms[9] = 20000;
    expect_due(t, &model, 25000);
    expect_due(t, &model, 75000);
}

static void a_part_of_another_type_writes_nothing(void **state)
{
    struct subject *t = subject(state);
    struct model model = {.seq = {0}};
    for (uint32_t i = 0; i <= SLOT_MOST; i++)
        move(t, &model, i, 60000);
    struct number_id id = neighbour(9);
    for (unsigned part = 0; part < 16; part++) {
        (void)redis_server_do(&server, "DEL wp:{b007}:due:14%x", part);
        assert_int_equal(redis_server_do(&server, "HSET wp:{b007}:due:14%x field value", part), 1);
    }
    assert_int_equal(do_due_at(t, id, model.seq[9], 1000), ERR_INVALID);
    assert_int_equal(do_load(t, id), ERR_OK);
    assert_int_equal(store_seq((struct str){t->got.state, t->got.state_len}), model.seq[9]);
}

#define REDIS(f) cmocka_unit_test_setup_teardown(f, setup_redis, teardown)
#define EACH(f)                                                                                    \
    cmocka_unit_test_setup_teardown(f, setup_mem, teardown), REDIS(f),                             \
        cmocka_unit_test_setup_teardown(f, setup_cluster, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(each_of_many_neighbours_is_found_at_its_time),
        REDIS(a_look_costs_what_it_may_find),
        REDIS(a_slot_that_has_grown_is_split),
        REDIS(an_old_slot_is_split_when_it_is_touched),
        REDIS(an_older_gateway_moves_due_times_in_parts),
        REDIS(a_part_of_another_type_writes_nothing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
