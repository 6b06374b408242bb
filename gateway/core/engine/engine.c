/*
 * The door: what came in, by its kind, and what the next step is to be.
 */
#include <string.h>

#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/self.h"
#include "core/engine/state.h"
#include "core/engine/step.h"
#include "core/match/words.h"

static void dial(struct step *s)
{
    struct learner *l = s->learner;
    bool is_mid_course = learner_is_enrolled(l);
    (void)step_event(s, is_mid_course ? EVENT_session_resumed : EVENT_session_opened);
    if (move_is_going(s) || owner_doubt(s) || who_dial(s) || engine_dial_group(s))
        return;
    if (l->state == LEARNER_STATE_STOPPED) {
        if (l->back == LEARNER_STATE_NEW || l->back == LEARNER_STATE_CONSENT)
            join_again(s); /* only asks: who never joined left nothing behind */
        else
            step_say_screen(s);
        return;
    }
    step_leave_side(s);
    if (!is_mid_course)
        join_course(s);
    else if (state_row(l->state)->is_resumed)
        engine_open_side(s, LEARNER_STATE_RESUME);
    else
        step_say_screen(s);
}

/* No push goes to who disclosed harm, until somebody has looked after it; who has not agreed gets
 * none anyway and is forgotten in time. */
static bool is_held(const struct learner *l)
{
    return l->held_ms != 0 && learner_is_enrolled(l);
}

/* JOIN of a number that we do not know, NEXT of a learner whose lesson is on the phone, and never
 * an answer: whoever calls looks at no question. Who was asked to agree and has not is not asked
 * again by each call, and STOP holds. */
static void call(struct step *s)
{
    struct learner *l = s->learner;
    if (l->state == LEARNER_STATE_NEW || l->state == LEARNER_STATE_DELETED) {
        join_course(s);
        l->ended_ms = s->input->now.ms + ENGINE_CALL_KEPT_MS;
        return;
    }
    if (!learner_is_enrolled(l) || owner_doubt(s) || who_call(s))
        return;
    step_leave_side(s);
    const struct state_row *row = state_row(l->state);
    if (row->next != NULL && row->unit != STATE_UNIT_QUESTION && s->input->is_shown && !l->is_child)
        row->next(s);
    else
        step_say_screen(s);
}

/* What was disclosed later is held on. */
static void release(struct step *s)
{
    struct learner *l = s->learner;
    people_release(s);
    if (l->held_ms == 0 || l->held_ms > s->input->held_until.ms)
        return;
    l->held_ms = 0;
    l->is_child = l->is_psea = false;
    (void)step_event(s, EVENT_safe_released);
}

