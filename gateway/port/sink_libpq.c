/*
 * sink_libpq.c: one connection to PostgreSQL, one statement at a time, never blocking.
 *
 *   DOWN -> CONNECTING -> CHECKING -> READY        any failure: all requests fail, back to DOWN
 *
 * Requests are accepted while it is not DOWN and wait their turn. A statement is a transaction; its
 * COMMIT is known only with the end of all results (ReadyForQuery), not with the first one.
 */
#include <assert.h>
#include <event2/event.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "port/sink.h"
#include "port/sink_columns.h"
#include "port/store/store.h"

#define N_MOVE_PARAMS 6
#define MAX_PARAMS (N_MOVE_PARAMS + SINK_N_COLUMNS + 1)
#define RECONNECT_FIRST_MS 50
#define RECONNECT_MAX_MS 2000
#define REFUSED_MS 5000 /* until the schema is looked at again */
#define GRACE_MS 1000   /* the server's own timeout comes first */
#define REQUEST_MAX_BYTES (64u << 20)

enum sink_state { SINK_STATE_DOWN, SINK_STATE_CONNECTING, SINK_STATE_CHECKING, SINK_STATE_READY };

enum request_kind {
    REQUEST_PLACES,
    REQUEST_INGEST,
    REQUEST_DEAD_LETTER,
    REQUEST_VAULT_GET,
    REQUEST_TIDY,
    REQUEST_FORGET,
    REQUEST_COHORTS,
};

static const char *const request_sql[] = {
    [REQUEST_PLACES] = "select bucket, ms, n from core.log_places($1)",
    [REQUEST_INGEST] =
        "select core.move_log($1, $2, $3, $4, $5, $6), core.put_steps($7, $8, $9, $10, $11, $12, "
        "$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, "
        "$31, $32, $33, $34, $35), core.put_groups($8, $9, $25, $27, $34), core.put_led($7, $8, "
        "$9, "
        "$10, $15, $25, $26, $27, $28, $30, $31, $32, $33, $34, $35), core.ingest($36)",
    [REQUEST_DEAD_LETTER] = "select core.move_log($1, $2, $3, $4, $5, $6), "
                            "core.dead_letter(decode($7, 'hex'), $8)",
    [REQUEST_VAULT_GET] =
        "select key_id, nonce, ciphertext from core.vault where number_id = decode($1, 'hex')",
    [REQUEST_TIDY] = "select number_id, is_erased from core.tidy($1)",
    [REQUEST_COHORTS] =
        "select string_agg(line, E'\\n') from (select code || ' ' || line || "
        "core.cohort_notes(code::integer) from core.cohorts() where start_on::date > current_date "
        "- 200 union all select what || ' ' || code || ' ' || encode(number_id, 'hex') from "
        "core.group_calls()) as t (line)",
    [REQUEST_FORGET] = "select core.forget_numbers(array[decode($1, 'hex')])",
};

struct request {
    struct request *prev, *next;
    enum request_kind kind;
    struct buf params[MAX_PARAMS]; /* columns in binary, all others as texts */
    int n_params;
    sink_on_done *on_done;
    sink_on_vault *on_vault;
    sink_on_places *on_places;
    sink_on_due *on_due;
    sink_on_text *on_text;
    void *ctx;
    enum err e; /* of the results so far */
    struct errmsg message;
    uint16_t key_id;
    struct buf nonce, ciphertext;
    struct event_place places[SINK_BUCKETS];
    struct sink_due due[SINK_MAX_DUE];
    uint32_t n_due;
};

struct pq_sink {
    struct sink sink;
    struct loop *loop;
    char *conninfo;
    int64_t timeout_ms;
    enum sink_state state;
    PGconn *conn;
    struct event *event;          /* on the socket; NULL while there is none */
    struct timer *deadline_timer; /* of connecting, checking or the statement under way */
    struct timer *connect_timer;
    struct timer *fail_timer;
    uint32_t n_failures; /* in a row, to connect */
    int schema_version;  /* as found; -1 = none */
    bool is_refusal_logged;
    struct request *requests; /* the first one is under way when is_busy */
    struct request *failed;   /* answered in the next turn */
    bool is_busy;
};

