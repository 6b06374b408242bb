/*
 * hiredis_link.h: commands on their way to Redis: their words, one connection (hiredis_wire.c), and
 * a link, which is connected for as long as it lives (hiredis_link.c: deadlines, circuit breaker,
 * handshake); and what comes back (hiredis_reply.c). Inside of the family only.
 */
#pragma once

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "port/store/ops.h"

/* ---- commands: binary-safe words, borrowed until link_send returns ---- */

#define ARGV_MAX 640 /* XREAD over all buckets needs 518 */

struct argv {
    int n;
    const char *words[ARGV_MAX];
    size_t bytes[ARGV_MAX];
};

static inline void argv_add(struct argv *argv, struct str word)
{
    argv->words[argv->n] = word.p != NULL ? word.p : "";
    argv->bytes[argv->n++] = word.len;
}

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
#define EPOCH_KEY "wp:epoch"
/* The call that asks for the fence. */
void argv_add_fence(struct argv *argv);

/* ---- one connection ---- */

struct wire;
/* Replies in the order of the commands. */
typedef void wire_on_reply(void *ctx, const redisReply *reply);
/* It broke; the wire is gone when this runs. */
typedef void wire_on_gone(void *ctx, const char *why);
/* Connects in the background. NULL and why when that fails at once. */
struct wire *wire_new(struct loop *loop, const struct store_settings *settings,
                      wire_on_reply *on_reply, wire_on_gone *on_gone, void *ctx, char *ret_why,
                      size_t why_bytes);
/* text is one whole command, copied. False while the connection is being closed. */
bool wire_write(struct wire *wire, const char *text, size_t n);
/* Nothing more is heard or said; allowed inside its callbacks. Returns the list of given-up wires
 * with this one in front, to be freed from a later turn. */
struct wire *wire_give_up(struct wire *wire, struct wire *others);
struct wire *wire_next(struct wire *wire);
/* Of one that was given up; not inside its callbacks. */
void wire_free(struct wire *wire);

/* ---- a link: connected for as long as it lives ---- */

/* Whom a reply is for: parse turns it into a call of fn(ctx, ...). reply is NULL unless e is
 * ERR_OK; error replies have become an enum err before. */
struct link_to;
typedef void link_parse(const struct link_to *to, enum err e, const redisReply *reply);
struct link_to {
    link_parse *parse;
    void (*fn)(void); /* a store_on_... function */
    void *ctx;
};

struct link;
/* Runs from the loop whenever the connection comes up or goes down. */
typedef void link_on_state(void *ctx, bool is_up);

/* Not connected before link_open. */
struct link *link_new(struct loop *loop, const struct store_settings *settings, const char *name);
/* Connects and from then on reconnects by itself. Does nothing when open. */
void link_open(struct link *link, link_on_state *on_state, void *ctx);
bool link_is_up(const struct link *link);
/* That the server shows, as a number in words; empty where settings->must_be_fenced is not set. */
struct str link_epoch(const struct link *link);
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
void link_answer_later(struct link *link, const struct link_to *to, enum err e);
/* Answers everything ERR_UNAVAILABLE, closes. Accepts NULL. */
void link_free(struct link *link);

/* ---- replies ---- */

enum reply_cure {
    REPLY_CURE_NONE,
    REPLY_CURE_RELINK, /* this server or this connection will not do: connect again */
    REPLY_CURE_RELOAD, /* the function library is gone: load it and send the command again */
    REPLY_CURE_PEOPLE, /* someone must look at it: log what the server says */
};

/* In place of the replies to a batch that too few replicas have. */
#define REPLY_UNSURE "UNSURE too few replicas have it"
/* What an error reply means; ret_cure: what to do about it. */
enum err reply_error(struct str text, enum reply_cure *ret_cure);
/* The code in a FUNCTION LIST reply, absent when the library is not there. */
struct str reply_library_code(const redisReply *reply);
/* N of "-- version N" on the second line; 0 = none. */
uint64_t library_version(struct str code);
/* The library that belongs to this program. */
struct str library_code(void);

/* What waypost_epoch answers. ERR_IO: not such a reply. */
enum err reply_read_fence(const redisReply *reply, struct store_fence *ret) MUST_CHECK;
/* The present record of a commit that found another seq. ERR_IO: not such a reply. */
enum err reply_record(const redisReply *reply, struct store_record *ret) MUST_CHECK;
/* What a Sentinel answers, "address port" in dst. ERR_IO: it does not know the server. */
enum err reply_primary(const redisReply *reply, char *dst, size_t dst_bytes,
                       int *ret_port) MUST_CHECK;
/* The answer to ROLE: a server that takes writes. */
bool reply_is_primary(const redisReply *reply);
link_parse reply_load, reply_commit, reply_done, reply_value, reply_courses, reply_board,
    reply_probe, reply_memory, reply_facts, reply_fence;
/* XREAD reply into entries (in the arena). ERR_IO: not such a reply. */
enum err reply_entries(const redisReply *reply, struct arena *arena, struct store_entry **ret,
                       uint32_t *ret_n) MUST_CHECK;

struct due_number {
    struct number_id id;
    int64_t due_s;
};

/* Appends the numbers of one waypost_due reply at dst[*n], at most max in all. */
enum err reply_due(const redisReply *reply, uint8_t bucket, struct due_number *dst, uint32_t max,
                   uint32_t *n) MUST_CHECK;
