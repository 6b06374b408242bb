/*
 * role.h: what one process of `waypost serve` does. The supervisor (cli/serve.c) forks a process
 * per row and number, gives it a loop of its own, and calls role_<name>(). A role is one file
 * role/<name>.c and one row in ROLES.
 *
 * The function opens its ports, calls role_ready once it can do its work, runs the loop, and
 * returns an exit code of sysexits.h. EX_CONFIG, EX_USAGE and EX_NOPERM end the whole service
 * (starting again would not help); any other end is followed by a restart with back-off.
 *
 * SIGTERM, taken with loop_libevent_on_signal: take no new work, finish what is under way, return
 * EX_OK within ROLE_DRAIN_MS (then comes SIGKILL). On SIGHUP the supervisor reads the configuration
 * again and replaces the processes one after the other. When it dies, the role gets SIGKILL.
 */
#pragma once

#include <sysexits.h>

#include "app/channels.h"
#include "port/config/config.h"
#include "port/loop.h"
#include "port/metrics.h"
#include "wire/http/http.h"

/* name, how many processes (an expression over `config`), what it does */
#define ROLES(X)                                                                                   \
    X(front, config->n_fronts, "callbacks of the providers")                                       \
    X(sender, 1, "outbox to the providers")                                                        \
    X(timer, 1, "what is due to learners")                                                         \
    X(writer, 1, "events to PostgreSQL")

#define ROLE_DRAIN_MS 10000

/* Of one process, in memory shared by all of them. */
struct role_slot;
struct role_context;

/*
 * What else the admin listener serves: the simulator and the previews, which the service can do
 * without and which therefore come from above (cli/serve.c). One row each.
 */
#define ROLE_MAX_PAGES 8u

struct role_page {
    const char *path; /* "/sim/": what it serves, for the list of a 404 */
    /* Memory of its own, in the admin process; NULL with `handle` set is fine. */
    void *(*open)(const struct role_context *role);
    /* False when the path is not its own; else *ret is filled, its body in arena or body. */
    bool (*handle)(void *page, const struct role_context *role, const struct http_request *request,
                   struct arena *arena, struct buf *body, struct http_response *ret);
    void (*close)(void *page);
};

/* All members outlive the role's function, which frees none of them. */
struct role_context {
    const struct config *config;
    const struct channels *channels; /* loaded before the processes part, see app/channels.h */
    struct metrics *metrics;
    struct loop *loop; /* loop_libevent, watched for turns over 50 ms */
    unsigned index;    /* among the processes of this role, from 0 */
    uint64_t instance; /* random, of this service's life: a process that follows another of the
                          same role and index has it in common */
    int listen_fd;     /* for front_libevent_new, which takes it over; -1 unless front or admin */
    struct role_slot *slot;
    const struct role_slot *all_slots; /* of the service: what the admin listener shows */
    unsigned n_slots;
    const struct role_page *pages; /* of the admin listener */
    unsigned n_pages;
};

/* Says whether this process can do its work now. Shown by /readyz; until the first call the process
 * counts as starting, and the service as not yet started (sd_notify). */
void role_ready(const struct role_context *role, bool is_ready);
/* Open connections of this process, for the sum in /metrics; they end with the process. */
void role_connections(const struct role_context *role, uint32_t n);

/* Runs beside any role: /livez /readyz /metrics /report/ and the pages, on the loopback. */
int role_admin(const struct role_context *role);

#define ROLE_DECLARE(name, n, summary) int role_##name(const struct role_context *role);
ROLES(ROLE_DECLARE)
#undef ROLE_DECLARE
