#include <assert.h>
#include <string.h>

#include "core/engine/internal.h"
#include "core/match/words.h"

#define LATE_MS (48 * 3600 * (int64_t)1000)
/* After so many inputs in a row that nobody could understand, an SMS gets no answer any more: two
 * machines that answer each other must not spend a learner's credit. */
#define MAX_UNKNOWN 7

/* Counts what says nothing; false: it gets no answer any more. */
static bool count_unknown(struct step *s)
{
    struct learner *l = s->learner;
    if (l->n_unknown < UINT8_MAX)
        l->n_unknown++;
    return s->input->via != VIA_SMS || l->n_unknown <= MAX_UNKNOWN;
}

static void answer_unknown(struct step *s)
{
    struct learner *l = s->learner;
    struct event *event = step_event(s, EVENT_unknown_input);
    event->text = match_mask_numbers(s->input->text, s->arena);
    if (!count_unknown(s))
        return;
    if (state_row(l->state)->unknown != NULL) {
        state_row(l->state)->unknown(s);
        return;
    }
    bool has_contact = !str_is_empty(s->context->contact);
    enum course_text text = l->n_unknown == 1                   ? COURSE_TEXT_unknown_1
                            : l->n_unknown == 2 || !has_contact ? COURSE_TEXT_unknown_2
                                                                : COURSE_TEXT_unknown_3;
    step_say_if_room(s, step_text(s, text, NO_VARS));
    step_say_interrupted(s);
}

/* An answer to a question that was sent more than 48 hours ago is not scored; the question comes
 * again (docs/course-rules.md 1.2 rule 11). */
static bool is_late(const struct step *s)
{
    return state_row(s->learner->state)->is_timed && s->learner->unit[0] != '\0' &&
           s->input->now.ms - s->learner->asked_ms > LATE_MS;
}

/* The question that the learner is asked right now; NULL elsewhere, and in side states. */
static const struct question *open_question(const struct step *s)
{
    const struct unit *unit = step_unit(s);
    bool is_asked = state_row(s->learner->state)->unit == STATE_UNIT_QUESTION ||
                    state_row(s->learner->state)->is_question;
    return is_asked && unit != NULL ? unit->question : NULL;
}

static bool is_any_text(const struct step *s)
{
    const struct question *question = open_question(s);
    return question != NULL && question_row(question->kind)->is_any_text;
}

bool engine_has_left(const struct step *s)
{
    return learner_has_stopped(s->learner) || s->learner->state == LEARNER_STATE_DELETED;
}

/* Whose keywords count: the learner's, or the course's until a language is chosen; all of them for
 * who has not joined. */
static void set_language(struct step *s)
{
    struct str lang = str_from(s->learner->lang);
    if (lang.len == 0 && learner_is_enrolled(s->learner))
        lang = s->base->language;
    if (str_copy(lang, s->lang, sizeof(s->lang)) != ERR_OK)
        s->lang[0] = '\0'; /* the parser bounds language codes */
}

/* ---- one try for each rule, in the order of docs/course-rules.md 1.3.4 ----
 * true: understood and answered. */

/* A keyword alone, the usual case: no sentence, so that nobody need look for one in it. */
static bool is_plain_command(const struct step *s)
{
    enum command command = s->match.command;
    return command != COMMAND_NONE && command != COMMAND_STOP && str_is_empty(s->match.argument);
}

static bool try_stop(struct step *s)
{
    if (is_plain_command(s) || !match_is_stop(s->norm))
        return false;
    engine_stop(s);
    return true;
}

/* A typed option ("safe, no check needed") or expected word is what it says, and no alarm. */
static bool is_typed_answer(const struct step *s)
{
    const struct question *question = open_question(s);
    return question != NULL && !question_row(question->kind)->is_any_text &&
           match_answer(question, s->input->text, s->norm, s->arena).result == ANSWER_ONE;
}

static bool try_safe(struct step *s)
{
    bool is_keyword = s->match.command == COMMAND_SAFE;
    bool is_alarm = is_keyword || (!is_plain_command(s) &&
                                   match_find_safe(s->norm, &s->course->safe, s->arena) != NULL);
    if (!is_alarm || is_typed_answer(s))
        return false;
    engine_safe(s, is_keyword);
    return true;
}

/* What may be a STOP, or not, gets HELP as well, which says how to leave. */
static bool try_help(struct step *s)
{
    struct command_match help = {.command = COMMAND_HELP, .argument = STR_NONE};
    if (match_may_be_stop(s->norm) && !engine_has_left(s))
        return engine_command(s, &help);
    return s->match.command == COMMAND_HELP && engine_command(s, &s->match);
}

