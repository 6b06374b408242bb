/*
 * hiredis_values.c: what is kept by its key, apart from learners: parts of long SMS, sessions,
 * courses, notes, certificates. All parts lie under the tag {parts}: there are few of them, and one
 * question finds those that have waited long enough.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/store/hiredis.h"

#define PREFIX "wp:{parts}:m:"
#define SESSION_KEY_BYTES (16 + STORE_SESSION_KEY_BYTES)
#define PART_KEY_BYTES (sizeof(PREFIX) + STORE_SESSION_KEY_BYTES)

static const char waiting_key[] = "wp:{parts}:waiting";
static const char courses_key[] = "wp:courses";
static const char *const board_keys[N_STORE_BOARDS] = {
    [STORE_BOARD_NOTES] = "wp:board",   [STORE_BOARD_COHORTS] = "wp:cohorts",
    [STORE_BOARD_HOSTS] = "wp:hosts",   [STORE_BOARD_FORMATS] = "wp:formats",
    [STORE_BOARD_STARTS] = "wp:starts", [STORE_BOARD_CORRECTIONS] = "wp:corrections",
    [STORE_BOARD_CLAIMS] = "wp:claims",
};

static struct str message_key(char dst[PART_KEY_BYTES], struct str key)
{
    int n = snprintf(dst, PART_KEY_BYTES, PREFIX "%.*s", STR_ARG(key));
    return (struct str){dst, (size_t)n};
}

static bool reply_text(const redisReply *reply, struct str *ret)
{
    *ret = (struct str){reply->str, reply->len};
    return reply->type == REDIS_REPLY_STRING;
}

static void parse_put(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct str values[STORE_MAX_PARTS];
    enum store_part_state state = STORE_PART_KEPT;
    uint32_t n = 0;
    if (e == ERR_OK && reply->type == REDIS_REPLY_INTEGER) {
        state = reply->integer == 1 ? STORE_PART_KEPT : STORE_PART_ALONE;
    } else if (e == ERR_OK) {
        state = STORE_PART_COMPLETE;
        bool is_good = reply->type == REDIS_REPLY_ARRAY && reply->elements <= STORE_MAX_PARTS;
        for (size_t i = 0; is_good && i < reply->elements; i++)
            is_good = reply_text(reply->element[i], &values[n++]);
        e = is_good ? ERR_OK : ERR_IO;
    }
    ((store_on_part *)to->fn)(to->ctx, e, state, values, e == ERR_OK ? n : 0);
}

void hiredis_part_put(struct store *s, const struct store_part *part, store_on_part *fn, void *ctx)
{
    char key[PART_KEY_BYTES], n[24], of[24], wait[24], keep[24], most[24];
    struct link_to to = {parse_put, (void (*)(void))fn, ctx, 0};
    if (!store_part_fits(part)) {
        nodes_respond_later(hiredis_store(s)->nodes, &to, ERR_TOO_LONG);
        return;
    }
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_part_put"));
    argv_add(&argv, STR("2"));
    argv_add(&argv, message_key(key, part->key));
    argv_add(&argv, str_from(waiting_key));
    argv_add(&argv, part->key);
    argv_add(&argv, decimal(n, part->n));
    argv_add(&argv, decimal(of, part->of));
    argv_add(&argv, (struct str){part->mark, sizeof(part->mark)});
    argv_add(&argv, part->value);
    argv_add(&argv, decimal(wait, (part->wait_ms + 999) / 1000));
    argv_add(&argv, decimal(keep, (part->keep_ms + 999) / 1000));
    argv_add(&argv, decimal(most, STORE_MAX_INCOMPLETE));
    nodes_ask(hiredis_store(s)->nodes, &argv, &to);
}

/* A message that waits and is not there any more is taken off the list when it is found. */
void hiredis_part_done(struct store *s, struct str key, bool must_forget, store_on_done *fn,
                       void *ctx)
{
    char message[PART_KEY_BYTES];
    struct argv argv = {.n = 0};
    argv_add(&argv, must_forget ? STR("DEL") : STR("ZREM"));
    argv_add(&argv, must_forget ? message_key(message, key) : str_from(waiting_key));
    if (!must_forget)
        argv_add(&argv, key);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

/* One that was dealt with meanwhile is on the list no more, and stays off it. */
void hiredis_part_later(struct store *s, struct str key, int64_t wait_ms, int64_t keep_ms,
                        store_on_done *fn, void *ctx)
{
    char message[PART_KEY_BYTES], number[24];
    struct hiredis_store *h = hiredis_store(s);
    struct link_to to;
    if (!gather_new(h->nodes, 2, fn, ctx, &to))
        return;
    struct argv later = argv_of((const char *[]){"ZADD", NULL});
    argv_add(&later, str_from(waiting_key));
    argv_add(&later, STR("XX"));
    argv_add(&later, decimal(number, (loop_wall(h->loop).ms + wait_ms) / 1000));
    argv_add(&later, key);
    nodes_ask(h->nodes, &later, &to);
    struct argv keep = argv_of((const char *[]){"EXPIRE", NULL});
    argv_add(&keep, message_key(message, key));
    argv_add(&keep, decimal(number, keep_ms / 1000));
    nodes_ask(h->nodes, &keep, &to);
}

/* Name, then number and value of each part, in no order. */
static enum err read_overdue(const redisReply *reply, struct str *key,
                             struct str values[STORE_MAX_PARTS], uint32_t *n)
{
    if (reply->type != REDIS_REPLY_ARRAY || (reply->elements > 0 && reply->elements % 2 == 0))
        return ERR_IO;
    if (reply->elements > 0 && !reply_text(reply->element[0], key))
        return ERR_IO;
    for (size_t i = 1; i < reply->elements; i += 2) {
        struct str number, value;
        uint64_t place;
        if (!reply_text(reply->element[i], &number) || !reply_text(reply->element[i + 1], &value) ||
            str_to_u64(number, STORE_MAX_PARTS, &place) != ERR_OK || place == 0)
            return ERR_IO;
        values[place - 1] = value;
        *n = place > *n ? (uint32_t)place : *n;
    }
    return ERR_OK;
}

static void parse_overdue(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct str key = STR_NONE, values[STORE_MAX_PARTS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < STORE_MAX_PARTS; i++)
        values[i] = STR_NONE;
    if (e == ERR_OK)
        e = read_overdue(reply, &key, values, &n);
    ((store_on_overdue *)to->fn)(to->ctx, e, key, values, e == ERR_OK ? n : 0);
}

void hiredis_parts_overdue(struct store *s, store_on_overdue *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_parts_overdue"));
    argv_add(&argv, STR("2"));
    argv_add(&argv, str_from(waiting_key));
    argv_add(&argv, STR("wp:{parts}:nothing"));
    argv_add(&argv, STR(PREFIX));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){parse_overdue, (void (*)(void))fn, ctx, 0});
}

