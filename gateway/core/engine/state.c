/*
 * The table of the learner's states, the one setter of a state, and the screens and answers of
 * states that are no business of their own.
 */
#include "core/engine/state.h"
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/quiz.h"
#include "core/engine/self.h"
#include "core/engine/step.h"

#define BIT(name) (UINT64_C(1) << LEARNER_STATE_##name)

/* Everywhere: STOP, DELETE, and the side states. */
#define ANYWHERE                                                                                   \
    (BIT(STOPPED) | BIT(DELETED) | BIT(MENU) | BIT(MODULES) | BIT(COURSES) |                       \
     BIT(SWITCH_LANGUAGE) | BIT(RESUME) | BIT(WHO) | BIT(NICKNAME) | BIT(SET_PIN) |                \
     BIT(LEAD_PIN) | BIT(LEAD) | BIT(CHECK) | BIT(MOVE) | BIT(LEAD_NUDGE) | BIT(LEAD_QUIZ) |       \
     BIT(LEAD_PACE) | BIT(LEAD_PAUSE) | BIT(CHOICES) | BIT(MY_DATA) | BIT(CONSENTS) |              \
     BIT(LEAVING) | BIT(ASK) | BIT(CERTIFICATE) | BIT(SHARE))
/* Where the next course begins. */
#define NEXT_COURSE (BIT(ROLE) | BIT(PRETEST) | BIT(LESSON) | BIT(QUIZ))
/* Where a side state or STOPPED may return to. */
#define PLACES                                                                                     \
    (BIT(NEW) | BIT(CONSENT) | BIT(LANGUAGE) | BIT(ROLE) | BIT(PRETEST) | BIT(LESSON) |            \
     BIT(QUIZ) | BIT(MODULE_DONE) | BIT(POSTTEST) | BIT(RETAKE) | BIT(CERTIFIED) | BIT(SURVEY) |   \
     BIT(DONE) | BIT(FOLLOWUP) | BIT(PLAN) | BIT(RECALL) | BIT(CATCH) | BIT(CATCH_QUIZ))

static bool is_key(const struct step *s, const char *key)
{
    return str_eq(s->norm, str_from(key));
}

/* ---- outside the course ---- */

static struct str hello_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_hello, NO_VARS);
}

/* ---- joining ---- */

/* An SMS of somebody who left stays without an answer. */
static void say_on_screen(struct step *s)
{
    if (s->input->via == VIA_USSD)
        step_say_screen(s);
}

/* ---- learning ---- */

static struct str module_result(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    const struct module *module = &s->course->modules[unit->module];
    if (module->n_scored == 0 && !str_is_empty(s->course->texts[COURSE_TEXT_module_read]))
        return step_text(s, COURSE_TEXT_module_read, VARS({"n", step_number(s, module->number)}));
    uint32_t right, answered;
    course_tally(s, module, &right, &answered);
    if (s->input->via != VIA_USSD && catch_is_offered(s)) /* a screen of USSD has no typed words */
        return step_text(s, COURSE_TEXT_module_done_behind,
                         VARS({"n", step_number(s, module->number)},
                              {"right", step_number(s, right)},
                              {"total", step_number(s, module->n_scored)}));
    struct str when = pace_opening(s);
    enum course_text text = when.p == NULL      ? COURSE_TEXT_module_done
                            : pace_is_closed(s) ? COURSE_TEXT_module_done_wait
                                                : COURSE_TEXT_module_done_next;
    return step_text(s, text,
                     VARS({"n", step_number(s, module->number)}, {"right", step_number(s, right)},
                          {"total", step_number(s, module->n_scored)}, {"when", when}));
}

/* One question at a time, before the key line. */
static struct str module_done_screen(const struct step *s)
{
    struct str text = module_result(s);
    struct str offer = versions_offer(s);
    struct str question = str_is_empty(offer) ? copy_question(s) : STR_NONE;
    size_t end = text.len;
    while (!str_is_empty(question) && end > 0 && text.p[end - 1] != '\n')
        end--;
    if (str_is_empty(question) || end == 0)
        return step_lines(s, offer, step_lines(s, text, question));
    return step_lines(s, step_lines(s, str_sub(text, 0, end - 1), question),
                      str_sub(text, end, text.len));
}

static bool module_done_answer(struct step *s)
{
    return versions_answer(s) || copy_answer(s);
}

