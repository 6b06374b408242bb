/*
 * Only what was shown counts (docs/course-rules.md 1.2 rule 11), as a property of the whole
 * program: phones say things at random by SMS, USSD and calls, sessions drop, callbacks come again
 * or late, the provider and the store go away and come back, and no answer, no consent, no "lesson
 * read" is ever recorded for something that had not stood on that phone, all of it, before. Where
 * several people share the phone, it must have stood there for that one of them: each screen says
 * whom it is for.
 *
 *     test_shown [CONVERSATIONS [SEED]]     as many of one person as of several
 *
 * `./run fuzz 60 conversations` plays 100,000 of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "app/course_bundle.h"
#include "app/course_set.h"
#include "app/shown.h"
#include "core/lesson/parse.h"
#include "core/question.h"
#include "lab/handset.h"
#include "lab/talk/fast.h"
#include "port/lesson_files.h"
#include "port/store/learners.h"

#define CODE "*384*7#"
#define TURNS 40
#define MAX_PEOPLE 32
#define PER_WORLD 50u /* conversations, so that a world does not grow without end */

/* The sanitizers' build is ten times as slow, and is to see memory; the other sees what counts. */
#ifdef __SANITIZE_ADDRESS__
static uint32_t n_conversations = 120;
#else
static uint32_t n_conversations = 600;
#endif
static uint64_t seed = 20260101;

static struct arena *arena;
static const struct course *course;
static struct buf bundle;
static struct talk_fast *fast;
static struct talk_world *world;
static uint32_t n_recorded;
static bool is_shared; /* several people are on each phone */

static uint32_t chance(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* ---- one phone ---- */

static struct phone {
    struct handset handset;
    struct buf seen;           /* all that has stood on it */
    struct buf said;           /* what was done, for a failure */
    struct buf screen, before; /* of USSD: now, and when the input came */
    size_t
        seen_before; /* of seen, when the store went away: what is spooled came before the rest */
    bool is_away;    /* the store */
    uint32_t n_people;
    struct person {
        uint8_t id[16];
        char name[LEARNER_NICKNAME_BYTES];
        size_t since; /* of seen: who had the name before is somebody else */
    } people[MAX_PEOPLE];
} phone;
static uint32_t n_records;   /* that were read of those for PostgreSQL */
static uint32_t n_of_others; /* recorded of who was not the first on the phone */

static void note(const char *what, struct str text)
{
    buf_addf(&phone.said, "%s %.*s\n", what, STR_ARG(text));
}

static void see(const char *what, struct str text)
{
    note(what, text);
    buf_add_char(&phone.seen, '\n');
    buf_add_str(&phone.seen, text);
}

/* The whole conversation: what matters may lie far back. */
static void fail_with(const char *what, struct str event)
{
    (void)fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&phone.said)));
    fail_msg("%s: %.*s", what, STR_ARG(event));
}

/* ---- who is on the phone ---- */

static void meet(const struct learner *l)
{
    static const uint8_t nobody[sizeof(l->learner_id)];
    uint32_t i = 0;
    while (i < phone.n_people && memcmp(phone.people[i].id, l->learner_id, sizeof(nobody)) != 0)
        i++;
    if (memcmp(l->learner_id, nobody, sizeof(nobody)) == 0)
        return;
    assert_true(i < MAX_PEOPLE);
    struct person *person = &phone.people[i];
    if (i == phone.n_people) {
        memcpy(person->id, l->learner_id, sizeof(person->id));
        person->since = phone.n_people++ == 0 ? 0 : phone.seen.len;
    }
    memcpy(person->name, l->nickname, sizeof(person->name));
}

static void on_loaded(void *ctx, enum err e, const struct store_record *record)
{
    struct learner learner, other;
    (void)ctx;
    if (e != ERR_OK || record->state.len == 0)
        return;
    assert_int_equal(learner_decode(record->state, &learner), ERR_OK);
    meet(&learner);
    for (uint32_t i = 0; i < learner_n_others(&learner); i++) {
        if (learner_other(&learner, i, &other) == ERR_OK)
            meet(&other);
    }
}

static void meet_people(void)
{
    struct number_id id = vault_number_id(fast->vault, str_from(phone.handset.number));
    store_load(fast->store, &id, on_loaded, NULL);
    loop_mem_settle(fast->loop);
}

/* ---- what an event claims ---- */

static struct str last_word(struct str text)
{
    size_t from = text.len;
    while (from > 0 && text.p[from - 1] != ' ' && text.p[from - 1] != '\n')
        from--;
    return str_sub(text, from, text.len);
}

