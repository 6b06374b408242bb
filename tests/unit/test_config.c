#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/number.h"
#include "core/number_plan.h"
#include "port/config/live.h"
#include "port/config/table.h"

/* The least that loads; tests add lines to it. */
#define BASE                                                                                       \
    "org: Org\nurl: example.org\nredis_socket: /r.sock\nwriter_conninfo: w\nsender_conninfo: s\n"
#define CHANNEL "channels:\n  - name: at\n    profile: p\n    country: KE\n"

static char dir[] = "/tmp/test_config.XXXXXX";
static char file[64];

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) < 0, 0);
    assert_int_equal(fclose(f), 0);
}

static enum err load(const char *text, struct arena *arena, struct config *config,
                     struct buf *errors)
{
    buf_init(errors, 65536);
    write_file(file, text);
    return config_load(file, arena, config, errors);
}

static const struct {
    const char *text;
    enum err e;
    const char *errors; /* %F = the file */
} cases[] = {
    {BASE, ERR_OK, ""},
    {BASE "port: 1\nadmin_port: 65535\n", ERR_OK, ""},
    {"org: \"A\\u202eB\"\nurl: example.org\nredis_socket: /r.sock\nwriter_conninfo: "
     "w\nsender_conninfo: "
     "s\n",
     ERR_INVALID,
     "%F:1:6: org is 'A\u202eB'; it must be a name that people read: one line, no invisible signs, "
     "no "
     "blank at an end\n"},
    {BASE "port: 0\n", ERR_INVALID,
     "%F:6:7: port is '0'; it must be a whole number from 1 to 65535\n"},
    {BASE "port: 65536\n", ERR_INVALID,
     "%F:6:7: port is '65536'; it must be a whole number from 1 to 65535\n"},
    {BASE "port: -1\n", ERR_INVALID,
     "%F:6:7: port is '-1'; it must be a whole number from 1 to 65535\n"},
    {BASE "port: [1]\n", ERR_INVALID, "%F:6:7: port is a list; it must be one value\n"},
    {BASE "log_level: loud\n", ERR_INVALID,
     "%F:6:12: log_level is 'loud'; it must be one of: error warn info debug\n"},
    {BASE "simulator: yes\n", ERR_INVALID,
     "%F:6:12: simulator is 'yes'; it must be one of: off on\n"},
    {BASE "listen_address: localhost\n", ERR_INVALID,
     "%F:6:17: listen_address is 'localhost'; it must be an IP address: names are never looked up "
     "here\n"},
    {BASE CHANNEL "routes:\n  - {prefix: \"+1\", channel: at}\n"
                  "  - {prefix: \"+123456789012345\", channel: at}\n",
     ERR_OK, ""},
    {BASE CHANNEL "routes:\n  - {prefix: \"+1234567890123456\", channel: at}\n", ERR_INVALID,
     "%F:11:14: prefix is '+1234567890123456'; it must be how numbers begin, as \"+254\", in "
     "quotes\n"},
    {BASE CHANNEL "routes:\n  - {prefix: \"+\", channel: at}\n", ERR_INVALID,
     "%F:11:14: prefix is '+'; it must be how numbers begin, as \"+254\", in quotes\n"},
    {BASE CHANNEL "    alphabets: []\n", ERR_OK, ""},
    {BASE CHANNEL "    alphabets: [turkish, urdu]\n", ERR_OK, ""},
    {BASE CHANNEL "    alphabets: [turkish, klingon]\n", ERR_INVALID,
     "%F:10:26: 'klingon' is no national table; there are turkish, spanish, portuguese, bengali, "
     "gujarati, hindi, kannada, malayalam, oriya, punjabi, tamil, telugu and urdu\n"},
    {BASE "countries:\n  - {code: KE, zone: Africa/Nairobi}\n", ERR_OK, ""},
    {BASE "countries:\n  - {code: KE, zone: Africa/Atlantis}\n", ERR_INVALID,
     "%F:7:22: zone is 'Africa/Atlantis'; it must be a time zone that tzdata has, as "
     "Africa/Nairobi\n"},
    {BASE "currency: kes\n", ERR_INVALID,
     "%F:6:11: currency is 'kes'; it must be a currency's three letters, as KES\n"},
    {BASE "currency: KES\ncap_money_day: 0.000001\n" CHANNEL "    price: 1000000\n", ERR_OK, ""},
    {BASE "currency: KES\n" CHANNEL "    price: 1000000.1\n", ERR_INVALID,
     "%F:11:12: price is '1000000.1'; it must be an amount such as 0.8, at most 1000000, with up "
     "to "
     "six decimals\n"},
    {BASE "currency: KES\n" CHANNEL "    price: 0.0000001\n", ERR_INVALID,
     "%F:11:12: price is '0.0000001'; it must be an amount such as 0.8, at most 1000000, with up "
     "to "
     "six decimals\n"},
    {BASE "currency: KES\n" CHANNEL "    price: -1\n", ERR_INVALID,
     "%F:11:12: price is '-1'; it must be an amount such as 0.8, at most 1000000, with up to "
     "six decimals\n"},
    {BASE CHANNEL "    price: 1\n", ERR_INVALID,
     "%F:1:1: channels have prices; add their currency, such as `currency: KES`\n"},
    {BASE "cap_money_day: 5\n" CHANNEL, ERR_INVALID,
     "%F:1:1: cap_money_day limits nothing while no channel has a `price`; add what one segment "
     "costs\n"},
    {BASE CHANNEL "    fallback: b\n", ERR_INVALID,
     "%F:10:15: no channel is called 'b'; see `name` below\n"},
    {BASE CHANNEL "routes:\n  - prefix: \"+254\"\n    channel: at\n", ERR_OK, ""},
    {BASE CHANNEL "routes:\n  - prefix: \"254\"\n    channel: at\n", ERR_INVALID,
     "%F:11:13: prefix is '254'; it must be how numbers begin, as \"+254\", in quotes\n"},
    {BASE CHANNEL "routes:\n  - prefix: \"+254\"\n    channel: b\n  - prefix: \"+254\"\n    "
                  "channel: at\n",
     ERR_INVALID,
     "%F:13:5: a second prefix '+254'; keep one of them\n"
     "%F:12:14: no channel is called 'b'; see `name` below\n"},
    {BASE "nonsense: 1\nport: 0\n", ERR_INVALID,
     "%F:6:1: no key 'nonsense' here; remove or mend it\n"
     "%F:7:7: port is '0'; it must be a whole number from 1 to 65535\n"},
    {BASE "org: Again\n", ERR_INVALID, "%F:6:1: this key stands here twice; keep one of them\n"},
    {BASE "admin_port: 8080\n", ERR_INVALID,
     "%F:6:13: port and admin_port are both 8080; the admin listener needs its own\n"},
    {BASE "redis_sentinels: 10.0.0.5\n", ERR_INVALID,
     "%F:6:18: redis_sentinels is '10.0.0.5'; it must be addresses with ports, as "
     "\"10.0.0.5:26379 10.0.0.6:26379\"\n"},
    {BASE "redis_sentinels: \"10.0.0.5:26379 [2001:db8::1]:26379\"\n", ERR_INVALID,
     "%F:1:1: redis_socket, redis_host, redis_cluster and redis_sentinels: more than one is given; "
     "keep one of "
     "them\n"},
    {BASE "redis_tls_cert: /nowhere\n", ERR_INVALID,
     "%F:1:1: redis_tls_cert alone brings no TLS; add redis_tls_ca\n"
     "%F:1:1: of redis_tls_cert and redis_tls_key one is missing; give both or none\n"},
    {BASE "redis_host: 10.0.0.1\n", ERR_INVALID,
     "%F:1:1: redis_socket, redis_host, redis_cluster and redis_sentinels: more than one is given; "
     "keep one of "
     "them\n"},
    {"org: O\nurl: u\nwriter_conninfo: w\nsender_conninfo: s\n", ERR_INVALID,
     "%F:1:1: where Redis is, is missing; add a line such as `redis_socket: "
     "/run/redis/redis.sock`\n"},
    {"url: u\nredis_socket: /r\nwriter_conninfo: w\nsender_conninfo: s\n", ERR_INVALID,
     "%F:1:1: org is missing; add a line such as `org: Example Organisation`\n"},
    {"[]\n", ERR_INVALID, "%F:1:1: the file is a list; write lines of `key: value`\n"},
    {BASE "org_file: x\n", ERR_INVALID, "%F:6:1: no key 'org_file' here; remove or mend it\n"},
    {BASE "writer_conninfo_file: x\n", ERR_INVALID,
     "%F:6:1: writer_conninfo stands here too; keep one of them\n"
     "%F:6:23: cannot read %D/x: No such file or directory; make the file or its rights\n"},
    {BASE "unavailable_text: \"a\\tb\"\n", ERR_INVALID,
     "%F:6:19: unavailable_text is 'a\tb'; it must be one line without control characters\n"},
    {BASE CHANNEL, ERR_OK, ""},
    {BASE CHANNEL "    dial_code: \"*384*7#\"\n", ERR_OK, ""},
    {BASE CHANNEL "    dial_code: \"*384567890123456789012345678901#\"\n", ERR_OK, ""},
    {BASE CHANNEL "    dial_code: \"*3845678901234567890123456789012#\"\n", ERR_INVALID,
     "%F:10:16: dial_code is '*3845678901234567890123456789012#'; it must look like "
     "\"*384*7#\", in quotes\n"},
    {BASE CHANNEL "    dial_code: 384\n", ERR_INVALID,
     "%F:10:16: dial_code is '384'; it must look like \"*384*7#\", in quotes\n"},
    {BASE CHANNEL "    sms_channel: at\n", ERR_OK, ""},
    {BASE CHANNEL "    sms_channel: nobody\n", ERR_INVALID,
     "%F:10:18: no channel is called 'nobody'; see `name` below\n"},
    {BASE CHANNEL "    unsigned_callbacks: yes\n", ERR_INVALID,
     "%F:10:25: unsigned_callbacks is 'yes'; it must be one of: refused accepted\n"},
    {BASE CHANNEL "    settings: x\n", ERR_INVALID,
     "%F:10:15: settings is a scalar; write at most 32 names and values, indented, one a "
     "line\n"},
    {BASE CHANNEL "    settings:\n      Key: 1\n", ERR_INVALID,
     "%F:11:7: 'Key' is no setting; write `name: value`, the name of a-z, 0-9, - and _\n"},
    {BASE CHANNEL "  - {name: at, profile: p, country: UG}\n", ERR_INVALID,
     "%F:10:5: a second name 'at'; keep one of them\n"},
    {BASE "channels:\n  - {profile: p, country: ke}\n", ERR_INVALID,
     "%F:7:5: name is missing; add a line such as `name: at`\n"
     "%F:7:27: country is 'ke'; it must be a country's two letters, as KE\n"},
    {BASE "countries:\n  - {code: XX}\n", ERR_INVALID,
     "%F:7:12: code is 'XX'; it must be a country's two letters, as KE\n"},
    {BASE "countries:\n  - {code: KE, checked: 2026-02-30}\n", ERR_INVALID,
     "%F:7:25: checked is '2026-02-30'; it must be a day, as 2026-11-28\n"},
    {BASE "countries:\n  - {code: KE, focal_points: \"+254700000001 +254700000002\"}\n", ERR_OK,
     ""},
    {BASE
     "countries:\n  - {code: KE, focal_points: \"+254700000001 +254700000002 +254700000003\"}\n",
     ERR_INVALID,
     "%F:7:30: focal_points is '(hidden)'; it must be one or two numbers, as "
     "\"+254700000001 +254700000002\", in quotes\n"},
    {BASE "countries:\n  - {code: KE, focal_points: \"+254700000001 +254700000001\"}\n",
     ERR_INVALID,
     "%F:7:30: focal_points is '(hidden)'; it must be two people's, not one number twice\n"},
    {BASE "check_url: learn.example.org/check\n", ERR_INVALID,
     "%F:6:12: check_url is 'learn.example.org/check'; it must be a whole address, as "
     "https://learn.example.org/check\n"},
    {BASE CHANNEL "    settings: {send_url: api.example.org/send}\n", ERR_INVALID,
     "%F:10:26: send_url is no address of the web; write it whole, as "
     "https://api.example.org/send\n"},
    {BASE "channels: at\n", ERR_INVALID,
     "%F:6:11: channels is a scalar; it must be a list (\"  - key: value\") of at most 64\n"},
    {BASE "channels:\n  - at\n", ERR_INVALID,
     "%F:7:5: an entry of channels is a scalar, not a map; write \"  - key: value\"\n"},
    {BASE "countries:\n  - {code: KE}\n  - {code: KE}\n", ERR_INVALID,
     "%F:8:5: a second code 'KE'; keep one of them\n"},
};

