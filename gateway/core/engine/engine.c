#include <assert.h>
#include <string.h>

#include "core/engine/internal.h"

#define LATE_MS (48 * 3600 * (int64_t)1000)
#define DAY_MS (24 * 3600 * (int64_t)1000)
/* After so many inputs in a row that nobody could understand, an SMS gets no answer any more: two
 * machines that answer each other must not spend a learner's credit. */
#define MAX_UNKNOWN 7

static void answer_unknown(struct step *s)
{
    struct learner *l = s->learner;
    struct event *event = step_event(s, EVENT_unknown_input);
    event->text = match_mask_numbers(s->input->text, s->arena);
    if (l->n_unknown < UINT8_MAX)
        l->n_unknown++;
    if (s->input->via == VIA_SMS && l->n_unknown > MAX_UNKNOWN)
        return;
    if (state_row(l->state)->unknown != NULL) {
        state_row(l->state)->unknown(s);
        return;
    }
    enum course_text text = l->n_unknown == 1   ? COURSE_TEXT_unknown_1
                            : l->n_unknown == 2 ? COURSE_TEXT_unknown_2
                                                : COURSE_TEXT_unknown_3;
    step_say(s, step_text(s, text, VARS({"org", s->context->org})));
    step_say_interrupted(s);
}

/* An answer to a question that was sent more than 48 hours ago is not scored; the question comes
 * again (COURSE.md 1.2 rule 11). */
static bool is_late(const struct step *s)
{
    return state_row(s->learner->state)->is_question && s->learner->unit[0] != '\0' &&
           s->input->now.ms - s->learner->asked_ms > LATE_MS;
}

static bool try_answer(struct step *s)
{
    const struct unit *unit = step_unit(s);
    const struct question *question = unit != NULL ? unit->question : NULL;
    if (question != NULL && question_row(question->kind)->is_any_text &&
        match_find_safe(s->norm, &s->course->safe, s->arena) != NULL) {
        engine_safe(s, false); /* a disclosure is never stored as a survey answer */
        return true;
    }
    const struct state_row *row = state_row(s->learner->state);
    if (row->answer == NULL)
        return false;
    if (!is_late(s))
        return row->answer(s);
    if (match_answer(question, s->input->text, s->norm, s->arena).result == ANSWER_NONE)
        return false;
    step_say(s, step_text(s, COURSE_TEXT_late, NO_VARS));
    step_say_screen(s);
    return true;
}

/* An open question takes any text, so words that work everywhere come before it. */
static bool is_word_before_answer(const struct step *s, const struct command_match *match)
{
    const struct unit *unit = step_unit(s);
    bool is_open = unit != NULL && unit->question != NULL &&
                   question_row(unit->question->kind)->is_any_text &&
                   state_row(s->learner->state)->is_question;
    return is_open && str_is_empty(match->argument);
}

static bool try_key_command(struct step *s)
{
    struct command_match match = {.command = match_command_key(s->norm), .argument = STR_NONE};
    return engine_command(s, &match);
}

static bool try_fuzzy(struct step *s, const char *lang)
{
    struct command_match match = match_command_fuzzy(s->norm, lang);
    return engine_command(s, &match);
}

/* "safe, no check needed" is an option of a question, typed out, and no call for help. */
static bool is_typed_option(const struct step *s, const struct command_match *match)
{
    const struct unit *unit = step_unit(s);
    return !str_is_empty(match->argument) && unit != NULL && unit->question != NULL &&
           unit->question->n_choices > 0 &&
           match_answer(unit->question, s->input->text, s->norm, s->arena).result == ANSWER_ONE;
}

/* SAFE and HELP, which no answer comes before. */
static bool is_always(const struct step *s, const struct command_match *match)
{
    const struct command_row *row = command_row(match->command);
    return row->scope == SCOPE_ALWAYS && !is_typed_option(s, match) &&
           (row->tail == TAIL_ANY || str_is_empty(match->argument));
}

