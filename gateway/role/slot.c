#include "role/slot.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "role/role.h"

struct role_slot *role_slots_new(unsigned n)
{
    void *shared = mmap(NULL, n * sizeof(struct role_slot), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    return shared;
}

void role_slot_begin(struct role_slot *slot)
{
    atomic_store(&slot->pid, getpid());
    atomic_store(&slot->state, ROLE_STATE_STARTING);
    atomic_store(&slot->beat_ms, 0);
    atomic_store(&slot->faults, 0);
}

void role_slot_end(struct role_slot *slot)
{
    atomic_store(&slot->pid, 0);
    atomic_store(&slot->beat_ms, 0);
    atomic_store(&slot->n_connections, 0);
    atomic_store(&slot->faults, 0);
    atomic_store(&slot->state, ROLE_STATE_STARTING);
    atomic_fetch_add(&slot->n_restarts, 1);
}

/* A process that is being replaced has no say any more. */
static bool is_own(const struct role_slot *slot)
{
    return atomic_load(&slot->pid) == getpid();
}

void role_slot_beat(struct role_slot *slot, struct mono_ms now)
{
    if (is_own(slot))
        atomic_store(&slot->beat_ms, now.ms);
}

void role_slot_fault(struct role_slot *slot, uint32_t bit, bool is_there)
{
    if (!is_own(slot))
        return;
    if (is_there)
        atomic_fetch_or(&slot->faults, bit);
    else
        atomic_fetch_and(&slot->faults, ~bit);
}

enum role_state role_slot_state(const struct role_slot *slot)
{
    return (enum role_state)atomic_load(&slot->state);
}

void role_slot_hang(struct role_slot *slot, struct mono_ms now)
{
    atomic_store(&slot->hung_ms, now.ms);
    atomic_fetch_add(&slot->n_hangs, 1);
}

int64_t role_slot_silent_ms(const struct role_slot *slot, struct mono_ms now)
{
    int64_t beat_ms = atomic_load(&slot->beat_ms);
    int64_t silent_ms = beat_ms != 0 ? now.ms - beat_ms : 0;
    return silent_ms >= 2 * ROLE_BEAT_MS ? silent_ms : 0;
}

void role_connections(const struct role_context *role, uint32_t n)
{
    if (is_own(role->slot))
        atomic_store(&role->slot->n_connections, n);
}

void role_ready(const struct role_context *role, bool is_ready)
{
    if (is_own(role->slot))
        atomic_store(&role->slot->state, is_ready ? ROLE_STATE_READY : ROLE_STATE_NOT_READY);
}