static void expand(const char *pattern, struct buf *out)
{
    buf_init(out, 65536);
    for (const char *p = pattern; *p != '\0'; p++) {
        bool is_mark = p[0] == '%' && (p[1] == 'F' || p[1] == 'D');
        if (!is_mark) {
            buf_add_char(out, *p);
            continue;
        }
        buf_add_str(out, str_from(*++p == 'F' ? file : dir));
    }
}

static void every_mistake_is_named_with_place_and_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
        struct buf errors CLEANUP(buf_fini);
        struct buf expected CLEANUP(buf_fini);
        struct config config;
        expand(cases[i].errors, &expected);
        assert_int_equal(load(cases[i].text, arena, &config, &errors), cases[i].e);
        assert_string_equal(buf_str(&errors).p, buf_str(&expected).p);
    }
}

static void missing_file_says_how_to_begin(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini);
    struct config config;
    buf_init(&errors, 4096);
    assert_int_equal(config_load("/nowhere/w.yaml", arena, &config, &errors), ERR_NOT_FOUND);
    assert_string_equal(errors.p, "/nowhere/w.yaml: No such file or directory; name a file that "
                                  "this user may read; `waypost config "
                                  "example` prints one to begin with\n");
}

static void defaults_and_paths(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini);
    struct config config;
    char expected[128];
    assert_int_equal(
        load(BASE CHANNEL "countries:\n  - {code: KE, helpline: 116}\n", arena, &config, &errors),
        ERR_OK);
    (void)snprintf(expected, sizeof(expected), "%s/keys", dir);
    assert_string_equal(config.keys_dir.p, expected);
    assert_string_equal(config.redis_socket.p, "/r.sock");
    assert_int_equal(config.port, 8080);
    assert_false(config.is_simulator_on);
    assert_null(config.redis_password.p);
    const struct config_channel *channel = config_channel_get(&config, STR("at"));
    assert_int_equal(channel->fold, GSM_FOLD_LATIN);
    assert_int_equal(channel->ussd_septets, 160);
    assert_null(config_channel_get(&config, STR("a")));
    assert_string_equal(config_country_get(&config, STR("KE"))->helpline.p, "116");
    assert_null(config_country_get(&config, STR("UG")));
    assert_int_equal(config.cap_number_day, 300);
    assert_int_equal(config.cap_money_day, CONFIG_CAP_MONEY_DAY);
    assert_int_equal(channel->new_numbers_hour, 1000);
    assert_int_equal(channel->price, 0);
    assert_true(config_is_served(&config, STR("KE")));
    assert_false(config_is_served(&config, STR("UG")));
}

