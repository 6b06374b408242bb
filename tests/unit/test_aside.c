/* What was put aside of the spool: files in a folder (port/spool/aside.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "port/spool/aside.h"

#define NOW 1764000000000

struct bench {
    char dir[64];
    struct loop *loop;
    struct vault *vault;
    struct spool *spool;
    struct buf record;
};

static void open_spool(struct bench *b)
{
    struct errmsg msg;
    assert_int_equal(spool_file_new(b->loop, b->vault, b->dir, 1u << 20, &b->spool, &msg), ERR_OK);
}

static int set_up(void **state)
{
    struct bench *b = xcalloc(1, sizeof(*b));
    (void)snprintf(b->dir, sizeof(b->dir), "/dev/shm/test_aside.XXXXXX");
    if (mkdtemp(b->dir) == NULL)
        return -1;
    b->loop = loop_mem_new((struct wall_ms){NOW});
    b->vault = vault_openssl_new_for_tests(1);
    buf_init(&b->record, SPOOL_MAX_RECORD_BYTES);
    open_spool(b);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    char command[128];
    spool_free(b->spool);
    loop_free(b->loop);
    vault_free(b->vault);
    buf_fini(&b->record);
    (void)snprintf(command, sizeof(command), "rm -rf %s", b->dir);
    int code = system(command);
    free(b);
    return code;
}

static uint32_t n_in(const struct bench *b, const char *folder)
{
    struct aside_list list;
    int fd = open(b->dir, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    assert_int_equal(aside_scan(fd, folder, &list), ERR_OK);
    uint32_t n = list.n;
    aside_list_free(&list);
    (void)close(fd); /* read only */
    return n;
}

static void is_there_after_a_restart_in_its_order(void **state)
{
    struct bench *b = *state;
    uint32_t n;
    struct spool_aside at = {.n = 0}, ids[3];
    static const char *const texts[] = {"one", "two", "three"};
    assert_int_equal(spool_aside_begin(b->spool, &n), ERR_OK);
    assert_int_equal(n, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(spool_put_aside(b->spool, str_from(texts[i])), ERR_OK);
        loop_mem_advance(b->loop, (int64_t)i); /* two in one millisecond */
    }
    spool_free(b->spool);
    open_spool(b);
    assert_true(spool_is_empty(b->spool)); /* the log knows nothing of them */
    assert_int_equal(spool_aside_begin(b->spool, &n), ERR_OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) {
        for (int k = 0; k < 2; k++) { /* whoever does not take it gets it again */
            assert_int_equal(spool_aside_next(b->spool, &at, &ids[i], &b->record), ERR_OK);
            assert_string_equal(buf_str(&b->record).p, texts[i]);
        }
        at = ids[i];
    }
    assert_int_equal(spool_aside_next(b->spool, &ids[2], &at, &b->record), ERR_NOT_FOUND);
}

static void ends_handled_or_refused(void **state)
{
    struct bench *b = *state;
    uint32_t n;
    struct spool_aside start = {.n = 0}, id, other;
    assert_int_equal(spool_put_aside(b->spool, STR("one")), ERR_OK);
    assert_int_equal(spool_put_aside(b->spool, STR("two")), ERR_OK);
    assert_int_equal(spool_aside_begin(b->spool, &n), ERR_OK);
    assert_int_equal(spool_aside_next(b->spool, &start, &id, &b->record), ERR_OK);
    assert_int_equal(spool_aside_end(b->spool, &id, false), ERR_OK);
    assert_int_equal(spool_aside_end(b->spool, &id, false), ERR_NOT_FOUND);
    assert_int_equal(spool_aside_next(b->spool, &id, &other, &b->record), ERR_OK);
    assert_int_equal(spool_aside_end(b->spool, &other, true), ERR_OK);
    assert_int_equal(spool_aside_begin(b->spool, &n), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(n_in(b, ASIDE_REFUSED), 1); /* given up, not lost */
}

/* An operator moves files while the gateway goes through its list of them. */
static void survives_a_file_that_somebody_moved(void **state)
{
    struct bench *b = *state;
    uint32_t n;
    struct spool_aside start = {.n = 0}, id, first = {.since = {NOW}};
    int fd = open(b->dir, O_RDONLY | O_DIRECTORY);
    assert_int_equal(spool_put_aside(b->spool, STR("one")), ERR_OK);
    assert_int_equal(spool_put_aside(b->spool, STR("two")), ERR_OK);
    assert_int_equal(spool_aside_begin(b->spool, &n), ERR_OK);
    assert_int_equal(aside_move(fd, ASIDE_FOLDER, ASIDE_REFUSED, &first, first), ERR_OK);
    assert_int_equal(aside_move(fd, ASIDE_FOLDER, ASIDE_REFUSED, &first, first), ERR_NOT_FOUND);
    assert_int_equal(spool_aside_next(b->spool, &start, &id, &b->record), ERR_OK);
    assert_string_equal(buf_str(&b->record).p, "two");
    /* Back under a name that is taken: it overwrites nobody. */
    assert_int_equal(aside_move(fd, ASIDE_REFUSED, ASIDE_FOLDER, &first, id), ERR_OK);
    assert_int_equal(n_in(b, ASIDE_FOLDER), 2);
    (void)close(fd); /* read only */
}

/* An operator may have been there with an editor, or another program. */
static void names_of_others_are_left_alone(void **state)
{
    static const char *const names[] = {"notes", "1796087880192-1", "1796087880192-0000001",
                                        "x796087880192-000001", "1796087880192_000001"};
    struct bench *b = *state;
    char path[160];
    assert_int_equal(spool_put_aside(b->spool, STR("mine")), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/aside/%s", b->dir, names[i]);
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(n_in(b, ASIDE_FOLDER), 1);
}

/* A folder in the place of a file, a file in the place of the folder: nothing is lost by it. */
static void tells_when_it_cannot_be_kept(void **state)
{
    struct bench *b = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/aside", b->dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(spool_put_aside(b->spool, STR("one")), ERR_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(spool_put_aside(b->spool, STR("one")), ERR_OK);
}

int main(void)
{
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(is_there_after_a_restart_in_its_order), IN_FOLDER(ends_handled_or_refused),
        IN_FOLDER(survives_a_file_that_somebody_moved),   IN_FOLDER(names_of_others_are_left_alone),
        IN_FOLDER(tells_when_it_cannot_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
