/* Subcommands from end to end, as far as they go without PostgreSQL and a running gateway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli_site.h"

static char config[128];

static const char *in_dir(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    char text[4096], here[512];
    if (mkdtemp(dir) == NULL || getcwd(here, sizeof(here)) == NULL)
        return -1;
    if (redis_server_is_installed())
        redis_server_init(&server);
    (void)snprintf(config, sizeof(config), "%s/waypost.yaml", dir);
    (void)snprintf(text, sizeof(text),
                   "org: Org\nurl: example.org\nport: 1\nadmin_port: 2\n"
                   "redis_socket: %s\nwriter_conninfo: host=/nowhere dbname=x\n"
                   "sender_conninfo: host=/nowhere dbname=x\nprofiles_dir: %s/config/profiles\n"
                   "channels:\n"
                   "  - {name: at, profile: africastalking, country: KE, from: \"20880\",\n"
                   "     unsigned_callbacks: accepted, settings: {username: u, apikey: k}}\n"
                   "  - {name: twilio, profile: twilio, country: KE, from: \"+254700020880\",\n"
                   "     settings: {account_sid: AC0, token: tok, secret: s3cret,"
                   " public_url: \"http://h/in/twilio\"}}\n"
                   "  - {name: at-ussd, profile: africastalking-ussd, country: KE,\n"
                   "     dial_code: \"*384*7#\", sms_channel: at, unsigned_callbacks: accepted}\n",
                   server.pid > 0 ? server.socket : "/nowhere", here);
    write_file("waypost.yaml", text);
    return 0;
}

static void assert_says(const char *part)
{
    if (strstr(out, part) == NULL && strstr(err_out, part) == NULL)
        fail_msg("expected '%s', got:\n%s%s", part, out, err_out);
}

static void configurations_are_checked_and_shown(void **state)
{
    (void)state;
    assert_int_equal(RUN("config", "check", config), EX_CONFIG);
    assert_says("keys_dir: ");
    assert_says("countries, code KE: write `emergency`");
    assert_says("hurts: ");
    assert_int_equal(RUN("config", "print", config), EX_OK);
    assert_says("apikey: \"(hidden)\"");
    assert_int_equal(RUN("config", "example"), EX_OK);
    write_file("bad.yaml", "org: O\nport: x\n");
    assert_int_equal(RUN("config", "check", in_dir("bad.yaml")), EX_CONFIG);
    assert_says("bad.yaml:2:7: port is 'x'");
    assert_says("url is missing");
    assert_int_equal(RUN("config", "bake"), EX_USAGE);
}

static void keys_are_made_in_the_folder(void **state)
{
    (void)state;
    assert_int_equal(RUN("keys", "--config", config), EX_OK);
    assert_int_equal(access(in_dir("keys/number_id.key"), R_OK), 0);
    assert_int_equal(access(in_dir("keys/seal_1.key"), R_OK), 0);
    assert_int_equal(RUN("keys", "bake", "--config", config), EX_USAGE);
    assert_int_equal(RUN("keys", "rotate", "--config", config), EX_USAGE);
    assert_says("--conninfo is missing");
    assert_int_equal(
        RUN("keys", "rotate", "--conninfo", "host=/nowhere dbname=x", "--config", config),
        EX_UNAVAILABLE);
    assert_says("PostgreSQL does not answer: ");
    assert_says("is --conninfo right?");
    assert_int_not_equal(access(in_dir("keys/seal_2.key"), F_OK), 0); /* nothing was done */
}