static void plans_of_the_operator_are_in_use_from_their_row_on(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini), again CLEANUP(buf_fini), missing CLEANUP(buf_fini);
    struct config config;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/n.yaml", dir);
    write_file(path, "QQ: {code: 999, lengths: 9}\n");
    static const char text[] = BASE "channels:\n  - {name: at, profile: p, country: QQ}\n"
                                    "numbers_file: n.yaml\n";
    assert_int_equal(load(text, arena, &config, &errors), ERR_OK);
    assert_string_equal(config.numbers_file.p, path);
    assert_true(str_eq(number_calling_code(STR("QQ")), STR("999")));
    number_plans_use(NULL);
    write_file(path, "QQ: {code: 9999}\n");
    assert_int_equal(load(text, arena, &config, &again), ERR_INVALID);
    assert_int_not_equal(str_find(buf_str(&again), STR("n.yaml:1:5: a plan has a `code`")),
                         SIZE_MAX);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load(text, arena, &config, &missing), ERR_INVALID);
    assert_int_not_equal(str_find(buf_str(&missing), STR("No such file or directory; make the")),
                         SIZE_MAX);
    assert_true(str_eq(number_calling_code(STR("KE")), STR("254")));
}

static void secrets_come_from_files_and_environment_and_are_hidden(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini);
    struct buf shown CLEANUP(buf_fini);
    struct config config;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/pw", dir);
    write_file(path, "from-file\n");
    assert_int_equal(setenv("WAYPOST_SENDER_CONNINFO", "from-environment", 1), 0);
    assert_int_equal(setenv("WAYPOST_AT_API_KEY", "key-from-environment", 1), 0);
    assert_int_equal(setenv("WAYPOST_ORG", "not a secret, so not read", 1), 0);
    enum err e = load(BASE "redis_password_file: pw\n" CHANNEL
                           "    settings:\n      api_key: x\n      secret_file: pw\n"
                           "      send_url: http://h/p?key=from-file\n",
                      arena, &config, &errors);
    assert_int_equal(unsetenv("WAYPOST_SENDER_CONNINFO"), 0);
    assert_int_equal(unsetenv("WAYPOST_AT_API_KEY"), 0);
    assert_int_equal(unsetenv("WAYPOST_ORG"), 0);
    assert_int_equal(e, ERR_OK);
    assert_string_equal(config.org.p, "Org");
    assert_string_equal(config.redis_password.p, "from-file");
    assert_string_equal(config.sender_conninfo.p, "from-environment");
    const struct settings *settings = &config.channels[0].settings;
    assert_int_equal(settings->n, 3);
    assert_string_equal(settings->list[0].value.p, "key-from-environment");
    assert_string_equal(settings->list[1].name.p, "secret");
    assert_string_equal(settings->list[1].value.p, "from-file");
    buf_init(&shown, 65536);
    config_print(&config, &shown);
    assert_null(strstr(shown.p, "from-file"));
    assert_null(strstr(shown.p, "from-environment"));
    assert_non_null(strstr(shown.p, "send_url: \"http://h/p\"\n"));
}

