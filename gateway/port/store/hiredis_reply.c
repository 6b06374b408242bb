/*
 * hiredis_reply.c: what a server says, as our structs. Nothing in a reply is trusted to have
 * the shape that we asked for: what does not is ERR_IO.
 */
#include "port/store/hiredis_reply.h"

#include <string.h>

static const char library[] = {
#include "store_functions.inc"
};

struct str library_code(void)
{
    return (struct str){library, sizeof(library)};
}

uint64_t library_version(struct str code)
{
    struct str rest = code, mark = STR("-- version ");
    (void)str_split(&rest, '\n'); /* the shebang */
    struct str line = str_split(&rest, '\n');
    uint64_t version;
    if (!str_starts(line, mark) ||
        str_to_u64(str_sub(line, mark.len, line.len), UINT32_MAX, &version) != ERR_OK)
        return 0;
    return version;
}

/* Beginning of an error reply, what it means to the caller, what it means for the connection.
 * Wherever nothing was written and the message itself is sound, the store is away (or full) for the
 * caller, who keeps the message elsewhere. */
static const struct {
    struct str text;
    enum err e;
    enum reply_cure cure;
} error_rows[] = {
#define ROW(text, e, cure)                                                                         \
    {                                                                                              \
        {text, sizeof(text) - 1}, ERR_##e, REPLY_CURE_##cure                                       \
    }
    ROW("LOADING", UNAVAILABLE, RELINK),
    ROW("MASTERDOWN", UNAVAILABLE, RELINK),
    ROW("READONLY", UNAVAILABLE, RELINK),
    ROW("NOAUTH", UNAVAILABLE, RELINK),
    ROW("WRONGPASS", UNAVAILABLE, RELINK),
    ROW("NOPERM", UNAVAILABLE, PEOPLE),
    ROW("FENCED", UNAVAILABLE, RELINK),
    ROW("BUSY", UNAVAILABLE, PEOPLE),
    ROW("CLUSTERDOWN", UNAVAILABLE, MOVE),
    ROW("TRYAGAIN", UNAVAILABLE, MOVE),
    ROW("MOVED", UNAVAILABLE, MOVE),
    ROW("ASK", UNAVAILABLE, MOVE),
    ROW("ERR Script attempted to access a non local key", UNAVAILABLE, MOVE),
    ROW("NOREPLICAS", UNAVAILABLE, NONE),
    ROW("UNSURE", TIMEOUT, NONE), /* REPLY_UNSURE */
    ROW("MISCONF", FULL, PEOPLE),
    ROW("OOM", FULL, PEOPLE),
    ROW("WRONGTYPE", INVALID, PEOPLE),
    ROW("NOSCRIPT", UNAVAILABLE, RELOAD),
    ROW("ERR Function not found", UNAVAILABLE, RELOAD),
    ROW("ERR User '", NOT_FOUND, NONE), /* of ACL DRYRUN: there is none of this name */
    ROW("ERR max number of clients reached", UNAVAILABLE, RELINK),
#undef ROW
};

enum err reply_error(struct str text, enum reply_cure *ret_cure)
{
    for (size_t i = 0; i < ARRAY_LEN(error_rows); i++) {
        if (str_starts(text, error_rows[i].text)) {
            *ret_cure = error_rows[i].cure;
            return error_rows[i].e;
        }
    }
    *ret_cure = REPLY_CURE_PEOPLE;
    return ERR_IO;
}

/* ---- pieces ---- */

static bool is_array(const redisReply *reply, size_t n)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == n;
}

/* A string, or nil as the absent one. */
static bool reply_str(const redisReply *reply, struct str *ret)
{
    if (reply->type == REDIS_REPLY_STRING)
        *ret = (struct str){reply->str, reply->len};
    else
        *ret = STR_NONE;
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_NIL;
}

enum err reply_primary(const redisReply *reply, char *dst, size_t dst_bytes, int *ret_port)
{
    struct str host, port;
    uint64_t n;
    if (!is_array(reply, 2) || !reply_str(reply->element[0], &host) ||
        !reply_str(reply->element[1], &port) || host.len == 0 || host.len >= dst_bytes ||
        str_to_u64(port, 65535, &n) != ERR_OK)
        return ERR_IO;
    memcpy(dst, host.p, host.len);
    dst[host.len] = '\0';
    *ret_port = (int)n;
    return ERR_OK;
}

bool reply_is_primary(const redisReply *reply)
{
    struct str role;
    return reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
           reply_str(reply->element[0], &role) && str_eq(role, STR("master"));
}

enum err reply_record(const redisReply *reply, struct store_record *ret)
{
    if (!is_array(reply, 3) || !reply_str(reply->element[0], &ret->state) ||
        !reply_str(reply->element[1], &ret->reply) || !reply_str(reply->element[2], &ret->seen))
        return ERR_IO;
    ret->refused_by = NULL;
    return ERR_OK;
}

