#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "profile/load.h"

/* A file of the size limit becomes at most so much: nodes, templates and rules. */
#define MAX_ARENA_BYTES (PROFILE_MAX_BYTES * 64u)

bool load_fail(struct loader *l, const struct yaml_node *at, const char *fmt, ...)
{
    char words[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof(words), fmt, args); /* cut is fine */
    va_end(args);
    if (!l->has_failed)
        (void)errmsg_set(l->msg, ERR_INVALID, "%.*s:%u:%u: %s", STR_ARG(l->file), at->line,
                         at->column, words);
    l->has_failed = true;
    return false;
}

void *load_alloc(struct loader *l, size_t bytes, const struct yaml_node *at)
{
    void *p = arena_alloc(l->profile->arena, bytes);
    if (p == NULL)
        (void)load_fail(l, at, "the profile is too big; a file has at most %u bytes",
                        PROFILE_MAX_BYTES); /* NULL tells */
    return p;
}

bool load_check_keys(struct loader *l, const struct yaml_node *map, const char *words)
{
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct str rest = str_from(words);
        bool is_known = false;
        while (rest.p != NULL && !is_known)
            is_known = str_eq(str_split(&rest, ' '), m->key);
        struct yaml_node at = {.line = m->key_line, .column = m->key_column};
        if (!is_known)
            return load_fail(l, &at, "'%.*s' is not known here; known: %s", STR_ARG(m->key), words);
    }
    return true;
}

bool load_text(struct loader *l, const struct yaml_node *map, const char *key, struct str *ret)
{
    const struct yaml_node *node = yaml_get(map, str_from(key));
    if (node == NULL)
        return true;
    if (node->kind != YAML_KIND_SCALAR)
        return load_fail(l, node, "%s is a text, not %s", key, yaml_kind_name(node->kind));
    *ret = node->text;
    return true;
}

bool load_bool(struct loader *l, const struct yaml_node *map, const char *key, bool *ret)
{
    int word = *ret ? 1 : 0;
    if (!load_word(l, map, key, "false true", &word))
        return false;
    *ret = word == 1;
    return true;
}

bool load_u32(struct loader *l, const struct yaml_node *map, const char *key, uint32_t max,
              uint32_t *ret)
{
    const struct yaml_node *node = yaml_get(map, str_from(key));
    uint64_t value;
    if (node == NULL)
        return true;
    if (node->kind != YAML_KIND_SCALAR || str_to_u64(node->text, max, &value) != ERR_OK)
        return load_fail(l, node, "%s is a number from 0 to %u", key, max);
    *ret = (uint32_t)value;
    return true;
}

bool load_word(struct loader *l, const struct yaml_node *map, const char *key, const char *words,
               int *ret)
{
    const struct yaml_node *node = yaml_get(map, str_from(key));
    struct str rest = str_from(words);
    if (node == NULL)
        return true;
    for (int i = 0; rest.p != NULL && node->kind == YAML_KIND_SCALAR; i++) {
        if (str_eq(str_split(&rest, ' '), node->text)) {
            *ret = i;
            return true;
        }
    }
    return load_fail(l, node, "%s is one of: %s", key, words);
}

bool load_list(struct loader *l, const struct yaml_node *node, struct word_list **ret)
{
    struct word_list **link = ret;
    const struct yaml_node *m = node->kind == YAML_KIND_LIST ? node->first : node;
    *ret = NULL;
    for (; m != NULL; m = node->kind == YAML_KIND_LIST ? m->next : NULL) {
        struct word_list *item = load_alloc(l, sizeof(*item), m);
        if (item == NULL)
            return false;
        if (m->kind != YAML_KIND_SCALAR)
            return load_fail(l, m, "a word, or a list of words, belongs here");
        item->text = m->text;
        *link = item;
        link = &item->next;
    }
    return true;
}

/* settings: {apikey: {help: ..., required: true, secret: true, default: ...}} */
static bool load_settings(struct loader *l, const struct yaml_node *map)
{
    struct profile *p = l->profile;
    if (map->kind != YAML_KIND_MAP)
        return load_fail(l, map, "settings is a map: name, and {help: what it is}");
    struct profile_setting *settings = load_alloc(l, sizeof(*settings) * map->n, map);
    if (settings == NULL)
        return false;
    p->settings = settings;
    for (const struct yaml_node *m = map->first; m != NULL; m = m->next) {
        struct profile_setting *s = &settings[p->n_settings];
        s->name = m->key;
        if (m->kind != YAML_KIND_MAP || !load_check_keys(l, m, "help required secret default") ||
            !load_text(l, m, "help", &s->help) || !load_text(l, m, "default", &s->fallback) ||
            !load_bool(l, m, "required", &s->is_required) ||
            !load_bool(l, m, "secret", &s->is_secret))
            return load_fail(l, m, "a setting is {help: what it is, required: true}");
        if (str_is_empty(s->help))
            return load_fail(l, m, "needs 'help:', what it is and where the provider shows it");
        p->n_settings++;
    }
    return true;
}

/* body: json, or [form, json] */
static bool load_formats(struct loader *l, const struct yaml_node *root)
{
    const struct yaml_node *body = yaml_get(root, STR("body"));
    const struct yaml_node *inside = yaml_get(root, STR("inside"));
    struct profile *p = l->profile;
    struct word_list *list = NULL;
    struct errmsg why;
    if (body != NULL && !load_list(l, body, &list))
        return false;
    for (; list != NULL; list = list->next) {
        p->takes_form |= str_eq(list->text, STR("form"));
        p->takes_json |= str_eq(list->text, STR("json"));
        p->takes_xml |= str_eq(list->text, STR("xml"));
        if (!str_eq(list->text, STR("form")) && !str_eq(list->text, STR("json")) &&
            !str_eq(list->text, STR("xml")) && !str_eq(list->text, STR("text")))
            return load_fail(l, body, "body is form, json, xml, text, or a list of them");
    }
    p->is_body_inside = inside != NULL;
    return inside == NULL || expr_parse(inside->text, &l->scope, &p->inside, &why) == ERR_OK ||
           load_fail(l, inside, "%s", why.text);
}

