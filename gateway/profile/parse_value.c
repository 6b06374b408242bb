#include <stdlib.h>

#include "profile/load.h"

static bool load_choice(struct loader *l, const struct yaml_node *node, enum value_mode mode,
                        struct alternative *ret)
{
    struct errmsg why;
    bool is_template = mode == VALUE_TEXT || str_is_empty(node->text) ||
                       str_find_char(node->text, '{') != SIZE_MAX;
    enum err e = is_template ? template_parse(node->text, &l->scope, &ret->value, &why)
                             : expr_parse(node->text, &l->scope, &ret->value, &why);
    return e == ERR_OK || load_fail(l, node, "%s", why.text);
}

/* One alternative: a scalar, or {in: scalar, when: conditions}. */
static bool load_alternative(struct loader *l, const struct yaml_node *node, enum value_mode mode,
                             struct alternative **link)
{
    struct alternative *choice = load_alloc(l, sizeof(*choice), node);
    const struct yaml_node *in = node;
    if (choice == NULL)
        return false;
    if (node->kind == YAML_KIND_MAP) {
        const struct yaml_node *when = yaml_get(node, STR("when"));
        in = yaml_get(node, STR("in"));
        if (!load_check_keys(l, node, "in when") ||
            (when != NULL && !load_conditions(l, when, &choice->when)))
            return false;
        if (in == NULL)
            return load_fail(l, node, "an alternative needs 'in:', the place to look");
    }
    if (in->kind != YAML_KIND_SCALAR)
        return load_fail(l, in, "a place to look is one line of text, not %s",
                         yaml_kind_name(in->kind));
    if (!load_choice(l, in, mode, choice))
        return false;
    *link = choice;
    return true;
}

static bool load_choices(struct loader *l, const struct yaml_node *node, enum value_mode mode,
                         struct value *ret)
{
    if (node->kind != YAML_KIND_LIST)
        return load_alternative(l, node, mode, &ret->alternatives);
    struct alternative **link = &ret->alternatives;
    for (const struct yaml_node *m = node->first; m != NULL; m = m->next) {
        if (!load_alternative(l, m, mode, link))
            return false;
        link = &(*link)->next;
    }
    return true;
}

/* {in: ..., when: ..., then: filters, match: pattern, not: [..], lookup: NAME, default: TEXT} */
static bool load_value_map(struct loader *l, const struct yaml_node *map, enum value_mode mode,
                           struct value *ret)
{
    const struct yaml_node *in = yaml_get(map, STR("in"));
    const struct yaml_node *when = yaml_get(map, STR("when"));
    const struct yaml_node *then = yaml_get(map, STR("then"));
    const struct yaml_node *match = yaml_get(map, STR("match"));
    const struct yaml_node *nulls = yaml_get(map, STR("not"));
    const struct yaml_node *fallback = yaml_get(map, STR("default"));
    struct errmsg why;
    if (in != NULL && !load_choices(l, in, mode, ret))
        return false;
    for (struct alternative *c = ret->alternatives; when != NULL && c != NULL; c = c->next) {
        if (c->when.all == NULL && !load_conditions(l, when, &c->when))
            return false;
    }
    if (then != NULL && filters_parse(then->text, &l->scope, &ret->filters, &why) != ERR_OK)
        return load_fail(l, then, "%s", why.text);
    if (match != NULL) {
        ret->pattern = pattern_new(match->text, l->profile, &why);
        if (ret->pattern == NULL)
            return load_fail(l, match, "%s", why.text);
    }
    if (nulls != NULL && !load_matchers(l, nulls, 0, &ret->nulls))
        return false;
    if (fallback != NULL)
        ret->fallback = fallback->text;
    return load_text(l, map, "lookup", &ret->lookup);
}

bool load_value(struct loader *l, const struct yaml_node *node, enum value_mode mode,
                const char *keys, struct value *ret)
{
    if (node->kind != YAML_KIND_MAP)
        return load_choices(l, node, mode, ret);
    return load_check_keys(l, node, keys) && load_value_map(l, node, mode, ret);
}

