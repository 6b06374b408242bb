/*
 * sink_mem.c: a PostgreSQL that only remembers. A call takes effect at once, its response comes in
 * the next turn of the loop.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "port/sink/sink.h"
#include "port/vault/vault.h"

#define MEM_MAX_BYTES (256u << 20)
#define MEM_MAX_ENVELOPES (1u << 20)
#define MEM_FAULTS 4

struct response {
    TAILQ_ENTRY(response) list;
    sink_on_done *on_done;
    sink_on_vault *on_vault;
    sink_on_places *on_places;
    sink_on_due *on_due;
    sink_on_text *on_text;
    void *ctx;
    enum err e;
    uint16_t key_id;
    struct str nonce, ciphertext; /* in the mem_sink's arena */
};

struct envelope {
    struct str text;
    uint64_t key; /* equal for equal identities */
};

struct vault_row {
    TAILQ_ENTRY(vault_row) list;
    uint8_t number_id[NUMBER_ID_BYTES];
    uint16_t key_id;
    struct str nonce, ciphertext;
};

struct mem_sink {
    struct sink sink;
    struct loop *loop;
    struct timer *timer;
    struct arena *arena;
    TAILQ_HEAD(responses, response) responses; /* to be given in the next turn */
    struct envelope *envelopes;
    uint32_t n_envelopes, max_envelopes;
    TAILQ_HEAD(, vault_row) vault;
    struct event_place places[SINK_BUCKETS];
    uint64_t epoch; /* of all places */
    uint32_t n_dead;
    struct sink_due due[SINK_MAX_DUE];
    uint32_t n_due;
    struct {
        char verb[16];
        enum err e;
        uint32_t n;
    } faults[MEM_FAULTS];
};

static struct mem_sink *mem(struct sink *s)
{
    return (struct mem_sink *)s;
}

/* ---- responses ---- */

static void on_responses(void *ctx)
{
    struct mem_sink *m = ctx;
    struct responses turn; /* what the callbacks ask for comes in the next turn */
    TAILQ_INIT(&turn);
    TAILQ_CONCAT(&turn, &m->responses, list);
    for (struct response *a; (a = TAILQ_FIRST(&turn)) != NULL;) {
        TAILQ_REMOVE(&turn, a, list);
        if (a->on_done != NULL)
            a->on_done(a->ctx, a->e, err_name(a->e));
        else if (a->on_places != NULL)
            a->on_places(a->ctx, a->e, a->e == ERR_OK ? m->places : NULL);
        else if (a->on_due != NULL)
            a->on_due(a->ctx, a->e, m->due, a->e == ERR_OK ? m->n_due : 0);
        else if (a->on_text != NULL)
            a->on_text(a->ctx, a->e, STR_NONE);
        else
            a->on_vault(a->ctx, a->e, a->key_id, a->nonce, a->ciphertext);
        free(a);
    }
}

static struct response *response_post(struct mem_sink *m, enum err e, void *ctx)
{
    struct response *a = xcalloc(1, sizeof(*a));
    a->e = e;
    a->ctx = ctx;
    TAILQ_INSERT_TAIL(&m->responses, a, list);
    timer_start(m->loop, m->timer, 0);
    return a;
}

/* ERR_OK when nothing was asked to fail. */
static enum err fault_take(struct mem_sink *m, const char *verb)
{
    for (size_t i = 0; i < MEM_FAULTS; i++) {
        if (m->faults[i].n == 0 || strcmp(m->faults[i].verb, verb) != 0)
            continue;
        if (m->faults[i].n != UINT32_MAX)
            m->faults[i].n--;
        return m->faults[i].e;
    }
    return ERR_OK;
}

/* ---- records ---- */

/* Steps are one by learner and seq; several messages with one id are told apart by all they say. */
static uint64_t record_key(const struct event_record *record, struct str json)
{
    if (record->kind != EVENT_RECORD_STEP)
        return str_hash(json);
    struct str learner = {(const char *)record->learner_id, sizeof(record->learner_id)};
    return str_hash(learner) * 31 + record->seq;
}

static struct vault_row *vault_find(struct mem_sink *m, const uint8_t *number_id)
{
    struct vault_row *row;
    TAILQ_FOREACH(row, &m->vault, list)
    {
        if (memcmp(row->number_id, number_id, NUMBER_ID_BYTES) == 0)
            return row;
    }
    return NULL;
}

static bool is_erasing(const struct event_record *record)
{
    for (uint32_t i = 0; i < record->n_events; i++) {
        if (record->events[i].kind == EVENT_erased)
            return true;
    }
    return false;
}

