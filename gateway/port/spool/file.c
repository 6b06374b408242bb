/*
 * spool.h: SMS on disk, in one log for all processes of the host.
 * Longer than a file should be: writing, reading and recovery share the lock and the offsets.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/spool/aside.h"
#include "port/spool/frame.h"

/*
 * Three files in the folder: spool.log holds the frames (frame.h), spool.state where the
 * unread ones begin and end (mapped by every process of the host), replay.lock belongs to the
 * process that replays. All changes of log and state happen under a lock on spool.state. When the
 * last record is dropped the log becomes empty again; until then the disk space of what was read is
 * given back as holes.
 *
 * What survives a crash: the log up to its last fdatasync, and the head, which is on disk before
 * the next peek. The tail is not trusted: opening finds it again. A head that is too old only means
 * that records are replayed twice, which the store recognises.
 *
 * After a failed fdatasync nothing of that turn is acknowledged; what it may have left in the log
 * is read like any frame, or skipped like any damage. A record is acknowledged only by the sync
 * that followed its own write, so a later sync never vouches for an earlier failure.
 */
#define FRAME_MAX_BYTES (SPOOL_FRAME_EXTRA_BYTES + SPOOL_MAX_RECORD_BYTES)
#define WINDOW_BYTES (64u << 10) /* of a search for the next frame */
#define HOLE_BYTES (1u << 20)    /* space is given back in pieces of this size */
#define STATE_MAGIC UINT64_C(0x57617970537031)

struct state {
    uint64_t magic;
    /* Offsets in spool.log of the oldest unread frame and behind the newest. */
    _Atomic uint64_t head, tail;
};

/* Written, not yet on disk. */
struct waiting {
    struct waiting *next;
    spool_on_done *fn;
    void *ctx;
    enum err e;
};

struct file_spool {
    struct spool base;
    struct loop *loop;
    const struct vault *vault;
    char dir[PATH_MAX - 64];
    int log_fd, state_fd, replay_fd, dir_fd;
    struct state *state; /* shared mapping */
    uint64_t quota;
    struct timer *sync_timer;
    struct waiting *waiting, **waiting_end;
    struct buf frame;
    char *window;                       /* WINDOW_BYTES */
    uint64_t shown_to[SPOOL_MAX_SHOWN]; /* where each frame ends that was shown since peek */
    uint32_t n_shown;
    uint64_t hole_bytes; /* of the log, given back */
    bool is_replayer;
    struct aside_list aside; /* as of aside_begin */
    uint32_t aside_at;       /* of the next one */
};

static struct file_spool *file_of(struct spool *s)
{
    return (struct file_spool *)s;
}

static void lock(struct file_spool *f)
{
    while (flock(f->state_fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            abort(); /* no memory for locks: others would write over what we acknowledge */
    }
}

static void unlock(struct file_spool *f)
{
    (void)flock(f->state_fd, LOCK_UN); /* cannot fail for a lock that is held */
}

/* ---- writing ---- */

/* Frames of one turn share one sync; their callbacks follow it. */
static void on_sync(void *ctx)
{
    struct file_spool *f = ctx;
    struct waiting *list = f->waiting;
    f->waiting = NULL;
    f->waiting_end = &f->waiting;
    enum err synced = fdatasync(f->log_fd) == 0 ? ERR_OK : ERR_IO;
    if (synced != ERR_OK)
        LOG_ERROR("spool", "sync failed: messages are not safe", "why=\"%s\"", strerror(errno));
    while (list != NULL) {
        struct waiting *w = list;
        list = w->next;
        w->fn(w->ctx, w->e != ERR_OK ? w->e : synced);
        free(w);
    }
}

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

static enum err write_frame(struct file_spool *f)
{
    struct state *state = f->state;
    enum err e = ERR_OK;
    lock(f);
    if (state->tail - state->head + f->frame.len > f->quota) {
        e = ERR_FULL;
    } else if (write_at(f->log_fd, f->frame.p, f->frame.len, state->tail)) {
        state->tail += f->frame.len;
    } else {
        e = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
        /* the next frame overwrites a torn one that stays */
        if (ftruncate(f->log_fd, (off_t)state->tail) != 0)
            e = ERR_IO;
    }
    unlock(f);
    return e;
}

static void file_append(struct spool *s, struct str record, spool_on_done *fn, void *ctx)
{
    struct file_spool *f = file_of(s);
    struct waiting *w = xcalloc(1, sizeof(*w));
    buf_reset(&f->frame);
    enum err e = spool_frame_add(f->vault, record, &f->frame);
    *w = (struct waiting){.fn = fn, .ctx = ctx, .e = e == ERR_OK ? write_frame(f) : e};
    *f->waiting_end = w;
    f->waiting_end = &w->next;
    timer_start(f->loop, f->sync_timer, 0);
}

/* ---- reading ---- */

/* As much of the log from `at` as the window takes. */
static enum err window_read(struct file_spool *f, uint64_t at, uint64_t end, struct str *ret)
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

/* Finds the first sound frame at or behind *at; it lies at the start of *ret_window then. Without
 * one *at becomes end and the window is empty. */
static enum err frame_next(struct file_spool *f, uint64_t *at, uint64_t end, struct str *ret_window)
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
            *at = is_last ? end : *at + ret_window->len - FRAME_MAX_BYTES;
    }
    *ret_window = STR("");
    return ERR_OK;
}

