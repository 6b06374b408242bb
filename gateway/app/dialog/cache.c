#include "app/dialog/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define PLACE_BYTES 256u
#define WAYS 2u /* places of one number: with one, 20,000 sessions lose a quarter to each other */

struct place {
    struct number_id id;
    uint16_t n;    /* bytes of the state; 0 = nobody */
    bool is_newer; /* than the other one */
    char state[PLACE_BYTES - sizeof(struct number_id) - sizeof(uint16_t) - sizeof(bool)];
};

struct dialog_cache {
    struct place places[DIALOG_CACHE_PLACES];
};

/* An id is a MAC: its bytes are spread evenly, and nobody outside can choose them. */
static struct place *ways_of(struct dialog_cache *cache, const struct number_id *id)
{
    uint32_t hash;
    memcpy(&hash, &id->bytes[1], sizeof(hash));
    return &cache->places[hash % (DIALOG_CACHE_PLACES / WAYS) * WAYS];
}

/* The place that holds the number, else the one to be taken for it. */
static struct place *place_of(struct dialog_cache *cache, const struct number_id *id)
{
    struct place *ways = ways_of(cache, id);
    for (unsigned i = 0; i < WAYS; i++) {
        if (memcmp(&ways[i].id, id, sizeof(*id)) == 0)
            return &ways[i];
    }
    return ways[0].n == 0 || ways[1].is_newer ? &ways[0] : &ways[1];
}

struct dialog_cache *dialog_cache_new(void)
{
    return xcalloc(1, sizeof(struct dialog_cache));
}

void dialog_cache_free(struct dialog_cache *cache)
{
    free(cache);
}

struct str dialog_cache_get(const struct dialog_cache *cache, const struct number_id *id)
{
    const struct place *place = place_of((struct dialog_cache *)(uintptr_t)cache, id);
    bool is_there = place->n > 0 && memcmp(&place->id, id, sizeof(*id)) == 0;
    return is_there ? (struct str){place->state, place->n} : STR_NONE;
}

void dialog_cache_put(struct dialog_cache *cache, const struct number_id *id, struct str state)
{
    struct place *place = place_of(cache, id), *ways = ways_of(cache, id);
    ways[0].is_newer = place == &ways[0];
    ways[1].is_newer = place == &ways[1];
    place->id = *id;
    place->n = state.len <= sizeof(place->state) ? (uint16_t)state.len : 0;
    memcpy(place->state, state.p, place->n);
}

void dialog_cache_drop(struct dialog_cache *cache, const struct number_id *id)
{
    struct place *place = place_of(cache, id);
    if (memcmp(&place->id, id, sizeof(*id)) == 0)
        place->n = 0;
}
