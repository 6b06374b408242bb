/*
 * store_mem.c: everything in this process, for transcripts and unit tests. A call takes effect at
 * once, its response is copied and handed out in the next turn of the loop.
 */
#include "lab/mem/store_mem_ops.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define VALUE_MAX_BYTES (16u << 20) /* a course bundle is the largest value */

void mem_value_init(struct buf *value, struct str bytes)
{
    buf_init(value, VALUE_MAX_BYTES);
    buf_add_str(value, bytes);
    assert(buf_error(value) == ERR_OK);
}

void mem_value_set(struct buf *value, struct str bytes)
{
    buf_reset(value);
    buf_add_str(value, bytes);
    assert(buf_error(value) == ERR_OK);
}

static void deliver_load(struct mem_response *a)
{
    a->fn.load(a->ctx, a->e, a->e == ERR_OK ? &a->record : NULL);
}

static void deliver_commit(struct mem_response *a)
{
    bool has_record = a->e == ERR_CONFLICT || (a->e == ERR_OK && a->record.refused_by != NULL);
    a->fn.commit(a->ctx, a->e, has_record ? &a->record : NULL);
}

static void deliver_due(struct mem_response *a)
{
    a->fn.due(a->ctx, a->e, a->ids, a->e == ERR_OK ? a->n : 0);
}

/* ---- learners ---- */

static struct mem_record *record_find(struct mem_store *m, const struct number_id *id)
{
    struct mem_record *record;
    HASH_FIND(hh, m->records, id, sizeof(*id), record);
    return record;
}

static struct mem_record *record_need(struct mem_store *m, const struct number_id *id)
{
    struct mem_record *record = record_find(m, id);
    if (record != NULL)
        return record;
    record = xcalloc(1, sizeof(*record));
    record->id = *id;
    mem_value_init(&record->state, STR_NONE);
    mem_value_init(&record->reply, STR_NONE);
    mem_value_init(&record->seen, STR_NONE);
    HASH_ADD(hh, m->records, id, sizeof(record->id), record);
    return record;
}

static void record_copy(struct mem_store *m, const struct number_id *id, struct mem_response *a)
{
    struct mem_record *record = record_find(m, id);
    a->record = (struct store_record){.state = STR_NONE, .reply = STR_NONE};
    if (record == NULL)
        return;
    if (record->state.len > 0)
        a->record.state = arena_str(a->arena, buf_str(&record->state));
    if (record->reply.len > 0 && loop_mono(m->loop).ms < record->reply_until_ms)
        a->record.reply = arena_str(a->arena, buf_str(&record->reply));
    if (record->seen.len > 0 && loop_mono(m->loop).ms < record->seen_until_ms)
        a->record.seen = arena_str(a->arena, buf_str(&record->seen));
}

struct str mem_state(struct mem_store *m, const struct number_id *id, struct arena *arena)
{
    struct mem_record *record = record_find(m, id);
    return record != NULL && record->state.len > 0 ? arena_str(arena, buf_str(&record->state))
                                                   : STR_NONE;
}

static void mem_load(struct store *s, const struct number_id *id, store_on_load *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "load", deliver_load, ctx);
    a->fn.load = fn;
    record_copy(mem(s), id, a);
    mem_response_post(mem(s), a);
}

static void commit_apply(struct mem_store *m, const struct store_commit *commit,
                         const char **ret_refused_by)
{
    struct mem_record *record = record_need(m, &commit->id);
    const char *refused_by = commit->caps != NULL ? mem_caps_check(m, record, commit->caps) : NULL;
    *ret_refused_by = refused_by;
    if (commit->state.p == NULL) {
        buf_reset(&record->reply);
        buf_reset(&record->seen);
    }
    if (commit->is_seen_whole) {
        buf_reset(&record->seen);
        record->seen_until_ms = loop_mono(m->loop).ms + STORE_SEEN_TTL_MS;
    }
    if (commit->seen.len > 0)
        buf_add_str(&record->seen, commit->seen);
    mem_value_set(&record->state, commit->state);
    if (commit->reply.len > 0 && refused_by == NULL) {
        mem_value_set(&record->reply, commit->reply);
        record->reply_until_ms = loop_mono(m->loop).ms + commit->reply_ttl_ms;
    }
    if (commit->state.p == NULL)
        record->due_at_ms = 0;
    else if (commit->due_at_ms >= 0)
        record->due_at_ms = commit->due_at_ms;
    if (commit->event.len > 0)
        mem_stream_add(m, STORE_STREAM_EVENTS, commit->id.bytes[0], commit->event);
    for (uint32_t i = 0; i < commit->n_outbox && refused_by == NULL; i++)
        mem_stream_add(m, STORE_STREAM_OUTBOX, commit->id.bytes[0], commit->outbox[i]);
    if (commit->caps != NULL)
        mem_caps_tell(m, commit, refused_by);
}

