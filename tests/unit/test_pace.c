/*
 * Random histories of learners, by the engine alone: whatever people, clocks and outages do, nobody
 * gets a push at night, on a day off, in a rest or pause, more than one a day, after STOP or while
 * a disclosure waits, and no reminder without consent or for who was not quiet; and whoever wants
 * to be reminded is, three times. `test_pace 100000 SEED` plays so many of them; ctest plays fewer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/engine/state.h"
#include "core/engine/step.h"
#include "core/gsm/gsm.h"
#include "core/lesson/parse.h"
#include "port/lesson_files.h"
#include "port/zone.h"

#define COURSE "lessons/children-on-the-move"
#define N_ACTIONS 60

static uint32_t n_histories = 3000;
static uint64_t seed;
static struct arena *course_arena, *arena;
static struct courses courses;
static struct zone zones[5];
static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % below;
}

/* One learner's life, and what the store and the sender hold of it. */
static struct life {
    uint32_t number;
    struct engine_context context;
    struct cohort cohort;
    struct cohorts cohorts;
    struct schedule here;
    struct learner learner;
    struct outcome out;
    int64_t now_ms, due_ms, heard_ms;
    int64_t push_day;
    uint32_t n_that_day, n_pushes, n_reminders, n_told, n_still_due;
    uint8_t days; /* of the last reminder of this quiet time */
    bool has_jumped, has_jumped_back;
    bool is_shared; /* two people are on the number */
} life;

#define EXPECT(condition, words)                                                                   \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("history %u, %s %s at %lld: %s", life.number,                                 \
                     learner_state_name(life.learner.state), life.learner.unit,                    \
                     (long long)life.now_ms, words);                                               \
    } while (0)

static void step(enum input_kind kind, const char *text)
{
    struct input input = {.kind = kind,
                          .via = draw(4) == 0 ? VIA_USSD : VIA_SMS,
                          .text = str_from(text),
                          .now = {life.now_ms},
                          .is_shown = draw(8) != 0,
                          .held_until = {life.now_ms},
                          .desk = {.act = DESK_TELL, .text = STR("The meeting is on Friday.")}};
    struct learner other;
    bool is_for_other =
        kind == INPUT_DESK && draw(2) == 0 && learner_other(&life.learner, 0, &other) == ERR_OK;
    memcpy(input.desk.learner_id, is_for_other ? other.learner_id : life.learner.learner_id,
           sizeof(input.desk.learner_id));
    for (size_t i = 0; i < sizeof(input.seed); i++)
        input.seed[i] = (uint8_t)draw(256);
    arena_reset(arena);
    assert_int_equal(engine_step(&courses, &life.context, &life.learner, &input, arena, &life.out),
                     ERR_OK);
    if (!life.out.is_wake_kept)
        life.due_ms = life.out.wake_at_ms;
    bool is_heard = kind == INPUT_TEXT || kind == INPUT_DIAL;
    if (is_heard) {
        life.heard_ms = life.now_ms;
        life.days = 0;
        life.out.next.link.last_ms = life.now_ms;
    }
}

static void expect_reminder(const struct event *event, const struct learner *before)
{
    life.n_reminders++;
    if (life.is_shared)
        return; /* whose it is, is not known here */
    EXPECT(before->plan >= 1 && before->plan <= N_SCHEDULE_SLOTS, "reminded without consent");
    EXPECT(!life.out.has_moved, "moved by a reminder");
    EXPECT(event->value > life.days, "the same reminder twice");
    EXPECT(life.has_jumped || life.now_ms - life.heard_ms >= 47 * HOUR_MS,
           "reminded although not quiet");
    life.days = (uint8_t)event->value;
}

/* As the learner's country has it, and the group where there still is one. */
static struct schedule schedule_of(const struct learner *learner)
{
    struct schedule here = life.here;
    if (learner->cohort == 0)
        return here;
    here.rests = life.cohort.pauses;
    here.n_rests = life.cohort.n_pauses;
    if (life.cohort.days_off != 0)
        here.days_off = life.cohort.days_off;
    return here;
}

static void expect_push(const struct learner *before)
{
    const struct schedule schedule = schedule_of(before), *here = &schedule;
    int64_t day = schedule_day(here, life.now_ms);
    int64_t minute = (zone_local_ms(here->zone, life.now_ms) - day * DAY_MS) / MINUTE_MS;
    life.n_that_day = day == life.push_day ? life.n_that_day + 1 : 1;
    life.push_day = day;
    life.n_pushes++;
    EXPECT(minute >= 8 * 60 && minute < 20 * 60, "at night");
    EXPECT(life.out.push_until_ms > life.now_ms &&
               life.out.push_until_ms - life.now_ms <= 12 * HOUR_MS,
           "may leave at night");
    EXPECT((here->days_off >> schedule_date(here, life.now_ms).weekday & 1) == 0, "on a day off");
    EXPECT(schedule_rest_at(here, life.now_ms) == NULL, "while the group rests");
    EXPECT(life.n_that_day <= (life.has_jumped_back ? 3 : 1), "too many in a day");
    if (life.is_shared)
        return;
    EXPECT(learner_is_enrolled(before) && learner_is_enrolled(&life.out.next), "after STOP");
    EXPECT(before->held_ms == 0, "while a disclosure waits");
    EXPECT(life.has_jumped || before->paused_ms <= life.now_ms, "in a pause");
    EXPECT(gsm_measure(life.out.reply).segments <= 3, "more than three SMS");
}