static void databases_that_are_away_are_named(void **state)
{
    (void)state;
    assert_int_equal(RUN("migrate"), EX_USAGE);
    assert_int_equal(RUN("migrate", "--conninfo", "host=/nowhere", "/nowhere"), EX_NOINPUT);
    assert_says("cannot read the folder /nowhere");
    assert_says("of the package that is");
    assert_int_equal(RUN("migrate", "--conninfo", "host=/nowhere dbname=x", "sql"), EX_UNAVAILABLE);
    assert_says("is --conninfo right?");
    assert_int_equal(RUN("report", "list", "--conninfo", "host=/nowhere dbname=x"), EX_UNAVAILABLE);
    assert_says("PostgreSQL does not answer: ");
    assert_says("PGUSER");
    assert_int_equal(RUN("cohort", "list", "--config", config), EX_UNAVAILABLE);
    assert_says("?"); /* what to do next */
    assert_int_equal(RUN("lessons", "check", "/nowhere"), 2);
    assert_says("that has course.md");
    assert_int_equal(RUN("learner", "show", "x", "--config", config), EX_USAGE);
    assert_says("with + and the country code");
    assert_int_equal(RUN("migrate", "--conninfo", "host=/nowhere", dir), EX_NOINPUT);
    assert_int_equal(RUN("rebuild", "word"), EX_USAGE);
    assert_int_equal(RUN("rebuild", "--config", config), EX_UNAVAILABLE);
    assert_says("PostgreSQL: ");
    assert_says("is writer_conninfo right?");
}

static void channels_are_shown_and_paused(void **state)
{
    (void)state;
    if (server.pid == 0)
        skip();
    assert_int_equal(RUN("channel", "list", "--config", config), EX_OK);
    assert_says("at-ussd");
    assert_int_equal(RUN("channel", "pause", "--config", config), EX_USAGE);
    assert_int_equal(RUN("channel", "pause", "nobody", "--config", config), EX_USAGE);
    assert_says("there is no channel 'nobody'");
    assert_int_equal(RUN("channel", "pause", "at", "twilio", "--config", config), EX_OK);
    assert_says("twilio is paused");
    assert_int_equal(RUN("channel", "list", "--json", "--config", config), EX_OK);
    assert_says("\"name\":\"at\",\"profile\":\"africastalking\",\"paused_since\":\"20");
    assert_int_equal(RUN("channel", "list", "--config", config), EX_OK);
    assert_says("  since 20");
    assert_int_equal(RUN("channel", "resume", "at", "twilio", "--config", config), EX_OK);
    assert_int_equal(RUN("channel", "list", "--json", "--config", config), EX_OK);
    assert_says("\"paused_since\":null");
    assert_int_equal(RUN("channel", "list", "extra", "--config", config), EX_USAGE);
    assert_int_equal(RUN("status", "events", "--config", config), EX_OK);
    assert_string_equal(out, "");
    assert_int_equal(RUN("status", "nonsense"), EX_USAGE);
    assert_int_equal(RUN("status", "--config", config), EX_UNAVAILABLE); /* no gateway */
}

static void channels_are_explained(void **state)
{
    (void)state;
    assert_int_equal(RUN("channel", "check", "--config", config), EX_OK);
    assert_says("USSD at /in/at-ussd");
    assert_says("delivery reports at /dlr/at");
    assert_int_equal(RUN("channel", "check", "twilio", "--config", config), EX_OK);
    assert_says("SMS at /in/twilio");
    assert_null(strstr(out, "s3cret"));
    assert_int_equal(RUN("channel", "check", "nobody", "--config", config), EX_USAGE);
    assert_int_equal(RUN("channel", "number", "--country", "KE", "0712345678"), EX_OK);
    assert_says("+254712345678");
    assert_int_equal(
        RUN("channel", "number", "--config", config, "--channel", "at", "254712345678"), EX_OK);
    assert_int_equal(RUN("channel", "number", "--form", "any", "x"), EX_DATAERR);
    assert_int_equal(RUN("channel", "number", "--form", "some", "x"), EX_USAGE);
    assert_int_equal(RUN("channel", "number"), EX_USAGE);
}

#define AT_FORM "from=%2B254700000001&to=20880&text=JOIN&id=1&date=2024-05-03+06%3A04%3A45"

