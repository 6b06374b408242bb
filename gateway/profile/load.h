/*
 * load.h: from the YAML of a profile into model.h, by the tables of core/yaml_map.h. A type of row
 * is declared here where more than one file uses it. Every mistake is reported, with its place,
 * what is wrong and how to mend it; what could not be read stays empty, and the profile is refused.
 */
#pragma once

#include "core/yaml_map.h"
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

/* Behind yaml_map.user. */
struct loader {
    struct profile *profile;
    struct expr_scope scope;
};

static inline struct loader *loader_of(struct yaml_map *m)
{
    return m->user;
}

/* The struct that a field of a row lies in. */
#define LOAD_OWNER(row, field) ((void *)((char *)(field) - (row)->offset))

enum value_mode {
    VALUE_SOURCE, /* a scalar is an expression, or a template when it has a brace or is empty */
    VALUE_TEXT,   /* a scalar is a template */
};

/* Zeroed, in the profile's arena; NULL when that is full (reported). */
void *load_alloc(struct yaml_map *m, size_t bytes, const struct yaml_node *at);
/* An error of expr_parse and its like. */
void load_complain(struct yaml_map *m, const struct yaml_node *at, const struct errmsg *why);
/* A value; where it is a map, it may also have the keys of the table, which fills `filled`. */
void load_value(struct yaml_map *m, const struct yaml_node *at, enum value_mode mode,
                const struct yaml_table *also, void *filled, struct value *ret);
/* Names and values. known, unless NULL, is the list of those that were read. */
void load_named(struct yaml_map *m, const struct yaml_row *row, const struct yaml_node *at,
                enum value_mode mode, struct named_value **ret, const struct named_value **known);
/* A scalar or a list of scalars, appended with the target. */
void load_matchers(struct yaml_map *m, const struct yaml_node *at, int target,
                   struct matcher **link);

/* load.c. The field of each: */
extern const struct yaml_type load_any_text;      /* struct str, of any lines */
extern const struct yaml_type load_words;         /* struct word_list *: a word, or a list */
extern const struct yaml_type load_map;           /* a struct, by row->table */
extern const struct yaml_type load_source_value;  /* struct value */
extern const struct yaml_type load_text_value;    /* struct value */
extern const struct yaml_type load_conditions;    /* struct conditions */
extern const struct yaml_type load_named_sources; /* struct named_value *: names and values */
extern const struct yaml_type load_named_texts;   /* struct named_value * */
/* body.c */
extern const struct yaml_type load_body;      /* struct body */
extern const struct yaml_type load_responses; /* struct body[N_RESPONSES] */
extern const struct yaml_type load_members;   /* struct member *: names and values */
extern const struct yaml_type load_form, load_json, load_text; /* of the struct body around */
extern const struct yaml_type load_pairs;                      /* pairs.c: struct pairs */
/* rule.c, auth.c, send.c */
extern const struct yaml_type load_common, load_messages; /* struct rule *, const yaml_node * */
extern const struct yaml_type load_auth;                  /* struct auth * */
extern const struct yaml_type load_send;                  /* struct send */

/* Rows of a body that lies at `at` (`body.`, or nothing) in the struct; `type` last, since the
 * content has one of its own. */
#define LOAD_BODY_ROWS(owner, place)                                                               \
    {.name = "status",                                                                             \
     .type = &yaml_type_number,                                                                    \
     YAML_AT(owner, place status),                                                                 \
     .min = 100,                                                                                   \
     .max = 599,                                                                                   \
     .fallback = "200"},                                                                           \
        {.name = "headers", .type = &load_named_texts, YAML_AT(owner, place headers)},             \
        {.name = "form", .type = &load_form, YAML_AT(owner, place members)},                       \
        {.name = "json", .type = &load_json, YAML_AT(owner, place members)},                       \
        {.name = "text", .type = &load_text, YAML_AT(owner, place text)},                          \
        {.name = "xml", .type = &load_text, YAML_AT(owner, place text)},                           \
        {.name = "type", .type = &load_any_text, YAML_AT(owner, place type)},                      \
    {                                                                                              \
        .name = "max_chars", .type = &yaml_type_number, YAML_AT(owner, place max_chars),           \
        .max = 10000                                                                               \
    }
#define LOAD_REQUEST_ROWS(owner, place)                                                            \
    LOAD_BODY_ROWS(owner, place body.),                                                            \
        {.name = "method",                                                                         \
         .type = &yaml_type_choice,                                                                \
         YAML_AT(owner, place method),                                                             \
         .words = "GET POST",                                                                      \
         .fallback = "POST"},                                                                      \
        {.name = "url", .type = &load_text_value, YAML_AT(owner, place url)},                      \
    {                                                                                              \
        .name = "query", .type = &load_members, YAML_AT(owner, place query)                        \
    }
