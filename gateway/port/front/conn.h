/*
 * conn.h: one connection of the front, from accept to close. Inside of the front only:
 * libevent.c listens and keeps the deadlines, conn.c reads, hands over and replies.
 */
#pragma once

#include <event2/event_struct.h>
#include <netinet/in.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/str.h"
#include "port/front/front.h"

#define FRONT_READ_BYTES 16384u

/* What a connection waits for; each has one duration, so that the connections in one state, kept in
 * the order of entering it, are also in the order of their deadlines. */
enum wait {
    WAIT_IDLE,
    WAIT_HEAD,
    WAIT_BODY,
    WAIT_TURN, /* a complete request is in the reader: it is handed over in the next turn */
    WAIT_REPLY,
    WAIT_TAKING,
    WAIT_LINGER,
    N_WAITS
};

struct conn {
    TAILQ_ENTRY(conn) links; /* in front->waiting[wait] */
    struct front *front;
    struct http_reader *reader; /* NULL while lingering */
    struct event readable;
    struct event *writable; /* only after a reply that the socket did not take whole */
    struct buf pending;     /* the rest of that reply */
    struct front_peer *peer;
    size_t memory_bytes; /* counted in front->memory_bytes */
    int64_t deadline_ms;
    uint32_t n_lingered_bytes;
    uint32_t slot;
    int fd;
    enum wait wait;
    bool is_reading : 1;    /* readable is added */
    bool is_eof : 1;        /* the peer sends no more, but may still listen */
    bool is_handing : 1;    /* within the callback */
    bool is_answered : 1;   /* the present request has its reply */
    bool is_broken : 1;     /* the reply could not be sent */
    bool is_head : 1;       /* the present request is a HEAD */
    bool is_keep_alive : 1; /* the present reply leaves the connection open */
    char name[INET6_ADDRSTRLEN];
};

TAILQ_HEAD(conn_list, conn);

struct slot {
    struct conn *conn; /* NULL = free */
    uint32_t generation;
    uint32_t next_free;
};

struct front {
    struct loop *loop;
    struct front_limits limits;
    front_on_request *fn;
    void *ctx;
    int listen_fd; /* -1 = drained */
    int port;
    bool is_on_loopback;
    struct event *acceptable;
    struct timer *accept_again;
    struct timer *next_turn; /* for the connections in WAIT_TURN */
    struct timer *deadline;  /* fires at or before the earliest deadline of all connections */
    int64_t deadline_due_ms;
    struct conn_list waiting[N_WAITS];
    struct front_peers *peers;
    struct slot *slots;
    uint32_t first_free;
    uint32_t n_connections;
    size_t memory_bytes;
    struct buf out; /* the reply being written */
    char date[32];
    int64_t date_s;
    struct front_counters counters;
    bool is_draining;
    char scratch[FRONT_READ_BYTES];
};

/* The only way to change what a connection waits for. */
void front_enter(struct conn *c, enum wait wait);
/* There is a deadline at due_ms. The timer is moved only to an earlier time; when it fires too
 * early it looks and starts again. So the ordinary request touches no timer. */
void front_arm(struct front *f, int64_t due_ms);
/* Takes over fd and the place counted for it in peer; begins to read. */
void conn_new(struct front *f, int fd, struct front_peer *peer, const char name[INET6_ADDRSTRLEN]);
void conn_free(struct conn *c);
/* Hands over what is in WAIT_TURN; what comes into it meanwhile waits for the next turn. */
void conn_take_turns(void *front);
/* The deadline of what it waits for has passed: says so where somebody listens, and closes. */
void conn_expire(struct conn *c);

/* ---- peers.c: how many connections each peer has ----
 *
 * A peer is an IPv4 address or an IPv6 /64, since one customer of an IPv6 network owns at least
 * that much. */
struct front_peers;
/* One peer with at least one connection. */
struct front_peer;

struct front_peers *front_peers_new(void);
void front_peers_free(struct front_peers *peers);
/* Counts one more connection, or returns NULL when that would be more than max (0 = any). */
struct front_peer *front_peers_enter(struct front_peers *peers, const struct sockaddr *address,
                                     uint32_t max);
void front_peers_leave(struct front_peer *peer);