static struct pq_sink *pq(struct sink *s)
{
    return (struct pq_sink *)s;
}

static void connect_start(struct pq_sink *s);
static void request_next(struct pq_sink *s);
static void on_socket(evutil_socket_t fd, short what, void *ctx);

/* ---- requests ---- */

static struct request *request_new(enum request_kind kind, void *ctx)
{
    struct request *r = xcalloc(1, sizeof(*r));
    r->kind = kind;
    r->ctx = ctx;
    for (size_t i = 0; i < MAX_PARAMS; i++)
        buf_init(&r->params[i], REQUEST_MAX_BYTES);
    buf_init(&r->nonce, REQUEST_MAX_BYTES);
    buf_init(&r->ciphertext, REQUEST_MAX_BYTES);
    return r;
}

static void request_answer(struct request *r)
{
    if (r->kind == REQUEST_VAULT_GET)
        r->on_vault(r->ctx, r->e, r->key_id, buf_str(&r->nonce), buf_str(&r->ciphertext));
    else if (r->kind == REQUEST_PLACES)
        r->on_places(r->ctx, r->e, r->e == ERR_OK ? r->places : NULL);
    else if (r->kind == REQUEST_TIDY)
        r->on_due(r->ctx, r->e, r->due, r->n_due);
    else if (r->kind == REQUEST_COHORTS)
        r->on_text(r->ctx, r->e, buf_str(&r->ciphertext));
    else
        r->on_done(r->ctx, r->e, r->message.text);
    for (size_t i = 0; i < MAX_PARAMS; i++)
        buf_fini(&r->params[i]);
    buf_fini(&r->nonce);
    buf_fini(&r->ciphertext);
    free(r);
}

static void request_fail_later(struct pq_sink *s, struct request *r, enum err e, const char *why)
{
    r->e = errmsg_set(&r->message, e, "%s", why);
    DL_APPEND(s->failed, r);
    timer_start(s->loop, s->fail_timer, 0);
}

static void on_fail_timer(void *ctx)
{
    struct pq_sink *s = ctx;
    struct request *turn = s->failed; /* what the callbacks ask for comes in the next turn */
    s->failed = NULL;
    while (turn != NULL) {
        struct request *r = turn;
        DL_DELETE(turn, r);
        request_answer(r);
    }
}

static void request_add(struct pq_sink *s, struct request *r)
{
    for (int i = 0; i < r->n_params; i++) {
        if (buf_error(&r->params[i]) != ERR_OK) {
            request_fail_later(s, r, ERR_INVALID, "larger than the sink takes");
            return;
        }
    }
    if (s->state == SINK_STATE_DOWN) {
        request_fail_later(s, r, ERR_UNAVAILABLE, "no connection to PostgreSQL");
        return;
    }
    DL_APPEND(s->requests, r);
    request_next(s);
}

/* ---- connection ---- */

static void connection_lost(struct pq_sink *s, enum err e);

static void watch(struct pq_sink *s, short what)
{
    if (PQsocket(s->conn) < 0) { /* libpq gave it up on its own */
        connection_lost(s, ERR_UNAVAILABLE);
        return;
    }
    if (s->event != NULL)
        event_free(s->event);
    s->event = event_new(loop_libevent_base(s->loop), PQsocket(s->conn), (short)(what | EV_PERSIST),
                         on_socket, s);
    if (s->event == NULL || event_add(s->event, NULL) != 0)
        abort(); /* only without memory */
}

static void drop(struct pq_sink *s)
{
    if (s->event != NULL)
        event_free(s->event);
    s->event = NULL;
    PQfinish(s->conn);
    s->conn = NULL;
    s->state = SINK_STATE_DOWN;
    s->is_busy = false;
    timer_stop(s->loop, s->deadline_timer);
}

/* libpq ends its words with a line end. */
static struct str conn_message(const struct pq_sink *s)
{
    return str_trim(str_from(PQerrorMessage(s->conn)));
}

