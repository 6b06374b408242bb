/* link.h with libpq and libevent. */
#include <event2/event.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "port/sink/link.h"
#include "port/sink/sink.h"

#define RECONNECT_FIRST_MS 50
#define RECONNECT_MAX_MS 2000
#define REFUSED_MS 5000 /* until the schema is looked at again */
#define GRACE_MS 1000   /* the server's own timeout comes first */
#define TOLD_MS 60000   /* the same trouble, until the log has it again */

/* What the log knows of a trouble that may last for days. */
struct told {
    char words[ERRMSG_BYTES];
    int64_t at_ms;
};

enum sink_state { SINK_STATE_DOWN, SINK_STATE_CONNECTING, SINK_STATE_CHECKING, SINK_STATE_READY };

struct sink_link {
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
    bool is_check_failed; /* the schema could not be looked at */
    bool must_look;       /* a statement does not fit to it: it may have been changed */
    struct told told_connect, told_statement;
    TAILQ_HEAD(sink_requests, sink_request) requests; /* the first is under way when is_busy */
    struct sink_requests failed;                      /* answered in the next turn */
    bool is_busy;
};

static void connect_start(struct sink_link *s);
static void request_next(struct sink_link *s);
static void on_socket(evutil_socket_t fd, short what, void *ctx);

/* ---- requests ---- */

void sink_request_fail(struct sink_link *s, struct sink_request *r, enum err e, const char *why)
{
    r->e = errmsg_set(&r->message, e, "%s", why);
    TAILQ_INSERT_TAIL(&s->failed, r, list);
    timer_start(s->loop, s->fail_timer, 0);
}

static void on_fail_timer(void *ctx)
{
    struct sink_link *s = ctx;
    struct sink_requests turn; /* what the callbacks ask for comes in the next turn */
    TAILQ_INIT(&turn);
    TAILQ_CONCAT(&turn, &s->failed, list);
    for (struct sink_request *r; (r = TAILQ_FIRST(&turn)) != NULL;) {
        TAILQ_REMOVE(&turn, r, list);
        r->row->response(r);
    }
}

void sink_request_add(struct sink_link *s, struct sink_request *r)
{
    for (int i = 0; i < r->n_params; i++) {
        if (buf_error(&r->params[i]) != ERR_OK) {
            sink_request_fail(s, r, ERR_INVALID, "larger than the sink takes");
            return;
        }
    }
    if (s->state == SINK_STATE_DOWN) {
        sink_request_fail(s, r, ERR_UNAVAILABLE, "no connection to PostgreSQL");
        return;
    }
    TAILQ_INSERT_TAIL(&s->requests, r, list);
    request_next(s);
}

/* ---- connection ---- */

static void connection_lost(struct sink_link *s, enum err e);

static void watch(struct sink_link *s, short what)
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

static void drop(struct sink_link *s)
{
    if (s->event != NULL)
        event_free(s->event);
    s->event = NULL;
    PQfinish(s->conn);
    s->conn = NULL;
    s->state = SINK_STATE_DOWN;
    s->is_busy = s->must_look = false;
    timer_stop(s->loop, s->deadline_timer);
}

/* libpq ends its words with a line end. */
static struct str conn_message(const struct sink_link *s)
{
    return str_trim(str_from(PQerrorMessage(s->conn)));
}

/* Is this news? The same again and again is told once a minute. */
static bool is_news(const struct sink_link *s, struct told *told, struct str words)
{
    struct str known = str_from(told->words);
    int64_t now_ms = loop_mono(s->loop).ms;
    if (str_eq(known, str_sub(words, 0, sizeof(told->words) - 1)) &&
        now_ms - told->at_ms < TOLD_MS && told->at_ms != 0)
        return false;
    (void)snprintf(told->words, sizeof(told->words), "%.*s", STR_ARG(words)); /* cut is fine */
    told->at_ms = now_ms;
    return true;
}

