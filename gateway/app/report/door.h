/*
 * door.h: who has to wait to sign in on the pages under /report/ after wrong passwords, so that
 * nobody finds one by trying, and no stranger keeps a coordinator out. Time is data.
 *
 * Tries are counted by name and network together, by network, and by name. Each count has free
 * tries, then a wait that doubles from 2 s; an hour without a try forgets it. Who has signed in
 * from a network within REPORT_KNOWN_MS waits for the first count only, which nobody
 * elsewhere can reach. When many are wrong in a minute, nobody is refused for it: the word that a
 * password is wrong comes later, and there are places for those who were here before.
 *
 * A network is an IPv4 address, or the 64 bits of an IPv6 one that a customer gets. This host
 * itself (a tunnel, a proxy that is not in trusted_proxies) says nothing of who it is: then the
 * name counts.
 */
#pragma once

#include "base/clock.h"
#include "base/str.h"

#define REPORT_TRIES_MINUTE 30u /* wrong ones of all together; from then on it is slow */
#define REPORT_SLOW_MS 2000
#define REPORT_MAX_COUNTS 1024u
#define REPORT_MAX_KNOWN 64u
#define REPORT_KNOWN_MS (30 * DAY_MS)

/* A name at a network, hashed. */
struct report_visitor {
    uint64_t name, network; /* network 0: nobody knows which */
};

struct report_door {
    uint64_t salt; /* random: else a name could be made that counts for another one */
    struct report_count {
        uint64_t key; /* 0 = free */
        uint32_t n_wrong;
        int64_t last_ms, until_ms;
    } counts[REPORT_MAX_COUNTS];
    struct {
        uint64_t key; /* 0 = free */
        int64_t last_ms;
    } known[REPORT_MAX_KNOWN];
    int64_t minute;
    uint32_t n_in_minute; /* tries that were wrong, or are not known to be right yet */
};

/* address: as text; absent or no address: nobody knows. */
struct report_visitor report_visitor_of(const struct report_door *door, struct str name,
                                        struct str address);
/* 0: may try now, and the try counts as wrong until one of the next two; else ms to wait. */
int64_t report_door_try(struct report_door *door, struct report_visitor who, struct mono_ms now);
/* The password was right. */
void report_door_pass(struct report_door *door, struct report_visitor who, struct mono_ms now);
/* Nobody looked at the password. */
void report_door_forget(struct report_door *door, struct report_visitor who, struct mono_ms now);
/* Has signed in from this network. */
bool report_door_knows(const struct report_door *door, struct report_visitor who,
                       struct mono_ms now);
bool report_door_is_slow(const struct report_door *door, struct mono_ms now);
