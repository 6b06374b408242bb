/* Reads waypost.yaml with core/yaml.h, row by row of config_table.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/match/match.h"
#include "core/yaml.h"
#include "port/config/table.h"

#define MAX_SECRET_BYTES 4096u

struct loading {
    struct arena *arena;
    struct buf *errors;
    struct str file; /* as given */
    struct str dir;  /* of the file, with its slash; empty for the present one */
    uint32_t n_errors;
};

static void complain(struct loading *l, uint32_t line, uint32_t column, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
static void complain(struct loading *l, uint32_t line, uint32_t column, const char *fmt, ...)
{
    char words[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof(words), fmt, args); /* a cut message still says where */
    va_end(args);
    l->n_errors++;
    buf_addf(l->errors, "%.*s:%u:%u: %s\n", STR_ARG(l->file), line, column, words);
}

/* Whole file, at most max bytes. msg says what is wrong, without the path. */
static enum err read_file(const char *path, size_t max, struct buf *out, struct errmsg *msg)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errmsg_set(msg, ERR_NOT_FOUND, "%s", strerror(errno));
    ssize_t n = 1;
    buf_init(out, max);
    while (n > 0 && buf_error(out) == ERR_OK) {
        char bytes[4096];
        n = read(fd, bytes, sizeof(bytes));
        if (n < 0)
            (void)errmsg_set(msg, ERR_IO, "%s", strerror(errno)); /* returned below */
        if (n > 0)
            buf_add(out, bytes, (size_t)n);
    }
    (void)close(fd); /* only read */
    if (n < 0)
        return ERR_IO;
    if (buf_error(out) != ERR_OK)
        return errmsg_set(msg, ERR_TOO_LONG, "over %zu bytes", max);
    return ERR_OK;
}

static struct str in_dir(struct loading *l, struct str path)
{
    if (str_starts(path, STR("/")))
        return path;
    return arena_printf(l->arena, "%.*s%.*s", STR_ARG(l->dir), STR_ARG(path));
}

/* The secret in a file, without the line end. */
static struct str read_secret(struct loading *l, const struct yaml_node *node)
{
    struct buf bytes CLEANUP(buf_fini);
    struct errmsg msg;
    buf_init(&bytes, MAX_SECRET_BYTES);
    struct str path = in_dir(l, node->text);
    if (path.p == NULL || read_file(path.p, MAX_SECRET_BYTES, &bytes, &msg) != ERR_OK) {
        complain(l, node->line, node->column, "cannot read %.*s: %s; make the file or its rights",
                 STR_ARG(path), path.p != NULL ? msg.text : "no memory");
        return STR(""); /* given, so not missing as well */
    }
    return arena_str(l->arena, str_trim(buf_str(&bytes)));
}

/* WAYPOST_<A>_<B> or WAYPOST_<A> (b absent) from the environment, or NULL. */
static const char *from_environment(struct str a, struct str b)
{
    char name[160];
    int n = snprintf(name, sizeof(name), "WAYPOST_%.*s%s%.*s", STR_ARG(a), b.p != NULL ? "_" : "",
                     STR_ARG(b));
    if (n < 0 || (size_t)n >= sizeof(name))
        return NULL;
    for (char *c = name; *c != '\0'; c++)
        *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
    return getenv(name);
}

static void store_text(struct loading *l, const struct config_key *key, struct str value,
                       const struct yaml_node *at, struct str *field)
{
    const char *shown = key->is_secret ? CONFIG_HIDDEN : value.p;
    size_t max = key->max > 0 ? key->max : CONFIG_MAX_TEXT;
    const char *problem = config_text_problem(key, value);
    if (problem != NULL)
        complain(l, at->line, at->column, "%s is '%.60s'; %s", key->name, shown, problem);
    struct str stored = key->type == CONFIG_TYPE_PATH ? in_dir(l, value) : value;
    if (stored.len > max)
        complain(l, at->line, at->column, "%s has %zu bytes; at most %zu fit", key->name,
                 stored.len, max);
    *field = stored;
}

