/*
 * hiredis_reply.h: what a server says, as our structs; its errors, and what to do about them.
 * Inside of the family only.
 */
#pragma once

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "port/store/ops.h"

/* Whom a reply is for: parse turns it into a call of fn(ctx, ...). reply is NULL unless e is
 * ERR_OK; error replies have become an enum err before. */
struct link_to;
typedef void link_parse(const struct link_to *to, enum err e, const redisReply *reply);
struct link_to {
    link_parse *parse;
    void (*fn)(void); /* a store_on_... function */
    void *ctx;
    uint32_t
        n; /* which of several commands of one call; replies of several servers come in no order */
};

enum reply_cure {
    REPLY_CURE_NONE,
    REPLY_CURE_RELINK, /* this server or this connection will not do: connect again */
    REPLY_CURE_RELOAD, /* the function library is gone: load it and send the command again */
    REPLY_CURE_MOVE,   /* nothing was done: on a Cluster, ask another server, or once more */
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

/* The present record of a commit that found another seq. ERR_IO: not such a reply. */
enum err reply_record(const redisReply *reply, struct store_record *ret) MUST_CHECK;
/* What a Sentinel answers, "address port" in dst. ERR_IO: it does not know the server. */
enum err reply_primary(const redisReply *reply, char *dst, size_t dst_bytes,
                       int *ret_port) MUST_CHECK;
/* The response to ROLE: a server that takes writes. */
bool reply_is_primary(const redisReply *reply);
link_parse reply_load, reply_commit, reply_done, reply_new, reply_value, reply_courses, reply_board,
    reply_probe;
/* The number behind a name in INFO's response, 0 where it is not there. */
uint64_t reply_info_number(struct str info, struct str name);
/* INFO, or the pairs of CONFIG GET, as lines "name:value" behind what text has. ERR_IO: not such a
 * reply. */
enum err reply_facts(const redisReply *reply, struct buf *text) MUST_CHECK;
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