/* ---- sessions and courses ---- */

static struct str session_key(char dst[SESSION_KEY_BYTES], struct str key)
{
    char *p = tag_put(dst, 'u', (uint8_t)str_hash(key));
    memcpy(p, "u:", 2);
    if (key.len > 0)
        memcpy(p + 2, key.p, key.len);
    return (struct str){dst, 12 + key.len};
}

void hiredis_session_put(struct store *s, struct str key, struct str value, int64_t ttl_ms,
                         store_on_done *fn, void *ctx)
{
    char name[SESSION_KEY_BYTES], ttl[24];
    struct link_to to = {reply_done, (void (*)(void))fn, ctx, 0};
    if (!store_session_fits(key, value)) {
        nodes_respond_later(hiredis_store(s)->nodes, &to, ERR_TOO_LONG);
        return;
    }
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("SET"));
    argv_add(&argv, session_key(name, key));
    argv_add(&argv, value);
    argv_add(&argv, STR("PX"));
    argv_add(&argv, decimal(ttl, ttl_ms));
    nodes_ask(hiredis_store(s)->nodes, &argv, &to);
}

void hiredis_session_get(struct store *s, struct str key, store_on_value *fn, void *ctx)
{
    char name[SESSION_KEY_BYTES];
    struct link_to to = {reply_value, (void (*)(void))fn, ctx, 0};
    if (!store_session_fits(key, STR_NONE)) {
        nodes_respond_later(hiredis_store(s)->nodes, &to, ERR_NOT_FOUND);
        return;
    }
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("GET"));
    argv_add(&argv, session_key(name, key));
    nodes_ask(hiredis_store(s)->nodes, &argv, &to);
}

