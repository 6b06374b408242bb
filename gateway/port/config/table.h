/*
 * config_table.h: one row per configuration key. Parser, help, --print-config and the commented
 * example are made from these rows and from nothing else.
 */
#pragma once

#include "port/config/config.h"

enum config_type {
    CONFIG_TYPE_TEXT,      /* one line of UTF-8; max is bytes */
    CONFIG_TYPE_NAME,      /* a-z 0-9 - _ */
    CONFIG_TYPE_COUNTRY,   /* ISO 3166 alpha-2, upper case */
    CONFIG_TYPE_DIAL_CODE, /* "*384*7#" */
    CONFIG_TYPE_ADDRESS,   /* IPv4 or IPv6 address, never a name: looking one up would block */
    CONFIG_TYPE_PATH,      /* relative ones start at the folder of the configuration file */
    CONFIG_TYPE_PREFIX,    /* "+254": how numbers begin */
    CONFIG_TYPE_CURRENCY,  /* ISO 4217, "KES" */
    CONFIG_TYPE_NUMBER,    /* min..max */
    CONFIG_TYPE_AMOUNT,    /* of money, "0.8": at most six decimals and max whole units */
    CONFIG_TYPE_CHOICE,    /* one of words; stored as text */
    CONFIG_TYPE_INDEX,     /* one of words; stored as an enum, 0 for the first */
    CONFIG_TYPE_FLAG,      /* one of two words, the second is true */
};

struct config_key {
    const char *name;
    enum config_type type;
    size_t offset;        /* of the field in its struct */
    const char *fallback; /* as written in the file; NULL = absent unless given */
    const char *example;  /* what the example file shows where there is no fallback */
    uint32_t min, max;    /* value of a number, bytes of a text (max 0 = CONFIG_MAX_TEXT) */
    const char *unit;     /* of a number; NULL = a plain count */
    const char *words;    /* choices, blank between */
    bool is_required;
    bool is_in_example; /* optional without a fallback, but given in the example */
    bool is_secret;     /* may come from NAME_file or the environment, is never shown */
    const char *help;   /* one or more lines; what it is for */
    const char *header; /* first key of a group: its heading in the example */
};

#define CONFIG_MAX_TEXT 1024u
#define CONFIG_MAX_SETTINGS 32u /* of one channel */
#define CONFIG_HIDDEN "(hidden)"
#define CONFIG_SCRATCH_BYTES 32

struct config_table {
    const struct config_key *keys;
    size_t n;
};

extern const struct config_table config_keys;         /* into struct config */
extern const struct config_table config_channel_keys; /* into struct config_channel */
extern const struct config_table config_country_keys; /* into struct config_country */
extern const struct config_table config_route_keys;   /* into struct config_route */

/* Index of word in a row's words, or -1; and the word at an index, STR_NONE past the last. */
int config_word_index(const char *words, struct str word);
struct str config_word_at(const char *words, uint32_t index);
/* The value of a row in a filled struct as it would be written: text, digits or a word. scratch
 * holds digits. STR_NONE = absent. */
struct str config_value_text(const struct config_key *key, const void *filled,
                             char scratch[CONFIG_SCRATCH_BYTES]);
/* What is wrong with a text value, as the end of a sentence; NULL = nothing. */
const char *config_text_problem(const struct config_key *key, struct str value);
/* a-z 0-9, and - and _ but in front. */
bool config_is_name(struct str s);
/* "12.50" into millionths. ERR_INVALID: no such amount, or more than max_whole. */
enum err config_amount_read(struct str text, uint32_t max_whole, uint64_t *ret) MUST_CHECK;
/* True for a channel setting that may be shown: everything else is taken for a secret. */
bool config_is_plain_setting(struct str name);
