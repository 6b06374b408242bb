/*
 * Random histories of learners, by the engine alone: whatever people, clocks and outages do, nobody
 * gets a push at night, on a day off, in a rest or pause, more than one a day, after STOP, while a
 * disclosure waits, on a number that may be somebody else's or for a step that is done, and no
 * reminder without consent or for who was not quiet; and whoever wants to be reminded is, three
 * times. `test_pace 100000 SEED` plays so many of them, with a third number from that one on; ctest
 * plays fewer.
 */
#include "pace_life.h"

#include "core/lesson/parse.h"
#include "port/lesson_files.h"

#define N_ACTIONS 60

static uint32_t n_histories = 1500, first_history;
static uint64_t seed;
static struct arena *course_arena;

/* ---- what people do ---- */

static void say(struct phone *p, const char *text)
{
    struct input input = input_of(INPUT_TEXT, text);
    uint32_t slot = p->learner.slot;
    uint32_t course_key = p->learner.course_key;
    input.is_erase_asked = p->is_erase_asked;
    step(p, &input);
    counts[COUNT_switched] += slot != 0 && p->learner.slot != 0 && p->learner.slot != slot;
    counts[COUNT_second_course] +=
        course_key != 0 && p->learner.course_key != course_key && p->learner.past.n > 0;
    if (has_event(EVENT_moved))
        life.at = p;
}

/* What is right where the learner is, else what leads on. */
static const char *right_answer(const struct learner *l)
{
    static char text[8];
    const struct unit *unit = course_unit(course_of(l), str_from(l->unit));
    const struct question *q = unit != NULL ? unit->question : NULL;
    size_t n = 0;
    if (q == NULL || !state_row(l->state)->is_question)
        return draw(3) == 0 ? "1" : "9";
    for (uint8_t i = 0; i < q->n_choices && n + 1 < sizeof(text); i++) {
        if (q->choices[i].is_right)
            text[n++] = (char)('1' + i);
    }
    text[n] = '\0';
    return n > 0 ? text : "1";
}

static void talk(struct phone *p)
{
    static const char *const texts[] = {
        "1",       "2",     "3",     "9",     "9",      "9",      "9",     "9",
        "1",       "2",     "menu",  "0",     "hm",     "STOP",   "PAUSE", "score",
        "JOIN",    "SAFE",  "CATCH", "help",  "SWITCH", "SWITCH", "LEAVE", "ASK please",
        "MY DATA", "GROUP", "LANG",  "WATER", "0",      "DELETE"};
    bool is_lost =
        p->learner.state == LEARNER_STATE_STOPPED || p->learner.state == LEARNER_STATE_DELETED;
    bool is_new = p->learner.state == LEARNER_STATE_NEW;
    if (is_lost || is_new) {
        say(p, draw(3) == 0 || is_new ? "JOIN" : "1");
        return;
    }
    for (uint32_t k = 1 + draw(life.is_diligent ? 12 : 6); k > 0; k--) {
        uint32_t last = draw(life.is_diligent ? 24 : 4) == 0 ? ARRAY_LEN(texts) : 10;
        say(p, life.is_diligent && last == 10 ? right_answer(&p->learner) : texts[draw(last)]);
    }
}

static void release(struct phone *p)
{
    struct input input = input_of(INPUT_RELEASE, "");
    if (!engine_is_moving(&p->learner, NULL))
        step(p, &input);
}

/* Many are told something; a push as any other. */
static void tell(struct phone *p)
{
    const struct learner before = p->learner;
    struct input input = input_of(INPUT_DESK, "");
    struct learner other;
    input.desk = (struct desk_order){.act = DESK_TELL, .text = STR("The meeting is on Friday.")};
    bool is_for_other = draw(2) == 0 && learner_other(&before, 0, &other) == ERR_OK;
    memcpy(input.desk.learner_id, is_for_other ? other.learner_id : before.learner_id,
           sizeof(input.desk.learner_id));
    if (before.seq == 0 || engine_is_moving(&before, input.desk.learner_id))
        return;
    step(p, &input);
    bool asks = life.out.asks_operator;
    if (life.out.reply.p != NULL)
        expect_push(p, &before);
    if (asks)
        ask_operator(p);
}

