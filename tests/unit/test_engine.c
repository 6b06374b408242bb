#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine/engine.h"
#include "core/gsm/gsm.h"
#include "port/lesson_files.h"

/* One learner of the real English course, without anything around the engine. */
static struct courses courses;
static struct arena *course_arena, *arena;
static struct learner learner;
static struct outcome out;
static struct wall_ms now;
static enum via via;

static const struct zone nairobi = {.n = 1, .changes = {{INT64_MIN, 180}}};
static const struct engine_context context = {
    .org = {"Red Cross", 9},
    .url = {"example.org/c", 13},
    .code = {"*384*7#", 7},
    .contact = {"Red Cross, 0800 7000,", 21},
    .zone = &nairobi,
    .emergency = {"999", 3},
    .helpline = {"116", 3},
};

static struct lesson_file files[2 * LESSON_MAX_FILES];
static uint32_t n_files;

/* Adds the files of a folder that are not there yet. */
static bool add_files(const char *dir)
{
    struct lesson_file *read;
    uint32_t n;
    struct errmsg msg;
    if (lesson_files_read(dir, course_arena, &read, &n, &msg) != ERR_OK)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        bool is_there = false;
        for (uint32_t k = 0; k < n_files; k++)
            is_there |= str_eq(files[k].name, read[i].name);
        if (!is_there)
            files[n_files++] = read[i];
    }
    return true;
}

/* A course folder, completed from another one when that is not NULL. */
static int load(const char *dir, const char *base)
{
    const struct course *course;
    struct errmsg msg = {"the folder cannot be read"};
    course_arena = arena_new(LESSON_ARENA_BYTES);
    arena = arena_new(65536);
    n_files = 0;
    if (!add_files(dir) || (base != NULL && !add_files(base)) ||
        lesson_load(files, n_files, course_arena, &course, &msg) != ERR_OK) {
        (void)fprintf(stderr, "%s\n", msg.text);
        return 1;
    }
    courses = (struct courses){.list = {course}, .n = 1};
    return 0;
}

static int load_course(void **state)
{
    (void)state;
    return load("lessons/children-on-the-move", NULL);
}

static int load_all_kinds(void **state)
{
    (void)state;
    learner_init(&learner);
    now = (struct wall_ms){1732433860000};
    via = VIA_SMS;
    return load("tests/lessons/valid/all-kinds", "tests/lessons/base");
}

static int free_course(void **state)
{
    (void)state;
    arena_free(course_arena);
    arena_free(arena);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    learner_init(&learner);
    now = (struct wall_ms){1732433860000};
    via = VIA_SMS;
    return 0;
}

static void step_kind(enum input_kind kind, const char *text)
{
    struct input input = {
        .kind = kind, .via = via, .text = str_from(text), .now = now, .is_shown = true};
    input.is_erase_asked = out.is_erase_asked;
    memset(input.seed, 0x42, sizeof(input.seed));
    arena_reset(arena);
    assert_int_equal(engine_step(&courses, &context, &learner, &input, arena, &out), ERR_OK);
    learner = out.next;
    now.ms += 60000;
}

/* Says something by SMS or into the USSD session. */
static void say(const char *text)
{
    step_kind(INPUT_TEXT, text);
}

static void expect_state(enum learner_state state)
{
    assert_string_equal(learner_state_name(learner.state), learner_state_name(state));
}

static void expect_reply(const char *part)
{
    if (str_find(out.reply, str_from(part)) == SIZE_MAX)
        fail_msg("expected \"%s\" in:\n%.*s", part, STR_ARG(out.reply));
}

static void expect_silence(void)
{
    if (out.reply.p != NULL)
        fail_msg("expected silence, got:\n%.*s", STR_ARG(out.reply));
}

static bool has_event(enum event_kind kind)
{
    for (uint32_t i = 0; i < out.n_events; i++) {
        if (out.events[i].kind == kind)
            return true;
    }
    return false;
}

