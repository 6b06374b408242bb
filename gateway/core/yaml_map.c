#include "core/yaml_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/match/match.h"

/* ---- words ---- */

struct str yaml_word_at(const char *words, uint32_t index)
{
    struct str rest = str_from(words);
    while (rest.p != NULL) {
        struct str word = str_split(&rest, ' ');
        if (index-- == 0)
            return word;
    }
    return STR_NONE;
}

/* The index of the word at a node; -1 (reported) when it is none of the row's. */
static int read_word(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at)
{
    char fix[512];
    int index = str_word_index(row->words, ' ', at->text);
    (void)snprintf(fix, sizeof(fix), "it must be one of: %s", row->words); /* our own lists fit */
    if (index < 0)
        yaml_complain(m->report, at, fix, "%s is '%.*s'", row->name, STR_ARG(at->text));
    return index;
}

static void describe_words(const struct yaml_row *row, struct buf *out)
{
    buf_addf(out, " One of: %s.", row->words);
}

/* ---- integers of any width ---- */

static void store_number(const struct yaml_row *row, void *field, uint64_t value)
{
    if (row->size == sizeof(uint8_t))
        *(uint8_t *)field = (uint8_t)value;
    else if (row->size == sizeof(uint16_t))
        *(uint16_t *)field = (uint16_t)value;
    else if (row->size == sizeof(uint32_t))
        *(uint32_t *)field = (uint32_t)value;
    else
        *(uint64_t *)field = value;
}

static uint64_t fetch_number(const struct yaml_row *row, const void *field)
{
    return row->size == sizeof(uint8_t)    ? *(const uint8_t *)field
           : row->size == sizeof(uint16_t) ? *(const uint16_t *)field
           : row->size == sizeof(uint32_t) ? *(const uint32_t *)field
                                           : *(const uint64_t *)field;
}

static void read_number(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *field)
{
    char fix[80];
    uint64_t number;
    (void)snprintf(fix, sizeof(fix), "it must be a whole number from %u to %u", row->min, row->max);
    if (str_to_u64(at->text, row->max, &number) == ERR_OK && number >= row->min)
        store_number(row, field, number);
    else
        yaml_complain(m->report, at, fix, "%s is '%.*s'", row->name, STR_ARG(at->text));
}

static struct str write_number(const struct yaml_row *row, const void *field,
                               char scratch[YAML_SCRATCH_BYTES])
{
    (void)snprintf(scratch, YAML_SCRATCH_BYTES, "%" PRIu64, fetch_number(row, field));
    return str_from(scratch);
}

static void describe_number(const struct yaml_row *row, struct buf *out)
{
    buf_addf(out, " From %u to %u%s%s.", row->min, row->max, row->unit != NULL ? " " : "",
             row->unit != NULL ? row->unit : "");
}

const struct yaml_type yaml_type_number = {
    .read = read_number, .write = write_number, .describe = describe_number, .is_plain = true};

static void read_index(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    int index = read_word(m, row, at);
    if (index >= 0)
        store_number(row, field, (uint64_t)index);
}

static struct str write_index(const struct yaml_row *row, const void *field,
                              char scratch[YAML_SCRATCH_BYTES])
{
    (void)scratch;
    return yaml_word_at(row->words, (uint32_t)fetch_number(row, field));
}

const struct yaml_type yaml_type_word = {
    .read = read_index, .write = write_index, .describe = describe_words, .is_plain = true};
/* A bool is an index of two words. */
const struct yaml_type yaml_type_flag = {
    .read = read_index, .write = write_index, .describe = describe_words, .is_plain = true};

/* ---- texts ---- */

void yaml_read_text(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                    void *field)
{
    const struct yaml_type *type = yaml_row_type(row);
    const char *problem = type->problem != NULL ? type->problem(at->text) : NULL;
    size_t max = row->max > 0 ? row->max : YAML_MAX_TEXT_BYTES;
    char fix[64];
    (void)snprintf(fix, sizeof(fix), "at most %zu fit", max);
    if (problem != NULL)
        yaml_complain(m->report, at, problem, "%s is '%.60s'", row->name,
                      row->is_secret ? "(hidden)" : at->text.p);
    else if (at->text.len > max)
        yaml_complain(m->report, at, fix, "%s has %zu bytes", row->name, at->text.len);
    else
        *(struct str *)field = at->text;
}

