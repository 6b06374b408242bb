/*
 * Runs the checks over tests/lessons/{valid,invalid}/<case>/. A case is a set of files that replace
 * or join those of tests/lessons/base/; `expected` is what `waypost lessons check` prints for it.
 * Run with --update after a wanted change: the diff of the expectations is the review.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lesson/lesson.h"
#include "port/lesson_files.h"

#define ROOT "tests/lessons"

static bool is_updating;

/* The files of base with those of the case over them. */
static void read_case(const char *dir, struct arena *arena, struct lesson_file *files, uint32_t *n)
{
    struct lesson_file *base, *over;
    uint32_t n_base = 0, n_over = 0;
    struct errmsg msg = {""};
    if (lesson_files_read(ROOT "/base", arena, &base, &n_base, &msg) != ERR_OK ||
        lesson_files_read(dir, arena, &over, &n_over, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    memcpy(files, base, n_base * sizeof(*base));
    *n = n_base;
    for (uint32_t i = 0; i < n_over; i++) {
        uint32_t at = 0;
        while (at < *n && !str_eq(files[at].name, over[i].name))
            at++;
        files[at] = over[i];
        *n = at == *n ? *n + 1 : *n;
    }
}

static struct str read_whole(const char *path, struct arena *arena)
{
    char *p = arena_alloc(arena, 1 << 18);
    FILE *file = fopen(path, "rb");
    size_t len = file != NULL ? fread(p, 1, 1 << 18, file) : 0;
    if (file != NULL)
        assert_int_equal(fclose(file), 0);
    return (struct str){p, len};
}

/* Compares got with the file, or writes it. */
static void expect(const char *path, struct str got, struct arena *arena)
{
    if (is_updating) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got.p, 1, got.len, file), got.len);
        assert_int_equal(fclose(file), 0);
        return;
    }
    struct str wanted = read_whole(path, arena);
    if (!str_eq(wanted, got))
        fail_msg("%s\n--- expected\n%.*s--- got\n%.*s", path, STR_ARG(wanted), STR_ARG(got));
}

static void run_case(const char *kind, const char *name)
{
    char dir[256], path[300];
    struct lesson_file files[LESSON_MAX_FILES];
    uint32_t n = 0;
    struct arena *arena CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    struct arena *scratch CLEANUP(arena_freep) = arena_new(LESSON_ARENA_BYTES);
    (void)snprintf(dir, sizeof(dir), ROOT "/%s/%s", kind, name); /* a test's own names fit */
    read_case(dir, arena, files, &n);
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct lesson_source *source = arena_new_array(arena, struct lesson_source, 1);
    enum err e = lesson_parse(files, n, arena, findings, source);
    assert_true(e == ERR_OK || e == ERR_INVALID);
    assert_int_equal(e == ERR_INVALID, findings->n_errors > 0);
    lesson_check(source, arena, scratch, findings);
    lesson_findings_sort(findings);
    struct buf out CLEANUP(buf_fini);
    buf_init(&out, 1 << 20);
    lesson_findings_print(findings, STR(""), LESSON_OUTPUT_TEXT, &out);
    (void)snprintf(path, sizeof(path), "%s/expected", dir); /* fits */
    expect(path, buf_str(&out), arena);
    assert_int_equal(findings->n_errors > 0, strcmp(kind, "invalid") == 0);
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        buf_reset(&out);
        lesson_format(source, i, scratch, &out);
        (void)snprintf(path, sizeof(path), "%s/%.*s.canonical", dir, STR_ARG(files[i].name));
        if (read_whole(path, arena).len > 0)
            expect(path, buf_str(&out), arena);
    }
}

static void run_folder(const char *kind)
{
    struct dirent **entries;
    char dir[128];
    int n_cases = 0;
    (void)snprintf(dir, sizeof(dir), ROOT "/%s", kind); /* fits */
    int n = scandir(dir, &entries, NULL, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            run_case(kind, entries[i]->d_name);
            n_cases++;
        }
        free(entries[i]);
    }
    free(entries);
    assert_true(n_cases > 0);
}

static void test_valid_courses_have_no_errors(void **state)
{
    (void)state;
    run_folder("valid");
}

static void test_mistakes_are_found_with_their_place(void **state)
{
    (void)state;
    run_folder("invalid");
}

int main(int argc, char **argv)
{
    is_updating = argc > 1 && strcmp(argv[1], "--update") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_courses_have_no_errors),
        cmocka_unit_test(test_mistakes_are_found_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