/* "2" for the right option of the question that is open. */
static const char *key_of(struct str unit_id, bool is_right)
{
    static char text[4];
    const struct unit *unit = course_unit(courses.list[0], unit_id);
    const struct question *q = unit->question;
    for (uint8_t i = 0; i < q->n_choices; i++) {
        if (q->choices[i].is_right == is_right) {
            (void)snprintf(text, sizeof(text), "%u", i + 1u);
            return text;
        }
    }
    return "1";
}

static void answer(bool is_right)
{
    say(key_of(str_from(learner.unit), is_right));
}

static void join(void)
{
    say("JOIN");
    say("1");
    say("0");
}

static void answer_test(bool is_right)
{
    for (int i = 0; i < 7; i++)
        answer(is_right);
}

static void answer_test_and_plan(bool is_right)
{
    answer_test(is_right);
    expect_state(LEARNER_STATE_PLAN);
    say("3");
}

static void pass_module(bool is_right)
{
    while (learner.state == LEARNER_STATE_LESSON)
        say("9");
    while (learner.state == LEARNER_STATE_QUIZ || learner.state == LEARNER_STATE_RECALL)
        answer(is_right);
    expect_state(LEARNER_STATE_MODULE_DONE);
}

static void pass_course(void)
{
    join();
    answer_test_and_plan(false);
    for (int m = 1; m <= 7; m++) {
        pass_module(true);
        say("9");
    }
    expect_state(LEARNER_STATE_POSTTEST);
}

static void joining_takes_two_steps(void **state)
{
    (void)state;
    say("hello");
    static const uint8_t uuid[] = {0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, /* version 4 */
                                   0x82, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42};
    assert_memory_equal(learner.learner_id, uuid, sizeof(uuid));
    expect_reply("JOIN");
    assert_true(has_event(EVENT_contact));
    assert_int_equal(out.wake_at_ms, 1732433860000 + 7 * 86400000LL);
    say("join");
    expect_state(LEARNER_STATE_CONSENT);
    expect_reply("Reply 1 to agree");
    assert_int_equal(learner.consent_ms, 0);
    say("1");
    assert_true(has_event(EVENT_consented));
    expect_state(LEARNER_STATE_ROLE);
    say("2");
    assert_int_equal(learner.role, 2);
    expect_state(LEARNER_STATE_PRETEST);
    expect_reply("1/7");
}

static void no_consent_no_course(void **state)
{
    (void)state;
    say("join");
    say("maybe");
    expect_reply("Reply 1");
    say("next");
    expect_state(LEARNER_STATE_CONSENT);
    say("no");
    expect_state(LEARNER_STATE_STOPPED);
    say("whatever");
    expect_silence();
}

static void a_number_without_consent_is_forgotten_after_seven_days(void **state)
{
    (void)state;
    say("join");
    int64_t wake_at_ms = out.wake_at_ms;
    now.ms = wake_at_ms - 1;
    step_kind(INPUT_TIMER, "");
    assert_false(out.is_erased);
    now.ms = wake_at_ms;
    step_kind(INPUT_TIMER, "");
    assert_true(out.is_erased);
    assert_true(has_event(EVENT_erased));
    expect_silence();
}

static void the_whole_course_ends_with_a_certificate_and_a_survey(void **state)
{
    (void)state;
    pass_course();
    answer_test(true);
    expect_state(LEARNER_STATE_CERTIFIED);
    assert_true(has_event(EVENT_course_completed));
    assert_true(has_event(EVENT_certified));
    expect_reply("100%");
    assert_int_not_equal(learner.certificate, 0);
    say("1");
    assert_true(has_event(EVENT_survey_started));
    const char *answers[] = {"5", "9", "4", "4", "2", "3", "NEXT", "More examples please"};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        expect_state(LEARNER_STATE_SURVEY);
        say(answers[i]);
    }
    assert_true(has_event(EVENT_survey_completed));
    expect_state(LEARNER_STATE_DONE);
    say("cert");
    expect_reply("Certificate code");
    /* a month later, and ten weeks */
    now.ms = out.wake_at_ms;
    step_kind(INPUT_TIMER, "");
    for (int i = 0; i < 3; i++) {
        expect_state(LEARNER_STATE_RECALL);
        answer(true);
        assert_int_equal(out.events[0].phase, EVENT_PHASE_RECALL);
    }
    expect_reply("You had 3 of 3 right");
    expect_state(LEARNER_STATE_DONE);
    now.ms = out.wake_at_ms;
    step_kind(INPUT_TIMER, "");
    expect_state(LEARNER_STATE_FOLLOWUP);
    assert_true(has_event(EVENT_followup_sent));
    say("2");
    assert_string_equal(learner.unit, "w3"); /* w2 is for those who used it */
    say("4");
    expect_state(LEARNER_STATE_DONE);
    assert_true(has_event(EVENT_followup_completed));
}

