#include "port/store/hiredis_map.h"

#include <string.h>

/* ---- slots ---- */

static uint16_t crc16(struct str bytes)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (uint32_t)(uint8_t)bytes.p[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    }
    return (uint16_t)crc;
}

uint16_t slot_of(struct str key)
{
    const char *open = key.len > 0 ? memchr(key.p, '{', key.len) : NULL;
    if (open != NULL) {
        size_t from = (size_t)(open - key.p) + 1;
        const char *close = memchr(key.p + from, '}', key.len - from);
        if (close != NULL && close > key.p + from)
            return crc16(str_sub(key, from, (size_t)(close - key.p))) % SLOTS;
    }
    return crc16(key) % SLOTS;
}

/* ---- addresses ---- */

/* "address:port", an IPv6 address in brackets or not. */
static bool address_read(struct str text, struct node_address *ret)
{
    const char *colon = text.len > 0 ? memrchr(text.p, ':', text.len) : NULL;
    size_t at = colon != NULL ? (size_t)(colon - text.p) : text.len;
    struct str host = str_sub(text, 0, at);
    uint64_t port;
    if (colon == NULL || str_to_u64(str_sub(text, at + 1, text.len), 65535, &port) != ERR_OK ||
        port == 0)
        return false;
    if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
        host = str_sub(host, 1, host.len - 1);
    if (str_eq(host, STR("?")))
        host = STR("");
    ret->port = (int)port;
    return str_copy(host, ret->host, sizeof(ret->host)) == ERR_OK;
}

bool endpoint_at(const char *list, unsigned n, struct node_address *ret)
{
    struct str found = STR_NONE, rest = str_from(list);
    unsigned n_there = 0;
    while (rest.p != NULL)
        n_there += str_split(&rest, ' ').len > 0 ? 1 : 0;
    rest = str_from(list);
    for (unsigned i = 0; n_there > 0 && i <= n % n_there;) {
        found = str_split(&rest, ' ');
        i += found.len > 0 ? 1 : 0;
    }
    return address_read(found, ret);
}

bool redirect_read(struct str error, struct redirect *ret)
{
    struct str rest = error, word = str_split(&rest, ' '), number = str_split(&rest, ' ');
    uint64_t slot;
    ret->is_ask = str_eq(word, STR("ASK"));
    if (!ret->is_ask && !str_eq(word, STR("MOVED")))
        return false;
    if (str_to_u64(number, SLOTS - 1, &slot) != ERR_OK || rest.p == NULL)
        return false;
    ret->slot = (uint16_t)slot;
    return address_read(rest, &ret->to);
}

/* ---- CLUSTER SHARDS ---- */

/* What stands behind a name in a list of names and values; NULL: it is not there. */
static const redisReply *member(const redisReply *list, const char *name)
{
    for (size_t i = 0; list->type == REDIS_REPLY_ARRAY && i + 1 < list->elements; i += 2) {
        const redisReply *key = list->element[i];
        if (key->type == REDIS_REPLY_STRING &&
            str_eq((struct str){key->str, key->len}, str_from(name)))
            return list->element[i + 1];
    }
    return NULL;
}

static struct str member_text(const redisReply *list, const char *name)
{
    const redisReply *found = member(list, name);
    bool is_text = found != NULL && found->type == REDIS_REPLY_STRING;
    return is_text ? (struct str){found->str, found->len} : STR("");
}

static int member_port(const redisReply *list, const char *name)
{
    const redisReply *found = member(list, name);
    bool is_port = found != NULL && found->type == REDIS_REPLY_INTEGER && found->integer > 0 &&
                   found->integer <= 65535;
    return is_port ? (int)found->integer : 0;
}

/* False: it has no port of this kind, or no address that we can call. */
static bool read_address(const redisReply *node, bool is_tls, struct node_address *ret)
{
    struct str ip = member_text(node, "ip");
    ret->port = member_port(node, is_tls ? "tls-port" : "port");
    if (str_is_empty(ip))
        ip = member_text(node, "endpoint");
    if (str_eq(ip, STR("?")))
        ip = STR("");
    return ret->port > 0 && str_copy(ip, ret->host, sizeof(ret->host)) == ERR_OK;
}

/* The master of a shard that can be called; NULL: it has none. */
static const redisReply *master_of(const redisReply *shard, bool is_tls, struct node_address *ret)
{
    const redisReply *nodes = member(shard, "nodes");
    for (size_t i = 0; nodes != NULL && nodes->type == REDIS_REPLY_ARRAY && i < nodes->elements;
         i++) {
        const redisReply *node = nodes->element[i];
        if (str_eq(member_text(node, "role"), STR("master")) && read_address(node, is_tls, ret))
            return node;
    }
    return NULL;
}

/* First and last slot of each range. */
static enum err read_slots(const redisReply *slots, uint8_t owner, struct slot_map *ret)
{
    for (size_t i = 0; i < slots->elements; i += 2) {
        const redisReply *first = slots->element[i], *last = slots->element[i + 1];
        if (first->type != REDIS_REPLY_INTEGER || last->type != REDIS_REPLY_INTEGER ||
            first->integer < 0 || last->integer >= (long long)SLOTS)
            return ERR_IO;
        for (long long slot = first->integer; slot <= last->integer; slot++)
            ret->owner[slot] = owner;
    }
    return ERR_OK;
}

static enum err read_shard(const redisReply *shard, bool is_tls, struct slot_map *ret)
{
    const redisReply *slots = member(shard, "slots"), *master;
    struct node_address address;
    if (slots == NULL || slots->type != REDIS_REPLY_ARRAY || slots->elements % 2 != 0)
        return ERR_IO;
    master = master_of(shard, is_tls, &address);
    bool is_well = master != NULL && str_eq(member_text(master, "health"), STR("online"));
    if (master == NULL || (slots->elements == 0 && !is_well))
        return ERR_OK; /* one that was replaced stays in the list for a while */
    if (ret->n == NODES_MAX)
        return ERR_FULL;
    ret->nodes[ret->n] = address;
    return read_slots(slots, (uint8_t)ret->n++, ret);
}

enum err slot_map_read(const redisReply *reply, bool is_tls, struct slot_map *ret)
{
    enum err e = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 ? ERR_OK : ERR_IO;
    ret->n = 0;
    memset(ret->owner, NODE_NONE, sizeof(ret->owner));
    for (size_t i = 0; e == ERR_OK && i < reply->elements; i++)
        e = read_shard(reply->element[i], is_tls, ret);
    return e;
}
