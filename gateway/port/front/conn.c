#include "port/front/conn.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

#define MAX_PENDING_BYTES (65u << 20)
#define LINGER_BYTES (1u << 20)
#define DRAIN_IDLE_MS 1000
#define LINGER_MS 1000

static int64_t wait_ms(const struct front *f, enum wait wait)
{
    switch (wait) {
    case WAIT_IDLE:
        return f->is_draining && f->limits.idle_ms > DRAIN_IDLE_MS ? DRAIN_IDLE_MS
                                                                   : f->limits.idle_ms;
    case WAIT_HEAD:
        return f->limits.header_ms;
    case WAIT_BODY:
    case WAIT_TURN:
    case WAIT_TAKING:
        return f->limits.body_ms;
    case WAIT_REPLY:
        return f->limits.reply_ms;
    case WAIT_LINGER:
        return LINGER_MS;
    case N_WAITS:
        break;
    }
    assert(false);
    return 0;
}

void front_arm(struct front *f, int64_t due_ms)
{
    if (f->deadline_due_ms <= due_ms)
        return;
    f->deadline_due_ms = due_ms;
    timer_start(f->loop, f->deadline, due_ms - loop_mono(f->loop).ms);
}

void front_enter(struct conn *c, enum wait wait)
{
    struct front *f = c->front;
    TAILQ_REMOVE(&f->waiting[c->wait], c, links);
    c->wait = wait;
    c->deadline_ms = loop_mono(f->loop).ms + wait_ms(f, wait);
    TAILQ_INSERT_TAIL(&f->waiting[wait], c, links);
    front_arm(f, c->deadline_ms);
}

static void count_memory(struct conn *c)
{
    size_t now_bytes = c->pending.cap;
    if (c->reader != NULL)
        now_bytes += http_reader_memory_bytes(c->reader);
    c->front->memory_bytes += now_bytes - c->memory_bytes;
    c->memory_bytes = now_bytes;
}

void conn_free(struct conn *c)
{
    struct front *f = c->front;
    assert(!c->is_handing);
    TAILQ_REMOVE(&f->waiting[c->wait], c, links);
    (void)event_del(&c->readable); /* also fine when it is not added */
    if (c->writable != NULL)
        event_free(c->writable);
    (void)close(c->fd); /* nothing to be done about a failed close */
    struct slot *slot = &f->slots[c->slot];
    *slot = (struct slot){.generation = slot->generation + 1, .next_free = f->first_free};
    f->first_free = c->slot;
    f->n_connections--;
    f->memory_bytes -= c->memory_bytes;
    front_peers_leave(c->peer);
    http_reader_free(c->reader);
    buf_fini(&c->pending);
    free(c);
}

static void set_reading(struct conn *c, bool is_reading)
{
    if (c->is_reading == is_reading)
        return;
    c->is_reading = is_reading;
    if (is_reading ? event_add(&c->readable, NULL) != 0 : event_del(&c->readable) != 0)
        abort(); /* only without memory */
}

static void on_writable(evutil_socket_t fd, short what, void *ctx);

/* Keeps bytes for on_writable. */
static void conn_send_later(struct conn *c, struct str bytes)
{
    buf_add_str(&c->pending, bytes);
    if (c->writable == NULL)
        c->writable = event_new(loop_libevent_base(c->front->loop), c->fd, EV_WRITE | EV_PERSIST,
                                on_writable, c);
    if (buf_error(&c->pending) != ERR_OK || c->writable == NULL ||
        event_add(c->writable, NULL) != 0)
        c->is_broken = true;
    count_memory(c);
}

static void conn_send(struct conn *c, struct str bytes)
{
    ssize_t n = 0;
    if (c->pending.len == 0)
        n = send(c->fd, bytes.p, bytes.len, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        c->is_broken = true;
        return;
    }
    size_t n_sent = n > 0 ? (size_t)n : 0;
    if (n_sent < bytes.len)
        conn_send_later(c, str_sub(bytes, n_sent, bytes.len));
}

