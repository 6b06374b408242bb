/*
 * A message for a person (docs/course-rules.md 1.7): ASK, CLAIM, and the answer that comes back.
 */
#include "core/engine/command.h"
#include "core/engine/people.h"
#include "core/engine/self.h"
#include "core/engine/step.h"
#include "core/match/words.h"

#define MAX_WRITTEN 3 /* a day */

struct str ask_screen(const struct step *s)
{
    return step_text(s, COURSE_TEXT_ask, NO_VARS);
}

/* Counts the message; false: there were enough today. */
static bool may_write(struct step *s)
{
    struct learner *l = s->learner;
    if (s->input->now.ms - l->wrote_ms >= DAY_MS) {
        l->wrote_ms = s->input->now.ms;
        l->n_wrote = 0;
    }
    bool is_left = l->n_wrote < MAX_WRITTEN;
    l->n_wrote = (uint8_t)(l->n_wrote + is_left);
    return is_left;
}

/* The detector has looked at it before; nothing of it is repeated. */
static void take_message(struct step *s, struct str text)
{
    bool is_taken = may_write(s);
    bool is_staffed = s->context->staffed.p != NULL;
    step_leave_side(s);
    if (is_taken) {
        step_event(s, EVENT_asked)->code = engine_case_name(s);
        s->out->sealed_text = text;
    }
    step_say(s, step_text(s,
                          !is_taken    ? COURSE_TEXT_ask_enough
                          : is_staffed ? COURSE_TEXT_asked_staffed
                                       : COURSE_TEXT_asked,
                          VARS({"staffed", s->context->staffed})));
    step_say_interrupted(s);
}

/* Nobody asks a person something by a few digits: a key of another screen, mostly. */
static bool is_digits(struct str norm)
{
    size_t n = 0;
    while (n < norm.len && norm.p[n] >= '0' && norm.p[n] <= '9')
        n++;
    return n == norm.len && n < 4;
}

/* What is no key and no command of one word. On USSD, where typing is hard, 1 writes it. */
bool ask_answer(struct step *s)
{
    struct str contact_me = step_text(s, COURSE_TEXT_ask_contact, NO_VARS);
    bool is_back = str_eq(s->norm, STR("0"));
    bool is_command =
        s->match.command != COMMAND_NONE && match_is_bare(s->course->words, s->match.argument);
    bool is_key = match_command_key(s->norm) != COMMAND_NONE ||
                  match_has_words(s->course->words, WORDS_THANKS, WORDS_THANKS, s->norm);
    if (is_back) {
        step_return(s);
        return true;
    }
    if (s->input->via == VIA_USSD && str_eq(s->norm, STR("1")) && !str_is_empty(contact_me)) {
        take_message(s, contact_me);
        return true;
    }
    if (is_command || is_key || is_digits(s->norm) ||
        match_command_fuzzy(s->course->words, s->norm, s->lang).command == COMMAND_STOP)
        return false;
    take_message(s, s->input->text);
    return true;
}

/* ASK alone asks for it; with the message behind it, that is taken. */
void ask_run(struct step *s)
{
    if (str_is_empty(s->course->texts[COURSE_TEXT_ask]))
        step_say_interrupted(s);
    else if (match_is_bare(s->course->words, s->argument))
        engine_open_side(s, LEARNER_STATE_ASK);
    else
        take_message(s, s->input->text);
}

/* The address leaves in the sealed message only: a person signs the credential (`waypost
 * certificate issue`), with a key that no gateway has, and sends it there. */
static void take_claim(struct step *s)
{
    step_event(s, EVENT_asked)->code = engine_case_name(s);
    s->out->sealed_text =
        arena_printf(s->arena, "%012llu %.*s", (unsigned long long)s->learner->certificate,
                     STR_ARG(s->input->text));
    step_say(s, step_text(s, COURSE_TEXT_claimed, NO_VARS));
}

void ask_send_link(struct step *s)
{
    const uint8_t *random = s->input->seed + sizeof(s->learner->learner_id);
    char token[ENGINE_CLAIM_LETTERS + 1] = "";
    for (uint32_t i = 0; i < ENGINE_CLAIM_LETTERS; i++)
        token[i] = ENGINE_CLAIM_ALPHABET[random[i] % 32];
    s->out->claim = arena_str(s->arena, str_from(token));
    s->out->claim_code = s->learner->certificate;
    struct str link =
        arena_printf(s->arena, "%.*s/claim/%s", STR_ARG(s->context->claim_url), token);
    step_say(s, step_text(s, COURSE_TEXT_claim_link, VARS({"link", link})));
}

/* By SMS, since a screen leaves no copy. */
static void give_link(struct step *s)
{
    if (s->input->via == VIA_USSD && s->learner->link.channel[0] != '\0') {
        s->learner->due_sms = LEARNER_SMS_CLAIM;
        step_say(s, step_text(s, COURSE_TEXT_by_sms, NO_VARS));
    } else {
        ask_send_link(s);
    }
}

void ask_claim(struct step *s)
{
    bool has_links =
        s->context->claim_url.p != NULL && !str_is_empty(s->course->texts[COURSE_TEXT_claim_link]);
    bool can_claim =
        s->learner->certificate != 0 && !str_is_empty(s->course->texts[COURSE_TEXT_claim]);
    bool has_address = str_find_char(s->input->text, '@') != SIZE_MAX;
    step_leave_side(s);
    if (!can_claim)
        step_say(s, step_text(s, COURSE_TEXT_certificate_none, NO_VARS));
    else if (!has_address && !has_links)
        step_say(s, step_text(s, COURSE_TEXT_claim, NO_VARS));
    else if (!may_write(s))
        step_say(s, step_text(s, COURSE_TEXT_ask_enough, NO_VARS));
    else if (has_links)
        give_link(s);
    else
        take_claim(s);
    if (s->input->via == VIA_USSD)
        step_say_interrupted(s);
    else
        s->out->shows = OUTCOME_SHOWS_KEYS;
}

/* Somebody who has asked is on the number still: whoever got it since hears nothing of it. */
static bool has_asked(const struct step *s)
{
    struct learner other;
    bool is_found = s->learner->wrote_ms != 0;
    for (uint32_t i = 0; !is_found && i < learner_n_others(s->learner); i++)
        is_found = learner_other(s->learner, i, &other) == ERR_OK && !people_is_away(&other) &&
                   other.wrote_ms != 0;
    return is_found;
}

void ask_answered(struct step *s)
{
    if (!learner_is_enrolled(s->learner) || s->learner->is_doubted || owner_is_doubtful(s) ||
        !has_asked(s))
        return;
    step_say(s, step_text(s, COURSE_TEXT_answered, VARS({"text", s->input->text})));
    s->out->shows = OUTCOME_SHOWS_KEYS; /* what was asked before may still be answered */
}
