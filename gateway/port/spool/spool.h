/*
 * spool.h: where an SMS goes when the store is away: records appended to a fsynced, encrypted log,
 * read back in order. file.c uses files; lab/mem/spool_mem.c memory.
 *
 * One spool folder belongs to one host; all fronts append to it (file lock), one of them replays.
 * spool_append answers after fdatasync, from the loop; appends of one turn share the sync. Bytes
 * that are no frame are moved to `quarantine/` and logged, the rest is read on. After a crash a
 * torn last frame is cut off: it was never acknowledged. A record that cannot be handled now, or
 * whose key is not here, is put aside, so that it holds nobody back, and is tried again
 * (app/replay.h).
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "port/loop.h"
#include "port/vault/vault.h"

#define SPOOL_MAX_RECORD_BYTES 8192u
#define SPOOL_MAX_SHOWN 512u

/* A record that was put aside: when, and the how manieth of that millisecond. */
struct spool_aside {
    struct wall_ms since;
    uint32_t n;
};

struct spool;
typedef void spool_on_done(void *ctx, enum err e);

struct spool_ops {
    void (*append)(struct spool *, struct str record, spool_on_done *, void *ctx);
    enum err (*peek)(struct spool *, struct buf *record);
    enum err (*peek_next)(struct spool *, struct buf *record);
    enum err (*drop)(struct spool *, uint32_t n);
    bool (*is_empty)(struct spool *);
    uint64_t (*bytes)(struct spool *);
    bool (*has_room)(struct spool *);
    enum err (*put_aside)(struct spool *, struct str record);
    enum err (*aside_begin)(struct spool *, uint32_t *ret_n);
    enum err (*aside_next)(struct spool *, const struct spool_aside *after, struct spool_aside *ret,
                           struct buf *record);
    enum err (*aside_end)(struct spool *, const struct spool_aside *, bool is_refused);
    void (*free)(struct spool *);
};

struct spool {
    const struct spool_ops *ops;
};

/* ERR_FULL: over the quota, or no room on the disk; ERR_IO: not durable; ERR_TOO_LONG: over
 * SPOOL_MAX_RECORD_BYTES. After any of them the caller must not say 2xx (the record may turn up all
 * the same). */
static inline void spool_append(struct spool *s, struct str record, spool_on_done *fn, void *ctx)
{
    s->ops->append(s, record, fn, ctx);
}

/* The oldest record, decrypted, in place of what the buf held. ERR_NOT_FOUND: empty. ERR_CONFLICT:
 * another process replays, and does until it ends. ERR_IO: the log, or where damage is kept, fails.
 */
MUST_CHECK static inline enum err spool_peek(struct spool *s, struct buf *record)
{
    return s->ops->peek(s, record);
}

/* The record behind the one shown last. ERR_NOT_FOUND: there is none yet, or it is damaged and has
 * to wait for its turn at spool_peek, or SPOOL_MAX_SHOWN are shown. */
MUST_CHECK static inline enum err spool_peek_next(struct spool *s, struct buf *record)
{
    return s->ops->peek_next(s, record);
}

/* Forgets the n oldest of the records shown since spool_peek, all at once; durable when it returns.
 * The others stay shown; when there are none, and after any error, spool_peek has to come next.
 * ERR_NOT_FOUND: fewer are shown. */
MUST_CHECK static inline enum err spool_drop(struct spool *s, uint32_t n)
{
    return s->ops->drop(s, n);
}

/* True when no record of any process on this host waits: cheap, asked for every SMS, since newer
 * messages must queue behind. */
static inline bool spool_is_empty(struct spool *s)
{
    return s->ops->is_empty(s);
}

static inline uint64_t spool_bytes(struct spool *s)
{
    return s->ops->bytes(s);
}

/* Would one more record fit: within the quota, and on the disk? A disk that can only be read has no
 * room. Cheap. */
static inline bool spool_has_room(struct spool *s)
{
    return s->ops->has_room(s);
}

/* ---- what was put aside: only for the process that replays ---- */

/* Below 0: a was put aside before b. */
static inline int spool_aside_cmp(const struct spool_aside *a, const struct spool_aside *b)
{
    if (a->since.ms != b->since.ms)
        return a->since.ms < b->since.ms ? -1 : 1;
    return a->n < b->n ? -1 : a->n > b->n;
}

/* On disk when it returns, outside of the log. */
MUST_CHECK static inline enum err spool_put_aside(struct spool *s, struct str record)
{
    return s->ops->put_aside(s, record);
}

/* How many lie aside now; aside_next goes through these. ERR_CONFLICT: another process replays. */
MUST_CHECK static inline enum err spool_aside_begin(struct spool *s, uint32_t *ret_n)
{
    return s->ops->aside_begin(s, ret_n);
}

/* The oldest that was put aside later than `after`, in place of what the buf held. ERR_NOT_FOUND:
 * there is none. ERR_INVALID: *ret is one that cannot be opened (now). */
MUST_CHECK static inline enum err spool_aside_next(struct spool *s, const struct spool_aside *after,
                                                   struct spool_aside *ret, struct buf *record)
{
    return s->ops->aside_next(s, after, ret, record);
}

/* It was handled, or it is refused: then it is kept in another folder, and not tried any more.
 * ERR_NOT_FOUND: somebody has done that. */
MUST_CHECK static inline enum err spool_aside_end(struct spool *s, const struct spool_aside *id,
                                                  bool is_refused)
{
    return s->ops->aside_end(s, id, is_refused);
}

static inline void spool_free(struct spool *s)
{
    if (s != NULL)
        s->ops->free(s);
}

/* Makes dir (0700) and writes there: a spool that cannot is an error at start. Not shared over a
 * fork: each process opens its own. quota_bytes bounds what waits, frames included. A file of the
 * quarantine may be given back: with the gateway stopped, append it to spool.log. */
enum err spool_file_new(struct loop *loop, const struct vault *vault, const char *dir,
                        uint64_t quota_bytes, struct spool **ret, struct errmsg *msg) MUST_CHECK;
struct spool *spool_mem_new(struct loop *loop);
void spool_mem_fail(struct spool *s, const char *verb, enum err e, uint32_t n);