/* Everything fails with e; a new attempt after retry_ms. */
static void connection_end(struct pq_sink *s, enum err e, int64_t retry_ms)
{
    drop(s);
    for (struct request *r = s->requests, *next; r != NULL; r = next) {
        next = r->next;
        DL_DELETE(s->requests, r);
        request_fail_later(s, r, e, "the connection to PostgreSQL was lost");
    }
    timer_start(s->loop, s->connect_timer, retry_ms);
}

static void connection_lost(struct pq_sink *s, enum err e)
{
    struct str words = conn_message(s);
    LOG_WARN("sink", s->state == SINK_STATE_READY ? "connection lost" : "cannot connect",
             "err=%s words=\"%.*s\"", err_name(e), STR_ARG(words));
    s->n_failures++;
    connection_end(s, e,
                   backoff_ms(RECONNECT_FIRST_MS, RECONNECT_MAX_MS, s->n_failures, arc4random()));
}

static void on_deadline(void *ctx)
{
    connection_lost(ctx, ERR_TIMEOUT);
}

static void on_connect_timer(void *ctx)
{
    connect_start(ctx);
}

static void ignore_notice(void *ctx, const char *message)
{
    (void)ctx; /* notices may quote data; whatever matters comes as an error */
    (void)message;
}

/* Settings of the session and the version of the schema, in one round trip. */
static void check_start(struct pq_sink *s)
{
    char sql[300];
    (void)snprintf(
        sql, sizeof(sql), /* bounded by its numbers */
        "set statement_timeout = %lld; set lock_timeout = %lld; set client_encoding = 'UTF8'; "
        "set jit = off; " /* compiling costs more than these statements do */
        "select coalesce(max(version), 0) from ops.schema_migration",
        (long long)s->timeout_ms, (long long)s->timeout_ms);
    s->state = SINK_STATE_CHECKING;
    s->schema_version = -1;
    if (PQsetnonblocking(s->conn, 1) != 0 || PQsendQuery(s->conn, sql) != 1 ||
        PQflush(s->conn) < 0) {
        connection_lost(s, ERR_UNAVAILABLE);
        return;
    }
    watch(s, EV_READ | EV_WRITE);
}