static void wake(void)
{
    struct learner before = life.learner;
    step(INPUT_TIMER, "");
    life.due_ms = life.out.wake_at_ms;
    bool is_still_due = life.due_ms != 0 && life.due_ms <= life.now_ms && !life.out.is_erased;
    life.n_still_due = is_still_due ? life.n_still_due + 1 : 0;
    EXPECT(life.n_still_due <= (life.is_shared ? 1 : 0), "due for ever"); /* the other one, too */
    for (uint32_t i = 0; i < life.out.n_events; i++) {
        enum event_kind kind = life.out.events[i].kind;
        if (kind == EVENT_reminded || kind == EVENT_reminder_withheld)
            expect_reminder(&life.out.events[i], &before);
    }
    if (life.out.reply.p != NULL)
        expect_push(&before);
    life.learner = life.out.next;
    life.learner.seq++;
    if (life.out.is_erased)
        life.due_ms = 0;
}

/* Lets time pass; where timers are away they look only at its end. */
static void pass(int64_t ms, bool is_away)
{
    int64_t until_ms = life.now_ms + ms;
    while (!is_away && life.due_ms != 0 && life.due_ms <= until_ms) {
        if (life.due_ms > life.now_ms)
            life.now_ms = life.due_ms + draw(60000);
        wake();
    }
    if (life.now_ms < until_ms)
        life.now_ms = until_ms;
    for (int i = 0; life.due_ms != 0 && life.due_ms <= life.now_ms && i < 10; i++)
        wake();
}

static void say(const char *text)
{
    step(INPUT_TEXT, text);
    life.learner = life.out.next;
    life.learner.seq++;
}

/* Many are told something; a push as any other. */
static void tell(void)
{
    struct learner before = life.learner;
    step(INPUT_DESK, "");
    if (life.out.reply.p != NULL)
        expect_push(&before);
    life.n_told += life.out.reply.p != NULL;
    life.learner = life.out.next;
    life.learner.seq++;
}

/* Somebody else on the same phone, at the same place: what is due to the one is due to the other on
 * that day as well. */
static void share(void)
{
    struct learner other = life.learner;
    if (life.is_shared || !learner_is_enrolled(&other) || learner_state_is_side(other.state))
        return;
    life.is_shared = true;
    other.learner_id[0] ^= 1u;
    other.slot = 2;
    life.learner.slot = 1;
    assert_int_equal(str_copy(STR("BO"), other.nickname, sizeof(other.nickname)), ERR_OK);
    assert_int_equal(str_copy(STR("ANA"), life.learner.nickname, sizeof(other.nickname)), ERR_OK);
    assert_int_equal(learner_set_other(&life.learner, 0, &other), ERR_OK);
    step(INPUT_RELEASE, ""); /* changes nothing, and says what is due */
    life.learner = life.out.next;
    life.learner.seq++;
}

/* The facilitator orders a message, and the writer makes its members due. */
static void nudge(void)
{
    life.cohort.nudge = (uint8_t)(1 + draw(COHORT_NUDGES));
    life.cohort.nudge_ms = life.now_ms;
    if (life.due_ms == 0 || life.due_ms > life.now_ms)
        life.due_ms = life.now_ms;
}

/* Mostly what leads on. */
static void act(void)
{
    static const char *const texts[] = {
        "1",     "2", "3",  "9",     "9",    "9",    "9",    "9",       "1",    "2",    "menu",
        "score", "0", "hm", "PAUSE", "STOP", "JOIN", "SAFE", "REFRESH", "help", "CATCH"};
    bool is_lost =
        life.learner.state == LEARNER_STATE_STOPPED || life.learner.state == LEARNER_STATE_DELETED;
    bool is_new = life.learner.state == LEARNER_STATE_NEW;
    uint32_t n = draw(200);
    if (n >= 100 && n < 102)
        share();
    n %= 100;
    if (n < 12) {
        pass((int64_t)draw(40) * HOUR_MS, true);
    } else if (n < 40) {
        pass((int64_t)draw(7 * 24) * HOUR_MS / (1 + draw(8)), false);
    } else if (n < 42) {
        int64_t jump_ms = draw(2) == 0 ? DAY_MS : -DAY_MS;
        life.now_ms += jump_ms;
        life.has_jumped = true;
        life.has_jumped_back |= jump_ms < 0;
    } else if (n < 45 && life.learner.seq > 0) {
        tell();
    } else if (n < 48 && life.cohort.code != 0 && life.learner.seq > 0) {
        nudge();
    } else if (n < 56 && life.learner.held_ms != 0) {
        step(INPUT_RELEASE, "");
        life.learner = life.out.next;
        life.learner.seq++;
    } else if (is_lost || is_new) {
        say(draw(3) == 0 || is_new ? "JOIN" : "1");
    } else {
        uint32_t last = draw(4) == 0 ? ARRAY_LEN(texts) : 10;
        for (uint32_t k = 1 + draw(6); k > 0; k--)
            say(texts[draw(last)]);
    }
    life.now_ms += draw(600000);
}