static void profiles_are_tried(void **state)
{
    (void)state;
    assert_int_equal(RUN_WITH("POST /in/at HTTP/1.1\nContent-Type: "
                              "application/x-www-form-urlencoded\n\n" AT_FORM,
                              "channel", "decode", "africastalking", "--set", "username=u"),
                     EX_OK);
    assert_says("\"outcome\":\"accept\",\"kind\":\"sms-mo\",\"from\":\"+254700000001\"");
    assert_int_equal(
        RUN_WITH("{\"text\":\"Hello\",\"more\":true}", "channel", "encode", "africastalking-ussd"),
        EX_OK);
    assert_says("CON Hello");
    assert_int_equal(RUN_WITH("{\"from\":\"20880\",\"to\":\"+254700000001\",\"text\":\"Hi\","
                              "\"id\":\"1\"}",
                              "channel", "send", "africastalking", "--set", "username=u", "--set",
                              "apikey=k"),
                     EX_OK);
    assert_says("Hi");
    assert_int_equal(RUN_WITH("[]", "channel", "send", "africastalking"), EX_DATAERR);
    assert_int_equal(RUN_WITH("{}", "channel", "send", "africastalking", "--set", "now=today"),
                     EX_USAGE);
    assert_int_equal(
        RUN_WITH("POST /in/twilio HTTP/1.1\r\nHost: h\r\nContent-Type: "
                 "application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\nBody=x",
                 "channel", "sign", "twilio", "--set", "secret=s", "--set",
                 "public_url=http://h/in/twilio"),
        EX_OK);
    assert_int_equal(strlen(out), 29); /* 20 bytes in base64, and a line end */
    assert_int_equal(RUN_WITH("", "channel", "sign", "africastalking"), EX_DATAERR);
    assert_int_equal(RUN("channel", "decode", "no-such-provider"), EX_CONFIG);
    assert_int_equal(RUN("channel", "decode", "africastalking", "--set", "word"), EX_USAGE);
    assert_int_equal(RUN_WITH("nonsense", "channel", "decode", "africastalking"), EX_DATAERR);
    assert_int_equal(RUN("channel", "bake"), EX_USAGE);
    assert_int_equal(RUN("channel"), EX_USAGE);
}

static void vectors_are_run(void **state)
{
    (void)state;
    assert_int_equal(RUN("channel", "test", "--answers", "tests/vectors/twilio.json"), EX_OK);
    assert_says("ok 1 - twilio");
    write_file("v.json", "[{\"provider\":\"nobody\",\"kind\":\"sms-mo\",\"name\":\"x\"}]");
    assert_int_equal(RUN("channel", "test", in_dir("v.json")), 1);
    assert_says("not ok 1 - nobody sms-mo: x");
    write_file("v.json", "{}");
    assert_int_equal(RUN("channel", "test", in_dir("v.json")), EX_NOINPUT);
    assert_says("is no list of vectors");
    assert_int_equal(RUN("channel", "test", "/nowhere"), EX_NOINPUT);
    assert_says("/nowhere: No such file");
}

static void a_gateway_that_is_away_is_told(void **state)
{
    (void)state;
    assert_int_equal(RUN("channel", "try", "at", "--config", config), EX_UNAVAILABLE);
    assert_says("no answer from http://127.0.0.1:1");
    assert_says("# it is read as");
    assert_int_equal(RUN("channel", "try", "nobody", "--config", config), EX_USAGE);
    assert_int_equal(RUN("channel", "try", "--config", config), EX_USAGE);
    assert_int_equal(RUN("phone", "--from", "07"), EX_USAGE);
    assert_int_equal(RUN("phone", "--script", "/nowhere"), EX_NOINPUT);
    write_file("script", "JOIN\n");
    assert_int_equal(RUN("phone", "--script", in_dir("script"), "--port", "1"), EX_UNAVAILABLE);
    assert_null(strstr(out, "the gateway answered"));
    assert_int_equal(RUN("phone", "--script", in_dir("script"), "--url", "nonsense"), EX_USAGE);
}

static void services_that_cannot_start_say_why(void **state)
{
    (void)state;
    assert_int_equal(RUN("serve", "word"), EX_USAGE);
    assert_int_equal(RUN("serve", "--config", "/nowhere"), EX_CONFIG);
    assert_int_equal(RUN("serve", "--config", config, "--role", "cook"), EX_USAGE);
    assert_int_equal(RUN("serve", "--config", config, "--index", "1"), EX_USAGE);
    write_file("bad.yaml",
               "org: O\nurl: u\nredis_socket: /r\nwriter_conninfo: w\nsender_conninfo: s\n"
               "profiles_dir: /nowhere\nchannels: [{name: a, profile: p, country: KE}]\n");
    assert_int_equal(RUN("serve", "--config", in_dir("bad.yaml")), EX_CONFIG);
    assert_says("/nowhere/p.yaml");
}

