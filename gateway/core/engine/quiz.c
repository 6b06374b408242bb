#include <assert.h>

#include <string.h>

#include "core/certificate.h"
#include "core/engine/internal.h"

bool bits_get(const uint8_t *bits, uint16_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

void bits_set(uint8_t *bits, uint16_t i)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
}

/* Survey invitation, or the end when the course has no survey. */
static void offer_survey(struct step *s, enum learner_state state)
{
    step_set_unit(s, NULL);
    if (s->course->survey_module < 0) {
        step_enter(s, LEARNER_STATE_DONE);
        return;
    }
    step_enter(s, state);
    step_say_screen(s);
}

static int32_t score_of(const struct step *s)
{
    return course_score(s->course, s->learner->post_best);
}

void course_say_certificate(struct step *s)
{
    char code[CERTIFICATE_BYTES];
    certificate_format(s->learner->certificate, code);
    step_say(s, step_text(s, COURSE_TEXT_certificate,
                          VARS({"score", step_number(s, score_of(s))},
                               {"code", arena_str(s->arena, str_from(code))})));
}

/* "1.2" of "1.2.0" */
static struct str short_version(struct str version)
{
    size_t first = str_find_char(version, '.');
    size_t second =
        first == SIZE_MAX ? SIZE_MAX : str_find_char(str_sub(version, first + 1, version.len), '.');
    return second == SIZE_MAX ? version : str_sub(version, 0, first + 1 + second);
}

static void put_pin(const struct learner *l, struct certificate *certificate)
{
    _Static_assert(LEARNER_PIN_SALT_BYTES + LEARNER_PIN_HASH_BYTES == CERTIFICATE_PIN_BYTES,
                   "both");
    memcpy(certificate->pin, l->pin_salt, sizeof(l->pin_salt));
    memcpy(certificate->pin + sizeof(l->pin_salt), l->pin_hash, sizeof(l->pin_hash));
    certificate->has_pin = true;
}

/* What anybody is told who has the code; of a module, or of the course: 0. */
static struct str certificate_words(const struct step *s, uint32_t module)
{
    const struct course *course = s->course;
    const struct cohort *cohort = step_cohort(s);
    const struct schedule local = {.zone = s->context->zone};
    struct schedule_date date = schedule_date(&local, s->input->now.ms);
    bool has_own = cohort != NULL && !str_is_empty(cohort->organisation);
    struct certificate certificate = {
        .module = module,
        .n_modules = course->n_course_modules,
        .hours = course->effort_hours > 0 ? course->effort_hours : course->n_course_modules,
        .month = arena_printf(s->arena, "%02u/%04d", (unsigned)date.month, (int)date.year),
        .version = short_version(course->version),
        .lang = course->language,
        .title = course->title,
        .org = has_own ? cohort->organisation : s->context->org};
    if (shared_has_pin(s->learner))
        put_pin(s->learner, &certificate);
    return certificate_line(&certificate, s->arena);
}

/* Of a certificate that is there: what is said of it is looked for, and said again with the PIN. */
static bool set_pin(struct step *s)
{
    struct learner *l = s->learner;
    const struct code_check *check = &s->input->check;
    s->out->check_code = l->certificate;
    if (check->code != l->certificate)
        return true;
    if (check->result != CHECK_FOUND || check->found.is_revoked)
        return false;
    struct certificate certificate = check->found;
    memcpy(l->pin_salt, s->input->seed + sizeof(l->learner_id), sizeof(l->pin_salt));
    s->context->hash_pin(l->pin_salt, s->argument, l->pin_hash);
    put_pin(l, &certificate);
    struct event *event = step_event(s, EVENT_certificate_pinned);
    event->code = arena_printf(s->arena, "%012llu", (unsigned long long)l->certificate);
    event->text = certificate_line(&certificate, s->arena);
    step_say(s, step_text(s, COURSE_TEXT_pin_set, NO_VARS));
    s->out->shows = OUTCOME_SHOWS_KEYS;
    if (s->input->via == VIA_USSD)
        step_say_interrupted(s);
    return true;
}