/* All was set by a clock a year ahead. The longest wait there is is a pause of two weeks: once
 * until the timer sees it and once more, each time with two days to the reminder. */
static void a_clock_that_was_ahead_keeps_nobody_waiting(void **state)
{
    (void)state;
    join();
    answer_test_and_plan(false);
    int64_t ahead_ms = now.ms + 365 * DAY_MS, latest_ms = now.ms + 33 * DAY_MS;
    learner.pushed_ms = learner.paused_ms = learner.pin_until_ms = ahead_ms;
    learner.wrote_ms = learner.closed_ms = ahead_ms;
    say("NEXT");
    for (out.purpose = NULL; out.purpose == NULL;) {
        now.ms = out.wake_at_ms;
        assert_in_range(now.ms, 1, latest_ms);
        step_kind(INPUT_TIMER, "");
    }
    assert_string_equal(out.purpose, "reminder");
    assert_in_range(learner.wrote_ms, 1, now.ms);
    assert_in_range(learner.closed_ms, 1, now.ms);
    learner.is_locked = true;
    learner.pin_hash[0] = 1;
    say("1234");
    expect_reply("1440"); /* minutes are a day */
}

static void three_messages_a_day_reach_a_person(void **state)
{
    (void)state;
    uint32_t n = 0;
    join();
    for (int i = 0; i < 300; i++) { /* minutes */
        say("ASK where is your office");
        n += has_event(EVENT_asked);
    }
    assert_int_equal(n, 3);
    now.ms += DAY_MS;
    say("ASK where is your office");
    assert_true(has_event(EVENT_asked));
}

/* From the end of the course on, survey or not, and by day only where the learner is. */
static void the_follow_up_comes_by_day_without_a_survey(void **state)
{
    (void)state;
    const int64_t hour_ms = 3600000, day_ms = 24 * hour_ms;
    static const int completed_at[] = {2, 6, 12, 16, 20}; /* UTC; three hours later there */
    for (size_t i = 0; i < ARRAY_LEN(completed_at); i++) {
        (void)fresh(NULL);
        pass_course();
        learner.sent = LEARNER_SENT_RETENTION;
        int64_t midnight_ms = now.ms / day_ms * day_ms + day_ms;
        now.ms = midnight_ms + completed_at[i] * hour_ms;
        answer_test(true);
        expect_state(LEARNER_STATE_CERTIFIED); /* and the invitation is never answered */
        int64_t due_ms = out.wake_at_ms;
        int64_t local_hour = (due_ms + 3 * hour_ms) % day_ms / hour_ms;
        assert_in_range(local_hour, 8, 19);
        assert_in_range(due_ms - midnight_ms, 70 * day_ms, 72 * day_ms);
        now.ms = due_ms - 1;
        step_kind(INPUT_TIMER, "");
        expect_silence();
        now.ms = due_ms + 14 * hour_ms; /* the timer was late, and this is not the time */
        step_kind(INPUT_TIMER, "");
        expect_silence();
        assert_in_range(out.wake_at_ms - now.ms, 0, day_ms);
        now.ms = out.wake_at_ms;
        step_kind(INPUT_TIMER, "");
        expect_state(LEARNER_STATE_FOLLOWUP);
        assert_true(has_event(EVENT_followup_sent));
        now.ms += 30 * day_ms; /* what has no score is never late */
        say("2");
        assert_true(has_event(EVENT_answered));
        say("4");
        expect_state(LEARNER_STATE_DONE);
        assert_int_equal(out.wake_at_ms, 0); /* once */
    }
}

