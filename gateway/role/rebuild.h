/*
 * rebuild.h: Redis as PostgreSQL knows it: looks whether it still has the data of PostgreSQL's
 * epoch and all that PostgreSQL has read of its log; if not, puts courses and learners back (what
 * is newer there stays), begins a new epoch, and opens the fence (port/store/server.h).
 *
 * That blocks, with a loop of its own: for `waypost rebuild` and for a child process of the writer.
 */
#pragma once

#include "port/config/config.h"
#include "port/database/database.h"
#include "port/store/store.h"
#include "port/vault/vault.h"
#include "role/role.h"

struct rebuilt {
    uint32_t n_courses;
    uint64_t n_numbers;
    uint64_t epoch;
};

struct rebuild_ports {
    struct database *db;
    struct store *store; /* is freed */
    struct loop *loop;   /* of the store */
    struct vault *vault; /* for reconcile_with */
};

/* must_put: puts all back in any case. Any error leaves the fence as it was; msg says what to do.
 */
enum err rebuild_redis(const struct config *config, bool must_put, struct rebuilt *ret,
                       struct errmsg *msg) MUST_CHECK;
/* The same of these, but for erasures that are to be done again (role/again.h). */
enum err rebuild_with(const struct rebuild_ports *ports, bool must_put, struct rebuilt *ret,
                      struct errmsg *msg) MUST_CHECK;

/* ---- the other way round: `waypost reconcile` ---- */

struct reconciled {
    uint64_t n_numbers;        /* that Redis has */
    uint64_t n_new;            /* learners of whom PostgreSQL did not know */
    uint64_t n_without_number; /* whose number no state has; it comes with the next message */
    uint64_t n_unreadable;     /* states of another version of waypost */
    uint64_t n_letters;        /* dead letters of another version that are taken in (letters.h) */
    uint64_t n_letters_left;   /* and those that are not */
};

/* PostgreSQL learns what Redis knows of each learner: core.reconcile. Blocks, beside a running
 * gateway too. *ret is filled on errors as well, except before it has begun. */
enum err reconcile_postgres(const struct config *config, struct reconciled *ret,
                            struct errmsg *msg) MUST_CHECK;
/* The same of these. */
enum err reconcile_with(const struct rebuild_ports *ports, struct reconciled *ret,
                        struct errmsg *msg) MUST_CHECK;
