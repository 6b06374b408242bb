#include "profile/load.h"

/* Values that later lines use as {let NAME}. */
static bool load_let(struct loader *l, const struct yaml_node *map, struct send *send)
{
    struct named_value **link = &send->let;
    if (map->kind != YAML_KIND_MAP)
        return load_fail(l, map, "let is a map of names and values");
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct named_value *v = load_alloc(l, sizeof(*v), m);
        if (v == NULL || !load_value(l, m, VALUE_TEXT, VALUE_KEYS, &v->value))
            return false;
        v->name = m->key;
        *link = v;
        link = &v->next;
        l->scope.let = send->let;
    }
    return true;
}

static bool load_request(struct loader *l, const struct yaml_node *map, const char *more_keys,
                         struct request_template *ret)
{
    static const char *const methods[] = {"GET", "POST"};
    const struct yaml_node *url = yaml_get(map, STR("url"));
    const struct yaml_node *query = yaml_get(map, STR("query"));
    int method = 1;
    if (!load_body(l, map, more_keys, &ret->body) ||
        !load_word(l, map, "method", "GET POST", &method))
        return false;
    ret->method = methods[method];
    return (url == NULL || load_value(l, url, VALUE_TEXT, VALUE_KEYS, &ret->url)) &&
           (query == NULL || load_members(l, query, &ret->query));
}

static bool load_token(struct loader *l, const struct yaml_node *map, struct send *send)
{
    const struct yaml_node *value = yaml_get(map, STR("value"));
    const struct yaml_node *seconds = yaml_get(map, STR("seconds"));
    if (!load_request(l, map, "method url query value seconds", &send->token))
        return false;
    if (value == NULL || send->token.url.alternatives == NULL)
        return load_fail(l, map,
                         "a token request needs url:, and value:, where the token stands "
                         "in the answer");
    l->scope.contexts = CONTEXT_RESULT;
    bool is_good =
        load_value(l, value, VALUE_SOURCE, VALUE_KEYS, &send->token_value) &&
        (seconds == NULL || load_value(l, seconds, VALUE_SOURCE, VALUE_KEYS, &send->token_seconds));
    l->scope.contexts = CONTEXT_SEND;
    send->has_token = true;
    return is_good;
}

/* How the answer is read: conditions, and where id and error stand. */
static bool load_result(struct loader *l, const struct yaml_node *map, struct send *send)
{
    const struct {
        const char *key;
        struct conditions *conditions;
        struct value *value;
    } parts[] = {
        {"success", &send->success, NULL},
        {"opted_out", &send->opted_out, NULL},
        {"throttled", &send->throttled, NULL},
        {"temporary", &send->temporary, NULL},
        {"id", NULL, &send->id},
        {"error", NULL, &send->error},
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct yaml_node *node = yaml_get(map, str_from(parts[i].key));
        if (node == NULL)
            continue;
        bool is_good = parts[i].value != NULL
                           ? load_value(l, node, VALUE_SOURCE, VALUE_KEYS, parts[i].value)
                           : load_conditions(l, node, parts[i].conditions);
        if (!is_good)
            return false;
    }
    int report_id = 0;
    if (!load_word(l, map, "report_id", "theirs ours", &report_id))
        return false;
    send->is_own_id = report_id == 1;
    send->id.is_empty_missing = true;
    send->error.is_empty_missing = true;
    return true;
}

bool load_send(struct loader *l, const struct yaml_node *map)
{
    struct send *send = &l->profile->send;
    const struct yaml_node *let = yaml_get(map, STR("let"));
    const struct yaml_node *token = yaml_get(map, STR("token"));
    const struct yaml_node *sample = yaml_get(map, STR("sample"));
    send->is_declared = true;
    l->scope.contexts = CONTEXT_SEND;
    if (map->kind != YAML_KIND_MAP)
        return load_fail(l, map, "send is a map: method, url, headers, form, success ...");
    if (!load_bool(l, map, "screens", &l->profile->sends_screens) ||
        (let != NULL && !load_let(l, let, send)) || (token != NULL && !load_token(l, token, send)))
        return false;
    if (!load_request(l, map,
                      "method url query let token screens success opted_out throttled temporary "
                      "id error report_id sample",
                      &send->request))
        return false;
    if (sample != NULL && !load_body(l, sample, "", &send->sample))
        return false;
    l->scope.contexts = CONTEXT_RESULT;
    return load_result(l, map, send);
}
