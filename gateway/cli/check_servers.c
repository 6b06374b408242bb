/* check.h: Redis, PostgreSQL, what lies in them, and whether all agree. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/course_set.h"
#include "cli/check.h"
#include "core/lesson/translate.h"
#include "port/database/database.h"
#include "port/sink/sink.h"
#include "port/vault/vault.h"
#include "role/ports.h"

#define CLOCK_STOPS_MS (5 * 60 * 1000)
#define CLOCK_HURTS_MS 5000
#define MEMORY_HURTS 60u /* of a hundred */
#define COURSE_ARENA_BYTES (64u << 20)
#define HOST_SEEN_MS (10 * 60 * 1000)

/* What all of them need. */
struct servers {
    const struct config *config;
    struct check_list *list;
    struct loop *loop;
    struct store *store;
    struct arena *arena;
    enum err e; /* of the last answer */
    struct str text;
    struct store_fence fence;
    bool is_fence_known;
    struct wall_ms redis_clock;
    bool is_course_there;
};

static void stop(struct servers *s, enum err e)
{
    s->e = e;
    loop_stop(s->loop);
}

static void compare_clocks(const struct servers *s, const char *whose, struct wall_ms theirs)
{
    int64_t apart_ms = theirs.ms - clock_wall().ms;
    apart_ms = apart_ms < 0 ? -apart_ms : apart_ms;
    if (apart_ms < CLOCK_HURTS_MS)
        return;
    check_add(s->list, apart_ms > CLOCK_STOPS_MS ? CHECK_STOPS : CHECK_HURTS, "clock",
              "let both follow NTP: apt install systemd-timesyncd, timedatectl shows it",
              "this host and %s are %" PRId64 " s apart", whose, apart_ms / 1000);
}

/* ---- Redis ---- */

static void on_text(void *ctx, enum err e, struct str text)
{
    struct servers *s = ctx;
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
    {STORE_FACTS_SETTINGS, CHECK_STOPS, "appendfsync", "always",
     "appendfsync is not always: a crash loses the answers of the last second",
     "set appendfsync always, as config/redis.conf does", ANYWHERE},
    {STORE_FACTS_SETTINGS, CHECK_HURTS, "aof-load-truncated", "no",
     "aof-load-truncated is not no: after a crash Redis may start without its newest answers",
     "set aof-load-truncated no, as config/redis.conf does", ANYWHERE},
    {STORE_FACTS_SETTINGS, CHECK_HURTS, "zset-max-listpack-entries", "1200",
     "zset-max-listpack-entries is not 1200: with millions of learners each takes a third more "
     "memory",
     "set zset-max-listpack-entries 1200, as config/redis.conf does", ANYWHERE},
};

/* "Redis", or which of them. */
static const char *redis_name(struct str facts, char dst[128])
{
    struct str server = store_fact(facts, STR(STORE_FACTS_SERVER));
    (void)snprintf(dst, 128, server.p != NULL ? "Redis %.*s" : "Redis",
                   STR_ARG(server)); /* short */
    return dst;
}

static void check_rule(const struct servers *s, enum store_facts what, const struct fact_rule *rule,
                       struct str facts)
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

static void check_rules(struct servers *s, enum store_facts what)
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

static void check_memory(const struct servers *s, struct str facts)
{
    uint64_t used = fact_number(facts, "used_memory"), most = fact_number(facts, "maxmemory");
    char name[128];
    if (most == 0)
        check_add(s->list, CHECK_HURTS, redis_name(facts, name),
                  "set maxmemory below the host's memory: 300 bytes a learner, and the events",
                  "maxmemory is not set: a full host would kill Redis");
    else if (used / (most / 100 + 1) > MEMORY_HURTS)
        check_add(s->list, CHECK_HURTS, redis_name(facts, name),
                  "raise maxmemory: 300 bytes a learner, and the events of keep_events_hours",
                  "%" PRIu64 " of %" PRIu64 " MiB are used", used >> 20, most >> 20);
}

