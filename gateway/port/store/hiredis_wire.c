/*
 * hiredis_wire.c: one connection, hiredis on libevent.
 *
 * hiredis' own adapter re-arms one-shot events, which costs 8 system calls a command where
 * persistent events need 3; this one also writes only once a turn, behind the other events.
 *
 * Commands leave in batches: while the replies of one are awaited, what is asked gathers and forms
 * the next. The server does one write and one fdatasync for all that it reads at once, and they are
 * most of what a commit costs it: 71 us at 8 in a batch, 26 at 32. A lone command waits for nobody.
 */
#include "port/store/hiredis_link.h"

#include <event2/event.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"

struct wire {
    wire_on_reply *on_reply;
    wire_on_gone *on_gone;
    void *ctx;
    redisAsyncContext *redis;
    struct event *readable, *writable, *end_of_turn;
    uint32_t n_gathered; /* commands that have not been written */
    uint32_t n_awaited;  /* that have, and are not answered */
    bool is_given_up;
    bool is_flushing; /* inside the write at the end of a turn */
    bool is_gone;     /* hiredis has let go of it during that write */
    struct wire *next;
};

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* both known */
    struct wire *wire = ctx;
    redisAsyncHandleRead(wire->redis);
}

static void count_written(struct wire *wire)
{
    wire->n_awaited += wire->n_gathered;
    wire->n_gathered = 0;
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* both known */
    struct wire *wire = ctx;
    count_written(wire);
    redisAsyncHandleWrite(wire->redis);
}

/* Runs behind the other events of this turn. */
static void on_end_of_turn(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what; /* both known */
    struct wire *wire = ctx;
    count_written(wire);
    wire->is_flushing = true; /* hiredis asks for writability now only if the socket is full */
    redisAsyncHandleWrite(wire->redis);
    wire->is_flushing = false;
    if (wire->is_gone)
        free(wire);
}

/* ---- what hiredis asks of an event loop ---- */

static void event_need(struct event *event)
{
    if (event_add(event, NULL) != 0)
        abort(); /* epoll refuses the socket: out of memory */
}

static void wire_add_read(void *ctx)
{
    struct wire *wire = ctx;
    if (!wire->is_given_up)
        event_need(wire->readable);
}

static void wire_del_read(void *ctx)
{
    struct wire *wire = ctx;
    (void)event_del(wire->readable); /* also fine when it is not pending */
}

static void wire_add_write(void *ctx)
{
    struct wire *wire = ctx;
    if (wire->is_given_up)
        return; /* nothing more is said */
    bool is_connected = (wire->redis->c.flags & REDIS_CONNECTED) != 0;
    if (wire->is_flushing || !is_connected)
        event_need(wire->writable);
    else if (wire->n_awaited == 0)
        event_active(wire->end_of_turn, EV_WRITE, 0);
}

static void wire_del_write(void *ctx)
{
    struct wire *wire = ctx;
    (void)event_del(wire->writable); /* also fine when it is not pending */
}

/* hiredis has closed the connection and frees its own part next. */
static void on_cleanup(void *ctx)
{
    struct wire *wire = ctx;
    char why[128];
    (void)snprintf(why, sizeof(why), "%s", wire->redis->errstr); /* cut is fine */
    event_free(wire->readable);
    event_free(wire->writable);
    event_free(wire->end_of_turn);
    wire->redis = NULL;
    bool is_news = !wire->is_given_up;
    wire_on_gone *on_gone = wire->on_gone;
    void *owner = wire->ctx;
    wire->is_gone = true;
    if (!wire->is_flushing)
        free(wire);
    if (is_news)
        on_gone(owner, why[0] != '\0' ? why : "connection lost");
}

/* ---- the wire ---- */

static struct event *wire_event(struct wire *wire, struct loop *loop, short what,
                                event_callback_fn fn)
{
    evutil_socket_t fd = (what & EV_PERSIST) != 0 ? wire->redis->c.fd : -1;
    struct event *event = event_new(loop_libevent_base(loop), fd, what, fn, wire);
    if (event == NULL)
        abort();
    return event;
}

struct wire *wire_new(struct loop *loop, const struct store_settings *settings,
                      wire_on_reply *on_reply, wire_on_gone *on_gone, void *ctx, char *ret_why,
                      size_t why_bytes)
{
    redisAsyncContext *redis = settings->socket_path != NULL
                                   ? redisAsyncConnectUnix(settings->socket_path)
                                   : redisAsyncConnect(settings->host, settings->port);
    if (redis == NULL)
        abort(); /* no memory */
    if (redis->err != 0) {
        (void)snprintf(ret_why, why_bytes, "%s", redis->errstr); /* cut is fine */
        redisAsyncFree(redis);
        return NULL;
    }
    struct wire *wire = xcalloc(1, sizeof(*wire));
    *wire = (struct wire){.on_reply = on_reply, .on_gone = on_gone, .ctx = ctx, .redis = redis};
    wire->readable = wire_event(wire, loop, EV_READ | EV_PERSIST, on_readable);
    wire->writable = wire_event(wire, loop, EV_WRITE | EV_PERSIST, on_writable);
    wire->end_of_turn = wire_event(wire, loop, 0, on_end_of_turn);
    redis->data = wire;
    redis->ev.data = wire;
    redis->ev.addRead = wire_add_read;
    redis->ev.delRead = wire_del_read;
    redis->ev.addWrite = wire_add_write;
    redis->ev.delWrite = wire_del_write;
    redis->ev.cleanup = on_cleanup;
    return wire;
}

static void on_command(redisAsyncContext *redis, void *reply, void *ctx)
{
    (void)ctx; /* the owner knows what comes next */
    struct wire *wire = redis->data;
    if (wire->is_given_up || reply == NULL) /* NULL: lost, which on_cleanup tells */
        return;
    if (--wire->n_awaited == 0 && wire->n_gathered > 0)
        event_active(wire->end_of_turn, EV_WRITE, 0);
    wire->on_reply(wire->ctx, reply);
}

bool wire_write(struct wire *wire, const char *text, size_t n)
{
    wire->n_gathered++;
    return redisAsyncFormattedCommand(wire->redis, on_command, NULL, text, n) == REDIS_OK;
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

void wire_free(struct wire *wire)
{
    redisAsyncFree(wire->redis); /* runs on_cleanup, which frees the rest */
}
