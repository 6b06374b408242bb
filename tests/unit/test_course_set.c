/* Courses on their way from `waypost lessons publish` through the store to a front. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/course_bundle.h"
#include "app/course_set.h"
#include "port/lesson_files.h"
#include "port/store/values.h"

static struct loop *loop;
static struct store *store;
static struct course_set *set;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    loop = loop_mem_new((struct wall_ms){1736143200000});
    store = store_mem_new(loop);
    set = course_set_new(loop, store);
    arena = arena_new(LESSON_ARENA_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_free(store);
    course_set_free(set);
    loop_free(loop);
    arena_free(arena);
    return 0;
}

static void on_put(void *ctx, enum err e)
{
    (void)ctx;
    assert_int_equal(e, ERR_OK);
}

/* The handwashing course under another version number. */
static void publish(const char *name, const char *version, bool is_current)
{
    struct lesson_file *files;
    struct errmsg msg;
    uint32_t n;
    struct buf bundle CLEANUP(buf_fini);
    buf_init(&bundle, COURSE_MAX_BYTES);
    assert_int_equal(lesson_files_read("tests/lessons/handwashing", arena, &files, &n, &msg),
                     ERR_OK);
    for (uint32_t i = 0; i < n; i++) {
        size_t at = str_find(files[i].text, STR("version: 1.0.0"));
        if (at == SIZE_MAX)
            continue;
        struct str before = str_sub(files[i].text, 0, at);
        struct str behind =
            str_sub(files[i].text, at + strlen("version: 1.0.0"), files[i].text.len);
        files[i].text =
            arena_printf(arena, "%.*sversion: %s%.*s", STR_ARG(before), version, STR_ARG(behind));
    }
    assert_int_equal(course_bundle_write(files, n, &bundle), ERR_OK);
    store_course_put(store, str_from(name), buf_str(&bundle), is_current, on_put, NULL);
    loop_mem_settle(loop);
}

static void refresh(void)
{
    loop_mem_advance(loop, 2000); /* it is asked once a second at most */
    course_set_refresh(set);
    loop_mem_settle(loop);
}

static void watch(void)
{
    loop_mem_advance(loop, 2000);
    course_set_watch(set);
    loop_mem_settle(loop);
}

static const char *current(void)
{
    const struct course *course = courses_current(course_set_courses(set));
    return course != NULL ? course->version.p : "";
}

static void expect_current(const char *version)
{
    assert_int_equal(strncmp(current(), version, strlen(version)), 0);
}

static void versions_come_from_the_store_and_stay(void **state)
{
    (void)state;
    assert_false(course_set_is_ready(set));
    refresh();
    assert_false(course_set_is_ready(set)); /* nothing is published yet */
    publish("handwashing@1.0.0", "1.0.0", true);
    course_set_refresh(set); /* too soon */
    loop_mem_settle(loop);
    assert_false(course_set_is_ready(set));
    refresh();
    assert_true(course_set_is_ready(set));
    expect_current("1.0.0");
    publish("handwashing@1.1.0", "1.1.0", false);
    refresh();
    assert_int_equal(course_set_courses(set)->n, 2);
    expect_current("1.0.0");
    publish("handwashing@1.1.0", "1.1.0", true);
    refresh();
    assert_int_equal(course_set_courses(set)->n, 2); /* not read again */
    expect_current("1.1.0");
    /* Learners stay on the version that they began. */
    assert_non_null(
        courses_find(course_set_courses(set), course_key(STR("handwashing"), STR("1.0.0"))));
}