static void courses_are_checked_formatted_and_shown(void **state)
{
    (void)state;
    char command[512];
    const char *course = in_dir("course");
    (void)snprintf(command, sizeof(command), "cp -r lessons/children-on-the-move %s", course);
    assert_int_equal(system(command), 0);
    char copy[256];
    (void)snprintf(copy, sizeof(copy), "%s", course);
    assert_int_equal(RUN("lessons", "check", copy), 0);
    assert_int_equal(RUN("lessons", "check", copy, "--format", "json"), 0);
    assert_says("\"errors\":0");
    assert_int_equal(RUN("lessons", "check", copy, "--format", "github"), 0);
    assert_int_equal(RUN("lessons", "check", copy, "--format", "song"), EX_DATAERR);
    assert_int_equal(RUN("lessons", "fmt", copy, "--dry-run"), 0);
    assert_int_equal(RUN("lessons", "fmt", copy), 0);
    assert_int_equal(RUN("lessons", "preview", copy), 0);
    assert_says("<html");
    assert_int_equal(RUN("lessons", "preview", copy, "--transcript"), 0);
    assert_says("-- USSD, 154 septets, page 2 of 2");
    assert_int_equal(RUN("lessons", "forecast", copy), 0);
    assert_says("en by SMS: 123 SMS, 209 parts, ");
    assert_says("en by USSD: 328 screens, 277 keys, 51 sessions; 9 SMS, 11 parts");
    /* A session costs what its channel says, the SMS beside it what theirs does. */
    (void)snprintf(
        command, sizeof(command),
        "sed 's/profile: africastalking,/& price: 0.01,/; s/africastalking-ussd,/& price: "
        "0.02,/; s/^org:/currency: EUR\\n&/' %s > %s",
        config, in_dir("prices.yaml"));
    assert_int_equal(system(command), 0);
    assert_int_equal(RUN("lessons", "forecast", copy, "--config", in_dir("prices.yaml")), 0);
    assert_says("on at: 2.09 EUR");
    assert_says("on at-ussd: 1.13 EUR");
    char begun[256];
    (void)snprintf(begun, sizeof(begun), "%s", in_dir("begun"));
    assert_int_equal(RUN("lessons", "new", begun), 0);
    assert_int_equal(RUN("lessons", "check", begun), 0);
    assert_int_equal(RUN("lessons", "new", begun), 2);
    assert_int_equal(RUN("lessons", "check", "/nowhere"), 2);
    assert_int_equal(RUN("lessons", "bake", copy), 2);
    assert_int_equal(RUN("lessons"), 2);
    assert_int_equal(RUN("lessons", "check", "tests/lessons/invalid/front-values"), 1);
    assert_int_equal(RUN("lessons", "publish", copy, "--config", config), EX_CONFIG);
    assert_says("countries:");
    assert_says("cost:");
    (void)snprintf(command, sizeof(command),
                   "(cat %s; echo 'simulator: on'; echo 'countries: [{code: KE, cost: Free}]') > "
                   "%s",
                   config, in_dir("with_cost.yaml"));
    assert_int_equal(system(command), 0);
    assert_int_equal(RUN("lessons", "publish", copy, "--config", in_dir("with_cost.yaml")),
                     EX_UNAVAILABLE); /* no database */
}

/* A pack of somebody's own, without a course: its texts are checked as those of the skeleton are.
 */
static void a_pack_is_checked_by_itself(void **state)
{
    (void)state;
    char command[2048], pack[256];
    (void)snprintf(pack, sizeof(pack), "%s", in_dir("packs/coast"));
    (void)snprintf(command, sizeof(command),
                   "mkdir -p %s && cp -r lessons/packs/standard/* %s"
                   " && sed -i 's/^pack: standard$/pack: coast/' %s/texts.md",
                   pack, pack, pack);
    assert_int_equal(system(command), 0);
    assert_int_equal(RUN("lessons", "check", "lessons/packs/standard"), 0);
    assert_says("lessons/packs/standard: 0 errors");
    assert_int_equal(RUN("lessons", "check", pack), 0);
    assert_says("packs/coast: 0 errors");
    (void)snprintf(command, sizeof(command), "sed -i 's/{cost}/{cots}/' %s/texts.md", pack);
    assert_int_equal(system(command), 0);
    assert_int_equal(RUN("lessons", "check", pack), 1);
    assert_says("packs/coast/texts.md:");
    assert_says("{cots}");
}