/* Bytes that are no frame are kept for a person to look at; reading goes on behind them. ERR_IO
 * when they could not be kept: they must stay where they are then. */
static enum err quarantine(struct file_spool *f, uint64_t from, uint64_t to, const char *msg)
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
static void punch_hole(struct file_spool *f, uint64_t head)
{
    if (head < f->hole_bytes)
        f->hole_bytes = 0; /* the log was emptied since */
    if (head - f->hole_bytes < HOLE_BYTES)
        return;
    (void)fallocate(f->log_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)head);
    f->hole_bytes = head;
}

/* Moves the beginning; an empty log is cut to nothing. Durable when it returns ERR_OK. */
static enum err move_head(struct file_spool *f, uint64_t head)
{
    struct state *state = f->state;
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

static bool become_replayer(struct file_spool *f)
{
    if (!f->is_replayer)
        f->is_replayer = flock(f->replay_fd, LOCK_EX | LOCK_NB) == 0;
    return f->is_replayer;
}

/* A frame whose key is not here waits for it where it holds nobody back. */
static enum err put_frame_aside(struct file_spool *f, struct str frame, enum err e)
{
    struct spool_aside id;
    char name[ASIDE_NAME_BYTES];
    enum err put = aside_put(f->dir_fd, loop_wall(f->loop), frame, &id);
    aside_name(&id, name);
    LOG_ERROR("spool",
              e == ERR_NOT_FOUND ? "put aside: its seal key is not in keys_dir"
                                 : "put aside: sealed with another key of the same number",
              "name=%s err=%s", name, err_name(put));
    return put;
}

/* Shows the frame at the head, or moves what is there instead. ERR_CONFLICT: look again. */
static enum err peek_head(struct file_spool *f, struct buf *record)
{
    uint64_t head = f->state->head, at = head, end = f->state->tail;
    struct spool_frame frame;
    struct str window;
    enum err e = frame_next(f, &at, end, &window);
    if (e != ERR_OK)
        return e;
    buf_reset(record);
    if (at != head || !spool_frame_read(window, &frame)) {
        e = quarantine(f, head, at, "kept in quarantine: no sound record");
        frame.bytes = (size_t)(at - head);
    } else {
        e = spool_frame_open(f->vault, &frame, record);
        if (e == ERR_OK || e == ERR_TOO_LONG) {
            f->shown_to[f->n_shown++] = head + frame.bytes;
            return e;
        }
        e = put_frame_aside(f, str_sub(window, 0, frame.bytes), e);
    }
    if (e == ERR_OK)
        e = move_head(f, head + frame.bytes);
    return e == ERR_OK ? ERR_CONFLICT : e;
}

static enum err file_peek(struct spool *s, struct buf *record)
{
    struct file_spool *f = file_of(s);
    f->n_shown = 0;
    enum err e = ERR_CONFLICT;
    while (e == ERR_CONFLICT) {
        uint64_t head = f->state->head;
        if (head == f->state->tail) {
            if (head > 0 && become_replayer(f))
                (void)move_head(f, head); /* it could not be cut when it ran empty */
            return ERR_NOT_FOUND;
        }
        if (!become_replayer(f))
            return ERR_CONFLICT;
        e = peek_head(f, record);
    }
    return e;
}

static enum err file_peek_next(struct spool *s, struct buf *record)
{
    struct file_spool *f = file_of(s);
    struct spool_frame frame;
    struct str window;
    if (f->n_shown == 0 || f->n_shown == SPOOL_MAX_SHOWN)
        return ERR_NOT_FOUND;
    uint64_t from = f->shown_to[f->n_shown - 1], at = from, end = f->state->tail;
    enum err e = frame_next(f, &at, end, &window);
    if (e != ERR_OK)
        return e;
    if (at != from || !spool_frame_read(window, &frame))
        return ERR_NOT_FOUND;
    buf_reset(record);
    e = spool_frame_open(f->vault, &frame, record);
    if (e != ERR_OK)
        return e == ERR_TOO_LONG ? e : ERR_NOT_FOUND;
    f->shown_to[f->n_shown++] = from + frame.bytes;
    return ERR_OK;
}

static enum err file_drop(struct spool *s, uint32_t n)
{
    struct file_spool *f = file_of(s);
    uint32_t n_shown = f->n_shown;
    f->n_shown = 0;
    if (n > n_shown)
        return ERR_NOT_FOUND;
    enum err e = n > 0 ? move_head(f, f->shown_to[n - 1]) : ERR_OK;
    if (e != ERR_OK)
        return e;
    f->n_shown = n_shown - n;
    memmove(f->shown_to, f->shown_to + n, f->n_shown * sizeof(f->shown_to[0]));
    return ERR_OK;
}

static bool file_is_empty(struct spool *s)
{
    const struct state *state = file_of(s)->state;
    return state->head == state->tail;
}

static uint64_t file_bytes(struct spool *s)
{
    const struct state *state = file_of(s)->state;
    uint64_t head = state->head, tail = state->tail; /* another process may be moving both */
    return tail > head ? tail - head : 0;
}

/* What of a disk only root may use is not counted; one that does not tell has room. */
static bool file_has_room(struct spool *s)
{
    const struct file_spool *f = file_of(s);
    struct statvfs disk;
    if (file_bytes(s) + SPOOL_MAX_RECORD_BYTES > f->quota)
        return false;
    return fstatvfs(f->log_fd, &disk) != 0 ||
           ((disk.f_flag & ST_RDONLY) == 0 &&
            disk.f_bavail >= SPOOL_MAX_RECORD_BYTES / disk.f_frsize + 1);
}

/* ---- what was put aside ---- */

static enum err file_put_aside(struct spool *s, struct str record)
{
    struct file_spool *f = file_of(s);
    struct spool_aside id;
    buf_reset(&f->frame);
    enum err e = spool_frame_add(f->vault, record, &f->frame);
    return e == ERR_OK ? aside_put(f->dir_fd, loop_wall(f->loop), buf_str(&f->frame), &id) : e;
}

static enum err file_aside_begin(struct spool *s, uint32_t *ret_n)
{
    struct file_spool *f = file_of(s);
    aside_list_free(&f->aside);
    f->aside_at = 0;
    enum err e = aside_scan(f->dir_fd, ASIDE_FOLDER, &f->aside);
    *ret_n = f->aside.n;
    return e == ERR_OK && f->aside.n > 0 && !become_replayer(f) ? ERR_CONFLICT : e;
}

static enum err file_aside_next(struct spool *s, const struct spool_aside *after,
                                struct spool_aside *ret, struct buf *record)
{
    struct file_spool *f = file_of(s);
    enum err e = ERR_NOT_FOUND; /* also of one that an operator has moved since */
    for (; f->aside_at < f->aside.n && e == ERR_NOT_FOUND; f->aside_at++) {
        *ret = f->aside.ids[f->aside_at];
        if (spool_aside_cmp(ret, after) > 0)
            e = aside_read(f->dir_fd, ASIDE_FOLDER, ret, f->vault, record);
    }
    if (e != ERR_NOT_FOUND)
        f->aside_at--; /* until `after` says that it was taken */
    return e;
}

static enum err file_aside_end(struct spool *s, const struct spool_aside *id, bool is_refused)
{
    struct file_spool *f = file_of(s);
    return is_refused ? aside_move(f->dir_fd, ASIDE_FOLDER, ASIDE_REFUSED, id, *id)
                      : aside_remove(f->dir_fd, id);
}

/* ---- life ---- */

static void file_free(struct spool *s)
{
    struct file_spool *f = file_of(s);
    if (f->sync_timer != NULL)
        on_sync(f);
    timer_free(f->loop, f->sync_timer);
    if (f->state != NULL)
        (void)munmap(f->state, sizeof(*f->state)); /* the process may be ending */
    int fds[] = {f->log_fd, f->state_fd, f->replay_fd, f->dir_fd};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]); /* nothing unsynced is behind them */
    }
    aside_list_free(&f->aside);
    buf_fini(&f->frame);
    free(f->window);
    free(f);
}