/* What was printed loads again and prints the same. */
static void print_goes_round(const char *text)
{
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini);
    struct buf once CLEANUP(buf_fini);
    struct buf twice CLEANUP(buf_fini);
    struct config config;
    assert_int_equal(load(text, arena, &config, &errors), ERR_OK);
    buf_init(&once, 65536);
    config_print(&config, &once);
    buf_fini(&errors);
    assert_int_equal(load(once.p, arena, &config, &errors), ERR_OK);
    buf_init(&twice, 65536);
    config_print(&config, &twice);
    assert_string_equal(once.p, twice.p);
}

static void example_is_the_file_in_config_and_loads(void **state)
{
    (void)state;
    struct buf example CLEANUP(buf_fini);
    buf_init(&example, 65536);
    config_example(&example);
    static char on_disk[65536];
    FILE *f = fopen("config/waypost.yaml", "r");
    assert_non_null(f);
    on_disk[fread(on_disk, 1, sizeof(on_disk) - 1, f)] = '\0';
    assert_int_equal(fclose(f), 0);
    /* When they differ: build/waypost config example > config/waypost.yaml */
    assert_string_equal(example.p, on_disk);
    print_goes_round(example.p);
    print_goes_round(BASE CHANNEL
                     "    from: \"say \\\"hi\\\": \xc3\xa9\"\n    tps: 7\n    fold: none\n"
                     "    unsigned_callbacks: accepted\n    settings: {a: \"\"}\n");
}