/* A side state belongs to the phone's side that opened it: "Welcome back" on a USSD screen does not
 * bind an SMS. */
static void leave_foreign_side(struct step *s)
{
    if (s->learner->side_via != s->input->via)
        step_leave_side(s);
}

/* Only what was shown counts: what came before it, or before its last page, gets the screen. */
static bool is_unshown(const struct step *s)
{
    const struct state_row *row = state_row(s->learner->state);
    bool is_silent = s->learner->state == LEARNER_STATE_STOPPED && s->input->via == VIA_SMS;
    return !s->input->is_shown && !is_silent && (row->answer != NULL || row->next != NULL);
}

/* What may be harm is heard in any case. */
static bool try_unshown(struct step *s)
{
    if (match_find_safe(s->norm, &s->course->safe, s->arena) != NULL)
        engine_safe(s, false);
    else
        step_say_screen(s);
    return true;
}

static bool try_exact(struct step *s, const struct command_match *match)
{
    if ((is_always(s, match) || is_word_before_answer(s, match)) && engine_command(s, match))
        return true;
    if (is_unshown(s))
        return try_key_command(s) || engine_command(s, match) || try_unshown(s);
    return try_answer(s) || try_key_command(s) || engine_command(s, match);
}

/* The order of COURSE.md 1.3 step 4. */
static void understand(struct step *s)
{
    leave_foreign_side(s);
    const char *lang = s->learner->state == LEARNER_STATE_NEW ? NULL : s->learner->lang;
    struct command_match match = match_command(s->norm, lang);
    bool is_bare_stop = match.command == COMMAND_STOP && str_is_empty(match.argument);
    if (match_is_stop(s->norm) || is_bare_stop) {
        engine_stop(s);
        return;
    }
    if (!try_exact(s, &match)) {
        if (match_find_safe(s->norm, &s->course->safe, s->arena) != NULL) {
            engine_safe(s, false);
        } else if (!(!is_late(s) && course_answer_other(s)) && !try_fuzzy(s, lang)) {
            answer_unknown(s);
            return;
        }
    }
    s->learner->n_unknown = 0;
}

/* ---- the other kinds of input ---- */

static void dial(struct step *s)
{
    struct learner *l = s->learner;
    bool is_mid_course = learner_is_enrolled(l);
    (void)step_event(s, is_mid_course ? EVENT_session_resumed : EVENT_session_opened);
    if (l->state == LEARNER_STATE_STOPPED) {
        step_say_screen(s);
        return;
    }
    step_leave_side(s);
    if (!is_mid_course)
        engine_join(s);
    else if (state_row(l->state)->is_resumed)
        engine_open_side(s, LEARNER_STATE_RESUME);
    else
        step_say_screen(s);
}

