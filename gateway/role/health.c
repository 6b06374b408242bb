#include "role/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "role/role.h"

#define HUNG_SHOWN_MS 600000 /* how long a replaced process is still spoken of */

static const struct {
    bool is_reason;
    const char *words;
} faults[] = {
#define HEALTH_ROW(name, is_reason, words) {is_reason, ": " words},
    HEALTH_FAULTS(HEALTH_ROW)
#undef HEALTH_ROW
};

static const char *const state_words[] = {" is starting", " is not ready", NULL};

/* A process that is being replaced has no say any more. */
static bool is_own(const struct role_slot *slot)
{
    return atomic_load(&slot->pid) == getpid();
}

static void set_fault(struct role_slot *slot, uint32_t bit, bool is_there)
{
    if (!is_own(slot))
        return;
    if (is_there)
        atomic_fetch_or(&slot->faults, bit);
    else
        atomic_fetch_and(&slot->faults, ~bit);
}

void health_set(const struct role_context *role, enum health_fault fault, bool is_there)
{
    set_fault(role->slot, UINT32_C(1) << fault, is_there);
}

/* Whether callbacks can be taken depends on the fronts; where there are none, on all others. */
static bool decides(const struct role_context *role, const struct role_slot *slot)
{
    bool has_front = false;
    for (unsigned i = 0; i < role->n_slots; i++)
        has_front |= str_eq(str_from(role->all_slots[i].name), STR("front"));
    return has_front ? str_eq(str_from(slot->name), STR("front"))
                     : !str_eq(str_from(slot->name), STR("admin"));
}

typedef void on_complaint(void *ctx, const struct role_slot *slot, bool is_reason,
                          const char *words);

static void look_at_slot(const struct role_context *role, const struct role_slot *slot,
                         struct mono_ms now, on_complaint *fn, void *ctx)
{
    char words[64];
    bool is_deciding = decides(role, slot);
    int64_t silent_ms = role_slot_silent_ms(slot, now), hung_ms = atomic_load(&slot->hung_ms);
    uint32_t bits = atomic_load(&slot->faults);
    if (state_words[role_slot_state(slot)] != NULL)
        fn(ctx, slot, is_deciding, state_words[role_slot_state(slot)]);
    for (uint32_t i = 0; i < N_HEALTH_FAULTS; i++) {
        if ((bits & UINT32_C(1) << i) != 0)
            fn(ctx, slot, is_deciding && faults[i].is_reason, faults[i].words);
    }
    if (silent_ms > 0) {
        (void)snprintf(words, sizeof(words), " has not moved for %lld ms", (long long)silent_ms);
        fn(ctx, slot, is_deciding, words);
    }
    if (hung_ms != 0 && now.ms - hung_ms < HUNG_SHOWN_MS) {
        (void)snprintf(words, sizeof(words), " hung and was replaced %lld s ago",
                       (long long)(now.ms - hung_ms) / 1000);
        fn(ctx, slot, false, words);
    }
}

static void look(const struct role_context *role, struct mono_ms now, on_complaint *fn, void *ctx)
{
    for (unsigned i = 0; i < role->n_slots; i++)
        look_at_slot(role, &role->all_slots[i], now, fn, ctx);
}

static void on_reason(void *ctx, const struct role_slot *slot, bool is_reason, const char *words)
{
    (void)slot;
    (void)words;
    *(bool *)ctx &= !is_reason;
}

bool health_is_ready(const struct role_context *role, struct mono_ms now)
{
    bool is_ready = true;
    look(role, now, on_reason, &is_ready);
    return is_ready;
}

struct listing {
    bool is_reason;
    uint32_t n;
    struct buf *out;
};

static void on_listed(void *ctx, const struct role_slot *slot, bool is_reason, const char *words)
{
    struct listing *l = ctx;
    if (is_reason != l->is_reason)
        return;
    /* Our own words: nothing in them needs an escape. */
    buf_addf(l->out, "%s\"%s %u%s\"", l->n++ > 0 ? "," : "", slot->name, slot->index, words);
}

void health_list(const struct role_context *role, struct mono_ms now, bool is_reason,
                 struct buf *out)
{
    struct listing l = {.is_reason = is_reason, .out = out};
    look(role, now, on_listed, &l);
}

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

void role_slot_beat(struct role_slot *slot, struct mono_ms now)
{
    struct rusage used = {0};
    if (!is_own(slot))
        return;
    atomic_store(&slot->beat_ms, now.ms);
    (void)getrusage(RUSAGE_SELF, &used); /* fails on wrong arguments only */
    atomic_store(&slot->cpu_ms, (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * (int64_t)1000 +
                                    (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000);
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
