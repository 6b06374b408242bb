/*
 * model.h: a profile after loading, and what one request makes of it. For the files of this folder
 * only.
 */
#pragma once

#include "profile/rule.h"
#include "profile/signature.h"

struct auth;
/* A row of the table in auth.c. */
struct auth_scheme {
    const char *word; /* for people; NULL: the algorithm's */
    bool (*check)(struct eval *eval, const struct auth *auth);
    bool needs_all; /* of its settings, not one of several keys */
};

enum signature_encoding { SIGNATURE_HEX, SIGNATURE_BASE64 };

enum pairs_of { PAIRS_OF_FORM, PAIRS_OF_QUERY, PAIRS_OF_PARAM };

/* Pairs of a form or query as signed text. */
struct pairs {
    enum pairs_of of;
    bool is_sorted, is_unique;
    struct template each;
    struct word_list *without;        /* keys left out */
    struct str replaced, replacement; /* every one of these characters in values */
};

struct auth {
    const struct auth_scheme *scheme;
    struct conditions when;
    struct value where;          /* the signature or token */
    struct named_value *secrets; /* SECRETS: name = setting, value = where it stands */
    struct word_list *keys;      /* settings that may hold the key */
    uint8_t algorithm;           /* of the table in auth.c */
    enum signature_encoding encoding;
    struct str separator; /* of several signatures in one header; absent = one only */
    bool is_key_base64;
    struct value over;
    struct pairs pairs;
    struct named_value *equal; /* JWT claims, or expression = expected value */
    struct value fresh;        /* signed moment */
    uint32_t fresh_s;
    struct auth *next;
};

struct send {
    bool is_declared;
    struct request_template request;
    struct named_value *let;
    bool has_token;
    struct request_template token;
    struct value token_value, token_seconds;
    struct conditions success, opted_out, throttled, temporary;
    bool sends_screens;
    bool is_own_id; /* reports carry our id */
    struct value id, error;
    struct body sample;
};

struct profile {
    struct arena *arena; /* owns everything here */
    struct str name, title, source, notes;
    struct str unread;                           /* what is written for people only */
    uint32_t rate_per_s, text_chars, ussd_chars; /* documented limits; 0 = none */
    bool takes_form, takes_json, takes_xml;
    bool is_body_inside;
    struct template inside; /* a document within a form value */
    bool is_key_case_free;
    bool is_latin1;
    bool is_bad_text_rejected;
    bool has_methods, is_get_ok, is_post_ok, is_put_ok;
    unsigned
        responses_need;   /* bits of enum source_need: what must be kept when the request is gone */
    unsigned fields_need; /* likewise, where profile_resume reads them again: USSD */
    bool needs_country;   /* a number may be national: whose? */
    bool has_ussd, needs_session;
    bool signs_url;    /* auth looks at the public URL */
    bool asks_reports; /* send gives the provider our address for reports */
    bool is_rest_rejected;
    enum inbound_outcome otherwise; /* what no rule takes: settled from it */
    struct rule *common;            /* what `fields:` says: all rules began with it */
    const struct profile_setting *settings;
    uint32_t n_settings;
    struct auth *auth;
    struct rule *rules;
    uint32_t n_rules;
    struct body responses[N_RESPONSES];
    struct send send;
    struct pattern *patterns; /* all compiled patterns, to be freed */
};

/* One of the names that every channel may set. */
bool setting_is_common(struct str name);

/* item.c: a field as clean UTF-8; a required one that is missing rejects the message. */
struct str item_field(struct eval *eval, const struct rule *rule, enum field_name name,
                      struct inbound *in);
void item_sender(struct eval *eval, const struct rule *rule, struct inbound *in);
/* All fields; sets eval->inbound. */
void item_read(struct eval *eval, const struct rule *rule, struct inbound *in);
/* pairs.c: all of them, by the template of one; absent where none are signed. */
struct str pairs_eval(struct eval *eval);
/* auth.c: true when the request is whom it claims to be, or nothing is configured. */
bool auth_check(struct eval *eval);

/* What encoders need from the decoded request. */
struct profile_memory {
    struct eval eval;
    const struct rule **rules; /* of each item; NULL where none applied */
    const struct doc **nodes;  /* of each item of a batch */
    struct inbound *bare;      /* each USSD item before its session was applied */
};
