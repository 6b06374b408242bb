#include "app/cohort_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "port/store/values.h"
#include "port/zone.h"

#define COHORT_BYTES (sizeof(struct cohort) + sizeof(struct zone) + 2 * COHORT_MAX_BYTES)

struct cohort_set {
    struct loop *loop;
    struct store *store;
    struct timer *timer;
    struct arena *arena; /* of `cohorts` */
    struct cohorts cohorts;
    uint64_t mark; /* of what was read; the same again is not read anew */
    bool is_known;
};

static int compare(const void *a, const void *b)
{
    uint32_t left = ((const struct cohort *)a)->code, right = ((const struct cohort *)b)->code;
    return (left > right) - (left < right);
}

/* Groups are many, their zones few. */
static const struct zone *load_zone(const struct cohort *list, uint32_t n, struct str name,
                                    struct arena *arena)
{
    for (uint32_t i = 0; i < n; i++) {
        if (list[i].local != NULL && str_eq(list[i].zone, name))
            return list[i].local;
    }
    struct zone *zone = name.p != NULL ? arena_new_array(arena, struct zone, 1) : NULL;
    return zone != NULL && zone_load(name, zone) == ERR_OK ? zone : NULL;
}

/* One that cannot be read costs the others nothing. */
static void read_all(struct cohort_set *set, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct arena *arena = arena_new((n + 1) * COHORT_BYTES);
    struct cohort *list = arena_new_array(arena, struct cohort, n + 1);
    uint32_t n_read = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct errmsg msg;
        struct cohort *next = &list[n_read];
        if (cohort_read(names[i], values[i], arena, next, &msg) != ERR_OK) {
            LOG_ERROR("cohorts", "group refused", "reason=\"%s\"", msg.text);
            continue;
        }
        next->local = load_zone(list, n_read, next->zone, arena);
        n_read++;
    }
    qsort(list, n_read, sizeof(list[0]), compare);
    arena_free(set->arena);
    set->arena = arena;
    set->cohorts = (struct cohorts){list, n_read};
}

/* The order of names and values is the store's own business. */
static uint64_t mark_of(const struct str *names, const struct str *values, uint32_t n)
{
    uint64_t mark = n;
    for (uint32_t i = 0; i < n; i++)
        mark += str_hash(names[i]) * (str_hash(values[i]) | 1);
    return mark;
}

static void on_board(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct cohort_set *set = ctx;
    uint64_t mark = e == ERR_OK ? mark_of(names, values, n) : 0;
    if (e == ERR_OK && (mark != set->mark || !set->is_known)) {
        read_all(set, names, values, n);
        set->mark = mark;
        set->is_known = true;
    }
    timer_start(set->loop, set->timer, COHORT_SET_LOOK_MS);
}

static void look(void *ctx)
{
    struct cohort_set *set = ctx;
    store_board_get(set->store, STORE_BOARD_COHORTS, on_board, set);
}

struct cohort_set *cohort_set_new(struct loop *loop, struct store *store)
{
    struct cohort_set *set = xcalloc(1, sizeof(*set));
    *set = (struct cohort_set){.loop = loop, .store = store};
    set->timer = timer_new(loop, look, set);
    return set;
}

void cohort_set_free(struct cohort_set *set)
{
    if (set == NULL)
        return;
    timer_free(set->loop, set->timer);
    arena_free(set->arena);
    free(set);
}

void cohort_set_start(struct cohort_set *set)
{
    timer_start(set->loop, set->timer, 0);
}

const struct cohorts *cohort_set_cohorts(const struct cohort_set *set)
{
    return set != NULL ? &set->cohorts : NULL;
}

bool cohort_set_is_known(const struct cohort_set *set)
{
    return set->is_known;
}