/* "what is begun@since when, what comes next, from when" */
static void the_next_version_begins_at_its_time(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t now_ms, since_ms;
        const char *version;
    } rows[] = {
        {"1.0.0@5", 4, 5, "1.0.0"},
        {"1.0.0@5 1.1.0 5000", 4999, 5, "1.0.0"},
        {"1.0.0@5 1.1.0 5000", 5000, 5, "1.1.0"}, /* who is in the middle goes on with it */
        {"1.0.0@5 2.0.0 7000", 6999, 5, "1.0.0"},
        {"1.0.0@5 2.0.0 7000", 7000, 7000, "2.0.0"}, /* it is another course from then on */
        {"1.0.0@x 1.1.0 soon", 9000, 0, "1.0.0"},
    };
    publish("handwashing@1.0.0", "1.0.0", true);
    publish("handwashing@1.1.0", "1.1.0", false);
    publish("handwashing@2.0.0", "2.0.0", false);
    refresh();
    const struct courses *courses = course_set_courses(set);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str id = STR("handwashing"), value = str_from(rows[i].value);
        course_set_starts(set, &id, &value, 1, (struct wall_ms){rows[i].now_ms});
        expect_current(rows[i].version);
        uint16_t k = 0;
        while (courses->list[k] != courses_current(courses))
            k++;
        assert_int_equal(courses->since_ms[k], rows[i].since_ms);
    }
}

static void what_cannot_be_read_hurts_no_other(void **state)
{
    (void)state;
    publish("handwashing@1.0.0", "1.0.0", true);
    publish("handwashing@2.0.0", "1.9.0", false); /* says another version than it is */
    store_course_put(store, STR("broken@1.0.0"), STR("no bundle"), false, on_put, NULL);
    refresh();
    assert_true(course_set_is_ready(set));
    assert_int_equal(course_set_courses(set)->n, 1);
    expect_current("1.0.0");
    assert_int_equal(course_set_n_refused(set), 2);
    refresh();
    assert_int_equal(course_set_n_refused(set), 2); /* not read again */
    /* Learners begin the last version that can be read; of a course that is withdrawn none. */
    const struct str id = STR("handwashing"), bad = STR("2.0.0"), none = STR("-");
    const struct str scheduled = STR("1.0.0 2.0.0 1"), older = STR("0.9.0");
    course_set_starts(set, &id, &bad, 1, (struct wall_ms){2});
    expect_current("1.0.0");
    course_set_starts(set, &id, &scheduled, 1, (struct wall_ms){2});
    expect_current("1.0.0");
    assert_non_null(courses_start(course_set_courses(set), id));
    const struct str dated = STR("1.0.0@77");
    course_set_starts(set, &id, &dated, 1, (struct wall_ms){2});
    expect_current("1.0.0");
    assert_int_equal(course_set_courses(set)->since_ms[0], 77);
    course_set_starts(set, &id, &older, 1, (struct wall_ms){2});
    assert_null(courses_start(course_set_courses(set), id));
    course_set_starts(set, &id, &none, 1, (struct wall_ms){2});
    assert_null(courses_start(course_set_courses(set), id));
}

static void right_keys_come_from_the_board(void **state)
{
    (void)state;
    static const struct str names[] = {
        {"handwashing/m1q1", 16}, {"handwashing", 11}, {"water/p1", 8}, {"water/p2", 8}};
    static const struct str values[] = {{"1,3", 3}, {"2", 1}, {"0", 1}, {"9", 1}};
    course_set_corrections(set, names, values, 4);
    const struct courses *courses = course_set_courses(set);
    assert_int_equal(courses->n_corrections, 2); /* what cannot be read is left out */
    assert_true(str_eq(courses->corrections[0].course, STR("handwashing")));
    assert_true(str_eq(courses->corrections[0].unit, STR("m1q1")));
    assert_int_equal(courses->corrections[0].options, 1u << 1 | 1u << 3);
    assert_int_equal(courses->corrections[1].options, 1u << 9);
    struct str many[COURSES_MAX_CORRECTIONS + 1], twos[COURSES_MAX_CORRECTIONS + 1];
    for (uint32_t i = 0; i <= COURSES_MAX_CORRECTIONS; i++) {
        many[i] = names[0];
        twos[i] = STR("2");
    }
    course_set_corrections(set, many, twos, COURSES_MAX_CORRECTIONS);
    assert_int_equal(courses->n_corrections, COURSES_MAX_CORRECTIONS);
    course_set_corrections(set, many, twos, COURSES_MAX_CORRECTIONS + 1);
    assert_int_equal(courses->n_corrections, COURSES_MAX_CORRECTIONS);
}