static void a_failed_test_can_be_tried_again_a_day_later_twice(void **state)
{
    (void)state;
    pass_course();
    answer_test(false);
    expect_state(LEARNER_STATE_RETAKE);
    say("next");
    expect_reply("24 h.");
    expect_state(LEARNER_STATE_RETAKE);
    now.ms += 24 * 3600000LL;
    say("next");
    expect_state(LEARNER_STATE_POSTTEST);
    answer_test(false);
    assert_false(has_event(EVENT_course_completed)); /* once only */
    now.ms += 24 * 3600000LL;
    say("next");
    answer_test(false);
    expect_state(LEARNER_STATE_SURVEY);
    expect_reply("last try");
    say("2");
    assert_true(has_event(EVENT_survey_declined));
    expect_state(LEARNER_STATE_DONE);
    say("cert"); /* of the modules, which were finished all the same */
    expect_reply("Certificates of modules: M1");
    static const char *const words[] = {"next", "repeat"};
    for (size_t i = 0; i < ARRAY_LEN(words);
         i++) { /* no circle, and no word of what is not there */
        say(words[i]);
        expect_reply("of 7 right in the last test");
        assert_int_equal(str_find(out.reply, STR("CERT")), SIZE_MAX);
        assert_int_equal(str_find(out.reply, STR("NEXT")), SIZE_MAX);
        assert_int_equal(str_find(out.reply, STR("certificate")), SIZE_MAX);
    }
}

static void feedback_says_why_and_never_wrong(void **state)
{
    (void)state;
    join();
    answer_test_and_plan(true);
    while (learner.state == LEARNER_STATE_LESSON)
        say("next");
    answer(false);
    expect_reply("Not quite. 3 is right: 18.");
    assert_int_equal(out.events[0].correct, 0);
    answer(true);
    expect_reply("Right.");
    assert_int_equal(str_find(out.reply, STR("rong")), SIZE_MAX);
}

/* Every way to say 3 counts; a question is answered once. */
static void answers_are_tolerant(void **state)
{
    (void)state;
    static const char *const threes[] = {"3",  "3.",    "(3)", "no 3",    "C",
                                         "c)", "three", "18",  "\xd9\xa3"};
    for (size_t i = 0; i < ARRAY_LEN(threes); i++) {
        (void)fresh(NULL);
        join();
        answer_test_and_plan(true);
        while (learner.state == LEARNER_STATE_LESSON)
            say("9");
        assert_string_equal(learner.unit, "m1q1");
        say(threes[i]);
        assert_int_equal(out.events[0].choice, 3);
        assert_string_equal(learner.unit, "m1q2");
    }
}

/* What has not reached the phone has not been read. */
static void a_call_goes_on_from_what_was_shown_only(void **state)
{
    (void)state;
    struct input input = {.kind = INPUT_CALL, .via = VIA_CALL, .text = STR(""), .now = now};
    learner_init(&learner);
    learner.consent_ms = 1;
    learner.learner_id[0] = 1;
    learner.course_key = courses.list[0]->key;
    learner.state = LEARNER_STATE_LESSON;
    assert_int_equal(str_copy(STR("m1s"), learner.unit, sizeof(learner.unit)), ERR_OK);
    assert_int_equal(engine_step(&courses, &context, &learner, &input, arena, &out), ERR_OK);
    assert_int_equal(out.n_events, 0);
    assert_string_equal(out.next.unit, "m1s");
    assert_true(str_find(out.reply, STR("M1 1/7")) != SIZE_MAX);
    input.is_shown = true;
    assert_int_equal(engine_step(&courses, &context, &learner, &input, arena, &out), ERR_OK);
    assert_int_equal(out.n_events, 1);
    assert_int_equal(out.events[0].kind, EVENT_lesson_read);
    assert_string_equal(out.next.unit, "m1l1");
}

