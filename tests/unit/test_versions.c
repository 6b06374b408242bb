/*
 * Editions of a course: what a folder has in place of its base (lessons/README.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/lesson/translate.h"
#include "port/lesson_files.h"

struct fixture {
    struct arena *arena;
    struct lesson_file *files;
    uint32_t n;
};

static void read_folder(struct fixture *f, const char *dir)
{
    struct errmsg msg = {""};
    if (lesson_files_read(dir, f->arena, &f->files, &f->n, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
}

/* Writes `from` as `to` in one file. */
static void edit(struct fixture *f, const char *file, const char *from, const char *to)
{
    bool is_found = false;
    for (uint32_t i = 0; i < f->n; i++) {
        struct str text = f->files[i].text;
        size_t at = str_find(text, str_from(from));
        if (!str_eq(f->files[i].name, str_from(file)) || at == SIZE_MAX)
            continue;
        f->files[i].text = arena_printf(f->arena, "%.*s%s%.*s", STR_ARG(str_sub(text, 0, at)), to,
                                        STR_ARG(str_sub(text, at + strlen(from), text.len)));
        is_found = true;
    }
    if (!is_found)
        fail_msg("%s has no '%s'", file, from);
}

static const struct course *load(struct fixture *f)
{
    const struct course *course;
    struct errmsg msg = {""};
    if (lesson_load(f->files, f->n, f->arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return course;
}

static void assert_refused(struct fixture *f, const char *why)
{
    const struct course *course;
    struct errmsg msg = {""};
    assert_int_equal(lesson_load(f->files, f->n, f->arena, &course, &msg), ERR_INVALID);
    if (strstr(msg.text, why) == NULL)
        fail_msg("%s", msg.text);
}

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->arena = arena_new(8 * LESSON_ARENA_BYTES);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_free(f->arena);
    test_free(f);
    return 0;
}

static void test_an_edition_replaces_what_it_has(void **state)
{
    struct fixture *f = *state;
    read_folder(f, "lessons/children-on-the-move");
    const struct course *base = load(f);
    read_folder(f, "tests/lessons/children-ke");
    const struct course *course = load(f);
    assert_true(str_eq(course->id, STR("children-on-the-move-ke")));
    assert_true(str_eq(course->title, STR("Children on the move, Kenya")));
    assert_true(str_eq(course->keyword, STR("kenya")));
    assert_int_not_equal(course->key, base->key);
    assert_int_equal(course->pass_right, base->pass_right);
    assert_int_equal(course->n_course_modules, base->n_course_modules);
    assert_int_equal(course->pace, base->pace);
    const struct unit *own = course_unit(course, STR("m7l1"));
    assert_int_not_equal(str_find(own->screens[0], STR("In Kenya")), SIZE_MAX);
    assert_null(course_unit(course, STR("m7l2")));
    assert_non_null(course_unit(course, STR("m7k1")));
    for (uint16_t i = 0; i < base->n_units; i++) {
        const struct unit *unit = &base->units[i];
        const struct unit *same = course_unit(course, unit->id);
        if (base->modules[unit->module].number == 7 || unit->question != NULL)
            continue;
        assert_non_null(same);
        assert_true(str_eq(same->screens[0], unit->screens[0]));
    }
    for (size_t i = 0; i < N_COURSE_TEXTS; i++)
        assert_int_equal(str_eq(course->texts[i], base->texts[i]), i != COURSE_TEXT_hello);
}

/* What the base says in another language counts where the edition says the same in its own. */
static void test_an_edition_has_its_bases_translations(void **state)
{
    struct fixture *f = *state;
    struct lesson_source source;
    struct lesson_strings strings;
    struct lesson_progress groups[COURSE_MAX_MODULES + 1];
    read_folder(f, "tests/lessons/children-ke");
    assert_int_equal(lesson_parse(f->files, f->n, f->arena, lesson_findings_new(f->arena), &source),
                     ERR_OK);
    assert_int_equal(lesson_strings_collect(&source, f->arena, &strings), ERR_OK);
    lesson_strings_translate(&source, STR("fr"), PO_STATE_TRANSLATED, &strings, groups);
    for (uint16_t i = 0; i < source.course.n_modules; i++) {
        bool is_own = source.course.modules[i].number == 7;
        assert_int_equal(groups[i + 1].n_done == groups[i + 1].n, !is_own);
        assert_int_equal(groups[i + 1].n_fuzzy, 0);
    }
    assert_int_equal(groups[0].n - groups[0].n_done, 3); /* two titles and text_hello */
    assert_false(lesson_is_offered(&source.course, groups));
}

static void test_an_edition_needs_a_course_that_is_none_itself(void **state)
{
    struct fixture *f = *state;
    read_folder(f, "tests/lessons/children-ke");
    edit(f, "course.md", "base: children-on-the-move", "base: nowhere");
    assert_refused(f, "there is no such course");
    read_folder(f, "tests/lessons/children-ke");
    edit(f, "children-on-the-move/course.md", "pack: standard", "pack: standard\nbase: another");
    assert_refused(f, "that course is an edition itself");
    read_folder(f, "tests/lessons/children-ke");
    edit(f, "course.md", "version: 1.0.0\n", "");
    assert_refused(f, "version");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_edition_replaces_what_it_has),
        TEST(test_an_edition_has_its_bases_translations),
        TEST(test_an_edition_needs_a_course_that_is_none_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