/* Puts a value, given or fallback, into its field. */
static void store_value(struct loading *l, const struct config_key *key, struct str value,
                        const struct yaml_node *at, void *filled)
{
    void *field = (char *)filled + key->offset;
    uint64_t number = 0;
    int index = key->words != NULL ? config_word_index(key->words, value) : -1;
    if (key->words != NULL && index < 0) {
        complain(l, at->line, at->column, "%s is '%.*s'; it must be one of: %s", key->name,
                 STR_ARG(value), key->words);
        return;
    }
    switch (key->type) {
    case CONFIG_TYPE_NUMBER:
        if (str_to_u64(value, key->max, &number) != ERR_OK || number < key->min)
            complain(l, at->line, at->column,
                     "%s is '%.*s'; it must be a whole number from %u to %u", key->name,
                     STR_ARG(value), key->min, key->max);
        *(uint32_t *)field = (uint32_t)number;
        break;
    case CONFIG_TYPE_AMOUNT:
        if (config_amount_read(value, key->max, field) != ERR_OK)
            complain(l, at->line, at->column,
                     "%s is '%.*s'; it must be an amount such as 0.8, at most %u, with up to six "
                     "decimals",
                     key->name, STR_ARG(value), key->max);
        break;
    case CONFIG_TYPE_INDEX:
        *(uint32_t *)field = (uint32_t)index;
        break;
    case CONFIG_TYPE_FLAG:
        *(bool *)field = index == 1;
        break;
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_NAME:
    case CONFIG_TYPE_COUNTRY:
    case CONFIG_TYPE_DIAL_CODE:
    case CONFIG_TYPE_ADDRESS:
    case CONFIG_TYPE_PATH:
    case CONFIG_TYPE_PREFIX:
    case CONFIG_TYPE_CURRENCY:
    case CONFIG_TYPE_CHOICE:
        store_text(l, key, value, at, field);
        break;
    }
}

/* Value of a key as given in the file, a _file or the environment; STR_NONE = not given. */
static struct str given_value(struct loading *l, const struct config_key *key,
                              const struct yaml_node *map, const struct yaml_node **ret_at)
{
    const struct yaml_node *node = yaml_get(map, str_from(key->name));
    *ret_at = node != NULL ? node : map;
    if (node != NULL && node->kind != YAML_KIND_SCALAR) {
        complain(l, node->line, node->column, "%s is %s; it must be one value", key->name,
                 yaml_kind_name(node->kind));
        return STR_NONE;
    }
    if (key->is_secret) {
        char name[64];
        (void)snprintf(name, sizeof(name), "%s_file", key->name); /* our own short names */
        const struct yaml_node *file = yaml_get(map, str_from(name));
        const char *env = from_environment(str_from(key->name), STR_NONE);
        if (file != NULL && node != NULL)
            complain(l, file->key_line, file->key_column, "%s stands here too; keep one of them",
                     key->name);
        if (env != NULL)
            return arena_str(l->arena, str_from(env));
        if (file != NULL)
            return read_secret(l, file);
    }
    if (node == NULL || (str_is_empty(node->text) && !node->is_quoted))
        return STR_NONE;
    return node->text;
}

static bool is_key_of(const struct config_table *table, struct str name)
{
    for (size_t i = 0; i < table->n; i++) {
        struct str key = str_from(table->keys[i].name);
        struct str rest = str_starts(name, key) ? str_sub(name, key.len, name.len) : STR_NONE;
        if (rest.p != NULL &&
            (rest.len == 0 || (table->keys[i].is_secret && str_eq(rest, STR("_file")))))
            return true;
    }
    return false;
}

/* Complains about members of map that are neither in the table nor `also` (blank between). */
static void check_names(struct loading *l, const struct config_table *table, const char *also,
                        const struct yaml_node *map)
{
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        if (is_key_of(table, m->key) || config_word_index(also, m->key) >= 0)
            continue;
        const char *nearest = NULL;
        uint32_t best = 3;
        for (size_t i = 0; i < table->n; i++) {
            uint32_t d = match_distance(m->key, str_from(table->keys[i].name), 2);
            if (d < best) {
                best = d;
                nearest = table->keys[i].name;
            }
        }
        complain(l, m->key_line, m->key_column, "no key '%.*s' here%s%s%s; remove or mend it",
                 STR_ARG(m->key), nearest != NULL ? ", did you mean '" : "",
                 nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
    }
}

/* Every row of a table from one map into one struct. */
static void fill(struct loading *l, const struct config_table *table, const struct yaml_node *map,
                 void *filled)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct config_key *key = &table->keys[i];
        const struct yaml_node *at;
        struct str value = given_value(l, key, map, &at);
        if (value.p == NULL && key->is_required)
            complain(l, at->line, at->column, "%s is missing; add a line such as `%s: %s`",
                     key->name, key->name, key->example);
        if (value.p == NULL && key->fallback != NULL)
            value = str_from(key->fallback);
        if (value.p != NULL)
            store_value(l, key, value, at, filled);
    }
}