struct str yaml_write_text(const struct yaml_row *row, const void *field,
                           char scratch[YAML_SCRATCH_BYTES])
{
    (void)row;
    (void)scratch;
    return *(const struct str *)field;
}

void yaml_describe_text(const struct yaml_row *row, struct buf *out)
{
    if (row->max > 0)
        buf_addf(out, " At most %u bytes.", row->max);
}

static const char *one_line_problem(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.p[i] < 0x20)
            return "it must be one line without control characters";
    }
    return NULL;
}

const struct yaml_type yaml_type_text = {.read = yaml_read_text,
                                         .write = yaml_write_text,
                                         .describe = yaml_describe_text,
                                         .problem = one_line_problem};

static void read_choice(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                        void *field)
{
    if (read_word(m, row, at) >= 0)
        *(struct str *)field = at->text;
}

const struct yaml_type yaml_type_choice = {
    .read = read_choice, .write = yaml_write_text, .describe = describe_words, .is_plain = true};

static void read_node(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    (void)m;
    (void)row;
    *(const struct yaml_node **)field = at;
}

const struct yaml_type yaml_type_node = {.read = read_node, .is_any_kind = true};

/* ---- maps ---- */

const struct yaml_type *yaml_row_type(const struct yaml_row *row)
{
    return row->type != NULL ? row->type : &yaml_type_text;
}

struct str yaml_row_value(const struct yaml_row *row, const void *filled,
                          char scratch[YAML_SCRATCH_BYTES])
{
    const struct yaml_type *type = yaml_row_type(row);
    return type->write != NULL ? type->write(row, (const char *)filled + row->offset, scratch)
                               : STR_NONE;
}

static bool has_key(const struct yaml_table *table, struct str name)
{
    for (size_t i = 0; table != NULL && i < table->n; i++) {
        struct str key = str_from(table->rows[i].name);
        struct str rest = str_starts(name, key) ? str_sub(name, key.len, name.len) : STR_NONE;
        if (rest.p != NULL &&
            (rest.len == 0 || (table->rows[i].is_secret && str_eq(rest, STR("_file")))))
            return true;
    }
    return false;
}

/* The keys of a table, nearest first if one is near. Long tables are in the manual. */
#define MAX_LISTED_KEYS 24

static void add_keys(struct buf *out, const struct yaml_table *table)
{
    for (size_t i = 0; table != NULL && i < table->n; i++)
        buf_addf(out, " %s", table->rows[i].name);
}

static const char *nearest_key(const struct yaml_table *table, struct str key)
{
    const char *nearest = NULL;
    uint32_t best = 3;
    for (size_t i = 0; table != NULL && i < table->n; i++) {
        uint32_t distance = match_distance(key, str_from(table->rows[i].name), 2);
        if (distance < best) {
            best = distance;
            nearest = table->rows[i].name;
        }
    }
    return nearest;
}

void yaml_map_check_keys(struct yaml_map *m, const struct yaml_table *table,
                         const struct yaml_table *also, const struct yaml_node *map)
{
    struct buf fix CLEANUP(buf_fini);
    buf_init(&fix, 2048);
    bool is_short = table->n + (also != NULL ? also->n : 0) <= MAX_LISTED_KEYS;
    buf_addf(&fix, "remove or mend it%s", is_short ? "; known here:" : "");
    if (is_short) {
        add_keys(&fix, table);
        add_keys(&fix, also);
    }
    for (const struct yaml_node *member = map->first; member != NULL; member = member->next) {
        if (has_key(table, member->key) || has_key(also, member->key))
            continue;
        const char *nearest = nearest_key(table, member->key);
        if (nearest == NULL)
            nearest = nearest_key(also, member->key);
        yaml_report_add(m->report, YAML_FAULT_KEY, member->key_line, member->key_column,
                        buf_str(&fix).p, "no key '%.*s' here%s%s%s", STR_ARG(member->key),
                        nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "'?" : "");
    }
}

