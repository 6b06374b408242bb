/*
 * CHECK: anybody may ask what a certificate's code stands for, by SMS or USSD, learner or not
 * (docs/course-rules.md 4). The engine reads the code and says what is known of it; to look for it
 * is for who calls: the step is done twice (outcome.check_code).
 */
#include "core/certificate.h"
#include "core/engine/command.h"
#include "core/engine/people.h"
#include "core/engine/self.h"
#include "core/engine/step.h"

static struct str text_of(const struct step *s, const struct certificate *c)
{
    return step_text(s, c->module > 0 ? COURSE_TEXT_check_module : COURSE_TEXT_check_valid,
                     VARS({"title", c->title}, {"version", c->version}, {"month", c->month},
                          {"org", c->org}, {"n", step_number(s, c->module)},
                          {"modules", step_number(s, c->n_modules)},
                          {"hours", step_number(s, c->hours)}));
}

/* Is who says this PIN the holder? Absent: none was said. */
static struct str holder_of(const struct step *s, struct str pin)
{
    const struct certificate *c = &s->input->check.found;
    uint8_t hash[LEARNER_PIN_HASH_BYTES], differs = 0;
    if (pin.len == 0 || s->context->hash_pin == NULL)
        return STR_NONE;
    if (!c->has_pin)
        return step_text(s, COURSE_TEXT_check_no_holder, NO_VARS);
    s->context->hash_pin(c->pin, pin, hash);
    for (size_t i = 0; i < sizeof(hash); i++)
        differs |= (uint8_t)(hash[i] ^ c->pin[LEARNER_PIN_SALT_BYTES + i]);
    return step_text(s, differs == 0 ? COURSE_TEXT_check_holder : COURSE_TEXT_check_no_holder,
                     NO_VARS);
}

static struct str answer_of(const struct step *s, uint64_t code, struct str pin)
{
    const struct code_check *check = &s->input->check;
    char digits[CERTIFICATE_BYTES];
    if (check->result == CHECK_LATER)
        return step_text(s, COURSE_TEXT_check_later, NO_VARS);
    if (check->result == CHECK_NOT_FOUND)
        return step_text(s, COURSE_TEXT_check_none, NO_VARS);
    if (check->found.is_revoked) {
        certificate_format(code, digits);
        return step_text(
            s, COURSE_TEXT_check_revoked,
            VARS({"code", arena_str(s->arena, str_from(digits))}, {"org", check->found.org}));
    }
    return step_lines(s, text_of(s, &check->found), holder_of(s, pin));
}

/* What was typed for a code; absent: it has to be looked for, or it is said what else it does. What
 * is no code is not said again: 12 digits may be somebody's phone number, which no answer may carry
 * through Redis. */
static struct str judge(struct step *s, struct str digits)
{
    uint64_t code;
    struct str pin = STR_NONE;
    if (digits.len == CERTIFICATE_DIGITS + CERTIFICATE_PIN_DIGITS) {
        pin = str_sub(digits, CERTIFICATE_DIGITS, digits.len);
        digits = str_sub(digits, 0, CERTIFICATE_DIGITS);
        s->out->has_check_pin = true;
    }
    if (digits.len != CERTIFICATE_DIGITS)
        return step_text(s, COURSE_TEXT_check_length, NO_VARS);
    if (certificate_parse(digits, &code) != ERR_OK)
        return step_text(s, COURSE_TEXT_check_mistyped, NO_VARS);
    s->out->check_code = code;
    if (s->input->check.code != code)
        return STR_NONE;
    if (s->input->check.result != CHECK_MOVE)
        return answer_of(s, code, pin);
    move_offer(s, code);
    return STR_NONE;
}

struct str engine_check_words(const struct course *course, const struct engine_context *context,
                              struct str digits, const struct code_check *check,
                              struct arena *arena)
{
    struct outcome out = {.check_code = 0};
    const struct input input = {.kind = INPUT_TEXT, .via = VIA_SMS, .check = *check};
    struct step s = {.course = course,
                     .base = course,
                     .context = context,
                     .input = &input,
                     .arena = arena,
                     .out = &out,
                     .learner = &out.next};
    return judge(&s, digits);
}

/* A screen keeps asking: who checks one may have more. By SMS the place is left alone. */
static void say(struct step *s, struct str text)
{
    if (text.p == NULL)
        return; /* again, once somebody has looked */
    bool is_found = s->out->check_code != 0 && s->input->check.result == CHECK_FOUND;
    if (!is_found && !understand_nothing(s))
        return;
    bool is_here = s->learner->state == LEARNER_STATE_CHECK;
    if (s->input->via == VIA_USSD && !is_here)
        step_enter_side(s, LEARNER_STATE_CHECK);
    step_say(s, text);
    if (s->input->via == VIA_USSD)
        step_say(s, step_text(s, COURSE_TEXT_back_keys, NO_VARS));
    s->out->shows = s->input->via == VIA_USSD ? OUTCOME_SHOWS_SCREEN : OUTCOME_SHOWS_KEYS;
}

