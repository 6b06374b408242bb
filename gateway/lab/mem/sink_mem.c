/*
 * sink_mem.c: a PostgreSQL that only remembers. A call takes effect at once, its answer comes in
 * the next turn of the loop.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "port/sink.h"
#include "port/vault.h"

#define MEM_MAX_BYTES (256u << 20)
#define MEM_MAX_ENVELOPES (1u << 20)
#define MEM_FAULTS 4

struct answer {
    struct answer *prev, *next; /* of the mem_sink's list */
    sink_on_done *on_done;
    sink_on_vault *on_vault;
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
    struct vault_row *next;
    uint8_t number_id[NUMBER_ID_BYTES];
    uint16_t key_id;
    struct str nonce, ciphertext;
};

struct mem_sink {
    struct sink sink;
    struct loop *loop;
    struct timer *timer;
    struct arena *arena;
    struct answer *answers; /* to be given in the next turn */
    struct envelope *envelopes;
    uint32_t n_envelopes, max_envelopes;
    struct vault_row *vault;
    uint32_t n_dead;
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

/* ---- answers ---- */

static void on_answers(void *ctx)
{
    struct mem_sink *m = ctx;
    struct answer *turn = m->answers; /* what the callbacks ask for comes in the next turn */
    m->answers = NULL;
    while (turn != NULL) {
        struct answer *a = turn;
        DL_DELETE(turn, a);
        if (a->on_done != NULL)
            a->on_done(a->ctx, a->e, err_name(a->e));
        else
            a->on_vault(a->ctx, a->e, a->key_id, a->nonce, a->ciphertext);
        free(a);
    }
}

static struct answer *answer_post(struct mem_sink *m, enum err e, void *ctx)
{
    struct answer *a = xcalloc(1, sizeof(*a));
    a->e = e;
    a->ctx = ctx;
    DL_APPEND(m->answers, a);
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

/* ---- envelopes ---- */

/* What stands between `key` and the next `end` in an envelope. Quotes inside JSON texts are
 * escaped, so a key with its quotes is never found within one. Absent when there is none. */
static struct str member(struct str envelope, const char *key, char end)
{
    struct str needle = str_from(key);
    size_t at = str_find(envelope, needle);
    if (at == SIZE_MAX)
        return STR_NONE;
    struct str rest = str_sub(envelope, at + needle.len, envelope.len);
    size_t len = str_find_char(rest, end);
    return len == SIZE_MAX ? STR_NONE : str_sub(rest, 0, len);
}

static struct str member_learner(struct str envelope)
{
    return member(envelope, "\"learner_id\":\"", '"');
}

static bool is_step(struct str envelope)
{
    return str_starts(envelope, STR("{\"type\":\"step\""));
}

static bool is_known_type(struct str envelope)
{
    return is_step(envelope) || str_starts(envelope, STR("{\"type\":\"message\"")) ||
           str_starts(envelope, STR("{\"type\":\"report\""));
}

/* Steps are one by learner and seq; several messages with one id are told apart by all they say. */
static uint64_t envelope_key(struct str envelope)
{
    if (!is_step(envelope))
        return str_hash(envelope);
    return str_hash(member_learner(envelope)) * 31 + str_hash(member(envelope, "\"seq\":", ','));
}

/* Cuts the first envelope off an array without its brackets. */
static struct str envelope_next(struct str *rest)
{
    size_t depth = 0;
    bool is_text = false;
    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->p[i];
        if (is_text && c == '\\')
            i++;
        else if (c == '"')
            is_text = !is_text;
        else if (!is_text && (c == '{' || c == '['))
            depth++;
        else if (!is_text && (c == '}' || c == ']'))
            depth--;
        else if (!is_text && c == ',' && depth == 0) {
            struct str first = str_sub(*rest, 0, i);
            *rest = str_sub(*rest, i + 1, rest->len);
            return first;
        }
    }
    struct str last = *rest;
    *rest = STR_NONE;
    return last;
}

static struct str arena_hex(struct arena *arena, struct str hex)
{
    size_t n = hex.len / 2;
    char *bytes = arena_alloc(arena, n + 1);
    assert(bytes != NULL);
    if (hex_decode(str_sub(hex, 0, 2 * n), bytes, n) != ERR_OK)
        return STR_NONE;
    return (struct str){bytes, n};
}

static struct vault_row *vault_find(struct mem_sink *m, const uint8_t *number_id)
{
    struct vault_row *row;
    LL_FOREACH(m->vault, row)
    {
        if (memcmp(row->number_id, number_id, NUMBER_ID_BYTES) == 0)
            return row;
    }
    return NULL;
}

static void vault_take(struct mem_sink *m, struct str envelope)
{
    uint8_t number_id[NUMBER_ID_BYTES];
    uint64_t key_id;
    if (hex_decode(member(envelope, "\"number_id\":\"", '"'), number_id, sizeof(number_id)) !=
        ERR_OK)
        return;
    struct vault_row *row = vault_find(m, number_id);
    if (row != NULL && str_find(envelope, STR("\"kind\":\"erased\"")) != SIZE_MAX)
        LL_DELETE(m->vault, row);
    if (str_to_u64(member(envelope, "\"key_id\":", ','), UINT16_MAX, &key_id) != ERR_OK)
        return;
    if (row == NULL) {
        row = arena_alloc(m->arena, sizeof(*row));
        assert(row != NULL);
        LL_PREPEND(m->vault, row);
    }
    memcpy(row->number_id, number_id, sizeof(number_id));
    row->key_id = (uint16_t)key_id;
    row->nonce = arena_hex(m->arena, member(envelope, "\"nonce\":\"", '"'));
    row->ciphertext = arena_hex(m->arena, member(envelope, "\"ciphertext\":\"", '"'));
}

static void envelope_keep(struct mem_sink *m, struct str text)
{
    uint64_t key = envelope_key(text);
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
    m->envelopes[m->n_envelopes++] = (struct envelope){arena_str(m->arena, text), key};
    vault_take(m, text);
}

/* ---- the verbs ---- */

static void mem_ingest(struct sink *s, struct str json_array, sink_on_done *fn, void *ctx)
{
    struct mem_sink *m = mem(s);
    struct str inner = str_sub(str_trim(json_array), 1, json_array.len - 1);
    enum err e = fault_take(m, "ingest");
    for (struct str rest = inner; e == ERR_OK && rest.p != NULL;) {
        if (!is_known_type(envelope_next(&rest)))
            e = ERR_INVALID;
    }
    for (struct str rest = inner; e == ERR_OK && rest.p != NULL;)
        envelope_keep(m, envelope_next(&rest));
    answer_post(m, e, ctx)->on_done = fn;
}

static void mem_dead_letter(struct sink *s, struct str payload, struct str reason, sink_on_done *fn,
                            void *ctx)
{
    (void)payload; /* only counted here */
    (void)reason;
    struct mem_sink *m = mem(s);
    enum err e = fault_take(m, "dead_letter");
    if (e == ERR_OK)
        m->n_dead++;
    answer_post(m, e, ctx)->on_done = fn;
}

static void mem_vault_get(struct sink *s, const uint8_t number_id[16], sink_on_vault *fn, void *ctx)
{
    struct mem_sink *m = mem(s);
    enum err e = fault_take(m, "vault_get");
    const struct vault_row *row = vault_find(m, number_id);
    struct answer *a = answer_post(m, e == ERR_OK && row == NULL ? ERR_NOT_FOUND : e, ctx);
    a->on_vault = fn;
    if (a->e != ERR_OK)
        return;
    assert(row != NULL); /* a missing one is ERR_NOT_FOUND */
    a->key_id = row->key_id;
    a->nonce = row->nonce;
    a->ciphertext = row->ciphertext;
}

static bool mem_is_up(struct sink *s)
{
    (void)s; /* always there; failures are asked for by sink_mem_fail */
    return true;
}

static void mem_free(struct sink *s)
{
    struct mem_sink *m = mem(s);
    struct answer *a;
    while (m->answers != NULL) {
        DL_FOREACH(m->answers, a)
        {
            a->e = ERR_UNAVAILABLE;
        }
        on_answers(m);
    }
    timer_free(m->loop, m->timer);
    arena_free(m->arena);
    free(m);
}

static const struct sink_ops mem_ops = {
    .ingest = mem_ingest,
    .dead_letter = mem_dead_letter,
    .vault_get = mem_vault_get,
    .is_up = mem_is_up,
    .free = mem_free,
};

struct sink *sink_mem_new(struct loop *loop)
{
    struct mem_sink *m = xcalloc(1, sizeof(*m));
    m->sink.ops = &mem_ops;
    m->loop = loop;
    m->timer = timer_new(loop, on_answers, m);
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
