#include "port/config_table.h"

#include <stdio.h>

#define KEY(field) .offset = offsetof(struct config, field)
#define CHANNEL(field) .offset = offsetof(struct config_channel, field)
#define COUNTRY(field) .offset = offsetof(struct config_country, field)

static const struct config_key top_keys[] = {
    {.name = "org",
     KEY(org),
     .header = "Who runs the course",
     .max = 40,
     .example = "Example Organisation",
     .is_required = true,
     .help = "Your name as learners read it: \"This course is run by ...\"."},
    {.name = "url",
     KEY(url),
     .max = 60,
     .example = "example.org/course",
     .is_required = true,
     .help = "Where people find details and check certificates; short, it is sent by SMS."},
    {.name = "course",
     KEY(course),
     .type = CONFIG_TYPE_NAME,
     .max = 32,
     .fallback = "children-on-the-move",
     .help = "Course that new learners start."},
    {.name = "unavailable_text",
     KEY(unavailable_text),
     .max = 160,
     .fallback = "This service is away for a moment. Please dial again in a minute.",
     .help = "USSD answer while no course can be read at all."},
    {.name = "log_level",
     KEY(log_level),
     .header = "The program",
     .type = CONFIG_TYPE_CHOICE,
     .words = "error warn info debug",
     .fallback = "info",
     .help = "How much is logged. No level shows numbers or texts of learners."},
    {.name = "fronts",
     KEY(n_fronts),
     .type = CONFIG_TYPE_NUMBER,
     .max = 64,
     .fallback = "0",
     .help = "Processes that take callbacks; 0 is one for each processor core."},
    {.name = "keys_dir",
     KEY(keys_dir),
     .type = CONFIG_TYPE_PATH,
     .fallback = "keys",
     .help = "Folder of the secret keys; `waypost keys` makes them. Keep a copy offline: without\n"
             "it no number can be read again."},
    {.name = "spool_dir",
     KEY(spool_dir),
     .type = CONFIG_TYPE_PATH,
     .fallback = "spool",
     .help = "Folder where SMS wait, encrypted, while Redis is away. Must survive a restart."},
    {.name = "spool_quota_mb",
     KEY(spool_quota_mb),
     .type = CONFIG_TYPE_NUMBER,
     .min = 1,
     .max = 1048576,
     .unit = "MiB",
     .fallback = "1024",
     .help = "When the spool is this big, SMS are refused and the provider keeps them."},
    {.name = "profiles_dir",
     KEY(profiles_dir),
     .type = CONFIG_TYPE_PATH,
     .fallback = "profiles",
     .help = "Folder of the provider profiles."},
    {.name = "lessons_dir",
     KEY(lessons_dir),
     .type = CONFIG_TYPE_PATH,
     .fallback = "../lessons",
     .help = "Folder of the courses, for the preview only: learners get what was published."},
    {.name = "listen_address",
     KEY(listen_address),
     .header = "Callbacks of the providers",
     .type = CONFIG_TYPE_ADDRESS,
     .fallback = "127.0.0.1",
     .help = "Address of the public listener. Put a TLS proxy in front of it."},
    {.name = "port",
     KEY(port),
     .type = CONFIG_TYPE_NUMBER,
     .min = 1,
     .max = 65535,
     .fallback = "8080",
     .help = "Port of the public listener: /in/CHANNEL, /dlr/CHANNEL, /check."},
    {.name = "admin_port",
     KEY(admin_port),
     .type = CONFIG_TYPE_NUMBER,
     .min = 1,
     .max = 65535,
     .fallback = "8081",
     .help = "Port on 127.0.0.1 for /livez, /readyz, /metrics and the simulator."},
    {.name = "simulator",
     KEY(is_simulator_on),
     .type = CONFIG_TYPE_FLAG,
     .words = "off on",
     .fallback = "off",
     .help = "A pretended provider on the admin listener, for trying things out without sending."},
    {.name = "max_connections",
     KEY(max_connections),
     .type = CONFIG_TYPE_NUMBER,
     .min = 16,
     .max = 100000,
     .fallback = "10000",
     .help = "Open connections of one front; more are refused at once."},
    {.name = "max_connections_per_peer",
     KEY(max_connections_per_peer),
     .type = CONFIG_TYPE_NUMBER,
     .min = 1,
     .max = 100000,
     .fallback = "2000",
     .help = "The same for one address. A proxy in front is one address."},
    {.name = "redis_socket",
     KEY(redis_socket),
     .header = "Redis: the learners' places. appendonly yes, appendfsync always",
     .type = CONFIG_TYPE_PATH,
     .max = 107,
     .example = "/run/redis/redis-server.sock",
     .is_in_example = true,
     .help = "Unix socket; faster than an address, and nothing else can reach it."},
    {.name = "redis_host",
     KEY(redis_host),
     .type = CONFIG_TYPE_ADDRESS,
     .example = "10.0.0.5",
     .help = "Address, in place of redis_socket."},
    {.name = "redis_port",
     KEY(redis_port),
     .type = CONFIG_TYPE_NUMBER,
     .min = 1,
     .max = 65535,
     .fallback = "6379",
     .help = "Port at redis_host."},
    {.name = "redis_username",
     KEY(redis_username),
     .max = 128,
     .example = "waypost",
     .help = "Name of the access list entry, if Redis has one."},
    {.name = "redis_password",
     KEY(redis_password),
     .max = 512,
     .is_secret = true,
     .example = "secret",
     .help = "Its password."},
    {.name = "redis_deadline_ms",
     KEY(redis_deadline_ms),
     .type = CONFIG_TYPE_NUMBER,
     .min = 10,
     .max = 10000,
     .unit = "ms",
     .fallback = "700",
     .help = "An answer that takes longer counts as Redis being away."},
    {.name = "redis_max_in_flight",
     KEY(redis_max_in_flight),
     .type = CONFIG_TYPE_NUMBER,
     .min = 16,
     .max = 1000000,
     .fallback = "10000",
     .help = "Commands of one process that wait for an answer; more fail at once."},
    {.name = "writer_conninfo",
     KEY(writer_conninfo),
     .header = "PostgreSQL: the coordinators' tables",
     .is_secret = true,
     .example = "hostaddr=10.0.0.6 dbname=waypost user=waypost_writer",
     .is_required = true,
     .help = "How the writer connects, in libpq's words. Give hostaddr or a socket folder "
             "(host=/...),\n"
             "not a host name: names are never looked up here."},
    {.name = "sender_conninfo",
     KEY(sender_conninfo),
     .is_secret = true,
     .example = "hostaddr=10.0.0.6 dbname=waypost user=waypost_sender",
     .is_required = true,
     .help = "How the sender connects; its role alone may read the vault of numbers."},
};

