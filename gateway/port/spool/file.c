/*
 * spool.h: SMS on disk, in one log for all processes of the host (log_file.h). Frames that were
 * written in one turn share one sync, and nobody is answered before it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/spool/aside.h"
#include "port/spool/frame.h"
#include "port/spool/log_file.h"

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
    struct log_file log;
    struct timer *sync_timer;
    struct waiting *waiting, **waiting_end;
    struct buf frame;
    uint64_t shown_to[SPOOL_MAX_SHOWN]; /* where each frame ends that was shown since peek */
    uint32_t n_shown;
    struct aside_list aside; /* as of aside_begin */
    uint32_t aside_at;       /* of the next one */
};

static struct file_spool *file_of(struct spool *s)
{
    return (struct file_spool *)s;
}

/* ---- writing ---- */

/* Frames of one turn share one sync; their callbacks follow it. */
static void on_sync(void *ctx)
{
    struct file_spool *f = ctx;
    struct waiting *list = f->waiting;
    f->waiting = NULL;
    f->waiting_end = &f->waiting;
    enum err synced = log_file_sync(&f->log);
    if (synced != ERR_OK)
        LOG_ERROR("spool", "sync failed: messages are not safe", "why=\"%s\"", strerror(errno));
    while (list != NULL) {
        struct waiting *w = list;
        list = w->next;
        w->fn(w->ctx, w->e != ERR_OK ? w->e : synced);
        free(w);
    }
}

static void file_append(struct spool *s, struct str record, spool_on_done *fn, void *ctx)
{
    struct file_spool *f = file_of(s);
    struct waiting *w = xcalloc(1, sizeof(*w));
    buf_reset(&f->frame);
    enum err e = spool_frame_add(f->vault, record, &f->frame);
    if (e == ERR_OK)
        e = log_file_write(&f->log, buf_str(&f->frame));
    *w = (struct waiting){.fn = fn, .ctx = ctx, .e = e};
    *f->waiting_end = w;
    f->waiting_end = &w->next;
    timer_start(f->loop, f->sync_timer, 0);
}

/* ---- reading ---- */

/* A frame whose key is not here waits for it where it holds nobody back. */
static enum err put_frame_aside(struct file_spool *f, struct str frame, enum err e)
{
    struct spool_aside id;
    char name[ASIDE_NAME_BYTES];
    enum err put = aside_put(f->log.dir_fd, loop_wall(f->loop), frame, &id);
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
    uint64_t head = log_file_head(&f->log), at = head, end = log_file_tail(&f->log);
    struct spool_frame frame;
    struct str window;
    enum err e = log_file_next(&f->log, &at, end, &window);
    if (e != ERR_OK)
        return e;
    buf_reset(record);
    if (at != head || !spool_frame_read(window, &frame)) {
        e = log_file_quarantine(&f->log, head, at, "kept in quarantine: no sound record");
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
        e = log_file_move_head(&f->log, head + frame.bytes);
    return e == ERR_OK ? ERR_CONFLICT : e;
}

static enum err file_peek(struct spool *s, struct buf *record)
{
    struct file_spool *f = file_of(s);
    f->n_shown = 0;
    enum err e = ERR_CONFLICT;
    while (e == ERR_CONFLICT) {
        uint64_t head = log_file_head(&f->log);
        if (head == log_file_tail(&f->log)) {
            if (head > 0 && log_file_claim(&f->log))
                (void)log_file_move_head(&f->log, head); /* it could not be cut when it ran empty */
            return ERR_NOT_FOUND;
        }
        if (!log_file_claim(&f->log))
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
    uint64_t from = f->shown_to[f->n_shown - 1], at = from, end = log_file_tail(&f->log);
    enum err e = log_file_next(&f->log, &at, end, &window);
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
    enum err e = n > 0 ? log_file_move_head(&f->log, f->shown_to[n - 1]) : ERR_OK;
    if (e != ERR_OK)
        return e;
    f->n_shown = n_shown - n;
    memmove(f->shown_to, f->shown_to + n, f->n_shown * sizeof(f->shown_to[0]));
    return ERR_OK;
}

static bool file_is_empty(struct spool *s)
{
    const struct log_file *log = &file_of(s)->log;
    return log_file_head(log) == log_file_tail(log);
}

static uint64_t file_bytes(struct spool *s)
{
    return log_file_bytes(&file_of(s)->log);
}

static bool file_has_room(struct spool *s)
{
    return log_file_has_room(&file_of(s)->log);
}

/* ---- what was put aside ---- */

static enum err file_put_aside(struct spool *s, struct str record)
{
    struct file_spool *f = file_of(s);
    struct spool_aside id;
    buf_reset(&f->frame);
    enum err e = spool_frame_add(f->vault, record, &f->frame);
    return e == ERR_OK ? aside_put(f->log.dir_fd, loop_wall(f->loop), buf_str(&f->frame), &id) : e;
}

static enum err file_aside_begin(struct spool *s, uint32_t *ret_n)
{
    struct file_spool *f = file_of(s);
    aside_list_free(&f->aside);
    f->aside_at = 0;
    enum err e = aside_scan(f->log.dir_fd, ASIDE_FOLDER, &f->aside);
    *ret_n = f->aside.n;
    return e == ERR_OK && f->aside.n > 0 && !log_file_claim(&f->log) ? ERR_CONFLICT : e;
}

static enum err file_aside_next(struct spool *s, const struct spool_aside *after,
                                struct spool_aside *ret, struct buf *record)
{
    struct file_spool *f = file_of(s);
    enum err e = ERR_NOT_FOUND; /* also of one that an operator has moved since */
    for (; f->aside_at < f->aside.n && e == ERR_NOT_FOUND; f->aside_at++) {
        *ret = f->aside.ids[f->aside_at];
        if (spool_aside_cmp(ret, after) > 0)
            e = aside_read(f->log.dir_fd, ASIDE_FOLDER, ret, f->vault, record);
    }
    if (e != ERR_NOT_FOUND)
        f->aside_at--; /* until `after` says that it was taken */
    return e;
}

static enum err file_aside_end(struct spool *s, const struct spool_aside *id, bool is_refused)
{
    struct file_spool *f = file_of(s);
    return is_refused ? aside_move(f->log.dir_fd, ASIDE_FOLDER, ASIDE_REFUSED, id, *id)
                      : aside_remove(f->log.dir_fd, id);
}

/* ---- life ---- */

static void file_free(struct spool *s)
{
    struct file_spool *f = file_of(s);
    if (f->sync_timer != NULL)
        on_sync(f);
    timer_free(f->loop, f->sync_timer);
    log_file_close(&f->log);
    aside_list_free(&f->aside);
    buf_fini(&f->frame);
    free(f);
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
    f->waiting_end = &f->waiting;
    buf_init(&f->frame, SPOOL_FRAME_MAX_BYTES);
    enum err e = log_file_open(&f->log, dir, quota_bytes);
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