/* A person answers what somebody has asked, who is still there and has not become somebody else. */
static void answer(struct phone *p)
{
    const struct learner before = p->learner;
    struct input input = input_of(INPUT_ANSWER, "At the school.");
    struct learner person;
    bool has_asked = false;
    if (draw(2) == 0 || engine_is_moving(&before, NULL)) {
        say(p, "ASK where is the meeting");
        return;
    }
    step(p, &input);
    counts[COUNT_answered] += life.out.reply.p != NULL;
    for (uint32_t i = 0; i < life.n_people; i++)
        has_asked |= life.people[i].has_asked &&
                     find_person(&before, life.people[i].learner_id, &person) &&
                     person.slot != LEARNER_SLOT_AWAY;
    EXPECT(life.out.reply.p == NULL || has_asked, "an answer to who has not asked");
}

/* The facilitator orders a message, and the writer makes its members due. */
static void nudge(struct phone *p)
{
    if (life.cohort.code == 0 || p->learner.seq == 0)
        return;
    life.cohort.nudge = (uint8_t)(1 + draw(COHORT_NUDGES));
    life.cohort.nudge_ms = life.now_ms;
    if (p->due_ms == 0 || p->due_ms > life.now_ms)
        p->due_ms = life.now_ms;
}

/* The facilitator lets the group rest from today on. */
static void rest(struct phone *p)
{
    const struct schedule here = schedule_of(&(struct learner){.cohort = life.cohort.code});
    int64_t today = schedule_day(&here, life.now_ms);
    (void)p;
    if (life.cohort.code == 0 || life.cohort.n_pauses == COHORT_MAX_PAUSES)
        return;
    counts[COUNT_rested]++;
    life.cohort.pauses[life.cohort.n_pauses++] =
        (struct schedule_rest){today, today + 1 + draw(14)};
}

/* The coordinator says where the group is. */
static void change_zone(struct phone *p)
{
    (void)p;
    if (life.cohort.code == 0)
        return;
    counts[COUNT_zone_changed]++;
    life.cohort.local = &zones[draw(N_ZONES)];
}

/* Somebody else on the same phone, at the same place: what is due to the one is due to the other on
 * that day as well. */
static void share(struct phone *p)
{
    struct learner other = p->learner;
    if (learner_n_others(&other) > 0 || !learner_is_enrolled(&other) ||
        learner_state_is_side(other.state) || other.moving_ms != 0 || other.is_doubted)
        return;
    counts[COUNT_shared]++;
    for (size_t i = 0; i < sizeof(other.learner_id); i++)
        other.learner_id[i] = (uint8_t)draw(256);
    other.slot = 2;
    other.wrote_ms = 0; /* the message was of the first one */
    p->learner.slot = 1;
    assert_int_equal(str_copy(STR("BO"), other.nickname, sizeof(other.nickname)), ERR_OK);
    assert_int_equal(str_copy(STR("ANA"), p->learner.nickname, sizeof(other.nickname)), ERR_OK);
    assert_int_equal(learner_set_other(&p->learner, 0, &other), ERR_OK);
    release(p); /* changes nothing, and says what is due */
}

/* Somebody takes the place to the other phone, which mostly lets the first one go at once. */
static void move(struct phone *p)
{
    struct phone *other = p == &life.phones[0] ? &life.phones[1] : &life.phones[0];
    char digits[24];
    say(p, "MOVE");
    if (life.move_code == 0 || life.moves_from != p)
        return;
    (void)snprintf(digits, sizeof(digits), "%012llu", (unsigned long long)life.move_code);
    say(other, digits);
    say(other, "1");
    if (has_event(EVENT_moved) && draw(4) != 0)
        wake(p);
}

static void erase(struct phone *p)
{
    say(p, "DELETE");
    say(p, draw(2) == 0 ? "DELETE 1" : "1");
    counts[COUNT_began_again] += p->learner.state == LEARNER_STATE_DELETED;
}

