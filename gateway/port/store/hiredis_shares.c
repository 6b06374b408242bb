/*
 * hiredis_shares.c: what processes share: limits on what is sent, and leases. Limits hold on a
 * Cluster too, where one function sees the keys of one bucket only.
 *
 * What is counted of one number lies in its bucket and is checked by the commit itself. Counters
 * over all numbers lie together under the tag {caps}: a commit first takes its units there, all or
 * none, and is told to refuse its messages when there were none left. Units are given back when the
 * commit did certainly not enqueue; when nobody knows, they count as used.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/store/hiredis.h"

#define CAP_KEY_BYTES (16 + STORE_CAP_KEY_BYTES)

/* ---- counters over all numbers ---- */

struct cap_words {
    char keys[STORE_MAX_CAPS][CAP_KEY_BYTES];
    char numbers[STORE_MAX_CAPS][3][24];
    char n[24];
};

static void add_keys(struct cap_words *words, const char *function, const struct store_cap *caps,
                     uint32_t n, struct argv *argv)
{
    argv_add(argv, STR("FCALL"));
    argv_add(argv, str_from(function));
    argv_add(argv, decimal(words->n, n));
    for (uint32_t i = 0; i < n; i++) {
        int len = snprintf(words->keys[i], CAP_KEY_BYTES, "wp:{caps}:%.*s", STR_ARG(caps[i].key));
        argv_add(argv, (struct str){words->keys[i], (size_t)len});
    }
}

static void add_lease(struct cap_words *words, const struct store_cap *caps, uint32_t n,
                      struct argv *argv)
{
    add_keys(words, "waypost_lease", caps, n, argv);
    for (uint32_t i = 0; i < n; i++) {
        argv_add(argv, decimal_unsigned(words->numbers[i][0], caps[i].units));
        argv_add(argv, decimal_unsigned(words->numbers[i][1], caps[i].limit));
        argv_add(argv, decimal_unsigned(words->numbers[i][2], caps[i].window_s));
    }
}

/* ret_place: from 1, which cap has no room; 0 = taken, in these windows. */
static enum err read_lease(const redisReply *reply, uint32_t n, uint32_t *ret_place,
                           int64_t windows[STORE_MAX_CAPS])
{
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0 && reply->integer <= n) {
        *ret_place = (uint32_t)reply->integer;
        return ERR_OK;
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != n)
        return ERR_IO;
    for (uint32_t i = 0; i < n; i++) {
        if (reply->element[i]->type != REDIS_REPLY_INTEGER)
            return ERR_IO;
        windows[i] = reply->element[i]->integer;
    }
    *ret_place = 0;
    return ERR_OK;
}

static void parse_take(const struct link_to *to, enum err e, const redisReply *reply)
{
    int64_t windows[STORE_MAX_CAPS];
    uint32_t place = 0;
    if (e == ERR_OK && reply->type == REDIS_REPLY_INTEGER)
        e = ERR_DENIED;
    else if (e == ERR_OK)
        e = read_lease(reply, (uint32_t)reply->elements % (STORE_MAX_CAPS + 1), &place, windows);
    ((store_on_done *)to->fn)(to->ctx, e);
}

void hiredis_take(struct store *s, const struct store_cap *caps, uint32_t n, store_on_done *fn,
                  void *ctx)
{
    struct cap_words words;
    struct argv argv = {.n = 0};
    add_lease(&words, caps, n, &argv);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){parse_take, (void (*)(void))fn, ctx, 0});
}

/* ---- a commit with caps ---- */

struct capped {
    struct hiredis_store *store;
    const struct store_commit *commit;
    store_on_commit *fn;
    void *ctx;
    const char *refused_by;
    bool is_leased;
    int64_t windows[STORE_MAX_CAPS];
};

static void parse_nothing(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)to, (void)e, (void)reply; /* what was not given back is used up: no harm but to the cap */
}

