/* sink.h with PostgreSQL: each verb is a row, a statement and what is made of its response. */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/sink/columns.h"
#include "port/sink/link.h"
#include "port/sink/sink.h"
#include "port/store/store.h"

#define REQUEST_MAX_BYTES (64u << 20)

struct pq_sink {
    struct sink sink;
    struct sink_link *link;
};

struct request {
    struct sink_request asked; /* first */
    union {
        sink_on_done *done;
        sink_on_vault *vault;
        sink_on_places *places;
        sink_on_due *due;
        sink_on_text *text;
    } on;
    void *ctx;
    uint16_t key_id;
    struct buf nonce, text; /* text: the ciphertext, too */
    struct event_place places[SINK_BUCKETS];
    struct sink_due due[SINK_MAX_DUE];
    uint32_t n_due;
};

static struct sink_link *link_of(struct sink *s)
{
    return ((struct pq_sink *)s)->link;
}

static struct request *request_of(struct sink_request *asked)
{
    return (struct request *)asked;
}

static struct request *request_new(const struct sink_row *row, void *ctx)
{
    struct request *r = xcalloc(1, sizeof(*r));
    r->asked.row = row;
    r->ctx = ctx;
    for (size_t i = 0; i < SINK_MAX_PARAMS; i++)
        buf_init(&r->asked.params[i], REQUEST_MAX_BYTES);
    buf_init(&r->nonce, REQUEST_MAX_BYTES);
    buf_init(&r->text, REQUEST_MAX_BYTES);
    return r;
}

static void request_free(struct request *r)
{
    for (size_t i = 0; i < SINK_MAX_PARAMS; i++)
        buf_fini(&r->asked.params[i]);
    buf_fini(&r->nonce);
    buf_fini(&r->text);
    free(r);
}

static struct buf *param_next(struct request *r)
{
    return &r->asked.params[r->asked.n_params++];
}

static void response_done(struct sink_request *asked)
{
    struct request *r = request_of(asked);
    r->on.done(r->ctx, asked->e, asked->message.text);
    request_free(r);
}

static void take_places(struct sink_request *asked, const PGresult *result)
{
    struct request *r = request_of(asked);
    for (int i = 0; i < PQntuples(result); i++) {
        uint64_t bucket, ms, n;
        if (str_to_u64(str_from(PQgetvalue(result, i, 0)), SINK_BUCKETS - 1, &bucket) != ERR_OK ||
            str_to_u64(str_from(PQgetvalue(result, i, 1)), UINT64_MAX, &ms) != ERR_OK ||
            str_to_u64(str_from(PQgetvalue(result, i, 2)), UINT64_MAX, &n) != ERR_OK)
            asked->e = ERR_IO;
        else
            r->places[bucket] = (struct event_place){ms, n};
    }
}

static void response_places(struct sink_request *asked)
{
    struct request *r = request_of(asked);
    r->on.places(r->ctx, asked->e, asked->e == ERR_OK ? r->places : NULL);
    request_free(r);
}

static const struct sink_row row_places = {
    .sql = "select bucket, ms, n from core.log_places($1)",
    .take = take_places,
    .response = response_places,
};

static void pq_places(struct sink *sink, uint64_t epoch, sink_on_places *fn, void *ctx)
{
    struct request *r = request_new(&row_places, ctx);
    r->on.places = fn;
    buf_addf(param_next(r), "%" PRIu64, epoch);
    sink_request_add(link_of(sink), &r->asked);
}

static const struct sink_row row_ingest = {
    .sql =
        "select core.move_log($1, $2, $3, $4, $5, $6), core.put_steps($7, $8, $9, $10, $11, $12, "
        "$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, "
        "$31, $32, $33, $34, $35), core.put_groups($8, $9, $25, $27, $34), core.put_led($7, $8, "
        "$9, $10, $15, $25, $26, $27, $28, $30, $31, $32, $33, $34, $35), "
        "case when $36::jsonb <> '[]' then core.ingest($36) end", /* most batches have steps only */
    .first_binary = SINK_N_MOVE_PARAMS,
    .end_binary = SINK_N_MOVE_PARAMS + SINK_N_COLUMNS,
    .response = response_done,
};

static void add_moves(struct request *r, const struct sink_batch *batch)
{
    buf_addf(param_next(r), "%" PRIu64, batch->epoch);
    for (int column = 0; column < 5; column++) {
        struct buf *list = param_next(r);
        buf_add_char(list, '{');
        for (uint32_t i = 0; i < batch->n_moves; i++) {
            const struct sink_move *move = &batch->moves[i];
            const uint64_t values[] = {move->bucket, move->from.ms, move->from.n, move->to.ms,
                                       move->to.n};
            buf_addf(list, i == 0 ? "%" PRIu64 : ",%" PRIu64, values[column]);
        }
        buf_add_char(list, '}');
    }
}

#define ALSO_BYTES 16u
#define MAX_ALSO 5u /* others on one number */

