/* How many connections each address has (conn.h). */
#include "port/front/conn.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/xalloc.h"

#define N_BUCKETS 1024u
#define KEY_BYTES 8u

struct front_peer {
    LIST_ENTRY(front_peer) links;
    char key[KEY_BYTES];
    uint32_t n_connections;
};

struct front_peers {
    LIST_HEAD(front_peer_list, front_peer) buckets[N_BUCKETS];
};

struct front_peers *front_peers_new(void)
{
    return xcalloc(1, sizeof(struct front_peers)); /* zeroed lists are empty ones */
}

void front_peers_free(struct front_peers *peers)
{
    for (size_t i = 0; peers != NULL && i < N_BUCKETS; i++) {
        while (!LIST_EMPTY(&peers->buckets[i]))
            front_peers_leave(LIST_FIRST(&peers->buckets[i]));
    }
    free(peers);
}

/* IPv4, also inside IPv6: ffff and the address, which no IPv6 /64 in use begins with. */
static void key_of(const struct sockaddr *address, char key[KEY_BYTES])
{
    memset(key, 0, KEY_BYTES);
    if (address->sa_family == AF_INET) {
        memset(key + 2, 0xff, 2);
        memcpy(key + 4, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(a))
            memcpy(key + 2, a->s6_addr + 10, 6);
        else
            memcpy(key, a->s6_addr, KEY_BYTES);
    }
}

static struct front_peer *find(struct front_peer_list *list, const char key[KEY_BYTES])
{
    struct front_peer *peer;
    LIST_FOREACH(peer, list, links)
    {
        if (memcmp(peer->key, key, KEY_BYTES) == 0)
            return peer;
    }
    return NULL;
}

struct front_peer *front_peers_enter(struct front_peers *peers, const struct sockaddr *address,
                                     uint32_t max)
{
    char key[KEY_BYTES];
    key_of(address, key);
    uint64_t hash = str_hash((struct str){key, KEY_BYTES});
    struct front_peer_list *list = &peers->buckets[hash % N_BUCKETS];
    struct front_peer *peer = find(list, key);
    if (peer == NULL) {
        peer = xcalloc(1, sizeof(*peer));
        memcpy(peer->key, key, KEY_BYTES);
        LIST_INSERT_HEAD(list, peer, links);
    }
    if (max > 0 && peer->n_connections >= max)
        return NULL;
    peer->n_connections++;
    return peer;
}

void front_peers_leave(struct front_peer *peer)
{
    if (peer->n_connections > 1) {
        peer->n_connections--;
        return;
    }
    LIST_REMOVE(peer, links);
    free(peer);
}
