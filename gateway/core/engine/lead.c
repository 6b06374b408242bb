/*
 * A group's facilitator (docs/course-rules.md 5): GROUP, the PIN, and what may be asked for then.
 * The figures come with the group itself (core/cohort.h), as PostgreSQL last counted them; what is
 * ordered here are facts on their way to PostgreSQL, which owns the group, and come back with it.
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/step.h"

#define PIN_DIGITS 6u
#define TRUSTED_MS (30 * MINUTE_MS)
#define NUDGE_WAIT_MS (7 * DAY_MS)

/* Of this number and group; NULL: it leads none of that code (0 = any that is open). */
static const struct cohort_lead *find_lead(const struct step *s, uint32_t code,
                                           const struct cohort **ret)
{
    const struct cohorts *cohorts = s->context->cohorts;
    const uint8_t *number = s->context->number_id;
    for (uint32_t i = 0; number != NULL && cohorts != NULL && i < cohorts->n; i++) {
        const struct cohort *c = &cohorts->list[i];
        for (uint32_t k = 0; k < c->n_leads && (code == 0 || c->code == code); k++) {
            if (memcmp(c->leads[k].number_id, number, sizeof(c->leads[k].number_id)) == 0) {
                *ret = c;
                return &c->leads[k];
            }
        }
    }
    return NULL;
}

static const struct cohort *led(const struct step *s)
{
    const struct cohort *cohort = NULL;
    (void)find_lead(s, s->learner->led, &cohort); /* NULL: no more */
    return cohort;
}

/* ---- the figures ---- */

struct str lead_screen(const struct step *s)
{
    const struct cohort *c = led(s);
    if (c == NULL || s->input->now.ms >= s->learner->led_until_ms)
        return step_text(s, COURSE_TEXT_lead_over, NO_VARS);
    enum course_text text = str_is_empty(c->finished)  ? COURSE_TEXT_lead_begun
                            : str_is_empty(c->hardest) ? COURSE_TEXT_lead_finished
                                                       : COURSE_TEXT_lead;
    struct str figures =
        step_text(s, text,
                  VARS({"number", step_number(s, c->code)}, {"joined", step_number(s, c->n_joined)},
                       {"active", step_number(s, c->n_active)},
                       {"done", step_number(s, c->n_finished)}, {"module", c->finished},
                       {"unit", c->hardest}, {"percent", step_number(s, c->hardest_percent)}));
    struct str keys = step_text(s, COURSE_TEXT_lead_keys, NO_VARS);
    return arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(figures),
                        s->input->via == VIA_USSD ? "\n" : " ", STR_ARG(keys));
}

/* Something was said to a facilitator; the keys of the figures are still there by SMS, or again.
 * The figures stood there already, and would turn one screen of USSD into two. */
void lead_end_turn(struct step *s)
{
    bool is_here = s->learner->state == LEARNER_STATE_LEAD;
    bool is_screen = s->input->via == VIA_USSD;
    if (!is_here)
        step_enter_side(s, LEARNER_STATE_LEAD);
    if (is_screen || !is_here)
        step_say(s, step_text(s, COURSE_TEXT_lead_keys, NO_VARS));
    s->out->shows = is_here && !is_screen ? OUTCOME_SHOWS_KEYS : OUTCOME_SHOWS_SCREEN;
}

void lead_show(struct step *s)
{
    step_enter_side(s, LEARNER_STATE_LEAD);
    step_say_screen(s);
}

/* ---- the guide of the next meeting ---- */

/* Of the week that the group is in by its days; the first module where it has no start. */
const struct module *lead_topic(const struct step *s, const struct cohort *c)
{
    struct schedule local = {.zone = c->local != NULL ? c->local : s->context->zone};
    int64_t today = schedule_day(&local, s->input->now.ms);
    int64_t week = c->start_day > 0 && today > c->start_day ? (today - c->start_day) / 7 : 0;
    const struct module *found = NULL;
    for (uint16_t i = 0; i < s->course->n_modules; i++) {
        const struct module *m = &s->course->modules[i];
        bool is_it = m->kind == MODULE_LESSONS && (found == NULL || m->number <= week + 1);
        found = is_it ? m : found;
    }
    return found;
}

static void say_guide(struct step *s, const struct cohort *c)
{
    const struct module *m = lead_topic(s, c);
    struct str guide = m != NULL ? m->guide : STR_NONE;
    bool has_topic =
        !str_is_empty(guide) && !str_is_empty(s->course->texts[COURSE_TEXT_lead_topic]);
    step_say(s, step_text(s, has_topic ? COURSE_TEXT_lead_topic : COURSE_TEXT_lead_guide,
                          VARS({"n", step_number(s, m != NULL ? m->number : 1)},
                               {"title", m != NULL ? m->title : STR("")}, {"guide", guide})));
    lead_end_turn(s);
}