/* What a step did to others on the number is a step of theirs. */
static uint32_t add_also(struct sink_step *steps, uint32_t n, const struct sink_step *step)
{
    struct str also = step->record.also;
    for (uint32_t i = 0; i < MAX_ALSO && (i + 1) * ALSO_BYTES <= also.len; i++) {
        struct sink_step *other = &steps[n++];
        *other = *step;
        memcpy(other->record.learner_id, also.p + i * ALSO_BYTES, ALSO_BYTES);
        other->record.vault_key_id = 0;
        other->record.n_events = 0;
        for (uint32_t k = 0; k < step->record.n_events; k++) {
            if (step->record.events[k].kind == EVENT_stopped)
                other->record.events[other->record.n_events++] = step->record.events[k];
        }
        if (other->record.n_events == 0) { /* as LEAVE, which is one person's */
            struct event *left = &other->record.events[other->record.n_events++];
            *left = event_make(EVENT_stopped);
            left->value = 1;
            left->choice = EVENT_STOPPED_PASSED_ON;
        }
    }
    return n;
}

/* Steps as columns, all others as JSON. */
static enum err add_records(struct request *r, const struct sink_batch *batch)
{
    struct sink_step *steps = xcalloc((size_t)batch->n * (1 + MAX_ALSO), sizeof(*steps));
    struct buf *json = &r->asked.params[SINK_N_MOVE_PARAMS + SINK_N_COLUMNS];
    uint32_t n = 0;
    enum err e = ERR_OK;
    for (uint32_t i = 0; e == ERR_OK && i < batch->n; i++) {
        struct sink_step *step = &steps[n];
        e = event_decode(batch->records[i].bytes, &step->record);
        step->state = batch->records[i].state;
        if (e == ERR_OK && step->record.kind == EVENT_RECORD_STEP) {
            n = add_also(steps, n + 1, step);
        } else if (e == ERR_OK) {
            buf_add_char(json, json->len == 0 ? '[' : ',');
            event_record_json(&step->record, STR_NONE, json);
        }
    }
    buf_add_str(json, json->len == 0 ? STR("[]") : STR("]"));
    sink_columns(steps, n, &r->asked.params[SINK_N_MOVE_PARAMS]);
    r->asked.n_params = SINK_MAX_PARAMS;
    free(steps);
    return e;
}

static void pq_ingest(struct sink *sink, const struct sink_batch *batch, sink_on_done *fn,
                      void *ctx)
{
    struct request *r = request_new(&row_ingest, ctx);
    r->on.done = fn;
    add_moves(r, batch);
    enum err e = add_records(r, batch);
    if (e != ERR_OK)
        sink_request_fail(link_of(sink), &r->asked, ERR_INVALID,
                          e == ERR_UNSUPPORTED ? "the record is of another version of waypost"
                                               : "the record cannot be read");
    else
        sink_request_add(link_of(sink), &r->asked);
}

static const struct sink_row row_dead_letter = {
    .sql = "select core.move_log($1, $2, $3, $4, $5, $6), "
           "core.dead_letter(decode($7, 'hex'), $8, nullif($9, '')::uuid)",
    .response = response_done,
};

static void pq_dead_letter(struct sink *sink, const struct sink_batch *batch, struct str reason,
                           sink_on_done *fn, void *ctx)
{
    struct request *r = request_new(&row_dead_letter, ctx);
    struct buf json CLEANUP(buf_fini);
    struct event_record record;
    struct str payload = batch->records[0].bytes;
    buf_init(&json, REQUEST_MAX_BYTES);
    if (event_decode(payload, &record) == ERR_OK) {
        event_record_json(&record, batch->records[0].state, &json);
        payload = buf_str(&json);
    }
    r->on.done = fn;
    add_moves(r, batch);
    buf_add_hex(param_next(r), payload.p, payload.len);
    /* A message that was cut may end in half a character, which PostgreSQL would refuse. */
    while (reason.len > 0 && (reason.p[reason.len - 1] & 0x80) != 0)
        reason.len--;
    buf_add_str(param_next(r), reason);
    uint8_t learner_id[16];
    struct buf *whose = param_next(r);
    if (event_learner(batch->records[0].bytes, learner_id))
        buf_add_hex(whose, learner_id, sizeof(learner_id));
    sink_request_add(link_of(sink), &r->asked);
}

static void take_vault(struct sink_request *asked, const PGresult *result)
{
    struct request *r = request_of(asked);
    if (PQntuples(result) == 0) {
        asked->e = ERR_NOT_FOUND;
        return;
    }
    const uint8_t *key = (const uint8_t *)PQgetvalue(result, 0, 0); /* int4, network order */
    r->key_id = (uint16_t)(key[2] << 8 | key[3]);
    buf_add(&r->nonce, PQgetvalue(result, 0, 1), (size_t)PQgetlength(result, 0, 1));
    buf_add(&r->text, PQgetvalue(result, 0, 2), (size_t)PQgetlength(result, 0, 2));
}

