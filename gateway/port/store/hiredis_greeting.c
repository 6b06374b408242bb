/* hiredis_link.h: what a server is asked before it is used, a row for each question. */
#include <stdio.h>

#include "port/store/hiredis_link.h"

struct greeting_row {
    /* False: it need not be asked. */
    bool (*words)(const struct store_settings *, bool is_scout, struct argv *ret);
    /* NULL: that it is no error is enough. */
    enum err (*take)(const redisReply *reply, struct greeting *ret);
};

static bool words_auth(const struct store_settings *set, bool is_scout, struct argv *ret)
{
    (void)is_scout;
    if (set->password == NULL)
        return false;
    if (set->username != NULL)
        *ret = argv_of((const char *[]){"AUTH", set->username, set->password, NULL});
    else
        *ret = argv_of((const char *[]){"AUTH", set->password, NULL});
    return true;
}

static bool words_ping(const struct store_settings *set, bool is_scout, struct argv *ret)
{
    (void)set, (void)is_scout;
    *ret = argv_of((const char *[]){"PING", NULL});
    return true;
}

/* Sentinels may name one that was replaced a moment ago. */
static bool words_role(const struct store_settings *set, bool is_scout, struct argv *ret)
{
    (void)is_scout;
    *ret = argv_of((const char *[]){"ROLE", NULL});
    return set->sentinels != NULL;
}

static enum err take_role(const redisReply *reply, struct greeting *ret)
{
    if (reply_is_primary(reply))
        return ERR_OK;
    (void)snprintf(ret->why, LINK_WHY_BYTES, "it is a replica now");
    return ERR_UNAVAILABLE;
}

static bool words_cluster(const struct store_settings *set, bool is_scout, struct argv *ret)
{
    (void)set;
    *ret = argv_of((const char *[]){"CLUSTER", "MYID", NULL});
    return is_scout;
}

static bool words_library(const struct store_settings *set, bool is_scout, struct argv *ret)
{
    (void)set;
    *ret =
        argv_of((const char *[]){"FUNCTION", "LIST", "LIBRARYNAME", "waypost", "WITHCODE", NULL});
    return !is_scout;
}

/* A later version than ours stays: gateways of two versions may stand beside each other. */
static enum err take_library(const redisReply *reply, struct greeting *ret)
{
    struct str there = reply_library_code(reply), ours = library_code();
    uint64_t version = library_version(there);
    ret->must_load = version < library_version(ours) ||
                     (version == library_version(ours) && !str_eq(there, ours));
    return ERR_OK;
}

static bool words_life(const struct store_settings *set, bool is_scout, struct argv *ret)
{
    (void)set;
    *ret = argv_of((const char *[]){"INFO", "server", NULL});
    return !is_scout;
}

static enum err take_life(const redisReply *reply, struct greeting *ret)
{
    if (reply->type != REDIS_REPLY_STRING)
        return ERR_IO;
    struct str info = {reply->str, reply->len};
    return str_copy(store_fact(info, STR("run_id")), ret->life, LINK_LIFE_BYTES);
}

static const struct greeting_row rows[GREETINGS] = {
    {words_auth, NULL},
    {words_ping, NULL},
    {words_role, take_role},
    {words_cluster, NULL},
    {words_library, take_library},
    {words_life, take_life},
};

bool greeting_words(uint32_t i, const struct store_settings *settings, bool is_scout,
                    struct argv *ret)
{
    return rows[i].words(settings, is_scout, ret);
}

enum err greeting_take(uint32_t i, const redisReply *reply, struct greeting *ret)
{
    return rows[i].take != NULL ? rows[i].take(reply, ret) : ERR_OK;
}
