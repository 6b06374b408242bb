/*
 * What is sent without being asked for: the next part of the course, a reminder, questions a month
 * after the end, the follow-up (docs/course-rules.md 1.2 rules 3 and 7). All go through one door,
 * pace_push(), so that night, day off, pause, hold and "one a day" hold for each of them; the first
 * row that may have its turn has it, the others wait for the next day.
 */
#include <string.h>

#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/quiz.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

#define WEEK_MS (7 * DAY_MS)
/* A push belongs to a day, whenever in its slot it went: days between two are counted from here. */
#define LEEWAY_MS (DAY_MS / 2)
#define RETENTION_DAYS 30 /* docs/course-rules.md 3.2 F3 */
#define RETENTION_QUESTIONS 3

/* ---- what the learner has chosen, and where ---- */

static bool is_planned(const struct learner *l)
{
    return l->plan >= 1 && l->plan <= N_SCHEDULE_SLOTS;
}

static enum schedule_slot slot_of(const struct learner *l)
{
    return is_planned(l) ? (enum schedule_slot)(l->plan - 1) : SCHEDULE_EVENING;
}

static struct schedule schedule_of(const struct step *s)
{
    const struct engine_context *c = s->context;
    const struct cohort *cohort = step_cohort(s);
    struct str id = {(const char *)s->learner->learner_id, sizeof(s->learner->learner_id)};
    struct schedule schedule = {.zone = c->zone,
                                .days_off = c->days_off,
                                .slot = slot_of(s->learner),
                                .spread = (uint32_t)(str_hash(id) >> 32),
                                .quiet_from_min = -1,
                                .quiet_to_min = -1};
    if (cohort == NULL)
        return schedule;
    schedule.zone = cohort->local != NULL ? cohort->local : c->zone;
    schedule.days_off = cohort->days_off != 0 ? cohort->days_off : c->days_off;
    schedule.quiet_from_min = cohort->quiet_from_min;
    schedule.quiet_to_min = cohort->quiet_to_min;
    schedule.rests = cohort->pauses;
    schedule.n_rests = cohort->n_pauses;
    return schedule;
}