static void response_vault(struct sink_request *asked)
{
    struct request *r = request_of(asked);
    r->on.vault(r->ctx, asked->e, r->key_id, buf_str(&r->nonce), buf_str(&r->text));
    request_free(r);
}

static const struct sink_row row_vault = {
    .sql = "select key_id, nonce, ciphertext from core.vault where number_id = decode($1, 'hex')",
    .is_binary = true,
    .take = take_vault,
    .response = response_vault,
};

static void pq_vault_get(struct sink *sink, const uint8_t number_id[16], sink_on_vault *fn,
                         void *ctx)
{
    struct request *r = request_new(&row_vault, ctx);
    r->on.vault = fn;
    buf_add_hex(param_next(r), number_id, NUMBER_ID_BYTES);
    sink_request_add(link_of(sink), &r->asked);
}

static void take_due(struct sink_request *asked, const PGresult *result)
{
    struct request *r = request_of(asked);
    for (int i = 0; i < PQntuples(result) && r->n_due < SINK_MAX_DUE; i++) {
        if (PQgetlength(result, i, 0) != NUMBER_ID_BYTES)
            continue;
        struct sink_due *due = &r->due[r->n_due++];
        memcpy(due->number_id, PQgetvalue(result, i, 0), NUMBER_ID_BYTES);
        due->is_erased = PQgetvalue(result, i, 1)[0] != 0; /* a boolean in binary form */
    }
}

static void response_due(struct sink_request *asked)
{
    struct request *r = request_of(asked);
    r->on.due(r->ctx, asked->e, r->due, r->n_due);
    request_free(r);
}

static const struct sink_row row_tidy = {
    .sql = "select number_id, is_erased from core.tidy($1)",
    .is_binary = true,
    .take = take_due,
    .response = response_due,
};

static void pq_tidy(struct sink *sink, sink_on_due *fn, void *ctx)
{
    struct request *r = request_new(&row_tidy, ctx);
    r->on.due = fn;
    buf_addf(param_next(r), "%u", SINK_MAX_DUE);
    sink_request_add(link_of(sink), &r->asked);
}

static const struct sink_row row_forget = {
    .sql = "select core.forget_numbers(array[decode($1, 'hex')])",
    .response = response_done,
};

static void pq_forget(struct sink *sink, const uint8_t number_id[16], sink_on_done *fn, void *ctx)
{
    struct request *r = request_new(&row_forget, ctx);
    r->on.done = fn;
    buf_add_hex(param_next(r), number_id, NUMBER_ID_BYTES);
    sink_request_add(link_of(sink), &r->asked);
}

static void take_text(struct sink_request *asked, const PGresult *result)
{
    if (PQntuples(result) > 0)
        buf_add_str(&request_of(asked)->text, str_from(PQgetvalue(result, 0, 0)));
}

static void response_text(struct sink_request *asked)
{
    struct request *r = request_of(asked);
    r->on.text(r->ctx, asked->e, buf_str(&r->text));
    request_free(r);
}

static const struct sink_row row_cohorts = {
    .sql =
        "select string_agg(line, E'\\n') from (select code || ' ' || line || "
        "core.cohort_notes(code::integer) from core.cohorts() where start_on::date > current_date "
        "- 200 union all select what || ' ' || code || ' ' || encode(number_id, 'hex') from "
        "core.group_calls()) as t (line)",
    .take = take_text,
    .response = response_text,
};

static void pq_cohorts(struct sink *sink, sink_on_text *fn, void *ctx)
{
    struct request *r = request_new(&row_cohorts, ctx);
    r->on.text = fn;
    sink_request_add(link_of(sink), &r->asked);
}

static const struct sink_row row_reports = {
    .sql = "select core.keep_answers()",
    .take = take_text,
    .response = response_text,
};

static void pq_reports(struct sink *sink, sink_on_text *fn, void *ctx)
{
    struct request *r = request_new(&row_reports, ctx);
    r->on.text = fn;
    sink_request_add(link_of(sink), &r->asked);
}

static bool pq_is_up(struct sink *sink)
{
    return sink_link_is_up(link_of(sink));
}

static void pq_free(struct sink *sink)
{
    sink_link_free(link_of(sink));
    free(sink);
}

static const struct sink_ops pq_ops = {
    .places = pq_places,
    .ingest = pq_ingest,
    .dead_letter = pq_dead_letter,
    .vault_get = pq_vault_get,
    .tidy = pq_tidy,
    .forget = pq_forget,
    .cohorts = pq_cohorts,
    .reports = pq_reports,
    .is_up = pq_is_up,
    .free = pq_free,
};

struct sink *sink_libpq_new(struct loop *loop, const char *conninfo, int64_t timeout_ms)
{
    struct pq_sink *s = xcalloc(1, sizeof(*s));
    s->sink.ops = &pq_ops;
    s->link = sink_link_new(loop, conninfo, timeout_ms);
    return &s->sink;
}