static const struct person *whose(struct str learner_id)
{
    char uuid[37];
    for (uint32_t i = 0; i < phone.n_people; i++) {
        event_uuid(phone.people[i].id, uuid);
        if (str_eq(str_from(uuid), learner_id))
            return &phone.people[i];
    }
    return NULL;
}

/* The part, and where several share the phone behind it whom it is for: name_people(). */
static bool has_seen(size_t from, size_t seen, struct str part, const char *name)
{
    struct str all = {phone.seen.p, seen};
    struct buf text CLEANUP(buf_fini);
    buf_init(&text, COURSE_MAX_TEXT_BYTES);
    buf_add_str(&text, part);
    if (is_shared)
        buf_addf(&text, "<%s", name);
    return str_find(str_sub(all, from, seen), buf_str(&text)) != SIZE_MAX;
}

/* Is what stood there last with somebody's name behind it of this person? */
static bool is_last(const struct person *person, struct str all)
{
    size_t at = all.len;
    while (at > 0 && all.p[at - 1] != '<')
        at--;
    struct str name = str_sub(all, at, all.len);
    name = str_split(&name, '\n');
    name = str_split(&name, ' '); /* of an SMS that folds */
    bool is_first = person == &phone.people[0];
    return str_eq(name, str_from(person->name)) || (is_first && name.len == 0);
}

/* An answer is one to what stands there last: on the screen that it was typed on, by SMS on the
 * phone. */
static void expect_last(const struct person *person, bool is_ussd, size_t seen, struct str event)
{
    struct str all = is_ussd ? buf_str(&phone.before) : (struct str){phone.seen.p, seen};
    if (is_shared && !is_last(person, all))
        fail_with("recorded, but what stood there last is somebody else's", event);
}

static void expect_seen(const struct person *person, struct str part, size_t seen, struct str event)
{
    size_t from = person->since < seen ? person->since : seen;
    bool is_first = person == &phone.people[0]; /* had no name at first */
    if (!has_seen(from, seen, part, person->name) && !(is_first && has_seen(from, seen, part, "")))
        fail_with("recorded, but this had not been shown to this person", event);
    n_recorded++;
    n_of_others += !is_first;
}

/* seen: bytes of phone.seen that stood there when the input came. */
static void check_event(const struct person *person, const json_t *event, struct str line,
                        bool is_ussd, size_t seen)
{
    const char *kind = json_string_value(json_object_get(event, "kind"));
    bool is_answer = strcmp(kind, "answered") == 0;
    bool is_read = strcmp(kind, "lesson_read") == 0;
    if (strcmp(kind, "consented") == 0)
        expect_seen(person, STR("Reply 1 to agree"), seen, line);
    if (!is_answer && !is_read)
        return;
    if (is_answer)
        expect_last(person, is_ussd, seen, line);
    const char *id = json_string_value(json_object_get(event, "unit"));
    const struct unit *unit = course_unit(course, str_from(id));
    assert_non_null(unit);
    if (is_read) {
        struct str end = last_word(unit->screens[unit->n_screens - 1]);
        expect_seen(person, end, seen, line);
        return;
    }
    const struct question *q = unit->question;
    expect_seen(person, q->stem, seen, line);
    if (q->n_choices > 0)
        expect_seen(person, q->choices[q->n_choices - 1].text, seen, line);
}

/* Phones that had their conversation before are in this world, too. */
static bool is_of_phone(const json_t *record)
{
    struct number_id id = vault_number_id(fast->vault, str_from(phone.handset.number));
    struct str hex = str_from(json_string_value(json_object_get(record, "number_id")));
    bool is_same = hex.len == 2 * sizeof(id.bytes);
    char byte[3];
    for (size_t i = 0; i < sizeof(id.bytes) && is_same; i++) {
        (void)snprintf(byte, sizeof(byte), "%02x", id.bytes[i]);
        is_same = memcmp(byte, hex.p + 2 * i, 2) == 0;
    }
    return is_same;
}

/* Of what PostgreSQL gets. */
static void check_records(size_t seen)
{
    for (; n_records < talk_fast_n_records(fast); n_records++) {
        struct str line = talk_fast_record(fast, n_records);
        json_t *root = json_loadb(line.p, line.len, 0, NULL);
        const char *id = json_string_value(json_object_get(root, "learner_id"));
        const char *via = json_string_value(json_object_get(root, "via"));
        bool is_ussd = via != NULL && strcmp(via, "ussd") == 0;
        const json_t *events = json_object_get(root, "events");
        for (size_t i = 0; i < json_array_size(events) && is_of_phone(root); i++) {
            const struct person *person = whose(str_from(id));
            if (person != NULL)
                check_event(person, json_array_get(events, i), line, is_ussd, seen);
            else
                fail_with("of somebody who is not on this phone", line);
        }
        json_decref(root);
    }
}

