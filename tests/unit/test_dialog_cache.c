#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/dialog/cache.h"

/* Part of a state would be worse than none: it is loaded from the store. */
static void what_is_too_long_is_not_remembered(void **state)
{
    (void)state;
    static const char text[238];
    struct dialog_cache *cache = dialog_cache_new();
    struct number_id id = {{1, 2, 3}}, other = {{2, 2, 3}}; /* of one place */
    dialog_cache_put(cache, &id, (struct str){text, 237});
    dialog_cache_drop(cache, &other);
    assert_null(dialog_cache_get(cache, &other).p);
    assert_int_equal(dialog_cache_get(cache, &id).len, 237);
    dialog_cache_put(cache, &id, (struct str){text, 238});
    assert_null(dialog_cache_get(cache, &id).p);
    dialog_cache_free(cache);
}

/* Two numbers find room in one place; the one that wrote longest ago makes room for a third. */
static void the_older_of_a_place_is_forgotten(void **state)
{
    (void)state;
    struct dialog_cache *cache = dialog_cache_new();
    struct number_id ids[] = {{{1, 2, 3}}, {{2, 2, 3}}, {{3, 2, 3}}};
    dialog_cache_put(cache, &ids[0], STR("a"));
    dialog_cache_put(cache, &ids[1], STR("b"));
    dialog_cache_put(cache, &ids[0], STR("c"));
    assert_int_equal(dialog_cache_get(cache, &ids[1]).len, 1);
    dialog_cache_put(cache, &ids[2], STR("d"));
    assert_null(dialog_cache_get(cache, &ids[1]).p);
    assert_true(str_eq(dialog_cache_get(cache, &ids[0]), STR("c")));
    assert_true(str_eq(dialog_cache_get(cache, &ids[2]), STR("d")));
    dialog_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_long_is_not_remembered),
        cmocka_unit_test(the_older_of_a_place_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
