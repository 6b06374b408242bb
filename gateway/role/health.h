/*
 * health.h: what keeps callbacks from being taken durably, and what else is not as it should be.
 * The processes of the service say it in their slots; /readyz on the admin listener tells all of
 * it, /check on the public one the same in one word, for a load balancer (docs/reliability.md T37,
 * T39).
 */
#pragma once

#include <stdatomic.h>

#include "base/buf.h"
#include "base/clock.h"
#include "role/role.h"

/* name, does it keep callbacks from being taken, words */
#define HEALTH_FAULTS(X)                                                                           \
    X(no_place, true, "neither Redis nor the spool can keep a message: make room or start Redis")  \
    X(clock, true, "the clock is more than 5 minutes from that of Redis: set it (NTP)")            \
    X(no_course, true, "no course is loaded: publish one, and see that Redis is there")            \
    X(course_refused, false,                                                                       \
      "a published course cannot be read by this version: the one before goes on; see the log")    \
    X(redis_away, false, "Redis is away: SMS wait in the spool, USSD is asked to dial again")      \
    X(redis_part_away, false,                                                                      \
      "a master of the Redis Cluster is away: so it is for its learners; see redis-cli cluster "   \
      "nodes")                                                                                     \
    X(redis_full, false, "Redis is full or cannot write: SMS wait in the spool")                   \
    X(redis_refuses, false,                                                                        \
      "Redis is there and refuses its work: SMS wait in the spool, USSD is asked to dial again; "  \
      "see the log")                                                                               \
    X(no_sender, false, "nobody sends: SMS wait; start a sender here or elsewhere")                \
    X(spool_full, false,                                                                           \
      "the spool has no room: it is over spool_quota_mb, or its disk is full or can only be read") \
    X(spool_aside, false,                                                                          \
      "SMS that cannot be handled now lie beside the spool: waypost spool list says why")          \
    X(outbox_old, false, "SMS wait for more than a minute: see channels and the sender's log")     \
    X(backlog, false, "what learners did waits long for PostgreSQL: see the writer's log")

enum health_fault {
#define HEALTH_ENUM(name, is_reason, words) HEALTH_##name,
    HEALTH_FAULTS(HEALTH_ENUM)
#undef HEALTH_ENUM
        N_HEALTH_FAULTS
};

/* In a process: a fault is there, or is over. */
void health_set(const struct role_context *role, enum health_fault fault, bool is_there);
/* Can the service take callbacks? now is clock_mono. */
bool health_is_ready(const struct role_context *role, struct mono_ms now);
/* Appends JSON strings, a comma between: what keeps it from being ready, or else the warnings. */
void health_list(const struct role_context *role, struct mono_ms now, bool is_reason,
                 struct buf *out);

/* ---- slots: what is known of each process of the service, in memory that all of them share; the
 * supervisor and the process itself write, the admin listener reads ---- */

enum role_state { ROLE_STATE_STARTING, ROLE_STATE_NOT_READY, ROLE_STATE_READY };

struct role_slot {
    char name[16]; /* of the role; this and index are set once, before any process starts */
    unsigned index;
    _Atomic int state; /* enum role_state */
    _Atomic int pid;   /* 0 = none at present */
    _Atomic uint32_t n_restarts, n_hangs;
    _Atomic int64_t beat_ms; /* clock_mono, every ROLE_BEAT_MS while the loop turns; 0 = not yet */
    _Atomic int64_t hung_ms; /* clock_mono of when it was last killed for hanging; 0 = never */
    _Atomic int64_t cpu_ms;  /* that it has used, as of its last beat */
    _Atomic uint32_t n_connections;
    _Atomic uint32_t faults; /* bits of enum health_fault */
    uint64_t n_stalls;       /* loop turns over 50 ms; written by the process alone */
};

#define ROLE_BEAT_MS 250
/* A process that has not shown itself for so long hangs: it is killed and replaced. */
#define ROLE_HANG_MS 2000

/* n zeroed slots, shared with children forked afterwards; aborts without memory. Never freed: they
 * live as long as the service. */
struct role_slot *role_slots_new(unsigned n);
/* In the new process: it is starting. What its predecessor says from now on is not heard. */
void role_slot_begin(struct role_slot *slot);
/* In the supervisor: the process has ended. */
void role_slot_end(struct role_slot *slot);
/* In the process itself. */
void role_slot_beat(struct role_slot *slot, struct mono_ms now);
/* In the supervisor: it hangs and is killed. */
void role_slot_hang(struct role_slot *slot, struct mono_ms now);
enum role_state role_slot_state(const struct role_slot *slot);
/* How long it has shown nothing; 0 while it is well, starting or not there. */
int64_t role_slot_silent_ms(const struct role_slot *slot, struct mono_ms now);