/* ---- a message to the group ---- */

struct str lead_nudge_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_lead_nudge, NO_VARS);
}

/* The last one, from whatever phone. */
static int64_t last_nudge_ms(const struct step *s, const struct cohort *c)
{
    int64_t here_ms = s->learner->led == c->code ? s->learner->led_nudge_ms : 0;
    return here_ms > c->nudge_ms ? here_ms : c->nudge_ms;
}

static void order_nudge(struct step *s, const struct cohort *c, int32_t which)
{
    int64_t last_ms = last_nudge_ms(s, c), now_ms = s->input->now.ms;
    if (last_ms != 0 && last_ms <= now_ms && now_ms - last_ms < NUDGE_WAIT_MS) {
        step_say(s, step_text(s, COURSE_TEXT_lead_nudge_wait,
                              VARS({"when", pace_when(s, last_ms + NUDGE_WAIT_MS, false)})));
        return;
    }
    struct event *event = step_event(s, EVENT_nudged);
    event->code = step_number(s, c->code);
    event->choice = which;
    s->learner->led_nudge_ms = now_ms;
    step_say(s, step_text(s, COURSE_TEXT_lead_nudged, NO_VARS));
}

/* ---- who is quiet ---- */

static void say_quiet(struct step *s, const struct cohort *c)
{
    struct str names = STR_NONE, rest = c->silent;
    while (rest.len > 0) {
        struct str name = str_split(&rest, ' ');
        names = names.p == NULL
                    ? name
                    : arena_printf(s->arena, "%.*s, %.*s", STR_ARG(names), STR_ARG(name));
    }
    step_say(
        s,
        step_text(s, str_is_empty(c->silent) ? COURSE_TEXT_lead_quiet_none : COURSE_TEXT_lead_quiet,
                  VARS({"names", names})));
    lead_end_turn(s);
}

/* ---- how the group learns, and when it rests ---- */

struct str lead_pace_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_lead_pace, NO_VARS);
}

static void order_pace(struct step *s, const struct cohort *c, int32_t which)
{
    if (which == COHORT_PACE_DATES + 1 && c->n_dates == 0) {
        step_say(s, step_text(s, COURSE_TEXT_lead_no_dates, NO_VARS));
        return;
    }
    struct event *event = step_event(s, EVENT_group_paced);
    event->code = step_number(s, c->code);
    event->choice = which;
    step_say(s, step_text(s, COURSE_TEXT_lead_ordered, NO_VARS));
}

struct str lead_pause_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_lead_pause, NO_VARS);
}

static void order_pause(struct step *s, const struct cohort *c, int32_t which)
{
    static const uint8_t weeks[] = {1, 2, 4, 0}; /* as text_lead_pause says */
    int32_t days = 7 * weeks[which - 1];
    struct event *event = step_event(s, EVENT_group_paused);
    event->code = step_number(s, c->code);
    event->value = days;
    struct str until = pace_when(s, s->input->now.ms + (days - 1) * DAY_MS, false);
    step_say(s, step_text(s, days > 0 ? COURSE_TEXT_lead_paused : COURSE_TEXT_lead_resumed,
                          VARS({"until", until})));
}

/* ---- what may be asked for ---- */

static const struct cohort *trusted(const struct step *s)
{
    return s->input->now.ms < s->learner->led_until_ms ? led(s) : NULL;
}

bool lead_is_here(const struct step *s)
{
    enum learner_state state = s->learner->state;
    bool is_one = state == LEARNER_STATE_LEAD || state == LEARNER_STATE_LEAD_NUDGE ||
                  state == LEARNER_STATE_LEAD_QUIZ || state == LEARNER_STATE_LEAD_PACE ||
                  state == LEARNER_STATE_LEAD_PAUSE;
    return is_one && trusted(s) != NULL;
}

static void show_place(struct step *s)
{
    step_leave_side(s);
    step_say_screen(s);
}

/* One of 1 to n is done by `order`, 0 leads back to the figures. */
static bool take_order(struct step *s, int32_t n,
                       void (*order)(struct step *s, const struct cohort *c, int32_t which))
{
    int32_t choice = step_menu_key(s, step_screen(s), n);
    const struct cohort *c = trusted(s);
    if (choice < 0)
        return false;
    if (choice == 0 || c == NULL) {
        lead_show(s);
        return true;
    }
    order(s, c, choice);
    lead_end_turn(s);
    return true;
}

bool lead_nudge_answer(struct step *s)
{
    return take_order(s, COHORT_NUDGES, order_nudge);
}

bool lead_pace_answer(struct step *s)
{
    return take_order(s, 3, order_pace);
}