static bool can_say(const struct course *course)
{
    return !str_is_empty(course->texts[COURSE_TEXT_check_valid]);
}

/* A course that says nothing of it borrows the words of one that does; false: there is none. */
static bool find_words(struct step *s)
{
    for (uint16_t i = 0; !can_say(s->course) && i < s->courses->n; i++) {
        const struct course *other = s->courses->list[i];
        if (can_say(other))
            s->course = course_in(other, str_from(s->learner->lang), -1);
    }
    return can_say(s->course);
}

void check_ask(struct step *s)
{
    struct str digits = arena_digits(s->arena, s->argument);
    if (!find_words(s)) {
        step_say_interrupted(s);
    } else if (digits.len > 0) {
        say(s, judge(s, digits));
    } else if (s->input->via == VIA_USSD) {
        engine_open_side(s, LEARNER_STATE_CHECK);
    } else {
        say(s, step_text(s, COURSE_TEXT_check_ask, NO_VARS));
    }
}

bool check_try(struct step *s)
{
    struct code_match match = match_code(s->course->words, s->norm, s->lang, s->arena);
    if (match.digits.p == NULL || !match.has_word || !find_words(s))
        return false;
    say(s, judge(s, match.digits));
    return true;
}

/* "+254 712 345 678", which may have as many digits as a code. */
static bool is_phone_number(const struct step *s)
{
    return str_starts(str_trim(s->input->text), STR("+"));
}

bool check_try_alone(struct step *s)
{
    struct code_match match = match_code(s->course->words, s->norm, s->lang, s->arena);
    if (match.digits.p == NULL || is_phone_number(s) || !find_words(s))
        return false;
    say(s, judge(s, match.digits));
    return true;
}

/* ---- on the screen ---- */

struct str check_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_check_ask, NO_VARS);
}

bool check_answer(struct step *s)
{
    struct str digits = arena_digits(s->arena, s->norm);
    if (str_eq(s->norm, STR("0"))) {
        step_leave_side(s);
        step_say_screen(s);
        return true;
    }
    if (!match_is_about_code(s->course->words, s->norm) ||
        digits.len < 3) /* a key of another screen */
        return false;
    say(s, judge(s, digits));
    return true;
}

/* ---- from a number that we do not know ---- */

static void use_language(struct step *s, const char *lang)
{
    const struct course *course = course_in(s->base, str_from(lang), -1);
    s->course = can_say(course) ? course : s->course;
}

/* MOVE from a number that has nothing to move: the code comes from the other one. */
static struct str ask_for_code(const struct step *s, enum command command)
{
    bool is_move = command == COMMAND_MOVE && move_can_explain(s);
    return step_text(s, is_move ? COURSE_TEXT_move_how : COURSE_TEXT_check_ask, NO_VARS);
}

/* By the word, or dialled behind the code; true: answered, or to be looked for. */
static bool answer_stranger(struct step *s)
{
    struct code_match code = match_code(s->course->words, s->norm, NULL, s->arena);
    struct command_match command = match_command(s->course->words, s->norm, NULL);
    bool is_command = command.command == COMMAND_CHECK || command.command == COMMAND_MOVE;
    if (!code.has_word && is_phone_number(s))
        code.digits = STR_NONE;
    if (code.digits.p == NULL && !is_command)
        return false;
    use_language(s, code.digits.p != NULL ? code.lang : command.lang);
    s->argument = command.argument;
    struct str text = code.digits.p != NULL ? judge(s, code.digits)
                      : str_is_empty(arena_digits(s->arena, s->argument))
                          ? ask_for_code(s, command.command)
                          : judge(s, arena_digits(s->arena, s->argument));
    if (text.p != NULL)
        step_say(s, text);
    return true;
}

bool check_pass(struct step *s)
{
    bool is_said = s->input->kind == INPUT_DIAL || s->input->kind == INPUT_TEXT;
    if (!is_said || !learner_is_nobody(s->learner) || !find_words(s) ||
        understand_is_stop(s, s->course) ||
        match_find_safe(s->norm, &s->course->safe, s->arena) != NULL)
        return false;
    if (move_pass(s))
        return true;
    if (!answer_stranger(s))
        return false;
    bool is_asked = s->learner->move_code != 0;
    s->out->is_passing = true; /* the learner is what it was: nobody */
    s->out->is_open = is_asked && s->input->via == VIA_USSD;
    s->out->shows = is_asked ? OUTCOME_SHOWS_SCREEN : OUTCOME_SHOWS_OTHER;
    return true;
}
