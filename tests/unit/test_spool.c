/*
 * The spool: order, ceilings, damage, several processes, and death at every system call that
 * changes a file, both as a killed process and as a power cut that loses whatever was not synced.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/spool/frame.h"

#define QUOTA_BYTES (1u << 20)

/* ---- system calls that can be the last one ---- */

enum death { DEATH_BEFORE, DEATH_HALFWAY, DEATH_AFTER, N_DEATHS };

static struct {
    long countdown; /* die at this call; -1 = never */
    enum death death;
    int fail_errno; /* of the next fdatasync or pwrite, 0 = none */
    bool is_fail_write;
    int lock_errno;       /* of the next flock, 0 = none */
    int cut_errno;        /* of the next ftruncate, 0 = none */
    int read_errno;       /* of the next pread, 0 = none */
    int show_errno;       /* of the next msync, 0 = none */
    char synced[64];      /* folder that gets a copy of every file as of its last sync; "" = none */
    bool is_aside_synced; /* the folder of what was put aside */
    bool is_aside_name_synced; /* and since then the one that names it */
} hook = {.countdown = -1};

static void die_if(enum death when, bool is_last)
{
    if (is_last && hook.death == when)
        (void)kill(getpid(), SIGKILL); /* ourselves: cannot fail */
}

static bool is_last_call(void)
{
    return hook.countdown >= 0 && hook.countdown-- == 0;
}

static void file_copy(const char *from, const char *to)
{
    char bytes[65536];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t n;
    while ((n = read(in, bytes, sizeof(bytes))) > 0) {
        if (write(out, bytes, (size_t)n) != n)
            abort();
    }
    (void)close(in); /* a copy for the test */
    (void)close(out);
}

static void note_synced(const char *name)
{
    char to[PATH_MAX];
    if (hook.synced[0] == '\0')
        return;
    const char *base = strrchr(name, '/');
    (void)snprintf(to, sizeof(to), "%s%s", hook.synced, base);
    struct stat info;
    if (stat(name, &info) == 0 && S_ISREG(info.st_mode))
        file_copy(name, to);
}

static void note_synced_folder(const char *name)
{
    struct stat info;
    char aside[PATH_MAX + 16];
    (void)snprintf(aside, sizeof(aside), "%s/quarantine", name);
    if (strstr(name, "/quarantine") != NULL && stat(name, &info) == 0 && S_ISDIR(info.st_mode))
        hook.is_aside_synced = true;
    else if (hook.is_aside_synced && stat(aside, &info) == 0)
        hook.is_aside_name_synced = true;
}

static void note_synced_fd(int fd)
{
    char link[64], name[PATH_MAX];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof(name) - 1);
    if (n <= 0)
        return;
    name[n] = '\0';
    note_synced_folder(name);
    note_synced(name);
}

/* These take the place of libc's in this program. */
int fdatasync(int fd)
{
    bool is_last = is_last_call();
    if (hook.fail_errno != 0 && !hook.is_fail_write) {
        errno = hook.fail_errno;
        hook.fail_errno = 0;
        return -1;
    }
    die_if(DEATH_BEFORE, is_last);
    die_if(DEATH_HALFWAY, is_last);
    int result = (int)syscall(SYS_fdatasync, fd);
    note_synced_fd(fd);
    die_if(DEATH_AFTER, is_last);
    return result;
}

int fsync(int fd)
{
    bool is_last = is_last_call();
    die_if(DEATH_BEFORE, is_last);
    die_if(DEATH_HALFWAY, is_last);
    int result = (int)syscall(SYS_fsync, fd);
    note_synced_fd(fd);
    die_if(DEATH_AFTER, is_last);
    return result;
}

int msync(void *at, size_t n, int flags)
{
    bool is_last = is_last_call();
    if (hook.show_errno != 0) {
        errno = hook.show_errno;
        hook.show_errno = 0;
        return -1;
    }
    die_if(DEATH_BEFORE, is_last);
    die_if(DEATH_HALFWAY, is_last);
    int result = (int)syscall(SYS_msync, (uintptr_t)at & ~(uintptr_t)4095, n, flags);
    /* The one mapped file: found by its open descriptor. */
    for (int fd = 0; fd < 64 && hook.synced[0] != '\0'; fd++) {
        char link[64], name[PATH_MAX];
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, name, sizeof(name) - 1);
        if (len <= 0)
            continue;
        name[len] = '\0';
        if (strstr(name, "spool.state") != NULL)
            note_synced(name);
    }
    die_if(DEATH_AFTER, is_last);
    return result;
}

static ssize_t hooked_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    bool is_last = is_last_call();
    if (hook.fail_errno != 0 && hook.is_fail_write) {
        errno = hook.fail_errno;
        hook.fail_errno = 0;
        (void)syscall(SYS_pwrite64, fd, bytes, n / 2, at); /* a torn write, then the error */
        return -1;
    }
    die_if(DEATH_BEFORE, is_last);
    if (is_last && hook.death == DEATH_HALFWAY)
        (void)syscall(SYS_pwrite64, fd, bytes, n / 2, at); /* dies in the middle of it */
    die_if(DEATH_HALFWAY, is_last);
    ssize_t result = (ssize_t)syscall(SYS_pwrite64, fd, bytes, n, at);
    die_if(DEATH_AFTER, is_last);
    return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return hooked_pwrite(fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
    return hooked_pwrite(fd, bytes, n, at);
}

