/*
 * address.h: from which addresses a request may come. Lists are texts of addresses and networks,
 * separated by blanks: "35.234.154.40 196.201.0.0/16 2001:db8::/32".
 */
#pragma once

#include "base/str.h"
#include "wire/http/http.h"

/* ERR_INVALID: something in the list is no address and no network; *ret_bad says what. */
enum err address_list_check(struct str list, struct str *ret_bad) MUST_CHECK;
/* Is the address in the list? False for what is no address, and for an IPv4 address written as IPv6
 * it is the IPv4 address that counts. */
bool address_is_listed(struct str address, struct str list);
/* Who sent a request: the peer, or, where the peer is a trusted proxy, the last address in
 * X-Forwarded-For that is no trusted proxy's. What stands before that one anybody may have written.
 * Absent when a trusted proxy said nothing: then nobody knows. */
struct str address_of_caller(const struct http_request *request, struct str peer,
                             struct str trusted);
/* A proxy of ours that trusted_proxies does not name, as it seems: then everybody has one address.
 */
bool address_is_unnamed_proxy(const struct http_request *request, struct str peer,
                              struct str trusted);
/* The network that one customer of a provider has, by which people are counted: of IPv4 the
 * address, of IPv6 the first 64 bits, for anybody who has them has all addresses in them. Bytes in
 * ret; 0: it is no address. */
#define ADDRESS_NETWORK_BYTES 8
size_t address_network(struct str address, uint8_t ret[ADDRESS_NETWORK_BYTES]);
