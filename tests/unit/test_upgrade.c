#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/upgrade.h"
#include "port/store/values.h"

static void on_put(void *ctx, enum err e)
{
    (void)ctx; /* nobody waits for it */
    assert_int_equal(e, ERR_OK);
}

/* What the store says holds within a look, forth and back; what nobody said is no. */
static void what_redis_says_is_written(void **state)
{
    (void)state;
    static const struct {
        const char *said; /* NULL: nothing */
        uint8_t version;
    } rows[] = {{"5", 5}, {NULL, 4}, {"6", 5}, {"300", 4}, {"4", 4}, {"3", 4}, {"", 4}, {"5", 5}};
    struct loop *loop = loop_mem_new((struct wall_ms){1736143200000});
    struct store *store = store_mem_new(loop);
    struct upgrade *upgrade = upgrade_new(loop, store);
    assert_int_equal(upgrade_learner_record(upgrade), LEARNER_RECORD_BEFORE);
    assert_false(upgrade_is_known(upgrade));
    loop_mem_settle(loop);
    assert_true(upgrade_is_known(upgrade));
    assert_int_equal(upgrade_learner_record(upgrade), LEARNER_RECORD_BEFORE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str said = rows[i].said != NULL ? str_from(rows[i].said) : STR_NONE;
        store_board_put(store, STORE_BOARD_FORMATS, STR(UPGRADE_LEARNER), said, on_put, NULL);
        loop_mem_advance(loop, UPGRADE_LOOK_MS);
        assert_int_equal(upgrade_learner_record(upgrade), rows[i].version);
    }
    store_mem_fail(store, "board_get", ERR_UNAVAILABLE, false, 3); /* what was known holds */
    loop_mem_advance(loop, 3 * UPGRADE_LOOK_MS);
    assert_int_equal(upgrade_learner_record(upgrade), LEARNER_RECORD);
    store_free(store);
    upgrade_free(upgrade);
    loop_free(loop);
    assert_int_equal(upgrade_learner_record(NULL), LEARNER_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_redis_says_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
