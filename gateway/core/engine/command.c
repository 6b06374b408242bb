#include "core/engine/internal.h"

/* ---- information that leaves the place alone ---- */

struct str step_interrupted(struct step *s)
{
    if (s->learner->state == LEARNER_STATE_LESSON)
        return step_text(s, COURSE_TEXT_go_on, NO_VARS);
    return step_screen(s);
}

static void answer_help(struct step *s)
{
    (void)step_event(s, EVENT_helped);
    step_leave_side(s);
    step_say(s, step_text(s, COURSE_TEXT_help,
                          VARS({"org", s->context->org}, {"code", s->context->code})));
    if (learner_is_enrolled(s->learner) || s->learner->state == LEARNER_STATE_CONSENT)
        step_say(s, step_interrupted(s));
}

static void answer_score(struct step *s)
{
    (void)step_event(s, EVENT_scored);
    step_leave_side(s);
    uint32_t right, answered;
    uint16_t now;
    uint16_t n_done = course_modules_done(s, &now);
    course_tally(s, NULL, &right, &answered);
    step_say(
        s, step_text(s, COURSE_TEXT_score,
                     VARS({"module", step_number(s, now > 0      ? now
                                                    : n_done > 0 ? n_done
                                                                 : 1)},
                          {"modules", step_number(s, s->course->n_course_modules)},
                          {"right", step_number(s, right)}, {"total", step_number(s, answered)})));
    step_say(s, step_interrupted(s));
}

static void answer_certificate(struct step *s)
{
    step_leave_side(s);
    if (s->learner->certificate == 0) {
        step_say(s, step_text(s, COURSE_TEXT_certificate_none, NO_VARS));
        step_say(s, step_interrupted(s));
        return;
    }
    uint64_t code = s->learner->certificate;
    uint32_t total = s->course->modules[s->course->test_module].n_units;
    uint32_t score = (200u * s->learner->post_best + total) / (2 * total);
    step_say(s, step_text(
                    s, COURSE_TEXT_certificate,
                    VARS({"score", step_number(s, score)},
                         {"code",
                          arena_printf(s->arena, "%04u %04u %04u", (unsigned)(code / 100000000),
                                       (unsigned)(code / 10000 % 10000), (unsigned)(code % 10000))},
                         {"url", s->context->url})));
}

/* A disclosure, by keyword or by the word list. Nothing of it is repeated, and no question follows;
 * the place is kept. */
void engine_safe(struct step *s, bool is_keyword)
{
    struct event *event = step_event(s, EVENT_safe_raised);
    event->value = is_keyword ? 1 : 2;
    s->out->safe_text = s->input->text;
    const struct engine_context *c = s->context;
    struct var vars[] = {{"emergency", c->emergency},
                         {"helpline", c->helpline.p != NULL ? c->helpline : c->org},
                         {"staffed", c->staffed},
                         {NULL, STR_NONE}};
    step_leave_side(s);
    step_say(
        s, step_text(s, c->staffed.p != NULL ? COURSE_TEXT_safe_staffed : COURSE_TEXT_safe, vars));
}

/* ---- leaving and coming back ---- */

void engine_stop(struct step *s)
{
    struct learner *l = s->learner;
    s->out->is_open = false;
    if (l->state == LEARNER_STATE_STOPPED || l->state == LEARNER_STATE_DELETED) {
        if (s->input->via == VIA_USSD) /* a screen must say something; an SMS stays silent */
            step_say(s, step_text(s, COURSE_TEXT_stop, NO_VARS));
        return;
    }
    (void)step_event(s, EVENT_stopped);
    step_leave_side(s);
    l->back = l->state;
    step_enter(s, LEARNER_STATE_STOPPED);
    step_say(s, step_text(s, COURSE_TEXT_stop, NO_VARS));
}

static void ask_consent(struct step *s)
{
    (void)step_event(s, EVENT_consent_asked);
    step_enter(s, LEARNER_STATE_CONSENT);
    s->learner->ended_ms = s->input->now.ms + ENGINE_CONSENT_KEPT_MS;
    step_say(s, step_screen(s));
}

void engine_rejoin(struct step *s)
{
    (void)step_event(s, EVENT_rejoined);
    step_enter(s, s->learner->back);
    if (s->learner->consent_ms != 0)
        step_say(s, step_screen(s));
    else if (s->learner->state == LEARNER_STATE_CONSENT)
        step_say(s, step_screen(s));
    else
        ask_consent(s);
}

/* JOIN, or dialling the code. */
void engine_join(struct step *s)
{
    switch (s->learner->state) {
    case LEARNER_STATE_NEW:
        ask_consent(s);
        return;
    case LEARNER_STATE_DELETED: /* a new person as far as we know */
        s->learner->consent_ms = 0;
        ask_consent(s);
        return;
    case LEARNER_STATE_STOPPED:
        engine_rejoin(s);
        return;
    case LEARNER_STATE_CONSENT:
    case LEARNER_STATE_LANGUAGE:
    case LEARNER_STATE_ROLE:
    case LEARNER_STATE_PRETEST:
    case LEARNER_STATE_LESSON:
    case LEARNER_STATE_QUIZ:
    case LEARNER_STATE_MODULE_DONE:
    case LEARNER_STATE_POSTTEST:
    case LEARNER_STATE_RETAKE:
    case LEARNER_STATE_CERTIFIED:
    case LEARNER_STATE_SURVEY:
    case LEARNER_STATE_DONE:
    case LEARNER_STATE_FOLLOWUP:
    case LEARNER_STATE_MENU:
    case LEARNER_STATE_MODULES:
    case LEARNER_STATE_SWITCH_LANGUAGE:
    case LEARNER_STATE_RESUME:
    case N_LEARNER_STATES:
        step_leave_side(s);
        step_say(s, step_screen(s));
        return;
    }
}

