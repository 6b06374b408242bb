/*
 * cache.h: what this process has committed lately, so that the next step of a USSD session needs no
 * question to the store. Whatever is remembered may be out of date: the commit's comparison of seq
 * finds that out and brings the present record.
 *
 * A fixed number of places; a number that falls on another one's takes it.
 */
#pragma once

#include "port/store/store.h"

#define DIALOG_CACHE_PLACES 8192u

struct dialog_cache;

struct dialog_cache *dialog_cache_new(void);
void dialog_cache_free(struct dialog_cache *cache);
/* False: nothing is remembered. Borrowed until the next put. */
bool dialog_cache_get(const struct dialog_cache *cache, const struct number_id *id,
                      struct store_record *ret);
void dialog_cache_put(struct dialog_cache *cache, const struct number_id *id, struct str state,
                      struct str reply);
void dialog_cache_drop(struct dialog_cache *cache, const struct number_id *id);