static struct str http_date(struct front *f)
{
    int64_t now_s = loop_wall(f->loop).ms / 1000;
    if (now_s != f->date_s) {
        time_t seconds = (time_t)now_s;
        struct tm tm;
        (void)gmtime_r(&seconds, &tm); /* no clock of ours is beyond its years */
        (void)strftime(f->date, sizeof(f->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        f->date_s = now_s;
    }
    return str_from(f->date);
}

static void conn_send_response(struct conn *c, const struct http_response *response)
{
    struct front *f = c->front;
    buf_reset(&f->out);
    http_response_write(response, c->is_keep_alive, c->is_head, http_date(f), &f->out);
    if (buf_error(&f->out) != ERR_OK)
        c->is_broken = true;
    else
        conn_send(c, buf_str(&f->out));
}

/* The last word of the front itself to a peer: status, reason, and no more requests. */
static void conn_send_last(struct conn *c, int status, const char *why)
{
    char text[160];
    int n = snprintf(text, sizeof(text), "%d %s: %s\n", status, http_status_words(status), why);
    const struct http_response response = {.status = status,
                                           .content_type = STR("text/plain"),
                                           .body = {text, (size_t)n},
                                           .must_close = true};
    c->is_keep_alive = false;
    c->is_head = c->is_head && c->wait == WAIT_REPLY;
    conn_send_response(c, &response);
}

/* After a last word. A refused peer may still be sending: closing at once would reset the
 * connection and take the response with it, so its bytes are thrown away for a moment. */
static void conn_linger(struct conn *c)
{
    if (c->is_broken || c->is_eof || c->pending.len > 0 || shutdown(c->fd, SHUT_WR) != 0) {
        conn_free(c);
        return;
    }
    http_reader_free(c->reader);
    c->reader = NULL;
    count_memory(c);
    front_enter(c, WAIT_LINGER);
    set_reading(c, true);
}

static void refuse(struct conn *c)
{
    const char *why;
    int status = http_reader_status(c->reader, &why);
    c->front->counters.n_malformed++;
    LOG_DEBUG("front", "refused", "status=%d why=\"%s\"", status, why);
    conn_send_last(c, status, why);
    conn_linger(c);
}

static void hand_over(struct conn *c)
{
    struct front *f = c->front;
    const struct http_request *request = http_reader_request(c->reader);
    c->is_answered = false;
    c->is_head = str_eq(request->method, STR("HEAD"));
    c->is_keep_alive = request->is_keep_alive;
    front_enter(c, WAIT_REPLY);
    f->counters.n_requests++;
    struct front_token token = {c->slot, f->slots[c->slot].generation};
    c->is_handing = true;
    f->fn(f->ctx, token, request, str_from(c->name));
    c->is_handing = false;
}

/* After a reply: true when the connection is ready for its next request; else it waits or is gone.
 */
static bool is_ready_for_next(struct conn *c)
{
    if (!c->is_answered)
        return false;
    if (c->is_broken || (!c->is_keep_alive && c->pending.len == 0)) {
        conn_free(c);
        return false;
    }
    if (c->pending.len > 0) {
        front_enter(c, WAIT_TAKING);
        return false;
    }
    return true;
}

/* A complete request is in the reader; others have their turn first. */
static void wait_for_turn(struct conn *c)
{
    front_enter(c, WAIT_TURN);
    timer_start(c->front->loop, c->front->next_turn, 0);
}

/* Acts on what the reader has; may free c. */
static void go_on(struct conn *c, enum http_state state)
{
    for (int n = 0; state == HTTP_STATE_DONE; n++) {
        if (n == FRONT_REQUESTS_PER_TURN) {
            count_memory(c);
            wait_for_turn(c);
            return;
        }
        hand_over(c);
        if (!is_ready_for_next(c))
            return;
        state = http_reader_next(c->reader);
    }
    count_memory(c);
    if (state == HTTP_STATE_ERROR) {
        refuse(c);
        return;
    }
    if (c->is_eof) {
        conn_free(c);
        return;
    }
    if (c->front->memory_bytes > c->front->limits.max_memory_bytes) {
        c->front->counters.n_refused++;
        conn_send_last(c, 503, "too many unfinished requests");
        conn_linger(c);
        return;
    }
    if (http_reader_wants_continue(c->reader))
        conn_send(c, STR("HTTP/1.1 100 Continue\r\n\r\n"));
    if (c->is_broken) {
        conn_free(c);
        return;
    }
    enum wait wait = state == HTTP_STATE_BODY           ? WAIT_BODY
                     : http_reader_has_begun(c->reader) ? WAIT_HEAD
                                                        : WAIT_IDLE;
    /* A deadline is absolute: more bytes of the same part do not move it. */
    if (c->wait != wait)
        front_enter(c, wait);
    set_reading(c, true);
}

/* Goes on after a reply that came later, without running the callback in here. */
static void go_on_later(struct conn *c)
{
    enum http_state state = http_reader_next(c->reader);
    if (state == HTTP_STATE_DONE)
        wait_for_turn(c);
    else
        go_on(c, state);
}

void conn_take_turns(void *front)
{
    struct front *f = front;
    struct conn *c;
    uint32_t n = 0;
    TAILQ_FOREACH(c, &f->waiting[WAIT_TURN], links)
    n++;
    for (; n > 0 && (c = TAILQ_FIRST(&f->waiting[WAIT_TURN])) != NULL; n--)
        go_on(c, HTTP_STATE_DONE); /* which takes it out of the list */
}

/* Is a request of this connection being worked on, or about to be? */
static bool is_busy(const struct conn *c)
{
    return c->wait == WAIT_TURN || c->wait == WAIT_REPLY || c->wait == WAIT_TAKING;
}

static void take_eof(struct conn *c)
{
    c->is_eof = true;
    set_reading(c, false);
    if (!is_busy(c))
        conn_free(c);
}

/* More bytes while a request is being worked on: they wait, within the reader's limits and once. */
static void take_early(struct conn *c, size_t n)
{
    if (http_reader_feed(c->reader, c->front->scratch, n) == HTTP_STATE_ERROR) {
        c->is_eof = true;
        c->is_keep_alive = false;
    }
    set_reading(c, false);
    count_memory(c);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* both are the connection's */
    struct conn *c = ctx;
    struct front *f = c->front;
    (void)loop_mono(f->loop); /* begins the turn for the stall watch */
    ssize_t n = recv(c->fd, f->scratch, sizeof(f->scratch), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        conn_free(c);
    } else if (n == 0) {
        take_eof(c);
    } else if (c->wait == WAIT_LINGER) {
        c->n_lingered_bytes += (uint32_t)n;
        if (c->n_lingered_bytes > LINGER_BYTES)
            conn_free(c);
    } else if (is_busy(c)) {
        take_early(c, (size_t)n);
    } else {
        go_on(c, http_reader_feed(c->reader, f->scratch, (size_t)n));
    }
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* both are the connection's */
    struct conn *c = ctx;
    ssize_t n = send(c->fd, c->pending.p, c->pending.len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        conn_free(c);
        return;
    }
    buf_consume(&c->pending, (size_t)n);
    if (c->pending.len > 0)
        return;
    buf_fini(&c->pending);
    event_free(c->writable);
    c->writable = NULL;
    if (c->wait == WAIT_TAKING && is_ready_for_next(c))
        go_on_later(c);
}

void front_reply(struct front *f, struct front_token token, const struct http_response *response)
{
    struct slot *slot = token.slot < f->limits.max_connections ? &f->slots[token.slot] : NULL;
    if (slot == NULL || slot->conn == NULL || slot->generation != token.generation) {
        f->counters.n_late_replies++;
        return;
    }
    struct conn *c = slot->conn;
    slot->generation++;
    c->is_answered = true;
    c->is_keep_alive = c->is_keep_alive && !f->is_draining && !response->must_close;
    conn_send_response(c, response);
    if (!c->is_handing && is_ready_for_next(c))
        go_on_later(c);
}

void conn_new(struct front *f, int fd, struct front_peer *peer, const char name[INET6_ADDRSTRLEN])
{
    struct conn *c = xcalloc(1, sizeof(*c));
    c->front = f;
    c->fd = fd;
    c->peer = peer;
    memcpy(c->name, name, sizeof(c->name));
    c->reader = http_reader_new(&f->limits.http);
    buf_init(&c->pending, MAX_PENDING_BYTES);
    c->slot = f->first_free;
    f->first_free = f->slots[c->slot].next_free;
    f->slots[c->slot].conn = c;
    f->n_connections++;
    c->wait = WAIT_HEAD;
    TAILQ_INSERT_TAIL(&f->waiting[WAIT_HEAD], c, links);
    front_enter(c, WAIT_HEAD);
    count_memory(c);
    if (event_assign(&c->readable, loop_libevent_base(f->loop), fd, EV_READ | EV_PERSIST,
                     on_readable, c) != 0)
        abort(); /* only on wrong arguments */
    set_reading(c, true);
}

void conn_expire(struct conn *c)
{
    struct front *f = c->front;
    switch (c->wait) {
    case WAIT_IDLE:
    case WAIT_LINGER:
        conn_free(c);
        return;
    case WAIT_HEAD:
    case WAIT_BODY:
        f->counters.n_timeouts++;
        if (http_reader_has_begun(c->reader))
            conn_send_last(c, 408, "the request came too slowly");
        conn_free(c);
        return;
    case WAIT_REPLY:
        f->counters.n_timeouts++;
        f->slots[c->slot].generation++; /* the reply that comes now is late */
        conn_send_last(c, 503, "no answer in time");
        conn_linger(c);
        return;
    case WAIT_TURN:
    case WAIT_TAKING:
        f->counters.n_timeouts++;
        conn_free(c);
        return;
    case N_WAITS:
        break;
    }
    assert(false);
}