/* So long that the number may have gone to somebody else, who then says so, or not. */
static void be_away(struct phone *p)
{
    pass((int64_t)(85 + draw(60)) * DAY_MS, draw(4) == 0);
    tell(p);
    say(p, draw(2) == 0 ? "JOIN" : "hm");
    if (draw(2) == 0)
        tell(p); /* while it is not known who has the number */
    const struct learner before = p->learner;
    say(p, draw(2) == 0 ? "1" : "2");
    if (!before.is_doubted || !has_event(EVENT_contact))
        return;
    counts[COUNT_new_owner]++;
    bool is_told = learner_has_stopped(&before); /* of whom it is known already */
    for (uint32_t i = 0; i < life.out.n_also; i++)
        is_told |= memcmp(life.out.also[i], before.learner_id, sizeof(before.learner_id)) == 0;
    EXPECT(is_told, "nobody was told of who is not there any more");
}

/* A year after the end; what is due meanwhile comes. */
static void refresh(struct phone *p)
{
    if (p->learner.completed_ms == 0)
        return;
    pass((int64_t)(150 + draw(60)) * DAY_MS, false);
    tell(p);
    pass((int64_t)(150 + draw(60)) * DAY_MS, false);
    say(p, "REFRESH");
    say(p, "1"); /* who has the number now is asked before */
    say(p, "REFRESH");
    counts[COUNT_refreshed] += p->learner.recall_left > 0;
}

static void jump(struct phone *p)
{
    int64_t jump_ms = draw(2) == 0 ? DAY_MS : -DAY_MS;
    (void)p;
    life.now_ms += jump_ms;
    life.has_jumped = true;
    life.has_jumped_back |= jump_ms < 0;
}

static void outage(struct phone *p)
{
    (void)p;
    pass((int64_t)draw(40) * HOUR_MS, true);
}

static void wait_for_timers(struct phone *p)
{
    (void)p;
    pass((int64_t)draw(7 * 24) * HOUR_MS / (1 + draw(8)), false);
}

/* Mostly what leads on; of a thousand. */
static void act(void)
{
    static const struct {
        uint32_t weight;
        void (*run)(struct phone *p);
    } acts[] = {{110, outage}, {280, wait_for_timers}, {15, jump},   {30, tell}, {30, nudge},
                {6, rest},     {6, change_zone},       {10, share},  {8, move},  {20, answer},
                {4, erase},    {5, be_away},           {12, refresh}};
    /* Now and then the phone that was left is used again. */
    struct phone *p = draw(12) == 0 ? &life.phones[draw(N_PHONES)] : life.at;
    uint32_t n = draw(1000);
    size_t i = 0;
    for (; i < ARRAY_LEN(acts) && n >= acts[i].weight; i++)
        n -= acts[i].weight;
    if (i < ARRAY_LEN(acts))
        acts[i].run(p);
    else if (p->learner.held_ms != 0 && draw(3) == 0)
        release(p);
    else
        talk(p);
    life.now_ms += draw(600000);
}

/* ---- a history ---- */

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
    counts[COUNT_dates] += life.cohort.pace == COHORT_PACE_DATES;
    life.cohorts = (struct cohorts){&life.cohort, 1};
    life.context.cohorts = &life.cohorts;
    life.at->learner.cohort = life.cohort.code;
}

static void begin(uint32_t number)
{
    random_state = (number + 1 + seed) * UINT64_C(0x9e3779b97f4a7c15);
    (void)draw(1);
    memset(&life, 0, sizeof(life));
    life.number = number;
    life.at = &life.phones[0];
    life.is_diligent = draw(3) == 0;
    life.context = (struct engine_context){.org = STR("Red Cross"),
                                           .url = STR("example.org/c"),
                                           .code = STR("*384*7#"),
                                           .zone = &zones[draw(N_ZONES)],
                                           .days_off = (uint8_t)(1u << draw(7)),
                                           .quiet_days = draw(2) == 0 ? QUIET_DAYS : 0,
                                           .has_operator = draw(2) == 0,
                                           .reminder_holdout = 10};
    life.now_ms = INT64_C(1735700000000) + (int64_t)draw(365 * 24) * HOUR_MS;
    for (uint32_t i = 0; i < N_PHONES; i++) {
        learner_init(&life.phones[i].learner);
        memset(life.phones[i].id, (int)i + 1, sizeof(life.phones[i].id));
        life.phones[i].learner.link.last_ms = life.now_ms;
    }
    const struct schedule here = schedule_of(&life.at->learner);
    if (draw(3) == 0)
        make_group(schedule_day(&here, life.now_ms));
}