bool course_pin_certificate(struct step *s)
{
    uint64_t pin;
    s->argument = str_trim(s->argument);
    bool is_pin =
        s->argument.len == CERTIFICATE_PIN_DIGITS && str_to_u64(s->argument, 9999, &pin) == ERR_OK;
    bool can_set = s->learner->certificate != 0 && s->context->hash_pin != NULL &&
                   !str_is_empty(s->course->texts[COURSE_TEXT_pin_set]);
    return is_pin && can_set && set_pin(s);
}

/* ---- of a module, for who asks: each costs bytes of every learner who has one ---- */

#define MADE_AT_ONCE 2u /* as the dice of a step allow (input.seed) */

static const struct learner_module *module_certificate(const struct learner *l, uint16_t number)
{
    for (uint8_t i = 0; i < l->modules.n; i++) {
        if (l->modules.list[i].number == number)
            return &l->modules.list[i];
    }
    return NULL;
}

/* Finished, with a quiz, and it can have a certificate that it has not. */
static bool is_uncertified(const struct step *s, const struct module *module, uint16_t n_done)
{
    return module->kind == MODULE_LESSONS && module->n_scored > 0 && module->number <= n_done &&
           module->number <= UINT8_MAX && s->learner->modules.n < LEARNER_MAX_MODULES &&
           module_certificate(s->learner, module->number) == NULL;
}

static void certify_module(struct step *s, const struct module *module, uint32_t n_made)
{
    struct learner_modules *modules = &s->learner->modules;
    uint32_t right, answered;
    uint64_t code = certificate_make(s->input->seed + 16 + 8 * (size_t)n_made);
    modules->list[modules->n++] = (struct learner_module){(uint8_t)module->number, code};
    course_tally(s, module, &right, &answered);
    struct event *event = step_event(s, EVENT_module_certified);
    event->unit = module->id;
    event->code = arena_printf(s->arena, "%012llu", (unsigned long long)code);
    event->value = (int32_t)(100 * right / module->n_scored);
    event->text = certificate_words(s, module->number);
}

static bool make_module_certificates(struct step *s)
{
    uint16_t now, n_done = course_modules_done(s, &now);
    uint32_t n_made = 0;
    bool has_more = false;
    for (uint16_t i = 0; i < s->course->n_modules; i++) {
        const struct module *module = &s->course->modules[i];
        if (!is_uncertified(s, module, n_done))
            continue;
        if (n_made < MADE_AT_ONCE)
            certify_module(s, module, n_made++);
        else
            has_more = true;
    }
    return has_more;
}

bool course_say_module_certificates(struct step *s, bool must_make)
{
    const struct learner_modules *modules = &s->learner->modules;
    char digits[CERTIFICATE_BYTES];
    struct str list = STR_NONE;
    if (str_is_empty(s->course->texts[COURSE_TEXT_module_certificates]))
        return false;
    bool has_more = must_make && make_module_certificates(s);
    for (uint8_t i = 0; i < modules->n; i++) {
        certificate_format(modules->list[i].certificate, digits);
        list = arena_printf(s->arena, "%.*s%sM%u %s", STR_ARG(list), i > 0 ? ", " : "",
                            modules->list[i].number, digits);
    }
    if (modules->n == 0)
        return false;
    step_say(s, step_text(s, COURSE_TEXT_module_certificates, VARS({"list", list})));
    if (has_more)
        step_say(s, step_text(s, COURSE_TEXT_module_more, NO_VARS));
    return true;
}

static void make_certificate(struct step *s)
{
    struct learner *l = s->learner;
    l->certificate = certificate_make(s->input->seed + 16); /* the first half may be a learner id */
    struct event *event = step_event(s, EVENT_certified);
    event->code = arena_printf(s->arena, "%012llu", (unsigned long long)l->certificate);
    event->value = score_of(s);
    event->text = certificate_words(s, 0);
}

static void certify(struct step *s)
{
    make_certificate(s);
    course_say_certificate(s);
    offer_survey(s, LEARNER_STATE_CERTIFIED);
}

bool course_is_certificate_due(const struct step *s)
{
    const struct learner *l = s->learner;
    return l->certificate == 0 && l->post_tries > 0 && s->course->test_module >= 0 &&
           l->post_best >= s->course->pass_right;
}