static void check_table(const struct yaml_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct yaml_row *row = &table->rows[i];
        bool has_words = row->type == &yaml_type_choice || row->type == &yaml_type_word ||
                         row->type == &yaml_type_flag;
        if (row->type == &yaml_type_list) {
            check_table(row->table);
            continue;
        }
        assert_non_null(row->help);
        assert_true(row->fallback != NULL || row->example != NULL);
        assert_true(row->fallback == NULL || !row->is_required);
        assert_int_equal(row->words != NULL, has_words);
        assert_true(row->type != &yaml_type_number || row->max > row->min);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(table->rows[j].name, row->name);
            assert_int_not_equal(table->rows[j].offset, row->offset);
        }
    }
}

static void rows_are_complete_and_unique(void **state)
{
    (void)state;
    check_table(&config_table);
}

static void texts_and_settings_have_ceilings(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
        struct buf errors CLEANUP(buf_fini);
        struct buf text CLEANUP(buf_fini);
        struct config config;
        buf_init(&text, 65536);
        buf_addf(&text, BASE "keys_dir: /%0*d\n", (int)YAML_MAX_TEXT_BYTES - 1 + extra, 0);
        assert_int_equal(load(text.p, arena, &config, &errors), extra ? ERR_INVALID : ERR_OK);
        buf_reset(&text);
        buf_fini(&errors);
        buf_add_str(&text, STR(BASE CHANNEL "    settings:\n"));
        for (unsigned i = 0; i < CONFIG_MAX_SETTINGS + (unsigned)extra; i++)
            buf_addf(&text, "      s%u: v\n", i);
        assert_int_equal(load(text.p, arena, &config, &errors), extra ? ERR_INVALID : ERR_OK);
    }
}