void hiredis_meet(struct store *s, struct str name, struct str value, int64_t ttl_ms,
                  store_on_value *fn, void *ctx)
{
    char key[SESSION_KEY_BYTES], ttl[24];
    struct link_to to = {reply_value, (void (*)(void))fn, ctx, 0};
    if (!store_session_fits(name, value)) {
        nodes_respond_later(hiredis_store(s)->nodes, &to, ERR_TOO_LONG);
        return;
    }
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("SET"));
    argv_add(&argv, session_key(key, name));
    argv_add(&argv, value);
    argv_add(&argv, STR("NX"));
    argv_add(&argv, STR("GET"));
    argv_add(&argv, STR("PX"));
    argv_add(&argv, decimal(ttl, ttl_ms));
    nodes_ask(hiredis_store(s)->nodes, &argv, &to);
}

void hiredis_course_put(struct store *s, struct str name, struct str bundle, bool is_current,
                        store_on_done *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("HSET"));
    argv_add(&argv, str_from(courses_key));
    argv_add(&argv, name);
    argv_add(&argv, bundle);
    if (is_current) {
        argv_add(&argv, STR("current"));
        argv_add(&argv, name);
    }
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

void hiredis_courses_get(struct store *s, store_on_courses *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("HGETALL"));
    argv_add(&argv, str_from(courses_key));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_courses, (void (*)(void))fn, ctx, 0});
}

void hiredis_board_put(struct store *s, enum store_board board, struct str name, struct str value,
                       store_on_done *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, value.p != NULL ? STR("HSET") : STR("HDEL"));
    argv_add(&argv, str_from(board_keys[board]));
    argv_add(&argv, name);
    if (value.p != NULL)
        argv_add(&argv, value);
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

void hiredis_board_get(struct store *s, enum store_board board, store_on_board *fn, void *ctx)
{
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("HGETALL"));
    argv_add(&argv, str_from(board_keys[board]));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_board, (void (*)(void))fn, ctx, 0});
}

/* ---- certificates ---- */

/* In a bucket of the code, beside the epoch of that bucket: it has nothing to do with a number. */
static struct str certificate_key(char dst[KEY_BYTES], uint64_t code)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "k:%012llu", (unsigned long long)code);
    return bucket_key(dst, (uint8_t)(code / 10), (struct str){digits, (size_t)n});
}

void hiredis_certificate_put(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                             store_on_done *fn, void *ctx)
{
    char key[KEY_BYTES], until[24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_certificate_put"));
    argv_add(&argv, STR("1"));
    argv_add(&argv, certificate_key(key, code));
    argv_add(&argv, line);
    argv_add(&argv, decimal(until, until_ms / 1000));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_done, (void (*)(void))fn, ctx, 0});
}

void hiredis_certificate_new(struct store *s, uint64_t code, struct str line, int64_t until_ms,
                             store_on_done *fn, void *ctx)
{
    char key[KEY_BYTES], until[24];
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("SET"));
    argv_add(&argv, certificate_key(key, code));
    argv_add(&argv, line);
    argv_add(&argv, STR("NX"));
    argv_add(&argv, STR("PXAT"));
    argv_add(&argv, decimal(until, until_ms));
    nodes_ask(hiredis_store(s)->nodes, &argv,
              &(struct link_to){reply_new, (void (*)(void))fn, ctx, 0});
}

void hiredis_certificate_get(struct store *s, uint64_t code, store_on_value *fn, void *ctx)
{
    char key[KEY_BYTES], epoch[KEY_BYTES];
    struct nodes *nodes = hiredis_store(s)->nodes;
    struct argv argv = {.n = 0};
    argv_add(&argv, STR("FCALL"));
    argv_add(&argv, STR("waypost_certificate"));
    argv_add(&argv, STR("2"));
    argv_add(&argv, certificate_key(key, code));
    argv_add(&argv, bucket_key(epoch, (uint8_t)(code / 10), STR("epoch")));
    argv_add(&argv, nodes_epoch(nodes));
    nodes_ask(nodes, &argv, &(struct link_to){reply_value, (void (*)(void))fn, ctx, 0});
}
