/*
 * reader_libpq.c: one connection, one statement at a time, never blocking.
 *
 *   CONNECTING -> SETTING -> IDLE <-> ASKING        any failure of the connection: DOWN
 */
#include "port/database/reader.h"

#include <assert.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/database/pq.h"

#define CONNECT_MS 5000
#define GRACE_MS 2000         /* the server's own timeout comes first */
#define RESULTS_PER_TURN 200u /* rows */

enum reader_state {
    READER_CONNECTING,
    READER_SETTING,
    READER_IDLE,
    READER_ASKING,
    READER_DOWN,
};

struct reader {
    struct loop *loop;
    PGconn *conn;
    struct event *event;    /* on the socket; NULL while there is none */
    struct timer *deadline; /* of connecting or of the statement */
    struct timer *later;    /* a response, or more rows, in the next turn */
    int64_t timeout_ms;
    enum reader_state state;
    reader_on_end *fn; /* NULL: nothing is asked */
    void *ctx;
    struct database_rows rows;
    bool has_rows, has_columns;
    enum err e; /* of the results so far */
    struct errmsg msg;
};

static void on_socket(evutil_socket_t fd, short what, void *ctx);

/* The last act of whoever calls it: the callback may close the reader. */
static void response(struct reader *r, enum err e)
{
    reader_on_end *fn = r->fn;
    struct errmsg msg = r->msg;
    timer_stop(r->loop, r->deadline);
    r->fn = NULL;
    if (fn != NULL)
        fn(r->ctx, e, msg.text); /* "" with ERR_OK */
}

static void drop(struct reader *r)
{
    if (r->event != NULL)
        event_free(r->event);
    r->event = NULL;
    PQfinish(r->conn);
    r->conn = NULL;
    r->state = READER_DOWN;
}

static void fail(struct reader *r, enum err e, const char *words)
{
    errmsg_format(&r->msg, "%s", words);
    drop(r);
    response(r, e);
}

/* libpq ends its words with a line end, and they go with the connection. */
static void fail_lost(struct reader *r)
{
    struct errmsg msg;
    errmsg_format(&msg, "%.*s", STR_ARG(str_trim(str_from(PQerrorMessage(r->conn)))));
    /* Which error it was libpq does not tell; whether it got as far as the password it does. */
    bool is_refused = r->state == READER_CONNECTING && PQconnectionUsedPassword(r->conn) == 1 &&
                      strstr(msg.text, "too many connections") == NULL;
    fail(r, is_refused ? ERR_DENIED : ERR_UNAVAILABLE, msg.text);
}

static void on_deadline(void *ctx)
{
    fail(ctx, ERR_UNAVAILABLE, "no answer in time");
}

/* ERR_OK, or the connection is gone and was answered for. */
static enum err watch(struct reader *r, short what)
{
    if (PQsocket(r->conn) < 0) { /* libpq gave it up on its own */
        fail_lost(r);
        return ERR_UNAVAILABLE;
    }
    if (r->event != NULL)
        event_free(r->event);
    r->event = event_new(loop_libevent_base(r->loop), PQsocket(r->conn), (short)(what | EV_PERSIST),
                         on_socket, r);
    if (r->event == NULL || event_add(r->event, NULL) != 0)
        abort(); /* only without memory */
    return ERR_OK;
}

/* ---- the connection ---- */

static void set_start(struct reader *r)
{
    char sql[400];
    if (PQconnectionUsedPassword(r->conn) == 0) {
        fail(r, ERR_UNSUPPORTED, "PostgreSQL did not ask for the password");
        return;
    }
    (void)snprintf(sql, sizeof(sql), /* bounded by its number */
                   "set default_transaction_read_only = on; set statement_timeout = %lld; "
                   "set lock_timeout = '2s'; set idle_in_transaction_session_timeout = '1min'; "
                   "set client_encoding = 'UTF8'; set datestyle = 'iso, ymd'; "
                   "set time zone 'UTC'; set jit = off",
                   (long long)r->timeout_ms);
    r->state = READER_SETTING;
    if (PQsetnonblocking(r->conn, 1) != 0 || PQsendQuery(r->conn, sql) != 1 ||
        PQflush(r->conn) < 0) {
        fail_lost(r);
        return;
    }
    (void)watch(r, EV_READ | EV_WRITE); /* a failure is answered there */
}

static void connect_poll(struct reader *r)
{
    switch (PQconnectPoll(r->conn)) {
    case PGRES_POLLING_READING:
        (void)watch(r, EV_READ); /* on the socket of now: libpq may have taken another */
        break;
    case PGRES_POLLING_WRITING:
        (void)watch(r, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        set_start(r);
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        fail_lost(r);
        break;
    }
}

/* ---- results ---- */

static void take_error(struct reader *r, const PGresult *result)
{
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (r->e != ERR_OK)
        return;
    r->e = errmsg_set(&r->msg, pq_state_err(PQresultErrorField(result, PG_DIAG_SQLSTATE)), "%s%s%s",
                      words != NULL ? words : PQerrorMessage(r->conn), hint != NULL ? ". " : "",
                      hint != NULL ? hint : "");
}

static void take_result(struct reader *r, const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY)
        return;
    if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE) {
        take_error(r, result);
        return;
    }
    if (r->e == ERR_OK && r->has_rows) /* an error of who takes them has no words */
        r->e = pq_give(result, &r->has_columns, &r->rows);
}

/* The statement has come to its end. */
static void ask_end(struct reader *r)
{
    if (r->e == ERR_UNAVAILABLE) {
        struct errmsg msg = r->msg;
        fail(r, ERR_UNAVAILABLE, msg.text);
        return;
    }
    r->state = READER_IDLE;
    response(r, r->e);
}

