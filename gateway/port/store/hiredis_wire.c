/*
 * hiredis_wire.c: one connection, plain or by TLS: hiredis' socket and its reader of replies, on
 * libevent. hiredis' own asynchronous half knows no TLS and re-arms one-shot events, which costs 8
 * system calls a command where persistent events need 3.
 *
 * Commands leave in batches, at the end of a turn: while the replies of one are awaited, what is
 * asked gathers and forms the next. The server does one write and one fdatasync for all that it
 * reads at once, and they are most of what a commit costs it: 71 us at 8 in a batch, 26 at 32. A
 * lone command waits for nobody.
 *
 * With wait_replicas each batch ends in a WAIT, and its replies are given when that many replicas
 * have the batch too; else each command of it may have taken effect, and may be lost. But what was
 * refused was refused: a server that has become a replica refuses the WAIT as well, and says where
 * its keys are.
 */
#include "port/store/hiredis_link.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "port/store/tls.h"

#define READ_BYTES 16384
#define BUF_MAX_BYTES (1u << 30) /* max_in_flight commands and their replies are far below */

struct wire {
    struct wire_owner owner;
    redisContext *redis; /* its socket and its reader */
    struct tls *tls;     /* NULL: plain */
    struct event *readable, *writable, *end_of_turn;
    struct buf out;
    size_t n_closed;     /* bytes of it that may leave: what follows is gathered still */
    uint32_t n_gathered; /* commands that have not been written */
    uint32_t n_awaited;  /* replies to what has */
    uint32_t wait_replicas;
    int64_t wait_ms;
    struct buf held; /* redisReply *: of a batch whose WAIT is not answered yet */
    bool is_connected;
    bool is_given_up;
    struct wire *next;
};

/* ---- the end ---- */

static redisReply *held_at(const struct buf *held, size_t i)
{
    redisReply *reply;
    memcpy(&reply, held->p + i * sizeof(reply), sizeof(reply));
    return reply;
}

static size_t n_held(const struct buf *held)
{
    return held->len / sizeof(redisReply *);
}

static void held_free(struct buf *held)
{
    for (size_t i = 0; i < n_held(held); i++)
        freeReplyObject(held_at(held, i));
    buf_fini(held);
}

void wire_free(struct wire *wire)
{
    held_free(&wire->held);
    event_free(wire->readable);
    event_free(wire->writable);
    event_free(wire->end_of_turn);
    tls_free(wire->tls);
    redisFree(wire->redis);
    buf_fini(&wire->out);
    free(wire);
}

/* The last that happens to a wire: the caller returns to the loop. */
static void wire_lost(struct wire *wire, const char *why)
{
    char text[160];
    if (wire->is_given_up)
        return;                                    /* its owner frees it */
    (void)snprintf(text, sizeof(text), "%s", why); /* cut is fine */
    struct wire_owner owner = wire->owner;
    wire_free(wire);
    owner.on_gone(owner.ctx, text);
}

struct wire *wire_give_up(struct wire *wire, struct wire *others)
{
    wire->is_given_up = true;
    (void)event_del(wire->readable); /* also fine when they are not pending */
    (void)event_del(wire->writable);
    (void)event_del(wire->end_of_turn);
    wire->next = others;
    return wire;
}

struct wire *wire_next(struct wire *wire)
{
    return wire->next;
}

/* ---- writing ---- */

static void event_need(struct event *event)
{
    if (event_add(event, NULL) != 0)
        abort(); /* epoll refuses the socket: out of memory */
}

