/* port/lesson_files.h: what is read of a folder, and what is left of a file that cannot be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/lesson_files.h"

static char dir[] = "/tmp/test_lesson_files.XXXXXX";
static struct arena *arena;

static const char *in_dir(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name); /* names are short */
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(in_dir(name), "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static bool has(const char *name, const char *text)
{
    char got[64] = "";
    FILE *f = fopen(in_dir(name), "r");
    if (f == NULL)
        return false;
    got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
    (void)fclose(f); /* only read */
    return strcmp(got, text) == 0;
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/test_lesson_files.XXXXXX"); /* fits */
    arena = arena_new(LESSON_ARENA_BYTES);
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    char command[64];
    (void)state;
    arena_free(arena);
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir); /* fits */
    return system(command); /* NOLINT(cert-env33-c): a folder is removed, of this test's name */
}

static enum err read_dir(struct lesson_file **files, uint32_t *n, struct errmsg *msg)
{
    arena_reset(arena);
    *n = 0;
    return lesson_files_read(dir, arena, files, n, msg);
}

static void reads_what_is_of_a_course(void **state)
{
    (void)state;
    static const char *const names[] = {"a.md", "b.md", "po/fr.po"};
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    assert_int_equal(mkdir(in_dir("po"), 0700), 0);
    assert_int_equal(mkdir(in_dir("folder.md"), 0700), 0);
    put("b.md", "B");
    put("a.md", "A");
    put("po/fr.po", "F");
    put("README.md", "for people");
    put("ReadMe.md", "for people");
    put(".hidden.md", "x");
    put(".md", "x");
    put("notes.txt", "x");
    assert_int_equal(symlink("nowhere", in_dir("gone.md")), 0);
    assert_int_equal(read_dir(&files, &n, &msg), ERR_OK);
    assert_int_equal(n, ARRAY_LEN(names));
    for (uint32_t i = 0; i < n; i++)
        assert_true(str_eq(files[i].name, str_from(names[i])));
    assert_true(str_eq(files[0].text, STR("A")) && str_eq(files[2].text, STR("F")));
}

static void reads_as_many_files_as_there_may_be(void **state)
{
    (void)state;
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    char name[32];
    for (uint32_t i = 0; i < LESSON_MAX_FILES; i++) {
        (void)snprintf(name, sizeof(name), "%05u.md", i); /* fits */
        put(name, "");
    }
    assert_int_equal(read_dir(&files, &n, &msg), ERR_OK);
    assert_int_equal(n, LESSON_MAX_FILES);
    put("one-more.md", "");
    assert_int_equal(read_dir(&files, &n, &msg), ERR_TOO_LONG);
    assert_non_null(strstr(msg.text, " lesson files"));
}

static void reads_as_many_bytes_as_there_may_be(void **state)
{
    (void)state;
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    put("a.md", "A");
    put("b.md", "");
    assert_int_equal(truncate(in_dir("b.md"), COURSE_MAX_BYTES - 1), 0);
    assert_int_equal(read_dir(&files, &n, &msg), ERR_OK);
    assert_int_equal(files[1].text.len, COURSE_MAX_BYTES - 1);
    assert_int_equal(truncate(in_dir("b.md"), COURSE_MAX_BYTES), 0);
    assert_int_equal(read_dir(&files, &n, &msg), ERR_TOO_LONG);
    assert_non_null(strstr(msg.text, " bytes together"));
}

static void says_where_no_course_is(void **state)
{
    (void)state;
    struct lesson_file *files;
    struct errmsg msg;
    uint32_t n;
    put("file", "");
    static const char *const paths[] = {"nowhere", "file"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        const char *path = in_dir(paths[i]);
        msg.text[0] = '\0';
        assert_int_equal(lesson_files_read(path, arena, &files, &n, &msg), ERR_NOT_FOUND);
        assert_non_null(strstr(msg.text, path));
    }
    assert_int_equal(lesson_files_read_pack(in_dir("nowhere"), arena, &files, &n, &msg),
                     ERR_NOT_FOUND);
    assert_false(lesson_files_is_pack(dir));
    put("texts.md", "");
    assert_true(lesson_files_is_pack(dir));
    put("course.md", "");
    assert_false(lesson_files_is_pack(dir));
}

