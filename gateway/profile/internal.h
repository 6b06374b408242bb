/*
 * profile_internal.h: what the profile_*.c files offer each other; nobody else includes it.
 */
#pragma once

#include "core/yaml.h"
#include "profile/model.h"

/* What expressions are evaluated against. Members that a context lacks are NULL or absent. */
struct eval {
    const struct profile *profile;
    struct arena *arena;
    const struct settings *settings;
    const struct http_request *request;
    const struct http_header *headers;
    uint32_t n_headers;
    uint32_t index; /* of the item */
    struct str method, body;
    struct form form, query;
    const struct doc *doc;
    const struct doc *item;
    struct str query_text;
    struct str rest;
    const struct path_pattern *path;
    const struct session_memory *session;
    const struct inbound *inbound;
    const struct outgoing *outgoing;
    struct str reply_text, reply_id;
    int status;
    struct wall_ms now;
    const struct named_value *let;
    const struct pairs *pairs;
    struct str secret;     /* the key being tried */
    struct str key, value; /* of the pair */
};

/* profile_pattern.c: PCRE2 with limits. Owned by the profile. */
struct pattern *pattern_new(struct str text, struct profile *owner, struct errmsg *msg);
void pattern_free_all(struct pattern *patterns);
/* True on a match; *ret_group is the first group, or the whole match without one. */
bool pattern_match(const struct pattern *pattern, struct str text, struct str *ret_group);
/* A pattern that is a setting, compiled for this call; one that is no pattern matches nothing. */
bool pattern_match_text(struct str pattern, struct str text);

/* profile_expr.c: text of the YAML into templates. Errors say what is wrong, not where. */
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
/* One of the names that every channel may set. */
bool setting_is_common(struct str name);

/* profile_filter.c: absent in, absent out; absent when the input cannot be read that way. */
struct str filter_apply(struct eval *eval, const struct filter *filters, struct str value);

/* profile_eval.c */
struct str template_eval(struct eval *eval, const struct template *t);
/* False, and nothing is added, when a part of it is absent. */
bool template_render(struct eval *eval, const struct template *t, enum escape escape,
                     struct buf *out);
struct str value_eval(struct eval *eval, const struct value *value);
bool value_render(struct eval *eval, const struct value *value, enum escape escape,
                  struct buf *out);
bool conditions_hold(struct eval *eval, const struct conditions *conditions);
bool matcher_matches(const struct matcher *m, struct str value, bool is_case_free);
struct str eval_setting(const struct eval *eval, struct str name);
/* The channel's zone, else the profile's, else UTC. */
struct zone eval_zone(const struct eval *eval, const struct field *field);
/* Valid UTF-8 without NUL: what is not becomes U+FFFD. */
struct str text_clean(struct str text, struct arena *arena);
bool text_is_clean(struct str text);

/* profile_source.c: the request's side of expressions. */
struct str source_eval(struct eval *eval, const struct part *part);
/* Parses the body as the profile takes it. ERR_INVALID, ERR_TOO_LONG. */
enum err body_read(struct eval *eval) MUST_CHECK;
/* The pattern's segments are the last ones of rest. */
bool path_matches(const struct path_pattern *pattern, struct str rest);

/* profile_session.c: what a session's memory makes of one USSD request. */
void session_apply(struct eval *eval, const struct rule *rule, struct inbound *in);

/* profile_auth.c: true when the request is whom it claims to be, or nothing is configured. */
bool auth_check(struct eval *eval);

/* profile_body.c: 0 bytes for BODY_NONE. False: a value without which it makes no sense. */
bool members_render(struct eval *eval, const struct member *members, struct buf *out);
bool body_render(struct eval *eval, const struct body *body, struct buf *out);
/* Arena copies of the headers, content type not among them; NULL when one holds a line end. */
struct http_header *headers_render(struct eval *eval, const struct body *body, uint32_t *ret_n);

/* profile_invert.c: reads the values back out of a rendered text. */
struct inverted {
    struct str from, to, text, id;
    const struct named_value *let; /* names that the templates may use */
    struct str alphabet;           /* "gsm7" or "ucs2", where the request says; else absent */
};
/* The constants of the body stand in the text where they should. */
bool body_fits(const struct body *body, struct str text, struct arena *arena);
void body_invert(const struct body *body, struct str text, struct arena *arena,
                 struct inverted *ret);

/* What encoders need from the decoded request. */
struct profile_memory {
    struct eval eval;
    const struct rule **rules; /* of each item; NULL where none applied */
    const struct doc **nodes;  /* of each item of a batch */
};
