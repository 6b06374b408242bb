/* check.h: Redis, the courses and hosts that it tells of. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/course_bundle.h"
#include "app/upgrade.h"
#include "cli/check.h"
#include "core/lesson/translate.h"
#include "port/store/server.h"
#include "port/store/values.h"
#include "role/ports.h"

#define MEMORY_HURTS 60u /* of a hundred */
#define COURSE_ARENA_BYTES (64u << 20)

struct redis_check {
    const struct config *config;
    struct check_list *list;
    struct loop *loop;
    struct store *store;
    struct arena *arena;
    enum err e; /* of the last answer */
    struct str text;
    struct check_site site;
    struct wall_ms redis_clock;
    bool is_course_there;
    uint32_t n_new, n_old; /* hosts at work, by what they read of learners */
};

static void stop(struct redis_check *s, enum err e)
{
    s->e = e;
    loop_stop(s->loop);
}

/* ---- the server ---- */

static void on_text(void *ctx, enum err e, struct str text)
{
    struct redis_check *s = ctx;
    s->text = e == ERR_OK ? arena_str(s->arena, text) : STR_NONE;
    stop(s, e);
}

/* What must stand behind a name, and what to do when it does not. */
struct fact_rule {
    enum store_facts what;
    enum check_level level;
    const char *name, *wanted, *problem, *fix;
    enum { ANYWHERE, ALONE, ON_CLUSTER } where;
};

static const struct fact_rule redis_rules[] = {
    {STORE_FACTS_STATE, CHECK_STOPS, "role", "master", "this is a replica, which takes no answers",
     "name the primary in redis_host", ALONE},
    {STORE_FACTS_STATE, CHECK_STOPS, "cluster_enabled", "0",
     "this server is of a Cluster, and has some of the learners only",
     "name some of its servers in redis_cluster, in place of redis_host or redis_socket", ALONE},
    {STORE_FACTS_SETTINGS, CHECK_HURTS, "cluster-require-full-coverage", "no",
     "while one master is away, all others refuse as well", "set cluster-require-full-coverage no",
     ON_CLUSTER},
    {STORE_FACTS_STATE, CHECK_STOPS, "aof_enabled", "1",
     "appendonly is off: a crash loses what was answered", "include config/redis.conf", ANYWHERE},
    {STORE_FACTS_STATE, CHECK_STOPS, "maxmemory_policy", "noeviction",
     "maxmemory-policy is not noeviction: full, Redis forgets learners",
     "set maxmemory-policy noeviction, as config/redis.conf does", ANYWHERE},
    {STORE_FACTS_STATE, CHECK_STOPS, "aof_last_write_status", "ok",
     "the last write to the append-only file failed", "free room on its disk; see Redis' log",
     ANYWHERE},
    {STORE_FACTS_STATE, CHECK_HURTS, "aof_last_bgrewrite_status", "ok",
     "the append-only file could not be rewritten, and grows",
     "free room or memory, then redis-cli bgrewriteaof", ANYWHERE},
    {STORE_FACTS_STATE, CHECK_HURTS, "rdb_last_bgsave_status", "ok",
     "the last copy of all data failed: a new replica may get none",
     "free room or memory, then redis-cli bgsave; see Redis' log", ANYWHERE},
    {STORE_FACTS_STATE, CHECK_HURTS, "evicted_keys", "0",
     "since it started Redis has thrown keys away to make room: learners may be gone",
     "waypost rebuild puts back what PostgreSQL knows; then redis-cli config resetstat", ANYWHERE},
    {STORE_FACTS_STATE, CHECK_HURTS, "rejected_connections", "0",
     "since it started Redis has refused connections",
     "raise maxclients, and LimitNOFILE= of its unit; then redis-cli config resetstat", ANYWHERE},
    {STORE_FACTS_SETTINGS, CHECK_STOPS, "appendfsync", "always",
     "appendfsync is not always: a crash loses the answers of the last second",
     "set appendfsync always, as config/redis.conf does", ANYWHERE},
    {STORE_FACTS_SETTINGS, CHECK_HURTS, "aof-load-truncated", "no",
     "aof-load-truncated is not no: after a crash Redis may start without its newest answers",
     "set aof-load-truncated no, as config/redis.conf does", ANYWHERE},
    {STORE_FACTS_SETTINGS, CHECK_HURTS, "zset-max-listpack-entries", "128",
     "zset-max-listpack-entries is not 128: with millions of learners each takes a third more "
     "memory, or each reminder more time",
     "set zset-max-listpack-entries 128, as config/redis.conf does", ANYWHERE},
};