static struct str retake_screen(const struct step *s)
{
    int64_t left_ms = s->learner->ended_ms - s->input->now.ms;
    int64_t hours = left_ms > 0 ? (left_ms + 3599999) / 3600000 : 0;
    if (hours == 0 && !str_is_empty(s->course->texts[COURSE_TEXT_retake_now]))
        return step_text(s, COURSE_TEXT_retake_now, NO_VARS);
    return step_text(s, COURSE_TEXT_retake_wait, VARS({"hours", step_number(s, hours)}));
}

/* ---- side states ---- */

static struct str menu_screen(const struct step *s)
{
    return step_text(s, catch_is_offered(s) ? COURSE_TEXT_menu_behind : COURSE_TEXT_menu,
                     VARS({"place", step_place(s)}));
}

static struct str modules_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_modules, VARS({"lines", course_module_lines(s)}));
}

static struct str resume_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_resume, VARS({"place", step_place(s)}));
}

static bool modules_answer(struct step *s)
{
    if (!is_key(s, "0") && !is_key(s, "1"))
        return false;
    step_return(s);
    return true;
}

static bool resume_answer(struct step *s)
{
    if (is_key(s, "1")) {
        step_return(s);
        return true;
    }
    if (!is_key(s, "2"))
        return false;
    step_enter_side(s, LEARNER_STATE_MENU);
    step_say_screen(s);
    return true;
}

static bool stopped_answer(struct step *s)
{
    if (s->input->via != VIA_USSD)
        return false;
    if (is_key(s, "1")) {
        join_again(s);
    } else if (is_key(s, "2")) {
        engine_ask_erase_left(s);
    } else {
        return false;
    }
    return true;
}

/* Who never joined hears nothing of progress; dialling anew asks whether to join. */
static struct str stopped_screen(const struct step *s)
{
    if (s->learner->consent_ms == 0) {
        s->out->is_open = false;
        return step_text(s, COURSE_TEXT_stop_never, NO_VARS);
    }
    bool has_keys = s->input->via == VIA_USSD; /* by SMS JOIN alone returns */
    return step_text(s, has_keys ? COURSE_TEXT_stopped : COURSE_TEXT_stop, NO_VARS);
}

/* ---- the table ---- */

/* From consent on to the first lesson, whatever the course leaves out. */
#define BEGINNING (BIT(PRETEST) | BIT(PLAN) | BIT(LESSON) | BIT(QUIZ))

