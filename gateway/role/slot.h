/*
 * role_slot.h: what is known of each process of the service, in memory that all of them share: the
 * supervisor and the process itself write, the admin listener reads.
 */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"

enum role_state { ROLE_STATE_STARTING, ROLE_STATE_NOT_READY, ROLE_STATE_READY };

struct role_slot {
    char name[16]; /* of the role; this and index are set once, before any process starts */
    unsigned index;
    _Atomic int state; /* enum role_state */
    _Atomic int pid;   /* 0 = none at present */
    _Atomic uint32_t n_restarts;
    _Atomic int64_t beat_ms; /* clock_mono, once a second while the loop turns */
    _Atomic uint32_t n_connections;
    uint64_t n_stalls; /* loop turns over 50 ms; written by the process alone */
};

#define ROLE_BEAT_MS 1000
/* A process that has not shown itself for so long hangs. */
#define ROLE_HANG_MS 10000

/* n zeroed slots, shared with children forked afterwards; aborts without memory. Never freed: they
 * live as long as the service. */
struct role_slot *role_slots_new(unsigned n);
/* In the new process: it is starting. */
void role_slot_begin(struct role_slot *slot);
/* In the supervisor: the process has ended. */
void role_slot_end(struct role_slot *slot);
void role_slot_beat(struct role_slot *slot, struct mono_ms now);
enum role_state role_slot_state(const struct role_slot *slot);
bool role_slot_is_hanging(const struct role_slot *slot, struct mono_ms now);
