#include <stdio.h>

#include "profile/load.h"

/* Is it JSON as it stands: a number, true, false or null? */
static bool is_json_word(const struct yaml_node *node)
{
    struct str s = node->text;
    if (node->is_quoted || s.len == 0)
        return false;
    if (str_eq(s, STR("true")) || str_eq(s, STR("false")) || str_eq(s, STR("null")))
        return true;
    size_t from = s.p[0] == '-' ? 1 : 0;
    bool is_number = s.len > from && s.len < 16 && (s.p[from] != '0' || s.len == from + 1);
    for (size_t i = from; i < s.len; i++)
        is_number = is_number && s.p[i] >= '0' && s.p[i] <= '9';
    return is_number;
}

/* A map that is a value with alternatives, and no JSON object: it has `in` and nothing unknown. */
static bool is_value_map(const struct yaml_node *node)
{
    static const char *const words[] = {"in", "when", "then", "match", "not", "default"};
    if (node->kind != YAML_KIND_MAP || yaml_get(node, STR("in")) == NULL)
        return false;
    for (const struct yaml_node *m = node->first; m != NULL; m = m->next) {
        size_t i = 0;
        while (i < ARRAY_LEN(words) && !str_eq(m->key, str_from(words[i])))
            i++;
        if (i == ARRAY_LEN(words))
            return false;
    }
    return true;
}

static bool load_json_members(struct loader *l, const struct yaml_node *parent,
                              struct member **link);

static bool load_json(struct loader *l, const struct yaml_node *node, struct member **ret)
{
    struct member *m = load_alloc(l, sizeof(*m), node);
    if (m == NULL)
        return false;
    m->key = node->key;
    *ret = m;
    if (node->kind == YAML_KIND_SCALAR || is_value_map(node)) {
        m->is_raw = node->kind == YAML_KIND_SCALAR && is_json_word(node);
        return load_value(l, node, VALUE_TEXT, VALUE_KEYS, &m->value);
    }
    m->kind = node->kind == YAML_KIND_MAP ? MEMBER_MAP : MEMBER_LIST;
    return load_json_members(l, node, &m->first);
}

/* Depth is that of the YAML file, which has a ceiling. */
static bool load_json_members(struct loader *l, const struct yaml_node *parent,
                              struct member **link)
{
    for (const struct yaml_node *node = parent->first; node != NULL; node = node->next) {
        if (!load_json(l, node, link))
            return false;
        link = &(*link)->next;
    }
    return true;
}

bool load_members(struct loader *l, const struct yaml_node *map, struct member **link)
{
    if (map->kind != YAML_KIND_MAP)
        return load_fail(l, map, "names and values belong here, one a line");
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
        struct member *m = load_alloc(l, sizeof(*m), node);
        if (m == NULL || !load_value(l, node, VALUE_TEXT, VALUE_KEYS, &m->value))
            return false;
        m->key = node->key;
        *link = m;
        link = &m->next;
    }
    return true;
}

/* form:, json:, text: or xml:, at most one, and the content type that goes with it. */
static bool load_content(struct loader *l, const struct yaml_node *map, struct body *ret)
{
    static const struct {
        const char *key;
        enum body_kind kind;
        const char *type;
    } kinds[] = {
        {"form", BODY_FORM, "application/x-www-form-urlencoded"},
        {"json", BODY_JSON, "application/json"},
        {"text", BODY_TEXT, "text/plain"},
        {"xml", BODY_XML, "text/xml"},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct yaml_node *node = yaml_get(map, str_from(kinds[i].key));
        if (node == NULL)
            continue;
        if (ret->kind != BODY_NONE)
            return load_fail(l, node, "only one of form, json, text and xml can be the body");
        ret->kind = kinds[i].kind;
        ret->type = str_from(kinds[i].type);
        bool is_good = ret->kind == BODY_FORM ? load_members(l, node, &ret->members)
                       : ret->kind == BODY_JSON
                           ? load_json(l, node, &ret->members)
                           : load_value(l, node, VALUE_TEXT, VALUE_KEYS, &ret->text);
        if (!is_good)
            return false;
    }
    return load_text(l, map, "type", &ret->type);
}

bool load_body(struct loader *l, const struct yaml_node *map, const char *more_keys,
               struct body *ret)
{
    char keys[160];
    const struct yaml_node *headers = yaml_get(map, STR("headers"));
    (void)snprintf(keys, sizeof(keys), "status type headers form json text xml max_chars %s",
                   more_keys); /* callers' words fit */
    if (map->kind != YAML_KIND_MAP)
        return load_fail(l, map,
                         "a map belongs here: status, type, headers, and one of form, "
                         "json, text, xml");
    uint32_t status = 200;
    ret->is_declared = true;
    if (!load_check_keys(l, map, keys) || !load_u32(l, map, "status", 599, &status) ||
        !load_u32(l, map, "max_chars", 10000, &ret->max_chars))
        return false;
    ret->status = (int)status;
    if (status < 100)
        return load_fail(l, map, "status is an HTTP status, 100 to 599");
    if (headers != NULL && !load_named(l, headers, VALUE_TEXT, &ret->headers, &ret->n_headers))
        return false;
    return load_content(l, map, ret);
}

bool load_answers(struct loader *l, const struct yaml_node *map, struct body answers[N_ANSWERS])
{
    static const char *const words[N_ANSWERS] = {
        "ok",       "reply",   "open", "close", "ended", "ignored",
        "rejected", "refused", "busy", "poll",  "query",
    };
    if (!load_check_keys(l, map,
                         "ok reply open close ended ignored rejected refused busy poll "
                         "query"))
        return false;
    l->scope.contexts = CONTEXT_ANSWER;
    for (size_t i = 0; i < N_ANSWERS && !l->has_failed; i++) {
        const struct yaml_node *node = yaml_get(map, str_from(words[i]));
        if (node != NULL)
            (void)load_body(l, node, "", &answers[i]); /* has_failed tells */
    }
    l->scope.contexts = CONTEXT_CALLBACK;
    return !l->has_failed;
}
