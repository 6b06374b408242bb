/*
 * hiredis_servers.c: what is asked of each server: its facts, its memory, the fence. On a Cluster
 * the response is about all masters together.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "port/store/hiredis.h"

#define FACTS_MAX_BYTES 65536u /* of one server */

/* One question to all of them. */
struct asking {
    struct hiredis_store *store;
    void (*end)(struct asking *asking);
    void (*fn)(void);
    void *ctx;
    uint32_t n_missing;
    uint32_t n_users; /* servers that have the one who was asked about */
    enum err e;       /* the first error */
    struct buf text;
    uint64_t used;               /* thousandths of the fullest */
    struct store_fence fence;    /* as EPOCH_KEY says */
    char buckets[NODES_MAX][24]; /* the epoch that a bucket of each shows */
};

static struct asking *asking_new(struct store *s, void (*end)(struct asking *), void (*fn)(void),
                                 void *ctx)
{
    struct asking *asking = xcalloc(1, sizeof(*asking));
    asking->store = hiredis_store(s);
    asking->end = end;
    asking->fn = fn;
    asking->ctx = ctx;
    buf_init(&asking->text, NODES_MAX * FACTS_MAX_BYTES);
    return asking;
}

static void asking_responded(struct asking *asking, enum err e)
{
    if (asking->e == ERR_OK)
        asking->e = e;
    if (--asking->n_missing > 0)
        return;
    asking->end(asking);
    buf_fini(&asking->text);
    free(asking);
}

static void parse_refused(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* nothing was asked */
    asking_responded(to->ctx, e);
}

/* Asks nobody. */
static void asking_refuse(struct asking *asking, enum err e)
{
    asking->n_missing = 1;
    nodes_respond_later(asking->store->nodes, &(struct link_to){parse_refused, NULL, asking, 0}, e);
}

/* A command to each of them. */
static void ask_each(struct asking *asking, const struct argv *argv, link_parse *parse)
{
    struct nodes *nodes = asking->store->nodes;
    enum err e = nodes_admit(nodes);
    if (e != ERR_OK) {
        asking_refuse(asking, e);
        return;
    }
    for (uint32_t i = 0; i < nodes_end(nodes); i++)
        asking->n_missing += nodes_has(nodes, i);
    for (uint32_t i = 0; i < nodes_end(nodes); i++) {
        if (nodes_has(nodes, i))
            nodes_send_at(nodes, i, argv, &(struct link_to){parse, NULL, asking, i}, 0);
    }
}

/* ---- facts, memory, files ---- */

static void facts_end(struct asking *asking)
{
    bool is_good = asking->e == ERR_OK;
    ((store_on_value *)asking->fn)(asking->ctx, asking->e,
                                   is_good ? buf_str(&asking->text) : STR_NONE);
}

static void parse_facts(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct asking *asking = to->ctx;
    char name[HOST_BYTES + 8];
    if (e == ERR_OK && asking->text.len > 0)
        buf_add_char(&asking->text, STORE_FACTS_END);
    if (e == ERR_OK && nodes_is_cluster(asking->store->nodes))
        buf_addf(&asking->text, STORE_FACTS_SERVER ":%.*s\n",
                 STR_ARG(nodes_name(asking->store->nodes, to->n, name)));
    if (e == ERR_OK)
        e = reply_facts(reply, &asking->text);
    asking_responded(asking, e);
}

void hiredis_facts(struct store *s, enum store_facts what, store_on_value *fn, void *ctx)
{
    static const char *const settings[] = {"CONFIG",
                                           "GET",
                                           "append*",
                                           "aof-load-truncated",
                                           "save",
                                           "cluster-require-full-coverage",
                                           "zset-max-listpack-entries"};
    struct argv argv = {.n = 0};
    if (what == STORE_FACTS_STATE)
        argv_add(&argv, STR("INFO"));
    for (size_t i = 0; what == STORE_FACTS_SETTINGS && i < ARRAY_LEN(settings); i++)
        argv_add(&argv, str_from(settings[i]));
    ask_each(asking_new(s, facts_end, (void (*)(void))fn, ctx), &argv, parse_facts);
}

/* ---- what a user may ---- */

#define NO_SUCH_USER "it has no such user"