static void end_session(struct step *s)
{
    struct learner *l = s->learner;
    if (!learner_is_enrolled(l))
        return;
    (void)step_event(s, EVENT_session_dropped);
    enum learner_state place = learner_state_is_side(l->state) ? l->back : l->state;
    if (!state_row(place)->is_resumed || is_held(l) || s->input->now.ms - l->closed_ms < DAY_MS)
        return;
    l->closed_ms = s->input->now.ms;
    step_say(s, step_text(s, COURSE_TEXT_session_closed, NO_VARS));
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

/* When the timer role must look again, 0 = not at all; who left is nobody's business. Who never
 * agreed is forgotten, also after STOP. */
int64_t engine_wake_ms(const struct step *s)
{
    const struct learner *l = s->learner;
    bool has_gone = learner_has_stopped(l) && l->consent_ms != 0;
    if (l->moving_ms != 0)
        return l->moving_ms + MOVE_LATE_MS;
    if (l->slot == LEARNER_SLOT_AWAY)
        return l->ended_ms;
    if (has_gone || is_held(l) || l->is_doubted)
        return 0;
    if (s->input->kind == INPUT_TIMER && owner_is_doubtful(s))
        return learner_is_enrolled(l) ? owner_asked_ms(s, pace_wake_ms(s)) : 0;
    if (l->due_sms != 0 && learner_is_enrolled(l))
        return s->input->now.ms;
    if (state_row_of_place(l)->wake != NULL)
        return l->ended_ms;
    return learner_is_enrolled(l) ? pace_wake_ms(s) : 0;
}

/* The same of what the learner was before this. */
static int64_t wake_before_ms(const struct step *s, const struct learner *learner)
{
    struct learner before = *learner;
    struct input input = {.kind = INPUT_TIMER, .now = s->input->now};
    struct step past = *s;
    past.learner = &before;
    past.input = &input;
    return engine_wake_ms(&past);
}

static void wake_due(struct step *s)
{
    const struct state_row *row = state_row_of_place(s->learner);
    if (s->learner->slot == LEARNER_SLOT_AWAY) {
        engine_erase(s);
        return;
    }
    if (copy_send_due(s)) {
        who_name_push(s);
        return;
    }
    if (row->wake == NULL) {
        pace_push(s);
        who_name_push(s);
        return;
    }
    step_leave_side(s);
    row->wake(s);
    who_name_push(s);
}

static void wake(struct step *s)
{
    pace_mend_times(s);
    const struct learner before = *s->learner;
    if (move_wake(s) || owner_ask(s) || !people_take_due(s))
        return;
    wake_due(s);
    people_stay(s, &before);
}

void engine_meet(struct step *s)
{
    struct learner *l = s->learner;
    static const uint8_t nobody[sizeof(l->learner_id)];
    if (memcmp(l->learner_id, nobody, sizeof(nobody)) != 0)
        return;
    if (l->state == LEARNER_STATE_DELETED)
        step_enter(s, LEARNER_STATE_NEW); /* a new person, as far as anybody knows */
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
    const struct state_row *row = state_row_of_place(l);
    if (row->unit != STATE_UNIT_NONE && unit != NULL &&
        s->course->modules[unit->module].kind != row->home)
        return false;
    switch (row->unit) {
    case STATE_UNIT_QUESTION:
        return (unit != NULL && unit->question != NULL) ||
               (!has_unit && row->phase == EVENT_PHASE_SURVEY); /* invited */
    case STATE_UNIT_LESSON:
        return unit != NULL && unit->question == NULL && l->screen < unit->n_screens;
    case STATE_UNIT_ANY:
        return unit != NULL;
    case STATE_UNIT_NONE:
        return unit != NULL || !has_unit;
    }
    return false;
}

/* Who has no course yet begins that of the channel, else the first. */
static const struct course *base_course(const struct courses *courses, struct str of_channel,
                                        const struct learner *learner)
{
    if (learner->course_key != 0)
        return versions_patched(courses, courses_find(courses, learner->course_key));
    const struct course *course = courses_start(courses, of_channel);
    return course != NULL ? course : courses_current(courses);
}

const struct course *engine_course(const struct courses *courses, struct str of_channel,
                                   const struct learner *learner)
{
    const struct course *base = base_course(courses, of_channel, learner);
    if (base == NULL || learner->lang[0] == '\0')
        return base;
    const struct unit *unit =
        learner->unit[0] != '\0' ? course_unit(base, str_from(learner->unit)) : NULL;
    return course_in(base, str_from(learner->lang), unit != NULL ? unit->module : -1);
}

void engine_take_course(struct step *s)
{
    const struct course *course = engine_course(s->courses, s->context->course, s->learner);
    if (course == NULL) {
        s->error = ERR_NOT_FOUND;
        return;
    }
    s->base = base_course(s->courses, s->context->course, s->learner);
    s->course = course;
    if (s->learner->course_key != 0)
        s->learner->course_key = s->base->key; /* a patch is for all at once */
    if (!is_place_known(s))
        step_fail(s);
}

static enum err begin(struct step *s, const struct courses *courses, const struct learner *learner)
{
    *s->out = (struct outcome){.next = *learner, .is_open = true};
    s->learner = &s->out->next;
    s->courses = courses;
    engine_take_course(s);
    return s->error;
}

static bool has_moved(const struct learner *from, const struct learner *to)
{
    enum learner_state before = learner_state_is_side(from->state) ? from->back : from->state;
    enum learner_state after = learner_state_is_side(to->state) ? to->back : to->state;
    return before != after || from->is_doubted != to->is_doubted ||
           from->is_locked != to->is_locked || /* the PIN is asked for in its place */
           memcmp(from->learner_id, to->learner_id, sizeof(from->learner_id)) != 0 ||
           from->screen != to->screen || strcmp(from->unit, to->unit) != 0;
}

/* What came in, by its kind. */
static void happen(struct step *s)
{
    if (s->input->kind == INPUT_TEXT || s->input->kind == INPUT_DIAL ||
        s->input->kind == INPUT_CALL) {
        if (tombstone_take(s))
            return;
        engine_meet(s);
        pace_heard(s);
    }
    copy_count_screen(s);
    switch (s->input->kind) {
    case INPUT_TEXT:
        understand_text(s);
        break;
    case INPUT_DIAL:
        dial(s);
        break;
    case INPUT_SESSION_END:
        end_session(s);
        break;
    case INPUT_TIMER:
        wake(s);
        break;
    case INPUT_CALL:
        call(s);
        break;
    case INPUT_ANSWER:
        ask_answered(s);
        break;
    case INPUT_RELEASE:
        release(s);
        break;
    case INPUT_DESK:
        engine_desk(s);
        break;
    }
}

/* An opt-out waits for no version: STOP of a learner whose own is not loaded, or who stands where
 * it has no place, is obeyed in the words of the course that is begun here
 * (docs/course-rules.md 1.2 rule 9). The place is kept as it is. False: it is no STOP, or no course
 * is there at all. */
static bool stop_without_place(struct step *s)
{
    const struct learner nobody = {.course_key = 0};
    const struct course *course = base_course(s->courses, s->context->course, &nobody);
    if (s->input->kind != INPUT_TEXT || course == NULL ||
        !engine_is_stop(course, s->input->text, s->arena))
        return false;
    s->error = ERR_OK;
    s->base = course;
    s->course = course_in(course, str_from(s->learner->lang), -1);
    engine_stop(s);
    s->out->wake_at_ms = people_wake_ms(s, &(uint32_t){0});
    return true;
}

enum err engine_step(const struct courses *courses, const struct engine_context *context,
                     const struct learner *learner, const struct input *input, struct arena *arena,
                     struct outcome *ret)
{
    struct step s = {.context = context, .input = input, .arena = arena, .out = ret};
    enum err e = begin(&s, courses, learner);
    understand_read(&s);
    if (e != ERR_OK)
        return stop_without_place(&s) ? s.error : e;
    bool is_heard = check_pass(&s);
    if (ret->is_passing)
        return s.error != ERR_OK ? s.error : arena_error(arena);
    if (!is_heard)
        happen(&s);
    if (s.learner->is_child) { /* no place was shown, and a screen without keys is the last one */
        ret->shows = OUTCOME_SHOWS_OTHER;
        ret->is_open = ret->is_open && input->via != VIA_USSD;
    }
    ret->wake_at_ms = people_wake_ms(&s, &(uint32_t){0});
    /* Only what this program has set for one person is known to be so. */
    ret->is_wake_kept = input->kind != INPUT_TIMER && input->kind != INPUT_DESK &&
                        learner->others.n_bytes + ret->next.others.n_bytes == 0 &&
                        ret->wake_at_ms == wake_before_ms(&s, learner) &&
                        (ret->wake_at_ms == 0 || learner->module_ms != 0);
    ret->has_moved = has_moved(learner, &ret->next);
    return s.error != ERR_OK ? s.error : arena_error(arena);
}

bool engine_has_back(const struct course *course, const struct learner *learner)
{
    struct learner here = *learner;
    const struct step s = {.course = course, .learner = &here};
    return learner_state_is_side(here.state) || course_has_back(&s);
}

enum err engine_screen(const struct courses *courses, const struct engine_context *context,
                       const struct learner *learner, enum via via, struct arena *arena,
                       struct engine_screen *ret)
{
    struct outcome out;
    struct input input = {.kind = INPUT_TEXT, .via = via, .now = {learner->asked_ms}};
    struct step s = {.context = context, .input = &input, .arena = arena, .out = &out};
    enum err e = begin(&s, courses, learner);
    if (e != ERR_OK)
        return e;
    ret->text = step_screen(&s);
    ret->is_open =
        learner->state != LEARNER_STATE_STOPPED && learner->state != LEARNER_STATE_DELETED;
    return arena_error(arena);
}