static ssize_t hooked_pread(int fd, void *bytes, size_t n, off_t at)
{
    if (hook.read_errno != 0) {
        errno = hook.read_errno;
        hook.read_errno = 0;
        return -1;
    }
    return (ssize_t)syscall(SYS_pread64, fd, bytes, n, at);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
    return hooked_pread(fd, bytes, n, at);
}

ssize_t pread64(int fd, void *bytes, size_t n, off_t at)
{
    return hooked_pread(fd, bytes, n, at);
}

static int hooked_ftruncate(int fd, off_t size)
{
    bool is_last = is_last_call();
    if (hook.cut_errno != 0) {
        errno = hook.cut_errno;
        hook.cut_errno = 0;
        return -1;
    }
    die_if(DEATH_BEFORE, is_last);
    die_if(DEATH_HALFWAY, is_last);
    int result = (int)syscall(SYS_ftruncate, fd, size);
    die_if(DEATH_AFTER, is_last);
    return result;
}

int ftruncate(int fd, off_t size)
{
    return hooked_ftruncate(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return hooked_ftruncate(fd, size);
}

int flock(int fd, int what)
{
    if (hook.lock_errno != 0) {
        errno = hook.lock_errno;
        hook.lock_errno = 0;
        return -1;
    }
    return (int)syscall(SYS_flock, fd, what);
}

/* ---- one spool ---- */

struct bench {
    char dir[64];
    struct vault *vault;
    struct loop *loop;
    struct spool *spool;
    struct buf record;
};

static struct spool *spool_open(struct bench *b, uint64_t quota_bytes)
{
    struct spool *spool = NULL;
    struct errmsg msg = {""};
    assert_int_equal(spool_file_new(b->loop, b->vault, b->dir, quota_bytes, &spool, &msg), ERR_OK);
    return spool;
}

static struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    /* In memory where that is to be had: the power cut is a model, real syncs only cost time. */
    (void)snprintf(b->dir, sizeof(b->dir), "%s/test_spool.XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(b->dir));
    b->vault = vault_openssl_new_for_tests(1);
    b->loop = loop_mem_new((struct wall_ms){1764000000000});
    buf_init(&b->record, SPOOL_MAX_RECORD_BYTES);
    return b;
}

static int setup_file(void **state)
{
    struct bench *b = bench_new();
    b->spool = spool_open(b, QUOTA_BYTES);
    *state = b;
    return 0;
}

static int setup_mem(void **state)
{
    struct bench *b = bench_new();
    b->spool = spool_mem_new(b->loop);
    *state = b;
    return 0;
}

static void remove_tree(const char *dir)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
    struct bench *b = *state;
    spool_free(b->spool);
    loop_free(b->loop);
    vault_free(b->vault);
    buf_fini(&b->record);
    remove_tree(b->dir);
    free(b);
    return 0;
}

static void reopen(struct bench *b)
{
    spool_free(b->spool);
    b->spool = spool_open(b, QUOTA_BYTES);
}

struct response {
    bool is_done;
    enum err e;
};

static void on_append(void *ctx, enum err e)
{
    struct response *response = ctx;
    assert_false(response->is_done);
    *response = (struct response){true, e};
}

static enum err append(struct bench *b, struct spool *spool, struct str record)
{
    struct response response = {false, ERR_OK};
    spool_append(spool, record, on_append, &response);
    assert_false(response.is_done);
    loop_mem_settle(b->loop);
    assert_true(response.is_done);
    return response.e;
}

static void expect_next(struct bench *b, const char *text)
{
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    assert_string_equal(buf_str(&b->record).p, text);
    assert_int_equal(spool_drop(b->spool, 1), ERR_OK);
}

static void expect_end(struct bench *b)
{
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_NOT_FOUND);
    assert_true(spool_is_empty(b->spool));
    assert_int_equal(spool_bytes(b->spool), 0);
}

static char *in_dir(const struct bench *b, const char *name, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%s/%s", b->dir, name);
    return path;
}

static off_t log_bytes(const struct bench *b)
{
    char path[PATH_MAX];
    struct stat info;
    assert_int_equal(stat(in_dir(b, "spool.log", path), &info), 0);
    return info.st_size;
}

static int quarantined(const struct bench *b)
{
    char command[128], text[16] = "";
    (void)snprintf(command, sizeof(command), "ls %s/quarantine 2>/dev/null | wc -l", b->dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(text, sizeof(text), pipe));
    (void)pclose(pipe); /* its output is all that matters */
    return (int)strtol(text, NULL, 10);
}

/* ---- cases for both ---- */