/* settings: of one channel, free names and values. */
static void fill_settings(struct loading *l, const struct yaml_node *map,
                          struct config_channel *channel)
{
    if (map == NULL || (map->kind == YAML_KIND_SCALAR && str_is_empty(map->text)))
        return;
    if (map->kind != YAML_KIND_MAP || map->n > CONFIG_MAX_SETTINGS) {
        complain(l, map->line, map->column, "settings must be a map of at most %u names and values",
                 CONFIG_MAX_SETTINGS);
        return;
    }
    struct setting *list = arena_new_array(l->arena, struct setting, map->n + 1);
    if (list == NULL)
        return; /* the arena's error is reported by config_load */
    uint32_t n = 0;
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct str name = m->key;
        bool is_file = str_ends(name, STR("_file"));
        if (is_file)
            name = arena_str(l->arena, str_sub(name, 0, name.len - strlen("_file")));
        if (m->kind != YAML_KIND_SCALAR || !config_is_name(name)) {
            complain(l, m->key_line, m->key_column,
                     "a setting is a name of a-z, 0-9, - and _, and one value");
            continue;
        }
        const char *env = from_environment(channel->name, name);
        struct str value = env != NULL ? arena_str(l->arena, str_from(env))
                           : is_file   ? read_secret(l, m)
                                       : m->text;
        if (value.len > CONFIG_MAX_TEXT * 4)
            complain(l, m->line, m->column, "%.*s has %zu bytes; at most %u fit", STR_ARG(name),
                     value.len, CONFIG_MAX_TEXT * 4);
        list[n++] = (struct setting){.name = name, .value = value};
    }
    channel->settings = (struct settings){.list = list, .n = n};
}

/* A list of maps under `name`; NULL when there is none or it is no such list. */
static const struct yaml_node *get_list(struct loading *l, const struct yaml_node *root,
                                        const char *name, uint32_t max)
{
    const struct yaml_node *list = yaml_get(root, str_from(name));
    if (list == NULL || (list->kind == YAML_KIND_SCALAR && str_is_empty(list->text)))
        return NULL;
    if (list->kind != YAML_KIND_LIST || list->n > max) {
        complain(l, list->line, list->column,
                 "%s must be a list (\"  - key: value\") of at most %u", name, max);
        return NULL;
    }
    for (const struct yaml_node *m = list->first; m != NULL; m = m->next) {
        if (m->kind != YAML_KIND_MAP) {
            complain(l, m->line, m->column, "each entry of %s must be a map: \"  - key: value\"",
                     name);
            return NULL;
        }
    }
    return list;
}

/* A member of an entry that must be the name of a channel. */
static void check_channel_name(struct loading *l, const struct config *config,
                               const struct yaml_node *entry, const char *member)
{
    const struct yaml_node *node = yaml_get(entry, str_from(member));
    if (node != NULL && config_channel_get(config, node->text) == NULL)
        complain(l, node->line, node->column, "no channel is called '%.*s'; see `name` below",
                 STR_ARG(node->text));
}

static void fill_channels(struct loading *l, const struct yaml_node *root, struct config *config)
{
    const struct yaml_node *list = get_list(l, root, "channels", CONFIG_MAX_CHANNELS);
    struct config_channel *channels =
        arena_new_array(l->arena, struct config_channel, list != NULL ? list->n + 1 : 1);
    config->channels = channels;
    if (list == NULL || channels == NULL)
        return;
    for (const struct yaml_node *m = list->first; m != NULL; m = m->next) {
        struct config_channel *channel = &channels[config->n_channels];
        check_names(l, &config_channel_keys, "settings", m);
        fill(l, &config_channel_keys, m, channel);
        fill_settings(l, yaml_get(m, STR("settings")), channel);
        if (config_channel_get(config, channel->name) != NULL)
            complain(l, m->line, m->column, "a second channel '%.*s'; give it another name",
                     STR_ARG(channel->name));
        config->n_channels++;
    }
    for (const struct yaml_node *m = list->first; m != NULL; m = m->next) {
        check_channel_name(l, config, m, "sms_channel");
        check_channel_name(l, config, m, "fallback");
    }
}

static void fill_countries(struct loading *l, const struct yaml_node *root, struct config *config)
{
    const struct yaml_node *list = get_list(l, root, "countries", CONFIG_MAX_COUNTRIES);
    struct config_country *countries =
        arena_new_array(l->arena, struct config_country, list != NULL ? list->n + 1 : 1);
    config->countries = countries;
    if (list == NULL || countries == NULL)
        return;
    for (const struct yaml_node *m = list->first; m != NULL; m = m->next) {
        struct config_country *country = &countries[config->n_countries];
        check_names(l, &config_country_keys, "", m);
        fill(l, &config_country_keys, m, country);
        if (config_country_get(config, country->code) != NULL)
            complain(l, m->line, m->column, "a second country '%.*s'; keep one of them",
                     STR_ARG(country->code));
        config->n_countries++;
    }
}

