/* Values, conditions and lists of a profile, from YAML: the types of row that its tables share. */
#include "profile/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEACHER "config/profiles/README.md tells what may stand here"

void *load_alloc(struct yaml_map *m, size_t bytes, const struct yaml_node *at)
{
    void *p = arena_alloc(m->arena, bytes);
    if (p == NULL)
        yaml_complain(m->report, at, "write less", "the profile is too big");
    else
        memset(p, 0, bytes);
    return p;
}

void load_complain(struct yaml_map *m, const struct yaml_node *at, const struct errmsg *why)
{
    yaml_complain(m->report, at, TEACHER, "%s", why->text);
}

/* texts and lists ---------------------------------------------------------------------------- */

static void read_any_text(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at, void *field)
{
    (void)m, (void)row;
    *(struct str *)field = at->text;
}

const struct yaml_type load_any_text = {.read = read_any_text};

static void complain_word(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at)
{
    char fix[128];
    (void)snprintf(fix, sizeof(fix), "write one or more of: %s",
                   row->words != NULL ? row->words : "words"); /* ours fit */
    yaml_complain(m->report, at, fix, "%s is '%.*s'", row->name, STR_ARG(at->text));
}

/* In order; one that is no text is reported. */
static void read_words(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                       void *field)
{
    struct word_list **link = field;
    bool is_list = at->kind == YAML_KIND_LIST;
    *link = NULL;
    for (const struct yaml_node *n = is_list ? at->first : at; n != NULL;
         n = is_list ? n->next : NULL) {
        struct word_list *item = load_alloc(m, sizeof(*item), n);
        bool is_word = n->kind == YAML_KIND_SCALAR &&
                       (row->words == NULL || str_word_index(row->words, ' ', n->text) >= 0);
        if (!is_word)
            complain_word(m, row, n);
        if (item == NULL || !is_word)
            return;
        item->text = n->text;
        *link = item;
        link = &item->next;
    }
}

const struct yaml_type load_words = {.read = read_words, .is_any_kind = true};