static void read_results(struct reader *r)
{
    uint32_t n = 0;
    while (PQisBusy(r->conn) == 0) {
        if (n++ == RESULTS_PER_TURN) {
            timer_start(r->loop, r->later, 0);
            return;
        }
        PGresult *result = PQgetResult(r->conn);
        if (result == NULL) {
            if (r->state != READER_IDLE)
                ask_end(r);
            return;
        }
        take_result(r, result);
        PQclear(result);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
    struct reader *r = ctx;
    (void)fd;
    (void)loop_mono(r->loop); /* the turn is timed from here */
    if (r->state == READER_CONNECTING) {
        connect_poll(r);
        return;
    }
    int rc = PQflush(r->conn);
    if (rc < 0 || ((what & EV_READ) != 0 && PQconsumeInput(r->conn) != 1) ||
        PQstatus(r->conn) != CONNECTION_OK) {
        fail_lost(r);
        return;
    }
    if (watch(r, rc == 1 ? EV_READ | EV_WRITE : EV_READ) == ERR_OK)
        read_results(r);
}

static void on_later(void *ctx)
{
    struct reader *r = ctx;
    if (r->state == READER_DOWN)
        response(r, r->e != ERR_OK ? r->e : ERR_UNAVAILABLE);
    else
        read_results(r);
}

/* ---- calls ---- */

static bool is_text(struct str s, size_t max_bytes)
{
    return s.len > 0 && s.len < max_bytes && memchr(s.p, '\0', s.len) == NULL;
}

static void connect_start(struct reader *r, const char *conninfo, const char *name,
                          const char *password)
{
    /* Those behind the conninfo overrule it. */
    const char *names[] = {"application_name", "gssencmode", "tcp_user_timeout", "dbname", "user",
                           "password",         NULL};
    const char *values[] = {"waypost-report", "disable", "10000", conninfo, name, password, NULL};
    r->conn = PQconnectStartParams(names, values, 1);
    if (r->conn == NULL)
        abort(); /* only without memory */
    if (PQstatus(r->conn) == CONNECTION_BAD) {
        errmsg_format(&r->msg, "%.*s", STR_ARG(str_trim(str_from(PQerrorMessage(r->conn)))));
        drop(r);
        timer_start(r->loop, r->later, 0);
        return;
    }
    (void)PQsetNoticeProcessor(r->conn, pq_ignore_notice, NULL); /* returns the old one */
    timer_start(r->loop, r->deadline, CONNECT_MS);
    r->event = event_new(loop_libevent_base(r->loop), PQsocket(r->conn), EV_WRITE, on_socket, r);
    if (r->event == NULL || event_add(r->event, NULL) != 0)
        abort(); /* only without memory */
}

struct reader *reader_libpq_open(struct loop *loop, const struct reader_login *login,
                                 reader_on_end *fn, void *ctx)
{
    struct reader *r = xcalloc(1, sizeof(*r));
    char who[READER_NAME_BYTES], secret[READER_PASSWORD_BYTES];
    *r = (struct reader){.loop = loop, .timeout_ms = login->timeout_ms, .fn = fn, .ctx = ctx};
    r->deadline = timer_new(loop, on_deadline, r);
    r->later = timer_new(loop, on_later, r);
    /* An empty one would be taken for none, and the conninfo's or a file's in its place. */
    if (is_text(login->name, sizeof(who)) && is_text(login->password, sizeof(secret)) &&
        str_copy(login->name, who, sizeof(who)) == ERR_OK &&
        str_copy(login->password, secret, sizeof(secret)) == ERR_OK) {
        connect_start(r, login->conninfo, who, secret);
        explicit_bzero(secret, sizeof(secret));
        return r;
    }
    r->e = errmsg_set(&r->msg, ERR_INVALID, "a name and a password are needed");
    r->state = READER_DOWN;
    timer_start(loop, r->later, 0);
    return r;
}

void reader_ask(struct reader *r, const struct sql *sql, const struct database_rows *rows,
                reader_on_end *fn, void *ctx)
{
    const char *values[DATABASE_MAX_ASK];
    assert(sql->n_params <= DATABASE_MAX_ASK && r->fn == NULL); /* our own calls */
    for (uint32_t i = 0; i < sql->n_params; i++)
        values[i] = sql->params[i].p;
    r->fn = fn;
    r->ctx = ctx;
    r->has_rows = rows != NULL;
    r->rows = rows != NULL ? *rows : (struct database_rows){0};
    r->has_columns = false;
    r->e = ERR_OK;
    r->msg.text[0] = '\0';
    if (r->state == READER_DOWN) {
        errmsg_format(&r->msg, "the connection to PostgreSQL was lost");
        timer_start(r->loop, r->later, 0);
        return;
    }
    r->state = READER_ASKING;
    timer_start(r->loop, r->deadline, r->timeout_ms + GRACE_MS);
    /* What fails here shows on the socket, or at the deadline. */
    if (PQsendQueryParams(r->conn, sql->text, (int)sql->n_params, NULL, values, NULL, NULL, 0) !=
            1 ||
        PQsetSingleRowMode(r->conn) != 1 || PQflush(r->conn) < 0) {
        errmsg_format(&r->msg, "the connection to PostgreSQL was lost");
        drop(r);
        timer_start(r->loop, r->later, 0);
        return;
    }
    event_free(r->event);
    r->event = event_new(loop_libevent_base(r->loop), PQsocket(r->conn),
                         EV_READ | EV_WRITE | EV_PERSIST, on_socket, r);
    if (r->event == NULL || event_add(r->event, NULL) != 0)
        abort(); /* only without memory */
}

void reader_close(struct reader *r)
{
    if (r == NULL)
        return;
    drop(r);
    timer_free(r->loop, r->deadline);
    timer_free(r->loop, r->later);
    free(r);
}