/* ---- turns ---- */

/* seen: as it was before the turn. */
static void settle(size_t seen)
{
    struct buf got CLEANUP(buf_fini);
    buf_init(&got, 65536);
    while (world->ops->next_event(world, &got) == ERR_OK)
        buf_reset(&got);
    meet_people();
    check_records(phone.is_away ? phone.seen_before : seen);
    while (world->ops->next_sms(world, phone.handset.number, false, &got) == ERR_OK) {
        see("sms<", buf_str(&got));
        buf_reset(&got);
    }
}

static void post(void)
{
    size_t seen = phone.seen.len;
    struct talk_response answer;
    struct handset *h = &phone.handset;
    struct str screen;
    bool is_open;
    buf_reset(&phone.before);
    buf_add_str(&phone.before, buf_str(&phone.screen));
    enum err e = world->ops->post(world, h->path, buf_str(&h->body), 1, &answer);
    if (e != ERR_OK)
        fail_with("the gateway does not come to rest", str_from(err_name(e)));
    settle(seen);
    if (h->is_ussd && answer.body.len > 0 &&
        handset_read_screen(h, answer.status, answer.body, &screen, &is_open) == ERR_OK) {
        see("ussd<", screen);
        buf_reset(&phone.screen);
        buf_add_str(&phone.screen, screen);
    }
}

static const char *some_text(void)
{
    static const char *const keys[] = {"1", "1", "1", "2", "2", "3", "9", "9", "9", "9", "0"};
    static const char *const words[] = {"HELP",   "MENU", "00",   "NEXT", "BACK", "SCORE", "13",
                                        "soap",   "sick", "SAFE", "x",    "STOP", "JOIN",  "CERT",
                                        "REPEAT", "1 3",  "4",    "good", "yes",  "LANG"};
    static const char *const people[] = {"SWITCH", "SWITCH", "SWITCH ANA", "SWITCH BO", "ANA",
                                         "BO",     "1234",   "LEAVE",      "DELETE",    "DELETE 1"};
    if (is_shared && chance(6) == 0)
        return people[chance(ARRAY_LEN(people))];
    return chance(5) > 0 ? keys[chance(ARRAY_LEN(keys))] : words[chance(ARRAY_LEN(words))];
}

static void say(const char *text)
{
    note("sms>", str_from(text));
    handset_send_sms(&phone.handset, str_from(text), world->ops->now(world));
    post();
}