/* Who is waiting for another try, or at it, need not try again; others keep their place. */
void course_certify(struct step *s, bool is_said)
{
    struct learner *l = s->learner;
    const struct state_row *place = state_row_of_place(l);
    bool is_trying =
        place == state_row(LEARNER_STATE_RETAKE) || place == state_row(LEARNER_STATE_POSTTEST);
    if (is_trying)
        l->ended_ms = 0;
    if (is_said && is_trying && l->state != LEARNER_STATE_WHO) {
        step_leave_side(s);
        certify(s);
        return;
    }
    if (is_trying) { /* has left, or it is asked who is there: for when he or she comes back */
        step_set_unit(s, NULL);
        l->back = s->course->survey_module < 0 ? LEARNER_STATE_DONE : LEARNER_STATE_CERTIFIED;
    }
    make_certificate(s);
    if (is_said)
        course_say_certificate(s);
}

void course_finish_posttest(struct step *s)
{
    struct learner *l = s->learner;
    const struct course *course = s->course;
    uint32_t total = course->modules[course->test_module].n_asked;
    if (l->post_tries == 0) {
        l->post_first = l->test_right;
        (void)step_event(s, EVENT_course_completed);
        l->completed_ms = s->input->now.ms;
    }
    l->post_tries++;
    l->ended_ms = 0; /* the wait of an earlier try is over */
    if (l->test_right > l->post_best)
        l->post_best = l->test_right;
    struct var vars[] = {{"right", step_number(s, l->test_right)},
                         {"total", step_number(s, total)},
                         {"need", step_number(s, course->pass_right)},
                         {"hours", step_number(s, course->retake_hours)},
                         {NULL, STR_NONE}};
    if (l->post_best >= course->pass_right) {
        certify(s);
    } else if (l->post_tries < course->max_tries) {
        l->ended_ms = s->input->now.ms + course->retake_hours * HOUR_MS;
        step_set_unit(s, NULL);
        step_enter(s, LEARNER_STATE_RETAKE);
        step_say(s, step_text(s, COURSE_TEXT_retake, vars));
        s->out->shows = OUTCOME_SHOWS_SCREEN; /* it says more than that, and the same */
    } else {
        step_say(s, step_text(s, COURSE_TEXT_retake_over, vars));
        offer_survey(s, LEARNER_STATE_SURVEY);
    }
}

void course_finish_pretest(struct step *s)
{
    s->learner->pre_right = s->learner->test_right;
    step_say(s, step_text(s, COURSE_TEXT_course_start, NO_VARS));
    pace_ask_plan(s);
}

void course_finish_survey(struct step *s)
{
    (void)step_event(s, EVENT_survey_completed);
    step_set_unit(s, NULL);
    step_enter(s, LEARNER_STATE_DONE);
    step_say(s, step_text(s, COURSE_TEXT_survey_thanks, NO_VARS));
}

void course_finish_followup(struct step *s)
{
    (void)step_event(s, EVENT_followup_completed);
    step_set_unit(s, NULL);
    step_enter(s, LEARNER_STATE_DONE);
    step_say(s, step_text(s, COURSE_TEXT_followup_thanks, NO_VARS));
}

void course_finish_role(struct step *s)
{
    struct event *event = step_event(s, EVENT_role_set);
    event->choice = s->learner->role;
    if (s->course->test_module < 0) {
        pace_ask_plan(s);
        return;
    }
    const struct module *test = &s->course->modules[s->course->test_module];
    step_say(s, step_text(s, COURSE_TEXT_welcome, VARS({"n", step_number(s, test->n_asked)})));
    course_begin_questions(s, LEARNER_STATE_PRETEST, s->course->test_module);
}

/* Does the question have a right answer at all? Survey and role questions do not. */
static bool has_key(const struct question *q)
{
    return question_right_option(q) > 0 || q->n_accepted > 0;
}

bool course_is_right(const struct question *q, const struct answer_match *answer)
{
    const struct question_row *row = question_row(q->kind);
    return has_key(q) && (row->is_right == NULL || row->is_right(q, answer));
}

void course_say_feedback(struct step *s, const struct question *q,
                         const struct answer_match *answer, bool is_right)
{
    struct str feedback = is_right ? q->feedback_right : q->feedback_wrong;
    if (answer->choice > 0 && q->choices[answer->choice - 1].feedback.p != NULL)
        feedback = q->choices[answer->choice - 1].feedback;
    if (feedback.p == NULL)
        feedback = q->feedback;
    step_say(s, step_text(s, is_right ? COURSE_TEXT_right : COURSE_TEXT_wrong,
                          VARS({"key", question_row(q->kind)->key(q, s->arena)},
                               {"feedback", feedback.p != NULL ? feedback : STR("")})));
}