static void give_back(const struct capped *capped)
{
    const struct store_caps *caps = capped->commit->caps;
    struct nodes *nodes = capped->store->nodes;
    struct cap_words words;
    struct argv argv = {.n = 0};
    if (!capped->is_leased || nodes_admit(nodes) != ERR_OK)
        return;
    add_keys(&words, "waypost_give_back", caps->list, caps->n, &argv);
    for (uint32_t i = 0; i < caps->n; i++) {
        argv_add(&argv, decimal_unsigned(words.numbers[i][0], caps->list[i].units));
        argv_add(&argv, decimal_unsigned(words.numbers[i][1], (uint64_t)capped->windows[i]));
        argv_add(&argv, decimal_unsigned(words.numbers[i][2], caps->list[i].window_s));
    }
    nodes_send(nodes, &argv, &(struct link_to){parse_nothing, NULL, NULL, 0}, 0);
}

static void response(struct capped *capped, enum err e, const struct store_record *record)
{
    capped->fn(capped->ctx, e, record);
    free(capped);
}

static void parse_commit(const struct link_to *to, enum err e, const redisReply *reply)
{
    static const char *const by[] = {[2] = "number", [3] = "loop"};
    struct capped *capped = to->ctx;
    struct store_record record = {.refused_by = NULL};
    if (e == ERR_OK && reply->type != REDIS_REPLY_INTEGER) {
        e = reply_record(reply, &record);
        e = e == ERR_OK ? ERR_CONFLICT : e;
    } else if (e == ERR_OK && reply->integer > 1) {
        record.refused_by = reply->integer < 4 ? by[reply->integer] : capped->refused_by;
    }
    bool is_enqueued = e == ERR_OK && record.refused_by == NULL;
    if (!is_enqueued && e != ERR_TIMEOUT)
        give_back(capped);
    bool has_record = e == ERR_CONFLICT || record.refused_by != NULL;
    response(capped, e, has_record ? &record : NULL);
}

