/*
 * Two machines that answer each other must not go on for ever (docs/course-rules.md 1.2 rule 10):
 * an auto-responder that says something else each time, and a phone that sends back whatever it
 * gets, in every state that a learner may be in. By SMS silence follows, and what was asked is
 * still asked; a screen of USSD always says something, and says more the second and the third time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine/engine.h"
#include "core/engine/state.h"
#include "port/lesson_files.h"

#define NOW_MS INT64_C(1732433860000)
#define PIN_UNTIL_MS (365 * 24 * 60 * MINUTE_MS)
#define MESSAGES 150
#define DAY_MESSAGES 36 /* one each 40 minutes */
#define MAX_SMS 30      /* to one machine in a day: what is said in between may move it a little */
#define MAX_NOTHING 10  /* to what nobody understands */

static struct courses courses;
static struct arena *course_arena, *arena;
static struct outcome out;
static uint64_t seed = 20261129;

static void hash_pin(const uint8_t salt[8], struct str pin, uint8_t ret[16])
{
    memset(ret, 0, 16);
    ret[0] = (uint8_t)(salt[0] + pin.len);
}

static const uint8_t number_id[16] = {1};
static const struct cohort cohort = {.code = 482156,
                                     .name = {"Nairobi A", 9},
                                     .leads = {{.number_id = {1}}},
                                     .n_leads = 1,
                                     .join_until_ms = INT64_MAX};
static const struct cohorts cohorts = {&cohort, 1};
static const struct engine_context context = {.org = {"Red Cross", 9},
                                              .url = {"example.org/c", 13},
                                              .code = {"*384*7#", 7},
                                              .contact = {"Anna, 0700,", 11},
                                              .emergency = {"999", 3},
                                              .helpline = {"116", 3},
                                              .hash_pin = hash_pin,
                                              .number_id = number_id,
                                              .quiet_days = 90,
                                              .cohorts = &cohorts};