static const struct config_key channel_keys[] = {
    {.name = "name",
     CHANNEL(name),
     .type = CONFIG_TYPE_NAME,
     .max = 32,
     .is_required = true,
     .example = "at",
     .help = "Part of the callback address: /in/NAME and /dlr/NAME."},
    {.name = "profile",
     CHANNEL(profile),
     .type = CONFIG_TYPE_NAME,
     .max = 64,
     .is_required = true,
     .example = "africastalking",
     .help = "How the provider speaks: profiles_dir/PROFILE.yaml."},
    {.name = "country",
     CHANNEL(country),
     .type = CONFIG_TYPE_COUNTRY,
     .is_required = true,
     .example = "KE",
     .help = "Country of numbers that come without a country code."},
    {.name = "from",
     CHANNEL(from),
     .max = 32,
     .example = "20880",
     .help = "Your sender id or short code on this channel."},
    {.name = "dial_code",
     CHANNEL(dial_code),
     .type = CONFIG_TYPE_DIAL_CODE,
     .example = "\"*384*7#\"",
     .help = "What people dial, for a USSD channel."},
    {.name = "sms_channel",
     CHANNEL(sms_channel),
     .type = CONFIG_TYPE_NAME,
     .max = 32,
     .example = "at",
     .help = "Of a USSD channel: the channel that sends its SMS. Without it none are sent."},
    {.name = "ussd_septets",
     CHANNEL(ussd_septets),
     .type = CONFIG_TYPE_NUMBER,
     .min = 80,
     .max = 182,
     .unit = "septets",
     .fallback = "160",
     .help = "Room on one USSD screen in the GSM alphabet."},
    {.name = "ussd_ucs2",
     CHANNEL(ussd_ucs2),
     .type = CONFIG_TYPE_NUMBER,
     .min = 35,
     .max = 80,
     .unit = "characters",
     .fallback = "70",
     .help = "The same in other alphabets."},
    {.name = "fold",
     CHANNEL(fold),
     .type = CONFIG_TYPE_INDEX,
     .words = "none typography latin",
     .fallback = "latin",
     .help = "What may be changed to keep a text in the GSM alphabet, where it costs half:\n"
             "typography = curly quotes and long dashes; latin = also accents (\xc3\xaa to e)."},
    {.name = "tps",
     CHANNEL(tps),
     .type = CONFIG_TYPE_NUMBER,
     .max = 10000,
     .unit = "messages per second",
     .fallback = "0",
     .help = "What your contract allows; 0 is the rate that the provider documents."},
    {.name = "max_in_flight",
     CHANNEL(max_in_flight),
     .type = CONFIG_TYPE_NUMBER,
     .min = 1,
     .max = 1000,
     .fallback = "8",
     .help = "Requests to the provider at the same time."},
    {.name = "unsigned_callbacks",
     CHANNEL(is_unsigned_allowed),
     .type = CONFIG_TYPE_FLAG,
     .words = "refused accepted",
     .fallback = "refused",
     .help = "A provider that signs nothing can be imitated by anyone who finds the address.\n"
             "\"accepted\" says that you know, and that something else guards it."},
    {.name = "private_addresses",
     CHANNEL(is_private_allowed),
     .type = CONFIG_TYPE_FLAG,
     .words = "refused allowed",
     .fallback = "refused",
     .help = "May this channel send to 127.0.0.1, 10.0.0.0/8 and the like? For a local Kannel."},
    {.name = "plain_http",
     CHANNEL(is_insecure_allowed),
     .type = CONFIG_TYPE_FLAG,
     .words = "refused allowed",
     .fallback = "refused",
     .help = "May it send without TLS? For a local Kannel."},
};