void engine_erase(struct step *s)
{
    struct learner *l = s->learner;
    (void)step_event(s, EVENT_erased);
    struct learner_link link = l->link;
    uint32_t seq = l->seq;
    learner_init(l);
    l->link = link;
    l->seq = seq;
    l->state = LEARNER_STATE_DELETED;
    s->out->is_erased = true;
    s->out->is_open = false;
}

static void answer_delete(struct step *s, struct str argument)
{
    if (str_eq(argument, STR("1"))) {
        struct str text = step_text(s, COURSE_TEXT_delete_done, NO_VARS);
        engine_erase(s);
        step_say(s, text);
    } else {
        step_say(s, step_text(s, COURSE_TEXT_delete_ask, NO_VARS));
    }
}

/* ---- the menu ---- */

static void answer_exit(struct step *s)
{
    step_leave_side(s);
    s->out->is_open = false;
    step_say(s, step_text(s, COURSE_TEXT_exit, VARS({"code", s->context->code})));
}

void engine_open_side(struct step *s, enum learner_state side)
{
    step_enter_side(s, side);
    step_say(s, step_screen(s));
}

bool engine_menu_answer(struct step *s)
{
    struct answer_match key = match_menu(s->norm, 6);
    if (key.result != ANSWER_ONE || str_eq(s->norm, STR("00")))
        return false;
    switch (key.choice) {
    case 0:
        answer_exit(s);
        return true;
    case 1:
        step_leave_side(s);
        step_say(s, step_screen(s));
        return true;
    case 2:
        engine_open_side(s, LEARNER_STATE_MODULES);
        return true;
    case 3:
        answer_score(s);
        return true;
    case 4:
        engine_open_side(s, LEARNER_STATE_SWITCH_LANGUAGE);
        return true;
    case 5:
        answer_help(s);
        return true;
    case 6:
        engine_safe(s, true);
        return true;
    default:
        return false;
    }
}

/* ---- the table of commands ---- */

/* NEXT and BACK in a side state mean "back to my place"; elsewhere they move along the course. */
static void answer_move(struct step *s, bool is_forward)
{
    if (learner_state_is_side(s->learner->state)) {
        step_leave_side(s);
        step_say(s, step_screen(s));
    } else if (is_forward) {
        course_next(s);
    } else {
        course_back(s);
    }
}

/* Commands of people who are in the course (or in the middle of joining). */
bool engine_member_command(struct step *s, enum command command)
{
    switch (command) {
    case COMMAND_MENU:
        (void)step_event(s, EVENT_menu_opened);
        engine_open_side(s, LEARNER_STATE_MENU);
        return true;
    case COMMAND_NEXT:
        answer_move(s, true);
        return true;
    case COMMAND_BACK:
        answer_move(s, false);
        return true;
    case COMMAND_REPEAT:
        step_leave_side(s);
        step_say(s, step_screen(s));
        return true;
    case COMMAND_SCORE:
        answer_score(s);
        return true;
    case COMMAND_LANG:
        engine_open_side(s, LEARNER_STATE_SWITCH_LANGUAGE);
        return true;
    case COMMAND_CERT:
        answer_certificate(s);
        return true;
    case COMMAND_NONE:
    case COMMAND_JOIN:
    case COMMAND_HELP:
    case COMMAND_STOP:
    case COMMAND_SAFE:
    case COMMAND_PAUSE:
    case COMMAND_CATCH:
    case COMMAND_CHECK:
    case COMMAND_SWITCH:
    case COMMAND_DELETE:
    case COMMAND_YES:
    case COMMAND_NO:
    case N_COMMANDS:
        return false;
    }
    return false;
}

/* False when the command means nothing here. */
bool engine_command(struct step *s, const struct command_match *match)
{
    switch (match->command) {
    case COMMAND_STOP:
        engine_stop(s);
        return true;
    case COMMAND_SAFE:
        engine_safe(s, true);
        return true;
    case COMMAND_HELP:
        answer_help(s);
        return true;
    case COMMAND_JOIN:
        engine_join(s);
        return true;
    case COMMAND_DELETE:
        answer_delete(s, match->argument);
        return true;
    case COMMAND_MENU:
    case COMMAND_NEXT:
    case COMMAND_BACK:
    case COMMAND_REPEAT:
    case COMMAND_SCORE:
    case COMMAND_LANG:
    case COMMAND_CERT:
        return learner_is_enrolled(s->learner) && engine_member_command(s, match->command);
    case COMMAND_NONE:
    case COMMAND_PAUSE:
    case COMMAND_CATCH:
    case COMMAND_CHECK:
    case COMMAND_SWITCH:
    case COMMAND_YES:
    case COMMAND_NO:
    case N_COMMANDS:
        return false;
    }
    return false;
}
