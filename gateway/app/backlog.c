#include "app/backlog.h"

void backlog_stored(struct backlog *b, uint8_t bucket)
{
    b->buckets[bucket].n_stored++;
}

void backlog_unsure(struct backlog *b, uint8_t bucket)
{
    b->buckets[bucket].is_known = false;
}

/* Of those behind the first that is kept, evenly spread up to the last. */
static uint64_t estimate(const struct store_log_size *size, struct event_place stored)
{
    uint64_t all_ms = size->last.ms - size->first.ms, behind_ms = size->last.ms - stored.ms;
    double share = all_ms > 0 ? (double)behind_ms / (double)all_ms : 1;
    uint64_t n = (uint64_t)(share * (double)(size->n_kept - 1) + 0.5);
    return n > 0 ? n : 1;
}

uint64_t backlog_waiting(struct backlog *b, uint8_t bucket, const struct store_log_size *size,
                         struct event_place stored)
{
    bool is_none = size->n_kept == 0 || event_place_cmp(size->last, stored) <= 0;
    bool is_all = !is_none && event_place_cmp(size->first, stored) > 0;
    uint64_t n_before = b->buckets[bucket].n_before + b->buckets[bucket].n_stored;
    if (is_none || is_all) {
        uint64_t n = is_all ? size->n_kept : 0;
        b->buckets[bucket].is_known = true;
        b->buckets[bucket].n_before = size->n_added - n;
        b->buckets[bucket].n_stored = 0;
        return n;
    }
    /* Entries that were taken out one by one begin another count. */
    if (!b->buckets[bucket].is_known || size->n_added < n_before)
        return estimate(size, stored);
    uint64_t n = size->n_added - n_before;
    return n < size->n_kept ? n : size->n_kept;
}
