/* The calls of store.h and its sisters, each handed to the implementation (ops.h). */
#include "port/store/ops.h"

#include <assert.h>

void store_load(struct store *s, const struct number_id *id, store_on_load *fn, void *ctx)
{
    s->ops->load(s, id, fn, ctx);
}

void store_commit(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                  void *ctx)
{
    assert(commit->n_outbox <= STORE_MAX_OUTBOX + STORE_MAX_ALERTS);
    assert(commit->state.p == NULL || commit->state.len >= STORE_SEQ_BYTES);
    assert(commit->reply.len == 0 || commit->reply_ttl_ms > 0);
    assert(commit->caps == NULL || commit->caps->n <= STORE_MAX_CAPS);
    s->ops->commit(s, commit, fn, ctx);
}

void store_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
                void *ctx)
{
    assert(n > 0 && n <= STORE_MAX_CAPS);
    s->ops->take(s, caps, n, fn, ctx);
}

void store_append(struct store *s, uint8_t bucket, struct str event, store_on_done *fn, void *ctx)
{
    assert(event.len > 0);
    s->ops->append(s, bucket, event, fn, ctx);
}

void store_log_read(struct store *s, const struct store_reader *reader, store_on_entries *fn,
                    void *ctx)
{
    assert(reader->max_each > 0);
    s->ops->log_read(s, reader, fn, ctx);
}

void store_patch(struct store *s, const struct number_id *id, const struct store_patch *patch,
                 store_on_done *fn, void *ctx)
{
    assert(patch->before.len == patch->after.len);
    s->ops->patch(s, id, patch, fn, ctx);
}

void store_log_trim(struct store *s, const struct store_log_trim *trims, uint32_t n,
                    store_on_done *fn, void *ctx)
{
    s->ops->log_trim(s, trims, n, fn, ctx);
}

void store_log_delete(struct store *s, uint8_t bucket, const struct event_place *places, uint32_t n,
                      store_on_done *fn, void *ctx)
{
    assert(n > 0 && n <= STORE_MAX_DELETE);
    s->ops->log_delete(s, bucket, places, n, fn, ctx);
}

void store_compact(struct store *s, store_on_done *fn, void *ctx)
{
    s->ops->compact(s, fn, ctx);
}

void store_states(struct store *s, const struct number_id *ids, uint32_t n, store_on_states *fn,
                  void *ctx)
{
    assert(n <= STORE_MAX_STATES);
    s->ops->states(s, ids, n, fn, ctx);
}

void store_read(struct store *s, const struct store_reader *reader, store_on_entries *fn, void *ctx)
{
    assert(reader->max_each > 0);
    s->ops->read(s, reader, fn, ctx);
}

void store_settle(struct store *s, const struct store_entry *entry,
                  const struct store_settled *what, store_on_done *fn, void *ctx)
{
    assert(what->patch.before.len == what->patch.after.len);
    s->ops->settle(s, entry, what, fn, ctx);
}

void store_mark_sending(struct store *s, const struct store_entry *entry,
                        const struct number_id *id, store_on_value *fn, void *ctx)
{
    s->ops->mark_sending(s, entry, id, fn, ctx);
}

void store_clear_sending(struct store *s, const struct store_entry *entry, store_on_done *fn,
                         void *ctx)
{
    s->ops->clear_sending(s, entry, fn, ctx);
}

void store_due(struct store *s, const struct store_due_by *by, store_on_due *fn, void *ctx)
{
    assert(by->first <= by->last && by->max > 0);
    s->ops->due(s, by, fn, ctx);
}

void store_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                       store_on_done *fn, void *ctx)
{
    assert(ttl_ms > 0);
    s->ops->session_put(s, key, value, ttl_ms, fn, ctx);
}

void store_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx)
{
    s->ops->session_get(s, key, fn, ctx);
}

void store_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
                store_on_value *fn, void *ctx)
{
    s->ops->meet(s, name, value, ttl_ms, fn, ctx);
}

void store_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                      store_on_done *fn, void *ctx)
{
    s->ops->course_put(s, name, bundle, is_current, fn, ctx);
}

void store_courses_get(struct store *s, store_on_courses *fn, void *ctx)
{
    s->ops->courses_get(s, fn, ctx);
}

void store_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx)
{
    assert(part->n >= 1 && part->n <= part->of && part->wait_ms > 0);
    s->ops->part_put(s, part, fn, ctx);
}

void store_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn,
                     void *ctx)
{
    s->ops->part_done(s, key, must_forget, fn, ctx);
}

void store_part_later(struct store *s, struct str key, int64_t wait_ms, int64_t keep_ms,
                      store_on_done *fn, void *ctx)
{
    s->ops->part_later(s, key, wait_ms, keep_ms, fn, ctx);
}

void store_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx)
{
    s->ops->parts_overdue(s, fn, ctx);
}