static void records_come_back_in_order(void **state)
{
    struct bench *b = *state;
    assert_true(spool_is_empty(b->spool));
    assert_int_equal(append(b, b->spool, STR("one")), ERR_OK);
    assert_false(spool_is_empty(b->spool));
    assert_int_equal(append(b, b->spool, STR("two")), ERR_OK);
    assert_true(spool_bytes(b->spool) >= 6);
    expect_next(b, "one");
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK); /* looking moves nothing */
    assert_int_equal(append(b, b->spool, STR("")), ERR_OK);
    expect_next(b, "two");
    expect_next(b, "");
    expect_end(b);
    assert_int_equal(spool_drop(b->spool, 1), ERR_NOT_FOUND);
    assert_int_equal(append(b, b->spool, STR("again")), ERR_OK);
    expect_next(b, "again");
    expect_end(b);
}

static void several_records_are_shown_and_dropped_at_once(void **state)
{
    struct bench *b = *state;
    static const char *const texts[] = {"one", "two", "three", "four"};
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_NOT_FOUND);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(append(b, b->spool, str_from(texts[i])), ERR_OK);
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_NOT_FOUND); /* first the oldest */
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_OK);
        assert_true(str_eq(buf_str(&b->record), str_from(texts[i])));
    }
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_NOT_FOUND);
    assert_int_equal(append(b, b->spool, str_from(texts[3])), ERR_OK);
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_OK); /* came meanwhile */
    assert_int_equal(spool_drop(b->spool, 2), ERR_OK);
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_NOT_FOUND); /* all are shown */
    assert_int_equal(spool_drop(b->spool, 3), ERR_NOT_FOUND);               /* two are left */
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_NOT_FOUND);
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    assert_int_equal(spool_drop(b->spool, 2), ERR_NOT_FOUND); /* only one was shown */
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_OK);
    assert_int_equal(spool_drop(b->spool, 1), ERR_OK);
    assert_int_equal(append(b, b->spool, STR("five")), ERR_OK);
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_OK); /* behind what stays shown */
    assert_true(str_eq(buf_str(&b->record), STR("five")));
    assert_int_equal(spool_drop(b->spool, 1), ERR_OK);
    expect_next(b, "five");
    expect_end(b);
    assert_int_equal(append(b, b->spool, str_from(texts[3])), ERR_OK);
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    assert_int_equal(spool_drop(b->spool, 0), ERR_OK);
    expect_next(b, "four");
    expect_end(b);
}

static void no_more_are_shown_than_can_be_dropped(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i <= SPOOL_MAX_SHOWN; i++)
        assert_int_equal(append(b, b->spool, STR("x")), ERR_OK);
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    for (size_t i = 1; i < SPOOL_MAX_SHOWN; i++)
        assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_OK);
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_NOT_FOUND);
    assert_int_equal(spool_drop(b->spool, SPOOL_MAX_SHOWN), ERR_OK);
    expect_next(b, "x");
    expect_end(b);
}

static void appends_of_a_turn_are_answered_together(void **state)
{
    struct bench *b = *state;
    struct response responses[3] = {{false, ERR_OK}};
    for (size_t i = 0; i < 3; i++)
        spool_append(b->spool, STR("x"), on_append, &responses[i]);
    assert_false(spool_is_empty(b->spool));
    loop_mem_settle(b->loop);
    for (size_t i = 0; i < 3; i++)
        assert_true(responses[i].is_done && responses[i].e == ERR_OK);
}

static void records_have_a_ceiling(void **state)
{
    struct bench *b = *state;
    static char bytes[SPOOL_MAX_RECORD_BYTES + 1];
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(append(b, b->spool, (struct str){bytes, sizeof(bytes)}), ERR_TOO_LONG);
    assert_true(spool_is_empty(b->spool));
    assert_int_equal(append(b, b->spool, (struct str){bytes, sizeof(bytes) - 1}), ERR_OK);
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    assert_int_equal(b->record.len, sizeof(bytes) - 1);
}

static void free_answers_what_is_pending(void **state)
{
    struct bench *b = *state;
    struct response response = {false, ERR_OK};
    spool_append(b->spool, STR("x"), on_append, &response);
    spool_free(b->spool);
    b->spool = NULL;
    assert_true(response.is_done);
}

/* ---- the memory's faults ---- */

static void faults_hit_their_verb(void **state)
{
    struct bench *b = *state;
    spool_mem_fail(b->spool, "append", ERR_FULL, 1);
    assert_int_equal(append(b, b->spool, STR("x")), ERR_FULL);
    assert_true(spool_is_empty(b->spool));
    assert_int_equal(append(b, b->spool, STR("x")), ERR_OK);
    spool_mem_fail(b->spool, "peek", ERR_IO, 1);
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_IO);
    spool_mem_fail(b->spool, "drop", ERR_IO, 2);
    assert_int_equal(spool_drop(b->spool, 1), ERR_IO);
    spool_mem_fail(b->spool, "drop", ERR_IO, 0);
    expect_next(b, "x");
}

/* ---- files ---- */