/* "Redis", or which of them. */
static const char *redis_name(struct str facts, char dst[128])
{
    struct str server = store_fact(facts, STR(STORE_FACTS_SERVER));
    (void)snprintf(dst, 128, server.p != NULL ? "Redis %.*s" : "Redis",
                   STR_ARG(server)); /* short */
    return dst;
}

static void check_rule(const struct redis_check *s, enum store_facts what,
                       const struct fact_rule *rule, struct str facts)
{
    bool is_cluster = s->config->redis_cluster.p != NULL;
    struct str value = store_fact(facts, str_from(rule->name));
    char name[128];
    if (rule->what != what || (rule->where == ALONE && is_cluster) ||
        (rule->where == ON_CLUSTER && !is_cluster))
        return;
    if (value.p != NULL && !str_eq(value, str_from(rule->wanted)))
        check_add(s->list, rule->level, redis_name(facts, name), rule->fix, "%s (%s is %.*s)",
                  rule->problem, rule->name, STR_ARG(value));
}

static void check_rules(struct redis_check *s, enum store_facts what)
{
    store_facts(s->store, what, on_text, s);
    loop_run(s->loop);
    if (s->e != ERR_OK) {
        check_add(s->list, CHECK_HURTS, "Redis", "let the login call INFO and CONFIG|GET",
                  "its %s cannot be read, so they are not checked: %s",
                  what == STORE_FACTS_STATE ? "state" : "settings", err_name(s->e));
        return;
    }
    for (struct str rest = s->text; rest.p != NULL;) {
        struct str facts = str_split(&rest, STORE_FACTS_END);
        for (size_t i = 0; i < ARRAY_LEN(redis_rules); i++)
            check_rule(s, what, &redis_rules[i], facts);
    }
}

static uint64_t fact_number(struct str facts, const char *name)
{
    uint64_t value = 0;
    return str_to_u64(store_fact(facts, str_from(name)), UINT64_MAX, &value) == ERR_OK ? value : 0;
}

static void check_memory(const struct redis_check *s, struct str facts)
{
    uint64_t used = fact_number(facts, "used_memory"), most = fact_number(facts, "maxmemory");
    uint64_t host = fact_number(facts, "total_system_memory");
    char name[128];
    if (most == 0)
        check_add(s->list, CHECK_HURTS, redis_name(facts, name),
                  "set maxmemory below the host's memory: 300 bytes a learner, and the events",
                  "maxmemory is not set: a full host would kill Redis");
    else if (used / (most / 100 + 1) > MEMORY_HURTS)
        check_add(s->list, CHECK_HURTS, redis_name(facts, name),
                  "raise maxmemory: 300 bytes a learner, and the events of keep_events_hours",
                  "%" PRIu64 " of %" PRIu64 " MiB are used", used >> 20, most >> 20);
    if (host > 0 && most > host)
        check_add(
            s->list, CHECK_HURTS, redis_name(facts, name), "set maxmemory below the host's memory",
            "maxmemory is %" PRIu64 " MiB, its host has %" PRIu64 ": it would be killed first",
            most >> 20, host >> 20);
}

/* Fewer than must have each step. */
static void check_replicas(const struct redis_check *s, struct str facts)
{
    uint64_t n = fact_number(facts, "connected_slaves");
    char name[128];
    if (n < s->config->redis_wait_replicas)
        check_add(s->list, CHECK_STOPS, redis_name(facts, name),
                  "give it replicas, or lower redis_wait_replicas",
                  "%" PRIu64 " replicas follow it, redis_wait_replicas is %u: nothing is answered",
                  n, s->config->redis_wait_replicas);
}

static void check_each(const struct redis_check *s)
{
    for (struct str rest = s->text; rest.p != NULL;) {
        struct str facts = str_split(&rest, STORE_FACTS_END);
        check_memory(s, facts);
        check_replicas(s, facts);
    }
}

static void on_probe(void *ctx, enum err e, struct wall_ms server, uint32_t n_senders)
{
    struct redis_check *s = ctx;
    (void)n_senders;
    s->redis_clock = server;
    stop(s, e);
}