static void replaces_a_file_as_a_whole(void **state)
{
    (void)state;
    struct errmsg msg = {""};
    put("a.md", "old");
    assert_int_equal(lesson_files_write(dir, STR("a.md"), STR("new"), &msg), ERR_OK);
    assert_true(has("a.md", "new"));
    assert_int_not_equal(access(in_dir("a.md.new"), F_OK), 0);
    assert_int_equal(lesson_files_write(dir, STR("po/fr.po"), STR("first"), &msg), ERR_OK);
    assert_true(has("po/fr.po", "first"));
    assert_int_equal(lesson_files_write(dir, STR("po/fr.po"), STR(""), &msg), ERR_OK);
    assert_true(has("po/fr.po", ""));
}

/* Of another course or a pack, which lies beside it: "x/y.md". */
static void writes_beside_the_folder_what_is_not_its_own(void **state)
{
    (void)state;
    struct errmsg msg = {""};
    char course[64];
    (void)snprintf(course, sizeof(course), "%s/course", dir); /* fits */
    assert_int_equal(lesson_files_make_folder(course, &msg), ERR_OK);
    assert_int_equal(mkdir(in_dir("packs"), 0700), 0);
    assert_int_equal(lesson_files_write(course, STR("packs/texts.md"), STR("t"), &msg), ERR_OK);
    assert_true(has("packs/texts.md", "t"));
    assert_true(lesson_files_is_own(STR("a.md")) && lesson_files_is_own(STR("po/a.po")));
    assert_false(lesson_files_is_own(STR("packs/texts.md")));
}

static void leaves_the_old_file_where_the_new_one_fails(void **state)
{
    (void)state;
    struct errmsg msg = {""};
    char name[PATH_MAX];
    put("a.md", "old");
    assert_int_equal(symlink("/dev/full", in_dir("a.md.new")), 0); /* a disk that is full */
    assert_int_equal(lesson_files_write(dir, STR("a.md"), STR("new"), &msg), ERR_IO);
    assert_non_null(strstr(msg.text, "a.md: No space left"));
    assert_true(has("a.md", "old"));
    assert_int_not_equal(access(in_dir("a.md.new"), F_OK), 0); /* not in the way of the next one */
    assert_int_equal(lesson_files_write(dir, STR("a.md"), STR("new"), &msg), ERR_OK);
    assert_int_equal(mkdir(in_dir("b.md"), 0700), 0);
    assert_int_equal(lesson_files_write(dir, STR("b.md"), STR("new"), &msg), ERR_IO);
    assert_int_not_equal(access(in_dir("b.md.new"), F_OK), 0);
    assert_int_equal(lesson_files_write(in_dir("nowhere"), STR("a.md"), STR("new"), &msg),
                     ERR_NOT_FOUND);
    memset(name, 'a', sizeof(name));
    assert_int_equal(lesson_files_write(dir, (struct str){name, sizeof(name)}, STR("new"), &msg),
                     ERR_TOO_LONG);
    assert_int_equal(/* with what is put behind it, just too long */
                     lesson_files_write(
                         dir, (struct str){name, PATH_MAX - strlen(dir) - strlen("/.new")},
                         STR("new"), &msg),
                     ERR_TOO_LONG);
}

static void makes_a_folder_and_those_above_it(void **state)
{
    (void)state;
    struct errmsg msg = {""};
    struct stat info;
    assert_int_equal(lesson_files_make_folder(in_dir("a/b/c/"), &msg), ERR_OK);
    assert_int_equal(stat(in_dir("a/b/c"), &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(lesson_files_make_folder(in_dir("a/b"), &msg), ERR_CONFLICT);
    assert_non_null(strstr(msg.text, "is there already"));
    put("file", "");
    assert_int_equal(lesson_files_make_folder(in_dir("file/b"), &msg), ERR_NOT_FOUND);
    assert_non_null(strstr(msg.text, "cannot make the folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_is_of_a_course, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_as_many_files_as_there_may_be, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_as_many_bytes_as_there_may_be, setup, teardown),
        cmocka_unit_test_setup_teardown(says_where_no_course_is, setup, teardown),
        cmocka_unit_test_setup_teardown(replaces_a_file_as_a_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_beside_the_folder_what_is_not_its_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(leaves_the_old_file_where_the_new_one_fails, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(makes_a_folder_and_those_above_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
