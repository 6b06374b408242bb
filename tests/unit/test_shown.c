/*
 * Only what was shown counts (docs/course-rules.md 1.2 rule 11), as a property of the whole
 * program: phones say things at random by SMS, USSD and calls, sessions drop, callbacks come again
 * or late, the provider and the store go away and come back, and no answer, no consent, no "lesson
 * read" is ever recorded for something that had not stood on that phone, all of it, before.
 *
 *     test_shown [CONVERSATIONS [SEED]]
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

#include "app/course_set.h"
#include "app/shown.h"
#include "core/lesson/parse.h"
#include "lab/handset.h"
#include "lab/talk/run.h"
#include "port/lesson_files.h"

#define COURSE "tests/lessons/handwashing"
#define CODE "*384*7#"
#define TURNS 40
#define PER_WORLD 50u /* conversations, so that a world does not grow without end */

static uint32_t n_conversations = 3000;
static uint64_t seed = 20260101;

static struct arena *arena;
static const struct course *course;
static struct buf bundle;
static struct talk_world *world;
static uint32_t n_recorded;

static uint32_t chance(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* ---- one phone ---- */

static struct phone {
    struct handset handset;
    struct buf seen; /* all that has stood on it */
    struct buf said; /* what was done, for a failure */
    size_t
        seen_before; /* of seen, when the store went away: what is spooled came before the rest */
    bool is_away;    /* the store */
} phone;

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

/* ---- what an event claims ---- */

static struct str member(struct str event, const char *name)
{
    char key[16];
    (void)snprintf(key, sizeof(key), " %s=", name);
    size_t at = str_find(event, str_from(key));
    if (at == SIZE_MAX)
        return STR_NONE;
    struct str rest = str_sub(event, at + strlen(key), event.len);
    return str_split(&rest, ' ');
}

static struct str last_word(struct str text)
{
    size_t from = text.len;
    while (from > 0 && text.p[from - 1] != ' ' && text.p[from - 1] != '\n')
        from--;
    return str_sub(text, from, text.len);
}

static void expect_seen(struct str part, size_t seen, struct str event)
{
    if (str_find((struct str){phone.seen.p, seen}, part) == SIZE_MAX)
        fail_with("recorded, but this had not been shown", event);
    n_recorded++;
}

/* seen: bytes of phone.seen that stood there when the input came. */
static void check_event(struct str event, size_t seen)
{
    bool is_answer = str_starts(event, STR("answered "));
    bool is_read = str_starts(event, STR("lesson_read "));
    if (str_starts(event, STR("consented")))
        expect_seen(STR("Reply 1 to agree"), seen, event);
    if (!is_answer && !is_read)
        return;
    const struct unit *unit = course_unit(course, member(event, "unit"));
    assert_non_null(unit);
    if (is_read) {
        expect_seen(last_word(unit->screens[unit->n_screens - 1]), seen, event);
        return;
    }
    const struct question *q = unit->question;
    expect_seen(q->stem, seen, event);
    if (q->n_choices > 0)
        expect_seen(q->choices[q->n_choices - 1].text, seen, event);
}

/* ---- turns ---- */

/* seen: as it was before the turn. */
static void settle(size_t seen)
{
    struct buf got CLEANUP(buf_fini);
    buf_init(&got, 65536);
    while (world->ops->next_event(world, &got) == ERR_OK) {
        check_event(buf_str(&got), phone.is_away ? phone.seen_before : seen);
        buf_reset(&got);
    }
    while (world->ops->next_sms(world, phone.handset.number, false, &got) == ERR_OK) {
        see("sms<", buf_str(&got));
        buf_reset(&got);
    }
}

static void post(void)
{
    size_t seen = phone.seen.len;
    struct talk_answer answer;
    struct handset *h = &phone.handset;
    struct str screen;
    bool is_open;
    enum err e = world->ops->post(world, h->path, buf_str(&h->body), 1, &answer);
    if (e != ERR_OK)
        fail_with("the gateway does not come to rest", str_from(err_name(e)));
    settle(seen);
    if (h->is_ussd && answer.body.len > 0 &&
        handset_read_screen(h, answer.status, answer.body, &screen, &is_open) == ERR_OK)
        see("ussd<", screen);
}

static const char *some_text(void)
{
    static const char *const keys[] = {"1", "1", "1", "2", "2", "3", "9", "9", "9", "9", "0"};
    static const char *const words[] = {"HELP",   "MENU", "00",   "NEXT", "BACK", "SCORE", "13",
                                        "soap",   "sick", "SAFE", "x",    "STOP", "JOIN",  "CERT",
                                        "REPEAT", "1 3",  "4",    "good", "yes",  "LANG"};
    return chance(5) > 0 ? keys[chance(ARRAY_LEN(keys))] : words[chance(ARRAY_LEN(words))];
}

static void send_sms(void)
{
    const char *text = phone.handset.n_sms == 0 ? "JOIN" : some_text();
    note("sms>", str_from(text));
    handset_send_sms(&phone.handset, str_from(text), world->ops->now(world));
    post();
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
    for (int k = 0; k < TURNS; k++)
        turn();
    fail_port("sender", "post", ERR_OK, 0);
    handset_fini(&phone.handset);
}

static void load_course(void)
{
    struct lesson_file *files;
    struct errmsg msg = {""};
    uint32_t n;
    arena = arena_new(LESSON_ARENA_BYTES);
    assert_int_equal(lesson_files_read(COURSE, arena, &files, &n, &msg), ERR_OK);
    if (lesson_load(files, n, arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    buf_init(&bundle, COURSE_MAX_BYTES + 65536);
    assert_int_equal(course_bundle_write(files, n, &bundle), ERR_OK);
}

static void only_what_was_shown_counts(void **state)
{
    (void)state;
    struct errmsg msg = {""};
    struct talk_fast *fast = NULL;
    load_course();
    buf_init(&phone.seen, 1u << 20);
    buf_init(&phone.said, 1u << 20);
    for (uint32_t i = 0; i < n_conversations; i++) {
        struct talk_fast_settings settings = {.profiles_dir = "config/profiles",
                                              .course_name = STR("handwashing@1.0.0"),
                                              .bundle = buf_str(&bundle),
                                              .start = {1736143200000}};
        if (i % PER_WORLD == 0) {
            talk_fast_free(fast);
            if (talk_fast_new(&settings, &fast, &msg) != ERR_OK)
                fail_msg("%s", msg.text);
            world = talk_fast_world(fast);
        }
        converse(i % PER_WORLD);
    }
    talk_fast_free(fast);
    print_message("%u conversations, %u facts\n", n_conversations, n_recorded);
    assert_true(n_recorded > n_conversations); /* they did learn something */
    buf_fini(&phone.seen);
    buf_fini(&phone.said);
    buf_fini(&bundle);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_shown_counts),
    };
    if (argc > 1)
        n_conversations = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
