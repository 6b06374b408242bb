/*
 * pace_life.h: two phones in a random history (test_pace.c): what the store, the timers and the
 * sender hold of each, and what must be true of whatever is sent without being asked for. The
 * second one is where somebody moves to; the first may then be anybody's.
 *
 * What must be true is said of a person, also where several share a phone: whoever of them a step
 * was about stands in its outcome, and how he or she was before it is found by the pseudonym.
 */
#pragma once

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
#include "port/zone.h"

#define N_PHONES 2u
#define N_ZONES 5u
#define MAX_PEOPLE 256u /* in one history */
#define QUIET_DAYS 90u

/* What must have happened often enough in all histories together, so that they prove anything. */
#define COUNTS(X)                                                                                  \
    X(course)                                                                                      \
    X(reminder)                                                                                    \
    X(recall)                                                                                      \
    X(followup)                                                                                    \
    X(nudge)                                                                                       \
    X(broadcast)                                                                                   \
    X(withheld)                                                                                    \
    X(shared)                                                                                      \
    X(switched)                                                                                    \
    X(moved)                                                                                       \
    X(left_behind)                                                                                 \
    X(new_owner)                                                                                   \
    X(asked_operator)                                                                              \
    X(stopped)                                                                                     \
    X(rejoined)                                                                                    \
    X(erased)                                                                                      \
    X(began_again)                                                                                 \
    X(held)                                                                                        \
    X(rested)                                                                                      \
    X(zone_changed)                                                                                \
    X(completed)                                                                                   \
    X(second_course)                                                                               \
    X(refreshed)                                                                                   \
    X(dates)                                                                                       \
    X(answered)                                                                                    \
    X(in_all)
enum count {
#define COUNT_ENUM(name) COUNT_##name,
    COUNTS(COUNT_ENUM)
#undef COUNT_ENUM
        N_COUNTS
};
static const char *const count_names[N_COUNTS] = {
#define COUNT_NAME(name) #name,
    COUNTS(COUNT_NAME)
#undef COUNT_NAME
};
static uint64_t counts[N_COUNTS];

static struct arena *arena;
static struct courses courses;
static struct zone zones[N_ZONES];
static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % below;
}

struct phone {
    uint8_t id[16];
    struct learner learner;
    int64_t due_ms, heard_ms, push_ms;
    uint32_t n_that_day, n_still_due;
    bool is_erase_asked;
};

static struct life {
    uint32_t number;
    struct engine_context context;
    struct cohort cohort;
    struct cohorts cohorts;
    struct phone phones[N_PHONES];
    struct person {
        uint8_t learner_id[16];
        uint8_t days;   /* of the last reminder of this quiet time */
        bool has_asked; /* a person something */
    } people[MAX_PEOPLE];
    uint32_t n_people;
    struct phone *at; /* where the person is whose history this is */
    struct outcome out;
    int64_t now_ms;
    bool has_jumped, has_jumped_back;
    bool is_diligent;   /* answers rightly, and comes to the end */
    uint64_t move_code; /* that was made last; 0 = none */
    uint8_t moves[16];  /* for whom */
    struct phone *moves_from;
} life;

#define EXPECT(condition, words)                                                                   \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("history %u, phone %u, %s %s at %lld: %s", life.number,                       \
                     (unsigned)(p - life.phones), learner_state_name(p->learner.state),            \
                     p->learner.unit, (long long)life.now_ms, words);                              \
    } while (0)

/* ---- people ---- */

/* Whoever of the number has this pseudonym. */
static bool find_person(const struct learner *number, const uint8_t learner_id[16],
                        struct learner *ret)
{
    *ret = *number;
    for (uint32_t i = 0; memcmp(ret->learner_id, learner_id, 16) != 0; i++) {
        if (i == learner_n_others(number) || learner_other(number, i, ret) != ERR_OK)
            return false;
    }
    return true;
}

static struct person *person_of(const uint8_t learner_id[16])
{
    uint32_t i = 0;
    while (i < life.n_people && memcmp(life.people[i].learner_id, learner_id, 16) != 0)
        i++;
    assert_true(i < MAX_PEOPLE);
    if (i == life.n_people)
        memcpy(life.people[life.n_people++].learner_id, learner_id, 16);
    return &life.people[i];
}

static const struct course *course_of(const struct learner *l)
{
    const struct course *course = courses_find(&courses, l->course_key);
    return course != NULL ? course : courses.list[0];
}

static uint16_t module_of(const struct learner *l)
{
    const struct course *course = course_of(l);
    const struct unit *unit = course_unit(course, str_from(l->unit));
    return unit != NULL ? course->modules[unit->module].number : 0;
}