static ssize_t wire_send(struct wire *wire)
{
    if (wire->tls != NULL)
        return tls_write(wire->tls, wire->out.p, wire->n_closed);
    ssize_t n = send(wire->redis->fd, wire->out.p, wire->n_closed, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? TLS_AGAIN : TLS_GONE;
    return n;
}

static const char *wire_why(const struct wire *wire)
{
    return wire->tls != NULL ? tls_why(wire->tls) : strerror(errno);
}

/* False: the wire is gone. */
static bool wire_flush(struct wire *wire)
{
    while (wire->n_closed > 0) {
        ssize_t n = wire_send(wire);
        if (n == TLS_AGAIN) {
            event_need(wire->writable);
            return true;
        }
        if (n == TLS_GONE) {
            wire_lost(wire, wire_why(wire));
            return false;
        }
        buf_consume(&wire->out, (size_t)n);
        wire->n_closed -= (size_t)n;
    }
    (void)event_del(wire->writable); /* also fine when it is not pending */
    return true;
}

static void batch_close(struct wire *wire)
{
    wire->n_awaited += wire->n_gathered;
    if (wire->wait_replicas > 0 && wire->n_gathered > 0) {
        char replicas[24], wait[24];
        struct str n = decimal(replicas, wire->wait_replicas), ms = decimal(wait, wire->wait_ms);
        buf_addf(&wire->out, "*3\r\n$4\r\nWAIT\r\n$%zu\r\n%.*s\r\n$%zu\r\n%.*s\r\n", n.len,
                 STR_ARG(n), ms.len, STR_ARG(ms));
        wire->n_awaited++;
    }
    wire->n_gathered = 0;
    wire->n_closed = wire->out.len;
}

/* Runs behind the other events of this turn. */
static void on_end_of_turn(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* both known */
    struct wire *wire = ctx;
    if (wire->n_awaited > 0)
        return; /* the last of these replies comes here again */
    batch_close(wire);
    (void)wire_flush(wire); /* nothing follows */
}

bool wire_write(struct wire *wire, const char *text, size_t n)
{
    if (wire->is_given_up)
        return false;
    buf_add(&wire->out, text, n);
    if (buf_error(&wire->out) != ERR_OK)
        abort(); /* no memory */
    if (wire->n_gathered++ == 0 && wire->n_awaited == 0 && wire->is_connected)
        event_active(wire->end_of_turn, EV_WRITE, 0);
    return true;
}

/* ---- reading ---- */

static void give(struct wire *wire, const redisReply *reply)
{
    if (!wire->is_given_up)
        wire->owner.on_reply(wire->owner.ctx, reply);
}

/* The batch's WAIT is answered. */
static void held_give(struct wire *wire)
{
    static char unsure[] = REPLY_UNSURE;
    redisReply is_unsure = {.type = REDIS_REPLY_ERROR, .str = unsure, .len = sizeof(unsure) - 1};
    struct buf held = wire->held; /* moved away: what is asked now belongs to the next batch */
    size_t n = n_held(&held) - 1;
    const redisReply *wait = held_at(&held, n);
    bool is_safe =
        wait->type == REDIS_REPLY_INTEGER && wait->integer >= (long long)wire->wait_replicas;
    buf_init(&wire->held, BUF_MAX_BYTES);
    for (size_t i = 0; i < n; i++) {
        const redisReply *reply = held_at(&held, i);
        give(wire, is_safe || reply->type == REDIS_REPLY_ERROR ? reply : &is_unsure);
    }
    held_free(&held);
}

static void wire_take(struct wire *wire, redisReply *reply)
{
    bool is_last = --wire->n_awaited == 0;
    if (is_last && wire->n_gathered > 0)
        event_active(wire->end_of_turn, EV_WRITE, 0);
    if (wire->wait_replicas == 0) {
        give(wire, reply);
        freeReplyObject(reply);
        return;
    }
    buf_add(&wire->held, &reply, sizeof(reply));
    if (buf_error(&wire->held) != ERR_OK)
        abort(); /* no memory */
    if (is_last)
        held_give(wire);
}

/* False: the wire is gone, or nobody listens any more. */
static bool replies_take(struct wire *wire)
{
    void *reply = NULL;
    while (!wire->is_given_up) {
        if (redisReaderGetReply(wire->redis->reader, &reply) != REDIS_OK) {
            wire_lost(wire, wire->redis->reader->errstr);
            return false;
        }
        if (reply == NULL)
            return true;
        if (wire->n_awaited == 0) { /* as of a server that is told to shut everybody out */
            const char *text = ((redisReply *)reply)->str;
            char why[128];
            (void)snprintf(why, sizeof(why), "%s", text != NULL ? text : "a reply too many");
            freeReplyObject(reply);
            wire_lost(wire, why);
            return false;
        }
        wire_take(wire, reply);
    }
    return false;
}

static ssize_t wire_recv(struct wire *wire, char *dst, size_t n)
{
    if (wire->tls != NULL)
        return tls_read(wire->tls, dst, n);
    ssize_t got = recv(wire->redis->fd, dst, n, 0);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? TLS_AGAIN : TLS_GONE;
    errno = ECONNRESET; /* what a closed one is called */
    return got > 0 ? got : TLS_GONE;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* both known */
    struct wire *wire = ctx;
    char bytes[READ_BYTES];
    ssize_t n = 0;
    do {
        n = wire_recv(wire, bytes, sizeof(bytes));
        if (n == TLS_GONE) {
            wire_lost(wire, wire_why(wire));
            return;
        }
        if (n > 0 && redisReaderFeed(wire->redis->reader, bytes, (size_t)n) != REDIS_OK)
            abort(); /* no memory */
        if (n > 0 && !replies_take(wire))
            return;
    } while (n == sizeof(bytes) || (n > 0 && wire->tls != NULL));
    if (wire->tls != NULL && wire->is_connected)
        (void)wire_flush(wire); /* a write may have waited for what the peer said */
}

/* ---- coming up ---- */

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)what; /* known */
    struct wire *wire = ctx;
    int error = 0;
    socklen_t size = sizeof(error);
    if (!wire->is_connected) {
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
            wire_lost(wire, strerror(error != 0 ? error : errno));
            return;
        }
        wire->is_connected = true;
        event_need(wire->readable);
        batch_close(wire);
    }
    (void)wire_flush(wire); /* nothing follows */
}