static void a_store_that_is_away_is_asked_again(void **state)
{
    (void)state;
    publish("handwashing@1.0.0", "1.0.0", true);
    store_mem_fail(store, "courses_get", ERR_UNAVAILABLE, false, 1);
    refresh();
    assert_false(course_set_is_ready(set));
    refresh();
    assert_true(course_set_is_ready(set));
}

static void put_start(const char *value)
{
    store_board_put(store, STORE_BOARD_STARTS, STR("handwashing"), str_from(value), on_put, NULL);
    loop_mem_settle(loop);
}

/* Bundles, 1.8 MB for each version, are read only when there is a new one. */
static void who_watches_reads_no_bundle_again(void **state)
{
    (void)state;
    publish("handwashing@1.0.0", "1.0.0", true);
    put_start("1.0.0@5");
    watch();
    assert_true(course_set_is_ready(set)); /* the first time all are read */
    store_mem_fail(store, "courses_get", ERR_UNAVAILABLE, false, 1);
    watch();
    put_start("-");
    watch();
    assert_null(courses_start(course_set_courses(set), STR("handwashing")));
    put_start("1.0.0@5");
    watch();
    expect_current("1.0.0");
    publish("handwashing@1.1.0", "1.1.0", false);
    put_start("1.0.0@5 1.1.0 9000000000000");
    watch(); /* this is the time that fails */
    assert_int_equal(course_set_courses(set)->n, 1);
    watch();
    assert_int_equal(course_set_courses(set)->n, 2);
    expect_current("1.0.0");
    put_start("1.1.0@5");
    store_mem_fail(store, "courses_get", ERR_UNAVAILABLE, false, 1);
    watch();
    expect_current("1.1.0");
}

static struct timer *looking;
static uint16_t n_turns, n_awaited, n_before, n_most; /* n_most: loaded between two looks */

static void look(void *ctx)
{
    (void)ctx;
    uint16_t n = course_set_courses(set)->n;
    if (n - n_before > n_most)
        n_most = n - n_before;
    n_before = n;
    if (++n_turns < 2000 && n < n_awaited)
        timer_start(loop, looking, 0);
}

static void look_until(uint16_t n)
{
    n_before = course_set_courses(set)->n;
    n_turns = n_most = 0;
    n_awaited = n;
    looking = timer_new(loop, look, NULL);
    loop_mem_advance(loop, 2000);
    timer_start(loop, looking, 0);
    course_set_refresh(set);
    loop_mem_settle(loop);
    timer_free(loop, looking);
    assert_int_equal(course_set_courses(set)->n, n);
}

/* No turn of a front may be long (docs/reliability.md T10): each file has one of its own. */
static void people_are_answered_while_a_version_is_loaded(void **state)
{
    (void)state;
    struct lesson_file *files;
    struct errmsg msg;
    uint32_t n_files;
    assert_int_equal(lesson_files_read("tests/lessons/handwashing", arena, &files, &n_files, &msg),
                     ERR_OK);
    publish("handwashing@1.0.0", "1.0.0", true);
    look_until(1);
    assert_true(n_turns > n_files);
}

static struct timer *ending;

static void free_set(void *ctx)
{
    (void)ctx;
    if (n_turns-- > 0) {
        timer_start(loop, ending, 0);
        return;
    }
    course_set_free(set);
    set = NULL;
}

/* A front that reads several versions answers people between them. */
static void several_versions_are_loaded_turn_by_turn(void **state)
{
    (void)state;
    publish("handwashing@1.0.0", "1.0.0", true);
    refresh();
    publish("handwashing@1.1.0", "1.1.0", false);
    publish("handwashing@1.2.0", "1.2.0", false);
    publish("handwashing@1.3.0", "1.3.0", true);
    look_until(4);
    assert_int_equal(n_most, 1);
    expect_current("1.3.0");
    assert_true(course_set_is_ready(set));
}

/* The set is freed between two steps of a version. */
static void one_that_ends_in_the_middle_of_a_version_keeps_nothing(void **state)
{
    (void)state;
    publish("handwashing@1.0.0", "1.0.0", true);
    loop_mem_advance(loop, 2000);
    course_set_refresh(set);
    n_turns = 5; /* it has more files */
    ending = timer_new(loop, free_set, NULL);
    timer_start(loop, ending, 0);
    loop_mem_settle(loop);
    timer_free(loop, ending);
    assert_null(set);
}