static const struct config_key country_keys[] = {
    {.name = "code",
     COUNTRY(code),
     .type = CONFIG_TYPE_COUNTRY,
     .is_required = true,
     .example = "KE",
     .help = "ISO code of the country."},
    {.name = "emergency",
     COUNTRY(emergency),
     .max = 20,
     .example = "999",
     .help = "Emergency number that texts name."},
    {.name = "helpline",
     COUNTRY(helpline),
     .max = 40,
     .example = "116",
     .help = "Child helpline. Dial it yourself before you write it here, and every three months."},
    {.name = "staffed",
     COUNTRY(staffed),
     .max = 30,
     .example = "Mon-Fri 8:00-17:00",
     .help =
         "When a trained person reads what learners send with SAFE. Leave it out if nobody does:\n"
         "then nothing is promised."},
};

const struct config_table config_keys = {top_keys, ARRAY_LEN(top_keys)};
const struct config_table config_channel_keys = {channel_keys, ARRAY_LEN(channel_keys)};
const struct config_table config_country_keys = {country_keys, ARRAY_LEN(country_keys)};

int config_word_index(const char *words, struct str word)
{
    struct str rest = str_from(words);
    for (int i = 0; rest.p != NULL; i++) {
        if (str_eq(str_split(&rest, ' '), word))
            return i;
    }
    return -1;
}

struct str config_word_at(const char *words, uint32_t index)
{
    struct str rest = str_from(words);
    while (rest.p != NULL) {
        struct str word = str_split(&rest, ' ');
        if (index-- == 0)
            return word;
    }
    return STR_NONE;
}

struct str config_value_text(const struct config_key *key, const void *filled, char scratch[12])
{
    const void *field = (const char *)filled + key->offset;
    switch (key->type) {
    case CONFIG_TYPE_NUMBER:
        (void)snprintf(scratch, 12, "%u", *(const uint32_t *)field); /* at most 10 digits */
        return str_from(scratch);
    case CONFIG_TYPE_INDEX:
        return config_word_at(key->words, *(const uint32_t *)field);
    case CONFIG_TYPE_FLAG:
        return config_word_at(key->words, *(const bool *)field ? 1 : 0);
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_NAME:
    case CONFIG_TYPE_COUNTRY:
    case CONFIG_TYPE_DIAL_CODE:
    case CONFIG_TYPE_ADDRESS:
    case CONFIG_TYPE_PATH:
    case CONFIG_TYPE_CHOICE:
        return *(const struct str *)field;
    }
    return STR_NONE;
}

bool config_is_plain_setting(struct str name)
{
    static const char *const plain[] = {"send_url", "public_url", "username", "timezone",
                                        "default_country"};
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        if (str_eq(name, str_from(plain[i])))
            return true;
    }
    return false;
}
