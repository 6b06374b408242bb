/* Configuration as YAML: the effective one with secrets hidden, and the commented example. */
#include <string.h>

#include "port/config/table.h"

/* A double-quoted YAML scalar; JSON strings are a subset of them. */
static void add_quoted(struct buf *out, struct str value)
{
    buf_add_json(out, value);
}

static void print_values(struct buf *out, const char *indent, const struct config_table *table,
                         const void *filled)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct config_key *key = &table->keys[i];
        char scratch[CONFIG_SCRATCH_BYTES];
        struct str value = config_value_text(key, filled, scratch);
        if (value.p == NULL)
            continue;
        buf_addf(out, "%s%s: ", i == 0 && indent[0] != '\0' ? "  - " : indent, key->name);
        if (key->is_secret)
            add_quoted(out, STR(CONFIG_HIDDEN));
        else if (key->type == CONFIG_TYPE_NUMBER || key->type == CONFIG_TYPE_AMOUNT ||
                 key->words != NULL)
            buf_add_str(out, value);
        else
            add_quoted(out, value);
        buf_add_char(out, '\n');
    }
}

void config_print(const struct config *config, struct buf *out)
{
    print_values(out, "", &config_keys, config);
    if (config->n_channels > 0)
        buf_add_str(out, STR("channels:\n"));
    for (uint32_t i = 0; i < config->n_channels; i++) {
        const struct config_channel *channel = &config->channels[i];
        print_values(out, "    ", &config_channel_keys, channel);
        if (channel->settings.n > 0)
            buf_add_str(out, STR("    settings:\n"));
        for (uint32_t s = 0; s < channel->settings.n; s++) {
            const struct setting *setting = &channel->settings.list[s];
            bool is_plain = config_is_plain_setting(setting->name);
            buf_addf(out, "      %.*s: ", STR_ARG(setting->name));
            /* Some providers want a key in the query of the address. */
            size_t query = str_find_char(setting->value, '?');
            add_quoted(out, is_plain ? str_sub(setting->value, 0, query) : STR(CONFIG_HIDDEN));
            buf_add_char(out, '\n');
        }
    }
    if (config->n_countries > 0)
        buf_add_str(out, STR("countries:\n"));
    for (uint32_t i = 0; i < config->n_countries; i++)
        print_values(out, "    ", &config_country_keys, &config->countries[i]);
    if (config->n_routes > 0)
        buf_add_str(out, STR("routes:\n"));
    for (uint32_t i = 0; i < config->n_routes; i++)
        print_values(out, "    ", &config_route_keys, &config->routes[i]);
}

static void add_comment(struct buf *out, const char *indent, const char *text)
{
    struct str rest = str_from(text);
    while (rest.p != NULL) {
        struct str line = str_split(&rest, '\n');
        buf_addf(out, "%s# %.*s\n", indent, STR_ARG(line));
    }
}

/* "From 1 to 65535." and the like; the default is the value that stands below. */
static void add_facts(struct buf *out, const char *indent, const struct config_key *key)
{
    size_t before = out->len;
    buf_addf(out, "%s#", indent);
    size_t empty = out->len;
    if (key->type == CONFIG_TYPE_NUMBER)
        buf_addf(out, " From %u to %u%s%s.", key->min, key->max, key->unit != NULL ? " " : "",
                 key->unit != NULL ? key->unit : "");
    if (key->words != NULL)
        buf_addf(out, " One of: %s.", key->words);
    if (key->type == CONFIG_TYPE_AMOUNT)
        buf_addf(out, " An amount of money, at most %u.", key->max);
    if (key->max > 0 && key->type != CONFIG_TYPE_NUMBER && key->type != CONFIG_TYPE_AMOUNT)
        buf_addf(out, " At most %u bytes.", key->max);
    if (key->is_required)
        buf_add_str(out, STR(" Required."));
    else if (key->fallback == NULL)
        buf_add_str(out, STR(" Optional."));
    if (key->is_secret)
        buf_addf(out, " A secret: also as %s_file: PATH, or by the environment.", key->name);
    if (out->len == empty)
        out->len = before;
    else
        buf_add_char(out, '\n');
}

static void add_example_keys(struct buf *out, const char *indent, const struct config_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct config_key *key = &table->keys[i];
        const char *value = key->fallback != NULL ? key->fallback : key->example;
        bool is_shown = key->fallback != NULL || key->is_required || key->is_in_example;
        if (key->header != NULL)
            buf_addf(out, "\n# ---- %s\n", key->header);
        if (i > 0 || key->header != NULL)
            buf_add_char(out, '\n');
        add_comment(out, indent, key->help);
        add_facts(out, indent, key);
        buf_addf(out, "%s%s%s: %s\n", i == 0 && indent[0] != '\0' ? "  - " : indent,
                 is_shown ? "" : "# ", key->name, value);
    }
}

void config_example(struct buf *out)
{
    buf_add_str(out, STR("# Settings of a Waypost gateway. Made from the option table in "
                         "gateway/port/config/table.c\n"
                         "# by `waypost config example`; `waypost config check FILE` checks a "
                         "changed one.\n"
                         "# Each value is the default, or an example where there is none.\n"));
    add_example_keys(out, "", &config_keys);
    buf_add_str(out, STR("\n# ---- Channels: one entry for each number or code at a provider\n"
                         "channels:\n"));
    add_example_keys(out, "    ", &config_channel_keys);
    buf_add_str(
        out,
        STR("\n    # What the profile asks for, by the names it uses. NAME_file: PATH "
            "reads a value from a file;\n"
            "    # WAYPOST_CHANNEL_NAME in the environment replaces one that stands "
            "here.\n"
            "    settings:\n"
            "      username: sandbox\n"
            "      apikey: \"\"\n"
            "\n# ---- Countries where messages may go, beside the channels' own, and whom texts "
            "name\n"
            "countries:\n"));
    add_example_keys(out, "    ", &config_country_keys);
    buf_add_str(
        out, STR("\n# ---- Routes: which channel writes to whom. An SMS is answered by the channel "
                 "it came by,\n# if that can send\n"
                 "routes:\n"));
    add_example_keys(out, "    ", &config_route_keys);
}
