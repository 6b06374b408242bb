/*
 * The course that ships: what docs/course-rules.md promises of it, counted from its own table, so
 * that an edit of a lesson file cannot lose a lesson or move a key unseen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/gsm/gsm.h"
#include "core/lesson/parse.h"
#include "port/lesson_files.h"

#define FOLDER "lessons/children-on-the-move"

static struct arena *arena;
static const struct course *course;

static int load(void **state)
{
    (void)state; /* one course for all tests */
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    struct errmsg msg = {""};
    arena = arena_new(LESSON_ARENA_BYTES);
    if (lesson_files_read(FOLDER, arena, &files, &n, &msg) != ERR_OK ||
        lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return 0;
}

static int unload(void **state)
{
    (void)state; /* one course for all tests */
    arena_free(arena);
    return 0;
}

static uint32_t count_units(enum module_kind module, enum unit_kind kind)
{
    uint32_t n = 0;
    for (uint16_t i = 0; i < course->n_units; i++)
        n += course->units[i].kind == kind &&
             course->modules[course->units[i].module].kind == module;
    return n;
}

static void test_has_all_parts(void **state)
{
    (void)state;
    assert_int_equal(course->n_course_modules, 7);
    assert_int_equal(count_units(MODULE_LESSONS, UNIT_LESSON), 41);
    assert_int_equal(count_units(MODULE_LESSONS, UNIT_STORY), 7);
    assert_int_equal(count_units(MODULE_LESSONS, UNIT_QUESTION), 28);
    assert_int_equal(count_units(MODULE_TEST, UNIT_QUESTION), 7);
    assert_int_equal(count_units(MODULE_SURVEY, UNIT_QUESTION), 8);
    assert_int_equal(count_units(MODULE_FOLLOWUP, UNIT_QUESTION), 3);
    assert_int_equal(count_units(MODULE_ROLE, UNIT_QUESTION), 1);
    assert_true(course->role_module >= 0 && course->test_module >= 0);
    assert_true(course->survey_module >= 0 && course->followup_module >= 0);
    assert_int_equal(course->pass_right, 5);
    assert_int_equal(course->max_tries, 3);
    assert_int_equal(course->retake_hours, 24);
    assert_in_range(course->followup_days, 56, 84);
}

static void test_each_module_is_a_story_lessons_and_a_quiz(void **state)
{
    (void)state;
    static const uint8_t n_lessons[] = {6, 6, 6, 6, 6, 6, 5};
    for (uint16_t i = 0; i < course->n_modules; i++) {
        const struct module *m = &course->modules[i];
        if (m->kind != MODULE_LESSONS)
            continue;
        const struct unit *u = &course->units[m->first_unit];
        assert_int_equal(u[0].kind, UNIT_STORY);
        for (uint16_t j = 1; j < m->n_units; j++)
            assert_int_equal(u[j].kind,
                             j <= n_lessons[m->number - 1] ? UNIT_LESSON : UNIT_QUESTION);
        assert_int_equal(m->n_units, 1 + n_lessons[m->number - 1] + 4);
        assert_int_equal(m->n_scored, 4);
    }
}

/* docs/course-rules.md 2 */
static const struct {
    const char *id;
    uint8_t key;
} keys[] = {
    {"m1q1", 3}, {"m1q2", 2}, {"m1q3", 1}, {"m1q4", 2}, {"m2q1", 1}, {"m2q2", 3}, {"m2q3", 1},
    {"m2q4", 2}, {"m3q1", 2}, {"m3q2", 3}, {"m3q3", 1}, {"m3q4", 2}, {"m4q1", 2}, {"m4q2", 3},
    {"m4q3", 1}, {"m4q4", 3}, {"m5q1", 1}, {"m5q2", 3}, {"m5q3", 2}, {"m5q4", 2}, {"m6q1", 2},
    {"m6q2", 1}, {"m6q3", 3}, {"m6q4", 2}, {"m7q1", 1}, {"m7q2", 2}, {"m7q3", 3}, {"m7q4", 2},
    {"p1", 1},   {"p2", 2},   {"p3", 3},   {"p4", 1},   {"p5", 2},   {"p6", 3},   {"p7", 1},
};

static void test_keys_are_those_of_the_master(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct unit *unit = course_unit(course, str_from(keys[i].id));
        assert_non_null(unit);
        const struct question *q = unit->question;
        assert_int_equal(q->n_choices, 3);
        for (uint8_t c = 0; c < q->n_choices; c++) {
            if (q->choices[c].is_right != (c + 1 == keys[i].key))
                fail_msg("%s: the key is %u", keys[i].id, keys[i].key);
        }
        assert_int_equal(q->is_scored, keys[i].id[0] == 'm');
        if (q->is_scored)
            assert_false(str_is_empty(q->feedback));
    }
    assert_int_equal(ARRAY_LEN(keys), 35);
}