static void arena_too_small_is_an_error(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 16384; bytes += 64) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(bytes);
        struct buf errors CLEANUP(buf_fini);
        struct config config;
        enum err e = load(BASE CHANNEL "    settings: {a: b}\ncountries: [{code: KE}]\n", arena,
                          &config, &errors);
        assert_int_equal(e, arena_error(arena));
        assert_true(e == ERR_OK || errors.len > 0);
    }
}

/* A country goes live with all of its referral table, looked through in the last three months. */
static void a_country_goes_live_when_its_table_is_complete(void **state)
{
    (void)state;
    static const struct config_channel channels[] = {{.name = {"a", 1}, .country = {"KE", 2}},
                                                     {.name = {"b", 1}, .country = {"KE", 2}}};
    const struct config_country good = {.code = STR("KE"),
                                        .emergency = STR("999"),
                                        .helpline = STR("116"),
                                        .contact = STR("Our office, 0800 7000,"),
                                        .focal_points = STR("+254700000001 +254700000002"),
                                        .checked = STR("2026-08-28")};
    static const struct {
        size_t left_out; /* offset of a text; 0 = none */
        const char *now, *problem;
    } rows[] = {
        {0, "2026-11-28T23:59:59Z", NULL},
        {0, "2026-11-29T00:00:01Z", "`checked`"},
        {0, "2026-08-26T23:00:00Z",
         "`checked`"}, /* tomorrow, in the farthest zone, is no mistake */
        {0, "2026-08-27T01:00:00Z", NULL},
        {offsetof(struct config_country, emergency), "2026-11-01T00:00:00Z", "`emergency`"},
        {offsetof(struct config_country, helpline), "2026-11-01T00:00:00Z", NULL},
        {offsetof(struct config_country, contact), "2026-11-01T00:00:00Z", "`contact`"},
        {offsetof(struct config_country, focal_points), "2026-11-01T00:00:00Z", "`focal_points`"},
        {offsetof(struct config_country, checked), "2026-11-01T00:00:00Z", "`checked`"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config_country row = good;
        struct config config = {
            .n_channels = 2, .channels = channels, .n_countries = 1, .countries = &row};
        struct buf problems CLEANUP(buf_fini);
        struct wall_ms now;
        buf_init(&problems, 4096);
        struct yaml_report report = {.text = &problems};
        assert_int_equal(clock_parse_rfc3339(str_from(rows[i].now), &now), ERR_OK);
        if (rows[i].left_out != 0)
            *(struct str *)(void *)((char *)&row + rows[i].left_out) = STR_NONE;
        assert_int_equal(config_is_live(&config, now, &report), rows[i].problem == NULL);
        if (rows[i].problem == NULL)
            assert_int_equal(problems.len, 0);
        else
            assert_non_null(strstr(buf_str(&problems).p, rows[i].problem));
        size_t n_lines = 0;
        for (size_t at = 0; at < problems.len; at++)
            n_lines += problems.p[at] == '\n';
        assert_int_equal(n_lines, rows[i].problem != NULL); /* once for both channels */
    }
    struct config nowhere = {.n_channels = 1, .channels = channels};
    struct buf all CLEANUP(buf_fini);
    buf_init(&all, 4096);
    struct yaml_report report = {.text = &all};
    assert_false(config_is_live(&nowhere, (struct wall_ms){0}, &report));
    assert_non_null(strstr(buf_str(&all).p, "countries, code KE: write `emergency`"));
    assert_true(str_eq(config_number_of(good.focal_points, 1), STR("+254700000002")));
    assert_null(config_number_of(good.focal_points, 2).p);
}

/* What alerts or changed numbers are told by is nobody's way to a course. */
static void hooks_are_told_from_channels(void **state)
{
    (void)state;
    static const struct config_country countries[] = {{.recycling_channel = {"kannel", 6}},
                                                      {.recycling_channel = {"telco", 5}}};
    const struct config config = {
        .alert_channel = STR("alerts"), .countries = countries, .n_countries = 2};
    const struct config none = {.n_countries = 0};
    assert_true(config_is_hook(&config, STR("alerts")));
    assert_true(config_is_hook(&config, STR("kannel")));
    assert_true(config_is_hook(&config, STR("telco")));
    assert_false(config_is_hook(&config, STR("at")));
    assert_false(config_is_hook(&none, STR("alerts")));
}

static void alphabets_are_read_and_shown(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        uint32_t bits;
    } rows[] = {{"[]", 0}, {"[turkish]", 1}, {"[spanish, turkish]", 3}, {"[urdu]", 1u << 12}};
    static const char *const shown[] = {"[]", "[turkish]", "[turkish, spanish]", "[urdu]"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
        struct buf errors CLEANUP(buf_fini);
        struct config config;
        char text[512], scratch[YAML_SCRATCH_BYTES];
        (void)snprintf(text, sizeof(text), BASE CHANNEL "    alphabets: %s\n", rows[i].said);
        assert_int_equal(load(text, arena, &config, &errors), ERR_OK);
        assert_int_equal(config.channels[0].alphabets, rows[i].bits);
        struct str got = config_type_alphabets.write(NULL, &config.channels[0].alphabets, scratch);
        assert_true(str_eq(got, str_from(shown[i])));
    }
}