static const struct state_row rows[N_LEARNER_STATES] = {
    [LEARNER_STATE_NEW] = {.moves = BIT(CONSENT),
                           .screen = hello_screen,
                           .join = join_ask_consent,
                           .unknown = join_new_unknown,
                           .wake = engine_erase},
    [LEARNER_STATE_CONSENT] = {.moves = BIT(LANGUAGE) | BIT(ROLE) | BEGINNING,
                               .screen = join_consent_screen,
                               .answer = join_consent_answer,
                               .unknown = join_consent_unknown,
                               .wake = engine_erase,
                               .is_consent = true},
    [LEARNER_STATE_LANGUAGE] = {.moves = BIT(ROLE) | BEGINNING,
                                .screen = join_language_screen,
                                .answer = join_language_answer},
    [LEARNER_STATE_PLAN] = {.moves = BIT(LESSON) | BIT(QUIZ),
                            .screen = plan_screen,
                            .answer = plan_answer,
                            .next = plan_skip,
                            .is_resumed = true},
    [LEARNER_STATE_ROLE] = {.moves = BEGINNING,
                            .screen = join_role_screen,
                            .answer = course_role_answer,
                            .next = course_role_skip,
                            .unit = STATE_UNIT_QUESTION,
                            .home = MODULE_ROLE},
    [LEARNER_STATE_PRETEST] = {.moves = BIT(PLAN) | BIT(LESSON) | BIT(QUIZ),
                               .screen = step_unit_screen,
                               .answer = course_answer,
                               .finish = end_pretest,
                               .phase = EVENT_PHASE_PRETEST,
                               .unit = STATE_UNIT_QUESTION,
                               .home = MODULE_TEST,
                               .is_resumed = true,
                               .is_question = true,
                               .is_timed = true},
    [LEARNER_STATE_LESSON] = {.moves = BIT(QUIZ) | BIT(RECALL) | BIT(MODULE_DONE) | BIT(CATCH),
                              .screen = step_unit_screen,
                              .answer = copy_sms_answer,
                              .next = course_next_screen,
                              .finish = course_finish_module,
                              .unit = STATE_UNIT_LESSON,
                              .home = MODULE_LESSONS,
                              .progress = PROGRESS_AT_UNIT,
                              .is_resumed = true,
                              .is_reminded = true},
    [LEARNER_STATE_QUIZ] = {.moves = BIT(LESSON) | BIT(RECALL) | BIT(MODULE_DONE) | BIT(CATCH),
                            .screen = step_unit_screen,
                            .answer = course_answer,
                            .finish = course_finish_module,
                            .phase = EVENT_PHASE_QUIZ,
                            .unit = STATE_UNIT_QUESTION,
                            .home = MODULE_LESSONS,
                            .progress = PROGRESS_AT_UNIT,
                            .is_resumed = true,
                            .is_question = true,
                            .is_timed = true,
                            .is_reminded = true},
    [LEARNER_STATE_CATCH] = {.moves = BIT(CATCH_QUIZ) | BIT(LESSON) | BIT(MODULE_DONE),
                             .screen = catch_screen,
                             .next = catch_go_on,
                             .phase = EVENT_PHASE_CATCHUP,
                             .unit = STATE_UNIT_ANY,
                             .home = MODULE_LESSONS,
                             .progress = PROGRESS_AT_UNIT,
                             .is_resumed = true,
                             .is_reminded = true},
    [LEARNER_STATE_CATCH_QUIZ] = {.moves = BIT(CATCH) | BIT(MODULE_DONE),
                                  .screen = step_unit_screen,
                                  .answer = course_answer,
                                  .back = catch_back,
                                  .finish = catch_finish,
                                  .phase = EVENT_PHASE_CATCHUP,
                                  .unit = STATE_UNIT_QUESTION,
                                  .home = MODULE_LESSONS,
                                  .progress = PROGRESS_AT_UNIT,
                                  .is_resumed = true,
                                  .is_question = true,
                                  .is_timed = true,
                                  .is_reminded = true},
    [LEARNER_STATE_MODULE_DONE] = {.moves = BIT(LESSON) | BIT(QUIZ) | BIT(POSTTEST) | BIT(CATCH),
                                   .screen = module_done_screen,
                                   .answer = module_done_answer,
                                   .next = course_next_module,
                                   .unit = STATE_UNIT_ANY,
                                   .home = MODULE_LESSONS,
                                   .progress = PROGRESS_MODULE_DONE,
                                   .is_resumed = true,
                                   .is_reminded = true},
    [LEARNER_STATE_POSTTEST] = {.moves = BIT(RETAKE) | BIT(CERTIFIED) | BIT(SURVEY) | BIT(DONE),
                                .screen = step_unit_screen,
                                .answer = course_answer,
                                .finish = end_posttest,
                                .phase = EVENT_PHASE_POSTTEST,
                                .unit = STATE_UNIT_QUESTION,
                                .home = MODULE_TEST,
                                .progress = PROGRESS_AFTER,
                                .is_resumed = true,
                                .is_question = true,
                                .is_timed = true,
                                .is_reminded = true},
    [LEARNER_STATE_RETAKE] = {.moves = BIT(POSTTEST) | BIT(CERTIFIED) | BIT(DONE),
                              .screen = retake_screen,
                              .next = course_try_retake,
                              .progress = PROGRESS_AFTER,
                              .is_resumed = true,
                              .is_reminded = true},
    [LEARNER_STATE_CERTIFIED] = {.moves = NEXT_COURSE | BIT(SURVEY) | BIT(DONE) | BIT(FOLLOWUP) |
                                          BIT(RECALL),
                                 .screen = end_invite_screen,
                                 .answer = end_invite_answer,
                                 .is_followed = true,
                                 .progress = PROGRESS_AFTER,
                                 .is_consent = true},
    [LEARNER_STATE_SURVEY] = {.moves = NEXT_COURSE | BIT(SURVEY) | BIT(DONE) | BIT(FOLLOWUP) |
                                       BIT(RECALL),
                              .screen = end_survey_screen,
                              .answer = end_survey_answer,
                              .next = end_survey_skip,
                              .finish = end_survey,
                              .is_followed = true,
                              .phase = EVENT_PHASE_SURVEY,
                              .unit = STATE_UNIT_QUESTION,
                              .home = MODULE_SURVEY,
                              .progress = PROGRESS_AFTER,
                              .is_resumed = true,
                              .is_question = true,
                              .is_consent = true},
    [LEARNER_STATE_DONE] = {.moves = NEXT_COURSE | BIT(FOLLOWUP) | BIT(RECALL),
                            .screen = end_done_screen,
                            .answer = end_done_answer,
                            .is_followed = true,
                            .progress = PROGRESS_AFTER},
    [LEARNER_STATE_FOLLOWUP] = {.moves = NEXT_COURSE | BIT(DONE),
                                .screen = step_unit_screen,
                                .answer = course_answer,
                                .next = course_skip,
                                .finish = end_followup,
                                .phase = EVENT_PHASE_FOLLOWUP,
                                .unit = STATE_UNIT_QUESTION,
                                .home = MODULE_FOLLOWUP,
                                .progress = PROGRESS_AFTER,
                                .is_resumed = true,
                                .is_question = true},
    [LEARNER_STATE_RECALL] = {.moves = BIT(MODULE_DONE) | BIT(DONE) | BIT(FOLLOWUP),
                              .screen = step_unit_screen,
                              .answer = course_answer,
                              .next = recall_leave,
                              .finish = recall_finish,
                              .phase = EVENT_PHASE_RECALL,
                              .unit = STATE_UNIT_QUESTION,
                              .home = MODULE_LESSONS,
                              .progress = PROGRESS_AFTER,
                              .is_resumed = true,
                              .is_question = true,
                              .is_reminded = true,
                              .is_followed = true,
                              .is_alone = true},
    [LEARNER_STATE_COURSES] = {.moves = PLACES, .screen = courses_screen, .answer = courses_answer},
    [LEARNER_STATE_MENU] = {.moves = PLACES, .screen = menu_screen, .answer = engine_menu_answer},
    [LEARNER_STATE_MODULES] = {.moves = PLACES, .screen = modules_screen, .answer = modules_answer},
    [LEARNER_STATE_SWITCH_LANGUAGE] = {.moves = PLACES,
                                       .screen = join_language_screen,
                                       .answer = join_switch_language_answer},
    [LEARNER_STATE_RESUME] = {.moves = PLACES, .screen = resume_screen, .answer = resume_answer},
    [LEARNER_STATE_WHO] = {.moves = PLACES | BIT(STOPPED),
                           .screen = who_screen,
                           .answer = who_answer},
    [LEARNER_STATE_NICKNAME] = {.moves = PLACES,
                                .screen = who_nickname_screen,
                                .answer = who_nickname_answer},
    [LEARNER_STATE_SET_PIN] = {.moves = PLACES, .screen = pin_set_screen, .answer = pin_set_answer},
    [LEARNER_STATE_LEAD_PIN] = {.moves = PLACES,
                                .screen = lead_pin_screen,
                                .answer = lead_pin_answer},
    [LEARNER_STATE_CHECK] = {.moves = PLACES, .screen = check_screen, .answer = check_answer},
    [LEARNER_STATE_MOVE] = {.moves = PLACES, .screen = move_screen, .answer = move_answer},
    [LEARNER_STATE_LEAD] = {.moves = PLACES, .screen = lead_screen, .answer = lead_answer},
    [LEARNER_STATE_CHOICES] = {.moves = PLACES,
                               .screen = self_choices_screen,
                               .answer = self_choices_answer},
    [LEARNER_STATE_MY_DATA] = {.moves = PLACES,
                               .screen = self_data_screen,
                               .answer = self_data_answer,
                               .unknown = self_data_unknown},
    [LEARNER_STATE_CONSENTS] = {.moves = PLACES,
                                .screen = self_consents_screen,
                                .answer = self_consents_answer},
    [LEARNER_STATE_ASK] = {.moves = PLACES, .screen = ask_screen, .answer = ask_answer},
    [LEARNER_STATE_CERTIFICATE] = {.moves = PLACES,
                                   .screen = certify_screen,
                                   .answer = certify_answer},
    [LEARNER_STATE_SHARE] = {.moves = PLACES,
                             .screen = self_share_screen,
                             .answer = self_share_answer,
                             .is_consent = true},
    [LEARNER_STATE_LEAVING] = {.moves = PLACES,
                               .screen = self_leaving_screen,
                               .answer = self_leaving_answer},
    [LEARNER_STATE_LEAD_NUDGE] = {.moves = PLACES,
                                  .screen = lead_nudge_screen,
                                  .answer = lead_nudge_answer},
    [LEARNER_STATE_LEAD_QUIZ] = {.moves = PLACES, .screen = hands_screen, .answer = hands_answer},
    [LEARNER_STATE_LEAD_PACE] = {.moves = PLACES,
                                 .screen = lead_pace_screen,
                                 .answer = lead_pace_answer},
    [LEARNER_STATE_LEAD_PAUSE] = {.moves = PLACES,
                                  .screen = lead_pause_screen,
                                  .answer = lead_pause_answer},
    [LEARNER_STATE_STOPPED] = {.moves = PLACES,
                               .screen = stopped_screen,
                               .answer = stopped_answer,
                               .join = join_again,
                               .unknown = say_on_screen},
    [LEARNER_STATE_DELETED] = {.moves = BIT(NEW), .screen = hello_screen},
};