static int load(void **state)
{
    (void)state;
    struct lesson_file *files = NULL;
    uint32_t n = 0;
    const struct course *course = NULL;
    struct errmsg msg = {""};
    course_arena = arena_new(LESSON_ARENA_BYTES);
    arena = arena_new(1 << 17);
    if (lesson_files_read("lessons/children-on-the-move", course_arena, &files, &n, &msg) !=
            ERR_OK ||
        lesson_load(files, n, course_arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    courses = (struct courses){.list = {course}, .n = 1};
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_free(course_arena);
    arena_free(arena);
    return 0;
}

static uint32_t chance(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* ---- where a learner may be ---- */

enum trouble { NO_TROUBLE, PIN_MISSING, NUMBER_DOUBTED, NEW_BESIDE_PIN, N_TROUBLES };

/* The first unit of the course that fits the state, "" where it needs none. */
static const char *unit_of(enum learner_state at)
{
    const struct state_row *row = state_row(at);
    switch (row->unit) {
    case STATE_UNIT_NONE:
        return "";
    case STATE_UNIT_LESSON:
    case STATE_UNIT_ANY:
        return "m1l1";
    case STATE_UNIT_QUESTION:
        return row->home == MODULE_ROLE       ? "role"
               : row->home == MODULE_TEST     ? "p1"
               : row->home == MODULE_SURVEY   ? "y1"
               : row->home == MODULE_FOLLOWUP ? "w1"
                                              : "m1q1";
    }
    return "";
}

static void put_beside(struct learner *l)
{
    struct learner other;
    learner_init(&other);
    memset(other.learner_id, 9, sizeof(other.learner_id));
    other.state = LEARNER_STATE_LESSON;
    memcpy(other.unit, "m1l2", sizeof("m1l2"));
    other.consent_ms = NOW_MS - MINUTE_MS;
    other.course_key = courses.list[0]->key;
    other.slot = 2;
    memcpy(other.nickname, "BO", sizeof("BO"));
    assert_int_equal(learner_set_other(l, 0, &other), ERR_OK);
    l->slot = 1;
    memcpy(l->nickname, "ANA", sizeof("ANA"));
}

static struct learner learner_at(enum learner_state at, enum trouble trouble, enum via via)
{
    struct learner l;
    learner_init(&l);
    bool is_side = learner_state_is_side(at);
    enum learner_state place = is_side || at == LEARNER_STATE_STOPPED ? LEARNER_STATE_LESSON : at;
    bool has_agreed = place != LEARNER_STATE_NEW && place != LEARNER_STATE_CONSENT &&
                      place != LEARNER_STATE_DELETED;
    if (at != LEARNER_STATE_DELETED)
        memset(l.learner_id, 7, sizeof(l.learner_id));
    l.state = at;
    l.back = place;
    l.side_via = (uint8_t)via;
    (void)snprintf(l.unit, sizeof(l.unit), "%s", unit_of(place));
    if (has_agreed) {
        l.consent_ms = NOW_MS - MINUTE_MS;
        l.course_key = courses.list[0]->key;
    }
    if (at == LEARNER_STATE_WHO || at == LEARNER_STATE_LEAVING || trouble != NO_TROUBLE)
        put_beside(&l);
    l.asked_ms = l.link.last_ms = NOW_MS - 1000;
    l.led = cohort.code;
    l.led_until_ms = at == LEARNER_STATE_LEAD_PIN ? 0 : NOW_MS + PIN_UNTIL_MS;
    l.hands_module = 1;
    l.move_code = at == LEARNER_STATE_MOVE ? 482109375526u : 0;
    l.pin_hash[0] = trouble == PIN_MISSING || trouble == NEW_BESIDE_PIN ? 5 : 0;
    l.is_locked = trouble == PIN_MISSING || trouble == NEW_BESIDE_PIN;
    l.is_doubted = trouble == NUMBER_DOUBTED;
    return l;
}

/* A trouble stands in front of a place; NICKNAME is where somebody new is asked beside a PIN. */
static bool is_possible(enum learner_state at, enum trouble trouble)
{
    bool is_in = at != LEARNER_STATE_NEW && at != LEARNER_STATE_CONSENT &&
                 at != LEARNER_STATE_STOPPED && at != LEARNER_STATE_DELETED;
    return trouble == NO_TROUBLE ||
           (is_in && (trouble == NEW_BESIDE_PIN) == (at == LEARNER_STATE_NICKNAME));
}

/* ---- machines ---- */

typedef struct str machine(uint32_t n, struct str reply);

static struct str echo(uint32_t n, struct str reply)
{
    static char text[2000];
    if (n == 0)
        return STR("hello");
    size_t len = reply.len < sizeof(text) ? reply.len : sizeof(text);
    for (size_t i = 0; i < len; i++)
        text[i] = reply.p[i] == '\f' || reply.p[i] == '\v' ? '\n' : reply.p[i];
    return (struct str){text, len};
}

static struct str auto_reply(uint32_t n, struct str reply)
{
    static char text[100];
    static const char *const texts[] = {"I am driving, reference", "We have your message, number",
                                        "Out of the office until Monday", "Your balance is",
                                        "This mailbox is not read"};
    (void)reply;
    int len = snprintf(text, sizeof(text), "%s %u", texts[n % ARRAY_LEN(texts)], 1000 + n);
    return (struct str){text, (size_t)len};
}

static struct str noise(uint32_t n, struct str reply)
{
    static char text[60];
    (void)n, (void)reply;
    size_t len = 12 + chance(sizeof(text) - 12);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 12 == 11 ? ' ' : "bcdfghjklmnpqrstvwxz"[chance(20)];
    return (struct str){text, len};
}

/* Plays a machine from this place on; returns how many SMS it got. */
static uint32_t play(struct learner l, machine *say, uint32_t n_messages, int64_t apart_ms)
{
    static char reply[4000];
    struct str last = STR("");
    uint32_t n_sms = 0;
    bool is_erase_asked = false;
    for (uint32_t i = 0; i < n_messages; i++) {
        struct input input = {.kind = INPUT_TEXT,
                              .via = VIA_SMS,
                              .text = say(i, last),
                              .now = {NOW_MS + i * apart_ms},
                              .is_shown = true,
                              .is_erase_asked = is_erase_asked,
                              .seed = {(uint8_t)i}};
        arena_reset(arena);
        if (engine_step(&courses, &context, &l, &input, arena, &out) != ERR_OK)
            fail_msg("no outcome for \"%.*s\"", STR_ARG(input.text));
        l = out.next;
        l.link.last_ms = input.now.ms;
        if (!out.is_passing)
            l.seq++;
        is_erase_asked = out.is_erase_asked;
        if (str_is_empty(out.reply)) {
            if (say == echo) /* which has nothing to send back */
                break;
            continue;
        }
        n_sms++;
        last = (struct str){reply, out.reply.len < sizeof(reply) ? out.reply.len : sizeof(reply)};
        memcpy(reply, out.reply.p, last.len);
    }
    return n_sms;
}

static void expect_silence(machine *say, const char *name, uint32_t limit)
{
    uint32_t n_places = 0, most = 0;
    for (int at = 0; at < N_LEARNER_STATES; at++) {
        for (int trouble = 0; trouble < N_TROUBLES; trouble++) {
            if (!is_possible((enum learner_state)at, (enum trouble)trouble))
                continue;
            struct learner l = learner_at((enum learner_state)at, (enum trouble)trouble, VIA_SMS);
            uint32_t n_fast = play(l, say, MESSAGES, 20 * 1000);
            uint32_t n_slow = play(l, say, DAY_MESSAGES, 40 * MINUTE_MS);
            n_places++;
            most = n_fast > most ? n_fast : most;
            most = n_slow > most ? n_slow : most;
            if (n_fast > limit || n_slow > limit)
                fail_msg("%s gets %u SMS at once, %u in a day, in %s (%d): %.*s", name, n_fast,
                         n_slow, learner_state_name((enum learner_state)at), trouble,
                         STR_ARG(out.reply));
        }
    }
    print_message("%s: %u places, at most %u SMS\n", name, n_places, most);
}

static void an_auto_responder_gets_few_answers(void **state)
{
    (void)state;
    expect_silence(auto_reply, "an auto-responder", MAX_NOTHING);
}

static void noise_gets_few_answers(void **state)
{
    (void)state;
    expect_silence(noise, "noise", MAX_NOTHING);
}

static void an_echo_gets_few_answers(void **state)
{
    (void)state;
    expect_silence(echo, "an echo", MAX_SMS);
}

/* Nothing but a last screen may be without keys, and no state falls silent on a screen. */
static void a_screen_always_says_something(void **state)
{
    (void)state;
    for (int at = 0; at < N_LEARNER_STATES; at++) {
        for (int trouble = 0; trouble < N_TROUBLES; trouble++) {
            if (!is_possible((enum learner_state)at, (enum trouble)trouble))
                continue;
            struct learner l = learner_at((enum learner_state)at, (enum trouble)trouble, VIA_USSD);
            for (uint32_t i = 0; i < 12; i++) {
                struct input input = {.kind = INPUT_TEXT,
                                      .via = VIA_USSD,
                                      .text = noise(i, STR("")),
                                      .now = {NOW_MS + i * 5000},
                                      .is_shown = true,
                                      .seed = {(uint8_t)i}};
                arena_reset(arena);
                assert_int_equal(engine_step(&courses, &context, &l, &input, arena, &out), ERR_OK);
                if (str_is_empty(out.reply))
                    fail_msg("nothing is said in %s (%d)",
                             learner_state_name((enum learner_state)at), trouble);
                l = out.next;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_auto_responder_gets_few_answers),
        cmocka_unit_test(noise_gets_few_answers),
        cmocka_unit_test(an_echo_gets_few_answers),
        cmocka_unit_test(a_screen_always_says_something),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