/* "" is a value, but not of what must be there. */
static bool is_absent(const struct yaml_row *row, const struct yaml_node *node)
{
    return node == NULL || (node->kind == YAML_KIND_SCALAR && str_is_empty(str_trim(node->text)) &&
                            (row->is_required || !node->is_quoted));
}

static void fill_row(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *map,
                     void *filled)
{
    const struct yaml_type *type = yaml_row_type(row);
    const struct yaml_node *at =
        m->given != NULL ? m->given(m, row, map) : yaml_get(map, str_from(row->name));
    struct yaml_node fallback = *map;
    if (is_absent(row, at) && row->is_required) {
        char fix[256];
        (void)snprintf(fix, sizeof(fix), "add a line such as `%s: %s`", row->name, row->example);
        yaml_complain(m->report, at != NULL ? at : map, fix, "%s is missing", row->name);
    }
    if (is_absent(row, at)) {
        if (row->fallback == NULL)
            return;
        fallback.kind = YAML_KIND_SCALAR;
        fallback.text = str_from(row->fallback);
        at = &fallback;
    }
    if (at->kind != YAML_KIND_SCALAR && !type->is_any_kind)
        yaml_complain(m->report, at, "it must be one value", "%s is %s", row->name,
                      yaml_kind_name(at->kind));
    else
        type->read(m, row, at, (char *)filled + row->offset);
}

void yaml_map_fill_rows(struct yaml_map *m, const struct yaml_table *table,
                        const struct yaml_node *map, void *filled)
{
    for (size_t i = 0; i < table->n; i++)
        fill_row(m, &table->rows[i], map, filled);
}

void yaml_map_fill(struct yaml_map *m, const struct yaml_table *table, const struct yaml_node *map,
                   void *filled)
{
    yaml_map_check_keys(m, table, NULL, map);
    yaml_map_fill_rows(m, table, map, filled);
}

bool yaml_map_expect(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                     enum yaml_kind kind, uint32_t max, const char *fix)
{
    if (at->kind != kind)
        yaml_complain(m->report, at, fix, "%s is %s", row->name, yaml_kind_name(at->kind));
    else if (at->n > max)
        yaml_complain(m->report, at, fix, "%s has %u members", row->name, at->n);
    return at->kind == kind && at->n <= max;
}

/* ---- lists of maps ---- */

/* A key that an earlier member of the list has, too. */
static void check_unique(struct yaml_map *m, const struct yaml_table *table,
                         const struct yaml_node *member, const char *list, uint32_t n)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct yaml_row *row = &table->rows[i];
        char mine[YAML_SCRATCH_BYTES], other[YAML_SCRATCH_BYTES];
        struct str value = yaml_row_value(row, list + n * table->size, mine);
        for (uint32_t j = 0; row->is_key && value.p != NULL && j < n; j++) {
            if (str_eq(value, yaml_row_value(row, list + j * table->size, other)))
                yaml_complain(m->report, member, "keep one of them", "a second %s '%.*s'",
                              row->name, STR_ARG(value));
        }
    }
}

static void read_list(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                      void *field)
{
    char fix[96];
    (void)snprintf(fix, sizeof(fix), "it must be a list (\"  - key: value\") of at most %u",
                   row->max);
    if (!yaml_map_expect(m, row, at, YAML_KIND_LIST, row->max, fix))
        return;
    char *list = arena_alloc(m->arena, row->table->size * ((size_t)at->n + 1));
    uint32_t n = 0;
    for (const struct yaml_node *member = at->first; list != NULL && member != NULL;
         member = member->next) {
        if (member->kind != YAML_KIND_MAP) {
            yaml_complain(m->report, member, "write \"  - key: value\"",
                          "an entry of %s is %s, not a map", row->name,
                          yaml_kind_name(member->kind));
            continue;
        }
        yaml_map_fill(m, row->table, member, list + n * row->table->size);
        check_unique(m, row->table, member, list, n);
        n++;
    }
    memcpy(field, &list, sizeof(list)); /* a pointer to structs of any type */
    memcpy((char *)field - row->offset + row->n_offset, &n, sizeof(n));
}

const struct yaml_type yaml_type_list = {.read = read_list, .is_any_kind = true};