/* Fewer than must have each step. */
static void check_replicas(const struct servers *s, struct str facts)
{
    uint64_t n = fact_number(facts, "connected_slaves");
    char name[128];
    if (n < s->config->redis_wait_replicas)
        check_add(s->list, CHECK_STOPS, redis_name(facts, name),
                  "give it replicas, or lower redis_wait_replicas",
                  "%" PRIu64 " replicas follow it, redis_wait_replicas is %u: nothing is answered",
                  n, s->config->redis_wait_replicas);
}

static void check_each(const struct servers *s)
{
    for (struct str rest = s->text; rest.p != NULL;) {
        struct str facts = str_split(&rest, STORE_FACTS_END);
        check_memory(s, facts);
        check_replicas(s, facts);
    }
}

static void on_probe(void *ctx, enum err e, struct wall_ms server, uint32_t n_senders)
{
    struct servers *s = ctx;
    (void)n_senders;
    s->redis_clock = server;
    stop(s, e);
}

static void check_writes(struct servers *s)
{
    store_probe(s->store, on_probe, s);
    loop_run(s->loop);
    if (s->e == ERR_OK)
        compare_clocks(s, "Redis", s->redis_clock);
    else
        check_add(s->list, CHECK_STOPS, "Redis",
                  s->e == ERR_FULL ? "raise maxmemory or free room on its disk"
                                   : "see what Redis' log says",
                  "it takes no writes: %s", err_name(s->e));
}

/* ---- courses ---- */