static void check_writes(struct redis_check *s)
{
    store_probe(s->store, on_probe, s);
    loop_run(s->loop);
    if (s->e == ERR_OK)
        check_clock(s->list, "Redis", s->redis_clock);
    else
        check_add(s->list, CHECK_STOPS, "Redis",
                  s->e == ERR_FULL ? "raise maxmemory or free room on its disk"
                                   : "see what Redis' log says",
                  "it takes no writes: %s", err_name(s->e));
}

/* ---- courses ---- */

/* Languages that the course has and learners do not get, or get on trial. */
static void check_languages(const struct redis_check *s, const struct lesson_source *source,
                            struct str name)
{
    struct buf missing CLEANUP(buf_fini), trial CLEANUP(buf_fini);
    buf_init(&missing, ERRMSG_BYTES);
    buf_init(&trial, ERRMSG_BYTES);
    for (uint16_t i = 0; i < source->languages.n; i++) {
        struct str lang = source->languages.codes[i];
        bool is_offered = false;
        for (uint16_t k = 0; k < source->course.n_languages; k++)
            is_offered |= str_eq(lang, source->course.languages[k]);
        if (str_eq(lang, source->course.language) || !lesson_has_po(source, lang))
            continue;
        if (!is_offered)
            buf_addf(&missing, " %.*s", STR_ARG(lang));
        else if (lesson_least_state(source, lang) < PO_STATE_APPROVED)
            buf_addf(&trial, " %.*s", STR_ARG(lang));
    }
    if (missing.len > 0)
        check_add(
            s->list, CHECK_HURTS, "course",
            "waypost lessons check DIR --lang CODE says what is missing; approve it or put it "
            "on trial, then publish",
            "%.*s: languages not offered, since they are not whole or not approved:%.*s",
            STR_ARG(name), STR_ARG(buf_str(&missing)));
    if (trial.len > 0)
        check_add(s->list, CHECK_HURTS, "course",
                  "let the steering group approve them (docs/course-rules.md 6.4)",
                  "%.*s: languages that are taught on trial, not approved:%.*s", STR_ARG(name),
                  STR_ARG(buf_str(&trial)));
}

static void check_bundle(const struct redis_check *s, struct str name, struct str bundle)
{
    static struct lesson_file files[LESSON_MAX_FILES];
    struct arena *arena CLEANUP(arena_freep) = arena_new(COURSE_ARENA_BYTES);
    struct lesson_findings *findings = lesson_findings_new(arena);
    struct lesson_source source;
    uint32_t n = 0;
    if (course_bundle_read(bundle, files, &n) != ERR_OK ||
        lesson_parse(files, n, arena, findings, &source) != ERR_OK) {
        check_add(s->list, CHECK_STOPS, "course",
                  "publish it with this version of waypost, under a new version number",
                  "%.*s cannot be read: another version of waypost has published it",
                  STR_ARG(name));
        return;
    }
    check_languages(s, &source, name);
}

static bool is_version_of(struct str name, struct str course)
{
    return str_starts(name, course) && name.len > course.len && name.p[course.len] == '@';
}

static bool has_course(const struct str *names, uint32_t n, struct str course)
{
    for (uint32_t i = 0; i < n; i++) {
        if (is_version_of(names[i], course))
            return true;
    }
    return false;
}

static void on_courses(void *ctx, enum err e, const struct str *names, const struct str *bundles,
                       uint32_t n, struct str current)
{
    struct redis_check *s = ctx;
    const struct config *c = s->config;
    (void)current;
    s->is_course_there = e == ERR_OK && has_course(names, n, c->course);
    if (e == ERR_OK && !s->is_course_there)
        config_complain(c, &s->list->reports[CHECK_STOPS], (struct config_at){.key = "course"},
                        "waypost lessons publish DIR",
                        "course %.*s is not published: nobody can join", STR_ARG(c->course));
    for (uint32_t i = 0; e == ERR_OK && i < c->n_channels; i++) {
        const struct config_channel *channel = &c->channels[i];
        if (channel->course.p != NULL && !has_course(names, n, channel->course))
            config_complain(c, &s->list->reports[CHECK_STOPS],
                            (struct config_at){"channels", i, "course"},
                            "waypost lessons publish DIR, or name another",
                            "channel %.*s: course %.*s is not published", STR_ARG(channel->name),
                            STR_ARG(channel->course));
    }
    for (uint32_t i = 0; e == ERR_OK && i < n; i++)
        check_bundle(s, names[i], bundles[i]);
    stop(s, e);
}

