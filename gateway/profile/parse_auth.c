#include "profile/load.h"

static const char algorithm_words[] = "md5 sha1 sha256 sha512 hmac-md5 hmac-sha1 hmac-sha256 "
                                      "hmac-sha512 ed25519";

/* pairs: {of: form, each: "{key}{value}", sorted: true, unique: true, without: [sig],
 * replace: "&=", by: "_"} */
static bool load_pairs(struct loader *l, const struct yaml_node *map, struct pairs *ret)
{
    const struct yaml_node *each = yaml_get(map, STR("each"));
    const struct yaml_node *without = yaml_get(map, STR("without"));
    int of = 0;
    struct errmsg why;
    ret->is_sorted = true;
    if (!load_check_keys(l, map, "of each sorted unique without replace by") ||
        !load_word(l, map, "of", "form query param", &of) ||
        !load_bool(l, map, "sorted", &ret->is_sorted) ||
        !load_bool(l, map, "unique", &ret->is_unique) ||
        !load_text(l, map, "replace", &ret->replaced) ||
        !load_text(l, map, "by", &ret->replacement))
        return false;
    ret->of = (enum pairs_of)of;
    if (ret->replaced.p != NULL && ret->replacement.len != 1)
        return load_fail(l, map, "'replace:' needs 'by:' with the one character put instead");
    if (without != NULL && !load_list(l, without, &ret->without))
        return false;
    if (each == NULL)
        return load_fail(l, map, "needs 'each:', how one pair is written: \"{key}{value}\"");
    struct expr_scope scope = {.profile = l->profile, .contexts = CONTEXT_PAIR};
    return template_parse(each->text, &scope, &ret->each, &why) == ERR_OK ||
           load_fail(l, each, "%s", why.text);
}

/* fresh: {in: header X-Timestamp, within: 300} */
static bool load_fresh(struct loader *l, const struct yaml_node *map, struct auth *auth)
{
    uint32_t within = 300;
    if (!load_value(l, map, VALUE_SOURCE, VALUE_KEYS " within", &auth->fresh) ||
        !load_u32(l, map, "within", 86400, &within))
        return false;
    auth->fresh_s = within;
    return true;
}

static bool load_keys(struct loader *l, const struct yaml_node *map, struct auth *auth)
{
    const struct yaml_node *key = yaml_get(map, STR("key"));
    struct word_list *list = NULL;
    if (key != NULL && !load_list(l, key, &list))
        return false;
    if (list == NULL) {
        /* Two, so that one can be replaced while the other still counts. */
        list = load_alloc(l, sizeof(*list) * 2, map);
        if (list == NULL)
            return false;
        list[0] = (struct word_list){STR("secret"), &list[1]};
        list[1] = (struct word_list){STR("secret_2"), NULL};
    }
    auth->keys = list;
    return true;
}

/* The words of a signature. */
static bool load_scheme(struct loader *l, const struct yaml_node *map, struct auth *auth)
{
    int algorithm = -1, encoding = 0, key_encoding = 0;
    struct str separator = STR_NONE;
    if (!load_word(l, map, "algorithm", algorithm_words, &algorithm) ||
        !load_word(l, map, "encoding", "hex base64", &encoding) ||
        !load_word(l, map, "key_encoding", "text base64", &key_encoding) ||
        !load_text(l, map, "separator", &separator))
        return false;
    if (algorithm == -1)
        return load_fail(l, map, "a signature needs algorithm:, one of: %s", algorithm_words);
    auth->algorithm = (enum signature_algorithm)algorithm;
    auth->encoding = (enum signature_encoding)encoding;
    auth->is_key_base64 = key_encoding == 1;
    auth->separator = separator.len > 0 ? separator.p[0] : '\0';
    return true;
}

static bool load_signature(struct loader *l, const struct yaml_node *map, struct auth *auth)
{
    const struct yaml_node *over = yaml_get(map, STR("over"));
    const struct yaml_node *pairs = yaml_get(map, STR("pairs"));
    const struct yaml_node *fresh = yaml_get(map, STR("fresh"));
    const struct yaml_node *equal = yaml_get(map, STR("equal"));
    uint32_t n = 0;
    if (!load_value(l, map, VALUE_SOURCE,
                    VALUE_KEYS " algorithm encoding over pairs key key_encoding separator fresh "
                               "equal",
                    &auth->where) ||
        !load_scheme(l, map, auth) || !load_keys(l, map, auth))
        return false;
    if (over == NULL || auth->where.alternatives == NULL)
        return load_fail(l, map,
                         "a signature needs in: (where it stands) and over: (what is "
                         "signed)");
    return load_value(l, over, VALUE_TEXT, VALUE_KEYS, &auth->over) &&
           (pairs == NULL || load_pairs(l, pairs, &auth->pairs)) &&
           (fresh == NULL || load_fresh(l, fresh, auth)) &&
           (equal == NULL || load_named(l, equal, VALUE_TEXT, &auth->equal, &n));
}