/* A screen that asks for it has a key for DELETE 1; by SMS the word of any language will do then.
 */
static bool try_delete(struct step *s)
{
    bool is_asked = s->input->is_erase_asked;
    bool is_key = s->input->via == VIA_USSD && str_eq(s->norm, STR("22"));
    struct command_match match = is_asked ? match_command(s->norm, NULL) : s->match;
    if (is_asked && is_key) {
        engine_erase_all(s);
        return true;
    }
    return match.command == COMMAND_DELETE && match_is_delete_one(match.argument) &&
           engine_command(s, &match);
}

static bool try_key(struct step *s)
{
    struct command_match match = {.command = match_command_key(s->norm), .argument = STR_NONE};
    return engine_command(s, &match);
}

/* A question that takes any text would take the keys, the words that work everywhere, a misspelt
 * STOP and mere thanks as well. */
static bool try_before_any_text(struct step *s)
{
    if (!is_any_text(s))
        return false;
    bool is_sentence = !match_is_bare(s->match.argument) && !match_is_delete(&s->match);
    if (try_key(s) || (!is_sentence && engine_command(s, &s->match)))
        return true;
    struct command_match near = match_command_fuzzy(s->norm, s->lang);
    if (near.command == COMMAND_STOP && engine_command(s, &near))
        return true;
    bool is_thanks = match_has_words(WORDS_THANKS, WORDS_THANKS, s->norm);
    if (is_thanks && count_unknown(s))
        step_say_screen(s);
    return is_thanks;
}

static bool try_answer(struct step *s)
{
    const struct state_row *row = state_row(s->learner->state);
    if (row->answer == NULL)
        return false;
    if (!is_late(s))
        return row->answer(s);
    if (match_answer(step_unit(s)->question, s->input->text, s->norm, s->arena).result ==
        ANSWER_NONE)
        return false;
    step_say_if_room(s, step_text(s, COURSE_TEXT_late, NO_VARS));
    step_say_screen(s);
    return true;
}

/* After STOP only JOIN itself returns, alone or with a group's number: an opt-out that was undone
 * by mistake is not cheap. */
static bool try_command(struct step *s)
{
    bool is_return = engine_has_left(s) && s->match.command == COMMAND_JOIN;
    if (is_return && !match_is_bare(s->match.argument))
        return false;
    return engine_command(s, &s->match);
}

/* Written exactly, it is what JOIN is for the first course, after STOP as well. */
static bool try_course_word(struct step *s)
{
    return engine_course_word(s, s->norm);
}

/* "ok", "more": where no question is open they can only mean NEXT. */
static bool try_go_on(struct step *s)
{
    struct command_match match = {.command = COMMAND_NEXT, .argument = STR_NONE};
    return open_question(s) == NULL && match_is_go_on(s->norm) && engine_command(s, &match);
}

static bool try_near_stop(struct step *s)
{
    struct command_match match = match_command_fuzzy(s->norm, s->lang);
    return match.command == COMMAND_STOP && engine_command(s, &match);
}

static bool try_other_answer(struct step *s)
{
    return !is_late(s) && course_answer_other(s);
}

static bool try_near_command(struct step *s)
{
    struct command_match match = match_command_fuzzy(s->norm, s->lang);
    return (!engine_has_left(s) || match.command == COMMAND_SAFE) && engine_command(s, &match);
}