/* Two people, who have agreed: the second one with or without a PIN. */
static void share(void)
{
    static const char *const texts[] = {"JOIN", "1", "0", "SWITCH", "Ana", "0", "2", "Bo"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        say(texts[i]);
    say(chance(3) == 0 ? "1234" : "0");
    say("1");
}

static void send_sms(void)
{
    say(phone.handset.n_sms == 0 ? "JOIN" : some_text());
}

static void use_ussd(void)
{
    const char *text = phone.handset.is_in_session ? some_text() : CODE;
    note("ussd>", str_from(text));
    if (phone.handset.is_in_session)
        handset_answer(&phone.handset, str_from(text));
    else
        handset_dial(&phone.handset, str_from(text));
    post();
}

static void call(void)
{
    note("call>", STR(""));
    handset_call(&phone.handset);
    post();
}

static void drop(void)
{
    bool is_quiet = chance(2) == 0;
    if (!phone.handset.is_in_session)
        return;
    note("drop", STR(""));
    if (handset_drop(&phone.handset, is_quiet, world->ops->now(world)) && !is_quiet)
        post();
}

static void fail_port(const char *port, const char *action, enum err e, uint32_t n)
{
    struct talk_line line = {.port = str_from(port), .action = str_from(action), .fail = e, .n = n};
    note("fail", line.port);
    assert_int_equal((world->ops->fail)(world, &line), ERR_OK); /* cmocka has a macro fail() */
}

static void let_pass(int64_t ms)
{
    size_t seen = phone.seen.len;
    assert_int_equal(world->ops->wait(world, ms), ERR_OK);
    settle(seen);
}

/* A few SMS in a row, before any of them can be handled. */
static void lose_the_store(void)
{
    fail_port("store", "*", ERR_UNAVAILABLE, UINT32_MAX);
    phone.seen_before = phone.seen.len;
    phone.is_away = true;
    for (uint32_t n = 1 + chance(3); n > 0; n--)
        send_sms();
    fail_port("store", "*", ERR_OK, 0);
    let_pass(10000);
    phone.is_away = false;
}

static void turn(void)
{
    static const int64_t waits_ms[] = {1000, 30000, 3600000, 90000000};
    uint32_t what = chance(41);
    if (what < 16)
        send_sms();
    else if (what == 40)
        call();
    else if (what < 33)
        use_ussd();
    else if (what < 35)
        drop();
    else if (what == 35)
        fail_port("sender", "post", ERR_TIMEOUT, 1 + chance(2));
    else if (what == 36)
        fail_port("sender", "post", ERR_UNAVAILABLE, 1);
    else if (what == 37)
        lose_the_store();
    else if (what == 38 && phone.handset.path != NULL)
        post(); /* the same callback again */
    else
        let_pass(waits_ms[chance(ARRAY_LEN(waits_ms))]);
}

static void converse(uint32_t i)
{
    char number[HANDSET_NUMBER_BYTES];
    (void)snprintf(number, sizeof(number), "+2547%08u", i);
    handset_init(&phone.handset, number, CODE, "shown");
    buf_reset(&phone.seen);
    buf_reset(&phone.said);
    buf_reset(&phone.screen);
    phone.n_people = 0;
    if (is_shared && chance(8) > 0)
        share();
    for (int k = 0; k < TURNS; k++)
        turn();
    fail_port("sender", "post", ERR_OK, 0);
    handset_fini(&phone.handset);
}

static void load_course(const char *dir)
{
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    arena = arena_new(LESSON_ARENA_BYTES);
    assert_int_equal(lesson_files_read(dir, arena, &files, &n, &msg), ERR_OK);
    if (lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    assert_int_equal(course_bundle_write(files, n, &bundle), ERR_OK);
}

static void put_text(struct course *c, enum course_text text, const char *words)
{
    c->texts[text] = str_from(words);
    c->texts[course_text_on_ussd(text)] = str_from(words);
}

/* What is answered says behind each of its parts for whom it is. No author may write that. */
static void name_people(void)
{
    const struct course *served = courses_current(course_set_courses(fast->courses));
    struct course *c;
    memcpy(&c, &served, sizeof(c));
    put_text(c, COURSE_TEXT_question, "{n}/{of} {stem}<{name}\n{options}<{name}");
    put_text(c, COURSE_TEXT_question_open, "{n}/{of} {stem}<{name}");
    put_text(c, COURSE_TEXT_lesson, "M{module} {n}/{of}: {text}<{name}");
    put_text(c, COURSE_TEXT_consent, "HANDWASHING by {org}. Reply 1 to agree<{name}");
}

static void open_world(const char *name)
{
    struct errmsg msg = {""};
    struct talk_fast_settings settings = {.profiles_dir = "config/profiles",
                                          .course_name = str_from(name),
                                          .bundle = buf_str(&bundle),
                                          .start = {1736143200000},
                                          .seed = seed};
    talk_fast_free(fast);
    if (talk_fast_new(&settings, &fast, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    world = talk_fast_world(fast);
    n_records = 0;
    if (is_shared)
        name_people();
}

static void play(const char *dir, const char *name)
{
    n_recorded = n_of_others = 0;
    load_course(dir);
    buf_init(&phone.seen, 1u << 20);
    buf_init(&phone.said, 1u << 20);
    buf_init(&phone.screen, 1u << 16);
    buf_init(&phone.before, 1u << 16);
    for (uint32_t i = 0; i < n_conversations; i++) {
        if (i % PER_WORLD == 0)
            open_world(name);
        converse(i % PER_WORLD);
    }
    talk_fast_free(fast);
    fast = NULL;
    print_message("%u conversations, %u facts, %u of them of others on the phone\n",
                  n_conversations, n_recorded, n_of_others);
    assert_true(n_recorded > n_conversations); /* they did learn something */
    buf_fini(&phone.seen);
    buf_fini(&phone.said);
    buf_fini(&phone.screen);
    buf_fini(&phone.before);
    buf_fini(&bundle);
    arena_free(arena);
}

static void only_what_was_shown_counts(void **state)
{
    (void)state;
    is_shared = false;
    play("tests/lessons/handwashing", "handwashing@1.0.0");
}

static void nobody_answers_for_somebody_else(void **state)
{
    (void)state;
    is_shared = true;
    play("tests/lessons/shared", "shared@1.0.0");
    assert_true(n_of_others > n_conversations / 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_shown_counts),
        cmocka_unit_test(nobody_answers_for_somebody_else),
    };
    if (argc > 1)
        n_conversations = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
