/* port/erasures.h: lines stay, also beside one that a crash cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/erasures.h"

#define LINE(c)                                                                                    \
    c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c  \
        c c c c c c c c c c c c c c c c c "\n"

struct folder {
    char dir[64], file[80];
};

static void up(struct folder *f)
{
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/test_erasures.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->file, sizeof(f->file), "%s/" ERASURES_FILE, f->dir);
}

static void down(const struct folder *f)
{
    (void)unlink(f->file);
    assert_int_equal(rmdir(f->dir), 0);
}

static void add(const struct folder *f, const char *lines)
{
    struct erasures *e;
    struct errmsg msg;
    assert_int_equal(erasures_open(f->dir, &e, &msg), ERR_OK);
    assert_int_equal(erasures_add(e, str_from(lines), &msg), ERR_OK);
    erasures_close(e);
}

static void has(const struct folder *f, const char *lines)
{
    struct erasures *e;
    struct errmsg msg;
    assert_int_equal(erasures_open(f->dir, &e, &msg), ERR_OK);
    assert_true(str_eq(erasures_lines(e), str_from(lines)));
    erasures_close(e);
}

static void keeps_what_was_added(void **state)
{
    (void)state; /* no fixture */
    struct folder f;
    struct stat info;
    up(&f);
    has(&f, "");
    add(&f, LINE("a"));
    add(&f, "");
    add(&f, LINE("b") LINE("c"));
    has(&f, LINE("a") LINE("b") LINE("c"));
    assert_int_equal(stat(f.file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    down(&f);
}

static void takes_away_a_line_that_was_cut_short(void **state)
{
    (void)state; /* no fixture */
    struct folder f;
    up(&f);
    add(&f, LINE("a"));
    add(&f, "bbbb"); /* and then the power went */
    has(&f, LINE("a"));
    add(&f, LINE("c"));
    has(&f, LINE("a") LINE("c"));
    down(&f);
}

static void says_where_it_cannot_be(void **state)
{
    (void)state; /* no fixture */
    struct erasures *e;
    struct errmsg msg;
    assert_int_equal(erasures_open("/dev/null", &e, &msg), ERR_IO);
    assert_string_equal(msg.text, "/dev/null/" ERASURES_FILE ": Not a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_added),
        cmocka_unit_test(takes_away_a_line_that_was_cut_short),
        cmocka_unit_test(says_where_it_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