static void connect_poll(struct pq_sink *s)
{
    switch (PQconnectPoll(s->conn)) {
    case PGRES_POLLING_READING:
        watch(s, EV_READ); /* on the socket of now: libpq may have taken another */
        break;
    case PGRES_POLLING_WRITING:
        watch(s, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        check_start(s);
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        connection_lost(s, ERR_UNAVAILABLE);
        break;
    }
}

static void connect_start(struct pq_sink *s)
{
    /* Before the conninfo, which may overrule them. A dead peer is noticed by the kernel too. */
    const char *names[] = {"application_name",     "gssencmode", "tcp_user_timeout",
                           "target_session_attrs", "dbname",     NULL};
    const char *values[] = {"waypost", "disable", "10000", "read-write", s->conninfo, NULL};
    s->conn = PQconnectStartParams(names, values, 1);
    s->state = SINK_STATE_CONNECTING;
    timer_start(s->loop, s->deadline_timer, s->timeout_ms + GRACE_MS);
    if (s->conn == NULL)
        abort(); /* only without memory */
    if (PQstatus(s->conn) == CONNECTION_BAD) {
        connection_lost(s, ERR_UNAVAILABLE);
        return;
    }
    (void)PQsetNoticeProcessor(s->conn, ignore_notice, NULL); /* returns the old one */
    watch(s, EV_WRITE); /* a connection begins as if PQconnectPoll had said WRITING */
}

static void check_end(struct pq_sink *s)
{
    if (s->schema_version != SINK_SCHEMA_VERSION) {
        if (!s->is_refusal_logged)
            LOG_ERROR("sink", "the schema of the database is not the one of this program",
                      "found=%d known=%d remedy=\"%s\"", s->schema_version, SINK_SCHEMA_VERSION,
                      s->schema_version < SINK_SCHEMA_VERSION ? "run waypost migrate"
                                                              : "install the newer waypost");
        s->is_refusal_logged = true;
        connection_end(s, ERR_UNAVAILABLE, REFUSED_MS);
        return;
    }
    s->is_refusal_logged = false;
    s->n_failures = 0;
    s->state = SINK_STATE_READY;
    timer_stop(s->loop, s->deadline_timer);
    watch(s, EV_READ);
    LOG_INFO("sink", "connected to PostgreSQL", "schema=%d", s->schema_version);
    request_next(s);
}

/* ---- statements ---- */

static int request_send(struct pq_sink *s, struct request *r)
{
    const char *values[MAX_PARAMS];
    int lengths[MAX_PARAMS], formats[MAX_PARAMS];
    for (int i = 0; i < r->n_params; i++) {
        values[i] = buf_str(&r->params[i]).p; /* NUL-terminated */
        lengths[i] = (int)r->params[i].len;
        formats[i] =
            r->kind == REQUEST_INGEST && i >= N_MOVE_PARAMS && i < N_MOVE_PARAMS + SINK_N_COLUMNS
                ? 1
                : 0;
    }
    return PQsendQueryParams(s->conn, request_sql[r->kind], r->n_params, NULL, values, lengths,
                             formats,
                             r->kind == REQUEST_VAULT_GET || r->kind == REQUEST_TIDY ? 1 : 0);
}

static void flush(struct pq_sink *s)
{
    int rc = PQflush(s->conn);
    if (rc < 0)
        connection_lost(s, ERR_UNAVAILABLE);
    else
        watch(s, rc == 1 ? EV_READ | EV_WRITE : EV_READ);
}

static void request_next(struct pq_sink *s)
{
    if (s->state != SINK_STATE_READY || s->is_busy || s->requests == NULL)
        return;
    s->is_busy = true;
    timer_start(s->loop, s->deadline_timer, s->timeout_ms + GRACE_MS);
    if (request_send(s, s->requests) != 1)
        connection_lost(s, ERR_UNAVAILABLE);
    else
        flush(s);
}

/* What the content is to blame for is ERR_INVALID; for anything else later is worth a try. */
static enum err sqlstate_err(const char *state)
{
    if (state == NULL)
        return ERR_UNAVAILABLE;
    if (strcmp(state, "57014") == 0)
        return ERR_TIMEOUT; /* statement_timeout */
    if (strcmp(state, "WP001") == 0)
        return ERR_CONFLICT; /* core.move_log */
    static const char *const content[] = {"22", "23", "54"};
    for (size_t i = 0; i < ARRAY_LEN(content); i++) {
        if (strncmp(state, content[i], 2) == 0)
            return ERR_INVALID;
    }
    return ERR_UNAVAILABLE;
}

static void take_vault_row(struct request *r, const PGresult *result)
{
    if (PQntuples(result) == 0) {
        r->e = ERR_NOT_FOUND;
        return;
    }
    const uint8_t *key = (const uint8_t *)PQgetvalue(result, 0, 0); /* int4, network order */
    r->key_id = (uint16_t)(key[2] << 8 | key[3]);
    buf_add(&r->nonce, PQgetvalue(result, 0, 1), (size_t)PQgetlength(result, 0, 1));
    buf_add(&r->ciphertext, PQgetvalue(result, 0, 2), (size_t)PQgetlength(result, 0, 2));
}

static void take_places(struct request *r, const PGresult *result)
{
    for (int i = 0; i < PQntuples(result); i++) {
        uint64_t bucket, ms, n;
        if (str_to_u64(str_from(PQgetvalue(result, i, 0)), SINK_BUCKETS - 1, &bucket) != ERR_OK ||
            str_to_u64(str_from(PQgetvalue(result, i, 1)), UINT64_MAX, &ms) != ERR_OK ||
            str_to_u64(str_from(PQgetvalue(result, i, 2)), UINT64_MAX, &n) != ERR_OK)
            r->e = ERR_IO;
        else
            r->places[bucket] = (struct event_place){ms, n};
    }
}

static void take_due(struct request *r, const PGresult *result)
{
    for (int i = 0; i < PQntuples(result) && r->n_due < SINK_MAX_DUE; i++) {
        if (PQgetlength(result, i, 0) != NUMBER_ID_BYTES)
            continue;
        struct sink_due *due = &r->due[r->n_due++];
        memcpy(due->number_id, PQgetvalue(result, i, 0), NUMBER_ID_BYTES);
        due->is_erased = PQgetvalue(result, i, 1)[0] != 0; /* a boolean in binary form */
    }
}

static void take_request_result(struct request *r, const PGresult *result)
{
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        if (r->kind == REQUEST_VAULT_GET)
            take_vault_row(r, result);
        else if (r->kind == REQUEST_PLACES)
            take_places(r, result);
        else if (r->kind == REQUEST_TIDY)
            take_due(r, result);
        else if (r->kind == REQUEST_COHORTS && PQntuples(result) > 0)
            buf_add_str(&r->ciphertext, str_from(PQgetvalue(result, 0, 0)));
        return;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    r->e = errmsg_set(&r->message, sqlstate_err(state), "%s: %s", state != NULL ? state : "?",
                      words != NULL ? words : "");
    if (r->e != ERR_INVALID && r->e != ERR_CONFLICT)
        LOG_WARN("sink", "statement failed", "sqlstate=%s", state != NULL ? state : "?");
}

static void take_result(struct pq_sink *s, const PGresult *result)
{
    if (s->state == SINK_STATE_READY && s->is_busy) {
        take_request_result(s->requests, result);
    } else if (s->state == SINK_STATE_CHECKING && PQresultStatus(result) == PGRES_TUPLES_OK) {
        uint64_t version = 0;
        if (str_to_u64(str_from(PQgetvalue(result, 0, 0)), INT32_MAX, &version) == ERR_OK)
            s->schema_version = (int)version;
    }
}

static void request_end(struct pq_sink *s)
{
    struct request *r = s->requests;
    DL_DELETE(s->requests, r);
    s->is_busy = false;
    timer_stop(s->loop, s->deadline_timer);
    request_next(s); /* before the callback, which may ask for more */
    request_answer(r);
}

static void read_results(struct pq_sink *s)
{
    if (PQconsumeInput(s->conn) != 1) {
        connection_lost(s, ERR_UNAVAILABLE);
        return;
    }
    bool is_waiting = s->state == SINK_STATE_CHECKING || s->is_busy;
    while (is_waiting && PQisBusy(s->conn) == 0) {
        PGresult *result = PQgetResult(s->conn);
        if (result != NULL) {
            take_result(s, result);
            PQclear(result);
            continue;
        }
        is_waiting = false; /* ReadyForQuery: committed or rolled back */
        if (PQstatus(s->conn) == CONNECTION_BAD)
            connection_lost(s, ERR_UNAVAILABLE);
        else if (s->state == SINK_STATE_CHECKING)
            check_end(s);
        else
            request_end(s);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd; /* of the connection */
    struct pq_sink *s = ctx;
    if (s->state == SINK_STATE_CONNECTING) {
        connect_poll(s);
        return;
    }
    if ((what & EV_WRITE) != 0)
        flush(s);
    if ((what & EV_READ) != 0 && s->state != SINK_STATE_DOWN)
        read_results(s);
}

/* ---- the verbs ---- */

static struct buf *param_next(struct request *r)
{
    return &r->params[r->n_params++];
}

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

static void pq_places(struct sink *sink, uint64_t epoch, sink_on_places *fn, void *ctx)
{
    struct request *r = request_new(REQUEST_PLACES, ctx);
    r->on_places = fn;
    buf_addf(param_next(r), "%" PRIu64, epoch);
    request_add(pq(sink), r);
}

#define ALSO_BYTES 16u
#define MAX_ALSO 4u /* others on one number */

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
    }
    return n;
}