static void records_outlive_the_process_and_are_not_readable(void **state)
{
    struct bench *b = *state;
    char path[PATH_MAX];
    assert_int_equal(append(b, b->spool, STR("+254700000001 secret")), ERR_OK);
    assert_int_equal(append(b, b->spool, STR("second")), ERR_OK);
    expect_next(b, "+254700000001 secret");
    reopen(b);
    assert_false(spool_is_empty(b->spool));
    static char bytes[4096];
    FILE *log = fopen(in_dir(b, "spool.log", path), "rb");
    assert_non_null(log);
    size_t n = fread(bytes, 1, sizeof(bytes), log);
    (void)fclose(log); /* only read */
    assert_null(memmem(bytes, n, "254700000001", 12));
    assert_null(memmem(bytes, n, "second", 6));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    expect_next(b, "second");
    expect_end(b);
    assert_int_equal(log_bytes(b), 0); /* nothing is kept of what was replayed */
    reopen(b);
    expect_end(b);
}

static void quota_bounds_what_waits(void **state)
{
    struct bench *b = *state;
    const uint64_t two_frames = 2 * (3 + SPOOL_FRAME_EXTRA_BYTES);
    spool_free(b->spool);
    b->spool = spool_open(b, two_frames);
    assert_int_equal(append(b, b->spool, STR("one")), ERR_OK);
    assert_int_equal(append(b, b->spool, STR("two")), ERR_OK);
    assert_int_equal(append(b, b->spool, STR("six")), ERR_FULL);
    expect_next(b, "one");
    assert_int_equal(append(b, b->spool, STR("six")), ERR_OK);
    expect_next(b, "two");
    expect_next(b, "six");
    expect_end(b);
}

static void tells_whether_one_more_has_room(void **state)
{
    struct bench *b = *state;
    static char bytes[8000];
    memset(bytes, 'x', sizeof(bytes));
    spool_free(b->spool);
    b->spool = spool_open(b, 2 * SPOOL_MAX_RECORD_BYTES);
    assert_true(spool_has_room(b->spool));
    assert_int_equal(append(b, b->spool, (struct str){bytes, sizeof(bytes)}), ERR_OK);
    assert_true(spool_has_room(b->spool));
    assert_int_equal(append(b, b->spool, STR("and as much as makes the next too long")), ERR_OK);
    assert_int_equal(append(b, b->spool, (struct str){bytes, 200}), ERR_OK);
    assert_false(spool_has_room(b->spool));
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    assert_int_equal(spool_drop(b->spool, 1), ERR_OK);
    assert_true(spool_has_room(b->spool));
}

static void disk_space_is_given_back_while_the_log_is_long(void **state)
{
    struct bench *b = *state;
    char path[PATH_MAX];
    static char bytes[8000];
    memset(bytes, 'x', sizeof(bytes));
    spool_free(b->spool);
    b->spool = spool_open(b, 64u << 20);
    for (int i = 0; i < 600; i++)
        assert_int_equal(append(b, b->spool, (struct str){bytes, sizeof(bytes)}), ERR_OK);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
        assert_int_equal(spool_drop(b->spool, 1), ERR_OK);
    }
    struct stat info;
    assert_int_equal(stat(in_dir(b, "spool.log", path), &info), 0);
    assert_true(info.st_size > 4 << 20);
    assert_true(info.st_blocks * 512 < 3 << 20);
    reopen(b);
    int n = 0;
    while (spool_peek(b->spool, &b->record) == ERR_OK && spool_drop(b->spool, 1) == ERR_OK)
        n++;
    assert_int_equal(n, 100);
}

static void log_that_could_not_be_cut_is_cut_later(void **state)
{
    struct bench *b = *state;
    char path[PATH_MAX];
    struct stat info;
    assert_int_equal(append(b, b->spool, STR("one")), ERR_OK);
    hook.cut_errno = EIO;
    expect_next(b, "one");
    assert_int_equal(hook.cut_errno, 0);
    assert_true(spool_is_empty(b->spool));
    assert_int_equal(stat(in_dir(b, "spool.log", path), &info), 0);
    assert_true(info.st_size > 0);
    expect_end(b);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 0);
    assert_int_equal(append(b, b->spool, STR("two")), ERR_OK);
    expect_next(b, "two");
    expect_end(b);
}

static void failed_sync_is_not_acknowledged(void **state)
{
    struct bench *b = *state;
    hook.fail_errno = EIO;
    hook.is_fail_write = false;
    assert_int_equal(append(b, b->spool, STR("lost")), ERR_IO);
    assert_int_equal(append(b, b->spool, STR("kept")), ERR_OK);
    expect_next(b, "lost"); /* it may turn up: it was written */
    expect_next(b, "kept");
    expect_end(b);
}

static void torn_write_is_overwritten(void **state)
{
    static const struct {
        int error;
        enum err e;
    } rows[] = {{EIO, ERR_IO}, {ENOSPC, ERR_FULL}, {EDQUOT, ERR_FULL}};
    struct bench *b = *state;
    assert_int_equal(append(b, b->spool, STR("before")), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hook.fail_errno = rows[i].error;
        hook.is_fail_write = true;
        assert_int_equal(append(b, b->spool, STR("torn, and longer than the next")), rows[i].e);
    }
    assert_int_equal(append(b, b->spool, STR("after")), ERR_OK);
    reopen(b);
    expect_next(b, "before");
    expect_next(b, "after");
    expect_end(b);
    assert_int_equal(quarantined(b), 0);
}

