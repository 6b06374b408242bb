/*
 * rule.h: one kind of message of a provider: when it applies, and where its fields are.
 */
#pragma once

#include "profile/body.h"
#include "profile/time.h"

#define PROFILE_MAX_RULES 24u
#define PROFILE_MAX_SEGMENTS 8u /* of a path pattern */
#define PROFILE_MAX_FORMS 5u    /* number forms of one field */

/* Rows of rule.c say how each is written. */
enum field_name {
    FIELD_FROM,
    FIELD_TO,
    FIELD_SESSION,
    FIELD_STEP,
    FIELD_SESSION_KEY,
    FIELD_NETWORK,
    FIELD_ID,
    FIELD_TEXT,
    FIELD_TIME,
    FIELD_PHASE,
    FIELD_STATUS,
    FIELD_ERROR,
    FIELD_LINK,
    FIELD_PART_REF,
    FIELD_PART,
    FIELD_PARTS,
    N_FIELDS
};
/* "from" */
const char *field_word(enum field_name name);

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
    struct word_list *patterns; /* TIME */
    struct time_zone zone;      /* TIME */
    bool is_bad_rejected;       /* TIME: a time that cannot be read rejects the message */
};

enum ussd_input { USSD_INPUT_LAST, USSD_INPUT_CUMULATIVE };
enum ussd_first { USSD_FIRST_CODE, USSD_FIRST_DROP, USSD_FIRST_KEEP };
enum ussd_again { USSD_AGAIN_DUPLICATE, USSD_AGAIN_INPUT };
enum ussd_lost { USSD_LOST_ACCEPT, USSD_LOST_REJECT, USSD_LOST_IGNORE };

struct path_pattern {
    struct str segments[PROFILE_MAX_SEGMENTS]; /* "{name}" captures one segment */
    uint32_t n;
};

enum rule_at { RULE_AT_DEFAULT, RULE_AT_IN, RULE_AT_DLR, RULE_AT_ANY };

struct rule {
    struct str name;
    enum inbound_kind kind;
    enum inbound_outcome outcome;
    struct str reason;
    uint8_t said_outcome; /* as the YAML has it: settled in `outcome` */
    enum rule_at at;      /* likewise, in the two below */
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
    struct body responses[N_RESPONSES];
};

/* The pattern's segments are the last ones of rest. */
bool path_matches(const struct path_pattern *pattern, struct str rest);

/* item.c: what a session's memory makes of one USSD request. */
void session_apply(struct eval *eval, const struct rule *rule, struct inbound *in);
