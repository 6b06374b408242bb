/* log_file.h: writing, reading and recovery under one lock. */
#include "port/spool/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "port/spool/aside.h"

#define WINDOW_BYTES (64u << 10) /* of a search for the next frame */
#define HOLE_BYTES (1u << 20)    /* space is given back in pieces of this size */
#define STATE_MAGIC UINT64_C(0x57617970537031)

static void lock(struct log_file *f)
{
    while (flock(f->state_fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            abort(); /* no memory for locks: others would write over what we acknowledge */
    }
}

static void unlock(struct log_file *f)
{
    (void)flock(f->state_fd, LOCK_UN); /* cannot fail for a lock that is held */
}

/* ---- writing ---- */

/* All n bytes; false leaves errno. */
static bool write_at(int fd, const char *bytes, size_t n, uint64_t at)
{
    while (n > 0) {
        ssize_t written = pwrite(fd, bytes, n, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        n -= (size_t)written;
        at += (uint64_t)written;
    }
    return true;
}

enum err log_file_write(struct log_file *f, struct str frame)
{
    struct log_state *state = f->state;
    enum err e = ERR_OK;
    lock(f);
    if (state->tail - state->head + frame.len > f->quota) {
        e = ERR_FULL;
    } else if (write_at(f->log_fd, frame.p, frame.len, state->tail)) {
        state->tail += frame.len;
    } else {
        e = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
        /* the next frame overwrites a torn one that stays */
        if (ftruncate(f->log_fd, (off_t)state->tail) != 0)
            e = ERR_IO;
    }
    unlock(f);
    return e;
}

enum err log_file_sync(struct log_file *f)
{
    return fdatasync(f->log_fd) == 0 ? ERR_OK : ERR_IO;
}

uint64_t log_file_bytes(const struct log_file *f)
{
    uint64_t head = f->state->head, tail = f->state->tail; /* another process may be moving both */
    return tail > head ? tail - head : 0;
}

bool log_file_has_room(const struct log_file *f)
{
    struct statvfs disk;
    if (log_file_bytes(f) + SPOOL_MAX_RECORD_BYTES > f->quota)
        return false;
    return fstatvfs(f->log_fd, &disk) != 0 ||
           ((disk.f_flag & ST_RDONLY) == 0 &&
            disk.f_bavail >= SPOOL_MAX_RECORD_BYTES / disk.f_frsize + 1);
}

/* ---- reading ---- */

uint64_t log_file_head(const struct log_file *f)
{
    return f->state->head;
}

uint64_t log_file_tail(const struct log_file *f)
{
    return f->state->tail;
}

/* As much of the log from `at` as the window takes. */
static enum err window_read(struct log_file *f, uint64_t at, uint64_t end, struct str *ret)
{
    size_t want = end - at < WINDOW_BYTES ? (size_t)(end - at) : WINDOW_BYTES, got = 0;
    while (got < want) {
        ssize_t n = pread(f->log_fd, f->window + got, want - got, (off_t)(at + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break; /* shorter than the tail says: damage like any other */
        got += (size_t)n;
    }
    *ret = (struct str){f->window, got};
    return ERR_OK;
}

enum err log_file_next(struct log_file *f, uint64_t *at, uint64_t end, struct str *ret_window)
{
    while (*at < end) {
        enum err e = window_read(f, *at, end, ret_window);
        if (e != ERR_OK)
            return e;
        size_t found = spool_frame_find(*ret_window, 0);
        if (found == 0)
            return ERR_OK;
        /* A frame may begin near the window's end and reach past it. */
        bool is_last = *at + ret_window->len >= end || ret_window->len < WINDOW_BYTES;
        if (found < ret_window->len)
            *at += found;
        else
            *at = is_last ? end : *at + ret_window->len - SPOOL_FRAME_MAX_BYTES;
    }
    *ret_window = STR("");
    return ERR_OK;
}

enum err log_file_quarantine(struct log_file *f, uint64_t from, uint64_t to, const char *msg)
{
    char name[64];
    struct str bytes;
    (void)snprintf(name, sizeof(name), "quarantine/%lld-%llu", (long long)clock_wall().ms,
                   (unsigned long long)from);
    if (mkdirat(f->dir_fd, "quarantine", 0700) != 0 && errno != EEXIST)
        return ERR_IO;
    int fd = openat(f->dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_kept = fd >= 0;
    LOG_ERROR("spool", msg, "file=\"%s/%s\" bytes=%llu", f->dir, name,
              (unsigned long long)(to - from));
    for (uint64_t at = 0; is_kept && from < to; from += bytes.len, at += bytes.len) {
        is_kept = window_read(f, from, to, &bytes) == ERR_OK;
        if (is_kept && bytes.len == 0)
            break; /* the log is shorter than we thought */
        is_kept = is_kept && write_at(fd, bytes.p, bytes.len, at);
    }
    is_kept = is_kept && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd); /* synced, or failed already */
    return is_kept && aside_sync(f->dir_fd, "quarantine") ? ERR_OK : ERR_IO;
}

/* The replayer gives disk space back while the log is long. Nothing depends on it. */
static void punch_hole(struct log_file *f, uint64_t head)
{
    if (head < f->hole_bytes)
        f->hole_bytes = 0; /* the log was emptied since */
    if (head - f->hole_bytes < HOLE_BYTES)
        return;
    (void)fallocate(f->log_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)head);
    f->hole_bytes = head;
}

enum err log_file_move_head(struct log_file *f, uint64_t head)
{
    struct log_state *state = f->state;
    enum err e = ERR_OK;
    lock(f);
    state->head = head;
    /* Cut durably before the new head is on disk: a head of 0 means the whole log is unread. */
    if (state->head == state->tail && ftruncate(f->log_fd, 0) == 0 && fdatasync(f->log_fd) == 0)
        state->head = state->tail = 0;
    if (msync(state, sizeof(*state), MS_SYNC) != 0)
        e = ERR_IO;
    if (e == ERR_OK)
        punch_hole(f, state->head);
    unlock(f);
    return e;
}

bool log_file_claim(struct log_file *f)
{
    if (!f->is_replayer)
        f->is_replayer = flock(f->replay_fd, LOCK_EX | LOCK_NB) == 0;
    return f->is_replayer;
}

/* ---- opening ---- */

static int open_in(struct log_file *f, const char *name)
{
    return openat(f->dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* What a crash left behind: the tail is unknown and the last frame may be torn. Damage before the
 * last sound frame stays, for peek to put aside. */
static bool recover(struct log_file *f)
{
    struct log_state *state = f->state;
    struct stat info;
    struct spool_frame frame;
    struct str window;
    if (fstat(f->log_fd, &info) != 0)
        return false;
    uint64_t size = (uint64_t)info.st_size;
    if (state->magic != STATE_MAGIC || state->head > size)
        state->head = 0;
    state->magic = STATE_MAGIC;
    uint64_t at = state->head, end = at;
    while (at < size) {
        if (log_file_next(f, &at, size, &window) != ERR_OK)
            return false;
        while (spool_frame_read(window, &frame)) {
            window = str_sub(window, frame.bytes, window.len);
            at = end = at + frame.bytes;
        }
    }
    if (end < size &&
        (log_file_quarantine(f, end, size, "kept in quarantine: torn end, never acknowledged") !=
             ERR_OK ||
         ftruncate(f->log_fd, (off_t)end) != 0))
        return false;
    state->tail = end;
    if (state->head == end && ftruncate(f->log_fd, 0) == 0)
        state->head = state->tail = 0;
    return fsync(f->log_fd) == 0 && fsync(f->state_fd) == 0 && fsync(f->dir_fd) == 0;
}

static bool open_files(struct log_file *f)
{
    f->dir_fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir_fd < 0)
        return false;
    f->log_fd = open_in(f, "spool.log");
    f->state_fd = open_in(f, "spool.state");
    f->replay_fd = open_in(f, "replay.lock");
    if (f->log_fd < 0 || f->state_fd < 0 || f->replay_fd < 0)
        return false;
    lock(f);
    /* A hole in the file would kill us when the disk is full and we write into it. */
    bool is_good = (errno = posix_fallocate(f->state_fd, 0, sizeof(*f->state))) == 0;
    void *map =
        is_good ? mmap(NULL, sizeof(*f->state), PROT_READ | PROT_WRITE, MAP_SHARED, f->state_fd, 0)
                : MAP_FAILED;
    if (map != MAP_FAILED)
        f->state = map;
    is_good = f->state != NULL && recover(f);
    unlock(f);
    return is_good;
}

enum err log_file_open(struct log_file *f, const char *dir, uint64_t quota_bytes)
{
    *f = (struct log_file){
        .quota = quota_bytes, .dir_fd = -1, .log_fd = -1, .state_fd = -1, .replay_fd = -1};
    f->window = xcalloc(1, WINDOW_BYTES);
    enum err e = str_copy(str_from(dir), f->dir, sizeof(f->dir));
    if (e == ERR_OK && mkdir(dir, 0700) != 0 && errno != EEXIST)
        e = ERR_IO;
    return e == ERR_OK && !open_files(f) ? ERR_IO : e;
}

void log_file_close(struct log_file *f)
{
    if (f->state != NULL)
        (void)munmap(f->state, sizeof(*f->state)); /* the process may be ending */
    int fds[] = {f->log_fd, f->state_fd, f->replay_fd, f->dir_fd};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]); /* nothing unsynced is behind them */
    }
    free(f->window);
}
