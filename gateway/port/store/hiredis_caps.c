/*
 * store_hiredis_caps.c: limits on what is sent, on a Cluster too, where one function sees the keys
 * of one bucket only.
 *
 * What is counted of one number lies in its bucket and is checked by the commit itself. Counters
 * over all numbers lie together under the tag {caps}: a commit first takes its units there, all or
 * none, and is told to refuse its messages when there were none left. Units are given back when the
 * commit did certainly not enqueue; when nobody knows, they count as used.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "port/store/hiredis_commit.h"

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

static void add_number(char dst[24], uint64_t value, struct argv *argv)
{
    int len = snprintf(dst, 24, "%" PRIu64, value);
    argv_add(argv, (struct str){dst, (size_t)len});
}

static void add_lease(struct cap_words *words, const struct store_cap *caps, uint32_t n,
                      struct argv *argv)
{
    add_keys(words, "waypost_lease", caps, n, argv);
    for (uint32_t i = 0; i < n; i++) {
        add_number(words->numbers[i][0], caps[i].units, argv);
        add_number(words->numbers[i][1], caps[i].limit, argv);
        add_number(words->numbers[i][2], caps[i].window_s, argv);
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
    link_ask(hiredis_store(s)->link, &argv, &(struct link_to){parse_take, (void (*)(void))fn, ctx});
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
    struct link *link = capped->store->link;
    struct cap_words words;
    struct argv argv = {.n = 0};
    if (!capped->is_leased || link_admit(link) != ERR_OK)
        return;
    add_keys(&words, "waypost_give_back", caps->list, caps->n, &argv);
    for (uint32_t i = 0; i < caps->n; i++) {
        add_number(words.numbers[i][0], caps->list[i].units, &argv);
        add_number(words.numbers[i][1], (uint64_t)capped->windows[i], &argv);
        add_number(words.numbers[i][2], caps->list[i].window_s, &argv);
    }
    link_send(link, &argv, &(struct link_to){parse_nothing, NULL, NULL}, 0);
}

static void answer(struct capped *capped, enum err e, const struct store_record *record)
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
    answer(capped, e, has_record ? &record : NULL);
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
    add_number(numbers[0], caps->number_units, &argv);
    add_number(numbers[1], caps->number_limit, &argv);
    add_number(numbers[2], caps->exchange, &argv);
    add_number(numbers[3], caps->exchange_limit, &argv);
    add_number(numbers[4], caps->exchange_s, &argv);
    argv_add(&argv, str_from(capped->refused_by));
    argv_add(&argv, caps->refused_event);
    argv_add(&argv, caps->said_event);
    commit_add_args(&words, commit, link_epoch(capped->store->link), &argv);
    link_ask(capped->store->link, &argv, &(struct link_to){parse_commit, NULL, capped});
}

static void parse_lease(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct capped *capped = to->ctx;
    const struct store_caps *caps = capped->commit->caps;
    uint32_t place = 0;
    if (e == ERR_OK)
        e = read_lease(reply, caps->n, &place, capped->windows);
    if (e != ERR_OK) {
        answer(capped, e, NULL);
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
    link_ask(capped->store->link, &argv, &(struct link_to){parse_lease, NULL, capped});
}
