/*
 * config.h: everything an operator can set, read once at start and const afterwards.
 *
 * One table row per key (table.h: name, type, default, min, max, unit, secret, help) makes the
 * parser, `waypost config print` and config/waypost.yaml; a test holds them together. Unknown key,
 * wrong type or range are errors with file:line:column and the remedy, all of them, not only the
 * first. A secret may be given as `<key>_file: PATH` or by the environment (WAYPOST_<KEY>), never
 * shown.
 *
 * Longer than a header should be: one value, of which each member says what it means.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "core/gsm/gsm.h"
#include "core/schedule.h"
#include "core/yaml.h"
#include "profile/profile.h"

#define CONFIG_MAX_CHANNELS 64u
#define CONFIG_MAX_COUNTRIES 256u
#define CONFIG_MAX_ROUTES 256u
#define CONFIG_AMOUNT 1000000u /* an amount of money is held in millionths of the currency */
/* The default, as table.c says it. */
#define CONFIG_CAP_MONEY_DAY (UINT64_C(1000) * CONFIG_AMOUNT)

/* A channel = name + profile + credentials + limits. */
struct config_channel {
    struct str name;        /* of the path: /in/<name> */
    struct str profile;     /* config/profiles/<profile>.yaml */
    struct str country;     /* default country of national numbers, "KE" */
    struct str from;        /* our sender id or short code on this channel */
    struct str dial_code;   /* "*384*7#" of a USSD channel */
    struct str sms_channel; /* of a channel for USSD or calls: where its SMS go; absent = none */
    struct settings
        settings; /* secret, username, api_key, send_url, public_url ...: the profile's names */
    uint32_t ussd_septets, ussd_ucs2;
    uint32_t text_chars; /* of one SMS request; 0 = what the provider documents */
    enum gsm_fold fold;
    uint32_t alphabets;     /* 1 << enum gsm_alphabet: national tables that the operator confirms */
    struct str course;      /* id that a bare JOIN starts here; absent: config.course */
    uint32_t tps;           /* messages per second, 0 = the profile's documented rate */
    uint32_t max_in_flight; /* requests at once to the provider; 0 = by tps */
    bool is_unsigned_allowed;  /* "unsigned_callbacks: accepted" in plain words */
    uint32_t new_numbers_hour; /* messages to who has not joined yet; 0 = no limit */
    struct str path_secret;    /* first part of the path behind the name; absent = none */
    struct str callers;        /* addresses its callbacks may come from; absent = any */
    bool is_private_allowed, is_insecure_allowed;
    uint64_t price;     /* of one segment; 0 = not known */
    struct str account; /* channels of one account share its rate; absent = its own */
    uint32_t account_tps;
    struct str fallback; /* another channel of the country, for what this one cannot send now */
};

/* Which channel writes to whom. */
struct config_route {
    struct str prefix; /* "+256" */
    struct str channel;
};

/* Safeguarding and reach per country, from a table that people check every three months. */
struct config_country {
    struct str code;
    struct str cost, contact, emergency, helpline, crisis, psea, staffed;
    struct str focal_points; /* two numbers, a blank between */
    struct str psea_points;  /* likewise: who is told of complaints about aid staff */
    struct str
        recycling_channel; /* asks whether a number has gone to somebody else; absent = none */
    struct str checked;    /* "2026-11-28": when somebody dialled these numbers */
    struct str utc_offset; /* "+03:00" */
    struct str zone;       /* "Africa/Nairobi" */
    uint32_t day_off;      /* 1 = Sunday ... 7 = Saturday; 0 = none */
};

/* The time of a country that channels or countries name: of its zone, else of utc_offset, else what
 * tzdata has for it. */
struct config_zone {
    struct str country;
    struct zone zone;
};