static bool has_event(enum event_kind kind)
{
    for (uint32_t i = 0; i < life.out.n_events; i++) {
        if (life.out.events[i].kind == kind)
            return true;
    }
    return false;
}

/* ---- steps ---- */

static struct input input_of(enum input_kind kind, const char *text)
{
    struct input input = {.kind = kind,
                          .via = draw(4) == 0 ? VIA_USSD : VIA_SMS,
                          .text = str_from(text),
                          .now = {life.now_ms},
                          .is_shown = draw(8) != 0,
                          .held_until = {life.now_ms}};
    for (size_t i = 0; i < sizeof(input.seed); i++)
        input.seed[i] = (uint8_t)draw(256);
    return input;
}

static void step(struct phone *p, struct input *input);

/* As app/checks.h: what a code stands for. */
static void look_for(uint64_t code, struct input *input)
{
    static struct learner moving;
    input->check = (struct code_check){.code = code, .result = CHECK_NOT_FOUND};
    if (code != life.move_code || !find_person(&life.moves_from->learner, life.moves, &moving))
        return;
    input->check.result = CHECK_MOVE;
    input->check.moving = &moving;
    memcpy(input->check.from, life.moves_from->id, sizeof(input->check.from));
}

/* As app/dialog/ask.c: the other number is asked to give, or looked at. */
static void ask_other(const struct phone *p, struct input *input)
{
    static struct learner person;
    const struct move_ask ask = life.out.move;
    struct phone *other = &life.phones[0];
    while (memcmp(other->id, ask.number_id, sizeof(other->id)) != 0)
        other++;
    if (ask.act == MOVE_GIVE) {
        struct input give = input_of(INPUT_DESK, "");
        give.desk.act = DESK_GIVE;
        memcpy(give.desk.learner_id, ask.learner_id, sizeof(give.desk.learner_id));
        memcpy(give.desk.to, p->id, sizeof(give.desk.to));
        step(other, &give);
    }
    bool is_there = find_person(&other->learner, ask.learner_id, &person);
    bool is_mine = is_there && memcmp(person.moving_to, p->id, sizeof(p->id)) == 0;
    input->moved = (ask.act == MOVE_GIVE ? is_mine : is_there) ? MOVE_YES : MOVE_NO;
    if (ask.act == MOVE_GIVE && is_mine)
        input->check.moving = &person;
}

static void count_step(void)
{
    counts[COUNT_held] += has_event(EVENT_safe_raised);
    counts[COUNT_stopped] += has_event(EVENT_stopped);
    counts[COUNT_rejoined] += has_event(EVENT_rejoined);
    counts[COUNT_erased] += has_event(EVENT_erased);
    counts[COUNT_completed] += has_event(EVENT_course_completed);
    counts[COUNT_moved] += has_event(EVENT_moved);
    counts[COUNT_withheld] += has_event(EVENT_reminder_withheld);
}

/* What the store has of it afterwards. */
static void commit(struct phone *p, const struct input *input)
{
    bool is_heard = input->kind == INPUT_TEXT || input->kind == INPUT_DIAL;
    if (is_heard) {
        person_of(p->learner.learner_id)->days = 0;
        person_of(life.out.next.learner_id)->days = 0;
        p->heard_ms = life.out.next.link.last_ms = life.now_ms;
    }
    p->learner = life.out.next;
    p->learner.seq++;
    p->is_erase_asked = life.out.is_erase_asked;
    if (life.out.is_erased) /* a new contact, of whom nothing is known: no earlier message either */
        p->push_ms = 0;
    if (life.out.is_erased || life.out.is_passing)
        p->due_ms = 0;
    else if (!life.out.is_wake_kept)
        p->due_ms = life.out.wake_at_ms;
    if (life.out.made_code != 0) {
        life.move_code = life.out.made_code;
        memcpy(life.moves, life.out.made_for, sizeof(life.moves));
        life.moves_from = p;
    }
    if (has_event(EVENT_asked))
        person_of(p->learner.learner_id)->has_asked = true;
    count_step();
}

/* As a dialog does it: again, once somebody has looked what the engine asks for. */
static void step(struct phone *p, struct input *input)
{
    life.context.number_id = p->id;
    for (int round = 0; round < 5; round++) {
        arena_reset(arena);
        life.context.number_id = p->id;
        assert_int_equal(engine_step(&courses, &life.context, &p->learner, input, arena, &life.out),
                         ERR_OK);
        if (life.out.check_code != 0 && input->check.code != life.out.check_code)
            look_for(life.out.check_code, input);
        else if (life.out.move.act != MOVE_NOTHING && input->moved == MOVE_UNASKED)
            ask_other(p, input);
        else
            break;
    }
    commit(p, input);
}

