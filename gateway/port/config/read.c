/* Reads waypost.yaml by the rows of table.h, and checks what no single row can say. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/config/table.h"
#include "port/file.h"
#include "port/zone.h"

/* A secret may also stand in the environment, or in a file that NAME_file names. */
static const struct yaml_node *given(struct yaml_map *m, const struct yaml_row *row,
                                     const struct yaml_node *map)
{
    const struct yaml_node *node = yaml_get(map, str_from(row->name));
    char name[64];
    if (!row->is_secret)
        return node;
    (void)snprintf(name, sizeof(name), "%s_file", row->name); /* our own short names */
    const struct yaml_node *file = yaml_get(map, str_from(name));
    const char *env = config_environment(str_from(row->name), STR_NONE);
    if (file != NULL && node != NULL)
        yaml_report_add(m->report, YAML_FAULT_KEY, file->key_line, file->key_column,
                        "keep one of them", "%s stands here too", row->name);
    if (env == NULL && file == NULL)
        return node;
    struct yaml_node *made = arena_new_array(m->arena, struct yaml_node, 1);
    if (made == NULL)
        return node;
    *made = file != NULL ? *file : node != NULL ? *node : *map;
    made->kind = YAML_KIND_SCALAR;
    made->is_quoted = true;
    made->text = env != NULL ? arena_str(m->arena, str_from(env)) : config_read_secret(m, file);
    return made;
}

/* A member of an entry that must be the name of a channel. */
static void check_channel_name(struct yaml_report *report, const struct config *config,
                               const struct yaml_node *entry, const char *member)
{
    const struct yaml_node *node = yaml_get(entry, str_from(member));
    if (node != NULL && config_channel_get(config, node->text) == NULL)
        yaml_complain(report, node, "see `name` below", "no channel is called '%.*s'",
                      STR_ARG(node->text));
}