static void mem_commit(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                       void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "commit", deliver_commit, ctx);
    a->fn.commit = fn;
    struct mem_record *record = record_find(m, &commit->id);
    uint32_t seq = record != NULL ? store_seq(buf_str(&record->state)) : 0;
    if (seq != commit->expected_seq || a->forced == ERR_CONFLICT) {
        a->e = ERR_CONFLICT;
        record_copy(m, &commit->id, a);
    } else if (a->has_effect) {
        commit_apply(m, commit, &a->record.refused_by);
    }
    mem_response_post(m, a);
}

static void mem_append(struct store *s, uint8_t bucket, struct str event, store_on_done *fn,
                       void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "append", mem_deliver_done, ctx);
    a->fn.done = fn;
    if (a->has_effect)
        mem_stream_add(mem(s), STORE_STREAM_EVENTS, bucket, event);
    mem_response_post(mem(s), a);
}

static void mem_restore(struct store *s, const struct number_id *id, struct str state,
                        int64_t due_at_ms, store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "restore", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_record *record = record_find(m, id);
    bool is_newer = record == NULL || store_seq(state) > store_seq(buf_str(&record->state));
    if (a->has_effect && is_newer) {
        record = record_need(m, id);
        mem_value_set(&record->state, state);
        if (due_at_ms >= 0)
            record->due_at_ms = due_at_ms;
    }
    mem_response_post(m, a);
}

static void mem_wake(struct store *s, const struct number_id *id, int64_t due_at_ms,
                     store_on_done *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "wake", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_record *record = record_find(mem(s), id);
    bool is_later = record != NULL && record->state.len > 0 &&
                    (record->due_at_ms == 0 || record->due_at_ms > due_at_ms);
    if (a->has_effect && is_later)
        record->due_at_ms = due_at_ms;
    mem_response_post(mem(s), a);
}

static void mem_put_off(struct store *s, const struct number_id *id, int64_t due_at_ms,
                        store_on_done *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "put_off", mem_deliver_done, ctx);
    a->fn.done = fn;
    struct mem_record *record = record_find(mem(s), id);
    if (a->has_effect && record != NULL && record->due_at_ms != 0 && record->due_at_ms < due_at_ms)
        record->due_at_ms = due_at_ms;
    mem_response_post(mem(s), a);
}

static void deliver_states(struct mem_response *a)
{
    a->fn.states(a->ctx, a->e, a->names, a->e == ERR_OK ? a->n : 0);
}

static void mem_states(struct store *s, const struct number_id *ids, uint32_t n,
                       store_on_states *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "states", deliver_states, ctx);
    a->fn.states = fn;
    a->n = n;
    a->names = arena_new_array(a->arena, struct str, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct mem_record *record = record_find(mem(s), &ids[i]);
        bool is_there = record != NULL && record->state.len > 0;
        a->names[i] = is_there ? arena_str(a->arena, buf_str(&record->state)) : STR_NONE;
    }
    mem_response_post(mem(s), a);
}

static void deliver_scan(struct mem_response *a)
{
    a->fn.scan(a->ctx, a->e, STR(""), a->learners, a->e == ERR_OK ? a->n : 0);
}

/* All on one page. */
static void mem_scan(struct store *s, struct str cursor, store_on_scan *fn, void *ctx)
{
    (void)cursor;
    struct mem_response *a = mem_response_new(mem(s), "scan", deliver_scan, ctx);
    struct mem_record *record, *next;
    a->fn.scan = fn;
    a->learners = arena_new_array(a->arena, struct store_learner, HASH_COUNT(mem(s)->records) + 1);
    HASH_ITER(hh, mem(s)->records, record, next)
    {
        if (record->state.len > 0)
            a->learners[a->n++] = (struct store_learner){
                record->id, arena_str(a->arena, buf_str(&record->state)), record->due_at_ms};
    }
    mem_response_post(mem(s), a);
}

