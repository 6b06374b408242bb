/*
 * hiredis_link.h: commands on their way to one server: their words (hiredis_words.c), one
 * connection (hiredis_wire.c), what a server is asked before it is used (hiredis_greeting.c), and a
 * link, which is connected for as long as it lives (hiredis_link.c: deadlines, circuit breaker).
 * Which server a command goes to is hiredis_nodes.h. Inside of the family only.
 */
#pragma once

#include <sys/queue.h>

#include "port/store/hiredis_map.h"
#include "port/store/hiredis_reply.h"
#include "port/store/ops.h"

/* ---- commands: binary-safe words, borrowed until link_send returns ---- */

#define ARGV_MAX 640 /* XREAD over all buckets needs 518 */

struct argv {
    int n;
    uint16_t slot; /* of its key, on a Cluster */
    const char *words[ARGV_MAX];
    size_t bytes[ARGV_MAX];
};

static inline void argv_add(struct argv *argv, struct str word)
{
    argv->words[argv->n] = word.p != NULL ? word.p : "";
    argv->bytes[argv->n++] = word.len;
}

/* Of words that end with NULL. */
struct argv argv_of(const char *const *words);
/* The command as RESP, to be freed. */
char *argv_text(const struct argv *argv, size_t *ret_bytes);

#define KEY_BYTES 64

/* Writes "wp:{b007}:" for kind 'b' and bucket 7; gives the place behind it. */
char *tag_put(char *p, char kind, uint8_t bucket);
/* One key of a bucket: "wp:{b007}:" and the rest. dst holds the bytes. */
struct str bucket_key(char dst[KEY_BYTES], uint8_t bucket, struct str rest);
/* "wp:{b007}:s:" and the number_id without its first byte, which is the bucket, in base64url: 20
 * characters. */
struct str number_key(char dst[KEY_BYTES], const struct number_id *id, char kind);
/* False: it is no such key. */
bool number_key_read(struct str key, char kind, struct number_id *ret);
struct str decimal(char dst[24], int64_t value);
struct str decimal_unsigned(char dst[24], uint64_t value);

/* ---- one connection ---- */

#define LINK_WHY_BYTES 128u

struct wire;
/* Replies in the order of the commands. */
typedef void wire_on_reply(void *ctx, const redisReply *reply);
/* It broke; the wire is gone when this runs. */
typedef void wire_on_gone(void *ctx, const char *why);
struct wire_owner {
    wire_on_reply *on_reply;
    wire_on_gone *on_gone;
    void *ctx;
};
/* Connects in the background. NULL and why when that fails at once. */
struct wire *wire_new(struct loop *loop, const struct store_settings *settings,
                      const struct wire_owner *owner, char ret_why[LINK_WHY_BYTES]);
/* text is one whole command, copied. False while the connection is being closed. */
bool wire_write(struct wire *wire, const char *text, size_t n);
/* Nothing more is heard or said; allowed inside its callbacks. Returns the list of given-up wires
 * with this one in front, to be freed from a later turn. */
struct wire *wire_give_up(struct wire *wire, struct wire *others);
struct wire *wire_next(struct wire *wire);
/* Of one that was given up; not inside its callbacks. */
void wire_free(struct wire *wire);

/* ---- what a server is asked before it is used ---- */

#define GREETINGS 6u
#define LINK_LIFE_BYTES 48u

/* What the responses tell. */
struct greeting {
    char *life;     /* LINK_LIFE_BYTES: run_id, another one whenever the server starts */
    char *why;      /* LINK_WHY_BYTES: why it will not do, where that is not an error of its own */
    bool must_load; /* it lacks our function library, or has an older one */
};

/* The words of question i. False: this server need not be asked. */
bool greeting_words(uint32_t i, const struct store_settings *settings, bool is_scout,
                    struct argv *ret);
/* Not ERR_OK: it will not do. */
enum err greeting_take(uint32_t i, const redisReply *reply, struct greeting *ret) MUST_CHECK;

/* ---- a link: connected for as long as it lives ---- */

/* A command under way. */
struct link_request {
    STAILQ_ENTRY(link_request) entry;
    struct link_to to;
    int64_t deadline_ms;
    int64_t away_ms; /* loop_libevent_away_ms when the deadline was set */
    enum err e;      /* of one that is answered without asking */
    char *text;      /* the whole command; kept to send it again */
    size_t bytes;
    uint16_t slot; /* on a Cluster */
    uint8_t n_moves;
    bool is_retry;
};

/* Until its deadline; 0 and less: it has passed. */
int64_t link_request_left_ms(const struct link_request *request, struct loop *loop);

STAILQ_HEAD(link_queue, link_request);

struct link;
/* Runs from the loop whenever the connection comes up or goes down. */
typedef void link_on_state(void *ctx, bool is_up);

/* The server refuses a command since its key lies elsewhere, or will: nothing was done. True: the
 * callee has the request now, for link_take or link_return; false: it is answered. */
typedef bool link_on_moved(void *ctx, struct link_request *request, struct str error);

/* With copies of the strings (hiredis_settings.c). */
struct store_settings link_settings_copy(const struct store_settings *settings);
void link_settings_free(const struct store_settings *settings);
/* Not connected before link_open. A scout needs no functions there: any server of a Cluster will
 * do. */
struct link *link_new(struct loop *loop, const struct store_settings *settings, const char *name,
                      bool is_scout);
/* Connects and from then on reconnects by itself. Does nothing when open. */
void link_open(struct link *link, link_on_state *on_state, void *ctx);
bool link_is_up(const struct link *link);
/* Why the last connection failed or ended; "" while it is up. */
const char *link_why(const struct link *link);
/* Another one whenever the server starts; while it is up. */
struct str link_life(const struct link *link);
/* The next attempt goes to this address. */
void link_direct(struct link *link, const struct node_address *address);
void link_watch_moves(struct link *link, link_on_moved *fn, void *ctx);
/* A request that is not sent yet, for link_take or link_return. */
struct link_request *link_hold(struct link *link, const struct argv *argv,
                               const struct link_to *to);
/* Takes over a request that another link was rid of (link_on_moved), with its deadline; up. */
void link_take(struct link *link, struct link_request *request, bool is_asking);
/* Gives it up: answers e in the next turn. */
void link_return(struct link *link, struct link_request *request, enum err e);
/* Gives the connection up and makes another. */
void link_again(struct link *link);
/* Nothing is under way that could have taken effect. */
bool link_is_idle(const struct link *link);
/* True between a link_open and the outcome of its first attempt, and during every later attempt. */
bool link_is_connecting(const struct link *link);
/* May a call ask the server now? ERR_UNAVAILABLE while the link is down, ERR_FULL at max_in_flight.
 */
enum err link_admit(const struct link *link);
/* For a call that was admitted; one call may send several commands. Answers through `to` exactly
 * once, from the loop: ERR_TIMEOUT when no reply came in time (settings->deadline_ms and extra_ms)
 * or the connection broke, else what the reply says. All commands of a turn leave in one write.
 * extra_ms differs between commands only where there is one at a time. */
void link_send(struct link *link, const struct argv *argv, const struct link_to *to,
               int64_t extra_ms);
/* Admits and sends, or answers why not. */
void link_ask(struct link *link, const struct argv *argv, const struct link_to *to);
/* Answers e in the next turn without asking the server. */
void link_respond_later(struct link *link, const struct link_to *to, enum err e);
/* Answers everything ERR_UNAVAILABLE, closes. Accepts NULL. */
void link_free(struct link *link);