/* By its id, as in the list: each unit of every language, and no other. */
static void test_units_are_found_by_their_ids(void **state)
{
    (void)state;
    assert_non_null(course->by_id);
    for (uint16_t i = 0; i < course->n_units; i++) {
        assert_ptr_equal(course_unit(course, course->units[i].id), &course->units[i]);
        for (uint16_t k = 0; k < course->n_languages; k++) {
            const struct course *view = course_in(course, course->languages[k], -1);
            assert_ptr_equal(course_unit(view, course->units[i].id), &view->units[i]);
        }
    }
    assert_null(course_unit(course, STR("nobody")));
    assert_null(course_unit(course, STR("")));
    assert_null(course_unit(course, STR_NONE));
    struct course unsorted = *course;
    unsorted.by_id = NULL;
    assert_ptr_equal(course_unit(&unsorted, STR("w1")), course_unit(course, STR("w1")));
}

static void test_scored_questions_have_one_bit_each(void **state)
{
    (void)state;
    uint16_t next = 0;
    for (uint16_t i = 0; i < course->n_units; i++) {
        const struct question *q = course->units[i].question;
        if (q != NULL && q->is_scored)
            assert_int_equal(q->scored_index, next++);
        else if (q != NULL)
            assert_int_equal(q->scored_index, UINT16_MAX);
    }
    assert_int_equal(next, 28);
}

static void test_survey_and_follow_up_are_as_agreed(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int32_t low, high;
    } numbers[] = {{"y1", 1, 5}, {"y2", 0, 10}, {"y3", 1, 5}, {"y4", 1, 5}, {"y5", 1, 5}};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        const struct question *q = course_unit(course, str_from(numbers[i].id))->question;
        assert_int_equal(q->kind, QUESTION_NUMBER);
        assert_int_equal(q->low, numbers[i].low);
        assert_int_equal(q->high, numbers[i].high);
    }
    assert_int_equal(course_unit(course, STR("y6"))->question->n_choices, 6);
    assert_int_equal(course_unit(course, STR("y7"))->question->n_choices, 6);
    const struct question *open = course_unit(course, STR("y8"))->question;
    assert_int_equal(open->kind, QUESTION_OPEN);
    assert_int_equal(open->max_chars, 160);
    assert_true(str_starts(open->stem, STR("Do not write names or facts about a child.")));
    uint16_t w1 = course_unit_index(course, course_unit(course, STR("w1")));
    const struct question *w2 = course_unit(course, STR("w2"))->question;
    const struct question *w3 = course_unit(course, STR("w3"))->question;
    assert_int_equal(w2->if_unit, w1);
    assert_int_equal(w2->if_choices, 1u << 1);
    assert_int_equal(w3->if_unit, w1);
    assert_int_equal(w3->if_choices, 1u << 2 | 1u << 3);
}

static void test_nothing_unchecked_is_published(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < course->n_units; i++) {
        const struct unit *u = &course->units[i];
        enum module_kind kind = course->modules[u->module].kind;
        if (kind == MODULE_LESSONS || kind == MODULE_TEST)
            assert_false(str_is_empty(u->source));
        assert_int_equal(str_find_char(u->source, '?'), SIZE_MAX);
    }
}

static void test_messages_never_say_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        assert_int_equal(str_find(course->texts[i], STR("rong")), SIZE_MAX);
        assert_int_equal(gsm_measure(course->texts[i]).encoding, GSM_ENCODING_GSM7);
    }
}

static void test_readme_lists_every_system_text(void **state)
{
    (void)state;
    struct arena *scratch CLEANUP(arena_freep) = arena_new(1u << 20);
    char *readme = arena_alloc(scratch, 1u << 17);
    FILE *file = fopen("lessons/README.md", "rb");
    assert_non_null(file);
    size_t len = fread(readme, 1, 1u << 17, file);
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; i < N_COURSE_TEXTS; i++) {
        enum course_text text = (enum course_text)i;
        struct str words = STR("");
        for (struct str rest = str_from(course_text_placeholders(text)); rest.len > 0;) {
            struct str word = str_split(&rest, ' ');
            words = arena_printf(scratch, "%.*s%s`{%.*s}`", STR_ARG(words),
                                 words.len > 0 ? " " : "", STR_ARG(word));
        }
        struct str row =
            arena_printf(scratch, "| `text_%s` | %.*s | %s |\n", course_text_name(text),
                         STR_ARG(words), course_text_purpose(text));
        if (str_find((struct str){readme, len}, row) == SIZE_MAX)
            fail_msg("lessons/README.md lacks this line:\n%.*s", STR_ARG(row));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has_all_parts),
        cmocka_unit_test(test_each_module_is_a_story_lessons_and_a_quiz),
        cmocka_unit_test(test_keys_are_those_of_the_master),
        cmocka_unit_test(test_units_are_found_by_their_ids),
        cmocka_unit_test(test_scored_questions_have_one_bit_each),
        cmocka_unit_test(test_survey_and_follow_up_are_as_agreed),
        cmocka_unit_test(test_nothing_unchecked_is_published),
        cmocka_unit_test(test_messages_never_say_wrong),
        cmocka_unit_test(test_readme_lists_every_system_text),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
