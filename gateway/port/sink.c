#include "port/sink.h"

#include <assert.h>

void sink_ingest(struct sink *s, struct str json_array, sink_on_done *fn, void *ctx)
{
    assert(json_array.len > 0);
    s->ops->ingest(s, json_array, fn, ctx);
}

void sink_dead_letter(struct sink *s, struct str payload, struct str reason, sink_on_done *fn,
                      void *ctx)
{
    s->ops->dead_letter(s, payload, reason, fn, ctx);
}

void sink_vault_get(struct sink *s, const uint8_t number_id[16], sink_on_vault *fn, void *ctx)
{
    s->ops->vault_get(s, number_id, fn, ctx);
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