void store_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                     store_on_done *fn, void *ctx)
{
    s->ops->board_put(s, board, name, value, fn, ctx);
}

void store_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx)
{
    s->ops->board_get(s, board, fn, ctx);
}

void store_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                           store_on_done *fn, void *ctx)
{
    assert(line.len > 0);
    s->ops->certificate_put(s, code, line, until_ms, fn, ctx);
}

void store_certificate_new(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                           store_on_done *fn, void *ctx)
{
    assert(line.len > 0);
    s->ops->certificate_new(s, code, line, until_ms, fn, ctx);
}

void store_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx)
{
    s->ops->certificate_get(s, code, fn, ctx);
}

void store_restore(struct store *s, const struct number_id *id, struct str state, int64_t due_at_ms,
                   store_on_done *fn, void *ctx)
{
    assert(state.len >= STORE_SEQ_BYTES);
    s->ops->restore(s, id, state, due_at_ms, fn, ctx);
}

void store_wake(struct store *s, const struct number_id *id, int64_t due_at_ms, store_on_done *fn,
                void *ctx)
{
    assert(due_at_ms > 0);
    s->ops->wake(s, id, due_at_ms, fn, ctx);
}

void store_put_off(struct store *s, const struct number_id *id, int64_t due_at_ms,
                   store_on_done *fn, void *ctx)
{
    assert(due_at_ms > 0);
    s->ops->put_off(s, id, due_at_ms, fn, ctx);
}

void store_outbox_look(struct store *s, const uint64_t fences[STORE_LEASE_RANGES],
                       store_on_outbox *fn, void *ctx)
{
    s->ops->outbox_look(s, fences, fn, ctx);
}

void store_scan(struct store *s, struct str cursor, store_on_scan *fn, void *ctx)
{
    s->ops->scan(s, cursor, fn, ctx);
}

void store_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn,
                      void *ctx)
{
    assert(lease->ttl_ms > 0);
    s->ops->lease_keep(s, lease, fn, ctx);
}

void store_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                      bool is_leaving, store_on_lease_given *fn, void *ctx)
{
    s->ops->lease_give(s, lease, ranges, is_leaving, fn, ctx);
}

void store_fence(struct store *s, store_on_fence *fn, void *ctx)
{
    s->ops->fence(s, fn, ctx);
}

void store_fence_open(struct store *s, uint64_t epoch, store_on_done *fn, void *ctx)
{
    s->ops->fence_open(s, epoch, fn, ctx);
}

void store_log_end(struct store *s, uint8_t bucket, store_on_value *fn, void *ctx)
{
    s->ops->log_end(s, bucket, fn, ctx);
}

void store_log_sizes(struct store *s, const bool ranges[STORE_LEASE_RANGES], store_on_log_sizes *fn,
                     void *ctx)
{
    s->ops->log_sizes(s, ranges, fn, ctx);
}

void store_memory(struct store *s, store_on_memory *fn, void *ctx)
{
    s->ops->memory(s, fn, ctx);
}

void store_facts(struct store *s, enum store_facts what, store_on_value *fn, void *ctx)
{
    s->ops->facts(s, what, fn, ctx);
}

void store_may(struct store *s, struct str user, struct str command, store_on_value *fn, void *ctx)
{
    s->ops->may(s, user, command, fn, ctx);
}

struct str store_fact(struct str facts, struct str name)
{
    for (struct str rest = facts; rest.p != NULL;) {
        struct str line = str_trim(str_split(&rest, '\n'));
        if (str_starts(line, name) && line.len > name.len && line.p[name.len] == ':')
            return str_sub(line, name.len + 1, line.len);
    }
    return STR_NONE;
}

void store_probe(struct store *s, store_on_probe *fn, void *ctx)
{
    s->ops->probe(s, fn, ctx);
}

bool store_is_up(struct store *s)
{
    return s->ops->is_up(s);
}

uint32_t store_n_away(struct store *s)
{
    return s->ops->n_away != NULL ? s->ops->n_away(s) : 0;
}

const char *store_why(struct store *s)
{
    return s->ops->why != NULL ? s->ops->why(s) : "";
}

void store_free(struct store *s)
{
    if (s != NULL)
        s->ops->free(s);
}

uint32_t store_seq(struct str state)
{
    if (state.len < STORE_SEQ_BYTES)
        return 0;
    const uint8_t *p = (const uint8_t *)state.p;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool store_session_fits(struct str key, struct str value)
{
    return key.len <= STORE_SESSION_KEY_BYTES && value.len <= STORE_SESSION_BYTES;
}

bool store_part_fits(const struct store_part *part)
{
    return part->of <= STORE_MAX_PARTS && part->value.len <= STORE_PART_BYTES &&
           part->key.len <= STORE_SESSION_KEY_BYTES;
}