static void send_commit(struct capped *capped)
{
    const struct store_commit *commit = capped->commit;
    const struct store_caps *caps = commit->caps;
    struct commit_words words;
    char counter[KEY_BYTES], numbers[5][24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_commit_capped"));
    argv_add(&argv, STR(COMMIT_CAPPED_KEYS));
    commit_add_keys(&words, commit, &argv);
    argv_add(&argv, number_key(counter, &commit->id, 'c'));
    argv_add(&argv, words.due.words[DUE_PART]);
    argv_add(&argv, decimal_unsigned(numbers[0], caps->number_units));
    argv_add(&argv, decimal_unsigned(numbers[1], caps->number_limit));
    argv_add(&argv, decimal_unsigned(numbers[2], caps->exchange));
    argv_add(&argv, decimal_unsigned(numbers[3], caps->exchange_limit));
    argv_add(&argv, decimal_unsigned(numbers[4], caps->exchange_s));
    argv_add(&argv, str_from(capped->refused_by));
    argv_add(&argv, caps->refused_event);
    argv_add(&argv, caps->said_event);
    commit_add_args(&words, commit, nodes_epoch(capped->store->nodes), &argv);
    nodes_ask(capped->store->nodes, &argv, &(struct link_to){parse_commit, NULL, capped, 0});
}

static void parse_lease(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct capped *capped = to->ctx;
    const struct store_caps *caps = capped->commit->caps;
    uint32_t place = 0;
    if (e == ERR_OK)
        e = read_lease(reply, caps->n, &place, capped->windows);
    if (e != ERR_OK) {
        response(capped, e, NULL);
        return;
    }
    capped->is_leased = place == 0;
    capped->refused_by = place > 0 ? caps->list[place - 1].name : NULL;
    send_commit(capped);
}

void hiredis_commit_capped(struct store *s, const struct store_commit *commit, store_on_commit *fn,
                           void *ctx)
{
    const struct store_caps *caps = commit->caps;
    struct capped *capped = xcalloc(1, sizeof(*capped));
    *capped = (struct capped){.store = hiredis_store(s),
                              .commit = commit,
                              .fn = fn,
                              .ctx = ctx,
                              .refused_by = caps->refused_by};
    if (caps->n == 0 || caps->refused_by != NULL) {
        send_commit(capped);
        return;
    }
    struct cap_words words;
    struct argv argv = {.n = 0};
    add_lease(&words, caps->list, caps->n, &argv);
    nodes_ask(capped->store->nodes, &argv, &(struct link_to){parse_lease, NULL, capped, 0});
}

/* ---- leases ----
 *
 * Who has what lies together under the tag {leases}; the fences lie in the buckets, where the
 * functions that mark and settle see them.
 */

#define NAME_BYTES 64

/* One store_lease_keep: a question, then a command for each bucket of what is new. */
struct keeping {
    struct store *store;
    struct nodes *nodes;
    char kind[NAME_BYTES], owner[NAME_BYTES];
    uint64_t life;
    bool refused[STORE_LEASE_RANGES]; /* a bucket knows a later fence */
    bool has_refused;
    uint64_t before[STORE_LEASE_RANGES], fences[STORE_LEASE_RANGES];
    uint32_t n_alive;
    uint32_t n_missing;
    uint8_t asked[STORE_BUCKETS];
    store_on_lease *fn;
    void *ctx;
};

static struct str leases_key(char dst[KEY_BYTES], struct str kind)
{
    int len = snprintf(dst, KEY_BYTES, "wp:{leases}:%.*s", STR_ARG(kind));
    return (struct str){dst, (size_t)len};
}

static void on_refused_given(void *ctx, enum err e)
{
    (void)ctx, (void)e; /* else it is refused and given back once more */
}

static void keeping_end(struct keeping *k, enum err e)
{
    if (k->has_refused) {
        const struct store_lease lease = {
            .kind = str_from(k->kind), .owner = str_from(k->owner), .life = k->life};
        hiredis_lease_give(k->store, &lease, k->refused, false, on_refused_given, NULL);
    }
    k->fn(k->ctx, e, e == ERR_OK ? k->fences : NULL, k->n_alive);
    free(k);
}

/* A range whose buckets do not all know its fence is not told of; the next call tries again, with a
 * new fence where this one was too low: the table was lost, and its server's clock is behind. */
static void parse_fence(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct keeping *k = to->ctx;
    uint32_t range = store_lease_range(k->asked[to->n]);
    bool is_refused = e == ERR_OK && reply->type == REDIS_REPLY_INTEGER && reply->integer == 0;
    if (e != ERR_OK || reply->type != REDIS_REPLY_INTEGER || reply->integer != 1)
        k->fences[range] = 0;
    k->refused[range] |= is_refused;
    k->has_refused |= is_refused;
    if (--k->n_missing == 0)
        keeping_end(k, ERR_OK);
}

static void send_fence(struct keeping *k, uint32_t i)
{
    uint8_t bucket = k->asked[i];
    char key[KEY_BYTES], number[24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_fence"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, bucket_key(key, bucket, STR("fence")));
    argv_add(&argv, str_from(k->kind));
    argv_add(&argv, decimal_unsigned(number, k->fences[store_lease_range(bucket)]));
    nodes_send(k->nodes, &argv, &(struct link_to){parse_fence, NULL, k, i}, 0);
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
        send_fence(k, i);
}

void hiredis_lease_keep(struct store *s, const struct store_lease *lease, store_on_lease *fn,
                        void *ctx)
{
    char key[KEY_BYTES], numbers[3][24];
    struct keeping *k = xcalloc(1, sizeof(*k));
    *k = (struct keeping){
        .store = s, .nodes = hiredis_store(s)->nodes, .life = lease->life, .fn = fn, .ctx = ctx};
    (void)snprintf(k->kind, sizeof(k->kind), "%.*s", STR_ARG(lease->kind));    /* kinds are short */
    (void)snprintf(k->owner, sizeof(k->owner), "%.*s", STR_ARG(lease->owner)); /* and owners */
    memcpy(k->before, lease->fences, sizeof(k->before));
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_own"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, leases_key(key, lease->kind));
    argv_add(&argv, lease->owner);
    argv_add(&argv, decimal_unsigned(numbers[0], lease->life));
    argv_add(&argv, decimal_unsigned(numbers[1], (uint64_t)lease->ttl_ms));
    argv_add(&argv, decimal_unsigned(numbers[2], STORE_LEASE_RANGES));
    nodes_ask(k->nodes, &argv, &(struct link_to){parse_own, NULL, k, 0});
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
    argv_add(&argv, decimal_unsigned(life, lease->life));
    argv_add(&argv, is_leaving ? STR("1") : STR("0"));
    for (uint32_t i = 0; i < STORE_LEASE_RANGES; i++) {
        if (ranges[i])
            argv_add(&argv, decimal_unsigned(numbers[i], i));
    }
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}