void mem_state_patch(struct mem_store *m, const struct number_id *id,
                     const struct store_patch *patch)
{
    struct mem_record *record = record_find(m, id);
    size_t end = patch->at + patch->before.len;
    if (record != NULL && record->state.len >= end &&
        memcmp(record->state.p + patch->at, patch->before.p, patch->before.len) == 0)
        memcpy(record->state.p + patch->at, patch->after.p, patch->after.len);
}

static void mem_patch(struct store *s, const struct number_id *id, const struct store_patch *patch,
                      store_on_done *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "patch", mem_deliver_done, ctx);
    a->fn.done = fn;
    if (a->has_effect)
        mem_state_patch(m, id, patch);
    mem_response_post(m, a);
}

static int due_cmp(const void *a, const void *b)
{
    const struct mem_record *const *left = a, *const *right = b;
    if ((*left)->due_at_ms != (*right)->due_at_ms)
        return (*left)->due_at_ms < (*right)->due_at_ms ? -1 : 1;
    return memcmp(&(*left)->id, &(*right)->id, sizeof((*left)->id));
}

static void mem_due(struct store *s, const struct store_due_by *by, store_on_due *fn, void *ctx)
{
    struct mem_store *m = mem(s);
    struct mem_response *a = mem_response_new(m, "due", deliver_due, ctx);
    a->fn.due = fn;
    size_t n = 0;
    const struct mem_record **due = NULL; /* most looks find none: a day has 86,400 */
    for (const struct mem_record *r = m->records; r != NULL; r = r->hh.next) {
        uint8_t bucket = r->id.bytes[0];
        if (bucket < by->first || bucket > by->last || r->due_at_ms <= 0 ||
            r->due_at_ms > by->now_ms)
            continue;
        if (due == NULL)
            due = xcalloc(HASH_COUNT(m->records), sizeof(struct mem_record *));
        due[n++] = r;
    }
    if (due != NULL) {
        uint32_t n_of[STORE_BUCKETS] = {0};
        qsort(due, n, sizeof(struct mem_record *), due_cmp);
        a->ids = arena_new_array(a->arena, struct number_id, n);
        for (size_t i = 0; i < n; i++) {
            if (n_of[due[i]->id.bytes[0]]++ < by->max)
                a->ids[a->n++] = due[i]->id;
        }
    }
    free(due);
    mem_response_post(m, a);
}

/* ---- the rest ---- */

/* A store in memory is never lost. */
static void deliver_fence(struct mem_response *a)
{
    static const struct store_fence open = {.epoch = 1, .is_open = true};
    a->fn.fence(a->ctx, a->e, a->e == ERR_OK ? &open : NULL);
}

static void mem_fence(struct store *s, store_on_fence *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "fence", deliver_fence, ctx);
    a->fn.fence = fn;
    mem_response_post(mem(s), a);
}

static void mem_fence_open(struct store *s, uint64_t epoch, store_on_done *fn, void *ctx)
{
    (void)epoch;
    struct mem_response *a = mem_response_new(mem(s), "fence_open", mem_deliver_done, ctx);
    a->fn.done = fn;
    mem_response_post(mem(s), a);
}

static void mem_log_end(struct store *s, uint8_t bucket, store_on_value *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "log_end", mem_deliver_value, ctx);
    char id[EVENT_PLACE_BYTES];
    event_place_write(mem_stream_end(mem(s), bucket), id);
    a->fn.value = fn;
    a->value = arena_str(a->arena, str_from(id));
    mem_response_post(mem(s), a);
}

static void deliver_memory(struct mem_response *a)
{
    a->fn.memory(a->ctx, a->e, a->n);
}

static void mem_memory(struct store *s, store_on_memory *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "memory", deliver_memory, ctx);
    a->fn.memory = fn;
    a->n = mem(s)->used_memory;
    mem_response_post(mem(s), a);
}

static void mem_facts(struct store *s, enum store_facts what, store_on_value *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "facts", mem_deliver_value, ctx);
    a->fn.value = fn;
    a->value = what == STORE_FACTS_STATE ? STR("role:master\naof_enabled:1\n")
                                         : STR("appendfsync:always\n");
    mem_response_post(mem(s), a);
}