const struct state_row *state_row(enum learner_state state)
{
    return &rows[state];
}

uint64_t state_moves(enum learner_state state)
{
    return rows[state].moves | ANYWHERE;
}

const struct state_row *state_row_of_place(const struct learner *learner)
{
    bool has_back =
        learner_state_is_side(learner->state) || learner->state == LEARNER_STATE_STOPPED;
    return &rows[has_back ? learner->back : learner->state];
}

void step_fail(struct step *s)
{
    s->error = ERR_INVALID;
}

void step_enter(struct step *s, enum learner_state state)
{
    struct learner *l = s->learner;
    bool is_return = state == LEARNER_STATE_STOPPED && learner_state_is_side(l->state) &&
                     l->back == LEARNER_STATE_STOPPED;
    if ((state_moves(l->state) >> state & 1) == 0) {
        step_fail(s);
        return;
    }
    l->state = state;
    if (is_return) { /* JOIN still knows where to */
        l->back = l->stopped_at;
        l->stopped_at = LEARNER_STATE_NEW;
    }
}

struct str step_screen(struct step *s)
{
    const struct state_row *row = &rows[s->learner->state];
    if (s->learner->is_child)
        return engine_safe_text(s, SAFE_ALARM);
    if (s->learner->is_doubted)
        return step_text(s, COURSE_TEXT_doubt, NO_VARS);
    if (pin_is_missing(s))
        return pin_screen(s);
    if (row->is_timed)
        s->learner->asked_ms = s->input->now.ms;
    return row->screen(s);
}

