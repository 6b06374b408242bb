#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/spool.h"

/*
 * Three files in the folder: spool.log holds the frames, spool.state where the unread ones begin
 * and end (mapped by every process of the host), replay.lock belongs to the process that replays.
 * All changes of log and state happen under a lock on spool.state. When the last record is dropped
 * the log becomes empty again, so it only grows while the store is away.
 *
 * A frame: magic, length of the ciphertext, CRC-32 of what follows, key id (4 bytes each, host
 * order: a spool never leaves its host), nonce, ciphertext with tag.
 */
#define FRAME_MAGIC 0x31505357u
#define FRAME_HEAD_BYTES (16u + VAULT_NONCE_BYTES)
#define FRAME_MAX_BYTES (FRAME_HEAD_BYTES + SPOOL_MAX_RECORD_BYTES + VAULT_TAG_BYTES)
#define STATE_MAGIC UINT64_C(0x57617970537031)

struct frame_head {
    uint32_t magic, length, crc, key_id;
    uint8_t nonce[VAULT_NONCE_BYTES];
};

struct state {
    uint64_t magic;
    uint64_t head, tail; /* offsets in spool.log of the oldest unread frame and behind the newest */
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
    char dir[PATH_MAX - 32];
    int log_fd, state_fd, replay_fd, dir_fd;
    struct state *state; /* shared mapping */
    uint64_t quota;
    struct timer *sync_timer;
    struct waiting *waiting, **waiting_end;
    struct buf frame;
    uint64_t peeked_bytes; /* length of the frame that peek showed; 0 = none */
    bool is_replayer;
};

static const struct str aad = {"waypost spool", 13};

static struct file_spool *file_of(struct spool *s)
{
    return (struct file_spool *)s;
}

/* CRC-32 (ISO-HDLC, as in zlib), bit by bit: zlib would be one more library for ten lines, and a
 * record is a few hundred bytes. */
