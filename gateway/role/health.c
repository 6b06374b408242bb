#include "role/health.h"

#include <stdio.h>

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

void health_set(const struct role_context *role, enum health_fault fault, bool is_there)
{
    role_slot_fault(role->slot, UINT32_C(1) << fault, is_there);
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