static void hash_to_length(const uint8_t salt[LEARNER_PIN_SALT_BYTES], struct str pin,
                           uint8_t ret[LEARNER_PIN_HASH_BYTES])
{
    (void)salt;
    memset(ret, (int)pin.len, LEARNER_PIN_HASH_BYTES);
}

/* Two people with one PIN have different hashes: the salt is chance that is used for nothing else.
 */
static void a_pin_is_salted_by_chance(void **state)
{
    (void)state;
    static const struct {
        enum learner_state state;
        const char *text;
    } rows[] = {{LEARNER_STATE_DONE, "CERT 1234"}, {LEARNER_STATE_SET_PIN, "2468"}};
    struct engine_context hashing = context;
    hashing.hash_pin = hash_to_length;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct input input = {.kind = INPUT_TEXT,
                              .text = str_from(rows[i].text),
                              .now = now,
                              .is_shown = true,
                              .check = {.code = 482109375523,
                                        .result = CHECK_FOUND,
                                        .found = {.month = STR("03/2026"),
                                                  .version = STR("1.2"),
                                                  .lang = STR("en"),
                                                  .title = STR("T"),
                                                  .org = STR("O")}}};
        for (size_t k = 0; k < sizeof(input.seed); k++)
            input.seed[k] = (uint8_t)(100 + k);
        learner_init(&learner);
        learner.consent_ms = 1;
        learner.learner_id[0] = 1;
        learner.course_key = courses.list[0]->key;
        learner.state = rows[i].state;
        learner.back = LEARNER_STATE_DONE;
        learner.certificate = 482109375523;
        assert_int_equal(engine_step(&courses, &hashing, &learner, &input, arena, &out), ERR_OK);
        assert_memory_equal(out.next.pin_salt, input.seed + 16, LEARNER_PIN_SALT_BYTES);
        assert_int_equal(out.next.pin_hash[0], 4);
    }
}

/* Said where somebody can call, and nowhere else. */
static void help_tells_of_the_free_call(void **state)
{
    (void)state;
    struct engine_context voiced = context;
    struct input input = {.kind = INPUT_TEXT, .text = STR("HELP"), .now = now};
    voiced.voice = STR("+254711082000");
    learner_init(&learner);
    assert_int_equal(engine_step(&courses, &voiced, &learner, &input, arena, &out), ERR_OK);
    assert_true(str_find(out.reply, STR("Call +254711082000. We hang up, so it is free")) !=
                SIZE_MAX);
    assert_int_equal(engine_step(&courses, &context, &learner, &input, arena, &out), ERR_OK);
    assert_true(str_find(out.reply, STR("Call")) == SIZE_MAX);
}

static void without_a_helpline_safe_names_the_contact(void **state)
{
    (void)state;
    static const struct {
        struct str contact;
        const char *said;
    } rows[] = {{{"Our office, 0800 7000 (free),", 29}, ": Our office, 0800 7000 (free)."},
                {{"Our office.", 11}, ": Our office."},
                {{"Our office (0800 7000)", 22}, ": Our office (0800 7000)."},
                {{NULL, 0}, ": Red Cross."}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct engine_context unaided = context;
        struct input input = {.kind = INPUT_TEXT, .text = STR("SAFE"), .now = now};
        unaided.helpline = STR_NONE;
        unaided.contact = rows[i].contact;
        learner_init(&learner);
        assert_int_equal(engine_step(&courses, &unaided, &learner, &input, arena, &out), ERR_OK);
        expect_reply(rows[i].said);
    }
}