/* 7 of "wp:{b007}:events"; false for another key. */
static bool key_bucket(const redisReply *key, uint8_t *ret)
{
    struct str text;
    uint64_t bucket;
    if (!reply_str(key, &text) || !str_starts(text, STR("wp:{b")) ||
        str_to_u64(str_sub(text, 5, 8), STORE_BUCKETS - 1, &bucket) != ERR_OK)
        return false;
    *ret = (uint8_t)bucket;
    return true;
}

/* ---- one command's response ---- */

void reply_load(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct store_record record;
    if (e == ERR_OK)
        e = reply_record(reply, &record);
    ((store_on_load *)to->fn)(to->ctx, e, e == ERR_OK ? &record : NULL);
}

/* 1, or the present record. */
void reply_commit(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct store_record record;
    const struct store_record *present = NULL;
    if (e == ERR_OK && reply->type != REDIS_REPLY_INTEGER) {
        e = reply_record(reply, &record);
        if (e == ERR_OK) {
            e = ERR_CONFLICT;
            present = &record;
        }
    }
    ((store_on_commit *)to->fn)(to->ctx, e, present);
}

void reply_done(const struct link_to *to, enum err e, const redisReply *reply)
{
    (void)reply; /* no error is all that matters */
    ((store_on_done *)to->fn)(to->ctx, e);
}

/* Of SET with NX: nothing where somebody was here before. */
void reply_new(const struct link_to *to, enum err e, const redisReply *reply)
{
    if (e == ERR_OK && reply->type == REDIS_REPLY_NIL)
        e = ERR_CONFLICT;
    else if (e == ERR_OK && reply->type != REDIS_REPLY_STATUS)
        e = ERR_IO;
    ((store_on_done *)to->fn)(to->ctx, e);
}

void reply_value(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct str value = STR_NONE;
    if (e == ERR_OK && !reply_str(reply, &value))
        e = ERR_IO;
    if (e == ERR_OK && value.p == NULL)
        e = ERR_NOT_FOUND;
    ((store_on_value *)to->fn)(to->ctx, e, value);
}

#define BUNDLES_MAX 1024 /* in Redis; a gateway loads COURSES_MAX of them */

/* HGETALL wp:courses: a field per version and the field "current". */
void reply_courses(const struct link_to *to, enum err e, const redisReply *reply)
{
    static struct str names[BUNDLES_MAX], bundles[BUNDLES_MAX]; /* too large for the stack */
    struct str current = STR_NONE;
    uint32_t n = 0;
    if (e == ERR_OK && (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0 ||
                        reply->elements / 2 > BUNDLES_MAX))
        e = ERR_IO;
    for (size_t i = 0; e == ERR_OK && i < reply->elements; i += 2) {
        struct str name, bundle;
        if (!reply_str(reply->element[i], &name) || !reply_str(reply->element[i + 1], &bundle))
            e = ERR_IO;
        else if (str_eq(name, STR("current")))
            current = bundle;
        else {
            names[n] = name;
            bundles[n++] = bundle;
        }
    }
    bool is_ok = e == ERR_OK;
    ((store_on_courses *)to->fn)(to->ctx, e, names, bundles, is_ok ? n : 0,
                                 is_ok ? current : STR_NONE);
}

/* Seconds and microseconds of the server's clock, and how many send. */
void reply_probe(const struct link_to *to, enum err e, const redisReply *reply)
{
    struct str text[2];
    uint64_t s = 0, us = 0;
    uint32_t n_senders = 0;
    if (e == ERR_OK && (!is_array(reply, 3) || !reply_str(reply->element[0], &text[0]) ||
                        !reply_str(reply->element[1], &text[1]) ||
                        str_to_u64(text[0], INT32_MAX * UINT64_C(100), &s) != ERR_OK ||
                        str_to_u64(text[1], 999999, &us) != ERR_OK ||
                        reply->element[2]->type != REDIS_REPLY_INTEGER))
        e = ERR_IO;
    if (e == ERR_OK)
        n_senders = (uint32_t)reply->element[2]->integer;
    struct wall_ms server = {(int64_t)(s * 1000 + us / 1000)};
    ((store_on_probe *)to->fn)(to->ctx, e, server, n_senders);
}

