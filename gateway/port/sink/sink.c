#include "port/sink/sink.h"

#include <assert.h>

void sink_places(struct sink *s, uint64_t epoch, sink_on_places *fn, void *ctx)
{
    s->ops->places(s, epoch, fn, ctx);
}

void sink_ingest(struct sink *s, const struct sink_batch *batch, sink_on_done *fn, void *ctx)
{
    s->ops->ingest(s, batch, fn, ctx);
}

void sink_dead_letter(struct sink *s, const struct sink_batch *batch, struct str reason,
                      sink_on_done *fn, void *ctx)
{
    s->ops->dead_letter(s, batch, reason, fn, ctx);
}

void sink_vault_get(struct sink *s, const uint8_t number_id[16], sink_on_vault *fn, void *ctx)
{
    s->ops->vault_get(s, number_id, fn, ctx);
}

void sink_tidy(struct sink *s, sink_on_due *fn, void *ctx)
{
    s->ops->tidy(s, fn, ctx);
}

void sink_forget(struct sink *s, const uint8_t number_id[16], sink_on_done *fn, void *ctx)
{
    s->ops->forget(s, number_id, fn, ctx);
}

void sink_cohorts(struct sink *s, sink_on_text *fn, void *ctx)
{
    s->ops->cohorts(s, fn, ctx);
}

void sink_reports(struct sink *s, sink_on_text *fn, void *ctx)
{
    s->ops->reports(s, fn, ctx);
}

bool sink_is_up(struct sink *s)
{
    return s->ops->is_up(s);
}

void sink_free(struct sink *s)
{
    if (s != NULL)
        s->ops->free(s);
}
