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
    _Atomic uint32_t n_restarts, n_hangs;
    _Atomic int64_t beat_ms; /* clock_mono, every ROLE_BEAT_MS while the loop turns; 0 = not yet */
    _Atomic int64_t hung_ms; /* clock_mono of when it was last killed for hanging; 0 = never */
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
void role_slot_fault(struct role_slot *slot, uint32_t bit, bool is_there);
/* In the supervisor: it hangs and is killed. */
void role_slot_hang(struct role_slot *slot, struct mono_ms now);
enum role_state role_slot_state(const struct role_slot *slot);
/* How long it has shown nothing; 0 while it is well, starting or not there. */
int64_t role_slot_silent_ms(const struct role_slot *slot, struct mono_ms now);