/* HELP, SCORE, MENU, LANG, SAFE from the middle of a question, and back to it. */
static void commands_return_to_the_interrupted_question(void **state)
{
    (void)state;
    join();
    answer_test_and_plan(true);
    while (learner.state == LEARNER_STATE_LESSON)
        say("9");
    static const char *const words[] = {"HELP", "score", "Menu", "lang", "SAFE", "repeat", "aide"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        say(words[i]);
        if (learner_state_is_side(learner.state))
            say("0"); /* menu: Exit; languages: back */
        expect_state(LEARNER_STATE_QUIZ);
        assert_string_equal(learner.unit, "m1q1");
    }
    answer(true);
    assert_string_equal(learner.unit, "m1q2");
    say("safe");
    expect_reply("999");
    expect_reply("116");
    assert_int_equal(str_find(out.reply, STR("trained person")), SIZE_MAX); /* nobody is on duty */
    assert_true(has_event(EVENT_safe_raised));
}

/* By its name people speak of a disclosure: drawn, not of what the learner's id is drawn from. */
static void a_case_has_a_name_of_its_own(void **state)
{
    (void)state;
    static const struct {
        unsigned at; /* of the byte of the seed that is 1 */
        const char *name;
    } rows[] = {{0, "0000000000"},  {15, "0000000000"}, {16, "4037927936"},
                {22, "0000000256"}, {23, "0000000001"}, {24, "0000000000"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct input input = {.kind = INPUT_TEXT, .text = STR("SAFE"), .now = now};
        input.seed[rows[i].at] = 1;
        learner_init(&learner);
        assert_int_equal(engine_step(&courses, &context, &learner, &input, arena, &out), ERR_OK);
        const struct event *raised = NULL;
        for (uint32_t k = 0; k < out.n_events; k++)
            raised = out.events[k].kind == EVENT_safe_raised ? &out.events[k] : raised;
        assert_non_null(raised);
        if (!str_eq(str_sub(raised->code, 0, 10), str_from(rows[i].name)))
            fail_msg("%u: %.*s", rows[i].at, STR_ARG(raised->code));
    }
}

static void an_option_that_begins_with_safe_is_an_answer(void **state)
{
    (void)state;
    join();
    answer_test_and_plan(true);
    while (learner.state == LEARNER_STATE_LESSON)
        say("9");
    answer(true);
    say("safe please");
    assert_true(has_event(EVENT_safe_raised));
    say("Safe, no check needed");
    assert_false(has_event(EVENT_safe_raised));
    assert_int_equal(out.events[0].choice, 3);
    assert_string_equal(learner.unit, "m1q3");
}

static void a_disclosure_is_recognised_and_kept_out_of_events(void **state)
{
    (void)state;
    join();
    say("my uncle beats me every day");
    assert_true(has_event(EVENT_safe_raised));
    assert_non_null(out.sealed_text.p);
    assert_null(out.events[0].text.p);
    expect_state(LEARNER_STATE_PRETEST);
}

static void unknown_input_gets_other_words_each_time_and_ends(void **state)
{
    (void)state;
    join();
    say("blablabla");
    expect_reply("did not understand");
    say("xyzzyx 12345678 qq");
    expect_reply("MENU");
    assert_int_equal(str_find(out.events[0].text, STR("12345678")), SIZE_MAX);
    say("foo");
    expect_reply("Red Cross");
    for (int i = 0; i < 10; i++)
        say("autoreply: I am on holiday");
    expect_silence();
    answer(true);
    expect_reply("2/7");
}

static void stop_is_heard_everywhere_and_join_comes_back(void **state)
{
    (void)state;
    static const char *const stops[] = {"STOP", "stop.", "Stop. Thank you", "please stop",
                                        "END",  "arret", "UNSUBSCRIBE",     "stpo"};
    for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
        (void)fresh(NULL);
        join();
        say(stops[i]);
        expect_state(LEARNER_STATE_STOPPED);
        expect_reply("No more messages");
        say("stop");
        expect_silence();
        say("1");
        expect_silence();
        say("JOIN");
        assert_true(has_event(EVENT_rejoined));
        expect_state(LEARNER_STATE_PRETEST);
    }
}

