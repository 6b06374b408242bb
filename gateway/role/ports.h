/*
 * ports.h: what several roles open in the same way from the configuration.
 */
#pragma once

#include "app/lease.h"
#include "port/store/store.h"
#include "port/vault/vault.h"
#include "role/role.h"

/* Redis as the configuration says; connects in the background. must_be_fenced: it is away until
 * Redis and PostgreSQL agree (role/rebuild.h). */
struct store *role_store(const struct role_context *role, bool must_be_fenced);
/* Not fenced, and answered without waiting for replicas: for who looks at servers that have just
 * taken the place of others, and writes what can be written again. */
struct store *role_store_look(const struct role_context *role);
/* For a command that is no process of the service: connects and waits until Redis answers, ten
 * seconds at most; ask store_is_up. Each request has five seconds or more. Runs the loop. */
struct store *role_store_wait(const struct config *config, struct loop *loop);
/* Likewise, without waiting for replicas: for who tells how Redis is. */
struct store *role_store_see(const struct config *config, struct loop *loop);
/* Likewise, as role_store_look, with the service's time for a request. */
struct store *role_store_mend(const struct config *config, struct loop *loop);
/* Keys of the keys folder. NULL: it was logged what is missing and how to make it. */
struct vault *role_vault(const struct role_context *role);
/*
 * Looks at the store all the time: is it up, does it take writes, does its clock agree with ours?
 * It says so in the slot (redis_away, redis_full, clock) and in the metrics redis_*, and each
 * minute leaves a note on the board of hosts; at first it takes away those of hosts that are gone
 * for a week. Lives as long as the process.
 */
struct role_look;
/* What is at work here, as hosts tell each other: the program, and the newest learner's record that
 * it reads (app/upgrade.h). One that says no record is of a program before 5. */
#define ROLE_VERSION WAYPOST_VERSION "/5"
/* A note of a host: "0.1.0/5 1767225600000". */
struct role_host {
    struct str version; /* with the record */
    uint8_t record;
    struct wall_ms seen;
};
#define ROLE_HOST_SEEN_MS (10 * 60 * 1000) /* who was seen since then is at work */
bool role_host_read(struct str note, struct role_host *ret);
struct role_look *role_look_new(const struct role_context *role, struct store *store);
/* Has the store been asked and has answered once? Before, nobody knows whether the clock is right.
 */
bool role_look_is_known(const struct role_look *look);
/* Up and not full, as far as known. */
bool role_look_can_write(const struct role_look *look);
/* Says in the log that a proxy seems to be in front which trusted_proxies does not name. */
void role_look_at_proxy(const struct role_context *role, const struct http_request *request,
                        struct str peer);
/* For roles that need nothing but the store: keeps role_ready in step with it, and calls fn once,
 * when the store is first up. */
void role_watch_store(const struct role_context *role, struct store *store, timer_fn *fn,
                      void *ctx);
/* A share of the buckets for this process: ports say of what kind, whose store, and who hears of
 * it; the rest of them is the role's. After the store was freed it is freed with lease_free. */
struct lease *role_lease(const struct role_context *role, struct lease_ports ports);