/* ---- damage ---- */

static void log_change(const struct bench *b, off_t at, char flip)
{
    char path[PATH_MAX], byte;
    int fd = open(in_dir(b, "spool.log", path), O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte = (char)(byte ^ flip);
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    assert_int_equal(close(fd), 0);
}

/* Every byte of the middle one of three frames in turn, with the spool open and after a restart. */
static void damaged_frame_is_put_aside_and_the_rest_read_on(void **state)
{
    struct bench *b = *state;
    const off_t n_frame = 5 + SPOOL_FRAME_EXTRA_BYTES;
    for (off_t i = 0; i < n_frame; i++) {
        assert_int_equal(append(b, b->spool, STR("first")), ERR_OK);
        assert_int_equal(append(b, b->spool, STR("other")), ERR_OK);
        assert_int_equal(append(b, b->spool, STR("third")), ERR_OK);
        log_change(b, n_frame + i, 0x20);
        if (i % 2 == 0)
            reopen(b);
        int n_before = quarantined(b);
        hook.is_aside_synced = hook.is_aside_name_synced = false;
        assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
        assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_NOT_FOUND);
        expect_next(b, "first");
        expect_next(b, "third");
        expect_end(b);
        assert_int_equal(quarantined(b), n_before + 1);
        assert_true(
            hook.is_aside_name_synced); /* or a crash would lose what is no more in the log */
        loop_mem_advance(b->loop, 1);   /* a name of its own for the next one */
    }
}

/* A disk that does not give it now may give it the next time. */
static void what_cannot_be_read_stays(void **state)
{
    struct bench *b = *state;
    assert_int_equal(append(b, b->spool, STR("first")), ERR_OK);
    assert_int_equal(append(b, b->spool, STR("second")), ERR_OK);
    hook.read_errno = EIO;
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_IO);
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    hook.read_errno = EIO;
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_IO);
    hook.read_errno = EINTR;
    assert_int_equal(spool_peek_next(b->spool, &b->record), ERR_OK);
    assert_string_equal(buf_str(&b->record).p, "second");
    hook.read_errno = EINTR;
    expect_next(b, "first");
    expect_next(b, "second");
    expect_end(b);
    assert_int_equal(quarantined(b), 0);
}

/* Damage is somebody's message: it leaves the log only for a place where a person finds it. */
static void damage_that_cannot_be_put_aside_stays(void **state)
{
    struct bench *b = *state;
    char aside[sizeof(b->dir) + 16];
    (void)snprintf(aside, sizeof(aside), "%s/quarantine", b->dir);
    for (int is_unread = 0; is_unread < 2; is_unread++) {
        assert_int_equal(append(b, b->spool, STR("first")), ERR_OK);
        assert_int_equal(append(b, b->spool, STR("other")), ERR_OK);
        log_change(b, 4, 0x20);
        off_t before = log_bytes(b);
        file_copy("/dev/null", aside); /* no folder: nothing goes into it */
        assert_int_equal(spool_peek(b->spool, &b->record), ERR_IO);
        if (is_unread)
            reopen(b);
        assert_int_equal(spool_peek(b->spool, &b->record), ERR_IO);
        assert_int_equal(log_bytes(b), before);
        assert_int_equal(unlink(aside), 0);
        expect_next(b, "other");
        expect_end(b);
        assert_int_equal(quarantined(b), 1);
        remove_tree(aside);
    }
}

/* Who drops what it has handed on must know whether it may come again after a power cut. */
static void a_place_that_is_not_on_disk_is_told(void **state)
{
    struct bench *b = *state;
    assert_int_equal(append(b, b->spool, STR("first")), ERR_OK);
    assert_int_equal(spool_peek(b->spool, &b->record), ERR_OK);
    hook.show_errno = EIO;
    assert_int_equal(spool_drop(b->spool, 1), ERR_IO);
    assert_int_equal(append(b, b->spool, STR("second")), ERR_OK);
    expect_next(b, "second");
    expect_end(b);
}