/* Everything fails with e; a new attempt after retry_ms. */
static void connection_end(struct sink_link *s, enum err e, int64_t retry_ms)
{
    drop(s);
    for (struct sink_request *r; (r = TAILQ_FIRST(&s->requests)) != NULL;) {
        TAILQ_REMOVE(&s->requests, r, list);
        sink_request_fail(s, r, e, "the connection to PostgreSQL was lost");
    }
    timer_start(s->loop, s->connect_timer, retry_ms);
}

static void connection_lost(struct sink_link *s, enum err e)
{
    struct str words = conn_message(s);
    if (s->state == SINK_STATE_READY)
        LOG_WARN("sink", "connection lost", "err=%s words=\"%.*s\"", err_name(e), STR_ARG(words));
    else if (is_news(s, &s->told_connect, words))
        LOG_WARN("sink", "cannot connect", "err=%s words=\"%.*s\"", err_name(e), STR_ARG(words));
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
static void check_start(struct sink_link *s)
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
    s->is_check_failed = false;
    if (PQsetnonblocking(s->conn, 1) != 0 || PQsendQuery(s->conn, sql) != 1 ||
        PQflush(s->conn) < 0) {
        connection_lost(s, ERR_UNAVAILABLE);
        return;
    }
    watch(s, EV_READ | EV_WRITE);
}

static void connect_poll(struct sink_link *s)
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

static void connect_start(struct sink_link *s)
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

static void check_end(struct sink_link *s)
{
    if (s->is_check_failed) {
        connection_lost(s, ERR_UNAVAILABLE);
        return;
    }
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
    s->told_connect.at_ms = 0;
    s->state = SINK_STATE_READY;
    timer_stop(s->loop, s->deadline_timer);
    watch(s, EV_READ);
    if (!s->must_look)
        LOG_INFO("sink", "connected to PostgreSQL", "schema=%d", s->schema_version);
    s->must_look = false;
    request_next(s);
}

/* ---- statements ---- */

static int request_send(struct sink_link *s, struct sink_request *r)
{
    const char *values[SINK_MAX_PARAMS];
    int lengths[SINK_MAX_PARAMS], formats[SINK_MAX_PARAMS];
    for (int i = 0; i < r->n_params; i++) {
        values[i] = buf_str(&r->params[i]).p; /* NUL-terminated */
        lengths[i] = (int)r->params[i].len;
        formats[i] = i >= r->row->first_binary && i < r->row->end_binary ? 1 : 0;
    }
    return PQsendQueryParams(s->conn, r->row->sql, r->n_params, NULL, values, lengths, formats,
                             r->row->is_binary ? 1 : 0);
}

static void flush(struct sink_link *s)
{
    int rc = PQflush(s->conn);
    if (rc < 0)
        connection_lost(s, ERR_UNAVAILABLE);
    else
        watch(s, rc == 1 ? EV_READ | EV_WRITE : EV_READ);
}

static void request_next(struct sink_link *s)
{
    if (s->state != SINK_STATE_READY || s->is_busy || TAILQ_EMPTY(&s->requests))
        return;
    s->is_busy = true;
    timer_start(s->loop, s->deadline_timer, s->timeout_ms + GRACE_MS);
    if (request_send(s, TAILQ_FIRST(&s->requests)) != 1)
        connection_lost(s, ERR_UNAVAILABLE);
    else
        flush(s);
}

/* What the content is to blame for is ERR_INVALID; for anything else later is worth a try. A check
 * that is nobody's constraint is a month's table that somebody has taken away. */
static enum err result_err(const PGresult *result, const char *state)
{
    if (state == NULL ||
        (strcmp(state, "23514") == 0 && PQresultErrorField(result, PG_DIAG_TABLE_NAME) != NULL &&
         PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) == NULL))
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

/* By the begin of an SQLSTATE; the first that fits. */
static const struct {
    const char *state, *remedy;
    bool is_of_schema; /* it may not be the one that was looked at */
} troubles[] = {
    {"42501", "the login lacks a right: waypost doctor says which", false},
    {"42", "the tables are not those of this program: waypost doctor", true},
    {"23514", "the table of a month is missing: attach it to core.event again", false},
    {"25006",
     "the server takes no writes: reset default_transaction_read_only, or name the primary", false},
    {"53100", "the disk of PostgreSQL is full: make room", false},
    {"53", "PostgreSQL lacks memory or room: see its log", false},
    {"55P03", "somebody holds a lock: see pg_locks", false},
    {"57014", "it took too long: somebody holds a lock, or the server is slow", false},
    {"", "see the log of PostgreSQL", false},
};