static bool load_jwt(struct loader *l, const struct yaml_node *map, struct auth *auth)
{
    const struct yaml_node *claims = yaml_get(map, STR("claims"));
    uint32_t n = 0;
    return load_value(l, map, VALUE_SOURCE, VALUE_KEYS " key claims", &auth->where) &&
           load_keys(l, map, auth) &&
           (claims == NULL || load_named(l, claims, VALUE_TEXT, &auth->equal, &n));
}

/* secrets: {query pass: secret, form user: username}: place and the setting it must equal. */
static bool load_secrets(struct loader *l, const struct yaml_node *map, struct auth *auth)
{
    struct named_value **link = &auth->secrets;
    struct errmsg why;
    if (map->kind != YAML_KIND_MAP || map->n == 0)
        return load_fail(l, map, "secrets is a map: where it stands, and the setting it equals");
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct named_value *v = load_alloc(l, sizeof(*v), m);
        struct alternative *choice = load_alloc(l, sizeof(*choice), m);
        if (v == NULL || choice == NULL)
            return false;
        if (expr_parse(m->key, &l->scope, &choice->value, &why) != ERR_OK)
            return load_fail(l, m, "%s", why.text);
        v->value.alternatives = choice;
        v->name = m->text;
        *link = v;
        link = &v->next;
    }
    return true;
}

static bool load_basic(struct loader *l, const struct yaml_node *list, struct auth *auth)
{
    struct word_list *names = NULL;
    if (!load_list(l, list, &names))
        return false;
    auth->keys = names;
    if (auth->keys == NULL || auth->keys->next == NULL || auth->keys->next->next != NULL)
        return load_fail(l, list, "basic is the names of two settings: [username, password]");
    return true;
}

static bool load_one(struct loader *l, const struct yaml_node *map, struct auth *auth)
{
    const struct yaml_node *when = yaml_get(map, STR("when"));
    const struct yaml_node *how = NULL;
    int kind = -1;
    static const char *const words[] = {"secrets", "basic", "signature", "jwt"};
    if (map->kind != YAML_KIND_MAP || !load_check_keys(l, map, "when secrets basic signature jwt"))
        return !l->has_failed &&
               load_fail(l, map, "write '- secrets:', '- basic:', '- signature:' or '- jwt:'");
    for (int i = 0; i < (int)ARRAY_LEN(words); i++) {
        const struct yaml_node *node = yaml_get(map, str_from(words[i]));
        if (node != NULL && how != NULL)
            return load_fail(l, node, "one scheme for each '-' of auth:");
        if (node != NULL) {
            how = node;
            kind = i;
        }
    }
    if (when != NULL && !load_conditions(l, when, &auth->when))
        return false;
    if (how == NULL)
        return load_fail(l, map, "write '- secrets:', '- basic:', '- signature:' or '- jwt:'");
    auth->kind = (enum auth_kind)kind;
    switch (auth->kind) {
    case AUTH_SECRETS:
        return load_secrets(l, how, auth);
    case AUTH_BASIC:
        return load_basic(l, how, auth);
    case AUTH_SIGNATURE:
        return load_signature(l, how, auth);
    case AUTH_JWT:
        return load_jwt(l, how, auth);
    }
    return false;
}

bool load_auth(struct loader *l, const struct yaml_node *list)
{
    struct auth **link = &l->profile->auth;
    if (list->kind != YAML_KIND_LIST)
        return load_fail(l, list, "auth is a list; the first entry whose when: holds is checked");
    l->scope.contexts = CONTEXT_CALLBACK | CONTEXT_AUTH;
    for (const struct yaml_node *m = list->first; m != NULL; m = m->next) {
        struct auth *auth = load_alloc(l, sizeof(*auth), m);
        if (auth == NULL || !load_one(l, m, auth))
            return false;
        *link = auth;
        link = &auth->next;
    }
    l->scope.contexts = CONTEXT_CALLBACK;
    return true;
}
