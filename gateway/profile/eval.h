/*
 * eval.h: what expressions are evaluated against, and their evaluation. Pure; what is returned
 * lives in the eval's arena or is borrowed from the request.
 */
#pragma once

#include "profile/outgoing.h"
#include "profile/time.h"
#include "profile/value.h"
#include "wire/form.h"

struct pairs;
struct path_pattern;

/* Members that a context lacks are NULL or absent. */
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
    struct inbound
        *bare; /* gets a USSD item before its session is applied; NULL = nobody needs it */
    const struct outgoing *outgoing;
    struct str reply_text, reply_id;
    int status;
    struct wall_ms now;
    const struct named_value *let;
    const struct pairs *pairs;
    struct str secret;     /* the key being tried */
    struct str key, value; /* of the pair */
};

/* Of a request that came; what is not of it is absent. */
struct eval eval_of(const struct profile *p, const struct http_request *request,
                    const struct decode_context *context, struct arena *arena);

/* What is escaped when a value is put into a text. */
enum escape { ESCAPE_NONE, ESCAPE_PATH, ESCAPE_XML };

/* filter.c: absent in, absent out; absent when the input cannot be read that way. */
struct str filter_apply(struct eval *eval, const struct filter *filters, struct str value);
struct str text_lower(struct arena *arena, struct str text);
struct str text_from_latin1(struct arena *arena, struct str text);
/* The text of an SMS as clean UTF-8, also when it came as UTF-16, as hex digits of it or as Latin-1
 * and nobody said so. */
struct str text_guess(struct str text, struct arena *arena);
/* Valid UTF-8 without NUL: what is not becomes U+FFFD. */
struct str text_clean(struct str text, struct arena *arena);
bool text_is_clean(struct str text);

/* value.c */
struct str template_eval(struct eval *eval, const struct template *t);
struct str value_eval(struct eval *eval, const struct value *value);
bool value_render(struct eval *eval, const struct value *value, enum escape escape,
                  struct buf *out);
bool conditions_hold(struct eval *eval, const struct conditions *conditions);
bool matcher_matches(const struct matcher *m, struct str value, bool is_case_free);
struct str eval_setting(const struct eval *eval, struct str name);
/* Of times without a zone: the channel's, else the profile's. */
struct time_zone eval_zone(const struct eval *eval, struct time_zone of_profile);

/* pattern.c: PCRE2 with limits. Owned by the profile. NULL with words when it is no pattern. */
struct pattern *pattern_new(struct str text, struct profile *owner, struct errmsg *msg);
void pattern_free_all(struct pattern *patterns);
/* True on a match; *ret_group is the first group, or the whole match without one. */
bool pattern_match(const struct pattern *pattern, struct str text, struct str *ret_group);
/* A pattern that is a setting, compiled for this call; one that is no pattern matches nothing. */
bool pattern_match_text(struct str pattern, struct str text);
