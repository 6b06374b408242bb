/*
 * Joining a course, and coming back to it: JOIN or dialling, the consent, the language, the role.
 */
#include <assert.h>

#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/quiz.h"
#include "core/engine/self.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

void join_consent_unknown(struct step *s)
{
    if (s->input->via == VIA_USSD) {
        step_say_screen(s);
        return;
    }
    bool is_first = s->learner->n_unknown <= 1; /* then also who we are, and HELP's other words */
    step_say(
        s, step_text(s, is_first ? COURSE_TEXT_consent_again : COURSE_TEXT_help_consent, NO_VARS));
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

struct str join_consent_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_consent, NO_VARS);
}

static void decline(struct step *s)
{
    step_event(s, EVENT_stopped)->choice = EVENT_STOPPED_DECLINED;
    s->learner->back = LEARNER_STATE_NEW;
    step_enter(s, LEARNER_STATE_STOPPED);
    step_say(s, step_text(s, COURSE_TEXT_declined, NO_VARS));
    s->out->is_open = false;
}

/* What a group asks comes before the first question of the course, which is the place behind it. */
static void begin(struct step *s)
{
    struct str said = s->out->reply;
    join_begin_role(s);
    if (!self_share_is_asked(s))
        return;
    s->out->reply = said;
    engine_open_side(s, LEARNER_STATE_SHARE);
}

static void agree(struct step *s)
{
    struct learner *l = s->learner;
    l->consent_ms = s->input->now.ms;
    l->ended_ms = 0;
    l->course_key = s->course->key; /* from here on this version, whatever is published later */
    (void)step_event(s, EVENT_consented);
    engine_begin_group(s);
    if (s->base->n_languages > 1 && l->lang[0] == '\0') {
        step_enter(s, LEARNER_STATE_LANGUAGE);
        step_say_screen(s);
    } else {
        begin(s);
    }
}

/* A screen of USSD has been dialled for, whatever is typed on it first. */
void join_new_unknown(struct step *s)
{
    if (s->input->via == VIA_USSD)
        join_course(s);
    else
        step_say_screen(s);
}

/* On USSD 3 is to check somebody's certificate, for which nobody need join. */
bool join_consent_answer(struct step *s)
{
    enum agreement agreement = step_agreement(s);
    if (s->input->via == VIA_USSD && str_eq(s->norm, STR("3")) &&
        !str_is_empty(s->course->texts[COURSE_TEXT_check_ask])) {
        engine_open_side(s, LEARNER_STATE_CHECK);
        return true;
    }
    if (agreement == AGREEMENT_YES)
        agree(s);
    else if (agreement == AGREEMENT_NO)
        decline(s);
    else /* nobody should have to agree to what they cannot read */
        return join_named_language(s, s->norm);
    return true;
}

struct str join_language_screen(const struct step *s)
{
    struct str lines = STR("");
    for (uint16_t i = 0; i < s->base->n_languages; i++)
        lines = arena_printf(s->arena, "%.*s%s%u %.*s", STR_ARG(lines), i > 0 ? "\n" : "", i + 1u,
                             STR_ARG(s->base->language_names[i]));
    if (s->learner->state == LEARNER_STATE_SWITCH_LANGUAGE)
        lines = step_lines(s, lines, step_text(s, COURSE_TEXT_back_keys, NO_VARS));
    return step_text(s, COURSE_TEXT_language, VARS({"options", lines}));
}

/* The languages as options of a question: the number, or the name of one. */
static struct answer_match match_language(const struct step *s)
{
    struct choice names[COURSE_MAX_CHOICES] = {0};
    struct question question = {.kind = QUESTION_CHOICE, .choices = names};
    for (uint16_t i = 0; i < s->base->n_languages && i < COURSE_MAX_CHOICES; i++)
        names[question.n_choices++].text = s->base->language_names[i];
    struct answer_match answer =
        match_choice(s->course->words, &question, s->input->text, s->norm, s->arena);
    struct str key =
        answer.result == ANSWER_NONE
            ? match_near_key(s->course->words, &question, s->input->text, s->norm, s->arena)
            : STR_NONE;
    return key.p != NULL ? match_menu(s->course->words, key, s->base->n_languages) : answer;
}

static void set_language(struct step *s, uint16_t language)
{
    const struct unit *unit = step_unit(s);
    struct str code = s->base->languages[language];
    enum err e = str_copy(code, s->learner->lang, sizeof(s->learner->lang));
    assert(e == ERR_OK); /* the parser bounds language codes */
    step_event(s, EVENT_language_set)->text = code;
    step_use_module(s, unit != NULL ? unit->module : -1);
}

/* Sets the language chosen; false when the input is none of the list. */
static bool choose_language(struct step *s)
{
    struct answer_match answer = match_language(s);
    if (answer.result != ANSWER_ONE || answer.choice < 1)
        return false;
    set_language(s, (uint16_t)(answer.choice - 1));
    return true;
}

/* Back at the place, in the new language where it is there. */
static void return_in_language(struct step *s)
{
    bool is_there = str_eq(str_from(s->learner->lang), s->course->language) ||
                    str_is_empty(s->course->texts[COURSE_TEXT_language_later]);
    if (!is_there)
        step_say_if_room(s, step_text(s, COURSE_TEXT_language_later, NO_VARS));
    step_return(s);
}

bool join_named_language(struct step *s, struct str said)
{
    for (uint16_t i = 0; i < s->base->n_languages; i++) {
        if (!str_eq(said, s->base->languages[i]) &&
            !str_eq(said, match_normalise(s->base->language_names[i], s->arena)))
            continue;
        set_language(s, i);
        return_in_language(s);
        return true;
    }
    return false;
}

bool join_language_answer(struct step *s)
{
    if (!choose_language(s))
        return false;
    begin(s);
    return true;
}

struct str join_role_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_role,
                     VARS({"options", step_options(s, step_unit(s)->question)}));
}

void join_begin_role(struct step *s)
{
    if (s->learner->role != 0 && s->course->role_module >= 0) {
        course_finish_role(s); /* the coordinator has said it */
    } else if (s->course->role_module >= 0) {
        course_begin_questions(s, LEARNER_STATE_ROLE, s->course->role_module);
    } else if (s->course->test_module >= 0) {
        course_begin_questions(s, LEARNER_STATE_PRETEST, s->course->test_module);
    } else {
        plan_ask(s);
    }
}

bool join_switch_language_answer(struct step *s)
{
    if (str_eq(s->norm, STR("0")))
        step_return(s);
    else if (choose_language(s))
        return_in_language(s);
    else
        return false;
    return true;
}

void join_ask_consent(struct step *s)
{
    (void)step_event(s, EVENT_consent_asked);
    step_enter(s, LEARNER_STATE_CONSENT);
    s->learner->ended_ms = s->input->now.ms + ENGINE_CONSENT_KEPT_MS;
    step_say_screen(s);
}

void join_again(struct step *s)
{
    if (owner_doubt(s))
        return;
    (void)step_event(s, EVENT_rejoined);
    step_enter(s, s->learner->back);
    if (s->learner->consent_ms != 0)
        step_say_screen(s);
    else if (s->learner->state == LEARNER_STATE_CONSENT)
        step_say_screen(s);
    else
        join_ask_consent(s);
}

/* JOIN, or dialling the code; from what stands beside a place as well. */
void join_course(struct step *s)
{
    step_leave_side(s);
    const struct state_row *row = state_row(s->learner->state);
    if (row->join != NULL)
        row->join(s);
    else
        step_say_screen(s);
}
