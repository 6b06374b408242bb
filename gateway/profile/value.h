/*
 * value.h: the words of a profile's language: where to look (sources), what is done with it
 * (filters), and the values and conditions made of them. config/profiles/README.md teaches it.
 *
 * Loading turns YAML into these structs once; a request then walks them without looking at YAML
 * and, for form bodies, with no allocation but the arena.
 *
 *   source      one place to look                    form text
 *   expression  a source, then filters               form text | trim
 *   template    text with {expressions} in it        Basic {setting token}
 *   value       alternatives, each a template, with an optional condition, and what is done to the
 *               first that is there (filters, pattern, default)
 */
#pragma once

#include "base/buf.h"
#include "wire/doc.h"

#define PROFILE_MAX_TEXT_BYTES 8192u /* of one computed value */

struct eval;
struct expr_part;
struct expr_scope;
struct profile;

/* Where an expression may stand; a bit each. */
enum profile_context {
    CONTEXT_CALLBACK = 1, /* fields, conditions and auth of a callback */
    CONTEXT_PAIR = 2,     /* "each" of signed pairs */
    CONTEXT_RESPONSE = 4, /* our response to a callback */
    CONTEXT_SEND = 8,     /* our request */
    CONTEXT_RESULT = 16,  /* the provider's response to it */
    CONTEXT_AUTH = 32,    /* beside CALLBACK: nothing of it is looked at later */
};

enum argument_rule { ARGUMENT_NONE, ARGUMENT_MUST, ARGUMENT_MAY };

/* What an expression needs kept, or set, beyond the moment of decoding; a bit each. */
enum source_need {
    NEED_URL = 1,     /* public_url must be set */
    NEED_HEADERS = 2, /* of the request, when it is gone */
    NEED_BODY = 4,    /* likewise */
    NEED_SESSION = 8, /* what is remembered of the session */
};

/* A row of the table in source.c. */
struct source {
    const char *word;
    enum argument_rule argument;
    unsigned contexts, needs;
    /* What the argument must be; NULL: anything. ERR_INVALID with words. */
    enum err (*check)(struct expr_part *part, const struct expr_scope *scope, struct errmsg *msg);
    /* Absent where nothing is there. */
    struct str (*read)(struct eval *eval, const struct expr_part *part);
};

struct filter;
/* A row of the table in filter.c: `map` gives a new text, or `write` appends it. Both are called
 * with what is there, never with an absent text. */
struct filter_row {
    const char *word;
    bool has_argument;
    bool is_escaped; /* what follows needs no escape of the place where it is put */
    struct str (*map)(struct eval *eval, const struct filter *f, struct str value);
    enum err (*write)(struct eval *eval, const struct filter *f, struct str value, struct buf *out);
};

struct filter {
    const struct filter_row *row;
    struct str argument;
    struct filter *next;
};

struct expr_part {
    const struct source *source; /* NULL: `literal` is text */
    struct str literal;          /* or the source's argument */
    struct str second;           /* second word of alphabet and basic */
    struct doc_path path;        /* of json, xml, item */
    struct filter *filters;
    bool is_escaped; /* the last filter says so: written as it is */
    struct expr_part *next;
};

struct template
{
    struct expr_part *parts; /* none: the empty string */
};

/* A literal, or a range of integers. */
struct matcher {
    struct str text; /* as it is written */
    bool is_range;
    int64_t low, high;
    int target; /* of a map: enum inbound_phase or dlr_status */
    struct matcher *next;
};

enum condition_kind {
    CONDITION_IS,
    CONDITION_IS_NOT, /* there, and none of these */
    CONDITION_PRESENT,
    CONDITION_ABSENT, /* or empty */
    CONDITION_STARTS,
    CONDITION_MATCHES,
};

struct condition {
    struct template left;
    enum condition_kind kind;
    struct matcher *values;
    struct pattern *pattern;
    struct condition *next; /* all of them must hold */
};

/* Any of the groups; none at all holds always. */
struct conditions {
    struct condition *all;
    struct conditions *or_else;
};

struct alternative {
    struct conditions when;
    struct template value;
    struct alternative *next;
};

struct value {
    struct alternative *alternatives; /* NULL: not declared */
    struct filter *filters;
    struct pattern *pattern; /* its first group is the value */
    struct matcher *nulls;   /* these mean: missing */
    struct str lookup;       /* the value is the name of a setting below this one */
    struct str fallback;     /* absent = none */
    bool is_empty_missing;   /* an empty string counts as missing */
};

struct named_value {
    struct str name;
    struct value value;
    struct named_value *next;
};

struct word_list {
    struct str text;
    struct word_list *next;
};

/* The rows by their words; NULL when there is none. */
const struct source *source_find(struct str word);
const struct filter_row *filter_find(struct str word);