static void may_end(struct asking *asking)
{
    bool is_anywhere = asking->n_users > 0 || asking->e != ERR_OK;
    enum err e = is_anywhere ? asking->e : ERR_NOT_FOUND;
    ((store_on_value *)asking->fn)(asking->ctx, e, e == ERR_OK ? buf_str(&asking->text) : STR_NONE);
}

/* "OK", or a string that says what is missing. */
static void parse_may(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct asking *asking = to->ctx;
    char name[HOST_BYTES + 8];
    struct str against = STR_NONE;
    if (e == ERR_NOT_FOUND)
        against = STR(NO_SUCH_USER);
    else if (e == ERR_OK && reply->type == REDIS_REPLY_STRING)
        against = (struct str){reply->str, reply->len};
    asking->n_users += e == ERR_OK;
    if (against.p != NULL && nodes_is_cluster(asking->store->nodes))
        buf_addf(&asking->text, "%.*s: ", STR_ARG(nodes_name(asking->store->nodes, to->n, name)));
    if (against.p != NULL)
        buf_addf(&asking->text, "%.*s\n", STR_ARG(against));
    asking_responded(asking, e == ERR_NOT_FOUND ? ERR_OK : e);
}

void hiredis_may(struct store *s, struct str user, struct str command, store_on_value *fn,
                 void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("ACL"));
    argv_add(&argv, STR("DRYRUN"));
    argv_add(&argv, user);
    while (command.p != NULL && argv.n < ARGV_MAX)
        argv_add(&argv, str_split(&command, ' '));
    ask_each(asking_new(s, may_end, (void (*)(void))fn, ctx), &argv, parse_may);
}

static void memory_end(struct asking *asking)
{
    uint32_t used = asking->used < 1000 ? (uint32_t)asking->used : 1000;
    ((store_on_memory *)asking->fn)(asking->ctx, asking->e, used);
}

/* INFO memory */
static void parse_memory(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct asking *asking = to->ctx;
    if (e == ERR_OK && reply->type != REDIS_REPLY_STRING)
        e = ERR_IO;
    struct str info = e == ERR_OK ? (struct str){reply->str, reply->len} : STR_NONE;
    uint64_t used = reply_info_number(info, STR("used_memory"));
    uint64_t most = reply_info_number(info, STR("maxmemory"));
    uint64_t thousandths = most > 0 ? used / (most / 1000 + 1) : 0;
    asking->used = thousandths > asking->used ? thousandths : asking->used;
    asking_responded(asking, e);
}

void hiredis_memory(struct store *s, store_on_memory *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("INFO"));
    argv_add(&argv, STR("memory"));
    ask_each(asking_new(s, memory_end, (void (*)(void))fn, ctx), &argv, parse_memory);
}

static void done_end(struct asking *asking)
{
    ((store_on_done *)asking->fn)(asking->ctx, asking->e);
}

static void parse_done(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* no error is all that matters */
    asking_responded(to->ctx, e);
}

/* One that is being written already will do: what is gone now is not in it either, or in the next.
 */
void hiredis_compact(struct store *s, store_on_done *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("BGREWRITEAOF"));
    ask_each(asking_new(s, done_end, (void (*)(void))fn, ctx), &argv, parse_done);
}

/* ---- the fence ---- */

/* A server whose bucket shows another epoch was emptied, or is of another site. */
static void fence_end(struct asking *asking)
{
    struct store_fence fence = asking->fence;
    char number[24];
    struct str epoch = decimal_unsigned(number, fence.epoch);
    for (uint32_t i = 0; fence.epoch != 0 && i < NODES_MAX; i++) {
        if (asking->buckets[i][0] != '\0' && !str_eq(str_from(asking->buckets[i]), epoch))
            fence.is_split = true;
    }
    fence.is_open &= !fence.is_split;
    ((store_on_fence *)asking->fn)(asking->ctx, asking->e, asking->e == ERR_OK ? &fence : NULL);
}

static void parse_shown(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct asking *asking = to->ctx;
    struct str value = e == ERR_OK && reply->type == REDIS_REPLY_STRING
                           ? (struct str){reply->str, reply->len}
                           : STR("-");
    if (str_copy(value, asking->buckets[to->n], sizeof(asking->buckets[0])) != ERR_OK)
        asking->buckets[to->n][0] = '-'; /* no number of ours */
    asking_responded(asking, e);
}