static void tell_trouble(struct sink_link *s, const char *state)
{
    size_t i = 0;
    while (!str_starts(str_from(state), str_from(troubles[i].state)))
        i++;
    s->must_look |= troubles[i].is_of_schema;
    if (is_news(s, &s->told_statement, str_from(state)))
        LOG_WARN("sink", "statement failed", "sqlstate=%s remedy=\"%s\"", state,
                 troubles[i].remedy);
}

static void take_request_result(struct sink_link *s, const PGresult *result)
{
    struct sink_request *r = TAILQ_FIRST(&s->requests);
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        if (r->row->take != NULL)
            r->row->take(r, result);
        return;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    r->e = errmsg_set(&r->message, result_err(result, state), "%s: %s", state != NULL ? state : "?",
                      words != NULL ? words : "");
    if (r->e != ERR_INVALID && r->e != ERR_CONFLICT)
        tell_trouble(s, state != NULL ? state : "?");
}

static void take_result(struct sink_link *s, const PGresult *result)
{
    if (s->state == SINK_STATE_READY && s->is_busy) {
        take_request_result(s, result);
    } else if (s->state == SINK_STATE_CHECKING && PQresultStatus(result) == PGRES_TUPLES_OK) {
        uint64_t version = 0;
        if (str_to_u64(str_from(PQgetvalue(result, 0, 0)), INT32_MAX, &version) == ERR_OK)
            s->schema_version = (int)version;
    } else if (s->state == SINK_STATE_CHECKING && PQresultStatus(result) == PGRES_FATAL_ERROR) {
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        s->is_check_failed = state == NULL || strcmp(state, "42P01") != 0; /* no table: no schema */
    }
}

static void request_end(struct sink_link *s)
{
    struct sink_request *r = TAILQ_FIRST(&s->requests);
    TAILQ_REMOVE(&s->requests, r, list);
    s->is_busy = false;
    timer_stop(s->loop, s->deadline_timer);
    if (s->must_look) {
        timer_start(s->loop, s->deadline_timer, s->timeout_ms + GRACE_MS);
        check_start(s); /* the next ones wait for it */
    } else {
        request_next(s); /* before the callback, which may ask for more */
    }
    r->row->response(r);
}

static void read_results(struct sink_link *s)
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
    struct sink_link *s = ctx;
    if (s->state == SINK_STATE_CONNECTING) {
        connect_poll(s);
        return;
    }
    if ((what & EV_WRITE) != 0)
        flush(s);
    if ((what & EV_READ) != 0 && s->state != SINK_STATE_DOWN)
        read_results(s);
}

bool sink_link_is_up(const struct sink_link *s)
{
    return s->state == SINK_STATE_READY;
}

struct sink_link *sink_link_new(struct loop *loop, const char *conninfo, int64_t timeout_ms)
{
    struct sink_link *s = xcalloc(1, sizeof(*s));
    s->loop = loop;
    s->conninfo = xstrdup(conninfo);
    s->timeout_ms = timeout_ms;
    TAILQ_INIT(&s->requests);
    TAILQ_INIT(&s->failed);
    s->deadline_timer = timer_new(loop, on_deadline, s);
    s->connect_timer = timer_new(loop, on_connect_timer, s);
    s->fail_timer = timer_new(loop, on_fail_timer, s);
    connect_start(s);
    return s;
}

void sink_link_free(struct sink_link *s)
{
    connection_end(s, ERR_UNAVAILABLE, RECONNECT_MAX_MS);
    while (!TAILQ_EMPTY(&s->failed))
        on_fail_timer(s);
    timer_free(s->loop, s->deadline_timer);
    timer_free(s->loop, s->connect_timer);
    timer_free(s->loop, s->fail_timer);
    free(s->conninfo);
    free(s);
}
