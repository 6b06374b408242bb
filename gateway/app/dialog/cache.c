#include "app/dialog/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define VALUE_MAX_BYTES 32768u /* a state and a last reply */

struct place {
    struct number_id id;
    struct buf value;   /* state, then reply; empty = nobody */
    size_t state_bytes; /* of it */
};

struct dialog_cache {
    struct place places[DIALOG_CACHE_PLACES];
};

/* An id is a MAC: its bytes are spread evenly, and nobody outside can choose them. */
static struct place *place_of(struct dialog_cache *cache, const struct number_id *id)
{
    uint32_t hash;
    memcpy(&hash, &id->bytes[1], sizeof(hash));
    return &cache->places[hash % DIALOG_CACHE_PLACES];
}

struct dialog_cache *dialog_cache_new(void)
{
    struct dialog_cache *cache = xcalloc(1, sizeof(*cache));
    for (size_t i = 0; i < DIALOG_CACHE_PLACES; i++)
        buf_init(&cache->places[i].value, VALUE_MAX_BYTES);
    return cache;
}

void dialog_cache_free(struct dialog_cache *cache)
{
    for (size_t i = 0; i < DIALOG_CACHE_PLACES; i++)
        buf_fini(&cache->places[i].value);
    free(cache);
}

bool dialog_cache_get(const struct dialog_cache *cache, const struct number_id *id,
                      struct store_record *ret)
{
    const struct place *place = place_of((struct dialog_cache *)(uintptr_t)cache, id);
    struct str value = buf_str(&place->value);
    if (value.len == 0 || memcmp(&place->id, id, sizeof(*id)) != 0)
        return false;
    *ret = (struct store_record){.state = str_sub(value, 0, place->state_bytes),
                                 .reply = str_sub(value, place->state_bytes, value.len)};
    return true;
}

void dialog_cache_put(struct dialog_cache *cache, const struct number_id *id, struct str state,
                      struct str reply)
{
    struct place *place = place_of(cache, id);
    buf_reset(&place->value);
    buf_add_str(&place->value, state);
    buf_add_str(&place->value, reply);
    place->id = *id;
    place->state_bytes = state.len;
    if (buf_error(&place->value) != ERR_OK)
        buf_reset(&place->value);
}

void dialog_cache_drop(struct dialog_cache *cache, const struct number_id *id)
{
    struct place *place = place_of(cache, id);
    if (memcmp(&place->id, id, sizeof(*id)) == 0)
        buf_reset(&place->value);
}