static void delete_needs_its_one(void **state)
{
    (void)state;
    join();
    say("delete");
    expect_reply("DELETE 1");
    expect_state(LEARNER_STATE_PRETEST);
    say("delete 1");
    assert_true(out.is_erased);
    expect_state(LEARNER_STATE_DELETED);
    assert_int_equal(learner.consent_ms, 0);
    say("hello?"); /* from a number that nobody knows any more */
    expect_reply("Send JOIN to start");
    expect_state(LEARNER_STATE_NEW);
    say("join");
    expect_state(LEARNER_STATE_CONSENT);
}

static void a_late_answer_is_asked_again_without_score(void **state)
{
    (void)state;
    join();
    answer_test_and_plan(true);
    while (learner.state == LEARNER_STATE_LESSON)
        say("9");
    now.ms += 49 * 3600000LL;
    answer(true);
    expect_reply("late");
    assert_int_equal(out.n_events, 0);
    assert_string_equal(learner.unit, "m1q1");
    answer(true);
    assert_string_equal(learner.unit, "m1q2");
}

static void a_redial_offers_to_go_on(void **state)
{
    (void)state;
    via = VIA_USSD;
    step_kind(INPUT_DIAL, "");
    expect_state(LEARNER_STATE_CONSENT);
    say("1");
    say("0");
    answer(true);
    step_kind(INPUT_SESSION_END, "");
    expect_reply("Your session closed");
    step_kind(INPUT_DIAL, "");
    expect_state(LEARNER_STATE_RESUME);
    expect_reply("1 Continue");
    say("1");
    expect_reply("2/7");
    step_kind(INPUT_SESSION_END, "");
    expect_silence(); /* one such SMS a day */
    step_kind(INPUT_DIAL, "");
    say("2");
    expect_state(LEARNER_STATE_MENU);
    say("1");
    assert_string_equal(learner.unit, "p2");
}

static void back_rereads_and_forward_skips_what_is_answered(void **state)
{
    (void)state;
    join();
    answer_test_and_plan(true);
    say("back");
    expect_reply("first page");
    say("9");
    say("9");
    assert_string_equal(learner.unit, "m1l2");
    say("0");
    assert_string_equal(learner.unit, "m1l1");
    while (learner.state == LEARNER_STATE_LESSON)
        say("9");
    answer(true);
    say("back");
    assert_string_equal(learner.unit, "m1l6");
    say("9");
    assert_string_equal(learner.unit, "m1q2");
}

static void the_menu_lists_modules_and_points(void **state)
{
    (void)state;
    join();
    answer_test_and_plan(true);
    pass_module(false);
    say("00");
    expect_state(LEARNER_STATE_MENU);
    say("2");
    expect_reply("1 The situation: 0 of 4");
    say("0");
    expect_state(LEARNER_STATE_MODULE_DONE);
    say("score");
    expect_reply("M1 of 7, 0 of 4 right");
}

/* A USSD screen that has no room for both shows the question again, and not only what was wrong. */
static void a_hint_may_be_left_out_of_a_screen(void **state)
{
    (void)state;
    join();
    say("xyzzy plugh");
    size_t at = str_find_char(out.reply, '\v');
    assert_int_not_equal(at, SIZE_MAX);
    struct str screen = str_sub(out.reply, at + 1, out.reply.len);
    assert_true(at > 0 && screen.len > 0);
    assert_int_equal(str_find_char(screen, '\v'), SIZE_MAX);
}

/* What leaves the engine is bounded: at most two SMS for whatever is said, wherever. */
static void no_reply_is_longer_than_two_sms(void **state)
{
    (void)state;
    static const char *const inputs[] = {"9",     "1",       "help",   "menu",
                                         "score", "rubbish", "repeat", "0"};
    uint32_t seed = 1;
    for (int i = 0; i < 3000; i++) {
        seed = seed * 1103515245 + 12345;
        say(inputs[seed >> 16 & 7]);
        if (i % 500 == 0) {
            (void)fresh(NULL);
            join();
        }
        struct gsm_size size = gsm_measure(gsm_fold(out.reply, GSM_FOLD_NONE, arena));
        if (size.encoding != GSM_ENCODING_GSM7 || size.segments > 2)
            fail_msg("%u segments:\n%.*s", size.segments, STR_ARG(out.reply));
    }
}