static uint32_t crc32_of(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void lock(struct file_spool *f)
{
    while (flock(f->state_fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
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

static enum err make_frame(struct file_spool *f, struct str record)
{
    struct buf sealed CLEANUP(buf_fini);
    struct vault_sealed s;
    if (record.len > SPOOL_MAX_RECORD_BYTES)
        return ERR_TOO_LONG;
    buf_init(&sealed, SPOOL_MAX_RECORD_BYTES + VAULT_TAG_BYTES);
    enum err e = vault_seal(f->vault, aad, record, &sealed, &s);
    if (e != ERR_OK)
        return e;
    struct frame_head head = {
        .magic = FRAME_MAGIC, .length = (uint32_t)s.ciphertext.len, .key_id = s.key_id};
    memcpy(head.nonce, s.nonce, sizeof(head.nonce));
    buf_reset(&f->frame);
    buf_add(&f->frame, &head, sizeof(head));
    buf_add_str(&f->frame, s.ciphertext);
    if (buf_error(&f->frame) != ERR_OK)
        return buf_error(&f->frame);
    head.crc = crc32_of(f->frame.p + 12, f->frame.len - 12);
    memcpy(f->frame.p, &head, sizeof(head));
    return ERR_OK;
}

static enum err write_frame(struct file_spool *f)
{
    struct state *state = f->state;
    enum err e = ERR_OK;
    lock(f);
    if (state->tail - state->head + f->frame.len > f->quota) {
        e = ERR_FULL;
    } else {
        ssize_t n = pwrite(f->log_fd, f->frame.p, f->frame.len, (off_t)state->tail);
        if (n == (ssize_t)f->frame.len)
            state->tail += f->frame.len;
        else if (ftruncate(f->log_fd, (off_t)state->tail) != 0 || n >= 0 || errno != EINTR)
            e = ERR_IO;
    }
    unlock(f);
    return e;
}

static void file_append(struct spool *s, struct str record, spool_on_done *fn, void *ctx)
{
    struct file_spool *f = file_of(s);
    struct waiting *w = xcalloc(1, sizeof(*w));
    enum err e = make_frame(f, record);
    *w = (struct waiting){.fn = fn, .ctx = ctx, .e = e == ERR_OK ? write_frame(f) : e};
    *f->waiting_end = w;
    f->waiting_end = &w->next;
    timer_start(f->loop, f->sync_timer, 0);
}

/* ---- reading ---- */

/* Bytes that are no good frame are kept for a person to look at; reading goes on behind them. */
static void put_aside(struct file_spool *f, uint64_t from, uint64_t to)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/quarantine", f->dir);
    (void)mkdir(path, 0700); /* it may be there */
    (void)snprintf(path, sizeof(path), "%s/quarantine/%lld-%llu", f->dir,
                   (long long)clock_wall().ms, (unsigned long long)from);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char bytes[4096];
    while (fd >= 0 && from < to) {
        size_t want = to - from < sizeof(bytes) ? (size_t)(to - from) : sizeof(bytes);
        ssize_t n = pread(f->log_fd, bytes, want, (off_t)from);
        if (n <= 0 || write(fd, bytes, (size_t)n) != n)
            break;
        from += (uint64_t)n;
    }
    if (fd >= 0)
        (void)close(fd); /* best effort: the copy is for a person */
    LOG_ERROR("spool", "a broken record was put aside", "file=\"%s\"", path);
}

/* Length of the frame at `at` by its head, or 0 when no frame can begin there. */
static uint64_t frame_bytes_at(struct file_spool *f, uint64_t at, uint64_t end,
                               struct frame_head *head)
{
    if (end - at < sizeof(*head) ||
        pread(f->log_fd, head, sizeof(*head), (off_t)at) != (ssize_t)sizeof(*head))
        return 0;
    uint64_t n = sizeof(*head) + (uint64_t)head->length;
    bool is_good = head->magic == FRAME_MAGIC && n <= FRAME_MAX_BYTES && n <= end - at;
    return is_good ? n : 0;
}

/* Moves the beginning; an empty log is cut to nothing. Durable when it returns ERR_OK. */
static enum err move_head(struct file_spool *f, uint64_t head)
{
    struct state *state = f->state;
    enum err e = ERR_OK;
    lock(f);
    state->head = head;
    if (state->head == state->tail && ftruncate(f->log_fd, 0) == 0)
        state->head = state->tail = 0;
    if (msync(state, sizeof(*state), MS_SYNC) != 0)
        e = ERR_IO;
    unlock(f);
    return e;
}

static bool is_intact(const struct buf *frame)
{
    struct frame_head head;
    memcpy(&head, frame->p, sizeof(head));
    return head.crc == crc32_of(frame->p + 12, frame->len - 12);
}

static enum err open_frame(struct file_spool *f, uint64_t at, uint64_t n,
                           const struct frame_head *head, struct buf *record)
{
    char *bytes = malloc((size_t)n); /* n <= FRAME_MAX_BYTES */
    enum err e = bytes == NULL ? ERR_NO_MEMORY : ERR_OK;
    buf_reset(&f->frame);
    if (e == ERR_OK && pread(f->log_fd, bytes, (size_t)n, (off_t)at) == (ssize_t)n)
        buf_add(&f->frame, bytes, (size_t)n);
    free(bytes);
    if (e != ERR_OK)
        return e;
    if (f->frame.len != n || !is_intact(&f->frame))
        return ERR_INVALID;
    buf_reset(record);
    struct str nonce = {(const char *)head->nonce, sizeof(head->nonce)};
    struct str ciphertext = str_sub(buf_str(&f->frame), sizeof(*head), (size_t)n);
    return vault_open(f->vault, aad, (uint16_t)head->key_id, nonce, ciphertext, record);
}

static bool become_replayer(struct file_spool *f)
{
    if (!f->is_replayer)
        f->is_replayer = flock(f->replay_fd, LOCK_EX | LOCK_NB) == 0;
    return f->is_replayer;
}

static enum err file_peek(struct spool *s, struct buf *record)
{
    struct file_spool *f = file_of(s);
    f->peeked_bytes = 0;
    for (;;) {
        if (f->state->head == f->state->tail)
            return ERR_NOT_FOUND;
        if (!become_replayer(f))
            return ERR_CONFLICT;
        struct frame_head head;
        uint64_t at = f->state->head, end = f->state->tail;
        uint64_t n = frame_bytes_at(f, at, end, &head);
        enum err e = n > 0 ? open_frame(f, at, n, &head, record) : ERR_INVALID;
        if (e == ERR_OK) {
            f->peeked_bytes = n;
            return ERR_OK;
        }
        if (e == ERR_NO_MEMORY)
            return e;
        put_aside(f, at, n > 0 ? at + n : end);
        e = move_head(f, n > 0 ? at + n : end);
        if (e != ERR_OK)
            return e;
    }
}

static enum err file_drop(struct spool *s)
{
    struct file_spool *f = file_of(s);
    if (f->peeked_bytes == 0)
        return ERR_NOT_FOUND;
    uint64_t head = f->state->head + f->peeked_bytes;
    f->peeked_bytes = 0;
    return move_head(f, head);
}

static bool file_is_empty(struct spool *s)
{
    const struct state *state = file_of(s)->state;
    return __atomic_load_n(&state->head, __ATOMIC_ACQUIRE) ==
           __atomic_load_n(&state->tail, __ATOMIC_ACQUIRE);
}

static uint64_t file_bytes(struct spool *s)
{
    const struct state *state = file_of(s)->state;
    return state->tail - state->head;
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
    buf_fini(&f->frame);
    free(f);
}

static int open_in(struct file_spool *f, const char *name)
{
    return openat(f->dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* What a crash left behind: the state may be older than the log, and the last frame may be torn. */
static bool recover(struct file_spool *f)
{
    struct state *state = f->state;
    struct stat info;
    bool is_good = fstat(f->log_fd, &info) == 0;
    uint64_t size = is_good ? (uint64_t)info.st_size : 0;
    if (state->magic != STATE_MAGIC || state->head > size)
        *state = (struct state){.magic = STATE_MAGIC};
    uint64_t at = state->head, n;
    struct frame_head head;
    while ((n = frame_bytes_at(f, at, size, &head)) > 0)
        at += n;
    if (at < size) {
        put_aside(f, at, size);
        is_good = is_good && ftruncate(f->log_fd, (off_t)at) == 0;
    }
    state->tail = at;
    return is_good && fsync(f->log_fd) == 0 && fsync(f->state_fd) == 0 && fsync(f->dir_fd) == 0;
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
    struct stat info;
    bool is_good =
        fstat(f->state_fd, &info) == 0 && (info.st_size >= (off_t)sizeof(*f->state) ||
                                           ftruncate(f->state_fd, sizeof(*f->state)) == 0);
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
                                         .drop = file_drop,
                                         .is_empty = file_is_empty,
                                         .bytes = file_bytes,
                                         .free = file_free};
    struct file_spool *f = xcalloc(1, sizeof(*f));
    f->base.ops = &ops;
    f->loop = loop;
    f->vault = vault;
    f->quota = quota_bytes;
    f->waiting_end = &f->waiting;
    f->log_fd = f->state_fd = f->replay_fd = f->dir_fd = -1;
    buf_init(&f->frame, FRAME_MAX_BYTES);
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
