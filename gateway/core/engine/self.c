/*
 * What learners decide of themselves (docs/course-rules.md 1.6): what we hold of them, what they
 * agreed to, leaving, a message for a person.
 */
#include "core/engine/self.h"
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/state.h"
#include "core/engine/step.h"
#include "core/match/words.h"

/* After so many days a number is forgotten (docs/course-rules.md 3.4). */
#define KEPT_QUIET_DAYS 182
#define KEPT_AFTER_DAYS 365

/* The n-th of words with strokes between them. */
static struct str word_at(const struct step *s, enum course_text text, uint32_t n)
{
    struct str words = s->course->texts[text], word = STR_NONE;
    for (uint32_t i = 0; i <= n; i++)
        word = str_split(&words, '/');
    return word;
}

/* ---- consents beside that to the course ---- */

/* In the order of text_purposes, behind the course. */
static const struct purpose_row {
    uint8_t agreed, refused, asked; /* bits of learner.agreed; none: reminders, which plan.c has */
    const char *name;               /* as in core.consent */
} purposes[] = {
    {0, 0, 0, "reminders"},
    {LEARNER_AGREED_SURVEY, LEARNER_REFUSED_SURVEY, 0, "survey"},
    {LEARNER_AGREED_KEYS, LEARNER_REFUSED_KEYS, LEARNER_ASKED_KEYS, "key_messages"},
    {LEARNER_AGREED_RESULTS, 0, 0, "share_org"},
    {LEARNER_AGREED_SHARING, 0, 0, "share_group"}, /* last: in a group only */
};

static bool has_agreed(const struct step *s, const struct purpose_row *row)
{
    return row->agreed == 0 ? pace_is_agreed(s) : (s->learner->agreed & row->agreed) != 0;
}

static uint32_t n_purposes(const struct step *s)
{
    return step_cohort(s) != NULL ? ARRAY_LEN(purposes) : ARRAY_LEN(purposes) - 1;
}

/* Who takes it back in the middle of the questions is at the end of the course. */
static void leave_survey(struct step *s)
{
    const struct state_row *place = state_row_of_place(s->learner);
    bool is_asked =
        place == state_row(LEARNER_STATE_SURVEY) || place == state_row(LEARNER_STATE_FOLLOWUP);
    if (!is_asked || !learner_state_is_side(s->learner->state))
        return;
    s->learner->back = LEARNER_STATE_DONE;
    step_set_unit(s, NULL);
}

void self_agree(struct step *s, uint8_t purpose, bool is_given)
{
    struct learner *l = s->learner;
    const struct purpose_row *row = purposes;
    while (row->agreed != purpose)
        row++;
    l->agreed = (uint8_t)((l->agreed & ~(purpose | row->refused | row->asked)) |
                          (is_given ? purpose : row->refused));
    struct event *event = step_event(s, EVENT_agreed);
    event->text = str_from(row->name);
    event->choice = is_given;
    if (purpose == LEARNER_AGREED_SURVEY && !is_given)
        leave_survey(s);
}

struct str self_consents_screen(const struct step *s)
{
    struct str lines = STR_NONE;
    for (uint32_t i = 0; i < n_purposes(s); i++) {
        struct str word = word_at(s, COURSE_TEXT_purposes, i + 1);
        struct str is = word_at(s, COURSE_TEXT_yes_no, has_agreed(s, &purposes[i]) ? 0 : 1);
        lines = step_lines(
            s, lines, arena_printf(s->arena, "%u %.*s: %.*s", i + 1, STR_ARG(word), STR_ARG(is)));
    }
    return step_text(s, COURSE_TEXT_consents, VARS({"options", lines}));
}