static void one_that_ends_while_versions_come_keeps_nothing(void **state)
{
    (void)state;
    publish("handwashing@1.0.0", "1.0.0", true);
    publish("handwashing@1.1.0", "1.1.0", false);
    course_set_refresh(set);
    store_free(store); /* answers, or not, before it ends */
    course_set_free(set);
    store = store_mem_new(loop);
    set = course_set_new(loop, store);
    loop_mem_settle(loop);
    assert_int_equal(course_set_courses(set)->n, 0);
}

/* A bundle names files below its own folder only. */
static void names_in_a_bundle_stay_in_it(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_good;
    } rows[] = {
        {"m1.md", true},   {"po/fr.po", true}, {"a/b/c.md", true}, {"", false},
        {"/m1.md", false}, {"../m", false},    {"a/../m", false},  {".m1.md", false},
        {"a//b", false},   {"a/", false},      {"a b", false},     {"a\nb", false},
        {"a\x7f", false},  {"a/.git", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lesson_file file = {.name = str_from(rows[i].name), .text = STR("x")}, back;
        struct buf bundle CLEANUP(buf_fini), by_hand CLEANUP(buf_fini);
        struct str rest;
        uint32_t n;
        buf_init(&bundle, 4096);
        buf_init(&by_hand, 4096);
        if ((course_bundle_write(&file, 1, &bundle) == ERR_OK) != rows[i].is_good)
            fail_msg("\"%s\" is %s", rows[i].name, rows[i].is_good ? "refused" : "written");
        /* The same by somebody who does not look. */
        struct lesson_file good = {.name = STR("good.md"), .text = STR("x")};
        buf_reset(&bundle);
        assert_int_equal(course_bundle_write(&good, 1, &bundle), ERR_OK);
        rest = buf_str(&bundle);
        size_t at = str_find(rest, STR("good.md"));
        buf_add_str(&by_hand, str_sub(rest, 0, at));
        buf_add_str(&by_hand, file.name);
        buf_add_str(&by_hand, str_sub(rest, at + strlen("good.md"), rest.len));
        if ((course_bundle_read(buf_str(&by_hand), &back, &n) == ERR_OK) != rows[i].is_good)
            fail_msg("\"%s\" is %s", rows[i].name, rows[i].is_good ? "refused" : "read");
    }
}

static void a_bundle_holds_so_many_files_and_no_more(void **state)
{
    (void)state;
    static struct lesson_file files[LESSON_MAX_FILES + 1], back[LESSON_MAX_FILES + 1];
    struct buf bundle CLEANUP(buf_fini);
    uint32_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        files[i] = (struct lesson_file){.name = STR("a.md"), .text = STR("# a: b\n")};
    buf_init(&bundle, 1u << 20);
    assert_int_equal(course_bundle_write(files, LESSON_MAX_FILES, &bundle), ERR_OK);
    assert_int_equal(course_bundle_read(buf_str(&bundle), back, &n), ERR_OK);
    assert_int_equal(n, LESSON_MAX_FILES);
    /* One more, by somebody who does not count. */
    struct buf one CLEANUP(buf_fini);
    buf_init(&one, 1u << 10);
    assert_int_equal(course_bundle_write(files, 1, &one), ERR_OK);
    size_t mark = bundle.len - LESSON_MAX_FILES * (bundle.len - one.len) / (LESSON_MAX_FILES - 1);
    buf_add_str(&bundle, str_sub(buf_str(&one), mark, one.len));
    assert_int_equal(course_bundle_read(buf_str(&bundle), back, &n), ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(versions_come_from_the_store_and_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_version_begins_at_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_hurts_no_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(right_keys_come_from_the_board, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_is_away_is_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_watches_reads_no_bundle_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(people_are_answered_while_a_version_is_loaded, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(several_versions_are_loaded_turn_by_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_that_ends_in_the_middle_of_a_version_keeps_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_ends_while_versions_come_keeps_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_in_a_bundle_stay_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bundle_holds_so_many_files_and_no_more, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