static int make_dir(void **state)
{
    (void)state;
    if (mkdtemp(dir) == NULL)
        return -1;
    return snprintf(file, sizeof(file), "%s/w.yaml", dir) > 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/pw", dir);
    (void)unlink(path); /* only one test makes it */
    return unlink(file) == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void a_country_has_the_offset_of_its_row(void **state)
{
    (void)state;
    struct arena *arena CLEANUP(arena_freep) = arena_new(1 << 20);
    struct buf errors CLEANUP(buf_fini);
    struct config config;
    assert_int_equal(load(BASE CHANNEL "countries:\n  - {code: NP, utc_offset: \"+05:45\"}\n",
                          arena, &config, &errors),
                     ERR_OK);
    const struct zone *zone = config_zone_get(&config, STR("NP"));
    assert_non_null(zone);
    assert_int_equal(zone_local_ms(zone, 0), (5 * 60 + 45) * 60000);
    assert_null(config_zone_get(&config, STR("XX")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_named_with_place_and_remedy),
        cmocka_unit_test(missing_file_says_how_to_begin),
        cmocka_unit_test(hooks_are_told_from_channels),
        cmocka_unit_test(alphabets_are_read_and_shown),
        cmocka_unit_test(defaults_and_paths),
        cmocka_unit_test(plans_of_the_operator_are_in_use_from_their_row_on),
        cmocka_unit_test(secrets_come_from_files_and_environment_and_are_hidden),
        cmocka_unit_test(example_is_the_file_in_config_and_loads),
        cmocka_unit_test(rows_are_complete_and_unique),
        cmocka_unit_test(texts_and_settings_have_ceilings),
        cmocka_unit_test(arena_too_small_is_an_error),
        cmocka_unit_test(a_country_has_the_offset_of_its_row),
        cmocka_unit_test(a_country_goes_live_when_its_table_is_complete),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
