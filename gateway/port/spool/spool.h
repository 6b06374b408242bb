/*
 * spool.h: where an SMS goes when the store is away: records appended to a fsynced, encrypted log,
 * read back in order. file.c uses files; lab/mem/spool_mem.c memory.
 *
 * One spool folder belongs to one host; all fronts append to it (file lock), one of them replays.
 * spool_append answers after fdatasync, from the loop; appends of one turn share the sync. A frame
 * that does not check is moved aside to `quarantine/` and logged, the rest is read on. After a
 * crash a torn last frame is cut off: it was never acknowledged.
 */
#pragma once

#include "base/buf.h"
#include "port/loop.h"
#include "port/vault/vault.h"

#define SPOOL_MAX_RECORD_BYTES 8192u
#define SPOOL_MAX_SHOWN 64u

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
 * another process replays, and does until it ends. ERR_IO: the log or the quarantine fails. */
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

/* Forgets the n oldest of the records shown since spool_peek, all at once; durable before the next
 * spool_peek, which has to come next whatever this returns. ERR_NOT_FOUND: fewer are shown. */
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
