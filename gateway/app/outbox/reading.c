/* Entries of the outbox stream become jobs. */
#include <string.h>

#include "app/outbox/machine.h"
#include "base/log.h"

#define READ_MAX 256u
#define READ_BLOCK_MS 1000
#define READ_GATHER_MS 10 /* between reads while messages come: see store_read */

static void on_refused(void *ctx, enum err e)
{
    (void)ctx;
    if (e != ERR_OK)
        LOG_WARN("outbox", "broken entry not removed", "err=%s", err_name(e));
}

/* An entry that nothing can be done with is settled at once, so that it does not come back. */
static void refuse_entry(struct outbox *o, const struct store_entry *entry, const char *why)
{
    LOG_ERROR("outbox", "entry cannot be sent", "entry=%03u-%.*s why=\"%s\"", entry->bucket,
              STR_ARG(entry->id), why);
    metrics_add(o->ports.metrics, METRIC_sends_failed_total, 1);
    struct store_entry refused = *entry;
    refused.fence = outbox_fence(o, entry->bucket);
    store_settle(o->ports.store, &refused, 1, STR_NONE, on_refused, o);
}

static void on_entries(void *ctx, enum err e, const struct store_entry *entries, uint32_t n)
{
    struct outbox *o = ctx;
    o->is_reading = false;
    if (e != ERR_OK) {
        o->is_recovering = true; /* the answer that was lost may have held entries */
        timer_start(o->ports.loop, o->read_timer, OUTBOX_RETRY_STORE_MS);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t range = store_lease_range(entries[i].bucket);
        if (o->is_draining || o->fences[range] != o->read_fences[range])
            continue; /* it stays unfinished, for who has its bucket next */
        e = outbox_job_take(o, &entries[i]);
        if (e != ERR_OK && e != ERR_CONFLICT) /* after an error of a read all come again */
            refuse_entry(o, &entries[i], err_name(e));
    }
    o->is_recovering = memcmp(o->fences, o->read_fences, sizeof(o->fences)) != 0;
    if (n > 0 && n < READ_MAX)
        timer_start(o->ports.loop, o->read_timer, READ_GATHER_MS);
    else
        outbox_read_more(o);
    outbox_look(o); /* draining may have waited for this */
}

void outbox_read_more(struct outbox *o)
{
    if (o->is_reading || o->is_draining || o->n_jobs >= OUTBOX_MAX_JOBS || o->n_ranges == 0)
        return;
    o->is_reading = true;
    memcpy(o->read_fences, o->fences, sizeof(o->fences));
    /* One read takes all that an earlier life left: what it had in hand, and what the store had
     * taken for it, once for the last answer and once for one that was lost. */
    uint32_t all = OUTBOX_MAX_JOBS + 2 * STORE_MAX_AHEAD(READ_MAX);
    struct store_reader reader = {.consumer = str_from(o->consumer),
                                  .first = o->first,
                                  .last = o->last,
                                  .fences = o->is_leased ? o->read_fences : NULL,
                                  .is_recovering = o->is_recovering,
                                  .max = o->is_recovering ? all : READ_MAX,
                                  .block_ms = o->is_recovering ? 0 : READ_BLOCK_MS};
    store_read(o->ports.store, &reader, on_entries, o);
}

static void on_read_timer(void *ctx)
{
    outbox_read_more(ctx);
}

struct timer *outbox_read_timer_new(struct outbox *o)
{
    return timer_new(o->ports.loop, on_read_timer, o);
}
