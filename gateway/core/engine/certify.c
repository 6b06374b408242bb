/*
 * The learner's certificates: of the course and of its modules, when they are due, what is said of
 * them, and the PIN by which their holder is known (docs/course-rules.md 4).
 */
#include <string.h>

#include "core/certificate.h"
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/people.h"
#include "core/engine/quiz.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

static int32_t score_of(const struct step *s)
{
    return course_score(s->course, s->learner->post_best);
}

static struct str certificate_text(const struct step *s)
{
    char code[CERTIFICATE_BYTES];
    certificate_format(s->learner->certificate, code);
    return step_text(s, COURSE_TEXT_certificate,
                     VARS({"score", step_number(s, score_of(s))},
                          {"code", arena_str(s->arena, str_from(code))}));
}

void certify_say(struct step *s)
{
    step_say(s, certificate_text(s));
}

struct str certify_screen(const struct step *s)
{
    return step_lines(s, certificate_text(s), step_text(s, COURSE_TEXT_certificate_keys, NO_VARS));
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
    if (pin_is_set(s->learner))
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

bool certify_pin(struct step *s)
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

bool certify_say_modules(struct step *s, bool must_make)
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

/* ---- of the course ---- */

static void make_certificate(struct step *s)
{
    struct learner *l = s->learner;
    l->certificate = certificate_make(s->input->seed + 16); /* the first half may be a learner id */
    struct event *event = step_event(s, EVENT_certified);
    event->code = arena_printf(s->arena, "%012llu", (unsigned long long)l->certificate);
    event->value = score_of(s);
    event->text = certificate_words(s, 0);
}

void certify_passed(struct step *s)
{
    make_certificate(s);
    certify_say(s);
    end_offer_survey(s, LEARNER_STATE_CERTIFIED);
}

bool certify_is_due(const struct step *s)
{
    const struct learner *l = s->learner;
    return l->certificate == 0 && l->post_tries > 0 && s->course->test_module >= 0 &&
           l->post_best >= s->course->pass_right;
}

/* Who is waiting for another try, or at it, need not try again; others keep their place. */
void certify_course(struct step *s, bool is_said)
{
    struct learner *l = s->learner;
    const struct state_row *place = state_row_of_place(l);
    bool is_trying =
        place == state_row(LEARNER_STATE_RETAKE) || place == state_row(LEARNER_STATE_POSTTEST);
    if (is_trying)
        l->ended_ms = 0;
    if (is_said && is_trying && l->state != LEARNER_STATE_WHO) {
        step_leave_side(s);
        certify_passed(s);
        return;
    }
    if (is_trying) { /* has left, or it is asked who is there: for when he or she comes back */
        step_set_unit(s, NULL);
        l->back = s->course->survey_module < 0 ? LEARNER_STATE_DONE : LEARNER_STATE_CERTIFIED;
    }
    make_certificate(s);
    if (is_said)
        certify_say(s);
}