static void read_map(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                     void *field)
{
    if (yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write lines of `key: value`"))
        yaml_map_fill(m, row->table, at, field);
}

const struct yaml_type load_map = {.read = read_map, .is_any_kind = true};

/* values ------------------------------------------------------------------------------------- */

static void read_place(struct yaml_map *m, const struct yaml_node *at, enum value_mode mode,
                       struct template *ret)
{
    struct errmsg why;
    bool is_template =
        mode == VALUE_TEXT || str_is_empty(at->text) || str_find_char(at->text, '{') != SIZE_MAX;
    enum err e = is_template ? template_parse(at->text, &loader_of(m)->scope, ret, &why)
                             : expr_parse(at->text, &loader_of(m)->scope, ret, &why);
    if (e != ERR_OK)
        load_complain(m, at, &why);
}

static const struct yaml_row alternative_rows[] = {
    {.name = "in", .type = &yaml_type_node, .size = sizeof(void *)},
    {.name = "when", .type = &load_conditions, YAML_AT(struct alternative, when)},
};

/* One alternative: a scalar, or {in: scalar, when: conditions}. */
static struct alternative *read_alternative(struct yaml_map *m, const struct yaml_node *at,
                                            enum value_mode mode)
{
    static const struct yaml_table when_table = {&alternative_rows[1], 1, 0};
    static const struct yaml_table in_table = {&alternative_rows[0], 1, 0};
    struct alternative *a = load_alloc(m, sizeof(*a), at);
    const struct yaml_node *in = at;
    if (a == NULL)
        return NULL;
    if (at->kind == YAML_KIND_MAP) {
        in = yaml_get(at, STR("in"));
        yaml_map_check_keys(m, &in_table, &when_table, at);
        yaml_map_fill_rows(m, &when_table, at, a);
    }
    if (in == NULL || in->kind != YAML_KIND_SCALAR)
        yaml_complain(m->report, in != NULL ? in : at, "write {in: form text}, or form text",
                      "an alternative needs 'in:', the place to look");
    else
        read_place(m, in, mode, &a->value);
    return a;
}

static void read_alternatives(struct yaml_map *m, const struct yaml_node *at, enum value_mode mode,
                              struct alternative **link)
{
    bool is_list = at->kind == YAML_KIND_LIST;
    for (const struct yaml_node *n = is_list ? at->first : at; n != NULL;
         n = is_list ? n->next : NULL) {
        *link = read_alternative(m, n, mode);
        if (*link == NULL)
            return;
        link = &(*link)->next;
    }
}

static void read_filters(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    struct errmsg why;
    (void)row;
    if (filters_parse(at->text, &loader_of(m)->scope, field, &why) != ERR_OK)
        load_complain(m, at, &why);
}

static void read_pattern(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                         void *field)
{
    struct errmsg why;
    struct pattern **pattern = field;
    (void)row;
    *pattern = pattern_new(at->text, loader_of(m)->profile, &why);
    if (*pattern == NULL)
        load_complain(m, at, &why);
}

static void read_matchers(struct yaml_map *m, const struct yaml_row *row,
                          const struct yaml_node *at, void *field)
{
    (void)row;
    load_matchers(m, at, 0, field);
}

static const struct yaml_type filters_type = {.read = read_filters};
static const struct yaml_type pattern_type = {.read = read_pattern};
static const struct yaml_type matchers_type = {.read = read_matchers, .is_any_kind = true};

/* {in: ..., when: ..., then: filters, match: pattern, not: [..], lookup: NAME, default: TEXT} */
struct value_form {
    struct value value;
    const struct yaml_node *in;
    struct conditions when; /* of the alternatives that have none */
};

static const struct yaml_row value_rows[] = {
    {.name = "in", .type = &yaml_type_node, YAML_AT(struct value_form, in)},
    {.name = "when", .type = &load_conditions, YAML_AT(struct value_form, when)},
    {.name = "then", .type = &filters_type, YAML_AT(struct value_form, value.filters)},
    {.name = "match", .type = &pattern_type, YAML_AT(struct value_form, value.pattern)},
    {.name = "not", .type = &matchers_type, YAML_AT(struct value_form, value.nulls)},
    {.name = "lookup", .type = &load_any_text, YAML_AT(struct value_form, value.lookup)},
    {.name = "default", .type = &load_any_text, YAML_AT(struct value_form, value.fallback)},
};
static const struct yaml_table value_table = {value_rows, ARRAY_LEN(value_rows), 0};

void load_value(struct yaml_map *m, const struct yaml_node *at, enum value_mode mode,
                const struct yaml_table *also, void *filled, struct value *ret)
{
    struct value_form form = {.in = at};
    if (at->kind == YAML_KIND_MAP) {
        form.in = yaml_get(at, STR("in"));
        yaml_map_check_keys(m, &value_table, also, at);
        yaml_map_fill_rows(m, &value_table, at, &form);
        if (also != NULL)
            yaml_map_fill_rows(m, also, at, filled);
    }
    if (form.in != NULL)
        read_alternatives(m, form.in, mode, &form.value.alternatives);
    for (struct alternative *a = form.value.alternatives; a != NULL; a = a->next) {
        if (a->when.all == NULL)
            a->when = form.when;
    }
    *ret = form.value;
}

static void read_source_value(struct yaml_map *m, const struct yaml_row *row,
                              const struct yaml_node *at, void *field)
{
    (void)row;
    load_value(m, at, VALUE_SOURCE, NULL, NULL, field);
}

static void read_text_value(struct yaml_map *m, const struct yaml_row *row,
                            const struct yaml_node *at, void *field)
{
    (void)row;
    load_value(m, at, VALUE_TEXT, NULL, NULL, field);
}

const struct yaml_type load_source_value = {.read = read_source_value, .is_any_kind = true};
const struct yaml_type load_text_value = {.read = read_text_value, .is_any_kind = true};

/* comparing ---------------------------------------------------------------------------------- */

/* "10..12", "29..", "..-1"; false when the text is no range. */
static bool parse_range(struct str text, struct matcher *ret)
{
    size_t dots = str_find(text, STR(".."));
    if (dots == SIZE_MAX)
        return false;
    struct str low = str_sub(text, 0, dots), high = str_sub(text, dots + 2, text.len);
    char *end;
    ret->low = INT64_MIN;
    ret->high = INT64_MAX;
    if (low.len > 0) {
        ret->low = strtoll(low.p, &end, 10); /* the file's texts end in NUL */
        if (end != low.p + low.len)
            return false;
    }
    if (high.len > 0) {
        ret->high = strtoll(high.p, &end, 10);
        if (end != high.p + high.len)
            return false;
    }
    return low.len > 0 || high.len > 0;
}

void load_matchers(struct yaml_map *m, const struct yaml_node *at, int target,
                   struct matcher **link)
{
    bool is_list = at->kind == YAML_KIND_LIST;
    while (*link != NULL)
        link = &(*link)->next;
    for (const struct yaml_node *n = is_list ? at->first : at; n != NULL;
         n = is_list ? n->next : NULL) {
        struct matcher *matcher = load_alloc(m, sizeof(*matcher), n);
        if (n->kind != YAML_KIND_SCALAR)
            yaml_complain(m->report, n, "write one value, or a list of them",
                          "a value to compare with is %s", yaml_kind_name(n->kind));
        if (matcher == NULL || n->kind != YAML_KIND_SCALAR)
            return;
        matcher->text = n->text;
        matcher->is_range = !n->is_quoted && parse_range(n->text, matcher);
        matcher->target = target;
        *link = matcher;
        link = &matcher->next;
    }
}

/* {not: ...}, {starts: ...} or {matches: ...}: what is given says how to compare. */
struct test_form {
    struct matcher *other, *front;
    struct pattern *pattern;
};

static const struct yaml_row test_rows[] = {
    {.name = "not", .type = &matchers_type, YAML_AT(struct test_form, other)},
    {.name = "starts", .type = &matchers_type, YAML_AT(struct test_form, front)},
    {.name = "matches", .type = &pattern_type, YAML_AT(struct test_form, pattern)},
};

static void read_test(struct yaml_map *m, const struct yaml_node *at, struct condition *c)
{
    static const struct yaml_table table = {test_rows, ARRAY_LEN(test_rows), 0};
    struct test_form form = {.other = NULL};
    yaml_map_fill(m, &table, at, &form);
    if (at->n != 1)
        yaml_complain(m->report, at, "write one of not:, starts:, matches:", "a test with %u parts",
                      at->n);
    c->kind = form.pattern != NULL ? CONDITION_MATCHES
              : form.front != NULL ? CONDITION_STARTS
                                   : CONDITION_IS_NOT;
    c->pattern = form.pattern;
    c->values = form.front != NULL ? form.front : form.other;
}

static void read_condition(struct yaml_map *m, const struct yaml_node *at, struct condition *c)
{
    struct yaml_node key = {.line = at->key_line, .column = at->key_column, .text = at->key};
    bool is_word = at->kind == YAML_KIND_SCALAR && !at->is_quoted;
    read_place(m, &key, VALUE_SOURCE, &c->left);
    if (at->kind == YAML_KIND_MAP)
        read_test(m, at, c);
    else if (is_word && str_eq(at->text, STR("present")))
        c->kind = CONDITION_PRESENT;
    else if (is_word && str_eq(at->text, STR("absent")))
        c->kind = CONDITION_ABSENT;
    else
        load_matchers(m, at, 0, &c->values);
}

static void read_group(struct yaml_map *m, const struct yaml_node *map, struct conditions *ret)
{
    struct condition **link = &ret->all;
    if (map->kind != YAML_KIND_MAP || map->n == 0) {
        yaml_complain(m->report, map, "write what to look at, and what it must be",
                      "conditions are %s",
                      map->kind == YAML_KIND_MAP ? "empty" : yaml_kind_name(map->kind));
        return;
    }
    for (const struct yaml_node *n = map->first; n != NULL; n = n->next) {
        struct condition *c = load_alloc(m, sizeof(*c), n);
        if (c == NULL)
            return;
        read_condition(m, n, c);
        *link = c;
        link = &c->next;
    }
}

static void read_conditions(struct yaml_map *m, const struct yaml_row *row,
                            const struct yaml_node *at, void *field)
{
    struct conditions *group = field;
    (void)row;
    if (at->kind != YAML_KIND_LIST) {
        read_group(m, at, group);
        return;
    }
    for (const struct yaml_node *n = at->first; n != NULL && group != NULL; n = n->next) {
        read_group(m, n, group);
        if (n->next != NULL)
            group->or_else = load_alloc(m, sizeof(*group), n);
        group = group->or_else;
    }
}

const struct yaml_type load_conditions = {.read = read_conditions, .is_any_kind = true};

/* names and values --------------------------------------------------------------------------- */

void load_named(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                enum value_mode mode, struct named_value **ret, const struct named_value **known)
{
    struct named_value **link = ret;
    if (!yaml_map_expect(m, row, at, YAML_KIND_MAP, UINT32_MAX, "write lines of `name: value`"))
        return;
    for (const struct yaml_node *n = at->first; n != NULL; n = n->next) {
        struct named_value *v = load_alloc(m, sizeof(*v), n);
        if (v == NULL)
            return;
        v->name = n->key;
        load_value(m, n, mode, NULL, NULL, &v->value);
        *link = v;
        link = &v->next;
        if (known != NULL)
            *known = *ret;
    }
}

static void read_named_sources(struct yaml_map *m, const struct yaml_row *row,
                               const struct yaml_node *at, void *field)
{
    load_named(m, row, at, VALUE_SOURCE, field, NULL);
}

static void read_named_texts(struct yaml_map *m, const struct yaml_row *row,
                             const struct yaml_node *at, void *field)
{
    load_named(m, row, at, VALUE_TEXT, field, NULL);
}

const struct yaml_type load_named_sources = {.read = read_named_sources, .is_any_kind = true};
const struct yaml_type load_named_texts = {.read = read_named_texts, .is_any_kind = true};