static void fill_routes(struct loading *l, const struct yaml_node *root, struct config *config)
{
    const struct yaml_node *list = get_list(l, root, "routes", CONFIG_MAX_ROUTES);
    struct config_route *routes =
        arena_new_array(l->arena, struct config_route, list != NULL ? list->n + 1 : 1);
    config->routes = routes;
    if (list == NULL || routes == NULL)
        return;
    for (const struct yaml_node *m = list->first; m != NULL; m = m->next) {
        struct config_route *route = &routes[config->n_routes];
        check_names(l, &config_route_keys, "", m);
        fill(l, &config_route_keys, m, route);
        for (uint32_t i = 0; i < config->n_routes; i++) {
            if (str_eq(routes[i].prefix, route->prefix))
                complain(l, m->line, m->column, "a second route for '%.*s'; keep one of them",
                         STR_ARG(route->prefix));
        }
        check_channel_name(l, config, m, "channel");
        config->n_routes++;
    }
}

/* A limit on money, and nothing has a price. */
static void check_prices(struct loading *l, const struct yaml_node *root,
                         const struct config *config)
{
    bool has_price = false;
    for (uint32_t i = 0; i < config->n_channels; i++)
        has_price |= config->channels[i].price > 0;
    if (has_price && config->currency.p == NULL)
        complain(l, root->line, root->column,
                 "channels have prices; add their currency, such as `currency: KES`");
    if (config->cap_money_day > 0 && !has_price)
        complain(l, root->line, root->column,
                 "cap_money_day limits nothing while no channel has a `price`; add what one "
                 "segment costs");
}

/* What no single row can say. */
static void check_together(struct loading *l, const struct yaml_node *root,
                           const struct config *config)
{
    if (config->redis_socket.p == NULL && config->redis_host.p == NULL)
        complain(l, root->line, root->column,
                 "where is Redis? add a line such as `redis_socket: /run/redis/redis.sock`");
    if (config->redis_socket.p != NULL && config->redis_host.p != NULL)
        complain(l, root->line, root->column,
                 "redis_socket and redis_host are both given; keep one of them");
    if (config->port == config->admin_port)
        complain(l, root->line, root->column,
                 "port and admin_port are both %u; the admin listener needs its own", config->port);
}

enum err config_load(const char *path, struct arena *arena, struct config *ret, struct buf *errors)
{
    struct loading l = {.arena = arena, .errors = errors, .file = str_from(path)};
    const char *slash = strrchr(path, '/');
    l.dir = slash != NULL ? str_sub(l.file, 0, (size_t)(slash + 1 - path)) : STR("");
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    buf_init(&text, YAML_MAX_BYTES);
    enum err e = read_file(path, YAML_MAX_BYTES, &text, &msg);
    if (e != ERR_OK) {
        buf_addf(errors, "%s: %s; `waypost config example` prints one to begin with\n", path,
                 msg.text);
        return e;
    }
    const struct yaml_node *root = NULL;
    e = yaml_read(buf_str(&text), l.file, arena, &root, errors);
    if (e != ERR_OK)
        return e;
    *ret = (struct config){.n_channels = 0};
    if (root->kind != YAML_KIND_MAP) {
        complain(&l, root->line, root->column, "the file must be lines of `key: value`");
        return ERR_INVALID;
    }
    check_names(&l, &config_keys, "channels countries routes", root);
    fill(&l, &config_keys, root, ret);
    fill_channels(&l, root, ret);
    fill_countries(&l, root, ret);
    fill_routes(&l, root, ret);
    check_prices(&l, root, ret);
    check_together(&l, root, ret);
    if (arena_error(arena) != ERR_OK) {
        complain(&l, 1, 1, "the file is too big; make it smaller");
        return arena_error(arena);
    }
    return l.n_errors > 0 ? ERR_INVALID : ERR_OK;
}

const struct config_channel *config_channel_get(const struct config *config, struct str name)
{
    for (uint32_t i = 0; i < config->n_channels; i++) {
        if (str_eq(config->channels[i].name, name))
            return &config->channels[i];
    }
    return NULL;
}

const struct config_country *config_country_get(const struct config *config, struct str code)
{
    for (uint32_t i = 0; i < config->n_countries; i++) {
        if (str_eq(config->countries[i].code, code))
            return &config->countries[i];
    }
    return NULL;
}

bool config_is_served(const struct config *config, struct str country)
{
    if (config_country_get(config, country) != NULL)
        return true;
    for (uint32_t i = 0; i < config->n_channels; i++) {
        if (str_eq(config->channels[i].country, country))
            return true;
    }
    return false;
}