/* From the beginning of the course to this question. */
static void walk_to(const char *question)
{
    (void)fresh(NULL);
    say("JOIN");
    say("1");
    for (int i = 0; i < 40 && strcmp(learner.unit, question) != 0; i++) {
        const struct unit *unit = course_unit(courses.list[0], str_from(learner.unit));
        say(learner.state == LEARNER_STATE_LANGUAGE || (unit != NULL && unit->question != NULL)
                ? "1"
                : "9");
    }
    assert_string_equal(learner.unit, question);
}

/* A question of accepted words: one of them is right, a command is a command, anything else is a
 * wrong answer with feedback, not an unknown input. */
static void another_word_is_a_wrong_answer(void **state)
{
    (void)state;
    walk_to("m1q2");
    say("help");
    assert_true(has_event(EVENT_helped));
    say("water");
    assert_true(has_event(EVENT_answered));
    assert_int_equal(out.events[0].correct, 0);
    assert_true(str_eq(out.events[0].text, STR("water")));
    expect_reply("soap");
}

/* The only one that asks for the answer just given, and right behind it. */
static void the_next_question_may_depend_on_this_one(void **state)
{
    (void)state;
    walk_to("m1q4");
    say("2");
    assert_string_equal(learner.unit, "m1q5");
    walk_to("m1q4");
    say("1");
    assert_string_equal(learner.unit, "m1q6");
}

int main(void)
{
#define LEARNER_TEST(fn) cmocka_unit_test_setup(fn, fresh)
    const struct CMUnitTest tests[] = {
        LEARNER_TEST(joining_takes_two_steps),
        LEARNER_TEST(a_pin_is_salted_by_chance),
        LEARNER_TEST(help_tells_of_the_free_call),
        LEARNER_TEST(a_call_goes_on_from_what_was_shown_only),
        LEARNER_TEST(without_a_helpline_safe_names_the_contact),
        LEARNER_TEST(a_case_has_a_name_of_its_own),
        LEARNER_TEST(no_consent_no_course),
        LEARNER_TEST(a_number_without_consent_is_forgotten_after_seven_days),
        LEARNER_TEST(the_whole_course_ends_with_a_certificate_and_a_survey),
        LEARNER_TEST(the_follow_up_comes_by_day_without_a_survey),
        LEARNER_TEST(a_clock_that_was_ahead_keeps_nobody_waiting),
        LEARNER_TEST(three_messages_a_day_reach_a_person),
        LEARNER_TEST(a_failed_test_can_be_tried_again_a_day_later_twice),
        LEARNER_TEST(feedback_says_why_and_never_wrong),
        LEARNER_TEST(answers_are_tolerant),
        LEARNER_TEST(commands_return_to_the_interrupted_question),
        LEARNER_TEST(an_option_that_begins_with_safe_is_an_answer),
        LEARNER_TEST(a_disclosure_is_recognised_and_kept_out_of_events),
        LEARNER_TEST(unknown_input_gets_other_words_each_time_and_ends),
        LEARNER_TEST(stop_is_heard_everywhere_and_join_comes_back),
        LEARNER_TEST(delete_needs_its_one),
        LEARNER_TEST(a_late_answer_is_asked_again_without_score),
        LEARNER_TEST(a_redial_offers_to_go_on),
        LEARNER_TEST(back_rereads_and_forward_skips_what_is_answered),
        LEARNER_TEST(the_menu_lists_modules_and_points),
        LEARNER_TEST(a_hint_may_be_left_out_of_a_screen),
        LEARNER_TEST(no_reply_is_longer_than_two_sms),
    };
    const struct CMUnitTest all_kinds[] = {
        cmocka_unit_test(another_word_is_a_wrong_answer),
        cmocka_unit_test(the_next_question_may_depend_on_this_one),
    };
    int n_failed = cmocka_run_group_tests(tests, load_course, free_course);
    return n_failed + cmocka_run_group_tests(all_kinds, load_all_kinds, free_course);
}