bool self_consents_answer(struct step *s)
{
    struct answer_match key = match_menu(s->course->words, s->norm, (int32_t)n_purposes(s));
    if (key.result != ANSWER_ONE)
        return false;
    if (key.choice == 0) {
        step_return(s);
        return true;
    }
    const struct purpose_row *row = &purposes[key.choice - 1];
    bool is_taken_back = has_agreed(s, row);
    if (row->agreed == 0)
        plan_agree(s, !is_taken_back);
    else
        self_agree(s, row->agreed, !is_taken_back);
    if (row->agreed != LEARNER_AGREED_SHARING || is_taken_back || !who_ask_own_nickname(s))
        step_say_screen(s);
    return true;
}

/* ---- may the facilitator of the group see the nickname? ---- */

bool self_share_is_asked(const struct step *s)
{
    const struct cohort *cohort = step_cohort(s);
    return cohort != NULL && cohort->n_leads > 0 && learner_is_enrolled(s->learner) &&
           (s->learner->agreed & LEARNER_AGREED_SHARING) == 0 &&
           !str_is_empty(s->course->texts[COURSE_TEXT_share_ask]);
}

struct str self_share_screen(const struct step *s)
{
    const struct cohort *cohort = step_cohort(s);
    return step_text(s, COURSE_TEXT_share_ask,
                     VARS({"group", cohort != NULL ? cohort->name : STR("-")}));
}

bool self_share_answer(struct step *s)
{
    enum agreement agreement = step_agreement(s);
    if (agreement == AGREEMENT_NONE)
        return false;
    self_agree(s, LEARNER_AGREED_SHARING, agreement == AGREEMENT_YES);
    if (agreement == AGREEMENT_NO || !who_ask_own_nickname(s))
        step_return(s);
    return true;
}

/* ---- MY DATA ---- */

static struct str kept_until(const struct step *s)
{
    const struct learner *l = s->learner;
    char at[RFC3339_BYTES];
    bool is_over = l->completed_ms != 0 || !learner_is_enrolled(l);
    int64_t from_ms = learner_is_enrolled(l) ? s->input->now.ms : l->link.last_ms;
    int64_t days = is_over ? KEPT_AFTER_DAYS : KEPT_QUIET_DAYS;
    clock_format_rfc3339((struct wall_ms){from_ms + days * DAY_MS}, at);
    return str_sub(arena_str(s->arena, str_from(at)), 0, STR("2025-01-06").len);
}

static struct str language_name(const struct step *s)
{
    for (uint16_t i = 0; i < s->base->n_languages; i++) {
        if (str_eq(s->base->languages[i], s->course->language))
            return s->base->language_names[i];
    }
    return s->course->language;
}

static struct str agreed_purposes(const struct step *s)
{
    struct str list = word_at(s, COURSE_TEXT_purposes, 0);
    for (uint32_t i = 0; i < n_purposes(s); i++) {
        if (has_agreed(s, &purposes[i]))
            list = arena_printf(s->arena, "%.*s, %.*s", STR_ARG(list),
                                STR_ARG(word_at(s, COURSE_TEXT_purposes, i + 1)));
    }
    return list;
}

static struct str what_we_hold(const struct step *s, enum course_text text)
{
    uint32_t right, answered;
    const struct cohort *cohort = step_cohort(s);
    struct str no_group = step_text(s, COURSE_TEXT_group_none, NO_VARS);
    if (str_is_empty(no_group))
        no_group = STR("-");
    course_tally(s, NULL, &right, &answered);
    if (answered < s->learner->n_answers) /* which a learner of before does not have */
        answered = s->learner->n_answers;
    return step_text(s, text,
                     VARS({"place", step_place(s)}, {"answers", step_number(s, answered)},
                          {"language", language_name(s)},
                          {"group", cohort != NULL ? cohort->name : no_group},
                          {"purposes", agreed_purposes(s)}, {"until", kept_until(s)}));
}

struct str self_data_screen(const struct step *s)
{
    return what_we_hold(s, COURSE_TEXT_my_data);
}

bool self_data_answer(struct step *s)
{
    int32_t key = step_menu_key(s, self_data_screen(s), 2);
    if (key < 0)
        return false;
    if (key == 1) {
        engine_open_side(s, LEARNER_STATE_CONSENTS);
    } else if (key == 2) {
        step_leave_side(s);
        engine_ask_erase(s);
    } else {
        step_return(s);
    }
    return true;
}