/* ---- other hosts ---- */

/* Who looked lately, in which version. */
static void on_hosts(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct redis_check *s = ctx;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        struct role_host host;
        bool is_seen = role_host_read(values[i], &host) &&
                       s->redis_clock.ms - host.seen.ms < ROLE_HOST_SEEN_MS;
        if (is_seen && !str_eq(host.version, STR(ROLE_VERSION)))
            check_add(s->list, CHECK_HURTS, "versions", "install one version everywhere",
                      "host %.*s runs waypost %.*s, this is " ROLE_VERSION, STR_ARG(names[i]),
                      STR_ARG(host.version));
        s->n_new += is_seen && host.record >= LEARNER_RECORD;
        s->n_old += is_seen && host.record < LEARNER_RECORD;
    }
    stop(s, e);
}

/* All hosts read more than may be written. */
static void on_formats(void *ctx, enum err e, const struct str *names, const struct str *values,
                       uint32_t n)
{
    struct redis_check *s = ctx;
    bool is_done = upgrade_read(names, values, n) >= LEARNER_RECORD;
    if (e == ERR_OK && !is_done && s->n_new > 0 && s->n_old == 0)
        check_add(s->list, CHECK_HURTS, "versions",
                  "once no host goes back to the version before: waypost migrate --finish",
                  "the upgrade is not finished: learners are still written so that the version "
                  "before can read them, which takes more memory");
    stop(s, e);
}

static void on_fence(void *ctx, enum err e, const struct store_fence *fence)
{
    struct redis_check *s = ctx;
    s->site.is_known = e == ERR_OK;
    if (e == ERR_OK)
        s->site.epoch = fence->epoch;
    stop(s, e);
}

static void redis_is_away(const struct config *c, const char *why, struct yaml_report *report)
{
    const char *what =
        c->redis_cluster.p != NULL ? "no Redis Cluster answers" : "Redis does not answer";
    struct config_at at = {.key = c->redis_socket.p != NULL ? "redis_socket" : "redis_host"};
    const char *fix = "start it (systemctl start redis-server), and see that this user may open "
                      "its socket and redis_password is right";
    if (c->redis_cluster.p != NULL) {
        at.key = "redis_cluster";
        fix = "see that redis-cli cluster info says cluster_state:ok there and redis_password is "
              "right; a Redis without `cluster-enabled yes` goes into redis_host";
    }
    config_complain(c, report, at, fix, "%s%s%s", what, why[0] != '\0' ? ": " : "", why);
}

static void check_all(struct redis_check *s)
{
    s->store = role_store_see(s->config, s->loop); /* what replicas are there is said below */
    if (!store_is_up(s->store)) {
        redis_is_away(s->config, store_why(s->store), &s->list->reports[CHECK_STOPS]);
        return;
    }
    if (store_n_away(s->store) > 0)
        config_complain(s->config, &s->list->reports[CHECK_STOPS],
                        (struct config_at){.key = "redis_cluster"},
                        "see redis-cli cluster nodes, and start what failed",
                        "%u masters of the Cluster do not answer", store_n_away(s->store));
    check_rules(s, STORE_FACTS_STATE);
    check_each(s);
    check_rules(s, STORE_FACTS_SETTINGS);
    check_redis_users(s->config, s->loop, s->store, s->list);
    check_writes(s); /* after them: a replica hangs up */
    store_courses_get(s->store, on_courses, s);
    loop_run(s->loop);
    store_board_get(s->store, STORE_BOARD_HOSTS, on_hosts, s);
    loop_run(s->loop);
    store_board_get(s->store, STORE_BOARD_FORMATS, on_formats, s);
    loop_run(s->loop);
    store_fence(s->store, on_fence, s);
    loop_run(s->loop);
}

struct check_site check_redis(const struct config *config, struct check_list *list)
{
    struct redis_check s = {.config = config,
                            .list = list,
                            .loop = loop_libevent_new(),
                            .arena = arena_new(CLI_CONFIG_ARENA_BYTES)};
    check_all(&s);
    store_free(s.store);
    arena_free(s.arena);
    loop_free(s.loop);
    return s.site;
}