/* Steps as columns, all others as JSON. */
static enum err add_records(struct request *r, const struct sink_batch *batch)
{
    struct sink_step *steps = xcalloc((size_t)batch->n * (1 + MAX_ALSO), sizeof(*steps));
    struct buf *json = &r->params[N_MOVE_PARAMS + SINK_N_COLUMNS];
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
    sink_columns(steps, n, &r->params[N_MOVE_PARAMS]);
    r->n_params = MAX_PARAMS;
    free(steps);
    return e;
}

static void pq_ingest(struct sink *sink, const struct sink_batch *batch, sink_on_done *fn,
                      void *ctx)
{
    struct request *r = request_new(REQUEST_INGEST, ctx);
    r->on_done = fn;
    add_moves(r, batch);
    enum err e = add_records(r, batch);
    if (e != ERR_OK)
        request_fail_later(pq(sink), r, ERR_INVALID,
                           e == ERR_UNSUPPORTED ? "the record is of another version of waypost"
                                                : "the record cannot be read");
    else
        request_add(pq(sink), r);
}

static void pq_dead_letter(struct sink *sink, const struct sink_batch *batch, struct str reason,
                           sink_on_done *fn, void *ctx)
{
    struct request *r = request_new(REQUEST_DEAD_LETTER, ctx);
    struct buf json CLEANUP(buf_fini);
    struct event_record record;
    struct str payload = batch->records[0].bytes;
    buf_init(&json, REQUEST_MAX_BYTES);
    if (event_decode(payload, &record) == ERR_OK) {
        event_record_json(&record, batch->records[0].state, &json);
        payload = buf_str(&json);
    }
    r->on_done = fn;
    add_moves(r, batch);
    buf_add_hex(param_next(r), payload.p, payload.len);
    /* A message that was cut may end in half a character, which PostgreSQL would refuse. */
    while (reason.len > 0 && (reason.p[reason.len - 1] & 0x80) != 0)
        reason.len--;
    buf_add_str(param_next(r), reason);
    request_add(pq(sink), r);
}