bool lead_pause_answer(struct step *s)
{
    return take_order(s, 4, order_pause);
}

static void ask(struct step *s, enum learner_state state)
{
    step_enter_side(s, state);
    step_say_screen(s);
}

static void ask_nudge(struct step *s, const struct cohort *c)
{
    (void)c;
    ask(s, LEARNER_STATE_LEAD_NUDGE);
}

static void begin_quiz(struct step *s, const struct cohort *c)
{
    hands_begin(s, lead_topic(s, c));
}

static void ask_pace(struct step *s, const struct cohort *c)
{
    (void)c;
    ask(s, LEARNER_STATE_LEAD_PACE);
}

static void ask_pause(struct step *s, const struct cohort *c)
{
    (void)c;
    ask(s, LEARNER_STATE_LEAD_PAUSE);
}

static void say_more(struct step *s, const struct cohort *c)
{
    step_say(s, step_text(s, COURSE_TEXT_lead_more, VARS({"number", step_number(s, c->code)})));
    lead_end_turn(s);
}

bool lead_answer(struct step *s)
{
    static const struct {
        char key;
        void (*run)(struct step *s, const struct cohort *c);
    } rows[] = {{'1', say_guide}, {'2', ask_nudge}, {'3', say_quiet}, {'4', begin_quiz},
                {'5', ask_pace},  {'6', ask_pause}, {'9', say_more}};
    const struct cohort *c = trusted(s);
    char key = s->norm.len == 1 ? s->norm.p[0] : '\0';
    for (size_t i = 0; c != NULL && i < ARRAY_LEN(rows); i++) {
        if (rows[i].key == key) {
            rows[i].run(s, c);
            return true;
        }
    }
    bool is_late = c == NULL && key >= '1' && key <= '9';
    if (key == '0' || is_late)
        show_place(s);
    return key == '0' || is_late;
}

/* ---- the PIN ---- */

struct str lead_pin_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_lead_pin, VARS({"number", step_number(s, s->learner->led)}));
}

static void show_figures(struct step *s)
{
    s->learner->led_until_ms = s->input->now.ms + TRUSTED_MS;
    lead_show(s);
}

bool lead_pin_answer(struct step *s)
{
    struct learner *l = s->learner;
    const struct cohort *c = NULL;
    const struct cohort_lead *lead = find_lead(s, l->led, &c);
    uint64_t value;
    if (str_eq(s->norm, STR("0"))) { /* who leads need not have joined, and has no BACK then */
        show_place(s);
        return true;
    }
    s->norm = pin_digits(s);
    bool is_pin = s->norm.len == PIN_DIGITS && str_to_u64(s->norm, 999999, &value) == ERR_OK;
    if (!is_pin || lead == NULL || s->context->hash_pin == NULL)
        return false;
    if (!pin_may_try(s))
        return true;
    if (pin_is_right(s, lead->pin_salt, lead->pin_hash)) {
        show_figures(s);
        return true;
    }
    step_say(s, step_text(s, COURSE_TEXT_pin_wrong, NO_VARS));
    step_say_screen(s);
    return true;
}

bool lead_may_lead(const struct step *s, uint32_t code)
{
    const struct cohort *cohort = NULL;
    return find_lead(s, code, &cohort) != NULL;
}

const struct cohort *lead_trusted(const struct step *s, uint32_t code)
{
    return s->learner->led == code ? trusted(s) : NULL;
}

void lead_ask_pin(struct step *s, uint32_t code)
{
    s->learner->led = code;
    s->learner->led_until_ms = 0;
    ask(s, LEARNER_STATE_LEAD_PIN);
}

/* Which group he or she is in, or that it is none, and how that is changed. */
static void say_own_group(struct step *s)
{
    const struct cohort *cohort = step_cohort(s);
    step_leave_side(s);
    if (cohort != NULL)
        step_say(s, step_text(s, COURSE_TEXT_group_joined, VARS({"group", cohort->name})));
    else if (learner_is_enrolled(s->learner))
        step_say(s, step_text(s, COURSE_TEXT_group_alone, NO_VARS));
    step_say_interrupted(s);
}

/* GROUP, from a number that leads one; from another JOIN's own words: "group 482156". */
void engine_group(struct step *s)
{
    const struct cohort *cohort = NULL;
    uint32_t code = engine_group_argument(s);
    if (find_lead(s, code, &cohort) == NULL) {
        if (!engine_stays_away(s) && !engine_join_argument(s))
            say_own_group(s);
        return;
    }
    bool is_trusted =
        s->learner->led == cohort->code && s->input->now.ms < s->learner->led_until_ms;
    s->learner->led = cohort->code;
    if (is_trusted) {
        show_figures(s);
        return;
    }
    ask(s, LEARNER_STATE_LEAD_PIN);
}
