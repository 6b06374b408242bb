/*
 * profile_model.h: a profile after loading, and what one request makes of it. Shared by the
 * profile_*.c files only; the language itself is described in config/profiles/README.md.
 *
 * Loading (profile_parse*.c) turns the YAML into these structs once; a request then walks them
 * without looking at YAML, without a lock and, for form bodies, with no allocation but the arena.
 *
 *   expression  one place to look, then filters      form text | trim
 *   template    text with {expressions} in it        Basic {setting token}
 *   value       alternatives, each a template, with an optional condition, and what is done to the
 *               first that is there (filters, pattern, default)
 *   rule        one kind of message: when it applies and where its fields are
 *   body        what is sent: form, JSON or text, of members that are values
 */
#pragma once

#include "profile/profile.h"
#include "profile/signature.h"
#include "profile/time.h"
#include "wire/doc.h"
#include "wire/form.h"

#define PROFILE_MAX_RULES 24u
#define PROFILE_MAX_SEGMENTS 8u      /* of a path pattern */
#define PROFILE_MAX_FORMS 5u         /* number forms of one field */
#define PROFILE_MAX_TEXT_BYTES 8192u /* of one computed value */

/* Where an expression may stand; a bit each. */
enum profile_context {
    CONTEXT_CALLBACK = 1, /* fields, conditions and auth of a callback */
    CONTEXT_PAIR = 2,     /* "each" of signed pairs */
    CONTEXT_ANSWER = 4,   /* our answer to a callback */
    CONTEXT_SEND = 8,     /* our request */
    CONTEXT_RESULT = 16,  /* the provider's answer to it */
    CONTEXT_AUTH = 32,    /* beside CALLBACK: nothing of it is looked at later */
};

/* name, takes an argument (0 no, 1 yes, 2 may), contexts */
#define PROFILE_SOURCES(X)                                                                         \
    X(FORM, "form", 1, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_RESULT)                         \
    X(QUERY, "query", 2, CONTEXT_CALLBACK | CONTEXT_ANSWER)                                        \
    X(PARAM, "param", 1, CONTEXT_CALLBACK | CONTEXT_ANSWER)                                        \
    X(HEADER, "header", 1, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_RESULT)                     \
    X(PATH, "path", 2, CONTEXT_CALLBACK | CONTEXT_ANSWER)                                          \
    X(JSON, "json", 2, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_RESULT)                         \
    X(XML, "xml", 1, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_RESULT)                           \
    X(ITEM, "item", 2, CONTEXT_CALLBACK)                                                           \
    X(BODY, "body", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_RESULT)                         \
    X(METHOD, "method", 0, CONTEXT_CALLBACK)                                                       \
    X(URL, "url", 0, CONTEXT_CALLBACK)                                                             \
    X(PAIRS, "pairs", 0, CONTEXT_CALLBACK)                                                         \
    X(SECRET, "secret", 0, CONTEXT_AUTH)                                                           \
    X(KEY, "key", 0, CONTEXT_PAIR)                                                                 \
    X(VALUE, "value", 0, CONTEXT_PAIR)                                                             \
    X(REMEMBERED, "remembered", 1, CONTEXT_CALLBACK | CONTEXT_ANSWER)                              \
    X(SETTING, "setting", 1, 31)                                                                   \
    X(LET, "let", 1, CONTEXT_SEND)                                                                 \
    X(BASIC, "basic", 1, CONTEXT_CALLBACK | CONTEXT_SEND)                                          \
    X(NOW, "now", 1, CONTEXT_ANSWER | CONTEXT_SEND)                                                \
    X(ALPHABET, "alphabet", 2, CONTEXT_ANSWER | CONTEXT_SEND)                                      \
    X(DLR_URL, "dlr_url", 0, CONTEXT_SEND)                                                         \
    X(STATUS, "status", 0, CONTEXT_RESULT)                                                         \
    X(INDEX, "index", 0, CONTEXT_CALLBACK)                                                         \
    X(REASON, "reason", 0, CONTEXT_ANSWER)                                                         \
    X(FROM, "from", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)                           \
    X(TO, "to", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)                               \
    X(TEXT, "text", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)                           \
    X(ID, "id", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)                               \
    X(SESSION, "session", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)                     \
    X(NETWORK, "network", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)                     \
    X(LINK, "link", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)                           \
    X(PHASE, "phase", 0, CONTEXT_CALLBACK | CONTEXT_ANSWER | CONTEXT_SEND)