/* HGETALL of a board */
void reply_board(const struct link_to *to, enum err e, const redisReply *reply)
{
    static struct str names[STORE_MAX_BOARD], values[STORE_MAX_BOARD];
    uint32_t n = 0;
    if (e == ERR_OK && (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0 ||
                        reply->elements / 2 > STORE_MAX_BOARD))
        e = ERR_IO;
    for (size_t i = 0; e == ERR_OK && i < reply->elements; i += 2) {
        if (!reply_str(reply->element[i], &names[n]) ||
            !reply_str(reply->element[i + 1], &values[n]))
            e = ERR_IO;
        n++;
    }
    ((store_on_board *)to->fn)(to->ctx, e, names, values, e == ERR_OK ? n : 0);
}

enum err reply_facts(const redisReply *reply, struct buf *text)
{
    struct str info, name, value;
    if (reply->type != REDIS_REPLY_ARRAY) {
        if (!reply_str(reply, &info))
            return ERR_IO;
        buf_add_str(text, info);
        return buf_error(text);
    }
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        if (reply_str(reply->element[i], &name) && reply_str(reply->element[i + 1], &value))
            buf_addf(text, "%.*s:%.*s\n", STR_ARG(name), STR_ARG(value));
    }
    return buf_error(text);
}

uint64_t reply_info_number(struct str info, struct str name)
{
    uint64_t value = 0;
    return str_to_u64(store_fact(info, name), UINT64_MAX, &value) == ERR_OK ? value : 0;
}

/* ---- streams ---- */

/* [id, [field, payload]] */
static bool entry_parse(const redisReply *reply, struct arena *arena, struct store_entry *entry)
{
    struct str id, payload;
    if (!is_array(reply, 2) || !reply_str(reply->element[0], &id) ||
        !is_array(reply->element[1], 2) || !reply_str(reply->element[1]->element[1], &payload) ||
        event_place_read(id, &entry->place) != ERR_OK)
        return false;
    entry->id = arena_str(arena, id);
    entry->payload = arena_str(arena, payload);
    return true;
}

/* Number of entries of all streams, SIZE_MAX when the reply has another shape. */
static size_t entries_count(const redisReply *reply)
{
    size_t n = 0;
    if (reply->type == REDIS_REPLY_NIL)
        return 0; /* nothing came in time */
    if (reply->type != REDIS_REPLY_ARRAY)
        return SIZE_MAX;
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *stream = reply->element[i];
        if (!is_array(stream, 2) || stream->element[1]->type != REDIS_REPLY_ARRAY)
            return SIZE_MAX;
        n += stream->element[1]->elements;
    }
    return n;
}

enum err reply_entries(const redisReply *reply, struct arena *arena, struct store_entry **ret,
                       uint32_t *ret_n)
{
    size_t n = entries_count(reply), k = 0;
    if (n > UINT32_MAX)
        return ERR_IO;
    struct store_entry *entries = arena_new_array(arena, struct store_entry, n + 1);
    for (size_t i = 0; entries != NULL && n > 0 && i < reply->elements; i++) {
        const redisReply *stream = reply->element[i], *list = stream->element[1];
        struct store_entry entry = {.fence = 0};
        if (!key_bucket(stream->element[0], &entry.bucket))
            return ERR_IO;
        for (size_t j = 0; j < list->elements; j++) {
            if (!entry_parse(list->element[j], arena, &entry))
                return ERR_IO;
            entries[k++] = entry;
        }
    }
    *ret = entries;
    *ret_n = (uint32_t)n;
    return arena_error(arena);
}

/* ---- due ---- */

/* The bytes of a number_id behind the first one, and its due time. */
static bool due_parse(const redisReply *const *pair, uint8_t bucket, struct due_number *ret)
{
    struct str member, due;
    uint64_t due_s;
    if (!reply_str(pair[0], &member) || !reply_str(pair[1], &due) ||
        member.len != NUMBER_ID_BYTES - 1 || str_to_u64(due, INT64_MAX, &due_s) != ERR_OK)
        return false;
    ret->id.bytes[0] = bucket;
    memcpy(&ret->id.bytes[1], member.p, member.len);
    ret->due_s = (int64_t)due_s;
    return true;
}

enum err reply_due(const redisReply *reply, uint8_t bucket, struct due_number *dst, uint32_t max,
                   uint32_t *n)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0)
        return ERR_IO;
    for (size_t i = 0; i < reply->elements && *n < max; i += 2) {
        if (!due_parse((const redisReply *const *)&reply->element[i], bucket, &dst[*n]))
            return ERR_IO;
        (*n)++;
    }
    return ERR_OK;
}

struct str reply_library_code(const redisReply *reply)
{
    if (!is_array(reply, 1) || reply->element[0]->type != REDIS_REPLY_ARRAY)
        return STR_NONE; /* no such library */
    const redisReply *fields = reply->element[0];
    struct str name, code;
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        if (reply_str(fields->element[i], &name) && str_eq(name, STR("library_code")) &&
            reply_str(fields->element[i + 1], &code))
            return code;
    }
    return STR_NONE;
}