static bool is_reminder_due(const struct learner *number, const struct learner *l)
{
    return l->plan >= 1 && l->plan <= N_SCHEDULE_SLOTS && learner_is_enrolled(l) &&
           l->held_ms == 0 && l->slot != LEARNER_SLOT_AWAY && l->moving_ms == 0 &&
           !number->is_doubted &&
           (life.context.quiet_days == 0 || life.now_ms - number->link.last_ms < DAY_MS);
}

/* Who is quiet from now on, and wants to, is reminded to the end. */
static void expect_all_reminders(struct phone *p)
{
    struct learner wanted[LEARNER_MAX_PROFILES], person, after;
    uint32_t n = 0;
    for (uint32_t i = 0; i <= learner_n_others(&p->learner); i++) {
        person = p->learner;
        if (i > 0)
            assert_int_equal(learner_other(&p->learner, i - 1, &person), ERR_OK);
        if (is_reminder_due(&p->learner, &person))
            wanted[n++] = person;
    }
    pass(120 * DAY_MS, false);
    for (uint32_t i = 0; i < n; i++) {
        if (find_person(&p->learner, wanted[i].learner_id, &after) && after.recall_left == 0 &&
            state_row_of_place(&after)->is_reminded)
            EXPECT(after.reminded == 3, "not reminded to the end");
    }
}

static void pushes_keep_their_promises(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < n_histories; i++) {
        begin(first_history + i);
        for (uint32_t k = 0; k < N_ACTIONS; k++)
            act();
        expect_all_reminders(life.at);
    }
    print_message("%u histories:", n_histories);
    for (uint32_t i = 0; i < N_COUNTS; i++)
        print_message(" %s %llu", count_names[i], (unsigned long long)counts[i]);
    print_message("\n");
    for (uint32_t i = 0; i < N_COUNTS; i++) {
        if (counts[i] < 1 + n_histories / 500)
            fail_msg("%s: only %llu", count_names[i], (unsigned long long)counts[i]);
    }
    assert_true(counts[COUNT_in_all] > n_histories);
    assert_in_range(counts[COUNT_withheld] * 100 /
                        (counts[COUNT_reminder] + counts[COUNT_withheld]),
                    8, 12); /* one in ten */
}

static const struct course *load(const char *folder)
{
    struct lesson_file *files;
    const struct course *course = NULL;
    struct errmsg msg = {""};
    uint32_t n;
    if (lesson_files_read(folder, course_arena, &files, &n, &msg) != ERR_OK ||
        lesson_load(files, n, course_arena, &course, &msg) != ERR_OK)
        fail_msg("%s", msg.text);
    return course;
}

static int open_world(void **state)
{
    static const char *const names[N_ZONES] = {
        "Africa/Nairobi", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia"};
    (void)state;
    course_arena = arena_new(64u << 20);
    arena = arena_new(4u << 20);
    courses = (struct courses){
        .list = {load("lessons/children-on-the-move"), load("tests/lessons/water")},
        .n = 2,
        .n_starts = 2,
        .starts = {0, 1}};
    for (size_t i = 0; i < N_ZONES; i++)
        assert_int_equal(zone_load(str_from(names[i]), &zones[i]), ERR_OK);
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
    if (argc > 3)
        first_history = (uint32_t)strtoul(argv[3], NULL, 10);
    return cmocka_run_group_tests(tests, open_world, close_world);
}