static void vault_take(struct mem_sink *m, const struct event_record *record)
{
    struct vault_row *row = vault_find(m, record->number_id);
    if (row != NULL && is_erasing(record))
        TAILQ_REMOVE(&m->vault, row, list);
    if (record->vault_key_id == 0)
        return;
    if (row == NULL) {
        row = arena_alloc(m->arena, sizeof(*row));
        assert(row != NULL);
        TAILQ_INSERT_HEAD(&m->vault, row, list);
    }
    memcpy(row->number_id, record->number_id, sizeof(row->number_id));
    row->key_id = record->vault_key_id;
    row->nonce = arena_str(m->arena, record->vault_nonce);
    row->ciphertext = arena_str(m->arena, record->vault_ciphertext);
}

static void record_keep(struct mem_sink *m, const struct event_record *record, struct str json)
{
    uint64_t key = record_key(record, json);
    for (uint32_t i = 0; i < m->n_envelopes; i++) {
        if (m->envelopes[i].key == key)
            return;
    }
    if (m->n_envelopes == m->max_envelopes) {
        assert(m->max_envelopes < MEM_MAX_ENVELOPES);
        m->max_envelopes = m->max_envelopes == 0 ? 64 : 2 * m->max_envelopes;
        struct envelope *grown = arena_new_array(m->arena, struct envelope, m->max_envelopes);
        assert(grown != NULL);
        if (m->n_envelopes > 0)
            memcpy(grown, m->envelopes, m->n_envelopes * sizeof(*grown));
        m->envelopes = grown;
    }
    m->envelopes[m->n_envelopes++] = (struct envelope){arena_str(m->arena, json), key};
    if (record->kind == EVENT_RECORD_STEP)
        vault_take(m, record);
}

/* ---- the verbs ---- */

static void mem_places(struct sink *s, uint64_t epoch, sink_on_places *fn, void *ctx)
{
    struct mem_sink *m = mem(s);
    if (epoch != m->epoch)
        memset(m->places, 0, sizeof(m->places));
    m->epoch = epoch;
    response_post(m, fault_take(m, "places"), ctx)->on_places = fn;
}

/* ERR_CONFLICT: it starts elsewhere. */
static enum err batch_check(struct mem_sink *m, const struct sink_batch *batch)
{
    struct event_record record;
    for (uint32_t i = 0; i < batch->n_moves; i++) {
        const struct sink_move *move = &batch->moves[i];
        if (batch->epoch != m->epoch || event_place_cmp(move->from, m->places[move->bucket]) != 0)
            return ERR_CONFLICT;
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        if (event_decode(batch->records[i].bytes, &record) != ERR_OK)
            return ERR_INVALID;
    }
    return ERR_OK;
}

static void batch_move(struct mem_sink *m, const struct sink_batch *batch)
{
    for (uint32_t i = 0; i < batch->n_moves; i++)
        m->places[batch->moves[i].bucket] = batch->moves[i].to;
}

static void mem_ingest(struct sink *s, const struct sink_batch *batch, sink_on_done *fn, void *ctx)
{
    struct mem_sink *m = mem(s);
    struct buf json CLEANUP(buf_fini);
    buf_init(&json, MEM_MAX_BYTES);
    enum err e = fault_take(m, "ingest");
    if (e == ERR_OK)
        e = batch_check(m, batch);
    for (uint32_t i = 0; e == ERR_OK && i < batch->n; i++) {
        struct event_record record;
        e = event_decode(batch->records[i].bytes, &record);
        buf_reset(&json);
        event_record_json(&record, batch->records[i].state, &json);
        record_keep(m, &record, buf_str(&json));
    }
    if (e == ERR_OK)
        batch_move(m, batch);
    response_post(m, e, ctx)->on_done = fn;
}

static void mem_dead_letter(struct sink *s, const struct sink_batch *batch, struct str reason,
                            sink_on_done *fn, void *ctx)
{
    (void)reason; /* only counted here */
    struct mem_sink *m = mem(s);
    enum err e = fault_take(m, "dead_letter");
    if (e == ERR_OK) {
        m->n_dead++;
        batch_move(m, batch);
    }
    response_post(m, e, ctx)->on_done = fn;
}

static void mem_vault_get(struct sink *s, const uint8_t number_id[16], sink_on_vault *fn, void *ctx)
{
    struct mem_sink *m = mem(s);
    enum err e = fault_take(m, "vault_get");
    const struct vault_row *row = vault_find(m, number_id);
    struct response *a = response_post(m, e == ERR_OK && row == NULL ? ERR_NOT_FOUND : e, ctx);
    a->on_vault = fn;
    if (a->e != ERR_OK)
        return;
    assert(row != NULL); /* a missing one is ERR_NOT_FOUND */
    a->key_id = row->key_id;
    a->nonce = row->nonce;
    a->ciphertext = row->ciphertext;
}