static enum cohort_pace pace_of(const struct step *s)
{
    const struct cohort *cohort = step_cohort(s);
    if (cohort != NULL)
        return cohort->pace;
    return s->course->pace == COURSE_PACE_WEEKLY ? COHORT_PACE_WEEKLY : COHORT_PACE_OPEN;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A clock that was ahead and is not any more must keep nobody waiting. A limit that moves on with
 * each look would: the timer, which goes by the clock itself, takes it for the time. */
static int64_t not_after(int64_t at_ms, int64_t limit_ms)
{
    return at_ms > limit_ms ? limit_ms : at_ms;
}

static void mend_times(const struct step *s, struct learner *l)
{
    int64_t now_ms = s->input->now.ms;
    l->pushed_ms = not_after(l->pushed_ms, now_ms);
    l->wrote_ms = not_after(l->wrote_ms, now_ms);
    l->closed_ms = not_after(l->closed_ms, now_ms);
    l->module_ms = not_after(l->module_ms, now_ms + WEEK_MS);
    l->paused_ms = not_after(l->paused_ms, now_ms + PLAN_LONGEST_PAUSE_MS);
}

void pace_mend_times(struct step *s)
{
    struct learner other;
    for (uint32_t i = 0; i < learner_n_others(s->learner); i++) {
        if (learner_other(s->learner, i, &other) != ERR_OK)
            continue;
        mend_times(s, &other);
        people_put(s, i, &other);
    }
    mend_times(s, s->learner);
}

/* ---- the next part of the course ---- */

/* The day on which the group begins that module; 0: each learner in a rhythm of his or her own. */
static int64_t group_date_ms(const struct step *s, const struct module *module)
{
    const struct cohort *cohort = step_cohort(s);
    struct schedule schedule = schedule_of(s);
    if (cohort == NULL || module == NULL)
        return 0;
    if (cohort->pace == COHORT_PACE_DATES && module->number <= cohort->n_dates)
        return schedule_day_ms(&schedule, cohort->dates[module->number - 1]);
    bool is_weekly = cohort->pace == COHORT_PACE_WEEKLY && cohort->start_day != 0;
    return is_weekly ? schedule_day_ms(&schedule, cohort->start_day + 7 * (module->number - 1)) : 0;
}

uint16_t pace_module_now(const struct step *s)
{
    const struct learner *l = s->learner;
    int64_t now_ms = s->input->now.ms;
    uint16_t found = 0, n = s->course->n_course_modules;
    for (uint16_t number = 1; number <= n; number++) {
        int64_t begins_ms = group_date_ms(s, course_module_numbered(s, number));
        if (begins_ms != 0 && begins_ms <= now_ms)
            found = number;
    }
    bool is_alone = step_cohort(s) == NULL || step_cohort(s)->start_day == 0;
    if (found == 0 && is_alone && pace_of(s) == COHORT_PACE_WEEKLY && l->past.n == 0 &&
        l->consent_ms != 0 && l->consent_ms <= now_ms)
        found = (uint16_t)earlier((now_ms - l->consent_ms) / WEEK_MS + 1, n);
    return found;
}

static int64_t opening_ms(const struct step *s)
{
    const struct learner *l = s->learner;
    const struct module *next = course_module_after(s);
    if (state_row_of_place(l)->progress != PROGRESS_MODULE_DONE || next == NULL ||
        pace_of(s) == COHORT_PACE_OPEN || l->module_ms == 0)
        return 0;
    return later(not_after(l->module_ms, s->input->now.ms + WEEK_MS), group_date_ms(s, next));
}

void pace_begin_module(struct step *s)
{
    s->learner->module_ms = s->input->now.ms;
}

/* A week after it was begun, or with the group; who took longer gets the next part on another day
 * all the same. */
void pace_end_module(struct step *s)
{
    struct learner *l = s->learner;
    int64_t now_ms = s->input->now.ms;
    int64_t begun_ms = l->module_ms != 0 ? not_after(l->module_ms, now_ms) : now_ms;
    bool is_with_group = group_date_ms(s, course_module_after(s)) != 0;
    l->module_ms = now_ms + LEEWAY_MS;
    if (!is_with_group)
        l->module_ms = later(l->module_ms, begun_ms + WEEK_MS - LEEWAY_MS);
}

/* Only what has a date is closed before it. */
bool pace_is_closed(const struct step *s)
{
    return pace_of(s) == COHORT_PACE_DATES &&
           group_date_ms(s, course_module_after(s)) > s->input->now.ms;
}

struct str pace_opening(const struct step *s)
{
    int64_t from_ms = opening_ms(s);
    return from_ms == 0
               ? STR_NONE
               : pace_when(s, later(from_ms, later(plan_paused_until_ms(s), s->input->now.ms)),
                           true);
}

/* ---- reminders ---- */

static const uint8_t reminder_days[] = {2, 5, 12};

/* Since when there has been something to do and nothing was done. */
static int64_t quiet_since_ms(const struct step *s)
{
    const struct learner *l = s->learner;
    struct schedule schedule = schedule_of(s);
    int64_t now_ms = s->input->now.ms;
    int64_t at = s->input->kind == INPUT_TIMER ? not_after(l->link.last_ms, now_ms) : now_ms;
    if (state_row_of_place(l)->progress != PROGRESS_MODULE_DONE)
        at = later(at, not_after(l->module_ms, now_ms) - LEEWAY_MS); /* it came by itself */
    if (state_row_of_place(l) == state_row(LEARNER_STATE_RETAKE))
        at = later(at, l->ended_ms);
    for (uint32_t i = 0; i < schedule.n_rests; i++) {
        int64_t end_ms = schedule_day_ms(&schedule, schedule.rests[i].to_day + 1);
        bool has_begun = schedule_day(&schedule, now_ms) >= schedule.rests[i].from_day;
        if (has_begun && at < end_ms)
            at = end_ms;
    }
    return later(at, plan_paused_until_ms(s));
}

/* The same time of day, also when the clocks were changed in between. */
static int64_t days_after_ms(const struct step *s, int64_t ms, int64_t days)
{
    const struct zone *zone = schedule_of(s).zone;
    return zone_utc_ms(zone, zone_local_ms(zone, ms) + days * DAY_MS);
}

static int64_t reminder_ms(const struct step *s)
{
    const struct learner *l = s->learner;
    uint8_t n = l->reminded;
    if (!state_row_of_place(l)->is_reminded || !is_planned(l) || l->recall_left > 0 ||
        n >= ARRAY_LEN(reminder_days) || opening_ms(s) != 0 ||
        str_is_empty(s->course->texts[COURSE_TEXT_reminder]))
        return 0;
    int64_t at = days_after_ms(s, quiet_since_ms(s), reminder_days[n]);
    int64_t gap_days = n > 0 ? reminder_days[n] - reminder_days[n - 1] : 0;
    return later(at, not_after(l->pushed_ms, s->input->now.ms) + gap_days * DAY_MS - LEEWAY_MS);
}

/* A few get none at this step, drawn anew for each: what reminders bring is the difference
 * (docs/course-rules.md 3.2 R1). */
static bool is_held_out(const struct step *s, uint8_t days)
{
    const struct learner *l = s->learner;
    uint32_t one_in = s->context->reminder_holdout;
    char key[sizeof(l->learner_id) + 1] = {(char)days};
    memcpy(key + 1, l->learner_id, sizeof(l->learner_id));
    return one_in > 0 && (str_hash((struct str){key, sizeof(key)}) >> 32) % one_in == 0;
}

static void remind(struct step *s)
{
    struct learner *l = s->learner;
    uint8_t days = reminder_days[l->reminded++];
    bool is_withheld = is_held_out(s, days);
    struct event *event = step_event(s, is_withheld ? EVENT_reminder_withheld : EVENT_reminded);
    event->unit = arena_str(s->arena, str_from(l->unit)); /* another one may be here at the end */
    event->value = days;
    if (is_withheld)
        return;
    step_say(s, step_text(s, COURSE_TEXT_reminder, VARS({"place", step_place(s)})));
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

/* ---- after the end ---- */

static int64_t retention_ms(const struct step *s)
{
    const struct learner *l = s->learner;
    bool is_due = state_row_of_place(l)->is_followed && l->completed_ms != 0 &&
                  (l->sent & LEARNER_SENT_RETENTION) == 0 && recall_has_any(s) &&
                  !str_is_empty(s->course->texts[COURSE_TEXT_retention_invite]);
    return is_due ? l->completed_ms + RETENTION_DAYS * DAY_MS : 0;
}

static void ask_retention(struct step *s)
{
    s->learner->sent |= LEARNER_SENT_RETENTION;
    recall_begin_round(s, RETENTION_QUESTIONS, COURSE_TEXT_retention_invite);
}

/* To whoever completed the course, survey answered or not, but not to who does not want to be
 * asked (docs/course-rules.md 1.6). */
static int64_t follow_up_ms(const struct step *s)
{
    const struct learner *l = s->learner;
    bool is_due = state_row_of_place(l)->is_followed && (l->agreed & LEARNER_REFUSED_SURVEY) == 0 &&
                  (l->sent & LEARNER_SENT_FOLLOWUP) == 0 && s->course->followup_module >= 0 &&
                  s->course->followup_days > 0;
    if (!is_due || l->completed_ms == 0)
        return is_due ? l->ended_ms : 0; /* where an earlier version kept when it is due */
    return l->completed_ms + s->course->followup_days * DAY_MS;
}

/* Eight to twelve weeks after the end. */
static void follow_up(struct step *s)
{
    s->learner->sent |= LEARNER_SENT_FOLLOWUP;
    s->learner->ended_ms = 0;
    (void)step_event(s, EVENT_followup_sent);
    step_use_module(s, s->course->followup_module);
    step_say(s, step_text(s, COURSE_TEXT_followup_invite, NO_VARS));
    course_begin_questions(s, LEARNER_STATE_FOLLOWUP, s->course->followup_module);
}

/* ---- from the group's facilitator ---- */

#define NUDGE_MS (3 * DAY_MS) /* who could not get it by then does not */

static int64_t nudge_ms(const struct step *s)
{
    const struct learner *l = s->learner;
    const struct cohort *c = step_cohort(s);
    bool is_wanted = state_row_of_place(l)->is_reminded && is_planned(l) && l->recall_left == 0 &&
                     !str_is_empty(s->course->texts[COURSE_TEXT_nudge_1]);
    bool is_new = c != NULL && c->nudge != 0 && c->nudge_ms > l->nudged_ms &&
                  s->input->now.ms - c->nudge_ms < NUDGE_MS;
    return is_wanted && is_new ? c->nudge_ms : 0;
}

/* It never moves the learner. */
static void nudge(struct step *s)
{
    static const enum course_text texts[COHORT_NUDGES] = {COURSE_TEXT_nudge_1, COURSE_TEXT_nudge_2,
                                                          COURSE_TEXT_nudge_3, COURSE_TEXT_nudge_4};
    const struct cohort *c = step_cohort(s);
    s->learner->nudged_ms = c->nudge_ms;
    step_say(s,
             step_text(s, texts[c->nudge - 1], VARS({"group", c->name}, {"place", step_place(s)})));
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

static void open_next(struct step *s)
{
    s->learner->reminded = 0;
    course_next_module(s);
}

/* ---- the one door ---- */

/* From when on, 0 = not at all; and what is sent then. */
static const struct push_row {
    int64_t (*from_ms)(const struct step *s);
    void (*push)(struct step *s);
    const char *purpose;
} pushes[] = {
    {opening_ms, open_next, "course"},
    {reminder_ms, remind, "reminder"},
    {retention_ms, ask_retention, "recall"},
    {follow_up_ms, follow_up, "followup"},
    {nudge_ms, nudge, "nudge"},
};

/* When the next push is due, 0 = none; *ret: which. */
static int64_t next_push_ms(const struct step *s, const struct push_row **ret)
{
    struct schedule schedule = schedule_of(s);
    int64_t now_ms = s->input->now.ms, first = INT64_MAX;
    int64_t floor_ms = later(now_ms - SCHEDULE_LATE_MS + 1, plan_paused_until_ms(s));
    if (s->learner->pushed_ms != 0) {
        int64_t day = schedule_day(&schedule, not_after(s->learner->pushed_ms, now_ms));
        floor_ms = later(floor_ms, schedule_day_ms(&schedule, day + 1));
    }
    for (size_t i = 0; i < ARRAY_LEN(pushes); i++) {
        int64_t from_ms = pushes[i].from_ms(s);
        int64_t at =
            from_ms == 0 ? INT64_MAX : schedule_next_ms(&schedule, later(from_ms, floor_ms));
        if (at < first)
            *ret = &pushes[i];
        first = earlier(first, at);
    }
    return first == INT64_MAX ? 0 : first;
}

int64_t pace_wake_ms(const struct step *s)
{
    const struct push_row *row = NULL;
    return next_push_ms(s, &row);
}

void pace_push(struct step *s)
{
    struct schedule schedule = schedule_of(s);
    int64_t now_ms = s->input->now.ms;
    const struct push_row *row = NULL;
    int64_t due_ms = next_push_ms(s, &row);
    if (due_ms == 0 || due_ms > now_ms || !schedule_is_now(&schedule, now_ms))
        return;
    step_leave_side(s);
    s->learner->pushed_ms = now_ms;
    s->out->push_until_ms = schedule_evening_ms(&schedule, now_ms);
    s->out->purpose = row->purpose;
    row->push(s);
}

bool pace_notify(struct step *s, struct str text, const char *purpose)
{
    struct schedule schedule = schedule_of(s);
    int64_t now_ms = s->input->now.ms, last_ms = not_after(s->learner->pushed_ms, now_ms);
    bool is_first =
        last_ms == 0 || schedule_day(&schedule, last_ms) < schedule_day(&schedule, now_ms);
    if (!learner_is_enrolled(s->learner) || people_is_away(s->learner) ||
        s->learner->held_ms != 0 || s->learner->is_doubted || !is_first ||
        plan_paused_until_ms(s) > now_ms || !schedule_is_free(&schedule, now_ms) ||
        str_is_empty(text))
        return false;
    if (owner_is_doubtful(s)) {
        s->out->asks_operator = s->context->has_operator; /* another time it may go, then */
        return false;
    }
    s->learner->pushed_ms = now_ms;
    s->out->push_until_ms = schedule_evening_ms(&schedule, now_ms);
    s->out->purpose = purpose;
    step_say(s, text);
    s->out->shows = OUTCOME_SHOWS_KEYS;
    who_name_push(s);
    return true;
}

void pace_tell(struct step *s, struct str text)
{
    if (is_planned(s->learner))
        (void)pace_notify(s, text, "broadcast"); /* else it waits, or is not for this learner */
}

void pace_heard(struct step *s)
{
    s->learner->reminded = 0;
}

bool pace_is_agreed(const struct step *s)
{
    return is_planned(s->learner);
}

/* ---- words for times ---- */

static struct str word_at(struct str words, uint32_t n)
{
    struct str word = STR_NONE;
    for (uint32_t i = 0; i <= n; i++)
        word = str_split(&words, ' ');
    return word;
}

/* "Tue 18:00" of the first slot from there on, or "Tue 8 Dec" of the day itself. */
struct str pace_when(const struct step *s, int64_t ms, bool is_slot)
{
    struct schedule schedule = schedule_of(s);
    int64_t at = is_slot ? schedule_next_ms(&schedule, ms) : ms;
    struct schedule_date date = schedule_date(&schedule, at == INT64_MAX ? ms : at);
    struct str weekday = word_at(s->course->texts[COURSE_TEXT_weekdays], date.weekday);
    struct str month = word_at(s->course->texts[COURSE_TEXT_months], date.month - 1u);
    int32_t minute = schedule_slot_minute(&schedule);
    bool is_near = at - s->input->now.ms < 6 * DAY_MS;
    struct str day = is_slot && is_near ? weekday
                                        : arena_printf(s->arena, "%.*s %u %.*s", STR_ARG(weekday),
                                                       date.day, STR_ARG(month));
    return is_slot ? arena_printf(s->arena, "%.*s %d:%02d", STR_ARG(day), minute / 60, minute % 60)
                   : day;
}
