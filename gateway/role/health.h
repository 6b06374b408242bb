/*
 * health.h: what keeps callbacks from being taken durably, and what else is not as it should be.
 * The processes of the service say it in their slots; /readyz on the admin listener tells all of
 * it, /check on the public one the same in one word, for a load balancer (docs/reliability.md T37,
 * T39).
 */
#pragma once

#include "base/buf.h"
#include "role/role.h"
#include "role/slot.h"

/* name, does it keep callbacks from being taken, words */
#define HEALTH_FAULTS(X)                                                                           \
    X(no_place, true, "neither Redis nor the spool can keep a message: make room or start Redis")  \
    X(clock, true, "the clock is more than 5 minutes from that of Redis: set it (NTP)")            \
    X(no_course, true, "no course is loaded: publish one, and see that Redis is there")            \
    X(redis_away, false, "Redis is away: SMS wait in the spool, USSD is asked to dial again")      \
    X(redis_full, false, "Redis is full or cannot write: SMS wait in the spool")                   \
    X(no_sender, false, "nobody sends: SMS wait; start a sender here or elsewhere")                \
    X(spool_full, false, "the spool is over its quota: free it or raise spool_quota_mb")           \
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
