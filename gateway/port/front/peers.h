/*
 * front_peers.h: how many connections each peer has. Inside of the front only.
 *
 * A peer is an IPv4 address or an IPv6 /64, since one customer of an IPv6 network owns at least
 * that much.
 */
#pragma once

#include <sys/socket.h>

#include "base/str.h"

struct front_peers;
/* One peer with at least one connection. */
struct front_peer;

struct front_peers *front_peers_new(void);
void front_peers_free(struct front_peers *peers);
/* Counts one more connection, or returns NULL when that would be more than max (0 = any). */
struct front_peer *front_peers_enter(struct front_peers *peers, const struct sockaddr *address,
                                     uint32_t max);
void front_peers_leave(struct front_peer *peer);