static bool try_command_among(struct step *s)
{
    struct command_match match = match_command_among(s->norm, s->lang);
    return !engine_has_left(s) && engine_command(s, &match);
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

/* Who disclosed harm and seems to be a child gets no lesson before somebody has looked
 * (docs/course-rules.md 1.7). */
static bool try_child(struct step *s)
{
    if (s->learner->is_child && count_unknown(s))
        step_say_screen(s);
    return s->learner->is_child;
}

static bool try_screen_again(struct step *s)
{
    step_say_screen(s);
    return true;
}

typedef bool try_rule(struct step *s);

/* Reads the text, or where it has several lines its first one, which may have a signature below
 * it, by one rule after the other. */
static bool try_rules(struct step *s, try_rule *const *rules)
{
    for (int i = 0; i < 2 && s->readings[i].p != NULL; i++) {
        s->norm = s->readings[i];
        s->match = match_command(s->norm, s->lang);
        for (try_rule *const *rule = rules; *rule != NULL; rule++) {
            if ((*rule)(s))
                return true;
        }
    }
    return false;
}

static void understand(struct step *s)
{
    static try_rule *const always[] = {try_stop,  try_safe,     try_help, try_delete,
                                       check_try, engine_batch, NULL};
    static try_rule *const shared[] = {try_child, shared_gate, NULL};
    static try_rule *const here[] = {try_before_any_text, try_answer,        try_key,
                                     try_command,         engine_group_code, check_try_alone,
                                     try_course_word,     try_go_on,         NULL};
    static try_rule *const near[] = {try_near_stop, try_command_among, try_other_answer,
                                     try_near_command, NULL};
    static try_rule *const unshown[] = {
        try_key,          try_command, engine_group_code, check_try_alone, try_near_stop,
        try_screen_again, NULL};
    uint8_t n_unknown = s->learner->n_unknown;
    shared_hear(s);
    leave_foreign_side(s);
    set_language(s);
    s->readings[0] = s->norm;
    s->readings[1] = match_first_line(s->input->text, s->arena);
    if (try_rules(s, always) || try_rules(s, shared) || (is_unshown(s) && try_rules(s, unshown)) ||
        try_rules(s, here) || try_rules(s, near)) {
        if (s->learner->n_unknown == n_unknown)
            s->learner->n_unknown = 0;
    } else {
        answer_unknown(s);
    }
}

/* ---- the other kinds of input ---- */

static void dial(struct step *s)
{
    struct learner *l = s->learner;
    bool is_mid_course = learner_is_enrolled(l);
    (void)step_event(s, is_mid_course ? EVENT_session_resumed : EVENT_session_opened);
    if (move_is_going(s) || shared_doubt(s) || shared_dial(s) || engine_dial_group(s))
        return;
    if (l->state == LEARNER_STATE_STOPPED) {
        if (l->back == LEARNER_STATE_NEW || l->back == LEARNER_STATE_CONSENT)
            engine_rejoin(s); /* only asks: who never joined left nothing behind */
        else
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
        engine_join(s);
        l->ended_ms = s->input->now.ms + ENGINE_CALL_KEPT_MS;
        return;
    }
    if (!learner_is_enrolled(l) || shared_doubt(s) || shared_call(s))
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
    shared_release(s);
    if (l->held_ms == 0 || l->held_ms > s->input->held_until.ms)
        return;
    l->held_ms = 0;
    l->is_child = false;
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
    bool is_doubtful = s->input->kind == INPUT_TIMER && shared_is_doubtful(s);
    if (has_gone || is_held(l) || l->is_doubted || is_doubtful)
        return 0;
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

static void wake(struct step *s)
{
    if (move_wake(s) || !shared_take_due(s))
        return;
    const struct state_row *row = state_row_of_place(s->learner);
    if (s->learner->slot == LEARNER_SLOT_AWAY) {
        engine_erase(s);
        return;
    }
    if (self_send_due(s)) {
        shared_name_push(s);
        return;
    }
    if (row->wake == NULL) {
        pace_push(s);
        shared_name_push(s);
        return;
    }
    step_leave_side(s);
    row->wake(s);
    shared_name_push(s);
}

void engine_meet(struct step *s)
{
    struct learner *l = s->learner;
    static const uint8_t nobody[sizeof(l->learner_id)];
    if (memcmp(l->learner_id, nobody, sizeof(nobody)) != 0)
        return;
    if (l->state == LEARNER_STATE_DELETED && match_is_stop(s->norm))
        return; /* nothing is begun anew for somebody who wants nothing */
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
    return before != after ||
           memcmp(from->learner_id, to->learner_id, sizeof(from->learner_id)) != 0 ||
           from->screen != to->screen || strcmp(from->unit, to->unit) != 0;
}

/* What came in, by its kind. */
static void happen(struct step *s)
{
    if (s->input->kind == INPUT_TEXT || s->input->kind == INPUT_DIAL ||
        s->input->kind == INPUT_CALL) {
        engine_meet(s);
        pace_heard(s);
    }
    self_count_screen(s);
    switch (s->input->kind) {
    case INPUT_TEXT:
        understand(s);
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
        self_answered(s);
        break;
    case INPUT_RELEASE:
        release(s);
        break;
    case INPUT_DESK:
        engine_desk(s);
        break;
    }
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
    bool is_heard = check_pass(&s);
    if (ret->is_passing)
        return s.error != ERR_OK ? s.error : arena_error(arena);
    if (!is_heard)
        happen(&s);
    if (s.learner->is_child) { /* no place was shown, and a screen without keys is the last one */
        ret->shows = OUTCOME_SHOWS_OTHER;
        ret->is_open = ret->is_open && input->via != VIA_USSD;
    }
    ret->wake_at_ms = shared_wake_ms(&s, &(uint32_t){0});
    /* Only what this program has set for one person is known to be so. */
    ret->is_wake_kept = input->kind != INPUT_TIMER &&
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