static bool load_methods(struct loader *l, const struct yaml_node *node)
{
    struct profile *p = l->profile;
    struct word_list *list = NULL;
    if (!load_list(l, node, &list))
        return false;
    for (; list != NULL; list = list->next) {
        p->is_get_ok |= str_eq(list->text, STR("GET"));
        p->is_post_ok |= str_eq(list->text, STR("POST"));
        p->is_put_ok |= str_eq(list->text, STR("PUT"));
        if (!str_eq(list->text, STR("GET")) && !str_eq(list->text, STR("POST")) &&
            !str_eq(list->text, STR("PUT")))
            return load_fail(l, node, "methods are GET, POST and PUT");
    }
    p->has_methods = true;
    return true;
}

static bool load_switches(struct loader *l, const struct yaml_node *root)
{
    struct profile *p = l->profile;
    int keys = 0, charset = 0, bad = 0, otherwise = 0;
    const struct yaml_node *methods = yaml_get(root, STR("methods"));
    if (!load_word(l, root, "keys", "exact any-case", &keys) ||
        !load_word(l, root, "charset", "utf-8 latin1", &charset) ||
        !load_word(l, root, "bad_text", "replace reject", &bad) ||
        !load_word(l, root, "otherwise", "ignore reject", &otherwise))
        return false;
    p->is_key_case_free = keys == 1;
    p->is_latin1 = charset == 1;
    p->is_bad_text_rejected = bad == 1;
    p->otherwise = otherwise == 1 ? INBOUND_REJECT : INBOUND_IGNORE;
    return methods == NULL || load_methods(l, methods);
}

/* What people read, and the documented rate. */
static bool load_about(struct loader *l, const struct yaml_node *root)
{
    struct profile *p = l->profile;
    const struct yaml_node *limits = yaml_get(root, STR("limits"));
    if (!load_text(l, root, "profile", &p->name) || !load_text(l, root, "title", &p->title) ||
        !load_text(l, root, "source", &p->source) || !load_text(l, root, "notes", &p->notes))
        return false;
    if (str_is_empty(p->name) || str_is_empty(p->title) || str_is_empty(p->source))
        return load_fail(l, root,
                         "a profile begins with profile: (its name), title: (the "
                         "provider) and source: (the page it was written from)");
    return limits == NULL ||
           (load_check_keys(l, limits,
                            "per_second answer_within_s retries text_chars ussd_chars session_s "
                            "batch") &&
            load_u32(l, limits, "per_second", 100000, &p->rate_per_s) &&
            load_u32(l, limits, "text_chars", 100000, &p->text_chars) &&
            load_u32(l, limits, "ussd_chars", 182, &p->ussd_chars));
}

static bool load_root(struct loader *l, const struct yaml_node *root)
{
    const struct yaml_node *settings = yaml_get(root, STR("settings"));
    const struct yaml_node *auth = yaml_get(root, STR("auth"));
    const struct yaml_node *answers = yaml_get(root, STR("answers"));
    const struct yaml_node *send = yaml_get(root, STR("send"));
    l->scope = (struct expr_scope){.profile = l->profile, .contexts = CONTEXT_CALLBACK};
    if (root->kind != YAML_KIND_MAP)
        return load_fail(l, root, "a profile is a map: profile, title, source, messages ...");
    return load_check_keys(l, root,
                           "profile title source basis notes limits settings methods body "
                           "inside keys charset bad_text fields auth messages otherwise answers "
                           "send") &&
           load_about(l, root) && (settings == NULL || load_settings(l, settings)) &&
           load_formats(l, root) && load_switches(l, root) &&
           (auth == NULL || load_auth(l, auth)) && load_rules(l, root) &&
           (answers == NULL || load_answers(l, answers, l->profile->answers)) &&
           (send == NULL || load_send(l, send));
}

enum err profile_parse(struct str yaml, struct str file, struct profile **ret, struct errmsg *msg)
{
    if (yaml.len > PROFILE_MAX_BYTES)
        return errmsg_set(msg, ERR_INVALID, "%.*s:1:1: a profile has at most %u bytes",
                          STR_ARG(file), PROFILE_MAX_BYTES);
    struct profile *p = xcalloc(1, sizeof(*p));
    p->arena = arena_new(MAX_ARENA_BYTES);
    struct buf errors CLEANUP(buf_fini);
    buf_init(&errors, 16384);
    const struct yaml_node *root;
    struct loader l = {.profile = p, .file = file, .msg = msg};
    struct yaml_report report = {.file = file, .text = &errors};
    if (yaml_read(yaml, p->arena, &report, &root) != ERR_OK) {
        struct str rest = buf_str(&errors);
        struct str first = str_split(&rest, '\n');
        (void)errmsg_set(msg, ERR_INVALID, "%.*s", STR_ARG(first)); /* returned below */
        l.has_failed = true;
    }
    if (l.has_failed || !load_root(&l, root)) {
        profile_free(p);
        return ERR_INVALID;
    }
    *ret = p;
    return ERR_OK;
}

void profile_free(struct profile *p)
{
    if (p == NULL)
        return;
    pattern_free_all(p->patterns);
    arena_free(p->arena);
    free(p);
}
