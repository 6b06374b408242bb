#include "wire/address.h"

#include <arpa/inet.h>
#include <string.h>

struct network {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
};

static bool parse_address(struct str text, uint8_t bytes[16], unsigned *ret_bits)
{
    char name[INET6_ADDRSTRLEN];
    if (str_copy(text, name, sizeof(name)) != ERR_OK)
        return false;
    memset(bytes, 0, 10);
    memset(bytes + 10, 0xff, 2);
    *ret_bits = 32;
    if (inet_pton(AF_INET, name, bytes + 12) == 1)
        return true;
    *ret_bits = 128;
    return inet_pton(AF_INET6, name, bytes) == 1;
}

/* "196.201.0.0/16", or an address alone. */
static bool parse_network(struct str text, struct network *ret)
{
    struct str bits = text;
    struct str address = str_split(&bits, '/');
    unsigned most;
    uint64_t n;
    if (!parse_address(address, ret->bytes, &most))
        return false;
    ret->bits = 128;
    if (bits.p == NULL)
        return true;
    if (str_to_u64(bits, most, &n) != ERR_OK)
        return false;
    ret->bits = 128 - most + (unsigned)n;
    return true;
}

static bool contains(const struct network *network, const uint8_t address[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->bytes, address, whole) != 0)
        return false;
    return rest == 0 || (network->bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

/* The next word of a list; empty at its end. */
static struct str next_word(struct str *list)
{
    struct str word = STR_NONE;
    while (list->p != NULL && str_is_empty(word))
        word = str_trim(str_split(list, ' '));
    return word;
}

enum err address_list_check(struct str list, struct str *ret_bad)
{
    struct network network;
    for (struct str word = next_word(&list); !str_is_empty(word); word = next_word(&list)) {
        if (!parse_network(word, &network)) {
            *ret_bad = word;
            return ERR_INVALID;
        }
    }
    return ERR_OK;
}

bool address_is_listed(struct str address, struct str list)
{
    uint8_t bytes[16];
    unsigned bits;
    struct network network;
    if (!parse_address(address, bytes, &bits))
        return false;
    for (struct str word = next_word(&list); !str_is_empty(word); word = next_word(&list)) {
        if (parse_network(word, &network) && contains(&network, bytes))
            return true;
    }
    return false;
}

struct str address_of_caller(const struct http_request *request, struct str peer,
                             struct str trusted)
{
    if (!address_is_listed(peer, trusted))
        return peer;
    struct str last = STR_NONE, caller = STR_NONE;
    for (uint32_t i = 0; i < request->n_headers; i++) { /* several are one list (RFC 9110 5.3) */
        struct str rest = STR_NONE;
        if (str_eq_nocase(request->headers[i].name, STR("X-Forwarded-For")))
            rest = request->headers[i].value;
        while (rest.p != NULL) {
            last = str_trim(str_split(&rest, ','));
            caller = address_is_listed(last, trusted) ? caller : last;
        }
    }
    return caller.p != NULL ? caller : last;
}

bool address_is_unnamed_proxy(const struct http_request *request, struct str peer,
                              struct str trusted)
{
    static const char nearby[] = "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 "
                                 "100.64.0.0/10 ::1 fc00::/7 fe80::/10";
    struct str forwarded =
        http_header_get(request->headers, request->n_headers, STR("X-Forwarded-For"));
    return forwarded.p != NULL && address_is_listed(peer, str_from(nearby)) &&
           !address_is_listed(peer, trusted);
}

size_t address_network(struct str address, uint8_t ret[ADDRESS_NETWORK_BYTES])
{
    static const uint8_t ipv4[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t bytes[16];
    unsigned bits;
    if (!parse_address(address, bytes, &bits))
        return 0;
    bool is_ipv4 = memcmp(bytes, ipv4, sizeof(ipv4)) == 0;
    size_t n = is_ipv4 ? 4 : ADDRESS_NETWORK_BYTES;
    memcpy(ret, is_ipv4 ? bytes + sizeof(ipv4) : bytes, n);
    return n;
}