struct config {
    const struct yaml_node *root; /* what was read; NULL in tests */
    struct str org, url;
    bool has_claim_links; /* CLAIM gives a link behind check_url; else people send badges */
    struct str check_url; /* of the page of certificates; absent: the name that is asked for */
    struct str course;    /* id that new learners start */
    struct str unavailable_text; /* USSD answer when not even the course is loaded */
    struct str alert_text;       /* to the focal points; {case} is its number */
    struct str inbox_answers;    /* approved ones to what learners ask, with | between */
    struct str alert_channel;    /* of a hook that is told likewise; absent = none */
    struct str listen_address;
    struct str trusted_proxies; /* addresses whose X-Forwarded-For is believed */
    uint32_t port, admin_port;
    uint32_t n_fronts, wakes_s;
    struct str redis_socket, redis_host, redis_cluster, redis_sentinels, redis_primary;
    struct str redis_username, redis_password;
    struct str redis_tls_ca, redis_tls_name, redis_tls_cert, redis_tls_key;
    uint32_t redis_port, redis_wait_replicas;
    uint32_t redis_deadline_ms, redis_max_in_flight;
    struct str writer_conninfo, sender_conninfo; /* libpq */
    struct str safe_conninfo, inbox_conninfo;    /* of commands; absent = they ask */
    struct str report_conninfo, report_url;      /* of /report/; absent = no such pages, no proxy */
    struct str keys_dir, spool_dir, profiles_dir, lessons_dir, numbers_file;
    uint32_t spool_quota_mb;
    uint32_t keep_events_hours;
    uint32_t max_connections, max_connections_per_peer;
    bool is_simulator_on; /* /sim/ on the admin listener; sends go there in the demo */
    struct str log_level, log_format;
    struct str currency;        /* of all prices; absent = no prices */
    uint32_t cap_number_day;    /* messages; 0 = no limit, here and below */
    uint32_t reminder_holdout;  /* one in so many gets no reminder; 0 = all get them */
    uint32_t cap_prefix_hour;   /* messages to numbers that begin alike ... */
    uint32_t cap_prefix_digits; /* ... in so many digits, country code included */
    uint32_t cap_organisation_day;
    uint32_t cap_day;
    uint64_t cap_money_day;
    uint32_t loop_exchanges; /* the same text in and out so often is a machine; 0 = never */
    uint32_t loop_minutes;
    uint32_t quiet_days; /* after so many a number may be somebody else's; 0 = never asked */
    uint32_t n_channels;
    const struct config_channel *channels;
    uint32_t n_countries;
    const struct config_country *countries;
    uint32_t n_zones;
    const struct config_zone *zones;
    uint32_t n_routes;
    const struct config_route *routes;
};

/* Everything in *ret lives in the arena (1 MiB is plenty); texts are NUL-terminated. ERR_NOT_FOUND
 * (no such file, or no right to read it), ERR_INVALID, ERR_TOO_LONG, ERR_IO: errors got every
 * problem, one a line, and *ret is not to be used. Reads the environment for secrets. */
enum err config_load(const char *path, struct arena *arena, struct config *ret,
                     struct buf *errors) MUST_CHECK;
/* The same with every problem in a report; report->file is set to path. */
enum err config_read(const char *path, struct arena *arena, struct config *ret,
                     struct yaml_report *report) MUST_CHECK;
/* A place in what was read: a key of the i-th entry of a list, the entry itself (key NULL), or a
 * key of the file (list NULL). */
struct config_at {
    const char *list;
    uint32_t i;
    const char *key;
};
/* One more problem there, or at the nearest place around it that exists. */
void config_complain(const struct config *config, struct yaml_report *report, struct config_at at,
                     const char *fix, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* NULL when there is none. */
const struct config_channel *config_channel_get(const struct config *config, struct str name);
const struct config_country *config_country_get(const struct config *config, struct str code);
/* Named as alert_channel or recycling_channel: no SMS go by it. */
bool config_is_hook(const struct config *config, struct str channel);
/* Minutes of "+03:00"; 0 where it is absent. */
int32_t config_offset_min(struct str offset);
/* NULL where nothing is known of it: UTC. */
const struct zone *config_zone_get(const struct config *config, struct str country);
/* May anything be sent there? Only to countries that the configuration names, in `countries` or as
 * a channel's own. */
bool config_is_served(const struct config *config, struct str country);
/* Effective configuration as YAML, secrets masked. */
void config_print(const struct config *config, struct buf *out);
/* The commented example, which is config/waypost.yaml. */
void config_example(struct buf *out);
