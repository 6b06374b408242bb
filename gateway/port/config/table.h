/*
 * table.h: one row for each configuration key (core/yaml_map.h). Parser, help, `waypost config
 * print` and the commented example are made from these rows and from nothing else.
 */
#pragma once

#include "core/yaml_map.h"
#include "port/config/config.h"

#define CONFIG_MAX_SETTINGS 32u /* of one channel */
#define CONFIG_HIDDEN "(hidden)"

extern const struct yaml_table config_table; /* into struct config */
extern const struct yaml_table config_channel_table;
extern const struct yaml_table config_route_table;
extern const struct yaml_table config_country_table;

/* What stands beside the types of core/yaml_map.h. */
extern const struct yaml_type config_type_name;      /* a-z 0-9 - _ */
extern const struct yaml_type config_type_country;   /* ISO 3166 alpha-2, upper case */
extern const struct yaml_type config_type_dial_code; /* "*384*7#" */
extern const struct yaml_type config_type_endpoints; /* address:port, up to 8, blanks between */
extern const struct yaml_type config_type_address;   /* IPv4 or IPv6, never a name: looking one up
                                                        would block */
extern const struct yaml_type config_type_path;      /* relative to the configuration's folder */
/* The same of what must be there (files.h). */
extern const struct yaml_type config_type_folder;
extern const struct yaml_type config_type_authorities; /* certificates, one of them of today */
extern const struct yaml_type config_type_certificate; /* with those that it hangs on behind it */
extern const struct yaml_type config_type_key;         /* of redis_tls_cert, without passphrase */
extern const struct yaml_type config_type_plans;       /* path of a config/numbers.yaml, in use from
                                                          its row on */
extern const struct yaml_type config_type_prefix;      /* "+254": how numbers begin */
extern const struct yaml_type config_type_offset;      /* "+03:00": from UTC */
extern const struct yaml_type config_type_zone;        /* "Africa/Nairobi": tzdata has it */
extern const struct yaml_type config_type_date;        /* "2026-11-28" */
extern const struct yaml_type config_type_numbers;     /* one or two, E.164 with plus */
extern const struct yaml_type config_type_link;        /* https://... or http://... */
extern const struct yaml_type config_type_currency;    /* ISO 4217, "KES" */
extern const struct yaml_type config_type_shown_name;  /* one that people read: core/signs.h */
extern const struct yaml_type config_type_amount; /* of money, "0.8": at most six decimals and max
                                                     whole units, in millionths */
extern const struct yaml_type config_type_alphabets; /* bits of enum gsm_alphabet */
extern const struct yaml_type config_type_settings;  /* struct settings of a channel: free names */

/* What is being read, for types that need more than the row: yaml_map's user. */
struct config_reading {
    struct str dir; /* of the file, with its slash; empty for the present one */
};

/* The secret in the file that a node names, without the line end; no use (reported) without one. */
struct str config_read_secret(struct yaml_map *m, const struct yaml_node *node);
/* WAYPOST_<A>_<B> or WAYPOST_<A> (b absent) from the environment, or NULL. */
const char *config_environment(struct str a, struct str b);
/* True for a channel setting that may be shown: everything else is taken for a secret. */
bool config_is_plain_setting(struct str name);