/* A key of the entries of a list that names a channel. */
static void check_channel_names(struct yaml_report *report, const struct yaml_node *root,
                                const struct config *config)
{
    static const struct {
        const char *list, *key;
    } rows[] = {{"channels", "sms_channel"},
                {"channels", "fallback"},
                {"countries", "recycling_channel"},
                {"routes", "channel"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct yaml_node *list = yaml_get(root, str_from(rows[i].list));
        for (const struct yaml_node *m = list != NULL ? list->first : NULL; m != NULL; m = m->next)
            check_channel_name(report, config, m, rows[i].key);
    }
}

/* A limit on money, and nothing has a price. */
static void check_prices(struct yaml_report *report, const struct yaml_node *root,
                         const struct config *config)
{
    bool has_price = false;
    for (uint32_t i = 0; i < config->n_channels; i++)
        has_price |= config->channels[i].price > 0;
    if (has_price && config->currency.p == NULL)
        yaml_complain(report, root, "add their currency, such as `currency: KES`",
                      "channels have prices");
    /* The default waits for the first price; another limit was meant. */
    bool is_meant = config->cap_money_day > 0 && config->cap_money_day != CONFIG_CAP_MONEY_DAY;
    if (is_meant && !has_price)
        yaml_complain(report, root, "add what one segment costs",
                      "cap_money_day limits nothing while no channel has a `price`");
}

static void check_redis(struct yaml_report *report, const struct yaml_node *root,
                        const struct config *config)
{
    int n_places = (config->redis_socket.p != NULL) + (config->redis_host.p != NULL) +
                   (config->redis_cluster.p != NULL) + (config->redis_sentinels.p != NULL);
    if (n_places == 0)
        yaml_complain(report, root, "add a line such as `redis_socket: /run/redis/redis.sock`",
                      "where Redis is, is missing");
    if (n_places > 1)
        yaml_complain(
            report, root, "keep one of them",
            "redis_socket, redis_host, redis_cluster and redis_sentinels: more than one is given");
    if (config->redis_tls_ca.p == NULL && config->redis_tls_cert.p != NULL)
        yaml_complain(report, root, "add redis_tls_ca", "redis_tls_cert alone brings no TLS");
    if ((config->redis_tls_cert.p != NULL) != (config->redis_tls_key.p != NULL))
        yaml_complain(report, root, "give both or none",
                      "of redis_tls_cert and redis_tls_key one is missing");
}

/* What no single row can say. */
static void check_together(struct yaml_report *report, const struct yaml_node *root,
                           const struct config *config)
{
    check_redis(report, root, config);
    const struct yaml_node *admin = yaml_get(root, STR("admin_port"));
    const struct yaml_node *port = yaml_get(root, STR("port"));
    const struct yaml_node *written = admin != NULL ? admin : port != NULL ? port : root;
    if (config->port == config->admin_port)
        yaml_complain(report, written, "the admin listener needs its own",
                      "port and admin_port are both %u", config->port);
}

/* What its row or tzdata says; false: nothing does, or it is there. */
static bool load_zone(const struct config *config, struct str country, struct zone *ret)
{
    const struct config_country *row = config_country_get(config, country);
    if (config_zone_get(config, country) != NULL)
        return false;
    if (row != NULL && row->zone.p != NULL && zone_load(row->zone, ret) == ERR_OK)
        return true;
    if (row == NULL || row->utc_offset.p == NULL)
        return zone_load_country(country, ret) == ERR_OK;
    *ret = zone_fixed(config_offset_min(row->utc_offset));
    return true;
}

static void load_zones(struct arena *arena, struct config *config)
{
    uint32_t n = config->n_countries + config->n_channels;
    struct config_zone *zones = arena_new_array(arena, struct config_zone, n + 1);
    config->zones = zones;
    for (uint32_t i = 0; zones != NULL && i < n; i++) {
        struct config_zone *next = &zones[config->n_zones];
        next->country = i < config->n_countries ? config->countries[i].code
                                                : config->channels[i - config->n_countries].country;
        config->n_zones += load_zone(config, next->country, &next->zone);
    }
}

enum err config_read(const char *path, struct arena *arena, struct config *ret,
                     struct yaml_report *report)
{
    const char *slash = strrchr(path, '/');
    uint32_t n_before = report->n;
    report->file = str_from(path);
    struct config_reading reading = {
        .dir = slash != NULL ? str_sub(report->file, 0, (size_t)(slash + 1 - path)) : STR("")};
    struct yaml_map m = {.report = report, .arena = arena, .user = &reading, .given = given};
    struct buf text CLEANUP(buf_fini);
    struct errmsg msg;
    enum err e = file_read(path, YAML_MAX_BYTES, &text, &msg);
    if (e != ERR_OK) {
        yaml_report_add(report, YAML_FAULT_FORM, 0, 0,
                        "name a file that this user may read; `waypost config example` prints "
                        "one to begin with",
                        "%s", msg.text);
        return e;
    }
    const struct yaml_node *root = NULL;
    e = yaml_read(buf_str(&text), arena, report, &root);
    if (e != ERR_OK)
        return e;
    *ret = (struct config){.root = root};
    if (root->kind != YAML_KIND_MAP) {
        yaml_complain(report, root, "write lines of `key: value`", "the file is %s",
                      yaml_kind_name(root->kind));
        return ERR_INVALID;
    }
    yaml_map_fill(&m, &config_table, root, ret);
    check_channel_names(report, root, ret);
    if (ret->has_claim_links && str_is_empty(ret->check_url))
        yaml_complain(report, yaml_get(root, STR("claim_links")), "write check_url, as https://...",
                      "claim_links is on: links need the public address of the page, check_url");
    check_prices(report, root, ret);
    check_together(report, root, ret);
    load_zones(arena, ret);
    if (arena_error(arena) != ERR_OK) {
        yaml_complain(report, root, "make it smaller", "the file is too big");
        return arena_error(arena);
    }
    return report->n > n_before ? ERR_INVALID : ERR_OK;
}

enum err config_load(const char *path, struct arena *arena, struct config *ret, struct buf *errors)
{
    struct yaml_report report = {.text = errors};
    return config_read(path, arena, ret, &report);
}

void config_complain(const struct config *config, struct yaml_report *report, struct config_at at,
                     const char *fix, const char *fmt, ...)
{
    char what[YAML_MAX_TEXT_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args); /* cut is fine */
    va_end(args);
    const struct yaml_node *node = config->root;
    const struct yaml_node *list = at.list != NULL ? yaml_get(node, str_from(at.list)) : NULL;
    const struct yaml_node *entry = list != NULL ? list->first : NULL;
    for (uint32_t i = 0; i < at.i && entry != NULL; i++)
        entry = entry->next;
    node = entry != NULL ? entry : list != NULL ? list : node;
    const struct yaml_node *key = at.key != NULL ? yaml_get(node, str_from(at.key)) : NULL;
    node = key != NULL ? key : node;
    bool is_keyed = node != NULL && node->key.p != NULL; /* a list's place is where it is named */
    yaml_report_add(report, YAML_FAULT_VALUE,
                    node == NULL ? 1
                    : is_keyed   ? node->key_line
                                 : node->line,
                    node == NULL ? 1
                    : is_keyed   ? node->key_column
                                 : node->column,
                    fix, "%s", what);
}

const struct config_channel *config_channel_get(const struct config *config, struct str name)
{
    for (uint32_t i = 0; i < config->n_channels; i++) {
        if (str_eq(config->channels[i].name, name))
            return &config->channels[i];
    }
    return NULL;
}

bool config_is_hook(const struct config *config, struct str channel)
{
    bool is_hook = str_eq(channel, config->alert_channel);
    for (uint32_t i = 0; i < config->n_countries; i++)
        is_hook |= str_eq(channel, config->countries[i].recycling_channel);
    return is_hook;
}

const struct config_country *config_country_get(const struct config *config, struct str code)
{
    for (uint32_t i = 0; i < config->n_countries; i++) {
        if (str_eq(config->countries[i].code, code))
            return &config->countries[i];
    }
    return NULL;
}

const struct zone *config_zone_get(const struct config *config, struct str country)
{
    for (uint32_t i = 0; i < config->n_zones; i++) {
        if (str_eq(config->zones[i].country, country))
            return &config->zones[i].zone;
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