void step_enter_side(struct step *s, enum learner_state side)
{
    if (s->learner->state == LEARNER_STATE_STOPPED)
        s->learner->stopped_at = s->learner->back;
    if (!learner_state_is_side(s->learner->state))
        s->learner->back = s->learner->state;
    s->learner->side_via = (uint8_t)s->input->via;
    step_enter(s, side);
}

void step_leave_side(struct step *s)
{
    bool is_who = s->learner->state == LEARNER_STATE_WHO; /* which only its answer ends */
    if (learner_state_is_side(s->learner->state) && !is_who)
        step_enter(s, s->learner->back);
}

void step_leave_any_side(struct step *s)
{
    if (learner_state_is_side(s->learner->state))
        step_enter(s, s->learner->back);
}

void step_return(struct step *s)
{
    step_leave_side(s);
    step_say_screen(s);
}

struct event *step_event(struct step *s, enum event_kind kind)
{
    if (s->out->n_events == EVENTS_MAX) {
        step_fail(s);
        s->out->n_events--;
    }
    struct event *event = &s->out->events[s->out->n_events++];
    *event = event_make(kind);
    return event;
}

/* One arrow per allowed move; what everything reaches is said once in words. */
void engine_diagram(struct buf *out)
{
    buf_add_str(out, STR("stateDiagram-v2\n    [*] --> new\n"));
    for (int from = 0; from < N_LEARNER_STATES; from++) {
        uint64_t next = rows[from].moves & ~ANYWHERE;
        if (learner_state_is_side((enum learner_state)from) || from == LEARNER_STATE_STOPPED)
            next = 0;
        for (int to = 0; to < N_LEARNER_STATES; to++) {
            if (next >> to & 1)
                buf_addf(out, "    %s --> %s\n", learner_state_name((enum learner_state)from),
                         learner_state_name((enum learner_state)to));
        }
    }
    buf_add_str(out, STR("    note right of lesson: from every state to menu, modules,"
                         " courses, switch_language, resume (and back), stopped, deleted\n"));
}
