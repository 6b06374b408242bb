/*
 * load.h: the YAML of a profile into model.h, shared by the files that load it.
 *
 * The first mistake is reported, with file:line:column, what is wrong and how to mend it; after it
 * every function returns false and changes nothing more.
 */
#pragma once

#include "core/yaml.h"
#include "profile/model.h"

/* template.c: text of the YAML into templates. Errors say what is wrong, not where. */
struct expr_scope {
    struct profile *profile;
    unsigned contexts;             /* bits of enum profile_context */
    const struct named_value *let; /* names defined so far */
};
enum err expr_parse(struct str text, const struct expr_scope *scope, struct template *ret,
                    struct errmsg *msg) MUST_CHECK;
enum err template_parse(struct str text, const struct expr_scope *scope, struct template *ret,
                        struct errmsg *msg) MUST_CHECK;
enum err filters_parse(struct str text, const struct expr_scope *scope, struct filter **ret,
                       struct errmsg *msg) MUST_CHECK;

struct loader {
    struct profile *profile;
    struct str file;
    struct errmsg *msg;
    bool has_failed;
    struct expr_scope scope;
};

/* Always false, so that `return load_fail(...)` reads as one statement. */
bool load_fail(struct loader *l, const struct yaml_node *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void *load_alloc(struct loader *l, size_t bytes, const struct yaml_node *at);
/* Every key of the map is one of the words, which a blank separates. */
bool load_check_keys(struct loader *l, const struct yaml_node *map, const char *words);
/* A scalar's text; absent member = fallback. */
bool load_text(struct loader *l, const struct yaml_node *map, const char *key, struct str *ret);
bool load_bool(struct loader *l, const struct yaml_node *map, const char *key, bool *ret);
bool load_u32(struct loader *l, const struct yaml_node *map, const char *key, uint32_t max,
              uint32_t *ret);
/* Index of a member's word in words ("last cumulative"), *ret untouched without the member. */
bool load_word(struct loader *l, const struct yaml_node *map, const char *key, const char *words,
               int *ret);
/* A scalar or a list of scalars. */
bool load_list(struct loader *l, const struct yaml_node *node, struct word_list **ret);

/* parse_value.c */
enum value_mode {
    VALUE_SOURCE, /* a scalar is an expression, or a template when it has a brace or is empty */
    VALUE_TEXT,   /* a scalar is a template */
};
/* Keys of a value written as a map; fields add their own. */
#define VALUE_KEYS "in when then match not lookup default"
bool load_value(struct loader *l, const struct yaml_node *node, enum value_mode mode,
                const char *keys, struct value *ret);
bool load_conditions(struct loader *l, const struct yaml_node *node, struct conditions *ret);
bool load_matchers(struct loader *l, const struct yaml_node *node, int target,
                   struct matcher **link);
/* A map of names to values, in order. */
bool load_named(struct loader *l, const struct yaml_node *map, enum value_mode mode,
                struct named_value **ret, uint32_t *ret_n);

/* parse_rule.c */
bool load_rules(struct loader *l, const struct yaml_node *root);
/* parse_body.c */
bool load_members(struct loader *l, const struct yaml_node *map, struct member **ret);
bool load_body(struct loader *l, const struct yaml_node *map, const char *more_keys,
               struct body *ret);
bool load_answers(struct loader *l, const struct yaml_node *map, struct body answers[N_ANSWERS]);
/* parse_auth.c */
bool load_auth(struct loader *l, const struct yaml_node *list);
/* parse_send.c */
bool load_send(struct loader *l, const struct yaml_node *map);