/* It is long, and has been read: the place instead, with nothing in front that would make a third
 * SMS of a long lesson. */
void self_data_unknown(struct step *s)
{
    step_return(s);
}

/* Who never agreed has left nothing here but the number. */
void self_my_data(struct step *s)
{
    struct learner *l = s->learner;
    if (learner_is_enrolled(l)) {
        engine_open_side(s, LEARNER_STATE_MY_DATA);
        return;
    }
    if (l->state == LEARNER_STATE_NEW && l->ended_ms == 0)
        l->ended_ms = s->input->now.ms + ENGINE_CONSENT_KEPT_MS;
    step_say(s, l->consent_ms != 0 ? what_we_hold(s, COURSE_TEXT_my_data_left)
                                   : step_text(s, COURSE_TEXT_my_data_none, NO_VARS));
    if (s->input->via == VIA_USSD)
        step_say_screen(s); /* a screen ends with its keys */
}

/* ---- LEAVE ---- */

static void leave_group(struct step *s)
{
    struct learner *l = s->learner;
    const struct cohort *cohort = step_cohort(s);
    struct str number = step_number(s, l->cohort);
    struct str name = cohort != NULL ? cohort->name : number;
    struct str text =
        step_text(s, COURSE_TEXT_group_left, VARS({"group", name}, {"number", number}));
    step_leave_side(s);
    step_event(s, EVENT_group_left)->code = number;
    l->cohort = 0;
    step_say(s, text);
    step_say_interrupted(s);
}

/* On a number of one person that is what STOP does. */
static void leave_course(struct step *s)
{
    if (people_has_other(s))
        who_leave(s);
    else
        engine_stop(s);
}

struct str self_leaving_screen(const struct step *s)
{
    const struct cohort *cohort = step_cohort(s);
    return step_text(s, COURSE_TEXT_leaving,
                     VARS({"group", cohort != NULL ? cohort->name : STR("-")}));
}

bool self_leaving_answer(struct step *s)
{
    int32_t key = step_menu_key(s, self_leaving_screen(s), 2);
    if (key < 0)
        return false;
    if (key == 1)
        leave_group(s);
    else if (key == 2)
        leave_course(s);
    else
        step_return(s);
    return true;
}

/* The group first, where there is one: the course goes on. On a shared phone it may mean either. */
void self_leave(struct step *s)
{
    bool is_in_group = s->learner->cohort != 0;
    if (is_in_group && people_has_other(s))
        engine_open_side(s, LEARNER_STATE_LEAVING);
    else if (is_in_group)
        leave_group(s);
    else
        leave_course(s);
}

/* ---- what the menu of USSD has for all of that ---- */

static void open_ask(struct step *s)
{
    engine_open_side(s, LEARNER_STATE_ASK);
}

static void open_erase(struct step *s)
{
    step_leave_side(s);
    engine_ask_erase(s);
}

static void open_move(struct step *s)
{
    s->argument = STR_NONE;
    move_run(s);
}

static void open_group(struct step *s)
{
    s->argument = STR_NONE;
    engine_group(s);
}

bool self_choices_answer(struct step *s)
{
    static void (*const keys[])(struct step *) = {step_return, self_my_data, open_ask,
                                                  plan_pause,  self_leave,   engine_stop,
                                                  open_erase,  open_move,    open_group};
    int32_t n = ARRAY_LEN(keys) - (lead_may_lead(s, 0) ? 1 : 2);
    int32_t key = step_menu_key(s, self_choices_screen(s), n);
    if (key < 0)
        return false;
    keys[key](s);
    return true;
}

struct str self_choices_screen(const struct step *s)
{
    return step_text(s, lead_may_lead(s, 0) ? COURSE_TEXT_choices_lead : COURSE_TEXT_choices,
                     NO_VARS);
}