/* "10..12", "29..", "..-1"; false when the text is no range. */
static bool parse_range(struct str text, struct matcher *ret)
{
    size_t dots = str_find(text, STR(".."));
    if (dots == SIZE_MAX)
        return false;
    struct str low = str_sub(text, 0, dots), high = str_sub(text, dots + 2, text.len);
    char *end;
    *ret = (struct matcher){.is_range = true, .low = INT64_MIN, .high = INT64_MAX};
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

static struct matcher *load_matcher(struct loader *l, const struct yaml_node *node, int target)
{
    if (node->kind != YAML_KIND_SCALAR) {
        (void)load_fail(l, node, "a value to compare with is text, not %s",
                        yaml_kind_name(node->kind)); /* NULL says it */
        return NULL;
    }
    struct matcher *m = load_alloc(l, sizeof(*m), node);
    if (m == NULL)
        return NULL;
    if (node->is_quoted || !parse_range(node->text, m))
        *m = (struct matcher){.text = node->text};
    m->target = target;
    return m;
}

bool load_matchers(struct loader *l, const struct yaml_node *node, int target,
                   struct matcher **link)
{
    bool is_list = node->kind == YAML_KIND_LIST;
    while (*link != NULL)
        link = &(*link)->next;
    for (const struct yaml_node *n = is_list ? node->first : node; n != NULL;
         n = is_list ? n->next : NULL) {
        struct matcher *m = load_matcher(l, n, target);
        if (m == NULL)
            return false;
        *link = m;
        link = &m->next;
    }
    return true;
}

/* {not: ...} {starts: ...} {matches: ...} */
static bool load_test(struct loader *l, const struct yaml_node *map, struct condition *c)
{
    const struct yaml_node *test = map->first;
    struct errmsg why;
    if (map->n != 1 || !load_check_keys(l, map, "not starts matches"))
        return map->n == 1 ? false : load_fail(l, map, "write one of not:, starts:, matches:");
    if (str_eq(test->key, STR("matches"))) {
        c->kind = CONDITION_MATCHES;
        c->pattern = pattern_new(test->text, l->profile, &why);
        return c->pattern != NULL || load_fail(l, test, "%s", why.text);
    }
    c->kind = str_eq(test->key, STR("not")) ? CONDITION_IS_NOT : CONDITION_STARTS;
    return load_matchers(l, test, 0, &c->values);
}

static bool load_condition(struct loader *l, const struct yaml_node *node, struct condition *c)
{
    struct errmsg why;
    struct yaml_node key = {.line = node->key_line, .column = node->key_column};
    bool is_template = str_find_char(node->key, '{') != SIZE_MAX;
    enum err e = is_template ? template_parse(node->key, &l->scope, &c->left, &why)
                             : expr_parse(node->key, &l->scope, &c->left, &why);
    if (e != ERR_OK)
        return load_fail(l, &key, "%s", why.text);
    if (node->kind == YAML_KIND_MAP)
        return load_test(l, node, c);
    bool is_word = node->kind == YAML_KIND_SCALAR && !node->is_quoted;
    if (is_word && str_eq(node->text, STR("present")))
        c->kind = CONDITION_PRESENT;
    else if (is_word && str_eq(node->text, STR("absent")))
        c->kind = CONDITION_ABSENT;
    else
        return load_matchers(l, node, 0, &c->values);
    return true;
}

static bool load_group(struct loader *l, const struct yaml_node *map, struct conditions *ret)
{
    struct condition **link = &ret->all;
    if (map->kind != YAML_KIND_MAP || map->n == 0)
        return load_fail(l, map, "conditions are a map: what to look at, and what it must be");
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct condition *c = load_alloc(l, sizeof(*c), m);
        if (c == NULL || !load_condition(l, m, c))
            return false;
        *link = c;
        link = &c->next;
    }
    return true;
}

bool load_conditions(struct loader *l, const struct yaml_node *node, struct conditions *ret)
{
    if (node->kind != YAML_KIND_LIST)
        return load_group(l, node, ret);
    for (const struct yaml_node *m = node->first; m != NULL; m = m->next) {
        if (!load_group(l, m, ret))
            return false;
        if (m->next == NULL)
            break;
        struct conditions *next = load_alloc(l, sizeof(*next), m);
        if (next == NULL)
            return false;
        ret->or_else = next;
        ret = next;
    }
    return true;
}

bool load_named(struct loader *l, const struct yaml_node *map, enum value_mode mode,
                struct named_value **ret, uint32_t *ret_n)
{
    struct named_value **link = ret;
    if (map->kind != YAML_KIND_MAP)
        return load_fail(l, map, "a map of names and values belongs here");
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct named_value *v = load_alloc(l, sizeof(*v), m);
        if (v == NULL || !load_value(l, m, mode, VALUE_KEYS, &v->value))
            return false;
        v->name = m->key;
        *link = v;
        link = &v->next;
        *ret_n += 1;
    }
    return true;
}
