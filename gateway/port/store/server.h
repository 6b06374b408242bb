/*
 * server.h: the server itself: how to reach it, does it take writes, whose data has it, how full is
 * it, what does it say of itself. Errors and callbacks as in store.h.
 */
#pragma once

#include "port/store/store.h"
#include "port/store/tls.h"

/* May this server be answered from? It may when its data are those of the epoch, and somebody who
 * can tell has looked at them since it started: store_fence_open. */
struct store_fence {
    uint64_t epoch; /* of the data; 0 = it knows none: empty, or new */
    bool is_open;
    bool is_split; /* not all of them: a master of a Cluster was emptied */
};

/* used: of maxmemory, in thousandths; 0 = there is no such limit. */
typedef void store_on_memory(void *ctx, enum err e, uint32_t used);
typedef void store_on_fence(void *ctx, enum err e, const struct store_fence *fence);
/* n_senders: processes alive that send (lease.h). */
typedef void store_on_probe(void *ctx, enum err e, struct wall_ms server, uint32_t n_senders);

/* Writes a note that nobody reads and tells the server's clock and who sends: can a commit be taken
 * now, do two hosts mean the same time, will an SMS leave? Errors as of store_commit. */
void store_probe(struct store *s, store_on_probe *fn, void *ctx);
void store_fence(struct store *s, store_on_fence *fn, void *ctx);
/* The server has the data of this epoch: those whose settings say must_be_fenced may come. */
void store_fence_open(struct store *s, uint64_t epoch, store_on_done *fn, void *ctx);
/* How full the server is; on a Cluster, the fullest. */
void store_memory(struct store *s, store_on_memory *fn, void *ctx);
/* What the server says of itself, as lines "name:value": its state (INFO), or the settings that
 * keep what it has taken. ERR_UNAVAILABLE also where the login may not ask for them. store_fact
 * reads it. On a Cluster each master's facts end in STORE_FACTS_END, but the last one's, and begin
 * with its address, STORE_FACTS_SERVER; str_split takes them apart. */
#define STORE_FACTS_END '\f'
#define STORE_FACTS_SERVER "waypost_server"
enum store_facts { STORE_FACTS_STATE, STORE_FACTS_SETTINGS };
void store_facts(struct store *s, enum store_facts what, store_on_value *fn, void *ctx);
/* May a user of the server run a command (its words with blanks between)? The value is what the
 * servers say against it, each a line "address: words" as in facts; empty: he may. ERR_NOT_FOUND:
 * none of them has such a user; ERR_UNAVAILABLE also where the login may not ask (ACL DRYRUN). */
void store_may(struct store *s, struct str user, struct str command, store_on_value *fn, void *ctx);
/* Of one that is not up: why the last connection failed or ended, in the server's words or the
 * system's; "" where nobody knows. Until the loop runs on. */
const char *store_why(struct store *s);
/* The value behind a name; absent when it is not there. */
struct str store_fact(struct str facts, struct str name);

struct store_settings {
    const char *socket_path; /* unix socket; or host (an address, never a name) and port */
    const char *host;
    int port;
    const char *username, *password; /* NULL = none */
    struct tls_settings tls;         /* not over a unix socket */
    const char
        *cluster; /* in place of host and port: "address:port" of some servers of a Cluster */
    const char *sentinels;  /* in place of host and port: "address:port" of each, blanks between */
    const char *primary;    /* what Sentinels call the server */
    uint32_t wait_replicas; /* that must have a command before it is answered ERR_OK; else, after
                               half the deadline, ERR_TIMEOUT: it may have taken effect */
    int64_t deadline_ms;    /* per command, e.g. 700 */
    uint32_t max_in_flight; /* over it: ERR_FULL at once */
    bool must_be_fenced;    /* away until the fence is open (store_fence_open) */
};

/* Connects in the background, loads the function library. */
struct store *store_hiredis_new(struct loop *loop, const struct store_settings *settings);
