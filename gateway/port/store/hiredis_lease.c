/*
 * hiredis_lease.c: leases. Who has what lies together under the tag {leases}; the fences lie in the
 * buckets, where the functions that mark and settle see them.
 */
#include "port/store/hiredis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"

#define NAME_BYTES 64

/* One store_lease_keep: a question, then a command for each bucket of what is new. */
struct keeping {
    struct link *link;
    char kind[NAME_BYTES];
    uint64_t before[STORE_LEASE_RANGES], fences[STORE_LEASE_RANGES];
    uint32_t n_alive;
    uint32_t n_missing;
    uint32_t next; /* bucket of the next reply, among those that were asked for */
    uint8_t asked[STORE_BUCKETS];
    store_on_lease *fn;
    void *ctx;
};

static void add_number(struct argv *argv, char dst[24], uint64_t value)
{
    int len = snprintf(dst, 24, "%" PRIu64, value);
    argv_add(argv, (struct str){dst, (size_t)len});
}

static struct str leases_key(char dst[KEY_BYTES], struct str kind)
{
    int len = snprintf(dst, KEY_BYTES, "wp:{leases}:%.*s", STR_ARG(kind));
    return (struct str){dst, (size_t)len};
}

static void keeping_end(struct keeping *k, enum err e)
{
    k->fn(k->ctx, e, e == ERR_OK ? k->fences : NULL, k->n_alive);
    free(k);
}

/* A range whose buckets do not all know its fence is not told of; the next call tries again. */
static void parse_fence(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct keeping *k = to->ctx;
    uint8_t bucket = k->asked[k->next++];
    if (e != ERR_OK || reply->type != REDIS_REPLY_INTEGER || reply->integer != 1)
        k->fences[store_lease_range(bucket)] = 0;
    if (--k->n_missing == 0)
        keeping_end(k, ERR_OK);
}

static void send_fence(struct keeping *k, uint8_t bucket)
{
    char key[KEY_BYTES], number[24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_fence"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, bucket_key(key, bucket, STR("fence")));
    argv_add(&argv, str_from(k->kind));
    add_number(&argv, number, k->fences[store_lease_range(bucket)]);
    link_send(k->link, &argv, &(struct link_to){parse_fence, NULL, k}, 0);
}

static enum err read_ranges(struct keeping *k, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 == 0)
        return ERR_IO;
    for (size_t i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_INTEGER || reply->element[i]->integer < 0)
            return ERR_IO;
    }
    k->n_alive = (uint32_t)reply->element[0]->integer;
    for (size_t i = 1; i < reply->elements; i += 2) {
        uint64_t range = (uint64_t)reply->element[i]->integer;
        if (range >= STORE_LEASE_RANGES)
            return ERR_IO;
        k->fences[range] = (uint64_t)reply->element[i + 1]->integer;
    }
    return ERR_OK;
}

static void parse_own(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct keeping *k = to->ctx;
    if (e == ERR_OK)
        e = read_ranges(k, reply);
    for (uint32_t bucket = 0; e == ERR_OK && bucket < STORE_BUCKETS; bucket++) {
        uint32_t range = store_lease_range((uint8_t)bucket);
        if (k->fences[range] != 0 && k->fences[range] != k->before[range])
            k->asked[k->n_missing++] = (uint8_t)bucket;
    }
    if (k->n_missing == 0) {
        keeping_end(k, e);
        return;
    }
    for (uint32_t i = 0, n = k->n_missing; i < n; i++)
        send_fence(k, k->asked[i]);
}

void hiredis_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn,
                        void *ctx)
{
    char key[KEY_BYTES], numbers[3][24];
    struct keeping *k = xcalloc(1, sizeof(*k));
    *k = (struct keeping){.link = hiredis_store(s)->link, .fn = fn, .ctx = ctx};
    (void)snprintf(k->kind, sizeof(k->kind), "%.*s", STR_ARG(lease->kind)); /* kinds are short */
    memcpy(k->before, lease->fences, sizeof(k->before));
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_own"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, leases_key(key, lease->kind));
    argv_add(&argv, lease->owner);
    add_number(&argv, numbers[0], lease->life);
    add_number(&argv, numbers[1], (uint64_t)lease->ttl_ms);
    add_number(&argv, numbers[2], STORE_LEASE_RANGES);
    link_ask(k->link, &argv, &(struct link_to){parse_own, NULL, k});
}

void hiredis_lease_give(struct store *s, const struct store_lease *lease, const bool *ranges,
                        bool is_leaving, store_on_lease_given *fn, void *ctx)
{
    char key[KEY_BYTES], life[24], numbers[STORE_LEASE_RANGES][24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_disown"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, leases_key(key, lease->kind));
    argv_add(&argv, lease->owner);
    add_number(&argv, life, lease->life);
    argv_add(&argv, is_leaving ? STR("1") : STR("0"));
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        if (ranges[i])
            add_number(&argv, numbers[i], i);
    }
    link_ask(hiredis_store(s)->link, &argv, &(struct link_to){reply_done, (void (*)(void))fn, ctx});
}