enum source {
#define PROFILE_SOURCE_ENUM(name, word, argument, contexts) SOURCE_##name,
    PROFILE_SOURCES(PROFILE_SOURCE_ENUM)
#undef PROFILE_SOURCE_ENUM
        N_SOURCES
};

/* name, takes an argument. Those with "from-" read an encoding, "to-" write one. */
#define PROFILE_FILTERS(X)                                                                         \
    X(TRIM, "trim", false)                                                                         \
    X(LOWER, "lower", false)                                                                       \
    X(UPPER, "upper", false)                                                                       \
    X(FROM_PERCENT, "from-percent", false)                                                         \
    X(FROM_HEX, "from-hex", false)                                                                 \
    X(FROM_BASE64, "from-base64", false)                                                           \
    X(MAYBE_BASE64, "maybe-base64", false)                                                         \
    X(FROM_LATIN1, "from-latin1", false)                                                           \
    X(FROM_GSM, "from-gsm", false)                                                                 \
    X(FROM_UTF16BE, "from-utf16be", false)                                                         \
    X(TO_HEX, "to-hex", false)                                                                     \
    X(TO_BASE64, "to-base64", false)                                                               \
    X(TO_BASE64URL, "to-base64url", false)                                                         \
    X(TO_GSM, "to-gsm", false)                                                                     \
    X(TO_UTF16BE, "to-utf16be", false)                                                             \
    X(DIGITS, "digits", false)                                                                     \
    X(NATIONAL, "national", false)                                                                 \
    X(MD5, "md5", false)                                                                           \
    X(SHA1, "sha1", false)                                                                         \
    X(SHA256, "sha256", false)                                                                     \
    X(SHA512, "sha512", false)                                                                     \
    X(HMAC_MD5, "hmac-md5", true)                                                                  \
    X(HMAC_SHA1, "hmac-sha1", true)                                                                \
    X(HMAC_SHA256, "hmac-sha256", true)                                                            \
    X(HMAC_SHA512, "hmac-sha512", true)                                                            \
    X(BEFORE, "before", true)                                                                      \
    X(NEWLINE, "newline", true)                                                                    \
    X(REMOVE, "remove", true)                                                                      \
    X(PERCENT, "percent", false)                                                                   \
    X(ATTRIBUTE, "attribute", false)                                                               \
    X(RAW, "raw", false)

enum filter_kind {
#define PROFILE_FILTER_ENUM(name, word, argument) FILTER_##name,
    PROFILE_FILTERS(PROFILE_FILTER_ENUM)
#undef PROFILE_FILTER_ENUM
        N_FILTERS
};

struct filter {
    enum filter_kind kind;
    struct str argument;
    struct filter *next;
};

struct part {
    bool is_literal;
    struct str literal; /* or the expression's argument */
    struct str second;  /* second word of alphabet and basic */
    enum source source;
    struct doc_path path; /* JSON, XML, ITEM */
    struct filter *filters;
    bool is_escaped; /* ends in raw or attribute: written as it is */
    struct part *next;
};

struct template
{
    struct part *parts; /* none: the empty string */
};