/* ---- what must be true of a push ---- */

/* As the learner's country has it, and the group where there still is one. */
static struct schedule schedule_of(const struct learner *learner)
{
    const struct cohort *cohort = &life.cohort;
    struct schedule here = {.zone = life.context.zone,
                            .days_off = life.context.days_off,
                            .quiet_from_min = -1,
                            .quiet_to_min = -1};
    if (learner->cohort == 0)
        return here;
    here.rests = cohort->pauses;
    here.n_rests = cohort->n_pauses;
    here.days_off = cohort->days_off != 0 ? cohort->days_off : here.days_off;
    here.zone = cohort->local != NULL ? cohort->local : here.zone;
    return here;
}

static void expect_time(struct phone *p, const struct schedule *here)
{
    int64_t day = schedule_day(here, life.now_ms);
    int64_t minute = (zone_local_ms(here->zone, life.now_ms) - day * DAY_MS) / MINUTE_MS;
    bool is_same_day = p->push_ms != 0 && day == schedule_day(here, p->push_ms);
    p->n_that_day = is_same_day ? p->n_that_day + 1 : 1;
    p->push_ms = life.now_ms;
    EXPECT(minute >= 8 * 60 && minute < 20 * 60, "at night");
    EXPECT(life.out.push_until_ms > life.now_ms &&
               life.out.push_until_ms - life.now_ms <= 12 * HOUR_MS,
           "may leave at night");
    EXPECT((here->days_off >> schedule_date(here, life.now_ms).weekday & 1) == 0, "on a day off");
    EXPECT(schedule_rest_at(here, life.now_ms) == NULL, "while the group rests");
    EXPECT(p->n_that_day <= (life.has_jumped_back ? 3 : 1), "too many in a day");
}

/* Of who nobody knows to be still the one who learns there, and who has said what of it. */
static void expect_wanted(const struct phone *p, const struct learner *number,
                          const struct learner *before, const struct learner *after)
{
    const struct learner_link *link = &number->link;
    int64_t known_ms = link->same_ms > link->last_ms ? link->same_ms : link->last_ms;
    EXPECT(learner_is_enrolled(before) && learner_is_enrolled(after), "after STOP");
    EXPECT(before->held_ms == 0, "while a disclosure waits");
    EXPECT(before->slot != LEARNER_SLOT_AWAY, "to who was put away");
    EXPECT(before->moving_ms == 0, "to who is moving");
    EXPECT(life.has_jumped || before->paused_ms <= life.now_ms, "in a pause");
    EXPECT(!number->is_doubted, "to somebody else, perhaps");
    EXPECT(life.context.quiet_days == 0 || life.now_ms - known_ms <= QUIET_DAYS * DAY_MS,
           "to a number that was quiet for so long");
    EXPECT(gsm_measure(life.out.reply).segments <= 3, "more than three SMS");
}

/* Never for what is behind the learner. */
static void expect_step(const struct phone *p, const struct learner *before,
                        const struct learner *after)
{
    struct str purpose = str_from(life.out.purpose);
    if (str_eq(purpose, STR("course"))) {
        counts[COUNT_course]++;
        EXPECT(state_row_of_place(before)->progress == PROGRESS_MODULE_DONE, "in mid-module");
        EXPECT(module_of(after) > module_of(before) || module_of(after) == 0, "a module again");
    } else if (str_eq(purpose, STR("recall"))) {
        counts[COUNT_recall]++;
        EXPECT((before->sent & LEARNER_SENT_RETENTION) == 0, "the same questions again");
    } else if (str_eq(purpose, STR("followup"))) {
        counts[COUNT_followup]++;
        EXPECT((before->sent & LEARNER_SENT_FOLLOWUP) == 0, "the follow-up again");
        EXPECT((before->agreed & LEARNER_REFUSED_SURVEY) == 0, "although it was refused");
    } else if (str_eq(purpose, STR("nudge"))) {
        counts[COUNT_nudge]++;
        EXPECT(before->nudged_ms < life.cohort.nudge_ms, "the facilitator's words again");
    } else if (str_eq(purpose, STR("broadcast"))) {
        counts[COUNT_broadcast]++;
        EXPECT(before->plan >= 1 && before->plan <= N_SCHEDULE_SLOTS, "told without consent");
        EXPECT(strcmp(before->unit, after->unit) == 0, "moved by a message to many");
    } else {
        EXPECT(str_eq(purpose, STR("reminder")), "for no purpose");
        counts[COUNT_reminder]++;
    }
}