static void pq_vault_get(struct sink *sink, const uint8_t number_id[16], sink_on_vault *fn,
                         void *ctx)
{
    struct request *r = request_new(REQUEST_VAULT_GET, ctx);
    r->on_vault = fn;
    buf_add_hex(param_next(r), number_id, NUMBER_ID_BYTES);
    request_add(pq(sink), r);
}

static void pq_tidy(struct sink *sink, sink_on_due *fn, void *ctx)
{
    struct request *r = request_new(REQUEST_TIDY, ctx);
    r->on_due = fn;
    buf_addf(param_next(r), "%u", SINK_MAX_DUE);
    request_add(pq(sink), r);
}

static void pq_forget(struct sink *sink, const uint8_t number_id[16], sink_on_done *fn, void *ctx)
{
    struct request *r = request_new(REQUEST_FORGET, ctx);
    r->on_done = fn;
    buf_add_hex(param_next(r), number_id, NUMBER_ID_BYTES);
    request_add(pq(sink), r);
}

static void pq_cohorts(struct sink *sink, sink_on_text *fn, void *ctx)
{
    struct request *r = request_new(REQUEST_COHORTS, ctx);
    r->on_text = fn;
    request_add(pq(sink), r);
}

static bool pq_is_up(struct sink *sink)
{
    return pq(sink)->state == SINK_STATE_READY;
}

static void pq_free(struct sink *sink)
{
    struct pq_sink *s = pq(sink);
    connection_end(s, ERR_UNAVAILABLE, RECONNECT_MAX_MS);
    while (s->failed != NULL)
        on_fail_timer(s);
    timer_free(s->loop, s->deadline_timer);
    timer_free(s->loop, s->connect_timer);
    timer_free(s->loop, s->fail_timer);
    free(s->conninfo);
    free(s);
}

static const struct sink_ops pq_ops = {
    .places = pq_places,
    .ingest = pq_ingest,
    .dead_letter = pq_dead_letter,
    .vault_get = pq_vault_get,
    .tidy = pq_tidy,
    .forget = pq_forget,
    .cohorts = pq_cohorts,
    .is_up = pq_is_up,
    .free = pq_free,
};

struct sink *sink_libpq_new(struct loop *loop, const char *conninfo, int64_t timeout_ms)
{
    struct pq_sink *s = xcalloc(1, sizeof(*s));
    s->sink.ops = &pq_ops;
    s->loop = loop;
    s->conninfo = xstrdup(conninfo);
    s->timeout_ms = timeout_ms;
    s->deadline_timer = timer_new(loop, on_deadline, s);
    s->connect_timer = timer_new(loop, on_connect_timer, s);
    s->fail_timer = timer_new(loop, on_fail_timer, s);
    connect_start(s);
    return &s->sink;
}