/* A literal, or a range of integers. */
struct matcher {
    bool is_range;
    int64_t low, high;
    struct str text;
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

struct choice {
    struct conditions when;
    struct template value;
    struct choice *next;
};

struct value {
    struct choice *choices; /* NULL: not declared */
    struct filter *filters;
    struct pattern *pattern; /* its first group is the value */
    struct matcher *nulls;   /* these mean: missing */
    struct str lookup;       /* the value is the name of a setting below this one */
    struct str fallback;     /* absent = none */
    bool is_empty_missing;   /* an empty string counts as missing */
};

#define PROFILE_FIELDS(X)                                                                          \
    X(FROM, "from")                                                                                \
    X(TO, "to")                                                                                    \
    X(SESSION, "session")                                                                          \
    X(SESSION_KEY, "session_key")                                                                  \
    X(NETWORK, "network")                                                                          \
    X(ID, "id")                                                                                    \
    X(TEXT, "text")                                                                                \
    X(TIME, "time")                                                                                \
    X(PHASE, "phase")                                                                              \
    X(STATUS, "status")                                                                            \
    X(ERROR, "error")                                                                              \
    X(LINK, "link")                                                                                \
    X(PART_REF, "part_ref")                                                                        \
    X(PART, "part")                                                                                \
    X(PARTS, "parts")

enum field_name {
#define PROFILE_FIELD_ENUM(name, word) FIELD_##name,
    PROFILE_FIELDS(PROFILE_FIELD_ENUM)
#undef PROFILE_FIELD_ENUM
        N_FIELDS
};

enum map_other { MAP_OTHER_UNKNOWN, MAP_OTHER_TARGET, MAP_OTHER_IGNORE, MAP_OTHER_REJECT };

#define MAP_TARGET_IGNORE (-1)

struct field {
    struct value value;
    struct str words; /* the first place, for "missing ..." */
    bool is_required;
    bool is_constant;                          /* PHASE, STATUS: the map's only target */
    enum number_form forms[PROFILE_MAX_FORMS]; /* tried in order */
    uint32_t n_forms;
    struct matcher *map; /* PHASE, STATUS; NULL: the words themselves (constants) */
    enum map_other other;
    int other_target;
    bool is_case_exact;
    struct template_list *patterns; /* TIME */
    struct zone zone;
    bool has_zone;
    bool is_bad_rejected; /* TIME: a time that cannot be read rejects the message */
};

struct template_list {
    struct str text;
    struct template_list *next;
};

enum ussd_input { USSD_INPUT_LAST, USSD_INPUT_CUMULATIVE };
enum ussd_first { USSD_FIRST_CODE, USSD_FIRST_DROP, USSD_FIRST_KEEP };
enum ussd_again { USSD_AGAIN_DUPLICATE, USSD_AGAIN_INPUT };
enum ussd_lost { USSD_LOST_ACCEPT, USSD_LOST_REJECT, USSD_LOST_IGNORE };

struct path_pattern {
    struct str segments[PROFILE_MAX_SEGMENTS]; /* "{name}" captures one segment */
    uint32_t n;
};

struct named_value {
    struct str name;
    struct value value;
    struct named_value *next;
};

enum answer_name {
    ANSWER_OK,
    ANSWER_REPLY,
    ANSWER_OPEN,
    ANSWER_CLOSE,
    ANSWER_ENDED,
    ANSWER_IGNORED,
    ANSWER_REJECTED,
    ANSWER_REFUSED,
    ANSWER_BUSY,
    ANSWER_POLL,
    ANSWER_QUERY,
    N_ANSWERS
};

enum escape { ESCAPE_NONE, ESCAPE_FORM, ESCAPE_PATH, ESCAPE_JSON, ESCAPE_XML };
enum body_kind { BODY_NONE, BODY_FORM, BODY_JSON, BODY_TEXT, BODY_XML };
enum member_kind { MEMBER_LEAF, MEMBER_MAP, MEMBER_LIST };

struct member {
    enum member_kind kind;
    struct str key;
    struct value value;
    bool is_raw; /* a JSON number, true, false or null, written plainly */
    struct member *first;
    struct member *next;
};

struct body {
    bool is_declared;
    int status; /* of an answer */
    struct str type;
    enum body_kind kind;
    struct member *members; /* FORM, JSON (one: the root) */
    struct value text;      /* TEXT, XML */
    struct named_value *headers;
    uint32_t n_headers;
    uint32_t max_chars;
};

struct rule {
    struct str name;
    enum inbound_kind kind;
    enum inbound_outcome outcome;
    struct str reason;
    bool is_at_in, is_at_dlr;
    bool has_path;
    struct path_pattern path;
    struct conditions when;
    bool has_each;
    struct doc_path each;
    struct str each_words; /* rules of one list share them */
    bool is_open;          /* auth: none */
    struct field fields[N_FIELDS];
    bool is_phase_by_session;
    enum ussd_input input;
    enum ussd_first first;
    enum ussd_again again;
    enum ussd_lost lost;
    bool has_opt_out;
    struct conditions opt_out;
    struct named_value *remember;
    struct body answers[N_ANSWERS];
};

enum auth_kind { AUTH_SECRETS, AUTH_BASIC, AUTH_SIGNATURE, AUTH_JWT };
enum signature_algorithm {
    SIGNATURE_MD5,
    SIGNATURE_SHA1,
    SIGNATURE_SHA256,
    SIGNATURE_SHA512,
    SIGNATURE_HMAC_MD5,
    SIGNATURE_HMAC_SHA1,
    SIGNATURE_HMAC_SHA256,
    SIGNATURE_HMAC_SHA512,
    SIGNATURE_ED25519,
};
enum signature_encoding { SIGNATURE_HEX, SIGNATURE_BASE64 };

/* Pairs of a form or query as signed text. */
struct pairs {
    enum source of;
    bool is_sorted, is_unique;
    struct template each;
    struct template_list *without;    /* keys left out */
    struct str replaced, replacement; /* every one of these characters in values */
};

struct auth {
    enum auth_kind kind;
    struct conditions when;
    struct value where;               /* the signature or token */
    struct named_value *secrets;      /* SECRETS: name = setting, value = where it stands */
    const struct template_list *keys; /* settings that may hold the key */
    enum signature_algorithm algorithm;
    enum signature_encoding encoding;
    char separator; /* several signatures in one header, 0 = one only */
    bool is_key_base64;
    struct value over;
    struct pairs pairs;
    struct named_value *equal; /* JWT claims, or expression = expected value */
    struct value fresh;        /* signed moment */
    int64_t fresh_s;
    struct auth *next;
};

struct request_template {
    const char *method;
    struct value url;
    struct member *query;
    struct body body; /* headers too */
};

struct send {
    bool is_declared;
    struct request_template request;
    struct named_value *let;
    bool has_token;
    struct request_template token;
    struct value token_value, token_seconds;
    struct conditions success, opted_out, throttled, temporary;
    bool is_own_id; /* reports carry our id */
    struct value id, error;
    struct body sample;
};

/* What of a request must be kept. */
struct late_use {
    bool headers, body;
};

struct profile {
    struct arena *arena; /* owns everything here */
    struct str name, title, source, notes;
    uint32_t rate_per_s;
    bool takes_form, takes_json, takes_xml;
    bool is_body_inside;
    struct template inside; /* a document within a form value */
    bool is_key_case_free;
    bool is_latin1;
    bool is_bad_text_rejected;
    bool has_methods, is_get_ok, is_post_ok, is_put_ok;
    struct late_use answers_use; /* when the request is gone */
    struct late_use fields_use;  /* likewise, where profile_resume reads them again: USSD */
    bool has_ussd, needs_session, sends_screens;
    bool signs_url; /* auth looks at the public URL */
    enum inbound_outcome otherwise;
    struct str otherwise_reason;
    const struct profile_setting *settings;
    uint32_t n_settings;
    struct auth *auth;
    struct rule *rules;
    uint32_t n_rules;
    struct body answers[N_ANSWERS];
    struct send send;
    struct pattern *patterns; /* all compiled patterns, to be freed */
};