static void parse_epoch(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct asking *asking = to->ctx;
    struct str value = e == ERR_OK && reply->type == REDIS_REPLY_STRING
                           ? (struct str){reply->str, reply->len}
                           : STR("");
    struct store_fence *fence = &asking->fence;
    struct str epoch = epoch_read(value, str_from(asking->store->lives), &fence->is_open);
    if (epoch.len > 0 && str_to_u64(epoch, UINT64_MAX, &fence->epoch) != ERR_OK)
        e = ERR_IO;
    asking_responded(asking, e);
}

static void ask_shown(struct asking *asking, uint32_t node)
{
    struct nodes *nodes = asking->store->nodes;
    char key[KEY_BYTES];
    for (uint32_t bucket = 0; bucket < STORE_BUCKETS; bucket++) {
        if (nodes_of_bucket(nodes, (uint8_t)bucket) != node)
            continue;
        struct argv argv = {.n = 0};
        argv_add(&argv, STR("GET"));
        argv_add(&argv, bucket_key(key, (uint8_t)bucket, STR("epoch")));
        asking->n_missing++;
        nodes_send(nodes, &argv, &(struct link_to){parse_shown, NULL, asking, node}, 0);
        return;
    }
}

void hiredis_fence(struct store *s, store_on_fence *fn, void *ctx)
{
    struct hiredis_store *h = hiredis_store(s);
    struct asking *asking = asking_new(s, fence_end, (void (*)(void))fn, ctx);
    enum err e = nodes_n_away(h->nodes) == 0 ? nodes_admit(h->nodes) : ERR_UNAVAILABLE;
    if (e == ERR_OK && !nodes_lives(h->nodes, h->lives))
        e = ERR_UNAVAILABLE;
    if (e != ERR_OK) {
        asking_refuse(asking, e);
        return;
    }
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("GET"));
    argv_add(&argv, STR(EPOCH_KEY));
    asking->n_missing = 1;
    nodes_send(h->nodes, &argv, &(struct link_to){parse_epoch, NULL, asking, 0}, 0);
    for (uint32_t i = 0; i < nodes_end(h->nodes); i++)
        ask_shown(asking, i);
}

/* ---- opening it ---- */

struct opening {
    struct hiredis_store *store;
    uint64_t epoch;
    store_on_done *fn;
    void *ctx;
};

static void on_buckets(void *ctx, enum err e)
{
    struct opening *opening = ctx;
    struct hiredis_store *h = opening->store;
    struct link_to to = {reply_done, (void (*)(void))opening->fn, opening->ctx, 0};
    char value[LIVES_BYTES + 24];
    struct argv argv = {.n = 0};
    if (e == ERR_OK && h->lives[0] == '\0' && !nodes_lives(h->nodes, h->lives))
        e = ERR_UNAVAILABLE;
    if (e == ERR_OK) {
        (void)snprintf(value, sizeof(value), "%" PRIu64 " %s", opening->epoch, h->lives);
        argv_add(&argv, STR("SET"));
        argv_add(&argv, STR(EPOCH_KEY));
        argv_add(&argv, str_from(value));
        nodes_ask(h->nodes, &argv, &to);
    } else {
        nodes_respond_later(h->nodes, &to, e);
    }
    free(opening);
}

/* The buckets first: once the epoch is open, all of them show it. Only lives that were told of by
 * hiredis_fence are let in: a server that was started anew since then has not been looked at. */
void hiredis_fence_open(struct store *s, uint64_t epoch, store_on_done *fn, void *ctx)
{
    struct nodes *nodes = hiredis_store(s)->nodes;
    struct opening *opening = xcalloc(1, sizeof(*opening));
    char key[KEY_BYTES], number[24];
    struct str text = decimal_unsigned(number, epoch);
    struct link_to to;
    *opening = (struct opening){hiredis_store(s), epoch, fn, ctx};
    if (!gather_new(nodes, STORE_BUCKETS, on_buckets, opening, &to))
        return;
    for (uint32_t bucket = 0; bucket < STORE_BUCKETS; bucket++) {
        struct argv argv = {.n = 0};
        argv_add(&argv, STR("SET"));
        argv_add(&argv, bucket_key(key, (uint8_t)bucket, STR("epoch")));
        argv_add(&argv, text);
        nodes_send(nodes, &argv, &to, 0);
    }
}