static void records_with_unknown_keys_are_kept_aside(void **state)
{
    struct bench *b = *state;
    char path[PATH_MAX];
    struct buf frame;
    struct spool_frame read;
    buf_init(&frame, 1000);
    assert_int_equal(append(b, b->spool, STR("mine")), ERR_OK);
    assert_int_equal(spool_frame_add(b->vault, STR("theirs"), &frame), ERR_OK);
    frame.p[13] = 9; /* key id */
    struct str body = str_sub(buf_str(&frame), SPOOL_FRAME_HEAD_BYTES, frame.len);
    uint32_t crc = spool_crc32(body);
    for (int i = 0; i < 4; i++)
        frame.p[8 + i] = (char)(crc >> (24 - 8 * i));
    assert_true(spool_frame_read(buf_str(&frame), &read));
    assert_int_equal(vault_box_key_id(read.box), 9);
    FILE *log = fopen(in_dir(b, "spool.log", path), "ab");
    assert_non_null(log);
    assert_int_equal(fwrite(frame.p, 1, frame.len, log), frame.len);
    assert_int_equal(fclose(log), 0);
    reopen(b);
    expect_next(b, "mine");
    expect_end(b);
    assert_int_equal(quarantined(b), 0);
    uint32_t n;
    struct spool_aside before = {.n = 0}, id;
    assert_int_equal(spool_aside_begin(b->spool, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(spool_aside_next(b->spool, &before, &id, &b->record), ERR_INVALID);
    before = id;
    assert_int_equal(spool_aside_next(b->spool, &before, &id, &b->record), ERR_NOT_FOUND);
    buf_fini(&frame);
}

static void garbage_is_survived(void **state)
{
    struct bench *b = *state;
    char path[PATH_MAX];
    static char bytes[300000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    assert_int_equal(append(b, b->spool, STR("before")), ERR_OK);
    FILE *log = fopen(in_dir(b, "spool.log", path), "ab");
    assert_non_null(log);
    assert_int_equal(fwrite(bytes, 1, sizeof(bytes), log), sizeof(bytes));
    struct buf frame;
    buf_init(&frame, 1000);
    assert_int_equal(spool_frame_add(b->vault, STR("behind"), &frame), ERR_OK);
    assert_int_equal(fwrite(frame.p, 1, frame.len, log), frame.len);
    assert_int_equal(fwrite(frame.p, 1, frame.len / 2, log), frame.len / 2); /* torn */
    assert_int_equal(fclose(log), 0);
    buf_fini(&frame);
    reopen(b);
    assert_int_equal(quarantined(b), 1); /* the torn end */
    reopen(b);
    assert_int_equal(quarantined(b), 1); /* is cut off */
    assert_int_equal(append(b, b->spool, STR("new")), ERR_OK);
    expect_next(b, "before");
    expect_next(b, "behind");
    expect_next(b, "new");
    expect_end(b);
    assert_int_equal(quarantined(b), 2);
}

static void lost_or_wrong_state_replays_rather_than_loses(void **state)
{
    static const char *const damage[] = {
        "rm %s/spool.state", "truncate -s 3 %s/spool.state",
        "printf '\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377\\377"
        "\\377\\377\\377\\377\\377\\377\\377\\377' > %s/spool.state"};
    struct bench *b = *state;
    for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
        char command[256];
        assert_int_equal(append(b, b->spool, STR("one")), ERR_OK);
        assert_int_equal(append(b, b->spool, STR("two")), ERR_OK);
        spool_free(b->spool);
        b->spool = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the table above is all there is */
        (void)snprintf(command, sizeof(command), damage[i], b->dir);
#pragma GCC diagnostic pop
        assert_int_equal(system(command), 0);
        b->spool = spool_open(b, QUOTA_BYTES);
        expect_next(b, "one");
        expect_next(b, "two");
        expect_end(b);
    }
}

static void folder_that_cannot_be_used_is_refused(void **state)
{
    struct bench *b = *state;
    struct spool *spool = NULL;
    struct errmsg msg = {""};
    char path[PATH_MAX];
    in_dir(b, "spool.log/below", path); /* below a file */
    assert_int_equal(spool_file_new(b->loop, b->vault, path, 1000, &spool, &msg), ERR_IO);
    assert_non_null(strstr(msg.text, path));
    assert_non_null(strstr(msg.text, "spool_dir"));
}

/* ---- several processes (or several open spools: the same to the file locks) ---- */

static void two_writers_one_replayer(void **state)
{
    struct bench *b = *state;
    struct spool *other = spool_open(b, QUOTA_BYTES);
    assert_int_equal(append(b, b->spool, STR("1")), ERR_OK);
    assert_false(spool_is_empty(other)); /* at once */
    assert_int_equal(append(b, other, STR("2")), ERR_OK);
    assert_int_equal(append(b, b->spool, STR("3")), ERR_OK);
    expect_next(b, "1");
    assert_int_equal(spool_peek(other, &b->record), ERR_CONFLICT);
    expect_next(b, "2");
    assert_int_equal(append(b, other, STR("4")), ERR_OK);
    spool_free(b->spool); /* the replayer ends, another one goes on where it was */
    b->spool = other;
    expect_next(b, "3");
    expect_next(b, "4");
    expect_end(b);
}

static void many_writers_lose_and_mix_nothing(void **state)
{
    enum { N_WRITERS = 4, N_EACH = 100 };
    struct bench *b = *state;
    pid_t pids[N_WRITERS];
    for (int w = 0; w < N_WRITERS; w++) {
        pids[w] = fork();
        if (pids[w] != 0)
            continue;
        struct spool *spool = spool_open(b, QUOTA_BYTES);
        for (int i = 0; i < N_EACH; i++) {
            char text[32];
            (void)snprintf(text, sizeof(text), "%d %d", w, i);
            if (append(b, spool, str_from(text)) != ERR_OK)
                _exit(1);
        }
        _exit(0);
    }
    int next[N_WRITERS] = {0}, n = 0;
    while (n < N_WRITERS * N_EACH) { /* replays while they write */
        enum err e = spool_peek(b->spool, &b->record);
        if (e == ERR_NOT_FOUND)
            continue;
        assert_int_equal(e, ERR_OK);
        int w = -1, i = -1;
        assert_int_equal(sscanf(b->record.p, "%d %d", &w, &i), 2);
        assert_int_equal(i, next[w]++);
        assert_int_equal(spool_drop(b->spool, 1), ERR_OK);
        n++;
    }
    for (int w = 0; w < N_WRITERS; w++) {
        int status = 0;
        assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
        assert_int_equal(status, 0);
    }
    expect_end(b);
}

/* ---- death ---- */

#define LIFE_RECORDS 12

static void say(int fd, char what, int i)
{
    char text[16];
    int n = snprintf(text, sizeof(text), "%c%d\n", what, i);
    if (write(fd, text, (size_t)n) != n)
        _exit(2);
}

/* Appends 1.. in turns of one to three, says A<i> when acknowledged; replays some in between, says
 * D<i> when dropped. */
static void live(struct bench *b, int fd)
{
    struct spool *spool = NULL;
    if (spool_file_new(b->loop, b->vault, b->dir, QUOTA_BYTES, &spool, NULL) != ERR_OK)
        _exit(3);
    for (int i = 1, turn = 1; i <= LIFE_RECORDS; turn = turn % 3 + 1) {
        struct response responses[3] = {{false, ERR_OK}};
        for (int k = 0; k < turn; k++) {
            char text[64];
            (void)snprintf(text, sizeof(text), "%d %.*s", i + k, (i + k) % 5 * 7,
                           "..................................");
            spool_append(spool, str_from(text), on_append, &responses[k]);
        }
        loop_mem_settle(b->loop);
        for (int k = 0; k < turn; k++)
            if (responses[k].e == ERR_OK)
                say(fd, 'A', i + k);
        i += turn;
        for (int k = 0; k < turn + 1; k++) { /* now and then down to empty */
            if (spool_peek(spool, &b->record) != ERR_OK)
                break;
            int which = (int)strtol(b->record.p, NULL, 10);
            if (spool_drop(spool, 1) == ERR_OK)
                say(fd, 'D', which);
        }
    }
    _exit(0);
}

struct ledger {
    bool is_acknowledged[LIFE_RECORDS + 8], is_dropped[LIFE_RECORDS + 8];
};

static void ledger_read(int fd, struct ledger *ledger)
{
    FILE *said = fdopen(fd, "r");
    char what;
    int i;
    assert_non_null(said);
    while (fscanf(said, "%c%d\n", &what, &i) == 2) {
        if (what == 'A')
            ledger->is_acknowledged[i] = true;
        else
            ledger->is_dropped[i] = true;
    }
    (void)fclose(said); /* only read */
}

/* Puts back what was on disk at the time of the power cut. */
static void cut_power(const struct bench *b, const char *synced)
{
    static const char *const names[] = {"spool.log", "spool.state"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[PATH_MAX], copy[PATH_MAX];
        (void)snprintf(copy, sizeof(copy), "%s/%s", synced, names[i]);
        in_dir(b, names[i], path);
        (void)unlink(path); /* may never have been made */
        if (access(copy, F_OK) == 0)
            file_copy(copy, path);
    }
}

static void check_survivors(struct bench *b, const struct ledger *ledger)
{
    bool is_there[LIFE_RECORDS + 8] = {false};
    int before = 0;
    b->spool = spool_open(b, QUOTA_BYTES);
    while (spool_peek(b->spool, &b->record) == ERR_OK) {
        int i = (int)strtol(b->record.p, NULL, 10);
        assert_true(i > before);
        assert_false(ledger->is_dropped[i]); /* a drop is durable when it returns */
        is_there[i] = true;
        before = i;
        assert_int_equal(spool_drop(b->spool, 1), ERR_OK);
    }
    assert_true(spool_is_empty(b->spool));
    int n_between = 0; /* the one that was being dropped */
    for (int i = 1; i < LIFE_RECORDS + 8; i++)
        n_between += ledger->is_acknowledged[i] && !ledger->is_dropped[i] && !is_there[i];
    assert_true(n_between <= 1);
    for (int i = 1; n_between == 1 && i < LIFE_RECORDS + 8; i++) {
        if (ledger->is_acknowledged[i] && !ledger->is_dropped[i]) { /* it can only be the first */
            assert_false(is_there[i]);
            break;
        }
    }
    spool_free(b->spool);
    b->spool = NULL;
}

/* One life that ends at call `countdown`; true when it ended by itself before. */
static bool live_and_die(long countdown, enum death death, bool is_power_cut)
{
    struct bench *b = bench_new();
    struct ledger ledger = {{false}, {false}};
    char synced[64] = "/tmp/test_spool_disk.XXXXXX";
    int fds[2], status = 0;
    assert_non_null(mkdtemp(synced));
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        hook.countdown = countdown;
        hook.death = death;
        if (is_power_cut)
            memcpy(hook.synced, synced, sizeof(synced));
        live(b, fds[1]);
    }
    assert_int_equal(close(fds[1]), 0);
    ledger_read(fds[0], &ledger);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    if (is_power_cut)
        cut_power(b, synced);
    check_survivors(b, &ledger);
    void *state = b;
    (void)teardown(&state); /* asserts by itself */
    remove_tree(synced);
    return !WIFSIGNALED(status);
}

static void death_at_every_call(bool is_power_cut)
{
    for (enum death death = 0; death < N_DEATHS; death++) {
        long n = 0;
        while (!live_and_die(n, death, is_power_cut))
            n++;
        assert_true(n > 20); /* there were that many calls to die at */
    }
}

static void killed_at_every_call_nothing_acknowledged_is_lost(void **state)
{
    (void)state;
    death_at_every_call(false);
}

static void power_cut_at_every_call_loses_nothing_acknowledged(void **state)
{
    (void)state;
    death_at_every_call(true);
}

/* ---- frames ---- */

static void crc_is_that_of_zlib(void **state)
{
    (void)state;
    assert_int_equal(spool_crc32(STR("123456789")), 0xcbf43926);
    assert_int_equal(spool_crc32(STR("")), 0);
}

static void every_cut_or_bent_frame_is_refused(void **state)
{
    (void)state;
    struct vault *vault = vault_openssl_new_for_tests(1);
    struct spool_frame read;
    struct buf frame, record;
    buf_init(&frame, 1000);
    buf_init(&record, 1000);
    assert_int_equal(spool_frame_add(vault, STR("record"), &frame), ERR_OK);
    struct str all = buf_str(&frame);
    assert_true(spool_frame_read(all, &read));
    assert_int_equal(read.bytes, 6 + SPOOL_FRAME_EXTRA_BYTES);
    assert_int_equal(spool_frame_open(vault, &read, &record), ERR_OK);
    assert_true(str_eq(buf_str(&record), STR("record")));
    for (size_t n = 0; n < all.len; n++)
        assert_false(spool_frame_read(str_sub(all, 0, n), &read));
    for (size_t i = 0; i < 8 * all.len; i++) {
        frame.p[i / 8] = (char)(frame.p[i / 8] ^ 1 << i % 8);
        assert_false(spool_frame_read(all, &read));
        frame.p[i / 8] = (char)(frame.p[i / 8] ^ 1 << i % 8);
    }
    assert_int_equal(spool_frame_find(all, 0), 0);
    assert_int_equal(spool_frame_find(all, 1), all.len);
    buf_fini(&frame);
    buf_fini(&record);
    vault_free(vault);
}

/* Nobody writes without the lock; a signal is no reason to do without. */
static void without_the_lock_it_ends(void **state)
{
    struct bench *b = *state;
    int status = 0;
    hook.lock_errno = EINTR;
    assert_int_equal(append(b, b->spool, STR("one")), ERR_OK);
    assert_int_equal(hook.lock_errno, 0);
    pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit no_core = {0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        hook.lock_errno = ENOLCK;
        _exit(append(b, b->spool, STR("two")) == ERR_OK ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

#define FILES(f) cmocka_unit_test_setup_teardown(f, setup_file, teardown)
#define BOTH(f)                                                                                    \
    {"mem: " #f, f, setup_mem, teardown, NULL},                                                    \
    {                                                                                              \
        "file: " #f, f, setup_file, teardown, NULL                                                 \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(records_come_back_in_order),
        BOTH(several_records_are_shown_and_dropped_at_once),
        BOTH(no_more_are_shown_than_can_be_dropped),
        BOTH(appends_of_a_turn_are_answered_together),
        BOTH(records_have_a_ceiling),
        BOTH(free_answers_what_is_pending),
        cmocka_unit_test_setup_teardown(faults_hit_their_verb, setup_mem, teardown),
        FILES(records_outlive_the_process_and_are_not_readable),
        FILES(quota_bounds_what_waits),
        FILES(tells_whether_one_more_has_room),
        FILES(disk_space_is_given_back_while_the_log_is_long),
        FILES(log_that_could_not_be_cut_is_cut_later),
        FILES(failed_sync_is_not_acknowledged),
        FILES(torn_write_is_overwritten),
        FILES(damaged_frame_is_put_aside_and_the_rest_read_on),
        FILES(what_cannot_be_read_stays),
        FILES(damage_that_cannot_be_put_aside_stays),
        FILES(a_place_that_is_not_on_disk_is_told),
        FILES(records_with_unknown_keys_are_kept_aside),
        FILES(garbage_is_survived),
        FILES(lost_or_wrong_state_replays_rather_than_loses),
        FILES(folder_that_cannot_be_used_is_refused),
        FILES(two_writers_one_replayer),
        FILES(many_writers_lose_and_mix_nothing),
        FILES(without_the_lock_it_ends),
        cmocka_unit_test(killed_at_every_call_nothing_acknowledged_is_lost),
        cmocka_unit_test(power_cut_at_every_call_loses_nothing_acknowledged),
        cmocka_unit_test(crc_is_that_of_zlib),
        cmocka_unit_test(every_cut_or_bent_frame_is_refused),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