static int open_in(struct file_spool *f, const char *name)
{
    return openat(f->dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* What a crash left behind: the tail is unknown and the last frame may be torn. Damage before the
 * last sound frame stays, for peek to put aside. */
static bool recover(struct file_spool *f)
{
    struct state *state = f->state;
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
        if (frame_next(f, &at, size, &window) != ERR_OK)
            return false;
        while (spool_frame_read(window, &frame)) {
            window = str_sub(window, frame.bytes, window.len);
            at = end = at + frame.bytes;
        }
    }
    if (end < size &&
        (quarantine(f, end, size, "kept in quarantine: torn end, never acknowledged") != ERR_OK ||
         ftruncate(f->log_fd, (off_t)end) != 0))
        return false;
    state->tail = end;
    if (state->head == end && ftruncate(f->log_fd, 0) == 0)
        state->head = state->tail = 0;
    return fsync(f->log_fd) == 0 && fsync(f->state_fd) == 0 && fsync(f->dir_fd) == 0;
}

static bool open_files(struct file_spool *f)
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

enum err spool_file_new(struct loop *loop, const struct vault *vault, const char *dir,
                        uint64_t quota_bytes, struct spool **ret, struct errmsg *msg)
{
    static const struct spool_ops ops = {.append = file_append,
                                         .peek = file_peek,
                                         .peek_next = file_peek_next,
                                         .drop = file_drop,
                                         .is_empty = file_is_empty,
                                         .bytes = file_bytes,
                                         .has_room = file_has_room,
                                         .put_aside = file_put_aside,
                                         .aside_begin = file_aside_begin,
                                         .aside_next = file_aside_next,
                                         .aside_end = file_aside_end,
                                         .free = file_free};
    struct file_spool *f = xcalloc(1, sizeof(*f));
    f->base.ops = &ops;
    f->loop = loop;
    f->vault = vault;
    f->quota = quota_bytes;
    f->waiting_end = &f->waiting;
    f->log_fd = f->state_fd = f->replay_fd = f->dir_fd = -1;
    buf_init(&f->frame, FRAME_MAX_BYTES);
    f->window = xcalloc(1, WINDOW_BYTES);
    enum err e = str_copy(str_from(dir), f->dir, sizeof(f->dir));
    if (e == ERR_OK && mkdir(dir, 0700) != 0 && errno != EEXIST)
        e = ERR_IO;
    if (e == ERR_OK && !open_files(f))
        e = ERR_IO;
    if (e != ERR_OK) {
        e = errmsg_set(msg, e,
                       "the spool folder %s cannot be used (%s); make it writable for"
                       " this user, or set spool_dir",
                       dir, strerror(errno));
        file_free(&f->base);
        return e;
    }
    f->sync_timer = timer_new(loop, on_sync, f);
    *ret = &f->base;
    return ERR_OK;
}