static void record_answer(struct step *s, const struct unit *unit,
                          const struct answer_match *answer, bool is_right)
{
    struct learner *l = s->learner;
    const struct question *q = unit->question;
    enum event_phase phase = state_row(l->state)->phase;
    struct event *event = step_event(s, EVENT_answered);
    event->unit = unit->id;
    event->phase = phase;
    event->attempt = phase == EVENT_PHASE_POSTTEST ? l->post_tries + 1 : 1;
    if (has_key(q))
        event->correct = is_right;
    question_row(q->kind)->record(answer, event);
    event->text = match_mask_numbers(event->text, s->arena);
    l->test_n++;
    l->test_right = (uint8_t)(l->test_right + is_right);
    if (q->is_scored && phase != EVENT_PHASE_RECALL) {
        bits_set(l->answered, q->scored_index);
        if (is_right)
            bits_set(l->right, q->scored_index);
    }
}

/* Does a later question depend on this one? */
static bool is_condition(const struct course *course, const struct unit *unit)
{
    uint16_t index = course_unit_index(course, unit);
    for (uint16_t i = (uint16_t)(index + 1); i < course->n_units; i++) {
        if (course->units[i].question != NULL && course->units[i].question->if_unit == index)
            return true;
    }
    return false;
}

static void take_answer(struct step *s, const struct unit *unit, const struct answer_match *answer,
                        bool is_right)
{
    if (is_condition(s->course, unit))
        s->learner->last_choice = (uint8_t)(answer->choice & 15);
    record_answer(s, unit, answer, is_right);
    enum event_phase phase = state_row(s->learner->state)->phase;
    bool is_told =
        phase == EVENT_PHASE_QUIZ || phase == EVENT_PHASE_RECALL || phase == EVENT_PHASE_CATCHUP;
    if (is_told && has_key(unit->question))
        course_say_feedback(s, correct_question(s, unit), answer, is_right);
    course_advance(s);
}

/* The answer to the question on the screen. Two at once are asked about. */
static enum answer_result read_answer(struct step *s, const struct question *q,
                                      struct answer_match *ret)
{
    *ret = match_answer(q, s->input->text, s->norm, s->arena);
    if (ret->result == ANSWER_AMBIGUOUS) {
        step_say_if_room(s, step_text(s, COURSE_TEXT_one_answer, NO_VARS));
        step_say_screen(s);
    }
    return ret->result;
}

bool course_answer(struct step *s)
{
    const struct unit *unit = step_unit(s);
    const struct question *q = correct_question(s, unit);
    struct answer_match answer;
    enum answer_result result = read_answer(s, q, &answer);
    if (result == ANSWER_ONE)
        take_answer(s, unit, &answer, course_is_right(q, &answer));
    return result != ANSWER_NONE;
}

bool course_answer_other(struct step *s)
{
    const struct unit *unit = step_unit(s);
    const struct question *q = unit != NULL ? unit->question : NULL;
    if (q == NULL || !question_row(q->kind)->is_wrong_when_unmatched ||
        !state_row(s->learner->state)->is_question)
        return false;
    struct answer_match answer = {.result = ANSWER_ONE, .text = str_trim(s->input->text)};
    take_answer(s, unit, &answer, false);
    return true;
}

void course_skip(struct step *s)
{
    if (is_condition(s->course, step_unit(s)))
        s->learner->last_choice = 0;
    course_advance(s);
}

/* ---- the role, which is kept and not judged ---- */

void course_role_skip(struct step *s)
{
    s->learner->role = 0;
    course_finish_role(s);
}

bool course_role_answer(struct step *s)
{
    struct answer_match answer;
    if (str_eq(s->norm, STR("0"))) {
        course_role_skip(s);
        return true;
    }
    enum answer_result result = read_answer(s, step_unit(s)->question, &answer);
    if (result == ANSWER_ONE) {
        s->learner->role = (uint8_t)answer.choice;
        course_finish_role(s);
    }
    return result != ANSWER_NONE;
}
