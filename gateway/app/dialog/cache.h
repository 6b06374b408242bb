/*
 * cache.h: what this process has committed lately, so that the next step of a USSD session needs no
 * question to the store. Whatever is remembered may be out of date: the commit's comparison of seq
 * finds that out and brings the present record.
 *
 * A fixed number of places, 16 MB once all are in use: sessions of a front at 5,000 callbacks/s
 * whose people take ten seconds for a screen. A number that falls on another one's place takes it.
 */
#pragma once

#include "port/vault/vault.h"

#define DIALOG_CACHE_PLACES 65536u

struct dialog_cache;

struct dialog_cache *dialog_cache_new(void);
void dialog_cache_free(struct dialog_cache *cache);
/* The state as it was put; absent: it is not remembered. Borrowed until the next put. */
struct str dialog_cache_get(const struct dialog_cache *cache, const struct number_id *id);
/* A state that is too long is forgotten. */
void dialog_cache_put(struct dialog_cache *cache, const struct number_id *id, struct str state);
void dialog_cache_drop(struct dialog_cache *cache, const struct number_id *id);