static void mem_tidy(struct sink *s, sink_on_due *fn, void *ctx)
{
    struct mem_sink *m = mem(s);
    response_post(m, fault_take(m, "tidy"), ctx)->on_due = fn;
}

/* Transcripts say themselves how a group is. */
static void mem_cohorts(struct sink *s, sink_on_text *fn, void *ctx)
{
    response_post(mem(s), fault_take(mem(s), "cohorts"), ctx)->on_text = fn;
}

static void mem_reports(struct sink *s, sink_on_text *fn, void *ctx)
{
    response_post(mem(s), fault_take(mem(s), "reports"), ctx)->on_text = fn;
}

static void due_remove(struct mem_sink *m, const uint8_t *number_id)
{
    for (uint32_t i = 0; i < m->n_due; i++) {
        if (memcmp(m->due[i].number_id, number_id, NUMBER_ID_BYTES) == 0)
            m->due[i--] = m->due[--m->n_due];
    }
}

static void mem_forget(struct sink *s, const uint8_t number_id[16], sink_on_done *fn, void *ctx)
{
    struct mem_sink *m = mem(s);
    enum err e = fault_take(m, "forget");
    if (e == ERR_OK)
        due_remove(m, number_id);
    response_post(m, e, ctx)->on_done = fn;
}

static bool mem_is_up(struct sink *s)
{
    (void)s; /* always there; failures are asked for by sink_mem_fail */
    return true;
}

static void mem_free(struct sink *s)
{
    struct mem_sink *m = mem(s);
    struct response *a;
    while (!TAILQ_EMPTY(&m->responses)) {
        TAILQ_FOREACH(a, &m->responses, list)
        {
            a->e = ERR_UNAVAILABLE;
        }
        on_responses(m);
    }
    timer_free(m->loop, m->timer);
    arena_free(m->arena);
    free(m);
}

static const struct sink_ops mem_ops = {
    .places = mem_places,
    .ingest = mem_ingest,
    .dead_letter = mem_dead_letter,
    .vault_get = mem_vault_get,
    .tidy = mem_tidy,
    .forget = mem_forget,
    .cohorts = mem_cohorts,
    .reports = mem_reports,
    .is_up = mem_is_up,
    .free = mem_free,
};

struct sink *sink_mem_new(struct loop *loop)
{
    struct mem_sink *m = xcalloc(1, sizeof(*m));
    m->sink.ops = &mem_ops;
    m->loop = loop;
    TAILQ_INIT(&m->responses);
    TAILQ_INIT(&m->vault);
    m->timer = timer_new(loop, on_responses, m);
    m->arena = arena_new(MEM_MAX_BYTES);
    return &m->sink;
}

void sink_mem_fail(struct sink *s, const char *verb, enum err e, uint32_t n)
{
    struct mem_sink *m = mem(s);
    size_t slot = 0;
    while (slot < MEM_FAULTS - 1 && m->faults[slot].n != 0 &&
           strcmp(m->faults[slot].verb, verb) != 0)
        slot++;
    enum err copied = str_copy(str_from(verb), m->faults[slot].verb, sizeof(m->faults[slot].verb));
    assert(copied == ERR_OK);
    (void)copied; /* only asserted */
    m->faults[slot].e = e;
    m->faults[slot].n = n;
}

uint32_t sink_mem_count(const struct sink *s)
{
    return ((const struct mem_sink *)s)->n_envelopes;
}

struct str sink_mem_envelope(const struct sink *s, uint32_t i)
{
    const struct mem_sink *m = (const struct mem_sink *)s;
    return i < m->n_envelopes ? m->envelopes[i].text : STR_NONE;
}

uint32_t sink_mem_n_dead(const struct sink *s)
{
    return ((const struct mem_sink *)s)->n_dead;
}

void sink_mem_set_due(struct sink *s, const struct sink_due *due, uint32_t n)
{
    struct mem_sink *m = mem(s);
    assert(n <= SINK_MAX_DUE);
    memcpy(m->due, due, n * sizeof(m->due[0]));
    m->n_due = n;
}

uint32_t sink_mem_n_due(const struct sink *s)
{
    return ((const struct mem_sink *)s)->n_due;
}

void sink_mem_restore_old(struct sink *s)
{
    struct mem_sink *m = mem(s);
    memset(m->places, 0, sizeof(m->places));
    m->n_envelopes = 0;
}