static struct event *wire_event(struct wire *wire, struct loop *loop, short what,
                                event_callback_fn fn)
{
    evutil_socket_t fd = (what & EV_PERSIST) != 0 ? wire->redis->fd : -1;
    struct event *event = event_new(loop_libevent_base(loop), fd, what, fn, wire);
    if (event == NULL)
        abort();
    return event;
}

static redisContext *wire_connect(const struct store_settings *settings,
                                  char ret_why[LINK_WHY_BYTES])
{
    redisContext *redis = settings->socket_path != NULL
                              ? redisConnectUnixNonBlock(settings->socket_path)
                              : redisConnectNonBlock(settings->host, settings->port);
    if (redis == NULL)
        abort(); /* no memory */
    if (redis->err == 0)
        return redis;
    (void)snprintf(ret_why, LINK_WHY_BYTES, "%s", redis->errstr); /* cut is fine */
    redisFree(redis);
    return NULL;
}

struct wire *wire_new(struct loop *loop, const struct store_settings *settings,
                      const struct wire_owner *owner, char ret_why[LINK_WHY_BYTES])
{
    redisContext *redis = wire_connect(settings, ret_why);
    if (redis == NULL)
        return NULL;
    struct tls *tls = NULL;
    if (settings->tls.ca != NULL && settings->socket_path == NULL) {
        tls = tls_new(&settings->tls, settings->host, redis->fd, ret_why, LINK_WHY_BYTES);
        if (tls == NULL) {
            redisFree(redis);
            return NULL;
        }
    }
    struct wire *wire = xcalloc(1, sizeof(*wire));
    *wire = (struct wire){.owner = *owner,
                          .redis = redis,
                          .tls = tls,
                          .wait_replicas = settings->wait_replicas,
                          .wait_ms = settings->deadline_ms / 2};
    buf_init(&wire->out, BUF_MAX_BYTES);
    buf_init(&wire->held, BUF_MAX_BYTES);
    wire->readable = wire_event(wire, loop, EV_READ | EV_PERSIST, on_readable);
    wire->writable = wire_event(wire, loop, EV_WRITE | EV_PERSIST, on_writable);
    wire->end_of_turn = wire_event(wire, loop, 0, on_end_of_turn);
    event_need(wire->writable);
    return wire;
}
