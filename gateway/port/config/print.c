/* Configuration as YAML: the effective one with secrets hidden, and the commented example. */
#include <string.h>

#include "port/config/table.h"

/* ---- the effective one ---- */

static void print_value(struct buf *out, const struct yaml_row *row, struct str value)
{
    /* A double-quoted YAML scalar; JSON strings are a subset of them. */
    if (row->is_secret)
        buf_add_json(out, STR(CONFIG_HIDDEN));
    else if (yaml_row_type(row)->is_plain)
        buf_add_str(out, value);
    else
        buf_add_json(out, value);
    buf_add_char(out, '\n');
}

static void print_settings(struct buf *out, const struct settings *settings)
{
    if (settings->n > 0)
        buf_add_str(out, STR("    settings:\n"));
    for (uint32_t s = 0; s < settings->n; s++) {
        const struct setting *setting = &settings->list[s];
        /* Some providers want a key in the query of the address. */
        size_t query = str_find_char(setting->value, '?');
        buf_addf(out, "      %.*s: ", STR_ARG(setting->name));
        buf_add_json(out, config_is_plain_setting(setting->name) ? str_sub(setting->value, 0, query)
                                                                 : STR(CONFIG_HIDDEN));
        buf_add_char(out, '\n');
    }
}

static void print_table(struct buf *out, const struct yaml_table *table, const void *filled,
                        bool is_member);

static void print_list(struct buf *out, const struct yaml_row *row, const void *filled)
{
    const char *const *list = (const void *)((const char *)filled + row->offset);
    const uint32_t *n = (const void *)((const char *)filled + row->n_offset);
    if (*n > 0)
        buf_addf(out, "%s:\n", row->name);
    for (uint32_t i = 0; i < *n; i++)
        print_table(out, row->table, *list + i * row->table->size, true);
}

static void print_table(struct buf *out, const struct yaml_table *table, const void *filled,
                        bool is_member)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct yaml_row *row = &table->rows[i];
        char scratch[YAML_SCRATCH_BYTES];
        struct str value = yaml_row_value(row, filled, scratch);
        if (row->type == &yaml_type_list)
            print_list(out, row, filled);
        if (row->type == &config_type_settings)
            print_settings(out, (const void *)((const char *)filled + row->offset));
        if (value.p == NULL)
            continue;
        buf_addf(out, "%s%s: ", !is_member ? "" : i == 0 ? "  - " : "    ", row->name);
        print_value(out, row, value);
    }
}

void config_print(const struct config *config, struct buf *out)
{
    print_table(out, &config_table, config, false);
}

/* ---- the example ---- */

static void add_comment(struct buf *out, const char *indent, const char *text)
{
    for (struct str rest = str_from(text); rest.p != NULL;) {
        struct str line = str_split(&rest, '\n');
        buf_addf(out, "%s# %.*s\n", indent, STR_ARG(line));
    }
}

/* "From 1 to 65535." and the like; the default is the value that stands below. */
static void add_facts(struct buf *out, const char *indent, const struct yaml_row *row)
{
    const struct yaml_type *type = yaml_row_type(row);
    size_t before = out->len;
    buf_addf(out, "%s#", indent);
    size_t empty = out->len;
    if (type->describe != NULL)
        type->describe(row, out);
    if (row->is_required)
        buf_add_str(out, STR(" Required."));
    else if (row->fallback == NULL && type->describe != NULL)
        buf_add_str(out, STR(" Optional."));
    if (row->is_secret)
        buf_addf(out, " A secret: also as %s_file: PATH, or by the environment.", row->name);
    if (out->len == empty)
        out->len = before;
    else
        buf_add_char(out, '\n');
}

static void add_example_row(struct buf *out, const struct yaml_row *row, bool is_member,
                            bool is_first)
{
    const char *indent = is_member ? "    " : "";
    const char *value = row->fallback != NULL ? row->fallback : row->example;
    bool is_shown = row->fallback != NULL || row->is_required || row->is_in_example;
    add_comment(out, indent, row->help);
    add_facts(out, indent, row);
    buf_addf(out, "%s%s%s:%s%s\n", is_first && is_member ? "  - " : indent, is_shown ? "" : "# ",
             row->name, value[0] == '\n' ? "" : " ", value);
}

static void add_example_table(struct buf *out, const struct yaml_table *table, bool is_member)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct yaml_row *row = &table->rows[i];
        if (row->header != NULL) {
            buf_add_str(out, STR("\n# ---- "));
            for (struct str rest = str_from(row->header), line; rest.p != NULL;) {
                line = str_split(&rest, '\n');
                buf_addf(out, "%.*s\n%s", STR_ARG(line), rest.p != NULL ? "# " : "");
            }
        }
        if (row->type == &yaml_type_list) {
            buf_addf(out, "%s:\n", row->name);
            add_example_table(out, row->table, true);
            continue;
        }
        if (i > 0 || row->header != NULL)
            buf_add_char(out, '\n');
        add_example_row(out, row, is_member, i == 0);
    }
}

void config_example(struct buf *out)
{
    buf_add_str(out, STR("# Settings of a Waypost gateway. Made from the option table in "
                         "gateway/port/config/table.c\n"
                         "# by `waypost config example`; `waypost config check FILE` checks a "
                         "changed one.\n"
                         "# Each value is the default, or an example where there is none.\n"));
    add_example_table(out, &config_table, false);
}
