/*
 * check_redis_users.c: may the users of Redis do the work of their roles? The file that ships
 * (config/redis-users.acl, which is embedded here) says what each needs; Redis says what the one of
 * that name lacks, without running anything.
 */
#include <stdio.h>
#include <string.h>

#include "cli/check.h"
#include "port/store/server.h"

static const unsigned char shipped[] = {
#include "redis_users_acl.inc"
};

#define KEY "wp:{b000}:x"

/* A command with as many words as it needs, where those are others than its name and one key. */
static const char *const samples[] = {
    "acl|dryrun x ping",
    "acl|load",
    "acl|log",
    "acl|whoami",
    "append " KEY " x",
    "asking",
    "bgrewriteaof",
    "client|kill x",
    "client|setname x",
    "cluster|info",
    "cluster|myid",
    "cluster|nodes",
    "cluster|shards",
    "config|get x",
    "config|rewrite",
    "exec",
    "expire " KEY " 1",
    "function|list",
    "function|load x",
    "getrange " KEY " 0 1",
    "hdel " KEY " x",
    "hget " KEY " x",
    "hincrby " KEY " x 1",
    "hset " KEY " x x",
    "hsetnx " KEY " x x",
    "info",
    "multi",
    "ping",
    "psync x 1",
    "publish __sentinel__:hello x",
    "rename " KEY " " KEY,
    "replconf x x",
    "role",
    "scan 0",
    "script|kill",
    "set " KEY " x",
    "setrange " KEY " 0 x",
    "slaveof no one",
    "subscribe __sentinel__:hello",
    "time",
    "wait 1 1",
    "xadd " KEY " * x x",
    "xdel " KEY " 1-0",
    "xrange " KEY " - +",
    "xread streams " KEY " 0",
    "xsetid " KEY " 1-0",
    "xtrim " KEY " maxlen 0",
    "zadd " KEY " 1 x",
    "zrange " KEY " 0 1",
    "zrem " KEY " x",
    "zscore " KEY " x",
};

/* What one user lacks. */
struct lacks {
    struct buf commands; /* with commas between */
    bool has_no_keys, has_no_channels, is_missing;
    char where[128]; /* "Redis", or the first of the Cluster that says so */
};

struct users_check {
    struct check_list *list;
    struct loop *loop;
    struct store *store;
    struct arena *arena;
    bool is_cluster;
    enum err e; /* of the last answer */
    struct str against;
};

static void on_may(void *ctx, enum err e, struct str against)
{
    struct users_check *u = ctx;
    u->e = e;
    u->against = e == ERR_OK ? arena_str(u->arena, against) : STR_NONE;
    loop_stop(u->loop);
}

/* "xread" as "xread streams KEY 0", "fcall|waypost_own" as "fcall waypost_own 1 KEY". */
static struct str command_of(struct users_check *u, struct str rule)
{
    struct str line = arena_printf(u->arena, "%.*s " KEY, STR_ARG(rule));
    if (str_starts(rule, STR("fcall|")))
        line = arena_printf(u->arena, "%.*s 1 " KEY, STR_ARG(rule));
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        struct str sample = str_from(samples[i]);
        bool is_it =
            str_starts(sample, rule) && (sample.len == rule.len || sample.p[rule.len] == ' ');
        line = is_it ? sample : line;
    }
    size_t bar = str_find_char(line, '|');
    if (bar == SIZE_MAX)
        return line;
    return arena_printf(u->arena, "%.*s %.*s", STR_ARG(str_sub(line, 0, bar)),
                        STR_ARG(str_sub(line, bar + 1, line.len)));
}

/* What Redis says against a command: "User x has no permissions to run the 'get' command", or "to
 * access the 'wp:...' key". */
static void lacks_add(struct lacks *lacks, const struct users_check *u, struct str command)
{
    struct str rest = u->against;
    if (lacks->where[0] == '\0')
        (void)snprintf(
            lacks->where, sizeof(lacks->where), "Redis%s%.*s", u->is_cluster ? " " : "",
            STR_ARG(u->is_cluster ? str_sub(rest, 0, str_find(rest, STR(": "))) : STR("")));
    if (str_find(rest, STR("no such user")) != SIZE_MAX)
        lacks->is_missing = true;
    else if (str_find(rest, STR("to access the")) == SIZE_MAX)
        buf_addf(&lacks->commands, "%s%.*s", lacks->commands.len > 0 ? ", " : "", STR_ARG(command));
    else if (str_find(rest, STR(" channel")) != SIZE_MAX)
        lacks->has_no_channels = true;
    else
        lacks->has_no_keys = true;
}

static void lacks_tell(const struct lacks *lacks, struct check_list *list, struct str user)
{
    const char *fix = "take the line of this user from the redis-users.acl of this version, with "
                      "its password's hash, to every server; then redis-cli acl load";
    if (lacks->is_missing)
        check_add(list, CHECK_STOPS, lacks->where, fix,
                  "it has no user %.*s, and others of the Cluster have", STR_ARG(user));
    if (lacks->commands.len > 0)
        check_add(list, CHECK_STOPS, lacks->where, fix, "user %.*s may not run %.*s", STR_ARG(user),
                  STR_ARG(buf_str(&lacks->commands)));
    if (lacks->has_no_keys)
        check_add(list, CHECK_STOPS, lacks->where, fix, "user %.*s may not use the keys wp:*",
                  STR_ARG(user));
    if (lacks->has_no_channels)
        check_add(list, CHECK_STOPS, lacks->where, fix,
                  "user %.*s may not hear and publish what Sentinels tell each other",
                  STR_ARG(user));
}

/* ERR_NOT_FOUND: there is no such user. */
static enum err check_user(struct users_check *u, struct str user, struct str rules)
{
    struct lacks lacks = {.where = ""};
    buf_init(&lacks.commands, ERRMSG_BYTES);
    u->e = ERR_OK;
    while (rules.p != NULL && u->e == ERR_OK) {
        struct str rule = str_split(&rules, ' ');
        if (!str_starts(rule, STR("+")))
            continue;
        struct str command = command_of(u, str_sub(rule, 1, rule.len));
        store_may(u->store, user, command, on_may, u);
        loop_run(u->loop);
        if (u->e == ERR_OK && !str_is_empty(u->against))
            lacks_add(&lacks, u, command);
    }
    if (u->e == ERR_OK)
        lacks_tell(&lacks, u->list, user);
    buf_fini(&lacks.commands);
    return u->e;
}

void check_redis_users(const struct config *config, struct loop *loop, struct store *store,
                       struct check_list *list)
{
    struct users_check u = {.list = list,
                            .loop = loop,
                            .store = store,
                            .arena = arena_new(CLI_CONFIG_ARENA_BYTES),
                            .is_cluster = config->redis_cluster.p != NULL};
    struct str rest = {(const char *)shipped, sizeof(shipped)};
    while (rest.p != NULL) {
        struct str rules = str_split(&rest, '\n');
        bool is_user = str_eq(str_split(&rules, ' '), STR("user"));
        struct str user = str_split(&rules, ' ');
        if (!is_user || str_eq(user, STR("default")))
            continue;
        enum err e = check_user(&u, user, rules);
        if (e == ERR_OK || e == ERR_NOT_FOUND)
            continue;
        if (config->redis_username.p != NULL) /* who has none may do all, or is told above */
            check_add(
                list, CHECK_HURTS, "Redis", "let the login call ACL|DRYRUN, as waypost-operator",
                "what its users may do cannot be asked, so it is not checked: %s", err_name(e));
        break;
    }
    arena_free(u.arena);
}