/* It has no users. */
static void mem_may(struct store *s, struct str user, struct str command, store_on_value *fn,
                    void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "may", mem_deliver_value, ctx);
    (void)user, (void)command;
    a->fn.value = fn;
    a->e = a->e != ERR_OK ? a->e : ERR_NOT_FOUND;
    mem_response_post(mem(s), a);
}

void store_mem_set_memory(struct store *s, uint32_t used)
{
    mem(s)->used_memory = used;
}

static void deliver_probe(struct mem_response *a)
{
    a->fn.probe(a->ctx, a->e, a->server, a->n);
}

static void mem_probe(struct store *s, store_on_probe *fn, void *ctx)
{
    struct mem_response *a = mem_response_new(mem(s), "probe", deliver_probe, ctx);
    a->fn.probe = fn;
    a->server = loop_wall(mem(s)->loop);
    a->n = store_mem_n_alive(mem(s), STR("sender"));
    mem_response_post(mem(s), a);
}

static bool mem_is_up(struct store *s)
{
    for (size_t i = 0; i < STORE_MEM_FAULTS; i++) {
        const struct mem_fault *fault = &mem(s)->faults[i];
        if (fault->n > 0 && fault->e == ERR_UNAVAILABLE && strcmp(fault->verb, "*") == 0)
            return false;
    }
    return true;
}

static void mem_free_data(struct mem_store *m)
{
    struct mem_record *record, *next_record;
    HASH_ITER(hh, m->records, record, next_record)
    {
        HASH_DEL(m->records, record);
        buf_fini(&record->state);
        buf_fini(&record->reply);
        buf_fini(&record->seen);
        free(record);
    }
    mem_values_fini(m);
    mem_caps_fini(m);
    mem_leases_fini(m);
}

static void mem_free(struct store *s)
{
    struct mem_store *m = mem(s);
    mem_streams_stop(m);
    for (struct mem_response *a; (a = TAILQ_FIRST(&m->responses)) != NULL;) {
        TAILQ_REMOVE(&m->responses, a, list);
        a->e = ERR_UNAVAILABLE;
        mem_response_give(a);
    }
    timer_free(m->loop, m->timer);
    mem_streams_fini(m);
    mem_free_data(m);
    free(m);
}

static const struct store_ops mem_ops = {
    .load = mem_load,
    .commit = mem_commit,
    .take = mem_take,
    .patch = mem_patch,
    .append = mem_append,
    .log_read = mem_log_read,
    .log_trim = mem_log_trim,
    .log_delete = mem_log_delete,
    .compact = mem_compact,
    .states = mem_states,
    .read = mem_read,
    .settle = mem_settle,
    .mark_sending = mem_mark_sending,
    .clear_sending = mem_clear_sending,
    .due = mem_due,
    .session_put = mem_session_put,
    .session_get = mem_session_get,
    .meet = mem_meet,
    .course_put = mem_course_put,
    .courses_get = mem_courses_get,
    .part_put = mem_part_put,
    .part_done = mem_part_done,
    .part_later = mem_part_later,
    .parts_overdue = mem_parts_overdue,
    .board_put = mem_board_put,
    .board_get = mem_board_get,
    .certificate_put = mem_certificate_put,
    .certificate_new = mem_certificate_new,
    .certificate_get = mem_certificate_get,
    .restore = mem_restore,
    .wake = mem_wake,
    .put_off = mem_put_off,
    .scan = mem_scan,
    .probe = mem_probe,
    .fence = mem_fence,
    .fence_open = mem_fence_open,
    .log_end = mem_log_end,
    .log_sizes = mem_log_sizes,
    .memory = mem_memory,
    .facts = mem_facts,
    .may = mem_may,
    .outbox_look = mem_outbox_look,
    .lease_keep = mem_lease_keep,
    .lease_give = mem_lease_give,
    .is_up = mem_is_up,
    .free = mem_free,
};

struct store *store_mem_new(struct loop *loop)
{
    struct mem_store *m = xcalloc(1, sizeof(*m));
    m->base.ops = &mem_ops;
    m->loop = loop;
    TAILQ_INIT(&m->responses);
    mem_values_init(m);
    m->timer = timer_new(loop, mem_on_responses, m);
    mem_value_init(&m->current, STR_NONE);
    mem_streams_init(m);
    return &m->base;
}