/* Languages that the course has and learners do not get, or get on trial. */
static void check_languages(const struct servers *s, const struct lesson_source *source,
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

static void check_bundle(const struct servers *s, struct str name, struct str bundle)
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
    struct servers *s = ctx;
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

/* "0.1.0 1767225600000" by host: who looked lately, in which version (role/ports.h). */
static void on_hosts(void *ctx, enum err e, const struct str *names, const struct str *values,
                     uint32_t n)
{
    struct servers *s = ctx;
    for (uint32_t i = 0; e == ERR_OK && i < n; i++) {
        struct str rest = values[i], version = str_split(&rest, ' ');
        uint64_t seen_ms = 0;
        bool is_seen = rest.p != NULL && str_to_u64(rest, INT64_MAX, &seen_ms) == ERR_OK &&
                       s->redis_clock.ms - (int64_t)seen_ms < HOST_SEEN_MS;
        if (is_seen && !str_eq(version, STR(WAYPOST_VERSION)))
            check_add(s->list, CHECK_HURTS, "versions", "install one version everywhere",
                      "host %.*s runs waypost %.*s, this is " WAYPOST_VERSION, STR_ARG(names[i]),
                      STR_ARG(version));
    }
    stop(s, e);
}

static void on_fence(void *ctx, enum err e, const struct store_fence *fence)
{
    struct servers *s = ctx;
    s->is_fence_known = e == ERR_OK;
    if (e == ERR_OK)
        s->fence = *fence;
    stop(s, e);
}

static void redis_is_away(const struct config *c, struct yaml_report *report)
{
    struct config_at at = {.key = c->redis_socket.p != NULL ? "redis_socket" : "redis_host"};
    const char *fix = "start it (systemctl start redis-server), and see that this user may open "
                      "its socket and redis_password is right";
    if (c->redis_cluster.p != NULL) {
        at.key = "redis_cluster";
        fix = "see that redis-cli cluster info says cluster_state:ok there and redis_password is "
              "right; a Redis without `cluster-enabled yes` goes into redis_host";
    }
    config_complain(c, report, at, fix,
                    c->redis_cluster.p != NULL ? "no Redis Cluster answers"
                                               : "Redis does not answer");
}

static void check_redis(struct servers *s)
{
    s->store = role_store_mend(s->config, s->loop); /* what replicas are there is said below */
    if (!store_is_up(s->store)) {
        redis_is_away(s->config, &s->list->reports[CHECK_STOPS]);
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
    check_writes(s); /* after them: a replica hangs up */
    store_courses_get(s->store, on_courses, s);
    loop_run(s->loop);
    store_board_get(s->store, STORE_BOARD_HOSTS, on_hosts, s);
    loop_run(s->loop);
    store_fence(s->store, on_fence, s);
    loop_run(s->loop);
}

/* ---- PostgreSQL ---- */

/* What one login must see there. */
struct login_rule {
    const char *sql; /* one row with one text, 't' when it is well */
    enum check_level level;
    const char *problem, *fix;
};

#define SETTING_ON(name, hurt)                                                                     \
    {                                                                                              \
        "select current_setting('" name "') <> 'off'", CHECK_STOPS, name " is off: " hurt,         \
            "set " name " = on in postgresql.conf"                                                 \
    }

static const struct login_rule all_rules[] = {
    {"select not rolsuper from pg_roles where rolname = current_user", CHECK_HURTS,
     "the login is a superuser, who may read every number", "use the login of the role alone"},
    SETTING_ON("fsync", "a crash destroys the database"),
    SETTING_ON("full_page_writes", "a crash may destroy the database"),
    SETTING_ON("synchronous_commit", "a crash loses what was counted as stored"),
    {"select not pg_is_in_recovery()", CHECK_STOPS, "this is a replica, which takes no rows",
     "name the primary"},
    {"select pg_encoding_to_char(encoding) = 'UTF8' from pg_database where datname = "
     "current_database()",
     CHECK_STOPS, "the database's encoding is not UTF8", "make it with ENCODING 'UTF8'"},
};

static const struct login_rule writer_rules[] = {
    {"select pg_has_role(current_user, 'waypost_writer', 'usage')", CHECK_STOPS,
     "the login is not in role waypost_writer", "grant waypost_writer to it, or name another"},
    {"select not has_table_privilege(current_user, 'core.vault', 'select')", CHECK_HURTS,
     "the writer may read the vault of numbers, which is the sender's alone",
     "use two logins: waypost_writer and waypost_sender"},
};

static const struct login_rule sender_rules[] = {
    {"select pg_has_role(current_user, 'waypost_sender', 'usage')", CHECK_STOPS,
     "the login is not in role waypost_sender", "grant waypost_sender to it, or name another"},
    {"select has_table_privilege(current_user, 'core.vault', 'select')", CHECK_STOPS,
     "the sender may not read the vault of numbers: nothing can be pushed",
     "run waypost migrate as the owner of the database"},
};

struct login {
    const struct servers *s;
    struct database *db;
    const char *key; /* of the configuration */
    char answer[64];
};

static void on_row(void *ctx, const struct str *cells, uint32_t n)
{
    struct login *login = ctx;
    if (n == 0 || str_copy(cells[0], login->answer, sizeof(login->answer)) != ERR_OK)
        login->answer[0] = '\0'; /* no answer that we know */
}

/* ERR_OK with "" where there is no row. */
static enum err ask(struct login *login, const char *sql, struct errmsg *msg)
{
    char query[512];
    login->answer[0] = '\0';
    (void)snprintf(query, sizeof(query), "select (%s)::text", sql); /* our own */
    return database_ask(login->db, query, NULL, 0, on_row, login, msg);
}

static void complain(const struct login *login, enum check_level level, const char *fix,
                     const char *what)
{
    config_complain(login->s->config, &login->s->list->reports[level],
                    (struct config_at){.key = login->key}, fix, "%s: %s", login->key, what);
}

static void check_login(struct login *login, const struct login_rule *rules, size_t n)
{
    struct errmsg msg;
    for (size_t i = 0; i < n; i++) {
        enum err e = ask(login, rules[i].sql, &msg);
        if (e != ERR_OK)
            complain(login, rules[i].level, rules[i].fix, msg.text);
        else if (strcmp(login->answer, "true") != 0)
            complain(login, rules[i].level, rules[i].fix, rules[i].problem);
    }
}

/* False: the schema is another one, and questions about it make no sense. */
static bool check_schema(struct login *login)
{
    struct errmsg msg;
    enum err e = ask(login, "select coalesce(max(version), 0) from ops.schema_migration", &msg);
    uint64_t version = 0;
    if (e == ERR_OK && str_to_u64(str_from(login->answer), UINT32_MAX, &version) == ERR_OK &&
        version == SINK_SCHEMA_VERSION)
        return true;
    char what[ERRMSG_BYTES + 64];
    if (e == ERR_OK)
        (void)snprintf(what, sizeof(what), "the schema is version %s, this program needs %d",
                       login->answer, SINK_SCHEMA_VERSION);
    else
        (void)snprintf(what, sizeof(what), "the schema cannot be read: %s", msg.text);
    complain(login, CHECK_STOPS,
             version > SINK_SCHEMA_VERSION
                 ? "install the newer waypost"
                 : "run waypost migrate --conninfo with the owner of the database",
             what);
    return false;
}

static void check_epoch(struct login *login)
{
    const struct servers *s = login->s;
    struct errmsg msg;
    uint64_t epoch = 0;
    if (!s->is_fence_known)
        return;
    if (database_epoch(login->db, &epoch, &msg) != ERR_OK)
        complain(login, CHECK_STOPS, "run waypost migrate as the owner of the database", msg.text);
    else if (epoch == s->fence.epoch)
        return;
    else if (s->fence.epoch == 0 && epoch != 0)
        check_add(s->list, CHECK_STOPS, "epoch",
                  "waypost rebuild; a running gateway does it by itself",
                  "Redis is empty or new, PostgreSQL knows its learners");
    else
        check_add(s->list, CHECK_STOPS, "epoch",
                  "see that redis_* and writer_conninfo name one site; then waypost rebuild",
                  "Redis and PostgreSQL are not of one site, or one was restored");
}

static void check_postgres_clock(struct login *login)
{
    struct errmsg msg;
    uint64_t ms = 0;
    if (ask(login, "select (extract(epoch from clock_timestamp()) * 1000)::bigint", &msg) ==
            ERR_OK &&
        str_to_u64(str_from(login->answer), INT64_MAX, &ms) == ERR_OK)
        compare_clocks(login->s, "PostgreSQL", (struct wall_ms){(int64_t)ms});
}

/* Keys of another site, or of before the last rotation. That they cannot be read was told. */
static void check_keys_fit(const struct login *login)
{
    struct vault *vault = NULL;
    struct errmsg msg;
    if (vault_openssl_new(login->s->config->keys_dir.p, &vault, &msg) == ERR_OK)
        (void)check_numbers(vault, login->db, "20", login->s->list);
    vault_free(vault);
}

static void check_database(const struct servers *s, const char *key, struct str conninfo,
                           const struct login_rule *rules, size_t n)
{
    struct login login = {.s = s, .key = key};
    struct errmsg msg;
    if (sink_libpq_check(conninfo.p, &msg) != ERR_OK)
        return; /* which was told */
    if (database_open(conninfo.p, &login.db, &msg) != ERR_OK) {
        char what[ERRMSG_BYTES + 64];
        (void)snprintf(what, sizeof(what), "PostgreSQL does not let it in: %s", msg.text);
        complain(&login, CHECK_STOPS,
                 "start PostgreSQL, or make the database and the login, and grant its role", what);
        return;
    }
    check_login(&login, all_rules, ARRAY_LEN(all_rules));
    if (check_schema(&login)) {
        check_login(&login, rules, n);
        if (rules == writer_rules) {
            check_epoch(&login);
            check_postgres_clock(&login);
        } else {
            check_keys_fit(&login);
        }
    }
    database_close(login.db);
}

void check_servers(const struct config *config, const struct check_needs *needs,
                   struct check_list *list)
{
    struct servers s = {.config = config,
                        .list = list,
                        .loop = loop_libevent_new(),
                        .arena = arena_new(CLI_CONFIG_ARENA_BYTES)};
    check_redis(&s);
    if (needs->writer)
        check_database(&s, "writer_conninfo", config->writer_conninfo, writer_rules,
                       ARRAY_LEN(writer_rules));
    if (needs->sender)
        check_database(&s, "sender_conninfo", config->sender_conninfo, sender_rules,
                       ARRAY_LEN(sender_rules));
    store_free(s.store);
    arena_free(s.arena);
    loop_free(s.loop);
}