static void expect_push(struct phone *p, const struct learner *number)
{
    struct learner before;
    EXPECT(find_person(number, life.out.next.learner_id, &before), "to nobody who was there");
    const struct schedule here = schedule_of(&before);
    counts[COUNT_in_all]++;
    expect_time(p, &here);
    expect_wanted(p, number, &before, &life.out.next);
    expect_step(p, &before, &life.out.next);
}

static void expect_reminder(struct phone *p, const struct event *event,
                            const struct learner *number)
{
    const uint8_t *whom = life.out.is_gone ? life.out.gone : life.out.next.learner_id;
    struct learner before, after;
    EXPECT(find_person(number, whom, &before), "nobody was reminded");
    EXPECT(find_person(&life.out.next, whom, &after), "reminded, and forgotten");
    struct person *person = person_of(before.learner_id);
    EXPECT(before.plan >= 1 && before.plan <= N_SCHEDULE_SLOTS, "reminded without consent");
    EXPECT(strcmp(before.unit, after.unit) == 0 && before.screen == after.screen,
           "moved by a reminder");
    EXPECT(str_eq(event->unit, str_from(before.unit)), "reminded of another step");
    EXPECT(event->value > person->days, "the same reminder twice");
    EXPECT(life.has_jumped || life.now_ms - p->heard_ms >= 47 * HOUR_MS,
           "reminded although not quiet");
    EXPECT((event->kind == EVENT_reminder_withheld) == (life.out.reply.p == NULL),
           "a reminder that was withheld went, or one that was not did not");
    person->days = (uint8_t)event->value;
}

/* ---- time ---- */

/* Where the operator can be asked it answers, mostly. */
static void ask_operator(struct phone *p)
{
    struct input told = input_of(INPUT_DESK, "");
    counts[COUNT_asked_operator]++;
    if (draw(4) == 0)
        return;
    told.desk =
        (struct desk_order){.act = DESK_OWNER, .seq = p->learner.seq, .is_same = draw(3) != 0};
    step(p, &told);
}

static void wake(struct phone *p)
{
    const struct learner before = p->learner;
    struct input input = input_of(INPUT_TIMER, "");
    bool is_copy = false, asks;
    struct learner person;
    step(p, &input);
    asks = life.out.asks_operator;
    if (find_person(&before, life.out.next.learner_id, &person))
        is_copy = person.due_sms != 0; /* it was asked for */
    bool is_still_due = p->due_ms != 0 && p->due_ms <= life.now_ms;
    p->n_still_due = is_still_due ? p->n_still_due + 1 : 0;
    EXPECT(p->n_still_due <= learner_n_others(&before), "due for ever");
    for (uint32_t i = 0; i < life.out.n_events; i++) {
        enum event_kind kind = life.out.events[i].kind;
        if (kind == EVENT_reminded || kind == EVENT_reminder_withheld)
            expect_reminder(p, &life.out.events[i], &before);
    }
    if (life.out.move.act == MOVE_LOOK)
        counts[COUNT_left_behind] += life.out.reply.p != NULL;
    else if (life.out.reply.p != NULL && !is_copy)
        expect_push(p, &before);
    if (life.out.reply.p == NULL && find_person(&p->learner, before.learner_id, &person))
        EXPECT(memcmp(p->learner.learner_id, before.learner_id, 16) == 0 &&
                   (before.state != LEARNER_STATE_WHO || p->learner.state == before.state),
               "another one learns, and nobody was told");
    if (asks)
        ask_operator(p);
}

static struct phone *first_due(int64_t until_ms)
{
    struct phone *first = NULL;
    for (struct phone *p = life.phones; p < life.phones + N_PHONES; p++) {
        if (p->due_ms != 0 && p->due_ms <= until_ms && (first == NULL || p->due_ms < first->due_ms))
            first = p;
    }
    return first;
}

/* Lets time pass; where timers are away they look only at its end. */
static void pass(int64_t ms, bool is_away)
{
    int64_t until_ms = life.now_ms + ms;
    struct phone *p;
    while (!is_away && (p = first_due(until_ms)) != NULL) {
        if (p->due_ms > life.now_ms)
            life.now_ms = p->due_ms + draw(60000);
        wake(p);
    }
    if (life.now_ms < until_ms)
        life.now_ms = until_ms;
    for (int i = 0; (p = first_due(life.now_ms)) != NULL && i < 10; i++)
        wake(p);
}
