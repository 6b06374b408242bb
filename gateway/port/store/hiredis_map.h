/*
 * hiredis_map.h: which server of a Cluster has which key: slots, the map of them, and where an
 * error reply sends us. Pure. Inside of the family only.
 */
#pragma once

#include <hiredis/hiredis.h>

#include "base/str.h"

#define SLOTS 16384u
#define NODES_MAX 64u   /* masters of one Cluster */
#define NODE_NONE 0xffu /* nobody has this slot */
#define HOST_BYTES 64u  /* an address, never a name */

struct node_address {
    char host[HOST_BYTES]; /* "" = that of who told us */
    int port;
};

struct slot_map {
    struct node_address nodes[NODES_MAX]; /* masters, also those that have no slots yet */
    uint32_t n;
    uint8_t owner[SLOTS]; /* in nodes, or NODE_NONE */
};

/* CRC16 (XMODEM) of the tag between the first { and the next }, or of all where there is none or
 * nothing in it; modulo SLOTS. */
uint16_t slot_of(struct str key);

struct redirect {
    bool is_ask; /* for this command only */
    uint16_t slot;
    struct node_address to;
};

/* "MOVED 3999 127.0.0.1:6381" or "ASK ...". False: neither. */
bool redirect_read(struct str error, struct redirect *ret);
/* CLUSTER SHARDS. ERR_IO: not such a response, ERR_FULL: more than NODES_MAX masters. */
enum err slot_map_read(const redisReply *reply, bool is_tls, struct slot_map *ret) MUST_CHECK;
/* The n-th of "address:port address:port ...", the first again behind the last. False: it is no
 * such list. */
bool endpoint_at(const char *list, unsigned n, struct node_address *ret);
