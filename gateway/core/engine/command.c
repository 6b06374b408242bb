/*
 * What each key of the menu and each command does.
 */
#include <string.h>

#include "core/certificate.h"
#include "core/engine/command.h"
#include "core/engine/course.h"
#include "core/engine/group.h"
#include "core/engine/pace.h"
#include "core/engine/people.h"
#include "core/engine/quiz.h"
#include "core/engine/self.h"
#include "core/engine/state.h"
#include "core/engine/step.h"

bool engine_stays_away(struct step *s)
{
    if (engine_has_left(s) && s->input->via == VIA_USSD)
        step_say_screen(s);
    return engine_has_left(s);
}

/* ---- information that leaves the place alone ---- */

void step_say_interrupted(struct step *s)
{
    enum learner_state state = s->learner->state;
    bool is_invited = state == LEARNER_STATE_CONSENT && s->input->via == VIA_SMS;
    if ((state != LEARNER_STATE_LESSON && !is_invited) || s->learner->is_child || who_is_open(s)) {
        step_say_screen(s);
        return;
    }
    step_say(s, step_text(s, is_invited ? COURSE_TEXT_consent_again : COURSE_TEXT_go_on, NO_VARS));
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

void step_say_asked_again(struct step *s)
{
    struct str keys = step_question_keys(s);
    bool is_long = s->input->via == VIA_SMS && !step_has_room(s, step_screen(s));
    if (!is_long || !s->input->is_shown || str_is_empty(keys)) {
        step_say_interrupted(s);
        return;
    }
    step_say(s, keys);
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

/* Names what works where it is asked for (docs/course-rules.md 1.2 rule 2): who has not agreed yet
 * has no menu, nor has on USSD who first says who learns. */
static enum course_text help_text(const struct step *s)
{
    bool is_in = s->learner->state != LEARNER_STATE_NEW && !engine_has_left(s);
    bool is_screen = s->input->via == VIA_USSD;
    if (!is_in || (is_screen && (!learner_is_enrolled(s->learner) || who_is_open(s))))
        return COURSE_TEXT_help_new;
    return s->learner->state == LEARNER_STATE_CONSENT ? COURSE_TEXT_help_consent : COURSE_TEXT_help;
}

static void run_help(struct step *s)
{
    (void)step_event(s, EVENT_helped);
    bool is_leading = lead_is_here(s); /* whom it leads back to what stood there */
    if (!is_leading)
        step_leave_side(s);
    step_say(s, step_text(s, help_text(s), NO_VARS));
    if (s->context->voice.p != NULL && !str_is_empty(s->course->texts[COURSE_TEXT_call_free]))
        step_say(s, step_text(s, COURSE_TEXT_call_free, NO_VARS));
    bool is_screen = s->input->via == VIA_USSD; /* which has no end without keys */
    if (is_leading)
        step_say_screen(s);
    else if (is_screen || learner_is_enrolled(s->learner))
        step_say_asked_again(s);
    else
        s->out->shows = OUTCOME_SHOWS_KEYS; /* the consent's, which it names */
}

static void run_score(struct step *s)
{
    (void)step_event(s, EVENT_scored);
    step_leave_side(s);
    uint32_t right, answered;
    uint16_t now;
    uint16_t n_done = course_modules_done(s, &now);
    course_tally(s, NULL, &right, &answered);
    step_say(
        s, step_text(s, answered > 0 ? COURSE_TEXT_score : COURSE_TEXT_score_none,
                     VARS({"module", step_number(s, now > 0      ? now
                                                    : n_done > 0 ? n_done
                                                                 : 1)},
                          {"modules", step_number(s, s->course->n_course_modules)},
                          {"right", step_number(s, right)}, {"total", step_number(s, answered)})));
    step_say_interrupted(s);
}

/* The codes of modules and the offer of a PIN; by SMS where there is room. */
static void say_beside_certificate(struct step *s)
{
    bool is_sms = s->input->via == VIA_SMS;
    struct str said = s->out->reply;
    (void)certify_say_modules(s, false);
    if (is_sms && !step_has_room(s, STR_NONE))
        s->out->reply = said;
    struct str offer = step_text(s, COURSE_TEXT_pin_offer, NO_VARS);
    if (is_sms && !pin_is_set(s->learner) && !str_is_empty(offer) && step_has_room(s, offer))
        step_say(s, offer);
}

/* Many codes leave no room in an SMS for the question, which stands in the one before. */
static void say_behind_certificates(struct step *s)
{
    int64_t asked_ms = s->learner->asked_ms;
    bool is_lesson = s->learner->state == LEARNER_STATE_LESSON;
    struct str next = is_lesson ? step_text(s, COURSE_TEXT_go_on, NO_VARS) : step_screen(s);
    bool has_room = s->input->via != VIA_SMS || step_has_room(s, next);
    s->learner->asked_ms = asked_ms;
    if (has_room)
        step_say_interrupted(s);
    else
        s->out->shows = OUTCOME_SHOWS_KEYS;
}

/* A certificate is long: an SMS has no room for the question as well, which still stands in the
 * one before. Who has no tries left is not sent on to where CERT is asked for again: DONE says all.
 */
static void run_certificate(struct step *s)
{
    step_leave_side(s);
    if (match_is_about_code(s->course->words, s->argument) &&
        s->argument.len >= CERTIFICATE_DIGITS) {
        check_ask(s); /* "certificate 4821 0937 5526" */
        return;
    }
    if (certify_pin(s))
        return;
    bool is_over = s->learner->state == LEARNER_STATE_DONE;
    courses_say_certificates(s);
    if (s->learner->certificate == 0) {
        bool has_any = certify_say_modules(s, true);
        if (!has_any && !is_over && s->learner->past.n == 0)
            step_say(s, step_text(s, COURSE_TEXT_certificate_none, NO_VARS));
        say_behind_certificates(s);
        return;
    }
    certify_say(s);
    say_beside_certificate(s);
    struct str keys = step_text(s, COURSE_TEXT_certificate_keys, NO_VARS);
    if (s->input->via == VIA_SMS) {
        s->out->shows = OUTCOME_SHOWS_KEYS;
    } else if (!str_is_empty(keys)) {
        step_enter_side(s, LEARNER_STATE_CERTIFICATE);
        step_say(s, keys);
        s->out->shows = OUTCOME_SHOWS_SCREEN;
    } else if (is_over) {
        step_say(s, step_text(s, COURSE_TEXT_zero_keys, NO_VARS));
    } else {
        step_say_interrupted(s);
    }
}

/* On USSD, which has a key for what is typed behind CERT by SMS, and for CLAIM. */
bool certify_answer(struct step *s)
{
    uint64_t pin;
    bool is_pin =
        s->norm.len == CERTIFICATE_PIN_DIGITS && str_to_u64(s->norm, 9999, &pin) == ERR_OK;
    s->argument = is_pin ? s->norm : STR_NONE;
    if (is_pin)
        run_certificate(s);
    else if (str_eq(s->norm, STR("1")))
        ask_claim(s);
    else if (str_eq(s->norm, STR("0")))
        step_return(s);
    else
        return false;
    return true;
}

/* ---- leaving and coming back ---- */

void engine_stop(struct step *s)
{
    struct learner *l = s->learner;
    s->out->is_open = false;
    people_stop(s);
    bool is_told = l->consent_ms != 0 && !l->is_doubted; /* maybe somebody else's number by now */
    struct str text = step_text(s, is_told ? COURSE_TEXT_stop : COURSE_TEXT_stop_never, NO_VARS);
    if (learner_has_stopped(l))
        step_leave_side(s); /* said before: JOIN returns to where that was */
    if (l->state == LEARNER_STATE_STOPPED) {
        if (s->input->via == VIA_USSD) /* a screen must say something; an SMS stays silent */
            step_say(s, text);
        return;
    }
    (void)step_event(s, EVENT_stopped);
    step_leave_side(s);
    l->back = l->state;
    l->void_before = l->seq + 1;
    step_enter(s, LEARNER_STATE_STOPPED);
    step_say(s, text);
}

void engine_erase(struct step *s)
{
    struct learner *l = s->learner;
    (void)step_event(s, EVENT_erased);
    if (people_forget(s)) {
        s->out->is_open = false;
        return;
    }
    struct learner_link link = l->link;
    uint32_t seq = l->seq;
    learner_init(l);
    l->link = link;
    l->seq = seq;
    l->state = LEARNER_STATE_DELETED;
    s->out->is_erased = true;
    s->out->is_open = false;
}

/* On a shared phone DELETE is for who is learning: the number and what others have stay. */
void engine_erase_all(struct step *s)
{
    bool is_for_one = people_has_other(s);
    struct str text = step_text(
        s, is_for_one ? COURSE_TEXT_delete_done_shared : COURSE_TEXT_delete_done, NO_VARS);
    engine_erase(s);
    step_say(s, text);
}

void engine_ask_erase_left(struct step *s)
{
    bool is_for_one = people_is_shared(s);
    s->out->is_erase_asked = true;
    step_say(s, step_text(s, is_for_one ? COURSE_TEXT_erase_ask_shared : COURSE_TEXT_erase_ask,
                          NO_VARS));
    s->out->shows = OUTCOME_SHOWS_KEYS;
}

void engine_ask_erase(struct step *s)
{
    bool is_stranger =
        s->learner->consent_ms == 0 || s->learner->is_doubted; /* no word of progress */
    s->out->is_erase_asked = true;
    step_say(s, step_text(s,
                          people_is_shared(s) ? COURSE_TEXT_delete_ask_shared
                          : is_stranger       ? COURSE_TEXT_delete_ask_never
                                              : COURSE_TEXT_delete_ask,
                          NO_VARS));
}

/* DELETE 1 that nothing asked for is a DELETE: what cannot be undone is explained first. */
static void run_delete(struct step *s)
{
    if (s->input->is_erase_asked && match_is_delete_one(s->course->words, s->argument)) {
        engine_erase_all(s);
        return;
    }
    engine_ask_erase(s);
}

/* ---- the menu ---- */

static void run_exit(struct step *s)
{
    step_leave_side(s);
    s->out->is_open = false;
    step_say(s, step_text(s, COURSE_TEXT_exit, NO_VARS));
}

void engine_open_side(struct step *s, enum learner_state side)
{
    step_enter_side(s, side);
    step_say_screen(s);
}

static void run_modules(struct step *s)
{
    engine_open_side(s, LEARNER_STATE_MODULES);
}

/* ---- moving ---- */

/* NEXT and BACK in a side state mean "back to my place"; elsewhere they move along the course. */
static void run_next(struct step *s)
{
    const struct state_row *row = state_row(s->learner->state);
    bool is_skipped = row->next != NULL && s->input->is_shown;
    if (learner_state_is_side(s->learner->state) || !is_skipped)
        step_return(s);
    else
        row->next(s);
}

/* Back from what an SMS has not brought yet is no step further back: somebody waits, and says it
 * again. On a USSD screen it may be said before the last page. */
static void run_back(struct step *s)
{
    bool is_unseen = s->input->via == VIA_SMS && !s->input->is_shown;
    if (learner_state_is_side(s->learner->state) || is_unseen)
        step_return(s);
    else
        course_back(s);
}

static void run_pause(struct step *s)
{
    plan_pause(s);
}

static void run_refresh(struct step *s)
{
    recall_refresh(s);
}

static void run_menu(struct step *s)
{
    (void)step_event(s, EVENT_menu_opened);
    engine_open_side(s, LEARNER_STATE_MENU);
}

static void run_language(struct step *s)
{
    if (engine_stays_away(s) || join_named_language(s, s->argument))
        return;
    if (s->learner->state == LEARNER_STATE_LANGUAGE) {
        step_say_screen(s); /* it is asked for already */
        return;
    }
    bool can_say = !str_is_empty(s->course->texts[COURSE_TEXT_language_only]);
    if (s->base->n_languages > 1 || s->base->n_languages == 0 || !can_say) {
        engine_open_side(s, LEARNER_STATE_SWITCH_LANGUAGE);
        return;
    }
    step_leave_side(s);
    step_say_if_room(
        s, step_text(s, COURSE_TEXT_language_only, VARS({"language", s->base->language_names[0]})));
    step_say_interrupted(s);
}

/* ---- the tables: what each key of the menu and each command does ---- */

/* The list of courses; where there is one only, or no more to begin, says so. */
static void run_courses(struct step *s)
{
    if (engine_stays_away(s))
        return;
    if (courses_has_more(s)) {
        engine_open_side(s, LEARNER_STATE_COURSES);
        return;
    }
    step_leave_side(s);
    step_say(s, step_text(s, COURSE_TEXT_courses_none, NO_VARS));
    step_say_interrupted(s);
}

void engine_take_language(struct step *s, const char *of_word)
{
    struct str lang = str_from(of_word);
    const struct course *course = course_in(s->base, lang, -1);
    bool is_new = s->learner->lang[0] == '\0' && !learner_is_enrolled(s->learner);
    if (!is_new || course == s->base ||
        str_copy(lang, s->learner->lang, sizeof(s->learner->lang)) != ERR_OK)
        return;
    step_event(s, EVENT_language_set)->text = course->language;
    step_use_module(s, -1);
}

/* Of an older course, whose menu says "8 Leave", that is STOP. */
static void run_choices(struct step *s)
{
    if (str_is_empty(s->course->texts[COURSE_TEXT_choices]))
        engine_stop(s);
    else
        engine_open_side(s, LEARNER_STATE_CHOICES);
}

/* "Start over" of who is in the course asks for another place in it. */
static void run_join(struct step *s)
{
    if (learner_is_enrolled(s->learner) &&
        match_sentence(s->course->words, s->norm) == COMMAND_MENU) {
        run_menu(s);
        return;
    }
    bool is_course = !str_is_empty(s->argument) && engine_course_word(s, s->argument);
    if (!is_course && !engine_join_argument(s))
        join_course(s);
}

static void run_safe(struct step *s)
{
    engine_safe(s, true);
}

/* "1 Continue (M2)" behind M1 is M2, not once more that M1 is done; where that asks something it
 * stands again. */
static void run_continue(struct step *s)
{
    step_leave_side(s);
    bool is_done = s->learner->state == LEARNER_STATE_MODULE_DONE;
    if (is_done && str_is_empty(versions_offer(s)) && str_is_empty(copy_question(s)))
        course_next_module(s);
    else
        step_say_screen(s);
}

bool engine_menu_answer(struct step *s)
{
    static void (*const keys[])(struct step *) = {
        run_exit, run_continue, run_modules,     run_score,   run_language,
        run_help, run_safe,     run_certificate, run_choices, who_switch};
    /* HELP, which has a word, makes room for CATCH. */
    static void (*const keys_behind[])(struct step *) = {
        run_exit,     run_continue, run_modules,     run_score,   engine_catch,
        run_language, run_safe,     run_certificate, run_choices, who_switch};
    void (*const *runs)(struct step *) = catch_is_offered(s) ? keys_behind : keys;
    /* The last three have words by SMS. */
    int32_t n = ARRAY_LEN(keys) - (s->input->via == VIA_USSD ? 1 : 4);
    int32_t key = step_menu_key(s, step_screen(s), n);
    if (s->input->via == VIA_USSD && str_eq(s->norm, STR("77"))) {
        s->argument = STR_NONE;
        check_ask(s);
        return true;
    }
    if (key < 0 || str_eq(s->norm, STR("00")))
        return false;
    runs[key](s);
    return true;
}

bool engine_is_for(const struct step *s, enum command command)
{
    enum command_scope scope = command_row(command)->scope;
    return scope == SCOPE_ANYBODY || learner_is_enrolled(s->learner) ||
           (scope == SCOPE_NUMBER && people_has_anybody(s));
}

bool engine_command(struct step *s, const struct command_match *match)
{
    static void (*const runs[N_COMMANDS])(struct step *) = {
#define COMMAND_RUN(name, key, scope, tail, fuzzy, everywhere, run) [COMMAND_##name] = run,
        COMMANDS(COMMAND_RUN)
#undef COMMAND_RUN
    };
    if (runs[match->command] == NULL || !engine_is_for(s, match->command))
        return false;
    s->argument = match->argument;
    engine_take_language(s, match->lang);
    runs[match->command](s);
    return true;
}