static void transcripts_are_played(void **state)
{
    (void)state;
    assert_int_equal(RUN("talk", "tests/talk/10-lesson.talk"), EX_OK);
    write_file("wrong.talk", "sms>  JOIN\nsms<  something else\n");
    assert_int_equal(RUN("talk", in_dir("wrong.talk")), 1);
    assert_says("wrong.talk:2");
    assert_int_not_equal(RUN("talk", "/nowhere.talk"), EX_OK);
    assert_says("/nowhere.talk: No such file");
    assert_int_equal(RUN("talk"), EX_USAGE);
    write_file("clock.talk", "clock 2025-01-06 09:00 Africa/Nairobi\nsms>  JOIN\nsms<  *\n");
    (void)RUN("talk", "--show", in_dir("clock.talk"));
}

/* A transcript is a test: each kind of line can fail, with what was expected and what came. */
static void transcripts_say_what_went_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *expected, *got;
    } rows[] = {
        {"sms>  JOIN\nsms<  CHILDREN*\nsms<  more\n", 3, "sms<  more", "no SMS"},
        {"sms>  JOIN\n", 1, "no SMS to +254700000001", "sms<  CHILDREN"},
        {"ussd< CON *\n", 1, "ussd<  CON *", "no screen"},
        {"ussd> 1\n", 1, "an open session, or a code to dial, like *384*7#", "ussd>  1"},
        {"ussd> *384*7#\nussd< END *\n", 2, "ussd<  END *", "ussd<  CON CHILDREN"},
        {"ussd> *384*7#\nussd< CON other\n", 2, "ussd<  CON other", "ussd<  CON CHILDREN"},
        {"ussd> *384*7#\nussd> 1\n", 2, "the screen before this line to be asked for",
         "ussd<  CHILDREN"},
        {"drop\n", 1, "an open session of +254700000001", "none"},
        {"more\n", 1, "an open session, and the course's folder", "none"},
        {"repeat 2\n", 1, "a callback that can come again from +254700000001", "none"},
        {"report delivered\n", 1, "an SMS to +254700000001", "none"},
        {"loose\nsms> JOIN\nevent consented\n", 3, "event  consented", "no event"},
        {"sms> JOIN\nsms< *\nevent consented\n", 3, "event  consented", "event  contact"},
        {"sms> JOIN\nsms< *\n", 2, "no event", "event  contact"},
        {"loose\nsms> JOIN\nrefused 503\n", 3, "the callback to be refused", "status 0"},
        {"fail store.commit down always\nfail spool.append down always\nsms> JOIN\nsms> JOIN\n", 4,
         "the callback before this line to be taken", "status 503"},
        {"release\n", 1, "order   done", "order   not done"},
        {"loose\nsms> JOIN\nsms< *\nerase> in vain\n", 4, "order   in vain", "order   done"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char place[32], expected[100], got[100];
        (void)snprintf(place, sizeof(place), "other.talk:%u\n", rows[i].line);
        (void)snprintf(expected, sizeof(expected), "#   expected  %s\n", rows[i].expected);
        (void)snprintf(got, sizeof(got), "#   got       %s", rows[i].got);
        write_file("other.talk", rows[i].text);
        assert_int_equal(RUN("talk", in_dir("other.talk")), 1);
        assert_says(place);
        assert_says(expected);
        assert_says(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_are_checked_and_shown),
        cmocka_unit_test(keys_are_made_in_the_folder),
        cmocka_unit_test(databases_that_are_away_are_named),
        cmocka_unit_test(channels_are_shown_and_paused),
        cmocka_unit_test(channels_are_explained),
        cmocka_unit_test(profiles_are_tried),
        cmocka_unit_test(vectors_are_run),
        cmocka_unit_test(a_gateway_that_is_away_is_told),
        cmocka_unit_test(services_that_cannot_start_say_why),
        cmocka_unit_test(courses_are_checked_formatted_and_shown),
        cmocka_unit_test(a_pack_is_checked_by_itself),
        cmocka_unit_test(transcripts_are_played),
        cmocka_unit_test(transcripts_say_what_went_otherwise),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
