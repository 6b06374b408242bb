/* port/erasures.h: lines stay, also beside one that a crash cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
    struct folder f = {.dir = ""};
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
    struct folder f = {.dir = ""};
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
    char path[PATH_MAX + 1];
    memset(path, 'a', sizeof(path));
    path[PATH_MAX] = '\0';
    path[PATH_MAX - sizeof("/" ERASURES_FILE)] = '\0'; /* one that is just too long */
    memcpy(path, "/tmp/", strlen("/tmp/"));
    assert_int_equal(erasures_open(path, &e, &msg), ERR_IO);
    path[strlen(path)] = 'a';
    assert_int_equal(erasures_open(path, &e, &msg), ERR_TOO_LONG);
    erasures_close(NULL);
}

/* Somebody who may write in the folder must not lead us to another file. */
static void follows_no_link(void **state)
{
    (void)state; /* no fixture */
    struct folder f = {.dir = ""};
    struct erasures *e;
    struct errmsg msg;
    up(&f);
    assert_int_equal(symlink("/dev/null", f.file), 0);
    assert_int_equal(erasures_open(f.dir, &e, &msg), ERR_IO);
    down(&f);
}

static void takes_as_many_lines_as_fit(void **state)
{
    (void)state; /* no fixture */
    struct folder f = {.dir = ""};
    struct erasures *e;
    struct errmsg msg;
    up(&f);
    add(&f, LINE("a"));
    assert_int_equal(truncate(f.file, ERASURES_MAX_BYTES + 1), 0); /* with what nobody wrote */
    assert_int_equal(erasures_open(f.dir, &e, &msg), ERR_TOO_LONG);
    assert_non_null(strstr(msg.text, f.file));
    down(&f);
}

/* An erasure whose line is not on disk is none that may be answered with success. */
static void says_that_the_disk_is_full(void **state)
{
    (void)state; /* no fixture */
    struct folder f = {.dir = ""};
    struct erasures *e;
    struct errmsg msg;
    struct rlimit old, limit;
    up(&f);
    add(&f, LINE("a"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = (struct rlimit){strlen(LINE("a")) + 3, old.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN); /* fails on a bad signal number only */
    assert_int_equal(erasures_open(f.dir, &e, &msg), ERR_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(erasures_add(e, str_from(LINE("b")), &msg), ERR_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    erasures_close(e);
    has(&f, LINE("a"));
    down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_added),
        cmocka_unit_test(takes_away_a_line_that_was_cut_short),
        cmocka_unit_test(says_where_it_cannot_be),
        cmocka_unit_test(follows_no_link),
        cmocka_unit_test(takes_as_many_lines_as_fit),
        cmocka_unit_test(says_that_the_disk_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