static void end_session(struct step *s)
{
    struct learner *l = s->learner;
    if (!learner_is_enrolled(l))
        return;
    (void)step_event(s, EVENT_session_dropped);
    enum learner_state place = learner_state_is_side(l->state) ? l->back : l->state;
    if (!state_row(place)->is_resumed || s->input->now.ms - l->closed_ms < DAY_MS)
        return;
    l->closed_ms = s->input->now.ms;
    step_say(s, step_text(s, COURSE_TEXT_session_closed, VARS({"code", s->context->code})));
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

static void wake(struct step *s)
{
    struct learner *l = s->learner;
    if (l->ended_ms == 0 || s->input->now.ms < l->ended_ms)
        return;
    step_leave_side(s);
    if (state_row(l->state)->wake != NULL)
        state_row(l->state)->wake(s);
}

/* When the timer role must look again; the wait for another try at the test is nobody's business.
 */
static int64_t next_wake_ms(const struct learner *l)
{
    bool is_waiting = l->state != LEARNER_STATE_STOPPED && state_row_of_place(l)->wake != NULL;
    return is_waiting ? l->ended_ms : 0;
}

static void meet(struct step *s)
{
    struct learner *l = s->learner;
    static const uint8_t nobody[sizeof(l->learner_id)];
    if (memcmp(l->learner_id, nobody, sizeof(nobody)) != 0)
        return;
    memcpy(l->learner_id, s->input->seed, sizeof(l->learner_id));
    l->learner_id[6] =
        (uint8_t)((l->learner_id[6] & 0x0f) | 0x40); /* UUID version 4, RFC 9562 5.4 */
    l->learner_id[8] = (uint8_t)((l->learner_id[8] & 0x3f) | 0x80);
    if (l->ended_ms == 0)
        l->ended_ms = s->input->now.ms + ENGINE_CONSENT_KEPT_MS;
    (void)step_event(s, EVENT_contact);
}

/* A stored place that its course does not have is one learner's error, never everybody's crash. */
static bool is_place_known(const struct step *s)
{
    const struct learner *l = s->learner;
    const struct unit *unit = step_unit(s);
    bool has_unit = l->unit[0] != '\0';
    switch (state_row_of_place(l)->unit) {
    case STATE_UNIT_QUESTION:
        return (unit != NULL && unit->question != NULL) ||
               (!has_unit && state_row_of_place(l)->phase == EVENT_PHASE_SURVEY); /* invited */
    case STATE_UNIT_LESSON:
        return unit != NULL && unit->question == NULL && l->screen < unit->n_screens;
    case STATE_UNIT_ANY:
        return unit != NULL;
    case STATE_UNIT_NONE:
        return unit != NULL || !has_unit;
    }
    return false;
}

static enum err begin(struct step *s, const struct courses *courses, const struct learner *learner)
{
    *s->out = (struct outcome){.next = *learner, .is_open = true};
    s->learner = &s->out->next;
    s->course = learner->course_key != 0 ? courses_find(courses, learner->course_key)
                                         : courses_current(courses);
    if (s->course == NULL)
        return ERR_NOT_FOUND;
    return is_place_known(s) ? ERR_OK : ERR_INVALID;
}

static bool has_moved(const struct learner *from, const struct learner *to)
{
    enum learner_state before = learner_state_is_side(from->state) ? from->back : from->state;
    enum learner_state after = learner_state_is_side(to->state) ? to->back : to->state;
    return before != after || from->screen != to->screen || strcmp(from->unit, to->unit) != 0;
}

enum err engine_step(const struct courses *courses, const struct engine_context *context,
                     const struct learner *learner, const struct input *input, struct arena *arena,
                     struct outcome *ret)
{
    struct step s = {.context = context, .input = input, .arena = arena, .out = ret};
    enum err e = begin(&s, courses, learner);
    if (e != ERR_OK)
        return e;
    s.norm = match_normalise(input->text, arena);
    if (input->kind == INPUT_TEXT || input->kind == INPUT_DIAL)
        meet(&s);
    switch (input->kind) {
    case INPUT_TEXT:
        understand(&s);
        break;
    case INPUT_DIAL:
        dial(&s);
        break;
    case INPUT_SESSION_END:
        end_session(&s);
        break;
    case INPUT_TIMER:
        wake(&s);
        break;
    }
    ret->wake_at_ms = next_wake_ms(&ret->next);
    ret->has_moved = has_moved(learner, &ret->next);
    return s.error != ERR_OK ? s.error : arena_error(arena);
}

enum err engine_screen(const struct courses *courses, const struct engine_context *context,
                       const struct learner *learner, enum via via, struct arena *arena,
                       struct str *ret_text, bool *ret_is_open)
{
    struct outcome out;
    struct input input = {.kind = INPUT_TEXT, .via = via, .now = {learner->asked_ms}};
    struct step s = {.context = context, .input = &input, .arena = arena, .out = &out};
    enum err e = begin(&s, courses, learner);
    if (e != ERR_OK)
        return e;
    *ret_text = step_screen(&s);
    *ret_is_open =
        learner->state != LEARNER_STATE_STOPPED && learner->state != LEARNER_STATE_DELETED;
    return arena_error(arena);
}
