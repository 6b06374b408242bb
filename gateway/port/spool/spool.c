#include "port/spool/spool.h"

void spool_append(struct spool *s, struct str record, spool_on_done *fn, void *ctx)
{
    s->ops->append(s, record, fn, ctx);
}

enum err spool_peek(struct spool *s, struct buf *record)
{
    return s->ops->peek(s, record);
}

enum err spool_peek_next(struct spool *s, struct buf *record)
{
    return s->ops->peek_next(s, record);
}

enum err spool_drop(struct spool *s, uint32_t n)
{
    return s->ops->drop(s, n);
}

bool spool_is_empty(struct spool *s)
{
    return s->ops->is_empty(s);
}

uint64_t spool_bytes(struct spool *s)
{
    return s->ops->bytes(s);
}

void spool_free(struct spool *s)
{
    if (s != NULL)
        s->ops->free(s);
}