static void make_group(int64_t today)
{
    life.cohort = (struct cohort){.code = 482156,
                                  .pace = (enum cohort_pace)draw(3),
                                  .start_day = draw(2) == 0 ? today - draw(20) : 0,
                                  .quiet_from_min = -1,
                                  .quiet_to_min = -1,
                                  .days_off = (uint8_t)draw(4)};
    for (; life.cohort.n_dates < 7; life.cohort.n_dates++)
        life.cohort.dates[life.cohort.n_dates] = today + 5 * life.cohort.n_dates;
    if (draw(2) == 0) {
        int64_t from = today + draw(40);
        life.cohort.pauses[life.cohort.n_pauses++] = (struct schedule_rest){from, from + draw(30)};
    }
    life.cohorts = (struct cohorts){&life.cohort, 1};
    life.context.cohorts = &life.cohorts;
    life.learner.cohort = life.cohort.code;
}

static void begin(uint32_t number)
{
    random_state = (number + 1 + seed) * UINT64_C(0x9e3779b97f4a7c15);
    (void)draw(1);
    memset(&life, 0, sizeof(life));
    const struct zone *zone = &zones[draw(ARRAY_LEN(zones))];
    uint8_t days_off = (uint8_t)(1u << draw(7));
    life.number = number;
    life.context = (struct engine_context){.org = STR("Red Cross"),
                                           .url = STR("example.org/c"),
                                           .code = STR("*384*7#"),
                                           .zone = zone,
                                           .days_off = days_off,
                                           .reminder_holdout = 10};
    life.here = (struct schedule){
        .zone = zone, .days_off = days_off, .quiet_from_min = -1, .quiet_to_min = -1};
    life.now_ms = INT64_C(1735700000000) + (int64_t)draw(365 * 24) * HOUR_MS;
    learner_init(&life.learner);
    life.learner.link.last_ms = life.now_ms;
    if (draw(3) == 0)
        make_group(schedule_day(&life.here, life.now_ms));
}

/* Who is quiet from now on, and wants to, is reminded to the end. */
static void expect_all_reminders(void)
{
    const struct state_row *row = state_row_of_place(&life.learner);
    bool is_wanted = life.learner.plan >= 1 && life.learner.plan <= N_SCHEDULE_SLOTS &&
                     learner_is_enrolled(&life.learner) && life.learner.held_ms == 0;
    pass(120 * DAY_MS, false);
    row = state_row_of_place(&life.learner);
    if (is_wanted && !life.is_shared && row->is_reminded && life.learner.recall_left == 0)
        EXPECT(life.learner.reminded == 3, "not reminded to the end");
}

static void pushes_keep_their_promises(void **state)
{
    (void)state;
    uint64_t n_pushes = 0, n_reminders = 0, n_told = 0;
    for (uint32_t i = 0; i < n_histories; i++) {
        begin(i);
        for (uint32_t k = 0; k < N_ACTIONS; k++)
            act();
        expect_all_reminders();
        n_pushes += life.n_pushes;
        n_reminders += life.n_reminders;
        n_told += life.n_told;
    }
    print_message("%u histories, %llu pushes, %llu reminders\n", n_histories,
                  (unsigned long long)n_pushes, (unsigned long long)n_reminders);
    assert_true(n_pushes > n_histories && n_reminders > n_histories / 2);
    assert_true(n_told > n_histories / 100);
}

static void load(void)
{
    static const char *const names[] = {"Africa/Nairobi", "Europe/Berlin", "America/Santiago",
                                        "Asia/Kathmandu", "Pacific/Apia"};
    struct lesson_file *files;
    const struct course *course;
    struct errmsg msg = {""};
    uint32_t n;
    course_arena = arena_new(64u << 20);
    arena = arena_new(4u << 20);
    if (lesson_files_read(COURSE, course_arena, &files, &n, &msg) != ERR_OK ||
        lesson_load(files, n, course_arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    courses.list[courses.n++] = course;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(zone_load(str_from(names[i]), &zones[i]), ERR_OK);
}

static int open_world(void **state)
{
    (void)state;
    load();
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    arena_free(arena);
    arena_free(course_arena);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pushes_keep_their_promises)};
    if (argc > 1)
        n_histories = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10) << 20;
    return cmocka_run_group_tests(tests, open_world, close_world);
}
