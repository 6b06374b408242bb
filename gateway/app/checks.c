#include "app/checks.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"

#define HOUR_S 3600

struct looking {
    struct store *store;
    struct checks_ask ask;
    char miss_key[STORE_CAP_KEY_BYTES];
    checks_on_done *fn;
    void *ctx;
};

static void finish(struct looking *l, enum err e, enum check_result result)
{
    struct code_check check = {.code = l->ask.code, .result = result};
    l->fn(l->ctx, e, e == ERR_OK ? &check : NULL);
    free(l);
}

static struct store_cap misses(const struct looking *l, uint64_t units, uint64_t limit)
{
    return (struct store_cap){.name = "checks",
                              .key = str_from(l->miss_key),
                              .units = units,
                              .limit = limit,
                              .window_s = CHECKS_MISS_S};
}

static void on_missed(void *ctx, enum err e)
{
    finish(ctx, e, CHECK_NOT_FOUND);
}

static void on_line(void *ctx, enum err e, struct str line)
{
    struct looking *l = ctx;
    struct code_check check = {.code = l->ask.code, .result = CHECK_FOUND};
    if (e == ERR_NOT_FOUND) {
        struct store_cap cap = misses(l, 1, UINT32_MAX);
        store_take(l->store, &cap, 1, on_missed, l);
        return;
    }
    if (e == ERR_OK && certificate_read(line, &check.found) != ERR_OK) {
        LOG_ERROR("checks", "a certificate in Redis cannot be read",
                  "remedy=\"waypost certificate revoke or rebuild\"");
        e = ERR_UNAVAILABLE;
    }
    l->fn(l->ctx, e, e == ERR_OK ? &check : NULL);
    free(l);
}

static void on_taken(void *ctx, enum err e)
{
    struct looking *l = ctx;
    if (e == ERR_DENIED)
        finish(l, ERR_OK, CHECK_LATER);
    else if (e != ERR_OK)
        finish(l, e, CHECK_UNASKED);
    else
        store_certificate_get(l->store, l->ask.code, on_line, l);
}

void checks_look(struct store *store, const struct checks_ask *ask, checks_on_done *fn, void *ctx)
{
    char hex[2 * NUMBER_ID_BYTES + 1], key[STORE_CAP_KEY_BYTES];
    struct looking *l = xcalloc(1, sizeof(*l));
    *l = (struct looking){.store = store, .ask = *ask, .fn = fn, .ctx = ctx};
    hex_encode(ask->who.bytes, sizeof(ask->who.bytes), hex);
    (void)snprintf(key, sizeof(key), "k:%s", hex);                                 /* fits */
    (void)snprintf(l->miss_key, sizeof(l->miss_key), "missed checks:%s", ask->by); /* likewise */
    struct store_cap caps[] = {{.name = "checks",
                                .key = str_from(key),
                                .units = 1,
                                .limit = CHECKS_AN_HOUR,
                                .window_s = HOUR_S},
                               misses(l, 0, CHECKS_MISSES - 1)};
    store_take(store, caps, ARRAY_LEN(caps), on_taken, l);
}
